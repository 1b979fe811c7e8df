"""Inputs as hospitals, Macs and other tools write them: every kind is read with the right voxels in the right place."""

import bz2
import gzip
import io
import stat
import struct
import zipfile

import numpy as np
import pytest
from helpers_dicom import SERIES_AFFINE, edit_series, hu_block, write_series
from helpers_intake import ellipsoid_head, ellipsoid_mesh, scan_affine, signed_ml, write_dicom, write_image
from pydicom import dcmread
from pydicom.uid import generate_uid

from SkullRestoreLib.errors import InputError
from SkullRestoreLib.io import archives, mesh_files
from SkullRestoreLib.io.read import read

SIZE = (24, 28, 26)


@pytest.fixture(scope="module")
def ct():
    return ellipsoid_head(scan_affine((5.0, 5.0, 5.0), SIZE), SIZE)


@pytest.fixture(scope="module")
def place():
    turn, _ = np.linalg.qr([[0.9, 0.1, 0.2], [-0.1, 0.9, 0.3], [-0.2, -0.3, 0.95]])
    return scan_affine((2.0, 2.5, 1.5), SIZE, rotation=turn * np.sign(np.diag(turn)))


def assert_read(path, array, ijk_to_ras, atol=1e-4):
    volume = read(path)
    np.testing.assert_array_equal(volume.array, array)
    np.testing.assert_allclose(volume.ijk_to_ras, ijk_to_ras, atol=atol)
    return volume


# --- DICOM


@pytest.mark.parametrize("size", [0.0005, 0.0014, 0.5005, 0.7071])
def test_slices_whose_directions_differ_by_less_than_can_be_measured_are_one_stack(tmp_path, size):
    """Rounded to three decimals, 0.00049 and 0.00051 are not the same direction."""
    hu = hu_block()

    def turn(data, number):
        sine = size + (1e-5 if number > 11 else -1e-5)
        cosine = float(np.sqrt(1 - sine**2))
        data.ImageOrientationPatient = [cosine, sine, 0, -sine, cosine, 0]

    volume = read(edit_series(write_series(tmp_path / "ct"), turn))
    np.testing.assert_array_equal(volume.array, hu)
    np.testing.assert_allclose(volume.ijk_to_ras[1, 0] / 0.5, -size, atol=1e-4)


def test_pixel_sizes_that_differ_by_less_than_can_be_measured_are_one_stack(tmp_path):
    def resize(data, number):
        data.PixelSpacing = [0.60005 + (1e-6 if number > 11 else -1e-6)] * 2

    np.testing.assert_array_equal(read(edit_series(write_series(tmp_path / "ct"), resize)).array, hu_block())


def test_slices_of_another_direction_are_left_out(tmp_path):
    """Two tilts of the gantry in one series are two scans."""
    folder = write_series(tmp_path / "ct")
    tilted = SERIES_AFFINE.copy()
    tilted[:3, :3] = [[-0.5, 0, 0], [0, -0.6 * np.cos(0.1), np.sin(0.1)], [0, 0.6 * np.sin(0.1), np.cos(0.1)]]
    uid = dcmread(next(folder.iterdir())).SeriesInstanceUID
    write_dicom(folder, hu_block(6), tilted, uid=uid, first=40, suffix=".tilted")
    volume = read(folder)
    np.testing.assert_array_equal(volume.array, hu_block())
    assert any("6 images of the series with another size or direction" in f for f in volume.findings)


def write_plain_frames(folder, hu, **tags):
    """Write all slices into one file without functional groups, as old multi-frame files are."""
    write_series(folder, hu)
    sets = sorted((dcmread(p) for p in folder.iterdir()), key=lambda d: d.ImagePositionPatient[2])
    data = sets[0]
    for path in folder.iterdir():
        path.unlink()
    data.NumberOfFrames = len(sets)
    data.PixelData = b"".join(d.PixelData for d in sets)
    for name, value in tags.items():
        setattr(data, name, value)
    data.save_as(folder / "all.dcm", enforce_file_format=True)
    return folder


@pytest.mark.parametrize(
    "tags", [{"SpacingBetweenSlices": 1.0}, {"GridFrameOffsetVector": [float(n) for n in range(24)]}]
)
def test_frames_without_functional_groups_are_stacked_by_their_distance_and_their_side_stays_open(tmp_path, tags):
    hu = hu_block()
    volume = assert_read(write_plain_frames(tmp_path / "ct", hu, **tags), hu, SERIES_AFFINE, atol=1e-5)
    assert not volume.side_known
    assert "in which direction its frames follow each other" in volume.findings[0]


def test_frames_without_any_distance_are_refused_with_that_reason(tmp_path):
    with pytest.raises(InputError, match=r"24 frames without a place for each.*enhanced CT"):
        read(write_plain_frames(tmp_path / "ct", hu_block()))


def write_directory_file(path):
    from pydicom.dataset import FileDataset, FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian, MediaStorageDirectoryStorage

    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.TransferSyntaxUID = MediaStorageDirectoryStorage, ExplicitVRLittleEndian
    meta.MediaStorageSOPInstanceUID = generate_uid()
    data = FileDataset(str(path), {}, file_meta=meta, preamble=b"\0" * 128)
    data.FileSetID, data.DirectoryRecordSequence = "DISC", []
    data.save_as(path, enforce_file_format=True)
    return path


def test_a_dicomdir_stands_for_the_disc_that_it_lists(tmp_path):
    write_series(tmp_path / "DICOM" / "ST1")
    assert_read(write_directory_file(tmp_path / "DICOMDIR"), hu_block(), SERIES_AFFINE, atol=1e-5)


def test_a_dicomdir_without_its_images_says_what_to_copy(tmp_path):
    path = write_directory_file(tmp_path / "DICOMDIR")
    for given in (path, tmp_path):
        with pytest.raises(InputError, match=r"DICOMDIR, but none of the images.*Copy"):
            read(given)


def test_a_dicom_file_that_is_no_slice_is_named_as_that(tmp_path):
    folder = write_series(tmp_path / "ct", hu_block(1), ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"])
    with pytest.raises(InputError, match="a DICOM file without a slice"):
        read(next(folder.iterdir()))


# --- NIfTI


def to_nifti_2(path):
    """Rewrite a NIfTI-1 file as NIfTI-2, field by field (nifti2.h)."""
    old = path.read_bytes()

    def field(code, at):
        return struct.unpack_from("<" + code, old, at)

    new = bytearray(544)
    for code, at, values in (
        ("i", 0, (540,)),
        ("8s", 4, (b"n+2\0\r\n\032\n",)),
        ("2h", 12, (*field("h", 70), *field("h", 72))),
        ("8q", 16, field("8h", 40)),
        ("8d", 104, field("8f", 76)),
        ("q", 168, (544,)),
        ("2d", 176, field("2f", 112)),
        ("2i", 344, field("2h", 252)),
        ("3d", 352, field("3f", 256)),
        ("3d", 376, field("3f", 268)),
        ("12d", 400, field("12f", 280)),
        ("i", 500, field("b", 123)),
    ):
        struct.pack_into("<" + code, new, at, *values)
    path.write_bytes(bytes(new) + old[int(field("f", 108)[0]) :])
    return path


@pytest.mark.parametrize("form", ["plain", "packed", "scaled", "without sform"])
def test_a_nifti_2_is_read_like_a_nifti_1(tmp_path, ct, place, form):
    path = to_nifti_2(write_image(tmp_path / "ct.nii", ct, place))
    data = bytearray(path.read_bytes())
    if form == "scaled":
        struct.pack_into("<2d", data, 176, 2.0, 7.0)
    if form == "without sform":
        struct.pack_into("<i", data, 348, 0)
    path.write_bytes(gzip.compress(data) if form == "packed" else data)
    assert_read(path, ct * 2 + 7 if form == "scaled" else ct, place)


def test_a_nifti_2_that_was_cut_off_is_refused(tmp_path, ct, place):
    path = to_nifti_2(write_image(tmp_path / "ct.nii", ct, place))
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(InputError, match="cut off"):
        read(path)


@pytest.mark.parametrize("scale", [(np.nan, np.nan), (np.nan, 0), (1, np.nan), (np.inf, 3), (0, np.nan)])
def test_scale_factors_of_a_nifti_that_are_no_numbers_mean_no_scaling(tmp_path, ct, place, scale):
    path = write_image(tmp_path / "ct.nii", ct, place)
    data = bytearray(path.read_bytes())
    struct.pack_into("<2f", data, 112, *scale)
    path.write_bytes(data)
    assert_read(path, ct, place)


def test_an_offset_of_a_nifti_that_is_no_number_means_the_usual_one(tmp_path, ct, place):
    path = write_image(tmp_path / "ct.nii", ct, place)
    data = bytearray(path.read_bytes())
    struct.pack_into("<f", data, 108, np.nan)
    path.write_bytes(data)
    assert_read(path, ct, place)


# --- content, not name

FORMS = ["ct.nrrd", "ct.nii", "ct.nii.gz", "ct.mha"]


@pytest.mark.parametrize("name", ["ct.nii", "ct.nii.gz", "ct.nrrd", "ct.mha", "ct.stl", "ct.dcm", "ct.bin", "ct"])
@pytest.mark.parametrize("written", FORMS)
def test_an_image_is_read_by_its_content_whatever_its_name(tmp_path, ct, place, written, name):
    (tmp_path / "in").mkdir()
    path = write_image(tmp_path / "in" / written, ct, place).rename(tmp_path / name)
    assert_read(path, ct, place)


@pytest.mark.parametrize("written", FORMS)
def test_an_image_that_was_packed_with_gzip_completely_is_read(tmp_path, ct, place, written):
    path = write_image(tmp_path / written, ct, place)
    for name in (f"{written}.gz", "packed"):
        (tmp_path / name).write_bytes(gzip.compress(path.read_bytes()))
        assert_read(tmp_path / name, ct, place)


def test_a_gzip_file_that_was_cut_off_is_refused(tmp_path, ct, place):
    packed = gzip.compress(write_image(tmp_path / "ct.nrrd", ct, place).read_bytes())
    (tmp_path / "ct.nrrd.gz").write_bytes(packed[:-2000])
    with pytest.raises(InputError, match="damaged or cut off"):
        read(tmp_path / "ct.nrrd.gz")


@pytest.mark.parametrize("name", ["slice", "slice.nii", "slice.nrrd", "slice.stl"])
def test_a_dicom_file_is_one_whatever_its_name(tmp_path, name):
    folder = write_series(tmp_path / "ct")
    path = next(folder.iterdir()).rename(folder / name)
    assert_read(path, hu_block(), SERIES_AFFINE, atol=1e-5)


def test_an_nrrd_with_bzip2_is_read(tmp_path, ct):
    header = (
        "NRRD0004\ntype: short\ndimension: 3\nspace: left-posterior-superior\nsizes: 24 28 26\nendian: little\n"
        "space directions: (2,0,0) (0,2.5,0) (0,0,1.5)\nspace origin: (-23,-33.75,-4.75)\nencoding: bzip2\n\n"
    )
    (tmp_path / "ct.nrrd").write_bytes(header.encode() + bz2.compress(ct.tobytes()))
    assert_read(tmp_path / "ct.nrrd", ct, scan_affine((2.0, 2.5, 1.5), SIZE))


# --- models


def model_bytes(form):
    import trimesh

    vertices, faces = ellipsoid_mesh(1.0, 3, (70.0, 90.0, 75.0))
    bodies = {"skull": (np.add(vertices, [10.0, 20.0, 30.0]), faces)}
    if form == "glb":
        # metres, y up and z forwards, as the specification says: L, S, A from L, P, S
        turned = bodies["skull"][0][:, [0, 2, 1]] * [1, 1, -1] / 1000
        return trimesh.Scene(trimesh.Trimesh(turned, faces, process=False)).export(file_type="glb")
    return mesh_files.ENCODERS[f".{form}"](bodies)


@pytest.mark.parametrize("name", ["skull.{}", "skull.stl", "skull.nrrd", "skull.txt", "skull"])
@pytest.mark.parametrize("form", ["stl", "ply", "obj", "3mf", "glb"])
def test_a_model_is_read_by_its_content_whatever_its_name(tmp_path, form, name):
    name = name.format(form)
    (tmp_path / name).write_bytes(model_bytes(form))
    mesh = read(tmp_path / name)
    np.testing.assert_allclose(mesh.vertices.mean(axis=0), [-10, -20, 30], atol=0.5)
    np.testing.assert_allclose(np.ptp(mesh.vertices, axis=0), [140, 180, 150], atol=2)
    assert signed_ml(mesh.vertices, mesh.faces) == pytest.approx(1960, rel=0.02)
    assert mesh.side_known == (form != "glb")  # a GLB file has no patient coordinates


@pytest.mark.parametrize(("unit", "mm"), [("inch", 25.4), ("centimeter", 10.0), ("meter", 1000.0), ("micron", 0.001)])
def test_a_3mf_in_another_unit_has_the_right_size(tmp_path, unit, mm):
    source = zipfile.ZipFile(io.BytesIO(model_bytes("3mf")))
    with zipfile.ZipFile(tmp_path / "skull.3mf", "w") as archive:
        for name in source.namelist():
            text = source.read(name).decode().replace('unit="millimeter"', f'unit="{unit}"')
            archive.writestr(name, text)
    assert np.ptp(read(tmp_path / "skull.3mf").vertices, axis=0)[1] == pytest.approx(180 * mm, rel=0.01)


def test_the_parts_of_a_3mf_are_where_its_items_and_components_put_them(tmp_path):
    cube = "".join(f'<vertex x="{x}" y="{y}" z="{z}"/>' for x in (0, 10) for y in (0, 10) for z in (0, 10))
    mesh = f'<mesh><vertices>{cube}</vertices><triangles><triangle v1="0" v2="1" v3="3"/></triangles></mesh>'
    model = (
        '<model xmlns="http://schemas.microsoft.com/3dmanufacturing/core/2015/02"><resources>'
        f'<object id="1">{mesh}</object><object id="2"><components>'
        '<component objectid="1" transform="2 0 0 0 2 0 0 0 2 5 0 0"/></components></object></resources>'
        '<build><item objectid="2" transform="1 0 0 0 1 0 0 0 1 100 0 0"/></build></model>'
    )
    with zipfile.ZipFile(tmp_path / "parts.3mf", "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("3D/one.model", model)
    vertices = read(tmp_path / "parts.3mf").vertices
    np.testing.assert_allclose(vertices.min(axis=0), [-125, -20, 0], atol=1e-6)
    np.testing.assert_allclose(vertices.max(axis=0), [-105, 0, 20], atol=1e-6)


@pytest.mark.parametrize("form", ["3mf", "glb"])
def test_a_3mf_or_glb_that_was_cut_off_is_refused(tmp_path, form):
    path = tmp_path / f"skull.{form}"
    path.write_bytes(model_bytes(form)[:-3000])
    with pytest.raises(InputError, match="damaged"):
        read(path)


def test_a_glb_in_millimetres_is_taken_as_other_models_are(tmp_path):
    import trimesh

    vertices, faces = ellipsoid_mesh(1.0, 3, (70.0, 90.0, 75.0))
    content = trimesh.Scene(trimesh.Trimesh(vertices, faces, process=False)).export(file_type="glb")
    (tmp_path / "skull.glb").write_bytes(content)
    np.testing.assert_allclose(np.ptp(read(tmp_path / "skull.glb").vertices, axis=0), [140, 180, 150], atol=2)


# --- folders and archives


def packed(files, **options):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content, **options)
    return stream.getvalue()


MAC = {
    "__MACOSX/head/._1.dcm": b"\0\5\26\7",
    "head/.DS_Store": b"\0\0\0\1Bud1",
    "head/._2.dcm": b"\0\5\26\7",
    "Thumbs.db": b"x",
}


def series_files(folder, name="head/CT: thin 1.0/{}"):
    return {name.format(p.name): p.read_bytes() for p in write_series(folder).iterdir()}


def test_a_zip_from_a_mac_is_read(tmp_path):
    path = tmp_path / "head.zip"
    path.write_bytes(packed(series_files(tmp_path / "ct") | MAC))
    assert_read(path, hu_block(), SERIES_AFFINE, atol=1e-5)
    assert_read(path.rename(tmp_path / "head"), hu_block(), SERIES_AFFINE, atol=1e-5)


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize("form", ["skull.stl", "ct.nrrd", "ct.mhd"])
def test_the_only_image_or_model_among_other_files_is_read(tmp_path, ct, place, zipped, form):
    folder = tmp_path / "export"
    folder.mkdir()
    if form == "skull.stl":
        (folder / form).write_bytes(model_bytes("stl"))
    else:
        write_image(folder / form, ct, place)
    for name, content in (
        MAC | {"readme.txt": b"Dear user", "licence.pdf": b"%PDF-1.4", "view.png": b"\x89PNG\r\n"}
    ).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    given = folder
    if zipped:
        given = tmp_path / "export.zip"
        given.write_bytes(
            packed({str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()})
        )
    record = read(given)
    if form == "skull.stl":
        np.testing.assert_allclose(record.vertices.mean(axis=0), [-10, -20, 30], atol=0.5)
    else:
        np.testing.assert_array_equal(record.array, ct)


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ({"../../out": b"x"}, "leads out"),
        ({"/etc/out": b"x"}, "leads out"),
        ({"C:/out": b"x"}, "leads out"),
        ({}, "empty"),
        ({"__MACOSX/._a": b"x"}, "empty"),
        ({"zeros": bytes(6 << 20)}, "unpacks to 6 MB"),
        ({"inner.zip": packed({"a.nrrd": b"x"})}, "It holds inner.zip"),
        ({"letter.txt": b"Dear colleague"}, "no DICOM images in 'some.zip'"),
    ],
    ids=["climbs out", "absolute", "drive", "empty", "only clutter", "bomb", "nested", "no image"],
)
def test_a_zip_on_the_command_line_is_held_to_the_same_limits_as_an_upload(tmp_path, files, says, monkeypatch):
    monkeypatch.setattr(archives, "USUAL_LIMITS", archives.ArchiveLimits(megabytes=10))
    (tmp_path / "some.zip").write_bytes(packed(files))
    with pytest.raises(InputError, match=says) as refused:
        read(tmp_path / "some.zip")
    assert "/tmp" not in str(refused.value)
    assert [p.name for p in tmp_path.iterdir()] == ["some.zip"]


def test_a_zip_with_links_or_a_password_is_refused(tmp_path):
    entry = zipfile.ZipInfo("link")
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    (tmp_path / "links.zip").write_bytes(packed({entry: b"/etc/passwd"}))
    with pytest.raises(InputError, match="links"):
        read(tmp_path / "links.zip")
    locked = bytearray(packed({"a": b"x"}))
    for mark, at in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        locked[locked.index(mark) + at] |= 1
    (tmp_path / "locked.zip").write_bytes(locked)
    with pytest.raises(InputError, match="password"):
        read(tmp_path / "locked.zip")


def test_a_gzip_bomb_is_refused(tmp_path, monkeypatch):
    assert archives.USUAL_LIMITS.megabytes == 2048
    monkeypatch.setattr(archives, "USUAL_LIMITS", archives.ArchiveLimits(megabytes=10))
    (tmp_path / "zeros.nrrd.gz").write_bytes(gzip.compress(b"NRRD0004\n" + bytes(6 << 20)))
    with pytest.raises(InputError, match="larger than"):
        read(tmp_path / "zeros.nrrd.gz")
