"""Plain solids taken out of a whole skull: other holes than those that the method was developed on."""

import numpy as np
import pytest
from helpers_evaluation import phantom_skull
from scipy import ndimage

from SkullRestoreLib.evaluation import solids
from SkullRestoreLib.evaluation.shapes import OVER_MM, UNDER_MM
from SkullRestoreLib.evaluation.solids import SOLIDS, pieces
from SkullRestoreLib.evaluation.truth import find_truth
from SkullRestoreLib.grid import direction, interpolate


@pytest.fixture(scope="module")
def skull():
    return phantom_skull()


@pytest.fixture(scope="module")
def made(skull):
    """The pieces of every kind."""
    return {kind: pieces(kind, np.random.default_rng([3, k]), skull) for k, kind in enumerate(SOLIDS)}


def places(skull, piece):
    """(p, 3) mm, head frame, of a piece's voxels."""
    return skull.places[piece.ravel()[skull.voxels]].astype(float)


def normal(skull, piece):
    """(3,) towards the middle of a piece."""
    mean = places(skull, piece).mean(axis=0)
    return mean / np.linalg.norm(mean)


@pytest.mark.parametrize("kind", SOLIDS)
def test_a_piece_is_vault_of_the_skull_and_a_hole_that_can_be_measured(skull, made, kind):
    for piece in made[kind]:
        assert not (piece & ~skull.bone).any()
        at = places(skull, piece)
        radius = np.linalg.norm(at, axis=1)
        outer, inner = interpolate(skull.tables, at / radius[:, None]).T
        assert (radius < outer + OVER_MM + 0.1).all()
        assert (radius > inner - UNDER_MM - 0.1).all()
        assert 0.5 < find_truth(skull, piece).area_cm2 < 260


def test_one_seed_takes_the_same_pieces_and_another_takes_others(skull, made):
    again, other = (pieces("star", np.random.default_rng([seed, SOLIDS.index("star")]), skull)[0] for seed in (3, 4))
    assert np.array_equal(again, made["star"][0])
    assert not np.array_equal(other, again)


def test_two_holes_have_bone_between_them(skull, made):
    first, second = made["two holes"]
    assert not (first & second).any()
    assert np.degrees(np.arccos(normal(skull, first) @ normal(skull, second))) > 30


def test_kinds_lie_where_their_names_say(skull, made):
    assert normal(skull, made["sphere at the vertex"][0])[2] > 0.85
    assert normal(skull, made["sphere at the brow"][0])[1] > 0.75
    assert abs(normal(skull, made["sphere at the base"][0])[0]) > 0.85
    largest = max(SOLIDS, key=lambda kind: max(p.sum() for p in made[kind]))
    assert largest == "half the vault"


def test_no_solid_comes_out_on_the_other_side_of_the_head(skull, made):
    for kind in SOLIDS:
        for piece in made[kind]:
            assert (places(skull, piece) @ normal(skull, piece) > 0).all()


@pytest.mark.parametrize("corners", [3, 4, 7])
def test_a_prism_has_straight_edges_between_its_corners(corners):
    reach = 10.0 + np.arange(corners)
    inside = solids._prism(lambda _: reach)(np.random.default_rng(0))
    start = np.random.default_rng(0).uniform(0, 2 * np.pi)
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

    piece = solids._taken(skull, direction(0.0, 88.0), both)
    _, parts = ndimage.label(piece, np.ones((3, 3, 3)))
    assert parts == 1
    assert abs(normal(skull, piece)[2]) > 0.95


def test_an_unknown_kind_is_refused_with_those_that_there_are(skull):
    with pytest.raises(ValueError, match=r"teapot is no kind of solid; use one of sphere, "):
        pieces("teapot", np.random.default_rng(0), skull)
