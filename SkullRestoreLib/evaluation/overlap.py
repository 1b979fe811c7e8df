"""Overlap with the true missing piece, on folders as the AutoImplant challenge lays them out."""

import time
from collections.abc import Generator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from SkullRestoreLib import solid
from SkullRestoreLib.case import InputError, SkullRestoreError, Volume
from SkullRestoreLib.clock import Progress
from SkullRestoreLib.evaluation import engine, figures, results
from SkullRestoreLib.evaluation.cases import read_split
from SkullRestoreLib.evaluation.engine import Rows
from SkullRestoreLib.evaluation.methods import OURS, Bench, Options, check_methods, examine, weights_in_use
from SkullRestoreLib.evaluation.metrics import overlap
from SkullRestoreLib.evaluation.rivals import PREDICTORS
from SkullRestoreLib.settings import Settings

NAME = "overlap"
METHODS = tuple(PREDICTORS)
"""Those that predict both tables; the paper's system knows none but the outer."""
_WHOLE, _HOLED, PIECES = ("complete", "complete_skull"), ("defective", "defective_skull", "skulls"), ("implant", "implants")
SUFFIXES = (".nrrd", ".nii.gz", ".nii", ".mha")


@dataclass(frozen=True)
class Pair:
    """One skull with a hole, and the piece that is missing from it."""

    name: str
    piece: Path
    holed: Path | None  # the skull with the hole
    whole: Path | None  # or the whole skull, from which the piece is taken


@dataclass(frozen=True)
class Row:
    """What one method reached on one pair."""

    name: str
    method: str
    dsc: float
    bdsc: float
    hd95_mm: float
    defects: int
    seconds: float
    note: str = ""


def find_pairs(folder: Path, *, names: Sequence[str] | None = None) -> list[Pair]:
    """List the pairs in a folder.

    Parameters
    ----------
    folder
        Holds ``implant/`` with the missing pieces and beside it ``complete/`` (or ``complete_skull/``) or ``defective_skull/`` (or ``skulls/``)
        with files of the same names, as SkullFix does; one more level of folders (kinds of defect, as in SkullBreak) may lie between.
    names
        Only these skulls, without suffix; of each all its kinds of hole.

    Raises
    ------
    InputError
        If the folder holds no pair.
    """
    pieces = next((folder / p for p in PIECES if (folder / p).is_dir()), None)
    if pieces is None:
        raise InputError(
            f"{folder} holds no folder of missing pieces; give a folder with implant/ and complete/ (or defective_skull/) in it."
        )
    found = []
    for piece in sorted(p for p in pieces.rglob("*") if p.name.endswith(SUFFIXES)):
        inside = piece.relative_to(pieces)
        holed = next((folder / h / inside for h in _HOLED if (folder / h / inside).exists()), None)
        whole = next((folder / w / n for w in _WHOLE for n in (inside, inside.name) if (folder / w / n).exists()), None)
        name = str(inside).split(".")[0]
        if (holed or whole) and (names is None or name.rsplit("/")[-1] in names):
            found.append(Pair(name, piece, holed, whole))
    if not found:
        raise InputError(f"{folder} holds no pair of a skull and its missing piece{' under the names asked for' if names else ''}.")
    return found


@dataclass(frozen=True)
class Job:
    """One pair, for a process."""

    pair: Pair
    methods: tuple[str, ...]
    settings: Settings


def measure(job: Job) -> Rows:
    """Restore one skull by every method and compare with its true piece; a failure counts as no overlap and is noted."""
    from SkullRestoreLib import read

    pair = job.pair
    try:
        truth, skull = read.read(pair.piece), read.read(pair.holed or pair.whole)
        bone = skull.array if pair.holed else skull.array & ~truth.array
        bench = examine(Volume(bone, skull.ijk_to_ras, "mask"), job.settings)
    except SkullRestoreError as error:
        return [asdict(Row(pair.name, method, 0.0, 0.0, np.inf, 0, 0.0, str(error))) for method in job.methods]
    return [asdict(_by(method, job, bench, truth, bone)) for method in job.methods]


def _by(method: str, job: Job, bench: Bench, truth: Volume, bone: np.ndarray) -> Row:
    start = time.perf_counter()
    try:
        made = bench.ours if method == OURS else bench.reconstruct(PREDICTORS[method])
        labels = np.zeros(bone.shape, dtype=np.uint8)
        for patch in made.patches:
            solid.missing_bone(labels, patch, made.shell, bench.seen.bone, bench.seen.pose)
        result = overlap(truth.array, labels > 0, bone, truth.spacing[::-1])
    except SkullRestoreError as error:
        return Row(job.pair.name, method, 0.0, 0.0, np.inf, 0, 0.0, str(error))
    took = time.perf_counter() - start + sum(bench.seconds.values())
    return Row(job.pair.name, method, result.dsc, result.bdsc, result.hd95_mm, len(made.defects), took)


def markdown(rows: Sequence[Row]) -> str:
    """Medians and means of each method as a Markdown table, then every case."""
    lines = ["| method | cases | DSC median (mean) | bDSC median (mean) | HD95 mm median (mean) | failed |", "|---|---|---|---|---|---|"]
    for method in dict.fromkeys(r.method for r in rows):
        mine = [r for r in rows if r.method == method]
        figures = [np.array([getattr(r, key) for r in mine]) for key in ("dsc", "bdsc", "hd95_mm")]
        text = [f"{np.median(f):.3f} ({f[np.isfinite(f)].mean():.3f})" for f in figures[:2]]
        text.append(f"{np.median(figures[2]):.2f} ({figures[2][np.isfinite(figures[2])].mean():.2f})")
        lines.append(f"| {method} | {len(mine)} | {' | '.join(text)} | {sum(r.dsc < 0.5 for r in mine)} |")
    lines += ["", "| case | method | DSC | bDSC | HD95 mm | defects | s | note |", "|---|---|---|---|---|---|---|---|"]
    lines += [
        f"| {r.name} | {r.method} | {r.dsc:.3f} | {r.bdsc:.3f} | {r.hd95_mm:.2f} | {r.defects} | {r.seconds:.1f} | {r.note} |" for r in rows
    ]
    return "\n".join(lines)


def run(
    folder: Path, options: Options, *, split: Path | None = None, part: str = "test", out: Path | None = None, force: bool = False
) -> Generator[Progress, None, str]:
    """Measure a folder of pairs.

    Parameters
    ----------
    folder
        See :func:`find_pairs`.
    options
        Methods (of :data:`METHODS`), processes.
    split, part
        JSON file that training wrote; only the skulls it lists under this part are measured, with all their holes.
    out
        Folder for ``overlap.md``, ``overlap.csv`` and ``overlap.png``.
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
        If there is no pair, a method is not known, or the result cannot be written.
    """
    pairs = find_pairs(folder, names=None if split is None else read_split(split, part))
    check_methods(options.methods, METHODS)
    if out is not None:
        results.check(out, NAME, force=force)
    asked = {"pairs": [p.name for p in pairs], "methods": list(options.methods), "settings": repr(options.settings)}
    journal = engine.Journal.beside(out, {**asked, **weights_in_use(options.settings)})
    jobs = {p.name: Job(p, options.methods, options.settings) for p in pairs}
    done = yield from engine.run(
        jobs, measure, what=f"measure {len(pairs)} pairs", workers=options.workers, scheduler=options.scheduler, journal=journal
    )
    rows = [row for pair in done.values() for row in pair]
    text = markdown([Row(**row) for row in rows])
    if out is not None:
        keys = [("dsc", "DSC"), ("bdsc", "border DSC at 10 mm"), ("hd95_mm", "HD95, mm")]
        results.publish(out, NAME, text, rows, lambda: figures.boxes(rows, keys), force=force)
        journal.close()
    return text
