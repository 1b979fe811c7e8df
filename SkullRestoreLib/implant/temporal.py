"""Where the temporal fossa is in the head frame, and how a body changes smoothly over it."""

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from SkullRestoreLib.records import Mesh

TEMPORAL_FOSSA_DEG = ((20.0, 38.0), (30.0, 48.0), (105.0, 122.0))
"""Borders of the temporal fossa in the head frame, degrees, each as (full or none, none or full) filling.

Elevation of the temporal line; azimuth from the front of the fossa's front end and of its back end.
"""
PATCH_MATCH_MM = 1.5
"""A vertex of the wide surface this close to a vertex of the patch belongs to the patch."""


def temporal_weight(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Say where the temporal fossa of either side is.

    Parameters
    ----------
    points
        (n, 3), mm, head frame.

    Returns
    -------
    ndarray
        (n,), 1 over the fossa, fading to 0 around it.

    Examples
    --------
    >>> temporal_weight(np.array([[70.0, 10, 5], [0, 0, 90]])).tolist()
    [1.0, 0.0]
    """
    x, y, z = points.T
    azimuth = np.degrees(np.arctan2(np.abs(x), y))
    elevation = np.degrees(np.arctan2(z, np.hypot(x, y)))
    (full, none), (front_none, front_full), (back_full, back_none) = TEMPORAL_FOSSA_DEG
    return (
        smoothstep((none - elevation) / (none - full))
        * smoothstep((azimuth - front_none) / (front_full - front_none))
        * smoothstep((back_none - azimuth) / (back_none - back_full))
    )


def smoothstep(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Cubic step: 0 below 0, 1 above 1, smooth between.

    Parameters
    ----------
    x
        Of any shape.

    Examples
    --------
    >>> smoothstep(np.array([-1.0, 0.5, 2.0])).tolist()
    [0.0, 0.5, 1.0]
    """
    x = np.clip(x, 0, 1)
    return x * x * (3 - 2 * x)


def blur_along(values: NDArray[np.float64], surface: Mesh, reach_mm: float) -> NDArray[np.float64]:
    """Blur values along a surface, as a mean over everything within a distance would, weighed by a parabola.

    Such a mean has the standard deviation of 0.41 times the distance along each axis. A mean over the neighbours, each
    an edge away, has 0.71 edges, and repeated means add their variances.

    Parameters
    ----------
    values
        (n,) or (n, 3), at the vertices.
    surface
        Its triangles say which vertices are neighbours.
    reach_mm
        The distance.

    Returns
    -------
    ndarray
        Of the same shape.
    """
    ends = np.concatenate([surface.faces[:, [a, b]] for a, b in ((0, 1), (1, 2), (2, 0))])
    ends = np.concatenate([ends, ends[:, ::-1]])
    edge_mm = np.linalg.norm(np.diff(surface.vertices[ends], axis=1), axis=2).mean()
    step = sparse.csr_matrix((np.ones(len(ends)), tuple(ends.T)), shape=(len(values), len(values)))
    step = sparse.diags_array(1 / np.maximum(np.asarray(step.sum(axis=1)).ravel(), 1)) @ step
    for _ in range(max(round((0.41 * reach_mm) ** 2 / (0.5 * edge_mm**2)), 1)):
        values = step @ values
    return values
