"""How far a body that is held down on its contacts slides and turns before they stop it, without friction.

A small motion of a stiff body changes each gap by a linear function of its shift and turn. The farthest motion in one
direction, at which no gap closes and the body does not lift off on average, is a linear program in six unknowns.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog

MAX_PLAY_MM, MAX_PLAY_DEG = 0.3, 0.5
"""A guide with more play has no seat of its own and has to be held by its screws or by marks."""
HELD_MM = 0.05
"""A guide that is held down lifts off by no more than this on average."""
SPARE_MM = 0.02
"""A contact gives way by this much: what is ground off a print, and the error of the gap."""
PLAY_LIMIT = (5.0, 10.0)
"""Play is measured up to here, mm and degrees."""
DIRECTIONS = ((0, 1), (0, -1), (1, 1), (1, -1), (5, 1), (5, -1))
"""Unknown and sign of each direction: to both sides along u and v, and both ways about the outward axis."""


@dataclass(frozen=True)
class SeatPlay:
    """How far a guide that is held down can be moved before bone stops it."""

    sideways_mm: tuple[float, float, float, float]
    """To the four sides across the outward axis."""
    turn_deg: tuple[float, float]
    """About the outward axis, in both directions."""

    @property
    def is_firm(self) -> bool:
        """Whether the bone alone holds the guide."""
        return max(self.sideways_mm) <= MAX_PLAY_MM and max(self.turn_deg) <= MAX_PLAY_DEG

    @property
    def of_the_limit(self) -> float:
        """The play as a part of what a guide with a seat may have; the larger one of shift and turn."""
        return max(max(self.sideways_mm) / MAX_PLAY_MM, max(self.turn_deg) / MAX_PLAY_DEG)


@dataclass(frozen=True, eq=False)
class Contacts:
    """Places at which a body touches the bone."""

    rows: NDArray[np.float64]
    """(n, 6): change of each gap, mm, by the body's shift along u, v and outwards, mm, and by its turns about them, in
    mm at ``size_mm`` from their middle."""
    size_mm: float

    @classmethod
    def at(
        cls,
        points: NDArray[np.float64],
        normals: NDArray[np.float64],
        axes: NDArray[np.float64],
        *,
        middle: NDArray[np.float64] | None = None,
        size_mm: float | None = None,
    ) -> "Contacts":
        """Describe contacts.

        Parameters
        ----------
        points
            (n, 3) mm RAS.
        normals
            (n, 3), unit, RAS, of the bone.
        axes
            (3, 3), rows: u, v and the outward axis.
        middle
            (3,) mm RAS: turns are about it; the mean of the points where none is given.
        size_mm
            Mean distance of the points from it where none is given.
        """
        arm = (points - (points.mean(axis=0) if middle is None else middle)) @ axes.T
        normal = normals @ axes.T
        size = max(float(np.linalg.norm(arm, axis=1).mean()), 1.0) if size_mm is None else size_mm
        return cls(np.column_stack([normal, np.cross(arm, normal) / size]), size)


def farthest_motions(
    contacts: Contacts, spare_mm: NDArray[np.float64], mean_row: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Find the farthest motion in each of the six directions.

    Parameters
    ----------
    contacts
        Of the body.
    spare_mm
        (n,) mm: by how much each gap may become smaller.
    mean_row
        (6,): how far a motion lifts the body on average.

    Returns
    -------
    ndarray
        (6, 6): for each of ``DIRECTIONS`` the shift and turn, as in ``Contacts.rows``; zeros where none was found.
    """
    most = np.radians(PLAY_LIMIT[1]) * contacts.size_mm
    limits = [(-PLAY_LIMIT[0], PLAY_LIMIT[0])] * 3 + [(-most, most)] * 3
    rows, right = np.vstack([-contacts.rows, mean_row]), np.append(spare_mm, HELD_MM)
    motions = np.zeros((len(DIRECTIONS), 6))
    for number, (unknown, sign) in enumerate(DIRECTIONS):
        objective = np.zeros(6)
        objective[unknown] = -sign
        found = linprog(objective, A_ub=rows, b_ub=right, bounds=limits, method="highs")
        if found.success:
            motions[number] = found.x
    return motions


def play_of(motions: NDArray[np.float64], size_mm: float) -> SeatPlay:
    """Read the play off the farthest motions.

    Parameters
    ----------
    motions
        From :func:`farthest_motions`.
    size_mm
        Of the contacts.

    Returns
    -------
    SeatPlay
    """
    reached = [abs(float(motion[unknown])) for motion, (unknown, _) in zip(motions, DIRECTIONS, strict=True)]
    right, left, up, down = reached[:4]
    turns = np.degrees(np.array(reached[4:]) / size_mm)
    return SeatPlay((right, left, up, down), (float(turns[0]), float(turns[1])))
