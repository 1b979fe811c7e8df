"""Training: the damage, the samples, the loss, the split, and a whole small run."""

import csv
import gc
import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from helpers_intake import THICKNESS, affine, inside, points, write_image
from helpers_rays import intervals_of, radial_map, small_model, smooth, vault
from hypothesis import given, settings
from hypothesis import strategies as st

from SkullRestoreLib import resources, training
from SkullRestoreLib.atlas import load_atlas
from SkullRestoreLib.case import DependencyError, InputError, OutputError, Pose, WeightsError
from SkullRestoreLib.grid import grid, to_level, vertex_count
from SkullRestoreLib.krige import Prior
from SkullRestoreLib.network import CHANNELS, LEVEL, load, predict
from SkullRestoreLib.training import damage as harm
from SkullRestoreLib.training import fit, run, stages
from SkullRestoreLib.training.damage import Skull, cut, direction, drilled_box, flap, mirrored, resize, sphere
from SkullRestoreLib.training.dataset import DamagedSkulls, Prepared, empty_rows, hole_of, jittered, true_tables
from SkullRestoreLib.training.fit import loss_terms
from SkullRestoreLib.training.run import Options
from SkullRestoreLib.training.skulls import list_sources
from SkullRestoreLib.training.split import folds, make_split, patients
from SkullRestoreLib.training.statistics import complete

torch.set_num_threads(1)
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
    """Damage alone: no islands, no noise, no cut scan."""
    monkeypatch.setattr(harm, "_add_islands", lambda left, *_: left)
    monkeypatch.setattr(harm, "_worsen", lambda left, *_: left)
    monkeypatch.setattr(harm, "_cut_scan", lambda left, reach, *_: (left, reach))


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
        outer_kept = (np.abs(made.intervals[..., 1] - skull.tables[:, :1]) < harm._SOUND_MM).any(
            axis=1
        )  # a wall may end it a little deeper
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
    lost = harm._lost(left, skull.tables)
    new = harm._add_islands(left, skull.tables, lost, np.random.default_rng(1), COARSE)
    changed = ~(np.isclose(new, left, equal_nan=True).all(axis=(1, 2)))
    assert changed.any()
    assert not (changed & ~lost).any()
    assert in_order(new)
    made = new[changed & gone(skull, left), 0]
    assert (made[:, 1] < skull.tables[changed & gone(skull, left), 0]).all()


def test_a_cut_scan_has_no_bone_beyond_its_reach():
    skull = whole_skull()
    for seed in range(10):
        left, reach = harm._cut_scan(skull.intervals, skull.reach, np.random.default_rng(seed), COARSE)
        assert (np.nan_to_num(left) <= reach[:, None, None] + 1e-3).all()
        assert same(left[DIRECTIONS[:, 2] > 0.5], skull.intervals[DIRECTIONS[:, 2] > 0.5])


def test_noise_moves_ends_by_less_than_two_millimetres():
    skull = whole_skull()
    for seed in range(10):
        noisy = harm._worsen(skull.intervals, np.random.default_rng(seed), COARSE)
        both = np.isfinite(noisy[:, 0, 0]) & np.isfinite(skull.intervals[:, 0, 0])
        assert both.sum() > 0.95 * np.isfinite(skull.intervals[:, 0, 0]).sum()
        assert np.abs(noisy - skull.intervals)[both, 0].max() < 2


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


# --- samples


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """Three skulls on the network's grid, one of them in two poses."""
    folder = tmp_path_factory.mktemp("prepared")
    names = ["a", "a", "b", "c"]
    arrays = empty_rows(len(names), folder)
    for row in range(len(names)):
        skull = whole_skull(LEVEL, seed=row)
        for array, values in zip(arrays, (skull.intervals, skull.reach, skull.tables), strict=True):
            array[row] = values
    for array in arrays:
        array.flush()
    (folder / "skulls.json").write_text(json.dumps({"rows": names}))
    return Prepared(folder)


def samples(prepared, **options):
    options = {"length": 6, "seed": 5, **options}
    return DamagedSkulls(prepared, [0, 1, 2], [Prior(small_model(4)), Prior(small_model(4))], [0, 0, 1, 1], **options)


def test_a_sample_is_finite_and_has_the_shapes_that_the_network_wants(prepared):
    n = vertex_count(LEVEL)
    for index in range(4):
        sample = samples(prepared)[index]
        assert {k: tuple(v.shape) for k, v in sample.items()} == {
            "x": (CHANNELS, n), "start": (2, n), "truth": (2, n), "valid": (2, n), "missing": (n,),
        }  # fmt: skip
        assert all(torch.isfinite(v.float()).all() for v in sample.values())
        assert {sample[k].dtype for k in ("valid", "missing")} == {torch.bool}
        assert {sample[k].dtype for k in ("x", "start", "truth")} == {torch.float32}
        assert sample["valid"].float().mean() > 0.4


def test_a_sample_is_decided_by_seed_epoch_and_number(prepared):
    data = samples(prepared)
    first = data[2]
    data[3]
    assert all(torch.equal(first[k], data[2][k]) for k in first)
    assert not torch.equal(first["x"], data[3]["x"])
    assert not torch.equal(first["x"], samples(prepared, seed=6)[2]["x"])
    data.epoch = 1
    assert not torch.equal(first["x"], data[2]["x"])


def test_the_watching_samples_go_through_the_skulls_in_turn_with_the_truth_as_it_is(prepared):
    data = samples(prepared, augment=False)
    for index in range(3):
        truth, valid = data[index]["truth"].numpy(), data[index]["valid"].numpy()
        expected = prepared.skull(index % 3).tables.T
        np.testing.assert_array_equal(truth[valid], expected[valid])


def test_drawing_a_sample_never_changes_what_is_on_disk(prepared):
    before = [np.array(a) for a in prepared.arrays]
    samples(prepared)[0]
    assert all(same(a, b) for a, b in zip(before, prepared.arrays, strict=True))


# --- loss


def a_batch(seed=0, count=2, n=200):
    rng = np.random.default_rng(seed)
    valid = torch.from_numpy(rng.random((count, 2, n)) < 0.7)
    return {
        "start": torch.from_numpy(rng.normal(80, 3, (count, 2, n))).float(),
        "truth": torch.from_numpy(rng.normal(80, 3, (count, 2, n))).float(),
        "valid": valid,
        "missing": torch.from_numpy(rng.random((count, n)) < 0.3),
    }


def test_the_truth_where_it_is_not_valid_does_not_matter():
    batch = a_batch()
    y = torch.randn(2, 5, 200, generator=torch.Generator().manual_seed(0))
    wild = batch | {"truth": torch.where(batch["valid"], batch["truth"], torch.tensor(1e4))}
    for name, value in loss_terms(y, batch).items():
        torch.testing.assert_close(loss_terms(y, wild)[name], value)


def test_missing_is_not_learnt_where_the_outer_table_is_unknown():
    batch = a_batch()
    y = torch.randn(2, 5, 200, generator=torch.Generator().manual_seed(0))
    unknown = ~batch["valid"][:, 0]
    other = y.clone()
    other[:, 4][unknown] += 5
    torch.testing.assert_close(loss_terms(other, batch)["missing"], loss_terms(y, batch)["missing"])


def test_a_right_answer_costs_less_than_a_wrong_one():
    batch = a_batch()
    right = torch.zeros(2, 5, 200)
    right[:, :2] = batch["truth"] - batch["start"]
    right[:, 4] = torch.where(batch["missing"], 8.0, -8.0)
    terms = loss_terms(right, batch)
    assert terms["outer_mm"] < 1e-4
    assert terms["missing"] < 1e-3
    for at in (0, 1, 4):
        wrong = right.clone()
        wrong[:, at] = -wrong[:, at] + 3
        assert loss_terms(wrong, batch)["loss"] > terms["loss"]


def test_errors_are_told_in_millimetres_in_the_hole():
    batch = a_batch()
    y = torch.zeros(2, 5, 200)
    y[:, :2] = batch["truth"] - batch["start"]
    y[:, 0] += torch.where(batch["missing"], 2.0, 9.0)
    terms = loss_terms(y, batch)
    assert terms["outer_mm"] == pytest.approx(2.0, abs=1e-4)
    assert terms["inner_mm"] == pytest.approx(0.0, abs=1e-4)


@pytest.mark.parametrize("lost", ["valid", "missing"])
def test_a_batch_without_any_hole_or_any_truth_has_a_finite_loss(lost):
    batch = a_batch()
    batch[lost] = torch.zeros_like(batch[lost])
    y = torch.zeros(2, 5, 200, requires_grad=True)
    terms = loss_terms(y, batch)
    terms["loss"].backward()
    assert all(torch.isfinite(v) for v in terms.values())
    assert torch.isfinite(y.grad).all()


# --- statistics


def test_a_shape_model_learnt_from_heads_fits_a_new_one_better_than_the_mean_does():
    source = small_model(3)
    draw = np.random.default_rng(0).normal(size=(31, 6))
    maps = [intervals_of(np.where(vault(3)[:, None], source.tables(c), np.nan)) for c in draw]
    learnt = complete(maps[:30], 3, modes=12, rounds=3).model(12)
    coefficients, _, _ = learnt.fit(maps[30])
    true, on = source.tables(draw[30]), learnt.vault & source.vault
    assert on.sum() > 0.8 * source.vault.sum()
    gap = np.abs(learnt.tables(coefficients) - true)[on].mean()
    assert gap < 0.3 * np.abs(learnt.mean - true)[on].mean()


def test_the_hole_of_a_learnt_skull_is_not_learnt():
    source = small_model(3)
    draw = np.random.default_rng(0).normal(size=(20, 6))
    maps = [intervals_of(np.where(vault(3)[:, None], source.tables(c), np.nan)) for c in draw]
    hole = grid(3).directions @ [0.6, 0.0, 0.8] > 0.9
    spoilt = maps[0].copy()
    spoilt[hole, 0] -= 20.0  # new bone on the dura, say
    known = [np.ones(len(hole), bool)] * 20
    known[0] = ~hole
    made = complete([spoilt, *maps[1:]], 3, modes=8, rounds=3, known=known)
    assert np.abs(made.tables[0][hole] - source.tables(draw[0])[hole]).max() < 2.5


# --- split


NAMES = [f"{k:03d}" for k in range(40)]
HOLED = [f"holed/{k:03d}" for k in range(20)]
groups = st.lists(st.lists(st.sampled_from(NAMES + HOLED), min_size=2, max_size=5, unique=True), max_size=6)


@given(groups, st.lists(st.sampled_from(NAMES), max_size=6, unique=True))
def test_one_patient_is_never_on_two_sides(same_patient, held_out):
    split = make_split(NAMES, HOLED, held_out=held_out, same_patient=same_patient)
    assert sorted(n for side in split.values() for n in side) == sorted(NAMES + HOLED)
    side = {n: s for s, members in split.items() for n in members}
    for group in same_patient:
        assert len({side[n] for n in group}) == 1
    assert set(held_out) <= set(split["test"])


@given(groups)
def test_patients_share_a_fold(same_patient):
    fold = folds(NAMES + HOLED, same_patient, 4)
    assert set(fold.values()) == {0, 1, 2, 3}
    for group in same_patient:
        assert len({fold[n] for n in group}) == 1


def test_without_a_wish_a_fifth_is_kept_for_testing_and_a_ninth_of_the_rest_for_watching():
    split = make_split(NAMES, HOLED)
    assert split["test"] == NAMES[2::5]
    assert len(split["valid"]) == 4
    assert set(HOLED) <= set(split["train"])


def test_groups_that_share_a_skull_are_one_patient():
    number = patients(["a", "b", "c", "d"], [("a", "b"), ("b", "c")])
    assert number == {"a": 0, "b": 0, "c": 0, "d": 1}


def test_a_group_may_name_a_skull_that_was_left_out():
    assert patients(["a", "c"], [("a", "b", "c")]) == {"a": 0, "c": 0}


def test_a_skull_with_a_hole_may_be_held_out_too():
    assert make_split(NAMES, HOLED, held_out=["holed/003"])["test"] == ["holed/003"]


@pytest.mark.parametrize("wish", [{"held_out": ["040"]}, {"same_patient": [("001", "x")]}])
def test_a_name_that_no_skull_has_is_refused(wish):
    with pytest.raises(InputError, match=r"names (040|x), but no skull is called so; the skulls are called 000, 001, 002"):
        make_split(NAMES, HOLED, **wish)


# --- the folder of skulls


def test_skulls_are_listed_by_name_with_dicom_folders_and_without_litter(tmp_path):
    for name in ("b.nii.gz", "a.1.nrrd", "c.stl", "readme.txt", ".hidden.nrrd"):
        (tmp_path / name).write_text("x")
    (tmp_path / "series.1").mkdir()
    (tmp_path / ".git").mkdir()
    assert [s.name for s in list_sources(tmp_path)] == ["a.1", "b", "c", "series.1"]


@pytest.mark.parametrize(
    ("files", "said"), [((), "holds no skull"), (("a.txt",), "holds no skull"), (("a.stl", "a.nrrd"), "several skulls called a")]
)
def test_a_folder_that_cannot_be_learnt_from_is_refused(tmp_path, files, said):
    for name in files:
        (tmp_path / name).write_text("x")
    with pytest.raises(InputError, match=said):
        list_sources(tmp_path)


def test_a_folder_that_does_not_exist_is_refused(tmp_path):
    with pytest.raises(InputError, match="is no folder"):
        list_sources(tmp_path / "none")


# --- a whole run


def small_head(seed):
    """Bone mask of an ellipsoid head with a block for a face; every seed is another patient."""
    rng = np.random.default_rng(seed)
    size, spacing = (64, 76, 58), (3.0, 3.0, 3.0)
    place = affine(spacing, size)
    p = points(place, size)
    axes = np.array([72.0, 90.0, 78.0]) * (1 + 0.03 * rng.normal(size=3))
    bone = (inside(p, axes) > 0.5) & (inside(p, axes - THICKNESS - rng.uniform(0, 2)) < 0.5) & (p[..., 2] > -40)
    face = (np.abs(p[..., 0]) < 40) & (np.abs(p[..., 1] - 62) < 14) & (p[..., 2] < -28) & (p[..., 2] > -62)
    return bone | face, place


TINY = Options(samples=16, batch=4, epochs=2, poses=1, workers=0, device="cpu", devices=1)


@pytest.fixture(scope="module")
def skulls(tmp_path_factory):
    """A folder of ten heads, one of them as a broken file more."""
    folder = tmp_path_factory.mktemp("skulls")
    for seed in range(11):
        mask, place = small_head(seed)
        write_image(folder / f"{seed:03d}.nrrd", mask.astype(np.uint8), place)
    (folder / "broken.nrrd").write_bytes((folder / "000.nrrd").read_bytes()[:900])
    return folder


@pytest.fixture(scope="module")
def trained(skulls, tmp_path_factory):
    """The folder of a finished run."""
    out = tmp_path_factory.mktemp("runs") / "tiny"
    run.train(skulls, out, TINY)
    return out


@pytest.mark.filterwarnings("ignore")  # Lightning's advice to its users
class TestAWholeRun:
    @pytest.fixture(autouse=True)
    def nothing_kept(self):
        """A run is a process's only one; Lightning's trainers refer to themselves, and would hold a gigabyte each until Python looks for such circles."""
        yield
        gc.collect()

    def test_it_writes_weights_statistics_split_and_curves(self, trained):
        made = {p.name for p in trained.iterdir()}
        assert {"network.safetensors", "shape.safetensors", "split.json", "curves.csv", "curves.png", "settings.json"} <= made
        assert not any(name.startswith("part_") for name in made)
        rows = list(csv.DictReader((trained / "curves.csv").read_text().splitlines()))
        assert [int(r["epoch"]) for r in rows] == [0, 1]
        assert all(np.isfinite(float(r[k])) for r in rows for k in ("train_loss", "valid_loss", "valid_outer_mm", "start_outer_mm"))
        assert (trained / "curves.png").read_bytes()[:4] == b"\x89PNG"

    def test_its_weights_and_statistics_load_and_predict_a_head(self, trained):
        model = load_atlas(trained / "shape.safetensors").model
        shell = predict(load(trained / "network.safetensors"), radial_map(to_level(model.mean, LEVEL), LEVEL), model)
        assert np.abs(shell.outer - to_level(model.mean, LEVEL)[:, 0])[shell.vault].mean() < 3

    def test_a_skull_that_cannot_be_read_is_on_no_side(self, trained):
        split = json.loads((trained / "split.json").read_text())
        assert "broken" not in split["train"] + split["valid"]
        assert len(split["train"]) >= 7
        assert len(split["valid"]) == 1
        assert not set(split["train"]) & set(split["test"])

    def test_the_shape_model_knows_no_skull_of_the_test_side(self, trained):
        split = json.loads((trained / "split.json").read_text())
        with np.load(trained / "completed.npz") as z:
            assert set(z["names"]) == set(split["train"])

    def test_a_second_call_keeps_the_result_and_works_no_more(self, trained, skulls, monkeypatch):
        before = {name: (trained / name).read_bytes() for name in ("network.safetensors", "shape.safetensors", "split.json", "curves.csv")}
        monkeypatch.setattr(run, "each", None)
        run.train(skulls, trained, replace(TINY, workers=1))
        assert {name: (trained / name).read_bytes() for name in before} == before

    def test_a_run_stopped_between_epochs_ends_like_one_that_was_not(self, trained, skulls, tmp_path, monkeypatch):
        half = tmp_path / "half"
        shutil.copytree(trained, half, ignore=shutil.ignore_patterns("checkpoints", "network.safetensors", "curves*"))

        class Stopped(Exception):
            pass

        def stop(self, trainer, _):
            if trainer.current_epoch == 1:
                raise Stopped

        monkeypatch.setattr(fit.Epoch, "on_train_epoch_end", stop)
        with pytest.raises(Stopped):
            run.train(skulls, half, TINY)
        monkeypatch.undo()
        assert not (half / "network.safetensors").exists()
        drawn, draw = tmp_path / "drawn.txt", DamagedSkulls.__getitem__

        def remembered(self, index):  # in the worker's own process
            with drawn.open("a") as file:
                file.write(f"{self.augment} {self.epoch}\n")
            return draw(self, index)

        monkeypatch.setattr(DamagedSkulls, "__getitem__", remembered)
        run.train(skulls, half, replace(TINY, workers=1))
        assert {line for line in drawn.read_text().splitlines() if line.startswith("True")} == {"True 1"}
        one, other = load(trained / "network.safetensors").state_dict(), load(half / "network.safetensors").state_dict()
        for name, value in one.items():
            torch.testing.assert_close(other[name], value, atol=2e-3, rtol=1e-2, check_dtype=False)

    def test_two_processes_take_the_steps_that_one_takes_and_have_its_curve(self, trained, skulls, tmp_path):
        """The gradient is the mean over both shares of a step; only what batch normalisation sees differs a little."""
        both = tmp_path / "both"
        shutil.copytree(trained, both, ignore=shutil.ignore_patterns("checkpoints", "network.safetensors", "curves*"))
        script = tmp_path / "both.py"  # Lightning starts the second process by the script's own command line
        script.write_text(
            "from pathlib import Path; import torch; from SkullRestoreLib.training.run import Options, train\ntorch.set_num_threads(1)\n"
            f"train(Path({str(skulls)!r}), Path({str(both)!r}), {replace(TINY, devices=2)!r})\n"
        )
        environment = {**os.environ, "PYTHONPATH": str(Path(run.__file__).parents[2])}
        done = subprocess.run([sys.executable, str(script)], env=environment, capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode == 0, done.stderr[-2000:]
        one, two = (list(csv.DictReader((folder / "curves.csv").read_text().splitlines())) for folder in (trained, both))
        assert [r["step"] for r in two] == [r["step"] for r in one]
        for a, b in zip(one, two, strict=True):
            assert float(b["train_loss"]) == pytest.approx(float(a["train_loss"]), rel=0.15)
            assert float(b["valid_loss"]) == pytest.approx(float(a["valid_loss"]), rel=0.02)
        assert load(both / "network.safetensors")

    def test_other_choices_in_the_same_folder_are_refused(self, trained, skulls):
        with pytest.raises(InputError, match=r"epochs 2, now 3.*--force"):
            run.train(skulls, trained, replace(TINY, epochs=3))
        with pytest.raises(InputError, match="held out"):
            run.train(skulls, trained, replace(TINY, held_out=("000",)))

    def test_it_goes_on_from_other_weights(self, trained, skulls, tmp_path, monkeypatch):
        begun = []
        monkeypatch.setattr(
            fit.Fit, "on_train_start", lambda self: begun.append(self.network.coarse.weight.detach().clone()), raising=False
        )
        out = tmp_path / "on"
        shutil.copytree(trained, out, ignore=shutil.ignore_patterns("checkpoints", "network.safetensors", "curves*"))
        options = replace(TINY, samples=4, epochs=1, start=trained / "network.safetensors")
        choices = json.loads((out / "run.json").read_text())
        choices |= {"samples": 4, "epochs": 1, "start": resources.sha256(options.start)}
        (out / "run.json").write_text(json.dumps(choices))
        run.train(skulls, out, options)
        torch.testing.assert_close(begun[0], load(trained / "network.safetensors").coarse.weight)


def test_processes_that_cannot_share_a_batch_evenly_are_refused_before_any_work(tmp_path):
    with pytest.raises(InputError, match=r"A batch of 4 cannot be shared evenly by 3 processes\. Give --batch 6"):
        run.train(tmp_path, tmp_path / "out", replace(TINY, devices=3))
    assert not (tmp_path / "out").exists()


def test_weights_that_cannot_be_gone_on_from_are_refused_before_any_work(tmp_path):
    with pytest.raises(WeightsError, match="does not exist"):
        run.train(tmp_path, tmp_path / "out", replace(TINY, start=tmp_path / "none.safetensors"))
    with pytest.raises(InputError, match="always starts from nothing"):
        run.train(tmp_path, tmp_path / "out", replace(TINY, recipe="paper", start=tmp_path / "none.safetensors"))


def test_too_few_skulls_are_refused_before_any_work(tmp_path):
    for seed in range(9):
        (tmp_path / f"{seed}.nrrd").write_text("x")
    with pytest.raises(InputError, match=r"Only 7 skulls can be learnt from in .*; at least 8 are needed"):
        run.train(tmp_path, tmp_path / "out", TINY)
    assert not (tmp_path / "out").exists()


def test_files_that_are_no_skulls_are_said_to_be_too_few(tmp_path):
    for seed in range(20):
        (tmp_path / f"{seed}.nrrd").write_text("x")
    with pytest.raises(InputError, match="Only 0 skulls can be learnt from"):
        run.train(tmp_path, tmp_path / "out", TINY)


def test_a_folder_with_somebodys_files_is_refused(skulls, tmp_path):
    (tmp_path / "letter.txt").write_text("x")
    with pytest.raises(OutputError, match=r"did not write \(letter.txt\)"):
        run.train(skulls, tmp_path, TINY)
    assert [p.name for p in tmp_path.iterdir()] == ["letter.txt"]


def test_force_throws_an_earlier_run_away_and_nothing_else(tmp_path):
    stages.claim(tmp_path / "out", {"epochs": 2})
    (tmp_path / "out" / "prepared").mkdir()
    (tmp_path / "out" / "part_completed.npz").write_text("x")
    stages.claim(tmp_path / "out", {"epochs": 3}, force=True)
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["run.json"]
    (tmp_path / "out" / "letter.txt").write_text("x")
    with pytest.raises(OutputError, match=r"letter\.txt"):
        stages.claim(tmp_path / "out", {"epochs": 3}, force=True)
    assert (tmp_path / "out" / "run.json").exists()


def test_a_stage_that_is_stopped_leaves_no_file_of_its_name(tmp_path):
    def fail(path):
        path.write_text("half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stages.write(tmp_path / "poses.json", fail)
    assert not (tmp_path / "poses.json").exists()
    stages.write(tmp_path / "poses.json", lambda path: path.write_text("whole"))
    assert [p.read_text() for p in tmp_path.iterdir()] == ["whole"]


@pytest.mark.parametrize(
    ("place", "first"),
    [({}, True), ({"RANK": "0"}, True), ({"LOCAL_RANK": "1"}, False), ({"SLURM_PROCID": "3"}, False), ({"NODE_RANK": "1"}, False)],
)
def test_only_the_first_of_several_processes_prepares(monkeypatch, place, first):
    for name in ("RANK", "LOCAL_RANK", "SLURM_PROCID", "JSM_NAMESPACE_RANK", "NODE_RANK"):
        monkeypatch.delenv(name, raising=False)
    for name, value in place.items():
        monkeypatch.setenv(name, value)
    assert stages.first_process() is first


def test_the_others_wait_and_say_when_the_first_never_comes(tmp_path):
    with pytest.raises(OutputError, match="has not written"):
        stages.wait_for(tmp_path / "ready.json", hours=0)


def test_a_full_disk_is_said_with_what_to_do(tmp_path):
    with pytest.raises(OutputError, match="goes on where it stopped"), stages.said_clearly(tmp_path):
        raise OSError(28, "No space left on device")


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is such a device here")
def test_a_device_that_is_not_there_is_refused(skulls, tmp_path):
    with pytest.raises(InputError, match="finds no device 'cuda'"):
        run.train(skulls, tmp_path / "out", replace(TINY, device="cuda"))
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("lost", ["lightning", "matplotlib"])
def test_a_package_that_is_missing_is_said_before_any_work(monkeypatch, lost):
    import sys

    monkeypatch.setitem(sys.modules, lost, None)
    with pytest.raises(DependencyError, match=f"pip install {lost}"):
        training.check_packages()


@pytest.mark.skipif(torch.cuda.is_available() or torch.backends.mps.is_available(), reason="a better device would be asked")
@pytest.mark.parametrize(
    ("has", "taken"), [({"avx2": True, "amx_bf16": False}, "32-true"), ({"amx_bf16": True}, "bf16-mixed"), ({"bf16": True}, "bf16-mixed")]
)
def test_bfloat16_is_left_alone_on_a_processor_that_would_only_imitate_it(monkeypatch, has, taken):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: has)
    assert fit.precision_on("cpu") == fit.precision_on("auto") == taken
