"""Simple stand-ins for what 3D Slicer adds to the scene: its window, its buttons and its modules.

Nothing here is Slicer. The scene is the real one, the .ui file is the real one, and so is ``slicer.util`` as far as it
needs no window. Everything else that the panel calls is written here as the documentation of Slicer 5.13 describes it,
so that a name that Slicer does not have fails in the tests.
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
    "QShortcut": {"activated()", "activatedAmbiguously()"},
    "app": {"startupCompleted()"},
}


class Widget:
    """A control: properties as attributes, signals by their signature, as in PythonQt.

    Seen in the application (row "Restore at 1366 x 768"): a control that is disabled while it has the focus gives it to
    another one, to which the panel scrolls. ``focus_jumps`` counts that.
    """

    focused: typing.ClassVar = None
    focus_jumps: typing.ClassVar[int] = 0

    def __init__(self, kind, name=""):
        self.kind, self.name, self.kids, self.dynamic, self.slots = kind, name, [], {}, {}
        self.text, self._enabled, self.visible, self.checked, self.value = "", True, True, False, 0
        self.cells, self.columns, self.chosen, self.node, self.directory = [], [], -1, None, "."
        self.styleSheet = self.toolTip = ""

    @property
    def enabled(self):
        return self._enabled

    @enabled.setter
    def enabled(self, enabled):
        if self._enabled and not enabled and Widget.focused is self:
            Widget.focused = None
            Widget.focus_jumps += 1
        self._enabled = enabled

    def setFocus(self):
        if self.enabled:
            Widget.focused = self

    def setParent(self, _parent):
        pass

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
        self.setFocus()
        if self.kind == "QCheckBox" or self.dynamic.get("checkable"):
            self.checked = not self.checked
        self.emit("clicked(bool)", self.checked)

    def setVisible(self, visible):
        self.visible = visible

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


class NodeSelector(Widget):
    """A ``qMRMLNodeComboBox``: it lists the nodes of its classes, and chooses by itself what stands first.

    Seen in the application (row "selectors"): without a filter the module's own nodes are listed, and after the chosen
    node was deleted another one is chosen.
    """

    def __init__(self, kind, name=""):
        super().__init__(kind, name)
        self.classes, self.scene, self.on_chosen = [], None, lambda _node: None
        self.model = types.SimpleNamespace(hiddenNodeIDs=[])

    def sortFilterProxyModel(self):
        return self.model

    def setMRMLScene(self, scene):
        self.scene = scene
        scene.AddObserver(scene.NodeRemovedEvent, lambda *_: self._after_removal())

    def nodes(self):
        scene = self.scene
        nodes = [scene.GetNthNode(n) for n in range(scene.GetNumberOfNodes())]
        return [
            node
            for node in nodes
            if node.GetClassName() in self.classes
            and not node.GetHideFromEditors()
            and node.GetID() not in self.model.hiddenNodeIDs
        ]

    def setCurrentNode(self, node):
        self.node = node
        self.on_chosen(node)

    def _after_removal(self):
        if self.node is not None and self.node.GetScene() is None and not self.scene.IsClosing():
            self.setCurrentNode(next(iter(self.nodes()), None))


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
    """A timer that fires when the test asks for it."""

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


class Translator:
    """Qt's translator: it reads a compiled catalogue, here the one from which that is made."""

    texts: typing.ClassVar[dict] = {}

    def load(self, path):
        assert Path(path).is_file()
        messages = (
            ET.parse(Path(path).with_suffix(".ts")).getroot().find("context[name='SkullRestore']").iter("message")
        )
        self.read = {one.findtext("source"): one.findtext("translation") for one in messages}
        return True

    @staticmethod
    def install(translator):
        Translator.texts = translator.read


class Shortcut(Widget):
    """A key of the main window."""

    made: typing.ClassVar[list] = []

    def __init__(self, parent):
        super().__init__("QShortcut")
        self.key, self.parent = "", parent
        Shortcut.made.append(self)

    def setKey(self, key):
        self.key = key

    def setParent(self, parent):
        self.parent = parent

    @staticmethod
    def press(key):
        """Press a key: whether it did anything."""
        live = [one for one in Shortcut.made if one.key == key and one.enabled and one.parent is not None]
        for one in live:
            one.emit("activated()")
        return bool(live)


def load_ui(path):
    """Read the .ui file as widgets."""
    root = ET.parse(path).getroot()
    wired = {c.findtext("receiver") for c in root.iter("connection")}

    def build(node):
        kind = NodeSelector if node.get("class") == "qMRMLNodeComboBox" else Widget
        widget = kind(node.get("class"), node.get("name"))
        if kind is NodeSelector:
            types_listed = node.find("property[@name='nodeTypes']/stringlist")
            widget.classes = [one.text for one in types_listed]
        for element in node.findall("property"):
            name, value = element.get("name"), "".join(element.itertext()).strip()
            if element.get("stdset") == "0" or name == "checkable":
                widget.dynamic[name] = value
            elif name in ("minimum", "maximum"):
                setattr(widget, name, float(value))
            elif name in ("text", "checked", "toolTip"):
                value = value == "true" if name == "checked" else Translator.texts.get(value, value)
                setattr(widget, name, value)
        titles = ["".join(c.itertext()).strip() for c in node.findall("column")]
        widget.columns = [Translator.texts.get(title, title) for title in titles]
        widget.columnCount = len(widget.columns)
        widget.kids = [
            build(child) for child in node.iter("widget") if child is not node and parent_of(root, child) is node
        ]
        return widget

    top = build(root.find("widget"))

    def everything(widget):
        return [widget, *(one for child in widget.kids for one in everything(child))]

    receivers = [one for one in everything(top) if one.name in wired]
    top.setMRMLScene = lambda scene: [one.setMRMLScene(scene) for one in receivers]
    return top


def parent_of(root, widget):
    """The widget that contains another one."""
    parents = {child: node for node in root.iter() for child in node}
    parent = parents.get(widget)
    while parent is not None and parent.tag != "widget":
        parent = parents.get(parent)
    return parent


# --- parameterNodeWrapper: annotations with defaults, stored in a scripted module node, connected with controls by name

ALLOWED_WIDGETS = {
    bool: {"QCheckBox", "QPushButton"},
    int: {"QSpinBox", "QSlider"},
    float: {"ctkSliderWidget", "QDoubleSpinBox"},
    str: {"QComboBox", "QLineEdit"},
    Path: {"ctkDirectoryButton", "ctkPathLineEdit"},
}
VALUE_PROPERTY = {
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


def parameter_fields(cls):
    """Fields of a wrapped class: name -> type, annotations, default."""
    out = {}
    for name, hint in typing.get_type_hints(cls, include_extras=True).items():
        kind, *extra = typing.get_args(hint) if typing.get_origin(hint) is typing.Annotated else (hint,)
        default = next((e.value for e in extra if isinstance(e, Default)), getattr(cls, name, None))
        if kind is Path and default is None:
            default = Path()
        out[name] = (kind, extra, default)
    return out


def parameter_node_wrapper(cls):
    """The decorator ``parameterNodeWrapper``: values are texts and references of the node, saved with the scene."""
    fields = parameter_fields(cls)

    class Wrapped:
        FIELDS = fields

        def __init__(self, node):
            known = {"parameterNode": node, "links": [], "kept": {}}
            vars(self).update(known)
            for name, (kind, _, default) in fields.items():
                if not any(node.HasParameter(key) for key in parameter_keys(name, kind)):
                    write_parameter(node, name, kind, default)
            self.read_again()
            node.AddObserver("ModifiedEvent", lambda *_: self.read_again())

        def read_again(self):
            self.kept.update(
                {name: read_parameter(self.parameterNode, name, kind) for name, (kind, _, _) in fields.items()}
            )
            for widget, name in self.links:
                setattr(widget, VALUE_PROPERTY[widget.kind], self.kept[name])

        def __getattr__(self, name):
            if name not in fields:
                raise AttributeError(name)
            return self.kept[name]

        def __setattr__(self, name, value):
            kind, extra, _ = fields[name]
            for rule in extra:
                if isinstance(rule, WithinRange) and not rule.minimum <= value <= rule.maximum:
                    raise ValueError(f"{name} out of range: {value}")
                if isinstance(rule, Choice) and value not in rule.choices:
                    raise ValueError(f"{name}: {value}")
            changed = self.parameterNode.StartModify()
            write_parameter(self.parameterNode, name, kind, value)
            self.kept[name] = value
            self.parameterNode.EndModify(changed)

        def connectParametersToGui(self, mapping):
            for field, widget in mapping.items():
                kind = fields[field][0]
                allowed = {"qMRMLNodeComboBox"} if is_node(kind) else ALLOWED_WIDGETS[kind]
                assert widget.kind in allowed, f"{widget.name} ({widget.kind}) cannot show {field}"
                self.links.append((widget, field))
                if isinstance(widget, NodeSelector):
                    widget.on_chosen = lambda node, field=field: setattr(self, field, node)
                setattr(widget, VALUE_PROPERTY[widget.kind], getattr(self, field))
            return 1

        def disconnectGui(self, _tag):
            for widget, _field in self.links:
                widget.on_chosen = lambda _node: None
            self.links.clear()

    Wrapped.__name__ = cls.__name__
    return Wrapped


def parameter_keys(name, kind):
    """Names of the parameters that hold a value: one for each kind of node, as Slicer names them."""
    return [f"{name}_{n}" for n in range(len(typing.get_args(kind)))] if is_node(kind) else [name]


def write_parameter(node, name, kind, value):
    """Store a value in a node."""
    if not is_node(kind):
        assert isinstance(value, (int, float) if kind is float else kind), f"{name}: {value!r}"
        node.SetParameter(name, str(value))
        return
    for key in parameter_keys(name, kind):
        node.UnsetParameter(key)
        node.RemoveNodeReferenceIDs(key)
    chosen = next(n for n, node_class in enumerate(typing.get_args(kind)) if isinstance(value, node_class))
    node.SetParameter(f"{name}_{chosen}", "" if value is not None else "True")
    if value is not None:
        node.SetNodeReferenceID(f"{name}_{chosen}", value.GetID())


def read_parameter(node, name, kind):
    """The value that a node stores."""
    if is_node(kind):
        references = (node.GetNodeReference(key) for key in parameter_keys(name, kind))
        return next((reference for reference in references if reference is not None), None)
    text = node.GetParameter(name)
    return text == "True" if kind is bool else kind(text)


def is_node(kind):
    parts = typing.get_args(kind) or (kind,)
    return all(p is type(None) or (isinstance(p, type) and issubclass(p, slicer.vtkMRMLNode)) for p in parts)


# --- the application


class Desktop:
    """The application, and the module loaded into it."""

    def __init__(self, monkeypatch, *, module_dir=ROOT / "SkullRestore", packaging=True, language="en"):
        self.settings = {"Internationalization/Enabled": language != "en", "language": f"{language}-XX"}
        Translator.texts = {}
        self.application = Application()
        self.shown, self.installed, self.chosen_folder = [], [], ""  # an empty name: the dialog was cancelled
        self.monkeypatch = monkeypatch
        Timer.due.clear()
        Shortcut.made.clear()
        Widget.focused, Widget.focus_jumps = None, 0
        app = Widget("app")
        app.processEvents = lambda: None
        app.testingEnabled = lambda: False
        app.setOverrideCursor = app.restoreOverrideCursor = lambda *_: None
        app.applicationLogic = lambda: self.application.logic
        app.moduleManager = lambda: types.SimpleNamespace(connect=lambda *_: None)
        qt = types.ModuleType("qt")
        qt.QTimer, qt.QTableWidgetItem, qt.QIcon = Timer, Item, lambda path: path
        qt.QApplication = types.SimpleNamespace(
            setOverrideCursor=lambda *_: None, restoreOverrideCursor=lambda: None, focusWidget=lambda: Widget.focused
        )
        qt.QShortcut, qt.QKeySequence = Shortcut, lambda keys: keys
        qt.Qt = types.SimpleNamespace(Checked=2, Unchecked=0, WaitCursor=3)
        qt.QFileDialog = types.SimpleNamespace(getExistingDirectory=lambda _parent, _title: self.chosen_folder)
        i18n = types.ModuleType("slicer.i18n")
        i18n.tr = lambda text: Translator.texts.get(text, text)
        i18n.translate = lambda _context, text: text
        qt.QTranslator, qt.QCoreApplication = Translator, types.SimpleNamespace(installTranslator=Translator.install)
        base = types.ModuleType("slicer.ScriptedLoadableModule")
        for name in (
            "ScriptedLoadableModule",
            "ScriptedLoadableModuleWidget",
            "ScriptedLoadableModuleLogic",
            "ScriptedLoadableModuleTest",
        ):
            setattr(base, name, globals()[name])
        nodes = types.ModuleType("slicer.parameterNodeWrapper")
        nodes.parameterNodeWrapper, nodes.Default, nodes.WithinRange, nodes.Choice = (
            parameter_node_wrapper,
            Default,
            WithinRange,
            Choice,
        )
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
        monkeypatch.setattr(util, "settingsValue", lambda key, default, converter=None: self.settings.get(key, default))
        monkeypatch.setattr(util, "mainWindow", lambda: Widget("parent", "main window"))
        monkeypatch.setattr(util, "errorDisplay", lambda text, **_: self.shown.append(text))
        if packaging:
            pack = types.ModuleType("slicer.packaging")
            # Slicer expects requirements that packaging has parsed, not texts
            pack.pip_ensure = lambda requirements, requester: self.installed.append(
                (tuple(f"{r.name}{r.specifier}" for r in requirements), requester)
            )
            monkeypatch.setitem(sys.modules, "slicer.packaging", pack)
            pack.__spec__ = types.SimpleNamespace(name="slicer.packaging")
        self.module = self.load(module_dir)

    def load(self, module_dir):
        """Load the file of a scripted module as Slicer does."""
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
        """Open the panel, as when the user chooses the module."""
        panel = self.module.SkullRestoreWidget(self.parent())
        panel.setup()
        panel.enter()
        return panel

    def parent(self):
        """The widget into which Slicer puts a panel."""
        return Widget("parent")

    def run(self, panel, seconds=120):
        """Run the event loop until the panel's timer is stopped."""
        import time

        end = time.perf_counter() + seconds
        while (panel.timer.runs or Timer.due) and time.perf_counter() < end:
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
