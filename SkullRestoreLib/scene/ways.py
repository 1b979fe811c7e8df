"""The way in of an implant as a line that a hand can turn, and an arrow along it."""

import numpy as np

from SkullRestoreLib.case import Implant, Mesh
from SkullRestoreLib.scene import models

COLOUR = (0.95, 0.55, 0.10)
LONG_MM, ABOVE_MM, TURNED_DEG = 35.0, 3.0, 0.5
_FOUND = "SkullRestore.way"
_SIDES, _SHAFT_MM, _HEAD_MM, _HEAD_LONG_MM = 20, 1.2, 3.5, 9.0


def show_way(line, implant: Implant) -> None:
    """Lay the line over the middle of an implant, along its way in: the first point is the blunt end, the second the tip."""
    way = np.asarray(implant.insertion, dtype=float)
    middle = implant.mesh.vertices.mean(axis=0)
    above = implant.mesh.vertices - middle
    central = np.linalg.norm(above - (above @ way)[:, None] * way, axis=1) < 10.0
    tip = middle - (ABOVE_MM - float((above[central] @ way).min(initial=0.0))) * way
    line.CreateDefaultDisplayNodes()
    display = line.GetDisplayNode()
    display.SetSelectedColor(*COLOUR)
    display.SetGlyphTypeFromString("Sphere3D")
    display.SetUseGlyphScale(False)
    display.SetGlyphSize(4.0)
    display.SetPropertiesLabelVisibility(False)
    display.SetPointLabelsVisibility(True)
    blocked = line.StartModify()
    try:
        line.RemoveAllControlPoints()
        for place, label in ((tip - LONG_MM * way, f"way in {implant.defect}"), (tip, "")):
            line.SetNthControlPointLabel(line.AddControlPointWorld(*map(float, place)), label)
        line.SetAttribute(_FOUND, " ".join(f"{x:.6f}" for x in way))
    finally:
        line.EndModify(blocked)


def direction(line) -> np.ndarray | None:
    """(3,) float, unit, mm RAS: where the line points; None where it points nowhere."""
    if line.GetNumberOfControlPoints() != 2:
        return None
    blunt, tip = (np.array(line.GetNthControlPointPositionWorld(n)) for n in (0, 1))
    length = np.linalg.norm(tip - blunt)
    return (tip - blunt) / length if length > 1.0 else None


def turned_by_hand(line) -> np.ndarray | None:
    """The direction, if it is another one than the design laid it along."""
    now, found = direction(line), np.array([float(x) for x in (line.GetAttribute(_FOUND) or "").split()])
    if now is None or len(found) != 3 or now @ found > np.cos(np.radians(TURNED_DEG)):
        return None
    return now


def show_arrow(node, line) -> None:
    """Draw the arrow along the line."""
    way = direction(line)
    if way is None:
        return
    blunt, tip = (np.array(line.GetNthControlPointPositionWorld(n)) for n in (0, 1))
    models.show_mesh(node, _arrow(blunt, tip, way))
    display = node.GetDisplayNode()
    display.SetColor(*COLOUR)
    display.SetVisibility2D(False)


def _arrow(blunt: np.ndarray, tip: np.ndarray, way: np.ndarray) -> Mesh:
    """A shaft and a head as one closed body of revolution."""
    side = np.cross(way, np.eye(3)[np.argmin(np.abs(way))])
    side /= np.linalg.norm(side)
    angle = np.linspace(0, 2 * np.pi, _SIDES, endpoint=False)
    round_ = np.cos(angle)[:, None] * side + np.sin(angle)[:, None] * np.cross(way, side)
    neck = tip - _HEAD_LONG_MM * way
    rings = [at + radius * round_ for at, radius in ((blunt, _SHAFT_MM), (neck, _SHAFT_MM), (neck, _HEAD_MM))]
    a, b = np.arange(_SIDES), np.roll(np.arange(_SIDES), -1)
    last = 3 * _SIDES
    faces = [np.column_stack([a * 0 + last, b, a]), np.column_stack([a + 2 * _SIDES, b + 2 * _SIDES, a * 0 + last + 1])]
    for ring in (0, 1):
        low, high = ring * _SIDES, (ring + 1) * _SIDES
        faces += [np.column_stack([low + a, low + b, high + b]), np.column_stack([low + a, high + b, high + a])]
    return Mesh(np.concatenate([*rings, blunt[None], tip[None]]), np.concatenate(faces))
