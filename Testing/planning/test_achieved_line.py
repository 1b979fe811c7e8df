"""The line that was cut against the line that was planned, on a spherical skull whose opening is known."""

import json
from dataclasses import replace

import numpy as np
import pytest
from helpers_head import OUTER_MM, no_cut_depth, round_bone, round_pose, round_tables
from scipy.spatial.transform import Rotation

from SkullRestoreLib._system.progress import run_to_end
from SkullRestoreLib.errors import InputError
from SkullRestoreLib.planning.achieved_line import measure_achieved_steps, measure_line
from SkullRestoreLib.planning.resection import Head, line_around_point, line_sample
from SkullRestoreLib.planning.wall import CutWall, open_bone
from SkullRestoreLib.settings import PlanSettings

BEYOND_MM = 1.5


@pytest.fixture(scope="module")
def head():
    """The upper part of the round skull."""
    bone = round_bone(no_cut_depth, low=(-60.0, -60.0, 40.0), high=(60.0, 60.0, 90.0))
    return Head(bone, round_pose(), round_tables(level=5))


@pytest.fixture(scope="module")
def line(head):
    """A circle of 40 mm on top, a point each 2 mm."""
    drawn = line_around_point(np.array([0.0, 0.0, OUTER_MM]), (40.0, 40.0), 0.0, head)
    return line_sample(drawn, 2.0)


def opened(head, diameter_mm, kerf_mm=BEYOND_MM, centre=(0.0, 0.0, OUTER_MM)):
    """The bone with a round opening."""
    drawn = line_around_point(np.array(centre), (diameter_mm, diameter_mm), 0.0, head)
    return open_bone(head.bone, CutWall(drawn, PlanSettings(kerf_mm=kerf_mm)), head.pose, head.tables)


def measured(line, bone, motion=None):
    normals = line / np.linalg.norm(line, axis=1, keepdims=True)
    return measure_line(line, normals, BEYOND_MM, bone, np.eye(4) if motion is None else motion)


def test_a_cut_as_planned_is_where_it_was_planned(head, line):
    found = measured(line, opened(head, 40.0))
    assert found.measured_percent == 100
    assert abs(found.median_mm) < 0.15
    assert found.within_95_mm < 0.3


@pytest.mark.parametrize(("diameter_mm", "deviation_mm"), [(46.0, 3.0), (36.0, -2.0)])
def test_a_cut_that_is_too_wide_is_positive_and_one_that_is_too_narrow_negative(head, line, diameter_mm, deviation_mm):
    assert measured(line, opened(head, diameter_mm)).median_mm == pytest.approx(deviation_mm, abs=0.2)


def test_a_cut_that_slipped_is_off_by_as_much_at_its_worst(head, line):
    found = measured(line, opened(head, 40.0, centre=(OUTER_MM * np.sin(3 / OUTER_MM), 0.0, OUTER_MM)))
    assert found.largest_mm == pytest.approx(3.0, abs=0.3)
    assert abs(found.median_mm) < 0.3


def test_the_scan_after_the_operation_may_be_anywhere(head, line):
    bone = opened(head, 44.0)
    motion = np.eye(4)
    motion[:3, :3] = Rotation.from_euler("xyz", [20, -30, 40], degrees=True).as_matrix()
    motion[:3, 3] = [30, -12, 5]
    elsewhere = replace(bone, ijk_to_ras=motion @ bone.ijk_to_ras)
    assert measured(line, elsewhere, motion).median_mm == pytest.approx(2.0, abs=0.2)


def test_without_an_opening_nothing_is_found(head, line):
    assert measured(line, head.bone).measured_percent == 0


def test_values_for_programs_are_plain(head, line):
    values = measured(line, opened(head, 40.0)).as_dict()
    assert json.loads(json.dumps(values, allow_nan=False)) == values
    assert len(values["points"]) == len(values["deviation_mm"]) == len(line)


def test_a_folder_without_a_plan_is_refused_in_a_sentence(tmp_path):
    with pytest.raises(InputError, match="holds no plan"):
        run_to_end(measure_achieved_steps(tmp_path, None))
