"""A body that closes, fits and keeps its distance."""

from dataclasses import replace

import numpy as np
import pytest
from helpers_implant import INNER_MM, OUTER_MM, as_trimesh, from_stl, gaps, oval, patch, skull, spread, turned
from hypothesis import given
from hypothesis import settings as profile
from hypothesis import strategies as st
from scipy import ndimage

from SkullRestoreLib.case import ImplantError, ImplantSettings, Mesh, Pose, ReferencePoint
from SkullRestoreLib.implant import make_implant
from SkullRestoreLib.implant.chart import Chart
from SkullRestoreLib.implant.pieces import check_mould, check_parts
from SkullRestoreLib.implant.tidy import Tidied


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
    # Walls run along the way in, so that below thin bone they leave the rays by the tangent of their angle.
    assert beyond(implant.mesh.vertices).max() < 0.9


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
        return oval(angle) + 0.03 * np.sign(np.sin(40 * angle))

    bone = skull(edge=ragged, ct=False)
    implant = made(patch(edge=ragged), bone, clearance_mm=0.3)
    assert is_sound(implant)
    assert gaps(implant, bone)[0] > 0.1
    # The notches of the bone reach 2.5 mm beyond the oval, and are about 1.3 mm wide. (Walls along the way in leave the rays by up to 0.9 mm.)
    assert beyond(implant.mesh.vertices).max() < -0.8


def test_the_rim_is_blunt_where_the_bone_runs_out_to_a_feather_edge():
    implant = made(patch(), skull(slope=1.5), clearance_mm=0.3, rim_radius_mm=0.0)
    points = spread(implant.mesh.vertices, implant.mesh.faces, 0.3)
    depth = OUTER_MM - np.linalg.norm(points, axis=1)
    sector = ((np.arctan2(points[:, 1], points[:, 0]) + np.pi) * 5).astype(int)
    top, below = (np.array([beyond(points[(sector == n) & (np.abs(depth - at) < 0.2)]).max() for n in range(31)]) for at in (0.0, 0.6))
    assert is_sound(implant)
    assert np.median(top - below) == pytest.approx(0.0, abs=0.15)


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


# --- every setting does what it says


@pytest.fixture(scope="module")
def plain(bone):
    return made(patch(), bone)


def along_margin(count=8):
    angle = np.arange(count) * 2 * np.pi / count
    ray = np.column_stack([np.sin(oval(angle)) * np.cos(angle), np.sin(oval(angle)) * np.sin(angle), np.cos(oval(angle))])
    return [ReferencePoint(OUTER_MM * r, r, 0.9, 1) for r in ray]


def test_a_plain_implant_passes_every_check_with_its_figures_within_a_tenth_of_a_millimetre(plain):
    found = plain.checks
    assert found.failed == ()
    assert plain.findings == ()
    assert (found.clearance_mm.least, found.clearance_mm.most) == pytest.approx((1.0, 1.0), abs=0.1)
    assert (found.thickness_mm.least, found.thickness_mm.most) == pytest.approx((4.0, 4.0), abs=0.1)
    assert found.covered > 0.995
    assert 0.7 < found.covered_in_all < 0.95  # the gap of 1 mm is a good part of so small a hole
    assert found.mass_g["PEEK"] == pytest.approx(1.3 * plain.volume_ml)
    assert found.size_mm[0] == pytest.approx(2 * 85 * np.sin(0.225) - 2, abs=2)
    assert found.triangles == len(plain.mesh.faces) < 200_000
    assert found.simplification_mm < 0.05
    assert plain.insertion == pytest.approx([0, 0, -1], abs=0.1)


def test_the_thickness_map_covers_the_outer_face_and_nothing_else(plain):
    shown = np.isfinite(plain.checks.thickness_map)
    radius = np.linalg.norm(plain.mesh.vertices, axis=1)
    assert shown[(radius > OUTER_MM - 0.05) & (np.hypot(*plain.mesh.vertices[:, :2].T) < 9)].all()
    assert not shown[radius < OUTER_MM - 3.5].any()


def test_the_outer_face_can_be_sunk(bone):
    radius = np.linalg.norm(made(patch(), bone, sink_mm=1.5).mesh.vertices, axis=1)
    assert radius.max() == pytest.approx(OUTER_MM - 1.5, abs=0.02)


def test_a_temporal_filling_raises_the_outer_face_inside_and_leaves_it_level_at_the_bone():
    # the hole's axis is turned to the left temporal fossa
    pose = turned((0.0, 90.0, 180.0))
    bone = skull(pose=pose)
    level, filled = (made(patch(pose=pose), bone, temporal_fill_mm=mm) for mm in (0.0, 4.0))
    radius = np.linalg.norm(filled.mesh.vertices, axis=1)
    assert OUTER_MM + 2.5 < radius.max() <= OUTER_MM + 4.0
    assert filled.checks.clearance_mm.median == pytest.approx(1.0, abs=0.1)
    assert filled.volume_ml > level.volume_ml
    top = made(patch(), skull(), temporal_fill_mm=4.0)
    assert np.linalg.norm(top.mesh.vertices, axis=1).max() == pytest.approx(OUTER_MM, abs=0.01)


def test_a_bevel_makes_the_inner_face_smaller_and_keeps_the_clearance(plain, bone):
    bevelled = made(patch(), bone, bevel_deg=30)
    inner = [np.hypot(*m.vertices[np.linalg.norm(m.vertices, axis=1) < OUTER_MM - 3.9][:, :2].T).max() for m in (plain.mesh, bevelled.mesh)]
    assert inner[0] - inner[1] == pytest.approx((4.0 - 1.0) * np.tan(np.radians(30)), abs=0.3)
    assert bevelled.checks.clearance_mm.median == pytest.approx(1.0, abs=0.1)


def test_a_rounded_rim_has_no_sharp_corner(bone):
    sharpest = {}
    for radius in (0.0, 1.5):
        body = as_trimesh(made(patch(), bone, rim_radius_mm=radius).mesh)
        long = body.face_adjacency_edges
        length = np.linalg.norm(np.diff(body.vertices[long], axis=1)[:, 0], axis=1)
        sharpest[radius] = length[body.face_adjacency_angles > np.radians(60)].sum()
    assert sharpest[1.5] < 0.1 * sharpest[0.0]


def test_a_rounded_rim_is_no_farther_from_thin_bone_beside_a_sunk_face_than_asked():
    """Such bone is level with the rounding alone, which draws back from it."""
    thin = OUTER_MM - 1.5
    found = made(patch(inner_mm=thin), skull(inner_mm=thin), sink_mm=1.0, clearance_mm=0.5, rim_radius_mm=0.5).checks
    assert found.rim_gap_mm.median == pytest.approx(0.5, abs=0.08)
    assert found.clearance_mm.least > 0.4
    assert found.failed == ()


def test_the_edge_is_never_thinner_than_asked_where_the_bone_runs_out_to_a_feather_edge():
    bone = skull(slope=1.5)
    for least in (1.0, 2.0):
        implant = made(patch(), bone, min_edge_mm=least, rim_radius_mm=0.3)
        assert implant.checks.edge_mm > least - 0.3


def test_the_way_in_is_found_where_the_walls_lean_to_one_side():
    # the hole's walls are parallel to a direction that leans from its middle
    lean = np.array([np.sin(0.35), 0.0, np.cos(0.35)])

    def leaning(x, y, z):
        radius = np.sqrt(x**2 + y**2 + z**2)
        along = (OUTER_MM - z) / lean[2]
        inside = 14 - np.hypot(x + along * lean[0], y)
        return np.minimum(np.minimum(OUTER_MM - radius, radius - INNER_MM), -inside)

    bone = skull(edge=lambda angle: 0.32 + 0 * angle, add=leaning)
    hole = patch(edge=lambda angle: 14 / OUTER_MM + 0 * angle)
    implant = made(hole, bone)
    assert -implant.insertion @ lean > np.cos(np.radians(9))
    assert implant.checks.undercut_mm2 < made(hole, bone, insertion=(0.0, 0.0, -1.0)).checks.undercut_mm2


def test_a_direction_given_by_hand_is_taken(bone):
    implant = made(patch(), bone, insertion=(0.2, 0.0, -1.0))
    assert implant.insertion == pytest.approx(np.array([0.2, 0.0, -1.0]) / np.hypot(0.2, 1.0))


def test_a_direction_that_does_not_lead_into_the_hole_is_refused_with_one_that_does(bone):
    with pytest.raises(ImplantError, match=r"does not lead into the hole; .* about -?0\.0\d, -?0\.0\d, -1\.00"):
        made(patch(), bone, insertion=(0.0, 0.0, 1.0))


def test_an_undercut_is_told_and_trimmed_or_left_as_asked():
    bone = skull(slope=-1.0)
    trimmed, left = (made(patch(), bone, thickness_mm=6.0, trim_undercuts=trim) for trim in (True, False))
    assert "hang over the way in; the implant was trimmed there" in trimmed.findings[0]
    assert "which was not trimmed" in left.findings[0]
    assert left.volume_ml > 1.02 * trimmed.volume_ml
    assert left.checks.clearance_mm.least > 0.8


def test_an_onlay_rim_laps_over_the_bone_without_reaching_into_it(plain, bone):
    onlay = made(patch(), bone, onlay_mm=5.0)
    assert is_sound(onlay)
    assert onlay.checks.bone_overlaps == onlay.checks.self_intersections == 0
    assert np.percentile(beyond(onlay.mesh.vertices), 99.9) == pytest.approx(5.0, abs=0.6)
    assert np.linalg.norm(onlay.mesh.vertices, axis=1).max() == pytest.approx(OUTER_MM + 1.2, abs=0.05)
    assert onlay.volume_ml > plain.volume_ml


def test_perforations_lie_ten_millimetres_apart_and_away_from_the_edge(plain, bone):
    pierced = made(patch(), bone, perforations=True)
    body = as_trimesh(pierced.mesh)
    count = 1 - body.euler_number // 2
    assert is_sound(pierced)
    assert 3 <= count <= 12
    assert plain.volume_ml - pierced.volume_ml == pytest.approx(count * np.pi * 1.0 * 4.0 / 1000, rel=0.1)
    assert pierced.checks.failed == ()
    assert len(body.split()) == 1


def test_suture_holes_are_drilled_along_the_edge(bone):
    body = as_trimesh(made(patch(), bone, suture_holes=8, hole_to_edge_mm=3.0).mesh)
    assert 1 - body.euler_number // 2 == 8


def test_tabs_lie_at_the_reference_points_that_were_chosen_and_have_a_hole(bone):
    implant = made(patch(), bone, points=along_margin(), fixation="tabs", fixation_points=("1-01", "1-05", "1-30"))
    far = beyond(implant.mesh.vertices)
    out = implant.mesh.vertices[far > 6]
    assert is_sound(implant)
    assert implant.checks.bone_overlaps == 0
    assert 1 - as_trimesh(implant.mesh).euler_number // 2 == 2
    assert np.abs(out[:, 1]).max() < 6  # points 1 and 5 lie on the x axis
    assert (out[:, 0] > 0).any()
    assert (out[:, 0] < 0).any()
    assert any("no reference point 1-30" in said for said in implant.findings)


def test_recesses_for_plates_are_a_millimetre_deep(plain, bone):
    implant = made(patch(), bone, fixation="recesses", fixation_count=3)
    assert is_sound(implant)
    assert implant.checks.thickness_mm.least == pytest.approx(3.0, abs=0.1)
    assert 0.1 < plain.volume_ml - implant.volume_ml < 0.4


def test_in_notches_narrower_than_twice_the_clearance_the_gap_is_judged_from_the_body(bone):
    def notched(angle):
        return oval(angle) + 0.008 * np.sin(36 * angle)

    found = made(patch(edge=notched), skull(edge=notched), clearance_mm=2.0).checks
    assert found.clearance_mm.most > 2.5
    assert (found.rim_gap_mm.least, found.rim_gap_mm.most) == pytest.approx((2.0, 2.0), abs=0.3)
    assert found.failed == ()


def test_an_onlay_rim_keeps_its_thickness_where_the_bone_stands_out_over_the_restored_surface(bone):
    implant = made(patch(lift=-0.7), bone, onlay_mm=5.0)
    assert is_sound(implant)
    assert implant.checks.edge_mm > 0.85


def test_an_onlay_rim_crosses_the_gap_without_filling_it(bone):
    implant = made(patch(), bone, onlay_mm=5.0, clearance_mm=2.0, bevel_deg=30.0)
    points = spread(implant.mesh.vertices, implant.mesh.faces, 0.4)
    in_gap = (beyond(points) > -1.4) & (beyond(points) < -0.3)
    assert is_sound(implant)
    # half a millimetre below the outer face, and a little for the bent surface
    assert (OUTER_MM - np.linalg.norm(points[in_gap], axis=1)).max() < 0.9


def test_an_onlay_rim_hangs_no_blade_into_the_cleft_beside_the_bone():
    """Between the gap and bone that slants away from it is a cleft; what filled it would break off, and hold the body in a mould."""
    settings = {"onlay_mm": 5.0, "sink_mm": 1.0, "clearance_mm": 1.5, "rim_radius_mm": 0.0, "min_edge_mm": 1.5, "mould": True}
    implant = made(patch(), skull(slope=0.3), **settings)
    points = spread(implant.mesh.vertices, implant.mesh.faces, 0.4)
    in_gap = (beyond(points) > -1.4) & (beyond(points) < 0)
    assert is_sound(implant)
    assert (OUTER_MM - 1.0 - np.linalg.norm(points[in_gap], axis=1)).max() < 0.7
    assert [piece.failed for piece in implant.mould_checks] == [(), ()]


def test_an_onlay_rim_reaches_down_to_bone_that_lies_below_the_restored_surface(bone):
    implant = made(patch(lift=1.2), bone, onlay_mm=6.0)
    points = spread(implant.mesh.vertices, implant.mesh.faces, 0.4)
    foot = points[(beyond(points) > 2.0) & (beyond(points) < 4.0)]
    assert implant.checks.bone_overlaps == 0
    assert np.linalg.norm(foot, axis=1).min() == pytest.approx(OUTER_MM + 0.2, abs=0.1)


@pytest.mark.parametrize("parts", [2, 3])
def test_parts_are_closed_have_a_gap_and_together_make_the_body(plain, bone, parts):
    implant = made(patch(), bone, parts=parts, joint_gap_mm=0.2, lap_mm=3.0)
    bodies = [as_trimesh(part) for part in implant.parts]
    assert len(bodies) == parts
    assert all(body.is_volume and len(body.split()) == 1 for body in bodies)
    whole = sum(body.volume for body in bodies) / 1000
    assert 0.94 * plain.volume_ml < whole < plain.volume_ml
    assert implant.volume_ml == pytest.approx(plain.volume_ml, rel=0.01)
    assert all(piece.clean and not piece.failed for piece in implant.part_checks)
    assert [piece.gap_mm for piece in implant.part_checks] == pytest.approx([0.2] * parts, abs=0.1)
    assert [piece.volume_ml for piece in implant.part_checks] == pytest.approx([body.volume / 1000 for body in bodies])


def test_a_body_with_tabs_can_be_split(bone):
    """The tips of the tabs reach out farther than the outer face, and are to be cut as well."""
    implant = made(patch(), bone, fixation="tabs", parts=2, lap_mm=3.0)
    assert len(implant.parts) == 2
    assert [piece.failed for piece in implant.part_checks] == [(), ()]


def test_parts_that_overlap_and_a_mould_that_holds_its_body_are_told(plain):
    one = Tidied(plain.mesh, 0.0, 0)
    moved = Tidied(Mesh(plain.mesh.vertices + np.array([0.0, 0.0, 1.0]), plain.mesh.faces), 0.0, 0)
    chart = Chart.over(patch().wide_outer, np.array([0.0, 0.0, 1.0]))
    assert [piece.gap_mm for piece in check_parts([one, moved], 0.2, chart)] == [0.0, 0.0]
    shut = as_trimesh(plain.mesh).bounding_box
    box = Tidied(Mesh(np.array(shut.vertices), np.array(shut.faces)), 0.0, 0)
    assert all("cannot be taken off" in " ".join(piece.failed) for piece in check_mould([box, box], plain.mesh, chart))


def test_the_halves_of_a_mould_leave_the_body_free_and_open_along_the_way_in(plain, bone):
    from manifold3d import Manifold, Mesh64

    implant = made(patch(), bone, mould=True, perforations=True)
    solids = [Manifold(Mesh64(m.vertices, m.faces.astype(np.uint64))) for m in (*implant.mould, plain.mesh)]
    outer, inner, body = solids
    assert all(as_trimesh(m).is_volume for m in implant.mould)
    assert [piece.failed for piece in implant.mould_checks] == [(), ()]
    assert (outer ^ inner).volume() < 1.0
    assert (outer ^ body).volume() + (inner ^ body).volume() < 5.0
    for half, way in ((outer, -1.0), (inner, 1.0)):
        for mm in (1.0, 3.0):
            moved = half.translate((way * mm * implant.insertion).tolist())
            assert (moved ^ body).volume() < 6.0, "the body would be caught"
    hull = Manifold.batch_hull([outer, inner])
    assert hull.volume() - outer.volume() - inner.volume() == pytest.approx(body.volume(), rel=0.15)


def test_the_mould_of_a_body_beside_rough_bone_comes_off():
    """Keeping off every bump by next to nothing must leave no dents in the wall that would hold the body."""
    rng = np.random.default_rng(1)
    angle, radius = rng.uniform(0, 2 * np.pi, 250), rng.uniform(INNER_MM, OUTER_MM - 1, 250)
    side = radius * np.sin(oval(angle))
    bumps = np.column_stack([side * np.cos(angle), side * np.sin(angle), radius * np.cos(oval(angle))])

    def roughness(x, y, z):
        return np.max([rng.uniform(0.5, 1.1) - np.sqrt((x - a) ** 2 + (y - b) ** 2 + (z - c) ** 2) for a, b, c in bumps], axis=0)

    implant = made(patch(), skull(add=roughness, ct=False), mould=True, clearance_mm=0.2, rim_radius_mm=1.0, min_edge_mm=0.8)
    assert [piece.failed for piece in implant.mould_checks] == [(), ()]
