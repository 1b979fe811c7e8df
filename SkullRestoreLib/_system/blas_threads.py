"""Limit the linear algebra of numpy and scipy to one thread.

Its threads wait for each other in busy loops. For matrices of this size a second thread gains little on an idle
computer, and on a busy one every product waits for other programs: fitting the shape model took 9.8 s of processor time
instead of 0.4 s.
"""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from functools import cache
from typing import Any


@contextmanager
def single_blas_thread() -> Iterator[None]:
    """Run products and factorisations of numpy and scipy on the calling thread alone; also a decorator.

    Without threadpoolctl, as in a bare 3D Slicer, nothing changes except the time that a busy computer takes.
    """
    controller = blas_controller()
    with controller.limit(limits=1, user_api="blas") if controller is not None else nullcontext():
        yield


@cache
def blas_controller() -> Any:
    """Get threadpoolctl's controller of the loaded BLAS libraries; None without threadpoolctl."""
    import scipy.linalg  # noqa: F401 - scipy brings its own BLAS, which threadpoolctl finds only once it is loaded

    try:
        from threadpoolctl import ThreadpoolController
    except ImportError:
        return None
    return ThreadpoolController()
