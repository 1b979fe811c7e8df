"""Find what is in a hole and does not belong to the sound vault: old flaps, plates and meshes, new bone on the dura.

On the grid, a direction is *off the vault* where it meets no bone, bone that is not level with the predicted outer
table, a thin shell, or something far denser than this patient's vault. A flap that is level is known by its kerf: a
part of the vault that such directions enclose, for the most part. An object is the bone in such a place, if it hangs
together with the rest of the skull along less than half of its edge; the back wall of an opened sinus, a bevelled
margin and a worn outer table do so along all of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial import Delaunay

from SkullRestoreLib.affine import apply_affine, invert_affine, voxel_spacing, voxel_volume_ml
from SkullRestoreLib.defects.detect import are_near_tables
from SkullRestoreLib.defects.object_voxels import FoundObject, box_around_shell, vertices_of_voxels, voxels_in_box
from SkullRestoreLib.geometry.icosphere import SphericalGrid, spherical_grid
from SkullRestoreLib.method_parameters import METHOD, ObjectParameters
from SkullRestoreLib.records import Bone, Pose, RayMap, VaultObject, VaultTables

MIN_BURR_HOLES = 3
"""Fewer holes enclose no flap."""
DENSITY_SAMPLES = 9
"""Places along a ray, from the inner to the outer end of the bone, at which its density is looked at."""
KERF_SAMPLES = 12
"""Places along a ray, within the predicted vault, at which a kerf is looked for."""
METAL = "metal mesh or plate"
"""Kind of an object."""


@dataclass(frozen=True, eq=False)
class _RaySurface:
    """What the rays meet near the predicted vault, by direction."""

    is_vault: NDArray[np.bool_]  # of the vault, and scanned
    offset_mm: NDArray[np.float64]  # of the outermost bone from the predicted outer table, -inf where there is none
    bone_mm: NDArray[np.float64]  # length of bone
    bottom_mm: NDArray[np.float64]  # inner end of the outermost bone, from the centre, NaN where there is none
    top_mm: NDArray[np.float64]  # its outer end
    second_mm: NDArray[np.float64]  # (n, 2), ends of the bone beneath it, NaN where there is none
    density: NDArray[np.float64]  # of the field in its middle, NaN where there is none or the input is no CT
    peak: NDArray[np.float64]  # the greatest value along it, as in its tables; NaN there too


def find_vault_objects(
    bone: Bone,
    pose: Pose,
    rays: RayMap,
    tables: VaultTables,
    *,
    parameters: ObjectParameters = METHOD.objects,
) -> list[FoundObject]:
    """Find the objects in the holes of a vault, largest first.

    Parameters
    ----------
    bone, pose
        Segmented bone and head frame.
    rays, tables
        On one grid: what the rays meet, and the predicted vault.
    parameters
        Of this step.

    Returns
    -------
    list of FoundObject
        Numbered from 1; empty for a sound vault, and for holes with nothing in them.
    """
    grid = spherical_grid(tables.level)
    surface = _with_density(_examine_rays(rays, tables, parameters), grid, bone, pose)
    off_vault = _directions_off_vault(grid, surface, tables, parameters)
    if not off_vault.any():
        return []
    kerf = _blurred_kerfs(grid, surface, bone, pose, tables, parameters=parameters) & ~off_vault
    enclosed = _enclosed_parts(grid, surface, off_vault, kerf, tables, parameters)
    kerf &= grid.grow_region(enclosed, 1)
    places = off_vault | enclosed | kerf
    has_bone = np.isfinite(surface.offset_mm) & (surface.bone_mm >= parameters.min_bone_mm)
    vertices, part = grid.connected_parts(places)
    area_cm2 = grid.areas_mm2(tables.outer) / 100
    found = []
    for number in range(part.max(initial=-1) + 1):
        place = np.zeros(len(grid), dtype=bool)
        place[vertices[part == number]] = True
        core = place & has_bone & ~kerf & _away_from_vault_edge(grid, surface, parameters)
        core = (
            enclosed & core
            | grid.grow_region(grid.grow_region(core, -parameters.opening_rings), parameters.opening_rings) & core
        )
        if area_cm2[core].sum() < parameters.min_area_cm2:
            continue
        one = _measure_object(core, place, kerf, surface, bone, pose, tables, parameters=parameters)
        if one is not None and one.facts.kind == METAL:
            one = _with_metal_beside(one, core, surface, bone, pose, tables, parameters=parameters)
        if one is not None:
            found.append(one)
    found.sort(key=lambda each: -each.facts.area_cm2)
    return [replace(each, facts=replace(each.facts, number=n)) for n, each in enumerate(found, 1)]


def find_metal(
    bone: Bone, pose: Pose, rays: RayMap, tables: VaultTables, *, parameters: ObjectParameters = METHOD.objects
) -> list[FoundObject]:
    """Find meshes and plates over a hole among the metal that the segmentation has set apart.

    Parameters
    ----------
    bone, pose, rays, tables, parameters
        As for :func:`find_vault_objects`.

    Returns
    -------
    list of FoundObject
        ``removed``, as no bone is left of them but what the scan blurs around them; empty where all metal is screws
        and clips.
    """
    if bone.metal is None:
        return []
    grid = spherical_grid(tables.level)
    k, j, i = np.nonzero(bone.metal)
    points = apply_affine(pose.ras_to_head @ bone.ijk_to_ras, np.stack([i, j, k], axis=1))
    radius = np.maximum(np.linalg.norm(points, axis=1), 1e-6)
    vertex = grid.nearest_vertices(points / radius[:, None])
    depth = tables.outer[vertex] - radius
    near = (depth < tables.outer[vertex] - tables.inner[vertex] + parameters.depth_mm) & (depth > -parameters.height_mm)
    covered = np.zeros(len(grid), dtype=bool)
    covered[vertex[near]] = True
    covered = grid.grow_region(grid.grow_region(covered, 2), -2)  # over the openings of a mesh
    surface = _examine_rays(rays, tables, parameters)
    over_hole = covered & surface.is_vault & (surface.offset_mm < -parameters.level_mm)
    area_cm2 = grid.areas_mm2(tables.outer) / 100
    if not over_hole.any():
        return []
    surface = _with_density(surface, grid, bone, pose)
    vertices, part = grid.connected_parts(over_hole)
    found = []
    for number in range(part.max(initial=-1) + 1):
        place = vertices[part == number]
        if area_cm2[place].sum() < parameters.min_area_cm2:
            continue
        of_it = near & np.isin(vertex, place)
        volume_ml = float(of_it.sum()) * voxel_volume_ml(bone.ijk_to_ras)
        facts = VaultObject(
            number=0,
            kind=METAL,
            area_cm2=float(area_cm2[place].sum()),
            volume_ml=volume_ml,
            mean_hu=None,
            depth_mm=float(np.median(depth[of_it])),
            tilt_deg=0.0,
            open_edge=1.0,
            vertices=place,
            removed=True,
        )
        one = FoundObject(facts, np.isin(np.arange(len(grid)), place), *voxels_in_box(k[of_it], j[of_it], i[of_it]))
        found.append(_with_metal_beside(one, one.place, surface, bone, pose, tables, parameters=parameters))
    return found


def place_between_burr_holes(
    rays: RayMap, tables: VaultTables, *, parameters: ObjectParameters = METHOD.objects
) -> NDArray[np.bool_] | None:
    """Find where a flap may be whose kerf does not show: between three or more burr holes.

    Parameters
    ----------
    rays, tables, parameters
        As for :func:`find_vault_objects`.

    Returns
    -------
    ndarray or None
        (n,) bool, the directions between the holes and around them; None without such holes.
    """
    grid = spherical_grid(tables.level)
    surface = _examine_rays(rays, tables, parameters)
    is_empty = _away_from_vault_edge(grid, surface, parameters) & ~np.isfinite(surface.offset_mm)
    vertices, part = grid.connected_parts(is_empty)
    points = grid.directions * tables.outer[:, None]
    area_cm2 = grid.areas_mm2(tables.outer) / 100
    least, most = parameters.burr_hole_cm2
    middles = []
    for number in range(part.max(initial=-1) + 1):
        hole = vertices[part == number]
        middle = points[hole].mean(axis=0)
        reach_cm = float(np.linalg.norm(points[hole] - middle, axis=1).max()) / 10
        if least <= area_cm2[hole].sum() <= most and area_cm2[hole].sum() > parameters.round_part * np.pi * reach_cm**2:
            middles.append(middle)
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


def hide_objects(rays: RayMap, tables: VaultTables, objects: Sequence[FoundObject]) -> RayMap:
    """Return the rays without what they meet of objects, so that the vault is predicted from sound bone alone.

    Parameters
    ----------
    rays, tables
        As for :func:`find_vault_objects`.
    objects
        From it.

    Returns
    -------
    RayMap
    """
    return hide_place(rays, tables, np.logical_or.reduce([each.place for each in objects]))


def hide_place(
    rays: RayMap,
    tables: VaultTables,
    hidden: NDArray[np.bool_],
    *,
    parameters: ObjectParameters = METHOD.objects,
) -> RayMap:
    """Return the rays without what they meet near the vault in some directions.

    Parameters
    ----------
    rays, tables
        As for :func:`find_vault_objects`.
    hidden
        (n,) bool, the directions.
    parameters
        How far from the vault.

    Returns
    -------
    RayMap
    """
    intervals = rays.intervals.copy()
    near = are_near_tables(rays, tables, inside_mm=parameters.depth_mm, outside_mm=parameters.height_mm)
    intervals[near & hidden[:, None]] = np.nan
    # outermost first, as everywhere
    order = np.argsort(np.isnan(intervals[..., 0]), axis=1, kind="stable")
    intervals = np.take_along_axis(intervals, order[..., None], axis=1)
    return replace(rays, intervals=intervals)


def _examine_rays(rays: RayMap, tables: VaultTables, parameters: ObjectParameters) -> _RaySurface:
    """Look along each ray for bone near the predicted vault; its density is not looked at."""
    low, high = (tables.inner - parameters.depth_mm)[:, None], (tables.outer + parameters.height_mm)[:, None]
    inner, outer = rays.intervals[..., 0].astype(float), rays.intervals[..., 1].astype(float)
    with np.errstate(invalid="ignore"):
        near = (outer > low) & (outer < high)
    length = np.where(near, outer - np.maximum(inner, low), 0.0)
    first = np.where(near, outer, -np.inf).argmax(axis=1)
    each = np.arange(len(first))
    is_met = near[each, first]
    offset = np.where(is_met, outer[each, first] - tables.outer, -np.inf)
    is_vault = tables.vault & (rays.reach > tables.outer + 1)
    bottom = np.where(is_met, np.maximum(inner, low)[each, first], np.nan)
    top = np.where(is_met, outer[each, first], np.nan)
    after = np.minimum(first + 1, inner.shape[1] - 1)
    has_second = is_met & (after > first) & near[each, after]
    second = np.where(has_second[:, None], np.stack([inner[each, after], outer[each, after]], axis=1), np.nan)
    unknown = np.full(len(first), np.nan)
    return _RaySurface(is_vault, offset, length.sum(axis=1), bottom, top, second, unknown, unknown)


def _with_density(surface: _RaySurface, grid: SphericalGrid, bone: Bone, pose: Pose) -> _RaySurface:
    """The same with the density in the middle of the outermost bone, and its greatest value along it."""
    values = np.full((DENSITY_SAMPLES, len(grid)), np.nan)
    is_met = np.isfinite(surface.top_mm)
    if bone.threshold_hu is not None and is_met.any():
        ends = surface.bottom_mm[is_met], surface.top_mm[is_met]
        values[:, is_met] = _field_along(grid.directions[is_met], ends, np.linspace(0, 1, DENSITY_SAMPLES), bone, pose)
    return replace(surface, density=values[DENSITY_SAMPLES // 2], peak=values.max(axis=0))


def _field_along(
    directions: NDArray[np.float64],
    ends: tuple[NDArray[np.float64], NDArray[np.float64]],
    parts: NDArray[np.float64],
    bone: Bone,
    pose: Pose,
) -> NDArray[np.float32]:
    """The field (p, n) at parts (p,) of the way between an inner and an outer end, (n,) mm each, of rays (n, 3)."""
    head_to_ijk = invert_affine(bone.ijk_to_ras) @ pose.head_to_ras
    values = np.zeros((len(parts), len(directions)), dtype=np.float32)
    for number, part in enumerate(parts):
        radius = (1 - part) * ends[0] + part * ends[1]
        ijk = apply_affine(head_to_ijk, directions * radius[:, None])
        values[number] = ndimage.map_coordinates(bone.field, ijk[:, ::-1].T, order=1, output=np.float32, mode="nearest")
    return values


def _directions_off_vault(
    grid: SphericalGrid, surface: _RaySurface, tables: VaultTables, parameters: ObjectParameters
) -> NDArray[np.bool_]:
    """Which directions meet no vault bone: nothing, bone that is not level, or what is foreign.

    Without bone a single direction counts, as kerfs are narrow. Bone that only seems off the vault here and there, as
    over thin squamae, does not.
    """
    away = _away_from_vault_edge(grid, surface, parameters)
    is_empty = ~np.isfinite(surface.offset_mm)
    not_level = (surface.offset_mm < -parameters.level_mm) | _is_foreign(surface, tables, parameters)
    wide = grid.grow_region(grid.grow_region(away & not_level, -1), 1) & not_level
    off_vault: NDArray[np.bool_] = away & (is_empty | wide)
    return off_vault


def _is_foreign(surface: _RaySurface, tables: VaultTables, parameters: ObjectParameters) -> NDArray[np.bool_]:
    """Which directions meet a thin shell where the vault is thick, or something far denser than this vault."""
    thickness = tables.outer - tables.inner
    at_level = np.abs(surface.offset_mm) < parameters.shell_level_mm
    thin = at_level & (surface.bone_mm < parameters.shell_mm) & (thickness > parameters.shell_under_mm)
    limit = _foreign_density(surface, np.zeros(len(thin), dtype=bool), parameters)
    return thin | (np.nan_to_num(surface.density, nan=-np.inf) > limit)


def _median_density(surface: _RaySurface, place: NDArray[np.bool_]) -> float:
    """Median of an object; NaN where the input is no CT."""
    known = surface.density[place & np.isfinite(surface.density)]
    return float(np.median(known)) if len(known) else np.nan


def _foreign_density(surface: _RaySurface, without: NDArray[np.bool_], parameters: ObjectParameters) -> float:
    """The density from which on nothing is this patient's bone; NaN where the input is no CT.

    Thin bone is compact in its middle, where thick bone is spongy: what is foreign is denser than the tables.
    """
    tables = surface.peak[surface.is_vault & ~without & np.isfinite(surface.peak)]
    return parameters.dense_ratio * float(np.percentile(tables, 75)) if len(tables) else np.nan


def _away_from_vault_edge(grid: SphericalGrid, surface: _RaySurface, parameters: ObjectParameters) -> NDArray[np.bool_]:
    return ~grid.grow_region(~surface.is_vault, parameters.vault_edge_rings)


def _blurred_kerfs(
    grid: SphericalGrid,
    surface: _RaySurface,
    bone: Bone,
    pose: Pose,
    tables: VaultTables,
    *,
    parameters: ObjectParameters,
) -> NDArray[np.bool_]:
    """Narrow lines along which the vault is less dense than on both sides: kerfs that the scan has blurred over."""
    near = surface.is_vault
    ends = tables.inner[near], tables.outer[near]
    values = _field_along(grid.directions[near], ends, np.linspace(0.1, 0.9, KERF_SAMPLES), bone, pose)
    density = np.zeros(len(grid))
    density[near] = np.maximum(values.sum(axis=0, dtype=float) / KERF_SAMPLES, 0.0)
    around = density
    for lowest in (False, True):  # a closing: what is narrow and low is filled from both sides
        for _ in range(parameters.kerf_rings):
            each = np.concatenate([around[grid.neighbours], around[:, None]], axis=1)
            around = each.min(axis=1) if lowest else each.max(axis=1)
    low: NDArray[np.bool_] = surface.is_vault & (density < parameters.kerf_density * around)
    return low


def _enclosed_parts(
    grid: SphericalGrid,
    surface: _RaySurface,
    off_vault: NDArray[np.bool_],
    kerf: NDArray[np.bool_],
    tables: VaultTables,
    parameters: ObjectParameters,
) -> NDArray[np.bool_]:
    """Level parts of the vault that a ring encloses which is off the vault, or a blurred kerf, for the most part."""
    free, off_vault = off_vault, off_vault | kerf
    enclosed = np.zeros(len(grid), dtype=bool)
    step_mm = float(np.sqrt(np.median(grid.vertex_areas)) * np.median(tables.outer))
    sound = surface.is_vault & ~off_vault
    vault_end = ~_away_from_vault_edge(grid, surface, parameters)
    area_cm2 = grid.areas_mm2(tables.outer) / 100
    for bridge_mm in parameters.bridges_mm:
        rings = max(1, round(bridge_mm / 2 / step_mm))
        vertices, part = grid.connected_parts(sound & ~grid.grow_region(off_vault, rings) & ~enclosed)
        if not len(vertices):
            continue
        sizes = np.bincount(part, weights=area_cm2[vertices])
        labels = np.full(len(grid), -1)
        labels[vertices] = part
        labels = _grow_labels(grid, labels, sound, rings + 2)
        near_main = grid.grow_region(labels == sizes.argmax(), round(parameters.widest_gap_mm / step_mm))
        for number in np.flatnonzero(sizes < sizes.max()):
            region = labels == number
            edge = grid.grow_region(region, 1) & ~region
            if not edge.any() or area_cm2[region].sum() > parameters.max_enclosed_cm2:
                continue
            is_open = grid.grow_region(off_vault, 1) & edge
            if (region & vault_end).any():  # between a hole and the end of the vault bone is enclosed too
                is_open &= near_main
            # Sutures, sinuses and thin bone are as low as a blurred kerf: with it, more of the edge must be open.
            free_share = (grid.grow_region(free, 1) & is_open).sum() / edge.sum()
            with_kerf = is_open.sum() >= parameters.min_kerf_share * edge.sum()
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


def _measure_object(
    core: NDArray[np.bool_],
    place: NDArray[np.bool_],
    kerf: NDArray[np.bool_],
    surface: _RaySurface,
    bone: Bone,
    pose: Pose,
    tables: VaultTables,
    *,
    parameters: ObjectParameters,
) -> FoundObject | None:
    """Measure one object; None where it hangs together with the skull along most of its edge."""
    grid = spherical_grid(tables.level)
    wide = grid.grow_region(place, parameters.around_rings)
    box = box_around_shell(wide, bone, pose, tables, parameters)
    vertex = vertices_of_voxels(box, wide, bone, pose, tables, parameters)
    solid = bone.mask[box] & (vertex >= 0)
    inside = solid & core[vertex]
    if not inside.any():
        return None
    spacing = voxel_spacing(bone.ijk_to_ras)[::-1]
    steps = int(np.ceil(parameters.follow_mm / spacing.min()))
    reached = ndimage.binary_dilation(inside, iterations=steps, mask=solid & ~kerf[vertex])
    ring = wide & ~grid.grow_region(place, parameters.around_rings - 1)
    in_ring = np.zeros(len(grid), dtype=bool)
    in_ring[np.unique(vertex[reached & ring[vertex]])] = True
    attached = _continues_object(np.flatnonzero(in_ring & ring), core, surface, grid, parameters)
    open_share = 1 - attached / max(int(ring.sum()), 1)
    if open_share < _least_open_share(core, surface, tables, parameters):
        return None
    voxels = (reached | solid & kerf[vertex]) & place[vertex]
    labels, _ = ndimage.label(solid & ~voxels, ndimage.generate_binary_structure(3, 3))
    # crumbs at the edge that hang together with nothing else
    outside = np.unique(labels[solid & ring[vertex]])
    crumb = np.isin(labels, outside, invert=True) & (labels > 0)
    voxels |= crumb
    facts = _describe_object(core, place, surface, tables, parameters)
    volume_ml = float(voxels.sum()) * voxel_volume_ml(bone.ijk_to_ras)
    is_ct = bone.threshold_hu is not None and voxels.any()
    mean_hu = float(bone.field[box][voxels].mean()) if is_ct else None
    around = ndimage.binary_dilation(voxels, iterations=3)
    if bone.metal is not None and bone.metal[box][around].mean() > parameters.metal_share:
        facts = replace(facts, kind=METAL)
    facts = replace(facts, volume_ml=volume_ml, mean_hu=mean_hu, open_edge=open_share)
    return FoundObject(facts, place, box, voxels)


def _with_metal_beside(
    found: FoundObject,
    core: NDArray[np.bool_],
    surface: _RaySurface,
    bone: Bone,
    pose: Pose,
    tables: VaultTables,
    *,
    parameters: ObjectParameters,
) -> FoundObject:
    """The object with what of it rests on the bone around the hole, down to the predicted table.

    Left there, a mesh would raise the margin by its thickness.
    """
    grid = spherical_grid(tables.level)
    wide = grid.grow_region(found.place, parameters.metal_beside_rings)
    box = box_around_shell(wide, bone, pose, tables, parameters)
    vertex = vertices_of_voxels(box, wide, bone, pose, tables, parameters)
    solid = bone.mask[box] & (vertex >= 0)
    metal: NDArray[np.bool_] = solid & (bone.field[box] > _foreign_density(surface, core, parameters))
    if bone.metal is not None:
        metal |= bone.metal[box]
    steps = int(np.ceil(parameters.metal_blur_mm / voxel_spacing(bone.ijk_to_ras).min()))
    k, j, i = np.nonzero(ndimage.binary_dilation(metal, iterations=steps) & solid)
    first = np.array([part.start for part in box])
    points = apply_affine(pose.ras_to_head @ bone.ijk_to_ras, (np.stack([k, j, i], axis=1) + first)[:, ::-1])
    over = np.linalg.norm(points, axis=1) > tables.outer[vertex[k, j, i]] + parameters.over_table_mm
    voxels = np.zeros_like(solid)
    voxels[k[over], j[over], i[over]] = True
    place = found.place.copy()
    place[np.unique(vertex[k, j, i])] = True
    inner = tuple(slice(a.start - b.start, a.stop - b.start) for a, b in zip(found.box, box, strict=True))
    voxels[inner] |= found.voxels
    return replace(found, place=place, box=box, voxels=voxels)


def _least_open_share(
    core: NDArray[np.bool_], surface: _RaySurface, tables: VaultTables, parameters: ObjectParameters
) -> float:
    """Part of an object's edge that must be free: none of a metal shell's, which rests on the bone around it."""
    if _is_metal_like(core, surface, tables, parameters):
        return 0.0
    is_dense = _median_density(surface, core) > _foreign_density(surface, core, parameters)
    return parameters.min_open_dense if is_dense else parameters.min_open_share


def _is_thin(core: NDArray[np.bool_], surface: _RaySurface, tables: VaultTables, parameters: ObjectParameters) -> bool:
    thickness = float(np.median((tables.outer - tables.inner)[core]))
    return float(np.median(surface.bone_mm[core])) < parameters.shell_mm and thickness > parameters.shell_under_mm


def _is_metal_like(
    core: NDArray[np.bool_], surface: _RaySurface, tables: VaultTables, parameters: ObjectParameters
) -> bool:
    dense = np.nan_to_num(_median_density(surface, core)) > parameters.metal_like_hu
    return bool(dense) and _is_thin(core, surface, tables, parameters)


def _continues_object(
    ring: NDArray[np.int64],
    core: NDArray[np.bool_],
    surface: _RaySurface,
    grid: SphericalGrid,
    parameters: ObjectParameters,
) -> int:
    """In how many directions (n,) around an object the skull holds what the object is at its edge.

    Where a flap is sunk against the edge of its hole, both touch, but the flap's lower part has no bone next to it. The
    back wall of an opened sinus is within the thickness of the bone around it, or goes on beneath the air behind the
    front wall.
    """
    from scipy.spatial import cKDTree

    # At the very edge, rays may meet both as one piece of bone.
    inner = core & grid.grow_region(core, -parameters.opening_rings)
    edge = np.flatnonzero((inner if inner.any() else core) & np.isfinite(surface.top_mm))
    if not len(ring) or not len(edge):
        return len(ring)
    apart, nearest = cKDTree(grid.directions[edge]).query(grid.directions[ring])
    nearest = edge[nearest]
    low = np.maximum(surface.bottom_mm[nearest], surface.bottom_mm[ring])
    high = np.minimum(surface.top_mm[nearest], surface.top_mm[ring])
    length = np.maximum(surface.top_mm[nearest] - surface.bottom_mm[nearest], 0.1)
    held = np.nan_to_num(np.clip(high - low, 0, None) / length)
    if _goes_on_beneath(ring, nearest, apart, surface, parameters).sum() >= parameters.min_wall_share * len(ring):
        return len(ring)
    return int(((held >= parameters.held_part) | ~surface.is_vault[ring]).sum())


def _goes_on_beneath(
    ring: NDArray[np.int64],
    nearest: NDArray[np.int64],
    apart: NDArray[np.float64],
    surface: _RaySurface,
    parameters: ObjectParameters,
) -> NDArray[np.bool_]:
    """Where (r,) there is a second wall of bone, beneath the vault and air, at the height of the object next to it.

    ``nearest`` (r,) are the object's directions next to those of the ``ring`` (r,), and ``apart`` (r,) by how much, as
    parts of the radius.
    """
    low, high = surface.second_mm[ring].T
    apart_mm = apart * surface.top_mm[ring]
    middle_mm = (surface.bottom_mm[nearest] + surface.top_mm[nearest]) / 2
    with np.errstate(invalid="ignore"):
        is_hollow = surface.bottom_mm[ring] - high > parameters.air_mm
        same_height = np.abs((low + high) / 2 - middle_mm) < parameters.wall_slope * apart_mm
    beneath = surface.top_mm[nearest] < surface.bottom_mm[ring]
    goes_on: NDArray[np.bool_] = is_hollow & same_height & beneath
    return goes_on


def _describe_object(
    core: NDArray[np.bool_],
    place: NDArray[np.bool_],
    surface: _RaySurface,
    tables: VaultTables,
    parameters: ObjectParameters,
) -> VaultObject:
    """Measure an object on the grid, and name what it is."""
    grid = spherical_grid(tables.level)
    area = grid.areas_mm2(tables.outer) / 100
    met = core & np.isfinite(surface.offset_mm)
    depth = -surface.offset_mm[met]
    thickness = np.maximum(tables.outer - tables.inner, 1.0)
    filled = float((np.minimum(surface.bone_mm[met], thickness[met]) * area[met]).sum())
    fill = filled / max(float((thickness[met] * area[met]).sum()), 1e-9)
    of_hole = float(area[place].sum())
    is_small = of_hole - area[met].sum() > parameters.resorbed_part * of_hole + parameters.burr_holes_cm2
    if _is_metal_like(met, surface, tables, parameters):
        kind = METAL
    elif _median_density(surface, met) > _foreign_density(surface, core, parameters):
        kind = "plate"
    elif _is_thin(met, surface, tables, parameters):
        kind = "thin shell"
    elif is_small and np.median(depth) > parameters.dural_mm:
        kind = "bone on the dura"
    elif fill < parameters.resorbed_fill or is_small:
        kind = "resorbed bone flap"
    else:
        kind = "bone flap"
    return VaultObject(
        number=0,
        kind=kind,
        area_cm2=float(area[met].sum()),
        volume_ml=0.0,
        mean_hu=None,
        depth_mm=float(np.median(depth)),
        tilt_deg=_tilt_deg(grid.directions[met] * tables.outer[met, None], depth),
        open_edge=1.0,
        vertices=np.flatnonzero(core),
    )


def _tilt_deg(points: NDArray[np.float64], depth: NDArray[np.float64]) -> float:
    """Angle, degrees, between an object and the vault: the slope of a plane fitted to its depths (n,) at (n, 3)."""
    if len(points) < 10:
        return 0.0
    outwards = points.mean(axis=0) / np.linalg.norm(points.mean(axis=0))
    first = np.cross(outwards, np.eye(3)[np.argmin(np.abs(outwards))])
    first /= np.linalg.norm(first)
    plane = np.column_stack([points @ first, points @ np.cross(outwards, first), np.ones(len(points))])
    keep = np.abs(depth - np.median(depth)) < 8
    slope = np.linalg.lstsq(plane[keep], depth[keep], rcond=None)[0]
    return float(np.degrees(np.arctan(np.hypot(slope[0], slope[1]))))
