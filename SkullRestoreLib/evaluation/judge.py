"""One hole, one method: what it said, against what is true."""

from dataclasses import dataclass, replace

import numpy as np
from scipy import ndimage
from scipy.spatial import cKDTree

from SkullRestoreLib.case import Mesh
from SkullRestoreLib.evaluation.answer import Answer
from SkullRestoreLib.evaluation.metrics import deviation, grade
from SkullRestoreLib.evaluation.truth import Truth

RIGHT_MM, WRONG_MM, RIGHT_PART = 2.0, 5.0, 0.95
"""A reference point is right this near to the true margin; one further off than the second spoils the case; so many must be right."""
FOUND_PART, STRAY_PART, FULL_PART = 0.75, 0.5, 0.97
"""A hole is found when one reported defect covers this part of it, and no more than this part of its own area lies outside it."""
BAND = 0.9
_BAND_SIGMAS = float(np.log(1 / (1 - BAND)) / np.sqrt(2))
"""Half the width of a Laplace distribution's 90 % band, in standard deviations."""
_SAMPLES = 20_000
_MIDDLE_PART = 0.5


@dataclass(frozen=True)
class Judgement:
    """What one method reached on one hole. Lengths in mm; NaN where there is nothing to measure."""

    found: bool
    area_cm2: float  # as measured by the method, 0 where it found nothing
    covered: float  # 0..1, part of the true hole under the restored surface
    stray: float  # 0..1, part of the restored surface that lies over sound bone
    pieces: int  # reported defects that touch the hole
    largest_mm: float
    rms_mm: float
    middle_mm: float  # signed mean in the inner half: positive is too high
    rim_mm: float  # mean distance within 5 mm of the border
    grade: str
    points: int
    points_right: float  # 0..1, part of the points
    worst_point_mm: float
    points_over_mm: float  # the worst point's height over the true outer table: high on the arch, deep on petrous bone
    right: bool  # the points of the case are right
    margin_covered: float  # 0..1, part of the true margin that has a point within one spacing
    in_band: float  # 0..1, part of the true surface inside the method's 90 % band
    uncovered: str = ""  # towards where the part of the hole lies that is not covered, such as "below"


NOTHING = Judgement(False, 0.0, 0.0, 0.0, 0, np.nan, np.nan, np.nan, np.nan, "unacceptable", 0, 0.0, np.nan, np.nan, False, 0.0, np.nan)
"""No answer at all."""


def judge(truth: Truth, answers: list[Answer]) -> Judgement:
    """Judge the answers that touch one hole.

    Parameters
    ----------
    truth
        The hole.
    answers
        All that a method found on this head. The one that covers most of the hole is measured.

    Returns
    -------
    Judgement
        With ``found`` false and "unacceptable" where nothing covers the hole; a surface that is there is measured all the same.
    """
    at = [_over(truth, a.surface) for a in answers]
    touching = [k for k, (inside, _, _) in enumerate(at) if inside > 0.01 * truth.area_cm2]
    if not touching:
        return NOTHING
    best = max(touching, key=lambda k: at[k][0])
    inside, whole, samples = at[best]
    answer = answers[best]
    covered, stray = min(inside / truth.area_cm2, 1.0), 1 - inside / whole
    found = covered >= FOUND_PART and stray <= STRAY_PART
    made = replace(NOTHING, found=found, area_cm2=answer.area_cm2, covered=covered, stray=stray, pieces=len(touching))
    if covered < FULL_PART:
        made = replace(made, uncovered=_where(truth, samples[0]))
    made = _with_points(made, truth, answer.points)
    return _with_surface(made, truth, answer, *samples)


def _over(truth: Truth, surface: Mesh) -> tuple[float, float, tuple[np.ndarray, np.ndarray]]:
    """Area over the hole and in all, cm2, and evenly spread samples over the hole: points (p, 3) and the nearest vertex of each (p,)."""
    a, b, c = (surface.vertices[surface.faces[:, k]] for k in range(3))
    area = np.linalg.norm(np.cross(b - a, c - a), axis=1) / 2
    ends = np.cumsum(area)
    count = min(_SAMPLES, max(500, int(4 * ends[-1]))) if len(ends) else 0
    face = np.searchsorted(ends, (np.arange(count) + 0.5) * (ends[-1] / max(count, 1)))
    points = ((a + b + c) / 3)[face]
    over = truth.holds(points) if count else np.zeros(0, dtype=bool)
    share = float(over.mean()) if count else 0.0
    whole = float(ends[-1]) / 100 if count else 0.0
    return share * whole, max(whole, 1e-9), (points[over], surface.faces[face[over], 0])


def _where(truth: Truth, points: np.ndarray) -> str:
    """Towards which side of the hole the part lies that no sample (p, 3) covers."""
    covered = np.zeros(truth.hole.shape, dtype=bool)
    covered[truth.pixels(points)] = True
    bare = truth.hole & ~ndimage.binary_closing(np.pad(covered, 4), iterations=3)[4:-4, 4:-4]
    if not bare.any():
        return ""
    way = truth.pose.ras_to_head[:3, :3] @ (truth.points[bare].mean(axis=0) - truth.points[truth.hole].mean(axis=0))
    names = (("left", "right"), ("behind", "in front"), ("below", "above"))
    axis = int(np.abs(way).argmax())
    return names[axis][int(way[axis] > 0)]


def _with_points(made: Judgement, truth: Truth, points: np.ndarray) -> Judgement:
    """Whether the reference points (p, 3) are right."""
    if not len(points) or not len(truth.margin):
        return made
    off = truth.border.query(points)[0]
    part = float((off <= RIGHT_MM).mean())
    worst = int(off.argmax())
    tree, normals = truth.surface
    nearest = tree.query(points[worst])[1]
    over = float((points[worst] - tree.data[nearest]) @ normals[nearest])
    reach = max(2 * RIGHT_MM, len(truth.margin) * 0.4 / len(points))
    covered = float((cKDTree(points).query(truth.margin)[0] <= reach).mean())
    right = part >= RIGHT_PART and float(off.max()) <= WRONG_MM
    return replace(
        made,
        points=len(points),
        points_right=part,
        worst_point_mm=float(off.max()),
        points_over_mm=over,
        right=right,
        margin_covered=covered,
    )


def _with_surface(made: Judgement, truth: Truth, answer: Answer, points: np.ndarray, vertex: np.ndarray) -> Judgement:
    """How far the surface is from the true one, at samples (p, 3) over the hole."""
    tree, normals = truth.surface
    total = deviation(points, tree, normals)
    nearest = tree.query(points)[1]
    signed = ((points - tree.data[nearest]) * normals[nearest]).sum(axis=1)
    depth = truth.off_border_mm[truth.pixels(points)]
    middle = depth >= _MIDDLE_PART * truth.off_border_mm.max()
    rim = depth <= 5.0
    band = np.nan
    if answer.sigma_mm is not None:
        band = float((np.abs(signed) <= _BAND_SIGMAS * answer.sigma_mm[vertex]).mean())
    return replace(
        made,
        largest_mm=total.largest,
        rms_mm=total.rms,
        middle_mm=float(signed[middle].mean()) if middle.any() else np.nan,
        rim_mm=float(np.abs(signed[rim]).mean()) if rim.any() else np.nan,
        grade=grade(total) if made.found else "unacceptable",
        in_band=band,
    )
