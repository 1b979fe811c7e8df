"""What surgeons leave behind: plates with screws on the hole's rim, clips in the depth of it, as simple bodies in the head frame."""

from dataclasses import dataclass

import numpy as np

from SkullRestoreLib.grid import interpolate
from SkullRestoreLib.phantom.anatomy import Head
from SkullRestoreLib.phantom.craniectomy import Hole

TITANIUM_HU = 9000.0  # far above what a scanner can store


@dataclass(frozen=True)
class Piece:
    """A box with rounded edges."""

    centre: np.ndarray  # (3,) float64, mm
    axes: np.ndarray  # (3, 3) float64, unit rows: along, across, through
    half: np.ndarray  # (3,) float64, mm, half its length, width and thickness

    def distance(self, points: np.ndarray) -> np.ndarray:
        """Distance of points (..., 3), mm; negative inside."""
        q = np.abs((points - self.centre) @ self.axes.T) - self.half
        return np.linalg.norm(np.maximum(q, 0), axis=-1) + np.minimum(q.max(axis=-1), 0)


def plan(head: Head, holes: tuple[Hole, ...], rng: np.random.Generator) -> tuple[Piece, ...]:
    """Two plates with two screws each, and a clip, for every hole."""
    return tuple(piece for hole in holes for piece in _of_one(head, hole, rng))


def _of_one(head: Head, hole: Hole, rng: np.random.Generator) -> list[Piece]:
    pieces = []
    upper = rng.uniform([0.15, 0.55], [0.45, 0.85]) * np.pi  # on the upper rim: below there may be no vault
    for angle in upper:
        outward = np.cos(angle) * hole.length + np.sin(angle) * hole.height
        spot, normal = _on_rim(head, hole, outward)
        along = outward - (outward @ normal) * normal
        along /= np.linalg.norm(along)
        axes = np.stack([along, np.cross(normal, along), normal])
        pieces.append(Piece(spot + 0.9 * normal, axes, np.array([7.0, 2.5, 0.6])))
        pieces += [Piece(spot + at * along - 1.2 * normal, axes, np.array([0.9, 0.9, 2.4])) for at in (-4.0, 4.0)]
    inside = hole.centre - 22 * hole.direction + 4 * hole.length
    pieces.append(Piece(inside, np.stack([hole.height, hole.direction, np.cross(hole.height, hole.direction)]), np.array([4.0, 1.0, 1.0])))
    return pieces


def _on_rim(head: Head, hole: Hole, outward: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Point on the outer table 7 mm outside the hole's edge in a direction, and the table's normal there."""
    reach = np.linspace(0.3, 3.0, 400)[:, None] * hole.radius_mm / np.linalg.norm(hole.centre)
    directions = hole.centre / np.linalg.norm(hole.centre) + reach * outward
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    points = interpolate(head.tables[:, :1], directions) * directions
    spot = points[np.argmax(hole.depth(points) < -8.5)]
    across = np.eye(3) * 1.0
    near = spot / np.linalg.norm(spot) + 0.05 * np.concatenate([across, -across])
    cloud = interpolate(head.tables[:, :1], near) * near / np.linalg.norm(near, axis=1, keepdims=True)
    normal = np.linalg.svd(cloud - cloud.mean(axis=0))[2][2]
    return spot, normal * np.sign(normal @ spot)
