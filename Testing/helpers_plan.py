"""What the tests of planning share: a head without a hole, and a place of its skull."""

import numpy as np
from helpers_head import phantom_head

from SkullRestoreLib.geometry.icosphere import direction_from_angles, interpolate

BONE_HU = 1000
ABOVE_THE_EAR_DEG = (85.0, 48.0)
"""Azimuth and elevation in the head frame, far from every sinus."""


def whole_head_ct():
    """CT (nk, nj, ni) of a head whose hole is filled, and its ijk_to_ras."""
    made = phantom_head("parietal", 7.0)
    return np.where(made.missing > 0, BONE_HU, made.ct).astype(made.ct.dtype), made.ijk_to_ras


def place_on_skull(prepared, angles_deg=ABOVE_THE_EAR_DEG):
    """A point (3,) mm RAS of the outer table of a prepared head."""
    direction = direction_from_angles(*angles_deg)[None]
    return prepared.analysis.pose.to_ras(direction * interpolate(prepared.tables.outer, direction)[:, None])[0]
