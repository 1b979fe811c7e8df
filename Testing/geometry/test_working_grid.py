"""A CT that is finer than the answer needs is worked on in averaged voxels, and what is written is on its own grid."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from SkullRestoreLib.geometry.working_grid import average_fine_voxels, averaged_voxels, labels_on_input_grid
from SkullRestoreLib.records import Volume


def fine_ct(shape=(5, 8, 9), spacing=(0.25, 0.2, 0.5)):
    """A CT whose value is its place along i, j and k, mm."""
    matrix = np.diag([*spacing, 1.0])
    matrix[:3, 3] = [-10.0, 20.0, 30.0]
    k, j, i = np.indices(shape)
    return Volume((100 * i + 10 * j + k).astype(np.int16), matrix, "ct", uid="1.2.3", findings=("read",))


@pytest.mark.parametrize(
    ("spacing", "count"),
    [
        ((0.5, 0.5, 0.5), (1, 1, 1)),
        ((0.26, 0.25, 0.24), (1, 2, 2)),
        ((0.49, 0.49, 1.25), (1, 1, 1)),
        ((0.1, 0.1, 0.3), (5, 5, 1)),
    ],
)
def test_voxels_are_averaged_as_long_as_they_do_not_get_larger_than_half_a_millimetre(spacing, count):
    assert averaged_voxels(np.diag([*spacing, 1.0])) == count


def test_averaged_voxels_are_where_the_voxels_were_whose_mean_they_are():
    ct = fine_ct()
    averaged = average_fine_voxels(ct)
    assert averaged.array.shape == (5, 4, 4)
    np.testing.assert_allclose(averaged.spacing, [0.5, 0.4, 0.5])
    block = ct.array[2, 4:6, 6:8]
    assert averaged.array[2, 2, 3] == np.rint(block.mean())
    corners = [ct.to_ras([i, j, 2]) for i in (6, 7) for j in (4, 5)]
    np.testing.assert_allclose(averaged.to_ras([3, 2, 2]), np.mean(corners, axis=0))
    assert averaged.uid == ct.uid
    assert averaged.findings[0] == "read"
    assert "Voxels of 0.25 × 0.20 × 0.50 mm are averaged to 0.50 × 0.40 × 0.50 mm" in averaged.findings[1]


def test_a_mask_and_an_ordinary_ct_stay_as_they_are():
    ordinary = fine_ct(spacing=(0.4, 0.4, 0.6))
    assert average_fine_voxels(ordinary) is ordinary
    mask = replace(fine_ct(), array=np.ones((5, 8, 9), bool), kind="mask")
    assert average_fine_voxels(mask) is mask


def test_values_of_a_ct_from_end_to_end_do_not_overflow():
    for value in (-32768, 32767):
        ct = replace(fine_ct(), array=np.full((5, 8, 9), value, np.int16))
        assert (average_fine_voxels(ct).array == value).all()


@given(st.tuples(*(st.integers(2, 9),) * 3), st.tuples(*(st.sampled_from([0.1, 0.2, 0.25, 0.4, 0.6]),) * 3))
def test_labels_come_back_where_they_are_in_the_patient(shape, spacing):
    ct = fine_ct(shape, spacing)
    averaged = average_fine_voxels(ct)
    if 0 in averaged.array.shape:
        return
    labels = np.random.default_rng(0).integers(0, 3, averaged.array.shape).astype(np.uint8)
    full, ijk_to_ras = labels_on_input_grid(labels, averaged.ijk_to_ras, ct)
    assert ijk_to_ras is ct.ijk_to_ras
    assert full.shape == ct.array.shape
    for k, j, i in np.argwhere(full):
        place = np.linalg.solve(averaged.ijk_to_ras, [*ct.to_ras([i, j, k]), 1.0])[:3]
        assert full[k, j, i] == labels[tuple(np.rint(place[::-1] - 1e-9).astype(int))]
    assert np.count_nonzero(full) == np.count_nonzero(labels) * np.prod(averaged_voxels(ct.ijk_to_ras))
