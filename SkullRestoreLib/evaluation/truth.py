"""What is true of a hole, measured on the intact skull and on nothing else: border, area and outer surface.

The intact skull's outer table is looked up in the voxels along a fan of directions a third of a degree apart (about a voxel on the skull); a
place belongs to the hole as far as the bone just beneath it belongs to the missing piece. The surface is smoothed by 0.8 mm, so that voxel steps
do not count as area, and its area is summed from the cross products of its own points. None of this uses the patch, border or area of the
restoration. On an analytic sphere the area of a round hole of 20 to 100 cm2 comes out right to 0.5 %, the surface to 0.1 mm
(``Testing/test_truth.py``).
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import ndimage
from scipy.spatial import cKDTree

from SkullRestoreLib.case import Pose
from SkullRestoreLib.evaluation.whole import WholeSkull
from SkullRestoreLib.grid import interpolate
from SkullRestoreLib.solid import Chart

_OVER_MM, _UNDER_MM, _STEP_MM = 4.5, 8.0, 0.3
_BESIDE_MM = 14.0
_SMOOTH_MM = 0.8
_BENEATH_MM = (0.4, 0.9, 1.4)


@dataclass(frozen=True)
class Truth:
    """One hole, as it truly is. Arrays over the chart are (s, s)."""

    chart: Chart
    pose: Pose  # of the intact skull: the chart lies in its head frame
    radius: np.ndarray  # float64, mm, outer table, NaN where there is none
    normals: np.ndarray  # (s, s, 3) float64, unit, RAS
    gone: np.ndarray  # float64, 0..1, how far the outer table is missing
    area_cm2: float
    margin: np.ndarray  # (m, 3) float64, mm RAS, the border where sound bone ends at it
    missing: np.ndarray  # (nk, nj, ni) bool, the piece

    @cached_property
    def hole(self) -> np.ndarray:
        """(s, s) bool, inside the hole."""
        return (self.gone > 0.5) & np.isfinite(self.radius)

    @cached_property
    def points(self) -> np.ndarray:
        """(s, s, 3) float64, mm RAS, the true outer table."""
        head = self.chart.directions().reshape(*self.radius.shape, 3) * self.radius[..., None]
        to_ras = self.pose.head_to_ras
        return head @ to_ras[:3, :3].T + to_ras[:3, 3]

    @cached_property
    def surface(self) -> tuple[cKDTree, np.ndarray]:
        """The true outer table in the hole and round it: tree of its points, and their normals (p, 3)."""
        known = np.isfinite(self.radius)
        return cKDTree(self.points[known]), self.normals[known]

    @cached_property
    def border(self) -> cKDTree:
        """Tree of the margin's points."""
        return cKDTree(self.margin)

    @cached_property
    def off_border_mm(self) -> np.ndarray:
        """(s, s) float64, mm to the hole's border from inside, 0 outside."""
        pixel = 2 * self.chart.half / (self.chart.size - 1) * float(np.nanmedian(self.radius))
        return ndimage.distance_transform_edt(np.pad(self.hole, 1), sampling=pixel)[1:-1, 1:-1]

    def pixels(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Row and column (p,), (p,) of points (p, 3) RAS; those off the chart are put on its corner, which is no hole."""
        to_head = self.pose.ras_to_head
        head = points @ to_head[:3, :3].T + to_head[:3, 3]
        at = np.rint(self.chart.pixels(head / np.linalg.norm(head, axis=1, keepdims=True))).astype(int)
        at[:, ((at < 0) | (at >= self.chart.size)).any(axis=0)] = 0
        return at[0], at[1]

    def holds(self, points: np.ndarray) -> np.ndarray:
        """Whether points (p, 3) RAS lie over the hole: (p,) bool."""
        return self.hole[self.pixels(points)]


def find_truth(skull: WholeSkull, piece: np.ndarray) -> Truth:
    """Measure a hole on the intact skull.

    Parameters
    ----------
    skull
        The intact skull.
    piece
        (nk, nj, ni) bool, the missing piece.

    Raises
    ------
    ValueError
        If the piece reaches the outer table nowhere.
    """
    at = np.argwhere(piece)[:, ::-1] if piece.any() else np.zeros((0, 3))
    if not len(at):
        raise ValueError("The missing piece is empty.")
    to_head = skull.pose.ras_to_head @ skull.ijk_to_ras
    head = at[:: max(1, len(at) // 20000)] @ to_head[:3, :3].T + to_head[:3, 3]
    unit = head / np.linalg.norm(head, axis=1, keepdims=True)
    reach = float(np.median(interpolate(skull.tables[:, :1], unit[::50])))
    chart = Chart.around(unit, _BESIDE_MM / reach)
    radius, gone = _look_up(skull, piece, chart)
    return _measured(skull, piece, chart, radius, gone)


def _look_up(skull: WholeSkull, piece: np.ndarray, chart: Chart) -> tuple[np.ndarray, np.ndarray]:
    """Outer table (s, s), mm, NaN where there is none, and how far what lies beneath it belongs to the piece, 0..1."""
    d = chart.directions()
    expected = interpolate(skull.tables[:, :1], d)[:, 0]
    to_ijk = np.linalg.inv(skull.ijk_to_ras) @ skull.pose.head_to_ras
    step, origin = (d @ to_ijk[:3, :3].T).T[::-1], to_ijk[:3, 3][::-1]
    offsets = np.arange(_OVER_MM, -_UNDER_MM, -_STEP_MM)
    bone = skull.bone.view(np.uint8)

    radius = np.full(len(d), np.nan)
    gone = np.zeros(len(d))
    for part in np.array_split(np.arange(len(d)), max(1, len(d) // 40_000)):
        at = origin[:, None, None] + step[:, part, None] * (expected[part, None] + offsets[None])
        profile = ndimage.map_coordinates(bone, at, order=1, output=np.float32, mode="constant", cval=0) - 0.5
        enters = (profile[:, :-1] < 0) & (profile[:, 1:] >= 0)
        first = enters.argmax(axis=1)
        row = np.arange(len(part))
        before, after = profile[row, first], profile[row, first + 1]
        where = expected[part] + offsets[first] - _STEP_MM * before / np.where(enters.any(axis=1), before - after, 1)
        radius[part] = np.where(enters.any(axis=1), where, np.nan)
    known = np.flatnonzero(np.isfinite(radius))
    beneath = origin[:, None, None] + step[:, known, None] * (radius[known, None] - np.array(_BENEATH_MM))
    both = [ndimage.map_coordinates(v.view(np.uint8), beneath, order=1, output=np.float32).sum(axis=1) for v in (piece, skull.bone)]
    gone[known] = both[0] / np.maximum(both[1], 1e-3)
    return radius.reshape(chart.size, chart.size), np.clip(gone, 0, 1).reshape(chart.size, chart.size)


def _measured(skull: WholeSkull, piece: np.ndarray, chart: Chart, radius: np.ndarray, gone: np.ndarray) -> Truth:
    d = chart.directions().reshape(chart.size, chart.size, 3)
    pixel = 2 * chart.half / (chart.size - 1)
    sigma = _SMOOTH_MM / (pixel * float(np.nanmedian(radius)))
    smooth = _smoothed(radius, sigma)
    # pinholes of thin bone inside the hole are part of it: so a surgeon would measure
    whole = ndimage.binary_fill_holes(gone > 0.5)
    gone = np.where(whole & ~np.isfinite(radius), 1.0, gone)
    surface = np.where(np.isfinite(radius) | whole, smooth, np.nan)
    points = smooth[..., None] * d
    across = np.cross(np.gradient(points, axis=0), np.gradient(points, axis=1))
    size = np.linalg.norm(across, axis=-1)
    area = float(np.nansum(np.where(np.isfinite(surface), gone, 0.0) * np.nan_to_num(size))) / 100
    if area <= 0:
        raise ValueError("The missing piece reaches the outer table nowhere.")
    normals = across * np.sign((across * d).sum(axis=-1, keepdims=True)) / np.maximum(size, 1e-12)[..., None]
    margin = _margin(points, surface, gone)
    to_ras = skull.pose.head_to_ras
    return Truth(
        chart, skull.pose, surface, np.nan_to_num(normals @ to_ras[:3, :3].T), gone, area, margin @ to_ras[:3, :3].T + to_ras[:3, 3], piece
    )


def _smoothed(values: np.ndarray, sigma: float) -> np.ndarray:
    """Gaussian mean of what is known; far from anything known, the nearest."""
    known = np.isfinite(values)
    weight = ndimage.gaussian_filter(known.astype(float), sigma)
    mean = ndimage.gaussian_filter(np.where(known, values, 0.0), sigma) / np.maximum(weight, 1e-6)
    nearest = ndimage.distance_transform_edt(~known, return_distances=False, return_indices=True)
    return np.where(weight > 0.05, mean, values[tuple(nearest)])


def _margin(points: np.ndarray, surface: np.ndarray, gone: np.ndarray) -> np.ndarray:
    """Where the missing outer table goes over into sound outer table: (m, 3), mm, between two pixels each, placed where half is missing."""
    known = np.isfinite(surface)
    found = [np.zeros((0, 3))]
    for axis in (0, 1):
        a, b = np.delete(np.arange(gone.shape[axis]), -1), np.delete(np.arange(gone.shape[axis]), 0)
        left, right = (np.take(gone, n, axis) - 0.5 for n in (a, b))
        change = (left * right < 0) & np.take(known, a, axis) & np.take(known, b, axis)
        share = (left / np.where(left == right, 1, left - right))[change][:, None]
        p, q = np.take(points, a, axis)[change], np.take(points, b, axis)[change]
        found.append(p + share * (q - p))
    return np.concatenate(found)
