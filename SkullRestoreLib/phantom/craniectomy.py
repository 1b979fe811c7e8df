"""Plan where bone is taken away: a cone-shaped cut with a slightly wavy edge, bevelled outwards as by a saw."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from SkullRestoreLib.errors import InputError
from SkullRestoreLib.geometry.icosphere import interpolate, spherical_grid
from SkullRestoreLib.phantom.anatomy import SyntheticHead

CONE_TIP_MM = 45.0
"""The cone's tip is this far beyond the head's centre, seen from the hole."""
MIN_AHEAD_MM = 5.0
"""Points less far ahead of the cone's tip are outside the cut."""
FAR_OUTSIDE_MM = -50.0
"""Depth of points behind the cone's tip."""
MIN_BRIDGE_MM = 15.0
"""Bone that must be left between two holes."""
CUT_INSIDE_MM, CUT_OUTSIDE_MM = 4.0, 5.0
"""How far inside the inner table, and outside the outer table, bone is taken away."""
CUT_BELOW_VAULT_MM = 8.0
"""How far the cut continues below the vault, into the base."""
SECOND_CUT_SCALE = 0.9
"""Width of the second of two holes against that of the first."""
MIDLINE_COSINE = 0.2
"""Cosine between a hole's direction and the ear's below which the hole is on both sides."""
AREA_TOLERANCE = 0.97
"""Fraction of the wanted area that must fit on the head."""
EDGE_BLUR_MM = 1.5
"""Width of the ramp at a hole's edge when its area is measured."""
BISECTIONS = 24


@dataclass(frozen=True)
class _CutSite:
    azimuth_deg: float  # from the right ear towards the nose
    elevation_deg: float  # above the head frame's centre
    aspect_ratio: float  # length over height
    turn_deg: float  # from horizontal, front end up
    corner_power: float  # 2 is an ellipse, more is more rectangular
    max_width_cm: float


_SITES = {
    "frontal": _CutSite(
        azimuth_deg=58, elevation_deg=32, aspect_ratio=1.1, turn_deg=0, corner_power=2.3, max_width_cm=9
    ),
    "parietal": _CutSite(
        azimuth_deg=-28, elevation_deg=42, aspect_ratio=1.1, turn_deg=-15, corner_power=2.3, max_width_cm=11
    ),
    "temporal": _CutSite(
        azimuth_deg=2, elevation_deg=6, aspect_ratio=1.2, turn_deg=10, corner_power=2.3, max_width_cm=9
    ),
    "low-temporal": _CutSite(
        azimuth_deg=14, elevation_deg=-15, aspect_ratio=1.2, turn_deg=10, corner_power=2.2, max_width_cm=8
    ),
    "occipital": _CutSite(
        azimuth_deg=-68, elevation_deg=2, aspect_ratio=1.1, turn_deg=0, corner_power=2.3, max_width_cm=9
    ),
    "fronto-orbital": _CutSite(
        azimuth_deg=60, elevation_deg=8, aspect_ratio=1.25, turn_deg=0, corner_power=2.3, max_width_cm=8
    ),
    "bifrontal": _CutSite(
        azimuth_deg=90, elevation_deg=30, aspect_ratio=1.6, turn_deg=0, corner_power=2.5, max_width_cm=13
    ),
    "frontotemporoparietal": _CutSite(
        azimuth_deg=14, elevation_deg=20, aspect_ratio=1.3, turn_deg=12, corner_power=2.5, max_width_cm=14
    ),
}


@dataclass(frozen=True, eq=False)
class CraniectomyCut:
    """One craniectomy, in the head frame."""

    direction: NDArray[np.float64]  # (3,), unit, from the cone's tip to the hole's middle
    length_axis: NDArray[np.float64]  # (3,), unit, along the hole's length
    height_axis: NDArray[np.float64]  # (3,), unit, across it
    edge_waves: NDArray[
        np.float64
    ]  # (w, 2), relative amplitude and phase of each harmonic of the edge, from the second
    site: _CutSite
    centre: NDArray[np.float64]  # (3,), mm, on the outer table
    radius_mm: float  # of the round hole with the same area, measured in a plane through the centre
    area_cm2: float = 0.0  # on the outer table

    @property
    def side(self) -> str:
        """Where the hole is: "right", "left" or "both sides"."""
        if abs(self.direction[0]) < MIDLINE_COSINE:
            return "both sides"
        return "right" if self.direction[0] > 0 else "left"

    def depth_inside(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Measure how far points are inside the cut.

        Parameters
        ----------
        points
            (..., 3), mm, head frame.

        Returns
        -------
        ndarray
            (...), mm to the cut's edge, negative outside.
        """
        tip = -CONE_TIP_MM * self.direction
        from_tip = points - tip
        ahead = from_tip @ self.direction
        scale = np.linalg.norm(self.centre - tip) / np.maximum(ahead, MIN_AHEAD_MM)
        along, across = (from_tip @ self.length_axis) * scale, (from_tip @ self.height_axis) * scale
        stretch = np.sqrt(self.site.aspect_ratio)
        power = self.site.corner_power
        rho = (np.abs(along / stretch) ** power + np.abs(across * stretch) ** power) ** (1 / power)
        angle = np.arctan2(across * stretch, along / stretch)
        edge = self.radius_mm * (
            1 + sum(amplitude * np.cos((k + 2) * angle + phase) for k, (amplitude, phase) in enumerate(self.edge_waves))
        )
        return np.where(ahead > MIN_AHEAD_MM, (edge - rho) / scale, FAR_OUTSIDE_MM)


def check_site(place: str, size_cm: float, *, bilateral: bool) -> None:
    """Refuse early what fits on no head.

    Parameters
    ----------
    place
        Where the hole is wanted.
    size_cm
        Width of a round hole with the same area.
    bilateral
        Whether a second hole is wanted on the other side.

    Raises
    ------
    InputError
        For a place that is not known, a hole too large for it, or a second hole where the first crosses the midline.

    Examples
    --------
    >>> check_site("parietal", 8.0, bilateral=True)
    """
    if place not in _SITES:
        raise InputError(f"There is no place '{place}' for the hole; choose one of {', '.join(_SITES)}.")
    site = _SITES[place]
    if size_cm > site.max_width_cm:
        raise InputError(
            f"A {place} hole of {size_cm:g} cm does not fit on a head; the largest is {site.max_width_cm:g} cm. "
            "Choose a smaller one or another place."
        )
    if bilateral and site.azimuth_deg == 90:
        raise InputError(
            f"A {place} hole crosses the midline, so there can be no second one on the other side. "
            "Choose another place or one hole."
        )


def plan_craniectomies(
    head: SyntheticHead, place: str, size_cm: float, *, bilateral: bool, rng: np.random.Generator
) -> tuple[CraniectomyCut, ...]:
    """Plan the holes, the larger first; nothing is cut yet.

    Parameters
    ----------
    head
        Intact.
    place
        One of the known places.
    size_cm
        Width of a round hole with the same area on the outer table.
    bilateral
        Whether there is a second hole, a tenth narrower, on the other side.
    rng
        Decides the side, the exact direction and the waves of the edge.

    Raises
    ------
    InputError
        If a hole does not fit on this head, or two would meet.
    """
    site = _SITES[place]
    side = 1.0 if rng.random() < 0.5 else -1.0
    first = _plan_cut(head, site, size_cm, side, rng)
    if not bilateral:
        return (first,)
    second = _plan_cut(head, site, SECOND_CUT_SCALE * size_cm, -side, rng)
    points = head.tables[:, :1] * head.table_grid.directions
    gap_mm = -np.maximum(np.minimum(first.depth_inside(points), second.depth_inside(points)), -99).max() * 2
    if gap_mm < MIN_BRIDGE_MM:
        raise InputError(
            f"Two {place} holes of about {size_cm:g} cm would leave less than {MIN_BRIDGE_MM / 10:g} cm of bone "
            "between them; choose smaller ones or one hole."
        )
    return first, second


def _plan_cut(
    head: SyntheticHead, site: _CutSite, size_cm: float, side: float, rng: np.random.Generator
) -> CraniectomyCut:
    """A hole on the right (``side`` 1) or the left (-1)."""
    azimuth, elevation = np.deg2rad(
        [site.azimuth_deg + rng.normal(0, 2) * (site.azimuth_deg != 90), site.elevation_deg + rng.normal(0, 2)]
    )
    direction = np.array(
        [side * np.cos(azimuth) * np.cos(elevation), np.sin(azimuth) * np.cos(elevation), np.sin(elevation)]
    )
    centre = interpolate(head.tables[:, :1], direction[None])[0] * direction
    level = np.cross([0.0, 0.0, 1.0], direction) * side
    level /= np.linalg.norm(level)
    up = np.cross(direction, level) * side
    angle = np.deg2rad(site.turn_deg)
    length, height = np.cos(angle) * level + np.sin(angle) * up, np.cos(angle) * up - np.sin(angle) * level
    waves = np.column_stack([rng.normal(0, 0.025, 7) / np.arange(1, 8) ** 0.5, rng.uniform(0, 2 * np.pi, 7)])
    cut = CraniectomyCut(
        direction=direction,
        length_axis=length,
        height_axis=height,
        edge_waves=waves,
        site=site,
        centre=centre,
        radius_mm=5.0 * size_cm,
    )
    return _fit_area(cut, head, np.pi / 4 * size_cm**2)


def _fit_area(cut: CraniectomyCut, head: SyntheticHead, wanted_cm2: float) -> CraniectomyCut:
    """The same hole with the wanted area on the vault's outer table, by bisection."""
    points, areas = _outer_table_areas(head)
    low, high = 0.5 * cut.radius_mm, 1.5 * cut.radius_mm
    for _ in range(BISECTIONS):
        middle = replace(cut, radius_mm=(low + high) / 2)
        if _cut_area_cm2(middle, points, areas) < wanted_cm2:
            low = middle.radius_mm
        else:
            high = middle.radius_mm
    area_cm2 = _cut_area_cm2(middle, points, areas)
    if area_cm2 < AREA_TOLERANCE * wanted_cm2:
        raise InputError(
            f"Only {area_cm2:.0f} of {wanted_cm2:.0f} cm² fit on this head there; "
            "choose a smaller hole or another place."
        )
    return replace(middle, area_cm2=area_cm2)


def _outer_table_areas(head: SyntheticHead) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Points on the outer table (n, 3), mm, in the directions of grid level 6, and the vault's area at each, mm²."""
    grid = spherical_grid(6)
    radius_and_vault = interpolate(np.column_stack([head.tables[:, 0], head.vault]), grid.directions)
    points = radius_and_vault[:, :1] * grid.directions
    corners = points[grid.faces]
    third = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1) / 6
    return points, np.bincount(grid.faces.ravel(), np.repeat(third, 3), len(grid)) * radius_and_vault[:, 1]


def _cut_area_cm2(cut: CraniectomyCut, points: NDArray[np.float64], areas: NDArray[np.float64]) -> float:
    return float((areas * np.clip(cut.depth_inside(points) / EDGE_BLUR_MM + 0.5, 0, 1)).sum() / 100)
