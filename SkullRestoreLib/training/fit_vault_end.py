"""Fit the model of the bone beyond the vault: ray maps of intact skulls in; mean, modes and residual noise out.

Bone is followed from the end of each skull's vault. Where the scan ends before it, its extent is not known; such gaps
are filled from the principal components, which are found in turns with them, as those of the vault.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from SkullRestoreLib.geometry.icosphere import level_from_count, spherical_grid, values_at_level
from SkullRestoreLib.method_parameters import METHOD, EndParameters
from SkullRestoreLib.skull_model.shape_model import ShapeModel, fill_smoothly, match_tables
from SkullRestoreLib.skull_model.vault_end import EXTENT, VaultEndModel, follow_bone, measure_extent, ring_width_mm

END_MODE_COUNT = 20
"""Modes of the bone beyond the vault. With 12 to 30 the errors on skulls left out are the same."""
_ROUNDS = 4
_MIN_PRESENT_SHARE = 0.1
"""Bone beyond the vault is learnt where this share of the skulls has it."""
_MOST_FORWARD = -0.45
"""Only behind this (y of a unit vector) bone is learnt: the occiput down to the foramen magnum. At the brow, the orbit
and the temple the other side and the mean head continue a hole better (decision 0179)."""
_VAULT_RINGS = 8
"""Rings of the vault next to its end that belong to the model (3.4 mm each)."""
_TABLE_MATCH_MM = 8.0
"""Bone this close to the fitted shape model is its table."""
_MIN_SKULLS_KNOWN = 8
"""A mean of fewer skulls is not used."""
_MIN_SIGMA_MM = 0.15
Floats = NDArray[np.float64]


def measure_end_fields(
    intervals: NDArray[np.floating],
    reach: NDArray[np.floating],
    model: ShapeModel,
    *,
    parameters: EndParameters = METHOD.vault_end,
) -> Floats:
    """Measure the bone of an intact skull at the vault's end and beyond.

    Parameters
    ----------
    intervals
        (n, m, 2), mm, bone intervals on a finer level than the model's.
    reach
        (n,), mm, how far out the scan covers each ray.
    model
        The shape model.
    parameters
        Of following the bone.

    Returns
    -------
    ndarray
        (w, 3) float64 on the model's level, mm: outer table, inner table, extent; NaN where not known.
    """
    level = level_from_count(len(intervals))
    grid = spherical_grid(level)
    coefficients, _, _ = model.fit(values_at_level(intervals, model.level))
    fitted = values_at_level(model.reconstruct_tables(coefficients), level)
    vault = values_at_level(model.vault.astype(float), level) > 0.5
    tables = match_tables(intervals, fitted, _TABLE_MATCH_MM)
    ring_mm = ring_width_mm(grid, fitted[vault, 0])
    bone = follow_bone(
        np.where(vault, tables[:, 0], np.nan),
        ~vault,
        intervals,
        grid,
        rings=round(parameters.followed_mm / ring_mm),
        step_mm=parameters.step_mm,
        min_neighbours=parameters.min_followed_neighbours,
    )
    inner = np.where(vault, tables[:, 1], inner_ends(intervals, bone))
    present = vault | np.isfinite(bone)
    radius = fill_smoothly(np.where(vault, fitted[:, 0], np.nan_to_num(bone))[:, None], present[:, None], level)[:, 0]
    opening = ~present & (reach > radius + parameters.scanned_mm)
    extent = measure_extent(present, opening, grid, ring_mm=ring_mm, most_mm=parameters.most_extent_mm)
    return np.column_stack([values_at_level(field, model.level) for field in (bone, inner, extent)])


def inner_ends(intervals: NDArray[np.floating], outer: Floats) -> Floats:
    """Find the inner end of the bone interval whose outer end is given: (n,), mm, NaN where that is NaN."""
    gap = np.nan_to_num(np.abs(intervals[..., 1] - outer[:, None]), nan=np.inf)
    chosen = gap.argmin(axis=1)[:, None]
    inner = np.take_along_axis(intervals[..., 0], chosen, axis=1)[:, 0].astype(np.float64)
    return np.where(np.isfinite(outer), inner, np.nan)


def fit_vault_end(fields: Sequence[Floats], model: ShapeModel, *, modes: int = END_MODE_COUNT) -> VaultEndModel:
    """Fit the model of the bone beyond the vault.

    Parameters
    ----------
    fields
        From :func:`measure_end_fields`, of each skull; each also counts mirrored.
    model
        The shape model.
    modes
        Number of principal components.

    Returns
    -------
    VaultEndModel
        On the shape model's level.
    """
    grid = spherical_grid(model.level)
    measured = np.stack(fields)
    learnt = ~model.vault & (np.isfinite(measured[..., 0]).mean(axis=0) > _MIN_PRESENT_SHARE)
    learnt &= learnt[grid.mirror_vertices] & (grid.directions[:, 1] < _MOST_FORWARD)
    region = learnt | (model.vault & grid.grow_region(learnt, _VAULT_RINGS))
    vertices = np.flatnonzero(region)
    samples = np.concatenate([measured, measured[:, grid.mirror_vertices]])[:, vertices]
    known = np.isfinite(samples)
    mean = _known_mean(samples, known, vertices, model.level)
    change = np.where(known, samples - mean, 0.0)
    filled = np.stack([_fill_gaps(c, k, vertices, model.level) for c, k in zip(change, known, strict=True)]).reshape(
        len(samples), -1
    )
    flat_known = known.reshape(len(samples), -1)
    count = min(modes, len(samples) // 4)
    for turn in range(_ROUNDS):
        used = max(1, count * (turn + 1) // _ROUNDS)
        middle = filled.mean(axis=0)
        left, size, right = np.linalg.svd(filled - middle, full_matrices=False)
        filled = np.where(flat_known, filled, (left[:, :used] * size[:used]) @ right[:used] + middle)
    middle = filled.mean(axis=0)
    _, size, right = np.linalg.svd(filled - middle, full_matrices=False)
    components = right[:count] * (size[:count] / np.sqrt(len(samples)))[:, None]
    residual = filled - middle - ((filled - middle) @ right[:count].T) @ right[:count]
    # as for the vault's modes: the factor corrects for the degrees of freedom that the modes take
    freedom = max(1.0 - count / (len(samples) / 4), 0.25)
    variance = (flat_known * residual**2).sum(axis=0) / np.maximum(flat_known.sum(axis=0), 1) / freedom
    return VaultEndModel(
        model.level,
        vertices,
        mean + middle.reshape(-1, 3),
        components.reshape(count, -1, 3),
        np.maximum(np.sqrt(variance), _MIN_SIGMA_MM).reshape(-1, 3),
    )


def _known_mean(samples: Floats, known: NDArray[np.bool_], vertices: NDArray[np.int64], level: int) -> Floats:
    """Mean (v, 3) of what is known (s, v, 3), interpolated where too few skulls show it."""
    count = known.sum(axis=0)
    mean = np.where(known, samples, 0.0).sum(axis=0) / np.maximum(count, 1)
    return _fill_gaps(mean, count >= _MIN_SKULLS_KNOWN, vertices, level)


def _fill_gaps(values: Floats, known: NDArray[np.bool_], vertices: NDArray[np.int64], level: int) -> Floats:
    """Values (v, 3) at some vertices of the grid, interpolated where they are not known."""
    every, where = np.zeros((2, len(spherical_grid(level)), EXTENT + 1))
    every[vertices], where[vertices] = values, known
    return np.where(known, values, fill_smoothly(every, where, level)[vertices])
