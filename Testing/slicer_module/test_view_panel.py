"""The part *Advanced: views* of the panel: section, box, mirrored side, fade, pictures for the report."""

from types import SimpleNamespace

import numpy as np
import pytest
from helpers_desktop import Desktop, slicer
from helpers_head import phantom_head
from helpers_scene import Application, View3D, ViewSlice

from SkullRestoreLib.errors import InputError

AIDS = ("sectionCheckBox", "clipCheckBox", "mirrorCheckBox", "fadeSlider", "pictureButton", "dropPicturesButton")


def layout_with(*widgets):
    """Stand-in for the layout manager: 3D widgets of the layout, seen or not."""
    return SimpleNamespace(threeDViewCount=len(widgets), threeDWidget=lambda n: widgets[n])


def widget_of(view, *, visible=True):
    """Stand-in for the widget of a 3D view, around a real window."""
    shown = SimpleNamespace(forceRender=view.window.Render, renderWindow=lambda: view.window)
    return SimpleNamespace(visible=visible, threeDView=lambda: shown)


@pytest.fixture
def desktop(monkeypatch):
    return Desktop(monkeypatch)


def test_the_picture_is_that_of_the_3d_view_that_is_seen(desktop, monkeypatch):
    from SkullRestorePanelLib.view_state import capture_3d_view

    hidden, seen = View3D(Application(), (90, 80)), View3D(Application(), (120, 100), name="2")
    manager = layout_with(widget_of(hidden, visible=False), widget_of(seen))
    monkeypatch.setattr(slicer.app, "layoutManager", lambda: manager, raising=False)
    picture = capture_3d_view()
    assert picture.shape == (100, 120, 3)
    np.testing.assert_array_equal(picture, seen.picture())
    for manager in (layout_with(widget_of(hidden, visible=False)), layout_with(), None):
        monkeypatch.setattr(slicer.app, "layoutManager", lambda manager=manager: manager, raising=False)
        with pytest.raises(InputError, match="no 3D view in this layout"):
            capture_3d_view()


def test_before_a_restoration_none_of_the_aids_can_be_used(desktop):
    panel = desktop.open()
    assert not any(getattr(panel.ui, name).enabled for name in AIDS)
    panel.onMoveSection(3.0)
    panel.onFade(3.0)
    panel.cleanup()


@pytest.mark.slow
def test_the_aids_by_clicks(desktop, monkeypatch, tmp_path):
    panel = desktop.open()
    all_settings = type(panel).chosenSettings
    monkeypatch.setattr(type(panel), "chosenSettings", lambda self: all_settings(self).with_changes(level=5))
    made = phantom_head("parietal", 7.0)
    panel.parameters.inputNode = desktop.application.volume(made.ct, made.ijk_to_ras, "Head CT")
    view = ViewSlice(desktop.application, (60, 60), "Yellow", "Sagittal")
    three_d = View3D(desktop.application, (80, 70))
    ui = panel.ui
    ui.restoreButton.click()
    desktop.run(panel)
    assert all(getattr(ui, name).enabled for name in AIDS if name != "dropPicturesButton")
    aids = panel.session.aids

    ui.sectionCheckBox.click()
    first = view.node.GetSliceToRAS().GetElement(0, 3)
    assert aids.shows_section
    ui.sectionOffsetSlider.value = 12.0
    ui.sectionOffsetSlider.emit("valueChanged(double)", 12.0)
    assert view.node.GetSliceToRAS().GetElement(0, 3) != first
    ui.sectionCheckBox.click()
    assert not aids.shows_section
    assert view.node.GetOrientation() == "Sagittal"

    ui.clipCheckBox.click()
    assert aids.shows_clip_box
    ui.clipCheckBox.click()
    assert not aids.shows_clip_box

    ui.mirrorCheckBox.click()
    assert ui.mirrorLabel.visible
    assert ui.mirrorLabel.text.startswith("Defect 1: median ")
    assert "% compared" in ui.mirrorLabel.text
    ui.mirrorCheckBox.click()
    assert not ui.mirrorLabel.visible

    surface = panel.session.case_node.GetNodeReference("surface1").GetDisplayNode()
    usual = surface.GetOpacity()
    ui.fadeSlider.emit("valueChanged(double)", 50.0)
    assert surface.GetOpacity() == pytest.approx(usual / 2)
    panel.showState()
    assert ui.fadeSlider.value == 50
    ui.fadeSlider.emit("valueChanged(double)", 100.0)

    monkeypatch.setattr(slicer.app, "layoutManager", lambda: layout_with(widget_of(three_d)), raising=False)
    ui.pictureButton.click()
    assert ui.picturesLabel.text == "Pictures of your views for the report: 1."
    assert ui.dropPicturesButton.enabled
    monkeypatch.setattr(slicer.app, "layoutManager", layout_with, raising=False)
    ui.pictureButton.click()
    assert "no 3D view in this layout" in ui.viewsMessage.text
    ui.dropPicturesButton.click()
    assert not ui.picturesLabel.visible

    ui.sectionCheckBox.click()
    panel.parameters.inputNode = None
    assert view.node.GetOrientation() == "Sagittal", "another input gives the slice view back"
    assert not ui.sectionCheckBox.checked
    panel.cleanup()
