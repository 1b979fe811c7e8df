"""Convert a bone field to its surface mesh, and a skull model to a voxel mask.

:func:`extract_surface` is used for measuring: full resolution, placed between voxels, mapped through the complete
affine (tilt included). :func:`voxelise_model` accepts models from elsewhere: their faces may be inverted, doubled, or
missing in places.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from SkullRestoreLib.affine import apply_affine, compose_affine
from SkullRestoreLib.errors import InputError
from SkullRestoreLib.findings import Note
from SkullRestoreLib.geometry.coarse_field import planes_with_bone
from SkullRestoreLib.geometry.vtk_arrays import from_poly_data
from SkullRestoreLib.input_faults import fault_error, size_text
from SkullRestoreLib.records import Mesh, Volume

MODEL_SIZE_RANGE_MM = (100.0, 450.0)
"""Largest side of a model that is accepted as a skull."""
_HEAD_SIDE_MM = (120.0, 300.0)
"""Largest side of a skull or head, to find the unit by."""
MAX_ODD_LINE_SHARE = 0.25
"""A model is an open sheet where more of the lines through it than this meet an odd number of walls."""
REPORTED_ODD_LINE_SHARE = 0.001
"""From this share on, the lines that meet an odd number of walls are reported as holes of the model."""
TWO_SIDED_SHARE = 0.3
"""A model with more doubled faces than this is written two-sided."""
FACES_PER_BATCH = 4_000_000
"""Face and line pairs that are intersected together, to limit the memory."""


def extract_surface(field: NDArray[Any], iso: float, ijk_to_ras: NDArray[np.float64]) -> Mesh:
    """Extract the surface ``field = iso`` by flying edges.

    Parameters
    ----------
    field
        (nk, nj, ni) int16, uint8 or float; the inside is where it is at or above ``iso``.
    iso
        Value of the surface; between voxels the field is linear.
    ijk_to_ras
        (4, 4) float, mm; it may mirror and shear.

    Returns
    -------
    Mesh
        Vertices (n, 3) float64 mm RAS, faces (m, 3) int64 counter-clockwise seen from outside. Where the inside reaches
        the edge of the volume, the surface is closed within one voxel of the edge.

    Raises
    ------
    InputError
        If nothing reaches ``iso``.

    Examples
    --------
    >>> field = np.zeros((5, 5, 5), np.uint8)
    >>> field[2, 2, 2] = 1
    >>> mesh = extract_surface(field, 0.5, np.eye(4))
    >>> mesh.vertices.min(axis=0).tolist(), mesh.vertices.max(axis=0).tolist(), len(mesh.faces)
    ([1.5, 1.5, 1.5], [2.5, 2.5, 2.5], 8)
    """
    from vtkmodules.util.numpy_support import numpy_to_vtk
    from vtkmodules.vtkCommonDataModel import vtkImageData
    from vtkmodules.vtkFiltersCore import vtkFlyingEdges3D

    block, start = _padded_block(field, iso)
    image = vtkImageData()
    image.SetDimensions(*block.shape[::-1])
    image.GetPointData().SetScalars(numpy_to_vtk(block.ravel()))
    edges = vtkFlyingEdges3D()
    edges.SetInputData(image)
    edges.SetValue(0, float(iso))
    edges.ComputeNormalsOff()
    edges.ComputeScalarsOff()
    edges.Update()
    ijk, faces = from_poly_data(edges.GetOutput())
    vertices = apply_affine(ijk_to_ras, ijk + start[::-1])
    if np.linalg.det(ijk_to_ras[:3, :3]) < 0:
        faces = np.ascontiguousarray(faces[:, ::-1])
    return Mesh(vertices, faces)


def voxelise_model(mesh: Mesh, *, spacing_mm: float = 0.5) -> Volume:
    """Convert a skull model to a voxel mask.

    A voxel is solid when the line to it crosses an odd number of walls, for at least two of the directions x, y and z.
    This does not depend on the orientation of the faces. A line that crosses an odd number of walls in total has passed
    through a hole of the model and has no vote.

    Parameters
    ----------
    mesh
        The model, mm RAS.
    spacing_mm
        Side of a voxel.

    Returns
    -------
    Volume
        Mask, axes along RAS, with a margin of three voxels; ``findings`` say what was repaired.

    Raises
    ------
    InputError
        If the model has no faces, is not in mm, does not have the size of a skull, or is an open sheet.
    """
    if len(mesh.faces) == 0 or len(mesh.vertices) == 0:
        raise InputError("The model has no faces. Export the skull as a surface of triangles.")
    if not np.isfinite(mesh.vertices).all():
        raise InputError("The model has coordinates that are not numbers. Export it again.")
    _check_model_size(mesh)
    corners, findings = _clean_faces(mesh)
    low = corners.min(axis=(0, 1)) - 3 * spacing_mm
    size = np.ceil((corners.max(axis=(0, 1)) - low) / spacing_mm).astype(int) + 4
    votes = np.zeros(size[::-1], np.int8)
    odd_shares = [_add_votes(votes, (corners - low) / spacing_mm, axis) for axis in range(3)]
    if (second_largest := sorted(odd_shares)[1]) > MAX_ODD_LINE_SHARE:
        raise InputError(
            f"The model is not closed: {100 * second_largest:.0f} % of the lines through it meet an odd number of "
            "walls. Export the skull as a closed body with both its tables."
        )
    if max(odd_shares) > REPORTED_ODD_LINE_SHARE:
        findings.append(
            f"The model has holes; up to {100 * max(odd_shares):.1f} % of the lines through it were left out, "
            "the others filled it."
        )
    solid = votes > 0
    if not solid.any():
        raise InputError(
            "The model encloses no volume: it is a surface without thickness. "
            "Export the skull as a closed body with both its tables."
        )
    ijk_to_ras = compose_affine(np.diag([spacing_mm] * 3), low)
    return Volume(solid, ijk_to_ras, "mask", None, (*mesh.findings, *findings), mesh.side_known)


def _padded_block(field: NDArray[Any], iso: float) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """Smallest block with a closed border around the inside, and its first index (3,) in the order k, j, i."""
    planes = planes_with_bone(field, iso)
    start = np.array([n[0] - 1 for n in planes])
    stop = np.array([n[-1] + 2 for n in planes])
    clipped = tuple(slice(max(0, a), b) for a, b in zip(start, stop, strict=True))
    block = field[clipped]
    pad = [(int(max(0, -a)), int(max(0, b - n))) for a, b, n in zip(start, stop, field.shape, strict=True)]
    outside = 0 if iso > 0 else iso - 1000
    return (np.pad(block, pad, constant_values=outside) if np.any(pad) else np.ascontiguousarray(block)), start


def _check_model_size(mesh: Mesh) -> None:
    """Raise InputError unless the model has the size of a skull in mm."""
    used = mesh.vertices[mesh.faces.ravel()]
    size = float(np.ptp(used, axis=0).max())
    if MODEL_SIZE_RANGE_MM[0] <= size <= MODEL_SIZE_RANGE_MM[1]:
        return
    units = {"in metres": 1000.0, "in centimetres": 10.0, "in inches": 25.4, "in micrometres": 0.001}
    fits = [unit for unit, mm in units.items() if _HEAD_SIDE_MM[0] <= size * mm <= _HEAD_SIDE_MM[1]]
    raise fault_error(
        fits[0] if fits else "no head's size",
        name="The model",
        size=size_text(np.ptp(used, axis=0)),
        or_option=f", or scale it by {units[fits[0]]:g}" if fits else "",
    )


def _clean_faces(mesh: Mesh) -> tuple[NDArray[np.float64], list[str]]:
    """Corners (m, 3, 3) of the faces without flat and doubled ones, and a sentence for each repair."""
    corners = mesh.vertices[mesh.faces]
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    has_area = (normal != 0).any(axis=1)
    corners, normal = corners[has_area], normal[has_area]
    if not len(corners):
        raise InputError("The model has only flat faces. Export it again.")
    findings = []
    if np.einsum("mi,mi->", corners[:, 0] - corners[:, 0].mean(axis=0), normal) < 0:
        findings.append("The model's faces were inside out.")
    # the sum of its corners identifies a face, whatever the order of the corners
    key = np.round(corners.sum(axis=1) / 1e-4).astype(np.int64)
    order = np.lexsort(key.T)
    same = np.flatnonzero((np.diff(key[order], axis=0) == 0).all(axis=1))
    first, second = order[same], order[same + 1]
    # A wall that is written twice would cancel itself. Two faces back to back are a fold that rightly cancels, unless
    # the complete model is written two-sided.
    same_side = np.einsum("mi,mi->m", normal[first], normal[second]) > 0
    drop = second if len(second) > TWO_SIDED_SHARE * len(corners) else second[same_side]
    if len(drop):
        findings.append(Note(f"{len(drop):,} doubled faces of the model were left out."))
    return np.delete(corners, drop, axis=0), findings


def _add_votes(votes: NDArray[np.int8], corners: NDArray[np.float64], axis: int) -> float:
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
        Share of the lines that meet the model at an odd number of walls; they do not vote.
    """
    u, v = (axis + 1) % 3, (axis + 2) % 3
    # the axis comes last, so that a line is contiguous in memory: the array is (nu, nv, n_axis)
    shape = np.array(votes.shape)[::-1][[u, v, axis]]
    line, depth = _line_crossings(corners[:, :, u], corners[:, :, v], corners[:, :, axis], shape[1])
    walls = np.zeros(shape, np.uint8)
    voxel = np.clip(np.ceil(depth).astype(np.int64), 0, shape[2] - 1)
    np.bitwise_xor.at(walls.reshape(-1), line * shape[2] + voxel, np.uint8(1))
    np.bitwise_xor.accumulate(walls, axis=2, out=walls)
    odd = walls[:, :, -1] == 1
    ballot = walls.astype(np.int8) * 2 - 1
    ballot[odd] = 0
    votes += ballot.transpose(np.argsort([2 - u, 2 - v, 2 - axis]))
    met = np.zeros(shape[0] * shape[1], bool)
    met[line] = True
    return float(odd.sum()) / max(1, int(met.sum()))


def _line_crossings(
    u: NDArray[np.float64], v: NDArray[np.float64], depth: NDArray[np.float64], columns: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Intersect the lines through the pixel centres with the faces.

    Parameters
    ----------
    u, v, depth
        (m, 3) float64, the faces' corners: pixel row, pixel column, and position along the line.
    columns
        Number of pixel columns.

    Returns
    -------
    lines : ndarray
        (h,) int64, row * columns + column.
    positions : ndarray
        (h,) float64, position along the line.
    """
    # a small odd offset: lines exactly through corners or along edges would be counted twice or not at all
    u, v = u + 1.234e-4, v + 2.717e-4
    u0, u1 = np.ceil(u.min(axis=1)).astype(np.int64), np.floor(u.max(axis=1)).astype(np.int64)
    v0, v1 = np.ceil(v.min(axis=1)).astype(np.int64), np.floor(v.max(axis=1)).astype(np.int64)
    nu, nv = np.maximum(u1 - u0 + 1, 0), np.maximum(v1 - v0 + 1, 0)
    number = nu * nv
    lines, positions = [], []
    faces = np.flatnonzero(number)
    ends = np.cumsum(number[faces])
    limits = np.arange(FACES_PER_BATCH, int(ends[-1]) if len(ends) else 0, FACES_PER_BATCH)
    for batch in np.split(faces, np.searchsorted(ends, limits)):
        face = np.repeat(batch, number[batch])
        rank = np.arange(len(face)) - np.repeat(np.cumsum(number[batch]) - number[batch], number[batch])
        row, column = u0[face] + rank // nv[face], v0[face] + rank % nv[face]
        du, dv = u[face] - row[:, None], v[face] - column[:, None]
        # twice the areas of the three triangles that the pixel's centre forms with the sides
        a = du[:, 1] * dv[:, 2] - du[:, 2] * dv[:, 1]
        b = du[:, 2] * dv[:, 0] - du[:, 0] * dv[:, 2]
        c = du[:, 0] * dv[:, 1] - du[:, 1] * dv[:, 0]
        hit = ((a > 0) & (b > 0) & (c > 0)) | ((a < 0) & (b < 0) & (c < 0))
        weight = np.column_stack([a, b, c])[hit]
        positions.append((weight * depth[face[hit]]).sum(axis=1) / weight.sum(axis=1))
        lines.append((row * columns + column)[hit])
    return np.concatenate(lines), np.concatenate(positions)
