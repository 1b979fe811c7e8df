"""Defects of the vault: each is found, whatever is in or over it, and its location put into plain words."""

import numpy as np
import pytest
from helpers_head import INNER_MM, OUTER_MM, cap_area_cm2, round_tables, vertices_in_cone

from SkullRestoreLib.defects.detect import describe_location, distance_to_outer_table, find_defect_regions
from SkullRestoreLib.geometry.icosphere import spherical_grid, vertex_count
from SkullRestoreLib.method_parameters import DetectionParameters
from SkullRestoreLib.records import RayMap

LEVEL = 5
LEFT, RIGHT, TOP, FRONT, BACK = (-1, 0, 0.3), (1, 0, 0.3), (0, 0, 1), (0, 1, 0.4), (0, -1, 0.2)


def skull(*holes, level=LEVEL, reach=132.0, layers=()):
    """What rays saw of the round skull and what a network would say of it.

    Each hole is (direction, half angle in degrees); ``layers`` are more bone: (direction, half angle, inner mm,
    outer mm).
    """
    intervals = np.full((vertex_count(level), 3, 2), np.nan, np.float32)
    intervals[:, 0] = INNER_MM, OUTER_MM
    missing = np.zeros(len(intervals))
    for direction, degrees in holes:
        at = vertices_in_cone(level, direction, degrees)
        intervals[at, 0] = np.nan
        missing[at] = 0.99
    for direction, degrees, inner, outer in layers:
        intervals[vertices_in_cone(level, direction, degrees), 1] = inner, outer
    rays = RayMap(level, intervals, np.full(len(intervals), reach, np.float32))
    return round_tables(level, missing=missing), rays


def test_a_whole_vault_has_no_hole():
    assert find_defect_regions(*skull()) == []


def test_two_holes_are_listed_one_by_one_with_the_larger_first():
    holes = find_defect_regions(*skull((LEFT, 14), (RIGHT, 22)))
    assert len(holes) == 2
    directions = spherical_grid(LEVEL).directions
    assert directions[holes[0].vertices, 0].mean() > 0.5
    assert directions[holes[1].vertices, 0].mean() < -0.5
    assert holes[0].area_cm2 > holes[1].area_cm2


@pytest.mark.parametrize("degrees", [8, 15, 30])
@pytest.mark.parametrize("direction", [LEFT, TOP, (0.3, 0.9, 0.5)], ids=["left", "top", "front"])
def test_the_area_of_a_hole_is_that_on_the_outer_table(direction, degrees):
    (hole,) = find_defect_regions(*skull((direction, degrees), level=6))
    assert hole.area_cm2 == pytest.approx(cap_area_cm2(degrees), rel=0.04, abs=0.3)


def test_a_lost_outer_table_is_a_hole_even_when_the_inner_table_stops_the_ray():
    vault_tables, rays = skull((FRONT, 15), layers=[(FRONT, 15, INNER_MM, INNER_MM + 1.5)])
    (hole,) = find_defect_regions(vault_tables, rays)
    assert set(hole.vertices) <= set(vertices_in_cone(LEVEL, FRONT, 15))
    assert hole.area_cm2 == pytest.approx(cap_area_cm2(15), rel=0.06)


def test_an_arch_outside_and_new_bone_on_the_dura_do_not_hide_a_hole():
    for layer in ((LEFT, 10, 97.0, 102.0), (LEFT, 10, 70.0, 72.0)):
        (hole,) = find_defect_regions(*skull((LEFT, 18), layers=[layer]))
        assert hole.area_cm2 == pytest.approx(cap_area_cm2(18), rel=0.06)


def test_bone_at_the_predicted_table_is_not_missing_whatever_the_network_suspects():
    vault_tables, rays = skull((LEFT, 14))
    rays.intervals[:, 0] = INNER_MM, OUTER_MM
    assert find_defect_regions(round_tables(LEVEL, missing=np.minimum(vault_tables.missing, 0.8)), rays) == []


def test_where_the_network_is_uncertain_bone_may_be_further_from_its_prediction():
    vault_tables, rays = skull()
    rays.intervals[vertices_in_cone(LEVEL, TOP, 20), 0] += 3.5
    doubt = np.full(len(vault_tables.outer), 0.6)
    assert len(find_defect_regions(round_tables(LEVEL, missing=doubt, sigma=0.5), rays)) == 1
    assert find_defect_regions(round_tables(LEVEL, missing=doubt, sigma=2.5), rays) == []


def test_what_the_scan_does_not_reach_is_no_defect():
    vault_tables, rays = skull((TOP, 25))
    rays.reach[vertices_in_cone(LEVEL, TOP, 26)] = 60.0
    assert find_defect_regions(vault_tables, rays) == []


def test_openings_below_the_vault_are_no_defects():
    below = (0, 0.5, -0.85)
    assert find_defect_regions(*skull((below, 20), ((0, 0, -1), 15))) == []


def test_a_defect_that_runs_to_the_end_of_the_vault_says_so():
    (low,) = find_defect_regions(*skull(((1, 0, -0.3), 20)))
    (high,) = find_defect_regions(*skull((TOP, 20)))
    assert low.touches_vault_edge
    assert not high.touches_vault_edge


def test_gaps_one_vertex_wide_are_sutures_and_join_no_defects():
    vault_tables, rays = skull((LEFT, 15), (RIGHT, 15))
    g = spherical_grid(LEVEL)
    line = np.flatnonzero((np.abs(g.directions[:, 1]) < 0.017) & (g.directions[:, 2] > 0.2))
    vault_tables.missing[line] = 0.99
    rays.intervals[line, 0] = np.nan
    assert len(find_defect_regions(vault_tables, rays)) == 2


def test_pinholes_below_the_limit_are_left_out():
    vault_tables, rays = skull((LEFT, 15), (RIGHT, 5))
    assert len(find_defect_regions(vault_tables, rays, parameters=DetectionParameters(min_area_cm2=0.2))) == 2
    assert len(find_defect_regions(vault_tables, rays, parameters=DetectionParameters(min_area_cm2=3.0))) == 1


def test_bone_and_tables_on_different_grids_are_refused():
    with pytest.raises(ValueError, match=r"level 5.*level 4"):
        find_defect_regions(round_tables(4), skull()[1])


def test_the_distance_is_to_the_nearest_outer_end_and_endless_without_bone():
    vault_tables, rays = skull((LEFT, 15), layers=[(TOP, 15, 90.0, 92.0)])
    away = distance_to_outer_table(vault_tables, rays)
    assert np.isinf(away[vertices_in_cone(LEVEL, LEFT, 15)]).all()
    np.testing.assert_allclose(away[vertices_in_cone(LEVEL, TOP, 15)], 0, atol=1e-5)


# --- where it is, in words


def words(direction, degrees, *, low=False):
    at = vertices_in_cone(LEVEL, direction, degrees)
    return describe_location(spherical_grid(LEVEL).directions[at], spherical_grid(LEVEL).vertex_areas[at], low=low)


def towards(azimuth, elevation):
    """Unit vector: degrees from the nose to the patient's right, degrees up."""
    a, e = np.radians([azimuth, elevation])
    return np.array([np.sin(a) * np.cos(e), np.cos(a) * np.cos(e), np.sin(e)])


@pytest.mark.parametrize("side", ["right", "left"])
@pytest.mark.parametrize(
    ("azimuth", "elevation", "degrees", "low", "region"),
    [
        (30, 35, 12, False, "frontal"),
        (110, 50, 14, False, "parietal"),
        (92, -6, 9, False, "temporal"),
        (92, -12, 9, True, "low temporal"),
        (158, -8, 9, False, "occipital"),
        (75, 20, 38, False, "fronto-temporo-parietal"),
        (120, 5, 35, False, "temporo-parieto-occipital"),
        (80, 5, 34, True, "fronto-temporo-parietal, low to the base"),
        (28, -6, 10, False, "fronto-orbital"),
    ],
)
def test_each_place_has_its_name_on_both_sides(side, azimuth, elevation, degrees, low, region):
    sign = 1 if side == "right" else -1
    assert words(towards(sign * azimuth, elevation), degrees, low=low) == (side, region)


def test_a_defect_across_the_midline_says_so():
    assert words(towards(0, 40), 12) == ("midline", "frontal")
    assert words(towards(180, -5), 10) == ("midline", "occipital")


def test_a_bifrontal_defect_is_on_both_sides():
    g = spherical_grid(LEVEL)
    at = np.flatnonzero(
        (np.abs(g.directions[:, 0]) < 0.85)
        & (g.directions[:, 1] > 0.3)
        & (g.directions[:, 2] > 0.1)
        & (g.directions[:, 2] < 0.6)
    )
    side, region = describe_location(g.directions[at], g.vertex_areas[at], low=False)
    assert side == "both sides"
    assert region.startswith("front")
