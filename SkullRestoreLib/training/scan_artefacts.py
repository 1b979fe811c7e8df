"""Degrade the bone that damage left, as scanner, burr and resorption do.

Worn edges, noise, thick slices, and the edge of the scan, on the bone intervals of rays.
"""

import numpy as np
from numpy.typing import NDArray

from SkullRestoreLib.geometry.icosphere import direction_from_angles, spherical_grid, values_at_level, vertex_count

SOUND_TABLE_MM = 1.2
"""An outer table moved by less than this still counts as sound."""
_WORN_SHARE = 0.15
"""How often an edge is resorbed over two rings of rays; otherwise only the corner of the cut is rounded."""


def lost_rays(intervals: NDArray[np.floating], tables: NDArray[np.floating]) -> NDArray[np.bool_]:
    """Find the rays on which no interval ends at the true outer table any more.

    Parameters
    ----------
    intervals
        (n, m, 2) bone that is left, mm.
    tables
        (n, 2) true tables, mm.

    Returns
    -------
    ndarray
        (n,) bool.
    """
    with np.errstate(invalid="ignore"):
        # long rows are compared several times faster
        off = np.abs(np.ascontiguousarray(intervals[..., 1].T) - tables[:, 0])
    return ~np.any(off < SOUND_TABLE_MM, axis=0)


def wear_edges(
    intervals: NDArray[np.float32],
    tables: NDArray[np.float32],
    lost: NDArray[np.bool_],
    rng: np.random.Generator,
    level: int,
) -> NDArray[np.float32]:
    """Shorten the bone next to a defect: voxels round off the corner of a cut; a burr or resorption takes more of it.

    Rays are spaced more widely than voxels, so only few rays next to a real cut are shorter, but those by much; none is
    ever longer. Measured on real cuts: 0.14 mm on average, one in seven by more than 0.3 mm.

    Parameters
    ----------
    intervals
        (n, m, 2) bone that is left, mm.
    tables
        (n, 2) true tables, mm.
    lost
        (n,) bool, where the outer table is gone.
    rng
        Source of all randomness.
    level
        Grid level.

    Returns
    -------
    ndarray
        (n, m, 2) float32, mm.
    """
    worn = rng.random() < _WORN_SHARE
    steepness, deepest_mm = (1.5, rng.uniform(0.5, 1.6)) if worn else (6.0, rng.uniform(0.4, 2.0))
    left, grid = intervals.copy(), spherical_grid(level)
    defect = lost & np.isfinite(tables[:, 0])
    for ring in range(2 if worn else 1):
        grown = grid.grow_region(defect, 1)
        vertices, defect = np.flatnonzero(grown & ~defect), grown
        shorter = deepest_mm / 2**ring * rng.random((len(vertices), 2)) ** steepness
        ends = left[vertices]
        with np.errstate(invalid="ignore"):
            # an interval starts at the inner table and ends at the outer one
            sound = np.abs(ends - tables[vertices, None, ::-1]) < SOUND_TABLE_MM
        ends += np.where(sound, shorter[:, None] * [1.0, -1.0], 0)
        ends[ends[..., 1] <= ends[..., 0]] = np.nan
        left[vertices] = ends
    return left


def smooth_noise(level: int, coarse_level: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Draw a smooth random field on the grid, about N(0, 1).

    Parameters
    ----------
    level
        Grid level of the field.
    coarse_level
        Level on which independent values are drawn; it sets the scale of the field.
    rng
        Source of all randomness.

    Returns
    -------
    ndarray
        (n,) float64.
    """
    return values_at_level(rng.normal(size=vertex_count(coarse_level)), level)


def degrade_intervals(intervals: NDArray[np.float32], rng: np.random.Generator, level: int) -> NDArray[np.float32]:
    """Add noise to the ends, and drop bone that is too thin for scanner or threshold.

    Parameters
    ----------
    intervals
        (n, m, 2) bone, mm.
    rng
        Source of all randomness.
    level
        Grid level.

    Returns
    -------
    ndarray
        (n, m, 2) float32, mm.
    """
    rough = np.float32(rng.uniform(0.0, 0.25))
    shift = rng.normal(0, 0.15)  # a lower or higher threshold moves both ends apart or together
    ray, number = np.nonzero(np.isfinite(intervals[..., 0]))
    noise = rough * rng.standard_normal((len(ray), 2), dtype=np.float32)
    smooth = rng.uniform(0, 0.3) * smooth_noise(level, 4, rng)[:, None] + shift * np.array([-1.0, 1.0])
    noise += smooth.astype(np.float32)[ray]
    ends = intervals[ray, number] + noise
    ends[ends[:, 1] - ends[:, 0] < rng.choice([0.3, 0.6, 1.2], p=[0.6, 0.3, 0.1])] = np.nan
    left = intervals.astype(np.float32)
    left[ray, number] = ends
    return left


def thicken_slices(
    intervals: NDArray[np.float32], reach: NDArray[np.float32], rng: np.random.Generator, level: int
) -> NDArray[np.float32]:
    """Move the ends as slices of some millimetres do: towards steps across the slices, most where bone runs along them.

    Bone moves; none is lost, and what is higher stays higher.

    Parameters
    ----------
    intervals
        (n, m, 2) bone, mm.
    reach
        (n,) how far out the scan covers each ray, mm.
    rng
        Source of all randomness.
    level
        Grid level.

    Returns
    -------
    ndarray
        (n, m, 2) float32, mm.
    """
    axis = direction_from_angles(rng.uniform(-180, 180), 90 - abs(rng.normal(0, 12)))
    along = (spherical_grid(level).directions @ axis).astype(np.float32)[:, None, None]
    thickness, strength = rng.uniform(1.5, 5.0), rng.uniform(0.2, 0.9)
    height = intervals * along / thickness + np.float32(rng.random())
    ends = intervals + strength * thickness * (np.round(height) - height) * along
    # half-filled slices fall below the threshold
    dim = rng.uniform(0, 0.2) * strength * thickness * along[..., 0] ** 2
    ends[..., 1] -= np.minimum(dim, (ends[..., 1] - ends[..., 0]) / 2)
    ends = np.minimum(ends, reach[:, None, None])
    ends[ends[..., 1] <= ends[..., 0]] = np.nan
    return ends.astype(np.float32)


def truncate_scan(
    intervals: NDArray[np.float32], reach: NDArray[np.float32], rng: np.random.Generator, level: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """End the scan at a plane under the head.

    Parameters
    ----------
    intervals
        (n, m, 2) bone, mm.
    reach
        (n,) how far out the scan covers each ray, mm.
    rng
        Source of all randomness.
    level
        Grid level.

    Returns
    -------
    intervals, reach : ndarray
        (n, m, 2) and (n,) float32, mm.
    """
    normal = direction_from_angles(rng.uniform(-180, 180), -90 + abs(rng.normal(0, 9)))
    along = spherical_grid(level).directions @ normal
    with np.errstate(divide="ignore"):
        limit = np.where(along > 1e-3, rng.uniform(20, 60) / np.maximum(along, 1e-3), np.inf)
    left = intervals.copy()
    left[..., 1] = np.minimum(left[..., 1], limit[:, None])
    with np.errstate(invalid="ignore"):
        left[left[..., 1] <= left[..., 0]] = np.nan
    return left, np.minimum(reach, limit).astype(np.float32)
