"""A pool of worker processes that ends at once when the run is stopped."""

import multiprocessing
import signal
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager, suppress


@contextmanager
def spawn_pool(workers: int) -> Iterator[ProcessPoolExecutor]:
    """Open a pool of new processes; forked ones would inherit torch's and VTK's threads.

    Leaving the context waits for the jobs in progress. Leaving it by an exception, Ctrl-C or the closing of a generator
    ends the processes.

    Parameters
    ----------
    workers
        Number of processes.

    Yields
    ------
    ProcessPoolExecutor
        The pool.
    """
    pool = ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn"), initializer=_ignore_interrupts)
    try:
        yield pool
    except BaseException:
        for process in list((pool._processes or {}).values()):  # Python 3.14 has a public method for this
            with suppress(OSError, ValueError):
                process.kill()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _ignore_interrupts() -> None:
    signal.signal(
        signal.SIGINT, signal.SIG_IGN
    )  # Ctrl-C reaches all processes of a terminal; the parent ends these ones
