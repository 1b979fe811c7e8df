"""The two faces of an implant: the outer face from the restored surface, the inner face at a depth below it.

Both reach over the sound bone around the defect; the outline is cut out of them later.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from SkullRestoreLib.affine import apply_affine
from SkullRestoreLib.geometry.ray_caster import RayCaster
from SkullRestoreLib.geometry.refined_mesh import vertex_normals
from SkullRestoreLib.implant.chart import CHART_STEP_MM, InsertionChart, fill_nearest
from SkullRestoreLib.implant.loops import border_edges
from SkullRestoreLib.implant.patch_geometry import PatchGeometry
from SkullRestoreLib.records import DefectPatch, ImplantSettings, Mesh, Pose

TEMPORAL_FADE_MM = 15.0
"""A temporal filling has its full height this far from the bone."""
TEMPORAL_FOSSA_DEG = ((20.0, 38.0), (30.0, 48.0), (105.0, 122.0))
"""Borders of the temporal fossa in the head frame, degrees, each as (full or none, none or full) filling.

Elevation of the temporal line; azimuth from the front of the fossa's front end and of its back end.
"""
PATCH_MATCH_MM = 1.5
"""A vertex of the wide surface this close to a vertex of the patch belongs to the patch."""


def outer_face(patch: DefectPatch, settings: ImplantSettings, pose: Pose) -> Mesh:
    """Give the outer face over the wide surface: sunk, and filled over the temporal fossa, as the settings ask.

    Parameters
    ----------
    patch
        The restored surface.
    settings
        ``sink_mm`` and ``temporal_fill_mm`` are used.
    pose
        Says where the temporal fossa is.

    Returns
    -------
    Mesh
        With the triangles of ``patch.wide_outer``, mm RAS.
    """
    wide = patch.wide_outer
    if not settings.sink_mm and not settings.temporal_fill_mm:
        return wide
    offset_mm = np.full(len(wide.vertices), -settings.sink_mm)
    if settings.temporal_fill_mm:
        offset_mm += settings.temporal_fill_mm * _temporal_weight(wide.vertices, pose) * _border_fade(patch)
    return Mesh(wide.vertices + offset_mm[:, None] * outward_normals(patch, pose.head_to_ras[:3, 3]), wide.faces)


def _temporal_weight(points: NDArray[np.float64], pose: Pose) -> NDArray[np.float64]:
    """(n,), 1 over the temporal fossa of either side, fading to 0 around it."""
    x, y, z = apply_affine(pose.ras_to_head, points).T
    azimuth = np.degrees(np.arctan2(np.abs(x), y))
    elevation = np.degrees(np.arctan2(z, np.hypot(x, y)))
    (full, none), (front_none, front_full), (back_full, back_none) = TEMPORAL_FOSSA_DEG
    return (
        smoothstep((none - elevation) / (none - full))
        * smoothstep((azimuth - front_none) / (front_full - front_none))
        * smoothstep((back_none - azimuth) / (back_none - back_full))
    )


def _border_fade(patch: DefectPatch) -> NDArray[np.float64]:
    """(w,) over the wide surface: 0 at the patch's border and beyond it, 1 well inside."""
    border = patch.outer.vertices[np.unique(border_edges(patch.outer.faces))]
    inside = cKDTree(patch.outer.vertices).query(patch.wide_outer.vertices)[0] < PATCH_MATCH_MM
    return np.where(inside, smoothstep(cKDTree(border).query(patch.wide_outer.vertices)[0] / TEMPORAL_FADE_MM), 0.0)


def smoothstep(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Cubic step: 0 below 0, 1 above 1, smooth between.

    Parameters
    ----------
    x
        Of any shape.

    Examples
    --------
    >>> smoothstep(np.array([-1.0, 0.5, 2.0])).tolist()
    [0.0, 0.5, 1.0]
    """
    x = np.clip(x, 0, 1)
    return x * x * (3 - 2 * x)


def rough_inner_face(
    geometry: PatchGeometry, outer: Mesh, settings: ImplantSettings, centre: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Say roughly where the inner face will be: one point under each vertex of the outer face.

    It may fold where the outer face is sharply bent: it says where bone is looked for, and no body is made of it.

    Parameters
    ----------
    geometry
        The restored surface; its ``wide_inner`` is the inner table.
    outer
        From :func:`outer_face`.
    settings
        ``thickness_mm``, or ``follow_inner_table`` with ``min_thickness_mm``.
    centre
        (3,), mm RAS, the head's centre.

    Returns
    -------
    ndarray
        (w, 3), mm RAS.
    """
    patch = geometry.patch
    normals = geometry.wide_normals if outer is patch.wide_outer else vertex_normals(outer.vertices, outer.faces)
    normals = _turned_outwards(normals, outer, centre)
    depth = ((outer.vertices - patch.wide_inner) * normals).sum(axis=1)
    depth = np.maximum(depth, settings.min_thickness_mm) if settings.follow_inner_table else settings.thickness_mm
    return outer.vertices - np.broadcast_to(depth, len(normals))[:, None] * normals


def offset_height(height: NDArray[np.float64], thickness_mm: float, step_mm: float) -> NDArray[np.float64]:
    """Height of the surface that is everywhere a thickness below a height field.

    The lower envelope of balls around the points of the field: each of its points is exactly the thickness from the
    nearest point of the field. As a height field it cannot fold, however sharply the first one is bent.

    Parameters
    ----------
    height
        (nu, nv), mm.
    thickness_mm
        Radius of the balls.
    step_mm
        Distance between nodes.

    Returns
    -------
    ndarray
        (nu, nv), mm.

    Examples
    --------
    >>> bool(np.allclose(offset_height(np.zeros((5, 5)), 2.0, 0.4), -2.0))
    True
    """
    reach = int(thickness_mm / step_mm)
    padded = np.pad(height, reach, mode="edge")
    nu, nv = height.shape
    lowest = np.full(height.shape, np.inf)
    # The nodes of a ring around each node are as deep below the ball: the lowest of them counts.
    for a in range(reach + 1):
        for b in range(a + 1):
            across = step_mm * np.hypot(a, b)
            if across > thickness_mm:
                continue
            ring = {(x * s, y * t) for x, y in ((a, b), (b, a)) for s in (-1, 1) for t in (-1, 1)}
            shifted = [padded[reach + x : reach + x + nu, reach + y : reach + y + nv] for x, y in sorted(ring)]
            in_ring = shifted[0].copy()
            for other in shifted[1:]:
                np.minimum(in_ring, other, out=in_ring)
            in_ring -= np.sqrt(max(thickness_mm**2 - across**2, 0.0))
            np.minimum(lowest, in_ring, out=lowest)
    return lowest


def inner_table_height(patch: DefectPatch, chart: InsertionChart) -> NDArray[np.float64]:
    """Height of the inner table.

    Parameters
    ----------
    patch
        The restored surface; its ``wide_inner`` is the inner table.
    chart
        Over the outer face.

    Returns
    -------
    ndarray
        (nu, nv), mm along the outward axis, on the chart's nodes; infinite where none is seen at all.
    """
    table = chart.project_mesh(RayCaster(Mesh(patch.wide_inner, patch.wide_outer.faces)), from_outside=False)
    return fill_nearest(table) if np.isfinite(table).any() else np.full(table.shape, np.inf)


def inner_face_height(
    chart: InsertionChart, settings: ImplantSettings, table_height: NDArray[np.float64] | None
) -> NDArray[np.float64]:
    """Height of a body's inner face.

    Parameters
    ----------
    chart
        Over the outer face.
    settings
        ``thickness_mm``, or ``min_thickness_mm`` where the inner table is followed.
    table_height
        From :func:`inner_table_height`, where it is followed.

    Returns
    -------
    ndarray
        (nu, nv), mm along the outward axis, on the chart's nodes.
    """
    if table_height is None:
        return offset_height(chart.height, settings.thickness_mm, CHART_STEP_MM)
    return np.minimum(offset_height(chart.height, settings.min_thickness_mm, CHART_STEP_MM), table_height)


def outward_normals(patch: DefectPatch, centre: NDArray[np.float64]) -> NDArray[np.float64]:
    """Unit normals of a patch's wide surface, away from the head's centre.

    Parameters
    ----------
    patch
        ``wide_outer`` is used; its triangles may run in either direction.
    centre
        (3,), mm RAS, the head's centre.

    Returns
    -------
    ndarray
        (w, 3).
    """
    wide = patch.wide_outer
    return _turned_outwards(vertex_normals(wide.vertices, wide.faces), wide, centre)


def _turned_outwards(normals: NDArray[np.float64], face: Mesh, centre: NDArray[np.float64]) -> NDArray[np.float64]:
    """Normals (w, 3) of a face's vertices, away from the head's centre (3,)."""
    return normals if (normals * (face.vertices - centre)).sum() > 0 else -normals
