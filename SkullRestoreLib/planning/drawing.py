"""A resection line while it is drawn: control points in, the line on the bone with its numbers and warnings out.

However a line is given at first, as a drawn curve, a circle or a margin around a tumour, it becomes control points of a
closed curve that the user can drag. A map of the outer table is kept, so that the numbers follow a point that is
dragged.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from SkullRestoreLib.errors import InputError
from SkullRestoreLib.implant.chart import CHART_STEP_MM
from SkullRestoreLib.planning.landmarks import LandmarkDistance, landmark_points, measure_distances
from SkullRestoreLib.planning.outer_table import OuterTable, area_normal
from SkullRestoreLib.planning.resection import (
    Head,
    MapAroundPoint,
    ResectionLine,
    ellipse_on_map,
    line_around_positions,
    line_from_curve,
    line_sample,
    map_around_point,
    trace_line,
)
from SkullRestoreLib.planning.wall import smallest_radius_mm
from SkullRestoreLib.records import RayMap
from SkullRestoreLib.settings import PlanSettings, ResectionChoices

LineOrigin = Literal["curve", "tumour", "circle"]

CIRCLE_CONTROL_POINTS = 12
"""Control points of a circle or an ellipse: the spline through them is off it by less than a hundredth of a
millimetre."""
TUMOUR_STEP_MM = 6.0
"""Control points of a line around a tumour are this far apart: its bends are at least as wide."""
MIN_SPARE_MM = 8.0
"""A map is used for another line whose points stay this far from its edge: a curve between them may bulge."""
MAX_TURN_DEG = 15.0
"""A map is used for another line that is seen along a direction no more than this from its own."""
MAX_GROWTH = 1.15
"""A map is used for another line that is no more than this much larger: bone that stands out like a tumour is known
only within the line for which it was made."""
_SAME_PLACE_MM = 0.01
"""A circle about a point that is this near to the last one is drawn on the same map."""


@dataclass(frozen=True, eq=False)
class DrawnCurve:
    """Control points of a closed curve."""

    points: NDArray[np.float64]  # (k, 3) mm RAS
    origin: LineOrigin = "curve"
    centre: NDArray[np.float64] | None = None  # (3,) mm RAS: of a circle that was not dragged since


EMPTY_CURVE = DrawnCurve(np.zeros((0, 3)))


@dataclass(frozen=True, eq=False)
class LineMeasure:
    """The numbers of a line, or why it cannot be cut."""

    line: ResectionLine | None
    landmarks: tuple[LandmarkDistance, ...] = ()
    refusal: str = ""

    @cached_property
    def least_radius_mm(self) -> float:
        """Smallest radius with which the line bends, mm; 0 where there is no line."""
        return 0.0 if self.line is None else smallest_radius_mm(self.line)

    @property
    def area_cm2(self) -> float:
        """Area of the outer table inside the line; 0 where there is no line."""
        return 0.0 if self.line is None else self.line.area_cm2

    @property
    def circumference_mm(self) -> float:
        """Length of the line, mm; 0 where there is no line."""
        return 0.0 if self.line is None else self.line.circumference_mm

    def warnings(self, settings: PlanSettings) -> tuple[str, ...]:
        """Sentences for the user.

        Parameters
        ----------
        settings
            For the least radius that a saw can follow.

        Returns
        -------
        tuple of str
            First what is crossed or near, then a bend that is too sharp.
        """
        said = [landmark.sentence for landmark in self.landmarks if landmark.warned]
        bend = sharp_bend(self.least_radius_mm, settings) if self.line is not None else None
        return (*said, *(() if bend is None else (bend,)))


def _half_extent_mm(curve: NDArray[np.float64]) -> float:
    """Half the diagonal of the box around a curve (k, 3)."""
    return float(np.linalg.norm(np.ptp(curve, axis=0)) / 2)


def sharp_bend(radius_mm: float, settings: PlanSettings) -> str | None:
    """Say that a line bends too sharply.

    Parameters
    ----------
    radius_mm
        Smallest radius of the line.
    settings
        For the least radius that was asked for.

    Returns
    -------
    str or None
        None where a saw can follow it.
    """
    if radius_mm >= settings.line_radius_mm / 2:
        return None
    return f"The line bends with a radius of {radius_mm:.1f} mm at its sharpest; a saw may not follow it."


class LineDrawing:
    """Lays curves onto one head; keeps the maps that it made.

    Parameters
    ----------
    head
        On which is drawn.
    rays
        Of the head as it is, on the tables' grid.
    """

    def __init__(self, head: Head, rays: RayMap) -> None:
        self.head = head
        self._landmarks = landmark_points(head, rays)
        self._table: OuterTable | None = None
        self._reach_mm = 0.0  # half the extent of the curve for which the map was made
        self._circle: tuple[NDArray[np.float64], MapAroundPoint] | None = None

    def measure(self, curve: NDArray[np.float64]) -> LineMeasure:
        """Lay a closed curve onto the outer table and measure it.

        The map of the last line is used as long as the curve is on it, which takes a tenth of the time.

        Parameters
        ----------
        curve
            (k, 3) mm RAS, control points in their order.

        Returns
        -------
        LineMeasure
            Without a line where it cannot be cut.
        """
        try:
            table = self._map_that_holds(curve)
            if table is not None:
                line = trace_line(curve, table, self.head)
            else:
                line = line_from_curve(curve, self.head, is_closed=True)
                self._table, self._reach_mm = line.table, _half_extent_mm(curve)
        except InputError as error:
            return LineMeasure(None, refusal=str(error))
        return LineMeasure(line, measure_distances(line, self._landmarks))

    def _map_that_holds(self, curve: NDArray[np.float64]) -> OuterTable | None:
        """The map of the last line, if the curve can be drawn on it as on one of its own."""
        table = self._table
        if table is None or len(curve) < 3 or _half_extent_mm(curve) > MAX_GROWTH * self._reach_mm:
            return None
        uv, chart = table.to_uv(curve), table.chart
        last = chart.corner + CHART_STEP_MM * (np.array(chart.height.shape) - 1)
        if (uv < chart.corner + MIN_SPARE_MM).any() or (uv > last - MIN_SPARE_MM).any():
            return None
        turned = area_normal(curve, self.head.centre) @ table.outward_axis
        return table if turned > np.cos(np.radians(MAX_TURN_DEG)) else None

    def circle(self, centre: NDArray[np.float64], choices: ResectionChoices) -> DrawnCurve:
        """Draw a circle or an ellipse about a point of the skull.

        Parameters
        ----------
        centre
            (3,) mm RAS.
        choices
            Diameters and turn.

        Returns
        -------
        DrawnCurve
            Control points on the outer table.

        Raises
        ------
        InputError
            If it cannot be cut.
        """
        reach = max(choices.diameters_mm) / 2
        known = self._circle
        if known is None or np.linalg.norm(known[0] - centre) > _SAME_PLACE_MM or known[1].reach_mm < reach:
            self._circle = known = (centre, map_around_point(centre, reach, self.head))
        line = ellipse_on_map(known[1], choices.diameters_mm, choices.ellipse_turn_deg, self.head)
        self._table, self._reach_mm = line.table, known[1].reach_mm * np.sqrt(2)
        return draw_control_points(line, "circle", centre)

    def around_tumour(self, positions: NDArray[np.float64], settings: PlanSettings) -> DrawnCurve:
        """Draw a line at the margin around a tumour.

        Parameters
        ----------
        positions
            (n, 3) mm RAS: its voxels.
        settings
            Margin and least radius.

        Returns
        -------
        DrawnCurve
            Control points on the outer table.

        Raises
        ------
        InputError
            If the tumour is not at the vault, or the line cannot be cut.
        """
        line = line_around_positions(positions, settings.margin_mm, settings.line_radius_mm, self.head)
        return draw_control_points(line, "tumour")


def draw_control_points(
    line: ResectionLine, origin: LineOrigin, centre: NDArray[np.float64] | None = None
) -> DrawnCurve:
    """Put control points onto a line: 12 on a circle, else one every 6 mm.

    Parameters
    ----------
    line
        On the outer table.
    origin
        How it was given.
    centre
        (3,) mm RAS, of a circle.

    Returns
    -------
    DrawnCurve
        The spline through its points is the line within some hundredths of a millimetre.
    """
    count = CIRCLE_CONTROL_POINTS
    if origin != "circle":
        count = max(round(line.circumference_mm / TUMOUR_STEP_MM), count)
    return DrawnCurve(line_sample(line, line.circumference_mm / count)[:count], origin, centre)


def landmark_rows(landmarks: Sequence[LandmarkDistance]) -> list[tuple[str, str]]:
    """List how far a line is from what has to stay.

    Parameters
    ----------
    landmarks
        Of a line.

    Returns
    -------
    list of tuple of str
        Name, and distance in mm or "crossed or enclosed"; nearest first.
    """
    return [
        (one.name, "crossed or enclosed" if one.crossed else f"{one.distance_mm:.0f} mm")
        for one in sorted(landmarks, key=lambda each: each.distance_mm)
    ]
