"""Closed lines: from a mesh's border or from loose segments to loops, and points at even distances along a loop."""

import numpy as np
from numpy.typing import NDArray

from SkullRestoreLib.records import DefectPatch


def border_edges(faces: NDArray[np.int64]) -> NDArray[np.int64]:
    """Find the edges that only one triangle has.

    Parameters
    ----------
    faces
        (m, 3) vertex numbers.

    Returns
    -------
    ndarray
        (k, 2) vertex numbers, in the triangle's direction.

    Examples
    --------
    >>> sorted(border_edges(np.array([[0, 1, 2], [0, 2, 3]])).tolist())
    [[0, 1], [1, 2], [2, 3], [3, 0]]
    """
    edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    key = np.sort(edges, axis=1) @ np.array([faces.max() + 1, 1])
    _, first, count = np.unique(key, return_index=True, return_counts=True)
    return edges[first[count == 1]]


def join_segments(segments: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Join segments to closed loops; what closes with fewer than three vertices is dropped.

    Parameters
    ----------
    segments
        (k, 2) vertex numbers, each segment in either direction.

    Returns
    -------
    list of ndarray
        Vertex numbers (n,) of each loop, in order.

    Examples
    --------
    >>> [loop.tolist() for loop in join_segments(np.array([[4, 5], [6, 5], [6, 4]]))]
    [[4, 5, 6]]
    """
    ends: dict[int, list[int]] = {}
    for number, (a, b) in enumerate(segments.tolist()):
        ends.setdefault(a, []).append(number)
        ends.setdefault(b, []).append(number)
    used = np.zeros(len(segments), dtype=bool)
    loops = []
    for first in range(len(segments)):
        loop: list[int] = []
        segment: int | None = first
        vertex = int(segments[first, 0])
        while segment is not None and not used[segment]:
            used[segment] = True
            loop.append(vertex)
            a, b = segments[segment].tolist()
            vertex = b if vertex == a else a
            segment = next((n for n in ends[vertex] if not used[n]), None)
        if len(loop) > 2:
            loops.append(np.array(loop))
    return loops


def patch_border(patch: DefectPatch) -> list[NDArray[np.float64]]:
    """Border of a patch: closed lines, each (k, 3) float64, mm RAS."""
    return [patch.outer.vertices[loop] for loop in join_segments(border_edges(patch.outer.faces))]


def arc_lengths(loop: NDArray[np.float64]) -> NDArray[np.float64]:
    """Distance along a closed line from its first point.

    Parameters
    ----------
    loop
        (k, d) points.

    Returns
    -------
    ndarray
        (k + 1,), 0 at the first point; the last value is the length of the loop.

    Examples
    --------
    >>> arc_lengths(np.array([[0.0, 0], [2, 0], [2, 1], [0, 1]])).tolist()
    [0.0, 2.0, 3.0, 5.0, 6.0]
    """
    closed = np.concatenate([loop, loop[:1]])
    return np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(closed, axis=0), axis=1))])


def points_at(loop: NDArray[np.float64], distances: NDArray[np.float64]) -> NDArray[np.float64]:
    """Points of a closed line at given distances from its first point.

    Parameters
    ----------
    loop
        (k, d) points.
    distances
        (n,), in the unit of the points, 0 to the loop's length.

    Returns
    -------
    ndarray
        (n, d).

    Examples
    --------
    >>> points_at(np.array([[0.0, 0], [2, 0], [2, 1], [0, 1]]), np.array([1.0, 2.5])).tolist()
    [[1.0, 0.0], [2.0, 0.5]]
    """
    closed, along = np.concatenate([loop, loop[:1]]), arc_lengths(loop)
    return np.column_stack([np.interp(distances, along, closed[:, k]) for k in range(loop.shape[1])])
