"""A patch's chart: u and v along the head's mean sphere, w the height over the restored surface along the ray to the head's centre, all in mm.

In the chart "from outside inwards" is one array axis, and the outline of an implant is a plane drawing.
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy import ndimage

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
        # Averages of neighbours, then of what they missed: a triangulation (Delaunay) of the even rows of such a mesh took up to 15 s.
        chart = cls(centre, axes, bare.radius, corner, np.zeros(count))
        for _ in range(3):
            missed = uvr[:, 2] - chart._height_at(uvr[:, :2])
            chart = replace(chart, height=chart.height + _spread(uvr[:, :2] - corner, missed, count))
        return chart

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


def _spread(uv: np.ndarray, values: np.ndarray, count: np.ndarray) -> np.ndarray:
    """Average values at points uv (n, 2) mm smoothly onto the cells; the nearest average where there are no points."""
    coarse = 4 * STEP_MM
    size = tuple(count // 4 + 2)
    cell = np.ravel_multi_index(tuple(np.rint(uv / coarse).astype(int).T), size)
    weight, total = (
        ndimage.gaussian_filter(np.bincount(cell, w, int(np.prod(size))).reshape(size), 1.0) for w in (np.ones(len(uv)), values)
    )
    known = weight > 1e-3
    mean = np.where(known, total / np.maximum(weight, 1e-3), 0.0)
    nearest = ndimage.distance_transform_edt(~known, return_distances=False, return_indices=True)
    fine = np.meshgrid(*(np.arange(n) / 4 for n in count), indexing="ij")
    return ndimage.map_coordinates(mean[tuple(nearest)], fine, order=1, mode="nearest")
