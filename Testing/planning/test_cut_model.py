"""The display model after a cut is that of the cut bone, changed where it was cut only."""

from dataclasses import replace

import numpy as np
import pytest
from helpers_head import no_cut_depth, round_bone
from scipy.spatial import cKDTree

from SkullRestoreLib.geometry.self_intersection import count_intersections, is_manifold
from SkullRestoreLib.pipeline import head_steps
from SkullRestoreLib.planning.cut_model import model_after_cut
from SkullRestoreLib.records import Mesh


@pytest.fixture(scope="module")
def bone():
    return round_bone(no_cut_depth, spacing=1.5, low=(-92.0, -92.0, 0.0), high=(92.0, 92.0, 92.0))


def opened(bone, low, high):
    """The bone without what is in a box, mm RAS."""
    points = bone.to_ras(np.argwhere(bone.mask)[:, ::-1].astype(float))
    gone = np.argwhere(bone.mask)[((points > low) & (points < high)).all(axis=1)]
    field = bone.field.copy()
    field[tuple(gone.T)] = 0
    return replace(bone, field=field, mask=field >= bone.iso)


def far_apart(one: Mesh, other: Mesh) -> float:
    return max(
        cKDTree(b.vertices[b.faces].mean(axis=1)).query(a.vertices)[0].max() for a, b in ((one, other), (other, one))
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("low", "high"),
    [((30.0, -25.0, 30.0), (99.0, 25.0, 99.0)), ((-99.0, -30.0, -1.0), (-40.0, 30.0, 40.0))],
    ids=["at the side", "at the end of the scan"],
)
def test_the_model_is_changed_where_bone_was_cut(bone, low, high):
    cut = opened(bone, np.array(low), np.array(high))
    made, wanted = model_after_cut(head_steps.display_model(bone), bone, cut), head_steps.display_model(cut)
    assert is_manifold(made.faces)
    assert not count_intersections(made.vertices, made.faces)
    assert far_apart(made, wanted) < 1.5  # one voxel
    assert far_apart(head_steps.display_model(bone), wanted) > 10.0


@pytest.mark.slow
def test_nothing_cut_changes_nothing_and_what_is_not_closed_is_not_changed(bone):
    model = head_steps.display_model(bone)
    assert model_after_cut(model, bone, bone) is model
    cut = opened(bone, np.array([30.0, -25.0, 30.0]), np.array([99.0, 25.0, 99.0]))
    assert model_after_cut(replace(model, faces=model.faces[5:]), bone, cut) is None


@pytest.mark.slow
def test_a_mirrored_grid_is_changed_too(bone):
    mirror = np.diag([-1.0, 1.0, 1.0, 1.0])
    turned = replace(bone, ijk_to_ras=mirror @ bone.ijk_to_ras)
    cut = opened(turned, np.array([-99.0, -25.0, 30.0]), np.array([-30.0, 25.0, 99.0]))
    made = model_after_cut(head_steps.display_model(turned), turned, cut)
    assert far_apart(made, head_steps.display_model(cut)) < 1.5
