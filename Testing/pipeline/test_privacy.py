"""Nothing of the patient gets out.

A DICOM input full of marks is restored by the real command, and every byte that it writes or prints is searched.
"""

import io
import os
import re
import subprocess
import sys
import zipfile
import zlib
from pathlib import Path

import pytest
from helpers_head import phantom_head
from helpers_intake import write_dicom

ROOT = Path(__file__).resolve().parents[2]
MARKS = {  # one for each thing of the patient and study modules that could find its way out
    "PatientName": "Zzyzxname^Quuxjane",
    "PatientID": "Zzyzxid",
    "OtherPatientIDs": "Zzyzxother",
    "PatientBirthDate": "19031217",
    "PatientAddress": "Zzyzxaddress",
    "PatientComments": "Zzyzxcomments",
    "PatientMotherBirthName": "Zzyzxmother",
    "PatientTelephoneNumbers": "Zzyzxphone",
    "AccessionNumber": "Zzyzxaccession",
    "ReferringPhysicianName": "Zzyzxreferring",
    "PerformingPhysicianName": "Zzyzxperforming",
    "OperatorsName": "Zzyzxoperator",
    "InstitutionName": "Zzyzxinstitution",
    "StationName": "Zzyzxstation",
    "StudyDescription": "Zzyzxstudy",
    "SeriesDescription": "Zzyzxseries",
    "StudyID": "Zzyzxsid",
    "StudyDate": "19471104",
    "DeviceSerialNumber": "Zzyzxdevice",
    "ImageComments": "Zzyzximage",
    "ProtocolName": "Zzyzxprotocol",
}
SECRET = re.compile(b"zzyzx|quuxjane|19031217|1903-12-17|19471104", re.IGNORECASE)
SCAN_DATE = b"1947-11-04"
PROGRAM = """
import os, sys

made = os.open(os.environ["MADE"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)


def watch(event, arguments):
    if event in ("open", "os.mkdir", "os.rename"):
        line = f"{event} {arguments[:2]}\\n".encode("ascii", "backslashreplace")
        os.write(made, line)  # as a whole, whichever thread it is


sys.addaudithook(watch)
from helpers_quick import long_steps_remembered, small_pictures
from SkullRestoreLib.cli.main import main

with long_steps_remembered(), small_pictures():
    main()
"""


@pytest.fixture(scope="module")
def head():
    return phantom_head()


def run_command(place, *arguments):
    """Run the command with its own folder for temporary files: the finished process, and that folder."""
    scratch = place / "scratch"
    scratch.mkdir(parents=True)
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "Testing")]),
        "TMPDIR": str(scratch),
        "HOME": str(scratch),
        "MADE": str(place / "made.txt"),
    }
    result = subprocess.run(
        [sys.executable, "-c", PROGRAM, *map(str, arguments)],
        env=environment,
        capture_output=True,
        timeout=600,
        check=False,
    )
    return result, scratch


def unpacked(name, content):
    """A file's bytes, and those of everything packed in it."""
    yield name, content
    stream = io.BytesIO(content)
    if zipfile.is_zipfile(stream):
        with zipfile.ZipFile(stream) as packed:
            for entry in packed.namelist():
                yield f"{name}/{entry}", packed.read(entry)
    for number, start in enumerate(re.finditer(rb"\x1f\x8b\x08|\x78[\x01\x5e\x9c\xda]", content)):
        packed = zlib.decompressobj(zlib.MAX_WBITS | 32)
        try:
            yield f"{name}/{number}", packed.decompress(content[start.start() :], 50_000_000)
        except zlib.error:
            continue


def findings(folder):
    """Places below a folder at which something of the patient stands, names of files included."""
    found = []
    for path in sorted(folder.rglob("*")):
        if SECRET.search(os.fsencode(path.relative_to(folder))):
            found.append(f"name of {path.name}")
        if path.is_file():
            found += [name for name, content in unpacked(path.name, path.read_bytes()) if SECRET.search(content)]
    return found


@pytest.fixture(scope="module")
def patient(tmp_path_factory, head):
    """A DICOM folder that names its patient everywhere, its path too."""
    folder = tmp_path_factory.mktemp("archive") / "Zzyzx_Quux_19031217"
    write_dicom(folder, head.ct, head.ijk_to_ras, **MARKS)
    return folder


@pytest.fixture(scope="module")
def restored(patient, tmp_path_factory):
    place = tmp_path_factory.mktemp("run")
    result, scratch = run_command(
        place, "restore", patient, "--out", place / "out", "--level", 5, "--also", "pdf", "--also", "3mf"
    )
    assert result.returncode == 0, result.stderr.decode()
    return place, result, scratch


def test_the_search_would_find_what_it_looks_for(patient, tmp_path):
    assert len(findings(patient)) == len(list(patient.iterdir()))
    hidden = tmp_path / "hidden"
    hidden.mkdir()
    with zipfile.ZipFile(hidden / "a.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("model", "x" * 50 + "Zzyzxid")
    (hidden / "a.nrrd").write_bytes(b"NRRD0004\n\n" + zlib.compress(b"x" * 50 + b"Zzyzxname"))
    (hidden / "quuxjane.txt").touch()
    assert findings(hidden) == ["a.nrrd/0", "a.zip/model", "name of quuxjane.txt"]


@pytest.mark.slow
def test_no_result_names_the_patient_in_its_name_or_in_its_content(restored):
    place, _result, _scratch = restored
    assert len(list((place / "out").iterdir())) >= 10
    assert findings(place / "out") == []


@pytest.mark.slow
def test_the_date_of_the_scan_is_on_the_sheet_and_in_what_it_is_made_from_and_nowhere_else(restored):
    place, result, _scratch = restored
    holders = {
        path.name
        for path in (place / "out").iterdir()
        if any(SCAN_DATE in content for _, content in unpacked(path.name, path.read_bytes()))
    }
    assert holders == {"report.html", "restoration.json", "case.npz"}  # and the PDF, as numbers of glyphs
    assert SCAN_DATE not in result.stdout + result.stderr


@pytest.mark.slow
def test_nothing_of_the_patient_is_printed(restored):
    _place, result, _scratch = restored
    assert not SECRET.search(result.stdout + result.stderr)


@pytest.mark.slow
def test_nothing_is_left_in_the_folder_for_temporary_files_or_next_to_the_result(restored):
    place, _result, scratch = restored
    assert [p for p in scratch.rglob("*") if p.is_file()] == []
    assert {p.name for p in place.iterdir()} == {"out", "scratch", "made.txt"}


@pytest.mark.slow
def test_no_file_that_is_made_on_the_way_is_named_after_the_patient(restored, patient):
    place, _result, _scratch = restored
    lines = (place / "made.txt").read_text().splitlines()
    others = [line for line in lines if str(patient) not in line]  # the input itself is read
    assert len(others) > 20
    assert len(lines) > len(others)
    assert not [line for line in others if SECRET.search(line.encode())]
    assert not [line for line in lines if str(patient) in line and not line.endswith(("'r')", "'rb')"))]


@pytest.mark.slow
def test_an_error_prints_nothing_of_the_headers_and_leaves_nothing(head, tmp_path):
    write_dicom(tmp_path / "ct", head.ct, head.ijk_to_ras, skip=(30,), **MARKS)
    result, scratch = run_command(tmp_path / "run", "restore", tmp_path / "ct", "--out", tmp_path / "run" / "out")
    assert result.returncode == 2
    assert b"missing" in result.stderr
    assert not SECRET.search(result.stdout + result.stderr)
    assert list(scratch.iterdir()) == []
    assert not (tmp_path / "run" / "out").exists()


@pytest.mark.slow
def test_a_list_of_series_distinguishes_them_without_a_name(head, tmp_path):
    for uid in ("1.2.3.5", "1.2.3.6"):
        write_dicom(tmp_path / "ct", head.ct, head.ijk_to_ras, suffix=f"_{uid[-1]}.dcm", uid=uid, **MARKS)
    result, _scratch = run_command(tmp_path / "run", "restore", tmp_path / "ct", "--out", tmp_path / "run" / "out")
    assert result.returncode == 2
    assert b"--series" in result.stderr
    assert not SECRET.search(result.stdout + result.stderr)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_only_dicom_objects_that_are_asked_for_name_the_patient(patient, tmp_path):
    result, _scratch = run_command(
        tmp_path / "run", "restore", patient, "--out", tmp_path / "run" / "out", "--level", 5, "--also", "dicom"
    )
    assert result.returncode == 0, result.stderr.decode()
    assert not SECRET.search(result.stdout + result.stderr)
    found = findings(tmp_path / "run" / "out")
    assert found
    assert all(name.split("/")[0].endswith(".dcm") for name in found)
