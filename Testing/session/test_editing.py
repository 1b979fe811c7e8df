"""What a session shows, and what the user edits: by program, with the mouse, undone; defects that were missed."""

import time

import numpy as np
import pytest
from helpers_scene import Application, ViewSlice, markup_positions
from helpers_session import bilateral_head, open_session, surface_middle, surface_vertices

from SkullRestoreLib.errors import InputError
from SkullRestoreLib.records import LOW_CONFIDENCE
from SkullRestoreLib.scene import bone_nodes, case_node
from SkullRestoreLib.settings import Settings

# --- what a restoration shows


def test_after_a_run_everything_is_in_the_scene(session, shared):
    case = session.case_node
    rows = session.defect_rows
    assert [r.number for r in rows] == [1, 2]
    assert {r.side for r in rows} == {"left", "right"}
    for row, hole in zip(rows, bilateral_head().holes, strict=True):
        assert row.area_cm2 == pytest.approx(hole.area_cm2, rel=0.15)
        assert row.points >= 20
    assert set(case_node.nodes_for_prefix(case, "surface")) == {1, 2}
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
    session.centre_on_defect(1)
    shown = view.picture()
    for number in (1, 2):
        session.set_defect_enabled(number, False)
    changed = np.abs(view.picture().astype(int) - shown).max(axis=2) > 12
    assert changed[200:400, 250:450].mean() > 0.05


def test_the_surface_is_seen_as_a_line_in_the_slices(session, shared):
    cut = ViewSlice(shared, name="Yellow")
    cut.logic.GetSliceCompositeNode().SetBackgroundVolumeID(session.source_node.GetID())
    cut.logic.FitSliceToAll()
    session.centre_on_defect(1)
    shown = cut.picture()
    session.set_defect_enabled(1, False)
    assert 20 < (np.abs(cut.picture().astype(int) - shown).max(axis=2) > 30).sum() < 20_000


# --- editing by program


def test_a_point_lifted_off_the_bone_takes_the_surface_with_it_and_is_marked(session):
    session.set_snapping(False)
    before, place = surface_vertices(session), session.points[0].position
    _, out = surface_middle(session)
    session.move_point(0, place + 3 * out)
    assert session.moved_point_count == 1
    assert session.defect_rows[session.points[0].defect - 1].moved == 1
    assert session.points_node.GetNthControlPointLabel(0) == "moved"
    after = surface_vertices(session, session.points[0].defect)
    if session.points[0].defect == 1:
        assert np.abs(after - before).max() > 1
    gap = np.linalg.norm(after - session.points[0].position, axis=1).min()
    assert gap < 2.5


def test_undo_and_redo_bring_back_points_and_surface_exactly(session):
    session.set_snapping(False)
    before, places = surface_vertices(session), markup_positions(session.points_node)
    centre, out = surface_middle(session)
    session.add_point(centre + 4 * out)
    lifted = surface_vertices(session)
    assert np.linalg.norm(lifted - before, axis=1).max() > 3
    session.undo()
    np.testing.assert_allclose(surface_vertices(session), before, atol=1e-9)
    np.testing.assert_allclose(markup_positions(session.points_node), places, atol=1e-9)
    session.redo()
    np.testing.assert_allclose(surface_vertices(session), lifted, atol=1e-9)
    assert session.history.can_undo
    assert not session.history.can_redo


def test_a_point_moved_with_snapping_lies_on_the_outer_table(session):
    session.set_snapping(True)
    place, normal = session.points[0].position, session.points[0].normal
    outwards = (
        place - session.pose.head_to_ras[:3, 3]
    )  # along the ray: along the normal it might come to lie over the hole
    session.move_point(0, place + 5 * outwards / np.linalg.norm(outwards))
    assert np.linalg.norm(session.points[0].position - place) < 2.5
    assert abs((session.points[0].position - place) @ normal) < 0.5


def test_a_point_back_where_the_program_placed_it_counts_as_not_moved(session):
    session.set_snapping(False)
    place = session.points[0].position.copy()
    session.move_point(0, place + 2.0)
    session.move_point(0, place)
    assert session.moved_point_count == 0


def test_points_are_deleted_and_reset_one_by_one_and_all_together(session):
    session.set_snapping(False)
    count, places = len(session.points), markup_positions(session.points_node)
    session.move_point(1, places[1] + 2.0)
    session.move_point(2, places[2] + 2.0)
    session.reset_points([1])
    assert session.moved_point_count == 1
    session.remove_point(0)
    assert len(session.points) == session.points_node.GetNumberOfControlPoints() == count - 1
    session.reset_points()
    np.testing.assert_allclose(markup_positions(session.points_node), places, atol=1e-9)
    assert session.moved_point_count == 0


def test_a_point_on_the_zygomatic_arch_is_coloured_as_uncertain(session):
    session.set_snapping(False)
    place, normal = session.points[0].position, session.points[0].normal
    session.move_point(0, place + 14 * normal)
    assert session.points[0].confidence < LOW_CONFIDENCE
    assert not session.points_node.GetNthControlPointSelected(0)
    assert session.defect_rows[session.points[0].defect - 1].uncertain >= 1


def test_a_point_far_from_every_defect_is_left_out_and_that_is_reported(session):
    before = len(session.points)
    session.add_point(session.pose.head_to_ras[:3, 3] + np.array([0.0, 0.0, 130.0]))
    assert len(session.points) == before
    assert "far from every defect" in session.message


def test_another_number_of_points_keeps_those_that_the_user_touched(session):
    session.set_snapping(False)
    place = session.points[0].position + 2.0
    session.move_point(0, place)
    session.set_point_count(12)
    assert len(session.points) < 30
    assert session.moved_point_count == 1
    assert min(np.linalg.norm(p.position - place) for p in session.points) < 1e-6
    session.settings = session.settings.with_changes(points=24)


def test_a_fuller_surface_is_higher_over_the_defect_and_undo_brings_the_most_likely_one_back(session):
    before, (_, out) = surface_vertices(session), surface_middle(session)
    session.set_fullness(1.0)
    raised = (surface_vertices(session) - before) @ out
    assert raised.max() > 0.1
    assert raised.min() > -0.05
    assert (session.fullness, session.settings.fullness, session.used.fullness) == (1.0, 1.0, 1.0)
    assert "Fuller surface: 84 % of heads are flatter here." in session.warnings
    assert session.stale.surface == ()
    session.undo()
    assert (session.fullness, session.settings.fullness) == (0.0, 0.0)
    np.testing.assert_array_equal(surface_vertices(session), before)
    session.redo()
    assert session.fullness == 1.0


def test_a_fullness_out_of_range_is_refused_and_the_same_one_is_no_edit(session):
    with pytest.raises(InputError, match="Fullness must be -2 to 2"):
        session.set_fullness(3.0)
    could_undo = session.can_undo
    session.set_fullness(session.fullness)
    assert session.can_undo == could_undo


def test_a_defect_is_switched_off_and_on_again(session):
    session.set_defect_enabled(2, False)
    assert [r.is_enabled for r in session.defect_rows] == [True, False]
    assert not session.case_node.GetNodeReference("surface2").GetDisplayNode().GetVisibility()
    hidden = [
        session.points_node.GetNthControlPointVisibility(n) for n, p in enumerate(session.points) if p.defect == 2
    ]
    assert not any(hidden)
    session.undo()
    assert session.case_node.GetNodeReference("surface2").GetDisplayNode().GetVisibility()


# --- editing with the mouse and in the scene


def test_a_point_dragged_with_the_mouse_takes_the_surface_along_and_undo_brings_all_back(session, view):
    session.set_snapping(False)
    session.centre_on_defect(1)
    centre, out = surface_middle(session)
    session.add_point(centre)
    index = len(session.points) - 1
    before, picture = surface_vertices(session), view.picture()
    # seen from the side, so that a drag in the picture lifts the point off the skull
    camera = view.camera
    side = np.cross(out, [0.0, 0.0, 1.0])
    camera.SetPosition(*(centre + 380 * side / np.linalg.norm(side)))
    camera.SetFocalPoint(*centre)
    camera.ResetClippingRange()
    view.picture()
    start, up = view.display(centre), view.display(centre + 6 * out)
    seen = []
    view.drag(start, up, between=lambda: seen.append(np.abs(surface_vertices(session) - before).max()))
    assert seen[-1] > 2
    assert seen == sorted(seen)
    lifted = surface_vertices(session)
    assert np.linalg.norm(markup_positions(session.points_node)[index] - centre) == pytest.approx(6, abs=1.5)
    assert np.linalg.norm(lifted - markup_positions(session.points_node)[index], axis=1).min() < 1.5
    session.undo()
    np.testing.assert_allclose(surface_vertices(session), before, atol=1e-9)
    session.centre_on_defect(1)
    assert (np.abs(view.picture().astype(int) - picture).max(axis=2) > 12).mean() < 0.01


def test_one_drag_is_one_step_of_the_history(session, view):
    session.centre_on_defect(1)
    view.picture()
    shown = [n for n, p in enumerate(session.points) if p.defect == 1]
    start = view.display(session.points[shown[0]].position)
    view.drag(start, start + np.array((12, 8)), steps=8)
    assert session.moved_point_count == 1
    session.undo()
    assert session.moved_point_count == 0
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
    moved = markup_positions(session.points_node)[index] - place
    assert np.linalg.norm(moved[:2]) > 3
    assert abs(moved[2]) < 0.5
    assert session.moved_point_count == 1


def test_points_added_and_deleted_in_the_scene_are_taken_up(session):
    node, count = session.points_node, len(session.points)
    centre, _ = surface_middle(session, 2)
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
    assert session.moved_point_count == 1
    assert session.history.can_undo


def test_several_events_before_the_next_turn_of_the_event_loop_make_one_update(session, monkeypatch):
    waiting = []
    monkeypatch.setattr(session.edits.observer, "schedule", waiting.append)
    session.set_snapping(False)
    for shift in (0.5, 1.0, 1.5):
        session.points_node.SetNthControlPointPositionWorld(0, *(session.points[0].position + shift))
    assert len(waiting) == 1
    assert session.moved_point_count == 0
    waiting.pop()()
    assert session.moved_point_count == 1


def test_the_surface_follows_a_dragged_point_within_50_ms(session):
    """The best of several updates on this machine; the documented figure is for a defect of 150 cm².

    Its own time is measured: what other programs take of a busy computer is not the session's.
    """
    centre, out = surface_middle(session)
    session.set_snapping(False)
    session.add_point(centre)
    node, index = session.points_node, len(session.points) - 1
    node.InvokeEvent(node.PointStartInteractionEvent)
    times = []
    for n in range(8):
        since = time.process_time()
        node.SetNthControlPointPositionWorld(index, *(centre + (0.5 + 0.2 * n) * out))
        times.append(time.process_time() - since)
    node.InvokeEvent(node.PointEndInteractionEvent)
    assert min(times) < 0.05


# --- missed defects


@pytest.fixture(scope="module")
def blind():
    """A session that found nothing, because it looked for larger holes."""
    app = Application()
    session = open_session(app, bilateral_head())
    session.start_restoration(Settings(level=5, min_area_cm2=100))
    session.wait_until_done()
    return session


@pytest.mark.slow
def test_a_missed_defect_is_added_by_points_around_it(blind):
    made, session = bilateral_head(), blind
    assert session.defect_rows == []
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
    session.start_adding_missed_defect()
    session.wait_until_done()
    (row,) = session.defect_rows
    assert row.area_cm2 == pytest.approx(hole.area_cm2, rel=0.15)
    assert row.points >= 12
    assert outline.GetNumberOfControlPoints() == 0
    session.undo()
    assert session.defect_rows == []


@pytest.mark.slow
def test_a_missed_defect_is_added_by_painting_and_sound_bone_is_refused(blind, tmp_path):
    from SkullRestoreLib._system.progress import run_to_end
    from SkullRestoreLib.pipeline import saved_case
    from SkullRestoreLib.records import Bone

    made, session = bilateral_head(), blind
    paint = session.case_node.GetScene().AddNewNodeByClass("vtkMRMLSegmentationNode", "Painted")
    mask = made.missing == 2
    bone_nodes.show_bone(paint, Bone(mask.astype(np.uint8), 0.5, mask, made.ijk_to_ras))
    session.start_adding_missed_defect(paint)
    session.wait_until_done()
    assert session.defect_rows[0].area_cm2 == pytest.approx(made.holes[1].area_cm2, rel=0.15)
    session.start_export(tmp_path / "out")
    session.wait_until_done()
    again = run_to_end(saved_case.load_steps(tmp_path / "out"))  # it was added by hand, and the case holds it
    assert [defect.number for defect in again.defects] == [row.number for row in session.defect_rows]
    assert len(again.points) == len(session.points)
    assert again.defects[0].area_cm2 == pytest.approx(session.defect_rows[0].area_cm2, rel=0.01)
    sound = np.zeros_like(mask)
    top = np.argwhere(made.ct > 700)[-1]
    sound[top[0] - 2 : top[0] + 1, top[1] - 2 : top[1] + 3, top[2] - 2 : top[2] + 3] = True
    bone_nodes.show_bone(paint, Bone(sound.astype(np.uint8), 0.5, sound, made.ijk_to_ras))
    session.start_adding_missed_defect(paint)
    with pytest.raises(InputError, match="No bone is missing"):
        session.wait_until_done()
    assert len(session.defect_rows) == 1
    session.undo()


def test_the_points_of_an_outline_carry_no_labels_also_where_the_application_gives_lists_a_display_of_its_own(blind):
    scene, made = blind.case_node.GetScene(), []

    def as_an_application_does(_scene, _event):
        lists = [
            scene.GetNthNodeByClass(n, "vtkMRMLMarkupsFiducialNode")
            for n in range(scene.GetNumberOfNodesByClass("vtkMRMLMarkupsFiducialNode"))
        ]
        for one in lists:
            if one.GetDisplayNode() is None:
                made.append(one.CreateDefaultDisplayNodes())

    tag = scene.AddObserver(scene.NodeAddedEvent, as_an_application_does)
    case_node.remove_role_node(blind.case_node, "outline")
    node = blind.outline_node()
    scene.RemoveObserver(tag)
    assert made
    node.AddControlPointWorld(0, 0, 0)
    assert node.GetNthControlPointLabel(0) == ""
    node.RemoveAllControlPoints()


def test_an_outline_needs_three_points(session):
    session.outline_node().AddControlPointWorld(0, 0, 0)
    with pytest.raises(InputError, match="at least 3 points"):
        session.start_adding_missed_defect()
    session.outline_node().RemoveAllControlPoints()


# --- the point that Delete and Reset apply to


def selected_place(session):
    """Where the star is that marks the point; None where it marks none."""
    node = session.case_node.GetNodeReference("selected")
    places = markup_positions(node) if node is not None else np.zeros((0, 3))
    return places[0] if len(places) else None


def test_the_last_point_is_the_one_that_was_placed_last_and_it_is_marked(session):
    """Row "Add points twice, Delete last point": the point that was dragged earlier was deleted."""
    session.set_snapping(False)
    node = session.points_node
    node.InvokeEvent(node.PointStartInteractionEvent)
    node.SetNthControlPointPositionWorld(0, *(session.points[0].position + 2.0))
    node.InvokeEvent(node.PointEndInteractionEvent)
    assert session.selected_point_index == 0
    centre, out = surface_middle(session)
    side = np.cross(out, [0.0, 0.0, 1.0])
    first, second = centre, centre + 6 * side
    count = len(session.points)
    node.AddControlPointWorld(*first)
    node.AddControlPointWorld(*second)
    assert session.selected_point_index == count + 1
    np.testing.assert_allclose(selected_place(session), second, atol=1e-6)
    session.remove_point(session.selected_point_index)
    assert len(session.points) == count + 1
    np.testing.assert_allclose(selected_place(session), first, atol=1e-6)
    session.remove_point(session.selected_point_index)
    assert len(session.points) == count
    session.undo()
    np.testing.assert_allclose(selected_place(session), first, atol=1e-6), "undo brings it back as the last one"
    session.undo()
    np.testing.assert_allclose(selected_place(session), second, atol=1e-6)


def test_the_star_follows_a_drag_and_does_not_stand_in_the_way_of_the_next_one(session, view):
    session.set_snapping(False)
    session.centre_on_defect(1)
    view.picture()
    index = next(n for n, p in enumerate(session.points) if p.defect == 1)
    for _ in range(2):
        start = view.display(session.points[index].position)
        view.drag(start, start + np.array((14, 10)), steps=4)
        view.picture()
        np.testing.assert_allclose(selected_place(session), session.points[index].position, atol=1e-6)
    for _ in range(2):  # one step for each drag
        session.undo()
    assert not session.can_undo
