"""Move the end of the vault to where it is in this head: predicted tables and rays in, tables with another vault out.

The learnt vault ends where one head in five has no outer table any more: over the orbits, the nose, the base. A defect
does not stop there, and an orbit may reach higher. Where the bone of *this* head ended can be seen on its other side
(decision 0044). Over the margin of the sound orbit the tables follow its bone (decision 0159), and bone that the
damaged side lacks there is missing; what is opposite the sound orbit's own opening is no vault, and is not missing.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from SkullRestoreLib.geometry.icosphere import SphericalGrid, spherical_grid, values_at_level
from SkullRestoreLib.method_parameters import METHOD, ExtensionParameters
from SkullRestoreLib.prediction.bone_beyond import BoneBeyond
from SkullRestoreLib.records import RayMap, VaultTables
from SkullRestoreLib.skull_model.shape_model import ShapeModel, fill_smoothly
from SkullRestoreLib.skull_model.vault_end import follow_bone, nearest_end, ring_width_mm


def extend_vault(
    tables: VaultTables,
    rays: RayMap,
    model: ShapeModel,
    *,
    beyond: BoneBeyond | None = None,
    parameters: ExtensionParameters = METHOD.extension,
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
        The shape model: where no bone can be followed or predicted, the distance from its mean head is continued.
    beyond
        The bone beyond the vault as other skulls let expect it.
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
    rings = round(parameters.extension_mm / ring_width_mm(grid, tables.outer))
    outer, inner, sigma = continue_tables(tables, rays, model, beyond=beyond, parameters=parameters)
    scanned = rays.reach > outer + 1
    has_table = _ends_near(rays, outer, parameters.same_table_mm)
    orbit = _find_orbits(tables, rays, outer, parameters) & scanned
    if orbit.any():
        tables = replace(tables, vault=tables.vault & ~orbit)
    hole = find_vault_hole(tables, rays, parameters=parameters)
    if beyond is not None and (hole & beyond.is_opening).any():
        tables = replace(tables, vault=tables.vault & ~(hole & beyond.is_opening))
        hole &= tables.vault
    next_rings = grid.grow_region(tables.vault, rings) & ~tables.vault
    lost, near_hole = next_rings & ~has_table & has_table[grid.mirror_vertices] & scanned, grid.grow_region(hole, rings)
    if beyond is not None:
        expected = ~tables.vault & ~orbit & ~has_table & scanned & np.isnan(beyond.own) & (beyond.extent > 0)
        lost |= expected & ~(next_rings & beyond.other_side)
        near_hole |= expected
    roof = _find_lost_roof(tables, rays, outer, hole, parameters)
    is_roof = np.isfinite(roof) & ~lost
    outer, inner = np.where(is_roof, roof, outer), np.where(is_roof, np.minimum(inner, roof - 1.0), inner)
    sigma = np.where(is_roof, np.maximum(sigma, parameters.roof_sigma_mm), sigma)
    lost, near_hole = lost | is_roof, near_hole | is_roof
    if not (lost & near_hole).any():
        return tables
    lost &= np.isnan(_trace_own_bone(tables, rays, outer, hole, parameters))
    lost &= _joined_to_hole(lost, hole, tables, parameters.min_hole_cm2) & near_hole
    if not lost.any():
        return tables
    followed = next_rings if beyond is None else next_rings | (~tables.vault & np.isfinite(beyond.own))
    added = lost | (followed & has_table & grid.grow_region(lost, rings))
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


def _find_orbits(
    tables: VaultTables, rays: RayMap, outer: NDArray[np.float64], parameters: ExtensionParameters
) -> NDArray[np.bool_]:
    """Openings within the learnt vault whose mirrored place is one too: (n,) bool. ``outer`` is continued, mm."""
    grid = spherical_grid(tables.level)
    opening = tables.vault & ~_ends_near(rays, outer, parameters.no_bone_mm) & (rays.reach > outer + 1)
    deep_rings = round(parameters.max_natural_depth_mm / ring_width_mm(grid, tables.outer))
    return opening & _natural_openings(opening, tables, deep_rings)[grid.mirror_vertices]


def _find_lost_roof(
    tables: VaultTables,
    rays: RayMap,
    outer: NDArray[np.float64],
    hole: NDArray[np.bool_],
    parameters: ExtensionParameters,
) -> NDArray[np.float64]:
    """The roof of the orbit that a hole has lost: its radius (n,), mm, from the sound side; NaN where there is none.

    Seen from the head's centre it begins behind the margin of the orbit, a centimetre or two deeper, so that it is not
    followed from vertex to vertex. Where the ray of the sound side meets it, and that of this side meets nothing as far
    out, it is lost. A narrow part is not: there the margin of one orbit is only lower. How the two sides differ is
    continued from where both still have it (decision 0183).
    """
    grid = spherical_grid(tables.level)
    ring_mm = ring_width_mm(grid, tables.outer[tables.vault])
    rings = round(parameters.roof_mm / ring_mm)
    in_front = grid.directions[:, 1] > parameters.min_roof_forward
    region = grid.grow_region(tables.vault, rings) & ~tables.vault & in_front
    region &= ~grid.grow_region(hole, rings)[grid.mirror_vertices] & (rays.reach > outer + 1)
    ends = rays.intervals[..., 1].astype(np.float64)
    with np.errstate(invalid="ignore"):
        own = np.where(ends < (outer + parameters.same_table_mm)[:, None], ends, 0.0).max(axis=1)
    other = own[grid.mirror_vertices]
    seen = region & (other > 0)
    both = (seen & (np.abs(own - other) < parameters.max_side_difference_mm))[:, None]
    difference = np.where(both[:, 0], own - other, 0.0)[:, None]
    difference = fill_smoothly(difference, both, tables.level)[:, 0] if both.any() else difference[:, 0]
    lost = seen & (own < other - parameters.max_side_difference_mm)
    wide = lost & grid.grow_region(grid.grow_region(lost, -parameters.spur_rings), parameters.spur_rings)
    return np.where(wide, other + difference, np.nan)


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


def _near_hole(tables: VaultTables, rays: RayMap, parameters: ExtensionParameters) -> NDArray[np.bool_]:
    """A hole of the vault and the rings around it whose tables continue the vault: (n,) bool."""
    hole = find_vault_hole(tables, rays, parameters=parameters)
    return spherical_grid(tables.level).grow_region(hole, parameters.continued_rings)


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
    tables: VaultTables,
    rays: RayMap,
    model: ShapeModel,
    *,
    beyond: BoneBeyond | None = None,
    parameters: ExtensionParameters = METHOD.extension,
) -> VaultTables:
    """Give the tables beyond the vault values that continue it, where a hole runs to its end.

    Beyond the vault the network has learnt nothing, and what it returns there is no bone. The border of a patch is
    between the last vertex of the vault and the first beyond it: without this the surface turns there towards these
    values, by up to a centimetre (decision 0158).

    Parameters
    ----------
    tables
        Predicted tables, with the vault's end where it is in this head.
    rays
        Bone intervals on the same grid.
    model, beyond
        As for :func:`extend_vault`.
    parameters
        Of this step.

    Returns
    -------
    VaultTables
        Over the vault unchanged; ``tables`` itself where no hole is near the vault's end.
    """
    grid = spherical_grid(tables.level)
    near_hole = _near_hole(tables, rays, parameters)
    if not (near_hole & ~tables.vault).any():
        return tables
    smooth, from_mean, sigma = _continuations(tables, model, beyond, parameters)
    continued = _follow_mirrored_bone(tables, rays, from_mean, near_hole, beyond, parameters)
    near_end = grid.grow_region(tables.vault & near_hole, 2)
    outer, inner = np.where(near_end[:, None], smooth, continued).T
    return replace(
        tables,
        outer=np.where(tables.vault, tables.outer, outer),
        inner=np.where(tables.vault, tables.inner, inner),
        outer_sigma=np.where(tables.vault, tables.outer_sigma, sigma),
        inner_sigma=np.where(tables.vault, tables.inner_sigma, sigma),
    )


def continue_tables(
    tables: VaultTables,
    rays: RayMap,
    model: ShapeModel,
    *,
    beyond: BoneBeyond | None = None,
    parameters: ExtensionParameters = METHOD.extension,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Continue tables beyond their vault: their distance from the mean head is continued smoothly.

    The mean head may have an opening where the bone of this head goes on. There its own other side is followed.

    Parameters
    ----------
    tables
        Values outside the vault are not used.
    rays
        Bone intervals on the same grid. They show, on this side or the other, where bone goes on.
    model, beyond
        As for :func:`extend_vault`.
    parameters
        Of this step.

    Returns
    -------
    outer, inner, sigma : (n,) float64, mm
        Over the vault the same as ``tables``, except that ``sigma`` is at least 1.2 mm.
    """
    _, along_mean, sigma = _continuations(tables, model, beyond, parameters)
    near_hole = _near_hole(tables, rays, parameters)
    outer, inner = _follow_mirrored_bone(tables, rays, along_mean, near_hole, beyond, parameters).T
    return outer, inner, sigma


def _continuations(
    tables: VaultTables, model: ShapeModel, beyond: BoneBeyond | None, parameters: ExtensionParameters
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Tables (n, 2) continued smoothly, tables (n, 2) as predicted or along the mean head, standard error (n,), mm."""
    mean = values_at_level(model.mean, tables.level)
    own = np.stack([tables.outer, tables.inner], axis=1)
    sigma = np.maximum(tables.outer_sigma, parameters.min_sigma_mm)
    fields = np.column_stack([own, own - mean, sigma])
    known = tables.vault[:, None]
    filled = fill_smoothly(np.where(known, fields, 0.0), known, tables.level)
    smooth, from_mean, sigma = filled[:, :2], filled[:, 2:4] + mean, filled[:, 4]
    if beyond is not None:
        predicted = ~tables.vault & np.isfinite(beyond.outer)
        from_mean[predicted] = np.column_stack([beyond.outer, beyond.inner])[predicted]
        sigma = np.where(predicted, np.maximum(sigma, beyond.sigma), sigma)
    for each in (smooth, from_mean):
        each[:, 1] = np.minimum(each[:, 1], each[:, 0] - 1.0)
    return smooth, from_mean, sigma


def _follow_mirrored_bone(
    tables: VaultTables,
    rays: RayMap,
    along_mean: NDArray[np.float64],
    near_hole: NDArray[np.bool_],
    beyond: BoneBeyond | None,
    parameters: ExtensionParameters,
) -> NDArray[np.float64]:
    """Tables (n, 2) along the mean head, but next to the vault along the bone of this side or of the other, mirrored.

    The difference of the two sides is continued, as the distance from the mean head is elsewhere. Next to a hole the
    other side comes first: there the bone of this side may be the wall of the cut. Where the hole is on both sides,
    neither is believed.
    """
    grid = spherical_grid(tables.level)
    bone = _trace_bone_beyond(tables, rays, parameters)
    mirrored = bone[grid.mirror_vertices]
    known = (tables.vault & tables.vault[grid.mirror_vertices])[:, None]
    difference = (tables.outer - tables.outer[grid.mirror_vertices])[:, None]
    difference = fill_smoothly(np.where(known, difference, 0.0), known, tables.level)[:, 0]
    mirrored = mirrored + difference
    first, second = np.where(near_hole, mirrored, bone), np.where(near_hole, bone, mirrored)
    followed = np.where(np.isfinite(first), first, second)
    if beyond is not None:
        predicted = np.isfinite(beyond.outer) & ~tables.vault
        believed = np.where(predicted & ~(beyond.other_side & np.isfinite(mirrored)), np.nan, followed)
        change = _fade_out(np.where(predicted, believed - beyond.outer, np.nan), predicted, grid, parameters)
        followed = np.where(predicted, beyond.outer + change, followed)
    outer = np.where(np.isfinite(followed), followed, along_mean[:, 0])
    outer = np.where(tables.vault, along_mean[:, 0], outer)
    return np.stack([outer, np.minimum(along_mean[:, 1], outer - 1.0)], axis=1)


def _fade_out(
    values: NDArray[np.float64], within: NDArray[np.bool_], grid: SphericalGrid, parameters: ExtensionParameters
) -> NDArray[np.float64]:
    """Values (n,) where they are known, and from there on ever less: zero far away, outside ``within`` too."""
    known = np.isfinite(values)
    faded = np.where(known, values, 0.0)
    for _ in range(parameters.fading_rings):
        faded = np.where(known, faded, parameters.fading * grid.neighbour_sums(faded) / 6 * within)
    return faded


def _trace_bone_beyond(tables: VaultTables, rays: RayMap, parameters: ExtensionParameters) -> NDArray[np.float64]:
    """Follow the outer table from the vault's end onwards, ring by ring: its radius (n,), mm, NaN where it ends."""
    return _trace_rings(tables.vault, tables, rays, step_mm=parameters.same_table_mm, parameters=parameters)


def _trace_own_bone(
    tables: VaultTables,
    rays: RayMap,
    outer: NDArray[np.float64],
    hole: NDArray[np.bool_],
    parameters: ExtensionParameters,
) -> NDArray[np.float64]:
    """Follow the bone next to a hole from the sound vault onwards, as steep as it may fall: (n,), mm, NaN without it.

    It bends away from the continued outer table where this side is lower than the other one, and is not lost. The wall
    of a cut is not followed further than to the ring of rays that meet it.
    """
    bone = _trace_rings(tables.vault & ~hole, tables, rays, step_mm=parameters.steep_mm, parameters=parameters)
    with np.errstate(invalid="ignore"):
        return np.where(outer - bone <= parameters.max_lower_mm, bone, np.nan)


def _trace_rings(
    start: NDArray[np.bool_],
    tables: VaultTables,
    rays: RayMap,
    *,
    step_mm: float,
    parameters: ExtensionParameters,
) -> NDArray[np.float64]:
    """Follow bone beyond the vault from the outer table at ``start`` (n,), from ring to ring: (n,), mm, else NaN."""
    grid = spherical_grid(tables.level)
    bone = np.full(len(grid), np.nan)
    first = np.flatnonzero(start & grid.grow_region(~tables.vault, 1))  # only from these a step leads beyond
    bone[first] = nearest_end(rays.intervals[first], tables.outer[first], parameters.same_table_mm)
    bone = follow_bone(
        bone,
        ~tables.vault & grid.grow_region(tables.vault, parameters.traced_rings),
        rays.intervals,
        grid,
        rings=parameters.traced_rings,
        step_mm=step_mm,
        min_neighbours=parameters.min_traced_neighbours,
    )
    return np.where(tables.vault, np.nan, bone)


def _joined_to_hole(
    lost: NDArray[np.bool_], hole: NDArray[np.bool_], tables: VaultTables, min_cm2: float
) -> NDArray[np.bool_]:
    """Which vertices beyond the vault are connected with a hole of the vault of some size: (n,) bool."""
    grid = spherical_grid(tables.level)
    vertices, part = grid.connected_parts(lost | hole)
    vertex_cm2 = grid.areas_mm2(tables.outer) / 100
    hole_cm2 = np.bincount(part, weights=(vertex_cm2 * hole)[vertices], minlength=1)
    joined = np.zeros(len(grid), dtype=bool)
    joined[vertices] = hole_cm2[part] >= min_cm2
    return joined
