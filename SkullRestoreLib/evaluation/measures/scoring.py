"""Score a method's reported defects against the truth of one hole."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial import cKDTree

from SkullRestoreLib.affine import rotate
from SkullRestoreLib.evaluation.cases.ground_truth import GroundTruth
from SkullRestoreLib.evaluation.measures.reported_defect import ReportedDefect
from SkullRestoreLib.geometry.metrics import SurfaceDeviation, grade_deviation, measure_deviation
from SkullRestoreLib.records import Mesh

POINT_TOLERANCE_MM, POINT_LIMIT_MM, MIN_RIGHT_SHARE = 2.0, 5.0, 0.95
"""A reference point is right up to the first distance from the true margin. The points of a case are right if this
share of them is, and none is farther off than the second distance."""
MIN_COVERED_SHARE, MAX_STRAY_SHARE, FULL_COVER_SHARE = 0.75, 0.5, 0.97
"""A hole is found when one reported defect covers at least the first share of it and no more than the second share of
that defect is elsewhere. From the third share on, a hole counts as covered on all sides."""
MIN_TOUCHING_SHARE = 0.01
"""A reported defect touches a hole when it covers at least this share of it."""
MIN_TOUCHING_VERTICES = 0.01
"""The same for a surface of which nothing is measured: this share of its vertices is over the hole."""
BAND_PROBABILITY = 0.9
_BAND_SIGMAS = float(np.log(1 / (1 - BAND_PROBABILITY)) / np.sqrt(2))
"""Half the width of a Laplace distribution's 90 % band, in standard deviations."""
_MIN_SAMPLES, _MAX_SAMPLES, _SAMPLES_PER_MM2 = 500, 20_000, 4
_PLASTIC_STEPS = np.array([0.7548776662466927, 0.5698402909980532])
"""Steps of a sequence that fills the unit square evenly: powers of 1 / 1.3247..., the root of x³ = x + 1."""
_INNER_DEPTH_SHARE = 0.5
_RIM_WIDTH_MM = 5.0


@dataclass(frozen=True)
class DefectScore:
    """Score of one method on one hole. NaN where there is nothing to measure."""

    found: bool
    area_cm2: float  # as the method measures it, 0 if it found nothing
    covered: float  # 0..1, share of the true hole under the restored surface
    stray: float  # 0..1, share of the restored surface that is over sound bone
    pieces: int  # reported defects that touch the hole
    largest_mm: float
    rms_mm: float
    missed_largest_mm: float  # from the true to the restored surface: what is not covered counts as its distance
    missed_rms_mm: float
    mean_mm: float  # mean surface distance, of both directions together
    middle_mm: float  # signed mean in the inner half: positive is too high
    rim_mm: float  # mean distance within 5 mm of the border
    grade: str
    points: int
    points_right: float  # 0..1, share of the points
    worst_point_mm: float
    points_over_mm: float  # the worst point's height over the outer table: high on the arch, deep on petrous bone
    right: bool  # the points of the case are right
    margin_covered: float  # 0..1, share of the true margin that has a point within one spacing
    in_band: float  # 0..1, share of the true surface inside the method's 90 % band
    uncovered: str = ""  # on which side of the hole the uncovered part is, such as "below"


NOT_FOUND_SCORE = DefectScore(
    found=False,
    area_cm2=0.0,
    covered=0.0,
    stray=0.0,
    pieces=0,
    largest_mm=np.nan,
    rms_mm=np.nan,
    missed_largest_mm=np.nan,
    missed_rms_mm=np.nan,
    mean_mm=np.nan,
    middle_mm=np.nan,
    rim_mm=np.nan,
    grade="unacceptable",
    points=0,
    points_right=0.0,
    worst_point_mm=np.nan,
    points_over_mm=np.nan,
    right=False,
    margin_covered=0.0,
    in_band=np.nan,
)
"""No reported defect touches the hole."""


@dataclass(frozen=True, eq=False)
class _Coverage:
    """How a reported surface covers a hole."""

    over_cm2: float  # its area over the hole
    area_cm2: float  # its area in all
    points: NDArray[np.float64]  # (p, 3), mm RAS, evenly spread samples over the hole
    vertices: NDArray[np.int64]  # (p,), a vertex of the surface next to each sample


class SurfaceSamples(NamedTuple):
    """Points that are spread evenly over a surface."""

    points: NDArray[np.float64]  # (p, 3), mm
    normals: NDArray[np.float64]  # (p, 3), unit
    vertices: NDArray[np.int64]  # (p,), a vertex of the surface next to each
    area_cm2: float  # of the surface


def score_defect(truth: GroundTruth, reported: list[ReportedDefect]) -> DefectScore:
    """Score the reported defects that touch one hole.

    Parameters
    ----------
    truth
        The hole.
    reported
        All defects that a method reports on this head. The one that covers most of the hole is measured.

    Returns
    -------
    DefectScore
        Not found and "unacceptable" where nothing covers the hole; the surface is measured even so, if there is one.
    """
    samples = [sample_evenly(defect.surface) for defect in reported]
    coverages = [_measure_coverage(truth, each) for each in samples]
    touching = [k for k, c in enumerate(coverages) if c.over_cm2 > MIN_TOUCHING_SHARE * truth.area_cm2]
    if not touching:
        return NOT_FOUND_SCORE
    best = max(touching, key=lambda k: coverages[k].over_cm2)
    coverage, defect = coverages[best], reported[best]
    covered, stray = min(coverage.over_cm2 / truth.area_cm2, 1.0), 1 - coverage.over_cm2 / coverage.area_cm2
    score = replace(
        NOT_FOUND_SCORE,
        found=covered >= MIN_COVERED_SHARE and stray <= MAX_STRAY_SHARE,
        area_cm2=defect.area_cm2,
        covered=covered,
        stray=stray,
        pieces=len(touching),
    )
    if covered < FULL_COVER_SHARE:
        score = replace(score, uncovered=_uncovered_side(truth, coverage.points))
    score = _score_points(score, truth, defect.points)
    back = _measure_missed(truth, samples)
    return _score_surface(score, truth, defect, coverage, back)


def touches_hole(surface: Mesh, truth: GroundTruth) -> bool:
    """Check whether a reported surface touches a hole: a hundredth of its vertices is over it.

    Parameters
    ----------
    surface
        As it was reported.
    truth
        The hole.
    """
    return bool(len(surface.vertices)) and float(truth.over_defect(surface.vertices).mean()) > MIN_TOUCHING_VERTICES


def _measure_missed(truth: GroundTruth, samples: Sequence[SurfaceSamples]) -> SurfaceDeviation:
    """Measure how far the true outer surface, over all of the hole, is from what was restored."""
    points, normals = (np.concatenate(part) for part in zip(*(each[:2] for each in samples), strict=True))
    return measure_deviation(truth.table_points[truth.defect_mask], cKDTree(points), normals)


def sample_evenly(surface: Mesh) -> SurfaceSamples:
    """Sample a surface evenly.

    Parameters
    ----------
    surface
        The surface.

    Returns
    -------
    SurfaceSamples
        Four points a square millimetre, 500 to 20,000 in all; none of an empty surface.
    """
    a, b, c = (surface.vertices[surface.faces[:, k]] for k in range(3))
    normals = np.cross(b - a, c - a)
    doubled = np.linalg.norm(normals, axis=1)
    ends = np.cumsum(doubled / 2)
    count = min(_MAX_SAMPLES, max(_MIN_SAMPLES, int(_SAMPLES_PER_MM2 * ends[-1]))) if len(ends) else 0
    face = np.searchsorted(ends, (np.arange(count) + 0.5) * (ends[-1] / max(count, 1)))
    first, second = ((np.arange(count)[:, None] + 0.5) * _PLASTIC_STEPS % 1).T
    along = np.sqrt(first)[:, None]
    points = (1 - along) * a[face] + along * (1 - second[:, None]) * b[face] + along * second[:, None] * c[face]
    unit = (normals / np.maximum(doubled, 1e-12)[:, None])[face]
    return SurfaceSamples(points, unit, surface.faces[face, 0], float(ends[-1]) / 100 if count else 0.0)


def _measure_coverage(truth: GroundTruth, samples: SurfaceSamples) -> _Coverage:
    points, _, vertices, area_cm2 = samples
    over = truth.over_defect(points) if len(points) else np.zeros(0, dtype=bool)
    share = float(over.mean()) if len(points) else 0.0
    return _Coverage(share * area_cm2, max(area_cm2, 1e-9), points[over], vertices[over])


def _uncovered_side(truth: GroundTruth, points: NDArray[np.float64]) -> str:
    """Name the side of the hole that no sample (p, 3) covers."""
    covered = np.zeros(truth.defect_mask.shape, dtype=bool)
    covered[truth.to_pixels(points)] = True
    bare = truth.defect_mask & ~ndimage.binary_closing(np.pad(covered, 4), iterations=3)[4:-4, 4:-4]
    if not bare.any():
        return ""
    offset = truth.table_points[bare].mean(axis=0) - truth.table_points[truth.defect_mask].mean(axis=0)
    direction = rotate(truth.pose.ras_to_head, offset)
    names = (("left", "right"), ("behind", "in front"), ("below", "above"))
    axis = int(np.abs(direction).argmax())
    return names[axis][int(direction[axis] > 0)]


def _score_points(score: DefectScore, truth: GroundTruth, points: NDArray[np.float64]) -> DefectScore:
    """Score the reference points (p, 3)."""
    if not len(points) or not len(truth.margin):
        return score
    distance = truth.margin_tree.query(points)[0]
    right_share = float((distance <= POINT_TOLERANCE_MM).mean())
    worst = int(distance.argmax())
    tree, normals = truth.outer_table_tree
    nearest = tree.query(points[worst])[1]
    height = float((points[worst] - tree.data[nearest]) @ normals[nearest])
    reach = max(2 * POINT_TOLERANCE_MM, len(truth.margin) * 0.4 / len(points))
    margin_covered = float((cKDTree(points).query(truth.margin)[0] <= reach).mean())
    return replace(
        score,
        points=len(points),
        points_right=right_share,
        worst_point_mm=float(distance.max()),
        points_over_mm=height,
        right=right_share >= MIN_RIGHT_SHARE and float(distance.max()) <= POINT_LIMIT_MM,
        margin_covered=margin_covered,
    )


def _score_surface(
    score: DefectScore, truth: GroundTruth, defect: ReportedDefect, coverage: _Coverage, back: SurfaceDeviation
) -> DefectScore:
    """Measure the deviation of the surface over the hole; with the true surface's from it, the grade."""
    points = coverage.points
    tree, normals = truth.outer_table_tree
    deviation = measure_deviation(points, tree, normals)
    nearest = tree.query(points)[1]
    signed = ((points - tree.data[nearest]) * normals[nearest]).sum(axis=1)
    depth = truth.margin_distance_mm[truth.to_pixels(points)]
    middle = depth >= _INNER_DEPTH_SHARE * truth.margin_distance_mm.max()
    rim = depth <= _RIM_WIDTH_MM
    in_band = np.nan
    if defect.sigma_mm is not None:
        in_band = float((np.abs(signed) <= _BAND_SIGMAS * defect.sigma_mm[coverage.vertices]).mean())
    return replace(
        score,
        largest_mm=deviation.largest_mm,
        rms_mm=deviation.rms_mm,
        missed_largest_mm=back.largest_mm,
        missed_rms_mm=back.rms_mm,
        mean_mm=(deviation.mean_mm + back.mean_mm) / 2,
        middle_mm=float(signed[middle].mean()) if middle.any() else np.nan,
        rim_mm=float(np.abs(signed[rim]).mean()) if rim.any() else np.nan,
        grade=grade_deviation(deviation, back) if score.found else "unacceptable",
        in_band=in_band,
    )
