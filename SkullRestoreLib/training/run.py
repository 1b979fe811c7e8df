"""A training run, from a folder of skulls to weights: find poses, trace, fit the shape model, train the network.

Every step leaves its result in the output folder and is skipped when that is there, so an interrupted run continues
where it stopped. With several processes (GPUs, nodes) the first one prepares and the others wait for it.
"""

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from SkullRestoreLib._system import resources
from SkullRestoreLib._system.atomic_write import write_atomically
from SkullRestoreLib._system.dask_jobs import ComputeTarget
from SkullRestoreLib.errors import InputError
from SkullRestoreLib.geometry.icosphere import values_at_level
from SkullRestoreLib.pose import head_frame
from SkullRestoreLib.prediction.features import NETWORK_LEVEL
from SkullRestoreLib.prediction.grid_network import read_weights
from SkullRestoreLib.prediction.ray_tracing import trace_rays
from SkullRestoreLib.records import Bone, Pose
from SkullRestoreLib.skull_model.atlas import Atlas, HeadTemplate
from SkullRestoreLib.skull_model.shape_model import ShapeModel
from SkullRestoreLib.training.dataset import (
    FoldPriors,
    PreparedSkulls,
    create_row_files,
    find_defect_region,
    trace_jittered_poses,
    true_tables,
)
from SkullRestoreLib.training.fit_shape_model import CompletedTables, certain_vault_model, complete_tables
from SkullRestoreLib.training.fit_vault_end import fit_vault_end, measure_end_fields
from SkullRestoreLib.training.mishinov_network import fit_mishinov_network
from SkullRestoreLib.training.options import HARDWARE_OPTIONS, TrainingOptions
from SkullRestoreLib.training.run_folder import (
    READY_FILE,
    claim_folder,
    explain_disk_errors,
    is_first_process,
    read_json,
    wait_for_file,
)
from SkullRestoreLib.training.shape_blending import ShapeBlender
from SkullRestoreLib.training.skull_sources import SkullSource, list_skull_sources, process_skulls
from SkullRestoreLib.training.split import assign_folds, make_split
from SkullRestoreLib.training.template import build_template
from SkullRestoreLib.training.train_network import fit_network
from SkullRestoreLib.training.trainer import batch_per_process, check_device

__all__ = ["TrainingOptions", "fold_models", "load_completed_tables", "train"]

MODEL_LEVEL, MODE_COUNT, FOLD_COUNT = 5, 50, 4
"""Grid level and modes of the shape model, and the folds of the skulls it is fitted to."""
_FIRST_MODE_COUNT, _FIT_ROUNDS = 30, 4
MIN_SKULLS = 8
"""With fewer skulls neither shape model nor network learns anything."""
_KNOWN_SHARE = 0.99
log = logging.getLogger(__name__)

Matrices = dict[str, NDArray[np.float64]]
"""Name of a skull to its (4, 4) matrix from RAS to the head frame."""


@dataclass(frozen=True)
class _RunContext:
    """What the preparing steps share."""

    skulls: Path  # folder of the intact skulls, for messages
    out: Path
    options: TrainingOptions
    target: ComputeTarget


def train(skulls: Path, out: Path, options: TrainingOptions, *, holed: Path | None = None, force: bool = False) -> Path:
    """Fit shape model and network to a folder of skulls.

    Parameters
    ----------
    skulls
        Folder of intact skulls: masks, CT or models, one file or DICOM folder each.
    out
        Results: ``shape.safetensors``, ``network.safetensors``, ``split.json``, ``curves.png``, checkpoints. A run that
        was stopped there continues.
    options
        See :class:`SkullRestoreLib.training.options.TrainingOptions`.
    holed
        Folder of further skulls with one defect each; named ``holed/NAME`` in the split.
    force
        Delete an earlier run in ``out``.

    Returns
    -------
    Path
        The network's weights.

    Raises
    ------
    InputError
        If there are fewer than eight usable skulls, a name is not that of a skull, the processes cannot share a batch
        evenly, or ``out`` holds a run with other choices.
    OutputError
        If ``out`` holds anything else or cannot be written.
    WeightsError
        If the weights to start from cannot be used.
    SkullRestoreError
        If the cluster does not answer or is lost.
    """
    _check_options(options)
    sources = list_skull_sources(skulls)
    if holed:
        sources += [SkullSource(f"holed/{s.name}", s.path, has_defect=True) for s in list_skull_sources(holed)]
    intact, with_defect = ([s.name for s in sources if s.has_defect is kind] for kind in (False, True))
    split = make_split(intact, with_defect, held_out=options.held_out, same_patient=options.same_patient)
    _check_skull_count(sum(len(split[part]) for part in ("train", "valid")), skulls)
    with explain_disk_errors(out):
        if is_first_process():
            claim_folder(out, {"intact": intact, "holed": with_defect, **_recorded_choices(options)}, force=force)
            _prepare_training(sources, split, _RunContext(skulls, out, options, _compute_target(options)))
        wait_for_file(out / READY_FILE)
        return _fit_prepared(out, options)


def _check_options(options: TrainingOptions) -> None:
    check_device(options.device)
    if isinstance(options.devices, int):
        batch_per_process(options.batch, options.devices * options.nodes)
    if options.start is not None:
        if options.recipe == "paper":
            raise InputError("The paper's network always starts from nothing; leave the weights to start from out.")
        read_weights(options.start)


def _recorded_choices(options: TrainingOptions) -> dict[str, Any]:
    """The options that decide the result, as kept in ``run.json``."""
    choices = {f.name: getattr(options, f.name) for f in fields(options) if f.name not in HARDWARE_OPTIONS}
    if options.recipe == "ours":
        del choices["recipe"]  # runs from before there was a choice continue
    choices["start"] = None if options.start is None else resources.file_sha256(options.start)
    return choices


def _compute_target(options: TrainingOptions) -> ComputeTarget:
    return ComputeTarget(options.scheduler, options.workers)


def _fit_prepared(out: Path, options: TrainingOptions) -> Path:
    """Train the network of the recipe on the prepared skulls."""
    ready = read_json(out / READY_FILE, {})
    prepared = PreparedSkulls(out / "prepared")
    if options.recipe == "paper":
        return fit_mishinov_network(prepared, ready["split"], out, options)
    completed, names = load_completed_tables(out)
    priors = FoldPriors.from_models(fold_models(completed, names, ready["fold"]), ready["row_fold"])
    blender = ShapeBlender(completed.tables, names, ready["fold"])
    return fit_network(prepared, priors, ready["split"], out, options, blender=blender)


# --- preparation


def _prepare_training(sources: Sequence[SkullSource], split: dict[str, list[str]], context: _RunContext) -> None:
    """Do everything before the network; results that exist are kept."""
    out, options = context.out, context.options
    if (out / READY_FILE).is_file():
        return
    part = {name: side for side, names in split.items() for name in names}
    learned = [s for s in sources if part[s.name] != "test"]
    template = _load_or_build_template([s for s in learned if part[s.name] == "train" and not s.has_defect], context)
    poses = _load_or_find_poses(learned, template, context)
    learned = [s for s in learned if s.name in poses]
    _check_skull_count(len(learned), context.skulls)
    _complete_training_tables([s for s in learned if part[s.name] == "train"], poses, context)
    completed, names = load_completed_tables(out)
    folds = assign_folds(names, options.same_patient, FOLD_COUNT)
    model = fold_models(completed, names, folds)[-1]
    _write_training_rows(learned, poses, model, context)
    intact = {s.name for s in learned if part[s.name] == "train" and not s.has_defect}
    model = _with_bone_beyond(model, PreparedSkulls(out / "prepared"), intact)
    write_atomically(out / "shape.safetensors", Atlas(model, template).save)
    used = {side: [n for n in members if side == "test" or n in poses] for side, members in split.items()}
    row_folds = [folds.get(name, FOLD_COUNT) for name in PreparedSkulls(out / "prepared").row_names]
    ready = json.dumps({"split": used, "fold": folds, "row_fold": row_folds})
    write_atomically(out / READY_FILE, lambda path: path.write_text(ready))


def _check_skull_count(count: int, skulls: Path) -> None:
    if count < MIN_SKULLS:
        raise InputError(
            f"Only {count} skulls can be learnt from in {skulls}; "
            f"at least {MIN_SKULLS} are needed, and hundreds are better."
        )


def _surface_cloud(bone: Bone, _name: str) -> NDArray[np.float64]:
    return head_frame.surface_points(bone.mask, bone.ijk_to_ras)


def _load_or_build_template(sources: Sequence[SkullSource], context: _RunContext) -> HeadTemplate:
    """The mean head of the intact training skulls."""
    path = context.out / "template.npz"
    if not path.exists():
        clouds = [
            points for _, points in process_skulls(sources, "reading for the mean head", _surface_cloud, context.target)
        ]
        _check_skull_count(len(clouds), context.skulls)
        log.info("building the mean head from %d skulls", len(clouds))
        template = build_template(clouds)
        arrays: dict[str, Any] = {
            "outer": template.outer,
            "vault": template.vault,
            "occupancy": template.occupancy,
            "place": [template.origin_mm, template.spacing_mm],
        }
        write_atomically(path, partial(_save_arrays, arrays))
    with np.load(path) as stored:
        return HeadTemplate(stored["outer"], stored["vault"], stored["occupancy"], *(float(x) for x in stored["place"]))


def _save_arrays(arrays: dict[str, Any], path: Path) -> None:
    with path.open("wb") as file:  # given a name, numpy would append a suffix to it
        np.savez(file, **arrays)


def _find_pose_matrix(template: HeadTemplate, bone: Bone, _name: str) -> list[list[float]]:
    matrix: list[list[float]] = head_frame.find_pose(bone, template).ras_to_head.tolist()
    return matrix


def _load_or_find_poses(sources: Sequence[SkullSource], template: HeadTemplate, context: _RunContext) -> Matrices:
    """Head frame of every skull."""
    path = context.out / "poses.json"
    known = read_json(path, {})
    new = [s for s in sources if s.name not in known]
    for source, matrix in process_skulls(new, "finding the pose", partial(_find_pose_matrix, template), context.target):
        known[source.name] = matrix
        write_atomically(path, lambda part: part.write_text(json.dumps(known)))
    return {name: np.array(matrix) for name, matrix in known.items()}


def trace_coarse_intervals(poses: Matrices, bone: Bone, name: str) -> NDArray[np.float32]:
    return trace_rays(bone, Pose(poses[name], 0.0, 1.0), level=MODEL_LEVEL).intervals


def _complete_training_tables(sources: Sequence[SkullSource], poses: Matrices, context: _RunContext) -> None:
    """Tables of the training skulls with their gaps filled, in ``completed.npz``."""
    path = context.out / "completed.npz"
    if path.exists():
        return
    maps, names, has_defect = [], [], []
    work = partial(trace_coarse_intervals, poses)
    for source, intervals in process_skulls(sources, "tracing for the shape model", work, context.target):
        maps.append(intervals)
        names.append(source.name)
        has_defect.append(source.has_defect)
    log.info("fitting the shape model to %d skulls", len(maps))
    intact = [m for m, defective in zip(maps, has_defect, strict=True) if not defective]
    first_modes = min(_FIRST_MODE_COUNT, len(intact))
    completed = complete_tables(intact, MODEL_LEVEL, modes=first_modes, rounds=_FIT_ROUNDS)
    if any(has_defect):
        known = [
            ~find_defect_region(m, completed.build_model(first_modes)) if defective else np.ones(len(m), dtype=bool)
            for m, defective in zip(maps, has_defect, strict=True)
        ]
        modes = min(MODE_COUNT, len(maps))
        completed = complete_tables(maps, MODEL_LEVEL, modes=modes, rounds=_FIT_ROUNDS, known=known)
    arrays = {"tables": completed.tables, "found": completed.found, "known": completed.known, "names": names}
    write_atomically(path, partial(_save_arrays, arrays))


def load_completed_tables(out: Path) -> tuple[CompletedTables, list[str]]:
    """Read the tables of the training skulls of a run.

    Parameters
    ----------
    out
        Folder of the run.

    Returns
    -------
    completed : CompletedTables
        Their tables with gaps filled.
    names : list of str
        Their names, in the same order.
    """
    with np.load(out / "completed.npz") as stored:
        completed = CompletedTables(MODEL_LEVEL, stored["tables"], stored["found"], stored["known"])
        return completed, [str(n) for n in stored["names"]]


def fold_models(completed: CompletedTables, names: Sequence[str], folds: dict[str, int]) -> list[ShapeModel]:
    """Build for each fold the shape model of the skulls of the other folds.

    Parameters
    ----------
    completed
        Tables of the skulls.
    names
        Their names, in the same order.
    folds
        Fold of each name.

    Returns
    -------
    list of ShapeModel
        One per fold; the model of all skulls comes last.
    """
    fold_of_skull = np.array([folds[n] for n in names])
    return [certain_vault_model(completed.build_model(MODE_COUNT, fold_of_skull != k)) for k in range(FOLD_COUNT + 1)]


@dataclass(frozen=True)
class _RowTracer:
    """Traces one skull in each of its poses: intervals, reach and true tables. Other processes receive it."""

    poses: Matrices
    model: ShapeModel
    with_defect: frozenset[str]
    options: TrainingOptions

    def __call__(self, bone: Bone, name: str) -> list[tuple[NDArray[np.float32], ...]]:
        rng = np.random.default_rng([self.options.seed, *name.encode()])
        pose = Pose(self.poses[name], 0.0, 1.0)
        traced = trace_jittered_poses(bone, pose, count=self.options.poses, rng=rng)
        return [
            (intervals, reach, true_tables(intervals, self.model, self._known_vertices(intervals, name)))
            for intervals, reach in zip(*traced, strict=True)
        ]

    def _known_vertices(self, intervals: NDArray[np.float32], name: str) -> NDArray[np.bool_] | None:
        """(n,) bool, away from the skull's own defect; None if it has none."""
        if name not in self.with_defect:
            return None
        sound = ~find_defect_region(values_at_level(intervals, self.model.level), self.model)
        return values_at_level(sound.astype(float), NETWORK_LEVEL) > _KNOWN_SHARE


def _with_bone_beyond(model: ShapeModel, prepared: PreparedSkulls, intact: set[str]) -> ShapeModel:
    """The shape model with the bone beyond the vault of the intact skulls of these names, in each of their poses."""
    log.info("learning the bone beyond the vault from %d skulls", len(intact))
    intervals, reach, _ = prepared.arrays
    rows = [row for row, name in enumerate(prepared.row_names) if name in intact]
    measured = [measure_end_fields(np.array(intervals[row]), np.array(reach[row]), model) for row in rows]
    return replace(model, end=fit_vault_end(measured, model))


def _write_training_rows(
    sources: Sequence[SkullSource], poses: Matrices, model: ShapeModel, context: _RunContext
) -> None:
    """Every skull on the grid in several poses, in ``prepared/``."""
    folder, options = context.out / "prepared", context.options
    if (folder / "skulls.json").exists():
        return
    folder.mkdir(exist_ok=True)
    arrays = create_row_files(len(sources) * options.poses, folder)
    names: list[str] = []
    tracer = _RowTracer(poses, model, frozenset(s.name for s in sources if s.has_defect), options)
    for source, rows in process_skulls(sources, f"tracing in {options.poses} poses", tracer, context.target):
        for row in rows:
            for array, values in zip(arrays, row, strict=True):
                array[len(names)] = values
            names.append(source.name)
    for array in arrays:
        array.flush()
    write_atomically(folder / "skulls.json", lambda part: part.write_text(json.dumps({"rows": names})))
