"""Rays through spherical shells of known radii."""

import numpy as np
import pytest
from helpers_rays import shell_bone
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import map_coordinates
from scipy.spatial.transform import Rotation

from SkullRestoreLib.affine import apply_affine
from SkullRestoreLib.geometry.icosphere import spherical_grid, vertex_count
from SkullRestoreLib.prediction.ray_tracing import (
    MAX_INTERVALS,
    MAX_RADIUS_MM,
    MIN_RADIUS_MM,
    SAMPLE_STEP_MM,
    bone_intervals,
    rays_at_level,
    trace_rays,
)
from SkullRestoreLib.records import Bone, Pose

LEVEL = 3
SHELL = ((70.0, 77.0),)
RADII = np.arange(0.0, 20.0, 0.5)


def pose(rotation=(0, 0, 0), centre=(0.0, 0.0, 0.0)):
    """Head frame with its origin at ``centre`` (mm RAS), turned by a rotation vector in degrees."""
    turn = Rotation.from_rotvec(rotation, degrees=True).as_matrix()
    matrix = np.eye(4)
    matrix[:3, :3], matrix[:3, 3] = turn, -turn @ np.asarray(centre)
    return Pose(matrix, 0.0, 1.0)


def the_only_intervals(rays, count):
    """Return the first ``count`` intervals of every ray, and assert that there are no others."""
    assert np.isfinite(rays.intervals[:, :count]).all()
    assert np.isnan(rays.intervals[:, count:]).all()
    return rays.intervals[:, :count]


def assert_close(actual, expected, tolerance):
    assert np.abs(actual - expected).max() < tolerance


@pytest.fixture(scope="module")
def bone():
    return shell_bone()


# a shell of known radii


def test_a_shell_has_one_interval_of_the_right_radii_on_every_ray(bone):
    assert_close(the_only_intervals(trace_rays(bone, pose((3, 4, 5)), level=LEVEL), 1)[:, 0], SHELL[0], 0.1)


def test_a_binary_mask_is_found_within_half_a_voxel(bone):
    mask = Bone(bone.mask.astype(np.uint8), 0.5, bone.mask, bone.ijk_to_ras)
    rays = the_only_intervals(trace_rays(mask, pose(), level=LEVEL), 1)[:, 0]
    assert_close(rays, SHELL[0], 1.5 * 0.87)
    assert_close(rays.mean(axis=0), SHELL[0], 0.15)


def test_two_shells_give_two_intervals_with_the_outermost_first():
    bone = shell_bone(((58.0, 63.0), (70.0, 77.0)))
    intervals = the_only_intervals(trace_rays(bone, pose((3, 4, 5)), level=LEVEL), 2)
    assert_close(intervals[:, 0], (70.0, 77.0), 0.1)
    assert_close(intervals[:, 1], (58.0, 63.0), 0.1)


@pytest.mark.slow
@settings(max_examples=12)
@given(
    st.tuples(*[st.floats(-180, 180)] * 3),
    st.tuples(*[st.floats(0.8, 2.5)] * 3),
    st.tuples(*[st.sampled_from([-1, 1])] * 3),
    st.permutations(range(3)),
    st.tuples(*[st.floats(-300, 300)] * 3),
)
def test_spacing_flipped_axes_axis_order_and_position_do_not_matter(turn, spacing, flips, order, centre):
    linear = Rotation.from_rotvec(turn, degrees=True).as_matrix() @ (np.diag(flips)[:, list(order)].astype(float))
    bone = shell_bone(spacing=spacing, linear=linear, centre=centre)
    assert_close(the_only_intervals(trace_rays(bone, pose((20, -30, 40), centre), level=2), 1)[:, 0], SHELL[0], 0.2)


def test_a_turned_head_frame_turns_what_the_rays_meet():
    # a second small ball of bone outside the shell, in front of the patient's right eye
    bone = shell_bone()
    k, j, i = np.meshgrid(*(np.arange(n) for n in bone.field.shape), indexing="ij")
    position = apply_affine(bone.ijk_to_ras, np.stack([i, j, k], axis=-1))
    towards = np.array([0.6, 0.8, 0.0])
    field = np.where(np.linalg.norm(position - 86 * towards, axis=-1) < 5, 1000, bone.field).astype(np.int16)
    bone = Bone(field, 300.0, field >= 300, bone.ijk_to_ras)
    turned = pose((25, 10, -60))
    rays = trace_rays(bone, turned, level=4)
    outermost = spherical_grid(4).directions[np.nanargmax(rays.intervals[:, 0, 1])]
    assert np.degrees(np.arccos(outermost @ (turned.ras_to_head[:3, :3] @ towards))) < 5


@settings(max_examples=10)
@given(st.tuples(*[st.floats(-8, 8)] * 3))
def test_rays_from_outside_the_middle_end_on_the_shell_too(centre):
    bone = shell_bone()
    rays = trace_rays(bone, pose((5, 6, 7), centre), level=2)
    ends = the_only_intervals(rays, 1)[:, 0]
    turn = pose((5, 6, 7)).ras_to_head[:3, :3]
    directions = spherical_grid(2).directions @ turn
    for k in (0, 1):
        assert_close(np.linalg.norm(centre + directions * ends[:, k : k + 1], axis=1), SHELL[0][k], 0.15)


def test_rays_meet_nothing_where_there_is_no_bone(bone):
    field = np.full_like(bone.field, -1000)
    assert np.isnan(trace_rays(Bone(field, 300.0, field >= 300, bone.ijk_to_ras), pose(), level=2).intervals).all()


def test_the_record_has_the_promised_shapes_and_types(bone):
    rays = trace_rays(bone, pose(), level=2)
    assert rays.level == 2
    assert rays.intervals.shape == (vertex_count(2), MAX_INTERVALS, 2)
    assert rays.intervals.dtype == rays.reach.dtype == np.float32


def test_a_coarser_level_has_the_same_intervals_on_the_rays_that_it_shares(bone):
    fine = trace_rays(bone, pose((3, 4, 5)), level=4)
    np.testing.assert_array_equal(
        rays_at_level(fine, 2).intervals, trace_rays(bone, pose((3, 4, 5)), level=2).intervals
    )
    assert rays_at_level(fine, 4) is fine


@pytest.mark.parametrize("spacing", [(0.5, 0.7, 0.9), (1.0, 1.5, 4.0)])
def test_air_that_is_not_sampled_changes_nothing(spacing):
    """Bricks without bone near are not sampled; the intervals are the same as with every sample."""
    shape = np.ceil(np.array([110.0, 90.0, 120.0]) / spacing[::-1]).astype(int)
    rng = np.random.default_rng(5)
    field = rng.normal(0, 60, shape).astype(np.int16)
    field[tuple(rng.integers(0, n, 9000) for n in shape)] = rng.integers(
        250, 1500, 9000
    )  # specks of one voxel, also at the edge
    turned, tilt = Rotation.from_rotvec([10, -25, 140], degrees=True).as_matrix(), np.eye(3)
    tilt[1, 2] = 0.3
    affine = np.eye(4)
    affine[:3, :3] = turned @ tilt @ np.diag(spacing)
    affine[:3, 3] = -affine[:3, :3] @ shape[::-1] / 2
    bone = Bone(field, 300.0, field >= 300, affine)
    turned_pose = pose((20, 30, 40), centre=(4.0, -6.0, 3.0))
    radii = np.arange(MIN_RADIUS_MM, MAX_RADIUS_MM, SAMPLE_STEP_MM)
    to_ijk = np.linalg.inv(affine) @ turned_pose.head_to_ras
    positions = to_ijk[:3, 3][:, None, None] + (spherical_grid(4).directions @ to_ijk[:3, :3].T).T[:, :, None] * radii
    every = map_coordinates(
        field, positions[::-1], order=1, output=np.float32, mode="constant", cval=bone.outside_value
    )
    expected = bone_intervals(every - np.float32(300.0), radii)
    assert np.isfinite(expected[:, 0, 0]).sum() > 200  # there is something to miss
    np.testing.assert_allclose(trace_rays(bone, turned_pose, level=4).intervals, expected, rtol=0, atol=1e-5)


# the edge of the scan


def test_reach_is_where_the_ray_leaves_the_image():
    bone = shell_bone(half_mm=(60.0, 75.0, 90.0), spacing=(1.0, 1.5, 2.0))
    rays = trace_rays(bone, pose(), level=LEVEL)
    half = np.array(bone.field.shape[::-1]) * [1.0, 1.5, 2.0] / 2
    expected = (half / np.maximum(np.abs(spherical_grid(LEVEL).directions), 1e-9)).min(axis=1)
    assert_close(rays.reach, np.minimum(expected, MAX_RADIUS_MM), 0.01)


def test_bone_that_leaves_the_scan_ends_at_its_edge():
    bone = shell_bone(((60.1, 85.1),), half_mm=(92.0, 92.0, 70.0), spacing=(1.0, 1.0, 1.0))
    rays = trace_rays(bone, pose(), level=LEVEL)
    up = np.argmax(spherical_grid(LEVEL).directions[:, 2])
    assert rays.reach[up] == pytest.approx(70.5, abs=0.01)
    assert_close(rays.intervals[up, 0], (60.1, 70.5), 0.6)
    side = np.argmax(spherical_grid(LEVEL).directions[:, 0])
    assert_close(rays.intervals[side, 0], (60.1, 85.1), 0.1)


def test_a_centre_outside_the_scan_has_rays_without_reach(bone):
    rays = trace_rays(bone, pose(centre=(0.0, 0.0, 200.0)), level=2)
    assert np.isfinite(rays.reach).all()
    assert rays.reach.min() == 0


# crossings of a profile


def profile(*bones):
    """Profile (1, s): 1 inside the given (from, to) pairs of sample numbers, -1 elsewhere."""
    out = np.full((1, len(RADII)), -1.0, dtype=np.float32)
    for start, stop in bones:
        out[0, start:stop] = 1.0
    return out


def test_ends_are_half_way_between_samples_of_equal_size():
    intervals = bone_intervals(profile((10, 14)), RADII)
    np.testing.assert_allclose(intervals[0, 0], [RADII[9] + 0.25, RADII[13] + 0.25])
    assert np.isnan(intervals[0, 1:]).all()


@given(st.floats(-900, -1), st.floats(1, 900))
def test_ends_are_where_the_line_between_two_samples_is_zero(low, high):
    values = np.full((1, len(RADII)), low, dtype=np.float32)
    values[0, 10:14] = high
    part = -low / (high - low)
    np.testing.assert_allclose(
        bone_intervals(values, RADII)[0, 0], [RADII[9] + 0.5 * part, RADII[13] + 0.5 * (1 - part)], atol=1e-5
    )


def test_an_end_exactly_on_a_sample_is_that_sample():
    values = profile((10, 14))
    values[0, 10] = values[0, 13] = 0.0
    np.testing.assert_allclose(bone_intervals(values, RADII)[0, 0], [RADII[10], RADII[13]])


def test_exactly_at_the_threshold_is_bone():
    values = profile((10, 14))
    values[0, 10:14] = 0.0
    intervals = bone_intervals(values, RADII)[0, 0]
    assert np.isfinite(intervals).all()
    assert RADII[9] <= intervals[0] <= RADII[10]
    assert RADII[13] <= intervals[1] <= RADII[14]


def test_bone_of_a_single_sample_is_an_interval():
    intervals = bone_intervals(profile((7, 8)), RADII)[0, 0]
    np.testing.assert_allclose(intervals, [RADII[6] + 0.25, RADII[7] + 0.25])


def test_bone_that_touches_the_last_sample_ends_there():
    intervals = bone_intervals(profile((30, len(RADII))), RADII)[0, 0]
    np.testing.assert_allclose(intervals, [RADII[29] + 0.25, RADII[-1]], atol=0.26)


def test_bone_that_touches_the_first_sample_begins_there():
    intervals = bone_intervals(profile((0, 5)), RADII)[0, 0]
    np.testing.assert_allclose(intervals, [RADII[0], RADII[4] + 0.25], atol=0.26)


def test_bone_everywhere_is_one_interval():
    intervals = bone_intervals(np.ones((1, len(RADII)), np.float32), RADII)
    assert np.isfinite(intervals[0, 0]).all()
    assert np.isnan(intervals[0, 1:]).all()


def test_no_bone_is_no_interval():
    assert np.isnan(bone_intervals(profile(), RADII)).all()


def test_of_more_than_six_intervals_the_outermost_six_are_kept():
    intervals = bone_intervals(profile(*((k, k + 1) for k in range(2, 34, 4))), RADII)[0]
    assert np.isfinite(intervals).all()
    np.testing.assert_allclose(intervals[:, 0], RADII[[29, 25, 21, 17, 13, 9]] + 0.25)


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
    intervals = bone_intervals(values, radii)
    for row, bones in zip(intervals, expected, strict=True):
        np.testing.assert_allclose(row[: len(bones)], np.reshape(bones, (-1, 2)))
        assert np.isnan(row[len(bones) :]).all()


def test_the_rays_reach_from_the_brain_beyond_the_largest_head():
    assert MIN_RADIUS_MM < 30
    assert MAX_RADIUS_MM > 125
    assert SAMPLE_STEP_MM <= 0.5
