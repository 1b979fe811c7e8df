"""Intersect many rays with a triangle mesh at once (Embree)."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from SkullRestoreLib.records import Mesh


class RayCaster:
    """Finds where rays meet a mesh first; built once for many rays.

    Parameters
    ----------
    mesh
        Any triangles.

    Examples
    --------
    >>> triangle = Mesh(np.array([[0.0, 0, 5], [4, 0, 5], [0, 4, 5]]), np.array([[0, 1, 2]]))
    >>> distance, hit = RayCaster(triangle).first_hits(np.array([[1.0, 1, 0], [9, 9, 0]]), np.array([0.0, 0, 1]))
    >>> distance.round(4).tolist(), hit.tolist()
    ([5.0, inf], [0, -1])
    """

    def __init__(self, mesh: Mesh) -> None:
        from embreex.mesh_construction import TriangleMesh
        from embreex.rtcore_scene import EmbreeScene

        self._vertices = mesh.vertices
        # Embree computes in float32: near the centre of the mesh its error is a hundredth of a micrometre, far from the
        # origin of scanner coordinates it is not
        self._centre = mesh.vertices.mean(axis=0) if len(mesh.vertices) else np.zeros(3)
        self._scene: Any = EmbreeScene()
        TriangleMesh(self._scene, (mesh.vertices - self._centre).astype(np.float32), mesh.faces.astype(np.int32))

    def corners(self) -> NDArray[np.float64]:
        """(n, 3) float64, mm: the vertices of the mesh."""
        return self._vertices

    def first_hits(
        self, origin: NDArray[np.float64], direction: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Find the first triangle on each ray.

        Parameters
        ----------
        origin
            (n, 3) float, mm.
        direction
            (n, 3) or (3,) float, unit.

        Returns
        -------
        distance : ndarray
            (n,) float64, mm; infinite where nothing is met.
        triangle : ndarray
            (n,) int64, -1 where nothing is met.
        """
        start = np.ascontiguousarray(origin - self._centre, dtype=np.float32)
        along = np.ascontiguousarray(np.broadcast_to(direction, start.shape), dtype=np.float32)
        if not len(start):
            return np.zeros(0), np.zeros(0, dtype=np.int64)
        hit = self._scene.run(start, along, output=True)
        triangle = hit["primID"].astype(np.int64)
        return np.where(triangle >= 0, hit["tfar"].astype(np.float64), np.inf), triangle
