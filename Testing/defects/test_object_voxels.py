"""Voxels of objects: each is looked up once, and what is computed near them alone is as in the complete box."""

import numpy as np
import pytest
from helpers_head import INNER_MM, OUTER_MM, bone_from_depth
from scipy import ndimage

from SkullRestoreLib.affine import apply_affine
from SkullRestoreLib.defects.object_voxels import (
    count_as_bone,
    remove_objects,
    shell_in_box,
    slices_around,
    with_next_voxels,
)
from SkullRestoreLib.defects.ray_surface import densities_along, examine_rays
from SkullRestoreLib.geometry.icosphere import spherical_grid
from SkullRestoreLib.method_parameters import METHOD
from SkullRestoreLib.prediction import ray_tracing
from SkullRestoreLib.records import Pose, VaultTables

LEVEL = 5


@pytest.fixture(scope="module")
def bone():
    """A spherical skull."""
    spacing, reach_mm = 2.0, OUTER_MM + 8
    along = np.arange(-reach_mm, reach_mm, spacing)
    z, y, x = np.meshgrid(along, along, along, indexing="ij", sparse=True)
    radius = np.sqrt(x**2 + y**2 + z**2)
    ijk_to_ras = np.diag([spacing, spacing, spacing, 1.0])
    ijk_to_ras[:3, 3] = -reach_mm
    return bone_from_depth(np.minimum(OUTER_MM - radius, radius - INNER_MM), ijk_to_ras)


def tables(lower_mm=0.0):
    """The tables of the spherical skull, or lower ones."""
    full = np.ones(len(spherical_grid(LEVEL)))
    return VaultTables(
        LEVEL,
        (OUTER_MM - lower_mm) * full,
        (INNER_MM - lower_mm) * full,
        0.3 * full,
        0.3 * full,
        0 * full,
        vault=full > 0,
    )


def cap(degrees):
    return spherical_grid(LEVEL).directions[:, 2] > np.cos(np.radians(degrees))


def nearest_directions(shell, bone, pose):
    """The nearest direction of each voxel of a shell, looked up without what is known already."""
    kji = np.argwhere(shell.solid) + [part.start for part in shell.box]
    points = apply_affine(pose.ras_to_head @ bone.ijk_to_ras, kji[:, ::-1])
    return spherical_grid(LEVEL).nearest_vertices(points / np.linalg.norm(points, axis=1)[:, None])


def test_what_was_looked_up_for_a_smaller_place_or_in_another_head_frame_does_not_change_the_answer(bone):
    turned = np.eye(4)
    turned[:2, :2] = [[0.8, -0.6], [0.6, 0.8]]
    poses = Pose(np.eye(4), 0.5, 1.0), Pose(turned, 0.5, 1.0)
    for pose, degrees in ((poses[0], 20), (poses[0], 35), (poses[1], 30), (poses[1], 10), (poses[0], 35)):
        shell = shell_in_box(cap(degrees), bone, pose, tables(), METHOD.objects)
        assert np.array_equal(shell.vertex[shell.solid], nearest_directions(shell, bone, pose))
        assert cap(degrees)[shell.vertex[shell.solid]].all()
        assert np.array_equal(shell.over(cap(degrees)), shell.solid)


def test_the_same_rays_are_examined_anew_with_another_prediction(bone):
    pose, grid = Pose(np.eye(4), 0.5, 1.0), spherical_grid(LEVEL)
    rays = ray_tracing.trace_rays(bone, pose, level=LEVEL)
    high, low = tables(), tables(lower_mm=3.0)
    first = examine_rays(rays, high, METHOD.objects)
    assert examine_rays(rays, high, METHOD.objects) is first
    assert np.median(examine_rays(rays, low, METHOD.objects).offset_mm - first.offset_mm) == pytest.approx(3.0)
    assert np.array_equal(densities_along(first, grid, bone, pose), densities_along(first, grid, bone, pose), True)


def test_voxels_grow_over_their_faces_as_in_the_library():
    voxels = np.random.default_rng(0).random((7, 8, 9)) < 0.1
    assert np.array_equal(with_next_voxels(voxels), ndimage.binary_dilation(voxels))


def test_a_box_around_voxels_ends_where_the_array_ends():
    voxels = np.zeros((6, 7, 8), dtype=bool)
    voxels[0, 3, 5] = voxels[2, 3, 6] = True
    assert slices_around(voxels, 2) == (slice(0, 5), slice(1, 6), slice(3, 8))


def test_bone_without_objects_is_not_copied(bone):
    assert remove_objects(bone, []) is bone
    assert count_as_bone(bone, []) is bone
