"""Feet of a cutting guide on a made-up outer table, whose shape is known."""

import numpy as np
import pytest
from helpers_outer_table import RADIUS_MM, REACH_MM, table_of, wall_on
from scipy.spatial import cKDTree

from SkullRestoreLib.planning.feet import FEET_APART_MM, FOOT_RADIUS_MM, choose_feet
from SkullRestoreLib.planning.guide_checks import check_guide, measure_play
from SkullRestoreLib.planning.guides import ARM_MM, RELIEF_MM, build_guide
from SkullRestoreLib.planning.outer_table import OuterTable
from SkullRestoreLib.records import Mesh


def cap_with_ridges(u, v):
    """A flat cap with one low ridge to a side and another one across it."""
    ridge = 2.5 * np.exp(-(((v - 4) / 5) ** 2)) / (1 + np.exp(-(u - 24) / 2))
    across = 2.5 * np.exp(-(((u + 3) / 5) ** 2)) / (1 + np.exp(-(-v - 24) / 2))
    return -(u**2 + v**2) / 170 + ridge + across


@pytest.fixture(scope="module")
def ridged():
    return wall_on(table_of(cap_with_ridges), guide_feet=6)


@pytest.fixture(scope="module")
def feet(ridged):
    return choose_feet(ridged, -1.5)


def play_on(table, uv):
    normals = table.normals_at(uv) @ table.chart.axes
    return measure_play(table.on_surface(uv), np.zeros(len(uv)), normals, table)


def test_feet_leave_less_play_than_as_many_spread_evenly(ridged, feet):
    turns = np.linspace(0, 2 * np.pi, 6, endpoint=False)
    for turned in (0.0, 0.5):
        even = 43.0 * np.column_stack([np.cos(turns + turned), np.sin(turns + turned)])
        spread = play_on(ridged.line.table, np.concatenate([even, feet.pads]))
        chosen = play_on(ridged.line.table, np.concatenate([feet.feet, feet.pads]))
        assert chosen.of_the_limit < 0.8 * spread.of_the_limit


def test_feet_stay_in_reach_of_the_line_and_apart(ridged, feet):
    assert len(feet.feet) == 6
    from_middle = np.linalg.norm(ridged.line.table.on_surface(feet.feet), axis=1)
    assert from_middle.max() + FOOT_RADIUS_MM < RADIUS_MM + REACH_MM + 1.0
    assert cKDTree(feet.feet).query(feet.feet, k=2)[0][:, 1].min() > FEET_APART_MM


def test_no_foot_and_no_arm_is_on_a_gap_or_under_other_bone():
    arch = np.column_stack([np.linspace(-30, 30, 300), np.full(300, -25.0), np.full(300, 15.0)])
    table = table_of(cap_with_ridges, known=lambda u, v: ~((u > 26) & (np.abs(v) < 12)), extra=arch)
    feet = choose_feet(wall_on(table, guide_feet=8), -1.5)
    assert len(feet.feet) >= 4
    for part in np.linspace(0, 1, 40)[:, None]:
        path = part * feet.feet + (1 - part) * feet.roots
        assert not ((path[:, 0] > 26) & (np.abs(path[:, 1]) < 12)).any()
        assert not ((np.abs(path[:, 0]) < 30) & (np.abs(path[:, 1] + 25) < ARM_MM[0] / 2)).any()


def test_where_there_is_no_room_there_are_fewer_feet_and_still_pads():
    little = wall_on(table_of(cap_with_ridges, known=lambda u, v: np.hypot(u, v) < 26), guide_feet=8)
    feet = choose_feet(little, -1.5)
    assert len(feet.feet) == 0
    assert len(feet.pads) == 12


@pytest.mark.slow
def test_a_guide_with_feet_is_one_clean_body_that_touches_with_them_only(ridged):
    guide = build_guide("frame", ridged)
    checks = check_guide(guide, ridged)
    assert checks.passed, checks.failed
    assert len(guide.feet) == 6
    table, mesh = ridged.line.table, guide.body.mesh
    over = table.smooth_chart.to_uvw(mesh.vertices)
    touching = over[np.abs(over[:, 2]) < RELIEF_MM / 2]
    places = table.to_uv(guide.feet)
    pads = choose_feet(ridged, guide.wall_offset_mm).pads
    away = cKDTree(np.concatenate([places, pads])).query(touching[:, :2])[0]
    assert away.max() < FOOT_RADIUS_MM + 1.0
    plain = wall_on(table, guide_feet=0)
    assert checks.play.of_the_limit < check_guide(build_guide("frame", plain), plain).play.of_the_limit


@pytest.mark.slow
def test_windows_and_screw_holes_are_off_the_arms(ridged):
    guide = build_guide("frame", ridged)
    feet = choose_feet(ridged, guide.wall_offset_mm)
    assert len(guide.holes) > 0
    assert feet.distance_to_arms(ridged.line.table.to_uv(guide.holes)).min() > ARM_MM[0] / 2


# what is under other bone


def with_roof(table, low, high, height_mm=15.0):
    """The same table with a roof of bone over a rectangle of the drawing."""
    corners = [[low[0], low[1]], [high[0], low[1]], [high[0], high[1]], [low[0], high[1]]]
    roof = np.column_stack([corners, np.full(4, height_mm)])
    bone, first = table.bone_mesh, len(table.bone_mesh.vertices)
    faces = first + np.array([[0, 1, 2], [0, 2, 3]])
    mesh = Mesh(np.concatenate([bone.vertices, roof]), np.concatenate([bone.faces, faces]))
    return OuterTable(table.chart, table.known, mesh)


def test_a_guide_under_a_roof_of_bone_does_not_go_on_and_its_area_is_that_of_the_roof():
    table = with_roof(table_of(lambda u, v: -(u**2 + v**2) / 170), (-5.0, -5.0), (5.0, 5.0))
    checks = check_guide(build_guide("template", wall_on(table, guide_screws=0)), wall_on(table, guide_screws=0))
    assert checks.undercut_mm2 == pytest.approx(100.0, rel=0.2)
    assert any("under bone" in fault for fault in checks.failed)


def test_the_wall_of_a_hole_under_bone_has_no_area_from_outside():
    table = table_of(lambda u, v: -(u**2 + v**2) / 170)
    hole = build_guide("template", wall_on(table, guide_screws=1)).holes[0]
    over = with_roof(table, hole[:2] - 0.9, hole[:2] + 0.9)
    wall = wall_on(over, guide_screws=1)
    assert check_guide(build_guide("template", wall), wall).undercut_mm2 <= 0.5
