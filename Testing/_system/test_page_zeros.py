"""Arrays of zeros that take memory only where something is written."""

import sys
from pathlib import Path

import numpy as np
import pytest

from SkullRestoreLib._system.page_zeros import zeros_by_page


@pytest.mark.parametrize("shape", [(2, 3), (0, 4), (40, 512, 512)])
@pytest.mark.parametrize("dtype", [np.uint8, bool, np.int16])
def test_the_array_is_one_of_zeros_that_can_be_written(shape, dtype):
    array = zeros_by_page(shape, dtype)
    assert (array.shape, array.dtype, array.flags.c_contiguous) == (shape, np.dtype(dtype), True)
    assert not array.any()
    array[..., 1:] = 1
    assert array.sum() == np.prod(shape) - np.prod(shape[:-1])


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory is read as Linux reports it")
def test_a_few_rows_in_every_layer_take_a_small_part_of_the_memory():
    def resident_kb():
        status = Path("/proc/self/status").read_text(encoding="utf-8")
        return int(status.split("VmRSS:")[1].split()[0])

    before = resident_kb()
    array = zeros_by_page((300, 512, 512), np.uint8)
    array[:, 100:140, 100:140] = 1
    assert resident_kb() - before < 15_000  # all of it has 79 MB
