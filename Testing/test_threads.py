"""Linear algebra on one thread."""

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from SkullRestoreLib.threads import one_for_algebra


def threads():
    return [one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas"]


def test_algebra_runs_on_one_thread_inside_and_on_as_many_as_before_outside():
    before = threads()
    with one_for_algebra():
        assert set(threads()) == {1}
    assert threads() == before


def test_the_threads_come_back_when_the_work_fails():
    before = threads()

    @one_for_algebra()
    def fails():
        assert set(threads()) == {1}
        np.linalg.inv(np.zeros((2, 2)))

    with pytest.raises(np.linalg.LinAlgError):
        fails()
    assert threads() == before


def test_without_threadpoolctl_nothing_is_limited_and_nothing_fails(monkeypatch):
    import sys

    from SkullRestoreLib.threads import _controller

    monkeypatch.setitem(sys.modules, "threadpoolctl", None)
    _controller.cache_clear()
    before = threads()
    try:
        with one_for_algebra():
            assert threads() == before
    finally:
        _controller.cache_clear()
