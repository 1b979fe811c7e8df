"""A part of the spherical grid, subdivided until it is finer than a voxel, and operations on its regions.

A defect is cut and its surface restored on such a mesh. Regions are boolean masks of its vertices.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from SkullRestoreLib.geometry.icosphere import spherical_grid
from SkullRestoreLib.geometry.triangles import face_normals
from SkullRestoreLib.records import Bone, Pose


@dataclass(frozen=True, eq=False)
class RefinedMesh:
    """A part of the grid with values at its vertices.

    Attributes
    ----------
    faces
        (m, 3) int64, triangles.
    directions
        (v, 3) float64, unit vectors from the head's centre, head frame.
    values
        (v, c) float64; the first column is the distance from the centre, mm.
    """

    faces: NDArray[np.int64]
    directions: NDArray[np.float64]
    values: NDArray[np.float64]

    def __repr__(self) -> str:
        return f"RefinedMesh({len(self.directions)} vertices, {len(self.faces)} faces, {self.values.shape[1]} columns)"

    def subdivide(self) -> "RefinedMesh":
        """Divide every triangle into four; a new vertex is half-way between the ends of its edge."""
        edges = np.sort(self.faces[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2), axis=1)
        key = edges[:, 0] * len(self.directions) + edges[:, 1]
        _, first, inverse = np.unique(key, return_index=True, return_inverse=True)
        ends = edges[first]
        middle = self.directions[ends].mean(axis=1)
        middle /= np.linalg.norm(middle, axis=1, keepdims=True)
        ab, bc, ca = (inverse.reshape(-1, 3) + len(self.directions)).T
        a, b, c = self.faces.T
        faces = np.concatenate([np.stack(t, axis=1) for t in ((a, ab, ca), (ab, b, bc), (ca, bc, c), (ab, bc, ca))])
        return RefinedMesh(
            faces,
            np.concatenate([self.directions, middle]),
            np.concatenate([self.values, self.values[ends].mean(axis=1)]),
        )

    @cached_property
    def adjacency_matrix(self) -> sparse.csr_matrix:
        """(v, v) sparse float64, 1 between neighbours."""
        i, j = self.faces[:, [0, 1, 2]].ravel(), self.faces[:, [1, 2, 0]].ravel()
        ends = np.concatenate([i, j]), np.concatenate([j, i])
        matrix = sparse.coo_matrix((np.ones(len(ends[0])), ends), shape=(len(self.directions),) * 2).tocsr()
        matrix.data[:] = 1.0  # an edge of two triangles was counted twice
        return matrix

    @cached_property
    def points(self) -> NDArray[np.float64]:
        """(v, 3) float64, the vertices at the distance that the first column states, mm, head frame."""
        return self.directions * self.values[:, :1]

    @cached_property
    def median_edge_mm(self) -> float:
        """Median length of the edges, mm."""
        return float(np.median(np.linalg.norm(np.diff(self.points[self.faces[:, :2]], axis=1), axis=2)))


def extract_submesh(level: int, region: NDArray[np.bool_], values: NDArray[np.float64]) -> RefinedMesh:
    """Extract the triangles of the grid whose corners are all inside a region.

    Parameters
    ----------
    level
        Grid level.
    region
        (n,) bool.
    values
        (n, c) float64, on the grid.

    Returns
    -------
    RefinedMesh
        Not subdivided yet.

    Examples
    --------
    >>> mesh = extract_submesh(1, np.ones(42, bool), np.full((42, 1), 80.0))
    >>> mesh, mesh.subdivide()
    (RefinedMesh(42 vertices, 80 faces, 1 columns), RefinedMesh(162 vertices, 320 faces, 1 columns))
    """
    grid = spherical_grid(level)
    faces = grid.faces[region[grid.faces].all(axis=1)]
    used, flat = np.unique(faces, return_inverse=True)
    return RefinedMesh(flat.reshape(-1, 3), grid.directions[used], values[used])


def points_at_radius(directions: NDArray[np.float64], radius: NDArray[np.float64], pose: Pose) -> NDArray[np.float64]:
    """Place points along directions of the head frame.

    Parameters
    ----------
    directions
        (v, 3) float64, unit vectors, head frame.
    radius
        (v,) float64, mm from the head's centre.
    pose
        The head frame's place in the scan.

    Returns
    -------
    ndarray
        (v, 3) float64, mm RAS.
    """
    return pose.to_ras(directions * radius[:, None])


def vertex_normals(
    vertices: NDArray[np.float64], faces: NDArray[np.int64], *, across: NDArray[np.float64] | None = None
) -> NDArray[np.float64]:
    """Compute the unit normals of vertices, weighted by the areas of their triangles.

    Parameters
    ----------
    vertices
        (n, 3) float64, mm.
    faces
        (m, 3) int64.
    across
        (m, 3) float64, normals of the triangles as long as twice their area, where they are known.

    Returns
    -------
    ndarray
        (n, 3) float64, on the side from which the triangles run counter-clockwise; 0 without a triangle.

    Examples
    --------
    >>> vertex_normals(np.array([[0.0, 0, 0], [1, 0, 0], [0, 1, 0]]), np.array([[0, 1, 2]]))[0].tolist()
    [0.0, 0.0, 1.0]
    """
    across = face_normals(vertices, faces) if across is None else across
    total = np.column_stack([np.bincount(faces.ravel(), np.repeat(across[:, k], 3), len(vertices)) for k in range(3)])
    return total / np.maximum(np.linalg.norm(total, axis=1, keepdims=True), 1e-12)


def voxel_coordinates_below(
    mesh: RefinedMesh, depth_mm: float | NDArray[np.float64], bone: Bone, pose: Pose
) -> NDArray[np.float64]:
    """Find the voxel coordinates at a depth below the surface, along the rays.

    Parameters
    ----------
    mesh
        The surface.
    depth_mm
        One depth for all vertices, or (v,) float64, mm.
    bone
        Its grid.
    pose
        The head frame's place in the scan.

    Returns
    -------
    ndarray
        (3, v) float64, in the order k, j, i, as :func:`scipy.ndimage.map_coordinates` takes them.
    """
    return bone.to_ijk(points_at_radius(mesh.directions, mesh.values[:, 0] - depth_mm, pose)).T[::-1]


def smooth_values(values: NDArray[np.float64], neighbours: sparse.csr_matrix, rounds: int) -> NDArray[np.float64]:
    """Smooth values: in each round, average every value with the mean of its neighbours.

    Parameters
    ----------
    values
        (v,) float64.
    neighbours
        (v, v) sparse, 1 between neighbours.
    rounds
        Number of rounds.

    Returns
    -------
    ndarray
        (v,) float64.
    """
    count = np.asarray(neighbours.sum(axis=1)).ravel()
    for _ in range(rounds):
        values = (values + neighbours @ values / count) / 2
    return values


def fill_unknown(
    values: NDArray[np.float64], known: NDArray[np.bool_], neighbours: sparse.csr_matrix
) -> NDArray[np.float64]:
    """Fill gaps harmonically: every unknown value becomes the mean of its neighbours.

    Parameters
    ----------
    values
        (v,) float64.
    known
        (v,) bool.
    neighbours
        (v, v) sparse, 1 between neighbours.

    Returns
    -------
    ndarray
        (v,) float64; unchanged where nothing known is connected.
    """
    from scipy.sparse.linalg import spsolve

    reached = parts_touching(np.ones(len(known), dtype=bool), known, neighbours) & ~known
    gap = np.flatnonzero(reached)
    if not len(gap):
        return values
    rows = neighbours[gap]
    matrix = sparse.diags_array(np.asarray(rows.sum(axis=1)).ravel()) - rows[:, gap]
    filled = values.copy()
    filled[gap] = spsolve(matrix.tocsc(), rows @ np.where(known, values, 0.0))
    return filled


def grow_region(region: NDArray[np.bool_], neighbours: sparse.csr_matrix, rings: int) -> NDArray[np.bool_]:
    """Grow a region by rings of neighbours.

    Parameters
    ----------
    region
        (v,) bool.
    neighbours
        (v, v) sparse, 1 between neighbours.
    rings
        Number of rings, 0 or more.

    Returns
    -------
    ndarray
        (v,) bool, the region and all vertices that are at most ``rings`` edges away from it.
    """
    for _ in range(rings if region.any() else 0):
        region = region | (neighbours @ region.astype(float) > 0)
    return region


def parts_touching(
    region: NDArray[np.bool_], core: NDArray[np.bool_], neighbours: sparse.csr_matrix
) -> NDArray[np.bool_]:
    """Select the connected parts of a region that contain a vertex of a core.

    Parameters
    ----------
    region, core
        (v,) bool.
    neighbours
        (v, v) sparse, 1 between neighbours.

    Returns
    -------
    ndarray
        (v,) bool.
    """
    _, label = connected_components(neighbours[region][:, region], directed=False)
    touching = np.isin(label, np.unique(label[core[region]]))
    selected = np.zeros(len(region), dtype=bool)
    selected[np.flatnonzero(region)[touching]] = True
    return selected


def small_parts(region: NDArray[np.bool_], neighbours: sparse.csr_matrix, min_vertices: float) -> NDArray[np.bool_]:
    """Select the connected parts of a region that have fewer vertices than a limit.

    Parameters
    ----------
    region
        (v,) bool.
    neighbours
        (v, v) sparse, 1 between neighbours.
    min_vertices
        The limit.

    Returns
    -------
    ndarray
        (v,) bool.
    """
    _, label = connected_components(neighbours[region][:, region], directed=False)
    small = np.bincount(label, minlength=1) < min_vertices
    selected = np.zeros(len(region), dtype=bool)
    selected[np.flatnonzero(region)[small[label]]] = True
    return selected
