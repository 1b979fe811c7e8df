"""Overlap with the true missing piece, on folders as the AutoImplant challenge lays them out."""

import csv
import json
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from SkullRestoreLib.case import InputError, SkullRestoreError, Volume
from SkullRestoreLib.clock import finish
from SkullRestoreLib.evaluation.metrics import overlap
from SkullRestoreLib.evaluation.rivals import PREDICTORS
from SkullRestoreLib.settings import Settings

_WHOLE, _HOLED, _PIECE = ("complete", "complete_skull"), ("defective", "defective_skull", "skulls"), ("implant", "implants")
_SUFFIXES = (".nrrd", ".nii.gz", ".nii", ".mha")


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
        Only these, without suffix.

    Raises
    ------
    InputError
        If the folder holds no pair.
    """
    pieces = next((folder / p for p in _PIECE if (folder / p).is_dir()), None)
    if pieces is None:
        raise InputError(
            f"{folder} holds no folder of missing pieces; give a folder with implant/ and complete/ (or defective_skull/) in it."
        )
    found = []
    for piece in sorted(p for p in pieces.rglob("*") if p.name.endswith(_SUFFIXES)):
        inside = piece.relative_to(pieces)
        holed = next((folder / h / inside for h in _HOLED if (folder / h / inside).exists()), None)
        whole = next((folder / w / n for w in _WHOLE for n in (inside, inside.name) if (folder / w / n).exists()), None)
        name = str(inside).split(".")[0]
        if (holed or whole) and (names is None or name in names):
            found.append(Pair(name, piece, holed, whole))
    if not found:
        raise InputError(f"{folder} holds no pair of a skull and its missing piece{' under the names asked for' if names else ''}.")
    return found


def measure(pair: Pair, method: str, settings: Settings) -> Row:
    """Restore one skull by one method and compare with its true piece; a failure counts as no overlap and is noted."""
    from SkullRestoreLib import pipeline, read

    truth = read.read(pair.piece)
    skull = read.read(pair.holed or pair.whole)
    bone = skull.array if pair.holed else skull.array & ~truth.array
    try:
        made = finish(pipeline.restore(Volume(bone, skull.ijk_to_ras, "mask"), settings, predict=PREDICTORS[method]))
    except SkullRestoreError as error:
        return Row(pair.name, method, 0.0, 0.0, np.inf, 0, 0.0, str(error))
    result = overlap(truth.array, made.restored_bone > 0, bone, skull.spacing[::-1])
    return Row(
        pair.name, method, float(result.dsc), float(result.bdsc), float(result.hd95_mm), len(made.defects), sum(made.seconds.values())
    )


def measure_all(pairs: Sequence[Pair], *, methods: Sequence[str] = tuple(PREDICTORS), workers: int = 1) -> list[Row]:
    """Measure every method on every pair, over several processes."""
    jobs = [(pair, method, Settings()) for pair in pairs for method in methods]
    if workers <= 1:
        return [measure(*job) for job in jobs]
    with ProcessPoolExecutor(workers) as pool:
        return list(pool.map(measure, *zip(*jobs, strict=True)))


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


def table(folder: Path, *, split: Path | None = None, out: Path | None = None, workers: int = 1) -> str:
    """Measure a folder of pairs.

    Parameters
    ----------
    folder
        See :func:`find_pairs`.
    split
        JSON file that training wrote; only the skulls it lists under ``test`` are measured.
    out
        Folder for ``overlap.md`` and ``overlap.csv``.
    workers
        Processes.

    Returns
    -------
    str
        Markdown.
    """
    names = None
    if split is not None:
        try:
            names = json.loads(split.read_text(encoding="utf-8"))["test"]
        except (OSError, ValueError, KeyError, TypeError):
            raise InputError(f"{split} is no split file; give the split.json that training wrote.") from None
    rows = measure_all(find_pairs(folder, names=names), workers=workers)
    text = markdown(rows)
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        (out / "overlap.md").write_text(text + "\n", encoding="utf-8")
        with (out / "overlap.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(Row.__dataclass_fields__)
            writer.writerows([getattr(r, f) for f in Row.__dataclass_fields__] for r in rows)
    return text
