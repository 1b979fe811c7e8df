"""Plain predictors that the network must beat; each takes its place in the same pipeline."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import RBFInterpolator
from scipy.spatial.transform import Rotation

from SkullRestoreLib.geometry.icosphere import interpolate, spherical_grid, values_at_level
from SkullRestoreLib.prediction import kriging
from SkullRestoreLib.prediction.models import Predictor
from SkullRestoreLib.records import RayMap, VaultTables
from SkullRestoreLib.skull_model.shape_model import ShapeModel, fill_smoothly, fit_shape, match_tables

_TABLE_MATCH_MM = 6.0
"""Bone this close to the fitted shape model is its table."""
_MIN_THICKNESS_MM = 1.0
_MAX_SIGMA_MM = 2.0
_RIM_RINGS = 8
"""The thin plate passes through the sound bone within this many rings of the hole."""
_MAX_RIM_POINTS, _MIN_RIM_POINTS = 500, 10
_MIN_HOLE_VERTICES = 7
_MIRROR_POINTS = 4000
_MIRROR_WIDTHS_MM = (12.0, 8.0, 6.0, 5.0, 5.0, 5.0)
"""Widths of the Tukey weights, from round to round of the mirror's fit."""
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class SoundBone:
    """The sound bone, separated from the rest by the shape model fitted to it."""

    level: int
    fitted_tables: Floats  # (n, 2), mm
    sigma: Floats  # (n, 2), mm
    tables: Floats  # (n, 2), mm, observed; NaN where there is none
    vault: NDArray[np.bool_]  # (n,)
    lost_mask: NDArray[np.bool_]  # (n,), vault without bone near the fitted tables
    # (n,), vault away from the edges of larger holes, where a ray ends on the wall of the cut, which is no table
    sound_mask: NDArray[np.bool_]

    def to_vault_tables(self, tables: Floats, sigma: Floats) -> VaultTables:
        """Make the record of predicted tables.

        Parameters
        ----------
        tables
            (n, 2), mm, outer and inner.
        sigma
            (n, 2), mm, their standard error.

        Returns
        -------
        VaultTables
            ``missing`` is 1 where no bone ends near the fitted outer table.
        """
        missing = (~np.isfinite(self.tables[:, 0])).astype(float)
        return _make_vault_tables(self.level, tables, np.minimum(sigma, _MAX_SIGMA_MM), missing, vault=self.vault)


def _make_vault_tables(
    level: int, tables: Floats, sigma: Floats, missing: Floats, *, vault: NDArray[np.bool_]
) -> VaultTables:
    outer, inner = tables.T
    return VaultTables(
        level,
        outer,
        np.minimum(inner, outer - _MIN_THICKNESS_MM),
        outer_sigma=sigma[:, 0],
        inner_sigma=sigma[:, 1],
        missing=missing,
        vault=vault,
    )


def fit_sound_bone(rays: RayMap, model: ShapeModel) -> SoundBone:
    """Fit the shape model, and find the sound bone near it.

    Parameters
    ----------
    rays
        Bone intervals.
    model
        The shape model.

    Returns
    -------
    SoundBone
        On the grid of the rays.
    """
    grid = spherical_grid(rays.level)
    fitted, sigma = fit_shape(rays, model)
    vault = values_at_level(model.vault.astype(float), rays.level) > 0.5
    tables = match_tables(rays.intervals, fitted, _TABLE_MATCH_MM)
    lost = ~np.isfinite(tables).all(axis=1) & vault
    sound = vault & ~grid.grow_region(grid.grow_region(grid.grow_region(lost, -1), 1), 2) & ~lost
    return SoundBone(rays.level, fitted, sigma, tables, vault=vault, lost_mask=lost, sound_mask=sound)


def shape_model_baseline(rays: RayMap, model: ShapeModel) -> VaultTables:
    """Predict by the PCA shape model fitted to the sound bone, its error at the edge continued smoothly into the hole.

    Parameters
    ----------
    rays
        Bone intervals.
    model
        The shape model.

    Returns
    -------
    VaultTables
        On the grid of the rays.
    """
    bone = fit_sound_bone(rays, model)
    gap = np.nan_to_num(bone.tables - bone.fitted_tables)
    known = np.repeat(bone.sound_mask[:, None], 2, axis=1)
    return bone.to_vault_tables(bone.fitted_tables + fill_smoothly(gap, known, rays.level), bone.sigma)


def kriging_baseline(rays: RayMap, model: ShapeModel) -> VaultTables:
    """Predict by kriging alone (:mod:`SkullRestoreLib.prediction.kriging`), the network's starting point.

    Parameters
    ----------
    rays, model
        As for :func:`shape_model_baseline`.

    Returns
    -------
    VaultTables
        On the grid of the rays.
    """
    tables, sigma = (values_at_level(a, rays.level) for a in kriging.predict_by_kriging(rays, model))
    present = np.isfinite(match_tables(rays.intervals, tables, _TABLE_MATCH_MM)[:, 0])
    vault = values_at_level(model.vault.astype(float), rays.level) > 0.5
    return _make_vault_tables(rays.level, tables, sigma, (~present).astype(float), vault=vault)


def mirroring_baseline(rays: RayMap, model: ShapeModel) -> VaultTables:
    """Predict by mirroring the other side of the head across its mid-plane, which is fitted to the sound bone.

    Where the other side is missing as well, the sound bone at the edge is continued smoothly, as is the step at the
    seam.

    Parameters
    ----------
    rays, model
        As for :func:`shape_model_baseline`; the model only finds the sound bone.

    Returns
    -------
    VaultTables
        On the grid of the rays.
    """
    bone = fit_sound_bone(rays, model)
    known = np.where(bone.sound_mask[:, None], bone.tables, np.nan)
    mirrored = _mirror_tables(known, rays.level)
    gap = known - mirrored
    # at the seam the error of the mirror image is continued; without an image, the edge itself
    base = np.where(np.isfinite(mirrored), mirrored, bone.fitted_tables)
    gap = np.where(np.isfinite(gap), gap, np.nan_to_num(known - base))
    tables = base + fill_smoothly(np.nan_to_num(gap), np.isfinite(known), rays.level)
    return bone.to_vault_tables(tables, np.full_like(bone.sigma, _MAX_SIGMA_MM))


def _mirror_tables(tables: Floats, level: int) -> Floats:
    """Mirror image of tables (n, 2), registered to the head; NaN where the other side has none.

    The mirror image is turned and shifted until it fits the head (Gauss-Newton on radial distances with Tukey weights),
    which moves the mirror's plane.
    """
    grid = spherical_grid(level)
    image = tables[grid.mirror_vertices]
    present = np.flatnonzero(np.isfinite(image).all(axis=1))
    chosen = present[:: max(1, len(present) // _MIRROR_POINTS)]
    points = grid.directions[chosen] * image[chosen, :1]
    filled = fill_smoothly(np.nan_to_num(tables), np.isfinite(tables), level)
    outer, sound = filled[:, 0], np.isfinite(tables[:, 0]).astype(float)
    rotation, shift = np.eye(3), np.zeros(3)
    for width in _MIRROR_WIDTHS_MM:
        moved = points @ rotation.T + shift
        radius = np.linalg.norm(moved, axis=1)
        unit = moved / radius[:, None]
        gap = radius - interpolate(outer, unit)
        weight = np.clip(1 - (gap / width) ** 2, 0, None) ** 2 * (interpolate(sound, unit) > 0.9)
        # a rotation does not change a point's radius but the table it is compared with; its slope is found by
        # differences
        turns = [np.cross(axis, moved) for axis in np.eye(3)]
        shifts = [np.tile(axis, (len(moved), 1)) for axis in np.eye(3)]
        jacobian = np.stack([_radial_derivative(outer, unit, radius, v) for v in (*turns, *shifts)], axis=1)
        normal = jacobian.T @ (weight[:, None] * jacobian) + np.diag([1e2] * 3 + [1e-2] * 3)
        step = -np.linalg.solve(normal, jacobian.T @ (weight * gap))
        turn: Floats = Rotation.from_rotvec(step[:3]).as_matrix()
        rotation, shift = turn @ rotation, turn @ shift + step[3:]
    return _resample_tables(image, rotation, shift, level)


def _radial_derivative(table: Floats, unit: Floats, radius: Floats, velocity: Floats) -> Floats:
    """Derivative of (radius - table) at points ``unit * radius`` that move with ``velocity`` (p, 3)."""
    step = 1e-2
    ahead, behind = (unit * radius[:, None] + s * step * velocity for s in (1, -1))
    return (_height_over_table(table, ahead) - _height_over_table(table, behind)) / (2 * step)


def _height_over_table(table: Floats, points: Floats) -> Floats:
    height: Floats = np.linalg.norm(points, axis=1) - interpolate(table, points)
    return height


def _resample_tables(tables: Floats, rotation: Floats, shift: Floats, level: int) -> Floats:
    """Tables (n, 2) of a rotated and shifted head on the grid again, by iteration along each ray."""
    grid = spherical_grid(level)
    resampled = np.full_like(tables, np.nan)
    for c in (0, 1):
        known = np.isfinite(tables[:, c]).astype(float)
        filled = fill_smoothly(np.nan_to_num(tables[:, c : c + 1]), known[:, None], level)[:, 0]
        radius = filled.copy()
        for _ in range(4):
            back = (grid.directions * radius[:, None] - shift) @ rotation
            radius = radius - (np.linalg.norm(back, axis=1) - interpolate(filled, back))
        back = (grid.directions * radius[:, None] - shift) @ rotation
        resampled[:, c] = np.where(interpolate(known, back) > 0.99, radius, np.nan)
    return resampled


def thin_plate_baseline(rays: RayMap, model: ShapeModel) -> VaultTables:
    """Predict by a thin plate through the bone around each hole (radial basis functions; Bookstein 1989).

    The plate is spanned over directions, so that it curves like a sphere where nothing bends it otherwise.

    Parameters
    ----------
    rays, model
        As for :func:`shape_model_baseline`; the model only finds the sound bone.

    Returns
    -------
    VaultTables
        On the grid of the rays.
    """
    bone = fit_sound_bone(rays, model)
    grid = spherical_grid(rays.level)
    tables = np.where(bone.sound_mask[:, None], bone.tables, bone.fitted_tables)
    vertices, label = grid.connected_parts(~bone.sound_mask & bone.vault)
    for k in np.flatnonzero(np.bincount(label) >= _MIN_HOLE_VERTICES):
        hole = np.zeros(len(grid), dtype=bool)
        hole[vertices[label == k]] = True
        rim = np.flatnonzero(grid.grow_region(hole, _RIM_RINGS) & bone.sound_mask)
        rim = rim[:: max(1, len(rim) // _MAX_RIM_POINTS)]
        if len(rim) < _MIN_RIM_POINTS:
            continue
        middle = grid.directions[hole].mean(axis=0)
        flat = _flatten_directions(grid.directions, middle / np.linalg.norm(middle))
        plate = RBFInterpolator(flat[rim], bone.tables[rim], kernel="thin_plate_spline", smoothing=1e-3)
        tables[hole] = plate(flat[hole])
    return bone.to_vault_tables(tables, np.full_like(bone.sigma, _MAX_SIGMA_MM))


def _flatten_directions(directions: Floats, middle: Floats) -> Floats:
    """Directions (n, 3) on a plane, (n, 2): distance and direction from the middle are true (azimuthal equidistant)."""
    side = np.cross(middle, np.eye(3)[np.abs(middle).argmin()])
    side /= np.linalg.norm(side)
    across = directions @ np.stack([side, np.cross(middle, side)], axis=1)
    length = np.linalg.norm(across, axis=1)
    return across * (np.arctan2(length, directions @ middle) / np.maximum(length, 1e-9))[:, None]


PREDICTORS: dict[str, Predictor | None] = {
    "SkullRestore": None,
    "shape model": shape_model_baseline,
    "mirroring": mirroring_baseline,
    "thin plate": thin_plate_baseline,
}
"""Name of a method to its predictor; None is the network."""
