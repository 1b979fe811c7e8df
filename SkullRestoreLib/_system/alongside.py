"""Compute something on another thread while the caller goes on: numpy, scipy and VTK leave the other core free."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

_Item = TypeVar("_Item")
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


def compute_in_order(compute: Callable[[_Item], _Result], items: Iterable[_Item]) -> Iterator[_Result]:
    """Compute something for each item on all cores, and give the results in the order of the items.

    Parameters
    ----------
    compute
        What is computed of an item; it must not change what another one uses.
    items
        One after the other, twice as many at a time as there are cores: so few results are kept.

    Yields
    ------
    object
        The result of each item.

    Examples
    --------
    >>> list(compute_in_order(abs, [-1, 2, -3]))
    [1, 2, 3]
    """
    cores = os.cpu_count() or 1
    pending: deque[Future[_Result]] = deque()
    pool = ThreadPoolExecutor(cores, thread_name_prefix="in-order")
    try:
        for item in items:
            pending.append(pool.submit(compute, item))
            if len(pending) >= 2 * cores:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()
    finally:  # also where the caller takes no more
        pool.shutdown(wait=False, cancel_futures=True)
