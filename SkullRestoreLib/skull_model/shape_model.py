"""Fit a statistical shape model of the vault to a ray map: the most likely tables of the complete vault.

A probabilistic principal component model (Tipping and Bishop 1999) of the outer and inner table over the grid, fitted
to the sound bone only. It knows where bone usually is, and so distinguishes the vault from the zygomatic arch, the
petrous pyramid and new bone on the dura. The network starts from its prediction.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from SkullRestoreLib._system.blas_threads import single_blas_thread
from SkullRestoreLib.geometry.icosphere import level_from_count, spherical_grid, values_at_level
from SkullRestoreLib.method_parameters import METHOD, ShapeParameters
from SkullRestoreLib.records import RayMap


@dataclass(frozen=True, eq=False)
class ShapeModel:
    """Mean, modes and noise of the vault's two tables.

    Attributes
    ----------
    level
        Grid level.
    mean
        (n, 2) float64, mm: outer and inner table.
    modes
        (k, n, 2) float64, mm per standard deviation.
    sigma
        (n, 2) float64, mm, standard deviation that the modes leave unexplained.
    vault
        (n,) bool, where the model is valid.
    """

    level: int
    mean: NDArray[np.float64]
    modes: NDArray[np.float64]
    sigma: NDArray[np.float64]
    vault: NDArray[np.bool_]

    def __repr__(self) -> str:
        return f"ShapeModel(level={self.level}, {len(self.modes)} modes, {len(self.vault)} directions)"

    @cached_property
    def _flat_vault(self) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Modes (k, 2v), mean (2v,) and sigma (2v,) on the vault's vertices only."""
        return (
            self.modes[:, self.vault].reshape(len(self.modes), -1),
            self.mean[self.vault].ravel(),
            self.sigma[self.vault].ravel(),
        )

    def in_single_precision(self) -> "ShapeModel":
        """Copy the model to float32, in which a fit takes half the time and differs by less than a micrometre.

        The copy is made once and kept.
        """
        return self._single_precision

    @cached_property
    def _single_precision(self) -> "ShapeModel":
        single: dict[str, Any] = {n: getattr(self, n).astype(np.float32) for n in ("mean", "modes", "sigma")}
        return replace(self, **single)

    def reconstruct_tables(self, coefficients: NDArray[np.float64]) -> NDArray[np.float64]:
        """Compute the tables of a skull from its mode coefficients.

        Parameters
        ----------
        coefficients
            (k,) float64, standard deviations.

        Returns
        -------
        ndarray
            (n, 2) float64, mm: outer and inner table.
        """
        return self.mean + np.tensordot(coefficients, self.modes, axes=1)

    @single_blas_thread()
    def fit(
        self, intervals: NDArray[np.floating], *, parameters: ShapeParameters = METHOD.shape
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Fit the modes to the bone that is present.

        Parameters
        ----------
        intervals
            (n, m, 2) float, mm, bone intervals on this model's level (see :class:`RayMap`).
        parameters
            Of this step.

        Returns
        -------
        coefficients : ndarray
            (k,) float64, standard deviations.
        observed : ndarray
            (n, 2) float64, mm, outer and inner table where they were found near the fitted model, NaN elsewhere.
        covariance : ndarray
            (k, k) float64, posterior covariance of the coefficients.
        """
        modes, mean, sigma = self._flat_vault
        coefficients = np.zeros(len(modes), dtype=modes.dtype)
        intervals = np.moveaxis(ends_by_interval(intervals), -1, 0)  # once for all rounds
        for width in parameters.fit_widths_mm:
            tables = self.reconstruct_tables(coefficients)
            observed = match_tables(intervals, tables, width)
            if width <= parameters.sound_bone_width_mm:
                observed[~find_sound_bone(observed, tables, self.vault, parameters=parameters)] = np.nan
            gap = (observed[self.vault] - tables[self.vault]).ravel()
            known = np.isfinite(gap)
            tukey = np.where(known, np.clip(1 - (np.nan_to_num(gap) / width) ** 2, 0, None) ** 2, 0.0)
            weight = tukey / (parameters.rays_per_measurement * (sigma**2 + parameters.table_variance_mm2))
            target = np.where(known, np.nan_to_num(observed[self.vault].ravel()) - mean, 0.0)
            weighted = modes * weight
            precision = weighted @ modes.T + np.eye(len(modes))
            coefficients = np.linalg.solve(precision, weighted @ target).astype(modes.dtype, copy=False)
        return (
            coefficients,
            match_tables(intervals, self.reconstruct_tables(coefficients), parameters.fit_widths_mm[-1]),
            np.linalg.inv(precision).astype(np.float64, copy=False),
        )


def ends_by_interval(intervals: NDArray[Any]) -> NDArray[Any]:
    """Arrange bone intervals so that an end of all rays is one piece of memory, which is read several times faster.

    Parameters
    ----------
    intervals
        (n, m, 2), of any type.

    Returns
    -------
    ndarray
        (m, 2, n).
    """
    return np.ascontiguousarray(np.moveaxis(intervals, 0, -1))


def match_tables(
    intervals: NDArray[np.floating], tables: NDArray[np.float64], tolerance_mm: float
) -> NDArray[np.float64]:
    """Find the measured tables close to the expected ones.

    Parameters
    ----------
    intervals
        (n, m, 2) float, mm, bone intervals, outermost first.
    tables
        (n, 2) float64, mm, expected outer and inner table.
    tolerance_mm
        Ends further away than this are something else.

    Returns
    -------
    ndarray
        (n, 2) float64, mm: the *outermost* outer end within the tolerance (a frontal sinus has two walls; the front one
        is the outer table) and the *innermost* inner end within it. NaN where there is none, and both where the inner
        end would be outside the outer one. float32 where intervals and tables are, as in training.

    Examples
    --------
    >>> match_tables(np.array([[[70.0, 72.0], [64.0, 66.0]]]), np.array([[73.0, 65.0]]), 5.0).tolist()
    [[72.0, 64.0]]
    """
    kind = np.result_type(intervals, tables)
    outer, inner = np.full(len(tables), -np.inf, dtype=kind), np.full(len(tables), np.inf, dtype=kind)
    with np.errstate(invalid="ignore"):
        # one interval of all rays at a time: several times faster than along the short axis
        for low, high in ends_by_interval(intervals):
            outer = np.maximum(outer, np.where(np.abs(high - tables[:, 0]) <= tolerance_mm, high, -np.inf))
            inner = np.minimum(inner, np.where(np.abs(low - tables[:, 1]) <= tolerance_mm, low, np.inf))
    found = np.stack([outer, inner], axis=1)
    found[~np.isfinite(found)] = np.nan
    found[found[:, 1] >= found[:, 0]] = np.nan
    return found


def find_sound_bone(
    observed: NDArray[np.float64],
    tables: NDArray[np.float64],
    vault: NDArray[np.bool_],
    *,
    parameters: ShapeParameters = METHOD.shape,
) -> NDArray[np.bool_]:
    """Find the sound vault among the bone near the expected tables; the rest is new bone on the dura, or a loose piece.

    The outer table of sound bone is continuous. At its edge, a step of some millimetres leads down to bone that has
    grown in a defect.

    Parameters
    ----------
    observed
        (n, 2) float64, mm, from :func:`match_tables`.
    tables
        (n, 2) float64, mm, expected outer and inner table.
    vault
        (n,) bool.
    parameters
        How large a step and a part are.

    Returns
    -------
    ndarray
        (n,) bool; also False where no outer table was observed: an inner one alone may belong to a metal plate.
    """
    if parameters.min_sound_share == 0:
        return np.asarray(np.isfinite(observed).any(axis=1))
    grid = spherical_grid(level_from_count(len(vault)))
    gap = observed[:, 0] - tables[:, 0]
    vertices = np.flatnonzero(vault & np.isfinite(gap))
    if not len(vertices):
        return np.zeros(len(vault), dtype=bool)
    max_step_mm = parameters.max_table_slope * float(np.median(tables[vertices, 0]) * grid.edge_length)
    gap[~vault] = np.nan  # compares as a step
    first, second = grid.edges
    with np.errstate(invalid="ignore"):
        without_step = np.abs(gap[first] - gap[second]) < max_step_mm
    ends = first[without_step], second[without_step]
    joined = sparse.coo_matrix((np.ones(len(ends[0]), dtype=bool), ends), shape=(len(vault), len(vault)))
    part = connected_components(joined, directed=False)[1][vertices]
    size = np.bincount(part)
    sound = np.zeros(len(vault), dtype=bool)
    sound[vertices] = size[part] >= min(size.max(), parameters.min_sound_share * len(vertices))
    return sound


def intervals_at_model_level(model: ShapeModel, rays: RayMap) -> NDArray[np.float32]:
    """Convert the bone intervals of a ray map to the model's level.

    Parameters
    ----------
    model
        The shape model.
    rays
        Of the same level, or finer.

    Returns
    -------
    ndarray
        (n, m, 2) float32, mm.

    Raises
    ------
    ValueError
        If the ray map is coarser than the model.
    """
    if rays.level < model.level:
        raise ValueError(
            f"The shape model needs a ray map of level {model.level} or finer; this one has level {rays.level}."
        )
    return values_at_level(rays.intervals, model.level)


def fit_shape(rays: RayMap, model: ShapeModel) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Fit the shape model to a ray map.

    Parameters
    ----------
    rays
        Of the model's level, or finer.
    model
        The shape model.

    Returns
    -------
    tables : ndarray
        (n, 2) float64, mm, outer and inner table of the fitted model on the ray map's level.
    sigma : ndarray
        (n, 2) float64, mm, their standard error.

    Raises
    ------
    ValueError
        If the ray map is coarser than the model.
    """
    coefficients, _, covariance = model.fit(intervals_at_model_level(model, rays) / np.float32(rays.size))
    variance = np.einsum("anc,ab,bnc->nc", model.modes, covariance, model.modes, optimize=True) + model.sigma**2
    tables = values_at_level(model.reconstruct_tables(coefficients), rays.level)
    return rays.size * tables, rays.size * values_at_level(np.sqrt(variance), rays.level)


def fill_smoothly(
    values: NDArray[np.float64], known: NDArray[Any], level: int, *, rounds: int = 2
) -> NDArray[np.float64]:
    """Interpolate known values smoothly into the gaps between them (push-pull over the grid's levels).

    Parameters
    ----------
    values
        (n, c) float64; ignored where not known.
    known
        (n, c) bool, or float weight 0..1; (n, 1) where it is the same for all columns.
    level
        Grid level of ``values``.
    rounds
        Smoothing passes over the gaps after each level.

    Returns
    -------
    ndarray
        (n, c) float64, equal to ``values`` where the weight is one.

    Examples
    --------
    >>> known = np.zeros((42, 1), bool)
    >>> known[0] = True
    >>> fill_smoothly(np.where(known, 3.0, np.nan), known, 1).ravel().tolist() == [3.0] * 42
    True
    """
    weight = np.asarray(known, dtype=float)
    filled = np.where(weight > 0, values, 0.0)
    if level <= 1:
        total = weight.sum(axis=0)
        mean = np.where(total > 0, (filled * weight).sum(axis=0) / np.maximum(total, 1e-12), 0.0)
        return weight * filled + (1 - weight) * mean
    grid = spherical_grid(level)
    kept = values_at_level(np.arange(len(grid)), level - 1)
    weighted = weight * filled
    pooled_weight = weight[kept] + grid.neighbour_sums(weight, kept) / 2
    pooled = (weighted[kept] + grid.neighbour_sums(weighted, kept) / 2) / np.maximum(pooled_weight, 1e-9)
    coarse = fill_smoothly(pooled, np.minimum(pooled_weight, 1.0), level - 1, rounds=rounds)
    result = weighted + (1 - weight) * values_at_level(coarse, level)
    free = np.flatnonzero((weight < 1).any(axis=1))  # the others stay as they are
    given, share = weighted[free], 1 - weight[free]
    for _ in range(rounds):
        result[free] = given + share * (result[free] + grid.neighbour_sums(result, free)) / 7
    return result
