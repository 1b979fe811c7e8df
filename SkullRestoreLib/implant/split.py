"""Cuts a body into two or three parts with a lap joint: the outer half of the thickness is cut on one side of the joint, the inner half on the other."""

from typing import TYPE_CHECKING

import numpy as np

from SkullRestoreLib.case import ImplantError, Mesh
from SkullRestoreLib.implant.design import Design
from SkullRestoreLib.implant.slab import slab

if TYPE_CHECKING:
    from manifold3d import Manifold

JOINT_LEAST_GAP_MM = 0.02
LEAST_PART = 0.02  # crumbs beside the joint


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
    # the middle between the faces; the solids reach far above and below
    middle = (design.outer.vertices + design.inner) / 2
    up = design.chart.outward
    faces = design.outer.faces
    above = slab(Mesh(middle + 30 * up, faces), middle - gap / 2 * up, "the joint")
    below = slab(Mesh(middle + gap / 2 * up, faces), middle - 30 * up, "the joint")
    tread = slab(Mesh(middle + gap / 2 * up, faces), middle - gap / 2 * up, "the joint")
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
