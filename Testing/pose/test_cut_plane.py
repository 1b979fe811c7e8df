"""A head that a plane cuts off is refused with the side; no defect is, however large, nor the lower end of a scan."""

from functools import partial

import numpy as np
import pytest
from helpers_head import phantom_head

from SkullRestoreLib._system import resources
from SkullRestoreLib.affine import apply_affine, invert_affine, voxel_spacing
from SkullRestoreLib.errors import InputError
from SkullRestoreLib.method_parameters import METHOD
from SkullRestoreLib.pipeline import head_steps
from SkullRestoreLib.pose.cut_plane import check_not_cut_off, describe_flat_end, find_cut_planes
from SkullRestoreLib.records import Pose, Volume
from SkullRestoreLib.segmentation.bone_segmentation import segment
from SkullRestoreLib.skull_model.atlas import load_atlas


@pytest.fixture(scope="module")
def atlas():
    return load_atlas(resources.weights_path("shape.safetensors"))


def cut_head(normal, at_mm, *, opposite_mm=None, head=None):
    """The intact head's bone as a mask, without what is further than this along a direction of the head frame."""
    head = head or phantom_head()
    mask = head.intact >= 400
    k, j, i = np.nonzero(mask)
    place = apply_affine(invert_affine(head.head_to_ras) @ head.ijk_to_ras, np.stack([i, j, k], axis=1).astype(float))
    along = place @ (np.array(normal) / np.linalg.norm(normal))
    lost = along > at_mm
    if opposite_mm is not None:
        lost |= along < opposite_mm
    mask[k[lost], j[lost], i[lost]] = False
    return Volume(mask, head.ijk_to_ras, "mask")


def check(volume, atlas, *, head=None):
    head = head or phantom_head()
    return check_not_cut_off(segment(volume), Pose(invert_affine(head.head_to_ras), 1.0, 1.0), atlas.template)


@pytest.mark.parametrize(
    ("normal", "at_mm", "side"),
    [
        ((0, 1, 0), 0, "front"),
        ((0, 1, 0), 60, "front"),
        ((0, -1, 0), 0, "back"),
        ((0, -1, 0), 70, "back"),
        ((1, 0, 0), 30, "right"),
        ((-1, 0, 0), 45, "left"),
        ((0, 0, 1), 20, "top"),
        ((0, 1, 0.7), 20, "front"),
        ((0, -0.9, 0.9), 20, "top|back"),
        ((1, 2, 1.3), 30, "front"),
        ((-1, -1, 0.3), 30, "left|back"),
    ],
)
def test_a_head_that_any_plane_cuts_off_is_refused_with_the_side(atlas, normal, at_mm, side):
    with pytest.raises(
        InputError, match=rf"ends in a plane over \d+ cm² at the ({side}) of the scan; \d+ mm of the head"
    ):
        check(cut_head(normal, at_mm), atlas)


def test_a_slab_is_refused(atlas):
    with pytest.raises(InputError, match="a part of a scan or of a skull"):
        check(cut_head((0, 1, 0), 55, opposite_mm=-45), atlas)


def test_a_ct_from_which_a_part_was_erased_is_refused(atlas):
    kept = cut_head((0, -1, 0), 20).array
    ct = np.where((phantom_head().intact >= 400) & ~kept, -1000, phantom_head().intact).astype(np.int16)
    lost = ~kept.any(axis=(0, 2))
    ct[:, lost] = -1000
    with pytest.raises(InputError, match="at the back"):
        check(Volume(ct, phantom_head().ijk_to_ras, "ct"), atlas)


@pytest.mark.slow
@pytest.mark.parametrize(("place", "size_cm"), [("frontal", 14.0), ("parietal", 14.0), ("occipital", 12.0)])
def test_a_defect_is_no_cut_however_large(atlas, place, size_cm):
    head = phantom_head(place, size_cm)
    assert check(head.volume(), atlas, head=head) == ()


@pytest.mark.parametrize(
    ("elevation_deg", "half_angle_deg"), [(5, 40), (-15, 32), (-25, 32)], ids=["occiput", "occiput and base", "base"]
)
def test_a_hole_whose_margin_touches_a_plane_is_no_cut(atlas, elevation_deg, half_angle_deg):
    """Base is lost with the occiput, but the plane over the hole touches only the edge of the outer table."""
    head, turn = phantom_head(), np.radians(elevation_deg)
    mask = head.intact >= 400
    k, j, i = np.nonzero(mask)
    place = apply_affine(invert_affine(head.head_to_ras) @ head.ijk_to_ras, np.stack([i, j, k], axis=1).astype(float))
    along = place @ [0.0, -np.cos(turn), np.sin(turn)]
    lost = (along > np.cos(np.radians(half_angle_deg)) * np.linalg.norm(place, axis=1)) & (along > 45)
    mask[k[lost], j[lost], i[lost]] = False
    assert check(Volume(mask, head.ijk_to_ras, "mask"), atlas) == ()


@pytest.mark.parametrize("spacing_mm", [(1.0, 1.0, 3.0), (1.0, 3.0, 1.0)], ids=["across the cut", "along the cut"])
def test_a_cut_is_seen_in_thick_slices(atlas, spacing_mm):
    volume = cut_head((0, -1, 0.2), 40)
    step = np.maximum(1, np.rint(np.array(spacing_mm) / voxel_spacing(volume.ijk_to_ras)).astype(int))
    thick = volume.array[:: step[2], :: step[1], :: step[0]]
    with pytest.raises(InputError, match="at the back of the scan"):
        check(Volume(np.ascontiguousarray(thick), volume.ijk_to_ras @ np.diag([*step, 1.0]), "mask"), atlas)


def test_an_intact_head_that_ends_in_a_plane_below_is_not_cut_off(atlas):
    assert check(phantom_head().volume(intact=True), atlas) == ()
    assert check(cut_head((0, 0.5, -1), 25), atlas) == ()


def test_a_face_that_is_cut_away_is_no_part_of_the_vault(atlas):
    low_front = cut_head((0, 1, -1), 80)
    assert find_cut_planes(segment(low_front))
    assert check(low_front, atlas) == ()


def test_vault_that_alone_ends_in_a_plane_is_restored_with_a_finding(atlas):
    (finding,) = check(cut_head((0, 0, 1), 55), atlas)
    assert "at the top of the scan" in finding
    assert "a defect, or the end of the scan" in finding


def test_the_side_is_left_open_where_the_input_does_not_say_it(atlas):
    volume = cut_head((1, 0, 0), 30)
    unsure = Volume(volume.array, volume.ijk_to_ras, "mask", side_known=False)
    with pytest.raises(InputError, match="at the left or right"):
        check(unsure, atlas)


def test_a_plane_below_in_a_doubtful_frame_counts_where_it_is_not_below_in_the_scan(atlas):
    bone = segment(cut_head((0, -1, 0), 0))
    turned = np.eye(4)
    turned[:3, :3] = [[1, 0, 0], [0, 0, -1], [0, 1, 0]]  # the back of the head taken for its lower end
    ras_to_head = turned @ invert_affine(phantom_head().head_to_ras)
    assert "back" not in " ".join(check_or_error(bone, Pose(ras_to_head, 1.0, 1.0), atlas))
    doubtful = Pose(ras_to_head, 1.0, 1.0, ("It is not certain how the head is placed.",))
    assert "at the back of the scan" in " ".join(check_or_error(bone, doubtful, atlas))


def check_or_error(bone, pose, atlas):
    try:
        return check_not_cut_off(bone, pose, atlas.template)
    except InputError as error:
        return (str(error),)


@pytest.mark.slow
def test_the_plane_is_the_reason_where_no_head_is_recognised(atlas):
    assert describe_flat_end(segment(phantom_head().volume())) == ""
    bone = segment(cut_head((0, -0.9, 0.9), 10))
    assert "ends in a plane over" in describe_flat_end(bone)
    with pytest.raises(InputError, match=r"ends in a plane over \d+ cm²"):
        head_steps.find_pose(bone, atlas, position="LI", parameters=METHOD)


def test_a_restoration_of_a_head_without_its_back_is_refused(atlas):
    bone = segment(cut_head((0, -1, 0), 40))
    with pytest.raises(InputError, match=r"at the back of the scan; .* mm of the head are missing"):
        partial(head_steps.find_pose, bone, atlas)()
