"""The missing bone as voxels: what was cut out comes back, on the input's grid."""

import numpy as np
import pytest
from helpers_head import INNER_MM, OUTER_MM, as_bone, cap, no_hole, round_bone, round_pose, round_shell, vertices_in
from scipy.spatial.transform import Rotation

from SkullRestoreLib.case import RadialMap
from SkullRestoreLib.grid import vertex_count
from SkullRestoreLib.patch import cut_patch, numbered
from SkullRestoreLib.solid import Chart, missing_bone

SIDE = np.array((0.9, 0.3, 0.5)) / np.linalg.norm((0.9, 0.3, 0.5))
BOX = {"low": (0, -60, -40)}
POSE = round_pose()


def fill(bone, *, direction=SIDE, degrees=22.0, number=1, labels=None, shell=None):
    shell = shell or round_shell()
    rays = RadialMap(6, np.full((vertex_count(6), 1, 2), np.nan, np.float32), np.full(vertex_count(6), 130.0, np.float32))
    patch, _ = cut_patch(0, vertices_in(6, direction, degrees), shell, rays, bone, POSE)
    labels = np.zeros(bone.mask.shape, np.uint8) if labels is None else labels
    return labels, missing_bone(labels, numbered(patch, number), shell, bone, POSE)


def dice(a, b):
    return 2 * np.count_nonzero(a & b) / (np.count_nonzero(a) + np.count_nonzero(b))


@pytest.fixture(scope="module")
def whole():
    return round_bone(no_hole, **BOX)


@pytest.mark.parametrize("degrees", [8.0, 22.0, 35.0])
@pytest.mark.parametrize("ct", [True, False], ids=["ct", "mask"])
def test_what_was_cut_out_comes_back(whole, degrees, ct):
    bone = round_bone(cap(SIDE, degrees), ct=ct, **BOX)
    labels, count = fill(bone, degrees=degrees)
    assert count == np.count_nonzero(labels)
    assert dice(labels > 0, whole.mask & ~bone.mask) > 0.95


def slanted(slope):
    """A hole whose walls lean: ``slope`` mm wider outside than inside for each mm of depth, as a saw or a drill leaves them."""
    hole = cap(SIDE, 22.0)
    return lambda x, y, z: hole(x, y, z) - slope * (OUTER_MM - np.sqrt(x**2 + y**2 + z**2))


@pytest.mark.parametrize("slope", [0.5, -0.4], ids=["narrower inside", "wider inside"])
def test_slanted_walls_are_filled_up_to_the_bone(whole, slope):
    bone = round_bone(slanted(slope), **BOX)
    labels, _ = fill(bone)
    assert dice(labels > 0, whole.mask & ~bone.mask) > 0.94


def test_the_missing_bone_never_overlaps_bone(whole):
    for depth in (cap(SIDE, 22.0), slanted(0.5)):
        bone = round_bone(depth, **BOX)
        labels, _ = fill(bone)
        assert not (bone.mask & (labels > 0)).any()


def test_it_runs_from_the_inner_to_the_outer_table(whole):
    labels, _ = fill(round_bone(cap(SIDE, 22.0), **BOX))
    k, j, i = np.nonzero(labels)
    radius = np.linalg.norm(np.stack([i, j, k], axis=1) + whole.ijk_to_ras[:3, 3], axis=1)
    assert INNER_MM - 0.3 <= radius.min() < INNER_MM + 0.5
    assert OUTER_MM - 0.5 < radius.max() <= OUTER_MM + 0.3


def test_each_hole_has_its_number_and_leaves_the_other_alone(whole):
    other = np.array((0.2, 0.6, 0.9)) / np.linalg.norm((0.2, 0.6, 0.9))
    holes = cap(SIDE, 14.0), cap(other, 10.0)
    bone = round_bone(lambda x, y, z: np.maximum(holes[0](x, y, z), holes[1](x, y, z)), **BOX)
    labels, _ = fill(bone, degrees=14.0, number=1)
    first = labels == 1
    labels, _ = fill(bone, direction=other, degrees=10.0, number=2, labels=labels)
    np.testing.assert_array_equal(labels == 1, first)
    assert set(np.unique(labels)) == {0, 1, 2}
    assert dice(labels > 0, whole.mask & ~bone.mask) > 0.95


def test_thin_layers_between_bone_and_restored_table_are_no_missing_bone(whole):
    bone = round_bone(cap(SIDE, 22.0), **BOX)
    labels, _ = fill(bone, shell=round_shell(outer=OUTER_MM + 0.7))  # the table is restored a little too high
    k, j, i = np.nonzero(labels)
    p = np.stack([i, j, k], axis=1) + whole.ijk_to_ras[:3, 3]
    beside = cap(SIDE, 22.0)(*p.T) < -1.5  # more than this beyond the edge, so over sound bone
    assert beside.mean() < 0.02
    assert dice(labels > 0, whole.mask & ~bone.mask) > 0.85


def test_a_grid_that_lies_obliquely_is_filled_as_well():
    turn = Rotation.from_euler("xyz", (25, -40, 15), degrees=True).as_matrix()
    spacing = np.array([0.9, 0.9, 1.3])
    ijk_to_ras = np.eye(4)
    ijk_to_ras[:3, :3] = turn * spacing
    size = np.array([100, 100, 70])
    ijk_to_ras[:3, 3] = SIDE * 75 - ijk_to_ras[:3, :3] @ (size / 2)
    k, j, i = np.meshgrid(*(np.arange(n) for n in size[::-1]), indexing="ij", sparse=True)
    x, y, z = (ijk_to_ras[r, 0] * i + ijk_to_ras[r, 1] * j + ijk_to_ras[r, 2] * k + ijk_to_ras[r, 3] for r in range(3))
    radius = np.sqrt(x**2 + y**2 + z**2)
    whole = as_bone(np.minimum(OUTER_MM - radius, radius - INNER_MM), ijk_to_ras)
    bone = as_bone(np.minimum(np.minimum(OUTER_MM - radius, radius - INNER_MM), -cap(SIDE, 18.0)(x, y, z)), ijk_to_ras)
    labels, _ = fill(bone, degrees=18.0)
    assert dice(labels > 0, whole.mask & ~bone.mask) > 0.94


def test_a_hole_at_the_scans_edge_is_filled_up_to_it(whole):
    bone = round_bone(cap(SIDE, 22.0), **BOX)
    part = as_bone((bone.field[:110].astype(float) - 300) / 500, bone.ijk_to_ras)  # the scan ends within the hole
    labels, count = fill(part)
    assert count > 0
    assert labels.shape == part.mask.shape
    assert dice(labels > 0, whole.mask[:110] & ~part.mask) > 0.93


def test_off_the_grid_nothing_is_written():
    bone = round_bone(cap(SIDE, 22.0), **BOX)
    far = bone.ijk_to_ras.copy()
    far[0, 3] -= 400
    rays = RadialMap(6, np.full((vertex_count(6), 1, 2), np.nan, np.float32), np.full(vertex_count(6), 130.0, np.float32))
    patch, _ = cut_patch(1, vertices_in(6, SIDE, 22), round_shell(), rays, bone, POSE)
    labels = np.zeros(bone.mask.shape, np.uint8)
    elsewhere = as_bone((bone.field.astype(float) - 300) / 500, far)
    assert missing_bone(labels, patch, round_shell(), elsewhere, POSE) == 0
    assert not labels.any()


def test_the_flat_picture_and_its_directions_agree():
    ring = vertices_in(4, SIDE, 30)
    from SkullRestoreLib.grid import grid

    chart = Chart.around(grid(4).directions[ring], 0.05)
    row, column = np.divmod(np.arange(chart.size**2), chart.size)
    np.testing.assert_allclose(chart.pixels(chart.directions()), [row, column], atol=1e-6)
    inside = chart.pixels(grid(4).directions[ring])
    assert inside.min() >= 0
    assert inside.max() <= chart.size - 1
