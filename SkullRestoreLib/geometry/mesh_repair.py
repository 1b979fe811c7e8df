"""Remove needles, folds and self-intersections from a closed mesh, so that rounding it for a file keeps it valid.

Boolean operations leave triangles of a micrometre's height along every cut; simplifying and rounding fold some of them
over. Each is removed by collapsing its shortest edge or by flipping its longest one, but only where the mesh stays
manifold, no neighbour turns over, and the surface moves by less than ``MAX_MOVE_MM``.
"""

import numpy as np
from numpy.typing import NDArray

from SkullRestoreLib.geometry.self_intersection import count_intersections, intersecting_triangles
from SkullRestoreLib.records import Mesh

MIN_HEIGHT_MM = 0.002
"""A triangle with a smaller height is a needle and is removed."""
MAX_MOVE_MM = 0.02
"""How far a removal may move the surface."""
SHORT_EDGE_MM = 0.15
"""A triangle next to an intersection is removed too where it has an edge shorter than this."""
MAX_COLLAPSED_EDGE_MM = 0.5
"""A longer edge is never collapsed."""
CAP_EDGE_RATIO = 0.25
"""A low triangle whose shortest edge is longer than this part of its longest edge is a cap: flipping is tried first."""
MAX_ROUNDS = 8
"""Rounds of searching for self-intersections."""
MIN_NORMAL_COSINE = 0.5
"""Smallest cosine of the angle by which a neighbour's normal may turn (60 degrees)."""


def repair_mesh(mesh: Mesh, *, grid_mm: float = 0.0) -> tuple[Mesh, int]:
    """Remove needles and self-intersections.

    Parameters
    ----------
    mesh
        Closed and manifold.
    grid_mm
        The coordinates are multiples of this and stay so; 0 for any coordinates.

    Returns
    -------
    mesh : Mesh
        Closed and manifold; without needles and self-intersections as far as they could be removed.
    intersections : int
        Pairs of its triangles that still cut each other.
    """
    work = _EditableMesh(mesh, grid_mm)
    for _ in range(2):
        ids = np.flatnonzero(work.live)
        needles = ids[triangle_heights(work.vertices[work.faces[ids]])[0] < MIN_HEIGHT_MM]
        for t in needles.tolist():
            work.remove_triangle(t)
    ids = np.flatnonzero(work.live)
    for attempt in range(MAX_ROUNDS):
        cut = ids[intersecting_triangles(work.vertices, work.faces[ids])]
        if not len(cut):
            break
        suspects = work.triangles_near(cut)  # only these are searched again: nothing else changes
        for t in cut.tolist():
            work.remove_triangle(t)
        if attempt:  # the cause of a fold is often a neighbour of the folded triangle
            around = {
                n
                for t in cut.tolist()
                if work.live[t]
                for v in work.faces[t].tolist()
                for n in work.triangles_around(v)
            }
            for t in sorted(around):
                if work.live[t] and work.shortest_edge_mm(t) < SHORT_EDGE_MM:
                    work.remove_triangle(t)
        ids = suspects[work.live[suspects]]
    faces = work.live_faces()
    is_used = np.bincount(faces.ravel(), minlength=len(work.vertices)) > 0
    repaired = Mesh(work.vertices[is_used], (np.cumsum(is_used) - 1)[faces])
    return repaired, count_intersections(repaired.vertices, repaired.faces) if attempt else 0


def triangle_heights(triangles: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Compute the smallest height and the normal of triangles.

    Parameters
    ----------
    triangles
        (m, 3, 3) float64, mm.

    Returns
    -------
    heights : ndarray
        (m,) float64, mm.
    normals : ndarray
        (m, 3) float64; their length is twice the area.

    Examples
    --------
    >>> heights, normals = triangle_heights(np.array([[[0.0, 0, 0], [2, 0, 0], [1, 1, 0]]]))
    >>> heights.tolist(), normals.tolist()
    ([1.0], [[0.0, 0.0, 2.0]])
    """
    one, other = triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0]
    (ax, ay, az), (bx, by, bz) = one.T, other.T
    # Written out: for the few triangles around an edge numpy's cross takes longer than all the rest.
    normal = np.stack([ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx], axis=-1)
    third = other - one
    squared = np.maximum(np.maximum((one * one).sum(axis=1), (other * other).sum(axis=1)), (third * third).sum(axis=1))
    return np.sqrt((normal * normal).sum(axis=1) / np.maximum(squared, 1e-60)), normal


class _EditableMesh:
    """A mesh whose edges can be collapsed and flipped one by one."""

    def __init__(self, mesh: Mesh, grid_mm: float) -> None:
        self._grid_mm = grid_mm
        self.vertices = mesh.vertices.copy()
        self.faces = mesh.faces.copy()
        self.live = np.ones(len(mesh.faces), dtype=bool)
        corner = np.argsort(mesh.faces.ravel(), kind="stable")
        self._order = corner // 3
        self._start = np.searchsorted(mesh.faces.ravel()[corner], np.arange(len(mesh.vertices) + 1))
        self._changed: dict[int, set[int]] = {}

    def live_faces(self) -> NDArray[np.int64]:
        """The triangles (k, 3) that are left."""
        return self.faces[self.live]

    def triangles_around(self, vertex: int) -> set[int]:
        """The numbers of the triangles at a vertex."""
        if vertex not in self._changed:
            self._changed[vertex] = set(self._order[self._start[vertex] : self._start[vertex + 1]].tolist())
        return self._changed[vertex]

    def shortest_edge_mm(self, t: int) -> float:
        """Shortest edge of a triangle, mm."""
        points = self.vertices[self.faces[t]]
        return float(np.linalg.norm(points - np.roll(points, 1, axis=0), axis=1).min())

    def triangles_near(self, triangles: NDArray[np.int64]) -> NDArray[np.int64]:
        """All triangles (k,) within a millimetre of the boxes around the given ones."""
        low, high = (side(self.vertices[self.faces], axis=1) for side in (np.min, np.max))
        found = np.zeros(len(self.faces), dtype=bool)
        for t in triangles.tolist():
            found |= ((low <= high[t] + 1) & (high >= low[t] - 1)).all(axis=1)
        return np.flatnonzero(found & self.live)

    def remove_triangle(self, t: int) -> bool:
        """Remove a triangle; returns whether this was possible."""
        if not self.live[t]:
            return False
        corners = self.faces[t].tolist()
        points = self.vertices[corners]
        length = np.linalg.norm(np.roll(points, -1, axis=0) - points, axis=1)  # edge from corner k to the next
        order = np.argsort(length)
        if length[order[0]] > CAP_EDGE_RATIO * length[order[2]] and self._flip_edge(
            corners[order[2]], corners[(order[2] + 1) % 3]
        ):
            return True
        for k in order[:2].tolist():
            a, b = corners[k], corners[(k + 1) % 3]
            if length[k] <= MAX_COLLAPSED_EDGE_MM and self._collapse_edge(a, b):
                return True
        return self._flip_edge(corners[order[2]], corners[(order[2] + 1) % 3])

    def _collapse_targets(self, a: int, b: int) -> list[NDArray[np.float64]]:
        """Both ends of an edge and its middle, on the grid of the coordinates."""
        middle = (self.vertices[a] + self.vertices[b]) / 2
        middle = np.rint(middle / self._grid_mm) * self._grid_mm if self._grid_mm else middle
        return [self.vertices[a].copy(), self.vertices[b].copy(), middle]

    def _vertex_neighbours(self, vertex: int) -> set[int]:
        return {v for t in self.triangles_around(vertex) for v in self.faces[t].tolist()} - {vertex}

    def _collapse_edge(self, a: int, b: int) -> bool:
        """Merge vertices a and b where that is possible; returns whether it was."""
        both = self.triangles_around(a) & self.triangles_around(b)
        tips = self._vertex_neighbours(a) & self._vertex_neighbours(b)
        if len(both) != 2 or len(tips) != 2:
            return False  # the mesh would not stay manifold
        stay = sorted((self.triangles_around(a) | self.triangles_around(b)) - both)
        before = self.faces[stay]
        after = np.where(before == b, a, before)
        target = self._possible_target(a, b, before, after)
        if target is None:
            return False
        self.vertices[a] = target
        self.faces[stay] = after
        for t in both:
            self.live[t] = False
            for v in self.faces[t].tolist():
                self.triangles_around(v).discard(t)
        self.triangles_around(a).update(t for t in stay)
        self._changed[b] = set()
        return True

    def _possible_target(
        self, a: int, b: int, before: NDArray[np.int64], after: NDArray[np.int64]
    ) -> NDArray[np.float64] | None:
        """Where vertices a and b can be merged so that triangles (k, 3) become others (k, 3); None for nowhere."""
        old = self.vertices[before]
        old_height, old_normal = triangle_heights(old)
        old_length = np.linalg.norm(old_normal, axis=1)
        flat = old_normal / np.maximum(old_length[:, None], 1e-30)
        is_no_needle = old_height > MIN_HEIGHT_MM
        least_height = np.minimum(old_height, MIN_HEIGHT_MM) * 0.999
        new, is_moved = self.vertices[after], after == a
        for target in self._collapse_targets(a, b):
            lifted = np.abs(((target - old[:, 0]) * flat).sum(axis=1))
            if (is_no_needle & (lifted > MAX_MOVE_MM)).any():
                continue
            new[is_moved] = target
            new_height, new_normal = triangle_heights(new)
            if (new_height < least_height).any():
                continue
            size = old_length * np.linalg.norm(new_normal, axis=1)
            turned = (old_normal * new_normal).sum(axis=1) < MIN_NORMAL_COSINE * size
            if not (is_no_needle & turned).any():
                return target
        return None

    def _flip_edge(self, a: int, b: int) -> bool:
        """Flip the edge between two triangles; returns whether this was possible."""
        both = sorted(self.triangles_around(a) & self.triangles_around(b))
        if len(both) != 2:
            return False
        one, other = both
        if self._next_corner(one, a) != b:
            one, other = other, one
        c, d = self._opposite_corner(one, a, b), self._opposite_corner(other, a, b)
        if c == d or c in self._vertex_neighbours(d):
            return False
        before = self.faces[[one, other]]
        after = np.array([[a, d, c], [d, b, c]])
        old_height, old_normal = triangle_heights(self.vertices[before])
        new_height, new_normal = triangle_heights(self.vertices[after])
        mean = old_normal.sum(axis=0)
        unit = mean / max(np.linalg.norm(mean), 1e-30)
        size = np.linalg.norm(new_normal, axis=1)
        lifted = abs(float((self.vertices[d] - self.vertices[c]) @ unit)) if old_height.min() > MIN_HEIGHT_MM else 0.0
        if (
            (new_normal @ unit < MIN_NORMAL_COSINE * size).any()
            or new_height.min() <= old_height.min()
            or lifted > MAX_MOVE_MM
        ):
            return False
        self.faces[[one, other]] = after
        self.triangles_around(a).discard(other)
        self.triangles_around(b).discard(one)
        self.triangles_around(c).add(other)
        self.triangles_around(d).add(one)
        return True

    def _next_corner(self, t: int, vertex: int) -> int:
        corners = self.faces[t].tolist()
        return corners[(corners.index(vertex) + 1) % 3]

    def _opposite_corner(self, t: int, a: int, b: int) -> int:
        return next(v for v in self.faces[t].tolist() if v not in (a, b))
