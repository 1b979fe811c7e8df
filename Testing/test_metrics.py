"""Figures that can be worked out by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as profile
from hypothesis import strategies as st
from scipy import ndimage
from scipy.spatial import cKDTree

from SkullRestoreLib.evaluation.metrics import Deviation, deviation, grade, overlap

SHAPE = (40, 40, 40)
ONE = (1.0, 1.0, 1.0)


def cube(low, high, shape=SHAPE):
    mask = np.zeros(shape, dtype=bool)
    mask[tuple(slice(a, b) for a, b in zip(low, high, strict=True))] = True
    return mask


PIECE = cube((10, 10, 10), (20, 20, 20))
SKULL = cube((0, 0, 0), (5, 40, 40))


def test_a_piece_against_itself_is_perfect():
    figures = overlap(PIECE, PIECE, SKULL, ONE)
    assert (figures.dsc, figures.bdsc, figures.hd95_mm) == (1.0, 1.0, 0.0)


def test_a_cube_moved_by_half_its_side_overlaps_by_half():
    figures = overlap(PIECE, cube((15, 10, 10), (25, 20, 20)), SKULL, ONE)
    assert figures.dsc == 0.5


def test_the_border_figure_counts_only_voxels_within_ten_millimetres_of_the_skull():
    # The skull's last layer is k = 4, so the border reaches k = 14: five of the ten layers of the true piece, and all five of the made one there.
    made = cube((10, 10, 10), (15, 20, 20))
    figures = overlap(PIECE, made, SKULL, ONE)
    assert figures.dsc == pytest.approx(2 * 5 / 15)
    assert figures.bdsc == 1.0


def test_the_border_is_measured_in_millimetres_and_not_in_voxels():
    # Layers 2.5 mm apart: only k <= 8 is within 10 mm of the skull, where neither piece is.
    assert overlap(PIECE, cube((10, 10, 10), (12, 20, 20)), SKULL, (2.5, 1, 1)).bdsc == 1.0
    # Layers half a millimetre apart: k <= 24 is, the whole of both.
    figures = overlap(PIECE, cube((10, 10, 10), (15, 20, 20)), SKULL, (0.5, 1, 1))
    assert figures.bdsc == figures.dsc == pytest.approx(2 / 3)


def test_voxels_within_the_skull_belong_to_the_border():
    made = cube((3, 10, 10), (20, 20, 20))
    assert overlap(PIECE, made, SKULL, ONE).bdsc == pytest.approx(2 * 5 / (5 + 12))


def test_the_distance_of_two_plates_is_their_distance():
    one, other = cube((10, 5, 5), (11, 35, 35)), cube((17, 5, 5), (18, 35, 35))
    assert overlap(one, other, SKULL, ONE).hd95_mm == 7.0
    assert overlap(one, other, SKULL, (0.5, 3.0, 3.0)).hd95_mm == 3.5


def test_the_distance_is_the_95th_percentile_of_both_ways_together():
    plate = cube((10, 10, 10), (11, 20, 20))
    lone = plate.copy()
    lone[30, 15, 15] = True
    figures = overlap(plate, lone, SKULL, ONE)
    assert figures.hd95_mm == 0.0  # one voxel of 201 is less than 5 %
    far = plate | cube((30, 10, 10), (31, 13, 13))
    assert overlap(plate, far, SKULL, ONE).hd95_mm == 0.0  # 9 of 209
    farther = plate | cube((30, 10, 10), (31, 14, 14))
    assert overlap(plate, farther, SKULL, ONE).hd95_mm == 20.0  # 16 of 216


def test_only_border_voxels_are_measured():
    # A cube and the same cube with a hollow: the outer borders agree, the hollow's border voxels are up to 4 mm from the cube's border.
    hollow = PIECE & ~cube((14, 14, 14), (16, 16, 16))
    border = hollow & ~ndimage.binary_erosion(hollow)
    inner = border & ~(PIECE & ~ndimage.binary_erosion(PIECE))
    outer_count = (PIECE & ~ndimage.binary_erosion(PIECE)).sum()
    expected = np.percentile(np.concatenate([np.zeros(2 * outer_count), np.full(inner.sum(), 3.0)]), 95)
    assert overlap(PIECE, hollow, SKULL, ONE).hd95_mm == expected


def test_cropping_changes_no_figure():
    generator = np.random.default_rng(4)
    truth, made = (ndimage.gaussian_filter(generator.normal(size=(48, 44, 40)), 4) > 0.02 for _ in range(2))
    skull = ndimage.gaussian_filter(generator.normal(size=(48, 44, 40)), 3) > 0.05
    spacing = (1.2, 0.7, 0.9)
    near = ndimage.distance_transform_edt(~skull, sampling=spacing) <= 10

    def border(mask):
        return mask & ~ndimage.binary_erosion(mask)

    def distances(a, b):
        return ndimage.distance_transform_edt(~border(b), sampling=spacing)[border(a)]

    figures = overlap(truth, made, skull, spacing)
    assert figures.dsc == pytest.approx(2 * (truth & made).sum() / (truth.sum() + made.sum()))
    assert figures.bdsc == pytest.approx(2 * (truth & made & near).sum() / ((truth & near).sum() + (made & near).sum()))
    assert figures.hd95_mm == pytest.approx(np.percentile(np.concatenate([distances(truth, made), distances(made, truth)]), 95))


@profile(max_examples=20)
@given(st.permutations([0, 1, 2]), st.sampled_from([0.25, 0.5, 2.0]))
def test_turning_the_axes_or_changing_the_unit_changes_what_it_must(axes, scale):
    spacing = np.array([0.5, 1.0, 2.0])
    truth, made = cube((8, 9, 10), (20, 22, 19)), cube((9, 8, 12), (23, 20, 21))
    plain = overlap(truth, made, SKULL, spacing)
    turned = overlap(*(mask.transpose(axes) for mask in (truth, made, SKULL)), spacing[list(axes)])
    scaled = overlap(truth, made, SKULL, spacing * scale)
    assert turned == plain
    assert scaled.dsc == plain.dsc
    assert scaled.hd95_mm == pytest.approx(plain.hd95_mm * scale)


def test_nothing_made_has_no_overlap_and_an_endless_distance():
    figures = overlap(PIECE, np.zeros(SHAPE, dtype=bool), SKULL, ONE)
    assert (figures.dsc, figures.hd95_mm) == (0.0, float("inf"))


def test_nothing_made_where_nothing_was_missing_is_perfect():
    figures = overlap(*[np.zeros(SHAPE, dtype=bool)] * 2, SKULL, ONE)
    assert (figures.dsc, figures.bdsc, figures.hd95_mm) == (1.0, 1.0, 0.0)


def test_masks_of_different_grids_are_refused():
    with pytest.raises(ValueError, match="must lie on one grid"):
        overlap(PIECE, PIECE[1:], SKULL, ONE)


@pytest.mark.parametrize("spacing", [(1.0, 1.0), (1.0, 0.0, 1.0), (1.0, float("nan"), 1.0)])
def test_a_spacing_that_is_none_is_refused(spacing):
    with pytest.raises(ValueError, match="three positive numbers"):
        overlap(PIECE, PIECE, SKULL, spacing)


def plane(height, apart=0.5):
    x, y = np.meshgrid(np.arange(-20, 20, apart), np.arange(-20, 20, apart))
    return np.column_stack([x.ravel(), y.ravel(), np.full(x.size, height)])


def test_two_planes_deviate_by_their_distance():
    figures = deviation(plane(3.0), plane(0.0))
    assert (figures.largest, figures.rms, figures.median) == pytest.approx((3.0, 3.0, 3.0))


def test_with_normals_a_coarsely_sampled_truth_gives_the_same_deviation():
    restored, truth = plane(0.2) + np.array([0.3, 0.1, 0.0]), plane(0.0, apart=1.0)
    assert deviation(restored, truth).median > 0.25
    figures = deviation(restored, truth, np.tile([0.0, 0.0, 1.0], (len(truth), 1)))
    assert (figures.largest, figures.rms) == pytest.approx((0.2, 0.2), abs=0.001)


def test_one_pit_in_a_thousand_points_does_not_make_the_largest_deviation():
    restored = plane(1.0)
    restored[::1000, 2] = 30.0
    assert deviation(restored, cKDTree(plane(0.0))).largest == pytest.approx(1.0)


def test_root_mean_square_and_median_are_what_they_say():
    restored = np.array([[0, 0, 0], [0, 0, 0], [5, 0, 3.0], [5, 0, 4.0]])
    figures = deviation(restored, plane(0.0))
    assert figures.rms == pytest.approx(2.5)
    assert figures.median == pytest.approx(1.5)


@pytest.mark.parametrize(("restored", "truth"), [(np.zeros((0, 3)), plane(0.0)), (plane(0.0), np.zeros((0, 3)))])
def test_a_surface_without_points_is_refused(restored, truth):
    with pytest.raises(ValueError, match="one of them has none"):
        deviation(restored, truth)


@pytest.mark.parametrize(
    ("largest", "rms", "verdict"),
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
def test_a_grade_needs_both_the_largest_and_the_mean_deviation(largest, rms, verdict):
    assert grade(Deviation(largest, rms, 1.0)) == verdict


def test_a_real_piece_moved_by_one_slice_is_one_slice_off(shared_data):
    import SimpleITK

    image = SimpleITK.ReadImage(str(shared_data / "skullfix" / "implant" / "000.nrrd"))
    whole = SimpleITK.ReadImage(str(shared_data / "skullfix" / "complete" / "000.nrrd"))
    piece = SimpleITK.GetArrayViewFromImage(image).astype(bool)
    skull = SimpleITK.GetArrayViewFromImage(whole).astype(bool) & ~piece
    spacing = image.GetSpacing()[::-1]
    figures = overlap(piece, np.roll(piece, 1, axis=0), skull, spacing)
    assert figures.hd95_mm == pytest.approx(spacing[0], abs=0.01)
    assert 0.8 < figures.dsc < 1.0
    assert 0.8 < figures.bdsc < 1.0
