"""The 4 × 4 matrices: points, directions, voxel grids, perpendicular bases, RAS and LPS."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from SkullRestoreLib.affine import (
    POINTS_PER_BLOCK,
    apply_affine,
    axis_directions,
    basis_across,
    compose_affine,
    flip_ras_lps,
    invert_affine,
    is_rigid,
    rotate,
    voxel_spacing,
    voxel_volume_ml,
)

COORDINATES = st.floats(-500, 500, allow_nan=False)
VECTORS = st.tuples(COORDINATES, COORDINATES, COORDINATES).map(np.array)
SPACINGS = st.tuples(*[st.floats(0.2, 5.0)] * 3).map(np.array)
ANGLES = st.floats(-3.1, 3.1)
TILTS = st.floats(-0.5, 0.5)


@st.composite
def rotations(draw):
    """A proper rotation about z, then y, then x."""
    turned = np.eye(3)
    for axis, angle in enumerate((draw(ANGLES), draw(ANGLES), draw(ANGLES))):
        i, j = (axis + 1) % 3, (axis + 2) % 3
        turn = np.eye(3)
        turn[i, i] = turn[j, j] = np.cos(angle)
        turn[i, j], turn[j, i] = -np.sin(angle), np.sin(angle)
        turned = turn @ turned
    return turned


@st.composite
def grids(draw):
    """The matrix of a voxel grid: turned, sheared as by a tilted gantry, possibly mirrored, of any spacing."""
    shear = np.eye(3)
    shear[1, 2] = draw(TILTS)
    mirror = np.diag([draw(st.sampled_from([-1.0, 1.0])), 1.0, 1.0])
    return compose_affine(draw(rotations()) @ shear @ mirror @ np.diag(draw(SPACINGS)), draw(VECTORS))


@given(grids(), VECTORS)
def test_the_inverse_takes_every_point_back(matrix, point):
    there = apply_affine(matrix, point)
    np.testing.assert_allclose(apply_affine(invert_affine(matrix), there), point, atol=1e-6)


@given(grids(), grids(), VECTORS)
def test_a_product_of_matrices_is_one_after_the_other(first, second, point):
    one_by_one = apply_affine(second, apply_affine(first, point))
    np.testing.assert_allclose(apply_affine(second @ first, point), one_by_one, rtol=1e-9, atol=1e-6)


@given(grids(), VECTORS)
def test_the_result_is_the_written_out_product_to_the_last_bit(matrix, point):
    points = np.stack([point, 2 * point, point + 1])
    assert np.array_equal(apply_affine(matrix, points), points @ matrix[:3, :3].T + matrix[:3, 3])
    assert np.array_equal(rotate(matrix, points), points @ matrix[:3, :3].T)


def test_many_points_are_moved_as_few_are_to_the_last_bit():
    matrix = compose_affine([[0.0, -0.4, 0.1], [0.5, 0.0, 0.0], [0.0, 0.2, 1.25]], [-40.0, 10.0, 7.0])
    points = np.random.default_rng(0).normal(scale=80, size=(2 * POINTS_PER_BLOCK + 5, 3))
    parts = np.array_split(points, 7)
    assert np.array_equal(apply_affine(matrix, points), np.concatenate([apply_affine(matrix, p) for p in parts]))
    assert np.array_equal(rotate(matrix, points), np.concatenate([rotate(matrix, p) for p in parts]))


@given(grids(), VECTORS, VECTORS)
def test_a_direction_is_the_difference_of_two_points(matrix, start, end):
    difference = apply_affine(matrix, end) - apply_affine(matrix, start)
    np.testing.assert_allclose(rotate(matrix, end - start), difference, atol=1e-6)


@pytest.mark.parametrize("shape", [(3,), (4, 3), (2, 5, 3), (0, 3)])
def test_points_of_any_number_of_axes_keep_their_shape(shape):
    points = np.zeros(shape)
    matrix = compose_affine(np.eye(3), [1, 2, 3])
    moved = apply_affine(matrix, points)
    assert moved.shape == shape
    assert (moved == [1, 2, 3]).all()
    assert rotate(matrix, points).shape == shape


@given(VECTORS)
def test_a_basis_across_an_axis_is_orthonormal_and_right_handed(axis):
    assume(np.linalg.norm(axis) > 1e-3)
    first, second = basis_across(axis)
    frame = np.stack([first, second, axis / np.linalg.norm(axis)])
    np.testing.assert_allclose(frame @ frame.T, np.eye(3), atol=1e-9)
    np.testing.assert_allclose(np.linalg.det(frame), 1.0, atol=1e-9)


@given(st.lists(VECTORS.filter(lambda axis: np.linalg.norm(axis) > 1e-3), min_size=1, max_size=5).map(np.stack))
def test_the_bases_across_many_axes_are_those_across_each(axes):
    for many, each in zip(basis_across(axes), zip(*map(basis_across, axes), strict=True), strict=True):
        np.testing.assert_allclose(many, np.stack(each), atol=1e-12)


@given(rotations(), VECTORS)
def test_a_rotation_with_a_translation_is_rigid_and_its_mirror_image_is_not(rotation, origin):
    assert is_rigid(compose_affine(rotation, origin))
    assert not is_rigid(compose_affine(rotation @ np.diag([-1.0, 1.0, 1.0]), origin))


@pytest.mark.parametrize(
    "linear", [np.diag([1.0, 1.0, 1.01]), np.eye(3) + np.eye(3, k=1) * 0.01, -np.eye(3), np.zeros((3, 3))]
)
def test_what_scales_shears_mirrors_or_flattens_is_not_rigid(linear):
    assert not is_rigid(compose_affine(linear, [0, 0, 0]))


def test_how_far_from_rigid_a_matrix_may_be_is_for_the_caller_to_say():
    nearly = compose_affine(np.diag([1.0, 1.0, 1.0004]), [0, 0, 0])
    assert not is_rigid(nearly)
    assert is_rigid(nearly, tolerance=1e-3)


@given(SPACINGS, rotations(), TILTS)
def test_a_sheared_voxel_has_the_volume_of_the_upright_one(spacing, rotation, tilt):
    sheared = np.diag(spacing)
    sheared[1, 2] = tilt  # the third axis leans, its height stays
    volume = np.prod(spacing) / 1000
    np.testing.assert_allclose(voxel_volume_ml(compose_affine(rotation @ sheared, [0, 0, 0])), volume, rtol=1e-9)


def test_the_product_of_the_spacings_is_too_large_for_a_sheared_voxel():
    sheared = compose_affine([[1, 0, 0], [0, 1, 1], [0, 0, 1]], [0, 0, 0])
    assert np.prod(voxel_spacing(sheared)) == pytest.approx(np.sqrt(2))
    assert voxel_volume_ml(sheared) == pytest.approx(0.001)


@given(grids())
def test_the_spacing_is_the_distance_between_neighbouring_voxel_centres(matrix):
    origin = apply_affine(matrix, [0, 0, 0])
    steps = np.linalg.norm(apply_affine(matrix, np.eye(3)) - origin, axis=1)
    np.testing.assert_allclose(voxel_spacing(matrix), steps, rtol=1e-6)


@given(grids())
def test_axis_directions_are_unit_vectors_that_the_spacing_stretches_to_the_matrix(matrix):
    directions = axis_directions(matrix)
    np.testing.assert_allclose(np.linalg.norm(directions, axis=0), 1.0)
    np.testing.assert_allclose(directions * voxel_spacing(matrix), matrix[:3, :3], atol=1e-12)


@given(VECTORS)
def test_lps_is_ras_turned_by_half_about_z_and_twice_is_back(point):
    flipped = flip_ras_lps(point)
    assert np.array_equal(flipped, [-point[0], -point[1], point[2]])
    assert np.array_equal(flip_ras_lps(flipped), point)


def test_a_singular_matrix_has_no_inverse():
    with pytest.raises(np.linalg.LinAlgError):
        invert_affine(np.diag([1.0, 1.0, 0.0, 1.0]))
