"""Implants as DICOM: right patient, right place, and valid."""

import io
import shutil
import subprocess
from dataclasses import replace

import numpy as np
import pydicom
import pytest
from helpers_intake import affine, write_dicom
from helpers_restoration import restoration

from SkullRestoreLib import dicom_export, read
from SkullRestoreLib.case import InputError


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ct")
    size, grid = (24, 26, 28), affine((2.0, 2.1, 3.0), (24, 26, 28))
    hu = np.full(size[::-1], 40, dtype=np.int16)
    hu[4:20, 5:20, 5:20] = 900
    study = {"PatientID": "4711", "PatientBirthDate": "19600101", "PatientSex": "F", "StudyInstanceUID": "1.2.3.4", "StudyDate": "20260101"}
    study |= {"StudyTime": "101500", "FrameOfReferenceUID": "1.2.3.5", "StudyID": "1", "AccessionNumber": "7", "SeriesNumber": 3}
    study |= {"ReferringPhysicianName": "", "PositionReferenceIndicator": "", "SliceThickness": 3.0, "Manufacturer": "Nobody"}
    write_dicom(folder, hu, grid, **study)
    volume = read.read(folder)
    labels = np.zeros(volume.array.shape, dtype=np.uint8)
    labels[5:9, 3:8, 2:6] = 1
    return replace(restoration(), source=volume, implant_mask=labels), folder


@pytest.fixture(scope="module")
def made(case):
    return dicom_export.objects(*case)


def opened(content):
    return pydicom.dcmread(io.BytesIO(content))


def test_there_is_an_stl_for_each_implant_and_one_segmentation(made):
    assert sorted(made) == ["implant_1.dcm", "implants_seg.dcm"]


def test_patient_study_and_frame_of_reference_are_those_of_the_ct(made, case):
    ct = pydicom.dcmread(next(case[1].iterdir()), stop_before_pixels=True)
    for content in made.values():
        header = opened(content)
        for name in ("PatientName", "PatientID", "StudyInstanceUID", "FrameOfReferenceUID"):
            assert header.get(name) == ct.get(name), name
        assert header.SeriesInstanceUID != ct.SeriesInstanceUID


def test_a_ct_whose_identifiers_were_taken_away_gives_objects_of_one_new_study(case, tmp_path):
    made, folder = case
    for path in folder.iterdir():
        data = pydicom.dcmread(path)
        for name in (
            "StudyInstanceUID",
            "FrameOfReferenceUID",
            "PatientName",
            "PatientID",
            "StudyDate",
            "AccessionNumber",
            "SliceThickness",
            "Manufacturer",
        ):
            delattr(data, name)
        data.save_as(tmp_path / path.name)
    objects = [opened(content) for content in dicom_export.objects(made, tmp_path).values()]
    for name in ("StudyInstanceUID", "FrameOfReferenceUID"):
        assert len({o.get(name) for o in objects}) == 1
        assert objects[0].get(name)
    assert not any(o.PatientName for o in objects)


def test_the_stl_inside_is_the_implant_in_dicom_coordinates(made, case):
    import trimesh

    header = opened(made["implant_1.dcm"])
    body = trimesh.load(io.BytesIO(header.EncapsulatedDocument[: header.EncapsulatedDocumentLength]), file_type="stl")
    mesh = case[0].implants[0].mesh
    assert body.bounds == pytest.approx(
        np.array([(mesh.vertices * (-1, -1, 1)).min(axis=0), (mesh.vertices * (-1, -1, 1)).max(axis=0)]), abs=1e-3
    )
    assert header.MIMETypeOfEncapsulatedDocument == "model/stl"


def test_the_segmentation_lies_on_the_slices_of_the_labels(made, case):
    header = opened(made["implants_seg.dcm"])
    pixels = header.pixel_array
    volume, labels = case[0].source, case[0].implant_mask
    found = np.zeros(labels.shape, dtype=bool)
    to_lps = np.diag([-1.0, -1.0, 1.0, 1.0]) @ volume.ijk_to_ras
    for frame, about in zip(pixels, header.PerFrameFunctionalGroupsSequence, strict=True):
        position = np.array(about.PlanePositionSequence[0].ImagePositionPatient, dtype=float)
        k = np.linalg.solve(to_lps, np.append(position, 1))[2]
        found[round(float(k))] = frame > 0
    assert np.array_equal(found, labels > 0)


@pytest.mark.skipif(shutil.which("dciodvfy") is None, reason="dciodvfy (Debian: dicom3tools) is not installed")
def test_dciodvfy_finds_no_error(made, tmp_path):
    for name, content in made.items():
        (tmp_path / name).write_bytes(content)
        said = subprocess.run(["dciodvfy", "-new", tmp_path / name], capture_output=True, text=True, check=False).stderr
        assert "Error" not in said, said


def test_an_input_that_is_no_dicom_is_refused_with_advice(case, tmp_path):
    with pytest.raises(InputError, match=r"only be made from a DICOM input"):
        dicom_export.objects(restoration(), tmp_path)
    with pytest.raises(InputError, match="does not hold the DICOM series"):
        dicom_export.objects(case[0], tmp_path)


def test_without_an_implant_there_is_nothing(case):
    assert dicom_export.objects(replace(case[0], implants=()), case[1]) == {}
