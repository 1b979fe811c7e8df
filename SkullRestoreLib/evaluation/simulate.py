"""A CT from a bone mask, and holes carved into a CT: inputs with known truth for whole-chain measurements."""

from collections.abc import Callable

import numpy as np
from scipy import ndimage

from SkullRestoreLib.case import Volume

BONE_HU, TISSUE_HU, AIR_HU = 1000.0, 40.0, -1000.0
_COARSE_MM = 1.3


def simulate_ct(
    mask: Volume,
    *,
    seed: int = 0,
    blur_mm: float = 0.5,
    noise_hu: float = 20.0,
    scalp_mm: float = 6.0,
    whole: np.ndarray | None = None,
    extra: Callable[[np.ndarray], None] | None = None,
) -> Volume:
    """Make a CT whose bone is a mask.

    Parameters
    ----------
    mask
        Bone mask.
    seed
        Of the noise.
    blur_mm
        Standard deviation of the scanner's blur.
    noise_hu
        Standard deviation of the noise.
    scalp_mm
        Soft tissue fills the closed head and this much around the bone.
    whole
        (nk, nj, ni) bool, the skull without its hole: the scalp lies where it lay before. The mask itself, when not given.
    extra
        Writes further bodies into the HU, (nk, nj, ni) float32, before the scanner blurs them.

    Returns
    -------
    Volume
        ``kind`` "ct", int16 HU, on the mask's grid. Half-way between tissue and bone the surface is where the mask's was.
    """
    spacing = mask.spacing[::-1]
    step = np.maximum(1, (_COARSE_MM / spacing).astype(int))
    coarse = (mask.array if whole is None else whole)[:: step[0], :: step[1], :: step[2]]
    near = ndimage.distance_transform_edt(~coarse, sampling=spacing * step) < scalp_mm
    head = np.stack([ndimage.binary_fill_holes(near[k]) for k in range(len(near))])
    for axis, times in enumerate(step):
        head = head.repeat(times, axis=axis)
    head = head[tuple(slice(n) for n in mask.array.shape)]
    hu = np.where(head, np.float32(TISSUE_HU), np.float32(AIR_HU))
    hu[mask.array] = BONE_HU
    if extra is not None:
        extra(hu)
    hu = ndimage.gaussian_filter(hu, blur_mm / spacing, truncate=3.0)
    hu += np.float32(noise_hu) * np.random.default_rng(seed).standard_normal(hu.shape, dtype=np.float32)
    return Volume(np.clip(hu, -1024, 3071).astype(np.int16), mask.ijk_to_ras, "ct")


def round_hole(volume: Volume, centre: np.ndarray, direction: np.ndarray, radius_mm: float, *, depth_mm: float = 20.0) -> np.ndarray:
    """Voxels of a cylinder from near the head's centre outwards.

    Parameters
    ----------
    volume
        For its grid.
    centre
        (3,) float, mm RAS, inside the head.
    direction
        (3,) float, outwards.
    radius_mm
        Of the cylinder.
    depth_mm
        The cylinder begins this far from the centre.

    Returns
    -------
    (nk, nj, ni) bool
    """
    axis = np.asarray(direction, dtype=float) / np.linalg.norm(direction)
    k, j, i = np.ogrid[tuple(slice(n) for n in volume.array.shape)]
    m = volume.ijk_to_ras
    x = [m[r, 0] * i + m[r, 1] * j + m[r, 2] * k + (m[r, 3] - centre[r]) for r in range(3)]
    along = sum(a * b for a, b in zip(axis, x, strict=True))
    across = sum(b * b for b in x) - along * along
    return (across < radius_mm**2) & (along > depth_mm)


def carved(ct: Volume, hole: np.ndarray) -> Volume:
    """The CT with everything denser than tissue taken out of a hole."""
    hu = ct.array.copy()
    hu[hole & (hu > TISSUE_HU)] = TISSUE_HU
    return Volume(hu, ct.ijk_to_ras, "ct", ct.uid, ct.findings)
