"""An implant that did not pass its checks is never delivered as one that did.

Not in a file, a report, a table or an exit status.
"""

import json
import re
import zipfile
from dataclasses import replace

import jsonschema
import numpy as np
import pydicom
import pytest
import SimpleITK as sitk
from helpers_cli import run
from helpers_intake import scan_affine, write_dicom
from helpers_pdf import pdf_pages
from helpers_restoration import (
    CUT,
    PIECE,
    REACHES,
    make_restoration,
    with_failed,
    with_pieces,
    without_body,
)

from SkullRestoreLib import report
from SkullRestoreLib._system.resources import resource_path
from SkullRestoreLib.cli import console
from SkullRestoreLib.findings import Note
from SkullRestoreLib.io import dicom_export, dicom_source, read, write
from SkullRestoreLib.records import FaultPlaces
from SkullRestoreLib.report import render

THICK = "Part 2 is 0.90 mm from the next one at its nearest, 0.15 mm were asked for."
CAUGHT = "The inner half of the mould cannot be taken off: 12 mm² of the implant catch in it."
ALSO = ("ply", "obj", "3mf")


def unchecked(made):
    return replace(made, implants=(replace(made.implants[0], checks=None), *made.implants[1:]))


FAILURES = {
    "body": with_failed,
    "part": lambda made: with_pieces(made, part=(THICK,)),
    "mould": lambda made: with_pieces(made, half=(CAUGHT,)),
    "unchecked": unchecked,
    "unchecked part": lambda made: replace(
        with_pieces(made), implants=(replace(with_pieces(made).implants[0], part_checks=(PIECE,)), *made.implants[1:])
    ),
}


@pytest.fixture(params=FAILURES, ids=str)
def failed(request):
    """Two defects; the implant of the first did not pass, for one reason or another."""
    return FAILURES[request.param](make_restoration(defects=2))


def written(made, out, **options):
    kept = {name: value for name, value in options.items() if name == "keep_failed"}
    write.write(
        made,
        out,
        make_reports=lambda files: {"report.html": report.report_html(made, {}, **kept, files=files).encode()},
        summarise=lambda files: report.summarise_restoration(made, **kept, files=files),
        **options,
    )
    return {path.name for path in out.iterdir()}


def test_one_property_says_whether_body_parts_and_mould_passed(failed):
    first, second = failed.implants
    assert not first.passed
    assert first.failed
    assert second.passed
    assert second.failed == ()
    assert with_pieces(make_restoration()).implants[0].passed


def test_a_failed_implant_is_in_no_file_and_everything_else_is_written(failed, tmp_path):
    names = written(failed, tmp_path / "out", extra_formats=ALSO)
    assert not {name for name in names if name.startswith("implant_1")}
    assert {
        "implant_2.stl",
        "implant_2.ply",
        "implant_2.obj",
        "implants.3mf",
        "restored_surface.stl",
        "skull.stl",
    } <= names
    assert {
        "report.html",
        "restoration.json",
        "reference_points.mrk.json",
        "restored_bone.nrrd",
        "restored_skull.nrrd",
    } <= names
    with zipfile.ZipFile(tmp_path / "out" / "implants.3mf") as archive:
        assert re.findall(rb'object id="\d+" type="model" name="(.*?)"', archive.read("3D/3dmodel.model")) == [
            b"implant_2"
        ]
    labels = sitk.GetArrayFromImage(sitk.ReadImage(str(tmp_path / "out" / "implant.nrrd")))
    assert set(np.unique(labels)) == {0, 2}
    bone = sitk.GetArrayFromImage(sitk.ReadImage(str(tmp_path / "out" / "restored_bone.nrrd")))
    assert set(np.unique(bone)) == {0, 1, 2}, "the missing bone of both is written"


def test_where_no_implant_passed_there_is_neither_a_3mf_nor_a_volume_of_implants(tmp_path):
    names = written(with_failed(make_restoration()), tmp_path / "out", extra_formats=ALSO)
    assert not {name for name in names if "implant" in name}
    assert "restored_surface.stl" in names


def test_when_asked_failed_bodies_are_kept_under_names_that_say_so_but_never_in_3mf_or_voxels(tmp_path):
    made = with_failed(with_pieces(make_restoration(defects=2)))
    names = written(made, tmp_path / "out", extra_formats=ALSO, keep_failed=True)
    kept = {name for name in names if name.startswith("implant_1")}
    assert {
        "implant_1_NOT_PASSED.stl",
        "implant_1_part_2_NOT_PASSED.obj",
        "implant_1_mould_inner_NOT_PASSED.ply",
    } <= kept
    assert all("NOT_PASSED" in name for name in kept)
    assert "implant_2.stl" in names
    assert b"implant_1" not in zipfile.ZipFile(tmp_path / "out" / "implants.3mf").read("3D/3dmodel.model")
    assert not (sitk.GetArrayFromImage(sitk.ReadImage(str(tmp_path / "out" / "implant.nrrd"))) == 1).any()
    assert all(write.is_result_file(name) for name in names)
    written(make_restoration(), tmp_path / "out", force=True)
    assert not {p.name for p in (tmp_path / "out").iterdir() if "NOT_PASSED" in p.name}, "a later result replaces them"


@pytest.mark.slow
def test_an_archive_never_gets_an_implant_that_did_not_pass(failed, tmp_path):
    size = (16, 18, 20)
    study = {"PatientID": "4711", "StudyInstanceUID": "1.2.3.4", "FrameOfReferenceUID": "1.2.3.5"}
    hu = np.full(size[::-1], 40, dtype=np.int16)
    hu[4:16, 5:15, 5:12] = 900
    write_dicom(tmp_path, hu, scan_affine((2.0, 2.1, 3.0), size), **study)
    volume = read.read(tmp_path)
    labels = np.zeros(volume.array.shape, dtype=np.uint8)
    labels[5:9, 3:8, 2:6], labels[11:14, 3:8, 2:6] = 1, 2
    source = dicom_source.read_source(tmp_path, volume)
    made = dicom_export.make_dicom_objects(replace(failed, source=volume, implant_mask=labels), source)
    assert sorted(made) == ["implant_2.dcm", "implants_seg.dcm"]
    from io import BytesIO

    (segment,) = pydicom.dcmread(BytesIO(made["implants_seg.dcm"])).SegmentSequence
    assert segment.SegmentLabel == "Implant for defect 2"
    assert (
        dicom_export.make_dicom_objects(
            replace(with_failed(make_restoration()), source=volume, implant_mask=labels), source
        )
        == {}
    )


# --- what restoration.json says


def valid(facts):
    jsonschema.validate(
        json.loads(json.dumps(facts, allow_nan=False)),
        json.loads(resource_path("restoration.schema.json").read_text("utf-8")),
    )
    return facts


def test_the_facts_name_the_outcome_the_defect_and_every_sentence():
    made = with_pieces(with_failed(make_restoration(defects=2)), part=(THICK,), half=(CAUGHT,))
    facts = valid(report.summarise_restoration(made))
    first, second = (d["implant"] for d in facts["defects"])
    assert (first["passed"], first["failed"], first["file"]) == (False, [CUT, REACHES, THICK, CAUGHT], None)
    assert {piece["file"] for piece in (*first["parts"], *first["mould"])} == {None}
    assert (second["passed"], second["failed"], second["file"]) == (True, [], "implant_2.stl")
    assert facts["outcome"] == "implants withheld"
    assert facts["withheld"] == [
        {"defect": 1, "made": True, "file": None, "failed": [CUT, REACHES, THICK, CAUGHT], "fault_places": []}
    ]


def test_a_defect_without_a_body_is_reported_with_its_reason_and_is_no_complete_result():
    facts = valid(report.summarise_restoration(without_body(make_restoration(defects=2))))
    assert facts["outcome"] == "implants withheld"
    assert facts["withheld"] == [
        {
            "defect": 1,
            "made": False,
            "file": None,
            "failed": ["Defect 1 is too narrow for an implant."],
            "fault_places": [],
        }
    ]
    assert (
        valid(report.summarise_restoration(replace(make_restoration(), implants=())))["outcome"] == "implants withheld"
    ), "also where nobody knows why"


@pytest.mark.parametrize(
    "made",
    [make_restoration(defects=2), make_restoration(defects=0), with_pieces(make_restoration())],
    ids=["two", "intact", "pieces"],
)
def test_a_result_whose_implants_all_passed_is_complete(made):
    facts = valid(report.summarise_restoration(made))
    assert (facts["outcome"], facts["withheld"]) == ("complete", [])


def test_a_body_that_is_kept_has_the_name_of_its_file_in_the_facts():
    facts = valid(report.summarise_restoration(with_failed(make_restoration()), keep_failed=True))
    assert facts["defects"][0]["implant"]["file"] == facts["withheld"][0]["file"] == "implant_1_NOT_PASSED.stl"
    assert facts["outcome"] == "implants withheld"


def test_one_sentence_names_every_defect_without_an_implant_that_passed():
    said = report.outcome_in_words(
        report.summarise_restoration(
            without_body(with_failed(make_restoration(defects=2), failed=(CUT,)), defect=2, reason="No room.")
        )
    )
    assert said == (
        "Implant 1 did not pass its checks and is withheld: 146 pairs of triangles cut each other; "
        "No implant could be made for defect 2: No room; everything else was written."
    )
    assert report.outcome_in_words(report.summarise_restoration(make_restoration(defects=2))) == ""


# --- the report


def text_of(html):
    return " ".join(re.sub(r"<[^>]+>", " ", re.sub(r"<style>.*?</style>", "", html, flags=re.S)).split())


def test_failed_checks_warnings_and_notes_stand_apart_in_the_report_and_in_the_file():
    slices, edge = Note("157 slices, voxels of 0.40 × 0.40 × 1.00 mm."), "Bone touches the left edge of the scan."
    made = with_failed(make_restoration(defects=2, warnings=[slices, edge]))
    facts = report.summarise_restoration(made)
    assert edge in facts["warnings"]
    assert facts["notes"] == [slices]
    assert slices not in facts["warnings"]
    html = report.report_html(made, {})
    boxes = re.findall(r'<(section|div) class="failed".*?</\1>', html, flags=re.S)
    assert len(boxes) == 2, "one at the top, one at the implant"
    top = re.search(r'<section class="failed".*?</section>', html, flags=re.S).group()
    warnings = re.search(r'<ul class="warnings".*?</ul>', html, flags=re.S).group()
    notes = re.search(r'<ul class="notes".*?</ul>', html, flags=re.S).group()
    for said in (CUT, REACHES):
        assert said in top
        assert said not in warnings + notes
    assert edge in warnings
    assert "157 slices" in notes
    assert "157 slices" not in top + warnings
    assert html.index(top) < html.index(warnings) < html.index(notes)


def test_places_at_which_a_check_did_not_pass_are_ringed_in_the_pictures_and_listed_in_the_file():
    made = with_failed(make_restoration(defects=1))
    plain = render.draw_views(made, size=(120, 120))
    (implant,) = made.implants
    place = FaultPlaces(CUT, "upper", made.defects[0].centre[None])
    marked = replace(made, implants=(replace(implant, checks=replace(implant.checks, fault_places=(place,))),))
    ringed = render.draw_views(marked, size=(120, 120))
    purple = {
        name: int((np.abs(image.astype(int) - render.RING_COLOUR).sum(axis=2) < 60).sum())
        for name, image in ringed.items()
    }
    assert purple["defect 1"] > 10
    assert not all(purple.values()), "not through the head"
    assert not any((np.abs(image.astype(int) - render.RING_COLOUR).sum(axis=2) < 60).any() for image in plain.values())
    (withheld,) = report.summarise_restoration(marked)["withheld"]
    assert withheld["fault_places"][0]["positions_ras_mm"] == [pytest.approx(made.defects[0].centre, abs=1e-3)]
    assert "Purple rings" in report.report_html(marked, {})
    assert "Purple rings" not in report.report_html(made, {})


def test_the_line_to_sign_is_there_only_where_every_implant_passed(failed):
    passed = report.report_html(make_restoration(defects=2), {}, {1: {}, 2: {}})
    assert passed.count('class="signature"') == 2
    assert "no line for a signature" not in passed
    html = report.report_html(failed, {}, {1: {}, 2: {}})
    assert 'class="signature"' not in html
    assert "There is no line for a signature, because implant 1 did not pass all checks." in text_of(html)
    none = report.report_html(without_body(make_restoration(defects=2)), {}, {1: {}, 2: {}})
    assert 'class="signature"' not in none
    assert "because defect 1 has no implant." in text_of(none)
    assert "Defect 1 is too narrow for an implant." in text_of(none)


@pytest.mark.slow
def test_the_pdf_says_the_same_and_has_no_line_to_sign_either(failed):
    passed, wrong = (" ".join(pdf_pages(report.report_pdf(made, {}))) for made in (make_restoration(defects=2), failed))
    assert "checked by a qualified clinician:" in passed
    assert "checked by a qualified clinician:" not in wrong
    assert "Checks that were not passed" in wrong
    assert "There is no line for a signature" in wrong


# --- the command line


def test_the_command_ends_with_3_and_a_sentence_and_writes_all_else(small_pipeline, tmp_path):
    small_pipeline.made = with_failed(make_restoration(defects=2))
    result = run("restore", "head", "--out", tmp_path / "out", "--also", "3mf")
    assert result.exit_code == 3, result.output
    said = " ".join(result.stderr.split())
    assert (
        f"Implant 1 did not pass its checks and is withheld: {CUT} {REACHES[:-1]}; everything else was written." in said
    )
    names = {p.name for p in (tmp_path / "out").iterdir()}
    assert "implant_1.stl" not in names
    assert {"implant_2.stl", "restored_surface.stl", "report.html", "restoration.json"} <= names
    shown = run("info", tmp_path / "out")
    assert shown.exit_code == 0
    for table in (result.stdout, shown.stdout):
        assert "withheld" in table
        assert f"Not passed: Implant 1: {CUT}" in " ".join(table.split())
        assert "4.0 mm, 18.4 mL" in table, "the other one"


def test_a_defect_for_which_no_body_can_be_made_ends_with_3_too(small_pipeline, tmp_path):
    small_pipeline.made = without_body(make_restoration())
    result = run("restore", "head", "--out", tmp_path / "out")
    assert result.exit_code == 3
    assert "No implant could be made for defect 1: Defect 1 is too narrow for an implant; everything" in " ".join(
        result.stderr.split()
    )
    assert (tmp_path / "out" / "restored_surface.stl").is_file()


def test_a_failed_body_is_written_only_when_asked_and_the_command_still_ends_with_3(small_pipeline, tmp_path):
    small_pipeline.made = with_failed(make_restoration())
    result = run("restore", "head", "--out", tmp_path / "out", "--keep-failed")
    assert result.exit_code == 3
    assert "is only written as implant_1_NOT_PASSED.stl" in " ".join(result.stderr.split())
    assert (tmp_path / "out" / "implant_1_NOT_PASSED.stl").is_file()
    assert not (tmp_path / "out" / "implant_1.stl").exists()
    assert "not passed" in run("info", tmp_path / "out").stdout


def test_what_an_earlier_version_delivered_though_it_failed_is_shown_as_not_passed(tmp_path):
    facts = report.summarise_restoration(with_failed(make_restoration()))
    facts["schema"] = 3
    for new in ("outcome", "withheld"):
        del facts[new]
    for new in ("passed", "failed"):
        del facts["defects"][0]["implant"][new]
    facts["defects"][0]["implant"]["file"] = "implant_1.stl"
    (tmp_path / "restoration.json").write_text(json.dumps(facts))
    result = run("info", tmp_path)
    assert result.exit_code == 0, result.output
    assert "not passed" in result.stdout
    assert "do not print it" in " ".join(result.stdout.split())


def test_a_result_that_calls_itself_complete_and_lists_failures_is_damaged(tmp_path):
    facts = report.summarise_restoration(with_failed(make_restoration())) | {"outcome": "complete"}
    (tmp_path / "restoration.json").write_text(json.dumps(facts))
    assert run("info", tmp_path).exit_code == 2


def test_the_help_says_what_the_exit_codes_mean():
    for command in ("restore", "batch"):
        said = " ".join(run(command, "--help").stdout.replace("│", " ").split())
        assert "3 when" in said
        assert "--keep-failed" in said
    assert console.NOT_PASSED == 3
