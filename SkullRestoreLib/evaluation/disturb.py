"""What makes real scans harder than masks: metal, drains, new bone on the dura, thick slices, noise; each as a CT that must be segmented."""

from collections.abc import Callable

import numpy as np
from scipy import ndimage

from SkullRestoreLib.case import Volume
from SkullRestoreLib.evaluation.simulate import simulate_ct
from SkullRestoreLib.evaluation.truth import Truth
from SkullRestoreLib.evaluation.whole import WholeSkull
from SkullRestoreLib.grid import interpolate

METAL_HU, DRAIN_HU, STRIPE_HU = 9000.0, 220.0, 1500.0
_STREAK_HU, _STREAK_MM = 180.0, 35.0

DISTURBANCES = ("metal", "drain", "bone on the dura", "thick slices", "noise")


def disturbed(skull: WholeSkull, holed: Volume, truths: tuple[Truth, ...], kind: str, rng: np.random.Generator) -> Volume:
    """A CT of a skull with holes, disturbed.

    Parameters
    ----------
    skull
        The intact skull: the scalp lies where it lay.
    holed
        What is left of it, as a mask.
    truths
        Its holes.
    kind
        One of ``DISTURBANCES``.
    rng
        Everything random comes from here.

    Raises
    ------
    ValueError
        If the kind is not known.
    """
    if kind not in DISTURBANCES:
        raise ValueError(f"{kind} is no disturbance; use one of {', '.join(DISTURBANCES)}.")
    bodies: dict[str, Callable[[np.ndarray], None]] = {
        "metal": lambda hu: _metal(hu, holed, truths, rng),
        "drain": lambda hu: _drain(hu, holed, truths[0], rng),
        "bone on the dura": lambda hu: _dura_bone(hu, skull, truths, rng),
    }
    noise = rng.uniform(50, 80) if kind == "noise" else 20.0
    ct = simulate_ct(holed, seed=int(rng.integers(2**31)), noise_hu=noise, whole=skull.bone, extra=bodies.get(kind))
    if kind == "thick slices":
        return thick_slices(ct, float(rng.choice([2.5, 5.0], p=[0.7, 0.3])))
    return ct


def thick_slices(ct: Volume, thickness_mm: float) -> Volume:
    """The CT with slices of about this thickness, each the mean of those that it spans; the topmost reaches beyond the scan, whose last slice goes on there."""
    count = max(1, round(thickness_mm / ct.spacing[2]))
    whole = np.pad(ct.array, ((0, -len(ct.array) % count), (0, 0), (0, 0)), mode="edge")
    thick = whole.reshape(-1, count, *ct.array.shape[1:]).mean(axis=1, dtype=np.float32)
    moved = ct.ijk_to_ras.copy()
    moved[:3, 3] += moved[:3, 2] * (count - 1) / 2
    moved[:3, 2] *= count
    return Volume(np.rint(thick).astype(np.int16), moved, "ct", ct.uid, ct.findings)


def _stamp(hu: np.ndarray, ijk_to_ras: np.ndarray, points: np.ndarray, radius_mm: float, value: float) -> np.ndarray:
    """Balls at points (p, 3) RAS; returns the voxels, flat."""
    spacing = np.linalg.norm(ijk_to_ras[:3, :3], axis=0)
    reach = np.ceil(radius_mm / spacing).astype(int)
    offsets = np.stack(np.meshgrid(*(np.arange(-n, n + 1) for n in reach), indexing="ij"), axis=-1).reshape(-1, 3)
    offsets = offsets[np.linalg.norm(offsets @ ijk_to_ras[:3, :3].T, axis=1) <= radius_mm]
    to_ijk = np.linalg.inv(ijk_to_ras)
    at = np.rint(points @ to_ijk[:3, :3].T + to_ijk[:3, 3]).astype(int)[:, None] + offsets
    at = at.reshape(-1, 3)[:, ::-1]
    at = at[((at >= 0) & (at < hu.shape)).all(axis=1)]
    flat = np.unique(np.ravel_multi_index(at.T, hu.shape))
    hu.ravel()[flat] = value
    return flat


def _outwards(truth: Truth, spot: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Normal of the true outer table at a point (3,) RAS, and the direction on it away from the hole's middle."""
    tree, normals = truth.surface
    normal = normals[tree.query(spot)[1]]
    away = spot - truth.points[truth.hole].mean(axis=0)
    away -= (away @ normal) * normal
    return normal, away / max(np.linalg.norm(away), 1e-9)


def _metal(hu: np.ndarray, holed: Volume, truths: tuple[Truth, ...], rng: np.random.Generator) -> None:
    """Two to four plates with screws over each margin, and the streaks they throw."""
    metal = []
    for truth in truths:
        for spot in truth.margin[rng.choice(len(truth.margin), rng.integers(2, 5), replace=False)]:
            normal, away = _outwards(truth, spot)
            side = np.cross(normal, away)
            along, across = np.meshgrid(np.arange(-3, 12, 0.5), np.arange(-1.5, 1.6, 0.5))
            plate = spot + 1.2 * normal + along.reshape(-1, 1) * away + across.reshape(-1, 1) * side
            screws = [spot + at * away - d * normal for at in (3.5, 9.0) for d in np.arange(-1, 4, 0.5)]
            metal += [
                _stamp(hu, holed.ijk_to_ras, plate, 0.7, METAL_HU),
                _stamp(hu, holed.ijk_to_ras, np.array(screws), 0.9, METAL_HU),
            ]
    _streaks(hu, np.concatenate(metal), holed, rng)


def _streaks(hu: np.ndarray, metal: np.ndarray, holed: Volume, rng: np.random.Generator) -> None:
    """Bright and dark rays in each slice, away from the metal in it."""
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


def _drain(hu: np.ndarray, holed: Volume, truth: Truth, rng: np.random.Generator) -> None:
    """A tube with a dense stripe: it lies in the hole, crosses the margin, and runs on under the scalp."""
    spot = truth.margin[rng.integers(len(truth.margin))]
    _, away = _outwards(truth, spot)
    s = np.arange(-30, 35, 0.5)[:, None]
    height = np.interp(s, [-30, -6, 6, 35], [-5.0, -2.0, 3.5, 0.5])
    tree, normals = truth.surface
    line = spot + s * away
    nearest = tree.query(line)[1]
    above = ((line - tree.data[nearest]) * normals[nearest]).sum(axis=1, keepdims=True)
    line -= above * normals[nearest]  # onto the outer table
    axis = line + height * normals[nearest]
    _stamp(hu, holed.ijk_to_ras, axis, 1.8, DRAIN_HU)
    _stamp(hu, holed.ijk_to_ras, axis + 1.4 * np.cross(away, normals[nearest]), 0.35, STRIPE_HU)


def _dura_bone(hu: np.ndarray, skull: WholeSkull, truths: tuple[Truth, ...], rng: np.random.Generator) -> None:
    """Thin plates of new bone in the depth of the hole, some of them grown to its rim."""
    for truth in truths:
        size = truth.chart.size
        blobs = ndimage.gaussian_filter(rng.normal(size=(size, size)), 18)
        deep = 3.0 if rng.random() < 0.7 else 0.0  # mm from the border: an island, or grown to it
        field = (blobs > 0.6 * blobs.std()) & (truth.off_border_mm > deep) & truth.hole
        rows, columns = np.nonzero(field)
        tables = interpolate(skull.tables, truth.chart.directions()).reshape(size, size, 2)
        inner = (tables[..., 0] - tables[..., 1])[rows, columns] + rng.uniform(-0.5, 4.0)  # at the inner table or a little deeper
        for depth in np.arange(0.0, rng.uniform(1.0, 3.0), 0.4):
            points = truth.points[rows, columns] - (inner + depth)[:, None] * truth.normals[rows, columns]
            _stamp(hu, skull.ijk_to_ras, points, 0.45, rng.uniform(500, 900))
