"""Write the report for printing and signing: PDF, an overview and a page for each defect."""

from collections.abc import Mapping, Sequence
from typing import Any

from SkullRestoreLib._system.translation import say, speaking, translate
from SkullRestoreLib.records import Restoration, WrittenFile
from SkullRestoreLib.report import sheet_words as words
from SkullRestoreLib.report.facts import DATA_CREDIT, SAFETY_NOTE, summarise_restoration
from SkullRestoreLib.report.html import PicturesByName
from SkullRestoreLib.report.pdf_paper import (
    ALERT_COLOUR,
    FONT,
    LEFT_MM,
    MUTED_COLOUR,
    SECTION_HEADING_POINTS,
    TEXT_COLOUR,
    add_heading,
    add_legend,
    add_pictures,
    add_table,
    add_text,
    add_value_columns,
    begin_page_if_less,
    finished_file,
    new_paper,
)
from SkullRestoreLib.report.words import (
    check_rows,
    picture_caption,
    piece_rows,
    place_in_words,
    revision_in_words,
    rings,
    said,
    setting_rows,
    side_in_words,
    unsigned,
    view_title,
)

CLOSEUP_WIDTH_MM = 76.0
"""Largest width of a close-up, so that a defect fits on one page."""
PRINTING_MM = 28
"""About the height of how an implant is printed."""
SIGNATURE_MM = 30
"""Height of the boxes to tick and the line for the signature."""


def report_pdf(
    restoration: Restoration,
    pictures: PicturesByName,
    closeups: Mapping[int, PicturesByName] | None = None,
    *,
    keep_failed: bool = False,
    files: Sequence[WrittenFile] = (),
) -> bytes:
    """Write the report as PDF.

    Parameters
    ----------
    restoration
        What the pipeline returned.
    pictures, closeups, keep_failed, files
        As for :func:`SkullRestoreLib.report.report_html`.

    Returns
    -------
    bytes
        An overview, then each defect from a new page on, with boxes to tick and a line for the signature where every
        implant passed, then the list of files.

    Raises
    ------
    DependencyError
        If fpdf2 is not installed.
    """
    facts = summarise_restoration(restoration, keep_failed=keep_failed, files=files)
    with speaking(restoration.settings.language):
        return _report_pdf(facts, pictures, closeups or {}, restoration.settings.paper)


def _report_pdf(
    facts: Mapping[str, Any], pictures: PicturesByName, closeups: Mapping[int, PicturesByName], paper_size: str
) -> bytes:
    """As :func:`report_pdf`, in the language that is spoken."""
    software = say("SkullRestore {1}, weights {2}", facts["version"], facts["weights"]["sha256"][:16])
    footer = (say(SAFETY_NOTE), f"{words.mark_of(facts)}; {software}")
    paper = new_paper(say("Skull restoration"), facts["version"], footer, paper_size)
    _add_overview(paper, facts, pictures)
    for defect in facts["defects"]:
        _add_defect_page(paper, defect, facts, closeups.get(defect["number"], {}))
    _add_method_and_files(paper, facts)
    return finished_file(paper)


def _add_overview(paper: Any, facts: Mapping[str, Any], pictures: PicturesByName) -> None:
    paper.add_page()
    add_heading(paper, say("Skull restoration"), 18)
    add_text(paper, say(SAFETY_NOTE), colour=ALERT_COLOUR, bold=True)
    paper.ln(1.5)
    add_value_columns(paper, words.header_rows(facts))
    if side := side_in_words(facts):
        add_text(paper, side, colour=ALERT_COLOUR, bold=True)
    if revision := revision_in_words(facts):
        add_text(paper, revision, bold=True)
    add_text(paper, words.result_in_words(facts) if facts["defects"] else say(words.NO_DEFECT), bold=True, size=9.5)
    _add_failed_checks(paper, facts["withheld"], " ".join(filter(None, (rings(facts), unsigned(facts)))))
    _add_findings(paper, facts)
    if facts["defects"]:
        add_heading(paper, say("Defects"), SECTION_HEADING_POINTS)
        add_table(paper, [said(words.DEFECT_HEADS), *words.defect_rows(facts)], (9, 46, 19, 36, 26, 26, 26), size=7.5)
        add_heading(paper, say("Implants"), SECTION_HEADING_POINTS)
        add_table(paper, [said(words.IMPLANT_HEADS), *words.implant_rows(facts)], (20, 50, 26, 34, 24, 26), size=7.5)
    if facts["small_holes"]:
        add_heading(paper, say("Small holes, not restored"), SECTION_HEADING_POINTS)
        add_table(paper, [said(words.SMALL_HOLE_HEADS), *words.small_hole_rows(facts)], (120, 60), size=7.5)
        add_text(paper, words.small_holes_note(facts), colour=MUTED_COLOUR)
    if pictures:
        add_heading(paper, say("Pictures"), SECTION_HEADING_POINTS)
        add_pictures(paper, [(view_title(name, facts), image) for name, image in pictures.items()], columns=3)
        add_legend(paper, words.legend_rows(facts))


def _add_findings(paper: Any, facts: Mapping[str, Any]) -> None:
    """Warnings and notes."""
    if facts["warnings"]:
        add_heading(paper, say("Warnings"), SECTION_HEADING_POINTS)
        for warning in facts["warnings"]:
            add_text(paper, f"- {translate(warning)}")
    if facts["notes"]:
        add_heading(paper, say("Notes"), SECTION_HEADING_POINTS)
        for note in facts["notes"]:
            add_text(paper, f"- {translate(note)}", colour=MUTED_COLOUR)


def _add_failed_checks(paper: Any, withheld: Sequence[Mapping[str, Any]], closing: str = "") -> None:
    """The checks that were not passed, in a box of their own, with a closing sentence."""
    if not withheld:
        return
    lines = []
    for defect in withheld:
        lines.append((words.consequence_in_words(defect), True))
        lines += [(f"- {translate(sentence)}", False) for sentence in defect["failed"]]
    add_heading(paper, say("Checks that were not passed"), SECTION_HEADING_POINTS)
    page, top = paper.page, paper.get_y()
    paper.ln(1)
    for text, bold in [*lines, *([(closing, False)] if closing else [])]:
        add_text(paper, text, colour=ALERT_COLOUR, bold=bold)
    if paper.page == page:  # a list that continues on the next page has no frame
        paper.set_draw_color(*ALERT_COLOUR)
        paper.rect(LEFT_MM - 1.5, top, paper.epw + 3, paper.get_y() - top + 1)
    paper.ln(2)


def _add_defect_page(paper: Any, defect: Mapping[str, Any], facts: Mapping[str, Any], pictures: PicturesByName) -> None:
    paper.add_page()
    add_heading(paper, say("Defect {1}: {2}", defect["number"], place_in_words(defect)), 15)
    if moved := words.moved_in_words(defect):
        add_text(paper, moved)
    _add_failed_checks(paper, [w for w in facts["withheld"] if w["defect"] == defect["number"]])
    implant = defect["implant"]
    pieces = [] if implant is None else piece_rows(implant)
    columns = 3 if pieces or len(pictures) > 4 else 2  # to fit on one page
    closeups = [(picture_caption(name), image) for name, image in pictures.items()]
    add_pictures(paper, closeups, columns=columns, max_width_mm=CLOSEUP_WIDTH_MM)
    if implant is not None:
        for finding in implant["findings"]:
            add_text(paper, f"- {translate(finding)}")
        add_value_columns(paper, check_rows(implant), heading=words.measured_heading(defect))
        for file, measured in pieces:
            add_text(paper, f"{file}: {measured}", size=7.5)
        _add_making(paper, implant)
        if facts["settings"]["implant"] != implant["settings"]:
            add_value_columns(paper, setting_rows(implant["settings"]), heading=say("Settings of this implant"))
    _add_signature(paper, unsigned(facts))


def _add_making(paper: Any, implant: Mapping[str, Any]) -> None:
    """Where an implant is fixed, how its parts are put together, and how it is printed."""
    if fixations := words.fixation_rows(implant):
        add_heading(paper, say("Fixation (positions in RAS)"), SECTION_HEADING_POINTS)
        add_table(paper, [said(words.FIXATION_HEADS), *fixations], (10, 48, 20, 20, 18, 40), size=7.5)
        paper.ln(1)
    if assembly := words.assembly_in_words(implant):
        add_text(paper, assembly)
    begin_page_if_less(paper, PRINTING_MM + SIGNATURE_MM)  # nobody signs a page that shows nothing else
    if printing := words.print_rows(implant):
        add_value_columns(paper, printing, heading=say("Printing"))


def _add_signature(paper: Any, reason: str) -> None:
    """Boxes to tick and a line to sign on, or the reason why there are none."""
    if reason:
        add_text(paper, reason, colour=MUTED_COLOUR)
        return
    begin_page_if_less(paper, SIGNATURE_MM)
    paper.ln(3)
    add_text(paper, say(words.APPROVAL_SENTENCE), size=9, bold=True)
    paper.ln(1.5)
    paper.set_font(FONT, size=9)
    paper.set_draw_color(*TEXT_COLOUR)
    for decision in said(words.DECISIONS):
        paper.rect(paper.get_x() + 0.8, paper.get_y() + 0.7, 3.2, 3.2)
        paper.set_x(paper.get_x() + 5.2)
        paper.cell(paper.get_string_width(decision) + 8, 4.6, decision)
    paper.ln(14)
    y, width = paper.get_y(), paper.epw
    for share, length, label in ((0.0, 0.40, say("name")), (0.43, 0.34, say("signature")), (0.80, 0.20, say("date"))):
        left = LEFT_MM + share * width
        paper.line(left, y, left + length * width, y)
        paper.set_xy(left, y + 0.5)
        paper.set_font(FONT, size=7)
        paper.cell(length * width, 4, label)
    paper.set_xy(LEFT_MM, y + 6)


def _add_method_and_files(paper: Any, facts: Mapping[str, Any]) -> None:
    """How the result was made, and its files with their checksums."""
    add_value_columns(paper, words.method_rows(facts), heading=say("How it was made"))
    if facts["files"]:
        add_heading(paper, say("Files"), SECTION_HEADING_POINTS)
        add_table(paper, [said(words.FILE_HEADS), *words.file_rows(facts)], (48, 18, 114), size=7)
        paper.ln(1)
        add_text(paper, say(words.FILES_NOTE), colour=MUTED_COLOUR, size=7)
    paper.ln(2)
    for note in (say(words.COORDINATES_NOTE), f"{say(DATA_CREDIT)} {say(words.METHOD_NOTE)}"):
        add_text(paper, note, colour=MUTED_COLOUR, size=7)
