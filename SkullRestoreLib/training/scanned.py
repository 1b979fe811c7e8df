"""What scanner, burr and years do to the rays of bone that is still there: worn edges, noise, thick slices, an edge of the scan."""

import numpy as np

from SkullRestoreLib.grid import direction, grid, to_level, vertex_count

SOUND_MM = 1.2
"""An outer table moved by less than this still counts as sound."""


def lost_rays(intervals: np.ndarray, tables: np.ndarray) -> np.ndarray:
    """Where no interval ends at the true outer table any more: (n,) bool."""
    with np.errstate(invalid="ignore"):
        return ~(np.abs(intervals[..., 1].T - tables[:, 0]) < SOUND_MM).any(axis=0)


def wear_edges(intervals: np.ndarray, tables: np.ndarray, lost: np.ndarray, rng: np.random.Generator, level: int) -> np.ndarray:
    """Bone beside a hole ends short of its tables: voxels round off the corner of a cut, a burr or the years take more of it.

    A ray's spacing is wider than a voxel's, so of the rays beside a real cut few are short, and those by much; none is ever long. Measured on real cuts:
    0.14 mm on average, one of seven by more than 0.3 mm.
    """
    worn = rng.random() < 0.15
    steepness, deepest = (1.5, rng.uniform(0.5, 1.6)) if worn else (6.0, rng.uniform(0.4, 2.0))
    left, g = intervals.copy(), grid(level)
    hole = lost & np.isfinite(tables[:, 0])
    for ring in range(2 if worn else 1):
        grown = g.grow(hole, 1)
        at, hole = np.flatnonzero(grown & ~hole), grown
        short = deepest / 2**ring * rng.random((len(at), 2)) ** steepness
        ends = left[at]
        with np.errstate(invalid="ignore"):
            sound = np.abs(ends - tables[at, None, ::-1]) < SOUND_MM  # an interval starts at the inner table
        ends += np.where(sound, short[:, None] * [1.0, -1.0], 0)
        ends[ends[..., 1] <= ends[..., 0]] = np.nan
        left[at] = ends
    return left


def smooth_noise(level: int, coarse: int, rng: np.random.Generator) -> np.ndarray:
    """Smooth random field on the grid, about N(0, 1): (n,) float."""
    return to_level(rng.normal(size=vertex_count(coarse)), level)


def worsen(intervals: np.ndarray, rng: np.random.Generator, level: int) -> np.ndarray:
    """Noise of the ends, and bone thinner than the scanner or the threshold can see is lost."""
    rough = np.float32(rng.uniform(0.0, 0.25))
    shift = rng.normal(0, 0.15)  # a lower or higher threshold moves both ends apart or together
    ray, number = np.nonzero(np.isfinite(intervals[..., 0]))
    noise = rough * rng.standard_normal((len(ray), 2), dtype=np.float32)
    noise += (rng.uniform(0, 0.3) * smooth_noise(level, 4, rng)[ray, None] + shift * np.array([-1.0, 1.0])).astype(np.float32)
    ends = intervals[ray, number] + noise
    ends[ends[:, 1] - ends[:, 0] < rng.choice([0.3, 0.6, 1.2], p=[0.6, 0.3, 0.1])] = np.nan
    out = intervals.astype(np.float32)
    out[ray, number] = ends
    return out


def thicken_slices(intervals: np.ndarray, reach: np.ndarray, rng: np.random.Generator, level: int) -> np.ndarray:
    """Ends where slices of some millimetres put them: drawn towards steps across the slices' axis, most where bone lies along the slices, as at the vertex.

    Bone moves; none is lost, and what is higher stays higher.
    """
    axis = direction(rng.uniform(-180, 180), 90 - abs(rng.normal(0, 12)))
    along = (grid(level).directions @ axis).astype(np.float32)[:, None, None]
    thickness, strength = rng.uniform(1.5, 5.0), rng.uniform(0.2, 0.9)
    height = intervals * along / thickness + np.float32(rng.random())
    ends = intervals + strength * thickness * (np.round(height) - height) * along
    # half-filled slices fall below the threshold
    dim = rng.uniform(0, 0.2) * strength * thickness * along[..., 0] ** 2
    ends[..., 1] -= np.minimum(dim, (ends[..., 1] - ends[..., 0]) / 2)
    ends = np.minimum(ends, reach[:, None, None])
    ends[ends[..., 1] <= ends[..., 0]] = np.nan
    return ends.astype(np.float32)


def cut_scan(intervals: np.ndarray, reach: np.ndarray, rng: np.random.Generator, level: int) -> tuple[np.ndarray, np.ndarray]:
    """The scan ends at a plane under the head."""
    normal = direction(rng.uniform(-180, 180), -90 + abs(rng.normal(0, 9)))
    along = grid(level).directions @ normal
    with np.errstate(divide="ignore"):
        limit = np.where(along > 1e-3, rng.uniform(20, 60) / np.maximum(along, 1e-3), np.inf)
    out = intervals.copy()
    out[..., 1] = np.minimum(out[..., 1], limit[:, None])
    with np.errstate(invalid="ignore"):
        out[out[..., 1] <= out[..., 0]] = np.nan
    return out, np.minimum(reach, limit).astype(np.float32)
