"""What the rays see: bone and head frame in, every bone interval along every grid direction out.

The paper traced each ray to its first hit on a triangle mesh (Mishinov 2023). We walk the ray through the voxels themselves: crossings are
located between voxels by linear interpolation, nothing has to be built first, and *all* intervals are kept, because over the temporal fossa
the first hit is the zygomatic arch.
"""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
from scipy.ndimage import map_coordinates

from SkullRestoreLib.case import Bone, Pose, RadialMap
from SkullRestoreLib.grid import grid
from SkullRestoreLib.grid import to_level as values_on

NEAR_MM, FAR_MM, STEP_MM = 15.0, 132.0, 0.5
MAX_INTERVALS = 6
_RAYS_AT_ONCE = 2048  # keeps a worker's scratch below 20 MB


def trace(bone: Bone, pose: Pose, *, level: int = 6) -> RadialMap:
    """Trace a ray from the head's centre through every vertex of the grid.

    Parameters
    ----------
    bone
        Segmented bone.
    pose
        Head frame.
    level
        Grid level, 0 to 8.

    Returns
    -------
    RadialMap
        Intervals between 15 and 132 mm from the centre, at most six a ray (the outermost six).
    """
    directions = grid(level).directions
    to_ijk = np.linalg.inv(bone.ijk_to_ras) @ pose.head_to_ras
    radii = np.arange(NEAR_MM, FAR_MM, STEP_MM)
    blocks = [directions[k : k + _RAYS_AT_ONCE] for k in range(0, len(directions), _RAYS_AT_ONCE)]
    with ThreadPoolExecutor() as pool:  # map_coordinates lets go of the interpreter lock
        parts = list(pool.map(lambda block: _intervals(bone, to_ijk, block, radii), blocks))
    return RadialMap(level, np.concatenate(parts), _reach(bone.field.shape, to_ijk, directions))


def _intervals(bone: Bone, to_ijk: np.ndarray, directions: np.ndarray, radii: np.ndarray) -> np.ndarray:
    """Bone intervals along a block of rays: (b, MAX_INTERVALS, 2) float32."""
    step = directions @ to_ijk[:3, :3].T  # (b, 3) voxels per mm
    positions = to_ijk[:3, 3][:, None, None] + step.T[:, :, None] * radii[None, None, :]  # (3, b, s) i, j, k
    profile = np.zeros(positions.shape[1:], dtype=np.float32)
    map_coordinates(bone.field, positions[::-1], order=1, output=profile, mode="constant", cval=bone.outside)
    return crossings(profile - np.float32(bone.iso), radii)


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
