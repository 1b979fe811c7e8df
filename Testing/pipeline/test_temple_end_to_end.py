"""A temple whose muscle was thinned is restored, and its implant raised until the skin is as on the other side."""

from dataclasses import replace

import numpy as np
import pytest
from helpers_head import phantom_head

import SkullRestoreLib as sr
from SkullRestoreLib.affine import apply_affine
from SkullRestoreLib.geometry.icosphere import interpolate
from SkullRestoreLib.implant.temporal import temporal_weight
from SkullRestoreLib.prediction.ray_tracing import trace_rays
from SkullRestoreLib.prediction.skin_tracing import trace_skin
from SkullRestoreLib.records import Pose
from SkullRestoreLib.segmentation import bone_segmentation

ADDED_MM, LEFT = 9.0, 0.3


def with_muscles(head, *, left):
    """The phantom's CT with temporal muscles on both sides, of which the side of the hole has only a part."""
    ct = head.volume()
    pose = Pose(np.linalg.inv(head.head_to_ras), 0.5, 1.0)
    intact = bone_segmentation.segment(head.volume(intact=True))
    skin = trace_skin(intact, pose, trace_rays(intact, pose, level=5))
    k, j, i = np.indices(ct.array.shape)
    points = apply_affine(pose.ras_to_head @ ct.ijk_to_ras, np.stack([i, j, k], axis=-1).reshape(-1, 3))
    radius = np.linalg.norm(points, axis=1)
    side = np.sign(points[(head.missing == 1).ravel(), 0].mean())
    muscle = ADDED_MM * temporal_weight(points) * np.where(np.sign(points[:, 0]) == side, left, 1.0)
    surface = interpolate(np.nan_to_num(skin.radius, nan=0.0), points)
    added = ((radius > surface - 2) & (radius < surface + muscle) & (muscle > 1)).reshape(ct.array.shape)
    return replace(ct, array=np.where(added & (ct.array < 0), 55, ct.array).astype(np.int16))


@pytest.mark.slow
def test_the_skin_over_a_thinned_temple_becomes_as_on_the_other_side():
    head = phantom_head("temporal", 7.0)
    result = sr.restore(with_muscles(head, left=LEFT))
    plain, raised = (sr.design_implant(result, skin_contour=choice) for choice in ("none", "temporal"))
    assert raised.failed == ()
    assert plain.checks.skin is None
    skin = raised.checks.skin
    # the phantom's own soft tissue in the hollow of the temple was not thinned, and counts as muscle
    assert LEFT < skin.muscle_left < 0.6
    assert raised.checks.raised_mm.most > 2.5
    assert skin.after_mean < 0.75 * skin.before_mean
    assert raised.checks.step_mm.median == pytest.approx(plain.checks.step_mm.median, abs=0.1)
