"""What is to be printed: material, best orientation, overhanging area and height of each body.

Supports leave marks. They should not be on the face towards dura or bone, so an orientation with little overhang
there comes first, then one with little overhang at all.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from SkullRestoreLib.geometry.icosphere import spherical_grid
from SkullRestoreLib.implant.finish_mesh import volume_mm3
from SkullRestoreLib.records import Mesh

GUIDE_MATERIAL = "plastic that can be sterilised"
"""Of guides and moulds: it touches the wound for minutes only."""
OVERHANG_DEG = 45.0
"""A face that looks downwards and is less than this from horizontal needs supports; most printers do without on steeper
ones."""
ON_BED_MM = 0.3
"""Faces this low are on the bed, and need no support."""
INNER_COSINE = 0.5
"""Faces whose normal is within 60 degrees of the direction inwards are the inner face."""
ORIENTATION_LEVEL = 2
"""Level of the grid whose 162 directions, about 16 degrees apart, are tried as the direction upwards."""
SAME_OVERHANG_CM2 = 0.2
"""Orientations whose overhang on the inner face differs by less are equally good there."""


@dataclass(frozen=True, eq=False)
class PrintPart:
    """One body, and how it is best put on the bed of a printer."""

    name: str
    file: str | None  # None where it is withheld
    material: str
    volume_ml: float
    height_mm: float  # in this orientation
    footprint_mm: tuple[float, float]  # longer and shorter side on the bed
    overhang_cm2: float
    inner_overhang_cm2: float  # of it, on the face towards dura or bone
    outer_face_from_up_deg: float  # 0: outer face upwards; 90: upright; 180: outer face downwards
    ras_to_printer: NDArray[np.float64]  # (3, 3) rotation; z is up


def plan_print(
    name: str, file: str | None, mesh: Mesh, outward: NDArray[np.float64], material: str = GUIDE_MATERIAL
) -> PrintPart:
    """Find how a body is best printed.

    Parameters
    ----------
    name
        For people.
    file
        In which it is written; None where it is not.
    mesh
        Closed, mm RAS.
    outward
        (3,), unit, RAS: from the head outwards.
    material
        Of which it is made.

    Returns
    -------
    PrintPart
    """
    corners = mesh.vertices[mesh.faces]
    cross = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    twice = np.linalg.norm(cross, axis=1)
    area, normal = twice / 2, cross / np.maximum(twice, 1e-12)[:, None]
    inner = normal @ outward < -INNER_COSINE
    overhang, on_inner = _overhangs(mesh, normal, area, inner)
    ups = spherical_grid(ORIENTATION_LEVEL).directions
    good = on_inner <= on_inner.min() + SAME_OVERHANG_CM2
    best = int(np.where(good, overhang, np.inf).argmin())
    rotation = _upright(ups[best], outward)
    placed = mesh.vertices @ rotation.T
    width, depth, height = np.ptp(placed, axis=0)
    return PrintPart(
        name,
        file,
        material,
        volume_ml=volume_mm3(mesh) / 1000,
        height_mm=float(height),
        footprint_mm=(float(max(width, depth)), float(min(width, depth))),
        overhang_cm2=float(overhang[best]),
        inner_overhang_cm2=float(on_inner[best]),
        outer_face_from_up_deg=float(np.degrees(np.arccos(np.clip(ups[best] @ outward, -1, 1)))),
        ras_to_printer=rotation,
    )


def _overhangs(
    mesh: Mesh, normal: NDArray[np.float64], area: NDArray[np.float64], inner: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Overhanging area, cm², with each direction of the grid upwards: all of it, and that of the inner face."""
    steepest = -np.cos(np.radians(OVERHANG_DEG))
    total, on_inner = [], []
    for up in spherical_grid(ORIENTATION_LEVEL).directions:
        height = mesh.vertices @ up
        hangs = normal @ up < steepest
        hangs[hangs] = height[mesh.faces[hangs]].max(axis=1) > height.min() + ON_BED_MM
        total.append(area[hangs].sum() / 100)
        on_inner.append(area[hangs & inner].sum() / 100)
    return np.array(total), np.array(on_inner)


def _upright(up: NDArray[np.float64], outward: NDArray[np.float64]) -> NDArray[np.float64]:
    """A rotation (3, 3) that turns a direction upwards, and the outward one towards y as far as it goes."""
    forward = outward - (outward @ up) * up
    if np.linalg.norm(forward) < 1e-6:
        forward = np.eye(3)[np.argmin(np.abs(up))]
        forward = forward - (forward @ up) * up
    forward /= np.linalg.norm(forward)
    return np.stack([np.cross(forward, up), forward, up])
