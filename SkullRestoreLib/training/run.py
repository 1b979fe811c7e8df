"""The whole training, from a folder of skulls to weights: read, find poses, trace, shape statistics, split, network.

Every stage leaves its result in the output folder and is skipped when that is there, so an interrupted run goes on where it stopped.
With several processes (GPUs, nodes) the first one prepares and the others wait for it.
"""

import json
import logging
from dataclasses import dataclass, fields
from functools import partial
from pathlib import Path
from typing import Literal

import numpy as np

from SkullRestoreLib import pose, resources
from SkullRestoreLib.atlas import Atlas, Template
from SkullRestoreLib.case import Bone, InputError, Pose
from SkullRestoreLib.cluster import Place
from SkullRestoreLib.grid import to_level
from SkullRestoreLib.network import LEVEL, load
from SkullRestoreLib.sample import trace
from SkullRestoreLib.shape import ShapeModel
from SkullRestoreLib.staging import write
from SkullRestoreLib.training.atlas import build_template
from SkullRestoreLib.training.dataset import Prepared, empty_rows, hole_of, trace_poses, true_tables
from SkullRestoreLib.training.fit import check_device, fit_network, share_of
from SkullRestoreLib.training.heads import Heads
from SkullRestoreLib.training.paper import fit_paper
from SkullRestoreLib.training.skulls import Source, each, list_sources
from SkullRestoreLib.training.split import folds, make_split
from SkullRestoreLib.training.stages import READY, claim, first_process, load_json, said_clearly, wait_for
from SkullRestoreLib.training.statistics import Completed, complete, sure_part

MODEL_LEVEL, MODES, FOLDS = 5, 50, 4
LEAST_SKULLS = 8
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Options:
    """What may be chosen for a training run."""

    samples: int = 78_000
    batch: int = 8
    epochs: int = 60
    poses: int = 4
    workers: int = 1
    scheduler: str | None = None  # address of a Dask scheduler, whose workers read, pose and trace the skulls in place of processes here
    seed: int = 0
    device: str = "auto"
    devices: int | str = "auto"
    nodes: int = 1
    held_out: tuple[str, ...] = ()  # names kept for testing; a fifth of the intact skulls, when empty
    same_patient: tuple[tuple[str, ...], ...] = ()  # names that belong to one patient and must stay on one side of the split
    recipe: Literal["ours", "paper"] = "ours"  # "paper" is Mishinov 2023, to be measured against
    start: Path | None = None  # weights to go on from; from nothing, when not given


_WHERE_IT_RUNS = {"workers", "scheduler", "device", "devices", "nodes"}  # may change when a run goes on; everything else decides its result


def train(skulls: Path, out: Path, options: Options, *, holed: Path | None = None, force: bool = False) -> Path:
    """Fit shape statistics and network to a folder of skulls.

    Parameters
    ----------
    skulls
        Folder of intact skulls: masks, CT or models, one file or DICOM folder each.
    out
        Results: ``shape.safetensors``, ``network.safetensors``, ``split.json``, ``curves.png``, checkpoints. A stopped run goes on there.
    options
        See :class:`Options`.
    holed
        Folder of further skulls with one hole each; named ``holed/NAME`` in the split.
    force
        Throw away an earlier run in ``out``.

    Returns
    -------
    Path
        The network's weights.

    Raises
    ------
    InputError
        If there are fewer than eight usable skulls, a name is not that of a skull, the processes cannot share a batch evenly,
        or ``out`` holds a run with other choices.
    OutputError
        If ``out`` holds anything else or cannot be written.
    WeightsError
        If the weights to start from cannot be used.
    SkullRestoreError
        If the cluster does not answer or is lost.
    """
    check_device(options.device)
    if isinstance(options.devices, int):
        share_of(options.batch, options.devices * options.nodes)
    if options.start is not None:
        if options.recipe == "paper":
            raise InputError("The paper's network always starts from nothing; leave the weights to start from out.")
        load(options.start)
    sources = [*list_sources(skulls), *(Source(f"holed/{s.name}", s.path, holed=True) for s in (list_sources(holed) if holed else []))]
    intact, with_hole = ([s.name for s in sources if s.holed is kind] for kind in (False, True))
    split = make_split(intact, with_hole, held_out=options.held_out, same_patient=options.same_patient)
    _check_number(sum(len(split[part]) for part in ("train", "valid")), skulls)
    with said_clearly(out):
        if first_process():
            chosen = {f.name: getattr(options, f.name) for f in fields(options) if f.name not in _WHERE_IT_RUNS}
            if options.recipe == "ours":
                del chosen["recipe"]  # runs from before there was a choice go on
            chosen["start"] = None if options.start is None else resources.sha256(options.start)
            claim(out, {"intact": intact, "holed": with_hole, **chosen}, force=force)
            _make_ready(sources, split, options, skulls, out)
        wait_for(out / READY)
        ready = load_json(out / READY, {})
        keep = {k: getattr(options, k) for k in ("samples", "batch", "epochs", "workers", "seed", "device", "devices", "nodes")}
        if options.recipe == "paper":
            return fit_paper(Prepared(out / "prepared"), ready["split"], out, **keep)
        completed, names = _completed(out)
        models = _models((completed, names), ready["fold"])
        heads = Heads(completed.tables, names, ready["fold"])
        return fit_network(
            Prepared(out / "prepared"), models, ready["row_fold"], ready["split"], out, heads=heads, start=options.start, **keep
        )


def _make_ready(sources: list[Source], split: dict[str, list[str]], options: Options, skulls: Path, out: Path) -> None:
    """Everything before the network; what is there already is kept."""
    if (out / READY).is_file():
        return
    part = {name: side for side, names in split.items() for name in names}
    learned = [s for s in sources if part[s.name] != "test"]
    place = Place(options.scheduler, options.workers)
    template = _template([s for s in learned if part[s.name] == "train" and not s.holed], skulls, out, place)
    poses = _poses(learned, template, out, place)
    learned = [s for s in learned if s.name in poses]
    _check_number(len(learned), skulls)
    _statistics([s for s in learned if part[s.name] == "train"], poses, out, place)
    completed, names = _completed(out)
    fold = folds(names, options.same_patient, FOLDS)
    model = _models((completed, names), fold)[-1]
    write(out / "shape.safetensors", Atlas(model, template).save)
    _prepare(learned, poses, model, options, place, out)
    used = {side: [n for n in members if side == "test" or n in poses] for side, members in split.items()}
    row_fold = [fold.get(name, FOLDS) for name in Prepared(out / "prepared").names]
    write(out / READY, lambda path: path.write_text(json.dumps({"split": used, "fold": fold, "row_fold": row_fold})))


def _check_number(count: int, skulls: Path) -> None:
    if count < LEAST_SKULLS:
        raise InputError(
            f"Only {count} skulls can be learnt from in {skulls}; at least {LEAST_SKULLS} are needed, and hundreds are better."
        )


def _cloud(bone: Bone, _name: str) -> np.ndarray:
    return pose.surface_points(bone.mask, bone.ijk_to_ras)


def _template(sources: list[Source], skulls: Path, out: Path, place: Place) -> Template:
    """The mean head, from the intact skulls of the training part."""
    path = out / "template.npz"
    if not path.exists():
        clouds = [points for _, points in each(sources, "reading for the mean head", _cloud, place)]
        _check_number(len(clouds), skulls)
        log.info("building the mean head from %d skulls", len(clouds))
        made = build_template(clouds)
        place = [made.origin_mm, made.spacing_mm]
        write(path, lambda part: _save_arrays(part, outer=made.outer, vault=made.vault, occupancy=made.occupancy, place=place))
    with np.load(path) as z:
        return Template(z["outer"], z["vault"], z["occupancy"], *(float(x) for x in z["place"]))


def _save_arrays(path: Path, **arrays: object) -> None:
    with path.open("wb") as file:  # given a name, numpy would append a suffix to it
        np.savez(file, **arrays)


def _found_pose(template: Template, bone: Bone, _name: str) -> list[list[float]]:
    return pose.find_pose(bone, template).ras_to_head.tolist()


def _poses(sources: list[Source], template: Template, out: Path, place: Place) -> dict[str, np.ndarray]:
    """Head frame of every skull, by name."""
    path = out / "poses.json"
    known = load_json(path, {})
    for source, found in each([s for s in sources if s.name not in known], "finding the pose", partial(_found_pose, template), place):
        known[source.name] = found
        write(path, lambda part: part.write_text(json.dumps(known)))
    return {name: np.array(matrix) for name, matrix in known.items()}


def _coarse_map(poses: dict[str, np.ndarray], bone: Bone, name: str) -> np.ndarray:
    return trace(bone, Pose(poses[name], 0.0, 1.0), level=MODEL_LEVEL).intervals


def _statistics(sources: list[Source], poses: dict[str, np.ndarray], out: Path, place: Place) -> None:
    """Tables of the training skulls with their gaps filled."""
    path = out / "completed.npz"
    if path.exists():
        return
    maps, names, holed = [], [], []
    for source, made in each(sources, "tracing for the shape model", partial(_coarse_map, poses), place):
        maps.append(made)
        names.append(source.name)
        holed.append(source.holed)
    log.info("fitting the shape model to %d skulls", len(maps))
    whole = [m for m, h in zip(maps, holed, strict=True) if not h]
    first = complete(whole, MODEL_LEVEL, modes=min(30, len(whole)), rounds=4)
    known = [~hole_of(m, first.model(min(30, len(whole)))) if h else np.ones(len(m), dtype=bool) for m, h in zip(maps, holed, strict=True)]
    made = complete(maps, MODEL_LEVEL, modes=min(MODES, len(maps)), rounds=4, known=known) if any(holed) else first
    write(path, lambda part: _save_arrays(part, tables=made.tables, found=made.found, known=made.known, names=names))


def _completed(out: Path) -> tuple[Completed, list[str]]:
    with np.load(out / "completed.npz") as z:
        return Completed(MODEL_LEVEL, z["tables"], z["found"], z["known"]), [str(n) for n in z["names"]]


def _models(learned: tuple[Completed, list[str]], fold: dict[str, int]) -> list[ShapeModel]:
    """For each fold the model of the skulls of the other folds; the model of all comes last."""
    completed, names = learned
    own = np.array([fold[n] for n in names])
    return [sure_part(completed.model(MODES, own != k)) for k in range(FOLDS + 1)]


def _fine_maps(
    poses: dict[str, np.ndarray], model: ShapeModel, holed: set[str], options: Options, bone: Bone, name: str
) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Intervals, reach and true tables of one skull in each of its poses."""
    rng = np.random.default_rng([options.seed, *name.encode()])
    made = []
    for intervals, reach in zip(*trace_poses(bone, Pose(poses[name], 0.0, 1.0), count=options.poses, rng=rng), strict=True):
        known = None
        if name in holed:
            known = to_level((~hole_of(to_level(intervals, model.level), model)).astype(float), LEVEL) > 0.99
        made.append((intervals, reach, true_tables(intervals, model, known)))
    return made


def _prepare(sources: list[Source], poses: dict[str, np.ndarray], model: ShapeModel, options: Options, place: Place, out: Path) -> None:
    """Every skull on the grid in several poses."""
    folder = out / "prepared"
    if (folder / "skulls.json").exists():
        return
    folder.mkdir(exist_ok=True)
    arrays = empty_rows(len(sources) * options.poses, folder)
    names: list[str] = []
    work = partial(_fine_maps, poses, model, {s.name for s in sources if s.holed}, options)
    for source, rows in each(sources, f"tracing in {options.poses} poses", work, place):
        for row in rows:
            for array, values in zip(arrays, row, strict=True):
                array[len(names)] = values
            names.append(source.name)
    for array in arrays:
        array.flush()
    write(folder / "skulls.json", lambda part: part.write_text(json.dumps({"rows": names})))
