"""Measure how much bone is just below the restored surface: refined surface and bone in, -1 (none) to 1 (all) out.

The border of a defect is where this is 0. See decisions 0050 (two layers), 0051 (thick slices) and 0052 (screws).
"""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates

from SkullRestoreLib.affine import voxel_spacing
from SkullRestoreLib.defects import partial_volume
from SkullRestoreLib.defects.surface_columns import Column
from SkullRestoreLib.geometry.line_samples import Lines, sample_linear
from SkullRestoreLib.geometry.refined_mesh import RefinedMesh, fill_unknown, grow_region, voxel_coordinates_below
from SkullRestoreLib.method_parameters import METHOD, MethodParameters, PresenceParameters
from SkullRestoreLib.records import Bone, Pose


def measure_bone_presence(
    surface: RefinedMesh, bone: Bone, pose: Pose, *, parameters: MethodParameters = METHOD
) -> NDArray[np.float64]:
    """Measure how much of what is just below the outer surface is bone.

    Parameters
    ----------
    surface
        Piece of the restored surface, with the values of
        :class:`SkullRestoreLib.defects.surface_columns.Column`.
    bone, pose
        Segmented bone and head frame.
    parameters
        Of the method.

    Returns
    -------
    ndarray
        (v,) -1 none, 1 all. Vertices that a screw hides are filled from their surroundings.
    """
    if not parameters.presence.layer_depths_mm:
        return 1 - 2 * surface.values[:, Column.DEFECT]
    if partial_volume.has_thick_slices(bone, parameters=parameters.thick_slices):
        presence = partial_volume.presence_in_thick_slices(surface, bone, pose, parameters=parameters.thick_slices)
    else:
        presence = _two_layer_presence(surface, bone, pose, parameters.presence)
    hidden = _hidden_by_screws(surface, bone, pose, parameters.presence)
    return fill_unknown(presence, ~hidden, surface.adjacency_matrix) if hidden.any() else presence


def _two_layer_presence(
    surface: RefinedMesh, bone: Bone, pose: Pose, parameters: PresenceParameters
) -> NDArray[np.float64]:
    """How much of the two layers below the surface is bone: (v,), -1 none, 1 all."""
    solid = parameters.solid_bone_hu if bone.threshold_hu is not None else parameters.solid_bone_in_mask
    depths = np.unique(np.concatenate([np.array(layer) for layer in parameters.layer_depths_mm]))
    values = sample_linear(bone.field, lines_inwards(surface, depths, bone, pose), outside=bone.outside_value)
    presence_at = dict(zip(depths.tolist(), np.clip((values.T - bone.iso) / solid, -1, 1), strict=True))
    shallow, deep = (np.mean([presence_at[d] for d in layer], axis=0) for layer in parameters.layer_depths_mm)
    both = np.where(_shallow_layer_visible(surface, bone, pose, parameters), (shallow + deep) / 2, deep)
    thin = np.clip(
        (shallow - deep - parameters.thin_wall_ramp[0]) / (parameters.thin_wall_ramp[1] - parameters.thin_wall_ramp[0]),
        0,
        1,
    )
    return both + thin * (shallow - both)


def lines_inwards(surface: RefinedMesh, depths_mm: NDArray[np.float64], bone: Bone, pose: Pose) -> Lines:
    """Find the lines through the voxels from the surface inwards, along the rays.

    Parameters
    ----------
    surface
        With v vertices.
    depths_mm
        (d,) float64, where on a line.
    bone, pose
        Segmented bone and head frame.

    Returns
    -------
    Lines
        One for each vertex.
    """
    starts = voxel_coordinates_below(surface, 0.0, bone, pose).T
    steps = voxel_coordinates_below(surface, 1.0, bone, pose).T - starts
    return Lines(starts, steps, depths_mm)


def _shallow_layer_visible(
    surface: RefinedMesh, bone: Bone, pose: Pose, parameters: PresenceParameters
) -> NDArray[np.bool_]:
    """Where the scan shows the shallow layer: (v,). Thick slices blur it away, and near metal its bone was removed."""
    if voxel_spacing(bone.ijk_to_ras).max() > parameters.max_shallow_slice_mm:
        return np.zeros(len(surface.directions), dtype=bool)
    if bone.metal is None:
        return np.ones(len(surface.directions), dtype=bool)
    metal = _metal_at_depths(surface, bone.metal, parameters.metal_depths_mm, bone, pose)
    return ~grow_region(metal, surface.adjacency_matrix, parameters.metal_halo_rings)


def _hidden_by_screws(
    surface: RefinedMesh, bone: Bone, pose: Pose, parameters: PresenceParameters
) -> NDArray[np.bool_]:
    """Where a screw hides whether there is bone: (v,)."""
    if bone.metal is None:
        return np.zeros(len(surface.directions), dtype=bool)
    screws = _metal_at_depths(surface, bone.metal, parameters.screw_depths_mm, bone, pose)
    return grow_region(screws, surface.adjacency_matrix, round(parameters.screw_halo_mm / surface.median_edge_mm))


def _metal_at_depths(
    surface: RefinedMesh, metal: NDArray[np.bool_], depths_mm: tuple[float, ...], bone: Bone, pose: Pose
) -> NDArray[np.bool_]:
    """Where there is metal at one of these depths: (v,)."""
    samples = [
        map_coordinates(
            metal.view(np.uint8), voxel_coordinates_below(surface, depth, bone, pose), order=0, mode="constant", cval=0
        )
        for depth in depths_mm
    ]
    return np.logical_or.reduce([sample > 0 for sample in samples])
