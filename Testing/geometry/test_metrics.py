"""Measures are compared with values that can be worked out by hand."""

from dataclasses import astuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as profile
from hypothesis import strategies as st
from scipy import ndimage
from scipy.spatial import cKDTree

from SkullRestoreLib.geometry.metrics import SurfaceDeviation, grade_deviation, measure_deviation, measure_overlap

SHAPE = (40, 40, 40)
ONE = (1.0, 1.0, 1.0)


def cube(low, high, shape=SHAPE):
    mask = np.zeros(shape, dtype=bool)
    mask[tuple(slice(a, b) for a, b in zip(low, high, strict=True))] = True
    return mask


PIECE = cube((10, 10, 10), (20, 20, 20))
SKULL = cube((0, 0, 0), (5, 40, 40))


def test_a_piece_against_itself_is_perfect():
    scores = measure_overlap(PIECE, PIECE, SKULL, ONE)
    assert (scores.dsc, scores.bdsc, scores.hd95_mm) == (1.0, 1.0, 0.0)


def test_a_cube_moved_by_half_its_side_overlaps_by_half():
    scores = measure_overlap(PIECE, cube((15, 10, 10), (25, 20, 20)), SKULL, ONE)
    assert scores.dsc == 0.5


def test_the_border_score_counts_only_voxels_within_ten_millimetres_of_the_skull():
    # The skull's last layer is k = 4, so the border reaches k = 14: five of the ten layers of the true piece, and all
    # five of the restored one.
    restored = cube((10, 10, 10), (15, 20, 20))
    scores = measure_overlap(PIECE, restored, SKULL, ONE)
    assert scores.dsc == pytest.approx(2 * 5 / 15)
    assert scores.bdsc == 1.0


def test_the_border_is_measured_in_millimetres_and_not_in_voxels():
    # Layers 2.5 mm apart: only k <= 8 is within 10 mm of the skull, where neither piece is.
    assert measure_overlap(PIECE, cube((10, 10, 10), (12, 20, 20)), SKULL, (2.5, 1, 1)).bdsc == 1.0
    # Layers half a millimetre apart: k <= 24 is, which is all of both.
    scores = measure_overlap(PIECE, cube((10, 10, 10), (15, 20, 20)), SKULL, (0.5, 1, 1))
    assert scores.bdsc == scores.dsc == pytest.approx(2 / 3)


def test_voxels_within_the_skull_belong_to_the_border():
    restored = cube((3, 10, 10), (20, 20, 20))
    assert measure_overlap(PIECE, restored, SKULL, ONE).bdsc == pytest.approx(2 * 5 / (5 + 12))


def test_the_distance_of_two_plates_is_their_distance():
    one, other = cube((10, 5, 5), (11, 35, 35)), cube((17, 5, 5), (18, 35, 35))
    assert measure_overlap(one, other, SKULL, ONE).hd95_mm == 7.0
    assert measure_overlap(one, other, SKULL, (0.5, 3.0, 3.0)).hd95_mm == 3.5


def test_the_distance_is_the_95th_percentile_of_both_ways_together():
    plate = cube((10, 10, 10), (11, 20, 20))
    lone = plate.copy()
    lone[30, 15, 15] = True
    scores = measure_overlap(plate, lone, SKULL, ONE)
    assert scores.hd95_mm == 0.0  # one voxel of 201 is less than 5 %
    far = plate | cube((30, 10, 10), (31, 13, 13))
    assert measure_overlap(plate, far, SKULL, ONE).hd95_mm == 0.0  # 9 of 209
    farther = plate | cube((30, 10, 10), (31, 14, 14))
    assert measure_overlap(plate, farther, SKULL, ONE).hd95_mm == 20.0  # 16 of 216


def test_only_border_voxels_are_measured():
    # A cube and the same cube with a hollow: the outer borders agree, the border voxels of the hollow are up to 4 mm
    # from the border of the cube.
    hollow = PIECE & ~cube((14, 14, 14), (16, 16, 16))
    border = hollow & ~ndimage.binary_erosion(hollow)
    inner = border & ~(PIECE & ~ndimage.binary_erosion(PIECE))
    outer_count = (PIECE & ~ndimage.binary_erosion(PIECE)).sum()
    expected = np.percentile(np.concatenate([np.zeros(2 * outer_count), np.full(inner.sum(), 3.0)]), 95)
    assert measure_overlap(PIECE, hollow, SKULL, ONE).hd95_mm == expected


def test_cropping_does_not_change_the_scores():
    generator = np.random.default_rng(4)
    truth, restored = (ndimage.gaussian_filter(generator.normal(size=(48, 44, 40)), 4) > 0.02 for _ in range(2))
    skull = ndimage.gaussian_filter(generator.normal(size=(48, 44, 40)), 3) > 0.05
    spacing = (1.2, 0.7, 0.9)
    near = ndimage.distance_transform_edt(~skull, sampling=spacing) <= 10

    def border(mask):
        return mask & ~ndimage.binary_erosion(mask)

    def distances(a, b):
        return ndimage.distance_transform_edt(~border(b), sampling=spacing)[border(a)]

    scores = measure_overlap(truth, restored, skull, spacing)
    assert scores.dsc == pytest.approx(2 * (truth & restored).sum() / (truth.sum() + restored.sum()))
    assert scores.bdsc == pytest.approx(
        2 * (truth & restored & near).sum() / ((truth & near).sum() + (restored & near).sum())
    )
    assert scores.hd95_mm == pytest.approx(
        np.percentile(np.concatenate([distances(truth, restored), distances(restored, truth)]), 95)
    )


@profile(max_examples=20)
@given(st.permutations([0, 1, 2]), st.sampled_from([0.25, 0.5, 2.0]))
def test_permuted_axes_change_nothing_and_another_unit_scales_the_distance(axes, scale):
    spacing = np.array([0.5, 1.0, 2.0])
    truth, restored = cube((8, 9, 10), (20, 22, 19)), cube((9, 8, 12), (23, 20, 21))
    reference = measure_overlap(truth, restored, SKULL, spacing)
    turned = measure_overlap(*(mask.transpose(axes) for mask in (truth, restored, SKULL)), spacing[list(axes)])
    scaled = measure_overlap(truth, restored, SKULL, spacing * scale)
    assert astuple(turned) == pytest.approx(astuple(reference), rel=1e-12)
    assert scaled.dsc == reference.dsc
    assert scaled.hd95_mm == pytest.approx(reference.hd95_mm * scale)
    assert scaled.mean_mm == pytest.approx(reference.mean_mm * scale)


def test_the_mean_distance_of_a_piece_moved_by_a_voxel_is_that_of_its_two_faces_across():
    plate = cube((10, 5, 5), (12, 25, 25))
    moved = np.roll(plate, 1, axis=0)
    scores = measure_overlap(plate, moved, SKULL, (0.5, 1.0, 1.0))
    assert scores.mean_mm == pytest.approx(0.25)


def test_an_empty_restoration_has_no_overlap_and_an_infinite_distance():
    scores = measure_overlap(PIECE, np.zeros(SHAPE, dtype=bool), SKULL, ONE)
    assert (scores.dsc, scores.hd95_mm) == (0.0, float("inf"))


def test_an_empty_restoration_where_nothing_was_missing_is_perfect():
    scores = measure_overlap(*[np.zeros(SHAPE, dtype=bool)] * 2, SKULL, ONE)
    assert (scores.dsc, scores.bdsc, scores.hd95_mm) == (1.0, 1.0, 0.0)


def test_masks_of_different_grids_are_refused():
    with pytest.raises(ValueError, match="must be on one grid"):
        measure_overlap(PIECE, PIECE[1:], SKULL, ONE)


@pytest.mark.parametrize("spacing", [(1.0, 1.0), (1.0, 0.0, 1.0), (1.0, float("nan"), 1.0)])
def test_an_invalid_spacing_is_refused(spacing):
    with pytest.raises(ValueError, match="three positive numbers"):
        measure_overlap(PIECE, PIECE, SKULL, spacing)


def plane(height, apart=0.5):
    x, y = np.meshgrid(np.arange(-20, 20, apart), np.arange(-20, 20, apart))
    return np.column_stack([x.ravel(), y.ravel(), np.full(x.size, height)])


def test_two_planes_deviate_by_their_distance():
    scores = measure_deviation(plane(3.0), plane(0.0))
    assert (scores.largest_mm, scores.rms_mm, scores.median_mm) == pytest.approx((3.0, 3.0, 3.0))


def test_with_normals_a_coarsely_sampled_truth_gives_the_same_deviation():
    restored, truth = plane(0.2) + np.array([0.3, 0.1, 0.0]), plane(0.0, apart=1.0)
    assert measure_deviation(restored, truth).median_mm > 0.25
    scores = measure_deviation(restored, truth, np.tile([0.0, 0.0, 1.0], (len(truth), 1)))
    assert (scores.largest_mm, scores.rms_mm) == pytest.approx((0.2, 0.2), abs=0.001)


def test_one_pit_in_a_thousand_points_does_not_make_the_largest_deviation():
    restored = plane(1.0)
    restored[::1000, 2] = 30.0
    assert measure_deviation(restored, cKDTree(plane(0.0))).largest_mm == pytest.approx(1.0)


def test_root_mean_square_and_median_are_as_computed_by_hand():
    restored = np.array([[0, 0, 0], [0, 0, 0], [5, 0, 3.0], [5, 0, 4.0]])
    scores = measure_deviation(restored, plane(0.0))
    assert scores.rms_mm == pytest.approx(2.5)
    assert scores.median_mm == pytest.approx(1.5)


@pytest.mark.parametrize(("restored", "truth"), [(np.zeros((0, 3)), plane(0.0)), (plane(0.0), np.zeros((0, 3)))])
def test_a_surface_without_points_is_refused(restored, truth):
    with pytest.raises(ValueError, match="one of them has none"):
        measure_deviation(restored, truth)


@pytest.mark.parametrize(
    ("largest", "rms", "grade"),
    [
        (3.9, 1.3, "good"),
        (3.91, 1.0, "acceptable"),
        (3.0, 1.31, "acceptable"),
        (6.0, 2.0, "acceptable"),
        (6.01, 1.0, "unacceptable"),
        (3.0, 2.01, "unacceptable"),
        (float("nan"), 1.0, "unacceptable"),
    ],
)
def test_a_grade_needs_both_the_largest_and_the_mean_deviation(largest, rms, grade):
    assert grade_deviation(SurfaceDeviation(largest, rms, 1.0)) == grade


@pytest.mark.slow
def test_a_real_piece_moved_by_one_slice_is_one_slice_off(shared_data):
    import SimpleITK

    image = SimpleITK.ReadImage(str(shared_data / "skullfix" / "implant" / "000.nrrd"))
    complete = SimpleITK.ReadImage(str(shared_data / "skullfix" / "complete" / "000.nrrd"))
    piece = SimpleITK.GetArrayViewFromImage(image).astype(bool)
    skull = SimpleITK.GetArrayViewFromImage(complete).astype(bool) & ~piece
    spacing = image.GetSpacing()[::-1]
    scores = measure_overlap(piece, np.roll(piece, 1, axis=0), skull, spacing)
    assert scores.hd95_mm == pytest.approx(spacing[0], abs=0.01)
    assert 0.8 < scores.dsc < 1.0
    assert 0.8 < scores.bdsc < 1.0
