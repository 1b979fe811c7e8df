"""Cut the restored surface to one defect: restored tables and bone in, patch and border out.

The grid's triangles over the defect are divided until they are finer than a voxel. At every corner the bone just below
the restored surface is measured in the voxels, and the surface is cut where half of it is bone (decision 0014). The
border, and with it the area, is therefore as precise as the scan, not as the grid.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from SkullRestoreLib.affine import rotate
from SkullRestoreLib.defects.bone_presence import measure_bone_presence
from SkullRestoreLib.defects.lower_bone import find_lower_bone
from SkullRestoreLib.defects.surface_columns import CERTAIN, Column
from SkullRestoreLib.geometry.icosphere import spherical_grid
from SkullRestoreLib.geometry.refined_mesh import (
    RefinedMesh,
    extract_submesh,
    grow_region,
    parts_touching,
    points_at_radius,
    small_parts,
    smooth_values,
)
from SkullRestoreLib.method_parameters import METHOD, BorderParameters, MethodParameters
from SkullRestoreLib.records import Bone, DefectPatch, Mesh, Pose, RayMap, VaultTables
from SkullRestoreLib.skull_model.vault_end import ring_width_mm

_SURROUNDING_RINGS = 8
"""Rings of the grid around the defect that are searched for its border, and that the wide surface covers."""
_NEAREST_CORNER = 1e-4
"""The border is no nearer to a corner than this part of an edge."""
_HALF_WAY_MM, _LEAST_WEIGHT = 1e-3, 1e-9
"""A point half-way down a step is on its outer side, also when it is at the corner of another triangle."""
_FORCED_HEIGHT = 0.05
"""Level-set height given to what is decided by its shape (cracks, specks) and not by bone presence."""


@dataclass(frozen=True, eq=False)
class PatchBorder:
    """Where a patch ends."""

    loops: tuple[NDArray[np.float64], ...]
    """Closed lines, each (k, 3) mm RAS, longest first; where sound bone is lower than the patch, on that bone."""
    open_flags: tuple[NDArray[np.bool_], ...]
    """(k,) for each line: True where it is not bone that ends the defect."""
    area_cm2: float
    step_flags: tuple[NDArray[np.bool_], ...] | None = None
    """(k,) for each line: True along a step within the defect, which is no margin of it. None where there is none."""

    @property
    def open_fraction(self) -> float:
        """Part of the margin, 0..1, where it is not bone that ends the defect."""
        if not self.open_flags:
            return 0.0
        is_open = np.concatenate(self.open_flags)
        return float((is_open if self.step_flags is None else is_open[~np.concatenate(self.step_flags)]).mean())

    def is_natural_opening(self, *, at_edge: bool, parameters: BorderParameters = METHOD.border) -> bool:
        """Tell whether this is the edge of the base, an orbit or the neck, and not lost bone.

        Parameters
        ----------
        at_edge
            Whether the defect touches the end of the vault at the grid's resolution. One that does not may have a more
            open border.
        parameters
            How large and how open a natural opening is.

        Returns
        -------
        bool
            The smaller the gap, the less of its border need be open.

        Examples
        --------
        >>> loop = np.zeros((10, 3))
        >>> PatchBorder((loop,), (np.arange(10) < 5,), 6.0).is_natural_opening(at_edge=True)
        True
        """
        small, touching, apart = parameters.natural_open_fractions
        if self.area_cm2 < parameters.max_natural_opening_cm2 / 4:
            return at_edge or self.open_fraction > small
        return self.area_cm2 < parameters.max_natural_opening_cm2 and self.open_fraction > (
            touching if at_edge else apart
        )


def cut_patch(
    number: int,
    region: NDArray[np.int64],
    vault_tables: VaultTables,
    rays: RayMap,
    bone: Bone,
    pose: Pose,
    *,
    blurred_bone: NDArray[np.bool_] | None = None,
    parameters: MethodParameters = METHOD,
) -> tuple[DefectPatch, PatchBorder] | None:
    """Cut the restored surface to one defect.

    Parameters
    ----------
    number
        Of the defect, from 1.
    region
        (n,) grid vertices of the defect.
    vault_tables
        Restored tables.
    rays
        For how far the scan reaches.
    bone, pose
        Segmented bone and head frame.
    blurred_bone
        (n,) grid vertices with bone that the threshold does not show; the defect ends there.
    parameters
        Of the method.

    Returns
    -------
    tuple of DefectPatch and PatchBorder, or None
        None when nothing is missing at voxel precision.
    """
    in_defect = np.zeros(len(vault_tables.outer), dtype=bool)
    in_defect[region] = True
    inside = vault_tables.vault & (rays.reach > vault_tables.outer + 1)
    hidden = np.zeros_like(in_defect) if blurred_bone is None else blurred_bone
    columns = [vault_tables.outer, vault_tables.inner, vault_tables.outer_sigma, inside, in_defect, hidden]
    surroundings = spherical_grid(vault_tables.level).grow_region(in_defect, _SURROUNDING_RINGS)
    coarse = extract_submesh(vault_tables.level, surroundings, np.stack(columns, axis=1).astype(float))
    wide = coarse.subdivide()
    border = parameters.border
    fine = _with_steps(wide.subdivide(), vault_tables, border)
    presence = measure_bone_presence(fine, bone, pose, parameters=parameters)
    presence = np.maximum(presence, 2 * fine.values[:, Column.BLURRED] - 1)
    lower_mm = find_lower_bone(fine, presence, bone, pose, parameters=parameters.lower_bone)
    presence = _with_lower_bone(fine, presence, lower_mm, bone, pose, parameters)
    presence = smooth_values(presence, fine.adjacency_matrix, border.smoothing_passes)
    height = _defect_level_set(fine, presence, fine.values[:, Column.DEFECT] > CERTAIN, border)
    if not (height < 0).any():
        return None
    clipped = _clip_to_defect(*_near_defect(fine, height, np.column_stack([presence, lower_mm]), border))
    outer = points_at_radius(clipped.directions, clipped.values[:, Column.OUTER], pose)
    patch = DefectPatch(
        defect=number,
        outer=Mesh(outer, clipped.faces),
        inner=points_at_radius(clipped.directions, clipped.values[:, Column.INNER], pose),
        sigma_mm=clipped.values[:, Column.SIGMA],
        wide_outer=Mesh(points_at_radius(wide.directions, wide.values[:, Column.OUTER], pose), wide.faces),
        wide_inner=points_at_radius(wide.directions, wide.values[:, Column.INNER], pose),
    )
    return patch, _trace_border(clipped, pose, border, area_cm2=mesh_area_cm2(patch.outer))


def _with_lower_bone(
    fine: RefinedMesh,
    presence: NDArray[np.float64],
    lower_mm: NDArray[np.float64],
    bone: Bone,
    pose: Pose,
    parameters: MethodParameters,
) -> NDArray[np.float64]:
    """Presence (v,), measured ``lower_mm`` (v,) further down where sound bone goes on there."""
    is_lower = lower_mm != 0
    if not is_lower.any():
        return presence
    part, used = _part_of(fine, is_lower[fine.faces].any(axis=1))
    part.values[:, [Column.OUTER, Column.INNER]] -= lower_mm[used, None]
    measured = presence.copy()
    measured[used] = measure_bone_presence(part, bone, pose, parameters=parameters)
    return np.where(is_lower, np.maximum(presence, measured), presence)


def mesh_area_cm2(mesh: Mesh) -> float:
    """Measure the area of a mesh.

    Parameters
    ----------
    mesh
        mm.

    Returns
    -------
    float
        cm².

    Examples
    --------
    >>> mesh_area_cm2(Mesh(np.array([[0.0, 0, 0], [20, 0, 0], [0, 10, 0]]), np.array([[0, 1, 2]])))
    1.0
    """
    a, b, c = (mesh.vertices[mesh.faces[:, k]] for k in range(3))
    return float(np.linalg.norm(np.cross(b - a, c - a), axis=1).sum() / 200)


def _defect_level_set(
    fine: RefinedMesh, presence: NDArray[np.float64], in_defect: NDArray[np.bool_], parameters: BorderParameters
) -> NDArray[np.float64]:
    """Level-set height (v,), negative in the defect: presence without cracks, specks, and what is off vault or scan."""
    neighbours = fine.adjacency_matrix
    edge_mm = fine.median_edge_mm
    inside = fine.values[:, Column.INSIDE] > 0.5
    missing = inside & (presence < 0)
    end_zone = grow_region(~inside, neighbours, round(parameters.vault_end_zone_mm / edge_mm))
    kept = _without_narrow_gaps(missing, ~end_zone, in_defect, neighbours, parameters.crack_half_width_mm / edge_mm)
    kept |= _without_narrow_gaps(missing, end_zone, in_defect, neighbours, parameters.cleft_half_width_mm / edge_mm)
    kept = parts_touching(kept, in_defect, neighbours)
    speck = small_parts(~kept, neighbours, parameters.max_speck_mm2 / edge_mm**2)
    height = np.where(missing & ~kept, _FORCED_HEIGHT, presence)
    height = np.where(speck & inside, -_FORCED_HEIGHT, height)
    return np.maximum(height, 0.5 - fine.values[:, Column.INSIDE])


def _without_narrow_gaps(
    missing: NDArray[np.bool_],
    zone: NDArray[np.bool_],
    in_defect: NDArray[np.bool_],
    neighbours: sparse.csr_matrix,
    half_width_edges: float,
) -> NDArray[np.bool_]:
    """What is left of ``missing`` (v,) within ``zone`` (v,) without gaps narrower than twice the half width: (v,)."""
    if not zone.any():  # most defects are far from the end of the vault
        return zone.copy()
    rings = max(1, round(half_width_edges))
    kept = parts_touching(~grow_region(~missing, neighbours, rings), in_defect, neighbours) & zone
    for _ in range(rings + 1):
        kept = missing & grow_region(kept, neighbours, 1)
    return kept


def _with_steps(fine: RefinedMesh, vault_tables: VaultTables, parameters: BorderParameters) -> RefinedMesh:
    """The surface with its steps within an edge of its triangles, and not ramps that are as wide as the grid's."""
    on_ramp = np.unique(fine.faces[_is_step(fine, parameters)])
    if not on_ramp.size:
        return fine
    corners, weights = spherical_grid(vault_tables.level).locate_triangles(fine.directions[on_ramp])
    radius = fine.values[on_ramp, Column.OUTER]
    weights = _weights_of_one_side(weights, vault_tables.outer[corners], radius, vault_tables.level, parameters)
    values = fine.values.copy()
    for column, table in ((Column.OUTER, vault_tables.outer), (Column.INNER, vault_tables.inner)):
        values[on_ramp, column] = np.einsum("nk,nk->n", table[corners], weights)
    return replace(fine, values=values)


def _is_step(fine: RefinedMesh, parameters: BorderParameters) -> NDArray[np.bool_]:
    """Which triangles (m,) are along the rays, such as from the margin of an orbit to its roof."""
    corner_mm = fine.values[fine.faces, Column.OUTER]
    height_mm: NDArray[np.float64] = corner_mm.max(axis=1) - corner_mm.min(axis=1)
    steep: NDArray[np.bool_] = height_mm > parameters.step_slope * fine.median_edge_mm
    return steep


def _weights_of_one_side(
    weights: NDArray[np.float64],
    corner_mm: NDArray[np.float64],
    radius_mm: NDArray[np.float64],
    level: int,
    parameters: BorderParameters,
) -> NDArray[np.float64]:
    """Weights (n, 3) of the corners of the grid's triangles, in which points at a radius (n,) are.

    Where the corners' radii (n, 3) differ by a step, only those on the point's own side count; half-way it is the outer
    one.
    """
    width_mm = ring_width_mm(spherical_grid(level), radius_mm)
    off = np.abs(corner_mm - radius_mm[:, None] - _HALF_WAY_MM)
    nearest = np.take_along_axis(corner_mm, off.argmin(axis=1)[:, None], axis=1)
    on_side = np.abs(corner_mm - nearest) <= parameters.step_slope * width_mm
    kept = np.where(on_side, weights + _LEAST_WEIGHT, 0.0)
    return np.where(on_side.all(axis=1, keepdims=True), weights, kept / kept.sum(axis=1, keepdims=True))


def _near_defect(
    fine: RefinedMesh, height: NDArray[np.float64], measured: NDArray[np.float64], parameters: BorderParameters
) -> tuple[RefinedMesh, NDArray[np.float64], NDArray[np.float64]]:
    """The triangles with a corner of negative height, the heights of their vertices, and three more columns of values.

    Without those along the rays: there is no bone (decision 0197).
    """
    is_step = _is_step(fine, parameters)
    at_step = np.zeros(len(height))
    at_step[fine.faces[is_step]] = 1.0
    part, used = _part_of(fine, (height < 0)[fine.faces].any(axis=1) & ~is_step)
    return part, height[used], np.insert(measured, 1, at_step, axis=1)[used]


def _part_of(fine: RefinedMesh, chosen: NDArray[np.bool_]) -> tuple[RefinedMesh, NDArray[np.int64]]:
    """The triangles that are ``chosen`` (f,), with values of their own, and which vertices (p,) they use."""
    used, corners = np.unique(fine.faces[chosen], return_inverse=True)
    return RefinedMesh(corners.reshape(-1, 3), fine.directions[used], fine.values[used]), used


def _clip_to_defect(fine: RefinedMesh, height: NDArray[np.float64], more: NDArray[np.float64]) -> RefinedMesh:
    """The part with negative height; its values get the columns ``more`` (v, 3)."""
    inside = height < 0
    count = np.count_nonzero(inside[fine.faces], axis=1)
    whole, one, two = (np.flatnonzero(count == number) for number in (3, 1, 2))
    # the corner that is alone on its side comes first: a, then b and c
    tips = _from_corner(fine.faces[one], inside[fine.faces[one]])
    stumps = _from_corner(fine.faces[two], ~inside[fine.faces[two]])
    ends = np.concatenate([tips[:, [0, 1]], tips[:, [0, 2]], stumps[:, [0, 1]], stumps[:, [0, 2]]])
    size = len(height)
    edges, number = np.unique(ends.min(axis=1) * size + ends.max(axis=1), return_inverse=True)
    first, second = edges // size, edges % size
    # a border through a corner passes it so closely that it makes no difference, and leaves no two points in one place
    along = np.clip(height[first] / (height[first] - height[second]), _NEAREST_CORNER, 1 - _NEAREST_CORNER)[:, None]

    def with_cuts(values: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.concatenate([values, (1 - along) * values[first] + along * values[second]])

    directions, values = with_cuts(fine.directions), with_cuts(np.column_stack([fine.values, more]))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    ab_tip, ac_tip, ab, ac = np.split(size + number.ravel(), np.cumsum([len(tips), len(tips), len(stumps)]))
    b, c = stumps[:, 1], stumps[:, 2]
    across = [np.linalg.norm(directions[p] - directions[q], axis=1) for p, q in ((ac, b), (ab, c))]
    from_ac = (across[0] < across[1])[:, None]  # a quadrangle is divided along its shorter diagonal
    faces = np.concatenate(
        [
            fine.faces[whole],
            np.stack([ab_tip, ac_tip, tips[:, 0]], axis=1),
            np.where(from_ac, np.stack([ac, ab, b], axis=1), np.stack([ac, ab, c], axis=1)),
            np.where(from_ac, np.stack([ac, b, c], axis=1), np.stack([ab, b, c], axis=1)),
        ]
    )
    faces = faces[np.argsort(np.concatenate([whole, one, two, two]), kind="stable")]
    used, earliest, flat = np.unique(faces, return_index=True, return_inverse=True)
    order = np.argsort(earliest)  # numbered as they come, so that a border begins where its first triangle is
    rank = np.zeros(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    return RefinedMesh(rank[flat].reshape(-1, 3), directions[used[order]], values[used[order]])


def _from_corner(faces: NDArray[np.int64], at: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Triangles (m, 3), begun at the corner at which ``at`` (m, 3) is True; their sense of rotation stays."""
    corners = (at.argmax(axis=1)[:, None] + np.arange(3)) % 3
    return np.take_along_axis(faces, corners, axis=1)


def _trace_border(clipped: RefinedMesh, pose: Pose, parameters: BorderParameters, *, area_cm2: float) -> PatchBorder:
    """The border of a clipped surface: on the surface, or on the sound bone that was followed below it."""
    on_bone = points_at_radius(
        clipped.directions, clipped.values[:, Column.OUTER] - clipped.values[:, Column.LOWER], pose
    )
    loops = boundary_loops(clipped.faces)
    open_flags = tuple(clipped.values[loop, Column.PRESENCE] < parameters.open_presence for loop in loops)
    at_step = tuple(clipped.values[loop, Column.AT_STEP] > 0.5 for loop in loops)
    return PatchBorder(
        tuple(on_bone[loop] for loop in loops),
        open_flags,
        area_cm2,
        at_step if any(flags.any() for flags in at_step) and not all(flags.all() for flags in at_step) else None,
    )


def boundary_loops(faces: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Find the closed lines of edges that belong to one triangle only.

    Parameters
    ----------
    faces
        (m, 3) vertex indices.

    Returns
    -------
    list of ndarray
        (k,) vertex indices each, longest first.

    Examples
    --------
    >>> [loop.tolist() for loop in boundary_loops(np.array([[0, 1, 2], [0, 2, 3]]))]
    [[0, 1, 2, 3]]
    """
    start, end = faces[:, [0, 1, 2]].ravel(), faces[:, [1, 2, 0]].ravel()
    size = int(faces.max(initial=0)) + 1
    # a sparse matrix of the directed edges against its transpose: many times as fast as sets of edges
    edges = sparse.csr_array((np.ones(len(start), dtype=bool), (start, end)), shape=(size, size))
    following: dict[int, list[int]] = {}
    for a, b in np.transpose((edges > edges.T).nonzero()).tolist():
        following.setdefault(a, []).append(b)
    loops = []
    while following:
        first = next(iter(following))
        loop, vertex = [first], following[first].pop()
        while vertex != first and following.get(vertex):
            loop.append(vertex)
            vertex = following[vertex].pop()
        following = {a: ends for a, ends in following.items() if ends}
        if len(loop) > 2:
            loops.append(np.array(loop))
    return sorted(loops, key=lambda loop: -len(loop))


@dataclass(frozen=True, eq=False)
class VertexRays:
    """The rays of the grid through the vertices of a surface. Located once, they let it follow its tables cheaply."""

    directions: NDArray[np.float64]
    """(n, 3) unit vectors in RAS from the head's centre."""
    centre: NDArray[np.float64]
    """(3,) mm RAS."""
    corners: NDArray[np.int64]
    """(n, 3) grid vertices."""
    weights: NDArray[np.float64]
    """(n, 3) of the corners."""

    @classmethod
    def from_points(
        cls,
        points: NDArray[np.float64],
        level: int,
        pose: Pose,
        *,
        outer: NDArray[np.float64] | None = None,
        parameters: BorderParameters = METHOD.border,
    ) -> "VertexRays":
        """Locate the rays through points.

        Parameters
        ----------
        points
            (n, 3) mm RAS.
        level
            Of the grid.
        pose
            The head frame.
        outer
            (grid,) mm, the table that the points are on: a point at a step of it stays on its side. Without it there is
            no step.
        parameters
            What a step is.
        """
        centre = pose.head_to_ras[:3, 3]
        outwards = points - centre
        radius = np.linalg.norm(outwards, axis=1)
        outwards = outwards / radius[:, None]
        corners, weights = spherical_grid(level).locate_triangles(rotate(pose.ras_to_head, outwards))
        if outer is not None and len(points):
            weights = _weights_of_one_side(weights, outer[corners], radius, level, parameters)
        return cls(outwards, centre, corners, weights)

    def points_at(self, table: NDArray[np.float64]) -> NDArray[np.float64]:
        """Give the points (n, 3), mm RAS, at the radius that ``table`` (grid,) mm has on each ray."""
        radius = np.einsum("nk,nk->n", table[self.corners], self.weights)
        return self.directions * radius[:, None] + self.centre


def patch_rays(
    patch: DefectPatch, vault_tables: VaultTables, pose: Pose, *, parameters: BorderParameters = METHOD.border
) -> tuple[VertexRays, VertexRays]:
    """Locate the rays of a patch's own surface and of its wide one.

    Parameters
    ----------
    patch
        The restored surface of a defect.
    vault_tables
        The tables that it is on.
    pose
        The head frame.
    parameters
        What a step of the surface is.

    Returns
    -------
    own, wide : VertexRays
    """
    level, outer = vault_tables.level, vault_tables.outer
    own = VertexRays.from_points(patch.outer.vertices, level, pose, outer=outer, parameters=parameters)
    return own, VertexRays.from_points(patch.wide_outer.vertices, level, pose)


def move_to_tables(
    patch: DefectPatch, vault_tables: VaultTables, vertex_rays: tuple[VertexRays, VertexRays]
) -> DefectPatch:
    """Move a patch onto other tables: its vertices move along their rays, its border keeps its directions.

    Parameters
    ----------
    patch
        It is not changed.
    vault_tables
        The tables to move onto.
    vertex_rays
        From :func:`patch_rays`.

    Returns
    -------
    DefectPatch
    """
    own, wide = vertex_rays
    return replace(
        patch,
        outer=replace(patch.outer, vertices=own.points_at(vault_tables.outer)),
        inner=own.points_at(vault_tables.inner),
        wide_outer=replace(patch.wide_outer, vertices=wide.points_at(vault_tables.outer)),
        wide_inner=wide.points_at(vault_tables.inner),
    )


def with_number(patch: DefectPatch, number: int) -> DefectPatch:
    """Return the patch under another number."""
    return replace(patch, defect=number)
