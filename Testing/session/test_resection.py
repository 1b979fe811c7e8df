"""A resection is planned in a scene: the line is drawn and dragged, planned, changed, exported and dropped."""

import json
import time
from types import SimpleNamespace

import numpy as np
import pytest
from helpers_plan import REFUSED_LINES, place_on_skull, refused_line, whole_head_ct
from helpers_scene import Application, markup_positions
from helpers_session import FAST, surface_vertices

from SkullRestoreLib._system.progress import run_to_end
from SkullRestoreLib.errors import InputError, SkullRestoreError
from SkullRestoreLib.pipeline import plain_values
from SkullRestoreLib.planning.saved_plan import SavedPlan
from SkullRestoreLib.scene import case_node
from SkullRestoreLib.session import Session, persistence, plan_tasks
from SkullRestoreLib.session.edit_state import EditState
from SkullRestoreLib.session.task_records import SavedRestoration, SavedSessionPlan
from SkullRestoreLib.settings import PlanSettings, ResectionChoices
from SkullRestoreLib.web import page_state

SMALL = ResectionChoices(circle_mm=36.0, make_ring=True)


@pytest.fixture(scope="module")
def app():
    return Application()


@pytest.fixture(scope="module")
def session(app):
    """A session on a head without a hole; its head is prepared as when the user first draws."""
    ct, ijk_to_ras = whole_head_ct()
    opened = Session(app.scene, app.volume(ct, ijk_to_ras, "Head before the operation"))
    opened.settings = FAST
    opened.planner.choose(PlanSettings(), SMALL)
    opened.planner.start_drawing("curve")
    opened.wait_until_done()
    return opened


@pytest.fixture
def planner(session):
    """With a circle above the ear, as the first change of the line."""
    planner = session.planner
    planner.choose(PlanSettings(), SMALL)
    planner.draw_circle(place_on_skull(session.planner.prepared))
    return planner


@pytest.mark.slow
def test_drawing_first_finds_the_head_and_shows_its_bone(session):
    assert session.planner.is_prepared
    assert session.bone_node is not None
    assert session.planner.curve_node.IsA("vtkMRMLMarkupsClosedCurveNode")


@pytest.mark.slow
def test_a_circle_becomes_control_points_with_its_area_and_the_line_on_the_bone(planner, session):
    assert planner.measure.area_cm2 == pytest.approx(np.pi * 1.8**2, rel=0.03)
    assert planner.measure.circumference_mm == pytest.approx(np.pi * 36, rel=0.03)
    assert len(markup_positions(planner.curve_node)) == 12
    drawn = session.case_node.GetNodeReference("resection_line").GetPolyData()
    assert drawn.GetNumberOfPoints() > 150
    assert drawn.GetNumberOfLines() == 1
    assert dict(planner.landmark_rows)["orbit"].endswith("mm")


@pytest.mark.slow
def test_a_circle_follows_its_diameter_until_a_point_of_it_is_dragged(planner):
    planner.choose(PlanSettings(), ResectionChoices(circle_mm=50.0))
    assert planner.measure.area_cm2 == pytest.approx(np.pi * 2.5**2, rel=0.05)
    drag(planner, 0, 3.0)
    area = planner.measure.area_cm2
    planner.choose(PlanSettings(), ResectionChoices(circle_mm=40.0))
    assert planner.measure.area_cm2 == area


def drag(planner, index, mm):
    """Drag a control point outwards from the middle of the curve, as the mouse does."""
    node = planner.curve_node
    points = markup_positions(node)
    away = points[index] - points.mean(axis=0)
    node.InvokeEvent(node.PointStartInteractionEvent)
    for part in (0.3, 0.7, 1.0):
        node.SetNthControlPointPositionWorld(index, *(points[index] + part * mm * away / np.linalg.norm(away)))
    node.InvokeEvent(node.PointEndInteractionEvent)


@pytest.mark.slow
def test_the_numbers_follow_a_dragged_point_within_50_ms_of_a_processor_and_undo_brings_the_line_back(planner, session):
    before, seen = planner.measure.area_cm2, []
    planner.on_measured = [lambda: seen.append(planner.measure.area_cm2)]
    start = time.process_time()
    drag(planner, 3, 4.0)
    spent = (time.process_time() - start) / 4
    planner.on_measured = []
    assert len(seen) == 3
    assert np.all(np.diff([before, *seen]) > 0)
    assert spent < 0.05
    session.undo()
    assert planner.measure.area_cm2 == pytest.approx(before)
    session.redo()
    assert planner.measure.area_cm2 == pytest.approx(seen[-1], rel=1e-3)


@pytest.mark.slow
def test_points_are_added_and_deleted_in_the_scene(planner, session):
    node = planner.curve_node
    node.RemoveNthControlPoint(2)
    assert len(planner.curve.points) == 11
    session.undo()
    assert len(planner.curve.points) == 12
    planner.delete_line()
    assert session.case_node.GetNodeReference("resection_line").GetPolyData().GetNumberOfPoints() == 0
    assert not session.offers["plan"]
    with pytest.raises(InputError, match="Draw the line first"):
        planner.start_plan()
    session.undo()
    assert len(markup_positions(node)) == 12


@pytest.mark.slow
def test_a_line_that_cannot_be_cut_says_why_and_is_not_planned(planner, session):
    middle = planner.curve.points.mean(axis=0)
    planner.draw_curve(middle + 0.1 * (planner.curve.points - middle))
    assert "encloses only" in planner.refusal
    assert planner.measure.area_cm2 == 0
    assert not session.offers["plan"]
    with pytest.raises(InputError, match="encloses only"):
        planner.start_plan()
    session.undo()


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "sentence"), REFUSED_LINES.items())
def test_each_line_that_cannot_be_cut_has_its_sentence_and_the_page_shows_it(planner, session, kind, sentence):
    planner.draw_curve(refused_line(planner.prepared, kind))
    assert sentence in planner.refusal
    shown = page_state.line_state(session)
    assert shown["warnings"] == [planner.refusal]
    assert not shown["numbers"]
    assert not session.offers["plan"]
    session.undo()


@pytest.mark.slow
def test_a_line_over_the_middle_warns_of_the_sinus(planner, session):
    planner.draw_circle(place_on_skull(session.planner.prepared, (180.0, 70.0)))
    assert any("sagittal sinus" in sentence for sentence in planner.warnings)
    session.undo()


@pytest.mark.slow
def test_a_tumours_mask_gives_a_line_at_its_margin(planner, session):
    place = place_on_skull(session.planner.prepared)
    mask = np.zeros((30, 30, 30), dtype=np.uint8)
    mask[10:20, 10:20, 10:20] = 1
    grid = np.eye(4)
    grid[:3, 3] = place - 15
    app_volume = add_mask(session, mask, grid)
    planner.start_tumour_line(app_volume)
    session.wait_until_done()
    assert planner.curve.origin == "tumour"
    # a cube of 10 mm, seen from outside, with 10 mm around it
    assert np.pi * 1.5**2 < planner.measure.area_cm2 < np.pi * 2.1**2
    with pytest.raises(InputError, match="Choose the segmentation"):
        planner.start_tumour_line(None)
    session.undo()


def add_mask(session, mask, grid):
    import slicer
    from vtk.util.numpy_support import numpy_to_vtk
    from vtkmodules.vtkCommonDataModel import vtkImageData

    from SkullRestoreLib.scene.geometry import matrix_to_vtk

    node = session.source_node.GetScene().AddNewNodeByClass("vtkMRMLLabelMapVolumeNode", "Tumour")
    image = vtkImageData()
    image.SetDimensions(*mask.shape[::-1])
    image.GetPointData().SetScalars(numpy_to_vtk(mask.ravel(), deep=True))
    node.SetIJKToRASMatrix(matrix_to_vtk(grid))
    node.SetAndObserveImageData(image)
    assert isinstance(node, slicer.vtkMRMLLabelMapVolumeNode)
    return node


# --- the plan


@pytest.fixture(scope="module")
def planned(session):
    """Planned once: a circle above the ear with every guide."""
    planner = session.planner
    planner.choose(PlanSettings(), SMALL)
    planner.draw_circle(place_on_skull(session.planner.prepared))
    planner.start_plan()
    session.wait_until_done()
    return session


@pytest.mark.slow
def test_a_plan_opens_the_bone_and_shows_restored_surface_implant_and_guides(planned):
    assert planned.can("export")
    (row,) = planned.defect_rows
    assert row.area_cm2 == pytest.approx(np.pi * 1.95**2, rel=0.1)  # as wide as the kerf too
    (implant,) = planned.implants
    assert implant.watertight
    assert [row["kind"] for row in planned.planner.guide_rows] == ["template", "frame", "ring"]
    assert [row["shown"] for row in planned.planner.guide_rows] == [False, True, False]
    assert all(row["checks"] == "passed" for row in planned.planner.guide_rows)
    planned.planner.show_guide("template", True)
    assert planned.planner.guide_rows[0]["shown"]
    assert planned.planner.stale == ()


@pytest.mark.slow
def test_points_of_a_planned_opening_can_be_moved_and_the_guides_stay(planned):
    planned.set_snapping(False)
    planned.move_point(0, planned.points[0].position + 1.0)
    assert planned.moved_point_count == 1
    assert planned.planner.planned is not None
    planned.undo()
    assert planned.moved_point_count == 0


@pytest.mark.slow
def test_the_export_holds_line_guides_and_implant_and_refuses_a_plan_that_is_out_of_date(planned, tmp_path):
    planner = planned.planner
    drag(planner, 0, 2.0)
    assert planner.stale == ("The line was changed since it was planned.",)
    with pytest.raises(SkullRestoreError, match="Plan again"):
        planned.start_export(tmp_path / "out")
    planned.undo()
    planner.choose(PlanSettings(kerf_mm=2.0), SMALL)
    assert planner.stale == ("Kerf: planned with 1.5 mm, now 2 mm.",)
    planner.choose(PlanSettings(margin_mm=5.0), SMALL)
    assert planner.stale == ()
    planned.start_export(tmp_path / "out")
    planned.wait_until_done()
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert {"plan.json", "plan.html", "resection_line.mrk.json", "implant_1.stl", "guide_frame.stl"} <= names
    facts = json.loads((tmp_path / "out" / "plan.json").read_text())
    assert facts["line"]["given_as"] == "circle"
    assert len(facts["guides"]) == 3


@pytest.fixture(scope="module")
def saved(planned, tmp_path_factory):
    """A scene file of the plan with a point that was moved, and what it showed."""
    planner, file = planned.planner, tmp_path_factory.mktemp("scene") / "plan.mrb"
    planner.choose(PlanSettings(), SMALL)
    planned.set_snapping(False)
    planned.move_point(0, planned.points[0].position + 0.8)
    assert planned.source_node.GetScene().WriteToMRB(str(file))
    shown = SimpleNamespace(
        file=file,
        surface=surface_vertices(planned),
        guides=[(row["kind"], row["edge"], row["checks"]) for row in planner.guide_rows],
        line=planner.curve.points,
        bone=planned.segmented.bone.mask,
    )
    planned.undo()
    return shown


@pytest.mark.slow
@pytest.mark.usefixtures("saved")
def test_a_plan_on_edited_bone_is_taken_up_on_the_edited_bone(planned):
    """Only the piece that was cut out is kept: what the segment shows is the edited bone without it."""
    bone = planned.planner.planned.prepared.segmentation
    edited = bone.bone.mask.copy()
    k, j, i = np.argwhere(edited)[len(np.argwhere(edited)) // 2]
    edited[k - 3 : k + 4, j - 3 : j + 4, i - 3 : i + 4] = False
    cut = planned.segmented.bone.mask & edited
    values = persistence.plan_values(planned.planner.planned)
    piece = plain_values.pack_numbers(np.flatnonzero(edited & ~cut))
    saved = SavedRestoration(
        planned.pose,
        planned.restoration.initial_state.detected.fitted_surface.predicted_tables,
        FAST,
        bone.bone.threshold_hu,
        [],
        EditState.from_detected,
        "",
        SavedSessionPlan(
            SavedPlan.from_values(values["plan"]),
            planned.planner.prepared.tables,
            plain_values.unpack_numbers(piece),
        ),
    )
    again = run_to_end(plan_tasks.resume_plan(bone.source, cut, saved))
    np.testing.assert_array_equal(again.prepared.segmentation.bone.mask, edited)
    assert np.count_nonzero(again.restoration.segmentation.bone.mask != cut) < 30
    assert again.cut_piece == piece


@pytest.mark.slow
def test_a_scene_of_an_earlier_version_keeps_the_line_and_asks_for_a_new_plan(planned):
    values = case_node.load_values(planned.case_node)
    case_node.save_values(planned.case_node, values | {"planned": True})
    again = Session(planned.source_node.GetScene(), planned.source_node)
    assert not again.can_resume
    assert len(again.planner.curve.points) == 12
    assert again.planner.curve.origin == "circle"
    again.close()


@pytest.mark.slow
def test_the_case_file_of_a_plan_opens_with_line_settings_guides_and_implant(planned, tmp_path):
    planned.planner.choose(PlanSettings(), SMALL)
    planned.start_export(tmp_path / "out")
    planned.wait_until_done()
    opened = run_to_end(plan_tasks.open_saved_case(tmp_path / "out"))
    uncut = planned.planner.planned.prepared.segmentation.bone
    np.testing.assert_array_equal(opened.prepared.segmentation.bone.mask, uncut.mask)
    np.testing.assert_array_equal(opened.restoration.segmentation.bone.mask, planned.segmented.bone.mask)
    other = Application()
    source = opened.restoration.segmentation.source
    again = Session(other.scene, other.volume(source.array, source.ijk_to_ras, "Case of an earlier result"))
    again.planner.show_saved_plan(opened)
    assert again.planner.stale == ()
    assert again.planner.choices.guides == ("template", "frame", "ring")
    assert again.planner.curve.centre == pytest.approx(planned.planner.curve.centre)
    assert again.planner.measure.area_cm2 == pytest.approx(planned.planner.measure.area_cm2, rel=1e-3)
    assert all(row["checks"] == "passed" for row in again.planner.guide_rows)
    (implant,) = again.implants
    assert implant.volume_ml == pytest.approx(planned.implants[0].volume_ml, rel=0.01)
    again.start_export(tmp_path / "again")
    again.wait_until_done()
    facts = [json.loads((tmp_path / name / "plan.json").read_text()) for name in ("out", "again")]
    assert facts[1]["line"]["area_cm2"] == pytest.approx(facts[0]["line"]["area_cm2"], rel=1e-3)
    again.start_restoration(FAST)
    again.wait_until_done()
    assert again.defect_rows == []  # the bone before the cut has no hole
    again.close()


@pytest.mark.slow
def test_restoring_anew_takes_the_bone_before_the_cut_and_drops_the_guides(planned):
    planned.start_restoration(FAST)
    planned.wait_until_done()
    assert planned.defect_rows == []
    assert planned.planner.planned is None
    assert case_node.find_role_node(planned.case_node, "guide_frame") is None
    assert len(planned.planner.curve.points) == 12


@pytest.mark.slow
def test_a_saved_scene_takes_up_its_plan_with_line_settings_bodies_and_edits(app, saved, tmp_path):
    """The last test: loading closes the scene of the others."""
    app.load(saved.file)
    (case,) = case_node.case_nodes(app.scene)
    again = Session(app.scene, case.GetNodeReference("input"))
    assert again.can_resume
    assert again.planner.choices.guides == ("template", "frame", "ring")
    again.start_resume()
    again.wait_until_done()
    assert again.planner.stale == ()
    np.testing.assert_allclose(again.planner.curve.points, saved.line)
    assert again.planner.measure.area_cm2 > 5
    assert [(row["kind"], row["edge"], row["checks"]) for row in again.planner.guide_rows] == saved.guides
    np.testing.assert_array_equal(again.segmented.bone.mask, saved.bone)
    assert again.moved_point_count == 1
    # the file keeps six digits of a position: a vertex of the border may move to the next crossing with the bone
    assert np.quantile(np.linalg.norm(surface_vertices(again) - saved.surface, axis=1), 0.99) < 0.02
    drag(again.planner, 0, 2.0)
    assert again.planner.stale == ("The line was changed since it was planned.",)
    again.undo()
    again.start_implant_design()
    again.wait_until_done()
    again.start_export(tmp_path / "out")
    again.wait_until_done()
    assert {"plan.json", "guide_frame.stl", "implant_1.stl"} <= {path.name for path in (tmp_path / "out").iterdir()}
    again.close()
