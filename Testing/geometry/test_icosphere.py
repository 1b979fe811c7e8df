"""The icosahedral grid: every seam and pole is compared with plain geometry."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from SkullRestoreLib.geometry.icosphere import (
    SphericalGrid,
    downsample,
    interpolate,
    padding_table,
    parent_vertices,
    pole_neighbours,
    spherical_grid,
    upsample,
    values_at_level,
    vertex_count,
)

LEVELS = [0, 1, 2, 3, 4]
every_level = pytest.mark.parametrize("level", LEVELS)
unit = st.floats(-1, 1, allow_subnormal=False)
anywhere = arrays(float, (20, 3), elements=unit).map(
    lambda x: np.where(np.linalg.norm(x, axis=1, keepdims=True) < 1e-3, [0.0, 0.0, 1.0], x)
)


def geometric_neighbours(level):
    """For each vertex the set of the nearest ones, by their distance: 5 at the icosahedron's corners, 6 elsewhere."""
    p = spherical_grid(level).directions
    nearest = np.argsort(-(p @ p.T), axis=1)[:, 1:7]
    return [set(row[:5] if k in five_fold(level) else row) for k, row in enumerate(nearest)]


def five_fold(level):
    """The twelve corners of the icosahedron, found by their position."""
    p, corners = spherical_grid(level).directions, spherical_grid(0).directions
    return set(np.argmax(corners @ p.T, axis=1))


# vertices


@pytest.mark.parametrize(("level", "count"), [(0, 12), (1, 42), (5, 10_242), (6, 40_962), (7, 163_842)])
def test_a_level_has_as_many_vertices_as_the_method_says(level, count):
    assert vertex_count(level) == len(SphericalGrid(level)) == len(spherical_grid(level).directions) == count


@every_level
def test_directions_are_unit_vectors_and_all_different(level):
    p = spherical_grid(level).directions
    np.testing.assert_allclose(np.linalg.norm(p, axis=1), 1, atol=1e-12)
    assert (p @ p.T - np.eye(len(p))).max() < 0.9999


@every_level
def test_the_poles_come_last(level):
    np.testing.assert_allclose(spherical_grid(level).directions[-2:], [[0, 0, 1], [0, 0, -1]], atol=1e-12)


def test_spacing_hardly_varies_over_the_sphere():
    g = spherical_grid(5)
    apart = np.linalg.norm(g.directions[g.faces] - g.directions[np.roll(g.faces, 1, axis=1)], axis=2)
    assert apart.max() / apart.min() < 1.35


@pytest.mark.parametrize("level", [-1, 9, 40])
def test_a_level_that_does_not_exist_is_refused(level):
    with pytest.raises(ValueError, match="between 0 and 8"):
        spherical_grid(level)


def test_a_grid_is_made_once():
    assert spherical_grid(3) is spherical_grid(3)


# charts


@every_level
def test_every_chart_vertex_is_in_its_own_cell_once(level):
    unpadded = padding_table(level)[:, 1:-1, 1:-1]
    np.testing.assert_array_equal(unpadded.ravel(), np.arange(vertex_count(level) - 2))


@every_level
def test_the_neighbours_in_the_padded_charts_are_the_geometric_ones_across_seams_and_at_five_fold_vertices(level):
    table, nearest = padding_table(level), geometric_neighbours(level)
    steps = [(0, 1), (-1, 1), (-1, 0), (0, -1), (1, -1), (1, 0)]
    for chart, row, column in np.ndindex(5, 2**level, 2 ** (level + 1)):
        found = {table[chart, row + 1 + i, column + 1 + j] for i, j in steps}
        assert found == nearest[table[chart, row + 1, column + 1]], (chart, row, column)


@every_level
def test_the_neighbours_of_the_poles_are_the_geometric_ones(level):
    nearest = geometric_neighbours(level)
    for pole, ring in zip((-2, -1), pole_neighbours(level), strict=True):
        assert set(ring) == nearest[pole]


@every_level
def test_neighbour_lists_are_mutual_and_those_of_the_triangles(level):
    g = spherical_grid(level)
    pairs = {(k, n) for k, row in enumerate(g.neighbours) for n in row}
    assert pairs == {(n, k) for k, n in pairs}
    assert pairs == set(zip(*(a.tolist() for a in g.adjacency_matrix.nonzero()), strict=True))


@every_level
def test_every_edge_is_listed_once(level):
    g = spherical_grid(level)
    first, second = g.edges
    assert (first < second).all()
    assert len(set(zip(first.tolist(), second.tolist(), strict=True))) == len(first) == 30 * 4**level
    assert g.adjacency_matrix[first, second].all()


def test_the_usual_edge_is_as_long_as_most_edges_are():
    g = spherical_grid(4)
    first, second = g.edges
    length = np.linalg.norm(g.directions[first] - g.directions[second], axis=1)
    assert abs(g.edge_length / np.median(length) - 1) < 0.05


@every_level
def test_neighbours_are_in_circular_order_and_twelve_vertices_have_only_five(level):
    g = spherical_grid(level)
    first, second = g.neighbours, np.roll(g.neighbours, -1, axis=1)
    twice = first == second
    assert (g.adjacency_matrix[first.ravel(), second.ravel()].A1.reshape(twice.shape) | twice).all()
    assert set(np.flatnonzero(twice.any(axis=1))) == five_fold(level)


# triangles


@every_level
def test_the_triangles_close_the_sphere_and_face_outwards(level):
    g = spherical_grid(level)
    edges = g.faces[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2)
    directed = {tuple(e) for e in edges}
    assert len(directed) == len(edges)
    assert directed == {(b, a) for a, b in directed}
    assert len(g) - len(edges) // 2 + len(g.faces) == 2
    p = g.directions[g.faces]
    assert (np.einsum("fi,fi->f", np.cross(p[:, 1] - p[:, 0], p[:, 2] - p[:, 0]), p.sum(axis=1)) > 0).all()


@every_level
def test_the_areas_sum_to_the_polyhedrons_and_near_the_spheres(level):
    g = spherical_grid(level)
    p = g.directions[g.faces]
    surface = np.linalg.norm(np.cross(p[:, 1] - p[:, 0], p[:, 2] - p[:, 0]), axis=1).sum() / 2
    assert g.vertex_areas.sum() == pytest.approx(surface, rel=1e-12)
    assert g.vertex_areas.min() > 0
    assert g.areas_mm2(np.full(len(g), 80.0)).sum() == pytest.approx(80.0**2 * surface, rel=1e-12)
    if level == 4:
        assert g.vertex_areas.sum() == pytest.approx(4 * np.pi, rel=0.005)


# from level to level


@pytest.mark.parametrize("level", [0, 1, 2, 3, 4, 5])
def test_upsampling_and_downsampling_again_changes_nothing(level):
    values = np.random.default_rng(level).normal(size=(vertex_count(level), 3))
    np.testing.assert_array_equal(downsample(upsample(values)), values)


@every_level
def test_a_finer_vertex_is_half_way_between_its_parents(level):
    values = np.random.default_rng(level).normal(size=vertex_count(level))
    np.testing.assert_array_equal(values[parent_vertices(level)].mean(axis=0), upsample(values))


@pytest.mark.parametrize("level", [1, 2, 3, 4, 5])
def test_a_coarse_vertex_is_the_fine_vertex_at_the_same_place(level):
    np.testing.assert_allclose(
        downsample(spherical_grid(level).directions), spherical_grid(level - 1).directions, atol=1e-12
    )


@pytest.mark.parametrize("level", [0, 1, 2, 3, 4, 5])
def test_a_new_vertex_is_the_mean_of_its_edges_ends(level):
    fine = upsample(spherical_grid(level).directions)
    length = np.linalg.norm(fine, axis=1)
    np.testing.assert_allclose(fine / length[:, None], spherical_grid(level + 1).directions, atol=1e-12)


def test_a_function_linear_in_space_is_nearly_exact_after_upsampling():
    # on an edge of the chord polyhedron the mean is inside the sphere by at most an eighth of the edge squared
    upsampled = values_at_level(spherical_grid(4).directions @ [3.0, -2.0, 1.0], 6)
    assert np.abs(upsampled - spherical_grid(6).directions @ [3.0, -2.0, 1.0]).max() < 4 * 0.08**2 / 8 * 1.5


def test_values_are_converted_to_finer_coarser_and_the_same_level():
    values = np.random.default_rng(0).normal(size=(vertex_count(3), 2, 2))
    np.testing.assert_array_equal(values_at_level(values_at_level(values, 5), 3), values)
    assert values_at_level(values, 3) is values
    assert values_at_level(values, 1).shape == (42, 2, 2)


@pytest.mark.parametrize("count", [0, 2, 11, 13, 41, 10_241, 40_963])
def test_a_number_of_values_that_fits_no_level_is_refused(count):
    with pytest.raises(ValueError, match="do not fit any icosahedral grid"):
        values_at_level(np.zeros(count), 4)


# between vertices


@given(anywhere, st.integers(0, 5))
def test_any_direction_is_the_weighted_sum_of_its_triangles_corners(directions, level):
    corners, weights = spherical_grid(level).locate_triangles(directions)
    weighted = np.einsum("pk,pki->pi", weights, spherical_grid(level).directions[corners])
    weighted /= np.linalg.norm(weighted, axis=1, keepdims=True)
    np.testing.assert_allclose(weighted, directions / np.linalg.norm(directions, axis=1, keepdims=True), atol=1e-9)
    np.testing.assert_allclose(weights.sum(axis=1), 1, atol=1e-12)
    assert weights.min() >= 0


@given(anywhere, st.integers(0, 5))
def test_the_corners_belong_to_one_triangle(directions, level):
    corners, _ = spherical_grid(level).locate_triangles(directions)
    triangles = {tuple(sorted(f)) for f in spherical_grid(level).faces.tolist()}
    assert all(tuple(sorted(c)) in triangles for c in corners.tolist())


@pytest.mark.parametrize("level", [0, 3, 5])
def test_at_a_vertex_the_interpolated_value_is_its_own(level):
    values = np.random.default_rng(1).normal(size=(vertex_count(level), 2))
    np.testing.assert_allclose(interpolate(values, 7.5 * spherical_grid(level).directions), values, atol=1e-9)


@given(anywhere)
def test_a_smooth_function_is_interpolated_between_the_vertices(directions):
    d = directions / np.linalg.norm(directions, axis=1, keepdims=True)
    np.testing.assert_allclose(interpolate(spherical_grid(5).directions, directions), d, atol=6e-4)


def test_values_of_no_level_cannot_be_interpolated():
    with pytest.raises(ValueError, match="do not fit"):
        interpolate(np.zeros(100), np.eye(3))


# mirror, Laplacian, regions


@pytest.mark.parametrize("level", [*LEVELS, 5, 6])
def test_the_mirror_image_of_every_vertex_is_a_vertex(level):
    g = spherical_grid(level)
    np.testing.assert_allclose(g.directions[g.mirror_vertices], g.directions * [-1, 1, 1], atol=1e-12)
    np.testing.assert_array_equal(g.mirror_vertices[g.mirror_vertices], np.arange(len(g)))


@pytest.mark.slow
@every_level
def test_the_laplacian_of_a_constant_is_zero_and_the_matrix_is_symmetric_and_semi_definite(level):
    matrix = spherical_grid(level).laplacian.toarray()
    np.testing.assert_allclose(matrix.sum(axis=1), 0, atol=1e-10)
    np.testing.assert_allclose(matrix, matrix.T, atol=1e-12)
    values = np.linalg.eigvalsh(matrix)
    assert values.min() > -1e-9
    assert (np.abs(values) < 1e-9).sum() == 1


def test_the_laplacian_measures_how_much_a_function_changes_over_the_sphere():
    g = spherical_grid(5)
    # the squared slope of a linear function, summed over the unit sphere, is two thirds of its area
    np.testing.assert_allclose(g.directions.T @ (g.laplacian @ g.directions), np.eye(3) * 8 * np.pi / 3, atol=0.01)


def test_a_region_grows_ring_by_ring_and_shrinks_back():
    g = spherical_grid(4)
    seed = np.arange(len(g)) == 700
    grown = g.grow_region(seed, 3)
    assert grown.sum() == 1 + 6 + 12 + 18
    np.testing.assert_array_equal(g.grow_region(grown, -3), seed)
    np.testing.assert_array_equal(g.grow_region(seed, 0), seed)
    assert seed.sum() == 1


def test_a_region_grows_over_a_pole_evenly():
    g = spherical_grid(4)
    assert g.grow_region(np.arange(len(g)) == len(g) - 2, 2).sum() == 1 + 5 + 10


def test_the_complete_sphere_and_an_empty_region_stay_what_they_are():
    g = spherical_grid(3)
    assert g.grow_region(np.ones(len(g), bool), -4).all()
    assert not g.grow_region(np.zeros(len(g), bool), 4).any()
