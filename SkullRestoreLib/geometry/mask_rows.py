"""The first and the last voxel of each row of a mask: its extent and its convex hull are theirs."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class RowEnds(NamedTuple):
    """Where each row of a mask begins and ends, -1 where a row is empty."""

    first: NDArray[np.int64]
    """(nk, nj) i of the first voxel."""
    last: NDArray[np.int64]
    """(nk, nj) i of the last voxel."""

    def points(self) -> NDArray[np.int64]:
        """List the ends of all rows: (p, 3) i, j, k."""
        k, j = np.nonzero(self.first >= 0)
        return np.concatenate([np.stack([ends[k, j], j, k], axis=1) for ends in self])

    def hull_points(self) -> NDArray[np.int64]:
        """List the ends that may be corners of the convex hull: (p, 3) i, j, k.

        An end that is no further out than the middle between its two neighbours is none.
        """
        found = []
        for ends, outwards in ((self.first, -1), (self.last, 1)):
            reach = np.where(ends >= 0, outwards * ends.astype(float), -np.inf)
            padded = np.pad(reach, 1, constant_values=-np.inf)
            between = np.maximum(padded[:-2, 1:-1] + padded[2:, 1:-1], padded[1:-1, :-2] + padded[1:-1, 2:]) / 2
            k, j = np.nonzero(reach > between)
            found.append(np.stack([ends[k, j], j, k], axis=1))
        return np.concatenate(found)


def find_row_ends(mask: NDArray[np.bool_]) -> RowEnds:
    """Find the first and the last voxel of each row.

    Parameters
    ----------
    mask
        (nk, nj, ni) bool.

    Returns
    -------
    RowEnds

    Examples
    --------
    >>> mask = np.zeros((1, 2, 5), bool)
    >>> mask[0, 1, 2:4] = True
    >>> find_row_ends(mask).points().tolist()
    [[2, 1, 0], [3, 1, 0]]
    """
    layers, rows, columns = mask.shape
    ends = RowEnds(*np.full((2, layers, rows), -1))
    starts = np.arange(rows + 1) * columns
    for k, layer in enumerate(mask):  # layer by layer, in the processor's cache
        voxels = np.flatnonzero(layer)
        bounds = np.searchsorted(voxels, starts)
        has_any = bounds[1:] > bounds[:-1]
        ends.first[k, has_any] = voxels[bounds[:-1][has_any]] % columns
        ends.last[k, has_any] = voxels[bounds[1:][has_any] - 1] % columns
    return ends
