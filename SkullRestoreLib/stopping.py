"""Ctrl-C within a second, also where a library is at work that does not come back soon.

Python answers a signal when the call at hand returns, which for a large volume may take seconds. A thread hears of it at once, gives the call
a moment, and then ends the process: nothing is written before all is computed, and what is being written then is taken back by the next run
(see ``staging``).
"""

import os
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress

_PATIENCE_S = 0.5
CODES = {signal.SIGINT: 130, signal.SIGTERM: 143}


def listen(last_words: str) -> None:
    """Answer Ctrl-C and SIGTERM from now on.

    With :class:`KeyboardInterrupt` and :class:`SystemExit`, or, where Python does not come to that, by ending the process.

    Call it once, in the main thread of a process of one's own; a door that shares its process (3D Slicer) never does.

    Parameters
    ----------
    last_words
        Said on stderr where the process is ended.
    """
    answered = threading.Event()

    def answer(number: int, _frame: object) -> None:
        answered.set()
        if number == signal.SIGINT:
            raise KeyboardInterrupt
        raise SystemExit(CODES[signal.SIGTERM])  # like Ctrl-C, so that half-written files are removed

    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:  # as under nohup
        signal.signal(signal.SIGINT, answer)
    signal.signal(signal.SIGTERM, answer)
    if sys.platform == "win32":  # there the descriptor would have to be a socket
        return
    heard, told = os.pipe()
    os.set_blocking(told, False)
    signal.set_wakeup_fd(told, warn_on_full_buffer=False)
    threading.Thread(target=_wait, args=(heard, answered, last_words), name="stopping", daemon=True).start()


def _wait(heard: int, answered: threading.Event, last_words: str, end: Callable[[int], None] = os._exit) -> None:
    """End the process some time after a signal to which Python did not come."""
    while number := os.read(heard, 1):
        code = next((code for known, code in CODES.items() if known == number[0]), None)
        if code is None or answered.wait(_PATIENCE_S):
            continue
        with suppress(OSError):
            shown = "\x1b[?25h\n" if os.isatty(2) else ""  # the cursor that a progress bar has hidden
            os.write(2, f"{shown}{last_words}\n".encode())
        end(code)
