"""The wall of the cut: where the bone ends when it is cut along a line, and the bone after the cut.

One function says how far every point is inside the cut. The bone is opened by it and the guides are made by it, so that
they cannot disagree.
"""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from SkullRestoreLib.affine import apply_affine, invert_affine, voxel_spacing
from SkullRestoreLib.geometry.icosphere import interpolate, spherical_grid
from SkullRestoreLib.geometry.isosurface import isosurface
from SkullRestoreLib.implant.chart import InsertionChart
from SkullRestoreLib.implant.solids import make_solid
from SkullRestoreLib.planning.resection import ResectionLine, drop_normals
from SkullRestoreLib.records import Bone, Pose, VaultTables
from SkullRestoreLib.settings import PlanSettings

if TYPE_CHECKING:
    from manifold3d import Manifold

BELOW_INNER_TABLE_MM = 6.0
"""Bone this far below the predicted inner table is cut too; what is deeper is base."""
TUMOUR_DEPTH_MM = 30.0
"""In a tumour bone is cut down to here."""
ABOVE_TABLE_MM = 4.0
"""Bone this far over the outer table is cut; the zygomatic arch is farther."""
WALL_HU_PER_MM = 400.0
"""The field rises by so much into the bone next to the wall; the bone ends where it passes the threshold."""
MASK_SCALE = 600
"""A mask becomes a field from 0 to this, so that the wall can run between voxels."""
SOLID_CELL_MM = 0.8
"""Cell of the solid inside the wall: the wall is smooth, between nodes it is off by a hundredth of a millimetre."""
EXACT_MM = 4.0
"""The solid's field is exact this near to the wall."""


MAX_LEAN = 1.8
"""A wall leans by no more than this times its height: by the slope of the bone, and by the bevel's tangent."""
COARSE_LEVELS = 3
"""The field is halved so many times where it is far from 0."""


@dataclass(frozen=True, eq=False)
class CutWall:
    """The wall through a resection line."""

    line: ResectionLine
    settings: PlanSettings

    @property
    def edge(self) -> "CutWall":
        """The wall on which the edge of a guide is: this one, or that of the plan where a guide is divided."""
        return self

    @property
    def part(self) -> tuple[int, int]:
        """Number of the guide's part, and how many there are: (1, 1) where it is not divided."""
        return 1, 1

    @property
    def flattest_cosine(self) -> float:
        """How flat the bone is seen at the line, at its flattest: cosine between normal and outward axis."""
        return float(self.line.table.normals_at(self.line.uv)[:, 2].min())

    def keeps(self, points: NDArray[np.float64], margin_mm: float = 0.0) -> NDArray[np.bool_]:
        """Tell which points belong to the guide that is made here: all, where it is not divided.

        Parameters
        ----------
        points
            (n, 3) mm RAS.
        margin_mm
            How far from the joints with other parts they have to be.

        Returns
        -------
        ndarray
            (n,) bool.
        """
        del margin_mm
        return np.ones(len(points), dtype=bool)

    def trim(self, solid: "Manifold") -> "Manifold":
        """Cut off what belongs to other parts of a guide.

        Parameters
        ----------
        solid
            mm RAS.

        Returns
        -------
        Manifold
            The same one where the guide is not divided.
        """
        return solid

    def inside_mm(self, points: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """How far points are inside the wall that runs through the line itself.

        Parameters
        ----------
        points
            (n, 3) mm RAS, over or under the outer table.

        Returns
        -------
        inside : ndarray
            (n,) mm, along the surface, negative outside.
        depth : ndarray
            (n,) mm, below the outer table along its normal.
        """
        table = self.line.table
        foot, depth = drop_normals(table, points, first_rounds=2)
        place = foot if self.settings.wall == "perpendicular" else table.to_uv(points)
        inside = table.chart.sample_at(self.line.inside_mm, place)
        return inside - np.tan(np.radians(self.settings.wall_bevel_deg)) * depth, depth

    def solid_inside(self, inside_mm: float, low_mm: float, high_mm: float) -> "Manifold":
        """The solid of everything farther inside the wall than a distance.

        Parameters
        ----------
        inside_mm
            From the wall through the line; negative reaches outside it.
        low_mm, high_mm
            From and to which height over the outer table it is needed, mm along the outward axis.

        Returns
        -------
        Manifold
            mm RAS; empty where nothing is so far inside.

        Raises
        ------
        ImplantError
            If the solid does not close.
        """
        from manifold3d import Manifold

        chart = self.line.table.smooth_chart
        cell = SOLID_CELL_MM
        reach = np.ptp(self.line.uv, axis=0) / 2 + 2 * EXACT_MM + max(-inside_mm, 0) + max(high_mm, -low_mm)
        corner = (self.line.uv.min(axis=0) + self.line.uv.max(axis=0)) / 2 - reach
        count = np.ceil(2 * reach / cell).astype(int) + 1
        heights = np.arange(low_mm, high_mm + cell, cell)
        uv = np.stack(np.meshgrid(*(corner[a] + cell * np.arange(count[a]) for a in (0, 1)), indexing="ij"), axis=-1)
        field = self._field_over(chart, uv, heights, inside_mm)
        vertices, faces = isosurface(np.pad(field, 1, constant_values=-EXACT_MM).transpose(2, 1, 0), 0.0)
        if not len(faces):
            return Manifold()
        uvw = np.append(corner, low_mm) + (vertices - 1) * cell
        return make_solid(chart.to_ras(uvw), faces, "the wall of the cut")

    def _field_over(
        self, chart: InsertionChart, uv: NDArray[np.float64], heights: NDArray[np.float64], inside_mm: float
    ) -> NDArray[np.float32]:
        """Distance inside, mm, on nodes (nu, nv, nw); clipped where it is far from 0.

        Computed at every eighth height first, and between them where it can be near 0 only.
        """
        flat = uv.reshape(-1, 2)
        straight = chart.sample_at(self.line.inside_mm, flat).reshape(uv.shape[:2])[..., None] - inside_mm
        lean = MAX_LEAN * np.abs(heights)
        near = np.abs(straight) < lean + EXACT_MM
        # where it is far from 0, the least that it can be
        field = np.where(near, 0.0, np.copysign(np.abs(straight) - lean, straight))
        every, level = 1 << COARSE_LEVELS, np.arange(len(heights))
        for half in (0, *(every >> k for k in range(1, COARSE_LEVELS + 1))):
            new = level[level % (2 * half) == half] if half else level[::every]
            wanted = np.zeros_like(near)
            wanted[..., new] = near[..., new]
            if half:
                below, above = (
                    field[..., new - half],
                    field[..., np.where(new + half < len(heights), new + half, new - half)],
                )
                far = np.minimum(np.abs(below), np.abs(above)) > EXACT_MM + MAX_LEAN * half * SOLID_CELL_MM
                wanted[..., new] &= ~far
                field[..., new] = np.where(near[..., new] & far, below, field[..., new])
            u, v, height = np.nonzero(wanted)
            uvw = np.column_stack([uv[u, v], heights[height]])
            field[wanted] = self.inside_mm(chart.to_ras(uvw))[0] - inside_mm
        field = np.clip(field, -EXACT_MM, EXACT_MM)
        field[field == 0] = 1e-6
        return field.astype(np.float32)


def open_bone(bone: Bone, wall: CutWall, pose: Pose, tables: VaultTables, *, deep: bool = False) -> Bone:
    """Cut the bone along a wall, kerf included, and take the piece out.

    Parameters
    ----------
    bone
        As it is.
    wall
        Of the cut.
    pose, tables
        Say how deep the vault is.
    deep
        Whether a tumour may reach far below the inner table.

    Returns
    -------
    Bone
        The bone that stays. A mask becomes a field like that of a CT, so that the wall runs between voxels.
    """
    field, iso, threshold = bone.field, bone.iso, bone.threshold_hu
    if field.dtype == np.uint8:
        field, iso, threshold = (
            (field > bone.iso).astype(np.int16) * np.int16(MASK_SCALE),
            MASK_SCALE / 2,
            MASK_SCALE / 2,
        )
    else:
        field = field.copy()
    kji = _voxels_near(bone, wall)
    points = apply_affine(bone.ijk_to_ras, kji[:, ::-1].astype(np.float64))
    inside, depth = wall.inside_mm(points)
    inside = inside + wall.settings.outward_kerf_mm
    next_to_mm = 1.2 * float(voxel_spacing(bone.ijk_to_ras).max())
    near = (depth > -ABOVE_TABLE_MM) & (inside > -next_to_mm)
    kji, points, inside, depth = kji[near], points[near], inside[near], depth[near]
    in_head = apply_affine(pose.ras_to_head, points)
    radius = np.linalg.norm(in_head, axis=1)
    outer, inner = interpolate(
        np.column_stack([tables.outer, tables.inner]), in_head / np.maximum(radius, 1e-9)[:, None]
    ).T
    # a tumour stands out by centimetres: under it, depth counts from the table that should be there
    depth = np.minimum(depth, outer - radius)
    changed = depth < np.maximum(outer - inner + BELOW_INNER_TABLE_MM, TUMOUR_DEPTH_MM if deep else 0.0)
    value = iso - np.clip(WALL_HU_PER_MM * inside, -WALL_HU_PER_MM * next_to_mm, iso)
    # bone that stays is never made denser: partial voxels at the tables would move the surface there
    kept = np.maximum(np.minimum(value, field[tuple(kji.T)]), np.ceil(iso))
    value = np.where(inside > 0, np.minimum(value, np.ceil(iso) - 1), kept)
    field[tuple(kji[changed].T)] = np.rint(value[changed]).astype(field.dtype)
    return replace(bone, field=field, iso=iso, mask=field >= iso, threshold_hu=threshold)


def _voxels_near(bone: Bone, wall: CutWall) -> NDArray[np.int64]:
    """Indices (n, 3), k j i, of the bone's voxels at and inside a wall."""
    line = wall.line
    frame = line.table.chart
    heights = line.table.smooth_chart.sample_at(line.table.smooth_chart.height, line.uv)
    inner = line.inside_mm > -8.0
    top = float(line.table.chart.height[inner].max()) + ABOVE_TABLE_MM
    bottom = float(min(heights.min(), line.table.chart.height[inner].min())) - TUMOUR_DEPTH_MM - 10
    low, high = line.uv.min(axis=0) - 8.0, line.uv.max(axis=0) + 8.0
    corners = np.array([[u, v, z] for u in (low[0], high[0]) for v in (low[1], high[1]) for z in (bottom, top)])
    ijk = apply_affine(invert_affine(bone.ijk_to_ras), frame.origin + corners @ frame.axes)
    size = np.array(bone.field.shape[::-1])
    first = np.clip(np.floor(ijk.min(axis=0)).astype(int), 0, size)
    last = np.clip(np.ceil(ijk.max(axis=0)).astype(int) + 1, 0, size)
    box = bone.mask[first[2] : last[2], first[1] : last[1], first[0] : last[0]]
    kji = np.argwhere(box) + first[::-1]
    uvw = frame.to_uvw(apply_affine(bone.ijk_to_ras, kji[:, ::-1].astype(np.float64)))
    straight = frame.sample_at(line.inside_mm, uvw[:, :2])
    # a wall leans by at most as much as a point is below the table, and the bevel
    lean = 1.8 * np.maximum(-uvw[:, 2], 0) + 8.0
    deepest = TUMOUR_DEPTH_MM / 0.4
    return kji[(straight > -lean) & (uvw[:, 2] > -deepest) & (uvw[:, 2] < 2 * ABOVE_TABLE_MM + 8)]


def unseen_directions(
    wall: CutWall, pose: Pose, tables: VaultTables, level: int, beyond_mm: float
) -> NDArray[np.bool_]:
    """Directions of the grid in which bone is cut away or not trusted.

    Parameters
    ----------
    wall
        Of the cut.
    pose, tables
        Place the grid's directions on the outer table; the tables are at ``level``.
    level
        Of the grid.
    beyond_mm
        How far beyond the cut bone is not trusted.

    Returns
    -------
    ndarray
        (n,) bool.
    """
    line = wall.line
    directions = spherical_grid(level).directions
    points = pose.to_ras(directions * tables.outer[:, None])
    # only the side of the head on which the line is: the map's plane cuts the other side too
    outward = line.table.outward_axis
    uv = line.table.to_uv(points)
    shape = np.array(line.table.chart.height.shape)
    from_map = np.abs(line.table.smooth_chart.to_uvw(points)[:, 2])
    node = (uv - line.table.chart.corner) / 0.4
    on_map = ((node >= 0) & (node <= shape - 1)).all(axis=1)
    facing = directions @ (pose.ras_to_head[:3, :3] @ outward) > 0
    reach = wall.settings.outward_kerf_mm + beyond_mm
    inside = line.table.chart.sample_at(line.inside_mm, uv)
    return on_map & facing & (from_map < 40.0) & (inside > -reach)


def smallest_radius_mm(line: ResectionLine, *, smoothing_mm: float = 2.0) -> float:
    """Smallest radius with which a line bends, mm, over pieces of about twice the smoothing.

    Parameters
    ----------
    line
        On the outer table.
    smoothing_mm
        Standard deviation of the filter along the line.
    """
    step = line.circumference_mm / len(line.points)
    smooth = ndimage.gaussian_filter1d(line.points, smoothing_mm / step, axis=0, mode="wrap")
    tangent = np.roll(smooth, -1, axis=0) - smooth
    length = np.linalg.norm(tangent, axis=1)
    tangent /= length[:, None]
    turn = np.linalg.norm(np.roll(tangent, -1, axis=0) - tangent, axis=1)
    return float(1 / max((turn / length).max(), 1e-9))
