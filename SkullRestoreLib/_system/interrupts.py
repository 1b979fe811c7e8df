"""Stop a process within a second of Ctrl-C, even while a library call runs for longer.

Python handles a signal only when the current call returns, which for a large volume may take seconds. A thread reads
the signal at once, waits a moment for that call, and then ends the process. This is safe: nothing is written before
everything is computed, and the next run rolls an interrupted write back (:mod:`SkullRestoreLib._system.atomic_write`).
"""

import os
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress

_GRACE_PERIOD_S = 0.5
"""How long Python may take to handle a signal itself."""
EXIT_CODES: dict[int, int] = {signal.SIGINT: 130, signal.SIGTERM: 143}
"""Exit code of the process for each signal."""


def handle_interrupts(message: str) -> None:
    """Handle Ctrl-C and SIGTERM from now on.

    They raise :class:`KeyboardInterrupt` and :class:`SystemExit` or, where Python cannot raise these in time, end the
    process. Call this once, in the main thread of a process that SkullRestore owns; never inside 3D Slicer.

    Parameters
    ----------
    message
        Printed on stderr where the process is ended.
    """
    handled = threading.Event()

    def raise_on_signal(number: int, _frame: object) -> None:
        handled.set()
        if number == signal.SIGINT:
            raise KeyboardInterrupt
        raise SystemExit(EXIT_CODES[signal.SIGTERM])  # like Ctrl-C, so that half-written files are removed

    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:  # as under nohup
        signal.signal(signal.SIGINT, raise_on_signal)
    signal.signal(signal.SIGTERM, raise_on_signal)
    if sys.platform == "win32":  # where the descriptor would have to be a socket
        return
    read_end, write_end = os.pipe()
    os.set_blocking(write_end, False)
    signal.set_wakeup_fd(write_end, warn_on_full_buffer=False)
    threading.Thread(target=end_after_signal, args=(read_end, handled, message), name="interrupts", daemon=True).start()


def end_after_signal(
    read_end: int, handled: threading.Event, message: str, *, end: Callable[[int], None] = os._exit
) -> None:
    """Wait for signals, and end the process some time after one that Python did not handle.

    Parameters
    ----------
    read_end
        Pipe from which the numbers of the signals are read; the function returns when it is closed.
    handled
        Set when Python handles a signal.
    message
        Printed on stderr where the process is ended.
    end
        Ends the process with an exit code.
    """
    while number := os.read(read_end, 1):
        code = EXIT_CODES.get(number[0])
        if code is None or handled.wait(_GRACE_PERIOD_S):
            continue
        with suppress(OSError):
            show_cursor = "\x1b[?25h\n" if os.isatty(2) else ""  # a progress bar hides it
            os.write(2, f"{show_cursor}{message}\n".encode())
        end(code)
