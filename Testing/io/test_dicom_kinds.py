"""Every kind of DICOM that a hospital may send: read right, or refused with the reason. The files are made here."""

import re

import numpy as np
import pytest
from helpers_dicom import (
    SERIES_AFFINE,
    compress_with_gdcm,
    edit_series,
    hu_block,
    recode_series,
    write_enhanced_ct,
    write_raw_values,
    write_series,
)
from helpers_head import phantom_head
from helpers_intake import write_dicom
from pydicom import Dataset, dcmread
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    HTJ2KLossless,
    ImplicitVRLittleEndian,
    JPEGLSLossless,
    RLELossless,
    generate_uid,
)

from SkullRestoreLib.errors import InputError
from SkullRestoreLib.io import read
from SkullRestoreLib.segmentation import bone_segmentation


@pytest.fixture(scope="module")
def hu():
    return hu_block()


def assert_same(folder, hu):
    volume = read.read(folder)
    np.testing.assert_array_equal(volume.array, hu)
    np.testing.assert_allclose(volume.ijk_to_ras, SERIES_AFFINE, atol=1e-5)
    return volume


# --- transfer syntaxes


@pytest.mark.parametrize(
    "uid",
    [
        ImplicitVRLittleEndian,
        ExplicitVRLittleEndian,
        ExplicitVRBigEndian,
        DeflatedExplicitVRLittleEndian,
        RLELossless,
        JPEGLSLossless,
    ],
    ids=lambda uid: uid.keyword,
)
def test_a_transfer_syntax_without_loss_gives_the_same_voxels(tmp_path, hu, uid):
    assert_same(recode_series(write_series(tmp_path / "ct"), uid), hu)


@pytest.mark.parametrize("compressor", ["JPEG", "JPEG2000"])
def test_lossless_jpeg_and_jpeg_2000_give_the_same_voxels(tmp_path, hu, compressor):
    assert_same(compress_with_gdcm(write_series(tmp_path / "ct"), compressor), hu)


def test_a_compression_that_cannot_be_decoded_is_named(tmp_path):
    def relabelled(data, _number):
        data.compress(RLELossless, generate_instance_uid=False)
        data.file_meta.TransferSyntaxUID = HTJ2KLossless

    with pytest.raises(InputError, match=r"compressed as High-Throughput JPEG 2000.*without compression"):
        read.read(edit_series(write_series(tmp_path / "ct"), relabelled))


def test_a_compressed_slice_that_was_cut_off_is_named(tmp_path):
    folder = compress_with_gdcm(write_series(tmp_path / "ct"), "JPEG")
    victim = sorted(folder.iterdir())[5]
    victim.write_bytes(victim.read_bytes()[:-200])
    with pytest.raises(InputError, match=re.escape(victim.name)):
        read.read(folder)


def test_files_without_a_preamble_or_meta_header_are_read(tmp_path, hu):
    for path in recode_series(write_series(tmp_path / "ct"), ImplicitVRLittleEndian).iterdir():
        content = path.read_bytes()
        length = int.from_bytes(content[140:144], "little")  # of the meta header, from its first element
        path.write_bytes(content[144 + length :])
        assert content[144 + length :][:2] == b"\x08\x00"
    assert_same(tmp_path / "ct", hu)


# --- several frames in a file


def test_an_enhanced_ct_is_read_whatever_the_order_of_its_frames(tmp_path, hu):
    assert_same(write_enhanced_ct(tmp_path / "ct"), hu)
    assert_same(write_enhanced_ct(tmp_path / "mixed", order=list(np.random.default_rng(1).permutation(24))), hu)


def test_every_frame_of_an_enhanced_ct_has_its_own_rescale(tmp_path, hu):
    assert_same(write_enhanced_ct(tmp_path / "ct", rescale=lambda n: (1, -1024 - 10 * n)), hu)


@pytest.mark.parametrize("syntax", [RLELossless, JPEGLSLossless], ids=lambda uid: uid.keyword)
def test_a_compressed_enhanced_ct_is_read(tmp_path, hu, syntax):
    assert_same(write_enhanced_ct(tmp_path / "ct", syntax=syntax), hu)


# --- values


def signed(data, _number, *, bits=16, intercept=0, spoil=0):
    """Store HU as two's complement in ``bits``, the bits above them filled with ``spoil``."""
    values = np.frombuffer(data.PixelData, np.uint16).astype(np.int32) + int(data.RescaleIntercept) - intercept
    data.PixelData = ((values & (2**bits - 1)) | spoil).astype(np.uint16).tobytes()
    data.BitsStored, data.HighBit, data.PixelRepresentation, data.RescaleIntercept = bits, bits - 1, 1, intercept


def test_twelve_bits_with_a_sign_are_read(tmp_path, hu):
    assert_same(edit_series(write_series(tmp_path / "ct"), lambda d, n: signed(d, n, bits=12)), hu)


@pytest.mark.parametrize("spoil", [0x1000, 0xF000])
def test_bits_above_the_stored_ones_are_no_part_of_the_value(tmp_path, hu, spoil):
    """Old scanners kept graphics there."""
    assert_same(edit_series(write_series(tmp_path / "ct"), lambda d, n: signed(d, n, bits=12, spoil=spoil)), hu)

    def unsigned(data, _number):
        data.BitsStored, data.HighBit = 12, 11
        data.PixelData = (np.frombuffer(data.PixelData, np.uint16) | spoil).tobytes()

    assert_same(edit_series(write_series(tmp_path / "ct2"), unsigned), hu)


def test_signed_values_without_a_rescale_are_hu(tmp_path, hu):
    def bare(data, number):
        signed(data, number)
        del data.RescaleSlope, data.RescaleIntercept

    assert_same(edit_series(write_series(tmp_path / "ct"), bare), hu)


def test_values_from_zero_without_a_rescale_are_refused_before_they_are_taken_for_hu(tmp_path):
    def bare(data, _number):
        del data.RescaleSlope, data.RescaleIntercept

    made = phantom_head()
    write_dicom(tmp_path / "ct", made.ct, made.ijk_to_ras)
    with pytest.raises(InputError, match=r"HU \+ 1024.*rescale intercept"):
        bone_segmentation.segment(read.read(edit_series(tmp_path / "ct", bare)))


def test_a_rescale_that_is_empty_or_zero_is_none(tmp_path, hu):
    def empty(data, number):
        signed(data, number)
        data.RescaleSlope, data.RescaleIntercept = "", ""

    assert_same(edit_series(write_series(tmp_path / "ct"), empty), hu)


def test_values_through_a_lookup_table_are_refused(tmp_path):
    from pydicom.dataset import Dataset
    from pydicom.sequence import Sequence

    def table(data, _number):
        lut = Dataset()
        lut.LUTDescriptor, lut.ModalityLUTType, lut.LUTData = [4096, 0, 16], "HU", bytes(8192)
        data.ModalityLUTSequence = Sequence([lut])
        del data.RescaleSlope, data.RescaleIntercept

    with pytest.raises(InputError, match="lookup table"):
        read.read(edit_series(write_series(tmp_path / "ct"), table))


@pytest.mark.parametrize(("padding", "signs"), [(63536, False), (0, False), (-2000, True), (32767, True)])
@pytest.mark.parametrize("compressed", [False, True])
def test_padding_beyond_the_field_of_view_is_air(tmp_path, hu, padding, signs, compressed):
    corner = np.zeros(hu.shape, bool)
    corner[:, :5, :4] = True

    def padded(data, number):
        if signs:
            signed(data, number)
        kind = np.int16 if signs else np.uint16
        values = np.frombuffer(data.PixelData, kind).reshape(20, 16).copy()
        values[corner[number]] = padding
        data.PixelData = values.tobytes()
        data.add_new("PixelPaddingValue", "SS" if signs else "US", padding)
        if compressed:
            data.compress(JPEGLSLossless, generate_instance_uid=False)

    volume = read.read(edit_series(write_series(tmp_path / "ct"), padded))
    np.testing.assert_array_equal(volume.array[~corner], hu[~corner])
    assert set(np.unique(volume.array[corner])) == {-1024}


def test_a_padding_value_that_tissue_has_is_ignored(tmp_path, hu):
    """Some converters write 0 without having padded anything: in a signed CT that is water."""

    def zero(data, number):
        signed(data, number)
        data.add_new("PixelPaddingValue", "SS", 0)

    assert_same(edit_series(write_series(tmp_path / "ct"), zero), hu)


# --- places


def test_decimal_commas_are_read_as_points(tmp_path, hu):
    folder = write_series(tmp_path / "ct")
    for path in folder.iterdir():
        data = dcmread(path)
        for keyword in ("PixelSpacing", "ImagePositionPatient", "RescaleSlope", "RescaleIntercept"):
            numbers = np.atleast_1d(np.array(data[keyword].value, float))
            setattr(data, keyword, [f"{number:.4f}" for number in numbers])
        data.save_as(path)
        path.write_bytes(re.sub(rb"(-?\d+)\.(\d{4})(?!\d)", rb"\1,\2", path.read_bytes()))
    assert_same(folder, hu)


@pytest.mark.parametrize("number", [b"A12", b"", b"1.5", b"99999999999"])
def test_an_instance_number_that_is_none_costs_no_slice(tmp_path, hu, number):
    assert_same(write_raw_values(write_series(tmp_path / "ct"), {"InstanceNumber": number}), hu)


def test_slices_numbered_backwards_are_put_in_order(tmp_path, hu):
    def backwards(data, number):
        data.InstanceNumber = 24 - number

    assert_same(edit_series(write_series(tmp_path / "ct"), backwards), hu)


def test_a_series_scanned_from_the_feet_upwards_with_axes_reversed_is_where_it_was(tmp_path, hu):
    turned = SERIES_AFFINE @ np.diag([-1.0, 1.0, -1.0, 1.0])
    turned[:3, 3] = (SERIES_AFFINE @ [15, 0, 23, 1])[:3]
    write_dicom(tmp_path / "ct", hu[::-1, :, ::-1], turned)
    volume = read.read(tmp_path / "ct")
    voxel = np.array([3, 4, 5, 1.0])
    same_voxel = np.linalg.inv(volume.ijk_to_ras) @ SERIES_AFFINE @ voxel
    i, j, k = np.rint(same_voxel[:3]).astype(int)
    assert volume.array[k, j, i] == hu[5, 4, 3]


def test_a_copy_of_a_slice_counts_once(tmp_path, hu):
    import shutil

    folder = write_series(tmp_path / "ct")
    shutil.copy(sorted(folder.iterdir())[3], folder / "copy.dcm")
    assert_same(folder, hu)


def test_two_images_of_one_place_with_other_values_are_refused(tmp_path):
    folder = write_series(tmp_path / "ct")
    data = dcmread(sorted(folder.iterdir())[3])
    data.SOPInstanceUID = data.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    data.PixelData = bytes(len(data.PixelData))
    data.save_as(folder / "again.dcm")
    with pytest.raises(InputError, match="1 of the 25 slices are"):
        read.read(folder)


def test_a_gantry_tilt_is_a_shear(tmp_path, hu):
    tilted = SERIES_AFFINE.copy()
    tilted[1, 2] = np.tan(np.radians(15)) * tilted[2, 2]
    write_dicom(tmp_path / "ct", hu, tilted)
    volume = read.read(tmp_path / "ct")
    np.testing.assert_allclose(volume.ijk_to_ras, tilted, atol=1e-5)
    assert any("tilt of 15.0" in finding for finding in volume.findings)


def test_unequal_spacing_is_refused(tmp_path):
    def shifted(data, number):
        if number > 12:
            data.ImagePositionPatient = [*data.ImagePositionPatient[:2], data.ImagePositionPatient[2] + 0.4]

    with pytest.raises(InputError, match="unequally spaced"):
        read.read(edit_series(write_series(tmp_path / "ct"), shifted))


@pytest.mark.parametrize("tag", ["PixelSpacing", "ImagePositionPatient", "ImageOrientationPatient"])
def test_images_without_a_place_are_refused(tmp_path, tag):
    def without(data, _number):
        delattr(data, tag)

    with pytest.raises(InputError, match="no place in the patient"):
        read.read(edit_series(write_series(tmp_path / "ct"), without))


@pytest.mark.parametrize(
    ("tag", "value"), [("PixelSpacing", [0.0, 0.0]), ("ImageOrientationPatient", [1, 0, 0, 1, 0, 0])]
)
def test_an_impossible_place_is_refused(tmp_path, tag, value):
    with pytest.raises(InputError):
        read.read(edit_series(write_series(tmp_path / "ct"), lambda data, _n: setattr(data, tag, value)))


def test_a_frame_whose_position_has_too_few_numbers_counts_as_missing(tmp_path):
    folder = write_enhanced_ct(tmp_path / "ct")
    data = dcmread(folder / "all.dcm")
    data.PerFrameFunctionalGroupsSequence[7].PlanePositionSequence[0].ImagePositionPatient = [1.0, 2.0]
    data.save_as(folder / "all.dcm", enforce_file_format=True)
    with pytest.raises(InputError, match="missing"):
        read.read(folder)


def test_a_file_with_a_broken_header_is_no_slice(tmp_path, monkeypatch):
    """What pydicom may raise is not known beforehand: fuzzing found errors of types that it does not document."""
    folder = write_series(tmp_path / "ct")

    def stumbles(*_arguments, **_options):
        raise RecursionError

    monkeypatch.setattr("pydicom.dcmread", stumbles)
    with pytest.raises(InputError, match=r"is a slice.*or damaged files"):
        read.read(folder)


def test_a_decoder_that_fails_in_its_own_way_names_the_file(tmp_path, monkeypatch):
    class DecoderError(Exception):
        pass

    def fails(_dataset):
        raise DecoderError

    folder = write_series(tmp_path / "ct")
    monkeypatch.setattr(Dataset, "pixel_array", property(fails))
    with pytest.raises(InputError, match=r"\.dcm.* is damaged"):
        read.read(folder)
