"""Compare ways to solve the fit of the surface to the bone: ``python benchmarks/solvers.py``.

The matrix of the outer table of the phantom's defect, factorised and solved for one right side and for one column at
each of 24 reference points, as an edit needs them. What is not installed is left out: ``pip install pyamg``,
``pip install scikit-sparse`` (CHOLMOD; it has no wheels and needs SuiteSparse and a compiler). Processor seconds.
"""

import time
from collections.abc import Callable

import numpy as np
from bench import load_ct
from scipy import sparse
from scipy.linalg import cho_solve_banded, cholesky_banded
from scipy.sparse.csgraph import reverse_cuthill_mckee

from SkullRestoreLib._system.sparse_factor import SparseFactor
from SkullRestoreLib.defects import thin_plate
from SkullRestoreLib.pipeline import steps
from SkullRestoreLib.settings import Settings

COLUMNS = 24


def capture_matrix() -> sparse.csc_matrix:
    """Restore the phantom up to the fit, and keep the largest matrix that is factorised."""
    kept: list[sparse.csc_matrix] = []

    class Capture(SparseFactor):
        def __init__(self, matrix: sparse.csc_matrix) -> None:
            kept.append(matrix.copy())
            super().__init__(matrix)

    thin_plate.SparseFactor = Capture
    for step, _ in steps.restore_steps(load_ct("512"), Settings()):
        if step == "design the implants":
            break
    thin_plate.SparseFactor = SparseFactor
    return max(kept, key=lambda matrix: matrix.shape[0])


def with_superlu(matrix: sparse.csc_matrix, right: np.ndarray) -> Callable[[], np.ndarray]:
    """What the product uses."""
    factor = SparseFactor(matrix)
    return lambda: factor.solve_columns(sparse.csr_matrix(right.T))


def with_banded_cholesky(matrix: sparse.csc_matrix, right: np.ndarray) -> Callable[[], np.ndarray]:
    """LAPACK on the band that the reverse Cuthill-McKee order leaves."""
    order = reverse_cuthill_mckee(matrix.tocsr(), symmetric_mode=True)
    ordered = sparse.tril(matrix[order][:, order]).tocoo()
    band = np.zeros((int((ordered.row - ordered.col).max()) + 1, len(order)))
    band[ordered.row - ordered.col, ordered.col] = ordered.data
    factor = cholesky_banded(band, lower=True, check_finite=False)

    def solve() -> np.ndarray:
        solution = np.zeros_like(right)
        solution[order] = cho_solve_banded((factor, True), right[order], check_finite=False)
        return solution

    return solve


def with_multigrid(matrix: sparse.csc_matrix, right: np.ndarray) -> Callable[[], np.ndarray]:
    """Smoothed aggregation before conjugate gradients, to a millionth."""
    import pyamg

    hierarchy = pyamg.smoothed_aggregation_solver(matrix.tocsr())
    return lambda: np.stack([hierarchy.solve(one, tol=1e-6, accel="cg", maxiter=300) for one in right.T], axis=1)


def with_cholmod(matrix: sparse.csc_matrix, right: np.ndarray) -> Callable[[], np.ndarray]:
    """SuiteSparse's Cholesky."""
    from sksparse.cholmod import cholesky

    factor = cholesky(matrix)
    return lambda: factor(right)


def main() -> None:
    """Measure and print."""
    matrix = capture_matrix()
    rng = np.random.default_rng(0)
    right = np.zeros((matrix.shape[0], COLUMNS))
    right[rng.choice(len(right), COLUMNS, replace=False), np.arange(COLUMNS)] = 1.0
    print(f"{matrix.shape[0]} unknowns, {matrix.nnz / matrix.shape[0]:.0f} entries a row")
    print("| by | factor, s | one right side, s | 24 columns, s | largest difference, parts of the largest value |")
    print("| --- | ---: | ---: | ---: | ---: |")
    exact = None
    for name, prepare in (
        ("SuperLU (scipy)", with_superlu),
        ("banded Cholesky (LAPACK by scipy)", with_banded_cholesky),
        ("multigrid (pyamg)", with_multigrid),
        ("CHOLMOD (scikit-sparse)", with_cholmod),
    ):
        try:
            start = time.process_time()
            solve = prepare(matrix, right)
            prepared = time.process_time() - start
            start = time.process_time()
            solution = np.asarray(solve())
            solved = time.process_time() - start
            start = time.process_time()
            prepare_one = prepare(matrix, right[:, :1])
            between = time.process_time()
            prepare_one()
            one = time.process_time() - between
        except ImportError as error:
            print(f"| {name} | not installed ({error.name}) | | | |")
            continue
        exact = solution if exact is None else exact
        apart = np.abs(solution - exact).max() / np.abs(exact).max()
        print(f"| {name} | {prepared:.2f} | {one:.3f} | {solved:.2f} | {apart:.1e} |")


if __name__ == "__main__":
    main()
