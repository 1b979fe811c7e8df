"""Voxels within a radius of a mask are those that a distance transform finds."""

import numpy as np
import pytest
from scipy.ndimage import distance_transform_edt

from SkullRestoreLib.geometry.ball_reach import within_reach


@pytest.mark.parametrize("radius_mm", [0.5, 1.0, 2.4, 6.0, 8.0, 14.0])
@pytest.mark.parametrize("spacing", [(1.0, 1.0, 1.0), (2.4, 2.40234375, 2.40234375), (4.2, 3.84, 3.9), (0.5, 3.0, 7.0)])
def test_voxels_within_a_radius_are_those_of_a_distance_transform(radius_mm, spacing):
    rng = np.random.default_rng(0)
    for share in (0.0005, 0.02, 0.5):
        mask = rng.random((17, 23, 31)) < share
        mask[3, 4, 5] = True
        distance = distance_transform_edt(~mask, sampling=spacing)
        assert np.array_equal(within_reach(mask, radius_mm, np.array(spacing)), distance <= radius_mm)
        nearer = within_reach(mask, radius_mm, np.array(spacing), with_limit=False)
        assert np.array_equal(nearer, distance < radius_mm)


def test_a_radius_far_larger_than_the_image_reaches_all_of_it():
    mask = np.zeros((3, 2, 4), bool)
    mask[0, 0, 0] = True
    assert within_reach(mask, 50.0, np.ones(3)).all()
    assert not within_reach(np.zeros((3, 2, 4), bool), 50.0, np.ones(3)).any()


def test_the_mask_is_left_as_it_was():
    mask = np.zeros((5, 5, 5), bool)
    mask[2, 2, 2] = True
    within_reach(mask, 2.0, np.ones(3))
    assert np.count_nonzero(mask) == 1
