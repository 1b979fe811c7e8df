"""Know a flap by what the saw and the drill left: kerfs, also those that the scan has blurred over, and burr holes."""

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import Delaunay

from SkullRestoreLib.defects.ray_surface import (
    RaySurface,
    away_from_vault_edge,
    examine_rays,
    field_along,
    has_enough_bone,
)
from SkullRestoreLib.geometry.icosphere import SphericalGrid, spherical_grid
from SkullRestoreLib.method_parameters import METHOD, ObjectParameters
from SkullRestoreLib.records import Bone, Pose, RayMap, VaultTables
from SkullRestoreLib.skull_model.vault_end import ring_width_mm

MIN_BURR_HOLES = 3
"""Fewer holes enclose no flap."""
KERF_SAMPLES = 12
"""Places along a ray, within the predicted vault, at which a kerf is looked for."""
MIDDLE_SAMPLES, OUTER_SAMPLES = (4, 8), (8, 12)
"""Of these, the ones in the middle layer and in the outer one. The inner one varies with the inner table."""
TABLE_SAMPLES = (10, 12)
"""The ones in the outer table and next to it."""


def blurred_kerfs(
    grid: SphericalGrid,
    surface: RaySurface,
    bone: Bone,
    pose: Pose,
    tables: VaultTables,
    *,
    parameters: ObjectParameters,
) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Find narrow lines along which the vault is less dense than on both sides: kerfs that the scan has blurred over.

    A kerf that slants against the rays is low in each layer, at another place, and hardly so all through. A thin wall
    is low over an area, and no kerf (decision 0211). A saw has cut the outer table along some length: gaps and veins in
    the diploe are no kerf, however many there are (decision 0215).

    Parameters
    ----------
    grid, surface
        The grid, and what its rays meet.
    bone, pose, tables
        Segmented bone, head frame and predicted vault.
    parameters
        How narrow, and how much less dense.

    Returns
    -------
    kerf : ndarray
        (n,) bool.
    continuity : ndarray
        (n,), 1 where bone is as dense as on both sides, 0 in kerfs and where there is no bone.
    """
    near = surface.is_vault
    ends = tables.inner[near], tables.outer[near]
    values = field_along(grid.directions[near], ends, np.linspace(0.1, 0.9, KERF_SAMPLES), bone, pose)
    has_bone = near & has_enough_bone(surface, parameters)
    places = (0, KERF_SAMPLES), MIDDLE_SAMPLES, OUTER_SAMPLES, TABLE_SAMPLES
    limits = parameters.kerf_density, parameters.layer_kerf_density, parameters.layer_kerf_density
    layers = np.zeros((len(places), len(grid)))
    for layer, (first, last) in zip(layers, places, strict=True):
        layer[near] = np.maximum(values[first:last].mean(axis=0, dtype=float), 0.0)
    kerf, middle, outer = (
        near & _low_lines(grid, layer, has_bone, limit, parameters)
        for layer, limit in zip(layers[:3], limits, strict=True)
    )
    kerf |= middle & grid.grow_region(outer, 1) | outer & grid.grow_region(middle, 1)
    share, table = (_share_of_surroundings(grid, layer, parameters.kerf_rings) for layer in layers[[0, 3]])
    in_table = _long_lines(grid, kerf & (table < parameters.table_kerf_density), tables, parameters.min_kerf_mm)
    kerf &= grid.grow_region(in_table, parameters.kerf_rings)
    low, high = parameters.held_density
    return kerf, np.where(has_bone & ~kerf, np.clip((share - low) / (high - low), 0, 1), 0.0)


def height_steps(
    grid: SphericalGrid, surface: RaySurface, tables: VaultTables, slice_mm: float, *, parameters: ObjectParameters
) -> NDArray[np.bool_]:
    """Find lines along which both faces of the vault are at two heights: the edges of a flap that has moved.

    A large flap pulls the prediction towards itself, but the step to the skull stays what it is. Where a mesh is on
    bone, or bone is worn, the outer face alone has a step. Thin bone that slices meet at an angle has steps as high as
    they are thick.

    Parameters
    ----------
    grid, surface, tables
        The grid, what its rays meet, and the predicted vault.
    slice_mm
        Thickness of the slices: the longest side of a voxel.
    parameters
        How high a step is, and how long.

    Returns
    -------
    ndarray
        (n,) bool, the directions on both sides of a step.
    """
    met = surface.is_vault & np.isfinite(surface.offset_mm)
    # a valley, as in a suture or a blurred kerf, has the same height on both sides
    outer = _without_valleys(grid, np.where(met, surface.offset_mm, np.nan), parameters.opening_rings)
    outer = _range_around(grid, outer, 1)
    inner = _range_around(grid, np.where(met, surface.bottom_mm - tables.inner, np.nan), parameters.opening_rings)
    least_mm = max(parameters.step_mm, parameters.step_slices * slice_mm)
    steps = met & away_from_vault_edge(grid, surface, parameters) & (np.minimum(outer, inner) >= least_mm)
    steps &= ~grid.grow_region(surface.is_vault & ~met, parameters.opening_rings)  # rays along the wall of a hole
    return _long_lines(grid, steps, tables, parameters.min_kerf_mm)


def _range_around(grid: SphericalGrid, values: NDArray[np.float64], rings: int) -> NDArray[np.float64]:
    """Greatest minus least of the values (n,) within so many rings of each direction, without those that are NaN."""
    return np.nan_to_num(grid.extreme_around(values, np.fmax, rings) - grid.extreme_around(values, np.fmin, rings))


def _long_lines(
    grid: SphericalGrid, region: NDArray[np.bool_], tables: VaultTables, min_length_mm: float
) -> NDArray[np.bool_]:
    """Parts (n,) of a region (n,) that are at least so long: twice as far as they reach from their middle."""
    vertices, part = grid.connected_parts(region)
    long = np.zeros(len(grid), dtype=bool)
    if not len(vertices):
        return long
    points = grid.directions[vertices] * tables.outer[vertices, None]
    middles = np.stack([np.bincount(part, weights=each) for each in points.T], axis=1) / np.bincount(part)[:, None]
    reach_mm = np.zeros(len(middles))
    np.maximum.at(reach_mm, part, np.linalg.norm(points - middles[part], axis=1))
    long[vertices] = 2 * reach_mm[part] >= min_length_mm
    return long


def _low_lines(
    grid: SphericalGrid,
    density: NDArray[np.float64],
    has_bone: NDArray[np.bool_],
    limit: float,
    parameters: ObjectParameters,
) -> NDArray[np.bool_]:
    """Directions (n,) where the ``density`` (n,) is below this part of that on both sides, along lines.

    In a thin wall, as in front of a sinus, it is low over an area. Between the cells of a sinus are septa, so a wall is
    compared with bone farther away than the two sides of a kerf are.
    """
    low = _share_of_surroundings(grid, density, parameters.kerf_rings) < limit
    thin = has_bone & (_share_of_surroundings(grid, density, parameters.thin_wall_reach_rings) < limit)
    rings = parameters.thin_wall_rings
    return low & ~grid.grow_region(grid.grow_region(thin, -rings), rings + 1)


def _share_of_surroundings(grid: SphericalGrid, density: NDArray[np.float64], rings: int) -> NDArray[np.float64]:
    """Density (n,) as a part of that on both sides, where it is low over at most twice this many rings: at most 1."""
    return density / np.maximum(_without_valleys(grid, density, rings), 1e-6)


def _without_valleys(grid: SphericalGrid, values: NDArray[np.float64], rings: int) -> NDArray[np.float64]:
    """The values (n,) with what is low and at most twice this many rings wide filled from both sides: a closing."""
    return grid.extreme_around(grid.extreme_around(values, np.fmax, rings), np.fmin, rings)


def enclosed_parts(
    grid: SphericalGrid,
    surface: RaySurface,
    off_vault: NDArray[np.bool_],
    kerf: NDArray[np.bool_],
    tables: VaultTables,
    known: NDArray[np.bool_],
    parameters: ObjectParameters,
) -> NDArray[np.bool_]:
    """Find level parts of the vault that a ring encloses which is off the vault, or a blurred kerf, for the most part.

    Parameters
    ----------
    grid, surface, tables
        The grid, what its rays meet, and the predicted vault.
    off_vault
        (n,) bool, directions without sound bone at the height of the vault.
    kerf
        (n,) bool, from :func:`blurred_kerfs`.
    known
        (n,) bool, places of flaps that were found with an earlier prediction: there less of the ring is enough.
    parameters
        How much of the ring, and how wide gaps in it are.

    Returns
    -------
    ndarray
        (n,) bool.
    """
    free, off_vault = off_vault, off_vault | kerf
    enclosed = np.zeros(len(grid), dtype=bool)
    step_mm = ring_width_mm(grid, tables.outer)
    sound = surface.is_vault & ~off_vault
    vault_end = ~away_from_vault_edge(grid, surface, parameters)
    area_cm2 = grid.areas_mm2(tables.outer) / 100
    drilled = np.full(len(grid), -1)
    for mark, hole in enumerate(_burr_holes(grid, surface, tables, parameters)):
        drilled[hole] = mark
    for bridge_mm in parameters.bridges_mm:
        rings = max(1, round(bridge_mm / 2 / step_mm))
        vertices, part = grid.connected_parts(sound & ~grid.grow_region(off_vault, rings) & ~enclosed)
        if not len(vertices):
            continue
        sizes = np.bincount(part, weights=area_cm2[vertices])
        labels = np.full(len(grid), -1)
        labels[vertices] = part
        labels = _grow_labels(grid, labels, sound, rings + 2)
        gap_rings, near_end = round(parameters.widest_gap_mm / step_mm), grid.grow_region(vault_end, rings)
        for number in np.flatnonzero(sizes < sizes.max()):
            region = labels == number
            edge = grid.grow_region(region, 1) & ~region
            if not edge.any() or area_cm2[region].sum() > parameters.max_enclosed_cm2:
                continue
            is_open = grid.grow_region(off_vault, 1) & edge
            if (region & near_end).any():  # between a hole and the end of the vault bone is enclosed too
                # but not behind a piece of the same flap
                is_open &= _within_gap(grid, (labels == sizes.argmax()) | known, ~region, gap_rings)
            # Sutures, sinuses and thin bone are as low as a blurred kerf: with it, more of the edge must be open.
            # The blurred kerf is a band around what of it is free.
            free_share = (grid.grow_region(free, parameters.kerf_rings) & is_open).sum() / edge.sum()
            is_drilled = len(np.unique(drilled[grid.grow_region(edge, 1)])) > MIN_BURR_HOLES  # with -1, for none
            is_known = (region & known).sum() > parameters.known_part * region.sum()
            least = parameters.min_drilled_share if is_drilled or is_known else parameters.min_kerf_share
            with_kerf = is_open.sum() >= least * edge.sum()
            # Sound bone between a hole and sutures, or an old saw line, is held along more than a flap's bridges.
            with_kerf &= (edge & ~is_open).sum() * step_mm <= parameters.most_held_mm
            if free_share >= (parameters.min_free_share if with_kerf else parameters.min_open_share):
                enclosed |= region
    return enclosed


def _grow_labels(
    grid: SphericalGrid, labels: NDArray[np.int64], allowed: NDArray[np.bool_], rings: int
) -> NDArray[np.int64]:
    """Grow labelled parts (n,), -1 for none, into what is allowed, ring by ring, until they meet."""
    labels = labels.copy()
    for _ in range(rings):
        free = np.flatnonzero(allowed & (labels < 0))
        around = labels[grid.neighbours[free]].max(axis=1)
        labels[free] = around
    return labels


def _within_gap(
    grid: SphericalGrid, main: NDArray[np.bool_], allowed: NDArray[np.bool_], rings: int
) -> NDArray[np.bool_]:
    """Directions (n,) near the main part of the vault, reached from it without crossing what is not allowed."""
    near = main
    for _ in range(rings):
        near = grid.grow_region(near, 1) & allowed
    return near


def place_between_burr_holes(
    rays: RayMap, tables: VaultTables, *, parameters: ObjectParameters = METHOD.objects
) -> NDArray[np.bool_] | None:
    """Find where a flap may be whose kerf does not show: between three or more burr holes.

    Parameters
    ----------
    rays, tables
        On one grid: what the rays meet, and the predicted vault.
    parameters
        Size and distance of burr holes.

    Returns
    -------
    ndarray or None
        (n,) bool, the directions between the holes and around them; None without such holes.
    """
    grid = spherical_grid(tables.level)
    surface = examine_rays(rays, tables, parameters)
    points = grid.directions * tables.outer[:, None]
    middles = [points[hole].mean(axis=0) for hole in _burr_holes(grid, surface, tables, parameters)]
    if len(middles) < MIN_BURR_HOLES:
        return None
    holes = np.array(middles)
    if np.linalg.norm(holes[:, None] - holes, axis=2).max() > parameters.burr_holes_apart_mm:
        return None
    outwards = holes.mean(axis=0) / np.linalg.norm(holes.mean(axis=0))
    axes = np.linalg.svd(outwards[None])[2][1:]
    seen, ahead = points @ axes.T, points @ outwards > 0
    between = ahead & (Delaunay(holes @ axes.T).find_simplex(seen) >= 0)
    return grid.grow_region(between, parameters.around_rings)


def _burr_holes(
    grid: SphericalGrid, surface: RaySurface, tables: VaultTables, parameters: ObjectParameters
) -> list[NDArray[np.int64]]:
    """Directions (v,) of each round hole of a burr hole's size."""
    is_empty = away_from_vault_edge(grid, surface, parameters) & ~np.isfinite(surface.offset_mm)
    vertices, part = grid.connected_parts(is_empty)
    points = grid.directions * tables.outer[:, None]
    area_cm2 = grid.areas_mm2(tables.outer) / 100
    least, most = parameters.burr_hole_cm2
    found = []
    for number in range(part.max(initial=-1) + 1):
        hole = vertices[part == number]
        reach_cm = float(np.linalg.norm(points[hole] - points[hole].mean(axis=0), axis=1).max()) / 10
        if least <= area_cm2[hole].sum() <= most and area_cm2[hole].sum() > parameters.round_part * np.pi * reach_cm**2:
            found.append(hole)
    return found
