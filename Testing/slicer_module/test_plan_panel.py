"""The section *Plan a resection* of the panel: its settings against the library, and its use by clicks."""

import xml.etree.ElementTree as ET

import pytest
from helpers_desktop import ROOT, Choice, Desktop, Timer, WithinRange
from helpers_plan import REFUSED_LINES, place_on_skull, refused_line, whole_head_ct
from helpers_scene import markup_positions

from SkullRestoreLib.settings import PlanSettings, ResectionChoices, list_settings


@pytest.fixture
def desktop(monkeypatch):
    return Desktop(monkeypatch)


@pytest.fixture
def panel(desktop):
    made = desktop.open()
    every = type(made).chosenSettings
    desktop.monkeypatch.setattr(type(made), "chosenSettings", lambda self: every(self).with_changes(level=5))
    yield made
    made.cleanup()


def test_every_setting_of_a_plan_is_in_the_panel_as_the_library_describes_it(desktop):
    module = desktop.module
    shown = {}
    for widget in ET.parse(ROOT / "Resources" / "UI" / "SkullRestore.ui").getroot().iter("widget"):
        properties = {p.get("name"): "".join(p.itertext()).strip() for p in widget.findall("property")}
        shown[properties.get("SlicerParameterName")] = properties
    specs = [*list_settings(PlanSettings), *list_settings(ResectionChoices)]
    fields = module.PLAN_SETTINGS | module.CHOICE_SETTINGS
    assert list(fields.values()) == specs
    for field, setting in fields.items():
        properties = shown[field]
        assert properties["toolTip"] == setting.help
        if "minimum" in properties:
            assert (float(properties["minimum"]), float(properties["maximum"])) == (setting.low, setting.high), setting
            assert float(properties["value"]) == (setting.default or 0), setting
            assert properties.get("suffix", "").strip() == setting.unit, setting
        _, extra, default = module.SkullRestoreParameterNode.FIELDS[field]
        assert (default or None) == (setting.default or None), field
        for one in extra:
            if isinstance(one, WithinRange):
                assert (one.minimum, one.maximum) == (setting.low, setting.high), field
            if isinstance(one, Choice):
                assert tuple(one.choices) == setting.choices, field


def test_a_tool_of_width_0_is_as_wide_as_the_kerf_and_another_one_is_as_wide_as_chosen(panel):
    assert panel.chosenPlan() == (PlanSettings(), ResectionChoices())
    panel.parameters.tool = 3.0
    panel.parameters.makeRing = True
    settings, choices = panel.chosenPlan()
    assert settings.tool_mm == 3.0
    assert choices.guides == ("template", "frame", "ring")


def test_a_plan_without_a_line_says_what_to_do(panel):
    assert panel.ui.lineLabel.text == "No line is drawn yet."
    assert not panel.ui.planButton.enabled


@pytest.mark.slow
def test_a_circle_is_drawn_dragged_undone_and_planned_by_clicks(desktop, panel, tmp_path):
    ui = panel.ui
    panel.parameters.inputNode = desktop.application.volume(*whole_head_ct(), "Head before the operation")
    panel.parameters.circle = 36.0
    panel.parameters.makeTemplate = False
    ui.drawCircleButton.click()
    desktop.run(panel)
    assert ui.drawCircleButton.checked
    planner = panel.session.planner
    centre = panel.session.case_node.GetNodeReference("resection_centre")
    centre.AddControlPointWorld(*place_on_skull(panel.session.planner.prepared))
    while Timer.due:
        Timer.due.pop(0)()
    assert not ui.drawCircleButton.checked
    assert ui.lineLabel.text.startswith("<b>10.")
    assert "12 points" in ui.lineLabel.text
    assert not ui.lineWarningsLabel.visible
    assert len(ui.landmarksTable.texts()) >= 4
    node = planner.curve_node
    points = markup_positions(node)
    node.InvokeEvent(node.PointStartInteractionEvent)
    node.SetNthControlPointPositionWorld(0, *(points[0] + 0.2 * (points[0] - points.mean(axis=0))))
    before = ui.lineLabel.text
    while Timer.due:
        Timer.due.pop(0)()
    assert ui.lineLabel.text != before, "the numbers follow the drag"
    node.InvokeEvent(node.PointEndInteractionEvent)
    ui.undoLineButton.click()
    assert ui.lineLabel.text == before
    for kind, sentence in REFUSED_LINES.items():
        planner.draw_curve(refused_line(planner.prepared, kind))
        assert sentence in ui.lineWarningsLabel.text
        assert ui.lineWarningsLabel.visible
        assert not ui.planButton.enabled
        ui.undoLineButton.click()
    assert ui.lineLabel.text == before
    ui.planButton.click()
    desktop.run(panel)
    assert ui.planMessage.text == ""
    assert [row[1] for row in ui.guidesTable.texts()] == ["cutting guide"]
    assert ui.guideDetailsLabel.text.startswith("cutting guide: held down by hand")
    assert len(ui.implantsTable.texts()) == 1
    panel.parameters.kerf = 2.0
    assert "Kerf: planned with 1.5 mm, now 2 mm." in ui.planStaleLabel.text
    panel.parameters.exportFolder = tmp_path / "out"
    ui.exportButton.click()
    assert "The plan is not that of what is shown now" in ui.exportMessage.text
    panel.parameters.kerf = 1.5
    assert not ui.planStaleLabel.visible
    ui.guidesTable.cells[0][0].setCheckState(0)
    ui.guidesTable.emit("itemChanged(QTableWidgetItem*)", ui.guidesTable.cells[0][0])
    assert not panel.session.case_node.GetNodeReference("guide_frame").GetDisplayNode().GetVisibility()
