"""The slab: the wide restored surface, its inner face, and a wall around them, as a closed solid."""

from typing import TYPE_CHECKING

import numpy as np

from SkullRestoreLib.case import ImplantError, Patch

if TYPE_CHECKING:
    from manifold3d import Manifold

LEAST_THICKNESS_MM = 2.0  # where the inner table is followed


def inner_face(patch: Patch, thickness_mm: float | None, centre: np.ndarray) -> np.ndarray:
    """Give the inner face: (w, 3) float, mm RAS, one point under each vertex of the wide surface.

    A thickness of None follows the inner table.
    """
    outer, faces = patch.wide_outer.vertices, patch.wide_outer.faces
    normals = outward_normals(patch, centre)
    if thickness_mm is None:
        below = patch.wide_inner - outer
        depth = -(below * normals).sum(axis=1)
        ray = centre - outer
        ray /= np.linalg.norm(ray, axis=1, keepdims=True)
        steep = -(ray * normals).sum(axis=1)
        least = outer + ray * (LEAST_THICKNESS_MM / np.maximum(steep, 0.3))[:, None]
        return np.where((depth >= LEAST_THICKNESS_MM)[:, None], patch.wide_inner, least)
    for _ in range(20):
        inner = outer - thickness_mm * normals
        if ((face_normals(inner, faces) * face_normals(outer, faces)).sum(axis=1) > 0).all():
            break
        # Where the surface is bent more sharply than the body is thick, the offset folds over: bend the normals apart until it does not.
        normals = _smooth(normals, faces)
    return inner


def face_normals(vertices: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """(m, 3) normals of the triangles, as long as twice their area."""
    a, b, c = vertices[faces].transpose(1, 0, 2)
    return np.cross(b - a, c - a)


def vertex_normals(vertices: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """(n, 3) unit normals of the vertices, on the side from which their triangles run counter-clockwise."""
    cross = face_normals(vertices, faces)
    total = np.column_stack([np.bincount(faces.ravel(), np.repeat(cross[:, a], 3), len(vertices)) for a in range(3)])
    return total / np.maximum(np.linalg.norm(total, axis=1, keepdims=True), 1e-12)


def outward_normals(patch: Patch, centre: np.ndarray) -> np.ndarray:
    """(w, 3) unit normals of the wide surface, away from the head's centre."""
    normals = vertex_normals(patch.wide_outer.vertices, patch.wide_outer.faces)
    return normals if (normals * (patch.wide_outer.vertices - centre)).sum() > 0 else -normals


def _smooth(normals: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """Average each vertex' normal with those of its triangles."""
    triangle = normals[faces].sum(axis=1)
    total = np.column_stack([np.bincount(faces.ravel(), np.repeat(triangle[:, a], 3), len(normals)) for a in range(3)])
    return total / np.maximum(np.linalg.norm(total, axis=1, keepdims=True), 1e-12)


def slab(patch: Patch, inner: np.ndarray) -> "Manifold":
    """Close the wide surface with its inner face and a wall around."""
    outer, faces = patch.wide_outer.vertices, patch.wide_outer.faces
    n = len(outer)
    a, b = border_edges(faces).T
    wall = np.concatenate([np.column_stack([b, a, a + n]), np.column_stack([b, a + n, b + n])])
    faces = np.concatenate([faces, faces[:, ::-1] + n, wall])
    return solid(np.concatenate([outer, inner]), faces, f"the restored surface of defect {patch.defect}")


def border_edges(faces: np.ndarray) -> np.ndarray:
    """(k, 2) vertex numbers of the edges that only one triangle has, in the triangle's direction."""
    edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    key = np.sort(edges, axis=1) @ np.array([faces.max() + 1, 1])
    _, first, count = np.unique(key, return_index=True, return_counts=True)
    return edges[first[count == 1]]


def solid(vertices: np.ndarray, faces: np.ndarray, what: str) -> "Manifold":
    """Make a solid of closed triangles, turned outwards; ``what`` names it in the error.

    Raises
    ------
    ImplantError
        If the triangles do not close.
    """
    from manifold3d import Error, Manifold, Mesh64

    def made(faces: np.ndarray) -> "Manifold":
        return Manifold(Mesh64(np.ascontiguousarray(vertices, dtype=np.float64), np.ascontiguousarray(faces, dtype=np.uint64)))

    body = made(faces)
    if body.status() != Error.NoError:
        raise ImplantError(
            f"No closed body can be made from {what} ({body.status().name}); move its reference points and restore it again."
        )
    return body if body.volume() >= 0 else made(faces[:, ::-1])
