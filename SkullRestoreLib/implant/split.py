"""Cuts a body into two or three parts with a lap joint: the outer half of the thickness is cut on one side of the joint, the inner half on the other."""

from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from SkullRestoreLib.case import ImplantError, Mesh
from SkullRestoreLib.implant.design import Design
from SkullRestoreLib.implant.rays import Rays
from SkullRestoreLib.implant.slab import block

if TYPE_CHECKING:
    from manifold3d import Manifold

JOINT_LEAST_GAP_MM = 0.02
LEAST_PART = 0.02  # crumbs beside the joint
CELL_MM = 0.8  # of the surface between the halves of the joint
BEYOND_MM = 20.0  # tabs reach out farther than the outer face does
FAR_MM = 30.0


def split(body: "Manifold", design: Design) -> "list[Manifold]":
    """Cut a body across its longest side.

    Raises
    ------
    ImplantError
        If the body does not fall into as many parts as were asked for.
    """
    settings = design.settings
    along, cuts = _cuts(design)
    half, gap = settings.lap_mm / 2, max(settings.joint_gap_mm, JOINT_LEAST_GAP_MM)
    above, below = _halves(design, gap)
    tread = above ^ below
    for at in cuts:
        body -= _between(above, along, at + half, gap) + _between(below, along, at - half, gap) + _band(tread, along, at - half, at + half)
    parts = body.decompose()
    whole = sum(part.volume() for part in parts)
    kept = [part for part in parts if part.volume() > LEAST_PART * whole]
    if len(kept) < settings.parts:
        raise ImplantError(
            f"The implant of defect {design.patch.defect} cannot be split into {settings.parts} parts with a lap of {settings.lap_mm:g} mm; "
            "ask for fewer parts or a shorter lap."
        )
    return sorted(kept, key=lambda part: float(np.mean(np.asarray(part.bounding_box()).reshape(2, 3), axis=0) @ along))


def _halves(design: Design, gap: float) -> "tuple[Manifold, Manifold]":
    """All that lies above the middle between the faces, and all below, lapping over each other by ``gap`` mm, far enough out to hold a tab."""
    chart = design.chart
    middle = chart.look(Rays(Mesh((design.outer.vertices + design.inner) / 2, design.outer.faces)), from_outside=True)
    nearest = ndimage.distance_transform_edt(np.isnan(middle), return_distances=False, return_indices=True)
    low, high = chart.corner - BEYOND_MM, chart.nodes()[-1, -1] + BEYOND_MM
    uv = np.stack(np.meshgrid(*(np.arange(low[a], high[a], CELL_MM) for a in (0, 1)), indexing="ij"), axis=-1)
    height = chart.at(middle[tuple(nearest)], uv.reshape(-1, 2)).reshape(uv.shape[:2])
    matrix = np.column_stack([chart.axes.T, chart.origin])
    above = block(uv, height - gap / 2, float(height.max()) + FAR_MM, "the joint")
    below = block(uv, height + gap / 2, float(height.min()) - FAR_MM, "the joint")
    return above.transform(matrix), below.transform(matrix)


def _cuts(design: Design) -> tuple[np.ndarray, list[float]]:
    """Direction across the cuts, (3,) unit RAS, and where along it they lie so that the parts are equally large, mm."""
    settings = design.settings
    node = design.chart.nodes()[design.plan.inside > 0]
    _, axes = np.linalg.eigh(np.cov(node.T))
    along = axes[:, -1]
    at = np.quantile(node @ along, np.arange(1, settings.parts) / settings.parts)
    direction = along @ design.chart.axes[:2]
    return direction, (at + design.chart.origin @ direction).tolist()


def _between(solid: "Manifold", along: np.ndarray, at: float, gap: float) -> "Manifold":
    return _band(solid, along, at - gap / 2, at + gap / 2)


def _band(solid: "Manifold", along: np.ndarray, low: float, high: float) -> "Manifold":
    """The part of a solid between two planes."""
    return solid.trim_by_plane(along.tolist(), low).trim_by_plane((-along).tolist(), -high)
