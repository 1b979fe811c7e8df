"""Move the end of the vault to where it is in this head: predicted tables and rays in, tables with another vault out.

The learnt vault ends where one head in five has no outer table any more: over the orbits, the nose, the base. A defect
does not stop there, and an orbit may reach higher. Where the bone of *this* head ended can be seen on its other side
(decision 0044). Over the margin of the sound orbit the tables are continued, and bone that the damaged side lacks there
is missing; what is opposite the sound orbit's own opening is no vault, and is not missing.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from SkullRestoreLib.geometry.icosphere import spherical_grid, values_at_level
from SkullRestoreLib.method_parameters import METHOD, ExtensionParameters
from SkullRestoreLib.records import RayMap, VaultTables
from SkullRestoreLib.skull_model.shape_model import ShapeModel, fill_smoothly


def extend_vault(
    tables: VaultTables, rays: RayMap, model: ShapeModel, *, parameters: ExtensionParameters = METHOD.extension
) -> VaultTables:
    """End the vault where this head's bone ends.

    That is beyond the learnt vault where a hole goes on there, and within it where an orbit reaches higher.

    Parameters
    ----------
    tables
        Predicted tables; values outside the vault are not used.
    rays
        Bone intervals on the same grid.
    model
        The shape model: the distance from its mean head is continued, not the radius.
    parameters
        Of this step.

    Returns
    -------
    VaultTables
        With a larger or a smaller vault next to a hole that reaches its end, and unchanged everywhere else.

    Raises
    ------
    ValueError
        If rays and tables are on different grids.
    """
    if rays.level != tables.level:
        raise ValueError(
            f"The rays were traced at level {rays.level}, the tables predicted at level {tables.level}; "
            "use one grid for both."
        )
    if parameters.extension_mm <= 0:
        return tables
    grid = spherical_grid(tables.level)
    ring_mm = float(np.median(tables.outer)) * float(np.sqrt(np.median(grid.vertex_areas)))
    rings = round(parameters.extension_mm / ring_mm)
    outer, inner, sigma = continue_tables(tables, model, parameters=parameters)
    scanned = rays.reach > outer + 1
    has_table = _ends_near(rays, outer, parameters.same_table_mm)
    has_bone = _ends_near(rays, outer, parameters.no_bone_mm)
    opening = tables.vault & ~has_bone & scanned
    deep_rings = round(parameters.max_natural_depth_mm / ring_mm)
    orbit = opening & _natural_openings(opening, tables, deep_rings)[grid.mirror_vertices]
    if orbit.any():
        tables = replace(tables, vault=tables.vault & ~orbit)
    beyond = grid.grow_region(tables.vault, rings) & ~tables.vault
    lost = beyond & ~has_table & has_table[grid.mirror_vertices] & scanned
    hole = find_vault_hole(tables, rays, parameters=parameters)
    lost &= _joined_to_hole(lost, hole, tables, parameters.min_hole_cm2) & grid.grow_region(hole, rings)
    if not lost.any():
        return tables
    added = lost | (beyond & has_table & grid.grow_region(lost, rings))
    added &= grid.grow_region(grid.grow_region(tables.vault | added, -parameters.spur_rings), parameters.spur_rings)
    lost &= added
    return replace(
        tables,
        outer=np.where(added, outer, tables.outer),
        inner=np.where(added, inner, tables.inner),
        outer_sigma=np.where(added, sigma, tables.outer_sigma),
        inner_sigma=np.where(added, sigma, tables.inner_sigma),
        missing=np.where(added, lost, tables.missing),
        vault=tables.vault | added,
    )


def find_vault_hole(
    tables: VaultTables, rays: RayMap, *, parameters: ExtensionParameters = METHOD.extension
) -> NDArray[np.bool_]:
    """Find where the vault has a hole: no bone ends at its outer table, and the network agrees.

    Parameters
    ----------
    tables
        Predicted tables.
    rays
        Bone intervals on the same grid.
    parameters
        How near bone must be, and how certain the network.

    Returns
    -------
    ndarray
        (n,) bool.
    """
    has_table = _ends_near(rays, tables.outer, parameters.same_table_mm)
    return tables.vault & ~has_table & (tables.missing > parameters.min_missing_probability)


def _ends_near(rays: RayMap, outer: NDArray[np.float64], within_mm: float) -> NDArray[np.bool_]:
    """Where bone ends this close to an outer table (n,), mm: (n,) bool."""
    with np.errstate(invalid="ignore"):
        return np.asarray((np.abs(rays.intervals[..., 1] - outer[:, None]) < within_mm).any(axis=1))


def _natural_openings(opening: NDArray[np.bool_], tables: VaultTables, deep_rings: int) -> NDArray[np.bool_]:
    """Openings at the end of the vault, without their slivers: (n,) bool. Lost bone is ``deep_rings`` or more deep."""
    grid = spherical_grid(tables.level)
    vertices, part = grid.connected_parts(opening)
    deep = grid.grow_region(tables.vault, -deep_rings)
    end = ~grid.grow_region(tables.vault, -2)
    natural = np.zeros(len(grid), dtype=bool)
    natural[vertices] = ~np.isin(part, part[deep[vertices]]) & np.isin(part, part[end[vertices]])
    return grid.grow_region(grid.grow_region(natural, -1), 1) & natural


def continue_round_holes(
    tables: VaultTables, rays: RayMap, model: ShapeModel, *, parameters: ExtensionParameters = METHOD.extension
) -> VaultTables:
    """Give the tables beyond the vault values that continue it, where a hole runs to its end.

    The network has not learnt what is beyond the vault, and its values there are of no bone. The border of a patch is
    between the last vertex of the vault and the first beyond it: without this the surface turns there towards these
    values, by up to a centimetre (decision 0158).

    Parameters
    ----------
    tables
        Predicted tables, with the vault's end where it is in this head.
    rays
        Bone intervals on the same grid.
    model
        The shape model: the distance from its mean head is continued, not the radius.
    parameters
        Of this step.

    Returns
    -------
    VaultTables
        Over the vault unchanged; ``tables`` itself where no hole is near the vault's end.
    """
    grid = spherical_grid(tables.level)
    hole = find_vault_hole(tables, rays, parameters=parameters)
    if not (grid.grow_region(hole, parameters.continued_rings) & ~tables.vault).any():
        return tables
    outer, inner, sigma = continue_tables(tables, model, parameters=parameters)
    return replace(
        tables,
        outer=np.where(tables.vault, tables.outer, outer),
        inner=np.where(tables.vault, tables.inner, inner),
        outer_sigma=np.where(tables.vault, tables.outer_sigma, sigma),
        inner_sigma=np.where(tables.vault, tables.inner_sigma, sigma),
    )


def continue_tables(
    tables: VaultTables, model: ShapeModel, *, parameters: ExtensionParameters = METHOD.extension
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Continue tables beyond their vault: their distance from the mean head is continued smoothly.

    Parameters
    ----------
    tables
        Values outside the vault are not used.
    model
        The shape model.
    parameters
        Of this step.

    Returns
    -------
    outer, inner, sigma : (n,) float64, mm
        Over the vault the same as ``tables``, except that ``sigma`` is at least 1.2 mm.
    """
    mean = values_at_level(model.mean, tables.level)
    known = np.repeat(tables.vault[:, None], 3, axis=1)
    sigma = np.maximum(tables.outer_sigma, parameters.min_sigma_mm)
    from_mean = np.stack([tables.outer - mean[:, 0], tables.inner - mean[:, 1], sigma], axis=1)
    outer, inner, sigma = fill_smoothly(np.where(known, from_mean, 0.0), known, tables.level).T
    outer = outer + mean[:, 0]
    return outer, np.minimum(inner + mean[:, 1], outer - 1.0), sigma


def _joined_to_hole(
    lost: NDArray[np.bool_], hole: NDArray[np.bool_], tables: VaultTables, min_cm2: float
) -> NDArray[np.bool_]:
    """Which vertices beyond the vault are connected with a hole of the vault of some size: (n,) bool."""
    grid = spherical_grid(tables.level)
    vertices, part = grid.connected_parts(lost | hole)
    vertex_cm2 = grid.vertex_areas * tables.outer**2 / 100
    hole_cm2 = np.bincount(part, weights=(vertex_cm2 * hole)[vertices], minlength=1)
    joined = np.zeros(len(grid), dtype=bool)
    joined[vertices] = hole_cm2[part] >= min_cm2
    return joined
