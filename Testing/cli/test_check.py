"""The command `check`: what an input is, what was noticed and whether it will do, as text and as JSON."""

import json
import time

import numpy as np
import pytest
from helpers_cli import run
from helpers_head import phantom_head
from helpers_intake import DATA, NO_DATA, skull_mesh, write_dicom, write_image

from SkullRestoreLib.io.dicom_headers import without_names
from SkullRestoreLib.io.dicom_series import is_bone_kernel
from SkullRestoreLib.io.read import list_series
from SkullRestoreLib.io.write import write_mesh
from SkullRestoreLib.pipeline.check_input import check_input
from SkullRestoreLib.records import Mesh

HEAD = {"SeriesDescription": "Head DOE thin", "StudyDate": "20240131", "PatientID": "P-4711-X"}


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """Three series of one head: thin with a soft and a bone kernel, and thick."""
    folder, made = tmp_path_factory.mktemp("study"), phantom_head()
    thick = made.ijk_to_ras.copy()
    thick[2, 2] *= 2
    for name, hu, place, tags in (
        ("soft", made.ct, made.ijk_to_ras, {"ConvolutionKernel": "H31s", "SliceThickness": 2}),
        ("bone", made.ct, made.ijk_to_ras, {"ConvolutionKernel": "H60s", "SliceThickness": 3}),
        ("thick", made.ct[::2], thick, {"ConvolutionKernel": "H60s", "SliceThickness": 4}),
    ):
        write_dicom(folder / name, hu, place, uid=f"1.2.3.{len(name)}.{ord(name[0])}", **(HEAD | tags))
    return folder


def check_json(*arguments):
    result = run("check", *arguments, "--json")
    return result.exit_code, json.loads(result.stdout)


def test_a_ct_that_will_do_is_described_and_nothing_is_written(study, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    result = run("check", study / "bone")
    assert result.exit_code == 0
    for words in (
        "CT, 123 × 123 × 79 voxels",
        "mL of bone",
        "2.00 × 2.00 × 2.00 mm",
        "Bone threshold",
        "Can be restored",
    ):
        assert words in result.stdout
    assert list(tmp_path.iterdir()) == []
    code, found = check_json(study / "bone")
    assert (code, found["is_usable"], found["reason"], found["kind"]) == (0, True, None, "ct")
    assert found["spacing_mm"] == [2.0, 2.0, 2.0]
    assert found["size"] == [123, 123, 79]
    assert 200 < found["bone_ml"] < 900


@pytest.mark.slow
def test_of_several_series_the_best_is_checked_and_the_list_says_why(study):
    code, found = check_json(study)
    assert code == 0
    chosen = next(each for each in found["series"] if each["number"] == found["series_number"])
    assert (chosen["kernel"], chosen["thickness_mm"], chosen["slices"]) == ("H60s", 3.0, 79)
    assert "bone kernel" in found["series_reason"]
    assert {each["date"] for each in found["series"]} == {"2024-01-31"}
    shown = run("check", study).stdout
    for words in ("Head thin", "H31s", "H60s", "2024-01-31", "most likely the best"):
        assert words in shown
    assert check_json(study, "--series", "3")[1]["series_number"] == 3


@pytest.mark.slow
def test_a_restoration_of_several_series_names_the_same_one_and_why(study, tmp_path):
    result = run("restore", study, "--out", tmp_path / "out")
    assert result.exit_code == 2
    best = check_json(study)[1]["series_number"]
    assert f"most likely [{best}] (slices 2 mm apart over 158 mm, bone kernel, original images)" in " ".join(
        result.stderr.split()
    )
    assert "79 slices, 2.00 × 2.00 × 2.00 mm, 3 mm thick, kernel H60s, UID" in result.stderr
    for private in ("thin", "2024-01-31", "20240131"):  # errors are logged; only check shows what an operator typed
        assert private not in result.stderr


@pytest.mark.slow
def test_nothing_that_is_printed_names_the_patient(study):
    texts = [run("check", study).output, run("check", study, "--json").output, repr(list_series(study))]
    for text in texts:
        assert "doe" not in text.lower()
        assert "P-4711" not in text


@pytest.mark.parametrize(
    ("text", "names", "left"),
    [
        ("Head thin DOE", "Doe^Jane", "Head thin"),
        ("doe_jane 1.0 H60", "Doe^Jane 4711", "_ 1.0 H60"),
        ("Schädel Müller", "Müller^Eva", "Schädel"),
        ("Head 4711 bone", "X 4711", "Head bone"),
        ("Headline", "Head^Li", "Headline"),
    ],
)
def test_words_of_the_patients_name_are_taken_out_of_a_description(text, names, left):
    assert without_names(text, names) == left


@pytest.mark.parametrize(
    ("kernel", "is_bone"),
    [
        ("H60s", True), ("B70f", True), ("Hr64h", True), ("['J70h', '2']", True), ("BONE", True), ("BONEPLUS", True),
        ("EDGE", True), ("YD", True), ("FC30", True), ("FC81", True),
        ("H31s", False), ("Hr40f", False), ("STANDARD", False), ("SOFT", False), ("FC21", False), ("UB", False),
        ("", False),
    ],
)  # fmt: skip
def test_bone_kernels_are_known_by_their_names(kernel, is_bone):
    assert is_bone_kernel(kernel) == is_bone


@pytest.mark.slow
def test_an_input_that_will_not_do_is_refused_with_the_reason_of_a_restoration(tmp_path):
    made = phantom_head()
    path = write_image(tmp_path / "head.nrrd", made.ct[:56], made.ijk_to_ras)
    code, found = check_json(path)
    assert (code, found["is_usable"], found["kind"]) == (2, False, "ct")
    assert "top of the head is cut off" in found["reason"]
    assert found["notes"] == ["56 slices, voxels of 2.00 × 2.00 × 2.00 mm."]
    result = run("check", path)
    assert result.exit_code == 2
    assert "Cannot be restored: The top of the head is cut off" in " ".join(result.stdout.split())
    refused = run("restore", path, "--out", tmp_path / "out")
    assert found["reason"] in " ".join(refused.stderr.split())
    code, found = check_json(tmp_path / "nowhere.nrrd")
    assert (code, found["kind"]) == (2, None)
    assert "no file or folder" in found["reason"]


@pytest.mark.slow
def test_a_mask_and_a_model_are_checked_too(tmp_path):
    made = phantom_head()
    path = write_image(tmp_path / "bone.nii.gz", (made.ct > 400).astype(np.uint8), made.ijk_to_ras)
    assert check_json(path)[1]["kind"] == "mask"
    write_mesh(Mesh(*skull_mesh()), tmp_path / "skull.stl")
    found = check_input(tmp_path / "skull.stl")
    assert (found.kind, found.is_usable, found.threshold_hu) == ("model", True, None)


def test_an_unknown_side_is_printed(tmp_path):
    made = phantom_head()
    content = write_image(tmp_path / "head.nrrd", made.ct, made.ijk_to_ras).read_bytes()
    assert content.count(b"left-posterior-superior") == 1
    (tmp_path / "head.nrrd").write_bytes(content.replace(b"left-posterior-superior", b"scanner-xyz"))
    assert check_json(tmp_path / "head.nrrd")[1]["side_known"] is False
    assert "The side is not known." in run("check", tmp_path / "head.nrrd").stdout


@pytest.mark.slow
@pytest.mark.skipif(not (DATA / "philips_phantom").is_dir(), reason=NO_DATA)
def test_a_real_ct_of_140_slices_is_checked_within_seconds():
    started = time.process_time()
    found = check_input(DATA / "philips_phantom")
    assert found.is_usable
    assert time.process_time() - started < 6
