"""Restored surface against the same skull before it was operated on: a distance at each place, and the two numbers of Mishinov 2023.

The skull before is laid over the skull after first: by their head frames, then point to plane on sound vault.
"""

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree
from scipy.spatial.transform import Rotation

from SkullRestoreLib import knowledge, pipeline, pose, sample
from SkullRestoreLib.case import Bone, InputError, Mesh, Pose, Volume
from SkullRestoreLib.clock import Clock
from SkullRestoreLib.evaluation.metrics import Deviation, grade
from SkullRestoreLib.fine import vertex_normals
from SkullRestoreLib.grid import grid
from SkullRestoreLib.session.design import Design
from SkullRestoreLib.session.work import Drawn, Steps
from SkullRestoreLib.settings import Settings
from SkullRestoreLib.shape import match

_NEAR_MM = 12.0
"""A table further from the restored surface than this is another one."""
_FIT_MM = 1.5
"""Skulls whose sound vaults differ by more than this at a tenth of the places are not the same patient's, or not laid over each other."""


@dataclass(frozen=True)
class Difference:
    """One defect against the skull before. Lengths in mm."""

    defect: int
    distance: (
        np.ndarray
    )  # (n,) float64 at each vertex of the drawn surface: positive where the restoration stands out; NaN where nothing was there
    area_cm2: float  # of the restored surface
    true_area_cm2: float  # the same piece on the skull before
    deviation: Deviation
    grade: str

    @property
    def area_error_cm2(self) -> float:
        """By how much the area differs: the first of the paper's two numbers."""
        return self.area_cm2 - self.true_area_cm2


@dataclass(frozen=True)
class Comparison:
    """All defects against the skull before."""

    differences: tuple[Difference, ...]
    fit_mm: float  # nine tenths of the two skulls' sound vaults are nearer to each other than this


def compare(before: Volume | Mesh, design: Design, drawn: tuple[Drawn, ...], settings: Settings) -> Steps:
    """Compare with a skull before the operation.

    Raises
    ------
    InputError
        If it is no skull, or not this patient's.
    """
    clock = Clock()
    seen = design.found.seen
    yield clock.starts("segment the skull before", 0.05)
    _, bone = pipeline.segment(before, Settings())
    _, atlas = knowledge.load(settings)
    yield clock.starts("lay the skulls over each other", 0.3)
    own = pose.find_pose(bone, atlas.template)
    target = pipeline.display_model(bone)
    moved, fit = _align(_sound_vault(design), target, [np.eye(4), own.head_to_ras @ seen.pose.ras_to_head])
    if fit > _FIT_MM:
        raise InputError(
            f"The two skulls do not fit: a tenth of their sound vaults is more than {fit:.1f} mm apart. "
            "Is it the same patient? If so, register the two scans first."
        )
    yield clock.starts("measure the distances", 0.7)
    reference = _outer_table(bone, Pose(seen.pose.ras_to_head @ np.linalg.inv(moved), 0.0, 1.0), design)
    made = pipeline.restore_surface(design.active, design.active_points)
    differences = [_difference(one, made.shell.outer, reference) for one in drawn if one.defect not in design.off]
    clock.stops()
    return Comparison(tuple(differences), fit)


def _sound_vault(design: Design) -> np.ndarray:
    """Points (n, 3), mm RAS, of the vault where there is bone and no hole is near."""
    shell, radial = design.found.tied.shell, design.found.radial
    g = grid(shell.level)
    holes = np.zeros(len(g), dtype=bool)
    for one in (*design.found.openings, *design.found.small):
        holes[one.hole.vertices] = True
    seen = match(radial.intervals, np.stack([shell.outer, shell.inner], axis=1), 3.0)[:, 0]
    sound = shell.vault & np.isfinite(seen) & ~g.grow(holes, 4)
    head = g.directions[sound] * seen[sound, None]
    to_ras = design.found.seen.pose.head_to_ras
    return (head @ to_ras[:3, :3].T + to_ras[:3, 3])[:: max(1, int(sound.sum()) // 8000)]


def _align(points: np.ndarray, target: Mesh, starts: list[np.ndarray]) -> tuple[np.ndarray, float]:
    """The rigid motion (4, 4) that lays points on a surface, from the best of several starts, and how well they fit, mm.

    Point to plane, the nearest seven tenths of the points in each turn (Chen and Medioni 1992; trimmed).
    """
    corners = target.vertices[target.faces]
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals = np.zeros_like(target.vertices)
    for k in range(3):
        np.add.at(normals, target.faces[:, k], normal)
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    tree = cKDTree(target.vertices)
    return min((_icp(points, tree, normals, start) for start in starts), key=lambda made: made[1])


def _icp(points: np.ndarray, tree: cKDTree, normals: np.ndarray, motion: np.ndarray, turns: int = 30) -> tuple[np.ndarray, float]:
    gap = np.zeros(len(points))
    for _ in range(turns):
        at = points @ motion[:3, :3].T + motion[:3, 3]
        away, nearest = tree.query(at, workers=-1)
        n = normals[nearest]
        gap = ((tree.data[nearest] - at) * n).sum(axis=1)
        used = away <= np.quantile(away, 0.7)
        middle = at[used].mean(axis=0)
        rows = np.concatenate([np.cross(at[used] - middle, n[used]), n[used]], axis=1)
        x = np.linalg.lstsq(rows, gap[used], rcond=None)[0]
        step = np.eye(4)
        step[:3, :3] = Rotation.from_rotvec(x[:3]).as_matrix()
        step[:3, 3] = x[3:] + middle - step[:3, :3] @ middle
        motion = step @ motion
        if np.abs(x[:3]).max() < 1e-6 and np.abs(x[3:]).max() < 1e-4:
            break
    return motion, float(np.quantile(np.abs(gap), 0.9))


def _outer_table(bone: Bone, head: Pose, design: Design) -> np.ndarray:
    """Radius (grid,) mm of the skull before, at the table next to the restored one; NaN where there is none."""
    radial = sample.trace(bone, head, level=design.found.tied.shell.level)
    shell = design.found.tied.shell
    return match(radial.intervals, np.stack([shell.outer, shell.inner], axis=1), _NEAR_MM)[:, 0]


def _difference(one: Drawn, outer: np.ndarray, reference: np.ndarray) -> Difference:
    made, true = one.rays.at(outer), one.rays.at(reference)
    known = np.isfinite(true).all(axis=1)
    if not known.any():
        raise InputError(f"The skull before has no bone at defect {one.defect}: is it the scan from before the operation?")
    # along the ray the distance is longer than across the surface, by the slope
    slope = np.abs((vertex_normals(made, one.faces) * one.rays.directions).sum(axis=1))
    distance = ((made - true) * one.rays.directions).sum(axis=1) * slope
    whole = one.faces[known[one.faces].all(axis=1)]
    size = _areas(made, whole)
    weight = np.bincount(whole.ravel(), np.repeat(size / 3, 3), len(made))[known]
    away = np.abs(distance[known])
    order = np.argsort(away)
    share = np.cumsum(weight[order]) / weight.sum()
    at = [float(away[order][min(np.searchsorted(share, q), len(away) - 1)]) for q in (0.99, 0.5)]
    found = Deviation(at[0], float(np.sqrt((weight * away**2).sum() / weight.sum())), at[1])
    cm2, true_cm2 = float(size.sum()) / 100, float(_areas(true, whole).sum()) / 100
    return Difference(one.defect, distance, cm2, true_cm2, found, grade(found))


def _areas(vertices: np.ndarray, faces: np.ndarray) -> np.ndarray:
    a, b, c = (vertices[faces[:, k]] for k in range(3))
    return np.linalg.norm(np.cross(b - a, c - a), axis=1) / 2
