"""The report in German and Russian: nothing of it stays English but names, and every letter can be printed."""

import re
from dataclasses import replace

import numpy as np
import pytest
from helpers_pdf import pdf_pages
from helpers_restoration import make_restoration, with_checks, with_ct, with_failed, with_strength, without_body

from SkullRestoreLib import report
from SkullRestoreLib._system.translation import speaking, translate
from SkullRestoreLib.findings import Note
from SkullRestoreLib.io.dicom_series import coarse_slices_finding
from SkullRestoreLib.report import pdf_paper, plan_sheet
from SkullRestoreLib.report.figures import ColourScale, draw_colour_map
from SkullRestoreLib.report.layers import COLOURS
from SkullRestoreLib.report.render import camera_facing, picture_font
from SkullRestoreLib.settings import LANGUAGES

FINDINGS = (
    *coarse_slices_finding(3.0),
    Note("157 slices, 0.49 × 0.49 × 1.00 mm."),
    Note("Bone threshold 300 HU, as set."),
    "Bone touches the left edge of the scan.",
)
REFUSED = "Around defect 2 there is no bone for a margin ring; make none."
NAMES = re.compile(
    r"SkullRestore|Skull\w+|restoration|report|json|html|pdf|stl|cpu|SHA|RAS|LPS|UID|PEEK|PMMA|UHMWPE|Elm|Mishinov"
    r"|Saratov|Medical|Journal|Data|Brief|Kodym|al|in|et|CQ500|Chilamkurthy|Lancet|implant_\w*|BY|NC|SA|CC|HU|scanner"
    r"|Kernel9|skull"
)
"""Latin words that a Russian report may hold."""
CLOSEUPS = {
    1: {name: np.zeros((30, 40, 3), np.uint8) for name in ("outside", "inside", "section A", "thickness", "step")}
}


@pytest.fixture(scope="module")
def made():
    return with_strength(with_checks(with_ct(make_restoration(defects=2, warnings=FINDINGS), uid="1.2.840.1")))


def in_language(restoration, language):
    return replace(restoration, settings=replace(restoration.settings, language=language, case_code="Elm 27"))


def text_of(html):
    return " ".join(re.sub(r"<[^>]+>", " ", re.sub(r"<(style|title)>.*?</\1>", "", html, flags=re.DOTALL)).split())


def english_words(text):
    words = re.findall(r"[A-Za-z][A-Za-z_]{2,}", re.sub(r"\b[0-9a-f]{8,}\b", "", text))
    return sorted({word for word in words if NAMES.fullmatch(word) is None})


def test_a_russian_report_holds_no_english_words_but_names(made):
    views = {name: np.zeros((30, 40, 3), np.uint8) for name in ("front", "top", "left", "defect 1", "own 1")}
    russian = in_language(made, "ru")
    page = report.report_html(russian, views, CLOSEUPS)
    assert english_words(text_of(page)) == []
    assert english_words(" ".join(re.findall(r'alt="([^"]*)"', page))) == []
    printed = " ".join(pdf_pages(report.report_pdf(russian, views, CLOSEUPS)))
    assert english_words(printed) == []
    assert "Восстановлено: 2 дефекта, всего" in printed


def test_a_report_of_an_implant_that_did_not_pass_is_translated_too(made):
    fault = "The clearance is only 0.21 mm at its least."
    failed = without_body(with_failed(made, failed=(fault,)), defect=2, reason=REFUSED)
    assert english_words(text_of(report.report_html(in_language(failed, "ru"), {}))) == []
    page = text_of(report.report_html(in_language(failed, "de"), {}))
    assert "NICHT BESTANDEN" in page
    assert '<strong class="bad">' in report.report_html(in_language(failed, "de"), {})


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_names_its_language_and_the_facts_stay_english(made, language):
    spoken = in_language(made, language)
    assert f'<html lang="{language}">' in report.report_html(spoken, {})
    facts = report.summarise_restoration(spoken)
    assert facts["defects"][0]["side"] == "left"
    assert facts["settings"]["language"] == language


def test_a_defect_is_a_defect_in_german_and_never_a_gap(made):
    page = text_of(report.report_html(in_language(made, "de"), {}))
    assert "2 Defekte rekonstruiert" in page
    assert "Lücke" not in page


def test_names_are_left_as_they_are(made):
    named = replace(made, settings=replace(made.settings, language="ru", case_code="left"))
    assert "Код случая left Версия и дата" in text_of(report.report_html(named, {}))
    assert "Случай left, версия 1 от" in " ".join(pdf_pages(report.report_pdf(named, {})))


def test_letters_in_pictures_are_cyrillic_where_the_report_is_russian(made):
    assert picture_font(12).getmask("м").getbbox() != picture_font(12).getmask("\uffff").getbbox()
    mesh, size = made.patches[0].outer, (200, 160)
    scale = ColourScale(0.0, 1.0, COLOURS[:2].astype(float), "mm thick")
    colours = np.full((len(mesh.vertices), 3), 0.5)
    camera = camera_facing(np.array([0.0, 0, 1]), "top")
    pictures = []
    for language in ("en", "ru"):
        with speaking(language):
            pictures.append(draw_colour_map(mesh, colours, scale, np.eye(4), camera, size=size))
    assert not np.array_equal(*pictures)


def test_values_below_a_heading_have_the_size_of_values():
    paper = pdf_paper.new_paper("Title", "1", ("", ""))
    paper.add_page()
    sizes, write = {}, paper.multi_cell

    def record(*args, **options):
        text = args[2] if len(args) > 2 else options["text"]
        sizes[text] = max(sizes.get(text, 0), paper.font_size_pt)  # it is measured too
        return write(*args, **options)

    paper.multi_cell = record
    pdf_paper.add_value_columns(paper, [("Alle Prüfungen", "bestanden"), ("Dicke", "4")], heading="Gemessen")
    pdf_paper.finished_file(paper)
    assert sizes.pop("Gemessen") == pdf_paper.SECTION_HEADING_POINTS
    assert set(sizes.values()) == {pdf_paper.VALUE_POINTS}


def test_a_long_caption_pushes_what_follows_down():
    heights = []
    for caption in ("Kurz.", "Eine Bildunterschrift, die in einer anderen Sprache länger ist als im Englischen. " * 3):
        paper = pdf_paper.new_paper("Title", "1", ("", ""))
        paper.add_page()
        pdf_paper.add_pictures(paper, [(caption, np.zeros((30, 40, 3), np.uint8))], columns=3)
        heights.append(paper.get_y())
        pdf_paper.finished_file(paper)
    assert heights[1] > heights[0] + 3 * pdf_paper.CAPTION_LINE_MM


def test_the_rows_of_a_plan_are_translated():
    facts = {
        "line": {"area_cm2": 30.0, "circumference_mm": 200.0, "least_radius_mm": 8.0},
        "settings": {"kerf_mm": 1.5, "kerf_side": "middle", "wall": "perpendicular", "wall_bevel_deg": 10.0},
        "opening": {"defect": 1},
        "landmarks": [
            {"name": "frontal sinus", "crossed": False, "distance_mm": 12.0},
            {"name": "orbit", "crossed": True, "distance_mm": 0.0},
        ],
        "mirrored_side": {"median_mm": 0.8, "within_95_mm": 2.0, "compared_percent": 96.0},
    }
    with speaking("ru"):
        said = [*plan_sheet.line_rows(facts), *plan_sheet.landmark_rows(facts), (plan_sheet.mirrored_in_words(facts),)]
        titles = [translate(name) for name in ("The line on the skull", "The cutting guide, cut")]
    assert english_words(" ".join(text for row in said for text in row)) == []
    assert english_words(" ".join(titles)) == []
