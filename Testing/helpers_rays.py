"""Synthetic heads without any file: spherical shells as voxels, ray maps and shape models."""

import numpy as np

from SkullRestoreLib.geometry.icosphere import spherical_grid, values_at_level, vertex_count
from SkullRestoreLib.prediction.ray_tracing import MAX_INTERVALS
from SkullRestoreLib.records import Bone, RayMap
from SkullRestoreLib.skull_model.shape_model import ShapeModel

OUTER_MM, INNER_MM = 82.0, 76.0


def shell_bone(
    radii=((70.0, 77.0),), *, spacing=(1.5, 1.5, 1.5), centre=(0.0, 0.0, 0.0), linear=None, half_mm=92.0
) -> Bone:
    """Make concentric spherical shells as a CT with a linear ramp of HU across every surface.

    Parameters
    ----------
    radii
        Inner and outer radius of each shell, mm.
    linear
        (3, 3) directions of i, j, k, possibly rotated or mirrored; RAS where None.
    half_mm
        Half size of the image along each of its own axes.
    """
    linear = np.eye(3) if linear is None else np.asarray(linear, float)
    half = np.broadcast_to(half_mm, 3)
    size = np.round(2 * half / spacing).astype(int) + 1
    ijk_to_ras = np.eye(4)
    ijk_to_ras[:3, :3] = linear * spacing
    ijk_to_ras[:3, 3] = np.asarray(centre) - ijk_to_ras[:3, :3] @ ((size - 1) / 2)
    axes = [(np.arange(n) - (n - 1) / 2) * s for n, s in zip(size, spacing, strict=True)]
    r = np.sqrt(axes[2][:, None, None] ** 2 + axes[1][None, :, None] ** 2 + axes[0][None, None, :] ** 2)
    depth = np.max([np.minimum(r - low, high - r) for low, high in radii], axis=0)  # mm inside the bone
    field = np.clip(300 + 100 * depth, -1000, 2000).astype(np.int16)
    return Bone(field, 300.0, field >= 300, ijk_to_ras)


def intervals_from_tables(tables, *, extra=()) -> np.ndarray:
    """Make bone intervals (n, MAX_INTERVALS, 2) from tables (n, 2) and further (inner, outer) pairs of (n,) each."""
    pairs = [tables[:, ::-1], *(np.stack(pair, axis=1) for pair in extra)]
    out = np.full((len(tables), MAX_INTERVALS, 2), np.nan)
    for k, pair in enumerate(pairs):
        out[:, k] = pair
    order = np.argsort(-np.nan_to_num(out[..., 1], nan=-1.0), axis=1, kind="stable")
    return np.take_along_axis(out, order[..., None], axis=1).astype(np.float32)


def vault_mask(level) -> np.ndarray:
    """Directions above a plane below the centre: (n,) bool."""
    return spherical_grid(level).directions[:, 2] > -0.3


def smooth_field(level, seed, *, coarse=1) -> np.ndarray:
    """Make a smooth random field over the grid, (n,) float, of about unit size."""
    return values_at_level(np.random.default_rng(seed).normal(size=vertex_count(coarse)), level)


def small_model(level=3, modes=6) -> ShapeModel:
    """Make a synthetic shape model: an ellipsoid with smooth modes of up to 3 mm."""
    d = spherical_grid(level).directions
    mean = np.stack([OUTER_MM + 8 * d[:, 1] ** 2, INNER_MM + 8 * d[:, 1] ** 2], axis=1)
    raw = np.stack(
        [
            np.stack([smooth_field(level, k), smooth_field(level, k) + 0.2 * smooth_field(level, 100 + k)], axis=1)
            for k in range(modes)
        ]
    )
    size = 3.0 / np.sqrt(1 + np.arange(modes))
    return ShapeModel(level, mean, raw * size[:, None, None], np.full((len(d), 2), 0.3), vault_mask(level))


def make_ray_map(tables, level, *, extra=()) -> RayMap:
    """Make the ray map of an intact skull with these tables, all of it inside the scan."""
    return RayMap(level, intervals_from_tables(tables, extra=extra), np.full(vertex_count(level), 130.0, np.float32))
