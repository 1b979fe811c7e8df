"""Check whether a mesh is a valid solid: closed, manifold, and without triangles that cut each other."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from SkullRestoreLib.geometry.triangles import cross_products

TOUCH_TOLERANCE_MM = 1e-5
"""Triangles that overlap by less than this touch, and do not cut each other."""
PAIRS_PER_BATCH = 200_000
"""Pairs of boxes that are compared together: few enough to stay in the processor's cache."""
CELL_SIZE = 1.4
"""Size of a cell, in middle sizes of a box: smaller cells hold a box more often, larger ones more pairs."""
MAX_CELLS_PER_BOX = 12
"""Cells that a box may be in, in the mean. A few large boxes among small ones would be in millions: they are apart."""
LARGE_SIDE = 4.0
"""A box is large whose longest side is that of so many cells."""
SWEEP_STEPS = 2**20
"""Steps of the places along the first axis by which the boxes of a cell are sorted."""
MIN_FAN_COSINE = 0.1
"""Triangles at a vertex that all face the same way by this (cosine), once round it, cannot cut each other."""

PairTest = Callable[[NDArray[np.integer[Any]], NDArray[np.integer[Any]]], NDArray[np.bool_]]
"""Says which pairs of boxes are wanted."""


def as_read(vertices: NDArray[np.float64], faces: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Convert a mesh to what a reader of its STL file gets: coordinates in float32, vertices at the same place merged.

    Parameters
    ----------
    vertices
        (n, 3) float64, mm; the file has them with other signs, which makes no difference here.
    faces
        (m, 3) int64.

    Returns
    -------
    vertices : ndarray
        (k, 3) float64, mm.
    faces : ndarray
        (m, 3) int64; a triangle without area may have a corner twice.

    Examples
    --------
    >>> as_read(np.array([[0.0, 0, 0], [1, 0, 0], [1e-12 + 1, 0, 0]]), np.array([[0, 1, 2]]))[1].tolist()
    [[0, 1, 1]]
    """
    rounded = vertices.astype(np.float32)
    order = np.lexsort(rounded.T)
    is_new = np.ones(len(rounded), dtype=bool)
    is_new[1:] = (rounded[order][1:] != rounded[order][:-1]).any(axis=1)
    merged = np.zeros(len(rounded), dtype=np.int64)
    merged[order] = np.cumsum(is_new) - 1
    return rounded[order][is_new].astype(np.float64), merged[faces]


def is_closed(faces: NDArray[np.int64]) -> bool:
    """Check whether every edge is met once in each direction, and no triangle has a corner twice.

    Parameters
    ----------
    faces
        (m, 3) int64.

    Returns
    -------
    bool
        False for a mesh without faces.

    Examples
    --------
    >>> tetrahedron = np.array([[0, 2, 1], [0, 1, 3], [1, 2, 3], [0, 3, 2]])
    >>> is_closed(tetrahedron), is_closed(tetrahedron[:3])
    (True, False)
    """
    if not len(faces) or (faces == np.roll(faces, 1, axis=1)).any():
        return False
    forward, backward = (np.sort(keys) for keys in _half_edge_keys(faces))
    return bool((np.diff(forward) > 0).all() and np.array_equal(forward, backward))


def is_manifold(faces: NDArray[np.int64]) -> bool:
    """Check whether a mesh is closed and the triangles around every vertex form a single fan.

    Parameters
    ----------
    faces
        (m, 3) int64.

    Returns
    -------
    bool
        False for a mesh without faces.
    """
    if not is_closed(faces):
        return False
    forward, backward = _half_edge_keys(faces)  # half-edge k of triangle t is at 3 t + k
    first, second = np.argsort(forward), np.argsort(backward)  # the same edge, seen from its two triangles
    corner = np.arange(3 * len(faces)).reshape(-1, 3)
    start, end = corner.ravel(), np.roll(corner, -1, axis=1).ravel()
    # at each end of an edge, the corners of its two triangles belong to the same fan
    i = np.concatenate([start[first], end[first]])
    j = np.concatenate([end[second], start[second]])
    fans, _ = connected_components(
        sparse.coo_matrix((np.ones(len(i)), (i, j)), shape=(corner.size,) * 2), directed=False
    )
    return bool(fans == np.count_nonzero(np.bincount(faces.ravel())))


def _half_edge_keys(faces: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Number every half-edge (3 m,) by its vertices, read forwards and backwards."""
    size = int(faces.max()) + 1
    start, end = faces.ravel(), np.roll(faces, -1, axis=1).ravel()
    return start * size + end, end * size + start


def count_intersections(vertices: NDArray[np.float64], faces: NDArray[np.int64]) -> int:
    """Count the pairs of triangles that cut each other or are folded onto each other.

    Parameters
    ----------
    vertices
        (n, 3) float64, mm.
    faces
        (m, 3) int64.

    Returns
    -------
    int
        Number of pairs.

    Examples
    --------
    >>> flat = [[0.0, 0, 0], [2, 0, 0], [0, 2, 0]]
    >>> upright = [[0.5, 0.5, -1], [0.6, 0.5, 1], [9, 9, 0]]
    >>> count_intersections(np.array(flat + upright), np.array([[0, 1, 2], [3, 4, 5]]))
    1
    """
    return len(_intersecting_pairs(vertices, faces))


def intersecting_triangles(vertices: NDArray[np.float64], faces: NDArray[np.int64]) -> NDArray[np.int64]:
    """Find the triangles of the pairs that :func:`count_intersections` counts.

    Parameters
    ----------
    vertices
        (n, 3) float64, mm.
    faces
        (m, 3) int64.

    Returns
    -------
    ndarray
        (k,) int64, each triangle once, ascending.
    """
    return np.unique(_intersecting_pairs(vertices, faces))


def _intersecting_pairs(vertices: NDArray[np.float64], faces: NDArray[np.int64]) -> NDArray[np.int64]:
    """Pairs (p, 2) of triangles that cut each other."""
    corners = [vertices[faces[:, k]] for k in range(3)]
    planes = _triangle_planes(corners)
    is_flat = _have_flat_fans(vertices, faces, planes) if is_closed(faces) else np.zeros(len(vertices), dtype=bool)
    pairs = [np.zeros((0, 2), dtype=np.int64)]
    low = np.minimum(np.minimum(corners[0], corners[1]), corners[2])
    high = np.maximum(np.maximum(corners[0], corners[1]), corners[2])
    for a, b in _overlapping_boxes(low, high, lambda a, b: ~_share_vertex(faces, is_flat, a, b)):
        cut = _pairs_intersect(vertices, faces, planes, a, b)
        pairs.append(np.column_stack([a[cut], b[cut]]))
    return np.concatenate(pairs)


def _triangle_planes(corners: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Plane (m, 4) of each triangle with corners 3 times (m, 3): unit normal, and distance from the origin."""
    normal = cross_products(corners[1] - corners[0], corners[2] - corners[0])
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-30)
    return np.column_stack([normal, (normal * corners[0]).sum(axis=1)])


def _have_flat_fans(
    vertices: NDArray[np.float64], faces: NDArray[np.int64], planes: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Check around which vertices of a closed mesh no two triangles can cut each other: (n,) bool.

    Seen along the mean normal, all triangles there face the observer and go round the vertex once: each has a sector
    of its own.
    """
    count = len(vertices)
    total = np.column_stack([np.bincount(faces.ravel(), np.repeat(planes[:, k], 3), count) for k in range(3)])
    mean: NDArray[np.float64] = total / np.maximum(np.linalg.norm(total, axis=1, keepdims=True), 1e-30)
    # A triangle that passes from the one side of a direction to the other counts once for each time round the vertex.
    direction = cross_products(mean, np.eye(3)[np.abs(mean).argmin(axis=1)])
    is_flat = np.ones(count, dtype=bool)
    times_round = np.zeros(count, dtype=np.int64)
    for k in range(3):
        vertex = faces[:, k]
        is_flat[vertex[~((planes[:, :3] * mean[vertex]).sum(axis=1) > MIN_FAN_COSINE)]] = False
        one, other = (vertices[faces[:, (k + side) % 3]] - vertices[vertex] for side in (1, 2))
        towards = direction[vertex]
        passes = ((one * towards).sum(axis=1) >= 0) & ((other * towards).sum(axis=1) < 0)
        times_round += np.bincount(vertex[passes], minlength=count)
    return is_flat & (times_round == 1)


def _share_vertex(
    faces: NDArray[np.int64], is_chosen: NDArray[np.bool_], a: NDArray[np.integer[Any]], b: NDArray[np.integer[Any]]
) -> NDArray[np.bool_]:
    """Check which pairs of triangles (p,), (p,) have one of the chosen vertices in common: (p,) bool."""
    shared = np.zeros(len(a), dtype=bool)
    others = [faces[b, k] for k in range(3)]
    for k in range(3):
        vertex = faces[a, k]
        shared |= is_chosen[vertex] & ((vertex == others[0]) | (vertex == others[1]) | (vertex == others[2]))
    return shared


def _overlapping_boxes(
    low: NDArray[np.float64],
    high: NDArray[np.float64],
    are_wanted: PairTest,
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Yield the wanted pairs (a, b) of boxes that overlap, each once.

    They are found through a grid of cells of the size of a middle box. A few large boxes among small ones have a grid
    of their own: in one of small cells they would be in millions, and in one of large cells all small boxes would meet.
    """
    if not len(low):
        return
    side = (high - low).max(axis=1)
    cell = max(CELL_SIZE * float(np.median(side)), 1e-3)
    if _cells_per_box(low, high, cell) <= MAX_CELLS_PER_BOX:
        yield from _pairs_within(low, high, cell, are_wanted)
        return
    is_large = side > LARGE_SIDE * cell
    small, large = np.flatnonzero(~is_large), np.flatnonzero(is_large)
    for group in (small, large) if len(large) else ():
        within = _overlapping_boxes(low[group], high[group], partial(_wanted_in_group, are_wanted, group))
        yield from ((group[a], group[b]) for a, b in within)
    if len(large):
        yield from _pairs_between(low, high, small, large, are_wanted)
    else:
        yield from _pairs_within(low, high, float(side.max()), are_wanted)


def _wanted_in_group(
    are_wanted: PairTest, group: NDArray[np.int64], a: NDArray[np.integer[Any]], b: NDArray[np.integer[Any]]
) -> NDArray[np.bool_]:
    return are_wanted(group[a], group[b])


def _cells_per_box(low: NDArray[np.float64], high: NDArray[np.float64], cell: float) -> float:
    """In how many cells of a size a box is in the mean."""
    first, last = _cells_of_boxes(low, high, low.min(axis=0), cell)
    return float((last - first + 1.0).prod(axis=1).mean())


def _pairs_between(
    low: NDArray[np.float64],
    high: NDArray[np.float64],
    small: NDArray[np.int64],
    large: NDArray[np.int64],
    are_wanted: PairTest,
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Yield the wanted pairs of a small and a large box that overlap, each once, through cells of the large boxes."""
    origin = low.min(axis=0)
    cell = CELL_SIZE * float(np.median((high - low)[large].max(axis=1)))
    while _cells_per_box(low[large], high[large], cell) > MAX_CELLS_PER_BOX:
        cell *= 2
    first, last = _cells_of_boxes(low, high, origin, cell)
    size = last.max(axis=0) + 1
    (held, its_key), (of_large, key) = (_boxes_by_cell(first[one], last[one], size) for one in (small, large))
    order = np.argsort(its_key, kind="stable")
    of_small, its_key = small[held[order]], its_key[order]
    begin = np.searchsorted(its_key, key)
    count = np.searchsorted(its_key, key, side="right") - begin
    before = np.cumsum(count) - count
    batches = np.searchsorted(before, np.arange(0, max(int(count.sum()), 1), PAIRS_PER_BATCH))
    for batch in np.split(np.arange(len(count)), batches[1:]):
        j = np.repeat(large[of_large[batch]], count[batch])
        start = np.cumsum(count[batch]) - count[batch]
        i = of_small[np.repeat(begin[batch] - start, count[batch]) + np.arange(len(j))]
        cells = np.repeat(key[batch], count[batch])
        overlap = np.flatnonzero(((low[i] <= high[j]) & (low[j] <= high[i])).all(axis=1))
        i, j, cells = i[overlap], j[overlap], cells[overlap]
        # a pair may share several cells: it counts in the one with the lowest corner of the overlap
        here = (_cell_keys(np.maximum(first[i], first[j]), size) == cells) & are_wanted(i, j)
        yield i[here], j[here]


def _pairs_within(
    low: NDArray[np.float64], high: NDArray[np.float64], cell: float, are_wanted: PairTest
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Yield the wanted pairs of boxes that overlap, each once, through cells of one size."""
    origin = low.min(axis=0)
    first, last = _cells_of_boxes(low, high, origin, cell)
    size = last.max(axis=0) + 1
    box, key = _boxes_by_cell(first, last, size)
    # Within a cell boxes are sorted along the first axis: only those that begin before a box ends can overlap it.
    per_mm = (SWEEP_STEPS - 1) / max(float(np.ptp(high[:, 0])) + float(np.ptp(low[:, 0])), 1e-3)
    begins, ends = (((side[:, 0] - origin[0]) * per_mm).astype(np.int64) for side in (low, high))
    place = key * SWEEP_STEPS + begins[box]
    order = np.argsort(place, kind="stable")
    box, key, place = box[order], key[order], place[order]
    behind = np.searchsorted(place, key * SWEEP_STEPS + ends[box], side="right")
    followers = (behind - np.arange(1, len(key) + 1)).astype(np.int32)
    before = np.cumsum(followers, dtype=np.int64) - followers
    sides = [(low[:, axis].copy(), high[:, axis].copy()) for axis in (1, 2, 0)]
    begin = np.searchsorted(before, np.arange(0, max(int(followers.sum()), 1), PAIRS_PER_BATCH))
    for batch in np.split(np.arange(len(followers), dtype=np.int32), begin[1:]):
        count = followers[batch]
        a = np.repeat(batch, count)
        start = np.cumsum(count, dtype=np.int32) - count
        b = a + (np.arange(1, len(a) + 1, dtype=np.int32) - np.repeat(start, count))
        i, j = box[a], box[b]
        for begins, ends in sides:  # one axis at a time, as most pairs are apart along the first
            overlap = np.flatnonzero((begins[i] <= ends[j]) & (begins[j] <= ends[i]))
            i, j, a = i[overlap], j[overlap], a[overlap]
        wanted = are_wanted(i, j)
        i, j, a = i[wanted], j[wanted], a[wanted]
        # a pair may share several cells: it counts in the one with the lowest corner of the overlap
        counts_here = _cell_keys(np.maximum(first[i], first[j]), size) == key[a]
        yield i[counts_here].astype(np.int64), j[counts_here].astype(np.int64)


def _cells_of_boxes(
    low: NDArray[np.float64], high: NDArray[np.float64], origin: NDArray[np.float64], cell: float
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """First and last cell (m, 3) of each box."""
    first, last = (np.floor((side - origin) / cell).astype(np.int64) for side in (low, high))
    return first, last


def _boxes_by_cell(
    first: NDArray[np.int64], last: NDArray[np.int64], size: NDArray[np.int64]
) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Boxes (k,) and the keys (k,) of the cells that each reaches into, from cell (m, 3) to cell (m, 3)."""
    span = last - first + 1
    count = span.prod(axis=1)
    box = np.repeat(np.arange(len(first), dtype=np.int32), count)
    rank = np.arange(len(box)) - np.repeat(np.cumsum(count) - count, count)
    x, rest = np.divmod(rank, (span[:, 1] * span[:, 2])[box])
    y, z = np.divmod(rest, span[box, 2])
    key = _cell_keys(first, size)[box] + (x * size[1] + y) * size[2] + z
    return box, key


def _cell_keys(cells: NDArray[np.int64], size: NDArray[np.int64]) -> NDArray[np.int64]:
    """Key (k,) of each cell (k, 3) of a grid."""
    return (cells[:, 0] * size[1] + cells[:, 1]) * size[2] + cells[:, 2]


def _pairs_intersect(
    vertices: NDArray[np.float64],
    faces: NDArray[np.int64],
    planes: NDArray[np.float64],
    a: NDArray[np.int64],
    b: NDArray[np.int64],
) -> NDArray[np.bool_]:
    """Check which pairs of triangles (p,), (p,) cut each other: (p,) bool."""
    columns = [[faces[side, k] for k in range(3)] for side in (a, b)]
    shared = sum((one == other).astype(np.int8) for one in columns[0] for other in columns[1])
    cut = np.zeros(len(a), dtype=bool)
    edge = np.flatnonzero(shared == 2)
    cut[edge] = _folded_pairs(vertices, faces[a[edge]], faces[b[edge]])
    open_pairs = np.flatnonzero(shared < 2)
    # most neighbours are entirely on one side of each other's plane
    for one, other in ((a, b), (b, a)):
        open_pairs = open_pairs[_straddles_plane(vertices, faces[one[open_pairs]], planes[other[open_pairs]])]
    for one, other in ((a[open_pairs], b[open_pairs]), (b[open_pairs], a[open_pairs])):
        corners, target, normal = vertices[faces[one]], vertices[faces[other]], planes[other, :3]
        above = np.einsum("pkx,px->pk", corners, normal) - planes[other, 3, None]
        is_shared = (faces[one][:, :, None] == faces[other][:, None, :]).any(axis=2)
        for k in range(3):
            # where two triangles share a corner, only the opposite edge can pass through the other triangle
            free = (shared[open_pairs] == 0) | is_shared[:, (k + 2) % 3]
            start, end = k, (k + 1) % 3
            through = (
                free
                & (above[:, [start, end]].min(axis=1) < -TOUCH_TOLERANCE_MM)
                & (above[:, [start, end]].max(axis=1) > TOUCH_TOLERANCE_MM)
            )
            hit = np.flatnonzero(through)
            height = above[hit, start] / (above[hit, start] - above[hit, end])
            pierced = corners[hit, start] + (corners[hit, end] - corners[hit, start]) * height[:, None]
            cut[open_pairs[hit]] |= _is_inside(pierced, target[hit], normal[hit])
    return cut


def _straddles_plane(
    vertices: NDArray[np.float64], faces: NDArray[np.int64], planes: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Check which triangles (p, 3) have corners on both sides of their plane (p, 4): (p,) bool."""
    first, second, third = ((vertices[faces[:, k]] * planes[:, :3]).sum(axis=1) - planes[:, 3] for k in range(3))
    over, under = np.maximum(np.maximum(first, second), third), np.minimum(np.minimum(first, second), third)
    return (over > TOUCH_TOLERANCE_MM) & (under < -TOUCH_TOLERANCE_MM)


def _is_inside(
    points: NDArray[np.float64], triangles: NDArray[np.float64], normals: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Check which points (p, 3) of their triangle's plane are inside the triangle (p, 3, 3): (p,) bool."""
    inside = np.ones(len(points), dtype=bool)
    a, b, c = triangles.transpose(1, 0, 2)
    for p, q in ((a, b), (b, c), (c, a)):
        inward = np.cross(normals, q - p)
        reach = np.maximum(np.linalg.norm(inward, axis=1), 1e-30)
        inside &= ((points - p) * inward).sum(axis=1) / reach > TOUCH_TOLERANCE_MM
    return inside


def _folded_pairs(vertices: NDArray[np.float64], one: NDArray[np.int64], other: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Check which pairs (p, 3), (p, 3) of triangles with a common edge are folded onto each other: (p,) bool."""
    if not len(one):
        return np.zeros(0, dtype=bool)
    apexes = [
        face[~(face[:, :, None] == neighbour[:, None, :]).any(axis=2)]
        for face, neighbour in ((one, other), (other, one))
    ]
    ends = one[(one[:, :, None] == other[:, None, :]).any(axis=2)].reshape(-1, 2)
    root, along = vertices[ends[:, 0]], vertices[ends[:, 1]] - vertices[ends[:, 0]]
    along /= np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-30)
    arms = [vertices[apex] - root for apex in apexes]
    arms = [arm - (arm * along).sum(axis=1, keepdims=True) * along for arm in arms]
    heights = [np.linalg.norm(arm, axis=1) for arm in arms]
    apart = np.linalg.norm(np.cross(arms[0], arms[1]), axis=1) / np.maximum(np.maximum(*heights), 1e-30)
    # the apex of a sliver is on the edge itself, so that the sliver has no side
    return (
        ((arms[0] * arms[1]).sum(axis=1) > 0)
        & (apart < TOUCH_TOLERANCE_MM)
        & (np.minimum(*heights) > 10 * TOUCH_TOLERANCE_MM)
    )
