"""The search tree for points of a surface finds what any other finds."""

import numpy as np
from scipy.spatial import cKDTree

from SkullRestoreLib.geometry.search_tree import build_search_tree


def test_the_tree_finds_the_same_points_as_any_other_near_and_far():
    rng = np.random.default_rng(0)
    points = rng.normal(size=(3000, 3))
    points *= 80 / np.linalg.norm(points, axis=1, keepdims=True)
    places = rng.uniform(-100, 100, (2000, 3))
    for reach_mm in (2.0, np.inf):
        found, expected = (
            tree.query(places, distance_upper_bound=reach_mm) for tree in (build_search_tree(points), cKDTree(points))
        )
        np.testing.assert_array_equal(found[0], expected[0])
        np.testing.assert_array_equal(found[1], expected[1])
