"""The reference-skull experiment (Mishinov 2023, table 1): cut holes into intact skulls and restore them."""

from collections.abc import Generator, Sequence
from functools import partial
from pathlib import Path

from SkullRestoreLib._system.progress import Progress
from SkullRestoreLib._system.run_log import Rows
from SkullRestoreLib.evaluation.cases.random_cases import CasePlan, draw_cases, find_skull_folder, list_skulls
from SkullRestoreLib.evaluation.experiments.overlap import PIECE_FOLDERS, VOLUME_SUFFIXES
from SkullRestoreLib.evaluation.experiments.runner import ExperimentReport, describe_cases, run_case_experiment
from SkullRestoreLib.evaluation.methods.compared_methods import EvaluationOptions
from SkullRestoreLib.evaluation.tables import plots, summary

EXPERIMENT_NAME = "reference_skull"
OFFICIAL_PIECES, CLINICAL_SHAPES = "official implants", "clinical shapes"


def reference_cases(folder: Path, skulls: Sequence[Path], *, shapes: int = 2, seed: int = 0) -> list[CasePlan]:
    """List the cases: the official missing piece of every skull that has one, and some clinical shapes.

    Parameters
    ----------
    folder
        Of the skulls; official pieces are in ``implant/`` next to ``complete/``.
    skulls
        Intact skulls.
    shapes
        Clinical shapes cut into each.
    seed
        Of the shapes.

    Returns
    -------
    list of CasePlan
        Sorted by name.
    """
    home = find_skull_folder(folder)
    root = folder if home == folder else home.parent
    piece_folder = next((root / p for p in PIECE_FOLDERS if (root / p).is_dir()), None)
    pieces = {_file_stem(p): p for p in reversed(list(piece_folder.iterdir()))} if piece_folder else {}
    official = [
        CasePlan(f"{_file_stem(path)}-official", path, OFFICIAL_PIECES, (seed, k), piece_path=pieces[_file_stem(path)])
        for k, path in enumerate(skulls)
        if _file_stem(path) in pieces
    ]
    drawn = draw_cases(skulls, shapes * len(skulls), seed=seed) if shapes else []
    clean = [CasePlan(c.name, c.skull_path, c.region, c.seed) for c in drawn]
    return sorted([*official, *clean], key=lambda case: case.name)


def _file_stem(path: Path) -> str:
    suffix = next((s for s in VOLUME_SUFFIXES if path.name.lower().endswith(s)), "")
    return path.name[: len(path.name) - len(suffix)]


def run_reference_skull(
    folder: Path,
    options: EvaluationOptions,
    *,
    shapes: int = 2,
    split: Path | None = None,
    part: str = "test",
    out: Path | None = None,
    force: bool = False,
) -> Generator[Progress, None, str]:
    """Measure reference skulls.

    Parameters
    ----------
    folder, options, split, part, force
        As for :func:`SkullRestoreLib.evaluation.experiments.cohort.run_cohort`.
    shapes
        Clinical shapes for each skull, in addition to its official piece.
    out
        Folder for ``reference_skull.md``, ``.csv`` and ``.png``.

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
    cases = reference_cases(folder, list_skulls(folder, split=split, part=part), shapes=shapes, seed=options.seed)
    report = partial(_make_report, cases, options)
    return (yield from run_case_experiment(EXPERIMENT_NAME, cases, options, report, out=out, force=force))


def _make_report(cases: Sequence[CasePlan], options: EvaluationOptions, rows: Rows) -> ExperimentReport:
    sources = {
        OFFICIAL_PIECES: [r for r in rows if r["region"] == OFFICIAL_PIECES],
        CLINICAL_SHAPES: [r for r in rows if r["region"] != OFFICIAL_PIECES],
    }
    parts = [describe_cases(cases, options), summary.MISHINOV_TABLE_1]
    parts += [
        f"### {name[0].upper()}{name[1:]}\n\n{summary.reference_table(source_rows)}"
        for name, source_rows in sources.items()
        if source_rows
    ]
    found = [r for r in rows if r["found"]]
    keys = [("largest_mm", "largest deviation (99th percentile), mm"), ("rms_mm", "RMS deviation, mm")]
    return ExperimentReport("\n\n".join(parts), partial(plots.plot_boxes, found, keys))
