"""Where the vault ends: beyond the learnt vault where the other side has bone, within it where the other side has an opening."""

from dataclasses import replace

import numpy as np
import pytest
from helpers_rays import intervals_of, radial_map, small_model

from SkullRestoreLib.apron import extended
from SkullRestoreLib.case import Shell
from SkullRestoreLib.grid import grid, to_level

LEVEL = 5
RIGHT = grid(LEVEL).directions[:, 0] > 0
HEIGHT = grid(LEVEL).directions[:, 2]
BELOW = (HEIGHT < -0.3) & (HEIGHT > -0.38)  # 7 mm of bone beyond the vault's end at -0.3


@pytest.fixture(scope="module")
def model():
    return small_model(LEVEL)


def case(model, hole, *, bone=True):
    """A head with this hole (n,) bool; ``bone`` says where it has bone beyond the vault."""
    shift = 2.0
    tables = model.mean + shift
    missing = hole & model.vault
    shell = Shell(
        LEVEL,
        *np.where(model.vault[:, None], tables, 0.0).T,
        *np.full((2, len(tables)), 0.5),
        missing.astype(float),
        vault=model.vault,
    )
    intervals = intervals_of(tables)
    intervals[hole | ~(model.vault | (BELOW & bone))] = np.nan
    return shell, replace(radial_map(tables, LEVEL), intervals=intervals), tables


def around(azimuth_deg, cosine, z=-0.25):
    a = np.radians(azimuth_deg)
    centre = np.array([np.sin(a), np.cos(a), z])
    return grid(LEVEL).directions @ (centre / np.linalg.norm(centre)) > cosine


def test_a_hole_at_the_end_of_the_vault_goes_on_where_the_other_side_has_bone(model):
    hole = around(80, 0.95)
    shell, radial, tables = case(model, hole)
    made = extended(shell, radial, model)
    lost = made.vault & ~shell.vault & (made.missing > 0.5)
    assert lost.sum() > 0.7 * (hole & BELOW).sum()
    assert not (lost & ~(hole & BELOW)).any()
    assert np.abs(made.outer - tables[:, 0])[lost].max() < 0.5
    assert (made.inner < made.outer)[made.vault].all()
    assert (made.outer_sigma[lost] > shell.outer_sigma[shell.vault].max()).all()


def test_sound_bone_beside_it_becomes_vault_too_so_that_points_find_it(model):
    hole = around(80, 0.95)
    made = extended(*case(model, hole)[:2], model)
    sound = made.vault & ~model.vault & (made.missing < 0.5)
    assert sound.any()
    assert not (sound & hole).any()


def test_an_opening_that_both_sides_have_is_no_hole(model):
    shell, radial, _ = case(model, around(80, 0.95), bone=~around(80, 0.9) & ~around(-80, 0.9))
    assert extended(shell, radial, model) is shell


def test_an_orbit_that_reaches_into_the_vault_on_both_sides_is_no_part_of_a_hole_beside_it(model):
    orbit = around(80, np.cos(np.radians(9)), z=-0.26)
    other = orbit[grid(LEVEL).mirror]
    hole = around(95, 0.95, z=-0.1)
    shell, radial, _ = case(model, hole | orbit | other)
    made = extended(shell, radial, model)
    assert not made.vault[orbit & grid(LEVEL).grow(orbit, -1)].any()
    assert made.vault[hole & shell.vault & ~orbit].all()


def test_holes_of_both_sides_that_run_deep_into_the_vault_are_no_orbits(model):
    hole = around(80, 0.92, z=-0.15)
    shell, radial, _ = case(model, hole | hole[grid(LEVEL).mirror])
    assert extended(shell, radial, model).vault[shell.vault].all()


@pytest.mark.parametrize("hole", [np.zeros(len(HEIGHT), dtype=bool), around(80, 0.97, z=0.6)], ids=["whole", "hole far above"])
def test_a_vault_whose_end_is_whole_stays_as_it_is(model, hole):
    shell, radial, _ = case(model, hole)
    assert extended(shell, radial, model) is shell


def test_bone_lost_beyond_the_vault_alone_is_not_looked_at(model):
    shell, radial, _ = case(model, around(80, 0.95) & ~model.vault)
    assert extended(shell, radial, model) is shell


def test_what_the_scan_does_not_reach_is_not_missing(model):
    shell, radial, _ = case(model, around(80, 0.95))
    short = replace(radial, reach=np.where(BELOW & RIGHT, 60.0, 130.0).astype(np.float32))
    assert extended(shell, short, model) is shell


def test_a_mirrored_head_is_continued_mirrored(model):
    flip = grid(LEVEL).mirror
    even = replace(model, mean=(model.mean + model.mean[flip]) / 2, vault=model.vault & model.vault[flip])
    shell, radial, _ = case(even, around(80, 0.95))
    other = Shell(LEVEL, *(getattr(shell, k)[flip] for k in ("outer", "inner", "outer_sigma", "inner_sigma", "missing", "vault")))
    one = extended(shell, radial, even)
    two = extended(other, replace(radial, intervals=radial.intervals[flip]), even)
    assert (two.vault == one.vault[flip]).all()
    np.testing.assert_allclose(two.outer[two.vault], one.outer[flip][two.vault], atol=0.05)


def test_bone_and_shell_on_different_grids_are_refused(model):
    shell, radial, _ = case(model, around(80, 0.95))
    with pytest.raises(ValueError, match="sample both on one grid"):
        extended(shell, replace(radial, level=4, intervals=to_level(radial.intervals, 4)), model)
