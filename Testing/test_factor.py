"""Factors of sparse matrices: right, and gone with their memory whichever thread drops them."""

import gc
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from scipy import sparse

from SkullRestoreLib.factor import Factor


def plate(side: int) -> sparse.csc_matrix:
    """A thin plate on a square of points: what the surface is solved with."""
    line = sparse.diags([-1.0, 2.0, -1.0], [-1, 0, 1], shape=(side, side))
    laplacian = sparse.kron(line, sparse.eye(side)) + sparse.kron(sparse.eye(side), line)
    return (laplacian @ laplacian + sparse.eye(side * side)).tocsc()


def resident() -> float:
    """MiB of this process."""
    import ctypes

    gc.collect()
    ctypes.CDLL("libc.so.6").malloc_trim(0)
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 2**20


def test_a_factor_solves_its_matrix():
    matrix = plate(12)
    right = np.random.default_rng(0).normal(size=matrix.shape[0])
    np.testing.assert_allclose(matrix @ Factor(matrix).solve(right), right, atol=1e-9)


def test_two_threads_may_ask_one_factor():
    matrix = plate(20)
    factor, rights = Factor(matrix), np.random.default_rng(1).normal(size=(8, matrix.shape[0]))
    solved = [None] * len(rights)
    threads = [threading.Thread(target=lambda n=n: solved.__setitem__(n, factor.solve(rights[n]))) for n in range(len(rights))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    np.testing.assert_allclose(np.array(solved) @ matrix.T, rights, atol=1e-9)


def test_a_singular_matrix_and_a_wrong_length_are_told_to_who_asks():
    with pytest.raises(RuntimeError, match="singular"):
        Factor(sparse.csc_matrix((4, 4)))
    with pytest.raises(ValueError, match="size"):
        Factor(plate(4)).solve(np.zeros(3))


def test_the_thread_of_a_factor_ends_with_it():
    others = set(threading.enumerate())
    factor = Factor(plate(4))
    (own,) = set(keepers()) - others
    del factor
    gc.collect()
    own.join(10)
    assert not own.is_alive()


def keepers() -> list[threading.Thread]:
    """The threads in which factors live."""
    return [t for t in threading.enumerate() if t.name == "SkullRestore factor"]


@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")
def test_factors_that_are_made_in_the_background_and_dropped_here_give_their_memory_back():
    matrix, kept, others = plate(90), [], set(keepers())

    def cycle(times):
        for _ in range(times):
            thread = threading.Thread(target=lambda: kept.append(Factor(matrix)))
            thread.start()
            thread.join()
            kept.clear()
            for keeper in set(keepers()) - others:
                keeper.join(10)

    cycle(3)
    before = resident()
    cycle(20)
    assert resident() - before < 40, "lost ones would be 190 MiB"


def test_a_program_that_ends_with_a_factor_at_hand_ends_quietly():
    import subprocess

    code = (
        "from test_factor import Factor, plate\n"
        "factor = Factor(plate(8))\n"
        "try:\n    Factor(plate(3)[:, :0])\nexcept Exception as error:\n    print(type(error).__name__)\n"
    )
    here = Path(__file__).resolve().parent
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path[:0] = [{str(here)!r}, {str(here.parent)!r}]\n{code}"],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "ValueError\n", "")
