"""How far an implant is from what must stay free at the base: orbit, joint of the jaw, ear canal and foramina.

They are where they are in most heads, by their place in the head frame, and not looked for in this bone, part of which
is missing: distances are good to about half a centimetre (decision 0173).
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from SkullRestoreLib.affine import apply_affine
from SkullRestoreLib.records import Pose

PLACES_MM: dict[str, tuple[tuple[float, float, float], ...]] = {
    "orbital margin": ((15, 86, -21), (28, 83, -20), (38, 76, -22), (44, 66, -26), (47, 55, -32), (47, 49, -40)),
    "joint of the jaw": ((44, 2, -42), (60, 2, -42)),
    "ear canal": ((52, -7, -40), (64, -7, -40)),
    "foramen ovale": ((22, 12, -47), (22, 13, -47)),
    "foramen magnum": ((0, -18, -57), (13, -24, -58), (15, -34, -59), (10, -46, -58), (0, -50, -57)),
}
"""Lines in the head frame of an adult of mean size, mm, on the right; the same on the left."""
STEP_MM = 1.0
"""Distance between points of these lines."""


def landmark_points(pose: Pose) -> dict[str, NDArray[np.float64]]:
    """Say where the landmarks of a head are, on both sides.

    Parameters
    ----------
    pose
        Head frame and size.

    Returns
    -------
    dict
        Name -> (n, 3), mm RAS.

    Examples
    --------
    >>> sorted(landmark_points(Pose(np.eye(4), 0.5, 1.0)))[:2]
    ['ear canal', 'foramen magnum']
    """
    points = {}
    for name, corners in PLACES_MM.items():
        line = np.array(corners) * pose.size
        length = np.linalg.norm(np.diff(line, axis=0), axis=1)
        along = np.concatenate([[0.0], np.cumsum(length)])
        at = np.linspace(0, along[-1], max(int(along[-1] / STEP_MM), 1) + 1)
        right = np.stack([np.interp(at, along, line[:, axis]) for axis in range(3)], axis=1)
        points[name] = apply_affine(pose.head_to_ras, np.concatenate([right, right * [-1, 1, 1]]))
    return points


def measure_landmarks(places: NDArray[np.float64], pose: Pose) -> dict[str, float]:
    """Measure how near places are to each landmark.

    Parameters
    ----------
    places
        (n, 3), mm RAS, at least one: of a body, or of the line that ends it.
    pose
        Head frame and size.

    Returns
    -------
    dict
        Name -> distance, mm, in a fixed order.
    """
    tree = cKDTree(places)
    return {name: float(tree.query(points)[0].min()) for name, points in landmark_points(pose).items()}


def landmark_findings(
    defect: int, trim_lines: Sequence[NDArray[np.float64]], pose: Pose, least_mm: float
) -> tuple[str, ...]:
    """Warn where a trim line runs too near to a landmark.

    Parameters
    ----------
    defect
        Number of the defect.
    trim_lines
        Each (k, 3), mm RAS; none where bone bounds the body all round.
    pose
        Head frame and size.
    least_mm
        Nearer than this is too near.

    Returns
    -------
    tuple of str
        One sentence for each landmark that is too near.
    """
    if not trim_lines:
        return ()
    return tuple(
        f"Implant {defect} ends about {away:.0f} mm from the {name}, at least {least_mm:g} mm are asked for where no "
        "bone ends the defect; look at the place, and draw its trim line farther away."
        for name, away in measure_landmarks(np.concatenate(trim_lines), pose).items()
        if away < least_mm
    )
