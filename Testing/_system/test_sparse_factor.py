"""Factors of sparse matrices solve them, whatever the order of the unknowns."""

import threading

import numpy as np
import pytest
from helpers_factor import plate
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


def test_a_singular_matrix_and_a_wrong_length_are_refused():
    with pytest.raises(np.linalg.LinAlgError, match="not positive definite"):
        SparseFactor(sparse.csc_matrix((4, 4)))
    with pytest.raises(ValueError, match="square"):
        SparseFactor(plate(4)[:, :3])
    with pytest.raises(ValueError, match="3 rows, the matrix 16"):
        SparseFactor(plate(4)).solve(np.zeros(3))


def test_unknowns_that_nothing_joins_are_solved_too():
    apart = sparse.block_diag([plate(3), sparse.eye(2) * 4.0, plate(5)]).tocsc()
    shuffled = np.random.default_rng(2).permutation(apart.shape[0])
    matrix = apart[shuffled][:, shuffled]
    right = np.random.default_rng(3).normal(size=matrix.shape[0])
    np.testing.assert_allclose(matrix @ SparseFactor(matrix).solve(right), right, atol=1e-9)


def test_nothing_unknown_is_solved_by_nothing():
    factor = SparseFactor(sparse.csr_matrix((0, 0)))
    assert factor.solve(np.zeros(0)).shape == (0,)


def test_the_matrix_stays_as_it_is():
    matrix = plate(9).tocsr()
    before = matrix.copy()
    SparseFactor(matrix).solve(np.ones(matrix.shape[0]))
    assert (matrix != before).nnz == 0


def test_several_solutions_are_those_of_each_right_hand_side_in_any_order():
    matrix = sparse.csc_matrix(np.diag([2.0, 4.0, 8.0]))
    factor, rows = SparseFactor(matrix), sparse.csr_matrix([[1.0, 0, 0], [0, 1, 1], [0, 0, 3]])
    expected = np.linalg.solve(matrix.toarray(), rows.toarray().T)
    np.testing.assert_allclose(factor.solve_columns(rows), expected)
    np.testing.assert_allclose(factor.solve_columns(rows[[2, 0]]), expected[:, [2, 0]])
