"""What makes real scans harder than masks: metal, drains, new bone on the dura, thick slices, noise.

Each is simulated as a CT that must be segmented.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from SkullRestoreLib.affine import apply_affine, invert_affine, rotate, voxel_spacing
from SkullRestoreLib.evaluation.cases.ground_truth import GroundTruth
from SkullRestoreLib.evaluation.cases.intact_skull import IntactSkull
from SkullRestoreLib.evaluation.cases.synthetic_ct import simulate_ct
from SkullRestoreLib.geometry.icosphere import interpolate
from SkullRestoreLib.records import Volume

METAL_HU, DRAIN_HU, DRAIN_STRIPE_HU = 9000.0, 220.0, 1500.0
_STREAK_HU, _STREAK_MM = 180.0, 35.0
"""Amplitude of the streaks at the metal, and the distance over which they fade to a third."""
_NOISE_HU = 20.0
_HIGH_NOISE_HU = (50.0, 80.0)
_THICK_SLICES_MM = ((2.5, 0.7), (5.0, 0.3))
"""Slice thickness, and how often it is drawn."""

DISTURBANCES = ("metal", "drain", "bone on the dura", "thick slices", "noise")


def simulate_disturbed_ct(
    skull: IntactSkull, holed: Volume, truths: tuple[GroundTruth, ...], kind: str, rng: np.random.Generator
) -> Volume:
    """Simulate a disturbed CT of a skull with defects.

    Parameters
    ----------
    skull
        The intact skull: the scalp stays where it was.
    holed
        What is left of it, as a mask.
    truths
        Its defects.
    kind
        One of ``DISTURBANCES``.
    rng
        Source of all randomness.

    Returns
    -------
    Volume
        ``kind`` "ct", int16 HU.

    Raises
    ------
    ValueError
        If the kind is not known.
    """
    if kind not in DISTURBANCES:
        raise ValueError(f"{kind} is no disturbance; use one of {', '.join(DISTURBANCES)}.")
    bodies: dict[str, Callable[[NDArray[np.float32]], None]] = {
        "metal": lambda hu: _add_plates(hu, holed, truths, rng),
        "drain": lambda hu: _add_drain(hu, holed, truths[0], rng),
        "bone on the dura": lambda hu: _add_dural_bone(hu, skull, truths, rng),
    }
    noise = rng.uniform(*_HIGH_NOISE_HU) if kind == "noise" else _NOISE_HU
    seed = int(rng.integers(2**31))
    ct = simulate_ct(holed, seed=seed, noise_hu=noise, intact=skull.bone, add_bodies=bodies.get(kind))
    if kind == "thick slices":
        thickness, shares = zip(*_THICK_SLICES_MM, strict=True)
        return average_slices(ct, float(rng.choice(thickness, p=shares)))
    return ct


def average_slices(ct: Volume, thickness_mm: float) -> Volume:
    """Average the slices of a CT into thick ones.

    The topmost thick slice reaches beyond the scan; the scan's last slice is repeated there.

    Parameters
    ----------
    ct
        The CT; it is not changed.
    thickness_mm
        Of the new slices, rounded to a multiple of the old.

    Returns
    -------
    Volume
        The CT with thick slices.
    """
    count = max(1, round(thickness_mm / ct.spacing[2]))
    padded = np.pad(ct.array, ((0, -len(ct.array) % count), (0, 0), (0, 0)), mode="edge")
    thick = padded.reshape(-1, count, *ct.array.shape[1:]).mean(axis=1, dtype=np.float32)
    ijk_to_ras = ct.ijk_to_ras.copy()
    ijk_to_ras[:3, 3] += ijk_to_ras[:3, 2] * (count - 1) / 2
    ijk_to_ras[:3, 2] *= count
    return replace(ct, array=np.rint(thick).astype(np.int16), ijk_to_ras=ijk_to_ras)


def stamp_balls(
    hu: NDArray[np.float32],
    ijk_to_ras: NDArray[np.float64],
    points: NDArray[np.float64],
    *,
    radius_mm: float,
    value: float,
) -> NDArray[np.int64]:
    """Set the voxels of balls to a value.

    Parameters
    ----------
    hu
        (nk, nj, ni) float32, changed in place.
    ijk_to_ras
        (4, 4), mm.
    points
        (p, 3), mm RAS, the balls' middles.
    radius_mm, value
        Of the balls.

    Returns
    -------
    ndarray
        (v,) int64, flat indices of the voxels.
    """
    reach = np.ceil(radius_mm / voxel_spacing(ijk_to_ras)).astype(int)
    offsets = np.stack(np.meshgrid(*(np.arange(-n, n + 1) for n in reach), indexing="ij"), axis=-1).reshape(-1, 3)
    offsets = offsets[np.linalg.norm(rotate(ijk_to_ras, offsets), axis=1) <= radius_mm]
    kji = np.rint(apply_affine(invert_affine(ijk_to_ras), points)).astype(int)[:, None] + offsets
    kji = kji.reshape(-1, 3)[:, ::-1]
    kji = kji[((kji >= 0) & (kji < hu.shape)).all(axis=1)]
    flat = np.unique(np.ravel_multi_index(tuple(kji.T), hu.shape))
    hu.ravel()[flat] = value
    return flat


def _margin_directions(
    truth: GroundTruth, spot: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Normal of the true outer table at a point (3,) RAS, and the direction along it away from the defect's middle."""
    tree, normals = truth.outer_table_tree
    normal = normals[tree.query(spot)[1]]
    away = spot - truth.table_points[truth.defect_mask].mean(axis=0)
    away -= (away @ normal) * normal
    return normal, away / max(np.linalg.norm(away), 1e-9)


def _add_plates(
    hu: NDArray[np.float32], holed: Volume, truths: tuple[GroundTruth, ...], rng: np.random.Generator
) -> None:
    """Add two to four plates with screws over each margin, and their streaks."""
    metal = []
    for truth in truths:
        for spot in truth.margin[rng.choice(len(truth.margin), rng.integers(2, 5), replace=False)]:
            normal, away = _margin_directions(truth, spot)
            side = np.cross(normal, away)
            along, across = np.meshgrid(np.arange(-3, 12, 0.5), np.arange(-1.5, 1.6, 0.5))
            plate = spot + 1.2 * normal + along.reshape(-1, 1) * away + across.reshape(-1, 1) * side
            screws = [spot + x * away - depth * normal for x in (3.5, 9.0) for depth in np.arange(-1, 4, 0.5)]
            metal += [
                stamp_balls(hu, holed.ijk_to_ras, plate, radius_mm=0.7, value=METAL_HU),
                stamp_balls(hu, holed.ijk_to_ras, np.array(screws), radius_mm=0.9, value=METAL_HU),
            ]
    _add_streaks(hu, np.concatenate(metal), holed, rng)


def _add_streaks(hu: NDArray[np.float32], metal: NDArray[np.int64], holed: Volume, rng: np.random.Generator) -> None:
    """Add bright and dark rays to each slice, outwards from the metal (flat indices) in it."""
    k, j, i = np.unravel_index(metal, hu.shape)
    dy, dx = holed.spacing[1], holed.spacing[0]
    y, x = np.ogrid[: hu.shape[1], : hu.shape[2]]
    phase = rng.uniform(0, 2 * np.pi)
    for plane in np.unique(k):
        here = k == plane
        b, a = (y - j[here].mean()) * dy, (x - i[here].mean()) * dx
        distance = np.hypot(a, b)
        rays = np.cos(9 * np.arctan2(b, a) + phase) * np.exp(-distance / _STREAK_MM)
        inside = hu[plane] < METAL_HU
        hu[plane] += np.where(inside, (_STREAK_HU * rays).astype(np.float32), 0)


def _add_drain(hu: NDArray[np.float32], holed: Volume, truth: GroundTruth, rng: np.random.Generator) -> None:
    """Add a tube with a dense stripe that starts in the defect, crosses the margin, and runs on under the scalp."""
    spot = truth.margin[rng.integers(len(truth.margin))]
    _, away = _margin_directions(truth, spot)
    s = np.arange(-30, 35, 0.5)[:, None]
    height = np.interp(s, [-30, -6, 6, 35], [-5.0, -2.0, 3.5, 0.5])
    tree, normals = truth.outer_table_tree
    line = spot + s * away
    nearest = tree.query(line)[1]
    above = ((line - tree.data[nearest]) * normals[nearest]).sum(axis=1, keepdims=True)
    line -= above * normals[nearest]  # onto the outer table
    axis = line + height * normals[nearest]
    stripe = axis + 1.4 * np.cross(away, normals[nearest])
    stamp_balls(hu, holed.ijk_to_ras, axis, radius_mm=1.8, value=DRAIN_HU)
    stamp_balls(hu, holed.ijk_to_ras, stripe, radius_mm=0.35, value=DRAIN_STRIPE_HU)


def _add_dural_bone(
    hu: NDArray[np.float32], skull: IntactSkull, truths: tuple[GroundTruth, ...], rng: np.random.Generator
) -> None:
    """Add thin plates of new bone deep in the defect, some of them attached to its edge."""
    for truth in truths:
        size = truth.projection.size
        blobs = ndimage.gaussian_filter(rng.normal(size=(size, size)), 18)
        gap_mm = 3.0 if rng.random() < 0.7 else 0.0  # from the border: an island, or attached to it
        plate = (blobs > 0.6 * blobs.std()) & (truth.margin_distance_mm > gap_mm) & truth.defect_mask
        rows, columns = np.nonzero(plate)
        tables = interpolate(skull.tables, truth.projection.pixel_directions()).reshape(size, size, 2)
        # at the inner table or a little deeper
        inner = (tables[..., 0] - tables[..., 1])[rows, columns] + rng.uniform(-0.5, 4.0)
        for depth in np.arange(0.0, rng.uniform(1.0, 3.0), 0.4):
            points = truth.table_points[rows, columns] - (inner + depth)[:, None] * truth.normals[rows, columns]
            stamp_balls(hu, skull.ijk_to_ras, points, radius_mm=0.45, value=rng.uniform(500, 900))
