"""Holes that nothing was developed on: plain solids taken out of a whole skull, as published sets of defects are made.

The holes of ``shapes.py`` look as surgeons and injuries make them, and the method was developed on such. These here are another kind: spheres,
boxes, cylinders and stars anywhere on the vault, large and small, with walls that stand as the solid does and not perpendicular to the surface.
How well they are restored tells what holds beyond one's own shapes.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy.stats import ortho_group

from SkullRestoreLib.evaluation.shapes import OVER_MM, UNDER_MM, may_be_cut
from SkullRestoreLib.evaluation.whole import WholeSkull
from SkullRestoreLib.grid import direction, grid, interpolate

Inside = Callable[[np.ndarray], np.ndarray]
"""Tells of places (p, 3), mm from a solid's middle, first and second along the surface and third outwards, which are in it: (p,) bool."""

_APART_DEG = (55.0, 75.0)
_HALF_WIDTH_DEG = 80.0
"""A solid takes bone on its own side of the head alone: a long cylinder does not come out at the other."""


def pieces(kind: str, rng: np.random.Generator, skull: WholeSkull) -> tuple[np.ndarray, ...]:
    """Draw a solid of a kind, or two, somewhere on the vault, and find the voxels that it takes away.

    Parameters
    ----------
    kind
        One of ``SOLIDS``.
    rng
        Everything random comes from here.
    skull
        The whole skull.

    Returns
    -------
    tuple of (nk, nj, ni) bool
        The missing pieces, parts of the skull's bone; two for "two holes".

    Raises
    ------
    ValueError
        If the kind is not known.
    """
    if kind not in SOLIDS:
        raise ValueError(f"{kind} is no kind of solid; use one of {', '.join(SOLIDS)}.")
    drawn = _KINDS[kind]
    azimuth, elevation = rng.choice([-1.0, 1.0]) * rng.uniform(*drawn.azimuth), rng.uniform(*drawn.elevation)
    turns = (0.0, rng.choice([-1.0, 1.0]) * rng.uniform(*_APART_DEG)) if drawn.two else (0.0,)
    return tuple(_taken(skull, direction(azimuth + turn, elevation), drawn.solid(rng)) for turn in turns)


def _taken(skull: WholeSkull, towards: np.ndarray, inside: Inside) -> np.ndarray:
    """Bone of a solid whose middle lies on the outer table towards (3,): on the vault, and not far over or under its tables."""
    near = np.flatnonzero(skull.places @ towards.astype(np.float32) > np.cos(np.radians(_HALF_WIDTH_DEG)) * skull.radii)
    side = np.cross([0.0, 0.0, 1.0], towards)
    side /= np.linalg.norm(side)
    axes = np.stack([side, np.cross(towards, side), towards])
    middle = towards * interpolate(skull.tables[:, :1], towards[None])[0, 0]
    near = near[inside((skull.places[near] - middle) @ axes.T)]
    unit = skull.places[near] / skull.radii[near, None]
    outer, inner, vault = interpolate(np.column_stack([skull.tables, may_be_cut(skull)]), unit).T
    kept = (vault > 0.5) & (skull.radii[near] < outer + OVER_MM) & (skull.radii[near] > inner - UNDER_MM)
    near, unit = near[kept], unit[kept]
    return skull.piece(near[_largest_hole(unit, skull.radial.level)])


def _largest_hole(unit: np.ndarray, level: int) -> np.ndarray:
    """Which of the bone towards (p, 3) belongs to the largest of the holes that a solid makes: where the vault turns away from it, it may make two."""
    g = grid(level)
    vertex = g.nearest(unit)
    taken = np.zeros(len(g.directions), dtype=bool)
    taken[vertex] = True
    at, label = g.parts(g.grow(taken, 1))
    part = np.zeros(len(taken), dtype=int)
    part[at] = label
    return part[vertex] == np.bincount(part[vertex], minlength=1).argmax()


# --- solids


def _ball(least: float, most: float) -> Callable[[np.random.Generator], Inside]:
    def solid(rng: np.random.Generator) -> Inside:
        radius = rng.uniform(least, most)
        return lambda p: (p**2).sum(axis=1) < radius**2

    return solid


def _ellipsoid(rng: np.random.Generator) -> Inside:
    half, turned = np.array([rng.uniform(35, 60), *rng.uniform(18, 30, 2)]), _turned(rng)
    return lambda p: (((p @ turned) / half) ** 2).sum(axis=1) < 1


def _box(rng: np.random.Generator) -> Inside:
    half, turned = rng.uniform(15, 38, 3), _turned(rng)
    return lambda p: (np.abs(p @ turned) < half).all(axis=1)


def _cylinder(lean: float) -> Callable[[np.random.Generator], Inside]:
    """Round about an axis that leans from the surface's normal by about ``lean`` of its length."""

    def solid(rng: np.random.Generator) -> Inside:
        axis = np.array([0.0, 0.0, 1.0]) + lean * rng.normal(size=3)
        axis /= np.linalg.norm(axis)
        radius = rng.uniform(18, 45)
        return lambda p: ((p - np.outer(p @ axis, axis)) ** 2).sum(axis=1) < radius**2

    return solid


def _prism(corners: Callable[[np.random.Generator], np.ndarray]) -> Callable[[np.random.Generator], Inside]:
    """Straight edges between corners at given distances (k,) mm from the middle, equal angles apart; walls along the middle's normal."""

    def solid(rng: np.random.Generator) -> Inside:
        reach, start = corners(rng), rng.uniform(0, 2 * np.pi)
        step = 2 * np.pi / len(reach)

        def inside(p: np.ndarray) -> np.ndarray:
            angle = (np.arctan2(p[:, 1], p[:, 0]) - start) % (2 * np.pi)
            sector = np.minimum((angle / step).astype(int), len(reach) - 1)
            a, b, beyond = reach[sector], reach[(sector + 1) % len(reach)], angle - sector * step
            # the line through two corners in polar coordinates
            return np.hypot(p[:, 0], p[:, 1]) * (a * np.sin(beyond) + b * np.sin(step - beyond)) < a * b * np.sin(step)

        return inside

    return solid


def _star_corners(rng: np.random.Generator) -> np.ndarray:
    spikes = int(rng.integers(3, 8))
    return np.column_stack([rng.uniform(32, 48, spikes), rng.uniform(14, 22, spikes)]).ravel()


def _strip(rng: np.random.Generator) -> Inside:
    turn, half = rng.uniform(0, np.pi), np.array([rng.uniform(25, 50), rng.uniform(5, 9)])
    along = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    return lambda p: (np.abs(p[:, :2] @ along) < half).all(axis=1)


def _turned(rng: np.random.Generator) -> np.ndarray:
    """(3, 3) axes turned anyhow, all equally likely; some are left-handed, which solids that are their own mirror image do not show."""
    return ortho_group.rvs(3, random_state=rng)


class _Kind(NamedTuple):
    elevation: tuple[float, float]  # of the middle, least and most, degrees
    azimuth: tuple[float, float]  # the same, on either side
    solid: Callable[[np.random.Generator], Inside]
    two: bool = False  # a second one at the same elevation, well apart


_ANYWHERE = ((0.0, 75.0), (0.0, 180.0))
_KINDS = {
    "sphere": _Kind(*_ANYWHERE, _ball(15, 45)),
    "ellipsoid": _Kind(*_ANYWHERE, _ellipsoid),
    "box": _Kind(*_ANYWHERE, _box),
    "cylinder": _Kind(*_ANYWHERE, _cylinder(0.15)),
    "oblique cylinder": _Kind(*_ANYWHERE, _cylinder(0.6)),
    "polygon": _Kind(*_ANYWHERE, _prism(lambda rng: rng.uniform(25, 45, int(rng.integers(3, 8))))),
    "star": _Kind(*_ANYWHERE, _prism(_star_corners)),
    "strip": _Kind(*_ANYWHERE, _strip),
    "tiny sphere": _Kind(*_ANYWHERE, _ball(7, 11)),
    "two holes": _Kind((0.0, 45.0), (0.0, 180.0), _ball(10, 16), two=True),
    "sphere at the vertex": _Kind((65.0, 88.0), (0.0, 180.0), _ball(20, 50)),
    "half the vault": _Kind((25.0, 40.0), (70.0, 110.0), _ball(60, 75)),
    "sphere at the base": _Kind((-12.0, 5.0), (65.0, 110.0), _ball(15, 32)),
    "sphere at the brow": _Kind((0.0, 20.0), (0.0, 35.0), _ball(15, 32)),
}
SOLIDS = tuple(_KINDS)
