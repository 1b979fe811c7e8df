"""A session's input, its bone, and the work in the background: reported, cancelled, refused."""

import threading
import time

import numpy as np
import pytest
from helpers_head import phantom_head
from helpers_session import FAST, open_session, with_block_in_the_hole

from SkullRestoreLib.errors import InputError, SkullRestoreError
from SkullRestoreLib.scene import bone_nodes, models
from SkullRestoreLib.session import Session
from SkullRestoreLib.session.background import BackgroundJob


def test_findings_of_the_input_are_there_at_once_in_plain_words(app):
    session = open_session(app, phantom_head(), name="Another")
    assert any("79 slices, voxels of 2.00 × 2.00 × 2.00 mm" in f for f in session.findings)
    session.close()


def test_an_input_that_cannot_be_used_is_refused_before_anything_is_made(app):
    before = app.scene.GetNumberOfNodes()
    node = app.scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "Empty")
    with pytest.raises(InputError, match="is empty"):
        Session(app.scene, node)
    app.scene.RemoveNode(node)
    assert app.scene.GetNumberOfNodes() == before


def test_bone_is_segmented_at_a_threshold_and_shown(app):
    session = open_session(app, phantom_head(), name="Bone only")
    session.start_segmentation(450)
    session.wait_until_done()
    assert session.is_segmented
    assert not session.is_restored
    assert session.suggested_threshold() == 450
    mask = bone_nodes.bone_mask_from_node(session.bone_node, phantom_head().ct.shape, phantom_head().ijk_to_ras)
    assert 0 < mask.sum() <= (phantom_head().ct >= 450).sum()
    assert session.bone_node.GetDisplayNode().GetVisibility3D()
    session.close()


@pytest.mark.slow
def test_what_was_erased_in_the_bone_segment_is_missing_in_the_restoration(app):
    """As in Segment Editor: the segment's voxels are changed behind the session's back."""
    made = phantom_head("parietal", 7.0)
    session = open_session(app, made, name="Edited")
    session.start_segmentation()
    session.wait_until_done()
    bone = session.segmented.bone
    turn = made.head_to_ras[:3, :3]
    places = np.argwhere(bone.mask)[:, ::-1] @ made.ijk_to_ras[:3, :3].T + made.ijk_to_ras[:3, 3]
    local = (places - made.head_to_ras[:3, 3]) @ turn
    other_side = np.array([-np.sign(made.holes[0].centre[0]) * 0.9, -0.2, 0.6])
    away = np.degrees(np.arccos(local @ (other_side / np.linalg.norm(other_side)) / np.linalg.norm(local, axis=1)))
    mask = bone.mask.copy()
    mask[tuple(np.argwhere(bone.mask)[away < 15].T)] = False
    from dataclasses import replace

    bone_nodes.show_bone(session.bone_node, replace(bone, mask=mask), reference=session.source_node)
    session.start_restoration(FAST)
    session.wait_until_done()
    assert len(session.defect_rows) == 2
    assert any("Bone edited by hand" in said for said in session.notes)
    session.close()


def test_metal_is_shown_apart_in_3d_and_reported(app):
    made = phantom_head("parietal", 7.0)
    ct, place = with_block_in_the_hole(made, 3071)
    session = Session(app.scene, app.volume(ct, made.ijk_to_ras, "Plate"))
    session.start_segmentation()
    session.wait_until_done()
    assert any("metal" in w for w in session.warnings)
    node = session.bone_node
    bounds = [0.0] * 6
    node.GetClosedSurfaceInternalRepresentation("Metal").GetBounds(bounds)
    np.testing.assert_allclose(np.array(bounds).reshape(3, 2).mean(axis=1), place, atol=1)
    assert node.GetDisplayNode().GetSegmentVisibility3D("Metal")
    assert not bone_nodes.bone_mask_from_node(node, ct.shape, made.ijk_to_ras)[ct == 3071].any()
    session.close()


@pytest.mark.slow
def test_a_bone_island_in_the_hole_is_listed_seen_and_removed_by_one_call(app):
    made = phantom_head("parietal", 7.0)
    ct, place = with_block_in_the_hole(made, 900)
    slice_node = app.scene.AddNewNodeByClass("vtkMRMLSliceNode", "Red")
    session = Session(app.scene, app.volume(ct, made.ijk_to_ras, "New bone"))
    session.start_restoration(FAST)
    session.wait_until_done()
    island, defect = session.islands[0]
    assert defect == 1
    assert island.volume_ml == pytest.approx(27 * 8 / 1000, rel=0.3)
    session.centre_on_island(island)
    assert np.linalg.norm([slice_node.GetSliceToRAS().GetElement(i, 3) for i in range(3)] - place) < 2
    session.start_defect_island_removal()
    session.wait_until_done()
    while session.is_busy:
        session.wait_until_done()
    assert all(one.voxels != island.voxels for one, _ in session.islands)
    assert len(session.defect_rows) == 1
    session.close()


def test_the_threshold_preview_is_gone_when_the_bone_is_segmented(app):
    session = open_session(app, phantom_head(), name="Preview")
    volumes = app.scene.GetNumberOfNodesByClass("vtkMRMLScalarVolumeNode")
    session.show_threshold_preview(300)
    assert app.scene.GetNumberOfNodesByClass("vtkMRMLScalarVolumeNode") == volumes + 1
    session.start_segmentation(300)
    assert app.scene.GetNumberOfNodesByClass("vtkMRMLScalarVolumeNode") == volumes
    session.cancel()
    session.close()


@pytest.mark.slow
def test_a_segmentation_and_a_model_can_be_the_input_too(app):
    from SkullRestoreLib.geometry import surface_mesh
    from SkullRestoreLib.records import Bone

    made = phantom_head("parietal", 7.0)
    mask = made.ct >= 400
    node = app.scene.AddNewNodeByClass("vtkMRMLSegmentationNode", "Ready bone")
    bone_nodes.show_bone(node, Bone(mask.astype(np.uint8), 0.5, mask, made.ijk_to_ras))
    model = app.scene.AddNewNodeByClass("vtkMRMLModelNode", "Ready skull")
    models.show_mesh(model, surface_mesh.extract_surface(mask.astype(np.uint8), 0.5, made.ijk_to_ras))
    for source in (node, model):
        session = Session(app.scene, source)
        session.start_segmentation()
        session.wait_until_done()
        bone = session.segmented.bone
        litres = bone.mask.sum() * abs(np.linalg.det(bone.ijk_to_ras[:3, :3]))
        assert litres == pytest.approx(mask.sum() * abs(np.linalg.det(made.ijk_to_ras[:3, :3])), rel=0.1)
        assert session.suggested_threshold() is None
        session.close()


# --- the work in the background


@pytest.mark.slow
@pytest.mark.usefixtures("nothing_is_remembered")
def test_steps_are_reported_by_name_while_they_run(app):
    session = open_session(app, phantom_head(), name="Steps")
    session.start_restoration(FAST)
    reported = set()
    while session.poll(0.01):
        reported.add(session.job.step)
        assert 0 <= session.job.fraction <= 1
    assert {"find the head", "trace the rays"} <= reported
    session.close()


@pytest.mark.slow
@pytest.mark.usefixtures("nothing_is_remembered")
def test_cancel_works_at_once_and_leaves_what_was_there(app):
    session = open_session(app, phantom_head(), name="Cancelled")
    session.start_segmentation()
    session.wait_until_done()
    nodes = app.scene.GetNumberOfNodes()
    session.start_restoration(FAST)
    session.poll(0.3)
    since = time.perf_counter()
    session.cancel()
    assert time.perf_counter() - since < 0.2
    assert not session.is_busy
    assert session.poll(0.5) is False
    assert app.scene.GetNumberOfNodes() == nodes
    assert not session.is_restored
    session.start_segmentation()
    session.wait_until_done()  # it can be used at once
    session.close()


@pytest.mark.usefixtures("nothing_is_remembered")
def test_a_second_run_is_refused_while_one_is_going_on(app):
    session = open_session(app, phantom_head(), name="Busy")
    session.start_segmentation()
    with pytest.raises(SkullRestoreError, match="still running"):
        session.start_restoration()
    session.cancel()
    session.close()


def test_an_error_in_the_background_is_raised_on_the_main_thread(app):
    made = phantom_head()
    session = Session(
        app.scene, app.volume(np.where(made.ct > 100, 100, made.ct).astype(np.int16), made.ijk_to_ras, "No bone")
    )
    session.start_restoration(FAST)
    with pytest.raises(InputError, match="no bone"):
        session.wait_until_done()
    assert not session.is_busy
    session.close()


def test_a_cancelled_job_stops_before_its_next_step():
    reached, go = [], threading.Event()

    def steps():
        for n in range(3):
            yield f"step {n}", n / 3
            reached.append(n)
            go.wait(5)
        return "result"

    job = BackgroundJob("Test", steps())
    job.wait(0.2)
    job.cancel()
    go.set()
    assert job.wait(2)
    assert job.result is None
    assert reached == [0]


# --- a model as the input


def test_a_model_is_hidden_behind_the_voxels_that_are_worked_on_and_the_slices_show_them(app):
    from helpers_scene import ViewSlice

    from SkullRestoreLib.geometry import surface_mesh
    from SkullRestoreLib.records import Bone, Volume
    from SkullRestoreLib.scene import case_node
    from SkullRestoreLib.session.presenter import CasePresenter
    from SkullRestoreLib.session.task_records import SegmentedSkull

    mask = np.zeros((40, 50, 60), bool)
    mask[5:35, 5:45, 5:55] = True
    mask[10:30, 10:40, 10:50] = False
    place = np.diag([4.0, 4.0, 4.0, 1.0])
    skull = surface_mesh.extract_surface(mask.astype(np.uint8), 0.5, place)
    view, model = ViewSlice(app), app.scene.AddNewNodeByClass("vtkMRMLModelNode", "Skull as a model")
    models.show_mesh(model, skull)
    voxels, bone = Volume(mask, place, "mask"), Bone(mask.astype(np.uint8), 0.5, mask, place)
    presenter = CasePresenter(case_node.create_case_node(app.scene, model))
    assert model.GetDisplayNode().GetVisibility()
    presenter.show_bone(SegmentedSkull(skull, voxels, bone, skull, None, ()))
    assert not model.GetDisplayNode().GetVisibility(), "its surface is where that of the bone is"
    shown = view.logic.GetSliceCompositeNode().GetBackgroundVolumeID()
    assert shown is not None
    assert not app.scene.GetNodeByID(shown).GetSaveWithScene()
    view.node.JumpSliceByCentering(120.0, 100.0, 80.0)
    view.logic.FitSliceToAll()
    bright = (view.picture().min(axis=2) > 100).sum()
    assert 1500 < bright < 0.9 * view.picture()[..., 0].size, "bone is seen in the slice, and is not everywhere"
