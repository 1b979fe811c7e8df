"""The plan on paper: what page and PDF say of a resection, its guides and what is to be printed."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from SkullRestoreLib.report.facts import SAFETY_NOTE
from SkullRestoreLib.report.pdf_paper import (
    ALERT_COLOUR,
    MUTED_COLOUR,
    SECTION_HEADING_POINTS,
    add_heading,
    add_pictures,
    add_table,
    add_text,
    add_value_columns,
    new_paper,
)

KERF_SIDES = {"outside": "outside the line", "middle": "half on each side of the line", "inside": "inside the line"}
LANDMARK_NOTE = (
    "The frontal sinus is measured in this CT. The venous sinuses, mastoid and orbit are where they are in most heads: "
    "check them in the images."
)
GUIDE_HEADS = ("Guide", "Edge off the line (95 %)", "Contact", "Feet", "Play", "Size", "Volume")
PRINT_HEADS = ("Part", "File", "Material", "Volume", "Orientation", "Overhang", "Height", "On the bed")
PRINT_NOTE = (
    "Supports leave marks: orientations with little overhang on the face towards dura and bone come first. The "
    "rotation into each orientation is in plan.json."
)


def line_rows(facts: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Say what is removed, and how it is cut.

    Parameters
    ----------
    facts
        Content of ``plan.json``.

    Returns
    -------
    list of tuple of str
        Name and value.
    """
    line, chosen = facts["line"], facts["settings"]
    bevel = f", {chosen['wall_bevel_deg']:g}° bevel" if chosen["wall_bevel_deg"] else ""
    return [
        ("Area inside the line", f"{line['area_cm2']:.1f} cm²"),
        (
            "Length of the line",
            f"{line['circumference_mm']:.0f} mm; it bends with a radius of at least {line['least_radius_mm']:.1f} mm",
        ),
        ("Cut", f"kerf {chosen['kerf_mm']:g} mm, {KERF_SIDES[chosen['kerf_side']]}; wall {chosen['wall']}{bevel}"),
        ("The opening", f"is defect {facts['opening']['defect']} of the report, where its implant is"),
    ]


def landmark_rows(facts: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Say how far the line is from what has to stay.

    Parameters
    ----------
    facts
        Content of ``plan.json``.

    Returns
    -------
    list of tuple of str
        Name and distance.
    """
    return [
        (each["name"], "crossed or enclosed" if each["crossed"] else f"{each['distance_mm']:.0f} mm")
        for each in facts["landmarks"]
    ]


def guide_rows(facts: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """Say how the guides sit.

    Parameters
    ----------
    facts
        Content of ``plan.json``.

    Returns
    -------
    list of tuple of str
        In the order of :data:`GUIDE_HEADS`.
    """
    rows: list[tuple[str, ...]] = []
    for guide in facts["guides"]:
        error, play = guide["line_error_95_mm"], guide["play"]
        rows.append(
            (
                guide["name"],
                "" if error is None else f"{error:.2f} mm",
                "" if guide["kind"] == "ring" else f"{guide['contact_mm2']:.0f} mm²",
                feet_in_words(len(guide["feet"]), guide["feet_reach_mm"]) if guide["kind"] == "frame" else "",
                f"{max(play['sideways_mm']):.1f} mm, {max(play['turn_deg']):.1f}°" if play else "",
                " × ".join(f"{size:.0f}" for size in guide["size_mm"]) + " mm",
                f"{guide['volume_ml']:.1f} mL",
            )
        )
    return rows


def feet_in_words(count: int, reach_mm: float | None) -> str:
    """Say how many feet a cutting guide has, and how far they reach.

    Parameters
    ----------
    count
        Number of feet.
    reach_mm
        How far beyond the line they reach, mm; None without feet.

    Examples
    --------
    >>> feet_in_words(8, 33.6), feet_in_words(0, None)
    ('8, up to 34 mm from the line', 'none')
    """
    return "none" if reach_mm is None else f"{count}, up to {reach_mm:.0f} mm from the line"


def print_rows(facts: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """Say what is to be printed, and how.

    Parameters
    ----------
    facts
        Content of ``plan.json``.

    Returns
    -------
    list of tuple of str
        In the order of :data:`PRINT_HEADS`.
    """
    return [
        (
            part["name"],
            part["file"],
            part["material"],
            f"{part['volume_ml']:.1f} mL",
            f"outer face {part['outer_face_from_up_deg']:.0f}° from upwards",
            f"{part['overhang_cm2']:.1f} cm², {part['inner_overhang_cm2']:.1f} on the inner face",
            f"{part['height_mm']:.0f} mm",
            " × ".join(f"{side:.0f}" for side in part["footprint_mm"]) + " mm",
        )
        for part in facts["print_list"]
    ]


def mirrored_in_words(facts: Mapping[str, Any]) -> str:
    """Compare with the other side of the head.

    Parameters
    ----------
    facts
        Content of ``plan.json``.

    Returns
    -------
    str
        A sentence or two.
    """
    side = facts["mirrored_side"]
    if side["median_mm"] is None:
        return "Nothing can be compared: the other side is missing, or the opening crosses the mid-line."
    return (
        f"The restored surface is {abs(side['median_mm']):.1f} mm farther {'out' if side['median_mm'] > 0 else 'in'} "
        f"than the mirrored other side in the median; 95 % of it differ by less than {side['within_95_mm']:.1f} mm "
        f"({side['compared_percent']:.0f} % of it could be compared). Heads are not symmetric: this is no error."
    )


def plan_pdf(facts: Mapping[str, Any], pictures: Mapping[str, NDArray[np.uint8]], paper_size: str = "A4") -> bytes:
    """Write the plan as PDF.

    Parameters
    ----------
    facts
        Content of ``plan.json``.
    pictures
        Title -> (height, width, 3) uint8.
    paper_size
        "A4" or "Letter".

    Returns
    -------
    bytes
        Content of the file.

    Raises
    ------
    DependencyError
        If fpdf2 is not installed.
    """
    footer = (SAFETY_NOTE, f"SkullRestore {facts['version']}")
    paper = new_paper("Resection plan", facts["version"], footer, paper_size)
    paper.add_page()
    add_heading(paper, "Resection plan", 18)
    add_text(paper, facts["safety"], colour=ALERT_COLOUR, bold=True)
    paper.ln(1.5)
    add_value_columns(paper, line_rows(facts))
    for reasons in facts["withheld"].values():
        for reason in reasons:
            add_text(paper, f"Withheld: {reason}", colour=ALERT_COLOUR, bold=True)
    if facts["warnings"]:
        add_heading(paper, "Warnings", SECTION_HEADING_POINTS)
        for warning in facts["warnings"]:
            add_text(paper, f"- {warning}")
    add_value_columns(paper, landmark_rows(facts), heading="Distances of the line")
    add_text(paper, LANDMARK_NOTE, colour=MUTED_COLOUR)
    if facts["guides"]:
        add_heading(paper, "Guides", SECTION_HEADING_POINTS)
        add_table(paper, [GUIDE_HEADS, *guide_rows(facts)], (34, 28, 22, 28, 24, 28, 18), size=7.5)
    if facts["print_list"]:
        add_heading(paper, "To be printed", SECTION_HEADING_POINTS)
        add_table(paper, [PRINT_HEADS, *print_rows(facts)], (24, 32, 30, 17, 28, 28, 15, 20), size=7)
        paper.ln(1)
        add_text(paper, PRINT_NOTE, colour=MUTED_COLOUR)
    add_heading(paper, "Against the mirrored other side", SECTION_HEADING_POINTS)
    add_text(paper, mirrored_in_words(facts))
    if pictures:
        add_heading(paper, "Pictures", SECTION_HEADING_POINTS)
        add_pictures(paper, list(pictures.items()), columns=2)
    return bytes(paper.output())
