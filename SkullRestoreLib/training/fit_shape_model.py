"""Fit the shape model: ray maps of many skulls in; mean, modes and residual noise of the vault out.

Which bone interval is the vault's table is not known beforehand, and some skulls have a defect. So the choice of the
intervals, the filling of the gaps and the principal components are found in turns (expectation maximisation).
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from SkullRestoreLib.geometry.icosphere import spherical_grid
from SkullRestoreLib.skull_model.shape_model import ShapeModel, fill_smoothly, match_tables
from SkullRestoreLib.training.template import make_symmetric

_MAX_DIPLOE_GAP_MM = 4.0
"""A gap along a ray up to this is diploe and does not part the tables."""
_MIN_VAULT_RADIUS_MM = 45.0
"""Bone nearer to the head's centre than this is base, not vault."""
_FRONT_HALF_ANGLE_DEG = 45.0
"""Azimuth to either side of the nose within which the frontal sinus may part the tables."""
_MAX_SPREAD_MM, _MAX_THICKNESS_MM, _MIN_PRESENT_SHARE = 7.5, 20.0, 0.8
"""More spread than this is an orbit, more thickness the petrous bone. Where fewer skulls than this have an outer table
there is a natural opening."""
_MAX_RESIDUAL_MM = 2.0
"""Where the modes leave more than this unexplained, the model's mean is no bone."""
_MIN_SIGMA_MM = 0.15
_MIN_DIRECTION_Z = -0.68
"""Sine of the lowest elevation of the vault (43 degrees down): the floor of the middle fossa and the nape are above it,
the neck is below."""


def guess_tables(intervals: NDArray[np.floating], level: int) -> NDArray[np.float64]:
    """Estimate outer and inner table without any model.

    The inner table is where the ray, walking outwards, first meets bone; the outer table is where that bone ends, gaps
    of diploe bridged. In front, where the sinus parts the tables and no zygomatic arch is outside, it is the outermost
    end.

    Parameters
    ----------
    intervals
        (n, m, 2) bone, mm, outermost first.
    level
        Grid level.

    Returns
    -------
    ndarray
        (n, 2) float64, mm, NaN where there is no bone.
    """
    walk = intervals[:, ::-1]  # from inside to outside; NaNs come first
    far = np.where(walk[..., 1] > _MIN_VAULT_RADIUS_MM, 1, 0) * np.isfinite(walk[..., 0])
    first = np.argmax(far, axis=1)
    row = np.arange(len(walk))
    present = far.any(axis=1)
    inner, outer = walk[row, first, 0], walk[row, first, 1].copy()
    for k in range(1, walk.shape[1]):
        following = np.minimum(first + k, walk.shape[1] - 1)
        joins = (first + k < walk.shape[1]) & (walk[row, following, 0] - outer < _MAX_DIPLOE_GAP_MM)
        outer = np.where(joins, walk[row, following, 1], outer)
    direction = spherical_grid(level).directions
    front = np.abs(np.degrees(np.arctan2(direction[:, 0], direction[:, 1]))) < _FRONT_HALF_ANGLE_DEG
    outer = np.where(front & np.isfinite(intervals[:, 0, 1]), intervals[:, 0, 1], outer)
    return np.where(present[:, None], np.stack([outer, inner], axis=1), np.nan).astype(float)


@dataclass(frozen=True, eq=False)
class CompletedTables:
    """Tables of every skull with their gaps filled, from which models of any selection are made."""

    level: int
    tables: NDArray[np.float64]  # (s, n, 2), mm, NaN outside the vault
    found: NDArray[np.bool_]  # (s, n, 2), measured, not filled
    known: NDArray[np.bool_]  # (s, n), False in the defect of a skull that has one

    def build_model(self, modes: int, chosen: NDArray[np.bool_] | None = None) -> ShapeModel:
        """Build the model of some skulls, each counted twice: as it is and mirrored.

        Parameters
        ----------
        modes
            Number of principal components.
        chosen
            (s,) bool; all skulls if None.
        """
        pick = np.ones(len(self.tables), dtype=bool) if chosen is None else chosen
        mirror = spherical_grid(self.level).mirror_vertices
        tables, found, known = (
            np.concatenate([a[pick], a[pick][:, mirror]]) for a in (self.tables, self.found, self.known)
        )
        present = found[..., 0].sum(axis=0) / np.maximum(known.sum(axis=0), 1)
        return _model_from_tables(tables, self.level, modes=modes, present=present)


def complete_tables(
    maps: Sequence[NDArray[np.floating]],
    level: int,
    *,
    modes: int = 60,
    rounds: int = 5,
    known: Sequence[NDArray[np.bool_]] | None = None,
) -> CompletedTables:
    """Find every skull's tables and fill their gaps.

    Parameters
    ----------
    maps
        (n, m, 2) bone intervals of each skull in the head frame, mm.
    level
        Grid level of the maps.
    modes
        Number of modes at the end; the first rounds use fewer, which keeps the choice of intervals stable.
    rounds
        Turns of matching and fitting.
    known
        (n,) bool for each skull: False where its bone must not be used (its defect). All is used if None.

    Returns
    -------
    CompletedTables
        In the order of ``maps``.
    """
    used = np.ones((len(maps), len(spherical_grid(level))), dtype=bool) if known is None else np.stack(known)
    if not used.all():
        maps = [np.where(k[:, None, None], m, np.nan) for m, k in zip(maps, used, strict=True)]
    guess = np.stack([guess_tables(m, level) for m in maps])
    state = CompletedTables(level, guess, np.isfinite(guess), used)
    model = state.build_model(min(8, modes))
    for turn in range(rounds):
        width = max(6.0, 14.0 - 3.0 * turn)
        tables, found = np.zeros_like(state.tables), np.zeros_like(state.found)
        for k, intervals in enumerate(maps):
            coefficients, _, _ = model.fit(intervals)
            expected = model.reconstruct_tables(coefficients)
            matched = match_tables(intervals, expected, width)
            found[k] = np.isfinite(matched)
            filled = expected + fill_smoothly(np.nan_to_num(matched - expected), found[k], level)
            tables[k] = np.where(found[k], matched, np.where(model.vault[:, None], filled, np.nan))
        state = CompletedTables(level, tables, found, used)
        model = state.build_model(max(min(8, modes), modes * (turn + 1) // rounds))
    return state


def certain_vault_model(model: ShapeModel) -> ShapeModel:
    """Take out of the model's vault where the modes leave more than 2 mm unexplained.

    There a ray meets sometimes the base and sometimes the root of the zygomatic arch: the prediction is the mean of the
    two, and no bone.

    Parameters
    ----------
    model
        The shape model; it is not changed.
    """
    vault = _clean_vault(model.vault & (model.sigma[:, 0] < _MAX_RESIDUAL_MM), model.level)
    return replace(model, modes=model.modes * vault[None, :, None], vault=vault)


def _model_from_tables(
    tables: NDArray[np.float64], level: int, *, modes: int, present: NDArray[np.float64]
) -> ShapeModel:
    """Principal components of (s, n, 2) tables; vertices that many skulls lack (``present``, (n,)) are not vault."""
    with warnings.catch_warnings(action="ignore"):  # no bone at all in some direction
        spread = np.nan_to_num(np.nanstd(tables[..., 0], axis=0), nan=99.0)
        middle = np.nanmedian(np.where((present > 0)[None, :, None], tables, 0.0), axis=0)
    mean = fill_smoothly(np.nan_to_num(middle), np.isfinite(middle) & (present > 0.5)[:, None], level)
    vault = _clean_vault(
        (present > _MIN_PRESENT_SHARE) & (spread < _MAX_SPREAD_MM) & (mean[:, 0] - mean[:, 1] < _MAX_THICKNESS_MM),
        level,
    )
    centred = np.where(np.isfinite(tables), tables - mean, 0.0)
    centred[:, ~vault] = 0.0
    mean = make_symmetric(mean + np.where(vault[:, None], centred.mean(axis=0), 0.0), level)
    centred = np.where(np.isfinite(tables) & vault[None, :, None], tables - mean, 0.0)
    flat = centred.reshape(len(tables), -1)
    _, s, vt = np.linalg.svd(flat, full_matrices=False)
    scale = s[:modes] / np.sqrt(len(tables))
    components = vt[:modes] * scale[:, None]
    residual = flat - (flat @ vt[:modes].T) @ vt[:modes]
    # the residual of skulls that made the modes is too small for a new one; the factor corrects for the lost degrees of
    # freedom
    freedom = max(1.0 - modes / (len(tables) / 2), 0.25)
    sigma = np.sqrt((residual**2).mean(axis=0) / freedom).reshape(-1, 2)
    return ShapeModel(level, mean, components.reshape(len(scale), -1, 2), np.maximum(sigma, _MIN_SIGMA_MM), vault)


def _clean_vault(region: NDArray[np.bool_], level: int) -> NDArray[np.bool_]:
    """The part of a region (n,) bool above the base: symmetric, one piece round the vertex, without pinholes."""
    grid = spherical_grid(level)
    region = region & (grid.directions[:, 2] > _MIN_DIRECTION_Z)
    region = grid.grow_region(grid.grow_region(grid.grow_region(region, 1), -2), 1)
    vertices, label = grid.connected_parts(region)
    keep = np.zeros(len(grid), dtype=bool)
    keep[vertices[label == label[np.argmax(grid.directions[vertices, 2])]]] = True
    return keep & keep[grid.mirror_vertices]
