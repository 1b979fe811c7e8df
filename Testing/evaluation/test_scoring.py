"""Scoring a reported defect on a round hole in a round skull: what is found, right, good, and what is not."""

from dataclasses import replace

import numpy as np
import pytest
from helpers_evaluation import circle_points, dome_mesh, sphere_piece, sphere_skull
from helpers_head import OUTER_MM, cap_area_cm2

from SkullRestoreLib.evaluation.cases.ground_truth import measure_ground_truth
from SkullRestoreLib.evaluation.measures.failure_analysis import failure_causes, failure_severity
from SkullRestoreLib.evaluation.measures.reported_defect import ReportedDefect
from SkullRestoreLib.evaluation.measures.scoring import NOT_FOUND_SCORE, score_defect
from SkullRestoreLib.records import Mesh

DEGREES = 25.0


@pytest.fixture(scope="module")
def truth():
    skull = sphere_skull()
    return measure_ground_truth(skull, sphere_piece(skull, DEGREES))


def reported(*, degrees=DEGREES, radius=OUTER_MM, points=None, sigma=0.5, shift=(0.0, 0.0, 0.0)):
    surface = dome_mesh(degrees, radius=radius, shift=shift)
    points = circle_points(DEGREES + 0.5) if points is None else points
    return ReportedDefect(surface, cap_area_cm2(degrees), points, np.full(len(surface.vertices), sigma))


def row(score, **more):
    case = {
        "note": "",
        "disturbance": "",
        "pose_residual_mm": 2.0,
        "pose_error_deg": 1.0,
        "false_holes": 0,
        "true_area_cm2": cap_area_cm2(DEGREES),
    }
    return {**vars(score), **case, **more}


def test_the_truth_itself_is_found_right_and_good(truth):
    score = score_defect(truth, [reported()])
    assert score.found
    assert score.right
    assert score.grade == "good"
    assert score.largest_mm < 0.4
    assert score.rms_mm < 0.15
    assert score.covered > 0.97
    assert score.margin_covered == 1.0
    assert (score.points, score.points_right) == (24, 1.0)
    assert failure_causes(row(score)) == []
    assert failure_severity(row(score)) < 1


@pytest.mark.parametrize(
    ("off", "grade"), [(1.0, "good"), (1.8, "acceptable"), (5.0, "unacceptable"), (-5.0, "unacceptable")]
)
def test_a_surface_too_high_or_too_low_gets_the_grade_of_its_deviation(truth, off, grade):
    score = score_defect(truth, [reported(radius=OUTER_MM + off)])
    assert score.grade == grade
    assert score.middle_mm == pytest.approx(off, abs=0.1)
    assert score.rms_mm == pytest.approx(abs(off), abs=0.1)


def test_no_defect_and_a_defect_elsewhere_leave_the_hole_not_found(truth):
    assert score_defect(truth, []) == NOT_FOUND_SCORE
    elsewhere = replace(reported(), surface=dome_mesh(10.0, shift=(0.0, 0.0, -170.0)))
    assert score_defect(truth, [elsewhere]) == NOT_FOUND_SCORE
    assert "defect not found" in failure_causes(row(NOT_FOUND_SCORE))
    assert failure_severity(row(NOT_FOUND_SCORE)) > 100


def test_half_a_hole_is_not_found_however_good_the_surface(truth):
    score = score_defect(truth, [reported(degrees=15.0)])
    assert not score.found
    assert score.covered == pytest.approx(cap_area_cm2(15.0) / cap_area_cm2(DEGREES), abs=0.03)
    assert score.grade == "unacceptable"
    assert score.largest_mm < 0.4
    assert any("of the hole is covered" in c for c in failure_causes(row(score)))


def test_what_is_not_covered_counts_as_its_distance_in_the_grade(truth):
    """Of the hole 80 % are covered, and what is restored is right: one way it is good, the other way it is not."""
    score = score_defect(truth, [reported(degrees=22.0)])
    assert score.found
    assert score.largest_mm < 0.4
    uncovered_mm = np.radians(DEGREES - 22.0) * OUTER_MM
    assert score.missed_largest_mm == pytest.approx(uncovered_mm, abs=0.8)
    assert score.grade == "acceptable"
    assert any("true surface up to" in c for c in failure_causes(row(score)))
    assert score_defect(truth, [reported(degrees=19.0)]).grade == "unacceptable"


def test_the_mean_surface_distance_is_that_of_both_directions(truth):
    assert score_defect(truth, [reported()]).mean_mm < 0.15
    assert score_defect(truth, [reported(radius=OUTER_MM + 1.5)]).mean_mm == pytest.approx(1.5, abs=0.1)


def test_two_pieces_that_cover_the_hole_together_miss_nothing_of_the_true_surface(truth):
    one = reported()
    left, right = (
        replace(one, surface=Mesh(one.surface.vertices, one.surface.faces[side]))
        for side in (lambda x: (x < 0.5, x >= 0.5))(one.surface.vertices[one.surface.faces].mean(axis=1)[:, 0])
    )
    assert score_defect(truth, [left, right]).missed_largest_mm < 0.6
    assert score_defect(truth, [left]).missed_largest_mm > 10


def test_a_surface_that_runs_far_over_sound_bone_is_no_finding(truth):
    score = score_defect(truth, [reported(degrees=42.0)])
    assert score.stray > 0.5
    assert not score.found


def test_of_two_pieces_the_larger_is_measured_and_the_split_is_named(truth):
    small = replace(reported(), surface=dome_mesh(6.0, shift=(0.0, 25.0, 0.0)))
    score = score_defect(truth, [small, reported()])
    assert score.found
    assert score.pieces == 2
    assert any("split into 2" in c for c in failure_causes(row(score)))


def test_one_point_on_an_arch_or_in_the_depth_spoils_the_case_and_is_named(truth):
    for height, word in ((9.0, "arch"), (-9.0, "petrous")):
        points = circle_points(DEGREES + 0.5)
        points[0] *= 1 + height / OUTER_MM
        score = score_defect(truth, [reported(points=points)])
        assert not score.right
        assert score.points_right == pytest.approx(23 / 24)
        assert score.points_over_mm == pytest.approx(height, abs=0.3)
        assert any(word in c for c in failure_causes(row(score)))


def test_points_a_little_off_are_right_and_a_case_without_points_is_not(truth):
    assert score_defect(truth, [reported(points=circle_points(DEGREES + 1.2))]).right  # 1.8 mm
    assert not score_defect(truth, [reported(points=circle_points(DEGREES + 2.2))]).right  # 3.3 mm
    none = score_defect(truth, [reported(points=np.zeros((0, 3)))])
    assert not none.right
    assert "no reference point" in failure_causes(row(none))


def test_points_on_one_side_only_leave_the_rest_of_the_margin_bare(truth):
    points = circle_points(DEGREES + 0.5)
    assert score_defect(truth, [reported(points=points[points[:, 0] > 0])]).margin_covered < 0.75


def test_the_band_holds_what_its_standard_error_says(truth):
    # 1.628 standard errors are the 90 % band of a Laplace distribution
    for sigma, inside in ((2.0 / 1.5, 1.0), (2.0 / 1.8, 0.0)):
        assert score_defect(truth, [reported(radius=OUTER_MM + 2.0, sigma=sigma)]).in_band == pytest.approx(
            inside, abs=0.05
        )


def test_the_side_on_which_a_border_falls_short_is_named(truth):
    score = score_defect(truth, [reported(shift=(0.0, -14.0, 0.0))])
    assert score.uncovered == "in front"
