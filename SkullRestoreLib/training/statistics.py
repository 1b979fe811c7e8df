"""Fitting the shape model: radial maps of many skulls in, mean, modes and noise of the vault out.

Which bone interval is the vault's table is not known beforehand, and some skulls have a hole; so the choice of the intervals, the filling of the
gaps and the principal components are found in turns (expectation and maximisation).
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from SkullRestoreLib.grid import grid
from SkullRestoreLib.shape import ShapeModel, match, smooth_fill
from SkullRestoreLib.training.atlas import symmetric

_DIPLOE_MM = 4.0
_FRONT_DEG = 45.0
_VARIED_MM, _PETROUS_MM, _COMMON = 7.5, 20.0, 0.8
"""More spread than this is an orbit, more thickness the petrous bone; where fewer skulls than this have an outer table there is an opening."""
_UNSURE_MM = 2.0
_LOWEST = -0.68
"""Sine of the elevation below which nothing is looked at (43 degrees down): the floor of the middle fossa and the nape are above, the neck is below."""


def first_guess(intervals: np.ndarray, level: int) -> np.ndarray:
    """Outer and inner table without any model: (n, 2) float, mm, NaN where there is no bone.

    The inner table is where the ray, walking outwards, first meets bone; the outer table is where that bone ends, small gaps of
    diploe bridged. In front, where the sinus parts the tables and no arch lies outside, the outermost end is taken.
    """
    walk = intervals[:, ::-1]  # from inside to outside; NaNs come first
    far = np.where(walk[..., 1] > 45.0, 1, 0) * np.isfinite(walk[..., 0])
    first = np.argmax(far, axis=1)
    row = np.arange(len(walk))
    present = far.any(axis=1)
    inner, outer = walk[row, first, 0], walk[row, first, 1].copy()
    for k in range(1, walk.shape[1]):
        at = np.minimum(first + k, walk.shape[1] - 1)
        joins = (first + k < walk.shape[1]) & (walk[row, at, 0] - outer < _DIPLOE_MM)
        outer = np.where(joins, walk[row, at, 1], outer)
    direction = grid(level).directions
    front = np.abs(np.degrees(np.arctan2(direction[:, 0], direction[:, 1]))) < _FRONT_DEG
    outer = np.where(front & np.isfinite(intervals[:, 0, 1]), intervals[:, 0, 1], outer)
    return np.where(present[:, None], np.stack([outer, inner], axis=1), np.nan).astype(float)


@dataclass(frozen=True)
class Completed:
    """Tables of every skull with their gaps filled, from which models of any selection are made."""

    level: int
    tables: np.ndarray  # (s, n, 2) float, mm, NaN outside the vault
    found: np.ndarray  # (s, n, 2) bool, where they were seen and not filled
    known: np.ndarray  # (s, n) bool, false in the hole of a skull that has one

    def model(self, modes: int, chosen: np.ndarray | None = None) -> ShapeModel:
        """The model of the chosen skulls ((s,) bool; all when not given), each counted twice, as it is and mirrored."""
        pick = np.ones(len(self.tables), dtype=bool) if chosen is None else chosen
        flip = grid(self.level).mirror
        data, found, known = (np.concatenate([a[pick], a[pick][:, flip]]) for a in (self.tables, self.found, self.known))
        return _from_data(data, self.level, modes=modes, present=found[..., 0].sum(axis=0) / np.maximum(known.sum(axis=0), 1))


def complete(
    maps: Sequence[np.ndarray], level: int, *, modes: int = 60, rounds: int = 5, known: Sequence[np.ndarray] | None = None
) -> Completed:
    """Find every skull's tables and fill their gaps.

    Parameters
    ----------
    maps
        Bone intervals (n, m, 2) of each skull in the head frame, mm.
    level
        Grid level of the maps.
    modes
        Number of modes at the end; the first rounds use fewer, which holds the choice of intervals steady.
    rounds
        Turns of matching and fitting.
    known
        (n,) bool for each skull: false where its bone must not be used (a hole). All, when not given.
    """
    known = np.ones((len(maps), len(grid(level))), dtype=bool) if known is None else np.stack(known)
    if not known.all():
        maps = [np.where(k[:, None, None], m, np.nan) for m, k in zip(maps, known, strict=True)]
    guess = np.stack([first_guess(m, level) for m in maps])
    state = Completed(level, guess, np.isfinite(guess), known)
    model = state.model(min(8, modes))
    for turn in range(rounds):
        width = max(6.0, 14.0 - 3.0 * turn)
        tables, found = np.zeros_like(state.tables), np.zeros_like(state.found)
        for k, intervals in enumerate(maps):
            coefficients, _, _ = model.fit(intervals)
            expected = model.tables(coefficients)
            seen = match(intervals, expected, width)
            found[k] = np.isfinite(seen)
            filled = expected + smooth_fill(np.nan_to_num(seen - expected), found[k], level)
            tables[k] = np.where(found[k], seen, np.where(model.vault[:, None], filled, np.nan))
        state = Completed(level, tables, found, known)
        model = state.model(max(min(8, modes), modes * (turn + 1) // rounds))
    return state


def sure_part(model: ShapeModel) -> ShapeModel:
    """The same model, its vault without where the modes leave more than ``_UNSURE_MM`` unexplained.

    There a ray meets sometimes the base and sometimes the root of the zygomatic arch: what is foretold is the mean of two things, and no bone.
    """
    vault = _vault(model.vault & (model.sigma[:, 0] < _UNSURE_MM), model.level)
    return replace(model, modes=model.modes * vault[None, :, None], vault=vault)


def _from_data(data: np.ndarray, level: int, *, modes: int, present: np.ndarray) -> ShapeModel:
    """Principal components of (s, n, 2) tables; vertices that many skulls lack are not vault."""
    with warnings.catch_warnings(action="ignore"):  # no bone at all in some direction
        spread = np.nan_to_num(np.nanstd(data[..., 0], axis=0), nan=99.0)
        middle = np.nanmedian(np.where((present > 0)[None, :, None], data, 0.0), axis=0)
    mean = smooth_fill(np.nan_to_num(middle), np.isfinite(middle) & (present > 0.5)[:, None], level)
    vault = _vault((present > _COMMON) & (spread < _VARIED_MM) & (mean[:, 0] - mean[:, 1] < _PETROUS_MM), level)
    centred = np.where(np.isfinite(data), data - mean, 0.0)
    centred[:, ~vault] = 0.0
    mean = symmetric(mean + np.where(vault[:, None], centred.mean(axis=0), 0.0), level)
    centred = np.where(np.isfinite(data) & vault[None, :, None], data - mean, 0.0)
    flat = centred.reshape(len(data), -1)
    _, s, vt = np.linalg.svd(flat, full_matrices=False)
    scale = s[:modes] / np.sqrt(len(data))
    components = vt[:modes] * scale[:, None]
    left = flat - (flat @ vt[:modes].T) @ vt[:modes]
    # what is left of skulls that made the modes is too small for a new one; the factor repairs the lost degrees of freedom
    freedom = max(1.0 - modes / (len(data) / 2), 0.25)
    sigma = np.sqrt((left**2).mean(axis=0) / freedom).reshape(-1, 2)
    return ShapeModel(level, mean, components.reshape(len(scale), -1, 2), np.maximum(sigma, 0.15), vault)


def _vault(region: np.ndarray, level: int) -> np.ndarray:
    """The part of a region (n,) bool above the base, as one piece round the vertex, without its pinholes."""
    g = grid(level)
    region = region & (g.directions[:, 2] > _LOWEST)
    region = g.grow(g.grow(g.grow(region, 1), -2), 1)
    at, label = g.parts(region)
    keep = np.zeros(len(g), dtype=bool)
    keep[at[label == label[np.argmax(g.directions[at, 2])]]] = True
    return keep & keep[g.mirror]
