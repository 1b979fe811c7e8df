"""The insertion direction of an implant as a markups line that the user can turn, and an arrow along it."""

import numpy as np
from numpy.typing import NDArray

from SkullRestoreLib._system.translation import say
from SkullRestoreLib.affine import basis_across
from SkullRestoreLib.records import Implant, Mesh
from SkullRestoreLib.scene import models
from SkullRestoreLib.scene.mrml_types import MrmlNode

ARROW_COLOUR = (0.95, 0.55, 0.10)
LINE_LENGTH_MM, TIP_HEIGHT_MM = 35.0, 3.0
"""Length of the line, and height of its tip over the implant."""
MIN_TURN_DEG = 0.5
"""A line turned by less than this still has the direction of the design."""
_CENTRAL_RADIUS_MM = 10.0
"""The tip is above the highest point of the implant within this distance of the line."""
_MIN_LINE_LENGTH_MM = 1.0
"""The ends of a shorter line give no direction."""
_SAME_PLACE_MM = 1e-3
"""Ends that are this near to where they belong are left alone."""
_DESIGNED_DIRECTION_ATTRIBUTE, _TIP_ATTRIBUTE = "SkullRestore.way", "SkullRestore.tip"
_ARROW_SIDES, _SHAFT_RADIUS_MM, _HEAD_RADIUS_MM, _HEAD_LENGTH_MM = 20, 1.2, 3.5, 9.0


def show_insertion_line(line: MrmlNode, implant: Implant) -> None:
    """Place the line over the middle of an implant, along its insertion direction.

    Parameters
    ----------
    line
        ``vtkMRMLMarkupsLineNode``: its first point becomes the blunt end, the second the tip.
    implant
        Must have an insertion direction.
    """
    direction = np.asarray(implant.insertion_direction, dtype=float)
    middle = implant.mesh.vertices.mean(axis=0)
    from_middle = implant.mesh.vertices - middle
    central = np.linalg.norm(from_middle - (from_middle @ direction)[:, None] * direction, axis=1) < _CENTRAL_RADIUS_MM
    tip = middle - (TIP_HEIGHT_MM - float((from_middle[central] @ direction).min(initial=0.0))) * direction
    line.CreateDefaultDisplayNodes()
    display = line.GetDisplayNode()
    display.SetSelectedColor(*ARROW_COLOUR)
    display.SetGlyphTypeFromString("Sphere3D")
    display.SetUseGlyphScale(False)
    display.SetGlyphSize(4.0)
    display.SetPropertiesLabelVisibility(False)
    display.SetPointLabelsVisibility(True)
    # in the application a point snaps to the visible surface, which is the implant under it, unless this is said
    display.SetSnapMode(display.SnapModeUnconstrained)
    line.SetAttribute(_DESIGNED_DIRECTION_ATTRIBUTE, " ".join(f"{x:.6f}" for x in direction))
    line.SetAttribute(_TIP_ATTRIBUTE, " ".join(f"{x:.4f}" for x in tip))
    _place_ends(line, tip, direction, label=say("insertion {1}", implant.defect))


def turn_line(line: MrmlNode, direction: NDArray[np.float64] | None) -> None:
    """Turn a line about its tip; length and tip are those that the design gave it.

    Parameters
    ----------
    line
        ``vtkMRMLMarkupsLineNode``, placed by :func:`show_insertion_line`.
    direction
        (3,) unit, RAS; None turns it back to the direction of the design.
    """
    tip, designed = _saved_vector(line, _TIP_ATTRIBUTE), _saved_vector(line, _DESIGNED_DIRECTION_ATTRIBUTE)
    wanted = designed if direction is None else direction
    if tip is None or wanted is None:
        return
    if line.GetNumberOfControlPoints() == 2:
        blunt_end, current_tip = _line_ends(line)
        wanted_end = tip - LINE_LENGTH_MM * wanted
        if max(np.abs(blunt_end - wanted_end).max(), np.abs(current_tip - tip).max()) < _SAME_PLACE_MM:
            return
    label = line.GetNthControlPointLabel(0) if line.GetNumberOfControlPoints() else ""
    _place_ends(line, tip, wanted, label=label)


def _place_ends(line: MrmlNode, tip: NDArray[np.float64], direction: NDArray[np.float64], *, label: str) -> None:
    """Put the blunt end and the tip along a direction; the tip cannot be dragged."""
    ends = (tip - LINE_LENGTH_MM * direction, tip)
    blocked = line.StartModify()
    try:
        if line.GetNumberOfControlPoints() != len(ends):
            line.RemoveAllControlPoints()
            for end in ends:
                line.AddControlPointWorld(*map(float, end))
        for n, (end, text) in enumerate(zip(ends, (label, ""), strict=True)):
            line.SetNthControlPointPositionWorld(n, *map(float, end))
            line.SetNthControlPointLabel(n, text)
        line.SetNthControlPointLocked(1, True)
    finally:
        line.EndModify(blocked)


def _saved_vector(line: MrmlNode, attribute: str) -> NDArray[np.float64] | None:
    values = np.array([float(x) for x in (line.GetAttribute(attribute) or "").split()])
    return values if len(values) == 3 else None


def line_direction(line: MrmlNode) -> NDArray[np.float64] | None:
    """Read the direction in which a line points.

    Parameters
    ----------
    line
        ``vtkMRMLMarkupsLineNode``.

    Returns
    -------
    ndarray or None
        (3,) float64, unit, RAS. None where the line has lost an end or is shorter than a millimetre.
    """
    if line.GetNumberOfControlPoints() != 2:
        return None
    blunt_end, tip = _line_ends(line)
    length = np.linalg.norm(tip - blunt_end)
    return (tip - blunt_end) / length if length > _MIN_LINE_LENGTH_MM else None


def user_direction(line: MrmlNode) -> NDArray[np.float64] | None:
    """Read the direction that the user gave a line.

    Parameters
    ----------
    line
        ``vtkMRMLMarkupsLineNode``.

    Returns
    -------
    ndarray or None
        (3,) float64, unit, RAS. None where the line still has the direction that the design gave it.
    """
    direction, designed = line_direction(line), _saved_vector(line, _DESIGNED_DIRECTION_ATTRIBUTE)
    if direction is None or designed is None or direction @ designed > np.cos(np.radians(MIN_TURN_DEG)):
        return None
    return direction


def show_insertion_arrow(node: MrmlNode, line: MrmlNode) -> None:
    """Draw an arrow along a line; a line without a direction changes nothing.

    Parameters
    ----------
    node
        ``vtkMRMLModelNode`` of the arrow.
    line
        ``vtkMRMLMarkupsLineNode``.
    """
    direction = line_direction(line)
    if direction is None:
        return
    blunt_end, tip = _line_ends(line)
    models.show_mesh(node, _arrow_mesh(blunt_end, tip, direction))
    display = node.GetDisplayNode()
    display.SetColor(*ARROW_COLOUR)
    display.SetVisibility2D(False)


def _line_ends(line: MrmlNode) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the blunt end and the tip, (3,) each, mm RAS."""
    blunt_end, tip = (np.array(line.GetNthControlPointPositionWorld(n)) for n in (0, 1))
    return blunt_end, tip


def _arrow_mesh(blunt_end: NDArray[np.float64], tip: NDArray[np.float64], direction: NDArray[np.float64]) -> Mesh:
    """Make a shaft and a head as one closed body of revolution."""
    side, up = basis_across(direction)
    angle = np.linspace(0, 2 * np.pi, _ARROW_SIDES, endpoint=False)
    circle = np.cos(angle)[:, None] * side + np.sin(angle)[:, None] * up
    neck = tip - _HEAD_LENGTH_MM * direction
    rings = [
        centre + radius * circle
        for centre, radius in ((blunt_end, _SHAFT_RADIUS_MM), (neck, _SHAFT_RADIUS_MM), (neck, _HEAD_RADIUS_MM))
    ]
    a, b = np.arange(_ARROW_SIDES), np.roll(np.arange(_ARROW_SIDES), -1)
    last = 3 * _ARROW_SIDES
    faces = [
        np.column_stack([a * 0 + last, b, a]),
        np.column_stack([a + 2 * _ARROW_SIDES, b + 2 * _ARROW_SIDES, a * 0 + last + 1]),
    ]
    for ring in (0, 1):
        low, high = ring * _ARROW_SIDES, (ring + 1) * _ARROW_SIDES
        faces += [np.column_stack([low + a, low + b, high + b]), np.column_stack([low + a, high + b, high + a])]
    return Mesh(np.concatenate([*rings, blunt_end[None], tip[None]]), np.concatenate(faces))
