"""The experiment on plausible shapes: how full the true surface is among the flatter and fuller ones that are offered.

The mean height of a restored surface over a hole is linear in its fullness. The fullness at which it is as high as the
true surface is therefore known from two surfaces. Over many holes it must be distributed as is said: a tenth of the
true surfaces below the surface that nine heads of ten are fuller than, and so on.

That takes many holes. They are cut into the rays of the intact skulls and restored on the grid, in its own head frame:
a second a hole. Complete scans, as the cohort restores them, show whether the same holds for all steps together.
"""

import time
from collections.abc import Generator, Sequence
from dataclasses import asdict, dataclass, fields, replace
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from SkullRestoreLib._system.progress import Progress
from SkullRestoreLib._system.run_log import Rows
from SkullRestoreLib.defects import detect
from SkullRestoreLib.defects.thin_plate import fit_to_bone
from SkullRestoreLib.evaluation.cases import random_cases
from SkullRestoreLib.evaluation.cases.craniectomies import cut_rays, plan_craniectomies
from SkullRestoreLib.evaluation.cases.ground_truth import GroundTruth
from SkullRestoreLib.evaluation.cases.intact_skull import load_intact_skull
from SkullRestoreLib.evaluation.cases.random_cases import CasePlan, draw_cases, list_skulls
from SkullRestoreLib.evaluation.experiments.runner import Experiment, ExperimentReport, run_experiment
from SkullRestoreLib.evaluation.methods.compared_methods import (
    EvaluationOptions,
    atlas_path,
    build_context,
    cached_models,
    cached_predictor,
    weights_in_use,
)
from SkullRestoreLib.evaluation.tables import shape_tables
from SkullRestoreLib.geometry.icosphere import spherical_grid
from SkullRestoreLib.pipeline.plausible_shapes import MAX_SHAPES, make_plausible_shapes
from SkullRestoreLib.pipeline.results import Reconstruction
from SkullRestoreLib.pipeline.surface import restore_surface
from SkullRestoreLib.prediction.true_size import predict_complete_vault
from SkullRestoreLib.records import Mesh, RayMap
from SkullRestoreLib.settings import Settings
from SkullRestoreLib.skull_model.shape_model import match_tables

EXPERIMENT_NAME = "shapes"
MIN_COVERED = 0.5
"""Least share of a hole that a restored surface must cover to be measured."""
_NOT_FOUND = "The hole was not found."
_TABLE_MATCH_MM, _SAME_TABLE_MM = 6.0, 0.5
"""Bone this close to the skull's rough table is its outer table; this far from it, it is another one."""


@dataclass(frozen=True)
class ShapeJob:
    """Input of :func:`measure_shapes`."""

    case: CasePlan
    settings: Settings
    complete: bool = False  # restore a complete scan, not only the rays


@dataclass(frozen=True)
class ShapeRow:
    """How full one true surface is among the plausible ones; heights are means over the hole."""

    case: str
    hole: int  # from 1
    skull: str
    region: str
    disturbance: str
    area_cm2: float = np.nan  # of the true hole
    covered: float = 0.0  # 0..1, share of the hole under the restored surface
    height_mm: float = np.nan  # of the true surface over the most likely one
    step_mm: float = np.nan  # by which a fullness of 1 raises the surface
    fullness: float = np.nan  # of the true surface
    rms_mm: float = np.nan  # of the most likely surface's deviation
    rms_as_full_mm: float = np.nan  # of the deviation of the surface that is as full as the true one
    seconds_for_20: float = np.nan  # of one core, to compute 20 shapes of the case; only of complete scans
    note: str = ""


ROW_COLUMNS = tuple(f.name for f in fields(ShapeRow))
"""Columns of the table, in order."""


def run_shapes(
    skulls: Path,
    count: int,
    options: EvaluationOptions,
    *,
    complete: bool = False,
    split: Path | None = None,
    part: str = "test",
    out: Path | None = None,
    force: bool = False,
) -> Generator[Progress, None, str]:
    """Measure how full true surfaces are among the plausible ones.

    Parameters
    ----------
    skulls, count, split, part, force
        As for :func:`SkullRestoreLib.evaluation.experiments.cohort.run_cohort`.
    options
        Settings, seed and processes.
    complete
        Restore complete scans, with everything that may disturb them, and not only the rays.
    out
        Folder for ``shapes.md``, ``shapes.csv`` and ``shapes.png``.

    Yields
    ------
    tuple of str and float
        Name of the step, and the share that is done.

    Returns
    -------
    str
        Markdown.

    Raises
    ------
    SkullRestoreError
        As for the cohort.
    """
    cases = draw_cases(list_skulls(skulls, split=split, part=part), count, seed=options.seed)
    jobs = {case.name: ShapeJob(case, options.settings, complete) for case in cases}
    run_key = {"cases": [repr(case) for case in cases], "complete": complete}
    experiment = Experiment(EXPERIMENT_NAME, jobs, measure_shapes, f"measure {len(jobs)} cases", run_key)

    def make_report(rows: Rows) -> ExperimentReport:
        text = "\n\n".join([_describe(cases, options), shape_tables.format_tables(rows)])
        return ExperimentReport(text, partial(shape_tables.plot_shapes, rows))

    return (yield from run_experiment(experiment, options, make_report, out=out, force=force))


def _describe(cases: Sequence[CasePlan], options: EvaluationOptions) -> str:
    names, weights = sorted({case.skull_name for case in cases}), weights_in_use(options.settings)["network"]
    return (
        f"{len(cases)} cases on {len(names)} skulls ({', '.join(names)}), seed {options.seed}, "
        f"weights {weights[:12]}; each hole of a case is counted."
    )


def measure_shapes(job: ShapeJob) -> Rows:
    """Restore one case, and measure how full its true surfaces are; what fails becomes a row that says so.

    Parameters
    ----------
    job
        Case and settings.

    Returns
    -------
    list of dict
        A row for each hole, with the columns ``ROW_COLUMNS``.
    """
    plan = job.case
    empty = ShapeRow(plan.name, 1, plan.skull_name, plan.region, plan.disturbance if job.complete else "")
    try:
        rows = _measure_scan(job, empty) if job.complete else _measure_rays(job, empty)
    except Exception as error:  # whatever is wrong with one skull must not cost the other cases
        rows = [replace(empty, note=f"{type(error).__name__}: {error}".splitlines()[0])]
    return [asdict(row) for row in rows]


def _measure_rays(job: ShapeJob, empty: ShapeRow) -> list[ShapeRow]:
    """Restore the rays of the skull with the holes of the case."""
    skull = load_intact_skull(job.case.skull_path, atlas_path(job.settings))
    plans = plan_craniectomies(job.case.region, np.random.default_rng(job.case.seed), skull)
    model = cached_models(job.settings)[1].model
    true_outer = match_tables(skull.rays.intervals, skull.tables, _TABLE_MATCH_MM)[:, 0]
    cuts = [cut_rays(skull, plan) for plan in plans]
    lost = []
    for cut in cuts:
        left = match_tables(cut.intervals, skull.tables, _TABLE_MATCH_MM)[:, 0]
        lost.append(np.isfinite(true_outer) & ~(np.abs(left - true_outer) < _SAME_TABLE_MM))
    rays = cuts[0] if len(cuts) == 1 else _without_removed_bone(skull.rays, cuts)
    predicted = predict_complete_vault(cached_predictor(job.settings), rays, model)
    regions = [region.vertices for region in detect.find_defect_regions(predicted, rays)]
    surface = fit_to_bone(predicted, rays, regions)
    likely, fuller = (surface.tables_through([], np.eye(4), fullness=f).outer for f in (0.0, 1.0))
    found = np.isin(np.arange(len(likely)), np.concatenate([np.zeros(0, dtype=np.int64), *regions]))
    rows = []
    for number, hole in enumerate(lost, 1):
        area = spherical_grid(rays.level).areas_mm2(np.where(hole, true_outer, 0.0))
        row = replace(empty, hole=number, area_cm2=float(area.sum()) / 100)
        over = hole & found
        row = replace(row, covered=float(area[over].sum() / max(area.sum(), 1e-9)))
        rows.append(_with_heights(row, (likely - true_outer)[over], (fuller - likely)[over], area[over]))
    return rows


def _without_removed_bone(rays: RayMap, cuts: Sequence[RayMap]) -> RayMap:
    """The rays without the intervals that any of the cuts removes."""
    removed = np.logical_or.reduce([np.isnan(cut.intervals) for cut in cuts])
    return replace(rays, intervals=np.where(removed, np.float32(np.nan), rays.intervals))


def _measure_scan(job: ShapeJob, empty: ShapeRow) -> list[ShapeRow]:
    """Restore a complete scan of the case, as the cohort does."""
    case = random_cases.build_case(job.case, atlas_path(job.settings))
    reconstruction = build_context(case.source, job.settings).own_reconstruction
    detected = reconstruction.detected
    fuller = restore_surface(detected, reconstruction.points, fullness=1.0)
    start = time.process_time()
    make_plausible_shapes(detected, reconstruction.points, MAX_SHAPES)
    seconds = time.process_time() - start
    rows = [replace(empty, hole=number, seconds_for_20=seconds) for number in range(1, len(case.truths) + 1)]
    return [_measure_hole(row, truth, reconstruction, fuller) for row, truth in zip(rows, case.truths, strict=True)]


def _measure_hole(row: ShapeRow, truth: GroundTruth, likely: Reconstruction, fuller: Reconstruction) -> ShapeRow:
    row = replace(row, area_cm2=truth.area_cm2)
    best: tuple[float, int] = (0.0, -1)
    for k, patch in enumerate(likely.patches):
        over_cm2 = float(_vertex_areas(patch.outer)[truth.over_defect(patch.outer.vertices)].sum()) / 100
        best = max(best, (over_cm2 / truth.area_cm2, k))
    row = replace(row, covered=min(best[0], 1.0))
    if best[1] < 0:
        return replace(row, note=_NOT_FOUND)
    surface, raised = likely.patches[best[1]].outer, fuller.patches[best[1]].outer
    over = truth.over_defect(surface.vertices)
    tree, normals = truth.outer_table_tree
    nearest = tree.query(surface.vertices[over])[1]
    above = ((surface.vertices[over] - tree.data[nearest]) * normals[nearest]).sum(axis=1)
    step = ((raised.vertices - surface.vertices)[over] * normals[nearest]).sum(axis=1)
    return _with_heights(row, above, step, _vertex_areas(surface)[over])


def _with_heights(
    row: ShapeRow, above: NDArray[np.float64], step: NDArray[np.float64], weight: NDArray[np.float64]
) -> ShapeRow:
    """Add how far the likely surface is above the true one, and how far a fullness of 1 raises it: (n,) mm each."""
    if row.covered < MIN_COVERED:
        return replace(row, note=_NOT_FOUND)
    height_mm, step_mm = -float(np.average(above, weights=weight)), float(np.average(step, weights=weight))
    fullness = height_mm / step_mm
    return replace(
        row,
        height_mm=height_mm,
        step_mm=step_mm,
        fullness=fullness,
        rms_mm=float(np.sqrt(np.average(above**2, weights=weight))),
        rms_as_full_mm=float(np.sqrt(np.average((above + fullness * step) ** 2, weights=weight))),
    )


def _vertex_areas(surface: Mesh) -> NDArray[np.float64]:
    """A third of the triangles around each vertex: (n,) mm²."""
    a, b, c = (surface.vertices[surface.faces[:, k]] for k in range(3))
    area = np.linalg.norm(np.cross(b - a, c - a), axis=1) / 6
    return np.bincount(surface.faces.ravel(), weights=np.repeat(area, 3), minlength=len(surface.vertices))
