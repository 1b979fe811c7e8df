"""What lies just beneath the restored surface: a surface, finer than a voxel, and the bone in, how much of it is bone out."""

import numpy as np
from scipy.ndimage import map_coordinates

from SkullRestoreLib import thick
from SkullRestoreLib.case import Bone, Pose
from SkullRestoreLib.fine import Fine, filled, grown, voxels_beneath

_DEPTHS_MM = ((0.2, 0.6, 1.0), (0.6, 1.2, 1.8))
"""Two layers beneath the restored surface. Together they tell bone from none; where only the first holds bone it counts alone."""
_THIN = (0.6, 1.0)
"""By so much more bone in the first layer than in the second, it is a wall thinner than the second is deep: from where on, and for certain."""
_THICK_MM = 1.0
_METAL_MM, _METAL_RINGS = (-2.0, -1.0, 0.0, 1.0, 2.0), 5
"""Metal so far over or under the surface and so many steps (some 2 mm) beside it hides the first layer."""
_SCREW_MM, _HALO_MM = (1.2, 1.7, 2.2), 1.5
"""Metal so far under the surface is a screw; segmentation took it out, and the bone within the second figure with it."""
_FULL_HU = 300.0
"""This far above the threshold bone is solid; below it the voxel is partly something else."""


def bone_beneath(fine: Fine, bone: Bone, pose: Pose) -> np.ndarray:
    """How much of what lies just beneath the outer surface is bone: (v,) float, -1 none, 1 all. What a screw hides is as its surroundings are."""
    present = thick.bone_in_slices(fine, bone, pose) if thick.are_thick(bone) else _in_two_layers(fine, bone, pose)
    hidden = _beside_screws(fine, bone, pose)
    return filled(present, ~hidden, fine.neighbours) if hidden.any() else present


def _in_two_layers(fine: Fine, bone: Bone, pose: Pose) -> np.ndarray:
    """How much of the two layers beneath the surface is bone: (v,) float, -1 none, 1 all."""
    full = _FULL_HU if bone.threshold_hu is not None else 0.5
    amount = {}
    for depth in {d for layer in _DEPTHS_MM for d in layer}:
        at = voxels_beneath(fine, depth, bone, pose)
        value = map_coordinates(bone.field, at, order=1, output=np.float32, mode="constant", cval=bone.outside)
        amount[depth] = np.clip((value - bone.iso) / full, -1, 1)
    shallow, deep = (np.mean([amount[d] for d in layer], axis=0) for layer in _DEPTHS_MM)
    both = np.where(_shown(fine, bone, pose), (shallow + deep) / 2, deep)
    thin = np.clip((shallow - deep - _THIN[0]) / (_THIN[1] - _THIN[0]), 0, 1)
    return both + thin * (shallow - both)


def _shown(fine: Fine, bone: Bone, pose: Pose) -> np.ndarray:
    """Where the scan shows a layer as thin as the first: (v,) bool. Thick slices blur it away, and with metal what touches it is taken out."""
    if np.linalg.norm(bone.ijk_to_ras[:3, :3], axis=0).max() > _THICK_MM:
        return np.zeros(len(fine.directions), dtype=bool)
    if bone.metal is None:
        return np.ones(len(fine.directions), dtype=bool)
    return ~grown(_metal(fine, _METAL_MM, bone, pose), fine.neighbours, _METAL_RINGS)


def _beside_screws(fine: Fine, bone: Bone, pose: Pose) -> np.ndarray:
    """Where a screw hides whether there is bone: (v,) bool."""
    if bone.metal is None:
        return np.zeros(len(fine.directions), dtype=bool)
    return grown(_metal(fine, _SCREW_MM, bone, pose), fine.neighbours, round(_HALO_MM / fine.edge_mm))


def _metal(fine: Fine, depths_mm: tuple[float, ...], bone: Bone, pose: Pose) -> np.ndarray:
    """Where there is metal at one of these depths: (v,) bool."""
    metal = bone.metal.view(np.uint8)
    looks = (map_coordinates(metal, voxels_beneath(fine, d, bone, pose), order=0, mode="constant", cval=0) for d in depths_mm)
    return np.logical_or.reduce([look > 0 for look in looks])
