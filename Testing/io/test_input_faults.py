"""The table of faults, entry by entry: an input that has the fault is named by what it most likely is."""

import re
import struct
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest
from helpers_dicom import edit_series, hu_block, recode_series, write_series
from helpers_head import phantom_head
from helpers_intake import ellipsoid_head, ellipsoid_mesh, scan_affine, skull_mesh, write_dicom, write_image
from pydicom import dcmread
from pydicom.uid import JPEGLSLossless, generate_uid
from scipy import ndimage

from SkullRestoreLib._system import resources
from SkullRestoreLib.affine import invert_affine
from SkullRestoreLib.errors import InputError
from SkullRestoreLib.geometry import surface_mesh
from SkullRestoreLib.input_faults import INPUT_FAULTS, fault_error, fault_sentence
from SkullRestoreLib.io import file_kinds
from SkullRestoreLib.io.read import read
from SkullRestoreLib.pose.cut_plane import check_not_cut_off
from SkullRestoreLib.records import Mesh, Pose, Volume
from SkullRestoreLib.segmentation.bone_segmentation import segment
from SkullRestoreLib.skull_model.atlas import load_atlas

SIZE = (96, 110, 78)
NRRD = (
    "NRRD000{version}\ntype: {type}\ndimension: 3\nsizes: 2 2 2\nspacings: 1 1 1\nendian: little\n"
    "encoding: {encoding}\n\n"
)


def inspect(source):
    """All that the user reads about an input: findings, or the error."""
    try:
        record = source if isinstance(source, Volume | Mesh) else read(source)
        if isinstance(record, Mesh):
            record = surface_mesh.voxelise_model(record, spacing_mm=2.0)
        bone = segment(record)
        if bone.mask.shape != phantom_head().ct.shape:
            return " ".join(bone.findings)
        pose = Pose(invert_affine(phantom_head().head_to_ras), 1.0, 1.0)
        return " ".join([*bone.findings, *check_not_cut_off(bone, pose, mean_head())])
    except InputError as error:
        return str(error)


@lru_cache(maxsize=1)
def mean_head():
    return load_atlas(resources.weights_path("shape.safetensors")).template


def bone_within(axis, high_mm):
    """The bone of an intact head as a mask, up to this place along one axis of the scan."""
    made = phantom_head()
    middle = made.head_to_ras[axis, 3]
    mask = np.moveaxis(made.intact >= 400, 2 - axis, 0).copy()
    mask[made.ijk_to_ras[axis, axis] * np.arange(len(mask)) + made.ijk_to_ras[axis, 3] > middle + high_mm] = False
    return Volume(np.moveaxis(mask, 0, 2 - axis), made.ijk_to_ras, "mask")


def thin_shell(wall_mm, spacing_mm=2.0):
    """A mask of an ellipsoid with the size of a skull, open below, whose wall is thin."""
    half = np.array([70.0, 90.0, 70.0])
    x, y, z = (np.arange(-h - 8, h + 8, spacing_mm) for h in half)
    z, y, x = np.meshgrid(z, y, x, indexing="ij", sparse=True)
    radius = np.sqrt((x / half[0]) ** 2 + (y / half[1]) ** 2 + (z / half[2]) ** 2)
    slope = np.sqrt(x**2 / half[0] ** 4 + y**2 / half[1] ** 4 + z**2 / half[2] ** 4)
    depth = (1 - radius) * radius / np.maximum(slope, 1e-6)
    mask = (depth >= 0) & (depth < wall_mm) & (z > -50)
    ijk_to_ras = np.diag([spacing_mm] * 3 + [1.0])
    ijk_to_ras[:3, 3] = [float(a.min()) for a in (x, y, z)]
    return Volume(mask, ijk_to_ras, "mask")


def head_ct(change=lambda hu: hu, padding=None):
    """A head with soft tissue, air and noise, its values changed."""
    hu = phantom_head().ct.astype(float)
    values = change(hu)
    if padding is not None:
        values[:, :20, :20] = padding
    return Volume(np.clip(np.rint(values), -32768, 32767).astype(np.int16), phantom_head().ijk_to_ras, "ct")


def scaled_image(folder, factor):
    hu = ellipsoid_head(scan_affine((2.0, 2.0, 2.0), SIZE), SIZE)
    return write_image(folder / "head.nrrd", hu, scan_affine(np.array([2.0, 2.0, 2.0]) * factor, SIZE))


def small_nrrd(folder, **fields):
    values = {"version": 4, "type": "short", "encoding": "raw"} | fields
    (folder / "head.nrrd").write_bytes(NRRD.format(**values).encode() + bytes(16))
    return folder / "head.nrrd"


def own_uids(folder):
    """A series of which every file has a series, a study and a frame of reference of its own."""

    def separate(data, _number):
        for tag in ("SeriesInstanceUID", "StudyInstanceUID", "FrameOfReferenceUID"):
            setattr(data, tag, generate_uid())

    return edit_series(write_series(folder), separate)


def far_slices(folder, step):
    place = np.array([[-0.5, 0, 0, 10.0], [0, -0.6, 0, 12.0], [0, 0, step, -30.0], [0, 0, 0, 1]])
    write_dicom(folder, hu_block(), place)
    return folder


def plain_frames(folder):
    write_series(folder)
    data = dcmread(sorted(folder.iterdir())[0])
    for path in folder.iterdir():
        path.unlink()
    data.NumberOfFrames, data.PixelData = 24, data.PixelData * 24
    data.save_as(folder / "all.dcm", enforce_file_format=True)
    return folder


def one_file(folder, name, content):
    (folder / name).write_bytes(content)
    return folder / name


def several_patients(folder):
    return edit_series(write_series(folder), lambda data, n: setattr(data, "PatientID", "A1" if n < 12 else "B2"))


def colour_pictures(folder):
    def paint(data, _number):
        data.SamplesPerPixel, data.PlanarConfiguration, data.PhotometricInterpretation = 3, 0, "RGB"
        data.BitsAllocated, data.BitsStored, data.HighBit = 8, 8, 7
        data.PixelData = bytes(3 * data.Rows * data.Columns)

    return edit_series(write_series(folder), paint)


def localizer(folder):
    return next(write_series(folder, hu_block(1), ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"]).iterdir())


def lossy_series(folder):
    made = phantom_head()
    write_dicom(folder, made.ct, made.ijk_to_ras, LossyImageCompression="01", LossyImageCompressionRatio=[4.0, 12.5])
    return folder


def disc_contents_only(folder):
    from pydicom.dataset import FileDataset, FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian, MediaStorageDirectoryStorage

    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.TransferSyntaxUID = MediaStorageDirectoryStorage, ExplicitVRLittleEndian
    meta.MediaStorageSOPInstanceUID = generate_uid()
    data = FileDataset(str(folder / "DICOMDIR"), {}, file_meta=meta, preamble=b"\0" * 128)
    data.DirectoryRecordSequence = []
    data.save_as(folder / "DICOMDIR", enforce_file_format=True)
    return folder


def two_kernels(folder, *, soft=1, slices=60, write=write_image):
    """Slices of a head with noise, every second one smoothed."""
    made = phantom_head()
    hu = made.ct[-slices:] + np.random.default_rng(0).normal(0, 40, made.ct[-slices:].shape)
    hu[soft::2] = ndimage.gaussian_filter(hu[soft::2], (0, 0.7, 0.7))
    return write(folder, np.rint(hu).astype(np.int16), made.ijk_to_ras)


def two_skulls(_folder):
    vertices, faces = skull_mesh()
    return Mesh(np.vstack([vertices, np.add(vertices, [190.0, 0, 0])]), np.vstack([faces, faces + len(vertices)]))


INPUTS = {
    "foreign form": lambda d: one_file(d, "head.nrrd", b"7z\xbc\xaf\x27\x1c" + bytes(900)),
    "unknown values": lambda d: small_nrrd(d, type="block"),
    "unknown encoding": lambda d: small_nrrd(d, encoding="zrl"),
    "unknown version": lambda d: small_nrrd(d, version=9),
    "other content": lambda d: one_file(d, "head.nrrd", b"\x01\x02" * 500),
    "in metres": lambda d: scaled_image(d, 0.001),
    "in centimetres": lambda d: scaled_image(d, 0.1),
    "in inches": lambda d: scaled_image(d, 1 / 25.4),
    "in micrometres": lambda d: scaled_image(d, 1000.0),
    "no head's size": lambda _: Mesh(*ellipsoid_mesh(30.0, 3)),
    "slices far apart": lambda d: far_slices(d, 5.4),
    "one series per image": own_uids,
    "several patients": several_patients,
    "frames without distance": plain_frames,
    "DICOM without image": localizer,
    "DICOM without slices": colour_pictures,
    "DICOMDIR alone": disc_contents_only,
    "HU + 1024": lambda _: head_ct(lambda hu: np.maximum(hu, -1024) + 1024),
    "wrong offset": lambda _: head_ct(lambda hu: hu + 8192),
    "wrong level": lambda _: head_ct(lambda hu: np.where(hu > 300, 7400, 7000)),
    "wrong slope": lambda _: head_ct(lambda hu: 10 * (np.maximum(hu, -1024) + 1024) - 1024),
    "grey image": lambda _: head_ct(lambda hu: np.clip((hu + 1000) / 4000 * 255, 0, 255)),
    "scaled to one": lambda d: write_image(
        d / "head.nrrd", np.clip((phantom_head().ct + 1000) / 4000, 0, 1).astype(np.float32), phantom_head().ijk_to_ras
    ),
    "unsigned": lambda _: head_ct(lambda hu: np.where(hu < 0, hu + 65536, hu)),
    "inverted": lambda _: head_ct(lambda hu: 3071 - hu),
    "clipped high": lambda _: head_ct(lambda hu: np.minimum(hu, 500)),
    "clipped low": lambda _: head_ct(lambda hu: np.maximum(hu, 0)),
    "not calibrated": lambda _: head_ct(lambda hu: hu + 200),
    "lossy": lossy_series,
    "mixed kernels": lambda d: two_kernels(d / "head.nrrd"),
    "two skulls": two_skulls,
    "inverted mask": lambda _: Volume(phantom_head().ct < 400, phantom_head().ijk_to_ras, "mask"),
    "coarse mask": lambda _: thin_shell(1.6),
    "thin mask": lambda _: thin_shell(3.4),
    "half a skull": lambda _: bone_within(0, 0.0),
    "cut off": lambda _: bone_within(1, 10.0),
    "ends in a plane": lambda _: bone_within(2, 55.0),
}


def test_the_page_of_inputs_has_the_table():
    page = (Path(__file__).resolve().parents[2] / "docs" / "reference" / "inputs.md").read_text(encoding="utf-8")
    for row in INPUT_FAULTS.values():
        kind = "refused" if row.is_refused else "used"
        assert f"| {kind} | {row.seen} | {row.likely} | {row.advice} |" in page


def test_every_kind_of_input_on_the_page_names_tests_that_exist():
    here = Path(__file__).resolve().parent
    page = (here.parents[1] / "docs" / "reference" / "inputs.md").read_text(encoding="utf-8")
    section = page.split("## Kinds of input, before and now")[1].split("\n## ")[0]
    rows = [line.split("|")[1:-1] for line in section.splitlines() if line.startswith("| ")][2:]
    kinds = [row for row in rows if not row[0].strip().startswith("**")]
    assert len(kinds) > 40
    for kind, before, now, tests in kinds:
        named, file = re.findall(r"`(test_\w+(?:\.py)?)`", tests), ""
        assert all(cell.strip() for cell in (kind, before, now))
        assert len(named) > 1, kind
        for name in named:
            if name.endswith(".py"):
                file = (here / name).read_text(encoding="utf-8")
            else:
                assert f"def {name}(" in file, name


def pattern_of(fault):
    """The row's words as a pattern: any text for each value."""
    row = INPUT_FAULTS[fault]
    text = f"{row.seen}: most likely {row.likely}"
    return "(?i)" + re.sub(r"\\\{\w+\\\}", ".*?", re.escape(text))


def test_every_fault_has_an_input_here():
    assert set(INPUTS) == set(INPUT_FAULTS)


@pytest.mark.parametrize("fault", INPUTS)
def test_an_input_with_this_fault_is_called_by_its_name(tmp_path, fault):
    said = inspect(INPUTS[fault](tmp_path))
    assert re.search(pattern_of(fault), said), said
    others = [other for other in INPUT_FAULTS if other != fault and re.search(pattern_of(other), said)]
    assert not others


@pytest.mark.parametrize("fault", INPUTS)
def test_a_row_says_what_to_do_in_sentences_without_names_or_places(fault):
    row = INPUT_FAULTS[fault]
    values = dict.fromkeys(re.findall(r"\{(\w+)\}", f"{row.seen} {row.likely} {row.advice}"), "x")
    text = fault_sentence(fault, **values)
    assert 40 < len(text) < 320
    assert "{" not in text
    if "{" not in row.advice:
        assert row.advice[0].isupper()
        assert row.advice.endswith(".")
    if row.is_refused:
        assert str(fault_error(fault, **values)) == text
    else:
        with pytest.raises(ValueError, match="a finding"):
            fault_error(fault, **values)


# --- two kernels in one stack


def write_dicom_folder(folder, hu, ijk_to_ras):
    write_dicom(folder, hu, ijk_to_ras)
    return folder


@pytest.mark.parametrize("soft", [0, 1])
@pytest.mark.parametrize("write", [lambda d, *a: write_image(d / "head.nrrd", *a), write_dicom_folder])
def test_of_two_kernels_in_turn_without_labels_the_sharper_slices_are_used(tmp_path, soft, write):
    volume = read(two_kernels(tmp_path, soft=soft, write=write))
    assert "Every second slice is sharper" in volume.findings[-1]
    assert volume.array.shape[0] == 30
    assert volume.spacing[2] == pytest.approx(2 * phantom_head().ijk_to_ras[2, 2])
    first = phantom_head().ijk_to_ras[:3, 3] + (1 - soft) * phantom_head().ijk_to_ras[:3, 2]
    assert volume.ijk_to_ras[:3, 3] == pytest.approx(first, abs=1e-3)
    assert np.diff(volume.array[:, 10], axis=-1).std() > 40


def test_slices_that_were_interpolated_are_no_second_kernel(tmp_path):
    made = phantom_head()
    thick = made.ct[-40:] + np.random.default_rng(0).normal(0, 40, made.ct[-40:].shape)
    hu = np.zeros((79, *thick.shape[1:]))
    hu[::2], hu[1::2] = thick, (thick[1:] + thick[:-1]) / 2
    path = write_image(tmp_path / "head.nrrd", np.rint(hu).astype(np.int16), made.ijk_to_ras @ np.diag([1, 1, 0.5, 1]))
    assert read(path).array.shape[0] == 79


def test_one_kernel_is_read_completely(tmp_path):
    made = phantom_head()
    hu = made.ct + np.random.default_rng(0).normal(0, 40, made.ct.shape)
    volume = read(write_image(tmp_path / "head.nrrd", np.rint(hu).astype(np.int16), made.ijk_to_ras))
    assert volume.array.shape == made.ct.shape


# --- variants of the values


@pytest.mark.parametrize("padding", [-2000, -1024, -3024, -32768])
def test_padding_does_not_hide_a_missing_intercept(padding):
    assert "HU + 1024" in inspect(head_ct(lambda hu: np.maximum(hu, -1024) + 1024, padding=padding))


@pytest.mark.parametrize("slope", [0.1, 0.5, 2.0, 3.0, 10.0])
@pytest.mark.parametrize("padding", [None, -2000])
def test_a_wrong_slope_is_called_so_whatever_it_is(slope, padding):
    said = inspect(head_ct(lambda hu: slope * (np.maximum(hu, -1024) + 1024) - 1024, padding=padding))
    assert "wrong rescale slope" in said


def test_negative_values_of_twelve_bits_that_wrapped_are_called_unsigned():
    assert "labelled unsigned" in inspect(head_ct(lambda hu: np.where(hu < 0, hu + 4096, hu)))


def test_an_image_with_its_sign_changed_is_called_inverted():
    assert "inverted image" in inspect(head_ct(lambda hu: -hu))


def test_values_that_were_halved_are_no_ct_whose_air_was_cut_away():
    assert "wrong rescale slope" in inspect(head_ct(lambda hu: hu / 2))


@pytest.mark.parametrize(
    "change",
    [
        lambda hu: np.where(hu < 0, hu + 65536, hu) - 1024,
        lambda hu: np.where(np.indices(hu.shape)[1] < 12, 63536, hu),
        lambda hu: np.where(np.indices(hu.shape)[1] < 12, 63536, hu) - 1024,
    ],
    ids=["with an intercept", "filling", "filling, with an intercept"],
)
def test_signed_values_labelled_unsigned_are_called_so_whatever_is_done_to_them_afterwards(change):
    assert "labelled unsigned" in inspect(head_ct(change))


def test_a_few_values_beyond_all_others_hide_no_missing_intercept():
    def change(hu):
        out = np.maximum(hu, -1024) + 1024
        out[:3, :12] = 63536
        return out

    assert "HU + 1024" in inspect(head_ct(change))


def test_integers_beyond_16_bits_that_fill_their_range_are_a_grey_image(tmp_path):
    hu = np.clip(phantom_head().ct, -1000, 2000).astype(float)
    grey = np.rint((hu + 1000) / 3000 * 65535).astype(np.uint16)
    assert "a grey image" in inspect(write_image(tmp_path / "head.nrrd", grey, phantom_head().ijk_to_ras))


@pytest.mark.slow
@pytest.mark.parametrize("shift", [-200, -100, 100, 200])
def test_the_bone_of_a_ct_that_is_not_calibrated_is_where_it_is_in_a_calibrated_one(shift):
    bone, expected = segment(head_ct(lambda hu: hu + shift)), segment(head_ct())
    assert bone.threshold_hu == pytest.approx(expected.threshold_hu + shift, abs=40)
    assert np.mean(bone.mask != expected.mask) < 0.005


def head_on_table(change=lambda hu: hu):
    """A head in a tight scan with a table behind it, its values changed."""
    hu = head_ct().array.astype(float)
    hu[:, -4:-2, 8:-8] = 700
    return Volume(np.rint(change(hu)).astype(np.int16), phantom_head().ijk_to_ras, "ct")


@pytest.mark.slow
@pytest.mark.parametrize("least", [-500, -200, 0])
def test_a_table_is_no_part_of_a_head_whose_air_was_cut_away(least):
    bone, expected = segment(head_on_table(lambda hu: np.maximum(hu, least))), segment(head_on_table())
    assert np.mean(bone.mask != expected.mask) < 0.005
    assert "air was cut away" in " ".join(bone.findings)


def test_corners_that_were_filled_with_zeros_are_no_part_of_the_head():
    def fill(hu):
        _k, j, i = np.indices(hu.shape) - (np.array(hu.shape) - 1).reshape(3, 1, 1, 1) / 2
        return np.where(np.hypot(j, i) > 0.52 * max(hu.shape[1:]), 0, hu)

    bone, expected = segment(head_on_table(fill)), segment(head_on_table())
    assert np.mean(bone.mask != expected.mask) < 0.005


def test_a_cushion_under_a_dry_skull_is_not_taken_for_the_head():
    hu = ellipsoid_head(scan_affine(size=SIZE), SIZE, soft=False)
    hu[:4, 40:60, 40:60] = 20
    bone = segment(Volume(hu, scan_affine(size=SIZE), "ct"))
    assert np.count_nonzero(bone.mask) > 0.95 * np.count_nonzero(hu > 400)


def test_what_is_odd_about_the_values_is_said_with_the_reason_of_a_refusal():
    volume = head_ct(lambda hu: np.maximum(hu, 0))
    with pytest.raises(InputError, match=r"top of the head is cut off.*air was cut away"):
        segment(Volume(volume.array[:-14].copy(), volume.ijk_to_ras, "ct"))


@pytest.mark.slow
@pytest.mark.parametrize(
    "change",
    [
        lambda hu: hu,
        lambda hu: hu * 0.85 - 60,  # a cone-beam scanner that is not calibrated
        lambda hu: hu + np.random.default_rng(0).normal(0, 60, hu.shape),
        lambda hu: np.where((hu > -300) & (hu < 250), -1000, hu),  # a dry skull
        lambda hu: np.where(np.indices(hu.shape)[2] < 8, -3024, hu),  # filling outside a round field of view
        lambda hu: np.where(np.indices(hu.shape)[0] < 3, 3071, hu),  # a plate of metal
    ],
    ids=["as it is", "cone beam", "noise", "dry", "filling", "metal"],
)
def test_values_of_a_ct_are_not_questioned(change):
    said = inspect(head_ct(change))
    assert not any(re.search(pattern_of(fault), said) for fault in INPUT_FAULTS), said


# --- variants of size and distance


@pytest.mark.parametrize("step", [5.0, 5.02, 5.05])
def test_slices_of_five_millimetres_are_read_however_they_were_rounded(tmp_path, step):
    assert read(far_slices(tmp_path / "ct", step)).spacing[2] == pytest.approx(step)


@pytest.mark.parametrize(("step", "words"), [(5.12, "5.12 mm apart, and at most 5 mm"), (7.0, "7.0 mm apart")])
def test_a_distance_that_is_refused_is_never_written_like_the_limit(tmp_path, step, words):
    with pytest.raises(InputError, match=words):
        read(far_slices(tmp_path / "ct", step))


def test_a_nifti_whose_header_calls_millimetres_metres_is_refused_with_that_reason_and_can_be_corrected(tmp_path):
    hu = ellipsoid_head(scan_affine((2.0, 2.0, 2.0), SIZE), SIZE)
    path = write_image(tmp_path / "head.nii", hu, scan_affine((2.0, 2.0, 2.0), SIZE))
    data = bytearray(path.read_bytes())
    struct.pack_into("<b", data, 123, 1)
    path.write_bytes(data)
    with pytest.raises(InputError, match=r"millimetres that the header calls metres.*--spacing"):
        read(path)
    np.testing.assert_allclose(read(path, spacing=(2, 2, 2)).spacing, [2, 2, 2])


def test_a_series_in_metres_is_refused_with_that_reason(tmp_path):
    hu = ellipsoid_head(scan_affine((2.0, 2.0, 2.0), SIZE), SIZE)
    write_dicom(tmp_path / "ct", hu, scan_affine((0.002, 0.002, 0.002), SIZE))
    with pytest.raises(InputError, match="a head in metres"):
        read(tmp_path / "ct")


@pytest.mark.parametrize("kind", file_kinds.FOREIGN_FORMS, ids=lambda kind: kind.form)
def test_a_file_of_a_known_other_kind_is_called_by_its_name(tmp_path, kind):
    path = one_file(tmp_path, "head.nrrd", bytes(kind.offset) + kind.start.upper() + bytes(600))
    with pytest.raises(InputError, match=re.escape(f"'head.nrrd' is {kind.form}")):
        read(path)


def test_a_vtk_image_and_an_analyze_header_are_called_by_their_names(tmp_path):
    with pytest.raises(InputError, match="type ImageData"):
        read(one_file(tmp_path, "a.vtp", b'<?xml version="1.0"?><VTKFile type="ImageData"></VTKFile>'))
    with pytest.raises(InputError, match="Analyze 7"):
        read(one_file(tmp_path, "a.img", struct.pack("<i", 348) + bytes(600)))


@pytest.mark.parametrize("code", [1, 32, 1536])
def test_values_that_nifti_allows_and_no_ct_has_are_not_called_damage(tmp_path, code):
    path = write_image(tmp_path / "a.nii", ellipsoid_head(), scan_affine())
    data = bytearray(path.read_bytes())
    struct.pack_into("<h", data, 70, code)
    path.write_bytes(data)
    with pytest.raises(InputError, match="a form that is not read here, although"):
        read(path)


# --- series


def test_images_with_a_series_uid_each_are_put_together_where_study_and_place_agree(tmp_path):
    def separate(data, _number):
        data.SeriesInstanceUID, data.StudyInstanceUID, data.FrameOfReferenceUID = generate_uid(), "1.2.3", "1.2.4"

    volume = read(edit_series(write_series(tmp_path / "ct"), separate))
    np.testing.assert_array_equal(volume.array, hu_block())
    assert any("series UID of its own" in f for f in volume.findings)


def write_two_kernels(folder, **second):
    """Two reconstructions of one scan under one UID, the second half a slice higher; HU differ by 7."""
    place = np.array([[-0.5, 0, 0, 10.0], [0, -0.6, 0, 12.0], [0, 0, 1.0, -30.0], [0, 0, 0, 1]])
    upper = place.copy()
    upper[2, 3] += 0.5
    write_dicom(folder, hu_block(), place, uid="1.2.3", ConvolutionKernel="H60s", AcquisitionNumber=1)
    tags = {"ConvolutionKernel": "H60s", "AcquisitionNumber": 1} | second
    write_dicom(folder, hu_block() + 7, upper, uid="1.2.3", first=100, suffix=".second", **tags)
    return folder


@pytest.mark.slow
@pytest.mark.parametrize(
    "second",
    [
        {"ConvolutionKernel": "H31s"},
        {"ConvolutionKernel": ["H31s", "3"]},
        {"KVP": 80},
        {"ImageType": ["DERIVED", "SECONDARY", "AXIAL"]},
        {"SliceThickness": 3},
        {},
    ],
    ids=["kernel", "two kernels", "voltage", "image type", "thickness", "only their order"],
)
def test_two_reconstructions_half_a_slice_apart_are_two_series(tmp_path, second):
    folder = write_two_kernels(tmp_path / "ct", **second)
    with pytest.raises(InputError, match="holds 2 CT series"):
        read(folder)
    found = [read(folder, series=number) for number in (1, 2)]
    assert sorted(int(volume.array[0, 0, 0]) - int(hu_block()[0, 0, 0]) for volume in found) == [0, 7]
    for volume in found:
        assert volume.array.shape == hu_block().shape
        assert volume.spacing[2] == pytest.approx(1.0)
        assert any("share one series UID" in f for f in volume.findings)
    with pytest.raises(InputError, match="2 reconstructions have the UID"):
        read(folder, series="1.2.3")
    assert read(next(folder.glob("*.second"))).array[0, 0, 0] == hu_block()[0, 0, 0] + 7


def test_two_acquisitions_at_the_same_places_are_two_series(tmp_path):
    write_series(tmp_path, uid="1.2.3", AcquisitionNumber=1)
    write_series(tmp_path, hu_block() + 7, uid="1.2.3", first=100, suffix=".second", AcquisitionNumber=2)
    assert read(tmp_path, series=2).array.shape == hu_block().shape


def test_a_scan_of_several_acquisitions_one_above_the_other_stays_one_series(tmp_path):
    hu = hu_block()
    place = np.array([[-0.5, 0, 0, 10.0], [0, -0.6, 0, 12.0], [0, 0, 1.0, -30.0], [0, 0, 0, 1]])
    upper = place.copy()
    upper[2, 3] += 12
    write_dicom(tmp_path, hu[:12], place, uid="1.2.3", AcquisitionNumber=1, ConvolutionKernel="H31s")
    write_dicom(
        tmp_path, hu[12:], upper, uid="1.2.3", first=12, suffix=".b", AcquisitionNumber=2, ConvolutionKernel="H40s"
    )
    np.testing.assert_array_equal(read(tmp_path).array, hu)


def test_lossy_compression_is_mentioned_by_the_way_it_was_stored_too(tmp_path):
    def near_lossless(data, _number):
        data.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.4.81"

    folder = edit_series(recode_series(write_series(tmp_path / "ct"), JPEGLSLossless), near_lossless)
    assert any("compressed with loss" in f for f in read(folder).findings)


# --- two skulls


@pytest.mark.parametrize(
    ("shift", "parts"),
    [((190.0, 0, 0), 2), ((190.0, 0, 0), 3), ((0, 230.0, 0), 2), ((150.0, 150.0, 0), 3), ((10.0, 0, 215.0), 2)],
)
def test_several_skulls_in_one_model_are_refused_wherever_they_are(shift, parts):
    vertices, faces = skull_mesh()
    scale = 0.95 if max(shift) > 200 else 0.75
    bodies = [(vertices * scale + n * np.array(shift) * scale, faces + n * len(vertices)) for n in range(parts)]
    mesh = Mesh(np.vstack([v for v, _ in bodies]), np.vstack([f for _, f in bodies]))
    assert f"{parts} bodies as large as a skull" in inspect(mesh)


def test_a_vault_that_was_sawn_off_and_lifted_is_no_second_skull():
    hu = ellipsoid_head(scan_affine(size=(96, 110, 110)), (96, 110, 110))
    heights = scan_affine(size=(96, 110, 110))[2, 3] + 2.0 * np.arange(110)
    cut = int(np.argmin(np.abs(heights - 10)))
    hu[cut + 10 :] = hu[cut:-10].copy()
    hu[cut : cut + 10] = -1000
    said = inspect(Volume(hu > 300, scan_affine(size=(96, 110, 110)), "mask"))
    assert "as large as a skull" not in said
