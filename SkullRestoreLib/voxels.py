"""Closed bodies onto a voxel grid: a mesh and the grid's place in, the voxels whose centres lie inside out."""

import numpy as np

from SkullRestoreLib.case import Mesh


def voxelise_body(mesh: Mesh, shape: tuple[int, int, int], ijk_to_ras: np.ndarray) -> tuple[np.ndarray, tuple[slice, slice, slice]]:
    """Find the voxels whose centres lie inside a closed body.

    Parameters
    ----------
    mesh
        Closed, mm RAS; the side its triangles are turned to does not matter.
    shape
        (nk, nj, ni) of the whole grid.
    ijk_to_ras
        (4, 4) float, mm; anisotropic, rotated, mirrored or sheared alike.

    Returns
    -------
    inside
        (ck, cj, ci) bool, only the box around the body; without voxels where the body lies off the grid.
    box
        Where that box lies: ``volume[box]`` has the shape of ``inside``.

    Raises
    ------
    ValueError
        If ``ijk_to_ras`` cannot be inverted.
    """
    if abs(np.linalg.det(ijk_to_ras[:3, :3])) < 1e-9:
        raise ValueError("The grid's ijk_to_ras has no inverse: its axes do not span space.")
    to_ijk = np.linalg.inv(ijk_to_ras)
    ijk = mesh.vertices @ to_ijk[:3, :3].T + to_ijk[:3, 3]
    size = np.array(shape[::-1])
    if not len(ijk):
        ijk = np.full((1, 3), -9.0)
    first = np.clip(np.floor(ijk.min(axis=0)).astype(int), 0, size)
    last = np.clip(np.ceil(ijk.max(axis=0)).astype(int) + 1, first, size)
    box = tuple(slice(a, b) for a, b in zip(first[::-1].tolist(), last[::-1].tolist(), strict=True))
    if (last == first).any() or not len(mesh.faces):
        return np.zeros(tuple(s.stop - s.start for s in box), dtype=bool), box
    return _inside(ijk, mesh.faces, first, last), box


def _inside(ijk: np.ndarray, faces: np.ndarray, first: np.ndarray, last: np.ndarray) -> np.ndarray:
    """Fill the body in voxel coordinates: in index space every affine is an upright grid of unit cells."""
    from vtkmodules.util.numpy_support import numpy_to_vtk, numpy_to_vtkIdTypeArray, vtk_to_numpy
    from vtkmodules.vtkCommonCore import VTK_UNSIGNED_CHAR, vtkPoints
    from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkPolyData
    from vtkmodules.vtkImagingStencil import vtkImageStencilToImage, vtkPolyDataToImageStencil

    points = vtkPoints()
    points.SetDataTypeToDouble()
    points.SetData(numpy_to_vtk(np.ascontiguousarray(ijk), deep=True))
    cells = vtkCellArray()
    offsets = np.arange(0, 3 * len(faces) + 1, 3, dtype=np.int64)
    cells.SetData(numpy_to_vtkIdTypeArray(offsets, deep=True), numpy_to_vtkIdTypeArray(faces.astype(np.int64).ravel(), deep=True))
    body = vtkPolyData()
    body.SetPoints(points)
    body.SetPolys(cells)
    extent = np.column_stack([first, last - 1]).ravel().tolist()
    stencil = vtkPolyDataToImageStencil()
    stencil.SetInputData(body)
    stencil.SetOutputOrigin(0, 0, 0)
    stencil.SetOutputSpacing(1, 1, 1)
    stencil.SetOutputWholeExtent(extent)
    stencil.SetTolerance(0)
    image = vtkImageStencilToImage()
    image.SetInputConnection(stencil.GetOutputPort())
    image.SetOutputScalarType(VTK_UNSIGNED_CHAR)
    image.SetInsideValue(1)
    image.SetOutsideValue(0)
    image.Update()
    values = vtk_to_numpy(image.GetOutput().GetPointData().GetScalars())
    return values.reshape(tuple((last - first)[::-1])).astype(bool)


def stamp(mesh: Mesh, labels: np.ndarray, ijk_to_ras: np.ndarray, value: int) -> int:
    """Write a closed body into a label array, over what is there.

    Parameters
    ----------
    mesh
        Closed, mm RAS.
    labels
        (nk, nj, ni) integer, changed in place.
    ijk_to_ras
        (4, 4) float, mm.
    value
        The label to write.

    Returns
    -------
    int
        Number of voxels written.
    """
    inside, box = voxelise_body(mesh, labels.shape, ijk_to_ras)
    labels[box][inside] = value
    return int(inside.sum())
