"""Surfaces of equal value in voxels, complete or in a box."""

import numpy as np
from numpy.typing import NDArray

from SkullRestoreLib.affine import apply_affine
from SkullRestoreLib.records import Bone, Mesh


def bone_surface_in_box(bone: Bone, low_ijk: NDArray[np.float64], high_ijk: NDArray[np.float64]) -> Mesh:
    """Extract the bone's surface in a box of voxels, turned out of the bone.

    Bone that the scan cuts off is closed there: open, it would be looked into, a guide be laid on its inside, and the
    space between an implant and the cut face not be measured. On the other sides of the box the surface is open.

    Parameters
    ----------
    bone
        Segmented bone.
    low_ijk, high_ijk
        (3,) corners of the box, in voxels; what is beyond the scan is left out.

    Returns
    -------
    Mesh
        mm RAS; without triangles where the box holds no bone.

    Examples
    --------
    >>> hu = np.full((4, 4, 4), 1200, np.int16)
    >>> cube = bone_surface_in_box(Bone(hu, 300.0, hu >= 300, np.eye(4)), np.zeros(3), np.full(3, 9.0))
    >>> np.abs(cube.vertices - 1.5).max(axis=0).round(1).tolist()
    [2.0, 2.0, 2.0]
    """
    size = np.array(bone.field.shape[::-1])
    first = np.clip(np.floor(low_ijk).astype(int), 0, size - 1)
    last = np.clip(np.ceil(high_ijk).astype(int), 0, size - 1)
    if (last - first < 1).any():
        return Mesh(np.zeros((0, 3)), np.zeros((0, 3), dtype=np.int64))
    crop = bone.field[first[2] : last[2] + 1, first[1] : last[1] + 1, first[0] : last[0] + 1]
    has_bone = [(crop.take(0, axis).max() >= bone.iso, crop.take(-1, axis).max() >= bone.iso) for axis in range(3)]
    is_end = np.column_stack([first == 0, last == size - 1])[::-1]
    added = (is_end & np.array(has_bone)).astype(int)
    if added.any():
        air = max(bone.outside_value, np.iinfo(crop.dtype).min)
        crop = np.pad(crop, added, constant_values=air)
        first = first - added[::-1, 0]
    vertices, faces = isosurface(crop, bone.iso)
    if np.linalg.det(bone.ijk_to_ras[:3, :3]) < 0:
        faces = faces[:, ::-1]
    return Mesh(apply_affine(bone.ijk_to_ras, vertices + first), faces)


def isosurface(field: NDArray[np.generic], iso: float) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Extract a surface of equal value with VTK's flying edges.

    Parameters
    ----------
    field
        (nk, nj, ni), any number type.
    iso
        Value at the surface.

    Returns
    -------
    vertices
        (n, 3), in i, j, k.
    faces
        (m, 3) vertex numbers.
    """
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
