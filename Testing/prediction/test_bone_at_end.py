"""The strip of bone between a hole and the vault's end corrects the prediction over the hole."""

from dataclasses import replace

import numpy as np
import pytest
from helpers_rays import intervals_from_tables, make_ray_map, small_model

from SkullRestoreLib.geometry.icosphere import spherical_grid
from SkullRestoreLib.method_parameters import METHOD
from SkullRestoreLib.prediction.bone_at_end import follow_bone_at_end
from SkullRestoreLib.prediction.vault_extension import find_vault_hole
from SkullRestoreLib.records import VaultTables

LEVEL = 5
GRID = spherical_grid(LEVEL)
AZIMUTH_DEG = np.degrees(np.arctan2(GRID.directions[:, 0], GRID.directions[:, 1]))
HEIGHT = GRID.directions[:, 2]
STRIP = (np.abs(AZIMUTH_DEG) < 60) & (HEIGHT < -0.17)  # with the vault's end at -0.3: 11 mm
HOLE = (np.abs(AZIMUTH_DEG) < 60) & (HEIGHT > -0.17) & (HEIGHT < 0.2)
MIDDLE_MM = 4.5 * np.exp(-((AZIMUTH_DEG / 30) ** 2))
LOWER_MM = np.where(HEIGHT < 0.1, MIDDLE_MM, 0.0)  # the brow is flatter than predicted, most in the middle


@pytest.fixture(scope="module")
def model():
    return small_model(LEVEL)


def forehead_with_hole(model, lower_mm, hole=HOLE):
    """Predicted tables that are too high by ``lower_mm``, rays of the head with a hole, and its true outer table."""
    true = model.mean - lower_mm[:, None]
    sigma = np.where(hole | STRIP, 2.0, 0.3)
    missing = model.vault & (hole | (lower_mm > 3))
    predicted = VaultTables(LEVEL, *model.mean.T, sigma, sigma.copy(), missing.astype(float), vault=model.vault)
    intervals = intervals_from_tables(true)
    intervals[hole | ~model.vault] = np.nan
    return predicted, replace(make_ray_map(true, LEVEL), intervals=intervals), true[:, 0]


def test_bone_below_a_hole_that_is_lower_than_predicted_is_no_part_of_the_hole(model):
    predicted, rays, _ = forehead_with_hole(model, LOWER_MM)
    strip = STRIP & model.vault & GRID.grow_region(~HOLE, -1)
    assert find_vault_hole(predicted, rays)[strip].any()
    corrected = follow_bone_at_end(predicted, rays)
    assert not find_vault_hole(corrected, rays)[strip].any()
    assert find_vault_hole(corrected, rays)[HOLE].all()


def test_the_surface_over_the_hole_follows_it(model):
    predicted, rays, true = forehead_with_hole(model, LOWER_MM)
    corrected = follow_bone_at_end(predicted, rays)
    low = HOLE & (HEIGHT < -0.08) & (np.abs(AZIMUTH_DEG) < 20)
    assert (predicted.outer - true)[low].min() > 2.5
    assert np.abs(corrected.outer - true)[low].max() < 2.0
    assert (corrected.inner < corrected.outer)[model.vault].all()
    assert (corrected.outer_sigma <= predicted.outer_sigma).all()
    assert corrected.outer_sigma[low].mean() < 0.9 * predicted.outer_sigma[low].mean()


def test_far_from_the_strip_the_prediction_stays(model):
    predicted, rays, _ = forehead_with_hole(model, LOWER_MM)
    corrected = follow_bone_at_end(predicted, rays)
    far = ~GRID.grow_region(HOLE | STRIP, 8)
    np.testing.assert_array_equal(corrected.outer[far], predicted.outer[far])


def test_a_loose_piece_below_the_hole_that_is_a_step_lower_is_not_followed(model):
    piece = np.where(STRIP & (np.abs(AZIMUTH_DEG) < 25), 4.5, 0.0)
    predicted, rays, _ = forehead_with_hole(model, piece)
    corrected = follow_bone_at_end(predicted, rays)
    np.testing.assert_array_equal(corrected.missing, predicted.missing)
    assert np.abs(corrected.outer - predicted.outer).max() < 0.3


def test_sunken_bone_away_from_the_vaults_end_stays_missing(model):
    lower_mm = np.where(HEIGHT > 0.3, MIDDLE_MM, 0.0)
    hole = (np.abs(AZIMUTH_DEG) < 60) & (HEIGHT > 0.0) & (HEIGHT < 0.3)
    predicted, rays, _ = forehead_with_hole(model, lower_mm, hole)
    sunken = model.vault & (lower_mm > 3)
    assert (follow_bone_at_end(predicted, rays).missing[sunken] == 1).all()


def test_a_head_without_a_hole_and_a_switched_off_step_change_nothing(model):
    predicted, rays, _ = forehead_with_hole(model, 0.0 * LOWER_MM, hole=np.zeros(len(HEIGHT), dtype=bool))
    assert follow_bone_at_end(predicted, rays) is predicted
    predicted, rays, _ = forehead_with_hole(model, LOWER_MM)
    assert follow_bone_at_end(predicted, rays, parameters=replace(METHOD.strip, width_mm=0.0)) is predicted
