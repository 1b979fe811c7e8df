"""What is written on a slice is true for any slice: letters, scale bar, and what is under the pointer."""

import numpy as np
import pytest
from helpers_head import rotation_about_axes

from SkullRestoreLib.affine import apply_affine
from SkullRestoreLib.web.slice_marks import edge_letters, position_text, scale_bar, voxel_value


def seen_from(right, top):
    """A slice whose right and upper edges are in these directions of RAS."""
    matrix = np.eye(4)
    matrix[:3, 0], matrix[:3, 1] = right, top
    matrix[:3, 2] = np.cross(right, top)
    return matrix


@pytest.mark.parametrize(
    ("right", "top", "letters"),
    [
        ((-1, 0, 0), (0, 1, 0), "RLAP"),  # axial, as radiologists look at it
        ((-1, 0, 0), (0, 0, 1), "RLSI"),  # coronal
        ((0, -1, 0), (0, 0, 1), "APSI"),  # sagittal
        ((1, 0, 0), (0, -1, 0), "LRPA"),
        ((-0.9, 0.3, 0.3), (0.3, 0.9, 0.2), "RLAP"),  # a tilted head
    ],
)
def test_the_letters_are_those_of_the_directions_in_which_the_edges_lie(right, top, letters):
    found = edge_letters(seen_from(right, top))
    assert "".join(found[edge] for edge in ("left", "right", "top", "bottom")) == letters


def test_no_side_is_claimed_where_the_input_names_none():
    found = edge_letters(seen_from((-1, 0, 0), (0, 1, 0)), side_known=False)
    assert found == {"left": "?", "right": "?", "top": "A", "bottom": "P"}
    assert position_text(np.array([3.0, -4.0, 5.0]), side_known=False) == "? 3.0  P 4.0  S 5.0 mm"


@pytest.mark.parametrize("width_mm", [3.0, 12.5, 80.0, 250.0, 333.3, 900.0])
def test_a_scale_bar_is_as_long_as_it_says_and_fits_into_the_view(width_mm):
    length, per_cent = scale_bar(width_mm)
    assert per_cent / 100 * width_mm == pytest.approx(length)
    assert per_cent <= 35
    assert length >= 10 or width_mm < 34


def test_the_value_under_the_pointer_is_that_of_the_voxel_there_in_any_grid():
    rng = np.random.default_rng(0)
    voxels = rng.integers(-1000, 3000, (5, 6, 7)).astype(np.int16)
    ijk_to_ras = rotation_about_axes((10, -20, 30)) @ np.diag([-0.5, 0.7, 2.0, 1.0])
    ijk_to_ras[:3, 3] = (12.0, -80.0, 900.0)
    for i, j, k in ((0, 0, 0), (6, 5, 4), (2, 3, 1)):
        place = apply_affine(ijk_to_ras, np.array([[i + 0.4, j - 0.4, k + 0.3]]))[0]
        assert voxel_value(voxels, ijk_to_ras, place) == voxels[k, j, i]
    for outside in ((-1, 0, 0), (7, 0, 0), (0, 6, 0), (0, 0, 5)):
        assert voxel_value(voxels, ijk_to_ras, apply_affine(ijk_to_ras, np.array([outside], float))[0]) is None
