"""Check the parts of a split body, the halves of a mould and a margin ring: measured on the triangles as written."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from SkullRestoreLib.geometry.mesh_distance import DistanceQuery
from SkullRestoreLib.geometry.ray_caster import RayCaster
from SkullRestoreLib.geometry.self_intersection import as_read, is_manifold
from SkullRestoreLib.geometry.triangles import face_normals
from SkullRestoreLib.implant.bone_surface import scatter_points
from SkullRestoreLib.implant.chart import InsertionChart
from SkullRestoreLib.implant.clearance import MIN_CLEARANCE_MM
from SkullRestoreLib.implant.finish_mesh import SimplifiedMesh, smallest_box, volume_mm3
from SkullRestoreLib.implant.mould_channels import MouldChannel
from SkullRestoreLib.records import Mesh, PieceChecks

JOINT_TOLERANCE_MM = 0.1
"""How far the gap of a joint may be from what was asked."""
MOULD_TOLERANCE_MM = 0.1
"""How far a mould may be from the body."""
MAX_CAUGHT_MM2 = 5.0
"""Simplifying leaves about this much along a wall; a mould that holds the body by less gives way."""
MIN_OVERLAP_MM3 = 0.01
"""Parts that overlap by less than this touch by rounding."""
PART_SEARCH_MM = 3.0
"""Distances between parts are measured where they are this close."""
RAY_START_DEPTH_MM = 0.1
"""Rays out of a mould start this far below the body's surface: on the surface they would graze a wall along them."""
RING_TOLERANCE_MM = 0.4
"""How far the gap between implant and margin ring may be from the clearance: that of the implant, and 0.1 mm."""
MOUTH_RESERVE_MM, MOUTH_DEPTH_MM = 0.6, 1.5
"""Where a channel opens into the cavity, nothing is measured this far around it and below the outer face."""
MOUTH_RAYS, MOUTH_SHARE = 8, 0.8
"""Rays through a channel, and where they are in parts of its radius."""
MOULD_NAMES = ("The outer half of the mould", "The inner half of the mould")
MOULD_SAMPLES = 4000
"""About so many vertices of the body are measured against its mould."""


def check_parts(parts: list[SimplifiedMesh], joint_gap_mm: float, chart: InsertionChart) -> tuple[PieceChecks, ...]:
    """Measure the parts of a split body.

    Parameters
    ----------
    parts
        As they are written.
    joint_gap_mm
        The gap that was asked for between them.
    chart
        Gives the insertion direction.

    Returns
    -------
    tuple of PieceChecks
        One for each part.
    """
    checked = []
    for number, part in enumerate(parts, 1):
        gap_mm = min(_distance_between(part.mesh, other.mesh) for other in parts if other is not part)
        sentence = (
            f"Part {number} is {gap_mm:.2f} mm from the next one at its nearest, {joint_gap_mm:g} mm were asked for."
        )
        kept = abs(gap_mm - joint_gap_mm) <= JOINT_TOLERANCE_MM
        checked.append(
            _with_faults(replace(_check_piece(part, f"Part {number}", chart), gap_mm=gap_mm), {sentence: kept})
        )
    return tuple(checked)


def check_mould(
    halves: list[SimplifiedMesh], body: Mesh, chart: InsertionChart, channels: Sequence[MouldChannel] = ()
) -> tuple[PieceChecks, ...]:
    """Measure the outer and the inner half of a mould.

    Parameters
    ----------
    halves
        As they are written.
    body
        What is cast in the mould.
    chart
        Gives the direction in which the mould opens.
    channels
        Sprue and vents of the outer half.

    Returns
    -------
    tuple of PieceChecks
        Of the outer and the inner half.
    """
    points = body.vertices[:: len(body.vertices) // MOULD_SAMPLES + 1]
    for channel in channels:  # at the mouth of a channel the cavity has no wall
        at_mouth = np.linalg.norm(chart.to_uv(points) - channel.uv, axis=1) < channel.radius_mm + MOUTH_RESERVE_MM
        points = points[~(at_mouth & (chart.to_uvw(points)[:, 2] > -MOUTH_DEPTH_MM))]
    away = np.abs([DistanceQuery(half.mesh).signed_distances(points) for half in halves])
    nearer = away.argmin(axis=0)
    directions = (-chart.outward_axis, chart.outward_axis)
    checked = []
    for k, (half, name, direction) in enumerate(zip(halves, MOULD_NAMES, directions, strict=True)):
        off_mm = float(away[k, nearer == k].max(initial=0.0))
        caught_mm2 = _caught_area(half.mesh, body, direction)
        is_open = _open_channels(half.mesh, chart, channels) if k == 0 and channels else None
        limits = {
            f"{name} is up to {off_mm:.2f} mm off the implant.": off_mm <= MOULD_TOLERANCE_MM,
            f"{name} cannot be taken off: {caught_mm2:.0f} mm² of the implant catch in it.": caught_mm2
            <= MAX_CAUGHT_MM2,
            f"{name} has {is_open} open channels, {len(channels)} were asked for.": is_open in (None, len(channels)),
        }
        piece = _check_piece(half, name, chart)
        checked.append(_with_faults(replace(piece, off_mm=off_mm, caught_mm2=caught_mm2, channels=is_open), limits))
    return tuple(checked)


def _check_piece(piece: SimplifiedMesh, name: str, chart: InsertionChart) -> PieceChecks:
    """What is checked of every piece."""
    volume_ml = volume_mm3(piece.mesh) / 1000
    clean = (
        is_manifold(as_read(piece.mesh.vertices, piece.mesh.faces)[1])
        and volume_ml > 0
        and not piece.self_intersections
    )
    checks = PieceChecks(
        clean=clean,
        volume_ml=volume_ml,
        size_mm=smallest_box(piece.mesh.vertices, chart),
        triangles=len(piece.mesh.faces),
    )
    return _with_faults(checks, {f"{name} is no clean closed body.": clean})


def _with_faults(checks: PieceChecks, limits: Mapping[str, bool]) -> PieceChecks:
    """The checks with each sentence whose limit is not kept."""
    return replace(checks, failed=(*checks.failed, *(sentence for sentence, is_kept in limits.items() if not is_kept)))


def check_ring(ring: SimplifiedMesh, body: Mesh, chart: InsertionChart, clearance_mm: float | None) -> PieceChecks:
    """Measure a margin ring.

    Parameters
    ----------
    ring
        As it is written.
    body
        The implant that is tried in it.
    chart
        Gives the insertion direction.
    clearance_mm
        Between implant and bone, as it was asked; None for an implant that rests on the bone.

    Returns
    -------
    PieceChecks
    """
    checks = _check_piece(ring, "The margin ring", chart)
    if clearance_mm is None:
        return checks
    gap_mm = _distance_between(ring.mesh, body, clearance_mm + PART_SEARCH_MM)
    asked_mm = clearance_mm - MIN_CLEARANCE_MM  # the ring is so much wider than the bone
    sentence = f"The margin ring is {gap_mm:.2f} mm from the implant at its nearest, {asked_mm:g} mm were asked for."
    kept = abs(gap_mm - asked_mm) <= RING_TOLERANCE_MM
    return _with_faults(replace(checks, gap_mm=gap_mm), {sentence: kept})


def _open_channels(half: Mesh, chart: InsertionChart, channels: Sequence[MouldChannel]) -> int:
    """How many channels lead from the cavity to the outside, over their full width."""
    ray_caster, count = RayCaster(half), 0
    angle = np.linspace(0, 2 * np.pi, MOUTH_RAYS, endpoint=False)
    circle = np.column_stack([np.cos(angle), np.sin(angle)])
    for channel in channels:
        uv = channel.uv + MOUTH_SHARE * channel.radius_mm * np.concatenate([np.zeros((1, 2)), circle])
        start = chart.origin + np.column_stack([uv, np.full(len(uv), channel.height - MOUTH_DEPTH_MM)]) @ chart.axes
        distance, _ = ray_caster.first_hits(start, chart.outward_axis)
        count += bool(np.isinf(distance).all())
    return count


def _distance_between(part: Mesh, other: Mesh, search_mm: float = PART_SEARCH_MM) -> float:
    """Least distance from one part to another, mm; 0 where they overlap."""
    from manifold3d import Manifold, Mesh64

    solids = [Manifold(Mesh64(mesh.vertices, mesh.faces.astype(np.uint64))) for mesh in (part, other)]
    if (solids[0] ^ solids[1]).volume() > MIN_OVERLAP_MM3:
        return 0.0
    points, _ = scatter_points(part.vertices, part.faces)
    near = np.isfinite(
        cKDTree(scatter_points(other.vertices, other.faces)[0]).query(points, distance_upper_bound=search_mm)[0]
    )
    # Without a sign: at the sharp edges of a joint the sign of a distance is not certain.
    return float(np.abs(DistanceQuery(other).signed_distances(points[near])).min(initial=search_mm))


def _caught_area(half: Mesh, body: Mesh, direction: NDArray[np.float64]) -> float:
    """Area of the body, mm², that meets half a mould when the body moves out of it along a direction (3,)."""
    corners = body.vertices[body.faces]
    normal = face_normals(body.vertices, body.faces)
    twice_area = np.linalg.norm(normal, axis=1)
    start = corners.mean(axis=1) - RAY_START_DEPTH_MM * normal / np.maximum(twice_area, 1e-30)[:, None]
    distance, _ = RayCaster(half).first_hits(start, direction)
    return float(twice_area[np.isfinite(distance)].sum() / 2)
