"""Predict the vault from its sound bone: bone intervals and a fitted shape model in, tables and their errors out.

Kriging (Gaussian conditioning; Rasmussen and Williams 2006, eq. 2.23) with the shape model as prior::

    cov(a, b) = modes(a) . modes(b)  +  s(a) s(b) c exp(-|a - b| / correlation_length_mm)

The first term correlates the vault as far as the modes reach. The second is for the residual of the modes (standard
deviation ``s``): it is correlated between neighbouring places, and less (``c``) between the two tables of one place.
Bone at the margin thus counts for the defect as far as skulls are similar over that distance, and no further.

A ray next to a cut may end on the wall of the cut. Where the wall is oblique to the rays it hides the inner table over
a centimetre and more. Bone next to a hole therefore counts only where it agrees with the prediction from bone further
away (decision 0010).
"""

from functools import lru_cache
from itertools import product

import numpy as np
from numpy.typing import NDArray

from SkullRestoreLib._system.blas_threads import single_blas_thread
from SkullRestoreLib.geometry.gaussian_field import correlation_along_sphere
from SkullRestoreLib.geometry.icosphere import level_from_count, spherical_grid, values_at_level
from SkullRestoreLib.method_parameters import METHOD, MethodParameters
from SkullRestoreLib.prediction.conditioning import Conditioning, FullConditioning, UpdatedConditioning
from SkullRestoreLib.records import RayMap
from SkullRestoreLib.skull_model.shape_model import ShapeModel, find_sound_bone, intervals_at_model_level, match_tables

_ROWS_PER_BLOCK = 64
"""Rows of the covariance that are made at a time: they fit into the processor's cache."""


def predict_by_kriging(
    rays: RayMap, model: ShapeModel, *, parameters: MethodParameters = METHOD
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Predict the complete vault from its sound part.

    Parameters
    ----------
    rays
        Bone intervals on a grid level at least as fine as the model's.
    model
        The shape model.
    parameters
        Of the method.

    Returns
    -------
    tables : (n, 2) float64
        Outer and inner table on the *model's* level, mm from the head's centre.
    sigma : (n, 2) float64
        Their standard error, mm.

    Raises
    ------
    ValueError
        If the rays are on a coarser level than the model.

    See Also
    --------
    GaussianProcessPrior.predict_tables : the same from intervals on the model's level and a fitted model.
    """
    intervals = intervals_at_model_level(model, rays)
    coefficients, _, _ = model.in_single_precision().fit(intervals, parameters=parameters.shape)
    prior = prior_for_model(model, parameters)
    return prior.predict_tables(intervals, model.reconstruct_tables(coefficients))


class GaussianProcessPrior:
    """Covariance of the vault's tables over all skulls, before the bone of one of them is used.

    Parameters
    ----------
    model
        The shape model.
    exact
        False for training: many heads of one model in a third of the time, 0.001 mm less precise, in less memory
        (decision 0175).
    parameters
        Of the method.

    Attributes
    ----------
    vault_vertices
        (v,) int64, the vault's vertices on the prior's level. Variables are their outer tables, then their inner ones.
    conditioning
        Of these variables on bone.
    intact_error
        (2v,) float64, mm, standard error of an intact head.
    """

    def __init__(self, model: ShapeModel, *, exact: bool = True, parameters: MethodParameters = METHOD) -> None:
        self._parameters, self._shape = parameters.kriging, parameters.shape
        self.model, self.level = model, min(self._parameters.prior_level, model.level)
        self.vault_vertices = np.flatnonzero(values_at_level(model.vault, self.level))
        covariance, noise_mm = self._prior_covariance(), self._parameters.noise_mm
        counted = self._counted_vertices(np.zeros(len(spherical_grid(self.level)), dtype=bool))
        usual = np.tile(counted[self.vault_vertices, 0], 2)
        self.conditioning: Conditioning = (
            FullConditioning(covariance, noise_mm) if exact else UpdatedConditioning(covariance, noise_mm, usual)
        )
        _, intact_error = self.condition_on(np.tile(np.where(counted, 0.0, np.nan), 2))
        self.intact_error = intact_error[self.vault_vertices].T.ravel()

    @single_blas_thread()
    def _prior_covariance(self) -> NDArray[np.float64]:
        """Covariance of all vault vertices' outer tables, then their inner ones: (2v, 2v) float64, mm²."""
        modes = values_at_level(np.moveaxis(self.model.modes, 0, -1), self.level)[self.vault_vertices]  # (v, 2, k)
        sigma = values_at_level(self.model.sigma, self.level)[self.vault_vertices]
        directions = spherical_grid(self.level).directions[self.vault_vertices]
        radius = float(np.median(self.model.mean[self.model.vault, 0]))
        length_mm = self._parameters.correlation_length_mm
        flat_modes = np.concatenate([modes[:, 0], modes[:, 1]])
        covariance, size = flat_modes @ flat_modes.T, len(self.vault_vertices)
        for first in range(0, size, _ROWS_PER_BLOCK):  # a few rows at a time: no second matrix of this size
            rows = slice(first, first + _ROWS_PER_BLOCK)
            correlation = correlation_along_sphere(directions[rows], directions, radius_mm=radius, length_mm=length_mm)
            for a, b in product((0, 1), repeat=2):
                between_tables = 1.0 if a == b else self._parameters.table_correlation
                block = covariance[a * size : (a + 1) * size, b * size : (b + 1) * size][rows]
                block += correlation * (between_tables * sigma[rows, a, None] * sigma[:, b])
        return covariance

    def predict_tables(
        self, intervals: NDArray[np.floating], tables: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Predict the complete vault from its sound part.

        Parameters
        ----------
        intervals
            (n, m, 2) float, mm, bone intervals on the model's level.
        tables
            (n, 2) float64, mm, the shape model fitted to them: bone near these tables is the vault's.

        Returns
        -------
        tables : (n, 2) float64
            Most likely outer and inner table on the model's level, mm; outside the vault the given ones.
        sigma : (n, 2) float64
            Their standard error, mm.
        """
        model, grid = self.model, spherical_grid(self.model.level)
        observed = match_tables(intervals, tables, self._parameters.match_tolerance_mm)
        observed[~find_sound_bone(observed, tables, model.vault, parameters=self._shape)] = np.nan
        gap = np.where(model.vault[:, None], observed - model.mean, np.nan)
        hole = grid.grow_region(grid.grow_region(model.vault & np.isnan(gap[:, 0]), -1), 1)
        sure, likely = self._trusted_gaps(gap, hole)
        change, error = self._condition_in_two_steps(sure, likely, near=self._near_unknown(gap, hole))
        change, error = values_at_level(change, model.level), values_at_level(error, model.level)
        return np.where(model.vault[:, None], model.mean + change, tables), np.where(
            model.vault[:, None], error, model.sigma
        )

    def _trusted_gaps(
        self, gap: NDArray[np.float64], hole: NDArray[np.bool_]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Distance from the mean (n, 2) on the prior's level, NaN where it does not count.

        The first is without walls and doubtful bone, the second without walls.
        """
        grid = spherical_grid(self.model.level)
        walls, doubtful = (
            np.stack([grid.grow_region(hole, rings) for rings in pair], axis=1)
            for pair in (self._parameters.wall_rings, self._parameters.doubtful_rings)
        )
        counts = self._counted_vertices(values_at_level(hole, self.level))
        both = np.where(np.concatenate([doubtful, walls], axis=1), np.nan, np.tile(gap, 2))
        pooled = np.where(counts, _pool_means(both, self.level), np.nan)
        return pooled[:, :2], pooled[:, 2:]

    def _near_unknown(self, gap: NDArray[np.float64], hole: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Where the error is not that of an intact head, on the prior's level: (n,) bool (decision 0058)."""
        near_hole = spherical_grid(self.level).grow_region(
            values_at_level(hole, self.level), 2 * self._parameters.dense_rings
        )
        unknown = np.asarray(np.isnan(gap).any(axis=1))
        return near_hole | values_at_level(unknown, self.level)

    def _condition_in_two_steps(
        self, sure: NDArray[np.float64], likely: NDArray[np.float64], *, near: NDArray[np.bool_]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Condition on the sure bone, then also on the doubtful bone that agrees: change, error (n, 2), mm."""
        doubtful = np.isfinite(likely) & np.isnan(sure)
        predicted, error = self.condition_on(sure, near=np.asarray(doubtful.any(axis=1)))
        largest = self._parameters.max_disagreement_sigmas * np.hypot(error, self._parameters.noise_mm)
        agrees = np.abs(likely - predicted) < largest
        return self.condition_on(np.where(doubtful & ~agrees, np.nan, likely), near=near)

    def condition_on(
        self, gap: NDArray[np.float64], *, near: NDArray[np.bool_] | None = None
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Distance of the tables from the mean skull, and its standard error, where part of it is known.

        Parameters
        ----------
        gap
            (n, 2) float64 on the prior's level, mm from the mean; NaN where not known.
        near
            (n,) bool, where the error is computed; elsewhere it is that of an intact head, which is always the same.
            Everywhere when not given.

        Returns
        -------
        change, error : (n, 2) float64
            mm; zero outside the vault.
        """
        values = gap[self.vault_vertices].T.ravel()
        everywhere = np.ones(len(self.vault_vertices), dtype=bool)
        wanted = np.flatnonzero(np.tile(everywhere if near is None else near[self.vault_vertices], 2))
        change, wanted_variance = self.conditioning.condition(values, wanted)
        variance = np.zeros(len(values)) if near is None else self.intact_error**2
        variance[wanted] = np.maximum(wanted_variance, 1e-4)
        result = np.zeros((2, len(gap), 2))
        result[:, self.vault_vertices] = np.swapaxes(np.stack([change, np.sqrt(variance)]).reshape(2, 2, -1), 1, 2)
        return result[0], result[1]

    def _counted_vertices(self, hole: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Vertices that count, (n, 1) bool: all near the hole, every fourth elsewhere."""
        every_fourth = np.zeros(len(hole), dtype=bool)
        every_fourth[values_at_level(np.arange(len(hole)), max(self.level - 1, 0))] = True
        return (every_fourth | spherical_grid(self.level).grow_region(hole, self._parameters.dense_rings))[:, None]


@lru_cache(maxsize=1)
def prior_for_model(model: ShapeModel, parameters: MethodParameters = METHOD) -> GaussianProcessPrior:
    """Return the prior of a model; the last one is cached, since it takes a second to make.

    Parameters
    ----------
    model
        The shape model; another object is another model.
    parameters
        Of the method.
    """
    return GaussianProcessPrior(model, parameters=parameters)


def _pool_means(gap: NDArray[np.float64], level: int) -> NDArray[np.float64]:
    """Means over a vertex and its neighbours (half weight) on a coarser level; NaN where most are not known."""
    known = np.isfinite(gap)
    gap = np.where(known, gap, 0.0)
    while level_from_count(len(gap)) > level:
        finer = level_from_count(len(gap))
        kept = values_at_level(np.arange(len(gap)), finer - 1)
        neighbours = spherical_grid(finer).neighbours[kept]
        weight = known[kept] + known[neighbours].sum(axis=1) / 2
        gap = (gap[kept] + gap[neighbours].sum(axis=1) / 2) / np.maximum(weight, 1.0)
        known = weight >= 2.0
        gap = np.where(known, gap, 0.0)
    return np.where(known, gap, np.nan)
