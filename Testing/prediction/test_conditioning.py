"""Conditioning by updates gives what conditioning from the start gives, whatever was measured."""

import numpy as np
import pytest

from SkullRestoreLib.prediction.conditioning import FullConditioning, UpdatedConditioning

SIZE, NOISE = 60, 0.3


@pytest.fixture(scope="module")
def covariance():
    """Strongly correlated neighbours, as tables are."""
    place = np.arange(SIZE)
    return 4.0 * np.exp(-np.abs(place[:, None] - place) / 12)


def measured(share, seed=0):
    """Some of the variables, each measured at random."""
    rng = np.random.default_rng(seed)
    return np.where(rng.random(SIZE) < share, rng.normal(0, 2, SIZE), np.nan)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 1.0])
def test_updates_give_the_same_mean_and_variance_however_much_is_measured(covariance, share):
    usual, values, wanted = np.arange(SIZE) % 3 == 0, measured(share), np.arange(0, SIZE, 2)
    mean, variance = FullConditioning(covariance, NOISE).condition(values, wanted)
    other, other_variance = UpdatedConditioning(covariance, NOISE, usual).condition(values, wanted)
    np.testing.assert_allclose(other, mean, atol=1e-4)
    np.testing.assert_allclose(other_variance, variance, atol=1e-4)


def test_what_is_usually_measured_needs_no_update(covariance):
    usual = np.arange(SIZE) % 3 == 0
    values, nothing = np.where(usual, measured(1.0), np.nan), np.zeros(0, dtype=int)
    mean, variance = UpdatedConditioning(covariance, NOISE, usual).condition(values, nothing)
    np.testing.assert_allclose(mean, FullConditioning(covariance, NOISE).condition(values, nothing)[0], atol=1e-4)
    assert variance.shape == (0,)


def test_updates_may_begin_with_nothing_measured_and_with_everything(covariance):
    values, wanted = measured(0.5), np.arange(SIZE)
    mean, variance = FullConditioning(covariance, NOISE).condition(values, wanted)
    for usual in (np.zeros(SIZE, dtype=bool), np.ones(SIZE, dtype=bool)):
        other, other_variance = UpdatedConditioning(covariance, NOISE, usual).condition(values, wanted)
        np.testing.assert_allclose(other, mean, atol=1e-4)
        np.testing.assert_allclose(other_variance, variance, atol=1e-4)


def test_the_measurements_are_not_changed(covariance):
    values = measured(0.5)
    before = values.copy()
    UpdatedConditioning(covariance, NOISE, np.arange(SIZE) % 3 == 0).condition(values, np.arange(SIZE))
    np.testing.assert_array_equal(values, before)


def test_what_was_measured_before_changes_nothing(covariance):
    """Factors are kept for a repeated prediction: other values, other wanted variables, other measurements."""
    repeated, everything, some = FullConditioning(covariance, NOISE), np.arange(SIZE), np.arange(0, SIZE, 3)
    for values, wanted in (
        (measured(0.5), everything),
        (2 * measured(0.5), everything),
        (measured(0.5), some),
        (measured(0.3, seed=1), some),
        (measured(0.7, seed=2), some),
        (measured(0.5), everything),
    ):
        for kept, fresh in zip(
            repeated.condition(values, wanted),
            FullConditioning(covariance, NOISE).condition(values, wanted),
            strict=True,
        ):
            np.testing.assert_array_equal(kept, fresh)
