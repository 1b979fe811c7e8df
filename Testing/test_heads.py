"""Heads between heads: a patient's bone on a vault that is part of the way to another patient's."""

from dataclasses import replace

import numpy as np
import pytest
from helpers_rays import smooth, vault
from helpers_training import COARSE, WHOLE, in_order, same, seeds, whole_skull
from hypothesis import given, settings
from hypothesis import strategies as st

from SkullRestoreLib.grid import grid
from SkullRestoreLib.training import heads
from SkullRestoreLib.training.heads import Heads, moved

INSIDE, FLIP = vault(COARSE), grid(COARSE).mirror
NAMES = ["a", "b", "c", "d", "alone"]
FOLD = {"a": 0, "b": 0, "c": 1, "d": 1, "alone": 2}
TABLES = {name: WHOLE + 3 * smooth(COARSE, seed)[:, None] for seed, name in enumerate(NAMES)}


def draw(name, seed):
    return Heads(np.stack([TABLES[n] for n in NAMES]), NAMES, FOLD).change(name, np.random.default_rng(seed))


def images(name):
    """A vault and its mirror image."""
    return [TABLES[name], TABLES[name][FLIP]]


@pytest.mark.parametrize(("name", "other"), [("a", "b"), ("b", "a"), ("c", "d")])
def test_all_the_way_a_head_becomes_the_other_of_its_fold_or_its_mirror_image(monkeypatch, name, other):
    monkeypatch.setattr(heads, "SHARE", (1.0, 1.0))
    both = INSIDE & INSIDE[FLIP]
    seen = set()
    for seed in range(12):
        off = [np.abs(TABLES[name] + draw(name, seed) - goal)[both].max() for goal in images(other)]
        assert min(off) < 1e-4
        seen.add(int(np.argmin(off)))
    assert seen == {0, 1}


@given(seeds)
@settings(max_examples=20)
def test_part_of_the_way_is_that_part_of_the_whole_way(seed):
    change, whole = draw("a", seed), [goal - TABLES["a"] for goal in images("b")]
    shares = [float((change * w)[INSIDE].sum() / (w * w)[INSIDE].sum()) for w in whole]
    off = [np.abs(change - s * w)[INSIDE].max() for s, w in zip(shares, whole, strict=True)]
    best = int(np.argmin(off))
    assert off[best] < 1e-4
    assert heads.SHARE[0] <= shares[best] <= heads.SHARE[1]


def test_heads_are_as_different_from_each_other_as_before():
    share = np.linspace(*heads.SHARE, 10_001)
    assert np.mean((1 - share) ** 2 + share**2) == pytest.approx(1, abs=0.05)


def test_a_head_alone_in_its_fold_stays_as_it_is():
    assert not draw("alone", 0).any()


def test_outside_the_vault_the_change_goes_on_smoothly():
    change = draw("a", 3)
    ring = grid(COARSE).neighbours
    step = np.abs(change[ring] - change[:, None]).max(axis=(1, 2))
    assert np.isfinite(change).all()
    assert step[~INSIDE].max() <= 1.5 * step[INSIDE].max()


def a_change(seed, size):
    return size * np.stack([smooth(COARSE, seed), smooth(COARSE, seed + 1)], axis=1)


def test_without_a_change_a_skull_is_what_it_was():
    skull = whole_skull(seed=4)
    still = moved(skull, np.zeros((len(INSIDE), 2)))
    np.testing.assert_allclose(still.intervals, skull.intervals, atol=1e-4)
    assert same(still.tables, skull.tables)
    assert same(still.reach, skull.reach)


@given(seeds, st.floats(-2.5, 2.5))
@settings(max_examples=30)
def test_the_bone_ends_where_the_moved_tables_are(seed, size):
    skull = whole_skull(seed=seed)
    made = moved(skull, a_change(seed, size))
    np.testing.assert_allclose(made.intervals[INSIDE, 0, ::-1], made.tables[INSIDE], atol=1e-3)
    assert same(np.isnan(made.intervals), np.isnan(skull.intervals))
    assert same(np.isnan(made.tables), np.isnan(skull.tables))


@given(seeds, st.floats(-8, 8))
@settings(max_examples=30)
def test_bone_keeps_its_order_and_half_of_its_thickness_however_great_the_change(seed, size):
    deep = (np.where(INSIDE, 30.0, np.nan), np.where(INSIDE, 40.0, np.nan))  # inner and outer end of the base under the vault
    skull = whole_skull(seed=seed, extra=[deep])
    made = moved(skull, a_change(seed, size))
    thickness, before = (s.tables[INSIDE, 0] - s.tables[INSIDE, 1] for s in (made, skull))
    assert in_order(made.intervals)
    assert (thickness >= before / 2 - 1e-3).all()
    np.testing.assert_allclose(np.diff(made.intervals[INSIDE, 1]), 10.0, atol=1e-3)  # what lies deep is carried along as it is


def test_the_two_plates_of_a_sinus_move_with_the_two_tables():
    skull = whole_skull(seed=1)
    outer, inner = skull.tables.T
    plates = np.stack([np.stack([outer - 1, outer], axis=1), np.stack([inner, inner + 1], axis=1)], axis=1)
    parted = skull.intervals.copy()
    parted[:, :2] = plates
    made = moved(replace(skull, intervals=parted), a_change(5, 1.0))
    np.testing.assert_allclose(made.intervals[INSIDE, 0, 1], made.tables[INSIDE, 0], atol=1e-3)
    np.testing.assert_allclose(made.intervals[INSIDE, 1, 0], made.tables[INSIDE, 1], atol=1e-3)


def test_where_no_table_is_known_bone_moves_by_the_change_of_the_outer_table():
    skull = whole_skull(seed=2)
    unknown = replace(skull, tables=np.full_like(skull.tables, np.nan))
    change = a_change(7, 1.0)
    made = moved(unknown, change)
    np.testing.assert_allclose(made.intervals[INSIDE, 0] - skull.intervals[INSIDE, 0], change[INSIDE, :1] * [1, 1], atol=1e-3)
    np.testing.assert_allclose(made.reach, skull.reach + change[:, 0], atol=1e-3)
