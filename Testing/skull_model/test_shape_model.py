"""The shape model recovers the head's tables, whatever is missing or in the way."""

import numpy as np
import pytest
from helpers_rays import intervals_from_tables, make_ray_map, small_model, smooth_field
from hypothesis import given, settings
from hypothesis import strategies as st

from SkullRestoreLib.geometry.icosphere import spherical_grid, values_at_level, vertex_count
from SkullRestoreLib.skull_model.shape_model import fill_smoothly, find_sound_bone, fit_shape, match_tables

LEVEL = 3
TRUE = np.array([1.2, -0.8, 0.5, -1.0, 0.6, 0.3])
coefficients = st.lists(st.floats(-1.5, 1.5), min_size=6, max_size=6).map(np.array)


@pytest.fixture(scope="module")
def model():
    return small_model(LEVEL)


@pytest.fixture(scope="module")
def fine():
    """A model fine enough to distinguish a step from a slope."""
    return small_model(4)


def gap(model, found, true):
    """Largest distance of two heads on the vault, mm."""
    return np.abs(model.reconstruct_tables(found) - model.reconstruct_tables(true))[model.vault].max()


# fit


@settings(max_examples=15)
@given(coefficients)
def test_an_intact_head_is_recovered(true):
    model = small_model(LEVEL)
    found, observed, covariance = model.fit(intervals_from_tables(model.reconstruct_tables(true)))
    assert gap(model, found, true) < 1.2
    np.testing.assert_allclose(observed, model.reconstruct_tables(true), atol=1e-4)
    np.testing.assert_allclose(covariance, covariance.T, atol=1e-12)
    assert (np.linalg.eigvalsh(covariance) > 0).all()


@settings(max_examples=10)
@given(coefficients, st.integers(0, 641))
def test_a_head_with_a_third_of_the_vault_missing_is_recovered(true, centre):
    model = small_model(LEVEL)
    intervals = intervals_from_tables(model.reconstruct_tables(true))
    lost = spherical_grid(LEVEL).directions @ spherical_grid(LEVEL).directions[centre] > 1 / 3
    intervals[lost] = np.nan
    found, observed, _ = model.fit(intervals)
    assert gap(model, found, true) < 2.0
    assert np.isnan(observed[lost]).all()


def test_arches_outside_and_new_bone_inside_do_not_pull(model):
    tables = model.reconstruct_tables(TRUE)
    n = len(tables)
    sides = np.abs(spherical_grid(LEVEL).directions[:, 0]) > 0.8
    arch = [np.where(sides, tables[:, 0] + d, np.nan) for d in (12.0, 17.0)]
    plate = [np.where(np.arange(n) % 3 == 0, tables[:, 1] - d, np.nan) for d in (12.0, 10.0)]
    clean = model.fit(intervals_from_tables(tables))[0]
    found, observed, _ = model.fit(intervals_from_tables(tables, extra=(arch, plate)))
    assert gap(model, found, clean) < 0.3
    np.testing.assert_allclose(observed, tables, atol=1e-4)


def test_a_hole_with_new_bone_on_the_dura_beneath_it_is_bridged(model):
    tables = model.reconstruct_tables(TRUE)
    intervals = intervals_from_tables(tables)
    hole = spherical_grid(LEVEL).directions @ [0.6, 0.3, 0.74] > 0.75
    intervals[hole, 0] = np.stack([tables[hole, 1] - 9, tables[hole, 1] - 7], axis=1)
    found, _, _ = model.fit(intervals)
    assert gap(model, found, TRUE) < 1.5


def test_large_plates_of_new_bone_near_the_tables_do_not_pull(fine):
    """As broad as half the hole and less than five millimetres deep: close enough to be matched to the outer table."""
    tables = fine.reconstruct_tables(TRUE)
    closeness = spherical_grid(fine.level).directions @ [0.6, 0.3, 0.74]
    hole, plate = closeness > 0.6, closeness > 0.8
    clean, dirty = intervals_from_tables(tables), intervals_from_tables(tables)
    clean[hole] = np.nan
    dirty[hole] = np.nan
    dirty[plate, 0] = np.stack([tables[plate, 0] - 7, tables[plate, 0] - 4.5], axis=1)
    assert gap(fine, fine.fit(dirty)[0], fine.fit(clean)[0]) < 0.3


# sound bone


def observed_with(fine, change):
    """Sound bone of tables that are observed with a change (n,) mm; NaN where nothing is observed."""
    tables = fine.reconstruct_tables(TRUE)
    return find_sound_bone(tables + change[:, None], tables, fine.vault)


def test_bone_behind_a_step_is_not_sound_even_where_it_touches_the_margin(fine):
    closeness = spherical_grid(fine.level).directions @ [0.6, 0.3, 0.74]
    change = np.where(closeness > 0.8, -4.5, 0.0)
    found = observed_with(fine, change)
    assert not found[closeness > 0.8].any()
    assert found[fine.vault & (closeness < 0.8)].all()


def test_a_head_of_another_shape_is_sound_everywhere(fine):
    change = 3.0 * smooth_field(fine.level, 3, coarse=1)
    assert observed_with(fine, change)[fine.vault].all()


def test_a_vault_that_is_lost_from_front_to_back_is_sound_on_both_sides(fine):
    change = np.where(np.abs(spherical_grid(fine.level).directions[:, 0]) < 0.2, np.nan, 0.0)
    found = observed_with(fine, change)
    assert found[fine.vault & np.isfinite(change)].all()


def test_what_is_not_seen_or_not_vault_is_not_sound(fine):
    assert not observed_with(fine, np.full(vertex_count(fine.level), np.nan)).any()
    assert not observed_with(fine, np.zeros(vertex_count(fine.level)))[~fine.vault].any()


def test_without_any_bone_the_fit_is_the_mean_head(model):
    found, observed, covariance = model.fit(np.full((vertex_count(LEVEL), 6, 2), np.nan))
    np.testing.assert_allclose(found, 0)
    np.testing.assert_allclose(covariance, np.eye(6))
    assert np.isnan(observed).all()


def test_where_more_is_lost_the_fit_is_less_certain(model):
    intervals = intervals_from_tables(model.reconstruct_tables(TRUE))
    complete = np.trace(model.fit(intervals)[2])
    intervals[spherical_grid(LEVEL).directions[:, 0] > 0] = np.nan
    assert np.trace(model.fit(intervals)[2]) > 1.3 * complete


def test_a_fit_in_single_precision_is_the_same_to_a_micrometre(model):
    intervals = intervals_from_tables(model.reconstruct_tables(TRUE) + 0.4 * smooth_field(LEVEL, 7, coarse=2)[:, None])
    intervals[spherical_grid(LEVEL).directions[:, 0] > 0.8] = np.nan
    found, quick = model.fit(intervals)[0], model.in_single_precision().fit(intervals)[0]
    assert quick.dtype == np.float32
    assert gap(model, quick, found) < 1e-3


def test_a_fit_does_not_change_its_input(model):
    intervals = intervals_from_tables(model.reconstruct_tables(TRUE))
    before = intervals.copy()
    model.fit(intervals)
    np.testing.assert_array_equal(intervals, before)


def test_coefficients_of_zero_give_the_mean_head(model):
    np.testing.assert_array_equal(model.reconstruct_tables(np.zeros(6)), model.mean)


# fit_shape


def test_a_finer_ray_map_gets_tables_and_errors_on_its_own_level(model):
    true = values_at_level(model.reconstruct_tables(TRUE), 5)
    tables, sigma = fit_shape(make_ray_map(true, 5), model)
    assert tables.shape == sigma.shape == (vertex_count(5), 2)
    on = values_at_level(model.vault.astype(float), 5) == 1
    assert np.abs(tables - true)[on].max() < 1.0
    assert (sigma >= model.sigma.min() - 1e-12).all()


def test_the_standard_error_is_larger_in_the_hole(model):
    rays = make_ray_map(values_at_level(model.reconstruct_tables(TRUE), 4), 4)
    hole = spherical_grid(4).directions @ [0.6, 0.0, 0.8] > 0.3
    rays.intervals[hole] = np.nan
    _, sigma = fit_shape(rays, model)
    assert sigma[hole].mean() > sigma[~hole & (spherical_grid(4).directions[:, 2] > -0.2)].mean()


def test_a_ray_map_coarser_than_the_model_is_refused(model):
    with pytest.raises(ValueError, match=r"level 3 or finer; this one has level 2"):
        fit_shape(make_ray_map(values_at_level(model.mean, 2), 2), model)


# match


def ray(*pairs):
    """One ray with these (inner, outer) intervals, outermost first."""
    out = np.full((1, 6, 2), np.nan)
    out[0, : len(pairs)] = np.reshape(pairs, (-1, 2))
    return out


EXPECTED = np.array([[80.0, 74.0]])


@pytest.mark.parametrize(
    ("pairs", "found"),
    [
        ([(74, 80)], (80, 74)),
        ([(74.5, 80.5)], (80.5, 74.5)),
        ([(90, 95), (74, 80)], (80, 74)),  # an arch outside
        ([(78, 80), (73, 75)], (80, 73)),  # two walls of the frontal sinus
        ([(79, 82), (74, 77)], (82, 74)),
        ([(74, 80), (60, 65)], (80, 74)),  # petrous bone further in
        ([(60, 65)], (np.nan, np.nan)),  # new bone on the dura
        ([], (np.nan, np.nan)),
    ],
)
def test_the_outermost_outer_and_the_innermost_inner_end_near_the_expected_ones_are_taken(pairs, found):
    np.testing.assert_allclose(match_tables(ray(*pairs), EXPECTED, 5.0)[0], found)


def test_a_table_can_be_found_without_the_other():
    tables = match_tables(ray((50, 80)), EXPECTED, 5.0)[0]
    assert tables[0] == 80
    assert np.isnan(tables[1])


def test_an_inner_table_outside_an_outer_one_is_never_found():
    assert np.isnan(match_tables(ray((77.5, 90), (40, 76)), np.array([[78.0, 76.0]]), 5.0)).all()


def test_exactly_at_the_tolerance_still_counts():
    np.testing.assert_allclose(match_tables(ray((79, 85)), EXPECTED, 5.0)[0], (85, 79))


# fill_smoothly


@given(st.floats(-5, 5), st.integers(0, 4), st.integers(0, 641), st.floats(-0.9, 0.9))
def test_a_constant_is_continued_into_any_gap(value, level, centre, size):
    g = spherical_grid(level)
    gap = g.directions @ g.directions[centre % len(g)] > size
    known = np.stack([~gap, ~gap], axis=1)
    filled = fill_smoothly(np.where(known, value, 1e6), known, level)
    np.testing.assert_allclose(filled, value if known.any() else 0.0, atol=1e-9)


def test_known_values_stay_as_they_are():
    values = np.stack([smooth_field(4, 1), smooth_field(4, 2)], axis=1)
    known = np.random.default_rng(0).random(values.shape) < 0.4
    filled = fill_smoothly(values, known, 4)
    np.testing.assert_array_equal(filled[known], values[known])


def test_a_smooth_function_is_continued_over_a_hole():
    d = spherical_grid(5).directions
    values = (3 * d[:, :1]) + d[:, 1:2]
    hole = d @ [0.6, 0.0, 0.8] > 0.93  # 43 degrees wide
    filled = fill_smoothly(np.where(hole[:, None], 0, values), ~hole[:, None], 5)
    assert np.abs(filled - values).max() < 0.35
    assert np.abs(filled - values)[hole].mean() < 0.12


def test_the_two_columns_do_not_mix():
    known = np.ones((vertex_count(3), 2), dtype=bool)
    known[:200, 1] = False
    values = np.stack([smooth_field(3, 1), np.full(vertex_count(3), 2.0)], axis=1)
    filled = fill_smoothly(values, known, 3)
    np.testing.assert_array_equal(filled[:, 0], values[:, 0])
    np.testing.assert_allclose(filled[:, 1], 2.0)


def test_nothing_known_gives_zero():
    filled = fill_smoothly(np.full((vertex_count(3), 1), np.nan), np.zeros((vertex_count(3), 1), bool), 3)
    np.testing.assert_array_equal(filled, 0)
