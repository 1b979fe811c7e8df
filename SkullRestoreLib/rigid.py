"""How far a head frame is off because bone is missing: bone intervals and the shape model in, a small rigid motion out.

A frame found by fitting the bone that is there to the mean head leans towards the hole: a third of the vault gone on one side turns it by two or three
degrees, and what is foretold in that hole is then wrong by as many millimetres. The whole head's frame is what is wanted. It is found by giving
the shape model six more modes, turns and shifts of the mean head, so that the sound bone decides at once what is another shape and what is another place.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import cached_property

import numpy as np
from scipy.spatial.transform import Rotation

from SkullRestoreLib.case import Pose, RadialMap
from SkullRestoreLib.fine import vertex_normals
from SkullRestoreLib.grid import grid
from SkullRestoreLib.shape import ShapeModel

TURN_DEG, SHIFT_MM = 3.0, 3.0
"""How far a found frame may be off: one standard deviation about and along each axis."""
_TURNS, _STILL_DEG = 8, 0.25  # the bone that belongs to the vault is chosen anew in each; it ends when the frame hardly turns any more
_FURTHEST_DEG, _FURTHEST_MM = 20.0, 15.0
"""A frame that would be moved further was not found at all; it is left for the caller's checks."""


def settle(head: Pose, trace: Callable[[Pose], RadialMap], model: ShapeModel) -> Pose:
    """Put a found head frame where it would be if no bone were missing.

    Parameters
    ----------
    head
        The frame as found.
    trace
        Traces the rays of a frame on the model's level.
    model
        The shape model.

    Returns
    -------
    Pose
        With the found one's residual and coverage. As found where the motion would be larger than a frame can be off.
    """
    loose, moved = Loose(model), head
    for _ in range(_TURNS):
        step = loose.motion(trace(moved).intervals)
        moved = replace(moved, ras_to_head=step @ moved.ras_to_head)
        if _degrees(step) < _STILL_DEG:
            break
    way = moved.ras_to_head @ head.head_to_ras
    return moved if _degrees(way) < _FURTHEST_DEG and np.linalg.norm(way[:3, 3]) < _FURTHEST_MM else head


def _degrees(motion: np.ndarray) -> float:
    return float(np.degrees(Rotation.from_matrix(motion[:3, :3]).magnitude()))


class Loose:
    """A shape model that may also be turned and shifted.

    Parameters
    ----------
    model
        The shape model.
    """

    def __init__(self, model: ShapeModel) -> None:
        self.model = model

    @cached_property
    def _widened(self) -> ShapeModel:
        return replace(self.model, modes=np.concatenate([self.model.modes, _motions(self.model)]))

    def motion(self, intervals: np.ndarray) -> np.ndarray:
        """The rigid motion that takes the head to where its whole vault would be put.

        Parameters
        ----------
        intervals
            (n, m, 2) float, mm, bone intervals on the model's level, in the frame as found.

        Returns
        -------
        (4, 4) float64
            To be applied after ``ras_to_head``.
        """
        coefficients, _, _ = self._widened.fit(intervals)
        turn, shift = np.radians(TURN_DEG) * coefficients[-6:-3], SHIFT_MM * coefficients[-3:]
        moved = np.eye(4)
        moved[:3, :3], moved[:3, 3] = Rotation.from_rotvec(turn).as_matrix(), shift
        return np.linalg.inv(moved)


def _motions(model: ShapeModel) -> np.ndarray:
    """Six modes (6, n, 2), mm: what the radius along each direction gains when the mean head is turned about x, y, z, and shifted along them.

    A point ``p`` of a surface with normal ``n`` that moves by ``u`` lengthens the ray in its direction ``d`` by ``n . u / n . d`` (first order).
    """
    g = grid(model.level)
    made = np.zeros((6, len(g), 2))
    for table in (0, 1):
        point = g.directions * model.mean[:, table : table + 1]
        normal = vertex_normals(point, g.faces)
        facing = np.maximum((normal * g.directions).sum(axis=1), 0.3)
        for axis, unit in enumerate(np.eye(3)):
            made[axis, :, table] = np.radians(TURN_DEG) * (normal * np.cross(unit, point)).sum(axis=1) / facing
            made[3 + axis, :, table] = SHIFT_MM * normal[:, axis] / facing
    return made
