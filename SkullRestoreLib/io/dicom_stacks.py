"""Divide the slices of DICOM series into stacks: one direction, one size, one reconstruction each."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from SkullRestoreLib.io.dicom_headers import SliceGeometry, SliceHeader

SAME_DIRECTION_DEG = 0.2
"""Directions that differ by no more are the same: over a head's 250 mm this is less than 1 mm."""
SAME_PIXEL_SIZE = 0.001
"""Pixel sizes that differ by no more, relative to each other, are the same."""
_MIN_PART = 3
"""Fewer slices are no scan of their own."""
_MIN_OVERLAP = 0.5
"""Two reconstructions of one scan overlap over more than this part of the shorter one."""
_JUMP_STEPS = 10
"""Slices in the order of their numbers that go back by more than this many steps begin a new reconstruction."""


def slice_geometry(header: SliceHeader) -> SliceGeometry:
    """Return the geometry of a slice of a stack, which has one.

    Parameters
    ----------
    header
        Of a slice with geometry.
    """
    assert header.geometry is not None
    return header.geometry


def slice_normal(header: SliceHeader) -> NDArray[np.float64]:
    """Return the direction (3,) across a slice, LPS: a unit vector, or zeros where the slice has no direction."""
    cosines = slice_geometry(header).cosines
    normal = np.cross(cosines[:3], cosines[3:])
    length = float(np.linalg.norm(normal))
    return normal / length if length > 0 else normal


def most_frequent_stack(headers: Sequence[SliceHeader]) -> list[SliceHeader]:
    """Choose the slices of the most frequent direction and size, in order of their places.

    Directions are compared by angle and sizes by their ratio, never by rounded numbers: two slices that differ by less
    than can be measured may round to different ones.

    Parameters
    ----------
    headers
        Slices with geometry.

    Returns
    -------
    list of SliceHeader
        From the lowest place along the normal to the highest.
    """
    groups: list[list[SliceHeader]] = []
    for header in headers:
        group = next((group for group in groups if _fit_together(group[0], header)), None)
        if group is None:
            groups.append([header])
        else:
            group.append(header)
    stack = max(groups, key=len)
    normal = slice_normal(stack[0])
    return sorted(stack, key=lambda header: (float(np.dot(normal, slice_geometry(header).position)), header.number))


def _fit_together(one: SliceHeader, other: SliceHeader) -> bool:
    first, second = slice_geometry(one), slice_geometry(other)
    if one.shape != other.shape:
        return False
    if first.cosines != second.cosines:
        least_cosine = np.cos(np.radians(SAME_DIRECTION_DEG))
        for part in (slice(0, 3), slice(3, 6)):
            a, b = np.array(first.cosines[part]), np.array(second.cosines[part])
            lengths = np.linalg.norm(a) * np.linalg.norm(b)
            if not lengths > 0 or a @ b < least_cosine * lengths:
                return False
    return all(abs(a - b) <= SAME_PIXEL_SIZE * abs(a) for a, b in zip(first.spacing, second.spacing, strict=True))


def separate_reconstructions(stack: Sequence[SliceHeader]) -> list[list[SliceHeader]]:
    """Separate reconstructions of one scan that share a series UID, such as two kernels half a slice apart.

    Parameters
    ----------
    stack
        Slices of one direction and size, in order of their places.

    Returns
    -------
    list of list of SliceHeader
        In order of their places each; the stack itself where it is one reconstruction.
    """
    heights = np.array([slice_normal(stack[0]) @ np.array(slice_geometry(header).position) for header in stack])
    are_mixed = bool((np.diff(heights) < 0.1 * np.median(np.diff(heights))).any()) if len(stack) > 1 else False
    labels: list[list[object]] = [
        [header.patient for header in stack],
        [header.labels.kernel for header in stack],
        [header.labels.tube_kv for header in stack],
        [header.labels.image_type for header in stack],
        [f"{header.labels.thickness_mm:.1f}" for header in stack],
        [header.labels.reconstruction for header in stack],
        [header.labels.description for header in stack],
    ]
    if are_mixed:  # consecutive parts of one scan have numbers of their own, too
        labels += [[header.labels.phase for header in stack], [header.labels.acquisition for header in stack]]
    for values in labels:
        parts = [[n for n, value in enumerate(values) if value == one] for one in dict.fromkeys(values)]
        if _overlap_each_other(parts, heights):
            return [found for part in parts for found in separate_reconstructions([stack[n] for n in part])]
    runs = _runs_by_number(stack, heights)
    if _overlap_each_other(runs, heights):
        return [[stack[n] for n in sorted(run)] for run in runs]
    return [list(stack)]


def _overlap_each_other(parts: Sequence[Sequence[int]], heights: NDArray[np.float64]) -> bool:
    """Whether these are several parts, none of them a stray slice, that lie over the same part of the head."""
    if len(parts) < 2 or min(len(part) for part in parts) < _MIN_PART:
        return False
    ends = np.array([[heights[list(part)].min(), heights[list(part)].max()] for part in parts])
    shared = ends[:, 1].min() - ends[:, 0].max()
    return bool(shared > _MIN_OVERLAP * np.ptp(ends, axis=1).min())


def _runs_by_number(stack: Sequence[SliceHeader], heights: NDArray[np.float64]) -> list[list[int]]:
    """Divide slices where their places jump back in the order of their numbers: one run where numbers do not help."""
    numbers = [header.number for header in stack]
    order = np.argsort(numbers, kind="stable")
    if len(set(numbers)) < len(numbers) or len(numbers) < 2 * _MIN_PART:
        return [list(range(len(stack)))]
    steps = np.diff(heights[order])
    forward = np.sign(np.median(steps))
    jumps = np.flatnonzero(-forward * steps > _JUMP_STEPS * np.median(np.abs(steps)))
    return [run.tolist() for run in np.split(order, jumps + 1)]
