"""The effect *Skull defect* in Segment Editor: paint, see the area at once and the restored surface soon after."""

import sys

import helpers_segment_editor
import numpy as np
import pytest
from helpers_desktop import ROOT, Desktop, Timer
from helpers_head import phantom_head
from helpers_segment_editor import Editor

from SkullRestoreLib.affine import apply_affine
from SkullRestoreLib.scene import bone_nodes
from SkullRestoreLib.scene.inputs import segment_on_grid
from SkullRestoreLib.settings import Settings


@pytest.fixture
def desktop(monkeypatch):
    made = Desktop(monkeypatch)
    helpers_segment_editor.install(monkeypatch, sys.modules["qt"])
    made.module.registerSegmentEditorEffect()
    return made


@pytest.fixture
def timers(monkeypatch):
    """Timers of the effect, which the test lets go off."""
    made = []

    class Recorded(Timer):
        def __init__(self):
            super().__init__()
            made.append(self)

        @staticmethod
        def singleShot(_ms, call):
            call()

    monkeypatch.setattr(sys.modules["qt"], "QTimer", Recorded)
    return made


def run(timers, session):
    """Let every timer that runs go off until all of them are stopped."""
    while any(timer.runs for timer in timers) or session.is_busy:
        for timer in timers:
            if timer.runs:
                timer.emit("timeout()")


def open_case(desktop, *, restored=True):
    """A case of the module, as a script opens it."""
    made = phantom_head("parietal", 7.0)
    node = desktop.application.volume(made.ct, made.ijk_to_ras, "Head CT")
    logic = desktop.module.SkullRestoreLogic()
    session = logic.sessionForNode(node)
    session.settings = Settings(level=5)
    if restored:
        session.start_restoration()
    else:
        session.start_segmentation()
    session.wait_until_done()
    return session


def place_on(session, elevation_deg, azimuth_deg):
    """A place on the bone of the vault, mm RAS; azimuth from the patient's right to the front."""
    up, round_ = np.radians(elevation_deg), np.radians(azimuth_deg)
    direction = np.array([np.cos(up) * np.cos(round_), np.cos(up) * np.sin(round_), np.sin(up)])
    surface = session.skull_surface.vertices
    in_head = apply_affine(session.pose.ras_to_head, surface)
    rays = in_head / np.linalg.norm(in_head, axis=1, keepdims=True)
    near = np.flatnonzero(rays @ direction > np.cos(np.radians(2)))
    return surface[near[np.linalg.norm(in_head[near], axis=1).argmax()]]


def test_segment_editor_gets_the_effect_with_its_own_title_icon_and_help(desktop):
    (effect,) = Editor.registered
    assert (effect.name, effect.title) == ("Skull defect", "Skull defect")
    assert effect.self().icon().endswith("SkullDefect.png")
    assert "Paint a defect of the skull" in effect.self().helpText()
    assert effect.perSegment
    copy = effect.self().clone()
    assert (copy.name, copy is effect) == ("Skull defect", False)
    assert (ROOT / "Resources" / "Icons" / "SkullDefect.png").is_file()


def test_a_slicer_without_segment_editor_starts_without_the_effect(monkeypatch):
    desktop = Desktop(monkeypatch)
    monkeypatch.setitem(sys.modules, "qSlicerSegmentationsEditorEffectsPythonQt", None)
    desktop.module.registerSegmentEditorEffect()


def test_a_segmentation_of_somebody_else_is_left_alone_and_the_way_is_shown(desktop, timers):
    foreign = desktop.application.scene.AddNewNodeByClass("vtkMRMLSegmentationNode", "Mine")
    editor = Editor(desktop.application.scene, foreign, None)
    editor.choose("Skull defect")
    assert "press 'Segment', and then 'Open in Segment Editor'" in editor.effect.self().areaLabel.text
    assert foreign.GetSegmentation().GetNumberOfSegments() == 0
    editor.effect.self().onRestore()
    editor.effect.self().onClear()
    editor.choose(None)
    assert editor.node.GetOverwriteMode() == editor.node.OverwriteNone


@pytest.mark.slow
def test_a_painted_cut_shows_its_area_at_once_and_the_restored_surface_of_a_restoration(desktop, timers):
    session = open_case(desktop)
    before = len(session.defect_rows)
    editor = Editor(desktop.application.scene, session.bone_node, session.source_node)
    editor.choose("Skull defect")
    effect = editor.effect.self()
    assert editor.node.GetSelectedSegmentID() == bone_nodes.PAINT_SEGMENT
    assert effect.areaLabel.text == "Nothing is painted yet."
    assert not any(timer.runs for timer in timers)
    centre = place_on(session, 50, 150)
    bone = session.segmented.bone
    cut = (
        np.linalg.norm(
            np.stack(np.indices(bone.mask.shape)[::-1], axis=-1) @ bone.ijk_to_ras[:3, :3].T
            + bone.ijk_to_ras[:3, 3]
            - centre,
            axis=-1,
        )
        <= 20.0
    )
    editor.stroke(centre, 20.0)
    assert "Painted: " in effect.areaLabel.text
    painted = session.painted.area_cm2()
    assert painted == pytest.approx(np.pi * 2.0**2, rel=0.25), "a disc of 4 cm"
    held = segment_on_grid(session.bone_node, "Bone", bone.mask.shape, bone.ijk_to_ras)
    np.testing.assert_array_equal(held, bone.mask & ~cut)
    assert not session.is_busy, "the brush may go on"
    editor.logic.Undo()
    assert effect.areaLabel.text == "Nothing is painted yet."
    held = segment_on_grid(session.bone_node, "Bone", bone.mask.shape, bone.ijk_to_ras)
    np.testing.assert_array_equal(held, bone.mask)
    editor.stroke(centre, 20.0)
    run(timers, session)
    assert len(session.defect_rows) == before + 1
    row = session.painted.defect()
    assert row.area_cm2 == pytest.approx(painted, rel=0.3)
    assert f"Defect {row.number}: {row.area_cm2:.1f} cm²" in effect.areaLabel.text
    assert session.case_node.GetNodeReference(f"surface{row.number}").GetDisplayNode().GetVisibility()
    assert editor.node.GetSelectedSegmentID() == bone_nodes.PAINT_SEGMENT, "the next stroke goes on"
    assert session.bone_node.GetSegmentation().GetSegment(bone_nodes.PAINT_SEGMENT) is not None

    session.move_point(0, session.points[0].position + 2.0)  # an edit that a stroke must not lose
    editor.stroke(centre + 6.0, 18.0)
    run(timers, session)
    assert "Reference points were moved" in effect.areaLabel.text
    assert session.moved_point_count == 1
    effect.restoreButton.click()
    run(timers, session)
    assert session.moved_point_count == 0
    assert session.painted.defect().area_cm2 > row.area_cm2

    effect.clearButton.click()
    assert effect.areaLabel.text == "Nothing is painted yet."
    effect.restoreButton.click()
    assert "Nothing is painted" in effect.areaLabel.text
    editor.choose(None)
    assert editor.node.GetOverwriteMode() == editor.node.OverwriteNone
    editor.stroke(place_on(session, 50, 30), 15.0)
    assert not any(timer.runs for timer in timers), "another tool is at work"


@pytest.mark.slow
def test_a_stroke_during_a_restoration_starts_it_again_and_one_of_the_panel_is_waited_for(desktop, timers):
    session = open_case(desktop)
    editor = Editor(desktop.application.scene, session.bone_node, session.source_node)
    editor.choose("Skull defect")
    centre = place_on(session, 50, 150)
    editor.stroke(centre, 15.0)
    effect = editor.effect.self()
    effect.painter.restore()
    first = session.job
    editor.stroke(centre + 8.0, 15.0)
    effect.painter.restore()
    assert session.job is not first
    assert "Restoring: " in effect.areaLabel.text
    session.cancel()
    session.start_implant_design()
    design = session.job
    effect.painter.restore()
    assert session.job is design
    assert "'Design the implants' is still running" in effect.areaLabel.text
    session.cancel()
    editor.choose(None)


@pytest.mark.slow
def test_paint_over_a_hole_that_no_restoration_finds_is_added_as_a_missed_defect(desktop, timers):
    session = open_case(desktop)
    session.settings = Settings(level=5, min_area_cm2=60.0)  # the hole is too small to be listed
    session.start_restoration()
    session.wait_until_done()
    assert session.defect_rows == []
    hole = phantom_head("parietal", 7.0)
    middle = apply_affine(hole.ijk_to_ras, np.argwhere(hole.missing > 0)[:, ::-1].astype(float)).mean(axis=0)
    editor = Editor(desktop.application.scene, session.bone_node, session.source_node)
    editor.choose("Skull defect")
    editor.stroke(middle, 25.0)
    run(timers, session)
    (row,) = session.defect_rows
    assert row.area_cm2 > 20
    assert f"Defect {row.number}" in editor.effect.self().areaLabel.text
    editor.choose(None)


@pytest.mark.slow
def test_before_a_restoration_a_stroke_restores_and_then_measures(desktop, timers):
    session = open_case(desktop, restored=False)
    editor = Editor(desktop.application.scene, session.bone_node, session.source_node)
    editor.choose("Skull defect")
    surface = session.skull_surface.vertices
    editor.stroke(surface[surface[:, 2].argmax()], 18.0)
    assert session.painted.area_cm2() is None
    run(timers, session)
    assert session.painted.area_cm2() > 5
    assert "Painted: " in editor.effect.self().areaLabel.text
    editor.choose(None)
