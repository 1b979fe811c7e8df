"""Weigh rival head frames where all of the bone fits best: weighed poses and bone points in, ranked ones out.

The fit takes the vault alone, and an ordinary head for one of mean size (decision 0101). Face and base of a right frame
may then be 5 mm from where heads have theirs, in a short head or in one that is 6 % larger, and its surprisal comes
near to that of a wrong frame. Where all of the bone may move the frame, a right one finds its face and base, and a
wrong one has nothing to find (decision 0204).
"""

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from SkullRestoreLib.affine import apply_affine, degrees_between
from SkullRestoreLib.method_parameters import METHOD, PoseParameters
from SkullRestoreLib.pose.evidence import Candidate, MovedFrame, mean_surprisal
from SkullRestoreLib.records import Pose
from SkullRestoreLib.skull_model.atlas import HeadTemplate

_FITTED_POINTS = 2000
"""Bone points that are enough."""
_LEAST_POINTS = 50
"""With fewer in the head's part of the scan there is nothing to fit."""
_SAME_START_DEG = 5.0
"""Poses closer than this are moved to the same place."""
_MOST_STEPS = 40
"""Steps at most."""
_AT_REST_MM = 0.05
"""The steps end when one moves no point of the head by more than this."""


def weigh_with_all_bone(
    ranked: list[Candidate],
    points: NDArray[np.float64],
    template: HeadTemplate,
    *,
    parameters: PoseParameters = METHOD.pose,
) -> list[Candidate]:
    """Let all of the bone move the most likely pose and those that are nearly as likely, and rank them by it.

    Parameters
    ----------
    ranked
        Weighed poses, the most likely first.
    points
        (p, 3) float64, mm RAS: some points on all of the bone, in no order.
    template
        The mean head.
    parameters
        ``weighed_rival_mm``, ``judged_z_mm`` and ``judged_radius_mm`` of the bone that counts, and how far it may move
        a pose.

    Returns
    -------
    list of Candidate
        The same poses. Another one is the first where it explains all of the bone better by ``moved_margin``. They are
        not moved where the first has no rival and no more surprisal than a right one may have.
    """
    best = ranked[0]
    near = [k for k, one in enumerate(ranked) if one.doubt_mm - best.doubt_mm < parameters.weighed_rival_mm]
    turns = (degrees_between(best.pose.ras_to_head, ranked[k].pose.ras_to_head) for k in near)
    # the best is fitted further before its rivals are counted, and may turn by some degrees
    if max(turns) <= parameters.same_pose_deg / 2 and best.surprisal <= parameters.doubtful_surprisal:
        return ranked
    weighed = list(ranked)
    moved: list[Candidate] = []
    for number in near:
        one = ranked[number]
        twins = (m for m in moved if degrees_between(m.pose.ras_to_head, one.pose.ras_to_head) < _SAME_START_DEG)
        twin = next(twins, None)
        frame = _move_frame(one.pose, points, template, parameters) if twin is None else twin.moved
        weighed[number] = one._replace(moved=frame)
        moved.append(weighed[number])
    first = min(near, key=lambda k: _lead_in_surprisal(weighed[0], weighed[k], parameters))
    return [weighed[first], *weighed[:first], *weighed[first + 1 :]]


def _lead_in_surprisal(best: Candidate, other: Candidate, parameters: PoseParameters) -> float:
    """Surprisal of a moved pose less that of the best by the fit: below 0 where it is better by the margin."""
    assert best.moved is not None
    assert other.moved is not None
    if degrees_between(best.moved.rotation, other.moved.rotation) <= parameters.same_pose_deg:
        return 0.0
    return other.moved.surprisal - best.moved.surprisal + parameters.moved_margin


def _move_frame(
    pose: Pose, points: NDArray[np.float64], template: HeadTemplate, parameters: PoseParameters
) -> MovedFrame:
    """Rotate, shift and resize a pose until the bone is as near to common bone as it gets, and weigh it there."""
    placed = apply_affine(pose.ras_to_head, points[:_FITTED_POINTS]) / pose.size
    judged = (placed[:, 2] > parameters.judged_z_mm) & (np.linalg.norm(placed, axis=1) < parameters.judged_radius_mm)
    if np.count_nonzero(judged) < _LEAST_POINTS:
        return MovedFrame(pose.ras_to_head[:3, :3], np.inf)
    rotation, shift, growth = _move_to_common_bone(placed[judged], template, parameters)
    moved = growth * placed @ rotation.T + shift
    surprisal = float(mean_surprisal(moved, template, parameters))
    return MovedFrame(rotation @ pose.ras_to_head[:3, :3], surprisal)


def _move_to_common_bone(
    points: NDArray[np.float64], template: HeadTemplate, parameters: PoseParameters
) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
    """Rotation (3, 3), shift (3,) and growth that bring points (p, 3) to common bone, by Gauss-Newton steps.

    Each step may be some degrees and millimetres; all together may go any way, but the size stays near the start's.
    """
    rotation, shift, log_growth = np.eye(3), np.zeros(3), 0.0
    turn_sigma, shift_sigma, size_sigma = np.radians(parameters.step_deg), parameters.step_mm, parameters.size_sigma
    prior = np.array([turn_sigma] * 3 + [shift_sigma] * 3 + [size_sigma]) ** -2.0
    precision = 1 / (parameters.points_per_measurement * parameters.common_bone_mm**2)
    for _ in range(_MOST_STEPS):
        grown = np.exp(log_growth) * points @ rotation.T
        moved = grown + shift
        distance, slope = template.sample_distance(moved)
        is_near = distance <= max(np.percentile(distance, parameters.near_percent), parameters.near_mm)
        weight = precision * is_near / (1 + distance / parameters.common_bone_mm)
        jacobian = np.concatenate([np.cross(moved, slope), slope, (slope * grown).sum(axis=1)[:, None]], axis=1)
        weighted = (jacobian * weight[:, None]).T
        pull = weighted @ distance
        pull[6] += prior[6] * log_growth
        step = -np.linalg.solve(weighted @ jacobian + np.diag(prior), pull)
        turn = Rotation.from_rotvec(step[:3]).as_matrix()
        rotation, shift, log_growth = turn @ rotation, turn @ shift + step[3:6], log_growth + float(step[6])
        if np.linalg.norm(step[3:6]) + 100 * (np.linalg.norm(step[:3]) + abs(step[6])) < _AT_REST_MM:
            break
    return rotation, shift, float(np.exp(log_growth))
