"""Implants as DICOM: right patient, right place, and valid."""

import io
import shutil
import subprocess
from dataclasses import replace

import numpy as np
import pydicom
import pytest
from helpers_dicom import write_enhanced_ct
from helpers_intake import scan_affine, write_dicom
from helpers_restoration import make_restoration

from SkullRestoreLib.errors import InputError
from SkullRestoreLib.io import dicom_export, dicom_source, read


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ct")
    size, grid = (24, 26, 28), scan_affine((2.0, 2.1, 3.0), (24, 26, 28))
    hu = np.full(size[::-1], 40, dtype=np.int16)
    hu[4:20, 5:20, 5:20] = 900
    study = {
        "PatientID": "4711",
        "IssuerOfPatientID": "Ward 3",
        "PatientBirthDate": "19600101",
        "PatientSex": "F",
        "StudyInstanceUID": "1.2.3.4",
        "StudyDate": "20260101",
    }
    study |= {
        "StudyTime": "101500",
        "FrameOfReferenceUID": "1.2.3.5",
        "StudyID": "1",
        "AccessionNumber": "7",
        "SeriesNumber": 3,
    }
    study |= {
        "ReferringPhysicianName": "",
        "PositionReferenceIndicator": "",
        "SliceThickness": 3.0,
        "Manufacturer": "Nobody",
    }
    write_dicom(folder, hu, grid, **study)
    volume = read.read(folder)
    labels = np.zeros(volume.array.shape, dtype=np.uint8)
    labels[5:9, 3:8, 2:6] = 1
    return replace(make_restoration(), source=volume, implant_mask=labels), folder


@pytest.fixture(scope="module")
def made(case):
    return make_objects(*case)


def make_objects(restoration, folder):
    return dicom_export.make_dicom_objects(restoration, dicom_source.read_source(folder, restoration.source))


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


def test_a_ct_whose_identifiers_were_removed_gives_objects_of_one_new_study(case, tmp_path):
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
    objects = [opened(content) for content in make_objects(made, tmp_path).values()]
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


def test_the_segmentation_is_on_the_slices_of_the_labels(made, case):
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
        messages = subprocess.run(
            ["dciodvfy", "-new", tmp_path / name], capture_output=True, text=True, check=False
        ).stderr
        assert "Error" not in messages, messages


def test_an_input_that_is_no_dicom_is_refused_with_advice(case, tmp_path):
    with pytest.raises(InputError, match=r"only be made from a DICOM input"):
        make_objects(make_restoration(), tmp_path)
    with pytest.raises(InputError, match="does not hold the DICOM series"):
        make_objects(case[0], tmp_path)


def test_without_an_implant_there_are_no_objects(case):
    assert make_objects(replace(case[0], implants=()), case[1]) == {}


# --- objects of one result


@pytest.fixture(scope="module")
def both_sides(case):
    """The objects of a result with an implant on each side."""
    labels = case[0].implant_mask.copy()
    labels[5:9, 13:18, 12:16] = 2
    two = make_restoration(defects=2)
    objects = make_objects(replace(two, source=case[0].source, implant_mask=labels), case[1])
    return {name: opened(content) for name, content in objects.items()}


def test_all_objects_of_one_result_agree_about_patient_study_date_and_body_part(both_sides):
    for name in (
        *("PatientName", "PatientID", "IssuerOfPatientID", "PatientBirthDate", "PatientSex", "StudyInstanceUID"),
        *("StudyDate", "StudyTime", "StudyID", "AccessionNumber", "FrameOfReferenceUID", "SpecificCharacterSet"),
        *("SeriesDate", "SeriesTime", "ContentDate", "ContentTime", "BodyPartExamined", "SoftwareVersions"),
    ):
        values = {str(header[name].value) for header in both_sides.values()}
        assert len(values) == 1, name
        assert values != {""}, name
    regions = [header.AnatomicRegionSequence[0] for header in both_sides.values()]
    assert {(region.CodingSchemeDesignator, region.CodeValue) for region in regions} == {("SCT", "89546000")}


def test_each_implant_is_tracked_by_one_identifier_in_the_stl_and_in_its_segment(both_sides):
    segments = {item.SegmentLabel: item for item in both_sides["implants_seg.dcm"].SegmentSequence}
    assert len({item.TrackingUID for item in segments.values()}) == 2
    for number in (1, 2):
        stl, segment = both_sides[f"implant_{number}.dcm"], segments[f"Implant for defect {number}"]
        assert (stl.TrackingID, stl.TrackingUID) == (segment.TrackingID, segment.TrackingUID)


def test_the_side_of_each_implant_is_coded_and_that_of_all_together_is_not_invented(both_sides):
    left, right = both_sides["implant_1.dcm"], both_sides["implant_2.dcm"]
    assert (left.ImageLaterality, right.ImageLaterality) == ("L", "R")
    segmentation = both_sides["implants_seg.dcm"]
    assert segmentation.ImageLaterality == "B"
    modifiers = [
        item.AnatomicRegionSequence[0].AnatomicRegionModifierSequence[0] for item in segmentation.SegmentSequence
    ]
    assert [(item.CodeValue, item.CodeMeaning) for item in modifiers] == [("7771000", "Left"), ("24028007", "Right")]


def test_a_side_that_is_not_known_is_in_no_object(case):
    unknown = replace(case[0], defects=tuple(replace(d, side="side not known") for d in case[0].defects))
    for content in make_objects(unknown, case[1]).values():
        header = opened(content)
        assert "ImageLaterality" not in header
        assert "AnatomicRegionModifierSequence" not in header.AnatomicRegionSequence[0]


def test_objects_refer_to_the_images_of_the_ct(both_sides, case):
    images = {pydicom.dcmread(path, stop_before_pixels=True).SOPInstanceUID for path in case[1].iterdir()}
    for header in both_sides.values():
        assert {
            item.ReferencedSOPInstanceUID for item in header.ReferencedSeriesSequence[0].ReferencedInstanceSequence
        } == images
        assert header.ReferencedSeriesSequence[0].SeriesInstanceUID == case[0].source.uid
    frame = both_sides["implants_seg.dcm"].PerFrameFunctionalGroupsSequence[0]
    reference = frame.DerivationImageSequence[0].SourceImageSequence[0].ReferencedSOPInstanceUID
    (image,) = [d for d in map(pydicom.dcmread, case[1].iterdir()) if d.SOPInstanceUID == reference]
    assert list(frame.PlanePositionSequence[0].ImagePositionPatient) == pytest.approx(list(image.ImagePositionPatient))


def test_a_multi_frame_ct_gives_the_same_objects_with_references_to_its_frames(tmp_path):
    folder = write_enhanced_ct(tmp_path / "ct")
    volume = read.read(folder)
    labels = np.zeros(volume.array.shape, dtype=np.uint8)
    labels[5:9, 3:8, 2:6] = 1
    objects = make_objects(replace(make_restoration(), source=volume, implant_mask=labels), folder)
    header = opened(objects["implants_seg.dcm"])
    sources = [
        frame.DerivationImageSequence[0].SourceImageSequence[0] for frame in header.PerFrameFunctionalGroupsSequence
    ]
    ct = pydicom.dcmread(folder / "all.dcm", stop_before_pixels=True)
    assert {item.ReferencedSOPInstanceUID for item in sources} == {ct.SOPInstanceUID}
    assert sorted(item.ReferencedFrameNumber for item in sources) == [6, 7, 8, 9]
    assert header.pixel_array.sum() == labels.sum()


@pytest.mark.skipif(shutil.which("dciodvfy") is None, reason="dciodvfy (Debian: dicom3tools) is not installed")
def test_dciodvfy_has_no_other_doubt_than_that_the_stl_says_more_than_the_standard_asks(case, made, tmp_path):
    extensions = ("AnatomicRegion", "BodyPartExamined", "TrackingID", "TrackingUID")
    for content in made.values():
        (tmp_path / "object.dcm").write_bytes(content)
        command = ["dciodvfy", "-new", tmp_path / "object.dcm"]
        lines = subprocess.run(command, capture_output=True, text=True, check=False).stderr.splitlines()
        doubts = [line for line in lines if line.startswith(("Error", "Warning"))]
        assert [
            line
            for line in doubts
            if not ("not present in standard DICOM IOD" in line and any(name in line for name in extensions))
        ] == []
