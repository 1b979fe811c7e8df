"""Find level plates that are denser than tissue and less dense than bone: cement with some barium, porous ceramic.

The bone threshold shows them in part or as bone, and they are level, so that neither a gap, nor a step, nor the density
of a metal parts them from the skull. Sound bone has tables, which are denser than such a plate anywhere in it. A plate
is equally dense everywhere in its outer half, as thin bone that the scan blurs is not, and the tables around it begin
at its border (decision 0219).
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from SkullRestoreLib.affine import voxel_volume_ml
from SkullRestoreLib.defects.object_voxels import FoundObject, box_around_shell, points_of_voxels, vertices_of_voxels
from SkullRestoreLib.defects.plastic_plates import PLATE
from SkullRestoreLib.defects.ray_surface import away_from_vault_edge, examine_rays, field_along
from SkullRestoreLib.geometry.icosphere import SphericalGrid, interpolate, spherical_grid
from SkullRestoreLib.method_parameters import METHOD, ObjectParameters
from SkullRestoreLib.records import Bone, Pose, RayMap, VaultObject, VaultTables

_OUTER_HALF = np.linspace(0.35, 0.9, 12)
"""Places along a ray between the predicted tables, without the blurred faces of a plate."""
_OUTER_TABLE = np.linspace(0.0, 1.0, 4)


def find_faint_plates(
    bone: Bone, pose: Pose, rays: RayMap, tables: VaultTables, *, parameters: ObjectParameters = METHOD.objects
) -> list[FoundObject]:
    """Find level plates that are less dense than the tables of this patient's vault.

    Parameters
    ----------
    bone, pose
        Segmented bone and head frame.
    rays, tables
        On one grid: what the rays meet, and the predicted vault.
    parameters
        How much less dense, how even, and how large they are.

    Returns
    -------
    list of FoundObject
        ``removed``, as they are no bone although the threshold may show some; empty where the input is no CT.
    """
    if bone.threshold_hu is None:
        return []
    grid = spherical_grid(tables.level)
    surface = examine_rays(rays, tables, parameters)
    away = away_from_vault_edge(grid, surface, parameters)
    if not away.any():
        return []
    is_level = np.abs(surface.offset_mm) < parameters.faint_level_mm
    outer = np.where(is_level, tables.outer + np.where(is_level, surface.offset_mm, 0.0), tables.outer)
    thickness = tables.outer - tables.inner
    peak, usual, spread = (np.full(len(grid), np.nan) for _ in range(3))
    values = field_along(grid.directions[away], (outer[away] - thickness[away], outer[away]), _OUTER_HALF, bone, pose)
    low, middle, high = np.percentile(values, (10, 50, 90), axis=0)
    peak[away], usual[away] = values.max(axis=0), middle
    spread[away] = (high - low) / np.maximum(middle, 1.0)
    table_hu = float(np.median(peak[away]))
    with np.errstate(invalid="ignore"):
        highest = np.where(spread < parameters.even_spread, parameters.even_part, parameters.faint_part) * table_hu
        is_plate = (usual > parameters.plastic_hu) & (peak < highest) & (spread < parameters.faint_spread)
    is_plate = grid.grow_region(grid.grow_region(is_plate, 1), -1)  # noise is in single directions
    opened = grid.grow_region(grid.grow_region(is_plate, -parameters.opening_rings), parameters.opening_rings)
    vertices, part = grid.connected_parts(opened & is_plate)
    area_cm2 = grid.areas_mm2(tables.outer) / 100
    found = []
    for number in range(part.max(initial=-1) + 1):
        core = np.zeros(len(grid), dtype=bool)
        core[vertices[part == number]] = True
        if area_cm2[core].sum() < parameters.min_closed_plate_cm2:
            continue
        if np.median(thickness[core]) < parameters.shell_mm or not _is_even(usual[core], parameters):
            continue
        least = max(parameters.table_part * table_hu, (np.median(peak[core]) + table_hu) / 2)
        with np.errstate(invalid="ignore"):
            is_bone = peak > least
        if _has_tables_around(core, is_bone, away, grid, parameters):
            density = float(np.median(usual[core]))
            found.append(_measure_plate(core, density, table_hu, outer, bone, pose, tables, parameters))
    return found


def join_faint_plates(objects: Sequence[FoundObject], plates: Sequence[FoundObject]) -> list[FoundObject]:
    """Add plates that are less dense than bone to the objects that were found otherwise.

    Parameters
    ----------
    objects
        That were found otherwise.
    plates
        From :func:`find_faint_plates`.

    Returns
    -------
    list of FoundObject
        What is mostly in the place of such a plate is a part of it; a plate that another object covers is that object.
        Not numbered again.
    """
    kept = []
    for each in objects:
        shared = [(each.place & plate.place).sum() for plate in plates]
        if not any(s > 0.5 * each.place.sum() for s in shared):
            kept.append(each)
    covered = np.logical_or.reduce([each.place for each in kept]) if kept else None
    added = [p for p in plates if covered is None or (p.place & covered).sum() < 0.5 * p.place.sum()]
    dropped = [each for each in objects if not any(each is one for one in kept)]
    lost = [each for each in dropped if not any((each.place & p.place).any() for p in added)]
    return [*kept, *lost, *added]


def _is_even(densities: NDArray[np.float64], parameters: ObjectParameters) -> bool:
    """Check whether a part of the vault is equally dense everywhere."""
    low, middle, high = np.percentile(densities, (10, 50, 90))
    return bool(high - low < parameters.faint_spread * middle)


def _has_tables_around(
    core: NDArray[np.bool_],
    is_bone: NDArray[np.bool_],
    away: NDArray[np.bool_],
    grid: SphericalGrid,
    parameters: ObjectParameters,
) -> bool:
    """Check whether there are tables within a centimetre of the border of a core (n,), along most of it."""
    rings = parameters.border_rings[1]
    ring = grid.grow_region(core, rings) & ~grid.grow_region(core, rings - 1) & away
    return bool(ring.any() and is_bone[ring].mean() > parameters.closed_part)


def _measure_plate(
    core: NDArray[np.bool_],
    density: float,
    table_hu: float,
    outer: NDArray[np.float64],
    bone: Bone,
    pose: Pose,
    tables: VaultTables,
    parameters: ObjectParameters,
) -> FoundObject:
    """Measure a plate with a core (n,): it ends where the outer table, half-way as dense, begins."""
    grid = spherical_grid(tables.level)
    wide = grid.grow_region(core, parameters.border_rings[1])
    halfway, (low_mm, high_mm) = (density + table_hu) / 2, parameters.table_depth_mm
    top = np.where(np.isfinite(outer), outer, tables.outer)
    at_table = np.full(len(grid), np.inf)
    ends = top[wide] - high_mm, top[wide] - low_mm
    at_table[wide] = field_along(grid.directions[wide], ends, _OUTER_TABLE, bone, pose).max(axis=0)
    place = core | (at_table < halfway)
    vertices, part = grid.connected_parts(place)
    place[vertices] = np.isin(part, part[core[vertices]])
    box = box_around_shell(grid.grow_region(place, 1), bone, pose, tables, parameters)
    picture = vertices_of_voxels(box, grid.grow_region(place, 1), bone, pose, tables, parameters)
    k, j, i = np.nonzero(picture >= 0)
    vertex, points = picture[k, j, i], points_of_voxels(picture >= 0, box, bone, pose)
    radius = np.linalg.norm(points, axis=1)
    near = radius < np.maximum(top, tables.outer)[vertex] + parameters.level_mm
    near &= radius > np.minimum(tables.inner[vertex], top[vertex] - parameters.shell_mm) - parameters.level_mm
    is_of_it = near & grid.grow_region(place, -1)[vertex]
    doubtful = np.flatnonzero(near & ~is_of_it)
    directions = points[doubtful] / radius[doubtful, None]
    edge_top = interpolate(top, directions)
    is_of_it[doubtful] = (
        field_along(directions, (edge_top - high_mm, edge_top - low_mm), _OUTER_TABLE, bone, pose).max(axis=0) < halfway
    )
    is_of_it &= bone.field[box][k, j, i] > density / 2  # neither tissue around it nor air
    voxels = np.zeros(picture.shape, dtype=bool)
    voxels[k[is_of_it], j[is_of_it], i[is_of_it]] = True
    face = np.zeros(len(grid))  # the threshold puts that of a plate which is hardly denser too deep
    np.maximum.at(face, vertex[is_of_it], radius[is_of_it])
    facts = VaultObject(
        number=0,
        kind=PLATE,
        area_cm2=float((grid.areas_mm2(tables.outer) / 100)[place].sum()),
        volume_ml=float(voxels.sum()) * voxel_volume_ml(bone.ijk_to_ras),
        mean_hu=density,
        depth_mm=float(np.median((tables.outer - face)[core & (face > 0)])),
        tilt_deg=0.0,
        open_edge=0.0,
        vertices=np.flatnonzero(place),
        removed=True,
    )
    return FoundObject(facts, place, box, voxels)
