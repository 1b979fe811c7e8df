"""Trace the skin: a CT's field, its head frame and its bone's rays in, the skin's distance from the centre out.

Each ray is followed from its outermost bone outwards, to the first air that is deep enough to be outside the head. So
neither air cells of the skull nor a head rest that does not touch the head are taken for the outside.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from SkullRestoreLib.affine import invert_affine, rotate
from SkullRestoreLib.geometry.icosphere import spherical_grid, values_at_level
from SkullRestoreLib.geometry.line_samples import Lines, sample_linear
from SkullRestoreLib.method_parameters import METHOD, SoftTissueParameters
from SkullRestoreLib.prediction.ray_tracing import MAX_RADIUS_MM, SAMPLE_STEP_MM
from SkullRestoreLib.records import Bone, Pose, RayMap, SkinMap

START_RADIUS_MM = 40.0
"""Where a ray meets no bone it is followed from here: inside every head."""
BEYOND_IMAGE_HU = -3024.0
"""Stands for what was not scanned, as in the corners of a scanner's picture."""


def trace_skin(
    bone: Bone, pose: Pose, rays: RayMap, *, parameters: SoftTissueParameters = METHOD.soft_tissue
) -> SkinMap | None:
    """Find the skin along the rays of a coarse grid.

    Parameters
    ----------
    bone
        Segmented bone, with the CT's values around it.
    pose
        Head frame.
    rays
        Of the bone, at the skin's level or a finer one.
    parameters
        Of this step.

    Returns
    -------
    SkinMap or None
        None where the input is a mask or a model, which have no soft tissue.
    """
    if bone.threshold_hu is None:
        return None
    level = min(parameters.grid_level, rays.level)
    head_to_ijk = invert_affine(bone.ijk_to_ras) @ pose.head_to_ras
    steps = rotate(head_to_ijk, spherical_grid(level).directions)[:, ::-1]
    starts = np.broadcast_to(head_to_ijk[2::-1, 3], steps.shape)
    radii = np.arange(START_RADIUS_MM, MAX_RADIUS_MM, SAMPLE_STEP_MM)
    bone_end = np.nan_to_num(values_at_level(rays.intervals, level)[:, 0, 1], nan=0.0)
    # from outside inwards, and no further than the sample beneath the bone's outer end
    count = np.count_nonzero(radii > bone_end[:, None] - 2 * SAMPLE_STEP_MM, axis=1)
    lines = Lines(starts, steps, radii[::-1])
    profile = sample_linear(bone.field, lines, outside=BEYOND_IMAGE_HU, count=count)[:, ::-1]
    return SkinMap(level, find_outside(profile, radii, bone_end, parameters=parameters))


def find_outside(
    profile: NDArray[np.float32],
    radii: NDArray[np.float64],
    bone_end: NDArray[np.floating],
    *,
    parameters: SoftTissueParameters = METHOD.soft_tissue,
) -> NDArray[np.float32]:
    """Find where profiles leave the head for good.

    Parameters
    ----------
    profile
        (b, s), HU.
    radii
        (s,), mm, evenly spaced.
    bone_end
        (b,), mm: nothing nearer to the centre is looked at.
    parameters
        Of this step.

    Returns
    -------
    ndarray
        (b,) float32, mm, interpolated between samples; NaN where there is no air, or what follows was not scanned.

    Examples
    --------
    >>> hu = np.array([[40.0] * 4 + [-1000.0] * 8], np.float32)
    >>> find_outside(hu, 0.5 * np.arange(12), np.zeros(1)).astype(float).round(2).tolist()
    [1.74]
    """
    step_mm = float(radii[1] - radii[0])
    depth = max(int(np.ceil(parameters.air_mm / step_mm)), 1)
    is_air = (profile < parameters.skin_hu) & (radii > bone_end[:, None])
    windows = _windows(is_air, depth).min(axis=2)
    first, rows = windows.argmax(axis=1), np.arange(len(profile))
    scanned = _windows(profile, depth)[rows, first].min(axis=1)
    last = np.maximum(first - 1, 0)
    inside, outside = profile[rows, last], profile[rows, first]
    drop = np.where(inside > outside, inside - outside, 1.0)
    part = np.clip((inside - parameters.skin_hu) / drop, 0, 1)
    found = windows[rows, first] & (first > 0) & (scanned > parameters.not_scanned_hu)
    return np.where(found, radii[last] + part * step_mm, np.nan).astype(np.float32)


def _windows(values: NDArray[Any], length: int) -> NDArray[Any]:
    """Each run of so many values along the rows of (b, s): (b, s - length + 1, length)."""
    return np.lib.stride_tricks.sliding_window_view(values, length, axis=1)
