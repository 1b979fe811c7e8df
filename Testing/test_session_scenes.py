"""A session and its scene: saved and taken up again, inside a transform, closed in mid-work, freed."""

import gc
import time
import weakref

import numpy as np
import pytest
from helpers_head import head, turn_of
from helpers_scene import Application, ras_of
from helpers_session import FAST, middle, opened, surface, two

from SkullRestoreLib.case import SkullRestoreError
from SkullRestoreLib.scene import case_node
from SkullRestoreLib.scene.geometry import vtk_matrix
from SkullRestoreLib.session import Session


def test_a_saved_scene_is_taken_up_again_with_the_edits_and_the_results(tmp_path):
    app, made = Application(), two()
    session = opened(app, made)
    session.start_restoration(FAST)
    session.finish()
    session.set_snapping(False)
    centre, out = middle(session)
    session.add_point(centre + 3 * out)
    session.switch(2, False)
    before, places, rows = surface(session), ras_of(session.points_node), session.rows
    session.start_implants()
    session.finish()
    session.start_comparison(app.volume(made.intact, made.ijk_to_ras, "Before"))
    session.finish()
    bodies, compared = session.implant_rows, session.comparison_rows
    assert (len(bodies), len(compared)) == (1, 1)
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
    assert again.implant_rows == bodies
    assert again.comparison_rows == compared
    again.foreground("implant")
    assert again.case.GetNodeReference("implant1").GetDisplayNode().GetVisibility3D()
    again.reset_points()
    assert np.linalg.norm(surface(again) - before, axis=1).max() > 2
    assert not again.implant_rows, "an edit makes them those of another surface"
    assert not again.comparison_rows
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
