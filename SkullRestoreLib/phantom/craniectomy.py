"""Where bone was taken away: a cone-shaped cut with a slightly wavy edge, so that the edge is bevelled outwards as by a saw."""

from dataclasses import dataclass

import numpy as np

from SkullRestoreLib.case import InputError
from SkullRestoreLib.grid import grid, interpolate
from SkullRestoreLib.phantom.anatomy import Head

APEX_MM = 45.0  # the cone's tip lies this far beyond the head's centre, seen from the hole
BRIDGE_MM = 15.0  # bone that must be left between two holes
DEEP_MM, SHALLOW_MM = 4.0, 5.0  # how far inside the inner and outside the outer table bone is taken away
BELOW_MM = 8.0  # how far the cut goes on below the vault, into the base


@dataclass(frozen=True)
class _Site:
    azimuth: float  # degrees from the right ear towards the nose
    elevation: float  # degrees above the head frame's centre
    aspect: float  # length over height
    turn: float  # degrees, from horizontal, front end up
    corner: float  # 2 an ellipse, more is more rectangular
    max_cm: float


_SITES = {
    "frontal": _Site(58, 32, 1.1, 0, 2.3, 9),
    "parietal": _Site(-28, 42, 1.1, -15, 2.3, 11),
    "temporal": _Site(2, 6, 1.2, 10, 2.3, 9),
    "low-temporal": _Site(14, -15, 1.2, 10, 2.2, 8),
    "occipital": _Site(-68, 2, 1.1, 0, 2.3, 9),
    "fronto-orbital": _Site(60, 8, 1.25, 0, 2.3, 8),
    "bifrontal": _Site(90, 30, 1.6, 0, 2.5, 13),
    "frontotemporoparietal": _Site(14, 20, 1.3, 12, 2.5, 14),
}


@dataclass(frozen=True)
class Hole:
    """One craniectomy, in the head frame."""

    direction: np.ndarray  # (3,) float64, unit, from the cone's tip to its middle
    length: np.ndarray  # (3,) float64, unit, along the hole's length
    height: np.ndarray  # (3,) float64, unit, across it
    waves: np.ndarray  # (w, 2) float64, relative amplitude and phase of each harmonic of the edge, from the second
    site: _Site
    centre: np.ndarray  # (3,) float64, mm, on the outer table
    radius_mm: float  # of the round hole with the same shape's area, measured in a plane through the centre
    area_cm2: float = 0.0  # on the outer table

    @property
    def side(self) -> str:
        """Where it is: "right", "left" or "both sides"."""
        return "both sides" if abs(self.direction[0]) < 0.2 else "right" if self.direction[0] > 0 else "left"

    def depth(self, points: np.ndarray) -> np.ndarray:
        """How far points (..., 3), mm, are inside the cut: (...) float64, mm to its edge, negative outside."""
        tip = -APEX_MM * self.direction
        from_tip = points - tip
        ahead = from_tip @ self.direction
        scale = np.linalg.norm(self.centre - tip) / np.maximum(ahead, 5.0)
        a, b = (from_tip @ self.length) * scale, (from_tip @ self.height) * scale
        stretch = np.sqrt(self.site.aspect)
        power = self.site.corner
        rho = (np.abs(a / stretch) ** power + np.abs(b * stretch) ** power) ** (1 / power)
        angle = np.arctan2(b * stretch, a / stretch)
        edge = self.radius_mm * (1 + sum(amplitude * np.cos((k + 2) * angle + phase) for k, (amplitude, phase) in enumerate(self.waves)))
        return np.where(ahead > 5.0, (edge - rho) / scale, -50.0)


def check(place: str, size_cm: float, *, bilateral: bool) -> None:
    """Say early what can be on no head.

    Raises
    ------
    InputError
        For a place that is not known, a hole too large for it, or a second hole where the first crosses the midline.
    """
    if place not in _SITES:
        raise InputError(f"There is no place '{place}' for the hole; choose one of {', '.join(_SITES)}.")
    site = _SITES[place]
    if size_cm > site.max_cm:
        raise InputError(
            f"A {place} hole of {size_cm:g} cm does not fit on a head; the largest is {site.max_cm:g} cm. Choose a smaller one or another place."
        )
    if bilateral and site.azimuth == 90:
        raise InputError(
            f"A {place} hole crosses the midline, so there can be no second one on the other side. Choose another place or one hole."
        )


def plan(head: Head, place: str, size_cm: float, *, bilateral: bool, rng: np.random.Generator) -> tuple[Hole, ...]:
    """Plan the holes, the larger first; nothing is cut yet.

    Parameters
    ----------
    place
        One of the known places.
    size_cm
        Width of a round hole of the same area on the outer table.
    bilateral
        A second hole, a tenth narrower, on the other side.

    Raises
    ------
    InputError
        If a hole does not fit on this head, or two would meet.
    """
    site = _SITES[place]
    side = 1.0 if rng.random() < 0.5 else -1.0
    first = _hole(head, site, size_cm, side, rng)
    if not bilateral:
        return (first,)
    second = _hole(head, site, 0.9 * size_cm, -side, rng)
    points = head.tables[:, :1] * head.grid.directions
    gap = -np.maximum(np.minimum(first.depth(points), second.depth(points)), -99).max() * 2
    if gap < BRIDGE_MM:
        raise InputError(
            f"Two {place} holes of about {size_cm:g} cm would leave less than {BRIDGE_MM / 10:g} cm of bone between them; choose smaller ones or one hole."
        )
    return first, second


def _hole(head: Head, site: _Site, size_cm: float, side: float, rng: np.random.Generator) -> Hole:
    azimuth, elevation = np.deg2rad([site.azimuth + rng.normal(0, 2) * (site.azimuth != 90), site.elevation + rng.normal(0, 2)])
    direction = np.array([side * np.cos(azimuth) * np.cos(elevation), np.sin(azimuth) * np.cos(elevation), np.sin(elevation)])
    centre = interpolate(head.tables[:, :1], direction[None])[0] * direction
    level = np.cross([0.0, 0.0, 1.0], direction) * side
    level /= np.linalg.norm(level)
    up = np.cross(direction, level) * side
    angle = np.deg2rad(site.turn)
    length, height = np.cos(angle) * level + np.sin(angle) * up, np.cos(angle) * up - np.sin(angle) * level
    waves = np.column_stack([rng.normal(0, 0.025, 7) / np.arange(1, 8) ** 0.5, rng.uniform(0, 2 * np.pi, 7)])
    hole = Hole(direction, length, height, waves, site, centre, 5.0 * size_cm)
    return _sized(hole, head, np.pi / 4 * size_cm**2)


def _sized(hole: Hole, head: Head, wanted_cm2: float) -> Hole:
    """The same hole with the wanted area on the vault's outer table."""
    from dataclasses import replace

    points, areas = _outer_table(head)
    low, high = 0.5 * hole.radius_mm, 1.5 * hole.radius_mm
    for _ in range(24):
        middle = replace(hole, radius_mm=(low + high) / 2)
        low, high = (middle.radius_mm, high) if _area_cm2(middle, points, areas) < wanted_cm2 else (low, middle.radius_mm)
    area = _area_cm2(middle, points, areas)
    if area < 0.97 * wanted_cm2:
        raise InputError(f"Only {area:.0f} of {wanted_cm2:.0f} cm² fit on this head there; choose a smaller hole or another place.")
    return replace(middle, area_cm2=area)


def _outer_table(head: Head) -> tuple[np.ndarray, np.ndarray]:
    """Points on the vault's outer table (n, 3), mm, one for each direction of grid level 6, and the area of each (n,), mm2."""
    g = grid(6)
    at = interpolate(np.column_stack([head.tables[:, 0], head.vault]), g.directions)
    points = at[:, :1] * g.directions
    corners = points[g.faces]
    third = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1) / 6
    return points, np.bincount(g.faces.ravel(), np.repeat(third, 3), len(g)) * at[:, 1]


def _area_cm2(hole: Hole, points: np.ndarray, areas: np.ndarray) -> float:
    return float((areas * np.clip(hole.depth(points) / 1.5 + 0.5, 0, 1)).sum() / 100)
