"""One CT gives one result: in another process, and on another number of threads."""

import sys
from pathlib import Path

import numpy as np
import pytest
from helpers_head import phantom_head

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks"))

import same_result


@pytest.mark.slow
def test_a_second_process_and_a_second_thread_give_the_same_surface_within_a_hundredth_of_a_millimetre():
    """At once: what two processes or two threads do differently is also different in a second process with two."""
    rows = same_result.compare_runs([(sys.executable, 1), (sys.executable, 2)], phantom_head(spacing=3.0).volume())
    assert [threads for _, threads, _, _ in rows] == [1, 2]
    for _versions, _threads, distance, area in rows:
        assert distance < same_result.AIM_MM
        assert area < 0.01


@pytest.mark.parametrize("rows", [5, 6])
def test_a_difference_would_be_seen(rows):
    one = {"vertices1": np.zeros((5, 3)), "inner1": np.zeros((5, 3))}
    other = {"vertices1": np.full((rows, 3), 0.02), "inner1": np.zeros((rows, 3))}
    assert same_result.largest_distance(one, other) == pytest.approx(0.02 * 3**0.5)
    assert same_result.largest_distance(one, {"vertices2": one["vertices1"]}) == float("inf")
    assert same_result.largest_distance({}, {}) == float("inf")
