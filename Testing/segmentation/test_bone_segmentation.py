"""Bone of the skull out of a CT or a mask: what is kept, what is removed, what is refused."""

import time

import numpy as np
import pytest
from helpers_intake import (
    DATA,
    NO_DATA,
    SKULL_BASE_MM,
    SKULL_HALF_AXES_MM,
    SKULL_THICKNESS_MM,
    ellipsoid_head,
    scan_affine,
    voxel_positions,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from SkullRestoreLib.affine import voxel_volume_ml
from SkullRestoreLib.errors import InputError
from SkullRestoreLib.records import Volume
from SkullRestoreLib.segmentation.bone_cleaning import remove_metal
from SkullRestoreLib.segmentation.bone_segmentation import find_bone_islands, find_threshold, remove_islands, segment
from SkullRestoreLib.segmentation.plausibility import find_pieces

SIZE = (96, 110, 78)
IJK_TO_RAS = scan_affine(size=SIZE)


def ct(array, ijk_to_ras=IJK_TO_RAS):
    array.flags.writeable = False
    return Volume(array, ijk_to_ras, "ct")


def mask(array, ijk_to_ras=IJK_TO_RAS):
    return Volume(np.asarray(array, bool), ijk_to_ras, "mask")


@pytest.fixture(scope="module")
def skull():
    return ellipsoid_head()


@pytest.fixture(scope="module")
def bone(skull):
    return segment(ct(skull))


def volume_ml(bone):
    return bone.mask.sum() * voxel_volume_ml(bone.ijk_to_ras)


def with_spheres(array, spheres):
    out = array.copy()
    p = voxel_positions(IJK_TO_RAS, SIZE)
    for *centre, radius, value in spheres:
        out[np.linalg.norm(p - centre, axis=-1) <= radius] = value
    return out


@pytest.mark.slow
def test_the_bone_has_the_volume_of_the_skull(bone):
    p = voxel_positions(scan_affine((1, 1, 1), (160, 200, 140)), (160, 200, 140))
    true = (
        (np.linalg.norm(p / SKULL_HALF_AXES_MM, axis=-1) < 1)
        & (np.linalg.norm(p / (SKULL_HALF_AXES_MM - SKULL_THICKNESS_MM), axis=-1) > 1)
        & (p[..., 2] > SKULL_BASE_MM)
    ).sum() / 1000
    assert volume_ml(bone) == pytest.approx(true, rel=0.03)


def test_field_and_mask_agree_and_the_scan_is_left_as_it_was(skull, bone):
    np.testing.assert_array_equal(bone.mask, bone.field >= bone.iso)
    assert bone.field.dtype == np.int16
    assert bone.metal is None
    same = bone.mask | (skull < bone.iso)
    np.testing.assert_array_equal(bone.field[same], skull[same])


def test_a_scan_that_may_change_becomes_the_field_of_the_same_bone(skull, bone):
    array = skull.copy()
    array[39, 55, 48] = 900  # a speck in the brain, which is removed
    scratch = array.copy()
    kept, changed = segment(ct(array)), segment(Volume(scratch, IJK_TO_RAS, "ct"), may_change=True)
    np.testing.assert_array_equal(kept.field, changed.field)
    np.testing.assert_array_equal(kept.mask, changed.mask)
    assert np.shares_memory(changed.field, scratch)
    assert not np.shares_memory(kept.field, array)
    assert np.count_nonzero(scratch != array) > 0


def test_the_pieces_of_a_mask_are_its_connected_parts_with_all_their_voxels():
    mask = np.random.default_rng(0).random((40, 90, 110)) < 0.06
    mask[:, :, 70:] = False
    pieces = find_pieces(mask)
    box = np.zeros_like(mask)
    box[pieces.box] = True
    labels, count = ndimage.label(mask, np.ones((3, 3, 3)))
    assert mask[~box].sum() == 0
    assert len(pieces.sizes) == count + 1
    assert pieces.sizes.sum() == mask.sum()
    np.testing.assert_array_equal(pieces.voxels, np.flatnonzero(mask[pieces.box]))
    np.testing.assert_array_equal(np.sort(pieces.sizes[1:]), np.sort(np.bincount(labels.ravel())[1:]))
    expected = labels[pieces.box].ravel()[pieces.voxels]
    assert len(np.unique(np.stack([expected, pieces.label]), axis=1).T) == count


@pytest.mark.slow
@pytest.mark.parametrize(("hu", "expected"), [(600, 320), (900, 470), (1500, 500), (330, 185)])
def test_the_threshold_is_half_way_between_soft_tissue_and_bone_within_bounds(hu, expected):
    assert find_threshold(ct(ellipsoid_head(bone_hu=hu))) == pytest.approx(expected, abs=40)


def test_noise_hardly_moves_the_threshold(skull):
    noisy = (skull + np.random.default_rng(0).normal(0, 40, skull.shape)).astype(np.int16)
    assert find_threshold(ct(noisy)) == pytest.approx(find_threshold(ct(skull)), abs=40)


def test_a_dry_skull_without_soft_tissue_is_segmented_at_the_lowest_threshold():
    bone = segment(ct(ellipsoid_head(soft=False)))
    assert bone.threshold_hu == 150
    assert volume_ml(bone) > 300


def test_the_threshold_of_the_user_is_taken_and_an_absurd_one_refused(skull):
    assert segment(ct(skull), threshold_hu=700).iso == 700
    with pytest.raises(InputError, match="outside 50 to 1500 HU"):
        segment(ct(skull), threshold_hu=9000)


def test_a_head_rest_and_a_table_outside_the_head_are_removed(skull, bone):
    p = voxel_positions(IJK_TO_RAS, SIZE)
    r = np.linalg.norm(p[..., :2] / (SKULL_HALF_AXES_MM + 12)[:2], axis=-1)
    rest = (np.abs(r - 1) < 0.03) & (p[..., 1] < -60)
    cluttered = skull.copy()
    cluttered[rest | (p[..., 1] < -104)] = 800
    segmented = segment(ct(cluttered))
    assert any("outside the head" in f for f in segmented.findings)
    assert (segmented.mask != bone.mask).mean() < 1e-4


def test_a_head_rest_in_a_mask_is_removed(bone):
    p = voxel_positions(IJK_TO_RAS, SIZE)
    r = np.linalg.norm(p[..., :2] / (SKULL_HALF_AXES_MM + 12)[:2], axis=-1)
    segmented = segment(mask(bone.mask | ((np.abs(r - 1) < 0.03) & (p[..., 1] < -60))))
    np.testing.assert_array_equal(segmented.mask, bone.mask)


@pytest.mark.parametrize("kind", ["ct", "mask"])
def test_bone_on_both_sides_of_a_saw_line_stays(skull, bone, kind):
    line = np.abs(voxel_positions(IJK_TO_RAS, SIZE)[..., 2] - 7) < 1
    if kind == "ct":
        sawn = skull.copy()
        sawn[line] = np.minimum(sawn[line], 40)
        segmented = segment(ct(sawn))
    else:
        segmented = segment(mask(bone.mask & ~line))
    np.testing.assert_array_equal(segmented.mask, bone.mask & ~line)


def test_a_mandible_below_the_skull_stays_in_a_ct():
    p = voxel_positions(IJK_TO_RAS, SIZE)
    jaw = (np.abs(np.linalg.norm(p[..., :2] - [0, 20], axis=-1) - 35) < 5) & (np.abs(p[..., 2] + 56) < 6)
    array = ellipsoid_head()
    array[jaw] = 900
    assert segment(ct(array)).mask[jaw].all()


def test_specks_are_dropped(skull, bone):
    noisy = with_spheres(skull, [(1, 1, 21, 1.0, 900)])
    np.testing.assert_array_equal(segment(ct(noisy)).mask, bone.mask)


def test_new_bone_on_the_dura_is_listed_as_islands_and_can_be_removed(skull):
    hole = ellipsoid_head(holes=[(70, 0, 30, 35)])
    segmented = segment(ct(with_spheres(hole, [(50, 0, 30, 6, 700), (45, 25, 20, 4, 600)])))
    islands = find_bone_islands(segmented)
    assert len(islands) == 2
    np.testing.assert_allclose(islands[0].centre, [50, 0, 30], atol=1.5)
    np.testing.assert_allclose(islands[1].centre, [45, 25, 20], atol=1.5)
    assert islands[0].volume_ml == pytest.approx(4 / 3 * np.pi * 0.6**3, rel=0.3)
    left = remove_islands(segmented, islands[:1])
    assert [i.voxels for i in find_bone_islands(left)] == [islands[1].voxels]
    assert segmented.mask.sum() - left.mask.sum() == islands[0].voxels
    np.testing.assert_array_equal(left.mask, left.field >= left.iso)
    with pytest.raises(ValueError, match="not found in this bone"):
        remove_islands(left, islands)


def test_an_intact_skull_has_no_islands(bone):
    assert find_bone_islands(bone) == []


def test_a_mesh_that_rests_on_bone_does_not_take_its_outer_table_away_and_nothing_of_it_stays_over_a_hole():
    spacing, top = 0.5, 12.0
    z, _, x = (np.arange(n) * spacing for n in (60, 40, 80))
    is_bone = (z[:, None, None] > 4.0) & (z[:, None, None] <= top) & (x < 20.0) & np.ones((60, 40, 80), dtype=bool)
    is_mesh = (z[:, None, None] > top) & (z[:, None, None] <= top + 1.0) & np.ones((60, 40, 80), dtype=bool)
    hu = ndimage.gaussian_filter(np.where(is_mesh, 6000.0, np.where(is_bone, 1200.0, 0.0)), 0.6 / spacing)
    volume = Volume(np.minimum(hu, 3071).astype(np.int16), np.diag([spacing, spacing, spacing, 1.0]), "ct")
    field, mask = volume.array.copy(), volume.array >= 500
    metal, _ = remove_metal(volume, field, mask, np.int16(499))
    assert metal is not None
    over_bone, over_hole = mask[:, 20, 10], mask[:, 20, 60]
    assert z[over_bone].max() == pytest.approx(top, abs=spacing)
    assert not over_hole.any()


def test_metal_is_set_apart_with_its_rim_and_flagged(skull, bone):
    p = voxel_positions(IJK_TO_RAS, SIZE)
    plate = (np.abs(p[..., 0] - 73) < 2.5) & (np.linalg.norm(p[..., 1:], axis=-1) < 15)
    array = skull.copy()
    array[plate] = 3071
    segmented = segment(ct(array))
    np.testing.assert_array_equal(segmented.metal, plate)
    assert not (segmented.mask & plate).any()
    assert any("metal" in f and "streaks" in f for f in segmented.findings)
    assert segment(ct(with_spheres(skull, [(70, 0, 0, 1.0, 3071)]))).metal is None


def test_a_mesh_of_which_the_scan_has_blurred_a_part_is_set_apart_altogether_and_bone_next_to_a_screw_is_not(skull):
    p = voxel_positions(IJK_TO_RAS, SIZE)
    mesh = (np.abs(p[..., 0] - 73) < 1.0) & (np.linalg.norm(p[..., 1:], axis=-1) < 15)
    strip = mesh & (np.abs(p[..., 1]) % 6 < 3)
    array = skull.copy()
    array[mesh], array[strip] = 2200, 3071
    np.testing.assert_array_equal(segment(ct(array)).metal, mesh)
    array = skull.copy()
    array[mesh] = 1900
    array[strip] = 3071
    np.testing.assert_array_equal(segment(ct(array)).metal, strip)


def test_an_image_without_bone_is_refused_with_the_threshold(skull):
    with pytest.raises(InputError, match=r"no bone in the CT.*reach 300 HU, the highest value is 40 HU"):
        segment(ct(np.minimum(skull, 40)))


def test_values_that_are_not_hu_are_refused(skull):
    with pytest.raises(InputError, match="grey image"):
        segment(ct(np.clip((skull + 1000) // 10, 0, 255).astype(np.int16)))
    with pytest.raises(InputError, match=r"HU \+ 1024"):
        segment(ct((np.maximum(skull, -1024) + 1024).astype(np.int16)))


def test_empty_and_full_masks_are_refused(bone):
    with pytest.raises(InputError, match="empty"):
        segment(mask(np.zeros_like(bone.mask)))
    with pytest.raises(InputError, match="Every voxel"):
        segment(mask(np.ones_like(bone.mask)))


def test_an_implausible_amount_of_bone_is_refused(bone):
    p = voxel_positions(IJK_TO_RAS, SIZE)
    with pytest.raises(InputError, match=r"\d+ mL of bone found; a skull has 92 to 1500 mL"):
        segment(mask(np.linalg.norm(p / (SKULL_HALF_AXES_MM - 1), axis=-1) < 1))
    with pytest.raises(InputError, match=r"\d+ mL of bone found"):
        segment(mask((np.indices(bone.mask.shape).sum(axis=0) % 8 == 0) & bone.mask))


def test_a_small_head_may_have_less_bone_but_a_ball_is_no_head(bone):
    p = voxel_positions(IJK_TO_RAS, SIZE)
    with pytest.raises(InputError, match=r"40 × 40 × 40 mm.*no complete head"):
        segment(mask(np.linalg.norm(p, axis=-1) < 20))


def test_bone_of_another_size_than_a_head_is_refused(bone):
    with pytest.raises(InputError, match="too narrow for a complete head"):
        segment(mask(bone.mask & (voxel_positions(IJK_TO_RAS, SIZE)[..., 0] > 5)))
    with pytest.raises(InputError, match="no complete head"):
        segment(mask(bone.mask, scan_affine((0.8, 0.8, 0.8))))


@pytest.mark.slow
@pytest.mark.parametrize("slope", [-0.9, 0.9])
def test_a_tilted_gantry_or_an_oblique_grid_makes_no_head_larger(slope):
    tilted = np.diag([-2.0, -2.0, 2.0, 1.0])
    tilted[1, 2] = 2 * slope
    size = (100, 190, 84)
    tilted[:3, 3] = np.array([0.0, 0.0, 10.0]) - tilted[:3, :3] @ ((np.array(size) - 1) / 2)
    bone = segment(Volume(ellipsoid_head(tilted, size), tilted, "ct"))
    upright = segment(Volume(ellipsoid_head(), scan_affine(), "ct"))
    assert volume_ml(bone) == pytest.approx(volume_ml(upright), rel=0.02)


def test_a_mask_keeps_its_two_values(bone):
    segmented = segment(mask(bone.mask))
    assert (segmented.field.dtype, segmented.iso, segmented.threshold_hu) == (np.uint8, 0.5, None)
    np.testing.assert_array_equal(segmented.field, bone.mask)


# where the scan ends


def stored_along(array, ijk_to_ras, axes, flips):
    """The same scan, stored along other axes."""
    array, ijk_to_ras = array.transpose(axes), ijk_to_ras.copy()
    columns = [2 - axes[2], 2 - axes[1], 2 - axes[0]]
    ijk_to_ras[:3, :3] = ijk_to_ras[:3, columns]
    for axis in flips:
        column = 2 - axis
        ijk_to_ras[:3, 3] += ijk_to_ras[:3, column] * (array.shape[axis] - 1)
        ijk_to_ras[:3, column] *= -1
        array = np.flip(array, axis)
    return np.ascontiguousarray(array), ijk_to_ras


STORAGES = st.tuples(st.permutations([0, 1, 2]), st.sets(st.integers(0, 2)))


@pytest.mark.slow
@settings(max_examples=6, deadline=None, derandomize=True)
@given(STORAGES)
def test_a_cut_vertex_is_refused_however_the_scan_is_stored(skull, bone, storage):
    top = int(np.flatnonzero(bone.mask.any((1, 2)))[-1])
    for array, make in ((skull, ct), (bone.mask, mask)):
        with pytest.raises(InputError, match="top of the head is cut off"):
            segment(make(*stored_along(array[: top - 5], IJK_TO_RAS, *storage)))


@settings(max_examples=4, deadline=None, derandomize=True)
@given(STORAGES)
def test_bone_that_just_touches_the_top_slice_passes_with_a_finding(bone, storage):
    top = int(np.flatnonzero(bone.mask.any((1, 2)))[-1])
    assert any(
        "touches the top edge" in f
        for f in segment(mask(*stored_along(bone.mask[: top + 1], IJK_TO_RAS, *storage))).findings
    )


@pytest.mark.slow
@pytest.mark.parametrize("thickness", [1, 5])
@pytest.mark.parametrize(("end_mm", "passes"), [(3.5, True), (9.0, False)])
def test_thick_and_thin_slices_that_end_at_the_same_place_below_the_vertex_are_judged_the_same(
    thickness, end_mm, passes
):
    """The last slice of 5 mm shows the vault 2.5 mm below the scan's end; its larger section is no cut vertex."""
    size = (96, 110, 120)
    ijk_to_ras = scan_affine((2.0, 2.0, 1.0), size)
    ijk_to_ras[2, 3] = (
        SKULL_HALF_AXES_MM[2] - end_mm - size[2] + 0.5
    )  # the upper face of the last slice is this far below the vertex
    array = ellipsoid_head(ijk_to_ras, size).reshape(-1, thickness, size[1], size[0]).mean(axis=1).astype(np.int16)
    ijk_to_ras[:3, 3] += ijk_to_ras[:3, 2] * (thickness - 1) / 2
    ijk_to_ras[:3, 2] *= thickness
    if passes:
        assert any("touches the top edge" in f for f in segment(ct(array, ijk_to_ras)).findings)
    else:
        with pytest.raises(InputError, match="top of the head is cut off"):
            segment(ct(array, ijk_to_ras))


@pytest.mark.parametrize(
    ("side", "part"),
    [("right", np.s_[:, :, 48:]), ("left", np.s_[:, :, :60]), ("front", np.s_[:, 30:, :]), ("back", np.s_[:, :80, :])],
)
def test_a_head_that_is_cut_at_a_side_is_refused(skull, side, part):
    ijk_to_ras = IJK_TO_RAS.copy()
    ijk_to_ras[:3, 3] = IJK_TO_RAS[:3, :3] @ [part[2].start or 0, part[1].start or 0, 0] + IJK_TO_RAS[:3, 3]
    with pytest.raises(InputError, match=f"cut off at the {side}"):
        segment(ct(skull[part].copy(), ijk_to_ras))


def test_a_head_that_is_cut_by_a_round_field_of_view_is_noted(skull):
    p = voxel_positions(IJK_TO_RAS, SIZE)
    array = skull.copy()
    array[np.linalg.norm(p[..., :2] - [25, 0], axis=-1) > 90] = -3024
    assert any("edge of the field of view" in f for f in segment(ct(array)).findings)
    array = skull.copy()
    array[np.linalg.norm(p[..., :2], axis=-1) > 105] = -3024
    assert not any("field of view" in f for f in segment(ct(array)).findings)


def test_the_lower_edge_may_cut_the_skull(skull):
    ijk_to_ras = IJK_TO_RAS.copy()
    ijk_to_ras[:3, 3] += IJK_TO_RAS[:3, 2] * 22
    assert not any("edge" in f for f in segment(ct(skull[22:].copy(), ijk_to_ras)).findings)


@pytest.mark.slow
def test_a_neck_far_below_the_vertex_is_left_out():
    size = (96, 110, 190)
    ijk_to_ras = scan_affine(size=size)
    ijk_to_ras[2, 3] = -280
    p = voxel_positions(ijk_to_ras, size)
    array = ellipsoid_head(ijk_to_ras, size)
    array[(np.linalg.norm(p[..., :2], axis=-1) < 45) & (p[..., 2] < -38)] = 40
    spine = (np.linalg.norm(p[..., :2] - [0, -30], axis=-1) < 12) & (p[..., 2] < -40)
    array[spine] = 700
    segmented = segment(ct(array, ijk_to_ras))
    assert any("neck" in f for f in segmented.findings)
    assert p[segmented.mask][:, 2].min() >= SKULL_HALF_AXES_MM[2] - 265


# real data


@pytest.mark.slow
@pytest.mark.skipif(not (DATA / "philips_phantom").is_dir(), reason=NO_DATA)
def test_the_phantom_is_segmented_fast_and_without_its_holder():
    from SkullRestoreLib.io.read import read

    volume = read(DATA / "philips_phantom")
    start = time.process_time()
    segmented = segment(volume)
    assert time.process_time() - start < 6  # about 1 s of one core
    assert 350 < segmented.threshold_hu < 450
    assert volume_ml(segmented) == pytest.approx(382, abs=15)
    assert any("outside the head" in f for f in segmented.findings)


@pytest.mark.slow
@pytest.mark.skipif(not (DATA / "skullfix").is_dir(), reason=NO_DATA)
@pytest.mark.parametrize(
    ("name", "touches"), [("complete/044", True), ("complete/054", False), ("defective_only/000", False)]
)
def test_real_masks_pass_and_044_touches_the_top(name, touches):
    from SkullRestoreLib.io.read import read

    segmented = segment(read(DATA / "skullfix" / f"{name}.nrrd"))
    assert any("touches the top" in f for f in segmented.findings) == touches
