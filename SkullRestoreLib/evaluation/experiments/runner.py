"""Run an experiment: measure its jobs, continue where a run stopped, and publish tables, rows and picture.

The experiments say what their jobs are and how their rows become a report; everything else is here.
"""

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from SkullRestoreLib._system.progress import Progress
from SkullRestoreLib._system.run_log import Rows
from SkullRestoreLib.evaluation import resumable_jobs
from SkullRestoreLib.evaluation.cases.random_cases import CasePlan
from SkullRestoreLib.evaluation.experiments.case_measurement import CaseJob, measure_case
from SkullRestoreLib.evaluation.methods.compared_methods import (
    METHODS,
    EvaluationOptions,
    check_methods,
    weights_in_use,
)
from SkullRestoreLib.evaluation.tables import result_files
from SkullRestoreLib.evaluation.tables.plots import Figure


@dataclass(frozen=True)
class Experiment:
    """What is measured."""

    name: str
    """Of the files."""
    jobs: Mapping[str, Any]
    """Input of ``measure`` by the job's name."""
    measure: Callable[[Any], Rows]
    """A function that other processes can import."""
    what: str
    """Name of the step, for the progress."""
    run_key: Mapping[str, Any]
    """What decides the rows, besides settings, methods, weights and code."""
    arrange: Callable[[Rows], Rows] = list
    """Puts the rows into their order."""


@dataclass(frozen=True)
class ExperimentReport:
    """What is published."""

    text: str
    """Markdown."""
    draw: Callable[[], Figure]
    make_pages: Callable[[], Generator[Progress, None, Mapping[str, str]]] | None = None
    """Makes further files, by name, where a folder is written."""


def run_experiment(
    experiment: Experiment,
    options: EvaluationOptions,
    make_report: Callable[[Rows], ExperimentReport],
    *,
    out: Path | None,
    force: bool,
) -> Generator[Progress, None, str]:
    """Measure every job, and publish the result.

    Parameters
    ----------
    experiment
        The jobs.
    options
        Methods, settings, processes.
    make_report
        Makes the report from all rows, in their order.
    out
        Folder for NAME.md, NAME.csv and NAME.png; None writes nothing.
    force
        Replace an earlier result there.

    Yields
    ------
    tuple of str and float
        Name of the step, and the share that is done.

    Returns
    -------
    str
        The report's text.

    Raises
    ------
    SkullRestoreError
        If a process is lost, or the result cannot be written.
    """
    name = experiment.name
    if out is not None:
        result_files.check_output(out, name, force=force)
    chosen = {"methods": list(options.methods), "settings": repr(options.settings)}
    log = resumable_jobs.log_for_output(out, {**experiment.run_key, **chosen, **weights_in_use(options.settings)})
    done = yield from resumable_jobs.run_jobs(
        experiment.jobs,
        experiment.measure,
        what=experiment.what,
        workers=options.workers,
        scheduler=options.scheduler,
        log=log,
    )
    rows = experiment.arrange([row for job_rows in done.values() for row in job_rows])
    report = make_report(rows)
    if out is not None:
        pages = {} if report.make_pages is None else (yield from report.make_pages())
        result_files.publish_results(out, name, report.text, rows, report.draw, force=force, pages=pages)
        log.delete_file()
    return report.text


def run_case_experiment(
    name: str,
    cases: Sequence[CasePlan],
    options: EvaluationOptions,
    make_report: Callable[[Rows], ExperimentReport],
    *,
    known: Sequence[str] = tuple(METHODS),
    out: Path | None,
    force: bool,
) -> Generator[Progress, None, str]:
    """Measure every case by every method, and publish the result.

    Parameters
    ----------
    name
        Of the files.
    cases
        The cases.
    options, make_report, out, force
        As for :func:`run_experiment`. Rows are sorted by method.
    known
        Methods that may be asked for.

    Yields
    ------
    tuple of str and float
        As :func:`run_experiment`.

    Returns
    -------
    str
        The report's text.

    Raises
    ------
    SkullRestoreError
        As :func:`run_experiment`, and if a method is not known.
    """
    check_methods(options.methods, known)
    run_key = {
        "cases": [c.name for c in cases],
        "regions": [c.region for c in cases],
        "seeds": [list(c.seed) for c in cases],
        "floor": options.floor,
    }
    jobs = {c.name: CaseJob(c, options.methods, options.settings, options.floor) for c in cases}
    arrange = partial(_sort_by_method, methods=options.methods)
    experiment = Experiment(name, jobs, measure_case, f"measure {len(cases)} cases", run_key, arrange)
    return (yield from run_experiment(experiment, options, make_report, out=out, force=force))


def _sort_by_method(rows: Rows, methods: Sequence[str]) -> Rows:
    """Rows by method as they were asked for; upper bounds, which were not asked for by name, at the end."""
    order = {method: k for k, method in enumerate(methods)}
    return sorted(rows, key=lambda row: order.get(row["method"], len(order)))


def describe_cases(cases: Sequence[CasePlan], options: EvaluationOptions) -> str:
    """Describe in a sentence what was measured.

    Parameters
    ----------
    cases
        The cases.
    options
        Seed and weights.

    Returns
    -------
    str
        For the head of a table.
    """
    names, weights = sorted({c.skull_name for c in cases}), weights_in_use(options.settings)["network"]
    return (
        f"{len(cases)} cases on {len(names)} skulls ({', '.join(names)}), seed {options.seed}, "
        f"weights {weights[:12]}. A case with two holes counts by the worse of them."
    )
