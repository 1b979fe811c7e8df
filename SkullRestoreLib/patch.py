"""The restored surface of one hole, cut where the bone begins: restored shell and bone in, patch and its border out.

The grid's triangles over the hole are divided until they are finer than a voxel. At every corner the bone just beneath the restored surface is
looked up in the voxels; the surface is cut where half of it is bone. The border is therefore as precise as the scan, not as the grid, and so is the area.
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from SkullRestoreLib.beneath import bone_beneath
from SkullRestoreLib.case import Bone, Mesh, Patch, Pose, RadialMap, Shell
from SkullRestoreLib.fine import Fine, grown, piece_of_grid, place, small_parts, smooth, touching
from SkullRestoreLib.grid import grid

_CRACK_MM = 1.3
"""Gaps narrower than twice this are sutures and cracks, and no part of the hole."""
_SPILL_MM = 3.0
_END_MM = 8.0
"""This near to the end of the vault, gaps narrower than twice the length above it are orbits and clefts of the base that a hole runs into."""
_SPECK_MM2 = 12.0
_RINGS = 8
_NATURAL_CM2 = 8.0
"""Where the vault ends, heads differ; a gap there is lost bone only when it is larger than that difference."""


@dataclass(frozen=True)
class Border:
    """Where a patch ends."""

    loops: tuple[np.ndarray, ...]  # closed lines, each (k, 3) float mm RAS, longest first
    open: tuple[np.ndarray, ...]  # (k,) bool for each: here it is not bone that ends the hole
    area_cm2: float

    @property
    def open_part(self) -> float:
        """Part of the border, 0..1, where it is not bone that ends the hole."""
        return float(np.concatenate(self.open).mean()) if self.open else 0.0

    def is_natural_opening(self, *, at_edge: bool) -> bool:
        """Whether this is the rim of the base, an orbit or the neck, and no lost bone: the smaller, the less of its border need be open.

        ``at_edge`` says that the hole touches the end of the vault at the grid's resolution; one that does not may have more of an open border.
        """
        if self.area_cm2 < _NATURAL_CM2 / 4:
            return at_edge or self.open_part > 0.03
        return self.area_cm2 < _NATURAL_CM2 and self.open_part > (0.2 if at_edge else 0.35)


def cut_patch(number: int, hole: np.ndarray, shell: Shell, radial: RadialMap, bone: Bone, pose: Pose) -> tuple[Patch, Border] | None:
    """Cut the restored surface to one hole.

    Parameters
    ----------
    number
        Of the defect, from 1.
    hole
        (n,) int, grid vertices of the hole.
    shell
        Restored tables.
    radial
        For how far the scan reaches.
    bone, pose
        Segmented bone and head frame.

    Returns
    -------
    tuple of Patch and Border, or None
        None when at voxel precision nothing is missing.
    """
    core = np.zeros(len(shell.outer), dtype=bool)
    core[hole] = True
    domain = shell.vault & (radial.reach > shell.outer + 1)
    values = np.stack([shell.outer, shell.inner, shell.outer_sigma, domain, core], axis=1).astype(float)
    coarse = piece_of_grid(shell.level, grid(shell.level).grow(core, _RINGS), values)
    halved = coarse.divided()
    fine = halved.divided()
    present = smooth(bone_beneath(fine, bone, pose), fine.neighbours, 2)
    height = _missing(fine, present, fine.values[:, 4] > 0.99)
    if not (height < 0).any():
        return None
    clipped = _clip(fine, height, present)
    outer = place(clipped.directions, clipped.values[:, 0], pose)
    wide = halved
    patch = Patch(
        number,
        Mesh(outer, clipped.faces),
        place(clipped.directions, clipped.values[:, 1], pose),
        clipped.values[:, 2],
        Mesh(place(wide.directions, wide.values[:, 0], pose), wide.faces),
        place(wide.directions, wide.values[:, 1], pose),
    )
    return patch, _border(outer, clipped)


def mesh_area_cm2(mesh: Mesh) -> float:
    """Area of a mesh, cm2."""
    a, b, c = (mesh.vertices[mesh.faces[:, k]] for k in range(3))
    return float(np.linalg.norm(np.cross(b - a, c - a), axis=1).sum() / 200)


def _missing(fine: Fine, present: np.ndarray, core: np.ndarray) -> np.ndarray:
    """Level-set height whose negative part is the hole: ``present`` without cracks, specks, and what lies beyond the vault or the scan: (v,) float."""
    neighbours = fine.neighbours
    edge_mm = fine.edge_mm
    vault = fine.values[:, 3] > 0.5
    inside = vault & (present < 0)
    end = grown(~vault, neighbours, round(_END_MM / edge_mm))
    kept = _wide(inside, ~end, core, neighbours, _CRACK_MM / edge_mm) | _wide(inside, end, core, neighbours, _SPILL_MM / edge_mm)
    kept = touching(kept, core, neighbours)
    speck = small_parts(~kept, neighbours, _SPECK_MM2 / edge_mm**2)
    height = np.where(inside & ~kept, 0.05, present)
    height = np.where(speck & vault, -0.05, height)
    return np.maximum(height, 0.5 - fine.values[:, 3])


def _wide(inside: np.ndarray, here: np.ndarray, core: np.ndarray, neighbours: sparse.csr_matrix, rings: float) -> np.ndarray:
    """What is left of ``inside`` (v,) bool, in the part ``here``, without what is narrower than twice ``rings``: (v,) bool."""
    if not here.any():  # most holes are far from the vault's end
        return here
    rings = max(1, round(rings))
    kept = touching(~grown(~inside, neighbours, rings), core, neighbours) & here
    for _ in range(rings + 1):
        kept = inside & grown(kept, neighbours, 1)
    return kept


def _clip(fine: Fine, height: np.ndarray, present: np.ndarray) -> Fine:
    """The part with negative height; its values get ``present`` as one more column."""
    from vtkmodules.util.numpy_support import numpy_to_vtk, numpy_to_vtkIdTypeArray, vtk_to_numpy
    from vtkmodules.vtkCommonCore import vtkPoints
    from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkPolyData
    from vtkmodules.vtkFiltersCore import vtkCleanPolyData, vtkClipPolyData, vtkTriangleFilter

    poly = vtkPolyData()
    points = vtkPoints()
    points.SetData(numpy_to_vtk(np.ascontiguousarray(fine.directions), deep=1))
    poly.SetPoints(points)
    cells = vtkCellArray()
    cells.SetData(3, numpy_to_vtkIdTypeArray(np.ascontiguousarray(fine.faces.ravel(), dtype=np.int64), deep=1))
    poly.SetPolys(cells)
    for name, array in (("values", np.column_stack([fine.values, present])), ("height", height)):
        data = numpy_to_vtk(np.ascontiguousarray(array, dtype=float), deep=1)
        data.SetName(name)
        poly.GetPointData().AddArray(data)
    poly.GetPointData().SetActiveScalars("height")
    clip = vtkClipPolyData()
    clip.SetInputData(poly)
    clip.SetValue(0.0)
    clip.InsideOutOn()
    triangles = vtkTriangleFilter()
    triangles.SetInputConnection(clip.GetOutputPort())
    triangles.PassVertsOff()
    triangles.PassLinesOff()
    clean = vtkCleanPolyData()  # a border through a corner leaves two copies of it
    clean.SetInputConnection(triangles.GetOutputPort())
    clean.SetToleranceIsAbsolute(True)
    clean.SetAbsoluteTolerance(1e-7)
    clean.ConvertPolysToLinesOff()
    clean.ConvertLinesToPointsOff()
    clean.Update()
    out = clean.GetOutput()
    faces = vtk_to_numpy(out.GetPolys().GetConnectivityArray()).reshape(-1, 3).astype(np.int64)
    directions = vtk_to_numpy(out.GetPoints().GetData()).astype(float)
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    faces = faces[(faces[:, 0] != faces[:, 1]) & (faces[:, 1] != faces[:, 2]) & (faces[:, 2] != faces[:, 0])]
    return Fine(faces, directions, vtk_to_numpy(out.GetPointData().GetArray("values")).astype(float))


def _border(outer: np.ndarray, clipped: Fine) -> Border:
    loops = boundary_loops(clipped.faces)
    # where bone ends the hole the amount of bone is half; where it is far less, the vault or the scan ended it
    open_ = [clipped.values[loop, 5] < -0.3 for loop in loops]
    return Border(tuple(outer[loop] for loop in loops), tuple(open_), mesh_area_cm2(Mesh(outer, clipped.faces)))


def boundary_loops(faces: np.ndarray) -> list[np.ndarray]:
    """Closed lines of edges that belong to one triangle only, as vertex indices, longest first."""
    start, end = faces[:, [0, 1, 2]].ravel(), faces[:, [1, 2, 0]].ravel()
    size = int(faces.max(initial=0)) + 1
    # a table of the directed edges against itself transposed, many times as fast as sets of edges
    edges = sparse.csr_array((np.ones(len(start), dtype=bool), (start, end)), shape=(size, size))
    following: dict[int, list[int]] = {}
    for a, b in np.transpose((edges > edges.T).nonzero()).tolist():
        following.setdefault(a, []).append(b)
    loops = []
    while following:
        first = next(iter(following))
        loop, at = [first], following[first].pop()
        while at != first and following.get(at):
            loop.append(at)
            at = following[at].pop()
        following = {a: b for a, b in following.items() if b}
        if len(loop) > 2:
            loops.append(np.array(loop))
    return sorted(loops, key=lambda line: -len(line))


@dataclass(frozen=True)
class Rays:
    """Where the vertices of a surface lie on the grid. Found once, they let the surface follow its tables without a search."""

    directions: np.ndarray  # (n, 3) float64, unit vectors in RAS from the head's centre
    centre: np.ndarray  # (3,) float64, mm RAS
    corners: np.ndarray  # (n, 3) int64, grid vertices
    weights: np.ndarray  # (n, 3) float64, on the corners

    @classmethod
    def through(cls, points: np.ndarray, level: int, pose: Pose) -> "Rays":
        """The rays through points (n, 3), mm RAS, on a grid level."""
        centre = pose.head_to_ras[:3, 3]
        outwards = points - centre
        outwards = outwards / np.linalg.norm(outwards, axis=1, keepdims=True)
        return cls(outwards, centre, *grid(level).locate(outwards @ pose.ras_to_head[:3, :3].T))

    def at(self, table: np.ndarray) -> np.ndarray:
        """Points (n, 3), mm RAS, at the radius that ``table`` (grid,) mm has there."""
        radius = np.einsum("nk,nk->n", table[self.corners], self.weights)
        return self.directions * radius[:, None] + self.centre


def rays_of(patch: Patch, level: int, pose: Pose) -> tuple[Rays, Rays]:
    """The rays of a patch's own surface and of its wide one."""
    return Rays.through(patch.outer.vertices, level, pose), Rays.through(patch.wide_outer.vertices, level, pose)


def follow(patch: Patch, shell: Shell, rays: tuple[Rays, Rays]) -> Patch:
    """The same patch on other tables: its vertices move along their rays, its border keeps its directions."""
    own, wide = rays
    return replace(
        patch,
        outer=replace(patch.outer, vertices=own.at(shell.outer)),
        inner=own.at(shell.inner),
        wide_outer=replace(patch.wide_outer, vertices=wide.at(shell.outer)),
        wide_inner=wide.at(shell.inner),
    )


def numbered(patch: Patch, number: int) -> Patch:
    """The same patch under its final number."""
    return replace(patch, defect=number)
