"""Positions in which a head can lie in a scan: two letters in, a rotation out, and back.

The first letter says to which side of the scan the face looks, the second where the vertex is.
"""

import numpy as np
from numpy.typing import NDArray

from SkullRestoreLib.settings import HEAD_POSITIONS

_AXES = {
    "R": np.array([1.0, 0.0, 0.0]),
    "L": np.array([-1.0, 0.0, 0.0]),
    "A": np.array([0.0, 1.0, 0.0]),
    "P": np.array([0.0, -1.0, 0.0]),
    "S": np.array([0.0, 0.0, 1.0]),
    "I": np.array([0.0, 0.0, -1.0]),
}
_WORDS = {"R": "right", "L": "left", "A": "front", "P": "back", "S": "top", "I": "bottom"}


def position_rotation(position: str) -> NDArray[np.float64]:
    """Make the rotation from the scan to a head in a position.

    Parameters
    ----------
    position
        One of ``HEAD_POSITIONS``.

    Returns
    -------
    ndarray
        (3, 3) float64, RAS to head.

    Examples
    --------
    >>> position_rotation("AS").tolist()
    [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
    >>> position_rotation("PS") @ [0.0, -1.0, 0.0]
    array([0., 1., 0.])
    """
    front, up = _AXES[position[0]], _AXES[position[1]]
    return np.stack([np.cross(front, up), front, up]) + 0.0


def nearest_position(rotation: NDArray[np.float64]) -> str:
    """Find the position that comes nearest to a rotation.

    Parameters
    ----------
    rotation
        (3, 3) float64, RAS to head.

    Returns
    -------
    str
        One of ``HEAD_POSITIONS``.

    Examples
    --------
    >>> nearest_position(position_rotation("PS"))
    'PS'
    """
    return max(HEAD_POSITIONS, key=lambda name: float(np.trace(position_rotation(name) @ rotation.T)))


def position_in_words(position: str) -> str:
    """Describe a position.

    Parameters
    ----------
    position
        One of ``HEAD_POSITIONS``.

    Examples
    --------
    >>> position_in_words("PS")
    'the face to the back and the vertex to the top of the scan'
    """
    return f"the face to the {_WORDS[position[0]]} and the vertex to the {_WORDS[position[1]]} of the scan"
