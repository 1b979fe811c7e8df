"""Spots along the rim of an implant, in the drawing: at even distances, or nearest to reference points."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from SkullRestoreLib.implant.layout import ImplantLayout
from SkullRestoreLib.implant.loops import arc_lengths, points_at
from SkullRestoreLib.implant.outline import ImplantOutline
from SkullRestoreLib.records import FixationPlace

FIXATION_WIDTH_MM = 8.0
"""Width of a tab or of a recess for a plate."""
RIM_STEP_MM = 1.0
"""Step along the rim at which places for spots are looked for."""
SCREW_HOLE_OFFSET_MM = 5.0
"""Distance of a screw from the rim, over the bone."""
SCREW_AREA_MM = 2.5
"""Bone is needed this far around a screw."""
MIN_SCREW_POINTS = 20
"""Fewer points of bone than this around a screw are no bone to hold it: sound bone has some 80."""
MAX_BONE_STEP_MM = 2.5
"""Bone higher or lower than this over the outer face is not level with it."""
FIXATION_INSET_MM = 9.0
"""How far a tab's root or a recess reaches in from the rim."""


@dataclass(frozen=True, eq=False)
class RimSpot:
    """A place on the outline."""

    position: NDArray[np.float64]  # (2,), mm, on the outline
    outward: NDArray[np.float64]  # (2,), unit, away from the body


def spaced_rim_spots(
    outline: ImplantOutline, count: int, *, is_suitable: Callable[[RimSpot], bool] | None = None
) -> list[RimSpot]:
    """Place spots at even distances along the longest loop of the outline.

    Parameters
    ----------
    outline
        Of the implant.
    count
        How many spots.
    is_suitable
        Whether a spot can be used; None takes all. The others are left out before distances are made even.

    Returns
    -------
    list of RimSpot
        Empty where there is no outline, or no suitable spot.
    """
    if not outline.loops:
        return []
    loop = max(outline.loops, key=lambda line: arc_lengths(line)[-1])
    length = arc_lengths(loop)[-1]
    shares = (np.arange(count) + 0.5) / count
    if is_suitable is None:
        return [nearest_rim_spot(outline, position) for position in points_at(loop, shares * length)]
    possible = np.linspace(0, length, max(int(length / RIM_STEP_MM), 1), endpoint=False)
    spots = [nearest_rim_spot(outline, position) for position in points_at(loop, possible)]
    suitable = [spot for spot in spots if is_suitable(spot)]
    # As if the suitable stretches were joined: the spots keep their distances there, to the step of the search.
    return [suitable[int(share * len(suitable))] for share in shares] if len(suitable) >= count else suitable


def _has_level_bone(layout: ImplantLayout) -> Callable[[RimSpot], bool]:
    """Tell spots next to which bone is about level with the outer face, where a plate or a tab can be screwed on."""
    uvw = layout.chart.to_uvw(layout.bone_surface.points)
    top = uvw[np.abs(uvw[:, 2]) < MAX_BONE_STEP_MM + SCREW_AREA_MM]
    trimmed = np.concatenate([np.full((1, 2), np.inf), *layout.outline.trim_lines])
    trimmed = trimmed[np.isfinite(trimmed).all(axis=1)]
    bone, lines = cKDTree(top[:, :2]), cKDTree(trimmed)

    def is_suitable(spot: RimSpot) -> bool:
        if len(trimmed) and lines.query(spot.position)[0] < FIXATION_WIDTH_MM:
            return False
        screw = spot.position + (layout.clearance_mm + SCREW_HOLE_OFFSET_MM) * spot.outward
        heights = top[bone.query_ball_point(screw, SCREW_AREA_MM), 2]
        # Bone all over the place of the screw, its highest points level with the face.
        return len(heights) >= MIN_SCREW_POINTS and abs(float(np.percentile(heights, 90))) < MAX_BONE_STEP_MM

    return is_suitable


def nearest_rim_spot(outline: ImplantOutline, position: NDArray[np.float64]) -> RimSpot:
    """Find the spot of the outline that is nearest to a point.

    Parameters
    ----------
    outline
        Of the implant; not empty.
    position
        (2,), mm.
    """
    smallest = np.inf
    nearest_foot, direction = position, np.zeros(2)
    for loop in outline.loops:
        a, b = loop, np.roll(loop, -1, axis=0)
        along = np.clip(((position - a) * (b - a)).sum(axis=1) / np.maximum(((b - a) ** 2).sum(axis=1), 1e-12), 0, 1)
        foot = a + along[:, None] * (b - a)
        away = np.linalg.norm(foot - position, axis=1)
        k = int(away.argmin())
        if away[k] < smallest:
            # The direction is that of a stretch of some millimetres: a single edge of the outline may point anywhere.
            near = np.flatnonzero(np.linalg.norm(loop - foot[k], axis=1) < FIXATION_WIDTH_MM / 2)
            chord = (b - a)[np.union1d(near, [k])].sum(axis=0)
            smallest, nearest_foot, direction = away[k], foot[k], chord / max(np.linalg.norm(chord), 1e-12)
    return RimSpot(nearest_foot, np.array([direction[1], -direction[0]]))  # the inside is on the outline's left


def fixation_places(layout: ImplantLayout, spots: list[RimSpot]) -> tuple[FixationPlace, ...]:
    """Say where fixations are in the patient.

    Parameters
    ----------
    layout
        Of the implant.
    spots
        From :func:`fixation_spots`.

    Returns
    -------
    tuple of FixationPlace
        In the order of the spots.
    """
    kind, outwards_mm = {
        "tabs": ("screw hole in a tab", layout.clearance_mm + SCREW_HOLE_OFFSET_MM),
        "recesses": ("middle of a recess for a plate", -FIXATION_INSET_MM / 2),
    }.get(layout.settings.fixation, ("", 0.0))
    if not spots:
        return ()
    uv = np.array([spot.position + outwards_mm * spot.outward for spot in spots])
    chart = layout.chart
    positions = chart.to_ras(np.column_stack([uv, np.zeros(len(uv))]))
    normals = np.column_stack([chart.sample_at(chart.normals[..., k], uv) for k in range(3)]) @ chart.axes
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    return tuple(FixationPlace(kind, p, -n) for p, n in zip(positions, normals, strict=True))


def fixation_spots(layout: ImplantLayout) -> tuple[list[RimSpot], list[str]]:
    """Choose the places of tabs or recesses.

    Parameters
    ----------
    layout
        ``fixation``, ``fixation_points`` and ``fixation_count`` of its settings are used.

    Returns
    -------
    spots
        Places on the rim.
    findings
        A sentence for each reference point that does not exist.
    """
    settings = layout.settings
    if settings.fixation == "none":
        return [], []
    labels = [label for label in settings.fixation_points if label.split("-")[0] == str(layout.patch.defect)]
    if not labels:
        spots = spaced_rim_spots(layout.outline, settings.fixation_count, is_suitable=_has_level_bone(layout))
        if len(spots) < settings.fixation_count:
            return spots, [
                f"Implant {layout.patch.defect}: only {len(spots)} of {settings.fixation_count} fixations were placed; "
                "elsewhere along the rim there is no bone level with the surface."
            ]
        return spots, []
    spots, findings = [], []
    for label in labels:
        number = label.partition("-")[2]
        if number.isdecimal() and 0 < int(number) <= len(layout.points):
            position = layout.chart.to_uv(layout.points[int(number) - 1].position[None])[0]
            spots.append(nearest_rim_spot(layout.outline, position))
        else:
            findings.append(
                f"Implant {layout.patch.defect}: there is no reference point {label}; its fixation was left out."
            )
    return spots, findings
