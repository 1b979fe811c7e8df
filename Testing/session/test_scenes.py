"""A session and its scene: saved and resumed, under a transform, closed while work runs, freed."""

import gc
import time
import weakref

import numpy as np
import pytest
from helpers_head import phantom_head, rotation_about_axes
from helpers_scene import Application, markup_positions
from helpers_session import FAST, bilateral_head, open_session, surface_middle, surface_vertices

from SkullRestoreLib.errors import SkullRestoreError
from SkullRestoreLib.scene import case_node
from SkullRestoreLib.scene.geometry import matrix_to_vtk
from SkullRestoreLib.session import Session
from SkullRestoreLib.session.persistence import MAX_OWN_PICTURES, MAX_PICTURE_BYTES


def test_a_saved_scene_is_resumed_with_the_edits_and_the_results(tmp_path):
    app, made = Application(), bilateral_head()
    session = open_session(app, made)
    session.start_restoration(FAST)
    session.wait_until_done()
    session.set_snapping(False)
    centre, out = surface_middle(session)
    session.add_point(centre + 3 * out)
    session.set_defect_enabled(2, False)
    before, places, rows = surface_vertices(session), markup_positions(session.points_node), session.defect_rows
    session.start_implant_design()
    session.wait_until_done()
    session.start_comparison(app.volume(made.intact, made.ijk_to_ras, "Before"))
    session.wait_until_done()
    bodies, compared = session.implant_rows, session.comparison_rows
    assert (len(bodies), len(compared)) == (1, 1)
    file = tmp_path / "case.mrb"
    assert app.scene.WriteToMRB(str(file))
    app.load(file)
    assert session.is_closed
    (case,) = case_node.case_nodes(app.scene)
    again = Session(app.scene, case.GetNodeReference("input"))
    assert again.can_resume
    assert not again.is_restored
    again.start_resume()
    again.wait_until_done()
    assert [(r.number, r.is_enabled, r.moved, r.points) for r in again.defect_rows] == [
        (r.number, r.is_enabled, r.moved, r.points) for r in rows
    ]
    assert again.settings.level == 5
    np.testing.assert_allclose(markup_positions(again.points_node), places, atol=1e-4)
    # the file keeps six digits of a position: a vertex of the border may move to the next crossing with the bone
    off = np.linalg.norm(surface_vertices(again) - before, axis=1)
    assert np.quantile(off, 0.99) < 0.02
    assert off.max() < 0.5
    assert again.implant_rows == bodies
    assert again.comparison_rows == compared
    again.bring_to_front("implant")
    assert again.case_node.GetNodeReference("implant1").GetDisplayNode().GetVisibility3D()
    again.reset_points()
    assert np.linalg.norm(surface_vertices(again) - before, axis=1).max() > 2
    assert not again.implant_rows, "an edit makes them those of another surface"
    assert not again.comparison_rows
    again.close()


def noise(height, width, seed):
    """A picture that JPEG cannot make small."""
    return np.random.default_rng(seed).integers(0, 255, (height, width, 3), dtype=np.uint8)


def test_the_users_own_pictures_come_back_with_a_saved_scene(tmp_path):
    app = Application()
    session = open_session(app, phantom_head())
    smooth = np.stack(np.broadcast_arrays(np.arange(240)[:, None], np.arange(200), 90), axis=-1).astype(np.uint8)
    large = noise(1500, 2000, 1)
    session.aids.keep_picture(smooth)
    for _ in range(MAX_OWN_PICTURES - 1):
        session.aids.keep_picture(large)
    file = tmp_path / "case.mrb"
    assert app.scene.WriteToMRB(str(file))
    values = session.case_node.GetParameter(case_node.PICTURES_KEY)
    assert len(values) < MAX_OWN_PICTURES * 1.4 * MAX_PICTURE_BYTES
    assert "Head CT" not in values, "pixels alone"
    app.load(file)
    (case,) = case_node.case_nodes(app.scene)
    again = Session(app.scene, case.GetNodeReference("input"))
    pictures = again.aids.own_pictures
    assert len(pictures) == MAX_OWN_PICTURES
    assert pictures[0].shape == smooth.shape
    assert np.abs(pictures[0].astype(int) - smooth).max() < 12, "JPEG changes a little"
    height, width = pictures[1].shape[:2]
    assert height < 1500, "a large picture is saved smaller"
    assert width / height == pytest.approx(2000 / 1500, rel=0.01)
    again.aids.drop_pictures()
    assert Session(app.scene, case.GetNodeReference("input")).aids.own_pictures == []
    again.close()


def test_saved_pictures_of_another_input_or_that_are_damaged_are_left_out_and_the_user_learns_it():
    app = Application()
    session = open_session(app, phantom_head())
    source, case = session.source_node, session.case_node
    session.aids.keep_picture(noise(20, 30, 2))
    session.aids.keep_picture(noise(20, 30, 3))
    session.close()
    values = case_node.load_values(case, case_node.PICTURES_KEY)
    bad = {"damaged": values["jpeg"][1][:200], "no picture": "aGVsbG8=", "no text": 7, "huge": "A" * 900_000}
    for name, image in bad.items():
        case_node.save_values(case, values | {"jpeg": [values["jpeg"][0], image]}, case_node.PICTURES_KEY)
        opened = Session(app.scene, source)
        assert [picture.shape for picture in opened.aids.own_pictures] == [(20, 30, 3)], name
        assert opened.message.startswith("1 of the saved pictures of your views cannot be used"), name
        assert opened.message_topic == "views"
        opened.close()
    case_node.save_values(case, values, case_node.PICTURES_KEY)
    values_of_scan = source.GetImageData().GetPointData().GetScalars()
    values_of_scan.SetTuple1(0, values_of_scan.GetTuple1(0) + 100)  # another scan
    opened = Session(app.scene, source)
    assert opened.aids.own_pictures == []
    assert opened.message.startswith("2 of the saved pictures")
    opened.close()


@pytest.mark.slow
def test_a_volume_inside_a_transform_is_restored_where_it_is_seen():
    app, made = Application(), bilateral_head()
    turn = rotation_about_axes((5, -10, 30))
    turn[:3, 3] = (20, 30, -10)
    volume = app.volume(made.ct, made.ijk_to_ras)
    parent = app.scene.AddNewNodeByClass("vtkMRMLLinearTransformNode", "Aligned")
    parent.SetMatrixTransformToParent(matrix_to_vtk(turn))
    volume.SetAndObserveTransformNodeID(parent.GetID())
    session = Session(app.scene, volume)
    session.start_restoration(FAST)
    session.wait_until_done()
    hole = np.argwhere(made.missing == 1)[:, ::-1].mean(axis=0)
    place = turn @ made.ijk_to_ras @ [*hole, 1]
    assert np.linalg.norm(surface_vertices(session).mean(axis=0) - place[:3]) < 12
    session.close()


@pytest.mark.slow
@pytest.mark.usefixtures("nothing_is_remembered")
def test_a_scene_that_is_closed_while_work_runs_ends_the_session_quietly():
    app = Application()
    session = open_session(app, phantom_head())
    session.start_restoration(FAST)
    session.poll(0.5)
    app.scene.Clear(False)
    assert session.is_closed
    assert session.poll(0.1) is False
    time.sleep(0.5)
    assert app.scene.GetNumberOfNodesByClass("vtkMRMLModelNode") == 0
    with pytest.raises(SkullRestoreError, match="scene was closed"):
        session.start_restoration()


def test_a_case_without_its_points_says_what_to_do_and_what_it_held_is_freed_when_the_scene_is_closed():
    app = Application()
    session = open_session(app, phantom_head())
    session.start_restoration(FAST)
    session.wait_until_done()
    app.scene.RemoveNode(session.points_node)
    with pytest.raises(SkullRestoreError, match="deleted from the scene"):
        session.reset_points()
    kept = [
        weakref.ref(session.segmented.bone.field),
        weakref.ref(session.edits.state),
        weakref.ref(session.edits.reconstruction),
    ]
    app.scene.Clear(False)
    gc.collect()
    assert [ref() for ref in kept] == [None, None, None]
