"""Measure the free space for a body: distance to the bone less the clearance, on the nodes of the chart, in layers."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from SkullRestoreLib.implant.bone_surface import BoneSurface, distance_to_bone, sample_field, scatter_points
from SkullRestoreLib.implant.chart import CHART_STEP_MM, MIN_CHART_COSINE, InsertionChart
from SkullRestoreLib.records import Bone, DefectPatch

MIN_CLEARANCE_MM = 0.12
"""Smallest clearance that is built: a body asked to touch the bone would reach into it at the corners of voxels."""
MAX_BORDER_OVERRUN_MM = 0.5
"""How far the outline may pass the patch's border to meet the bone: a border is known to about a voxel."""
CLOSING_BORDER_MM = 1.0
"""The space is this much wider than it is needed; there the cutting tool closes."""
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
    patch: DefectPatch,
    bone_surface: BoneSurface,
    bone: Bone,
    *,
    clearance_mm: float,
    depth_mm: float,
    distance_band_mm: float,
    beyond_mm: float = 0.0,
) -> FreeSpace:
    """Measure the free space at and around a patch.

    Parameters
    ----------
    chart
        Over the outer face.
    patch
        The restored surface.
    bone_surface
        Around the patch, at least ``clearance_mm + distance_band_mm`` far.
    bone
        Says which nodes are inside bone.
    clearance_mm
        Wanted distance between body and bone.
    depth_mm
        How deep the body reaches along the insertion direction.
    distance_band_mm
        Distances are needed within this of the clearance.
    beyond_mm
        How far past the patch's border the space is needed.
    """
    uv = chart.to_uvw(scatter_points(patch.outer.vertices, patch.outer.faces)[0])[:, :2]
    margin_mm = MAX_BORDER_OVERRUN_MM + 3 * CHART_STEP_MM + beyond_mm
    border_mm = margin_mm + CLOSING_BORDER_MM
    layers = np.arange(-np.ceil((depth_mm + 1) / CHART_STEP_MM), 3)  # one layer is at w = 0
    first = np.floor((uv.min(axis=0) - border_mm - chart.corner) / CHART_STEP_MM)  # on the chart's own nodes
    corner = np.append(chart.corner + first * CHART_STEP_MM, layers[0] * CHART_STEP_MM)
    count = np.append(np.ceil((uv.max(axis=0) + border_mm - corner[:2]) / CHART_STEP_MM).astype(int) + 1, len(layers))
    wanted = np.zeros(count[:2], dtype=np.uint8)
    wanted[tuple(np.rint((uv - corner[:2]) / CHART_STEP_MM).astype(int).T)] = 1
    wanted = _dilate_box(wanted, margin_mm)[..., None].astype(bool)

    space = FreeSpace(
        corner, np.full(count, distance_band_mm, dtype=np.float32), bone_surface, clearance_mm, distance_band_mm
    )
    return replace(space, free_distance=_free_distances(space, chart, bone, wanted))


def _free_distances(
    space: FreeSpace, chart: InsertionChart, bone: Bone, wanted: NDArray[np.bool_]
) -> NDArray[np.float32]:
    """Distance to bone less the clearance, clipped to the band: (nu, nv, nw), mm, where wanted (nu, nv, 1)."""
    clearance_mm, band_mm, corner = space.clearance_mm, space.distance_band_mm, space.corner
    reach_mm = clearance_mm + band_mm
    free = space.free_distance.copy()
    count = np.array(free.shape)
    free[_nodes_in_bone(bone, chart, corner, count)] = -band_mm
    uvw = chart.to_uvw(space.bone_surface.points)
    near, longest_step = _nodes_near_points(chart, uvw, corner, count, reach_mm)
    node = np.argwhere(near & wanted)
    if len(node):
        ras = chart.to_ras(corner + node * CHART_STEP_MM)
        sign = np.where(sample_field(bone, ras) >= bone.iso, -1.0, 1.0)
        distance = sign * band_mm
        # Inside bone only the sign matters, unless the surface at the clearance runs within a step of it.
        for chosen, far_mm in (
            (sign > 0, reach_mm),
            ((sign < 0) & (clearance_mm < longest_step), min(reach_mm, 2 * longest_step)),
        ):
            away = distance_to_bone(ras[chosen], space.bone_surface, far_mm)
            distance[chosen] = np.clip(sign[chosen] * away - clearance_mm, -band_mm, band_mm)
        free[tuple(node.T)] = distance
    return np.where(wanted, free, np.float32(band_mm))


def _nodes_in_bone(
    bone: Bone, chart: InsertionChart, corner: NDArray[np.float64], count: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Whether nodes (nu, nv, nw) are in bone, sampled at every other node.

    Exact only more than a cell's diagonal from the bone's surface; nearer nodes are measured afterwards.
    """
    node = np.stack(np.meshgrid(*(np.arange(0, n, 2) for n in count), indexing="ij"), axis=-1)
    inside = sample_field(bone, chart.to_ras((corner + node * CHART_STEP_MM).reshape(-1, 3))) >= bone.iso
    inside = inside.reshape(node.shape[:3])
    for axis in range(3):
        inside = np.repeat(inside, 2, axis=axis)
    return inside[: count[0], : count[1], : count[2]]


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
    near = np.zeros(count + 2 * pad, dtype=np.uint8)
    cell = cell[((cell >= 0) & (cell < near.shape)).all(axis=1)]
    near[tuple(cell.T)] = 1
    grown = ndimage.maximum_filter(near, size=2 * pad + 1, mode="constant")
    inner = tuple(slice(p, -p) for p in pad)
    return grown[inner].astype(bool), CHART_STEP_MM * float(np.sqrt(1 + slope**2))


def _dilate_box(flags: NDArray[np.uint8], distance_mm: float) -> NDArray[np.uint8]:
    """Dilate flags (nu, nv) by a box that reaches ``distance_mm`` to each side."""
    size = 2 * int(np.ceil(distance_mm / CHART_STEP_MM)) + 1
    return ndimage.maximum_filter(flags, size=size, mode="constant")
