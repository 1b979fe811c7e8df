"""Thick slices: the border of a hole runs where it does in thin ones."""

from dataclasses import replace

import numpy as np
import pytest
from helpers_head import OUTER_MM, cap_area_cm2, cone_depth, round_bone, round_pose, round_tables, vertices_in_cone
from scipy import ndimage

from SkullRestoreLib.defects.partial_volume import has_thick_slices
from SkullRestoreLib.defects.patch import cut_patch
from SkullRestoreLib.evaluation.cases.disturbances import average_slices
from SkullRestoreLib.geometry.icosphere import vertex_count
from SkullRestoreLib.records import RayMap, Volume

DEGREES, SPACING = 20.0, 0.625
FLANK, SIDE, TOP = (0.6, 0.2, 0.4), (1.0, 0.2, 0.0), (0.1, 0.1, 1.0)
"""Where the vault crosses the slices at a slant, upright, and where it runs along them."""


def scan(towards, thickness_mm):
    """A round hole as a CT shows it: soft tissue and bone, blurred by half a millimetre, averaged over each slice."""
    low, high = np.array([(80 * t - 55, 95) if t > 0.3 else (-55, 55) for t in towards]).T
    fine = round_bone(cone_depth(towards, DEGREES), spacing=SPACING, low=low, high=high, floor=-200.0, ct=False)
    hu = ndimage.gaussian_filter(40 + np.float32(960) * fine.field, 0.5 / SPACING)
    thick = average_slices(Volume(np.rint(hu).astype(np.int16), fine.ijk_to_ras, "ct"), thickness_mm)
    return replace(
        fine, field=thick.array, iso=450.0, mask=thick.array >= 450, ijk_to_ras=thick.ijk_to_ras, threshold_hu=450.0
    )


def border(bone, towards):
    """How far the border is outside its place, mm (k,), its height on the hole from -1 to 1 (k,), and the area, cm²."""
    reach = RayMap(6, np.full((vertex_count(6), 1, 2), np.nan, np.float32), np.full(vertex_count(6), 130.0, np.float32))
    _, made = cut_patch(1, vertices_in_cone(6, towards, DEGREES), round_tables(6), reach, bone, round_pose())
    axis = np.asarray(towards) / np.linalg.norm(towards)
    out = made.loops[0] / np.linalg.norm(made.loops[0], axis=1, keepdims=True)
    up = np.array([0.0, 0.0, 1.0]) - axis[2] * axis
    off = (np.arccos(out @ axis) - np.radians(DEGREES)) * OUTER_MM
    return off, out @ up / np.linalg.norm(up) / np.sin(np.radians(DEGREES)), made.area_cm2


@pytest.mark.slow
@pytest.mark.parametrize("towards", [FLANK, SIDE, TOP])
def test_in_thick_slices_the_border_is_right_on_every_side_of_a_hole(towards):
    """On a slant its upper side was 1.0 to 1.8 mm too far out: bone that fills a slice only in part was missed."""
    off, height, area = border(scan(towards, 5), towards)
    assert abs(off[height > 0.6].mean()) < 0.75
    assert abs(off[height < -0.6].mean()) < 0.75
    assert np.abs(off).max() < 1.5
    assert area == pytest.approx(cap_area_cm2(DEGREES), rel=0.03)


def test_in_thick_slices_the_border_does_not_move_with_the_threshold():
    bone = scan(FLANK, 5)
    low, high = (border(replace(bone, iso=iso, threshold_hu=iso), FLANK)[2] for iso in (380.0, 520.0))
    assert low == pytest.approx(high, rel=0.003)


def test_slices_of_a_mask_are_compared_with_the_intact_vault_too():
    bone = scan(SIDE, 5)
    mask = replace(bone, field=bone.mask.astype(np.uint8), iso=0.5, threshold_hu=None)
    assert border(mask, SIDE)[2] == pytest.approx(cap_area_cm2(DEGREES), rel=0.06)


def test_only_slices_over_three_millimetres_and_a_half_are_thick():
    assert [has_thick_slices(scan(SIDE, mm)) for mm in (0.625, 3.125, 3.75, 5.0)] == [False, False, True, True]
