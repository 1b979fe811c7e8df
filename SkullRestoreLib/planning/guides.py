"""Build the guides of a planned resection: drawing template, cutting guide and margin ring, as closed bodies.

Each is a block between two height fields over the outer table, which cannot fold, cut by the solid inside the wall of
the cut (decision 0121). Its lower face is the bone as seen from outside, so that it goes on without undercut.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial import cKDTree

from SkullRestoreLib.affine import basis_across
from SkullRestoreLib.errors import ImplantError
from SkullRestoreLib.geometry.ray_caster import RayCaster
from SkullRestoreLib.implant.chart import CHART_STEP_MM, MIN_CHART_COSINE, fill_nearest
from SkullRestoreLib.implant.finish_mesh import SimplifiedMesh, finish_mesh
from SkullRestoreLib.implant.outline import zero_contour
from SkullRestoreLib.implant.solids import height_field_solid
from SkullRestoreLib.implant.temporal import smoothstep
from SkullRestoreLib.planning.feet import FOOT_RADIUS_MM, GuideFeet, choose_feet
from SkullRestoreLib.planning.lane import Place, lane_at
from SkullRestoreLib.planning.wall import CutWall

if TYPE_CHECKING:
    from manifold3d import CrossSection, Manifold

GuideKind = Literal["template", "frame", "ring"]
GUIDE_KINDS: tuple[GuideKind, ...] = ("template", "frame", "ring")

FACE_NODE_STEP = 2
"""Faces are made of every so manieth node of the map."""
FLANGE_MM = 3.0
"""Thickness of the cutting guide on the bone."""
GUIDE_WALL_MM = 4.0
"""Thickness of its guiding wall."""
WALL_FADE_MM = 1.0
"""Over this length the wall falls to the flange."""
WINDOW_MM = (8.0, 4.0)
"""Length and width of a window."""
MIN_MATERIAL_MM = 1.5
"""Material that a window or a screw hole leaves at a rim."""
RING_DEPTH_MM = (3.0, 14.0)
"""Least and largest thickness of the margin ring; between them it is as thick as the bone."""
ARM_MM = (8.0, 5.0)
"""Width and thickness of the arms: pressed with 5 N at 25 mm, one of nylon bends by 0.2 mm."""
ARM_FADE_MM = 1.0
"""Over this length an arm falls to the flange's thickness."""
SLIT_MM = 2.0
"""Gaps between arms narrower than twice this are filled; it is the radius of the corners at their roots."""
RELIEF_MM = 0.5
"""A guide with feet is this far over the bone elsewhere, so that nothing else touches."""
RELIEF_FADE_MM = 1.0
"""Over this length it rises from a foot."""
PRESSED_MM = 0.1
"""A foot may reach this far into a step between voxels."""
SPARE_HEIGHT_MM = 8.0
"""The solid of the wall reaches this far over the height of a guide."""
STEEP_COSINE = 0.6
"""Where the bone at the line is seen at a flatter angle than this (cosine), it may have to reach farther."""
MOST_HEIGHT_MM = 60.0
"""It reaches no farther than this."""
STEP_SLOPE = 3.0
"""Faces of the bone that rise more steeply than this along the outward axis are steps."""
TOP_MM = 40.0
"""Holes are drilled from this far over the bone."""
SCREW_INSET_MM = 6.0
"""Screws of the template are this far inside the line, where there is room."""
JOINT_ROOM_MM = 5.0
"""Windows and screw holes are this far from the joints of a guide in parts; its outline is drawn this far past them."""
WALL_STEP, WALL_NEAR = 4, 4
"""Whether the wall is one is looked at every so many places of the line, and counts for so many of those around."""
WALL_OFF_MM = 0.3
"""Where a place on the wall is this far off it by its own foot, normals have met."""
RING_SMOOTHING_MM = 1.5
"""Standard deviation of the filter over the ring's inner face."""


@dataclass(frozen=True, eq=False)
class GuideBody:
    """A guide as it is written."""

    kind: GuideKind
    body: SimplifiedMesh
    wall_offset_mm: float
    """How far inside the line its guiding edge is, mm; negative outside."""
    holes: NDArray[np.float64]
    """(n, 3) mm RAS: middles of the screw holes, on the outer table."""
    gap_mm: float
    """Between it and the bone, where it is meant to touch it."""
    edge_gap_mm: float
    """Between its guiding edge and the bone, at most; more than the relief, since steps between voxels lift it too."""
    feet: NDArray[np.float64]
    """(n, 3) mm RAS: middles of its feet, on the outer table."""
    outward_axis: NDArray[np.float64]
    """(3,), unit, RAS: it is put on against this direction."""
    part: int = 1
    """Number of the part, where it is one of several."""
    parts: int = 1
    """How many parts the guide has."""
    reach_mm: float | None = None
    """How far its feet reach beyond the line, mm; None without feet."""

    @property
    def name(self) -> str:
        """What it is called: "cutting guide", or "cutting guide, part 1 of 2"."""
        return guide_name(self.kind, self.part, self.parts)

    @property
    def stem(self) -> str:
        """Its name in files and scenes: "frame", or "frame_part_1"."""
        return self.kind if self.parts == 1 else f"{self.kind}_part_{self.part}"


def build_guide(kind: GuideKind, wall: CutWall) -> GuideBody:
    """Build one guide.

    Parameters
    ----------
    kind
        Drawing template, cutting guide (frame) or margin ring.
    wall
        Of the cut, or of a part of the guide.

    Returns
    -------
    GuideBody

    Raises
    ------
    ImplantError
        If there is no room for it, or it does not close.
    """
    offset = {
        "template": 0.0,
        "frame": -wall.settings.guided_wall_mm,
        "ring": -wall.settings.outward_kerf_mm,
    }[kind]
    feet = choose_feet(wall, offset) if kind == "frame" and wall.settings.guide_feet else None
    builders: dict[GuideKind, Callable[[], tuple[Manifold, NDArray[np.float64]]]] = {
        "template": partial(_build_template, wall),
        "frame": partial(_build_frame, wall, offset, feet),
        "ring": partial(_build_ring, wall, offset),
    }
    solid, holes = builders[kind]()
    finished = finish_mesh(solid)
    part, table = wall.part, wall.line.table
    if finished is None:
        raise ImplantError(f"There is no room for the {guide_name(kind, *part)}; make it smaller, or move the line.")
    if feet is None:
        gap = wall.settings.guide_gap_mm
        return GuideBody(kind, finished, offset, holes, gap, gap, np.zeros((0, 3)), table.outward_axis, *part)
    places, reach = table.on_surface(feet.feet), None
    if len(places):
        reach = float(-table.chart.sample_at(wall.line.inside_mm, feet.feet).min()) + FOOT_RADIUS_MM
    return GuideBody(kind, finished, offset, holes, 0.0, 2 * RELIEF_MM, places, table.outward_axis, *part, reach)


GUIDE_NAMES: dict[GuideKind, str] = {
    "template": "drawing template",
    "frame": "cutting guide",
    "ring": "margin ring",
}


def guide_name(kind: GuideKind, part: int = 1, parts: int = 1) -> str:
    """Name a guide or one of its parts.

    Parameters
    ----------
    kind
        Of the guide.
    part, parts
        Number of the part, and how many there are.

    Examples
    --------
    >>> guide_name("frame"), guide_name("template", 2, 3)
    ('cutting guide', 'drawing template, part 2 of 3')
    """
    return GUIDE_NAMES[kind] if parts == 1 else f"{GUIDE_NAMES[kind]}, part {part} of {parts}"


def _build_template(wall: CutWall) -> "tuple[Manifold, NDArray[np.float64]]":
    """The plate inside the line, and its screw holes."""
    settings, table = wall.settings, wall.line.table
    low = table.bridged_height + _upwards(wall, settings.guide_gap_mm)
    # where bone falls away, a plate of full thickness would stand over what is beyond the line
    high = low + _upwards(wall, settings.template_mm, least_cosine=STEEP_COSINE)
    reach = float(wall.edge.line.inside_mm.max())
    plate = _slab(wall, low, high, _bounds(wall, -8.0), on_bone=True).transform(table.chart.to_ras_matrix)
    plate = wall.trim(plate)
    plate = plate ^ wall.solid_inside(0.0, -8.0, _top_of_wall(wall, plate, 0.0, settings.template_mm))
    inset = min(SCREW_INSET_MM, reach / 2)
    needed = settings.guide_screw_mm / 2 + MIN_MATERIAL_MM
    holes = _spread_along(wall, inset, settings.guide_screws) if inset > needed else np.zeros((0, 2))
    return _drilled(plate, wall, holes), table.on_surface(holes)


def _build_frame(wall: CutWall, offset: float, feet: GuideFeet | None) -> "tuple[Manifold, NDArray[np.float64]]":
    """The frame outside the line with its guiding wall, windows and screw holes, and its feet where it has any."""
    settings, line, table = wall.settings, wall.line, wall.line.table
    # the wall leans with the surface's normal: where it is, is looked up at its upper edge
    top = table.surface_points.reshape(-1, 3) + settings.wall_height_mm * table.outward_axis
    inside = wall.inside_mm(top)[0].reshape(table.known.shape)
    on_wall = np.maximum(
        smoothstep((inside - offset + GUIDE_WALL_MM + WALL_FADE_MM) / WALL_FADE_MM),
        smoothstep((line.inside_mm - offset + GUIDE_WALL_MM + WALL_FADE_MM) / WALL_FADE_MM),
    )
    outline = _outline_outside(wall, -offset + settings.frame_width_mm)
    if feet is None:
        low = bottom = table.bridged_height + _upwards(wall, settings.guide_gap_mm)
        thickness = FLANGE_MM + max(settings.wall_height_mm - FLANGE_MM, 0.0) * on_wall
    else:
        low, bottom = _face_on_feet(wall, feet), table.bridged_height
        flange = FLANGE_MM + RELIEF_MM
        thickness = np.maximum(
            flange + (ARM_MM[1] - FLANGE_MM) * _on_arms(wall, feet),
            flange + max(settings.wall_height_mm - flange, 0.0) * on_wall,
        )
        outline = _without_slits(outline + _drawn_arms(feet))
    body = _block(wall, low, bottom + _upwards(wall, thickness), outline, on_bone=True)
    body = wall.trim(body)
    body = body - wall.solid_inside(offset, -8.0, _top_of_wall(wall, body, offset, settings.wall_height_mm))
    body, holes = _with_windows(body, wall, offset, feet)
    return body, table.on_surface(holes)


def _face_on_feet(wall: CutWall, feet: GuideFeet) -> NDArray[np.float64]:
    """Lower face (nu, nv) of a guide that touches the bone with its feet and pads only."""
    table = wall.line.table
    away = feet.distance_to_contacts(table.chart.node_uv().reshape(-1, 2)).reshape(table.known.shape)
    lifted = smoothstep(away / RELIEF_FADE_MM)
    # on the mean of the steps of voxels, which bone does not have, and no deeper in them than they are pressed over
    touching = np.maximum(table.smooth_chart.height, table.chart.height - _upwards(wall, PRESSED_MM))
    return touching + lifted * (table.bridged_height + _upwards(wall, RELIEF_MM) - touching)


def _on_arms(wall: CutWall, feet: GuideFeet) -> NDArray[np.float64]:
    """(nu, nv): 1 on the arms of the feet, 0 beyond them."""
    table = wall.line.table
    away = feet.distance_to_arms(table.chart.node_uv().reshape(-1, 2)).reshape(table.known.shape)
    return smoothstep((ARM_MM[0] / 2 + ARM_FADE_MM - away) / ARM_FADE_MM)


def _drawn_arms(feet: GuideFeet) -> "CrossSection":
    """The outline of all arms: as wide as they are, from the line to beyond the feet."""
    from manifold3d import CrossSection, OpType

    width = ARM_MM[0] / 2 + ARM_FADE_MM
    around = CrossSection.circle(width, 32)
    ends = zip(feet.feet.tolist(), feet.roots.tolist(), strict=True)
    arms = [CrossSection.batch_hull([around.translate(foot), around.translate(root)]) for foot, root in ends]
    return CrossSection.batch_boolean(arms, OpType.Add) if arms else CrossSection()


def _without_slits(outline: "CrossSection") -> "CrossSection":
    """An outline whose slits are filled, and whose corners between frame and arms are round."""
    filled = outline.offset(SLIT_MM, circular_segments=32).offset(-SLIT_MM, circular_segments=32)
    return filled.simplify(0.02)


def _with_windows(
    body: "Manifold", wall: CutWall, offset: float, feet: GuideFeet | None
) -> "tuple[Manifold, NDArray[np.float64]]":
    """The frame with windows next to the wall, and screw holes between them: the body, and the holes (n, 2)."""
    settings = wall.settings
    lane = offset - GUIDE_WALL_MM - WALL_FADE_MM - WINDOW_MM[1] / 2
    room = settings.frame_width_mm - GUIDE_WALL_MM - WALL_FADE_MM
    windows: list[Place] = []
    if room >= WINDOW_MM[1] + MIN_MATERIAL_MM:
        windows = _places_along(wall, lane, settings.windows, phase=0.0)
        if feet is not None:
            windows = _moved_off_arms(wall, lane, windows, feet, WINDOW_MM[0] / 2)
    for middle, tangent in windows:
        body = body - _slot(wall, middle, tangent)
    screw_lane = offset - (settings.frame_width_mm + GUIDE_WALL_MM + WALL_FADE_MM) / 2
    phase = 0.5 / max(settings.windows, 1)
    screws = _places_along(wall, screw_lane, settings.guide_screws, phase=phase)
    if feet is not None:
        taken = np.array([middle for middle, _ in windows]).reshape(-1, 2)
        screws = _moved_off_arms(wall, screw_lane, screws, feet, settings.guide_screw_mm / 2, taken=taken)
    holes = np.array([place for place, _ in screws]).reshape(-1, 2)
    return _drilled(body, wall, holes), holes


def _moved_off_arms(
    wall: CutWall,
    lane: float,
    wanted: list[Place],
    feet: GuideFeet,
    half_mm: float,
    *,
    taken: NDArray[np.float64] | None = None,
) -> list[Place]:
    """Places of openings of a half length, each moved to the nearest one off the arms and off the others.

    ``taken`` are middles (n, 2) of windows that are there already. Where nothing is free, a place is left out.
    """
    count = max(round(lane_at(wall, lane, JOINT_ROOM_MM).length_mm), 1) if wanted else 0
    free = _places_along(wall, lane, count, phase=0.0)
    if not free:
        return []
    uv = np.array([place for place, _ in free])
    off = feet.distance_to_arms(uv) > ARM_MM[0] / 2 + half_mm + MIN_MATERIAL_MM
    for window in np.zeros((0, 2)) if taken is None else taken:
        off &= np.linalg.norm(uv - window, axis=1) > WINDOW_MM[0] / 2 + half_mm + MIN_MATERIAL_MM
    moved: list[Place] = []
    for place, _ in wanted:
        if not off.any():
            break
        nearest = int(np.where(off, np.linalg.norm(uv - place, axis=1), np.inf).argmin())
        moved.append(free[nearest])
        off &= np.linalg.norm(uv - uv[nearest], axis=1) > 2 * half_mm + 2 * MIN_MATERIAL_MM
    return moved


def _build_ring(wall: CutWall, offset: float) -> "tuple[Manifold, NDArray[np.float64]]":
    """The ring that repeats the edge of the bone that stays."""
    table = wall.line.table
    inner = table.chart.project_mesh(RayCaster(table.bone_mesh), from_outside=False)
    top = table.smooth_chart.height
    thickness = top - inner
    least, most = (_upwards(wall, mm) for mm in RING_DEPTH_MM)
    # rays from inside first meet base or face in places: what is not about as thick as a vault is not its inner table
    thickness = np.where((thickness > 1.0) & (thickness < 2 * most), thickness, np.nan)
    thickness = fill_nearest(thickness) if np.isfinite(thickness).any() else least
    thickness = np.clip(thickness, least, np.minimum(most, _upwards(wall, _depth_of_wall(wall, *RING_DEPTH_MM))))
    thickness = ndimage.gaussian_filter(thickness, RING_SMOOTHING_MM / CHART_STEP_MM)
    outline = _outline_outside(wall, -offset + wall.settings.ring_width_mm)
    ring = _block(wall, top - thickness, top, outline) - wall.solid_inside(offset, -2.2 * RING_DEPTH_MM[1], 6.0)
    return ring, np.zeros((0, 3))


def _depth_of_wall(wall: CutWall, least_mm: float, most_mm: float) -> NDArray[np.float64]:
    """How deep along the normal the wall at the nearest place of the line is one wall: (nu, nv), mm, within two limits.

    Under strongly curved bone, as at the brow, normals meet: farther down no surface is at a right angle to the bone.
    """
    table = wall.line.table
    uv = wall.line.uv[::WALL_STEP]
    normals = table.normals_at(uv) @ table.chart.axes
    bevel = np.tan(np.radians(wall.settings.wall_bevel_deg))
    depth = np.full(len(uv), most_mm)
    for looked_at in np.arange(most_mm, least_mm, -1.0):
        inside, _ = wall.inside_mm(table.on_surface(uv) - looked_at * normals)
        depth = np.where(np.abs(inside + bevel * looked_at) > WALL_OFF_MM, looked_at - 1.0, depth)
    depth = ndimage.minimum_filter1d(depth, 2 * WALL_NEAR + 1, mode="wrap")
    nearest = cKDTree(uv).query(table.chart.node_uv().reshape(-1, 2))[1]
    return depth[nearest].reshape(table.known.shape)


# --- parts


def _upwards(
    wall: CutWall, thickness: NDArray[np.float64] | float, *, least_cosine: float = MIN_CHART_COSINE
) -> NDArray[np.float64]:
    """A thickness along the normal as a height along the outward axis: (nu, nv), mm."""
    return thickness / np.maximum(wall.line.table.normals[..., 2], least_cosine)


def _bounds(wall: CutWall, inside_mm: float) -> NDArray[np.float64]:
    """Corners (2, 2), mm, of the drawing around everything farther inside than a distance."""
    uv = wall.line.uv
    if wall.part != (1, 1):
        table = wall.line.table
        nodes = table.surface_points.reshape(-1, 3)
        uv = table.chart.node_uv().reshape(-1, 2)[wall.keeps(nodes) & (wall.line.inside_mm.ravel() > 0.0)]
    if not len(uv):
        raise ImplantError("There is no bone around the line for a guide; move the line.")
    return np.stack([uv.min(axis=0) + inside_mm, uv.max(axis=0) - inside_mm])


def _top_of_wall(wall: CutWall, block: "Manifold", inside_mm: float, height_mm: float) -> float:
    """How far over the outer table, mm along the outward axis, the solid of the wall has to reach to cut a block.

    Over flat bone that is somewhat more than the block's height; where bone is steep, so much that it is looked up.
    """
    edge, least = wall.edge, height_mm + SPARE_HEIGHT_MM
    if edge.flattest_cosine > STEEP_COSINE:
        return least
    corners = np.asarray(block.to_mesh().vert_properties)[:, :3].astype(np.float64)
    over = edge.line.table.smooth_chart.to_uvw(corners)[:, 2]
    corners, over = corners[over > least - 2.0], over[over > least - 2.0]
    over = over[edge.inside_mm(corners)[0] > inside_mm - 2.0] if len(corners) else over
    return min(max(least, float(over.max(initial=0.0)) + 2.0), MOST_HEIGHT_MM)


def _slab(
    wall: CutWall,
    low: NDArray[np.float64],
    high: NDArray[np.float64],
    bounds: NDArray[np.float64],
    *,
    on_bone: bool = False,
) -> "Manifold":
    """The block between two height fields over a rectangle and somewhat beyond it, in the axes of the drawing.

    With ``on_bone`` it is raised where its coarser triangles would cut through the steps of a steep bone.
    """
    chart, step = wall.line.table.chart, FACE_NODE_STEP
    nodes = np.rint((bounds - chart.corner) / CHART_STEP_MM).astype(int)
    first = np.maximum(nodes[0] - 2 * step, 0)
    last = np.minimum(nodes[1] + 2 * step, np.array(low.shape) - 1)
    last -= (last - first) % step
    window = tuple(slice(a, b + 1) for a, b in zip(first.tolist(), last.tolist(), strict=True))
    low, high, uv = low[window], high[window], chart.node_uv()[window][::step, ::step]
    if on_bone:
        clear = _clear_of_steps(low)
        low, high = clear, high + (clear - low)
    raised = _lacking_height(low) if on_bone else np.zeros(uv.shape[:2])
    return height_field_solid(uv, low[::step, ::step] + raised, high[::step, ::step] + raised, "the outer table")


def _clear_of_steps(height: NDArray[np.float64]) -> NDArray[np.float64]:
    """A height field (nu, nv) that keeps a node off faces that are nearly vertical.

    A hair inside such a face, a guide would be under it by the height of the step.
    """
    slope = np.hypot(*np.gradient(height, CHART_STEP_MM))
    steep = ndimage.maximum_filter(slope > STEP_SLOPE, size=3, mode="nearest")
    return np.where(steep, ndimage.grey_dilation(height, size=(3, 3), mode="nearest"), height)


def _lacking_height(height: NDArray[np.float64]) -> NDArray[np.float64]:
    """How much every other node has to rise so that triangles between these nodes are nowhere under the height field.

    ``height`` has an odd number of nodes along each side; the result one value for every other of them.
    """
    coarse = height[::2, ::2]
    between = np.zeros_like(height)
    between[::2, ::2] = coarse
    between[1::2, ::2] = (coarse[:-1] + coarse[1:]) / 2
    between[::2, 1::2] = (coarse[:, :-1] + coarse[:, 1:]) / 2
    between[1::2, 1::2] = (coarse[:-1, :-1] + coarse[1:, 1:]) / 2  # the diagonal along which cells are divided
    lacking = ndimage.maximum_filter(np.maximum(height - between, 0.0), size=3, mode="nearest")
    raised: NDArray[np.float64] = lacking[::2, ::2]
    return raised


def _outline_outside(wall: CutWall, outside_mm: float) -> "CrossSection":
    """Everything nearer to the line than a distance, or inside it, where there is bone under it and none over it."""
    from manifold3d import CrossSection, FillRule

    table = wall.line.table
    reach = np.where(table.known & ~table.covered, wall.line.inside_mm + outside_mm, -1.0)
    mine = wall.keeps(table.surface_points.reshape(-1, 3), -JOINT_ROOM_MM).reshape(reach.shape)
    reach = np.where(mine, reach, -1.0)
    seen = table.normals[..., 2] > MIN_CHART_COSINE + 0.05
    loops = zero_contour(np.where(seen | (wall.line.inside_mm > -1.0), reach, -1.0), table.chart.corner)
    area = CrossSection(loops, FillRule.EvenOdd)
    # gaps of the scan and narrow tongues make no useful edge
    area = area.offset(2.0, circular_segments=32).offset(-4.0, circular_segments=32).offset(2.0, circular_segments=32)
    parts = area.decompose()
    if not parts:
        raise ImplantError("There is no bone around the line for a guide; move the line.")
    outer = max((np.asarray(loop) for loop in max(parts, key=lambda p: p.area()).to_polygons()), key=len)
    return CrossSection([outer], FillRule.EvenOdd).simplify(0.02)


def _block(
    wall: CutWall,
    low: NDArray[np.float64],
    high: NDArray[np.float64],
    outline: "CrossSection",
    *,
    on_bone: bool = False,
) -> "Manifold":
    """The block between two height fields inside an outline of the drawing, mm RAS."""
    from manifold3d import Error, Manifold

    chart = wall.line.table.chart
    bottom, top = float(chart.height.min()) - TOP_MM, float(chart.height.max()) + TOP_MM
    prism = Manifold.extrude(outline, top - bottom).translate([0, 0, bottom])
    # in the drawing's own axes: the boxes of a prism's tall walls, turned into RAS, would overlap every triangle
    block = _slab(wall, low, high, np.array(outline.bounds()).reshape(2, 2), on_bone=on_bone) ^ prism
    if block.status() != Error.NoError:  # computes it here, before it is turned
        raise ImplantError("No closed body can be made around the line for a guide; move the line.")
    return block.transform(chart.to_ras_matrix)


def _places_along(wall: CutWall, inside_mm: float, count: int, *, phase: float) -> list[Place]:
    """Evenly spread places (2,) with directions (2,) on the line at a distance, where there is bone."""
    places, ahead = lane_at(wall, inside_mm, JOINT_ROOM_MM).spread(count, phase=phase)
    solid = wall.line.table.is_known_at(places) & (wall.line.table.normals_at(places)[:, 2] > MIN_CHART_COSINE + 0.1)
    return [(p, t) for p, t, ok in zip(places, ahead, solid, strict=True) if ok]


def _spread_along(wall: CutWall, inside_mm: float, count: int) -> NDArray[np.float64]:
    """Places (n, 2) of screw holes on the line at a distance."""
    return np.array([p for p, _ in _places_along(wall, inside_mm, count, phase=0.125)]).reshape(-1, 2)


def _cylinder(wall: CutWall, place: NDArray[np.float64], radius_mm: float) -> "Manifold":
    """A cylinder along the bone's normal through a place (2,) of the drawing, mm RAS."""
    from manifold3d import Manifold

    table = wall.line.table
    normal = table.normals_at(place[None])[0] @ table.chart.axes
    middle = table.on_surface(place[None])[0]
    frame = np.column_stack([*basis_across(normal), normal, middle])
    return Manifold.cylinder(TOP_MM, radius_mm, radius_mm, 32).translate([0, 0, -TOP_MM / 2]).transform(frame)


def _slot(wall: CutWall, middle: NDArray[np.float64], tangent: NDArray[np.float64]) -> "Manifold":
    """A window: the hull of two cylinders."""
    from manifold3d import Manifold

    half = (WINDOW_MM[0] - WINDOW_MM[1]) / 2
    ends = [_cylinder(wall, middle + sign * half * tangent, WINDOW_MM[1] / 2) for sign in (-1.0, 1.0)]
    return Manifold.batch_hull(ends)


def _drilled(body: "Manifold", wall: CutWall, places: NDArray[np.float64]) -> "Manifold":
    """A body with screw holes at places (n, 2)."""
    for place in places:
        body = body - _cylinder(wall, place, wall.settings.guide_screw_mm / 2)
    return body
