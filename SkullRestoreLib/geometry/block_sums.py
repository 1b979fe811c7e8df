"""Sum integer voxels over blocks, in the smallest type that holds the sums: the processor adds more at a time."""

import numpy as np
from numpy.typing import NDArray

_INT16_MAX = np.iinfo(np.int16).max


def sum_blocks(layer: NDArray[np.int16], size: NDArray[np.int_], *, largest: int) -> NDArray[np.integer]:
    """Sum one layer of blocks.

    Parameters
    ----------
    layer
        (size[0], nj size[1], ni size[2]) int16.
    size
        (3,) int, voxels of a block along k, j, i.
    largest
        No voxel is further from 0 than this.

    Returns
    -------
    (nj, ni) int
        int16, or int32 where that is too small; a view of ``layer`` where blocks are single voxels.

    Examples
    --------
    >>> sum_blocks(np.arange(16, dtype=np.int16).reshape(2, 2, 4), np.array([2, 2, 2]), largest=15)
    array([[44, 52]], dtype=int16)
    """
    planes = _add(list(layer), largest)
    largest *= int(size[0])
    rows = _add([planes[j :: size[1]] for j in range(size[1])], largest)
    largest *= int(size[1])
    return _add([rows[:, i :: size[2]] for i in range(size[2])], largest)


def _add(parts: list[NDArray[np.integer]], largest: int) -> NDArray[np.integer]:
    """Add arrays; int16 ones in groups whose sum is an int16 too."""
    together = max(1, _INT16_MAX // max(1, largest))
    if parts[0].dtype == np.int16 and len(parts) > together:
        groups = [parts[start : start + together] for start in range(0, len(parts), together)]
        parts = [_add(group, largest).astype(np.int32) for group in groups]
    if len(parts) == 1:
        return parts[0]
    total = parts[0] + parts[1]
    for part in parts[2:]:
        total += part
    return total
