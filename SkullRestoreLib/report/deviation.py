"""Measure a restored surface against the surface of a complete skull."""

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from SkullRestoreLib.records import Mesh, Restoration

SEARCH_BORDER_MM = 15
"""Of the reference, what is within this of the points' box is searched."""
MIN_FACING_COSINE = 0.2
"""Triangles of the reference count where their normal is closer than this (cosine) to that of the points' plane."""


def signed_deviation(points: NDArray[np.float64], reference: Mesh) -> NDArray[np.float64]:
    """Measure the signed distance of points from a skull's outer table.

    Each point is measured against the plane of the nearest triangle of the reference that faces the same way as the
    points' surface, so that an inner table or a diploic wall is not taken for the outer table.

    Parameters
    ----------
    points
        (n, 3), mm RAS, on a surface that is roughly plane.
    reference
        The complete skull, mm RAS.

    Returns
    -------
    ndarray
        (n,), mm, positive outside; NaN where the reference has no such triangle.
    """
    low, high = points.min(axis=0) - SEARCH_BORDER_MM, points.max(axis=0) + SEARCH_BORDER_MM
    near = ((reference.vertices > low) & (reference.vertices < high)).all(axis=1)
    corners = reference.vertices[reference.faces[near[reference.faces].all(axis=1)]]
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    middle = points.mean(axis=0)
    outward = np.linalg.svd(points - middle, full_matrices=False)[2][2]
    outward = outward if outward @ (middle - reference.vertices.mean(axis=0)) > 0 else -outward
    size = np.linalg.norm(normal, axis=1)
    outer = (normal @ outward > MIN_FACING_COSINE * size) & (size > 0)
    if not outer.any():
        return np.full(len(points), np.nan)
    unit, centre = normal[outer] / size[outer, None], corners[outer].mean(axis=1)
    nearest = cKDTree(centre).query(points)[1]
    return ((points - centre[nearest]) * unit[nearest]).sum(axis=1)


def median_reference_distance(restoration: Restoration, reference: Mesh) -> float:
    """Measure how far a reference is from the reference points, which are on sound bone.

    Parameters
    ----------
    restoration
        Its reference points are used.
    reference
        A skull, mm RAS.

    Returns
    -------
    float
        Median, mm; large where the reference is another skull, or elsewhere. 0 where there is nothing to measure.
    """
    points = np.array([point.position for point in restoration.points]).reshape(-1, 3)
    return (
        float(np.median(cKDTree(reference.vertices).query(points)[0]))
        if len(points) and len(reference.vertices)
        else 0.0
    )
