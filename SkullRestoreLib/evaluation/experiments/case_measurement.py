"""Measure one case by every method: one job of an experiment."""

import math
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np

from SkullRestoreLib._system.run_log import Rows
from SkullRestoreLib.affine import degrees_between
from SkullRestoreLib.errors import SkullRestoreError
from SkullRestoreLib.evaluation.cases import random_cases
from SkullRestoreLib.evaluation.cases.random_cases import CasePlan, EvaluationCase
from SkullRestoreLib.evaluation.measures.reported_defect import ReportedDefect
from SkullRestoreLib.evaluation.measures.scoring import NOT_FOUND_SCORE, DefectScore, score_defect, touches_hole
from SkullRestoreLib.evaluation.methods import upper_bounds
from SkullRestoreLib.evaluation.methods.ablated_parts import ABLATED_METHODS
from SkullRestoreLib.evaluation.methods.compared_methods import METHODS, MethodContext, atlas_path, build_context
from SkullRestoreLib.settings import Settings


@dataclass(frozen=True)
class CaseJob:
    """Input of :func:`measure_case`."""

    case: CasePlan
    methods: tuple[str, ...]
    settings: Settings
    floor: bool = True  # also measure the upper bounds


@dataclass(frozen=True)
class HeadFrameResult:
    """Error of the head frame; the same for every method."""

    pose_residual_mm: float = math.nan  # as the pipeline itself reports it
    pose_error_deg: float = math.nan  # against the head frame of the intact skull
    pose_error_mm: float = math.nan  # of the frame's centre
    shared_seconds: float = math.nan  # segmentation, pose, rays


@dataclass(frozen=True)
class CaseRow:
    """Result of one method on one hole of one case."""

    case: str
    hole: int  # from 1
    method: str
    skull: str
    region: str
    word: str  # kind of hole
    disturbance: str
    true_area_cm2: float
    score: DefectScore
    false_holes: int  # reported defects of the case that touch no true hole
    head_frame: HeadFrameResult
    seconds: float  # of the method on all holes of the case, without the shared steps
    note: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Flatten into one line of a table."""
        row = {f.name: getattr(self, f.name) for f in fields(self) if f.name not in ("score", "head_frame")}
        note = row.pop("note")
        return {**row, **asdict(self.score), **asdict(self.head_frame), "note": note}


ROW_COLUMNS = tuple(
    CaseRow("", 0, "", "", "", word="", disturbance="", true_area_cm2=0.0, score=NOT_FOUND_SCORE, false_holes=0,
            head_frame=HeadFrameResult(), seconds=0.0).to_dict()
)  # fmt: skip
"""Columns of the table, in order."""


def measure_case(job: CaseJob) -> Rows:
    """Measure one case; what fails becomes a row that says so.

    Parameters
    ----------
    job
        Case, methods and settings.

    Returns
    -------
    list of dict
        A row per hole and method, with the columns ``ROW_COLUMNS``.
    """
    try:
        case = random_cases.build_case(job.case, atlas_path(job.settings))
    except Exception as error:  # whatever is wrong with one skull must not cost the other cases
        return failed_case_rows(job, f"The case could not be made: {_error_line(error)}")
    try:
        context = build_context(case.source, job.settings)
    except SkullRestoreError as error:
        return [
            row
            for method in job.methods
            for row in _score_holes(case, method, [], HeadFrameResult(), note=f"Refused: {error}")
        ]
    head_frame = _compare_head_frames(case, context)
    rows = [row for method in job.methods for row in _measure_method(method, case, context, head_frame)]
    return rows + _measure_upper_bounds(case, context, head_frame) if job.floor else rows


def _compare_head_frames(case: EvaluationCase, context: MethodContext) -> HeadFrameResult:
    found, true = context.analysis.pose, case.skull.pose
    between = found.ras_to_head @ true.head_to_ras
    return HeadFrameResult(
        pose_residual_mm=found.residual_mm,
        pose_error_deg=degrees_between(found.ras_to_head, true.ras_to_head),
        pose_error_mm=float(np.linalg.norm(between[:3, 3])),
        shared_seconds=sum(context.seconds.values()),
    )


def _measure_method(method: str, case: EvaluationCase, context: MethodContext, head_frame: HeadFrameResult) -> Rows:
    start = time.perf_counter()
    reported: list[ReportedDefect] = []
    note = ""
    try:
        reported = {**METHODS, **ABLATED_METHODS}[method](context)
    except Exception as error:  # one method's bug must not cost the run; the row says what happened
        note = _error_line(error)
    return _score_holes(case, method, reported, head_frame, seconds=time.perf_counter() - start, note=note)


def _measure_upper_bounds(case: EvaluationCase, context: MethodContext, head_frame: HeadFrameResult) -> Rows:
    bounds: dict[str, list[ReportedDefect]] = {name: [] for name in upper_bounds.UPPER_BOUND_NAMES}
    note = ""
    try:
        bounds = upper_bounds.compute_upper_bounds(case, context)
    except Exception as error:  # as above
        note = _error_line(error)
    return [
        row
        for name, reported in bounds.items()
        for row in _score_holes(case, name, reported, head_frame, seconds=math.nan, note=note)
    ]


def _error_line(error: Exception) -> str:
    """An error in one line; of an unexpected one its type as well."""
    kind = "" if isinstance(error, SkullRestoreError) else f"{type(error).__name__}: "
    return f"{kind}{error}".splitlines()[0]


def _score_holes(
    case: EvaluationCase,
    method: str,
    reported: Sequence[ReportedDefect],
    head_frame: HeadFrameResult,
    *,
    seconds: float = 0.0,
    note: str = "",
) -> Rows:
    """A row for each hole of the case."""
    plan = case.case
    false_holes = sum(not any(touches_hole(defect.surface, truth) for truth in case.truths) for defect in reported)
    rows = []
    for number, (truth, label) in enumerate(zip(case.truths, case.defect_labels, strict=True), 1):
        row = CaseRow(
            case=plan.name,
            hole=number,
            method=method,
            skull=plan.skull_name,
            region=plan.region,
            word=label,
            disturbance=plan.disturbance,
            true_area_cm2=truth.area_cm2,
            score=score_defect(truth, list(reported)),
            false_holes=false_holes,
            head_frame=head_frame,
            seconds=seconds,
            note=note,
        )
        rows.append(row.to_dict())
    return rows


def failed_case_rows(job: CaseJob, note: str) -> Rows:
    """Make the rows of a case that could not be measured.

    Parameters
    ----------
    job
        Case and methods.
    note
        Why.

    Returns
    -------
    list of dict
        A row per method.
    """
    return [_failed_case_row(job.case, method, note) for method in job.methods]


def _failed_case_row(case: CasePlan, method: str, note: str) -> dict[str, Any]:
    row = CaseRow(
        case=case.name,
        hole=1,
        method=method,
        skull=case.skull_name,
        region=case.region,
        word="",
        disturbance=case.disturbance,
        true_area_cm2=math.nan,
        score=NOT_FOUND_SCORE,
        false_holes=0,
        head_frame=HeadFrameResult(),
        seconds=math.nan,
        note=note,
    )
    return row.to_dict()
