"""Which voxels of bone between a flap and the rim of its hole go with the flap, and which stay with the skull."""

import numpy as np
import pytest
from helpers_head import INNER_MM, OUTER_MM, cone_depth
from scipy import ndimage

from SkullRestoreLib.defects.object_voxels import shell_in_box
from SkullRestoreLib.defects.ray_surface import examine_rays
from SkullRestoreLib.defects.voxel_outline import BoneInBox, separate_flap, split_bone
from SkullRestoreLib.geometry.icosphere import spherical_grid
from SkullRestoreLib.method_parameters import METHOD
from SkullRestoreLib.prediction import ray_tracing
from SkullRestoreLib.records import Bone, Pose, VaultTables

SHAPE = (6, 8, 40)
COLUMN = np.broadcast_to(np.arange(SHAPE[2]), SHAPE)
VOXEL_MM = np.array([0.8, 0.8, 0.8])
LEVEL, HOLE_DEG = 6, 26.0
UP = (0.0, 0.0, 1.0)


def split(density, guess):
    """What of the bone in the columns from 8 to 31 is the flap's; the flap is on the left."""
    sides = COLUMN < 8, COLUMN >= 32
    between = ~sides[0] & ~sides[1]
    return split_bone(guess, between, sides, density.astype(np.float32), VOXEL_MM, parameters=METHOD.objects)


@pytest.mark.parametrize("kerf_at", [14, 20, 26])
@pytest.mark.parametrize("of_tables", [1.0, 1.7], ids=["compact", "with diploe"])
def test_bone_is_split_along_the_kerf_wherever_it_is(kerf_at, of_tables):
    density = np.ones(SHAPE)
    density[[0, -1]] = of_tables
    density[kerf_at == COLUMN] *= 0.35
    density[np.abs(COLUMN - kerf_at) == 1] *= 0.7
    taken = split(density, COLUMN < 24)
    assert taken[kerf_at > COLUMN].all()
    assert not taken[kerf_at < COLUMN].any()


def test_where_no_kerf_shows_bone_is_split_half_way():
    taken = split(np.ones(SHAPE), COLUMN < 24)
    assert taken[COLUMN < 19].all()
    assert not taken[COLUMN > 20].any()


def test_a_piece_of_a_flap_between_two_kerfs_stays_what_it_is_on_the_grid():
    density = np.ones(SHAPE)
    density[(COLUMN >= 12) & (COLUMN < 15) | (COLUMN >= 24) & (COLUMN < 27)] = 0.2
    piece = (COLUMN >= 15) & (COLUMN < 24)
    assert split(density, COLUMN < 25)[piece].all()
    assert not split(density, COLUMN < 13)[piece].any()


def flap_in_skull(flap_depth):
    """The bone around a flap in a hole of a spherical skull, the voxels of its directions, and who owns which voxel."""
    spacing, low, high = 0.8, np.array([-60.0, -60, 30]), np.array([60.0, 60, 96])
    x, y, z = (np.arange(a, b, spacing, dtype=np.float32) for a, b in zip(low, high, strict=True))
    z, y, x = np.meshgrid(z, y, x, indexing="ij", sparse=True)
    radius = np.sqrt(x**2 + y**2 + z**2)
    ijk_to_ras = np.diag([spacing, spacing, spacing, 1.0])
    ijk_to_ras[:3, 3] = low
    skull = np.minimum(np.minimum(OUTER_MM - radius, radius - INNER_MM), -cone_depth(UP, HOLE_DEG)(x, y, z))
    flap = flap_depth(x, y, z, radius)
    hu = np.where(np.maximum(skull, flap) > 0, np.float32(1000), np.float32(0))
    field = ndimage.gaussian_filter(hu, 0.6 / spacing).astype(np.int16)
    bone = Bone(field, 500.0, field >= 500, ijk_to_ras, threshold_hu=500.0)
    pose = Pose(np.eye(4), 0.5, 1.0)
    directions = spherical_grid(LEVEL).directions
    full = np.ones(len(directions))
    tables = VaultTables(
        LEVEL, OUTER_MM * full, INNER_MM * full, 0.3 * full, 0.3 * full, 0 * full, vault=directions[:, 2] > 0.75
    )
    rays = ray_tracing.trace_rays(bone, pose, level=LEVEL)
    wide = directions[:, 2] > np.cos(np.radians(HOLE_DEG + 12))
    shell = shell_in_box(wide, bone, pose, tables, METHOD.objects)
    surface = examine_rays(rays, tables, METHOD.objects)
    around = BoneInBox(shell, bone, pose, tables, surface)
    return around, (skull > 0.4)[shell.box] & shell.solid, (flap > 0.4)[shell.box] & shell.solid


def separate(around, place_deg, certain_deg):
    """Separate a flap whose place on the grid is a cone, and of which the bone in a smaller cone is certain."""
    up = spherical_grid(LEVEL).directions[:, 2]
    within = {degrees: up > np.cos(np.radians(degrees)) for degrees in (place_deg, certain_deg, place_deg + 3)}
    guess, certain = (around.shell.over(within[degrees]) for degrees in (place_deg, certain_deg))
    return separate_flap(around, guess, certain, within[place_deg + 3], parameters=METHOD.objects)


def test_the_rim_of_a_hole_stays_although_the_place_of_the_flap_is_wider():
    def sunk(x, y, z, radius):
        return np.minimum(np.minimum(OUTER_MM - 3 - radius, radius - INNER_MM + 3), cone_depth(UP, 25.2)(x, y, z))

    around, skull, flap = flap_in_skull(sunk)
    voxels, cut = separate(around, HOLE_DEG + 2, 22.0)
    assert (voxels & skull).sum() < 0.01 * skull.sum()
    assert (voxels & flap).sum() > 0.98 * flap.sum()
    assert not cut.any()


def test_the_bone_that_a_displaced_flap_is_on_stays():
    def on_the_bone(x, y, z, radius):
        raised = np.clip(-2 + 6.8 * (x + 20) / 55, -2, 4.8)
        layer = np.minimum(OUTER_MM + raised - radius, radius - OUTER_MM + 4 - raised)
        return np.minimum(layer, cone_depth((np.sin(0.1), 0.0, np.cos(0.1)), 24.5)(x, y, z))

    around, skull, flap = flap_in_skull(on_the_bone)
    voxels, _ = separate(around, HOLE_DEG + 6, 18.0)
    assert (voxels & skull).sum() < 0.01 * skull.sum()
    assert (voxels & flap).sum() > 0.97 * flap.sum()


def test_where_a_flap_has_healed_the_outline_is_a_cut_through_bone():
    def healed_on_one_side(x, y, z, radius):
        reach = np.where(x > 0, -cone_depth(UP, HOLE_DEG + 1)(x, y, z), -cone_depth(UP, HOLE_DEG - 1.2)(x, y, z))
        return np.minimum(np.minimum(OUTER_MM - radius, radius - INNER_MM), -reach)

    around, _, _ = flap_in_skull(healed_on_one_side)
    _, cut = separate(around, HOLE_DEG, 22.0)
    grid = spherical_grid(LEVEL)
    side = grid.directions[:, 0]
    assert cut[side < -0.05].sum() == 0
    assert cut.sum() > 0.8 * np.radians(180) * np.sin(np.radians(HOLE_DEG)) / grid.edge_length
