"""Simplify a surface for drawing: what is closed stays closed, and no triangle cuts another one."""

from collections.abc import Iterator
from math import log
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.spatial import cKDTree

from SkullRestoreLib.errors import DependencyError
from SkullRestoreLib.geometry.self_intersection import intersecting_triangles, is_closed, is_manifold
from SkullRestoreLib.records import Mesh

if TYPE_CHECKING:
    from manifold3d import Manifold

TOLERANCE_SCALE_MM = 0.16
"""How far the first try may move the surface, for every factor e of fewer faces: on skulls drawn from voxels of a
millimetre that leaves about the number that is wanted. The next tries are reckoned from what the first one left."""
AIMED_PART, FULL_ENOUGH, FEW_ENOUGH = 0.8, 0.45, 1.05
"""Part of the faces that a copy may have which a try aims at, and the least and most with which it is taken."""
FAR_FACTOR, NEAR_FACTOR = 6.0, 2.0
"""More than the first times as many faces as wanted are first brought to the second in steps."""
FIRST_STEP_MM, STEP_GROWTH, MAX_STEPS = 0.05, 1.5, 14
"""How far the first step may move the surface, by how much each further one is larger, and how many there are."""
MAX_TRIES = 5
"""Copies that are made to find one with enough faces but not too many."""
LARGEST_CHANGE = 5.0
"""By how much the tolerance of a try differs from the one before at most."""
FINER_TOLERANCES = (0.65, 0.4, 0.2)
"""Parts of the tolerance with which further copies are made where triangles of the first one cut each other."""
MAX_ROUNDS_WITHOUT_GAIN = 5
"""Rounds of smoothing a copy where its triangles cut each other in which no fewer do, before a copy with more triangles
is taken."""
LARGE_RADIUS = 4.0
"""A triangle this many times larger than the middle one is searched in every round."""
SHEET_AGGRESSION = 7
"""How quickly the threshold of quadric simplification rises, 1 to 10."""


def decimate(mesh: Mesh, *, max_faces: int = 250_000) -> Mesh:
    """Simplify a mesh for display. What is closed stays closed, and no triangle is folded over another one.

    Parameters
    ----------
    mesh
        Any surface.
    max_faces
        About this many faces are left; a mesh that has no more is returned as it is. More are left where fewer would
        fold it.

    Returns
    -------
    Mesh
        Flat parts lose faces first.

    Raises
    ------
    DependencyError
        If a package that simplifies is not installed.
    """
    if len(mesh.faces) <= max_faces:
        return mesh
    # near the origin: an offset of some metres, as scanner coordinates may have, would cost digits
    centre = mesh.vertices.mean(axis=0)
    simplify = _simplify_closed if is_closed(mesh.faces) else _simplify_sheet
    simplified = simplify(mesh.vertices - centre, mesh.faces, max_faces)
    if simplified is None:
        return mesh
    vertices, faces = simplified
    return Mesh(vertices + centre, faces, mesh.findings, mesh.side_known)


def decimate_arrays(
    vertices: NDArray[np.float64], faces: NDArray[np.int64], max_faces: NDArray[np.int64]
) -> dict[str, NDArray[Any]]:
    """Simplify a mesh that is given and returned as arrays, for a process of its own.

    Parameters
    ----------
    vertices, faces
        (n, 3) float64, mm, and (m, 3) int64.
    max_faces
        One number, as for :func:`decimate`.

    Returns
    -------
    dict of str to ndarray
        ``vertices`` and ``faces``.
    """
    mesh = decimate(Mesh(vertices, faces), max_faces=int(max_faces))
    return {"vertices": mesh.vertices, "faces": mesh.faces}


def _simplify_closed(
    vertices: NDArray[np.float64], faces: NDArray[np.int64], max_faces: int
) -> tuple[NDArray[np.float64], NDArray[np.int64]] | None:
    """Simplify a closed mesh and keep it closed; None where every result would be folded."""
    try:
        from manifold3d import Error, Manifold, Mesh64
    except ModuleNotFoundError as error:
        raise DependencyError(
            "The package 'manifold3d' is needed to draw the skull and is not installed. Install it with pip."
        ) from error
    body = Manifold(Mesh64(np.ascontiguousarray(vertices), faces.astype(np.uint64)))
    if body.status() != Error.NoError:
        return None
    for copy in _ever_larger_copies(body, max_faces):
        content = copy.to_mesh64()
        simplified, its_faces = np.array(content.vert_properties)[:, :3], np.array(content.tri_verts).astype(np.int64)
        if is_manifold(its_faces) and (unfolded := _unfold(simplified, its_faces)) is not None:
            return unfolded, its_faces
    return None


def _ever_larger_copies(body: "Manifold", max_faces: int) -> Iterator["Manifold"]:
    """Yield a copy with few enough faces, and after it copies with more."""
    body = _simplified_in_steps(body, max_faces)
    all_faces, aimed = body.num_tri(), AIMED_PART * max_faces
    tolerance_mm, finest_mm, coarsest_mm = TOLERANCE_SCALE_MM * log(max(all_faces / aimed, 1.2)), 0.0, np.inf
    most = FEW_ENOUGH * max_faces
    copies = []
    for _ in range(MAX_TRIES):
        copy = body.simplify(tolerance_mm)
        copies.append((tolerance_mm, copy))
        left = copy.num_tri()
        if FULL_ENOUGH * max_faces <= left <= most:
            break
        # the number of faces falls about exponentially with the tolerance, and more slowly when few are left
        wanted_mm = tolerance_mm * log(all_faces / aimed) / max(log(all_faces / max(left, 1)), 1e-3)
        wanted_mm = min(max(wanted_mm, tolerance_mm / LARGEST_CHANGE), tolerance_mm * LARGEST_CHANGE)
        if left > most:
            finest_mm = tolerance_mm
        else:
            coarsest_mm = tolerance_mm
        if not finest_mm < wanted_mm < coarsest_mm:
            wanted_mm = (finest_mm + coarsest_mm) / 2
        tolerance_mm = wanted_mm
    small_enough = [made for made in copies if made[1].num_tri() <= most]
    tolerance_mm, copy = min(small_enough or copies[-1:], key=lambda made: made[0])
    yield copy
    for part in FINER_TOLERANCES:
        yield body.simplify(part * tolerance_mm)


def _simplified_in_steps(body: "Manifold", max_faces: int) -> "Manifold":
    """The body, simplified in growing steps to near the wanted number where that is far away: one step gets stuck."""
    step_mm = FIRST_STEP_MM
    is_far = body.num_tri() > FAR_FACTOR * max_faces
    for _ in range(MAX_STEPS if is_far else 0):
        if body.num_tri() <= NEAR_FACTOR * max_faces:
            break
        body = body.simplify(step_mm)
        step_mm *= STEP_GROWTH
    return body


def _unfold(vertices: NDArray[np.float64], faces: NDArray[np.int64]) -> NDArray[np.float64] | None:
    """Smooth a mesh where its triangles cut each other, until none does; None where that does not help.

    All triangles are searched once. After that only those are that a moved triangle can reach: all others were found
    free of cuts, and did not move.
    """
    sides = faces[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2)
    links = sparse.coo_array((np.ones(len(sides)), sides.T), shape=(len(vertices),) * 2).tocsr()
    neighbours = sparse.diags_array(1 / np.maximum(links.sum(axis=1), 1)) @ links
    around_triangles = _Neighbourhood(vertices, faces)
    vertices = vertices.copy()
    cut = intersecting_triangles(vertices, faces)
    fewest, since_fewest = len(cut), 0
    while len(cut) and since_fewest < MAX_ROUNDS_WITHOUT_GAIN:
        around = np.unique(links[np.unique(faces[cut])].indices)
        vertices[around] = (vertices[around] + (neighbours @ vertices)[around]) / 2
        moved = np.zeros(len(vertices), bool)
        moved[around] = True
        near = around_triangles.find_near(vertices, np.flatnonzero(moved[faces].any(axis=1)))
        cut = near[intersecting_triangles(vertices, faces[near])]
        since_fewest = 0 if len(cut) < fewest else since_fewest + 1
        fewest = min(fewest, len(cut))
    return None if len(cut) else vertices


class _Neighbourhood:
    """Finds which triangles others can cut after some vertices have moved a little."""

    def __init__(self, vertices: NDArray[np.float64], faces: NDArray[np.int64]) -> None:
        self._start, self._faces = vertices.copy(), faces
        self._centres, self._radii = _enclosing_balls(vertices, faces)
        self._small_radius = LARGE_RADIUS * float(np.median(self._radii))
        self._large = np.flatnonzero(self._radii > self._small_radius)
        self._tree = cKDTree(self._centres)

    def find_near(self, vertices: NDArray[np.float64], chosen: NDArray[np.int64]) -> NDArray[np.int64]:
        """Triangles (k,) whose enclosing ball meets that of a chosen one, and all large ones."""
        moved_mm = float(np.linalg.norm(vertices - self._start, axis=1).max())
        reach_mm = self._radii[chosen] + self._small_radius + 2 * moved_mm
        near = self._tree.query_ball_point(self._centres[chosen], reach_mm)
        return np.unique(np.concatenate([self._large, *near]).astype(np.int64))


def _enclosing_balls(
    vertices: NDArray[np.float64], faces: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Centre (m, 3) and radius (m,) of a ball round each triangle."""
    corners = [vertices[faces[:, k]] for k in range(3)]
    centres = (corners[0] + corners[1] + corners[2]) / 3
    return centres, np.sqrt(np.max([((corner - centres) ** 2).sum(axis=1) for corner in corners], axis=0))


def _simplify_sheet(
    vertices: NDArray[np.float64], faces: NDArray[np.int64], max_faces: int
) -> tuple[NDArray[np.float64], NDArray[np.int64]] | None:
    """Simplify a surface with a border by quadric errors; None where the result would be folded."""
    try:
        from fast_simplification import simplify
    except ModuleNotFoundError as error:
        raise DependencyError(
            "The package 'fast-simplification' is needed to draw the skull and is not installed. Install it with pip."
        ) from error
    found, its_faces = simplify(
        vertices.astype(np.float32), faces.astype(np.int32), target_count=max_faces, agg=SHEET_AGGRESSION
    )
    simplified, its_faces = found.astype(np.float64), its_faces.astype(np.int64)
    if not len(intersecting_triangles(simplified, its_faces)) or len(intersecting_triangles(vertices, faces)):
        return simplified, its_faces  # in the second case it was folded before, too
    return None
