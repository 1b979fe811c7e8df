"""What an evaluation puts into holes: each kind is what it is called, and the skull around it stays."""

from functools import lru_cache

import numpy as np
import pytest
from helpers_evaluation import sphere_piece, sphere_skull
from scipy import ndimage

from SkullRestoreLib.evaluation.cases.objects_in_holes import (
    MESH_HU,
    OBJECT_KINDS,
    PLATE_HU,
    put_object,
)

BONE_HU, ISO_HU, METAL_HU = 1000, 520, 2500


@lru_cache(maxsize=1)
def skull_and_piece():
    skull = sphere_skull(spacing=0.8)
    return skull, sphere_piece(skull, 18)


def put(kind, seed=1, **scan):
    skull, piece = skull_and_piece()
    return put_object(skull, piece, kind, np.random.default_rng(seed), **scan)


@pytest.mark.slow
@pytest.mark.parametrize("kind", OBJECT_KINDS)
def test_what_is_put_into_a_hole_is_there_and_the_skull_around_it_stays(kind):
    skull, piece = skull_and_piece()
    made = put(kind)
    assert made.kind == kind
    assert made.object_mask.sum() > 500
    rest = skull.bone & ~ndimage.binary_dilation(piece | made.object_mask, iterations=3)
    assert (made.ct.array[ndimage.binary_erosion(rest)] > ISO_HU).mean() > 0.99
    inside = ndimage.binary_erosion(made.object_mask, iterations=2)
    if kind in PLATE_HU:
        least, most = PLATE_HU[kind]
        assert least - 60 < np.median(made.ct.array[inside]) < most + 60
    elif kind in MESH_HU:
        assert np.percentile(made.ct.array[made.object_mask], 80) > 1.2 * BONE_HU


@pytest.mark.slow
def test_a_moved_flap_says_how_far_it_is_below_its_place():
    sunk = put("sunk flap")
    piece = skull_and_piece()[1]
    points = [np.argwhere(mask)[:, ::-1] @ np.diag([0.8] * 3) for mask in (piece, sunk.object_mask)]
    assert points[0][:, 2].mean() - points[1][:, 2].mean() == pytest.approx(sunk.depth_mm, abs=1.0)


@pytest.mark.slow
def test_a_broken_flap_is_in_two_large_pieces():
    labels, _ = ndimage.label(put("fractured flap").object_mask)
    sizes = np.sort(np.bincount(labels.ravel())[1:])
    assert sizes[-2:].sum() > 0.9 * sizes.sum()
    assert sizes[-2] > 0.2 * sizes.sum()


@pytest.mark.slow
def test_plates_and_wires_are_metal_over_the_kerf_of_a_flap():
    skull, piece = skull_and_piece()
    metal = put("flap with plates and wires").ct.array > METAL_HU
    to_piece, to_rest = (ndimage.distance_transform_edt(~each, sampling=0.8) for each in (piece, skull.bone & ~piece))
    assert metal.sum() > 50
    assert not (metal & ((to_piece > 12) | (to_rest > 12))).any()


@pytest.mark.slow
def test_new_bone_on_the_dura_is_beneath_the_skull():
    skull, piece = skull_and_piece()
    assert not (put("bone on the dura").object_mask & skull.bone & ~piece).any()
    heights = [np.argwhere(mask)[:, 0].mean() for mask in (piece, put("bone on the dura").object_mask)]
    assert heights[1] < heights[0]


@pytest.mark.slow
def test_a_wider_saw_leaves_a_smaller_flap_and_a_softer_kernel_a_fainter_mesh():
    flaps = [put("level flap", kerf_mm=width).object_mask.sum() for width in (1.0, 3.0)]
    assert flaps[1] < 0.95 * flaps[0]
    peaks = [put("faint mesh", blur_mm=blur).ct.array.max() for blur in (0.5, 1.0)]
    assert peaks[1] < 0.9 * peaks[0]


def test_a_kind_that_is_not_known_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match="PEEK plate"):
        put("teapot")
