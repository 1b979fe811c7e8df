import time

import numpy as np
import pytest
from helpers_intake import BOTTOM, DATA, NO_DATA, OUTER, THICKNESS, affine, head, points
from hypothesis import given, settings
from hypothesis import strategies as st

from SkullRestoreLib.case import InputError, Volume
from SkullRestoreLib.mask import bone_islands, find_threshold, segment, without_islands

SIZE = (96, 110, 78)
PLACE = affine(size=SIZE)


def ct(array, place=PLACE):
    array.flags.writeable = False
    return Volume(array, place, "ct")


def mask(array, place=PLACE):
    return Volume(np.asarray(array, bool), place, "mask")


@pytest.fixture(scope="module")
def skull():
    return head()


@pytest.fixture(scope="module")
def bone(skull):
    return segment(ct(skull))


def ml(bone):
    return bone.mask.sum() * abs(np.linalg.det(bone.ijk_to_ras[:3, :3])) / 1000


def put(array, spheres):
    out = array.copy()
    p = points(PLACE, SIZE)
    for *centre, radius, value in spheres:
        out[np.linalg.norm(p - centre, axis=-1) <= radius] = value
    return out


def test_the_bone_has_the_volume_of_the_skull(bone):
    p = points(affine((1, 1, 1), (160, 200, 140)), (160, 200, 140))
    true = (
        (np.linalg.norm(p / OUTER, axis=-1) < 1) & (np.linalg.norm(p / (OUTER - THICKNESS), axis=-1) > 1) & (p[..., 2] > BOTTOM)
    ).sum() / 1000
    assert ml(bone) == pytest.approx(true, rel=0.03)


def test_field_and_mask_agree_and_the_scan_is_left_as_it_was(skull, bone):
    np.testing.assert_array_equal(bone.mask, bone.field >= bone.iso)
    assert bone.field.dtype == np.int16
    assert bone.metal is None
    same = bone.mask | (skull < bone.iso)
    np.testing.assert_array_equal(bone.field[same], skull[same])


@pytest.mark.parametrize(("hu", "expected"), [(600, 320), (900, 470), (1500, 500), (330, 185)])
def test_the_threshold_lies_half_way_between_soft_tissue_and_bone_within_bounds(hu, expected):
    assert find_threshold(ct(head(bone_hu=hu))) == pytest.approx(expected, abs=40)


def test_noise_hardly_moves_the_threshold(skull):
    noisy = (skull + np.random.default_rng(0).normal(0, 40, skull.shape)).astype(np.int16)
    assert find_threshold(ct(noisy)) == pytest.approx(find_threshold(ct(skull)), abs=40)


def test_a_dry_skull_without_soft_tissue_is_segmented_at_the_lowest_threshold():
    bone = segment(ct(head(soft=False)))
    assert bone.threshold_hu == 150
    assert ml(bone) > 300


def test_the_users_threshold_is_taken_and_an_absurd_one_refused(skull):
    assert segment(ct(skull), threshold_hu=700).iso == 700
    with pytest.raises(InputError, match="outside 50 to 1500 HU"):
        segment(ct(skull), threshold_hu=9000)


def test_a_head_rest_and_a_table_outside_the_head_are_taken_out(skull, bone):
    p = points(PLACE, SIZE)
    r = np.linalg.norm(p[..., :2] / (OUTER + 12)[:2], axis=-1)
    rest = (np.abs(r - 1) < 0.03) & (p[..., 1] < -60)
    cluttered = skull.copy()
    cluttered[rest | (p[..., 1] < -104)] = 800
    found = segment(ct(cluttered))
    assert any("outside the head" in f for f in found.findings)
    assert (found.mask != bone.mask).mean() < 1e-4


def test_a_head_rest_in_a_mask_is_taken_out(bone):
    p = points(PLACE, SIZE)
    r = np.linalg.norm(p[..., :2] / (OUTER + 12)[:2], axis=-1)
    found = segment(mask(bone.mask | ((np.abs(r - 1) < 0.03) & (p[..., 1] < -60))))
    np.testing.assert_array_equal(found.mask, bone.mask)


@pytest.mark.parametrize("kind", ["ct", "mask"])
def test_what_a_saw_line_cuts_apart_stays(skull, bone, kind):
    line = np.abs(points(PLACE, SIZE)[..., 2] - 7) < 1
    if kind == "ct":
        sawn = skull.copy()
        sawn[line] = np.minimum(sawn[line], 40)
        found = segment(ct(sawn))
    else:
        found = segment(mask(bone.mask & ~line))
    np.testing.assert_array_equal(found.mask, bone.mask & ~line)


def test_a_mandible_below_the_skull_stays_in_a_ct():
    p = points(PLACE, SIZE)
    jaw = (np.abs(np.linalg.norm(p[..., :2] - [0, 20], axis=-1) - 35) < 5) & (np.abs(p[..., 2] + 56) < 6)
    array = head()
    array[jaw] = 900
    assert segment(ct(array)).mask[jaw].all()


def test_specks_are_dropped(skull, bone):
    noisy = put(skull, [(0, 0, 20, 1.0, 900)])
    np.testing.assert_array_equal(segment(ct(noisy)).mask, bone.mask)


def test_new_bone_on_the_dura_is_offered_as_islands_and_can_be_removed(skull):
    hole = head(holes=[(70, 0, 30, 35)])
    found = segment(ct(put(hole, [(50, 0, 30, 6, 700), (45, 25, 20, 4, 600)])))
    islands = bone_islands(found)
    assert len(islands) == 2
    np.testing.assert_allclose(islands[0].centre, [50, 0, 30], atol=1.5)
    np.testing.assert_allclose(islands[1].centre, [45, 25, 20], atol=1.5)
    assert islands[0].volume_ml == pytest.approx(4 / 3 * np.pi * 0.6**3, rel=0.3)
    left = without_islands(found, islands[:1])
    assert [i.voxels for i in bone_islands(left)] == [islands[1].voxels]
    assert found.mask.sum() - left.mask.sum() == islands[0].voxels
    np.testing.assert_array_equal(left.mask, left.field >= left.iso)
    with pytest.raises(ValueError, match="not found in this bone"):
        without_islands(left, islands)


def test_a_whole_skull_has_no_islands(bone):
    assert bone_islands(bone) == []


def test_metal_is_set_apart_with_its_rim_and_flagged(skull, bone):
    p = points(PLACE, SIZE)
    plate = (np.abs(p[..., 0] - 73) < 2.5) & (np.linalg.norm(p[..., 1:], axis=-1) < 15)
    array = skull.copy()
    array[plate] = 3071
    found = segment(ct(array))
    np.testing.assert_array_equal(found.metal, plate)
    assert not (found.mask & plate).any()
    assert any("metal" in f and "streaks" in f for f in found.findings)
    assert segment(ct(put(skull, [(70, 0, 0, 1.0, 3071)]))).metal is None


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
    p = points(PLACE, SIZE)
    with pytest.raises(InputError, match=r"\d+ mL of bone found; a skull has 150 to 1500 mL"):
        segment(mask(np.linalg.norm(p / (OUTER - 1), axis=-1) < 1))
    with pytest.raises(InputError, match=r"\d+ mL of bone found"):
        segment(mask(np.linalg.norm(p, axis=-1) < 20))


def test_bone_of_another_size_than_a_head_is_refused(bone):
    with pytest.raises(InputError, match="no whole head"):
        segment(mask(bone.mask & (points(PLACE, SIZE)[..., 0] > 5)))
    with pytest.raises(InputError, match="mL of bone found"):
        segment(mask(bone.mask, affine((1.0, 1.0, 1.0))))


def test_a_mask_keeps_its_two_values(bone):
    found = segment(mask(bone.mask))
    assert (found.field.dtype, found.iso, found.threshold_hu) == (np.uint8, 0.5, None)
    np.testing.assert_array_equal(found.field, bone.mask)


# where the scan ends


def turned(array, place, axes, flips):
    """The same scan, stored along other axes."""
    array, place = array.transpose(axes), place.copy()
    columns = [2 - axes[2], 2 - axes[1], 2 - axes[0]]
    place[:3, :3] = place[:3, columns]
    for axis in flips:
        column = 2 - axis
        place[:3, 3] += place[:3, column] * (array.shape[axis] - 1)
        place[:3, column] *= -1
        array = np.flip(array, axis)
    return np.ascontiguousarray(array), place


WAYS = st.tuples(st.permutations([0, 1, 2]), st.sets(st.integers(0, 2)))


@settings(max_examples=6, deadline=None, derandomize=True)
@given(WAYS)
def test_a_cut_vertex_is_refused_however_the_scan_is_stored(skull, bone, way):
    top = int(np.flatnonzero(bone.mask.any((1, 2)))[-1])
    for array, make in ((skull, ct), (bone.mask, mask)):
        with pytest.raises(InputError, match="top of the head is cut off"):
            segment(make(*turned(array[: top - 5], PLACE, *way)))


@settings(max_examples=4, deadline=None, derandomize=True)
@given(WAYS)
def test_bone_that_just_touches_the_top_slice_passes_with_a_finding(bone, way):
    top = int(np.flatnonzero(bone.mask.any((1, 2)))[-1])
    assert any("touches the top edge" in f for f in segment(mask(*turned(bone.mask[: top + 1], PLACE, *way))).findings)


@pytest.mark.parametrize("thickness", [1, 5])
@pytest.mark.parametrize(("end_mm", "passes"), [(3.5, True), (9.0, False)])
def test_thick_and_thin_slices_that_end_in_the_same_place_under_the_vertex_are_judged_alike(thickness, end_mm, passes):
    """The last of slices of 5 mm shows the vault 2.5 mm under the scan's end; the larger section there was taken for a cut vertex."""
    size = (96, 110, 120)
    place = affine((2.0, 2.0, 1.0), size)
    place[2, 3] = OUTER[2] - end_mm - size[2] + 0.5  # the last slice's upper face lies so far under the vertex
    array = head(place, size).reshape(-1, thickness, size[1], size[0]).mean(axis=1).astype(np.int16)
    place[:3, 3] += place[:3, 2] * (thickness - 1) / 2
    place[:3, 2] *= thickness
    if passes:
        assert any("touches the top edge" in f for f in segment(ct(array, place)).findings)
    else:
        with pytest.raises(InputError, match="top of the head is cut off"):
            segment(ct(array, place))


@pytest.mark.parametrize(
    ("side", "part"), [("right", np.s_[:, :, 48:]), ("left", np.s_[:, :, :60]), ("front", np.s_[:, 30:, :]), ("back", np.s_[:, :80, :])]
)
def test_a_head_that_is_cut_at_a_side_is_refused(skull, side, part):
    place = PLACE.copy()
    place[:3, 3] = PLACE[:3, :3] @ [part[2].start or 0, part[1].start or 0, 0] + PLACE[:3, 3]
    with pytest.raises(InputError, match=f"cut off at the {side}"):
        segment(ct(skull[part].copy(), place))


def test_a_head_that_is_cut_by_a_round_field_of_view_is_noted(skull):
    p = points(PLACE, SIZE)
    array = skull.copy()
    array[np.linalg.norm(p[..., :2] - [25, 0], axis=-1) > 90] = -3024
    assert any("edge of the field of view" in f for f in segment(ct(array)).findings)
    array = skull.copy()
    array[np.linalg.norm(p[..., :2], axis=-1) > 105] = -3024
    assert not any("field of view" in f for f in segment(ct(array)).findings)


def test_the_lower_edge_may_cut_the_skull(skull):
    place = PLACE.copy()
    place[:3, 3] += PLACE[:3, 2] * 22
    assert not any("edge" in f for f in segment(ct(skull[22:].copy(), place)).findings)


def test_a_neck_far_below_the_vertex_is_left_out():
    size = (96, 110, 190)
    place = affine(size=size)
    place[2, 3] = -280
    p = points(place, size)
    array = head(place, size)
    array[(np.linalg.norm(p[..., :2], axis=-1) < 45) & (p[..., 2] < -38)] = 40
    spine = (np.linalg.norm(p[..., :2] - [0, -30], axis=-1) < 12) & (p[..., 2] < -40)
    array[spine] = 700
    found = segment(ct(array, place))
    assert any("neck" in f for f in found.findings)
    assert p[found.mask][:, 2].min() >= OUTER[2] - 265


# real data


@pytest.mark.skipif(not (DATA / "philips_phantom").is_dir(), reason=NO_DATA)
def test_the_phantom_is_segmented_fast_and_without_its_holder():
    from SkullRestoreLib.read import read

    volume = read(DATA / "philips_phantom")
    start = time.process_time()
    found = segment(volume)
    assert time.process_time() - start < 6  # about 1 s of one core
    assert 350 < found.threshold_hu < 450
    assert ml(found) == pytest.approx(382, abs=15)
    assert any("outside the head" in f for f in found.findings)


@pytest.mark.skipif(not (DATA / "skullfix").is_dir(), reason=NO_DATA)
@pytest.mark.parametrize(("name", "touches"), [("complete/044", True), ("complete/054", False), ("defective_only/000", False)])
def test_real_masks_pass_and_044_touches_the_top(name, touches):
    from SkullRestoreLib.read import read

    found = segment(read(DATA / "skullfix" / f"{name}.nrrd"))
    assert any("touches the top" in f for f in found.findings) == touches
