"""Figures of a restoration against the truth: overlap of pieces, deviation of surfaces, and the grade that follows.

The overlap figures are those of the MICCAI AutoImplant challenge (Li et al., *Medical Image Analysis* 73:102171, 2021), with distances in mm:
its own code measures in voxels unless a spacing is passed.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import ndimage
from scipy.spatial import cKDTree

BORDER_MM = 10.0  # the challenge's border: implant voxels this near to the defective skull
GOOD_MM = (3.9, 1.3)  # largest, root mean square; the worst of the accepted reference cases of Mishinov 2023
ACCEPTABLE_MM = (6.0, 2.0)


@dataclass(frozen=True)
class Overlap:
    """How well a made piece fills the place of the true one."""

    dsc: float  # 0..1, Dice coefficient
    bdsc: float  # 0..1, the same near the defective skull
    hd95_mm: float  # 95th percentile of the distances between the two surfaces; infinite where one piece is empty and the other is not


@dataclass(frozen=True)
class Deviation:
    """How far a restored outer surface is from the true one, in mm."""

    largest: float  # 99th percentile: pits and sutures aside
    rms: float
    median: float


def overlap(truth: np.ndarray, made: np.ndarray, defective: np.ndarray, spacing: np.ndarray) -> Overlap:
    """Compare a made piece with the true piece.

    With A the true and B the made piece,

        DSC = 2 |A and B| / (|A| + |B|),

    bDSC is the same for the parts of A and B that lie at most 10 mm from the defective skull (voxels within the skull included), and HD95 is the
    95th percentile of the distances from every border voxel of A to the nearest of B, together with those from every border voxel of B to the
    nearest of A. A border voxel has at least one of its six neighbours outside the piece.

    Parameters
    ----------
    truth, made, defective
        (nk, nj, ni) bool, on one grid.
    spacing
        (3,) float, mm between voxel centres along k, j, i: the order of the arrays' axes.

    Returns
    -------
    Overlap
        Two empty pieces agree: 1, 1 and 0 mm.

    Raises
    ------
    ValueError
        If the arrays' shapes differ or the spacing is not three positive numbers.
    """
    spacing = np.asarray(spacing, dtype=np.float64)
    if not truth.shape == made.shape == defective.shape:
        raise ValueError(f"The three masks must lie on one grid; their shapes are {truth.shape}, {made.shape} and {defective.shape}.")
    if spacing.shape != (3,) or not (spacing > 0).all():
        raise ValueError(f"Spacing must be three positive numbers in mm, along k, j, i; it was {spacing.tolist()}.")
    # Nothing farther than the border's width from both pieces can change a figure.
    box = _box(np.logical_or(truth, made), np.ceil((BORDER_MM + 2) / spacing).astype(int))
    truth, made, defective = (np.asarray(mask[box], dtype=bool) for mask in (truth, made, defective))
    border = _distance_to(defective, spacing) <= BORDER_MM
    return Overlap(_dice(truth, made), _dice(truth & border, made & border), _hd95(truth, made, spacing))


def _box(mask: np.ndarray, beside: np.ndarray) -> tuple[slice, ...]:
    """Box of a mask, widened by so many voxels; as good as empty for an empty mask."""
    lines = [np.flatnonzero(mask.any(axis=tuple(set(range(3)) - {axis}))) for axis in range(3)]
    return tuple(
        slice(max(0, int(line[0]) - more), int(line[-1]) + more + 1) if len(line) else slice(0, 1)
        for line, more in zip(lines, beside, strict=True)
    )


def _dice(a: np.ndarray, b: np.ndarray) -> float:
    total = np.count_nonzero(a) + np.count_nonzero(b)
    return float(2 * np.count_nonzero(a & b) / total) if total else 1.0


def _distance_to(mask: np.ndarray, spacing: np.ndarray) -> np.ndarray:
    """Distance of every voxel to the nearest one of a mask, mm; infinite for an empty mask."""
    if not mask.any():
        return np.full(mask.shape, np.inf)
    return ndimage.distance_transform_edt(~mask, sampling=spacing)


def _hd95(a: np.ndarray, b: np.ndarray, spacing: np.ndarray) -> float:
    if not a.any() or not b.any():
        return 0.0 if a.any() == b.any() else float("inf")
    a_border, b_border = (mask & ~ndimage.binary_erosion(mask) for mask in (a, b))
    a_points, b_points = (np.argwhere(mask) * spacing for mask in (a_border, b_border))
    there, back = cKDTree(b_points).query(a_points)[0], cKDTree(a_points).query(b_points)[0]
    return float(np.percentile(np.concatenate([there, back]), 95))


def deviation(restored: np.ndarray, true_points: np.ndarray | cKDTree, true_normals: np.ndarray | None = None) -> Deviation:
    """Measure how far a restored outer surface is from the true outer table.

    Parameters
    ----------
    restored
        (n, 3) float, mm: points spread evenly over the restored outer surface inside the defect.
    true_points
        (m, 3) float, mm, densely over the true outer table, or a KD-tree of them.
    true_normals
        (m, 3) float, unit. With them the distance is taken to the tangent plane at the nearest true point, where that point is less than 1 mm
        off to the side: the distance then does not depend on how densely the true surface is sampled.

    Returns
    -------
    Deviation
        99th percentile, root mean square and median of the distances.

    Raises
    ------
    ValueError
        If there are no points to compare.
    """
    tree = true_points if isinstance(true_points, cKDTree) else cKDTree(np.asarray(true_points, dtype=np.float64).reshape(-1, 3))
    if not len(restored) or not tree.n:
        raise ValueError("Deviation needs points on the restored and on the true surface; one of them has none.")
    away, nearest = tree.query(restored)
    if true_normals is not None:
        plane = np.abs(((restored - tree.data[nearest]) * true_normals[nearest]).sum(axis=1))
        away = np.where(away**2 - plane**2 < 1.0, plane, away)
    return Deviation(float(np.percentile(away, 99)), float(np.sqrt(np.mean(away**2))), float(np.median(away)))


def grade(deviation: Deviation) -> Literal["good", "acceptable", "unacceptable"]:
    """Grade a restoration: good up to 3.9 mm largest and 1.3 mm RMS deviation, acceptable up to 6 mm and 2 mm."""
    for name, (largest, rms) in (("good", GOOD_MM), ("acceptable", ACCEPTABLE_MM)):
        if deviation.largest <= largest and deviation.rms <= rms:
            return name
    return "unacceptable"
