"""Past the end of the learnt vault, other skulls say how the bone goes on, and where it ends."""

from dataclasses import replace

import numpy as np
import pytest
from helpers_rays import intervals_from_tables, make_ray_map, small_model

from SkullRestoreLib.geometry.icosphere import spherical_grid
from SkullRestoreLib.prediction.bone_beyond import blend_at_end, predict_bone_beyond
from SkullRestoreLib.prediction.vault_extension import continue_round_holes, extend_vault, find_vault_hole
from SkullRestoreLib.records import VaultTables
from SkullRestoreLib.skull_model.vault_end import VaultEndModel
from SkullRestoreLib.training.fit_vault_end import fit_vault_end, measure_end_fields

LEVEL = 5
GRID = spherical_grid(LEVEL)
HEIGHT, BACK = GRID.directions[:, 2], -GRID.directions[:, 1]
FORAMEN_HEIGHT = -0.62
MARGIN_SPREAD = 0.03


def bone_of(margin):
    """Where a head has bone: down to the margin of its foramen."""
    return margin < HEIGHT


def tables_of(model, shift):
    return model.mean + shift


@pytest.fixture(scope="module")
def model():
    """A shape model that has learnt the bone beyond its vault from twenty heads."""
    shape = small_model(LEVEL)
    rng = np.random.default_rng(0)
    fields = [
        measure_end_fields(*rays_of(shape, rng.normal(0, 1), FORAMEN_HEIGHT + MARGIN_SPREAD * rng.normal()), shape)
        for _ in range(20)
    ]
    return replace(shape, end=fit_vault_end(fields, shape))


def rays_of(model, shift, margin):
    intervals = intervals_from_tables(tables_of(model, shift))
    intervals[~bone_of(margin)] = np.nan
    return intervals, np.full(len(intervals), 130.0, np.float32)


def behind(width, low, high=-0.1):
    """A hole across the midline."""
    return (BACK > 0.2) & (np.abs(GRID.directions[:, 0]) < width) & (low < HEIGHT) & (high > HEIGHT)


def head_with_hole(model, hole, *, shift=1.0, margin=FORAMEN_HEIGHT, vault_error=0.0):
    """Predicted tables, rays and true tables of a head with a hole."""
    tables = tables_of(model, shift)
    intervals, reach = rays_of(model, shift, margin)
    intervals[hole] = np.nan
    expected = np.where(model.vault[:, None], tables + vault_error * hole[:, None], 0.0)
    sigma, missing = np.full((2, len(tables)), 0.5), (hole & model.vault).astype(float)
    predicted = VaultTables(LEVEL, *expected.T, *sigma, missing, vault=model.vault)
    return predicted, replace(make_ray_map(tables, LEVEL), intervals=intervals, reach=reach), tables


def restore(model, predicted, rays):
    beyond = predict_bone_beyond(predicted, rays, find_vault_hole(predicted, rays), model)
    extended = extend_vault(predicted, rays, model, beyond=beyond)
    return beyond, extended, continue_round_holes(extended, rays, model, beyond=beyond)


def lost_beyond(extended, model):
    return extended.vault & ~model.vault & (extended.missing > 0.5)


def test_a_hole_across_the_midline_goes_on_to_where_the_bone_of_other_heads_ends(model):
    hole = behind(0.3, -1.0)
    _, extended, _ = restore(model, *head_with_hole(model, hole)[:2])
    truth = hole & ~model.vault & bone_of(FORAMEN_HEIGHT)
    lost = lost_beyond(extended, model)
    assert (lost & truth).sum() > 0.9 * truth.sum()
    assert (lost & ~truth).sum() < 0.1 * truth.sum()


def test_the_foramen_magnum_is_no_part_of_the_hole(model):
    _, extended, _ = restore(model, *head_with_hole(model, behind(0.3, -1.0))[:2])
    assert not extended.vault[HEIGHT < FORAMEN_HEIGHT - 0.06].any()


def test_the_surface_there_is_that_of_the_heads_shape_with_an_honest_error(model):
    predicted, rays, tables = head_with_hole(model, behind(0.3, -1.0))
    _, extended, _ = restore(model, predicted, rays)
    lost = lost_beyond(extended, model)
    error = np.abs(extended.outer - tables[:, 0])[lost]
    assert error.max() < 0.8
    assert (error < 3 * extended.outer_sigma[lost]).all()
    assert (extended.inner < extended.outer)[lost].all()


@pytest.mark.parametrize("margin", [FORAMEN_HEIGHT - 0.05, FORAMEN_HEIGHT + 0.05], ids=["low", "high"])
def test_where_the_bone_still_ends_beside_the_hole_says_where_it_ended_in_the_hole(model, margin):
    hole = behind(0.25, -1.0)
    _, extended, _ = restore(model, *head_with_hole(model, hole, margin=margin)[:2])
    lost = lost_beyond(extended, model)
    assert HEIGHT[lost].min() == pytest.approx(margin, abs=0.04)


def test_bone_that_is_left_below_the_hole_shows_that_the_hole_ends_above_it(model):
    hole = behind(0.25, FORAMEN_HEIGHT + 0.1)
    _, extended, _ = restore(model, *head_with_hole(model, hole)[:2])
    truth = hole & ~model.vault
    lost = lost_beyond(extended, model)
    assert (lost & truth).sum() > 0.9 * truth.sum()
    assert not (lost & ~GRID.grow_region(hole, 1)).any()


def test_what_the_scan_does_not_reach_is_not_missing_beyond_the_vault(model):
    predicted, rays, _ = head_with_hole(model, behind(0.3, -1.0))
    short = replace(rays, reach=np.where(HEIGHT < -0.42, 60.0, 130.0).astype(np.float32))
    _, extended, _ = restore(model, predicted, short)
    assert not extended.vault[HEIGHT < -0.43].any()


@pytest.mark.parametrize(
    "hole", [np.zeros(len(HEIGHT), dtype=bool), behind(0.3, 0.2, 0.6)], ids=["intact", "hole above"]
)
def test_nothing_is_predicted_beyond_a_vault_whose_end_is_intact(model, hole):
    predicted, rays, _ = head_with_hole(model, hole)
    assert predict_bone_beyond(predicted, rays, hole, model) is None


def test_a_crumb_at_the_vaults_end_changes_nothing_though_there_is_a_hole_elsewhere(model):
    """On a real head, a false hole of half a square centimetre there made two flaps of sound bone."""
    crumb = behind(0.05, -0.62)
    assert (crumb & model.vault).any()
    hole = crumb | ((BACK < -0.3) & (HEIGHT > 0.5))
    predicted, rays, _ = head_with_hole(model, hole)
    found = find_vault_hole(predicted, rays)
    assert found[crumb & model.vault].any()
    assert (GRID.areas_mm2(predicted.outer)[found].sum() / 100) > 10
    assert predict_bone_beyond(predicted, rays, found, model) is None


def test_a_model_that_has_learnt_nothing_beyond_the_vault_predicts_nothing_there(model):
    hole = behind(0.3, -1.0)
    predicted, rays, _ = head_with_hole(model, hole)
    assert predict_bone_beyond(predicted, rays, hole & model.vault, replace(model, end=None)) is None


def test_the_last_rings_of_the_vault_over_a_hole_follow_the_bone_beyond_it(model):
    hole = behind(0.3, -1.0)
    predicted, rays, tables = head_with_hole(model, hole)
    last = model.vault & hole & ~GRID.grow_region(model.vault, -1)
    wrong = replace(predicted, outer=predicted.outer - 4.0 * last)
    beyond, _, _ = restore(model, wrong, rays)
    assert np.abs(blend_at_end(wrong, beyond).outer - tables[:, 0])[last].max() < 1.0


def test_far_from_the_hole_and_deep_in_the_vault_the_tables_stay_as_they_are(model):
    predicted, rays, _ = head_with_hole(model, behind(0.3, -1.0))
    beyond, _, _ = restore(model, predicted, rays)
    blended = blend_at_end(predicted, beyond)
    far = model.vault & ((HEIGHT > 0.1) | (BACK < -0.3))
    np.testing.assert_array_equal(blended.outer[far], predicted.outer[far])
    np.testing.assert_array_equal(blended.missing, predicted.missing)


def test_the_model_tells_how_far_bone_goes_on_in_its_mean_head(model):
    end = model.end
    assert isinstance(end, VaultEndModel)
    heights, extents = HEIGHT[end.vertices], end.mean[:, 2]
    below = heights < -0.3
    assert heights[below][np.abs(extents[below]) < 1.5].mean() == pytest.approx(FORAMEN_HEIGHT, abs=0.03)
