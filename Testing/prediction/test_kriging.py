"""Kriging: the complete vault predicted from its sound part, and the standard error of that."""

import numpy as np
import pytest
from helpers_rays import intervals_from_tables, make_ray_map, small_model, smooth_field

from SkullRestoreLib.geometry.icosphere import spherical_grid, values_at_level, vertex_count
from SkullRestoreLib.prediction.kriging import GaussianProcessPrior, predict_by_kriging

LEVEL = 5
TRUE = np.array([1.0, -0.7, 0.5, 0.3, -0.4, 0.2])
SIDE = np.array([0.6, 0.0, 0.8])


@pytest.fixture(scope="module")
def model():
    return small_model(LEVEL)


@pytest.fixture(scope="module")
def prior(model):
    return GaussianProcessPrior(model)


def around(cosine):
    return spherical_grid(LEVEL).directions @ SIDE > cosine


def predict_with_hole(prior, true, hole, *, wall=None):
    """Predict a skull with these tables and this hole; where ``wall`` says, the cut's wall hides the inner table."""
    intervals = intervals_from_tables(true)
    if wall is not None:
        intervals[wall, 0, 0] += 4.0
    intervals[hole] = np.nan
    return prior.predict_tables(intervals, prior.model.reconstruct_tables(TRUE))


def test_a_head_of_the_model_is_predicted_across_the_hole(model, prior):
    true, hole = model.reconstruct_tables(TRUE), around(0.8)
    tables, sigma = predict_with_hole(prior, true, hole)
    assert np.abs(tables - true)[hole].max() < 0.5
    assert (np.abs(tables - true) < 3 * sigma + 0.1)[hole].all()


def test_the_error_grows_into_the_hole_and_is_small_on_sound_bone(model, prior):
    hole = around(0.8)
    _, sigma = predict_with_hole(prior, model.mean, hole)
    middle, sound = around(0.98), model.vault & ~around(0.6)
    assert sigma[middle].min() > 1.2 * np.median(sigma[sound])


def test_what_the_modes_cannot_express_is_predicted_near_the_margin_and_not_far_from_it(model):
    """A bump that is not in the modes counts as far as skulls are similar over that distance, and no further."""
    loose = small_model(LEVEL, modes=1)
    prior = GaussianProcessPrior(
        type(loose)(loose.level, loose.mean, loose.modes * 0.01, np.full_like(loose.sigma, 2.0), loose.vault)
    )
    true, hole = loose.mean + 2.0, around(0.8)
    tables, _ = prior.predict_tables(intervals_from_tables(np.where(hole[:, None], np.nan, true)), loose.mean)
    change = (tables - loose.mean)[:, 0]
    margin, middle = hole & ~around(0.83), around(0.995)
    assert change[margin].mean() > 0.9
    assert change[middle].mean() < 0.8 * change[margin].mean()


def test_the_wall_of_a_cut_is_not_taken_for_the_inner_table(model, prior):
    true, hole = model.reconstruct_tables(TRUE), around(0.85)
    clean, _ = predict_with_hole(prior, true, hole)
    cut, _ = predict_with_hole(prior, true, hole, wall=around(0.76) & ~hole)
    assert np.abs(cut - clean)[hole].max() < 0.5


def test_new_bone_on_the_dura_is_not_taken_for_the_table(model, prior):
    true, hole = model.reconstruct_tables(TRUE), around(0.8)
    intervals = intervals_from_tables(true)
    intervals[hole] = np.nan
    clean, _ = prior.predict_tables(intervals, true)
    plate = around(0.88)
    intervals[plate, 0] = true[plate][:, ::-1] - [2.0, 5.0]
    with_plate, _ = prior.predict_tables(intervals, true)
    assert np.abs(with_plate - clean)[hole].max() < 0.05


def test_sound_bone_is_followed_to_its_noise(model, prior):
    true = model.reconstruct_tables(TRUE) + 0.4 * smooth_field(LEVEL, 7, coarse=2)[:, None]
    tables, _ = predict_with_hole(prior, true, np.zeros(vertex_count(LEVEL), dtype=bool))
    inside = spherical_grid(LEVEL).grow_region(model.vault, -2)
    assert np.sqrt(np.mean((tables - true)[inside] ** 2)) < 0.25


def test_a_mirrored_head_is_predicted_mirrored(model):
    flip = spherical_grid(LEVEL).mirror_vertices
    even = type(model)(
        model.level,
        (model.mean + model.mean[flip]) / 2,
        np.concatenate([model.modes, model.modes[:, flip]]) / 2,
        model.sigma,
        model.vault,
    )
    prior, hole = GaussianProcessPrior(even), around(0.8)
    intervals = intervals_from_tables(np.where(hole[:, None], np.nan, even.mean + smooth_field(LEVEL, 4)[:, None]))
    tables, sigma = prior.predict_tables(intervals, even.mean)
    other, other_sigma = prior.predict_tables(intervals[flip], even.mean)
    np.testing.assert_allclose(other, tables[flip], atol=0.02)
    np.testing.assert_allclose(other_sigma, sigma[flip], atol=0.02)


def test_without_any_bone_the_mean_is_predicted_with_the_spread_of_the_model(model, prior):
    tables, sigma = prior.predict_tables(np.full((vertex_count(LEVEL), 6, 2), np.nan), model.mean)
    np.testing.assert_allclose(tables, model.mean, atol=1e-9)
    spread = np.sqrt((model.modes**2).sum(axis=0) + model.sigma**2)
    coarse = values_at_level(np.arange(vertex_count(LEVEL)), 4)
    on_vault = coarse[model.vault[coarse]]
    np.testing.assert_allclose(sigma[on_vault], spread[on_vault], rtol=1e-3)


def test_rays_of_a_finer_grid_are_taken_as_they_are(model):
    true = values_at_level(model.reconstruct_tables(TRUE), 6)
    tables, sigma = predict_by_kriging(make_ray_map(true, 6), model)
    assert tables.shape == sigma.shape == (vertex_count(LEVEL), 2)
    assert (
        np.abs(tables - model.reconstruct_tables(TRUE))[spherical_grid(LEVEL).grow_region(model.vault, -2)].max() < 0.6
    )


def test_rays_coarser_than_the_model_are_refused(model):
    with pytest.raises(ValueError, match="level 5 or finer; this one has level 4"):
        predict_by_kriging(make_ray_map(values_at_level(model.mean, 4), 4), model)


def test_kriging_for_training_predicts_the_same_to_a_micrometre(model, prior):
    true, hole = model.reconstruct_tables(TRUE) + 0.4 * smooth_field(LEVEL, 7, coarse=2)[:, None], around(0.8)
    tables, sigma = predict_with_hole(prior, true, hole)
    quick, quick_sigma = predict_with_hole(GaussianProcessPrior(model, exact=False), true, hole)
    np.testing.assert_allclose(quick, tables, atol=1e-3)
    np.testing.assert_allclose(quick_sigma, sigma, atol=1e-3)
