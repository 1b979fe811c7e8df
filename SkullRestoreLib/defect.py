"""Where the vault is missing: predicted shell and bone in, holes out.

A hole is a connected part of the grid on which the outer table is missing *at the predicted shell*. That is wider than "the ray hit nothing"
(Mishinov 2023): a lost front wall of the frontal sinus counts, although its back wall still stops the ray; and it is narrower, because an
arch outside or new bone inside the hole does not hide it.
"""

from dataclasses import dataclass

import numpy as np

from SkullRestoreLib.case import RadialMap, Shell
from SkullRestoreLib.grid import grid

_CERTAIN, _POSSIBLE = 0.9, 0.3
"""Above the first probability a vertex is missing whatever the distance says; below the second it is not."""


@dataclass(frozen=True)
class Hole:
    """A connected part of the vault without an outer table, at the grid's resolution."""

    vertices: np.ndarray  # (n,) int64
    area_cm2: float  # by counting vertices; the final area is measured on the restored surface
    touches_edge: bool  # it runs to where the vault ends: base, orbit, or the scan's edge


def find_holes(shell: Shell, radial: RadialMap, *, tolerance_mm: float = 2.5, min_area_cm2: float = 0.2) -> list[Hole]:
    """Find the holes of the vault, largest first.

    Parameters
    ----------
    shell
        Predicted tables, mm from the head's centre.
    radial
        Bone intervals on the same grid.
    tolerance_mm
        Bone ending this close to the predicted outer table is the outer table; where the prediction is unsure, two of its standard errors.
    min_area_cm2
        Smaller gaps are sutures, vessels and pinholes of thin bone.

    Returns
    -------
    list of Hole
        Empty when the vault is whole.

    Raises
    ------
    ValueError
        If bone and shell are on different grids.
    """
    if radial.level != shell.level:
        raise ValueError(f"Bone was sampled at level {radial.level}, the shell predicted at level {shell.level}; sample both on one grid.")
    g = grid(shell.level)
    seen = radial.reach > shell.outer
    far = distance_to_outer(shell, radial) > np.maximum(tolerance_mm, np.minimum(2 * shell.outer_sigma, 2 * tolerance_mm))
    missing = shell.vault & seen & ((far & (shell.missing > _POSSIBLE)) | (shell.missing > _CERTAIN))
    # one ring off and on again: gaps one vertex wide are sutures, and must not join two holes
    open_ = g.grow(g.grow(missing, -1), 1) & missing
    at, label = g.parts(open_)
    size = g.areas * shell.outer**2 / 100
    edge = g.grow(~(shell.vault & seen), 2)
    holes = [at[label == k] for k in range(label.max(initial=-1) + 1)]
    found = [Hole(v, float(size[v].sum()), bool(edge[v].any())) for v in holes]
    return sorted((h for h in found if h.area_cm2 >= min_area_cm2), key=lambda h: -h.area_cm2)


def distance_to_outer(shell: Shell, radial: RadialMap) -> np.ndarray:
    """How far the nearest outer end of any bone interval is from the predicted outer table: (n,) float, mm, infinite where there is no bone."""
    gap = np.abs(radial.intervals[..., 1] - shell.outer[:, None])
    return np.where(np.isfinite(gap), gap, np.inf).min(axis=1)


# Azimuth (0 front, 90 right, 180 back) and elevation of the sutures in the head frame, read off the mean skull
_CORONAL = ((0.0, 68.0), (30.0, 55.0), (55.0, 20.0), (62.0, -8.0), (64.0, -90.0))
_LAMBDOID = ((180.0, 28.0), (150.0, 12.0), (128.0, -14.0), (122.0, -90.0))
_SQUAMOUS = ((60.0, -8.0), (75.0, 8.0), (95.0, 10.0), (122.0, -10.0), (130.0, -16.0))
_PART = 0.12
"""A bone is named when at least this part of the hole lies in it."""


def place_in_words(directions: np.ndarray, weight: np.ndarray, *, low: bool) -> tuple[str, str]:
    """Side and region in plain anatomical words.

    Parameters
    ----------
    directions
        (n, 3) float, unit vectors of the hole's vertices in the head frame.
    weight
        (n,) float, their areas.
    low
        Whether the hole runs to the base.

    Returns
    -------
    side : str
        "left", "right", "midline" (astride the midline) or "both sides" (mostly on two sides of it).
    region : str
        Such as "fronto-temporo-parietal" or "low temporal".
    """
    weight = weight / weight.sum()
    right = float(weight[directions[:, 0] > 0].sum())
    astride = 0.2 < right < 0.8
    wide = astride and float(weight[np.abs(directions[:, 0]) > 0.35].sum()) > 0.5
    side = ("both sides" if wide else "midline") if astride else ("right" if right >= 0.8 else "left")
    azimuth = np.degrees(np.arctan2(np.abs(directions[:, 0]), directions[:, 1]))
    elevation = np.degrees(np.arcsin(np.clip(directions[:, 2], -1, 1)))
    # the sutures as elevation over azimuth; the coronal and lambdoid ones are steep, so they are read the other way round
    coronal = np.interp(elevation, *_by_elevation(_CORONAL), right=0.0)
    lambdoid = np.interp(elevation, *_by_elevation(_LAMBDOID), right=181.0)
    squamous = np.interp(azimuth, *np.array(_SQUAMOUS).T, left=-90, right=-90)
    frontal, occipital = azimuth < coronal, azimuth > lambdoid
    temporal = ~frontal & ~occipital & (elevation < squamous)
    shares = {"front": frontal, "tempor": temporal, "pariet": ~frontal & ~occipital & ~temporal, "occipit": occipital}
    names = [name for name, part in shares.items() if weight[part].sum() >= _PART]
    region = "-".join(f"{n}o" for n in names[:-1]) + ("-" if len(names) > 1 else "") + names[-1] + "al"
    orbital = frontal & (elevation < 2) & (azimuth < 55)
    if names == ["front"] and weight[orbital].sum() > 0.15:
        region = "fronto-orbital"
    if low and "tempor" in names:
        region = f"low {region}" if len(names) == 1 else f"{region}, low to the base"
    return side, region


def _by_elevation(line: tuple[tuple[float, float], ...]) -> tuple[np.ndarray, np.ndarray]:
    azimuth, elevation = np.array(sorted(line, key=lambda p: p[1])).T
    return elevation, azimuth
