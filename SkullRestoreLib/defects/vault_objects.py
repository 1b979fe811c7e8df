"""Find what is in a hole and does not belong to the sound vault: old flaps, plates and meshes, new bone on the dura.

On the grid, a direction is *off the vault* where it meets no bone, bone that is not level with the predicted outer
table, a thin shell, or something far denser than this patient's vault. A flap that is level, or seems so because the
prediction follows it, is known by its kerf, or by the step that both of its faces have at its edge: a part of the vault
that such directions enclose, for the most part. Where one side of a flap alone is off the vault, the rest of it is
within the closed line along which least bone goes on. An object is the bone in such a place, if it hangs
together with the rest of the skull along less than half of its edge; the back wall of an opened sinus, a bevelled
margin and a worn outer table do so along all of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from SkullRestoreLib.affine import voxel_spacing, voxel_volume_ml
from SkullRestoreLib.defects.detect import are_near_tables
from SkullRestoreLib.defects.flap_outline import bone_held, bone_in_notches, complete_flap, cut_through_bone, enclose
from SkullRestoreLib.defects.kerfs import blurred_kerfs, enclosed_parts, height_steps
from SkullRestoreLib.defects.metal_over_hole import (
    METAL,
    is_bare_sheet,
    is_metal_like,
    is_thin_shell,
    with_metal_beside,
)
from SkullRestoreLib.defects.object_voxels import FoundObject, ShellInBox, shell_in_box, with_strips
from SkullRestoreLib.defects.plastic_plates import PLATE
from SkullRestoreLib.defects.ray_surface import (
    RaySurface,
    away_from_vault_edge,
    examine_rays,
    foreign_density,
    has_enough_bone,
    median_density,
    with_density,
)
from SkullRestoreLib.defects.voxel_outline import BoneInBox, separate_flap
from SkullRestoreLib.geometry.icosphere import SphericalGrid, spherical_grid
from SkullRestoreLib.method_parameters import METHOD, ObjectParameters
from SkullRestoreLib.records import Bone, Pose, RayMap, VaultObject, VaultTables
from SkullRestoreLib.skull_model.vault_end import ring_width_mm

FLAP, RESORBED = "bone flap", "resorbed bone flap"
"""Kinds of an object that are the patient's own bone, put back."""
DURAL_BONE = "bone on the dura"
"""The kind that has grown anew."""


def find_vault_objects(
    bone: Bone,
    pose: Pose,
    rays: RayMap,
    tables: VaultTables,
    *,
    known: Sequence[FoundObject] = (),
    parameters: ObjectParameters = METHOD.objects,
) -> list[FoundObject]:
    """Find the objects in the holes of a vault, largest first.

    Parameters
    ----------
    bone, pose
        Segmented bone and head frame.
    rays, tables
        On one grid: what the rays meet, and the predicted vault.
    known
        Objects that were found with an earlier prediction.
    parameters
        Of this step.

    Returns
    -------
    list of FoundObject
        Numbered from 1; empty for a sound vault, and for holes with nothing in them.
    """
    grid = spherical_grid(tables.level)
    surface = with_density(examine_rays(rays, tables, parameters), grid, bone, pose)
    off_vault = _directions_off_vault(grid, surface, tables, parameters)
    slice_mm, nothing = float(voxel_spacing(bone.ijk_to_ras).max()), np.zeros(len(grid), dtype=bool)
    has_bone, away = has_enough_bone(surface, parameters), away_from_vault_edge(grid, surface, parameters)
    # thin bone in thick slices is full of steps and dark lines, and no part of it alone is a flap; metal is dense
    has_outlines = slice_mm <= parameters.sure_slice_mm
    steps = height_steps(grid, surface, tables, slice_mm, parameters=parameters) if has_outlines else nothing
    if not (off_vault | steps).any():
        return []
    narrow, continuity = blurred_kerfs(grid, surface, bone, pose, tables, parameters=parameters)
    blurred = (narrow | steps) & ~off_vault
    found_before = np.logical_or.reduce([each.place for each in known], initial=False) | nothing
    enclosed = enclosed_parts(grid, surface, off_vault | steps, blurred, tables, found_before, parameters)
    is_dense = np.nan_to_num(surface.density, nan=-np.inf) > foreign_density(surface, ~has_bone, parameters)
    if not has_outlines:
        enclosed = grid.parts_with(enclosed, is_dense)
        narrow, blurred = (each & grid.grow_region(enclosed, parameters.opening_rings) for each in (narrow, blurred))
    kerf = blurred & grid.grow_region(enclosed, parameters.opening_rings)
    seen = _SeenVault(
        bone,
        pose,
        tables,
        surface,
        has_outlines=has_outlines,
        has_bone=has_bone,
        away=away,
        is_dense=is_dense,
        narrow=narrow,
        blurred=blurred,
        continuity=continuity,
        held=bone_held(continuity, surface.offset_mm, steps, grid, parameters),
        kerf=kerf,
        enclosed=enclosed,
        known=found_before,
        area_cm2=grid.areas_mm2(tables.outer) / 100,
    )
    vertices, part = grid.connected_parts(off_vault | enclosed | kerf)
    found = []
    for number in range(part.max(initial=-1) + 1):
        place = np.zeros(len(grid), dtype=bool)
        place[vertices[part == number]] = True
        one = _measure_complete(_object_core(place, seen, parameters), place, seen, parameters)
        found += [] if one is None else [one]
    found.sort(key=lambda each: -each.facts.area_cm2)
    return [replace(each, facts=replace(each.facts, number=n)) for n, each in enumerate(found, 1)]


@dataclass(frozen=True, eq=False)
class _SeenVault:
    """The vault in which objects are looked for."""

    bone: Bone
    pose: Pose
    tables: VaultTables
    surface: RaySurface
    has_outlines: bool  # the slices are thin enough to show kerfs and steps
    has_bone: NDArray[np.bool_]  # (n,), more than a crumb
    away: NDArray[np.bool_]  # (n,), from face and base
    is_dense: NDArray[np.bool_]  # (n,), denser than this patient's bone
    narrow: NDArray[np.bool_]  # (n,), kerfs that the scan has blurred over, and what is as low over no bone
    blurred: NDArray[np.bool_]  # (n,), the same in bone at the height of the vault
    continuity: NDArray[np.float64]  # (n,), from blurred_kerfs
    held: NDArray[np.float64]  # (e,), from bone_held
    kerf: NDArray[np.bool_]  # (n,), along level flaps
    enclosed: NDArray[np.bool_]  # (n,), level flaps
    known: NDArray[np.bool_]  # (n,), objects that were found with an earlier prediction
    area_cm2: NDArray[np.float64]  # (n,), of the outer table


def _object_core(place: NDArray[np.bool_], seen: _SeenVault, parameters: ObjectParameters) -> NDArray[np.bool_]:
    """What in a place (n,) may be an object: bone without kerfs, walls of the hole, and tongues of sound bone."""
    grid, surface, enclosed = spherical_grid(seen.tables.level), seen.surface, seen.enclosed
    core = place & seen.has_bone & ~seen.kerf & seen.away
    certain = enclosed | seen.is_dense
    core &= certain | ~_level_crumbs(core & ~certain, surface, grid, parameters)
    opened = grid.grow_region(_over_openings(core, seen.is_dense, surface, grid, parameters), -parameters.opening_rings)
    core &= enclosed | grid.grow_region(opened, parameters.opening_rings)
    core &= certain | ~_margin_walls(core, certain, place, seen, parameters)
    return core


def _measure_complete(
    core: NDArray[np.bool_], place: NDArray[np.bool_], seen: _SeenVault, parameters: ObjectParameters
) -> FoundObject | None:
    """Measure one object, a flap with what has grown together with the skull; None where it is a part of the skull."""
    grid, surface, tables = spherical_grid(seen.tables.level), seen.surface, seen.tables
    one = _measure_object(core, place, seen, parameters)
    level = seen.enclosed | seen.kerf
    if one is not None and one.facts.kind == DURAL_BONE and (place & level).any():
        # next to an opened sinus thin bone encloses crumbs of its front wall; that is at the height of the vault
        core, place = core & ~level, place & ~level
        one = _measure_object(core, place, seen, parameters)
    if one is None or one.facts.kind in (FLAP, RESORBED):
        wider = _within_outline(core, place, seen, parameters)
        if wider is not None and (measured := _measure_object(*wider, seen, parameters)) is not None:
            (core, place), one = wider, measured
    if one is None:
        return None
    if one.facts.kind == METAL:
        shell = _with_outline(one, seen, parameters)
        return with_metal_beside(shell, core, surface, seen.bone, seen.pose, tables, parameters=parameters)
    if one.facts.kind not in (FLAP, RESORBED):
        return _with_outline(one, seen, parameters)
    allowed = seen.away & np.isfinite(surface.offset_mm)
    rest = complete_flap(core, place, seen.held, allowed, grid, parameters)
    if rest.any():
        place = place | rest | seen.blurred & grid.grow_region(rest, parameters.opening_rings)
        one = _measure_object(core | rest, place, seen, parameters, shell=one.shell) or one
    complete = _with_outline(one, seen, parameters)
    on_grid = cut_through_bone(complete.place, seen.held, grid, parameters)
    on_grid |= bone_in_notches(one.core, complete.place, grid, parameters)
    return replace(complete, cut=on_grid if complete.cut is None else complete.cut | on_grid)


def _within_outline(
    core: NDArray[np.bool_], place: NDArray[np.bool_], seen: _SeenVault, parameters: ObjectParameters
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]] | None:
    """Core and place, both (n,), with what a closed line of kerfs, gaps and steps has around them; None without one.

    Of a flap that pulls the prediction towards itself, less than its edge may be off the vault.
    """
    grid, surface, tables = spherical_grid(seen.tables.level), seen.surface, seen.tables
    if not seen.has_outlines:
        return None
    seed = core if core.any() else place & seen.has_bone & seen.away & ~seen.kerf
    if seen.area_cm2[seed].sum() < parameters.min_area_cm2 or not _fills_vault(seed, surface, tables, parameters):
        return None
    reach_rings = round(parameters.outline_reach_mm / ring_width_mm(grid, tables.outer))
    side, share = enclose(seed, seen.held, seen.away, reach_rings, grid, parameters)
    inside = side & seen.has_bone & (seen.continuity > 0)
    is_more = seen.area_cm2[inside & ~core].sum() >= parameters.min_area_cm2
    is_flap = share <= parameters.outline_held and seen.area_cm2[side].sum() <= parameters.max_enclosed_cm2
    if not (is_more and is_flap):
        return None
    return seed | inside, place | side | seen.blurred & grid.grow_region(side, parameters.opening_rings)


def _around_flap(
    core: NDArray[np.bool_], surface: RaySurface, tables: VaultTables, parameters: ObjectParameters
) -> NDArray[np.bool_]:
    """Directions (n,) of a flap and around it, where a blurred kerf parts it from the skull; none around thinner bone.

    Next to the back wall of an opened sinus the bone is low too, and the wall is no object.
    """
    if not _fills_vault(core, surface, tables, parameters):
        return np.zeros(len(core), dtype=bool)
    return spherical_grid(tables.level).grow_region(core, parameters.around_rings)


def _fills_vault(
    core: NDArray[np.bool_], surface: RaySurface, tables: VaultTables, parameters: ObjectParameters
) -> bool:
    """Check whether an object is about as thick as the vault was, as flaps are, also where they are resorbed."""
    thickness = (tables.outer - tables.inner)[core]
    return bool(np.median(surface.bone_mm[core]) >= parameters.flap_fill * np.median(thickness))


def _over_openings(
    core: NDArray[np.bool_],
    is_dense: NDArray[np.bool_],
    surface: RaySurface,
    grid: SphericalGrid,
    parameters: ObjectParameters,
) -> NDArray[np.bool_]:
    """A core (n,) with the openings of what is dense in it, or thin, as a mesh is."""
    sheet = core & (is_dense | (surface.bone_mm < parameters.shell_mm))
    rings = parameters.opening_rings
    return core | grid.grow_region(grid.grow_region(sheet, rings), -rings)


def _level_crumbs(
    core: NDArray[np.bool_], surface: RaySurface, grid: SphericalGrid, parameters: ObjectParameters
) -> NDArray[np.bool_]:
    """Small parts (n,) of a core that are level with the vault: thin tongues of sound bone next to what is in the hole.

    A part ends where the height jumps.
    """
    level = core & (np.abs(surface.offset_mm) < parameters.level_mm)
    area_cm2 = grid.areas_mm2(np.nan_to_num(surface.top_mm)) / 100
    return level & ~grid.large_parts(level, area_cm2, parameters.min_area_cm2)


def _inner_parts(region: NDArray[np.bool_], rings: int, grid: SphericalGrid) -> NDArray[np.bool_]:
    """A region (n,) without its outermost rings; of a part that has no more rings, the innermost one."""
    inner = region
    for _ in range(rings):
        smaller = grid.grow_region(inner, -1)
        inner = smaller | inner & ~grid.parts_with(inner, smaller)
    return inner


def _certain_flap(
    core: NDArray[np.bool_],
    place: NDArray[np.bool_],
    kerf: NDArray[np.bool_],
    seen: _SeenVault,
    parameters: ObjectParameters,
) -> NDArray[np.bool_]:
    """Directions (n,) in which all bone is the flap's: not at its edge, nor where it is on the bone around its hole.

    Small parts of it are, if they are level and enclosed, or a kerf or a gap is all around them.
    """
    grid, surface, rings = spherical_grid(seen.tables.level), seen.surface, parameters.split_rings
    on_bone = surface.bone_mm > seen.tables.outer - seen.tables.inner + parameters.level_mm
    apart = core & ~kerf & ~(on_bone & (surface.offset_mm > parameters.level_mm))
    islands = apart & ~grid.parts_with(apart, grid.grow_region(~place, 1))
    small = _inner_parts(islands, rings, grid) | _inner_parts(core & seen.enclosed, rings, grid) & apart
    certain: NDArray[np.bool_] = grid.grow_region(apart, -rings) | small
    return certain


def _margin_walls(
    core: NDArray[np.bool_],
    certain: NDArray[np.bool_],
    place: NDArray[np.bool_],
    seen: _SeenVault,
    parameters: ObjectParameters,
) -> NDArray[np.bool_]:
    """Parts (n,) of a core that lie along the edge of a hole only: its slanting walls.

    What is ``certain`` to be no wall, (n,), keeps the part that it is in, if it is more than a crumb: next to an opened
    sinus low thin bone and a blurred kerf look the same, and enclose crumbs of sound bone.
    """
    grid = spherical_grid(seen.tables.level)
    rings = round(parameters.wall_mm / ring_width_mm(grid, seen.tables.outer))
    inner = grid.large_parts(certain, seen.area_cm2, parameters.min_area_cm2) | grid.grow_region(place, -rings)
    return core & ~grid.parts_with(core, inner)


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


def _directions_off_vault(
    grid: SphericalGrid, surface: RaySurface, tables: VaultTables, parameters: ObjectParameters
) -> NDArray[np.bool_]:
    """Which directions meet no vault bone: nothing, bone that is not level, or what is foreign.

    Without bone a single direction counts, as kerfs are narrow. Bone that only seems off the vault here and there, as
    over thin squamae, does not.
    """
    away = away_from_vault_edge(grid, surface, parameters)
    is_empty = ~np.isfinite(surface.offset_mm)
    not_level = (surface.offset_mm < -parameters.level_mm) | _is_foreign(surface, tables, parameters)
    wide = grid.grow_region(grid.grow_region(away & not_level, -1), 1) & not_level
    off_vault: NDArray[np.bool_] = away & (is_empty | wide)
    return off_vault


def _is_foreign(surface: RaySurface, tables: VaultTables, parameters: ObjectParameters) -> NDArray[np.bool_]:
    """Which directions meet a thin shell where the vault is thick, or something far denser than this vault."""
    thickness = tables.outer - tables.inner
    at_level = np.abs(surface.offset_mm) < parameters.shell_level_mm
    thin = at_level & (surface.bone_mm < parameters.shell_mm) & (thickness > parameters.shell_under_mm)
    limit = foreign_density(surface, np.zeros(len(thin), dtype=bool), parameters)
    return thin | (np.nan_to_num(surface.density, nan=-np.inf) > limit)


@dataclass(frozen=True, eq=False)
class _MeasuredObject:
    """One object as the grid shows it; where it ends is not found by voxels yet."""

    facts: VaultObject
    core: NDArray[np.bool_]  # (n,), its directions
    place: NDArray[np.bool_]  # (n,), with its kerf and burr holes
    kerf: NDArray[np.bool_]  # (n,)
    ring: NDArray[np.bool_]  # (n,), around it
    shell: ShellInBox
    reached: NDArray[np.bool_]  # in the box: the object, as far as bone goes on

    @cached_property
    def voxels(self) -> NDArray[np.bool_]:
        """In the box: what of it is in its place."""
        in_kerf, in_place = self.shell.over(self.kerf), self.shell.over(self.place)
        return with_strips((self.reached | in_kerf) & in_place, self.shell.solid, in_kerf, self.shell.over(self.ring))


def _measure_object(
    core: NDArray[np.bool_],
    place: NDArray[np.bool_],
    seen: _SeenVault,
    parameters: ObjectParameters,
    *,
    shell: ShellInBox | None = None,
) -> _MeasuredObject | None:
    """Measure one object; None for a crumb, and where it hangs together with the skull along most of its edge.

    A ``shell`` that is known is used again if it is the one over this place.
    """
    if seen.area_cm2[core].sum() < parameters.min_area_cm2:
        return None
    bone, tables, surface = seen.bone, seen.tables, seen.surface
    kerf = seen.kerf | seen.narrow & _around_flap(core, surface, tables, parameters)
    grid = spherical_grid(tables.level)
    wide = grid.grow_region(place, parameters.around_rings)
    if shell is None or not np.array_equal(shell.wide, wide):
        shell = shell_in_box(wide, bone, seen.pose, tables, parameters)
    apart = core & ~kerf
    inside = shell.over(apart if apart.any() else core)
    if not inside.any():
        return None
    spacing = voxel_spacing(bone.ijk_to_ras)[::-1]
    steps = int(np.ceil(parameters.follow_mm / spacing.min()))
    reached = ndimage.binary_dilation(inside, iterations=steps, mask=shell.over(~kerf))
    ring = wide & ~grid.grow_region(place, parameters.around_rings - 1)
    in_ring = np.zeros(len(grid), dtype=bool)
    in_ring[shell.vertex[reached & shell.over(ring)]] = True
    is_flap = _fills_vault(core, surface, tables, parameters)
    open_share = 1 - _held_share(ring, in_ring & ring, core, surface, tables, parameters, is_flap=is_flap)
    is_known = (seen.known & core).sum() > parameters.known_part * core.sum()
    if open_share < _least_open_share(core, surface, tables, parameters, is_known=is_known):
        return None
    facts = replace(_describe_object(core, place, surface, tables, parameters), open_edge=open_share)
    measured = _MeasuredObject(facts, core, place, kerf, ring, shell, reached)
    if bone.metal is not None and bone.metal[shell.box].any():
        around = ndimage.binary_dilation(measured.voxels, iterations=3)
        if bone.metal[shell.box][around].mean() > parameters.metal_share:
            return replace(measured, facts=replace(facts, kind=METAL))
    return measured


def _with_outline(measured: _MeasuredObject, seen: _SeenVault, parameters: ObjectParameters) -> FoundObject:
    """Find which voxels are an object's; of a flap, where it was cut out of bone that goes on."""
    bone, facts, voxels, cut = seen.bone, measured.facts, measured.voxels, None
    box = measured.shell.box
    if facts.kind in (FLAP, RESORBED):
        grid = spherical_grid(seen.tables.level)
        flap = _certain_flap(measured.core, measured.place, measured.kerf, seen, parameters)
        near = grid.grow_region(measured.place, parameters.split_rings)
        around = BoneInBox(measured.shell, bone, seen.pose, seen.tables, seen.surface)
        certain = measured.reached & voxels & measured.shell.over(flap)
        voxels, cut = separate_flap(around, voxels, certain, near, parameters=parameters)
    volume_ml = float(voxels.sum()) * voxel_volume_ml(bone.ijk_to_ras)
    is_ct = bone.threshold_hu is not None and voxels.any()
    mean_hu = float(bone.field[box][voxels].mean()) if is_ct else None
    facts = replace(facts, volume_ml=volume_ml, mean_hu=mean_hu)
    return FoundObject(facts, measured.place, box, voxels, cut)


def _least_open_share(
    core: NDArray[np.bool_],
    surface: RaySurface,
    tables: VaultTables,
    parameters: ObjectParameters,
    *,
    is_known: bool,
) -> float:
    """Part of an object's edge that must be free: none of a mesh's, which rests on the bone around it.

    What was found with an earlier prediction is not lost because the next one shows a little less of its edge.
    """
    if any(check(core, surface, tables, parameters) for check in (is_metal_like, is_bare_sheet)):
        return 0.0
    is_dense = median_density(surface, core) > foreign_density(surface, core, parameters)
    if is_dense:
        return parameters.min_open_dense
    return parameters.min_open_known if is_known else parameters.min_open_share


def _held_share(
    ring: NDArray[np.bool_],
    reached: NDArray[np.bool_],
    core: NDArray[np.bool_],
    surface: RaySurface,
    tables: VaultTables,
    parameters: ObjectParameters,
    *,
    is_flap: bool,
) -> float:
    """In which part of the ``ring`` (n,) around an object the skull holds what the object is at its edge.

    ``reached`` (n,) is where one gets from the object through bone.
    Where a flap is sunk against the edge of its hole, both touch, but the flap's lower part has no bone next to it. The
    back wall of an opened sinus is within the thickness of the bone around it, or goes on beneath the air behind the
    front wall: where it does, and is not below the inner table as new bone on the dura is, all of its edge is the
    skull's, also the cut one (decision 0211).
    """
    from scipy.spatial import cKDTree

    grid, around, beyond = spherical_grid(tables.level), max(int(ring.sum()), 1), np.flatnonzero(reached)
    # At the very edge, rays may meet both as one piece of bone.
    inner = core & grid.grow_region(core, -parameters.opening_rings)
    edge = np.flatnonzero((inner if inner.any() else core) & np.isfinite(surface.top_mm))
    if not len(beyond) or not len(edge):
        return len(beyond) / around
    apart, nearest = cKDTree(grid.directions[edge]).query(grid.directions[beyond])
    nearest = edge[nearest]
    low = np.maximum(surface.bottom_mm[nearest], surface.bottom_mm[beyond])
    high = np.minimum(surface.top_mm[nearest], surface.top_mm[beyond])
    length = np.maximum(surface.top_mm[nearest] - surface.bottom_mm[nearest], 0.1)
    held = np.nan_to_num(np.clip(high - low, 0, None) / length)
    beneath = _goes_on_beneath(beyond, nearest, apart, surface, parameters)
    if not is_flap and beneath.mean() >= parameters.min_wall_share:
        is_wall = np.nanmedian((surface.top_mm - tables.inner)[core]) > 0
        return 1.0 if is_wall else len(beyond) / around
    continues = held >= parameters.held_part
    if is_flap:  # of which a side may be under the zygomatic arch
        continues &= _steps_down(beyond, nearest, surface) < parameters.level_mm
        continues |= beneath
    return float((continues | ~surface.is_vault[beyond]).sum()) / around


def _steps_down(ring: NDArray[np.int64], nearest: NDArray[np.int64], surface: RaySurface) -> NDArray[np.float64]:
    """How much lower (r,) both tables of a flap are at least than those of the ``ring`` around it, seen from the vault.

    However thick it is, a flap that was moved is lower with both. Worn bone is lower with its outer table alone.
    """
    of_flap, of_ring = (surface.top_mm[each] - surface.bottom_mm[each] for each in (nearest, ring))
    outer = surface.offset_mm[ring] - surface.offset_mm[nearest]
    steps: NDArray[np.float64] = np.nan_to_num(np.minimum(outer, outer + of_flap - of_ring))
    return steps


def _goes_on_beneath(
    ring: NDArray[np.int64],
    nearest: NDArray[np.int64],
    apart: NDArray[np.float64],
    surface: RaySurface,
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
    surface: RaySurface,
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
    is_deep = np.median(depth) > min(parameters.dural_mm, float(np.median(thickness[met])) + parameters.below_inner_mm)
    is_small = of_hole - area[met].sum() > parameters.resorbed_part * of_hole + parameters.burr_holes_cm2
    if is_metal_like(met, surface, tables, parameters):
        kind = METAL
    elif median_density(surface, met) > foreign_density(surface, core, parameters):
        kind = PLATE
    elif is_small and is_deep:
        kind = DURAL_BONE
    elif is_bare_sheet(met, surface, tables, parameters):
        kind = METAL
    elif is_thin_shell(met, surface, tables, parameters):
        kind = "thin shell"
    elif fill < parameters.resorbed_fill or is_small:
        kind = RESORBED
    else:
        kind = FLAP
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
