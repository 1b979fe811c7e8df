"""What laps over the bone: an onlay rim all around, or tabs for screws at single spots."""

from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from SkullRestoreLib.case import Mesh
from SkullRestoreLib.implant.chart import STEP_MM, Chart
from SkullRestoreLib.implant.cut import Plan, prism, signed_distance, tool
from SkullRestoreLib.implant.design import FIXATION_MM, INWARDS_MM, Design, Spot
from SkullRestoreLib.implant.gap import free_space
from SkullRestoreLib.implant.rays import Rays
from SkullRestoreLib.implant.slab import slab, smoothstep

if TYPE_CHECKING:
    from manifold3d import CrossSection, Manifold

CONTACT_MM = 0.2  # the rim rests on the bone but for this
SHALLOW_MM = 0.5  # so far below the outer face the rim reaches across the gap
DEEP_MM = 3.0  # and over the bone, before the bone is taken off
ONTO_MM = 0.8  # over which it gets there
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
    chart = Chart.over(lifted, design.chart.outward)
    # shallow as far as the gap reaches; over the bone deep enough to meet it where the restored surface lies above it
    shallow = min(max(settings.rim_radius_mm, SHALLOW_MM), settings.thickness_mm / 2)
    over_bone = np.clip((-inside - design.gap) / ONTO_MM, 0, 1)
    bottom = design.shifted(-(shallow + over_bone * (DEEP_MM - shallow)))
    floor = chart.look(Rays(Mesh(bottom, design.outer.faces)), from_outside=False)
    floor = np.where(np.isfinite(floor), floor, chart.height - DEEP_MM)
    distance, _ = signed_distance(chart, drawing)
    plan = Plan(drawing, distance, np.zeros(distance.shape, dtype=bool))
    depth = settings.onlay_thickness_mm + settings.sink_mm + 4.0
    beyond = design.gap + max(settings.onlay_mm, TAB_MM if tabs else 0.0)
    space = free_space(chart, design.patch, design.surface, design.bone, CONTACT_MM, depth, band, beyond=beyond)
    body = slab(lifted, bottom, "the rim over the bone")
    made = (body ^ prism(chart, plan, depth)) - tool(chart, plan, space, floor, settings, band)
    pieces = made.decompose()
    largest = max((piece.volume() for piece in pieces), default=0.0)
    return made.compose([piece for piece in pieces if piece.volume() > 0.2 * largest]) if pieces else None


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
