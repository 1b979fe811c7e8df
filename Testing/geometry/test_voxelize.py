"""A body's voxels are those whose centres are inside it, on any grid."""

import numpy as np
import pytest
from helpers_implant import rotation_matrix
from hypothesis import given
from hypothesis import settings as profile
from hypothesis import strategies as st

from SkullRestoreLib.geometry.voxelize import voxelise_body, write_body_label
from SkullRestoreLib.records import Mesh


def box(low, high):
    """A closed box between two corners."""
    from trimesh.creation import box as create_box

    body = create_box(bounds=[low, high])
    return Mesh(np.array(body.vertices, dtype=float), np.array(body.faces, dtype=np.int64))


def ball(radius=10.0, centre=(0.0, 0.0, 0.0)):
    from trimesh.creation import icosphere

    body = icosphere(subdivisions=4, radius=radius)
    return Mesh(np.array(body.vertices) + centre, np.array(body.faces, dtype=np.int64))


def grid(spacing=(1.0, 1.0, 1.0), start=(0.0, 0.0, 0.0), pose=None, shear=0.0):
    ijk_to_ras = np.eye(4)
    ijk_to_ras[:3, :3] = (
        (np.eye(3) if pose is None else pose) @ np.array([[1, shear, 0], [0, 1, 0], [0, shear, 1]]) @ np.diag(spacing)
    )
    ijk_to_ras[:3, 3] = start
    return ijk_to_ras


def centres(shape, ijk_to_ras):
    """(nk, nj, ni, 3) mm."""
    k, j, i = np.meshgrid(*(np.arange(n) for n in shape), indexing="ij")
    return np.stack([i, j, k], axis=-1) @ ijk_to_ras[:3, :3].T + ijk_to_ras[:3, 3]


def test_a_box_fills_exactly_the_voxels_inside_it():
    labels = np.zeros((10, 11, 12), dtype=np.uint8)
    assert write_body_label(box((1.5, 2.5, 3.5), (4.5, 7.5, 5.5)), labels, grid(), 3) == 3 * 5 * 2
    assert np.argwhere(labels).min(axis=0).tolist() == [4, 3, 2]
    assert np.argwhere(labels).max(axis=0).tolist() == [5, 7, 4]
    assert set(np.unique(labels)) == {0, 3}


@pytest.mark.parametrize(
    "spacing", [(1.0, 1.0, 1.0), (0.45, 0.45, 5.0), (-0.6, -0.6, 0.9)], ids=["even", "thick slices", "mirrored twice"]
)
@pytest.mark.parametrize("shear", [0.0, 0.35], ids=["upright", "sheared"])
def test_a_ball_fills_the_voxels_nearer_to_its_centre_than_its_radius(spacing, shear):
    shape = (40, 90, 95)
    ijk_to_ras = grid(spacing, pose=rotation_matrix(), shear=shear)
    middle = centres(shape, ijk_to_ras)[20, 45, 47]
    labels = np.zeros(shape, dtype=np.uint8)
    write_body_label(ball(9.0, middle), labels, ijk_to_ras, 1)
    away = np.linalg.norm(centres(shape, ijk_to_ras) - middle, axis=-1)
    # the ball is made of flat triangles: exactly at its radius a centre may be on either side of one
    assert labels[away < 8.96].all()
    assert not labels[away > 9.0].any()


@profile(max_examples=15)
@given(st.tuples(*[st.floats(-180, 180)] * 3), st.floats(0.5, 2.0))
def test_the_volume_in_voxels_is_the_volume_of_the_body_on_any_grid(degrees, scale):
    ijk_to_ras = grid((0.7 * scale, 0.8 * scale, 1.1 * scale), start=(-7, 20, 3), pose=rotation_matrix(degrees))
    shape = (40, 54, 62)
    middle = ijk_to_ras[:3, :3] @ (30.3, 26.7, 19.2) + ijk_to_ras[:3, 3]
    labels = np.zeros(shape, dtype=np.uint8)
    count = write_body_label(ball(12.0 * scale, middle), labels, ijk_to_ras, 1)
    assert count * abs(np.linalg.det(ijk_to_ras[:3, :3])) == pytest.approx(
        4 / 3 * np.pi * (12.0 * scale) ** 3, rel=0.02
    )


def test_faces_exactly_through_voxel_centres_leave_no_streaks():
    inside, slices = voxelise_body(box((2.0, 2.0, 2.0), (8.0, 8.0, 8.0)), (12, 12, 12), grid())
    voxels = np.zeros((12, 12, 12), dtype=bool)
    voxels[slices] = inside
    assert voxels[3:8, 3:8, 3:8].all()
    assert not voxels[:2].any()
    assert not voxels[9:].any()
    assert not voxels[:, :2].any()
    assert not voxels[:, 9:].any()
    assert not voxels[:, :, :2].any()
    assert not voxels[:, :, 9:].any()


def test_a_body_turned_inside_out_fills_the_same_voxels():
    body = ball(8.3, (10, 10, 10))
    inside, _ = voxelise_body(body, (20, 20, 20), grid())
    inside_reversed, _ = voxelise_body(Mesh(body.vertices, body.faces[:, ::-1]), (20, 20, 20), grid())
    assert np.array_equal(inside, inside_reversed)


def test_a_hollow_in_a_body_stays_empty():
    outside, hollow = ball(9.0, (12, 12, 12)), ball(4.0, (12, 12, 12))
    body = Mesh(
        np.concatenate([outside.vertices, hollow.vertices]),
        np.concatenate([outside.faces, hollow.faces[:, ::-1] + len(outside.vertices)]),
    )
    labels = np.zeros((25, 25, 25), dtype=np.uint8)
    write_body_label(body, labels, grid(), 1)
    assert labels[12, 12, 12] == 0
    assert labels[12, 12, 18] == 1


def test_a_body_that_leaves_the_grid_is_cut_at_its_edge():
    labels = np.zeros((10, 10, 10), dtype=np.uint8)
    write_body_label(box((-5.5, 2.5, -5.5), (3.5, 4.5, 30.5)), labels, grid(), 1)
    assert labels.sum() == 4 * 2 * 10


def test_a_body_outside_the_grid_fills_nothing():
    labels = np.zeros((10, 10, 10), dtype=np.uint8)
    assert write_body_label(ball(3.0, (200, 0, 0)), labels, grid(), 1) == 0
    assert not labels.any()


def test_an_empty_body_fills_nothing():
    labels = np.zeros((4, 4, 4), dtype=np.uint8)
    assert write_body_label(Mesh(np.zeros((0, 3)), np.zeros((0, 3), dtype=np.int64)), labels, grid(), 1) == 0


def test_a_second_body_replaces_the_first_only_where_they_overlap():
    labels = np.zeros((10, 10, 10), dtype=np.uint8)
    write_body_label(box((0.5, 0.5, 0.5), (4.5, 4.5, 4.5)), labels, grid(), 1)
    write_body_label(box((3.5, 3.5, 3.5), (6.5, 6.5, 6.5)), labels, grid(), 2)
    assert (labels == 2).sum() == 27
    assert (labels == 1).sum() == 64 - 1


def test_a_grid_whose_axes_do_not_span_space_is_refused():
    with pytest.raises(ValueError, match="no inverse"):
        voxelise_body(ball(), (4, 4, 4), grid((1.0, 1.0, 0.0)))
