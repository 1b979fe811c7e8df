"""Look along the rays: what they meet near the predicted vault, and how dense it is."""

from dataclasses import dataclass, replace
from typing import NamedTuple
from weakref import WeakKeyDictionary, ref

import numpy as np
from numpy.typing import NDArray

from SkullRestoreLib.affine import apply_affine, invert_affine, rotate
from SkullRestoreLib.geometry.icosphere import SphericalGrid
from SkullRestoreLib.geometry.line_samples import Lines, sample_linear
from SkullRestoreLib.method_parameters import ObjectParameters
from SkullRestoreLib.records import Bone, Pose, RayMap, VaultTables

DENSITY_SAMPLES = 9
"""Places along a ray, from the inner to the outer end of the bone, at which its density is looked at."""


@dataclass(frozen=True, eq=False)
class RaySurface:
    """What the rays meet near the predicted vault, by direction, (n,) each."""

    is_vault: NDArray[np.bool_]  # of the vault, and scanned
    offset_mm: NDArray[np.float64]  # of the outermost bone from the predicted outer table, -inf where there is none
    bone_mm: NDArray[np.float64]  # length of bone
    bottom_mm: NDArray[np.float64]  # inner end of the outermost bone, from the centre, NaN where there is none
    top_mm: NDArray[np.float64]  # its outer end
    second_mm: NDArray[np.float64]  # (n, 2), ends of the bone beneath it, NaN where there is none
    density: NDArray[np.float64]  # of the field in its middle, NaN where there is none or the input is no CT
    peak: NDArray[np.float64]  # the greatest value along it, as in its tables; NaN there too


class _Examined(NamedTuple):
    """What was seen along rays with a prediction."""

    tables: "ref[VaultTables]"
    parameters: ObjectParameters
    surface: RaySurface


class _Sampled(NamedTuple):
    """Densities that were looked up."""

    bone: "ref[Bone]"
    pose: "ref[Pose]"
    values: NDArray[np.float32]  # (DENSITY_SAMPLES, m), where bone is met in the vault


_EXAMINED: "WeakKeyDictionary[RayMap, _Examined]" = WeakKeyDictionary()
"""By the rays: each kind of object is looked for along the same ones."""
_SAMPLED: "WeakKeyDictionary[RaySurface, _Sampled]" = WeakKeyDictionary()


def examine_rays(rays: RayMap, tables: VaultTables, parameters: ObjectParameters) -> RaySurface:
    """Look along each ray for bone near the predicted vault; its density is not looked at.

    Parameters
    ----------
    rays, tables
        On one grid: what the rays meet, and the predicted vault.
    parameters
        How near.

    Returns
    -------
    RaySurface
        Without densities; the same one as before for the same rays and prediction.
    """
    before = _EXAMINED.get(rays)
    if before is not None and before.tables() is tables and before.parameters == parameters:
        return before.surface
    surface = _examine(rays, tables, parameters)
    _EXAMINED[rays] = _Examined(ref(tables), parameters, surface)
    return surface


def _examine(rays: RayMap, tables: VaultTables, parameters: ObjectParameters) -> RaySurface:
    """What the rays meet; densities are not known."""
    low, high = (tables.inner - parameters.depth_mm)[:, None], (tables.outer + parameters.height_mm)[:, None]
    inner, outer = rays.intervals[..., 0].astype(float), rays.intervals[..., 1].astype(float)
    with np.errstate(invalid="ignore"):
        near = (outer > low) & (outer < high)
    length = np.where(near, outer - np.maximum(inner, low), 0.0)
    first = np.where(near, outer, -np.inf).argmax(axis=1)
    each = np.arange(len(first))
    is_met = near[each, first]
    offset = np.where(is_met, outer[each, first] - tables.outer, -np.inf)
    is_vault = tables.vault & (rays.reach > tables.outer + 1)
    bottom = np.where(is_met, np.maximum(inner, low)[each, first], np.nan)
    top = np.where(is_met, outer[each, first], np.nan)
    after = np.minimum(first + 1, inner.shape[1] - 1)
    has_second = is_met & (after > first) & near[each, after]
    second = np.where(has_second[:, None], np.stack([inner[each, after], outer[each, after]], axis=1), np.nan)
    unknown = np.full(len(first), np.nan)
    return RaySurface(is_vault, offset, length.sum(axis=1), bottom, top, second, unknown, unknown)


def with_density(surface: RaySurface, grid: SphericalGrid, bone: Bone, pose: Pose) -> RaySurface:
    """Look up the density in the middle of the outermost bone, and its greatest value along it.

    Parameters
    ----------
    surface
        From :func:`examine_rays`.
    grid, bone, pose
        Of its rays.

    Returns
    -------
    RaySurface
        With densities, in HU; NaN outside the vault, and where the input is no CT.
    """
    values = densities_along(surface, grid, bone, pose)
    return replace(surface, density=values[DENSITY_SAMPLES // 2], peak=values.max(axis=0))


def densities_along(surface: RaySurface, grid: SphericalGrid, bone: Bone, pose: Pose) -> NDArray[np.float64]:
    """Look up the density of the outermost bone, evenly from its inner to its outer end.

    Parameters
    ----------
    surface, grid, bone, pose
        As for :func:`with_density`.

    Returns
    -------
    ndarray
        (DENSITY_SAMPLES, n), HU; NaN outside the vault, where no bone is met, and where the input is no CT.
    """
    values = np.full((DENSITY_SAMPLES, len(grid)), np.nan)
    is_met = np.isfinite(surface.top_mm) & surface.is_vault
    if bone.threshold_hu is not None and is_met.any():
        before = _SAMPLED.get(surface)
        if before is None or before.bone() is not bone or before.pose() is not pose:
            ends, parts = (surface.bottom_mm[is_met], surface.top_mm[is_met]), np.linspace(0, 1, DENSITY_SAMPLES)
            before = _Sampled(ref(bone), ref(pose), field_along(grid.directions[is_met], ends, parts, bone, pose))
            _SAMPLED[surface] = before
        values[:, is_met] = before.values
    return values


def field_along(
    directions: NDArray[np.float64],
    ends: tuple[NDArray[np.float64], NDArray[np.float64]],
    parts: NDArray[np.float64],
    bone: Bone,
    pose: Pose,
) -> NDArray[np.float32]:
    """Look up the field along rays.

    Parameters
    ----------
    directions
        (n, 3), unit, in the head frame.
    ends
        Inner and outer end on each ray, (n,) mm from the centre each.
    parts
        (p,), parts of the way from the inner to the outer end.
    bone, pose
        Segmented bone and head frame.

    Returns
    -------
    ndarray
        (p, n) float32.
    """
    head_to_ijk = invert_affine(bone.ijk_to_ras) @ pose.head_to_ras
    starts = apply_affine(head_to_ijk, directions * ends[0][:, None])
    steps = rotate(head_to_ijk, directions * (ends[1] - ends[0])[:, None])
    lines = Lines(starts[:, ::-1], steps[:, ::-1], parts)
    return sample_linear(bone.field, lines, outside=bone.outside_value).T


def has_enough_bone(surface: RaySurface, parameters: ObjectParameters) -> NDArray[np.bool_]:
    """Find the directions that meet more bone near the vault than a crumb.

    Parameters
    ----------
    surface
        What the rays meet.
    parameters
        How much bone counts.

    Returns
    -------
    ndarray
        (n,) bool.
    """
    enough: NDArray[np.bool_] = np.isfinite(surface.offset_mm) & (surface.bone_mm >= parameters.min_bone_mm)
    return enough


def median_density(surface: RaySurface, place: NDArray[np.bool_]) -> float:
    """Find the median density of an object.

    Parameters
    ----------
    surface
        With densities.
    place
        (n,) bool, its directions.

    Returns
    -------
    float
        HU; NaN where the input is no CT.
    """
    known = surface.density[place & np.isfinite(surface.density)]
    return float(np.median(known)) if len(known) else np.nan


def foreign_density(surface: RaySurface, without: NDArray[np.bool_], parameters: ObjectParameters) -> float:
    """Find the density from which on nothing is this patient's bone.

    Thin bone is compact in its middle, where thick bone is spongy: what is foreign is denser than the tables.

    Parameters
    ----------
    surface
        With densities.
    without
        (n,) bool, directions that are no sound vault.
    parameters
        By how much it is denser.

    Returns
    -------
    float
        HU; NaN where the input is no CT.
    """
    tables = surface.peak[surface.is_vault & ~without & np.isfinite(surface.peak)]
    return parameters.dense_ratio * float(np.percentile(tables, 75)) if len(tables) else np.nan


def away_from_vault_edge(grid: SphericalGrid, surface: RaySurface, parameters: ObjectParameters) -> NDArray[np.bool_]:
    """Find the directions that are not next to face or base.

    Parameters
    ----------
    grid, surface
        The grid, and what its rays meet.
    parameters
        How far from the vault's end.

    Returns
    -------
    ndarray
        (n,) bool.
    """
    return ~grid.grow_region(~surface.is_vault, parameters.vault_edge_rings)
