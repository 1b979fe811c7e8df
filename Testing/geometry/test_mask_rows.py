"""The ends of a mask's rows: they are its first and last voxels, and few of them hold its convex hull."""

import numpy as np
import pytest
from scipy.spatial import ConvexHull

from SkullRestoreLib.geometry.mask_rows import find_row_ends


def lumps(seed):
    """Some overlapping and some single balls in a grid of voxels."""
    rng = np.random.default_rng(seed)
    k, j, i = np.indices((24, 30, 36))
    mask = np.zeros(k.shape, bool)
    for centre, radius in zip(rng.uniform(4, [20, 26, 32], (6, 3)), rng.uniform(1, 6, 6), strict=True):
        mask |= (k - centre[0]) ** 2 + (j - centre[1]) ** 2 + (i - centre[2]) ** 2 <= radius**2
    return mask


@pytest.mark.parametrize("seed", range(3))
def test_each_row_with_a_voxel_has_its_first_and_last_one(seed):
    mask = lumps(seed)
    ends = find_row_ends(mask)
    for row, first, last in zip(mask.reshape(-1, 36), ends.first.ravel(), ends.last.ravel(), strict=True):
        voxels = np.flatnonzero(row)
        assert (first, last) == ((voxels[0], voxels[-1]) if len(voxels) else (-1, -1))
    assert len(ends.points()) == 2 * np.count_nonzero(mask.any(axis=2))


@pytest.mark.parametrize("seed", range(3))
def test_few_ends_have_the_convex_hull_of_all_voxels(seed):
    mask = lumps(seed)
    ends = find_row_ends(mask)
    hull = ConvexHull(np.argwhere(mask)[:, ::-1])
    assert ConvexHull(ends.hull_points()).volume == pytest.approx(hull.volume, rel=1e-12)
    assert len(ends.hull_points()) < 0.6 * len(ends.points())


def test_a_mask_without_voxels_has_no_ends():
    ends = find_row_ends(np.zeros((2, 3, 4), bool))
    assert ends.points().shape == ends.hull_points().shape == (0, 3)
