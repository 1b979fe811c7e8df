"""Surfaces as model nodes: the restored surface coloured by a number, the implants, and the whole predicted vault."""

from collections.abc import Mapping

import numpy as np
from vtkmodules.util.numpy_support import vtk_to_numpy

from SkullRestoreLib.case import Mesh, Pose, Shell
from SkullRestoreLib.grid import grid
from SkullRestoreLib.scene.geometry import add_scalars, poly_data, with_normals

SIGMA = "Standard error (mm)"
DISTANCE = "Distance (mm)"
SURFACE_COLOUR = (0.10, 0.62, 0.62)
IMPLANT_COLOUR = (0.36, 0.55, 0.85)
_SEQUENTIAL = (
    "SkullRestore one-sided",
    ((0.20, 0.55, 0.75), (0.35, 0.75, 0.60), (0.98, 0.88, 0.35), (0.93, 0.45, 0.20), (0.70, 0.10, 0.15)),
)
_DIVERGING = (
    "SkullRestore two-sided",
    ((0.13, 0.28, 0.65), (0.45, 0.66, 0.86), (0.93, 0.93, 0.92), (0.95, 0.62, 0.46), (0.70, 0.09, 0.14)),
)
"""Colours that tell small from large, and below from above, to colour-blind eyes too; the same in every door."""


def show_mesh(node, mesh: Mesh, scalars: Mapping[str, np.ndarray] | None = None) -> None:
    """Put a mesh with numbers at its vertices into a model node; what was in it is replaced."""
    data = with_normals(poly_data(mesh))
    for name, values in (scalars or {}).items():
        add_scalars(data, name, values)
    node.SetAndObservePolyData(data)
    node.CreateDefaultDisplayNodes()


def move_vertices(node, vertices: np.ndarray) -> None:
    """Move the vertices of a model that keeps its triangles, in place: what follows a dragged point."""
    data = node.GetPolyData()
    vtk_to_numpy(data.GetPoints().GetData())[:] = vertices
    data.GetPoints().GetData().Modified()
    data.GetPoints().Modified()
    data.Modified()


def renew_normals(node) -> None:
    """Compute the normals of moved vertices again."""
    node.SetAndObservePolyData(with_normals(node.GetPolyData()))


def has_faces(node, faces: np.ndarray) -> bool:
    """Whether a model consists of exactly these triangles."""
    data = node.GetPolyData() if node is not None else None
    if data is None or data.GetNumberOfPolys() != len(faces) or data.GetNumberOfPoints() != int(faces.max(initial=-1)) + 1:
        return False
    return bool(np.array_equal(vtk_to_numpy(data.GetPolys().GetConnectivityArray()).reshape(-1, 3), faces))


def vertices_of(node) -> np.ndarray:
    """(n, 3) float64, mm RAS."""
    return vtk_to_numpy(node.GetPolyData().GetPoints().GetData()).astype(np.float64)


def look_like_a_surface(node) -> None:
    """Half-transparent, with its outline in the slices."""
    display = node.GetDisplayNode()
    display.SetColor(*SURFACE_COLOUR)
    display.SetOpacity(0.75)
    display.SetBackfaceCulling(False)
    display.SetVisibility2D(True)
    display.SetSliceIntersectionThickness(2)


def look_like_an_implant(node) -> None:
    """Opaque, with its outline in the slices."""
    display = node.GetDisplayNode()
    display.SetColor(*IMPLANT_COLOUR)
    display.SetOpacity(1.0)
    display.SetVisibility2D(True)
    display.SetSliceIntersectionThickness(2)


def colour_by(node, name: str, low: float, high: float, *, two_sided: bool = False, legend: str | None = None) -> None:
    """Colour a model by the numbers of this name.

    Parameters
    ----------
    low, high
        Range of the colours.
    two_sided
        Numbers below and above zero, zero in the middle.
    legend
        Title of a colour bar; None shows none.
    """
    scene, display = node.GetScene(), node.GetDisplayNode()
    display.SetAndObserveColorNodeID(_colours(scene, *(_DIVERGING if two_sided else _SEQUENTIAL)).GetID())
    display.SetActiveScalar(name, 0)  # vtkAssignAttribute::POINT_DATA
    display.SetScalarRangeFlag(0)  # the range is set by hand
    display.SetScalarRange(low, high)
    display.SetScalarVisibility(True)
    bar = _legend(node)
    if legend is None:
        if bar is not None:
            bar.SetVisibility(False)
        return
    if bar is None:
        bar = _new_legend(scene, f"{node.GetName()} colour bar")
        bar.SetAndObservePrimaryDisplayNode(display)
        node.AddAndObserveDisplayNodeID(bar.GetID())
        bar.SetSize(0.11, 0.32)
        bar.SetPosition(0.97, 0.06)
        for text in (bar.GetTitleTextProperty(), bar.GetLabelTextProperty()):
            text.SetFontFamilyToArial()
            text.SetFontSize(9)
    bar.SetTitleText(legend)
    bar.SetLabelFormat("%.1f")
    bar.SetNumberOfLabels(5)
    bar.SetVisibility(True)
    bar.SetVisibility2D(False)
    bar.SetVisibility3D(True)


def _colours(scene, name: str, stops: tuple[tuple[float, float, float], ...]):
    """A table of 256 colours, one for the whole scene."""
    node = scene.GetFirstNodeByName(name)
    if node is not None:
        return node
    node = scene.AddNewNodeByClass("vtkMRMLColorTableNode", name)
    node.SetTypeToUser()
    node.SetNumberOfColors(256)
    at = np.linspace(0, len(stops) - 1, 256)
    for n, colour in enumerate(np.stack([np.interp(at, range(len(stops)), part) for part in zip(*stops, strict=True)], axis=1)):
        node.SetColor(n, str(n), *map(float, colour), 1.0)
    return node


def colour_plainly(node) -> None:
    """One colour again, without a colour bar."""
    node.GetDisplayNode().SetScalarVisibility(False)
    if (bar := _legend(node)) is not None:
        bar.SetVisibility(False)


def _new_legend(scene, name: str):
    made = scene.AddNewNodeByClass("vtkMRMLColorLegendDisplayNode", name)
    if made is None:  # outside the application nobody has told the scene of this class
        import slicer

        scene.RegisterNodeClass(slicer.vtkMRMLColorLegendDisplayNode())
        made = scene.AddNewNodeByClass("vtkMRMLColorLegendDisplayNode", name)
    return made


def _legend(node):
    displays = [node.GetNthDisplayNode(n) for n in range(node.GetNumberOfDisplayNodes())]
    return next((d for d in displays if d is not None and d.IsA("vtkMRMLColorLegendDisplayNode")), None)


# --- the predicted vault: a picture for the surgeon, and the network's answer kept with the scene

_TABLES = ("inner", "outer_sigma", "inner_sigma", "missing", "vault")


def show_vault(node, predicted: Shell, pose: Pose) -> None:
    """The whole predicted vault as a model; every number of the prediction is stored with it."""
    g = grid(predicted.level)
    points = (g.directions * predicted.outer[:, None]) @ pose.head_to_ras[:3, :3].T + pose.head_to_ras[:3, 3]
    show_mesh(node, Mesh(points, g.faces))
    for name in _TABLES:
        add_scalars(node.GetPolyData(), name, getattr(predicted, name))
    display = node.GetDisplayNode()
    display.SetColor(0.8, 0.8, 0.85)
    display.SetOpacity(0.3)
    display.SetVisibility(False)


def vault_of(node, pose: Pose) -> Shell:
    """The prediction as it was stored.

    Raises
    ------
    ValueError
        If the model was changed, so that it is no prediction any more.
    """
    from SkullRestoreLib.grid import level_of

    data = node.GetPolyData()
    arrays = {name: data.GetPointData().GetArray(name) for name in _TABLES} if data is not None else {}
    if not arrays or any(a is None for a in arrays.values()):
        raise ValueError(f"The model '{node.GetName()}' holds no prediction any more.")
    head = (vertices_of(node) - pose.head_to_ras[:3, 3]) @ pose.ras_to_head[:3, :3].T
    values = {name: vtk_to_numpy(a).astype(np.float64) for name, a in arrays.items()}
    vault = values.pop("vault") > 0.5
    return Shell(level_of(len(head)), np.linalg.norm(head, axis=1), vault=vault, **values)
