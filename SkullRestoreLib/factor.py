"""A factorised sparse matrix that lives in a thread of its own.

SciPy books SuperLU's memory by the thread that took it. A factor that is made in the background and dropped by an application's main thread is never
given back (scipy/scipy#15921: 150 MB a head here), and the repair under way frees it when the thread that made it ends, in use or not
(scipy/scipy#25759). So each factor is made, asked and dropped by one thread, which ends with it.
"""

import atexit
import threading
import weakref
from queue import SimpleQueue

import numpy as np
from scipy import sparse


class Factor:
    """The factor of a symmetric positive definite matrix.

    Parameters
    ----------
    matrix
        (n, n) float, sparse by columns.

    Raises
    ------
    RuntimeError
        If the matrix is singular.
    """

    def __init__(self, matrix: sparse.csc_matrix):
        made: SimpleQueue = SimpleQueue()
        keeper = _Keeper(matrix, made)
        keeper.start()
        if (error := made.get()) is not None:
            raise error
        self._asked = keeper.asked
        weakref.finalize(self, self._asked.put, None).atexit = False

    def solve(self, right: np.ndarray) -> np.ndarray:
        """The solution (n,) for a right-hand side (n,).

        Raises
        ------
        ValueError
            If the right-hand side has another length.
        """
        answer: SimpleQueue = SimpleQueue()
        self._asked.put((right, answer))
        got = answer.get()
        if isinstance(got, Exception):
            raise got
        return got


class _Keeper(threading.Thread):
    """The thread in which a factor lives; None as a question ends it."""

    def __init__(self, matrix: sparse.csc_matrix, made: SimpleQueue):
        super().__init__(name="SkullRestore factor", daemon=True)
        self.asked: SimpleQueue = SimpleQueue()  # its put may be called by a finaliser in the middle of another put
        self._start_with: tuple | None = (matrix, made)

    def run(self) -> None:
        from scipy.sparse.linalg import splu

        (matrix, made), self._start_with = self._start_with, None
        try:
            factor = splu(matrix, permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options={"SymmetricMode": True})
        except (RuntimeError, MemoryError, ValueError) as error:
            made.put(error)
            return
        del matrix
        made.put(None)
        while (one := self.asked.get()) is not None:
            right, answer = one
            try:
                answer.put(factor.solve(right))
            except Exception as error:  # told to the thread that asked
                answer.put(error)
            del one, right, answer


@atexit.register
def _end_all() -> None:
    """At the end of the program: SciPy complains on the way out about a thread that is stopped with a factor in it."""
    keepers = [t for t in threading.enumerate() if isinstance(t, _Keeper)]
    for keeper in keepers:
        keeper.asked.put(None)
    for keeper in keepers:
        keeper.join(1)
