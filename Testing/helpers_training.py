"""Skulls to damage, and what tests ask of them."""

import numpy as np
from helpers_rays import intervals_of, small_model, smooth, vault
from hypothesis import strategies as st

from SkullRestoreLib.grid import grid, to_level, vertex_count
from SkullRestoreLib.training.damage import Skull

COARSE = 4
DIRECTIONS = grid(COARSE).directions
WHOLE = np.where(vault(COARSE)[:, None], to_level(small_model(3).mean, COARSE), np.nan)
seeds = st.integers(0, 2**32 - 1)


def whole_skull(level=COARSE, seed=None, *, extra=()):
    """A skull without damage; its tables wave when a seed is given."""
    tables = to_level(small_model(3).mean, level) + (0 if seed is None else 2 * smooth(level, seed)[:, None])
    intervals = intervals_of(np.where(vault(level)[:, None], tables, np.nan), extra=extra)
    tables = np.where(vault(level)[:, None], tables, np.nan)
    return Skull(level, intervals, tables.astype(np.float32), np.full(vertex_count(level), 130, np.float32))


def same(one, other):
    """Whether two arrays are equal, NaN being equal to NaN."""
    return np.array_equal(one, other, equal_nan=True)


def gone(skull, left):
    """Rays that lost all their bone."""
    return np.isfinite(skull.intervals[:, 0, 0]) & np.isnan(left[..., 0]).all(axis=1)


def in_order(intervals):
    """Every interval has its inner end inside its outer end."""
    return (intervals[..., 0] < intervals[..., 1])[np.isfinite(intervals[..., 0])].all()
