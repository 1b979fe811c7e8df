"""Put into words what makes a report a sheet to approve: case, scan, fixation, assembly, printing and files.

HTML and PDF take their words from here, so that they say the same, in the language that is spoken. The constants are
templates in English, for :func:`SkullRestoreLib._system.translation.say`.

``facts`` is the content of ``restoration.json``.
"""

from collections.abc import Mapping
from typing import Any

from SkullRestoreLib._system.translation import say, translate
from SkullRestoreLib.records import LOW_CONFIDENCE
from SkullRestoreLib.report.words import format_number, passed_in_words, place_in_words, setting_rows
from SkullRestoreLib.settings import describe_fullness

DECISIONS = ("Approved", "Approved with changes", "Rejected")
"""What a clinician ticks."""
APPROVAL_SENTENCE = "Design checked by a qualified clinician:"
FILES_NOTE = (
    "A report cannot hold its own checksum. Those of report.html and report.pdf are in restoration.json, which holds "
    "all but its own. Files that were put into the folder later are not listed."
)
FIXATION_HEADS = ("Place", "What", "x (right), mm", "y (front), mm", "z (up), mm", "Screw towards (x, y, z)")
FILE_HEADS = ("File", "Bytes", "SHA-256")
DEFECT_HEADS = (
    "No.",
    "Place",
    "Area, cm²",
    "Width × depth × height, mm",
    "Reference points",
    "Margin",
    "Standard error of surface, mm",
)
IMPLANT_HEADS = ("For defect", "File", "Thickness, mm", "Clearance to bone, mm", "Volume, mL", "All checks")
SMALL_HOLE_HEADS = ("Place", "Area, cm²")
NO_DEFECT = "No defect of the skull vault was found. There is nothing to restore; no implant was made."
COORDINATES_NOTE = (
    "Files of meshes, volumes and points are in LPS millimetres. Positions in restoration.json are in RAS millimetres."
)
METHOD_NOTE = "Method after Mishinov SV, Saratov Medical Journal 2023; 4(1): e0102."
_KINDS = {"ct": "CT", "mask": "bone mask", "model": "skull model"}


def defect_rows(facts: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """List the defects that were restored.

    Parameters
    ----------
    facts
        Of the restoration.

    Returns
    -------
    list of tuple of str
        As :data:`DEFECT_HEADS`.
    """
    return [_defect_row(defect) for defect in facts["defects"]]


def _defect_row(defect: Mapping[str, Any]) -> tuple[str, ...]:
    uncertain, moved = defect["reference_points_low_confidence"], defect["reference_points_moved_by_hand"]
    points = [f"{defect['reference_points']}"]
    points += [say("{1} uncertain", uncertain)] if uncertain else []
    points += [say("{1} moved by hand", moved)] if moved else []
    return (
        str(defect["number"]),
        place_in_words(defect),
        format_number(defect["area_cm2"]),
        " × ".join(format_number(defect["extent_mm"][axis], 0) for axis in ("left_right", "front_back", "up_down")),
        ", ".join(points),
        say("partly open: runs into the base or the edge of the scan") if defect["open_margin"] else say("closed"),
        format_number(defect["surface_standard_error_mm"]),
    )


def implant_rows(facts: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """List the implants, and the defects without one.

    Parameters
    ----------
    facts
        Of the restoration.

    Returns
    -------
    list of tuple of str
        As :data:`IMPLANT_HEADS`.
    """
    return [_implant_row(defect) for defect in facts["defects"]]


def _implant_row(defect: Mapping[str, Any]) -> tuple[str, ...]:
    number, implant = str(defect["number"]), defect["implant"]
    if implant is None:
        return (number, say("no implant was made"), "", "", "", "")
    return (
        number,
        implant["file"] or say("withheld"),
        *(format_number(implant[name]) for name in ("thickness_mm", "clearance_mm", "volume_ml")),
        passed_in_words(implant["passed"]),
    )


def small_hole_rows(facts: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """List the holes that were too small to be restored.

    Parameters
    ----------
    facts
        Of the restoration.

    Returns
    -------
    list of tuple of str
        As :data:`SMALL_HOLE_HEADS`.
    """
    return [(place_in_words(hole), format_number(hole["area_cm2"], 2)) for hole in facts["small_holes"]]


def small_holes_note(facts: Mapping[str, Any]) -> str:
    """Say which holes were too small to be restored.

    Parameters
    ----------
    facts
        Of the restoration.
    """
    return say("Below the area limit of {1} cm².", format_number(facts["settings"]["min_area_cm2"]))


def result_in_words(facts: Mapping[str, Any]) -> str:
    """Say how many defects were restored, and how large they are in all.

    Parameters
    ----------
    facts
        Of the restoration.

    Examples
    --------
    >>> result_in_words({"defects": [{"area_cm2": 38.2}]})
    '1 defect restored, 38.2 cm² in all.'
    """
    count, area_cm2 = len(facts["defects"]), sum(defect["area_cm2"] for defect in facts["defects"])
    return say("{1} {1|defect|defects} restored, {2} cm² in all.", count, format_number(area_cm2))


def moved_in_words(defect: Mapping[str, Any]) -> str:
    """Say which reference points were moved; empty where none was.

    Parameters
    ----------
    defect
        A defect's part of the facts.
    """
    labels = ", ".join(point["label"] for point in defect["moved_points"])
    return say("Reference points moved by hand: {1}.", labels) if labels else ""


def measured_heading(defect: Mapping[str, Any]) -> str:
    """Head the figures of an implant.

    Parameters
    ----------
    defect
        A defect's part of the facts, with an implant.
    """
    if file := defect["implant"]["file"]:
        return say("What was measured on {1}", file)
    return say("What was measured on implant {1}, which is withheld", defect["number"])


def consequence_in_words(withheld: Mapping[str, Any]) -> str:
    """Say what follows for the files of an implant that did not pass.

    Parameters
    ----------
    withheld
        An entry of the facts' ``withheld``.
    """
    if not withheld["made"]:
        return say("No implant could be made for defect {1}.", withheld["defect"])
    file = withheld["file"]
    if file is None:
        return say("Implant {1} did not pass its checks. Its files are withheld.", withheld["defect"])
    only = "Implant {1} did not pass its checks. It is only written as {2}; do not print it."
    return say(only, withheld["defect"], file)


def legend_rows(facts: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Explain the pictures.

    Parameters
    ----------
    facts
        Of the restoration.

    Returns
    -------
    list of tuple of str
        Colour, such as ``"#e9dfc8"`` or empty, and what it shows.
    """
    sides = say("R right, L left") if facts["input"]["side_known"] else say("? one side or the other")
    objects = [("#996bbd", say("object in the hole"))] if facts["objects"] else []
    return [
        ("#e9dfc8", say("skull")),
        ("#159aa2", say("restored surface")),
        ("#0a4655", say("margin")),
        ("#cc1f24", say("reference point")),
        ("#f0a010", say("uncertain reference point (confidence below {1}): check it", LOW_CONFIDENCE)),
        *objects,
        ("", say("{1}, A front, P back, S up, I down: sides of the patient", sides)),
    ]


def method_rows(facts: Mapping[str, Any]) -> list[tuple[str, str]]:
    """List how a result was made.

    Parameters
    ----------
    facts
        Of the restoration.

    Returns
    -------
    list of tuple of str
        Name and value: input, settings, times and weights.
    """
    source, settings, frame = facts["input"], facts["settings"], facts["head_frame"]
    rows = [(say("Input"), say(_KINDS[source["kind"]]))]
    if source["kind"] != "model":
        rows.append((say("Voxels"), " × ".join(map(str, source["voxels_ijk"]))))
        rows.append((say("Voxel size, mm"), " × ".join(format_number(s, 3) for s in source["spacing_ijk_mm"])))
    if source["kind"] == "ct":
        threshold = format_number(source["threshold_hu"], 0)
        found = say("{1} (found from the image)", threshold) if settings["threshold_hu"] is None else threshold
        rows.append((say("Bone threshold, HU"), found))
    if source["series_uid"]:
        rows.append((say("Series UID"), source["series_uid"]))
    coverage = frame["coverage"]
    return [
        *rows,
        (say("Fit of the head frame, mm"), format_number(frame["residual_mm"], 2)),
        (say("Vault covered by bone"), say("unknown") if coverage is None else f"{100 * coverage:.0f} %"),
        (say("Smallest defect restored, cm²"), format_number(settings["min_area_cm2"])),
        (say("Reference points asked for"), say("{1} per defect", settings["points"])),
        (
            say("Fullness"),
            say("{1} SD: {2}", f"{settings['fullness']:g}", translate(describe_fullness(settings["fullness"]))),
        ),
        *((say("Implant: {1}", label), value) for label, value in setting_rows(settings["implant"])),
        (say("Grid level, device"), f"{settings['level']}, {settings['device']}"),
        *(
            (say("Time for '{1}', s", translate(step)), format_number(seconds, 2))
            for step, seconds in facts["seconds"].items()
        ),
        (say("Total time, s"), format_number(facts["seconds_total"])),
        (say("Peak memory, MB"), format_number(facts["peak_memory_mb"], 0)),
        (say("Weights, SHA-256"), facts["weights"]["sha256"]),
    ]


def header_rows(facts: Mapping[str, Any]) -> list[tuple[str, str]]:
    """List what identifies a design: its case, its revision, and the scan that it was made from.

    Parameters
    ----------
    facts
        Of the restoration.

    Returns
    -------
    list of tuple of str
        Name and value.
    """
    source = facts["input"]
    sides = list(dict.fromkeys(translate(defect["side"]) for defect in facts["defects"]))
    thickness = source.get("slice_thickness_mm")
    return [
        (say("Case code"), facts["case_code"]),
        (say("Revision and date"), say("{1}, made on {2}", facts["revision"], facts["made_on"])),
        (say("Side"), ", ".join(sides) or say("no defect")),
        (say("Date of the CT"), source.get("scan_date") or say("not known")),
        (say("Slice thickness, mm"), say("not known") if thickness is None else f"{thickness:g}"),
        (say("Kernel"), source.get("kernel") or say("not known")),
    ]


def mark_of(facts: Mapping[str, Any]) -> str:
    """Say on one line to which design a page belongs.

    Parameters
    ----------
    facts
        Of the restoration.

    Examples
    --------
    >>> mark_of({"case_code": "Elm 27", "revision": 2, "made_on": "2026-11-29"})
    'Case Elm 27, revision 2 of 2026-11-29'
    """
    return say("Case {1}, revision {2} of {3}", facts["case_code"], facts["revision"], facts["made_on"])


def fixation_rows(implant: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """List where an implant is fixed.

    Parameters
    ----------
    implant
        An implant's part of the facts.

    Returns
    -------
    list of tuple of str
        As :data:`FIXATION_HEADS`, positions in RAS; empty where there are none.
    """
    return [
        (
            place["label"],
            translate(place["kind"]),
            *(f"{x:+.1f}" for x in place["position_ras_mm"]),
            ", ".join(f"{x:+.2f}" for x in place["towards_ras"]),
        )
        for place in implant["fixations"]
    ]


def assembly_in_words(implant: Mapping[str, Any]) -> str:
    """Say in which order the parts of an implant are put in; empty where it is one body.

    Parameters
    ----------
    implant
        An implant's part of the facts.

    Examples
    --------
    >>> assembly_in_words({"assembly": ["part 2", "part 1"]})
    'Order of assembly: part 2 first, then part 1. The outer half of each joint covers the part that is in already.'
    """
    first, *others = [translate(part) for part in implant["assembly"]] or [""]
    if not others:
        return ""
    order = ", ".join([say("{1} first", first), *(say("then {1}", part) for part in others)])
    return say("Order of assembly: {1}. The outer half of each joint covers the part that is in already.", order)


def print_rows(implant: Mapping[str, Any]) -> list[tuple[str, str]]:
    """List how an implant is printed.

    Parameters
    ----------
    implant
        An implant's part of the facts.

    Returns
    -------
    list of tuple of str
        Name and value; empty where no insertion direction was found.
    """
    printing = implant["printing"]
    if printing is None:
        return []
    footprint = " × ".join(format_number(side, 0) for side in printing["footprint_mm"])
    return [
        (say("Up when printed (x, y, z in the file, LPS)"), ", ".join(f"{x:+.2f}" for x in printing["up_lps"])),
        (say("Supports"), say("under the inner face only; the outer face is up")),
        (say("Height and footprint, mm"), f"{format_number(printing['height_mm'], 0)}, {footprint}"),
        (say("Tolerance of the printed body, mm"), f"± {printing['tolerance_mm']:.2f}"),
    ]


def file_rows(facts: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """List the files of a result with their checksums.

    Parameters
    ----------
    facts
        Of the restoration.

    Returns
    -------
    list of tuple of str
        As :data:`FILE_HEADS`.
    """
    return [(file["name"], str(file["bytes"]), file["sha256"]) for file in facts["files"]]
