"""The bone beyond the vault, as other skulls have it: its tables, and how far it goes on.

The learnt vault ends where one skull in five has no outer table. From there on the bone of every skull was followed:
the occiput down to the foramen magnum, the mastoid, the margin of the orbit. Over these places and the part of the
vault next to them there are three fields: outer table, inner table, and *extent*: the distance along the surface to
where the bone ends, positive on bone and negative in the opening. All three are normal variables (decision 0179)::

    cov(a, b) = modes(a) . modes(b)  +  s(a) s(b) c exp(-|a - b| / correlation_length_mm)

as those of the vault (:mod:`SkullRestoreLib.prediction.kriging`). What a head still shows gives the rest of it, with
its standard error, and where it ends.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from SkullRestoreLib._system.blas_threads import single_blas_thread
from SkullRestoreLib.geometry.gaussian_field import condition_on_measurements, correlation_along_sphere
from SkullRestoreLib.geometry.icosphere import SphericalGrid, spherical_grid
from SkullRestoreLib.method_parameters import METHOD, EndParameters

OUTER, INNER, EXTENT = range(3)
"""Columns of the three fields."""


@dataclass(frozen=True, eq=False)
class VaultEndModel:
    """Mean, modes and noise of the bone at the vault's end and beyond.

    Attributes
    ----------
    level
        Grid level.
    vertices
        (v,) int64, the vertices of the grid that it is known for.
    mean
        (v, 3) float64, mm: outer table, inner table, extent.
    modes
        (k, v, 3) float64, mm per standard deviation.
    sigma
        (v, 3) float64, mm, standard deviation that the modes leave unexplained.
    """

    level: int
    vertices: NDArray[np.int64]
    mean: NDArray[np.float64]
    modes: NDArray[np.float64]
    sigma: NDArray[np.float64]

    def __repr__(self) -> str:
        return f"VaultEndModel(level={self.level}, {len(self.modes)} modes, {len(self.vertices)} directions)"

    @single_blas_thread()
    def predict(
        self,
        measured: NDArray[np.float64],
        noise: NDArray[np.float64],
        wanted: NDArray[np.bool_],
        *,
        parameters: EndParameters = METHOD.vault_end,
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Predict the fields from what is known of them.

        Parameters
        ----------
        measured
            (v, 3) float64, mm; NaN where nothing is known.
        noise
            (v, 3) float64, mm, standard deviation of a measurement.
        wanted
            (v,) bool, where they are predicted.
        parameters
            Of this step.

        Returns
        -------
        fields : (w, 3) float64
            Most likely values at the ``wanted`` vertices, mm.
        sigma : (w,) float64
            Standard error of their outer table, mm.
        """
        known, target = np.flatnonzero(np.isfinite(measured)), np.flatnonzero(np.repeat(wanted, 3))
        mean, sigma, modes = self.mean.ravel(), self.sigma.ravel(), self.modes.reshape(len(self.modes), -1)
        covariance = self._covariance(known, known, parameters)
        covariance[np.diag_indices(len(known))] += noise.ravel()[known] ** 2
        across = self._covariance(target, known, parameters)
        change, explained = condition_on_measurements(
            measured.ravel()[known] - mean[known], covariance, across, explain=3
        )
        variance = ((modes**2).sum(axis=0) + sigma**2)[target[OUTER::3]] - explained
        fields = mean[target] + change
        return fields.reshape(-1, 3), parameters.error_factor * np.sqrt(np.maximum(variance, 0.0))

    def _covariance(
        self, first: NDArray[np.int64], second: NDArray[np.int64], parameters: EndParameters
    ) -> NDArray[np.float64]:
        """Covariance (a, b), mm², of two lists of values, counted through (v, 3)."""
        modes, sigma = self.modes.reshape(len(self.modes), -1), self.sigma.ravel()
        direction = spherical_grid(self.level).directions[self.vertices]
        near = correlation_along_sphere(
            direction[first // 3],
            direction[second // 3],
            radius_mm=float(np.median(self.mean[:, OUTER])),
            length_mm=parameters.correlation_length_mm,
        )
        between = np.array(
            [[1.0, parameters.table_correlation, 0.0], [parameters.table_correlation, 1.0, 0.0], [0.0, 0.0, 1.0]]
        )
        residual = between[np.ix_(first % 3, second % 3)] * sigma[first][:, None] * sigma[second]
        return modes[:, first].T @ modes[:, second] + near * residual


def ring_width_mm(grid: SphericalGrid, radius_mm: NDArray[np.float64]) -> float:
    """Compute the width of a ring of the grid on a surface with these radii."""
    return float(np.median(radius_mm)) * float(np.sqrt(np.median(grid.vertex_areas)))


def nearest_end(
    intervals: NDArray[np.floating], expected: NDArray[np.float64], within_mm: float
) -> NDArray[np.float64]:
    """Find the outer end of bone nearest to a radius.

    Parameters
    ----------
    intervals
        (n, m, 2), mm, bone intervals.
    expected
        (n,) float64, mm; NaN where none is wanted.
    within_mm
        Ends further away are something else.

    Returns
    -------
    ndarray
        (n,) float64, mm, NaN where there is none.
    """
    ends = intervals[..., 1].astype(np.float64)
    gap = np.nan_to_num(np.abs(ends - expected[:, None]), nan=np.inf)
    nearest = gap.argmin(axis=1)[:, None]
    near = np.take_along_axis(gap, nearest, axis=1)[:, 0] <= within_mm
    return np.where(near, np.take_along_axis(ends, nearest, axis=1)[:, 0], np.nan)


def follow_bone(
    start: NDArray[np.float64],
    within: NDArray[np.bool_],
    intervals: NDArray[np.floating],
    grid: SphericalGrid,
    *,
    rings: int,
    step_mm: float,
    min_neighbours: int,
) -> NDArray[np.float64]:
    """Follow the outer table from some vertices to their neighbours, ring by ring.

    Parameters
    ----------
    start
        (n,) float64, mm, outer table where it is known, NaN elsewhere.
    within
        (n,) bool, where it is followed to.
    intervals
        (n, m, 2), mm, bone intervals.
    grid
        Of all of these.
    rings
        How far.
    step_mm
        Bone departs from what was reached before by no more than this.
    min_neighbours
        It is followed to where it has at least this many neighbours that were reached before.

    Returns
    -------
    ndarray
        (n,) float64, mm: ``start`` and what was reached; NaN elsewhere.
    """
    bone, left = start.copy(), np.flatnonzero(within & np.isnan(start))
    for _ in range(rings):
        around = bone[grid.neighbours[left]]
        count = np.isfinite(around).sum(axis=1)
        onward = count >= min_neighbours
        at = left[onward]
        expected = np.nansum(around[onward], axis=1) / count[onward]
        bone[at] = nearest_end(intervals[at], expected, step_mm)
        left = left[np.isnan(bone[left])]
    return bone


def measure_extent(
    bone: NDArray[np.bool_], opening: NDArray[np.bool_], grid: SphericalGrid, *, ring_mm: float, most_mm: float
) -> NDArray[np.float64]:
    """Measure how far it is along the surface to where bone ends at an opening.

    Parameters
    ----------
    bone
        (n,) bool, where there is bone.
    opening
        (n,) bool, where there is none. What is neither is not known.
    grid
        Of both.
    ring_mm
        Width of a ring of the grid.
    most_mm
        Longer distances count as this.

    Returns
    -------
    ndarray
        (n,) float64, mm, positive on bone, negative in the opening; NaN where what is not known is nearer.
    """
    rings = max(1, round(most_mm / ring_mm))
    unknown = ~bone & ~opening
    to_opening, to_bone, to_unknown = (_rings_to(region, grid, rings) for region in (opening, bone, unknown))
    extent = ring_mm * np.where(bone, to_opening - 0.5, 0.5 - to_bone)
    nearer = to_unknown < np.where(bone, to_opening, to_bone)
    return np.where(unknown | nearer, np.nan, extent)


def _rings_to(region: NDArray[np.bool_], grid: SphericalGrid, most: int) -> NDArray[np.float64]:
    """Rings (n,) from each vertex to a region, ``most`` at most."""
    count = np.where(region, 0.0, float(most))
    reached = region
    for ring in range(1, most):
        grown = grid.grow_region(reached, 1)
        count[grown & ~reached], reached = ring, grown
    return count
