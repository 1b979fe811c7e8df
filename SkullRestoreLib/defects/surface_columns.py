"""The columns of values that a piece of the restored surface carries while its defect is cut."""

from enum import IntEnum


class Column(IntEnum):
    """Column of :attr:`SkullRestoreLib.geometry.refined_mesh.RefinedMesh.values`."""

    OUTER = 0
    """Restored outer table, mm from the head's centre."""
    INNER = 1
    """Restored inner table, mm."""
    SIGMA = 2
    """Standard error of the outer table, mm."""
    INSIDE = 3
    """1 on the vault where the scan reaches beyond the outer table, 0 elsewhere."""
    DEFECT = 4
    """1 at the grid vertices of the defect, 0 elsewhere."""
    BLURRED = 5
    """1 at the grid vertices with bone that the threshold does not show, 0 elsewhere."""
    PRESENCE = 6
    """Bone just below the surface, -1 none to 1 all; only after the surface was clipped."""
    AT_STEP = 7
    """1 where a triangle along the rays was left out, 0 elsewhere; only after the surface was clipped."""
    LOWER = 8
    """Depth of sound bone that is followed below the surface, mm, 0 elsewhere; only after the surface was clipped."""


CERTAIN = 0.99
"""Between grid vertices a column of 0 and 1 is interpolated; above this all corners are 1."""
