"""Scan a head under chosen conditions: slice thickness, kernel, tilt, noise, and how dense and thick its bone is."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial.transform import Rotation
from scipy.special import erf

from SkullRestoreLib.affine import invert_affine
from SkullRestoreLib.evaluation.cases.synthetic_ct import AIR_HU, BONE_HU, simulate_ct
from SkullRestoreLib.records import Volume

THICKNESSES_MM = (0.5, 1.0, 2.0, 3.0, 4.0, 5.0)
KERNELS_MM = {"sharp": 0.35, "medium": 0.6, "soft": 0.9}
"""Standard deviation of a kernel's point spread in the plane of the slices."""
MAX_TILT_DEG = 20.0
NOISE_HU = (10.0, 50.0)
"""Range of the noise in slices of 1 mm; in thicker ones it is averaged."""
OSTEOPOROTIC_SHARE = 1 / 3
_OSTEOPOROTIC_HU, _OSTEOPOROTIC_LOSS_MM = (450.0, 700.0), (0.2, 0.5)
_ALONG_SLICES_MM = 0.3
"""Standard deviation of the blur across the thinnest slices."""
_PIXEL_MM = 0.5
_LOSS_BLUR_MM, _LOSS_REACH_MM = 0.6, 1.5


@dataclass(frozen=True)
class ScanConditions:
    """How a head is scanned, and what its bone is like."""

    thickness_mm: float = 1.0
    kernel: str = "medium"
    tilt_deg: float = 0.0
    noise_hu: float = 20.0
    bone_hu: float = BONE_HU
    bone_loss_mm: float = 0.0
    """By how much each table is thinner; where that would leave nothing, bone stays as thin as it is."""
    size: float = 1.0
    """Of the head, 1 as it is."""

    @property
    def is_osteoporotic(self) -> bool:
        """Whether the bone is less dense than usual."""
        return self.bone_hu < BONE_HU


def draw_conditions(
    count: int, rng: np.random.Generator, *, sizes: tuple[float, float] = (1.0, 1.0)
) -> list[ScanConditions]:
    """Draw conditions: thicknesses and kernels take turns, the rest is random.

    Parameters
    ----------
    count
        How many.
    rng
        Source of all randomness.
    sizes
        Smallest and largest head.

    Examples
    --------
    >>> drawn = draw_conditions(12, np.random.default_rng(0))
    >>> sorted({one.thickness_mm for one in drawn})
    [0.5, 1.0, 2.0, 3.0, 4.0, 5.0]
    """
    kinds = [(mm, kernel) for mm in THICKNESSES_MM for kernel in KERNELS_MM]
    order: list[int] = []
    while len(order) < count:
        # every thickness once before any comes again
        turns = np.stack([len(KERNELS_MM) * k + rng.permutation(len(KERNELS_MM)) for k in range(len(THICKNESSES_MM))])
        order += [int(n) for column in turns.T for n in rng.permutation(column)]
    return [_draw_one(*kinds[n], rng, sizes) for n in order[:count]]


def _draw_one(thickness_mm: float, kernel: str, rng: np.random.Generator, sizes: tuple[float, float]) -> ScanConditions:
    tilt, noise, size = rng.uniform(0, MAX_TILT_DEG), rng.uniform(*NOISE_HU), rng.uniform(*sizes)
    osteoporotic = rng.random() < OSTEOPOROTIC_SHARE
    hu, loss_mm = rng.uniform(*_OSTEOPOROTIC_HU), rng.uniform(*_OSTEOPOROTIC_LOSS_MM)
    return ScanConditions(
        thickness_mm,
        kernel,
        tilt_deg=round(float(tilt), 1),
        noise_hu=round(float(noise), 1),
        bone_hu=round(float(hu)) if osteoporotic else BONE_HU,
        bone_loss_mm=round(float(loss_mm), 2) if osteoporotic else 0.0,
        size=round(float(size), 3),
    )


def scan_mask(skull: Volume, conditions: ScanConditions, *, intact: NDArray[np.bool_], seed: int) -> Volume:
    """Simulate the CT of a bone mask under conditions.

    Parameters
    ----------
    skull
        Bone mask, with or without holes.
    conditions
        How it is scanned.
    intact
        (nk, nj, ni) bool, the same skull without holes: the scalp is where it was.
    seed
        Of the noise.

    Returns
    -------
    Volume
        CT, int16 HU. Where the tilted slices reach below the skull's own scan, its lowest slice is repeated.
    """
    kernel_mm = KERNELS_MM[conditions.kernel]
    mask = _without_loss(skull, intact, conditions.bone_loss_mm)
    blur_mm = (_ALONG_SLICES_MM, kernel_mm, kernel_mm)
    ct = simulate_ct(mask, blur_mm=blur_mm, noise_hu=0.0, bone_hu=conditions.bone_hu, intact=intact)
    return _take_slices(ct, conditions, noise_hu=conditions.noise_hu, seed=seed)


def scan_ct_again(ct: Volume, conditions: ScanConditions) -> Volume:
    """Make of a real CT what thicker slices, another kernel or a tilt would have shown.

    Parameters
    ----------
    ct
        The CT, in slices no thicker than those wanted; its bone and its noise stay its own.
    conditions
        How it is scanned.

    Returns
    -------
    Volume
        CT, int16 HU.
    """
    blur_mm = 0.0 if conditions.kernel == "sharp" else KERNELS_MM[conditions.kernel]
    i_mm, j_mm, _ = ct.spacing
    hu = ndimage.gaussian_filter(ct.array.astype(np.float32), (0, blur_mm / j_mm, blur_mm / i_mm), truncate=3.0)
    return _take_slices(replace(ct, array=hu), conditions, noise_hu=0.0, seed=0)


def _without_loss(skull: Volume, intact: NDArray[np.bool_], loss_mm: float) -> Volume:
    """The mask with thinner tables; what has no thick part near it stays."""
    if loss_mm <= 0:
        return skull
    sigma = _LOSS_BLUR_MM / skull.spacing[::-1]
    filled = ndimage.gaussian_filter(intact.astype(np.float32), sigma, truncate=3.0)
    left = filled >= 0.5 * (1 + erf(loss_mm / (np.sqrt(2) * _LOSS_BLUR_MM)))
    reach = 2 * np.round(_LOSS_REACH_MM / skull.spacing[::-1]).astype(int) + 1
    near_left = ndimage.maximum_filter(left.view(np.uint8), reach).view(bool)
    return replace(skull, array=skull.array & (left | ~near_left))


def _take_slices(ct: Volume, conditions: ScanConditions, *, noise_hu: float, seed: int) -> Volume:
    """Average the CT over tilted slices, one above the other without gaps, and add noise."""
    thickness_mm, step_mm = conditions.thickness_mm, float(ct.spacing[2])
    tilt = Rotation.from_euler("x", conditions.tilt_deg, degrees=True).as_matrix()
    pixel_mm = np.maximum(ct.spacing[:2], _PIXEL_MM) if conditions.tilt_deg else ct.spacing[:2]
    axes = tilt @ (ct.ijk_to_ras[:3, :3] / ct.spacing)
    corners = ct.to_ras(np.array(np.meshgrid(*([0, n - 1] for n in ct.array.shape[::-1]))).reshape(3, -1).T)
    low, high = (limit(corners @ axes, axis=0) for limit in (np.min, np.max))
    upright_mm = (ct.array.shape[0] - 1) * step_mm * np.cos(np.radians(conditions.tilt_deg))
    rise_mm = max(high[2] - low[2] - upright_mm, 0.0)
    low[2] += rise_mm / 2  # the lowest slice passes through the middle of the scan's own lowest slice
    size = np.floor((high - low) / [*pixel_mm, thickness_mm] + 1e-6).astype(int) + 1
    to_ras = np.eye(4)
    to_ras[:3, :3] = axes * [*pixel_mm, thickness_mm]
    to_ras[:3, 3] = axes @ low + axes[:, 2] * (thickness_mm - step_mm) / 2
    hu = _mean_of_thin_slices(ct, to_ras, size, count=max(1, round(thickness_mm / step_mm)))
    noise = np.random.default_rng(seed).standard_normal(hu.shape, dtype=np.float32)
    hu += np.float32(noise_hu / np.sqrt(thickness_mm)) * noise
    to_ras[:3] *= conditions.size
    return replace(ct, array=np.clip(np.rint(hu), -1024, 3071).astype(np.int16), ijk_to_ras=to_ras)


def _mean_of_thin_slices(
    ct: Volume, to_ras: NDArray[np.float64], size: NDArray[np.int_], *, count: int
) -> NDArray[np.float32]:
    """The CT on another grid of ``size`` (i, j, k), each slice the mean of ``count`` thin ones: (nk, nj, ni) HU."""
    to_ijk = invert_affine(ct.ijk_to_ras) @ to_ras
    corners = np.array(np.meshgrid(*([0, n - 1] for n in size[:2]), [-0.5])).reshape(3, -1)
    below = max(0, int(np.ceil(-(to_ijk[2, :3] @ corners + to_ijk[2, 3]).min())))
    padded = np.pad(ct.array.astype(np.float32, copy=False), ((below, 0), (0, 0), (0, 0)), mode="edge")
    total = np.zeros(tuple(int(n) for n in size[::-1]), dtype=np.float32)
    for offset in (np.arange(count) + 0.5) / count - 0.5:
        origin = (to_ijk[:3, 3] + to_ijk[:3, 2] * offset)[::-1] + np.array([below, 0, 0])
        total += ndimage.affine_transform(
            padded,
            to_ijk[:3, :3][::-1, ::-1],
            origin,
            output_shape=total.shape,
            output=np.float32,
            order=1,
            cval=AIR_HU,
        )
    return total / np.float32(count)
