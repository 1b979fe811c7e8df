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
from SkullRestoreLib.geometry.icosphere import spherical_grid
from SkullRestoreLib.geometry.refined_mesh import vertex_normals
from SkullRestoreLib.method_parameters import METHOD, MethodParameters, RefinementParameters
from SkullRestoreLib.records import Pose, RayMap
from SkullRestoreLib.skull_model.shape_model import ShapeModel

_NOT_REFINED = (
    "The head frame could not be made certain on the bone that is left: check front, back and sides in the pictures; "
    "if they are wrong, give the position of the head, such as AS (--pose AS)."
)


def refine_pose(
    pose: Pose, trace: Callable[[Pose], RayMap], model: ShapeModel, *, parameters: MethodParameters = METHOD
) -> Pose:
    """Move a fitted head frame to where it would be if no bone were missing.

    Parameters
    ----------
    pose
        The frame as fitted to the bone.
    trace
        Traces the rays of a frame on the model's level.
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
    movable, refined = MovableShapeModel(model, parameters=parameters), pose
    error_deg = 0.0
    for _ in range(limits.max_rounds):
        step, error_deg = movable.find_motion(trace(refined).intervals / np.float32(pose.size))
        step[:3, 3] *= pose.size
        refined = replace(refined, ras_to_head=step @ refined.ras_to_head)
        if _rotation_degrees(step) < limits.converged_deg:
            break
    motion = refined.ras_to_head @ pose.head_to_ras
    rotated, shifted = _rotation_degrees(motion), float(np.linalg.norm(motion[:3, 3]))
    if rotated >= limits.max_rotation_deg or shifted >= limits.max_shift_mm:
        return replace(pose, findings=(*pose.findings, _NOT_REFINED))
    if error_deg > limits.doubtful_error_deg:
        doubt = (
            f"So little of the vault is left that the head frame is known to about {error_deg:.1f} degrees only: "
            "compare the restored surface with the other side of the head."
        )
        refined = replace(refined, findings=(*refined.findings, doubt))
    return refined


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
        motion : (4, 4) float64
            To be applied after ``ras_to_head``.
        error_deg : float
            Standard error of its rotation, degrees.
        """
        coefficients, _, covariance = self._model_with_motions.fit(intervals, parameters=self.parameters.shape)
        sigmas = self.parameters.refinement
        rotation = np.radians(sigmas.rotation_sigma_deg) * coefficients[-6:-3]
        shift = sigmas.shift_sigma_mm * coefficients[-3:]
        error_deg = sigmas.rotation_sigma_deg * float(np.sqrt(np.trace(covariance[-6:-3, -6:-3])))
        return invert_affine(compose_affine(Rotation.from_rotvec(rotation).as_matrix(), shift)), error_deg


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
