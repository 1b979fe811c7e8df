"""A planned resection in the scene: the curve that the user drags, the line on the bone, and the guides."""

import numpy as np
from numpy.typing import NDArray
from vtkmodules.util.numpy_support import numpy_to_vtk, numpy_to_vtkIdTypeArray
from vtkmodules.vtkCommonCore import vtkPoints
from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkPolyData

from SkullRestoreLib.records import Mesh
from SkullRestoreLib.scene import models, points
from SkullRestoreLib.scene.mrml_types import MrmlNode

LINE_COLOUR, STALE_LINE_COLOUR = (0.85, 0.10, 0.15), (0.95, 0.65, 0.26)
GUIDE_COLOURS = {"template": (0.93, 0.62, 0.20), "frame": (0.62, 0.48, 0.76), "ring": (0.55, 0.74, 0.40)}
"""None is that of an implant, which is seen through the cutting guide."""
_LINE_WIDTH_PX = 5
_GLYPH_SIZE_MM = 3.5
_SAME_POSITION_MM = 1e-6


def style_curve(node: MrmlNode) -> None:
    """Set how the curve looks and behaves whose points the user drags.

    Parameters
    ----------
    node
        ``vtkMRMLMarkupsClosedCurveNode``.
    """
    points.style_points_list(node)
    display = node.GetDisplayNode()
    for set_colour in (display.SetSelectedColor, display.SetColor):
        set_colour(*LINE_COLOUR)
    display.SetGlyphSize(_GLYPH_SIZE_MM)
    display.SetPointLabelsVisibility(False)
    display.SetCurveLineSizeMode(display.UseLineThickness)
    display.SetLineThickness(0.15)
    points.set_surface_snapping(node, True)


def show_curve(node: MrmlNode, positions: NDArray[np.float64]) -> None:
    """Give the curve these control points; where their number stays, each keeps its identity.

    Parameters
    ----------
    node
        ``vtkMRMLMarkupsClosedCurveNode``.
    positions
        (k, 3) mm RAS.
    """
    blocked = node.StartModify()
    try:
        placed = points.placed_indices(node)
        if len(placed) != len(positions):
            for n in reversed(placed):  # one that still follows the mouse stays
                node.RemoveNthControlPoint(n)
            for position in positions:
                node.AddControlPointWorld(*map(float, position))
            return
        for n, position in zip(placed, positions, strict=True):
            if np.abs(points.position(node, n) - position).max() > _SAME_POSITION_MM:
                node.SetNthControlPointPositionWorld(n, *map(float, position))
    finally:
        node.EndModify(blocked)


def show_line(node: MrmlNode, line: NDArray[np.float64]) -> None:
    """Draw a closed line.

    Parameters
    ----------
    node
        ``vtkMRMLModelNode``.
    line
        (k, 3) mm RAS, without its first point again; empty draws none.
    """
    data = vtkPolyData()
    if len(line):
        corners, cells = vtkPoints(), vtkCellArray()
        corners.SetData(numpy_to_vtk(np.ascontiguousarray(line, dtype=np.float64), deep=True))
        around = np.append(np.arange(len(line)), 0).astype(np.int64)
        ends = np.array([0, len(around)], dtype=np.int64)
        cells.SetData(numpy_to_vtkIdTypeArray(ends, deep=True), numpy_to_vtkIdTypeArray(around, deep=True))
        data.SetPoints(corners)
        data.SetLines(cells)
    node.SetAndObservePolyData(data)
    if node.GetDisplayNode() is None:
        node.CreateDefaultDisplayNodes()
        display = node.GetDisplayNode()
        display.SetColor(*LINE_COLOUR)
        display.SetLineWidth(_LINE_WIDTH_PX)
        display.SetLighting(False)
        display.SetVisibility2D(True)
        display.SetSliceIntersectionThickness(3)


def show_guide(node: MrmlNode, mesh: Mesh, kind: str, *, passed: bool) -> None:
    """Draw a guide.

    Parameters
    ----------
    node
        ``vtkMRMLModelNode``.
    mesh
        mm RAS.
    kind
        Of :data:`GUIDE_COLOURS`.
    passed
        Whether it passed its checks: red where it did not.
    """
    models.show_mesh(node, mesh)
    display = node.GetDisplayNode()
    display.SetInterpolation(display.FlatInterpolation)  # walls and edges are sharp
    display.SetColor(*(GUIDE_COLOURS[kind] if passed else models.NOT_PASSED_COLOUR))
    display.SetVisibility2D(True)
    display.SetSliceIntersectionThickness(2)


def fade_guide(node: MrmlNode, stale: bool) -> None:
    """Fade a guide that was made for another line than the one that is shown now.

    Parameters
    ----------
    node
        ``vtkMRMLModelNode``.
    stale
        Whether it was.
    """
    node.GetDisplayNode().SetOpacity(models.STALE_OPACITY if stale else 1.0)
