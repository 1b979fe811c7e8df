"""The cohort experiment: what share of cases goes well, by region, size and disturbance (Mishinov 2023, table 2)."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path

from SkullRestoreLib.case import InputError
from SkullRestoreLib.clock import Progress
from SkullRestoreLib.evaluation import engine, figures, results, tables
from SkullRestoreLib.evaluation.cases import Case, draw_cases, list_skulls
from SkullRestoreLib.evaluation.experiment import Job, measure
from SkullRestoreLib.evaluation.methods import METHODS, atlas_path, knowledge
from SkullRestoreLib.resources import sha256
from SkullRestoreLib.settings import Settings

NAME = "cohort"


@dataclass(frozen=True)
class Options:
    """What may be chosen for a run over many cases."""

    methods: tuple[str, ...] = tuple(METHODS)
    settings: Settings = Settings()  # noqa: RUF009 - frozen
    seed: int = 0
    workers: int = 1
    floor: bool = True  # also what an oracle would reach


def run(
    skulls: Path,
    count: int,
    options: Options,
    *,
    split: Path | None = None,
    part: str = "test",
    out: Path | None = None,
    force: bool = False,
) -> Generator[Progress, None, str]:
    """Measure a cohort.

    Parameters
    ----------
    skulls
        Folder of intact skulls; see :func:`SkullRestoreLib.evaluation.cases.list_skulls`.
    count
        Cases.
    options
        Methods, seed, processes.
    split, part
        Only the skulls of this part of the split file.
    out
        Folder for ``cohort.md``, ``cohort.csv``, ``cohort.png`` and ``gallery.html``.
    force
        Replace an earlier result there.

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
        If there is nothing to measure, a method is not known, or the result cannot be written.
    """
    cases = draw_cases(list_skulls(skulls, split=split, part=part), count, seed=options.seed)
    if out is not None:
        results.check(out, NAME, force=force)
    rows, journal = yield from measure_all(cases, options, out)
    text = "\n\n".join([_about(cases, options), tables.cohort(rows)])
    if out is not None:
        results.publish(out, NAME, text, rows, lambda: figures.cohort(rows), force=force)
        journal.close()
    return text


def measure_all(cases: Sequence[Case], options: Options, out: Path | None) -> Generator[Progress, None, tuple[engine.Rows, engine.Journal]]:
    """Every case by every method.

    Returns
    -------
    rows : list of dict
        In order of the cases.
    journal : Journal
        To be closed when the result is published.
    """
    unknown = [m for m in options.methods if m not in METHODS]
    if unknown:
        raise InputError(f"{', '.join(unknown)} is no method; there are: {', '.join(METHODS)}.")
    settings = options.settings
    journal = engine.Journal.beside(
        out,
        {
            "cases": [c.name for c in cases],
            "seeds": [list(c.seed) for c in cases],
            "methods": list(options.methods),
            "floor": options.floor,
            "settings": repr(settings),
            "weights": sha256(knowledge(settings)[0]),
            "shape": sha256(atlas_path(settings)),
        },
    )
    jobs = {c.name: Job(c, options.methods, settings, options.floor) for c in cases}
    what = f"measure {len(cases)} cases"
    done = yield from engine.run(jobs, measure, what=what, workers=options.workers, journal=journal)
    rows = [row for case in done.values() for row in case]
    order = {m: k for k, m in enumerate([*options.methods])}
    return sorted(rows, key=lambda r: order.get(r["method"], len(order))), journal


def _about(cases: Sequence[Case], options: Options) -> str:
    names = sorted({c.skull for c in cases})
    return (
        f"{len(cases)} cases on {len(names)} skulls ({', '.join(names)}), seed {options.seed}, "
        f"weights {sha256(knowledge(options.settings)[0])[:12]}. A case with two holes counts by the worse of them."
    )
