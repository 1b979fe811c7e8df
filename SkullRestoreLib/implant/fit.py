"""How a finished body fits into the bone: gaps and overlaps, measured from its triangles to the bone's own surface."""

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from SkullRestoreLib.case import Bone, ImplantSettings, Mesh, Patch
from SkullRestoreLib.implant.chart import Chart
from SkullRestoreLib.implant.distance import Ruler
from SkullRestoreLib.implant.gap import BoneSurface, distance_to_bone, sample, scatter
from SkullRestoreLib.implant.rays import Rays
from SkullRestoreLib.implant.slab import border_edges, chains

CANDIDATES = 12  # bone points that are measured exactly at each station
OPEN_MM = 2.0  # where bone is farther than this from the margin, the margin is open
LEVEL_MM = 0.3  # bone higher above the outer face than this does not stand beside the body
ROUNDING_MM = 0.02  # an overlap less deep than this is rounding


@dataclass(frozen=True)
class Made:
    """A finished body and what it has to fit."""

    mesh: Mesh
    patch: Patch
    outer: Mesh  # outer face, wide
    bone: Bone
    surface: BoneSurface
    chart: Chart
    settings: ImplantSettings
    simplification_mm: float
    crossings: int  # pairs of triangles that cut each other
    undercut_mm2: float
    contact: bool  # body and bone touch where they are meant to (onlay rim, tabs)


def gaps(made: Made, ruler: Ruler) -> tuple[np.ndarray, np.ndarray]:
    """Measure the gap every millimetre along the margin where there is bone.

    In a notch narrower than twice the clearance no body that keeps the clearance can be near the bone: seen from the bone the gap is wide there,
    seen from the body's edge it is what was asked.

    Returns
    -------
    from_bone
        (n,) float, mm from the bone's edge to the body.
    from_body
        (m,) float, mm from the body's place next to that bone to the nearest bone, where the bone reaches down to the body's outer face:
        a sunk body may lie deeper than thin bone.
    """
    border = [made.patch.outer.vertices[loop] for loop in chains(border_edges(made.patch.outer.faces))]
    stations = np.concatenate([_evenly(loop, 1.0) for loop in border])
    points = made.surface.points
    if not len(points):
        return np.zeros(0), np.zeros(0)
    beside = made.surface.tree.query(stations, distance_upper_bound=OPEN_MM)[0]
    stations = made.chart.flatten(stations[np.isfinite(beside)])
    if not len(stations):
        return np.zeros(0), np.zeros(0)
    at = made.chart.flatten(points)
    away, station = cKDTree(stations[:, :2]).query(at[:, :2], distance_upper_bound=3.0)
    near = np.flatnonzero(np.isfinite(away) & (at[:, 2] < 2.0))
    # only the bone nearest to the body counts at each station: choose it roughly by the body's vertices, measure it exactly by the triangles
    rough = cKDTree(made.mesh.vertices).query(points[near], distance_upper_bound=OPEN_MM + made.settings.clearance_mm + 3)[0]
    order = near[np.lexsort((rough, station[near]))]
    rank = np.arange(len(order)) - np.searchsorted(station[order], station[order])
    chosen = order[rank < CANDIDATES]
    distance = np.abs(ruler.distance(points[chosen]))
    # the nearest bone point of each station, in the stations' order
    best = np.lexsort((distance, station[chosen]))
    best = best[np.append(True, np.diff(station[chosen][best]) > 0)]
    level = at[chosen[best], 2] < LEVEL_MM
    place = ruler.nearest(points[chosen[best[level]]])
    return distance[best], distance_to_bone(place, made.surface, OPEN_MM + made.settings.clearance_mm + 3)


def _evenly(loop: np.ndarray, step: float) -> np.ndarray:
    """Points (n, 3) at even steps along a closed line (k, 3)."""
    closed = np.concatenate([loop, loop[:1]])
    along = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(closed, axis=0), axis=1))])
    at = np.arange(0, along[-1], step)
    return np.column_stack([np.interp(at, along, closed[:, k]) for k in range(3)])


def overlaps(made: Made, ruler: Ruler, rays: Rays) -> int:
    """Count the places at which body and bone overlap: points of the one's surface inside the other."""
    points, _ = scatter(made.mesh.vertices, made.mesh.faces)
    points = points[sample(made.bone, points) > made.bone.iso]
    # a speck of bone wholly inside the body: rays from its surface leave the body through a triangle that looks along them
    _, triangle = rays.first(made.surface.points, made.chart.outward)
    a, b, c = made.mesh.vertices[made.mesh.faces[np.maximum(triangle, 0)]].transpose(1, 0, 2)
    leaving = (np.cross(b - a, c - a) @ made.chart.outward) > 0
    in_body = (triangle >= 0) & leaving
    deep = -ruler.distance(made.surface.points[in_body])
    return int((deep > ROUNDING_MM).sum() + (_depth_in_bone(made, points) > ROUNDING_MM).sum())


def _depth_in_bone(made: Made, points: np.ndarray) -> np.ndarray:
    """How deep in the bone points (n, 3) lie, mm: what the field is above the threshold by its steepness, at most the distance to the surface."""
    if not len(points):
        return np.zeros(0)
    step = 0.01
    ahead, behind = (np.stack([sample(made.bone, points + side * e) for e in np.eye(3)], axis=1) for side in (step, -step))
    steepness = np.linalg.norm(ahead - behind, axis=1) / (2 * step)
    above = sample(made.bone, points) - made.bone.iso
    return np.minimum(above / np.maximum(steepness, 1e-9), made.surface.tree.query(points)[0])
