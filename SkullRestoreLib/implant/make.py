"""From the restored surface to the closed body.

The body is what real boolean work leaves of three closed solids:

    slab (restored surface and its offset)  AND  prism (the outline, drawn in along the rays)  MINUS  tool (the bone and its clearance)

The outline is decided in the patch's chart: where the bone leaves the outer face room, and the patch reaches.
Nothing is left below a ledge of bone, so that the body can be put in from outside.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from scipy.spatial import cKDTree

from SkullRestoreLib.case import Bone, Implant, ImplantError, ImplantSettings, Mesh, Patch, Pose, ReferencePoint
from SkullRestoreLib.implant.chart import Chart
from SkullRestoreLib.implant.cut import outline, prism, tool
from SkullRestoreLib.implant.gap import free_space
from SkullRestoreLib.implant.slab import inner_face, outward_normals, slab

if TYPE_CHECKING:
    from manifold3d import Manifold

LEAST_GAP_MM = 0.16  # a body asked to touch the bone would by rounding be inside it
LEAST_PIECE = 0.1  # pieces of less than this part of the largest are off-cuts
FLAT_MM = 0.005  # how far simplifying may move the surface
GRID_MM = 2.0**-10  # vertices lie on this grid: an STL's float32 holds it exactly, so that the body on file is as closed as the body here


def make_implant(
    patch: Patch,
    bone: Bone,
    settings: ImplantSettings | None = None,
    *,
    pose: Pose,
    points: Sequence[ReferencePoint] = (),
) -> Implant:
    """Make the closed body that fills one defect.

    The outer face is the restored surface itself. The edge keeps the clearance to the bone's true surface, is nowhere thinner than 0.8 mm, does
    not lie over or under sound bone, and ends at the patch's border where the margin is open. A defect divided by a bridge of bone gives several
    bodies in one mesh, as long as each has at least a tenth of the largest one's volume.

    Parameters
    ----------
    patch
        The restored surface; ``wide_outer`` reaches over the sound bone around it.
    bone
        The bone that the body must clear.
    settings
        How it is designed; the defaults where none are given.
    pose
        The head's frame.
    points
        Reference points of this defect, in their order along the margin: fixations may lie at them.

    Returns
    -------
    Implant
        Closed, outward normals, mm RAS.

    Raises
    ------
    ImplantError
        If the clearance leaves nothing, or no closed body can be made from the surface.
    """
    settings = settings or ImplantSettings()
    centre, clearance_mm = pose.head_to_ras[:3, 3], settings.clearance_mm
    inner = inner_face(patch, None if settings.follow_inner_table else settings.thickness_mm, centre)
    chart = Chart.of(patch, centre)
    depth = float(-chart.flatten(inner)[:, 2].min())
    space = free_space(chart, patch, bone, max(clearance_mm, LEAST_GAP_MM), depth)
    plan = outline(chart, patch, space)
    mesh = None
    if not plan.is_empty():
        mesh = _mesh((slab(patch, inner) ^ prism(chart, plan, depth)) - tool(chart, space))
    if mesh is None:
        raise ImplantError(
            f"Defect {patch.defect} is too narrow for an implant with {clearance_mm:g} mm clearance to the bone; "
            "ask for a smaller clearance, or leave this defect without an implant."
        )
    return Implant(
        defect=patch.defect,
        mesh=mesh,
        volume_ml=_volume(mesh) / 1000,
        thickness_mm=_thickness(patch, inner, centre),
        watertight=_is_closed(mesh.faces),
        clearance_mm=clearance_mm,
        settings=settings,
    )


def _mesh(body: "Manifold") -> Mesh | None:
    """Give the body's triangles without off-cuts and crumbs; None where nothing is left."""
    mesh = None
    # As an original of its own, so that simplifying takes out the short edges along the cuts too.
    # A second, coarser try is for the rare body that the rounding to the grid pinches together.
    for flat in (FLAT_MM, 4 * FLAT_MM):
        pieces = body.as_original().simplify(flat).decompose()
        largest = max((piece.volume() for piece in pieces), default=0.0)
        kept = [_on_grid(piece) for piece in pieces if piece.volume() > LEAST_PIECE * largest]
        if kept:
            first = np.cumsum([0] + [len(vertices) for vertices, _ in kept])
            faces = [faces + start for (_, faces), start in zip(kept, first[:-1], strict=True)]
            mesh = Mesh(np.concatenate([vertices for vertices, _ in kept]), np.concatenate(faces))
            if _is_closed(mesh.faces):
                break
    return mesh


def _on_grid(piece: "Manifold") -> tuple[np.ndarray, np.ndarray]:
    """Round to ``GRID_MM`` and merge what falls together: vertices (n, 3), faces (m, 3)."""
    part = piece.to_mesh64()
    grid, number = np.unique(np.rint(np.asarray(part.vert_properties)[:, :3] / GRID_MM), axis=0, return_inverse=True)
    faces = number.ravel()[np.asarray(part.tri_verts).astype(np.int64)]
    folded = (faces[:, 0] == faces[:, 1]) | (faces[:, 1] == faces[:, 2]) | (faces[:, 2] == faces[:, 0])
    return grid * GRID_MM, faces[~folded]


def _volume(mesh: Mesh) -> float:
    """Volume, mm3: the sum of the tetrahedra between triangles and one point (Gauss)."""
    a, b, c = (mesh.vertices - mesh.vertices.mean(axis=0))[mesh.faces].transpose(1, 0, 2)
    return float((a * np.cross(b, c)).sum() / 6)


def _thickness(patch: Patch, inner: np.ndarray, centre: np.ndarray) -> float:
    """Median distance between the faces under the patch, along the normal, mm."""
    outer = patch.wide_outer.vertices
    depth = ((outer - inner) * outward_normals(patch, centre)).sum(axis=1)
    covered = cKDTree(patch.outer.vertices).query(outer, distance_upper_bound=2.0)[0] < 2.0
    return float(np.median(depth[covered] if covered.any() else depth))


def _is_closed(faces: np.ndarray) -> bool:
    """Tell whether every edge is met once in each direction."""
    edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    size = int(faces.max()) + 1
    there, back = np.sort(edges @ np.array([size, 1])), np.sort(edges @ np.array([1, size]))
    return bool((np.diff(there) > 0).all() and np.array_equal(there, back))
