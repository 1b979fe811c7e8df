"""Find the connected pieces of bone: a mask in, the number of the piece of each of its voxels out.

A volume of labels takes four times as many bytes as the mask. So a few layers are labelled at a time, in memory that is
used again, and what meets in the layer that two of these slabs share is one piece.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.csgraph import connected_components as join_nodes

from SkullRestoreLib.errors import DependencyError

_VOXELS_AT_A_TIME = 1 << 21
"""Labels of so many voxels, 8 MB, stay in a processor's cache, and in memory that is used again."""


class BonePieces(NamedTuple):
    """The connected pieces of a mask."""

    box: tuple[slice, slice, slice]
    """The smallest box around the mask, along k, j, i."""
    voxels: NDArray[np.signedinteger]
    """(p,) flat index in the box of every voxel of the mask, ascending."""
    label: NDArray[np.uint32]
    """(p,) number of its piece, from 1."""
    sizes: NDArray[np.int64]
    """(c,) voxels of each piece; the first is 0."""

    def positions(self, voxels: NDArray[np.signedinteger]) -> list[NDArray[np.signedinteger]]:
        """Find where voxels of the box are in the scan.

        Parameters
        ----------
        voxels
            (n,) flat indices, as in ``voxels``.

        Returns
        -------
        list of ndarray
            Their k, j and i, (n,) int each.
        """
        _, rows, columns = (part.stop - part.start for part in self.box)
        row = voxels // columns  # by single numbers and in short integers: several times faster than unravel_index
        k = row // rows
        in_box = k, row - k * rows, voxels - row * columns
        return [index + part.start for index, part in zip(in_box, self.box, strict=True)]


def find_pieces(mask: NDArray[np.bool_]) -> BonePieces:
    """Find the connected pieces (26 neighbours) of a mask, and how large they are.

    Parameters
    ----------
    mask
        (nk, nj, ni) bool, not empty.

    Returns
    -------
    BonePieces
        Numbered in the order in which they begin in the mask.

    Raises
    ------
    DependencyError
        If connected-components-3d is not installed.

    Examples
    --------
    >>> mask = np.zeros((3, 4, 5), bool)
    >>> mask[0, 0, 0] = mask[1, 1, 1] = mask[2, 3, 4] = True
    >>> find_pieces(mask).label.tolist()
    [1, 1, 2]
    """
    box = bounding_box(mask)
    inside, area = mask[box], (box[1].stop - box[1].start) * (box[2].stop - box[2].start)
    index_type: type[np.signedinteger] = np.int32 if inside.size <= np.iinfo(np.int32).max else np.int64
    voxels: NDArray[np.signedinteger] = np.zeros(np.count_nonzero(mask), index_type)
    label = np.zeros(len(voxels), np.uint32)
    sizes, joined = [np.zeros(1, np.int64)], [np.zeros((0, 2), np.int64)]
    used, count, step = 0, 0, max(1, _VOXELS_AT_A_TIME // area)
    last_of_slab = np.zeros(inside.shape[1:], np.int64)  # labels of the layer that the next slab shares
    for start in range(0, len(inside), step):
        own = min(step, len(inside) - start)
        slab = np.ascontiguousarray(inside[start : start + own + 1])
        labels, found_labels = _label(slab)
        found = np.flatnonzero(slab[:own])
        here = slice(used, used + len(found))
        np.add(found, start * area, out=voxels[here], casting="same_kind")
        own_label = labels.reshape(-1)[found]
        np.add(own_label, count, out=label[here], casting="same_kind")
        sizes.append(np.bincount(own_label, minlength=found_labels + 1)[1:])
        if start:
            shared = slab[0]
            joined.append(_distinct_pairs(last_of_slab[shared], labels[0][shared] + np.int64(count)))
        last_of_slab = labels[-1] + np.int64(count)
        used, count = here.stop, count + found_labels
    number = _join_labels(np.concatenate(joined), count)
    np.take(number, label, out=label, mode="clip")
    joined_sizes = np.bincount(number, np.concatenate(sizes))
    return BonePieces(box, voxels, label, joined_sizes.astype(np.int64))


def _distinct_pairs(first: NDArray[np.int64], second: NDArray[np.int64]) -> NDArray[np.int64]:
    """Pairs (n, 2) of numbers (v,), nearly each only once: neighbours in a row mostly have the same."""
    is_new = np.ones(len(first), bool)
    is_new[1:] = (first[1:] != first[:-1]) | (second[1:] != second[:-1])
    return np.stack([first[is_new], second[is_new]], axis=1)


def _join_labels(pairs: NDArray[np.int64], count: int) -> NDArray[np.uint32]:
    """Number of the piece of each label (count + 1,), 0 of label 0, from pairs (n, 2) of labels of one piece."""
    graph = sparse.coo_matrix((np.ones(len(pairs), bool), tuple(pairs.T)), shape=(count + 1, count + 1))
    return join_nodes(graph, directed=False)[1].astype(np.uint32)


def bounding_box(mask: NDArray[np.bool_]) -> tuple[slice, slice, slice]:
    """Find the smallest box around what is true.

    Parameters
    ----------
    mask
        (nk, nj, ni) bool, not empty.

    Returns
    -------
    tuple of slice
        Along k, j and i.

    Examples
    --------
    >>> mask = np.zeros((4, 4, 4), dtype=bool)
    >>> mask[1, 2, 3] = True
    >>> bounding_box(mask)
    (slice(1, 2, None), slice(2, 3, None), slice(3, 4, None))
    """
    has_any = np.zeros(len(mask), bool)
    shadow = np.zeros(mask.shape[1:], bool)
    for n, layer in enumerate(mask):
        has_any[n] = layer.any()
        if has_any[n]:
            shadow |= layer
    k, j, i = np.flatnonzero(has_any), np.flatnonzero(shadow.any(axis=1)), np.flatnonzero(shadow.any(axis=0))
    return slice(int(k[0]), int(k[-1]) + 1), slice(int(j[0]), int(j[-1]) + 1), slice(int(i[0]), int(i[-1]) + 1)


def connected_components(mask: NDArray[np.bool_]) -> tuple[tuple[slice, slice, slice], NDArray[np.unsignedinteger]]:
    """Label the connected components (26 neighbours) inside the mask's bounding box.

    Parameters
    ----------
    mask
        (nk, nj, ni) bool, not empty.

    Returns
    -------
    box : tuple of slice
        Along k, j, i.
    labels : (bk, bj, bi) unsigned int
        Number of the component of each voxel of the box, 0 where the mask is false.

    Raises
    ------
    DependencyError
        If connected-components-3d is not installed.
    """
    box = bounding_box(mask)
    return box, _label(np.ascontiguousarray(mask[box]))[0]


def _label(mask: NDArray[np.bool_]) -> tuple[NDArray[np.unsignedinteger], int]:
    """Label the components of a mask; how many there are."""
    try:
        import cc3d
    except ModuleNotFoundError as error:
        raise DependencyError(
            "The package 'connected-components-3d' is needed to segment bone and is not installed. Install it with pip."
        ) from error
    labels, count = cc3d.connected_components(mask, connectivity=26, return_N=True)
    return labels, count
