"""Cut plain solids out of an intact skull, as published data sets of defects do.

The defects of ``craniectomies.py`` look as surgeons and injuries make them, and the method was developed on such. These
are another kind: spheres, boxes, cylinders and stars anywhere on the vault, large and small, with walls as the solid
has them and not perpendicular to the surface. How well they are restored shows whether the method generalises beyond
the shapes it was developed on.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import ortho_group

from SkullRestoreLib.evaluation.cases.craniectomies import CUT_INSIDE_MM, CUT_OUTSIDE_MM, cuttable_region
from SkullRestoreLib.evaluation.cases.intact_skull import IntactSkull
from SkullRestoreLib.geometry.icosphere import direction_from_angles, interpolate, spherical_grid

Floats = NDArray[np.float64]
InsideTest = Callable[[Floats], NDArray[np.bool_]]
"""Whether points (p, 3), mm from a solid's middle, are inside it: (p,) bool. First and second coordinate are along the
surface, the third outwards."""

SolidDrawer = Callable[[np.random.Generator], InsideTest]
_PAIR_ANGLE_DEG = (55.0, 75.0)
"""Angle between the two solids of a pair."""
_MAX_ANGLE_DEG = 80.0
"""A solid removes bone on its own side of the head only: a long cylinder does not come out at the other."""


def cut_solids(kind: str, rng: np.random.Generator, skull: IntactSkull) -> tuple[NDArray[np.bool_], ...]:
    """Draw a solid of a kind, or two, somewhere on the vault, and find the voxels that it removes.

    Parameters
    ----------
    kind
        One of ``SOLID_NAMES``.
    rng
        Source of all randomness.
    skull
        The intact skull.

    Returns
    -------
    tuple of ndarray
        (nk, nj, ni) bool each: the missing pieces, parts of the skull's bone; two for "two holes".

    Raises
    ------
    ValueError
        If the kind is not known.
    """
    if kind not in SOLID_NAMES:
        raise ValueError(f"{kind} is no kind of solid; use one of {', '.join(SOLID_NAMES)}.")
    solid = _SOLID_KINDS[kind]
    azimuth, elevation = rng.choice([-1.0, 1.0]) * rng.uniform(*solid.azimuth_deg), rng.uniform(*solid.elevation_deg)
    turns = (0.0, rng.choice([-1.0, 1.0]) * rng.uniform(*_PAIR_ANGLE_DEG)) if solid.is_pair else (0.0,)
    return tuple(
        cut_solid(skull, direction_from_angles(azimuth + turn, elevation), solid.draw_solid(rng)) for turn in turns
    )


def cut_solid(skull: IntactSkull, direction: Floats, inside: InsideTest) -> NDArray[np.bool_]:
    """Find the bone inside a solid whose middle is on the outer table.

    Parameters
    ----------
    skull
        The intact skull.
    direction
        (3,) unit, from the head's centre to the solid's middle.
    inside
        The solid.

    Returns
    -------
    ndarray
        (nk, nj, ni) bool: on the vault, not far from its tables, and in one connected defect, the largest.
    """
    near = np.flatnonzero(
        skull.voxel_points @ direction.astype(np.float32) > np.cos(np.radians(_MAX_ANGLE_DEG)) * skull.voxel_radii
    )
    side = np.cross([0.0, 0.0, 1.0], direction)
    side /= np.linalg.norm(side)
    axes = np.stack([side, np.cross(direction, side), direction])
    middle = direction * interpolate(skull.tables[:, :1], direction[None])[0, 0]
    near = near[inside((skull.voxel_points[near] - middle) @ axes.T)]
    unit = skull.voxel_points[near] / skull.voxel_radii[near, None]
    outer, inner, vault = interpolate(np.column_stack([skull.tables, cuttable_region(skull)]), unit).T
    kept = (
        (vault > 0.5)
        & (skull.voxel_radii[near] < outer + CUT_OUTSIDE_MM)
        & (skull.voxel_radii[near] > inner - CUT_INSIDE_MM)
    )
    near, unit = near[kept], unit[kept]
    return skull.piece_mask(near[_in_largest_part(unit, skull.rays.level)])


def _in_largest_part(unit: Floats, level: int) -> NDArray[np.bool_]:
    """Which of the directions (p, 3) belong to the largest defect: where the vault curves away there may be two."""
    grid = spherical_grid(level)
    vertex = grid.nearest_vertices(unit)
    taken = np.zeros(len(grid.directions), dtype=bool)
    taken[vertex] = True
    vertices, label = grid.connected_parts(grid.grow_region(taken, 1))
    part = np.zeros(len(taken), dtype=int)
    part[vertices] = label
    largest: NDArray[np.bool_] = part[vertex] == np.bincount(part[vertex], minlength=1).argmax()
    return largest


# --- solids


def _sphere_factory(least_mm: float, most_mm: float) -> SolidDrawer:
    def draw_sphere(rng: np.random.Generator) -> InsideTest:
        radius = rng.uniform(least_mm, most_mm)
        return lambda p: (p**2).sum(axis=1) < radius**2

    return draw_sphere


def _draw_ellipsoid(rng: np.random.Generator) -> InsideTest:
    half_mm, axes = np.array([rng.uniform(35, 60), *rng.uniform(18, 30, 2)]), _random_axes(rng)
    return lambda p: (((p @ axes) / half_mm) ** 2).sum(axis=1) < 1


def _draw_box(rng: np.random.Generator) -> InsideTest:
    half_mm, axes = rng.uniform(15, 38, 3), _random_axes(rng)
    return lambda p: np.all(np.abs(p @ axes) < half_mm, axis=1)


def _cylinder_factory(lean: float) -> SolidDrawer:
    """A cylinder whose axis leans from the surface's normal by about ``lean`` of its length."""

    def draw_cylinder(rng: np.random.Generator) -> InsideTest:
        axis = np.array([0.0, 0.0, 1.0]) + lean * rng.normal(size=3)
        axis /= np.linalg.norm(axis)
        radius = rng.uniform(18, 45)
        return lambda p: ((p - np.outer(p @ axis, axis)) ** 2).sum(axis=1) < radius**2

    return draw_cylinder


def _prism_factory(corner_distances: Callable[[np.random.Generator], Floats]) -> SolidDrawer:
    """A prism with corners at given distances (k,) mm from the middle, at equal angles; walls along the normal."""

    def draw_prism(rng: np.random.Generator) -> InsideTest:
        distances = corner_distances(rng)
        return prism_body(distances, rng.uniform(0, 2 * np.pi))

    return draw_prism


def prism_body(corner_distances: Floats, first_angle: float) -> InsideTest:
    """Make a prism with straight edges between corners at equal angles.

    Parameters
    ----------
    corner_distances
        (k,), mm from the middle.
    first_angle
        Of the first corner, radians.

    Returns
    -------
    callable
        The test for points inside it.

    Examples
    --------
    >>> inside = prism_body(np.full(4, 10.0), 0.0)
    >>> inside(np.array([[9.0, 0.0, 5.0], [6.0, 6.0, 5.0]])).tolist()
    [True, False]
    """
    step = 2 * np.pi / len(corner_distances)

    def inside(points: Floats) -> NDArray[np.bool_]:
        angle = (np.arctan2(points[:, 1], points[:, 0]) - first_angle) % (2 * np.pi)
        sector = np.minimum((angle / step).astype(int), len(corner_distances) - 1)
        a, b = corner_distances[sector], corner_distances[(sector + 1) % len(corner_distances)]
        beyond = angle - sector * step
        # the line through two corners in polar coordinates
        reach = np.hypot(points[:, 0], points[:, 1]) * (a * np.sin(beyond) + b * np.sin(step - beyond))
        below: NDArray[np.bool_] = reach < a * b * np.sin(step)
        return below

    return inside


def _star_corners(rng: np.random.Generator) -> Floats:
    spikes = int(rng.integers(3, 8))
    return np.column_stack([rng.uniform(32, 48, spikes), rng.uniform(14, 22, spikes)]).ravel()


def _draw_strip(rng: np.random.Generator) -> InsideTest:
    turn, half_mm = rng.uniform(0, np.pi), np.array([rng.uniform(25, 50), rng.uniform(5, 9)])
    along = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    return lambda p: (np.abs(p[:, :2] @ along) < half_mm).all(axis=1)


def _random_axes(rng: np.random.Generator) -> Floats:
    """(3, 3) random axes, uniformly distributed; left-handed ones too, as the solids are mirror-symmetric."""
    axes: Floats = ortho_group.rvs(3, random_state=rng)
    return axes


class _SolidKind(NamedTuple):
    elevation_deg: tuple[float, float]  # range of the middle's elevation
    azimuth_deg: tuple[float, float]  # range of its azimuth, on either side
    draw_solid: SolidDrawer
    is_pair: bool = False  # a second one at the same elevation, well apart


_ANYWHERE = ((0.0, 75.0), (0.0, 180.0))
_SOLID_KINDS = {
    "sphere": _SolidKind(*_ANYWHERE, _sphere_factory(15, 45)),
    "ellipsoid": _SolidKind(*_ANYWHERE, _draw_ellipsoid),
    "box": _SolidKind(*_ANYWHERE, _draw_box),
    "cylinder": _SolidKind(*_ANYWHERE, _cylinder_factory(0.15)),
    "oblique cylinder": _SolidKind(*_ANYWHERE, _cylinder_factory(0.6)),
    "polygon": _SolidKind(*_ANYWHERE, _prism_factory(lambda rng: rng.uniform(25, 45, int(rng.integers(3, 8))))),
    "star": _SolidKind(*_ANYWHERE, _prism_factory(_star_corners)),
    "strip": _SolidKind(*_ANYWHERE, _draw_strip),
    "tiny sphere": _SolidKind(*_ANYWHERE, _sphere_factory(7, 11)),
    "two holes": _SolidKind((0.0, 45.0), (0.0, 180.0), _sphere_factory(10, 16), is_pair=True),
    "sphere at the vertex": _SolidKind((65.0, 88.0), (0.0, 180.0), _sphere_factory(20, 50)),
    "half the vault": _SolidKind((25.0, 40.0), (70.0, 110.0), _sphere_factory(60, 75)),
    "sphere at the base": _SolidKind((-12.0, 5.0), (65.0, 110.0), _sphere_factory(15, 32)),
    "sphere at the brow": _SolidKind((0.0, 20.0), (0.0, 35.0), _sphere_factory(15, 32)),
}
SOLID_NAMES = tuple(_SOLID_KINDS)
