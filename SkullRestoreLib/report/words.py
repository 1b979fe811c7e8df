"""Put numbers, pictures, checks and settings into words, the same for every form of the report.

``facts`` is the content of ``restoration.json``, from :func:`SkullRestoreLib.report.summarise_restoration`.
They speak the language of :func:`SkullRestoreLib._system.translation.speaking`.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from SkullRestoreLib._system.translation import say, translate
from SkullRestoreLib.settings import ImplantSettings, is_used, list_settings

_VIEW_TITLES = {
    "front": "From the front",
    "back": "From the back",
    "left": "From the left",
    "right": "From the right",
    "top": "From above",
}
_CAPTIONS = {
    "outside": "Seen from outside; the arrow shows how it is put in.",
    "inside": "Seen from inside the head.",
    "section": "Cut through the middle along the insertion direction, and its two ends enlarged.",
    "thickness": "Thickness along the surface's normal, mm; at the rim the edge ends it.",
    "clearance": "Distance to the bone, mm, seen from inside; grey is far from bone.",
    "step": "Step of the outer face to the bone's outer table along the rim, mm: red stands out, blue is lower.",
    "raise": "How far the outer face is raised over the restored surface for the skin, mm.",
    "safety": "Estimated safety factor under a push at each place; dark places are weak.",
    "deflection": "Estimated deflection under a push at the weakest place, mm.",
    "plan": "Where the sections are, seen from outside.",
    "deviation": "Restored surface against the reference, mm: red is too high, blue too low.",
}
MAX_SHOWN_MM = 30.0
"""Landmarks of the base farther than this from an implant are not listed."""
_HELD_AT = {"rim": "its rim", "fixations": "its fixations"}


def said(texts: Sequence[str]) -> tuple[str, ...]:
    """Say each of some texts, such as the heads of a table.

    Parameters
    ----------
    texts
        Templates without values.
    """
    return tuple(say(text) for text in texts)


def format_number(value: float | None, digits: int = 1) -> str:
    """Write a number with fixed digits, or "unknown".

    Parameters
    ----------
    value
        None where it is not known.
    digits
        After the decimal point.

    Examples
    --------
    >>> format_number(3.14159, 2), format_number(None)
    ('3.14', 'unknown')
    """
    return say("unknown") if value is None else f"{value:.{digits}f}"


def view_title(name: str, facts: Mapping[str, Any]) -> str:
    """Title of a view; neither left nor right where the side is not known.

    Parameters
    ----------
    name
        Of the view, such as "front" or "defect 1".
    facts
        Of the restoration.

    Examples
    --------
    >>> view_title("left", {"input": {"side_known": True}}), view_title("left", {"input": {"side_known": False}})
    ('From the left', 'From one side')
    """
    if name in ("left", "right") and not facts["input"]["side_known"]:
        return say("From one side") if name == "left" else say("From the other side")
    if name.startswith("own"):
        return say("{1}. view chosen by the user", name.split()[1])
    if name.startswith("object"):
        number = int(name.split()[1])
        kinds = {each["number"]: each["kind"] for each in facts["objects"]}
        return say("Straight at object {1}, {2}; nothing restored is over it", number, translate(kinds[number]))
    if name.startswith("defect"):
        return say("Straight at defect {1}", name.split()[1])
    return say(_VIEW_TITLES[name])


def side_in_words(facts: Mapping[str, Any]) -> str | None:
    """Warning to put before everything else where the side is not known; None where it is.

    Parameters
    ----------
    facts
        Of the restoration.
    """
    if facts["input"].get("side_known", True):  # older results do not hold it
        return None
    return say(
        "SIDE NOT KNOWN: nothing here says which side is left. Compare with the patient before the result is used."
    )


def revision_in_words(facts: Mapping[str, Any]) -> str:
    """Say which revision of the design this is, and what was changed in it; empty for the first.

    Parameters
    ----------
    facts
        Of the restoration.

    Examples
    --------
    >>> revision_in_words({"revision": 2, "revised_from": 1, "changed": ["Thickness: 4 mm, now 5 mm"]})
    'Revision 2. Changed against revision 1: Thickness: 4 mm, now 5 mm.'
    """
    if not facts.get("revised_from"):  # older results do not hold it
        return ""
    changed = "; ".join(translate(each) for each in facts["changed"])
    return say("Revision {1}. Changed against revision {2}: {3}.", facts["revision"], facts["revised_from"], changed)


def picture_caption(name: str) -> str:
    """Caption of a close-up.

    Parameters
    ----------
    name
        "outside", "inside", "section", "plan", "section A" and so on, "thickness", "clearance", "step", "safety",
        "deflection" or "deviation".
    """
    kind, _, letter = name.partition(" ")
    return say("Section {1}; the letters name the patient's sides.", letter) if letter else say(_CAPTIONS[kind])


def view_alt_text(name: str, facts: Mapping[str, Any]) -> str:
    """Describe in words what a view shows, for those who cannot see it.

    Parameters
    ----------
    name
        Of the view.
    facts
        Of the restoration.
    """
    title = view_title(name, facts)
    if name.startswith("own"):
        return say("Picture of the 3D view, as the user turned it and chose what is shown.")
    defects = "; ".join(
        say("defect {1} ({2}, {3} cm²)", d["number"], place_in_words(d), f"{d['area_cm2']:.1f}")
        for d in facts["defects"]
    )
    if not defects:
        return say("{1}: skull; no defect of the vault was found.", title)
    return say("{1}: skull, with the restored surface of {2} in blue-green.", title, defects)


def place_in_words(place: Mapping[str, Any]) -> str:
    """Say where a defect or a hole is.

    Parameters
    ----------
    place
        Its part of the facts.

    Examples
    --------
    >>> place_in_words({"side": "left", "region": "frontal"})
    'left, frontal'
    """
    return f"{translate(place['side'])}, {translate(place['region'])}"


def outcome_in_words(facts: Mapping[str, Any]) -> str:
    """Say in one sentence which defects have no implant that passed, and which format could not be made, and why.

    Parameters
    ----------
    facts
        Of the restoration.

    Returns
    -------
    str
        Empty where nothing is missing.
    """
    missing = [_withheld_in_words(withheld) for withheld in facts["withheld"]]
    # results of earlier versions do not hold it
    missing += [e["reason"].rstrip(".") for e in facts.get("not_written", ())]
    reasons = "; ".join(missing)
    return f"{reasons}; everything else was written." if reasons else ""


def _withheld_in_words(withheld: Mapping[str, Any]) -> str:
    number, why = withheld["defect"], " ".join(withheld["failed"]).rstrip(".")
    if not withheld["made"]:
        return f"No implant could be made for defect {number}: {why}"
    consequence = "is withheld" if withheld["file"] is None else f"is only written as {withheld['file']}"
    return f"Implant {number} did not pass its checks and {consequence}: {why}"


def failures_in_words(failed: Mapping[int, Sequence[str]], made: Collection[int]) -> list[str]:
    """Write a line for each check that was not passed.

    Parameters
    ----------
    failed
        Number of a defect -> a sentence for each check.
    made
        Numbers of the defects that have an implant.

    Examples
    --------
    >>> failures_in_words({1: ["The body is not closed."], 2: ["Too narrow."]}, made=[1])
    ['Implant 1: The body is not closed.', 'No implant for defect 2: Too narrow.']
    """
    return [
        f"{'Implant' if number in made else 'No implant for defect'} {number}: {sentence}"
        for number, sentences in failed.items()
        for sentence in sentences
    ]


def unsigned(facts: Mapping[str, Any]) -> str:
    """Say why a report has no line for a signature; empty where it has one.

    Parameters
    ----------
    facts
        Of the restoration.
    """
    made = [str(withheld["defect"]) for withheld in facts["withheld"] if withheld["made"]]
    not_made = [str(withheld["defect"]) for withheld in facts["withheld"] if not withheld["made"]]
    reasons = []
    if made:
        one = "implant {1} did not pass all checks"
        reasons.append(say(one if len(made) == 1 else "implants {1} did not pass all checks", _enumerate(made)))
    if not_made:
        one = "defect {1} has no implant"
        reasons.append(say(one if len(not_made) == 1 else "defects {1} have no implant", _enumerate(not_made)))
    return say("There is no line for a signature, because {1}.", _enumerate(reasons)) if reasons else ""


def _enumerate(texts: Sequence[str]) -> str:
    """Texts with "and" before the last."""
    *others, last = texts
    return say("{1} and {2}", ", ".join(others), last) if others else last


def rings(facts: Mapping[str, Any]) -> str:
    """Say that the pictures show where checks did not pass; empty where there is nothing to show.

    Parameters
    ----------
    facts
        Of the restoration.
    """
    ringed = any(withheld["fault_places"] for withheld in facts["withheld"])
    return say("Purple rings in the pictures show the places.") if ringed else ""


def check_rows(implant: Mapping[str, Any]) -> list[tuple[str, str]]:
    """List everything that was measured on an implant.

    Parameters
    ----------
    implant
        An implant's part of the facts.

    Returns
    -------
    list of tuple of str
        Name and value; empty where nothing was measured.
    """
    checks = implant["checks"]
    if checks is None:
        return []
    clean = checks["watertight"] and checks["manifold"] and checks["outward"] and not checks["self_intersections"]
    masses = ", ".join(
        f"{translate(name)} {mass:.0f}" for name, mass in checks["mass_g"].items() if name != checks["material"]
    )
    rows = [
        (say("All checks, parts and mould included"), passed_in_words(implant["passed"])),
        (say("Closed, manifold, turned outwards, free of cuts"), say("yes") if clean else say("NO")),
        (say("Places at which it reaches into bone"), str(checks["bone_overlaps"])),
        *_clearance_rows(implant, checks),
        (say("Thickness away from the rim, mm: least, median, most"), _format_spread(checks["thickness_mm"], None)),
        (say("Thinnest edge, mm"), format_number(checks["edge_mm"], 2)),
        (
            say("Defect covered, without and with the gap"),
            f"{100 * checks['covered']:.1f} %, {100 * checks['covered_in_all']:.1f} %",
        ),
        (say("Not covered although no bone is there, cm²"), format_number(checks["uncovered_cm2"])),
        (say("Undercut bone, mm²"), format_number(checks["undercut_mm2"], 0)),
        (say("Volume, mL"), format_number(checks["volume_ml"])),
        (say("Mass in {1}, g", translate(checks["material"])), format_number(checks["mass_g"][checks["material"]])),
        (say("Mass in other materials, g"), masses),
        (say("Size for printing, mm"), " × ".join(format_number(s, 0) for s in checks["size_mm"])),
        (say("Triangles"), str(checks["triangles"])),
        (say("Moved by thinning out the triangles, mm"), say("at most {1}", f"{checks['simplification_mm']:.3f}")),
    ]
    if checks.get("thickness_off_mm") is not None:
        off = _format_spread(checks["thickness_off_mm"], None)
        rows.append((say("Thickness against what was asked at its place, mm: least, median, most"), off))
    if checks.get("web_mm") is not None:  # earlier versions did not measure it
        rows.append((say("Least material next to a hole, mm"), format_number(checks["web_mm"], 2)))
    if checks.get("engraved_mm") is not None:
        rows.append((say("Depth of the label, mm"), format_number(checks["engraved_mm"], 2)))
    if checks.get("step_mm") is not None:  # earlier versions did not measure it
        step = _format_spread(checks["step_mm"], None)
        rows.append((say("Step to the outer table along the rim, mm: least, median, most"), step))
    if near := {name: away for name, away in checks.get("landmarks_mm", {}).items() if away < MAX_SHOWN_MM}:
        away = ", ".join(f"{translate(name)} {format_number(mm, 0)}" for name, mm in near.items())
        rows.append((say("By the head frame, about how far from it, mm"), away))
    rows += [*_skin_rows(checks), *_strength_rows(checks.get("strength"))]
    if implant["insertion"] is not None:
        direction = ", ".join(f"{x:+.2f}" for x in implant["insertion"]["towards_ras"])
        rows.append((say("Insertion direction (x, y, z in RAS)"), direction))
    return rows


def _skin_rows(checks: Mapping[str, Any]) -> list[tuple[str, str]]:
    """How symmetric the skin will be; none where the outer face is not raised for it."""
    skin, raised = checks.get("skin"), checks.get("raised_mm")  # earlier versions did not measure them
    if skin is None or raised is None:
        return []
    before, after = (
        f"{format_number(skin[f'{when}_mean'])}, {format_number(skin[f'{when}_p95'])}" for when in ("before", "after")
    )
    return [
        (say("Outer face raised for the skin, mm: most"), format_number(raised["most"])),
        (say("Muscle left over the bone around the defect"), say("{1} %", f"{100 * skin['muscle_left']:.0f}")),
        (
            say("Skin expected over {1} cm² to the mirrored skin, mm: mean, 95 %", format_number(skin["area_cm2"], 0)),
            after,
        ),
        (say("The same if it were not raised"), before),
    ]


def _strength_rows(strength: Mapping[str, Any] | None) -> list[tuple[str, str]]:
    """The estimate of the strength by material; none where it was not asked for."""
    if strength is None:
        return []
    push = say("{1} N at the weakest place", f"{strength['push_n']:g}")
    pressure = say("{1} mmHg from inside", f"{strength['pressure_mmhg']:g}")
    weakest = ", ".join(f"{x:+.1f}" for x in strength["weakest_ras_mm"])

    def by_material(name: str, digits: int) -> str:
        return ", ".join(
            f"{translate(one['material'])} {format_number(one[name], digits)}" for one in strength["materials"]
        )

    return [
        (say("Strength, an estimate for research: held at"), say(_HELD_AT[strength["held_at"]])),
        (say("Weakest place (x, y, z in RAS), mm"), weakest),
        (say("Safety factor under {1}", push), by_material("push_safety", 1)),
        (say("Deflection under {1}, mm", push), by_material("push_deflection_mm", 2)),
        (say("Safety factor under {1}", pressure), by_material("pressure_safety", 0)),
        (say("Deflection under {1}, mm", pressure), by_material("pressure_deflection_mm", 3)),
    ]


def _clearance_rows(implant: Mapping[str, Any], checks: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The clearance; an onlay has none, because its rim rests on the bone."""
    if implant["settings"]["onlay_mm"]:
        return [
            (
                say("Gap under the rim that rests on the bone, mm: least, median, most"),
                _format_spread(checks["clearance_mm"], None),
            )
        ]
    within = checks["clearance_within"]
    return [
        (
            say("Clearance at the body's edge, mm: least, median, most"),
            _format_spread(checks["rim_gap_mm"], implant["clearance_mm"]),
        ),
        (say("The same seen from the bone, notches included, mm"), _format_spread(checks["clearance_mm"], None)),
        (say("Margin with clearance within 0.3 mm"), say("no bone") if within is None else f"{100 * within:.1f} %"),
    ]


def piece_rows(implant: Mapping[str, Any]) -> list[tuple[str, str]]:
    """List the parts of an implant, the halves of its mould, and its margin ring.

    Parameters
    ----------
    implant
        An implant's part of the facts.

    Returns
    -------
    list of tuple of str
        File, or name where the file is withheld, and what was measured.
    """
    return [_piece_row(piece) for piece in (*implant["parts"], *implant["mould"], *implant.get("ring", ()))]


def _piece_row(piece: Mapping[str, Any]) -> tuple[str, str]:
    """A part, half a mould, or a ring, in one row."""
    measured = [
        passed_in_words(not piece["failed"]),
        say("{1} mL", format_number(piece["volume_ml"])),
        say("{1} mm", " × ".join(format_number(s, 0) for s in piece["size_mm"])),
    ]
    if piece["gap_mm"] is not None:
        gap = "{1} mm from the implant" if "ring" in piece["name"] else "{1} mm from the next part"
        measured.append(say(gap, format_number(piece["gap_mm"], 2)))
    if piece["off_mm"] is not None:
        measured.append(
            say(
                "at most {1} mm off the implant, {2} mm² catch",
                format_number(piece["off_mm"], 2),
                format_number(piece["caught_mm2"], 1),
            )
        )
    if piece.get("channels") is not None:  # earlier versions made none
        measured.append(say("{1} {1|channel|channels} open", piece["channels"]))
    return piece["file"] or say("{1}, withheld", translate(piece["name"])), ", ".join(measured)


def passed_in_words(passed: bool) -> str:
    """Say whether checks were passed.

    Parameters
    ----------
    passed
        Whether all of them were.
    """
    return say("passed") if passed else say("NOT PASSED")


def _format_spread(spread: Mapping[str, float] | None, asked: float | None) -> str:
    """Least, median and most of what was measured, and what was asked, mm."""
    if spread is None:
        return say("not measured")
    text = ", ".join(format_number(spread[k], 2) for k in ("least", "median", "most"))
    return text if asked is None else say("{1} (asked: {2})", text, f"{asked:g}")


def setting_rows(values: Mapping[str, Any]) -> list[tuple[str, str]]:
    """List an implant's settings; those that do nothing are left out.

    Parameters
    ----------
    values
        Name of a setting -> its value.

    Returns
    -------
    list of tuple of str
        Label and value with its unit.
    """
    rows = []
    for setting in list_settings(ImplantSettings):
        value = values[setting.name]
        if value in (None, False, (), [], "none") or (value == 0 and setting.low == 0) or not is_used(setting, values):
            continue
        unit = f" {translate(setting.unit)}" if setting.unit else ""
        is_text = setting.kind == "text"  # as it was typed
        rows.append((translate(setting.label), value if is_text else _format_setting(value, unit)))
    return rows


def _format_setting(value: Any, unit: str) -> str:
    if value is True:
        return say("yes")
    if isinstance(value, int | float):
        return f"{value:g}{unit}"
    return translate(value) if isinstance(value, str) else ", ".join(map(str, value))
