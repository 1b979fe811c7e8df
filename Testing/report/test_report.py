"""The report for people and its JSON for programs."""

import base64
import io
import json
import re
import sys
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest
from helpers_pdf import pdf_pages
from helpers_restoration import make_restoration, with_checks, with_ct, with_strength

from SkullRestoreLib import report
from SkullRestoreLib.errors import DependencyError
from SkullRestoreLib.records import SIDE_NOT_KNOWN, ImplantSettings, PieceChecks, Settings, VaultObject
from SkullRestoreLib.settings import MATERIALS

PICTURES = {
    "front": np.zeros((30, 40, 3), np.uint8),
    "top": np.zeros((30, 40, 3), np.uint8),
    "defect 1": np.full((30, 40, 3), 200, np.uint8),
}


class Page(HTMLParser):
    """Collects tags and text, and fails on tags that are not closed."""

    void = frozenset({"meta", "img", "br", "link", "hr"})

    def __init__(self, html):
        super().__init__()
        self.open, self.tags, self.text = [], [], ""
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in self.void:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.text += data


@pytest.fixture(scope="module")
def made():
    return with_ct(make_restoration(defects=2, warnings=["Slices are 3.0 mm apart."]), uid="1.2.840.1")


def test_the_summary_is_plain_json_with_the_units_in_its_keys(made):
    facts = json.loads(json.dumps(report.summarise_restoration(made), allow_nan=False))
    assert facts["schema"] == report.SCHEMA_VERSION
    first = facts["defects"][0]
    assert first["number"] == 1
    assert first["area_cm2"] == 38.2
    assert len(first["centre_ras_mm"]) == 3
    assert set(first["extent_mm"]) == {"left_right", "front_back", "up_down"}
    assert (first["side"], first["region"], first["open_margin"]) == ("left", "parietal", False)
    assert (first["reference_points"], first["reference_points_low_confidence"]) == (24, 1)
    assert first["implant"]["thickness_mm"] == 4.0
    assert first["implant"]["file"] == "implant_1.stl"
    assert facts["seconds_total"] == 1.75
    assert facts["weights"]["sha256"] == made.weights_sha256
    assert facts["input"] == {
        "kind": "ct",
        "series_uid": "1.2.840.1",
        "side_known": True,
        "voxels_ijk": [16, 14, 12],
        "spacing_ijk_mm": [12.0, 13.5, 15.25],
        "threshold_hu": None,
        "scan_date": None,
        "slice_thickness_mm": None,
        "kernel": None,
    }


def test_a_number_that_is_not_known_is_none_and_never_nan(made):
    made = replace(made, peak_memory_mb=float("nan"), pose=replace(made.pose, residual_mm=float("inf")))
    facts = report.summarise_restoration(made)
    assert facts["peak_memory_mb"] is None
    assert facts["head_frame"]["residual_mm"] is None
    assert "unknown" in report.report_html(made, {})


def test_a_defect_without_an_implant_says_so(made):
    facts = report.summarise_restoration(replace(made, implants=made.implants[:1]))
    assert facts["defects"][1]["implant"] is None
    assert "no implant was made" in report.report_html(replace(made, implants=()), {})


def test_the_path_of_the_weights_is_left_out(made):
    for path in ("/home/someone/best.safetensors", r"C:\Users\someone\best.safetensors"):
        settings = report.summarise_restoration(replace(made, settings=Settings(weights=path)))["settings"]
        assert settings["weights"] == "best.safetensors"


def test_the_report_loads_nothing_from_anywhere(made):
    html = report.report_html(made, PICTURES)
    page = Page(html)
    sources = [attrs["src"] for _, attrs in page.tags if "src" in attrs]
    assert len(sources) == len(PICTURES)
    assert all(source.startswith("data:image/jpeg;base64,") for source in sources)
    assert not {"script", "link", "iframe"} & {tag for tag, _ in page.tags}
    assert re.search(r"url\(|@import|https?://", html) is None


def test_the_pictures_in_the_report_open_at_their_size(made):
    from PIL import Image

    page = Page(report.report_html(made, PICTURES))
    source = next(attrs for tag, attrs in page.tags if tag == "img")
    image = Image.open(io.BytesIO(base64.b64decode(source["src"].split(",")[1])))
    assert image.size == (int(source["width"]), int(source["height"])) == (40, 30)


def test_every_picture_says_in_words_what_it_shows(made):
    page = Page(report.report_html(made, PICTURES))
    said = [attrs["alt"] for tag, attrs in page.tags if tag == "img"]
    assert said[0].startswith("From the front: skull, with the restored surface of defect 1 (left, parietal, 38.2 cm²)")
    assert said[1].startswith("From above: skull")
    assert said[2].startswith("Straight at defect 1: skull")


def test_the_colour_of_objects_is_explained_where_there_is_one(made):
    flap = VaultObject(1, "bone flap", 40.0, 20.0, 900.0, 3.1, 0.5, 0.8, np.zeros(0, int), removed=True)
    assert "object in the hole" in report.report_html(replace(made, objects=(flap,)), PICTURES)
    assert "object in the hole" not in report.report_html(made, PICTURES)


def test_the_report_gives_area_warning_version_hash_licence_and_that_it_is_research_only(made):
    text = Page(report.report_html(made, PICTURES)).text
    for fact in (
        "38.2",
        "76.4 cm² in all",
        "Slices are 3.0 mm apart.",
        made.weights_sha256,
        "CC BY-NC-SA 4.0",
        "CQ500",
        "1.2.840.1",
        "Research use only",
    ):
        assert fact in text, fact


def test_where_the_side_is_not_known_nothing_says_left_or_right_and_that_stands_first(made):
    unknown = replace(
        made,
        bone=replace(made.bone, side_known=False),
        defects=tuple(replace(d, side=SIDE_NOT_KNOWN) for d in made.defects),
        findings=(),
    )
    views = dict.fromkeys(("front", "left", "right"), PICTURES["front"])
    page = Page(report.report_html(unknown, views))
    assert page.text.index("SIDE NOT KNOWN") < page.text.index(SIDE_NOT_KNOWN)
    text = page.text.replace("nothing here says which side is left", "") + " ".join(
        attrs.get("alt", "") for _, attrs in page.tags
    )
    assert not re.search(r"(?i)\b(left|right)\b", text)
    facts = report.summarise_restoration(unknown)
    assert facts["input"]["side_known"] is False
    assert {d["side"] for d in facts["defects"]} == {SIDE_NOT_KNOWN}
    assert "SIDE NOT KNOWN" not in report.report_html(made, views)


def test_no_defect_is_a_result_that_says_so():
    html = report.report_html(make_restoration(defects=0), {"front": PICTURES["front"]})
    assert "No defect of the skull vault was found." in html
    assert "no defect of the vault was found" in next(attrs["alt"] for tag, attrs in Page(html).tags if tag == "img")


def test_small_holes_are_listed_below_the_area_limit(made):
    text = Page(report.report_html(replace(made, small_defects=(replace(made.defects[0], area_cm2=0.634),)), {})).text
    assert "Small holes, not restored" in text
    assert "0.63" in text


def test_an_open_margin_is_reported(made):
    opened = replace(made, defects=(replace(made.defects[0], open_margin=True),))
    assert "partly open" in report.report_html(opened, {})


def test_markup_in_a_warning_stays_text(made):
    html = report.report_html(replace(made, findings=("<script>alert(1)</script>",)), {})
    assert "<script>" not in html
    assert "&lt;script&gt;" in html


def test_a_model_has_no_voxels_and_the_report_can_do_without():
    made = make_restoration(model=True)
    assert report.summarise_restoration(made)["input"]["kind"] == "model"
    assert "Voxels" not in report.report_html(made, {})


def test_points_moved_by_hand_are_counted(made):
    moved = replace(made, points=(replace(made.points[0], moved=True), *made.points[1:]))
    assert report.summarise_restoration(moved)["defects"][0]["reference_points_moved_by_hand"] == 1
    assert "1 moved by hand" in report.report_html(moved, {})


# --- one page for each implant, and the same on paper


CLOSE = {1: {"outside": PICTURES["front"], "section": PICTURES["front"]}, 2: {}}


@pytest.fixture(scope="module")
def measured(made):
    return with_checks(made)


def test_every_implant_has_a_section_with_its_pictures_its_figures_and_a_line_to_sign(measured):
    html = report.report_html(measured, PICTURES, CLOSE)
    page = Page(html)
    assert html.count('class="signature"') == 2
    assert sum(tag == "img" for tag, _ in page.tags) == len(PICTURES) + 2
    for fact in (
        "0.95, 1.00, 1.10 (asked: 1)",
        "99.8 %, 93.0 %",
        "Mass in PEEK, g",
        "23.9",
        "70 × 50 × 20",
        "passed",
        "qualified clinician",
    ):
        assert fact in page.text, fact


def test_a_check_that_did_not_pass_and_what_was_noticed_stand_out(measured):
    body = measured.implants[0]
    failed = replace(
        body,
        checks=replace(body.checks, failed=("The body is not closed.",), watertight=False),
        findings=("Implant 1: look here.",),
    )
    text = Page(report.report_html(replace(measured, implants=(failed,)), {})).text
    assert "NOT PASSED" in text
    assert "look here" in text


def test_settings_are_listed_with_label_and_unit_and_only_where_they_do_something(made):
    chosen = replace(made, settings=Settings(implant=ImplantSettings(bevel_deg=15, perforations=True)))
    text = Page(report.report_html(chosen, {})).text
    assert "Implant: Bevel" in text
    assert "15 °" in text
    assert "Diameter of perforations" in text
    assert "Temporal filling" not in text
    assert "Diameter of suture holes" not in text


def test_points_moved_by_hand_are_listed_by_their_label_and_place(measured):
    moved = replace(
        measured, points=(measured.points[0], replace(measured.points[1], moved=True), *measured.points[2:])
    )
    assert report.summarise_restoration(moved)["defects"][0]["moved_points"][0]["label"] == "1-02"
    assert "moved by hand: 1-02" in " ".join(Page(report.report_html(moved, {}, CLOSE)).text.split())


def pages(content):
    return len(re.findall(rb"/Type /Page\b(?!s)", content))


def test_the_pdf_has_an_overview_and_each_defect_begins_a_page(measured):
    content = report.report_pdf(measured, PICTURES, CLOSE)
    assert content.startswith(b"%PDF-1.")
    heads = [text.split()[0] for text in pdf_pages(content)]
    assert heads[0] == "Skull"
    assert heads.count("Defect") == 2
    assert pages(report.report_pdf(make_restoration(defects=0), PICTURES)) == 1
    assert b"http://" not in content
    assert b"https://" not in content


def test_nobody_signs_a_page_that_shows_nothing_else(measured):
    parts = tuple(PieceChecks(True, 8.0, np.array([70.0, 50.0, 20.0]), 9000, gap_mm=0.15) for _ in range(3))
    halves = tuple(
        PieceChecks(True, 274.0, np.array([124.0, 99.0, 36.0]), 9000, off_mm=0.01, caught_mm2=0.7) for _ in range(2)
    )
    body = replace(
        measured.implants[0],
        part_checks=parts,
        mould_checks=halves,
        findings=("Implant 1: 80 mm² of bone overhang along the insertion direction.",) * 2,
    )
    shown = {name: np.zeros((400, 460, 3), dtype=np.uint8) for name in ("outside", "inside", "section", "thickness")}
    for count in (1, 9, 13):
        noted = replace(body, findings=body.findings * count)
        content = report.report_pdf(replace(measured, implants=(noted, *measured.implants[1:])), {}, {1: shown})
        signed = [text for text in pdf_pages(content) if "Approved with changes" in text]
        assert len(signed) == 2
        assert all("Up when printed" in text for text in signed)


def test_an_onlay_is_said_to_rest_on_the_bone_and_has_no_clearance(measured):
    body = measured.implants[0]
    onlay = replace(
        measured, implants=(replace(body, settings=replace(body.settings, onlay_mm=5.0)), *measured.implants[1:])
    )
    first, second = (Page(report.report_html(one, {})).text for one in (onlay, measured))
    assert "rests on the bone" in first
    assert first.count("Margin with clearance") == second.count("Margin with clearance") - 1


def test_the_pdf_is_made_also_where_its_fonts_do_not_know_a_letter(measured):
    foreign = replace(measured, findings=("Slices ≥ 3 mm – 患者",))
    assert "Slices ≥ 3 mm – " in pdf_pages(report.report_pdf(foreign, {}))[0]


def test_without_its_package_the_pdf_says_how_to_install_it(measured, monkeypatch):
    monkeypatch.setitem(sys.modules, "fpdf", None)
    with pytest.raises(DependencyError, match="pip install fpdf2"):
        report.report_pdf(measured, {})


def test_the_estimate_of_the_strength_is_in_the_facts_and_in_both_reports(measured):
    made = with_strength(measured)
    facts = report.summarise_restoration(made)
    strength = facts["defects"][0]["implant"]["checks"]["strength"]
    assert [one["material"] for one in strength["materials"]] == list(MATERIALS)
    assert strength["held_at"] == "fixations"
    assert "safety_map" not in strength
    page = Page(report.report_html(made, {}))
    for text in (page.text, " ".join(pdf_pages(report.report_pdf(made, {})))):
        assert "an estimate for research" in text
        assert "PEEK 6.5, PMMA" in text


def test_a_ring_and_the_channels_of_a_mould_are_listed_with_what_was_measured(measured):
    piece = PieceChecks(True, 9.0, np.array([70.0, 50.0, 20.0]), 9000)
    body = replace(
        measured.implants[0],
        mould_checks=(replace(piece, off_mm=0.01, caught_mm2=0.0, channels=3),),
        ring_checks=(replace(piece, gap_mm=0.88),),
    )
    text = Page(report.report_html(replace(measured, implants=(body, *measured.implants[1:])), {})).text
    assert "3 channels open" in text
    assert "implant_1_ring.stl" in text
    assert "0.88 mm from the implant" in text
    failed = replace(body, ring_checks=(replace(piece, failed=("The margin ring is no clean closed body.",)),))
    assert failed.failed == ("The margin ring is no clean closed body.",)
