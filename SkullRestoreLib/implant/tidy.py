"""From a solid to the mesh that is written: few triangles, no crumbs, and vertices that a file holds exactly."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.spatial import ConvexHull

from SkullRestoreLib.case import Mesh
from SkullRestoreLib.implant.chart import Chart
from SkullRestoreLib.implant.distance import Ruler
from SkullRestoreLib.implant.heal import heal

if TYPE_CHECKING:
    from manifold3d import Manifold

LEAST_PIECE = 0.1  # pieces of less than this part of the largest are off-cuts
FLAT_MM = (0.01, 0.02, 0.04)  # how far simplifying may move the surface: the coarser ones where too many triangles, or cuts, are left
MOST_TRIANGLES = 200_000
LOOKED_AT = 3_000  # vertices at which the deviation is measured


@dataclass(frozen=True)
class Tidied:
    """A mesh as it is written."""

    mesh: Mesh
    moved_mm: float  # how far the surface was moved at most
    crossings: int  # pairs of its triangles that cut each other


def tidy(body: "Manifold") -> Tidied | None:
    """Give the body's triangles without off-cuts and crumbs; None where nothing is left.

    The finest simplification is taken that leaves few enough triangles and none that cut each other; needles and cuts are healed.
    """
    pieces = body.decompose()
    largest = max((piece.volume() for piece in pieces), default=0.0)
    # As originals of their own, so that simplifying takes out the short edges along the cuts too.
    pieces = [piece.as_original() for piece in pieces if piece.volume() > LEAST_PIECE * largest]
    if not pieces:
        return None
    for flat in FLAT_MM:
        mesh = merged([_mesh(piece.simplify(flat)) for piece in pieces])
        # what float32 holds exactly, so that the body on file is as closed as the body here
        grid = 2.0 ** (np.ceil(np.log2(max(float(np.abs(mesh.vertices).max()), 1.0))) - 24)
        mesh, crossings = heal(Mesh(np.rint(mesh.vertices / grid) * grid, mesh.faces), grid_mm=grid)
        if len(mesh.faces) <= MOST_TRIANGLES and not crossings:
            break
    return Tidied(mesh, _moved(pieces, mesh), crossings)


def merged(parts: "list[Mesh]") -> Mesh:
    """Several meshes in one, without joining them."""
    first = np.cumsum([0, *(len(part.vertices) for part in parts)])
    faces = [part.faces + start for part, start in zip(parts, first[:-1], strict=True)]
    return Mesh(np.concatenate([part.vertices for part in parts]), np.concatenate(faces))


def _moved(pieces: "list[Manifold]", mesh: Mesh) -> float:
    """How far the solids' vertices lie from the mesh at most, mm."""
    before = np.concatenate([_mesh(piece).vertices for piece in pieces])
    return float(np.abs(Ruler(mesh).distance(before[:: len(before) // LOOKED_AT + 1])).max(initial=0.0))


def _mesh(piece: "Manifold") -> Mesh:
    part = piece.to_mesh64()
    return Mesh(np.asarray(part.vert_properties)[:, :3].copy(), np.asarray(part.tri_verts).astype(np.int64))


def volume_mm3(mesh: Mesh) -> float:
    """Volume, mm3: the sum of the tetrahedra between triangles and one point (Gauss)."""
    a, b, c = (mesh.vertices - mesh.vertices.mean(axis=0))[mesh.faces].transpose(1, 0, 2)
    return float((a * np.cross(b, c)).sum() / 6)


def smallest_box(vertices: np.ndarray, chart: Chart) -> np.ndarray:
    """(3,) float, mm, largest first: the smallest box around the body that stands along the insertion direction."""
    uvz = (vertices - chart.origin) @ chart.axes.T
    hull = uvz[ConvexHull(uvz[:, :2]).vertices, :2]
    along = np.roll(hull, -1, axis=0) - hull
    angle = np.arctan2(along[:, 1], along[:, 0])
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])  # (2, 2, k)
    size = np.ptp(np.einsum("abk,nb->kna", turn, hull), axis=1)
    flat = size[np.argmin(size.prod(axis=1))]
    return np.sort(np.append(flat, np.ptp(uvz[:, 2])))[::-1]
