"""Triangles between numpy and VTK."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def to_poly_data(vertices: NDArray[np.floating[Any]], faces: NDArray[np.int64]) -> Any:
    """Convert triangles to VTK.

    Parameters
    ----------
    vertices
        (n, 3) float32 or float64; VTK gets a copy of the same type.
    faces
        (m, 3) int64.

    Returns
    -------
    vtkPolyData
        Independent of the arrays.
    """
    from vtkmodules.util.numpy_support import numpy_to_vtk, numpy_to_vtkIdTypeArray
    from vtkmodules.vtkCommonCore import vtkPoints
    from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkPolyData

    points, cells, poly_data = vtkPoints(), vtkCellArray(), vtkPolyData()
    points.SetData(numpy_to_vtk(np.ascontiguousarray(vertices), deep=True))
    cells.SetData(3, numpy_to_vtkIdTypeArray(np.ascontiguousarray(faces.ravel(), dtype=np.int64), deep=True))
    poly_data.SetPoints(points)
    poly_data.SetPolys(cells)
    return poly_data


def from_poly_data(poly_data: Any) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Convert VTK's triangles to numpy.

    Parameters
    ----------
    poly_data
        vtkPolyData with triangles only.

    Returns
    -------
    vertices : ndarray
        (n, 3) float64.
    faces : ndarray
        (m, 3) int64.
    """
    from vtkmodules.util.numpy_support import vtk_to_numpy

    vertices = vtk_to_numpy(poly_data.GetPoints().GetData()).astype(np.float64)
    faces = vtk_to_numpy(poly_data.GetPolys().GetConnectivityArray()).astype(np.int64).reshape(-1, 3)
    return vertices, faces
