"""Measure the truth of a defect on the intact skull alone: border, area and outer surface.

The intact skull's outer table is looked up in the voxels along a fan of directions a third of a degree apart (about a
voxel on the skull). A place belongs to the defect to the degree that the bone just beneath it belongs to the missing
piece. The surface is smoothed by 0.8 mm, so that voxel steps do not count as area, and its area is summed from the
cross products of its own points. None of this uses the patch, border or area of the restoration. On an analytic sphere
the area of a round defect of 20 to 100 cm² is right to 0.5 %, the surface to 0.1 mm
(``Testing/evaluation/test_ground_truth.py``).
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial import cKDTree

from SkullRestoreLib.affine import apply_affine, invert_affine, rotate
from SkullRestoreLib.defects.missing_bone import AzimuthalProjection
from SkullRestoreLib.evaluation.cases.intact_skull import IntactSkull
from SkullRestoreLib.geometry.icosphere import interpolate
from SkullRestoreLib.records import Pose

_SEARCH_OUTSIDE_MM, _SEARCH_INSIDE_MM, _SEARCH_STEP_MM = 4.5, 8.0, 0.3
"""Range and step of the search for the outer table, from outside inwards, about the skull's rough table."""
_PROJECTION_PADDING_MM = 14.0
_SMOOTHING_MM = 0.8
"""Standard deviation; removes voxel steps."""
_STEP_SLOPE = 6.0
"""Where the radius changes by more than this from pixel to pixel, mm per mm, there is no bone between the two: such as
from the margin of an orbit to its roof, which is seen behind it. The surface is not smoothed across it, and what is
between counts neither as surface nor as area (decision 0197)."""
_SAMPLE_DEPTHS_MM = (0.4, 0.9, 1.4)
"""Depths beneath the outer table at which bone is asked whether it belongs to the missing piece."""
Mask = NDArray[np.bool_]
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class GroundTruth:
    """One defect as it truly is. Arrays over the projection are (s, s)."""

    projection: AzimuthalProjection
    pose: Pose  # of the intact skull: the projection is in its head frame
    radius: Floats  # mm, outer table, NaN where there is none
    normals: Floats  # (s, s, 3), unit, RAS
    missing_fraction: Floats  # 0..1, how far the outer table is missing
    area_cm2: float
    margin: Floats  # (m, 3), mm RAS, the border where sound bone ends
    missing_piece: Mask  # (nk, nj, ni)

    @cached_property
    def defect_mask(self) -> Mask:
        """Inside the defect, (s, s) bool."""
        mask: Mask = (self.missing_fraction > 0.5) & np.isfinite(self.radius)
        return mask

    @cached_property
    def table_points(self) -> Floats:
        """The true outer table, (s, s, 3) float64, mm RAS."""
        head = self.projection.pixel_directions().reshape(*self.radius.shape, 3) * self.radius[..., None]
        return apply_affine(self.pose.head_to_ras, head)

    @cached_property
    def outer_table_tree(self) -> tuple[cKDTree, Floats]:
        """The true outer table in the defect and round it: tree of its points, and their normals (p, 3)."""
        known = np.isfinite(self.radius)
        return cKDTree(self.table_points[known]), self.normals[known]

    @cached_property
    def margin_tree(self) -> cKDTree:
        """Tree of the margin's points."""
        return cKDTree(self.margin)

    @cached_property
    def margin_distance_mm(self) -> Floats:
        """Distance to the defect's border from inside, (s, s) float64, mm; 0 outside."""
        pixel = 2 * self.projection.half_angle / (self.projection.size - 1) * float(np.nanmedian(self.radius))
        distance: Floats = ndimage.distance_transform_edt(np.pad(self.defect_mask, 1), sampling=pixel)[1:-1, 1:-1]
        return distance

    def to_pixels(self, points: Floats) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Find the pixels of points.

        Parameters
        ----------
        points
            (p, 3), mm RAS.

        Returns
        -------
        row, column : ndarray
            (p,) int64 each; points off the projection get its corner, which is in no defect.
        """
        head = apply_affine(self.pose.ras_to_head, points)
        pixels = np.rint(self.projection.to_pixels(head / np.linalg.norm(head, axis=1, keepdims=True))).astype(int)
        pixels[:, ((pixels < 0) | (pixels >= self.projection.size)).any(axis=0)] = 0
        return pixels[0], pixels[1]

    def over_defect(self, points: Floats) -> Mask:
        """Tell which points are over or under the defect.

        Parameters
        ----------
        points
            (p, 3), mm RAS.

        Returns
        -------
        ndarray
            (p,) bool.
        """
        over: Mask = self.defect_mask[self.to_pixels(points)]
        return over


def measure_ground_truth(skull: IntactSkull, piece: Mask, *, leaves_vault: bool = False) -> GroundTruth:
    """Measure a defect on the intact skull.

    Parameters
    ----------
    skull
        The intact skull.
    piece
        (nk, nj, ni) bool, the missing piece.
    leaves_vault
        The piece goes past the vault, where the skull's rough table is a guess: there the outermost bone is the table.

    Returns
    -------
    GroundTruth
        Border, area and outer surface.

    Raises
    ------
    ValueError
        If the piece is empty, or reaches the outer table nowhere.
    """
    if not piece.any():
        raise ValueError("The missing piece is empty.")
    ijk = np.argwhere(piece)[:, ::-1]
    head = apply_affine(skull.pose.ras_to_head @ skull.ijk_to_ras, ijk[:: max(1, len(ijk) // 20000)])
    directions = head / np.linalg.norm(head, axis=1, keepdims=True)
    radius_mm = float(np.median(interpolate(skull.tables[:, :1], directions[::50])))
    projection = AzimuthalProjection.around_directions(directions, _PROJECTION_PADDING_MM / radius_mm)
    expected = interpolate(skull.tables[:, :1], projection.pixel_directions())[:, 0]
    if leaves_vault:
        expected = _outermost_past_vault(skull, piece, projection, expected)
    radius, missing = _trace_outer_table(skull, piece, projection, expected)
    return _build_ground_truth(skull, piece, projection, radius, missing)


def _outermost_past_vault(skull: IntactSkull, piece: Mask, projection: AzimuthalProjection, expected: Floats) -> Floats:
    """Rough table (p,), mm: the outermost of the piece's bone, or past the vault of all bone, else what is expected."""

    def outermost(chosen: Mask) -> Floats:
        directions = skull.voxel_points[chosen] / skull.voxel_radii[chosen, None]
        row, column = np.rint(projection.to_pixels(directions)).astype(int)
        inside = ((row >= 0) & (row < projection.size) & (column >= 0) & (column < projection.size)).nonzero()[0]
        found = np.zeros((projection.size, projection.size))
        np.maximum.at(found, (row[inside], column[inside]), skull.voxel_radii[chosen][inside])
        return ndimage.grey_closing(found, size=3).ravel()  # voxels are about as wide as pixels

    in_piece = piece.ravel()[skull.voxel_indices]
    middle = projection.pixel_directions()[len(expected) // 2]
    ahead = skull.voxel_points @ middle > np.cos(min(np.sqrt(2) * projection.half_angle, np.pi)) * skull.voxel_radii
    of_piece, of_all = outermost(in_piece), outermost(ahead)
    vault = interpolate(skull.vault[:, None].astype(float), projection.pixel_directions())[:, 0] > 0.5
    # at a slanting edge a ray may meet the piece only deep below the table that it belongs to
    around = ndimage.maximum_filter(of_piece.reshape(projection.size, projection.size), 3).ravel()
    of_piece = np.where((of_piece > 0) & (around - of_piece < _SEARCH_INSIDE_MM), around, of_piece)
    past = np.where(of_piece > 0, of_piece, of_all)
    return np.where((of_piece > 0) | (~vault & (of_all > 0)), past, expected)


def _trace_outer_table(
    skull: IntactSkull, piece: Mask, projection: AzimuthalProjection, expected: Floats
) -> tuple[Floats, Floats]:
    """Outer table (s, s), mm, NaN where there is none, and how far the bone beneath it belongs to the piece, 0..1.

    It is looked for next to an expected radius (p,), mm.
    """
    directions = projection.pixel_directions()
    to_ijk = invert_affine(skull.ijk_to_ras) @ skull.pose.head_to_ras
    step, origin = rotate(to_ijk, directions).T[::-1], to_ijk[:3, 3][::-1]
    offsets = np.arange(_SEARCH_OUTSIDE_MM, -_SEARCH_INSIDE_MM, -_SEARCH_STEP_MM)
    bone = skull.bone.view(np.uint8)

    radius = np.full(len(directions), np.nan)
    missing = np.zeros(len(directions))
    for part in np.array_split(np.arange(len(directions)), max(1, len(directions) // 40_000)):
        kji = origin[:, None, None] + step[:, part, None] * (expected[part, None] + offsets[None])
        profile = ndimage.map_coordinates(bone, kji, order=1, output=np.float32, mode="constant", cval=0) - 0.5
        enters = (profile[:, :-1] < 0) & (profile[:, 1:] >= 0)
        first = enters.argmax(axis=1)
        row = np.arange(len(part))
        before, after = profile[row, first], profile[row, first + 1]
        crossing = (
            expected[part] + offsets[first] - _SEARCH_STEP_MM * before / np.where(enters.any(axis=1), before - after, 1)
        )
        radius[part] = np.where(enters.any(axis=1), crossing, np.nan)
    known = np.flatnonzero(np.isfinite(radius))
    beneath = origin[:, None, None] + step[:, known, None] * (radius[known, None] - np.array(_SAMPLE_DEPTHS_MM))
    in_piece, in_bone = (
        ndimage.map_coordinates(v.view(np.uint8), beneath, order=1, output=np.float32).sum(axis=1)
        for v in (piece, skull.bone)
    )
    missing[known] = in_piece / np.maximum(in_bone, 1e-3)
    shape = (projection.size, projection.size)
    return radius.reshape(shape), np.clip(missing, 0, 1).reshape(shape)


def _build_ground_truth(
    skull: IntactSkull, piece: Mask, projection: AzimuthalProjection, radius: Floats, missing: Floats
) -> GroundTruth:
    directions = projection.pixel_directions().reshape(projection.size, projection.size, 3)
    pixel = 2 * projection.half_angle / (projection.size - 1)
    pixel_mm = pixel * float(np.nanmedian(radius))
    smooth, next_to_step = _smooth_known(radius, _SMOOTHING_MM / pixel_mm), _find_steps(radius, _STEP_SLOPE * pixel_mm)
    reach = ndimage.binary_dilation(next_to_step, iterations=round(3 * _SMOOTHING_MM / pixel_mm))
    smooth = np.where(reach, ndimage.median_filter(_fill_nearest(radius), 5), smooth)
    # pinholes of thin bone inside the defect belong to it: so a surgeon would measure
    filled = ndimage.binary_fill_holes(missing > 0.5)
    missing = np.where(filled & ~np.isfinite(radius), 1.0, missing)
    surface = np.where(np.isfinite(radius) | (filled & ~reach), smooth, np.nan)
    points = smooth[..., None] * directions
    across = np.cross(*(_differences(points, axis, next_to_step) for axis in (0, 1)))
    size = np.linalg.norm(across, axis=-1)
    area = float(np.nansum(np.where(np.isfinite(surface), missing, 0.0) * np.nan_to_num(size))) / 100
    if area <= 0:
        raise ValueError("The missing piece reaches the outer table nowhere.")
    normals = across * np.sign((across * directions).sum(axis=-1, keepdims=True)) / np.maximum(size, 1e-12)[..., None]
    return GroundTruth(
        projection,
        skull.pose,
        surface,
        normals=np.nan_to_num(rotate(skull.pose.head_to_ras, normals)),
        missing_fraction=missing,
        area_cm2=area,
        margin=apply_affine(skull.pose.head_to_ras, _trace_margin(points, surface, missing)),
        missing_piece=piece,
    )


def _find_steps(radius: Floats, step_mm: float) -> Mask:
    """Pixels (s, s) next to which the radius changes by more than ``step_mm``."""
    radius = _fill_nearest(radius)
    found = np.zeros(radius.shape, dtype=bool)
    down, right = (np.abs(np.diff(radius, axis=axis)) > step_mm for axis in (0, 1))
    found[:-1] |= down
    found[1:] |= down
    found[:, :-1] |= right
    found[:, 1:] |= right
    return found


def _differences(points: Floats, axis: int, next_to_step: Mask) -> Floats:
    """Change of points (s, s, 3) from pixel to pixel; next to a step that of the side without it."""
    both = np.gradient(points, axis=axis)
    one_sided = np.diff(points, axis=axis)
    ends = np.take(one_sided, [0], axis), np.take(one_sided, [-1], axis)
    before, after = np.concatenate([ends[0], one_sided], axis), np.concatenate([one_sided, ends[1]], axis)
    is_shorter = (np.linalg.norm(before, axis=-1) < np.linalg.norm(after, axis=-1))[..., None]
    return np.where(next_to_step[..., None], np.where(is_shorter, before, after), both)


def _smooth_known(values: Floats, sigma: float) -> Floats:
    """Gaussian mean of the known values; far from any of them, the nearest."""
    known = np.isfinite(values)
    weight = ndimage.gaussian_filter(known.astype(float), sigma)
    mean = ndimage.gaussian_filter(np.where(known, values, 0.0), sigma) / np.maximum(weight, 1e-6)
    return np.where(weight > 0.05, mean, _fill_nearest(values))


def _fill_nearest(values: Floats) -> Floats:
    """Unknown values get that of the nearest known one."""
    nearest = ndimage.distance_transform_edt(np.isnan(values), return_distances=False, return_indices=True)
    return values[tuple(nearest)]


def _trace_margin(points: Floats, surface: Floats, missing: Floats) -> Floats:
    """The margin, (m, 3), mm: between two pixels each, where half of the outer table is missing."""
    known = np.isfinite(surface)
    found = [np.zeros((0, 3))]
    for axis in (0, 1):
        indices = np.arange(missing.shape[axis])
        a, b = indices[:-1], indices[1:]
        before, after = (np.take(missing, n, axis) - 0.5 for n in (a, b))
        change = (before * after < 0) & np.take(known, a, axis) & np.take(known, b, axis)
        share = (before / np.where(before == after, 1, before - after))[change][:, None]
        p, q = np.take(points, a, axis)[change], np.take(points, b, axis)[change]
        found.append(p + share * (q - p))
    return np.concatenate(found)
