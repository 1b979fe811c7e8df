"""Exact distances from points to a triangle mesh (VTK)."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from SkullRestoreLib.geometry.vtk_arrays import to_poly_data
from SkullRestoreLib.records import Mesh


class DistanceQuery:
    """Measures the distance from points to a closed mesh; built once for many points.

    Parameters
    ----------
    mesh
        Closed, outward normals.
    """

    def __init__(self, mesh: Mesh) -> None:
        from vtkmodules.vtkFiltersCore import vtkImplicitPolyDataDistance

        self._distance: Any = vtkImplicitPolyDataDistance()
        self._distance.SetInput(to_poly_data(mesh.vertices.astype(np.float64, copy=False), mesh.faces))

    def signed_distances(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Measure signed distances.

        Parameters
        ----------
        points
            (n, 3) float64, mm.

        Returns
        -------
        ndarray
            (n,) float64, mm, positive outside.
        """
        from vtkmodules.util.numpy_support import numpy_to_vtk, vtk_to_numpy
        from vtkmodules.vtkCommonCore import vtkDoubleArray

        if not len(points):
            return np.zeros(0)
        distances = vtkDoubleArray()
        self._distance.FunctionValue(numpy_to_vtk(np.ascontiguousarray(points, dtype=np.float64), deep=True), distances)
        return vtk_to_numpy(distances).copy()

    def closest_points(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Find the mesh's closest point to each of a few points, one after the other.

        Parameters
        ----------
        points
            (n, 3) float64, mm.

        Returns
        -------
        ndarray
            (n, 3) float64, mm.
        """
        closest = np.zeros((len(points), 3))
        for number, point in enumerate(points):
            self._distance.EvaluateFunctionAndGetClosestPoint(point, closest[number])
        return closest
