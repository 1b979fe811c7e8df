"""Reading a CT, a mask or a model: what comes back, and what is refused with which reason."""

import shutil
import struct

import numpy as np
import pytest
from helpers_intake import DATA, NO_DATA, cube_mesh, ellipsoid_head, scan_affine, write_dicom, write_image

from SkullRestoreLib.errors import InputError
from SkullRestoreLib.io.read import list_series, read

SIZE = (24, 28, 26)


@pytest.fixture(scope="module")
def ct():
    return ellipsoid_head(scan_affine((5.0, 5.0, 5.0), SIZE), SIZE)


@pytest.fixture(scope="module")
def place():
    return scan_affine((5.0, 5.0, 5.0), SIZE)


def thin(z=1.0):
    return scan_affine((5.0, 5.0, z), SIZE)


# DICOM


def test_a_folder_of_dicom_files_gives_back_the_voxels_in_hu_and_their_place(tmp_path, ct):
    uid = write_dicom(tmp_path, ct, thin(), suffix="")
    volume = read(tmp_path)
    assert (volume.kind, volume.uid, volume.array.dtype) == ("ct", uid, np.int16)
    np.testing.assert_array_equal(volume.array, ct)
    np.testing.assert_allclose(volume.ijk_to_ras, thin(), atol=1e-5)


def test_no_finding_or_list_names_the_patient(tmp_path, ct):
    write_dicom(tmp_path, ct, thin())
    assert "Doe" not in repr(list_series(tmp_path)) + str(read(tmp_path).findings)


def test_one_file_of_the_folder_stands_for_its_series(tmp_path, ct):
    uid = write_dicom(tmp_path / "a", ct, thin())
    write_dicom(tmp_path / "a", ct, thin(2.0), uid="1.2.3", suffix=".ima")
    volume = read(next((tmp_path / "a").glob("*.dcm")))
    assert volume.uid == uid


def test_files_are_found_in_nested_folders_among_other_things(tmp_path, ct):
    write_dicom(tmp_path / "export" / "S1", ct[:13], thin(), uid="1.2.3", suffix="")
    second = thin()
    second[2, 3] += 13
    write_dicom(tmp_path / "export" / "S2", ct[13:], second, uid="1.2.3", first=13, suffix="")
    (tmp_path / "readme.txt").write_text("a viewer")
    (tmp_path / "DICOMDIR").write_bytes(b"\0" * 500)
    np.testing.assert_array_equal(read(tmp_path).array, ct)


def test_a_slope_and_an_intercept_are_applied_and_values_clipped_to_int16(tmp_path, ct):
    write_dicom(tmp_path, ct, thin(), RescaleSlope=0.5, RescaleIntercept=-1000.5)
    np.testing.assert_array_equal(read(tmp_path).array, np.rint((ct.astype(float) + 1024) * 0.5 - 1000.5))
    write_dicom(tmp_path / "b", ct, thin(), RescaleSlope=100)
    assert read(tmp_path / "b").array.max() == 32767


def test_a_gantry_tilt_is_kept_as_a_shear(tmp_path, ct):
    place = thin(2.0)
    place[:3, 2] = [0.0, 2.0 * np.sin(np.radians(20)), 2.0 * np.cos(np.radians(20))]
    write_dicom(tmp_path, ct, place)
    volume = read(tmp_path)
    np.testing.assert_allclose(volume.ijk_to_ras, place, atol=1e-5)
    assert any("tilt of 20.0 degrees" in f for f in volume.findings)


def test_a_coronal_oblique_stack_keeps_its_direction(tmp_path, ct):
    turn, _ = np.linalg.qr([[0.9, 0.1, 0.2], [0.1, 0.2, 0.97], [0.3, -0.9, 0.1]])
    place = np.eye(4)
    place[:3, :3] = turn * [1.5, 1.5, 1.0] * [1, 1, np.sign(np.linalg.det(turn))]
    place[:3, 3] = [10, -20, 700]
    write_dicom(tmp_path, ct, place)
    np.testing.assert_allclose(read(tmp_path).ijk_to_ras, place, atol=1e-5)


def test_a_multi_frame_file_is_read_like_a_series(tmp_path, ct):
    from pydicom import dcmread
    from pydicom.dataset import Dataset

    write_dicom(tmp_path, ct, thin(), suffix=".one")
    d = dcmread(next(tmp_path.glob("*.one")))
    own = []
    for k in range(len(ct)):
        frame, position = Dataset(), Dataset()
        position.ImagePositionPatient = [float(x) for x in (np.diag([-1, -1, 1]) @ (thin()[:3, 3] + k * thin()[:3, 2]))]
        frame.PlanePositionSequence = [position]
        own.append(frame)
    shared, measures, direction, values = Dataset(), Dataset(), Dataset(), Dataset()
    measures.PixelSpacing, direction.ImageOrientationPatient, values.RescaleSlope, values.RescaleIntercept = (
        [5, 5],
        [1, 0, 0, 0, 1, 0],
        1,
        -1024,
    )
    shared.PixelMeasuresSequence, shared.PlaneOrientationSequence, shared.PixelValueTransformationSequence = (
        [measures],
        [direction],
        [values],
    )
    for tag in ("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing", "RescaleSlope", "RescaleIntercept"):
        delattr(d, tag)
    d.PerFrameFunctionalGroupsSequence, d.SharedFunctionalGroupsSequence, d.NumberOfFrames = own, [shared], len(ct)
    d.PixelData = (ct.astype(np.int32) + 1024).astype(np.uint16).tobytes()
    d.save_as(tmp_path / "sub.dcm")
    for one in tmp_path.glob("*.one"):
        one.unlink()
    volume = read(tmp_path)
    np.testing.assert_array_equal(volume.array, ct)
    np.testing.assert_allclose(volume.ijk_to_ras, thin(), atol=1e-5)


def test_compressed_files_are_read(tmp_path, ct):
    from pydicom import dcmread
    from pydicom.uid import RLELossless

    uid = write_dicom(tmp_path, ct, thin())
    for file in tmp_path.iterdir():
        d = dcmread(file)
        d.compress(RLELossless, generate_instance_uid=False)
        d.save_as(file)
    volume = read(tmp_path)
    assert volume.uid == uid
    np.testing.assert_array_equal(volume.array, ct)


def test_scouts_are_ignored(tmp_path, ct):
    uid = write_dicom(tmp_path, ct, thin())
    write_dicom(tmp_path / "scout", ct[:2], thin(), ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"])
    assert [s.uid for s in list_series(tmp_path)] == [uid]
    assert read(tmp_path).uid == uid


def test_several_series_are_listed_and_one_can_be_chosen_by_number_or_uid(tmp_path, ct):
    write_dicom(tmp_path / "a", ct, thin(), uid="1.2.3")
    write_dicom(tmp_path / "b", ct[:22], thin(2.5), uid="1.2.4")
    with pytest.raises(InputError, match=r"2 CT series.*--series") as error:
        read(tmp_path)
    assert "[1] CT, 26 slices, 5.00 × 5.00 × 1.00 mm, UID 1.2.3" in str(error.value)
    assert "[2] CT, 22 slices, 5.00 × 5.00 × 2.50 mm, UID 1.2.4" in str(error.value)
    assert [read(tmp_path, series=choice).uid for choice in (1, "2", "1.2.3")] == ["1.2.3", "1.2.4", "1.2.3"]
    with pytest.raises(InputError, match="Series '7' is not in this folder"):
        read(tmp_path, series="7")


def test_a_short_series_next_to_the_head_series_needs_no_choice(tmp_path, ct):
    write_dicom(tmp_path / "a", ct, thin(), uid="1.2.3")
    write_dicom(tmp_path / "b", ct[:3], thin(), uid="1.2.4")
    volume = read(tmp_path)
    assert volume.uid == "1.2.3"
    assert any("1 other series" in f for f in volume.findings)


def test_another_modality_than_ct_is_refused(tmp_path, ct):
    write_dicom(tmp_path, ct, thin(), modality="MR")
    with pytest.raises(InputError, match="holds MR images but no CT"):
        read(tmp_path)
    with pytest.raises(InputError, match="is MR, not CT"):
        read(tmp_path, series=1)


@pytest.mark.parametrize(("count", "words"), [(1, "a single slice"), (19, "only 19 slices")])
def test_too_few_slices_are_refused(tmp_path, ct, count, words):
    write_dicom(tmp_path, ct[:count], thin())
    with pytest.raises(InputError, match=words):
        read(tmp_path)


def test_wide_slices_are_refused_above_5_mm_and_noted_above_2_and_a_half(tmp_path, ct):
    write_dicom(tmp_path / "6", ct, thin(6.0))
    with pytest.raises(InputError, match=r"6\.0 mm apart"):
        read(tmp_path / "6")
    for z, noted in ((5.0, True), (3.0, True), (2.5, False)):
        write_dicom(tmp_path / str(z), ct, thin(z))
        assert any("coarser" in f for f in read(tmp_path / str(z)).findings) == noted


def test_a_missing_slice_is_reported_with_its_place(tmp_path, ct):
    write_dicom(tmp_path, ct, thin(2.0), skip=(10,))
    with pytest.raises(
        InputError, match=r"1 slice is missing between 18\.0 and 22\.0 mm from the lowest slice \(images 10 and 12\)"
    ):
        read(tmp_path)


def test_unequally_spaced_slices_are_refused_with_the_place(tmp_path, ct):
    write_dicom(tmp_path, ct[:16], thin(2.0), uid="1.2.3")
    upper = thin(3.0)
    upper[2, 3] = thin(2.0)[2, 3] + 32
    write_dicom(tmp_path / "upper", ct[16:], upper, uid="1.2.3", first=16)
    with pytest.raises(
        InputError, match=r"unequally spaced: usually 2\.00 mm apart, but 3\.00 mm between 32\.0 and 35\.0 mm"
    ):
        read(tmp_path)


def test_two_scans_in_one_series_are_refused(tmp_path, ct):
    write_dicom(tmp_path / "a", ct, thin(), uid="1.2.3")
    write_dicom(tmp_path / "b", ct, thin(), uid="1.2.3")
    assert read(tmp_path).array.shape == ct.shape  # the same files twice are one scan
    for n, file in enumerate(sorted((tmp_path / "b").iterdir())):
        from pydicom import dcmread

        d = dcmread(file)
        d.SOPInstanceUID = f"1.2.3.4.{n}"
        d.PixelData = d.PixelData[::-1]
        d.save_as(file)
    with pytest.raises(InputError, match="26 of the 52 slices are at the same place"):
        read(tmp_path)


def test_a_table_that_moved_sideways_is_refused(tmp_path, ct):
    write_dicom(tmp_path, ct[:13], thin(), uid="1.2.3")
    moved = thin()
    moved[:3, 3] += [30, 0, 13]
    write_dicom(tmp_path / "b", ct[13:], moved, uid="1.2.3", first=13)
    with pytest.raises(InputError, match="straight stack"):
        read(tmp_path)


def test_a_file_that_was_cut_off_is_named(tmp_path, ct):
    write_dicom(tmp_path, ct, thin())
    file = sorted(tmp_path.iterdir())[5]
    file.write_bytes(file.read_bytes()[:-400])
    with pytest.raises(InputError, match=rf"'{file.name}' \(image \d+\) is damaged"):
        read(tmp_path)


def test_an_empty_series_is_refused(tmp_path, ct):
    write_dicom(tmp_path, np.full_like(ct, -1024), thin())
    with pytest.raises(InputError, match="same value"):
        read(tmp_path)


def test_a_folder_without_dicom_is_refused_and_several_images_in_it_are_named(tmp_path, ct, place):
    with pytest.raises(InputError, match="no DICOM images"):
        read(tmp_path)
    for name in ("bone.nrrd", "skull.nii"):
        write_image(tmp_path / name, ct, place)
    with pytest.raises(InputError, match=r"2 images or models: bone\.nrrd, skull\.nii"):
        read(tmp_path)


@pytest.mark.parametrize("path", ["", "  ", "nowhere/at/all"])
def test_a_missing_path_is_refused(path):
    with pytest.raises(InputError, match=r"(No|no) file or folder"):
        read(path)


# images


@pytest.mark.parametrize("name", ["ct.nrrd", "ct.nhdr", "ct.nii", "ct.nii.gz", "ct.mha", "ct.mhd"])
def test_every_image_format_keeps_voxels_and_place(tmp_path, ct, name):
    turn, _ = np.linalg.qr([[0.9, 0.1, 0.2], [-0.1, 0.9, 0.3], [-0.2, -0.3, 0.95]])
    place = scan_affine((2.0, 2.5, 1.5), SIZE, rotation=turn)
    volume = read(write_image(tmp_path / name, ct, place))
    assert (volume.kind, volume.array.dtype, volume.uid) == ("ct", np.int16, None)
    np.testing.assert_array_equal(volume.array, ct)
    np.testing.assert_allclose(volume.ijk_to_ras, place, atol=1e-4)


@pytest.mark.parametrize(("written", "renamed"), [("ct.nii.gz", "other.nii"), ("ct.nii", "other.nii.gz")])
def test_a_nifti_is_unpacked_by_its_content_and_not_by_its_name(tmp_path, ct, place, written, renamed):
    path = write_image(tmp_path / written, ct, place).rename(tmp_path / renamed)
    np.testing.assert_array_equal(read(path).array, ct)


@pytest.mark.parametrize("name", ["ct.nrrd", "ct.mha", "ct.nii"])
def test_a_sheared_image_keeps_its_shear(tmp_path, ct, name):
    place = thin(2.0)
    path = write_image(tmp_path / name, ct, place)
    place[:3, 2] = [0.0, 0.6, 1.9]
    if name == "ct.nii":  # ITK cannot write one: change the header's sform
        data = bytearray(path.read_bytes())
        data[252:256], data[280:328] = struct.pack("<2h", 0, 1), place[:3].astype("<f4").tobytes()
        path.write_bytes(data)
    else:
        write_image(path, ct, place)
    np.testing.assert_allclose(read(path).ijk_to_ras, place, atol=1e-6)


def test_a_nifti_without_sform_is_placed_by_its_quaternion_and_one_without_both_is_noted(tmp_path, ct):
    turn, _ = np.linalg.qr([[0.9, 0.1, 0.2], [-0.1, 0.9, 0.3], [-0.2, -0.3, 0.95]])
    place = scan_affine((2.0, 2.5, 1.5), SIZE, rotation=turn)
    path = write_image(tmp_path / "ct.nii", ct, place)
    data = bytearray(path.read_bytes())
    data[252:256] = struct.pack("<2h", 1, 0)
    path.write_bytes(data)
    np.testing.assert_allclose(read(path).ijk_to_ras, place, atol=1e-4)
    data[252:256] = struct.pack("<2h", 0, 0)
    path.write_bytes(data)
    assert any("Compare left and right" in f for f in read(path).findings)


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.int32, np.float32])
@pytest.mark.parametrize("high", [1, 100])
def test_an_image_of_two_values_is_a_mask(tmp_path, ct, place, dtype, high):
    volume = read(write_image(tmp_path / "mask.nrrd", ((ct > 300) * high).astype(dtype), place))
    assert (volume.kind, volume.array.dtype) == ("mask", bool)
    np.testing.assert_array_equal(volume.array, ct > 300)


def test_float_values_become_whole_hu(tmp_path, ct, place):
    volume = read(write_image(tmp_path / "ct.nrrd", ct.astype(np.float32) + 0.3, place))
    np.testing.assert_array_equal(volume.array, ct)
    wide = ct.astype(np.int32)
    wide[0, 0, 0] = 100_000
    assert read(write_image(tmp_path / "b.nrrd", wide, place)).array[0, 0, 0] == 32767


@pytest.mark.parametrize("value", [0, 7])
def test_an_image_of_one_value_is_refused(tmp_path, ct, place, value):
    with pytest.raises(InputError, match="the same value"):
        read(write_image(tmp_path / "ct.nrrd", np.full_like(ct, value), place))


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_values_that_are_no_numbers_are_refused(tmp_path, ct, place, value):
    bad = ct.astype(np.float32)
    bad[3, 4, 5] = value
    with pytest.raises(InputError, match="no numbers"):
        read(write_image(tmp_path / "ct.nrrd", bad, place))


def test_labels_and_probabilities_are_refused(tmp_path, ct, place):
    with pytest.raises(InputError, match="labels"):
        read(write_image(tmp_path / "a.nrrd", ((ct > 300) * 1 + (ct > 900) * 1).astype(np.uint8), place))
    with pytest.raises(InputError, match="probability"):
        read(write_image(tmp_path / "b.nrrd", np.clip(ct / 1000, 0, 1).astype(np.float32), place))


def test_images_that_are_not_three_dimensional_are_refused(tmp_path, ct):
    import SimpleITK

    SimpleITK.WriteImage(SimpleITK.GetImageFromArray(ct[0]), str(tmp_path / "flat.nrrd"))
    SimpleITK.WriteImage(
        SimpleITK.GetImageFromArray(np.stack([ct, ct], axis=-1), isVector=True), str(tmp_path / "colour.nrrd")
    )
    SimpleITK.WriteImage(SimpleITK.GetImageFromArray(np.stack([ct, ct])), str(tmp_path / "time.nrrd"))
    for name in ("flat", "colour", "time"):
        with pytest.raises(InputError, match="no single 3-D image"):
            read(tmp_path / f"{name}.nrrd")


def test_coarse_short_or_metre_sized_images_are_refused(tmp_path, ct):
    with pytest.raises(InputError, match=r"7\.0 mm apart"):
        read(write_image(tmp_path / "a.nrrd", ct, scan_affine((2, 2, 7.0), SIZE)))
    with pytest.raises(InputError, match="only 12 slices"):
        read(write_image(tmp_path / "b.nrrd", ct[:12], scan_affine((2, 2, 2), SIZE)))
    with pytest.raises(InputError, match="metres"):
        read(write_image(tmp_path / "c.nrrd", ct, scan_affine((0.002, 0.002, 0.002), SIZE)))


@pytest.mark.parametrize("name", ["ct.nrrd", "ct.nii.gz", "ct.mha"])
def test_a_damaged_image_is_refused(tmp_path, ct, place, name):
    path = write_image(
        tmp_path / name,
        np.random.default_rng(0).integers(-1000, 1000, ct.shape, dtype=np.int16),
        scan_affine((2, 2, 2), SIZE),
    )
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(InputError, match="damaged"):
        read(path)
    path.write_bytes(b"no image at all")
    with pytest.raises(InputError, match="damaged"):
        read(path)
    path.write_bytes(b"")
    with pytest.raises(InputError, match="empty"):
        read(path)


@pytest.mark.parametrize(
    ("line", "instead"),
    [
        (b"NDims = 3", b"NDims = -1"),  # ITK crashes
        (b"NDims = 3", b"NDims = 65536"),
        (b"TransformMatrix = 1", b"TransformMatrix = 1e308"),  # it never ends
    ],
)
def test_a_metaimage_header_with_impossible_numbers_is_refused(tmp_path, ct, line, instead):
    path = write_image(tmp_path / "ct.mha", ct, thin())
    assert path.read_bytes().count(line) == 1
    path.write_bytes(path.read_bytes().replace(line, instead))
    with pytest.raises(InputError, match="damaged"):
        read(path)


def test_a_metaimage_that_does_not_know_its_orientation_is_read(tmp_path, ct):
    path = write_image(tmp_path / "ct.mha", ct, thin())
    path.write_bytes(path.read_bytes().replace(b"AnatomicalOrientation = RAI", b"AnatomicalOrientation = ???"))
    assert read(path).array.shape == ct.shape


def test_a_header_without_its_data_file_is_refused(tmp_path, ct):
    path = write_image(tmp_path / "ct.nhdr", ct, thin())
    for other in tmp_path.glob("ct.raw*"):
        other.unlink()
    with pytest.raises(InputError, match="data file is missing"):
        read(path)


def test_a_file_of_unknown_kind_is_refused(tmp_path):
    (tmp_path / "ct.doc").write_bytes(b"a letter")
    with pytest.raises(InputError, match="cannot be read"):
        read(tmp_path / "ct.doc")


def test_an_image_without_an_orientation_is_noted(tmp_path, ct):
    sizes = " ".join(map(str, SIZE))
    (tmp_path / "ct.nrrd").write_bytes(
        f"NRRD0004\ntype: short\ndimension: 3\nsizes: {sizes}\nspacings: 2 2 2\n".encode()
        + b"endian: little\nencoding: raw\n\n"
        + ct.tobytes()
    )
    assert any("Compare left and right" in f for f in read(tmp_path / "ct.nrrd").findings)


# models


def write_stl(path, vertices, faces, header=b"model"):
    data = b"".join(struct.pack("<12fH", 0, 0, 0, *vertices[face].ravel(), 0) for face in faces)
    path.write_bytes(header.ljust(80) + struct.pack("<I", len(faces)) + data)
    return path


@pytest.mark.parametrize("suffix", [".stl", ".ply", ".obj", ".vtp"])
def test_a_model_is_read_as_lps_and_keeps_its_faces_outward(tmp_path, suffix):
    import trimesh
    from helpers_intake import signed_ml

    lps, faces = cube_mesh(100.0, (10.0, 20.0, 30.0))
    if suffix == ".vtp":
        write_vtp(tmp_path / "m.vtp", lps, faces)
    else:
        trimesh.Trimesh(lps, faces, process=False).export(tmp_path / f"m{suffix}")
    mesh = read(tmp_path / f"m{suffix}")
    assert mesh.vertices.dtype == np.float64
    assert mesh.faces.dtype == np.int64
    np.testing.assert_allclose(mesh.vertices[mesh.faces].mean((0, 1)), [-10, -20, 30], atol=1e-4)
    assert signed_ml(mesh.vertices, mesh.faces) == pytest.approx(1000, rel=1e-4)


def write_vtp(path, vertices, faces, space=None):
    from vtkmodules.util.numpy_support import numpy_to_vtk, numpy_to_vtkIdTypeArray
    from vtkmodules.vtkCommonCore import vtkPoints, vtkStringArray
    from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkPolyData
    from vtkmodules.vtkIOXML import vtkXMLPolyDataWriter

    data, points, cells = vtkPolyData(), vtkPoints(), vtkCellArray()
    points.SetData(numpy_to_vtk(vertices, deep=True))
    cells.SetData(3, numpy_to_vtkIdTypeArray(faces.astype(np.int64).ravel(), deep=True))
    data.SetPoints(points)
    data.SetPolys(cells)
    if space:
        name = vtkStringArray()
        name.SetName("SPACE")
        name.InsertNextValue(space)
        data.GetFieldData().AddArray(name)
    writer = vtkXMLPolyDataWriter()
    writer.SetInputData(data)
    writer.SetFileName(str(path))
    writer.Write()


def test_a_header_that_says_ras_is_believed(tmp_path):
    v, f = cube_mesh(100.0, (10.0, 20.0, 30.0))
    write_stl(tmp_path / "m.stl", v, f, b"3D Slicer output. SPACE=RAS")
    (tmp_path / "m.obj").write_text(
        "# 3D Slicer output. SPACE=RAS\n"
        + "".join(f"v {a} {b} {c}\n" for a, b, c in v)
        + "".join(f"f {a + 1} {b + 1} {c + 1}\n" for a, b, c in f)
    )
    write_vtp(tmp_path / "m.vtp", v, f, "RAS")
    for name in ("m.stl", "m.obj", "m.vtp"):
        np.testing.assert_allclose(read(tmp_path / name).vertices.mean(0), [10, 20, 30], atol=1e-4)


def test_a_model_without_faces_is_refused(tmp_path):
    (tmp_path / "points.obj").write_text("v 0 0 0\nv 1 0 0\nv 0 1 0\n")
    (tmp_path / "points.ply").write_text(
        "ply\nformat ascii 1.0\nelement vertex 2\nproperty float x\nproperty float y\nproperty float z\n"
        "end_header\n0 0 0\n1 1 1\n"
    )
    write_stl(tmp_path / "points.stl", *cube_mesh()[:1], np.zeros((0, 3), int))
    for name in ("points.obj", "points.ply", "points.stl"):
        with pytest.raises(InputError, match="no faces"):
            read(tmp_path / name)


@pytest.mark.parametrize("suffix", [".stl", ".ply", ".vtp"])
def test_a_model_that_was_cut_off_is_refused(tmp_path, suffix):
    import trimesh
    from helpers_intake import ellipsoid_mesh

    v, f = ellipsoid_mesh(90.0, 3)
    path = tmp_path / f"m{suffix}"
    write_vtp(path, v, f) if suffix == ".vtp" else trimesh.Trimesh(v, f).export(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    with pytest.raises(InputError, match="damaged"):
        read(path)


ASCII_PLY = (
    "ply\nformat ascii 1.0\nelement vertex 3\nproperty float x\nproperty float y\nproperty float z\n"
    "element face 1\nproperty list uchar int vertex_indices\nend_header\n0 0 0\n1 0 0\n0 1 0\n3 0 1 2\n"
)


@pytest.mark.parametrize(
    ("part", "instead"),
    [
        ("0 1 0\n", "0 nothing 0\n"),  # a number that is none
        ("0 1 0\n", "0 1\n"),  # a row of another length
        ("3 0 1 2", "2 0 1"),  # an edge for a face
        ("3 0 1 2", "3 0 1 x"),
        ("property float z\n", ""),  # no third axis
        ("element vertex 3", "element vertex 99999999999"),  # more than there is memory for
        ("element vertex 3", "element vertex -1"),
    ],
)
def test_a_ply_that_is_broken_anywhere_is_refused(tmp_path, part, instead):
    path = tmp_path / "m.ply"
    path.write_text(ASCII_PLY)
    assert read(path).faces.shape == (1, 3)
    path.write_text(ASCII_PLY.replace(part, instead, 1))
    with pytest.raises(InputError):
        read(path)


# real data


@pytest.mark.skipif(not (DATA / "philips_phantom").is_dir(), reason=NO_DATA)
def test_the_phantom_series_is_read_with_its_spacing_and_orientation():
    volume = read(DATA / "philips_phantom")
    assert volume.array.shape == (140, 512, 512)
    np.testing.assert_allclose(volume.spacing, [0.451171875, 0.451171875, 1.0])
    np.testing.assert_allclose(
        volume.ijk_to_ras, [[-0.451171875, 0, 0, 115.5], [0, -0.451171875, 0, 1.85], [0, 0, 1, 694.21], [0, 0, 0, 1]]
    )
    assert volume.array.min() == -1024


@pytest.mark.slow
@pytest.mark.skipif(not (DATA / "skullfix").is_dir(), reason=NO_DATA)
def test_a_tilted_skull_is_where_simpleitk_puts_it():
    import SimpleITK

    path = DATA / "skullfix" / "complete" / "000.nrrd"
    volume, image = read(path), SimpleITK.ReadImage(str(path))
    for ijk in ((0, 0, 0), (511, 0, 0), (100, 300, 200)):
        lps = np.array(image.TransformIndexToPhysicalPoint(ijk))
        np.testing.assert_allclose((volume.ijk_to_ras @ [*ijk, 1])[:3], lps * [-1, -1, 1], atol=1e-6)
    assert volume.kind == "mask"
    k, j, i = np.argwhere(volume.array)[12345]
    assert image[int(i), int(j), int(k)] == 1


def test_a_copy_of_a_folder_elsewhere_reads_the_same(tmp_path, ct):
    write_dicom(tmp_path / "a", ct, thin())
    shutil.copytree(tmp_path / "a", tmp_path / "Büro ä" / "b")
    np.testing.assert_array_equal(read(tmp_path / "Büro ä").array, ct)
