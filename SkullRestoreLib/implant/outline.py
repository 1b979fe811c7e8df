"""Draw the outline of an implant in the chart: where the bone leaves space for a rim, within the patch's border."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial import cKDTree

from SkullRestoreLib.implant.chart import CHART_STEP_MM, MIN_CHART_COSINE, InsertionChart
from SkullRestoreLib.implant.clearance import MAX_BORDER_OVERRUN_MM, FreeSpace
from SkullRestoreLib.implant.loops import arc_lengths, join_segments, points_at
from SkullRestoreLib.implant.trim_line import trim_open_margin
from SkullRestoreLib.records import ImplantSettings

if TYPE_CHECKING:
    from manifold3d import CrossSection

MIN_NECK_MM = 1.5
"""Tongues of the outline narrower than this are cut off."""
MIN_OUTLINE_AREA_MM2 = 20.0
"""Parts of the outline smaller than this are no implant."""
MAX_SMOOTHING_LOSS_MM = 0.03
"""How much of the clearance smoothing the outline may cost."""
MIN_OUTLINE_COSINE = 0.3
"""No body where the outer face is seen at a flatter angle than this (cosine) along the insertion direction."""
BONE_BOUND_MM = 0.3
"""Where the bone leaves the rim less than this, the bone ends the outline, and not the patch's border."""
EXACT_DISTANCE_MM = 3.0
"""Distances to the outline are exact up to here."""
NO_OUTLINE_MM = 1000.0
"""Distance to an outline that is empty."""
RASTER_CELLS_PER_STEP = 4
"""Raster cells for each step of the chart. The raster gives only the sign, where the distance is not close to 0."""
OUTLINE_POINT_SPACING_MM = 0.05
"""Spacing of the points that represent the outline when distances to it are measured."""
SIDE_BY_DIRECTION_MM = 0.3
"""Closer to the outline than this, its direction says which side is inside, better than the raster."""


@dataclass(frozen=True, eq=False)
class ImplantOutline:
    """The outline of a body, seen along the insertion direction."""

    cross_section: "CrossSection"  # u and v, mm
    inside_mm: NDArray[np.float64]
    """(nu, nv), mm along the outer face from each node of the chart to the outline, negative outside; exact near it."""
    bounded_by_bone: NDArray[np.bool_]
    """(nu, nv): whether bone, and not the patch's border, ends the body at the outline's nearest point."""

    trim_lines: list[NDArray[np.float64]]
    """Where the margin is open or the user wants it: lines (k, 2), mm, that end the body."""
    kept_fraction: float = 1.0
    """Part of the area that lines given by the user leave."""

    @property
    def loops(self) -> list[NDArray[np.float64]]:
        """Closed lines, each (k, 2) float64, mm."""
        return [np.asarray(loop) for loop in self.cross_section.to_polygons()]


def draw_outline(
    chart: InsertionChart,
    border: list[NDArray[np.float64]],
    space: FreeSpace,
    settings: ImplantSettings,
    *,
    trim_lines: Sequence[NDArray[np.float64]] = (),
) -> ImplantOutline:
    """Draw the outline of a body: the bone's edge, and one smooth line wherever no bone ends it.

    Parameters
    ----------
    chart
        Over the outer face.
    border
        The patch's border on the outer face: closed lines, each (k, 3), mm RAS.
    space
        What the bone leaves free.
    settings
        ``least_edge_mm`` is the thickness of the rim for which there must be space, ``rim_radius_mm`` the radius by
        which it will be rounded; ``trim_radius_mm`` and ``trim_width_mm`` shape the line of an open margin.

    trim_lines
        Lines that the user gave, each (k, 3), mm RAS; the body ends on them.

    Returns
    -------
    ImplantOutline
        Empty where the bone leaves no space.

    Raises
    ------
    InputError
        If a given line does not cross the outline.
    """
    from manifold3d import CrossSection, FillRule

    free = _rim_free_distance(chart, space, settings.least_edge_mm, settings.rim_radius_mm)
    # Smoothing by one cell removes the steps of the voxels; it may cost next to nothing of the clearance.
    free = np.minimum(ndimage.gaussian_filter(free, 1.0), free + MAX_SMOOTHING_LOSS_MM)
    free_area = CrossSection(zero_contour(free, space.corner[:2]), FillRule.EvenOdd)
    patch_area = CrossSection([chart.to_uvw(line)[:, :2] for line in border], FillRule.EvenOdd)
    wide_patch_area = patch_area.offset(MAX_BORDER_OVERRUN_MM, circular_segments=16)
    # The patch's border is known to about a voxel: the outline may pass it to meet the bone, but only where bone is.
    near_bone = (patch_area.offset(4 * MAX_BORDER_OVERRUN_MM, circular_segments=16) - free_area).offset(
        3 * MAX_BORDER_OVERRUN_MM, circular_segments=16
    )
    area = (free_area ^ (patch_area + (wide_patch_area ^ near_bone))) - _hidden_area(chart)
    area = area.offset(-MIN_NECK_MM / 2, circular_segments=48).offset(MIN_NECK_MM / 2, circular_segments=48) ^ area

    def free_at(uv: NDArray[np.float64]) -> NDArray[np.float64]:
        cells = (uv - space.corner[:2]) / CHART_STEP_MM
        return ndimage.map_coordinates(free, cells.reshape(-1, 2).T, order=1, mode="nearest").reshape(uv.shape[:-1])

    trimmed = trim_open_margin(
        CrossSection.compose(_large_parts(area)),
        lambda uv: free_at(uv) >= BONE_BOUND_MM,
        least_radius_mm=settings.trim_radius_mm,
        least_width_mm=settings.trim_width_mm,
        given=[chart.to_uvw(line)[:, :2] for line in trim_lines],
    )
    drawing = CrossSection.compose(_large_parts(trimmed.area))
    inside_mm, foot = signed_outline_distance(chart, drawing)
    return ImplantOutline(drawing, inside_mm, free_at(foot) < BONE_BOUND_MM, trimmed.lines, trimmed.kept_fraction)


def _large_parts(area: "CrossSection") -> "list[CrossSection]":
    """The parts of an area that are large enough for an implant."""
    return [part for part in area.simplify(0.01).decompose() if part.area() > MIN_OUTLINE_AREA_MM2]


def _hidden_area(chart: InsertionChart) -> "CrossSection":
    """Where the outer face bends under the insertion direction, or nearly: no body can be made there, u and v, mm."""
    from manifold3d import CrossSection, FillRule

    slope_u, slope_v = np.gradient(chart.height, CHART_STEP_MM)
    steepness = np.hypot(slope_u, slope_v)
    limit = np.sqrt(1 / MIN_OUTLINE_COSINE**2 - 1)
    hidden = ndimage.gaussian_filter(np.minimum(steepness, 3 * limit), 1.0) - limit
    return CrossSection(zero_contour(hidden, chart.corner), FillRule.EvenOdd)


def _rim_free_distance(
    chart: InsertionChart, space: FreeSpace, min_edge_mm: float, rim_radius_mm: float
) -> NDArray[np.float64]:
    """Free distance for a rim that stands upright on the outer face: (nu, nv), mm, on the space's nodes.

    The rounding draws the rim back from the outline. Next to a wall of bone that changes nothing, because the rim is
    nearest to the wall below the rounding; thin bone next to a sunk face is level with the rounding alone, and the gap
    to it would become wider than asked.
    """
    uv = space.node_uv()
    normal = chart.sample_normals(uv)
    smallest = np.full(uv.shape[:2], np.inf)
    height = chart.sample_at(chart.height, uv.reshape(-1, 2))
    for depth in np.linspace(0, max(min_edge_mm, rim_radius_mm), 6):
        below = uv - depth * normal[..., :2]
        w = height - chart.sample_at(chart.height, below.reshape(-1, 2)) - depth * normal[..., 2].ravel()
        free = space.sample_at(np.column_stack([below.reshape(-1, 2), w])).reshape(smallest.shape)
        above_arc = max(rim_radius_mm - depth, 0.0)
        drawn_back = rim_radius_mm - np.sqrt(rim_radius_mm**2 - above_arc**2)
        if drawn_back:
            free = free + drawn_back * _free_distance_gain(free, normal)
        smallest = np.minimum(smallest, free)
    return smallest


def _free_distance_gain(free: NDArray[np.floating], normal: NDArray[np.float64]) -> NDArray[np.float64]:
    """How much free distance (nu, nv) is gained for each millimetre along the face with normals (nu, nv, 3): 0 to 1."""
    slope = np.stack(np.gradient(free, CHART_STEP_MM), axis=-1)
    steepest = (slope**2).sum(axis=-1) - (slope * normal[..., :2]).sum(axis=-1) ** 2
    return np.sqrt(np.clip(steepest, 0, 1))


def signed_outline_distance(
    chart: InsertionChart, drawing: "CrossSection"
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Measure from the chart's nodes to an outline.

    Parameters
    ----------
    chart
        Over the outer face.
    drawing
        The outline, u and v in mm.

    Returns
    -------
    distance
        (nu, nv), mm along the outer face, positive inside.
    foot
        (nu, nv, 2), mm, the outline's nearest point.
    """
    loops = [np.asarray(p) for p in drawing.to_polygons()]
    if not loops:
        return np.full(chart.height.shape, -NO_OUTLINE_MM), chart.node_uv()
    inside = _nodes_inside(chart, loops)
    lines = [_resample_loop(loop, OUTLINE_POINT_SPACING_MM) for loop in loops]
    points = np.concatenate(lines)
    direction = np.concatenate([np.roll(line, -1, axis=0) - np.roll(line, 1, axis=0) for line in lines])
    uv = chart.node_uv().reshape(-1, 2)
    away, nearest = _nearest_outline_point(points, uv, (points - chart.corner) / CHART_STEP_MM, chart.height.shape)
    # Close to a line its direction says the side better than a raster: the inside is on its left.
    (a, b), (c, d) = direction[nearest].T, (uv - points[nearest]).T
    inside = np.where(away < SIDE_BY_DIRECTION_MM, a * d - b * c > 0, inside.ravel())
    # Millimetres in the plane become millimetres on the face, which is sloped across or along the line.
    across = (uv - points[nearest]) / np.maximum(away, 1e-9)[:, None]
    normal = chart.normals.reshape(-1, 3)
    slope = (across * normal[:, :2]).sum(axis=1) / np.maximum(normal[:, 2], MIN_CHART_COSINE)
    distance = np.where(inside, 1, -1) * away * np.sqrt(1 + slope**2)
    return distance.reshape(chart.height.shape), points[nearest].reshape(*chart.height.shape, 2)


def nodes_within(chart: InsertionChart, drawing: "CrossSection", reach_mm: float) -> NDArray[np.bool_]:
    """Find the chart's nodes in a drawing and around it.

    Parameters
    ----------
    chart
        Over the outer face.
    drawing
        The outline, u and v in mm.
    reach_mm
        How far around it, mm in the plane of the drawing: on a steep face that is several times as far along the face.

    Returns
    -------
    ndarray
        (nu, nv) bool.
    """
    return _nodes_inside(chart, [np.asarray(p) for p in drawing.offset(reach_mm, circular_segments=16).to_polygons()])


def _nodes_inside(chart: InsertionChart, loops: list[NDArray[np.float64]]) -> NDArray[np.bool_]:
    """Whether the chart's nodes (nu, nv) are inside closed lines, by the even-odd rule on a fine raster."""
    from PIL import Image, ImageDraw

    fine = RASTER_CELLS_PER_STEP
    size = tuple((np.array(chart.height.shape) - 1) * fine + 1)
    raster = np.zeros(size, dtype=bool)
    for loop in loops:
        image = Image.new("1", size[::-1])
        ImageDraw.Draw(image).polygon(
            [(v, u) for u, v in ((loop - chart.corner) / CHART_STEP_MM * fine).tolist()], fill=1
        )
        raster ^= np.asarray(image)
    return raster[::fine, ::fine]


def _nearest_outline_point(
    points: NDArray[np.float64], uv: NDArray[np.float64], cells: NDArray[np.float64], shape: tuple[int, ...]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Distance (n,) from nodes (n, 2) to the nearest of a line's points (k, 2), in cells (k, 2), and its number (n,).

    Exact within ``EXACT_DISTANCE_MM``; farther away the point may be a neighbour of the nearest one, a fraction of a
    cell from it.
    """
    cell = np.clip(np.rint(cells).astype(int), 0, np.array(shape) - 1)
    point_in_cell = np.full(shape, -1)
    point_in_cell[tuple(cell.T)] = np.arange(len(points))
    rough, seed = ndimage.distance_transform_edt(point_in_cell < 0, sampling=CHART_STEP_MM, return_indices=True)
    nearest = point_in_cell[tuple(seed)].ravel()
    close = rough.ravel() < EXACT_DISTANCE_MM
    nearest[close] = cKDTree(points).query(uv[close], workers=-1)[1]
    return np.linalg.norm(uv - points[nearest], axis=1), nearest


def _resample_loop(loop: NDArray[np.float64], step_mm: float) -> NDArray[np.float64]:
    """Points (n, 2) at even distances of at most ``step_mm`` along a closed line (k, 2)."""
    length = arc_lengths(loop)[-1]
    return points_at(loop, np.linspace(0, length, int(length / step_mm) + 2)[:-1])


def zero_contour(field: NDArray[np.float64], corner: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    """Find closed lines around where a field is above 0.

    Parameters
    ----------
    field
        (nu, nv), on the nodes of a chart.
    corner
        (2,) mm, of the first node.

    Returns
    -------
    list of ndarray
        (k, 2) mm each.
    """
    from vtkmodules.util.numpy_support import numpy_to_vtk, vtk_to_numpy
    from vtkmodules.vtkCommonDataModel import vtkImageData
    from vtkmodules.vtkFiltersCore import vtkFlyingEdges2D

    padded = np.pad(np.where(field == 0, 1e-6, field), 1, constant_values=-1.0)
    image = vtkImageData()
    image.SetDimensions(padded.shape[0], padded.shape[1], 1)
    image.GetPointData().SetScalars(numpy_to_vtk(padded.ravel(order="F")))
    lines = vtkFlyingEdges2D()
    lines.SetInputData(image)
    lines.SetValue(0, 0.0)
    lines.Update()
    contour = lines.GetOutput()
    if not contour.GetNumberOfLines():
        return []
    points = vtk_to_numpy(contour.GetPoints().GetData())[:, :2].astype(np.float64)
    segments = vtk_to_numpy(contour.GetLines().GetConnectivityArray()).reshape(-1, 2)
    return [corner + (points[loop] - 1) * CHART_STEP_MM for loop in join_segments(segments)]
