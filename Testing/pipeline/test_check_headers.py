"""The verdict on DICOM series by their headers alone: the same as of a reading, and without looking at an image."""

import numpy as np
import pytest
from helpers_dicom import edit_series, write_series
from helpers_intake import write_dicom

from SkullRestoreLib.errors import InputError
from SkullRestoreLib.io import dicom_series
from SkullRestoreLib.pipeline.check_headers import check_headers

AXIAL = np.array([[-2.0, 0, 0, 20.0], [0, -2.0, 0, 20.0], [0, 0, 2.0, -60.0], [0, 0, 0, 1]])
CORONAL = np.array([[-2.0, 0, 0, 20.0], [0, 0, -2.0, 60.0], [0, 2.0, 0, -60.0], [0, 0, 0, 1]])


def write(folder, slices=60, affine=AXIAL, rows=20, **options):
    write_dicom(folder, np.zeros((slices, rows, 16), np.int16), affine, **options)
    return folder


def files(folder):
    return sorted(str(path) for path in folder.iterdir())


@pytest.fixture
def no_images(monkeypatch):
    """Reading the values of an image fails."""
    monkeypatch.setattr(dicom_series, "read_hu", lambda *_, **__: pytest.fail("an image was read"))


@pytest.mark.usefixtures("no_images")
def test_a_usable_scan_is_described_without_reading_an_image(tmp_path):
    (verdict,) = check_headers(files(write(tmp_path, ConvolutionKernel="H60s", BodyPartExamined="HEAD")))
    assert verdict.is_usable
    assert verdict.warnings == ()
    assert verdict.notes == ("60 slices, voxels of 2.00 × 2.00 × 2.00 mm.",)
    assert set(verdict.files) == set(files(tmp_path))


@pytest.mark.usefixtures("no_images")
def test_a_short_scan_a_soft_kernel_and_slices_in_another_direction_are_said(tmp_path):
    (short,) = check_headers(files(write(tmp_path / "short", slices=30, ConvolutionKernel="H30s")))
    assert "covers 60 mm from bottom to top, and a vault needs about 110 mm" in short.warnings[0]
    assert "kernel H30s is a soft one" in short.notes[-1]
    (coronal,) = check_headers(files(write(tmp_path / "coronal", affine=CORONAL, rows=80)))
    assert coronal.warnings == (), "80 rows of 2 mm are 160 mm from bottom to top"
    assert "The slices are coronal" in coronal.notes[-1]


def shift_slice(data, number):
    if number > 30:
        data.ImagePositionPatient[2] += 2.0


def tell_patients_apart(data, number):
    data.PatientID = "4711" if number < 30 else "4712"


def cut_file(data, number):
    if number == 5:
        data.PixelData = data.PixelData[:100]


def spread(data, number):
    data.ImagePositionPatient[2] += 4.0 * number


@pytest.mark.usefixtures("no_images")
@pytest.mark.parametrize("edit", [shift_slice, tell_patients_apart, cut_file, spread])
def test_what_the_headers_refuse_is_refused_in_the_words_of_a_reading(tmp_path, edit):
    edit_series(write(tmp_path, rows=80), edit)
    (verdict,) = check_headers(files(tmp_path))
    assert not verdict.is_usable
    (series,) = dicom_series.find_series(tmp_path)
    with pytest.raises(InputError) as refused:
        dicom_series.load_series(series)
    assert verdict.reason == str(refused.value)


@pytest.mark.usefixtures("no_images")
def test_scouts_other_modalities_and_other_parts_of_the_body_are_no_heads(tmp_path):
    assert check_headers(files(write(tmp_path / "few", slices=3))) == []
    assert check_headers(files(write(tmp_path / "mr", modality="MR"))) == []
    assert check_headers(files(write(tmp_path / "chest", BodyPartExamined="CHEST"))) == []
    assert len(check_headers(files(write(tmp_path / "both", BodyPartExamined="HEAD CHEST")))) == 1
    assert len(check_headers(files(write(tmp_path / "unknown", BodyPartExamined="")))) == 1


def test_two_scans_under_one_uid_get_a_verdict_each(tmp_path):
    folder = write_series(tmp_path, np.zeros((40, 20, 16), np.int16))

    def two_kernels(data, number):
        data.ConvolutionKernel = "H60s" if number % 2 else "H30s"

    verdicts = check_headers(files(edit_series(folder, two_kernels)))
    assert [v.series.labels.kernel for v in verdicts] == ["H30s", "H60s"]
    assert all("share one series UID" in " ".join(v.warnings) for v in verdicts)
