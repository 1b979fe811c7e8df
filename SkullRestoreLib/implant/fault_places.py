"""Where on an implant a check did not pass: places to mark in a picture, and words for them."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from SkullRestoreLib.affine import apply_affine
from SkullRestoreLib.implant.bone_fit import FinishedBody
from SkullRestoreLib.records import FaultPlaces

MARKED_PLACES = 8
"""At most so many places of one fault are marked."""
MARK_DISTANCE_MM = 6.0
"""Places closer together than this are one mark."""
SAME_SIDE = 0.95
"""A side of the implant is named where this part of the places is on it."""
MIN_DIRECTION = 0.25
"""A direction is named where the places lie this far, in half sizes of the implant, from its middle."""
_DIRECTIONS = ((2, "upper", "lower"), (1, "front", "back"), (0, "right", "left"))
"""Axis of the head frame, and the words for its positive and its negative end."""


class Fault(NamedTuple):
    """A check that did not pass."""

    sentence: str
    kind: str = ""
    """Name of the measurement that says where; empty where the body fails as a whole."""


def locate_faults(
    faults: Sequence[Fault],
    measured: Mapping[str, tuple[NDArray[np.float64], NDArray[np.float64]]],
    body: FinishedBody,
) -> dict[str, Any]:
    """Say where each fault is.

    Parameters
    ----------
    faults
        Of one body.
    measured
        Name of a measurement -> (n,) by how much each place is beyond the limit, and (n, 3) places, mm RAS.
    body
        The finished body.

    Returns
    -------
    dict
        ``failed`` and ``fault_places`` of :class:`SkullRestoreLib.records.ImplantChecks`. Where a fault is at one part
        of the implant, its sentence names the part.
    """
    failed, places = [], []
    for fault in faults:
        beyond, positions = measured.get(fault.kind, (np.zeros(0), np.zeros((0, 3))))
        is_bad = beyond > min(0.0, beyond.max(initial=0.0) - 1e-9)  # the worst place in any case
        positions = positions[is_bad][_worst_first(beyond[is_bad])]
        marks = spread_places(positions)
        where = describe_place(positions, body.mesh.vertices, body.ras_to_head, side_known=body.bone.side_known)
        sentence = f"{fault.sentence[:-1]} ({where} of the implant)." if where else fault.sentence
        failed.append(sentence)
        if len(marks):
            places.append(FaultPlaces(sentence, where, marks))
    return {"failed": tuple(failed), "fault_places": tuple(places)}


def spread_places(positions: NDArray[np.float64]) -> NDArray[np.float64]:
    """Choose a few places that stand for many.

    Parameters
    ----------
    positions
        (n, 3), mm, the worst first.

    Returns
    -------
    ndarray
        (k, 3), the worst first, none near another.

    Examples
    --------
    >>> spread_places(np.array([[0.0, 0, 0], [1, 0, 0], [20, 0, 0]])).tolist()
    [[0.0, 0.0, 0.0], [20.0, 0.0, 0.0]]
    """
    left, chosen = positions, list[NDArray[np.float64]]()
    while len(left) and len(chosen) < MARKED_PLACES:
        chosen.append(left[0])
        left = left[np.linalg.norm(left - left[0], axis=1) >= MARK_DISTANCE_MM]
    return np.array(chosen).reshape(-1, 3)


def _worst_first(beyond: NDArray[np.float64]) -> NDArray[np.int64]:
    """Order of places, the worst first; those that are equally bad in any order, so that all regions are looked at."""
    mixed = np.random.default_rng(0).permutation(len(beyond))
    return mixed[np.argsort(-beyond[mixed], kind="stable")]


def describe_place(
    places: NDArray[np.float64], vertices: NDArray[np.float64], ras_to_head: NDArray[np.float64], *, side_known: bool
) -> str:
    """Name the part of an implant at which places are.

    Parameters
    ----------
    places
        (k, 3), mm RAS.
    vertices
        (n, 3), mm RAS, of the implant.
    ras_to_head
        (4, 4).
    side_known
        Whether left and right may be named.

    Returns
    -------
    str
        One or two words, as for people who look at the patient; empty where the places are all over it.

    Examples
    --------
    >>> plate = np.array([[60.0, -50, 0], [60, 50, 0], [60, -50, 80], [60, 50, 80]])
    >>> describe_place(np.array([[60.0, 45, 5]]), plate, np.eye(4), side_known=True)
    'lower front'
    """
    if not len(places):
        return ""
    low, high = (edge(apply_affine(ras_to_head, vertices), axis=0) for edge in (np.min, np.max))
    half = np.maximum((high - low) / 2, 1e-9)
    away = (apply_affine(ras_to_head, places) - (low + high) / 2) / half
    # Of a dimension in which the implant is thin, nobody speaks.
    named = half > MIN_DIRECTION * half.max()
    same_side = np.maximum((away > 0).mean(axis=0), (away < 0).mean(axis=0)) >= SAME_SIDE
    middle = np.where(named & same_side, away.mean(axis=0), 0.0)
    words = [
        positive if middle[axis] > 0 else negative
        for axis, positive, negative in _DIRECTIONS
        if abs(middle[axis]) > MIN_DIRECTION and (axis or side_known)
    ]
    return " ".join(words[:2])
