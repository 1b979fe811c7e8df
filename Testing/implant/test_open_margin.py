"""Where no bone ends a defect, at the base or the brow, the body is as sound as elsewhere and ends on a smooth line."""

import json
from dataclasses import replace

import numpy as np
import pytest
from helpers_implant import (
    OUTER_MM,
    as_trimesh,
    bone_gaps,
    bone_points,
    oval_edge,
    reload_stl,
    round_patch,
    round_skull,
    sample_triangles,
)
from hypothesis import given
from hypothesis import settings as profile
from hypothesis import strategies as st
from scipy.spatial import cKDTree

from SkullRestoreLib.geometry.isosurface import bone_surface_in_box
from SkullRestoreLib.implant import build_implant
from SkullRestoreLib.implant.thicken import offset_height
from SkullRestoreLib.implant.trim_line import fit_trim_line, least_curve_radius, open_stretches
from SkullRestoreLib.io import markups
from SkullRestoreLib.records import DefectPatch, ImplantSettings, Mesh, Pose

STRAIGHT_ON = Pose(np.eye(4), 0.5, 1.0)
OPEN_HALF_DEG = 50.0
"""Half of the sector, around -x, in which the round skull has no bone."""


def is_open(angle):
    return np.abs(np.degrees(np.arctan2(np.sin(angle), -np.cos(angle)))) < OPEN_HALF_DEG


def ragged_edge(angle):
    """Edge of the patch: ragged by 1 mm where there is no bone."""
    teeth = 0.006 * np.sign(np.sin(23 * angle)) + 0.004 * np.sin(41 * angle)
    return oval_edge(angle) + np.where(is_open(angle), teeth - 0.01, 0.0)


def bone_to_the_base():
    return round_skull(edge=lambda angle: np.where(is_open(angle), 1.5, oval_edge(angle)))


def patch_to_the_base(fall_mm):
    """A patch whose continuation falls away beyond its open margin, as a surface that nothing holds does."""
    patch = round_patch(edge=ragged_edge)

    def fallen(vertices):
        angle = np.arctan2(vertices[:, 1], vertices[:, 0])
        opening = np.arccos(vertices[:, 2] / np.linalg.norm(vertices, axis=1))
        beyond_mm = np.maximum(OUTER_MM * (opening - ragged_edge(angle)), 0) * is_open(angle)
        wobble = 1 + 0.6 * np.sin(19 * angle)
        drop_mm = fall_mm * np.minimum(beyond_mm / 2, 1) * wobble
        return vertices * (1 - drop_mm / np.linalg.norm(vertices, axis=1))[:, None]

    wide = patch.wide_outer
    return replace(patch, wide_outer=Mesh(fallen(wide.vertices), wide.faces), wide_inner=fallen(patch.wide_inner))


def build(patch: DefectPatch, bone, **settings):
    return build_implant(patch, bone, ImplantSettings(**settings), pose=STRAIGHT_ON)


@pytest.fixture(scope="module")
def bone():
    return bone_to_the_base()


@pytest.fixture(scope="module")
def implant(bone):
    return build(patch_to_the_base(20.0), bone)


def sharpest_turn(line):
    """Least radius of curvature over about 3 mm of a line in space, mm."""
    a, b, c = line[:-2], line[1:-1], line[2:]
    area = np.linalg.norm(np.cross(b - a, c - a), axis=1) / 2
    sides = [np.linalg.norm(p - q, axis=1) for p, q in ((a, b), (b, c), (c, a))]
    return float((np.prod(sides, axis=0) / np.maximum(4 * area, 1e-9)).min())


def test_a_body_to_the_base_passes_all_its_checks_however_the_surface_falls_beyond(implant):
    assert implant.passed, implant.failed
    assert as_trimesh(implant.mesh).is_volume
    assert reload_stl(implant.mesh).is_volume
    assert implant.checks.self_intersections == implant.checks.bone_overlaps == 0


def test_its_thickness_is_what_was_asked_up_to_the_open_margin(implant):
    spread = implant.checks.thickness_mm
    assert spread.least > 3.9
    assert spread.most < 4.2


def test_it_keeps_its_clearance_where_there_is_bone(implant, bone):
    assert bone_gaps(implant, bone)[0] > 0.9


def test_it_ends_on_one_smooth_line_that_nothing_of_it_passes(implant):
    (line,) = implant.trim_lines
    assert sharpest_turn(line) > 7.5
    # Next to the line's middle half, the body's rim is on the line: seen along the insertion direction.
    middle = line[len(line) // 4 : -len(line) // 4]
    rim = implant.mesh.vertices[implant.mesh.vertices[:, 0] < 0][:, :2]
    angle = np.arctan2(rim[:, 1], -rim[:, 0])
    span = np.arctan2(middle[:, 1], -middle[:, 0])
    beside = (angle > span.min()) & (angle < span.max())
    farther = np.linalg.norm(rim[beside], axis=1)
    on_line = np.linalg.norm(middle[cKDTree(middle[:, :2]).query(rim[beside])[1]][:, :2], axis=1)
    assert (farther - on_line).max() < 0.3


def test_what_the_line_leaves_uncovered_is_said_in_square_centimetres(implant):
    assert 0 < implant.checks.uncovered_cm2 < 2.0
    assert any("trim line" in finding and "cm²" in finding for finding in implant.findings)


@pytest.mark.slow
def test_a_larger_radius_makes_a_straighter_line(bone):
    straight = build(patch_to_the_base(20.0), bone, trim_radius_mm=40.0)
    assert straight.checks.self_intersections == straight.checks.bone_overlaps == 0
    assert sharpest_turn(straight.trim_lines[0]) > 36.0


def test_the_line_that_the_program_drew_can_be_given_back(bone, implant):
    again = build_implant(
        patch_to_the_base(20.0), bone, ImplantSettings(), pose=STRAIGHT_ON, trim_lines=implant.trim_lines
    )
    assert again.passed
    assert again.volume_ml == pytest.approx(implant.volume_ml, rel=0.02)
    gap = cKDTree(again.trim_lines[0]).query(implant.trim_lines[0])[0]
    assert gap.max() < 2.0
    assert np.median(gap) < 0.8


def test_a_given_line_takes_the_place_of_the_programs_own(bone, implant):
    inwards = implant.trim_lines[0] + np.array([5.0, 0.0, 0.0])
    cut = build_implant(patch_to_the_base(20.0), bone, ImplantSettings(), pose=STRAIGHT_ON, trim_lines=[inwards])
    assert cut.passed
    assert len(cut.trim_lines) == 1
    assert cut.volume_ml < 0.95 * implant.volume_ml
    assert cut.checks.uncovered_cm2 > implant.checks.uncovered_cm2 + 0.5


def test_where_bone_surrounds_the_hole_there_is_no_trim_line():
    implant = build(round_patch(), round_skull())
    assert implant.trim_lines == ()
    assert implant.checks.uncovered_cm2 == pytest.approx(0.0, abs=0.05)


@pytest.mark.slow
def test_nothing_that_rests_on_bone_is_put_where_there_is_none(bone):
    patch = patch_to_the_base(20.0)
    plain = build(patch, bone)
    to_bone = cKDTree(bone_points(bone, plain.mesh.vertices))
    for settings in ({"onlay_mm": 5.0}, {"fixation": "tabs", "fixation_count": 6}):
        fixed = build(patch, bone, **settings)
        assert fixed.checks.self_intersections == fixed.checks.bone_overlaps == 0
        outside = fixed.mesh.vertices[cKDTree(plain.mesh.vertices).query(fixed.mesh.vertices)[0] > 3.0]
        assert len(outside)
        assert to_bone.query(outside)[0].max() < 3.0


@pytest.mark.slow
@pytest.mark.parametrize("thickness", [3.0, 6.0])
def test_following_an_inner_table_that_jumps_makes_no_folds(bone, thickness):
    patch = patch_to_the_base(20.0)
    # The inner table is now deeper, now shallower than the least thickness, with steps between.
    steps = np.where(np.sin(patch.wide_inner[:, 0]) > 0, 1.0, 1.06)
    implant = build(
        replace(patch, wide_inner=patch.wide_inner * steps[:, None]),
        bone,
        follow_inner_table=True,
        min_thickness_mm=thickness,
    )
    assert implant.checks.self_intersections == 0
    assert reload_stl(implant.mesh).is_volume


def test_the_line_is_written_as_a_curve_of_3d_slicer(implant, tmp_path):
    markups.write_curve(implant.trim_lines[0], "Trim line", tmp_path / "line.mrk.json")
    (markup,) = json.loads((tmp_path / "line.mrk.json").read_text())["markups"]
    assert markup["type"] == "Curve"
    back = np.array([point["position"] for point in markup["controlPoints"]]) * [-1, -1, 1]
    assert back == pytest.approx(implant.trim_lines[0], abs=1e-4)


# --- the line in the plane


@st.composite
def ragged_lines(draw):
    """A border with tongues and notches about a curve that is bent by a radius of 60 mm or more."""
    length = draw(st.floats(15, 90))
    bend = draw(st.floats(-1 / 60, 1 / 60))
    rough = np.random.default_rng(draw(st.integers(0, 10**6)))
    along = np.arange(0, length, 0.5)
    teeth = draw(st.floats(0, 4)) * np.sign(np.sin(along / draw(st.floats(1, 5)))) + rough.normal(0, 0.3, len(along))
    u, v = (np.sin(bend * along) / bend, (1 - np.cos(bend * along)) / bend) if abs(bend) > 1e-4 else (along, 0 * along)
    normal = np.column_stack([-np.sin(bend * along), np.cos(bend * along)])
    return np.column_stack([u, v]) + teeth[:, None] * normal


@profile(max_examples=25, deadline=None)
@given(ragged_lines())
def test_a_line_never_leaves_the_body_side_of_the_border_and_is_bent_no_more_than_asked(border):
    line = fit_trim_line(border, least_radius_mm=10.0)
    tangent = np.gradient(line, axis=0)
    left = np.column_stack([-tangent[:, 1], tangent[:, 0]]) / np.linalg.norm(tangent, axis=1, keepdims=True)
    nearest = cKDTree(line).query(border)[1]
    inner = (nearest > 2) & (nearest < len(line) - 3)
    assert (((border - line[nearest]) * left[nearest]).sum(axis=1)[inner] < 0.3).all()
    assert least_curve_radius(line) >= 10.0


def test_a_gap_in_the_bone_of_a_few_millimetres_is_no_open_stretch_and_a_spike_does_not_divide_one():
    loop = np.column_stack([np.cos(a := np.linspace(0, 2 * np.pi, 600, endpoint=False)), np.sin(a)]) * 48.0
    flags = np.zeros(600, dtype=bool)
    flags[10:14] = True  # 2 mm
    flags[100:200] = True
    flags[150:153] = False  # a spike of 1.5 mm
    (stretch,) = open_stretches(loop, flags)
    assert (stretch[0], stretch[-1]) == (100, 199)


@profile(max_examples=15, deadline=None)
@given(st.floats(2, 8), st.integers(0, 10**6))
def test_every_place_of_the_inner_face_is_the_thickness_from_the_outer_one(thickness, seed):
    rough = np.random.default_rng(seed)
    u, v = np.meshgrid(np.arange(0, 24, 0.4), np.arange(0, 24, 0.4), indexing="ij")
    height = sum(
        rough.normal(0, 2) * np.sin(u / rough.uniform(3, 9) + rough.uniform(0, 6)) * np.cos(v / rough.uniform(3, 9))
        for _ in range(4)
    )
    inner = offset_height(height, thickness, 0.4)
    assert (height - inner >= thickness - 1e-9).all()
    outer = np.column_stack([u.ravel(), v.ravel(), height.ravel()])
    middle = (slice(22, -22),) * 2
    away = cKDTree(outer).query(np.column_stack([u[middle].ravel(), v[middle].ravel(), inner[middle].ravel()]))[0]
    assert away.min() > thickness - 1e-6
    assert away.max() < thickness + 0.1


def test_a_body_keeps_its_clearance_to_the_face_at_which_the_scan_cuts_thick_bone_off():
    skull = round_skull(inner_mm=72.0)
    last = int((0.0 - skull.ijk_to_ras[0, 3]) / skull.ijk_to_ras[0, 0])  # the scan ends in the middle of the defect
    cut = replace(skull, field=skull.field[:, :, : last + 1].copy(), mask=skull.mask[:, :, : last + 1].copy())
    made = build(round_patch(inner_mm=72.0), cut, thickness_mm=10.0)
    with_air = replace(cut, field=np.pad(cut.field, ((0, 0), (0, 0), (0, 1)), constant_values=cut.outside_value))
    all_faces = bone_surface_in_box(with_air, np.zeros(3), np.array(with_air.field.shape[::-1]))
    body = sample_triangles(made.mesh.vertices, made.mesh.faces, 0.6)
    away = cKDTree(sample_triangles(all_faces.vertices, all_faces.faces, 0.3)).query(body)[0]
    assert away.min() > 0.9, "1 mm was asked"
    assert made.passed, made.failed
