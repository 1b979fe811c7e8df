"""Artificial damage on the rays: bone intervals of a whole skull in, the same skull with holes out.

A damage is a body in space; what matters is which part of each ray's bone lies inside it. That takes milliseconds, where cutting voxels takes
seconds. The paper's sphere (Mishinov 2023) is one body among those that its failures ask for.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from SkullRestoreLib.grid import direction, grid
from SkullRestoreLib.training.scanned import cut_scan, lost_rays, smooth_noise, thicken_slices, wear_edges, worsen

Inside = Callable[[np.ndarray], np.ndarray]
_RADIUS_MM = 85.0
_STEPS = np.linspace(0.125, 0.875, 7, dtype=np.float32)
"""Where along a ray's bone the wall of a cut is looked for."""


@dataclass(frozen=True)
class Skull:
    """One whole (or one-holed) skull on the grid."""

    level: int
    intervals: np.ndarray  # (n, m, 2) float32, mm, outermost first
    tables: np.ndarray  # (n, 2) float32, mm, true outer and inner table, NaN where unknown
    reach: np.ndarray  # (n,) float32, mm


@dataclass(frozen=True)
class Damaged:
    """What is left of it, and where."""

    intervals: np.ndarray  # (n, m, 2) float32, mm
    missing: np.ndarray  # (n,) bool, outer table gone
    reach: np.ndarray  # (n,) float32, mm
    kind: str


def _frame(towards: np.ndarray, turn: float) -> np.ndarray:
    """(3, 3) rows: two axes across ``towards``, turned by ``turn`` radians, and itself."""
    side = np.cross([0.0, 0.0, 1.0] if abs(towards[2]) < 0.95 else [0.0, 1.0, 0.0], towards)
    side /= np.linalg.norm(side)
    up = np.cross(towards, side)
    return np.stack([np.cos(turn) * side + np.sin(turn) * up, -np.sin(turn) * side + np.cos(turn) * up, towards])


def sphere(centre: np.ndarray, radius_mm: float) -> Inside:
    """The paper's damage."""
    return lambda x: ((x - centre) ** 2).sum(axis=-1) < radius_mm**2


def flap(towards: np.ndarray, half_axes_mm: tuple[float, float], turn: float, rng: np.random.Generator, *, ragged: float = 0.08) -> Inside:
    """A craniectomy: a rounded rectangle seen along ``towards`` with a wavy outline, its walls anywhere between parallel and radial."""
    radial = np.float32(rng.uniform(0.0, 1.1))
    frame = _frame(towards, turn)
    power = rng.uniform(2.0, 4.0)
    wave = ragged * rng.normal(size=5) / np.arange(1, 6) ** 0.5
    phase = rng.uniform(0, 2 * np.pi, 5)

    def inside(x: np.ndarray) -> np.ndarray:
        u, v, depth = (x @ frame.T.astype(x.dtype)).T
        spread = 1 - radial + radial * _RADIUS_MM / np.maximum(np.linalg.norm(x, axis=-1), 1)
        u, v = u * spread / half_axes_mm[0], v * spread / half_axes_mm[1]
        near = np.flatnonzero((depth > 10) & (np.maximum(np.abs(u), np.abs(v)) < 2))
        u, v = u[near], v[near]
        angle = np.arctan2(v, u)
        outline = 1 + sum(w * np.cos((k + 2) * angle + p) for k, (w, p) in enumerate(zip(wave, phase, strict=True)))
        out = np.zeros(len(x), dtype=bool)
        out[near] = np.abs(u) ** power + np.abs(v) ** power < np.maximum(outline, 0.1) ** power
        return out

    return inside


def drilled_box(towards: np.ndarray, half_mm: tuple[float, float], turn: float, drill_mm: float) -> Inside:
    """The challenge's damage: a box with a drill hole at each corner, along one axis."""
    frame = _frame(towards, turn)

    def inside(x: np.ndarray) -> np.ndarray:
        u, v, depth = (x @ frame.T.astype(x.dtype)).T
        box = (np.abs(u) < half_mm[0]) & (np.abs(v) < half_mm[1])
        corner = (np.abs(u) - half_mm[0]) ** 2 + (np.abs(v) - half_mm[1]) ** 2 < drill_mm**2
        return (box | corner) & (depth > 10)

    return inside


def cut(skull: Skull, inside: Inside) -> np.ndarray:
    """Bone intervals without what lies inside a body: (n, m, 2) float32.

    The body is looked up at both tables of each interval; where it holds only one of them, the interval ends at the cut's wall.
    """
    rays = grid(skull.level).directions.astype(np.float32)
    ends = skull.intervals
    there = np.nonzero(np.isfinite(ends[..., 0]))
    hit = np.zeros(ends.shape, dtype=bool)
    for side in (0, 1):
        hit[(*there, side)] = inside(rays[there[0]] * ends[(*there, side)][:, None])
    left = ends.copy()
    left[hit[..., 0] & hit[..., 1]] = np.nan
    part = np.nonzero(hit[..., 0] != hit[..., 1])
    low, high = ends[part].T
    at = low[:, None] + (high - low)[:, None] * _STEPS
    gone = inside((rays[part[0]][:, None] * at[..., None]).reshape(-1, 3)).reshape(at.shape)
    share = (gone.sum(axis=1) + 0.5) / (len(_STEPS) + 1)
    inner = hit[(*part, np.zeros_like(part[0]))]
    wall = np.where(inner, low + (high - low) * share, high - (high - low) * share)
    left[(*part, np.where(inner, 0, 1))] = wall
    return left


def _vault_flap(rng: np.random.Generator) -> Inside:
    """Flaps where surgeons make them, on either side."""
    side = rng.choice([-1.0, 1.0])
    place, azimuth, elevation, low, high = [
        ("fronto-temporo-parietal", (55, 115), (-12, 35), 35, 68),
        ("low temporal", (65, 105), (-35, 5), 20, 45),
        ("bifrontal", (-15, 15), (20, 55), 30, 62),
        ("fronto-orbital", (5, 50), (-5, 18), 14, 38),
        ("occipital", (140, 180), (-38, 30), 20, 48),
        ("parietal", (70, 170), (20, 75), 18, 50),
        ("anywhere", (0, 180), (-20, 90), 8, 55),
    ][rng.choice(7, p=[0.28, 0.18, 0.1, 0.12, 0.12, 0.1, 0.1])]
    half = (rng.uniform(low, high), rng.uniform(low, high))
    if place == "bifrontal":
        half = (rng.uniform(40, 65), rng.uniform(22, 45))
    return flap(direction(side * rng.uniform(*azimuth), rng.uniform(*elevation)), half, rng.uniform(-0.5, 0.5), rng)


def _box(rng: np.random.Generator) -> Inside:
    towards = direction(rng.uniform(-180, 180), rng.uniform(-10, 90))
    half = rng.uniform(16, 46)
    return drilled_box(towards, (half, half * rng.uniform(0.7, 1.3)), rng.uniform(0, np.pi), rng.uniform(4, 9))


def _burr_holes(rng: np.random.Generator) -> Inside:
    balls = [
        sphere(direction(rng.uniform(-180, 180), rng.uniform(-10, 80)) * rng.uniform(70, 85), rng.uniform(9, 14))
        for _ in range(rng.integers(1, 5))
    ]
    return lambda x: np.any([ball(x) for ball in balls], axis=0)


def _sphere(rng: np.random.Generator) -> Inside:
    return sphere(direction(rng.uniform(-180, 180), rng.uniform(-30, 90)) * rng.uniform(55, 105), rng.uniform(12, 55))


KINDS = {
    "flap": (_vault_flap, 0.46),
    "box": (_box, 0.2),
    "sphere": (_sphere, 0.1),
    "burr": (_burr_holes, 0.04),
    "two": (None, 0.1),
    "outer": (None, 0.07),
    "none": (None, 0.03),
}
"""What makes the hole, and how often."""


def damage(skull: Skull, rng: np.random.Generator) -> Damaged:
    """One random damage with its side effects: worn edges, islands on the dura, a cut scan edge, noise, thin bone lost, thick slices.

    Parameters
    ----------
    skull
        The whole skull.
    rng
        Everything random comes from here.
    """
    names = list(KINDS)
    kind = rng.choice(names, p=[KINDS[k][1] for k in names])
    if kind == "none":
        left = skull.intervals.copy()
    elif kind == "two":
        left = cut(Skull(skull.level, cut(skull, _vault_flap(rng)), skull.tables, skull.reach), _vault_flap(rng))
    elif kind == "outer":
        left = _lose_outer_table(skull, _vault_flap(rng), rng)
    else:
        left = cut(skull, KINDS[kind][0](rng))
    lost = lost_rays(left, skull.tables)
    left = wear_edges(left, skull.tables, lost, rng, skull.level)
    if rng.random() < 0.25:
        left = _add_islands(left, skull.tables, lost, rng, skull.level)
    left = worsen(left, rng, skull.level)
    reach = skull.reach
    if rng.random() < 0.3:
        left, reach = cut_scan(left, reach, rng, skull.level)
    missing = lost_rays(left, skull.tables)  # told before slices move ends: bone in the wrong place is not lost
    if rng.random() < 0.2:
        left = thicken_slices(left, reach, rng, skull.level)
    return Damaged(_outermost_first(left), missing, reach, str(kind))


def _outermost_first(intervals: np.ndarray) -> np.ndarray:
    """Intervals in the order in which rays meet them, those that are gone last: what rays tell of a real hole begins with the bone beneath it."""
    order = np.argsort(-np.nan_to_num(intervals[..., 1], nan=-1.0), axis=1, kind="stable")
    return np.take_along_axis(intervals, order[..., None], axis=1)


def _lose_outer_table(skull: Skull, inside: Inside, rng: np.random.Generator) -> np.ndarray:
    """The front wall lost, the back wall intact (frontal sinus, resorbed flap)."""
    rays = grid(skull.level).directions
    here = inside(rays * np.nan_to_num(skull.tables[:, :1]))
    depth = np.nan_to_num((skull.tables[:, 0] - skull.tables[:, 1]) * rng.uniform(0.35, 0.75))
    limit = np.where(here, np.nan_to_num(skull.tables[:, 0]) - np.maximum(depth, 2.0), np.inf)[:, None]
    left = skull.intervals.copy()
    left[..., 1] = np.minimum(left[..., 1], limit)
    left[left[..., 1] <= left[..., 0]] = np.nan
    return left


def _add_islands(intervals: np.ndarray, tables: np.ndarray, lost: np.ndarray, rng: np.random.Generator, level: int) -> np.ndarray:
    """New bone on the dura: thin plates under the hole, up to half a centimetre inside the inner table."""
    field = smooth_noise(level, 3, rng)
    with np.errstate(invalid="ignore"):
        here = lost & (field > rng.uniform(0.5, 1.2)) & np.isfinite(tables[:, 1]) & np.isnan(intervals[:, -1, 0])
    depth = tables[:, 1] - rng.uniform(-2.0, 6.0) + 1.5 * smooth_noise(level, 2, rng)
    plate = np.stack([depth - rng.uniform(0.8, 3.0), depth], axis=1)
    out = intervals.copy()
    out[here, -1] = plate[here]
    return _outermost_first(out)


def resize(skull: Skull, rng: np.random.Generator) -> Skull:
    """The same skull smoothly larger here and smaller there, as no other patient has it."""
    # mostly little; now and then more than any patient has, so that an odd head is not taken for a damaged one
    swelling = min(rng.exponential(), 3.0)
    uneven = 0.006 * smooth_noise(skull.level, 0, rng) + 0.003 * smooth_noise(skull.level, 1, rng)
    factor = 1 + np.clip(rng.normal(0, 0.02) + swelling * uneven, -0.1, 0.1)
    thicker = 1 + np.clip(rng.normal(0, 0.08), -0.2, 0.2)
    outer = np.where(np.isfinite(skull.tables[:, 0]), skull.tables[:, 0], np.inf)[:, None, None]
    # bone within the vault is thickened towards the inside; what lies elsewhere only moves along
    depth = outer - skull.intervals
    near = np.isfinite(depth) & (depth > 0) & (depth < 14)
    ends = np.where(near, skull.intervals - np.where(near, depth, 0) * (thicker - 1), skull.intervals)
    tables = skull.tables.copy()
    tables[:, 1] -= (tables[:, 0] - tables[:, 1]) * (thicker - 1)
    ends, tables, reach = ends * factor[:, None, None], tables * factor[:, None], skull.reach * factor
    return Skull(skull.level, ends.astype(np.float32), tables.astype(np.float32), reach.astype(np.float32))


def mirrored(skull: Skull) -> Skull:
    """The skull seen in a mirror, exactly: the grid is its own mirror image."""
    at = grid(skull.level).mirror
    return Skull(skull.level, skull.intervals[at], skull.tables[at], skull.reach[at])
