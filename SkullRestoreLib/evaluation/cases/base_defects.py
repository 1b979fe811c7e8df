"""Cut defects that leave the vault: brow, roof of the orbit, squama, mastoid, occiput down to the foramen magnum.

The defects of ``craniectomies.py`` end just past the end of the vault. These do not: in a wavy rounded box of
directions around the head's centre everything is removed that is outermost, to a depth that takes the wall of the skull
and what is attached to it there.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from SkullRestoreLib.evaluation.cases.craniectomies import CUT_OUTSIDE_MM
from SkullRestoreLib.evaluation.cases.intact_skull import IntactSkull
from SkullRestoreLib.geometry.icosphere import direction_from_angles, interpolate

CELL_DEG = 2.0
"""Cell of directions in which the outermost bone is looked for."""
_CELLS_PER_TURN = 1000
_WAVES = range(2, 7)
_WAVE_SIZE = 0.06


class BaseDefectKind(NamedTuple):
    """Where defects of one kind are, and how large: ranges that are drawn from evenly."""

    azimuth_deg: tuple[float, float]  # of the middle; 0 in front, towards either side
    elevation_deg: tuple[float, float]
    half_length_deg: tuple[float, float]  # along the horizontal
    half_height_deg: tuple[float, float]
    depth_mm: float  # bone this far below the outermost is removed


_KINDS = {
    "bifrontal with the brow": BaseDefectKind((0, 8), (10, 20), (38, 56), (16, 24), 12.0),
    "forehead with the roof of an orbit": BaseDefectKind((26, 38), (2, 10), (20, 30), (16, 22), 28.0),
    "hemicraniectomy to the base": BaseDefectKind((66, 84), (16, 26), (46, 60), (32, 42), 25.0),
    "squama to the base": BaseDefectKind((78, 98), (-3, 6), (20, 30), (14, 19), 14.0),
    "mastoid": BaseDefectKind((116, 132), (-20, -10), (12, 18), (10, 14), 20.0),
    "suboccipital": BaseDefectKind((160, 180), (-44, -28), (18, 28), (12, 18), 20.0),
}
BASE_DEFECT_NAMES = tuple(_KINDS)


def cut_base_defect(kind: str, rng: np.random.Generator, skull: IntactSkull) -> NDArray[np.bool_]:
    """Draw a defect of a kind, and find the voxels that it removes.

    Parameters
    ----------
    kind
        One of ``BASE_DEFECT_NAMES``.
    rng
        Source of all randomness.
    skull
        The intact skull.

    Returns
    -------
    ndarray
        (nk, nj, ni) bool, the missing piece; part of the skull's bone. What would come loose belongs to it.

    Raises
    ------
    ValueError
        If the kind is not known.
    """
    if kind not in _KINDS:
        raise ValueError(f"{kind} is no kind of defect to the base; use one of {', '.join(BASE_DEFECT_NAMES)}.")
    chosen = _KINDS[kind]
    middle = (rng.choice([-1.0, 1.0]) * rng.uniform(*chosen.azimuth_deg), rng.uniform(*chosen.elevation_deg))
    half = (rng.uniform(*chosen.half_length_deg), rng.uniform(*chosen.half_height_deg))
    piece = cut_outermost(skull, middle, half, chosen.depth_mm, rng, of_voxels=_of_the_wall(skull))
    return piece | _loose_bone(skull.bone, piece)


def cut_outermost(
    skull: IntactSkull,
    middle_deg: tuple[float, float],
    half_deg: tuple[float, float],
    depth_mm: float,
    rng: np.random.Generator,
    *,
    of_voxels: NDArray[np.bool_] | None = None,
) -> NDArray[np.bool_]:
    """Find the outermost bone in a wavy rounded box of directions.

    Parameters
    ----------
    skull
        The intact skull.
    middle_deg
        Azimuth and elevation of the box's middle in the head frame.
    half_deg
        Half its length along the horizontal, and half its height.
    depth_mm
        Bone this far below the outermost bone of its direction is removed.
    rng
        Draws how round the corners are, and the waves of the edge.
    of_voxels
        (b,), which of the skull's bone voxels are looked at; all where none are given.

    Returns
    -------
    ndarray
        (nk, nj, ni) bool, part of the skull's bone.
    """
    towards = direction_from_angles(*middle_deg)
    side = np.cross([0, 0, 1.0], towards)
    side /= np.linalg.norm(side)
    up = np.cross(towards, side)
    radius = skull.voxel_radii
    direction = skull.voxel_points / np.maximum(radius, 1e-6)[:, None]
    away = np.degrees(np.arccos(np.clip(direction @ towards, -1, 1)))
    turn = np.arctan2(direction @ up, direction @ side)
    power = rng.uniform(2.0, 3.2)
    edge = ((np.abs(np.cos(turn)) / half_deg[0]) ** power + (np.abs(np.sin(turn)) / half_deg[1]) ** power) ** -(
        1 / power
    )
    for k in _WAVES:
        edge = edge * (1 + _WAVE_SIZE * rng.normal() / k * np.cos(k * turn + rng.uniform(0, 2 * np.pi)))
    azimuth = np.degrees(np.arctan2(direction[:, 0], direction[:, 1]))
    elevation = np.degrees(np.arcsin(np.clip(direction[:, 2], -1, 1)))
    cell = np.floor(azimuth / CELL_DEG).astype(int) * _CELLS_PER_TURN + np.floor(elevation / CELL_DEG).astype(int)
    _, number = np.unique(cell, return_inverse=True)
    seen = np.ones(len(radius), dtype=bool) if of_voxels is None else of_voxels
    outermost = ndimage.maximum(np.where(seen, radius, 0.0), number, np.arange(number.max() + 1))
    return skull.piece_mask(np.flatnonzero(seen & (away < edge) & (radius > outermost[number] - depth_mm)))


def _of_the_wall(skull: IntactSkull) -> NDArray[np.bool_]:
    """Which bone voxels (b,) are not outside the vault's wall, as the zygomatic arch is."""
    direction = skull.voxel_points / np.maximum(skull.voxel_radii, 1e-6)[:, None]
    outer, vault = interpolate(np.column_stack([skull.tables[:, 0], skull.vault]), direction).T
    wall: NDArray[np.bool_] = (vault < 0.5) | (skull.voxel_radii < outer + CUT_OUTSIDE_MM)
    return wall


def _loose_bone(bone: NDArray[np.bool_], piece: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Bone (nk, nj, ni) that only the piece held."""
    around = np.ones((3, 3, 3))
    label, count = ndimage.label(bone & ~piece, around)
    if count < 2:
        return np.zeros_like(bone)
    size = np.bincount(label.ravel())
    size[0] = 0
    touched = np.zeros(count + 1, dtype=bool)
    touched[np.unique(label[ndimage.binary_dilation(piece, around)])] = True
    touched[[0, size.argmax()]] = False
    return touched[label]
