"""What a plan gives to a navigation system: the line as a closed tube, and bodies in the CT's frame of reference."""

import io

import numpy as np
import pydicom
import pytest
import trimesh
from helpers_head import OUTER_MM, no_cut_depth, round_bone, round_pose, round_tables
from helpers_implant import as_trimesh
from helpers_intake import scan_affine, write_dicom

from SkullRestoreLib.io import dicom_source, read
from SkullRestoreLib.io.dicom_export import DicomModel, make_model_objects
from SkullRestoreLib.planning.navigation import TUBE_RADIUS_MM, line_tube
from SkullRestoreLib.planning.resection import Head, line_around_point


@pytest.fixture(scope="module")
def line():
    """A circle of 40 mm on top of the round skull."""
    bone = round_bone(no_cut_depth, low=(-70.0, -70.0, 30.0), high=(70.0, 70.0, 90.0))
    head = Head(bone, round_pose(), round_tables(level=5))
    return line_around_point(np.array([0.0, 0.0, OUTER_MM]), (40.0, 40.0), 0.0, head)


def test_the_line_is_a_closed_tube_around_its_course(line):
    tube = as_trimesh(line_tube(line))
    assert tube.is_watertight
    assert tube.euler_number == 0, "one ring"
    assert tube.volume == pytest.approx(np.pi * TUBE_RADIUS_MM**2 * line.circumference_mm, rel=0.15)
    away = np.linalg.norm(tube.vertices[:, None] - line.points[None], axis=2).min(axis=1)
    assert away.max() < TUBE_RADIUS_MM + 0.3


def test_bodies_of_a_plan_are_in_the_study_and_the_frame_of_reference_of_the_ct(line, tmp_path):
    size = (24, 26, 28)
    hu = np.full(size[::-1], 40, dtype=np.int16)
    hu[4:20, 5:20, 5:20] = 900
    write_dicom(
        tmp_path,
        hu,
        scan_affine((2.0, 2.1, 3.0), size),
        PatientID="4711",
        StudyInstanceUID="1.2.3.4",
        FrameOfReferenceUID="1.2.3.5",
    )
    tube = line_tube(line)
    models = [
        DicomModel("resection_line", "Resection line", tube, "PlanningIntent", "left"),
        DicomModel("guide_frame", "Cutting guide", tube, "ToolFabrication", "left"),
    ]
    source = dicom_source.read_source(tmp_path, read.read(tmp_path))
    objects = make_model_objects(models, source, series="SkullRestore resection plan")
    assert sorted(objects) == ["guide_frame.dcm", "resection_line.dcm"]
    read_again = {name: pydicom.dcmread(io.BytesIO(content)) for name, content in objects.items()}
    assert len({one.SeriesInstanceUID for one in read_again.values()}) == 1
    for one in read_again.values():
        assert (one.PatientID, one.StudyInstanceUID, one.FrameOfReferenceUID) == ("4711", "1.2.3.4", "1.2.3.5")
        assert one.SeriesDescription == "SkullRestore resection plan"
        assert one.ImageLaterality == "L"
    usage = {name: one.ModelUsageCodeSequence[0].CodeMeaning for name, one in read_again.items()}
    assert usage == {"resection_line.dcm": "Planning Intent", "guide_frame.dcm": "Tool Fabrication"}
    document = read_again["resection_line.dcm"]
    body = trimesh.load(
        io.BytesIO(document.EncapsulatedDocument[: document.EncapsulatedDocumentLength]), file_type="stl"
    )
    # DICOM is LPS: right and front change their sign
    assert np.sort(body.bounds * [-1, -1, 1], axis=0) == pytest.approx(
        np.sort(as_trimesh(tube).bounds, axis=0), abs=1e-3
    )
