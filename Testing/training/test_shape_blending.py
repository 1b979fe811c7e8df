"""Shape blending: a patient's bone on a vault that is part of the way to another patient's."""

from dataclasses import replace

import numpy as np
import pytest
from helpers_rays import smooth_field, vault_mask
from helpers_training import COARSE, INTACT_TABLES, equal_with_nan, intervals_in_order, make_intact_skull, seeds
from hypothesis import given, settings
from hypothesis import strategies as st

from SkullRestoreLib.geometry.icosphere import spherical_grid
from SkullRestoreLib.training import shape_blending
from SkullRestoreLib.training.shape_blending import ShapeBlender, apply_shape_change

INSIDE, MIRROR = vault_mask(COARSE), spherical_grid(COARSE).mirror_vertices
NAMES = ["a", "b", "c", "d", "alone"]
FOLD = {"a": 0, "b": 0, "c": 1, "d": 1, "alone": 2}
TABLES = {name: INTACT_TABLES + 3 * smooth_field(COARSE, seed)[:, None] for seed, name in enumerate(NAMES)}


def draw(name, seed):
    return ShapeBlender(np.stack([TABLES[n] for n in NAMES]), NAMES, FOLD).draw_shape_change(
        name, np.random.default_rng(seed)
    )


def images(name):
    """A vault and its mirror image."""
    return [TABLES[name], TABLES[name][MIRROR]]


@pytest.mark.parametrize(("name", "other"), [("a", "b"), ("b", "a"), ("c", "d")])
def test_blended_fully_a_head_becomes_the_other_of_its_fold_or_its_mirror_image(monkeypatch, name, other):
    monkeypatch.setattr(shape_blending, "BLEND_RANGE", (1.0, 1.0))
    both = INSIDE & INSIDE[MIRROR]
    images_met = set()
    for seed in range(12):
        off = [np.abs(TABLES[name] + draw(name, seed) - goal)[both].max() for goal in images(other)]
        assert min(off) < 1e-4
        images_met.add(int(np.argmin(off)))
    assert images_met == {0, 1}


@given(seeds)
@settings(max_examples=20)
def test_a_share_of_the_way_is_that_share_of_the_full_change(seed):
    change, full = draw("a", seed), [goal - TABLES["a"] for goal in images("b")]
    shares = [float((change * w)[INSIDE].sum() / (w * w)[INSIDE].sum()) for w in full]
    off = [np.abs(change - s * w)[INSIDE].max() for s, w in zip(shares, full, strict=True)]
    best = int(np.argmin(off))
    assert off[best] < 1e-4
    assert shape_blending.BLEND_RANGE[0] <= shares[best] <= shape_blending.BLEND_RANGE[1]


def test_heads_are_as_different_from_each_other_as_before():
    share = np.linspace(*shape_blending.BLEND_RANGE, 10_001)
    assert np.mean((1 - share) ** 2 + share**2) == pytest.approx(1, abs=0.05)


def test_a_head_alone_in_its_fold_stays_as_it_is():
    assert not draw("alone", 0).any()


def test_outside_the_vault_the_change_continues_smoothly():
    change = draw("a", 3)
    ring = spherical_grid(COARSE).neighbours
    step = np.abs(change[ring] - change[:, None]).max(axis=(1, 2))
    assert np.isfinite(change).all()
    assert step[~INSIDE].max() <= 1.5 * step[INSIDE].max()


def a_change(seed, size):
    return size * np.stack([smooth_field(COARSE, seed), smooth_field(COARSE, seed + 1)], axis=1)


def test_without_a_change_a_skull_is_what_it_was():
    skull = make_intact_skull(seed=4)
    still = apply_shape_change(skull, np.zeros((len(INSIDE), 2)))
    np.testing.assert_allclose(still.intervals, skull.intervals, atol=1e-4)
    assert equal_with_nan(still.tables, skull.tables)
    assert equal_with_nan(still.reach, skull.reach)


@given(seeds, st.floats(-2.5, 2.5))
@settings(max_examples=30)
def test_the_bone_ends_where_the_moved_tables_are(seed, size):
    skull = make_intact_skull(seed=seed)
    changed = apply_shape_change(skull, a_change(seed, size))
    np.testing.assert_allclose(changed.intervals[INSIDE, 0, ::-1], changed.tables[INSIDE], atol=1e-3)
    assert equal_with_nan(np.isnan(changed.intervals), np.isnan(skull.intervals))
    assert equal_with_nan(np.isnan(changed.tables), np.isnan(skull.tables))


@given(seeds, st.floats(-8, 8))
@settings(max_examples=30)
def test_bone_keeps_its_order_and_half_of_its_thickness_however_great_the_change(seed, size):
    deep = (
        np.where(INSIDE, 30.0, np.nan),
        np.where(INSIDE, 40.0, np.nan),
    )  # inner and outer end of the base under the vault
    skull = make_intact_skull(seed=seed, extra=[deep])
    changed = apply_shape_change(skull, a_change(seed, size))
    thickness, before = (s.tables[INSIDE, 0] - s.tables[INSIDE, 1] for s in (changed, skull))
    assert intervals_in_order(changed.intervals)
    assert (thickness >= before / 2 - 1e-3).all()
    np.testing.assert_allclose(
        np.diff(changed.intervals[INSIDE, 1]), 10.0, atol=1e-3
    )  # deep bone is moved, not changed


def test_the_two_plates_of_a_sinus_move_with_the_two_tables():
    skull = make_intact_skull(seed=1)
    outer, inner = skull.tables.T
    plates = np.stack([np.stack([outer - 1, outer], axis=1), np.stack([inner, inner + 1], axis=1)], axis=1)
    parted = skull.intervals.copy()
    parted[:, :2] = plates
    changed = apply_shape_change(replace(skull, intervals=parted), a_change(5, 1.0))
    np.testing.assert_allclose(changed.intervals[INSIDE, 0, 1], changed.tables[INSIDE, 0], atol=1e-3)
    np.testing.assert_allclose(changed.intervals[INSIDE, 1, 0], changed.tables[INSIDE, 1], atol=1e-3)


def test_where_no_table_is_known_bone_moves_by_the_change_of_the_outer_table():
    skull = make_intact_skull(seed=2)
    unknown = replace(skull, tables=np.full_like(skull.tables, np.nan))
    change = a_change(7, 1.0)
    changed = apply_shape_change(unknown, change)
    np.testing.assert_allclose(
        changed.intervals[INSIDE, 0] - skull.intervals[INSIDE, 0], change[INSIDE, :1] * [1, 1], atol=1e-3
    )
    np.testing.assert_allclose(changed.reach, skull.reach + change[:, 0], atol=1e-3)
