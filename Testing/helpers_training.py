"""Skulls for synthetic defects, and what tests check on them."""

import numpy as np
from helpers_rays import intervals_from_tables, small_model, smooth_field, vault_mask
from hypothesis import strategies as st

from SkullRestoreLib.geometry.icosphere import spherical_grid, values_at_level, vertex_count
from SkullRestoreLib.training.synthetic_defects import SkullRays

COARSE = 4
DIRECTIONS = spherical_grid(COARSE).directions
INTACT_TABLES = np.where(vault_mask(COARSE)[:, None], values_at_level(small_model(3).mean, COARSE), np.nan)
seeds = st.integers(0, 2**32 - 1)


def make_intact_skull(level=COARSE, seed=None, *, extra=()):
    """Make a skull without defects; its tables vary smoothly when a seed is given."""
    tables = values_at_level(small_model(3).mean, level) + (
        0 if seed is None else 2 * smooth_field(level, seed)[:, None]
    )
    intervals = intervals_from_tables(np.where(vault_mask(level)[:, None], tables, np.nan), extra=extra)
    tables = np.where(vault_mask(level)[:, None], tables, np.nan)
    return SkullRays(level, intervals, tables.astype(np.float32), np.full(vertex_count(level), 130, np.float32))


def equal_with_nan(a, b):
    """Whether two arrays are equal, NaN being equal to NaN."""
    return np.array_equal(a, b, equal_nan=True)


def lost_all_bone(skull, left):
    """Rays that lost all their bone."""
    return np.isfinite(skull.intervals[:, 0, 0]) & np.isnan(left[..., 0]).all(axis=1)


def intervals_in_order(intervals):
    """Check that the inner end of every interval is inside its outer end."""
    return (intervals[..., 0] < intervals[..., 1])[np.isfinite(intervals[..., 0])].all()
