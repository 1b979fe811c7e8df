"""The report is a sheet to approve a design with: HTML and PDF say the same, and name every file by its checksum."""

import hashlib
import json
import re
from dataclasses import replace

import numpy as np
import pytest
from helpers_pdf import pdf_pages
from helpers_restoration import make_restoration, with_checks, with_ct, with_failed, with_pieces

from SkullRestoreLib import report
from SkullRestoreLib.io import write
from SkullRestoreLib.records import FixationPlace, ScanInfo, Settings, WrittenFile
from SkullRestoreLib.report.pdf_paper import FONT_FILES

SCAN = ScanInfo("2026-03-14", 0.625, "Hr59")
FILES = (WrittenFile("implant_1.stl", 1234, "ab" * 32), WrittenFile("skull.stl", 99, "cd" * 32))


def full_restoration(**settings):
    """Two implants, the first in two parts with fixations and a mould, of a CT with small holes and findings."""
    chosen = Settings(case_code="Elm 27", **settings)
    made = with_pieces(with_checks(make_restoration(defects=2, warnings=["Slices ≥ 3 mm – look."])))
    places = tuple(FixationPlace("screw hole in a tab", np.array([-80.0, y, 12.34]), np.eye(3)[0]) for y in (5.0, -5.0))
    return replace(
        with_ct(made, scan=SCAN, uid="1.2.840.1"),
        implants=(replace(made.implants[0], fixations=places), made.implants[1]),
        small_defects=(replace(made.defects[0], area_cm2=0.634),),
        settings=chosen,
        made_on="2026-11-29",
    )


def words_of(html):
    """Each piece of text that a page shows, on one line."""
    body = re.sub(r"<(style|title)>.*?</\1>|<header>.*?</header>", "", html, flags=re.S)
    pieces = re.findall(r">([^<>]+)<", body)
    return [" ".join(re.sub("&#39;", "'", piece).split()) for piece in pieces if piece.strip()]


@pytest.mark.parametrize(
    "made",
    [
        full_restoration(),
        with_failed(full_restoration()),
        replace(full_restoration(), implants=()),
        make_restoration(defects=0),
        make_restoration(model=True),
    ],
    ids=["passed", "failed", "no implants", "no defect", "model"],
)
def test_html_and_pdf_say_the_same(made):
    printed = " ".join(" ".join(pdf_pages(report.report_pdf(made, {}, files=FILES))).split())
    closed_up = re.sub(r"\s", "", printed)
    missing = [
        words
        for words in words_of(report.report_html(made, {}, {1: {}, 2: {}}, files=FILES))
        if re.sub(r"\s", "", words) not in closed_up
    ]
    assert missing == []


def test_a_sheet_names_case_revision_side_and_scan_and_leaves_three_decisions():
    facts = report.summarise_restoration(full_restoration())
    assert (facts["case_code"], facts["made_on"]) == ("Elm 27", "2026-11-29")
    assert [facts["input"][name] for name in ("scan_date", "slice_thickness_mm", "kernel")] == [
        "2026-03-14",
        0.625,
        "Hr59",
    ]
    html = report.report_html(full_restoration(), {}, {1: {}, 2: {}})
    for fact in ("Elm 27", "1, made on 2026-11-29", "left, right", "2026-03-14", "0.625", "Hr59"):
        assert fact in words_of(html), fact
    assert html.count("<li>Approved with changes</li>") == html.count("<li>Rejected</li>") == 2
    failed = report.report_html(with_failed(full_restoration()), {}, {1: {}, 2: {}})
    assert "Rejected" not in failed


def test_the_date_of_the_scan_is_left_out_where_it_is_not_wanted():
    made = full_restoration(scan_date=False)
    assert "2026-03-14" not in json.dumps(report.summarise_restoration(made)) + report.report_html(made, {})


def test_fixations_are_listed_in_ras_with_a_letter_each_and_parts_in_the_order_of_assembly():
    html = report.report_html(full_restoration(), {}, {1: {}, 2: {}})
    rows = re.findall(
        r"<tr>\s*<td>1-([AB])</td>\s*<td>(.*?)</td>\s*<td>(.*?)</td>\s*<td>(.*?)</td>\s*<td>(.*?)</td>", html
    )
    assert rows == [
        ("A", "screw hole in a tab", "-80.0", "+5.0", "+12.3"),
        ("B", "screw hole in a tab", "-80.0", "-5.0", "+12.3"),
    ]
    assert "Order of assembly: part 2 first, then part 1." in html


def test_a_print_may_be_off_by_no_more_than_half_the_play_of_joint_and_gap():
    first, second = (d["implant"]["printing"] for d in report.summarise_restoration(full_restoration())["defects"])
    assert first["tolerance_mm"] == 0.075
    assert second["tolerance_mm"] == 0.3
    assert first["up_lps"] == pytest.approx([0.94, 0, 0], abs=0.02)  # the implant on the left, the file in LPS


@pytest.mark.parametrize(("paper", "size"), [("A4", (595.28, 841.89)), ("Letter", (612.0, 792.0))])
def test_pages_have_the_size_asked_for_say_their_number_and_none_is_empty(paper, size):
    made = full_restoration(paper=paper)
    content = report.report_pdf(made, {"front": np.zeros((300, 400, 3), np.uint8)}, files=FILES * 20)
    boxes = [tuple(map(float, b.split())) for b in re.findall(rb"/MediaBox \[0 0 ([\d. ]+)\]", content)]
    assert set(boxes) == {size}
    pages = pdf_pages(content)
    for number, text in enumerate(pages, 1):
        assert re.search(rf"page {number} of\s+{len(pages)}$", text)
        assert len(text.rsplit("Research use only", 1)[0]) > 100, text
    assert f"size: {paper.lower()};" in report.report_html(made, {})


def test_the_fonts_are_embedded_and_print_every_sign():
    content = report.report_pdf(full_restoration(), {})
    assert content.count(b"/FontFile2") == len(FONT_FILES)
    assert b"/BaseFont /Helvetica" not in content
    assert "Slices ≥ 3 mm – look." in " ".join(pdf_pages(content))


def test_every_file_of_a_result_is_listed_with_the_checksum_that_it_has(tmp_path):
    made = full_restoration()
    out = write.write(
        made,
        tmp_path / "out",
        make_reports=lambda files: {
            "report.html": report.report_html(made, {}, files=files).encode(),
            "report.pdf": report.report_pdf(made, {}, files=files),
        },
        summarise=lambda files: report.summarise_restoration(made, files=files),
    )
    there = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in out.iterdir()}
    listed = {file["name"]: file["sha256"] for file in json.loads((out / "restoration.json").read_text())["files"]}
    assert listed == {name: checksum for name, checksum in there.items() if name != "restoration.json"}
    html = (out / "report.html").read_text()
    on_paper = re.sub(r"\s", "", "".join(pdf_pages((out / "report.pdf").read_bytes())))
    for name, checksum in there.items():
        is_listed = name not in ("restoration.json", "report.html", "report.pdf")
        assert (checksum in html) == (checksum in on_paper) == is_listed, name
