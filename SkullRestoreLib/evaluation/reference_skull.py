"""The reference-skull experiment: intact skulls, a defect cut out, the restored surface against the truth (Mishinov 2023, table 1)."""

from collections.abc import Generator, Sequence
from pathlib import Path

from SkullRestoreLib.clock import Progress
from SkullRestoreLib.evaluation import figures, results, tables
from SkullRestoreLib.evaluation.cases import Case, draw_cases, home_of, list_skulls
from SkullRestoreLib.evaluation.cohort import Options, about, measure_all
from SkullRestoreLib.evaluation.overlap import PIECES, SUFFIXES

NAME = "reference_skull"
OFFICIAL, CLINICAL = "official implants", "clinical shapes"


def reference_cases(folder: Path, skulls: Sequence[Path], *, shapes: int = 2, seed: int = 0) -> list[Case]:
    """The cases: of every skull its official missing piece, where there is one, and some clinical shapes.

    Parameters
    ----------
    folder
        Of the skulls; official pieces lie in ``implant/`` beside ``complete/``.
    skulls
        Intact skulls.
    shapes
        Clinical shapes cut into each.
    seed
        Of the shapes.
    """
    beside = home_of(folder).parent if home_of(folder) != folder else folder
    pieces = next((beside / p for p in PIECES if (beside / p).is_dir()), None)
    made = []
    for k, path in enumerate(skulls):
        piece = next((p for p in (pieces.iterdir() if pieces else ()) if _stem(p) == _stem(path)), None)
        if piece is not None:
            made.append(Case(f"{_stem(path)}-official", path, OFFICIAL, (seed, k), piece=piece))
    clean = [Case(c.name, c.path, c.region, c.seed) for c in draw_cases(skulls, shapes * len(skulls), seed=seed)] if shapes else []
    return sorted([*made, *clean], key=lambda c: c.name)


def _stem(path: Path) -> str:
    suffix = next((s for s in SUFFIXES if path.name.lower().endswith(s)), "")
    return path.name[: len(path.name) - len(suffix)]


def run(
    folder: Path,
    options: Options,
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
        As for :func:`SkullRestoreLib.evaluation.cohort.run`.
    shapes
        Clinical shapes for each skull, besides its official piece.
    out
        Folder for ``reference_skull.md``, ``.csv`` and ``.png``.

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
    cases = reference_cases(folder, list_skulls(folder, split=split, part=part), shapes=shapes, seed=options.seed)
    if out is not None:
        results.check(out, NAME, force=force)
    rows, journal = yield from measure_all(cases, options, out)
    sources = {OFFICIAL: [r for r in rows if r["region"] == OFFICIAL], CLINICAL: [r for r in rows if r["region"] != OFFICIAL]}
    parts = [about(cases, options), tables.PAPER_1]
    parts += [f"### {name[0].upper()}{name[1:]}\n\n{tables.reference(some)}" for name, some in sources.items() if some]
    text = "\n\n".join(parts)
    if out is not None:
        found = [r for r in rows if r["found"]]
        keys = [("largest_mm", "largest deviation (99th percentile), mm"), ("rms_mm", "RMS deviation, mm")]
        results.publish(out, NAME, text, rows, lambda: figures.boxes(found, keys), force=force)
        journal.close()
    return text
