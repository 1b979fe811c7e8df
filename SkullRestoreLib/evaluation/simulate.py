"""A CT from a bone mask, and holes carved into a CT: inputs with known truth for whole-chain measurements."""

import numpy as np
from scipy import ndimage

from SkullRestoreLib.case import Volume

BONE_HU, TISSUE_HU, AIR_HU = 1000.0, 40.0, -1000.0


def simulate_ct(mask: Volume, *, seed: int = 0, blur_mm: float = 0.5, noise_hu: float = 20.0, scalp_mm: float = 6.0) -> Volume:
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

    Returns
    -------
    Volume
        ``kind`` "ct", int16 HU, on the mask's grid. Half-way between tissue and bone the surface is where the mask's was.
    """
    spacing = mask.spacing[::-1]
    near = ndimage.distance_transform_edt(~mask.array[:, ::2, ::2], sampling=spacing * (1, 2, 2)) < scalp_mm
    head = np.stack([ndimage.binary_fill_holes(near[k]) for k in range(len(near))])
    head = head.repeat(2, axis=1).repeat(2, axis=2)[:, : mask.array.shape[1], : mask.array.shape[2]]
    hu = np.where(head, np.float32(TISSUE_HU), np.float32(AIR_HU))
    hu[mask.array] = BONE_HU
    hu = ndimage.gaussian_filter(hu, blur_mm / spacing)
    hu += np.random.default_rng(seed).normal(0, noise_hu, hu.shape).astype(np.float32)
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
