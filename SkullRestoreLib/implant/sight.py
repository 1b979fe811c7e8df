"""A finished body seen along the way in, node by node of its chart: how thick it is, how thin its rim, and what it covers."""

import numpy as np
from scipy import ndimage
from scipy.spatial import cKDTree

from SkullRestoreLib.fine import vertex_normals
from SkullRestoreLib.implant.chart import STEP_MM
from SkullRestoreLib.implant.fit import Made
from SkullRestoreLib.implant.rays import Rays

SKIN_MM = 1e-3
BRINK_MM = 0.5  # a step of the outer face higher than this is the side of a hole or a recess
SPARE_MM = 0.3  # the gap may be this much wider than was asked


class Sight:
    """The body seen along the insertion direction."""

    def __init__(self, made: Made, rays: Rays) -> None:
        chart, self.made, self.rays = made.chart, made, rays
        self.top = chart.look(rays, from_outside=True)
        self.bottom = chart.look(rays, from_outside=False)
        self.patch = chart.look(Rays(made.patch.outer), from_outside=True)
        self.there = np.isfinite(self.top)
        # how far inside the outline and the patch a node lies, mm in the plane
        self.inside = ndimage.distance_transform_edt(self.there & np.isfinite(self.patch), sampling=STEP_MM)
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

    def _beside_bone(self) -> np.ndarray:
        """How far from bone under the outer face each node lies, mm in the plane: (nu, nv) float."""
        chart = self.made.chart
        uvw = chart.flatten(self.made.surface.points)
        cell = np.rint((uvw[:, :2] - chart.corner) / STEP_MM).astype(int)
        deep = np.nanmax(chart.height - self.bottom, initial=0.0)
        under = ((cell >= 0) & (cell < self.top.shape)).all(axis=1) & (uvw[:, 2] < 1) & (uvw[:, 2] > -deep - 1)
        free = np.ones(self.top.shape, dtype=bool)
        free[tuple(cell[under].T)] = False
        return ndimage.distance_transform_edt(free, sampling=STEP_MM) if under.any() else np.full(self.top.shape, np.inf)

    def thickness(self) -> tuple[np.ndarray, np.ndarray]:
        """Thickness away from the rim (n,), and at each vertex of the mesh that lies on the outer face (v,), NaN elsewhere; mm."""
        settings, mesh, chart = self.made.settings, self.made.mesh, self.made.chart
        shape = self.top.shape
        picture = np.full(shape, np.nan)
        # at the side of a recess or a hole a ray may run along the wall
        step = self.top - chart.height
        brink = ndimage.maximum_filter(step, 3) - ndimage.minimum_filter(step, 3) > BRINK_MM
        body = np.argwhere((self.inside > 0) & ~brink)
        body = body[(body % 2 == 0).all(axis=1)]
        if len(body):
            picture[tuple(body.T)] = self._through(body)
        picture[~np.isfinite(picture)] = np.nan
        # near the rim, and near an island of bone, the wall and not the inner face ends the way through
        rim = (settings.thickness_mm + 1) * (1 + np.tan(np.radians(settings.bevel_deg)))
        away = np.minimum(self.inside, self._beside_bone() - settings.clearance_mm)
        values = picture[(away > rim) & np.isfinite(picture)]
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
        drilled = self._drilled(self.there)
        silhouette = ndimage.distance_transform_edt(self.there | drilled, sampling=STEP_MM)
        # a hole that is drilled along the normal shows its side on the way in
        clear = ndimage.distance_transform_edt(~drilled, sampling=STEP_MM) > self._widest() if drilled.any() else True
        node = np.argwhere((silhouette >= ring) & (silhouette < ring + 2 * STEP_MM) & np.isfinite(self.bottom) & clear)
        if not len(node):
            return None
        thick = self._through(node)
        return float(np.percentile(thick[np.isfinite(thick)], 0.5))  # a ray along the very wall may slip past a triangle

    def _widest(self) -> float:
        """Diameter of the widest hole that was drilled, mm."""
        settings = self.made.settings
        return max(settings.perforation_mm * settings.perforations, settings.suture_hole_mm * (settings.suture_holes > 0), 0.0)

    def _drilled(self, covered: np.ndarray) -> np.ndarray:
        """The holes that were drilled on purpose in the picture (nu, nv) bool of what is covered: gaps of their size."""
        # a hole is drilled along the face's normal and seen along the way in: it looks longer than it is wide
        label, _ = ndimage.label(ndimage.binary_fill_holes(covered) & ~covered)
        small = np.bincount(label.ravel()) * STEP_MM**2 <= 3 * np.pi * (self._widest() / 2) ** 2
        small[0] = False
        return small[label]

    def covered(self) -> tuple[float, float]:
        """Part of the patch's area, 0..1, that has the body under it along the normal: where bone leaves room for the body and its gap, and in all."""
        made, chart = self.made, self.made.chart
        node = np.argwhere(np.isfinite(self.patch))
        if not len(node):
            return 0.0, 0.0
        settings, at = made.settings, tuple(node.T)
        area = 1 / np.maximum(chart.normals[..., 2][at], 0.1)
        point = chart.origin + np.column_stack([chart.corner + STEP_MM * node, self.patch[at]]) @ chart.axes
        inwards = -chart.normals[at] @ chart.axes
        above = settings.temporal_fill_mm + settings.onlay_thickness_mm + 2
        met, _ = self.rays.first(point - above * inwards, inwards)
        picture = np.zeros(self.patch.shape, dtype=bool)
        picture[at] = met < above + settings.sink_mm + 2
        there = (picture | self._drilled(picture))[at]
        free = np.ones(len(node), dtype=bool)
        if len(made.surface.points):
            tree, reach = made.surface.tree, settings.clearance_mm + SPARE_MM + STEP_MM
            # the gap is wherever bone leaves no room for a rim as thick as was asked: a slanted edge of bone reaches below the surface
            for depth in np.linspace(0, settings.sink_mm + settings.min_edge_mm, 4):
                free[free] = ~np.isfinite(tree.query(point[free] + depth * inwards[free], distance_upper_bound=reach)[0])
        return (
            float(area[there & free].sum() / max(area[free].sum(), 1e-9)),
            float(area[there].sum() / max(area.sum(), 1e-9)),
        )
