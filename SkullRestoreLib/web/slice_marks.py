"""What is written on a slice: which side is where, how long a length is, and what is under the pointer."""

import numpy as np
from numpy.typing import NDArray

from SkullRestoreLib.affine import apply_affine, invert_affine

_DIRECTIONS = (("R", "L"), ("A", "P"), ("S", "I"))
"""Letters of the ends of the axes of RAS: where the coordinate grows, and where it falls."""
_UNKNOWN_SIDE = "?"
_BAR_LENGTHS_MM = (100, 50, 20, 10, 5, 2, 1)
_LONGEST_BAR = 0.3
"""The scale bar is at most this part of the view's width."""


def edge_letters(slice_to_ras: NDArray[np.float64], *, side_known: bool = True) -> dict[str, str]:
    """Say which direction is at which edge of a slice.

    Parameters
    ----------
    slice_to_ras
        (4, 4): x to the right and y upwards on the screen.
    side_known
        Whether the input says which side is left; otherwise neither R nor L is claimed.

    Returns
    -------
    dict
        ``left``, ``right``, ``top`` and ``bottom``, each a letter of R, L, A, P, S and I, or a question mark.

    Examples
    --------
    >>> edge_letters(np.diag([-1.0, 1.0, 1.0, 1.0]))
    {'left': 'R', 'right': 'L', 'top': 'A', 'bottom': 'P'}
    """
    right, top = (_letter(slice_to_ras[:3, k], side_known) for k in (0, 1))
    left, bottom = (_letter(-slice_to_ras[:3, k], side_known) for k in (0, 1))
    return {"left": left, "right": right, "top": top, "bottom": bottom}


def _letter(direction: NDArray[np.float64], side_known: bool) -> str:
    axis = int(np.argmax(np.abs(direction)))
    return _UNKNOWN_SIDE if axis == 0 and not side_known else _DIRECTIONS[axis][int(direction[axis] < 0)]


def scale_bar(width_mm: float) -> tuple[int, float]:
    """Choose a scale bar for a view.

    Parameters
    ----------
    width_mm
        What the view shows from its left to its right edge.

    Returns
    -------
    length_mm : int
        A round length.
    per_cent : float
        The same as a part of the view's width.

    Examples
    --------
    >>> scale_bar(250.0)
    (50, 20.0)
    """
    length = next((mm for mm in _BAR_LENGTHS_MM if mm <= _LONGEST_BAR * width_mm), _BAR_LENGTHS_MM[-1])
    return length, 100 * length / width_mm


def position_text(position: NDArray[np.float64], *, side_known: bool = True) -> str:
    """Write a position as people read it.

    Parameters
    ----------
    position
        (3,) mm RAS.
    side_known
        As for :func:`edge_letters`.

    Returns
    -------
    str

    Examples
    --------
    >>> position_text(np.array([-12.34, 30.0, 5.0]))
    'L 12.3  A 30.0  S 5.0 mm'
    """
    letters = [_letter(direction, side_known) for direction in np.diag(np.where(position < 0, -1.0, 1.0))]
    return "  ".join(f"{a} {abs(mm):.1f}" for a, mm in zip(letters, position, strict=True)) + " mm"


def voxel_value(
    voxels: NDArray[np.generic], ijk_to_ras: NDArray[np.float64], position: NDArray[np.float64]
) -> float | None:
    """Read the value of the voxel at a position.

    Parameters
    ----------
    voxels
        ``[k, j, i]``.
    ijk_to_ras
        (4, 4), mm.
    position
        (3,) mm RAS.

    Returns
    -------
    float or None
        None outside the image.

    Examples
    --------
    >>> voxel_value(np.arange(8).reshape(2, 2, 2), np.eye(4), np.array([0.9, 0.0, 0.2]))
    1.0
    """
    i, j, k = np.rint(apply_affine(invert_affine(ijk_to_ras), position[None])[0]).astype(int)
    inside = 0 <= k < voxels.shape[0] and 0 <= j < voxels.shape[1] and 0 <= i < voxels.shape[2]
    return float(voxels[k, j, i]) if inside else None
