"""Files as other programs write them: STL texts and endings, pairs of NIfTI files, units, negative voxel sizes."""

import struct
from pathlib import Path

import numpy as np
import pytest
from helpers_intake import ellipsoid_head, scan_affine, skull_mesh, write_image

from SkullRestoreLib.errors import InputError
from SkullRestoreLib.findings import split_findings
from SkullRestoreLib.io.archives import path_inside
from SkullRestoreLib.io.read import read

AFFINE = scan_affine()
VOXELS = ellipsoid_head()
VERTICES, FACES = skull_mesh()


def binary_stl(*, header=b"", count=None, behind=b""):
    triangles = np.zeros(len(FACES), [("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("attribute", "<u2")])
    triangles["corners"] = VERTICES[FACES]
    number = struct.pack("<I", len(FACES) if count is None else count)
    return header.ljust(80, b"\0") + number + triangles.tobytes() + behind


def text_stl(*, solids=1, line_end="\n"):
    lines = []
    for part in np.array_split(FACES, solids):
        lines.append("solid part")
        for corners in VERTICES[part]:
            lines += [" facet normal 0 0 0", "  outer loop"]
            lines += [f"   vertex {x:.6e} {y:.6e} {z:.6e}" for x, y, z in corners.astype(np.float32)]
            lines += ["  endloop", " endfacet"]
        lines.append("endsolid part")
    return line_end.join([*lines, ""]).encode()


def read_stl_bytes(folder, content):
    (folder / "skull.stl").write_bytes(content)
    return read(folder / "skull.stl")


@pytest.mark.parametrize(
    "content",
    [
        binary_stl(header=b"solid made by a program"),
        binary_stl(header=b"solid facet normal"),
        binary_stl(behind=bytes(7)),
        binary_stl(count=0),
        binary_stl(count=0xFFFFFFFF),
        text_stl(solids=3, line_end="\r\n"),
        text_stl(line_end="\r"),
        text_stl().upper(),
        b"\n " + text_stl(),
    ],
    ids=["solid", "solid facet", "bytes behind", "no count", "open count", "3 solids", "old Mac", "capitals", "blanks"],
)
def test_an_stl_of_any_writer_gives_the_same_triangles(tmp_path, content):
    mesh, expected = read_stl_bytes(tmp_path, content), read_stl_bytes(tmp_path, binary_stl())
    np.testing.assert_allclose(mesh.vertices, expected.vertices, atol=1e-3)
    np.testing.assert_array_equal(mesh.faces, expected.faces)
    assert len(expected.vertices) == len(VERTICES)


def test_corners_at_one_place_are_one_vertex_and_faces_without_area_are_left_out(tmp_path):
    corners = np.array([[[0, 0, 0], [1, 0, 0], [0, 1, 0]], [[-0.0, 0, 0], [0, 1, 0], [0, 0, 1]], [[0, 0, 0]] * 3])
    triangles = np.zeros(3, [("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("attribute", "<u2")])
    triangles["corners"] = corners
    mesh = read_stl_bytes(tmp_path, bytes(80) + struct.pack("<I", 3) + triangles.tobytes())
    assert mesh.vertices.shape == (4, 3)
    assert mesh.faces.tolist() == [[0, 1, 2], [0, 2, 3]]


@pytest.mark.parametrize(
    "content",
    [binary_stl()[:-30], binary_stl(count=10**6), text_stl()[:-300], text_stl().replace(b"vertex 0", b"vertex x", 1)],
    ids=["cut off", "too many", "text cut off", "no number"],
)
def test_an_stl_that_is_damaged_is_refused(tmp_path, content):
    with pytest.raises(InputError, match="damaged or cut off"):
        read_stl_bytes(tmp_path, content)


def test_a_decimal_comma_is_called_so(tmp_path):
    with pytest.raises(InputError, match="a decimal comma"):
        read_stl_bytes(tmp_path, text_stl().replace(b".", b","))


def test_an_stl_without_triangles_has_no_faces(tmp_path):
    with pytest.raises(InputError, match="no faces"):
        read_stl_bytes(tmp_path, b"solid empty\nendsolid empty\n facet")


def test_a_model_that_does_not_say_its_coordinates_asks_to_compare_left_and_right(tmp_path):
    """A mirror image whose faces were turned over looks like any other head."""
    warnings, notes = split_findings(read_stl_bytes(tmp_path, binary_stl()).findings)
    assert "LPS was taken" in warnings[0]
    assert "Compare left and right with the patient" in warnings[0]
    assert notes == (f"{len(FACES):,} triangles.",)
    for header, space in ((b"SPACE=LPS", "LPS"), (b"some program SPACE = RAS", "RAS")):
        warnings, notes = split_findings(read_stl_bytes(tmp_path, binary_stl(header=header)).findings)
        assert warnings == ()
        assert notes[1] == f"Coordinates read as {space}, as the file says."
    warnings, notes = split_findings(read(tmp_path / "skull.stl", space="LPS").findings)
    assert warnings == ()
    assert notes[1] == "Coordinates read as LPS, as set with --space."


# --- names


def test_a_letter_with_a_colon_begins_a_name_and_is_no_drive():
    """Macs allow colons; they are replaced, so that no other system sees a drive."""
    for name in ("A: head/1.dcm", "a:b.dcm"):
        assert path_inside(Path("unpacked"), name).as_posix() == f"unpacked/{name.replace(':', '_')}"
    with pytest.raises(InputError, match="leads out of its folder"):
        path_inside(Path("unpacked"), "C:/1.dcm")


# --- images


def write_pair(folder):
    """The two files of a NIfTI-1 pair; the header's path."""
    content = bytearray(write_image(folder / "one.nii", VOXELS, AFFINE).read_bytes())
    (folder / "one.nii").unlink()
    content[344:348] = b"ni1\0"
    struct.pack_into("<f", content, 108, 0)
    (folder / "head.hdr").write_bytes(content[:348] + bytes(4))
    (folder / "head.img").write_bytes(content[352:])
    return folder / "head.hdr"


@pytest.mark.parametrize("name", ["head.hdr", "head.img", "."])
def test_a_pair_of_nifti_files_is_read_by_its_header_its_values_or_its_folder(tmp_path, name):
    write_pair(tmp_path)
    volume = read(tmp_path / name)
    np.testing.assert_array_equal(volume.array, VOXELS)
    np.testing.assert_allclose(volume.ijk_to_ras, AFFINE, atol=1e-4)


def test_a_pair_without_its_values_or_with_too_few_is_refused(tmp_path):
    header = write_pair(tmp_path)
    values = (tmp_path / "head.img").read_bytes()
    (tmp_path / "head.img").write_bytes(values[:-10])
    with pytest.raises(InputError, match="cut off, or its data file is missing"):
        read(header)
    (tmp_path / "head.img").unlink()
    with pytest.raises(InputError, match="its data file is missing"):
        read(header)


def write_nrrd(folder, unit, factor):
    sides = " ".join(f"({','.join(str(factor * n) for n in row)})" for row in ((2, 0, 0), (0, 2, 0), (0, 0, 2)))
    header = (
        f"NRRD0004\ntype: short\ndimension: 3\nspace: LPS\nsizes: 96 110 78\nspace directions: {sides}\n"
        f'space units: "{unit}" "{unit}" "{unit}"\nendian: little\nencoding: raw\n\n'
    )
    (folder / "head.nrrd").write_bytes(header.encode() + VOXELS.tobytes())
    return folder / "head.nrrd"


@pytest.mark.parametrize(
    ("unit", "factor"), [("meter", 0.001), ("centimetres", 0.1), ("inch", 1 / 25.4), ("micrometer", 1000.0), ("mm", 1)]
)
def test_a_unit_of_an_nrrd_may_be_written_out(tmp_path, unit, factor):
    np.testing.assert_allclose(read(write_nrrd(tmp_path, unit, factor)).spacing, [2, 2, 2])


def write_mha(folder, *lines):
    header = [
        "ObjectType = Image",
        "NDims = 3",
        "BinaryData = True",
        "TransformMatrix = 1 0 0 0 1 0 0 0 1",
        *lines,
        "DimSize = 96 110 78",
        "ElementType = MET_SHORT",
        "ElementDataFile = LOCAL",
        "",
    ]
    (folder / "head.mha").write_bytes("\n".join(header).encode() + VOXELS.tobytes())
    return folder / "head.mha"


@pytest.mark.parametrize(("unit", "factor"), [("cm", 0.1), ("um", 1000.0), ("mm", 1.0), ("?", 1.0)])
def test_the_unit_of_a_metaimage_counts(tmp_path, unit, factor):
    size = " ".join([str(2 * factor)] * 3)
    path = write_mha(tmp_path, f"ElementSpacing = {size}", f"DistanceUnits = {unit}", f"Offset = {10 * factor} 0 0")
    volume = read(path)
    np.testing.assert_allclose(volume.spacing, [2, 2, 2])
    np.testing.assert_allclose(volume.ijk_to_ras[:3, 3], [-10, 0, 0])
    assert volume.side_known


def test_a_negative_voxel_size_of_a_metaimage_leaves_the_side_open(tmp_path):
    """Some programs reverse the axis, some do not."""
    assert not read(write_mha(tmp_path, "ElementSpacing = -2 2 2")).side_known
    assert read(tmp_path / "head.mha", space="LPS").side_known


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.float32])
def test_labels_are_called_labels_in_any_type_of_number(tmp_path, dtype):
    labels = np.zeros(VOXELS.shape, dtype)
    labels[20:30], labels[30:40] = 1, 2
    with pytest.raises(InputError, match="holds 2 or more labels"):
        read(write_image(tmp_path / "labels.nrrd", labels, AFFINE))
