"""A piece of the grid, divided until it is finer than a voxel, and regions on it."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from SkullRestoreLib.case import Bone, Pose
from SkullRestoreLib.grid import grid


@dataclass(frozen=True)
class Fine:
    """A piece of the grid, divided: values at its corners."""

    faces: np.ndarray  # (m, 3) int64
    directions: np.ndarray  # (v, 3) float
    values: np.ndarray  # (v, c) float

    def divided(self) -> "Fine":
        """Every triangle in four; new corners are half-way between the ends of their edges."""
        edges = np.sort(self.faces[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2), axis=1)
        key = edges[:, 0] * len(self.directions) + edges[:, 1]
        _, first, inverse = np.unique(key, return_index=True, return_inverse=True)
        ends = edges[first]
        middle = self.directions[ends].mean(axis=1)
        middle /= np.linalg.norm(middle, axis=1, keepdims=True)
        ab, bc, ca = (inverse.reshape(-1, 3) + len(self.directions)).T
        a, b, c = self.faces.T
        faces = np.concatenate([np.stack(t, axis=1) for t in ((a, ab, ca), (ab, b, bc), (ca, bc, c), (ab, bc, ca))])
        return Fine(faces, np.concatenate([self.directions, middle]), np.concatenate([self.values, self.values[ends].mean(axis=1)]))

    @cached_property
    def neighbours(self) -> sparse.csr_matrix:
        """(v, v) sparse, 1 between neighbours."""
        i, j = self.faces[:, [0, 1, 2]].ravel(), self.faces[:, [1, 2, 0]].ravel()
        once = sparse.coo_matrix((np.ones(len(i)), (i, j)), shape=(len(self.directions),) * 2)
        return ((once + once.T) > 0).astype(float).tocsr()

    @cached_property
    def points(self) -> np.ndarray:
        """(v, 3) its corners, mm, head frame: as far out as the first of their values says."""
        return self.directions * self.values[:, :1]

    @cached_property
    def edge_mm(self) -> float:
        """Length of its edges, the median."""
        return float(np.median(np.linalg.norm(np.diff(self.points[self.faces[:, :2]], axis=1), axis=2)))


def piece_of_grid(level: int, region: np.ndarray, values: np.ndarray) -> Fine:
    """The grid's triangles whose corners all lie in ``region`` (n,) bool, with ``values`` (n, c)."""
    g = grid(level)
    faces = g.faces[region[g.faces].all(axis=1)]
    used, flat = np.unique(faces, return_inverse=True)
    return Fine(flat.reshape(-1, 3), g.directions[used], values[used])


def place(directions: np.ndarray, radius: np.ndarray, pose: Pose) -> np.ndarray:
    """Points (v, 3), mm RAS, at a radius (v,) mm along directions (v, 3) of the head frame."""
    to_ras = pose.head_to_ras
    return (directions * radius[:, None]) @ to_ras[:3, :3].T + to_ras[:3, 3]


def vertex_normals(vertices: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """(n, 3) unit normals of the vertices, on the side from which their triangles run counter-clockwise."""
    a, b, c = (vertices[faces[:, k]] for k in range(3))
    across = np.cross(b - a, c - a)
    total = np.column_stack([np.bincount(faces.ravel(), np.repeat(across[:, k], 3), len(vertices)) for k in range(3)])
    return total / np.maximum(np.linalg.norm(total, axis=1, keepdims=True), 1e-12)


def voxels_beneath(fine: Fine, depth_mm: float | np.ndarray, bone: Bone, pose: Pose) -> np.ndarray:
    """Voxel coordinates (3, v), k, j, i, so far, one for all or (v,), beneath the surface along the rays."""
    to_ijk = np.linalg.inv(bone.ijk_to_ras)
    return (place(fine.directions, fine.values[:, 0] - depth_mm, pose) @ to_ijk[:3, :3].T + to_ijk[:3, 3]).T[::-1]


def smooth(values: np.ndarray, neighbours: sparse.csr_matrix, times: int) -> np.ndarray:
    """Values (v,) averaged so often with the mean of their neighbours."""
    count = np.asarray(neighbours.sum(axis=1)).ravel()
    for _ in range(times):
        values = (values + neighbours @ values / count) / 2
    return values


def filled(values: np.ndarray, known: np.ndarray, neighbours: sparse.csr_matrix) -> np.ndarray:
    """Values (v,), of which those that are not ``known`` (v,) bool are the mean of their neighbours; as they were where nothing known is connected."""
    from scipy.sparse.linalg import spsolve

    reached = touching(np.ones(len(known), dtype=bool), known, neighbours) & ~known
    at = np.flatnonzero(reached)
    if not len(at):
        return values
    rows = neighbours[at]
    own = sparse.diags_array(np.asarray(rows.sum(axis=1)).ravel()) - rows[:, at]
    out = values.copy()
    out[at] = spsolve(own.tocsc(), rows @ np.where(known, values, 0.0))
    return out


def grown(region: np.ndarray, neighbours: sparse.csr_matrix, rings: int) -> np.ndarray:
    """``region`` (v,) bool and all that is not more than ``rings`` edges away from it."""
    for _ in range(rings if region.any() else 0):
        region = region | (neighbours @ region.astype(float) > 0)
    return region


def touching(region: np.ndarray, core: np.ndarray, neighbours: sparse.csr_matrix) -> np.ndarray:
    """The connected parts of ``region`` that hold a vertex of ``core``: (v,) bool."""
    _, label = connected_components(neighbours[region][:, region], directed=False)
    wanted = np.unique(label[core[region]])
    out = np.zeros(len(region), dtype=bool)
    out[np.flatnonzero(region)[np.isin(label, wanted)]] = True
    return out


def small_parts(region: np.ndarray, neighbours: sparse.csr_matrix, vertices: float) -> np.ndarray:
    """The connected parts of ``region`` with fewer vertices than given: (v,) bool."""
    _, label = connected_components(neighbours[region][:, region], directed=False)
    small = np.bincount(label, minlength=1) < vertices
    out = np.zeros(len(region), dtype=bool)
    out[np.flatnonzero(region)[small[label]]] = True
    return out
