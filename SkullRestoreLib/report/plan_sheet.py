"""The plan on paper: what page and PDF say of a resection, its guides and what is to be printed."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from SkullRestoreLib._system.translation import say, speaking, translate
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
    finished_file,
    new_paper,
)
from SkullRestoreLib.report.words import said

KERF_SIDES = {"outside": "outside the line", "middle": "half on each side of the line", "inside": "inside the line"}
LANDMARK_NOTE = (
    "The frontal sinus is measured in this CT. The venous sinuses, mastoid and orbit are where they are in most heads: "
    "check them in the images."
)
GUIDE_HEADS = ("Guide", "Edge off the line (95 %)", "Contact", "Feet", "Play", "Size", "Volume")
PRINT_HEADS = ("Part", "File", "Material", "Volume", "Orientation", "Overhang", "Height", "On the bed")
FARTHER_OUT = (
    "The restored surface is {1} mm farther out than the mirrored other side in the median; 95 % of it differ by less "
    "than {2} mm ({3} % of it could be compared). Heads are not symmetric: this is no error."
)
FARTHER_IN = (
    "The restored surface is {1} mm farther in than the mirrored other side in the median; 95 % of it differ by less "
    "than {2} mm ({3} % of it could be compared). Heads are not symmetric: this is no error."
)
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
    bends = "{1} mm; it bends with a radius of at least {2} mm"
    cut = [
        say("kerf {1} mm, {2}", f"{chosen['kerf_mm']:g}", say(KERF_SIDES[chosen["kerf_side"]])),
        say("wall {1}", translate(chosen["wall"])),
        *([say("{1}° bevel", f"{chosen['wall_bevel_deg']:g}")] if chosen["wall_bevel_deg"] else []),
    ]
    return [
        (say("Area inside the line"), say("{1} cm²", f"{line['area_cm2']:.1f}")),
        (
            say("Length of the line"),
            say(bends, f"{line['circumference_mm']:.0f}", f"{line['least_radius_mm']:.1f}"),
        ),
        (say("Cut"), "; ".join(cut)),
        (say("The opening"), say("is defect {1} of the report, where its implant is", facts["opening"]["defect"])),
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
        (
            translate(each["name"]),
            say("crossed or enclosed") if each["crossed"] else say("{1} mm", f"{each['distance_mm']:.0f}"),
        )
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
                translate(guide["name"]),
                "" if error is None else say("{1} mm", f"{error:.2f}"),
                "" if guide["kind"] == "ring" else say("{1} mm²", f"{guide['contact_mm2']:.0f}"),
                feet_in_words(len(guide["feet"]), guide["feet_reach_mm"]) if guide["kind"] == "frame" else "",
                say("{1} mm, {2}°", f"{max(play['sideways_mm']):.1f}", f"{max(play['turn_deg']):.1f}") if play else "",
                say("{1} mm", " × ".join(f"{size:.0f}" for size in guide["size_mm"])),
                say("{1} mL", f"{guide['volume_ml']:.1f}"),
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
    if reach_mm is None:
        return say("none")
    return say("{1}, up to {2} mm from the line", count, f"{reach_mm:.0f}")


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
            translate(part["name"]),
            part["file"],
            translate(part["material"]),
            say("{1} mL", f"{part['volume_ml']:.1f}"),
            say("outer face {1}° from upwards", f"{part['outer_face_from_up_deg']:.0f}"),
            say("{1} cm², {2} on the inner face", f"{part['overhang_cm2']:.1f}", f"{part['inner_overhang_cm2']:.1f}"),
            say("{1} mm", f"{part['height_mm']:.0f}"),
            say("{1} mm", " × ".join(f"{side:.0f}" for side in part["footprint_mm"])),
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
        return say("Nothing can be compared: the other side is missing, or the opening crosses the mid-line.")
    return say(
        FARTHER_OUT if side["median_mm"] > 0 else FARTHER_IN,
        f"{abs(side['median_mm']):.1f}",
        f"{side['within_95_mm']:.1f}",
        f"{side['compared_percent']:.0f}",
    )


def plan_pdf(
    facts: Mapping[str, Any],
    pictures: Mapping[str, NDArray[np.uint8]],
    paper_size: str = "A4",
    language: str = "en",
) -> bytes:
    """Write the plan as PDF.

    Parameters
    ----------
    facts
        Content of ``plan.json``.
    pictures
        Title -> (height, width, 3) uint8.
    paper_size
        "A4" or "Letter".
    language
        "en", "de" or "ru".

    Returns
    -------
    bytes
        Content of the file.

    Raises
    ------
    DependencyError
        If fpdf2 is not installed.
    """
    with speaking(language):
        return _plan_pdf(facts, pictures, paper_size)


def _plan_pdf(facts: Mapping[str, Any], pictures: Mapping[str, NDArray[np.uint8]], paper_size: str) -> bytes:
    """As :func:`plan_pdf`, in the language that is spoken."""
    footer = (say(SAFETY_NOTE), f"SkullRestore {facts['version']}")
    paper = new_paper(say("Resection plan"), facts["version"], footer, paper_size)
    paper.add_page()
    add_heading(paper, say("Resection plan"), 18)
    add_text(paper, say(SAFETY_NOTE), colour=ALERT_COLOUR, bold=True)
    paper.ln(1.5)
    add_value_columns(paper, line_rows(facts))
    for reasons in facts["withheld"].values():
        for reason in reasons:
            add_text(paper, say("Withheld: {1}", translate(reason)), colour=ALERT_COLOUR, bold=True)
    if facts["warnings"]:
        add_heading(paper, say("Warnings"), SECTION_HEADING_POINTS)
        for warning in facts["warnings"]:
            add_text(paper, f"- {translate(warning)}")
    add_value_columns(paper, landmark_rows(facts), heading=say("Distances of the line"))
    add_text(paper, say(LANDMARK_NOTE), colour=MUTED_COLOUR)
    if facts["guides"]:
        add_heading(paper, say("Guides"), SECTION_HEADING_POINTS)
        add_table(paper, [said(GUIDE_HEADS), *guide_rows(facts)], (34, 28, 22, 28, 24, 28, 18), size=7.5)
    if facts["print_list"]:
        add_heading(paper, say("To be printed"), SECTION_HEADING_POINTS)
        add_table(paper, [said(PRINT_HEADS), *print_rows(facts)], (24, 32, 30, 17, 28, 28, 15, 20), size=7)
        paper.ln(1)
        add_text(paper, say(PRINT_NOTE), colour=MUTED_COLOUR)
    add_heading(paper, say("Against the mirrored other side"), SECTION_HEADING_POINTS)
    add_text(paper, mirrored_in_words(facts))
    if pictures:
        add_heading(paper, say("Pictures"), SECTION_HEADING_POINTS)
        add_pictures(paper, [(translate(title), picture) for title, picture in pictures.items()], columns=2)
    return finished_file(paper)
