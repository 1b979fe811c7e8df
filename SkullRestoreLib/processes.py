"""Processes that work for this one: started afresh, and gone at once when it is stopped."""

import multiprocessing
import signal
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager, suppress


@contextmanager
def pool(workers: int) -> Iterator[ProcessPoolExecutor]:
    """Processes started afresh, as a forked one would inherit torch's and VTK's threads.

    Leaving it waits for what they are doing; leaving it by an exception, Ctrl-C and a generator that is closed included, ends them.
    """
    made = ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn"), initializer=_quiet)
    try:
        yield made
    except BaseException:
        for process in list((made._processes or {}).values()):  # from Python 3.14 on it has a method for this
            with suppress(OSError, ValueError):
                process.kill()
        raise
    finally:
        made.shutdown(wait=True, cancel_futures=True)


def _quiet() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all processes of a terminal; the parent ends these
