"""The experiment on intact heads: how many defects are invented, and whether true holes in the same scans are found."""

import time
from collections.abc import Generator, Sequence
from dataclasses import asdict, dataclass, fields, replace
from functools import partial
from pathlib import Path

from SkullRestoreLib._system.progress import Progress
from SkullRestoreLib._system.run_log import Rows
from SkullRestoreLib.errors import InputError, SkullRestoreError
from SkullRestoreLib.evaluation.cases import intact_scans
from SkullRestoreLib.evaluation.cases.ground_truth import GroundTruth
from SkullRestoreLib.evaluation.cases.intact_scans import IntactScan, plan_real_scans
from SkullRestoreLib.evaluation.cases.random_cases import list_skulls
from SkullRestoreLib.evaluation.experiments.runner import Experiment, ExperimentReport, run_experiment
from SkullRestoreLib.evaluation.measures.scoring import score_defect, touches_hole
from SkullRestoreLib.evaluation.methods.compared_methods import (
    EvaluationOptions,
    atlas_path,
    build_context,
    reported_defects,
    weights_in_use,
)
from SkullRestoreLib.evaluation.tables import intact_tables
from SkullRestoreLib.pipeline.results import DOUBTFUL_BONE, Reconstruction
from SkullRestoreLib.records import Mesh, Volume
from SkullRestoreLib.settings import Settings

EXPERIMENT_NAME = "intact"


@dataclass(frozen=True)
class IntactJob:
    """Input of :func:`measure_scan`."""

    scan: IntactScan
    settings: Settings


@dataclass(frozen=True)
class IntactRow:
    """What was reported on one scan of one head."""

    case: str
    source: str
    skull: str
    thickness_mm: float
    kernel: str
    tilt_deg: float
    noise_hu: float
    bone_hu: float
    bone_loss_mm: float
    size: float
    hole_cm2: float = 0.0  # of the true hole; 0 for the intact head
    found: bool = False  # the hole: covered, and with little else
    touched: bool = False  # something is reported at the hole
    said_doubtful: bool = False  # a finding says that thin bone cannot be distinguished from a gap
    frame_doubted: bool = False  # a finding says that the head's place is not certain
    false_defects: int = 0
    false_cm2: float = 0.0
    largest_false_cm2: float = 0.0
    false_places: str = ""
    threshold_hu: float = 0.0
    seconds: float = 0.0
    note: str = ""


ROW_COLUMNS = tuple(f.name for f in fields(IntactRow))
"""Columns of the table, in order."""


def plan_scans(
    folder: Path,
    count: int,
    *,
    seed: int = 0,
    sizes: tuple[float, float] = (1.0, 1.0),
    real_heads: Sequence[tuple[Path, str]] = (),
    split: Path | None = None,
    part: str = "test",
) -> list[IntactScan]:
    """Plan the scans: simulated ones of bone masks, and those of real heads made again.

    Parameters
    ----------
    folder
        Intact skulls as bone masks.
    count
        Simulated scans.
    seed
        The same seed gives the same scans.
    sizes
        Smallest and largest head, 1 as it is.
    real_heads
        CT of intact heads, and the name of their source.
    split, part
        As for the cohort.

    Returns
    -------
    list of IntactScan

    Raises
    ------
    InputError
        If there is no skull, or the sizes are in the wrong order.
    """
    if not 0 < sizes[0] <= sizes[1]:
        raise InputError(f"Heads cannot be from {sizes[0]:g} to {sizes[1]:g} in size; give the smaller number first.")
    skulls = list_skulls(folder, split=split, part=part)
    scans = intact_scans.plan_simulated_scans(skulls, count, seed=seed, sizes=sizes)
    return scans + [scan for path, source in real_heads for scan in plan_real_scans(path, source, seed=seed)]


def run_intact(
    scans: Sequence[IntactScan], options: EvaluationOptions, *, out: Path | None = None, force: bool = False
) -> Generator[Progress, None, str]:
    """Restore intact heads as they were scanned, with and without a hole, and count what is reported.

    Parameters
    ----------
    scans
        From :func:`plan_scans`.
    options
        Settings and processes.
    out
        Folder for ``intact.md``, ``intact.csv`` and ``intact.png``.
    force
        Replace an earlier result there.

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
    jobs = {scan.name: IntactJob(scan, options.settings) for scan in scans}
    run_key = {"scans": [repr(scan) for scan in scans]}
    experiment = Experiment(EXPERIMENT_NAME, jobs, measure_scan, f"scan {len(jobs)} heads", run_key)

    def make_report(rows: Rows) -> ExperimentReport:
        text = "\n\n".join([_describe(scans, options), intact_tables.format_tables(rows)])
        return ExperimentReport(text, partial(intact_tables.plot_intact, rows))

    return (yield from run_experiment(experiment, options, make_report, out=out, force=force))


def _describe(scans: Sequence[IntactScan], options: EvaluationOptions) -> str:
    names = {scan.source: len({s.path for s in scans if s.source == scan.source}) for scan in scans}
    sources = ", ".join(f"{source} ({count} head{'s' * (count > 1)})" for source, count in names.items())
    weights = weights_in_use(options.settings)["network"]
    return f"{len(scans)} scans of intact heads: {sources}; seed {options.seed}, weights {weights[:12]}."


def measure_scan(job: IntactJob) -> Rows:
    """Restore one scan of an intact head, and the same scan with a hole; what fails becomes a row that says so.

    Parameters
    ----------
    job
        Scan and settings.

    Returns
    -------
    list of dict
        Two rows with the columns ``ROW_COLUMNS``.
    """
    scan = job.scan
    empty = IntactRow(scan.name, scan.source, scan.path.name.split(".")[0], **asdict(scan.conditions))
    try:
        head = intact_scans.build_scan(scan, atlas_path(job.settings))
    except Exception as error:  # whatever is wrong with one head must not cost the others
        return [asdict(replace(empty, note=f"The case could not be made: {str(error).splitlines()[0]}"))]
    rows = [_measure_volume(empty, head.intact, None, job)]
    rows.append(_measure_volume(replace(empty, hole_cm2=head.truth.area_cm2), head.holed, head.truth, job))
    return [asdict(row) for row in rows]


def _measure_volume(row: IntactRow, volume: Volume, truth: GroundTruth | None, job: IntactJob) -> IntactRow:
    start = time.perf_counter()
    try:
        context = build_context(volume, job.settings)
        reconstruction = context.own_reconstruction
    except SkullRestoreError as error:
        return replace(row, note=f"Refused: {error}".splitlines()[0])
    except Exception as error:  # a bug on one head must not cost the run; the row says what happened
        return replace(row, note=f"{type(error).__name__}: {error}".splitlines()[0])
    measured = _count_false_defects(row, reconstruction, truth, job.scan)
    return replace(
        measured,
        threshold_hu=float(context.analysis.bone.threshold_hu or 0.0),
        seconds=round(time.perf_counter() - start, 2),
    )


def _count_false_defects(
    row: IntactRow, reconstruction: Reconstruction, truth: GroundTruth | None, scan: IntactScan
) -> IntactRow:
    size = scan.conditions.size
    reported = [
        replace(one, surface=Mesh(one.surface.vertices / size, one.surface.faces), points=one.points / size)
        for one in reported_defects(reconstruction)
    ]
    touching = [truth is not None and touches_hole(one.surface, truth) for one in reported]
    false = [d for d, touches in zip(reconstruction.defects, touching, strict=True) if not touches]
    return replace(
        row,
        found=truth is not None and bool(reported) and score_defect(truth, reported).found,
        touched=any(touching),
        said_doubtful=any(note.startswith(DOUBTFUL_BONE) for note in reconstruction.detected.analysis.findings),
        frame_doubted=bool(reconstruction.detected.analysis.pose.findings),
        false_defects=len(false),
        false_cm2=round(sum(d.area_cm2 for d in false), 2),
        largest_false_cm2=round(max((d.area_cm2 for d in false), default=0.0), 2),
        false_places="; ".join(f"{d.side} {d.region} {d.area_cm2:.1f}" for d in false),
    )
