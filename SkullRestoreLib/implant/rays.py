"""Rays against triangles, many at once (Embree)."""

from typing import Any

import numpy as np

from SkullRestoreLib.case import Mesh


class Rays:
    """Asks a mesh where rays meet it first."""

    def __init__(self, mesh: Mesh) -> None:
        from embreex.mesh_construction import TriangleMesh
        from embreex.rtcore_scene import EmbreeScene

        self._faces = mesh.faces
        # Embree reckons in float32: about the middle of the mesh that is a hundredth of a micrometre, far out in scanner space it is not.
        self._middle = mesh.vertices.mean(axis=0) if len(mesh.vertices) else np.zeros(3)
        self._scene: Any = EmbreeScene()
        TriangleMesh(self._scene, (mesh.vertices - self._middle).astype(np.float32), mesh.faces.astype(np.int32))

    def first(self, origin: np.ndarray, direction: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Find the first triangle on each ray.

        Parameters
        ----------
        origin
            (n, 3) float, mm.
        direction
            (n, 3) or (3,) float, unit.

        Returns
        -------
        distance
            (n,) float, mm; infinite where nothing is met.
        triangle
            (n,) int, -1 where nothing is met.
        """
        start = np.ascontiguousarray(origin - self._middle, dtype=np.float32)
        along = np.ascontiguousarray(np.broadcast_to(direction, start.shape), dtype=np.float32)
        if not len(start):
            return np.zeros(0), np.zeros(0, dtype=np.int64)
        hit = self._scene.run(start, along, output=True)
        triangle = hit["primID"].astype(np.int64)
        return np.where(triangle >= 0, hit["tfar"].astype(np.float64), np.inf), triangle
