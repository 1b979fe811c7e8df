"""A resection planned on a spherical skull, whose line, opening and guides are all known."""

import functools
import io
import json
import re
from dataclasses import asdict, replace
from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest
import trimesh
from helpers_head import INNER_MM, OUTER_MM, bone_from_depth, no_cut_depth, round_bone, round_pose, round_tables
from helpers_implant import as_trimesh
from helpers_pdf import pdf_pages
from scipy.ndimage import map_coordinates
from typer.testing import CliRunner

from SkullRestoreLib._system.progress import run_to_end
from SkullRestoreLib.affine import apply_affine, invert_affine
from SkullRestoreLib.cli import main
from SkullRestoreLib.errors import InputError
from SkullRestoreLib.geometry.icosphere import spherical_grid
from SkullRestoreLib.io import markups, read, write
from SkullRestoreLib.pipeline import saved_case, steps
from SkullRestoreLib.pipeline.results import HeadAnalysis
from SkullRestoreLib.planning import plan_pictures
from SkullRestoreLib.planning.drawing import DrawnCurve
from SkullRestoreLib.planning.guide_checks import check_guide, measure_play
from SkullRestoreLib.planning.guides import build_guide
from SkullRestoreLib.planning.landmarks import measure_landmarks
from SkullRestoreLib.planning.plan import ResectionRequest, plan_steps
from SkullRestoreLib.planning.resection import Head, line_around_point, line_around_tumour, line_from_curve, trace_line
from SkullRestoreLib.planning.saved_plan import SavedPlan
from SkullRestoreLib.planning.wall import CutWall, open_bone, unseen_directions
from SkullRestoreLib.prediction import models, ray_tracing
from SkullRestoreLib.records import Volume
from SkullRestoreLib.report import figures, render
from SkullRestoreLib.settings import PlanSettings, Settings

RADIUS_MM = 20.0
"""Of the resection, along the surface."""
TOP = np.array([0.0, 0.0, OUTER_MM])
TO_THE_FRONT = np.array([[1.0, 0.0, 0.0], [0.0, np.cos(0.7), -np.sin(0.7)], [0.0, np.sin(0.7), np.cos(0.7)]])
"""Turns rows of positions by 40 degrees from the top to the front."""


def place(azimuth_deg, from_top_deg, radius=OUTER_MM):
    """A point (3,) of the sphere."""
    azimuth, angle = np.radians(azimuth_deg), np.radians(from_top_deg)
    return radius * np.array([np.sin(angle) * np.sin(azimuth), np.sin(angle) * np.cos(azimuth), np.cos(angle)])


def ring_of_points(angle_deg, count=24, turns=1.0):
    return np.array([place(360 * turns * k / count, angle_deg) for k in range(count)])


@pytest.fixture(scope="module")
def head():
    """The upper part of the round skull."""
    bone = round_bone(no_cut_depth, low=(-70.0, -70.0, 30.0), high=(70.0, 70.0, 90.0))
    return Head(bone, round_pose(), round_tables(level=5))


@pytest.fixture(scope="module")
def wall(head):
    line = line_around_point(TOP, (2 * RADIUS_MM, 2 * RADIUS_MM), 0.0, head)
    return CutWall(line, PlanSettings())


def edge_angle(bone, radius, azimuth_deg):
    """Angle from the top, degrees, at which bone begins on a sphere of this radius."""
    angles = np.arange(5.0, 35.0, 0.02)
    points = np.array([place(azimuth_deg, angle, radius) for angle in angles])
    kji = apply_affine(invert_affine(bone.ijk_to_ras), points)[:, ::-1].T
    return angles[np.argmax(map_coordinates(bone.field, kji, order=1, output=np.float32) >= bone.iso)]


# --- the line


def test_a_circle_has_the_area_and_circumference_of_a_cap_of_the_sphere(wall):
    half = RADIUS_MM / OUTER_MM
    assert wall.line.area_cm2 == pytest.approx(2 * np.pi * OUTER_MM**2 * (1 - np.cos(half)) / 100, rel=0.01)
    assert wall.line.circumference_mm == pytest.approx(2 * np.pi * OUTER_MM * np.sin(half), rel=0.01)


def test_an_ellipse_is_as_long_and_as_wide_as_asked_along_the_surface(head):
    line = line_around_point(TOP, (50.0, 30.0), 0.0, head)
    reach = OUTER_MM * np.arccos(line.points[:, 2] / np.linalg.norm(line.points, axis=1))
    assert (reach.max(), reach.min()) == pytest.approx((25.0, 15.0), abs=0.3)


def test_a_drawn_curve_snaps_to_the_outer_table(head):
    line = line_from_curve(ring_of_points(16.0) * 1.05, head)
    assert np.abs(np.linalg.norm(line.points, axis=1) - OUTER_MM).max() < 0.25


def test_a_dragged_curve_is_measured_on_the_map_that_there_is(wall, head):
    moved = trace_line(ring_of_points(12.0), wall.line.table, head)
    assert moved.table is wall.line.table
    assert moved.area_cm2 == pytest.approx(2 * np.pi * OUTER_MM**2 * (1 - np.cos(np.radians(12.0))) / 100, rel=0.01)


def test_a_line_around_a_tumour_keeps_its_margin_and_bends_no_more_sharply_than_asked(head):
    x, y, z = np.meshgrid(*(np.arange(-12.0, 12.5, 1.0),) * 3, indexing="ij")
    # an L of 8 x 20 mm: its inner corner has to be rounded
    shape = (np.abs(z) < 4) & (((np.abs(x + 6) < 4) & (np.abs(y) < 10)) | ((np.abs(y + 6) < 4) & (np.abs(x) < 10)))
    grid = np.eye(4)
    grid[:3, 3] = [-12.0, -12.0, 70.0]
    mask = Volume(shape.transpose(2, 1, 0), grid, "mask")
    line = line_around_tumour(mask, 8.0, 12.0, head)
    tumour = apply_affine(grid, np.argwhere(shape).astype(float))
    tumour *= (OUTER_MM / np.linalg.norm(tumour, axis=1))[:, None]  # projected to the outer table
    away = np.linalg.norm(line.points[:, None] - tumour[None], axis=2).min(axis=1)
    assert away.min() > 7.3
    assert np.median(away) < 9.0
    a, b, c = (np.roll(line.points, k, axis=0) for k in (8, 0, -8))
    sides = [np.linalg.norm(p - q, axis=1) for p, q in ((a, b), (b, c), (a, c))]
    area = np.linalg.norm(np.cross(b - a, c - a), axis=1) / 2
    # outwards it bends with the margin as its radius, inwards with 12 mm
    assert (np.prod(sides, axis=0) / (4 * np.maximum(area, 1e-9))).min() > 7.0


@pytest.mark.parametrize(
    ("curve", "sentence"),
    [
        (ring_of_points(16.0, 24)[:15], "The line is open"),
        (np.array([place(a, r) for a, r in ((0, 20), (180, 20), (10, 20), (170, 20))]), "The line crosses itself"),
        (ring_of_points(16.0) + np.array([0.0, 0.0, 25.0]), "The line leaves the skull"),
        (ring_of_points(16.0) + np.array([60.0, 0.0, 0.0]), "The line leaves the skull"),
        (ring_of_points(2.0), "The line encloses only"),
        (ring_of_points(16.0)[:2], "A resection line needs at least 3 different points"),
    ],
    ids=["open", "crossing", "over the skull", "beyond the skull", "tiny", "two points"],
)
def test_a_line_that_cannot_be_cut_is_refused_in_one_sentence(head, curve, sentence):
    with pytest.raises(InputError, match=sentence):
        line_from_curve(curve, head)


def test_a_line_around_most_of_the_vault_is_refused(head):
    little_vault = replace(head, tables=replace(head.tables, vault=_directions()[:, 2] > 0.55))
    with pytest.raises(InputError, match="encloses most of the vault"):
        line_from_curve(ring_of_points(45.0), little_vault)


@pytest.mark.parametrize(("azimuth_deg", "where"), [(0.0, "on the face"), (150.0, "on the base")])
def test_a_line_beyond_the_vault_says_whether_it_is_on_the_face_or_the_base(head, azimuth_deg, where):
    little_vault = replace(head.tables, vault=_directions()[:, 2] > 0.9)
    with pytest.raises(InputError, match=where):
        line_around_point(place(azimuth_deg, 30.0), (24.0, 24.0), 0.0, replace(head, tables=little_vault))


def _directions():
    return spherical_grid(5).directions


def test_a_line_over_the_middle_crosses_the_sagittal_sinus_and_one_at_the_side_says_how_far_it_is(head, wall):
    rays = ray_tracing.trace_rays(head.bone, head.pose, level=5)
    crossing = {found.name: found for found in measure_landmarks(wall.line, head, rays)}["sagittal sinus (mid-line)"]
    assert crossing.crossed
    assert crossing.warned
    beside = line_around_point(place(90.0, 28.0), (30.0, 30.0), 0.0, head)
    found = {found.name: found for found in measure_landmarks(beside, head, rays)}["sagittal sinus (mid-line)"]
    assert not found.crossed
    # the nearest point of the circle is 28 degrees less 15 mm away from the mid-line
    assert found.distance_mm == pytest.approx(np.radians(28.0) * OUTER_MM - 15.0, abs=1.0)


# --- the cut


@pytest.mark.parametrize(("side", "beyond_mm"), [("outside", 2.0), ("middle", 1.0), ("inside", 0.0)])
def test_the_bone_ends_where_the_kerf_ends(head, wall, side, beyond_mm):
    cut = CutWall(wall.line, PlanSettings(kerf_mm=2.0, kerf_side=side))
    bone = open_bone(head.bone, cut, head.pose, head.tables)
    for radius in (OUTER_MM - 1.0, (OUTER_MM + INNER_MM) / 2, INNER_MM + 1.0):  # perpendicular: the angle is the same
        for azimuth in (0.0, 100.0, 215.0):
            arc = np.radians(edge_angle(bone, radius, azimuth)) * OUTER_MM
            assert arc == pytest.approx(RADIUS_MM + beyond_mm, abs=0.15)


def test_a_bevel_narrows_the_opening_inwards(head, wall):
    bone = open_bone(
        head.bone, CutWall(wall.line, PlanSettings(wall_bevel_deg=20.0, kerf_mm=0.0)), head.pose, head.tables
    )
    for depth in (1.0, 5.0):
        arc = np.radians(edge_angle(bone, OUTER_MM - depth, 40.0)) * OUTER_MM
        assert arc == pytest.approx(RADIUS_MM - depth * np.tan(np.radians(20.0)), abs=0.25)


@pytest.mark.parametrize(("deep", "inwards_mm"), [(True, 18.0), (False, 3.0)], ids=["tumour", "drawn curve"])
def test_nothing_of_thickened_bone_stays_in_the_opening(head, deep, inwards_mm):
    """The depth counts from the table that should be there, not from the top of the bump, 20 mm over it."""
    x, y, z = (np.arange(-70.0, 71.0), np.arange(-70.0, 71.0), np.arange(30.0, 112.0))
    x, y, z = np.meshgrid(x, y, z, indexing="ij", sparse=True)
    radius = np.sqrt(x**2 + y**2 + z**2)
    across = OUTER_MM * np.arccos(np.clip(z / radius, -1, 1))
    bump = np.clip(1 - (across / 18.0) ** 2, 0, None)
    inside = np.minimum(OUTER_MM + 20.0 * bump - radius, radius - INNER_MM + inwards_mm * bump)
    grid = np.eye(4)
    grid[:3, 3] = [-70.0, -70.0, 30.0]
    ill = replace(head, bone=bone_from_depth(inside.transpose(2, 1, 0), grid))
    line = line_around_point(TOP * (OUTER_MM + 20) / OUTER_MM, (90.0, 90.0), 0.0, ill)
    bone = open_bone(ill.bone, CutWall(line, PlanSettings()), ill.pose, ill.tables, deep=deep)
    left = bone.to_ras(np.argwhere(bone.mask)[:, ::-1].astype(float))
    assert np.linalg.norm(left[:, :2], axis=1).min() > 15.0


def test_a_parallel_wall_runs_along_one_direction(head, wall):
    bone = open_bone(head.bone, CutWall(wall.line, PlanSettings(wall="parallel", kerf_mm=0.0)), head.pose, head.tables)
    across = [radius * np.sin(np.radians(edge_angle(bone, radius, 40.0))) for radius in (84.0, 80.0)]
    assert across[0] == pytest.approx(across[1], abs=0.15)


def test_a_mask_is_cut_as_finely_as_a_ct(head, wall):
    mask = round_bone(no_cut_depth, low=(-70.0, -70.0, 30.0), high=(70.0, 70.0, 90.0), ct=False)
    bone = open_bone(mask, wall, head.pose, head.tables)
    arcs = [np.radians(edge_angle(bone, 81.5, azimuth)) * OUTER_MM for azimuth in (0.0, 45.0, 200.0)]
    assert arcs == pytest.approx([RADIUS_MM + 1.5] * 3, abs=0.15)


def test_bone_beyond_the_cut_is_unseen_as_far_as_asked(head, wall):
    unseen = unseen_directions(wall, head.pose, head.tables, 5, 5.0)
    reach = np.arccos(np.clip(_directions()[:, 2], -1, 1)) * OUTER_MM
    assert unseen[reach < RADIUS_MM + 1.5 + 4.5].all()
    assert not unseen[reach > RADIUS_MM + 1.5 + 5.5].any()


# --- the guides


@pytest.fixture(scope="module")
def guides(wall):
    return {kind: build_guide(kind, wall) for kind in ("template", "frame", "ring")}


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["template", "frame", "ring"])
def test_a_guide_is_a_closed_printable_body_that_passes_its_checks(guides, wall, kind):
    checks = check_guide(guides[kind], wall)
    assert checks.passed, checks.failed
    body = as_trimesh(guides[kind].body.mesh)
    assert body.is_watertight
    assert body.is_winding_consistent
    assert len(body.split(only_watertight=False)) == 1
    assert body.volume / 1000 == pytest.approx(checks.volume_ml, rel=1e-6)


def edge_of(mesh, *, radius, azimuths, outermost):
    """Distance along the surface, mm, from the top to the wall of a body, measured by trimesh on a sphere."""
    body = as_trimesh(mesh)
    angles = np.arange(6.0, 32.0, 0.02)
    edges = []
    for azimuth in azimuths:
        inside = body.contains(np.array([place(azimuth, angle, radius) for angle in angles]))
        edges.append(np.radians(angles[inside].max() if outermost else angles[inside].min()) * OUTER_MM)
    return np.array(edges)


@pytest.mark.slow
def test_the_edge_of_the_template_is_the_line_and_the_inner_wall_of_the_frame_ends_where_the_kerf_does(guides):
    azimuths = (20.0, 140.0, 250.0)
    template = edge_of(guides["template"].body.mesh, radius=OUTER_MM + 1.3, azimuths=azimuths, outermost=True)
    frame = edge_of(guides["frame"].body.mesh, radius=OUTER_MM + 4.0, azimuths=azimuths, outermost=False)
    ring = edge_of(guides["ring"].body.mesh, radius=OUTER_MM - 3.0, azimuths=azimuths, outermost=False)
    assert template == pytest.approx([RADIUS_MM] * 3, abs=0.12)
    assert frame == pytest.approx([RADIUS_MM + 1.5] * 3, abs=0.12)
    assert ring == pytest.approx([RADIUS_MM + 1.5] * 3, abs=0.12)


def test_a_tool_wider_than_the_kerf_moves_the_guiding_wall_outwards(wall):
    assert PlanSettings(kerf_mm=1.5, tool_mm=4.0).guided_wall_mm == pytest.approx(1.5 + 1.25)
    frame = build_guide("frame", CutWall(wall.line, PlanSettings(kerf_mm=1.5, tool_mm=4.0, windows=0)))
    edge = edge_of(frame.body.mesh, radius=OUTER_MM + 4.0, azimuths=(77.0,), outermost=False)
    assert edge == pytest.approx([RADIUS_MM + 2.75], abs=0.12)


@pytest.mark.slow
def test_guides_fit_on_bone_that_a_tumour_has_made_thicker(head):
    """A bump of 12 mm with flanks of 45 degrees and more, in voxels of a mask, whose steps are half as high as they."""
    step = 1.0
    x, y, z = np.meshgrid(*(np.arange(a, b, step) for a, b in ((-60, 60), (-60, 60), (55, 105))), indexing="ij")
    radius = np.sqrt(x**2 + y**2 + z**2)
    across = OUTER_MM * np.arccos(z / radius)
    bump = 12.0 * np.clip(1 - (across / 18.0) ** 2, 0, None)
    inside = np.minimum(OUTER_MM + bump - radius, radius - INNER_MM)
    grid = np.diag([step, step, step, 1.0])
    grid[:3, 3] = [-60.0, -60.0, 55.0]
    ill = replace(head, bone=bone_from_depth(inside.transpose(2, 1, 0), grid, ct=False))
    bulging = CutWall(line_around_point(TOP * (OUTER_MM + 12) / OUTER_MM, (52.0, 52.0), 0.0, ill), PlanSettings())
    for kind in ("template", "frame"):
        checks = check_guide(build_guide(kind, bulging), bulging)
        assert checks.passed, checks.failed


@pytest.mark.slow
def test_a_guide_that_is_moved_does_not_pass(guides, wall):
    """The checks are measured on the triangles: a body that is not where it should be is found."""
    good = guides["template"]
    mesh = replace(good.body.mesh, vertices=good.body.mesh.vertices + np.array([0.6, 0.0, -1.0]))
    checks = check_guide(replace(good, body=replace(good.body, mesh=mesh)), wall)
    text = " ".join(checks.failed)
    assert "off the line" in text
    assert "into the bone" in text


def test_a_guide_on_a_sphere_turns_freely_and_that_is_reported(guides, wall):
    play = check_guide(guides["frame"], wall).play
    assert not play.is_firm
    assert max(play.turn_deg) > 3.0  # only what is left of the steps between voxels stops its feet


def test_a_guide_over_an_edge_is_held_by_it(wall):
    """A saddle of four steep flanks can neither slide nor turn."""
    table = wall.line.table
    angle = np.linspace(0, 2 * np.pi, 80, endpoint=False)
    flank = np.round(angle / (np.pi / 2)) * (np.pi / 2)
    points = 30 * np.column_stack([np.cos(angle), np.sin(angle), 0 * angle]) @ table.chart.axes
    normals = np.column_stack([np.cos(flank), np.sin(flank), 0.5 + 0 * flank])
    normals = normals / np.linalg.norm(normals, axis=1, keepdims=True) @ table.chart.axes
    play = measure_play(points, np.full(80, 0.05), normals, table)
    assert play.is_firm


# --- everything together


@functools.cache
def _round_analysis():
    bone = round_bone(no_cut_depth, spacing=1.25, low=(-92.0, -92.0, -40.0), high=(92.0, 92.0, 92.0))
    return HeadAnalysis(bone, round_pose(), ray_tracing.trace_rays(bone, round_pose(), level=6), ())


def plan_round_skull(out, curve, *options, tables=None):
    """What the command says of the round skull with a closed curve, or with an open line of positions."""
    analysis, line = _round_analysis(), out.with_name("line.mrk.json")
    out.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(curve, list):
        line = out.with_name("line.json")
        line.write_text(json.dumps(curve))
    else:
        line.write_bytes(markups.encode_closed_curve(curve, "Line"))
    tables = round_tables() if tables is None else tables

    def analyse(*_arguments, **_options):
        yield "find the head", 0.2
        return analysis

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(steps, "segment_and_analyse", analyse)
        patch.setattr(
            models, "load_predictor_in_background", lambda *_a, **_k: lambda rays, model: _known(tables, rays)
        )
        patch.setattr(read, "read", lambda *_a, **_k: Volume(analysis.bone.field, analysis.bone.ijk_to_ras, "ct"))
        patch.setattr(render, "draw_views", partial(render.draw_views, size=(60, 50)))
        patch.setattr(figures, "draw_closeups", partial(figures.draw_closeups, size=(60, 50)))
        patch.setattr(plan_pictures, "draw_plan", partial(plan_pictures.draw_plan, size=(60, 50)))
        arguments = ["plan", "head.nrrd", "--out", str(out), "--line", str(line), *options]
        return CliRunner().invoke(main.app, arguments)


@pytest.fixture(scope="module")
def planned(tmp_path_factory):
    """The command on the round skull: its result, and its folder."""
    out = tmp_path_factory.mktemp("plan") / "out"
    centre = place(90.0, 25.0)
    side = np.cross(centre, [0.0, 1.0, 0.0]) / OUTER_MM
    angle = np.linspace(0, 2 * np.pi, 16, endpoint=False)[:, None]
    curve = centre + 20 * (np.cos(angle) * side / np.linalg.norm(side) + np.sin(angle) * [0.0, 1.0, 0.0])
    curve = curve * OUTER_MM / np.linalg.norm(curve, axis=1)[:, None]
    result = plan_round_skull(out, curve, "--guide", "template,ring", "--also", "ply", "--also", "pdf")
    return SimpleNamespace(result=result, out=out)


@pytest.mark.parametrize(
    ("curve", "highest", "sentence"),
    [
        (ring_of_points(16.0, 24)[:15].tolist(), 2.0, "The line is open"),
        (np.array([place(a, r) for a, r in ((0, 20), (180, 20), (10, 20), (170, 20))]), 2.0, "crosses itself"),
        (ring_of_points(16.0) + np.array([0.0, 0.0, 25.0]), 2.0, "The line leaves the skull"),
        (ring_of_points(45.0), 0.55, "encloses most of the vault"),
        (ring_of_points(12.0) @ TO_THE_FRONT, 0.9, "on the face"),
    ],
    ids=["open", "crosses itself", "leaves the skull", "most of the vault", "face"],
)
def test_the_command_refuses_a_line_that_cannot_be_cut_in_one_sentence(curve, highest, sentence, tmp_path):
    """The vault is what is over a height of the unit sphere, or all of it."""
    tables = round_tables()
    if highest < 1:
        tables = replace(tables, vault=spherical_grid(tables.level).directions[:, 2] > highest)
    result = plan_round_skull(tmp_path / "out", curve, tables=tables)
    assert result.exit_code == 2
    said = " ".join(result.output.split())
    assert sentence in said
    assert said.count("Error") <= 1
    assert not (tmp_path / "out").exists()


def _known(tables, rays):
    """The tables of the sphere; bone is missing where no ray meets any."""
    return replace(tables, missing=np.isnan(rays.intervals[:, 0, 0]).astype(float))


@pytest.mark.slow
def test_the_command_writes_the_result_of_the_opened_skull_and_the_plan(planned):
    assert planned.result.exit_code == 0, planned.result.output
    names = {path.name for path in planned.out.iterdir()}
    wanted = {"implant_1.stl", "restoration.json", "report.html", "case.npz"}
    wanted |= {"plan.json", "plan.html", "resection_line.mrk.json", "guide_template.stl", "guide_ring.stl"}
    wanted |= {"resection_line.stl"}
    assert wanted <= names
    facts = json.loads((planned.out / "plan.json").read_text())
    restored = json.loads((planned.out / "restoration.json").read_text())
    area = 2 * np.pi * OUTER_MM**2 * (1 - np.cos((RADIUS_MM + 1.5) / OUTER_MM)) / 100
    assert restored["defects"][facts["opening"]["defect"] - 1]["area_cm2"] == pytest.approx(area, rel=0.04)
    assert facts["line"]["area_cm2"] < area
    assert [guide["passed"] for guide in facts["guides"]] == [True, True]
    assert [part["file"] for part in facts["print_list"]] == ["guide_template.stl", "guide_ring.stl", "implant_1.stl"]
    assert all(part["inner_overhang_cm2"] <= part["overhang_cm2"] for part in facts["print_list"])
    # a sphere is its own mirror image
    assert facts["mirrored_side"]["compared_percent"] > 90
    assert abs(facts["mirrored_side"]["median_mm"]) < 0.2


@pytest.mark.slow
def test_page_and_pdf_of_the_plan_list_what_is_to_be_printed(planned):
    facts = json.loads((planned.out / "plan.json").read_text())
    assert [part["material"] for part in facts["print_list"]] == [*2 * ["plastic that can be sterilised"], "PEEK"]
    paper = " ".join(pdf_pages((planned.out / "plan.pdf").read_bytes()))
    page = " ".join((planned.out / "plan.html").read_text().split())
    for part in facts["print_list"]:
        wanted = [part["name"], part["file"], part["material"], f"{part['volume_ml']:.1f} mL"]
        wanted += [f"{part['overhang_cm2']:.1f} cm²", f"{part['height_mm']:.0f} mm"]
        wanted += [f"outer face {part['outer_face_from_up_deg']:.0f}° from upwards"]
        for text in wanted:
            assert text in page
            # a line that is broken in a cell has no blank where it is broken
            assert "".join(text.split()) in "".join(paper.split())


@pytest.mark.slow
def test_the_guides_in_the_files_lie_where_the_skull_in_the_files_is(planned):
    guide = trimesh.load(io.BytesIO((planned.out / "guide_template.stl").read_bytes()), file_type="stl")
    assert guide.is_watertight
    implant = trimesh.load(io.BytesIO((planned.out / "implant_1.stl").read_bytes()), file_type="stl")
    # both about the same axis, the template on the bone and the implant flush with it
    axes = [body.center_mass / np.linalg.norm(body.center_mass) for body in (guide, implant)]
    assert axes[0] @ axes[1] > np.cos(np.radians(1.0))
    assert np.linalg.norm(guide.vertices, axis=1).min() > OUTER_MM - 0.2


@pytest.mark.slow
def test_the_line_that_was_written_gives_the_same_plan_again(planned, head):
    curve, is_closed = markups.read_resection_line(planned.out / "resection_line.mrk.json")
    assert is_closed
    whole = replace(head, bone=round_bone(no_cut_depth, low=(-20.0, -60.0, 20.0), high=(90.0, 60.0, 92.0)))
    again = line_from_curve(curve, whole, is_closed=is_closed)
    facts = json.loads((planned.out / "plan.json").read_text())
    assert again.area_cm2 == pytest.approx(facts["line"]["area_cm2"], rel=0.01)


@pytest.mark.slow
def test_a_planned_opening_can_be_designed_again_from_its_folder(planned):
    loaded = run_to_end(saved_case.load_steps(planned.out))
    facts = json.loads((planned.out / "restoration.json").read_text())
    assert [d.area_cm2 for d in loaded.defects] == pytest.approx([d["area_cm2"] for d in facts["defects"]], abs=0.05)
    assert loaded.detected.analysis.unseen.any()


@pytest.mark.slow
def test_the_case_file_of_a_plan_holds_the_head_before_the_cut_and_the_plan(planned):
    before = run_to_end(saved_case.load_steps(planned.out)).before_cut
    facts = json.loads((planned.out / "plan.json").read_text())
    saved = SavedPlan.from_values(before.plan)
    assert saved.guides == ("template", "ring")
    assert asdict(saved.settings) == facts["settings"]
    assert saved.curve.origin == facts["line"]["given_as"] == "curve"
    assert len(saved.curve.points) == 16
    uncut = round_bone(no_cut_depth, spacing=1.25, low=(-92.0, -92.0, -40.0), high=(92.0, 92.0, 92.0))
    np.testing.assert_array_equal(before.bone.mask, uncut.mask)


@pytest.mark.parametrize(
    "change",
    [{"origin": "moon"}, {"curve": [[1, 2, 3]]}, {"curve": [[0, 0, float("nan")]] * 4}, {"settings": {"kerf_mm": -1}}],
)
def test_a_saved_plan_that_cannot_be_right_is_refused(change):
    values = SavedPlan(DrawnCurve(np.eye(3)), PlanSettings(), ("frame",)).to_values()
    assert SavedPlan.from_values(values).guides == ("frame",)
    with pytest.raises(ValueError):  # noqa: PT011 - the reader of the file says the sentence
        SavedPlan.from_values(values | change)


def test_the_mask_of_a_tumour_may_be_as_small_as_the_tumour(tmp_path):
    grid = np.diag([0.8, 0.8, 2.0, 1.0])
    grid[:3, 3] = [10.0, -20.0, 30.0]
    labels = np.zeros((6, 9, 8), np.uint8)
    labels[2:4, 3:6, 2:5] = 3
    write.write_labels(labels, grid, tmp_path / "tumour.nrrd")
    mask = read.read_part_mask(tmp_path / "tumour.nrrd")
    assert mask.array.sum() == 18
    assert mask.to_ras([2, 3, 2]).tolist() == pytest.approx([11.6, -17.6, 34.0])
    write.write_labels(0 * labels, grid, tmp_path / "empty.nrrd")
    with pytest.raises(InputError, match="marks nothing"):
        read.read_part_mask(tmp_path / "empty.nrrd")


def test_a_file_without_a_line_is_refused_in_one_sentence(tmp_path):
    for content in ("{", "[[1, 2]]", '{"points": [[1, 2, "x"]]}', '{"markups": []}', "3"):
        (tmp_path / "line.json").write_text(content)
        with pytest.raises(InputError, match=r"is no (line|markups)"):
            markups.read_resection_line(tmp_path / "line.json")
    (tmp_path / "line.json").write_text('{"points": [[1, 2, 3], [4, 5, 6], [7, 8, 10]], "space": "LPS"}')
    points, is_closed = markups.read_resection_line(tmp_path / "line.json")
    assert points[0].tolist() == [-1.0, -2.0, 3.0]
    assert not is_closed


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ([], "exactly one of"),
        (["--circle", "1,2,3"], "is no circle"),
        (["--circle", "1,2,3,40", "--guide", "hat"], "is no guide"),
        (["--circle", "1,2,3,40", "--kerf", "9"], "Kerf must be"),
        (["--line", "nowhere.json"], "There is no file"),
    ],
)
def test_a_wrong_option_is_refused_before_anything_is_read(options, words, tmp_path):
    result = CliRunner().invoke(main.app, ["plan", "head.nrrd", "--out", str(tmp_path / "out"), *options])
    assert result.exit_code == 2
    assert words in " ".join(re.sub("[│╭╮╰╯─]", " ", result.output).split())
    assert not (tmp_path / "out").exists()


def test_what_is_removed_is_given_in_one_way_only():
    with pytest.raises(InputError, match="in one way"):
        run_to_end(plan_steps(None, ResectionRequest(), Settings(), PlanSettings()))
