"""Exact distances from points to triangles (VTK)."""

from typing import Any

import numpy as np

from SkullRestoreLib.case import Mesh


class Ruler:
    """Measures from points to a closed mesh; built once for many questions."""

    def __init__(self, mesh: Mesh) -> None:
        from vtkmodules.vtkFiltersCore import vtkImplicitPolyDataDistance

        self._distance: Any = vtkImplicitPolyDataDistance()
        self._distance.SetInput(poly_data(mesh))

    def distance(self, points: np.ndarray) -> np.ndarray:
        """Signed distance from points (n, 3), mm, positive outside: (n,) float."""
        from vtkmodules.util.numpy_support import numpy_to_vtk, vtk_to_numpy
        from vtkmodules.vtkCommonCore import vtkDoubleArray

        if not len(points):
            return np.zeros(0)
        out = vtkDoubleArray()
        self._distance.FunctionValue(numpy_to_vtk(np.ascontiguousarray(points, dtype=np.float64), deep=True), out)
        return vtk_to_numpy(out).copy()

    def nearest(self, points: np.ndarray) -> np.ndarray:
        """The mesh's place next to each of a few points (n, 3): (n, 3) float, mm."""
        found = np.zeros((len(points), 3))
        for number, point in enumerate(points):
            self._distance.EvaluateFunctionAndGetClosestPoint(point, found[number])
        return found


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
