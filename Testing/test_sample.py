"""Rays through shells whose radii are known."""

import numpy as np
import pytest
from helpers_rays import shell_bone
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import map_coordinates
from scipy.spatial.transform import Rotation

from SkullRestoreLib.case import Bone, Pose
from SkullRestoreLib.grid import grid, vertex_count
from SkullRestoreLib.sample import FAR_MM, MAX_INTERVALS, NEAR_MM, STEP_MM, crossings, to_level, trace

LEVEL = 3
SHELL = ((70.0, 77.0),)
RADII = np.arange(0.0, 20.0, 0.5)


def pose(rotation=(0, 0, 0), centre=(0.0, 0.0, 0.0)):
    """Head frame with its origin at ``centre`` (mm RAS), turned by a rotation vector in degrees."""
    turn = Rotation.from_rotvec(rotation, degrees=True).as_matrix()
    matrix = np.eye(4)
    matrix[:3, :3], matrix[:3, 3] = turn, -turn @ np.asarray(centre)
    return Pose(matrix, 0.0, 1.0)


def only(radial, count):
    """The first ``count`` intervals of every ray; there must be no other."""
    assert np.isfinite(radial.intervals[:, :count]).all()
    assert np.isnan(radial.intervals[:, count:]).all()
    return radial.intervals[:, :count]


def within(made, expected, tolerance):
    assert np.abs(made - expected).max() < tolerance


@pytest.fixture(scope="module")
def bone():
    return shell_bone()


# a shell of known radii


def test_a_shell_has_one_interval_of_the_right_radii_on_every_ray(bone):
    within(only(trace(bone, pose((3, 4, 5)), level=LEVEL), 1)[:, 0], SHELL[0], 0.1)


def test_a_binary_mask_is_found_within_half_a_voxel(bone):
    mask = Bone(bone.mask.astype(np.uint8), 0.5, bone.mask, bone.ijk_to_ras)
    radial = only(trace(mask, pose(), level=LEVEL), 1)[:, 0]
    within(radial, SHELL[0], 1.5 * 0.87)
    within(radial.mean(axis=0), SHELL[0], 0.15)


def test_two_shells_give_two_intervals_with_the_outermost_first():
    bone = shell_bone(((58.0, 63.0), (70.0, 77.0)))
    made = only(trace(bone, pose((3, 4, 5)), level=LEVEL), 2)
    within(made[:, 0], (70.0, 77.0), 0.1)
    within(made[:, 1], (58.0, 63.0), 0.1)


@settings(max_examples=12)
@given(
    st.tuples(*[st.floats(-180, 180)] * 3),
    st.tuples(*[st.floats(0.8, 2.5)] * 3),
    st.tuples(*[st.sampled_from([-1, 1])] * 3),
    st.permutations(range(3)),
    st.tuples(*[st.floats(-300, 300)] * 3),
)
def test_spacing_flipped_axes_axis_order_and_place_do_not_matter(turn, spacing, flips, order, centre):
    linear = Rotation.from_rotvec(turn, degrees=True).as_matrix() @ (np.diag(flips)[:, list(order)].astype(float))
    bone = shell_bone(spacing=spacing, linear=linear, centre=centre)
    within(only(trace(bone, pose((20, -30, 40), centre), level=2), 1)[:, 0], SHELL[0], 0.2)


def test_a_turned_head_frame_turns_what_the_rays_see():
    # a second small ball of bone outside the shell, in front of the patient's right eye
    bone = shell_bone()
    k, j, i = np.meshgrid(*(np.arange(n) for n in bone.field.shape), indexing="ij")
    place = np.stack([i, j, k], axis=-1) @ bone.ijk_to_ras[:3, :3].T + bone.ijk_to_ras[:3, 3]
    towards = np.array([0.6, 0.8, 0.0])
    field = np.where(np.linalg.norm(place - 86 * towards, axis=-1) < 5, 1000, bone.field).astype(np.int16)
    bone = Bone(field, 300.0, field >= 300, bone.ijk_to_ras)
    turned = pose((25, 10, -60))
    radial = trace(bone, turned, level=4)
    seen = grid(4).directions[np.nanargmax(radial.intervals[:, 0, 1])]
    assert np.degrees(np.arccos(seen @ (turned.ras_to_head[:3, :3] @ towards))) < 5


@settings(max_examples=10)
@given(st.tuples(*[st.floats(-8, 8)] * 3))
def test_from_off_the_middle_the_ends_still_lie_on_the_shell(centre):
    bone = shell_bone()
    radial = trace(bone, pose((5, 6, 7), centre), level=2)
    ends = only(radial, 1)[:, 0]
    turn = pose((5, 6, 7)).ras_to_head[:3, :3]
    rays = grid(2).directions @ turn
    for k in (0, 1):
        within(np.linalg.norm(centre + rays * ends[:, k : k + 1], axis=1), SHELL[0][k], 0.15)


def test_rays_see_nothing_where_there_is_no_bone(bone):
    field = np.full_like(bone.field, -1000)
    assert np.isnan(trace(Bone(field, 300.0, field >= 300, bone.ijk_to_ras), pose(), level=2).intervals).all()


def test_the_record_has_the_promised_shapes_and_types(bone):
    radial = trace(bone, pose(), level=2)
    assert radial.level == 2
    assert radial.intervals.shape == (vertex_count(2), MAX_INTERVALS, 2)
    assert radial.intervals.dtype == radial.reach.dtype == np.float32


def test_a_coarser_level_sees_the_same_on_the_rays_that_it_shares(bone):
    fine = trace(bone, pose((3, 4, 5)), level=4)
    np.testing.assert_array_equal(to_level(fine, 2).intervals, trace(bone, pose((3, 4, 5)), level=2).intervals)
    assert to_level(fine, 4) is fine


@pytest.mark.parametrize("spacing", [(0.5, 0.7, 0.9), (1.0, 1.5, 4.0)])
def test_air_that_is_passed_over_changes_nothing(spacing):
    """Bricks without bone near are not sampled: the intervals are those of every sample, to the bit."""
    shape = np.ceil(np.array([110.0, 90.0, 120.0]) / spacing[::-1]).astype(int)
    rng = np.random.default_rng(5)
    field = rng.normal(0, 60, shape).astype(np.int16)
    field[tuple(rng.integers(0, n, 9000) for n in shape)] = rng.integers(250, 1500, 9000)  # specks of one voxel, everywhere and at the edge
    turned, tilt = Rotation.from_rotvec([10, -25, 140], degrees=True).as_matrix(), np.eye(3)
    tilt[1, 2] = 0.3
    affine = np.eye(4)
    affine[:3, :3] = turned @ tilt @ np.diag(spacing)
    affine[:3, 3] = -affine[:3, :3] @ shape[::-1] / 2
    bone = Bone(field, 300.0, field >= 300, affine)
    head = pose((20, 30, 40), centre=(4.0, -6.0, 3.0))
    radii = np.arange(NEAR_MM, FAR_MM, STEP_MM)
    to_ijk = np.linalg.inv(affine) @ head.head_to_ras
    at = to_ijk[:3, 3][:, None, None] + (grid(4).directions @ to_ijk[:3, :3].T).T[:, :, None] * radii
    every = map_coordinates(field, at[::-1], order=1, output=np.float32, mode="constant", cval=bone.outside)
    expected = crossings(every - np.float32(300.0), radii)
    assert np.isfinite(expected[:, 0, 0]).sum() > 200  # there is something to miss
    np.testing.assert_array_equal(trace(bone, head, level=4).intervals, expected)


# the edge of the scan


def test_reach_is_where_the_ray_leaves_the_image():
    bone = shell_bone(half_mm=(60.0, 75.0, 90.0), spacing=(1.0, 1.5, 2.0))
    radial = trace(bone, pose(), level=LEVEL)
    half = np.array(bone.field.shape[::-1]) * [1.0, 1.5, 2.0] / 2
    expected = (half / np.maximum(np.abs(grid(LEVEL).directions), 1e-9)).min(axis=1)
    within(radial.reach, np.minimum(expected, FAR_MM), 0.01)


def test_bone_that_leaves_the_scan_ends_at_its_edge():
    bone = shell_bone(((60.1, 85.1),), half_mm=(92.0, 92.0, 70.0), spacing=(1.0, 1.0, 1.0))
    radial = trace(bone, pose(), level=LEVEL)
    up = np.argmax(grid(LEVEL).directions[:, 2])
    assert radial.reach[up] == pytest.approx(70.5, abs=0.01)
    within(radial.intervals[up, 0], (60.1, 70.5), 0.6)
    side = np.argmax(grid(LEVEL).directions[:, 0])
    within(radial.intervals[side, 0], (60.1, 85.1), 0.1)


def test_a_centre_outside_the_scan_has_rays_without_reach(bone):
    radial = trace(bone, pose(centre=(0.0, 0.0, 200.0)), level=2)
    assert np.isfinite(radial.reach).all()
    assert radial.reach.min() == 0


# crossings of a profile


def profile(*bones):
    """Profile that is 1 inside the given (from, to) pairs of sample numbers and -1 elsewhere: (1, s)."""
    out = np.full((1, len(RADII)), -1.0, dtype=np.float32)
    for start, stop in bones:
        out[0, start:stop] = 1.0
    return out


def test_ends_lie_half_way_between_samples_of_equal_size():
    made = crossings(profile((10, 14)), RADII)
    np.testing.assert_allclose(made[0, 0], [RADII[9] + 0.25, RADII[13] + 0.25])
    assert np.isnan(made[0, 1:]).all()


@given(st.floats(-900, -1), st.floats(1, 900))
def test_ends_lie_where_the_line_between_two_samples_is_zero(low, high):
    values = np.full((1, len(RADII)), low, dtype=np.float32)
    values[0, 10:14] = high
    part = -low / (high - low)
    np.testing.assert_allclose(crossings(values, RADII)[0, 0], [RADII[9] + 0.5 * part, RADII[13] + 0.5 * (1 - part)], atol=1e-5)


def test_an_end_exactly_on_a_sample_is_that_sample():
    values = profile((10, 14))
    values[0, 10] = values[0, 13] = 0.0
    np.testing.assert_allclose(crossings(values, RADII)[0, 0], [RADII[10], RADII[13]])


def test_exactly_at_the_threshold_is_bone():
    values = profile((10, 14))
    values[0, 10:14] = 0.0
    made = crossings(values, RADII)[0, 0]
    assert np.isfinite(made).all()
    assert RADII[9] <= made[0] <= RADII[10]
    assert RADII[13] <= made[1] <= RADII[14]


def test_bone_of_a_single_sample_is_an_interval():
    made = crossings(profile((7, 8)), RADII)[0, 0]
    np.testing.assert_allclose(made, [RADII[6] + 0.25, RADII[7] + 0.25])


def test_bone_that_touches_the_last_sample_ends_there():
    made = crossings(profile((30, len(RADII))), RADII)[0, 0]
    np.testing.assert_allclose(made, [RADII[29] + 0.25, RADII[-1]], atol=0.26)


def test_bone_that_touches_the_first_sample_begins_there():
    made = crossings(profile((0, 5)), RADII)[0, 0]
    np.testing.assert_allclose(made, [RADII[0], RADII[4] + 0.25], atol=0.26)


def test_bone_everywhere_is_one_interval():
    made = crossings(np.ones((1, len(RADII)), np.float32), RADII)
    assert np.isfinite(made[0, 0]).all()
    assert np.isnan(made[0, 1:]).all()


def test_no_bone_is_no_interval():
    assert np.isnan(crossings(profile(), RADII)).all()


def test_of_more_than_six_intervals_the_outermost_six_are_kept():
    made = crossings(profile(*((k, k + 1) for k in range(2, 34, 4))), RADII)[0]
    assert np.isfinite(made).all()
    np.testing.assert_allclose(made[:, 0], RADII[[29, 25, 21, 17, 13, 9]] + 0.25)


runs = st.lists(st.integers(1, 4), min_size=2, max_size=12)


@given(st.lists(runs, min_size=1, max_size=6))
def test_every_ray_gets_its_own_intervals_in_order(rays):
    radii = np.arange(60.0)
    values = np.full((len(rays), 60), -1.0, dtype=np.float32)
    expected = []
    for row, lengths in zip(values, rays, strict=True):
        at, bones = 1, []
        for k, length in enumerate(lengths):
            if k % 2:
                row[at : at + length] = 1.0
                bones.append((at - 0.5, at + length - 0.5))
            at += length
        expected.append(bones[::-1][:MAX_INTERVALS])
    made = crossings(values, radii)
    for row, bones in zip(made, expected, strict=True):
        np.testing.assert_allclose(row[: len(bones)], np.reshape(bones, (-1, 2)))
        assert np.isnan(row[len(bones) :]).all()


def test_the_rays_reach_from_the_brain_beyond_the_largest_head():
    assert NEAR_MM < 30
    assert FAR_MM > 125
    assert STEP_MM <= 0.5
