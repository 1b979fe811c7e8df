"""The room that the bone leaves around a patch, on the cells of the patch's chart."""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage
from scipy.spatial import cKDTree

from SkullRestoreLib.case import Bone, Patch
from SkullRestoreLib.implant.chart import STEP_MM, Chart
from SkullRestoreLib.implant.slab import face_normals, vertex_normals

OVERHANG_MM = 0.5  # how far the outline may pass the patch's border to meet the bone: a border is known to about a voxel
SPREAD_MM = 0.8  # longest edge of a triangle that one point may stand for
BAND_MM = 0.8  # distances are exact this far from the clearance: just over one cell's diagonal


@dataclass(frozen=True)
class Space:
    """What the bone leaves free, on the chart's cells."""

    corner: np.ndarray  # (3,) float, mm, u, v, w of ``free[0, 0, 0]``
    free: np.ndarray  # (nu, nv, nw) float32, mm: distance to the bone less the clearance, within +-BAND_MM; w runs from inside outwards

    @property
    def w(self) -> np.ndarray:
        """(nw,) float, mm, height of each layer."""
        return self.corner[2] + STEP_MM * np.arange(self.free.shape[2])


def free_space(chart: Chart, patch: Patch, bone: Bone, clearance: float, depth: float) -> Space:
    """Measure the room between bone and body, at and just around the patch, down to a depth in mm."""
    uv = chart.flatten(_scatter(patch.outer.vertices, patch.outer.faces)[0])[:, :2]
    beside = OVERHANG_MM + 3 * STEP_MM
    layers = np.arange(-np.ceil((depth + 1) / STEP_MM), 3)  # one layer lies at w = 0
    corner = np.append(uv.min(axis=0) - beside, layers[0] * STEP_MM)
    count = np.append(np.ceil((uv.max(axis=0) + beside - corner[:2]) / STEP_MM).astype(int) + 1, len(layers))
    wanted = np.zeros(count[:2], dtype=np.uint8)
    wanted[tuple(np.rint((uv - corner[:2]) / STEP_MM).astype(int).T)] = 1
    wanted = _grow(wanted, beside)[..., None].astype(bool)

    reach = clearance + BAND_MM
    points, normals = _bone_surface(bone, chart, corner - reach, corner + (count - 1) * STEP_MM + reach)
    free = np.full(count, BAND_MM, dtype=np.float32)
    free[_far_inside(bone, chart, corner, count)] = -BAND_MM
    node = np.argwhere(_near(chart.flatten(points), corner, count, reach) & wanted)
    if len(node):
        ras = chart.unflatten(corner + node * STEP_MM)
        sign = np.where(_sample(bone, ras) >= bone.iso, -1.0, 1.0)
        room = sign * BAND_MM
        # Deep in the bone only the sign matters.
        close = (sign > 0) | (clearance < BAND_MM)
        room[close] = np.clip(sign[close] * _distance(ras[close], points, normals, reach) - clearance, -BAND_MM, BAND_MM)
        free[tuple(node.T)] = room
    return Space(corner, np.where(wanted, free, np.float32(BAND_MM)))


def _far_inside(bone: Bone, chart: Chart, corner: np.ndarray, count: np.ndarray) -> np.ndarray:
    """Tell which nodes (nu, nv, nw) lie in bone, exact only for nodes more than a cell's diagonal from its surface, where every other node will do."""
    node = np.stack(np.meshgrid(*(np.arange(0, n, 2) for n in count), indexing="ij"), axis=-1)
    inside = _sample(bone, chart.unflatten((corner + node * STEP_MM).reshape(-1, 3))) >= bone.iso
    inside = inside.reshape(node.shape[:3])
    for axis in range(3):
        inside = np.repeat(inside, 2, axis=axis)
    return inside[: count[0], : count[1], : count[2]]


def _near(uvw: np.ndarray, corner: np.ndarray, count: np.ndarray, reach: float) -> np.ndarray:
    """Tell which nodes (nu, nv, nw) may lie within reach of points in the chart."""
    pad = int(np.ceil(1.15 * reach / STEP_MM)) + 1  # a chart millimetre far out on a long head is up to 15 % more than one of the head's
    cell = np.rint((uvw - corner) / STEP_MM).astype(int) + pad
    near = np.zeros(count + 2 * pad, dtype=np.uint8)
    cell = cell[((cell >= 0) & (cell < near.shape)).all(axis=1)]
    near[tuple(cell.T)] = 1
    return _grow(near, 1.15 * reach + STEP_MM)[pad:-pad, pad:-pad, pad:-pad].astype(bool)


def _grow(flags: np.ndarray, millimetres: float) -> np.ndarray:
    """Dilate by a box."""
    size = 2 * int(np.ceil(millimetres / STEP_MM)) + 1
    return ndimage.maximum_filter(flags, size=size, mode="constant")


def _distance(at: np.ndarray, points: np.ndarray, normals: np.ndarray, reach: float) -> np.ndarray:
    """(n,) unsigned distance to the bone's surface, mm; ``reach`` where it is farther."""
    away, nearest = cKDTree(points).query(at, distance_upper_bound=reach, workers=-1)
    found = np.isfinite(away)
    nearest = np.where(found, nearest, 0)
    away = np.where(found, away, reach)
    plane = np.abs((normals[nearest] * (at - points[nearest])).sum(axis=1))
    # The surface is known at points: beside the nearest one its tangent plane is nearer to the truth than the point itself.
    return np.where(found & (away**2 - plane**2 < 0.3**2), plane, away)


def _bone_surface(bone: Bone, chart: Chart, low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Give points (n, 3) mm RAS, densely over the bone's surface within a box of the chart, and their unit normals."""
    corners = np.stack(np.meshgrid(*(np.linspace(low[a], high[a], 9) for a in range(3)), indexing="ij"), -1).reshape(-1, 3)
    to_ijk = np.linalg.inv(bone.ijk_to_ras)
    ijk = chart.unflatten(corners) @ to_ijk[:3, :3].T + to_ijk[:3, 3]
    size = np.array(bone.field.shape[::-1])
    first = np.clip(np.floor(ijk.min(axis=0)).astype(int) - 4, 0, size - 1)
    last = np.clip(np.ceil(ijk.max(axis=0)).astype(int) + 4, 0, size - 1)
    if (last - first < 1).any():
        return np.zeros((0, 3)), np.zeros((0, 3))
    crop = bone.field[first[2] : last[2] + 1, first[1] : last[1] + 1, first[0] : last[0] + 1]
    vertices, faces = isosurface(crop, bone.iso)
    vertices = (vertices + first) @ bone.ijk_to_ras[:3, :3].T + bone.ijk_to_ras[:3, 3]
    uvw = chart.flatten(vertices)
    here = ((uvw > low) & (uvw < high)).all(axis=1)
    return _scatter(vertices, faces[here[faces].any(axis=1)])


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


def _scatter(vertices: np.ndarray, faces: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Spread points (n, 3), with unit normals, over triangles, about half a millimetre apart: slices of a CT can be millimetres thick."""
    triangles = vertices[faces]
    cross = face_normals(vertices, faces)
    area = np.linalg.norm(cross, axis=1)
    triangles, cross = triangles[area > 1e-9], cross[area > 1e-9] / area[area > 1e-9, None]
    parts = np.ceil(np.sqrt(_longest_edge(triangles)) / SPREAD_MM).astype(int)
    # The corners too: at a voxel's step the corner is what lies nearest to the body.
    corner, used = np.unique(faces), np.zeros(len(vertices), dtype=int)
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


def _sample(bone: Bone, ras: np.ndarray) -> np.ndarray:
    """(n,) field between voxels; below ``iso`` outside the scan."""
    to_ijk = np.linalg.inv(bone.ijk_to_ras)
    kji = (ras @ to_ijk[:3, :3].T + to_ijk[:3, 3])[:, ::-1].T
    return ndimage.map_coordinates(bone.field, kji, output=np.float32, order=1, mode="constant", cval=float(bone.field.min()))
