"""A patch's chart: u and v across the insertion direction, w the height over the outer face against it, all in mm.

In the chart "on the way in" is one array axis, and the outline of an implant is a plane drawing. Only the height is sheared: u and v are
millimetres of the head, so a wall along w is a wall along the insertion direction.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import ndimage

from SkullRestoreLib.case import Mesh
from SkullRestoreLib.implant.rays import Rays

STEP_MM = 0.4  # chart cell; borders are found between cells, a few hundredths of a millimetre exact
STEEPEST = 0.2  # cosine between outer face and insertion direction below which a chart is no use any more
FAR_MM = 300.0


@dataclass(frozen=True)
class Chart:
    """Coordinates over an outer face seen along the insertion direction."""

    origin: np.ndarray  # (3,) float, mm RAS
    axes: np.ndarray  # (3, 3) float, rows: u, v, outwards; right-handed
    corner: np.ndarray  # (2,) float, mm, u and v of ``height[0, 0]``
    height: np.ndarray  # (nu, nv) float, mm along the outward axis to the outer face, one value per ``STEP_MM``

    @classmethod
    def over(cls, face: Mesh, outward: np.ndarray, *, origin: np.ndarray | None = None) -> "Chart":
        """Lay the chart out over an outer face; beyond it the height goes on as at its nearest point.

        Charts of one direction and one ``origin``, (3,) mm RAS, share their u and v.
        """
        axes = frame(outward)
        origin = face.vertices.mean(axis=0) if origin is None else origin
        uv = (face.vertices - origin) @ axes[:2].T
        corner = uv.min(axis=0) - 2
        count = np.ceil((uv.max(axis=0) + 2 - corner) / STEP_MM).astype(int) + 1
        bare = cls(origin, axes, corner, np.zeros(count))
        height = bare.look(Rays(face), from_outside=True)
        known = np.isfinite(height)
        nearest = ndimage.distance_transform_edt(~known, return_distances=False, return_indices=True)
        return cls(origin, axes, corner, height[tuple(nearest)])

    @property
    def outward(self) -> np.ndarray:
        """(3,) float, unit, mm RAS: against the insertion direction."""
        return self.axes[2]

    def nodes(self) -> np.ndarray:
        """(nu, nv, 2) float, u and v of the cells' corners."""
        return np.stack(
            np.meshgrid(*(c + STEP_MM * np.arange(n) for c, n in zip(self.corner, self.height.shape, strict=True)), indexing="ij"), -1
        )

    def look(self, rays: Rays, *, from_outside: bool) -> np.ndarray:
        """Height along the outward axis at which a mesh is first met at every node: (nu, nv) float, mm, NaN where it is not."""
        uv = self.nodes().reshape(-1, 2)
        sign = 1.0 if from_outside else -1.0
        start = self.origin + uv @ self.axes[:2] + sign * FAR_MM * self.outward
        distance, _ = rays.first(start, -sign * self.outward)
        return np.where(np.isfinite(distance), sign * (FAR_MM - distance), np.nan).reshape(self.height.shape)

    def at(self, picture: np.ndarray, uv: np.ndarray) -> np.ndarray:
        """Read a picture (nu, nv) between its nodes at points (n, 2)."""
        return ndimage.map_coordinates(picture, ((uv - self.corner) / STEP_MM).T, order=1, mode="nearest")

    def flatten(self, points: np.ndarray) -> np.ndarray:
        """(n, 3) mm RAS to (n, 3) u, v, w in mm."""
        uvz = (points - self.origin) @ self.axes.T
        return np.column_stack([uvz[:, :2], uvz[:, 2] - self.at(self.height, uvz[:, :2])])

    def unflatten(self, uvw: np.ndarray) -> np.ndarray:
        """(n, 3) u, v, w in mm to (n, 3) mm RAS."""
        return self.origin + np.column_stack([uvw[:, :2], uvw[:, 2] + self.at(self.height, uvw[:, :2])]) @ self.axes

    @cached_property
    def normals(self) -> np.ndarray:
        """(nu, nv, 3) float, unit normals of the outer face in u, v and the outward axis, smooth over about 2 mm."""
        smooth = ndimage.gaussian_filter(self.height, 2.0)
        slope = np.stack([*np.gradient(smooth, STEP_MM), -np.ones_like(smooth)], axis=-1)
        return -slope / np.linalg.norm(slope, axis=-1, keepdims=True)

    def sample_normals(self, uv: np.ndarray) -> np.ndarray:
        """Read the normals at u and v (nu, nv, 2): (nu, nv, 3) float."""
        flat = uv.reshape(-1, 2)
        return np.stack([self.at(self.normals[..., a], flat) for a in range(3)], axis=-1).reshape(*uv.shape[:2], 3)


def frame(outward: np.ndarray) -> np.ndarray:
    """Right-handed axes with a direction as the third: (3, 3) float, one axis a row."""
    side = np.cross(outward, np.eye(3)[np.argmin(np.abs(outward))])
    side /= np.linalg.norm(side)
    return np.array([side, np.cross(outward, side), outward])
