"""Judging a method's answer on a round hole in a round skull: what is found, right, good, and what is not."""

from dataclasses import replace

import numpy as np
import pytest
from helpers_evaluation import dome, ring, sphere_piece, sphere_skull
from helpers_head import OUTER_MM, cap_area_cm2

from SkullRestoreLib.evaluation.answer import Answer
from SkullRestoreLib.evaluation.causes import badness, causes
from SkullRestoreLib.evaluation.judge import NOTHING, judge
from SkullRestoreLib.evaluation.truth import find_truth

DEGREES = 25.0


@pytest.fixture(scope="module")
def truth():
    skull = sphere_skull()
    return find_truth(skull, sphere_piece(skull, DEGREES))


def answer(*, degrees=DEGREES, radius=OUTER_MM, points=None, sigma=0.5, shift=(0.0, 0.0, 0.0)):
    surface = dome(degrees, radius=radius, shift=shift)
    points = ring(DEGREES + 0.5) if points is None else points
    return Answer(surface, cap_area_cm2(degrees), points, np.full(len(surface.vertices), sigma))


def row(judged, **more):
    about = {
        "note": "",
        "disturbance": "",
        "pose_residual_mm": 2.0,
        "pose_error_deg": 1.0,
        "false_holes": 0,
        "true_area_cm2": cap_area_cm2(DEGREES),
    }
    return {**vars(judged), **about, **more}


def test_the_truth_itself_is_found_right_and_good(truth):
    judged = judge(truth, [answer()])
    assert judged.found
    assert judged.right
    assert judged.grade == "good"
    assert judged.largest_mm < 0.4
    assert judged.rms_mm < 0.15
    assert judged.covered > 0.97
    assert judged.margin_covered == 1.0
    assert (judged.points, judged.points_right) == (24, 1.0)
    assert causes(row(judged)) == []
    assert badness(row(judged)) < 1


@pytest.mark.parametrize(("off", "grade"), [(1.0, "good"), (1.8, "acceptable"), (5.0, "unacceptable"), (-5.0, "unacceptable")])
def test_a_surface_too_high_or_too_low_gets_the_grade_of_its_deviation(truth, off, grade):
    judged = judge(truth, [answer(radius=OUTER_MM + off)])
    assert judged.grade == grade
    assert judged.middle_mm == pytest.approx(off, abs=0.1)
    assert judged.rms_mm == pytest.approx(abs(off), abs=0.1)


def test_no_answer_and_an_answer_elsewhere_leave_the_hole_not_found(truth):
    assert judge(truth, []) == NOTHING
    elsewhere = replace(answer(), surface=dome(10.0, shift=(0.0, 0.0, -170.0)))
    assert judge(truth, [elsewhere]) == NOTHING
    assert "defect not found" in causes(row(NOTHING))
    assert badness(row(NOTHING)) > 100


def test_half_a_hole_is_not_found_however_good_the_surface(truth):
    judged = judge(truth, [answer(degrees=15.0)])
    assert not judged.found
    assert judged.covered == pytest.approx(cap_area_cm2(15.0) / cap_area_cm2(DEGREES), abs=0.03)
    assert judged.grade == "unacceptable"
    assert judged.largest_mm < 0.4
    assert any("of the hole is covered" in c for c in causes(row(judged)))


def test_a_surface_that_runs_far_over_sound_bone_is_no_finding(truth):
    judged = judge(truth, [answer(degrees=42.0)])
    assert judged.stray > 0.5
    assert not judged.found


def test_of_two_pieces_the_larger_is_measured_and_the_split_is_said(truth):
    small = replace(answer(), surface=dome(6.0, shift=(0.0, 25.0, 0.0)))
    judged = judge(truth, [small, answer()])
    assert judged.found
    assert judged.pieces == 2
    assert any("split into 2" in c for c in causes(row(judged)))


def test_one_point_on_an_arch_or_in_the_depth_spoils_the_case_and_is_named(truth):
    for height, word in ((9.0, "arch"), (-9.0, "petrous")):
        points = ring(DEGREES + 0.5)
        points[0] *= 1 + height / OUTER_MM
        judged = judge(truth, [answer(points=points)])
        assert not judged.right
        assert judged.points_right == pytest.approx(23 / 24)
        assert judged.points_over_mm == pytest.approx(height, abs=0.3)
        assert any(word in c for c in causes(row(judged)))


def test_points_a_little_off_are_right_and_a_case_without_points_is_not(truth):
    assert judge(truth, [answer(points=ring(DEGREES + 1.2))]).right  # 1.8 mm
    assert not judge(truth, [answer(points=ring(DEGREES + 2.2))]).right  # 3.3 mm
    none = judge(truth, [answer(points=np.zeros((0, 3)))])
    assert not none.right
    assert "no reference point" in causes(row(none))


def test_points_on_one_side_only_leave_the_rest_of_the_margin_bare(truth):
    points = ring(DEGREES + 0.5)
    assert judge(truth, [answer(points=points[points[:, 0] > 0])]).margin_covered < 0.75


def test_the_band_holds_what_its_standard_error_says(truth):
    # 1.628 standard errors are the 90 % band of a Laplace distribution
    for sigma, inside in ((2.0 / 1.5, 1.0), (2.0 / 1.8, 0.0)):
        assert judge(truth, [answer(radius=OUTER_MM + 2.0, sigma=sigma)]).in_band == pytest.approx(inside, abs=0.05)


def test_where_a_border_falls_short_is_said(truth):
    judged = judge(truth, [answer(shift=(0.0, -14.0, 0.0))])
    assert judged.uncovered == "in front"
