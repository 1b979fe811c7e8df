"""The whole training, from a folder of skulls to weights: read, find poses, trace, shape statistics, split, network.

Every stage leaves its result in the output folder and is skipped when that is there, so an interrupted run goes on where it stopped.
"""

import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from SkullRestoreLib import mask, mesh, pose, read
from SkullRestoreLib.atlas import Atlas, Template
from SkullRestoreLib.case import Bone, InputError, Mesh, Pose, SkullRestoreError
from SkullRestoreLib.grid import to_level
from SkullRestoreLib.network import LEVEL
from SkullRestoreLib.sample import trace
from SkullRestoreLib.shape import ShapeModel
from SkullRestoreLib.training.atlas import build_template
from SkullRestoreLib.training.dataset import Prepared, empty_rows, hole_of, trace_poses, true_tables
from SkullRestoreLib.training.fit import fit_network
from SkullRestoreLib.training.statistics import Completed, complete

MODEL_LEVEL, MODES, FOLDS = 5, 50, 4
LEAST_SKULLS = 8
_SUFFIXES = (".nrrd", ".nhdr", ".nii", ".nii.gz", ".mha", ".mhd", ".stl", ".ply", ".obj", ".vtp")
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Source:
    """One skull to learn from."""

    name: str
    path: Path
    holed: bool = False  # it has one hole whose truth is unknown; the loss is masked there


@dataclass(frozen=True)
class Options:
    """What may be chosen for a training run."""

    samples: int = 78_000
    batch: int = 8
    epochs: int = 60
    poses: int = 4
    workers: int = 1
    seed: int = 0
    device: str = "auto"
    devices: int | str = "auto"
    nodes: int = 1
    held_out: tuple[str, ...] = ()  # names kept for testing; a fifth of the intact skulls, when empty
    same_patient: tuple[tuple[str, ...], ...] = ()  # names that belong to one patient and must stay on one side of the split


def train(skulls: Path, out: Path, options: Options, *, holed: Path | None = None) -> Path:
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

    Returns
    -------
    Path
        The network's weights.

    Raises
    ------
    InputError
        If there are fewer than eight usable skulls.
    """
    out.mkdir(parents=True, exist_ok=True)
    sources = [*list_sources(skulls), *(Source(f"holed/{s.name}", s.path, holed=True) for s in (list_sources(holed) if holed else []))]
    split = make_split([s.name for s in sources if not s.holed], [s.name for s in sources if s.holed], options)
    learned = [s for s in sources if s.name in set(split["train"]) | set(split["valid"])]
    if len(learned) < LEAST_SKULLS:
        raise InputError(f"Only {len(learned)} skulls can be learnt from in {skulls}; at least {LEAST_SKULLS} are needed, and hundreds are better.")
    template = _template([s for s in learned if s.name in set(split["train"])], out)
    poses = _poses(learned, template, out)
    completed, names = _statistics(learned, poses, split, out)
    fold = _folds(names, options)
    training = np.array([n in set(split["train"]) for n in names])
    folds = np.array([fold[n] for n in names])
    models = [completed.model(MODES, training & (folds != k)) for k in range(FOLDS)] + [completed.model(MODES, training)]
    Atlas(models[-1], template).save(out / "shape.safetensors")
    prepared = _prepare(learned, poses, models[-1], options, out)
    row_fold = [FOLDS if n in set(split["valid"]) else fold[n] for n in prepared.names]
    keep = {k: getattr(options, k) for k in ("samples", "batch", "epochs", "workers", "seed", "device", "devices", "nodes")}
    return fit_network(prepared, models, row_fold, split, out, **keep)


def list_sources(folder: Path) -> list[Source]:
    """Every image or model file in a folder, and every sub-folder (as a DICOM series), by name.

    Raises
    ------
    InputError
        If the folder does not exist or holds nothing.
    """
    if not folder.is_dir():
        raise InputError(f"{folder} is no folder; give a folder of skulls.")
    found = [Source(p.name.split(".")[0], p) for p in sorted(folder.iterdir()) if p.is_dir() or p.name.lower().endswith(_SUFFIXES)]
    if not found:
        raise InputError(f"{folder} holds no skull; give a folder of masks, CT volumes or models.")
    return found


def make_split(intact: list[str], holed: list[str], options: Options) -> dict[str, list[str]]:
    """Names for training, validation and test. One patient is never on two sides."""
    test = list(options.held_out) or intact[2::5]
    groups = [set(g) for g in options.same_patient]
    test = sorted({n for t in test for n in ({t}, *(g for g in groups if t in g)) for n in n} & set(intact))
    single = [n for n in intact if n not in test and not any(n in g for g in groups)]
    valid = single[4::9]
    blocked = {n for g in groups if g & set(test) for n in g}
    train = [n for n in (*intact, *holed) if n not in test and n not in valid and n not in blocked]
    return {"train": train, "valid": valid, "test": test}


def _folds(names: list[str], options: Options) -> dict[str, int]:
    """A fold for each name; one patient's skulls share it."""
    fold = {name: k % FOLDS for k, name in enumerate(names)}
    for group in options.same_patient:
        fold |= {name: len(group[0]) % FOLDS for name in group}
    return fold


def _bones(sources: list[Source]) -> Iterator[tuple[Source, Bone]]:
    """Read and segment one after the other; what cannot be used is said and skipped."""
    for source in sources:
        try:
            volume = read.read(source.path)
            yield source, mask.segment(mesh.voxelise(volume) if isinstance(volume, Mesh) else volume)
        except SkullRestoreError as error:
            log.warning("%s is left out: %s", source.name, error)


def _template(sources: list[Source], out: Path) -> Template:
    """The mean head, from the intact skulls of the training part."""
    path = out / "template.npz"
    if not path.exists():
        log.info("building the mean head")
        clouds = [pose.surface_points(bone.mask, bone.ijk_to_ras) for _, bone in _bones([s for s in sources if not s.holed])]
        made = build_template(clouds)
        np.savez(path, outer=made.outer, vault=made.vault, occupancy=made.occupancy, place=[made.origin_mm, made.spacing_mm])
    with np.load(path) as z:
        return Template(z["outer"], z["vault"], z["occupancy"], *(float(x) for x in z["place"]))


def _poses(sources: list[Source], template: Template, out: Path) -> dict[str, np.ndarray]:
    """Head frame of every skull, by name."""
    path = out / "poses.json"
    known = json.loads(path.read_text()) if path.exists() else {}
    todo = [s for s in sources if s.name not in known]
    for source, bone in _bones(todo):
        log.info("finding the pose of %s", source.name)
        try:
            known[source.name] = pose.find_pose(bone, template).ras_to_head.tolist()
        except SkullRestoreError as error:
            log.warning("%s is left out: %s", source.name, error)
        path.write_text(json.dumps(known))
    return {name: np.array(matrix) for name, matrix in known.items()}


def _statistics(sources: list[Source], poses: dict[str, np.ndarray], split: dict[str, list[str]], out: Path) -> tuple[Completed, list[str]]:
    """Tables of the training skulls with their gaps filled."""
    chosen = [s for s in sources if s.name in poses and s.name in set(split["train"])]
    path = out / "completed.npz"
    if not path.exists():
        maps, names, holed = [], [], []
        for source, bone in _bones(chosen):
            maps.append(trace(bone, Pose(poses[source.name], 0.0, 1.0), level=MODEL_LEVEL).intervals)
            names.append(source.name)
            holed.append(source.holed)
        log.info("fitting the shape model to %d skulls", len(maps))
        whole = [m for m, h in zip(maps, holed, strict=True) if not h]
        first = complete(whole, MODEL_LEVEL, modes=min(30, len(whole)), rounds=4)
        known = [~hole_of(m, first.model(min(30, len(whole)))) if h else np.ones(len(m), dtype=bool) for m, h in zip(maps, holed, strict=True)]
        made = complete(maps, MODEL_LEVEL, modes=min(MODES, len(maps)), rounds=4, known=known) if any(holed) else first
        np.savez(path, tables=made.tables, found=made.found, known=made.known, names=names)
    with np.load(path) as z:
        return Completed(MODEL_LEVEL, z["tables"], z["found"], z["known"]), [str(n) for n in z["names"]]


def _prepare(sources: list[Source], poses: dict[str, np.ndarray], model: ShapeModel, options: Options, out: Path) -> Prepared:
    """Every skull on the grid in several poses."""
    folder = out / "prepared"
    if not (folder / "skulls.json").exists():
        folder.mkdir(exist_ok=True)
        usable = [s for s in sources if s.name in poses]
        arrays = empty_rows(len(usable) * options.poses, folder)
        names: list[str] = []
        for source, bone in _bones(usable):
            log.info("tracing %s", source.name)
            rng = np.random.default_rng([options.seed, len(names)])
            for intervals, reach in zip(*trace_poses(bone, Pose(poses[source.name], 0.0, 1.0), count=options.poses, rng=rng), strict=True):
                known = None
                if source.holed:
                    known = to_level((~hole_of(to_level(intervals, model.level), model)).astype(float), LEVEL) > 0.99
                for array, values in zip(arrays, (intervals, reach, true_tables(intervals, model, known)), strict=True):
                    array[len(names)] = values
                names.append(source.name)
        for array in arrays:
            array.flush()
        (folder / "skulls.json").write_text(json.dumps({"rows": names}))
    return Prepared(folder)
