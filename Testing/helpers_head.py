"""Heads for the tests: the phantom without its files, and a spherical skull whose measures are all known."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from helpers_quick import remembered
from scipy.spatial.transform import Rotation

from SkullRestoreLib.geometry.icosphere import spherical_grid, vertex_count
from SkullRestoreLib.phantom import anatomy, craniectomy, scanner
from SkullRestoreLib.records import Bone, Pose, VaultTables, Volume

OUTER_MM, INNER_MM = 85.0, 78.0
ROUND_HEAD_FRAME = np.eye(4)
"""The spherical skull's head frame: its own axes."""


@dataclass(frozen=True)
class PhantomHead:
    """A synthetic head in memory, on one grid, with its true pose (4, 4) and its holes, larger first."""

    ct: np.ndarray  # (nk, nj, ni) int16 HU, with the holes
    intact: np.ndarray  # (nk, nj, ni) int16 HU
    missing: np.ndarray  # (nk, nj, ni) uint8, number of the hole
    ijk_to_ras: np.ndarray  # (4, 4) float64
    head_to_ras: np.ndarray  # (4, 4) float64, the true pose
    holes: tuple  # of the phantom, larger first

    def volume(self, *, intact=False):
        """The CT as a volume."""
        return Volume(self.intact if intact else self.ct, self.ijk_to_ras, "ct")

    def mask(self, *, intact=False):
        """The bone as a mask."""
        return Volume((self.intact if intact else self.ct) >= 400, self.ijk_to_ras, "mask")


@lru_cache(maxsize=4)
def phantom_head(place="parietal", size_cm=7.0, *, bilateral=False, seed=3, spacing=2.0):
    """Make a phantom's head with holes; coarse, because its shape does not depend on the size of its voxels."""
    return scan_phantom(place, size_cm, bilateral=bilateral, seed=seed, spacing=spacing)


@remembered
def scan_phantom(place, size_cm, *, bilateral, seed, spacing):
    """Make the head that :func:`phantom_head` returns."""
    head = anatomy.grow_head(np.random.default_rng([seed, 1]))
    holes = craniectomy.plan_craniectomies(
        head, place, size_cm, bilateral=bilateral, rng=np.random.default_rng([seed, 2])
    )
    scan = scanner.place_scan(
        head, slice_mm=spacing, matrix=int(scanner.FIELD_OF_VIEW_MM / spacing), rng=np.random.default_rng([seed, 3])
    )
    ct, intact, missing = (
        np.stack(a) for a in zip(*scanner.scan_slices(head, holes, (), scan, noise_hu=5.0, seed=seed), strict=True)
    )
    ijk_to_ras = np.diag([*scan.spacing, 1.0])
    ijk_to_ras[:3, 3] = scan.lowest_voxel + scan.ras_offset
    return PhantomHead(ct, intact, missing, ijk_to_ras, scan.head_to_ras, holes)


def rotation_about_axes(degrees):
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
    """Make a spherical skull as voxels, open below ``floor``; all of it, or a box from ``low`` to ``high``, mm.

    ``depth(x, y, z)`` is the depth of a position inside a hole, mm, negative outside the hole.
    """
    low, high = np.broadcast_to(low, 3), np.broadcast_to(high, 3)
    x, y, z = (np.arange(a, b + spacing, spacing, dtype=np.float32) for a, b in zip(low, high, strict=True))
    ijk_to_ras = np.diag([spacing, spacing, spacing, 1.0])
    ijk_to_ras[:3, 3] = low
    z, y, x = np.meshgrid(z, y, x, indexing="ij", sparse=True)
    radius = np.sqrt(x**2 + y**2 + z**2)
    inside = np.minimum(np.minimum(OUTER_MM - radius, radius - INNER_MM), np.minimum(z - floor, -depth(x, y, z)))
    return bone_from_depth(inside, ijk_to_ras, ct=ct)


def bone_from_depth(inside, ijk_to_ras, *, ct=True):
    """Make bone from the depth of each voxel inside it, mm; the value of a CT rises over about a voxel."""
    field = np.clip(300 + 500 * inside, -1000, 1500).astype(np.int16) if ct else (inside >= 0).astype(np.uint8)
    iso = 300.0 if ct else 0.5
    return Bone(field, iso, field >= iso, ijk_to_ras, threshold_hu=iso if ct else None)


def cone_depth(direction, degrees):
    """``depth`` of a round hole: a cone around ``direction`` with this half angle, its walls along the rays."""
    d = np.asarray(direction, float) / np.linalg.norm(direction)
    return lambda x, y, z: _cone(x, y, z, d, np.radians(degrees))


def _cone(x, y, z, d, half):
    radius = np.sqrt(x**2 + y**2 + z**2)
    along = (x * d[0] + y * d[1] + z * d[2]) / np.maximum(radius, 1e-6)
    return radius * (half - np.arccos(np.clip(along, -1, 1)))


def no_cut_depth(x, y, z):
    """``depth`` of no hole."""
    return np.full(np.broadcast_shapes(np.shape(x), np.shape(y), np.shape(z)), -50.0)


def cap_area_cm2(degrees, radius=OUTER_MM):
    """Area of a round hole on the outer table, cm²."""
    return 2 * np.pi * radius**2 * (1 - np.cos(np.radians(degrees))) / 100


def round_tables(level=6, *, outer=OUTER_MM, inner=INNER_MM, missing=None, sigma=1.0, floor=-0.4):
    """The spherical skull as a prediction; ``missing`` (n,) 0..1."""
    n = vertex_count(level)
    ones = np.ones(n)
    vault = spherical_grid(level).directions[:, 2] > floor
    return VaultTables(
        level,
        outer * ones,
        inner * ones,
        sigma * ones,
        sigma * ones,
        np.zeros(n) if missing is None else missing * ones,
        vault,
    )


def round_pose(turn=None):
    """Pose of the spherical skull, rotated by (3, 3) or not."""
    pose = np.eye(4)
    if turn is not None:
        pose[:3, :3] = turn
    return Pose(pose, 0.5, 1.0)


def vertices_in_cone(level, direction, degrees):
    """Grid vertices inside a round hole."""
    d = np.asarray(direction, float) / np.linalg.norm(direction)
    return np.flatnonzero(spherical_grid(level).directions @ d > np.cos(np.radians(degrees)))
