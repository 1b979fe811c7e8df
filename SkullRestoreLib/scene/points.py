"""Reference points as one markups list for all defects.

Sound points have the list's *selected* colour and uncertain ones its other colour, so that they are easy to see.
Points that a user moved or placed have a label, the others none. The z axis of a point's orientation is its normal.
Which defect a point belongs to, and where the program had placed it, is kept by the session.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from vtkmodules.vtkCommonMath import vtkMatrix3x3

from SkullRestoreLib._system.translation import say, translate
from SkullRestoreLib.affine import basis_across
from SkullRestoreLib.records import LOW_CONFIDENCE, ReferencePoint
from SkullRestoreLib.scene.mrml_types import MrmlNode

SOUND_COLOUR, UNCERTAIN_COLOUR, ACTIVE_COLOUR = (0.20, 0.75, 0.30), (1.00, 0.62, 0.10), (1.00, 0.25, 0.60)
_POSITION_DEFINED = 2
"""``vtkMRMLMarkupsNode.PositionDefined``."""
POINT_SIZE_MM, _SELECTION_SIZE_MM = 3.5, 10.0
"""Diameter of a point, and of the star around the point that was touched last."""
_SAME_POSITION_MM = 1e-6
"""A control point nearer than this to its record is left alone, so that no event is fired."""


def style_points_list(node: MrmlNode) -> None:
    """Set how the list looks and behaves.

    Parameters
    ----------
    node
        ``vtkMRMLMarkupsFiducialNode``.
    """
    node.CreateDefaultDisplayNodes()
    node.SetControlPointLabelFormat("")
    display = node.GetDisplayNode()
    display.SetSelectedColor(*SOUND_COLOUR)
    display.SetColor(*UNCERTAIN_COLOUR)
    display.SetActiveColor(*ACTIVE_COLOUR)
    display.SetGlyphTypeFromString("Sphere3D")
    display.SetUseGlyphScale(False)
    display.SetGlyphSize(POINT_SIZE_MM)
    display.SetTextScale(2.4)
    display.SetPointLabelsVisibility(True)
    display.SetPropertiesLabelVisibility(False)
    display.SetOccludedVisibility(True)
    display.SetOccludedOpacity(0.25)
    set_surface_snapping(node, True)


def style_selection(node: MrmlNode) -> None:
    """Set how the list looks that marks the point that the user touched last.

    Parameters
    ----------
    node
        ``vtkMRMLMarkupsFiducialNode``: a star around the point, which the mouse ignores.
    """
    node.CreateDefaultDisplayNodes()
    node.SetHideFromEditors(True)
    node.SetSaveWithScene(False)
    node.SetLocked(True)
    node.SetSelectable(False)
    node.SetControlPointLabelFormat("")
    display = node.GetDisplayNode()
    display.SetSaveWithScene(False)
    for set_colour in (display.SetSelectedColor, display.SetColor, display.SetActiveColor):
        set_colour(*ACTIVE_COLOUR)
    display.SetGlyphTypeFromString("StarBurst2D")
    display.SetUseGlyphScale(False)
    display.SetGlyphSize(_SELECTION_SIZE_MM)
    display.SetPointLabelsVisibility(False)
    display.SetPropertiesLabelVisibility(False)
    display.SetOccludedVisibility(True)


def show_selection(node: MrmlNode, position: NDArray[np.float64] | None) -> None:
    """Mark a point.

    Parameters
    ----------
    node
        The list of :func:`style_selection`.
    position
        (3,) mm RAS; None marks none.
    """
    if position is None:
        node.RemoveAllControlPoints()
    elif node.GetNumberOfControlPoints() == 1:
        node.SetNthControlPointPositionWorld(0, *map(float, position))
    else:
        node.RemoveAllControlPoints()
        node.AddControlPointWorld(*map(float, position))


def set_surface_snapping(node: MrmlNode, enabled: bool) -> None:
    """Choose whether a point that is dragged in 3D stays on the surface under the mouse.

    Parameters
    ----------
    node
        ``vtkMRMLMarkupsFiducialNode``.
    enabled
        False lets it move freely.
    """
    display = node.GetDisplayNode()
    display.SetSnapMode(display.SnapModeToVisibleSurface if enabled else display.SnapModeUnconstrained)


def show_points(node: MrmlNode, points: Sequence[ReferencePoint], *, hidden: frozenset[int] = frozenset()) -> list[str]:
    """Make the list show these points, in order.

    Control points are kept where their number stays the same, so that a point keeps its identity while it is edited.

    Parameters
    ----------
    node
        ``vtkMRMLMarkupsFiducialNode``.
    points
        Positions in mm RAS.
    hidden
        Numbers of the defects whose points are not shown.

    Returns
    -------
    list of str
        Identifiers of the control points, in the order of the points.
    """
    blocked = node.StartModify()
    try:
        if len(placed_indices(node)) != len(points):
            for n in reversed(placed_indices(node)):  # one that still follows the mouse stays
                node.RemoveNthControlPoint(n)
            for point in points:
                node.AddControlPointWorld(*map(float, point.position))
        for n, point in zip(placed_indices(node), points, strict=True):
            _show_point(node, n, point, visible=point.defect not in hidden)
    finally:
        node.EndModify(blocked)
    return identifiers(node)


def position(node: MrmlNode, index: int) -> NDArray[np.float64]:
    """Read the position of one control point.

    Parameters
    ----------
    node
        ``vtkMRMLMarkupsNode``.
    index
        Of the control point.

    Returns
    -------
    ndarray
        (3,) float64, mm RAS in the world.
    """
    return np.array(node.GetNthControlPointPositionWorld(index))


def positions(node: MrmlNode) -> NDArray[np.float64]:
    """Read the positions of the points that are placed; one that still follows the mouse is left out.

    Parameters
    ----------
    node
        ``vtkMRMLMarkupsNode``.

    Returns
    -------
    ndarray
        (n, 3) float64, mm RAS in the world.
    """
    return np.array([position(node, n) for n in placed_indices(node)]).reshape(-1, 3)


def placed_indices(node: MrmlNode) -> list[int]:
    """List the control points that are placed.

    Parameters
    ----------
    node
        ``vtkMRMLMarkupsNode``.

    Returns
    -------
    list of int
        Their indices.
    """
    return [
        n
        for n in range(node.GetNumberOfControlPoints())
        if node.GetNthControlPointPositionStatus(n) == _POSITION_DEFINED
    ]


def identifiers(node: MrmlNode) -> list[str]:
    """List the identifiers of the control points that are placed.

    Parameters
    ----------
    node
        ``vtkMRMLMarkupsNode``.

    Returns
    -------
    list of str
        They stay the same while a point is moved, and when the scene is saved and loaded.
    """
    return [node.GetNthControlPointID(n) for n in placed_indices(node)]


def _show_point(node: MrmlNode, n: int, point: ReferencePoint, *, visible: bool) -> None:
    if np.abs(position(node, n) - point.position).max() > _SAME_POSITION_MM:
        node.SetNthControlPointPositionWorld(n, *map(float, point.position))
    node.SetNthControlPointOrientationMatrix(n, _orientation_matrix(point.normal))
    node.SetNthControlPointLabel(n, translate("moved") if point.moved else "")
    about = "Defect {1}, confidence {2}, moved by hand" if point.moved else "Defect {1}, confidence {2}"
    node.SetNthControlPointDescription(n, say(about, point.defect, f"{point.confidence:.2f}"))
    node.SetNthControlPointSelected(n, point.confidence >= LOW_CONFIDENCE)
    node.SetNthControlPointVisibility(n, visible)


def _orientation_matrix(normal: NDArray[np.float64]) -> vtkMatrix3x3:
    """Make a right-handed frame whose z axis is the normal."""
    x, y = basis_across(normal)
    matrix = vtkMatrix3x3()
    matrix.DeepCopy(np.stack([x, y, normal / np.linalg.norm(normal)], axis=1).ravel().tolist())
    return matrix
