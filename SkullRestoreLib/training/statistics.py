"""Fitting the shape model: radial maps of many skulls in, mean, modes and noise of the vault out.

Which bone interval is the vault's table is not known beforehand, and some skulls have a hole; so the choice of the intervals, the filling of the
gaps and the principal components are found in turns (expectation and maximisation).
"""

from collections.abc import Sequence

import numpy as np
from scipy.sparse.csgraph import connected_components

from SkullRestoreLib.grid import grid
from SkullRestoreLib.shape import ShapeModel, match, smooth_fill
from SkullRestoreLib.training.atlas import symmetric

_DIPLOE_MM = 4.0
FRONT_DEG = 45.0


def first_guess(intervals: np.ndarray, level: int) -> np.ndarray:
    """Outer and inner table without any model: (n, 2) float, mm, NaN where there is no bone.

    The inner table is where the ray, walking outwards, first meets bone; the outer table is where that bone ends, small gaps of
    diploe bridged. In front, where the sinus parts the tables and no arch lies outside, the outermost end is taken.
    """
    walk = intervals[:, ::-1]  # from inside to outside; NaNs come first
    far = np.where(walk[..., 1] > 45.0, 1, 0) * np.isfinite(walk[..., 0])
    first = np.argmax(far, axis=1)
    row = np.arange(len(walk))
    present = far.any(axis=1)
    inner, outer = walk[row, first, 0], walk[row, first, 1].copy()
    for k in range(1, walk.shape[1]):
        at = np.minimum(first + k, walk.shape[1] - 1)
        joins = (first + k < walk.shape[1]) & (walk[row, at, 0] - outer < _DIPLOE_MM)
        outer = np.where(joins, walk[row, at, 1], outer)
    direction = grid(level).directions
    front = np.abs(np.degrees(np.arctan2(direction[:, 0], direction[:, 1]))) < FRONT_DEG
    outer = np.where(front & np.isfinite(intervals[:, 0, 1]), intervals[:, 0, 1], outer)
    return np.where(present[:, None], np.stack([outer, inner], axis=1), np.nan).astype(float)


def fit_model(maps: Sequence[np.ndarray], level: int, *, modes: int = 40, rounds: int = 6, known: Sequence[np.ndarray] | None = None) -> ShapeModel:
    """Fit mean, modes and noise.

    Parameters
    ----------
    maps
        Bone intervals (n, m, 2) of each skull in the head frame, mm.
    level
        Grid level of the maps.
    modes
        Number of modes to keep.
    rounds
        Turns of matching and fitting.
    known
        (n,) bool for each skull: false where its bone must not be used (a hole). All, when not given.

    Notes
    -----
    Every skull counts twice, as it is and mirrored.
    """
    maps = [*maps, *(m[grid(level).mirror] for m in maps)]
    known = None if known is None else [*known, *(k[grid(level).mirror] for k in known)]
    data = np.stack([first_guess(m, level) for m in maps])
    model = _from_data(data, level, modes=min(8, modes))
    for turn in range(rounds):
        width = max(6.0, 14.0 - 3.0 * turn)
        for k, intervals in enumerate(maps):
            usable = intervals if known is None else np.where(known[k][:, None, None], intervals, np.nan)
            coefficients, _, _ = model.fit(usable)
            tables = model.tables(coefficients)
            data[k] = match(usable, tables, width)
            filled = tables + smooth_fill(np.nan_to_num(data[k] - tables), np.isfinite(data[k]), level)
            data[k] = np.where(np.isfinite(data[k]), data[k], np.where(model.vault[:, None], filled, np.nan))
        model = _from_data(data, level, modes=min(modes, 12 + 8 * turn), found=np.stack([np.isfinite(match(m, d, 8.0)) for m, d in zip(maps, data, strict=True)]))
    return model


def _from_data(data: np.ndarray, level: int, *, modes: int, found: np.ndarray | None = None) -> ShapeModel:
    """Principal components of (s, n, 2) tables; vertices that many skulls lack are not vault."""
    present = np.isfinite(data if found is None else np.where(found, data, np.nan)).all(axis=2).mean(axis=0)
    with np.errstate(all="ignore"):
        middle = np.nanmedian(np.where((present > 0)[None, :, None], data, 0.0), axis=0)
    mean = smooth_fill(np.nan_to_num(middle), np.isfinite(middle) & (present > 0.5)[:, None], level)
    vault = _vault(present, level)
    centred = np.where(np.isfinite(data), data - mean, 0.0)
    centred[:, ~vault] = 0.0
    mean = symmetric(mean + np.where(vault[:, None], centred.mean(axis=0), 0.0), level)
    centred = np.where(np.isfinite(data) & vault[None, :, None], data - mean, 0.0)
    flat = centred.reshape(len(data), -1)
    _, s, vt = np.linalg.svd(flat, full_matrices=False)
    scale = s[:modes] / np.sqrt(len(data))
    components = vt[:modes] * scale[:, None]
    left = flat - (flat @ vt[:modes].T) @ vt[:modes]
    # what is left of skulls that made the modes is too small for a new one; the factor repairs the lost degrees of freedom
    freedom = max(1.0 - modes / (len(data) / 2), 0.25)
    sigma = np.sqrt((left**2).mean(axis=0) / freedom).reshape(-1, 2)
    return ShapeModel(level, mean, components.reshape(len(scale), -1, 2), np.maximum(sigma, 0.15), vault)


def _vault(present: np.ndarray, level: int) -> np.ndarray:
    """Directions that most skulls have bone in, as one piece round the vertex, without its pinholes: (n,) bool."""
    g = grid(level)
    region = (present > 0.85) & (g.directions[:, 2] > -0.55)
    region = g.grow(g.grow(region, -1), 1)
    _, label = connected_components(g.adjacency[region][:, region], directed=False)
    keep = np.zeros(len(g), dtype=bool)
    top = np.argmax(g.directions[region][:, 2])
    keep[np.flatnonzero(region)[label == label[top]]] = True
    return keep & keep[g.mirror]

