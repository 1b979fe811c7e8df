"""What every design on one restored surface needs of it: normals, border, nearest points, rays. Found once and kept."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from SkullRestoreLib.geometry.ray_caster import RayCaster
from SkullRestoreLib.geometry.refined_mesh import vertex_normals
from SkullRestoreLib.implant.bone_surface import spread_points
from SkullRestoreLib.implant.loops import border_edges, join_segments
from SkullRestoreLib.records import DefectPatch


@dataclass(frozen=True, eq=False)
class PatchGeometry:
    """A restored surface with what does not depend on an implant's settings, each found when it is first asked for.

    Design, checks and a later design of the same defect share it. Whoever designs again keeps it.
    """

    patch: DefectPatch

    @cached_property
    def normals(self) -> NDArray[np.float64]:
        """(v, 3) float64, unit normals of ``patch.outer``."""
        return vertex_normals(self.patch.outer.vertices, self.patch.outer.faces)

    @cached_property
    def wide_normals(self) -> NDArray[np.float64]:
        """(w, 3) float64, unit normals of ``patch.wide_outer``."""
        return vertex_normals(self.patch.wide_outer.vertices, self.patch.wide_outer.faces)

    @cached_property
    def points(self) -> NDArray[np.float64]:
        """(n, 3) float64, mm RAS, about half a millimetre apart over ``patch.outer``."""
        return spread_points(self.patch.outer.vertices, self.patch.outer.faces)

    @cached_property
    def wide_tree(self) -> cKDTree:
        """Search tree over the vertices of ``patch.wide_outer``."""
        return cKDTree(self.patch.wide_outer.vertices)

    @cached_property
    def wide_vertex(self) -> NDArray[np.int64]:
        """(v,) int64, the vertex of ``patch.wide_outer`` that is nearest to each vertex of ``patch.outer``."""
        return self.wide_tree.query(self.patch.outer.vertices)[1]

    @cached_property
    def border_edges(self) -> NDArray[np.int64]:
        """(k, 2) int64, edges of ``patch.outer`` that only one triangle has."""
        return border_edges(self.patch.outer.faces)

    @cached_property
    def border_vertices(self) -> NDArray[np.int64]:
        """(k,) int64, vertices of ``patch.outer`` on its border, ascending."""
        return np.unique(self.border_edges)

    @cached_property
    def border(self) -> list[NDArray[np.float64]]:
        """Closed lines around ``patch.outer``, each (k, 3) float64, mm RAS."""
        return [self.patch.outer.vertices[loop] for loop in join_segments(self.border_edges)]

    @cached_property
    def ray_caster(self) -> RayCaster:
        """Over ``patch.outer``."""
        return RayCaster(self.patch.outer)

    @cached_property
    def wide_ray_caster(self) -> RayCaster:
        """Over ``patch.wide_outer``."""
        return RayCaster(self.patch.wide_outer)
