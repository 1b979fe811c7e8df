"""--also dicom from the input to the folder: decided before the work, and never the end of what was computed."""

import json
import shutil
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from helpers_cli import module, one_sentence, run
from helpers_dicom import write_raw_values, write_series
from helpers_intake import cube_mesh, write_image
from helpers_restoration import make_restoration, with_failed

import SkullRestoreLib as sr
from SkullRestoreLib import batch
from SkullRestoreLib.errors import DependencyError, InputError
from SkullRestoreLib.pipeline import write_result
from SkullRestoreLib.report import render
from SkullRestoreLib.settings import Settings

ODD_HEADERS = (
    {"SpecificCharacterSet": rb"\ISO 2022 IR 87", "PatientName": b"Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B"},
    {"SpecificCharacterSet": b"UTF-8", "PatientName": "Müller^Jörg".encode()},
    {"PatientBirthDate": b"1954"},
    {"StudyDate": b"2020-01-01"},
    {"StudyTime": b"12:00:00"},
)


class Pipeline:
    """In place of the real one: returns a restoration of the CT that it gets, and remembers whether it ran."""

    def __init__(self):
        self.ran = False
        self.change = lambda made: made

    def restore(self, source, settings):
        self.ran = True
        yield "restore the surface", 0.5
        labels = np.zeros(source.array.shape, dtype=np.uint8)
        labels[5:9, 3:8, 2:6] = 1
        return self.change(replace(make_restoration(), source=source, implant_mask=labels))


@pytest.fixture
def pipeline(monkeypatch):
    stand_in = Pipeline()
    module(monkeypatch, "pipeline.steps", restore_steps=lambda *args: stand_in.restore(*args))
    monkeypatch.setattr(render, "draw_views", partial(render.draw_views, size=(60, 50)))
    return stand_in


@pytest.fixture
def ct(tmp_path):
    return write_raw_values(write_series(tmp_path / "ct"), {"PatientID": b"4711", "StudyInstanceUID": b"1.2.840.1"})


def facts_of(folder):
    return json.loads((folder / "restoration.json").read_text("utf-8"))


@pytest.mark.slow
@pytest.mark.parametrize("values", ODD_HEADERS, ids=lambda values: " ".join(values))
def test_a_header_as_real_ones_are_costs_no_result(pipeline, ct, tmp_path, values):
    result = run("restore", write_raw_values(ct, values), "--out", tmp_path / "out", "--also", "dicom")
    assert result.exit_code == 0, result.output
    assert {"implant_1.dcm", "implants_seg.dcm", "implant_1.stl"} <= {p.name for p in (tmp_path / "out").iterdir()}
    assert facts_of(tmp_path / "out")["not_written"] == []


def test_what_was_left_out_is_said_in_the_result_and_on_the_page(pipeline, ct, tmp_path):
    write_raw_values(ct, {"PatientBirthDate": b"1954"})
    result = run("restore", ct, "--out", tmp_path / "out", "--also", "dicom")
    sentence = "Left out of the DICOM objects, as the CT's header has it: date of birth (not a complete date)."
    assert sentence in facts_of(tmp_path / "out")["warnings"]
    assert "date of birth (not a complete date)" in (tmp_path / "out" / "report.html").read_text("utf-8")
    assert "Left out of the DICOM objects" in " ".join(result.stdout.split())


@pytest.mark.parametrize("kind", ["nrrd", "nii.gz", "mha", "stl"])
def test_dicom_objects_of_another_input_are_refused_before_it_is_read(pipeline, tmp_path, kind):
    path = tmp_path / f"head.{kind}"
    path.write_bytes(b"not even a header")
    result = run("restore", path, "--out", tmp_path / "out", "--also", "dicom")
    assert result.exit_code == 2
    assert "only be made from a DICOM input" in one_sentence(result)
    assert not pipeline.ran
    assert not (tmp_path / "out").exists()


def test_a_series_of_several_patients_is_refused_before_the_work(pipeline, ct, tmp_path):
    other = sorted(ct.iterdir())[0]
    (tmp_path / "one").mkdir()
    other.rename(tmp_path / "one" / other.name)
    write_raw_values(tmp_path / "one", {"PatientID": b"4712"})
    (tmp_path / "one" / other.name).rename(other)
    assert run("restore", ct, "--out", tmp_path / "out", "--also", "dicom").exit_code == 2
    refused = run("restore", ct, "--out", tmp_path / "out")
    assert refused.exit_code == 2, "without DICOM objects too: half of the bone may be another patient's"
    assert "patients" in refused.output
    assert not pipeline.ran
    assert not (tmp_path / "out").exists()


def test_a_file_of_the_series_is_as_good_an_input_as_its_folder(pipeline, ct, tmp_path):
    result = run("restore", sorted(ct.iterdir())[0], "--out", tmp_path / "out", "--also", "dicom")
    assert result.exit_code == 0, result.output
    assert (tmp_path / "out" / "implants_seg.dcm").is_file()


def test_objects_are_made_though_the_input_is_gone_by_then(pipeline, ct, tmp_path):
    def remove_input(made):
        shutil.rmtree(ct)
        return made

    pipeline.change = remove_input
    assert run("restore", ct, "--out", tmp_path / "out", "--also", "dicom").exit_code == 0
    assert (tmp_path / "out" / "implants_seg.dcm").is_file()


@pytest.fixture
def broken_dicom(monkeypatch):
    import highdicom

    def fail(*_args, **_kwargs):
        raise ValueError("Doe^Jane is not valid")

    monkeypatch.setattr(highdicom.seg, "Segmentation", fail)


def test_objects_that_cannot_be_made_cost_nothing_else_and_the_result_says_so(pipeline, broken_dicom, ct, tmp_path):
    result = run("restore", ct, "--out", tmp_path / "out", "--also", "dicom", "--also", "ply", "--also", "pdf")
    assert result.exit_code == 4
    names = {p.name for p in (tmp_path / "out").iterdir()}
    assert {"implant_1.stl", "implant_1.ply", "report.html", "report.pdf", "restored_surface.stl"} <= names
    assert not any(name.endswith(".dcm") for name in names), "not some of the objects: all or none"
    (entry,) = facts_of(tmp_path / "out")["not_written"]
    assert entry["format"] == "dicom"
    assert "The DICOM objects could not be made" in entry["reason"]
    assert "could not be made" in result.stderr
    assert "could not be made" in (tmp_path / "out" / "report.html").read_text("utf-8")
    everything = result.output + json.dumps(facts_of(tmp_path / "out"))
    assert "Doe" not in everything, "an unexpected error may quote the header"


def test_an_implant_that_did_not_pass_decides_the_exit_code(pipeline, broken_dicom, ct, tmp_path):
    pipeline.change = lambda made: replace(
        with_failed(replace(make_restoration(defects=2), source=made.source, implant_mask=made.implant_mask), defect=2),
    )
    result = run("restore", ct, "--out", tmp_path / "out", "--also", "dicom")
    assert result.exit_code == 3
    assert "implant 2 did not pass" in result.stderr.lower()
    assert "could not be made" in result.stderr


def test_a_pdf_that_cannot_be_made_costs_nothing_else_either(pipeline, ct, tmp_path, monkeypatch):
    from SkullRestoreLib import report

    def fail(*_args, **_kwargs):
        raise RuntimeError("a font is damaged")

    monkeypatch.setattr(report, "report_pdf", fail)
    assert run("restore", ct, "--out", tmp_path / "out", "--also", "pdf").exit_code == 4
    assert (tmp_path / "out" / "implant_1.stl").is_file()
    assert [entry["format"] for entry in facts_of(tmp_path / "out")["not_written"]] == ["pdf"]
    assert "PDF report could not be made" in (tmp_path / "out" / "report.html").read_text("utf-8")


@pytest.mark.parametrize(("kind", "package"), [("dicom", "highdicom"), ("pdf", "fpdf")])
def test_a_package_that_is_missing_is_noticed_before_the_work(pipeline, ct, tmp_path, monkeypatch, kind, package):
    import sys

    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(DependencyError, match="pip install"):
        write_result.check_formats([kind])
    result = run("restore", ct, "--out", tmp_path / "out", "--also", kind)
    assert result.exit_code == 2
    assert "pip install" in one_sentence(result)
    assert not pipeline.ran


def test_in_a_batch_it_is_a_row_that_says_so(pipeline, broken_dicom, ct, tmp_path):
    job = batch.BatchJob(batch.BatchCase("case_0001", 1, ct), tmp_path, Settings(), also=("dicom",))
    row = batch.restore_case(job)
    assert row["outcome"] == batch.NOT_WRITTEN
    assert "DICOM objects could not be made" in row["reason"]
    assert (tmp_path / "cases" / "case_0001" / "implant_1.stl").is_file()
    assert "1 restored with a format missing" in batch.count_sentence([row], 1)


def test_in_a_batch_an_image_file_is_a_row_before_it_is_read(pipeline, tmp_path):
    (tmp_path / "head.nrrd").write_bytes(b"")
    job = batch.BatchJob(batch.BatchCase("case_0001", 1, tmp_path / "head.nrrd"), tmp_path, Settings(), also=("dicom",))
    row = batch.restore_case(job)
    assert (row["outcome"], pipeline.ran) == (batch.FAILED, False)
    assert "only be made from a DICOM input" in row["reason"]


def test_the_library_checks_before_it_designs_and_says_afterwards_what_was_left_out(ct, tmp_path, monkeypatch):
    monkeypatch.setattr(render, "draw_views", partial(render.draw_views, size=(60, 50)))
    volume = sr.read(write_raw_values(ct, {"StudyDate": b"1999"}))
    labels = np.zeros(volume.array.shape, dtype=np.uint8)
    labels[5:9, 3:8, 2:6] = 1
    made = replace(make_restoration(), source=volume, implant_mask=labels)
    with pytest.raises(InputError, match="give its folder"):
        sr.write(made, tmp_path / "out", formats=("dicom",))
    image = write_image(tmp_path / "head.nrrd", volume.array, volume.ijk_to_ras)
    with pytest.raises(InputError, match="only be made from a DICOM input"):
        sr.write(make_restoration(), tmp_path / "out", formats=("dicom",), source=image)
    written = sr.write(made, tmp_path / "out", formats=("dicom",), source=ct)
    assert any("study date (not a complete date)" in sentence for sentence in written.warnings)


def test_a_model_is_no_dicom_input(tmp_path):
    from SkullRestoreLib.io import dicom_source
    from SkullRestoreLib.records import Mesh

    with pytest.raises(InputError, match="only be made from a DICOM input"):
        dicom_source.read_source(tmp_path, Mesh(*cube_mesh()))
