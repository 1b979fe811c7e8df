"""Stand-ins for Slicer's Segment Editor: the brush, the editor's node and the base class of scripted effects.

The segmentation, the editor's node and its logic are the real ones: strokes, what they overwrite, and undo.
"""

import importlib.util
import sys
import types
from pathlib import Path

import numpy as np
import pytest
from helpers_desktop import Widget
from vtk.util.numpy_support import numpy_to_vtk
from vtkmodules.vtkCommonMath import vtkMatrix4x4

slicer = pytest.importorskip("slicer", reason="slicer-core is not installed")


class AbstractScriptedSegmentEditorPaintEffect:
    """Base class of scripted effects that paint."""

    def __init__(self, scriptedEffect):
        self.scriptedEffect = scriptedEffect

    def register(self):
        Editor.registered.append(self.scriptedEffect)


class ScriptedPaintEffect:
    """``qSlicerSegmentEditorScriptedPaintEffect``: a brush whose effect is a class of a Python file.

    Seen in the sources: the class is found by the name of the file; the file is loaded as a module of the name of the
    file, or of its folder, which hides a package of that name; the title is "Paint" unless it is set.
    """

    def __init__(self, _parent):
        self.name, self.title, self.perSegment, self.requireSegments = "UnnamedScriptedPaintEffect", "Paint", True, True
        self.options, self.effect, self.node = [], None, None

    def setPythonSource(self, path):
        path = Path(path)
        assert path.stem.endswith("Effect")
        for name in (path.stem, path.parent.name):
            known = sys.modules.get(name)
            assert known is None or not hasattr(known, "__path__"), f"the package {name} would be hidden"
        spec = importlib.util.spec_from_file_location(path.stem, path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        self.effect = getattr(module, path.stem)(self)

    def self(self):
        return self.effect

    def parameterSetNode(self):
        return self.node

    def addOptionsWidget(self, widget):
        self.options.append(widget)


class Editor:
    """An editor of a segmentation: it clones what is registered, sets the options up, and activates it."""

    registered: list = []  # noqa: RUF012

    def __init__(self, scene, segmentation, volume):
        self.node = scene.AddNewNodeByClass("vtkMRMLSegmentEditorNode", "SegmentEditor")
        self.node.SetAndObserveSegmentationNode(segmentation)
        self.node.SetAndObserveSourceVolumeNode(volume)
        self.node.SetOverwriteMode(self.node.OverwriteNone)
        self.logic = slicer.vtkSlicerSegmentEditorLogic()
        self.logic.SetMRMLScene(scene)
        self.logic.SetSegmentEditorNode(self.node)
        self.effect = None

    def choose(self, name):
        """Press the button of an effect; None leaves it."""
        if self.effect is not None:
            self.effect.self().deactivate()
            self.effect = None
        if name is not None:
            (registered,) = (one for one in self.registered if one.name == name)
            self.effect = registered.self().clone()
            self.effect.node = self.node
            self.effect.self().setupOptionsFrame()
            self.effect.self().activate()

    def stroke(self, centre, radius):
        """Paint one sphere, mm RAS, and lift the brush: the chosen segment grows, others lose what it covers."""
        segmentation, chosen = self.node.GetSegmentationNode(), self.node.GetSelectedSegmentID()
        volume = self.node.GetSourceVolumeNode()
        matrix = vtkMatrix4x4()
        volume.GetIJKToRASMatrix(matrix)
        affine = np.array([[matrix.GetElement(i, j) for j in range(4)] for i in range(4)])
        shape = volume.GetImageData().GetDimensions()[::-1]
        k, j, i = np.indices(shape)
        positions = np.stack([i, j, k], axis=-1) @ affine[:3, :3].T + affine[:3, 3]
        inside = np.linalg.norm(positions - np.asarray(centre), axis=-1) <= radius
        image = slicer.vtkOrientedImageData()
        image.SetDimensions(*shape[::-1])
        scalars = numpy_to_vtk(inside.astype(np.uint8).ravel(), deep=True)
        scalars.SetName("ImageScalars")
        image.GetPointData().SetScalars(scalars)
        image.SetImageToWorldMatrix(matrix)
        self.logic.SaveStateForUndo()
        add = self.logic.ModificationModeAdd
        self.logic.ModifySegmentByLabelmap(segmentation, chosen, image, add, True, False)


def install(monkeypatch, qt):
    """Put Segment Editor into an application."""
    base, effects = types.ModuleType("SegmentEditorEffects"), types.ModuleType("effects")
    base.AbstractScriptedSegmentEditorPaintEffect = AbstractScriptedSegmentEditorPaintEffect
    effects.qSlicerSegmentEditorScriptedPaintEffect = ScriptedPaintEffect
    monkeypatch.setitem(sys.modules, "SegmentEditorEffects", base)
    monkeypatch.setitem(sys.modules, "qSlicerSegmentationsEditorEffectsPythonQt", effects)
    monkeypatch.setattr(Editor, "registered", [])

    def made(kind):
        def make(text=""):
            widget = Widget(kind)
            widget.text = text
            return widget

        return make

    for kind in ("QLabel", "QCheckBox", "QPushButton"):
        monkeypatch.setattr(qt, kind, made(kind), raising=False)
