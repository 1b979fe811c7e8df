"""What 3D Slicer adds to the scene: its window, its buttons and its modules, played by the simplest objects that behave the same.

Nothing here is Slicer. The scene beneath is the real one, the .ui file is the real one, and so is ``slicer.util`` as far as it needs no window; what the
panel calls beyond that is written down here as the documents of Slicer 5.13 describe it, so that a name that Slicer does not have fails in the tests.
"""

import sys
import types
import typing
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from helpers_scene import Application

slicer = pytest.importorskip("slicer", reason="slicer-core is not installed")

ROOT = Path(__file__).resolve().parent.parent
SIGNALS = {
    "QPushButton": {"clicked(bool)"},
    "QCheckBox": {"clicked(bool)", "toggled(bool)"},
    "ctkSliderWidget": {"valueChanged(double)"},
    "QSpinBox": {"editingFinished()", "valueChanged(int)"},
    "QTableWidget": {"cellClicked(int,int)", "itemChanged(QTableWidgetItem*)"},
    "QTimer": {"timeout()"},
    "app": {"startupCompleted()"},
}


class Widget:
    """A control: properties as attributes, signals by their signature, as PythonQt has them."""

    def __init__(self, kind, name=""):
        self.kind, self.name, self.kids, self.dynamic, self.slots = kind, name, [], {}, {}
        self.text, self.enabled, self.visible, self.checked, self.value = "", True, True, False, 0
        self.cells, self.columns, self.chosen, self.node, self.directory = [], [], -1, None, "."

    def children(self):
        return self.kids

    def property(self, name):
        return self.dynamic.get(name)

    def connect(self, signal, call):
        assert signal in SIGNALS[self.kind], f"{self.kind} has no signal {signal}"
        self.slots.setdefault(signal, []).append(call)

    def emit(self, signal, *values):
        for call in self.slots.get(signal, []):
            call(*values)

    def click(self):
        assert self.enabled, f"{self.name} cannot be clicked now"
        if self.kind == "QCheckBox" or self.dynamic.get("checkable"):
            self.checked = not self.checked
        self.emit("clicked(bool)", self.checked)

    def setVisible(self, wanted):
        self.visible = wanted

    def setMRMLScene(self, scene):
        self.scene = scene

    def setValue(self, value):
        self.value = value

    def setFormat(self, text):
        self.text = text

    def setInterval(self, _ms):
        pass

    def currentNode(self):
        return self.node

    # a table

    def setRowCount(self, count):
        self.cells = [(self.cells[n] if n < len(self.cells) else [None] * len(self.columns)) for n in range(count)]

    def setItem(self, row, column, item):
        assert column < len(self.columns), f"{self.name} has no column {column}"
        item.place = (row, column)
        self.cells[row][column] = item
        self.emit("itemChanged(QTableWidgetItem*)", item)

    def currentRow(self):
        return self.chosen

    def resizeColumnsToContents(self):
        pass

    resizeRowsToContents = resizeColumnsToContents

    def columnWidth(self, _column):
        return 200

    def setColumnWidth(self, _column, width):
        assert 0 < width <= 200

    def texts(self):
        return [[item.label for item in row] for row in self.cells]


class Item:
    """A table's cell."""

    def __init__(self, text):
        self.label, self.state, self.place = text, None, (-1, -1)

    def setCheckState(self, state):
        self.state = state

    def checkState(self):
        return self.state

    def row(self):
        return self.place[0]

    def column(self):
        return self.place[1]


class Timer(Widget):
    """A timer that goes off when the test says so."""

    due: typing.ClassVar[list] = []

    def __init__(self):
        super().__init__("QTimer")
        self.runs = False

    def start(self):
        self.runs = True

    def stop(self):
        self.runs = False

    @staticmethod
    def singleShot(_ms, call):
        Timer.due.append(call)


def load_ui(path):
    """The .ui file as widgets."""
    root = ET.parse(path).getroot()

    def build(node):
        made = Widget(node.get("class"), node.get("name"))
        for one in node.findall("property"):
            value = "".join(one.itertext()).strip()
            if one.get("stdset") == "0" or one.get("name") == "checkable":
                made.dynamic[one.get("name")] = value
            elif one.get("name") in ("minimum", "maximum"):
                setattr(made, one.get("name"), float(value))
            elif one.get("name") in ("text", "checked"):
                setattr(made, one.get("name"), value == "true" if one.get("name") == "checked" else value)
        made.columns = ["".join(c.itertext()).strip() for c in node.findall("column")]
        made.columnCount = len(made.columns)
        made.kids = [build(child) for child in node.iter("widget") if child is not node and parent_of(root, child) is node]
        return made

    return build(root.find("widget"))


def parent_of(root, widget):
    """The widget that holds another one."""
    parents = {child: node for node in root.iter() for child in node}
    at = parents.get(widget)
    while at is not None and at.tag != "widget":
        at = parents.get(at)
    return at


# --- parameterNodeWrapper: annotations with defaults, kept in a scripted module node's place, connected with controls by name

FITS = {
    bool: {"QCheckBox", "QPushButton"},
    int: {"QSpinBox", "QSlider"},
    float: {"ctkSliderWidget", "QDoubleSpinBox"},
    str: {"QComboBox", "QLineEdit"},
    Path: {"ctkDirectoryButton", "ctkPathLineEdit"},
}
VALUE = {
    "QCheckBox": "checked",
    "QSpinBox": "value",
    "ctkSliderWidget": "value",
    "QDoubleSpinBox": "value",
    "QComboBox": "text",
    "QLineEdit": "text",
    "ctkDirectoryButton": "directory",
    "qMRMLNodeComboBox": "node",
}


class Default:
    def __init__(self, value):
        self.value = value


class WithinRange:
    def __init__(self, minimum, maximum):
        self.minimum, self.maximum = minimum, maximum


class Choice:
    def __init__(self, choices):
        self.choices = choices


def described(cls):
    """Fields of a wrapped class: name -> type, annotations, default."""
    out = {}
    for name, hint in typing.get_type_hints(cls, include_extras=True).items():
        kind, *extra = typing.get_args(hint) if typing.get_origin(hint) is typing.Annotated else (hint,)
        default = next((e.value for e in extra if isinstance(e, Default)), getattr(cls, name, None))
        if kind is Path and default is None:
            default = Path()
        out[name] = (kind, extra, default)
    return out


def wrapper(cls):
    """The decorator ``parameterNodeWrapper``: values are texts and references of the node, so that they are saved with the scene as Slicer saves them."""
    fields = described(cls)

    class Wrapped:
        FIELDS = fields

        def __init__(self, node):
            known = {"parameterNode": node, "links": [], "kept": {}}
            vars(self).update(known)
            for name, (kind, _, default) in fields.items():
                if not any(node.HasParameter(key) for key in keys(name, kind)):
                    write(node, name, kind, default)
            self.read_again()
            node.AddObserver("ModifiedEvent", lambda *_: self.read_again())

        def read_again(self):
            self.kept.update({name: read(self.parameterNode, name, kind) for name, (kind, _, _) in fields.items()})
            for widget, name in self.links:
                setattr(widget, VALUE[widget.kind], self.kept[name])

        def __getattr__(self, name):
            if name not in fields:
                raise AttributeError(name)
            return self.kept[name]

        def __setattr__(self, name, value):
            kind, extra, _ = fields[name]
            for one in extra:
                if isinstance(one, WithinRange) and not one.minimum <= value <= one.maximum:
                    raise ValueError(f"{name} out of range: {value}")
                if isinstance(one, Choice) and value not in one.choices:
                    raise ValueError(f"{name}: {value}")
            changed = self.parameterNode.StartModify()
            write(self.parameterNode, name, kind, value)
            self.kept[name] = value
            self.parameterNode.EndModify(changed)

        def connectParametersToGui(self, mapping):
            for field, widget in mapping.items():
                kind = fields[field][0]
                allowed = {"qMRMLNodeComboBox"} if is_node(kind) else FITS[kind]
                assert widget.kind in allowed, f"{widget.name} ({widget.kind}) cannot show {field}"
                self.links.append((widget, field))
                setattr(widget, VALUE[widget.kind], getattr(self, field))
            return 1

        def disconnectGui(self, _tag):
            self.links.clear()

    Wrapped.__name__ = cls.__name__
    return Wrapped


def keys(name, kind):
    """Names of the parameters that hold a value: one for each kind of node, as Slicer names them."""
    return [f"{name}_{n}" for n in range(len(typing.get_args(kind)))] if is_node(kind) else [name]


def write(node, name, kind, value):
    """Put a value into a node."""
    if not is_node(kind):
        assert isinstance(value, (int, float) if kind is float else kind), f"{name}: {value!r}"
        node.SetParameter(name, str(value))
        return
    for key in keys(name, kind):
        node.UnsetParameter(key)
        node.RemoveNodeReferenceIDs(key)
    chosen = next(n for n, one in enumerate(typing.get_args(kind)) if isinstance(value, one))
    node.SetParameter(f"{name}_{chosen}", "" if value is not None else "True")
    if value is not None:
        node.SetNodeReferenceID(f"{name}_{chosen}", value.GetID())


def read(node, name, kind):
    """The value that a node holds."""
    if is_node(kind):
        return next((one for key in keys(name, kind) if (one := node.GetNodeReference(key)) is not None), None)
    text = node.GetParameter(name)
    return text == "True" if kind is bool else kind(text)


def is_node(kind):
    parts = typing.get_args(kind) or (kind,)
    return all(p is type(None) or (isinstance(p, type) and issubclass(p, slicer.vtkMRMLNode)) for p in parts)


# --- the application


class Desktop:
    """The application, and the module loaded into it."""

    def __init__(self, monkeypatch, *, module_dir=ROOT / "SkullRestore", packaging=True):
        self.application = Application()
        self.shown, self.installed = [], []
        self.monkeypatch = monkeypatch
        Timer.due.clear()
        app = Widget("app")
        app.processEvents = lambda: None
        app.testingEnabled = lambda: False
        app.setOverrideCursor = app.restoreOverrideCursor = lambda *_: None
        app.applicationLogic = lambda: self.application.logic
        app.moduleManager = lambda: types.SimpleNamespace(connect=lambda *_: None)
        qt = types.ModuleType("qt")
        qt.QTimer, qt.QTableWidgetItem, qt.QIcon = Timer, Item, lambda path: path
        qt.QApplication = types.SimpleNamespace(setOverrideCursor=lambda *_: None, restoreOverrideCursor=lambda: None)
        qt.Qt = types.SimpleNamespace(Checked=2, Unchecked=0, WaitCursor=3)
        i18n = types.ModuleType("slicer.i18n")
        i18n.tr = lambda text: text
        i18n.translate = lambda _context, text: text
        base = types.ModuleType("slicer.ScriptedLoadableModule")
        for name in ("ScriptedLoadableModule", "ScriptedLoadableModuleWidget", "ScriptedLoadableModuleLogic", "ScriptedLoadableModuleTest"):
            setattr(base, name, globals()[name])
        nodes = types.ModuleType("slicer.parameterNodeWrapper")
        nodes.parameterNodeWrapper, nodes.Default, nodes.WithinRange, nodes.Choice = wrapper, Default, WithinRange, Choice
        for name, module in (
            ("qt", qt),
            ("slicer.i18n", i18n),
            ("slicer.ScriptedLoadableModule", base),
            ("slicer.parameterNodeWrapper", nodes),
        ):
            monkeypatch.setitem(sys.modules, name, module)
        monkeypatch.setattr(slicer, "app", app, raising=False)
        monkeypatch.setattr(slicer, "mrmlScene", self.application.scene, raising=False)
        from slicer import util

        monkeypatch.setattr(util, "loadUI", load_ui)
        monkeypatch.setattr(util, "showStatusMessage", lambda _text, _ms=0: None)
        monkeypatch.setattr(util, "errorDisplay", lambda text, **_: self.shown.append(text))
        if packaging:
            pack = types.ModuleType("slicer.packaging")
            # Slicer takes requirements that packaging has read, not texts
            pack.pip_ensure = lambda wanted, requester: self.installed.append((tuple(f"{r.name}{r.specifier}" for r in wanted), requester))
            monkeypatch.setitem(sys.modules, "slicer.packaging", pack)
            pack.__spec__ = types.SimpleNamespace(name="slicer.packaging")
        self.module = self.load(module_dir)

    def load(self, module_dir):
        """What Slicer does with a scripted module's file."""
        import importlib.util

        for name in [n for n in sys.modules if n.split(".")[0] in ("SkullRestorePanelLib", "SkullRestore")]:
            del sys.modules[name]
        self.monkeypatch.syspath_prepend(str(module_dir))
        spec = importlib.util.spec_from_file_location("SkullRestore", module_dir / "SkullRestore.py")
        module = importlib.util.module_from_spec(spec)
        self.monkeypatch.setitem(sys.modules, "SkullRestore", module)
        spec.loader.exec_module(module)
        return module

    def open(self):
        """The panel, as when the user chooses the module."""
        panel = self.module.SkullRestoreWidget(self.parent())
        panel.setup()
        panel.enter()
        return panel

    def parent(self):
        """What Slicer puts a panel into."""
        return Widget("parent")

    def run(self, panel, seconds=120):
        """Let the event loop turn until the panel's timer rests."""
        import time

        until = time.perf_counter() + seconds
        while (panel.timer.runs or Timer.due) and time.perf_counter() < until:
            while Timer.due:
                Timer.due.pop(0)()
            if panel.timer.runs:
                panel.timer.emit("timeout()")
        assert not panel.timer.runs


class ScriptedLoadableModule:
    def __init__(self, parent):
        self.parent = parent


class ScriptedLoadableModuleWidget:
    def __init__(self, parent=None):
        self.parent = parent
        self.parent.isEntered = True
        self.layout = types.SimpleNamespace(addWidget=lambda widget: setattr(self, "panel", widget))
        self.reloaded = 0

    def setup(self):
        pass

    def onReload(self):
        self.reloaded += 1


class ScriptedLoadableModuleLogic:
    def __init__(self, parent=None):
        self.moduleName = "SkullRestore"

    def getParameterNode(self):
        node = slicer.mrmlScene.GetSingletonNode(self.moduleName, "vtkMRMLScriptedModuleNode")
        if node is None:
            node = slicer.mrmlScene.CreateNodeByClass("vtkMRMLScriptedModuleNode")
            node.UnRegister(None)
            node.SetSingletonTag(self.moduleName)
            node.SetModuleName(self.moduleName)
            node = slicer.mrmlScene.AddNode(node)
        return node


class ScriptedLoadableModuleTest:
    def __init__(self):
        import unittest

        self._case = unittest.TestCase()

    def __getattr__(self, name):
        return getattr(self._case, name)

    def delayDisplay(self, text):
        print(text)
