"""Exact distances from points to triangles (VTK)."""

from typing import Any

import numpy as np

from SkullRestoreLib.case import Mesh


def distance_to(mesh: Mesh, points: np.ndarray) -> np.ndarray:
    """Signed distance from points (n, 3) to a closed mesh, mm, positive outside."""
    from vtkmodules.util.numpy_support import numpy_to_vtk, vtk_to_numpy
    from vtkmodules.vtkCommonCore import vtkDoubleArray
    from vtkmodules.vtkFiltersCore import vtkImplicitPolyDataDistance

    if not len(points):
        return np.zeros(0)
    distance, out = vtkImplicitPolyDataDistance(), vtkDoubleArray()
    distance.SetInput(poly_data(mesh))
    distance.FunctionValue(numpy_to_vtk(np.ascontiguousarray(points, dtype=np.float64), deep=True), out)
    return vtk_to_numpy(out).copy()


def poly_data(mesh: Mesh) -> Any:
    """The mesh for VTK."""
    from vtkmodules.util.numpy_support import numpy_to_vtk, numpy_to_vtkIdTypeArray
    from vtkmodules.vtkCommonCore import vtkPoints
    from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkPolyData

    points, cells, poly = vtkPoints(), vtkCellArray(), vtkPolyData()
    points.SetData(numpy_to_vtk(np.ascontiguousarray(mesh.vertices, dtype=np.float64), deep=True))
    cells.SetData(3, numpy_to_vtkIdTypeArray(np.ascontiguousarray(mesh.faces.ravel(), dtype=np.int64), deep=True))
    poly.SetPoints(points)
    poly.SetPolys(cells)
    return poly
