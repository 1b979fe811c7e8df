"""One case by every method: the job that the engine hands out."""

import math
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields

import numpy as np

from SkullRestoreLib.case import SkullRestoreError
from SkullRestoreLib.evaluation import cases, oracle
from SkullRestoreLib.evaluation.answer import Answer
from SkullRestoreLib.evaluation.cases import Case, Made
from SkullRestoreLib.evaluation.engine import Rows
from SkullRestoreLib.evaluation.judge import NOTHING, Judgement, judge
from SkullRestoreLib.evaluation.methods import METHODS, Bench, atlas_path, examine
from SkullRestoreLib.evaluation.parts import WITHOUT
from SkullRestoreLib.evaluation.truth import Truth
from SkullRestoreLib.settings import Settings


@dataclass(frozen=True)
class Job:
    """What a process needs to measure one case."""

    case: Case
    methods: tuple[str, ...]
    settings: Settings
    floor: bool = True  # also what an oracle would reach


@dataclass(frozen=True)
class Head:
    """How well the head was found; the same for every method."""

    pose_residual_mm: float = math.nan  # as the pipeline itself reports it
    pose_error_deg: float = math.nan  # against the head frame of the intact skull
    pose_error_mm: float = math.nan  # of the frame's centre
    shared_seconds: float = math.nan  # segmentation, pose, rays


@dataclass(frozen=True)
class Row:
    """What one method reached on one hole of one case."""

    case: str
    hole: int  # from 1
    method: str
    skull: str
    region: str
    word: str  # kind of hole in words
    disturbance: str
    true_area_cm2: float
    judged: Judgement
    false_holes: int  # reported defects of the case that touch no true hole
    head: Head
    seconds: float  # of the method on the whole case, without the steps that all share
    note: str = ""

    def flat(self) -> dict:
        """As one line of a table."""
        row = {f.name: getattr(self, f.name) for f in fields(self) if f.name not in ("judged", "head")}
        note = row.pop("note")
        return {**row, **asdict(self.judged), **asdict(self.head), "note": note}


COLUMNS = tuple(Row("", 0, "", "", "", "", "", 0.0, NOTHING, 0, Head(), 0.0).flat())


def measure(job: Job) -> Rows:
    """Measure one case; what fails is a row that says so.

    Returns
    -------
    list of dict
        A row for each hole and method, with the columns ``COLUMNS``.
    """
    try:
        made = cases.make(job.case, atlas_path(job.settings))
    except Exception as error:  # whatever is wrong with one skull must not cost the other cases
        return [_unmade(job.case, method, f"The case could not be made: {_said(error)}") for method in job.methods]
    try:
        bench = examine(made.source, job.settings)
    except SkullRestoreError as error:
        return [row for method in job.methods for row in _rows(made, method, [], Head(), 0.0, f"Refused: {error}")]
    head = _head(made, bench)
    rows = [row for method in job.methods for row in _by(method, made, bench, head)]
    return rows + _floors(made, bench, head) if job.floor else rows


def _head(made: Made, bench: Bench) -> Head:
    found, true = bench.seen.pose, made.skull.pose
    between = found.ras_to_head @ true.head_to_ras
    turn = np.degrees(np.arccos(np.clip((np.trace(between[:3, :3]) - 1) / 2, -1, 1)))
    return Head(found.residual_mm, float(turn), float(np.linalg.norm(between[:3, 3])), sum(bench.seconds.values()))


def _by(method: str, made: Made, bench: Bench, head: Head) -> Rows:
    start = time.perf_counter()
    answers, note = [], ""
    try:
        answers = {**METHODS, **WITHOUT}[method](bench)
    except Exception as error:  # one method's bug must not cost the whole run; the row says what happened
        note = _said(error)
    return _rows(made, method, answers, head, time.perf_counter() - start, note)


def _floors(made: Made, bench: Bench, head: Head) -> Rows:
    try:
        floors, note = oracle.floors(made, bench), ""
    except Exception as error:
        floors, note = {name: [] for name in oracle.NAMES}, _said(error)
    return [row for name, answers in floors.items() for row in _rows(made, name, answers, head, math.nan, note)]


def _said(error: Exception) -> str:
    """An error in one line; of an unexpected one its kind as well."""
    kind = "" if isinstance(error, SkullRestoreError) else f"{type(error).__name__}: "
    return f"{kind}{error}".splitlines()[0]


def _rows(made: Made, method: str, answers: Sequence[Answer], head: Head, took: float, note: str) -> Rows:
    about = made.case
    stray = sum(not any(_touches(a, truth) for truth in made.truths) for a in answers)
    rows = []
    for k, (truth, word) in enumerate(zip(made.truths, made.words, strict=True), 1):
        place = (about.name, k, method, about.skull, about.region, word, about.disturbance, truth.area_cm2)
        rows.append(Row(*place, judge(truth, list(answers)), stray, head, took, note).flat())
    return rows


def _touches(answer: Answer, truth: Truth) -> bool:
    corners = answer.surface.vertices
    return bool(len(corners)) and float(truth.holds(corners).mean()) > 0.01


def _unmade(case: Case, method: str, note: str) -> dict:
    return Row(case.name, 1, method, case.skull, case.region, "", case.disturbance, math.nan, NOTHING, 0, Head(), math.nan, note).flat()
