"""Defects that leave the vault: where they are, what they take with them, and what the truth of them is."""

from dataclasses import replace

import numpy as np
import pytest
from helpers_evaluation import sphere_piece, sphere_skull

from SkullRestoreLib.evaluation.cases.base_defects import BASE_DEFECT_NAMES, cut_base_defect, cut_outermost
from SkullRestoreLib.evaluation.cases.ground_truth import measure_ground_truth
from SkullRestoreLib.evaluation.cases.random_cases import DEFECT_SETS

FRONT, LOW = np.array([0.0, 1.0, 0.0]), -0.1


@pytest.fixture(scope="module")
def skull():
    return sphere_skull(spacing=1.6, box=((-92.0,) * 3, (92.0,) * 3))


@pytest.fixture(scope="module")
def middles(skull):
    """Mean direction of what each kind removes."""
    found = {}
    for k, kind in enumerate(BASE_DEFECT_NAMES):
        piece = cut_base_defect(kind, np.random.default_rng([5, k]), skull)
        assert piece.any()
        assert not (piece & ~skull.bone).any()
        mean = skull.voxel_points[piece.ravel()[skull.voxel_indices]].mean(axis=0)
        found[kind] = mean / np.linalg.norm(mean)
    return found


def test_every_kind_takes_its_turn_in_a_cohort_to_the_base():
    assert DEFECT_SETS["base"] == BASE_DEFECT_NAMES


def test_brows_are_in_front_and_suboccipital_holes_behind_and_below(middles):
    assert middles["bifrontal with the brow"] @ FRONT > 0.9
    assert middles["suboccipital"] @ FRONT < -0.6
    assert middles["suboccipital"][2] < middles["mastoid"][2] < LOW
    assert abs(middles["squama to the base"][0]) > 0.9


def test_the_same_seed_cuts_the_same_hole_and_another_seed_another(skull):
    first, again, other = (cut_base_defect("mastoid", np.random.default_rng(seed), skull) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_an_unknown_kind_is_refused_with_the_known_ones(skull):
    with pytest.raises(ValueError, match=r"brow.*mastoid"):
        cut_base_defect("nose", np.random.default_rng(0), skull)


def test_no_more_than_the_depth_is_removed_below_the_outermost_bone(skull):
    piece = cut_outermost(skull, (90.0, 20.0), (20.0, 15.0), 2.0, np.random.default_rng(0))
    of_piece = piece.ravel()[skull.voxel_indices]
    assert of_piece.any()
    assert skull.voxel_radii[of_piece].min() > skull.voxel_radii.max() - 4.5


def test_bone_that_only_the_removed_bone_held_is_removed_with_it(skull):
    piece = cut_base_defect("squama to the base", np.random.default_rng(3), skull)
    cut = np.argwhere(piece)
    inwards = np.argwhere(skull.bone).mean(axis=0) - cut.mean(axis=0)
    spike = np.rint(cut.mean(axis=0) + np.linspace(0, 0.4, 120)[:, None] * inwards).astype(int)
    with_spike = replace(skull, bone=skull.bone.copy())
    with_spike.bone[tuple(spike.T)] = True
    cut_too = cut_base_defect("squama to the base", np.random.default_rng(3), with_spike)
    assert cut_too[tuple(spike.T)].all()


def test_past_the_vault_the_truth_is_the_outermost_bone_whatever_was_expected():
    skull = sphere_skull()
    piece = sphere_piece(skull, 20.0)
    # tables that are 15 mm off, and no vault at all
    lost = replace(skull, tables=skull.tables - 15.0, vault=np.zeros_like(skull.vault))
    seen = measure_ground_truth(lost, piece, leaves_vault=True)
    assert seen.area_cm2 == pytest.approx(measure_ground_truth(skull, piece).area_cm2, rel=0.02)
