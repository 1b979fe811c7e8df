"""The overlap experiment: compare with the true missing piece, on the AutoImplant challenge's folders."""

import time
from collections.abc import Generator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from SkullRestoreLib._system.progress import Progress
from SkullRestoreLib._system.run_log import Rows
from SkullRestoreLib.defects import missing_bone
from SkullRestoreLib.errors import InputError, SkullRestoreError
from SkullRestoreLib.evaluation.cases.random_cases import read_split
from SkullRestoreLib.evaluation.experiments.runner import Experiment, ExperimentReport, run_experiment
from SkullRestoreLib.evaluation.methods.baselines import PREDICTORS
from SkullRestoreLib.evaluation.methods.compared_methods import (
    EvaluationOptions,
    MethodContext,
    build_context,
    check_methods,
)
from SkullRestoreLib.evaluation.methods.upper_bounds import BEST_SMOOTH_PATCH, smooth_true_tables
from SkullRestoreLib.evaluation.tables import plots
from SkullRestoreLib.geometry.metrics import OverlapScores, measure_overlap
from SkullRestoreLib.records import Bone, DefectPatch, Mesh, VaultTables, Volume
from SkullRestoreLib.settings import Settings

EXPERIMENT_NAME = "overlap"
OVERLAP_METHODS = tuple(PREDICTORS)
"""Methods that predict both tables; the paper's system predicts only the outer."""
_INTACT_FOLDERS, _DEFECTIVE_FOLDERS, PIECE_FOLDERS = (
    ("complete", "complete_skull"),
    ("defective", "defective_skull", "skulls"),
    ("implant", "implants"),
)
FAILED_DSC = 0.5
"""With less overlap than this a restoration counts as failed."""
VOLUME_SUFFIXES = (".nrrd", ".nii.gz", ".nii", ".mha")


@dataclass(frozen=True)
class SkullPair:
    """One skull with a hole, and the piece that is missing from it."""

    name: str
    piece_path: Path
    defective_path: Path | None  # the skull with the hole
    intact_path: Path | None  # or the intact skull, from which the piece is taken


@dataclass(frozen=True)
class OverlapRow:
    """Result of one method on one pair."""

    name: str
    method: str
    dsc: float
    bdsc: float
    hd95_mm: float
    mean_mm: float
    defects: int
    seconds: float
    note: str = ""


def find_pairs(folder: Path, *, names: Sequence[str] | None = None) -> list[SkullPair]:
    """List the pairs of a folder.

    Parameters
    ----------
    folder
        Holds the missing pieces in ``implant/``, and skulls of the same file names in ``complete/`` (or
        ``complete_skull/``) or ``defective_skull/`` (or ``skulls/``), as SkullFix does. One more level of folders
        (kinds of defect, as in SkullBreak) may be in between.
    names
        Only these skulls, without suffix, each with all its kinds of hole.

    Returns
    -------
    list of SkullPair
        Sorted by file name.

    Raises
    ------
    InputError
        If the folder holds no pair.
    """
    pieces = next((folder / p for p in PIECE_FOLDERS if (folder / p).is_dir()), None)
    if pieces is None:
        raise InputError(
            f"{folder} holds no folder of missing pieces; "
            "give a folder with implant/ and complete/ (or defective_skull/) in it."
        )
    pairs = []
    for piece in sorted(p for p in pieces.rglob("*") if p.name.endswith(VOLUME_SUFFIXES)):
        inside = piece.relative_to(pieces)
        defective = next((folder / d / inside for d in _DEFECTIVE_FOLDERS if (folder / d / inside).exists()), None)
        intact = next(
            (folder / d / n for d in _INTACT_FOLDERS for n in (inside, inside.name) if (folder / d / n).exists()), None
        )
        name = str(inside).split(".")[0]
        if (defective or intact) and (names is None or name.rsplit("/")[-1] in names):
            pairs.append(SkullPair(name, piece, defective, intact))
    if not pairs:
        raise InputError(
            f"{folder} holds no pair of a skull and its missing piece{' under the names asked for' if names else ''}."
        )
    return pairs


@dataclass(frozen=True)
class OverlapJob:
    """One pair, for a process."""

    pair: SkullPair
    methods: tuple[str, ...]
    settings: Settings
    floor: bool = True  # also measure the upper bound


def measure_pair(job: OverlapJob) -> Rows:
    """Restore one skull by every method and compare with its true piece.

    Parameters
    ----------
    job
        The pair, the methods and the settings; with ``floor`` also our own patch on the true tables, as smooth as ours.

    Returns
    -------
    list of dict
        A row per method, with the fields of :class:`OverlapRow`; a failure counts as no overlap and is noted.
    """
    pair = job.pair
    try:
        truth = _read_volume(pair.piece_path)
        if pair.defective_path is not None:
            skull = _read_volume(pair.defective_path)
            bone = skull.array
        else:
            skull = _read_volume(pair.intact_path or pair.piece_path)
            bone = skull.array & ~truth.array
        context = build_context(Volume(bone, skull.ijk_to_ras, "mask"), job.settings)
    except SkullRestoreError as error:
        return [asdict(_failed_row(pair.name, method, error)) for method in job.methods]
    rows = [_measure_method(method, pair.name, context, truth, bone) for method in job.methods]
    if job.floor:
        rows.append(_measure_floor(pair.name, context, truth, bone))
    return [asdict(row) for row in rows]


def _read_volume(path: Path) -> Volume:
    from SkullRestoreLib.io import read

    volume = read.read(path)
    if isinstance(volume, Mesh):
        raise InputError(f"{path} is a model; give a mask.")
    return volume


def _failed_row(name: str, method: str, error: SkullRestoreError) -> OverlapRow:
    return OverlapRow(
        name, method, dsc=0.0, bdsc=0.0, hd95_mm=np.inf, mean_mm=np.inf, defects=0, seconds=0.0, note=str(error)
    )


def _measure_method(
    method: str, name: str, context: MethodContext, truth: Volume, bone: NDArray[np.bool_]
) -> OverlapRow:
    start = time.perf_counter()
    try:
        predict = PREDICTORS[method]
        reconstruction = context.own_reconstruction if predict is None else context.reconstruct_with(predict)
        scores = _score_piece(reconstruction.patches, reconstruction.vault_tables, context, truth, bone)
    except SkullRestoreError as error:
        return _failed_row(name, method, error)
    seconds = time.perf_counter() - start + sum(context.seconds.values())
    defects = len(reconstruction.defects)
    return OverlapRow(name, method, **asdict(scores), defects=defects, seconds=seconds)


def _measure_floor(name: str, context: MethodContext, truth: Volume, bone: NDArray[np.bool_]) -> OverlapRow:
    """Our own patches on the true tables, which the pair itself shows."""
    try:
        own = context.own_reconstruction
        intact = (bone | truth.array).view(np.uint8)
        tables = smooth_true_tables(Bone(intact, 0.5, intact.view(bool), truth.ijk_to_ras), context)
        scores = _score_piece(own.patches, tables, context, truth, bone)
    except SkullRestoreError as error:
        return _failed_row(name, BEST_SMOOTH_PATCH, error)
    return OverlapRow(name, BEST_SMOOTH_PATCH, **asdict(scores), defects=len(own.defects), seconds=np.nan)


def _score_piece(
    patches: Sequence[DefectPatch],
    tables: VaultTables,
    context: MethodContext,
    truth: Volume,
    bone: NDArray[np.bool_],
) -> OverlapScores:
    """Compare the bone between restored tables, under the patches, with the true piece."""
    labels, head = np.zeros(bone.shape, dtype=np.uint8), context.analysis
    for patch in patches:
        missing_bone.label_missing_bone(
            labels, patch, tables, head.bone, head.pose, parameters=head.parameters.missing_bone
        )
    return measure_overlap(truth.array, labels > 0, bone, truth.spacing[::-1])


def overlap_tables(rows: Sequence[OverlapRow]) -> str:
    """Format medians and means of each method, then every case, as Markdown tables.

    Parameters
    ----------
    rows
        One per pair and method.

    Returns
    -------
    str
        Markdown.
    """
    lines = [
        "| method | cases | DSC median (mean) | bDSC median (mean) | HD95 mm median (mean) "
        "| mean surface distance mm median (mean) | failed |",
        "|---|---|---|---|---|---|---|",
    ]
    for method in dict.fromkeys(r.method for r in rows):
        chosen = [r for r in rows if r.method == method]
        values = {key: np.array([getattr(r, key) for r in chosen]) for key in ("dsc", "bdsc", "hd95_mm", "mean_mm")}
        cells = [
            f"{np.median(v):.{digits}f} ({v[np.isfinite(v)].mean():.{digits}f})"
            for v, digits in zip(values.values(), (3, 3, 2, 2), strict=True)
        ]
        failed = sum(r.dsc < FAILED_DSC for r in chosen)
        lines.append(f"| {method} | {len(chosen)} | {' | '.join(cells)} | {failed} |")
    lines += [
        "",
        "| case | method | DSC | bDSC | HD95 mm | mean mm | defects | s | note |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {r.name} | {r.method} | {r.dsc:.3f} | {r.bdsc:.3f} | {r.hd95_mm:.2f} | {r.mean_mm:.2f} "
        f"| {r.defects} | {'–' if np.isnan(r.seconds) else format(r.seconds, '.1f')} | {r.note} |"
        for r in rows
    ]
    return "\n".join(lines)


def run_overlap(
    folder: Path,
    options: EvaluationOptions,
    *,
    split: Path | None = None,
    part: str = "test",
    out: Path | None = None,
    force: bool = False,
) -> Generator[Progress, None, str]:
    """Measure a folder of pairs.

    Parameters
    ----------
    folder
        See :func:`find_pairs`.
    options
        Methods (of :data:`OVERLAP_METHODS`), processes.
    split, part
        JSON file that training wrote; only the skulls that it lists under this part are measured, with all their holes.
    out
        Folder for ``overlap.md``, ``overlap.csv`` and ``overlap.png``.
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
        If there is no pair, a method is not known, or the result cannot be written.
    """
    pairs = find_pairs(folder, names=None if split is None else read_split(split, part))
    check_methods(options.methods, OVERLAP_METHODS)
    jobs = {p.name: OverlapJob(p, options.methods, options.settings, options.floor) for p in pairs}
    what = f"measure {len(pairs)} pairs"
    experiment = Experiment(EXPERIMENT_NAME, jobs, measure_pair, what, {"pairs": [p.name for p in pairs]})
    return (yield from run_experiment(experiment, options, _make_report, out=out, force=force))


def _make_report(rows: Rows) -> ExperimentReport:
    keys = [
        ("dsc", "DSC"),
        ("bdsc", "border DSC at 10 mm"),
        ("hd95_mm", "HD95, mm"),
        ("mean_mm", "mean surface distance, mm"),
    ]
    return ExperimentReport(overlap_tables([OverlapRow(**row) for row in rows]), partial(plots.plot_boxes, rows, keys))
