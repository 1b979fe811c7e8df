"""Compare a restored surface with the same skull before it was operated on: records in, distances and numbers out.

The two numbers are those of Mishinov 2023: the area's error and the deviation. The skull before is first laid over the
restored one, by their head frames, then point to plane on sound vault, so it may come from another scan.
"""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from scipy.spatial.transform import Rotation

from SkullRestoreLib._system.progress import Progress, StepTimer
from SkullRestoreLib.affine import apply_affine, invert_affine
from SkullRestoreLib.defects.patch import VertexRays
from SkullRestoreLib.errors import InputError
from SkullRestoreLib.geometry.icosphere import spherical_grid
from SkullRestoreLib.geometry.metrics import SurfaceDeviation, grade_deviation, triangle_areas
from SkullRestoreLib.geometry.refined_mesh import vertex_normals
from SkullRestoreLib.pipeline import head_steps, steps
from SkullRestoreLib.pipeline.results import DetectedDefects
from SkullRestoreLib.pose import head_frame
from SkullRestoreLib.prediction import models, ray_tracing
from SkullRestoreLib.records import Bone, Mesh, Pose, VaultTables, Volume
from SkullRestoreLib.settings import Settings
from SkullRestoreLib.skull_model.atlas import HeadTemplate
from SkullRestoreLib.skull_model.shape_model import match_tables

NOT_COMPARED = "not compared: no bone there"
_MAX_TABLE_DISTANCE_MM = 12.0
"""A table further from the restored surface than this is another one."""
_MIN_COMPARED_FRACTION = 0.5
"""With bone of the skull before under less of a defect than this, numbers would be those of its rim."""
_MAX_ALIGNMENT_ERROR_MM = 1.5
"""Sound vaults that differ by more than this at a tenth of the places are of two patients, or do not lie on each
other."""
_ALIGNED_FRACTION = 0.7
"""Part of the points that the alignment uses in each turn: the nearest. The rest may be lost bone, or new bone."""
_SOUND_MATCH_MM = 3.0
_SOUND_MARGIN_RINGS = 4
_MAX_ALIGNMENT_POINTS = 8000


class RestoredSurface(Protocol):
    """The triangles of one restored surface, on rays of the grid."""

    @property
    def defect(self) -> int:
        """Number of the defect."""

    @property
    def faces(self) -> NDArray[np.int64]:
        """(m, 3)."""

    @property
    def vertex_rays(self) -> VertexRays:
        """One ray for each vertex."""


@dataclass(frozen=True, eq=False)
class PatchSurface:
    """The surface of one patch, with all its triangles."""

    defect: int
    faces: NDArray[np.int64]
    vertex_rays: VertexRays


@dataclass(frozen=True, eq=False)
class DefectComparison:
    """One defect against the skull before. Lengths in mm."""

    defect: int
    signed_distance_mm: NDArray[np.float64]
    """(n,) at each vertex of the surface: positive where the restoration stands out; NaN where nothing was there."""
    share: float
    """Part of the restored surface's area that could be compared, 0 to 1."""
    area_cm2: float | None
    """Of the part that could be compared; None where that is too little, as all that follow."""
    reference_area_cm2: float | None
    """Of the same piece on the skull before."""
    deviation: SurfaceDeviation | None
    grade: str

    @property
    def area_error_cm2(self) -> float | None:
        """By how much the area differs: the first of the paper's two numbers."""
        if self.area_cm2 is None or self.reference_area_cm2 is None:
            return None
        return self.area_cm2 - self.reference_area_cm2


@dataclass(frozen=True, eq=False)
class SkullComparison:
    """All defects against the skull before."""

    defect_comparisons: tuple[DefectComparison, ...]
    alignment_error_mm: float
    """Nine tenths of the two skulls' sound vaults are nearer to each other than this."""
    deviation: SurfaceDeviation
    """Over all defects that could be compared together, by area."""


def compare_surfaces(
    before: Volume | Mesh,
    detected: DetectedDefects,
    outer: NDArray[np.float64],
    surfaces: Sequence[RestoredSurface],
    *,
    settings: Settings,
) -> Generator[Progress, None, SkullComparison]:
    """Compare restored surfaces with a skull before the operation.

    Parameters
    ----------
    before
        The same patient's skull.
    detected
        Pose, rays and fitted surface of the restoration.
    outer
        (grid,) mm, the restored outer table.
    surfaces
        The surface of each defect that is compared.
    settings
        For the weights whose mean head finds the pose of ``before``.

    Yields
    ------
    tuple of str and float
        Name of the step that starts, and the part of the work that is done (0..1).

    Returns
    -------
    SkullComparison

    Raises
    ------
    InputError
        If ``before`` is no skull, not this patient's, or has no bone at any of the defects.
    """
    clock = StepTimer()
    pose = detected.analysis.pose
    yield clock.start_step("segment the skull before", 0.05)
    _, bone = steps.segment_input(before, Settings())
    _, atlas = models.find_weights_and_atlas(settings)
    yield clock.start_step("lay the skulls over each other", 0.3)
    motion, error_mm = align_skulls(detected, bone, atlas.template)
    yield clock.start_step("measure the distances", 0.7)
    tables = detected.fitted_surface.vault_tables
    reference = _radii_before(bone, Pose(pose.ras_to_head @ invert_affine(motion), 0.0, 1.0), tables)
    measured = [_compare_defect(surface, outer, reference) for surface in surfaces]
    compared = [(distances, weights) for comparison, distances, weights in measured if comparison.deviation is not None]
    if not compared:
        raise InputError(
            "The skull before has no bone at any of the defects, so nothing can be compared. "
            "Is it the scan from before the operation?"
        )
    clock.stop_step()
    together = _measure_deviation(*(np.concatenate(part) for part in zip(*compared, strict=True)))
    return SkullComparison(tuple(comparison for comparison, *_ in measured), error_mm, together)


def align_skulls(detected: DetectedDefects, other: Bone, template: HeadTemplate) -> tuple[NDArray[np.float64], float]:
    """Lay a restored skull over the same patient's skull in another scan.

    Parameters
    ----------
    detected
        Pose, rays and fitted surface of the restoration.
    other
        Bone of the other scan.
    template
        The mean head, which finds the other scan's pose.

    Returns
    -------
    motion : ndarray
        (4, 4), from mm RAS of the restoration to mm RAS of the other scan.
    error_mm : float
        Nine tenths of the sound vault are nearer to the other skull than this.

    Raises
    ------
    InputError
        If the two do not fit.
    """
    pose_other = head_frame.find_pose(other, template)
    starts = [np.eye(4), pose_other.head_to_ras @ detected.analysis.pose.ras_to_head]
    motion, error_mm = _align_to_surface(_sound_vault_points(detected), head_steps.display_model(other), starts)
    if error_mm > _MAX_ALIGNMENT_ERROR_MM:
        raise InputError(
            f"The two skulls do not fit: a tenth of their sound vaults is more than {error_mm:.1f} mm apart. "
            "Is it the same patient? If so, register the two scans first."
        )
    return motion, error_mm


def _sound_vault_points(detected: DetectedDefects) -> NDArray[np.float64]:
    """Points (n, 3), mm RAS, of the vault where there is bone and no defect is near."""
    tables, rays = detected.fitted_surface.vault_tables, detected.rays
    grid = spherical_grid(tables.level)
    missing = np.zeros(len(grid), dtype=bool)
    for opening in (*detected.openings, *detected.small_openings):
        missing[opening.defect_region.vertices] = True
    matched = _match_outer_table(rays.intervals, tables, _SOUND_MATCH_MM)
    sound = tables.vault & np.isfinite(matched) & ~grid.grow_region(missing, _SOUND_MARGIN_RINGS)
    points = apply_affine(detected.analysis.pose.head_to_ras, grid.directions[sound] * matched[sound, None])
    return points[:: max(1, int(sound.sum()) // _MAX_ALIGNMENT_POINTS)]


def _match_outer_table(
    intervals: NDArray[np.float32], tables: VaultTables, max_distance_mm: float
) -> NDArray[np.float64]:
    """Radius (grid,) mm of the bone next to the outer table; NaN where none is near."""
    return match_tables(intervals, np.stack([tables.outer, tables.inner], axis=1), max_distance_mm)[:, 0]


def _align_to_surface(
    points: NDArray[np.float64], target: Mesh, starts: list[NDArray[np.float64]]
) -> tuple[NDArray[np.float64], float]:
    """The rigid motion (4, 4) that lays points on a surface, from the best of several starts, and its error, mm.

    Point to plane, with the nearest seven tenths of the points in each turn (Chen and Medioni 1992; trimmed).
    """
    normals = vertex_normals(target.vertices, target.faces)
    tree = cKDTree(target.vertices)
    return min((_fit_point_to_plane(points, tree, normals, start) for start in starts), key=lambda fit: fit[1])


def _fit_point_to_plane(
    points: NDArray[np.float64],
    tree: cKDTree,
    normals: NDArray[np.float64],
    motion: NDArray[np.float64],
    *,
    turns: int = 30,
) -> tuple[NDArray[np.float64], float]:
    gap = np.zeros(len(points))
    for _ in range(turns):
        moved = apply_affine(motion, points)
        distance, nearest = tree.query(moved, workers=-1)
        normal = normals[nearest]
        gap = ((tree.data[nearest] - moved) * normal).sum(axis=1)
        used = distance <= np.quantile(distance, _ALIGNED_FRACTION)
        middle = moved[used].mean(axis=0)
        rows = np.concatenate([np.cross(moved[used] - middle, normal[used]), normal[used]], axis=1)
        x = np.linalg.lstsq(rows, gap[used], rcond=None)[0]
        step = np.eye(4)
        step[:3, :3] = Rotation.from_rotvec(x[:3]).as_matrix()
        step[:3, 3] = x[3:] + middle - step[:3, :3] @ middle
        motion = step @ motion
        if np.abs(x[:3]).max() < 1e-6 and np.abs(x[3:]).max() < 1e-4:
            break
    return motion, float(np.quantile(np.abs(gap), 0.9))


def _radii_before(bone: Bone, pose: Pose, tables: VaultTables) -> NDArray[np.float64]:
    """Radius (grid,) mm of the skull before, at the table next to the restored one; NaN where there is none."""
    rays = ray_tracing.trace_rays(bone, pose, level=tables.level)
    return _match_outer_table(rays.intervals, tables, _MAX_TABLE_DISTANCE_MM)


def _compare_defect(
    surface: RestoredSurface, outer: NDArray[np.float64], reference: NDArray[np.float64]
) -> tuple[DefectComparison, NDArray[np.float64], NDArray[np.float64]]:
    """The comparison of one defect, and the distances (k,) mm and areas (k,) mm² of its vertices that were compared."""
    rays, faces = surface.vertex_rays, surface.faces
    restored, true = rays.points_at(outer), rays.points_at(reference)
    known = np.isfinite(true.sum(axis=1))
    # along the ray the distance is longer than across the surface, by the slope
    slope = np.abs((vertex_normals(restored, faces) * rays.directions).sum(axis=1))
    distance = ((restored - true) * rays.directions).sum(axis=1) * slope
    distance[~known] = np.nan
    compared = faces[known[faces].all(axis=1)]
    areas = triangle_areas(restored, compared)
    share = float(areas.sum() / max(triangle_areas(restored, faces).sum(), 1e-9))
    if share < _MIN_COMPARED_FRACTION:
        nothing = np.zeros(0)
        return DefectComparison(surface.defect, distance, share, None, None, None, NOT_COMPARED), nothing, nothing
    vertex_areas = np.bincount(compared.ravel(), weights=np.repeat(areas / 3, 3), minlength=len(restored))
    weights = vertex_areas.astype(np.float64)[known]
    deviation = _measure_deviation(distance[known], weights)
    comparison = DefectComparison(
        defect=surface.defect,
        signed_distance_mm=distance,
        share=share,
        area_cm2=float(areas.sum()) / 100,
        reference_area_cm2=float(triangle_areas(true, compared).sum()) / 100,
        deviation=deviation,
        grade=grade_deviation(deviation),
    )
    return comparison, distance[known], weights


def _measure_deviation(distances: NDArray[np.float64], weights: NDArray[np.float64]) -> SurfaceDeviation:
    """99th percentile, root mean square and median of distances (k,) mm, weighted by area (k,)."""
    away = np.abs(distances)
    order = np.argsort(away)
    cumulative = np.cumsum(weights[order]) / weights.sum()
    largest, median = (float(away[order][min(int(np.searchsorted(cumulative, q)), len(away) - 1)]) for q in (0.99, 0.5))
    return SurfaceDeviation(largest, float(np.sqrt((weights * away**2).sum() / weights.sum())), median)
