"""Measure the worth of each part of the method: the same cases with one part taken away each time."""

from collections.abc import Generator
from dataclasses import replace
from functools import partial
from pathlib import Path

from SkullRestoreLib._system.progress import Progress
from SkullRestoreLib._system.run_log import Rows
from SkullRestoreLib.evaluation.cases.random_cases import draw_cases, list_skulls
from SkullRestoreLib.evaluation.experiments.runner import ExperimentReport, describe_cases, run_case_experiment
from SkullRestoreLib.evaluation.methods.ablated_parts import ABLATED_METHODS, METHOD_PARTS
from SkullRestoreLib.evaluation.methods.compared_methods import OWN_METHOD, EvaluationOptions, check_methods
from SkullRestoreLib.evaluation.tables import plots, summary

EXPERIMENT_NAME = "ablation"


def run_ablation(
    skulls: Path,
    count: int,
    options: EvaluationOptions,
    *,
    split: Path | None = None,
    part: str = "valid",
    out: Path | None = None,
    force: bool = False,
) -> Generator[Progress, None, str]:
    """Measure the worth of each part.

    Parameters
    ----------
    skulls, count, split, part, force
        As for :func:`SkullRestoreLib.evaluation.experiments.cohort.run_cohort`.
    options
        The methods are names in :data:`SkullRestoreLib.evaluation.methods.ablated_parts.ABLATED_METHODS`; the complete
        method is always measured as well.
    out
        Folder for ``ablation.md``, ``ablation.csv`` and ``ablation.png``. The rows' head frame is that of the complete
        method.

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
    check_methods(options.methods, tuple(ABLATED_METHODS))
    options = replace(options, methods=(OWN_METHOD, *options.methods), floor=False)
    cases = draw_cases(list_skulls(skulls, split=split, part=part), count, seed=options.seed)
    replacements = {p.method_name: p.replacement_text for p in METHOD_PARTS if p.method_name in options.methods}

    def make_report(rows: Rows) -> ExperimentReport:
        text = "\n\n".join([describe_cases(cases, options), summary.ablation_table(rows, replacements)])
        return ExperimentReport(text, partial(plots.plot_ablation, rows))

    known = (OWN_METHOD, *ABLATED_METHODS)
    return (
        yield from run_case_experiment(EXPERIMENT_NAME, cases, options, make_report, known=known, out=out, force=force)
    )
