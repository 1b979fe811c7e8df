"""The same report for printing and signing: PDF, an overview and a page for each implant."""

import io
from collections.abc import Mapping
from typing import Any

import numpy as np

from SkullRestoreLib.case import DependencyError, Restoration
from SkullRestoreLib.report.facts import CREDIT, SAFETY, summary
from SkullRestoreLib.report.words import caption, checks_in_words, number, pieces_in_words, settings_in_words, title_of

INK, SOFT, ACCENT, ALERT = (32, 38, 46), (96, 106, 118), (14, 94, 108), (150, 30, 20)
WIDTH_MM = 180.0  # between the margins of an A4 page


def report_pdf(
    restoration: Restoration, pictures: Mapping[str, np.ndarray], closeups: Mapping[int, Mapping[str, np.ndarray]] | None = None
) -> bytes:
    """Write the report as PDF.

    Parameters
    ----------
    restoration
        What the pipeline returned.
    pictures, closeups
        As for :func:`SkullRestoreLib.report.report_html`.

    Returns
    -------
    bytes
        A4; an overview, then one page for each defect, with a line for the signature.

    Raises
    ------
    DependencyError
        If fpdf2 is not installed.
    """
    try:
        from fpdf import FPDF
    except ImportError as error:
        raise DependencyError("The PDF report needs the package fpdf2: pip install fpdf2. The HTML report has the same content.") from error
    facts = summary(restoration)

    class Paper(FPDF):
        def footer(self) -> None:
            self.set_y(-12)
            self.set_font("helvetica", size=7)
            self.set_text_color(*SOFT)
            left = _latin(f"SkullRestore {facts['version']}   weights {facts['weights']['sha256'][:16]}   {SAFETY}")
            self.cell(WIDTH_MM - 12, 5, left)
            self.cell(12, 5, f"{self.page_no()}/{{nb}}", align="R")

    paper = Paper(format="A4")
    paper.set_margins(15, 14, 15)
    paper.set_auto_page_break(True, margin=16)
    paper.set_title("Skull restoration")
    paper.set_creator(f"SkullRestore {facts['version']}")
    _overview(paper, facts, pictures)
    for one in facts["defects"]:
        _defect(paper, one, facts, (closeups or {}).get(one["number"], {}))
    return bytes(paper.output())


def _overview(paper: Any, facts: Mapping[str, Any], pictures: Mapping[str, np.ndarray]) -> None:
    paper.add_page()
    _heading(paper, "Skull restoration", 18)
    _text(paper, SAFETY, colour=ALERT, bold=True)
    if not facts["defects"]:
        _text(paper, "No defect of the skull vault was found. There is nothing to restore; no implant was made.", bold=True)
    else:
        rows = [("No.", "Place", "Area, cm²", "Size, mm", "Points", "Margin", "Implant")]
        for d in facts["defects"]:
            size = " × ".join(number(d["extent_mm"][k], 0) for k in ("left_right", "front_back", "up_down"))
            implant = d["implant"]
            made = "none" if implant is None else f"{number(implant['thickness_mm'])} mm, {number(implant['volume_ml'])} ml"
            moved = d["reference_points_moved_by_hand"]
            points = f"{d['reference_points']}" + (f" ({moved} moved)" if moved else "")
            margin = "open" if d["open_margin"] else "closed"
            rows.append((str(d["number"]), f"{d['side']}, {d['region']}", number(d["area_cm2"]), size, points, margin, made))
        _table(paper, rows, (9, 52, 20, 34, 24, 15, 26))
    if facts["warnings"]:
        _heading(paper, "What was noticed", 11)
        for warning in facts["warnings"]:
            _text(paper, f"- {warning}")
    names = [name for name in pictures if not name.startswith("defect")]
    _pictures(paper, [(title_of(name), pictures[name]) for name in names], columns=3)
    _heading(paper, "How it was made", 11)
    source = facts["input"]
    _pairs(
        paper,
        [
            ("Input", {"ct": "CT", "mask": "bone mask", "model": "skull model"}[source["kind"]]),
            ("Series UID", source["series_uid"] or "none"),
            ("Voxel size, mm", " × ".join(number(s, 2) for s in source["spacing_ijk_mm"]) if "spacing_ijk_mm" in source else "none"),
            ("Bone threshold, HU", number(source["threshold_hu"], 0) if source.get("threshold_hu") is not None else "none"),
            ("Fit of the head frame, mm", number(facts["head_frame"]["residual_mm"], 2)),
            ("Time in all, s", number(facts["seconds_total"])),
            *settings_in_words(facts["settings"]["implant"]),
        ],
    )
    _text(paper, f"Weights, SHA-256: {facts['weights']['sha256']}", colour=SOFT, size=7)
    _text(paper, f"{CREDIT} Method after Mishinov SV, Saratov Medical Journal 2023; 4(1): e0102.", colour=SOFT, size=7)


def _defect(paper: Any, one: Mapping[str, Any], facts: Mapping[str, Any], pictures: Mapping[str, np.ndarray]) -> None:
    paper.add_page()
    _heading(paper, f"Defect {one['number']}: {one['side']}, {one['region']}", 15)
    _text(
        paper,
        f"{number(one['area_cm2'])} cm² on the restored surface; {one['reference_points']} reference points, "
        f"{one['reference_points_low_confidence']} uncertain, {one['reference_points_moved_by_hand']} moved by hand; "
        f"standard error of the surface {number(one['surface_standard_error_mm'])} mm; "
        f"margin {'partly open' if one['open_margin'] else 'closed'}.",
    )
    if one["moved_points"]:
        _text(paper, "Moved by hand: " + ", ".join(point["label"] for point in one["moved_points"]) + ".")
    if one["implant"] is None:
        _text(paper, "No implant was made.", bold=True)
    pieces = [] if one["implant"] is None else pieces_in_words(one["implant"])
    columns = 3 if pieces or len(pictures) > 4 else 2  # all of it on one page
    _pictures(paper, [(caption(name), image) for name, image in pictures.items()], columns=columns, wide_mm=76.0)
    if one["implant"] is not None:
        _heading(paper, f"Implant ({one['implant']['file']})", 11)
        _pairs(paper, checks_in_words(one["implant"]))
        for file, said in pieces:
            _text(paper, f"{file}: {said}", size=7.5)
        for said in one["implant"]["findings"]:
            _text(paper, f"- {said}", colour=ALERT)
        if facts["settings"]["implant"] != one["implant"]["settings"]:
            _heading(paper, "Settings of this implant", 11)
            _pairs(paper, settings_in_words(one["implant"]["settings"]))
    _signature(paper)


def _signature(paper: Any) -> None:
    if paper.get_y() > 297 - 36:
        paper.add_page()
    paper.set_y(297 - 34)
    _text(paper, "Design checked and approved by a qualified clinician:", size=9)
    paper.ln(9)
    y = paper.get_y()
    paper.set_draw_color(*INK)
    for left, wide, what in ((15, 70, "name"), (92, 62, "signature"), (161, 34, "date")):
        paper.line(left, y, left + wide, y)
        paper.set_xy(left, y + 0.5)
        paper.set_font("helvetica", size=7)
        paper.cell(wide, 4, what)


def _heading(paper: Any, text: str, size: float) -> None:
    paper.ln(1.5)
    paper.set_font("helvetica", style="B", size=size)
    paper.set_text_color(*ACCENT)
    paper.multi_cell(WIDTH_MM, size * 0.5, _latin(text), new_x="LMARGIN", new_y="NEXT")
    paper.ln(0.8)


def _text(paper: Any, text: str, *, colour: tuple[int, int, int] = INK, bold: bool = False, size: float = 8.5) -> None:
    paper.set_font("helvetica", style="B" if bold else "", size=size)
    paper.set_text_color(*colour)
    paper.multi_cell(WIDTH_MM, size * 0.48, _latin(text), align="L", new_x="LMARGIN", new_y="NEXT")


def _table(paper: Any, rows: list[tuple[str, ...]], widths: tuple[float, ...]) -> None:
    paper.set_font("helvetica", size=8)
    paper.set_text_color(*INK)
    paper.ln(1)
    with paper.table(col_widths=widths, line_height=4.6, borders_layout="HORIZONTAL_LINES", text_align="LEFT") as table:
        for row in rows:
            table.row([_latin(cell) for cell in row])


def _pairs(paper: Any, rows: list[tuple[str, str]]) -> None:
    """Names and values in two columns."""
    half = (len(rows) + 1) // 2
    top, lowest = paper.get_y(), paper.get_y()
    if top + 4.4 * half > 297 - 18:
        paper.add_page()
        top = lowest = paper.get_y()
    for column, part in enumerate((rows[:half], rows[half:])):
        left, y = 15 + column * (WIDTH_MM / 2 + 2), top
        for name, value in part:
            paper.set_font("helvetica", size=7.5)
            paper.set_text_color(*SOFT)
            paper.set_xy(left, y)
            paper.multi_cell(52, 3.6, _latin(name), align="L", new_x="LEFT", new_y="NEXT")
            after = paper.get_y()
            paper.set_text_color(*INK)
            paper.set_xy(left + 53, y)
            paper.multi_cell(
                WIDTH_MM / 2 - 55,
                3.6,
                _latin(value),
                align="R",
                new_x="LEFT",
                new_y="NEXT",
                wrapmode="CHAR" if " " not in value else "WORD",
            )
            y = max(after, paper.get_y()) + 0.8
        lowest = max(lowest, y)
    paper.set_xy(15, lowest + 1)


def _pictures(paper: Any, shown: list[tuple[str, np.ndarray]], *, columns: int, wide_mm: float = WIDTH_MM) -> None:
    from PIL import Image

    if not shown:
        return
    gap = 3.0
    wide = min((WIDTH_MM - gap * (columns - 1)) / columns, wide_mm)
    for first in range(0, len(shown), columns):
        row = shown[first : first + columns]
        tall = max(wide * image.shape[0] / image.shape[1] for _, image in row)
        if paper.get_y() + tall + 8 > 297 - 18:
            paper.add_page()
        top = paper.get_y() + 1
        for column, (title, image) in enumerate(row):
            left = 15 + column * (wide + gap)
            buffer = io.BytesIO()
            Image.fromarray(image).save(buffer, format="JPEG", quality=90, subsampling=0)
            paper.image(buffer, x=left, y=top, w=wide)
            paper.set_xy(left, top + wide * image.shape[0] / image.shape[1] + 0.5)
            paper.set_font("helvetica", size=7)
            paper.set_text_color(*SOFT)
            paper.multi_cell(wide, 3.2, _latin(title), align="L")
        paper.set_xy(15, top + tall + 7)


def _latin(text: str) -> str:
    """What the fonts that every PDF reader has can show; anything else becomes a question mark."""
    return text.replace("–", "-").replace("≤", "<=").replace("≥", ">=").encode("latin-1", "replace").decode("latin-1")
