"""The resection line: a drawn curve, a tumour or a circle in, a closed line on the outer table out.

What cannot be cut is refused here, each with one sentence.
"""

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline
from scipy.spatial import cKDTree

from SkullRestoreLib.affine import apply_affine, basis_across
from SkullRestoreLib.errors import InputError
from SkullRestoreLib.geometry.icosphere import interpolate, spherical_grid
from SkullRestoreLib.geometry.polygon import points_in_polygon
from SkullRestoreLib.implant.loops import arc_lengths, points_at
from SkullRestoreLib.implant.outline import zero_contour
from SkullRestoreLib.planning.outer_table import MIN_COSINE, OuterTable, area_normal, map_outer_table
from SkullRestoreLib.records import Bone, Pose, VaultTables, Volume

if TYPE_CHECKING:
    from manifold3d import CrossSection

LINE_STEP_MM = 0.5
"""Points of a line are this far apart."""
MAX_SNAP_MM = 12.0
"""Points farther than this from the outer table are not on the skull."""
MAX_GAP_RATIO = 2.5
"""A drawn line is open where the gap between its ends is this many times its longest other step."""
MAX_VAULT_FRACTION = 0.4
"""A line that encloses more of the vault than this is refused: too little is left to predict from, and to hold on."""
CLEARLY = 1.2
"""Without a map the area inside a line is known to about a tenth; this many times too much is too much for certain."""
MIN_AREA_CM2 = 2.0
"""Smallest resection."""
MAX_BEYOND_VAULT_MM = 6.0
"""How far a line may leave the vault, as it is known in the head frame."""
FACE_AZIMUTH_DEG = 70.0
"""Below the vault and in front of this azimuth is the face, behind it the base."""
CIRCLE_POINTS = 180
"""Points of a circle before the line is resampled."""
FOOT_MM = 0.05
"""The place from which the bone's normal runs to a point is looked for until it moves by less than this."""
FOOT_ROUNDS = 12
"""At most so many rounds follow for places that move by more."""
FOOT_DAMPING = 0.6
"""In the last rounds they move by this part of a step."""
WALK_STEP_MM = 0.5
"""Step with which a circle's radii are walked along the surface."""

MapMaker = Callable[..., OuterTable]
"""Makes the map around points (n, 3), seen along an outward direction (3,)."""


@dataclass(frozen=True, eq=False)
class Head:
    """The head on which is planned."""

    bone: Bone
    pose: Pose
    tables: VaultTables  # predicted from the head as it is

    @property
    def centre(self) -> NDArray[np.float64]:
        """(3,) float64, mm RAS: middle of the head frame."""
        return self.pose.head_to_ras[:3, 3]

    @cached_property
    def vault_directions(self) -> cKDTree:
        """Search tree over the grid's directions to the vault, head frame."""
        return cKDTree(spherical_grid(self.tables.level).directions[self.tables.vault])

    @cached_property
    def vault_area_cm2(self) -> float:
        """Area of the predicted outer table of the vault."""
        area = spherical_grid(self.tables.level).areas_mm2(self.tables.outer)
        return float(area[self.tables.vault].sum()) / 100

    @property
    def map_maker(self) -> MapMaker:
        """Makes maps of this head's outer table."""
        return partial(map_outer_table, self.bone, self.pose, self.tables)


@dataclass(frozen=True, eq=False)
class ResectionLine:
    """A closed line on the outer table."""

    table: OuterTable
    uv: NDArray[np.float64]  # (k, 2), mm, counter-clockwise in the drawing, without its first point again

    @cached_property
    def points(self) -> NDArray[np.float64]:
        """(k, 3) float64, mm RAS, on the smooth outer table."""
        return self.table.on_surface(self.uv)

    @cached_property
    def area_cm2(self) -> float:
        """Area of the outer table inside the line."""
        return self.table.enclosed_area_cm2(self.uv)

    @cached_property
    def circumference_mm(self) -> float:
        """Length of the line."""
        return float(arc_lengths(self.points)[-1])

    @cached_property
    def inside_mm(self) -> NDArray[np.float64]:
        """(nu, nv) float64, mm on the map's nodes: distance of the surface from the line, positive inside."""
        nodes = self.table.surface_points.reshape(-1, 3)
        away = distance_to_line(nodes, self.points)
        inside = points_in_polygon(self.table.chart.node_uv().reshape(-1, 2), self.uv)
        return np.where(inside, away, -away).reshape(self.table.chart.height.shape)

    def at_distance(self, inside_mm: float) -> NDArray[np.float64]:
        """Find the longest line at a distance from this one.

        Parameters
        ----------
        inside_mm
            How far inside; negative outside.

        Returns
        -------
        ndarray
            (n, 2), mm in the drawing; empty where there is none.
        """
        loops = zero_contour(self.inside_mm - inside_mm, self.table.chart.corner)
        return max(loops, key=lambda loop: float(arc_lengths(loop)[-1]), default=np.zeros((0, 2)))


def distance_to_line(points: NDArray[np.float64], line: NDArray[np.float64]) -> NDArray[np.float64]:
    """Distance of points from a closed line of short segments.

    Parameters
    ----------
    points
        (n, 3) mm.
    line
        (k, 3) mm.

    Returns
    -------
    ndarray
        (n,) mm: to the segments next to the nearest point of the line.
    """
    _, nearest = cKDTree(line).query(points)
    best = np.full(len(points), np.inf)
    for shift in (0, -1):
        start, end = line[(nearest + shift) % len(line)], line[(nearest + shift + 1) % len(line)]
        along = end - start
        part = ((points - start) * along).sum(axis=1) / np.maximum((along**2).sum(axis=1), 1e-12)
        foot = start + np.clip(part, 0, 1)[:, None] * along
        best = np.minimum(best, np.linalg.norm(points - foot, axis=1))
    return best


# --- the three ways of giving a line


def line_from_curve(curve: NDArray[np.float64], head: Head, *, is_closed: bool = False) -> ResectionLine:
    """Snap a drawn closed curve to the outer table.

    Parameters
    ----------
    curve
        (k, 3) mm RAS, control points in their order.
    head
        On which it is drawn.
    is_closed
        Whether it is known to be closed, as a closed curve of 3D Slicer is.

    Returns
    -------
    ResectionLine
        A smooth curve through the points.

    Raises
    ------
    InputError
        If it cannot be cut.
    """
    curve = _without_repeats(curve)
    if len(curve) < 3:
        raise InputError(f"A resection line needs at least 3 different points; there are {len(curve)}.")
    steps = np.linalg.norm(np.roll(curve, -1, axis=0) - curve, axis=1)
    if not is_closed and steps[-1] > MAX_GAP_RATIO * steps[:-1].max():
        raise InputError(f"The line is open: its ends are {steps[-1]:.0f} mm apart. Close it, or draw a closed curve.")
    _check_not_around_head(curve, head)
    outward = area_normal(curve, head.centre)
    table = head.map_maker(curve, outward, tumour_radius_mm=float(np.linalg.norm(np.ptp(curve, axis=0)) / 2))
    return trace_line(curve, table, head)


def trace_line(curve: NDArray[np.float64], table: OuterTable, head: Head) -> ResectionLine:
    """Lay a closed curve onto a map that there is already: quick enough for a curve that is dragged.

    Parameters
    ----------
    curve
        (k, 3) mm RAS, control points in their order.
    table
        From :func:`SkullRestoreLib.planning.outer_table.map_outer_table`, around the curve.
    head
        On which it is drawn.

    Returns
    -------
    ResectionLine

    Raises
    ------
    InputError
        If it cannot be cut.
    """
    _check_not_around_head(curve, head)
    _check_on_skull(curve, table, head)
    line = _line_through(table.to_uv(curve), table)
    check_line(line, head)
    return line


def line_around_point(
    centre: NDArray[np.float64], diameters_mm: tuple[float, float], turn_deg: float, head: Head
) -> ResectionLine:
    """Draw a circle or an ellipse about a point of the skull; its radii run along the surface.

    Parameters
    ----------
    centre
        (3,) mm RAS.
    diameters_mm
        Along its length and across it.
    turn_deg
        Of its length against the horizontal, counter-clockwise seen from outside.
    head
        On which it is drawn.

    Returns
    -------
    ResectionLine

    Raises
    ------
    InputError
        If it cannot be cut.
    """
    if min(diameters_mm) <= 0:
        raise InputError("The diameters of a circle or an ellipse must be more than 0 mm.")
    return ellipse_on_map(map_around_point(centre, max(diameters_mm) / 2, head), diameters_mm, turn_deg, head)


@dataclass(frozen=True, eq=False)
class MapAroundPoint:
    """The outer table around a point, on which circles about it are drawn."""

    table: OuterTable
    middle: NDArray[np.float64]  # (1, 2), mm in the drawing
    outward: NDArray[np.float64]  # (3,), unit, RAS: normal of the bone at the point
    reach_mm: float  # radius of the largest circle


def map_around_point(centre: NDArray[np.float64], reach_mm: float, head: Head) -> MapAroundPoint:
    """Map the outer table around a point.

    Parameters
    ----------
    centre
        (3,) mm RAS.
    reach_mm
        Radius of the largest circle that will be drawn.
    head
        On which it is drawn.

    Returns
    -------
    MapAroundPoint

    Raises
    ------
    InputError
        If the point is not on the skull.
    """
    outward = centre - head.centre
    outward = outward / max(float(np.linalg.norm(outward)), 1e-9)
    for _ in range(2):  # the second time along the normal of the bone itself
        around = centre + reach_mm * np.concatenate([basis_across(outward), -np.array(basis_across(outward))])
        table = head.map_maker(around, outward, tumour_radius_mm=reach_mm)
        _check_on_skull(centre[None], table, head)
        middle = table.to_uv(centre[None])
        outward = table.normals_at(middle)[0] @ table.chart.axes
    return MapAroundPoint(table, middle, outward, reach_mm)


def ellipse_on_map(
    place: MapAroundPoint, diameters_mm: tuple[float, float], turn_deg: float, head: Head
) -> ResectionLine:
    """Draw a circle or an ellipse on a map that there is already.

    Parameters
    ----------
    place
        Around its middle.
    diameters_mm, turn_deg, head
        As for :func:`line_around_point`.

    Returns
    -------
    ResectionLine

    Raises
    ------
    InputError
        If it cannot be cut.
    """
    table, middle, outward, up = place.table, place.middle, place.outward, head.pose.head_to_ras[:3, 2]
    side = np.cross(up, outward) if abs(up @ outward) < 0.95 else np.cross(head.pose.head_to_ras[:3, 1], outward)
    side /= np.linalg.norm(side)
    turn = np.radians(turn_deg)
    length = np.cos(turn) * side + np.sin(turn) * np.cross(outward, side)
    angle = np.linspace(0, 2 * np.pi, CIRCLE_POINTS, endpoint=False)
    a, b = np.array(diameters_mm) / 2
    radius = a * b / np.hypot(b * np.cos(angle), a * np.sin(angle))
    directions = np.cos(angle)[:, None] * length + np.sin(angle)[:, None] * np.cross(outward, length)
    line = _line_through(_walk(table, middle, directions, radius), table)
    check_line(line, head)
    return line


def line_around_tumour(tumour: Volume, margin_mm: float, least_radius_mm: float, head: Head) -> ResectionLine:
    """Draw a line at a margin around a tumour, projected to the outer table along the surface's normals.

    Parameters
    ----------
    tumour
        A mask on any grid.
    margin_mm
        From the tumour to the line, along the surface.
    least_radius_mm
        The line bends inwards no more sharply than this, and outwards no more sharply than this or the margin.
    head
        On which it is drawn.

    Returns
    -------
    ResectionLine

    Raises
    ------
    InputError
        If the tumour is empty or beyond the skull, or the line cannot be cut.
    """
    return line_around_positions(tumour_points(tumour), margin_mm, least_radius_mm, head)


def line_around_positions(
    ras: NDArray[np.float64], margin_mm: float, least_radius_mm: float, head: Head
) -> ResectionLine:
    """Draw a line at a margin around positions in a tumour.

    Parameters
    ----------
    ras
        (n, 3) mm RAS: voxels of the tumour, or of its surface.
    margin_mm, least_radius_mm, head
        As for :func:`line_around_tumour`.

    Returns
    -------
    ResectionLine

    Raises
    ------
    InputError
        If the tumour is beyond the skull, or the line cannot be cut.
    """
    from manifold3d import CrossSection, FillRule

    middle = ras.mean(axis=0)
    outward = (middle - head.centre) / max(float(np.linalg.norm(middle - head.centre)), 1e-9)
    reach = float(np.linalg.norm(ras - middle, axis=1).max()) + margin_mm
    frame = np.array(basis_across(outward))
    around = middle + reach * np.concatenate([frame, -frame])
    table = head.map_maker(around, outward, tumour_radius_mm=reach)
    foot = foot_points(table, ras)
    near = table.is_known_at(foot)
    if near.mean() < 0.5:
        raise InputError("The tumour is not at the vault: most of it is not under the outer table.")
    seeds = table.on_surface(foot[near])
    away = cKDTree(seeds).query(table.surface_points.reshape(-1, 3), distance_upper_bound=margin_mm + 5)[0]
    away = np.minimum(away, margin_mm + 5).reshape(table.chart.height.shape)
    area = CrossSection(zero_contour(margin_mm + 1e-3 - away, table.chart.corner), FillRule.EvenOdd)
    # inwards it is filled; outwards rounding by more than the margin would cut the margin itself
    smooth = _rounded(area, least_radius_mm, min(least_radius_mm, 0.98 * margin_mm))
    if smooth.is_empty():
        raise InputError("No line can be drawn around the tumour; give it a wider margin.")
    outline = max((part for part in smooth.decompose()), key=lambda part: part.area())
    polygon = max((np.asarray(loop) for loop in outline.to_polygons()), key=len)
    line = ResectionLine(table, _resampled(polygon, table))
    check_line(line, head)
    return line


def tumour_points(tumour: Volume) -> NDArray[np.float64]:
    """Find the surface of a tumour.

    Parameters
    ----------
    tumour
        A mask on any grid.

    Returns
    -------
    ndarray
        (n, 3) mm RAS: centres of the voxels at its surface.

    Raises
    ------
    InputError
        If the mask is empty.
    """
    from scipy import ndimage

    mask = np.asarray(tumour.array) > 0
    if not mask.any():
        raise InputError("The tumour's mask is empty.")
    surface = mask & ~ndimage.binary_erosion(mask)
    return apply_affine(tumour.ijk_to_ras, np.argwhere(surface)[:, ::-1].astype(np.float64))


def _rounded(area: "CrossSection", inner_mm: float, outer_mm: float) -> "CrossSection":
    """An area whose outline bends into it and out of it no more sharply than two radii."""
    filled = area.offset(inner_mm, circular_segments=96).offset(-inner_mm, circular_segments=96)
    return filled.offset(-outer_mm, circular_segments=96).offset(outer_mm, circular_segments=96)


def foot_points(table: OuterTable, points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Where the normal of the outer table through each point leaves it.

    Parameters
    ----------
    table
        The map.
    points
        (n, 3) mm RAS, over or under it.

    Returns
    -------
    ndarray
        (n, 2), mm in the drawing.
    """
    return drop_normals(table, points, first_rounds=3)[0]


def drop_normals(
    table: OuterTable, points: NDArray[np.float64], *, first_rounds: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Find where the normal of the outer table through each point leaves it, and how far the point is below it.

    Parameters
    ----------
    table
        The map.
    points
        (n, 3) mm RAS, over or under it.
    first_rounds
        Rounds for every point; where they still move it, as on bone that is seen at a flat angle, more follow.

    Returns
    -------
    foot : ndarray
        (n, 2), mm in the drawing.
    depth : ndarray
        (n,) mm below the outer table along its normal.
    """
    local = (points - table.chart.origin) @ table.chart.axes.T
    foot, depth = local[:, :2].copy(), np.zeros(len(points))
    moving = np.arange(len(points))
    for number in range(first_rounds + FOOT_ROUNDS):
        before = foot[moving]
        normal = table.normals_at(before)
        surface = np.column_stack([before, table.smooth_chart.sample_at(table.smooth_chart.height, before)])
        depth[moving] = ((surface - local[moving]) * normal).sum(axis=1)
        step = (local[moving] + depth[moving, None] * normal)[:, :2] - before
        # where the bone is steep and rough, complete steps may go to and fro
        foot[moving] = before + (step if number < first_rounds + FOOT_ROUNDS // 2 else FOOT_DAMPING * step)
        if number >= first_rounds - 1:
            moving = moving[np.linalg.norm(step, axis=1) > FOOT_MM]
            if not len(moving):
                break
    return foot, depth


def _walk(
    table: OuterTable, middle: NDArray[np.float64], directions: NDArray[np.float64], lengths: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Walk from a place (1, 2) along the surface: directions (n, 3) RAS, lengths (n,) mm; ends (n, 2)."""
    uv = np.repeat(middle, len(directions), axis=0)
    heading = directions @ table.chart.axes.T
    left = lengths.copy()
    while (left > 1e-9).any():
        step = np.minimum(left, WALK_STEP_MM)
        normal = table.normals_at(uv)
        heading = heading - (heading * normal).sum(axis=1, keepdims=True) * normal
        heading /= np.linalg.norm(heading, axis=1, keepdims=True)
        ahead = uv + step[:, None] * heading[:, :2]
        # the step is measured on the surface, whose bumps are not those of the smooth normals
        moved = np.linalg.norm(table.on_surface(ahead) - table.on_surface(uv), axis=1)
        uv = uv + np.where(moved > 1e-9, step / np.maximum(moved, 1e-9), 1.0)[:, None] * (ahead - uv)
        left = left - step
    return uv


# --- a line through points, and what is wrong with it


def _without_repeats(curve: NDArray[np.float64]) -> NDArray[np.float64]:
    """A curve (k, 3) without points that are at the place of the point before, and without its first point again."""
    steps = np.linalg.norm(np.roll(curve, -1, axis=0) - curve, axis=1)
    return curve[steps > 1e-3]


def _line_through(uv: NDArray[np.float64], table: OuterTable) -> ResectionLine:
    """A smooth closed line through places (k, 2) of the drawing."""
    closed = np.concatenate([uv, uv[:1]])
    chord = np.sqrt(np.linalg.norm(np.diff(closed, axis=0), axis=1))  # centripetal: no loops between uneven points
    at = np.concatenate([[0], np.cumsum(np.maximum(chord, 1e-6))])
    spline = CubicSpline(at, closed, bc_type="periodic")
    between = np.concatenate([np.linspace(a, b, 24, endpoint=False) for a, b in itertools.pairwise(at)])
    return ResectionLine(table, _resampled(spline(between), table))


def _resampled(uv: NDArray[np.float64], table: OuterTable) -> NDArray[np.float64]:
    """Places (k, 2) at even steps along the closed line on the surface, counter-clockwise."""
    along = arc_lengths(table.on_surface(uv))
    count = max(int(np.ceil(along[-1] / LINE_STEP_MM)), 12)
    closed = np.concatenate([uv, uv[:1]])
    wanted = np.arange(count) * along[-1] / count
    even = np.column_stack([np.interp(wanted, along, closed[:, k]) for k in (0, 1)])
    x, y = even.T
    signed = (x * np.roll(y, -1) - np.roll(x, -1) * y).sum()
    return even if signed > 0 else even[::-1]


def _check_not_around_head(curve: NDArray[np.float64], head: Head) -> None:
    """Refuse a curve (k, 3) around most of the head, whose lower parts are on no map that is seen from one side."""
    axis = area_normal(curve, head.centre)
    from_centre = curve - head.centre
    cosine = float((from_centre @ axis / np.maximum(np.linalg.norm(from_centre, axis=1), 1e-9)).mean())
    grid = spherical_grid(head.tables.level)
    inside = head.tables.vault & (grid.directions @ (head.pose.ras_to_head[:3, :3] @ axis) > cosine)
    area_cm2 = float(grid.areas_mm2(head.tables.outer)[inside].sum()) / 100
    if area_cm2 > CLEARLY * MAX_VAULT_FRACTION * head.vault_area_cm2:
        raise InputError(_around_head(area_cm2))


def _check_on_skull(points: NDArray[np.float64], table: OuterTable, head: Head) -> None:
    """Refuse points (n, 3) that are not on the skull, or are seen from the side."""
    uv = table.to_uv(points)
    if not table.is_known_at(uv).all():
        raise InputError("The line leaves the skull: part of it has no vault under it. Draw it on the vault.")
    snapped = table.on_surface(uv)
    away = np.linalg.norm(snapped - points, axis=1)
    cosine = table.normals_at(uv)[:, 2]
    away = away * np.clip(cosine, MIN_COSINE, 1)  # a point over a slope is nearer to it than to what is below
    if away.max() > MAX_SNAP_MM:
        raise InputError(
            f"The line leaves the skull: it is up to {away.max():.0f} mm from the outer table. Draw it on the vault; "
            "positions in a Python program are mm RAS."
        )


def _around_head(area_cm2: float) -> str:
    return (
        f"The line encloses most of the vault or runs too far around the head ({area_cm2:.0f} cm²); "
        "plan smaller pieces."
    )


def check_line(line: ResectionLine, head: Head) -> None:
    """Refuse a line that cannot be cut.

    Parameters
    ----------
    line
        On the outer table.
    head
        Says where the vault is.

    Raises
    ------
    InputError
        With one sentence.
    """
    if crosses_itself(line.uv):
        raise InputError("The line crosses itself; draw it once around what is to be removed.")
    if line.area_cm2 < MIN_AREA_CM2:
        raise InputError(
            f"The line encloses only {line.area_cm2:.1f} cm²; at least {MIN_AREA_CM2:g} cm² can be planned."
        )
    _check_place(line, head)
    too_round = line.table.normals_at(line.uv)[:, 2].min() < MIN_COSINE
    if line.area_cm2 > MAX_VAULT_FRACTION * head.vault_area_cm2 or too_round:
        raise InputError(_around_head(line.area_cm2))
    if not line.table.is_known_at(line.uv).all():
        raise InputError("The line leaves the skull: part of it has no vault under it. Draw it on the vault.")


def _check_place(line: ResectionLine, head: Head) -> None:
    """Refuse a line on the face or the base."""
    in_head = apply_affine(head.pose.ras_to_head, line.points)
    radius = np.linalg.norm(in_head, axis=1)
    direction = in_head / radius[:, None]
    beyond_mm = head.vault_directions.query(direction)[0] * radius
    beyond_mm = np.where(interpolate(head.tables.vault.astype(float), direction) > 0.5, 0.0, beyond_mm)
    worst = int(beyond_mm.argmax())
    if beyond_mm[worst] <= MAX_BEYOND_VAULT_MM:
        return
    azimuth = np.degrees(np.arctan2(np.abs(direction[worst, 0]), direction[worst, 1]))
    place = "on the face" if azimuth < FACE_AZIMUTH_DEG else "on the base of the skull or the neck"
    raise InputError(
        f"The line lies {place}: it runs {beyond_mm[worst]:.0f} mm beyond the vault. Only the vault can be planned."
    )


def crosses_itself(line: NDArray[np.float64]) -> bool:
    """Tell whether a closed line crosses itself.

    Parameters
    ----------
    line
        (k, 2).

    Examples
    --------
    >>> crosses_itself(np.array([[0.0, 0], [2, 2], [2, 0], [0, 2]]))
    True
    """
    start, end = line, np.roll(line, -1, axis=0)
    along = end - start

    def side_of(points: NDArray[np.float64]) -> NDArray[np.float64]:
        """(k, k): on which side of each segment each point is."""
        dx, dy = points[None, :, 0] - start[:, None, 0], points[None, :, 1] - start[:, None, 1]
        return along[:, None, 0] * dy - along[:, None, 1] * dx

    parted = side_of(start) * side_of(end) < 0
    return bool((parted & parted.T).any())


def line_sample(line: ResectionLine, step_mm: float) -> NDArray[np.float64]:
    """Sample a line at even steps.

    Parameters
    ----------
    line
        On the outer table.
    step_mm
        Distance along the line.

    Returns
    -------
    ndarray
        (n, 3) mm RAS.
    """
    return points_at(line.points, np.arange(0, line.circumference_mm, step_mm))
