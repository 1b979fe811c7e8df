"""Build what is drilled and milled out of a body: perforations, suture holes, screw holes, and recesses for plates."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from SkullRestoreLib.implant.chart import CHART_STEP_MM, right_handed_frame
from SkullRestoreLib.implant.label import label_circles
from SkullRestoreLib.implant.layout import ImplantLayout
from SkullRestoreLib.implant.onlay import height_over_bone, screw_hole_centres, tab_strip
from SkullRestoreLib.implant.plates import PlateProfile, plate_profiles
from SkullRestoreLib.implant.rim_spots import FIXATION_INSET_MM, FIXATION_WIDTH_MM, RimSpot, spaced_rim_spots

if TYPE_CHECKING:
    from manifold3d import Manifold

HOLE_SEGMENTS = 24
"""Corners of a hole's circle."""
DRILL_OVERSHOOT_MM = 3.0
"""The drill starts this far above the outer face and ends this far below the inner face."""
CONE_OVERSHOOT_MM = (0.1, 1.0)
"""A cone for a screw's head goes on by so much into the hole, and above the face."""
RECESS_HEIGHT_MM = 3.0
"""What is milled for a recess reaches this far above the outer face."""


def build_holes(layout: ImplantLayout, fixations: list[RimSpot]) -> "Manifold | None":
    """Build everything that is drilled into the body, as one solid.

    Parameters
    ----------
    layout
        Of the implant.
    fixations
        Where tabs or recesses are.

    Returns
    -------
    Manifold or None
        None where nothing is drilled.
    """
    settings = layout.settings
    tabs = fixations if settings.fixation == "tabs" else []
    sutures = suture_hole_centres(layout, fixations)
    screws, plate = screw_hole_centres(tabs, layout.clearance_mm), plate_profiles()[settings.plate]
    drilled = [(centre, settings.suture_hole_mm) for centre in sutures]
    drilled += [(centre, plate.screw_mm) for centre in screws]
    if settings.perforations:
        occupied = [(centre, settings.suture_hole_mm) for centre in sutures]
        occupied += [
            (spot.position - FIXATION_INSET_MM / 2 * spot.outward, FIXATION_INSET_MM + FIXATION_WIDTH_MM)
            for spot in fixations
        ]
        occupied += [] if layout.label is None else label_circles(layout, layout.label)
        drilled += [(centre, settings.perforation_mm) for centre in perforation_centres(layout, occupied)]
    if not drilled:
        return None
    from manifold3d import Manifold, OpType

    holes = [_hole_cylinder(layout, centre, diameter_mm) for centre, diameter_mm in drilled]
    if settings.countersink and screws:
        faces = layout.chart.sample_at(height_over_bone(layout), np.array(screws))
        holes += [_head_cone(layout, *spot, plate) for spot in zip(screws, faces.tolist(), strict=True)]
    return Manifold.batch_boolean(holes, OpType.Add)


def perforation_centres(
    layout: ImplantLayout, occupied: list[tuple[NDArray[np.float64], float]]
) -> NDArray[np.float64]:
    """Place drainage holes on a triangular pattern, away from the rim and from what is there already.

    Parameters
    ----------
    layout
        Of the implant.
    occupied
        Centre (2,) and diameter, mm, of holes and fixations.

    Returns
    -------
    ndarray
        (n, 2), mm.
    """
    step = layout.settings.perforation_spacing_mm
    low, high = layout.chart.corner, layout.chart.corner + CHART_STEP_MM * np.array(layout.chart.height.shape)
    rows = np.arange(low[1], high[1], step * np.sqrt(3) / 2)
    pattern = [(u + (k % 2) * step / 2, v) for k, v in enumerate(rows) for u in np.arange(low[0], high[0], step)]
    centres = np.array(pattern).reshape(-1, 2)
    radius = layout.settings.perforation_mm / 2
    to_rim = max(layout.settings.hole_to_edge_mm, radius + layout.settings.least_web_mm)
    free = layout.chart.sample_at(layout.outline.inside_mm, centres) >= to_rim
    for middle, diameter_mm in occupied:
        free &= np.linalg.norm(centres - middle, axis=1) > diameter_mm / 2 + radius + layout.settings.least_web_mm
    return centres[free]


def suture_hole_centres(layout: ImplantLayout, fixations: Sequence[RimSpot] = ()) -> list[NDArray[np.float64]]:
    """Place suture holes at even distances along the rim, in from it.

    Parameters
    ----------
    layout
        ``suture_holes``, ``suture_hole_mm`` and ``hole_to_edge_mm`` of its settings are used.
    fixations
        Where tabs or recesses are: no hole is in them.

    Returns
    -------
    list of ndarray
        (2,) each, mm.
    """
    settings = layout.settings
    if not settings.suture_holes:
        return []
    inset = max(settings.hole_to_edge_mm, settings.suture_hole_mm / 2 + settings.least_web_mm)
    free_mm = settings.suture_hole_mm / 2 + settings.least_web_mm

    def is_free(spot: RimSpot) -> bool:
        """Whether a hole leaves a web to every tab or recess."""
        centre = spot.position - inset * spot.outward
        return all(_distance_from_strip(centre, fixation) > free_mm for fixation in fixations)

    spots = spaced_rim_spots(layout.outline, settings.suture_holes, is_suitable=is_free if fixations else None)
    centres = [spot.position - inset * spot.outward for spot in spots]
    # Where the outline is bent sharply, the inset may come too close to another stretch of it.
    least = max(0.7 * inset, settings.suture_hole_mm / 2 + settings.least_web_mm - CHART_STEP_MM / 2)
    chosen: list[NDArray[np.float64]] = []
    for centre in centres:
        to_others = [np.linalg.norm(centre - other) for other in chosen]
        inside_mm = layout.chart.sample_at(layout.outline.inside_mm, centre[None])[0]
        # Only fixations push holes together: those that are asked for too near to each other are judged as made.
        is_apart = not fixations or min(to_others, default=np.inf) > settings.suture_hole_mm + settings.least_web_mm
        if inside_mm > least and is_apart:
            chosen.append(centre)
    return chosen


def suture_findings(layout: ImplantLayout, fixations: Sequence[RimSpot]) -> list[str]:
    """Say how many suture holes were left out.

    Parameters
    ----------
    layout, fixations
        As for :func:`suture_hole_centres`.

    Returns
    -------
    list of str
        A sentence, or none where all were made.
    """
    asked, made = layout.settings.suture_holes, len(suture_hole_centres(layout, fixations))
    if made >= asked:
        return []
    return [
        f"Implant {layout.patch.defect}: only {made} of {asked} suture holes were made; elsewhere along the rim they "
        "would come too near to the rim, or to a recess or tab."
    ]


def _distance_from_strip(centre: NDArray[np.float64], fixation: RimSpot) -> float:
    """Distance, mm, of (2,) u and v from the part of a tab or recess that is on the body."""
    away = centre - fixation.position
    inwards, along = -float(away @ fixation.outward), float(away @ [-fixation.outward[1], fixation.outward[0]])
    return float(np.hypot(max(-inwards, inwards - FIXATION_INSET_MM, 0), max(abs(along) - FIXATION_WIDTH_MM / 2, 0)))


def build_recesses(layout: ImplantLayout, fixations: list[RimSpot]) -> "Manifold | None":
    """Build flat beds for plates in the outer face, as one solid.

    Parameters
    ----------
    layout
        Of the implant.
    fixations
        Where plates will be.

    Returns
    -------
    Manifold or None
        None where no recesses are wanted.
    """
    if layout.settings.fixation != "recesses" or not fixations:
        return None
    from manifold3d import CrossSection, OpType

    plate = plate_profiles()[layout.settings.plate]
    drawing = CrossSection.batch_boolean(
        [tab_strip(spot, -FIXATION_INSET_MM, FIXATION_WIDTH_MM, plate.width_mm) for spot in fixations], OpType.Add
    )
    floor, top = (layout.height_above(offset_mm) for offset_mm in (-plate.thickness_mm, RECESS_HEIGHT_MM))
    bed = layout.solid_between(floor, top, drawing, "the recesses for plates")
    low, high = float(layout.inner_height.min()) - 10, float(layout.chart.height.max()) + 10
    return bed ^ layout.chart.extrude_drawing(drawing, low, high)


def _head_cone(layout: ImplantLayout, centre: NDArray[np.float64], face_mm: float, plate: PlateProfile) -> "Manifold":
    """A cone for a screw's head, which is level with a face that is this high over the outer face."""
    from manifold3d import Manifold

    # It begins inside the screw's hole and ends above the face: edges that coincide would cut crumbs.
    low, high = plate.countersink_mm + CONE_OVERSHOOT_MM[0], CONE_OVERSHOOT_MM[1]
    narrow, wide = plate.screw_mm / 2 - CONE_OVERSHOOT_MM[0], plate.head_mm / 2 + high
    cone = Manifold.cylinder(low + high, narrow, wide, HOLE_SEGMENTS)
    top, normal = _place_and_normal(layout, centre)
    start = top + (face_mm - low) * normal
    return cone.transform(np.column_stack([right_handed_frame(normal).T, start]))


def _place_and_normal(
    layout: ImplantLayout, centre: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Place on the outer face at (2,) u and v, and its normal there: (3,) each, RAS."""
    chart = layout.chart
    normal = np.array([chart.sample_at(chart.normals[..., k], centre[None])[0] for k in range(3)]) @ chart.axes
    return chart.to_ras(np.append(centre, 0.0)[None])[0], normal / np.linalg.norm(normal)


def _hole_cylinder(layout: ImplantLayout, centre: NDArray[np.float64], diameter_mm: float) -> "Manifold":
    """A cylinder through the body along the outer face's normal at (2,) u and v."""
    from manifold3d import Manifold

    chart = layout.chart
    top, normal = _place_and_normal(layout, centre)
    thickness = float(chart.sample_at(chart.height - layout.inner_height, centre[None])[0])
    length = 2 * DRILL_OVERSHOOT_MM + thickness
    axes = right_handed_frame(normal)
    return Manifold.cylinder(length, diameter_mm / 2, diameter_mm / 2, HOLE_SEGMENTS).transform(
        np.column_stack([axes.T, top - (thickness + DRILL_OVERSHOOT_MM) * normal])
    )
