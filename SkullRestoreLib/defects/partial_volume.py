"""Measure bone below the restored surface in thick slices: a surface and a scan in, how much of the vault is there out.

A slice of 5 mm shows the mean of what is within 5 mm. Where the vault runs along the slices, near the vertex, that mean
contains air above it and brain below: bone looks thin and faint, and the border of a defect moves by millimetres,
outwards on its upper side. Therefore the scan is compared with what it would show there *if the vault were intact*: the
restored tables, averaged over the same slices. The border is where about half of that is left (decision 0051).
"""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates
from scipy.spatial import cKDTree

from SkullRestoreLib.affine import voxel_spacing
from SkullRestoreLib.defects.surface_columns import CERTAIN, Column
from SkullRestoreLib.geometry.refined_mesh import RefinedMesh, grow_region, vertex_normals, voxel_coordinates_below
from SkullRestoreLib.method_parameters import METHOD, ThickSliceParameters
from SkullRestoreLib.records import Bone, Pose

_MAX_SOUND_SAMPLES, _NEAREST_SAMPLES = 1500, 20
"""Number of places of intact bone that are used in all, and at each vertex."""
_SUBSAMPLES = 8
"""Steps in which the span of one slice is averaged."""


def has_thick_slices(bone: Bone, *, parameters: ThickSliceParameters = METHOD.thick_slices) -> bool:
    """Tell whether the scan's slices are so thick that they blur the vault away where it runs along them."""
    return float(voxel_spacing(bone.ijk_to_ras).max()) > parameters.thick_slice_mm


def presence_in_thick_slices(
    surface: RefinedMesh, bone: Bone, pose: Pose, *, parameters: ThickSliceParameters = METHOD.thick_slices
) -> NDArray[np.float64]:
    """Measure how much of the vault's bone is there.

    Parameters
    ----------
    surface
        Piece of the restored surface, with the values of :class:`Column`.
    bone, pose
        Segmented bone and head frame.
    parameters
        Of this step.

    Returns
    -------
    ndarray
        (v,) -1 none, 1 all; 0 where about half of what an intact vault would show is left.
    """
    slice_axis = int(voxel_spacing(bone.ijk_to_ras).argmax())
    slice_step = bone.ijk_to_ras[:3, slice_axis]
    slice_mm = float(np.linalg.norm(slice_step))
    slope = vertex_normals(surface.points, surface.faces) @ pose.ras_to_head[:3, :3] @ (slice_step / slice_mm)
    thickness = np.maximum(
        surface.values[:, Column.OUTER] - surface.values[:, Column.INNER], 2 * parameters.min_depth_mm
    )
    middle = np.clip(parameters.depth_fraction * np.abs(slope) * slice_mm, parameters.min_depth_mm, thickness / 2)
    shown, intact = np.zeros(len(middle)), np.zeros(len(middle))
    samples = len(parameters.depth_factors)
    for factor in parameters.depth_factors:
        depth = factor * middle
        voxels = voxel_coordinates_below(surface, depth, bone, pose)
        shown += (
            map_coordinates(bone.field, voxels, order=1, output=np.float32, mode="constant", cval=bone.outside_value)
            / samples
        )
        intact += (
            _intact_vault_fraction(
                voxels[2 - slice_axis], depth, thickness, slope, slice_mm, blur_mm=parameters.in_plane_blur_mm
            )
            / samples
        )
    defect = surface.values[:, Column.DEFECT] > CERTAIN
    soft = _soft_tissue_value(shown[defect], bone)
    left = (shown - soft) / np.maximum(intact, parameters.min_intact_fraction)
    expected = 2 * (bone.iso - soft)
    doubtful = defect | (left < parameters.sound_fraction * expected)
    fraction = left / _intact_bone_value(left, surface, doubtful, expected, slice_mm)
    return np.clip(
        (fraction - parameters.border_fraction) / (parameters.complete_fraction - parameters.border_fraction), -1, 1
    )


def _intact_vault_fraction(
    slice_position: NDArray[np.float64],
    depth: NDArray[np.float64],
    thickness: NDArray[np.float64],
    slope: NDArray[np.float64],
    slice_mm: float,
    *,
    blur_mm: float,
) -> NDArray[np.float64]:
    """Part of a slice's span that an intact vault fills, 0..1, interpolated between slices as the scan is.

    The vault is taken as a plate: from ``depth`` (v,) mm below its outer table, a step along the slices' axis leads by
    ``slope`` (v,) of its length towards that table. ``slice_position`` (v,) is the place along that axis, in slices.
    """
    below = np.floor(slice_position)
    within = (np.arange(_SUBSAMPLES) + 0.5) / _SUBSAMPLES - 0.5
    filled = np.zeros(len(slice_position))
    for centre, weight in ((below, 1 - (slice_position - below)), (below + 1, slice_position - below)):
        step = ((centre - slice_position)[:, None] + within) * slice_mm
        under = depth[:, None] - step * slope[:, None]
        inside = np.clip(under / blur_mm + 0.5, 0, 1) * np.clip((thickness[:, None] - under) / blur_mm + 0.5, 0, 1)
        filled += weight * inside.mean(axis=1)
    return filled


def _soft_tissue_value(over_defect: NDArray[np.float64], bone: Bone) -> float:
    """What the scan shows where there is no bone: its median over the defect; 0 for a mask."""
    if bone.threshold_hu is None:
        return 0.0
    return float(min(np.median(over_defect), bone.iso - 150)) if len(over_defect) else bone.iso - 150


def _intact_bone_value(
    left: NDArray[np.float64],
    surface: RefinedMesh,
    doubtful: NDArray[np.bool_],
    expected: float,
    slice_mm: float,
) -> NDArray[np.float64]:
    """What intact bone shows at each vertex: (v,), the median of the nearest sound bone."""
    halo = round((slice_mm + 0.5) / surface.median_edge_mm)
    sound = np.flatnonzero(~grow_region(doubtful, surface.adjacency_matrix, halo))
    if len(sound) < _NEAREST_SAMPLES:
        return np.full(len(left), expected)
    sound = sound[:: max(1, len(sound) // _MAX_SOUND_SAMPLES)]
    nearest = cKDTree(surface.points[sound]).query(surface.points, k=_NEAREST_SAMPLES)[1]
    return np.median(left[sound][nearest], axis=1)
