"""A session's input, its bone, and the work in the background: told, cancelled, refused."""

import threading
import time

import numpy as np
import pytest
from helpers_head import head
from helpers_session import FAST, opened

from SkullRestoreLib.case import InputError, SkullRestoreError
from SkullRestoreLib.scene import models, skull
from SkullRestoreLib.session import Session
from SkullRestoreLib.session.job import Job


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


def with_block_in_the_hole(made, hu):
    """The head's CT with a block of 3 x 3 x 3 voxels in the middle of its hole."""
    hole = np.argwhere(made.missing > 0)
    at = hole[np.linalg.norm(hole - hole.mean(axis=0), axis=1).argmin()]
    ct = made.ct.copy()
    ct[at[0] - 1 : at[0] + 2, at[1] - 1 : at[1] + 2, at[2] - 1 : at[2] + 2] = hu
    return ct, made.ijk_to_ras[:3, :3] @ at[::-1] + made.ijk_to_ras[:3, 3]


def test_metal_is_shown_apart_in_space_and_said(app):
    made = head("parietal", 7.0)
    ct, place = with_block_in_the_hole(made, 3071)
    session = Session(app.scene, app.volume(ct, made.ijk_to_ras, "Plate"))
    session.start_segmentation()
    session.finish()
    assert any("metal" in w for w in session.warnings)
    node = session.bone_node
    bounds = [0.0] * 6
    node.GetClosedSurfaceInternalRepresentation("Metal").GetBounds(bounds)
    np.testing.assert_allclose(np.array(bounds).reshape(3, 2).mean(axis=1), place, atol=1)
    assert node.GetDisplayNode().GetSegmentVisibility3D("Metal")
    assert not skull.bone_mask(node, ct.shape, made.ijk_to_ras)[ct == 3071].any()
    session.close()


def test_a_bone_island_in_the_hole_is_listed_seen_and_removed_by_one_call(app):
    made = head("parietal", 7.0)
    ct, place = with_block_in_the_hole(made, 900)
    slice_node = app.scene.AddNewNodeByClass("vtkMRMLSliceNode", "Red")
    session = Session(app.scene, app.volume(ct, made.ijk_to_ras, "New bone"))
    session.start_restoration(FAST)
    session.finish()
    island, defect = session.islands[0]
    assert defect == 1
    assert island.volume_ml == pytest.approx(27 * 8 / 1000, rel=0.3)
    session.centre_on_island(island)
    assert np.linalg.norm([slice_node.GetSliceToRAS().GetElement(i, 3) for i in range(3)] - place) < 2
    session.start_removal_from_defects()
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
