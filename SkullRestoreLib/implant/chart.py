"""A patch's chart: u and v along the head's mean sphere, w the height over the restored surface along the ray to the head's centre, all in mm.

In the chart "from outside inwards" is one array axis, and the outline of an implant is a plane drawing.
"""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage
from scipy.interpolate import LinearNDInterpolator, NearestNDInterpolator

from SkullRestoreLib.case import Patch

STEP_MM = 0.4  # chart cell; borders are found between cells, a few hundredths of a millimetre exact


@dataclass(frozen=True)
class Chart:
    """Coordinates of a patch: azimuthal equidistant about its middle, and the height over the restored surface along the ray."""

    centre: np.ndarray  # (3,) float, mm RAS
    axes: np.ndarray  # (3, 3) float, rows: u, v, outwards through the patch's middle; right-handed
    radius: float  # mm, of the sphere on which u and v are measured
    corner: np.ndarray  # (2,) float, mm, u and v of ``height[0, 0]``
    height: np.ndarray  # (nu, nv) float, mm from the centre to the restored surface, one value per ``STEP_MM``

    @classmethod
    def of(cls, patch: Patch, centre: np.ndarray) -> "Chart":
        """Lay the chart out over the wide surface."""
        arm = patch.wide_outer.vertices - centre
        axis = (arm / np.linalg.norm(arm, axis=1, keepdims=True)).mean(axis=0)
        axis /= np.linalg.norm(axis)
        side = np.cross(axis, np.eye(3)[np.argmin(np.abs(axis))])
        side /= np.linalg.norm(side)
        axes = np.array([side, np.cross(axis, side), axis])
        bare = cls(centre, axes, float(np.median(np.linalg.norm(arm, axis=1))), np.zeros(2), np.zeros((1, 1)))
        uvr = bare.flatten(patch.wide_outer.vertices)
        corner = uvr[:, :2].min(axis=0) - 2
        count = np.ceil((uvr[:, :2].max(axis=0) + 2 - corner) / STEP_MM).astype(int) + 1
        # The height only has to be smooth and near the surface: geometry goes in and out of the chart through the same heights.
        some = uvr[:: max(1, len(uvr) // 6000)]
        coarse = np.meshgrid(*(corner[a] + 4 * STEP_MM * np.arange(count[a] // 4 + 2) for a in (0, 1)), indexing="ij")
        rough = LinearNDInterpolator(some[:, :2], some[:, 2])(*coarse)
        rough = np.where(np.isnan(rough), NearestNDInterpolator(some[:, :2], some[:, 2])(*coarse), rough)
        fine = np.meshgrid(*(np.arange(n) / 4 for n in count), indexing="ij")
        return cls(centre, axes, bare.radius, corner, ndimage.map_coordinates(rough, fine, order=1))

    def _height_at(self, uv: np.ndarray) -> np.ndarray:
        return ndimage.map_coordinates(self.height, ((uv - self.corner) / STEP_MM).T, order=1, mode="nearest")

    def flatten(self, points: np.ndarray) -> np.ndarray:
        """(n, 3) mm RAS to (n, 3) u, v, w in mm."""
        arm = (points - self.centre) @ self.axes.T
        across = np.hypot(arm[:, 0], arm[:, 1])
        angle = np.arctan2(across, arm[:, 2])
        uv = arm[:, :2] * (self.radius * angle / np.maximum(across, 1e-12))[:, None]
        return np.column_stack([uv, np.linalg.norm(arm, axis=1) - self._height_at(uv)])

    def unflatten(self, uvw: np.ndarray) -> np.ndarray:
        """(n, 3) u, v, w in mm to (n, 3) mm RAS."""
        length = np.hypot(uvw[:, 0], uvw[:, 1])
        angle = length / self.radius
        ray = np.column_stack([uvw[:, :2] * (np.sin(angle) / np.maximum(length, 1e-12))[:, None], np.cos(angle)]) @ self.axes
        return self.centre + ray * (uvw[:, 2] + self._height_at(uvw[:, :2]))[:, None]
