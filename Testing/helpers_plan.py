"""What the tests of planning share: a head without a hole, and a place of its skull."""

import numpy as np
from helpers_head import phantom_head

from SkullRestoreLib.geometry.icosphere import direction_from_angles, interpolate

REFUSED_LINES = {
    "crosses itself": "The line crosses itself",
    "leaves the skull": "The line leaves the skull",
    "most of the vault": "encloses most of the vault or runs too far around the head",
    "face": "The line lies on the face",
}
"""Lines that cannot be cut, and what is said of them; a curve of a scene is always closed."""
ABOVE_THE_EAR_DEG = (85.0, 48.0)
"""Azimuth and elevation in the head frame, far from every sinus."""


def whole_head_ct():
    """CT (nk, nj, ni) of a head before the operation, and its ijk_to_ras."""
    made = phantom_head("parietal", 7.0)
    return made.intact, made.ijk_to_ras


def place_on_skull(prepared, angles_deg=ABOVE_THE_EAR_DEG):
    """A point (3,) mm RAS of the outer table of a prepared head."""
    direction = direction_from_angles(*angles_deg)[None]
    return prepared.analysis.pose.to_ras(direction * interpolate(prepared.tables.outer, direction)[:, None])[0]


def refused_line(prepared, kind):
    """Control points (k, 3) mm RAS of one of :data:`REFUSED_LINES`."""
    if kind == "most of the vault":
        places = [(azimuth, 15.0) for azimuth in range(0, 360, 20)]
    else:
        azimuth, elevation = (0.0, -28.0) if kind == "face" else ABOVE_THE_EAR_DEG
        turns = np.radians(np.arange(0, 360, 45))
        if kind == "crosses itself":
            turns = turns[[0, 4, 1, 5]]
        wide = np.cos(np.radians(elevation))
        places = [(azimuth + 10 * np.cos(a) / wide, elevation + 10 * np.sin(a)) for a in turns]
    points = np.array([place_on_skull(prepared, each) for each in places])
    if kind == "leaves the skull":
        points += 30.0 * (points - prepared.analysis.pose.head_to_ras[:3, 3]) / 85.0
    return points
