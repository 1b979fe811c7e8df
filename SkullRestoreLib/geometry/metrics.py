"""Measure a restoration against the truth: overlap of volumes, deviation of surfaces, and the grade.

The overlap measures are those of the MICCAI AutoImplant challenge (Li et al., *Medical Image Analysis* 73:102171,
2021), with distances in mm: the challenge's code measures in voxels unless a spacing is passed.
"""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage
from scipy.spatial import cKDTree

BORDER_WIDTH_MM = 10.0
"""The challenge's border: voxels of the implant this near to the defective skull."""
GOOD_LIMITS_MM = (3.9, 1.3)
"""Largest and RMS deviation of a good restoration: the worst of the accepted reference cases of Mishinov 2023."""
ACCEPTABLE_LIMITS_MM = (6.0, 2.0)
"""Largest and RMS deviation of an acceptable restoration."""
TANGENT_REACH_MM = 1.0
"""Sideways distance to the nearest true point within which the deviation is measured to its tangent plane."""


@dataclass(frozen=True)
class OverlapScores:
    """How well a restored piece matches the true piece.

    Attributes
    ----------
    dsc
        0..1, Dice coefficient.
    bdsc
        0..1, Dice coefficient near the defective skull.
    hd95_mm
        95th percentile of the distances between the surfaces; infinite where only one of the pieces is empty.
    mean_mm
        Mean of the same distances.
    """

    dsc: float
    bdsc: float
    hd95_mm: float
    mean_mm: float


@dataclass(frozen=True)
class SurfaceDeviation:
    """How far a restored outer surface is from the true one.

    Attributes
    ----------
    largest_mm
        99th percentile of the distances, so that pits and sutures do not count.
    rms_mm
        Root mean square.
    median_mm
        Median.
    mean_mm
        Mean; NaN where it was not measured.
    """

    largest_mm: float
    rms_mm: float
    median_mm: float
    mean_mm: float = math.nan


def measure_overlap(
    truth: NDArray[np.bool_], restored: NDArray[np.bool_], defective: NDArray[np.bool_], spacing: ArrayLike
) -> OverlapScores:
    """Compare a restored piece with the true piece.

    With A the true and B the restored piece,

        DSC = 2 |A and B| / (|A| + |B|),

    bDSC is the same for the parts of A and B that are at most 10 mm from the defective skull (voxels within the skull
    included), and HD95 is the 95th percentile of the distances from every border voxel of A to the nearest of B,
    together with those from every border voxel of B to the nearest of A; the mean surface distance is their mean. A
    border voxel has at least one of its six neighbours outside the piece.

    Parameters
    ----------
    truth, restored, defective
        (nk, nj, ni) bool, on one grid: the true piece, the restored piece, the skull without the piece.
    spacing
        (3,) float, mm between voxel centres along k, j, i: the order of the arrays' axes.

    Returns
    -------
    OverlapScores
        Two empty pieces agree: 1, 1, 0 and 0 mm.

    Raises
    ------
    ValueError
        If the arrays' shapes differ or the spacing is not three positive numbers.

    Examples
    --------
    >>> piece, skull = np.zeros((9, 9, 9), bool), np.zeros((9, 9, 9), bool)
    >>> piece[3:6, 3:6, 3:6] = skull[0] = True
    >>> measure_overlap(piece, piece, skull, [1, 1, 1])
    OverlapScores(dsc=1.0, bdsc=1.0, hd95_mm=0.0, mean_mm=0.0)
    """
    step = np.asarray(spacing, dtype=np.float64)
    if not truth.shape == restored.shape == defective.shape:
        raise ValueError(
            "The three masks must be on one grid; "
            f"their shapes are {truth.shape}, {restored.shape} and {defective.shape}."
        )
    if step.shape != (3,) or not (step > 0).all():
        raise ValueError(f"Spacing must be three positive numbers in mm, along k, j, i; it was {step.tolist()}.")
    # what is farther than the border's width from both pieces cannot change a measure
    box = widened_box(np.logical_or(truth, restored), np.ceil((BORDER_WIDTH_MM + 2) / step).astype(int))
    truth, restored, defective = (np.asarray(mask[box], dtype=bool) for mask in (truth, restored, defective))
    border = _distance_to(defective, step) <= BORDER_WIDTH_MM
    away = _border_distances(truth, restored, step)
    return OverlapScores(
        _dice_coefficient(truth, restored),
        _dice_coefficient(truth & border, restored & border),
        float(np.percentile(away, 95)) if np.isfinite(away).all() else math.inf,
        float(away.mean()),
    )


def widened_box(mask: NDArray[np.bool_], margin_voxels: NDArray[np.int64]) -> tuple[slice, ...]:
    """Find the box of a mask, widened.

    Parameters
    ----------
    mask
        (nk, nj, ni) bool.
    margin_voxels
        (3,) int, how much wider at each end, along k, j and i.

    Returns
    -------
    tuple of slice
        Along k, j and i; one voxel for an empty mask.

    Examples
    --------
    >>> [int(part.stop) for part in widened_box(np.ones((1, 1, 2), dtype=bool), np.array([0, 0, 1]))]
    [1, 1, 3]
    """
    lines = [np.flatnonzero(mask.any(axis=tuple(set(range(3)) - {axis}))) for axis in range(3)]
    return tuple(
        slice(max(0, int(line[0]) - margin), int(line[-1]) + margin + 1) if len(line) else slice(0, 1)
        for line, margin in zip(lines, margin_voxels, strict=True)
    )


def triangle_areas(vertices: NDArray[np.float64], faces: NDArray[np.int64]) -> NDArray[np.float64]:
    """Measure triangles.

    Parameters
    ----------
    vertices
        (n, 3) float64, mm.
    faces
        (m, 3) int64.

    Returns
    -------
    ndarray
        (m,) float64, mm².

    Examples
    --------
    >>> triangle_areas(np.array([[0.0, 0, 0], [2, 0, 0], [0, 3, 0]]), np.array([[0, 1, 2]])).tolist()
    [3.0]
    """
    a, b, c = (vertices[faces[:, k]] for k in range(3))
    areas: NDArray[np.float64] = np.linalg.norm(np.cross(b - a, c - a), axis=1) / 2
    return areas


def _dice_coefficient(a: NDArray[np.bool_], b: NDArray[np.bool_]) -> float:
    total = np.count_nonzero(a) + np.count_nonzero(b)
    return float(2 * np.count_nonzero(a & b) / total) if total else 1.0


def _distance_to(mask: NDArray[np.bool_], spacing: NDArray[np.float64]) -> NDArray[np.float64]:
    """Distance of every voxel to the nearest one of a mask, mm; infinite for an empty mask."""
    if not mask.any():
        return np.full(mask.shape, np.inf)
    return ndimage.distance_transform_edt(~mask, sampling=spacing)


def _border_distances(a: NDArray[np.bool_], b: NDArray[np.bool_], spacing: NDArray[np.float64]) -> NDArray[np.float64]:
    """Distances (n,), mm, from every border voxel of each piece to the nearest of the other."""
    if not a.any() or not b.any():
        return np.zeros(1) if a.any() == b.any() else np.full(1, np.inf)
    a_border, b_border = (mask & ~ndimage.binary_erosion(mask) for mask in (a, b))
    a_points, b_points = (np.argwhere(mask) * spacing for mask in (a_border, b_border))
    return np.concatenate([cKDTree(b_points).query(a_points)[0], cKDTree(a_points).query(b_points)[0]])


def measure_deviation(
    restored: NDArray[np.float64],
    true_points: NDArray[np.float64] | cKDTree,
    true_normals: NDArray[np.float64] | None = None,
) -> SurfaceDeviation:
    """Measure how far a restored outer surface is from the true outer table.

    With the two exchanged: how far the true table is from what was restored.

    Parameters
    ----------
    restored
        (n, 3) float64, mm: points distributed evenly over the restored outer surface inside the defect.
    true_points
        (m, 3) float64, mm, densely over the true outer table, or a KD-tree of them.
    true_normals
        (m, 3) float64, unit. With them the distance is measured to the tangent plane at the nearest true point, where
        that point is less than 1 mm to the side: the distance then does not depend on how densely the true surface is
        sampled.

    Returns
    -------
    SurfaceDeviation
        99th percentile, root mean square, median and mean of the distances.

    Raises
    ------
    ValueError
        If there are no points to compare.

    Examples
    --------
    >>> measure_deviation(np.array([[0.0, 0, 3], [1, 0, 3]]), np.array([[0.0, 0, 0], [1, 0, 0]]))
    SurfaceDeviation(largest_mm=3.0, rms_mm=3.0, median_mm=3.0, mean_mm=3.0)
    """
    tree = (
        true_points
        if isinstance(true_points, cKDTree)
        else cKDTree(np.asarray(true_points, dtype=np.float64).reshape(-1, 3))
    )
    if not len(restored) or not tree.n:
        raise ValueError("Deviation needs points on the restored and on the true surface; one of them has none.")
    distance = distances_to_surface(restored, tree, true_normals)
    return SurfaceDeviation(
        float(np.percentile(distance, 99)),
        float(np.sqrt(np.mean(distance**2))),
        float(np.median(distance)),
        float(np.mean(distance)),
    )


def distances_to_surface(
    points: NDArray[np.float64], tree: cKDTree, normals: NDArray[np.float64] | None = None
) -> NDArray[np.float64]:
    """Measure the distance of points from a surface that is given by samples.

    Parameters
    ----------
    points
        (n, 3) float64, mm.
    tree
        Of the samples (m, 3), mm.
    normals
        (m, 3), unit, of the samples: as for :func:`measure_deviation`.

    Returns
    -------
    ndarray
        (n,) float64, mm.

    Examples
    --------
    >>> tree, up = cKDTree([[0.0, 0, 0], [1, 0, 0]]), np.array([[0.0, 0, 1], [0, 0, 1]])
    >>> distances_to_surface(np.array([[0.4, 0, 3]]), tree, up).tolist()
    [3.0]
    """
    distance, nearest = tree.query(points)
    if normals is not None:
        to_plane = np.abs(((points - tree.data[nearest]) * normals[nearest]).sum(axis=1))
        distance = np.where(distance**2 - to_plane**2 < TANGENT_REACH_MM**2, to_plane, distance)
    return distance


def grade_deviation(*deviations: SurfaceDeviation) -> Literal["good", "acceptable", "unacceptable"]:
    """Grade a restoration: good up to 3.9 mm largest and 1.3 mm RMS deviation, acceptable up to 6 mm and 2 mm.

    Parameters
    ----------
    *deviations
        Of the restored surface from the true one and, where it is known, of the true surface from the restored one: the
        worse of them counts.

    Returns
    -------
    str
        "good", "acceptable" or "unacceptable".

    Examples
    --------
    >>> grade_deviation(SurfaceDeviation(largest_mm=3.9, rms_mm=1.4, median_mm=1.0))
    'acceptable'
    """

    def is_within(largest_mm: float, rms_mm: float) -> bool:
        return all(one.largest_mm <= largest_mm and one.rms_mm <= rms_mm for one in deviations)

    if is_within(*GOOD_LIMITS_MM):
        return "good"
    return "acceptable" if is_within(*ACCEPTABLE_LIMITS_MM) else "unacceptable"
