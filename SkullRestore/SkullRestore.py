"""3D Slicer's door to SkullRestore: a thin module; everything clinical happens in SkullRestoreLib."""

import importlib.util
import sys
from pathlib import Path

import numpy as np
import slicer
import vtk
from slicer.i18n import tr as _
from slicer.i18n import translate
from slicer.ScriptedLoadableModule import (
    ScriptedLoadableModule,
    ScriptedLoadableModuleLogic,
    ScriptedLoadableModuleTest,
    ScriptedLoadableModuleWidget,
)

# A source run: the repository was dropped onto Slicer, and the library stands beside this folder instead of beside this file.
if not (Path(__file__).parent / "SkullRestoreLib").is_dir():
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

# Import name -> what to install; torch has an extension of its own in Slicer.
PACKAGES = {
    "cc3d": "connected-components-3d",
    "embreex": "embreex",
    "fast_simplification": "fast-simplification",
    "manifold3d": "manifold3d",
    "safetensors": "safetensors",
    "torch": "torch (install it with the PyTorch extension)",
    "trimesh": "trimesh",
}


class SkullRestore(ScriptedLoadableModule):
    """What Slicer shows of the module before it is opened."""

    def __init__(self, parent):
        ScriptedLoadableModule.__init__(self, parent)
        parent.title = "SkullRestore"
        parent.categories = [translate("qSlicerAbstractCoreModule", "Planning")]
        parent.dependencies = []
        parent.contributors = ["SkullRestore contributors"]
        parent.helpText = _(
            "Restores the lost surface of the skull from a head CT and designs a printable implant. "
            "<p><b>Research use only.</b> Not cleared by any authority; a qualified clinician must approve every design.</p>"
        )
        parent.acknowledgementText = _(
            "Method after Mishinov SV, Saratov Medical Journal 2023; 4(1): e0102. "
            "Weights and shape statistics (CC BY-NC-SA 4.0) were learnt from SkullFix, made from CQ500."
        )
        icon = _resource("Icons/SkullRestore.png")
        if icon is not None:
            import qt

            parent.icon = qt.QIcon(str(icon))


class SkullRestoreWidget(ScriptedLoadableModuleWidget):
    """A volume selector and a button that restores."""

    def setup(self):
        """Build the panel."""
        ScriptedLoadableModuleWidget.setup(self)
        import qt

        form = qt.QFormLayout()
        self.layout.addLayout(form)
        self.volumeSelector = slicer.qMRMLNodeComboBox()
        self.volumeSelector.nodeTypes = ["vtkMRMLScalarVolumeNode"]
        self.volumeSelector.addEnabled = self.volumeSelector.removeEnabled = False
        self.volumeSelector.setMRMLScene(slicer.mrmlScene)
        self.volumeSelector.toolTip = _("Head CT in Hounsfield units")
        form.addRow(_("Head CT:"), self.volumeSelector)
        self.restoreButton = qt.QPushButton(_("Restore"))
        self.restoreButton.connect("clicked(bool)", self.onRestore)
        form.addRow(self.restoreButton)
        self.statusLabel = qt.QLabel(_("Research use only. A qualified clinician must approve every design."))
        self.statusLabel.wordWrap = True
        form.addRow(self.statusLabel)
        self.layout.addStretch(1)

    def onRestore(self, _checked=False):
        """Restore the chosen CT; whatever goes wrong is shown in Slicer's error box."""
        with slicer.util.tryWithErrorDisplay(_("The skull could not be restored."), waitCursor=True):
            restoration = SkullRestoreLogic().restore(self.volumeSelector.currentNode(), progress=self.showProgress)
            self.statusLabel.text = _("{count} defects restored.").format(count=len(restoration.defects))

    def showProgress(self, step, fraction):
        """Show where the corridor is.

        Parameters
        ----------
        step : str
            Name of the step.
        fraction : float
            0..1 of the whole.
        """
        self.statusLabel.text = f"{step} ({fraction:.0%})"
        slicer.app.processEvents()


class SkullRestoreLogic(ScriptedLoadableModuleLogic):
    """From a volume node to model nodes through the library."""

    def restore(self, volumeNode, progress=lambda _step, _fraction: None):
        """Restore one CT and add skull, restored surfaces and implants to the scene.

        Parameters
        ----------
        volumeNode : vtkMRMLScalarVolumeNode
            Head CT, HU.
        progress : callable
            Called with the step's name and the fraction done, 0..1.

        Returns
        -------
        SkullRestoreLib.case.Restoration

        Raises
        ------
        ValueError
            If no volume is chosen or packages are missing.
        SkullRestoreLib.case.SkullRestoreError
            If the CT cannot be restored; the message says why.
        """
        if volumeNode is None or volumeNode.GetImageData() is None:
            raise ValueError(_("Choose a head CT first."))
        _require_packages()
        from SkullRestoreLib.case import Settings
        from SkullRestoreLib.pipeline import restore

        steps = restore(_volume_from_node(volumeNode), Settings())
        while True:
            try:
                progress(*next(steps))
            except StopIteration as end:
                restoration = end.value
                break
        _add_model("Skull", restoration.skull, (0.94, 0.90, 0.80), 1.0)
        for patch in restoration.patches:
            _add_model(f"Restored surface {patch.defect}", patch.outer, (0.10, 0.62, 0.62), 0.6)
        for implant in restoration.implants:
            _add_model(f"Implant {implant.defect}", implant.mesh, (0.35, 0.55, 0.85), 1.0)
        return restoration


class SkullRestoreTest(ScriptedLoadableModuleTest):
    """Self-test inside Slicer."""

    def runTest(self):
        """Refuse politely when nothing is chosen, and find what ships with the module."""
        slicer.mrmlScene.Clear()
        self.assertIsNotNone(_resource("Icons/SkullRestore.png"))
        with self.assertRaises(ValueError):
            SkullRestoreLogic().restore(None)


def _resource(name):
    from SkullRestoreLib.resources import ResourceError, resource

    try:
        return resource(name)
    except ResourceError:
        return None


def _require_packages():
    missing = [what for module, what in PACKAGES.items() if importlib.util.find_spec(module) is None]
    if missing:
        raise ValueError(_("These Python packages are missing in Slicer: {packages}.").format(packages=", ".join(missing)))


def _volume_from_node(node):
    from SkullRestoreLib.case import Volume

    matrix = vtk.vtkMatrix4x4()
    node.GetIJKToRASMatrix(matrix)
    return Volume(
        array=np.asarray(slicer.util.arrayFromVolume(node), dtype=np.int16),
        ijk_to_ras=np.asarray(slicer.util.arrayFromVTKMatrix(matrix)),
        kind="ct",
    )


def _add_model(name, mesh, colour, opacity):
    from vtk.util.numpy_support import numpy_to_vtk, numpy_to_vtkIdTypeArray

    points = vtk.vtkPoints()
    points.SetData(numpy_to_vtk(np.ascontiguousarray(mesh.vertices), deep=True))
    cells = vtk.vtkCellArray()
    cells.SetData(3, numpy_to_vtkIdTypeArray(np.ascontiguousarray(mesh.faces, dtype=np.int64).ravel(), deep=True))
    surface = vtk.vtkPolyData()
    surface.SetPoints(points)
    surface.SetPolys(cells)
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLModelNode", name)
    node.SetAndObservePolyData(surface)
    node.CreateDefaultDisplayNodes()
    node.GetDisplayNode().SetColor(*colour)
    node.GetDisplayNode().SetOpacity(opacity)
    return node
