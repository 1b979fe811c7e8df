"""One interactive restoration over a real MRML scene: run, cancel, edit with the mouse, undo, save, load, close."""

import gc
import threading
import time
import weakref

import numpy as np
import pytest
from helpers_head import head, turn_of
from helpers_scene import Application, View3D, ViewSlice, ras_of

from SkullRestoreLib.case import LOW_CONFIDENCE, InputError, OutputError, SkullRestoreError
from SkullRestoreLib.scene import case_node, models, skull
from SkullRestoreLib.scene.geometry import vtk_matrix
from SkullRestoreLib.session import Session
from SkullRestoreLib.session.job import Job
from SkullRestoreLib.settings import ImplantSettings, Settings

FAST = Settings(level=5)


def two():
    """A head with a hole on each side."""
    return head("temporal", 6.0, bilateral=True, seed=1)


def opened(app, made, *, name="Head CT", **options):
    return Session(app.scene, app.volume(made.ct, made.ijk_to_ras, name), **options)


@pytest.fixture
def app():
    """An application of one's own."""
    return Application()


@pytest.fixture(scope="module")
def shared():
    """The application in which the restored session lives."""
    return Application()


@pytest.fixture(scope="module")
def view(shared):
    return View3D(shared)


@pytest.fixture(scope="module")
def restored(shared, view):
    session = opened(shared, two())
    session.start_restoration(FAST)
    session.finish()
    return session


@pytest.fixture
def session(restored):
    """The restored session as the program left it."""
    yield restored
    while restored.history.can_undo:
        restored.undo()
    restored.history.clear()
    restored.set_snapping(True)


def surface(session, number=1):
    return models.vertices_of(session.case.GetNodeReference(f"surface{number}"))


def middle(session, number=1):
    """A place in the middle of a hole, on the surface, and the way outwards."""
    vertices = surface(session, number)
    centre = vertices[np.linalg.norm(vertices - vertices.mean(axis=0), axis=1).argmin()]
    out = centre - session._design.found.seen.pose.head_to_ras[:3, 3]
    return centre, out / np.linalg.norm(out)


# --- input and bone


def test_the_intake_is_told_at_once_in_plain_words(app):
    session = opened(app, head(), name="Another")
    assert any("79 slices, 2.00 x 2.00 x 2.00 mm" in f for f in session.findings)
    session.close()


def test_an_input_that_cannot_be_used_is_refused_before_anything_is_made(app):
    before = app.scene.GetNumberOfNodes()
    node = app.scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "Empty")
    with pytest.raises(InputError, match="is empty"):
        Session(app.scene, node)
    app.scene.RemoveNode(node)
    assert app.scene.GetNumberOfNodes() == before


def test_bone_is_segmented_at_a_threshold_and_shown(app):
    session = opened(app, head(), name="Bone only")
    session.start_segmentation(450)
    session.finish()
    assert session.is_segmented
    assert not session.is_restored
    assert session.suggested_threshold() == 450
    mask = skull.bone_mask(session.bone_node, head().ct.shape, head().ijk_to_ras)
    assert 0 < mask.sum() <= (head().ct >= 450).sum()
    assert session.bone_node.GetDisplayNode().GetVisibility3D()
    session.close()


def test_what_was_erased_in_the_bone_segment_is_missing_in_the_restoration(app):
    """As in Segment Editor: the segment's voxels are changed behind the session's back."""
    made = head("parietal", 7.0)
    session = opened(app, made, name="Edited")
    session.start_segmentation()
    session.finish()
    bone = session._segmented.bone
    turn = made.head_to_ras[:3, :3]
    places = np.argwhere(bone.mask)[:, ::-1] @ made.ijk_to_ras[:3, :3].T + made.ijk_to_ras[:3, 3]
    local = (places - made.head_to_ras[:3, 3]) @ turn
    other_side = np.array([-np.sign(made.holes[0].centre[0]) * 0.9, -0.2, 0.6])
    away = np.degrees(np.arccos(local @ (other_side / np.linalg.norm(other_side)) / np.linalg.norm(local, axis=1)))
    mask = bone.mask.copy()
    mask[tuple(np.argwhere(bone.mask)[away < 15].T)] = False
    from dataclasses import replace

    skull.show_bone(session.bone_node, replace(bone, mask=mask), reference=session.source_node)
    session.start_restoration(FAST)
    session.finish()
    assert len(session.rows) == 2
    assert any("Bone edited by hand" in w for w in session.warnings)
    session.close()


def test_a_bone_island_in_the_hole_is_listed_and_removed_by_one_call(app):
    made = head("parietal", 7.0)
    hole = np.argwhere(made.missing > 0)
    at = hole[np.linalg.norm(hole - hole.mean(axis=0), axis=1).argmin()]
    ct = made.ct.copy()
    ct[at[0] - 1 : at[0] + 2, at[1] - 1 : at[1] + 2, at[2] - 1 : at[2] + 2] = 900
    session = Session(app.scene, app.volume(ct, made.ijk_to_ras, "New bone"))
    session.start_restoration(FAST)
    session.finish()
    island, defect = session.islands[0]
    assert defect == 1
    assert island.volume_ml == pytest.approx(27 * 8 / 1000, rel=0.3)
    session.start_removal_of([island])
    session.finish()
    while session.busy:
        session.finish()
    assert all(one.voxels != island.voxels for one, _ in session.islands)
    assert len(session.rows) == 1
    session.close()


def test_the_threshold_preview_is_gone_when_the_bone_is_segmented(app):
    session = opened(app, head(), name="Preview")
    volumes = app.scene.GetNumberOfNodesByClass("vtkMRMLScalarVolumeNode")
    session.show_threshold(300)
    assert app.scene.GetNumberOfNodesByClass("vtkMRMLScalarVolumeNode") == volumes + 1
    session.start_segmentation(300)
    assert app.scene.GetNumberOfNodesByClass("vtkMRMLScalarVolumeNode") == volumes
    session.cancel()
    session.close()


def test_a_segmentation_and_a_model_can_be_the_input_too(app):
    from SkullRestoreLib import mesh
    from SkullRestoreLib.case import Bone

    made = head("parietal", 7.0)
    mask = made.ct >= 400
    node = app.scene.AddNewNodeByClass("vtkMRMLSegmentationNode", "Ready bone")
    skull.show_bone(node, Bone(mask.astype(np.uint8), 0.5, mask, made.ijk_to_ras))
    model = app.scene.AddNewNodeByClass("vtkMRMLModelNode", "Ready skull")
    models.show_mesh(model, mesh.surface(mask.astype(np.uint8), 0.5, made.ijk_to_ras))
    for source in (node, model):
        session = Session(app.scene, source)
        session.start_segmentation()
        session.finish()
        bone = session._segmented.bone
        litres = bone.mask.sum() * abs(np.linalg.det(bone.ijk_to_ras[:3, :3]))
        assert litres == pytest.approx(mask.sum() * abs(np.linalg.det(made.ijk_to_ras[:3, :3])), rel=0.1)
        assert session.suggested_threshold() is None
        session.close()


# --- the work in the background


def test_steps_are_told_by_name_while_they_run(app):
    session = opened(app, head(), name="Steps")
    session.start_restoration(FAST)
    told = set()
    while session.poll(0.01):
        told.add(session.job.step)
        assert 0 <= session.job.fraction <= 1
    assert {"find the head", "trace the rays"} <= told
    session.close()


def test_cancel_works_at_once_and_leaves_what_was_there(app):
    session = opened(app, head(), name="Cancelled")
    session.start_segmentation()
    session.finish()
    nodes = app.scene.GetNumberOfNodes()
    session.start_restoration(FAST)
    session.poll(0.3)
    since = time.perf_counter()
    session.cancel()
    assert time.perf_counter() - since < 0.2
    assert not session.busy
    assert session.poll(0.5) is False
    assert app.scene.GetNumberOfNodes() == nodes
    assert not session.is_restored
    session.start_segmentation()
    session.finish()  # it can be used at once
    session.close()


def test_a_second_run_is_refused_while_one_is_going_on(app):
    session = opened(app, head(), name="Busy")
    session.start_segmentation()
    with pytest.raises(SkullRestoreError, match="still running"):
        session.start_restoration()
    session.cancel()
    session.close()


def test_what_goes_wrong_in_the_background_is_told_by_the_main_thread(app):
    made = head()
    session = Session(app.scene, app.volume(np.where(made.ct > 100, 100, made.ct).astype(np.int16), made.ijk_to_ras, "No bone"))
    session.start_restoration(FAST)
    with pytest.raises(InputError, match="no bone"):
        session.finish()
    assert not session.busy
    session.close()


def test_a_cancelled_job_stops_before_its_next_step():
    reached, go = [], threading.Event()

    def steps():
        for n in range(3):
            yield f"step {n}", n / 3
            reached.append(n)
            go.wait(5)
        return "result"

    job = Job("Test", steps())
    job.wait(0.2)
    job.cancel()
    go.set()
    assert job.wait(2)
    assert job.result is None
    assert reached == [0]


# --- what a restoration shows


def test_after_a_run_everything_is_in_the_scene(session, shared):
    case = session.case
    rows = session.rows
    assert [r.number for r in rows] == [1, 2]
    assert {r.side for r in rows} == {"left", "right"}
    for row, hole in zip(rows, two().holes, strict=True):
        assert row.area_cm2 == pytest.approx(hole.area_cm2, rel=0.15)
        assert row.points >= 20
    assert set(case_node.parts(case, "surface")) == {1, 2}
    assert session.points_node.GetNumberOfControlPoints() == len(session.points)
    table = case.GetNodeReference("defects")
    assert table.GetNumberOfRows() == 2
    assert table.GetCellText(0, 3) == rows[0].region
    display = case.GetNodeReference("surface1").GetDisplayNode()
    assert display.GetScalarVisibility()
    assert display.GetVisibility2D()
    hierarchy = shared.scene.GetSubjectHierarchyNode()
    folders = {
        hierarchy.GetItemName(hierarchy.GetItemParent(hierarchy.GetItemByDataNode(case.GetNodeReference(r))))
        for r in ("bone", "points", "surface1", "vault")
    }
    assert folders == {case.GetName()}


def test_the_surface_is_seen_over_the_skull_and_a_row_centres_it(session, view):
    session.centre_on(1)
    shown = view.picture()
    for number in (1, 2):
        session.switch(number, False)
    changed = np.abs(view.picture().astype(int) - shown).max(axis=2) > 12
    assert changed[200:400, 250:450].mean() > 0.05


def test_the_surface_is_seen_as_a_line_in_the_slices(session, shared):
    cut = ViewSlice(shared, name="Yellow")
    cut.logic.GetSliceCompositeNode().SetBackgroundVolumeID(session.source_node.GetID())
    cut.logic.FitSliceToAll()
    session.centre_on(1)
    shown = cut.picture()
    session.switch(1, False)
    assert 20 < (np.abs(cut.picture().astype(int) - shown).max(axis=2) > 30).sum() < 20_000


# --- editing by program


def test_a_point_lifted_off_the_bone_takes_the_surface_with_it_and_is_marked(session):
    session.set_snapping(False)
    before, place = surface(session), session.points[0].position
    _, out = middle(session)
    session.move_point(0, place + 3 * out)
    assert session.moved_points == 1
    assert session.rows[session.points[0].defect - 1].moved == 1
    assert session.points_node.GetNthControlPointLabel(0) == "moved"
    after = surface(session, session.points[0].defect)
    if session.points[0].defect == 1:
        assert np.abs(after - before).max() > 1
    gap = np.linalg.norm(after - session.points[0].position, axis=1).min()
    assert gap < 2.5


def test_undo_and_redo_bring_back_points_and_surface_exactly(session):
    session.set_snapping(False)
    before, places = surface(session), ras_of(session.points_node)
    centre, out = middle(session)
    session.add_point(centre + 4 * out)
    lifted = surface(session)
    assert np.linalg.norm(lifted - before, axis=1).max() > 3
    session.undo()
    np.testing.assert_allclose(surface(session), before, atol=1e-9)
    np.testing.assert_allclose(ras_of(session.points_node), places, atol=1e-9)
    session.redo()
    np.testing.assert_allclose(surface(session), lifted, atol=1e-9)
    assert session.history.can_undo
    assert not session.history.can_redo


def test_a_point_moved_with_snapping_lies_on_the_outer_table(session):
    session.set_snapping(True)
    place, normal = session.points[0].position, session.points[0].normal
    outwards = place - session._design.found.seen.pose.head_to_ras[:3, 3]  # along the ray: along the normal it might come to lie over the hole
    session.move_point(0, place + 5 * outwards / np.linalg.norm(outwards))
    assert np.linalg.norm(session.points[0].position - place) < 2.5
    assert abs((session.points[0].position - place) @ normal) < 0.5


def test_a_point_back_at_home_counts_as_not_moved(session):
    session.set_snapping(False)
    place = session.points[0].position.copy()
    session.move_point(0, place + 2.0)
    session.move_point(0, place)
    assert session.moved_points == 0


def test_points_are_deleted_and_reset_one_by_one_and_all_together(session):
    session.set_snapping(False)
    count, places = len(session.points), ras_of(session.points_node)
    session.move_point(1, places[1] + 2.0)
    session.move_point(2, places[2] + 2.0)
    session.reset_points([1])
    assert session.moved_points == 1
    session.remove_point(0)
    assert len(session.points) == session.points_node.GetNumberOfControlPoints() == count - 1
    session.reset_points()
    np.testing.assert_allclose(ras_of(session.points_node), places, atol=1e-9)
    assert session.moved_points == 0


def test_a_point_on_the_zygomatic_arch_is_coloured_as_uncertain(session):
    session.set_snapping(False)
    place, normal = session.points[0].position, session.points[0].normal
    session.move_point(0, place + 14 * normal)
    assert session.points[0].confidence < LOW_CONFIDENCE
    assert not session.points_node.GetNthControlPointSelected(0)
    assert session.rows[session.points[0].defect - 1].uncertain >= 1


def test_a_point_far_from_every_defect_is_left_out_and_that_is_told(session):
    before = len(session.points)
    session.add_point(session._design.found.seen.pose.head_to_ras[:3, 3] + np.array([0.0, 0.0, 130.0]))
    assert len(session.points) == before
    assert "far from every defect" in session.message


def test_another_number_of_points_keeps_those_touched_by_hand(session):
    session.set_snapping(False)
    place = session.points[0].position + 2.0
    session.move_point(0, place)
    session.set_point_count(12)
    assert len(session.points) < 30
    assert session.moved_points == 1
    assert min(np.linalg.norm(p.position - place) for p in session.points) < 1e-6
    session.settings = session.settings.with_(points=24)


def test_a_defect_is_switched_off_and_on_again(session):
    session.switch(2, False)
    assert [r.on for r in session.rows] == [True, False]
    assert not session.case.GetNodeReference("surface2").GetDisplayNode().GetVisibility()
    hidden = [session.points_node.GetNthControlPointVisibility(n) for n, p in enumerate(session.points) if p.defect == 2]
    assert not any(hidden)
    session.undo()
    assert session.case.GetNodeReference("surface2").GetDisplayNode().GetVisibility()


# --- editing with the mouse and in the scene


def test_a_point_dragged_with_the_mouse_takes_the_surface_along_and_undo_brings_all_back(session, view):
    session.set_snapping(False)
    session.centre_on(1)
    centre, out = middle(session)
    session.add_point(centre)
    index = len(session.points) - 1
    before, picture = surface(session), view.picture()
    # seen from the side, so that a drag in the picture lifts the point off the skull
    camera = view.camera
    side = np.cross(out, [0.0, 0.0, 1.0])
    camera.SetPosition(*(centre + 380 * side / np.linalg.norm(side)))
    camera.SetFocalPoint(*centre)
    camera.ResetClippingRange()
    view.picture()
    start, up = view.display(centre), view.display(centre + 6 * out)
    seen = []
    view.drag(start, up, between=lambda: seen.append(np.abs(surface(session) - before).max()))
    assert seen[-1] > 2
    assert seen == sorted(seen)
    lifted = surface(session)
    assert np.linalg.norm(ras_of(session.points_node)[index] - centre) == pytest.approx(6, abs=1.5)
    assert np.linalg.norm(lifted - ras_of(session.points_node)[index], axis=1).min() < 1.5
    session.undo()
    np.testing.assert_allclose(surface(session), before, atol=1e-9)
    session.centre_on(1)
    assert (np.abs(view.picture().astype(int) - picture).max(axis=2) > 12).mean() < 0.01


def test_one_drag_is_one_step_of_the_history(session, view):
    session.centre_on(1)
    view.picture()
    shown = [n for n, p in enumerate(session.points) if p.defect == 1]
    start = view.display(session.points[shown[0]].position)
    view.drag(start, start + np.array((12, 8)), steps=8)
    assert session.moved_points == 1
    session.undo()
    assert session.moved_points == 0
    assert not session.history.can_undo


def test_a_point_dragged_in_a_slice_moves_in_its_plane(session, shared):
    cut = ViewSlice(shared, name="Green", orientation="Axial")
    cut.logic.GetSliceCompositeNode().SetBackgroundVolumeID(session.source_node.GetID())
    cut.logic.FitSliceToAll()
    index = next(n for n, p in enumerate(session.points) if p.defect == 1)
    place = session.points[index].position
    cut.node.JumpSliceByCentering(*place)
    cut.picture()
    session.set_snapping(False)
    start = cut.display(place)
    cut.drag(start, start + np.array((25, 0)))
    moved = ras_of(session.points_node)[index] - place
    assert np.linalg.norm(moved[:2]) > 3
    assert abs(moved[2]) < 0.5
    assert session.moved_points == 1


def test_points_added_and_deleted_in_the_scene_are_taken_up(session):
    node, count = session.points_node, len(session.points)
    centre, _ = middle(session, 2)
    node.AddControlPointWorld(*centre)
    assert len(session.points) == count + 1
    assert session.points[-1].defect == 2
    assert session.points[-1].moved
    node.RemoveNthControlPoint(0)
    assert len(session.points) == count
    session.undo()
    session.undo()
    assert len(session.points) == node.GetNumberOfControlPoints() == count


def test_a_point_moved_by_a_script_is_an_edit_too(session):
    session.set_snapping(False)
    node = session.points_node
    node.SetNthControlPointPositionWorld(0, *(session.points[0].position + 1.5))
    assert session.moved_points == 1
    assert session.history.can_undo


def test_several_events_before_the_next_turn_of_the_event_loop_make_one_update(session, monkeypatch):
    waiting = []
    monkeypatch.setattr(session._editor, "_schedule", waiting.append)
    session.set_snapping(False)
    for shift in (0.5, 1.0, 1.5):
        session.points_node.SetNthControlPointPositionWorld(0, *(session.points[0].position + shift))
    assert len(waiting) == 1
    assert session.moved_points == 0
    waiting.pop()()
    assert session.moved_points == 1


def test_the_surface_follows_a_dragged_point_within_50_ms(session):
    """The time that an update takes on this machine, the best of several; the figure in the documents is for 150 cm2."""
    centre, out = middle(session)
    session.set_snapping(False)
    session.add_point(centre)
    node, index = session.points_node, len(session.points) - 1
    session._drag_began()
    times = []
    for n in range(8):
        with session._editor:
            node.SetNthControlPointPositionWorld(index, *(centre + (0.5 + 0.2 * n) * out))
        since = time.perf_counter()
        session._drag_follows()
        times.append(time.perf_counter() - since)
    session._settled()
    assert min(times) < 0.05


# --- missed defects


@pytest.fixture(scope="module")
def blind():
    """A session that found nothing, because it looked for larger holes."""
    app = Application()
    session = opened(app, two())
    session.start_restoration(Settings(level=5, min_area_cm2=100))
    session.finish()
    return session


def test_a_missed_defect_is_added_by_points_round_it(blind):
    made, session = two(), blind
    assert session.rows == []
    to_ras = made.head_to_ras
    hole = made.holes[0]
    ring = np.argwhere(made.missing == 1)[:, ::-1] @ made.ijk_to_ras[:3, :3].T + made.ijk_to_ras[:3, 3]
    local = (ring - to_ras[:3, 3]) @ to_ras[:3, :3]
    centre = local.mean(axis=0)
    side = np.cross(centre, [0, 0, 1.0])
    side /= np.linalg.norm(side)
    upward = np.cross(side, centre / np.linalg.norm(centre))
    radius = np.sqrt(hole.area_cm2 * 100 / np.pi)
    outline = session.outline_node()
    for angle in np.linspace(0, 2 * np.pi, 10, endpoint=False):
        place = to_ras[:3, :3] @ (centre + radius * (np.cos(angle) * side + np.sin(angle) * upward)) + to_ras[:3, 3]
        outline.AddControlPointWorld(*place)
    session.start_missed_defect()
    session.finish()
    (row,) = session.rows
    assert row.area_cm2 == pytest.approx(hole.area_cm2, rel=0.15)
    assert row.points >= 12
    assert outline.GetNumberOfControlPoints() == 0
    session.undo()
    assert session.rows == []


def test_a_missed_defect_is_added_by_painting_and_sound_bone_is_refused(blind):
    from SkullRestoreLib.case import Bone

    made, session = two(), blind
    paint = session.case.GetScene().AddNewNodeByClass("vtkMRMLSegmentationNode", "Painted")
    mask = made.missing == 2
    skull.show_bone(paint, Bone(mask.astype(np.uint8), 0.5, mask, made.ijk_to_ras))
    session.start_missed_defect(paint)
    session.finish()
    assert session.rows[0].area_cm2 == pytest.approx(made.holes[1].area_cm2, rel=0.15)
    sound = np.zeros_like(mask)
    top = np.argwhere(made.ct > 700)[-1]
    sound[top[0] - 2 : top[0] + 1, top[1] - 2 : top[1] + 3, top[2] - 2 : top[2] + 3] = True
    skull.show_bone(paint, Bone(sound.astype(np.uint8), 0.5, sound, made.ijk_to_ras))
    session.start_missed_defect(paint)
    with pytest.raises(InputError, match="No bone is missing"):
        session.finish()
    assert len(session.rows) == 1
    session.undo()


def test_an_outline_needs_three_points(session):
    session.outline_node().AddControlPointWorld(0, 0, 0)
    with pytest.raises(InputError, match="at least 3 points"):
        session.start_missed_defect()
    session.outline_node().RemoveAllControlPoints()


# --- implants, comparison, export


def test_implants_are_closed_bodies_with_their_numbers_and_go_stale_after_an_edit(session):
    session.switch(2, False)
    session.start_implants(ImplantSettings(thickness_mm=5.0))
    session.finish()
    (body,) = session.implants
    assert body.watertight
    table = session.case.GetNodeReference("implants")
    titles = [table.GetColumnName(n) for n in range(table.GetNumberOfColumns())]
    assert {"Volume (mL)", "Mass in PEEK (g)", "Mass in titanium (g)", "Mass in PMMA (g)", "Thickness (mm)", "Watertight"} <= set(titles)
    mass = float(table.GetCellText(0, titles.index("Mass in titanium (g)")))
    assert mass == pytest.approx(body.volume_ml * 4.43, rel=0.02)
    assert session.case.GetNodeReference("implant1").GetDisplayNode().GetVisibility3D()
    assert not session.case.GetNodeReference("surface1").GetDisplayNode().GetVisibility3D()
    session.undo()
    assert session.implants == ()
    assert session.case.GetNodeReference("surface1").GetDisplayNode().GetVisibility3D()


def test_comparison_with_the_skull_before_gives_distances_and_the_papers_two_numbers(session, shared):
    before = shared.volume(two().intact, two().ijk_to_ras, "Before")
    session.start_comparison(before)
    session.finish()
    assert session.comparison.fit_mm < 0.3
    for one in session.comparison.differences:
        assert abs(one.area_error_cm2) < 1.5
        assert one.deviation.largest < 4
        assert one.grade in ("good", "acceptable")
    display = session.case.GetNodeReference("surface1").GetDisplayNode()
    assert display.GetActiveScalarName() == models.DISTANCE
    table = session.case.GetNodeReference("comparison")
    titles = [table.GetColumnName(n) for n in range(table.GetNumberOfColumns())]
    assert {"Area error (cm²)", "Largest deviation (mm)"} <= set(titles)
    session.colour_by_sigma()
    assert display.GetActiveScalarName() == models.SIGMA


def test_a_skull_before_that_lies_elsewhere_is_laid_over_first_and_another_patient_is_refused(session, shared):
    turn = turn_of((8, -6, 20))
    turn[:3, 3] = (30, -20, 15)
    session.start_comparison(shared.volume(two().intact, turn @ two().ijk_to_ras, "Other scanner"))
    session.finish()
    assert session.comparison.fit_mm < 0.4
    assert all(d.deviation.largest < 4 for d in session.comparison.differences)
    other = head("parietal", 7.0, seed=9)
    session.start_comparison(shared.volume(other.intact, other.ijk_to_ras, "Stranger"))
    with pytest.raises(InputError, match="same patient"):
        session.finish()


def test_export_writes_everything_once_and_overwrites_nothing_unasked(session, tmp_path):
    session.switch(2, False)
    out = tmp_path / "result"
    session.start_export(out, scene_file=True)
    session.finish()
    names = {p.name for p in out.iterdir()}
    assert {
        "skull.stl",
        "restored_surface.stl",
        "implant_1.stl",
        "restored_bone.nrrd",
        "report.html",
        "restoration.json",
        "scene.mrb",
    } <= names
    assert "implant_2.stl" not in names
    assert str(out) in session.message
    with pytest.raises(OutputError, match="already holds a result"):
        session.start_export(out)
    session.start_export(out, force=True)
    session.finish()


# --- two cases, saving and loading, closing


def test_a_saved_scene_is_taken_up_again_with_the_edits(tmp_path):
    app = Application()
    session = opened(app, two())
    session.start_restoration(FAST)
    session.finish()
    session.set_snapping(False)
    centre, out = middle(session)
    session.add_point(centre + 3 * out)
    session.switch(2, False)
    before, places, rows = surface(session), ras_of(session.points_node), session.rows
    file = tmp_path / "case.mrb"
    assert app.scene.WriteToMRB(str(file))
    app.load(file)
    assert session.closed
    (case,) = case_node.cases(app.scene)
    again = Session(app.scene, case.GetNodeReference("input"))
    assert again.can_resume
    assert not again.is_restored
    again.start_resume()
    again.finish()
    assert [(r.number, r.on, r.moved, r.points) for r in again.rows] == [(r.number, r.on, r.moved, r.points) for r in rows]
    assert again.settings.level == 5
    np.testing.assert_allclose(ras_of(again.points_node), places, atol=1e-4)
    # The file keeps six digits of a place: a vertex of the patch's border may fall on the next crossing with the bone's wall.
    off = np.linalg.norm(surface(again) - before, axis=1)
    assert np.quantile(off, 0.99) < 0.02
    assert off.max() < 0.5
    again.reset_points()
    assert np.linalg.norm(surface(again) - before, axis=1).max() > 2
    again.close()


def test_a_volume_inside_a_transform_is_restored_where_it_is_seen():
    app, made = Application(), two()
    turn = turn_of((5, -10, 30))
    turn[:3, 3] = (20, 30, -10)
    volume = app.volume(made.ct, made.ijk_to_ras)
    parent = app.scene.AddNewNodeByClass("vtkMRMLLinearTransformNode", "Aligned")
    parent.SetMatrixTransformToParent(vtk_matrix(turn))
    volume.SetAndObserveTransformNodeID(parent.GetID())
    session = Session(app.scene, volume)
    session.start_restoration(FAST)
    session.finish()
    hole = np.argwhere(made.missing == 1)[:, ::-1].mean(axis=0)
    place = turn @ made.ijk_to_ras @ [*hole, 1]
    assert np.linalg.norm(surface(session).mean(axis=0) - place[:3]) < 12
    session.close()


def test_two_cases_in_one_scene_do_not_touch_each_other(session, shared):
    other = opened(shared, head(), name="Second case")
    other.start_restoration(FAST)
    other.finish()
    before = surface(session)
    other.set_snapping(False)
    centre, out = middle(other)
    other.add_point(centre + 5 * out)
    np.testing.assert_array_equal(surface(session), before)
    assert session.moved_points == 0
    assert {c.GetName() for c in case_node.cases(shared.scene)} >= {"Head CT restoration", "Second case restoration"}
    other.close()


def test_a_scene_that_is_closed_in_mid_work_ends_the_session_quietly():
    app = Application()
    session = opened(app, head())
    session.start_restoration(FAST)
    session.poll(0.5)
    app.scene.Clear(False)
    assert session.closed
    assert session.poll(0.1) is False
    time.sleep(0.5)
    assert app.scene.GetNumberOfNodesByClass("vtkMRMLModelNode") == 0
    with pytest.raises(SkullRestoreError, match="scene was closed"):
        session.start_restoration()


def test_a_case_without_its_points_says_what_to_do_and_what_it_held_is_freed_when_the_scene_is_closed():
    app = Application()
    session = opened(app, head())
    session.start_restoration(FAST)
    session.finish()
    app.scene.RemoveNode(session.points_node)
    with pytest.raises(SkullRestoreError, match="deleted from the scene"):
        session.reset_points()
    kept = [weakref.ref(session._segmented.bone.field), weakref.ref(session._design), weakref.ref(session._made)]
    app.scene.Clear(False)
    gc.collect()
    assert [ref() for ref in kept] == [None, None, None]
