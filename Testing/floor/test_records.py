"""Records carry arrays between the steps: compared by identity, shown in one line, with their own conversions."""

from dataclasses import FrozenInstanceError, fields, is_dataclass, replace

import numpy as np
import pytest

from SkullRestoreLib import records
from SkullRestoreLib.affine import apply_affine, invert_affine
from SkullRestoreLib.records import Bone, Mesh, NoImplant, Pose, ReferencePoint, Volume

TILTED = np.array([[0.5, 0.0, 0.0, -40.0], [0.0, 0.5, 0.2, 10.0], [0.0, 0.0, 1.25, 7.0], [0.0, 0.0, 0.0, 1.0]])
POINTS = np.random.default_rng(3).uniform(-90, 90, (50, 3))

RECORDS = [each for each in vars(records).values() if isinstance(each, type) and is_dataclass(each)]


def sphere_volume(**changes):
    return replace(Volume(np.zeros((3, 4, 5), dtype=np.int16), TILTED, "ct"), **changes)


def bone():
    field = np.zeros((3, 4, 5), dtype=np.int16)
    return Bone(field, 300.0, field >= 300, TILTED)


@pytest.mark.parametrize("record", [sphere_volume(), bone()], ids=lambda record: type(record).__name__)
def test_voxels_and_points_are_converted_by_the_grids_own_matrix_to_the_last_bit(record):
    to_ijk = np.linalg.inv(TILTED)
    assert np.array_equal(record.to_ras(POINTS), POINTS @ TILTED[:3, :3].T + TILTED[:3, 3])
    assert np.array_equal(record.to_ijk(POINTS), POINTS @ to_ijk[:3, :3].T + to_ijk[:3, 3])
    assert record.spacing.tolist() == pytest.approx([0.5, 0.5, np.hypot(0.2, 1.25)])


def test_a_pose_takes_points_to_the_head_frame_and_back():
    angle = np.radians(20)
    ras_to_head = np.array(
        [[np.cos(angle), -np.sin(angle), 0, 5], [np.sin(angle), np.cos(angle), 0, -3], [0, 0, 1, 8], [0, 0, 0, 1]]
    )
    pose = Pose(ras_to_head, residual_mm=1.0, coverage=0.9)
    assert np.array_equal(pose.to_head(POINTS), apply_affine(ras_to_head, POINTS))
    assert np.array_equal(pose.to_ras(POINTS), apply_affine(invert_affine(ras_to_head), POINTS))
    np.testing.assert_allclose(pose.to_ras(pose.to_head(POINTS)), POINTS, atol=1e-9)


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.__name__)
def test_every_record_is_frozen_and_one_with_arrays_is_compared_by_identity(record):
    assert record.__dataclass_params__.frozen
    holds_arrays = any("ndarray" in str(each.type) for each in fields(record))
    assert not (holds_arrays and record.__dataclass_params__.eq)


def test_two_records_of_the_same_arrays_can_be_compared_and_put_into_a_set():
    first, second = sphere_volume(), sphere_volume()
    assert first == first
    assert first != second
    assert len({first, second, first}) == 2


def test_a_record_without_arrays_is_equal_to_its_copy():
    assert NoImplant(1, "The margin is open.") == NoImplant(1, "The margin is open.")


def test_the_text_of_a_record_shows_shapes_instead_of_numbers_and_fits_a_line():
    mesh = Mesh(np.zeros((200_000, 3)), np.zeros((400_000, 3), dtype=np.int64))
    assert repr(mesh) == "Mesh(vertices=<float64 (200000, 3)>, faces=<int64 (400000, 3)>, findings=(), side_known=True)"
    point = ReferencePoint(np.array([1.0, 2.0, 3.0]), np.array([0.0, 0.0, 1.0]), 0.75, defect=1)
    assert repr(point) == "ReferencePoint(position=[1, 2, 3], normal=[0, 0, 1], confidence=0.75, defect=1, moved=False)"


def test_the_text_of_a_volume_names_no_patient():
    from SkullRestoreLib.patient_identity import from_values

    assert "whose" not in repr(sphere_volume(whose=from_values("4711", "19700101")))


def test_a_record_cannot_be_changed():
    with pytest.raises(FrozenInstanceError):
        sphere_volume().kind = "mask"
