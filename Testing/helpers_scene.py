"""A real MRML scene with real views that are rendered off the screen: 3D Slicer without its window."""

from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

slicer = pytest.importorskip("slicer", reason="slicer-core is not installed")

import vtk  # noqa: E402
from vtk.util.numpy_support import numpy_to_vtk, vtk_to_numpy  # noqa: E402

MANAGERS_3D = (
    "vtkMRMLCameraDisplayableManager",
    "vtkMRMLViewDisplayableManager",
    "vtkMRMLModelDisplayableManager",
    "vtkMRMLSegmentationsDisplayableManager3D",
    "vtkMRMLMarkupsDisplayableManager",
    "vtkMRMLColorLegendDisplayableManager",
)
MANAGERS_SLICE = (
    "vtkMRMLModelSliceDisplayableManager",
    "vtkMRMLSegmentationsDisplayableManager2D",
    "vtkMRMLMarkupsDisplayableManager",
    "vtkMRMLColorLegendDisplayableManager",
)


_ALIVE: list[object] = []
"""Scenes and views are kept to the end of the process, as in an application: Python's garbage collector would delete
their VTK objects in any order."""


class Application:
    """Scene and logics, set up as the application does at its start."""

    def __init__(self):
        _ALIVE.append(self)
        self.scene = slicer.vtkMRMLScene()
        self.logic = slicer.vtkSlicerApplicationLogic()
        self.logic.SetMRMLScene(self.scene)
        self.logic.GetColorLogic().SetMRMLScene(self.scene)
        self.logic.GetColorLogic().AddDefaultColorNodes()
        self.logic.SetSliceLogics(vtk.vtkCollection())
        self.logic.SetViewLogics(vtk.vtkCollection())
        slicer.vtkMRMLSliceNode.AddDefaultSliceOrientationPresets(self.scene, True)
        self.modules = {}
        for name, kind in (
            ("Colors", slicer.vtkMRMLColorLogic),
            ("Segmentations", slicer.vtkSlicerSegmentationsModuleLogic),
            ("SubjectHierarchy", slicer.vtkSlicerSubjectHierarchyModuleLogic),
            ("Markups", slicer.vtkSlicerMarkupsLogic),
        ):
            logic = self.modules[name] = kind()
            logic.SetMRMLScene(self.scene)
            if hasattr(logic, "SetMRMLApplicationLogic"):
                logic.SetMRMLApplicationLogic(self.logic)
            self.logic.SetModuleLogic(name, logic)

    def volume(self, array, ijk_to_ras, name="Head CT"):
        """Add a volume node with voxels ``[k, j, i]``."""
        node = self.scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", name)
        image = vtk.vtkImageData()
        image.SetDimensions(*array.shape[::-1])
        image.GetPointData().SetScalars(numpy_to_vtk(np.ascontiguousarray(array).ravel(), deep=True))
        matrix = vtk.vtkMatrix4x4()
        matrix.DeepCopy(np.asarray(ijk_to_ras, float).ravel().tolist())
        node.SetIJKToRASMatrix(matrix)
        node.SetAndObserveImageData(image)
        node.CreateDefaultDisplayNodes()
        return node

    def load(self, path: Path):
        """Open a scene file in place of the open scene."""
        self.scene.Clear(False)
        folder = path.with_suffix(".unpacked")
        folder.mkdir()
        assert self.logic.OpenSlicerDataBundle(str(path), str(folder))


class View:
    """A view that is rendered off the screen, with the displayable managers of the application."""

    def __init__(self, application, size=(700, 600)):
        _ALIVE.append(self)
        self.application = application
        self.size = size
        self.renderer = vtk.vtkRenderer()
        self.window = vtk.vtkRenderWindow()
        self.window.SetOffScreenRendering(True)
        self.window.SetSize(*size)
        self.window.SetAlphaBitPlanes(1)  # both are needed for peeling half-transparent surfaces
        self.window.SetMultiSamples(0)
        self.window.AddRenderer(self.renderer)
        self.interactor = vtk.vtkRenderWindowInteractor()
        self.interactor.SetRenderWindow(self.window)
        self.interactor.Initialize()
        self.managers = slicer.vtkMRMLDisplayableManagerGroup()
        self.managers.SetRenderer(self.renderer)

    def _start(self, factory, names):
        factory = factory.GetInstance()
        factory.SetMRMLApplicationLogic(self.application.logic)
        for name in names:
            if not factory.IsDisplayableManagerRegistered(name):
                factory.RegisterDisplayableManager(name)
        self.managers.Initialize(factory, self.renderer)

    def picture(self):
        """Render the view: (height, width, 3) uint8."""
        self.window.Render()
        grab = vtk.vtkWindowToImageFilter()
        grab.SetInput(self.window)
        grab.ReadFrontBufferOff()
        grab.Update()
        image = grab.GetOutput()
        width, height, _ = image.GetDimensions()
        return vtk_to_numpy(image.GetPointData().GetScalars()).reshape(height, width, -1)[::-1, :, :3].copy()

    def mouse(self, event, at):
        """Send a mouse event at display coordinates (x, y), from the lower left corner."""
        self.interactor.SetEventInformation(int(at[0]), int(at[1]), 0, 0)
        self.interactor.InvokeEvent(event)

    def drag(self, start, end, steps=5, between=lambda: None):
        """Press the left button at one position, move, and release it at another."""
        start, end = np.asarray(start, float), np.asarray(end, float)
        self.mouse("MouseMoveEvent", start)
        self.mouse("LeftButtonPressEvent", start)
        for k in range(1, steps + 1):
            self.mouse("MouseMoveEvent", start + (end - start) * k / steps)
            between()
        self.mouse("LeftButtonReleaseEvent", end)

    def display(self, ras):
        """Display coordinates (x, y) of a point in mm RAS."""
        self.renderer.SetWorldPoint(*ras, 1.0)
        self.renderer.WorldToDisplay()
        return np.array(self.renderer.GetDisplayPoint()[:2])


class View3D(View):
    """The 3D view."""

    def __init__(self, application, size=(700, 600), name="1"):
        super().__init__(application, size)
        self.renderer.SetUseDepthPeeling(True)
        self._start(slicer.vtkMRMLThreeDViewDisplayableManagerFactory, MANAGERS_3D)
        self.style = slicer.vtkMRMLThreeDViewInteractorStyle()
        self.style.SetDisplayableManagers(self.managers)
        self.style.SetInteractor(self.interactor)
        self.interactor.SetInteractorStyle(vtk.vtkInteractorStyle3D())
        self.logic = slicer.vtkMRMLViewLogic()
        self.logic.SetMRMLApplicationLogic(application.logic)
        application.logic.GetViewLogics().AddItem(self.logic)
        self.logic.SetMRMLScene(application.scene)
        self.node = self.logic.AddViewNode(name)
        self.node.SetBoxVisible(False)
        self.node.SetAxisLabelsVisible(False)
        self.managers.SetMRMLDisplayableNode(self.node)

    @property
    def camera(self):
        """The view's camera node."""
        return self.managers.GetDisplayableManagerByClassName("vtkMRMLCameraDisplayableManager").GetCameraNode()


class ViewSlice(View):
    """A slice view."""

    def __init__(self, application, size=(500, 500), name="Red", orientation="Axial"):
        super().__init__(application, size)
        self.renderer.GetActiveCamera().ParallelProjectionOn()
        overlay = vtk.vtkRenderer()
        overlay.GetActiveCamera().ParallelProjectionOn()
        overlay.SetLayer(1)
        self.window.SetNumberOfLayers(2)
        self.window.AddRenderer(overlay)
        self._start(slicer.vtkMRMLSliceViewDisplayableManagerFactory, MANAGERS_SLICE)
        self.logic = slicer.vtkMRMLSliceLogic()
        self.logic.SetMRMLApplicationLogic(application.logic)
        application.logic.GetSliceLogics().AddItem(self.logic)
        self.style = slicer.vtkMRMLSliceViewInteractorStyle()
        self.style.SetSliceLogic(self.logic)
        self.style.SetDisplayableManagers(self.managers)
        self.logic.SetMRMLScene(application.scene)
        self.node = self.logic.AddSliceNode(name)
        self.node.SetOrientation(orientation)
        self.managers.SetMRMLDisplayableNode(self.node)
        self.interactor.SetInteractorStyle(vtk.vtkInteractorStyleUser())
        self.style.SetInteractor(self.interactor)
        self.logic.ResizeSliceNode(*size)
        self.mapper = vtk.vtkImageMapper()
        self.mapper.SetColorWindow(255)
        self.mapper.SetColorLevel(127.5)
        self.actor = vtk.vtkActor2D()
        self.actor.SetMapper(self.mapper)
        self.actor.GetProperty().SetDisplayLocationToBackground()
        self.renderer.AddViewProp(self.actor)

    def picture(self):
        self.mapper.SetInputConnection(self.logic.GetImageDataConnection())
        return super().picture()

    def display(self, ras):
        matrix = vtk.vtkMatrix4x4()
        vtk.vtkMatrix4x4.Invert(self.node.GetXYToRAS(), matrix)
        return np.array(matrix.MultiplyPoint((*ras, 1.0))[:2])


def markup_positions(markups):
    """(n, 3) world positions of a markups node's control points."""
    return np.array(
        [markups.GetNthControlPointPositionWorld(n) for n in range(markups.GetNumberOfControlPoints())]
    ).reshape(-1, 3)


@contextmanager
def vtk_messages():
    """Collect errors and warnings that VTK and MRML write to the console: a function that returns them.

    The subject hierarchy looks items up by the address of their node, in one table for all scenes of the process. Where
    memory of a node of an earlier test is used again, it says so and goes on; that depends on the order of the tests.
    """
    before, window = vtk.vtkOutputWindow.GetInstance(), vtk.vtkStringOutputWindow()
    vtk.vtkOutputWindow.SetInstance(window)
    try:
        yield lambda: "\n\n".join(
            said
            for said in window.GetOutput().split("\n\n")
            if said.strip() and not said.strip().startswith("Info") and "DataNodeCache inconsistency" not in said
        )
    finally:
        vtk.vtkOutputWindow.SetInstance(before)
