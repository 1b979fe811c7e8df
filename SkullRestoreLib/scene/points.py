"""Reference points as a markups list, one for all defects.

Sound points have the list's *selected* colour, uncertain ones the other one, so that the eye finds them; points that somebody moved or placed carry a
label, the others none. A point's normal is the z axis of its orientation. Which defect a point belongs to, and where it stood before, is the session's matter.
"""

from collections.abc import Sequence

import numpy as np

from SkullRestoreLib.case import LOW_CONFIDENCE, ReferencePoint

SOUND, UNCERTAIN, ACTIVE = (0.20, 0.75, 0.30), (1.00, 0.62, 0.10), (1.00, 0.25, 0.60)
_DEFINED = 2  # vtkMRMLMarkupsNode.PositionDefined


def prepare(node) -> None:
    """How the list looks and behaves."""
    node.CreateDefaultDisplayNodes()
    node.SetControlPointLabelFormat("")
    display = node.GetDisplayNode()
    display.SetSelectedColor(*SOUND)
    display.SetColor(*UNCERTAIN)
    display.SetActiveColor(*ACTIVE)
    display.SetGlyphTypeFromString("Sphere3D")
    display.SetUseGlyphScale(False)
    display.SetGlyphSize(3.5)
    display.SetTextScale(2.4)
    display.SetPointLabelsVisibility(True)
    display.SetPropertiesLabelVisibility(False)
    display.SetOccludedVisibility(True)
    display.SetOccludedOpacity(0.25)
    snap_to_surface(node, True)


def snap_to_surface(node, wanted: bool) -> None:
    """Whether a point that is dragged in 3D stays on what is seen under the mouse."""
    display = node.GetDisplayNode()
    display.SetSnapMode(display.SnapModeToVisibleSurface if wanted else display.SnapModeUnconstrained)


def show_points(node, points: Sequence[ReferencePoint], *, hidden: frozenset[int] = frozenset()) -> list[str]:
    """Make the list show these points, in order; returns the identifiers of its control points.

    Control points are kept where the number is the same, so that a point keeps its identity while it is edited.

    Parameters
    ----------
    hidden
        Numbers of defects whose points are not shown.
    """
    blocked = node.StartModify()
    try:
        if len(placed(node)) != len(points):
            for n in reversed(placed(node)):  # one that still follows the mouse stays
                node.RemoveNthControlPoint(n)
            for point in points:
                node.AddControlPointWorld(*map(float, point.position))
        for n, point in zip(placed(node), points, strict=True):
            _show(node, n, point, visible=point.defect not in hidden)
    finally:
        node.EndModify(blocked)
    return identifiers(node)


def _show(node, n: int, point: ReferencePoint, *, visible: bool) -> None:
    if np.abs(position(node, n) - point.position).max() > 1e-6:
        node.SetNthControlPointPositionWorld(n, *map(float, point.position))
    node.SetNthControlPointOrientationMatrix(n, _vtk_3x3(_frame(point.normal)))
    node.SetNthControlPointLabel(n, "moved" if point.moved else "")
    by_hand = ", moved by hand" if point.moved else ""
    node.SetNthControlPointDescription(n, f"Defect {point.defect}, confidence {point.confidence:.2f}{by_hand}")
    node.SetNthControlPointSelected(n, point.confidence >= LOW_CONFIDENCE)
    node.SetNthControlPointVisibility(n, visible)


def position(node, n: int) -> np.ndarray:
    """(3,) float64, mm RAS in the world."""
    return np.array(node.GetNthControlPointPositionWorld(n))


def positions(node) -> np.ndarray:
    """Positions of the points that are placed: (n, 3) float64, mm RAS. A point that still follows the mouse is left out."""
    return np.array([position(node, n) for n in placed(node)]).reshape(-1, 3)


def placed(node) -> list[int]:
    """Indices of the control points that are placed."""
    return [n for n in range(node.GetNumberOfControlPoints()) if node.GetNthControlPointPositionStatus(n) == _DEFINED]


def identifiers(node) -> list[str]:
    """Identifiers of the control points that are placed."""
    return [node.GetNthControlPointID(n) for n in placed(node)]


def _frame(normal: np.ndarray) -> np.ndarray:
    z = normal / np.linalg.norm(normal)
    x = np.cross(np.eye(3)[np.argmin(np.abs(z))], z)
    x /= np.linalg.norm(x)
    return np.stack([x, np.cross(z, x), z], axis=1)


def _vtk_3x3(values: np.ndarray):
    from vtkmodules.vtkCommonMath import vtkMatrix3x3

    matrix = vtkMatrix3x3()
    matrix.DeepCopy(values.ravel().tolist())
    return matrix
