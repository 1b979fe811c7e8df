"""Find level plates that are denser than tissue and less dense than bone: cement with some barium, porous ceramic.

The bone threshold shows them in part or as bone, and they are level, so that neither a gap, nor a step, nor the density
of a metal parts them from the skull. Sound bone has tables, which are denser than such a plate anywhere in it. A plate
is equally dense everywhere in its outer half, as thin bone that the scan blurs is not, and the tables around it begin
at its border (decision 0219).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from SkullRestoreLib.affine import voxel_volume_ml
from SkullRestoreLib.defects.metal_over_hole import METAL
from SkullRestoreLib.defects.object_voxels import FoundObject, box_around_shell, points_of_voxels
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
    top = tables.outer + np.where(is_level, surface.offset_mm, 0.0)
    usual, peak, spread = _densities_of_outer_half(top, away, bone, pose, tables)
    table_hu = float(np.median(peak[away]))
    thickness, area_cm2 = tables.outer - tables.inner, grid.areas_mm2(tables.outer) / 100
    found = []
    for core in _even_parts(grid, usual, peak / table_hu, spread, parameters):
        is_large = area_cm2[core].sum() >= parameters.min_closed_plate_cm2
        if not is_large or np.median(thickness[core]) < parameters.shell_mm:
            continue
        least = max(parameters.table_part * table_hu, (np.median(peak[core]) + table_hu) / 2)
        if _has_tables_around(core, away, np.nan_to_num(peak) > least, grid, parameters):
            density = float(np.median(usual[core]))
            found.append(_measure_plate(core, density, table_hu, top, bone, pose, tables, parameters))
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
        What is mostly in the place of such a plate is a part of it, unless it is metal, or covers most of the plate.
        Not numbered again.
    """
    added, kept = [], list(objects)
    for plate in plates:
        parts = [each for each in kept if (each.place & plate.place).sum() > 0.5 * each.place.sum()]
        covered = np.logical_or.reduce([each.place & plate.place for each in kept], initial=False)
        is_known = np.sum(covered) > 0.75 * plate.place.sum()
        if is_known or any(each.facts.kind == METAL for each in parts):
            continue
        kept = [each for each in kept if not any(each is one for one in parts)]
        added.append(plate)
    return [*kept, *added]


def _densities_of_outer_half(
    top: NDArray[np.float64], away: NDArray[np.bool_], bone: Bone, pose: Pose, tables: VaultTables
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Median and greatest density below an outer face (n,), HU, and by which part it varies; (n,) each, else NaN."""
    grid, thickness = spherical_grid(tables.level), tables.outer - tables.inner
    usual, peak, spread = (np.full(len(grid), np.nan) for _ in range(3))
    ends = (top - thickness)[away], top[away]
    values = field_along(grid.directions[away], ends, _OUTER_HALF, bone, pose)
    low, middle, high = np.percentile(values, (10, 50, 90), axis=0)
    usual[away], peak[away], spread[away] = middle, values.max(axis=0), (high - low) / np.maximum(middle, 1.0)
    return usual, peak, spread


def _even_parts(
    grid: SphericalGrid,
    usual: NDArray[np.float64],
    peak: NDArray[np.float64],
    spread: NDArray[np.float64],
    parameters: ObjectParameters,
) -> list[NDArray[np.bool_]]:
    """Parts (n,) of the vault that are equally dense everywhere, and less dense than its tables.

    ``usual``, ``peak`` as a part of the tables' density, and ``spread`` are (n,) each.
    """
    with np.errstate(invalid="ignore"):
        highest = np.where(spread < parameters.even_spread, parameters.even_part, parameters.faint_part)
        is_plate = (usual > parameters.plastic_hu) & (peak < highest) & (spread < parameters.faint_spread)
    is_plate = grid.grow_region(grid.grow_region(is_plate, 1), -1) & np.isfinite(usual)  # noise is in single directions
    rings = parameters.opening_rings
    vertices, part = grid.connected_parts(grid.grow_region(grid.grow_region(is_plate, -rings), rings) & is_plate)
    parts = []
    for number in range(part.max(initial=-1) + 1):
        core = np.zeros(len(grid), dtype=bool)
        core[vertices[part == number]] = True
        low, middle, high = np.percentile(usual[core], (10, 50, 90))
        if high - low < parameters.faint_spread * middle:
            parts.append(core)
    return parts


def _has_tables_around(
    core: NDArray[np.bool_],
    away: NDArray[np.bool_],
    is_bone: NDArray[np.bool_],
    grid: SphericalGrid,
    parameters: ObjectParameters,
) -> bool:
    """Check whether there are tables within a centimetre of the border of a core (n,), along most of it."""
    rings = parameters.border_rings[1]
    ring = grid.grow_region(core, rings) & ~grid.grow_region(core, rings - 1) & away
    return bool(ring.any() and is_bone[ring].mean() > parameters.closed_part)


@dataclass(frozen=True, eq=False)
class _TableEdge:
    """Where a plate ends: the outer table begins there, and is denser."""

    halfway_hu: float  # between the plate and the outer table
    bone: Bone
    pose: Pose
    depths_mm: tuple[float, float]  # below the outer face, between which it is looked at

    def is_plate(self, directions: NDArray[np.float64], top_mm: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Whether there is no table in directions (v, 3) whose outer face is ``top_mm`` (v,) from the centre."""
        low, high = self.depths_mm
        values = field_along(directions, (top_mm - high, top_mm - low), _OUTER_TABLE, self.bone, self.pose)
        return np.asarray(values.max(axis=0) < self.halfway_hu)


def _measure_plate(
    core: NDArray[np.bool_],
    density: float,
    table_hu: float,
    top: NDArray[np.float64],
    bone: Bone,
    pose: Pose,
    tables: VaultTables,
    parameters: ObjectParameters,
) -> FoundObject:
    """Measure a plate with a core (n,), whose outer face is ``top`` (n,); near its border each voxel is decided."""
    grid = spherical_grid(tables.level)
    edge = _TableEdge((density + table_hu) / 2, bone, pose, parameters.table_depth_mm)
    around = grid.grow_region(core, parameters.border_rings[1])
    place = core.copy()
    place[around] |= edge.is_plate(grid.directions[around], top[around])
    place = grid.parts_with(place, core)
    wide = grid.grow_region(place, 1)
    box = box_around_shell(wide, bone, pose, tables, parameters)
    dense = bone.field[box] > density / 2  # neither tissue around it nor air
    points = points_of_voxels(dense, box, bone, pose)
    radius = np.maximum(np.linalg.norm(points, axis=1), 1e-6)
    vertex = grid.nearest_vertices(points / radius[:, None])
    near = wide[vertex] & (radius < np.maximum(top, tables.outer)[vertex] + parameters.level_mm)
    near &= radius > np.minimum(tables.inner, top - parameters.shell_mm)[vertex] - parameters.level_mm
    is_of_it = near & grid.grow_region(place, -1)[vertex]
    doubtful = np.flatnonzero(near & ~is_of_it)
    directions = points[doubtful] / radius[doubtful, None]
    is_of_it[doubtful] = edge.is_plate(directions, interpolate(top, directions))
    voxels = np.zeros(dense.shape, dtype=bool)
    voxels[dense] = is_of_it
    face = np.zeros(len(grid))  # the threshold puts that of a plate which is hardly denser too deep
    np.maximum.at(face, vertex[is_of_it], radius[is_of_it])
    facts = VaultObject(
        number=0,
        kind=PLATE,
        area_cm2=float((grid.areas_mm2(tables.outer) / 100)[place].sum()),
        volume_ml=float(is_of_it.sum()) * voxel_volume_ml(bone.ijk_to_ras),
        mean_hu=density,
        depth_mm=float(np.median((tables.outer - face)[core & (face > 0)])),
        tilt_deg=0.0,
        open_edge=0.0,
        vertices=np.flatnonzero(place),
        removed=True,
    )
    return FoundObject(facts, place, box, voxels)
