"""Find plates of plastic in a hole: PEEK and plain bone cement are denser than any tissue, and less dense than bone.

The threshold of bone does not show them, so their hole is restored as an empty one. They are named all the same.
"""

import numpy as np
from numpy.typing import NDArray

from SkullRestoreLib.affine import voxel_volume_ml
from SkullRestoreLib.defects.object_voxels import FoundObject, box_around_shell, points_of_voxels, voxels_in_box
from SkullRestoreLib.defects.ray_surface import away_from_vault_edge, examine_rays, field_along
from SkullRestoreLib.geometry.icosphere import spherical_grid
from SkullRestoreLib.method_parameters import METHOD, ObjectParameters
from SkullRestoreLib.records import Bone, Pose, RayMap, VaultObject, VaultTables

PLATE = "plate"
"""Kind of an object."""
_PARTS = np.linspace(0.2, 0.8, 7)
"""Places between the tables at which a plate is looked for."""


def find_plastic_plates(
    bone: Bone, pose: Pose, rays: RayMap, tables: VaultTables, *, parameters: ObjectParameters = METHOD.objects
) -> list[FoundObject]:
    """Find plates that the threshold of bone does not show, in the holes of a vault.

    Parameters
    ----------
    bone, pose
        Segmented bone and head frame.
    rays, tables
        On one grid: what the rays meet, and the predicted vault.
    parameters
        How dense they are, and how large.

    Returns
    -------
    list of FoundObject
        ``removed``, as nothing of them is bone; empty where the input is no CT.
    """
    if bone.threshold_hu is None:
        return []
    grid = spherical_grid(tables.level)
    surface = examine_rays(rays, tables, parameters)
    is_hole = away_from_vault_edge(grid, surface, parameters) & ~np.isfinite(surface.offset_mm)
    middle = grid.grow_region(is_hole, -parameters.opening_rings)  # the blurred margin of the bone is as dense
    if not middle.any():
        return []
    values = field_along(grid.directions[middle], (tables.inner[middle], tables.outer[middle]), _PARTS, bone, pose)
    is_plate = np.zeros(len(grid), dtype=bool)
    is_plate[middle] = np.median(values, axis=0) > parameters.plastic_hu
    density = np.full(len(grid), np.nan)
    density[middle] = np.median(values, axis=0)
    opened = grid.grow_region(grid.grow_region(is_plate, -parameters.opening_rings), parameters.opening_rings)
    vertices, part = grid.connected_parts(opened & middle)
    area_cm2 = grid.areas_mm2(tables.outer) / 100
    found = []
    for number in range(part.max(initial=-1) + 1):
        core = vertices[part == number]
        low, usual, high = np.percentile(density[core], (10, 50, 90))
        is_even = high - low < parameters.plastic_spread * usual  # thin bone that the scan has blurred is not
        if area_cm2[core].sum() >= parameters.min_plastic_cm2 and is_even:
            found.append(_measure_plate(core, float(usual), bone, pose, tables, parameters))
    return found


def _measure_plate(
    core: NDArray[np.int64],
    density: float,
    bone: Bone,
    pose: Pose,
    tables: VaultTables,
    parameters: ObjectParameters,
) -> FoundObject:
    """Measure the plate over directions ``core`` (c,)."""
    grid = spherical_grid(tables.level)
    place = np.zeros(len(grid), dtype=bool)
    place[core] = True
    place = grid.grow_region(place, parameters.opening_rings)
    box = box_around_shell(place, bone, pose, tables, parameters)
    halfway = density / 2  # to tissue, nearly
    dense = (bone.field[box] > halfway) & ~bone.mask[box]
    kji = np.stack(np.nonzero(dense)) + np.array([[part.start] for part in box])
    points = points_of_voxels(dense, box, bone, pose)
    radius = np.maximum(np.linalg.norm(points, axis=1), 1e-6)
    vertex = grid.nearest_vertices(points / radius[:, None])
    near = place[vertex] & (radius < tables.outer[vertex] + parameters.level_mm)
    near &= radius > tables.inner[vertex] - parameters.level_mm
    top = np.zeros(len(grid))
    np.maximum.at(top, vertex[near], radius[near])
    facts = VaultObject(
        number=0,
        kind=PLATE,
        area_cm2=float((grid.areas_mm2(tables.outer) / 100)[place].sum()),
        volume_ml=float(near.sum()) * voxel_volume_ml(bone.ijk_to_ras),
        mean_hu=density,
        depth_mm=float(np.median((tables.outer - top)[core])),
        tilt_deg=0.0,
        open_edge=1.0,
        vertices=np.flatnonzero(place),
        removed=True,
    )
    return FoundObject(facts, place, *voxels_in_box(*kji[:, near]))
