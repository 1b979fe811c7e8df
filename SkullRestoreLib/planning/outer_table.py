"""The outer table under a resection, as a height map seen along one direction: what a line is drawn on.

The map is made once for a place; measuring a line on it takes milliseconds, so that it can follow a curve that is
dragged.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from SkullRestoreLib.affine import apply_affine, invert_affine
from SkullRestoreLib.errors import InputError
from SkullRestoreLib.geometry.icosphere import interpolate
from SkullRestoreLib.geometry.isosurface import bone_surface_in_box
from SkullRestoreLib.geometry.ray_caster import RayCaster
from SkullRestoreLib.implant.chart import CHART_STEP_MM, InsertionChart, fill_nearest, right_handed_frame
from SkullRestoreLib.records import Bone, Mesh, Pose, VaultTables

BEYOND_LINE_MM = 32.0
"""The map reaches this far past the points that it is made for: the widest guide and tool, and 4 mm more."""
ARCH_MM = 12.0
"""Bone this far outside the predicted outer table is no vault: the zygomatic arch, or a head rest. A tumour that makes
the bone thicker is, so this is not asked within the patch of the line itself."""
TUMOUR_MM = 30.0
"""Bone inside the line counts as vault up to this far outside the predicted outer table."""
BELOW_TABLE_MM = 15.0
"""Bone farther than this below the outer table is base, seen through a hole, and is no part of the map."""
SMOOTHING_MM = 1.0
"""Standard deviation of the filter over the heights on which a line is drawn: it takes out the steps of voxels."""
NORMAL_SMOOTHING_MM = 4.0
"""The same for normals, along which bone is cut: a wall must not follow every bump."""
PIT_MM = 3.0
"""Sutures and pits narrower than this are bridged by what is put on the bone."""
COVER_MM = 1.5
"""Bone this far over the outer table, along the direction, covers it."""
MIN_COSINE = 0.25
"""Where the outer table is seen at a flatter angle than this (cosine), nothing can be planned along the direction."""


@dataclass(frozen=True, eq=False)
class OuterTable:
    """The outer table seen along one direction, from outside."""

    chart: InsertionChart  # heights of the bone itself, without gaps
    known: NDArray[np.bool_]  # (nu, nv): where there is bone
    bone_mesh: Mesh  # the bone's surface under the map, arch and base included, mm RAS

    @property
    def outward_axis(self) -> NDArray[np.float64]:
        """(3,) float64, unit, RAS: from the head towards the viewer."""
        return self.chart.outward_axis

    @cached_property
    def smooth_chart(self) -> InsertionChart:
        """The chart with heights free of the steps of voxels; lines and walls are measured on it."""
        return replace(self.chart, height=ndimage.gaussian_filter(self.chart.height, SMOOTHING_MM / CHART_STEP_MM))

    @cached_property
    def normals(self) -> NDArray[np.float64]:
        """(nu, nv, 3) float64, unit, in u, v and the outward axis: along which a perpendicular wall runs."""
        smooth = ndimage.gaussian_filter(self.chart.height, NORMAL_SMOOTHING_MM / CHART_STEP_MM)
        slope = np.stack([*np.gradient(smooth, CHART_STEP_MM), -np.ones_like(smooth)], axis=-1)
        return -slope / np.linalg.norm(slope, axis=-1, keepdims=True)

    @cached_property
    def bridged_height(self) -> NDArray[np.float64]:
        """(nu, nv) float64, mm: heights with narrow pits bridged; nowhere below the bone."""
        size = 2 * round(PIT_MM / 2 / CHART_STEP_MM) + 1
        return np.maximum(self.chart.height, ndimage.grey_closing(self.chart.height, size=(size, size)))

    @cached_property
    def surface_points(self) -> NDArray[np.float64]:
        """(nu, nv, 3) float64, mm RAS: the smooth surface at the nodes."""
        uv = self.chart.node_uv().reshape(-1, 2)
        points = self.smooth_chart.to_ras(np.column_stack([uv, np.zeros(len(uv))]))
        return points.reshape(*self.chart.height.shape, 3)

    @cached_property
    def covered(self) -> NDArray[np.bool_]:
        """(nu, nv): where other bone, such as the zygomatic arch, is over the outer table."""
        uvw = self.chart.to_uvw(self.bone_mesh.vertices)
        node = np.rint((uvw[uvw[:, 2] > COVER_MM, :2] - self.chart.corner) / CHART_STEP_MM).astype(int)
        node = node[((node >= 0) & (node < self.known.shape)).all(axis=1)]
        is_covered = np.zeros(self.known.shape, dtype=bool)
        is_covered[tuple(node.T)] = True
        return ndimage.binary_closing(is_covered, iterations=2)

    @cached_property
    def _area_along_u(self) -> NDArray[np.float64]:
        """(nu, nv), mm: integral along u of the surface's area for each mm² of the drawing."""
        gu, gv = np.gradient(self.smooth_chart.height, CHART_STEP_MM)
        stretch = np.sqrt(1 + gu**2 + gv**2)
        steps = (stretch[1:] + stretch[:-1]) / 2 * CHART_STEP_MM
        return np.concatenate([np.zeros((1, stretch.shape[1])), np.cumsum(steps, axis=0)])

    def to_uv(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Find the place of points in the drawing.

        Parameters
        ----------
        points
            (n, 3) mm RAS.

        Returns
        -------
        ndarray
            (n, 2), mm.
        """
        return (points - self.chart.origin) @ self.chart.axes[:2].T

    def on_surface(self, uv: NDArray[np.float64]) -> NDArray[np.float64]:
        """Find the points of the smooth surface at places of the drawing.

        Parameters
        ----------
        uv
            (n, 2), mm.

        Returns
        -------
        ndarray
            (n, 3) mm RAS.
        """
        return self.smooth_chart.to_ras(np.column_stack([uv, np.zeros(len(uv))]))

    def normals_at(self, uv: NDArray[np.float64]) -> NDArray[np.float64]:
        """Interpolate the normals.

        Parameters
        ----------
        uv
            (n, 2), mm.

        Returns
        -------
        ndarray
            (n, 3), unit, in u, v and the outward axis.
        """
        normal = np.stack([self.chart.sample_at(self.normals[..., a], uv) for a in range(3)], axis=1)
        return normal / np.linalg.norm(normal, axis=1, keepdims=True)

    def is_known_at(self, uv: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Tell where there is bone.

        Parameters
        ----------
        uv
            (n, 2), mm.

        Returns
        -------
        ndarray
            (n,) bool; False beyond the map.
        """
        node = np.rint((uv - self.chart.corner) / CHART_STEP_MM).astype(int)
        inside = ((node >= 0) & (node < self.known.shape)).all(axis=1)
        is_known = np.zeros(len(uv), dtype=bool)
        is_known[inside] = self.known[tuple(node[inside].T)]
        return is_known

    def enclosed_area_cm2(self, uv: NDArray[np.float64]) -> float:
        """Area of the surface inside a closed line.

        Parameters
        ----------
        uv
            (k, 2), mm, dense.

        Returns
        -------
        float
            cm²: by Green's theorem, one sum along the line.
        """
        middle = (uv + np.roll(uv, -1, axis=0)) / 2
        step = np.roll(uv[:, 1], -1) - uv[:, 1]
        return abs(float((self.chart.sample_at(self._area_along_u, middle) * step).sum())) / 100


def map_outer_table(
    bone: Bone,
    pose: Pose,
    tables: VaultTables,
    points: NDArray[np.float64],
    outward: NDArray[np.float64],
    *,
    tumour_radius_mm: float = 0.0,
    tumour_middle: NDArray[np.float64] | None = None,
    beyond_mm: float = BEYOND_LINE_MM,
) -> OuterTable:
    """Map the outer table around points.

    Parameters
    ----------
    bone, pose
        Segmented bone and head frame.
    tables
        Predicted tables: they tell the vault from the zygomatic arch.
    points
        (n, 3) mm RAS: what the map has to hold.
    outward
        (3,), unit, RAS: along which it is seen.
    tumour_radius_mm
        Up to this far from its middle bone may stand out as a tumour does.
    tumour_middle
        (3,) mm RAS; the middle of the points where none is given.
    beyond_mm
        How far past the points it reaches.

    Returns
    -------
    OuterTable

    Raises
    ------
    InputError
        If there is no bone.
    """
    axes = right_handed_frame(outward)
    origin = points.mean(axis=0)
    uv = (points - origin) @ axes[:2].T
    corner = uv.min(axis=0) - beyond_mm
    count = np.ceil((uv.max(axis=0) + beyond_mm - corner) / CHART_STEP_MM).astype(int) + 1
    empty = InsertionChart(origin, axes, corner, np.zeros(count))
    surface = _bone_surface_near(bone, points, beyond_mm)
    vault = _only_vault(surface, pose, tables, origin if tumour_middle is None else tumour_middle, tumour_radius_mm)
    if not len(vault.faces):
        raise InputError("The line leaves the skull: there is no vault under it. Draw it on the vault.")
    height = empty.project_mesh(RayCaster(vault), from_outside=True)
    known = np.isfinite(height)
    if not known.any():
        raise InputError("The line leaves the skull: there is no vault under it. Draw it on the vault.")
    chart = replace(empty, height=fill_nearest(height))
    return OuterTable(chart, known, surface)


def _bone_surface_near(bone: Bone, points: NDArray[np.float64], beyond_mm: float) -> Mesh:
    """The bone's surface in a box around points (n, 3), mm RAS; where bone runs out of the scan it is closed."""
    to_ijk = invert_affine(bone.ijk_to_ras)
    low, high = points.min(axis=0) - beyond_mm, points.max(axis=0) + beyond_mm
    corners = np.array([[x, y, z] for x in (low[0], high[0]) for y in (low[1], high[1]) for z in (low[2], high[2])])
    ijk = apply_affine(to_ijk, corners)
    return bone_surface_in_box(bone, ijk.min(axis=0), ijk.max(axis=0))


def _only_vault(
    surface: Mesh, pose: Pose, tables: VaultTables, middle: NDArray[np.float64], tumour_radius_mm: float
) -> Mesh:
    """The triangles of the vault: neither arch nor base."""
    if not len(surface.faces):
        return surface
    in_head = apply_affine(pose.ras_to_head, surface.vertices)
    radius = np.linalg.norm(in_head, axis=1)
    above = radius - interpolate(tables.outer, in_head / np.maximum(radius, 1e-9)[:, None])
    near = np.linalg.norm(surface.vertices - middle, axis=1) < tumour_radius_mm
    kept = (above < np.where(near, TUMOUR_MM, ARCH_MM)) & (above > -BELOW_TABLE_MM)
    return Mesh(surface.vertices, surface.faces[kept[surface.faces].all(axis=1)])


def area_normal(line: NDArray[np.float64], centre: NDArray[np.float64]) -> NDArray[np.float64]:
    """Normal of the plane that a closed line spans best, away from a point.

    Parameters
    ----------
    line
        (k, 3) mm.
    centre
        (3,) mm, of the head.

    Returns
    -------
    ndarray
        (3,), unit.

    Examples
    --------
    >>> square = np.array([[1.0, 1, 5], [1, -1, 5], [-1, -1, 5], [-1, 1, 5]])
    >>> area_normal(square, np.zeros(3)).tolist()
    [0.0, 0.0, 1.0]
    """
    middle = line.mean(axis=0)
    total = np.cross(line - middle, np.roll(line, -1, axis=0) - middle).sum(axis=0)
    outwards = middle - centre
    if np.linalg.norm(total) < 1e-9:
        total = outwards
    total = total if total @ outwards > 0 else -total
    return total / np.linalg.norm(total) + 0.0
