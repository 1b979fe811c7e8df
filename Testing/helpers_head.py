"""Heads for the tests: the phantom's anatomy without its files, and a round skull whose every figure is known."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.spatial.transform import Rotation

from SkullRestoreLib.case import Bone, Pose, Shell, Volume
from SkullRestoreLib.grid import grid, vertex_count
from SkullRestoreLib.phantom import anatomy, craniectomy, scanner

OUTER_MM, INNER_MM = 85.0, 78.0
UPWARD = np.eye(4)
"""The round skull's head frame: its own axes."""


@dataclass(frozen=True)
class Head:
    """A synthetic head in memory, on one grid."""

    ct: np.ndarray  # (nk, nj, ni) int16 HU, with its holes
    intact: np.ndarray  # (nk, nj, ni) int16 HU
    missing: np.ndarray  # (nk, nj, ni) uint8, number of the hole
    ijk_to_ras: np.ndarray  # (4, 4) float64
    head_to_ras: np.ndarray  # (4, 4) float64, the truth about its pose
    holes: tuple  # of the phantom, larger first

    def volume(self, *, intact=False):
        """The CT."""
        return Volume(self.intact if intact else self.ct, self.ijk_to_ras, "ct")

    def mask(self, *, intact=False):
        """Its bone as a mask."""
        return Volume((self.intact if intact else self.ct) >= 400, self.ijk_to_ras, "mask")


@lru_cache(maxsize=4)
def head(place="parietal", size_cm=7.0, *, bilateral=False, seed=3, spacing=2.0):
    """A phantom's head with its holes; coarse, for its shape does not depend on the size of its voxels."""
    grown = anatomy.grow(np.random.default_rng([seed, 1]))
    holes = craniectomy.plan(grown, place, size_cm, bilateral=bilateral, rng=np.random.default_rng([seed, 2]))
    scan = scanner.place(grown, slice_mm=spacing, matrix=int(scanner.FIELD_MM / spacing), rng=np.random.default_rng([seed, 3]))
    ct, intact, missing = (np.stack(a) for a in zip(*scanner.slices(grown, holes, (), scan, noise_hu=5.0, seed=seed), strict=True))
    ijk_to_ras = np.diag([*scan.spacing, 1.0])
    ijk_to_ras[:3, 3] = scan.low + scan.shift
    return Head(ct, intact, missing, ijk_to_ras, scan.head_to_ras, holes)


def turn_of(degrees):
    """(4, 4) rotation about x, y and z."""
    out = np.eye(4)
    out[:3, :3] = Rotation.from_euler("xyz", degrees, degrees=True).as_matrix()
    return out


def angle_between(pose, truth):
    """Degrees between the head frames of two (4, 4) matrices, and mm between their centres."""
    turn = Rotation.from_matrix(pose.head_to_ras[:3, :3].T @ truth[:3, :3]).magnitude()
    return float(np.degrees(turn)), float(np.linalg.norm(pose.head_to_ras[:3, 3] - truth[:3, 3]))


# --- the round skull


def round_bone(depth, *, spacing=1.0, low=-92.0, high=92.0, floor=-40.0, ct=True):
    """A round skull as voxels, open below ``floor``; all of it, or a box from ``low`` to ``high``, mm.

    ``depth(x, y, z)`` says how many mm inside a hole a place is, negative outside.
    """
    low, high = np.broadcast_to(low, 3), np.broadcast_to(high, 3)
    x, y, z = (np.arange(a, b + spacing, spacing, dtype=np.float32) for a, b in zip(low, high, strict=True))
    ijk_to_ras = np.diag([spacing, spacing, spacing, 1.0])
    ijk_to_ras[:3, 3] = low
    z, y, x = np.meshgrid(z, y, x, indexing="ij", sparse=True)
    radius = np.sqrt(x**2 + y**2 + z**2)
    inside = np.minimum(np.minimum(OUTER_MM - radius, radius - INNER_MM), np.minimum(z - floor, -depth(x, y, z)))
    return as_bone(inside, ijk_to_ras, ct=ct)


def as_bone(inside, ijk_to_ras, *, ct=True):
    """Bone from how many mm inside it each voxel is; a CT's value rises over about a voxel."""
    field = np.clip(300 + 500 * inside, -1000, 1500).astype(np.int16) if ct else (inside >= 0).astype(np.uint8)
    iso = 300.0 if ct else 0.5
    return Bone(field, iso, field >= iso, ijk_to_ras, threshold_hu=iso if ct else None)


def cap(direction, degrees):
    """``depth`` of a round hole: a cone round ``direction`` with this half angle, walls along the rays."""
    d = np.asarray(direction, float) / np.linalg.norm(direction)
    return lambda x, y, z: _cone(x, y, z, d, np.radians(degrees))


def _cone(x, y, z, d, half):
    radius = np.sqrt(x**2 + y**2 + z**2)
    along = (x * d[0] + y * d[1] + z * d[2]) / np.maximum(radius, 1e-6)
    return radius * (half - np.arccos(np.clip(along, -1, 1)))


def no_hole(x, y, z):
    """``depth`` of nothing."""
    return np.full(np.broadcast_shapes(np.shape(x), np.shape(y), np.shape(z)), -50.0)


def cap_area_cm2(degrees, radius=OUTER_MM):
    """Area of a round hole on the outer table."""
    return 2 * np.pi * radius**2 * (1 - np.cos(np.radians(degrees))) / 100


def round_shell(level=6, *, outer=OUTER_MM, inner=INNER_MM, missing=None, sigma=1.0, floor=-0.4):
    """The round skull as a prediction; ``missing`` (n,) 0..1."""
    n = vertex_count(level)
    ones = np.ones(n)
    vault = grid(level).directions[:, 2] > floor
    return Shell(level, outer * ones, inner * ones, sigma * ones, sigma * ones, np.zeros(n) if missing is None else missing * ones, vault)


def round_pose(turn=None):
    """The round skull's head frame, its voxels turned or not."""
    pose = np.eye(4)
    if turn is not None:
        pose[:3, :3] = turn
    return Pose(pose, 0.5, 1.0)


def vertices_in(level, direction, degrees):
    """Grid vertices in a round hole."""
    d = np.asarray(direction, float) / np.linalg.norm(direction)
    return np.flatnonzero(grid(level).directions @ d > np.cos(np.radians(degrees)))
