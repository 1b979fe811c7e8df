"""A field of bone in, its surface out; a skull model in, its solid out.

``surface`` is used for measuring: full resolution, placed between voxels, mapped through the whole affine (tilt included).
``voxelise`` is for models that come from elsewhere: their faces may be inverted, doubled, or missing in places.
"""

import numpy as np

from SkullRestoreLib.case import DependencyError, InputError, Mesh, Volume

HEAD_MM = (100.0, 450.0)  # largest side of a model of a skull
CELLS_PER_FACE = 2.4  # faces that are left for one cell's area of surface, measured on skulls
ODD_LIMIT = 0.25  # at more lines of sight than this with an odd number of walls, a model is an open sheet


def surface(field: np.ndarray, iso: float, ijk_to_ras: np.ndarray) -> Mesh:
    """Find the surface ``field = iso`` by flying edges.

    Parameters
    ----------
    field
        (nk, nj, ni) int16, uint8 or float; inside is where it is at or above ``iso``.
    iso
        Value of the surface; between voxels the field is linear.
    ijk_to_ras
        (4, 4) float, mm; it may mirror and shear.

    Returns
    -------
    Mesh
        Vertices (n, 3) float64 mm RAS, faces (m, 3) int64 counter-clockwise seen from outside.
        Where the inside runs out of the volume the surface is closed, within one voxel of the edge.

    Raises
    ------
    InputError
        If nothing reaches ``iso``.
    """
    from vtkmodules.util.numpy_support import numpy_to_vtk
    from vtkmodules.vtkCommonDataModel import vtkImageData
    from vtkmodules.vtkFiltersCore import vtkFlyingEdges3D

    block, start = _block(field, iso)
    image = vtkImageData()
    image.SetDimensions(*block.shape[::-1])
    image.GetPointData().SetScalars(numpy_to_vtk(block.ravel()))
    edges = vtkFlyingEdges3D()
    edges.SetInputData(image)
    edges.SetValue(0, float(iso))
    edges.ComputeNormalsOff()
    edges.ComputeScalarsOff()
    edges.Update()
    ijk, faces = _arrays(edges.GetOutput())
    linear = ijk_to_ras[:3, :3]
    vertices = (ijk + start[::-1]) @ linear.T + ijk_to_ras[:3, 3]
    if np.linalg.det(linear) < 0:
        faces = np.ascontiguousarray(faces[:, ::-1])
    return Mesh(vertices, faces)


def decimate(mesh: Mesh, *, max_faces: int = 250_000) -> Mesh:
    """Make a lighter copy for display.

    Parameters
    ----------
    max_faces
        About this many faces are left; a mesh that has no more is returned as it is.

    Returns
    -------
    Mesh
        Simplified by quadric errors: flat parts lose faces first.

    Raises
    ------
    DependencyError
        If fast-simplification is not installed.
    """
    if len(mesh.faces) <= max_faces:
        return mesh
    try:
        from fast_simplification import simplify
    except ModuleNotFoundError as error:
        raise DependencyError(
            "The package 'fast-simplification' is needed to draw the skull and is not installed. Install it with pip."
        ) from error
    # Single precision near the origin: an offset of the table of some metres would cost digits.
    centre = mesh.vertices.mean(axis=0)
    vertices, faces = (mesh.vertices - centre).astype(np.float32), mesh.faces
    if len(faces) > 3 * max_faces:
        # A third of the time of what follows, which cannot be interrupted; the surface of a head in 0.6 mm voxels is off by 0.23 mm at the
        # 95th percentile with or without.
        vertices, faces = _binned(vertices, faces, 2 * max_faces)
    vertices, faces = simplify(vertices, faces.astype(np.int32), target_count=max_faces, agg=7)
    return Mesh(vertices.astype(np.float64) + centre, faces.astype(np.int64), mesh.findings)


def voxelise(mesh: Mesh, *, spacing_mm: float = 0.5) -> Volume:
    """Fill a skull model to a mask.

    A voxel is solid when an odd number of walls lies before it, looked at along x, y and z, and two of the three agree.
    That needs no orientation of the faces. A line of sight that meets an odd number of walls in all has passed a hole of the model and has no vote.

    Parameters
    ----------
    spacing_mm
        Side of a voxel.

    Returns
    -------
    Volume
        Mask, axes along RAS, with a margin of three voxels; ``findings`` say what was mended.

    Raises
    ------
    InputError
        If the model has no faces, is not in mm, is no head in size, or is an open sheet.
    """
    if len(mesh.faces) == 0 or len(mesh.vertices) == 0:
        raise InputError("The model has no faces. Export the skull as a surface of triangles.")
    if not np.isfinite(mesh.vertices).all():
        raise InputError("The model has coordinates that are no numbers. Export it again.")
    _check_size(mesh)
    corners, findings = _mended(mesh)
    low = corners.min(axis=(0, 1)) - 3 * spacing_mm
    size = np.ceil((corners.max(axis=(0, 1)) - low) / spacing_mm).astype(int) + 4
    votes = np.zeros(size[::-1], np.int8)
    lost = []
    for axis in range(3):
        lost.append(_vote(votes, (corners - low) / spacing_mm, axis))
    if sorted(lost)[1] > ODD_LIMIT:
        raise InputError(
            f"The model is not closed: {100 * sorted(lost)[1]:.0f} % of the lines through it meet an odd number of walls. "
            "Export the skull as a closed body with both its tables."
        )
    if max(lost) > 0.001:
        findings.append(f"The model has holes; up to {100 * max(lost):.1f} % of the lines through it were left out, the others filled it.")
    affine = np.diag([spacing_mm, spacing_mm, spacing_mm, 1.0])
    affine[:3, 3] = low
    solid = votes > 0
    if not solid.any():
        raise InputError(
            "The model encloses no volume: it is a surface without thickness. Export the skull as a closed body with both its tables."
        )
    return Volume(solid, affine, "mask", None, (*mesh.findings, *findings))


def _block(field: np.ndarray, iso: float) -> tuple[np.ndarray, np.ndarray]:
    """Smallest block with a closed border around what is inside, and its first index (3,), k j i."""
    inside = field >= iso
    if not inside.any():
        raise InputError("There is no bone to make a surface of. Lower the bone threshold, or check the mask.")
    lines = [np.flatnonzero(inside.any(axis=other)) for other in ((1, 2), (0, 2), (0, 1))]
    start = np.array([n[0] - 1 for n in lines])
    stop = np.array([n[-1] + 2 for n in lines])
    clipped = tuple(slice(max(0, a), b) for a, b in zip(start, stop, strict=True))
    block = field[clipped]
    pad = [(int(max(0, -a)), int(max(0, b - n))) for a, b, n in zip(start, stop, field.shape, strict=True)]
    outside = 0 if iso > 0 else iso - 1000
    return (np.pad(block, pad, constant_values=outside) if np.any(pad) else np.ascontiguousarray(block)), start


def _arrays(data) -> tuple[np.ndarray, np.ndarray]:
    """Vertices (n, 3) float64 and triangles (m, 3) int64 of VTK poly data."""
    from vtkmodules.util.numpy_support import vtk_to_numpy

    vertices = vtk_to_numpy(data.GetPoints().GetData()).astype(np.float64)
    faces = vtk_to_numpy(data.GetPolys().GetConnectivityArray()).astype(np.int64).reshape(-1, 3)
    return vertices, faces


def _binned(vertices: np.ndarray, faces: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Merge the vertices within cells of equal size, so that about ``count`` faces are left."""
    from vtkmodules.util.numpy_support import numpy_to_vtk, numpy_to_vtkIdTypeArray
    from vtkmodules.vtkCommonCore import vtkPoints
    from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkPolyData
    from vtkmodules.vtkFiltersCore import vtkBinnedDecimation

    data, points, cells = vtkPolyData(), vtkPoints(), vtkCellArray()
    points.SetData(numpy_to_vtk(vertices))
    cells.SetData(3, numpy_to_vtkIdTypeArray(faces.reshape(-1)))
    data.SetPoints(points)
    data.SetPolys(cells)
    some = vertices[faces[:: max(1, len(faces) // 100_000)]]
    area = np.linalg.norm(np.cross(some[:, 1] - some[:, 0], some[:, 2] - some[:, 0]), axis=1).mean() / 2 * len(faces)
    cell = np.sqrt(CELLS_PER_FACE * area / count)
    binned = vtkBinnedDecimation()
    binned.SetInputData(data)
    binned.AutoAdjustNumberOfDivisionsOff()
    binned.SetNumberOfDivisions(*(int(n) for n in np.ceil(np.ptp(vertices, axis=0) / cell)))
    binned.SetPointGenerationModeToBinAverages()
    binned.Update()
    vertices, faces = _arrays(binned.GetOutput())
    return vertices.astype(np.float32), faces


def _check_size(mesh: Mesh) -> None:
    """Raise InputError unless the model is as large as a head, in mm."""
    used = mesh.vertices[mesh.faces.ravel()]
    size = float(np.ptp(used, axis=0).max())
    if HEAD_MM[0] <= size <= HEAD_MM[1]:
        return
    for unit, mm in (("metres", 1000.0), ("centimetres", 10.0), ("inches", 25.4)):
        if 120 <= size * mm <= 300:
            raise InputError(
                f"The model's largest side is {size:.3g}; a skull in millimetres has about 200. "
                f"It seems to be in {unit}: scale it by {mm:g} and try again."
            )
    raise InputError(
        f"The model's largest side is {size:.3g} mm; a skull has {HEAD_MM[0]:.0f} to {HEAD_MM[1]:.0f} mm. Is it a whole skull, in millimetres?"
    )


def _mended(mesh: Mesh) -> tuple[np.ndarray, list[str]]:
    """Corners of the faces (m, 3, 3) float64 without flat and doubled ones, and what was mended."""
    corners = mesh.vertices[mesh.faces]
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    real = (normal != 0).any(axis=1)
    corners, normal = corners[real], normal[real]
    if not len(corners):
        raise InputError("The model has only flat faces. Export it again.")
    findings = []
    if np.einsum("mi,mi->", corners[:, 0] - corners[:, 0].mean(axis=0), normal) < 0:
        findings.append("The model's faces were inside out.")
    # The sum of its corners tells a face from all others, in whatever order its corners come.
    key = np.round(corners.sum(axis=1) / 1e-4).astype(np.int64)
    order = np.lexsort(key.T)
    same = np.flatnonzero((np.diff(key[order], axis=0) == 0).all(axis=1))
    first, second = order[same], order[same + 1]
    # A wall written twice would cancel itself; two faces back to back are a fold that rightly cancels, unless the whole model is written two-sided.
    drop = second if len(second) > 0.3 * len(corners) else second[np.einsum("mi,mi->m", normal[first], normal[second]) > 0]
    if len(drop):
        findings.append(f"{len(drop):,} doubled faces of the model were left out.")
    return np.delete(corners, drop, axis=0), findings


def _vote(votes: np.ndarray, corners: np.ndarray, axis: int) -> float:
    """Add +1 to solid and -1 to empty voxels as seen along one axis (0 x, 1 y, 2 z), in place.

    Parameters
    ----------
    votes
        (nz, ny, nx) int8.
    corners
        (m, 3, 3) float64, faces in voxel units.

    Returns
    -------
    float
        Part of the lines that meet the model whose number of walls is odd; they add nothing.
    """
    u, v = (axis + 1) % 3, (axis + 2) % 3
    # Seen along the axis last, so that one line is one run of memory: the array is made (nu, nv, n_axis).
    shape = np.array(votes.shape)[::-1][[u, v, axis]]
    line, depth = _crossings(corners[:, :, u], corners[:, :, v], corners[:, :, axis], shape[1])
    walls = np.zeros(shape, np.uint8)
    at = np.clip(np.ceil(depth).astype(np.int64), 0, shape[2] - 1)
    np.bitwise_xor.at(walls.reshape(-1), line * shape[2] + at, np.uint8(1))
    np.bitwise_xor.accumulate(walls, axis=2, out=walls)
    odd = walls[:, :, -1] == 1
    ballot = walls.astype(np.int8) * 2 - 1
    ballot[odd] = 0
    votes += ballot.transpose(np.argsort([2 - u, 2 - v, 2 - axis]))
    met = np.zeros(shape[0] * shape[1], bool)
    met[line] = True
    return float(odd.sum()) / max(1, int(met.sum()))


def _crossings(u: np.ndarray, v: np.ndarray, depth: np.ndarray, columns: int) -> tuple[np.ndarray, np.ndarray]:
    """Where lines through the pixel centres meet the faces.

    Parameters
    ----------
    u, v, depth
        (m, 3) float64, the faces' corners: pixel row, pixel column, and position along the line.

    Returns
    -------
    line : (h,) int64, row * columns + column
    where : (h,) float64, position along the line
    """
    # A small odd offset: lines that run exactly through corners or along edges would be counted twice or not at all.
    u, v = u + 1.234e-4, v + 2.717e-4
    u0, u1 = np.ceil(u.min(axis=1)).astype(np.int64), np.floor(u.max(axis=1)).astype(np.int64)
    v0, v1 = np.ceil(v.min(axis=1)).astype(np.int64), np.floor(v.max(axis=1)).astype(np.int64)
    nu, nv = np.maximum(u1 - u0 + 1, 0), np.maximum(v1 - v0 + 1, 0)
    number = nu * nv
    lines, wheres = [], []
    faces = np.flatnonzero(number)
    ends = np.cumsum(number[faces])
    for part in np.split(faces, np.searchsorted(ends, np.arange(4_000_000, int(ends[-1]) if len(ends) else 0, 4_000_000))):
        face = np.repeat(part, number[part])
        rank = np.arange(len(face)) - np.repeat(np.cumsum(number[part]) - number[part], number[part])
        row, column = u0[face] + rank // nv[face], v0[face] + rank % nv[face]
        du, dv = u[face] - row[:, None], v[face] - column[:, None]
        # Twice the areas of the three triangles that the pixel's centre makes with the sides.
        a = du[:, 1] * dv[:, 2] - du[:, 2] * dv[:, 1]
        b = du[:, 2] * dv[:, 0] - du[:, 0] * dv[:, 2]
        c = du[:, 0] * dv[:, 1] - du[:, 1] * dv[:, 0]
        hit = ((a > 0) & (b > 0) & (c > 0)) | ((a < 0) & (b < 0) & (c < 0))
        weight = np.column_stack([a, b, c])[hit]
        wheres.append((weight * depth[face[hit]]).sum(axis=1) / weight.sum(axis=1))
        lines.append((row * columns + column)[hit])
    return np.concatenate(lines), np.concatenate(wheres)
