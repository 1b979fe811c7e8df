"""The slab: the wide restored surface, its inner face, and a wall around them, as a closed solid."""

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.spatial import cKDTree

from SkullRestoreLib.case import ImplantError, ImplantSettings, Mesh, Patch, Pose
from SkullRestoreLib.fine import vertex_normals

if TYPE_CHECKING:
    from manifold3d import Manifold

FADE_MM = 15.0  # a temporal filling has its full height this far from the bone
TEMPORAL = ((20.0, 38.0), (30.0, 48.0), (105.0, 122.0))
"""Where the temporal fossa ends and by where its filling has faded out, degrees in the head frame: elevation of the temporal line, azimuth from
the front of its front and back end."""


def outer_face(patch: Patch, settings: ImplantSettings, pose: Pose) -> Mesh:
    """Give the outer face over the whole wide surface: sunk, and filled over the temporal fossa, as asked.

    Parameters
    ----------
    patch
        The restored surface.
    settings
        ``sink_mm`` and ``temporal_fill_mm`` are used.
    pose
        Tells where the temporal fossa is.
    """
    wide = patch.wide_outer
    if not settings.sink_mm and not settings.temporal_fill_mm:
        return wide
    raised = np.full(len(wide.vertices), -settings.sink_mm)
    if settings.temporal_fill_mm:
        raised += settings.temporal_fill_mm * _temporal(wide.vertices, pose) * _fade(patch)
    return Mesh(wide.vertices + raised[:, None] * outward_normals(patch, pose.head_to_ras[:3, 3]), wide.faces)


def _temporal(points: np.ndarray, pose: Pose) -> np.ndarray:
    """(n,) float, 1 over the temporal fossa of either side, fading to 0 around it."""
    at = points @ pose.ras_to_head[:3, :3].T + pose.ras_to_head[:3, 3]
    azimuth = np.degrees(np.arctan2(np.abs(at[:, 0]), at[:, 1]))
    elevation = np.degrees(np.arctan2(at[:, 2], np.hypot(at[:, 0], at[:, 1])))
    (full, none), (front_none, front_full), (back_full, back_none) = TEMPORAL
    return (
        smoothstep((none - elevation) / (none - full))
        * smoothstep((azimuth - front_none) / (front_full - front_none))
        * smoothstep((back_none - azimuth) / (back_none - back_full))
    )


def _fade(patch: Patch) -> np.ndarray:
    """(w,) float over the wide surface: 0 at the patch's border and beyond it, 1 well inside."""
    border = patch.outer.vertices[np.unique(border_edges(patch.outer.faces))]
    inside = cKDTree(patch.outer.vertices).query(patch.wide_outer.vertices)[0] < 1.5
    return np.where(inside, smoothstep(cKDTree(border).query(patch.wide_outer.vertices)[0] / FADE_MM), 0.0)


def smoothstep(x: np.ndarray) -> np.ndarray:
    """0 below 0, 1 above 1, smooth between."""
    x = np.clip(x, 0, 1)
    return x * x * (3 - 2 * x)


def inner_face(patch: Patch, outer: Mesh, settings: ImplantSettings, centre: np.ndarray) -> np.ndarray:
    """Give the inner face: (w, 3) float, mm RAS, one point under each vertex of the outer face.

    Parameters
    ----------
    patch
        The restored surface; its ``wide_inner`` is the inner table.
    outer
        From :func:`outer_face`.
    settings
        ``thickness_mm``, or ``follow_inner_table`` with ``min_thickness_mm``.
    centre
        (3,) float, mm RAS, the head's centre.
    """
    normals = outward_normals(replace(patch, wide_outer=outer), centre)
    if settings.follow_inner_table:
        least = _offset(outer, settings.min_thickness_mm, normals)
        depth = ((outer.vertices - patch.wide_inner) * normals).sum(axis=1)
        return np.where((depth >= settings.min_thickness_mm)[:, None], patch.wide_inner, least)
    return _offset(outer, settings.thickness_mm, normals)


def _offset(outer: Mesh, thickness_mm: float, normals: np.ndarray) -> np.ndarray:
    """Go inwards along the normals; where the surface is bent more sharply than the body is thick, bend them apart until nothing folds over."""
    for _ in range(20):
        inner = outer.vertices - thickness_mm * normals
        if ((face_normals(inner, outer.faces) * face_normals(outer.vertices, outer.faces)).sum(axis=1) > 0).all():
            break
        normals = _smooth(normals, outer.faces)
    return inner


def face_normals(vertices: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """(m, 3) normals of the triangles, as long as twice their area."""
    a, b, c = vertices[faces].transpose(1, 0, 2)
    return np.cross(b - a, c - a)


def outward_normals(patch: Patch, centre: np.ndarray) -> np.ndarray:
    """(w, 3) unit normals of the wide surface, away from the head's centre."""
    normals = vertex_normals(patch.wide_outer.vertices, patch.wide_outer.faces)
    return normals if (normals * (patch.wide_outer.vertices - centre)).sum() > 0 else -normals


def _smooth(normals: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """Average each vertex' normal with those of its triangles."""
    triangle = normals[faces].sum(axis=1)
    total = np.column_stack([np.bincount(faces.ravel(), np.repeat(triangle[:, a], 3), len(normals)) for a in range(3)])
    return total / np.maximum(np.linalg.norm(total, axis=1, keepdims=True), 1e-12)


def slab(outer: Mesh, inner: np.ndarray, what: str) -> "Manifold":
    """Close an open surface with a second one under its vertices (n, 3) and a wall around; ``what`` names it in an error."""
    n = len(outer.vertices)
    a, b = border_edges(outer.faces).T
    wall = np.concatenate([np.column_stack([b, a, a + n]), np.column_stack([b, a + n, b + n])])
    faces = np.concatenate([outer.faces, outer.faces[:, ::-1] + n, wall])
    return solid(np.concatenate([outer.vertices, inner]), faces, what)


def border_edges(faces: np.ndarray) -> np.ndarray:
    """(k, 2) vertex numbers of the edges that only one triangle has, in the triangle's direction."""
    edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    key = np.sort(edges, axis=1) @ np.array([faces.max() + 1, 1])
    _, first, count = np.unique(key, return_index=True, return_counts=True)
    return edges[first[count == 1]]


def chains(segments: np.ndarray) -> list[np.ndarray]:
    """Join segments (k, 2) of vertex numbers, in whatever direction, to closed loops of vertex numbers."""
    ends: dict[int, list[int]] = {}
    for number, (a, b) in enumerate(segments.tolist()):
        ends.setdefault(a, []).append(number)
        ends.setdefault(b, []).append(number)
    used = np.zeros(len(segments), dtype=bool)
    loops = []
    for first in range(len(segments)):
        loop, number, at = [], first, int(segments[first, 0])
        while number is not None and not used[number]:
            used[number] = True
            loop.append(at)
            a, b = segments[number].tolist()
            at = b if at == a else a
            number = next((n for n in ends[at] if not used[n]), None)
        if len(loop) > 2:
            loops.append(np.array(loop))
    return loops


def solid(vertices: np.ndarray, faces: np.ndarray, what: str) -> "Manifold":
    """Make a solid of closed triangles, turned outwards; ``what`` names it in the error.

    Raises
    ------
    ImplantError
        If the triangles do not close.
    """
    from manifold3d import Error, Manifold, Mesh64

    a, b, c = (vertices - vertices.mean(axis=0))[faces].transpose(1, 0, 2)
    faces = faces if (a * np.cross(b, c)).sum() >= 0 else faces[:, ::-1]
    body = Manifold(Mesh64(np.ascontiguousarray(vertices, dtype=np.float64), np.ascontiguousarray(faces, dtype=np.uint64)))
    if body.status() != Error.NoError:
        raise ImplantError(
            f"No closed body can be made from {what} ({body.status().name}); move its reference points and restore it again."
        )
    return body


def block(uv: np.ndarray, height: np.ndarray, end: float, what: str) -> "Manifold":
    """A block between a height field (nu, nv) over the nodes (nu, nv, 2) and a level; ``what`` names it in an error."""
    nu, nv = height.shape
    field = np.concatenate([uv, height[..., None]], axis=2).reshape(-1, 3)
    flat = np.column_stack([field[:, :2], np.full(len(field), end)])
    k = np.arange(nu * nv).reshape(nu, nv)
    a, b, c, d = (k[i : i + nu - 1, j : j + nv - 1].ravel() for i, j in ((0, 0), (1, 0), (1, 1), (0, 1)))
    sheet = np.concatenate([np.column_stack([a, b, c]), np.column_stack([a, c, d])])
    around = np.concatenate([k[:, 0], k[-1, 1:], k[-2::-1, -1], k[0, -2:0:-1]])
    p, q = around, np.roll(around, -1)
    n = len(field)
    wall = np.concatenate([np.column_stack([p, p + n, q + n]), np.column_stack([p, q + n, q])])
    return solid(np.concatenate([field, flat]), np.concatenate([sheet, sheet[:, ::-1] + n, wall]), what)
