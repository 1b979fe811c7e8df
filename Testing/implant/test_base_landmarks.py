"""How far an implant ends from orbit, joint of the jaw, ear canal and foramina, by their place in the head frame."""

import numpy as np
import pytest
from helpers_head import rotation_about_axes
from helpers_restoration import make_restoration, with_checks

from SkullRestoreLib.affine import apply_affine
from SkullRestoreLib.implant.base_landmarks import landmark_findings, measure_landmarks
from SkullRestoreLib.records import Pose
from SkullRestoreLib.report.facts import summarise_restoration
from SkullRestoreLib.report.words import check_rows

UPRIGHT = Pose(np.eye(4), 0.5, 1.0)
LOW_LINE = np.column_stack([np.full(21, -62.0), np.linspace(-20, 20, 21), np.full(21, -38.0)])
"""A trim line along the root of the left zygomatic process, above the joint of the jaw."""


def test_each_landmark_has_its_distance_on_the_nearer_side_in_whatever_way_the_head_lies():
    found = measure_landmarks(LOW_LINE, UPRIGHT)
    assert found["joint of the jaw"] == pytest.approx(np.hypot(2, 4), abs=0.3)
    assert found["foramen magnum"] > 40
    turned = Pose(rotation_about_axes((30, -20, 60)), 0.5, 1.0)
    elsewhere = measure_landmarks(apply_affine(turned.head_to_ras, LOW_LINE), turned)
    assert elsewhere == pytest.approx(found)


def test_a_childs_landmarks_are_nearer_to_its_middle():
    small = Pose(np.eye(4), 0.5, 1.0, size=0.8)
    assert measure_landmarks(0.8 * LOW_LINE, small) == pytest.approx(
        {name: 0.8 * away for name, away in measure_landmarks(LOW_LINE, UPRIGHT).items()}, abs=0.5
    )


def test_a_trim_line_too_near_is_warned_of_and_one_that_is_far_is_not():
    sentences = landmark_findings(1, [LOW_LINE], UPRIGHT, 5.0)
    assert len(sentences) == 2
    assert sentences[0] == (
        "Implant 1 ends about 4 mm from the joint of the jaw, at least 5 mm are asked for where no bone ends the "
        "defect; look at the place, and draw its trim line farther away."
    )
    assert "ear canal" in sentences[1]
    assert landmark_findings(1, [LOW_LINE + np.array([0, 0, 40])], UPRIGHT, 5.0) == ()
    assert landmark_findings(1, [LOW_LINE], UPRIGHT, 0.0) == ()
    assert landmark_findings(1, [], UPRIGHT, 5.0) == ()


def test_the_report_lists_the_landmarks_that_are_near():
    restoration = with_checks(make_restoration())
    implant = summarise_restoration(restoration)["defects"][0]["implant"]
    implant["checks"]["landmarks_mm"] = {"orbital margin": 12.4, "foramen magnum": 66.0}
    rows = dict(check_rows(implant))
    assert rows["By the head frame, about how far from it, mm"] == "orbital margin 12"
