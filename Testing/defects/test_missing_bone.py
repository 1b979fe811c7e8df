"""The missing bone as voxels: what was cut out comes back, on the input's grid."""

import numpy as np
import pytest
from helpers_head import (
    INNER_MM,
    OUTER_MM,
    bone_from_depth,
    cone_depth,
    no_cut_depth,
    round_bone,
    round_pose,
    round_tables,
    vertices_in_cone,
)
from scipy.spatial.transform import Rotation

from SkullRestoreLib.defects.missing_bone import AzimuthalProjection, label_missing_bone
from SkullRestoreLib.defects.patch import cut_patch, with_number
from SkullRestoreLib.geometry.icosphere import vertex_count
from SkullRestoreLib.records import RayMap

SIDE = np.array((0.9, 0.3, 0.5)) / np.linalg.norm((0.9, 0.3, 0.5))
BOX = {"low": (0, -60, -40)}
POSE = round_pose()


def fill(bone, *, direction=SIDE, degrees=22.0, number=1, labels=None, vault_tables=None):
    vault_tables = vault_tables or round_tables()
    rays = RayMap(6, np.full((vertex_count(6), 1, 2), np.nan, np.float32), np.full(vertex_count(6), 130.0, np.float32))
    patch, _ = cut_patch(0, vertices_in_cone(6, direction, degrees), vault_tables, rays, bone, POSE)
    labels = np.zeros(bone.mask.shape, np.uint8) if labels is None else labels
    return labels, label_missing_bone(labels, with_number(patch, number), vault_tables, bone, POSE)


def dice(a, b):
    return 2 * np.count_nonzero(a & b) / (np.count_nonzero(a) + np.count_nonzero(b))


@pytest.fixture(scope="module")
def intact():
    return round_bone(no_cut_depth, **BOX)


@pytest.mark.slow
@pytest.mark.parametrize("degrees", [8.0, 22.0, 35.0])
@pytest.mark.parametrize("ct", [True, False], ids=["ct", "mask"])
def test_what_was_cut_out_comes_back(intact, degrees, ct):
    bone = round_bone(cone_depth(SIDE, degrees), ct=ct, **BOX)
    labels, count = fill(bone, degrees=degrees)
    assert count == np.count_nonzero(labels)
    assert dice(labels > 0, intact.mask & ~bone.mask) > 0.95


def slanted(slope):
    """A hole with slanted walls, as of a saw: ``slope`` mm wider outside than inside for each mm of depth."""
    hole = cone_depth(SIDE, 22.0)
    return lambda x, y, z: hole(x, y, z) - slope * (OUTER_MM - np.sqrt(x**2 + y**2 + z**2))


@pytest.mark.parametrize("slope", [0.5, -0.4], ids=["narrower inside", "wider inside"])
def test_slanted_walls_are_filled_up_to_the_bone(intact, slope):
    bone = round_bone(slanted(slope), **BOX)
    labels, _ = fill(bone)
    assert dice(labels > 0, intact.mask & ~bone.mask) > 0.94


def test_the_missing_bone_never_overlaps_bone(intact):
    for depth in (cone_depth(SIDE, 22.0), slanted(0.5)):
        bone = round_bone(depth, **BOX)
        labels, _ = fill(bone)
        assert not (bone.mask & (labels > 0)).any()


def test_it_runs_from_the_inner_to_the_outer_table(intact):
    labels, _ = fill(round_bone(cone_depth(SIDE, 22.0), **BOX))
    k, j, i = np.nonzero(labels)
    radius = np.linalg.norm(np.stack([i, j, k], axis=1) + intact.ijk_to_ras[:3, 3], axis=1)
    assert INNER_MM - 0.3 <= radius.min() < INNER_MM + 0.5
    assert OUTER_MM - 0.5 < radius.max() <= OUTER_MM + 0.3


def test_each_hole_has_its_number_and_leaves_the_other_alone(intact):
    other = np.array((0.2, 0.6, 0.9)) / np.linalg.norm((0.2, 0.6, 0.9))
    holes = cone_depth(SIDE, 14.0), cone_depth(other, 10.0)
    bone = round_bone(lambda x, y, z: np.maximum(holes[0](x, y, z), holes[1](x, y, z)), **BOX)
    labels, _ = fill(bone, degrees=14.0, number=1)
    first = labels == 1
    labels, _ = fill(bone, direction=other, degrees=10.0, number=2, labels=labels)
    np.testing.assert_array_equal(labels == 1, first)
    assert set(np.unique(labels)) == {0, 1, 2}
    assert dice(labels > 0, intact.mask & ~bone.mask) > 0.95


def test_thin_layers_between_bone_and_restored_table_are_no_missing_bone(intact):
    bone = round_bone(cone_depth(SIDE, 22.0), **BOX)
    labels, _ = fill(bone, vault_tables=round_tables(outer=OUTER_MM + 0.7))  # the table is restored a little too high
    k, j, i = np.nonzero(labels)
    p = np.stack([i, j, k], axis=1) + intact.ijk_to_ras[:3, 3]
    over_bone = cone_depth(SIDE, 22.0)(*p.T) < -1.5  # more than this beyond the edge, so over sound bone
    assert over_bone.mean() < 0.02
    assert dice(labels > 0, intact.mask & ~bone.mask) > 0.85


def test_an_oblique_grid_is_filled_as_well():
    turn = Rotation.from_euler("xyz", (25, -40, 15), degrees=True).as_matrix()
    spacing = np.array([0.9, 0.9, 1.3])
    ijk_to_ras = np.eye(4)
    ijk_to_ras[:3, :3] = turn * spacing
    size = np.array([100, 100, 70])
    ijk_to_ras[:3, 3] = SIDE * 75 - ijk_to_ras[:3, :3] @ (size / 2)
    k, j, i = np.meshgrid(*(np.arange(n) for n in size[::-1]), indexing="ij", sparse=True)
    x, y, z = (ijk_to_ras[r, 0] * i + ijk_to_ras[r, 1] * j + ijk_to_ras[r, 2] * k + ijk_to_ras[r, 3] for r in range(3))
    radius = np.sqrt(x**2 + y**2 + z**2)
    intact = bone_from_depth(np.minimum(OUTER_MM - radius, radius - INNER_MM), ijk_to_ras)
    bone = bone_from_depth(
        np.minimum(np.minimum(OUTER_MM - radius, radius - INNER_MM), -cone_depth(SIDE, 18.0)(x, y, z)), ijk_to_ras
    )
    labels, _ = fill(bone, degrees=18.0)
    assert dice(labels > 0, intact.mask & ~bone.mask) > 0.94


def test_a_hole_at_the_scans_edge_is_filled_up_to_it(intact):
    bone = round_bone(cone_depth(SIDE, 22.0), **BOX)
    part = bone_from_depth(
        (bone.field[:110].astype(float) - 300) / 500, bone.ijk_to_ras
    )  # the scan ends within the hole
    labels, count = fill(part)
    assert count > 0
    assert labels.shape == part.mask.shape
    assert dice(labels > 0, intact.mask[:110] & ~part.mask) > 0.93


def test_off_the_grid_nothing_is_written():
    bone = round_bone(cone_depth(SIDE, 22.0), **BOX)
    far = bone.ijk_to_ras.copy()
    far[0, 3] -= 400
    rays = RayMap(6, np.full((vertex_count(6), 1, 2), np.nan, np.float32), np.full(vertex_count(6), 130.0, np.float32))
    patch, _ = cut_patch(1, vertices_in_cone(6, SIDE, 22), round_tables(), rays, bone, POSE)
    labels = np.zeros(bone.mask.shape, np.uint8)
    elsewhere = bone_from_depth((bone.field.astype(float) - 300) / 500, far)
    assert label_missing_bone(labels, patch, round_tables(), elsewhere, POSE) == 0
    assert not labels.any()


def test_the_flat_picture_and_its_directions_agree():
    ring = vertices_in_cone(4, SIDE, 30)
    from SkullRestoreLib.geometry.icosphere import spherical_grid

    chart = AzimuthalProjection.around_directions(spherical_grid(4).directions[ring], 0.05)
    row, column = np.divmod(np.arange(chart.size**2), chart.size)
    np.testing.assert_allclose(chart.to_pixels(chart.pixel_directions()), [row, column], atol=1e-6)
    inside = chart.to_pixels(spherical_grid(4).directions[ring])
    assert inside.min() >= 0
    assert inside.max() <= chart.size - 1
