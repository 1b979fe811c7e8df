"""Build the margin ring of a defect: a printed copy of the bone's edge in which a cast implant is tried and trimmed.

It is what the bone would be within a ring around the hole, between the restored outer surface and the inner table, less
the space that the bone leaves free along the insertion direction. It is cut by the tool that cuts an implant, at no
clearance, so that ring and implant cannot disagree.
"""

from typing import TYPE_CHECKING

import numpy as np

from SkullRestoreLib.implant.cutting_tool import PRISM_EXCESS_MM, build_cutting_tool, extrude_outline
from SkullRestoreLib.implant.layout import ImplantLayout
from SkullRestoreLib.implant.trim_line import cut_along_line
from SkullRestoreLib.records import ImplantSettings
from SkullRestoreLib.settings import Direction

if TYPE_CHECKING:
    from manifold3d import Manifold

RING_WIDTH_MM = 8.0
"""Width of the ring."""
MIN_RING_MM, MAX_RING_MM = 3.0, 12.0
"""Least and largest thickness of the ring; between them it is as thick as the bone."""
RING_END_MM = 6.0
"""The ring ends this far before a trim line."""
RING_REACH_MM = 2.0
"""Its ends are cut off this much wider than it is, where a trim line ends the body."""


def ring_settings(settings: ImplantSettings, insertion: Direction) -> ImplantSettings:
    """Settings of a body that fills the hole up to the bone itself, as deep as the bone.

    Parameters
    ----------
    settings
        Of the implant; its trim line is kept.
    insertion
        Direction in which the implant is put in, RAS.

    Returns
    -------
    ImplantSettings
    """
    return ImplantSettings(
        clearance_mm=0.0,
        rim_radius_mm=0.0,
        follow_inner_table=True,
        min_thickness_mm=MIN_RING_MM,
        min_edge_mm=settings.min_edge_mm,
        trim_radius_mm=settings.trim_radius_mm,
        trim_width_mm=settings.trim_width_mm,
        insertion=insertion,
    )


def build_margin_ring(layout: ImplantLayout, implant: ImplantLayout) -> "Manifold":
    """Build the ring.

    Parameters
    ----------
    layout
        Made with :func:`ring_settings`.
    implant
        Layout of the implant.

    Returns
    -------
    Manifold
        mm RAS; open where no bone ends the defect.

    Raises
    ------
    ImplantError
        If it does not close.
    """
    chart, outline = layout.chart, layout.outline
    drawing = outline.cross_section.offset(RING_WIDTH_MM, circular_segments=64).simplify(0.02)
    # where no bone ends the defect, hole and implant may end on different lines: the ring ends before both
    shift = chart.to_uv(implant.chart.origin[None])[0]
    for line in (*outline.trim_lines, *(line + shift for line in implant.outline.trim_lines)):
        beyond = drawing - cut_along_line(drawing, line, RING_WIDTH_MM + RING_REACH_MM)
        drawing = drawing - beyond.offset(RING_END_MM, circular_segments=32)
    own = implant.outline.cross_section.offset(implant.clearance_mm, circular_segments=48).translate(shift.tolist())
    drawing = drawing - (own - outline.cross_section.offset(PRISM_EXCESS_MM, circular_segments=48))
    inner_height = np.maximum(layout.inner_height, layout.height_above(-MAX_RING_MM))
    slab = layout.solid_between(inner_height, chart.height, drawing, "the margin ring")
    deep = float((chart.height - layout.inner_height).max())
    low, high = float(chart.height.min()) - deep, float(chart.height.max())
    ring = slab ^ chart.extrude_drawing(drawing, low - 1, high + 1)
    hole = extrude_outline(chart, outline, deep)
    tool = build_cutting_tool(chart, outline, layout.free_space, layout.inner_height, layout.settings)
    return ring - (hole - tool)
