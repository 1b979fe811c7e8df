"""How many threads the linear algebra under numpy and scipy takes.

Its threads wait for each other in busy loops. For matrices of this size a second thread gains little on an idle computer, and on a busy one
every product waits until the others' programs are done: fitting the shape model took 9.8 s of processor time instead of 0.4 s.
"""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from functools import cache


@contextmanager
def one_for_algebra() -> Iterator[None]:
    """Within this, products and factorisations of numpy and scipy run on the calling thread alone. Also a decorator.

    Without threadpoolctl, as in a bare 3D Slicer, it changes nothing: the result is the same, later on a busy computer.
    """
    controller = _controller()
    with controller.limit(limits=1, user_api="blas") if controller is not None else nullcontext():
        yield


@cache
def _controller():
    import scipy.linalg  # noqa: F401 - brings a library of its own, which is only seen once it is loaded

    try:
        from threadpoolctl import ThreadpoolController
    except ImportError:
        return None
    return ThreadpoolController()
