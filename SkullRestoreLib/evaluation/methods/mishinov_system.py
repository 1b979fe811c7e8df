"""The system of Mishinov 2023 as published: one distance per ray, a defect where it exceeds one, points on its border.

What the paper leaves open is decided in its favour: rays of level 6; the scan's lower edge and the face below the level
of the orbits never count as a defect; border points whose ray ends on the wall of the cut are moved outwards; the
network's surface is smoothed.
"""

from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from SkullRestoreLib.affine import apply_affine
from SkullRestoreLib.defects import patch
from SkullRestoreLib.evaluation.measures.reported_defect import ReportedDefect
from SkullRestoreLib.geometry.icosphere import SphericalGrid, spherical_grid, values_at_level
from SkullRestoreLib.geometry.refined_mesh import extract_submesh
from SkullRestoreLib.pipeline.results import HeadAnalysis
from SkullRestoreLib.records import Mesh, Pose
from SkullRestoreLib.skull_model.shape_model import fill_smoothly
from SkullRestoreLib.training.mishinov_network import (
    GRID_RADIUS_MM,
    MishinovNetwork,
    first_hit_distance,
    load_mishinov_network,
    predict_intact_distance,
)

_LEVEL = 6
_MIN_DEFECT_CM2 = 3.0
"""Smaller gaps are no defect."""
_MIN_DIRECTION_Z = -0.42
"""Sine of the elevation below which there are only base, face and neck: the foramen magnum must not be a defect."""
_POINT_COUNT = 24
_FIT_RINGS = 6
"""The surface is fitted to the bone within this many rings of the defect."""
_FAR_WEIGHT = 1e-3
"""Weight that holds the surface at the network's where the fit ends."""
_CUT_WALL_MM = 1.5
"""A border ray this much shorter than its neighbours farther out ends on the wall of the cut."""
_SMOOTHING_ROUNDS = 8
Floats = NDArray[np.float64]


def run_mishinov_system(analysis: HeadAnalysis, weights: Path) -> list[ReportedDefect]:
    """Restore a head by the paper's system.

    Parameters
    ----------
    analysis
        The analysed head; only the first bone of each ray is used.
    weights
        From ``skullrestore train --recipe paper``.

    Returns
    -------
    list of ReportedDefect
        Largest first.

    Raises
    ------
    WeightsError
        If the weights are missing or damaged.
    """
    intervals, reach = (values_at_level(a, _LEVEL) for a in (analysis.rays.intervals, analysis.rays.reach))
    distance = first_hit_distance(intervals)
    intact = GRID_RADIUS_MM * (1 - predict_intact_distance(cached_network(weights), intervals))
    grid = spherical_grid(_LEVEL)
    for _ in range(_SMOOTHING_ROUNDS):
        intact = (intact + intact[grid.neighbours].sum(axis=1)) / 7
    missing = (distance > 1) & (reach > intact) & (grid.directions[:, 2] > _MIN_DIRECTION_Z)
    vertices, label = grid.connected_parts(missing)
    parts = [vertices[label == k] for k in range(label.max(initial=-1) + 1)]
    parts = [p for p in parts if grid.areas_mm2(intact)[p].sum() / 100 >= _MIN_DEFECT_CM2]
    radius = GRID_RADIUS_MM * (1 - distance)
    defects = [_restore_defect(part, radius, intact, grid, analysis.pose) for part in parts]
    return sorted(defects, key=lambda defect: -defect.area_cm2)


@lru_cache(maxsize=1)
def cached_network(weights: Path) -> MishinovNetwork:
    """Load the paper's network; it is read once for all cases of a process."""
    return load_mishinov_network(weights)


def _restore_defect(
    vertices: NDArray[np.int64], radius: NDArray[np.floating], intact: Floats, grid: SphericalGrid, pose: Pose
) -> ReportedDefect:
    """Restore one defect: the network's surface, moved smoothly so that it passes through the bone along the border."""
    hole = np.zeros(len(grid), dtype=bool)
    hole[vertices] = True
    border = _sound_border(hole, radius, grid)
    near = grid.grow_region(hole, _FIT_RINGS)
    known = np.zeros(len(grid))
    known[border] = 1.0
    # far away the network's surface stays as it is
    known[grid.grow_region(near, 1) & ~near] = _FAR_WEIGHT
    gap = np.where(known == 1.0, radius - intact, 0.0)
    fitted = intact + np.where(near, fill_smoothly(gap[:, None], known[:, None], _LEVEL)[:, 0], 0.0)
    values = np.stack([fitted, hole], axis=1).astype(float)
    submesh = extract_submesh(_LEVEL, grid.grow_region(hole, 1), values).subdivide().subdivide()
    faces = submesh.faces[submesh.values[:, 1][submesh.faces].mean(axis=1) > 0.5]
    used, flat = np.unique(faces, return_inverse=True)
    corners = submesh.directions[used] * submesh.values[used, 0][:, None]
    surface = Mesh(apply_affine(pose.head_to_ras, corners), flat.reshape(-1, 3))
    chosen = border[_select_border_points(grid.directions[border], grid.directions[vertices].mean(axis=0))]
    points = apply_affine(pose.head_to_ras, grid.directions[chosen] * radius[chosen][:, None])
    return ReportedDefect(surface, patch.mesh_area_cm2(surface), points)


def _sound_border(hole: NDArray[np.bool_], radius: NDArray[np.floating], grid: SphericalGrid) -> NDArray[np.int64]:
    """Vertices along the border, (b,) int64; those on the wall of the cut are replaced by their outer neighbours."""
    first = grid.grow_region(hole, 1) & ~hole
    second = grid.grow_region(hole, 2) & ~hole & ~first
    neighbours = grid.neighbours
    farther_out = np.where(second[neighbours], radius[neighbours], -np.inf).max(axis=1)
    on_wall = first & (radius < farther_out - _CUT_WALL_MM)
    border = (first & ~on_wall) | (second & on_wall[neighbours].any(axis=1))
    return np.flatnonzero(border & (radius > 0))


def _select_border_points(directions: Floats, middle: Floats) -> NDArray[np.int64]:
    """Which of the border's directions (b, 3) get a point: evenly spread in angle round the middle."""
    middle = middle / np.linalg.norm(middle)
    side = np.cross(middle, np.eye(3)[np.abs(middle).argmin()])
    angle = np.arctan2(directions @ np.cross(middle, side), directions @ side)
    order = np.argsort(angle)
    return order[np.unique(np.linspace(0, len(order) - 1, min(_POINT_COUNT, len(order))).round().astype(int))]
