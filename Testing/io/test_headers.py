"""Headers of image files: no other file is read than one next to the header, and no size or side is assumed."""

import bz2
import gzip
import os
import struct
import zlib

import numpy as np
import pytest
from helpers_intake import cube_mesh, ellipsoid_head, scan_affine, write_dicom, write_image

from SkullRestoreLib.errors import InputError
from SkullRestoreLib.io.read import read

SIZE = (24, 28, 26)
SPACING = (2.0, 2.5, 1.5)
LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])
ELSEWHERE = "only one file in the same folder is read"


@pytest.fixture(scope="module")
def ct():
    return ellipsoid_head(scan_affine((5.0, 5.0, 5.0), SIZE), SIZE)


@pytest.fixture(scope="module")
def place():
    turn, _ = np.linalg.qr([[0.9, 0.1, 0.2], [-0.1, 0.9, 0.3], [-0.2, -0.3, 0.95]])
    return scan_affine(SPACING, SIZE, rotation=turn * np.sign(np.diag(turn)))


@pytest.fixture
def secret(tmp_path, ct):
    """A CT in another folder than the one from which files are read."""
    (tmp_path / "other").mkdir()
    (tmp_path / "in").mkdir()
    path = tmp_path / "other" / "secret.raw"
    path.write_bytes((ct + 7).tobytes())
    return path


NRRD = (
    "NRRD0004\ntype: short\ndimension: 3\nspace: left-posterior-superior\nsizes: 24 28 26\n"
    "space directions: (2,0,0) (0,2.5,0) (0,0,1.5)\nspace origin: (-23,-33.75,-4.75)\nendian: little\nencoding: raw\n"
)
META = (
    "ObjectType = Image\nNDims = 3\nBinaryData = True\nBinaryDataByteOrderMSB = False\n"
    "TransformMatrix = 1 0 0 0 1 0 0 0 1\nOffset = -23 -33.75 -4.75\nAnatomicalOrientation = RAI\n"
    "ElementSpacing = 2 2.5 1.5\nDimSize = 24 28 26\nElementType = MET_SHORT\n"
)

# which file


@pytest.mark.parametrize("suffix", [".nrrd", ".nhdr"])
@pytest.mark.parametrize(
    "line",
    [
        "data file: {secret}\n\n",
        "Data File: {secret}\n\n",
        "DATAFILE: {secret}\n\n",
        "datafile:{secret}\n\n",
        "data  file:\t{secret}\r\n\r\n",
        "data_file: {secret}\n\n",
        "data file: ../other/secret.raw\n\n",
        "data file: ./../other/secret.raw\n\n",
        "data file: sub/../../other/secret.raw\n\n",
        "data file: ..\\other\\secret.raw\n\n",
        "data file: C:{secret}\n\n",
        "data file: file://{secret}\n\n",
        "data file: LIST\n{secret}\n",
        "data file: LIST 2\n{secret}\n",
        "data file: list 3\n{secret}\n",
        "data file: {secret}%d 1 1 1 3\n\n",
        "data file: s%03d.raw 1 26 1 2\n\n",
        "data file: link.raw\n\n",
        "data file: plain.raw\0{secret}\n\n",
        "data file: {secret}",
    ],
)
def test_an_nrrd_that_names_data_elsewhere_is_refused_and_nothing_of_it_is_read(secret, suffix, line):
    os.symlink(secret, secret.parent.parent / "in" / "link.raw")
    path = secret.parent.parent / "in" / f"ct{suffix}"
    path.write_bytes((NRRD + line.format(secret=secret)).encode())
    with pytest.raises(InputError, match=ELSEWHERE) as refused:
        read(path)
    assert str(secret) not in str(refused.value)


@pytest.mark.parametrize(
    "lines", ["data file: own.raw\nDataFile: own.raw\n\n", "encoding: raw\n\n", "datei: {secret}\n\n"]
)
def test_an_nrrd_whose_header_has_a_line_twice_or_an_unknown_one_is_refused(secret, lines):
    (secret.parent.parent / "in" / "own.raw").write_bytes(secret.read_bytes())
    path = secret.parent.parent / "in" / "ct.nhdr"
    path.write_bytes((NRRD + lines.format(secret=secret)).encode())
    with pytest.raises(InputError, match="not understood"):
        read(path)


@pytest.mark.parametrize("suffix", [".mha", ".mhd"])
@pytest.mark.parametrize(
    "line",
    [
        "ElementDataFile = {secret}\n",
        "ElementDataFile={secret}\n",
        "ElementDataFile : {secret}\n",
        "\tElementDataFile =\t{secret}\r\n",
        "elementdatafile = {secret}\n",
        "ElementDataFile = {secret}",
        "ElementDataFile = ../other/secret.raw\n",
        "ElementDataFile = ..\\other\\secret.raw\n",
        "ElementDataFile = LIST\n{secret}\n",
        "ElementDataFile = LIST 2\n{secret}\n",
        "ElementDataFile = {secret}%d 1 9 1\n",
        "ElementDataFile = a%d 1 9 0\n",
        "ElementDataFile = link.raw\n",
        "ElementDataFile = {secret}\nElementDataFile = LOCAL\n",
    ],
)
def test_a_metaimage_that_names_data_elsewhere_is_refused_and_nothing_of_it_is_read(secret, suffix, line):
    os.symlink(secret, secret.parent.parent / "in" / "link.raw")
    path = secret.parent.parent / "in" / f"ct{suffix}"
    path.write_bytes((META + line.format(secret=secret)).encode())
    with pytest.raises(InputError, match=ELSEWHERE) as refused:
        read(path)
    assert str(secret) not in str(refused.value)


def test_a_second_data_file_after_the_first_is_no_part_of_the_header(secret, ct):
    path = secret.parent.parent / "in" / "ct.mha"
    path.write_bytes((META + f"ElementDataFile = LOCAL\nElementDataFile = {secret}\n").encode() + ct.tobytes())
    values = read(path).array  # the second line is read as the first voxels
    assert not np.array_equal(values, ct + 7)


@pytest.mark.parametrize(
    ("name", "header"), [("ct.nhdr", NRRD + "data file: {}\n\n"), ("ct.mhd", META + "ElementDataFile = {}\n")]
)
@pytest.mark.parametrize("data", ["ct.raw", "./ct.raw", "the head ä.raw"])
def test_data_next_to_their_header_are_read(tmp_path, ct, name, header, data):
    (tmp_path / name).write_text(header.format(data), encoding="utf-8")
    (tmp_path / data).write_bytes(ct.tobytes())
    volume = read(tmp_path / name)
    np.testing.assert_array_equal(volume.array, ct)
    assert volume.side_known


def test_a_data_file_that_is_a_pipe_a_folder_or_not_there_is_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    for name in ("pipe", "folder", "nothing"):
        (tmp_path / "ct.nhdr").write_text(f"{NRRD}data file: {name}\n\n")
        with pytest.raises(InputError, match="data file is missing"):
            read(tmp_path / "ct.nhdr")


PACKED = {
    "raw": lambda data: data,
    "gzip": gzip.compress,
    "gz": lambda data: gzip.compress(data[:5000]) + gzip.compress(data[5000:]),
    "bzip2": bz2.compress,
    "ascii": lambda data: " ".join(map(str, np.frombuffer(data, "<i2"))).encode(),
    "hex": lambda data: data.hex().encode(),
}


@pytest.mark.parametrize("encoding", PACKED)
@pytest.mark.parametrize("detached", [False, True])
def test_an_nrrd_of_every_encoding_is_read_or_refused_when_cut_off(tmp_path, ct, encoding, detached):
    data, path = PACKED[encoding](ct.astype("<i2").tobytes()), tmp_path / "ct.nhdr"
    for content, complete in ((data, True), (data[: len(data) // 2], False)):
        header = NRRD.replace("encoding: raw", f"encoding: {encoding}") + (
            "data file: ct.bin\n\n" if detached else "\n"
        )
        (tmp_path / "ct.bin").write_bytes(content)
        path.write_bytes(header.encode() + (b"" if detached else content))
        if complete:
            np.testing.assert_array_equal(read(path).array, ct)
        else:
            with pytest.raises(InputError, match="damaged"):
                read(path)


def test_bytes_before_the_values_are_skipped_as_the_header_says(tmp_path, ct):
    for lines, before in (("line skip: 2\nbyte skip: 3\n", b"one\ntwo\nxyz"), ("byte skip: -1\n", b"anything")):
        (tmp_path / "ct.nrrd").write_bytes((NRRD + lines + "\n").encode() + before + ct.tobytes())
        np.testing.assert_array_equal(read(tmp_path / "ct.nrrd").array, ct)
    for size in (5, -1):
        (tmp_path / "ct.mha").write_bytes(
            (META + f"HeaderSize = {size}\nElementDataFile = LOCAL\n").encode() + b"12345" + ct.tobytes()
        )
        np.testing.assert_array_equal(read(tmp_path / "ct.mha").array, ct)


def test_a_compressed_a_big_endian_and_an_ascii_metaimage_are_read(tmp_path, ct):
    made = {
        "CompressedData = True": zlib.compress(ct.tobytes()),
        "ElementByteOrderMSB = True": ct.astype(">i2").tobytes(),
        "BinaryData = False": PACKED["ascii"](ct.tobytes()),
    }
    for line, data in made.items():
        name = {"ElementByteOrderMSB": "BinaryDataByteOrderMSB"}.get(line.split()[0], line.split()[0])
        header = "".join(old for old in META.splitlines(True) if not old.startswith(name + " "))
        (tmp_path / "ct.mha").write_bytes((header + line + "\nElementDataFile = LOCAL\n").encode() + data)
        np.testing.assert_array_equal(read(tmp_path / "ct.mha").array, ct)


def test_a_dicom_file_that_is_also_a_header_is_read_as_dicom_only(secret, ct):
    from pydicom import dcmread
    from pydicom.uid import RLELossless

    folder = secret.parent.parent / "in"
    write_dicom(folder, ct, scan_affine((2.0, 2.5, 1.5), SIZE), suffix=".nrrd")
    fields = "NRRD0004\ntype:short\ndimension:2\nsizes:24 28\nendian:little\nencoding:raw\ndata file:"
    start = f"{fields}{secret}\n\n".encode()
    if len(start) >= 128:
        start = f"{fields}../other/secret.raw\n\n".encode()
    for file in folder.iterdir():
        data = dcmread(file)
        data.compress(RLELossless, generate_instance_uid=False)
        data.preamble = start.ljust(128, b"\0")
        data.save_as(file)
    np.testing.assert_array_equal(read(folder).array, ct)


# models: their libraries follow no names


def model_files(secret):
    corners, faces = cube_mesh(100.0)
    v, f = (
        "".join(f"v {a} {b} {c}\n" for a, b, c in corners),
        "".join(f"f {a + 1} {b + 1} {c + 1}\n" for a, b, c in faces),
    )
    points, cells = " ".join(map(str, corners.ravel())), " ".join(map(str, faces.ravel()))
    offsets = " ".join(str(3 * n) for n in range(1, len(faces) + 1))
    vtp = (
        '<?xml version="1.0"?>{doctype}<VTKFile type="{kind}" version="1.0" byte_order="LittleEndian"><{kind}>{more}'
        f'<Piece NumberOfPoints="8" NumberOfPolys="{len(faces)}">'
        f'<Points><DataArray type="Float32" NumberOfComponents="3" format="ascii">{points}{{entity}}</DataArray>'
        "</Points>"
        f'<Polys><DataArray type="Int32" Name="connectivity" format="ascii">{cells}</DataArray>'
        f'<DataArray type="Int32" Name="offsets" format="ascii">{offsets}</DataArray></Polys></Piece>'
        "</{kind}></VTKFile>"
    )
    ply = "".join(f"{a} {b} {c}\n" for a, b, c in corners) + "".join(f"3 {a} {b} {c}\n" for a, b, c in faces)
    ply_head = (
        "ply\nformat ascii 1.0\ncomment TextureFile {}\nelement vertex 8\n"
        "property float x\nproperty float y\nproperty float z\n"
        f"element face {len(faces)}\nproperty list uchar int vertex_indices\nend_header\n"
    )
    entity = f'<!DOCTYPE VTKFile [<!ENTITY x SYSTEM "file://{secret}">]>'
    return {
        "material.obj": f"mtllib {secret}\nusemtl one\ncall {secret}\n{v}{f}",
        "texture.ply": ply_head.format(secret) + ply,
        "entity.vtp": vtp.format(doctype=entity, kind="PolyData", more="", entity="&x;"),
        "pieces.vtp": vtp.format(doctype="", kind="PPolyData", more=f'<Piece Source="{secret}"/>', entity=""),
        "piece.vtp": vtp.format(doctype="", kind="PolyData", more=f'<Piece Source="{secret}"/>', entity=""),
    }


@pytest.mark.parametrize("name", ["material.obj", "texture.ply", "entity.vtp", "pieces.vtp", "piece.vtp"])
def test_a_model_that_names_other_files_gives_its_own_triangles_or_none(tmp_path, name):
    secret = tmp_path / "secret.txt"
    secret.write_text("v 1234 1234 1234\nv 1235 1234 1234\nv 1234 1235 1234\nf -1 -2 -3\n 1234 1234 1234\n")
    (tmp_path / "in").mkdir()
    path = tmp_path / "in" / name
    path.write_text(model_files(secret)[name])
    try:
        vertices, message = read(path).vertices, ""
    except InputError as refused:
        vertices, message = np.full((1, 3), 50.0), str(refused)
    assert "1234" not in message
    assert str(secret) not in message
    assert np.abs(vertices).max() == pytest.approx(50)


# size


def edited(path, **fields):
    """Change fields of a NIfTI-1 header."""
    at = {
        "pixdim": ("8f", 76),
        "codes": ("2h", 252),
        "quaternion": ("3f", 256),
        "moved": ("3f", 268),
        "sform": ("12f", 280),
        "units": ("b", 123),
    }
    data = bytearray(path.read_bytes())
    for name, values in fields.items():
        code, start = at[name]
        struct.pack_into("<" + code, data, start, *np.ravel(values))
    path.write_bytes(data)
    return path


@pytest.fixture
def nifti(tmp_path, ct, place):
    return write_image(tmp_path / "ct.nii", ct, place)


def unit_cosines(place):
    return np.column_stack([place[:3, :3] / np.linalg.norm(place[:3, :3], axis=0), place[:3, 3]])


def test_an_sform_of_unit_cosines_with_a_good_qform_is_refused_with_both_sizes_and_can_be_chosen(nifti, place):
    edited(nifti, sform=unit_cosines(place))
    with pytest.raises(InputError, match=r"1\.00 × 1\.00 × 1\.00 mm.*2\.00 × 2\.50 × 1\.50 mm.*--nifti-affine"):
        read(nifti)
    right = read(nifti, nifti_affine="qform")
    np.testing.assert_allclose(right.ijk_to_ras, place, atol=1e-4)
    assert any("as chosen" in f for f in right.findings)
    np.testing.assert_allclose(read(nifti, nifti_affine="sform").spacing, 1, atol=1e-4)


def test_an_sform_of_another_size_than_pixdim_is_refused_without_a_qform_too(nifti, place):
    edited(nifti, codes=(0, 1), sform=unit_cosines(place))
    with pytest.raises(InputError, match=r"contradicts itself"):
        read(nifti)
    np.testing.assert_allclose(read(nifti, nifti_affine="qform").ijk_to_ras, place, atol=1e-4)


@pytest.mark.parametrize("broken", [0.0, np.nan])
def test_an_sform_is_read_where_pixdim_is_empty(nifti, place, broken):
    edited(nifti, codes=(0, 1), pixdim=[1, broken, broken, broken, 0, 0, 0, 0])
    np.testing.assert_allclose(read(nifti).ijk_to_ras, place, atol=1e-4)


def test_rounding_of_the_size_is_no_contradiction(nifti, place):
    edited(nifti, pixdim=[1, 2.01, 2.49, 1.5, 0, 0, 0, 0])
    np.testing.assert_allclose(read(nifti).spacing, SPACING, atol=1e-4)


def test_an_sform_and_a_qform_of_other_handedness_are_refused_and_can_be_chosen(nifti, place):
    mirrored = np.diag([-1.0, 1, 1]) @ place[:3]
    edited(nifti, sform=mirrored)
    with pytest.raises(InputError, match=r"left and right are not certain.*--nifti-affine"):
        read(nifti)
    np.testing.assert_allclose(read(nifti, nifti_affine="qform").ijk_to_ras, place, atol=1e-4)
    np.testing.assert_allclose(read(nifti, nifti_affine="sform").ijk_to_ras[:3], mirrored, atol=1e-4)


def test_an_sform_and_a_qform_that_differ_by_a_rigid_motion_are_read_by_the_sform_with_a_finding(nifti, place):
    from scipy.spatial.transform import Rotation

    moved = place[:3].copy()
    moved[:, :3] = Rotation.from_euler("z", 20, degrees=True).as_matrix() @ moved[:, :3]
    edited(nifti, sform=moved)
    volume = read(nifti)
    np.testing.assert_allclose(volume.ijk_to_ras[:3], moved, atol=1e-4)
    assert any("rotated by 20 degrees" in f for f in volume.findings)
    assert volume.side_known


@pytest.mark.parametrize("third", ["along", "between"])
def test_a_gantry_tilt_in_the_sform_is_no_contradiction_to_a_qform_that_cannot_hold_it(tmp_path, ct, third):
    straight = scan_affine(SPACING, SIZE)
    path = write_image(tmp_path / "ct.nii", ct, straight)
    tilted = straight.copy()
    tilted[:3, 2] = 1.5 * np.array([0, np.sin(np.radians(20)), np.cos(np.radians(20))])
    edited(
        path,
        sform=tilted[:3],
        pixdim=[1, 2, 2.5, 1.5 if third == "along" else 1.5 * np.cos(np.radians(20)), 0, 0, 0, 0],
    )
    volume = read(path)
    np.testing.assert_allclose(volume.ijk_to_ras, tilted, atol=1e-4)
    assert volume.side_known


@pytest.mark.parametrize("sform", [np.zeros((3, 4)), np.full((3, 4), np.nan), np.ones((3, 4))])
def test_an_sform_that_is_no_matrix_is_replaced_by_the_qform_with_a_finding(nifti, place, sform):
    volume = read(edited(nifti, sform=sform))
    np.testing.assert_allclose(volume.ijk_to_ras, place, atol=1e-4)
    assert any("sform is empty" in f for f in volume.findings)


def test_without_a_form_the_size_is_known_and_the_side_is_not(nifti):
    volume = read(edited(nifti, codes=(0, 0)))
    np.testing.assert_allclose(volume.spacing, SPACING)
    assert not volume.side_known
    assert volume.findings[0].startswith("Side not known")
    assert read(nifti, space="LAS").side_known


def test_negative_sizes_and_a_sign_of_the_third_axis_are_read_as_nibabel_does(nifti, place):
    flipped = place.copy()
    volume = read(edited(nifti, codes=(1, 0), pixdim=[0, -2, 2.5, -1.5, 0, 0, 0, 0]))
    np.testing.assert_allclose(volume.ijk_to_ras[:3, :2], flipped[:3, :2], atol=1e-4)
    np.testing.assert_allclose(volume.spacing, SPACING, atol=1e-4)


def test_metres_and_micrometres_count_for_both_sform_and_qform(nifti, place):
    scaled = place[:3] / 1000
    edited(nifti, units=[1], sform=scaled, moved=scaled[:, 3], pixdim=[1, 0.002, 0.0025, 0.0015, 0, 0, 0, 0])
    np.testing.assert_allclose(read(nifti).ijk_to_ras, place, atol=1e-3)
    edited(nifti, codes=(1, 0))
    np.testing.assert_allclose(read(nifti).ijk_to_ras, read(edited(nifti, codes=(0, 1))).ijk_to_ras, atol=1e-3)


def no_size(tmp_path, ct, name):
    if name == "ct.mha":
        header = (
            "".join(line for line in META.splitlines(True) if "ElementSpacing" not in line)
            + "ElementDataFile = LOCAL\n"
        )
    else:
        line = {"ct.nrrd": "", "nan.nrrd": "spacings: nan nan nan\n", "zero.nrrd": "spacings: 0 0 0\n"}[name]
        header = "".join(old for old in NRRD.splitlines(True) if "directions" not in old) + line + "\n"
    (tmp_path / name).write_bytes(header.encode() + ct.tobytes())
    return tmp_path / name


@pytest.mark.parametrize("name", ["ct.nrrd", "nan.nrrd", "zero.nrrd", "ct.mha"])
def test_an_image_without_a_voxel_size_is_refused_until_it_is_given(tmp_path, ct, name):
    path = no_size(tmp_path, ct, name)
    with pytest.raises(InputError, match=r"no voxel size.*--spacing"):
        read(path)
    np.testing.assert_allclose(read(path, spacing=SPACING).spacing, SPACING)
    with pytest.raises(InputError, match="three numbers above 0"):
        read(path, spacing=(1, 0, 1))


def test_a_nifti_with_an_empty_pixdim_and_no_sform_has_no_voxel_size(nifti):
    edited(nifti, codes=(0, 0), pixdim=np.zeros(8))
    with pytest.raises(InputError, match="no voxel size"):
        read(nifti)


def test_directions_and_spacings_of_an_nrrd_that_differ_are_refused_with_both(tmp_path, ct):
    (tmp_path / "ct.nrrd").write_bytes((NRRD + "spacings: 1 1 1\n\n").encode() + ct.tobytes())
    with pytest.raises(InputError, match=r"2\.00 × 2\.50 × 1\.50 mm.*1\.00 × 1\.00 × 1\.00 mm"):
        read(tmp_path / "ct.nrrd")


def test_directions_of_a_metaimage_that_are_no_cosines_are_refused(tmp_path, ct):
    header = META.replace("TransformMatrix = 1 0 0 0 1", "TransformMatrix = 2 0 0 0 2")
    (tmp_path / "ct.mha").write_bytes((header + "ElementDataFile = LOCAL\n").encode() + ct.tobytes())
    with pytest.raises(InputError, match="contradicts itself"):
        read(tmp_path / "ct.mha")


# side


@pytest.mark.parametrize(
    ("space", "sides"),
    [
        ("left-posterior-superior", "LPS"),
        ("LPS", "LPS"),
        ("right-anterior-superior", "RAS"),
        ("RAS", "RAS"),
        ("Left-Anterior-Superior", "LAS"),
        ("LPST", "LPS"),
        ("right-anterior-superior-time", "RAS"),
    ],
)
def test_a_space_that_names_the_side_is_believed(tmp_path, ct, space, sides):
    header = NRRD.replace("left-posterior-superior", space)
    (tmp_path / "ct.nrrd").write_bytes((header + "\n").encode() + ct.tobytes())
    volume = read(tmp_path / "ct.nrrd")
    signs = [1 if side in "RAS" else -1 for side in sides]
    np.testing.assert_allclose(volume.ijk_to_ras[:3, :3], np.diag(np.multiply(signs, SPACING)))
    np.testing.assert_allclose(volume.ijk_to_ras[:3, 3], np.multiply(signs, (-23, -33.75, -4.75)))
    assert volume.side_known


@pytest.mark.parametrize(
    ("line", "hand"),
    [
        ("space: scanner-xyz\n", 1),
        ("space: scanner-xyz-time\n", 1),
        ("space: 3D-right-handed\n", 1),
        ("space: 3D-left-handed\n", -1),
        ("space dimension: 3\n", 1),
        ("", 1),
    ],
)
def test_a_space_without_sides_is_read_as_a_head_whose_side_is_not_known_until_the_user_says_it(
    tmp_path, ct, line, hand
):
    (tmp_path / "ct.nrrd").write_bytes(
        (NRRD.replace("space: left-posterior-superior\n", line) + "\n").encode() + ct.tobytes()
    )
    volume = read(tmp_path / "ct.nrrd")
    assert not volume.side_known
    assert volume.findings[0].startswith("Side not known")
    assert np.sign(np.linalg.det(volume.ijk_to_ras[:3, :3])) == hand
    settled = read(tmp_path / "ct.nrrd", space="ras")
    assert settled.side_known
    np.testing.assert_allclose(settled.ijk_to_ras[:3, :3], np.diag(SPACING))


def test_an_unknown_space_is_refused(tmp_path, ct):
    for space in ("left-left-superior", "XYZ", "martian"):
        (tmp_path / "ct.nrrd").write_bytes(
            (NRRD.replace("left-posterior-superior", space) + "\n").encode() + ct.tobytes()
        )
        with pytest.raises(InputError, match="space that is not known"):
            read(tmp_path / "ct.nrrd")
    with pytest.raises(InputError, match="'LRS' is no space"):
        read(tmp_path / "ct.nrrd", space="LRS")


@pytest.mark.parametrize(
    ("matrix", "orientation", "known"),
    [
        ("1 0 0 0 1 0 0 0 1", "RAI", True),
        ("1 0 0 0 1 0 0 0 1", "LPS", True),  # others name where an axis goes to
        ("-1 0 0 0 1 0 0 0 1", "LAI", True),
        ("1 0 0 0 1 0 0 0 1", None, True),
        ("1 0 0 0 1 0 0 0 1", "???", False),
        ("1 0 0 0 1 0 0 0 1", "LAI", False),
        (None, "RAI", False),
        (None, None, False),
    ],
)
def test_the_side_of_a_metaimage_is_known_where_matrix_and_letters_agree(tmp_path, ct, matrix, orientation, known):
    header = "".join(
        line for line in META.splitlines(True) if not line.startswith(("TransformMatrix", "AnatomicalOrientation"))
    )
    header += f"TransformMatrix = {matrix}\n" if matrix else ""
    header += f"AnatomicalOrientation = {orientation}\n" if orientation else ""
    (tmp_path / "ct.mha").write_bytes((header + "ElementDataFile = LOCAL\n").encode() + ct.tobytes())
    volume = read(tmp_path / "ct.mha")
    assert volume.side_known == known
    assert volume.findings[0].startswith("Side not known") != known
    mirrored = matrix is not None and matrix.startswith("-")
    assert np.sign(np.linalg.det(volume.ijk_to_ras[:3, :3])) == (-1 if mirrored else 1)


@pytest.mark.slow
def test_the_side_of_a_model_that_is_inside_out_is_not_known_until_the_user_says_it(tmp_path):
    from SkullRestoreLib.geometry.surface_mesh import voxelise_model

    corners, faces = cube_mesh(150.0, (10.0, 20.0, 30.0))
    for name, order in (("good.obj", faces), ("mirrored.obj", faces[:, ::-1])):
        text = "".join(f"v {a} {b} {c}\n" for a, b, c in corners) + "".join(
            f"f {a + 1} {b + 1} {c + 1}\n" for a, b, c in order
        )
        (tmp_path / name).write_text(text)
    assert read(tmp_path / "good.obj").side_known
    made = read(tmp_path / "mirrored.obj")
    assert not made.side_known
    assert made.findings[0].startswith("Side not known")
    assert not voxelise_model(made).side_known
    settled = read(tmp_path / "mirrored.obj", space="RPS")
    assert settled.side_known
    np.testing.assert_allclose(settled.vertices.mean(axis=0), [10, -20, 30])


def test_side_and_size_of_dicom_cannot_be_set(tmp_path, ct):
    write_dicom(tmp_path, ct, scan_affine(SPACING, SIZE))
    assert read(tmp_path).side_known
    for option in ({"space": "LPS"}, {"spacing": (1, 1, 1)}, {"nifti_affine": "sform"}):
        with pytest.raises(InputError, match="Leave --"):
            read(tmp_path, **option)


def test_one_head_written_as_many_headers_is_the_same_head(tmp_path, ct):
    """A ball of metal at the patient's right is there in each, at its place."""
    place = scan_affine(SPACING, SIZE)
    bright = ct.copy()
    at = np.linalg.inv(place) @ [16.0, 5.0, 20.0, 1.0]  # right
    i, j, k = np.rint(at[:3]).astype(int)
    bright[k, j, i] = 3000
    right = place @ [i, j, k, 1]
    assert right[0] > 0
    lps = LPS_TO_RAS @ place
    vectors, raw = [lps[:3, n] for n in range(3)], bright.tobytes()

    def nrrd(space, sign):
        directions = " ".join("({},{},{})".format(*(v * sign)) for v in vectors)
        origin = "({},{},{})".format(*(lps[:3, 3] * sign))
        return (
            f"NRRD0005\ntype: int16\ndimension: 3\nspace: {space}\nsizes: 24 28 26\n"
            f"space directions: {directions}\nendian: little\nencoding: raw\nspace origin: {origin}\n\n"
        ).encode() + raw

    (tmp_path / "lps.nrrd").write_bytes(nrrd("left-posterior-superior", np.array([1, 1, 1])))
    (tmp_path / "ras.nrrd").write_bytes(nrrd("RAS", np.array([-1, -1, 1])))
    (tmp_path / "las.nrrd").write_bytes(nrrd("left-anterior-superior", np.array([1, -1, 1])))
    for name in ("a.nii", "b.mha", "c.nhdr"):
        write_image(tmp_path / name, bright, place)
    flipped = place @ np.diag([-1.0, 1, 1, 1])
    flipped[:3, 3] = (place @ [23, 0, 0, 1])[:3]
    write_image(tmp_path / "left_handed.nii", bright[:, :, ::-1], flipped)
    write_image(tmp_path / "left_handed.mha", bright[:, :, ::-1], flipped)
    for path in sorted(tmp_path.iterdir()):
        if path.suffix == ".raw":
            continue
        volume = read(path)
        k, j, i = np.argwhere(volume.array == 3000)[0]
        np.testing.assert_allclose(volume.ijk_to_ras @ [i, j, k, 1], right, atol=1e-4, err_msg=path.name)
        assert volume.side_known, path.name
