"""Polygons in a plane."""

import numpy as np
from numpy.typing import NDArray


def points_in_polygon(points: NDArray[np.float64], polygon: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Check which points are inside a polygon, by the even-odd rule.

    Parameters
    ----------
    points
        (n, 2).
    polygon
        (k, 2), closed by itself.

    Returns
    -------
    ndarray
        (n,) bool.

    Examples
    --------
    >>> square = np.array([[0.0, 0], [2, 0], [2, 2], [0, 2]])
    >>> points_in_polygon(np.array([[1.0, 1], [3, 1]]), square).tolist()
    [True, False]
    """
    inside = np.zeros(len(points), dtype=bool)
    order = np.argsort(points[:, 1], kind="stable")
    sorted_y = points[order, 1]
    for (xa, ya), (xb, yb) in zip(polygon, np.roll(polygon, -1, axis=0), strict=True):
        if ya == yb:
            continue
        first, last = np.searchsorted(sorted_y, [min(ya, yb), max(ya, yb)])
        rows = order[first:last]
        inside[rows] ^= points[rows, 0] < (xb - xa) * (points[rows, 1] - ya) / (yb - ya) + xa
    return inside
