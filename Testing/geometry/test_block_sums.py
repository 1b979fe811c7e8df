"""Sums over blocks of voxels are exact, however large the values are."""

import numpy as np
import pytest

from SkullRestoreLib.geometry.block_sums import sum_blocks


@pytest.mark.parametrize("size", [(1, 1, 1), (2, 2, 2), (7, 8, 8), (3, 1, 5), (1, 20, 1)])
@pytest.mark.parametrize(("least", "most"), [(0, 0), (-1024, 3071), (-32768, 32767), (32767, 32767), (-32768, -32768)])
def test_sums_are_exact_where_they_are_larger_than_an_int16(size, least, most):
    shape = (size[0], 6 * size[1], 5 * size[2])
    layer = np.random.default_rng(0).integers(least, most, shape, np.int16, endpoint=True)
    kept = layer.copy()
    sums = sum_blocks(layer, np.array(size), largest=max(-least, most))
    blocks = layer.astype(np.int64).reshape(size[0], 6, size[1], 5, size[2])
    assert np.array_equal(sums, blocks.sum(axis=(0, 2, 4)))
    assert np.array_equal(layer, kept)
