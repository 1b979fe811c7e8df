"""Draw the panel with the sample restored: the module's own .ui in Qt, filled by its own code. `make panel-picture`.

Plain widgets of Qt stand in for Slicer's (node selectors, sliders, folding sections); layout, texts, numbers and
tables are the real ones. Needs PySide6-Essentials, which nothing else here does.
"""

import os
import sys
import tempfile
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "Testing")]
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from helpers_desktop import Desktop  # noqa: E402
from PySide6 import QtCore, QtGui, QtWidgets  # noqa: E402
from PySide6.QtUiTools import QUiLoader  # noqa: E402

OUT = ROOT / "docs" / "img" / "desktop_panel.png"
OUT_PLAN = ROOT / "docs" / "img" / "desktop_panel_plan.png"
LANGUAGES = ("en", "de", "ru")
"""The picture is in the first one; in all of them the panel must fit."""
WIDTH = 360
"""Pixels: a little less than Slicer gives a panel on a screen of 1366 × 768. Nothing may be wider."""
SCROLL_BAR = 20
COLUMNS = (
    ("statusRow", "safetyLabel", "inputSection", "boneSection", "restoreSection"),
    ("editSection", "implantSection"),
    ("moreImplantSection", "compareSection", "exportSection", "viewsSection"),
)
PLAN_COLUMNS = (("planSection",), ("morePlanSection",))
INNER_SECTIONS = {"implantSection": "moreImplantSection", "planSection": "morePlanSection"}
"""Sections in a section, which get a column of their own."""


def main() -> None:
    """Restore the sample through the panel, and write its picture."""
    desktop = Desktop(pytest.MonkeyPatch())
    panel = desktop.open()
    panel.ui.sampleButton.click()
    desktop.run(panel)
    panel.ui.restoreButton.click()
    desktop.run(panel)
    panel.session.set_snapping(False)
    panel.session.move_point(3, panel.session.points[3].position + 2.0)
    panel.session.undo()
    panel.session.redo()
    for button in ("implantButton", "compareButton"):
        getattr(panel.ui, button).click()
        desktop.run(panel)
    print("\n".join(["", *panel.session.findings, *panel.session.warnings]))
    app = QtWidgets.QApplication([])
    app.setStyle("fusion")
    app.setFont(QtGui.QFont("DejaVu Sans", 9))
    for language in LANGUAGES:
        measure_width(language)
    draw(panel, COLUMNS, OUT)
    plan_a_resection(desktop, panel)
    draw(panel, PLAN_COLUMNS, OUT_PLAN)


def plan_a_resection(desktop, panel) -> None:
    """Plan on the sample head before the operation: a circle behind the hairline, near the mid-line."""
    from helpers_desktop import Timer
    from helpers_plan import place_on_skull

    panel.parameters.inputNode = panel.parameters.beforeNode
    panel.parameters.circle = 60.0
    panel.ui.drawCircleButton.click()
    desktop.run(panel)
    centre = panel.session.case_node.GetNodeReference("resection_centre")
    prepared = panel.session.planner.prepared
    centre.AddControlPointWorld(*place_on_skull(prepared, (40.0, 52.0)))
    while Timer.due:
        Timer.due.pop(0)()
    panel.ui.planButton.click()
    desktop.run(panel)


def draw(panel, names_of_columns: tuple[tuple[str, ...], ...], out: Path) -> None:
    """Draw parts of the panel next to each other, as it is now."""
    drawn = load(ROOT / "Resources" / "UI" / "SkullRestore.ui")
    for name, played in vars(panel.ui).items():
        if (widget := drawn.findChild(QtWidgets.QWidget, name)) is not None:
            fill(widget, played)
    LEFT.clear()
    columns = [column(drawn, names) for names in names_of_columns]
    HELD.append(drawn)
    height = max(c.shape[0] for c in columns)
    white = [np.pad(c, ((0, height - len(c)), (0, 12), (0, 0)), constant_values=255) for c in columns]
    Image.fromarray(np.concatenate(white, axis=1)).save(out, optimize=True)
    print(f"Written: {out.name} ({out.stat().st_size / 1000:.0f} kB)")


def measure_width(language: str) -> None:
    """Fail where the panel is wider than Slicer's in a language."""
    from make_translations import FOLDER, PANEL, read_catalogue

    known = read_catalogue(FOLDER / f"SkullRestore_{language}.ts")
    panel = load(
        ROOT / "Resources" / "UI" / "SkullRestore.ui", {text: known[c, text] for c, text in known if c == PANEL}
    )
    need = panel.findChild(QtWidgets.QWidget, "panelContent").minimumSizeHint().width() + SCROLL_BAR
    print(f"{language}: {need} of {WIDTH} pixels")
    if need > WIDTH:
        raise SystemExit(f"The panel in language {language} needs {need} pixels; it must fit into {WIDTH}.")


class Section(QtWidgets.QWidget):
    """In place of ctkCollapsibleButton: a title over what it holds."""

    def __init__(self, parent=None):
        super().__init__(parent)
        self.title = ""
        self.setContentsMargins(6, 28, 6, 6)

    def paintEvent(self, _event):  # noqa: D102
        painter = QtGui.QPainter(self)
        painter.fillRect(0, 2, self.width(), 22, self.palette().mid())
        painter.drawText(26, 18, self.title)
        painter.drawText(8, 18, "\u25be")
        painter.setPen(self.palette().mid().color())
        painter.drawRect(0, 2, self.width() - 1, self.height() - 4)


class Slider(QtWidgets.QWidget):
    """In place of ctkSliderWidget: a slider with a number next to it."""

    def __init__(self, parent=None):
        super().__init__(parent)
        self.number = QtWidgets.QDoubleSpinBox()
        self.slider = QtWidgets.QSlider(QtCore.Qt.Horizontal)
        row = QtWidgets.QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.slider, 1)
        row.addWidget(self.number)

    def show_value(self, about: dict[str, str], value: float) -> None:
        """Range, unit and number as the .ui gives them."""
        low, high = float(about["minimum"]), float(about["maximum"])
        self.number.setDecimals(int(about["decimals"]))
        self.number.setRange(low, high)
        self.number.setSuffix(about.get("suffix", ""))
        self.number.setValue(value)
        self.slider.setValue(int(99 * (value - low) / (high - low)))


PLAYED = {"qMRMLWidget": QtWidgets.QWidget, "ctkCollapsibleButton": Section, "ctkSliderWidget": Slider}
PLAIN = {"qMRMLNodeComboBox": "QComboBox", "ctkDirectoryButton": "QPushButton", "qMRMLWidget": "QWidget"}
ABOUT: dict[str, dict[str, str]] = {}


def load(path: Path, translations: dict[str, str] | None = None) -> QtWidgets.QWidget:
    """The .ui with Slicer's classes replaced; properties that plain widgets lack are kept in ``ABOUT``."""
    tree = ET.parse(path)
    for connections in tree.getroot().findall("connections"):
        tree.getroot().remove(connections)
    for widget in tree.getroot().iter("widget"):
        kind = widget.get("class")
        ABOUT[widget.get("name")] = {p.get("name"): "".join(p.itertext()) for p in widget.findall("property")}
        if kind in PLAIN or kind in PLAYED:
            for one in widget.findall("property"):
                if one.get("name") not in ("toolTip", "geometry"):
                    widget.remove(one)
        widget.set("class", PLAIN.get(kind, kind))
    for text in tree.getroot().iter("string"):
        text.text = (translations or {}).get(text.text or "", text.text)
    loader = QUiLoader()
    loader.registerCustomWidget(Section)
    loader.registerCustomWidget(Slider)
    text = ET.tostring(tree.getroot(), encoding="unicode")
    text = text.replace('class="ctkCollapsibleButton"', 'class="Section"').replace(
        'class="ctkSliderWidget"', 'class="Slider"'
    )
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", suffix=".ui", delete=False) as file:
        file.write(text)
    made = loader.load(file.name)
    Path(file.name).unlink()
    return made


def fill(widget, played) -> None:
    """Show in a widget of Qt what the panel has put into the played one."""
    widget.setEnabled(bool(played.enabled))
    if isinstance(widget, QtWidgets.QLabel):  # the boxes of warnings, where there is nothing to warn of
        widget.setVisible(bool(played.visible))
    about = ABOUT.get(played.name, {})
    if isinstance(widget, Section):
        widget.title = about.get("text", "").strip()
    elif isinstance(widget, Slider):
        widget.show_value({k: v.strip() if k != "suffix" else v for k, v in about.items()}, float(played.value))
    elif isinstance(widget, QtWidgets.QTableWidget):
        widget.setRowCount(len(played.cells))
        for n, row in enumerate(played.cells):
            for k, item in enumerate(row):
                cell = QtWidgets.QTableWidgetItem(item.label)
                if item.state is not None:
                    cell.setCheckState(QtCore.Qt.Checked if item.state else QtCore.Qt.Unchecked)
                widget.setItem(n, k, cell)
        widget.resizeColumnsToContents()
        for k in range(widget.columnCount()):
            widget.setColumnWidth(k, min(widget.columnWidth(k), 96))
        widget.resizeRowsToContents()
        if (need := sum(widget.columnWidth(k) for k in range(widget.columnCount()))) > WIDTH - 3 * SCROLL_BAR:
            raise SystemExit(f"{played.name}: its columns need {need} pixels.")
    elif isinstance(widget, QtWidgets.QLabel):
        widget.setText(played.text)
    elif isinstance(widget, QtWidgets.QProgressBar):
        widget.setValue(int(played.value))
        widget.setFormat(played.text)
    elif isinstance(widget, QtWidgets.QComboBox):
        chosen = played.node.GetName() if played.node is not None else (played.text or "None")
        widget.addItem(chosen)
    elif isinstance(widget, QtWidgets.QCheckBox):
        widget.setChecked(bool(played.checked))
    elif isinstance(widget, QtWidgets.QSpinBox | QtWidgets.QDoubleSpinBox):
        widget.setValue(played.value)
    elif played.kind == "ctkDirectoryButton":
        widget.setText("Choose a folder")


def column(panel: QtWidgets.QWidget, names: tuple[str, ...]) -> np.ndarray:
    """Some parts of the panel, one below the other: (height, width, 3) uint8."""
    holder = QtWidgets.QWidget()
    layout = QtWidgets.QVBoxLayout(holder)
    for name in names:
        if (inner := INNER_SECTIONS.get(name)) is not None:  # what it folds away has a column of its own
            LEFT[inner] = panel.findChild(QtWidgets.QWidget, inner)
            LEFT[inner].setParent(None)
        layout.addWidget(LEFT.get(name) or panel.findChild(QtWidgets.QWidget, name))
    layout.addStretch(1)
    holder.resize(WIDTH, max(layout.totalHeightForWidth(WIDTH), layout.totalMinimumSize().height()))
    shot = holder.grab().toImage().convertToFormat(QtGui.QImage.Format_RGB888)
    rows = np.frombuffer(shot.constBits(), np.uint8).reshape(shot.height(), shot.bytesPerLine())
    HELD.append(holder)
    return rows[:, : 3 * shot.width()].reshape(shot.height(), shot.width(), 3).copy()


LEFT: dict[str, QtWidgets.QWidget] = {}
HELD: list[QtWidgets.QWidget] = []

if __name__ == "__main__":
    main()
