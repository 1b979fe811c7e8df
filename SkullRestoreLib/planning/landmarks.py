"""What a resection line should keep away from: sinuses, mastoid and orbit, with distances in mm.

The frontal sinus is measured in this CT: air between the two plates of the frontal bone. The venous sinuses run where
they run in most heads, by directions in the head frame; CT does not show them. They are a warning to look, no map.
"""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from SkullRestoreLib.geometry.icosphere import direction_from_angles, interpolate, spherical_grid
from SkullRestoreLib.geometry.polygon import points_in_polygon
from SkullRestoreLib.planning.resection import Head, ResectionLine
from SkullRestoreLib.records import RayMap

COURSES_DEG = {
    "sagittal sinus (mid-line)": ((0.0, 25.0), (0.0, 60.0), (0.0, 90.0), (180.0, 60.0), (180.0, 20.0), (180.0, -12.0)),
    "transverse sinus": ((178.0, -13.0), (155.0, -13.0), (130.0, -15.0)),
    "sigmoid sinus and mastoid": ((128.0, -16.0), (120.0, -25.0), (112.0, -34.0), (104.0, -36.0)),
    "orbit": ((14.0, -4.0), (30.0, -1.0), (45.0, -1.0), (56.0, -6.0)),
}
"""Azimuth (0 front, 90 the side, 180 back) and elevation, head frame, read off the mean skull of the suture table in
:mod:`SkullRestoreLib.defects.detect`; on both sides, except for the mid-line."""
WARN_MM = {
    "sagittal sinus (mid-line)": 15.0,
    "transverse sinus": 12.0,
    "sigmoid sinus and mastoid": 10.0,
    "orbit": 5.0,
    "frontal sinus": 3.0,
}
"""A line nearer than this is worth a warning."""
MIN_SINUS_AIR_MM = 2.0
"""Air this deep between the plates of the frontal bone is its sinus."""
MAX_SINUS_AIR_MM = 30.0
"""Deeper gaps are no sinus."""
SINUS_AZIMUTH_DEG, SINUS_ELEVATION_DEG = 45.0, (-8.0, 35.0)
"""Where the frontal sinus may be."""
PLATE_MM = 4.0
"""The front plate is this near to the predicted outer table."""
POLYGON_STEP = 4
"""Every so manieth point of a line decides what it encloses: chords of 2 mm, off the line by less than 0.1 mm."""
MIN_SINUS_DIRECTIONS = 6
"""Fewer directions with air are noise."""


@dataclass(frozen=True)
class LandmarkDistance:
    """How far a line is from what must stay."""

    name: str
    distance_mm: float  # along a chord; 0 where it is crossed or enclosed
    crossed: bool
    warned: bool

    @property
    def sentence(self) -> str:
        """A warning for the user."""
        if self.crossed:
            return f"The line crosses or encloses the {self.name}."
        return f"The line runs {self.distance_mm:.0f} mm from the {self.name}."


def measure_landmarks(line: ResectionLine, head: Head, rays: RayMap) -> tuple[LandmarkDistance, ...]:
    """Measure how far a line is from each landmark; the nearer side counts.

    Parameters
    ----------
    line
        On the outer table.
    head
        Places the landmarks.
    rays
        Of the head as it is, on the tables' grid.

    Returns
    -------
    tuple of LandmarkDistance
        In a fixed order; the frontal sinus only where there is one.
    """
    return measure_distances(line, landmark_points(head, rays))


def landmark_points(head: Head, rays: RayMap) -> dict[str, NDArray[np.float64]]:
    """Find where the landmarks of a head are; once for a head, since it takes longer than measuring.

    Parameters
    ----------
    head, rays
        As for :func:`measure_landmarks`.

    Returns
    -------
    dict
        Name -> (n, 3) mm RAS on the outer table; the frontal sinus only where there is one.
    """
    points = {
        name: np.concatenate([_course_points(course, side, head) for side in (1.0, -1.0)])
        for name, course in COURSES_DEG.items()
    }
    sinus = frontal_sinus_points(head, rays)
    return points | ({"frontal sinus": sinus} if len(sinus) else {})


def measure_distances(line: ResectionLine, places: Mapping[str, NDArray[np.float64]]) -> tuple[LandmarkDistance, ...]:
    """Measure how far a line is from each landmark: quick enough for a line that is dragged.

    Parameters
    ----------
    line
        On the outer table.
    places
        From :func:`landmark_points`.

    Returns
    -------
    tuple of LandmarkDistance
        In their order.
    """
    return tuple(_measure(name, points, line) for name, points in places.items())


def _course_points(course: tuple[tuple[float, float], ...], side: float, head: Head) -> NDArray[np.float64]:
    """Points (n, 3) mm RAS, about a millimetre apart, on the outer table along a course."""
    corners = np.stack([direction_from_angles(side * azimuth, elevation) for azimuth, elevation in course])
    between = []
    for a, b in itertools.pairwise(corners):
        part = np.linspace(0, 1, max(int(np.arccos(np.clip(a @ b, -1, 1)) * 90), 2))[:, None]
        between.append((1 - part) * a + part * b)
    direction = np.concatenate(between)
    direction /= np.linalg.norm(direction, axis=1, keepdims=True)
    points: NDArray[np.float64] = head.pose.to_ras(direction * interpolate(head.tables.outer, direction)[:, None])
    return points


def frontal_sinus_points(head: Head, rays: RayMap) -> NDArray[np.float64]:
    """Find the frontal sinus: air between the two plates of the frontal bone.

    Parameters
    ----------
    head
        The head frame and the predicted tables.
    rays
        On the tables' grid.

    Returns
    -------
    ndarray
        (n, 3) mm RAS, on the outer table over the sinus; empty where there is none.
    """
    ends = rays.intervals
    directions = spherical_grid(rays.level).directions
    with np.errstate(invalid="ignore"):
        front_plate = np.abs(ends[:, 0, 1] - head.tables.outer) < PLATE_MM
        air = np.where(front_plate, ends[:, 0, 0] - ends[:, 1, 1], 0.0)
    azimuth = np.degrees(np.arctan2(np.abs(directions[:, 0]), directions[:, 1]))
    elevation = np.degrees(np.arcsin(np.clip(directions[:, 2], -1, 1)))
    low, high = SINUS_ELEVATION_DEG
    here = (azimuth < SINUS_AZIMUTH_DEG) & (elevation > low) & (elevation < high) & head.tables.vault
    found = np.flatnonzero(here & (np.nan_to_num(air) > MIN_SINUS_AIR_MM) & (np.nan_to_num(air) < MAX_SINUS_AIR_MM))
    if len(found) < MIN_SINUS_DIRECTIONS:
        return np.zeros((0, 3))
    points: NDArray[np.float64] = head.pose.to_ras(directions[found] * head.tables.outer[found, None])
    return points


def _measure(name: str, points: NDArray[np.float64], line: ResectionLine) -> LandmarkDistance:
    """Distance of a line from points (n, 3) mm RAS on the outer table."""
    distance = float(cKDTree(line.points).query(points)[0].min())
    # what is on the far side of the head is under the drawing too
    near = (points - line.points.mean(axis=0)) @ line.table.outward_axis > -60.0
    uv = line.table.to_uv(points[near])
    crossed = bool(points_in_polygon(uv, line.uv[::POLYGON_STEP]).any()) if near.any() else False
    return LandmarkDistance(name, 0.0 if crossed else distance, crossed, crossed or distance < WARN_MM[name])
