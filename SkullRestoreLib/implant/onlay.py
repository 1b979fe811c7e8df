"""Build what is on top of the bone: an onlay rim all around, or tabs for screws at single spots."""

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from SkullRestoreLib.implant.chart import CHART_STEP_MM, InsertionChart
from SkullRestoreLib.implant.clearance import FreeSpace, measure_free_space
from SkullRestoreLib.implant.cutting_tool import build_cutting_tool, extrude_outline
from SkullRestoreLib.implant.layout import ImplantLayout
from SkullRestoreLib.implant.outline import ImplantOutline, nodes_within, signed_outline_distance
from SkullRestoreLib.implant.rim_spots import FIXATION_INSET_MM, FIXATION_WIDTH_MM, SCREW_HOLE_OFFSET_MM, RimSpot
from SkullRestoreLib.implant.temporal import smoothstep
from SkullRestoreLib.implant.trim_line import cut_along_line
from SkullRestoreLib.settings import FEATHER_EDGE_MM

if TYPE_CHECKING:
    from manifold3d import CrossSection, Manifold

CONTACT_GAP_MM = 0.2
"""Gap between the onlay and the bone that it rests on."""
GAP_BRIDGE_DEPTH_MM = 0.5
"""How far below the outer face the onlay reaches where it crosses the gap between implant and bone."""
OVER_BONE_DEPTH_MM = 3.0
"""How much farther it reaches down over the bone, before the bone is taken off it."""
RAMP_LENGTH_MM = 0.8
"""Over this length the depth changes from the one to the other."""
UNDERSIDE_INSET_MM = 3.0
"""The underside is carved up to this far inside the rim; farther in the body is below it."""
MIN_FOOT_CELLS = 5
"""Least width, in cells of the chart, of what reaches down to the bone."""
BLEND_LENGTH_MM = 8.0
"""The outer face begins to rise to the onlay this far inside the rim."""
CORE_INSET_MM = 1.0
"""The onlay ends this much farther in: two faces at the same place, all over a body, would cut each other to crumbs."""
TAB_LENGTH_MM = 9.0
"""Length of a tab beyond the rim."""
ONLAY_DEPTH_RESERVE_MM = 4.0
"""Free space is measured this much deeper than the onlay is thick and the face is sunk."""
ONLAY_CUT_MM = 2.0
"""Past a trim line, this much more than the rim is wide is cut off."""
MAX_DEPTH_MM = 40.0
"""The bone under the rim is looked at no deeper than this along the insertion direction."""
MIN_ONLAY_PIECE_FRACTION = 0.2
"""Pieces of the onlay smaller than this fraction of the largest are off-cuts."""


def build_onlay(layout: ImplantLayout, tabs: list[RimSpot]) -> "Manifold | None":
    """Build the onlay, to be joined to the body.

    Parameters
    ----------
    layout
        ``onlay_mm`` and ``onlay_thickness_mm`` of its settings are used.
    tabs
        Where tabs are wanted.

    Returns
    -------
    Manifold or None
        None where neither a rim nor tabs are wanted.
    """
    settings = layout.settings
    drawing = _draw_onlay(layout, tabs)
    if drawing.is_empty():
        return None
    inside = layout.outline.inside_mm
    above = height_over_bone(layout)
    chart = replace(layout.chart, height=layout.height_above(above * smoothstep(1 - inside / BLEND_LENGTH_MM)))
    # Deep enough over the bone to meet it where the restored surface is above it; the bone decides how deep it remains.
    shallow_mm = min(max(settings.rim_radius_mm, GAP_BRIDGE_DEPTH_MM), settings.least_thickness_mm / 2)
    bottom_height = layout.height_above(-(shallow_mm + np.clip(1 - inside / RAMP_LENGTH_MM, 0, 1) * OVER_BONE_DEPTH_MM))
    bridge_height = layout.height_above(-shallow_mm)
    distance, _ = signed_outline_distance(chart, drawing)
    outline = ImplantOutline(drawing, distance, np.zeros(distance.shape, dtype=bool), [])
    depth_mm = settings.onlay_thickness_mm + settings.sink_mm + ONLAY_DEPTH_RESERVE_MM
    # Where the face is steep, the depth along its normal is several times as much along the insertion direction: what
    # is below the cutting tool would stay in the bone, as sheets.
    near = nodes_within(chart, drawing, ONLAY_CUT_MM)
    depth = np.where(near, chart.height - bottom_height + ONLAY_DEPTH_RESERVE_MM, 0.0)
    depth = np.clip(depth, depth_mm, MAX_DEPTH_MM)
    space = measure_free_space(
        chart,
        layout.geometry.points,
        layout.bone_surface,
        layout.bone,
        clearance_mm=CONTACT_GAP_MM,
        depth_mm=depth,
        distance_band_mm=layout.free_space.distance_band_mm,
        beyond_mm=layout.clearance_mm + max(settings.onlay_mm, TAB_LENGTH_MM if tabs else 0.0),
    )
    underside = _underside_free_distance(layout, chart, space, bridge_height)
    space = replace(space, free_distance=np.minimum(space.free_distance, underside))
    body = layout.solid_between(bottom_height, chart.height, drawing, "the rim over the bone")
    # A feathered edge is thinner than the rounding.
    edge = settings.with_changes(rim_radius_mm=0.0) if settings.onlay_feather else settings
    prism = extrude_outline(chart, outline, float(depth.max())) - _core(layout, chart)
    onlay = (body ^ prism) - build_cutting_tool(chart, outline, space, bottom_height, edge)
    pieces = onlay.decompose()
    largest = max((piece.volume() for piece in pieces), default=0.0)
    kept = [piece for piece in pieces if piece.volume() > MIN_ONLAY_PIECE_FRACTION * largest]
    return onlay.compose(kept) if pieces else None


def _core(layout: ImplantLayout, chart: InsertionChart) -> "Manifold":
    """What is so far inside the rim that the onlay and the body have the same face there: a block, or nothing."""
    from manifold3d import Manifold

    core = layout.outline.cross_section.offset(-BLEND_LENGTH_MM - CORE_INSET_MM, circular_segments=16).simplify(0.1)
    if core.is_empty():  # a small implant; an extruded nothing is no solid
        return Manifold()
    reach = float(np.ptp(chart.height)) + OVER_BONE_DEPTH_MM
    return chart.extrude_drawing(core, float(chart.height.min()) - reach, float(chart.height.max()) + reach)


def height_over_bone(layout: ImplantLayout) -> NDArray[np.float64]:
    """Height of the onlay's or the tabs' face over the outer face.

    Parameters
    ----------
    layout
        Of the implant.

    Returns
    -------
    ndarray
        (nu, nv), mm along the normal, on the chart's nodes.
    """
    return CONTACT_GAP_MM + _rim_thickness(layout) + layout.settings.sink_mm + _bone_protrusion(layout)


def _rim_thickness(layout: ImplantLayout) -> NDArray[np.float64] | float:
    """Thickness of what is over the bone, mm: one value, or (nu, nv) where it thins out to a feathered edge."""
    settings = layout.settings
    if not (settings.onlay_feather and settings.onlay_mm):
        return settings.onlay_thickness_mm
    beyond = -layout.outline.inside_mm - layout.clearance_mm
    return settings.onlay_thickness_mm + np.clip(beyond / settings.onlay_mm, 0, 1) * (
        FEATHER_EDGE_MM - settings.onlay_thickness_mm
    )


def _draw_onlay(layout: ImplantLayout, tabs: list[RimSpot]) -> "CrossSection":
    """Drawing of the onlay rim and the tabs, in u and v; empty where neither is wanted."""
    from manifold3d import CrossSection

    drawing = CrossSection()
    if layout.settings.onlay_mm:
        drawing += layout.outline.cross_section.offset(
            layout.clearance_mm + layout.settings.onlay_mm, circular_segments=48
        ).simplify(0.02)
        # It rests on bone: there is no rim past a trim line.
        for line in layout.outline.trim_lines:
            drawing = cut_along_line(drawing, line, layout.clearance_mm + layout.settings.onlay_mm + ONLAY_CUT_MM)
    for tab in tabs:
        drawing += tab_strip(tab, -FIXATION_INSET_MM, layout.clearance_mm + TAB_LENGTH_MM)
    return drawing


def _underside_free_distance(
    layout: ImplantLayout, chart: InsertionChart, space: FreeSpace, bridge_height: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Free distance above the onlay's underside: (nu, nv, nw), mm, on the space's nodes.

    Across the gap the underside is at ``bridge_height``, (nu, nv), mm. It goes down to the bone only where that is wide
    enough for a foot that can be made: a blade in the cleft between rim and bone would break off, and hold the body in
    a mould.
    """
    uv = space.node_uv()
    flat = uv.reshape(-1, 2)
    shallow = chart.sample_at(chart.height - bridge_height, flat).reshape(uv.shape[:2])
    over_bone = -layout.chart.sample_at(layout.outline.inside_mm, flat).reshape(uv.shape[:2]) - layout.clearance_mm
    # Down to where bone is first met from above; what has no bone below it stays up.
    in_bone = space.free_distance <= 0
    top = space.free_distance.shape[2] - 1 - in_bone[..., ::-1].argmax(axis=2)
    bone_depth = np.where(in_bone.any(axis=2), -space.layer_heights[top], 0.0)
    deep = np.where(over_bone > 0, np.maximum(np.minimum(bone_depth, shallow + OVER_BONE_DEPTH_MM), shallow), shallow)
    deep = shallow + ndimage.grey_opening(deep - shallow, size=MIN_FOOT_CELLS)
    ramp = shallow + np.clip(over_bone / RAMP_LENGTH_MM, 0, 1) * OVER_BONE_DEPTH_MM
    upward = chart.sample_normals(uv)[..., 2]
    free = (space.layer_heights + np.minimum(deep, ramp)[..., None]) * upward[..., None]
    return np.where((over_bone < -layout.clearance_mm - UNDERSIDE_INSET_MM)[..., None], np.inf, free)


def _bone_protrusion(layout: ImplantLayout) -> NDArray[np.float64]:
    """How far the bone stands out over the restored surface: (nu, nv), mm, on the chart's nodes.

    There the onlay must rise to keep its thickness.
    """
    chart = layout.chart
    uvw = chart.to_uvw(layout.bone_surface.points)
    cell = np.rint((uvw[:, :2] - chart.corner) / CHART_STEP_MM).astype(int)
    in_chart = ((cell >= 0) & (cell < chart.height.shape)).all(axis=1) & (np.abs(uvw[:, 2]) < OVER_BONE_DEPTH_MM)
    cell, height = cell[in_chart], uvw[in_chart, 2]
    protrusion = np.zeros(chart.height.shape)
    np.maximum.at(protrusion, tuple(cell.T), height * chart.normals[..., 2][tuple(cell.T)] - layout.settings.sink_mm)
    # The bone's points are a voxel apart: the maximum over their neighbourhood, smoothed over less, is above them.
    return ndimage.gaussian_filter(ndimage.maximum_filter(protrusion, 9), 2.0)


def tab_strip(spot: RimSpot, start_mm: float, end_mm: float, width_mm: float = FIXATION_WIDTH_MM) -> "CrossSection":
    """Draw a strip across the rim with a round outer end.

    Parameters
    ----------
    spot
        On the rim.
    start_mm, end_mm
        Ends of the strip, mm outwards of the rim.
    width_mm
        Of the strip.
    """
    from manifold3d import CrossSection

    along = np.array([-spot.outward[1], spot.outward[0]])
    half = width_mm / 2
    corners = [
        spot.position + o * spot.outward + a * along
        for o, a in ((start_mm, half), (start_mm, -half), (end_mm - half, -half), (end_mm - half, half))
    ]
    area = CrossSection([np.array(corners)])
    if area.area() < 1:  # the corners ran clockwise
        area = CrossSection([np.array(corners[::-1])])
    return area + CrossSection.circle(half, 32).translate((spot.position + (end_mm - half) * spot.outward).tolist())


def screw_hole_centres(tabs: list[RimSpot], clearance_mm: float) -> list[NDArray[np.float64]]:
    """Centres (2,) of the tabs' screw holes in the drawing.

    Parameters
    ----------
    tabs
        Where the tabs are.
    clearance_mm
        Gap between implant and bone; the holes are over the bone.
    """
    return [tab.position + (clearance_mm + SCREW_HOLE_OFFSET_MM) * tab.outward for tab in tabs]
