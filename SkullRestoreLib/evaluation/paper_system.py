"""The paper's own system (Mishinov 2023), as far as it is told: one distance a ray, a defect where it exceeds one, points on that border.

What the paper leaves open is decided in its favour: rays of level 6; the scan's lower edge and the face below the level of the orbits never count as a
defect; border points whose ray ends on the wall of the cut are moved out; the network's surface is smoothed.
"""

from functools import lru_cache
from pathlib import Path

import numpy as np

from SkullRestoreLib import patch
from SkullRestoreLib.case import Mesh, Pose
from SkullRestoreLib.chapters import Examined
from SkullRestoreLib.evaluation.answer import Answer
from SkullRestoreLib.fine import piece_of_grid
from SkullRestoreLib.grid import Grid, grid, to_level
from SkullRestoreLib.shape import smooth_fill
from SkullRestoreLib.training.paper import GRID_MM, first_hit, load_paper, whole_distance

_LEVEL = 6
_LEAST_CM2 = 3.0
"""Smaller breaks are no defect."""
_LOWEST = -0.42
"""Height of a direction below which there are only base, face and neck: the foramen magnum must not be a defect."""
_POINTS = 24
_RING = 6
_MEMORY = 1e-3
_WALL_MM = 1.5
_SMOOTHING = 8


def paper_system(seen: Examined, weights: Path) -> list[Answer]:
    """What the paper's system would answer.

    Parameters
    ----------
    seen
        The examined head; of its rays only the first hit is used.
    weights
        From ``skullrestore train --recipe paper``.

    Raises
    ------
    WeightsError
        If the weights are missing or damaged.
    """
    intervals, reach = to_level(seen.radial.intervals, _LEVEL), to_level(seen.radial.reach, _LEVEL)
    seen_at = first_hit(intervals)
    whole = GRID_MM * (1 - whole_distance(_network(weights), intervals))
    g = grid(_LEVEL)
    for _ in range(_SMOOTHING):
        whole = (whole + whole[g.neighbours].sum(axis=1)) / 7
    gone = (seen_at > 1) & (reach > whole) & (g.directions[:, 2] > _LOWEST)
    at, label = g.parts(gone)
    parts = [at[label == k] for k in range(label.max(initial=-1) + 1)]
    parts = [p for p in parts if (g.areas * whole**2)[p].sum() / 100 >= _LEAST_CM2]
    radius = GRID_MM * (1 - seen_at)
    return sorted((_restored(part, radius, whole, g, seen.pose) for part in parts), key=lambda a: -a.area_cm2)


@lru_cache(maxsize=1)
def _network(weights: Path) -> object:
    return load_paper(weights)


def _restored(part: np.ndarray, radius: np.ndarray, whole: np.ndarray, g: Grid, pose: Pose) -> Answer:
    """One defect: the network's surface, moved smoothly so that it passes through the bone on the border."""
    hole = np.zeros(len(g), dtype=bool)
    hole[part] = True
    border = _sound_border(hole, radius, g)
    near = g.grow(hole, _RING)
    known = np.zeros(len(g))
    known[border] = 1.0
    # far away the network's surface stays as it is
    known[g.grow(near, 1) & ~near] = _MEMORY
    gap = np.where(known == 1.0, radius - whole, 0.0)
    tied = whole + np.where(near, smooth_fill(gap[:, None], known[:, None], _LEVEL)[:, 0], 0.0)
    piece = piece_of_grid(_LEVEL, g.grow(hole, 1), np.stack([tied, hole], axis=1).astype(float)).divided().divided()
    faces = piece.faces[piece.values[:, 1][piece.faces].mean(axis=1) > 0.5]
    used, flat = np.unique(faces, return_inverse=True)
    to_ras = pose.head_to_ras

    def placed(directions: np.ndarray, r: np.ndarray) -> np.ndarray:
        return (directions * r[:, None]) @ to_ras[:3, :3].T + to_ras[:3, 3]

    surface = Mesh(placed(piece.directions[used], piece.values[used, 0]), flat.reshape(-1, 3))
    chosen = border[_round(g.directions[border], g.directions[part].mean(axis=0))]
    return Answer(surface, patch.mesh_area_cm2(surface), placed(g.directions[chosen], radius[chosen]))


def _sound_border(hole: np.ndarray, radius: np.ndarray, g: Grid) -> np.ndarray:
    """Vertices along the border; one whose ray ends on the wall of the cut gives its place to its neighbours further out: (b,) int."""
    first = g.grow(hole, 1) & ~hole
    second = g.grow(hole, 2) & ~hole & ~first
    ring = g.neighbours
    behind = np.where(second[ring], radius[ring], -np.inf).max(axis=1)
    deep = first & (radius < behind - _WALL_MM)
    border = (first & ~deep) | (second & deep[ring].any(axis=1))
    return np.flatnonzero(border & (radius > 0))


def _round(directions: np.ndarray, middle: np.ndarray) -> np.ndarray:
    """Which of the border's directions (b, 3) carry a point: evenly in angle round the middle."""
    middle = middle / np.linalg.norm(middle)
    side = np.cross(middle, np.eye(3)[np.abs(middle).argmin()])
    angle = np.arctan2(directions @ np.cross(middle, side), directions @ side)
    order = np.argsort(angle)
    return order[np.unique(np.linspace(0, len(order) - 1, min(_POINTS, len(order))).round().astype(int))]
