"""The bone's surface around a patch, finer than a voxel: dense points with normals, and distances to them."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial import cKDTree

from SkullRestoreLib.affine import apply_affine, invert_affine
from SkullRestoreLib.geometry.isosurface import bone_surface_in_box
from SkullRestoreLib.geometry.refined_mesh import vertex_normals
from SkullRestoreLib.geometry.search_tree import build_search_tree
from SkullRestoreLib.geometry.triangles import face_normals
from SkullRestoreLib.records import Bone

POINT_SPACING_MM = 0.8
"""Longest edge of a triangle that a single point may represent."""
SEARCH_CELL_MM = 2.0
"""Cell of the grid that finds roughly what is near."""
TANGENT_PLANE_MM = 0.3
"""Where a point is this close to the normal through its nearest bone point, the tangent plane gives its distance."""


@dataclass(frozen=True, eq=False)
class BoneSurface:
    """Points densely over the bone's surface."""

    points: NDArray[np.float64]  # (n, 3), mm RAS
    normals: NDArray[np.float64]  # (n, 3), unit, out of the bone
    area_per_point_mm2: float = 0.0  # surface that one point represents

    @cached_property
    def search_tree(self) -> cKDTree:
        """Search tree over the points."""
        return build_search_tree(self.points)


def bone_surface_around(
    outer: NDArray[np.float64], inner: NDArray[np.float64], bone: Bone, reach_mm: float
) -> BoneSurface:
    """Find the bone's surface near a body.

    Parameters
    ----------
    outer, inner
        (v, 3), mm RAS, points of the outer face, and the points of the inner face below them.
    bone
        Segmented bone.
    reach_mm
        How far from the body the surface is needed.

    Returns
    -------
    BoneSurface
        Without points where there is no bone near.
    """
    # On the outer face, halfway through the body, and on the inner face.
    body_points = np.concatenate([outer + fraction * (inner - outer) for fraction in (0.0, 0.5, 1.0)])
    to_ijk = invert_affine(bone.ijk_to_ras)
    ijk = apply_affine(to_ijk, body_points)
    pad = reach_mm * np.linalg.norm(to_ijk[:3, :3], axis=1) + 2  # a sheared axis reaches farther in its index
    surface = bone_surface_in_box(bone, ijk.min(axis=0) - pad, ijk.max(axis=0) + pad)
    vertices, faces = surface.vertices, surface.faces
    if not len(faces):
        return BoneSurface(np.zeros((0, 3)), np.zeros((0, 3)))
    near = are_near(vertices, body_points, reach_mm)
    faces = faces[near[faces].any(axis=1)]
    across = face_normals(vertices, faces)
    points, normals = scatter_points(vertices, faces, across=across)
    area = np.linalg.norm(across, axis=1).sum() / 2
    return BoneSurface(points, normals, float(area) / max(len(points), 1))


def are_near(points: NDArray[np.float64], others: NDArray[np.float64], reach_mm: float) -> NDArray[np.bool_]:
    """Check roughly which points are near others.

    Parameters
    ----------
    points
        (n, 3), mm.
    others
        (m, 3), mm.
    reach_mm
        What is within this distance is near; what is up to some search cells farther may be.

    Returns
    -------
    ndarray
        (n,) bool.

    Examples
    --------
    >>> are_near(np.array([[0.0, 0, 1], [0, 0, 50]]), np.zeros((1, 3)), 2.0).tolist()
    [True, False]
    """
    cell = SEARCH_CELL_MM
    origin = others.min(axis=0) - reach_mm - 2 * cell
    size = np.ceil((others.max(axis=0) + reach_mm + 2 * cell - origin) / cell).astype(int) + 1
    is_free = np.ones(size, dtype=bool)
    is_free[tuple(((others - origin) / cell).astype(int).T)] = False
    near = ndimage.distance_transform_edt(is_free, sampling=cell) <= reach_mm + 2 * cell
    index = ((points - origin) / cell).astype(int)
    inside = ((index >= 0) & (index < size)).all(axis=1)
    point_is_near = np.zeros(len(points), dtype=bool)
    point_is_near[inside] = near[tuple(index[inside].T)]
    return point_is_near


def distance_to_bone(
    points: NDArray[np.float64], bone_surface: BoneSurface, reach_mm: float, *, signed: bool = False
) -> NDArray[np.float64]:
    """Measure the distance from points to the bone's surface.

    Parameters
    ----------
    points
        (n, 3), mm RAS.
    bone_surface
        Around them.
    reach_mm
        Where the bone is farther, this is returned.
    signed
        Whether distances inside the bone are negative.

    Returns
    -------
    ndarray
        (n,), mm.
    """
    if not len(bone_surface.points):
        return np.full(len(points), reach_mm)
    away, nearest = bone_surface.search_tree.query(points, distance_upper_bound=reach_mm, workers=-1)
    found = np.isfinite(away)
    nearest = np.where(found, nearest, 0)
    away = np.where(found, away, reach_mm)
    plane = (bone_surface.normals[nearest] * (points - bone_surface.points[nearest])).sum(axis=1)
    # Between the points of the surface the tangent plane at the nearest one is closer to the truth than that point.
    distance = np.where(found & (away**2 - plane**2 < TANGENT_PLANE_MM**2), np.abs(plane), away)
    return np.where(signed & found & (plane < 0), -distance, distance)


def _longest_edge_squared(triangles: NDArray[np.float64]) -> NDArray[np.float64]:
    """(m,) squared length of the longest edge of triangles (m, 3, 3)."""
    a, b, c = triangles.transpose(1, 0, 2)
    ab, bc, ca = (((one - other) ** 2).sum(axis=1) for one, other in ((a, b), (b, c), (c, a)))
    return np.maximum(np.maximum(ab, bc), ca)


def scatter_points(
    vertices: NDArray[np.float64], faces: NDArray[np.int64], *, across: NDArray[np.float64] | None = None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Spread points over triangles, about half a millimetre apart, however thick the slices of the CT are.

    Parameters
    ----------
    vertices
        (v, 3), mm.
    faces
        (m, 3) vertex numbers.
    across
        (m, 3), from :func:`SkullRestoreLib.geometry.triangles.face_normals`, where they are known.

    Returns
    -------
    points
        (n, 3), mm: the vertices that are used, and points inside each triangle.
    normals
        (n, 3), unit.
    """
    across = face_normals(vertices, faces) if across is None else across
    length = np.linalg.norm(across, axis=1)
    corner, inner = _used_vertices(vertices, faces), _points_inside(vertices, faces, length)
    new_number = np.zeros(len(vertices), dtype=int)
    new_number[corner] = np.arange(len(corner))
    unit = across / np.maximum(length, 1e-30)[:, None]
    normals = [vertex_normals(vertices[corner], new_number[faces], across=across)]
    normals += [np.repeat(unit[chosen], places.shape[1], axis=0) for chosen, places in inner]
    points = [vertices[corner], *(places.reshape(-1, 3) for _, places in inner)]
    return np.concatenate(points), np.concatenate(normals)


def spread_points(vertices: NDArray[np.float64], faces: NDArray[np.int64]) -> NDArray[np.float64]:
    """Spread points over triangles as :func:`scatter_points`, without their normals.

    Parameters
    ----------
    vertices
        (v, 3), mm.
    faces
        (m, 3) vertex numbers.

    Returns
    -------
    ndarray
        (n, 3), mm.

    Examples
    --------
    >>> spread_points(np.array([[0.0, 0, 0], [0.6, 0, 0], [0, 0.3, 0]]), np.array([[0, 1, 2]])).round(2).tolist()
    [[0.0, 0.0, 0.0], [0.6, 0.0, 0.0], [0.0, 0.3, 0.0], [0.2, 0.1, 0.0]]
    """
    length = np.linalg.norm(face_normals(vertices, faces), axis=1)
    inside = [places.reshape(-1, 3) for _, places in _points_inside(vertices, faces, length)]
    return np.concatenate([vertices[_used_vertices(vertices, faces)], *inside])


def _used_vertices(vertices: NDArray[np.float64], faces: NDArray[np.int64]) -> NDArray[np.int64]:
    """The vertices of triangles (m, 3): at the step of a voxel a corner is what is nearest to the body."""
    return np.flatnonzero(np.bincount(faces.ravel(), minlength=len(vertices)))


def _points_inside(
    vertices: NDArray[np.float64], faces: NDArray[np.int64], twice_area: NDArray[np.float64]
) -> list[tuple[NDArray[np.int64], NDArray[np.float64]]]:
    """Triangles (k,) and points (k, n, 3) inside each, as many as their size needs; not in triangles without area."""
    triangles = vertices[faces]
    number = np.flatnonzero(twice_area > 1e-9)
    divisions = np.ceil(np.sqrt(_longest_edge_squared(triangles[number])) / POINT_SPACING_MM).astype(int)
    found = []
    for n in np.unique(divisions):
        # Centres of the n * n small triangles, upward and downward ones.
        p, q = np.divmod(np.arange(n * n), n)
        weights = (
            np.where((p + q < n)[:, None], np.column_stack([p, q]) + 1 / 3, np.column_stack([n - p, n - q]) - 1 / 3) / n
        )
        weights = np.column_stack([weights, 1 - weights.sum(axis=1)])
        chosen = number[divisions == n]
        found.append((chosen, np.einsum("kc,mcx->mkx", weights, triangles[chosen])))
    return found


def sample_field(bone: Bone, points: NDArray[np.float64]) -> NDArray[np.float32]:
    """Interpolate the bone's field between voxels.

    Parameters
    ----------
    bone
        Segmented bone.
    points
        (n, 3), mm RAS.

    Returns
    -------
    ndarray
        (n,), in the field's unit; its minimum outside the scan.
    """
    kji = apply_affine(invert_affine(bone.ijk_to_ras), points)[:, ::-1].T
    last = np.array(bone.field.shape)[:, None] - 1
    # Looking through all of the field takes long, and its least value is needed only for points outside it.
    outside = float(bone.field.min()) if ((kji < 0) | (kji > last)).any() else 0.0
    return ndimage.map_coordinates(bone.field, kji, output=np.float32, order=1, mode="constant", cval=outside)
