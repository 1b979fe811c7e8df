"""Label the missing bone: restored tables, patch and bone in, voxels on the input's grid out.

This is the piece of skull that is gone, from inner to outer table and without clearance. A true bone flap is compared
with it.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from SkullRestoreLib.affine import apply_affine, basis_across, invert_affine, rotate, voxel_spacing
from SkullRestoreLib.geometry.icosphere import interpolate
from SkullRestoreLib.method_parameters import METHOD, MissingBoneParameters
from SkullRestoreLib.records import Bone, DefectPatch, Pose, VaultTables

Box = tuple[slice, slice, slice]
"""Slices along k, j, i."""

_PIXEL_DEG = 0.3
"""Pixel of the flat picture in which directions are looked up: 0.45 mm on the skull."""
_BOX_MARGIN_MM = 2.0
"""How much further than that voxels are looked at."""
_TRIANGLE_SAMPLES = np.array(
    [[1, 0, 0], [0, 1, 0], [0, 0, 1], [0.5, 0.5, 0], [0, 0.5, 0.5], [0.5, 0, 0.5], [1 / 3, 1 / 3, 1 / 3]]
)
"""Barycentric: a triangle of a patch is a pixel or two wide, so its corners and a few points between them fill it."""


@dataclass(frozen=True, eq=False)
class AzimuthalProjection:
    """A flat picture of the directions around a defect (azimuthal equidistant).

    Looking a direction up in it is much faster than on the grid.
    """

    axes: NDArray[np.float64]
    """(3, 3) rows: two directions across, one towards the middle of the defect."""
    half_angle: float
    """Radians from the middle to the edge of the picture."""
    size: int
    """Pixels along each side."""

    @classmethod
    def around_directions(cls, directions: NDArray[np.float64], margin: float) -> "AzimuthalProjection":
        """Make a picture that holds all directions.

        Parameters
        ----------
        directions
            (n, 3) unit vectors.
        margin
            Radians around them.
        """
        middle = directions.mean(axis=0)
        middle /= np.linalg.norm(middle)
        across = np.negative(basis_across(middle))
        half = float(np.arccos(np.clip(directions @ middle, -1, 1)).max() + margin)
        return cls(np.stack([*across, middle]), half, int(2 * half / np.radians(_PIXEL_DEG)) + 1)

    def pixel_directions(self) -> NDArray[np.float64]:
        """Give the directions of all pixels: (size * size, 3) unit vectors."""
        offsets = np.linspace(-self.half_angle, self.half_angle, self.size)
        u, v = np.meshgrid(offsets, offsets, indexing="ij")
        angle = np.hypot(u, v)
        scale = np.where(angle > 1e-9, np.sin(angle) / np.maximum(angle, 1e-9), 1.0)
        return np.stack([scale * u, scale * v, np.cos(angle)], axis=-1).reshape(-1, 3) @ self.axes

    def to_pixels(self, directions: NDArray[np.floating]) -> NDArray[np.float64]:
        """Give the pixel coordinates (2, p) of unit vectors (p, 3)."""
        u, v, w = self.axes.astype(directions.dtype) @ directions.T
        across = np.hypot(u, v)
        scale = np.arctan2(across, w) / np.maximum(across, 1e-9)
        return (np.stack([u, v]) * scale + self.half_angle) * ((self.size - 1) / (2 * self.half_angle))


@dataclass(frozen=True, eq=False)
class _DefectPicture:
    """Restored tables and patch in the flat picture."""

    projection: AzimuthalProjection
    tables: NDArray[np.float64]
    """(size, size, 2) outer and inner table, mm, near the patch; 0 elsewhere."""
    under_patch: NDArray[np.bool_]
    """(size, size)."""
    near_patch: NDArray[np.bool_]
    """(size, size), under the patch or a few millimetres from it."""


def label_missing_bone(
    labels: NDArray[np.uint8],
    patch: DefectPatch,
    vault_tables: VaultTables,
    bone: Bone,
    pose: Pose,
    *,
    parameters: MissingBoneParameters = METHOD.missing_bone,
) -> int:
    """Write the missing bone of one defect into a label volume.

    Parameters
    ----------
    labels
        (nk, nj, ni) on the bone's grid; the defect's voxels become ``patch.defect``.
    patch
        The restored surface of the defect.
    vault_tables
        Restored tables.
    bone, pose
        Segmented bone and head frame.
    parameters
        Of this step.

    Returns
    -------
    int
        Number of voxels written.
    """
    reach_mm = parameters.max_beyond_border_mm
    box = _voxel_box(patch, bone, reach_mm)
    if min(s.stop - s.start for s in box) < 1:
        return 0
    picture = _draw_picture(patch, vault_tables, pose, reach_mm)
    between, under = _voxels_between_tables(box, picture, bone, pose)
    thick = _morphological_opening(between, parameters.min_layer_mm / 2, voxel_spacing(bone.ijk_to_ras)[::-1])
    edge = between & under & ndimage.binary_dilation(thick, iterations=parameters.edge_iterations)
    piece = _parts_under_patch(thick | edge, under, parameters.min_part_fraction)
    np.copyto(labels[box], patch.defect, where=piece)
    return int(piece.sum())


def _voxel_box(patch: DefectPatch, bone: Bone, reach_mm: float) -> Box:
    """Voxels that the missing bone may reach, which is up to ``reach_mm`` beyond the border."""
    points = np.concatenate([patch.outer.vertices, patch.inner])
    ijk = apply_affine(invert_affine(bone.ijk_to_ras), points)
    margin = (reach_mm + _BOX_MARGIN_MM) / voxel_spacing(bone.ijk_to_ras)
    low = np.maximum(np.floor(ijk.min(axis=0) - margin).astype(int), 0)
    high = np.minimum(np.ceil(ijk.max(axis=0) + margin).astype(int) + 1, bone.mask.shape[::-1])
    i, j, k = (slice(int(a), max(int(a), int(b))) for a, b in zip(low, high, strict=True))
    return k, j, i


def _draw_picture(patch: DefectPatch, vault_tables: VaultTables, pose: Pose, reach_mm: float) -> _DefectPicture:
    in_head = rotate(pose.ras_to_head, patch.outer.vertices - pose.head_to_ras[:3, 3])
    unit = in_head / np.linalg.norm(in_head, axis=1, keepdims=True)
    radius = float(np.linalg.norm(in_head, axis=1).mean())
    margin = (reach_mm + _BOX_MARGIN_MM) / radius
    projection = AzimuthalProjection.around_directions(unit, margin)
    size = projection.size
    corners = projection.to_pixels(unit).T[patch.outer.faces]  # (m, 3, 2)
    u, v = np.rint(np.einsum("wk,mkc->mwc", _TRIANGLE_SAMPLES, corners)).astype(int).reshape(-1, 2).T
    under = np.zeros((size, size), dtype=bool)
    under[np.clip(u, 0, size - 1), np.clip(v, 0, size - 1)] = True
    under = ndimage.binary_closing(under, iterations=2)
    pixel_mm = np.radians(_PIXEL_DEG) * radius
    near = ndimage.distance_transform_edt(~under, sampling=pixel_mm) <= reach_mm
    looked_up = ndimage.binary_dilation(near, np.ones((3, 3)))  # between pixels it is interpolated
    both = np.stack([vault_tables.outer, vault_tables.inner], axis=1)
    tables = np.zeros((size, size, 2))
    tables[looked_up] = interpolate(both, projection.pixel_directions()[looked_up.ravel()])
    return _DefectPicture(projection, tables, under, near)


def _voxels_between_tables(
    box: Box, picture: _DefectPicture, bone: Bone, pose: Pose
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Voxels without bone between the tables, under the patch or near it; and which of these are under it."""
    projection, tables = picture.projection, picture.tables
    shape = tuple(s.stop - s.start for s in box)
    between, under = np.zeros(shape, dtype=bool), np.zeros(shape, dtype=bool)
    to_head = (pose.ras_to_head @ bone.ijk_to_ras).astype(np.float32)
    j, i = np.meshgrid(*(np.arange(s.start, s.stop, dtype=np.float32) for s in box[1:]), indexing="ij")
    # written out: one slice after the other, in float32, so that no second volume is needed
    in_slice = np.outer(to_head[:3, 0], i) + np.outer(to_head[:3, 1], j) + to_head[:3, 3:]
    near_patch = picture.near_patch
    low, high = float(tables[..., 1][near_patch].min()), float(tables[..., 0][near_patch].max())
    min_cosine = np.cos(min(projection.half_angle, np.pi))
    is_bone = bone.mask[box]
    middle = projection.axes[2].astype(np.float32)
    for k in range(shape[0]):
        x, y, z = in_slice + ((box[0].start + k) * to_head[:3, 2])[:, None]
        squared = x * x + y * y + z * z
        towards = x * middle[0] + y * middle[1] + z * middle[2]
        visible = np.flatnonzero(
            (squared >= low * low)
            & (squared <= high * high)
            & (towards * np.abs(towards) >= min_cosine * abs(min_cosine) * squared)
            & ~is_bone[k].reshape(-1)
        )
        radius = np.sqrt(squared[visible])
        pixels = projection.to_pixels(np.stack([x[visible], y[visible], z[visible]], axis=1) / radius[:, None])
        u, v = np.clip(np.rint(pixels), 0, projection.size - 1).astype(int)
        is_near = near_patch[u, v]
        near, radius, pixels = visible[is_near], radius[is_near], pixels[:, is_near]
        outer, inner = (ndimage.map_coordinates(tables[..., c], pixels, order=1, mode="nearest") for c in (0, 1))
        between[k].reshape(-1)[near] = (radius <= outer) & (radius >= inner)
        under[k].reshape(-1)[near] = picture.under_patch[u[is_near], v[is_near]]
    return between, under


def _morphological_opening(
    mask: NDArray[np.bool_], radius_mm: float, spacing_kji: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Morphological opening with a box of about the given half width; an axis with wider voxels is left alone."""
    size = [2 * round(radius_mm / step) + 1 for step in spacing_kji]
    eroded = ndimage.minimum_filter(mask.view(np.uint8), size, mode="constant")
    if not eroded.any():
        return mask
    return ndimage.maximum_filter(eroded, size, mode="constant").view(bool) & mask


def _parts_under_patch(piece: NDArray[np.bool_], under: NDArray[np.bool_], min_fraction: float) -> NDArray[np.bool_]:
    """The parts of ``piece`` that reach under the patch with at least this fraction of the largest part's voxels."""
    label, count = ndimage.label(piece)
    if count == 0:
        return piece
    voxels_under = np.bincount(label[under], minlength=count + 1)
    voxels_under[0] = 0
    return (voxels_under > min_fraction * voxels_under.max())[label]
