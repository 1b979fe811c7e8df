"""Measure the step under the scalp: the height of a body's outer face over the bone's outer table, along the rim.

Body and bone are compared through the chart's height, which follows the restored surface over both: what both have in
common, such as the curvature of the skull, is not taken for a step.
"""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial import cKDTree

from SkullRestoreLib.geometry.ray_caster import RayCaster
from SkullRestoreLib.implant.bone_fit import FinishedBody
from SkullRestoreLib.implant.chart import CHART_STEP_MM
from SkullRestoreLib.implant.projected_body import ProjectedBody

MAX_STEP_MM = 6.0
"""Bone that is higher or lower than this over the outer face is not the outer table next to it."""
TABLE_REACH_MM = (1.0, 5.0)
"""The outer table is looked for from here to there beyond the clearance: next to its edge the bone is rounded."""
ONLAY_REACH_MM = (0.4, 2.5)
"""The same beyond an onlay rim, which is on the bone; the restored surface does not reach much farther."""
MIN_TABLE_COSINE = 0.85
"""The outer table faces the same way as the outer face, to this cosine."""
INSIDE_RIM_MM = 1.0
"""The body is measured this far inside its rounded rim."""
NEIGHBOURS, MIN_NEIGHBOURS = 40, 8
"""So many nodes of the bone are looked at next to a place, and at least so many must be there."""


def measure_step(body: FinishedBody, projected: ProjectedBody) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Measure the step along the rim.

    Parameters
    ----------
    body
        The finished body.
    projected
        The same, seen along the insertion direction.

    Returns
    -------
    step
        (n,), mm, positive where the body stands out over the bone; empty where there is no bone next to it.
    of_vertex
        (v,), mm, at each vertex of the mesh that is on the outer face next to the rim; NaN elsewhere.
    """
    chart, shape = body.chart, projected.on_body.shape
    filled = ndimage.binary_fill_holes(projected.on_body)
    settings = body.settings
    if settings.onlay_mm:  # it ends over the bone, without a gap
        from_mm, reach_mm = ONLAY_REACH_MM
    else:
        from_mm, reach_mm = (settings.clearance_mm + reach for reach in TABLE_REACH_MM)
    outside = ndimage.distance_transform_edt(~filled, sampling=CHART_STEP_MM)
    inside = ndimage.distance_transform_edt(filled, sampling=CHART_STEP_MM)
    table = np.where((outside > from_mm) & (outside < reach_mm), _bone_height(body), np.nan)
    # A feathered edge is not rounded, and steps where it ends.
    is_feathered = bool(settings.onlay_mm and settings.onlay_feather)
    rim_mm = CHART_STEP_MM if is_feathered else INSIDE_RIM_MM + settings.rim_radius_mm
    # A ray that slips through an edge of the outer face finds the inner one, and would be a step of the thickness.
    rim = np.argwhere((inside >= rim_mm) & (inside < rim_mm + CHART_STEP_MM) & projected.seen_nodes())
    bone = np.argwhere(np.isfinite(table))
    picture = np.full(shape, np.nan)
    if len(rim) and len(bone) >= MIN_NEIGHBOURS:
        away, nearest = cKDTree(bone).query(rim, k=NEIGHBOURS, distance_upper_bound=(reach_mm + rim_mm) / CHART_STEP_MM)
        found = np.isfinite(away)
        heights = np.where(found, table[tuple(bone[np.where(found, nearest, 0)].transpose(2, 0, 1))], np.nan)
        enough = found.sum(axis=1) >= MIN_NEIGHBOURS
        place = tuple(rim[enough].T)
        upright = chart.normals[..., 2][place]
        own = (projected.top_height - chart.height)[place]
        picture[place] = upright * (own - np.nanmedian(heights[enough], axis=1))
    return picture[np.isfinite(picture)], projected.values_of_vertices(picture, within_mm=reach_mm)


def _bone_height(body: FinishedBody) -> NDArray[np.float64]:
    """Height of the bone over the chart's own height at each node, (nu, nv), mm; NaN where there is none near it."""
    chart = body.chart
    height = np.full(chart.height.shape, -np.inf)
    # Past the face the chart's height is only continued.
    on_face = chart.on_face
    if on_face is None:
        on_face = np.isfinite(chart.project_mesh(RayCaster(body.outer), from_outside=True))
    if len(body.bone_surface.points):
        uvw = body.bone_uvw
        cell = np.rint((uvw[:, :2] - chart.corner) / CHART_STEP_MM).astype(int)
        near = (np.abs(uvw[:, 2]) < MAX_STEP_MM) & ((cell >= 0) & (cell < height.shape)).all(axis=1)
        outwards = chart.normals[tuple(np.where(near[:, None], cell, 0).T)] @ chart.axes
        near &= (body.bone_surface.normals * outwards).sum(axis=1) > MIN_TABLE_COSINE  # no edge, no inner table
        np.maximum.at(height, tuple(cell[near].T), uvw[near, 2])
    return np.where(np.isfinite(height) & on_face, height, np.nan)
