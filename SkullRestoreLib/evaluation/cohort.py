"""The cohort experiment: what share of cases goes well, by region, size and disturbance (Mishinov 2023, table 2)."""

from collections.abc import Generator, Sequence
from pathlib import Path

from SkullRestoreLib.clock import Progress
from SkullRestoreLib.evaluation import engine, figures, gallery, results, tables
from SkullRestoreLib.evaluation.cases import Case, draw_cases, list_skulls
from SkullRestoreLib.evaluation.experiment import Job, measure
from SkullRestoreLib.evaluation.methods import METHODS, OURS, Options, check_methods, weights_in_use

NAME = "cohort"
GALLERY = 20


def run(
    skulls: Path,
    count: int,
    options: Options,
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
        Folder of intact skulls; see :func:`SkullRestoreLib.evaluation.cases.list_skulls`.
    count
        Cases.
    options
        Methods, seed, processes.
    holes
        As surgeons and injuries make them ("clinical"), or plain "solids".
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
    by = "kind of hole" if holes == "solids" else "region"
    cases = draw_cases(list_skulls(skulls, split=split, part=part), count, seed=options.seed, holes=holes)
    if out is not None:
        results.check(out, NAME, force=force)
    rows, journal = yield from measure_all(cases, options, out)
    text = "\n\n".join([about(cases, options), tables.cohort(rows, by=by)])
    if out is not None:
        pages = {"gallery.html": (yield from _gallery(cases, rows, options))} if OURS in options.methods else {}
        results.publish(out, NAME, text, rows, lambda: figures.cohort(rows, by=by), force=force, pages=pages)
        journal.close()
    return text


def _gallery(cases: Sequence[Case], rows: engine.Rows, options: Options) -> Generator[Progress, None, str]:
    """The page of our worst cases."""
    bad = gallery.worst(rows, OURS, GALLERY)
    by_name = {c.name: c for c in cases}
    jobs = {r["case"]: (Job(by_name[r["case"]], (OURS,), options.settings, floor=False), r["hole"]) for r in bad}
    none = engine.Journal(None, {})
    drawn = yield from engine.run(
        jobs, gallery.draw, what=f"draw the worst {len(jobs)}", workers=options.workers, scheduler=options.scheduler, journal=none
    )
    return gallery.page([(r, drawn[r["case"]]) for r in bad], len(cases), about(cases, options))


def measure_all(
    cases: Sequence[Case], options: Options, out: Path | None, *, known: Sequence[str] = tuple(METHODS)
) -> Generator[Progress, None, tuple[engine.Rows, engine.Journal]]:
    """Every case by every method, all of which must be ``known``.

    Returns
    -------
    rows : list of dict
        In order of the cases.
    journal : Journal
        To be closed when the result is published.
    """
    check_methods(options.methods, known)
    settings = options.settings
    asked = {
        "cases": [c.name for c in cases],
        "regions": [c.region for c in cases],
        "seeds": [list(c.seed) for c in cases],
        "methods": list(options.methods),
    }
    journal = engine.Journal.beside(out, {**asked, "floor": options.floor, "settings": repr(settings), **weights_in_use(settings)})
    jobs = {c.name: Job(c, options.methods, settings, options.floor) for c in cases}
    what = f"measure {len(cases)} cases"
    done = yield from engine.run(jobs, measure, what=what, workers=options.workers, scheduler=options.scheduler, journal=journal)
    rows = [row for case in done.values() for row in case]
    order = {m: k for k, m in enumerate([*options.methods])}
    return sorted(rows, key=lambda r: order.get(r["method"], len(order))), journal


def about(cases: Sequence[Case], options: Options) -> str:
    """What was measured, in a sentence."""
    names, weights = sorted({c.skull for c in cases}), weights_in_use(options.settings)["network"]
    return (
        f"{len(cases)} cases on {len(names)} skulls ({', '.join(names)}), seed {options.seed}, "
        f"weights {weights[:12]}. A case with two holes counts by the worse of them."
    )
