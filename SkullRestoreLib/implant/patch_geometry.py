"""What every design on one restored surface needs of it: normals, border, nearest points, rays. Found once and kept."""

from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from SkullRestoreLib.geometry.mesh_distance import DistanceQuery
from SkullRestoreLib.geometry.ray_caster import RayCaster
from SkullRestoreLib.geometry.refined_mesh import vertex_normals
from SkullRestoreLib.implant.bone_surface import spread_points
from SkullRestoreLib.implant.chart import InsertionChart
from SkullRestoreLib.implant.loops import border_edges, join_segments
from SkullRestoreLib.records import DefectPatch


class PatchGeometry:
    """A restored surface with what does not depend on an implant's settings, each found when it is first asked for.

    Design, checks and a later design of the same defect share it. Whoever designs again keeps it.

    Parameters
    ----------
    patch
        The restored surface.
    """

    def __init__(self, patch: DefectPatch) -> None:
        self.patch = patch
        self._chart: InsertionChart | None = None
        self._height: tuple[InsertionChart, NDArray[np.float64]] | None = None

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

    @cached_property
    def wide_distances(self) -> DistanceQuery:
        """Over ``patch.wide_outer``."""
        return DistanceQuery(self.patch.wide_outer)

    def is_of(self, patch: DefectPatch) -> bool:
        """Tell whether a patch is the same surface, vertex by vertex.

        Parameters
        ----------
        patch
            The same object, or one that was restored again.
        """
        return patch is self.patch or (
            patch.defect == self.patch.defect
            and np.array_equal(patch.inner, self.patch.inner)
            and np.array_equal(patch.wide_inner, self.patch.wide_inner)
            and all(
                np.array_equal(one, other)
                for mine, its in ((self.patch.outer, patch.outer), (self.patch.wide_outer, patch.wide_outer))
                for one, other in ((mine.vertices, its.vertices), (mine.faces, its.faces))
            )
        )

    def chart(self, outward: NDArray[np.float64]) -> InsertionChart:
        """The chart over ``patch.wide_outer``; the one that was asked for last is kept.

        Parameters
        ----------
        outward
            (3,) unit, against the insertion direction.
        """
        if self._chart is None or not np.array_equal(self._chart.outward_axis, outward):
            self._chart = InsertionChart.over_face(self.patch.wide_outer, outward, ray_caster=self.wide_ray_caster)
        return self._chart

    def height_in(self, chart: InsertionChart) -> NDArray[np.float64]:
        """Height of ``patch.outer`` at the nodes of a chart; that of the chart that was asked for last is kept.

        Parameters
        ----------
        chart
            Over the outer face of a body.

        Returns
        -------
        ndarray
            (nu, nv), mm along the outward axis, NaN where the patch is not seen.
        """
        if self._height is None or not self._height[0].has_nodes_of(chart):
            self._height = chart, chart.project_mesh(self.ray_caster, from_outside=True)
        return self._height[1]


class KeptGeometry:
    """The geometry of restored surfaces, kept from one design to the next: of one surface for each defect.

    Examples
    --------
    >>> from SkullRestoreLib.records import Mesh
    >>> corners, face = np.eye(3), Mesh(np.eye(3), np.array([[0, 1, 2]]))
    >>> patch = DefectPatch(
    ...     defect=1, outer=face, inner=corners, sigma_mm=np.zeros(3), wide_outer=face, wide_inner=corners
    ... )
    >>> kept = KeptGeometry()
    >>> kept.geometry_of(patch) is kept.geometry_of(patch)
    True
    """

    def __init__(self) -> None:
        self._of_defect: dict[int, PatchGeometry] = {}

    def __reduce__(self) -> tuple[type["KeptGeometry"], tuple[()]]:
        """Ray casters cannot go to another process: a copy there begins with nothing."""
        return KeptGeometry, ()

    def geometry_of(self, patch: DefectPatch) -> PatchGeometry:
        """Give the geometry of a patch: the kept one where the surface is the same, otherwise a new one is kept.

        Parameters
        ----------
        patch
            The restored surface of a defect.
        """
        kept = self._of_defect.get(patch.defect)
        if kept is None or not kept.is_of(patch):
            kept = self._of_defect[patch.defect] = PatchGeometry(patch)
        return kept
