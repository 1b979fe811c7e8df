"""What each part of the method is worth: the same cases with one part taken away each time."""

from collections.abc import Generator
from dataclasses import replace
from pathlib import Path

from SkullRestoreLib.clock import Progress
from SkullRestoreLib.evaluation import figures, results, tables
from SkullRestoreLib.evaluation.cases import draw_cases, list_skulls
from SkullRestoreLib.evaluation.cohort import about, measure_all
from SkullRestoreLib.evaluation.methods import OURS, Options, check_methods
from SkullRestoreLib.evaluation.parts import PARTS, WITHOUT

NAME = "ablation"


def run(
    skulls: Path,
    count: int,
    options: Options,
    *,
    split: Path | None = None,
    part: str = "valid",
    out: Path | None = None,
    force: bool = False,
) -> Generator[Progress, None, str]:
    """Measure what each part is worth.

    Parameters
    ----------
    skulls, count, split, part, force
        As for :func:`SkullRestoreLib.evaluation.cohort.run`.
    options
        Its methods are names in :data:`SkullRestoreLib.evaluation.parts.WITHOUT`; the whole method is always measured beside them. Parts are taken
        away in this process, so its workers are processes and never the threads that a cluster's worker may have.
    out
        Folder for ``ablation.md``, ``ablation.csv`` and ``ablation.png``. What the rows say of the head frame is the whole method's.

    Yields
    ------
    tuple of str and float
        What is being done, and how far it is.

    Returns
    -------
    str
        Markdown.

    Raises
    ------
    SkullRestoreError
        As for the cohort.
    """
    check_methods(options.methods, tuple(WITHOUT))
    options = replace(options, methods=(OURS, *options.methods), floor=False, scheduler=None)
    cases = draw_cases(list_skulls(skulls, split=split, part=part), count, seed=options.seed)
    if out is not None:
        results.check(out, NAME, force=force)
    rows, journal = yield from measure_all(cases, options, out, known=(OURS, *WITHOUT))
    instead = {p.name: p.instead for p in PARTS if p.name in options.methods}
    text = "\n\n".join([about(cases, options), tables.ablation(rows, instead)])
    if out is not None:
        results.publish(out, NAME, text, rows, lambda: figures.ablation(rows), force=force)
        journal.close()
    return text
