"""A factorised sparse matrix that is kept in its own thread.

SciPy counts SuperLU's memory per thread. A factor that is made by a background thread and released by an application's
main thread is never freed (scipy/scipy#15921: 150 MB per head here), and the repair in progress frees it when the
thread that made it ends, in use or not (scipy/scipy#25759). So one thread makes each factor, solves with it, and
releases it when it ends.
"""

import atexit
import threading
import weakref
from itertools import pairwise
from queue import SimpleQueue
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse


class SparseFactor:
    """The factor of a symmetric positive definite matrix, for solving with many right-hand sides.

    Parameters
    ----------
    matrix
        (n, n) float, sparse by columns.

    Raises
    ------
    RuntimeError
        If the matrix is singular.

    Examples
    --------
    >>> factor = SparseFactor(sparse.csc_matrix(np.diag([2.0, 4.0])))
    >>> factor.solve(np.array([1.0, 1.0])).tolist()
    [0.5, 0.25]
    """

    def __init__(self, matrix: sparse.csc_matrix) -> None:
        outcome: SimpleQueue[Exception | None] = SimpleQueue()
        thread = _FactorThread(matrix, outcome)
        thread.start()
        if (error := outcome.get()) is not None:
            raise error
        self._requests = thread.requests
        self._last_columns: dict[bytes, NDArray[np.float64]] = {}
        weakref.finalize(self, self._requests.put, None).atexit = False

    def solve(self, right: NDArray[np.float64]) -> NDArray[np.float64]:
        """Solve for one right-hand side.

        Parameters
        ----------
        right
            (n,) float64.

        Returns
        -------
        ndarray
            (n,) float64.

        Raises
        ------
        ValueError
            If the right-hand side has another length.
        """
        answers: SimpleQueue[Any] = SimpleQueue()
        self._requests.put((right, answers))
        answer = answers.get()
        if isinstance(answer, Exception):
            raise answer
        return answer

    def solve_columns(self, rows: sparse.csr_matrix) -> NDArray[np.float64]:
        """Solve for several right-hand sides, and keep their solutions until the next call.

        While one reference point is dragged the others stay, so that an edit costs one back-substitution. SuperLU takes
        many right-hand sides several times slower than one after the other.

        Parameters
        ----------
        rows
            (p, n) sparse, a right-hand side in each row.

        Returns
        -------
        ndarray
            (n, p) float64, a solution in each column.

        Examples
        --------
        >>> factor = SparseFactor(sparse.csc_matrix(np.diag([2.0, 4.0])))
        >>> factor.solve_columns(sparse.csr_matrix(np.eye(2))).tolist()
        [[0.5, 0.0], [0.0, 0.25]]
        """
        last, columns = self._last_columns, {}
        entries = [slice(*ends) for ends in pairwise(rows.indptr)]  # rows of a sparse matrix are slow to take
        keys = [rows.indices[one].tobytes() + rows.data[one].tobytes() for one in entries]
        for number, key in enumerate(keys):
            columns[key] = last[key] if key in last else self.solve(rows[[number]].toarray().ravel())
        self._last_columns = columns
        return np.stack([columns[key] for key in keys], axis=1)


class _FactorThread(threading.Thread):
    """The thread that keeps one factor; a request of None ends it."""

    def __init__(self, matrix: sparse.csc_matrix, outcome: "SimpleQueue[Exception | None]") -> None:
        super().__init__(name="SkullRestore factor", daemon=True)
        # a SimpleQueue, because a finaliser may call put in the middle of another put
        self.requests: SimpleQueue[Any] = SimpleQueue()
        self._start_arguments: list[tuple[sparse.csc_matrix, SimpleQueue[Exception | None]]] = [(matrix, outcome)]

    def run(self) -> None:
        from scipy.sparse.linalg import splu

        matrix, outcome = self._start_arguments.pop()
        try:
            factor = splu(matrix, permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options={"SymmetricMode": True})
        except (RuntimeError, MemoryError, ValueError) as error:
            outcome.put(error)
            return
        del matrix
        outcome.put(None)
        while (request := self.requests.get()) is not None:
            right, answers = request
            try:
                answers.put(factor.solve(right))
            except Exception as error:  # raised by the thread that asked
                answers.put(error)
            del request, right, answers


@atexit.register
def _stop_factor_threads() -> None:
    """End the threads before the program exits: SciPy prints an error where a thread is stopped with a factor in it."""
    factor_threads = [thread for thread in threading.enumerate() if isinstance(thread, _FactorThread)]
    for thread in factor_threads:
        thread.requests.put(None)
    for thread in factor_threads:
        thread.join(1)
