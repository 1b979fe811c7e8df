"""Matrices and triangles between numpy and VTK."""

import numpy as np
from vtkmodules.util.numpy_support import numpy_to_vtk, numpy_to_vtkIdTypeArray
from vtkmodules.vtkCommonCore import vtkPoints
from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkPolyData
from vtkmodules.vtkCommonMath import vtkMatrix4x4

from SkullRestoreLib.case import InputError, Mesh


def matrix_of(matrix: vtkMatrix4x4) -> np.ndarray:
    """(4, 4) float64."""
    return np.array([[matrix.GetElement(i, j) for j in range(4)] for i in range(4)])


def vtk_matrix(values: np.ndarray) -> vtkMatrix4x4:
    """The same numbers for VTK."""
    matrix = vtkMatrix4x4()
    matrix.DeepCopy(np.asarray(values, dtype=float).ravel().tolist())
    return matrix


def world_from(node) -> tuple[np.ndarray, tuple[str, ...]]:
    """Matrix from a node's own coordinates to where it is seen, and a finding where that is somewhere else.

    Raises
    ------
    InputError
        If the node lies under a transform that bends space.
    """
    parent = node.GetParentTransformNode()
    if parent is None:
        return np.eye(4), ()
    if not parent.IsTransformToWorldLinear():
        raise InputError(
            f"'{node.GetName()}' lies in the transform '{parent.GetName()}', which bends space. "
            "Harden the transform first (module Transforms), then choose it again."
        )
    matrix = vtkMatrix4x4()
    parent.GetMatrixTransformToWorld(matrix)
    return matrix_of(matrix), (f"Taken as it lies in the transform '{parent.GetName()}'.",)


def poly_data(mesh: Mesh) -> vtkPolyData:
    """A mesh for VTK; coordinates stay double."""
    points = vtkPoints()
    points.SetDataTypeToDouble()
    points.SetData(numpy_to_vtk(np.ascontiguousarray(mesh.vertices, dtype=np.float64), deep=True))
    cells = vtkCellArray()
    faces = np.ascontiguousarray(mesh.faces, dtype=np.int64)
    offsets = np.arange(0, 3 * len(faces) + 1, 3, dtype=np.int64)
    cells.SetData(numpy_to_vtkIdTypeArray(offsets, deep=True), numpy_to_vtkIdTypeArray(faces.ravel(), deep=True))
    data = vtkPolyData()
    data.SetPoints(points)
    data.SetPolys(cells)
    return data


def add_scalars(data: vtkPolyData, name: str, values: np.ndarray) -> None:
    """Add a number for each vertex, float32, or replace it."""
    array = numpy_to_vtk(np.ascontiguousarray(values, dtype=np.float32), deep=True)
    array.SetName(name)
    data.GetPointData().AddArray(array)


def with_normals(data: vtkPolyData) -> vtkPolyData:
    """The same surface with a normal at each vertex, so that it is drawn smooth."""
    from vtkmodules.vtkFiltersCore import vtkPolyDataNormals

    normals = vtkPolyDataNormals()
    normals.SetInputData(data)
    normals.SplittingOff()
    normals.ConsistencyOff()
    normals.Update()
    return normals.GetOutput()
