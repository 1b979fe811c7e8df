"""Measure the free space for a body: distance to the bone less the clearance, on the nodes of the chart, in layers."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from SkullRestoreLib.implant.bone_surface import BoneSurface, distance_to_bone, sample_field
from SkullRestoreLib.implant.chart import CHART_STEP_MM, MIN_CHART_COSINE, InsertionChart
from SkullRestoreLib.records import Bone

MIN_CLEARANCE_MM = 0.12
"""Smallest clearance that is built: a body asked to touch the bone would reach into it at the corners of voxels."""
MAX_BORDER_OVERRUN_MM = 0.5
"""How far the outline may pass the patch's border to meet the bone: a border is known to about a voxel."""
CLOSING_BORDER_MM = 1.0
"""The space is this much wider than it is needed; there the cutting tool closes."""
DEPTH_RESERVE_MM = 1.0
"""The space is measured this much deeper than the body reaches."""
INTERPOLATED_BAND_MM = 0.55
"""The outermost part of the band may be interpolated: nothing is rounded or cut there."""
EXACT_RESERVE_MM = 0.3
"""Nodes this much farther from the clearance than one step are measured exactly."""
SLOPE_PERCENTILE = 98
"""Slope of the outer face that the search for near bone allows for; steeper spots are rare."""


@dataclass(frozen=True, eq=False)
class FreeSpace:
    """What the bone leaves free for a body."""

    corner: NDArray[np.float64]  # (3,), mm: u, v, w of ``free_distance[0, 0, 0]``
    free_distance: NDArray[np.float32]  # (nu, nv, nw), mm, distance to bone less clearance; w from inside outwards
    bone_surface: BoneSurface
    clearance_mm: float
    distance_band_mm: float  # distances are exact within this of the clearance, and clipped to it

    @property
    def layer_heights(self) -> NDArray[np.float64]:
        """(nw,) float64, mm: w of each layer."""
        return self.corner[2] + CHART_STEP_MM * np.arange(self.free_distance.shape[2])

    def node_uv(self) -> NDArray[np.float64]:
        """(nu, nv, 2) float64, mm: u and v of the nodes."""
        return np.stack(
            np.meshgrid(
                *(self.corner[a] + CHART_STEP_MM * np.arange(self.free_distance.shape[a]) for a in (0, 1)),
                indexing="ij",
            ),
            axis=-1,
        )

    def sample_at(self, uvw: NDArray[np.float64]) -> NDArray[np.float32]:
        """Interpolate the free distance.

        Parameters
        ----------
        uvw
            (n, 3), mm in the chart.

        Returns
        -------
        ndarray
            (n,), mm; beyond the space the value of its edge.
        """
        return ndimage.map_coordinates(
            self.free_distance, ((uvw - self.corner) / CHART_STEP_MM).T, order=1, mode="nearest"
        )


def measure_free_space(
    chart: InsertionChart,
    patch_points: NDArray[np.float64],
    bone_surface: BoneSurface,
    bone: Bone,
    *,
    clearance_mm: float,
    depth_mm: NDArray[np.float64],
    distance_band_mm: float,
    beyond_mm: float = 0.0,
) -> FreeSpace:
    """Measure the free space at and around a patch.

    Parameters
    ----------
    chart
        Over the outer face.
    patch_points
        (n, 3), mm RAS, points all over the restored surface.
    bone_surface
        Around the patch, at least ``clearance_mm + distance_band_mm`` far.
    bone
        Says which nodes are inside bone.
    clearance_mm
        Wanted distance between body and bone.
    depth_mm
        (nu, nv), how deep the body reaches along the insertion direction at each node of the chart.
    distance_band_mm
        Distances are needed within this of the clearance.
    beyond_mm
        How far past the patch's border the space is needed.
    """
    uv = chart.to_uv(patch_points)
    margin_mm = MAX_BORDER_OVERRUN_MM + 3 * CHART_STEP_MM + beyond_mm
    border_mm = margin_mm + CLOSING_BORDER_MM
    first = np.floor((uv.min(axis=0) - border_mm - chart.corner) / CHART_STEP_MM).astype(int)  # on the chart's nodes
    corner = chart.corner + first * CHART_STEP_MM
    count = np.ceil((uv.max(axis=0) + border_mm - corner) / CHART_STEP_MM).astype(int) + 1
    wanted = np.zeros(count, dtype=bool)
    wanted[tuple(np.rint((uv - corner) / CHART_STEP_MM).astype(int).T)] = True
    is_wanted = _dilate_nodes(wanted, int(np.ceil(margin_mm / CHART_STEP_MM)))
    column = np.clip(first[:, None, None] + np.indices(count), 0, np.array(chart.height.shape)[:, None, None] - 1)
    reserve = 2 * int(np.ceil(margin_mm / CHART_STEP_MM)) + 1
    deep_mm = ndimage.maximum_filter(depth_mm, size=reserve)[tuple(column)] + DEPTH_RESERVE_MM
    layers = np.arange(-np.ceil(deep_mm[is_wanted].max() / CHART_STEP_MM), 3)  # one layer is at w = 0
    heights = layers * CHART_STEP_MM

    space = FreeSpace(
        np.append(corner, heights[0]),
        np.full((*count, len(layers)), distance_band_mm, dtype=np.float32),
        bone_surface,
        clearance_mm,
        distance_band_mm,
    )
    is_wanted = is_wanted[..., None] & (heights > -deep_mm[..., None])
    return replace(space, free_distance=_free_distances(space, chart, bone, is_wanted))


def _free_distances(
    space: FreeSpace, chart: InsertionChart, bone: Bone, wanted: NDArray[np.bool_]
) -> NDArray[np.float32]:
    """Distance to bone less the clearance, clipped to the band: (nu, nv, nw), mm, where wanted (nu, nv, nw).

    Measured at every other node along each axis, and again at all nodes close to the clearance, where the body will
    end. In between, and farther away, distances are interpolated.
    """
    band_mm, corner = space.distance_band_mm, space.corner
    count = np.array(space.free_distance.shape)
    uvw = chart.to_uvw(space.bone_surface.points)
    near, longest_step = _nodes_near_points(chart, uvw, corner, count, space.clearance_mm + band_mm)
    # Only these are looked at when the nodes between them are interpolated.
    used = every_other_node(_dilate_nodes(wanted, 1))
    coarse_node = np.argwhere(used)
    ras = chart.to_ras(corner + 2 * CHART_STEP_MM * coarse_node)
    inside = sample_field(bone, ras) >= bone.iso
    coarse = np.full(used.shape, band_mm, dtype=np.float32)
    coarse[used] = np.where(inside, np.float32(-band_mm), np.float32(band_mm))
    chosen = every_other_node(_dilate_nodes(near & wanted, 1))
    coarse[chosen] = _measured_free_distances(space, ras[chosen[used]], inside[chosen[used]])
    free = interpolate_between(coarse, space.free_distance.shape)
    exact_mm = max(band_mm - INTERPOLATED_BAND_MM, longest_step + EXACT_RESERVE_MM)
    node = np.argwhere(near & wanted & (np.abs(free) < exact_mm))
    ras = chart.to_ras(corner + node * CHART_STEP_MM)
    free[tuple(node.T)] = _measured_free_distances(space, ras, sample_field(bone, ras) >= bone.iso)
    return np.where(wanted, free, np.float32(band_mm))


def _measured_free_distances(
    space: FreeSpace, points: NDArray[np.float64], inside: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Distance from points (n, 3), mm RAS, to bone less the clearance: (n,), mm; inside bone (n,) it is negative."""
    band_mm = space.distance_band_mm
    away = distance_to_bone(points, space.bone_surface, space.clearance_mm + band_mm)
    return np.clip(np.where(inside, -away, away) - space.clearance_mm, -band_mm, band_mm)


def every_other_node(flags: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Every other of the nodes (n, m, l), and one beyond the last along an axis with an even number of them."""
    padded = np.pad(flags, [(0, 1 - n % 2) for n in flags.shape], mode="edge")
    return padded[::2, ::2, ::2]


def interpolate_between(coarse: NDArray[np.float32], shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Values at all nodes of a grid from those at every other node."""
    for axis in range(3):
        values = np.moveaxis(coarse, axis, 0)
        between = np.repeat(values, 2, axis=0)[:-1]
        between[1::2] = (values[:-1] + values[1:]) / 2
        coarse = np.moveaxis(between[: shape[axis]], 0, axis)
    return np.ascontiguousarray(coarse)


def _nodes_near_points(
    chart: InsertionChart,
    uvw: NDArray[np.float64],
    corner: NDArray[np.float64],
    count: NDArray[np.int64],
    reach_mm: float,
) -> tuple[NDArray[np.bool_], float]:
    """Which nodes (nu, nv, nw) may be within reach of points (n, 3), and the longest step between neighbours, mm."""
    # The chart's height is sheared: what is next to a point on a slope is higher or lower in the chart.
    slope = np.percentile(np.sqrt(1 / np.maximum(chart.normals[..., 2], MIN_CHART_COSINE) ** 2 - 1), SLOPE_PERCENTILE)
    tall = reach_mm * np.sqrt(1 + slope**2)
    pad = np.ceil(np.array([reach_mm, reach_mm, tall]) / CHART_STEP_MM).astype(int) + 1
    cell = np.rint((uvw - corner) / CHART_STEP_MM).astype(int) + pad
    near = np.zeros(count + 2 * pad, dtype=bool)
    cell = cell[((cell >= 0) & (cell < near.shape)).all(axis=1)]
    near[tuple(cell.T)] = True
    inner = tuple(slice(p, -p) for p in pad)
    return _dilate_nodes(near, pad)[inner], CHART_STEP_MM * float(np.sqrt(1 + slope**2))


def _dilate_nodes(flags: NDArray[np.bool_], reach: NDArray[np.int64] | int) -> NDArray[np.bool_]:
    """Dilate flags by a box that reaches so many nodes to each side."""
    return ndimage.maximum_filter(flags.view(np.uint8), size=2 * np.asarray(reach) + 1, mode="constant").view(bool)
