"""Simulate a CT from a bone mask, and carve a defect into a CT: inputs with a known truth."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage

from SkullRestoreLib.geometry.metrics import widened_box
from SkullRestoreLib.records import Volume

BONE_HU, TISSUE_HU, AIR_HU = 1000.0, 40.0, -1000.0
"""Of the simulated CT; half-way between tissue and bone is the surface."""
NEXT_TO_DEFECT_MM, MAX_TISSUE_HU, HOLLOW_HU = 5.0, 200, -300
"""Where it is looked what a skull holds: no bone, and in a hollow phantom nearly all of it air."""
_COARSE_GRID_MM = 1.3
"""Voxels on which the scalp is drawn; finer ones cost seconds and change nothing that is measured."""


def simulate_ct(
    mask: Volume,
    *,
    seed: int = 0,
    blur_mm: float | tuple[float, float, float] = 0.5,
    noise_hu: float = 20.0,
    scalp_mm: float = 6.0,
    bone_hu: float | NDArray[np.float32] = BONE_HU,
    intact: NDArray[np.bool_] | None = None,
    add_bodies: Callable[[NDArray[np.float32]], object] | None = None,
) -> Volume:
    """Simulate a CT whose bone is a mask.

    Parameters
    ----------
    mask
        Bone mask.
    seed
        Of the noise.
    blur_mm
        Standard deviation of the scanner's blur, or that along k, j and i.
    noise_hu
        Standard deviation of the noise.
    scalp_mm
        Soft tissue fills the closed head and this much around the bone.
    bone_hu
        Of the bone; osteoporotic bone has less. Or of each voxel, (nk, nj, ni), from
        :func:`SkullRestoreLib.evaluation.cases.bone_texture.draw_bone_texture`.
    intact
        (nk, nj, ni) bool, the skull before its defect: the scalp stays where it was. The mask itself if None.
    add_bodies
        Writes further bodies into the HU, (nk, nj, ni) float32, before the blur.

    Returns
    -------
    Volume
        ``kind`` "ct", int16 HU, on the mask's grid. Its surface, half-way between tissue and bone, is that of the mask.
    """
    spacing = mask.spacing[::-1]
    step = np.maximum(1, (_COARSE_GRID_MM / spacing).astype(int))
    coarse = (mask.array if intact is None else intact)[:: step[0], :: step[1], :: step[2]]
    near = ndimage.distance_transform_edt(~coarse, sampling=spacing * step) < scalp_mm
    head = np.stack([ndimage.binary_fill_holes(near[k]) for k in range(len(near))])
    for axis, repeats in enumerate(step):
        head = head.repeat(repeats, axis=axis)
    head = head[tuple(slice(n) for n in mask.array.shape)]
    hu = np.where(head, np.float32(TISSUE_HU), np.float32(AIR_HU))
    hu[mask.array] = bone_hu[mask.array] if isinstance(bone_hu, np.ndarray) else bone_hu
    if add_bodies is not None:
        add_bodies(hu)
    hu = ndimage.gaussian_filter(hu, np.asarray(blur_mm) / spacing, truncate=3.0)
    hu += np.float32(noise_hu) * np.random.default_rng(seed).standard_normal(hu.shape, dtype=np.float32)
    return Volume(np.clip(hu, -1024, 3071).astype(np.int16), mask.ijk_to_ras, "ct")


def cylinder_mask(
    volume: Volume, centre: NDArray[np.float64], direction: ArrayLike, radius_mm: float, *, depth_mm: float = 20.0
) -> NDArray[np.bool_]:
    """Mark the voxels of a cylinder that runs outwards from near the head's centre.

    Parameters
    ----------
    volume
        Gives the grid.
    centre
        (3,), mm RAS, inside the head.
    direction
        (3,), outwards, of any length.
    radius_mm
        Of the cylinder.
    depth_mm
        The cylinder begins this far from the centre.

    Returns
    -------
    ndarray
        (nk, nj, ni) bool.
    """
    axis = np.asarray(direction, dtype=float) / np.linalg.norm(direction)
    k, j, i = np.ogrid[tuple(slice(n) for n in volume.array.shape)]
    m = volume.ijk_to_ras
    offset = [m[r, 0] * i + m[r, 1] * j + m[r, 2] * k + (m[r, 3] - centre[r]) for r in range(3)]
    along = sum(a * b for a, b in zip(axis, offset, strict=True))
    across = sum(b * b for b in offset) - along * along
    inside: NDArray[np.bool_] = (across < radius_mm**2) & (along > depth_mm)
    return inside


def carve_defect(ct: Volume, defect_mask: NDArray[np.bool_]) -> Volume:
    """Replace everything denser than tissue inside a defect by tissue, or by air in a phantom that holds nothing else.

    Parameters
    ----------
    ct
        The CT; it is not changed.
    defect_mask
        (nk, nj, ni) bool.

    Returns
    -------
    Volume
        The CT with the defect.
    """
    hu = ct.array.copy()
    reach = np.ceil(NEXT_TO_DEFECT_MM / ct.spacing[::-1]).astype(int)
    box = widened_box(defect_mask, reach)
    near = ndimage.distance_transform_edt(~defect_mask[box], sampling=ct.spacing[::-1]) <= NEXT_TO_DEFECT_MM
    around = hu[box][near & ~defect_mask[box] & (hu[box] < MAX_TISSUE_HU)]
    is_hollow = len(around) > 0 and np.percentile(around, 90) < HOLLOW_HU  # else brain is on one side
    filling = int(np.median(around)) if is_hollow else TISSUE_HU
    hu[defect_mask & (hu > filling)] = filling
    return replace(ct, array=hu)
