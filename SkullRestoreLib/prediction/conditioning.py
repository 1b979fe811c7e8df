"""Condition normal variables on measurements of some of them: from the start, or by updates of what is known already.

Rasmussen and Williams 2006, eq. 2.23. Both ways give the same numbers, except for the rounding (decision 0175).
"""

from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve, cholesky, solve_triangular

from SkullRestoreLib._system.blas_threads import single_blas_thread

_KEPT_FACTORS = 2
"""Factors that are kept: a prediction uses two, and a repeated one mostly measures the same variables."""


class Conditioning(Protocol):
    """One way to condition normal variables with mean zero."""

    def condition(
        self, values: NDArray[np.float64], wanted: NDArray[np.int64]
    ) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
        """Condition on measurements.

        Parameters
        ----------
        values
            (m,) float64, measurements; NaN where there is none.
        wanted
            (w,) int64, the variables of which the variance is computed.

        Returns
        -------
        mean : (m,) float
            Most likely values.
        variance : (w,) float
            Of the variables ``wanted``.
        """
        ...


class FullConditioning:
    """Condition from the start: for a single head, or its repeated prediction from nearly the same bone.

    Which variables are measured decides on factor and variances. The last two are kept, 8 MB each (decision 0192).

    Parameters
    ----------
    covariance
        (m, m) float64, before anything is measured.
    noise
        Standard deviation of a measurement.

    Examples
    --------
    >>> one = FullConditioning(np.array([[1.0, 0.5], [0.5, 1.0]]), 0.1)
    >>> mean, variance = one.condition(np.array([2.0, np.nan]), np.arange(2))
    >>> mean.round(2).tolist(), variance.round(2).tolist()
    ([1.98, 0.99], [0.01, 0.75])
    """

    def __init__(self, covariance: NDArray[np.float64], noise: float) -> None:
        self._covariance, self._noise = covariance, noise
        self._kept: tuple[_KeptFactor, ...] = ()  # replaced as one, so that two threads may predict at once

    @single_blas_thread()
    def condition(
        self, values: NDArray[np.float64], wanted: NDArray[np.int64]
    ) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
        """Condition on measurements: see :meth:`Conditioning.condition`.

        Parameters
        ----------
        values
            (m,) float64, NaN where nothing was measured.
        wanted
            (w,) int64, the variables of which the variance is computed.
        """
        known = np.flatnonzero(np.isfinite(values))
        rows = self._covariance[known]  # read once for all that follows, row by row: the matrix is symmetric
        kept = self._factorise(known, rows)
        if not np.array_equal(wanted, kept.wanted):
            # single precision is enough for an error, and twice as fast
            cross_covariance = np.take(rows, wanted, axis=1).astype(np.float32, order="F")
            reduction = solve_triangular(
                kept.factor.astype(np.float32), cross_covariance, lower=True, overwrite_b=True, check_finite=False
            )
            variance = self._covariance.diagonal()[wanted] - np.einsum("oa,oa->a", reduction, reduction)
            kept = kept._replace(wanted=wanted, variance=variance)
        others = [one for one in self._kept if not np.array_equal(one.known, known)]
        self._kept = (*others[1 - _KEPT_FACTORS :], kept)
        weights = cho_solve((kept.factor, True), values[known], check_finite=False)
        return weights @ rows, kept.variance

    def _factorise(self, known: NDArray[np.int64], rows: NDArray[np.float64]) -> "_KeptFactor":
        """The factor for measurements of the variables ``known`` (k,), whose covariances are ``rows`` (k, m)."""
        for kept in self._kept:
            if np.array_equal(kept.known, known):
                return kept
        known_covariance = np.take(rows, known, axis=1)
        known_covariance[np.diag_indices(len(known))] += self._noise**2
        factor, _ = cho_factor(known_covariance, lower=True, overwrite_a=True, check_finite=False)
        return _KeptFactor(known, factor, np.full(1, -1), np.zeros(0))


class _KeptFactor(NamedTuple):
    """The factor of the covariance of measured variables, and the variances that were computed with it last."""

    known: NDArray[np.int64]
    factor: NDArray[np.float64]
    wanted: NDArray[np.int64]
    variance: NDArray[np.floating]


class UpdatedConditioning:
    """Condition by updates: for many heads, of which each differs in little from what is usually measured.

    What follows from the usual measurements is computed once. A head's own conditioning takes back those of them that
    are missing, and adds those that it has in addition: matrices of a few hundred rows, where
    :class:`FullConditioning` has a thousand. A measurement is taken back as if it was measured once more with a
    variance of minus that of its noise.

    Parameters
    ----------
    covariance
        (m, m) float64, before anything is measured.
    noise
        Standard deviation of a measurement.
    usual
        (m,) bool, what is usually measured.

    Attributes
    ----------
    gain
        (m, u) float32: the variables' most likely values are this times the ``u`` usual measurements.
    covariance
        (m, m) float32, after the usual measurements.

    Examples
    --------
    >>> many = UpdatedConditioning(np.array([[1.0, 0.5], [0.5, 1.0]]), 0.1, np.array([False, True]))
    >>> mean, variance = many.condition(np.array([2.0, np.nan]), np.arange(2))
    >>> mean.round(2).tolist(), variance.astype(float).round(2).tolist()
    ([1.98, 0.99], [0.01, 0.75])
    """

    @single_blas_thread()
    def __init__(self, covariance: NDArray[np.float64], noise: float, usual: NDArray[np.bool_]) -> None:
        self.noise, self.usual = noise, usual
        known = np.flatnonzero(usual)
        factor = cholesky(covariance[np.ix_(known, known)] + noise**2 * np.eye(len(known)), lower=True)
        reduction = solve_triangular(factor, covariance[known], lower=True)
        self.gain = np.ascontiguousarray(solve_triangular(factor, reduction, lower=True, trans=1).T, dtype=np.float32)
        self.covariance = (covariance - reduction.T @ reduction).astype(np.float32)

    @single_blas_thread()
    def condition(
        self, values: NDArray[np.float64], wanted: NDArray[np.int64]
    ) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
        """Condition on measurements: see :meth:`Conditioning.condition`.

        Parameters
        ----------
        values
            (m,) float64, NaN where nothing was measured.
        wanted
            (w,) int64, the variables of which the variance is computed.
        """
        known = np.isfinite(values)
        lost, added = np.flatnonzero(self.usual & ~known), np.flatnonzero(known & ~self.usual)
        count, values = len(lost), np.where(known, values, 0.0)
        rows = self.covariance[np.concatenate([lost, added])]
        cross = rows[:, lost].astype(np.float64), rows[:, added].astype(np.float64)
        noise = self.noise**2
        lost_factor = _factorise(noise * np.eye(count) - cross[0][:count])
        between = _solve(lost_factor, cross[1][:count])
        added_factor = _factorise(cross[1][count:] + between.T @ between + noise * np.eye(len(added)))

        mean = (self.gain @ values[self.usual].astype(np.float32)).astype(np.float64)
        taken_back = _solve(lost_factor, values[lost] - mean[lost])
        news = _solve(added_factor, values[added] - mean[added] + between.T @ taken_back)
        added_weights = _solve(added_factor, news, transposed=True)
        lost_weights = _solve(lost_factor, between @ added_weights - taken_back, transposed=True)
        mean += np.concatenate([lost_weights, added_weights]).astype(np.float32) @ rows

        cross_wanted = rows[:, wanted]
        increase = _solve(lost_factor.astype(np.float32), cross_wanted[:count])
        cross_added = cross_wanted[count:] + between.T.astype(np.float32) @ increase
        decrease = _solve(added_factor.astype(np.float32), cross_added)
        variance = self.covariance.diagonal()[wanted] + np.einsum("oa,oa->a", increase, increase)
        return mean, variance - np.einsum("oa,oa->a", decrease, decrease)


def _factorise(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """Lower Cholesky factor; of nothing too."""
    if not len(matrix):
        return matrix
    factor: NDArray[np.float64] = cholesky(matrix, lower=True, overwrite_a=True, check_finite=False)
    return factor


def _solve(
    factor: NDArray[np.floating], right: NDArray[np.floating], *, transposed: bool = False
) -> NDArray[np.floating]:
    """Solve with a lower factor, or with its transpose; of nothing too."""
    if not len(factor):
        return right
    solution: NDArray[np.floating] = solve_triangular(
        factor, right, lower=True, trans=int(transposed), check_finite=False
    )
    return solution
