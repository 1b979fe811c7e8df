"""Clinical holes on the phantom's head: where they are, what is left, and how the scan is disturbed."""

import numpy as np
import pytest
from helpers_evaluation import phantom_skull

from SkullRestoreLib.affine import apply_affine
from SkullRestoreLib.evaluation.cases import craniectomies, disturbances
from SkullRestoreLib.evaluation.cases.craniectomies import REGIONS, CraniectomyPlan, cut_voxels, plan_craniectomies
from SkullRestoreLib.evaluation.cases.ground_truth import measure_ground_truth
from SkullRestoreLib.records import Volume


@pytest.fixture(scope="module")
def skull():
    return phantom_skull()


@pytest.fixture(scope="module")
def holes(skull):
    """One piece of every region (two for bilateral), and its truth."""
    pieces_of_region = {}
    for number, region in enumerate(REGIONS):
        pieces = [cut_voxels(skull, c) for c in plan_craniectomies(region, np.random.default_rng([7, number]), skull)]
        pieces_of_region[region] = [(piece, measure_ground_truth(skull, piece)) for piece in pieces]
    return pieces_of_region


@pytest.mark.slow
@pytest.mark.parametrize("region", REGIONS)
def test_a_piece_is_bone_of_the_skull_and_of_a_hole_that_a_surgeon_would_restore(skull, holes, region):
    for piece, truth in holes[region]:
        assert not (piece & ~skull.bone).any()
        assert 3 < truth.area_cm2 < 200
        assert len(truth.margin) > 50


def middle(truth):
    """Direction of a hole's middle in the head frame."""
    point = apply_affine(truth.pose.ras_to_head, truth.table_points[truth.defect_mask].mean(axis=0))
    return point / np.linalg.norm(point)


@pytest.mark.slow
def test_holes_lie_where_their_region_says(holes):
    where = {region: middle(of_region[0][1]) for region, of_region in holes.items()}
    assert where["frontal"][1] > 0.4
    assert where["occipital"][1] < -0.4
    assert where["parietal"][2] > 0.4
    assert abs(where["temporal"][0]) > 0.8
    assert where["low temporal"][2] < where["parietal"][2]
    assert where["fronto-orbital"][1] > 0.7
    left, right = sorted(middle(t)[0] for _, t in holes["bilateral"])
    assert left < -0.3
    assert right > 0.3


def lowest_height_mm(truth):
    return apply_affine(truth.pose.ras_to_head, truth.table_points[truth.defect_mask])[:, 2].min()


@pytest.mark.slow
def test_a_low_temporal_hole_reaches_the_end_of_the_vault(skull, holes):
    truth = holes["low temporal"][0][1]
    azimuth = np.degrees(np.arctan2(middle(truth)[0], middle(truth)[1]))
    base = np.radians(craniectomies.lowest_vault_elevation(skull, azimuth))
    assert lowest_height_mm(truth) < 80 * np.sin(base) + 12


def test_the_same_seed_gives_the_same_piece(skull):
    first, again = (
        cut_voxels(skull, plan_craniectomies("parietal", np.random.default_rng(3), skull)[0]) for _ in range(2)
    )
    assert np.array_equal(first, again)


def test_a_bevel_makes_the_hole_narrower_inside_and_hardly_moves_its_outer_border(skull):
    outline = np.full(720, 22.0)
    up = np.array([0.5, -0.3, 0.8]) / np.linalg.norm([0.5, -0.3, 0.8])
    straight, bevelled = (cut_voxels(skull, CraniectomyPlan(up, 0.0, outline, bevel=b)) for b in (0.0, 0.8))
    assert bevelled.sum() < 0.9 * straight.sum()
    assert measure_ground_truth(skull, bevelled).area_cm2 == pytest.approx(
        measure_ground_truth(skull, straight).area_cm2, rel=0.12
    )


def test_burr_holes_are_added_to_the_outline(skull):
    outline, up = np.full(720, 20.0), np.array([0.0, 0.0, 1.0])
    plain = cut_voxels(skull, CraniectomyPlan(up, 0.0, outline))
    drilled = cut_voxels(skull, CraniectomyPlan(up, 0.0, outline, burr_holes=((20.0, 0.0, 6.0), (-20.0, 0.0, 6.0))))
    assert (plain & ~drilled).sum() == 0
    assert drilled.sum() > plain.sum()


def test_an_unknown_region_and_an_unknown_disturbance_are_refused(skull):
    with pytest.raises(ValueError, match="use one of frontal"):
        plan_craniectomies("chin", np.random.default_rng(0), skull)
    with pytest.raises(ValueError, match="use one of metal"):
        disturbances.simulate_disturbed_ct(skull, skull.remove_piece(~skull.bone), (), "mud", np.random.default_rng(0))


@pytest.mark.slow
@pytest.mark.parametrize("kind", disturbances.DISTURBANCES)
def test_a_disturbed_case_is_a_ct_that_shows_what_it_is_called(skull, holes, kind):
    piece, truth = holes["parietal"][0]
    holed = skull.remove_piece(piece)
    ct = disturbances.simulate_disturbed_ct(skull, holed, (truth,), kind, np.random.default_rng(5))
    assert (ct.kind, ct.array.dtype) == ("ct", np.int16)
    if kind == "thick slices":
        assert ct.spacing[2] > 2
        assert ct.array.shape[0] * ct.spacing[2] == pytest.approx(
            holed.array.shape[0] * holed.spacing[2], abs=ct.spacing[2]
        )
        return
    in_hole, air = ct.array[piece], ct.array[0, 0]
    if kind == "metal":
        assert (ct.array > 2500).sum() > 20
    if kind == "noise":
        assert 40 < air[air > -1020].std() < 90 or ct.array[~skull.bone].std() > 40
    if kind == "drain":
        assert (in_hole > 300).mean() > 0.001
    if kind == "bone on the dura":
        beyond = ~skull.bone & (ct.array > 400)
        clean = disturbances.simulate_ct(holed, intact=skull.bone).array
        assert beyond.sum() > (~skull.bone & (clean > 400)).sum() + 10 or (in_hole > 300).sum() > 50


def test_thick_slices_reach_to_the_top_of_the_scan():
    """Slices left over after the last full group were once dropped, and the vertex with them."""
    ct = Volume(
        np.arange(9, dtype=np.int16)[:, None, None] * np.ones((1, 4, 4), np.int16) * 100,
        np.diag([1.0, 1.0, 1.0, 1.0]),
        "ct",
    )
    thick = disturbances.average_slices(ct, 4.0)
    np.testing.assert_array_equal(thick.array[:, 0, 0], [150, 550, 800])
    np.testing.assert_allclose(thick.ijk_to_ras[2, 3] + 4.0 * np.arange(3), [1.5, 5.5, 9.5])
