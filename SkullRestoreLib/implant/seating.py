"""The way in: the direction in which an implant is put into the hole, so that as little bone as possible hangs over it."""

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from SkullRestoreLib.case import ImplantError, Patch
from SkullRestoreLib.fine import vertex_normals
from SkullRestoreLib.implant.chart import frame
from SkullRestoreLib.implant.gap import BoneSurface
from SkullRestoreLib.implant.slab import border_edges

CONE_DEG = 45.0  # how far the direction may lean from the patch's mean normal
FREE_DEG = 3.0  # walls that hang over by less than this are as good as straight
UNDERCUT_DEG = 10.0  # the steps of voxels hang over by less
LEAN_COST = 0.3  # leaning must be worth it: bone that hangs over all around is no reason to come from the side
STEEP = 0.3  # outer faces seen at a flatter angle than this (cosine) make a poor implant
BESIDE_MM = 2.5  # bone this close to the border is the bone's edge
WALL = 0.8  # where bone and surface have normals closer than this (cosine) it is a table, not the edge


@dataclass(frozen=True)
class Edge:
    """The bone's edge around a hole."""

    points: np.ndarray  # (n, 3) float, mm RAS
    normals: np.ndarray  # (n, 3) float, unit, out of the bone, smooth over about a millimetre
    point_mm2: float  # of the edge for each point

    def overhang(self, outward: np.ndarray) -> np.ndarray:
        """How much each point hangs over, as the sine of the angle: (n, k) float for directions (k, 3), 0 where it does not."""
        return np.maximum(-(self.normals @ np.atleast_2d(outward).T) - np.sin(np.radians(FREE_DEG)), 0)

    def undercut_mm2(self, outward: np.ndarray) -> float:
        """Area of the edge that clearly hangs over, mm2."""
        return float((self.overhang(outward)[:, 0] > np.sin(np.radians(UNDERCUT_DEG))).sum() * self.point_mm2)


def bone_edge(patch: Patch, inner: np.ndarray, surface: BoneSurface, outward: np.ndarray) -> Edge:
    """Choose the points of the bone's surface that make up the edge of the hole.

    Parameters
    ----------
    patch
        The restored surface.
    inner
        (w, 3) float, mm RAS, the inner face under ``patch.wide_outer``.
    surface
        Bone around the patch.
    outward
        (3,) float, mean outward normal of the patch.
    """
    border = np.unique(border_edges(patch.outer.faces))
    at = patch.outer.vertices[border]
    nearest = cKDTree(patch.wide_outer.vertices).query(at)[1]
    # a curtain hanging from the border to the inner face
    part = np.linspace(0, 1, 5)[1:, None, None]
    curtain = (at + part * (inner[nearest] - at)).reshape(-1, 3)
    close = np.isfinite(cKDTree(curtain).query(surface.points, distance_upper_bound=BESIDE_MM)[0])
    points, normals = surface.points[close], surface.normals[close]
    if not len(points):
        return Edge(points, normals, 0.0)
    table = vertex_normals(patch.wide_outer.vertices, patch.wide_outer.faces)
    table *= np.sign((table @ outward).sum()) or 1.0
    facing = (normals * table[cKDTree(patch.wide_outer.vertices).query(points)[1]]).sum(axis=1)
    wall = np.abs(facing) < WALL
    points, normals = points[wall], normals[wall]
    area = surface.point_mm2 * len(points)
    if len(points) > 6000:
        kept = np.random.default_rng(0).choice(len(points), 6000, replace=False)
        points, normals = points[kept], normals[kept]
    if len(points) > 12:
        normals = normals[cKDTree(points).query(points, k=12)[1]].mean(axis=1)
        length = np.linalg.norm(normals, axis=1)
        points, normals = points[length > 0.3], normals[length > 0.3] / length[length > 0.3, None]
    return Edge(points, normals, area / max(len(points), 1))


def find_outward(patch: Patch, edge: Edge, mean: np.ndarray) -> np.ndarray:
    """Find the direction against which the implant is put in: (3,) float, unit, mm RAS, outwards.

    Least overhang of the bone's edge counts first, then that no part of the face is seen too flat, then nearness to the mean normal.
    """
    faces = vertex_normals(patch.outer.vertices, patch.outer.faces)
    faces *= np.sign((faces @ mean).sum()) or 1.0
    best = mean
    for width, steps in ((CONE_DEG, 6), (6.0, 4)):
        tilt = np.radians(np.linspace(0, width, steps + 1))[1:]
        turn = np.linspace(0, 2 * np.pi, 24, endpoint=False)
        side, up = frame(best)[:2]
        rays = np.cos(tilt)[:, None, None] * best + np.sin(tilt)[:, None, None] * (
            np.cos(turn)[:, None] * side + np.sin(turn)[:, None] * up
        )
        rays = np.concatenate([best[None], rays.reshape(-1, 3)])
        rays = rays[rays @ mean > np.cos(np.radians(CONE_DEG)) - 1e-9]
        hang = edge.overhang(rays).mean(axis=0) if len(edge.points) else np.zeros(len(rays))
        flat = np.maximum(STEEP - faces @ rays.T, 0).mean(axis=0)
        best = rays[np.argmin(hang + 5 * flat + LEAN_COST * (1 - rays @ mean))]
    return best / np.linalg.norm(best)


def given_outward(insertion: tuple[float, float, float], patch: Patch, mean: np.ndarray) -> np.ndarray:
    """Check a direction that the user gave, and turn it outwards.

    Raises
    ------
    ImplantError
        If the implant cannot be put in that way at all.
    """
    outward = -np.asarray(insertion, dtype=float) / np.linalg.norm(insertion)
    if outward @ mean < STEEP:
        raise ImplantError(
            f"Defect {patch.defect}: the insertion direction that was given does not lead into the hole; it runs from outside inwards, "
            f"for this defect about {', '.join(f'{x:.2f}' for x in -mean)} (right, front, up)."
        )
    return outward


def mean_outward(patch: Patch, centre: np.ndarray) -> np.ndarray:
    """(3,) float, unit, mm RAS: mean normal of the patch, away from the head's centre."""
    total = vertex_normals(patch.outer.vertices, patch.outer.faces).sum(axis=0)
    total = total if total @ (patch.outer.vertices.mean(axis=0) - centre) > 0 else -total
    return total / max(np.linalg.norm(total), 1e-12)
