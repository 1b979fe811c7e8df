"""The statistical shape of the vault: a radial map in, the most likely tables of the whole vault out.

A probabilistic principal component model (Tipping and Bishop 1999) of the outer and inner table over the grid, fitted to the sound bone only.
It knows where bone usually is, so it tells the vault from the zygomatic arch, the petrous pyramid and new bone on the dura, and it is the
starting point from which the network works.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from SkullRestoreLib.case import RadialMap
from SkullRestoreLib.grid import grid, level_of, to_level
from SkullRestoreLib.threads import one_for_algebra

# Tukey widths, mm: wide at first, because heads differ by more than a centimetre before the first modes are fitted
_RAYS_PER_FACT = 120.0
_WIDTHS = (22.0, 16.0, 12.0, 9.0, 7.0, 6.0, 5.0, 5.0)
_NEARLY_MM = 9.0
"""From this width on the fit is near enough to tell sound bone from new bone on the dura."""
_STEEP = 0.35
"""Where the outer table leaves the model by more than this, mm per mm along the surface, it steps on to another bone."""
_OWN_PART = 0.2
"""A part of the vault's bone that no step leads to is sound all the same when it holds this much of all."""


@dataclass(frozen=True, eq=False)  # one model is itself and no other, so what is worked out from it can be kept
class ShapeModel:
    """Mean, modes and noise of the vault's two tables."""

    level: int
    mean: np.ndarray  # (n, 2) float64, mm: outer, inner
    modes: np.ndarray  # (k, n, 2) float64, mm per standard deviation
    sigma: np.ndarray  # (n, 2) float64, mm, what the modes leave unexplained
    vault: np.ndarray  # (n,) bool, where the model holds

    @cached_property
    def _flat(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Modes (k, 2v), mean (2v,), sigma (2v,) on the vault's vertices alone."""
        return self.modes[:, self.vault].reshape(len(self.modes), -1), self.mean[self.vault].ravel(), self.sigma[self.vault].ravel()

    def tables(self, coefficients: np.ndarray) -> np.ndarray:
        """Outer and inner table (n, 2), mm, for (k,) mode coefficients in standard deviations."""
        return self.mean + np.tensordot(coefficients, self.modes, axes=1)

    @one_for_algebra()
    def fit(self, intervals: np.ndarray, *, widths: tuple[float, ...] = _WIDTHS) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Fit the modes to the bone that is there.

        Parameters
        ----------
        intervals
            (n, m, 2) float, mm, bone intervals on this model's level (see :class:`RadialMap`).
        widths
            Tukey width of each round, mm.

        Returns
        -------
        coefficients : (k,) float64
            In standard deviations.
        observed : (n, 2) float64
            Outer and inner table where they were found near the fitted model, NaN elsewhere.
        spread : (k, k) float64
            Posterior covariance of the coefficients.
        """
        modes, mean, sigma = self._flat
        coefficients = np.zeros(len(modes))
        for width in widths:
            tables = self.tables(coefficients)
            observed = match(intervals, tables, width)
            if width <= _NEARLY_MM:
                observed[~sound(observed, tables, self.vault)] = np.nan
            gap = (observed[self.vault] - tables[self.vault]).ravel()
            known = np.isfinite(gap)
            # what the modes leave unexplained is smooth over many rays, so one ray is a small part of an independent measurement
            weight = np.where(known, np.clip(1 - (np.nan_to_num(gap) / width) ** 2, 0, None) ** 2, 0.0) / (
                _RAYS_PER_FACT * (sigma**2 + 0.25)
            )
            target = np.where(known, np.nan_to_num(observed[self.vault].ravel()) - mean, 0.0)
            weighted = modes * weight
            precision = weighted @ modes.T + np.eye(len(modes))
            coefficients = np.linalg.solve(precision, weighted @ target)
        return coefficients, match(intervals, self.tables(coefficients), widths[-1]), np.linalg.inv(precision)


def match(intervals: np.ndarray, tables: np.ndarray, tolerance_mm: float) -> np.ndarray:
    """Outer and inner table nearest to where they are expected.

    Parameters
    ----------
    intervals
        (n, m, 2) float, mm, bone intervals, outermost first.
    tables
        (n, 2) float, mm, expected outer and inner table.
    tolerance_mm
        Ends further away than this are something else.

    Returns
    -------
    (n, 2) float64
        The *outermost* outer end within the tolerance (a frontal sinus has two plates; the front one is the outer table) and the *innermost*
        inner end within it; NaN where there is none, and nowhere an inner table outside an outer one.
    """
    outer, inner = np.full(len(tables), -np.inf), np.full(len(tables), np.inf)
    with np.errstate(invalid="ignore"):
        for low, high in np.moveaxis(
            intervals, 0, -1
        ):  # one interval of all rays at a time: several times faster than along the short axis
            outer = np.maximum(outer, np.where(np.abs(high - tables[:, 0]) <= tolerance_mm, high, -np.inf))
            inner = np.minimum(inner, np.where(np.abs(low - tables[:, 1]) <= tolerance_mm, low, np.inf))
    found = np.stack([outer, inner], axis=1)
    found[~np.isfinite(found)] = np.nan
    found[found[:, 1] >= found[:, 0]] = np.nan
    return found


def sound(observed: np.ndarray, tables: np.ndarray, vault: np.ndarray) -> np.ndarray:
    """Which of the bone near the expected tables is the sound vault, and not new bone on the dura or a piece that came loose.

    The outer table of sound bone is continuous; from its edge a step of some millimetres leads down to what has grown in a hole.

    Parameters
    ----------
    observed
        (n, 2) float, mm, from :func:`match`.
    tables
        (n, 2) float, mm, expected outer and inner table.
    vault
        (n,) bool.

    Returns
    -------
    (n,) bool
        False as well where no outer table was observed: an inner one alone may be a plate's.
    """
    g = grid(level_of(len(vault)))
    gap = observed[:, 0] - tables[:, 0]
    seen = np.flatnonzero(vault & np.isfinite(gap))
    if not len(seen):
        return np.zeros(len(vault), dtype=bool)
    near = g.adjacency[seen][:, seen].tocoo()
    step_mm = _STEEP * float(np.median(tables[seen, 0]) * np.sqrt(np.median(g.areas) * 2 / np.sqrt(3)))
    level = np.abs(gap[seen[near.row]] - gap[seen[near.col]]) < step_mm
    joined = sparse.coo_matrix((level[level], (near.row[level], near.col[level])), shape=near.shape)
    _, part = connected_components(joined, directed=False)
    size = np.bincount(part)
    out = np.zeros(len(vault), dtype=bool)
    out[seen] = size[part] >= min(size.max(), _OWN_PART * len(seen))
    return out


def on_level_of(model: ShapeModel, radial: RadialMap) -> np.ndarray:
    """Bone intervals of a radial map on the model's level, (n, m, 2) float, mm; ValueError if the map is coarser than that."""
    if radial.level < model.level:
        raise ValueError(f"The shape model needs a radial map of level {model.level} or finer; this one has level {radial.level}.")
    return to_level(radial.intervals, model.level)


def fit_shape(radial: RadialMap, model: ShapeModel) -> tuple[np.ndarray, np.ndarray]:
    """Fit the model to a radial map of any level at least as fine.

    Returns
    -------
    tables : (n, 2) float64
        Outer and inner table of the fitted model on the radial map's own level, mm.
    sigma : (n, 2) float64
        Their standard error there, mm.

    Raises
    ------
    ValueError
        If the radial map is coarser than the model.
    """
    coefficients, _, spread = model.fit(on_level_of(model, radial))
    variance = np.einsum("anc,ab,bnc->nc", model.modes, spread, model.modes, optimize=True) + model.sigma**2
    return to_level(model.tables(coefficients), radial.level), to_level(np.sqrt(variance), radial.level)


def smooth_fill(values: np.ndarray, known: np.ndarray, level: int, *, rounds: int = 2) -> np.ndarray:
    """Carry known values smoothly into the gaps between them (push-pull on the grid's levels).

    Parameters
    ----------
    values
        (n, c) float, anything where not known.
    known
        (n, c) bool or float weight 0..1.
    level
        Grid level of ``values``.
    rounds
        Smoothing passes over the gaps after each level.

    Returns
    -------
    (n, c) float64
        Equal to ``values`` where the weight is one.
    """
    weight = np.asarray(known, dtype=float)
    filled = np.where(weight > 0, values, 0.0)
    if level <= 1:
        total = weight.sum(axis=0)
        mean = np.where(total > 0, (filled * weight).sum(axis=0) / np.maximum(total, 1e-12), 0.0)
        return weight * filled + (1 - weight) * mean
    ring = grid(level).neighbours
    pooled_weight = to_level(weight + weight[ring].sum(axis=1) / 2, level - 1)
    weighted = weight * filled
    pooled = to_level(weighted + weighted[ring].sum(axis=1) / 2, level - 1) / np.maximum(pooled_weight, 1e-9)
    coarse = smooth_fill(pooled, np.minimum(pooled_weight, 1.0), level - 1, rounds=rounds)
    result = weight * filled + (1 - weight) * to_level(coarse, level)
    for _ in range(rounds):
        result = weight * filled + (1 - weight) * (result + result[ring].sum(axis=1)) / 7
    return result
