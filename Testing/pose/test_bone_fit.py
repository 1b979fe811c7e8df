"""Rival head frames are compared where all of the bone fits best: a right one finds face and base, a wrong one none."""

import numpy as np
import pytest
from helpers_head import angle_between, rotation_about_axes

from SkullRestoreLib._system import resources
from SkullRestoreLib.pose.bone_fit import weigh_with_all_bone
from SkullRestoreLib.pose.evidence import find_doubts, weigh_pose
from SkullRestoreLib.records import Pose
from SkullRestoreLib.skull_model.atlas import load_atlas

BACK_TO_FRONT = rotation_about_axes((0, 0, 180))


@pytest.fixture(scope="module")
def template():
    return load_atlas(resources.weights_path("shape.safetensors")).template


@pytest.fixture(scope="module")
def large_head(template):
    """Points on the bone that most skulls have, in a head that is 7 % larger and nods by 5 degrees: its frame is still
    that of an ordinary one."""
    voxels = np.argwhere(template.occupancy > 0.5)[:, ::-1]
    points = 1.07 * (voxels * template.spacing_mm + template.origin_mm) @ rotation_about_axes((5, 0, 0))[:3, :3].T
    return np.random.default_rng(0).permutation(points)[:4000]


def weighed(matrix, points, template, *, worse_mm=0.0):
    """The pose of a matrix, ranked by so much behind another one."""
    return weigh_pose(Pose(matrix, 2.0, 0.9), points, template)._replace(doubt_mm=5.0 + worse_mm)


def test_a_head_of_another_size_is_as_usual_as_others_once_all_of_its_bone_may_move_it(large_head, template):
    (alone,) = weigh_with_all_bone([weighed(np.eye(4), large_head, template)], large_head, template)
    assert alone.surprisal > 0.9
    assert alone.moved.surprisal < 0.75
    assert find_doubts([alone]) == ()


def test_a_rival_that_the_bone_makes_no_likelier_is_none(large_head, template):
    right = weighed(np.eye(4), large_head, template)
    wrong = weighed(BACK_TO_FRONT, large_head, template, worse_mm=0.5)
    assert find_doubts([right, wrong])
    ranked = weigh_with_all_bone([right, wrong], large_head, template)
    assert ranked[0].pose is right.pose
    assert ranked[1].moved.surprisal > ranked[0].moved.surprisal + 0.3
    assert find_doubts(ranked) == ()


def test_the_right_frame_comes_first_where_a_vault_fits_as_well_back_to_front(large_head, template):
    wrong = weighed(BACK_TO_FRONT, large_head, template)
    right = weighed(np.eye(4), large_head, template, worse_mm=0.1)
    ranked = weigh_with_all_bone([wrong, right], large_head, template)
    assert ranked[0].pose is right.pose
    assert find_doubts(ranked) == ()


def test_two_starts_that_all_of_the_bone_moves_to_one_frame_are_no_rivals(large_head, template):
    tipped = weighed(rotation_about_axes((24, 0, 0)), large_head, template, worse_mm=1.0)
    ranked = weigh_with_all_bone([weighed(np.eye(4), large_head, template), tipped], large_head, template)
    assert find_doubts(ranked) == ()
    assert angle_between(Pose(ranked[1].pose.ras_to_head, 1, 1), ranked[0].pose.head_to_ras)[0] > 20


def test_a_frame_from_which_all_of_the_bone_moves_far_away_is_doubted(large_head, template):
    (alone,) = weigh_with_all_bone(
        [weighed(rotation_about_axes((0, 0, 32)), large_head, template)], large_head, template
    )
    (doubt,) = find_doubts([alone])
    assert "bone is where heads have none" in doubt


def test_starts_of_one_wrong_frame_are_no_rivals_of_the_right_one(large_head, template):
    wrong = [weighed(BACK_TO_FRONT, large_head, template, worse_mm=0.3 * k) for k in range(3)]
    right = weighed(np.eye(4), large_head, template, worse_mm=0.1)
    ranked = weigh_with_all_bone([*wrong, right], large_head, template)
    assert ranked[0].pose is right.pose
    assert find_doubts(ranked) == ()


def test_with_nothing_but_a_round_top_of_a_vault_a_rival_stays_one(template):
    directions = np.random.default_rng(0).normal(size=(20000, 3))
    directions /= np.linalg.norm(directions, axis=1)[:, None]
    cap = 80 * directions[directions[:, 2] > 0.5]
    right = weighed(np.eye(4), cap, template)
    turned = weighed(rotation_about_axes((0, 0, 90)), cap, template, worse_mm=0.5)
    assert find_doubts(weigh_with_all_bone([right, turned], cap, template))


def test_a_rival_that_the_last_fit_leaves_behind_is_known_to_be_none(large_head, template):
    """The best pose is fitted further after the rivals were weighed, here by 6 degrees away from one of them."""
    near = weighed(rotation_about_axes((16, 0, 0)), large_head / 1.07, template, worse_mm=1.0)
    best, *others = weigh_with_all_bone(
        [weighed(np.eye(4), large_head / 1.07, template), near], large_head / 1.07, template
    )
    fitted_further = best._replace(pose=Pose(rotation_about_axes((-6, 0, 0)), 2.0, 0.9))
    assert find_doubts([fitted_further, *others]) == ()


def test_a_usual_head_without_a_rival_is_not_moved(large_head, template):
    usual = weighed(np.eye(4), large_head / 1.07, template)
    far = weighed(BACK_TO_FRONT, large_head, template, worse_mm=4.0)
    ranked = weigh_with_all_bone([usual, far], large_head / 1.07, template)
    assert [one.moved for one in ranked] == [None, None]
