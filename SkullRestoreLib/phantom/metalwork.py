"""Plan what surgeons leave behind: plates with screws on the hole's edge and clips in its depth.

All are simple bodies in the head frame.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from SkullRestoreLib.geometry.icosphere import interpolate
from SkullRestoreLib.phantom.anatomy import SyntheticHead
from SkullRestoreLib.phantom.craniectomy import CraniectomyCut

TITANIUM_HU = 9000.0
"""Far above what a scanner can store."""
PLATE_HALF_MM, SCREW_HALF_MM, CLIP_HALF_MM = (7.0, 2.5, 0.6), (0.9, 0.9, 2.4), (4.0, 1.0, 1.0)
"""Half of length, width and thickness."""
SCREW_OFFSET_MM = 4.0
"""Distance of a screw from the middle of its plate."""
PLATE_RISE_MM, SCREW_SINK_MM = 0.9, 1.2
"""The middle of a plate is this far above the outer table, that of a screw this far below."""
PLATE_DEPTH_INSIDE_MM = -8.5
"""Plates are at the first point along the table that is this far outside the cut: about 7 mm along the table."""


@dataclass(frozen=True, eq=False)
class MetalPiece:
    """A box with rounded edges."""

    centre: NDArray[np.float64]  # (3,), mm
    axes: NDArray[np.float64]  # (3, 3), unit rows: along, across, through
    half_size: NDArray[np.float64]  # (3,), mm, half of length, width and thickness

    def signed_distance(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Measure the distance from points to the surface.

        Parameters
        ----------
        points
            (..., 3), mm.

        Returns
        -------
        ndarray
            (...), mm, negative inside.

        Examples
        --------
        >>> piece = MetalPiece(np.zeros(3), np.eye(3), np.array([2.0, 1.0, 1.0]))
        >>> piece.signed_distance(np.array([[5.0, 0, 0], [0, 0, 0]])).tolist()
        [3.0, -1.0]
        """
        beyond = np.abs((points - self.centre) @ self.axes.T) - self.half_size
        return np.linalg.norm(np.maximum(beyond, 0), axis=-1) + np.minimum(beyond.max(axis=-1), 0)


def plan_metal(
    head: SyntheticHead, cuts: tuple[CraniectomyCut, ...], rng: np.random.Generator
) -> tuple[MetalPiece, ...]:
    """Plan two plates with two screws each, and a clip, for every hole.

    Parameters
    ----------
    head
        Intact.
    cuts
        Its holes.
    rng
        Decides where on the edge the plates are.
    """
    return tuple(piece for cut in cuts for piece in _plan_for_cut(head, cut, rng))


def _plan_for_cut(head: SyntheticHead, cut: CraniectomyCut, rng: np.random.Generator) -> list[MetalPiece]:
    pieces = []
    angles = rng.uniform([0.15, 0.55], [0.45, 0.85]) * np.pi  # on the upper edge: below there may be no vault
    for angle in angles:
        outward = np.cos(angle) * cut.length_axis + np.sin(angle) * cut.height_axis
        spot, normal = _rim_point(head, cut, outward)
        along = outward - (outward @ normal) * normal
        along /= np.linalg.norm(along)
        axes = np.stack([along, np.cross(normal, along), normal])
        pieces.append(MetalPiece(spot + PLATE_RISE_MM * normal, axes, np.array(PLATE_HALF_MM)))
        pieces += [
            MetalPiece(spot + offset * along - SCREW_SINK_MM * normal, axes, np.array(SCREW_HALF_MM))
            for offset in (-SCREW_OFFSET_MM, SCREW_OFFSET_MM)
        ]
    inside = cut.centre - 22 * cut.direction + 4 * cut.length_axis
    axes = np.stack([cut.height_axis, cut.direction, np.cross(cut.height_axis, cut.direction)])
    pieces.append(MetalPiece(inside, axes, np.array(CLIP_HALF_MM)))
    return pieces


def _rim_point(
    head: SyntheticHead, cut: CraniectomyCut, outward: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Point on the outer table 7 mm outside the hole's edge in a direction, and the table's normal there."""
    reach = np.linspace(0.3, 3.0, 400)[:, None] * cut.radius_mm / np.linalg.norm(cut.centre)
    directions = cut.centre / np.linalg.norm(cut.centre) + reach * outward
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    points = interpolate(head.tables[:, :1], directions) * directions
    spot = points[np.argmax(cut.depth_inside(points) < PLATE_DEPTH_INSIDE_MM)]
    across = np.eye(3) * 1.0
    near = spot / np.linalg.norm(spot) + 0.05 * np.concatenate([across, -across])
    cloud = interpolate(head.tables[:, :1], near) * near / np.linalg.norm(near, axis=1, keepdims=True)
    normal = np.linalg.svd(cloud - cloud.mean(axis=0))[2][2]
    return spot, normal * np.sign(normal @ spot)
