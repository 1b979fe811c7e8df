"""What a finished body is like: everything is measured on the triangles that are written and on the bone's own surface.

None of it uses the fields, drawings or solids that the body was made from, so that a fault in the making shows here.
"""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage
from scipy.spatial import ConvexHull, cKDTree

from SkullRestoreLib.case import Bone, Checks, ImplantSettings, Mesh, Patch, Spread
from SkullRestoreLib.implant.chart import STEP_MM, Chart
from SkullRestoreLib.implant.crossing import crossings, is_closed, is_manifold
from SkullRestoreLib.implant.distance import distance_to
from SkullRestoreLib.implant.gap import LEAST_GAP_MM, BoneSurface, sample, scatter
from SkullRestoreLib.implant.rays import Rays
from SkullRestoreLib.implant.slab import border_edges, chains, vertex_normals
from SkullRestoreLib.implant.tidy import MOST_TRIANGLES, volume_mm3
from SkullRestoreLib.settings import MATERIALS

TOLERANCE_MM = 0.3  # what clearance and thickness may be off anywhere
MEDIAN_MM = 0.1  # and in the middle
MOST_SIMPLIFIED_MM = 0.05
LEAST_COVERED = 0.99
CANDIDATES = 12  # bone points that are measured exactly at each station
OPEN_MM = 2.0  # where bone is farther than this from the margin, the margin is open


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
    undercut_mm2: float
    contact: bool  # body and bone touch where they are meant to (onlay rim, tabs)


def check(made: Made) -> Checks:
    """Measure a finished body.

    Parameters
    ----------
    made
        The body, and what it has to fit.

    Returns
    -------
    Checks
        With a sentence in ``failed`` for each check that did not pass.
    """
    vertices, faces = made.mesh.vertices, made.mesh.faces
    closed = is_closed(faces)
    volume = volume_mm3(made.mesh) / 1000
    sight = _Sight(made)
    margin = _clearance(made)
    asked = made.settings.clearance_mm
    thickness, of_vertex = sight.thickness()
    found = Checks(
        watertight=closed,
        manifold=closed and is_manifold(faces),
        outward=volume > 0,
        self_intersections=crossings(vertices, faces),
        bone_overlaps=_overlaps(made),
        clearance_mm=Spread.of(margin),
        clearance_within=float((np.abs(margin - max(asked, LEAST_GAP_MM)) <= TOLERANCE_MM).mean()) if len(margin) else None,
        thickness_mm=Spread.of(thickness),
        thickness_map=of_vertex,
        edge_mm=sight.edge(),
        covered=sight.covered(made, leave_gap=True),
        covered_in_all=sight.covered(made, leave_gap=False),
        undercut_mm2=made.undercut_mm2,
        volume_ml=volume,
        mass_g={name: volume * density for name, density in MATERIALS.items()},
        size_mm=smallest_box(vertices, made.chart),
        triangles=len(faces),
        simplification_mm=made.simplification_mm,
    )
    return _judged(found, made)


def _clearance(made: Made) -> np.ndarray:
    """Gap between bone and body, every millimetre along the margin where there is bone: (n,) float, mm."""
    if not len(made.surface.points):
        return np.zeros(0)
    border = [made.patch.outer.vertices[loop] for loop in chains(border_edges(made.patch.outer.faces))]
    stations = np.concatenate([_evenly(loop, 1.0) for loop in border])
    beside = cKDTree(made.surface.points).query(stations, distance_upper_bound=OPEN_MM)[0]
    stations = made.chart.flatten(stations[np.isfinite(beside)])
    if not len(stations):
        return np.zeros(0)
    points = made.surface.points
    at = made.chart.flatten(points)
    away, station = cKDTree(stations[:, :2]).query(at[:, :2], distance_upper_bound=3.0)
    near = np.flatnonzero(np.isfinite(away) & (at[:, 2] < 2.0))
    # only the bone nearest to the body counts at each station: choose it roughly by the body's vertices, measure it exactly by the triangles
    rough = cKDTree(made.mesh.vertices).query(points[near], distance_upper_bound=OPEN_MM + made.settings.clearance_mm + 3)[0]
    order = near[np.lexsort((rough, station[near]))]
    rank = np.arange(len(order)) - np.searchsorted(station[order], station[order])
    chosen = order[rank < CANDIDATES]
    gap = np.full(len(stations), np.inf)
    np.minimum.at(gap, station[chosen], np.abs(distance_to(made.mesh, points[chosen])))
    return gap[np.isfinite(gap)]


def _evenly(loop: np.ndarray, step: float) -> np.ndarray:
    """Points (n, 3) at even steps along a closed line (k, 3)."""
    closed = np.concatenate([loop, loop[:1]])
    along = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(closed, axis=0), axis=1))])
    at = np.arange(0, along[-1], step)
    return np.column_stack([np.interp(at, along, closed[:, k]) for k in range(3)])


def _overlaps(made: Made) -> int:
    """Places at which body and bone overlap: points of the one's surface inside the other."""
    points, _ = scatter(made.mesh.vertices, made.mesh.faces)
    in_bone = sample(made.bone, points) > made.bone.iso
    # a speck of bone wholly inside the body: rays from its surface leave the body through a triangle that looks along them
    rays = Rays(made.mesh)
    _, triangle = rays.first(made.surface.points, made.chart.outward)
    a, b, c = made.mesh.vertices[made.mesh.faces[np.maximum(triangle, 0)]].transpose(1, 0, 2)
    leaving = (np.cross(b - a, c - a) @ made.chart.outward) > 0
    in_body = (triangle >= 0) & leaving
    deep = np.zeros(0)
    if in_body.any() or in_bone.any():
        # rounding to the file's grid is no overlap
        suspects = np.concatenate([made.surface.points[in_body]])
        deep = -distance_to(made.mesh, suspects)
        to_bone, nearest = cKDTree(made.surface.points).query(points[in_bone])
        plane = np.abs((made.surface.normals[nearest] * (points[in_bone] - made.surface.points[nearest])).sum(axis=1))
        deep = np.concatenate([deep, np.minimum(plane, to_bone)])
    return int((deep > ROUNDING_MM).sum())


ROUNDING_MM = 0.02


class _Sight:
    """The body seen along the insertion direction, node by node of the chart."""

    def __init__(self, made: Made) -> None:
        chart, self.made = made.chart, made
        self.rays = Rays(made.mesh)
        self.top = chart.look(self.rays, from_outside=True)
        self.bottom = chart.look(self.rays, from_outside=False)
        self.patch = chart.look(Rays(made.patch.outer), from_outside=True)
        self.there = np.isfinite(self.top)
        within = np.isfinite(self.patch)
        # how far inside the outline and the patch a node lies, mm in the plane
        self.inside = ndimage.distance_transform_edt(self.there & within, sampling=STEP_MM)
        normals = vertex_normals(made.outer.vertices, made.outer.faces)
        self.normals = normals * (np.sign((normals @ chart.outward).sum()) or 1.0)

    def _through(self, node: np.ndarray) -> np.ndarray:
        """Thickness along the outer face's normal at nodes (n, 2): (n,) float, mm."""
        chart = self.made.chart
        uv = chart.corner + STEP_MM * node
        point = chart.origin + np.column_stack([uv, self.top[tuple(node.T)]]) @ chart.axes
        normal = self.normals[cKDTree(self.made.outer.vertices).query(point)[1]]
        away, _ = self.rays.first(point - SKIN_MM * normal, -normal)
        return away + SKIN_MM

    def thickness(self) -> tuple[np.ndarray, np.ndarray]:
        """Thickness away from the rim (n,), and at each vertex of the mesh that lies on the outer face (v,), NaN elsewhere; mm."""
        settings, mesh, chart = self.made.settings, self.made.mesh, self.made.chart
        shape = self.top.shape
        picture = np.full(shape, np.nan)
        # at the side of a recess or a hole a ray may run along the wall
        step = self.top - chart.height
        brink = ndimage.maximum_filter(step, 3) - ndimage.minimum_filter(step, 3) > 0.5
        body = np.argwhere((self.inside > 0) & ~brink)
        body = body[(body % 2 == 0).all(axis=1)]
        if len(body):
            picture[tuple(body.T)] = self._through(body)
        picture[~np.isfinite(picture)] = np.nan
        # near the rim the wall, and not the inner face, ends the way through
        rim = (settings.thickness_mm + 1) * (1 + np.tan(np.radians(settings.bevel_deg)))
        values = picture[(self.inside > rim) & np.isfinite(picture)]
        known = np.isfinite(picture)
        of_vertex = np.full(len(mesh.vertices), np.nan)
        if known.any():
            near = ndimage.distance_transform_edt(~known, return_distances=False, return_indices=True)
            uvz = (mesh.vertices - chart.origin) @ chart.axes.T
            node = np.clip(np.rint((uvz[:, :2] - chart.corner) / STEP_MM).astype(int), 0, np.array(shape) - 1)
            near = near[:, node[:, 0], node[:, 1]]
            normals = vertex_normals(mesh.vertices, mesh.faces)
            upper = (normals @ chart.outward > 0.2) & (np.abs(uvz[:, 2] - self.top[tuple(near)]) < 2.0)
            of_vertex[upper] = picture[tuple(near)][upper]
        return values, of_vertex

    def edge(self) -> float | None:
        """Thickness of the rim where it is least, just inside its rounding, mm."""
        ring = self.made.settings.rim_radius_mm + 2 * STEP_MM  # the outline runs up to a step outside the outermost nodes
        silhouette = ndimage.distance_transform_edt(self.there, sampling=STEP_MM)
        node = np.argwhere((silhouette >= ring) & (silhouette < ring + 2 * STEP_MM) & np.isfinite(self.bottom))
        if not len(node):
            return None
        thick = self._through(node)
        return float(np.percentile(thick[np.isfinite(thick)], 0.5))  # a ray along the very wall may slip past a triangle

    def _with_drilled(self, covered: np.ndarray) -> np.ndarray:
        """The picture (nu, nv) bool of what is covered, with the holes that were drilled on purpose counted as covered: gaps of their size."""
        settings = self.made.settings
        # a hole is drilled along the face's normal and seen along the way in: it looks longer than it is wide
        widest = max(settings.perforation_mm * settings.perforations, settings.suture_hole_mm * (settings.suture_holes > 0), 0.0)
        label, _ = ndimage.label(ndimage.binary_fill_holes(covered) & ~covered)
        small = np.bincount(label.ravel()) * STEP_MM**2 <= 3 * np.pi * (widest / 2) ** 2
        small[0] = False
        return covered | small[label]

    def covered(self, made: Made, *, leave_gap: bool) -> float:
        """Part of the patch's area, 0..1, that has the body under it; with ``leave_gap`` the gap to the bone does not count."""
        node = np.argwhere(np.isfinite(self.patch))
        if not len(node):
            return 0.0
        area = 1 / np.maximum(made.chart.normals[..., 2][tuple(node.T)], 0.1)
        raised = made.settings.temporal_fill_mm + made.settings.onlay_thickness_mm
        offset = self.top - self.patch
        near = np.isfinite(offset) & (offset < raised + 2) & (offset > -made.settings.sink_mm - 2)
        there = self._with_drilled(near)[tuple(node.T)]
        if leave_gap and len(made.surface.points):
            uv = made.chart.corner + STEP_MM * node
            point = made.chart.origin + np.column_stack([uv, self.patch[tuple(node.T)]]) @ made.chart.axes
            inwards = made.chart.normals[tuple(node.T)] @ made.chart.axes
            reach = made.settings.clearance_mm + TOLERANCE_MM + STEP_MM
            tree, free = cKDTree(made.surface.points), np.ones(len(point), dtype=bool)
            # the gap is wherever bone leaves no room for a rim as thick as was asked: a slanted edge of bone reaches below the surface
            for depth in np.linspace(0, made.settings.sink_mm + made.settings.min_edge_mm, 4):
                free &= ~np.isfinite(tree.query(point - depth * inwards, distance_upper_bound=reach)[0])
            area, there = area[free], there[free]
        return float(area[there].sum() / max(area.sum(), 1e-9))


SKIN_MM = 1e-3


def smallest_box(vertices: np.ndarray, chart: Chart) -> np.ndarray:
    """(3,) float, mm, largest first: the smallest box around the body that stands along the insertion direction."""
    uvz = (vertices - chart.origin) @ chart.axes.T
    hull = uvz[ConvexHull(uvz[:, :2]).vertices, :2]
    along = np.roll(hull, -1, axis=0) - hull
    angle = np.arctan2(along[:, 1], along[:, 0])
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])  # (2, 2, k)
    size = np.ptp(np.einsum("abk,nb->kna", turn, hull), axis=1)
    flat = size[np.argmin(size.prod(axis=1))]
    return np.sort(np.append(flat, np.ptp(uvz[:, 2])))[::-1]


def _judged(found: Checks, made: Made) -> Checks:
    """The same with a sentence for each check that did not pass."""
    from dataclasses import replace

    settings, failed = made.settings, []
    if not found.watertight:
        failed.append("The body is not closed.")
    elif not found.manifold:
        failed.append("The body is pinched together at a vertex.")
    if not found.outward:
        failed.append("The body is turned inside out.")
    if found.self_intersections:
        failed.append(f"{found.self_intersections} pairs of triangles cut each other.")
    if found.bone_overlaps:
        failed.append(f"The body reaches into the bone at {found.bone_overlaps} places.")
    if found.clearance_mm is not None and not made.contact:
        asked = max(settings.clearance_mm, LEAST_GAP_MM)
        if found.clearance_mm.least < asked - TOLERANCE_MM:
            failed.append(f"The clearance is only {found.clearance_mm.least:.2f} mm at its least.")
        # with a bevel the gap is meant to grow inwards
        off = found.clearance_mm.median - asked
        if off < -MEDIAN_MM or (off > MEDIAN_MM and not settings.bevel_deg):
            failed.append(
                f"The clearance is {found.clearance_mm.median:.2f} mm in the middle, {settings.clearance_mm:g} mm were asked for."
            )
    if (
        found.thickness_mm is not None
        and not made.contact
        and not settings.follow_inner_table
        and abs(found.thickness_mm.median - settings.thickness_mm) > MEDIAN_MM
    ):
        failed.append(f"The thickness is {found.thickness_mm.median:.2f} mm in the middle, {settings.thickness_mm:g} mm were asked for.")
    # what laps over the bone is thinner where the bone stands higher than the restored surface
    thinnest = min(settings.min_edge_mm, settings.onlay_thickness_mm - TOLERANCE_MM) if made.contact else settings.min_edge_mm
    if found.edge_mm is not None and found.edge_mm < thinnest - TOLERANCE_MM:
        failed.append(f"The edge is only {found.edge_mm:.2f} mm thick at its thinnest.")
    if found.covered < LEAST_COVERED:
        failed.append(f"The body covers only {100 * found.covered:.1f} % of the defect.")
    if found.triangles > MOST_TRIANGLES:
        failed.append(f"The body has {found.triangles} triangles, more than {MOST_TRIANGLES}.")
    if found.simplification_mm > MOST_SIMPLIFIED_MM:
        failed.append(f"Thinning out the triangles moved the surface by {found.simplification_mm:.3f} mm.")
    return replace(found, failed=tuple(failed))
