"""Fit the restored surface to bone and reference points: predicted tables, rays and points in, restored tables out.

The network's tables are right in the large and a few tenths of a millimetre off at the margin. A correction, smooth
as a thin plate, is added over each defect and a ring of sound bone around it::

    minimise  sum over sound bone (d - r)^2 / s^2  +  sum over the defect d^2 / sigma^2  +  stiffness |Laplacian d|^2

with ``d`` the correction, ``r`` the bone's distance from the predicted table, ``s`` its error, and ``sigma`` the
network's own standard error: at the margin the bone's height and slope decide, in the middle of a large defect the
network does. The matrix is factorised once. Reference points are added as constraints through a small dense system
(Woodbury's identity), so that an edit costs a back-substitution and no new inference (decision 0016).

Fuller and flatter surfaces come from the same system: the prediction is displaced over each defect by multiples of its
standard error, and the correction that follows is 0 at the bone, smooth, and scaled to the mean height that was found
on heads with known holes. Conditioned on the reference points, a multiple of it is added (decision 0084).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from SkullRestoreLib._system.alongside import start_alongside
from SkullRestoreLib._system.sparse_factor import SparseFactor
from SkullRestoreLib.affine import apply_affine
from SkullRestoreLib.geometry.icosphere import spherical_grid
from SkullRestoreLib.method_parameters import METHOD, FitParameters
from SkullRestoreLib.records import RayMap, ReferencePoint, VaultTables
from SkullRestoreLib.skull_model.shape_model import match_tables


@dataclass(frozen=True, eq=False)
class ThinPlateSystem:
    """A factorised correction of one table over one region of the grid."""

    region: NDArray[np.int64]
    """(r,) grid vertices."""
    factor: SparseFactor
    """Of the normal matrix."""
    base_correction: NDArray[np.float64]
    """(r,) mm, the correction without reference points."""
    prediction_weight: NDArray[np.float64]
    """(r,) weight of the prediction in the normal matrix, 0 where there is bone."""
    parameters: FitParameters = METHOD.fit

    def solve_with_points(
        self,
        rows: sparse.csr_matrix,
        target: NDArray[np.float64],
        moved: NDArray[np.bool_],
        *,
        base: NDArray[np.float64] | None = None,
    ) -> NDArray[np.float64]:
        """Solve for the correction that also takes given values at points.

        Parameters
        ----------
        rows
            (p, r) sparse, the weights of each point on the region.
        target
            (p,) mm, the correction wanted at each point.
        moved
            (p,) whether the user moved a point: there the correction is exact, although the bone is fitted far more
            tightly than any other point.
        base
            (r,) mm, the correction without points, where it is another one than ``base_correction``. The values at the
            points are taken all the same.

        Returns
        -------
        ndarray
            (r,) mm.
        """
        base = self.base_correction if base is None else base
        if not len(target):
            return base
        influence = self.factor.solve_columns(rows)  # (r, p), the correction that a unit pull at each point causes
        coupling = rows @ influence
        parameters = self.parameters
        slack = np.where(moved, parameters.moved_point_slack * coupling.diagonal(), parameters.point_error_mm**2)
        coupling = coupling + np.diag(slack)
        return base + influence @ np.linalg.solve(coupling, target - rows @ base)


@dataclass(frozen=True, eq=False)
class FittedSurface:
    """Tables fitted to the bone, and what is needed to solve them again after an edit."""

    vault_tables: VaultTables
    """Equal to the bone on the ring, smooth over the defect; not yet fitted to reference points."""
    predicted_tables: VaultTables
    """The network's."""
    systems: tuple[ThinPlateSystem, ThinPlateSystem]
    """Of the outer and of the inner table."""
    fuller_correction: NDArray[np.float64]
    """(r,) mm, by how much a fullness of 1 raises the outer table on the region of its system, without points."""
    parameters: FitParameters = METHOD.fit

    def covers(self, positions: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Tell where a reference point moves the surface.

        Parameters
        ----------
        positions
            (p, 3) mm in the head frame.

        Returns
        -------
        ndarray
            (p,) True over a defect and the ring of bone around it.
        """
        fitted = np.zeros(len(self.vault_tables.outer), dtype=bool)
        fitted[self.systems[0].region] = True
        off_centre = np.linalg.norm(positions, axis=1) > 1.0
        directions = np.where(off_centre[:, None], positions, [0.0, 0.0, 1.0])
        corners, _ = spherical_grid(self.vault_tables.level).locate_triangles(directions)
        return fitted[corners].all(axis=1) & off_centre

    def tables_through(
        self, points: Sequence[ReferencePoint], ras_to_head: NDArray[np.float64], *, fullness: float = 0.0
    ) -> VaultTables:
        """Fit the outer table through reference points.

        Parameters
        ----------
        points
            Of all defects. Those where the surface is not fitted have no effect.
        ras_to_head
            (4, 4).
        fullness
            0 for the most likely surface, more for a fuller one, less for a flatter one; it passes through the same
            points. See :class:`SkullRestoreLib.settings.Settings`.

        Returns
        -------
        VaultTables
            The inner table follows the outer one by half of the points' pull and of the fullness, so that the
            thickness stays plausible.
        """
        system, parameters = self.systems[0], self.parameters
        in_head = apply_affine(ras_to_head, np.array([p.position for p in points]).reshape(-1, 3))
        grid = spherical_grid(self.vault_tables.level)
        row_of_vertex = np.full(len(grid), -1)
        row_of_vertex[system.region] = np.arange(len(system.region))
        corners, weights = np.zeros((0, 3), dtype=int), np.zeros((0, 3))
        if len(in_head):
            corners, weights = grid.locate_triangles(in_head)
        fitted = (row_of_vertex[corners] >= 0).all(axis=1)
        moved = np.array([p.moved for p in points], dtype=bool)[fitted]
        corners, weights, in_head = corners[fitted], weights[fitted], in_head[fitted]
        row = np.repeat(np.arange(len(in_head)), 3)
        rows = sparse.csr_matrix(
            (weights.ravel(), (row, row_of_vertex[corners].ravel())), shape=(len(in_head), len(system.region))
        )
        predicted = self.predicted_tables.outer
        target = np.linalg.norm(in_head, axis=1) - (predicted[corners] * weights).sum(axis=1)
        # at 0 the same numbers to the last bit as without this choice
        base = system.base_correction if fullness == 0 else system.base_correction + fullness * self.fuller_correction
        correction = system.solve_with_points(rows, target, moved, base=base)
        outer, inner = self.vault_tables.outer.copy(), self.vault_tables.inner.copy()
        outer[system.region] = predicted[system.region] + correction
        inner[system.region] += (correction - system.base_correction) * parameters.inner_follows
        return replace(self.vault_tables, outer=outer, inner=np.minimum(inner, outer - parameters.min_thickness_mm))


def fit_to_bone(
    predicted_tables: VaultTables,
    rays: RayMap,
    regions: Sequence[NDArray[np.int64]],
    *,
    parameters: FitParameters = METHOD.fit,
) -> FittedSurface:
    """Fit the predicted tables to the sound bone around the defects.

    Parameters
    ----------
    predicted_tables
        From the network.
    rays
        Bone intervals on the same grid.
    regions
        Grid vertices of each defect.
    parameters
        Of this step.

    Returns
    -------
    FittedSurface
        Away from the defects and their rings the tables are unchanged.
    """
    tables = predicted_tables
    grid = spherical_grid(tables.level)
    missing = np.zeros(len(grid), dtype=bool)
    missing[np.concatenate([np.zeros(0, dtype=int), *regions])] = True
    region = np.flatnonzero(grid.grow_region(missing, parameters.fit_rings))
    bone = match_tables(rays.intervals, np.stack([tables.outer, tables.inner], axis=1), parameters.match_distance_mm)
    # next to the defect the ray may end on a broken or bevelled edge: one ring is left to the smooth correction
    sound = ~grid.grow_region(missing, 1) & tables.vault
    well_inside = grid.grow_region(tables.vault, -parameters.departing_end_rings)
    predicted = tables.outer, tables.inner

    def build_system(table: int, sigma: NDArray[np.float64]) -> ThinPlateSystem:
        gap = np.where(sound, bone[:, table] - predicted[table], np.nan)
        doubtful = grid.grow_region(missing, parameters.cut_wall_rings[table])
        return _build_thin_plate_system(
            region,
            gap[region],
            doubtful[region],
            sigma[region],
            follows=well_inside[region] & (table == 0),
            level=tables.level,
            radius_mm=float(np.median(tables.outer)),
            parameters=parameters,
        )

    take_inner = start_alongside(partial(build_system, 1, tables.inner_sigma))
    systems = build_system(0, tables.outer_sigma), take_inner()
    fitted = predicted[0].copy(), predicted[1].copy()
    for corrected, system in zip(fitted, systems, strict=True):
        corrected[region] += system.base_correction
    error_fraction = _remaining_error_fraction(tables, missing, parameters)
    fitted_tables = replace(
        tables,
        outer=fitted[0],
        inner=np.minimum(fitted[1], fitted[0] - parameters.min_thickness_mm),
        outer_sigma=tables.outer_sigma * error_fraction,
        inner_sigma=tables.inner_sigma * error_fraction,
    )
    fuller = _fuller_correction(systems[0], tables, regions, parameters)
    return FittedSurface(fitted_tables, tables, systems, fuller, parameters)


def _fuller_correction(
    system: ThinPlateSystem, tables: VaultTables, regions: Sequence[NDArray[np.int64]], parameters: FitParameters
) -> NDArray[np.float64]:
    """By how much a fullness of 1 raises the outer table: (r,) mm, in the mean over each defect as much as is known.

    A narrow defect gives way less than a wide one where the prediction is displaced: it is displaced again by as much
    more as its mean height lacked.
    """
    grid = spherical_grid(tables.level)
    row_of_vertex = np.full(len(grid), -1)
    row_of_vertex[system.region] = np.arange(len(system.region))
    wanted_mm, followed = np.zeros(len(system.region)), np.ones(len(system.region))
    defects = [(vertices, row_of_vertex[np.union1d(vertices, grid.neighbours[vertices])]) for vertices in regions]
    for vertices, rows in defects:
        sigma_mm = np.average(tables.outer_sigma[vertices], weights=grid.vertex_areas[vertices])
        wanted_mm[rows] = parameters.fullness_scale * sigma_mm
    raised_mm = np.zeros(len(grid))
    raised_mm[system.region] = system.factor.solve(system.prediction_weight * wanted_mm)
    for vertices, rows in defects:
        mean_mm = np.average(raised_mm[vertices], weights=grid.vertex_areas[vertices])
        followed[rows] = mean_mm / max(float(wanted_mm[rows[0]]), 1e-9)
    displaced_mm = wanted_mm / np.maximum(followed, parameters.min_followed_fraction)
    return system.factor.solve(system.prediction_weight * displaced_mm)


def _remaining_error_fraction(
    vault_tables: VaultTables, missing: NDArray[np.bool_], parameters: FitParameters
) -> NDArray[np.float64]:
    """Part of the predicted standard error that is left after the fit: (n,), half at the margin, all far inside."""
    grid = spherical_grid(vault_tables.level)
    ring_mm = float(np.sqrt(np.median(grid.vertex_areas)) * np.median(vault_tables.outer[vault_tables.vault]))
    depth, remaining = np.zeros(len(grid)), missing
    for _ in range(round(4 * parameters.error_growth_mm / ring_mm)):
        depth += ring_mm * remaining
        remaining = grid.grow_region(remaining, -1)
    grown = 1 - np.exp(-depth / parameters.error_growth_mm)
    return parameters.rim_error_fraction + (1 - parameters.rim_error_fraction) * grown


def _build_thin_plate_system(
    region: NDArray[np.int64],
    gap: NDArray[np.float64],
    doubtful: NDArray[np.bool_],
    sigma: NDArray[np.float64],
    *,
    follows: NDArray[np.bool_],
    level: int,
    radius_mm: float,
    parameters: FitParameters,
) -> ThinPlateSystem:
    """Set up and solve the correction on a region.

    ``gap`` (r,) is the bone's distance from the table, mm, NaN where there is no sound bone; ``doubtful`` (r,) is True
    where a ray may end on the wall of the cut; ``sigma`` (r,) is the network's standard error, mm; ``follows`` (r,) is
    True where bone that departs from its surroundings is followed.
    """
    grid = spherical_grid(level)
    area = grid.vertex_areas[region] * radius_mm**2
    laplacian = grid.laplacian[region][:, region]
    laplacian = laplacian - sparse.diags(np.asarray(laplacian.sum(axis=1)).ravel())  # free border
    bending = laplacian.T @ sparse.diags(1 / area) @ laplacian
    stiff = parameters.stiffness_length_mm**4 * bending
    seen = np.isfinite(gap)
    error_mm = np.full(len(region), parameters.bone_error_mm)

    def solve(known: NDArray[np.bool_]) -> tuple[SparseFactor, NDArray[np.float64], NDArray[np.float64]]:
        """Factor, correction, and by how much the bone is off it, infinite where there is none."""
        pull = _weights(known, sigma, error_mm, parameters) * area
        factor = SparseFactor((sparse.diags(pull) + stiff).tocsr())
        base = factor.solve(pull * np.where(known, np.nan_to_num(gap), 0.0))
        return factor, base, np.where(seen, np.abs(np.nan_to_num(gap) - base), np.inf)

    known = seen & ~doubtful if (seen & ~doubtful).any() else seen
    # outliers (a suture, a vessel, the wall of the cut) are found against their neighbourhood once, then left out
    factor, base, residual = solve(known)
    limit = np.inf
    if known.any():
        limit = max(parameters.min_outlier_mm, parameters.outlier_factor * float(np.median(residual[known])))
    agrees = seen & (residual <= np.where(doubtful, parameters.wall_agreement_mm, limit))
    if (agrees != known).any():
        known = agrees
        factor, base, residual = solve(known)
    may_depart = follows & ~doubtful & seen
    step_mm = parameters.max_departing_slope * float(np.sqrt(np.median(grid.vertex_areas))) * radius_mm
    departs = _departing_bone(region, np.where(may_depart, gap, np.nan), residual, level, step_mm, parameters)
    if departs.any():
        error_mm[departs] = parameters.departing_error_mm
        known = known | departs
        factor, base, _ = solve(known)
    weight = _weights(known, sigma, error_mm, parameters)
    return ThinPlateSystem(region, factor, base, np.where(known, 0.0, weight * area), parameters)


def _weights(
    known: NDArray[np.bool_], sigma: NDArray[np.float64], error_mm: NDArray[np.float64], parameters: FitParameters
) -> NDArray[np.float64]:
    """Weight (r,), 1/mm², of the bone where it is known, and of the prediction elsewhere."""
    return np.where(known, 1 / error_mm**2, 1 / np.maximum(sigma, parameters.min_sigma_mm) ** 2)


def _departing_bone(
    region: NDArray[np.int64],
    gap: NDArray[np.float64],
    residual: NDArray[np.float64],
    level: int,
    step_mm: float,
    parameters: FitParameters,
) -> NDArray[np.bool_]:
    """Where (r,) sound bone departs from the fitted surface over more width than a suture or a vessel has.

    ``gap`` (r,) is NaN where bone does not count; it is followed from the fitted surface by steps of ``step_mm`` from
    vertex to vertex: a chip, and the wall of a cut, are steeper.
    """
    grid = spherical_grid(level)
    height, off = np.full(len(grid), np.nan), np.zeros(len(grid), dtype=bool)
    height[region] = gap
    off[region] = np.isfinite(gap) & (residual > parameters.min_outlier_mm)
    wide = off & grid.grow_region(grid.grow_region(off, -1), 1)
    reached = np.isfinite(height) & ~off
    while True:
        free = np.flatnonzero(wide & ~reached)
        around = grid.neighbours[free]
        is_next = reached[around] & (np.abs(height[around] - height[free, None]) <= step_mm)
        found = free[is_next.sum(axis=1) >= parameters.min_followed_neighbours]
        if not len(found):
            return (wide & reached)[region]
        reached[found] = True
