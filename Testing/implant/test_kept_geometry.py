"""What a design found on a restored surface is kept for the next design of it, which is the same as without."""

import pickle
from dataclasses import fields, replace

import numpy as np
import pytest
from helpers_implant import round_patch, round_skull

from SkullRestoreLib.implant import build_implant
from SkullRestoreLib.implant.bone_surface import sample_field, scatter_points, spread_points
from SkullRestoreLib.implant.patch_geometry import KeptGeometry, PatchGeometry
from SkullRestoreLib.records import ImplantSettings, Mesh, Pose

UPRIGHT = Pose(np.eye(4), 0.5, 1.0)
FIRST = ImplantSettings(thickness_mm=3.0)
CHANGES = [
    {"thickness_mm": 4.0, "insertion": (0.1, 0.0, -1.0)},
    pytest.param({"thickness_mm": 4.0}, marks=pytest.mark.slow),
    pytest.param({"sink_mm": 0.5}, marks=pytest.mark.slow),
    pytest.param({"clearance_mm": 0.5}, marks=pytest.mark.slow),
]


@pytest.fixture(scope="module")
def bone():
    return round_skull(spacing=(1.2, 1.2, 1.2))


@pytest.fixture(scope="module")
def patch():
    return round_patch(step=2.4)


@pytest.fixture(scope="module")
def kept(bone, patch):
    kept = KeptGeometry()
    build_implant(patch, bone, FIRST, pose=UPRIGHT, geometry=kept.geometry_of(patch))
    return kept


def same_value(one, other):
    if isinstance(one, np.ndarray):
        return np.array_equal(one, other, equal_nan=one.dtype.kind == "f")
    return one == other


@pytest.mark.parametrize("change", CHANGES)
def test_a_redesign_with_what_was_kept_is_the_design_from_nothing(bone, patch, kept, change):
    settings = FIRST.with_changes(**change)
    again = build_implant(patch, bone, settings, pose=UPRIGHT, geometry=kept.geometry_of(patch))
    fresh = build_implant(patch, bone, settings, pose=UPRIGHT)
    np.testing.assert_array_equal(again.mesh.vertices, fresh.mesh.vertices)
    np.testing.assert_array_equal(again.mesh.faces, fresh.mesh.faces)
    for field in fields(fresh.checks):
        assert same_value(getattr(again.checks, field.name), getattr(fresh.checks, field.name)), field.name
    assert again.findings == fresh.findings


def test_a_surface_that_was_restored_again_keeps_its_geometry_and_a_moved_one_does_not(patch):
    kept = KeptGeometry()
    first = kept.geometry_of(patch)
    restored_again = replace(patch, outer=Mesh(patch.outer.vertices.copy(), patch.outer.faces.copy()))
    assert kept.geometry_of(restored_again) is first
    moved = replace(patch, outer=Mesh(patch.outer.vertices + 1e-3, patch.outer.faces))
    assert kept.geometry_of(moved) is not first
    assert kept.geometry_of(replace(moved, defect=2)) is not kept.geometry_of(moved)
    assert kept.geometry_of(moved).patch is moved, "one defect does not push out another"


@pytest.mark.slow
def test_the_geometry_of_another_surface_is_not_used(bone, patch):
    lifted = round_patch(step=2.4, lift=0.4)
    given = build_implant(lifted, bone, FIRST, pose=UPRIGHT, geometry=PatchGeometry(patch))
    np.testing.assert_array_equal(given.mesh.vertices, build_implant(lifted, bone, FIRST, pose=UPRIGHT).mesh.vertices)


def test_a_copy_in_another_process_begins_with_nothing(patch):
    kept = KeptGeometry()
    assert kept.geometry_of(patch).ray_caster is not None
    there = pickle.loads(pickle.dumps(kept))
    assert there.geometry_of(patch) is not kept.geometry_of(patch)


def test_points_are_spread_with_and_without_normals_at_the_same_places(patch):
    vertices, faces = patch.wide_outer.vertices, patch.wide_outer.faces
    np.testing.assert_array_equal(spread_points(vertices, faces), scatter_points(vertices, faces)[0])


def test_outside_the_scan_the_field_has_its_least_value(bone):
    inside, far = np.array([0.0, 0.0, 85.0]), np.array([900.0, 0.0, 0.0])
    values = sample_field(bone, np.array([inside, far]))
    assert values[1] == bone.field.min()
    assert sample_field(bone, inside[None])[0] == values[0]
