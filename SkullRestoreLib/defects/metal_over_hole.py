"""Find meshes and plates of metal over a hole: what is set apart as metal, and what the scan has blurred to bone."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from SkullRestoreLib.affine import apply_affine, voxel_spacing, voxel_volume_ml
from SkullRestoreLib.defects.object_voxels import (
    FoundObject,
    box_around_shell,
    points_of_voxels,
    slices_around,
    slices_within,
    vertices_of_voxels,
    voxels_in_box,
)
from SkullRestoreLib.defects.ray_surface import (
    RaySurface,
    examine_rays,
    foreign_density,
    median_density,
    with_density,
)
from SkullRestoreLib.geometry.icosphere import SphericalGrid, spherical_grid
from SkullRestoreLib.method_parameters import METHOD, ObjectParameters
from SkullRestoreLib.records import Bone, Pose, RayMap, VaultObject, VaultTables

METAL = "metal mesh or plate"
"""Kind of an object."""
ANY_NEIGHBOUR = np.ones((3, 3, 3))
"""Voxels hang together over faces, edges and corners."""


def find_blurred_metal(
    bone: Bone, pose: Pose, rays: RayMap, tables: VaultTables, *, parameters: ObjectParameters = METHOD.objects
) -> NDArray[np.bool_] | None:
    """Find thin metal that the scan has blurred below the brightness of metal: far denser than this patient's vault.

    Parameters
    ----------
    bone, pose
        Segmented bone and head frame.
    rays, tables
        On one grid: what the rays meet, and the predicted vault.
    parameters
        How much denser, and how thin.

    Returns
    -------
    ndarray or None
        (nk, nj, ni) bool, on the bone's grid; None where there is none, and where the input is no CT.
    """
    grid = spherical_grid(tables.level)
    surface = with_density(examine_rays(rays, tables, parameters), grid, bone, pose)
    limit = foreign_density(surface, np.zeros(len(grid), dtype=bool), parameters)
    bright = surface.is_vault & (np.nan_to_num(surface.peak, nan=-np.inf) > limit)
    if grid.areas_mm2(tables.outer)[bright].sum() / 100 < parameters.min_area_cm2:
        return None
    wide = grid.grow_region(bright, parameters.around_rings)
    box = box_around_shell(wide, bone, pose, tables, parameters)
    solid = vertices_of_voxels(box, wide, bone, pose, tables, parameters) >= 0
    spacing = voxel_spacing(bone.ijk_to_ras)[::-1]
    dense = solid & (bone.field[box] > limit)
    if not dense.any():
        return None
    within = slices_around(dense, 1 + int(np.ceil(parameters.metal_rim_mm / spacing.min())))
    box = tuple(slice(a.start + b.start, a.start + b.stop) for a, b in zip(box, within, strict=True))
    dense = dense[within]
    rim = np.zeros_like(dense)
    if bone.metal is not None and bone.metal[box].any():  # what is blurred around it alone is known already
        rim = ndimage.distance_transform_edt(~bone.metal[box], sampling=spacing) <= parameters.metal_rim_mm
    labels, count = ndimage.label(dense & ~rim, ANY_NEIGHBOUR)
    depth = ndimage.distance_transform_edt(labels > 0, sampling=spacing)
    voxel_mm3 = 1000 * voxel_volume_ml(bone.ijk_to_ras)
    size = np.bincount(labels.ravel(), minlength=count + 1)
    thick = np.bincount(labels.ravel(), (depth > parameters.shell_mm / 2).ravel(), count + 1)
    is_sheet = (size * voxel_mm3 >= parameters.min_metal_mm3) & (thick <= parameters.max_thick_part * size)
    is_sheet[0] = False
    if not is_sheet.any():
        return None
    metal = np.zeros(bone.mask.shape, dtype=bool)
    sheet = is_sheet[labels]
    # between it and its part that is set apart it goes on (decision 0216)
    metal[box] = ndimage.binary_propagation(sheet, ANY_NEIGHBOUR, mask=sheet | dense & rim)
    return metal


def find_metal(
    bone: Bone, pose: Pose, rays: RayMap, tables: VaultTables, *, parameters: ObjectParameters = METHOD.objects
) -> list[FoundObject]:
    """Find meshes and plates over a hole among the metal that the segmentation has set apart.

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
        ``removed``, as no bone is left of them but what the scan blurs around them; empty where all metal is screws
        and clips.
    """
    if bone.metal is None:
        return []
    grid = spherical_grid(tables.level)
    k, j, i = np.unravel_index(np.flatnonzero(bone.metal), bone.metal.shape)  # far faster than numpy.nonzero
    points = apply_affine(pose.ras_to_head @ bone.ijk_to_ras, np.stack([i, j, k], axis=1))
    radius = np.maximum(np.linalg.norm(points, axis=1), 1e-6)
    vertex = grid.nearest_vertices(points / radius[:, None])
    depth = tables.outer[vertex] - radius
    near = (depth < tables.outer[vertex] - tables.inner[vertex] + parameters.depth_mm) & (depth > -parameters.height_mm)
    covered = np.zeros(len(grid), dtype=bool)
    covered[vertex[near]] = True
    covered = grid.grow_region(grid.grow_region(covered, 2), -2)  # over the openings of a mesh
    surface = examine_rays(rays, tables, parameters)
    over_hole = covered & surface.is_vault & (surface.offset_mm < -parameters.level_mm)
    area_cm2 = grid.areas_mm2(tables.outer) / 100
    if not over_hole.any():
        return []
    surface = with_density(surface, grid, bone, pose)
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
        found.append(with_metal_beside(one, one.place, surface, bone, pose, tables, parameters=parameters))
    return found


def with_metal_beside(
    found: FoundObject,
    core: NDArray[np.bool_],
    surface: RaySurface,
    bone: Bone,
    pose: Pose,
    tables: VaultTables,
    *,
    parameters: ObjectParameters,
) -> FoundObject:
    """Add to a mesh or plate what of it rests on the bone around the hole, down to the predicted table.

    Over the hole, where nothing is beneath it, all of it goes, also next to the margin.
    Left there, a mesh would raise the margin by its thickness. One that is no denser than the tables of the skull is
    known by that it stands out. It has pulled the prediction with it, so its place is all of the bone around the hole:
    hidden, that no longer pulls the next one.

    Parameters
    ----------
    found
        The mesh or plate, over the hole.
    core
        (n,) bool, its directions without its kerf.
    surface, bone, pose, tables
        What the rays meet, segmented bone, head frame and predicted vault.
    parameters
        How far around the hole.

    Returns
    -------
    FoundObject
    """
    grid = spherical_grid(tables.level)
    wide = grid.grow_region(found.place, parameters.metal_beside_rings)
    box = box_around_shell(wide, bone, pose, tables, parameters)
    vertex = vertices_of_voxels(box, wide, bone, pose, tables, parameters)
    solid = bone.mask[box] & (vertex >= 0)
    limit = foreign_density(surface, core, parameters)
    metal: NDArray[np.bool_] = solid & (bone.field[box] > limit)
    if bone.metal is not None:
        metal |= bone.metal[box]
    steps = int(np.ceil(parameters.metal_blur_mm / voxel_spacing(bone.ijk_to_ras).min()))
    near = ndimage.binary_dilation(metal, iterations=steps) & solid
    is_faint = not median_density(surface, core) > limit
    if is_faint:
        near |= solid & (_standing_out(core, surface, grid, parameters) & wide)[vertex]
    (k, j, i), points = np.nonzero(near), points_of_voxels(near, box, bone, pose)
    over = np.linalg.norm(points, axis=1) > tables.outer[vertex[k, j, i]] + parameters.over_table_mm
    if bone.metal is None or not bone.metal[box].any():  # else the segmentation set it apart with what it blurs
        over |= (surface.bone_mm < parameters.sheet_part * (tables.outer - tables.inner))[vertex[k, j, i]]
    voxels = np.zeros_like(solid)
    voxels[k[over], j[over], i[over]] = True
    place = wide if is_faint else found.place.copy()
    place[np.unique(vertex[k, j, i])] = True
    voxels[slices_within(box, found.box)] |= found.voxels
    return replace(found, place=place, box=box, voxels=voxels)


def _standing_out(
    core: NDArray[np.bool_], surface: RaySurface, grid: SphericalGrid, parameters: ObjectParameters
) -> NDArray[np.bool_]:
    """Directions (n,) joined to a sheet in which bone is higher than the vault by a part of the sheet's thickness."""
    high = surface.offset_mm > parameters.stands_out_part * np.median(surface.bone_mm[core])
    return grid.parts_with(high | core, core) & high


def is_thin_shell(
    core: NDArray[np.bool_], surface: RaySurface, tables: VaultTables, parameters: ObjectParameters
) -> bool:
    """Check whether a thin layer is where the vault is thick.

    Parameters
    ----------
    core
        (n,) bool, directions of an object.
    surface, tables
        What the rays meet, and the predicted vault.
    parameters
        What is thin, and what is thick.

    Returns
    -------
    bool
    """
    thickness = float(np.median((tables.outer - tables.inner)[core]))
    return _is_shell(core, surface, parameters) and thickness > parameters.shell_under_mm


def _is_shell(core: NDArray[np.bool_], surface: RaySurface, parameters: ObjectParameters) -> bool:
    return float(np.median(surface.bone_mm[core])) < parameters.shell_mm


def is_metal_like(
    core: NDArray[np.bool_], surface: RaySurface, tables: VaultTables, parameters: ObjectParameters
) -> bool:
    """Check whether an object is a thin layer of metal that the scan has blurred: no bone of this vault is as dense.

    Parameters
    ----------
    core
        (n,) bool, directions of an object.
    surface, tables
        What the rays meet, with densities, and the predicted vault.
    parameters
        What is thin, and what is dense.

    Returns
    -------
    bool
    """
    density = median_density(surface, core)
    if not density > parameters.metal_like_hu:
        return False
    # the vault may be thin itself, and is never as dense
    is_foreign = density > foreign_density(surface, core, parameters)
    return _is_shell(core, surface, parameters) and (is_foreign or is_thin_shell(core, surface, tables, parameters))


def is_bare_sheet(
    core: NDArray[np.bool_], surface: RaySurface, tables: VaultTables, parameters: ObjectParameters
) -> bool:
    """Check whether an object is a thin layer in place of the outer table with nothing beneath it, as a mesh is.

    However little denser than bone it is: a scan blurs a thin mesh to less than the tables of a skull have. The front
    wall of a sinus has a back wall beneath it, and where sound bone is thin, the vault is predicted thin too.

    Parameters
    ----------
    core
        (n,) bool, directions of an object.
    surface, tables
        What the rays meet, and the predicted vault.
    parameters
        What is thin, and what is level.

    Returns
    -------
    bool
    """
    if not is_thin_shell(core, surface, tables, parameters):
        return False
    thickness = np.median((tables.outer - tables.inner)[core])
    is_thin = np.median(surface.bone_mm[core]) < parameters.sheet_part * thickness
    is_level = abs(np.median(surface.offset_mm[core])) < parameters.level_mm
    has_wall = np.isfinite(surface.second_mm[core, 1]).mean() >= parameters.min_wall_share
    return bool(is_thin and is_level and not has_wall)


def join_metal(objects: Sequence[FoundObject]) -> list[FoundObject]:
    """Join the parts of a mesh or plate: some of it is set apart as metal, and some the scan has blurred to bone.

    Parameters
    ----------
    objects
        From :func:`SkullRestoreLib.defects.vault_objects.find_vault_objects` and :func:`find_metal`.

    Returns
    -------
    list of FoundObject
        Largest first and numbered from 1. What of metal was ``removed`` in one part is so altogether. What is no flap
        and mostly under metal is a blurred part of it.
    """
    metal = [each for each in objects if each.facts.kind == METAL]
    under = np.logical_or.reduce([each.place for each in metal], initial=False)
    others = []
    for each in objects:
        if each.facts.kind not in (METAL, "bone flap") and (each.place & under).sum() > 0.5 * each.place.sum():
            metal.append(each)
        elif each.facts.kind != METAL:
            others.append(each)
    while metal:
        joined = metal.pop()
        touching = next((n for n, each in enumerate(metal) if (each.place & joined.place).any()), None)
        if touching is None:
            others.append(joined)
        else:
            metal.append(_join_two(joined, metal.pop(touching)))
    others.sort(key=lambda each: -each.facts.area_cm2)
    return [replace(each, facts=replace(each.facts, number=n)) for n, each in enumerate(others, 1)]


def _join_two(one: FoundObject, other: FoundObject) -> FoundObject:
    """Two parts of one thing, each measured, as one."""
    box = tuple(slice(min(a.start, b.start), max(a.stop, b.stop)) for a, b in zip(one.box, other.box, strict=True))
    voxels = np.zeros([part.stop - part.start for part in box], dtype=bool)
    for each in (one, other):
        voxels[slices_within(box, each.box)] |= each.voxels
    larger, smaller = sorted((one.facts, other.facts), key=lambda each: (each.kind != METAL, -each.area_cm2))
    new_share = float(np.isin(smaller.vertices, larger.vertices, invert=True).mean())
    known = [each for each in (larger, smaller) if each.mean_hu is not None]
    share = smaller.area_cm2 / max(larger.area_cm2 + smaller.area_cm2, 1e-9)
    facts = replace(
        larger,
        area_cm2=larger.area_cm2 + new_share * smaller.area_cm2,
        volume_ml=larger.volume_ml + smaller.volume_ml,
        mean_hu=known[0].mean_hu if known else None,
        depth_mm=(1 - share) * larger.depth_mm + share * smaller.depth_mm,
        vertices=np.union1d(larger.vertices, smaller.vertices),
        removed=larger.removed or smaller.removed,
    )
    return FoundObject(facts, one.place | other.place, box, voxels)
