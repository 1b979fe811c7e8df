"""The head frame of a head with a hole: where it would be if nothing were missing."""

from dataclasses import replace

import numpy as np
import pytest
from helpers_rays import intervals_of, small_model
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from SkullRestoreLib.case import Pose, RadialMap
from SkullRestoreLib.grid import grid, interpolate, vertex_count
from SkullRestoreLib.rigid import Loose, settle

LEVEL = 4
SIDE = np.array([0.9, 0.1, 0.42])
HOLE = grid(LEVEL).directions @ SIDE / np.linalg.norm(SIDE) > 0.75


@pytest.fixture(scope="module")
def model():
    """Longer than wide and higher behind, as heads are: a round one could not say how it is turned."""
    plain, d = small_model(LEVEL), grid(LEVEL).directions
    form = 9 * d[:, 1] ** 2 - 7 * d[:, 0] ** 2 - 6 * d[:, 1] * d[:, 2]
    return replace(plain, mean=plain.mean + form[:, None])


def rigid(turn_deg, shift_mm):
    made = np.eye(4)
    made[:3, :3], made[:3, 3] = Rotation.from_rotvec(turn_deg, degrees=True).as_matrix(), shift_mm
    return made


def seen_in(frame, tables):
    """Tables (n, 2) of a head as they are in another frame ((4, 4), head to that frame): where each ray meets the moved surface."""
    back, out = np.linalg.inv(frame), np.zeros_like(tables)
    for k in (0, 1):
        r = tables[:, k].copy()
        for _ in range(30):
            at = (grid(LEVEL).directions * r[:, None]) @ back[:3, :3].T + back[:3, 3]
            r *= interpolate(tables[:, k], at) / np.linalg.norm(at, axis=1)
        out[:, k] = r
    return out


def rays(frame, tables, hole=HOLE):
    intervals = intervals_of(seen_in(frame, tables))
    intervals[hole] = np.nan
    return RadialMap(LEVEL, intervals, np.full(vertex_count(LEVEL), 130.0, np.float32))


def off(frame):
    """How far points of the vault are moved by what is left, mm, on average."""
    at = 85 * grid(2).directions
    return float(np.linalg.norm(at @ frame[:3, :3].T + frame[:3, 3] - at, axis=1).mean())


def found(frame, model, hole=HOLE):
    """Settle a frame that is off by ``frame``; what is left of it."""
    head = Pose(frame, 2.0, 0.8)
    return settle(head, lambda at: rays(at.ras_to_head, model.mean, hole), model)


@settings(max_examples=8)
@given(st.tuples(*[st.floats(-3, 3)] * 3), st.tuples(*[st.floats(-3, 3)] * 3))
def test_a_frame_that_leans_is_put_upright_with_a_third_of_the_vault_missing(model, turn, shift):
    wrong = rigid(turn, shift)
    left = off(found(wrong, model).ras_to_head)
    assert left < max(0.35 * off(wrong), 0.5)


def test_a_frame_that_is_right_stays(model):
    assert off(found(np.eye(4), model).ras_to_head) < 0.3


def test_a_whole_head_of_another_shape_is_hardly_moved(model):
    other = model.tables(np.array([1.0, -1.0, 0.5, 0.5, -0.5, 0.5]))
    motion = Loose(model).motion(intervals_of(other))
    assert off(motion) < 1.5


def test_what_is_known_of_the_frame_is_kept(model):
    made = found(rigid((2, 0, 0), (0, 0, 1)), model)
    assert (made.residual_mm, made.coverage) == (2.0, 0.8)
    np.testing.assert_allclose(made.ras_to_head[:3, :3] @ made.ras_to_head[:3, :3].T, np.eye(3), atol=1e-9)


def test_a_motion_that_no_frame_can_be_off_by_is_not_believed(model):
    head = Pose(np.eye(4), 2.0, 0.8)
    far = seen_in(rigid((0, 0, 0), (0, 12.0, 0)), model.mean)

    def trace(at):
        # the same far head in every frame: the motions of the rounds add up
        return RadialMap(LEVEL, intervals_of(far), np.full(vertex_count(LEVEL), 130.0, np.float32))

    assert settle(head, trace, model) is head
