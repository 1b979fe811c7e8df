"""The skin is where a ray leaves the head for good, seen from its outermost bone."""

import numpy as np
import pytest
from helpers_head import phantom_head

from SkullRestoreLib.prediction.ray_tracing import trace_rays
from SkullRestoreLib.prediction.skin_tracing import find_outside, trace_skin
from SkullRestoreLib.records import Pose
from SkullRestoreLib.segmentation import bone_segmentation

RADII = np.arange(60.0, 132.0, 0.5)


def profile(*layers):
    """HU along a ray: (HU, until mm) for each layer from inside outwards."""
    hu = np.full(len(RADII), np.nan)
    for value, until in reversed(layers):
        hu[until > RADII] = value
    return hu[None].astype(np.float32)


def test_the_skin_is_found_between_samples():
    # half-way from 50 to -950 HU
    assert find_outside(profile((50, 95), (-950, 140)), RADII, np.array([80.0])) == pytest.approx(94.75, abs=0.01)


def test_air_inside_the_skull_and_thin_folds_are_no_outside():
    hu = profile((-1000, 75), (900, 82), (40, 86), (-1000, 88), (40, 97), (-1000, 140))
    assert find_outside(hu, RADII, np.array([82.0])) == pytest.approx(96.75, abs=0.05)


def test_a_head_rest_behind_air_is_not_the_skin():
    hu = profile((900, 82), (40, 97), (-1000, 104), (200, 110), (-1000, 140))
    assert find_outside(hu, RADII, np.array([82.0])) == pytest.approx(96.75, abs=0.05)


def test_where_the_scan_ends_before_the_skin_none_is_found():
    hu = profile((900, 82), (40, 90), (-3024, 140))
    assert np.isnan(find_outside(hu, RADII, np.array([82.0]))).all()
    assert np.isnan(find_outside(profile((40, 140)), RADII, np.array([82.0]))).all()


def test_a_phantoms_scalp_has_its_thickness_and_a_mask_has_no_skin():
    head = phantom_head()
    pose = Pose(np.linalg.inv(head.head_to_ras), 0.5, 1.0)
    bone = bone_segmentation.segment(head.volume())
    rays = trace_rays(bone, pose, level=5)
    skin = trace_skin(bone, pose, rays)
    thick = skin.radius - rays.intervals[:, 0, 1]
    from SkullRestoreLib.phantom.anatomy import SCALP_MM

    high = np.isfinite(thick) & np.isfinite(rays.intervals[:, 0, 0])
    assert np.median(thick[high]) == pytest.approx(SCALP_MM, abs=1.5)
    mask = bone_segmentation.segment(head.mask())
    assert trace_skin(mask, pose, rays) is None
