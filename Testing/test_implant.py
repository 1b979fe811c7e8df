"""A body that closes, fits and keeps its distance."""

from dataclasses import replace

import numpy as np
import pytest
from helpers_implant import INNER_MM, OUTER_MM, as_trimesh, from_stl, gaps, oval, patch, skull, spread, turned
from hypothesis import given
from hypothesis import settings as profile
from hypothesis import strategies as st
from scipy import ndimage

from SkullRestoreLib.case import ImplantError, ImplantSettings, Mesh, Pose
from SkullRestoreLib.implant import make_implant


@pytest.fixture(scope="module")
def bone():
    return skull()


def made(patch, bone, *, centre=(0.0, 0.0, 0.0), turn=None, points=(), **settings):
    head_to_ras = np.eye(4)
    head_to_ras[:3, 3] = centre
    if turn is not None:
        head_to_ras[:3, :3] = turn
    return make_implant(patch, bone, ImplantSettings(**settings), pose=Pose(np.linalg.inv(head_to_ras), 0.5, 1.0), points=points)


def is_sound(implant):
    return implant.watertight and as_trimesh(implant.mesh).is_volume and from_stl(implant.mesh).is_volume


def beyond(points):
    """How far points lie beyond the hole's edge, mm along the sphere."""
    x, y, z = points.T
    return OUTER_MM * (np.arccos(z / np.linalg.norm(points, axis=1)) - oval(np.arctan2(y, x)))


@pytest.mark.parametrize("clearance", [0.0, 0.5, 1.0, 2.0])
def test_the_gap_to_the_bone_is_the_clearance_that_was_asked(bone, clearance):
    implant = made(patch(), bone, clearance_mm=clearance)
    least, edge = gaps(implant, bone)
    assert is_sound(implant)
    assert least > max(0.0, clearance - 0.1)
    assert np.median(edge) == pytest.approx(clearance, abs=0.2)
    assert edge.max() < clearance + 0.35


@pytest.mark.parametrize("slope", [0.6, -0.6], ids=["narrows inwards", "widens inwards"])
@pytest.mark.parametrize(("ct", "lift"), [(True, -0.4), (False, 0.4)], ids=["ct, sunk", "mask, raised"])
def test_slanted_edges_and_a_surface_beside_the_true_one_change_nothing_of_the_fit(slope, ct, lift):
    bone = skull(slope=slope, ct=ct)
    implant = made(patch(lift=lift), bone)
    least, edge = gaps(implant, bone)
    assert is_sound(implant)
    assert least > 0.9
    assert np.median(edge) == pytest.approx(1.0, abs=0.2)


@pytest.mark.parametrize("spacing", [(0.5, 0.5, 2.5), (0.45, 0.45, 5.0)])
def test_thick_slices_keep_the_clearance_to_the_surface_they_show(spacing):
    bone = skull(spacing=spacing)
    implant = made(patch(), bone)
    least, _ = gaps(implant, bone)
    assert is_sound(implant)
    assert least > 0.9


def test_a_turned_and_sheared_scan_far_from_the_origin_gives_the_same_body(bone):
    pose, centre = turned(), np.array([150.0, -220.0, 900.0])
    plain = made(patch(), bone)
    elsewhere = skull(pose=pose, centre=centre, shear=0.3)
    moved = made(patch(pose=pose, centre=centre), elsewhere, centre=centre)
    least, _ = gaps(moved, elsewhere, centre, pose[:, 2])
    assert is_sound(moved)
    assert least > 0.9
    assert moved.volume_ml == pytest.approx(plain.volume_ml, rel=0.01)


@profile(max_examples=3)
@given(st.tuples(*[st.floats(-180, 180)] * 3))
def test_turning_skull_and_patch_together_does_not_change_the_volume(degrees):
    pose = turned(degrees)
    straight = made(patch(step=3.0), skull(spacing=(1.0, 1.0, 1.0)))
    implant = made(patch(step=3.0, pose=pose), skull(spacing=(1.0, 1.0, 1.0), pose=pose))
    assert is_sound(implant)
    assert implant.volume_ml == pytest.approx(straight.volume_ml, rel=0.01)


def test_the_outer_face_is_the_restored_surface_and_the_body_as_thick_as_asked(bone):
    implant = made(patch(), bone, thickness_mm=3.0)
    radius = np.linalg.norm(implant.mesh.vertices, axis=1)
    # The restored surface is made of 1.7 mm triangles: their middles lie a hundredth of a millimetre below the sphere.
    assert radius.max() == pytest.approx(OUTER_MM, abs=0.01)
    assert radius.min() == pytest.approx(OUTER_MM - 3.0, abs=0.03)
    middle = np.hypot(*implant.mesh.vertices[:, :2].T) < 9
    faces = np.abs(radius[middle] - OUTER_MM + 1.5)
    assert faces == pytest.approx(np.full(middle.sum(), 1.5), abs=0.02)
    assert implant.thickness_mm == pytest.approx(3.0, abs=0.02)


def test_the_inner_face_follows_the_inner_table_when_asked(bone):
    implant = made(patch(), bone, follow_inner_table=True)
    assert implant.thickness_mm == pytest.approx(OUTER_MM - INNER_MM, abs=0.05)
    assert np.linalg.norm(implant.mesh.vertices, axis=1).min() == pytest.approx(INNER_MM, abs=0.05)


def test_where_the_inner_table_is_paper_thin_the_body_still_has_two_millimetres():
    bone = skull(inner_mm=OUTER_MM - 1.0)
    implant = made(patch(inner_mm=OUTER_MM - 1.0), bone, follow_inner_table=True)
    assert is_sound(implant)
    assert implant.thickness_mm == pytest.approx(2.0, abs=0.05)


@pytest.mark.parametrize("lift", [-1.5, 0.0, 1.5], ids=["sunk", "level", "raised"])
@pytest.mark.parametrize("inner_mm", [INNER_MM, OUTER_MM - 1.5], ids=["thick bone", "thin bone"])
def test_nothing_of_the_body_lies_over_or_under_sound_bone(lift, inner_mm):
    bone = skull(inner_mm=inner_mm)
    implant = made(patch(lift=lift), bone, clearance_mm=0.3)
    assert is_sound(implant)
    assert len(as_trimesh(implant.mesh).split()) == 1
    assert beyond(implant.mesh.vertices).max() < 0.6


def test_the_body_can_be_put_in_along_the_insertion_direction():
    implant = made(patch(), skull(slope=-1.0), thickness_mm=6.0, rim_radius_mm=0.0)
    body = as_trimesh(implant.mesh)
    inwards = body.face_normals @ implant.insertion
    walls = np.abs(inwards) < 0.6
    # A wall that looks against the way in would be caught below the bone; a few crumbs of triangles may be turned anyhow.
    assert body.area_faces[walls & (inwards < -0.05)].sum() < 0.01 * body.area_faces[walls].sum()
    assert implant.checks.undercut_mm2 > 100


def test_nothing_is_left_below_a_ledge_of_bone():
    def ledge(x, y, z):
        return np.minimum(np.minimum(x - 9, 83 - np.sqrt(x**2 + y**2 + z**2)), np.sqrt(x**2 + y**2 + z**2) - 82.3)

    bone = skull(add=ledge)
    implant = made(patch(), bone, thickness_mm=6.0)
    below = (implant.mesh.vertices[:, 0] > 9) & (np.linalg.norm(implant.mesh.vertices, axis=1) < 82)
    assert is_sound(implant)
    assert not below.any()


def test_a_bridge_of_bone_gives_two_bodies_in_one_mesh():
    def bridge(x, y, z):
        radius = np.sqrt(x**2 + y**2 + z**2)
        return np.minimum(2.0 - np.abs(x), np.minimum(OUTER_MM - radius, radius - INNER_MM))

    bone = skull(add=bridge)
    implant = made(patch(), bone)
    assert is_sound(implant)
    assert len(as_trimesh(implant.mesh).split()) == 2
    assert gaps(implant, bone)[0] > 0.8


def test_specks_of_bone_in_the_hole_leave_one_closed_body():
    spots = np.array([[5.0, 3.0, 84.0], [-9.0, 4.0, 82.0], [2.0, -8.0, 83.0]])

    def specks(x, y, z):
        return np.max([1.2 - np.sqrt((x - a) ** 2 + (y - b) ** 2 + (z - c) ** 2) for a, b, c in spots], axis=0)

    bone = skull(add=specks)
    implant = made(patch(), bone)
    assert is_sound(implant)
    assert len(as_trimesh(implant.mesh).split()) == 1
    assert gaps(implant, bone)[0] > 0.8


def test_an_off_cut_beyond_a_bridge_of_bone_is_left_out():
    def bridge(x, y, z):
        radius = np.sqrt(x**2 + y**2 + z**2)
        return np.minimum(2.0 - np.abs(x - 12), np.minimum(OUTER_MM - radius, radius - INNER_MM))

    implant = made(patch(), skull(add=bridge))
    assert is_sound(implant)
    assert implant.mesh.vertices[:, 0].max() < 10


def test_a_ragged_edge_gives_a_body_without_tongues():
    def ragged(angle):
        return oval(angle) + 0.03 * np.sign(np.sin(28 * angle))

    bone = skull(edge=ragged, ct=False)
    implant = made(patch(edge=ragged), bone, clearance_mm=0.3)
    assert is_sound(implant)
    assert gaps(implant, bone)[0] > 0.1
    # The notches of the bone reach 2.5 mm beyond the oval, and are less than 2 mm wide.
    assert beyond(implant.mesh.vertices).max() < -1.5


def test_the_rim_is_blunt_where_the_bone_runs_out_to_a_feather_edge():
    implant = made(patch(), skull(slope=1.5), clearance_mm=0.3, rim_radius_mm=0.0)
    points = spread(implant.mesh.vertices, implant.mesh.faces, 0.3)
    depth = OUTER_MM - np.linalg.norm(points, axis=1)
    sector = ((np.arctan2(points[:, 1], points[:, 0]) + np.pi) * 5).astype(int)
    top, below = (np.array([beyond(points[(sector == n) & (np.abs(depth - at) < 0.2)]).max() for n in range(31)]) for at in (0.0, 0.6))
    assert is_sound(implant)
    assert np.median(top - below) == pytest.approx(0.0, abs=0.1)


@pytest.mark.parametrize("slope", [0.6, -0.6], ids=["narrows inwards", "widens inwards"])
def test_a_body_without_clearance_still_does_not_reach_into_the_bone(slope):
    bone = skull(slope=slope, ct=False)
    implant = made(patch(), bone, clearance_mm=0.0)
    points = spread(implant.mesh.vertices, implant.mesh.faces, 0.4)
    kji = ((points - bone.ijk_to_ras[:3, 3]) @ np.linalg.inv(bone.ijk_to_ras[:3, :3]).T)[:, ::-1].T
    inside = ndimage.map_coordinates(bone.field.astype(float), kji, order=1) >= bone.iso
    # At the corner of a voxel's step the field between voxels and the triangles of the surface differ by a tenth of a millimetre.
    assert inside.sum() < 1e-4 * len(points)
    assert gaps(implant, bone)[0] > 0


def test_where_the_margin_is_open_the_body_ends_at_the_border_of_the_patch():
    bone = skull(edge=lambda angle: np.where(np.cos(angle) > 0, oval(angle), 1.5))  # no bone at all on the left
    implant = made(patch(), bone)
    left = implant.mesh.vertices[:, 0] < -5
    assert is_sound(implant)
    assert beyond(implant.mesh.vertices[left]).max() == pytest.approx(0.0, abs=0.1)
    assert gaps(implant, bone)[0] > 0.8


def test_a_hole_that_leaves_the_scan_is_filled_as_far_as_the_patch_reaches(bone):
    cut = replace(bone, field=bone.field[:, :, : bone.field.shape[2] // 2], mask=bone.mask[:, :, : bone.field.shape[2] // 2])
    implant = made(patch(), cut)
    assert is_sound(implant)
    assert implant.mesh.vertices[:, 0].max() > 10


def test_no_bone_anywhere_gives_the_patch_as_it_is(bone):
    far = replace(bone, ijk_to_ras=np.array([[1, 0, 0, 900], [0, 1, 0, 900], [0, 0, 1, 900], [0, 0, 0, 1.0]]))
    implant = made(patch(), far)
    assert is_sound(implant)
    assert implant.thickness_mm == pytest.approx(4.0, abs=0.02)


def test_a_patch_turned_inside_out_gives_the_same_body(bone):
    whole = patch()
    flipped = replace(whole, outer=_flip(whole.outer), wide_outer=_flip(whole.wide_outer))
    assert made(flipped, bone).volume_ml == pytest.approx(made(whole, bone).volume_ml, rel=1e-3)


def _flip(mesh):
    return Mesh(mesh.vertices, mesh.faces[:, ::-1])


def test_the_same_input_gives_the_same_body(bone):
    one, two = (made(patch(), bone).volume_ml for _ in range(2))
    assert one == pytest.approx(two, rel=1e-6)


def test_a_hole_narrower_than_the_clearance_is_refused_with_advice():
    def narrow(angle):
        return 0.03 + 0 * angle

    with pytest.raises(ImplantError, match=r"Defect 1 is too narrow .* smaller clearance"):
        made(patch(edge=narrow), skull(edge=narrow), clearance_mm=3.0)
