"""Compare a planned restoration with the other side of the same head, mirrored at the head frame's mid-plane.

No head is symmetric: the comparison shows where the restored surface and the sound side differ, and judges nothing.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from SkullRestoreLib.affine import apply_affine
from SkullRestoreLib.geometry.icosphere import interpolate
from SkullRestoreLib.records import DefectPatch, Pose, RayMap, VaultTables

MAX_OFF_TABLE_MM = 8.0
"""Bone of the other side counts as its outer table this near to the predicted one; arch and base do not."""
SHOWN_MM = 4.0
"""The colours reach this far to both sides."""


@dataclass(frozen=True, eq=False)
class MirroredSide:
    """How a restored surface differs from the mirrored other side."""

    difference_mm: NDArray[np.float64]
    """(n,), at the vertices of the patch: positive where the restored surface is farther out; NaN where the other side
    has no sound bone, or is part of the opening."""

    @property
    def _values(self) -> NDArray[np.float64]:
        return self.difference_mm[np.isfinite(self.difference_mm)]

    @property
    def compared_percent(self) -> float:
        """Part of the surface that has a sound other side."""
        return 100 * len(self._values) / max(len(self.difference_mm), 1)

    @property
    def median_mm(self) -> float | None:
        """Median, with its sign; None where nothing could be compared."""
        return float(np.median(self._values)) if len(self._values) else None

    @property
    def within_95_mm(self) -> float | None:
        """95 % of the surface differ by less."""
        return float(np.percentile(np.abs(self._values), 95)) if len(self._values) else None

    @property
    def largest_mm(self) -> float | None:
        """Largest difference."""
        return float(np.abs(self._values).max()) if len(self._values) else None


def compare_with_mirrored_side(
    patch: DefectPatch, pose: Pose, rays: RayMap, tables: VaultTables, unseen: NDArray[np.bool_]
) -> MirroredSide:
    """Compare a restored surface with the other side of the head.

    Parameters
    ----------
    patch
        The restored surface.
    pose
        Its head frame has the mid-plane at x = 0.
    rays
        Of the head as it is.
    tables
        Predicted for it, on the grid of ``rays``.
    unseen
        (n,) bool on the same grid: where bone is resected or may be ill.

    Returns
    -------
    MirroredSide
        At the vertices of the patch.

    Raises
    ------
    ValueError
        If rays and tables are on different grids.
    """
    return compare_places_with_mirrored_side(patch.outer.vertices, pose, rays, tables, unseen)


def compare_places_with_mirrored_side(
    places: NDArray[np.float64], pose: Pose, rays: RayMap, tables: VaultTables, unseen: NDArray[np.bool_]
) -> MirroredSide:
    """Compare places on a restored surface with the other side of the head.

    Parameters
    ----------
    places
        (n, 3) mm RAS.
    pose, rays, tables, unseen
        As for :func:`compare_with_mirrored_side`.

    Returns
    -------
    MirroredSide
        At the places.

    Raises
    ------
    ValueError
        If rays and tables are on different grids.
    """
    if rays.level != tables.level:
        raise ValueError("Rays and tables are on different grids.")
    outer = rays.intervals[:, 0, 1].astype(np.float64)
    with np.errstate(invalid="ignore"):
        sound = (np.abs(outer - tables.outer) < MAX_OFF_TABLE_MM) & ~unseen & tables.vault
    in_head = apply_affine(pose.ras_to_head, places)
    radius = np.linalg.norm(in_head, axis=1)
    mirrored = in_head / radius[:, None] * np.array([-1.0, 1.0, 1.0])
    other = interpolate(np.where(sound, outer, np.nan), mirrored)
    return MirroredSide(radius - other)
