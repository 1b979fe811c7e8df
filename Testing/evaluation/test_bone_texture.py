"""Bone of a simulated CT with compact tables and diploe: where it is dense, and that flaps take it with them."""

from functools import lru_cache

import numpy as np
import pytest
from helpers_evaluation import sphere_piece, sphere_skull
from scipy import ndimage

from SkullRestoreLib.evaluation.cases.bone_texture import DIPLOE_HU, TABLE_HU, draw_bone_texture
from SkullRestoreLib.evaluation.cases.objects_in_holes import CLOSED_PLATE_HU, put_object
from SkullRestoreLib.evaluation.cases.synthetic_ct import simulate_ct
from SkullRestoreLib.records import Volume

SPACING_MM = 0.8


def plate_of_bone(thickness_mm: float) -> Volume:
    """A flat piece of bone."""
    mask = np.zeros((30, 60, 60), dtype=bool)
    mask[8 : 8 + round(thickness_mm / SPACING_MM)] = True
    return Volume(mask, np.diag([SPACING_MM] * 3 + [1.0]), "mask")


@lru_cache(maxsize=1)
def skull_piece_and_texture():
    skull = sphere_skull(spacing=SPACING_MM)
    texture = draw_bone_texture(Volume(skull.bone, skull.ijk_to_ras, "mask"), seed=3)
    return skull, sphere_piece(skull, 18), texture


def test_thick_bone_has_diploe_between_compact_tables():
    texture = draw_bone_texture(plate_of_bone(8.0), seed=0)
    assert TABLE_HU[0] - 200 < np.median(texture[8]) < TABLE_HU[1] + 200
    assert DIPLOE_HU[0] - 200 < np.median(texture[13]) < DIPLOE_HU[1] + 200


def test_thin_bone_is_compact_throughout():
    texture = draw_bone_texture(plate_of_bone(2.4), seed=0)
    assert texture[8:11].min() > 0.8 * np.median(texture[8])


def test_trabeculae_are_finer_than_two_millimetres():
    diploe = draw_bone_texture(plate_of_bone(8.0), seed=0)[13]
    fine = diploe - ndimage.gaussian_filter(diploe, 4.0 / SPACING_MM)
    assert (fine[:, :-3] * fine[:, 3:]).mean() < 0.4 * (fine**2).mean()


def test_a_seed_gives_the_same_patient_and_another_one_another():
    drawn = [draw_bone_texture(plate_of_bone(8.0), seed=seed) for seed in (1, 1, 2)]
    assert np.array_equal(drawn[0], drawn[1])
    assert np.median(drawn[0][8]) != np.median(drawn[2][8])


def test_a_scan_shows_the_texture_and_one_density_without_it():
    bone = plate_of_bone(8.0)
    plain = simulate_ct(bone, noise_hu=0.0).array
    textured = simulate_ct(bone, noise_hu=0.0, bone_hu=draw_bone_texture(bone, seed=0)).array
    assert plain[11:14, 20:40, 20:40].std() < 5
    assert textured[13, 20:40, 20:40].mean() < 0.9 * textured[9, 20:40, 20:40].mean()


@pytest.mark.slow
def test_a_sunk_flap_keeps_the_bone_that_it_was_cut_from():
    skull, piece, texture = skull_piece_and_texture()
    sunk = put_object(skull, piece, "sunk flap", np.random.default_rng(1), texture=texture)
    core = ndimage.binary_erosion(sunk.object_mask, iterations=4)
    skin = sunk.object_mask & ~ndimage.binary_erosion(sunk.object_mask, iterations=2)
    inside = ndimage.binary_erosion(skin | core, iterations=1)
    assert np.median(sunk.ct.array[core]) < 0.85 * np.percentile(sunk.ct.array[inside], 90)


@pytest.mark.slow
@pytest.mark.parametrize("kind", CLOSED_PLATE_HU)
def test_a_closed_plate_is_level_touches_the_bone_around_it_and_has_no_diploe(kind):
    skull, piece, texture = skull_piece_and_texture()
    made = put_object(skull, piece, kind, np.random.default_rng(1), texture=texture)
    rest = skull.bone & ~piece
    away = ndimage.distance_transform_edt(~rest, sampling=SPACING_MM)
    assert away[made.object_mask].min() < 1.5 * SPACING_MM
    assert not (made.object_mask & rest).any()
    core = ndimage.binary_erosion(made.object_mask, iterations=2)
    least, most = CLOSED_PLATE_HU[kind]
    assert least - 60 < np.median(made.ct.array[core]) < most + 60
    assert made.ct.array[core].std() < 60
