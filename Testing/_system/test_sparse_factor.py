"""Factors of sparse matrices: correct, and their memory is freed whichever thread releases them."""

import gc
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from helpers_factor import plate, resident
from scipy import sparse

from SkullRestoreLib._system.sparse_factor import SparseFactor


def test_a_factor_solves_its_matrix():
    matrix = plate(12)
    right = np.random.default_rng(0).normal(size=matrix.shape[0])
    np.testing.assert_allclose(matrix @ SparseFactor(matrix).solve(right), right, atol=1e-9)


def test_several_threads_may_solve_with_one_factor():
    matrix = plate(20)
    factor, rights = SparseFactor(matrix), np.random.default_rng(1).normal(size=(8, matrix.shape[0]))
    solved = [None] * len(rights)
    threads = [
        threading.Thread(target=lambda n=n: solved.__setitem__(n, factor.solve(rights[n]))) for n in range(len(rights))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    np.testing.assert_allclose(np.array(solved) @ matrix.T, rights, atol=1e-9)


def test_a_singular_matrix_and_a_wrong_length_raise_errors_in_the_calling_thread():
    with pytest.raises(RuntimeError, match="singular"):
        SparseFactor(sparse.csc_matrix((4, 4)))
    with pytest.raises(ValueError, match="size"):
        SparseFactor(plate(4)).solve(np.zeros(3))


def test_the_thread_of_a_factor_ends_with_it():
    others = set(threading.enumerate())
    factor = SparseFactor(plate(4))
    (thread,) = set(factor_threads()) - others
    del factor
    gc.collect()
    thread.join(10)
    assert not thread.is_alive()


def factor_threads() -> list[threading.Thread]:
    """The threads that keep factors."""
    return [t for t in threading.enumerate() if t.name == "SkullRestore factor"]


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")
def test_the_memory_of_factors_that_are_made_in_the_background_and_released_here_is_freed():
    matrix, kept, others = plate(90), [], set(factor_threads())

    def make_and_release(times):
        for _ in range(times):
            thread = threading.Thread(target=lambda: kept.append(SparseFactor(matrix)))
            thread.start()
            thread.join()
            kept.clear()
            for factor_thread in set(factor_threads()) - others:
                factor_thread.join(10)

    make_and_release(3)
    before = resident()
    make_and_release(20)
    assert resident() - before < 40, "memory that is not freed would be 190 MiB"


def test_a_program_that_ends_while_a_factor_exists_prints_nothing():
    import subprocess

    code = (
        "from SkullRestoreLib._system.sparse_factor import SparseFactor\n"
        "from helpers_factor import plate\n"
        "factor = SparseFactor(plate(8))\n"
        "try:\n    SparseFactor(plate(3)[:, :0])\nexcept Exception as error:\n    print(type(error).__name__)\n"
    )
    here = Path(__file__).resolve().parents[1]
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path[:0] = [{str(here)!r}, {str(here.parent)!r}]\n{code}"],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "ValueError\n", "")


def test_several_solutions_are_those_of_each_right_hand_side_in_any_order():
    matrix = sparse.csc_matrix(np.diag([2.0, 4.0, 8.0]))
    factor, rows = SparseFactor(matrix), sparse.csr_matrix([[1.0, 0, 0], [0, 1, 1], [0, 0, 3]])
    expected = np.linalg.solve(matrix.toarray(), rows.toarray().T)
    np.testing.assert_allclose(factor.solve_columns(rows), expected)
    np.testing.assert_allclose(factor.solve_columns(rows[[2, 0]]), expected[:, [2, 0]])
