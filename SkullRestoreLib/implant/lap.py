"""What laps over the bone: an onlay rim all around, or tabs for screws at single spots."""

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from SkullRestoreLib.case import Mesh
from SkullRestoreLib.implant.chart import STEP_MM, Chart
from SkullRestoreLib.implant.cut import Plan, prism, signed_distance, tool
from SkullRestoreLib.implant.design import FIXATION_MM, INWARDS_MM, Design, Spot
from SkullRestoreLib.implant.gap import Space, free_space
from SkullRestoreLib.implant.rays import Rays
from SkullRestoreLib.implant.slab import slab, smoothstep

if TYPE_CHECKING:
    from manifold3d import CrossSection, Manifold

CONTACT_MM = 0.2  # the rim rests on the bone but for this
SHALLOW_MM = 0.5  # so far below the outer face the rim reaches across the gap
DEEP_MM = 3.0  # and over the bone, before the bone is taken off
ONTO_MM = 0.8  # over which it gets there
WITHIN_MM = 3.0  # so far inside the edge the underside is carved; further in the body is below it
FOOT_CELLS = 5  # of the chart: what reaches down to the bone is at least as wide
BLEND_MM = 8.0  # so far inside the edge the outer face begins to rise to the rim
TAB_MM = 9.0  # length of a tab beyond the edge
SCREW_MM = 2.0  # diameter of a tab's hole
SCREW_AT_MM = 5.0  # its distance from the edge


def lap(design: Design, tabs: list[Spot], band: float) -> "Manifold | None":
    """Make what laps over the bone, to be joined to the body; None where nothing does.

    Parameters
    ----------
    design
        ``onlay_mm`` and ``onlay_thickness_mm`` of its settings are used.
    tabs
        Where tabs are wanted.
    band
        Of the body's space, mm.
    """
    from manifold3d import CrossSection

    settings = design.settings
    drawing = CrossSection()
    if settings.onlay_mm:
        drawing += design.plan.drawing.offset(design.gap + settings.onlay_mm, circular_segments=48).simplify(0.02)
    for tab in tabs:
        drawing += strip(tab, -INWARDS_MM, design.gap + TAB_MM)
    if drawing.is_empty():
        return None
    uv = design.uv(design.outer.vertices)
    inside = design.chart.at(design.plan.inside, uv)
    above = settings.onlay_thickness_mm + settings.sink_mm + design.chart.at(_proud(design), uv)
    lifted = Mesh(design.shifted(above * smoothstep(1 - inside / BLEND_MM)), design.outer.faces)
    chart = Chart.over(lifted, design.chart.outward, origin=design.chart.origin)
    # over the bone deep enough to meet it where the restored surface lies above it; how deep it reaches in truth the bone decides
    shallow = min(max(settings.rim_radius_mm, SHALLOW_MM), settings.thickness_mm / 2)
    bottom = design.shifted(-(shallow + np.clip(1 - inside / ONTO_MM, 0, 1) * DEEP_MM))
    floor, skin = (_seen_from_below(chart, Mesh(points, design.outer.faces)) for points in (bottom, design.shifted(-shallow)))
    distance, _ = signed_distance(chart, drawing)
    plan = Plan(drawing, distance, np.zeros(distance.shape, dtype=bool))
    depth = settings.onlay_thickness_mm + settings.sink_mm + 4.0
    beyond = design.gap + max(settings.onlay_mm, TAB_MM if tabs else 0.0)
    space = free_space(chart, design.patch, design.surface, design.bone, CONTACT_MM, depth, band, beyond=beyond)
    space = replace(space, free=np.minimum(space.free, _underside(design, chart, space, skin)))
    body = slab(lifted, bottom, "the rim over the bone")
    made = (body ^ prism(chart, plan, depth)) - tool(chart, plan, space, floor, settings, band)
    pieces = made.decompose()
    largest = max((piece.volume() for piece in pieces), default=0.0)
    return made.compose([piece for piece in pieces if piece.volume() > 0.2 * largest]) if pieces else None


def _seen_from_below(chart: Chart, face: Mesh) -> np.ndarray:
    """Height of a face at the chart's nodes, (nu, nv) float, mm; beyond it that of its nearest place."""
    height = chart.look(Rays(face), from_outside=False)
    known = ndimage.distance_transform_edt(np.isnan(height), return_distances=False, return_indices=True)
    return height[tuple(known)]


def _underside(design: Design, chart: Chart, space: Space, skin: np.ndarray) -> np.ndarray:
    """Room above the rim's underside: (nu, nv, nw) float, mm on the space's nodes.

    It runs at the level of ``skin``, (nu, nv), mm, across the gap, and goes down to the bone only where that is wide enough for a foot that can
    be made: a blade in the cleft between rim and bone would break off, and hold the body in a mould.
    """
    uv = space.nodes()
    flat = uv.reshape(-1, 2)
    shallow = chart.at(chart.height - skin, flat).reshape(uv.shape[:2])
    over = -design.chart.at(design.plan.inside, flat).reshape(uv.shape[:2]) - design.gap
    # down to where bone is first met from above; what has no bone below it stays up
    met = space.free <= 0
    top = space.free.shape[2] - 1 - met[..., ::-1].argmax(axis=2)
    ends = np.where(met.any(axis=2), -space.w[top], 0.0)
    deep = np.where(over > 0, np.maximum(np.minimum(ends, shallow + DEEP_MM), shallow), shallow)
    deep = shallow + ndimage.grey_opening(deep - shallow, size=FOOT_CELLS)
    ramp = shallow + np.clip(over / ONTO_MM, 0, 1) * DEEP_MM
    up = chart.sample_normals(uv)[..., 2]
    room = (space.w + np.minimum(deep, ramp)[..., None]) * up[..., None]
    return np.where((over < -design.gap - WITHIN_MM)[..., None], np.inf, room)


def _proud(design: Design) -> np.ndarray:
    """How far the bone stands out over the restored surface, (nu, nv) float, mm on the chart's nodes: there the rim must rise to keep its thickness."""
    chart = design.chart
    uvw = chart.flatten(design.surface.points)
    cell = np.rint((uvw[:, :2] - chart.corner) / STEP_MM).astype(int)
    seen = ((cell >= 0) & (cell < chart.height.shape)).all(axis=1) & (np.abs(uvw[:, 2]) < DEEP_MM)
    cell, height = cell[seen], uvw[seen, 2]
    proud = np.zeros(chart.height.shape)
    np.maximum.at(proud, tuple(cell.T), height * chart.normals[..., 2][tuple(cell.T)] - design.settings.sink_mm)
    # the bone's points are a voxel apart; what is taken from their neighbourhood and smoothed over less than that lies over all of them
    return ndimage.gaussian_filter(ndimage.maximum_filter(proud, 9), 2.0)


def strip(spot: Spot, start: float, end: float) -> "CrossSection":
    """A strip across the edge with a round outer end, from ``start`` to ``end`` mm outwards of it."""
    from manifold3d import CrossSection

    along = np.array([-spot.out[1], spot.out[0]])
    half = FIXATION_MM / 2
    corners = [spot.at + o * spot.out + a * along for o, a in ((start, half), (start, -half), (end - half, -half), (end - half, half))]
    area = CrossSection([np.array(corners)])
    if area.area() < 1:
        area = CrossSection([np.array(corners[::-1])])
    return area + CrossSection.circle(half, 32).translate((spot.at + (end - half) * spot.out).tolist())


def screw_places(tabs: list[Spot], gap: float) -> list[np.ndarray]:
    """Middles (2,) of the tabs' screw holes in the drawing."""
    return [tab.at + (gap + SCREW_AT_MM) * tab.out for tab in tabs]
