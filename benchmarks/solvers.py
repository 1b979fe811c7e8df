"""Compare ways to solve the fit of the surface to the bone: ``python benchmarks/solvers.py``.

The matrices of the outer table of round holes in a sphere the size of a head, from 30 to half the vault, on the
standard grid and on the finest: each is factorised, and solved for one right side and for one column at each of 24
reference points, as the first edit needs them. What is not installed is left out: ``pip install pyamg``,
``pip install scikit-sparse`` (CHOLMOD; it has no wheels and needs SuiteSparse and a compiler). Processor seconds.
"""

import time
from collections.abc import Callable

import numpy as np
from scipy import sparse

from SkullRestoreLib._system.sparse_factor import SparseFactor
from SkullRestoreLib.defects import thin_plate
from SkullRestoreLib.geometry.icosphere import spherical_grid
from SkullRestoreLib.records import RayMap, VaultTables

COLUMNS = 24
OUTER_MM, INNER_MM = 90.0, 84.0
HOLES = ((6, 20.0), (6, 40.0), (6, 60.0), (7, 20.0), (7, 40.0))
"""Level of the grid, and the angle from the middle of the hole to its margin, degrees."""


def capture_matrix(level: int, degrees: float) -> sparse.csr_matrix:
    """Fit a round hole, and keep the largest matrix that is factorised."""
    kept: list[sparse.csr_matrix] = []

    class Capture(SparseFactor):
        def __init__(self, matrix: sparse.csr_matrix) -> None:
            kept.append(matrix.copy())
            super().__init__(matrix)

    grid = spherical_grid(level)
    count, hole = len(grid), np.flatnonzero(grid.directions[:, 2] > np.cos(np.radians(degrees)))
    intervals = np.tile(np.array([[INNER_MM, OUTER_MM]], dtype=np.float32), (count, 1, 1))
    intervals[hole] = np.nan
    outer, inner, one = np.full(count, OUTER_MM), np.full(count, INNER_MM), np.ones(count)
    tables = VaultTables(
        level, outer, inner, outer_sigma=one, inner_sigma=one, missing=np.zeros(count), vault=np.ones(count, dtype=bool)
    )
    thin_plate.SparseFactor = Capture
    thin_plate.fit_to_bone(tables, RayMap(level, intervals, reach=np.full(count, 200.0)), [hole])
    thin_plate.SparseFactor = SparseFactor
    return max(kept, key=lambda matrix: matrix.shape[0])


def with_banded_cholesky(matrix: sparse.csr_matrix, right: np.ndarray) -> Callable[[], np.ndarray]:
    """What the product uses."""
    factor = SparseFactor(matrix)
    return lambda: factor.solve(right)


def with_superlu(matrix: sparse.csr_matrix, right: np.ndarray) -> Callable[[], np.ndarray]:
    """SuperLU in the order of minimum degree, one right side after the other: so it is fastest."""
    from scipy.sparse.linalg import splu

    options = {"SymmetricMode": True}
    factor = splu(matrix.tocsc(), permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options=options)
    return lambda: np.stack([factor.solve(one) for one in right.T], axis=1)


def with_multigrid(matrix: sparse.csr_matrix, right: np.ndarray) -> Callable[[], np.ndarray]:
    """Smoothed aggregation before conjugate gradients, to a millionth."""
    import pyamg

    hierarchy = pyamg.smoothed_aggregation_solver(matrix)
    return lambda: np.stack([hierarchy.solve(one, tol=1e-6, accel="cg", maxiter=300) for one in right.T], axis=1)


def with_cholmod(matrix: sparse.csr_matrix, right: np.ndarray) -> Callable[[], np.ndarray]:
    """SuiteSparse's Cholesky."""
    from sksparse.cholmod import cholesky

    factor = cholesky(matrix.tocsc())
    return lambda: factor(right)


SOLVERS = {
    "banded Cholesky (LAPACK by scipy)": with_banded_cholesky,
    "SuperLU (scipy)": with_superlu,
    "multigrid (pyamg)": with_multigrid,
    "CHOLMOD (scikit-sparse)": with_cholmod,
}


def measure(matrix: sparse.csr_matrix, where: str) -> None:
    """Print a row for each solver that is installed."""
    rng = np.random.default_rng(0)
    right = np.zeros((matrix.shape[0], COLUMNS))
    right[rng.choice(len(right), COLUMNS, replace=False), np.arange(COLUMNS)] = 1.0
    exact = None
    for name, prepare in SOLVERS.items():
        try:
            start = time.process_time()
            solve = prepare(matrix, right)
            prepared = time.process_time()
            solution = np.asarray(solve())
            solved = time.process_time()
            solve_one = prepare(matrix, right[:, :1])
            between = time.process_time()
            solve_one()
            one = time.process_time() - between
        except ImportError:
            continue
        exact = solution if exact is None else exact
        apart = np.abs(solution - exact).max() / np.abs(exact).max()
        seconds = f"{prepared - start:.2f} | {one:.3f} | {solved - prepared:.2f}"
        print(f"| {where} | {matrix.shape[0]:,} | {name} | {seconds} | {apart:.0e} |", flush=True)


def main() -> None:
    """Measure and print."""
    print(
        "| hole | unknowns | by | factor, s | one right side, s | 24 columns, s | apart, parts of the largest value |"
    )
    print("| --- | ---: | --- | ---: | ---: | ---: | ---: |")
    for level, degrees in HOLES:
        area_cm2 = 2 * np.pi * OUTER_MM**2 * (1 - np.cos(np.radians(degrees))) / 100
        measure(capture_matrix(level, degrees), f"{area_cm2:.0f} cm², level {level}")


if __name__ == "__main__":
    main()
