"""Correct a head frame for missing bone: rays and the shape model in, the frame of the intact head out.

A frame that is fitted to the remaining bone leans towards the hole. A third of the vault lost on one side turns it by
two or three degrees, and the prediction in that hole is then wrong by as many millimetres. The frame of the intact head
is wanted (decision 0011). The shape model gets six more modes, rotations and shifts of the mean head, so that the sound
bone decides in one fit what is another shape and what is another frame.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from SkullRestoreLib.affine import compose_affine, invert_affine
from SkullRestoreLib.geometry.icosphere import spherical_grid, values_at_level
from SkullRestoreLib.geometry.refined_mesh import vertex_normals
from SkullRestoreLib.method_parameters import METHOD, MethodParameters, RefinementParameters
from SkullRestoreLib.pose.evidence import NOT_CERTAIN
from SkullRestoreLib.records import Pose, RayMap
from SkullRestoreLib.skull_model.shape_model import ShapeModel

_VAULT_RADIUS_MM = 90.0
"""A point of the vault is about so far from the head's centre."""
_LEAST_LEFT, _MOST_LEFT = 0.15, 0.95
"""Parts of the distance that a round leaves: hardly ever less than the first, and not expected to be more."""
_LONGEST_STEP = 3.0
"""An extrapolated step is no longer than this times the motion that was found."""
_MOST_HELD_BACK = 0.5
"""Where less bone is left than holds a motion back by this part, the motion is not enlarged further."""


def refine_pose(
    pose: Pose, trace: Callable[..., RayMap], model: ShapeModel, *, parameters: MethodParameters = METHOD
) -> Pose:
    """Move a fitted head frame to where it would be if no bone were missing.

    Parameters
    ----------
    pose
        The frame as fitted to the bone.
    trace
        Traces the rays of a frame on the grid's ``level``.
    model
        The shape model.
    parameters
        Of the method.

    Returns
    -------
    Pose
        With the residual and the coverage of ``pose``, and a finding where so little bone is left that the frame is not
        certain. Where the correction would be over 20 degrees or 15 mm, ``pose`` with a finding.
    """
    limits = parameters.refinement
    movable, approach, refined = MovableShapeModel(model, parameters=parameters), _Approach(), pose
    error_deg = 0.0
    for number in range(limits.max_rounds):
        # the first step leaves a third of a degree, which a quarter of the rays shows as well
        used = movable.coarser() if number == 0 and limits.max_rounds > 1 else movable
        found, error_deg = used.find_motion(trace(refined, level=used.model.level).intervals / np.float32(pose.size))
        step = rigid_motion(approach.next_step(found), parameters=limits)
        step[:3, 3] *= pose.size
        refined = replace(refined, ras_to_head=step @ refined.ras_to_head)
        if approach.left() * _largest_movement_mm(rigid_motion(found, parameters=limits)) < limits.at_rest_mm:
            break
    motion = refined.ras_to_head @ pose.head_to_ras
    rotated, shifted = _rotation_degrees(motion), float(np.linalg.norm(motion[:3, 3]))
    if rotated >= limits.max_rotation_deg or shifted >= limits.max_shift_mm:
        return replace(pose, findings=(*pose.findings, NOT_CERTAIN))
    if error_deg > limits.doubtful_error_deg:
        doubt = (
            f"So little of the vault is left that the head frame is known to about {error_deg:.1f} degrees only: "
            "compare the restored surface with the other side of the head."
        )
        refined = replace(refined, findings=(*refined.findings, doubt))
    return refined


class _Approach:
    """Steps to the frame at rest, of which the rounds have ever smaller parts left.

    Each step is extrapolated from the last two rounds (Anderson 1965, with a memory of one): where a round leaves 0.8
    of the distance, twenty rounds become six.
    """

    def __init__(self) -> None:
        self._step, self._found = np.zeros(0), np.zeros(0)
        self._part_left = _MOST_LEFT

    def next_step(self, found: NDArray[np.float64]) -> NDArray[np.float64]:
        """Find the step from the motion (6,) that a round found; both in standard deviations."""
        step = found
        if len(self._found):
            ratio = float(np.linalg.norm(found)) / max(float(np.linalg.norm(self._found)), 1e-9)
            self._part_left = min(max(ratio, _LEAST_LEFT), _MOST_LEFT)
            change = found - self._found
            # far away the rounds are not near enough to linear
            if np.linalg.norm(self._step) < 1 and (length := float(change @ change)) > 0:
                extrapolated = found - (found @ change) / length * (self._step + change)
                longest = _LONGEST_STEP * float(np.linalg.norm(found))
                step = extrapolated if np.linalg.norm(extrapolated) <= longest else found
        self._step, self._found = step, found
        return step

    def left(self) -> float:
        """Estimate what is left after the last step, as a part of it."""
        return self._part_left / (1 - self._part_left)


def rigid_motion(
    found: NDArray[np.float64], *, parameters: RefinementParameters = METHOD.refinement
) -> NDArray[np.float64]:
    """Make a rigid motion from how many standard deviations it has.

    Parameters
    ----------
    found
        (6,), rotation about x, y, z, and shift along them, from :meth:`MovableShapeModel.find_motion`.
    parameters
        The standard deviations.

    Returns
    -------
    ndarray
        (4, 4) float64, to be applied after ``ras_to_head``.
    """
    turn = Rotation.from_rotvec(parameters.rotation_sigma_deg * found[:3], degrees=True).as_matrix()
    return invert_affine(compose_affine(turn, parameters.shift_sigma_mm * found[3:]))


def _largest_movement_mm(motion: NDArray[np.float64]) -> float:
    """By how much a motion moves any point of the vault at most."""
    return np.radians(_rotation_degrees(motion)) * _VAULT_RADIUS_MM + float(np.linalg.norm(motion[:3, 3]))


def _rotation_degrees(motion: NDArray[np.float64]) -> float:
    return float(np.degrees(Rotation.from_matrix(motion[:3, :3]).magnitude()))


class MovableShapeModel:
    """A shape model that may also be rotated and shifted.

    Parameters
    ----------
    model
        The shape model.
    parameters
        Of the method.
    """

    def __init__(self, model: ShapeModel, *, parameters: MethodParameters = METHOD) -> None:
        self.model, self.parameters = model, parameters

    def coarser(self) -> "MovableShapeModel":
        """Give the same model on the next coarser level, where each ray counts as much as four."""
        level, model = self.model.level - 1, self.model
        modes = np.moveaxis(values_at_level(np.moveaxis(model.modes, 0, -1), level), -1, 0)
        mean, sigma, vault = (values_at_level(each, level) for each in (model.mean, model.sigma, model.vault))
        rays = self.parameters.shape.rays_per_measurement / 4
        parameters = self.parameters.with_changes(shape={"rays_per_measurement": rays})
        coarse = replace(model, level=level, mean=mean, modes=modes, sigma=sigma, vault=vault)
        return MovableShapeModel(coarse, parameters=parameters)

    @cached_property
    def _model_with_motions(self) -> ShapeModel:
        motions = _motion_modes(self.model, self.parameters.refinement)
        movable = replace(self.model, modes=np.concatenate([self.model.modes, motions]))
        return movable.in_single_precision()

    def find_motion(self, intervals: NDArray[np.floating]) -> tuple[NDArray[np.float64], float]:
        """Find the rigid motion from a fitted frame to the frame of the intact head.

        Parameters
        ----------
        intervals
            (n, m, 2) float, mm, bone intervals on the model's level, in the fitted frame.

        Returns
        -------
        motion : (6,) float64
            Rotation about x, y, z and shift along them, in the parameters' standard deviations; see
            :func:`rigid_motion`.
        error_deg : float
            Standard error of its rotation, degrees.
        """
        coefficients, _, covariance = self._model_with_motions.fit(intervals, parameters=self.parameters.shape)
        error_deg = self.parameters.refinement.rotation_sigma_deg * float(np.sqrt(np.trace(covariance[-6:-3, -6:-3])))
        # the fit holds each motion back, towards none, by the part of its variance that the bone leaves; the rounds
        # would make up for that
        variances, axes = np.linalg.eigh(covariance[-6:, -6:])
        along = axes.T @ coefficients[-6:].astype(np.float64)
        return axes @ (along / (1 - np.minimum(variances, _MOST_HELD_BACK))), error_deg


def _motion_modes(model: ShapeModel, parameters: RefinementParameters) -> NDArray[np.float64]:
    """Six modes (6, n, 2), mm: growth of the radii when the mean head is rotated about x, y, z and shifted along them.

    A point ``p`` of a surface with normal ``n`` that moves by ``u`` lengthens the ray in its direction ``d`` by ``n . u
    / n . d`` (first order).
    """
    grid = spherical_grid(model.level)
    modes = np.zeros((6, len(grid), 2))
    for table in (0, 1):
        points = grid.directions * model.mean[:, table : table + 1]
        normals = vertex_normals(points, grid.faces)
        facing = np.maximum((normals * grid.directions).sum(axis=1), 0.3)
        for axis, unit in enumerate(np.eye(3)):
            modes[axis, :, table] = (
                np.radians(parameters.rotation_sigma_deg) * (normals * np.cross(unit, points)).sum(axis=1) / facing
            )
            modes[3 + axis, :, table] = parameters.shift_sigma_mm * normals[:, axis] / facing
    return modes
