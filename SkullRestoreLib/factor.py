"""A factorised sparse matrix that lives in a thread of its own.

SciPy books SuperLU's memory by the thread that took it. A factor that is made in the background and dropped by an application's main thread is never
given back (scipy/scipy#15921: 150 MB a head here), and the repair under way frees it when the thread that made it ends, in use or not
(scipy/scipy#25759). So each factor is made, asked and dropped by one thread, which ends with it.
"""

import queue
import threading
import weakref

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
        self._asked: queue.SimpleQueue = queue.SimpleQueue()  # its put may be called by a finaliser in the middle of another put
        made: queue.SimpleQueue = queue.SimpleQueue()
        threading.Thread(target=_keep, args=(matrix, made, self._asked), name="SkullRestore factor", daemon=True).start()
        if (error := made.get()) is not None:
            raise error
        weakref.finalize(self, self._asked.put, None).atexit = False

    def solve(self, right: np.ndarray) -> np.ndarray:
        """The solution (n,) for a right-hand side (n,).

        Raises
        ------
        ValueError
            If the right-hand side has another length.
        """
        answer: queue.SimpleQueue = queue.SimpleQueue()
        self._asked.put((right, answer))
        got = answer.get()
        if isinstance(got, Exception):
            raise got
        return got


def _keep(matrix: sparse.csc_matrix, made: queue.SimpleQueue, asked: queue.SimpleQueue) -> None:
    from scipy.sparse.linalg import splu

    try:
        factor = splu(matrix, permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options={"SymmetricMode": True})
    except (RuntimeError, MemoryError) as error:
        made.put(error)
        return
    del matrix
    made.put(None)
    while (one := asked.get()) is not None:
        right, answer = one
        try:
            answer.put(factor.solve(right))
        except Exception as error:  # told to the thread that asked
            answer.put(error)
        del one, right, answer
