"""Find plates as dense as bone that are level and have no gap around them: hydroxyapatite, and cement with barium.

Neither a step, nor a kerf, nor their density parts them from the skull. They have no diploe: their density is as high
in the middle as at their faces, and the same everywhere, up to a sharp border all round. Sound bone without diploe, as
a thin squama and a sclerotic vault are, passes gradually into what has some (decision 0208).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from SkullRestoreLib.affine import voxel_volume_ml
from SkullRestoreLib.defects.object_voxels import FoundObject, box_around_shell, points_of_voxels, vertices_of_voxels
from SkullRestoreLib.defects.plastic_plates import PLATE
from SkullRestoreLib.defects.ray_surface import (
    DENSITY_SAMPLES,
    RaySurface,
    away_from_vault_edge,
    densities_along,
    examine_rays,
    field_along,
)
from SkullRestoreLib.defects.vault_objects import FLAP, RESORBED
from SkullRestoreLib.geometry.icosphere import SphericalGrid, interpolate, level_from_count, spherical_grid
from SkullRestoreLib.method_parameters import METHOD, ObjectParameters
from SkullRestoreLib.records import Bone, Pose, RayMap, VaultObject, VaultTables

_MIDDLE = slice(DENSITY_SAMPLES // 2 - 1, DENSITY_SAMPLES // 2 + 2)
"""Samples along a ray that are in the middle third of the bone."""
_PARTS = np.linspace(0, 1, 3)
"""Places beneath the outer table at which the border of a plate is looked for."""


def find_closed_plates(
    bone: Bone, pose: Pose, rays: RayMap, tables: VaultTables, *, parameters: ObjectParameters = METHOD.objects
) -> list[FoundObject]:
    """Find level plates without a gap around them, by the diploe that they do not have.

    Parameters
    ----------
    bone, pose
        Segmented bone and head frame.
    rays, tables
        On one grid: what the rays meet, and the predicted vault.
    parameters
        How even and how sharply bordered they are, and how large.

    Returns
    -------
    list of FoundObject
        Empty where the input is no CT, and where the bone shows no diploe to part them from.
    """
    if bone.threshold_hu is None:
        return []
    grid = spherical_grid(tables.level)
    surface = examine_rays(rays, tables, parameters)
    values = densities_along(surface, grid, bone, pose)
    middle, peak = values[_MIDDLE].mean(axis=0), values.max(axis=0)
    away = away_from_vault_edge(grid, surface, parameters)
    thickness = surface.top_mm - surface.bottom_mm
    area_cm2 = grid.areas_mm2(tables.outer) / 100
    found = []
    for core, density in _even_parts(grid, area_cm2, middle, peak, away, parameters):
        if np.median(thickness[core]) < parameters.shell_mm:  # metal
            continue
        has_diploe = _has_diploe_elsewhere(
            core, density, thickness, np.where(away, middle, np.nan), area_cm2, parameters
        )
        least_part = parameters.closed_part_in_diploe if has_diploe else parameters.closed_part
        if _is_closed(core, least_part, middle, grid, away, parameters):
            border = _find_border(core, density, surface, away, bone, pose, parameters)
            found.append(_measure_plate(core, border, surface, bone, pose, tables, parameters))
    return found


def join_closed_plates(objects: Sequence[FoundObject], plates: Sequence[FoundObject]) -> list[FoundObject]:
    """Add closed plates to the objects that were found otherwise.

    Parameters
    ----------
    objects
        From :func:`SkullRestoreLib.defects.vault_objects.find_vault_objects` and the like.
    plates
        From :func:`find_closed_plates`.

    Returns
    -------
    list of FoundObject
        A flap in the place of a plate is that plate; what was found by its gap or its density ends there. Not numbered
        again.
    """
    joined, rest = [], list(plates)
    for each in objects:
        same = [one for one in plates if (one.place & each.place).any()]
        rest = [one for one in rest if one not in same]
        in_plate = sum(int((one.place & each.place).sum()) for one in same) > each.place.sum() / 2
        is_plate = in_plate and each.facts.kind in (FLAP, RESORBED)
        joined.append(replace(each, facts=replace(each.facts, kind=PLATE)) if is_plate else each)
    return [*joined, *rest]


def _even_parts(
    grid: SphericalGrid,
    area_cm2: NDArray[np.float64],
    middle: NDArray[np.float64],
    peak: NDArray[np.float64],
    away: NDArray[np.bool_],
    parameters: ObjectParameters,
) -> list[tuple[NDArray[np.bool_], float]]:
    """Parts (n,) of the vault without diploe that are equally dense everywhere, and how dense.

    ``middle`` (n,) is the density in the middle of the bone, and ``peak`` (n,) the greatest.
    """
    with np.errstate(invalid="ignore"):
        left = away & (middle > parameters.solid_part * peak) & (middle > parameters.closed_plate_hu)
    parts = []
    while area_cm2[left].sum() >= parameters.min_closed_plate_cm2:
        density = _most_frequent(middle[left], area_cm2[left], parameters.closed_plate_spread)
        even = left & (np.abs(middle / density - 1) < parameters.closed_plate_spread)
        rings = parameters.opening_rings
        opened = grid.grow_region(grid.grow_region(even, -rings), rings) & even
        vertices, part = grid.connected_parts(opened)
        for number in range(part.max(initial=-1) + 1):
            core = np.zeros(len(grid), dtype=bool)
            core[vertices[part == number]] = True
            if area_cm2[core].sum() >= parameters.min_closed_plate_cm2:
                parts.append((core, float(np.median(middle[core]))))
        left &= ~even
    return parts


def _most_frequent(values: NDArray[np.float64], weights: NDArray[np.float64], spread: float) -> float:
    """The most frequent one of some positive values, (v,) with weights (v,): in the middle of half a ``spread``."""
    logs, width = np.log(values), spread / 4
    counts, edges = np.histogram(logs, np.arange(logs.min() - width, logs.max() + 2 * width, width), weights=weights)
    return float(np.exp(edges[np.argmax(counts[:-1] + counts[1:]) + 1]))


def _has_diploe_elsewhere(
    core: NDArray[np.bool_],
    density: float,
    thickness: NDArray[np.float64],
    middle: NDArray[np.float64],
    area_cm2: NDArray[np.float64],
    parameters: ObjectParameters,
) -> bool:
    """Check whether bone as thick as a core (n,) has diploe in the rest of the vault, as thin bone has not."""
    with np.errstate(invalid="ignore"):
        alike = ~core & (np.abs(thickness - np.median(thickness[core])) < parameters.alike_mm) & np.isfinite(middle)
    if area_cm2[alike].sum() < parameters.min_closed_plate_cm2:
        return False
    return bool(np.median(middle[alike]) < (1 - parameters.least_fall) * density)


def _is_closed(
    core: NDArray[np.bool_],
    least_part: float,
    middle: NDArray[np.float64],
    grid: SphericalGrid,
    away: NDArray[np.bool_],
    parameters: ObjectParameters,
) -> bool:
    """Check whether the bone around a core (n,) has diploe right from its border on, along a part of it."""
    near, far = (_fall_around(core, rings, middle, grid, away) for rings in parameters.border_rings)
    fall = parameters.least_fall
    both = min(float((each > fall).mean()) if len(each) else 0.0 for each in (near, far))
    if both < least_part:
        return False
    in_bone = [each[each < 1] for each in (near, far)]
    if min(len(each) for each in in_bone) < parameters.bone_part * len(near):
        return False
    return bool(np.median(in_bone[0]) > parameters.sharp_part * np.median(in_bone[1]))


def _fall_around(
    core: NDArray[np.bool_], rings: int, middle: NDArray[np.float64], grid: SphericalGrid, away: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """By which part the density is lower so many rings around a core (n,) than next to it inside, (r,).

    It is 1 where there is no bone, and 0 at the end of the vault.
    """
    from scipy.spatial import cKDTree

    inner = core & grid.grow_region(core, -1)
    edge = np.flatnonzero(inner if inner.any() else core)
    ring = np.flatnonzero(grid.grow_region(core, rings) & ~grid.grow_region(core, rings - 1))
    _, nearest = cKDTree(grid.directions[edge]).query(grid.directions[ring])
    fall = np.nan_to_num(1 - middle[ring] / middle[edge[nearest]], nan=1.0)
    return np.where(away[ring], fall, 0.0)


@dataclass(frozen=True, eq=False)
class _Border:
    """Where a plate ends."""

    place: NDArray[np.bool_]  # (n,), directions of the plate
    low_mm: float  # below the outer face of the bone: down to here,
    high_mm: float  # and from here on, its density is looked at
    plate_hu: float  # what is denser there is plate
    has_kerf: bool  # that the scan has blurred: all up to it is plate

    def density_at(
        self, directions: NDArray[np.float64], top_mm: NDArray[np.float64], bone: Bone, pose: Pose
    ) -> NDArray[np.float64]:
        """Density in some directions (v, 3), (v,) HU, where the outer face is ``top_mm`` (v,) from the centre."""
        ends = top_mm - self.low_mm, top_mm - self.high_mm
        density: NDArray[np.float64] = field_along(directions, ends, _PARTS, bone, pose).mean(axis=0)
        return density


def _find_border(
    core: NDArray[np.bool_],
    plate_hu: float,
    surface: RaySurface,
    away: NDArray[np.bool_],
    bone: Bone,
    pose: Pose,
    parameters: ObjectParameters,
) -> _Border:
    """Find where a plate with a core (n,) ends: where the density is half-way to that of the bone, or at a kerf.

    It is looked at where diploe begins. The edge of a hole slants, so at the middle of thick bone it is elsewhere than
    at the outer table.
    """
    grid = spherical_grid(level_from_count(len(core)))
    near, far = parameters.border_rings
    thickness_mm = float(np.median((surface.top_mm - surface.bottom_mm)[core]))
    high, low = np.minimum(parameters.border_depth_mm, thickness_mm * np.array(parameters.border_depth_part))
    border = _Border(core, float(low), float(high), plate_hu, has_kerf=False)
    looked_at = grid.grow_region(core, far) & np.isfinite(surface.top_mm)
    density = np.zeros(len(core))
    density[looked_at] = border.density_at(grid.directions[looked_at], surface.top_mm[looked_at], bone, pose)
    of_bone = float(np.median(density[looked_at & ~grid.grow_region(core, far - 1)]))
    wide, halfway = away & grid.grow_region(core, near), (plate_hu + of_bone) / 2
    place = core | wide & (density > halfway)
    kerf = wide & (density < parameters.kerf_density * of_bone)
    edge = place & ~grid.grow_region(place, -1)
    next_to_kerf = grid.grow_region(kerf, parameters.opening_rings) & edge
    has_kerf = bool(next_to_kerf.sum() > parameters.min_free_share * edge.sum())
    if has_kerf:
        place |= kerf | grid.grow_region(kerf, 1) & grid.grow_region(place, 1)
    return replace(border, place=grid.parts_with(place, core), plate_hu=halfway, has_kerf=has_kerf)


def _measure_plate(
    core: NDArray[np.bool_],
    border: _Border,
    surface: RaySurface,
    bone: Bone,
    pose: Pose,
    tables: VaultTables,
    parameters: ObjectParameters,
) -> FoundObject:
    """Measure a plate with a core (n,); what is near its border is decided for each voxel."""
    grid, place = spherical_grid(tables.level), border.place
    wide, inside = grid.grow_region(place, 1), grid.grow_region(place, -1)
    box = box_around_shell(wide, bone, pose, tables, parameters)
    picture = vertices_of_voxels(box, wide, bone, pose, tables, parameters)
    k, j, i = np.nonzero(picture >= 0)
    vertex, points = picture[k, j, i], points_of_voxels(picture >= 0, box, bone, pose)
    radius = np.linalg.norm(points, axis=1)
    depth_mm = float(np.median(-surface.offset_mm[core]))
    is_of_it = inside[vertex]
    doubtful = np.flatnonzero(~is_of_it)
    directions = points[doubtful] / radius[doubtful, None]
    top = np.where(np.isfinite(surface.top_mm), surface.top_mm, tables.outer - depth_mm)
    density = border.density_at(directions, interpolate(top, directions), bone, pose)
    is_of_it[doubtful] = (density > border.plate_hu) | border.has_kerf & place[vertex[doubtful]]
    is_of_it &= ~(radius < surface.bottom_mm[vertex] - parameters.air_mm)
    voxels = np.zeros(picture.shape, dtype=bool)
    voxels[k[is_of_it], j[is_of_it], i[is_of_it]] = True
    facts = VaultObject(
        number=0,
        kind=PLATE,
        area_cm2=float((grid.areas_mm2(tables.outer) / 100)[place].sum()),
        volume_ml=float(voxels.sum()) * voxel_volume_ml(bone.ijk_to_ras),
        mean_hu=float(bone.field[box][voxels].mean()),
        depth_mm=depth_mm,
        tilt_deg=0.0,
        open_edge=0.0,
        vertices=np.flatnonzero(place),
    )
    return FoundObject(facts, place, box, voxels)
