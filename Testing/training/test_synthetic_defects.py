"""Synthetic defects: bodies that cut the rays, their side effects, mirroring and warping, and the true tables."""

import numpy as np
import pytest
from helpers_later import later
from helpers_rays import intervals_from_tables, small_model
from helpers_training import (
    COARSE,
    DIRECTIONS,
    equal_with_nan,
    intervals_in_order,
    lost_all_bone,
    make_intact_skull,
    seeds,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from SkullRestoreLib.geometry.icosphere import spherical_grid, values_at_level
from SkullRestoreLib.prediction.features import NETWORK_LEVEL
from SkullRestoreLib.records import Pose
from SkullRestoreLib.training import synthetic_defects
from SkullRestoreLib.training.scan_artefacts import SOUND_TABLE_MM
from SkullRestoreLib.training.synthetic_defects import (
    DAMAGE_SHARES,
    SkullRays,
    cut_intervals,
    direction_from_angles,
    drilled_box_body,
    flap_body,
    mirror_skull,
    sphere_body,
    warp_skull,
)

find_defect_region, jitter_pose, true_tables = later(
    "SkullRestoreLib.training.dataset", "find_defect_region jitter_pose true_tables"
)

# --- bodies that cut


def test_directions_are_given_by_azimuth_and_elevation():
    np.testing.assert_allclose(direction_from_angles(0, 0), [0, 1, 0], atol=1e-12)
    np.testing.assert_allclose(direction_from_angles(90, 0), [1, 0, 0], atol=1e-12)
    np.testing.assert_allclose(direction_from_angles(37, 90), [0, 0, 1], atol=1e-12)


@settings(max_examples=20)
@given(st.floats(-180, 180), st.floats(0, 90), st.floats(12, 50))
def test_a_sphere_takes_the_bone_inside_it_and_nothing_else(azimuth, elevation, radius):
    skull, centre = make_intact_skull(), 80 * direction_from_angles(azimuth, elevation)
    left = cut_intervals(skull, sphere_body(centre, radius))
    ends = DIRECTIONS[:, None, None] * skull.intervals[..., None].astype(float)
    hit = (np.linalg.norm(ends - centre, axis=-1) < radius - 1e-3).all(axis=2)
    missed = (np.linalg.norm(ends - centre, axis=-1) > radius + 1e-3).all(axis=2)
    assert np.isnan(left[hit]).all()
    assert equal_with_nan(left[missed], skull.intervals[missed])
    assert intervals_in_order(left)


@pytest.mark.parametrize(
    ("body", "at"),
    [
        (
            lambda: flap_body(direction_from_angles(90, 30), (30, 25), 0.3, np.random.default_rng(0)),
            direction_from_angles(90, 30),
        ),
        (
            lambda: flap_body(direction_from_angles(0, 90), (30, 25), 0.3, np.random.default_rng(0)),
            direction_from_angles(0, 90),
        ),
        (lambda: drilled_box_body(direction_from_angles(-60, 40), (25, 20), 0.5, 6), direction_from_angles(-60, 40)),
    ],
    ids=["flap", "flap at the vertex", "box"],
)
def test_a_body_takes_bone_where_it_is_asked_to_and_not_on_the_other_side(body, at):
    skull = make_intact_skull()
    lost = lost_all_bone(skull, cut_intervals(skull, body()))
    near = DIRECTIONS @ at
    assert lost[near > np.cos(np.radians(10))].all()
    assert not lost[near < np.cos(np.radians(45))].any()
    assert equal_with_nan(cut_intervals(skull, body())[~lost & (near < 0.5)], skull.intervals[~lost & (near < 0.5)])


def test_a_box_has_drill_holes_at_its_corners():
    inside_box = drilled_box_body(np.array([0.0, 0.0, 1.0]), (20.0, 20.0), 0.0, 6.0)
    at = np.array(
        [
            [24.0, 20, 80],
            [20, 24, 80],
            [-24, -20, 80],
            [24, 0, 80],
            [0, 24, 80],
            [24.5, 24.5, 80],
            [0, 0, -80],
            [19, 19, 80],
        ]
    )
    assert inside_box(at).tolist() == [True, True, True, False, False, False, False, True]


@pytest.mark.parametrize("wall", [77.5, 79.0, 80.5])
def test_bone_that_a_body_half_reaches_ends_at_the_wall_of_the_cut(wall):
    skull = make_intact_skull()
    outer_gone = cut_intervals(skull, lambda x: np.linalg.norm(x, axis=-1) > wall)
    inner_gone = cut_intervals(skull, lambda x: np.linalg.norm(x, axis=-1) < wall)
    ray = np.argmax(DIRECTIONS[:, 2])  # tables near 82 and 76
    np.testing.assert_allclose(outer_gone[ray, 0], [skull.intervals[ray, 0, 0], wall], atol=0.5)
    np.testing.assert_allclose(inner_gone[ray, 0], [wall, skull.intervals[ray, 0, 1]], atol=0.5)


def test_cutting_never_changes_the_skull_itself():
    skull = make_intact_skull()
    before = skull.intervals.copy()
    cut_intervals(skull, sphere_body(np.array([0.0, 0.0, 80.0]), 40.0))
    assert equal_with_nan(skull.intervals, before)


# --- random damage


@settings(max_examples=25)
@given(seeds)
def test_damage_is_the_same_for_the_same_seed_and_leaves_the_skull_alone(seed):
    skull = make_intact_skull()
    before = skull.intervals.copy()
    first, again = (synthetic_defects.damage_skull(skull, np.random.default_rng(seed)) for _ in range(2))
    assert equal_with_nan(first.intervals, again.intervals)
    assert (first.kind, first.missing.tolist()) == (again.kind, again.missing.tolist())
    assert equal_with_nan(skull.intervals, before)
    assert intervals_in_order(first.intervals)
    assert first.intervals.shape == skull.intervals.shape
    assert first.intervals.dtype == first.reach.dtype == np.float32
    assert (first.reach <= skull.reach).all()


def without_side_effects(monkeypatch):
    """Damage alone: no worn edges, islands, noise, cut scan, thick slices."""
    monkeypatch.setattr(synthetic_defects, "wear_edges", lambda left, *_: left)
    monkeypatch.setattr(synthetic_defects, "thicken_slices", lambda left, *_: left)
    monkeypatch.setattr(synthetic_defects, "add_islands", lambda left, *_: left)
    monkeypatch.setattr(synthetic_defects, "degrade_intervals", lambda left, *_: left)
    monkeypatch.setattr(synthetic_defects, "truncate_scan", lambda left, reach, *_: (left, reach))


def only(monkeypatch, kind):
    """Draw this kind of damage and no other."""
    monkeypatch.setattr(synthetic_defects, "DAMAGE_SHARES", {kind: 1.0})


@pytest.mark.parametrize("kind", list(DAMAGE_SHARES))
def test_missing_is_true_exactly_where_the_outer_table_went_and_the_rest_is_untouched(kind, monkeypatch):
    without_side_effects(monkeypatch)
    only(monkeypatch, kind)
    skull = make_intact_skull(seed=1)
    touched = 0
    for seed in range(12):
        damaged = synthetic_defects.damage_skull(skull, np.random.default_rng(seed))
        changed = ~(np.isclose(damaged.intervals, skull.intervals, equal_nan=True).all(axis=(1, 2)))
        outer_kept = (np.abs(damaged.intervals[..., 1] - skull.tables[:, :1]) < SOUND_TABLE_MM).any(
            axis=1
        )  # a wall may end it a little deeper
        known = np.isfinite(skull.tables[:, 0])
        assert damaged.kind == kind
        assert not damaged.missing[known & outer_kept].any()
        assert damaged.missing[known & ~outer_kept].mean() > 0.9 if (known & ~outer_kept).any() else True
        assert not damaged.missing[known & ~changed].any()
        assert changed[known].mean() < 0.75
        touched += changed.any()
    assert touched == 0 if kind == "none" else touched >= 6


def test_every_kind_is_drawn_about_as_often_as_it_says():
    skull = make_intact_skull(level=2)
    rng = np.random.default_rng(0)
    drawn = [synthetic_defects.damage_skull(skull, rng).kind for _ in range(600)]
    for kind, share in DAMAGE_SHARES.items():
        assert drawn.count(kind) / 600 == pytest.approx(share, abs=0.06)
    assert sum(DAMAGE_SHARES.values()) == pytest.approx(1)


def test_a_lost_outer_table_leaves_the_inner_one(monkeypatch):
    without_side_effects(monkeypatch)
    only(monkeypatch, "outer")
    skull = make_intact_skull()
    for seed in range(8):
        damaged = synthetic_defects.damage_skull(skull, np.random.default_rng(seed))
        lost = damaged.missing & np.isfinite(skull.tables[:, 0])
        assert not lost_all_bone(skull, damaged.intervals).any()
        np.testing.assert_allclose(damaged.intervals[lost, 0, 0], skull.tables[lost, 1], atol=1e-4)
        assert (damaged.intervals[lost, 0, 1] <= skull.tables[lost, 0] - 2 + 1e-3).all()


def test_two_defects_may_be_on_both_sides(monkeypatch):
    without_side_effects(monkeypatch)
    only(monkeypatch, "two")
    skull = make_intact_skull()
    sides = [
        np.sign(
            DIRECTIONS[
                lost_all_bone(skull, synthetic_defects.damage_skull(skull, np.random.default_rng(s)).intervals), 0
            ]
        )
        for s in range(12)
    ]
    assert any({-1.0, 1.0} <= set(s) for s in sides)


def test_new_bone_on_the_dura_lies_under_the_hole_only_and_is_no_outer_table():
    skull = make_intact_skull()
    left = cut_intervals(skull, sphere_body(np.array([60.0, 0.0, 50.0]), 45.0))
    lost = synthetic_defects.lost_rays(left, skull.tables)
    new = synthetic_defects.add_islands(left, skull.tables, lost, np.random.default_rng(1), COARSE)
    changed = ~(np.isclose(new, left, equal_nan=True).all(axis=(1, 2)))
    assert changed.any()
    assert not (changed & ~lost).any()
    assert intervals_in_order(new)
    islands = new[changed & lost_all_bone(skull, left), 0]
    assert (islands[:, 1] < skull.tables[changed & lost_all_bone(skull, left), 0]).all()


def test_bone_that_thick_slices_move_is_not_called_missing(monkeypatch):
    only(monkeypatch, "none")
    monkeypatch.setattr(synthetic_defects, "degrade_intervals", lambda left, *_: left)
    monkeypatch.setattr(synthetic_defects, "truncate_scan", lambda left, reach, *_: (left, reach))
    skull, moved = make_intact_skull(), 0.0
    for seed in range(60):
        damaged = synthetic_defects.damage_skull(skull, np.random.default_rng(seed))
        assert not damaged.missing[np.isfinite(skull.tables[:, 0])].any()
        moved = max(moved, np.nanmax(np.abs(damaged.intervals[:, 0, 1] - skull.tables[:, 0])))
    assert moved > SOUND_TABLE_MM


@settings(max_examples=25)
@given(seeds)
def test_rays_begin_with_the_outermost_bone_that_is_left_as_those_of_a_real_head_do(seed):
    base = tuple(np.full(len(DIRECTIONS), d) for d in (45.0, 50.0))
    skull = make_intact_skull(extra=(base,))
    ends = synthetic_defects.damage_skull(skull, np.random.default_rng(seed)).intervals[..., 1]
    assert np.isfinite(ends[:, 0]).mean() > 0.5
    assert (np.diff(np.nan_to_num(ends, nan=-1.0), axis=1) <= 0).all()


# --- mirror and size


def test_mirrored_twice_is_the_same_skull():
    skull = make_intact_skull(seed=2)
    again = mirror_skull(mirror_skull(skull))
    assert all(equal_with_nan(getattr(again, f), getattr(skull, f)) for f in ("intervals", "tables", "reach"))
    assert not equal_with_nan(mirror_skull(skull).tables, skull.tables)


def test_the_mirror_swaps_left_and_right():
    skull = make_intact_skull()
    left_hole = SkullRays(
        COARSE, cut_intervals(skull, sphere_body(np.array([-80.0, 0.0, 0.0]), 25.0)), skull.tables, skull.reach
    )
    lost = lost_all_bone(skull, mirror_skull(left_hole).intervals)
    assert (DIRECTIONS[lost, 0] > 0).all()
    assert lost.any()


@settings(max_examples=20)
@given(seeds)
def test_another_size_keeps_tables_and_bone_together(seed):
    arch = (np.where(np.abs(DIRECTIONS[:, 0]) > 0.9, d, np.nan) for d in (95.0, 99.0))
    skull = make_intact_skull(seed=3, extra=(tuple(arch),))
    warped = warp_skull(skull, np.random.default_rng(seed))
    known = np.isfinite(skull.tables).all(axis=1)
    outer = np.nanmin(np.abs(warped.intervals[known][..., 1] - warped.tables[known, :1]), axis=1)
    inner = np.nanmin(np.abs(warped.intervals[known][..., 0] - warped.tables[known, 1:]), axis=1)
    assert max(outer.max(), inner.max()) < 1e-3
    assert intervals_in_order(warped.intervals)
    assert equal_with_nan(np.isfinite(warped.intervals), np.isfinite(skull.intervals))
    ratio = warped.tables[known, 0] / skull.tables[known, 0]
    assert 0.89 < ratio.min() <= ratio.max() < 1.11
    np.testing.assert_allclose(warped.reach[known] / skull.reach[known], ratio, rtol=1e-5)
    thick = (warped.tables[known, 0] - warped.tables[known, 1]) / ratio
    assert 4.5 < thick.min() <= thick.max() < 7.5


def test_a_jittered_pose_stays_rigid_and_near():
    base = Pose(np.eye(4), 1.0, 0.9)
    for seed in range(20):
        matrix = jitter_pose(base, np.random.default_rng(seed)).ras_to_head
        np.testing.assert_allclose(matrix[:3, :3] @ matrix[:3, :3].T, np.eye(3), atol=1e-12)
        assert np.linalg.norm(matrix[:3, 3]) <= 7 * 3**0.5
        assert np.degrees(np.arccos((np.trace(matrix[:3, :3]) - 1) / 2)) <= 9 * 3**0.5


# --- truth


def test_true_tables_are_those_of_the_vault_and_unknown_elsewhere():
    model = small_model(4)
    true = values_at_level(model.reconstruct_tables(np.array([1, -1, 0.5, 0, 0, 0])), NETWORK_LEVEL)
    arch = tuple(
        np.where(np.abs(spherical_grid(NETWORK_LEVEL).directions[:, 0]) > 0.9, true[:, 0] + d, np.nan) for d in (12, 16)
    )
    tables = true_tables(intervals_from_tables(true, extra=(arch,)), model)
    on = np.isfinite(tables[:, 0])
    assert tables.dtype == np.float32
    np.testing.assert_allclose(tables[on], true[on], atol=1e-3)
    np.testing.assert_array_equal(on, values_at_level(model.vault.astype(float), NETWORK_LEVEL) > 0.5)


def test_true_tables_are_unknown_in_the_defect_of_a_skull_that_has_one():
    model = small_model(4)
    intervals = intervals_from_tables(values_at_level(model.mean, NETWORK_LEVEL))
    d = spherical_grid(NETWORK_LEVEL).directions
    hole = d @ [0.6, 0.0, 0.8] > 0.9
    intervals[hole] = np.nan
    unknown = (
        values_at_level(find_defect_region(values_at_level(intervals, 4), model).astype(float), NETWORK_LEVEL) > 0.01
    )
    assert unknown[hole].all()
    assert unknown.mean() < 0.2
    tables = true_tables(intervals, model, ~unknown)
    assert np.isnan(tables[unknown]).all()
    assert np.isfinite(tables[~unknown & (d[:, 2] > 0)]).all()


def test_an_intact_skull_has_no_defect():
    model = small_model(4)
    assert not find_defect_region(intervals_from_tables(model.mean), model).any()
