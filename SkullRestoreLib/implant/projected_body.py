"""A finished body seen along the insertion direction, node by node of its chart: thickness, rim, and what it covers."""

from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from SkullRestoreLib.geometry.mesh_distance import DistanceQuery
from SkullRestoreLib.geometry.ray_caster import RayCaster
from SkullRestoreLib.geometry.refined_mesh import vertex_normals
from SkullRestoreLib.implant.bone_fit import FinishedBody
from SkullRestoreLib.implant.chart import CHART_STEP_MM, fill_nearest
from SkullRestoreLib.implant.plates import plate_profiles
from SkullRestoreLib.implant.thicken import asked_thickness

RAY_START_DEPTH_MM = 1e-3
"""Rays that measure thickness start this far below the outer face."""
MAX_GRAZE_MM = 0.1
"""A ray that leaves the body sooner only grazes its outer face, unless there is no body below."""
MIN_LONG_RAY_MM = 0.2
"""Rays this much longer than the thickness that was asked are looked at again."""
SLIP_MM2 = 1.0
"""Gaps of less area are rays that slipped through."""
MIN_STEP_HEIGHT_MM = 0.5
"""A step of the outer face higher than this is the side of a hole or a recess."""
NEAR_OPENING_MM = 1.0
"""So near to the side of a hole, a recess or a tab, a ray along the normal may leave through that side."""
CLEARANCE_TOLERANCE_MM = 0.3
"""The gap may be this much wider than was asked."""
MIN_FACE_COSINE = 0.2
"""Vertices whose normal is closer than this (cosine) to the outward axis can be on the outer face."""
OUTER_FACE_REACH_MM = 2.0
"""Such a vertex is on the outer face when it is this close to the body's top height."""
MAX_HOLE_ELONGATION = 3
"""Gaps up to this many times the area of the widest hole are holes: drilled along the normal, they look longer."""
MIN_AREA_COSINE = 0.1
"""Slopes steeper than this (cosine) count as this steep when areas are measured."""
ENGRAVING_WINDOW_NODES = 9
"""Grooves narrower than this are engraved; the skull's curvature over it is a few hundredths of a millimetre."""
ENGRAVING_TO_RIM_MM = 2.5
"""Grooves are looked for this far from rim and holes."""
MIN_ENGRAVING_MM, MIN_ENGRAVED_NODES = 0.12, 20
"""Less deep, or fewer nodes, is no groove."""
MIN_INSIDE_MM = 3.0
"""Nearer to the rim nothing is raised: its rounding is there."""
COVER_REACH_MM = 2
"""The body covers the patch where it is met within this of the height that it may have."""


class ProjectedBody:
    """The body seen along the insertion direction.

    Parameters
    ----------
    body
        The finished body.
    ray_caster
        Over its mesh.
    """

    def __init__(self, body: FinishedBody, ray_caster: RayCaster) -> None:
        chart, self.body, self.ray_caster = body.chart, body, ray_caster
        self.top_height = chart.project_mesh(ray_caster, from_outside=True)
        self.bottom_height = chart.project_mesh(ray_caster, from_outside=False)
        self.patch_height = body.geometry.height_in(chart)
        self.on_body = np.isfinite(self.top_height)
        # How far inside the outline and the patch a node is, mm in the plane.
        self.distance_inside = ndimage.distance_transform_edt(
            self.on_body & np.isfinite(self.patch_height), sampling=CHART_STEP_MM
        )
        self.normals = body.outer_normals * (np.sign((body.outer_normals @ chart.outward_axis).sum()) or 1.0)

    def _thickness_at(self, node: NDArray[np.int64]) -> NDArray[np.float64]:
        """Thickness along the outer face's normal at nodes (n, 2): (n,), mm."""
        point = self._places(node)
        normal = self.normals[self.body.outer_tree.query(point)[1]]
        away, _ = self.ray_caster.first_hits(point - RAY_START_DEPTH_MM * normal, -normal)
        thickness = away + RAY_START_DEPTH_MM
        # Next to a dent of the outer face, a ray along its mean normal may leave and enter the body again at once.
        grazing = np.flatnonzero(thickness < MAX_GRAZE_MM)
        if len(grazing):
            again, triangle = self.ray_caster.first_hits(
                point[grazing] - MAX_GRAZE_MM * normal[grazing], -normal[grazing]
            )
            mesh = self.body.mesh
            a, b, c = mesh.vertices[mesh.faces[np.maximum(triangle, 0)]].transpose(1, 0, 2)
            leaves = (triangle >= 0) & ((np.cross(b - a, c - a) * -normal[grazing]).sum(axis=1) > 0)
            thickness[grazing[leaves]] = again[leaves] + MAX_GRAZE_MM
        # Where the face is bent more sharply than the body is thick, the normal leaves through the deepest place of the
        # inner face: how thick the material is there, the inner face's distance from the outer one says.
        asked_mm = asked_thickness(point, self.body.settings, self.body.ras_to_head)
        long = np.flatnonzero(np.isfinite(away) & (thickness > asked_mm + MIN_LONG_RAY_MM))
        if len(long):
            leaves = point[long] - thickness[long, None] * normal[long]
            thickness[long] = np.minimum(thickness[long], np.abs(self._outer_distance.signed_distances(leaves)))
        return thickness

    @cached_property
    def _mesh_normals(self) -> NDArray[np.float64]:
        """(v, 3), unit normals of the body's vertices."""
        return vertex_normals(self.body.mesh.vertices, self.body.mesh.faces)

    @cached_property
    def _outer_distance(self) -> DistanceQuery:
        """Distances to the outer face."""
        body = self.body
        is_kept = body.outer is body.patch.wide_outer
        return body.geometry.wide_distances if is_kept else DistanceQuery(body.outer)

    def _distance_from_bone(self) -> NDArray[np.float64]:
        """Distance of each node from bone under the outer face, in the plane: (nu, nv), mm."""
        chart = self.body.chart
        uvw = self.body.bone_uvw
        cell = np.rint((uvw[:, :2] - chart.corner) / CHART_STEP_MM).astype(int)
        depth = np.nanmax(chart.height - self.bottom_height, initial=0.0)
        under = ((cell >= 0) & (cell < self.top_height.shape)).all(axis=1) & (uvw[:, 2] < 1) & (uvw[:, 2] > -depth - 1)
        free = np.ones(self.top_height.shape, dtype=bool)
        free[tuple(cell[under].T)] = False
        return (
            ndimage.distance_transform_edt(free, sampling=CHART_STEP_MM)
            if under.any()
            else np.full(self.top_height.shape, np.inf)
        )

    def _places(self, node: NDArray[np.int64]) -> NDArray[np.float64]:
        """Places (n, 3) on the outer face at nodes (n, 2), mm RAS."""
        chart = self.body.chart
        uv = chart.corner + CHART_STEP_MM * node
        return chart.origin + np.column_stack([uv, self.top_height[tuple(node.T)]]) @ chart.axes

    def measure_thickness(self) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Measure the thickness along the outer face's normal.

        Returns
        -------
        away_from_rim
            (n,), mm, where the rim and islands of bone do not shorten it.
        places
            (n, 3), mm RAS, where these were measured.
        of_vertex
            (v,), mm, at each vertex of the mesh that is on the outer face, NaN elsewhere.
        """
        settings = self.body.settings
        picture = np.full(self.top_height.shape, np.nan)
        node = np.argwhere((self.distance_inside > 0) & ~self._near_openings)
        node = node[(node % 2 == 0).all(axis=1)]
        if len(node):
            picture[tuple(node.T)] = self._thickness_at(node)
        picture[~np.isfinite(picture)] = np.nan
        # Near the rim, and near an island of bone, a ray leaves the body through its wall, not its inner face.
        rim_mm = (settings.greatest_thickness_mm + 1) * (1 + np.tan(np.radians(settings.bevel_deg)))
        away = np.minimum(self.distance_inside, self._distance_from_bone() - settings.clearance_mm)
        measured = np.argwhere((away > rim_mm) & np.isfinite(picture))
        return picture[tuple(measured.T)], self._places(measured), self.values_of_vertices(picture)

    def measure_raise(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Measure how far the outer face is above the restored surface, along its normal.

        Returns
        -------
        raised
            (n,), mm, over all of the patch but its rim.
        of_vertex
            (v,), mm, at each vertex of the mesh that is on the outer face, NaN elsewhere.
        """
        picture = (self.top_height - self.patch_height) * self.body.chart.normals[..., 2]
        picture[~np.isfinite(picture) | (self.distance_inside < MIN_INSIDE_MM) | ~self.seen_nodes()] = np.nan
        return picture[np.isfinite(picture)], self.values_of_vertices(picture)

    def values_of_vertices(self, picture: NDArray[np.float64], within_mm: float = np.inf) -> NDArray[np.float64]:
        """Give each vertex of the mesh's outer face the value of the nearest node.

        Parameters
        ----------
        picture
            (nu, nv), NaN where a node has no value.
        within_mm
            Vertices farther than this from a node with a value get none.

        Returns
        -------
        ndarray
            (v,), NaN where there is no value, and on the other faces.
        """
        mesh, chart = self.body.mesh, self.body.chart
        known = np.isfinite(picture)
        of_vertex = np.full(len(mesh.vertices), np.nan)
        if known.any():
            away, near = ndimage.distance_transform_edt(~known, sampling=CHART_STEP_MM, return_indices=True)
            uvz = (mesh.vertices - chart.origin) @ chart.axes.T
            last = np.array(picture.shape) - 1
            node = np.clip(np.rint((uvz[:, :2] - chart.corner) / CHART_STEP_MM).astype(int), 0, last)
            near, away = near[:, node[:, 0], node[:, 1]], away[node[:, 0], node[:, 1]]
            upper = (self._mesh_normals @ chart.outward_axis > MIN_FACE_COSINE) & (
                np.abs(uvz[:, 2] - self.top_height[tuple(near)]) < OUTER_FACE_REACH_MM
            )
            upper &= away <= within_mm
            of_vertex[upper] = picture[tuple(near)][upper]
        return of_vertex

    def measure_engraving(self) -> float | None:
        """Measure how deep narrow grooves in the inner face are.

        Returns
        -------
        float or None
            Median, mm; None where there are none.
        """
        bottom = self.bottom_height
        if not np.isfinite(bottom).any():
            return None
        filled = fill_nearest(bottom)
        # What is narrower than the window is opened away.
        depth = (filled - ndimage.grey_opening(filled, size=ENGRAVING_WINDOW_NODES)) * self.body.chart.normals[..., 2]
        away = ndimage.distance_transform_edt(np.isfinite(bottom), sampling=CHART_STEP_MM)
        groove = depth[(away > ENGRAVING_TO_RIM_MM) & (depth > MIN_ENGRAVING_MM)]
        return float(np.median(groove)) if len(groove) >= MIN_ENGRAVED_NODES else None

    def measure_rim_thickness(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Measure the thickness of the rim, just inside its rounding.

        Returns
        -------
        thickness
            (n,), mm; empty where there is no rim.
        places
            (n, 3), mm RAS.
        """
        # The outline runs up to a step outside the outermost nodes.
        ring_mm = self.body.settings.rim_radius_mm + 2 * CHART_STEP_MM
        drilled = self._drilled_holes(self.on_body)
        silhouette = ndimage.distance_transform_edt(self.on_body | drilled, sampling=CHART_STEP_MM)
        # A hole that is drilled along the normal shows its side along the insertion direction.
        away_from_holes = (
            ndimage.distance_transform_edt(~drilled, sampling=CHART_STEP_MM) > self._widest_hole()
            if drilled.any()
            else True
        ) & ~self._near_openings
        node = np.argwhere(
            (silhouette >= ring_mm)
            & (silhouette < ring_mm + 2 * CHART_STEP_MM)
            & np.isfinite(self.bottom_height)
            & away_from_holes
        )
        thickness = self._thickness_at(node) if len(node) else np.zeros(0)
        is_known = np.isfinite(thickness)
        return thickness[is_known], self._places(node[is_known])

    @cached_property
    def _near_openings(self) -> NDArray[np.bool_]:
        """(nu, nv), the nodes near the side of a hole, a recess or a tab."""
        step = np.where(self.on_body, self.top_height - self.body.chart.height, np.nan)
        known = fill_nearest(step) if self.on_body.any() else np.zeros(step.shape)
        sides = ndimage.maximum_filter(known, 3) - ndimage.minimum_filter(known, 3) > MIN_STEP_HEIGHT_MM
        sides = (sides & self.on_body) | self._drilled_holes(self.on_body)
        if not sides.any():
            return sides
        return ndimage.distance_transform_edt(~sides, sampling=CHART_STEP_MM) <= NEAR_OPENING_MM

    def _widest_hole(self) -> float:
        """Diameter of the widest hole that was drilled, mm."""
        settings, plate = self.body.settings, plate_profiles()[self.body.settings.plate]
        screw_mm = plate.head_mm if settings.countersink else plate.screw_mm
        return max(
            settings.perforation_mm * settings.perforations,
            settings.suture_hole_mm * (settings.suture_holes > 0),
            screw_mm * (settings.fixation == "tabs"),
        )

    def covered_nodes(self) -> NDArray[np.bool_]:
        """(nu, nv), the nodes that are over the body, what is drilled into it included."""
        on_body = self.seen_nodes()
        return on_body | self._drilled_holes(on_body, least_mm2=SLIP_MM2)

    def seen_nodes(self) -> NDArray[np.bool_]:
        """(nu, nv), the nodes that see both faces of the body: a ray may slip through an edge of its triangles."""
        return self.on_body & (self.top_height - self.bottom_height > MAX_GRAZE_MM)

    def _drilled_holes(self, covered: NDArray[np.bool_], least_mm2: float = 0.0) -> NDArray[np.bool_]:
        """The drilled holes in the picture (nu, nv) of what is covered: gaps of their size, or of a given one."""
        label, _ = ndimage.label(ndimage.binary_fill_holes(covered) & ~covered)
        largest_mm2 = MAX_HOLE_ELONGATION * np.pi * (self._widest_hole() / 2) ** 2
        small = np.bincount(label.ravel()) * CHART_STEP_MM**2 <= max(largest_mm2, least_mm2)
        small[0] = False
        return small[label]

    def covered_fractions(self) -> tuple[float, float, float, NDArray[np.float64]]:
        """Measure how much of the patch's area has the body under it along the normal.

        Returns
        -------
        where_possible
            0 to 1, of the area where bone leaves space for the body and its gap.
        in_all
            0 to 1, of the total area.
        uncovered_cm2
            Area without the body where bone leaves space for it, cm².
        uncovered_places
            (n, 3), mm RAS, of that area.
        """
        body, chart = self.body, self.body.chart
        node = np.argwhere(np.isfinite(self.patch_height))
        if not len(node):
            return 0.0, 0.0, 0.0, np.zeros((0, 3))
        settings, index = body.settings, tuple(node.T)
        area = 1 / np.maximum(chart.normals[..., 2][index], MIN_AREA_COSINE)
        point = (
            chart.origin + np.column_stack([chart.corner + CHART_STEP_MM * node, self.patch_height[index]]) @ chart.axes
        )
        inwards = -chart.normals[index] @ chart.axes
        above = settings.temporal_fill_mm + body.raised_mm + settings.onlay_thickness_mm + COVER_REACH_MM
        distance, _ = self.ray_caster.first_hits(point - above * inwards, inwards)
        picture = np.zeros(self.patch_height.shape, dtype=bool)
        picture[index] = distance < above + settings.sink_mm + COVER_REACH_MM
        covered = (picture | self._drilled_holes(picture))[index]
        free = self._away_from_bone(point, inwards)
        return (
            float(area[covered & free].sum() / max(area[free].sum(), 1e-9)),
            float(area[covered].sum() / max(area.sum(), 1e-9)),
            float(area[free & ~covered].sum()) * CHART_STEP_MM**2 / 100,
            point[free & ~covered],
        )

    def _away_from_bone(self, point: NDArray[np.float64], inwards: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Whether bone leaves space for the rim under points (n, 3) of the patch, along (n, 3) unit: (n,).

        A slanted edge of bone reaches below the surface, so the space is needed down to the rim's thickness.
        """
        settings, bone_surface = self.body.settings, self.body.bone_surface
        free = np.ones(len(point), dtype=bool)
        if len(bone_surface.points):
            reach_mm = settings.clearance_mm + CLEARANCE_TOLERANCE_MM + CHART_STEP_MM
            depths = np.linspace(0, settings.sink_mm + settings.least_edge_mm, 4)

            def have_bone(chosen: NDArray[np.int64], depth: float, within_mm: float) -> NDArray[np.bool_]:
                """Whether bone is near the chosen points at a depth."""
                places = point[chosen] + depth * inwards[chosen]
                return np.isfinite(bone_surface.search_tree.query(places, distance_upper_bound=within_mm)[0])

            # Most points are far from bone at all depths: once from the middle says so.
            chosen = np.arange(len(point))
            chosen = chosen[have_bone(chosen, depths[-1] / 2, reach_mm + depths[-1] / 2)]
            for depth in depths:
                near = have_bone(chosen, depth, reach_mm)
                free[chosen[near]] = False
                chosen = chosen[~near]
        return free
