"""Whether a mesh is a clean solid: closed, without pinches, and without triangles that cut each other."""

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

TOUCH_MM = 1e-5  # triangles that only just touch do not cut each other
PAIRS = 2_000_000  # that are looked at together


def is_closed(faces: np.ndarray) -> bool:
    """Tell whether every edge is met once in each direction."""
    if not len(faces):
        return False
    there, back = _keys(faces)
    there, back = np.sort(there), np.sort(back)
    return bool((np.diff(there) > 0).all() and np.array_equal(there, back))


def is_manifold(faces: np.ndarray) -> bool:
    """Tell whether a mesh is closed and the triangles around every vertex form a single fan."""
    if not is_closed(faces):
        return False
    there, back = _keys(faces)  # of half-edge k of triangle t at 3 t + k
    first, second = np.argsort(there), np.argsort(back)  # the same edge, seen from both sides
    corner = np.arange(3 * len(faces)).reshape(-1, 3)
    start, end = corner.ravel(), np.roll(corner, -1, axis=1).ravel()
    # across an edge the two triangles' corners at each of its ends belong to one fan
    i = np.concatenate([start[first], end[first]])
    j = np.concatenate([end[second], start[second]])
    fans, _ = connected_components(sparse.coo_matrix((np.ones(len(i)), (i, j)), shape=(corner.size,) * 2), directed=False)
    return fans == np.count_nonzero(np.bincount(faces.ravel()))


def _keys(faces: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """One number for each half-edge, read forwards and backwards: (3 m,) int each, triangle by triangle."""
    size = int(faces.max()) + 1
    start, end = faces.ravel(), np.roll(faces, -1, axis=1).ravel()
    return start * size + end, end * size + start


def crossings(vertices: np.ndarray, faces: np.ndarray) -> int:
    """Count the pairs of triangles that cut each other or are folded onto each other.

    Parameters
    ----------
    vertices
        (n, 3) float, mm.
    faces
        (m, 3) int.
    """
    return len(_crossing_pairs(vertices, faces))


def crossing_triangles(vertices: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """(k,) int: the triangles that :func:`crossings` counts, each once."""
    return np.unique(_crossing_pairs(vertices, faces))


def _crossing_pairs(vertices: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """(p, 2) int, pairs of triangles that cut each other."""
    triangles = vertices[faces]
    planes = _planes(triangles)
    found = [np.zeros((0, 2), dtype=np.int64)]
    for a, b in _near_pairs(triangles.min(axis=1), triangles.max(axis=1)):
        cut = _cut(vertices, faces, planes, a, b)
        found.append(np.column_stack([a[cut], b[cut]]))
    return np.concatenate(found)


def _planes(triangles: np.ndarray) -> np.ndarray:
    """(m, 4) float, unit normal of each triangle (m, 3, 3) and its distance from the origin."""
    normal = np.cross(triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0])
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-30)
    return np.column_stack([normal, (normal * triangles[:, 0]).sum(axis=1)])


def _near_pairs(low: np.ndarray, high: np.ndarray):
    """Yield pairs (a, b) of boxes that overlap, each once, found through a grid of cells."""
    cell = max(2.0 * float(np.median((high - low).max(axis=1))), 1e-3)
    origin = low.min(axis=0)
    first, last = ((np.floor((side - origin) / cell)).astype(np.int64) for side in (low, high))
    span = last - first + 1
    count = span.prod(axis=1)
    box = np.repeat(np.arange(len(low)), count)
    rank = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    x, rest = np.divmod(rank, (span[:, 1] * span[:, 2])[box])
    y, z = np.divmod(rest, span[box, 2])
    at = first[box] + np.column_stack([x, y, z])
    size = last.max(axis=0) + 1
    key = (at[:, 0] * size[1] + at[:, 1]) * size[2] + at[:, 2]
    order = np.argsort(key, kind="stable")
    box, key = box[order], key[order]
    run = np.searchsorted(key, key, side="right") - np.arange(len(key)) - 1  # how many follow in the same cell
    before = np.cumsum(run) - run
    begin = np.searchsorted(before, np.arange(0, max(int(run.sum()), 1), PAIRS))
    for mine in np.split(np.arange(len(run)), begin[1:]):
        a = np.repeat(mine, run[mine])
        b = a + 1 + np.arange(len(a)) - np.repeat(np.cumsum(run[mine]) - run[mine], run[mine])
        i, j, here = box[a], box[b], key[a]
        for axis in range(3):  # one by one: most pairs are told apart by the first
            begins, ends = low[:, axis], high[:, axis]
            overlap = (begins[i] <= ends[j]) & (begins[j] <= ends[i])
            i, j, here = i[overlap], j[overlap], here[overlap]
        # a pair may share several cells: it counts in the one with the lowest corner of the overlap
        home = np.maximum(first[i], first[j])
        own = (home[:, 0] * size[1] + home[:, 1]) * size[2] + home[:, 2] == here
        yield i[own], j[own]


def _cut(vertices: np.ndarray, faces: np.ndarray, planes: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Tell which pairs of triangles (p,), (p,) cut each other: (p,) bool."""
    shared = sum((faces[a, i] == faces[b, j]).astype(np.int8) for i in range(3) for j in range(3))
    cut = np.zeros(len(a), dtype=bool)
    edge = np.flatnonzero(shared == 2)
    cut[edge] = _folded(vertices, faces[a[edge]], faces[b[edge]])
    ask = np.flatnonzero(shared < 2)
    # most neighbours lie wholly on one side of each other's plane
    for one, other in ((a, b), (b, a)):
        ask = ask[_split(vertices, faces[one[ask]], planes[other[ask]])]
    for one, other in ((a[ask], b[ask]), (b[ask], a[ask])):
        corners, target, normal = vertices[faces[one]], vertices[faces[other]], planes[other, :3]
        above = np.einsum("pkx,px->pk", corners, normal) - planes[other, 3, None]
        mine = (faces[one][:, :, None] == faces[other][:, None, :]).any(axis=2)
        for k in range(3):
            # of triangles with one corner in common only the edge opposite to it can pass through the other one
            free = (shared[ask] == 0) | mine[:, (k + 2) % 3]
            start, end = k, (k + 1) % 3
            through = free & (above[:, [start, end]].min(axis=1) < -TOUCH_MM) & (above[:, [start, end]].max(axis=1) > TOUCH_MM)
            at = np.flatnonzero(through)
            cut[ask[at]] |= _pierces(corners[at, start], corners[at, end], above[at, start], above[at, end], target[at], normal[at])
    return cut


def _split(vertices: np.ndarray, faces: np.ndarray, planes: np.ndarray) -> np.ndarray:
    """Tell which triangles (p, 3) lie on both sides of a plane each, (p, 4): (p,) bool."""
    first, second, third = ((vertices[faces[:, k]] * planes[:, :3]).sum(axis=1) - planes[:, 3] for k in range(3))
    over, under = np.maximum(np.maximum(first, second), third), np.minimum(np.minimum(first, second), third)
    return (over > TOUCH_MM) & (under < -TOUCH_MM)


def _pierces(
    start: np.ndarray, end: np.ndarray, above: np.ndarray, below: np.ndarray, triangle: np.ndarray, normal: np.ndarray
) -> np.ndarray:
    """Tell which segments (p, 3), (p, 3) pass through their triangle (p, 3, 3), whose plane lies between their ends, (p,) and (p,) mm away."""
    hit = start + (end - start) * (above / (above - below))[:, None]
    inside = np.ones(len(start), dtype=bool)
    a, b, c = triangle.transpose(1, 0, 2)
    for p, q in ((a, b), (b, c), (c, a)):
        inward = np.cross(normal, q - p)
        reach = np.maximum(np.linalg.norm(inward, axis=1), 1e-30)
        inside &= ((hit - p) * inward).sum(axis=1) / reach > TOUCH_MM
    return inside


def _folded(vertices: np.ndarray, one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Tell which pairs (p, 3), (p, 3) of triangles with a common edge lie on each other like a closed book."""
    if not len(one):
        return np.zeros(0, dtype=bool)
    apex = [mine[~(mine[:, :, None] == theirs[:, None, :]).any(axis=2)] for mine, theirs in ((one, other), (other, one))]
    ends = one[(one[:, :, None] == other[:, None, :]).any(axis=2)].reshape(-1, 2)
    root, along = vertices[ends[:, 0]], vertices[ends[:, 1]] - vertices[ends[:, 0]]
    along /= np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-30)
    arms = [vertices[tip] - root for tip in apex]
    arms = [arm - (arm * along).sum(axis=1, keepdims=True) * along for arm in arms]
    heights = [np.linalg.norm(arm, axis=1) for arm in arms]
    apart = np.linalg.norm(np.cross(arms[0], arms[1]), axis=1) / np.maximum(np.maximum(*heights), 1e-30)
    # a sliver's apex lies on the edge itself: it has no side to be folded to
    return ((arms[0] * arms[1]).sum(axis=1) > 0) & (apart < TOUCH_MM) & (np.minimum(*heights) > 10 * TOUCH_MM)
