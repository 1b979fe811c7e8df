"""Measure how a finished body fits into the bone: gaps and overlaps, from its triangles to the bone's own surface."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from SkullRestoreLib.geometry.mesh_distance import DistanceQuery
from SkullRestoreLib.geometry.ray_caster import RayCaster
from SkullRestoreLib.geometry.refined_mesh import vertex_normals
from SkullRestoreLib.geometry.search_tree import build_search_tree
from SkullRestoreLib.geometry.triangles import cross_products
from SkullRestoreLib.implant.bone_surface import BoneSurface, distance_to_bone, sample_field, spread_points
from SkullRestoreLib.implant.chart import InsertionChart
from SkullRestoreLib.implant.loops import arc_lengths, points_at
from SkullRestoreLib.implant.patch_geometry import PatchGeometry
from SkullRestoreLib.implant.skin_contour import SkinContour
from SkullRestoreLib.implant.thicken import smooth_normals
from SkullRestoreLib.records import Bone, DefectPatch, FixationPlace, ImplantSettings, Mesh

STATION_SPACING_MM = 1.0
"""The gap is measured at stations along the margin, this far apart."""
STATION_REACH_MM = 3.0
"""Bone this close to a station, across the insertion direction, belongs to it."""
MAX_STATION_HEIGHT_MM = 2.0
"""Bone higher above the outer face than this does not belong to a station."""
CANDIDATES_PER_STATION = 12
"""Bone points that are measured exactly at each station."""
ROUGH_REACH_MM = 1.0
"""The nearest bone is looked for this much farther from the body than the clearance; where there is none, farther."""
OPEN_MARGIN_MM = 2.0
"""Where bone is farther than this from the margin, the margin is open."""
TRIM_REACH_MM = 2.0
"""A place of the margin whose nearest place of the body is this close to a trim line is not next to bone."""
MAX_BONE_HEIGHT_MM = 0.3
"""Bone higher above the outer face than this is not next to the body."""
MIN_OVERLAP_MM = 0.02
"""An overlap less deep than this is rounding."""
GRADIENT_STEP_MM = 0.01
"""Step over which the steepness of the bone's field is measured."""


@dataclass(frozen=True, eq=False)
class FinishedBody:
    """A finished body and what it has to fit."""

    mesh: Mesh
    geometry: PatchGeometry
    outer: Mesh  # outer face, over all of the wide surface
    bone: Bone
    bone_surface: BoneSurface
    chart: InsertionChart
    settings: ImplantSettings
    simplification_mm: float  # how far simplifying moved the surface at most
    self_intersections: int  # pairs of triangles that cut each other
    undercut_mm2: float  # area of the bone's edge that overhangs
    rests_on_bone: bool  # body and bone touch where they are meant to (onlay rim, tabs)
    trim_lines: tuple[NDArray[np.float64], ...] = ()  # each (k, 3), mm RAS: where the body ends without bone
    kept_fraction: float = 1.0  # part of the outline's area that trim lines given by the user leave
    ras_to_head: NDArray[np.float64] = field(default_factory=lambda: np.eye(4))  # (4, 4), to put places into words
    is_labelled: bool = False  # a label is engraved into the inner face
    fixations: tuple[FixationPlace, ...] = ()  # where it is fixed
    distances: DistanceQuery | None = None  # over the mesh, where there is one
    contour: SkinContour | None = None  # where the outer face was raised for the skin

    @property
    def patch(self) -> DefectPatch:
        """The restored surface."""
        return self.geometry.patch

    @cached_property
    def outer_normals(self) -> NDArray[np.float64]:
        """(w, 3), unit normals of the outer face."""
        if self.outer is self.patch.wide_outer:
            return self.geometry.wide_normals
        normals = vertex_normals(self.outer.vertices, self.outer.faces)
        return normals if self.contour is None else smooth_normals(normals, self.outer)

    @cached_property
    def outer_tree(self) -> cKDTree:
        """Search tree over the vertices of the outer face."""
        return self.geometry.wide_tree if self.outer is self.patch.wide_outer else cKDTree(self.outer.vertices)

    @cached_property
    def bone_uvw(self) -> NDArray[np.float64]:
        """(n, 3), mm: the points of the bone's surface in the chart."""
        return self.chart.to_uvw(self.bone_surface.points)

    @property
    def raised_mm(self) -> float:
        """How far the outer face was raised for the skin at most, mm."""
        return 0.0 if self.contour is None else self.contour.most_mm

    @property
    def search_reach_mm(self) -> float:
        """How far bone is looked for from the body, mm."""
        return OPEN_MARGIN_MM + self.settings.clearance_mm + 3


class MeasuredClearance(NamedTuple):
    """The gap along the margin, in mm, and where it was measured, mm RAS."""

    from_bone: NDArray[np.float64]  # (n,), from the bone's edge to the body
    bone_points: NDArray[np.float64]  # (n, 3)
    from_body: NDArray[np.float64]  # (m,), from the body's place next to that bone to the nearest bone
    body_points: NDArray[np.float64]  # (m, 3)


def measure_clearance(body: FinishedBody, distance_query: DistanceQuery) -> MeasuredClearance:
    """Measure the gap every millimetre along the margin where there is bone.

    In a notch narrower than twice the clearance no body that keeps the clearance can be near the bone: measured from
    the bone the gap is wide there, measured from the body's edge it is what was asked.

    Parameters
    ----------
    body
        The finished body.
    distance_query
        Over its mesh.

    Returns
    -------
    MeasuredClearance
        ``from_body`` where the bone reaches down to the body's outer face: a sunk body may be deeper than thin bone.
    """
    points = body.bone_surface.points
    stations = _margin_stations(body)
    if not len(stations):
        return MeasuredClearance(np.zeros(0), np.zeros((0, 3)), np.zeros(0), np.zeros((0, 3)))
    uvw = body.bone_uvw
    low = np.flatnonzero(uvw[:, 2] < MAX_STATION_HEIGHT_MM)
    away, of_low = build_search_tree(stations[:, :2]).query(uvw[low, :2], distance_upper_bound=STATION_REACH_MM)
    near, station = low[np.isfinite(away)], np.zeros(len(uvw), dtype=np.int64)
    station[low] = of_low
    # Only the bone nearest to the body counts at each station: choose it roughly by the body's vertices, measure it
    # exactly by the triangles.
    rough = _rough_distances(body, points[near], station[near])
    order = near[np.lexsort((rough, station[near]))]
    rank = np.arange(len(order)) - np.searchsorted(station[order], station[order])
    chosen = order[rank < CANDIDATES_PER_STATION]
    distance = np.abs(distance_query.signed_distances(points[chosen]))
    # The nearest bone point of each station, in the stations' order.
    best = np.lexsort((distance, station[chosen]))
    best = best[np.append(True, np.diff(station[chosen][best]) > 0)]
    level = uvw[chosen[best], 2] < MAX_BONE_HEIGHT_MM
    on_body = distance_query.closest_points(points[chosen[best[level]]])
    from_body = distance_to_bone(on_body, body.bone_surface, body.search_reach_mm)
    return MeasuredClearance(distance[best], points[chosen[best]], from_body, on_body)


def _rough_distances(
    body: FinishedBody, points: NDArray[np.float64], station: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Distance from points (n, 3) to the body's vertices, (n,), mm.

    Infinite beyond about the clearance, unless all points of a station are farther.
    """
    tree = build_search_tree(body.mesh.vertices)
    away = tree.query(points, distance_upper_bound=body.settings.clearance_mm + ROUGH_REACH_MM)[0]
    far = np.flatnonzero(~np.isin(station, np.unique(station[np.isfinite(away)])))
    away[far] = tree.query(points[far], distance_upper_bound=body.search_reach_mm)[0]
    return away


def distances_to_bone(body: FinishedBody) -> NDArray[np.float64]:
    """Measure how far each vertex of a body is from the bone.

    Parameters
    ----------
    body
        The finished body.

    Returns
    -------
    ndarray
        (v,), mm; NaN where no bone is within the reach of the search.
    """
    away = distance_to_bone(body.mesh.vertices, body.bone_surface, body.search_reach_mm)
    return np.where(away < body.search_reach_mm, away, np.nan)


def _margin_stations(body: FinishedBody) -> NDArray[np.float64]:
    """Stations along the margin where it is not open: (n, 3), in the chart."""
    stations = np.concatenate(
        [points_at(loop, np.arange(0, arc_lengths(loop)[-1], STATION_SPACING_MM)) for loop in body.geometry.border]
    )
    if not len(body.bone_surface.points):
        return np.zeros((0, 3))
    to_bone = body.bone_surface.search_tree.query(stations, distance_upper_bound=OPEN_MARGIN_MM)[0]
    uvw = body.chart.to_uvw(stations[np.isfinite(to_bone)])
    if not body.trim_lines or not len(uvw):
        return uvw
    # Next to a trim line the body ends short of the margin on purpose.
    rim = (body.mesh.vertices - body.chart.origin) @ body.chart.axes[:2].T
    lines = (np.concatenate(body.trim_lines) - body.chart.origin) @ body.chart.axes[:2].T
    nearest = rim[cKDTree(rim).query(uvw[:, :2])[1]]
    return uvw[cKDTree(lines).query(nearest)[0] > TRIM_REACH_MM]


def find_overlaps(body: FinishedBody, distance_query: DistanceQuery, ray_caster: RayCaster) -> NDArray[np.float64]:
    """Find the places at which body and bone overlap: points of the one's surface inside the other.

    Parameters
    ----------
    body
        The finished body.
    distance_query, ray_caster
        Over its mesh.

    Returns
    -------
    ndarray
        (k, 3), mm RAS.
    """
    points = spread_points(body.mesh.vertices, body.mesh.faces)
    points = points[sample_field(body.bone, points) > body.bone.iso]
    # A speck of bone completely inside the body: rays from it leave the body through a triangle that faces along them.
    _, triangle = ray_caster.first_hits(body.bone_surface.points, body.chart.outward_axis)
    a, b, c = body.mesh.vertices[body.mesh.faces[np.maximum(triangle, 0)]].transpose(1, 0, 2)
    leaving = (cross_products(b - a, c - a) @ body.chart.outward_axis) > 0
    in_body = (triangle >= 0) & leaving
    depth = -distance_query.signed_distances(body.bone_surface.points[in_body])
    in_bone = points[_depth_in_bone(body, points) > MIN_OVERLAP_MM]
    return np.concatenate([body.bone_surface.points[in_body][depth > MIN_OVERLAP_MM], in_bone])


def _depth_in_bone(body: FinishedBody, points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Depth of points (n, 3) in the bone, (n,), mm: the field above the threshold divided by its steepness.

    At most the distance to the bone's surface.
    """
    if not len(points):
        return np.zeros(0)
    step = GRADIENT_STEP_MM
    ahead, behind = (
        np.stack([sample_field(body.bone, points + side * e) for e in np.eye(3)], axis=1) for side in (step, -step)
    )
    steepness = np.linalg.norm(ahead - behind, axis=1) / (2 * step)
    above = sample_field(body.bone, points) - body.bone.iso
    return np.minimum(above / np.maximum(steepness, 1e-9), body.bone_surface.search_tree.query(points)[0])
