"""Damage: bodies that cut the rays, what goes with them, mirror and size, and the truth beneath."""

import numpy as np
import pytest
from helpers_rays import intervals_of, small_model
from helpers_training import COARSE, DIRECTIONS, gone, in_order, same, seeds, whole_skull
from hypothesis import given, settings
from hypothesis import strategies as st

from SkullRestoreLib.case import Pose
from SkullRestoreLib.grid import grid, to_level
from SkullRestoreLib.network import LEVEL
from SkullRestoreLib.training import damage as harm
from SkullRestoreLib.training.damage import Skull, cut, direction, drilled_box, flap, mirrored, resize, sphere
from SkullRestoreLib.training.dataset import hole_of, jittered, true_tables
from SkullRestoreLib.training.scanned import SOUND_MM

# --- bodies that cut


def test_directions_are_told_by_azimuth_and_elevation():
    np.testing.assert_allclose(direction(0, 0), [0, 1, 0], atol=1e-12)
    np.testing.assert_allclose(direction(90, 0), [1, 0, 0], atol=1e-12)
    np.testing.assert_allclose(direction(37, 90), [0, 0, 1], atol=1e-12)


@settings(max_examples=20)
@given(st.floats(-180, 180), st.floats(0, 90), st.floats(12, 50))
def test_a_sphere_takes_the_bone_inside_it_and_nothing_else(azimuth, elevation, radius):
    skull, centre = whole_skull(), 80 * direction(azimuth, elevation)
    left = cut(skull, sphere(centre, radius))
    ends = DIRECTIONS[:, None, None] * skull.intervals[..., None].astype(float)
    hit = (np.linalg.norm(ends - centre, axis=-1) < radius - 1e-3).all(axis=2)
    missed = (np.linalg.norm(ends - centre, axis=-1) > radius + 1e-3).all(axis=2)
    assert np.isnan(left[hit]).all()
    assert same(left[missed], skull.intervals[missed])
    assert in_order(left)


@pytest.mark.parametrize(
    ("body", "at"),
    [
        (lambda: flap(direction(90, 30), (30, 25), 0.3, np.random.default_rng(0)), direction(90, 30)),
        (lambda: flap(direction(0, 90), (30, 25), 0.3, np.random.default_rng(0)), direction(0, 90)),
        (lambda: drilled_box(direction(-60, 40), (25, 20), 0.5, 6), direction(-60, 40)),
    ],
    ids=["flap", "flap at the vertex", "box"],
)
def test_a_body_takes_bone_where_it_is_asked_to_and_not_on_the_other_side(body, at):
    skull = whole_skull()
    lost = gone(skull, cut(skull, body()))
    near = DIRECTIONS @ at
    assert lost[near > np.cos(np.radians(10))].all()
    assert not lost[near < np.cos(np.radians(45))].any()
    assert same(cut(skull, body())[~lost & (near < 0.5)], skull.intervals[~lost & (near < 0.5)])


def test_a_box_has_drill_holes_at_its_corners():
    inside_box = drilled_box(np.array([0.0, 0.0, 1.0]), (20.0, 20.0), 0.0, 6.0)
    at = np.array([[24.0, 20, 80], [20, 24, 80], [-24, -20, 80], [24, 0, 80], [0, 24, 80], [24.5, 24.5, 80], [0, 0, -80], [19, 19, 80]])
    assert inside_box(at).tolist() == [True, True, True, False, False, False, False, True]


@pytest.mark.parametrize("wall", [77.5, 79.0, 80.5])
def test_bone_that_a_body_half_reaches_ends_at_the_wall_of_the_cut(wall):
    skull = whole_skull()
    outer_gone = cut(skull, lambda x: np.linalg.norm(x, axis=-1) > wall)
    inner_gone = cut(skull, lambda x: np.linalg.norm(x, axis=-1) < wall)
    ray = np.argmax(DIRECTIONS[:, 2])  # tables near 82 and 76
    np.testing.assert_allclose(outer_gone[ray, 0], [skull.intervals[ray, 0, 0], wall], atol=0.5)
    np.testing.assert_allclose(inner_gone[ray, 0], [wall, skull.intervals[ray, 0, 1]], atol=0.5)


def test_cutting_never_changes_the_skull_itself():
    skull = whole_skull()
    before = skull.intervals.copy()
    cut(skull, sphere(np.array([0.0, 0.0, 80.0]), 40.0))
    assert same(skull.intervals, before)


# --- damage as a whole


@settings(max_examples=25)
@given(seeds)
def test_damage_is_the_same_for_the_same_seed_and_leaves_the_skull_alone(seed):
    skull = whole_skull()
    before = skull.intervals.copy()
    one, other = (harm.damage(skull, np.random.default_rng(seed)) for _ in range(2))
    assert same(one.intervals, other.intervals)
    assert (one.kind, one.missing.tolist()) == (other.kind, other.missing.tolist())
    assert same(skull.intervals, before)
    assert in_order(one.intervals)
    assert one.intervals.shape == skull.intervals.shape
    assert one.intervals.dtype == one.reach.dtype == np.float32
    assert (one.reach <= skull.reach).all()


def without_side_effects(monkeypatch):
    """Damage alone: no worn edges, islands, noise, cut scan, thick slices."""
    monkeypatch.setattr(harm, "wear_edges", lambda left, *_: left)
    monkeypatch.setattr(harm, "thicken_slices", lambda left, *_: left)
    monkeypatch.setattr(harm, "_add_islands", lambda left, *_: left)
    monkeypatch.setattr(harm, "worsen", lambda left, *_: left)
    monkeypatch.setattr(harm, "cut_scan", lambda left, reach, *_: (left, reach))


def only(monkeypatch, kind):
    """Draw this kind of damage and no other."""
    monkeypatch.setattr(harm, "KINDS", {kind: (harm.KINDS[kind][0], 1.0)})


@pytest.mark.parametrize("kind", list(harm.KINDS))
def test_missing_is_true_exactly_where_the_outer_table_went_and_the_rest_is_untouched(kind, monkeypatch):
    without_side_effects(monkeypatch)
    only(monkeypatch, kind)
    skull = whole_skull(seed=1)
    touched = 0
    for seed in range(12):
        made = harm.damage(skull, np.random.default_rng(seed))
        changed = ~(np.isclose(made.intervals, skull.intervals, equal_nan=True).all(axis=(1, 2)))
        outer_kept = (np.abs(made.intervals[..., 1] - skull.tables[:, :1]) < SOUND_MM).any(axis=1)  # a wall may end it a little deeper
        known = np.isfinite(skull.tables[:, 0])
        assert made.kind == kind
        assert not made.missing[known & outer_kept].any()
        assert made.missing[known & ~outer_kept].mean() > 0.9 if (known & ~outer_kept).any() else True
        assert not made.missing[known & ~changed].any()
        assert changed[known].mean() < 0.75
        touched += changed.any()
    assert touched == 0 if kind == "none" else touched >= 6


def test_every_kind_is_drawn_about_as_often_as_it_says():
    skull = whole_skull(level=2)
    rng = np.random.default_rng(0)
    drawn = [harm.damage(skull, rng).kind for _ in range(600)]
    for kind, (_, share) in harm.KINDS.items():
        assert drawn.count(kind) / 600 == pytest.approx(share, abs=0.06)
    assert sum(share for _, share in harm.KINDS.values()) == pytest.approx(1)


def test_a_lost_outer_table_leaves_the_inner_one(monkeypatch):
    without_side_effects(monkeypatch)
    only(monkeypatch, "outer")
    skull = whole_skull()
    for seed in range(8):
        made = harm.damage(skull, np.random.default_rng(seed))
        lost = made.missing & np.isfinite(skull.tables[:, 0])
        assert not gone(skull, made.intervals).any()
        np.testing.assert_allclose(made.intervals[lost, 0, 0], skull.tables[lost, 1], atol=1e-4)
        assert (made.intervals[lost, 0, 1] <= skull.tables[lost, 0] - 2 + 1e-3).all()


def test_two_holes_may_lie_on_both_sides(monkeypatch):
    without_side_effects(monkeypatch)
    only(monkeypatch, "two")
    skull = whole_skull()
    sides = [np.sign(DIRECTIONS[gone(skull, harm.damage(skull, np.random.default_rng(s)).intervals), 0]) for s in range(12)]
    assert any({-1.0, 1.0} <= set(s) for s in sides)


def test_new_bone_on_the_dura_lies_under_the_hole_only_and_is_no_outer_table():
    skull = whole_skull()
    left = cut(skull, sphere(np.array([60.0, 0.0, 50.0]), 45.0))
    lost = harm.lost_rays(left, skull.tables)
    new = harm._add_islands(left, skull.tables, lost, np.random.default_rng(1), COARSE)
    changed = ~(np.isclose(new, left, equal_nan=True).all(axis=(1, 2)))
    assert changed.any()
    assert not (changed & ~lost).any()
    assert in_order(new)
    made = new[changed & gone(skull, left), 0]
    assert (made[:, 1] < skull.tables[changed & gone(skull, left), 0]).all()


def test_bone_that_thick_slices_move_is_not_called_missing(monkeypatch):
    only(monkeypatch, "none")
    monkeypatch.setattr(harm, "worsen", lambda left, *_: left)
    monkeypatch.setattr(harm, "cut_scan", lambda left, reach, *_: (left, reach))
    skull, moved = whole_skull(), 0.0
    for seed in range(60):
        made = harm.damage(skull, np.random.default_rng(seed))
        assert not made.missing[np.isfinite(skull.tables[:, 0])].any()
        moved = max(moved, np.nanmax(np.abs(made.intervals[:, 0, 1] - skull.tables[:, 0])))
    assert moved > SOUND_MM


@settings(max_examples=25)
@given(seeds)
def test_rays_begin_with_the_outermost_bone_that_is_left_as_those_of_a_real_head_do(seed):
    base = tuple(np.full(len(DIRECTIONS), d) for d in (45.0, 50.0))
    skull = whole_skull(extra=(base,))
    ends = harm.damage(skull, np.random.default_rng(seed)).intervals[..., 1]
    assert np.isfinite(ends[:, 0]).mean() > 0.5
    assert (np.diff(np.nan_to_num(ends, nan=-1.0), axis=1) <= 0).all()


# --- mirror and size


def test_mirrored_twice_is_the_same_skull():
    skull = whole_skull(seed=2)
    again = mirrored(mirrored(skull))
    assert all(same(getattr(again, f), getattr(skull, f)) for f in ("intervals", "tables", "reach"))
    assert not same(mirrored(skull).tables, skull.tables)


def test_the_mirror_swaps_left_and_right():
    skull = whole_skull()
    left_hole = Skull(COARSE, cut(skull, sphere(np.array([-80.0, 0.0, 0.0]), 25.0)), skull.tables, skull.reach)
    lost = gone(skull, mirrored(left_hole).intervals)
    assert (DIRECTIONS[lost, 0] > 0).all()
    assert lost.any()


@settings(max_examples=20)
@given(seeds)
def test_another_size_keeps_tables_and_bone_together(seed):
    arch = (np.where(np.abs(DIRECTIONS[:, 0]) > 0.9, d, np.nan) for d in (95.0, 99.0))
    skull = whole_skull(seed=3, extra=(tuple(arch),))
    made = resize(skull, np.random.default_rng(seed))
    known = np.isfinite(skull.tables).all(axis=1)
    outer = np.nanmin(np.abs(made.intervals[known][..., 1] - made.tables[known, :1]), axis=1)
    inner = np.nanmin(np.abs(made.intervals[known][..., 0] - made.tables[known, 1:]), axis=1)
    assert max(outer.max(), inner.max()) < 1e-3
    assert in_order(made.intervals)
    assert same(np.isfinite(made.intervals), np.isfinite(skull.intervals))
    ratio = made.tables[known, 0] / skull.tables[known, 0]
    assert 0.89 < ratio.min() <= ratio.max() < 1.11
    np.testing.assert_allclose(made.reach[known] / skull.reach[known], ratio, rtol=1e-5)
    thick = (made.tables[known, 0] - made.tables[known, 1]) / ratio
    assert 4.5 < thick.min() <= thick.max() < 7.5


def test_a_jittered_pose_stays_rigid_and_near():
    base = Pose(np.eye(4), 1.0, 0.9)
    for seed in range(20):
        made = jittered(base, np.random.default_rng(seed)).ras_to_head
        np.testing.assert_allclose(made[:3, :3] @ made[:3, :3].T, np.eye(3), atol=1e-12)
        assert np.linalg.norm(made[:3, 3]) <= 7 * 3**0.5
        assert np.degrees(np.arccos((np.trace(made[:3, :3]) - 1) / 2)) <= 9 * 3**0.5


# --- truth


def test_true_tables_are_those_of_the_vault_and_unknown_elsewhere():
    model = small_model(4)
    true = to_level(model.tables(np.array([1, -1, 0.5, 0, 0, 0])), LEVEL)
    arch = tuple(np.where(np.abs(grid(LEVEL).directions[:, 0]) > 0.9, true[:, 0] + d, np.nan) for d in (12, 16))
    made = true_tables(intervals_of(true, extra=(arch,)), model)
    on = np.isfinite(made[:, 0])
    assert made.dtype == np.float32
    np.testing.assert_allclose(made[on], true[on], atol=1e-3)
    np.testing.assert_array_equal(on, to_level(model.vault.astype(float), LEVEL) > 0.5)


def test_true_tables_are_unknown_in_the_hole_of_a_holed_skull():
    model = small_model(4)
    intervals = intervals_of(to_level(model.mean, LEVEL))
    d = grid(LEVEL).directions
    hole = d @ [0.6, 0.0, 0.8] > 0.9
    intervals[hole] = np.nan
    unknown = to_level(hole_of(to_level(intervals, 4), model).astype(float), LEVEL) > 0.01
    assert unknown[hole].all()
    assert unknown.mean() < 0.2
    made = true_tables(intervals, model, ~unknown)
    assert np.isnan(made[unknown]).all()
    assert np.isfinite(made[~unknown & (d[:, 2] > 0)]).all()


def test_a_whole_skull_has_no_hole():
    model = small_model(4)
    assert not hole_of(intervals_of(model.mean), model).any()
