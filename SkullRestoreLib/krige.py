"""What the sound bone says of the rest: bone intervals and a fitted shape model in, the most likely tables of the whole vault and their errors out.

Kriging (Gaussian conditioning; Rasmussen and Williams 2006, eq. 2.23) with the shape model as prior::

    cov(a, b) = modes(a) . modes(b)  +  s(a) s(b) c exp(-|a - b| / REACH_MM)

The first term ties the whole vault together; the second says that what the modes leave over (``s``) is alike at neighbouring places and, less so
(``c``), in the two tables of one place. So bone at the rim counts for the hole as far as skulls are alike over that distance, and no further.

A ray beside a cut may end on the cut's wall. The wall hides the inner table over a centimetre and more where it is oblique to the rays, so bone
near a hole is believed only if it agrees with what the bone further away foretells.
"""

from functools import lru_cache

import numpy as np
from scipy.linalg import cho_factor, cho_solve, solve_triangular

from SkullRestoreLib.case import RadialMap
from SkullRestoreLib.grid import grid, level_of, to_level
from SkullRestoreLib.shape import ShapeModel, match, on_level_of, sound
from SkullRestoreLib.threads import one_for_algebra

LEVEL = 4
"""7 mm between vertices; what is finer is left to the network and to the tie to the bone."""
REACH_MM, _BETWEEN_TABLES, _NOISE_MM = 20.0, 0.5, 0.3
"""Chosen on damaged training skulls, each with a model that had not seen it; the optimum is flat."""
MATCH_MM = 6.0
_WALL_RINGS = (2, 2)
_DOUBTED_RINGS = (3, 6)
"""Rings (3.4 mm) round a hole in which the outer and the inner table are taken for a wall, and for doubtful."""
_DOUBT = 3.0
_NEAR_RINGS = 3
"""Rings (7 mm) round a hole in which every vertex counts; further away every fourth does."""


def foretell(radial: RadialMap, model: ShapeModel) -> tuple[np.ndarray, np.ndarray]:
    """Tell the whole vault from its sound part: :meth:`Prior.foretell` for a radial map of any level at least as fine as the model's.

    Returns
    -------
    tables, sigma : (n, 2) float64
        On the *model's* level, mm.

    Raises
    ------
    ValueError
        If the radial map is coarser than the model.
    """
    coarse = on_level_of(model, radial)
    coefficients, _, _ = model.fit(coarse)
    return prior_of(model).foretell(coarse, model.tables(coefficients))


class Prior:
    """What is expected of any skull, before its bone is looked at.

    Parameters
    ----------
    model
        The shape model.
    exact
        False for single precision throughout: some hundredths of a millimetre less precise, a third of the memory. For training, which holds several.
    """

    def __init__(self, model: ShapeModel, *, exact: bool = True) -> None:
        self.model, self.level = model, min(LEVEL, model.level)
        self._at = np.flatnonzero(to_level(model.vault, self.level))
        covariance = self._of_all()
        self._single = covariance.astype(np.float32)
        self._covariance = covariance if exact else self._single
        size = len(grid(self.level))
        counted = np.where(_counted(np.zeros(size, dtype=bool), self.level), 0.0, np.nan)
        self._whole_error = self.given(np.tile(counted, 2))[1][self._at].T.ravel()  # (2v,) float64, mm, of a head without a hole

    @one_for_algebra()
    def _of_all(self) -> np.ndarray:
        """(2v, 2v) float64, mm2, of all vault vertices' outer tables and then their inner ones."""
        modes = to_level(np.moveaxis(self.model.modes, 0, -1), self.level)[self._at]  # (v, 2, k)
        sigma = to_level(self.model.sigma, self.level)[self._at]
        place = grid(self.level).directions[self._at]
        radius = float(np.median(self.model.mean[self.model.vault, 0]))
        alike = np.exp(-radius * np.arccos(np.clip(place @ place.T, -1, 1)) / REACH_MM)
        flat = np.concatenate([modes[:, 0], modes[:, 1]])
        whole, size = flat @ flat.T, len(self._at)
        for a in (0, 1):
            for b in (0, 1):
                own = 1.0 if a == b else _BETWEEN_TABLES
                whole[a * size : (a + 1) * size, b * size : (b + 1) * size] += own * alike * np.outer(sigma[:, a], sigma[:, b])
        return whole

    def foretell(self, intervals: np.ndarray, tables: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Tell the whole vault from its sound part.

        Parameters
        ----------
        intervals
            (n, m, 2) float, mm, bone intervals on the model's level.
        tables
            (n, 2) float, mm, the fitted shape model there: it tells which bone is the vault's.

        Returns
        -------
        tables : (n, 2) float64
            Most likely outer and inner table on the model's level, mm; outside the vault as they came.
        sigma : (n, 2) float64
            Their standard error, mm.
        """
        model, g = self.model, grid(self.model.level)
        seen = match(intervals, tables, MATCH_MM)
        seen[~sound(seen, tables, model.vault)] = np.nan
        gap = np.where(model.vault[:, None], seen - model.mean, np.nan)
        hole = g.grow(g.grow(model.vault & np.isnan(gap[:, 0]), -1), 1)
        walls, doubted = (np.stack([g.grow(hole, rings) for rings in pair], axis=1) for pair in (_WALL_RINGS, _DOUBTED_RINGS))
        lost = to_level(hole, self.level)
        counts = _counted(lost, self.level)
        near = grid(self.level).grow(lost, 2 * _NEAR_RINGS) | to_level(np.isnan(gap).any(axis=1), self.level)
        sure, likely = (np.where(counts, _pooled(np.where(off, np.nan, gap), self.level), np.nan) for off in (doubted, walls))
        doubt = np.isfinite(likely) & np.isnan(sure)
        foretold, error = self.given(sure, near=doubt.any(axis=1))
        agrees = np.abs(likely - foretold) < _DOUBT * np.hypot(error, _NOISE_MM)
        change, error = (to_level(x, model.level) for x in self.given(np.where(doubt & ~agrees, np.nan, likely), near=near))
        return np.where(model.vault[:, None], model.mean + change, tables), np.where(model.vault[:, None], error, model.sigma)

    @one_for_algebra()
    def given(self, gap: np.ndarray, *, near: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Distance from the mean skull, and its standard error, given some of it.

        Parameters
        ----------
        gap
            (n, 2) float on the prior's level, mm from the mean; NaN where not known.
        near
            (n,) bool, where the error is worked out; elsewhere it is that of a whole head, which is always the same. Everywhere when not given.

        Returns
        -------
        change, error : (n, 2) float64
            Zero outside the vault.
        """
        known = gap[self._at].T.ravel()
        of = np.flatnonzero(np.isfinite(known))
        own = self._covariance[np.ix_(of, of)]
        own[np.diag_indices(len(of))] += _NOISE_MM**2
        factor = cho_factor(own, lower=True, overwrite_a=True, check_finite=False)
        pull = np.zeros(len(known), dtype=own.dtype)
        pull[of] = cho_solve(factor, known[of].astype(own.dtype), check_finite=False)
        asked = np.flatnonzero(np.tile(np.ones(len(self._at), dtype=bool) if near is None else near[self._at], 2))
        variance = np.zeros(len(known)) if near is None else self._whole_error**2
        # single precision is enough for an error, and twice as fast
        across = self._single[np.ix_(asked, of)].T
        less = solve_triangular(factor[0].astype(np.float32, copy=False), across, lower=True, overwrite_b=True, check_finite=False)
        variance[asked] = np.maximum(self._covariance.diagonal()[asked] - np.einsum("oa,oa->a", less, less), 1e-4)
        out = np.zeros((2, len(gap), 2))
        out[:, self._at] = np.swapaxes(np.stack([self._covariance @ pull, np.sqrt(variance)]).reshape(2, 2, -1), 1, 2)
        return out[0], out[1]


@lru_cache(maxsize=1)
def prior_of(model: ShapeModel) -> Prior:
    """The prior of a model; that of the last one is kept."""
    return Prior(model)


def _pooled(gap: np.ndarray, level: int) -> np.ndarray:
    """Means over each vertex and its neighbours (half weight) on a coarser level; NaN where most of them are not known."""
    known = np.isfinite(gap)
    gap = np.where(known, gap, 0.0)
    while level_of(len(gap)) > level:
        ring = grid(level_of(len(gap))).neighbours
        weight = to_level(known + known[ring].sum(axis=1) / 2, level_of(len(gap)) - 1)
        gap = to_level(gap + gap[ring].sum(axis=1) / 2, level_of(len(gap)) - 1) / np.maximum(weight, 1.0)
        known = weight >= 2.0
        gap = np.where(known, gap, 0.0)
    return np.where(known, gap, np.nan)


def _counted(hole: np.ndarray, level: int) -> np.ndarray:
    """Vertices that count, (n, 1) bool: all near the hole, every fourth elsewhere."""
    every = np.zeros(len(hole), dtype=bool)
    every[to_level(np.arange(len(hole)), max(level - 1, 0))] = True
    return (every | grid(level).grow(hole, _NEAR_RINGS))[:, None]
