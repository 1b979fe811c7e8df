"""The room that the bone leaves around a patch, on the cells of the patch's chart."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import ndimage
from scipy.spatial import cKDTree

from SkullRestoreLib.case import Bone, Patch
from SkullRestoreLib.fine import vertex_normals
from SkullRestoreLib.implant.chart import STEEPEST, STEP_MM, Chart
from SkullRestoreLib.implant.slab import face_normals

LEAST_GAP_MM = 0.12  # a body asked to touch the bone would at the corners of voxels be inside it
OVERHANG_MM = 0.5  # how far the outline may pass the patch's border to meet the bone: a border is known to about a voxel
SPREAD_MM = 0.8  # longest edge of a triangle that one point may stand for


@dataclass(frozen=True)
class BoneSurface:
    """Points densely over the bone's surface."""

    points: np.ndarray  # (n, 3) float, mm RAS
    normals: np.ndarray  # (n, 3) float, unit, out of the bone
    point_mm2: float = 0.0  # of surface for each point

    @cached_property
    def tree(self) -> cKDTree:
        """The points, to be searched: built once for all questions."""
        return cKDTree(self.points)


@dataclass(frozen=True)
class Space:
    """What the bone leaves free, on the chart's cells."""

    corner: np.ndarray  # (3,) float, mm, u, v, w of ``free[0, 0, 0]``
    free: np.ndarray  # (nu, nv, nw) float32, mm: distance to the bone less the clearance; w runs from inside outwards
    surface: BoneSurface
    clearance: float  # mm

    @property
    def w(self) -> np.ndarray:
        """(nw,) float, mm, height of each layer."""
        return self.corner[2] + STEP_MM * np.arange(self.free.shape[2])

    def nodes(self) -> np.ndarray:
        """(nu, nv, 2) float, mm, u and v of the nodes."""
        return np.stack(np.meshgrid(*(self.corner[a] + STEP_MM * np.arange(self.free.shape[a]) for a in (0, 1)), indexing="ij"), axis=-1)

    def at(self, uvw: np.ndarray) -> np.ndarray:
        """Room between nodes, at points (n, 3) u, v, w: (n,) float, mm."""
        return ndimage.map_coordinates(self.free, ((uvw - self.corner) / STEP_MM).T, order=1, mode="nearest")


def bone_around(patch: Patch, inner: np.ndarray, bone: Bone, reach: float) -> BoneSurface:
    """Find the bone's surface within ``reach`` mm of a patch and what lies under it.

    Parameters
    ----------
    patch
        The restored surface.
    inner
        (w, 3) float, mm RAS, the inner face under ``patch.wide_outer``.
    bone
        Segmented bone.
    reach
        mm.
    """
    around = _curtain(patch, inner)
    cropped = _crop(bone, around, reach)
    if cropped is None:
        return BoneSurface(np.zeros((0, 3)), np.zeros((0, 3)))
    vertices, faces = cropped
    here = _close(vertices, around, reach)
    faces = faces[here[faces].any(axis=1)]
    points, normals = scatter(vertices, faces)
    area = np.linalg.norm(face_normals(vertices, faces), axis=1).sum() / 2
    return BoneSurface(points, normals, float(area) / max(len(points), 1))


def _curtain(patch: Patch, inner: np.ndarray) -> np.ndarray:
    """Points (n, 3) through the whole body."""
    under = inner[cKDTree(patch.wide_outer.vertices).query(patch.outer.vertices)[1]]
    return np.concatenate([patch.outer.vertices + part * (under - patch.outer.vertices) for part in (0.0, 0.5, 1.0)])


def _crop(bone: Bone, around: np.ndarray, reach: float) -> tuple[np.ndarray, np.ndarray] | None:
    """The bone's surface in a box around points: vertices (n, 3) mm RAS, faces (m, 3) turned out of the bone; None where there is none."""
    to_ijk = np.linalg.inv(bone.ijk_to_ras)
    ijk = around @ to_ijk[:3, :3].T + to_ijk[:3, 3]
    pad = reach * np.linalg.norm(to_ijk[:3, :3], axis=1) + 2  # a sheared axis reaches farther in its index
    size = np.array(bone.field.shape[::-1])
    first = np.clip(np.floor(ijk.min(axis=0) - pad).astype(int), 0, size - 1)
    last = np.clip(np.ceil(ijk.max(axis=0) + pad).astype(int), 0, size - 1)
    if (last - first < 1).any():
        return None
    crop = bone.field[first[2] : last[2] + 1, first[1] : last[1] + 1, first[0] : last[0] + 1]
    vertices, faces = isosurface(crop, bone.iso)
    if not len(faces):
        return None
    vertices = (vertices + first) @ bone.ijk_to_ras[:3, :3].T + bone.ijk_to_ras[:3, 3]
    return vertices, faces[:, ::-1] if np.linalg.det(bone.ijk_to_ras[:3, :3]) < 0 else faces


def _close(points: np.ndarray, around: np.ndarray, reach: float) -> np.ndarray:
    """Tell which points lie within ``reach`` mm of others, roughly (through cells of 2 mm): (n,) bool."""
    cell = 2.0
    origin = around.min(axis=0) - reach - 2 * cell
    size = np.ceil((around.max(axis=0) + reach + 2 * cell - origin) / cell).astype(int) + 1
    flags = np.ones(size, dtype=bool)
    flags[tuple(((around - origin) / cell).astype(int).T)] = False
    near = ndimage.distance_transform_edt(flags, sampling=cell) <= reach + 2 * cell
    at = ((points - origin) / cell).astype(int)
    inside = ((at >= 0) & (at < size)).all(axis=1)
    out = np.zeros(len(points), dtype=bool)
    out[inside] = near[tuple(at[inside].T)]
    return out


def free_space(
    chart: Chart, patch: Patch, surface: BoneSurface, bone: Bone, clearance: float, depth: float, band: float, *, beyond: float = 0.0
) -> Space:
    """Measure the room between bone and body, at and around the patch, down to a depth along the insertion direction, all in mm.

    Distances are exact within ``band`` of the clearance; ``beyond`` is how far past the patch's border it matters.
    """
    uv = chart.flatten(scatter(patch.outer.vertices, patch.outer.faces)[0])[:, :2]
    beside = OVERHANG_MM + 3 * STEP_MM + beyond
    border = beside + 1.0  # the tool closes out here
    layers = np.arange(-np.ceil((depth + 1) / STEP_MM), 3)  # one layer lies at w = 0
    first = np.floor((uv.min(axis=0) - border - chart.corner) / STEP_MM)  # on the chart's own nodes
    corner = np.append(chart.corner + first * STEP_MM, layers[0] * STEP_MM)
    count = np.append(np.ceil((uv.max(axis=0) + border - corner[:2]) / STEP_MM).astype(int) + 1, len(layers))
    wanted = np.zeros(count[:2], dtype=np.uint8)
    wanted[tuple(np.rint((uv - corner[:2]) / STEP_MM).astype(int).T)] = 1
    wanted = _grow(wanted, beside)[..., None].astype(bool)

    reach = clearance + band
    free = np.full(count, band, dtype=np.float32)
    free[_far_inside(bone, chart, corner, count)] = -band
    near, step = _near(chart, chart.flatten(surface.points), corner, count, reach)
    node = np.argwhere(near & wanted)
    if len(node):
        ras = chart.unflatten(corner + node * STEP_MM)
        sign = np.where(sample(bone, ras) >= bone.iso, -1.0, 1.0)
        room = sign * band
        # In the bone only the sign matters, as long as no border runs within a step of it.
        for close, far in ((sign > 0, reach), ((sign < 0) & (clearance < step), min(reach, 2 * step))):
            room[close] = np.clip(sign[close] * distance_to_bone(ras[close], surface, far) - clearance, -band, band)
        free[tuple(node.T)] = room
    return Space(corner, np.where(wanted, free, np.float32(band)), surface, clearance)


def _far_inside(bone: Bone, chart: Chart, corner: np.ndarray, count: np.ndarray) -> np.ndarray:
    """Tell which nodes (nu, nv, nw) lie in bone, exact only for nodes more than a cell's diagonal from its surface, where every other node will do."""
    node = np.stack(np.meshgrid(*(np.arange(0, n, 2) for n in count), indexing="ij"), axis=-1)
    inside = sample(bone, chart.unflatten((corner + node * STEP_MM).reshape(-1, 3))) >= bone.iso
    inside = inside.reshape(node.shape[:3])
    for axis in range(3):
        inside = np.repeat(inside, 2, axis=axis)
    return inside[: count[0], : count[1], : count[2]]


def _near(chart: Chart, uvw: np.ndarray, corner: np.ndarray, count: np.ndarray, reach: float) -> tuple[np.ndarray, float]:
    """Tell which nodes (nu, nv, nw) may lie within reach of points in the chart, and the longest step between neighbours, mm."""
    # the chart's height is sheared: what is beside a point on a slope lies higher or lower in it
    slope = np.percentile(np.sqrt(1 / np.maximum(chart.normals[..., 2], STEEPEST) ** 2 - 1), 98)
    tall = reach * np.sqrt(1 + slope**2)
    pad = np.ceil(np.array([reach, reach, tall]) / STEP_MM).astype(int) + 1
    cell = np.rint((uvw - corner) / STEP_MM).astype(int) + pad
    near = np.zeros(count + 2 * pad, dtype=np.uint8)
    cell = cell[((cell >= 0) & (cell < near.shape)).all(axis=1)]
    near[tuple(cell.T)] = 1
    grown = ndimage.maximum_filter(near, size=2 * pad + 1, mode="constant")
    inner = tuple(slice(p, -p) for p in pad)
    return grown[inner].astype(bool), STEP_MM * float(np.sqrt(1 + slope**2))


def _grow(flags: np.ndarray, millimetres: float) -> np.ndarray:
    """Dilate by a box."""
    size = 2 * int(np.ceil(millimetres / STEP_MM)) + 1
    return ndimage.maximum_filter(flags, size=size, mode="constant")


def distance_to_bone(at: np.ndarray, surface: BoneSurface, reach: float, *, signed: bool = False) -> np.ndarray:
    """(n,) distance from points (n, 3) to the bone's surface, mm; ``reach`` where it is farther; ``signed`` makes it negative in the bone."""
    if not len(surface.points):
        return np.full(len(at), reach)
    away, nearest = surface.tree.query(at, distance_upper_bound=reach, workers=-1)
    found = np.isfinite(away)
    nearest = np.where(found, nearest, 0)
    away = np.where(found, away, reach)
    plane = (surface.normals[nearest] * (at - surface.points[nearest])).sum(axis=1)
    # The surface is known at points: beside the nearest one its tangent plane is nearer to the truth than the point itself.
    distance = np.where(found & (away**2 - plane**2 < 0.3**2), np.abs(plane), away)
    return np.where(signed & found & (plane < 0), -distance, distance)


def isosurface(field: np.ndarray, iso: float) -> tuple[np.ndarray, np.ndarray]:
    """Flying edges on an array [k, j, i]: vertices (n, 3) in i, j, k and faces (m, 3)."""
    from vtkmodules.util.numpy_support import numpy_to_vtk, vtk_to_numpy
    from vtkmodules.vtkCommonDataModel import vtkImageData
    from vtkmodules.vtkFiltersCore import vtkFlyingEdges3D

    image = vtkImageData()
    image.SetDimensions(*field.shape[::-1])
    image.GetPointData().SetScalars(numpy_to_vtk(np.ascontiguousarray(field).reshape(-1)))
    contour = vtkFlyingEdges3D()
    contour.SetInputData(image)
    contour.SetValue(0, iso)
    contour.ComputeNormalsOff()
    contour.ComputeGradientsOff()
    contour.ComputeScalarsOff()
    contour.Update()
    surface = contour.GetOutput()
    if not surface.GetNumberOfPolys():
        return np.zeros((0, 3)), np.zeros((0, 3), dtype=np.int64)
    return (
        vtk_to_numpy(surface.GetPoints().GetData()).astype(np.float64),
        vtk_to_numpy(surface.GetPolys().GetConnectivityArray()).reshape(-1, 3).astype(np.int64),
    )


def _longest_edge(triangles: np.ndarray) -> np.ndarray:
    """(m,) squared length of each triangle's longest edge."""
    return ((triangles - np.roll(triangles, 1, axis=1)) ** 2).sum(axis=2).max(axis=1)


def scatter(vertices: np.ndarray, faces: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Spread points (n, 3), with unit normals, over triangles, about half a millimetre apart: slices of a CT can be millimetres thick."""
    triangles = vertices[faces]
    cross = face_normals(vertices, faces)
    area = np.linalg.norm(cross, axis=1)
    triangles, cross = triangles[area > 1e-9], cross[area > 1e-9] / area[area > 1e-9, None]
    parts = np.ceil(np.sqrt(_longest_edge(triangles)) / SPREAD_MM).astype(int)
    # The corners too: at a voxel's step the corner is what lies nearest to the body.
    corner, used = np.flatnonzero(np.bincount(faces.ravel())), np.zeros(len(vertices), dtype=int)
    used[corner] = np.arange(len(corner))
    points, normals = [vertices[corner]], [vertex_normals(vertices[corner], used[faces])]
    for n in np.unique(parts):
        # The centres of the n * n small triangles, up- and downward ones.
        p, q = np.divmod(np.arange(n * n), n)
        weights = np.where((p + q < n)[:, None], np.column_stack([p, q]) + 1 / 3, np.column_stack([n - p, n - q]) - 1 / 3) / n
        weights = np.column_stack([weights, 1 - weights.sum(axis=1)])
        chosen = parts == n
        points.append(np.einsum("kc,mcx->mkx", weights, triangles[chosen]).reshape(-1, 3))
        normals.append(np.repeat(cross[chosen], n * n, axis=0))
    return np.concatenate(points), np.concatenate(normals)


def sample(bone: Bone, ras: np.ndarray) -> np.ndarray:
    """(n,) field between voxels; below ``iso`` outside the scan."""
    to_ijk = np.linalg.inv(bone.ijk_to_ras)
    kji = (ras @ to_ijk[:3, :3].T + to_ijk[:3, 3])[:, ::-1].T
    return ndimage.map_coordinates(bone.field, kji, output=np.float32, order=1, mode="constant", cval=float(bone.field.min()))
