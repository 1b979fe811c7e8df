"""A hole gets the detail of the other side, and nothing else changes."""

from dataclasses import replace

import numpy as np
import pytest
from helpers_rays import intervals_from_tables, make_ray_map, small_model

from SkullRestoreLib.geometry.icosphere import spherical_grid
from SkullRestoreLib.prediction.mirrored_detail import add_mirrored_detail
from SkullRestoreLib.records import VaultTables

LEVEL = 5
GRID = spherical_grid(LEVEL)


@pytest.fixture(scope="module")
def model():
    model = small_model(LEVEL)
    flip = GRID.mirror_vertices
    return replace(model, mean=(model.mean + model.mean[flip]) / 2, vault=model.vault & model.vault[flip])


def around(azimuth_deg, cosine, z=0.2):
    a = np.radians(azimuth_deg)
    centre = np.array([np.sin(a), np.cos(a), z])
    return GRID.directions @ (centre / np.linalg.norm(centre)) > cosine


def head_with_ridge(model, ridge, hole):
    """Predicted tables without a ridge of 2 mm, rays with it and without the hole, and the true outer table."""
    tables = model.mean + 2.0 * np.stack([ridge, np.zeros(len(ridge))], axis=1)
    outer, inner = model.mean.T
    sigma = np.full(len(outer), 0.5)
    predicted = VaultTables(LEVEL, outer, inner, sigma, sigma, (hole & model.vault).astype(float), vault=model.vault)
    intervals = intervals_from_tables(tables)
    intervals[hole | ~model.vault] = np.nan
    return predicted, replace(make_ray_map(tables, LEVEL), intervals=intervals), tables[:, 0]


def test_a_ridge_that_the_other_side_has_is_restored_in_part(model):
    ridge, hole = around(40, 0.99) | around(-40, 0.99), around(40, 0.95)
    predicted, rays, true = head_with_ridge(model, ridge, hole)
    detailed = add_mirrored_detail(predicted, rays)
    crest = around(40, 0.996)
    assert np.abs(detailed.outer - true)[crest].max() < 0.55 * np.abs(predicted.outer - true)[crest].min()
    assert np.abs(detailed.outer - true)[hole & ~around(40, 0.985)].max() < 0.2
    assert (detailed.inner < detailed.outer)[model.vault].all()


def test_a_ridge_that_only_the_hole_would_have_is_not_invented(model):
    predicted, rays, _ = head_with_ridge(model, around(40, 0.99), around(40, 0.95))
    np.testing.assert_allclose(add_mirrored_detail(predicted, rays).outer, predicted.outer, atol=1e-3)


def test_the_wall_of_a_hole_on_the_other_side_is_no_detail(model):
    hole = around(40, 0.95) | around(-40, 0.97)
    predicted, rays, _ = head_with_ridge(model, np.zeros(len(hole), dtype=bool), hole)
    wall = GRID.grow_region(around(-40, 0.97), 1) & ~around(-40, 0.97)
    rays.intervals[wall, :, 1] -= 2.0
    detailed = add_mirrored_detail(predicted, rays)
    np.testing.assert_allclose(detailed.outer[around(40, 0.95)], predicted.outer[around(40, 0.95)], atol=1e-3)


def test_without_a_hole_nothing_changes(model):
    predicted, rays, _ = head_with_ridge(model, around(40, 0.99), np.zeros(len(GRID), dtype=bool))
    assert add_mirrored_detail(predicted, rays) is predicted


def test_only_holes_and_their_surroundings_change(model):
    ridge, hole = around(40, 0.99) | around(-40, 0.99), around(40, 0.95)
    predicted, rays, _ = head_with_ridge(model, ridge, hole)
    changed = add_mirrored_detail(predicted, rays).outer != predicted.outer
    assert not (changed & ~GRID.grow_region(hole, 14)).any()
    assert not (changed & around(-40, 0.97)).any()
