"""Find the insertion direction: the one along which as little bone as possible overhangs the hole."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from SkullRestoreLib.errors import ImplantError
from SkullRestoreLib.geometry.refined_mesh import vertex_normals
from SkullRestoreLib.geometry.search_tree import build_search_tree
from SkullRestoreLib.implant.bone_surface import BoneSurface, are_near
from SkullRestoreLib.implant.chart import right_handed_frame
from SkullRestoreLib.implant.patch_geometry import PatchGeometry
from SkullRestoreLib.records import DefectPatch

MAX_LEAN_DEG = 45.0
"""How far the direction may lean from the patch's mean normal."""
SEARCH_DEG = ((MAX_LEAN_DEG, 6), (6.0, 4))
"""The search goes twice around the best direction so far: largest tilt and number of steps to it."""
SEARCH_TURNS = 24
"""Directions around the best one at each tilt."""
OVERHANG_TOLERANCE_DEG = 3.0
"""Walls that overhang by less than this count as straight."""
MIN_UNDERCUT_DEG = 10.0
"""Walls that overhang by less than this are no undercut: the steps of voxels overhang by less."""
FLAT_FACE_PENALTY = 5
"""Weight of faces seen at a flat angle against mean overhang, both as sines or cosines."""
LEAN_PENALTY = 0.3
"""Weight of leaning from the mean normal: bone that overhangs all around is no reason to come from the side."""
MIN_FACE_COSINE = 0.3
"""An outer face seen at a flatter angle than this (cosine) makes a poor implant."""
_HELD_INSIDE = 0.01
"""A direction that is held in the cone is this far inside (cosine), so that rounding does not put it outside."""
EDGE_SEARCH_MM = 2.5
"""Bone this close to the border, or to the wall below it, is the edge of the bone."""
MAX_WALL_COSINE = 0.8
"""Where bone and restored surface have normals closer than this (cosine), the bone is a table and not its edge."""
MAX_FACE_NORMALS = 5000
"""So many of the outer face's normals say at which angles it is seen."""
MAX_EDGE_POINTS = 6000
"""More points of the edge than this are thinned out at random, always to the same ones."""
NORMAL_NEIGHBOURS = 12
"""Normals are averaged over so many points: about a millimetre."""
MIN_MEAN_NORMAL = 0.3
"""Where the averaged normals nearly cancel (shorter than this), the point is left out."""


@dataclass(frozen=True, eq=False)
class BoneMargin:
    """The edge of the bone around a hole."""

    points: NDArray[np.float64]  # (n, 3), mm RAS
    normals: NDArray[np.float64]  # (n, 3), unit, out of the bone, smooth over about a millimetre
    area_per_point_mm2: float  # area of the edge that one point represents

    def overhang_sines(self, outward: NDArray[np.float64]) -> NDArray[np.float64]:
        """How much each point overhangs, as the sine of the angle.

        Parameters
        ----------
        outward
            (3,) or (k, 3), unit, against the insertion direction.

        Returns
        -------
        ndarray
            (n, k), 0 where the point does not overhang.
        """
        return np.maximum(-(self.normals @ np.atleast_2d(outward).T) - np.sin(np.radians(OVERHANG_TOLERANCE_DEG)), 0)

    def undercut_area(self, outward: NDArray[np.float64]) -> float:
        """Area of the edge that clearly overhangs, mm².

        Parameters
        ----------
        outward
            (3,), unit, against the insertion direction.
        """
        return float(
            (self.overhang_sines(outward)[:, 0] > np.sin(np.radians(MIN_UNDERCUT_DEG))).sum() * self.area_per_point_mm2
        )


def find_bone_margin(
    geometry: PatchGeometry, inner: NDArray[np.float64], bone_surface: BoneSurface, mean_normal: NDArray[np.float64]
) -> BoneMargin:
    """Choose the points of the bone's surface that make up the edge of the hole.

    Parameters
    ----------
    geometry
        The restored surface.
    inner
        (w, 3), mm RAS, the inner face under its ``wide_outer``.
    bone_surface
        Around the patch.
    mean_normal
        (3,), mean outward normal of the patch.
    """
    border = geometry.patch.outer.vertices[geometry.border_vertices]
    nearest = geometry.wide_vertex[geometry.border_vertices]
    # A curtain of points that hangs from the border down to the inner face.
    fraction = np.linspace(0, 1, 5)[1:, None, None]
    curtain = (border + fraction * (inner[nearest] - border)).reshape(-1, 3)
    near = np.flatnonzero(are_near(bone_surface.points, curtain, EDGE_SEARCH_MM))
    tree = build_search_tree(curtain)
    close = near[np.isfinite(tree.query(bone_surface.points[near], distance_upper_bound=EDGE_SEARCH_MM)[0])]
    points, normals = bone_surface.points[close], bone_surface.normals[close]
    if not len(points):
        return BoneMargin(points, normals, 0.0)
    sign = np.sign((geometry.wide_normals @ mean_normal).sum()) or 1.0
    facing = (normals * (sign * geometry.wide_normals[geometry.wide_tree.query(points)[1]])).sum(axis=1)
    wall = np.abs(facing) < MAX_WALL_COSINE
    points, normals = points[wall], normals[wall]
    area = bone_surface.area_per_point_mm2 * len(points)
    if len(points) > MAX_EDGE_POINTS:
        kept = np.random.default_rng(0).choice(len(points), MAX_EDGE_POINTS, replace=False)
        points, normals = points[kept], normals[kept]
    if len(points) > NORMAL_NEIGHBOURS:
        normals = normals[cKDTree(points).query(points, k=NORMAL_NEIGHBOURS)[1]].mean(axis=1)
        length = np.linalg.norm(normals, axis=1)
        long_enough = length > MIN_MEAN_NORMAL
        points, normals = points[long_enough], normals[long_enough] / length[long_enough, None]
    return BoneMargin(points, normals, area / max(len(points), 1))


def find_outward_axis(
    geometry: PatchGeometry, margin: BoneMargin, mean_normal: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Find the outward axis, against which the implant is put in.

    Least overhang of the bone's edge counts first, then that no part of the outer face is seen at a flat angle, then
    closeness to the mean normal.

    Parameters
    ----------
    geometry
        The restored surface.
    margin
        The edge of the bone around it; may be without points.
    mean_normal
        (3,), unit, mean outward normal of the patch.

    Returns
    -------
    ndarray
        (3,), unit, mm RAS, outwards.
    """
    normals = geometry.normals[:: -(-len(geometry.normals) // MAX_FACE_NORMALS)]
    normals = normals * (np.sign((normals @ mean_normal).sum()) or 1.0)
    best = mean_normal
    for width_deg, steps in SEARCH_DEG:
        tilt = np.radians(np.linspace(0, width_deg, steps + 1))[1:]
        turn = np.linspace(0, 2 * np.pi, SEARCH_TURNS, endpoint=False)
        side, up = right_handed_frame(best)[:2]
        directions = np.cos(tilt)[:, None, None] * best + np.sin(tilt)[:, None, None] * (
            np.cos(turn)[:, None] * side + np.sin(turn)[:, None] * up
        )
        directions = np.concatenate([best[None], directions.reshape(-1, 3)])
        directions = directions[directions @ mean_normal > np.cos(np.radians(MAX_LEAN_DEG)) - 1e-9]
        overhang = margin.overhang_sines(directions).mean(axis=0) if len(margin.points) else np.zeros(len(directions))
        flatness = np.maximum(MIN_FACE_COSINE - normals @ directions.T, 0).mean(axis=0)
        lean = 1 - directions @ mean_normal
        best = directions[np.argmin(overhang + FLAT_FACE_PENALTY * flatness + LEAN_PENALTY * lean)]
    return best / np.linalg.norm(best)


def check_given_insertion(
    insertion: tuple[float, float, float], patch: DefectPatch, mean_normal: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Check an insertion direction that the user gave, and turn it outwards.

    Parameters
    ----------
    insertion
        From outside inwards, RAS, of any length but 0.
    patch
        The restored surface.
    mean_normal
        (3,), unit, mean outward normal of the patch.

    Returns
    -------
    ndarray
        (3,), unit, outwards.

    Raises
    ------
    ImplantError
        If the implant cannot be put in along this direction.
    """
    outward = -np.asarray(insertion, dtype=float) / np.linalg.norm(insertion)
    if outward @ mean_normal < MIN_FACE_COSINE:
        raise ImplantError(
            f"Defect {patch.defect}: the insertion direction that was given does not lead into the hole; "
            "it runs from outside inwards, for this defect about "
            f"{', '.join(f'{x:.2f}' for x in -mean_normal)} (right, front, up)."
        )
    return outward


def hold_in_cone(insertion: NDArray[np.float64], mean_normal: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the nearest insertion direction that :func:`check_given_insertion` takes.

    Parameters
    ----------
    insertion
        (3,), unit, from outside inwards.
    mean_normal
        (3,), unit, mean outward normal of the patch.

    Returns
    -------
    ndarray
        (3,), unit; ``insertion`` itself where it is taken.

    Examples
    --------
    >>> hold_in_cone(np.array([1.0, 0.0, 0.0]), np.array([0.0, 0.0, 1.0])).round(2).tolist()
    [0.95, 0.0, -0.31]
    """
    cosine = -float(insertion @ mean_normal)
    if cosine >= MIN_FACE_COSINE:
        return insertion
    held = MIN_FACE_COSINE + _HELD_INSIDE
    sideways = insertion + cosine * mean_normal
    length = float(np.linalg.norm(sideways))
    if length < 1e-9:  # straight out of the head: every side is as near
        return -mean_normal
    return -held * mean_normal + np.sqrt(1 - held**2) * sideways / length


def mean_outward_normal(
    patch: DefectPatch, centre: NDArray[np.float64], *, normals: NDArray[np.float64] | None = None
) -> NDArray[np.float64]:
    """Mean normal of a patch, away from the head's centre.

    Parameters
    ----------
    patch
        The restored surface; its triangles may run in either direction.
    centre
        (3,), mm RAS, the head's centre.
    normals
        (v, 3), those of the vertices of ``patch.outer`` where they are known.

    Returns
    -------
    ndarray
        (3,), unit.
    """
    normals = vertex_normals(patch.outer.vertices, patch.outer.faces) if normals is None else normals
    total = normals.sum(axis=0)
    total = total if total @ (patch.outer.vertices.mean(axis=0) - centre) > 0 else -total
    return total / max(np.linalg.norm(total), 1e-12)
