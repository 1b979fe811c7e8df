"""A flap that has grown together with the skull somewhere is completed within its outline."""

import numpy as np
import pytest

from SkullRestoreLib.defects.flap_outline import bone_held, bone_in_notches, complete_flap, cut_through_bone, enclose
from SkullRestoreLib.geometry.icosphere import spherical_grid
from SkullRestoreLib.method_parameters import METHOD

LEVEL = 6
FLAP_DEG, KERF_DEG = 20.0, 22.5


def flap_and_kerf(*, healed_from, healed_to, known_deg=FLAP_DEG):
    """A round flap and its kerf about the vertical; between two turns, degrees, neither is known."""
    directions = spherical_grid(LEVEL).directions
    down = np.degrees(np.arccos(np.clip(directions[:, 2], -1, 1)))
    turn = np.degrees(np.arctan2(directions[:, 1], directions[:, 0])) % 360
    healed = (turn > healed_from) & (turn < healed_to)
    core = (down < known_deg) & ~(healed & (down > 8))
    kerf = (down >= FLAP_DEG) & (down < KERF_DEG) & ~healed
    return core, kerf, healed & (down > 8) & (down < FLAP_DEG - 3), down


def hold(has_bone, height_mm=0.0):
    grid = spherical_grid(LEVEL)
    no_steps = np.zeros(len(grid), dtype=bool)
    return bone_held(has_bone.astype(float), np.broadcast_to(height_mm, len(grid)), no_steps, grid, METHOD.objects)


def complete(core, kerf, *, height_mm=0.0):
    everywhere = np.ones(len(core), dtype=bool)
    grid, parameters = spherical_grid(LEVEL), METHOD.objects
    held = hold(~kerf, height_mm)
    return complete_flap(core, core | kerf, held, everywhere, grid, parameters)


@pytest.mark.parametrize("width", [40, 60])
def test_a_corner_that_has_grown_together_with_the_skull_belongs_to_the_flap(width):
    core, kerf, corner, down = flap_and_kerf(healed_from=100, healed_to=100 + width)
    new = complete(core, kerf)
    assert new[corner].mean() > 0.8
    assert not new[down > KERF_DEG].any()


def test_what_is_outside_a_kerf_is_skull():
    core, kerf, _, _ = flap_and_kerf(healed_from=0, healed_to=0)
    assert not complete(core, kerf).any()


def test_a_notch_in_the_outline_whose_kerf_shows_is_skull():
    core, kerf, notch, down = flap_and_kerf(healed_from=100, healed_to=140)
    along_notch = spherical_grid(LEVEL).grow_region(core, 1) & ~core & (down < KERF_DEG) | kerf
    assert not complete(core, along_notch)[notch].any()


def test_a_notch_that_touches_the_flap_at_another_height_is_skull():
    core, kerf, notch, _ = flap_and_kerf(healed_from=100, healed_to=140)
    assert not complete(core, kerf, height_mm=np.where(core, -2.0, 0.0))[notch].any()


def test_a_strip_between_a_burr_hole_and_the_kerf_belongs_to_the_flap():
    core, kerf, _, _ = flap_and_kerf(healed_from=0, healed_to=0)
    directions = spherical_grid(LEVEL).directions
    aside = np.radians(FLAP_DEG - 6)
    burr_hole = directions @ [np.sin(aside), 0, np.cos(aside)] > np.cos(np.radians(3.5))
    strip = core & ~burr_hole & (directions[:, 0] > np.sin(aside)) & (np.abs(directions[:, 1]) < 0.07)
    bridge = kerf & (np.abs(directions[:, 1]) < 0.02) & (directions[:, 0] > 0)
    assert complete(core & ~burr_hole & ~strip, kerf & ~bridge | burr_hole)[strip].mean() > 0.9


def test_a_flap_over_half_of_the_head_is_left_as_it_is():
    _, kerf, _, down = flap_and_kerf(healed_from=100, healed_to=140)
    assert not complete(down < 95, kerf).any()


def test_the_edge_of_a_flap_is_a_cut_through_bone_only_where_no_kerf_and_no_step_shows():
    _, kerf, _, down = flap_and_kerf(healed_from=100, healed_to=140)
    grid = spherical_grid(LEVEL)
    turn = np.degrees(np.arctan2(grid.directions[:, 1], grid.directions[:, 0])) % 360
    in_place, is_healed = down < KERF_DEG, (turn > 100) & (turn < 140)
    cut = [
        cut_through_bone(
            in_place,
            hold(~kerf, np.where(in_place, -sunk_mm, 0.0)),
            grid,
            METHOD.objects,
        )
        for sunk_mm in (0.0, 2.0)
    ]
    assert cut[0][is_healed & (np.abs(down - KERF_DEG) < 0.5) & (np.abs(turn - 120) < 8)].all()
    assert not cut[0][(turn < 98) | (turn > 142)].any()
    assert not cut[1].any()


@pytest.mark.parametrize(("gap_deg", "is_doubtful"), [(8.0, True), (1.5, False)], ids=["resorbed", "a kerf away"])
def test_bone_in_a_notch_may_be_a_lobe_of_the_flap_unless_the_flap_has_an_edge_along_it(gap_deg, is_doubtful):
    grid = spherical_grid(LEVEL)
    towards = np.array([np.sin(np.radians(KERF_DEG)), 0, np.cos(np.radians(KERF_DEG))])
    away = np.degrees(np.arccos(np.clip(grid.directions @ towards, -1, 1)))  # from the middle of a lobe at the rim
    down = np.degrees(np.arccos(np.clip(grid.directions[:, 2], -1, 1)))
    place = (down < KERF_DEG) & (away > 7)
    core = (down < FLAP_DEG) & (away > 7 + gap_deg)
    doubtful = bone_in_notches(core, place, grid, METHOD.objects)
    end_of_lobe = (np.abs(away - 7) < 0.8) & (down < KERF_DEG - 4)
    assert doubtful[end_of_lobe].mean() == pytest.approx(1.0 if is_doubtful else 0.0, abs=0.15)
    assert not doubtful[(away > 12) & (down > KERF_DEG - 3)].any()


@pytest.mark.parametrize("healed_deg", [0, 50])
def test_a_flap_of_which_one_side_alone_is_off_the_vault_ends_at_its_kerf_however_far_away_that_is(healed_deg):
    grid = spherical_grid(LEVEL)
    _, kerf, _, down = flap_and_kerf(healed_from=100, healed_to=100 + healed_deg)
    seed = (down < FLAP_DEG) & (grid.directions[:, 0] > 0.2)
    everywhere = np.ones(len(grid), dtype=bool)
    side, share = enclose(seed, hold(~kerf), everywhere, 75, grid, METHOD.objects)
    assert side[down < FLAP_DEG].mean() > 0.97
    assert not side[down > KERF_DEG].any()
    assert share < METHOD.objects.outline_held


def test_bone_off_the_vault_that_no_kerf_is_around_is_left_as_it_is():
    grid = spherical_grid(LEVEL)
    seed = grid.directions[:, 2] > np.cos(np.radians(10))
    everywhere = np.ones(len(grid), dtype=bool)
    side, share = enclose(seed, hold(everywhere), everywhere, 75, grid, METHOD.objects)
    assert np.array_equal(side, seed)
    assert share == 1.0


def test_sound_bone_between_a_flap_and_the_end_of_the_vault_stays():
    grid = spherical_grid(LEVEL)
    _, kerf, _, down = flap_and_kerf(healed_from=0, healed_to=0)
    of_vault = grid.directions[:, 0] > -np.sin(np.radians(KERF_DEG + 6))
    side, _ = enclose(down < 8, hold(~kerf), of_vault, 75, grid, METHOD.objects)
    assert side[down < FLAP_DEG].mean() > 0.97
    assert not side[down > KERF_DEG].any()


def test_bone_that_goes_down_a_slope_where_both_faces_have_a_step_is_not_held():
    grid = spherical_grid(LEVEL)
    down = np.degrees(np.arccos(np.clip(grid.directions[:, 2], -1, 1)))
    slope = np.clip((down - FLAP_DEG) / 4, 0, 1) * 1.6
    bone, at_step = np.ones(len(grid)), (down > FLAP_DEG) & (down < FLAP_DEG + 4)
    first, second = grid.edges
    across = at_step[first] & at_step[second]
    held = [bone_held(bone, slope, steps, grid, METHOD.objects)[across].mean() for steps in (at_step & False, at_step)]
    assert held[0] > 0.8
    assert held[1] == pytest.approx(METHOD.objects.least_held)
