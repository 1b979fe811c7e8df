"""Weigh head frames by what all of the bone says: fitted poses in, the most likely one and its rivals out.

With much of the vault gone, what is left fits the mean head's vault in several ways, back to front among them. Face,
orbits, petrous bones, foramen magnum and the floor of the skull do not: in a wrong frame they lie where heads have no
bone, inside the brain or in front of the face. So every frame is weighed by how often the skulls that the mean head was
made of have bone where this frame puts it. The best frame is compared with its rivals, and where one of them is nearly
as likely, that is said (decision 0100).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from SkullRestoreLib.affine import apply_affine, degrees_between
from SkullRestoreLib.method_parameters import METHOD, PoseParameters
from SkullRestoreLib.pose.position import nearest_position, position_in_words
from SkullRestoreLib.records import Pose
from SkullRestoreLib.skull_model.atlas import HeadTemplate

NOT_CERTAIN = (
    "The head frame could not be made certain on the bone that is left: check front, back and sides in the pictures; "
    "if they are wrong, give the position of the head, such as AS (--pose AS)."
)
"""Of a frame that may be wrong, where no other position can be named."""


class Start(NamedTuple):
    """Where a fit begins: head = rotation @ RAS + shift."""

    rotation: NDArray[np.float64]  # (3, 3)
    shift: NDArray[np.float64]  # (3,), mm
    size: float  # of the head, as a multiple of the mean head's


class MovedFrame(NamedTuple):
    """Where all of the bone moves a pose (:mod:`SkullRestoreLib.pose.bone_fit`)."""

    rotation: NDArray[np.float64]  # (3, 3), RAS to head
    surprisal: float


class Candidate(NamedTuple):
    """A fitted pose, and how rarely heads have bone where it puts the bone."""

    pose: Pose
    surprisal: float
    doubt_mm: float  # less is better
    moved: MovedFrame | None = None  # of the most likely pose and of those nearly as likely, where there are any


def weigh_pose(
    pose: Pose, points: NDArray[np.float64], template: HeadTemplate, *, parameters: PoseParameters = METHOD.pose
) -> Candidate:
    """Weigh one pose.

    Parameters
    ----------
    pose
        As fitted.
    points
        (p, 3) float64, mm RAS: some points on all of the bone.
    template
        The mean head.
    parameters
        Of this step.

    Returns
    -------
    Candidate
        With an infinite doubt where the fit failed.
    """
    if not np.isfinite(pose.residual_mm):
        return Candidate(pose, np.inf, np.inf)
    surprisal = float(mean_surprisal(apply_affine(pose.ras_to_head, points) / pose.size, template, parameters))
    return Candidate(pose, surprisal, pose_misfit(pose) + parameters.mm_per_surprisal * surprisal)


def mean_surprisal(
    points: NDArray[np.float64], template: HeadTemplate, parameters: PoseParameters
) -> NDArray[np.float64]:
    """Find how rarely heads have bone where this one has it: the mean of -log of the frequency.

    Parameters
    ----------
    points
        (..., p, 3) float64, mm in the head frame, for a head of the template's size.
    template
        The mean head.
    parameters
        ``judged_z_mm`` and ``judged_radius_mm``: further down and out there may be anything, neck, jaw or table.

    Returns
    -------
    ndarray
        (...) float64; infinite where no point is judged.
    """
    judged = (points[..., 2] > parameters.judged_z_mm) & (
        np.einsum("...i,...i->...", points, points) < parameters.judged_radius_mm**2
    )
    index = np.rint((points - template.origin_mm) / template.spacing_mm).astype(int)
    size = np.array(template.occupancy.shape[::-1])
    inside: NDArray[np.bool_] = np.asarray(((index >= 0) & (index < size)).all(axis=-1))
    x, y, z = np.moveaxis(np.clip(index, 0, size - 1), -1, 0)
    frequency = np.where(inside, template.occupancy[z, y, x], 0.0)
    count = judged.sum(axis=-1)
    total = np.where(judged, -np.log(frequency + 0.01), 0.0).sum(axis=-1)
    return np.where(count > 0, total / np.maximum(count, 1), np.inf)


def pose_misfit(pose: Pose) -> float:
    """Residual over coverage, mm for a head of mean size.

    Parameters
    ----------
    pose
        As fitted.

    Examples
    --------
    >>> pose_misfit(Pose(np.eye(4), 2.0, 0.8))
    2.5
    """
    return pose.residual_mm / pose.size / max(pose.coverage, 0.05)


def is_usual(candidate: Candidate, parameters: PoseParameters) -> bool:
    """Whether a pose fits as those of most heads do, so that no better one need be looked for.

    Parameters
    ----------
    candidate
        A fitted pose.
    parameters
        ``good_fit_mm``, ``enough_coverage`` and ``usual_surprisal``.
    """
    pose = candidate.pose
    return (
        pose.residual_mm <= pose.size * parameters.good_fit_mm
        and pose.coverage >= parameters.enough_coverage
        and candidate.surprisal < parameters.usual_surprisal
    )


def find_doubts(
    ranked: list[Candidate], *, position_given: bool = False, parameters: PoseParameters = METHOD.pose
) -> tuple[str, ...]:
    """Say why the most likely pose may be wrong.

    Parameters
    ----------
    ranked
        Weighed poses, the most likely first.
    position_given
        Whether the user said how the head is placed: other positions are no rivals then.
    parameters
        How much better it must be than any other.

    Returns
    -------
    tuple of str
        A sentence each; empty where there is no doubt.
    """
    best = ranked[0]
    findings: list[str] = []
    rival = next((one for one in ranked[1:] if is_rival(best, one, parameters)), None)
    surprisal = best.moved.surprisal if best.moved else best.surprisal
    position = nearest_position(best.pose.ras_to_head[:3, :3])
    if rival is not None and not position_given:
        other = nearest_position(rival.pose.ras_to_head[:3, :3])
        findings.append(NOT_CERTAIN if other == position else _placed_otherwise(other))
    elif surprisal > parameters.doubtful_surprisal or _is_moved_far(best, parameters):
        findings.append(NOT_CERTAIN if best.surprisal <= parameters.doubtful_surprisal else _bone_elsewhere(position))
    if best.pose.residual_mm > best.pose.size * parameters.trusted_residual_mm:
        findings.append(
            f"The head fits the average head poorly ({best.pose.residual_mm:.1f} mm): "
            "check the orientation before trusting the result."
        )
    return tuple(findings)


def is_rival(best: Candidate, other: Candidate, parameters: PoseParameters = METHOD.pose) -> bool:
    """Whether another pose is nearly as likely as the best, or more so.

    Parameters
    ----------
    best, other
        Weighed poses.
    parameters
        ``same_pose_deg``, and the margin: ``moved_margin`` where all of the bone has moved both, else
        ``rival_margin_mm``.
    """
    if best.moved is None or other.moved is None:
        return (
            degrees_between(best.pose.ras_to_head, other.pose.ras_to_head) > parameters.same_pose_deg
            and other.doubt_mm - best.doubt_mm < parameters.rival_margin_mm
        )
    return (
        degrees_between(best.moved.rotation, other.moved.rotation) > parameters.same_pose_deg
        and other.moved.surprisal - best.moved.surprisal < parameters.moved_margin
    )


def _is_moved_far(best: Candidate, parameters: PoseParameters) -> bool:
    if best.moved is None:
        return False
    return degrees_between(best.moved.rotation, best.pose.ras_to_head) > parameters.same_pose_deg


def _bone_elsewhere(position: str) -> str:
    return (
        f"The head may be recognised wrongly: with {position_in_words(position)}, bone is where heads have none. "
        "Check front, back and sides in the pictures; if they are wrong, give the position of the head, such as "
        "AS (--pose AS)."
    )


def _placed_otherwise(position: str) -> str:
    return (
        f"It is not certain how the head is placed: with {position_in_words(position)}, the bone fits nearly as "
        "well. Check front, back and sides in the pictures; if they are wrong, give the position of the head: "
        f"{position} (--pose {position})."
    )
