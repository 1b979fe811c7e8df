"""Area inside a line that was drawn by hand."""

import numpy as np
import pytest

from SkullRestoreLib.geometry.curve_area import curved_area_cm2, planar_area_cm2

RADIUS_MM = 80.0


def ring(half_angle_deg, *, corners=24, radius_mm=RADIUS_MM):
    """A circle on a ball about the origin."""
    turn, tilt = np.linspace(0, 2 * np.pi, corners, endpoint=False), np.radians(half_angle_deg)
    flat = np.column_stack([np.cos(turn), np.sin(turn)]) * np.sin(tilt)
    return radius_mm * np.column_stack([flat, np.full(corners, np.cos(tilt))])


def cap_cm2(half_angle_deg):
    return 2 * np.pi * RADIUS_MM**2 * (1 - np.cos(np.radians(half_angle_deg))) / 100


@pytest.mark.parametrize("half_angle_deg", [10.0, 30.0, 50.0])
def test_the_area_inside_a_circle_on_a_ball_is_that_of_the_cap_and_not_of_the_flat_disk(half_angle_deg):
    found = curved_area_cm2(ring(half_angle_deg, corners=60), [0, 0, 0])
    assert found == pytest.approx(cap_cm2(half_angle_deg), rel=0.01)


def test_a_centre_that_is_some_millimetres_off_changes_the_area_little():
    found = curved_area_cm2(ring(35.0, corners=60), [4.0, -3.0, 5.0])
    assert found == pytest.approx(cap_cm2(35.0), rel=0.03)


def test_a_line_that_is_bent_inwards_encloses_what_is_inside():
    star = ring(30.0, corners=60)
    star[::2] = ring(15.0, corners=60)[::2]
    assert 0.2 * cap_cm2(30.0) < curved_area_cm2(star, [0, 0, 0]) < 0.8 * cap_cm2(30.0)


def test_the_order_of_the_corners_and_the_place_of_the_head_do_not_matter():
    line = ring(25.0, corners=30)
    moved = line[::-1] @ np.linalg.qr(np.random.default_rng(4).normal(size=(3, 3)))[0].T + [30.0, -50.0, 10.0]
    assert curved_area_cm2(moved, [30.0, -50.0, 10.0]) == pytest.approx(curved_area_cm2(line, [0, 0, 0]), rel=5e-3)


def test_a_line_without_an_inside_has_no_area_and_one_around_the_head_none_that_is_true():
    assert curved_area_cm2(ring(20.0)[:2], [0, 0, 0]) == 0
    assert curved_area_cm2([ring(20.0)[0]] * 5, [0, 0, 0]) == 0
    assert curved_area_cm2(ring(88.0), [0, 0, 0]) is None
    assert planar_area_cm2([[0, 0, 0], [10, 0, 0]]) == 0


def test_a_flat_polygon_may_be_turned_and_bent_inwards():
    shape = np.array([[0, 0, 0], [40, 0, 0], [40, 40, 0], [20, 20, 0], [0, 40, 0]], float)
    turned = shape @ np.linalg.qr(np.random.default_rng(1).normal(size=(3, 3)))[0].T + 7.0
    assert planar_area_cm2(turned) == pytest.approx(12.0)
