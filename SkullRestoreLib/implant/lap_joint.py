"""Split a body into two or three parts with a lap joint.

The outer half of the thickness is cut on one side of the joint, the inner half on the other side.
"""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from SkullRestoreLib.errors import ImplantError
from SkullRestoreLib.implant.layout import ImplantLayout
from SkullRestoreLib.implant.solids import height_field_solid

if TYPE_CHECKING:
    from manifold3d import Manifold

MIN_JOINT_GAP_MM = 0.02
"""Smallest gap between parts that is built; without one they would not come apart."""
MIN_PART_FRACTION = 0.02
"""Parts smaller than this fraction of the body are crumbs at the joint."""
JOINT_CELL_MM = 0.8
"""Cell of the surface between the halves of the joint."""
JOINT_OVERREACH_MM = 20.0
"""The surface reaches this far beyond the outer face, as tabs reach farther out than it."""
JOINT_BLOCK_MM = 30.0
"""Height of the blocks above and below the surface."""


def split_body(body: "Manifold", layout: ImplantLayout) -> "list[Manifold]":
    """Cut a body across its longest side.

    Parameters
    ----------
    body
        To be split.
    layout
        ``parts``, ``lap_mm`` and ``joint_gap_mm`` of its settings are used.

    Returns
    -------
    list of Manifold
        In order along the longest side.

    Raises
    ------
    ImplantError
        If the body does not fall into as many parts as were asked for.
    """
    settings = layout.settings
    along, cuts = _cut_positions(layout)
    half, gap_mm = settings.lap_mm / 2, max(settings.joint_gap_mm, MIN_JOINT_GAP_MM)
    above, below = _joint_halves(layout, gap_mm)
    tread = above ^ below
    for cut in cuts:
        body -= (
            _joint_slot(above, along, cut + half, gap_mm)
            + _joint_slot(below, along, cut - half, gap_mm)
            + _slice_between(tread, along, cut - half, cut + half)
        )
    parts = body.decompose()
    total = sum(part.volume() for part in parts)
    kept = [part for part in parts if part.volume() > MIN_PART_FRACTION * total]
    if len(kept) < settings.parts:
        raise ImplantError(
            f"The implant of defect {layout.patch.defect} cannot be split into {settings.parts} parts with joints that "
            f"overlap by {settings.lap_mm:g} mm; ask for fewer parts or a shorter overlap."
        )
    return sorted(kept, key=lambda part: float(np.mean(np.asarray(part.bounding_box()).reshape(2, 3), axis=0) @ along))


def _joint_halves(layout: ImplantLayout, gap_mm: float) -> "tuple[Manifold, Manifold]":
    """All space above the middle between the faces, and all below; they overlap by ``gap_mm``."""
    chart = layout.chart
    middle = (chart.height + layout.inner_height) / 2
    low, high = chart.corner - JOINT_OVERREACH_MM, chart.node_uv()[-1, -1] + JOINT_OVERREACH_MM
    uv = np.stack(np.meshgrid(*(np.arange(low[a], high[a], JOINT_CELL_MM) for a in (0, 1)), indexing="ij"), axis=-1)
    height = chart.sample_at(middle, uv.reshape(-1, 2)).reshape(uv.shape[:2])
    above = height_field_solid(uv, height - gap_mm / 2, float(height.max()) + JOINT_BLOCK_MM, "the joint")
    below = height_field_solid(uv, height + gap_mm / 2, float(height.min()) - JOINT_BLOCK_MM, "the joint")
    return above.transform(chart.to_ras_matrix), below.transform(chart.to_ras_matrix)


def _cut_positions(layout: ImplantLayout) -> tuple[NDArray[np.float64], list[float]]:
    """Direction across the cuts, (3,) unit RAS, and positions along it, mm, that give equally large parts."""
    settings = layout.settings
    node = layout.chart.node_uv()[layout.outline.inside_mm > 0]
    _, axes = np.linalg.eigh(np.cov(node.T))
    along = axes[:, -1]
    positions = np.quantile(node @ along, np.arange(1, settings.parts) / settings.parts)
    direction = along @ layout.chart.axes[:2]
    return direction, (positions + layout.chart.origin @ direction).tolist()


def _joint_slot(solid: "Manifold", along: NDArray[np.float64], position: float, gap_mm: float) -> "Manifold":
    return _slice_between(solid, along, position - gap_mm / 2, position + gap_mm / 2)


def _slice_between(solid: "Manifold", along: NDArray[np.float64], low: float, high: float) -> "Manifold":
    """The part of a solid between two planes."""
    return solid.trim_by_plane(along.tolist(), low).trim_by_plane((-along).tolist(), -high)
