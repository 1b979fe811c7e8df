"""From a solid to the mesh that is written: few triangles, no crumbs, and vertices that a file holds exactly."""

from typing import TYPE_CHECKING

import numpy as np

from SkullRestoreLib.case import Mesh
from SkullRestoreLib.implant.distance import distance_to
from SkullRestoreLib.implant.heal import heal

if TYPE_CHECKING:
    from manifold3d import Manifold

LEAST_PIECE = 0.1  # pieces of less than this part of the largest are off-cuts
FLAT_MM = (0.01, 0.02, 0.04)  # how far simplifying may move the surface: the coarser ones where too many triangles, or cuts, are left
MOST_TRIANGLES = 200_000
LOOKED_AT = 3_000  # vertices at which the deviation is measured


def tidy(body: "Manifold") -> tuple[Mesh | None, float]:
    """Give the body's triangles without off-cuts and crumbs, and how far that moved the surface, mm; None where nothing is left.

    The finest simplification is taken that leaves few enough triangles and none that cut each other; needles and cuts are healed.
    """
    pieces = body.decompose()
    largest = max((piece.volume() for piece in pieces), default=0.0)
    # As originals of their own, so that simplifying takes out the short edges along the cuts too.
    pieces = [piece.as_original() for piece in pieces if piece.volume() > LEAST_PIECE * largest]
    if not pieces:
        return None, 0.0
    for flat in FLAT_MM:
        healed = [heal(_mesh(piece.simplify(flat))) for piece in pieces]
        mesh = merged([_on_grid(one) for one, _ in healed])
        if len(mesh.faces) <= MOST_TRIANGLES and all(clean for _, clean in healed):
            break
    return mesh, _moved(pieces, mesh)


def merged(parts: "list[Mesh]") -> Mesh:
    """Several meshes in one, without joining them."""
    first = np.cumsum([0, *(len(part.vertices) for part in parts)])
    faces = [part.faces + start for part, start in zip(parts, first[:-1], strict=True)]
    return Mesh(np.concatenate([part.vertices for part in parts]), np.concatenate(faces))


def _moved(pieces: "list[Manifold]", mesh: Mesh) -> float:
    """How far the solids' vertices lie from the mesh at most, mm."""
    before = np.concatenate([_mesh(piece).vertices for piece in pieces])
    return float(np.abs(distance_to(mesh, before[:: len(before) // LOOKED_AT + 1])).max(initial=0.0))


def _mesh(piece: "Manifold") -> Mesh:
    part = piece.to_mesh64()
    return Mesh(np.asarray(part.vert_properties)[:, :3].copy(), np.asarray(part.tri_verts).astype(np.int64))


def _on_grid(mesh: Mesh) -> Mesh:
    """Round to what float32 holds exactly, so that the body on file is as closed as the body here."""
    grid = 2.0 ** (np.ceil(np.log2(max(float(np.abs(mesh.vertices).max()), 1.0))) - 24)
    return Mesh(np.rint(mesh.vertices / grid) * grid, mesh.faces)


def volume_mm3(mesh: Mesh) -> float:
    """Volume, mm3: the sum of the tetrahedra between triangles and one point (Gauss)."""
    a, b, c = (mesh.vertices - mesh.vertices.mean(axis=0))[mesh.faces].transpose(1, 0, 2)
    return float((a * np.cross(b, c)).sum() / 6)
