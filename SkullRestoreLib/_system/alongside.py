"""Compute something on another thread while the caller goes on: numpy, scipy and VTK leave the other core free."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

_Result = TypeVar("_Result")


def start_alongside(compute: Callable[[], _Result]) -> Callable[[], _Result]:
    """Start a computation on a thread of its own.

    Parameters
    ----------
    compute
        What is computed. It must not change what the caller uses meanwhile.

    Returns
    -------
    callable
        Waits for the result, and raises what the computation raised.

    Examples
    --------
    >>> take = start_alongside(lambda: 6 * 7)
    >>> take()
    42
    """
    pool = ThreadPoolExecutor(1, thread_name_prefix="alongside")
    pending = pool.submit(compute)
    pool.shutdown(wait=False)
    return pending.result
