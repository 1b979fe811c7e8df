"""Area inside a closed line that was drawn by hand: in a plane, or on the curved surface of a head."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from SkullRestoreLib.affine import basis_across
from SkullRestoreLib.geometry.polygon import points_in_polygon

_CELLS = 160
"""Cells across the longer side of the line's box: the area is accurate to about half a per cent of it."""
_MIN_COSINE = 0.15
"""Corners further than about 80 degrees from the line's middle, seen from the head's centre, are too far around it."""
_MIN_FLAT_AREA = 1e-6
"""Of a line seen from the centre, at a distance of 1: a smaller one has no inside."""
_MM2_PER_CM2 = 100.0


def planar_area_cm2(corners: ArrayLike) -> float:
    """Area of a flat polygon.

    Parameters
    ----------
    corners
        (n, 3) mm, in order.

    Returns
    -------
    float
        cm²; 0 for fewer than three corners.

    Examples
    --------
    >>> planar_area_cm2([[0, 0, 5], [40, 0, 5], [40, 30, 5], [0, 30, 5]])
    12.0
    """
    points = np.asarray(corners, dtype=float).reshape(-1, 3)
    if len(points) < 3:
        return 0.0
    points = points - points[0]
    return float(np.linalg.norm(np.cross(points, np.roll(points, -1, axis=0)).sum(axis=0)) / 2 / _MM2_PER_CM2)


def curved_area_cm2(corners: ArrayLike, centre: ArrayLike) -> float | None:
    """Area of the smooth surface through a line on a head, bulged as the head is.

    Where bone is missing inside the line there is nothing to measure on. The distance from the head's centre is
    therefore continued smoothly from the line inwards, so that the surface is convex where the head is. Of the two
    sides of a line around a head, the smaller one is measured.

    Parameters
    ----------
    corners
        (n, 3) mm, in order; between them the line is straight.
    centre
        (3,) mm, inside the head.

    Returns
    -------
    float or None
        cm²; 0 where the line has no inside, None where it runs too far around the head.

    Examples
    --------
    >>> angle = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    >>> ring = np.column_stack([40 * np.cos(angle), 40 * np.sin(angle), np.full(24, 69.28)])
    >>> round(curved_area_cm2(ring, [0, 0, 0]))  # a cap of a ball of 80 mm; its flat base has 50 cm²
    53
    """
    from scipy.interpolate import RBFInterpolator

    points = np.asarray(corners, dtype=float).reshape(-1, 3)
    different = np.sort(np.unique(points, axis=0, return_index=True)[1])
    from_centre = points[different] - np.asarray(centre, dtype=float)
    if len(from_centre) < 3:
        return 0.0
    radius = np.linalg.norm(from_centre, axis=1)
    directions = from_centre / radius[:, None]
    axis = directions.mean(axis=0)
    axis /= np.linalg.norm(axis)
    if (directions @ axis).min() < _MIN_COSINE:
        return None
    # a central projection: straight lines of space stay straight
    flat = (directions @ np.array(basis_across(axis)).T) / (directions @ axis)[:, None]
    following = np.roll(flat, -1, axis=0)
    if abs((flat[:, 0] * following[:, 1] - flat[:, 1] * following[:, 0]).sum()) / 2 < _MIN_FLAT_AREA:
        return 0.0
    low, high = flat.min(axis=0), flat.max(axis=0)
    step = float((high - low).max()) / _CELLS
    u, v = np.meshgrid(*(np.arange(a + step / 2, b, step) for a, b in zip(low, high, strict=True)), indexing="ij")
    cells = np.column_stack([u.ravel(), v.ravel()])
    cells = cells[points_in_polygon(cells, flat)]
    distance = RBFInterpolator(flat, radius, kernel="thin_plate_spline")
    half = step / 2

    def surface(uv: NDArray[np.float64]) -> NDArray[np.float64]:
        ray = np.column_stack([uv, np.ones(len(uv))])
        return distance(uv)[:, None] * ray / np.linalg.norm(ray, axis=1, keepdims=True)

    along_u, along_v = (surface(cells + half * axis) - surface(cells - half * axis) for axis in np.eye(2))
    return float(np.linalg.norm(np.cross(along_u, along_v), axis=1).sum() / _MM2_PER_CM2)
