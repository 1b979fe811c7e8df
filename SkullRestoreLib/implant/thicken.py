"""The two faces of an implant: the outer face from the restored surface, the inner face at a depth below it.

Both reach over the sound bone around the defect; the outline is cut out of them later.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from SkullRestoreLib.affine import apply_affine
from SkullRestoreLib.geometry.ray_caster import RayCaster
from SkullRestoreLib.geometry.refined_mesh import vertex_normals
from SkullRestoreLib.implant.chart import CHART_STEP_MM, InsertionChart, fill_nearest
from SkullRestoreLib.implant.loops import border_edges
from SkullRestoreLib.implant.patch_geometry import PatchGeometry
from SkullRestoreLib.implant.temporal import PATCH_MATCH_MM, TEMPORAL_FOSSA_DEG, blur_along, smoothstep, temporal_weight
from SkullRestoreLib.records import DefectPatch, ImplantSettings, Mesh, Pose

TEMPORAL_FADE_MM = 15.0
"""A temporal filling has its full height this far from the bone."""
NORMAL_BLUR_MM = 6.0
"""Directions in which a face is raised are means over this distance."""
TEMPORAL_LINE_RADIUS_MM = 35.0
"""Radius with which the temporal line turns down at both ends."""


def outer_face(
    patch: DefectPatch, settings: ImplantSettings, pose: Pose, raised_mm: NDArray[np.float64] | None = None
) -> Mesh:
    """Give the outer face over the wide surface: sunk, filled over the temporal fossa, or raised for the skin.

    Parameters
    ----------
    patch
        The restored surface.
    settings
        ``sink_mm`` and ``temporal_fill_mm`` are used.
    pose
        Says where the temporal fossa is.
    raised_mm
        (w,), by how much it is raised for the skin; None where it is not.

    Returns
    -------
    Mesh
        With the triangles of ``patch.wide_outer``, mm RAS.
    """
    wide = patch.wide_outer
    if not settings.sink_mm and not settings.temporal_fill_mm and raised_mm is None:
        return wide
    offset_mm = np.full(len(wide.vertices), -settings.sink_mm)
    if settings.temporal_fill_mm:
        weight = temporal_weight(apply_affine(pose.ras_to_head, wide.vertices))
        offset_mm += settings.temporal_fill_mm * weight * _border_fade(patch)
    normals = outward_normals(patch, pose.head_to_ras[:3, 3])
    vertices = wide.vertices + offset_mm[:, None] * normals
    if raised_mm is not None:
        vertices = vertices + raised_mm[:, None] * smooth_normals(normals, wide)
    return Mesh(vertices, wide.faces)


def smooth_normals(normals: NDArray[np.float64], surface: Mesh) -> NDArray[np.float64]:
    """Blur normals along a surface: those of a crease would fold what is raised along them.

    Parameters
    ----------
    normals
        (n, 3), unit.
    surface
        With these vertices.

    Returns
    -------
    ndarray
        (n, 3), unit.
    """
    blurred = blur_along(normals, surface, NORMAL_BLUR_MM)
    return blurred / np.maximum(np.linalg.norm(blurred, axis=1, keepdims=True), 1e-12)


def asked_thickness(
    points: NDArray[np.float64], settings: ImplantSettings, ras_to_head: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Say how thick a body is to be at places of its outer face.

    Parameters
    ----------
    points
        (n, 3), mm RAS, on the outer face.
    settings
        ``thickness_mm``, ``thickness_temporal_mm`` and ``temporal_transition_mm`` are used.
    ras_to_head
        (4, 4).

    Returns
    -------
    ndarray
        (n,), mm: one thickness everywhere, or another one over the temporal fossa with a smooth step between.

    Examples
    --------
    >>> graded = ImplantSettings(thickness_mm=5, thickness_temporal_mm=2)
    >>> asked_thickness(np.array([[0.0, 0, 85], [85, 0, 0]]), graded, np.eye(4)).tolist()
    [5.0, 2.0]
    """
    if not settings.thickness_temporal_mm:
        return np.full(len(points), settings.thickness_mm)
    x, y, z = apply_affine(ras_to_head, points).T
    radius, level = np.linalg.norm([x, y, z], axis=0), np.hypot(x, y)
    azimuth, elevation = np.arctan2(np.abs(x), y), np.arctan2(z, level)
    up, front, back = (np.radians(sum(ends) / 2) for ends in TEMPORAL_FOSSA_DEG)
    below, between = radius * (up - elevation), level * np.minimum(azimuth - front, back - azimuth)
    # the temporal line is an arch: the corners are rounded
    corner = TEMPORAL_LINE_RADIUS_MM - np.maximum(TEMPORAL_LINE_RADIUS_MM - np.stack([below, between]), 0)
    in_corner = (corner < TEMPORAL_LINE_RADIUS_MM).all(axis=0)
    rounded = TEMPORAL_LINE_RADIUS_MM - np.hypot(*(TEMPORAL_LINE_RADIUS_MM - corner))
    inside_mm = np.where(in_corner, rounded, np.minimum(below, between))
    share = smoothstep(0.5 + inside_mm / settings.temporal_transition_mm)
    return settings.thickness_mm + share * (settings.thickness_temporal_mm - settings.thickness_mm)


def _border_fade(patch: DefectPatch) -> NDArray[np.float64]:
    """(w,) over the wide surface: 0 at the patch's border and beyond it, 1 well inside."""
    border = patch.outer.vertices[np.unique(border_edges(patch.outer.faces))]
    inside = cKDTree(patch.outer.vertices).query(patch.wide_outer.vertices)[0] < PATCH_MATCH_MM
    return np.where(inside, smoothstep(cKDTree(border).query(patch.wide_outer.vertices)[0] / TEMPORAL_FADE_MM), 0.0)


def rough_inner_face(
    geometry: PatchGeometry, outer: Mesh, settings: ImplantSettings, pose: Pose
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
        The thickness, or ``follow_inner_table`` with ``min_thickness_mm``.
    pose
        Of the head.

    Returns
    -------
    ndarray
        (w, 3), mm RAS.
    """
    patch = geometry.patch
    normals = geometry.wide_normals if outer is patch.wide_outer else vertex_normals(outer.vertices, outer.faces)
    normals = _turned_outwards(normals, outer, pose.head_to_ras[:3, 3])
    depth = ((outer.vertices - patch.wide_inner) * normals).sum(axis=1)
    depth = (
        np.maximum(depth, settings.min_thickness_mm)
        if settings.follow_inner_table
        else asked_thickness(outer.vertices, settings, pose.ras_to_head)
    )
    return outer.vertices - depth[:, None] * normals


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


def graded_offset_height(
    height: NDArray[np.float64], thickness_mm: NDArray[np.float64], step_mm: float
) -> NDArray[np.float64]:
    """As :func:`offset_height`, with a thickness that changes from place to place.

    The lower envelope of balls whose radius r rises by s over a millimetre is r / sqrt(1 - s²) below the field (the
    common tangent of two circles); the balls are smaller by that factor, so that the thickness is the one asked.

    Parameters
    ----------
    height
        (nu, nv), mm.
    thickness_mm
        (nu, nv), radius of the ball at each node.
    step_mm
        Distance between nodes.

    Returns
    -------
    ndarray
        (nu, nv), mm.

    Examples
    --------
    >>> flat = np.zeros((5, 5))
    >>> bool(np.allclose(graded_offset_height(flat, flat + 2.0, 0.4), offset_height(flat, 2.0, 0.4)))
    True
    """
    slope = np.clip(np.hypot(*np.gradient(thickness_mm, step_mm)), 0, 0.9)
    thickness_mm = thickness_mm * np.sqrt(1 - slope**2)
    reach = int(thickness_mm.max() / step_mm)
    nu, nv = height.shape
    lowest = np.full(height.shape, np.inf)
    for a in range(reach + 1):
        for b in range(a + 1):
            if step_mm**2 * (a * a + b * b) > thickness_mm.max() ** 2:
                continue
            left = thickness_mm**2 - step_mm**2 * (a * a + b * b)
            below = np.pad(np.where(left >= 0, height - np.sqrt(np.maximum(left, 0)), np.inf), reach, mode="edge")
            for x, y in {(x * s, y * t) for x, y in ((a, b), (b, a)) for s in (-1, 1) for t in (-1, 1)}:
                np.minimum(lowest, below[reach + x : reach + x + nu, reach + y : reach + y + nv], out=lowest)
    return lowest


def without_raise(chart: InsertionChart, base: Mesh | None) -> InsertionChart:
    """Give the chart as it would be if the outer face were not raised for the skin: the inner face stays there.

    Parameters
    ----------
    chart
        Over the outer face.
    base
        The outer face if it were not raised; None where it is not.

    Returns
    -------
    InsertionChart
        With the same nodes.
    """
    if base is None:
        return chart
    raised = chart.height - chart.project_mesh(RayCaster(base), from_outside=True)
    return replace(chart, height=chart.height - np.where(np.isfinite(raised), np.maximum(raised, 0), 0))


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
    chart: InsertionChart,
    settings: ImplantSettings,
    table_height: NDArray[np.float64] | None,
    ras_to_head: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Height of a body's inner face.

    Parameters
    ----------
    chart
        Over the outer face.
    settings
        The thickness, or ``min_thickness_mm`` where the inner table is followed.
    table_height
        From :func:`inner_table_height`, where it is followed.
    ras_to_head
        (4, 4): says where the temporal fossa is.

    Returns
    -------
    ndarray
        (nu, nv), mm along the outward axis, on the chart's nodes.
    """
    if table_height is None and settings.thickness_temporal_mm:
        points = chart.node_points().reshape(-1, 3)
        thickness_mm = asked_thickness(points, settings, ras_to_head).reshape(chart.height.shape)
        return graded_offset_height(chart.height, thickness_mm, CHART_STEP_MM)
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
