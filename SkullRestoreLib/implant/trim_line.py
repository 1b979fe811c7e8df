"""Trim lines: where no bone ends a body, one smooth line does, as a surgeon would draw it, and not the ragged border.

All of it is plane geometry in the drawing of an outline: u and v, mm.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial import cKDTree

from SkullRestoreLib.errors import InputError
from SkullRestoreLib.implant.loops import arc_lengths, points_at

if TYPE_CHECKING:
    from manifold3d import CrossSection

LINE_STEP_MM = 0.5
"""Distance between points of a loop whose bone-bound and open stretches are distinguished."""
CONTROL_STEP_MM = 1.5
"""Distance between points of a line that is fitted; it is drawn as a cubic spline through them."""
MIN_OPEN_STRETCH_MM = 4.0
"""An open stretch shorter than this is a gap in the bone's surface and needs no line of its own."""
MIN_BONE_STRETCH_MM = 6.0
"""Bone that bounds a loop for less than this between two open stretches is a spike: one line passes it."""
END_OVERRUN_MM = 4.0
"""A line runs on straight over the bone at both ends, so that it cuts the body from side to side."""
BASE_SMOOTHING_MM = (10.0, 4.0, 4.0)
"""The line is fitted as a distance from a base line: first the border, smoothed so much, then the line so far."""
BENDING_WEIGHTS_MM2 = tuple(8.0 * 2.0 ** (k / 2) for k in range(16))
"""Weights of a line's bending against its distance from the border; the least that keeps the radius is taken."""
CUT_RESERVE_MM = 3.0
"""What is cut off reaches this far past the border."""
CORNER_REACH_MM = 8.0
"""Corners this close to a line are rounded by the least width."""
GIVEN_OVERRUN_MM = 8.0
"""A line that the user gave runs on straight so far: one that was written ends where the corners were rounded."""
KERF_MM = 0.02
"""A line that the user gave cuts an area by a ribbon so wide."""
LEAST_PIECE_MM2 = 1.0
"""What a line cuts off is at least so large; less is touching the border, and no crossing."""
ON_CUT_MM = 1.0
"""What of a border is this close to a given line was cut by it."""


@dataclass(frozen=True, eq=False)
class TrimmedArea:
    """An area whose open stretches end on trim lines."""

    area: "CrossSection"  # u and v, mm
    lines: list[NDArray[np.float64]]  # each (k, 2), mm, open, the body on its left
    kept_fraction: float = 1.0
    """Part of the area that lines given by the user leave."""


def open_stretches(loop: NDArray[np.float64], is_open: NDArray[np.bool_]) -> list[NDArray[np.int64]]:
    """Find the stretches of a closed line where no bone bounds it.

    Parameters
    ----------
    loop
        (k, 2), mm, closed, at about even distances.
    is_open
        (k,), whether no bone is there.

    Returns
    -------
    list of ndarray
        Numbers of the points of each stretch, in order; may run over the loop's end. Short gaps count as bone, and
        short spikes of bone as open.

    Examples
    --------
    >>> angle = np.linspace(0, 2 * np.pi, 400, endpoint=False)
    >>> loop = 30 * np.column_stack([np.cos(angle), np.sin(angle)])
    >>> [(int(s[0]), int(s[-1])) for s in open_stretches(loop, loop[:, 0] < -20)]
    [(147, 253)]
    """
    if is_open.all():
        return []  # no bone anywhere: there is nothing between which a line could run
    step_mm = arc_lengths(loop)[-1] / len(loop)
    first = int(np.flatnonzero(~is_open)[0])
    flags = np.roll(is_open, -first)  # begins with bone: no stretch runs over the end
    flags = _drop_short_runs(flags, int(MIN_BONE_STRETCH_MM / step_mm), value=False)
    flags = _drop_short_runs(flags, int(MIN_OPEN_STRETCH_MM / step_mm), value=True)
    return [(run + first) % len(loop) for run in _runs_of(flags, value=True)]


def _runs_of(flags: NDArray[np.bool_], *, value: bool) -> list[NDArray[np.int64]]:
    """Numbers of the points of each run of a value."""
    edges = np.flatnonzero(np.diff(flags == value, prepend=False, append=False))
    return [np.arange(a, b) for a, b in edges.reshape(-1, 2)]


def _drop_short_runs(flags: NDArray[np.bool_], least: int, *, value: bool) -> NDArray[np.bool_]:
    """Flags in which runs of a value that are shorter than ``least`` are turned; the first and the last run stay."""
    flags = flags.copy()
    for run in _runs_of(flags, value=value):
        if len(run) < least and run[0] > 0 and run[-1] < len(flags) - 1:
            flags[run] = not value
    return flags


def fit_trim_line(border: NDArray[np.float64], *, least_radius_mm: float) -> NDArray[np.float64]:
    """Fit one smooth line to a ragged border, never outside it.

    The line is the solution of an obstacle problem: least bending and least loss of area, on the body's side of every
    point of the border. A tongue that is not wide enough for the line is cut off, a notch is passed at a distance.

    Parameters
    ----------
    border
        (k, 2), mm, open, with the body on its left.
    least_radius_mm
        The line is nowhere bent more sharply than this, unless the border's ends leave no space for it.

    Returns
    -------
    ndarray
        (n, 2), mm, from somewhat before the border's first point to somewhat after its last.

    Examples
    --------
    >>> u = np.linspace(0, 40, 81)
    >>> ragged = np.column_stack([u, np.where(np.abs(u - 20) < 2, 3.0, 0.0)])
    >>> line = fit_trim_line(ragged, least_radius_mm=10)
    >>> bool(line[:, 1].max() < 3.5 and np.interp(20, line[:, 0], line[:, 1]) >= 2.99)
    True
    """
    smooth = _smooth_open_line(border, BASE_SMOOTHING_MM[0])
    for weight in BENDING_WEIGHTS_MM2:
        line = smooth
        for smoothing_mm in BASE_SMOOTHING_MM[1:]:
            line = _fit_beside(_smooth_open_line(line, smoothing_mm), border, weight)
        if least_curve_radius(line) >= least_radius_mm:
            break
    return _run_on_straight(line, int(np.ceil(END_OVERRUN_MM / CONTROL_STEP_MM)))


def _resample_open(line: NDArray[np.float64], step_mm: float) -> NDArray[np.float64]:
    """Points of an open line (k, 2) at even distances."""
    along = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=1))])
    at = np.linspace(0, along[-1], max(int(np.ceil(along[-1] / step_mm)), 4) + 1)
    return np.column_stack([np.interp(at, along, line[:, k]) for k in range(2)])


def _smooth_open_line(line: NDArray[np.float64], sigma_mm: float) -> NDArray[np.float64]:
    """An open line (k, 2), smoothed; its ends stay, and hooks of the border are unrolled."""
    even = _resample_open(line, CONTROL_STEP_MM)
    count = len(even)
    mirrored = np.concatenate([2 * even[0] - even[:0:-1], even, 2 * even[-1] - even[-2::-1]])
    smooth = ndimage.gaussian_filter1d(mirrored, sigma_mm / CONTROL_STEP_MM, axis=0, mode="nearest")
    return _resample_open(smooth[count - 1 : 2 * count - 1], CONTROL_STEP_MM)


def _fit_beside(base: NDArray[np.float64], border: NDArray[np.float64], weight_mm2: float) -> NDArray[np.float64]:
    """The line (n, 2) next to a base line (m, 2) that keeps to the left of a border (k, 2) with least bending."""
    from scipy.optimize import lsq_linear  # takes long to load, and few implants have an open margin

    left = _left_normals(base)
    # The border's farthest reach into the body next to each point of the base; some points of it have none.
    dense = _resample_open(border, CONTROL_STEP_MM / 6)
    offset = dense[:, None] - base[None]
    beside = np.argmin((offset**2).sum(axis=2), axis=1)
    reach = np.full(len(base), -np.inf)
    np.maximum.at(reach, beside, (offset[np.arange(len(dense)), beside] * left[beside]).sum(axis=1))
    known = np.isfinite(reach)
    numbers = np.arange(len(base))
    reach = np.interp(numbers, numbers[known], reach[known])
    bend = np.zeros((len(base) - 2, len(base)))
    row = np.arange(len(base) - 2)
    bend[row, row], bend[row, row + 1], bend[row, row + 2] = 1.0, -2.0, 1.0
    base_bend = (np.diff(base, 2, axis=0) * left[1:-1]).sum(axis=1)
    scale = weight_mm2 / CONTROL_STEP_MM**2
    pull = np.diag(known.astype(float))
    matrix = np.vstack([scale * bend, pull])
    wanted = np.concatenate([-scale * (base_bend + bend @ reach), np.zeros(len(base))])
    lower = np.where(known, 0.0, -np.inf)
    solution = lsq_linear(matrix, wanted, bounds=(lower, np.inf), method="trf", lsq_solver="exact")
    return base + (reach + np.maximum(solution.x, lower))[:, None] * left


def _left_normals(line: NDArray[np.float64]) -> NDArray[np.float64]:
    """Unit normals (k, 2) to the left of an open line (k, 2)."""
    tangent = np.gradient(line, axis=0)
    tangent /= np.maximum(np.linalg.norm(tangent, axis=1, keepdims=True), 1e-12)
    return np.column_stack([-tangent[:, 1], tangent[:, 0]])


def _run_on_straight(line: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    """A line (k, 2) with points added straight on at both ends."""
    steps = np.arange(1, count + 1)[:, None]
    reach = min(4, len(line) - 1)
    first, last = (line[0] - line[reach]) / reach, (line[-1] - line[-1 - reach]) / reach
    return np.concatenate([(line[0] + steps * first)[::-1], line, line[-1] + steps * last])


def least_curve_radius(line: NDArray[np.float64]) -> float:
    """Least radius of curvature of an open line at even distances.

    Parameters
    ----------
    line
        (k, 2), mm.

    Returns
    -------
    float
        mm; infinite for a straight line.

    Examples
    --------
    >>> angle = np.linspace(0, np.pi, 50)
    >>> round(least_curve_radius(20 * np.column_stack([np.cos(angle), np.sin(angle)])), 1)
    20.0
    """
    first, second = np.gradient(line, axis=0), np.gradient(np.gradient(line, axis=0), axis=0)
    cross = np.abs(first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0])[2:-2]
    speed = np.linalg.norm(first, axis=1)[2:-2]
    return float((speed**3 / np.maximum(cross, 1e-12)).min(initial=np.inf))


def cut_along_line(area: "CrossSection", line: NDArray[np.float64], depth_mm: float) -> "CrossSection":
    """Cut off what is to the right of a line.

    Parameters
    ----------
    area
        In u and v, mm.
    line
        (k, 2), mm, open.
    depth_mm
        How far to the right of the line.
    """
    return area - _ribbon(line, depth_mm, 0.0)


def spline_through(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Draw a smooth line through points that a user placed, and run it on straight at both ends.

    Parameters
    ----------
    points
        (k, 2), mm, open, at least two different ones.

    Returns
    -------
    ndarray
        (n, 2), mm, at even distances.

    Examples
    --------
    >>> line = spline_through(np.array([[0.0, 0.0], [10.0, 0.0]]))
    >>> line[[0, -1]].round(2).tolist()
    [[-8.57, 0.0], [18.57, 0.0]]
    """
    from scipy.interpolate import CubicSpline

    step = np.linalg.norm(np.diff(points, axis=0), axis=1)
    points = points[np.concatenate([[True], step > 1e-6])]
    along = np.concatenate([[0.0], np.cumsum(step[step > 1e-6])])
    dense = np.linspace(0, along[-1], max(int(along[-1] / LINE_STEP_MM), 4) + 1)
    curve = CubicSpline(along, points, bc_type="natural")(dense)
    return _run_on_straight(_resample_open(curve, CONTROL_STEP_MM), int(np.ceil(GIVEN_OVERRUN_MM / CONTROL_STEP_MM)))


def cut_along_given_line(
    area: "CrossSection", points: NDArray[np.float64]
) -> tuple["CrossSection", NDArray[np.float64]]:
    """Cut an area along a line that the user gave; the larger part stays.

    Parameters
    ----------
    area
        In u and v, mm.
    points
        (k, 2), mm, open.

    Returns
    -------
    area : CrossSection
        What stays.
    line : ndarray
        (n, 2), mm, with what stays on its left.

    Raises
    ------
    InputError
        If the line does not cross the area from border to border.
    """
    from manifold3d import CrossSection, OpType

    line = spline_through(points)
    kept, was_cut = [], False
    for part in area.decompose():
        pieces = [
            piece
            for piece in (part - _ribbon(line, KERF_MM / 2, KERF_MM / 2)).decompose()
            if piece.area() > LEAST_PIECE_MM2
        ]
        was_cut |= len(pieces) > 1
        kept.append(max(pieces, key=lambda piece: piece.area(), default=part))
    if not was_cut:
        raise InputError(
            "The trim line does not cross the implant's outline from one border to the other; draw it across the "
            "defect, from bone to bone."
        )
    remaining = CrossSection.batch_boolean(kept, OpType.Add)
    return remaining, line if _is_left_of(line, remaining) else line[::-1]


def _ribbon(line: NDArray[np.float64], right_mm: float, left_mm: float) -> "CrossSection":
    """What is this far to the right and to the left of a line (k, 2), mm; negative distances are on the other side."""
    from manifold3d import CrossSection, FillRule

    to_left = _left_normals(line)
    low, high = line - right_mm * to_left, line + left_mm * to_left
    cells = [np.array([low[k], low[k + 1], high[k + 1], high[k]]) for k in range(len(line) - 1)]
    return CrossSection(cells, FillRule.NonZero)


def _is_left_of(line: NDArray[np.float64], area: "CrossSection") -> bool:
    """Whether an area that a line (k, 2), mm, has cut is rather on its left than on its right."""
    left, right = (area ^ _ribbon(line, *sides) for sides in ((-KERF_MM, ON_CUT_MM), (ON_CUT_MM, -KERF_MM)))
    return left.area() >= right.area()


def trim_open_margin(
    area: "CrossSection",
    is_open: Callable[[NDArray[np.float64]], NDArray[np.bool_]],
    *,
    least_radius_mm: float,
    least_width_mm: float,
    given: Sequence[NDArray[np.float64]] = (),
) -> TrimmedArea:
    """End an area on lines that the user gave, and on smooth ones wherever else no bone bounds it.

    Parameters
    ----------
    area
        In u and v, mm, with its ragged border.
    is_open
        Whether points (n, 2) of the border, mm, have no bone next to them: (n,).
    least_radius_mm
        Least radius of curvature of the lines.
    least_width_mm
        Next to the lines nothing of the area is narrower than this, and its corners are rounded by half of it.
    given
        Lines that the user gave, each (k, 2), mm.

    Raises
    ------
    InputError
        If a given line does not cross the area.
    """
    lines, before_mm2 = [], area.area()
    for points in given:
        area, line = cut_along_given_line(area, points)
        lines.append(line)
    kept_fraction = area.area() / before_mm2 if before_mm2 else 1.0
    cut = cKDTree(np.concatenate([_resample_open(line, LINE_STEP_MM) for line in lines])) if lines else None
    for loop in [np.asarray(each) for each in area.to_polygons()]:
        even = points_at(loop, np.arange(0, arc_lengths(loop)[-1], LINE_STEP_MM))
        still_open = is_open(even) if cut is None else is_open(even) & (cut.query(even)[0] > ON_CUT_MM)
        for stretch in open_stretches(even, still_open):
            border = even[stretch]
            line = fit_trim_line(border, least_radius_mm=least_radius_mm)
            beyond_mm = float(cKDTree(line).query(border)[0].max())
            area = cut_along_line(area, line, beyond_mm + CUT_RESERVE_MM)
            lines.append(line)
    return TrimmedArea(_round_corners(area, lines, least_width_mm), lines, kept_fraction)


def _round_corners(area: "CrossSection", lines: list[NDArray[np.float64]], width_mm: float) -> "CrossSection":
    """The area without what is narrower than a width next to the lines."""
    from manifold3d import CrossSection, JoinType, OpType

    for line in lines:
        steps = [
            CrossSection.circle(CORNER_REACH_MM, 32).translate(point.tolist())
            for point in line[:: max(len(line) // 60, 1)]
        ]
        beside = CrossSection.batch_boolean(steps, OpType.Add)
        opened = area.offset(-width_mm / 2, JoinType.Round, circular_segments=64).offset(
            width_mm / 2, JoinType.Round, circular_segments=64
        )
        area = area - (beside - opened)
    return area
