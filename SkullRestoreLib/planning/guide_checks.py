"""Check a finished guide: everything is measured on the triangles that are written and on the bone's own surface.

Nothing here uses the height fields or the solids from which the guide was made, so that a fault in making it is found.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from SkullRestoreLib.geometry.polygon import points_in_polygon
from SkullRestoreLib.geometry.ray_caster import RayCaster
from SkullRestoreLib.geometry.self_intersection import as_read, is_manifold
from SkullRestoreLib.geometry.triangles import face_normals
from SkullRestoreLib.implant.bone_surface import BoneSurface, distance_to_bone, scatter_points
from SkullRestoreLib.implant.finish_mesh import smallest_box, volume_mm3
from SkullRestoreLib.implant.loops import arc_lengths, points_at
from SkullRestoreLib.planning.guide_parts import PartWall
from SkullRestoreLib.planning.guides import GuideBody
from SkullRestoreLib.planning.outer_table import OuterTable
from SkullRestoreLib.planning.resection import distance_to_line, foot_points
from SkullRestoreLib.planning.seat_play import SPARE_MM, Contacts, SeatPlay, farthest_motions, play_of
from SkullRestoreLib.planning.wall import CutWall
from SkullRestoreLib.records import MeasuredRange, Mesh

MAX_LINE_ERROR_MM = 0.1
"""At 95 % of the line a guide's edge is no farther than this from where it was asked."""
CONTACT_MM = 0.3
"""A guide touches the bone where it is this near to it; less its gap."""
CONTACT_SECTORS = 12
"""Sectors around the middle in which contact is looked for."""
MIN_CONTACT_MM2 = 60.0
"""Least contact of a guide."""
MIN_CONTACT_SECTORS = 10
"""In so many sectors a guide touches the bone."""
MAX_OVERLAP_MM = 0.15
"""A guide may reach this far into the bone: bumps of less than a voxel are pressed over."""
MAX_OVER_CUT_MM = 0.5
"""No corner of a guide is farther than this beyond its edge, up to the top of its wall."""
MAX_UNDERCUT_MM2 = 0.5
"""Bone over a guide of less area than this is a speck of rounding."""
PROBE_HEIGHT_MM = 1.0
"""The edge of a guide is measured this far over the bone."""
PROBE_START_MM = 1.2
"""Rays that look for the edge start this far inside the material, or outside it."""
PLAY_POINTS = 400
"""About so many contact points are used for the play."""
BLOCK_SEARCH_MM = 60.0
"""Bone this far over a guide would keep it from going on."""
AROUND_MM = 6.0
"""Bone is measured this far around a guide."""
SAMPLE_STEP_MM = 1.0
"""The line is probed this often."""
JOINT_STEP_MM = 0.1
"""At the joints of a guide in parts it is probed this often."""
NEAR_JOINT_MM = 3.0
"""So far from a joint a part has to lead the tool."""
LED_MM = 0.3
"""A wall this near to where it was asked leads the tool there; in a gap a ray meets the end of a part behind it."""
MAX_JOINT_GAP_MM = 0.5
"""Gap between the edges of two parts that leads any tool; a wider tool may have a gap of its own width."""


@dataclass(frozen=True, eq=False)
class GuideChecks:
    """Measurements of a finished guide."""

    clean: bool  # closed, manifold, turned outwards, no triangles that cut each other
    pieces: int  # 1 unless it fell apart
    volume_ml: float
    size_mm: NDArray[np.float64]  # (3,), largest first
    triangles: int
    line_error_mm: MeasuredRange | None  # of its edge, absolute
    line_error_95_mm: float | None
    contact_mm2: float
    contact_sectors: int
    undercut_mm2: float
    overlap_mm: float  # deepest place in the bone
    play: SeatPlay | None  # None for the margin ring, which is tried on no bone
    failed: tuple[str, ...] = ()
    over_cut_mm: float = 0.0  # how far it stands over the cut, at any height
    joint_gap_mm: float | None = None  # longest piece of the line that no part leads, at the joints; None for one part

    @property
    def passed(self) -> bool:
        """Whether every check passed."""
        return not self.failed


def check_guide(guide: GuideBody, wall: CutWall) -> GuideChecks:
    """Measure a finished guide.

    Parameters
    ----------
    guide
        As it is written.
    wall
        Of the cut that it is for, or of the part that it is.

    Returns
    -------
    GuideChecks
        With a sentence in ``failed`` for each check that did not pass.
    """
    mesh, table = guide.body.mesh, wall.line.table
    vertices, faces = as_read(mesh.vertices, mesh.faces)
    volume_ml = volume_mm3(mesh) / 1000
    clean = is_manifold(faces) and volume_ml > 0 and not guide.body.self_intersections
    errors = measure_line_error(guide, wall)
    on_bone = guide.kind != "ring"
    contact, sectors, play, overlap, undercut = 0.0, 0, None, 0.0, 0.0
    if on_bone:
        surface = _bone_around(mesh, table)
        bone = _bone_under(surface, table)
        contact, sectors, points, gaps, normals = _measure_contact(guide, wall, bone)
        play = measure_play(points, gaps, normals, table) if len(points) >= 12 else None
        overlap = _deepest_overlap(mesh, table, bone)
        undercut = _blocked_area(mesh, surface, table)
    checks = GuideChecks(
        clean=clean,
        pieces=_count_pieces(faces),
        volume_ml=volume_ml,
        size_mm=smallest_box(vertices, table.chart),
        triangles=len(faces),
        line_error_mm=MeasuredRange.from_values(errors),
        line_error_95_mm=float(np.percentile(errors, 95)) if len(errors) else None,
        contact_mm2=contact,
        contact_sectors=sectors,
        undercut_mm2=undercut,
        overlap_mm=overlap,
        over_cut_mm=_over_cut(guide, wall.edge),
        play=play,
    )
    return _with_faults(checks, guide, on_bone=on_bone)


def _with_faults(checks: GuideChecks, guide: GuideBody, *, on_bone: bool) -> GuideChecks:
    """The checks with a sentence for each that did not pass."""
    name, faults = guide.name, []
    if not checks.clean:
        faults.append(f"The {name} is no clean closed body.")
    if checks.pieces > 1:
        faults.append(f"The {name} falls into {checks.pieces} pieces.")
    error = checks.line_error_95_mm
    if error is None or not error <= MAX_LINE_ERROR_MM:
        faults.append(
            f"The edge of the {name} could not be measured."
            if error is None
            else f"The edge of the {name} is up to {error:.2f} mm off the line (95 %)."
        )
    if not checks.over_cut_mm <= MAX_OVER_CUT_MM:
        faults.append(f"The {name} stands up to {checks.over_cut_mm:.1f} mm over the cut.")
    if on_bone:
        if not checks.undercut_mm2 <= MAX_UNDERCUT_MM2:
            faults.append(
                f"The {name} does not go on from outside: {checks.undercut_mm2:.0f} mm² of it are under bone."
            )
        if not checks.overlap_mm <= MAX_OVERLAP_MM:
            faults.append(f"The {name} reaches {checks.overlap_mm:.2f} mm into the bone.")
        if not (checks.contact_mm2 >= MIN_CONTACT_MM2 and checks.contact_sectors >= MIN_CONTACT_SECTORS):
            faults.append(
                f"The {name} touches the bone on {checks.contact_mm2:.0f} mm², in {checks.contact_sectors} of "
                f"{CONTACT_SECTORS} {'pieces along its edge' if _is_stretch(guide) else 'directions around'}."
            )
    return replace(checks, failed=tuple(faults))


def _count_pieces(faces: NDArray[np.int64]) -> int:
    """Number of parts of a mesh that share no vertex."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    size = int(faces.max(initial=-1)) + 1
    ends = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]]])
    graph = coo_array((np.ones(len(ends), dtype=bool), (ends[:, 0], ends[:, 1])), shape=(size, size))
    used = np.zeros(size, dtype=bool)
    used[faces.ravel()] = True
    _, label = connected_components(graph, directed=False)
    return len(np.unique(label[used]))


def measure_line_error(guide: GuideBody, wall: CutWall) -> NDArray[np.float64]:
    """Measure how far a guide's edge is from where it was asked, every millimetre along the line.

    A ray starts a little over the bone on one side of the edge and runs across the line, along the surface, until it
    meets the guide's wall.

    Parameters
    ----------
    guide
        As it is written.
    wall
        Of the cut, or of the part that the guide is: then its stretch of the line is measured.

    Returns
    -------
    ndarray
        (n,) mm, absolute; without the places at which a window interrupts the edge, or at which there is no edge.
    """
    line = wall.edge.line
    uv = line.uv[:: max(round(SAMPLE_STEP_MM / 0.5), 1)]
    mine = wall.keeps(line.table.on_surface(uv), JOINT_STEP_MM)
    error = _edge_errors(guide, wall.edge, uv)[mine]
    found = error[np.isfinite(error)]
    return found if len(found) >= 0.8 * len(error) else np.zeros(0)


def _edge_errors(guide: GuideBody, wall: CutWall, uv: NDArray[np.float64]) -> NDArray[np.float64]:
    """How far a guide's edge is from where it was asked, mm, at places (n, 2) of the line; NaN where there is none."""
    table, settings = wall.line.table, wall.settings
    points = table.on_surface(uv)
    ahead, behind = (np.roll(points, step, axis=0) for step in (-1, 1))
    normal = table.normals_at(uv) @ table.chart.axes
    rise = normal if settings.wall == "perpendicular" else np.broadcast_to(table.outward_axis, normal.shape)
    tangent = ahead - behind
    outwards = np.cross(tangent, normal)  # the line runs counter-clockwise seen from outside
    outwards /= np.maximum(np.linalg.norm(outwards, axis=1, keepdims=True), 1e-9)
    # the ring is as high as the bone, the others stand on it
    height = -PROBE_HEIGHT_MM if guide.kind == "ring" else PROBE_HEIGHT_MM + guide.edge_gap_mm
    bevel = np.tan(np.radians(settings.wall_bevel_deg)) * height
    wanted = -guide.wall_offset_mm + bevel  # outwards from the line, at this height
    start = points + height * rise + (wanted - PROBE_START_MM) * outwards
    caster = RayCaster(guide.body.mesh)
    distance, triangle = caster.first_hits(start, outwards)
    met = triangle >= 0
    hit = start[met] + distance[met, None] * outwards[met]
    error = np.full(len(points), np.nan)
    error[met] = np.abs(_distance_inside(hit, wall) - guide.wall_offset_mm)
    error[~(error < PROBE_START_MM)] = np.nan  # farther away it is the next wall, of a window or of a hole
    return error


def measure_joint_gap(guides: Sequence[GuideBody], walls: Sequence[PartWall]) -> float:
    """Measure the longest piece of the line that no part leads, at the joints between parts.

    Parameters
    ----------
    guides
        All parts, as they are written.
    walls
        Of each part.

    Returns
    -------
    float
        mm along the line.
    """
    planned = walls[0].planned
    count = round(planned.line.circumference_mm / JOINT_STEP_MM)
    uv = points_at(planned.line.uv, np.arange(count) / count * float(arc_lengths(planned.line.uv)[-1]))
    points = planned.line.table.on_surface(uv)
    near = np.sum([wall.keeps(points, -NEAR_JOINT_MM) for wall in walls], axis=0) > 1
    # directions along the line are differences of neighbours: all places are probed, and those near joints looked at
    led = np.any([_edge_errors(guide, planned, uv) < LED_MM for guide in guides], axis=0)
    missing = near & ~led
    if missing.all():
        return planned.line.circumference_mm
    missing = np.roll(missing, -int(np.argmin(missing)))
    ends = np.flatnonzero(np.diff(np.append(missing, False).astype(int)))
    runs = np.diff(ends.reshape(-1, 2), axis=1)
    return float(runs.max(initial=0)) * planned.line.circumference_mm / count


def with_joints_checked(
    checks: Sequence[GuideChecks], guides: Sequence[GuideBody], walls: Sequence[PartWall]
) -> tuple[GuideChecks, ...]:
    """Check the parts of a guide together: none passes without the others.

    Parameters
    ----------
    checks, guides, walls
        Of each part.

    Returns
    -------
    tuple of GuideChecks
    """
    gap = measure_joint_gap(guides, walls)
    limit = max(MAX_JOINT_GAP_MM, walls[0].settings.slot_mm)
    failed = [not each.passed for each in checks]
    together = []
    for number, each in enumerate(checks):
        faults = list(each.failed)
        if not gap <= limit + JOINT_STEP_MM:
            faults.append(f"Between its parts {gap:.1f} mm of the line are not led.")
        if not faults and any(failed):
            faults.append(f"The {guides[number].name} fits, but another part does not.")
        together.append(replace(each, joint_gap_mm=gap, failed=tuple(faults)))
    return tuple(together)


def _over_cut(guide: GuideBody, wall: CutWall) -> float:
    """How far a guide stands beyond its edge at most, at any height, mm: where the tool is to run."""
    inside, _ = wall.inside_mm(guide.body.mesh.vertices)
    beyond = guide.wall_offset_mm - inside if guide.kind == "template" else inside - guide.wall_offset_mm
    return float(max(beyond.max(), 0.0))


def _distance_inside(points: NDArray[np.float64], wall: CutWall) -> NDArray[np.float64]:
    """How far points (n, 3) mm RAS are inside the line, mm, measured on the outer table."""
    line, table = wall.line, wall.line.table
    foot = foot_points(table, points)
    surface, normal = table.on_surface(foot), table.normals_at(foot) @ table.chart.axes
    depth = ((surface - points) * normal).sum(axis=1)
    place = foot if wall.settings.wall == "perpendicular" else table.to_uv(points)
    away = distance_to_line(table.on_surface(place), line.points)
    inside = np.where(points_in_polygon(place, line.uv), away, -away)
    return inside - np.tan(np.radians(wall.settings.wall_bevel_deg)) * depth


def _bone_around(mesh: Mesh, table: OuterTable) -> Mesh:
    """The bone's surface over, under and around a guide, as far as it is measured; vertices are those of the map."""
    uv, guide_uv = table.to_uv(table.bone_mesh.vertices), table.to_uv(mesh.vertices)
    near = ((uv > guide_uv.min(axis=0) - AROUND_MM) & (uv < guide_uv.max(axis=0) + AROUND_MM)).all(axis=1)
    faces = table.bone_mesh.faces
    return Mesh(table.bone_mesh.vertices, faces[near[faces].any(axis=1)])


def _bone_under(surface: Mesh, table: OuterTable) -> BoneSurface:
    """Points of the bone's surface under the map."""
    uvw = table.chart.to_uvw(surface.vertices)
    near = (np.abs(uvw[:, 2]) < 6.0)[surface.faces].all(axis=1)
    points, normals = scatter_points(surface.vertices, surface.faces[near])
    return BoneSurface(points, normals)


def _is_stretch(guide: GuideBody) -> bool:
    """Whether a guide is a part of a frame: a stretch along the line, and not around a middle."""
    return guide.parts > 1 and guide.kind == "frame"


def _measure_contact(
    guide: GuideBody, wall: CutWall, bone: BoneSurface
) -> tuple[float, int, NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Contact area, mm²; sectors with contact; and the places of contact: points, gaps, and smooth normals."""
    mesh, table, gap_mm = guide.body.mesh, wall.line.table, guide.gap_mm
    cross = face_normals(mesh.vertices, mesh.faces)
    area = np.linalg.norm(cross, axis=1)
    facing = cross @ table.outward_axis < -0.2 * area
    points, _ = scatter_points(mesh.vertices, mesh.faces[facing])
    total = float(area[facing].sum()) / 2
    gap = distance_to_bone(points, bone, CONTACT_MM + 1.0, signed=True)
    touches = gap < gap_mm + CONTACT_MM - 0.1
    per_point = total / max(len(points), 1)
    around = _along_stretch if _is_stretch(guide) else _around_middle
    sector = (around(points[touches], guide, wall) * CONTACT_SECTORS).astype(int) % CONTACT_SECTORS
    count = np.bincount(sector, minlength=CONTACT_SECTORS) * per_point
    sectors = int((count > MIN_CONTACT_MM2 / CONTACT_SECTORS / 4).sum())
    chosen = np.flatnonzero(touches)
    chosen = chosen[:: max(len(chosen) // PLAY_POINTS, 1)]
    # smooth normals: the steps of voxels hold a printed guide no better than the bone itself does
    normals = table.normals_at(table.to_uv(points[chosen])) @ table.chart.axes
    return float(touches.sum() * per_point), sectors, points[chosen], gap[chosen], normals


def _around_middle(points: NDArray[np.float64], guide: GuideBody, wall: CutWall) -> NDArray[np.float64]:
    """Where points (n, 3) are around the middle of a guide, as a part (n,) of a turn."""
    table = wall.line.table
    middle = table.to_uv(guide.body.mesh.vertices).mean(axis=0)
    return np.arctan2(*(table.to_uv(points) - middle).T) / (2 * np.pi) + 0.5


def _along_stretch(points: NDArray[np.float64], guide: GuideBody, wall: CutWall) -> NDArray[np.float64]:
    """Where points (n, 3) are along a part's stretch of the line, as a part (n,) of its length."""
    del guide
    line = wall.edge.line.points
    mine = wall.keeps(line)
    start = int(np.argmin(mine))
    stretch = np.roll(line, -start, axis=0)[np.roll(mine, -start)]
    return cKDTree(stretch).query(points)[1] / max(len(stretch), 1)


def measure_play(
    points: NDArray[np.float64], gaps: NDArray[np.float64], normals: NDArray[np.float64], table: OuterTable
) -> SeatPlay:
    """Measure how far a guide that is held down slides or turns before bone stops it, without friction.

    Parameters
    ----------
    points
        (n, 3) mm RAS, places of contact.
    gaps
        (n,) mm, to the bone.
    normals
        (n, 3), of the bone.
    table
        Gives the outward axis.

    Returns
    -------
    SeatPlay
    """
    contacts = Contacts.at(points, normals, table.chart.axes)
    spare = np.maximum(gaps, 0.0) + SPARE_MM
    return play_of(farthest_motions(contacts, spare, contacts.rows.mean(axis=0)), contacts.size_mm)


def _deepest_overlap(mesh: Mesh, table: OuterTable, bone: BoneSurface) -> float:
    """How far a guide reaches into the bone at most, mm (all but the worst thousandth of its points)."""
    cross = face_normals(mesh.vertices, mesh.faces)
    facing = cross @ table.outward_axis < 0
    points, _ = scatter_points(mesh.vertices, mesh.faces[facing])
    if not len(points):
        return 0.0
    depth = -distance_to_bone(points, bone, 3.0, signed=True)
    return float(max(np.percentile(depth, 99.9), 0.0))


def _blocked_area(mesh: Mesh, surface: Mesh, table: OuterTable) -> float:
    """Area, mm², of a guide's lower faces that have bone over them, both seen along the outward axis.

    Seen so, the wall of a screw hole, which rounding may turn downwards by a hair, has no area.
    """
    seen_mm2 = -face_normals(mesh.vertices, mesh.faces) @ table.outward_axis / 2
    facing = np.flatnonzero(seen_mm2 > 0)
    middle = mesh.vertices[mesh.faces[facing]].mean(axis=1)
    start = middle + 0.5 * table.outward_axis  # what is pressed over is no undercut
    distance, _ = RayCaster(surface).first_hits(start, table.outward_axis)
    return float(seen_mm2[facing][distance < BLOCK_SEARCH_MM].sum())
