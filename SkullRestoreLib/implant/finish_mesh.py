"""Turn a solid into the mesh that is written: few triangles, no crumbs, and vertices that a file holds exactly."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import ConvexHull

from SkullRestoreLib.geometry.mesh_distance import DistanceQuery
from SkullRestoreLib.geometry.mesh_repair import repair_mesh
from SkullRestoreLib.geometry.self_intersection import as_read, is_manifold
from SkullRestoreLib.implant.chart import InsertionChart
from SkullRestoreLib.records import Mesh

if TYPE_CHECKING:
    from manifold3d import Manifold

MIN_PIECE_FRACTION = 0.1
"""Pieces with less than this fraction of the largest one's volume are off-cuts."""
SIMPLIFICATION_STEPS_MM = (0.01, 0.02, 0.04, 0.001)
"""How far simplifying may move the surface by its own count. A coarser step is taken where too many triangles, or
intersections, are left; the finest where thin material is pinched together by all others, or moved too far."""
MAX_SIMPLIFICATION_MM = 0.05
"""Simplifying and rounding to float32 may move the surface by this much at most."""
MAX_TRIANGLES = 200_000
"""More triangles than this are slow to handle in other programs."""
DEVIATION_SAMPLES = 3_000
"""Vertices at which the deviation is measured."""


@dataclass(frozen=True)
class SimplifiedMesh:
    """A mesh as it is written."""

    mesh: Mesh
    simplification_mm: float  # how far the surface was moved at most
    self_intersections: int  # pairs of its triangles that cut each other
    distances: DistanceQuery | None = None  # over the mesh, where it was needed


def finish_mesh(body: "Manifold") -> SimplifiedMesh | None:
    """Give the body's triangles without off-cuts and crumbs.

    The finest simplification is taken that leaves few enough triangles, none that cut each other, and a body that is
    closed when its file is read; needles and intersections are repaired.

    Parameters
    ----------
    body
        In one or more pieces.

    Returns
    -------
    SimplifiedMesh or None
        None where nothing is left of the body.
    """
    pieces = body.decompose()
    largest = max((piece.volume() for piece in pieces), default=0.0)
    # As originals of their own, so that simplifying removes the short edges along the cuts too.
    pieces = [piece.as_original() for piece in pieces if piece.volume() > MIN_PIECE_FRACTION * largest]
    if not pieces:
        return None
    for tolerance_mm in SIMPLIFICATION_STEPS_MM:
        mesh = merge_meshes([_solid_to_mesh(piece.simplify(tolerance_mm)) for piece in pieces])
        # Steps that float32 holds exactly, so that the body in the file is as closed as the body here.
        grid_mm = 2.0 ** (np.ceil(np.log2(max(float(np.abs(mesh.vertices).max()), 1.0))) - 24)
        mesh, crossings = repair_mesh(Mesh(np.rint(mesh.vertices / grid_mm) * grid_mm, mesh.faces), grid_mm=grid_mm)
        finished = _measured(mesh, crossings, pieces)
        is_closed = not crossings and is_manifold(as_read(mesh.vertices, mesh.faces)[1])
        if is_closed and len(mesh.faces) <= MAX_TRIANGLES and finished.simplification_mm <= MAX_SIMPLIFICATION_MM:
            break
    return finished


def _measured(mesh: Mesh, crossings: int, pieces: "list[Manifold]") -> SimplifiedMesh:
    distances = DistanceQuery(mesh)
    return SimplifiedMesh(mesh, _largest_deviation(pieces, distances), crossings, distances)


def merge_meshes(parts: list[Mesh]) -> Mesh:
    """Put several meshes into one, without joining them.

    Parameters
    ----------
    parts
        At least one.

    Examples
    --------
    >>> triangle = Mesh(np.eye(3), np.array([[0, 1, 2]]))
    >>> merge_meshes([triangle, triangle]).faces.tolist()
    [[0, 1, 2], [3, 4, 5]]
    """
    first = np.cumsum([0, *(len(part.vertices) for part in parts)])
    faces = [part.faces + start for part, start in zip(parts, first[:-1], strict=True)]
    return Mesh(np.concatenate([part.vertices for part in parts]), np.concatenate(faces))


def _largest_deviation(pieces: "list[Manifold]", distances: DistanceQuery) -> float:
    """Largest distance of the solids' vertices from a mesh, mm."""
    before = np.concatenate([_solid_to_mesh(piece).vertices for piece in pieces])
    sampled = before[:: len(before) // DEVIATION_SAMPLES + 1]
    return float(np.abs(distances.signed_distances(sampled)).max(initial=0.0))


def _solid_to_mesh(piece: "Manifold") -> Mesh:
    part = piece.to_mesh64()
    return Mesh(np.asarray(part.vert_properties)[:, :3].copy(), np.asarray(part.tri_verts).astype(np.int64))


def volume_mm3(mesh: Mesh) -> float:
    """Volume of a closed mesh: the sum of the tetrahedra between its triangles and one point (Gauss).

    Parameters
    ----------
    mesh
        Closed, mm; negative where it is turned inside out.

    Examples
    --------
    >>> corners = np.array([[0.0, 0, 0], [3, 0, 0], [0, 2, 0], [0, 0, 1]])
    >>> faces = np.array([[0, 2, 1], [0, 1, 3], [0, 3, 2], [1, 2, 3]])
    >>> round(volume_mm3(Mesh(corners, faces)), 9)
    1.0
    """
    a, b, c = (mesh.vertices - mesh.vertices.mean(axis=0))[mesh.faces].transpose(1, 0, 2)
    return float((a * np.cross(b, c)).sum() / 6)


def smallest_box(vertices: NDArray[np.float64], chart: InsertionChart) -> NDArray[np.float64]:
    """Size of the smallest box around a body that stands along the insertion direction.

    Parameters
    ----------
    vertices
        (n, 3), mm RAS.
    chart
        Gives the insertion direction.

    Returns
    -------
    ndarray
        (3,), mm, largest first.
    """
    uvz = (vertices - chart.origin) @ chart.axes.T
    hull = uvz[ConvexHull(uvz[:, :2]).vertices, :2]
    along = np.roll(hull, -1, axis=0) - hull
    angle = np.arctan2(along[:, 1], along[:, 0])
    rotation = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])  # (2, 2, k)
    size = np.ptp(np.einsum("abk,nb->kna", rotation, hull), axis=1)
    flat = size[np.argmin(size.prod(axis=1))]
    return np.sort(np.append(flat, np.ptp(uvz[:, 2])))[::-1]
