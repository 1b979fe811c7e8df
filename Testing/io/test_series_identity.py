"""Which images belong together: patients, identifiers that are missing or repeated, and the directions of slices."""

import os
import shutil

import numpy as np
import pytest
from helpers_dicom import SERIES_AFFINE, edit_series, hu_block, write_enhanced_ct, write_series
from pydicom import dcmread
from pydicom.uid import generate_uid

from SkullRestoreLib.errors import InputError
from SkullRestoreLib.io import read
from SkullRestoreLib.io.dicom_headers import read_slice_headers, without_names


def read_edited(tmp_path, edit):
    """A plain series after a change of every header."""
    return read.read(edit_series(write_series(tmp_path / "ct"), edit))


def second_copies(folder, edit=lambda data, number: None, numbers=range(24)):
    """Add copies of slices under another UID."""
    slices = sorted((dcmread(path) for path in folder.iterdir()), key=lambda data: data.ImagePositionPatient[2])
    for number in numbers:
        data = slices[number]
        data.SOPInstanceUID = data.file_meta.MediaStorageSOPInstanceUID = generate_uid()
        edit(data, number)
        data.save_as(folder / f"second_{number}.dcm")
    return folder


# --- patients


def test_a_series_with_slices_of_a_second_patient_is_refused(tmp_path):
    with pytest.raises(InputError, match="the IDs of 2 patients"):
        read_edited(tmp_path, lambda data, n: setattr(data, "PatientID", "2" if n == 7 else "1"))


def test_names_count_where_no_image_has_an_id(tmp_path):
    with pytest.raises(InputError, match="the IDs of 2 patients"):
        read_edited(tmp_path, lambda data, n: setattr(data, "PatientName", "Roe^Max" if n < 12 else "Doe^Jane"))


def test_one_patient_may_be_written_in_several_ways(tmp_path):
    def write_differently(data, number):
        data.PatientID, data.PatientName = ("ab1 ", "DOE^JANE^") if number % 2 else ("AB1", "Doe^Jane")

    assert read_edited(tmp_path, write_differently).array.shape == hu_block().shape


def test_two_patients_under_one_series_uid_are_two_series(tmp_path):
    folder = write_series(tmp_path / "ct", PatientID="1")
    second_copies(folder, lambda data, _n: setattr(data, "PatientID", "2"))
    with pytest.raises(InputError, match="holds 2 CT series"):
        read.read(folder)
    assert "images of 2 patients" in " ".join(read.read(folder, series=2).findings)


def test_series_of_several_patients_in_one_folder_are_pointed_out_without_naming_them(tmp_path):
    write_series(tmp_path / "ct" / "a", PatientID="P-4711")
    write_series(tmp_path / "ct" / "b", PatientID="P-4712", PatientName="Roe^Max")
    said = " ".join(read.read(tmp_path / "ct", series=1).findings)
    assert "The folder holds images of 2 patients: make sure that series 1 is the right one." in said
    assert "Roe" not in said
    assert "P-471" not in said  # with a letter: a series UID is random digits
    assert "P-471" not in repr(read_slice_headers(str(next((tmp_path / "ct" / "a").iterdir()))))


@pytest.mark.parametrize(
    ("names", "text", "kept"),
    [
        ("Müller^Hans 12345", "Thin bone MULLER, Mueller hans_12345 müller", "Thin bone , _"),
        ("Muller^Hans", "Müller Mueller head", "head"),
        ("Mueller^Jörg", "MULLER joerg JORG 2 mm", "2 mm"),
        ("Doe^Jane=", "Ct 0.6 H60s Doe/Jane", "Ct 0.6 H60s /"),
        ("Li^Wu 07", "Head LI 07 mm", "Head 07 mm"),
        ("Strauß^André", "STRAUSS Andre bone", "bone"),
        ("Иванов^Пётр", "череп ИВАНОВ Петр", "череп"),
        ("山田^太郎", "山田 head", "head"),
    ],
)
def test_the_description_of_a_series_shows_no_spelling_of_the_patients_name(names, text, kept):
    assert without_names(text, names) == kept


# --- identifiers


@pytest.mark.parametrize("uid", ["1.2.3", ""], ids=["the same", "empty"])
def test_slices_whose_uid_is_the_same_or_empty_are_a_series(tmp_path, uid):
    volume = read_edited(tmp_path, lambda data, _n: setattr(data, "SOPInstanceUID", uid))
    np.testing.assert_array_equal(volume.array, hu_block())


def test_slices_without_a_series_uid_are_one_series(tmp_path):
    volume = read_edited(tmp_path, lambda data, _n: delattr(data, "SeriesInstanceUID"))
    np.testing.assert_array_equal(volume.array, hu_block())


@pytest.mark.parametrize("modality", ["", "OT", None])
def test_the_class_of_an_image_says_that_it_is_a_ct_where_the_modality_does_not(tmp_path, modality):
    def change(data, _number):
        data.Modality = modality
        if modality is None:
            del data.Modality

    np.testing.assert_array_equal(read_edited(tmp_path, change).array, hu_block())


def test_images_of_another_class_without_a_modality_are_no_ct(tmp_path):
    def change(data, _number):
        data.Modality, data.SOPClassUID = "", "1.2.840.10008.5.1.4.1.1.4"

    with pytest.raises(InputError, match="OT images but no CT"):
        read_edited(tmp_path, change)


@pytest.mark.parametrize("numbers", [[3, 4, 20], range(24)], ids=["some", "all"])
def test_the_same_image_under_a_second_uid_counts_once(tmp_path, numbers):
    folder = second_copies(write_series(tmp_path / "ct"), numbers=numbers)
    volume = read.read(folder)
    np.testing.assert_array_equal(volume.array, hu_block())
    assert f"{len(numbers)} images are there a second time" in " ".join(volume.findings)
    assert read.list_series(folder)[0].slice_count == 24


@pytest.mark.parametrize(
    "label",
    [{"FilterType": "B"}, {"SeriesNumber": 4}, {"SeriesDescription": "Head soft"}],
    ids=lambda label: next(iter(label)),
)
def test_reconstructions_half_a_slice_apart_are_separated_by_any_label_that_differs(tmp_path, label):
    """Also where their numbers alternate, so that their order does not separate them."""

    def shift(data, number):
        data.ImagePositionPatient[2] = float(data.ImagePositionPatient[2]) + 0.5
        data.InstanceNumber = 2 * number + 2
        for keyword, value in label.items():
            setattr(data, keyword, value)

    def number_oddly(data, number):
        data.InstanceNumber = 2 * number + 1

    folder = edit_series(write_series(tmp_path / "ct"), number_oddly)
    second_copies(folder, shift)
    with pytest.raises(InputError, match="holds 2 CT series"):
        read.read(folder)
    assert read.read(folder, series=1).spacing[2] == pytest.approx(1.0)


# --- directions


def test_directions_that_are_not_quite_unit_vectors_do_not_change_the_size(tmp_path):
    def stretch(data, _number):
        data.ImageOrientationPatient = [1.004 * float(value) for value in data.ImageOrientationPatient]

    np.testing.assert_allclose(read_edited(tmp_path, stretch).ijk_to_ras, SERIES_AFFINE, atol=1e-6)


@pytest.mark.parametrize(("numbers", "reason"), [((2, 8), "missing"), (range(2, 24, 5), "only 19 slices")])
def test_where_slices_of_another_direction_leave_gaps_the_reason_is_said(tmp_path, numbers, reason):
    def turn(data, number):
        if number in numbers:
            data.ImageOrientationPatient = [1, 0, 0, 0, 0.999, 0.0447]

    with pytest.raises(InputError, match=rf"{reason}.* images of the series with another size or direction were left"):
        read_edited(tmp_path, turn)


def test_images_whose_positions_were_lost_are_called_so(tmp_path):
    with pytest.raises(InputError, match="All 24 images have the same place"):
        read_edited(tmp_path, lambda data, _n: setattr(data, "ImagePositionPatient", [0, 0, 0]))


@pytest.mark.parametrize("shared", [None, []], ids=["absent", "empty"])
def test_frames_that_share_nothing_have_their_own_geometry_and_rescale(tmp_path, shared):
    folder = write_enhanced_ct(tmp_path / "ct", rescale=lambda number: (1, -1000 - number))
    data = dcmread(folder / "all.dcm")
    (common,) = data.SharedFunctionalGroupsSequence
    for frame in data.PerFrameFunctionalGroupsSequence:
        frame.PixelMeasuresSequence = common.PixelMeasuresSequence
        frame.PlaneOrientationSequence = common.PlaneOrientationSequence
    del data.SharedFunctionalGroupsSequence
    if shared is not None:
        data.SharedFunctionalGroupsSequence = shared
    data.save_as(folder / "all.dcm", enforce_file_format=True)
    volume = read.read(folder)
    np.testing.assert_array_equal(volume.array, hu_block())
    np.testing.assert_allclose(volume.ijk_to_ras, SERIES_AFFINE, atol=1e-6)


def test_a_frame_without_a_position_counts_as_missing(tmp_path):
    folder = write_enhanced_ct(tmp_path / "ct")
    data = dcmread(folder / "all.dcm")
    del data.PerFrameFunctionalGroupsSequence[7].PlanePositionSequence
    data.save_as(folder / "all.dcm", enforce_file_format=True)
    with pytest.raises(InputError, match="1 slice is missing"):
        read.read(folder)


def test_a_place_that_is_no_number_is_named(tmp_path):
    def change(data, number):
        if number == 4:
            data.ImagePositionPatient = [0.0, 0.0, float("nan")]

    with pytest.raises(InputError, match="position, pixel spacing or orientation"):
        read_edited(tmp_path, change)


# --- files


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes on this system")
def test_a_pipe_in_a_folder_is_not_waited_for(tmp_path):
    folder = write_series(tmp_path / "ct")
    os.mkfifo(folder / "pipe.dcm")
    assert read.read(folder).array.shape == hu_block().shape
    for path in folder.glob("I*"):
        path.unlink()
    with pytest.raises(InputError, match="no DICOM images"):
        read.read(folder)


def test_a_folder_of_scouts_is_called_so(tmp_path):
    with pytest.raises(InputError, match=r"None of the DICOM files in 'ct' is a slice of a scan \(24.*scout views"):
        read.read(write_series(tmp_path / "ct", ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"]))


def test_a_folder_of_packed_files_is_to_be_unpacked(tmp_path):
    import gzip

    folder = write_series(tmp_path / "ct")
    packed = tmp_path / "packed"
    packed.mkdir()
    for path in folder.iterdir():
        (packed / f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes()))
    shutil.rmtree(folder)
    with pytest.raises(InputError, match=r"holds 24 packed files such as .*: unpack them first"):
        read.read(packed)
