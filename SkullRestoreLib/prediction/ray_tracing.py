"""Trace rays through the bone: bone and head frame in, every bone interval along every grid direction out.

The paper traced each ray to its first hit on a triangle mesh (Mishinov 2023). Here each ray passes through the voxels
themselves (decision 0001): crossings are located between voxels by linear interpolation, no mesh has to be built first,
and *all* intervals are kept, because over the temporal fossa the first hit is the zygomatic arch.

Three quarters of a ray run through air and brain. A coarse table of bricks marks where bone is near; elsewhere nothing
is interpolated, which does not change the result.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter

from SkullRestoreLib.affine import invert_affine, rotate
from SkullRestoreLib.geometry.block_sums import block_maxima
from SkullRestoreLib.geometry.icosphere import spherical_grid, values_at_level
from SkullRestoreLib.geometry.line_samples import Lines, sample_linear
from SkullRestoreLib.records import Bone, Pose, RayMap

MIN_RADIUS_MM = 15.0
"""Rays begin this far from the head's centre."""
MAX_RADIUS_MM = 132.0
"""Rays end this far from the head's centre, beyond the largest head."""
SAMPLE_STEP_MM = 0.5
"""Distance between the samples of a ray."""
MAX_INTERVALS = 6
"""Bone intervals that are kept of a ray, counted from outside."""
_RAYS_PER_BLOCK = 2048
"""Rays that one thread traces at a time; its scratch memory stays below 20 MB."""
_RUN_LENGTH = 9
"""Samples along a ray that are looked up together."""


@dataclass(frozen=True, eq=False)
class BoneBricks:
    """Where a run of samples may meet bone."""

    is_near_bone: NDArray[np.bool_]
    """(bk, bj, bi) bool."""
    size_voxels: NDArray[np.int_]
    """(3,) int, voxels of a brick along k, j, i."""


def build_bricks(bone: Bone) -> BoneBricks:
    """Mark where bone is near, so that :func:`trace_rays` need not sample elsewhere.

    Parameters
    ----------
    bone
        Segmented bone.
    """
    # voxels along k, j, i that a ray passes in one mm at most
    per_mm = np.linalg.norm(np.linalg.inv(bone.ijk_to_ras[:3, :3]), axis=1)[::-1]
    # from the middle of a run to the sample after its end, and on to the voxels that this is interpolated from
    size = np.ceil((_RUN_LENGTH + 1) / 2 * SAMPLE_STEP_MM * per_mm).astype(int) + 1
    largest = bone.field
    for axis, count in enumerate(size):
        largest = np.moveaxis(block_maxima(np.moveaxis(largest, axis, 0), int(count)), 0, axis)
    return BoneBricks(maximum_filter(largest >= bone.iso, 3, mode="constant"), size)


def trace_rays(bone: Bone, pose: Pose, *, level: int = 6, bricks: BoneBricks | None = None) -> RayMap:
    """Trace a ray from the head's centre through every vertex of the grid.

    Parameters
    ----------
    bone
        Segmented bone.
    pose
        Head frame.
    level
        Grid level, 0 to 8.
    bricks
        From :func:`build_bricks`, where the same bone is traced several times.

    Returns
    -------
    RayMap
        Intervals between 15 and 132 mm from the centre, at most six a ray (the outermost six).
    """
    directions = spherical_grid(level).directions
    head_to_ijk = invert_affine(bone.ijk_to_ras) @ pose.head_to_ras
    radii = np.arange(MIN_RADIUS_MM, MAX_RADIUS_MM, SAMPLE_STEP_MM)
    bricks = build_bricks(bone) if bricks is None else bricks
    blocks = [directions[k : k + _RAYS_PER_BLOCK] for k in range(0, len(directions), _RAYS_PER_BLOCK)]
    with ThreadPoolExecutor() as pool:  # numpy releases the interpreter lock
        parts = list(pool.map(lambda block: _trace_block(bone, bricks, head_to_ijk, block, radii), blocks))
    reach = _scan_reach(bone.field.shape, head_to_ijk, directions)
    return RayMap(level, np.concatenate(parts), reach, pose.size)


def _trace_block(
    bone: Bone,
    bricks: BoneBricks,
    head_to_ijk: NDArray[np.float64],
    directions: NDArray[np.float64],
    radii: NDArray[np.float64],
) -> NDArray[np.float32]:
    """Bone intervals along a block of rays: (b, MAX_INTERVALS, 2) float32."""
    step = rotate(head_to_ijk, directions)  # (b, 3) voxels per mm
    centre = head_to_ijk[:3, 3]
    runs = np.arange(-(-len(radii) // _RUN_LENGTH) * _RUN_LENGTH).reshape(-1, _RUN_LENGTH) * SAMPLE_STEP_MM + radii[0]
    ray, run = np.nonzero(_runs_near_bone(bricks, centre, step, (runs[:, 0] + runs[:, -1]) / 2))
    along = step[ray]
    lines = Lines((centre + along * runs[run, :1])[:, ::-1], along[:, ::-1], runs[0] - runs[0, 0])
    profile = np.full((len(step), *runs.shape), bone.outside_value, dtype=np.float32)
    profile[ray, run] = sample_linear(bone.field, lines, outside=bone.outside_value)
    return bone_intervals(profile.reshape(len(step), -1)[:, : len(radii)] - np.float32(bone.iso), radii)


def _runs_near_bone(
    bricks: BoneBricks, centre: NDArray[np.float64], step: NDArray[np.float64], middle_mm: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Whether bone is near each run: (b, runs) bool.

    ``step`` (b, 3) is voxels per mm along the rays, ``middle_mm`` (runs,) the radii of the runs' middles.
    """
    brick = []
    for axis in range(3):  # k, j, i
        index = (centre[2 - axis] + step[:, 2 - axis, None] * middle_mm) // bricks.size_voxels[axis]
        brick.append(np.clip(index, 0, bricks.is_near_bone.shape[axis] - 1).astype(np.intp))
    return bricks.is_near_bone[tuple(brick)]


def bone_intervals(profile: NDArray[np.floating], radii: NDArray[np.float64]) -> NDArray[np.float32]:
    """Find the intervals in which a profile is not negative.

    Parameters
    ----------
    profile
        (b, s) float, bone where >= 0.
    radii
        (s,) float64, mm, evenly spaced.

    Returns
    -------
    (b, MAX_INTERVALS, 2) float32
        Inner and outer end of each interval, outermost first, NaN where there are fewer.

    Examples
    --------
    >>> intervals = bone_intervals(np.array([[-1.0, -1.0, 1.0, 1.0, -1.0]]), np.arange(5.0))
    >>> intervals[0, 0].tolist()
    [1.5, 3.5]
    """
    inside = profile >= 0
    inside[:, [0, -1]] = False
    changes = inside[:, 1:] != inside[:, :-1]
    ray, sample = np.nonzero(changes)
    before, after = profile[ray, sample], profile[ray, sample + 1]
    # where an interval was ended by force, at the first or the last sample, the two values may have one sign: it then
    # ends half-way
    jump = before - after
    fraction = np.where((before * after <= 0) & (jump != 0), before / np.where(jump == 0, 1, jump), 0.5)
    ends = radii[sample] + np.clip(fraction, 0, 1) * (radii[1] - radii[0])
    # ends come in pairs, inner then outer, ordered along each ray
    ray, inner, outer = ray[0::2], ends[0::2], ends[1::2]
    count = np.bincount(ray, minlength=len(profile))
    from_outside = (np.cumsum(count)[ray] - 1) - np.arange(len(ray))
    keep = from_outside < MAX_INTERVALS
    intervals = np.full((len(profile), MAX_INTERVALS, 2), np.nan, dtype=np.float32)
    intervals[ray[keep], from_outside[keep]] = np.stack([inner, outer], axis=1)[keep]
    return intervals


def _scan_reach(
    shape: tuple[int, ...], head_to_ijk: NDArray[np.float64], directions: NDArray[np.float64]
) -> NDArray[np.float32]:
    """How far each ray stays inside the image: (n,) float32, mm."""
    centre = head_to_ijk[:3, 3]
    step = rotate(head_to_ijk, directions)
    high = np.array(shape[::-1], dtype=float) - 0.5
    with np.errstate(divide="ignore"):
        limit = np.where(step > 0, (high - centre) / step, np.where(step < 0, (-0.5 - centre) / step, np.inf))
    return np.clip(limit.min(axis=1), 0, MAX_RADIUS_MM).astype(np.float32)


def rays_at_level(rays: RayMap, level: int) -> RayMap:
    """Return the same rays on a coarser level of the grid, whose vertices are a subset.

    Parameters
    ----------
    rays
        From :func:`trace_rays`.
    level
        Grid level, at most that of ``rays``.

    Returns
    -------
    RayMap
        ``rays`` itself where it is on this level.
    """
    if level == rays.level:
        return rays
    return RayMap(level, values_at_level(rays.intervals, level), values_at_level(rays.reach, level), rays.size)
