"""What the parts of a split body and the halves of a mould are like, measured on the triangles that are written."""

import numpy as np
from scipy.spatial import cKDTree

from SkullRestoreLib.case import Mesh, PieceChecks
from SkullRestoreLib.implant.chart import Chart
from SkullRestoreLib.implant.crossing import is_manifold
from SkullRestoreLib.implant.distance import Ruler
from SkullRestoreLib.implant.gap import scatter
from SkullRestoreLib.implant.rays import Rays
from SkullRestoreLib.implant.slab import face_normals
from SkullRestoreLib.implant.tidy import Tidied, smallest_box, volume_mm3

GAP_MM = 0.1  # what the play of a joint may be off
OFF_MM = 0.1  # what a mould may be off from the body
CAUGHT_MM2 = 5.0  # what simplifying leaves along a wall; a mould that holds the body by less gives way
OVERLAP_MM3 = 0.01
NEAR_MM = 3.0  # parts are looked at this close to each other
SKIN_MM = 0.1


def check_parts(parts: list[Tidied], joint_gap_mm: float, chart: Chart) -> tuple[PieceChecks, ...]:
    """Measure the parts of a split body.

    Parameters
    ----------
    parts
        As they are written.
    joint_gap_mm
        The play that was asked for between them.
    chart
        Gives the way in.
    """
    return tuple(
        _piece(
            part,
            f"Part {number}",
            chart,
            gap_mm=min(_apart(part.mesh, other.mesh) for other in parts if other is not part),
            asked_mm=joint_gap_mm,
        )
        for number, part in enumerate(parts, 1)
    )


def check_mould(halves: list[Tidied], body: Mesh, chart: Chart) -> tuple[PieceChecks, ...]:
    """Measure the outer and the inner half of a mould.

    Parameters
    ----------
    halves
        As they are written.
    body
        What is cast in it.
    chart
        Gives the way in which it opens.
    """
    points = body.vertices[:: len(body.vertices) // 4000 + 1]
    away = np.abs([Ruler(half.mesh).distance(points) for half in halves])
    nearer = away.argmin(axis=0)
    return tuple(
        _piece(
            half,
            f"The {name} half of the mould",
            chart,
            off_mm=float(away[k, nearer == k].max(initial=0.0)),
            caught_mm2=_caught(half.mesh, body, way),
        )
        for k, (half, name, way) in enumerate(zip(halves, ("outer", "inner"), (-chart.outward, chart.outward), strict=True))
    )


def _piece(
    piece: Tidied,
    name: str,
    chart: Chart,
    *,
    gap_mm: float | None = None,
    asked_mm: float = 0.0,
    off_mm: float | None = None,
    caught_mm2: float | None = None,
) -> PieceChecks:
    volume = volume_mm3(piece.mesh) / 1000
    clean = is_manifold(piece.mesh.faces) and volume > 0 and not piece.crossings
    failed = []
    if not clean:
        failed.append(f"{name} is no clean closed body.")
    if gap_mm is not None and abs(gap_mm - asked_mm) > GAP_MM:
        failed.append(f"{name} is {gap_mm:.2f} mm from the next one at its nearest, {asked_mm:g} mm were asked for.")
    if off_mm is not None and off_mm > OFF_MM:
        failed.append(f"{name} is up to {off_mm:.2f} mm off the implant.")
    if caught_mm2 is not None and caught_mm2 > CAUGHT_MM2:
        failed.append(f"{name} cannot be taken off: {caught_mm2:.0f} mm² of the implant catch in it.")
    size = smallest_box(piece.mesh.vertices, chart)
    return PieceChecks(clean, volume, size, len(piece.mesh.faces), gap_mm, off_mm, caught_mm2, tuple(failed))


def _apart(one: Mesh, other: Mesh) -> float:
    """Least distance from one part to another, mm; 0 where they overlap."""
    from manifold3d import Manifold, Mesh64

    solids = [Manifold(Mesh64(mesh.vertices, mesh.faces.astype(np.uint64))) for mesh in (one, other)]
    if (solids[0] ^ solids[1]).volume() > OVERLAP_MM3:
        return 0.0
    points, _ = scatter(one.vertices, one.faces)
    near = np.isfinite(cKDTree(scatter(other.vertices, other.faces)[0]).query(points, distance_upper_bound=NEAR_MM)[0])
    # without a sign: beside the sharp edges of a joint the sign of a distance is not sure
    return float(np.abs(Ruler(other).distance(points[near])).min(initial=NEAR_MM))


def _caught(half: Mesh, body: Mesh, way: np.ndarray) -> float:
    """Area of the body, mm2, that meets half a mould when it moves out of it along ``way``."""
    corners = body.vertices[body.faces]
    normal = face_normals(body.vertices, body.faces)
    twice = np.linalg.norm(normal, axis=1)
    # from just below the skin: rays along a wall would graze it
    start = corners.mean(axis=1) - SKIN_MM * normal / np.maximum(twice, 1e-30)[:, None]
    met, _ = Rays(half).first(start, way)
    return float(twice[np.isfinite(met)].sum() / 2)
