"""Linear algebra is limited to one thread, and only inside the context."""

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from SkullRestoreLib._system.blas_threads import single_blas_thread


def blas_threads():
    return [library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"]


def test_algebra_runs_on_one_thread_inside_and_on_as_many_as_before_outside():
    before = blas_threads()
    with single_blas_thread():
        assert set(blas_threads()) == {1}
    assert blas_threads() == before


def test_the_limit_is_lifted_when_the_work_fails():
    before = blas_threads()

    @single_blas_thread()
    def fails():
        assert set(blas_threads()) == {1}
        np.linalg.inv(np.zeros((2, 2)))

    with pytest.raises(np.linalg.LinAlgError):
        fails()
    assert blas_threads() == before


def test_without_threadpoolctl_nothing_is_limited_and_nothing_fails(monkeypatch):
    import sys

    from SkullRestoreLib._system.blas_threads import blas_controller

    monkeypatch.setitem(sys.modules, "threadpoolctl", None)
    blas_controller.cache_clear()
    before = blas_threads()
    try:
        with single_blas_thread():
            assert blas_threads() == before
    finally:
        blas_controller.cache_clear()
