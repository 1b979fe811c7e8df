"""The panel in 3D Slicer: module file, .ui and texts against what the application offers, and its use by clicks."""

import ast
import re
import sys
import xml.etree.ElementTree as ET
from dataclasses import replace

import numpy as np
import pytest
from helpers_desktop import ROOT, Choice, Desktop, Widget, WithinRange
from helpers_head import phantom_head

from SkullRestoreLib.errors import DependencyError
from SkullRestoreLib.session.offers import OFFERS
from SkullRestoreLib.settings import OFFERED_SETTINGS, ImplantSettings, Settings, list_settings

UI = ROOT / "Resources" / "UI" / "SkullRestore.ui"
SOURCES = [
    *sorted((ROOT / "SkullRestore").glob("*.py")),
    *sorted((ROOT / "SkullRestore" / "SkullDefectEffectLib").glob("*.py")),
    *sorted((ROOT / "SkullRestore" / "SkullRestorePanelLib").glob("*.py")),
]


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
    made = made or phantom_head("parietal", 7.0)
    return desktop.application.volume(made.ct, made.ijk_to_ras, name)


def fast(desktop):
    """A coarse grid, so that the tests are quick."""
    panel = desktop.module.SkullRestoreWidget
    all_settings = panel.chosenSettings
    desktop.monkeypatch.setattr(panel, "chosenSettings", lambda self: all_settings(self).with_changes(level=5))


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


def test_what_a_control_needs_is_a_row_of_the_librarys_table_of_offers(tree, desktop):
    from SkullRestorePanelLib.panel_state import CONTROL_OFFERS

    known = {w.get("name") for w in tree.iter("widget")}
    assert set(CONTROL_OFFERS) <= known
    assert set(CONTROL_OFFERS.values()) | {"switch_defect"} == set(OFFERS)  # a defect is switched in its table


def test_everything_that_can_be_clicked_does_something(tree, panel):
    for widget in tree.iter("widget"):
        if widget.get("class") == "QPushButton":
            assert getattr(panel.ui, widget.get("name")).slots, widget.get("name")


def test_every_control_has_a_tool_tip(tree):
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
    of_implant = {one.name for one in list_settings(ImplantSettings)}
    shown = set()
    for field, setting in (module.GENERAL_SETTINGS | module.IMPLANT_SETTINGS).items():
        _, extra, default = module.SkullRestoreParameterNode.FIELDS[field]
        assert (default or None) == (setting.default or None), field
        for one in extra:
            if isinstance(one, WithinRange):
                assert (one.minimum, one.maximum) == (setting.low, setting.high), field
            if isinstance(one, Choice):
                assert tuple(one.choices) == setting.choices, field
    for widget in tree.iter("widget"):
        properties = {p.get("name"): "".join(p.itertext()).strip() for p in widget.findall("property")}
        setting = (module.GENERAL_SETTINGS | module.IMPLANT_SETTINGS).get(properties.get("SlicerParameterName"))
        if setting is None:
            continue
        shown.add(setting.name)
        if "minimum" in properties:
            assert (float(properties["minimum"]), float(properties["maximum"])) == (setting.low, setting.high), setting
            assert float(properties["value"]) == setting.default, setting
            assert properties.get("suffix", "").strip() == setting.unit, setting
        if setting.name in of_implant:
            assert properties["toolTip"] == setting.help, setting
    assert shown == {*of_implant, *OFFERED_SETTINGS} - {"insertion"}  # an arrow in the views shows it


def test_the_tool_tip_of_a_setting_says_its_range_its_unit_and_its_default(panel):
    tips = {w.property("SlicerParameterName"): w.toolTip for w in vars(panel.ui).values()}
    assert tips["thickness"].endswith("\nFrom 2 to 10 mm; default 4.")
    assert tips["parts"].endswith("default 1.")
    numbers = [f for f, s in panel_settings(panel).items() if s.low is not None]
    assert len(numbers) > 15
    assert all("; default " in tips[field] for field in numbers)


def panel_settings(panel):
    module = sys.modules[type(panel).__module__]
    return module.GENERAL_SETTINGS | module.IMPLANT_SETTINGS


def test_what_is_chosen_in_the_panel_reaches_the_design(panel):
    panel.parameters.parts = 2
    panel.parameters.mould = True
    panel.parameters.onlay = 5.0
    panel.parameters.fixation = "tabs"
    panel.parameters.fixationPoints = "1-03, 1-15"
    implant = panel.chosenSettings().implant
    assert (implant.parts, implant.mould, implant.onlay_mm) == (2, True, 5.0)
    assert implant.fixation_points == ("1-03", "1-15")
    assert panel.chosenSettings().with_changes(implant=ImplantSettings()) == Settings()


# --- the module file


def test_no_text_for_people_is_put_together_before_it_is_translated():
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "_":
                assert isinstance(node.args[0], ast.Constant), f"{path.name}:{node.lineno}"


def test_nothing_is_imported_at_the_top_that_a_bare_slicer_lacks():
    allowed = {*sys.stdlib_module_names, "slicer", "vtk", "numpy", "scipy", "SimpleITK", "SkullRestorePanelLib"}
    # what is loaded only by the part of Slicer that has these
    more = {"SkullRestoreDICOMPlugin.py": {"DICOMLib"}, "SkullDefectEffect.py": {"SegmentEditorEffects", "qt"}}
    settings = "SkullRestoreLib.settings"  # it needs nothing but Python
    for path in SOURCES:
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = [a.name for a in node.names] if isinstance(node, ast.Import) else [node.module]
                here = allowed | more.get(path.name, set())
                assert all(name.split(".")[0] in here or name == settings for name in names), (
                    f"{path.name}:{node.lineno}"
                )


def test_the_module_is_read_without_the_library_being_loaded(monkeypatch):
    for name in [n for n in sys.modules if n.split(".")[0] == "SkullRestoreLib"]:
        monkeypatch.delitem(sys.modules, name)
    Desktop(monkeypatch)
    loaded = {n for n in sys.modules if n.split(".")[0] == "SkullRestoreLib"}
    assert loaded == {"SkullRestoreLib", "SkullRestoreLib.settings"}


@pytest.mark.slow
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
        "print(desktop.module.resourcePath('UI/SkullRestore.ui'))\n"
    ).format(root=str(ROOT), testing=str(ROOT / "Testing"))
    done = subprocess.run(
        [sys.executable, "-S" if False else "-P", "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
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
    data.SampleDataLogic = types.SimpleNamespace(
        registerCustomSampleDataSource=lambda **about: registered.update(about)
    )
    monkeypatch.setitem(sys.modules, "SampleData", data)
    desktop.module.registerSampleData()
    assert registered["category"] == "SkullRestore"
    assert callable(registered["customDownloader"])


# --- packages


def without_package(monkeypatch, missing):
    """Let a package look as if it were not installed."""
    import importlib.util as finder

    found = finder.find_spec
    monkeypatch.setattr(finder, "find_spec", lambda name, *rest: None if name == missing else found(name, *rest))


def test_a_missing_package_is_explained_and_bone_can_still_be_segmented(desktop, panel, monkeypatch):
    without_package(monkeypatch, "safetensors")
    panel.parameters.inputNode = sample(desktop)
    assert "safetensors" in panel.ui.missingLabel.text
    panel.ui.segmentButton.click()
    desktop.run(panel)
    assert panel.session.is_segmented
    panel.ui.restoreButton.click()
    assert "packages are missing: safetensors" in panel.ui.restoreMessage.text
    assert not panel.session.is_busy


def test_restoring_needs_no_torch_and_no_other_extension(desktop, panel, monkeypatch):
    without_package(monkeypatch, "torch")
    panel.parameters.inputNode = sample(desktop)
    assert not panel.ui.missingLabel.visible
    desktop.module.SkullRestoreLogic().requirePackages("segment", "restore", "implant", "export")
    assert desktop.installed == []


def test_other_packages_are_asked_for_with_their_ranges_and_what_stays_missing_is_reported(desktop, monkeypatch):
    logic = desktop.module.SkullRestoreLogic()
    monkeypatch.setattr(type(logic), "missingPackages", lambda self, *steps: ["manifold3d"])
    with pytest.raises(DependencyError, match=r"missing: manifold3d\..*press 'Install from folder'"):
        logic.requirePackages("implant")
    assert desktop.installed == [(("manifold3d>=3.2",), "SkullRestore")]


def test_what_is_installed_needs_no_question(desktop):
    desktop.module.SkullRestoreLogic().requirePackages("segment", "restore", "implant", "export")
    assert desktop.installed == []


def test_the_requirements_are_those_of_the_package():
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    project = [
        *project["dependencies"],
        *(one for extra in ("pdf", "dicom") for one in project["optional-dependencies"][extra]),
    ]
    for line in (ROOT / "Resources" / "requirements.txt").read_text(encoding="utf-8").splitlines():
        assert line.startswith("#") or line in project, line


def test_every_package_that_may_be_missing_can_be_installed(desktop):
    from SkullRestorePanelLib.logic import STEP_PACKAGES, requirementLines

    named = {line.split(">=")[0] for line in requirementLines()}
    assert {package for step in STEP_PACKAGES.values() for package in step.values()} <= named


# --- from the CT to the files


def test_an_empty_scene_offers_nothing_but_the_sample(panel):
    clickable = {name for name, w in vars(panel.ui).items() if w.kind == "QPushButton" and w.enabled}
    assert clickable - {"staleButton", "installButton"} == {"sampleButton"}
    assert not panel.ui.staleButton.visible
    assert not panel.ui.installButton.visible
    assert panel.ui.findingsLabel.text.startswith("Choose a head CT.")


def test_from_the_ct_to_the_files_by_clicks(desktop, panel, tmp_path):
    fast(desktop)
    ui, made = panel.ui, phantom_head("parietal", 7.0)
    panel.parameters.inputNode = sample(desktop, made)
    panel.parameters.beforeNode = desktop.application.volume(made.intact, made.ijk_to_ras, "Before")
    assert "slices" in ui.findingsLabel.text
    ui.restoreButton.click()
    assert ui.cancelButton.enabled
    assert not ui.restoreButton.enabled
    desktop.run(panel)
    (row,) = ui.defectsTable.texts()
    assert row[2].startswith("parieto") or "pariet" in row[2]
    assert float(row[3]) == pytest.approx(made.holes[0].area_cm2, rel=0.15)
    assert "0 of 24" in ui.movedLabel.text
    ui.defectsTable.emit("cellClicked(int,int)", 0, 1)
    panel.parameters.snapping = False
    panel.ui.snappingCheckBox.checked = False
    ui.snappingCheckBox.emit("clicked(bool)", False)
    node = panel.session.points_node
    node.SetNthControlPointPositionWorld(0, *(panel.session.points[0].position + 2.0))
    desktop.run(panel)
    assert "1 of 24" in ui.movedLabel.text
    assert panel.session.selected_point_index == 0
    ui.undoButton.click()
    assert "0 of 24" in ui.movedLabel.text
    ui.redoButton.click()
    ui.resetPointButton.click()
    assert "0 of 24" in ui.movedLabel.text
    panel.parameters.thickness = 5.0
    ui.implantButton.click()
    desktop.run(panel)
    (body,) = ui.implantsTable.texts()
    assert body[-1] == "passed"
    assert "watertight" in ui.implantDetailsLabel.text
    assert not ui.failuresLabel.visible
    with pytest.MonkeyPatch.context() as failing:
        failing.setattr(type(panel.session), "failures", ("Implant 1: The body is not closed.",))
        panel.showState()
        assert ui.failuresLabel.visible
        assert ui.failuresLabel.text.endswith("not exported:\nImplant 1: The body is not closed.")
    panel.showState()
    assert panel.session.implants[0].settings.thickness_mm == 5.0
    assert ui.showImplantCheckBox.checked
    ui.compareButton.click()
    desktop.run(panel)
    assert ui.comparisonTable.texts()[0][-1] in ("good", "acceptable")
    panel.parameters.exportFolder = tmp_path / "out"
    panel.parameters.export3mf = True
    ui.exportButton.click()
    desktop.run(panel)
    assert "Written to" in ui.exportMessage.text
    assert (tmp_path / "out" / "implant_1.stl").is_file()
    assert (tmp_path / "out" / "implants.3mf").is_file()
    ui.exportButton.click()
    assert "already holds a result" in ui.exportMessage.text
    assert ui.exportButton.enabled


@pytest.mark.slow
def test_a_tick_in_the_table_switches_a_defect(desktop, panel):
    fast(desktop)
    panel.parameters.inputNode = sample(desktop)
    panel.ui.restoreButton.click()
    desktop.run(panel)
    item = panel.ui.defectsTable.cells[0][0]
    item.state = 0
    panel.ui.defectsTable.emit("itemChanged(QTableWidgetItem*)", item)
    assert [r.is_enabled for r in panel.session.defect_rows] == [False]
    panel.ui.undoButton.click()
    assert panel.ui.defectsTable.cells[0][0].state == 2


@pytest.mark.slow
def test_a_tick_in_the_table_of_objects_lets_one_stay_after_restoring_again(desktop, panel):
    fast(desktop)
    made = phantom_head("parietal", 7.0)
    plated = replace(made, ct=np.where(made.missing > 0, 3000, made.ct).astype(made.ct.dtype))
    panel.parameters.inputNode = sample(desktop, plated)
    panel.ui.restoreButton.click()
    desktop.run(panel)
    assert [row[1] for row in panel.ui.objectsTable.texts()] == ["1 metal mesh or plate"]
    item = panel.ui.objectsTable.cells[0][0]
    assert item.state == 2
    panel.ui.objectsTable.emit("cellClicked(int,int)", 0, 1)
    item.state = 0
    panel.ui.objectsTable.emit("itemChanged(QTableWidgetItem*)", item)
    assert [row[1] for row in panel.ui.objectsTable.texts()] == ["1 metal mesh or plate ⚠"]
    assert "Objects that stay" in panel.ui.staleLabel.text
    panel.ui.staleButton.click()
    desktop.run(panel)
    assert panel.ui.defectsTable.texts() == []
    assert panel.ui.objectsTable.cells[0][0].state == 0
    panel.parameters.inputNode = sample(desktop, name="Another patient")
    assert panel.session.settings.keep_objects == ()


@pytest.mark.usefixtures("nothing_is_remembered")
def test_cancel_stops_at_once_and_the_panel_can_be_used_again(desktop, panel):
    fast(desktop)
    panel.parameters.inputNode = sample(desktop)
    panel.ui.restoreButton.click()
    panel.timer.emit("timeout()")
    panel.ui.cancelButton.click()
    desktop.run(panel)
    assert panel.ui.restoreButton.enabled
    assert not panel.ui.cancelButton.enabled
    assert panel.ui.defectsTable.texts() == []


def test_an_input_that_cannot_be_used_is_explained_in_the_panel(desktop, panel):
    node = desktop.application.scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "Empty")
    panel.parameters.inputNode = node
    assert "is empty" in panel.ui.findingsLabel.text
    assert not panel.ui.restoreButton.enabled


def test_what_goes_wrong_in_the_background_is_shown_and_the_timer_rests(desktop, panel):
    made = phantom_head()
    panel.parameters.inputNode = desktop.application.volume(
        np.minimum(made.ct, 100).astype(np.int16), made.ijk_to_ras, "No bone"
    )
    panel.ui.segmentButton.click()
    desktop.run(panel)
    assert "no bone" in panel.ui.boneMessage.text
    assert panel.ui.segmentButton.enabled


@pytest.mark.slow
def test_two_cases_are_kept_apart_when_the_input_changes(desktop, panel):
    fast(desktop)
    first, second = sample(desktop), sample(desktop, phantom_head("parietal", 7.0, seed=9), "Second")
    panel.parameters.inputNode = first
    panel.ui.restoreButton.click()
    desktop.run(panel)
    panel.parameters.inputNode = second
    assert panel.ui.defectsTable.texts() == []
    panel.parameters.inputNode = first
    assert len(panel.ui.defectsTable.texts()) == 1


@pytest.mark.usefixtures("nothing_is_remembered")
def test_closing_the_scene_while_work_runs_empties_the_panel(desktop, panel):
    fast(desktop)
    panel.parameters.inputNode = sample(desktop)
    panel.ui.restoreButton.click()
    panel.timer.emit("timeout()")
    desktop.application.scene.Clear(False)
    assert not panel.timer.runs
    assert panel.ui.findingsLabel.text.startswith("Choose a head CT.")
    assert not panel.ui.restoreButton.enabled


@pytest.mark.slow
def test_a_saved_scene_that_is_opened_while_the_panel_is_seen_is_resumed_with_its_settings(desktop, panel, tmp_path):
    fast(desktop)
    panel.parameters.inputNode = sample(desktop)
    panel.parameters.clearance = 2.0
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
    panel.parameters.inputNode = head_node
    script = desktop.module.SkullRestoreLogic()
    session = script.sessionForNode(head_node)
    assert session is panel.session
    session.start_segmentation()
    panel.showState()
    assert panel.ui.cancelButton.enabled
    desktop.run(panel)  # nobody but the panel's timer takes the result over
    assert session.is_segmented


def test_an_input_that_was_deleted_lets_go_of_its_case(desktop, panel):
    node = sample(desktop)
    panel.parameters.inputNode = node
    session = panel.session
    desktop.application.scene.RemoveNode(node)
    panel.logic.sessionForNode(sample(desktop, name="Next"))
    assert session.is_closed


@pytest.mark.slow
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


@pytest.mark.slow
def test_switching_modules_keeps_the_work_and_takes_the_preview_away(desktop, panel):
    panel.parameters.inputNode = sample(desktop)
    panel.ui.previewCheckBox.click()
    volumes = desktop.application.scene.GetNumberOfNodesByClass("vtkMRMLScalarVolumeNode")
    panel.exit()
    assert desktop.application.scene.GetNumberOfNodesByClass("vtkMRMLScalarVolumeNode") == volumes - 1
    panel.enter()
    assert panel.session is not None
    assert panel.ui.segmentButton.enabled


@pytest.mark.slow
def test_the_slider_shows_the_threshold_that_was_found(desktop, panel):
    panel.parameters.inputNode = sample(desktop)
    panel.ui.previewCheckBox.click()
    found = panel.session.suggested_threshold()
    assert panel.ui.thresholdSlider.value == pytest.approx(found, abs=0.5) != 300
    panel.parameters.autoThreshold = False
    panel.parameters.threshold = 450.0
    panel.ui.segmentButton.click()
    desktop.run(panel)
    assert panel.ui.thresholdSlider.value == 450
    assert panel.session.suggested_threshold() == 450


@pytest.mark.slow
def test_bone_islands_inside_a_defect_go_by_one_click_and_a_row_shows_where_one_is(desktop, panel):
    from helpers_session import with_block_in_the_hole

    fast(desktop)
    made = phantom_head("parietal", 7.0)
    ct, place = with_block_in_the_hole(made, 900)
    panel.parameters.inputNode = desktop.application.volume(ct, made.ijk_to_ras, "New bone")
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


@pytest.mark.slow
def test_the_sample_is_made_while_the_panel_stays_alive_and_is_chosen(desktop, panel, monkeypatch):
    from SkullRestoreLib import phantom

    make = phantom.make_phantom
    monkeypatch.setattr(phantom, "make_phantom", lambda **about: make(**about | {"matrix": 96, "slice_mm": 3.0}))
    panel.ui.sampleButton.click()
    assert panel.ui.cancelButton.enabled
    desktop.run(panel)
    assert panel.parameters.inputNode.GetName() == "Sample head"
    assert panel.parameters.beforeNode.GetName() == "Sample head before the operation"
    assert panel.ui.segmentButton.enabled


@pytest.mark.slow
def test_the_self_test_passes(desktop, monkeypatch):
    from SkullRestoreLib import phantom
    from SkullRestoreLib._system.progress import run_to_end

    head = run_to_end(phantom.make_phantom(seed=3, size_cm=9.0, matrix=128, slice_mm=2.0))

    def make_at_once(**_):
        yield "grow a head", 0.5
        return head

    logic = desktop.module.SkullRestoreLogic
    restore = logic.restore
    monkeypatch.setattr(phantom, "make_phantom", make_at_once)
    monkeypatch.setattr(logic, "restore", lambda self, node: restore(self, node, Settings(level=5)))
    parts = desktop.module.SkullRestoreTest
    named = {name for name in vars(parts) if name.startswith("test_")}
    assert named == set(parts.PARTS)
    for name in sorted(named):  # each stands alone, as Slicer's runner calls them
        part = parts()
        part.setUp()
        getattr(part, name)()


# --- what the panel shows is what is written


@pytest.mark.slow
def test_the_panel_exports_the_implant_that_it_shows_and_says_what_is_out_of_date(desktop, panel, tmp_path):
    import json

    fast(desktop)
    ui, node = panel.ui, panel.parameters
    node.inputNode = sample(desktop)
    assert not ui.staleLabel.visible
    ui.restoreButton.click()
    desktop.run(panel)
    ui.implantButton.click()
    desktop.run(panel)
    assert not ui.staleLabel.visible
    node.thickness, node.clearance = 6.0, 0.3
    desktop.run(panel)
    assert ui.staleLabel.visible
    assert "OUT OF DATE" in ui.staleLabel.text
    assert "4 mm, now 6 mm" in ui.staleLabel.text
    node.exportFolder = tmp_path / "out"
    ui.exportButton.click()
    desktop.run(panel)
    facts = json.loads((tmp_path / "out" / "restoration.json").read_text())
    assert (facts["settings"]["implant"]["thickness_mm"], facts["settings"]["implant"]["clearance_mm"]) == (6.0, 0.3)
    assert panel.session.implants[0].settings.thickness_mm == 6.0
    assert not ui.staleLabel.visible
    node.autoThreshold, node.threshold = False, 700.0
    desktop.run(panel)
    assert "now 700 HU" in ui.staleLabel.text
    node.exportFolder = tmp_path / "other"
    ui.exportButton.click()
    assert "Restore again, or change it back" in ui.exportMessage.text
    ui.restoreButton.click()
    desktop.run(panel)
    assert not ui.staleLabel.visible
    assert panel.session.restoration.segmentation.bone.threshold_hu == 700
    assert not ui.resetAllButton.enabled  # nothing was edited
    panel.ui.pointsSpinBox.value = node.points = 12
    ui.pointsSpinBox.emit("editingFinished()")
    desktop.run(panel)
    assert panel.session.point_count == 12
    assert not ui.staleLabel.visible
    ui.undoButton.click()
    desktop.run(panel)
    assert node.points == 24
    assert not ui.staleLabel.visible
    node.fullness = 1.0
    ui.fullnessSlider.emit("valueChanged(double)", 1.0)
    desktop.run(panel)
    assert panel.session.fullness == 1.0
    assert ui.fullnessLabel.text == "Fuller surface: 84 % of heads are flatter here."
    assert not ui.staleLabel.visible
    ui.undoButton.click()
    desktop.run(panel)
    assert (panel.session.fullness, node.fullness) == (0.0, 0.0)
    assert not ui.staleLabel.visible


@pytest.mark.slow
def test_an_input_that_is_moved_after_the_restoration_is_reported_in_the_panel(desktop, panel, tmp_path):
    fast(desktop)
    head_node = sample(desktop)
    panel.parameters.inputNode = head_node
    panel.ui.restoreButton.click()
    desktop.run(panel)
    parent = desktop.application.scene.AddNewNodeByClass("vtkMRMLLinearTransformNode", "Moved")
    head_node.SetAndObserveTransformNodeID(parent.GetID())
    desktop.run(panel)
    assert not panel.ui.staleLabel.visible, "nothing has moved yet"
    import vtk

    matrix = vtk.vtkMatrix4x4()
    matrix.SetElement(0, 3, 10.0)
    parent.SetMatrixTransformToParent(matrix)
    desktop.run(panel)
    assert "The input was moved after the restoration." in panel.ui.staleLabel.text
    panel.parameters.exportFolder = tmp_path / "out"
    panel.ui.exportButton.click()
    assert "moved after the restoration" in panel.ui.exportMessage.text
    head_node.SetAndObserveTransformNodeID(None)
    desktop.run(panel)
    assert not panel.ui.staleLabel.visible


@pytest.mark.slow
def test_another_patients_skull_before_is_compared_only_where_the_user_says_so(desktop, panel, monkeypatch):
    from slicer import util

    fast(desktop)
    made, asked = phantom_head("parietal", 7.0), []
    nodes = [sample(desktop, made), desktop.application.volume(made.intact, made.ijk_to_ras, "Before")]
    hierarchy = desktop.application.scene.GetSubjectHierarchyNode()
    for node, patient in zip(nodes, ("4711", "4712"), strict=True):
        item = hierarchy.CreateSubjectItem(hierarchy.GetSceneItemID(), "Patient")
        hierarchy.SetItemAttribute(item, "DICOM.PatientID", patient)
        own = hierarchy.GetItemByDataNode(node)
        hierarchy.SetItemParent(own, item) if own else hierarchy.CreateItem(item, node)
    panel.parameters.inputNode, panel.parameters.beforeNode = nodes
    panel.ui.restoreButton.click()
    desktop.run(panel)
    monkeypatch.setattr(util, "confirmOkCancelDisplay", lambda text, **_: asked.append(text) or len(asked) > 1)
    panel.ui.compareButton.click()
    desktop.run(panel)
    assert "another patient's" in asked[0]
    assert not any(secret in asked[0] for secret in ("4711", "4712"))
    assert panel.ui.comparisonTable.texts() == []
    panel.ui.compareButton.click()
    desktop.run(panel)
    assert len(panel.ui.comparisonTable.texts()) == 1
    with pytest.raises(Exception, match="another patient's"):
        panel.session.start_comparison(nodes[1])


@pytest.mark.slow
def test_an_export_folder_that_cannot_be_made_is_refused_at_once_and_the_one_that_is_shown_is_used(
    desktop, panel, tmp_path
):
    fast(desktop)
    panel.parameters.inputNode = sample(desktop)
    panel.ui.restoreButton.click()
    desktop.run(panel)
    assert str(panel.parameters.exportFolder) not in ("", "."), "there is always one, and the button shows it"
    assert panel.ui.folderButton.directory == panel.parameters.exportFolder
    (tmp_path / "file").write_text("no folder")
    for folder in (tmp_path / "file" / "out", tmp_path / ("x" * 300), tmp_path / "deep" / ("x" * 300)):
        panel.parameters.exportFolder = folder
        panel.ui.exportButton.click()
        assert re.search(r"is a file|could not be written", panel.ui.exportMessage.text)
        assert not panel.session.is_busy, "refused before any work"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file"]


# --- seen in 3D Slicer: what needs a panel of its own


def test_the_row_with_cancel_is_outside_of_what_scrolls_and_nothing_moves_when_work_starts(desktop, panel, tree):
    """Row "Restore (and every button further down) at 1366 x 768"."""
    scrolled = {w.get("name") for w in tree.find(".//widget[@class='QScrollArea']").iter("widget")}
    row = tree.find(".//widget[@name='statusRow']")
    assert {"progressBar", "cancelButton"} <= {w.get("name") for w in row.iter("widget")}
    assert not scrolled & {"progressBar", "cancelButton"}
    heights = [row.find(f"property[@name='{which}']//height").text for which in ("minimumSize", "maximumSize")]
    assert heights[0] == heights[1]
    ui = panel.ui
    panel.parameters.inputNode = sample(desktop)
    jumps = Widget.focus_jumps
    ui.segmentButton.click()
    assert Widget.focused is ui.cancelButton
    assert ui.cancelButton.visible
    assert ui.progressBar.visible
    desktop.run(panel)
    assert Widget.focused is ui.segmentButton
    assert ui.cancelButton.visible
    assert not ui.cancelButton.enabled
    assert Widget.focus_jumps == jumps, "the focus never falls to another control, to which Qt would scroll"


def test_the_first_input_is_the_volume_in_the_slices_and_never_a_hidden_one(desktop):
    """Row "selectors": what the panel chooses by itself."""
    scene, logic = desktop.application.scene, desktop.application.logic
    small = np.zeros((2, 2, 2), np.int16)
    hidden = desktop.application.volume(small, np.eye(4), "Hidden")
    hidden.SetHideFromEditors(True)
    desktop.application.volume(small, np.eye(4), "Loaded first")
    shown = desktop.application.volume(small, np.eye(4), "In the slices")
    logic.GetSelectionNode().SetActiveVolumeID(shown.GetID())
    panel = desktop.open()
    assert panel.parameters.inputNode.GetName() == "In the slices"
    scene.RemoveNode(shown)
    panel.enter()
    assert panel.parameters.inputNode.GetName() == "Loaded first"
    panel.cleanup()
