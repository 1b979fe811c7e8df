"""How numbers, pictures, checks and settings are put into words, for every form of the report alike."""

from collections.abc import Mapping
from typing import Any

from SkullRestoreLib.settings import ImplantSettings, is_used, options

_CAPTIONS = {
    "outside": "Seen from outside; the arrow shows how it is put in.",
    "inside": "Seen from inside the head.",
    "section": "Cut through the middle along the way in, and its two ends enlarged.",
    "thickness": "Thickness along the surface's normal, mm; at the rim the edge ends it.",
    "deviation": "Restored surface against the reference, mm: red is too high, blue too low.",
}


def number(value: float | None, digits: int = 1) -> str:
    """A number with fixed digits, or "unknown"."""
    return "unknown" if value is None else f"{value:.{digits}f}"


def title_of(name: str) -> str:
    """Title of a view."""
    return f"Straight at {name}" if name.startswith("defect") else f"From the {name}" if name != "top" else "From above"


def caption(name: str) -> str:
    """What a close picture shows."""
    return _CAPTIONS[name]


def alt_of(name: str, facts: Mapping[str, Any]) -> str:
    """Say in words what a picture shows, for those who cannot see it."""
    view = title_of(name)[0].lower() + title_of(name)[1:]
    what = "; ".join(f"defect {d['number']} ({d['side']} {d['region']}, {d['area_cm2']:.1f} cm²)" for d in facts["defects"])
    return f"Skull seen {view}" + (
        f", with the restored surface of {what} in blue-green." if what else "; no defect of the vault was found."
    )


def checks_in_words(implant: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Name and value of everything that was measured on an implant."""
    found = implant["checks"]
    if found is None:
        return []
    clean = found["watertight"] and found["manifold"] and found["outward"] and not found["self_intersections"]
    masses = ", ".join(f"{name} {mass:.0f}" for name, mass in found["mass_g"].items() if name != found["material"])
    rows = [
        ("All checks", "passed" if found["passed"] else "NOT PASSED"),
        ("Closed, manifold, turned outwards, free of cuts", "yes" if clean else "no: repair before printing"),
        ("Places at which it reaches into bone", str(found["bone_overlaps"])),
        *_gaps_in_words(implant, found),
        ("Thickness away from the rim, mm: least, median, most", _spread(found["thickness_mm"], None)),
        ("Thinnest edge, mm", number(found["edge_mm"], 2)),
        ("Defect covered, without and with the gap", f"{100 * found['covered']:.1f} %, {100 * found['covered_in_all']:.1f} %"),
        ("Bone that hangs over the way in, mm²", number(found["undercut_mm2"], 0)),
        ("Volume, ml", number(found["volume_ml"])),
        (f"Mass in {found['material']}, g", number(found["mass_g"][found["material"]])),
        ("Mass in other materials, g", masses),
        ("Size for printing, mm", " × ".join(number(s, 0) for s in found["size_mm"])),
        ("Triangles", str(found["triangles"])),
        ("Moved by thinning out the triangles, mm", f"at most {found['simplification_mm']:.3f}"),
    ]
    if implant["insertion"] is not None:
        way = ", ".join(f"{x:+.2f}" for x in implant["insertion"]["towards_ras"])
        rows.append(("Way in (right, front, up)", way))
    return rows


def _gaps_in_words(implant: Mapping[str, Any], found: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The clearance; an onlay has none, as its rim rests on the bone."""
    if implant["settings"]["onlay_mm"]:
        return [("Gap under the rim that rests on the bone, mm: least, median, most", _spread(found["clearance_mm"], None))]
    within = found["clearance_within"]
    return [
        ("Clearance at the body's edge, mm: least, median, most", _spread(found["rim_gap_mm"], implant["clearance_mm"])),
        ("The same seen from the bone, notches included, mm", _spread(found["clearance_mm"], None)),
        ("Margin with clearance within 0.3 mm", "no bone" if within is None else f"{100 * within:.1f} %"),
    ]


def pieces_in_words(implant: Mapping[str, Any]) -> list[tuple[str, str]]:
    """File and figures of each part, and of each half of the mould."""
    return [_piece_in_words(one) for one in (*implant["parts"], *implant["mould"])]


def _piece_in_words(piece: Mapping[str, Any]) -> tuple[str, str]:
    """A part or half a mould in one row."""
    said = [
        "passed" if not piece["failed"] else "NOT PASSED",
        f"{number(piece['volume_ml'])} ml",
        " × ".join(number(s, 0) for s in piece["size_mm"]) + " mm",
    ]
    if piece["gap_mm"] is not None:
        said.append(f"{number(piece['gap_mm'], 2)} mm from the next part")
    if piece["off_mm"] is not None:
        said.append(f"at most {number(piece['off_mm'], 2)} mm off the implant, {number(piece['caught_mm2'], 1)} mm² catch")
    return piece["file"], ", ".join(said)


def _spread(spread: Mapping[str, float] | None, asked: float | None) -> str:
    if spread is None:
        return "not measured"
    text = ", ".join(number(spread[k], 2) for k in ("least", "median", "most"))
    return text if asked is None else f"{text} (asked: {asked:g})"


def settings_in_words(values: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Label and value of the implant's settings; those that do nothing are left out."""
    rows = []
    for one in options(ImplantSettings):
        value = values[one.name]
        if value in (None, False, (), [], "none") or (value == 0 and one.low == 0) or not is_used(one, values):
            continue
        unit = f" {one.unit}" if one.unit else ""
        shown = (
            "yes"
            if value is True
            else f"{value:g}{unit}"
            if isinstance(value, int | float)
            else value
            if isinstance(value, str)
            else ", ".join(map(str, value))
        )
        rows.append((one.label, shown))
    return rows
