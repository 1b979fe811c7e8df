"""Matrices and triangles between numpy and VTK, and where a node is in the world."""

import json
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from vtkmodules.util.numpy_support import numpy_to_vtk, numpy_to_vtkIdTypeArray
from vtkmodules.vtkCommonCore import vtkPoints
from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkPolyData
from vtkmodules.vtkCommonMath import vtkMatrix4x4

from SkullRestoreLib.errors import InputError
from SkullRestoreLib.findings import Note
from SkullRestoreLib.records import Mesh, ScanInfo, Volume
from SkullRestoreLib.scene.mrml_types import MrmlNode

_SIDE_ATTRIBUTE, _SCAN_ATTRIBUTE = "SkullRestore.Side", "SkullRestore.Scan"


def matrix_from_vtk(matrix: vtkMatrix4x4) -> NDArray[np.float64]:
    """Copy a matrix out of VTK.

    Parameters
    ----------
    matrix
        Any 4 × 4 matrix.

    Returns
    -------
    ndarray
        (4, 4) float64.

    Examples
    --------
    >>> matrix_from_vtk(vtkMatrix4x4()).diagonal().tolist()
    [1.0, 1.0, 1.0, 1.0]
    """
    return np.array([[matrix.GetElement(i, j) for j in range(4)] for i in range(4)])


def matrix_to_vtk(values: ArrayLike) -> vtkMatrix4x4:
    """Copy a matrix into VTK.

    Parameters
    ----------
    values
        (4, 4).

    Returns
    -------
    vtkMatrix4x4
        The same numbers.

    Examples
    --------
    >>> matrix_to_vtk(np.diag([2.0, 2.0, 2.0, 1.0])).GetElement(0, 0)
    2.0
    """
    matrix = vtkMatrix4x4()
    matrix.DeepCopy(np.asarray(values, dtype=float).ravel().tolist())
    return matrix


def node_ijk_to_ras(node: MrmlNode) -> NDArray[np.float64]:
    """Read the grid of a volume node in its own coordinates, without the transform that it is under.

    Parameters
    ----------
    node
        ``vtkMRMLVolumeNode``.

    Returns
    -------
    ndarray
        (4, 4) float64, voxel index to mm.
    """
    grid = vtkMatrix4x4()
    node.GetIJKToRASMatrix(grid)
    return matrix_from_vtk(grid)


def transform_to_world(node: MrmlNode) -> tuple[NDArray[np.float64], tuple[str, ...]]:
    """Find the matrix from a node's own coordinates to the world.

    Parameters
    ----------
    node
        Any transformable node.

    Returns
    -------
    matrix : ndarray
        (4, 4) float64.
    findings : tuple of str
        A sentence where the node is under a transform; empty otherwise.

    Raises
    ------
    InputError
        If the node is under a transform that bends space.
    """
    parent = node.GetParentTransformNode()
    if parent is None:
        return np.eye(4), ()
    if not parent.IsTransformToWorldLinear():
        raise InputError(
            f"'{node.GetName()}' is in the transform '{parent.GetName()}', which bends space. "
            "Harden the transform first (module Transforms), then choose it again."
        )
    matrix = vtkMatrix4x4()
    parent.GetMatrixTransformToWorld(matrix)
    return matrix_from_vtk(matrix), (Note(f"Taken where the transform '{parent.GetName()}' puts it."),)


def mark_side(node: MrmlNode, record: Volume | Mesh) -> None:
    """Note at an input node whether its file says which side of the patient is left.

    Parameters
    ----------
    node
        The input node.
    record
        What was read from the file.
    """
    node.SetAttribute(_SIDE_ATTRIBUTE, None if record.side_known else "not known")


def mark_scan(node: MrmlNode, volume: Volume) -> None:
    """Note at an input node how and when its CT was made.

    Parameters
    ----------
    node
        The input node.
    volume
        What was read from the file.
    """
    scan = volume.scan
    node.SetAttribute(_SCAN_ATTRIBUTE, None if scan is None else json.dumps(asdict(scan)))


def scan_mark(node: MrmlNode) -> ScanInfo | None:
    """Read what :func:`mark_scan` noted.

    Parameters
    ----------
    node
        The input node.

    Returns
    -------
    ScanInfo or None
        None where nothing was noted.
    """
    try:
        return ScanInfo(**json.loads(node.GetAttribute(_SCAN_ATTRIBUTE) or ""))
    except (ValueError, TypeError):
        return None


def is_side_known(node: MrmlNode) -> bool:
    """Read what :func:`mark_side` noted; nodes that it never saw are taken to be right.

    Parameters
    ----------
    node
        The input node.

    Returns
    -------
    bool
        False where the file did not say which side is left.
    """
    return node.GetAttribute(_SIDE_ATTRIBUTE) is None


def mesh_to_poly_data(mesh: Mesh) -> vtkPolyData:
    """Copy a mesh into VTK; coordinates stay double.

    Parameters
    ----------
    mesh
        Vertices in mm RAS.

    Returns
    -------
    vtkPolyData
        The same vertices and triangles.

    Examples
    --------
    >>> mesh_to_poly_data(Mesh(np.eye(3), np.array([[0, 1, 2]]))).GetNumberOfPolys()
    1
    """
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


def set_vertex_scalars(data: vtkPolyData, name: str, values: NDArray[Any]) -> None:
    """Add a number for each vertex, or replace it.

    Parameters
    ----------
    data
        The surface.
    name
        Name of the array.
    values
        (n,), stored as float32.
    """
    array = numpy_to_vtk(np.ascontiguousarray(values, dtype=np.float32), deep=True)
    array.SetName(name)
    data.GetPointData().AddArray(array)


def with_vertex_normals(data: vtkPolyData) -> vtkPolyData:
    """Return the same surface with a normal at each vertex, so that it is drawn smooth.

    Parameters
    ----------
    data
        The surface; it is not changed.

    Returns
    -------
    vtkPolyData
        A copy with normals.
    """
    from vtkmodules.vtkFiltersCore import vtkPolyDataNormals

    normals = vtkPolyDataNormals()
    normals.SetInputData(data)
    normals.SplittingOff()
    normals.ConsistencyOff()
    normals.Update()
    return normals.GetOutput()
