"""What is drilled and milled: perforations, suture holes, screw holes, and recesses for plates."""

from typing import TYPE_CHECKING

import numpy as np

from SkullRestoreLib.case import Mesh
from SkullRestoreLib.implant.chart import frame
from SkullRestoreLib.implant.design import FIXATION_MM, INWARDS_MM, Design, Spot, along_edge
from SkullRestoreLib.implant.lap import SCREW_MM, screw_places, strip
from SkullRestoreLib.implant.slab import slab

if TYPE_CHECKING:
    from manifold3d import Manifold

RECESS_MM = 1.0  # depth of a recess: the height of a mini-plate
SEGMENTS = 24  # of a hole's circle


def holes(design: Design, fixations: list[Spot]) -> "Manifold | None":
    """Everything that is to be drilled into the body, as one solid; None where nothing is."""
    settings = design.settings
    tabs = fixations if settings.fixation == "tabs" else []
    sutures = suture_places(design)
    drilled = [(at, settings.suture_hole_mm) for at in sutures] + [(at, SCREW_MM) for at in screw_places(tabs, design.gap)]
    if settings.perforations:
        taken = [(at, settings.suture_hole_mm) for at in sutures]
        taken += [(spot.at - INWARDS_MM / 2 * spot.out, INWARDS_MM + FIXATION_MM) for spot in fixations]
        drilled += [(at, settings.perforation_mm) for at in perforation_places(design, taken)]
    if not drilled:
        return None
    from manifold3d import Manifold, OpType

    return Manifold.batch_boolean([_drill(design, at, diameter) for at, diameter in drilled], OpType.Add)


def perforation_places(design: Design, taken: list[tuple[np.ndarray, float]]) -> np.ndarray:
    """Middles (n, 2) of the drainage holes, on a triangular pattern, away from the edge and from what is taken (middle, diameter)."""
    step = design.settings.perforation_spacing_mm
    low, high = (design.chart.corner, design.chart.corner + 0.4 * np.array(design.chart.height.shape))
    rows = np.arange(low[1], high[1], step * np.sqrt(3) / 2)
    pattern = [(u + (k % 2) * step / 2, v) for k, v in enumerate(rows) for u in np.arange(low[0], high[0], step)]
    at = np.array(pattern).reshape(-1, 2)
    radius = design.settings.perforation_mm / 2
    free = design.chart.at(design.plan.inside, at) >= max(design.settings.hole_to_edge_mm, radius + 1)
    for middle, diameter in taken:
        free &= np.linalg.norm(at - middle, axis=1) > diameter / 2 + radius + 1
    return at[free]


def suture_places(design: Design) -> list[np.ndarray]:
    """Middles (2,) of the suture holes: at even distances, in from the edge."""
    settings = design.settings
    if not settings.suture_holes:
        return []
    inset = max(settings.hole_to_edge_mm, settings.suture_hole_mm / 2 + 1)
    places = [spot.at - inset * spot.out for spot in along_edge(design.plan, settings.suture_holes)]
    # where the outline is bent sharply, the inset may come too near to another piece of it
    return [at for at in places if design.chart.at(design.plan.inside, at[None])[0] > 0.7 * inset]


def recesses(design: Design, fixations: list[Spot]) -> "Manifold | None":
    """Flat beds for plates in the outer face, as one solid; None where none are wanted."""
    if design.settings.fixation != "recesses" or not fixations:
        return None
    from manifold3d import CrossSection, OpType

    drawing = CrossSection.batch_boolean([strip(spot, -INWARDS_MM, FIXATION_MM) for spot in fixations], OpType.Add)
    bed = slab(Mesh(design.shifted(3.0), design.outer.faces), design.shifted(-RECESS_MM), "the recesses for plates")
    return bed ^ _upright(design, drawing)


def _upright(design: Design, drawing) -> "Manifold":
    from manifold3d import Manifold

    low, high = float(design.floor.min()) - 10, float(design.chart.height.max()) + 10
    matrix = np.column_stack([design.chart.axes.T, design.chart.origin])
    return Manifold.extrude(drawing, high - low).translate([0, 0, low]).transform(matrix)


def _drill(design: Design, at: np.ndarray, diameter: float) -> "Manifold":
    """A cylinder through the body along the outer face's normal."""
    from manifold3d import Manifold

    chart = design.chart
    top = chart.unflatten(np.append(at, 0.0)[None])[0]
    normal = np.array([chart.at(chart.normals[..., k], at[None])[0] for k in range(3)]) @ chart.axes
    normal /= np.linalg.norm(normal)
    thick = float(chart.at(chart.height - design.floor, at[None])[0])
    length = 6.0 + thick
    axes = frame(normal)
    return Manifold.cylinder(length, diameter / 2, diameter / 2, SEGMENTS).transform(
        np.column_stack([axes.T, top - (thick + 3.0) * normal])
    )
