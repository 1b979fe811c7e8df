"""Check the parts of a split body and the halves of a mould, measured on the triangles that are written."""

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from SkullRestoreLib.geometry.mesh_distance import DistanceQuery
from SkullRestoreLib.geometry.ray_caster import RayCaster
from SkullRestoreLib.geometry.self_intersection import as_read, is_manifold
from SkullRestoreLib.geometry.triangles import face_normals
from SkullRestoreLib.implant.bone_surface import scatter_points
from SkullRestoreLib.implant.chart import InsertionChart
from SkullRestoreLib.implant.finish_mesh import SimplifiedMesh, smallest_box, volume_mm3
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
    return tuple(
        _check_piece(
            part,
            f"Part {number}",
            chart,
            gap_mm=min(_distance_between(part.mesh, other.mesh) for other in parts if other is not part),
            asked_mm=joint_gap_mm,
        )
        for number, part in enumerate(parts, 1)
    )


def check_mould(halves: list[SimplifiedMesh], body: Mesh, chart: InsertionChart) -> tuple[PieceChecks, ...]:
    """Measure the outer and the inner half of a mould.

    Parameters
    ----------
    halves
        As they are written.
    body
        What is cast in the mould.
    chart
        Gives the direction in which the mould opens.

    Returns
    -------
    tuple of PieceChecks
        Of the outer and the inner half.
    """
    points = body.vertices[:: len(body.vertices) // MOULD_SAMPLES + 1]
    away = np.abs([DistanceQuery(half.mesh).signed_distances(points) for half in halves])
    nearer = away.argmin(axis=0)
    return tuple(
        _check_piece(
            half,
            f"The {name} half of the mould",
            chart,
            off_mm=float(away[k, nearer == k].max(initial=0.0)),
            caught_mm2=_caught_area(half.mesh, body, direction),
        )
        for k, (half, name, direction) in enumerate(
            zip(halves, ("outer", "inner"), (-chart.outward_axis, chart.outward_axis), strict=True)
        )
    )


def _check_piece(
    piece: SimplifiedMesh,
    name: str,
    chart: InsertionChart,
    *,
    gap_mm: float | None = None,
    asked_mm: float = 0.0,
    off_mm: float | None = None,
    caught_mm2: float | None = None,
) -> PieceChecks:
    """Checks of a part (its gap, and the gap that was asked) or of a mould half (deviation and caught area)."""
    volume_ml = volume_mm3(piece.mesh) / 1000
    clean = (
        is_manifold(as_read(piece.mesh.vertices, piece.mesh.faces)[1])
        and volume_ml > 0
        and not piece.self_intersections
    )
    faults = []
    if not clean:
        faults.append(f"{name} is no clean closed body.")
    if gap_mm is not None and not abs(gap_mm - asked_mm) <= JOINT_TOLERANCE_MM:
        faults.append(f"{name} is {gap_mm:.2f} mm from the next one at its nearest, {asked_mm:g} mm were asked for.")
    if off_mm is not None and not off_mm <= MOULD_TOLERANCE_MM:
        faults.append(f"{name} is up to {off_mm:.2f} mm off the implant.")
    if caught_mm2 is not None and not caught_mm2 <= MAX_CAUGHT_MM2:
        faults.append(f"{name} cannot be taken off: {caught_mm2:.0f} mm² of the implant catch in it.")
    return PieceChecks(
        clean=clean,
        volume_ml=volume_ml,
        size_mm=smallest_box(piece.mesh.vertices, chart),
        triangles=len(piece.mesh.faces),
        gap_mm=gap_mm,
        off_mm=off_mm,
        caught_mm2=caught_mm2,
        failed=tuple(faults),
    )


def _distance_between(part: Mesh, other: Mesh) -> float:
    """Least distance from one part to another, mm; 0 where they overlap."""
    from manifold3d import Manifold, Mesh64

    solids = [Manifold(Mesh64(mesh.vertices, mesh.faces.astype(np.uint64))) for mesh in (part, other)]
    if (solids[0] ^ solids[1]).volume() > MIN_OVERLAP_MM3:
        return 0.0
    points, _ = scatter_points(part.vertices, part.faces)
    near = np.isfinite(
        cKDTree(scatter_points(other.vertices, other.faces)[0]).query(points, distance_upper_bound=PART_SEARCH_MM)[0]
    )
    # Without a sign: at the sharp edges of a joint the sign of a distance is not certain.
    return float(np.abs(DistanceQuery(other).signed_distances(points[near])).min(initial=PART_SEARCH_MM))


def _caught_area(half: Mesh, body: Mesh, direction: NDArray[np.float64]) -> float:
    """Area of the body, mm², that meets half a mould when the body moves out of it along a direction (3,)."""
    corners = body.vertices[body.faces]
    normal = face_normals(body.vertices, body.faces)
    twice_area = np.linalg.norm(normal, axis=1)
    start = corners.mean(axis=1) - RAY_START_DEPTH_MM * normal / np.maximum(twice_area, 1e-30)[:, None]
    distance, _ = RayCaster(half).first_hits(start, direction)
    return float(twice_area[np.isfinite(distance)].sum() / 2)
