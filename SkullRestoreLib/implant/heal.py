"""Takes needles, folds and cuts out of a closed mesh, so that it stays clean when its vertices are rounded for a file.

Boolean work leaves triangles of a micrometre's height along every cut; simplifying and rounding fold some of them over. Each is taken out by
collapsing its shortest edge, or by turning its longest one, but only where the mesh stays a manifold, no neighbour turns over, and the surface
moves by less than ``MOVE_MM``.
"""

import numpy as np

from SkullRestoreLib.case import Mesh
from SkullRestoreLib.implant.crossing import crossing_triangles, crossings

NEEDLE_MM = 0.002  # triangles lower than this are taken out
MOVE_MM = 0.02
SHORT_MM = 0.15  # edges that may go for a neighbour's sake
ROUNDS = 8
TURN = 0.5  # cosine by which a neighbour's normal may turn


def heal(mesh: Mesh, *, grid_mm: float = 0.0) -> tuple[Mesh, int]:
    """Take out needles and cuts.

    Parameters
    ----------
    mesh
        Closed and manifold.
    grid_mm
        The coordinates are multiples of this and stay so.

    Returns
    -------
    mesh
        Closed and manifold; without needles and cuts as far as they could be taken out.
    crossings
        How many pairs of its triangles still cut each other.
    """
    work = _Work(mesh, grid_mm)
    for _ in range(2):
        ids = np.flatnonzero(work.live)
        needles = ids[heights(work.vertices[work.faces[ids]])[0] < NEEDLE_MM]
        for t in needles.tolist():
            work.take_out(t)
    ids = np.flatnonzero(work.live)
    for attempt in range(ROUNDS):
        cut = ids[crossing_triangles(work.vertices, work.faces[ids])]
        if not len(cut):
            break
        suspects = work.near(cut)  # what is looked at again: nothing else changes
        for t in cut.tolist():
            work.take_out(t)
        if attempt:  # a fold is often not the fault of the triangle that is folded
            around = {n for t in cut.tolist() if work.live[t] for v in work.faces[t].tolist() for n in work.around(v)}
            for t in sorted(around):
                if work.live[t] and work.shortest(t) < SHORT_MM:
                    work.take_out(t)
        ids = suspects[work.live[suspects]]
    used, faces = np.unique(work.alive(), return_inverse=True)
    healed = Mesh(work.vertices[used], faces.reshape(-1, 3))
    return healed, crossings(healed.vertices, healed.faces) if attempt else 0


def heights(triangles: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Least height of each triangle (m, 3, 3), and its normal as long as twice its area: (m,) and (m, 3) float."""
    normal = np.cross(triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0])
    longest = np.sqrt(((triangles - np.roll(triangles, 1, axis=1)) ** 2).sum(axis=2).max(axis=1))
    return np.linalg.norm(normal, axis=1) / np.maximum(longest, 1e-30), normal


class _Work:
    """A mesh whose edges can be collapsed and turned one by one."""

    def __init__(self, mesh: Mesh, grid_mm: float) -> None:
        self._grid_mm = grid_mm
        self.vertices = mesh.vertices.copy()
        self.faces = mesh.faces.copy()
        self.live = np.ones(len(mesh.faces), dtype=bool)
        corner = np.argsort(mesh.faces.ravel(), kind="stable")
        self._order = corner // 3
        self._start = np.searchsorted(mesh.faces.ravel()[corner], np.arange(len(mesh.vertices) + 1))
        self._changed: dict[int, set[int]] = {}

    def alive(self) -> np.ndarray:
        """(k, 3) int, the triangles that are left."""
        return self.faces[self.live]

    def around(self, vertex: int) -> set[int]:
        """The triangles at a vertex."""
        if vertex not in self._changed:
            self._changed[vertex] = set(self._order[self._start[vertex] : self._start[vertex + 1]].tolist())
        return self._changed[vertex]

    def shortest(self, t: int) -> float:
        """Shortest edge of a triangle, mm."""
        points = self.vertices[self.faces[t]]
        return float(np.linalg.norm(points - np.roll(points, 1, axis=0), axis=1).min())

    def near(self, some: np.ndarray) -> np.ndarray:
        """All triangles within a millimetre of the boxes around some: (k,) int."""
        low, high = (side(self.vertices[self.faces], axis=1) for side in (np.min, np.max))
        found = np.zeros(len(self.faces), dtype=bool)
        for t in some.tolist():
            found |= ((low <= high[t] + 1) & (high >= low[t] - 1)).all(axis=1)
        return np.flatnonzero(found & self.live)

    def take_out(self, t: int) -> bool:
        """Make a triangle disappear; whether it could be done."""
        if not self.live[t]:
            return False
        corners = self.faces[t].tolist()
        points = self.vertices[corners]
        length = np.linalg.norm(np.roll(points, -1, axis=0) - points, axis=1)  # of the edge from corner k to the next
        order = np.argsort(length)
        if length[order[0]] > 0.25 * length[order[2]] and self._turn(corners[order[2]], corners[(order[2] + 1) % 3]):
            return True
        for k in order[:2].tolist():
            a, b = corners[k], corners[(k + 1) % 3]
            if length[k] <= 0.5 and any(self._collapse(a, b, place) for place in self._places(a, b)):
                return True
        return self._turn(corners[order[2]], corners[(order[2] + 1) % 3])

    def _places(self, a: int, b: int) -> list[np.ndarray]:
        middle = (self.vertices[a] + self.vertices[b]) / 2
        middle = np.rint(middle / self._grid_mm) * self._grid_mm if self._grid_mm else middle
        return [self.vertices[a].copy(), self.vertices[b].copy(), middle]

    def _neighbours(self, vertex: int) -> set[int]:
        return {v for t in self.around(vertex) for v in self.faces[t].tolist()} - {vertex}

    def _collapse(self, a: int, b: int, place: np.ndarray) -> bool:
        """Move a to a place and put it instead of b."""
        both = self.around(a) & self.around(b)
        tips = self._neighbours(a) & self._neighbours(b)
        if len(both) != 2 or len(tips) != 2:
            return False  # the mesh would be pinched together
        stay = sorted((self.around(a) | self.around(b)) - both)
        before = self.faces[stay]
        after = np.where(before == b, a, before)
        old = self.vertices[before]
        new = self.vertices[after].copy()
        new[after == a] = place
        old_height, old_normal = heights(old)
        new_height, new_normal = heights(new)
        sound = old_height > NEEDLE_MM
        size = np.linalg.norm(old_normal, axis=1) * np.linalg.norm(new_normal, axis=1)
        turned = (old_normal * new_normal).sum(axis=1) < TURN * size
        flat = old_normal / np.maximum(np.linalg.norm(old_normal, axis=1, keepdims=True), 1e-30)
        lifted = np.abs(((place - old[:, 0]) * flat).sum(axis=1))
        if (sound & (turned | (lifted > MOVE_MM))).any() or (new_height < np.minimum(old_height, NEEDLE_MM) * 0.999).any():
            return False
        self.vertices[a] = place
        self.faces[stay] = after
        for t in both:
            self.live[t] = False
            for v in self.faces[t].tolist():
                self.around(v).discard(t)
        self.around(a).update(t for t in stay)
        self._changed[b] = set()
        return True

    def _turn(self, a: int, b: int) -> bool:
        """Let the edge between two triangles run the other way."""
        both = sorted(self.around(a) & self.around(b))
        if len(both) != 2:
            return False
        one, other = both
        if self._next(one, a) != b:
            one, other = other, one
        c, d = self._opposite(one, a, b), self._opposite(other, a, b)
        if c == d or c in self._neighbours(d):
            return False
        before = self.faces[[one, other]]
        after = np.array([[a, d, c], [d, b, c]])
        old_height, old_normal = heights(self.vertices[before])
        new_height, new_normal = heights(self.vertices[after])
        mean = old_normal.sum(axis=0)
        unit = mean / max(np.linalg.norm(mean), 1e-30)
        size = np.linalg.norm(new_normal, axis=1)
        lifted = abs(float((self.vertices[d] - self.vertices[c]) @ unit)) if old_height.min() > NEEDLE_MM else 0.0
        if (new_normal @ unit < TURN * size).any() or new_height.min() <= old_height.min() or lifted > MOVE_MM:
            return False
        self.faces[[one, other]] = after
        self.around(a).discard(other)
        self.around(b).discard(one)
        self.around(c).add(other)
        self.around(d).add(one)
        return True

    def _next(self, t: int, vertex: int) -> int:
        corners = self.faces[t].tolist()
        return corners[(corners.index(vertex) + 1) % 3]

    def _opposite(self, t: int, a: int, b: int) -> int:
        return next(v for v in self.faces[t].tolist() if v not in (a, b))
