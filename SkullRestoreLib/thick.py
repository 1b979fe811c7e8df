"""Bone beneath the restored surface in thick slices: a surface and a scan of thick slices in, how much of the vault's bone is there out.

A slice of 5 mm shows the mean of what lies within 5 mm. Where the vault lies along the slices, near the vertex, that mean holds air above it and brain
below: bone looks thin and faint, and the border of a hole moves by millimetres, outwards on its upper side. So what the scan shows is held against what
it would show there *if the vault were whole*: the restored tables, seen through the same slices. The border runs where about half of that is left.
"""

import numpy as np
from scipy.ndimage import map_coordinates
from scipy.spatial import cKDTree

from SkullRestoreLib.case import Bone, Pose
from SkullRestoreLib.fine import Fine, grown, vertex_normals, voxels_beneath

THICK_MM = 3.5
"""Slices thicker than this are held against the whole vault. In thinner ones what lies just beneath the surface says as much, and needs no tables."""
_DEPTH, _LEAST_MM = 0.5, 1.2
"""Looked at is the depth where a slice that holds the vault's edge has as much of it above as below: this part of what a slice spans of the vault, but not
deeper than its middle and not less than the second figure."""
_SPREAD = (0.6, 1.0, 1.4)
_SOFT_MM = 1.0  # a table's edge in the slices' own plane is blurred over this
_LEAST_PART = 0.25
"""Where a whole vault would fill less than this of the slice, nothing can be said; it counts as so much."""
_HALF, _FULL = 0.53, 0.8
"""The border runs where the first part of whole bone is left, which gives neither too large nor too small areas on validation skulls: walls lean, and half
of what is left *at depth* lies a tenth of a millimetre inside the outer table's edge. From the second part on bone is whole."""
_SOUND = 0.6  # of what whole bone is about; what shows less is no bone to compare with
_SAMPLES, _NEAREST = 1500, 20  # of sound bone: places looked at in all, and for each place


def are_thick(bone: Bone) -> bool:
    """Whether the scan's slices are so thick that they blur the vault away where it lies along them."""
    return float(np.linalg.norm(bone.ijk_to_ras[:3, :3], axis=0).max()) > THICK_MM


def bone_in_slices(fine: Fine, bone: Bone, pose: Pose) -> np.ndarray:
    """How much of the vault's bone is there.

    Parameters
    ----------
    fine
        Piece of the restored surface; its values are outer and inner table (mm), and in the last column 1 over the hole.
    bone, pose
        Segmented bone and head frame.

    Returns
    -------
    (v,) float
        -1 none, 1 all; 0 where about half of what a whole vault would show is left.
    """
    along = int(np.linalg.norm(bone.ijk_to_ras[:3, :3], axis=0).argmax())
    slice_mm = float(np.linalg.norm(bone.ijk_to_ras[:3, along]))
    slope = vertex_normals(fine.points, fine.faces) @ pose.ras_to_head[:3, :3] @ (bone.ijk_to_ras[:3, along] / slice_mm)
    thickness = np.maximum(fine.values[:, 0] - fine.values[:, 1], 2 * _LEAST_MM)
    middle = np.clip(_DEPTH * np.abs(slope) * slice_mm, _LEAST_MM, thickness / 2)
    shown, whole = np.zeros(len(middle)), np.zeros(len(middle))
    for part in _SPREAD:
        at = voxels_beneath(fine, part * middle, bone, pose)
        shown += map_coordinates(bone.field, at, order=1, output=np.float32, mode="constant", cval=bone.outside) / len(_SPREAD)
        whole += _of_whole_vault(at[2 - along], part * middle, thickness, slope, slice_mm) / len(_SPREAD)
    hole = fine.values[:, 4] > 0.99
    soft = _soft_tissue(shown[hole], bone)
    left = (shown - soft) / np.maximum(whole, _LEAST_PART)
    part = left / _whole_bone(left, fine, hole, 2 * (bone.iso - soft), slice_mm)
    return np.clip((part - _HALF) / (_FULL - _HALF), -1, 1)


def _of_whole_vault(at: np.ndarray, depth: np.ndarray, thickness: np.ndarray, slope: np.ndarray, slice_mm: float) -> np.ndarray:
    """How much of a slice's span a whole vault fills, 0..1, as linear interpolation between the two nearest slices shows it.

    The vault is taken for a plate: ``depth`` (v,) mm under its outer table a step along the slices' axis leads ``slope`` (v,) of it towards that table.
    ``at`` (v,) is the place along that axis, in slices.
    """
    below = np.floor(at)
    within = (np.arange(8) + 0.5) / 8 - 0.5
    filled = np.zeros(len(at))
    for centre, weight in ((below, 1 - (at - below)), (below + 1, at - below)):
        step = ((centre - at)[:, None] + within) * slice_mm
        under = depth[:, None] - step * slope[:, None]
        inside = np.clip(under / _SOFT_MM + 0.5, 0, 1) * np.clip((thickness[:, None] - under) / _SOFT_MM + 0.5, 0, 1)
        filled += weight * inside.mean(axis=1)
    return filled


def _soft_tissue(over_hole: np.ndarray, bone: Bone) -> float:
    """What the scan shows where there is no bone: its median over the hole, for a mask 0."""
    if bone.threshold_hu is None:
        return 0.0
    return float(min(np.median(over_hole), bone.iso - 150)) if len(over_hole) else bone.iso - 150


def _whole_bone(left: np.ndarray, fine: Fine, hole: np.ndarray, about: float, slice_mm: float) -> np.ndarray:
    """What whole bone shows, (v,): the median of the nearest that is sound, further than a slice from anything that is not."""
    sound = np.flatnonzero(~grown(hole | (left < _SOUND * about), fine.neighbours, round((slice_mm + 0.5) / fine.edge_mm)))
    if len(sound) < _NEAREST:
        return np.full(len(left), about)
    sound = sound[:: max(1, len(sound) // _SAMPLES)]
    nearest = cKDTree(fine.points[sound]).query(fine.points, k=_NEAREST)[1]
    return np.median(left[sound][nearest], axis=1)
