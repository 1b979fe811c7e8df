"""What was seen when the module was used by mouse in a real 3D Slicer: each test names its row of the table.

The scene, its nodes and the application's logic are the real ones; of the window, ``helpers_desktop`` plays what it was
seen to do.
"""

import re

import pytest
from helpers_desktop import ROOT, Desktop, Shortcut
from helpers_head import phantom_head
from helpers_scene import View3D


@pytest.fixture(scope="module")
def desktop():
    with pytest.MonkeyPatch.context() as patch:
        made = Desktop(patch)
        panel = made.module.SkullRestoreWidget
        all_settings = panel.chosenSettings
        patch.setattr(panel, "chosenSettings", lambda self: all_settings(self).with_changes(level=5))
        yield made


@pytest.fixture(scope="module")
def opened(desktop):
    """The panel with a restored head, one for the module: use ``restored`` instead."""
    panel = desktop.open()
    restore(desktop, panel, head(desktop))
    yield panel
    panel.cleanup()


@pytest.fixture
def restored(desktop, opened):
    """The panel with a restored head; every test leaves it so."""
    node = opened.parameters.inputNode
    yield opened
    opened.parameters.inputNode = node
    opened.parameters.thickness, opened.parameters.clearance, opened.parameters.material = 4.0, 1.0, "PEEK"
    opened.session.set_defect_enabled(1, False)  # an edit takes the results along
    while opened.session.history.can_undo:
        opened.session.undo()
    opened.session.history.clear()
    desktop.shown.clear()
    opened.showState()


def head(desktop, name="Head CT", seed=0):
    made = phantom_head("parietal", 7.0, seed=seed) if seed else phantom_head("parietal", 7.0)
    return desktop.application.volume(made.ct, made.ijk_to_ras, name)


def restore(desktop, panel, node):
    panel.parameters.inputNode = node
    panel.ui.restoreButton.click()
    desktop.run(panel)


def folder_is_shown(session):
    return bool(session.case_node.GetNodeReference("folder").GetVisibility())


@pytest.mark.slow
def test_choosing_an_input_shows_that_case_alone_and_its_ct_in_the_slices(desktop, restored):
    """Row "two or three cases in one scene, Head switched"."""
    slices = desktop.application.scene.AddNewNodeByClass("vtkMRMLSliceCompositeNode", "Red")
    first, one = restored.parameters.inputNode, restored.session
    second = head(desktop, "Second")
    restored.parameters.inputNode = second
    assert slices.GetBackgroundVolumeID() == second.GetID()
    assert not folder_is_shown(one)
    restored.parameters.inputNode = first
    assert slices.GetBackgroundVolumeID() == first.GetID()
    assert folder_is_shown(one)
    desktop.application.scene.RemoveNode(second)


@pytest.mark.slow
def test_the_place_button_follows_what_slicer_does_with_the_mouse(desktop, restored):
    """Row "Add points, Esc with the mouse in the view": the button stayed pressed after a right click."""
    ui, interaction = restored.ui, desktop.application.logic.GetInteractionNode()
    ui.placeButton.click()
    assert interaction.GetCurrentInteractionMode() == interaction.Place
    assert ui.placeButton.checked
    view = View3D(desktop.application, (120, 100))
    view.picture()
    view.mouse("MouseMoveEvent", (60, 50))
    view.mouse("RightButtonPressEvent", (60, 50))
    view.mouse("RightButtonReleaseEvent", (60, 50))
    if interaction.GetCurrentInteractionMode() == interaction.Place:  # the window of the application does it
        interaction.SwitchToViewTransformMode()
    assert not ui.placeButton.checked
    ui.placeButton.click()
    assert ui.placeButton.checked, "one press is enough"
    assert Shortcut.press("Esc")
    assert interaction.GetCurrentInteractionMode() != interaction.Place
    assert not ui.placeButton.checked
    assert not Shortcut.press("Esc"), "the key is the application's again"
    ui.outlineButton.click()
    assert (ui.outlineButton.checked, ui.placeButton.checked) == (True, False)
    restored.parameters.inputNode = None
    assert interaction.GetCurrentInteractionMode() != interaction.Place


@pytest.mark.slow
def test_a_refused_design_says_why_under_its_button_and_the_table_keeps_the_implant(desktop, restored, monkeypatch):
    """Row "design refused"."""
    from SkullRestoreLib import implant
    from SkullRestoreLib.errors import ImplantError

    ui = restored.ui
    ui.implantButton.click()
    desktop.run(restored)
    (before,) = ui.implantsTable.texts()

    def refuse(*_, **__):
        raise ImplantError("Defect 1 is too narrow.")

    monkeypatch.setattr(implant, "build_implant", refuse)
    restored.parameters.thickness = 9.0
    ui.implantButton.click()
    desktop.run(restored)
    (after,) = ui.implantsTable.texts()
    assert after[:3] == before[:3]
    assert after[-1] == "EARLIER DESIGN"
    assert ui.failuresLabel.visible
    assert "Defect 1 is too narrow." in ui.failuresLabel.text
    assert "too narrow" not in ui.warningsLabel.text


@pytest.mark.slow
def test_what_is_out_of_date_is_made_again_by_the_button_next_to_it(desktop, restored):
    """Rows "transform of the input moved after the restoration" and "thickness changed after a design"."""
    import vtk

    ui, node = restored.ui, restored.parameters.inputNode
    assert not ui.staleButton.visible
    parent = desktop.application.scene.AddNewNodeByClass("vtkMRMLLinearTransformNode", "Moved")
    matrix = vtk.vtkMatrix4x4()
    matrix.SetElement(0, 3, 10.0)
    parent.SetMatrixTransformToParent(matrix)
    node.SetAndObserveTransformNodeID(parent.GetID())
    desktop.run(restored)
    assert (ui.staleButton.visible, ui.staleButton.text) == (True, "Restore again")
    ui.staleButton.click()
    assert restored.session.job.name == "Restore"
    ui.cancelButton.click()
    node.SetAndObserveTransformNodeID(None)
    desktop.run(restored)
    assert not ui.staleLabel.visible
    assert not ui.staleButton.visible
    ui.implantButton.click()
    desktop.run(restored)
    restored.parameters.thickness = 5.0
    desktop.run(restored)
    assert (ui.staleButton.visible, ui.staleButton.text) == (True, "Design again")
    ui.staleButton.click()
    desktop.run(restored)
    assert restored.session.implants[0].settings.thickness_mm == 5.0
    assert not ui.staleButton.visible


@pytest.mark.slow
def test_selectors_list_inputs_only_and_choose_nothing_after_a_deletion(desktop, restored):
    """Row "Head and Skull before selectors": a restored surface became the head after a deletion."""
    ui, scene = restored.ui, desktop.application.scene
    assert [node.GetName() for node in ui.inputSelector.nodes()] == ["Head CT"]
    assert ui.paintedSelector.nodes() == []
    second, before = head(desktop, "Second"), head(desktop, "Before")
    restored.parameters.inputNode, restored.parameters.beforeNode = second, before
    scene.RemoveNode(before)
    assert restored.parameters.beforeNode is None
    scene.RemoveNode(second)
    assert restored.parameters.inputNode is None
    assert ui.inputSelector.currentNode() is None
    assert restored.session is None
    assert not ui.restoreButton.enabled


@pytest.mark.slow
def test_a_mistake_of_the_user_is_a_sentence_in_the_panel_and_a_fault_shows_its_details(
    desktop, restored, tmp_path, monkeypatch
):
    """Row "an action refused": a dialog with a traceback, and words of the command line."""
    ui = restored.ui
    assert not any(getattr(ui, name).visible for name in vars(ui) if name.endswith("Message"))
    ui.addMissedButton.click()
    assert "at least 3 points" in ui.missedMessage.text
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "restoration.json").write_text("{}")
    restored.parameters.exportFolder = tmp_path / "out"
    ui.exportButton.click()
    assert "already holds a result" in ui.exportMessage.text
    assert "'Replace an earlier result'" in ui.exportMessage.text
    assert "--" not in ui.exportMessage.text
    restored.parameters.exportFolder = tmp_path / "other"
    restored.parameters.fixationPoints = "no point"
    ui.implantButton.click()
    assert ui.implantMessage.visible
    assert ui.implantMessage.text
    assert desktop.shown == [], "no dialog"
    restored.parameters.fixationPoints = ""
    restored.session.set_defect_enabled(1, False)
    restored.showState()
    with monkeypatch.context() as faulty:
        faulty.setattr(type(restored.session), "undo", lambda self: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            ui.undoButton.click()
    assert len(desktop.shown) == 1


@pytest.mark.slow
@pytest.mark.usefixtures("desktop")
def test_no_option_of_the_command_line_is_in_a_sentence_that_the_panel_can_show():
    """Row "an action refused": every option in a message of the library has a name in the panel."""
    from SkullRestorePanelLib.messages import panel_words

    reached = ("session", "scene", "segmentation", "pose", "prediction", "defects", "implant", "pipeline", "io")
    options = set()
    for folder in reached:
        for path in (ROOT / "SkullRestoreLib" / folder).rglob("*.py"):
            options |= set(re.findall(r"(?<![-\w])--[a-z][a-z-]*", path.read_text(encoding="utf-8")))
    assert "--force" in options
    assert not re.search(r"--[a-z]", panel_words(" ".join(sorted(options))))


@pytest.mark.slow
def test_keys_undo_and_redo_while_the_panel_is_seen(restored):
    """Row "Ctrl+Z": nothing happened."""
    session = restored.session
    session.set_defect_enabled(1, False)
    assert Shortcut.press("Ctrl+Z")
    assert session.defect_rows[0].is_enabled
    assert Shortcut.press("Ctrl+Z"), "nothing left to undo is no fault"
    Shortcut.press("Ctrl+Y")
    assert not session.defect_rows[0].is_enabled
    restored.exit()
    assert not Shortcut.press("Ctrl+Z"), "in another module the key is not ours"
    assert not session.defect_rows[0].is_enabled
    restored.enter()
    assert Shortcut.press("Ctrl+Z")
    assert session.defect_rows[0].is_enabled


@pytest.mark.slow
def test_the_row_of_a_table_says_below_it_what_a_narrow_table_leaves_out(desktop, restored):
    """Row "tables at the default width of 381 px": the last columns were behind a scroll bar."""
    ui = restored.ui
    assert len(ui.defectsTable.columns) == 5
    assert re.search(r"Defect 1: 24 points, 0 moved, \d+ uncertain; bone all around\.", ui.defectDetailsLabel.text)
    ui.implantButton.click()
    desktop.run(restored)
    assert len(ui.implantsTable.columns) == 4
    assert re.search(r"Implant 1: watertight, thickness .* mm; PEEK [\d.]+ g, titanium", ui.implantDetailsLabel.text)
    restored.parameters.material = "titanium"
    desktop.run(restored)
    restored.showState()
    titanium = re.search(r"titanium ([\d.]+) g", ui.implantDetailsLabel.text).group(1)
    assert ui.implantsTable.texts()[0][2] == titanium


@pytest.mark.slow
def test_the_next_step_is_named_and_its_button_is_the_only_bold_one(desktop, restored):
    """Beyond the faults 1: one primary button at a time, the next step named, a first-use line with the sample."""

    def state(ui):
        bold = [name for name in ("restoreButton", "implantButton", "exportButton") if getattr(ui, name).styleSheet]
        return ui.progressBar.text, bold

    ui = restored.ui
    restored.session.set_defect_enabled(1, False)
    restored.session.undo()  # an edit takes the implants back
    assert state(ui) == ("Next: check points, design", ["implantButton"])
    ui.implantButton.click()
    desktop.run(restored)
    assert state(ui) == ("Next: export", ["exportButton"])
    restored.parameters.clearance = 2.0
    desktop.run(restored)
    assert state(ui) == ("Out of date: design again", ["implantButton"])
    restored.parameters.inputNode = head(desktop, "Untouched")
    assert state(ui) == ("Next: restore", ["restoreButton"])
    desktop.application.scene.RemoveNode(restored.parameters.inputNode)
    assert state(ui) == ("Choose a head, or make a sample", [])
    assert "make a sample head" in ui.findingsLabel.text
