"""Scan artefacts: worn edges, thick slices, the edge of the scan, and noise."""

import numpy as np
from helpers_training import COARSE, DIRECTIONS, equal_with_nan, intervals_in_order, make_intact_skull, seeds
from hypothesis import given, settings

from SkullRestoreLib.geometry.icosphere import spherical_grid
from SkullRestoreLib.training.scan_artefacts import (
    degrade_intervals,
    lost_rays,
    thicken_slices,
    truncate_scan,
    wear_edges,
)
from SkullRestoreLib.training.synthetic_defects import cut_intervals, sphere_body

WITH_HOLE = sphere_body(np.array([60.0, 0.0, 50.0]), 30.0)


def worn(skull, seed):
    """A skull with a hole, and its bone with worn edges."""
    left = cut_intervals(skull, WITH_HOLE)
    lost = lost_rays(left, skull.tables) & np.isfinite(skull.tables[:, 0])
    return left, lost, wear_edges(left, skull.tables, lost, np.random.default_rng(seed), skull.level)


@settings(max_examples=25)
@given(seeds)
def test_bone_next_to_a_cut_ends_lower_never_higher_and_nothing_changes_two_rays_away(seed):
    skull = make_intact_skull(level=5)
    left, lost, degraded = worn(skull, seed)
    known = np.isfinite(left[:, 0]).all(axis=1) & np.isfinite(degraded[:, 0]).all(axis=1)
    assert (degraded[known, 0, 1] <= left[known, 0, 1]).all()
    assert (degraded[known, 0, 0] >= left[known, 0, 0]).all()
    assert intervals_in_order(degraded)
    g = spherical_grid(5)
    assert equal_with_nan(degraded[~g.grow_region(lost, 2)], left[~g.grow_region(lost, 2)])
    assert equal_with_nan(degraded[lost], left[lost])


def test_edges_of_most_cuts_are_as_low_as_those_of_real_voxels():
    skull = make_intact_skull(level=5)
    means, far = [], []
    for seed in range(200):
        left, lost, degraded = worn(skull, seed)
        ring = spherical_grid(5).grow_region(lost, 1) & ~lost & np.isfinite(degraded[:, 0, 1])
        short = (left - degraded)[ring, 0, 1]
        means.append(short.mean())
        far.append((short > 0.3).mean())
    assert 0.1 < np.median(means) < 0.25
    assert 0.08 < np.median(far) < 0.25


@settings(max_examples=25)
@given(seeds)
def test_thick_slices_move_bone_and_lose_none(seed):
    shelf = tuple(np.where(np.abs(DIRECTIONS[:, 0]) > 0.9, d, np.nan) for d in (90.0, 94.0))
    skull = make_intact_skull(seed=3, extra=(shelf,))
    degraded = thicken_slices(skull.intervals, skull.reach, np.random.default_rng(seed), COARSE)
    assert equal_with_nan(np.isfinite(degraded), np.isfinite(skull.intervals))
    assert intervals_in_order(degraded)
    two = np.isfinite(degraded[:, 1, 0])
    assert (degraded[two, 1, 1] < degraded[two, 0, 0]).all() == (
        skull.intervals[two, 1, 1] < skull.intervals[two, 0, 0]
    ).all()
    assert np.nanmax(np.abs(degraded - skull.intervals)) < 3.5


def test_thick_slices_show_most_where_bone_lies_along_them():
    skull = make_intact_skull()
    moved = np.mean(
        [
            np.abs(thicken_slices(skull.intervals, skull.reach, np.random.default_rng(s), COARSE) - skull.intervals)[
                :, 0, 1
            ]
            for s in range(60)
        ],
        axis=0,
    )
    upper, side = DIRECTIONS[:, 2] > 0.9, np.abs(DIRECTIONS[:, 2]) < 0.2
    assert np.nanmean(moved[upper]) > 3 * np.nanmean(moved[side])


def test_a_cut_scan_has_no_bone_beyond_its_reach():
    skull = make_intact_skull()
    for seed in range(10):
        left, reach = truncate_scan(skull.intervals, skull.reach, np.random.default_rng(seed), COARSE)
        assert (np.nan_to_num(left) <= reach[:, None, None] + 1e-3).all()
        assert equal_with_nan(left[DIRECTIONS[:, 2] > 0.5], skull.intervals[DIRECTIONS[:, 2] > 0.5])


def test_noise_moves_ends_by_less_than_two_millimetres():
    skull = make_intact_skull()
    for seed in range(10):
        noisy = degrade_intervals(skull.intervals, np.random.default_rng(seed), COARSE)
        both = np.isfinite(noisy[:, 0, 0]) & np.isfinite(skull.intervals[:, 0, 0])
        assert both.sum() > 0.95 * np.isfinite(skull.intervals[:, 0, 0]).sum()
        assert np.abs(noisy - skull.intervals)[both, 0].max() < 2
