"""Question the size of an image: a head that is not in millimetres."""

import math
from collections.abc import Sequence

import numpy as np

from SkullRestoreLib.input_faults import fault_error, size_text

_HEAD_IMAGE_MM = 230.0
"""Usual side of an image of a head."""
_IN_MILLIMETRES = (0.6, 50.0)
"""Where the widest voxel is between these, mm, the unit is not questioned."""
_PLAUSIBLE_MM = (60.0, 10_000.0)
"""Nor is it where the middle one of the image's three sides is between these."""
_UNIT_FACTORS = {"in metres": 1000.0, "in centimetres": 10.0, "in inches": 25.4, "in micrometres": 0.001}
_MAX_MISFIT = 6.0
"""In a unit that fits, the middle side is within this factor of a head image's."""


def check_head_size(name: str, size: Sequence[int], spacing: Sequence[float], *, or_option: str = "") -> None:
    """Check that an image can be of a head in millimetres.

    Parameters
    ----------
    name
        Of the image, in messages.
    size
        Voxels along three axes.
    spacing
        mm along them.
    or_option
        What the user may do instead of exporting it again, as the end of a sentence.

    Raises
    ------
    InputError
        With the unit in which it most likely is.

    Examples
    --------
    >>> check_head_size("'ct.nrrd'", (512, 512, 200), (0.45, 0.45, 1.0))
    """
    sides = np.array(size) * np.array(spacing, float)
    middle, widest = float(np.median(sides)), float(max(spacing))
    least, most = _PLAUSIBLE_MM
    is_small = middle < least and widest <= _IN_MILLIMETRES[0]
    is_large = middle > most and widest >= _IN_MILLIMETRES[1]
    if not (is_small or is_large) or not middle > 0:
        return
    misfit = {unit: abs(math.log(middle * mm / _HEAD_IMAGE_MM)) for unit, mm in _UNIT_FACTORS.items()}
    unit = min(misfit, key=lambda each: misfit[each])
    fault = unit if misfit[unit] < math.log(_MAX_MISFIT) else "no head's size"
    raise fault_error(fault, name=name, size=size_text(sides), or_option=or_option)
