"""Meshes that are no valid solid are detected, and repaired where possible."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as profile
from hypothesis import strategies as st
from trimesh.creation import box, icosphere

from SkullRestoreLib.geometry.mesh_repair import repair_mesh, triangle_heights
from SkullRestoreLib.geometry.self_intersection import (
    count_intersections,
    intersecting_triangles,
    is_closed,
    is_manifold,
)
from SkullRestoreLib.records import Mesh


def ball(centre=(0, 0, 0), radius=10.0, subdivisions=3):
    sphere = icosphere(subdivisions=subdivisions, radius=radius)
    return np.array(sphere.vertices) + centre, np.array(sphere.faces, dtype=np.int64)


def in_one_mesh(*parts):
    first = np.cumsum([0, *(len(v) for v, _ in parts)])
    return np.concatenate([v for v, _ in parts]), np.concatenate(
        [f + start for (_, f), start in zip(parts, first[:-1], strict=True)]
    )


def test_a_ball_is_a_valid_solid():
    vertices, faces = ball()
    assert is_closed(faces)
    assert is_manifold(faces)
    assert count_intersections(vertices, faces) == 0


def test_a_mesh_with_a_missing_or_a_reversed_triangle_is_open():
    _, faces = ball()
    assert not is_closed(faces[1:])
    assert not is_closed(np.concatenate([faces[1:], faces[:1, ::-1]]))
    assert not is_closed(faces[:0])


def test_two_balls_that_share_one_vertex_are_closed_but_not_manifold():
    vertices, faces = in_one_mesh(ball(), ball((20, 0, 0)))
    joined = np.where(faces == len(vertices) // 2, 0, faces)
    assert is_closed(joined)
    assert not is_manifold(joined)


@profile(max_examples=15, deadline=None)
@given(st.tuples(*[st.floats(-1, 1)] * 3), st.floats(0.0, 40.0))
def test_two_balls_cut_each_other_exactly_where_they_overlap(direction, apart):
    length = np.linalg.norm(direction)
    unit = np.array(direction) / length if length > 1e-3 else np.array([1.0, 0, 0])
    vertices, faces = in_one_mesh(ball(), ball(apart * unit, radius=9.0))
    cut = count_intersections(vertices, faces) > 0
    if apart < 0.5 or apart > 19.5:
        assert not cut
    elif 1.7 < apart < 18.0:
        assert cut


def test_large_triangles_among_small_ones_are_not_missed():
    block = box((30, 30, 1.0))
    vertices, faces = in_one_mesh(ball(subdivisions=4), (np.array(block.vertices), np.array(block.faces)))
    assert count_intersections(vertices, faces) > 50


def test_two_crossing_sheets_among_specks_of_a_thousandth_are_found_in_little_memory():
    # cells as small as the specks would be a thousand million
    specks = np.arange(3000)
    places = np.column_stack([specks % 50, specks // 50, np.zeros(len(specks))])
    dust = (places[:, None] + 1e-3 * np.array([[0.0, 0, 0], [1, 0, 0], [0, 1, 0]])).reshape(-1, 3)
    sheets = np.array([[0.0, 0, 9], [500, 0, 9], [0, 500, 9], [5, 5, -90], [6, 5, 90], [5, 400, 90]])
    vertices = np.concatenate([dust, sheets])
    found = intersecting_triangles(vertices, np.arange(len(vertices)).reshape(-1, 3))
    assert found.tolist() == [len(specks), len(specks) + 1]


def test_a_triangle_folded_onto_its_neighbour_counts():
    # only these two triangles matter, not the rest of a mesh
    vertices = np.array([[0.0, 0, 0], [1, 0, 0], [0, 1, 0], [0.2, 0.8, 0]])
    assert count_intersections(vertices, np.array([[0, 1, 2], [1, 0, 3]])) == 1
    vertices[3, 2] = 0.3
    assert count_intersections(vertices, np.array([[0, 1, 2], [1, 0, 3]])) == 0


@pytest.mark.parametrize("seed", range(3))
def test_needles_and_folds_are_removed_without_moving_the_surface(seed):
    rng = np.random.default_rng(seed)
    vertices, faces = ball(subdivisions=4)
    # split some edges close to one end: each gives two needles, and some of them are folded over
    for _ in range(40):
        t = int(rng.integers(len(faces)))
        a, b, c = faces[t]
        other = next(k for k in range(len(faces)) if k != t and {a, b} <= set(faces[k].tolist()))
        d = next(v for v in faces[other].tolist() if v not in (a, b))
        new = len(vertices)
        position = vertices[a] + 3e-4 * (vertices[b] - vertices[a]) + rng.normal(0, 2e-4, 3)
        vertices = np.concatenate([vertices, position[None]])
        faces[t], faces[other] = [a, new, c], [new, a, d]
        faces = np.concatenate([faces, [[new, b, c], [b, new, d]]])
    assert is_manifold(faces)
    repaired, remaining = repair_mesh(Mesh(vertices, faces))
    assert remaining == 0
    assert is_manifold(repaired.faces)
    assert count_intersections(repaired.vertices, repaired.faces) == 0
    assert (triangle_heights(repaired.vertices[repaired.faces])[0] > 1e-3).all()
    assert np.linalg.norm(repaired.vertices, axis=1) == pytest.approx(10.0, abs=0.01)


def tilted_about(point, degrees, vertices):
    turn = np.radians(degrees)
    rotation = np.array([[np.cos(turn), -np.sin(turn), 0], [np.sin(turn), np.cos(turn), 0], [0, 0, 1]])
    return (vertices - point) @ rotation.T + point


def crumpled_ball():
    vertices, faces = ball()
    return vertices + np.random.default_rng(4).normal(0, 0.5, vertices.shape), faces


def balls_that_cut_each_other_at_a_common_vertex():
    (large, faces), (small, _) = ball(), ball(radius=8.0)
    touching = tilted_about(large[0], 25, small - small[0] + large[0])
    vertices, faces = in_one_mesh((large, faces), (touching, faces))
    return vertices, np.where(faces == len(large), 0, faces)


@pytest.mark.parametrize("mesh", [crumpled_ball(), balls_that_cut_each_other_at_a_common_vertex()])
def test_what_is_known_of_a_closed_mesh_hides_no_intersection(mesh):
    """In a closed mesh most pairs of neighbours need no look; in one with a hole each pair is looked at."""
    vertices, faces = mesh
    assert is_closed(faces)
    cut = intersecting_triangles(vertices, faces)
    sound = np.setdiff1d(np.arange(len(faces)), cut)[0]
    with_hole = np.delete(faces, sound, axis=0)
    assert count_intersections(vertices, with_hole) == count_intersections(vertices, faces) > 10
    shared = np.array([[(faces[a][:, None] == faces[b]).any() for b in cut] for a in cut])
    assert shared.sum() > len(cut), "neighbours must be among them"


@pytest.mark.parametrize("seed", range(4))
def test_triangles_of_all_sizes_are_compared_with_each_other_as_if_each_pair_was(seed):
    rng = np.random.default_rng(seed)
    count, smallest_mm = 60, 10.0**-seed
    size = np.geomspace(smallest_mm, 10.0, count)[:, None, None]
    corners = rng.uniform(0, 4, (count, 1, 3)) + size * rng.uniform(-1, 1, (count, 3, 3))
    cut = [
        pair
        for pair in itertools.combinations(range(count), 2)
        if len(intersecting_triangles(corners[list(pair)].reshape(-1, 3), np.arange(6).reshape(2, 3)))
    ]
    # many triangles as small as the smallest: the others are large among them
    specks = 20 + rng.uniform(0, 50, (3000, 1, 3)) + smallest_mm * rng.uniform(-1e-3, 1e-3, (3000, 3, 3))
    vertices = np.concatenate([corners, specks]).reshape(-1, 3)
    found = intersecting_triangles(vertices, np.arange(len(vertices)).reshape(-1, 3))
    assert found.tolist() == sorted({n for pair in cut for n in pair})
