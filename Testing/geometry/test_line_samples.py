"""Samples along lines are those of scipy's interpolation at the same places."""

import numpy as np
import pytest
from scipy.ndimage import map_coordinates

from SkullRestoreLib.geometry.line_samples import SAMPLES_PER_BLOCK, Lines, sample_linear, sample_lines, sample_nearest

RNG = np.random.default_rng(3)
VOLUME = RNG.integers(-1000, 2000, (9, 12, 15)).astype(np.int16)
OUTSIDE = -1024


def crossing_lines(count=40, samples=31):
    """Lines from within the volume outwards: many samples are beyond it."""
    starts = RNG.uniform(0, np.array(VOLUME.shape) - 1, (count, 3))
    return Lines(starts, RNG.normal(size=(count, 3)), np.linspace(-4, 4, samples))


def positions(lines):
    return np.moveaxis(lines.starts[:, None] + lines.distances[:, None] * lines.steps[:, None], -1, 0)


@pytest.mark.parametrize("count", [40, 2 * SAMPLES_PER_BLOCK // 31])
def test_samples_are_those_of_scipy(count):
    lines = crossing_lines(count)
    linear, nearest = sample_lines(VOLUME, lines, outside=OUTSIDE)
    at = positions(lines)
    expected = map_coordinates(VOLUME, at, order=1, output=np.float32, mode="constant", cval=OUTSIDE)
    assert (linear == OUTSIDE).any()
    np.testing.assert_allclose(linear, expected, atol=1e-3)
    np.testing.assert_array_equal(nearest, map_coordinates(VOLUME, at, order=0, mode="constant", cval=OUTSIDE))
    np.testing.assert_array_equal(sample_linear(VOLUME, lines, outside=OUTSIDE), linear)
    np.testing.assert_array_equal(sample_nearest(VOLUME, lines, outside=OUTSIDE), nearest)


def test_of_each_line_as_many_samples_are_taken_as_are_wanted():
    lines = crossing_lines()
    count = RNG.integers(1, 31, len(lines.starts))
    some, _ = sample_lines(VOLUME, lines, outside=OUTSIDE, count=count)
    every, _ = sample_lines(VOLUME, lines, outside=OUTSIDE)
    wanted = np.arange(31) < count[:, None]
    np.testing.assert_array_equal(some[wanted], every[wanted])


def test_a_volume_of_one_slice_can_be_sampled():
    lines = Lines(np.array([[0.0, 1.0, 1.5]]), np.array([[0.0, 0.0, 1.0]]), np.array([0.0, 1.0]))
    linear, _ = sample_lines(VOLUME[:1], lines, outside=OUTSIDE)
    np.testing.assert_allclose(linear[0], [VOLUME[0, 1, 1:3].mean(), VOLUME[0, 1, 2:4].mean()])
