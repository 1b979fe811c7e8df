"""The chart of an implant: a height map of its outer face, seen along the insertion direction.

u and v run across the insertion direction, w is the height over the outer face against that direction; all in mm.
In the chart the insertion direction is an array axis, and the outline of an implant is a plane drawing.
Only the height is sheared: u and v are millimetres of the head, so a wall along w is a wall along the insertion
direction.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from SkullRestoreLib.geometry.ray_caster import RayCaster
from SkullRestoreLib.records import Mesh

if TYPE_CHECKING:
    from manifold3d import CrossSection, Manifold

CHART_STEP_MM = 0.4
"""Distance between nodes. Borders are interpolated between nodes, exact to a few hundredths of a millimetre."""
MIN_CHART_COSINE = 0.2
"""Cosine between the outer face's normal and the outward axis below which a chart is of no use."""
RAY_START_MM = 300.0
"""Rays start this far outside the chart's origin: more than the size of a head."""
CHART_BORDER_MM = 2
"""The chart reaches this far beyond the outer face."""
NORMAL_SMOOTHING_CELLS = 2.0
"""Standard deviation of the filter over the heights before normals are taken from them: about 2 mm in all."""


@dataclass(frozen=True, eq=False)
class InsertionChart:
    """Coordinates over an outer face seen along the insertion direction."""

    origin: NDArray[np.float64]  # (3,), mm RAS
    axes: NDArray[np.float64]  # (3, 3), rows: u, v, outwards; right-handed
    corner: NDArray[np.float64]  # (2,), mm, u and v of ``height[0, 0]``
    height: NDArray[np.float64]  # (nu, nv), mm along the outward axis to the outer face, a node each ``CHART_STEP_MM``
    on_face: NDArray[np.bool_] | None = None  # (nu, nv), where a node sees the outer face; None where nobody looked

    @classmethod
    def over_face(
        cls,
        face: Mesh,
        outward: NDArray[np.float64],
        *,
        origin: NDArray[np.float64] | None = None,
        ray_caster: RayCaster | None = None,
    ) -> "InsertionChart":
        """Lay the chart over an outer face; beyond the face the height continues as at the nearest point of it.

        Parameters
        ----------
        face
            The outer face, mm RAS.
        outward
            (3,) unit, against the insertion direction.
        origin
            (3,) mm RAS; the face's mean vertex where none is given. Charts with the same ``outward`` and ``origin``
            share their u and v.
        ray_caster
            Over the face, where there is one.
        """
        axes = right_handed_frame(outward)
        origin = face.vertices.mean(axis=0) if origin is None else origin
        uv = (face.vertices - origin) @ axes[:2].T
        corner = uv.min(axis=0) - CHART_BORDER_MM
        count = np.ceil((uv.max(axis=0) + CHART_BORDER_MM - corner) / CHART_STEP_MM).astype(int) + 1
        empty = cls(origin, axes, corner, np.zeros(count))
        seen = empty.project_mesh(ray_caster or RayCaster(face), from_outside=True)
        return cls(origin, axes, corner, fill_nearest(seen), np.isfinite(seen))

    def continued_beyond(self, known: NDArray[np.bool_]) -> "InsertionChart":
        """The chart with heights that go straight on beyond where they are known.

        Parameters
        ----------
        known
            (nu, nv), whether a node keeps its height; beyond, heights are mirrored at the nearest node that does.
        """
        nearest = ndimage.distance_transform_edt(~known, return_distances=False, return_indices=True)
        last = np.array(known.shape)[:, None, None] - 1
        opposite = np.clip(2 * nearest - np.indices(known.shape), 0, last)
        edge, mirrored = self.height[tuple(nearest)], self.height[tuple(opposite)]
        beyond = np.where(known[tuple(opposite)], 2 * edge - mirrored, edge)
        return replace(self, height=np.where(known, self.height, beyond))

    @property
    def outward_axis(self) -> NDArray[np.float64]:
        """(3,) float64, unit, mm RAS: against the insertion direction."""
        return self.axes[2]

    @property
    def to_ras_matrix(self) -> NDArray[np.float64]:
        """(3, 4) float64: takes points (u, v, height along the outward axis, 1) to mm RAS, as manifold3d wants it."""
        return np.column_stack([self.axes.T, self.origin])

    def has_nodes_of(self, other: "InsertionChart") -> bool:
        """Tell whether another chart has its nodes at the same places, whatever their heights are.

        Parameters
        ----------
        other
            Any chart.
        """
        mine, its = ((chart.origin, chart.axes, chart.corner) for chart in (self, other))
        same_places = all(np.array_equal(a, b) for a, b in zip(mine, its, strict=True))
        return same_places and self.height.shape == other.height.shape

    def node_uv(self) -> NDArray[np.float64]:
        """(nu, nv, 2) float64, mm: u and v of the nodes."""
        return np.stack(
            np.meshgrid(
                *(c + CHART_STEP_MM * np.arange(n) for c, n in zip(self.corner, self.height.shape, strict=True)),
                indexing="ij",
            ),
            -1,
        )

    def node_points(self) -> NDArray[np.float64]:
        """(nu, nv, 3) float64, mm RAS: the nodes on the outer face."""
        return self.origin + np.concatenate([self.node_uv(), self.height[..., None]], axis=2) @ self.axes

    def project_mesh(self, ray_caster: RayCaster, *, from_outside: bool) -> NDArray[np.float64]:
        """Height of a mesh at every node: where a ray along the insertion direction, or against it, first meets it.

        Parameters
        ----------
        ray_caster
            Over the mesh.
        from_outside
            Whether the rays run along the insertion direction; otherwise they come from inside.

        Returns
        -------
        ndarray
            (nu, nv), mm along the outward axis, NaN where the ray meets nothing.
        """
        heights = np.full(self.height.shape, np.nan)
        mesh_uv = self.to_uv(ray_caster.corners())
        first = np.floor((mesh_uv.min(axis=0) - self.corner) / CHART_STEP_MM).astype(int)
        last = np.ceil((mesh_uv.max(axis=0) - self.corner) / CHART_STEP_MM).astype(int)
        seen = tuple(slice(max(a, 0), max(b + 1, 0)) for a, b in zip(first, last, strict=True))  # past it nothing is
        uv = self.node_uv()[seen].reshape(-1, 2)
        sign = 1.0 if from_outside else -1.0
        start = self.origin + uv @ self.axes[:2] + sign * RAY_START_MM * self.outward_axis
        distance, _ = ray_caster.first_hits(start, -sign * self.outward_axis)
        met = np.where(np.isfinite(distance), sign * (RAY_START_MM - distance), np.nan)
        heights[seen] = met.reshape(heights[seen].shape)
        return heights

    def sample_at(self, picture: NDArray[np.float64], uv: NDArray[np.float64]) -> NDArray[np.float64]:
        """Interpolate a picture between its nodes.

        Parameters
        ----------
        picture
            (nu, nv), one value for each node.
        uv
            (n, 2), mm.

        Returns
        -------
        ndarray
            (n,); beyond the chart the value of its edge.
        """
        return ndimage.map_coordinates(picture, ((uv - self.corner) / CHART_STEP_MM).T, order=1, mode="nearest")

    def to_uv(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Place of points across the insertion direction.

        Parameters
        ----------
        points
            (n, 3), mm RAS.

        Returns
        -------
        ndarray
            (n, 2), mm.
        """
        return (points - self.origin) @ self.axes[:2].T

    def to_uvw(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Turn mm RAS into chart coordinates.

        Parameters
        ----------
        points
            (n, 3), mm RAS.

        Returns
        -------
        ndarray
            (n, 3): u, v, w in mm.
        """
        uvz = (points - self.origin) @ self.axes.T
        return np.column_stack([uvz[:, :2], uvz[:, 2] - self.sample_at(self.height, uvz[:, :2])])

    def to_ras(self, uvw: NDArray[np.float64]) -> NDArray[np.float64]:
        """Turn chart coordinates into mm RAS.

        Parameters
        ----------
        uvw
            (n, 3), mm.

        Returns
        -------
        ndarray
            (n, 3), mm RAS.
        """
        return (
            self.origin + np.column_stack([uvw[:, :2], uvw[:, 2] + self.sample_at(self.height, uvw[:, :2])]) @ self.axes
        )

    @cached_property
    def normals(self) -> NDArray[np.float64]:
        """(nu, nv, 3) float64, unit normals of the outer face in u, v and the outward axis, smooth over about 2 mm."""
        smooth = ndimage.gaussian_filter(self.height, NORMAL_SMOOTHING_CELLS)
        slope = np.stack([*np.gradient(smooth, CHART_STEP_MM), -np.ones_like(smooth)], axis=-1)
        return -slope / np.linalg.norm(slope, axis=-1, keepdims=True)

    def sample_normals(self, uv: NDArray[np.float64]) -> NDArray[np.float64]:
        """Interpolate the outer face's normals.

        Parameters
        ----------
        uv
            (nu, nv, 2), mm, of any grid of points.

        Returns
        -------
        ndarray
            (nu, nv, 3), in u, v and the outward axis; about unit length.
        """
        flat = uv.reshape(-1, 2)
        return np.stack([self.sample_at(self.normals[..., a], flat) for a in range(3)], axis=-1).reshape(
            *uv.shape[:2], 3
        )

    def extrude_drawing(self, drawing: "CrossSection", low: float, high: float) -> "Manifold":
        """Extrude a plane drawing along the insertion direction.

        Parameters
        ----------
        drawing
            In u and v, mm.
        low, high
            Ends of the solid, mm along the outward axis.

        Returns
        -------
        Manifold
            mm RAS.
        """
        from manifold3d import Manifold

        return Manifold.extrude(drawing, high - low).translate([0, 0, low]).transform(self.to_ras_matrix)


def right_handed_frame(outward: NDArray[np.float64]) -> NDArray[np.float64]:
    """Right-handed axes whose third is a given direction.

    Parameters
    ----------
    outward
        (3,) unit.

    Returns
    -------
    ndarray
        (3, 3), one axis a row. The first two are not those of :func:`SkullRestoreLib.affine.basis_across`, which have
        the other sign: the nodes of every chart would move by a fraction of a cell.

    Examples
    --------
    >>> frame = right_handed_frame(np.array([0.0, 0.0, 1.0]))
    >>> np.allclose(np.cross(frame[0], frame[1]), frame[2])
    True
    """
    side = np.cross(outward, np.eye(3)[np.argmin(np.abs(outward))])
    side /= np.linalg.norm(side)
    return np.array([side, np.cross(outward, side), outward])


def fill_nearest(picture: NDArray[np.float64]) -> NDArray[np.float64]:
    """Replace NaN by the value of the nearest node that has one.

    Parameters
    ----------
    picture
        (nu, nv), with at least one value that is not NaN.

    Examples
    --------
    >>> fill_nearest(np.array([[1.0, np.nan, np.nan, 4.0]])).tolist()
    [[1.0, 1.0, 4.0, 4.0]]
    """
    nearest = ndimage.distance_transform_edt(np.isnan(picture), return_distances=False, return_indices=True)
    return picture[tuple(nearest)]
