"""Sums and greatest values of blocks of voxels, by strides: the processor works on complete planes.

Integers are added in the smallest type that holds the sums, so that more of them are added at a time.
"""

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

_INT16_MAX = np.iinfo(np.int16).max
_Value = TypeVar("_Value", bound=np.generic)


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
    array([[52, 68]], dtype=int16)
    """
    planes = _add(list(layer), largest)
    largest *= int(size[0])
    rows = _add([planes[j :: size[1]] for j in range(size[1])], largest)
    largest *= int(size[1])
    return _add([rows[:, i :: size[2]] for i in range(size[2])], largest)


def block_maxima(values: NDArray[_Value], count: int) -> NDArray[_Value]:
    """Find the largest of each ``count`` values along the first axis; of truth values, whether one is true.

    Parameters
    ----------
    values
        (n, ...), of any type that has an order.
    count
        Values that are taken together; fewer at the end.

    Returns
    -------
    ndarray
        (n / count, rounded up, ...), of the same type.

    Examples
    --------
    >>> block_maxima(np.array([3, 1, 4, 1, 5]), 2).tolist()
    [3, 4, 5]
    """
    largest = values[::count].copy()
    for start in range(1, min(count, len(values))):
        part = values[start::count]
        np.maximum(largest[: len(part)], part, out=largest[: len(part)])
    return largest


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
