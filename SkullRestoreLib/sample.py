"""What the rays see: bone and head frame in, every bone interval along every grid direction out.

The paper traced each ray to its first hit on a triangle mesh (Mishinov 2023). We walk the ray through the voxels themselves: crossings are
located between voxels by linear interpolation, nothing has to be built first, and *all* intervals are kept, because over the temporal fossa
the first hit is the zygomatic arch.

Three quarters of a ray run through air and brain. A table of bricks says where no bone is near, and nothing is interpolated there: the result is the same.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import map_coordinates, maximum_filter

from SkullRestoreLib.case import Bone, Pose, RadialMap
from SkullRestoreLib.grid import grid
from SkullRestoreLib.grid import to_level as values_on

NEAR_MM, FAR_MM, STEP_MM = 15.0, 132.0, 0.5
MAX_INTERVALS = 6
_RAYS_AT_ONCE = 2048  # keeps a worker's scratch below 20 MB
_RUN = 9  # samples along a ray that are looked up together


@dataclass(frozen=True)
class Bricks:
    """Where bone is so near that a run of samples may meet it."""

    near: np.ndarray  # (bk, bj, bi) bool
    size: np.ndarray  # (3,) int, voxels of a brick along k, j, i


def bricks_of(bone: Bone) -> Bricks:
    """Sort a bone's voxels into bricks, so that :func:`trace` need not look where there is none."""
    # voxels along k, j, i that a ray passes in one mm at most
    per_mm = np.linalg.norm(np.linalg.inv(bone.ijk_to_ras[:3, :3]), axis=1)[::-1]
    # from the middle of a run to the sample after its end, and on to the voxels that this is interpolated from
    size = np.ceil((_RUN + 1) / 2 * STEP_MM * per_mm).astype(int) + 1
    most = bone.field
    for axis, count in enumerate(size):
        most = np.moveaxis(_pooled(np.moveaxis(most, axis, 0), int(count)), 0, axis)
    return Bricks(maximum_filter(most >= bone.iso, 3, mode="constant"), size)


def _pooled(values: np.ndarray, count: int) -> np.ndarray:
    """Largest of each ``count`` values along the first axis."""
    largest = values[::count].copy()
    for start in range(1, min(count, len(values))):
        part = values[start::count]
        np.maximum(largest[: len(part)], part, out=largest[: len(part)])
    return largest


def trace(bone: Bone, pose: Pose, *, level: int = 6, bricks: Bricks | None = None) -> RadialMap:
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
        From :func:`bricks_of`, for whoever traces the same bone several times.

    Returns
    -------
    RadialMap
        Intervals between 15 and 132 mm from the centre, at most six a ray (the outermost six).
    """
    directions = grid(level).directions
    to_ijk = np.linalg.inv(bone.ijk_to_ras) @ pose.head_to_ras
    radii = np.arange(NEAR_MM, FAR_MM, STEP_MM)
    bricks = bricks_of(bone) if bricks is None else bricks
    blocks = [directions[k : k + _RAYS_AT_ONCE] for k in range(0, len(directions), _RAYS_AT_ONCE)]
    with ThreadPoolExecutor() as pool:  # map_coordinates lets go of the interpreter lock
        parts = list(pool.map(lambda block: _intervals(bone, bricks, to_ijk, block, radii), blocks))
    return RadialMap(level, np.concatenate(parts), _reach(bone.field.shape, to_ijk, directions))


def _intervals(bone: Bone, bricks: Bricks, to_ijk: np.ndarray, directions: np.ndarray, radii: np.ndarray) -> np.ndarray:
    """Bone intervals along a block of rays: (b, MAX_INTERVALS, 2) float32."""
    step = directions @ to_ijk[:3, :3].T  # (b, 3) voxels per mm
    runs = np.arange(-(-len(radii) // _RUN) * _RUN).reshape(-1, _RUN) * STEP_MM + radii[0]
    ray, run = np.nonzero(_may_meet(bricks, to_ijk[:3, 3], step, (runs[:, 0] + runs[:, -1]) / 2))
    positions = to_ijk[:3, 3][:, None, None] + step[ray].T[:, :, None] * runs[run][None]  # (3, h, _RUN) i, j, k
    met = np.zeros(positions.shape[1:], dtype=np.float32)
    map_coordinates(bone.field, positions[::-1], order=1, output=met, mode="constant", cval=bone.outside)
    profile = np.full((len(step), *runs.shape), bone.outside, dtype=np.float32)
    profile[ray, run] = met
    return crossings(profile.reshape(len(step), -1)[:, : len(radii)] - np.float32(bone.iso), radii)


def _may_meet(bricks: Bricks, origin: np.ndarray, step: np.ndarray, middle: np.ndarray) -> np.ndarray:
    """Whether bone is near each run (b, runs) bool, from the voxels per mm (b, 3) along the rays and where the runs' middles are (runs,), mm."""
    brick = []
    for axis in range(3):  # k, j, i
        index = (origin[2 - axis] + step[:, 2 - axis, None] * middle) // bricks.size[axis]
        brick.append(np.clip(index, 0, bricks.near.shape[axis] - 1).astype(np.intp))
    return bricks.near[tuple(brick)]


def crossings(profile: np.ndarray, radii: np.ndarray) -> np.ndarray:
    """Intervals in which a profile is not negative.

    Parameters
    ----------
    profile
        (b, s) float, bone where >= 0.
    radii
        (s,) float, mm, evenly spaced.

    Returns
    -------
    (b, MAX_INTERVALS, 2) float32
        Inner and outer end of each interval, outermost first, NaN where there are fewer.
    """
    inside = profile >= 0
    inside[:, [0, -1]] = False
    edge = inside[:, 1:] != inside[:, :-1]
    ray, at = np.nonzero(edge)
    before, after = profile[ray, at], profile[ray, at + 1]
    # where an end was closed by force the two values may have one sign; then the sample itself is the end
    jump = before - after
    fraction = np.where((before * after <= 0) & (jump != 0), before / np.where(jump == 0, 1, jump), 0.5)
    end = radii[at] + np.clip(fraction, 0, 1) * (radii[1] - radii[0])
    # ends come in pairs, inner then outer, ordered along each ray
    ray, start, stop = ray[0::2], end[0::2], end[1::2]
    count = np.bincount(ray, minlength=len(profile))
    from_outside = (np.cumsum(count)[ray] - 1) - np.arange(len(ray))
    keep = from_outside < MAX_INTERVALS
    out = np.full((len(profile), MAX_INTERVALS, 2), np.nan, dtype=np.float32)
    out[ray[keep], from_outside[keep]] = np.stack([start, stop], axis=1)[keep]
    return out


def _reach(shape: tuple[int, ...], to_ijk: np.ndarray, directions: np.ndarray) -> np.ndarray:
    """How far each ray stays inside the image: (n,) float32, mm."""
    origin = to_ijk[:3, 3]
    step = directions @ to_ijk[:3, :3].T
    high = np.array(shape[::-1], dtype=float) - 0.5
    with np.errstate(divide="ignore"):
        limit = np.where(step > 0, (high - origin) / step, np.where(step < 0, (-0.5 - origin) / step, np.inf))
    return np.clip(limit.min(axis=1), 0, FAR_MM).astype(np.float32)


def to_level(radial: RadialMap, level: int) -> RadialMap:
    """The same rays on a coarser level of the grid (its vertices are a subset)."""
    if level == radial.level:
        return radial
    return RadialMap(level, values_on(radial.intervals, level), values_on(radial.reach, level))
