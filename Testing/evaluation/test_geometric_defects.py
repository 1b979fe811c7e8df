"""Plain solids cut out of an intact skull: other holes than those that the method was developed on."""

import numpy as np
import pytest
from helpers_evaluation import phantom_skull
from scipy import ndimage

from SkullRestoreLib.evaluation.cases.craniectomies import CUT_INSIDE_MM, CUT_OUTSIDE_MM
from SkullRestoreLib.evaluation.cases.geometric_defects import SOLID_NAMES, cut_solid, cut_solids, prism_body
from SkullRestoreLib.evaluation.cases.ground_truth import measure_ground_truth
from SkullRestoreLib.geometry.icosphere import direction_from_angles, interpolate


@pytest.fixture(scope="module")
def skull():
    return phantom_skull()


@pytest.fixture(scope="module")
def pieces(skull):
    """The pieces of every kind."""
    return {kind: cut_solids(kind, np.random.default_rng([3, k]), skull) for k, kind in enumerate(SOLID_NAMES)}


def head_points(skull, piece):
    """(p, 3) mm, head frame, of a piece's voxels."""
    return skull.voxel_points[piece.ravel()[skull.voxel_indices]].astype(float)


def normal(skull, piece):
    """(3,) towards the middle of a piece."""
    mean = head_points(skull, piece).mean(axis=0)
    return mean / np.linalg.norm(mean)


@pytest.mark.slow
@pytest.mark.parametrize("kind", SOLID_NAMES)
def test_a_piece_is_vault_of_the_skull_and_a_hole_that_can_be_measured(skull, pieces, kind):
    for piece in pieces[kind]:
        assert not (piece & ~skull.bone).any()
        points = head_points(skull, piece)
        radius = np.linalg.norm(points, axis=1)
        outer, inner = interpolate(skull.tables, points / radius[:, None]).T
        assert (radius < outer + CUT_OUTSIDE_MM + 0.1).all()
        assert (radius > inner - CUT_INSIDE_MM - 0.1).all()
        assert 0.5 < measure_ground_truth(skull, piece).area_cm2 < 260


def test_one_seed_takes_the_same_pieces_and_another_takes_others(skull, pieces):
    again, other = (
        cut_solids("star", np.random.default_rng([seed, SOLID_NAMES.index("star")]), skull)[0] for seed in (3, 4)
    )
    assert np.array_equal(again, pieces["star"][0])
    assert not np.array_equal(other, again)


def test_two_holes_have_bone_between_them(skull, pieces):
    first, second = pieces["two holes"]
    assert not (first & second).any()
    assert np.degrees(np.arccos(normal(skull, first) @ normal(skull, second))) > 30


def test_kinds_lie_where_their_names_say(skull, pieces):
    assert normal(skull, pieces["sphere at the vertex"][0])[2] > 0.85
    assert normal(skull, pieces["sphere at the brow"][0])[1] > 0.75
    assert abs(normal(skull, pieces["sphere at the base"][0])[0]) > 0.85
    largest = max(SOLID_NAMES, key=lambda kind: max(p.sum() for p in pieces[kind]))
    assert largest == "half the vault"


def test_no_solid_comes_out_on_the_other_side_of_the_head(skull, pieces):
    for kind in SOLID_NAMES:
        for piece in pieces[kind]:
            assert (head_points(skull, piece) @ normal(skull, piece) > 0).all()


@pytest.mark.parametrize("corners", [3, 4, 7])
def test_a_prism_has_straight_edges_between_its_corners(corners):
    reach = 10.0 + np.arange(corners)
    start = 1.3
    inside = prism_body(reach, start)
    angle = start + 2 * np.pi * np.arange(corners) / corners
    corner = reach[:, None] * np.stack([np.cos(angle), np.sin(angle), np.zeros(corners)], axis=1)
    for share in (0.0, 0.3, 0.5, 0.8):
        edge = (1 - share) * corner + share * np.roll(corner, -1, axis=0)
        assert inside(0.999 * edge).all()
        assert not inside(1.001 * edge).any()


def test_a_solid_that_comes_out_twice_makes_one_hole_all_the_same(skull):
    """A bar through two places of the vault takes the larger of them."""

    def both(p):
        return (np.abs(p[:, 1]) < 12) & ((np.abs(p[:, 0] - 5) < 14) | (p[:, 0] > 55) & (p[:, 0] < 62))

    piece = cut_solid(skull, direction_from_angles(0.0, 88.0), both)
    _, parts = ndimage.label(piece, np.ones((3, 3, 3)))
    assert parts == 1
    assert abs(normal(skull, piece)[2]) > 0.95


def test_an_unknown_kind_is_refused_with_those_that_there_are(skull):
    with pytest.raises(ValueError, match=r"teapot is no kind of solid; use one of sphere, "):
        cut_solids("teapot", np.random.default_rng(0), skull)
