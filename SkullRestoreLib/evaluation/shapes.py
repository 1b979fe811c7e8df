"""Holes as surgeons and injuries make them, cut in voxels: a whole skull and a plan in, the missing piece out.

A cut is an outline drawn on the skull's outer surface. Each bone voxel is taken back to the surface along the surface's own normal, and is
removed where that foot point lies inside the outline; walls are therefore about perpendicular to the surface, as a saw makes them, and not along
rays from any centre. A bevel tilts them. Only bone between a few millimetres over the outer and under the inner table goes: the zygomatic arch and
the petrous bone stay, as they do in life.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from SkullRestoreLib.evaluation.whole import WholeSkull
from SkullRestoreLib.grid import direction, grid, interpolate
from SkullRestoreLib.plausible import box_of
from SkullRestoreLib.solid import Chart

OVER_MM, UNDER_MM = 4.0, 5.0
"""Bone this far over the outer and under the inner table is taken away with the flap."""
_ANGLES = 720
_SINUS_MM = 4.0
"""A cavity this deep between two plates of the frontal bone is a sinus."""
_LEAST_SINUS_CM2 = 3.0
_BEYOND_RINGS = 3
"""Holes end this many grid vertices (5 mm) beyond the end of the vault: face, orbit and petrous bone stay."""

REGIONS = ("frontal", "parietal", "temporal", "low temporal", "occipital", "fronto-orbital", "bilateral")


@dataclass(frozen=True)
class Cut:
    """One planned hole."""

    towards: np.ndarray  # (3,) float64, unit, head frame: where on the head its middle lies
    turn: float  # radians, of its length against the horizontal
    outline: np.ndarray  # (_ANGLES,) float64, mm from the middle, along the surface
    discs: tuple[tuple[float, float, float], ...] = ()  # burr holes: place along and across the length and radius, mm
    bevel: float = 0.0  # the wall moves inwards by this much of the depth
    outer_only: bool = False  # only the front plate of the frontal sinus
    word: str = ""  # what kind of hole


class NoRoomError(ValueError):
    """No place for such a hole on this skull."""


# --- plans


def plan(region: str, rng: np.random.Generator, skull: WholeSkull) -> tuple[Cut, ...]:
    """Plan the hole, or the two holes, of a case.

    Parameters
    ----------
    region
        One of ``REGIONS``.
    rng
        Everything random comes from here.
    skull
        For its frontal sinus.

    Returns
    -------
    tuple of Cut
        Two for "bilateral".

    Raises
    ------
    ValueError
        If the region is not known.
    """
    if region not in _PLANS:
        raise ValueError(f"{region} is no region; use one of {', '.join(REGIONS)}.")
    side = float(rng.choice([-1.0, 1.0]))
    if region == "bilateral":
        kinds = rng.choice(["parietal", "temporal", "hemisphere", "low temporal"], 2)
        return tuple(_PLANS[kind](rng, at, skull) for kind, at in zip(kinds, (side, -side), strict=True))
    return (_PLANS[region](rng, side, skull),)


def _flap(
    rng: np.random.Generator, towards: np.ndarray, half: tuple[float, float], *, turn: float = 0.0, word: str, burrs: bool = True
) -> Cut:
    """A craniotomy with rounded corners and a wavy edge; half of them with burr holes, some ragged, some resorbed."""
    angle = np.linspace(0, 2 * np.pi, _ANGLES, endpoint=False)
    power = rng.uniform(2.0, 3.6)
    u, v = np.abs(np.cos(angle)) / half[0], np.abs(np.sin(angle)) / half[1]
    outline = (u**power + v**power) ** (-1 / power)
    waves = 0.05 * rng.normal(size=5) / np.arange(1, 6) ** 0.5
    outline = outline * np.maximum(0.5, 1 + sum(w * np.cos((k + 2) * angle + rng.uniform(0, 6.28)) for k, w in enumerate(waves)))
    edge = rng.choice(["sawn", "burr holes", "ragged", "resorbed"], p=[0.35, 0.3, 0.2, 0.15])
    bevel, discs = rng.uniform(-0.15, 0.35), []
    if edge == "burr holes" and burrs:
        for at in rng.uniform(0, 2 * np.pi) + np.arange(4) * np.pi / 2 + rng.uniform(-0.3, 0.3, 4):
            reach = outline[int(at / (2 * np.pi) * _ANGLES) % _ANGLES]
            discs.append((reach * np.cos(at), reach * np.sin(at), rng.uniform(5.5, 7.5)))
    if edge in ("ragged", "resorbed"):
        rough = ndimage.gaussian_filter1d(rng.normal(size=_ANGLES), _ANGLES * 2.5 / (2 * np.pi * np.mean(half)), mode="wrap")
        outline = outline + rng.uniform(1.0, 2.5) * rough / rough.std()
    if edge == "resorbed":
        bevel = rng.choice([-1.0, 1.0]) * rng.uniform(0.4, 0.9)  # the edge is eaten thin, from within or from without
    return Cut(towards / np.linalg.norm(towards), turn, outline, tuple(discs), float(bevel), word=f"{word}, {edge}")


def _frontal(rng: np.random.Generator, side: float, _: WholeSkull) -> Cut:
    if rng.random() < 0.35:
        return _flap(rng, direction(rng.uniform(-8, 8), rng.uniform(30, 48)), (rng.uniform(42, 60), rng.uniform(22, 36)), word="bifrontal")
    towards = direction(side * rng.uniform(12, 45), rng.uniform(25, 50))
    return _flap(rng, towards, (rng.uniform(18, 42), rng.uniform(18, 36)), turn=rng.uniform(-0.4, 0.4), word="frontal")


def _parietal(rng: np.random.Generator, side: float, _: WholeSkull) -> Cut:
    towards = direction(side * rng.uniform(85, 150), rng.uniform(35, 68))
    return _flap(rng, towards, (rng.uniform(18, 50), rng.uniform(18, 45)), turn=rng.uniform(-0.5, 0.5), word="parietal")


def _temporal(rng: np.random.Generator, side: float, _: WholeSkull) -> Cut:
    towards = direction(side * rng.uniform(75, 105), rng.uniform(2, 12))
    return _flap(rng, towards, (rng.uniform(20, 36), rng.uniform(18, 28)), turn=rng.uniform(-0.3, 0.3), word="temporal")


def _hemisphere(rng: np.random.Generator, side: float, _: WholeSkull) -> Cut:
    """The fronto-temporo-parietal flap of a decompression, its lower edge at the temporal line."""
    towards = direction(side * rng.uniform(72, 95), rng.uniform(28, 36))
    return _flap(rng, towards, (rng.uniform(45, 66), rng.uniform(38, 50)), turn=side * rng.uniform(-0.25, 0.1), word="hemicraniectomy")


def _low_temporal(rng: np.random.Generator, side: float, skull: WholeSkull) -> Cut:
    """Rongeured down to the floor of the middle fossa: a small subtemporal hole, or a trauma flap with its temporal part taken on to the base."""
    large = rng.random() < 0.5
    towards = direction(side * rng.uniform(72, 92), rng.uniform(14, 22) if large else rng.uniform(-8, 2))
    half = (rng.uniform(45, 64), rng.uniform(38, 48)) if large else (rng.uniform(18, 30), rng.uniform(18, 26))
    made = _flap(rng, towards, half, turn=0.0, word="trauma flap to the base" if large else "subtemporal")
    return _down_to_the_base(made, skull, rng, side)


def _down_to_the_base(made: Cut, skull: WholeSkull, rng: np.random.Generator, side: float) -> Cut:
    """Take the outline's lower part down to where the vault ends, over a width of 3 to 5 cm above the ear."""
    base = _lowest_vault(skull, side * rng.uniform(74, 88))
    radius = float(interpolate(skull.tables[:, :1], made.towards[None])[0, 0])
    middle = np.arcsin(made.towards[2])
    depth = (middle - np.radians(base)) * radius + rng.uniform(-2.0, 4.0)
    width = rng.uniform(15, 26)
    angle = np.linspace(0, 2 * np.pi, _ANGLES, endpoint=False)
    along, down = np.cos(angle), -np.sin(angle)
    with np.errstate(divide="ignore"):
        tongue = np.where(down > 0, np.minimum(width / np.maximum(np.abs(along), 1e-6), depth / np.maximum(down, 1e-6)), 0.0)
    tongue = ndimage.gaussian_filter1d(np.minimum(tongue, np.hypot(width, depth)), 6, mode="wrap")
    return Cut(made.towards, made.turn, np.maximum(made.outline, tongue), made.discs, made.bevel, word=made.word)


def _lowest_vault(skull: WholeSkull, azimuth_deg: float) -> float:
    """Elevation, degrees, at which the vault ends under an azimuth."""
    elevation = np.arange(0.0, -60.0, -1.0)
    on = interpolate(skull.vault.astype(float), np.stack([direction(azimuth_deg, e) for e in elevation])) > 0.5
    return float(elevation[np.argmin(on)]) if not on.all() else -60.0


def _occipital(rng: np.random.Generator, side: float, _: WholeSkull) -> Cut:
    towards = direction(side * rng.uniform(148, 180), rng.uniform(-8, 22))
    return _flap(rng, towards, (rng.uniform(18, 42), rng.uniform(18, 34)), turn=rng.uniform(-0.4, 0.4), word="occipital")


def _fronto_orbital(rng: np.random.Generator, side: float, skull: WholeSkull) -> Cut:
    if rng.random() < 0.4:
        try:
            return _front_wall(rng, side, skull)
        except NoRoomError:
            pass
    towards = direction(side * rng.uniform(8, 40), rng.uniform(-4, 9))
    return _flap(rng, towards, (rng.uniform(16, 34), rng.uniform(14, 26)), turn=rng.uniform(-0.3, 0.3), word="fronto-orbital", burrs=False)


def _front_wall(rng: np.random.Generator, side: float, skull: WholeSkull) -> Cut:
    """The front wall of the frontal sinus lost, the back wall intact: the paper's blind spot."""
    sinus = sinus_depth(skull) > _SINUS_MM
    g = grid(skull.radial.level)
    own = sinus & (g.directions[:, 0] * side > -0.1)
    area = float((g.areas * skull.tables[:, 0] ** 2)[own].sum()) / 100
    if area < _LEAST_SINUS_CM2:
        raise NoRoomError(f"The frontal sinus of {skull.name} has only {area:.1f} cm2.")
    towards = (g.directions * g.areas[:, None])[own].sum(axis=0)
    reach = np.sqrt(area * 100 / np.pi)
    cut = _flap(rng, towards, (1.15 * reach, 0.85 * reach), turn=0.0, word="front wall of the frontal sinus", burrs=False)
    return Cut(cut.towards, 0.0, cut.outline, (), 0.0, outer_only=True, word=cut.word.split(",")[0])


def sinus_depth(skull: WholeSkull) -> np.ndarray:
    """Depth of the air between the two plates of the frontal bone over the nose and the orbits: (n,) float64, mm, 0 where there is none."""
    ends = skull.radial.intervals
    d = grid(skull.radial.level).directions
    with np.errstate(invalid="ignore"):
        first = np.abs(ends[:, 0, 1] - skull.tables[:, 0]) < 3.0
        air = np.where(first, ends[:, 0, 0] - ends[:, 1, 1], 0.0)
    azimuth, elevation = np.degrees(np.arctan2(np.abs(d[:, 0]), d[:, 1])), np.degrees(np.arcsin(d[:, 2]))
    here = (azimuth < 45) & (elevation > -6) & (elevation < 35) & skull.vault
    return np.where(here & (air < 30), np.nan_to_num(air), 0.0)


_PLANS: dict[str, Callable[..., Cut]] = {
    "frontal": _frontal,
    "parietal": _parietal,
    "temporal": _temporal,
    "low temporal": _low_temporal,
    "occipital": _occipital,
    "fronto-orbital": _fronto_orbital,
    "hemisphere": _hemisphere,
    "bilateral": _hemisphere,
}


# --- cutting


def cut(skull: WholeSkull, planned: Cut) -> np.ndarray:
    """Find the voxels that a cut takes away.

    Parameters
    ----------
    skull
        The whole skull.
    planned
        The cut.

    Returns
    -------
    (nk, nj, ni) bool
        The missing piece; part of the skull's bone.
    """
    widest = max(float(planned.outline.max()), *(np.hypot(a, b) + r for a, b, r in planned.discs), 0.0)
    centre_mm = float(interpolate(skull.tables[:, :1], planned.towards[None])[0, 0])
    half = min((widest + 14) / (0.8 * centre_mm), 2.6)
    near = np.flatnonzero((skull.places @ planned.towards.astype(np.float32) > np.cos(half) * skull.radii) & (skull.radii > 30))
    chart = Chart(_axes(planned), half, int(2 * half / np.radians(0.6)) + 1)
    outer, inner, normal = _surface(skull, chart)
    at = chart.pixels(skull.places[near] / skull.radii[near, None])
    over = _look(outer, at) - skull.radii[near]
    n = np.stack([_look(normal[..., c], at) for c in range(3)], axis=1)
    n /= np.linalg.norm(n, axis=1, keepdims=True)
    depth = over * (n * skull.places[near]).sum(axis=1) / skull.radii[near]
    thick = _look(outer - inner, at)
    within = (depth > -OVER_MM) & (over < thick + UNDER_MM)
    within &= _look(_over(chart, may_be_cut(skull)), at) > 0.5
    if planned.outer_only:
        within &= over < _look(_plate(skull, chart), at)
    near, depth, n = near[within], depth[within], n[within]
    foot = skull.places[near] + depth[:, None] * n
    gone = _inside(planned, foot, depth, centre_mm)
    return _without_crumbs(skull.piece(near[gone]), all_parts=planned.outer_only)


def _axes(planned: Cut) -> np.ndarray:
    """(3, 3) rows: along the length, across it (both on the surface), and outwards."""
    towards = planned.towards
    side = np.cross([0.0, 0.0, 1.0] if abs(towards[2]) < 0.95 else [0.0, 1.0, 0.0], towards)
    side /= np.linalg.norm(side)
    up = np.cross(towards, side)
    c, s = np.cos(planned.turn), np.sin(planned.turn)
    return np.stack([c * side + s * up, c * up - s * side, towards])


def _surface(skull: WholeSkull, chart: Chart) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Outer and inner table (s, s), mm, smoothed, and the outer one's normal (s, s, 3), over a chart."""
    d = chart.directions()
    tables = interpolate(skull.tables, d).reshape(chart.size, chart.size, 2)
    outer, inner = (ndimage.gaussian_filter(tables[..., c], 3.0, mode="nearest") for c in (0, 1))
    points = outer[..., None] * d.reshape(chart.size, chart.size, 3)
    normal = np.cross(np.gradient(points, axis=0), np.gradient(points, axis=1))
    normal *= np.sign((normal * points).sum(axis=-1, keepdims=True))
    return outer, inner, normal / np.maximum(np.linalg.norm(normal, axis=-1, keepdims=True), 1e-12)


def may_be_cut(skull: WholeSkull) -> np.ndarray:
    """Where a surgeon may cut: the vault and a little beyond its end, (n,) float on the grid, 1 or 0."""
    return grid(skull.radial.level).grow(skull.vault, _BEYOND_RINGS).astype(float)


def _over(chart: Chart, values: np.ndarray) -> np.ndarray:
    """Values (n,) on the grid over a chart: (s, s) float."""
    return interpolate(values, chart.directions()).reshape(chart.size, chart.size)


def _plate(skull: WholeSkull, chart: Chart) -> np.ndarray:
    """How deep the front plate of the sinus goes, (s, s) mm; nothing where there is no sinus."""
    air = sinus_depth(skull)
    with np.errstate(invalid="ignore"):
        deep = np.where(air > 1.5, skull.tables[:, 0] - skull.radial.intervals[:, 0, 0] + 1.0, -9.0)
    return _over(chart, np.nan_to_num(deep, nan=-9.0))


def _look(picture: np.ndarray, at: np.ndarray) -> np.ndarray:
    return ndimage.map_coordinates(picture.astype(np.float32), at, order=1, mode="nearest")


def _inside(planned: Cut, foot: np.ndarray, depth: np.ndarray, centre_mm: float) -> np.ndarray:
    """Whether foot points (p, 3) on the surface, with voxels ``depth`` (p,) mm under them, lie within the outline: (p,) bool."""
    a, b, c = _axes(planned).astype(np.float32) @ foot.T
    across = np.hypot(a, b)
    scale = centre_mm * np.arctan2(across, c) / np.maximum(across, 1e-6)
    a, b = a * scale, b * scale
    turn = np.arctan2(b, a) / (2 * np.pi) * _ANGLES
    reach = np.interp(turn % _ANGLES, np.arange(_ANGLES + 1), np.append(planned.outline, planned.outline[0]))
    tilt = planned.bevel * np.maximum(depth, 0)
    inside = np.hypot(a, b) + tilt < reach
    for x, y, radius in planned.discs:
        inside |= np.hypot(a - x, b - y) < radius
    return inside


def _without_crumbs(piece: np.ndarray, *, all_parts: bool) -> np.ndarray:
    """The piece without crumbs under a fiftieth of its size."""
    if not piece.any():
        return piece
    box = box_of(piece)
    label, count = ndimage.label(piece[box], np.ones((3, 3, 3)))
    if count > 1:
        size = np.bincount(label.ravel())
        size[0] = 0
        piece[box] = (size > (0.05 if all_parts else 0.02) * size.max())[label]
    return piece
