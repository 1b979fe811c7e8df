"""The cohort experiment (Mishinov 2023, table 2): which share of cases succeeds, by region, size and disturbance."""

from collections.abc import Generator, Sequence
from functools import partial
from pathlib import Path

from SkullRestoreLib._system.progress import Progress
from SkullRestoreLib._system.run_log import Rows, RunLog
from SkullRestoreLib.evaluation import resumable_jobs
from SkullRestoreLib.evaluation.cases.random_cases import CasePlan, draw_cases, list_skulls
from SkullRestoreLib.evaluation.experiments import failure_gallery
from SkullRestoreLib.evaluation.experiments.case_measurement import CaseJob
from SkullRestoreLib.evaluation.experiments.runner import ExperimentReport, describe_cases, run_case_experiment
from SkullRestoreLib.evaluation.methods.compared_methods import OWN_METHOD, EvaluationOptions
from SkullRestoreLib.evaluation.tables import plots, summary

EXPERIMENT_NAME = "cohort"
GALLERY_SIZE = 20


def run_cohort(
    skulls: Path,
    count: int,
    options: EvaluationOptions,
    *,
    holes: str = "clinical",
    split: Path | None = None,
    part: str = "test",
    out: Path | None = None,
    force: bool = False,
) -> Generator[Progress, None, str]:
    """Measure a cohort.

    Parameters
    ----------
    skulls
        Folder of intact skulls; see :func:`SkullRestoreLib.evaluation.cases.random_cases.list_skulls`.
    count
        Number of cases.
    options
        Methods, seed, processes.
    holes
        "clinical" for holes as surgeons and injuries make them, "base" for such that leave the vault, or "solids".
    split, part
        Only the skulls of this part ("test" or "valid") of the split file.
    out
        Folder for ``cohort.md``, ``cohort.csv``, ``cohort.png`` and ``gallery.html``.
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
        If there is nothing to measure, a method is not known, or the result cannot be written.
    """
    by = "region" if holes == "clinical" else "kind of hole"
    cases = draw_cases(list_skulls(skulls, split=split, part=part), count, seed=options.seed, holes=holes)

    def make_report(rows: Rows) -> ExperimentReport:
        text = "\n\n".join([describe_cases(cases, options), summary.cohort_tables(rows, by=by)])
        pages = partial(_build_pages, cases, rows, options) if OWN_METHOD in options.methods else None
        return ExperimentReport(text, partial(plots.plot_cohort, rows, by=by), pages)

    return (yield from run_case_experiment(EXPERIMENT_NAME, cases, options, make_report, out=out, force=force))


def _build_pages(
    cases: Sequence[CasePlan], rows: Rows, options: EvaluationOptions
) -> Generator[Progress, None, dict[str, str]]:
    """Draw the page of our worst cases."""
    worst = failure_gallery.worst_defects(rows, OWN_METHOD, GALLERY_SIZE)
    by_name = {c.name: c for c in cases}
    jobs = {
        r["case"]: (CaseJob(by_name[r["case"]], (OWN_METHOD,), options.settings, floor=False), r["hole"]) for r in worst
    }
    drawn = yield from resumable_jobs.run_jobs(
        jobs,
        failure_gallery.draw_case,
        what=f"draw the worst {len(jobs)}",
        workers=options.workers,
        scheduler=options.scheduler,
        log=RunLog(None, {}),
    )
    pictures = [(row, drawn[row["case"]]) for row in worst]
    return {"gallery.html": failure_gallery.render_gallery(pictures, len(cases), describe_cases(cases, options))}
