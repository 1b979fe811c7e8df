"""Guides in parts, on a spherical skull: parts meet, go on without each other, and have one edge together."""

import itertools
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from helpers_head import OUTER_MM, no_cut_depth, round_bone, round_pose, round_tables
from helpers_implant import as_trimesh
from helpers_outer_table import table_of, wall_on

from SkullRestoreLib.errors import ImplantError
from SkullRestoreLib.planning import plan
from SkullRestoreLib.planning.guide_checks import check_guide, measure_joint_gap, with_joints_checked
from SkullRestoreLib.planning.guide_parts import JOINT_GAP_MM, divide_wall
from SkullRestoreLib.planning.guides import build_guide, guide_name
from SkullRestoreLib.planning.lane import lane_at
from SkullRestoreLib.planning.resection import Head, drop_normals, line_around_point
from SkullRestoreLib.planning.wall import CutWall
from SkullRestoreLib.planning.write_plan import guide_file
from SkullRestoreLib.records import Mesh
from SkullRestoreLib.report.plan_sheet import guide_rows
from SkullRestoreLib.settings import PlanSettings

DIAMETER_MM = 90.0


@pytest.fixture(scope="module")
def head():
    bone = round_bone(no_cut_depth, low=(-92.0, -92.0, -10.0), high=(92.0, 92.0, 92.0))
    return Head(bone, round_pose(), round_tables(level=5))


@pytest.fixture(scope="module")
def wall(head):
    line = line_around_point(np.array([0.0, 0.0, OUTER_MM]), (DIAMETER_MM, DIAMETER_MM), 0.0, head)
    return CutWall(line, PlanSettings(guide_feet=3, guide_reach_mm=25.0))


@pytest.fixture(scope="module", params=[2, 3])
def walls(wall, head, request):
    return divide_wall(wall, head, "frame", request.param)


def test_every_place_of_the_line_is_in_one_part_or_in_the_gap_at_a_joint(wall, walls):
    mine = np.array([part.keeps(wall.line.points) for part in walls])
    assert mine.sum(axis=0).max() == 1
    gap_mm = (~mine.any(axis=0)).sum() * wall.line.circumference_mm / len(wall.line.points)
    assert gap_mm <= len(walls) * (JOINT_GAP_MM + 0.5)


def test_a_part_goes_on_away_from_its_joints_and_sees_its_bone_less_flat(wall, walls):
    for part in walls:
        outward = part.line.table.outward_axis
        assert all(outward @ joint.inwards > -1e-9 for joint in part.joints)
    if len(walls) > 2:  # half a circle on a sphere is seen from nowhere better than all of it
        mine = wall.line.table.normals_at(wall.line.uv) @ wall.line.table.chart.axes
        for part in walls:
            seen = mine[part.keeps(wall.line.points)] @ part.line.table.outward_axis
            assert seen.min() > wall.flattest_cosine + 0.02


def test_places_along_a_part_are_in_it_and_off_its_joints(walls):
    for part in walls:
        places, ahead = lane_at(part, -6.0, 5.0).spread(5, phase=0.0)
        assert len(places) == 5
        assert part.keeps(part.line.table.on_surface(places), 4.5).all()
        steps = np.linalg.norm(np.diff(places, axis=0), axis=1)
        assert steps.min() > 10.0
        assert np.linalg.norm(ahead, axis=1) == pytest.approx(np.ones(5))


def test_a_guide_that_is_not_divided_has_one_closed_lane(wall):
    lane = lane_at(wall, -6.0, 5.0)
    assert lane.is_closed
    assert lane.length_mm == pytest.approx(2 * np.pi * OUTER_MM * np.sin((DIAMETER_MM / 2 + 6.0) / OUTER_MM), rel=0.01)


@pytest.fixture(scope="module")
def built(wall, head):
    """Kind -> walls and bodies of three parts."""
    made = {}
    for kind in ("template", "frame"):
        walls = divide_wall(wall, head, kind, 3)
        made[kind] = walls, [build_guide(kind, part) for part in walls]
    return made


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["template", "frame"])
def test_the_parts_of_a_guide_are_closed_bodies_that_pass_their_checks_and_lead_the_tool_all_round(built, kind):
    walls, guides = built[kind]
    checks = with_joints_checked([check_guide(g, w) for g, w in zip(guides, walls, strict=True)], guides, walls)
    for guide, each in zip(guides, checks, strict=True):
        assert each.passed, each.failed
        assert each.joint_gap_mm <= 0.6
        body = as_trimesh(guide.body.mesh)
        assert body.is_watertight
        assert len(body.split(only_watertight=False)) == 1
    assert [guide.stem for guide in guides] == [f"{kind}_part_{k}" for k in (1, 2, 3)]


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["template", "frame"])
def test_no_part_runs_into_another_one_on_its_way_out(built, kind):
    walls, guides = built[kind]
    for one, other in itertools.permutations(range(3), 2):
        for way_mm in (0.0, 2.0, 30.0):
            moved = guides[one].body.mesh.vertices + way_mm * guides[one].outward_axis
            # a part is behind at least one joint of each other part
            assert (np.min([joint.depth_mm(moved) for joint in walls[other].joints], axis=0) < 0).all()


@pytest.mark.slow
def test_a_part_that_is_not_there_is_found_as_a_gap_and_none_of_the_parts_passes(built):
    walls, guides = built["frame"]
    there = [guides[0], guides[0], guides[2]]
    assert measure_joint_gap(there, walls) > 2.0
    good = check_guide(guides[0], walls[0])
    assert good.passed, good.failed
    together = with_joints_checked([good] * 3, there, walls)
    assert all("not led" in each.failed[0] for each in together)


@pytest.mark.slow
def test_where_one_part_fails_the_others_are_withheld_too(built):
    walls, guides = built["frame"]
    good = check_guide(guides[0], walls[0])
    together = with_joints_checked([good, replace(good, failed=("It is bent.",)), good], guides, walls)
    assert not any(each.passed for each in together)
    assert together[0].failed == ("The cutting guide, part 1 of 3 fits, but another part does not.",)


# in how many parts a guide is made


def guide_of(part=1, parts=1, *, passed=True, kind="frame"):
    checks = SimpleNamespace(passed=passed, failed=() if passed else ("It is bent.",))
    stem = kind if parts == 1 else f"{kind}_part_{part}"
    return SimpleNamespace(kind=kind, part=part, parts=parts, stem=stem, checks=checks)


@pytest.fixture
def making(monkeypatch):
    """``make_guide`` on guides of which those in so many parts pass."""

    def choose(setting, *, passing, kind="frame", impossible=()):
        def in_parts(kind, count):
            if count in impossible:
                raise ImplantError("There is no room.")
            return tuple(guide_of(k + 1, count, passed=count in passing, kind=kind) for k in range(count))

        monkeypatch.setattr(plan, "make_in_one_part", lambda kind, *_: in_parts(kind, 1)[0])
        monkeypatch.setattr(plan, "make_in_parts", lambda kind, _wall, _head, count: in_parts(kind, count))
        wall = SimpleNamespace(settings=PlanSettings(guide_parts=setting))
        return plan.make_guide(kind, wall, None)

    return choose


@pytest.mark.parametrize(
    ("setting", "passing", "count"),
    [
        ("automatic", {1, 2}, 1),
        ("automatic", {2, 3}, 2),
        ("automatic", {4}, 4),
        ("automatic", set(), 1),
        ("one", {2}, 1),
        ("two", {1}, 2),
        ("three", {1, 3}, 3),
    ],
)
def test_a_guide_has_the_parts_that_are_asked_for_or_as_few_as_pass(making, setting, passing, count):
    assert len(making(setting, passing=passing)) == count


def test_a_margin_ring_is_never_divided(making):
    assert len(making("two", passing={2}, kind="ring")) == 1


def test_a_guide_that_cannot_be_made_in_one_part_is_made_in_more(making):
    assert len(making("automatic", passing={1, 2, 3}, impossible={1, 2})) == 3
    with pytest.raises(ImplantError):
        making("automatic", passing=set(), impossible={1})


def test_parts_have_their_own_names_and_files():
    assert guide_name("template", 2, 3) == "drawing template, part 2 of 3"
    assert guide_file(guide_of(2, 3)) == "guide_frame_part_2.stl"
    assert guide_file(guide_of(2, 3, passed=False)) is None
    assert guide_file(guide_of(2, 3, passed=False), keep_failed=True) == "guide_frame_part_2_NOT_PASSED.stl"


def test_the_table_of_guides_says_how_many_feet_there_are_and_how_far_they_reach():
    guide = {"kind": "frame", "name": "cutting guide, part 1 of 2", "line_error_95_mm": 0.02, "contact_mm2": 400.0}
    guide |= {"play": None, "size_mm": [90.0, 60.0, 30.0], "volume_ml": 12.0}
    (row,) = guide_rows({"guides": [guide | {"feet": [[0, 0, 0]] * 8, "feet_reach_mm": 33.6}]})
    assert row[0] == "cutting guide, part 1 of 2"
    assert "8, up to 34 mm from the line" in row
    (row,) = guide_rows({"guides": [guide | {"feet": [], "feet_reach_mm": None}]})
    assert "none" in row


# bone that is steep along the direction


def rough_flank(u, v):
    """A flank of 70 degrees with bumps, such as voxels make them."""
    return -2.7 * np.abs(u) + 1.5 * np.sin(1.0 * u) + 1.2 * np.sin(1.1 * v)


def test_the_normal_through_a_point_over_steep_rough_bone_is_found():
    table = table_of(rough_flank)
    away = np.random.default_rng(1)
    foot = np.column_stack([away.uniform(12, 35, 400), away.uniform(-30, 30, 400)])
    points = table.on_surface(foot) + away.uniform(-4, 6, (400, 1)) * table.normals_at(foot)
    found, depth = drop_normals(table, points, first_rounds=2)
    again = table.on_surface(found) - depth[:, None] * table.normals_at(found)
    assert np.percentile(np.linalg.norm(again - points, axis=1), 99) < 0.1


def test_a_guide_over_a_step_of_the_bone_keeps_off_its_face():
    def stepped(u, v):
        return -(u**2 + v**2) / 170 + 4.0 * (u + 0.21 * v > 3.1)

    wall = wall_on(table_of(stepped), guide_screws=0)
    checks = check_guide(build_guide("template", wall), wall)
    assert checks.undercut_mm2 <= 0.5
    assert checks.overlap_mm <= 0.05
    assert checks.clean


def test_nothing_of_a_guide_on_steep_bone_stands_over_the_cut():
    """Seen along the outward axis, the wall of 6 mm is 17 mm high there."""
    wall = wall_on(table_of(lambda u, v: -2.4 * u + 0 * v), guide_feet=0, windows=0, guide_screws=0)
    checks = check_guide(build_guide("frame", wall), wall)
    assert checks.over_cut_mm < 0.2
    assert checks.pieces == 1


def test_a_guide_that_stands_over_the_cut_does_not_pass():
    wall = wall_on(table_of(lambda u, v: -(u**2 + v**2) / 170), guide_feet=0, windows=0, guide_screws=0)
    guide = build_guide("frame", wall)
    assert check_guide(guide, wall).over_cut_mm < 0.1
    moved = replace(guide.body.mesh, vertices=guide.body.mesh.vertices + np.array([2.0, 0.0, 0.5]))
    checks = check_guide(replace(guide, body=replace(guide.body, mesh=moved)), wall)
    assert any("over the cut" in fault for fault in checks.failed)


def test_a_margin_ring_is_no_deeper_than_the_bones_normals_run_apart():
    """Over a ridge that is bent with 9 mm, as the brow, normals meet 9 mm down."""

    def ridge(u, v):
        return -2.0 * (np.sqrt((u - 16.0) ** 2 + 324.0) - 18.0) + 0 * v

    table = table_of(ridge)
    sheet, faces = table.bone_mesh.vertices, table.bone_mesh.faces
    both = Mesh(np.concatenate([sheet, sheet - [0.0, 0.0, 25.0]]), np.concatenate([faces, faces + len(sheet)]))
    wall = wall_on(replace(table, bone_mesh=both), guide_screws=0)
    checks = check_guide(build_guide("ring", wall), wall)
    assert checks.over_cut_mm < 0.5
    assert checks.pieces == 1
