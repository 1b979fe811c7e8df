"""The panel in 3D Slicer: the module file, its .ui and its texts against what the application offers, and the surgeon's way through it by clicks."""

import ast
import re
import sys
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from helpers_desktop import ROOT, Choice, Desktop, WithinRange
from helpers_head import head

from SkullRestoreLib.settings import ImplantSettings, Settings, options

UI = ROOT / "Resources" / "UI" / "SkullRestore.ui"
SOURCES = [ROOT / "SkullRestore" / "SkullRestore.py", *sorted((ROOT / "SkullRestore" / "SkullRestorePanelLib").glob("*.py"))]


@pytest.fixture
def desktop(monkeypatch):
    return Desktop(monkeypatch)


@pytest.fixture
def panel(desktop):
    made = desktop.open()
    yield made
    made.cleanup()


@pytest.fixture(scope="module")
def tree():
    return ET.parse(UI).getroot()


def sample(desktop, made=None, name="Head CT"):
    made = made or head("parietal", 7.0)
    return desktop.application.volume(made.ct, made.ijk_to_ras, name)


def fast(desktop):
    """A coarse grid, so that the tests are quick."""
    panel = desktop.module.SkullRestoreWidget
    whole = panel.settings
    desktop.monkeypatch.setattr(panel, "settings", lambda self: whole(self).with_(level=5))


# --- the .ui file


def test_every_control_has_a_name_of_its_own(tree):
    names = [w.get("name") for w in tree.iter("widget")] + [w.get("name") for w in tree.iter("layout")]
    assert len(names) == len(set(names))


def test_every_parameter_in_the_ui_is_a_field_and_every_setting_has_a_control(tree, desktop):
    fields = desktop.module.SkullRestoreParameterNode.FIELDS
    shown = [p.findtext("string") for p in tree.iter("property") if p.get("name") == "SlicerParameterName"]
    assert len(shown) == len(set(shown))
    assert set(shown) == set(fields)


def test_every_scene_control_gets_the_scene(tree):
    needing = {w.get("name") for w in tree.iter("widget") if w.get("class").startswith("qMRML")} - {"SkullRestore"}
    wired = {
        c.findtext("receiver")
        for c in tree.iter("connection")
        if (c.findtext("sender"), c.findtext("signal"), c.findtext("slot"))
        == ("SkullRestore", "mrmlSceneChanged(vtkMRMLScene*)", "setMRMLScene(vtkMRMLScene*)")
    }
    assert needing == wired
    assert tree.find("widget").get("class") == "qMRMLWidget"


def test_every_control_that_the_code_names_is_in_the_ui(tree):
    known = {w.get("name") for w in tree.iter("widget")}
    for path in SOURCES:
        text = path.read_text(encoding="utf-8")
        named = set(re.findall(r"\bui\.(\w+)", text)) | set(re.findall(r'"(\w+(?:Button|CheckBox))":', text))
        assert named <= known, f"{path.name}: {named - known}"


def test_everything_that_can_be_clicked_does_something(tree, panel):
    for widget in tree.iter("widget"):
        if widget.get("class") == "QPushButton":
            assert getattr(panel.ui, widget.get("name")).slots, widget.get("name")


def test_every_control_tells_what_it_does(tree):
    for widget in tree.iter("widget"):
        if widget.get("class") in (
            "QPushButton",
            "QCheckBox",
            "ctkSliderWidget",
            "QSpinBox",
            "QDoubleSpinBox",
            "QComboBox",
            "QLineEdit",
            "QTableWidget",
            "qMRMLNodeComboBox",
            "ctkDirectoryButton",
        ):
            tips = [p for p in widget.findall("property") if p.get("name") == "toolTip"]
            assert tips, widget.get("name")


def test_every_custom_class_is_declared(tree):
    used = {w.get("class") for w in tree.iter("widget") if not w.get("class").startswith("Q")}
    assert used == {c.findtext("class") for c in tree.iter("customwidget")}


def test_every_setting_of_an_implant_is_in_the_panel_as_the_library_describes_it(tree, desktop):
    module = desktop.module
    known = {o.name: o for o in (*options(Settings), *options(ImplantSettings))}
    assert {o.name for o in options(ImplantSettings)} == {*module.IMPLANT_SETTINGS.values(), *module.BY_ARROW}
    for field, name in (module.SETTINGS | module.IMPLANT_SETTINGS).items():
        _, extra, default = module.SkullRestoreParameterNode.FIELDS[field]
        assert (default or None) == (known[name].default or None), field
        for one in extra:
            if isinstance(one, WithinRange):
                assert (one.minimum, one.maximum) == (known[name].low, known[name].high), field
            if isinstance(one, Choice):
                assert tuple(one.choices) == known[name].choices, field
    for widget in tree.iter("widget"):
        properties = {p.get("name"): "".join(p.itertext()).strip() for p in widget.findall("property")}
        name = (module.SETTINGS | module.IMPLANT_SETTINGS).get(properties.get("SlicerParameterName"))
        if name and "minimum" in properties:
            assert (float(properties["minimum"]), float(properties["maximum"])) == (known[name].low, known[name].high), name
            assert float(properties["value"]) == known[name].default, name
            assert properties.get("suffix", "").strip() == known[name].unit, name
        if name in module.IMPLANT_SETTINGS.values():
            assert properties["toolTip"] == known[name].help, name


def test_what_is_chosen_in_the_panel_reaches_the_design(panel):
    panel._parameterNode.parts = 2
    panel._parameterNode.mould = True
    panel._parameterNode.onlay = 5.0
    panel._parameterNode.fixation = "tabs"
    panel._parameterNode.fixationPoints = "1-03, 1-15"
    chosen = panel.settings().implant
    assert (chosen.parts, chosen.mould, chosen.onlay_mm) == (2, True, 5.0)
    assert chosen.fixation_points == ("1-03", "1-15")
    assert panel.settings().with_(implant=ImplantSettings()) == Settings()


# --- the module file


def test_no_text_for_people_is_put_together_before_it_is_translated():
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "_":
                assert isinstance(node.args[0], ast.Constant), f"{path.name}:{node.lineno}"


def test_nothing_is_imported_at_the_top_that_a_bare_slicer_lacks():
    allowed = {*sys.stdlib_module_names, "slicer", "vtk", "numpy", "scipy", "SimpleITK", "SkullRestorePanelLib"}
    for path in SOURCES:
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = [a.name for a in node.names] if isinstance(node, ast.Import) else [node.module]
                assert all(name.split(".")[0] in allowed for name in names), f"{path.name}:{node.lineno}"


def test_the_module_is_read_without_the_library_being_loaded(monkeypatch):
    for name in [n for n in sys.modules if n.split(".")[0] == "SkullRestoreLib"]:
        monkeypatch.delitem(sys.modules, name)
    Desktop(monkeypatch)
    assert not any(n.split(".")[0] == "SkullRestoreLib" for n in sys.modules)


def test_a_source_run_finds_library_and_resources_with_only_the_modules_folder_on_the_path(monkeypatch, tmp_path):
    import subprocess

    code = (
        "import sys; sys.path = [p for p in sys.path if p not in ('', {root!r})]\n"
        "sys.path.insert(0, {testing!r})\n"
        "import pytest, helpers_desktop\n"
        "sys.path.remove({testing!r})\n"
        "monkeypatch = pytest.MonkeyPatch()\n"
        "desktop = helpers_desktop.Desktop(monkeypatch)\n"
        "import SkullRestoreLib\n"
        "print(SkullRestoreLib.__file__)\n"
        "print(desktop.module.resource('UI/SkullRestore.ui'))\n"
    ).format(root=str(ROOT), testing=str(ROOT / "Testing"))
    done = subprocess.run([sys.executable, "-S" if False else "-P", "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    library, ui = done.stdout.split("\n")[:2]
    assert library == str(ROOT / "SkullRestoreLib" / "__init__.py")
    assert ui == str(UI)


def test_what_slicer_shows_of_the_module(desktop):
    from types import SimpleNamespace

    parent = SimpleNamespace()
    desktop.module.SkullRestore(parent)
    assert parent.title == "SkullRestore"
    assert parent.categories == ["Planning"]
    assert "Research use only" in parent.helpText
    assert "SkullFix" in parent.acknowledgementText
    assert parent.icon.endswith("SkullRestore.png")


def test_sample_data_is_registered_where_there_is_that_module_and_not_missed_elsewhere(desktop, monkeypatch):
    import types

    desktop.module.registerSampleData()  # a Slicer without it
    registered = {}
    data = types.ModuleType("SampleData")
    data.SampleDataLogic = types.SimpleNamespace(registerCustomSampleDataSource=lambda **about: registered.update(about))
    monkeypatch.setitem(sys.modules, "SampleData", data)
    desktop.module.registerSampleData()
    assert registered["category"] == "SkullRestore"
    assert callable(registered["customDownloader"])


# --- packages


def test_a_missing_torch_is_explained_and_bone_can_still_be_segmented(desktop, panel, monkeypatch):
    import importlib.util as finder

    found = finder.find_spec
    monkeypatch.setattr(finder, "find_spec", lambda name, *rest: None if name == "torch" else found(name, *rest))
    panel._parameterNode.inputNode = sample(desktop)
    assert "torch" in panel.ui.missingLabel.text
    panel.ui.segmentButton.click()
    desktop.run(panel)
    assert panel.session.is_segmented
    with pytest.raises(RuntimeError, match="has no Extensions Manager"):
        panel.ui.restoreButton.click()
    assert "PyTorch" in desktop.shown[-1]
    assert not panel.session.busy
    monkeypatch.setattr(desktop.module.slicer.app, "extensionsManagerModel", lambda: None, raising=False)
    with pytest.raises(RuntimeError, match="extension PyTorch"):
        panel.ui.restoreButton.click()


def test_torch_comes_through_its_extension_and_a_refusal_is_told(desktop, monkeypatch):
    import types

    asked = []
    utils = types.ModuleType("PyTorchUtils")
    utils.PyTorchUtilsLogic = lambda: types.SimpleNamespace(installTorch=lambda **about: asked.append(about))
    monkeypatch.setitem(sys.modules, "PyTorchUtils", utils)
    logic = desktop.module.SkullRestoreLogic()
    monkeypatch.setattr(type(logic), "missing", lambda self, *steps: ["torch"])
    with pytest.raises(RuntimeError, match="was not installed"):
        logic.require("restore")
    assert asked[0]["askConfirmation"] is True


def test_other_packages_are_asked_for_with_their_ranges_and_what_stays_missing_is_told(desktop, monkeypatch):
    logic = desktop.module.SkullRestoreLogic()
    monkeypatch.setattr(type(logic), "missing", lambda self, *steps: ["manifold3d"])
    with pytest.raises(RuntimeError, match="--no-index --find-links FOLDER manifold3d"):
        logic.require("implant")
    assert desktop.installed == [(("manifold3d>=3.0",), "SkullRestore")]


def test_what_is_installed_needs_no_question(desktop):
    desktop.module.SkullRestoreLogic().require("segment", "restore", "implant", "export")
    assert desktop.installed == []


def test_the_requirements_are_those_of_the_package():
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    project = [*project["dependencies"], *project["optional-dependencies"]["pdf"]]
    for line in (ROOT / "Resources" / "requirements.txt").read_text(encoding="utf-8").splitlines():
        assert line.startswith("#") or line in project, line


def test_every_package_that_may_be_missing_can_be_installed(desktop):
    from SkullRestorePanelLib.logic import PACKAGES, requirements

    named = {line.split(">=")[0] for line in requirements()} | {"torch"}
    assert {package for step in PACKAGES.values() for package in step.values()} <= named


# --- the surgeon's way


def test_an_empty_scene_offers_nothing_but_the_sample(panel):
    clickable = {name for name, w in vars(panel.ui).items() if w.kind == "QPushButton" and w.enabled}
    assert clickable == {"sampleButton", "cancelButton"}
    assert not panel.ui.cancelButton.visible
    assert panel.ui.findingsLabel.text == "Choose a head CT."


def test_the_way_from_the_ct_to_the_files_by_clicks(desktop, panel, tmp_path):
    fast(desktop)
    ui, made = panel.ui, head("parietal", 7.0)
    panel._parameterNode.inputNode = sample(desktop, made)
    panel._parameterNode.beforeNode = desktop.application.volume(made.intact, made.ijk_to_ras, "Before")
    assert "slices" in ui.findingsLabel.text
    ui.restoreButton.click()
    assert ui.cancelButton.visible
    assert not ui.restoreButton.enabled
    desktop.run(panel)
    (row,) = ui.defectsTable.texts()
    assert row[2].startswith("parieto") or "pariet" in row[2]
    assert float(row[3]) == pytest.approx(made.holes[0].area_cm2, rel=0.15)
    assert "0 of 24" in ui.movedLabel.text
    ui.defectsTable.emit("cellClicked(int,int)", 0, 1)
    panel._parameterNode.snapping = False
    panel.ui.snappingCheckBox.checked = False
    ui.snappingCheckBox.emit("clicked(bool)", False)
    node = panel.session.points_node
    node.SetNthControlPointPositionWorld(0, *(panel.session.points[0].position + 2.0))
    desktop.run(panel)
    assert "1 of 24" in ui.movedLabel.text
    assert panel.session.touched == 0
    ui.undoButton.click()
    assert "0 of 24" in ui.movedLabel.text
    ui.redoButton.click()
    ui.resetPointButton.click()
    assert "0 of 24" in ui.movedLabel.text
    panel._parameterNode.thickness = 5.0
    ui.implantButton.click()
    desktop.run(panel)
    (body,) = ui.implantsTable.texts()
    assert body[-1] == "yes"
    assert panel.session.implants[0].settings.thickness_mm == 5.0
    assert ui.showImplantCheckBox.checked
    ui.compareButton.click()
    desktop.run(panel)
    assert ui.comparisonTable.texts()[0][-1] in ("good", "acceptable")
    panel._parameterNode.exportFolder = tmp_path / "out"
    panel._parameterNode.export3mf = True
    ui.exportButton.click()
    desktop.run(panel)
    assert "Written to" in ui.exportLabel.text
    assert (tmp_path / "out" / "implant_1.stl").is_file()
    assert (tmp_path / "out" / "implants.3mf").is_file()
    with pytest.raises(Exception, match="already holds a result"):
        ui.exportButton.click()
    assert "already holds a result" in desktop.shown[-1]
    assert ui.exportButton.enabled


def test_a_tick_in_the_table_switches_a_defect(desktop, panel):
    fast(desktop)
    panel._parameterNode.inputNode = sample(desktop)
    panel.ui.restoreButton.click()
    desktop.run(panel)
    item = panel.ui.defectsTable.cells[0][0]
    item.state = 0
    panel.ui.defectsTable.emit("itemChanged(QTableWidgetItem*)", item)
    assert [r.on for r in panel.session.rows] == [False]
    panel.ui.undoButton.click()
    assert panel.ui.defectsTable.cells[0][0].state == 2


def test_cancel_stops_at_once_and_the_panel_can_be_used_again(desktop, panel):
    fast(desktop)
    panel._parameterNode.inputNode = sample(desktop)
    panel.ui.restoreButton.click()
    panel.timer.emit("timeout()")
    panel.ui.cancelButton.click()
    desktop.run(panel)
    assert panel.ui.restoreButton.enabled
    assert not panel.ui.cancelButton.visible
    assert panel.ui.defectsTable.texts() == []


def test_an_input_that_cannot_be_used_is_explained_in_the_panel(desktop, panel):
    node = desktop.application.scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "Empty")
    panel._parameterNode.inputNode = node
    assert "is empty" in panel.ui.findingsLabel.text
    assert not panel.ui.restoreButton.enabled


def test_what_goes_wrong_in_the_background_is_shown_and_the_timer_rests(desktop, panel):
    made = head()
    panel._parameterNode.inputNode = desktop.application.volume(np.minimum(made.ct, 100).astype(np.int16), made.ijk_to_ras, "No bone")
    panel.ui.segmentButton.click()
    with pytest.raises(Exception, match="no bone"):
        desktop.run(panel)
    desktop.run(panel)
    assert "no bone" in desktop.shown[-1]
    assert panel.ui.segmentButton.enabled


def test_two_cases_are_kept_apart_when_the_input_changes(desktop, panel):
    fast(desktop)
    first, second = sample(desktop), sample(desktop, head("parietal", 7.0, seed=9), "Second")
    panel._parameterNode.inputNode = first
    panel.ui.restoreButton.click()
    desktop.run(panel)
    panel._parameterNode.inputNode = second
    assert panel.ui.defectsTable.texts() == []
    panel._parameterNode.inputNode = first
    assert len(panel.ui.defectsTable.texts()) == 1


def test_closing_the_scene_in_mid_work_empties_the_panel(desktop, panel):
    fast(desktop)
    panel._parameterNode.inputNode = sample(desktop)
    panel.ui.restoreButton.click()
    panel.timer.emit("timeout()")
    desktop.application.scene.Clear(False)
    assert not panel.timer.runs
    assert panel.ui.findingsLabel.text == "Choose a head CT."
    assert not panel.ui.restoreButton.enabled


def test_a_saved_scene_that_is_opened_while_the_panel_is_seen_is_taken_up_with_its_settings(desktop, panel, tmp_path):
    fast(desktop)
    panel._parameterNode.inputNode = sample(desktop)
    panel._parameterNode.clearance = 2.0
    panel.ui.restoreButton.click()
    desktop.run(panel)
    file = tmp_path / "case.mrb"
    assert desktop.application.scene.WriteToMRB(str(file))
    desktop.application.load(file)
    desktop.run(panel)
    assert panel.ui.clearanceSlider.value == 2.0
    assert panel.session.is_restored
    assert len(panel.ui.defectsTable.texts()) == 1


def test_a_script_and_the_panel_work_on_the_same_case(desktop, panel):
    fast(desktop)
    head_node = sample(desktop)
    panel._parameterNode.inputNode = head_node
    script = desktop.module.SkullRestoreLogic()
    session = script.session(head_node)
    assert session is panel.session
    session.start_segmentation()
    panel.showState()
    assert panel.ui.cancelButton.visible
    desktop.run(panel)  # nobody but the panel's timer takes the result over
    assert session.is_segmented


def test_an_input_that_was_deleted_lets_go_of_its_case(desktop, panel):
    node = sample(desktop)
    panel._parameterNode.inputNode = node
    session = panel.session
    desktop.application.scene.RemoveNode(node)
    panel.logic.session(sample(desktop, name="Next"))
    assert session.closed


def test_buttons_can_be_pressed_by_a_script_when_the_panel_was_never_seen(desktop):
    panel = desktop.module.SkullRestoreWidget(desktop.parent())
    panel.parent.isEntered = False
    panel.setup()
    desktop.application.scene.Clear(False)
    node = sample(desktop)
    panel.parameters.inputNode = node
    panel.ui.segmentButton.click()
    desktop.run(panel)
    assert panel.session.is_segmented
    panel.cleanup()


def test_switching_modules_keeps_the_work_and_takes_the_preview_away(desktop, panel):
    panel._parameterNode.inputNode = sample(desktop)
    panel.ui.previewCheckBox.click()
    volumes = desktop.application.scene.GetNumberOfNodesByClass("vtkMRMLScalarVolumeNode")
    panel.exit()
    assert desktop.application.scene.GetNumberOfNodesByClass("vtkMRMLScalarVolumeNode") == volumes - 1
    panel.enter()
    assert panel.session is not None
    assert panel.ui.segmentButton.enabled


def test_the_slider_shows_the_threshold_that_was_found(desktop, panel):
    panel._parameterNode.inputNode = sample(desktop)
    panel.ui.previewCheckBox.click()
    found = panel.session.suggested_threshold()
    assert panel.ui.thresholdSlider.value == pytest.approx(found, abs=0.5) != 300
    panel._parameterNode.autoThreshold = False
    panel._parameterNode.threshold = 450.0
    panel.ui.segmentButton.click()
    desktop.run(panel)
    assert panel.ui.thresholdSlider.value == 450
    assert panel.session.suggested_threshold() == 450


def test_bone_islands_inside_a_defect_go_by_one_click_and_a_row_shows_where_one_is(desktop, panel):
    from test_session_bone import with_block_in_the_hole

    fast(desktop)
    made = head("parietal", 7.0)
    ct, place = with_block_in_the_hole(made, 900)
    panel._parameterNode.inputNode = desktop.application.volume(ct, made.ijk_to_ras, "New bone")
    seen = desktop.application.scene.AddNewNodeByClass("vtkMRMLSliceNode", "Red")
    assert not panel.ui.removeIslandsButton.enabled
    panel.ui.restoreButton.click()
    desktop.run(panel)
    assert panel.ui.islandsTable.texts()[0][2] == "1"
    panel.ui.islandsTable.emit("cellClicked(int,int)", 0, 0)
    assert np.linalg.norm([seen.GetSliceToRAS().GetElement(k, 3) for k in range(3)] - place) < 2
    panel.ui.removeIslandsButton.click()
    desktop.run(panel)
    assert not any(row[2] for row in panel.ui.islandsTable.texts())
    assert len(panel.ui.defectsTable.texts()) == 1


def test_reloading_the_module_drops_the_library_too(desktop, panel):
    import SkullRestoreLib.session  # noqa: F401

    kept = {n: m for n, m in sys.modules.items() if n.split(".")[0] in ("SkullRestoreLib", "SkullRestorePanelLib")}
    try:
        panel.onReload()
        assert panel.reloaded == 1
        assert not any(n.split(".")[0] in ("SkullRestoreLib", "SkullRestorePanelLib") for n in sys.modules)
    finally:
        sys.modules.update(kept)


def test_the_sample_is_made_while_the_panel_stays_alive_and_is_chosen(desktop, panel, monkeypatch):
    from SkullRestoreLib import phantom

    whole = phantom.in_memory
    monkeypatch.setattr(phantom, "in_memory", lambda **about: whole(**about | {"matrix": 96, "slice_mm": 3.0}))
    panel.ui.sampleButton.click()
    assert panel.ui.cancelButton.visible
    desktop.run(panel)
    assert panel._parameterNode.inputNode.GetName() == "Sample head"
    assert panel._parameterNode.beforeNode.GetName() == "Sample head before the operation"
    assert panel.ui.segmentButton.enabled


def test_the_self_test_passes(desktop, monkeypatch):
    from SkullRestoreLib import phantom

    whole = phantom.in_memory
    monkeypatch.setattr(phantom, "in_memory", lambda **about: whole(**about | {"matrix": 128, "slice_mm": 2.0}))
    desktop.module.SkullRestoreTest().runTest()
