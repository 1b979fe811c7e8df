"""The missing bone as voxels: restored tables, patch and bone in, labels on the input's grid out.

This is the piece of skull that is gone, from inner to outer table and without any clearance: what a true bone flap is compared with.
"""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from SkullRestoreLib.case import Bone, Patch, Pose, Shell
from SkullRestoreLib.grid import interpolate

_PIXEL_DEG = 0.3
_BESIDE_MM = 4.0
"""Missing bone may reach this far under or over the sound edge, because cuts are not made along rays."""
_SLIVER_MM = 1.1
"""Layers thinner than this between bone and restored table are disagreement, not missing bone."""


@dataclass(frozen=True)
class Chart:
    """A flat picture of the directions round a hole (azimuthal equidistant): looking a direction up is much faster here than on the grid."""

    axes: np.ndarray  # (3, 3) rows: two directions across, one towards the hole's middle
    half: float  # radians from the middle to the picture's edge
    size: int

    @classmethod
    def around(cls, directions: np.ndarray, margin: float) -> "Chart":
        """A chart that holds all directions (n, 3) and ``margin`` radians more."""
        middle = directions.mean(axis=0)
        middle /= np.linalg.norm(middle)
        side = np.cross(middle, np.eye(3)[np.abs(middle).argmin()])
        side /= np.linalg.norm(side)
        half = float(np.arccos(np.clip(directions @ middle, -1, 1)).max() + margin)
        return cls(np.stack([side, np.cross(middle, side), middle]), half, int(2 * half / np.radians(_PIXEL_DEG)) + 1)

    def directions(self) -> np.ndarray:
        """(size * size, 3) unit vectors of all pixels."""
        a = np.linspace(-self.half, self.half, self.size)
        u, v = np.meshgrid(a, a, indexing="ij")
        angle = np.hypot(u, v)
        across = np.where(angle > 1e-9, np.sin(angle) / np.maximum(angle, 1e-9), 1.0)
        return np.stack([across * u, across * v, np.cos(angle)], axis=-1).reshape(-1, 3) @ self.axes

    def pixels(self, directions: np.ndarray) -> np.ndarray:
        """(2, p) float pixel coordinates of unit vectors (p, 3)."""
        u, v, w = self.axes @ directions.T
        across = np.hypot(u, v)
        angle = np.arctan2(across, w) / np.maximum(across, 1e-9)
        return (np.stack([u, v]) * angle + self.half) * ((self.size - 1) / (2 * self.half))


def missing_bone(labels: np.ndarray, patch: Patch, shell: Shell, bone: Bone, pose: Pose) -> int:
    """Write one hole's missing bone into a label volume.

    Parameters
    ----------
    labels
        (nk, nj, ni) uint8 on the bone's grid; the hole's voxels become ``patch.defect``.
    patch
        The restored surface of the hole.
    shell
        Restored tables.
    bone, pose
        Segmented bone and head frame.

    Returns
    -------
    int
        Voxels written.
    """
    box = _box(patch, bone)
    if min(s.stop - s.start for s in box) < 1:
        return 0
    head = (patch.outer.vertices - pose.head_to_ras[:3, 3]) @ pose.ras_to_head[:3, :3].T
    unit = head / np.linalg.norm(head, axis=1, keepdims=True)
    radius = float(np.linalg.norm(head, axis=1).mean())
    chart = Chart.around(unit, (_BESIDE_MM + 2) / radius)
    zone, beside = _zones(chart, patch, unit, radius)
    tables = interpolate(np.stack([shell.outer, shell.inner], axis=1), chart.directions()).reshape(chart.size, chart.size, 2)
    free = ~bone.mask[box]
    between, over = _between(box, bone, pose, chart, tables, zone, beside)
    candidate = between & free
    spacing = np.linalg.norm(bone.ijk_to_ras[:3, :3], axis=0)[::-1]
    thick = _open(candidate, _SLIVER_MM / 2, spacing)
    piece = _connected(thick | (candidate & over & ndimage.binary_dilation(thick, iterations=2)), over)
    labels[box][piece] = patch.defect
    return int(piece.sum())


def _box(patch: Patch, bone: Bone) -> tuple[slice, slice, slice]:
    """Voxels that the hole may reach: slices k, j, i."""
    points = np.concatenate([patch.outer.vertices, patch.inner])
    to_ijk = np.linalg.inv(bone.ijk_to_ras)
    ijk = points @ to_ijk[:3, :3].T + to_ijk[:3, 3]
    grow = (_BESIDE_MM + 2) / np.linalg.norm(bone.ijk_to_ras[:3, :3], axis=0)
    low = np.maximum(np.floor(ijk.min(axis=0) - grow).astype(int), 0)
    high = np.minimum(np.ceil(ijk.max(axis=0) + grow).astype(int) + 1, bone.mask.shape[::-1])
    return tuple(slice(int(a), max(int(a), int(b))) for a, b in zip(low[::-1], high[::-1], strict=True))


def _zones(chart: Chart, patch: Patch, unit: np.ndarray, radius: float) -> tuple[np.ndarray, np.ndarray]:
    """Pixels under the patch, and those with what lies beside it: two (size, size) bool pictures."""
    at = chart.pixels(unit).T[patch.outer.faces]  # (m, 3, 2)
    # triangles are a pixel or two wide, so their corners and a few points between them fill them
    weights = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1], [0.5, 0.5, 0], [0, 0.5, 0.5], [0.5, 0, 0.5], [1 / 3, 1 / 3, 1 / 3]])
    u, v = np.rint(np.einsum("wk,mkc->mwc", weights, at)).astype(int).reshape(-1, 2).T
    zone = np.zeros((chart.size, chart.size), dtype=bool)
    zone[np.clip(u, 0, chart.size - 1), np.clip(v, 0, chart.size - 1)] = True
    zone = ndimage.binary_closing(zone, iterations=2)
    pixel_mm = np.radians(_PIXEL_DEG) * radius
    return zone, ndimage.distance_transform_edt(~zone, sampling=pixel_mm) <= _BESIDE_MM


def _between(
    box, bone: Bone, pose: Pose, chart: Chart, tables: np.ndarray, zone: np.ndarray, beside: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Voxels of the box between the tables, under or beside the patch; and those under it."""
    shape = tuple(s.stop - s.start for s in box)
    between, over = np.zeros(shape, dtype=bool), np.zeros(shape, dtype=bool)
    to_head = (pose.ras_to_head @ bone.ijk_to_ras).astype(np.float32)
    j, i = np.meshgrid(*(np.arange(s.start, s.stop, dtype=np.float32) for s in box[1:]), indexing="ij")
    flat = i.ravel()[:, None] * to_head[:3, 0] + j.ravel()[:, None] * to_head[:3, 1] + to_head[:3, 3]
    low, high = float(tables[..., 1][beside].min()), float(tables[..., 0][beside].max())
    for k in range(shape[0]):
        point = flat + (box[0].start + k) * to_head[:3, 2]
        radius = np.linalg.norm(point, axis=1)
        toward = point @ chart.axes[2].astype(np.float32)
        near = np.flatnonzero((radius >= low) & (radius <= high) & (toward >= np.cos(min(chart.half, np.pi)) * radius))
        at = chart.pixels(point[near] / radius[near, None])
        nearest = tuple(np.clip(np.rint(at), 0, chart.size - 1).astype(int))
        outer, inner = (ndimage.map_coordinates(tables[..., c], at, order=1, mode="nearest") for c in (0, 1))
        inside = (radius[near] <= outer) & (radius[near] >= inner)
        between[k].ravel()[near] = inside & beside[nearest]
        over[k].ravel()[near] = zone[nearest]
    return between, over


def _open(mask: np.ndarray, radius_mm: float, spacing: np.ndarray) -> np.ndarray:
    """Morphological opening with a box of about the given half width; an axis with wider voxels is left alone."""
    size = [2 * round(radius_mm / step) + 1 for step in spacing]
    eroded = ndimage.minimum_filter(mask.view(np.uint8), size, mode="constant")
    if not eroded.any():
        return mask
    return ndimage.maximum_filter(eroded, size, mode="constant").view(bool) & mask


def _connected(piece: np.ndarray, over: np.ndarray) -> np.ndarray:
    """The parts of ``piece`` that reach under the patch with at least a hundredth of the largest's size."""
    label, count = ndimage.label(piece)
    if count == 0:
        return piece
    under = np.bincount(label[over], minlength=count + 1)
    under[0] = 0
    return (under > 0.01 * under.max())[label]
