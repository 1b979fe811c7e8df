"""Places along a guide: evenly on a line at a distance from the resection line, or on a part's stretch of it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from SkullRestoreLib.implant.loops import arc_lengths, points_at
from SkullRestoreLib.planning.wall import CutWall

Place = tuple[NDArray[np.float64], NDArray[np.float64]]
"""A place (2,) of the drawing with the direction (2,) of the line there."""
MIN_POINTS = 4
"""A line of fewer points is none."""


@dataclass(frozen=True, eq=False)
class Lane:
    """A line of the drawing along which a guide has pads, windows and screw holes."""

    points: NDArray[np.float64]  # (n, 2), mm
    is_closed: bool

    @property
    def length_mm(self) -> float:
        """Length in the drawing; 0 where there is no line."""
        if len(self.points) < MIN_POINTS:
            return 0.0
        return float(arc_lengths(self.points)[-1]) - (0.0 if self.is_closed else self._gap_mm)

    @property
    def _gap_mm(self) -> float:
        """From the last point back to the first one."""
        return float(np.linalg.norm(self.points[0] - self.points[-1]))

    def spread(self, count: int, *, phase: float) -> Place:
        """Spread places evenly.

        Parameters
        ----------
        count
            How many.
        phase
            Where a closed line begins, as a part of its length; on a stretch half a step is left at both ends.

        Returns
        -------
        places, directions : ndarray
            (count, 2) each; (0, 2) where there is no line.
        """
        length = self.length_mm
        if count == 0 or length <= 0.0:
            return np.zeros((0, 2)), np.zeros((0, 2))
        if self.is_closed:
            at = (np.arange(count) / count + phase) % 1.0 * length
            before, after = (at - 1.0) % length, (at + 1.0) % length
        else:
            at = (np.arange(count) + 0.5) / count * length
            before, after = np.maximum(at - 1.0, 0.0), np.minimum(at + 1.0, length)
        ahead = points_at(self.points, after) - points_at(self.points, before)
        ahead /= np.maximum(np.linalg.norm(ahead, axis=1, keepdims=True), 1e-9)
        return points_at(self.points, at), ahead


def lane_at(wall: CutWall, inside_mm: float, room_mm: float) -> Lane:
    """Find the line at a distance from the resection line, as far as it belongs to the guide.

    Parameters
    ----------
    wall
        Of the cut, or of a part of a guide.
    inside_mm
        How far inside; negative outside.
    room_mm
        How far from a part's joints it ends.

    Returns
    -------
    Lane
        Closed where the guide is not divided; without points where there is none.
    """
    loop = wall.line.at_distance(inside_mm)
    if wall.part == (1, 1) or len(loop) < MIN_POINTS:
        return Lane(loop, True)
    mine = wall.keeps(wall.line.table.on_surface(loop), room_mm)
    if mine.all():
        return Lane(loop, True)
    start = int(np.argmin(mine))  # one that is not, so that no stretch begins in the middle
    loop, mine = np.roll(loop, -start, axis=0), np.roll(mine, -start)
    ends = np.flatnonzero(np.diff(np.append(mine, False).astype(int)))
    stretches = [loop[a + 1 : b + 1] for a, b in ends.reshape(-1, 2)]
    return Lane(max(stretches, key=len, default=np.zeros((0, 2))), False)
