"""Convert a closed body to the voxels of a given grid whose centres are inside it."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from SkullRestoreLib.affine import apply_affine, invert_affine
from SkullRestoreLib.geometry.vtk_arrays import to_poly_data
from SkullRestoreLib.records import Mesh


def voxelise_body(
    mesh: Mesh, shape: tuple[int, ...], ijk_to_ras: NDArray[np.float64]
) -> tuple[NDArray[np.bool_], tuple[slice, slice, slice]]:
    """Find the voxels whose centres are inside a closed body.

    Parameters
    ----------
    mesh
        Closed, mm RAS; the orientation of its triangles does not matter.
    shape
        (nk, nj, ni) of the complete grid.
    ijk_to_ras
        (4, 4) float64, mm; anisotropic, rotated, mirrored or sheared.

    Returns
    -------
    inside : ndarray
        (ck, cj, ci) bool, only the box around the body; empty where the body is outside the grid.
    box : tuple of slice
        Place of that box: ``volume[box]`` has the shape of ``inside``.

    Raises
    ------
    ValueError
        If ``ijk_to_ras`` cannot be inverted.
    """
    if abs(np.linalg.det(ijk_to_ras[:3, :3])) < 1e-9:
        raise ValueError("The grid's ijk_to_ras has no inverse: its axes do not span space.")
    ijk = apply_affine(invert_affine(ijk_to_ras), mesh.vertices)
    size = np.array(shape[::-1])
    if not len(ijk):
        ijk = np.full((1, 3), -9.0)
    first = np.clip(np.floor(ijk.min(axis=0)).astype(int), 0, size)
    last = np.clip(np.ceil(ijk.max(axis=0)).astype(int) + 1, first, size)
    (i0, j0, k0), (i1, j1, k1) = first.tolist(), last.tolist()
    box = (slice(k0, k1), slice(j0, j1), slice(i0, i1))
    if (last == first).any() or not len(mesh.faces):
        return np.zeros((k1 - k0, j1 - j0, i1 - i0), dtype=bool), box
    return _fill_stencil(ijk, mesh.faces, first, last), box


def _fill_stencil(
    ijk: NDArray[np.float64], faces: NDArray[np.int64], first: NDArray[np.int64], last: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Fill the body in voxel coordinates, in which every grid is upright with unit cells."""
    from vtkmodules.util.numpy_support import vtk_to_numpy
    from vtkmodules.vtkCommonCore import VTK_UNSIGNED_CHAR
    from vtkmodules.vtkImagingStencil import vtkImageStencilToImage, vtkPolyDataToImageStencil

    extent = np.column_stack([first, last - 1]).ravel().tolist()
    stencil = vtkPolyDataToImageStencil()
    stencil.SetInputData(to_poly_data(ijk, faces))
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
    return values.reshape(tuple((last - first)[::-1])).view(bool).copy()


def write_body_label(mesh: Mesh, labels: NDArray[Any], ijk_to_ras: NDArray[np.float64], value: int) -> int:
    """Write a closed body into a label array; it replaces other labels.

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
    np.copyto(labels[box], value, where=inside)
    return int(inside.sum())
