"""Follow the strip of bone between a hole and the vault's end: predicted tables and rays in, corrected tables out.

A hole over the brow often leaves a strip of the vault: the nasal root, the margin of the orbit. Kriging leaves out more
bone next to a hole than that, so nothing that is predicted has used it, and where the prediction is more than 3 mm off
it would count as missing. Such bone is followed from the sound vault onwards, from vertex to vertex, and the prediction
is conditioned on it, with its own standard error as prior (decision 0182). That is done where both sides are lost: a
hole on one side gets the detail of the other one, which is better.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from SkullRestoreLib._system.blas_threads import single_blas_thread
from SkullRestoreLib.geometry.gaussian_field import condition_on_measurements, correlation_along_sphere
from SkullRestoreLib.geometry.icosphere import spherical_grid
from SkullRestoreLib.method_parameters import METHOD, ExtensionParameters, StripParameters
from SkullRestoreLib.prediction.vault_extension import find_vault_hole
from SkullRestoreLib.records import RayMap, VaultTables
from SkullRestoreLib.skull_model.vault_end import follow_bone, nearest_end, ring_width_mm

Floats = NDArray[np.float64]


def follow_bone_at_end(
    tables: VaultTables,
    rays: RayMap,
    *,
    parameters: StripParameters = METHOD.strip,
    extension: ExtensionParameters = METHOD.extension,
) -> VaultTables:
    """Condition the prediction on the bone between a hole and the vault's end.

    Parameters
    ----------
    tables
        As the network predicts them.
    rays
        Bone intervals on the same grid.
    parameters
        Of this step.
    extension
        What a hole is.

    Returns
    -------
    VaultTables
        Changed over a hole of both sides next to such a strip; ``tables`` itself where there is none.
    """
    if parameters.width_mm <= 0:
        return tables
    grid = spherical_grid(tables.level)
    hole = find_vault_hole(tables, rays, parameters=extension)
    if not hole.any():
        return tables
    ring_mm = ring_width_mm(grid, tables.outer[tables.vault])
    at_end = tables.vault & grid.grow_region(~tables.vault, round(parameters.width_mm / ring_mm))
    height = _follow_gradual_bone(tables, rays, hole, hole & at_end, parameters, extension)
    followed = hole & np.isfinite(height)
    left, near_rings = hole & ~followed, round(parameters.near_mm / ring_mm)
    area_cm2 = grid.areas_mm2(tables.outer) / 100
    on_both_sides = grid.large_parts(left & left[grid.mirror_vertices], area_cm2, parameters.min_both_sides_cm2)
    without_other_side = grid.grow_region(on_both_sides, near_rings)
    followed &= without_other_side
    strip = at_end & np.isfinite(height) & without_other_side
    left = hole & ~followed
    strip &= ~grid.grow_region(left, parameters.wall_rings)
    if not strip.any():
        return tables
    changed = grid.grow_region(left | followed, near_rings) & tables.vault
    change, error_mm = _condition_on(tables, np.where(strip, height, np.nan), changed, parameters)
    outer = tables.outer + change
    inner = np.minimum(tables.inner + parameters.inner_follows * change, outer - parameters.min_thickness_mm)
    return replace(
        tables,
        outer=outer,
        inner=np.where(changed, inner, tables.inner),
        outer_sigma=error_mm,
        missing=np.where(followed, 0.0, tables.missing),
    )


def _follow_gradual_bone(
    tables: VaultTables,
    rays: RayMap,
    hole: NDArray[np.bool_],
    within: NDArray[np.bool_],
    parameters: StripParameters,
    extension: ExtensionParameters,
) -> Floats:
    """Height (n,), mm, of bone over the predicted table, from the sound vault on into the hole; NaN elsewhere.

    It departs from the prediction gradually: the wall of a cut, and bone on the dura, do not.
    """
    grid = spherical_grid(tables.level)
    ring_mm = ring_width_mm(grid, tables.outer[tables.vault])
    heights = rays.intervals.astype(np.float64) - tables.outer[:, None, None]
    start = nearest_end(heights, np.where(tables.vault & ~hole, 0.0, np.nan), extension.same_table_mm)
    return follow_bone(
        start,
        within,
        heights,
        grid,
        rings=round(parameters.followed_mm / ring_mm),
        step_mm=parameters.max_slope * ring_mm,
        min_neighbours=extension.min_traced_neighbours,
    )


@single_blas_thread()
def _condition_on(
    tables: VaultTables, height: Floats, changed: NDArray[np.bool_], parameters: StripParameters
) -> tuple[Floats, Floats]:
    """Change (n,) of the outer table and its standard error (n,), mm, by the heights (n,) that are known."""
    grid, sigma = spherical_grid(tables.level), tables.outer_sigma
    known, wanted = np.flatnonzero(np.isfinite(height)), np.flatnonzero(changed)
    known = known[:: 1 + len(known) // parameters.most_measured]
    radius_mm = float(np.median(tables.outer[tables.vault]))

    def covariance(first: NDArray[np.int64]) -> Floats:
        near = correlation_along_sphere(
            grid.directions[first],
            grid.directions[known],
            radius_mm=radius_mm,
            length_mm=parameters.correlation_length_mm,
        )
        return near * sigma[first][:, None] * sigma[known]

    between = covariance(known)
    between[np.diag_indices(len(known))] += parameters.noise_mm**2
    change, error = np.zeros(len(grid)), sigma.copy()
    change[wanted], explained = condition_on_measurements(height[known], between, covariance(wanted))
    error[wanted] = np.sqrt(np.maximum(sigma[wanted] ** 2 - explained, (parameters.least_error * sigma[wanted]) ** 2))
    return change, error
