"""Average a bone field over blocks of voxels, where fewer voxels show the bone as well: for drawing, not for measuring.

The field is cut off at the same distance above and below its ``iso`` first, so that the bone's surface stays in its
place however dense the bone is. A sheet of bone thinner than a block could vanish in the average; it is kept.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from SkullRestoreLib.affine import voxel_spacing
from SkullRestoreLib.errors import InputError

CUT_OFF_HU = 400
"""A CT is cut off at so many HU above and below ``iso``."""
NOTHING = -10_000
"""Value beyond the image, below that of any bone."""
SHEET_BONE = 0.3
"""Part of a block that a sheet of bone fills at least."""
SHEET_PART = 0.05
"""Value of a block whose sheet of bone the average loses, of the largest value."""


class CoarseField(NamedTuple):
    """A bone field on blocks of voxels.

    Attributes
    ----------
    field
        (nk, nj, ni) float32 from -1 to 1, bone where it is at or above 0.
    ijk_to_ras
        (4, 4) float64, mm.
    """

    field: NDArray[np.float32]
    ijk_to_ras: NDArray[np.float64]


def average_field(field: NDArray[Any], iso: float, ijk_to_ras: NDArray[np.float64], *, block_mm: float) -> CoarseField:
    """Average a field over blocks of about a size, in the smallest box round the bone.

    Parameters
    ----------
    field
        (nk, nj, ni) int16 in HU, or a mask of 0 and 1.
    iso
        Value of the surface.
    ijk_to_ras
        (4, 4) float, mm.
    block_mm
        Side of a block; the nearest number of voxels is taken, at least one.

    Returns
    -------
    CoarseField
        With an empty block on every side of the bone.

    Raises
    ------
    InputError
        If there is no bone.

    Examples
    --------
    >>> mask = np.zeros((4, 4, 4), np.uint8)
    >>> mask[:2, :2, :2] = 1
    >>> coarse = average_field(mask, 0.5, np.eye(4), block_mm=2.0)
    >>> coarse.field.shape, float(coarse.field[1, 1, 1]), coarse.ijk_to_ras[0].tolist()
    ((3, 3, 3), 1.0, [2.0, 0.0, 0.0, -1.5])
    """
    size = np.maximum(np.round(block_mm / voxel_spacing(ijk_to_ras)[::-1]), 1).astype(int)
    used = planes_with_bone(field, iso)
    start = np.array([n[0] for n in used]) // size * size - size
    count = np.array([n[-1] for n in used]) // size + 2 - start // size
    coarse, has_bone = np.full(count, -1, np.float32), np.zeros(count, bool)
    for k in range(count[0]):
        layer = start + np.array([k * size[0], 0, 0])
        shape = (size[0], *(count * size)[1:])
        values = _window(field, layer, shape)
        has_bone[k] = _block_sums((values >= iso).view(np.uint8), size) >= SHEET_BONE * size.prod()
        coarse[k] = _block_sums(_cut_off(values, iso), size)
    coarse /= size.prod()
    coarse[_thin_sheets(has_bone) & (coarse < 0)] = SHEET_PART
    to_ras = ijk_to_ras @ np.diag([*size[::-1], 1.0])
    to_ras[:3, 3] = (ijk_to_ras @ [*(start[::-1] + (size[::-1] - 1) / 2), 1.0])[:3]
    return CoarseField(coarse, to_ras)


def planes_with_bone(field: NDArray[Any], iso: float) -> list[NDArray[np.int64]]:
    """Find the planes in which there is bone, one at a time, which takes no memory.

    Parameters
    ----------
    field
        (nk, nj, ni), any number type.
    iso
        Bone is at or above this.

    Returns
    -------
    list of ndarray
        Numbers of the planes across k, across j and across i, ascending.

    Raises
    ------
    InputError
        If there is no bone.
    """
    layers, rows, columns = (np.zeros(count, bool) for count in field.shape)
    for k, plane in enumerate(field):
        is_bone = plane >= iso
        layers[k] = is_bone.any()
        if layers[k]:
            rows |= is_bone.any(axis=1)
            columns |= is_bone.any(axis=0)
    if not layers.any():
        raise InputError("There is no bone to make a surface of. Lower the bone threshold, or check the mask.")
    return [np.flatnonzero(planes) for planes in (layers, rows, columns)]


def _window(array: NDArray[Any], start: NDArray[np.int64], shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Part of an array of a shape, which may begin or end beyond it: nothing is there."""
    part = np.full(shape, NOTHING, np.float32)
    stop = np.minimum(start + shape, array.shape)
    first = np.maximum(start, 0)
    if (stop > first).all():
        part[tuple(slice(a, b) for a, b in zip(first - start, stop - start, strict=True))] = array[
            tuple(slice(a, b) for a, b in zip(first, stop, strict=True))
        ]
    return part


def _cut_off(values: NDArray[np.float32], iso: float) -> NDArray[np.float32]:
    """Values from -1 to 1, 0 at ``iso``; a mask's iso is between 0 and 1."""
    range_each_side = iso if 0 < iso < 1 else CUT_OFF_HU
    values -= np.float32(iso)
    values /= np.float32(range_each_side)
    return np.clip(values, -1, 1, out=values)


def _block_sums(layer: NDArray[Any], size: NDArray[np.int64]) -> NDArray[np.float32]:
    """Sum one layer of blocks: (nj, ni) of (size[0], nj size[1], ni size[2])."""
    rows = layer.sum(axis=0, dtype=np.float32)
    rows = sum(rows[j :: size[1]] for j in range(1, size[1])) + rows[:: size[1]]
    total: NDArray[np.float32] = sum(rows[:, i :: size[2]] for i in range(1, size[2])) + rows[:, :: size[2]]
    return total


def _thin_sheets(has_bone: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Blocks with bone between two without along one axis: along two it is a tip, which the average shows as it is."""
    thin_along = np.zeros(has_bone.shape, np.int8)
    for axis in range(3):
        blocks, found = np.moveaxis(has_bone, axis, 0), np.moveaxis(thin_along, axis, 0)
        found[1:-1] += blocks[1:-1] & ~blocks[:-2] & ~blocks[2:]
    return thin_along == 1
