"""What the slab is cut with: the outline in the chart, the prism over it, and the bone with its clearance."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage
from scipy.spatial import cKDTree

from SkullRestoreLib.case import ImplantSettings
from SkullRestoreLib.implant.chart import STEEPEST, STEP_MM, Chart
from SkullRestoreLib.implant.gap import OVERHANG_MM, Space, distance_to_bone, isosurface
from SkullRestoreLib.implant.slab import chains, solid

if TYPE_CHECKING:
    from manifold3d import CrossSection, Manifold

NECK_MM = 1.5  # tongues of the outline narrower than this are cut off
LEAST_AREA_MM2 = 20.0  # a spot of the outline smaller than this is no implant
SPARE_MM = 0.03  # what smoothing the outline may take of the clearance
AT_BONE_MM = 0.3  # the rim has no more room than this where bone ends it
LOOSE_MM = 0.8  # the prism is this much wider than the outline, the tool at least as much again
TANGENT_MM = 0.05
LINE_MM = 3.0  # so close to the outline the distance to it is exact
FAR_MM = 1000.0


@dataclass(frozen=True)
class Plan:
    """The outline of a body, seen along the insertion direction."""

    drawing: "CrossSection"  # u and v, mm
    inside: (
        np.ndarray
    )  # (nu, nv) float, mm along the outer face from each of the chart's nodes to the outline, negative outside; exact near it
    at_bone: np.ndarray  # (nu, nv) bool: at the outline's nearest point bone ends the body, and not the patch's border

    @property
    def loops(self) -> list[np.ndarray]:
        """Closed lines (k, 2) float, mm."""
        return [np.asarray(loop) for loop in self.drawing.to_polygons()]


def outline(chart: Chart, border: list[np.ndarray], space: Space, edge_mm: float, radius_mm: float) -> Plan:
    """Draw the outline: where the bone leaves room for a rim of ``edge_mm``, rounded by ``radius_mm``, and within the border, closed lines (k, 3) mm RAS."""
    from manifold3d import CrossSection, FillRule

    margin = _rim_room(chart, space, edge_mm, radius_mm)
    # Smoothing by one cell takes the voxels' steps out of the outline; it may cost next to nothing of the clearance.
    margin = np.minimum(ndimage.gaussian_filter(margin, 1.0), margin + SPARE_MM)
    room = CrossSection(_contour(margin, space.corner[:2]), FillRule.EvenOdd)
    reach = CrossSection([chart.flatten(line)[:, :2] for line in border], FillRule.EvenOdd)
    wider = reach.offset(OVERHANG_MM, circular_segments=16)
    # The patch's border is known to about a voxel: let the outline pass it to meet the bone, but only where there is bone to meet.
    beside_bone = (reach.offset(4 * OVERHANG_MM, circular_segments=16) - room).offset(3 * OVERHANG_MM, circular_segments=16)
    plan = room ^ (reach + (wider ^ beside_bone))
    plan = plan.offset(-NECK_MM / 2, circular_segments=48).offset(NECK_MM / 2, circular_segments=48) ^ plan
    parts = [part for part in plan.simplify(0.01).decompose() if part.area() > LEAST_AREA_MM2]
    drawing = CrossSection.compose(parts) if parts else CrossSection()
    inside, foot = signed_distance(chart, drawing)
    at_foot = ndimage.map_coordinates(margin, ((foot - space.corner[:2]) / STEP_MM).reshape(-1, 2).T, order=1, mode="nearest")
    return Plan(drawing, inside, at_foot.reshape(inside.shape) < AT_BONE_MM)


def _rim_room(chart: Chart, space: Space, edge_mm: float, radius_mm: float) -> np.ndarray:
    """Room for a rim that stands upright on the outer face: (nu, nv) float, mm on the space's nodes.

    The rounding draws the rim back from the outline. Beside a wall of bone that changes nothing, as the rim is nearest to it below the rounding;
    thin bone beside a sunk face is level with the rounding alone, and would be left a wider gap.
    """
    uv = space.nodes()
    normal = chart.sample_normals(uv)
    least = np.full(uv.shape[:2], np.inf)
    for depth in np.linspace(0, max(edge_mm, radius_mm), 6):
        under = uv - depth * normal[..., :2]
        w = chart.at(chart.height, uv.reshape(-1, 2)) - chart.at(chart.height, under.reshape(-1, 2)) - depth * normal[..., 2].ravel()
        room = space.at(np.column_stack([under.reshape(-1, 2), w])).reshape(least.shape)
        short = max(radius_mm - depth, 0.0)
        drawn_back = radius_mm - np.sqrt(radius_mm**2 - short**2)
        if drawn_back:
            room = room + drawn_back * _gain(room, normal)
        least = np.minimum(least, room)
    return least


def _gain(room: np.ndarray, normal: np.ndarray) -> np.ndarray:
    """How much room (nu, nv) there is to win for each millimetre along the face, whose normals are (nu, nv, 3): (nu, nv) float, 0 to 1."""
    slope = np.stack(np.gradient(room, STEP_MM), axis=-1)
    steepest = (slope**2).sum(axis=-1) - (slope * normal[..., :2]).sum(axis=-1) ** 2
    return np.sqrt(np.clip(steepest, 0, 1))


def signed_distance(chart: Chart, drawing: "CrossSection") -> tuple[np.ndarray, np.ndarray]:
    """Measure from the chart's nodes to an outline.

    Returns
    -------
    distance
        (nu, nv) float, mm along the outer face, positive inside.
    foot
        (nu, nv, 2) float, mm, the outline's nearest point.
    """
    from PIL import Image, ImageDraw

    loops = [np.asarray(p) for p in drawing.to_polygons()]
    if not loops:
        return np.full(chart.height.shape, -FAR_MM), chart.nodes()
    fine = 4  # the sign is decided on a finer raster; it only matters where the distance is not next to 0
    size = tuple((np.array(chart.height.shape) - 1) * fine + 1)
    raster = np.zeros(size, dtype=bool)
    for loop in loops:
        image = Image.new("1", size[::-1])
        ImageDraw.Draw(image).polygon([(v, u) for u, v in ((loop - chart.corner) / STEP_MM * fine).tolist()], fill=1)
        raster ^= np.asarray(image)  # even-odd
    inside = raster[::fine, ::fine]
    lines = [_densely(loop, 0.05) for loop in loops]
    points = np.concatenate(lines)
    along = np.concatenate([np.roll(line, -1, axis=0) - np.roll(line, 1, axis=0) for line in lines])
    uv = chart.nodes().reshape(-1, 2)
    away, nearest = _nearest(points, uv, (points - chart.corner) / STEP_MM, chart.height.shape)
    # right beside a line its direction tells the side better than a raster: the inside is on its left
    (a, b), (c, d) = along[nearest].T, (uv - points[nearest]).T
    inside = np.where(away < 0.3, a * d - b * c > 0, inside.ravel())
    # millimetres in the plane become millimetres on the face, which is sloped towards or along the line
    across = (uv - points[nearest]) / np.maximum(away, 1e-9)[:, None]
    normal = chart.normals.reshape(-1, 3)
    slope = (across * normal[:, :2]).sum(axis=1) / np.maximum(normal[:, 2], STEEPEST)
    distance = np.where(inside, 1, -1) * away * np.sqrt(1 + slope**2)
    return distance.reshape(chart.height.shape), points[nearest].reshape(*chart.height.shape, 2)


def _nearest(points: np.ndarray, uv: np.ndarray, cells: np.ndarray, shape: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Measure from nodes (n, 2) to the nearest of a line's points (k, 2), whose cells are (k, 2): distance (n,) and its number (n,).

    Exact within ``LINE_MM``; farther away the point may be the nearest one's neighbour, a fraction of a cell from it.
    """
    cell = np.clip(np.rint(cells).astype(int), 0, np.array(shape) - 1)
    held = np.full(shape, -1)
    held[tuple(cell.T)] = np.arange(len(points))
    rough, seed = ndimage.distance_transform_edt(held < 0, sampling=STEP_MM, return_indices=True)
    nearest = held[tuple(seed)].ravel()
    close = rough.ravel() < LINE_MM
    nearest[close] = cKDTree(points).query(uv[close], workers=-1)[1]
    return np.linalg.norm(uv - points[nearest], axis=1), nearest


def _densely(loop: np.ndarray, step: float) -> np.ndarray:
    """Points (n, 2) at even steps along a closed line (k, 2)."""
    closed = np.concatenate([loop, loop[:1]])
    along = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(closed, axis=0), axis=1))])
    at = np.linspace(0, along[-1], int(along[-1] / step) + 2)[:-1]
    return np.column_stack([np.interp(at, along, closed[:, k]) for k in (0, 1)])


def prism(chart: Chart, plan: Plan, depth: float) -> "Manifold":
    """Draw the outline in along the insertion direction, a little wide: the tool cuts the walls."""
    from manifold3d import Manifold

    loose = plan.drawing.offset(LOOSE_MM, circular_segments=16).simplify(0.1)
    low, high = float(chart.height.min()) - depth - 5, float(chart.height.max()) + 5
    matrix = np.column_stack([chart.axes.T, chart.origin])
    return Manifold.extrude(loose, high - low).translate([0, 0, low]).transform(matrix)


def tool(chart: Chart, plan: Plan, space: Space, inner: np.ndarray, settings: ImplantSettings, band: float) -> "Manifold":
    """Make a solid of all that is to be cut off around the outline: bone, clearance, what lies behind them on the way in, bevel and roundings.

    Parameters
    ----------
    chart, plan, space
        Of the body.
    inner
        (nu, nv) float, mm along the outward axis to the inner face, on the chart's nodes.
    settings
        ``trim_undercuts``, ``bevel_deg``, ``rim_radius_mm`` and ``min_edge_mm`` are used.
    band
        The space's.
    """
    from manifold3d import Manifold

    uv, w = space.nodes(), space.w
    inside = chart.at(plan.inside, uv.reshape(-1, 2)).reshape(uv.shape[:2])
    normal = chart.sample_normals(uv)
    depth = -w * normal[..., 2:]  # below the outer face, along its normal: (nu, nv, nw)
    # the rim stands upright on the outer face: look the outline up where the normal leaves the face (above the face, where it would lean
    # over the rim, straight below)
    foot = uv[:, :, None] + np.maximum(depth, 0)[..., None] * normal[:, :, None, :2]
    upright = chart.at(plan.inside, foot.reshape(-1, 2)).reshape(depth.shape)
    # beside bone the wall may run straight along the way in: what the bone leaves free decides where it does
    at_bone = chart.at(plan.at_bone.astype(float), uv.reshape(-1, 2)).reshape(uv.shape[:2]) > 0.5
    wall = np.where(at_bone[..., None], np.maximum(upright, inside[..., None]), upright)
    if settings.bevel_deg:
        # below the rim, which stands upright: it keeps the clearance, and is as thick as was asked
        rim = max(settings.rim_radius_mm + settings.min_edge_mm / 2, settings.min_edge_mm)
        wall = np.minimum(wall, upright - np.tan(np.radians(settings.bevel_deg)) * np.maximum(depth - rim, 0))
    room = np.minimum(space.free, wall)
    if settings.trim_undercuts:
        room = np.minimum.accumulate(room[..., ::-1], axis=2)[..., ::-1]
    under = chart.at(inner, uv.reshape(-1, 2)).reshape(uv.shape[:2]) - chart.at(chart.height, uv.reshape(-1, 2)).reshape(uv.shape[:2])
    thick = -under * normal[..., 2]
    radius = np.minimum(settings.rim_radius_mm, 0.45 * np.clip(thick, 0.1, None))[..., None]
    room = _rounded(_rounded(room, depth, radius), thick[..., None] - depth, radius)
    room = np.where((inside < -2 * LOOSE_MM)[..., None], band, room)
    room[room == 0] = 1e-6  # a value on the surface would give triangles without area
    room = np.pad(room.astype(np.float32), 1, constant_values=band)
    vertices, faces = isosurface(room.transpose(2, 1, 0), 0.0)
    for _ in range(2 * (space.clearance < STEP_MM and len(faces) > 0)):
        room = _kept_off(room, vertices, faces, chart, space, upright=settings.trim_undercuts)
        vertices, faces = isosurface(room.transpose(2, 1, 0), 0.0)
    if not len(faces):
        return Manifold()
    return solid(chart.unflatten(space.corner + (vertices - 1) * STEP_MM), faces, "the bone around the defect")


def _kept_off(room: np.ndarray, vertices: np.ndarray, faces: np.ndarray, chart: Chart, space: Space, *, upright: bool) -> np.ndarray:
    """Room (nu, nv, nw), with less of it where the surface that it gives, vertices (n, 3) in its nodes, comes closer to the bone than asked.

    Between nodes the distance to a sharp edge of bone is not linear, and a triangle cuts the corner: a tenth of a millimetre is lost there,
    which matters when the gap is next to none. ``upright`` takes as much from all that lies below on the way in: a dent would hold the body.
    """
    uvw = space.corner + (vertices - 1) * STEP_MM
    near = np.flatnonzero(np.abs(space.at(uvw)) < STEP_MM)
    edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    edges = edges[(edges[:, 0] < edges[:, 1]) & np.isin(edges, near).all(axis=1)]
    owners = np.concatenate([np.column_stack([near, near]), edges])
    ras = chart.unflatten(uvw[owners].mean(axis=1))
    short = space.clearance - distance_to_bone(ras, space.surface, space.clearance + STEP_MM, signed=True)
    wrong = short > SPARE_MM
    by = np.zeros(len(vertices), dtype=np.float32)
    for end in (0, 1):
        np.maximum.at(by, owners[wrong, end], np.minimum(short[wrong], STEP_MM))
    lower = room.copy()
    for node in (np.floor(vertices[by > 0]), np.ceil(vertices[by > 0])):
        ends = tuple(node.astype(int).T)
        np.minimum.at(lower, ends, room[ends] - by[by > 0])
    if upright:
        lower = room - np.maximum.accumulate((room - lower)[..., ::-1], axis=2)[..., ::-1]
    lower[lower == 0] = -1e-6
    inner = (slice(1, -1),) * 3
    closed = room.copy()  # its border stays free: what it gives must be closed
    closed[inner] = lower[inner]
    return closed


def _rounded(room: np.ndarray, depth: np.ndarray, radius: np.ndarray) -> np.ndarray:
    """Round the corner between a wall, from which ``room`` is left, and a face, ``depth`` below which one is; all mm."""
    # the arc ends a hair outside the face: tangent to it, tool and face would cut each other to crumbs
    beside, below = radius - room, radius - (depth + TANGENT_MM)
    corner = (beside > 0) & (below > 0)
    return np.where(corner, radius - np.hypot(beside, below), room)


def _contour(field: np.ndarray, corner: np.ndarray) -> list[np.ndarray]:
    """Closed lines (k, 2), mm, around where a field (nu, nv) of the chart is above 0."""
    from vtkmodules.util.numpy_support import numpy_to_vtk, vtk_to_numpy
    from vtkmodules.vtkCommonDataModel import vtkImageData
    from vtkmodules.vtkFiltersCore import vtkFlyingEdges2D

    padded = np.pad(np.where(field == 0, 1e-6, field), 1, constant_values=-1.0)
    image = vtkImageData()
    image.SetDimensions(*padded.shape, 1)
    image.GetPointData().SetScalars(numpy_to_vtk(padded.ravel(order="F")))
    lines = vtkFlyingEdges2D()
    lines.SetInputData(image)
    lines.SetValue(0, 0.0)
    lines.Update()
    found = lines.GetOutput()
    if not found.GetNumberOfLines():
        return []
    points = vtk_to_numpy(found.GetPoints().GetData())[:, :2].astype(np.float64)
    segments = vtk_to_numpy(found.GetLines().GetConnectivityArray()).reshape(-1, 2)
    return [corner + (points[loop] - 1) * STEP_MM for loop in chains(segments)]
