"""Build the solid that cuts a body around its outline: bone, clearance, what they would catch, bevel and roundings."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from SkullRestoreLib.geometry.isosurface import isosurface
from SkullRestoreLib.implant.bone_surface import distance_to_bone
from SkullRestoreLib.implant.chart import CHART_STEP_MM, InsertionChart
from SkullRestoreLib.implant.clearance import FreeSpace
from SkullRestoreLib.implant.outline import MAX_SMOOTHING_LOSS_MM, ImplantOutline, nodes_within
from SkullRestoreLib.implant.solids import make_solid
from SkullRestoreLib.records import ImplantSettings

if TYPE_CHECKING:
    from manifold3d import Manifold

PRISM_EXCESS_MM = 0.8
"""The prism over the outline is this much wider than it, the tool at least as much again."""
PRISM_OVERSHOOT_MM = 5
"""The prism reaches this far above the outer face and below the body."""
TANGENT_OFFSET_MM = 0.05
"""The arc of a rounded edge ends this far outside the face; tangent to it, tool and face would cut crumbs."""
MAX_ROUNDING_FRACTION = 0.45
"""An edge is rounded by no more than this fraction of the body's thickness, so that two roundings do not meet."""


def extrude_outline(chart: InsertionChart, outline: ImplantOutline, depth_mm: float) -> "Manifold":
    """Extrude the outline along the insertion direction, a little wide: the cutting tool makes the walls.

    Parameters
    ----------
    chart, outline
        Of the body.
    depth_mm
        How deep the body reaches.
    """
    loose = outline.cross_section.offset(PRISM_EXCESS_MM, circular_segments=16).simplify(0.1)
    low = float(chart.height.min()) - depth_mm - PRISM_OVERSHOOT_MM
    return chart.extrude_drawing(loose, low, float(chart.height.max()) + PRISM_OVERSHOOT_MM)


def nodes_near_prism(chart: InsertionChart, outline: ImplantOutline) -> NDArray[np.bool_]:
    """Which nodes of the chart (nu, nv) the tool must reach: in the prism over the outline, and as far around it.

    The prism is wider than the outline in the drawing's plane, and so the tool is measured there too: what it left of
    the prism on a steep face would stay as a sheet in the bone.

    Parameters
    ----------
    chart, outline
        Of the body.
    """
    return nodes_within(chart, outline.cross_section, 2 * PRISM_EXCESS_MM)


def build_cutting_tool(
    chart: InsertionChart,
    outline: ImplantOutline,
    space: FreeSpace,
    inner_height: NDArray[np.float64],
    settings: ImplantSettings,
) -> "Manifold":
    """Make a solid of everything that is cut off around the outline.

    Parameters
    ----------
    chart, outline, space
        Of the body.
    inner_height
        (nu, nv), mm along the outward axis to the inner face, on the chart's nodes.
    settings
        ``trim_undercuts``, ``bevel_deg``, ``rim_radius_mm`` and ``least_edge_mm`` are used.

    Raises
    ------
    ImplantError
        If the solid does not close.
    """
    from manifold3d import Manifold

    free = free_distance_of_tool(chart, outline, space, inner_height, settings)
    vertices, faces = isosurface(free.transpose(2, 1, 0), 0.0)
    for _ in range(2 * (space.clearance_mm < CHART_STEP_MM and len(faces) > 0)):
        free = _enforce_clearance(free, vertices, faces, chart, space, keep_walls_straight=settings.trim_undercuts)
        vertices, faces = isosurface(free.transpose(2, 1, 0), 0.0)
    if not len(faces):
        return Manifold()
    return make_solid(chart.to_ras(space.corner + (vertices - 1) * CHART_STEP_MM), faces, "the bone around the defect")


def free_distance_of_tool(
    chart: InsertionChart,
    outline: ImplantOutline,
    space: FreeSpace,
    inner_height: NDArray[np.float64],
    settings: ImplantSettings,
) -> NDArray[np.float32]:
    """Signed distance from the tool, mm, positive in the body, on the space's nodes and one more to each side."""
    uv, w = space.node_uv(), space.layer_heights
    inside = chart.sample_at(outline.inside_mm, uv.reshape(-1, 2)).reshape(uv.shape[:2])
    normal = chart.sample_normals(uv)
    # Away from outline and bone there is nothing to cut: only the other columns are worked on.
    near = nodes_near_prism(chart, outline)
    columns = (chart.sample_at(near.astype(float), uv.reshape(-1, 2)).reshape(uv.shape[:2]) > 0.5) & (
        (least_wall_distance(inside, normal, -w[0], settings) < space.distance_band_mm)
        | (space.free_distance < space.distance_band_mm).any(axis=2)
    )
    uv, inside, normal = uv[columns], inside[columns], normal[columns]
    depth = -w * normal[:, 2:]  # below the outer face, along its normal: (n, nw)
    # The rim stands upright on the outer face: look the outline up where the normal leaves the face (above the face,
    # where the normal would lean over the rim, straight below).
    foot = uv[:, None] + np.maximum(depth, 0)[..., None] * normal[:, None, :2]
    upright = chart.sample_at(outline.inside_mm, foot.reshape(-1, 2)).reshape(depth.shape)
    # Next to bone the wall may run straight along the insertion direction: the bone decides where it does.
    at_bone = chart.sample_at(outline.bounded_by_bone.astype(float), uv) > 0.5
    wall = np.where(at_bone[:, None], np.maximum(upright, inside[:, None]), upright)
    if settings.bevel_deg:
        # The bevel begins below the rim, which keeps the clearance and the thickness that was asked.
        wall = np.minimum(wall, upright - _bevel_slope(settings) * np.maximum(depth - _bevel_start_mm(settings), 0))
    free = np.minimum(space.free_distance[columns], wall)
    if settings.trim_undercuts:
        free = np.minimum.accumulate(free[:, ::-1], axis=1)[:, ::-1]
    below = chart.sample_at(inner_height - chart.height, uv)
    thickness = -below * normal[:, 2]
    radius = np.minimum(settings.rim_radius_mm, MAX_ROUNDING_FRACTION * np.clip(thickness, 0.1, None))[:, None]
    free = _round_edge(_round_edge(free, depth, radius), thickness[:, None] - depth, radius)
    free[free == 0] = 1e-6  # a node on the surface would give triangles without area
    everywhere = np.full(space.free_distance.shape, space.distance_band_mm, dtype=np.float32)
    everywhere[columns] = free
    return np.pad(everywhere, 1, constant_values=space.distance_band_mm)


def _bevel_slope(settings: ImplantSettings) -> float:
    """How much a bevelled wall goes in for each millimetre down."""
    return float(np.tan(np.radians(settings.bevel_deg)))


def _bevel_start_mm(settings: ImplantSettings) -> float:
    """Depth at which a bevel begins, mm."""
    return max(settings.rim_radius_mm + settings.least_edge_mm / 2, settings.least_edge_mm)


def least_wall_distance(
    inside: NDArray[np.float64], normal: NDArray[np.float64], deepest_mm: float, settings: ImplantSettings
) -> NDArray[np.float64]:
    """At most the distance from the wall in each column (nu, nv), mm, by the distance from the outline there.

    The wall of a node is looked up as far to the side as the normals (nu, nv, 3) lean over the depth.
    """
    across_mm = float((deepest_mm * normal[..., 2] * np.linalg.norm(normal[..., :2], axis=2)).max(initial=0.0))
    least = ndimage.minimum_filter(inside, size=2 * int(np.ceil(across_mm / CHART_STEP_MM)) + 1)
    return least - _bevel_slope(settings) * max(deepest_mm - _bevel_start_mm(settings), 0.0)


def _enforce_clearance(
    free: NDArray[np.float32],
    vertices: NDArray[np.float64],
    faces: NDArray[np.int64],
    chart: InsertionChart,
    space: FreeSpace,
    *,
    keep_walls_straight: bool,
) -> NDArray[np.float32]:
    """Lower the free distance (nu, nv, nw) where its surface, vertices (n, 3) in nodes, is too close to the bone.

    Between nodes the distance to a sharp edge of bone is not linear, and a triangle cuts the corner: a tenth of a
    millimetre is lost there, which matters when the gap is next to none. ``keep_walls_straight`` lowers everything
    below along the insertion direction by as much: a dent in the wall would hold the body.
    """
    uvw = space.corner + (vertices - 1) * CHART_STEP_MM
    near = np.flatnonzero(np.abs(space.sample_at(uvw)) < CHART_STEP_MM)
    edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    edges = edges[(edges[:, 0] < edges[:, 1]) & np.isin(edges, near).all(axis=1)]
    owners = np.concatenate([np.column_stack([near, near]), edges])
    ras = chart.to_ras(uvw[owners].mean(axis=1))
    lacking = space.clearance_mm - distance_to_bone(
        ras, space.bone_surface, space.clearance_mm + CHART_STEP_MM, signed=True
    )
    too_close = lacking > MAX_SMOOTHING_LOSS_MM
    step = np.zeros(len(vertices), dtype=np.float32)
    for end in (0, 1):
        np.maximum.at(step, owners[too_close, end], np.minimum(lacking[too_close], CHART_STEP_MM))
    lower = free.copy()
    for node in (np.floor(vertices[step > 0]), np.ceil(vertices[step > 0])):
        ends = tuple(node.astype(int).T)
        np.minimum.at(lower, ends, free[ends] - step[step > 0])
    if keep_walls_straight:
        lower = free - np.maximum.accumulate((free - lower)[..., ::-1], axis=2)[..., ::-1]
    lower[lower == 0] = -1e-6
    inner = (slice(1, -1),) * 3
    with_free_border = free.copy()  # the border stays free, so that the surface closes
    with_free_border[inner] = lower[inner]
    return with_free_border


def _round_edge(
    free: NDArray[np.floating], depth: NDArray[np.float64], radius: NDArray[np.float64]
) -> NDArray[np.floating]:
    """Round the corner between a wall at distance ``free`` and a face ``depth`` above it; all mm."""
    from_wall, from_face = radius - free, radius - (depth + TANGENT_OFFSET_MM)
    in_corner = (from_wall > 0) & (from_face > 0)
    return np.where(in_corner, radius - np.hypot(from_wall, from_face), free)
