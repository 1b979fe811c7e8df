"""The vault ends further out where the other side has bone, and further in where it has an opening."""

from dataclasses import replace

import numpy as np
import pytest
from helpers_rays import intervals_from_tables, make_ray_map, small_model

from SkullRestoreLib.geometry.icosphere import spherical_grid, values_at_level
from SkullRestoreLib.prediction.vault_extension import continue_round_holes, extend_vault
from SkullRestoreLib.records import VaultTables

LEVEL = 5
RIGHT = spherical_grid(LEVEL).directions[:, 0] > 0
HEIGHT = spherical_grid(LEVEL).directions[:, 2]
BELOW = (HEIGHT < -0.3) & (HEIGHT > -0.38)  # 7 mm of bone beyond the vault's end at -0.3


@pytest.fixture(scope="module")
def model():
    return small_model(LEVEL)


def head_with_hole(model, hole, *, bone=True):
    """Predicted tables, rays and true tables of a head with this hole; ``bone``: where it has bone beyond the vault."""
    shift = 2.0
    tables = model.mean + shift
    missing = hole & model.vault
    predicted = VaultTables(
        LEVEL,
        *np.where(model.vault[:, None], tables, 0.0).T,
        *np.full((2, len(tables)), 0.5),
        missing.astype(float),
        vault=model.vault,
    )
    intervals = intervals_from_tables(tables)
    intervals[hole | ~(model.vault | (BELOW & bone))] = np.nan
    return predicted, replace(make_ray_map(tables, LEVEL), intervals=intervals), tables


def around(azimuth_deg, cosine, z=-0.25):
    a = np.radians(azimuth_deg)
    centre = np.array([np.sin(a), np.cos(a), z])
    return spherical_grid(LEVEL).directions @ (centre / np.linalg.norm(centre)) > cosine


def test_a_hole_at_the_end_of_the_vault_goes_on_where_the_other_side_has_bone(model):
    hole = around(80, 0.95)
    predicted, rays, tables = head_with_hole(model, hole)
    extended = extend_vault(predicted, rays, model)
    lost = extended.vault & ~predicted.vault & (extended.missing > 0.5)
    assert lost.sum() > 0.7 * (hole & BELOW).sum()
    assert not (lost & ~(hole & BELOW)).any()
    assert np.abs(extended.outer - tables[:, 0])[lost].max() < 0.5
    assert (extended.inner < extended.outer)[extended.vault].all()
    assert (extended.outer_sigma[lost] > predicted.outer_sigma[predicted.vault].max()).all()


def test_sound_bone_next_to_it_becomes_vault_too_so_that_points_find_it(model):
    hole = around(80, 0.95)
    extended = extend_vault(*head_with_hole(model, hole)[:2], model)
    sound = extended.vault & ~model.vault & (extended.missing < 0.5)
    assert sound.any()
    assert not (sound & hole).any()


def test_an_opening_that_both_sides_have_is_no_hole(model):
    predicted, rays, _ = head_with_hole(model, around(80, 0.95), bone=~around(80, 0.9) & ~around(-80, 0.9))
    assert extend_vault(predicted, rays, model) is predicted


def test_an_orbit_that_reaches_into_the_vault_on_both_sides_is_no_part_of_a_hole_next_to_it(model):
    orbit = around(80, np.cos(np.radians(9)), z=-0.26)
    other = orbit[spherical_grid(LEVEL).mirror_vertices]
    hole = around(95, 0.95, z=-0.1)
    predicted, rays, _ = head_with_hole(model, hole | orbit | other)
    extended = extend_vault(predicted, rays, model)
    assert not extended.vault[orbit & spherical_grid(LEVEL).grow_region(orbit, -1)].any()
    assert extended.vault[hole & predicted.vault & ~orbit].all()


def test_holes_of_both_sides_that_run_deep_into_the_vault_are_no_orbits(model):
    hole = around(80, 0.92, z=-0.15)
    predicted, rays, _ = head_with_hole(model, hole | hole[spherical_grid(LEVEL).mirror_vertices])
    assert extend_vault(predicted, rays, model).vault[predicted.vault].all()


@pytest.mark.parametrize(
    "hole", [np.zeros(len(HEIGHT), dtype=bool), around(80, 0.97, z=0.6)], ids=["intact", "hole far above"]
)
def test_a_vault_with_an_intact_end_is_not_changed(model, hole):
    predicted, rays, _ = head_with_hole(model, hole)
    assert extend_vault(predicted, rays, model) is predicted


def test_the_tables_next_to_a_hole_have_no_step_at_the_end_of_the_vault(model):
    predicted, rays, tables = head_with_hole(model, around(80, 0.95))
    extended = extend_vault(predicted, rays, model)
    end = spherical_grid(LEVEL).grow_region(extended.vault, 1) & ~extended.vault
    assert np.abs(extended.outer - tables[:, 0])[end].max() > 10
    continued = continue_round_holes(extended, rays, model)
    assert np.abs(continued.outer - tables[:, 0])[end].max() < 0.5
    assert (continued.inner < continued.outer)[end].all()
    np.testing.assert_array_equal(continued.outer[extended.vault], extended.outer[extended.vault])
    np.testing.assert_array_equal(continued.vault, extended.vault)


@pytest.mark.parametrize("mean_change_mm", [-25.0, 4.0], ids=["an opening", "another slope"])
def test_beyond_the_vault_the_bone_of_the_other_side_is_followed_and_not_the_mean_head(model, mean_change_mm):
    mean = np.where((HEIGHT < -0.3)[:, None], model.mean + mean_change_mm, model.mean)
    hole = around(80, 0.95)
    predicted, rays, tables = head_with_hole(model, hole)
    extended = extend_vault(predicted, rays, replace(model, mean=mean))
    lost = extended.vault & ~predicted.vault & (extended.missing > 0.5)
    assert lost.sum() > 0.6 * (hole & BELOW).sum()
    assert not (lost & ~(hole & BELOW)).any()
    assert np.abs(extended.outer - tables[:, 0])[lost].max() < 0.5


def test_bone_that_is_no_continuation_of_the_vault_is_not_followed(model):
    predicted, rays, _ = head_with_hole(model, around(80, 0.95))
    intervals = np.where((BELOW & ~RIGHT)[:, None, None], rays.intervals - 12.0, rays.intervals)
    extended = extend_vault(predicted, replace(rays, intervals=intervals), model)
    assert not (extended.vault & ~predicted.vault & RIGHT & (extended.missing > 0.5)).any()


def test_tables_beyond_the_vault_are_left_alone_where_no_hole_is_near_its_end(model):
    predicted, rays, _ = head_with_hole(model, around(80, 0.99, z=1.5))
    assert continue_round_holes(predicted, rays, model) is predicted


def test_bone_that_is_lost_only_beyond_the_vault_is_ignored(model):
    predicted, rays, _ = head_with_hole(model, around(80, 0.95) & ~model.vault)
    assert extend_vault(predicted, rays, model) is predicted


def test_what_the_scan_does_not_reach_is_not_missing(model):
    predicted, rays, _ = head_with_hole(model, around(80, 0.95))
    short = replace(rays, reach=np.where(BELOW & RIGHT, 60.0, 130.0).astype(np.float32))
    assert extend_vault(predicted, short, model) is predicted


def test_a_mirrored_head_is_continued_mirrored(model):
    flip = spherical_grid(LEVEL).mirror_vertices
    even = replace(model, mean=(model.mean + model.mean[flip]) / 2, vault=model.vault & model.vault[flip])
    predicted, rays, _ = head_with_hole(even, around(80, 0.95))
    flipped = VaultTables(
        LEVEL,
        *(getattr(predicted, k)[flip] for k in ("outer", "inner", "outer_sigma", "inner_sigma", "missing", "vault")),
    )
    extension = extend_vault(predicted, rays, even)
    mirrored = extend_vault(flipped, replace(rays, intervals=rays.intervals[flip]), even)
    assert (mirrored.vault == extension.vault[flip]).all()
    np.testing.assert_allclose(mirrored.outer[mirrored.vault], extension.outer[flip][mirrored.vault], atol=0.05)


def test_rays_and_tables_on_different_grids_are_refused(model):
    predicted, rays, _ = head_with_hole(model, around(80, 0.95))
    with pytest.raises(ValueError, match="use one grid for both"):
        extend_vault(predicted, replace(rays, level=4, intervals=values_at_level(rays.intervals, 4)), model)


def lower_bone(hole, tables, rings):
    """Intervals of bone in a hole, 4 mm lower from ring to ring, next to the sound bone around it."""
    grid = spherical_grid(LEVEL)
    fall = np.full(len(tables), np.nan)
    reached = ~hole
    for ring in range(1, rings + 1):
        onward = grid.grow_region(reached, 1) & ~reached
        fall[onward], reached = 4.0 * ring, reached | onward
    return intervals_from_tables(tables - fall[:, None])


def test_bone_that_is_lower_than_on_the_other_side_is_not_missing(model):
    hole = around(80, 0.95)
    predicted, rays, tables = head_with_hole(model, hole)
    front = hole & BELOW & around(60, 0.95)
    lower = np.where(front[:, None, None], lower_bone(hole, tables, 2), rays.intervals)
    present = np.isfinite(lower[:, 0, 1]) & front & ~np.isfinite(rays.intervals[:, 0, 1])
    with_lower = extend_vault(predicted, replace(rays, intervals=lower), model)
    without = extend_vault(predicted, rays, model)
    assert (without.vault & (without.missing > 0.5))[present].sum() > 5
    assert (with_lower.vault & (with_lower.missing > 0.5))[present].sum() <= 1


def test_the_wall_of_a_cut_is_no_lower_bone(model):
    hole = around(80, 0.95)
    predicted, rays, tables = head_with_hole(model, hole)
    wall = np.where((hole & BELOW)[:, None, None], lower_bone(hole, tables, 1), rays.intervals)
    extended = extend_vault(predicted, replace(rays, intervals=wall), model)
    lost = extended.vault & ~predicted.vault & (extended.missing > 0.5)
    inner = hole & BELOW & spherical_grid(LEVEL).grow_region(hole, -1)
    assert lost.sum() > 0.6 * inner.sum()


def head_with_roofs(model, hole, *, difference_mm=0.0):
    """Predicted tables, rays and radius of the orbits' roofs: 20 mm behind the margin, below the vault's end in front.

    The right one is ``difference_mm`` further out than the left one.
    """
    predicted, rays, tables = head_with_hole(model, hole, bone=False)
    roof = (HEIGHT < -0.3) & (HEIGHT > -0.5) & (spherical_grid(LEVEL).directions[:, 1] > 0.6)
    radius = tables[:, 0] - 20.0 + np.where(RIGHT, difference_mm, 0.0)
    with_roof = np.where((roof & ~hole)[:, None, None], intervals_from_tables(radius[:, None] - [0.0, 3.0]), np.nan)
    return predicted, replace(rays, intervals=np.where(np.isfinite(rays.intervals), rays.intervals, with_roof)), radius


@pytest.mark.parametrize("difference_mm", [0.0, 3.0])
def test_the_roof_of_an_orbit_that_is_lost_is_restored_from_the_other_side(model, difference_mm):
    hole = around(35, 0.95, z=-0.35)
    predicted, rays, radius = head_with_roofs(model, hole, difference_mm=difference_mm)
    extended = extend_vault(predicted, rays, model)
    lost = extended.vault & ~predicted.vault & (extended.missing > 0.5)
    roof = hole & (HEIGHT < -0.3) & (HEIGHT > -0.5)
    assert lost.sum() > 0.6 * roof.sum()
    assert not (lost & ~spherical_grid(LEVEL).grow_region(hole, 1)).any()
    assert np.abs(extended.outer - radius)[lost].max() < 1.5
    assert (extended.inner < extended.outer)[lost].all()
    assert (extended.outer_sigma[lost] >= 2.0).all()


def test_a_roof_that_both_sides_have_lost_is_not_invented(model):
    predicted, rays, _ = head_with_roofs(model, around(35, 0.96) | around(-35, 0.96))
    extended = extend_vault(predicted, rays, model)
    assert not (extended.vault & ~predicted.vault).any()


def test_a_roof_that_is_left_below_a_hole_is_not_missing(model):
    hole = around(35, 0.96) & (HEIGHT > -0.3)
    predicted, rays, _ = head_with_roofs(model, hole, difference_mm=-4.0)
    extended = extend_vault(predicted, rays, model)
    assert not (extended.vault & ~predicted.vault & (extended.missing > 0.5)).any()


def test_a_margin_of_the_orbit_that_is_only_higher_than_the_other_one_has_lost_no_roof(model):
    hole = around(35, 0.96) & (HEIGHT > -0.36)
    predicted, rays, _ = head_with_roofs(model, hole)
    extended = extend_vault(predicted, rays, model)
    assert not (extended.vault & ~predicted.vault & (extended.missing > 0.5)).any()
