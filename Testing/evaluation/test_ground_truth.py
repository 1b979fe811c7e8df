"""The truth about a hole, where it is known exactly: a round hole in a round skull."""

from dataclasses import replace

import numpy as np
import pytest
from helpers_evaluation import sphere_piece, sphere_skull
from helpers_head import OUTER_MM, cap_area_cm2

from SkullRestoreLib.evaluation.cases.ground_truth import measure_ground_truth


@pytest.fixture(scope="module")
def skull():
    return sphere_skull()


@pytest.mark.slow
@pytest.mark.parametrize("degrees", [17.0, 25.0, 38.0])
def test_the_area_of_a_round_hole_is_right_to_half_a_percent(skull, degrees):
    truth = measure_ground_truth(skull, sphere_piece(skull, degrees))
    assert truth.area_cm2 == pytest.approx(cap_area_cm2(degrees), rel=0.005)


def test_an_area_does_not_depend_on_how_the_hole_lies_to_the_voxels(skull):
    truth = measure_ground_truth(skull, sphere_piece(skull, 20.0, (0.35, -0.2, 1.0)))
    assert truth.area_cm2 == pytest.approx(cap_area_cm2(20.0), rel=0.005)


def test_the_surface_is_the_intact_skulls_to_a_tenth_of_a_millimetre(skull):
    truth = measure_ground_truth(skull, sphere_piece(skull, 25.0))
    known = np.isfinite(truth.radius)
    off = np.linalg.norm(truth.table_points[known], axis=1) - OUTER_MM
    assert np.sqrt((off**2).mean()) < 0.1
    assert (
        (truth.normals[known] * truth.table_points[known]).sum(axis=1)
        / np.linalg.norm(truth.table_points[known], axis=1)
        > 0.99
    ).mean() > 0.99


def test_the_margin_runs_along_the_hole_and_nowhere_else(skull):
    truth = measure_ground_truth(skull, sphere_piece(skull, 25.0))
    angle = np.degrees(np.arccos(truth.margin[:, 2] / np.linalg.norm(truth.margin, axis=1)))
    assert np.abs(angle - 25.0).max() < 0.6  # under a millimetre
    turn = np.sort(np.arctan2(truth.margin[:, 1], truth.margin[:, 0]))
    assert np.diff(turn).max() < np.radians(2)


def test_the_margin_of_a_hole_that_leaves_the_vault_has_no_gap_where_its_wall_slants(skull):
    piece = sphere_piece(skull, 24.7) | (sphere_piece(skull, 25.0) & (_radius(skull) < OUTER_MM - 4))
    truth = measure_ground_truth(skull, piece, leaves_vault=True)
    assert np.isfinite(truth.radius[truth.missing_fraction > 0]).all()
    turn = np.sort(np.arctan2(truth.margin[:, 1], truth.margin[:, 0]))
    assert np.diff(turn).max() < np.radians(2)


def test_from_a_margin_to_bone_far_behind_it_there_is_neither_surface_nor_area():
    """As from the margin of an orbit to its roof, which is seen below it, 20 mm deeper."""
    skull = step_skull(20.0)
    truth = measure_ground_truth(skull, sphere_piece(skull, 25.0), leaves_vault=True)
    radius = np.linalg.norm(truth.table_points[truth.defect_mask], axis=1)
    depth = OUTER_MM - radius
    assert np.minimum(np.abs(depth), np.abs(depth - 20.0)).max() < 1
    half = cap_area_cm2(25.0) / 2
    assert truth.area_cm2 == pytest.approx(half + half * ((OUTER_MM - 20.0) / OUTER_MM) ** 2, rel=0.02)


def test_points_are_over_the_hole_or_next_to_it(skull):
    truth = measure_ground_truth(skull, sphere_piece(skull, 25.0))
    over, next_to, far = [0.0, 0.0, 90.0], [0.0, OUTER_MM * np.sin(0.5), OUTER_MM * np.cos(0.5)], [0.0, 0.0, -80.0]
    assert truth.over_defect(np.array([over, next_to, far])).tolist() == [True, False, False]


def test_a_piece_that_is_empty_or_does_not_reach_the_outer_table_is_refused(skull):
    with pytest.raises(ValueError, match="is empty"):
        measure_ground_truth(skull, np.zeros_like(skull.bone))
    inner = sphere_piece(skull, 25.0) & (_radius(skull) < OUTER_MM - 3)
    with pytest.raises(ValueError, match="reaches the outer table nowhere"):
        measure_ground_truth(skull, inner)


def step_skull(step_mm):
    """The spherical skull, of which one half is as much deeper."""
    skull = sphere_skull(spacing=0.8, box=((-62.0, -62.0, 20.0), (62.0, 62.0, 91.0)))
    i = np.arange(skull.bone.shape[2]) * skull.ijk_to_ras[0, 0] + skull.ijk_to_ras[0, 3]
    bone = skull.bone.copy()
    radius = _radius(skull)
    inner = (radius < OUTER_MM - step_mm) & (radius > OUTER_MM - step_mm - 6.0)
    bone[..., i > 0] = inner[..., i > 0]
    return replace(skull, bone=bone)


def _radius(skull):
    k, j, i = np.indices(skull.bone.shape, dtype=np.float32)
    m = skull.ijk_to_ras
    return np.sqrt((i * m[0, 0] + m[0, 3]) ** 2 + (j * m[1, 1] + m[1, 3]) ** 2 + (k * m[2, 2] + m[2, 3]) ** 2)
