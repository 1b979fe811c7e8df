"""Profiles of plates and their screws, from ``Resources/plates.json``: the depth of recesses, the width of holes."""

import json
from dataclasses import dataclass
from functools import lru_cache

from SkullRestoreLib._system.resources import resource_path


@dataclass(frozen=True)
class PlateProfile:
    """A plate and its screw.

    Attributes
    ----------
    thickness_mm
        Of the plate: the depth of its recess.
    width_mm
        Of its recess.
    screw_mm
        Diameter of the screw hole.
    head_mm
        Diameter of the screw's head, where it is level with the surface.
    """

    thickness_mm: float
    width_mm: float
    screw_mm: float
    head_mm: float

    @property
    def countersink_mm(self) -> float:
        """Depth of the cone for the screw's head."""
        return (self.head_mm - self.screw_mm) / 2  # its sides are at 90 degrees


@lru_cache(maxsize=1)
def plate_profiles() -> dict[str, PlateProfile]:
    """Read the profiles.

    Returns
    -------
    dict of str to PlateProfile
        By the names that the setting ``plate`` offers.

    Examples
    --------
    >>> plate_profiles()["mini 2.0"].screw_mm
    2.0
    """
    read = json.loads(resource_path("plates.json").read_text(encoding="utf-8"))
    return {name: PlateProfile(**values) for name, values in read.items()}
