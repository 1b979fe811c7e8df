"""Damage skulls on their rays: the bone intervals of an intact skull in, the same skull with defects out.

A defect is a body in space; what counts is which part of each ray's bone is inside it. That takes milliseconds, where
cutting voxels takes seconds. The sphere of Mishinov 2023 is one of the bodies; the others were added for the defects at
which it fails.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from SkullRestoreLib.geometry.icosphere import direction_from_angles, spherical_grid
from SkullRestoreLib.training.scan_artefacts import (
    degrade_intervals,
    lost_rays,
    smooth_noise,
    thicken_slices,
    truncate_scan,
    wear_edges,
)

InsideTest = Callable[[NDArray[np.floating]], NDArray[np.bool_]]
"""Whether points (p, 3), mm in the head frame, are inside a body: (p,) bool."""
_HEAD_RADIUS_MM = 85.0
_MIN_DEPTH_MM = 10.0
"""A flap or box takes bone only this far from the head's centre and beyond, on its own side of the head."""
_WALL_STEPS = np.linspace(0.125, 0.875, 7, dtype=np.float32)
"""Shares of a ray's bone at which the wall of a cut is looked for."""
_MIN_FRONT_WALL_MM = 2.0
"""A lost outer table takes at least this much bone with it."""


@dataclass(frozen=True, eq=False)
class SkullRays:
    """One skull on the grid, intact or with a single defect of its own."""

    level: int
    intervals: NDArray[np.float32]  # (n, m, 2), mm, outermost first
    tables: NDArray[np.float32]  # (n, 2), mm, true outer and inner table, NaN where unknown
    reach: NDArray[np.float32]  # (n,), mm


@dataclass(frozen=True, eq=False)
class DamagedRays:
    """A skull after damage: the bone that is left, and where the outer table is missing."""

    intervals: NDArray[np.float32]  # (n, m, 2), mm
    missing: NDArray[np.bool_]  # (n,), outer table gone
    reach: NDArray[np.float32]  # (n,), mm
    kind: str  # key of DAMAGE_SHARES


def local_axes(direction: NDArray[np.float64], turn_rad: float) -> NDArray[np.float64]:
    """Make axes for a place on the head: sideways, upwards and outwards.

    Parameters
    ----------
    direction
        (3,) unit, from the head's centre outwards.
    turn_rad
        By how much the first two axes are turned about it.

    Returns
    -------
    ndarray
        (3, 3) float64, one axis per row; the first is level where it is not turned.

    Examples
    --------
    >>> (local_axes(np.array([0.0, 1.0, 0.0]), 0.0) + 0.0).tolist()
    [[-1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, 1.0, 0.0]]
    """
    side = np.cross([0.0, 0.0, 1.0] if abs(direction[2]) < 0.95 else [0.0, 1.0, 0.0], direction)
    side /= np.linalg.norm(side)
    up = np.cross(direction, side)
    c, s = np.cos(turn_rad), np.sin(turn_rad)
    return np.stack([c * side + s * up, -s * side + c * up, direction])


def sphere_body(centre: NDArray[np.floating], radius_mm: float) -> InsideTest:
    """Make a sphere, the damage of Mishinov 2023.

    Parameters
    ----------
    centre
        (3,), mm in the head frame.
    radius_mm
        Its radius.

    Returns
    -------
    callable
        The test for points inside it.

    Examples
    --------
    >>> inside = sphere_body(np.array([0.0, 0.0, 80.0]), 20.0)
    >>> inside(np.array([[0.0, 0.0, 70.0], [0.0, 0.0, 40.0]])).tolist()
    [True, False]
    """
    return lambda points: ((points - centre) ** 2).sum(axis=-1) < radius_mm**2


def flap_body(
    direction: NDArray[np.float64],
    half_axes_mm: tuple[float, float],
    turn_rad: float,
    rng: np.random.Generator,
    *,
    raggedness: float = 0.08,
) -> InsideTest:
    """Make a craniectomy: a rounded rectangle with a wavy outline, its walls anywhere between parallel and radial.

    Parameters
    ----------
    direction
        (3,) unit, from the head's centre to the flap's middle.
    half_axes_mm
        Half of its length and width.
    turn_rad
        By how much it is turned about ``direction``.
    rng
        Source of all randomness.
    raggedness
        Size of the outline's waves, as a share of the flap's size.

    Returns
    -------
    callable
        The test for points inside it.
    """
    radial_share = np.float32(rng.uniform(0.0, 1.1))
    axes = local_axes(direction, turn_rad)
    power = rng.uniform(2.0, 4.0)
    waves = raggedness * rng.normal(size=5) / np.arange(1, 6) ** 0.5
    phases = rng.uniform(0, 2 * np.pi, 5)

    def inside_flap(points: NDArray[np.floating]) -> NDArray[np.bool_]:
        u, v, depth = (points @ axes.T.astype(points.dtype)).T
        near = np.flatnonzero(depth > _MIN_DEPTH_MM)
        radius = np.maximum(np.linalg.norm(points[near], axis=-1), 1)
        spread = 1 - radial_share + radial_share * _HEAD_RADIUS_MM / radius
        u, v = u[near] * spread / half_axes_mm[0], v[near] * spread / half_axes_mm[1]
        close = np.maximum(np.abs(u), np.abs(v)) < 2
        near, u, v = near[close], u[close], v[close]
        angle = np.arctan2(v, u)
        outline = 1 + sum(w * np.cos((k + 2) * angle + p) for k, (w, p) in enumerate(zip(waves, phases, strict=True)))
        inside = np.zeros(len(points), dtype=bool)
        inside[near] = np.abs(u) ** power + np.abs(v) ** power < np.maximum(outline, 0.1) ** power
        return inside

    return inside_flap


def drilled_box_body(
    direction: NDArray[np.float64], half_mm: tuple[float, float], turn_rad: float, drill_mm: float
) -> InsideTest:
    """Make the damage of the AutoImplant challenge: a box with a drill hole at each corner.

    Parameters
    ----------
    direction
        (3,) unit, from the head's centre to the box's middle; its walls run along it.
    half_mm
        Half of its length and width.
    turn_rad
        By how much it is turned about ``direction``.
    drill_mm
        Radius of the drill holes.

    Returns
    -------
    callable
        The test for points inside it.

    Examples
    --------
    >>> inside = drilled_box_body(np.array([0.0, 0.0, 1.0]), (20.0, 20.0), 0.0, 6.0)
    >>> inside(np.array([[0.0, 0, 80], [24, 20, 80], [24, 0, 80]])).tolist()
    [True, True, False]
    """
    axes = local_axes(direction, turn_rad)

    def inside_box(points: NDArray[np.floating]) -> NDArray[np.bool_]:
        u, v, depth = (points @ axes.T.astype(points.dtype)).T
        box = (np.abs(u) < half_mm[0]) & (np.abs(v) < half_mm[1])
        drill_hole = (np.abs(u) - half_mm[0]) ** 2 + (np.abs(v) - half_mm[1]) ** 2 < drill_mm**2
        return (box | drill_hole) & (depth > _MIN_DEPTH_MM)

    return inside_box


def cut_intervals(skull: SkullRays, inside: InsideTest) -> NDArray[np.float32]:
    """Cut a body out of a skull's bone intervals.

    Both ends of each interval are tested. Where the body holds only one of them, the interval ends at the wall of the
    cut.

    Parameters
    ----------
    skull
        The skull; it is not changed.
    inside
        The body.

    Returns
    -------
    ndarray
        (n, m, 2) float32, mm.
    """
    directions = spherical_grid(skull.level).directions.astype(np.float32)
    present = np.nonzero(np.isfinite(skull.intervals[..., 0]))
    rays, ends = directions[present[0]], skull.intervals[present]  # (p, 3), (p, 2)
    hit = np.stack([inside(rays * ends[:, side, None]) for side in (0, 1)], axis=1)
    half_cut = np.flatnonzero(hit[:, 0] != hit[:, 1])
    low, high = ends[half_cut].T
    radii = low[:, None] + (high - low)[:, None] * _WALL_STEPS
    gone = inside((rays[half_cut, None] * radii[..., None]).reshape(-1, 3)).reshape(radii.shape)
    share = (gone.sum(axis=1) + 0.5) / (len(_WALL_STEPS) + 1)
    inner_gone = hit[half_cut, 0]
    wall = np.where(inner_gone, low + (high - low) * share, high - (high - low) * share)
    ends[hit[:, 0] & hit[:, 1]] = np.nan
    ends[half_cut, np.where(inner_gone, 0, 1)] = wall
    left = skull.intervals.copy()
    left[present] = ends
    return left


# --- drawing bodies


def _draw_flap(rng: np.random.Generator) -> InsideTest:
    """Draw a flap where surgeons make them, on either side."""
    side = rng.choice([-1.0, 1.0])
    place, azimuth_deg, elevation_deg, low_mm, high_mm = [
        ("fronto-temporo-parietal", (55, 115), (-12, 35), 35, 68),
        ("low temporal", (65, 105), (-35, 5), 20, 45),
        ("bifrontal", (-15, 15), (20, 55), 30, 62),
        ("fronto-orbital", (5, 50), (-5, 18), 14, 38),
        ("occipital", (140, 180), (-38, 30), 20, 48),
        ("parietal", (70, 170), (20, 75), 18, 50),
        ("anywhere", (0, 180), (-20, 90), 8, 55),
    ][rng.choice(7, p=[0.28, 0.18, 0.1, 0.12, 0.12, 0.1, 0.1])]
    half_axes_mm = (rng.uniform(low_mm, high_mm), rng.uniform(low_mm, high_mm))
    if place == "bifrontal":
        half_axes_mm = (rng.uniform(40, 65), rng.uniform(22, 45))
    direction = direction_from_angles(side * rng.uniform(*azimuth_deg), rng.uniform(*elevation_deg))
    return flap_body(direction, half_axes_mm, rng.uniform(-0.5, 0.5), rng)


def _draw_box(rng: np.random.Generator) -> InsideTest:
    direction = direction_from_angles(rng.uniform(-180, 180), rng.uniform(-10, 90))
    half_mm = rng.uniform(16, 46)
    size_mm = (half_mm, half_mm * rng.uniform(0.7, 1.3))
    return drilled_box_body(direction, size_mm, rng.uniform(0, np.pi), rng.uniform(4, 9))


def _draw_burr_holes(rng: np.random.Generator) -> InsideTest:
    balls = [
        sphere_body(
            direction_from_angles(rng.uniform(-180, 180), rng.uniform(-10, 80)) * rng.uniform(70, 85),
            rng.uniform(9, 14),
        )
        for _ in range(rng.integers(1, 5))
    ]
    return lambda points: np.any([ball(points) for ball in balls], axis=0)


def draw_sphere(rng: np.random.Generator) -> InsideTest:
    """Draw the damage of Mishinov 2023: a sphere of random size and place.

    Parameters
    ----------
    rng
        Source of all randomness.

    Returns
    -------
    callable
        The test for points inside it.
    """
    return sphere_body(
        direction_from_angles(rng.uniform(-180, 180), rng.uniform(-30, 90)) * rng.uniform(55, 105), rng.uniform(12, 55)
    )


DAMAGE_SHARES = {"flap": 0.46, "box": 0.2, "sphere": 0.1, "burr": 0.04, "two": 0.1, "outer": 0.07, "none": 0.03}
"""Kinds of damage, and how often each is drawn. "two" is two flaps, "outer" the loss of the outer table only."""
_BODY_DRAWERS = {"flap": _draw_flap, "box": _draw_box, "sphere": draw_sphere, "burr": _draw_burr_holes}
ISLAND_SHARE, TRUNCATED_SHARE, THICK_SLICE_SHARE = 0.25, 0.3, 0.2
"""How often new bone on the dura, an edge of the scan and thick slices go with the damage."""


# --- damage


def damage_skull(skull: SkullRays, rng: np.random.Generator) -> DamagedRays:
    """Damage a skull at random.

    The damage comes with worn edges, islands on the dura, noise, lost thin bone, an edge of the scan and thick slices.

    Parameters
    ----------
    skull
        The intact skull; it is not changed.
    rng
        Source of all randomness.

    Returns
    -------
    DamagedRays
        What is left, and where the outer table is missing.
    """
    kinds = list(DAMAGE_SHARES)
    kind = str(rng.choice(kinds, p=list(DAMAGE_SHARES.values())))
    left = _cut_damage(skull, kind, rng)
    lost = lost_rays(left, skull.tables)
    left = wear_edges(left, skull.tables, lost, rng, skull.level)
    if rng.random() < ISLAND_SHARE:
        left = add_islands(left, skull.tables, lost, rng, skull.level)
    left = degrade_intervals(left, rng, skull.level)
    reach = skull.reach
    if rng.random() < TRUNCATED_SHARE:
        left, reach = truncate_scan(left, reach, rng, skull.level)
    # measured before slices move ends: bone in the wrong place is not lost
    missing = lost_rays(left, skull.tables)
    if rng.random() < THICK_SLICE_SHARE:
        left = thicken_slices(left, reach, rng, skull.level)
    return DamagedRays(_sort_intervals(left), missing, reach, kind)


def _cut_damage(skull: SkullRays, kind: str, rng: np.random.Generator) -> NDArray[np.float32]:
    if kind == "none":
        return skull.intervals.copy()
    if kind == "outer":
        return _remove_outer_table(skull, _draw_flap(rng), rng)
    if kind == "two":
        once = SkullRays(skull.level, cut_intervals(skull, _draw_flap(rng)), skull.tables, skull.reach)
        return cut_intervals(once, _draw_flap(rng))
    return cut_intervals(skull, _BODY_DRAWERS[kind](rng))


def _sort_intervals(intervals: NDArray[np.float32]) -> NDArray[np.float32]:
    """Intervals from outside inwards, empty ones last: rays of a real defect begin with the bone beneath it."""
    key = -np.fmax(np.ascontiguousarray(intervals[..., 1].T), -1.0)  # NaN becomes -1; long rows are compared faster
    rows = np.flatnonzero((key[1:] < key[:-1]).any(axis=0))
    order = np.argsort(key[:, rows].T, axis=1, kind="stable")
    sorted_intervals = intervals.copy()
    sorted_intervals[rows] = np.take_along_axis(intervals[rows], order[..., None], axis=1)
    return sorted_intervals


def _remove_outer_table(skull: SkullRays, inside: InsideTest, rng: np.random.Generator) -> NDArray[np.float32]:
    """Remove the front wall and leave the back wall (frontal sinus, resorbed flap)."""
    directions = spherical_grid(skull.level).directions
    here = inside(directions * np.nan_to_num(skull.tables[:, :1]))
    depth = np.nan_to_num((skull.tables[:, 0] - skull.tables[:, 1]) * rng.uniform(0.35, 0.75))
    limit = np.where(here, np.nan_to_num(skull.tables[:, 0]) - np.maximum(depth, _MIN_FRONT_WALL_MM), np.inf)[:, None]
    left = skull.intervals.copy()
    left[..., 1] = np.minimum(left[..., 1], limit)
    left[left[..., 1] <= left[..., 0]] = np.nan
    return left


def add_islands(
    intervals: NDArray[np.float32],
    tables: NDArray[np.float32],
    lost: NDArray[np.bool_],
    rng: np.random.Generator,
    level: int,
) -> NDArray[np.float32]:
    """Add new bone on the dura: thin plates under the defect, up to half a centimetre inside the inner table.

    Parameters
    ----------
    intervals
        (n, m, 2) bone that is left, mm.
    tables
        (n, 2) true tables, mm.
    lost
        (n,) bool, where the outer table is gone.
    rng
        Source of all randomness.
    level
        Grid level.

    Returns
    -------
    ndarray
        (n, m, 2) float32, mm, outermost first.
    """
    field = smooth_noise(level, 3, rng)
    with np.errstate(invalid="ignore"):
        here = lost & (field > rng.uniform(0.5, 1.2)) & np.isfinite(tables[:, 1]) & np.isnan(intervals[:, -1, 0])
    depth = tables[:, 1] - rng.uniform(-2.0, 6.0) + 1.5 * smooth_noise(level, 2, rng)
    plate = np.stack([depth - rng.uniform(0.8, 3.0), depth], axis=1)
    left = intervals.copy()
    left[here, -1] = plate[here]
    return _sort_intervals(left)


# --- augmentation


def warp_skull(skull: SkullRays, rng: np.random.Generator) -> SkullRays:
    """Scale a skull smoothly, unevenly and at random, and change its thickness.

    Parameters
    ----------
    skull
        The skull; it is not changed.
    rng
        Source of all randomness.

    Returns
    -------
    SkullRays
        Its size changed by up to 10 %, its thickness by up to 20 %.
    """
    # mostly little; now and then more than any patient has, so that an unusual head is not taken for a damaged one
    strength = min(rng.exponential(), 3.0)
    uneven = 0.006 * smooth_noise(skull.level, 0, rng) + 0.003 * smooth_noise(skull.level, 1, rng)
    factor = (1 + np.clip(rng.normal(0, 0.02) + strength * uneven, -0.1, 0.1)).astype(np.float32)
    thicker = np.float32(1 + np.clip(rng.normal(0, 0.08), -0.2, 0.2))
    outer = np.where(np.isfinite(skull.tables[:, 0]), skull.tables[:, 0], np.inf)[:, None, None]
    # bone of the vault is thickened inwards; all other bone is only moved
    depth = outer - skull.intervals
    depth[~((depth > 0) & (depth < 14))] = 0
    ends = skull.intervals - depth * (thicker - 1)
    tables = skull.tables.copy()
    tables[:, 1] -= (tables[:, 0] - tables[:, 1]) * (thicker - 1)
    return SkullRays(
        skull.level,
        (ends * factor[:, None, None]).astype(np.float32, copy=False),
        (tables * factor[:, None]).astype(np.float32, copy=False),
        (skull.reach * factor).astype(np.float32, copy=False),
    )


def mirror_skull(skull: SkullRays) -> SkullRays:
    """Mirror a skull across its mid-plane, exactly: the grid is its own mirror image.

    Parameters
    ----------
    skull
        The skull; it is not changed.
    """
    mirror = spherical_grid(skull.level).mirror_vertices
    return SkullRays(skull.level, skull.intervals[mirror], skull.tables[mirror], skull.reach[mirror])
