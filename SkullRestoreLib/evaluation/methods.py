"""What is compared: every method looks at the same examined head and says which holes it found and how it would restore them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np

from SkullRestoreLib import network, patch, pipeline, resources, sample
from SkullRestoreLib.atlas import Atlas
from SkullRestoreLib.case import Bone, InputError, Mesh, Patch, RadialMap, Shell, Volume
from SkullRestoreLib.chapters import Examined, Reconstruction
from SkullRestoreLib.clock import Clock, finish
from SkullRestoreLib.evaluation import rivals
from SkullRestoreLib.evaluation.answer import Answer
from SkullRestoreLib.evaluation.paper_system import paper_system
from SkullRestoreLib.evaluation.whole import WholeSkull
from SkullRestoreLib.knowledge import Predictor
from SkullRestoreLib.knowledge import load as load_knowledge
from SkullRestoreLib.settings import Settings
from SkullRestoreLib.shape import ShapeModel


@dataclass
class Bench:
    """One examined head, and the work that methods share on it."""

    seen: Examined
    settings: Settings
    seconds: dict[str, float] = field(default_factory=dict)  # of the steps before any method

    @property
    def atlas(self) -> Atlas:
        """Mean head and shape model of the weights in use."""
        return knowledge(self.settings)[1]

    def reconstruct(self, predict: Predictor) -> Reconstruction:
        """The corridor's second chapter with a predictor of one's own."""
        return finish(pipeline.reconstruct(self.seen, predict, self.atlas.model, self.settings, Clock()))

    def predict(self, radial: RadialMap, model: ShapeModel) -> Shell:
        """The vault by the network."""
        return network.predict(_network(knowledge(self.settings)[0], self.settings.device), radial, model)

    @cached_property
    def shell(self) -> Shell:
        """What the network says of this head."""
        return self.predict(self.seen.radial, self.atlas.model)

    @cached_property
    def ours(self) -> Reconstruction:
        """By the network."""
        return self.reconstruct(lambda *_: self.shell)

    def again(self) -> "Bench":
        """The same bone, its head sought and looked at once more."""
        return Bench(finish(pipeline.look_at(self.seen.bone, self.settings, self.atlas, Clock())), self.settings)

    def whole_rays(self, skull: WholeSkull) -> RadialMap:
        """Rays of the intact skull, in the head frame that was found without it."""
        bone = Bone(skull.bone.view(np.uint8), 0.5, skull.bone, skull.ijk_to_ras)
        return sample.trace(bone, self.seen.pose, level=max(self.settings.level, network.LEVEL))


Method = Callable[[Bench], list[Answer]]


def examine(source: Volume, settings: Settings) -> Bench:
    """Find bone and pose and trace the rays, once for all methods.

    Raises
    ------
    SkullRestoreError
        If the input cannot be used.
    """
    clock = Clock()
    seen = finish(pipeline.examine(source, settings, knowledge(settings)[1], clock))
    clock.stops()
    return Bench(seen, settings, clock.seconds)


@lru_cache(maxsize=2)
def knowledge(settings: Settings) -> tuple[Path, Atlas]:
    """Path of the weights and the atlas that belongs to them, read once."""
    return load_knowledge(settings)


def atlas_path(settings: Settings) -> Path:
    """Where the shape statistics lie that belong to the weights in use."""
    return _beside(settings, "shape.safetensors")


def _beside(settings: Settings, name: str) -> Path:
    """A file beside the weights in use, or the one that ships with SkullRestore."""
    beside = knowledge(settings)[0].with_name(name)
    return beside if settings.weights and beside.is_file() else resources.weights(name)


@lru_cache(maxsize=2)
def _network(path: Path, device: str) -> object:
    return network.load(path, device=device)


def answers(made: Reconstruction) -> list[Answer]:
    """What a reconstruction says of its defects."""
    return [
        Answer(p.outer, d.area_cm2, np.array([q.position for q in made.points if q.defect == d.number]).reshape(-1, 3), p.sigma_mm)
        for d, p in zip(made.defects, made.patches, strict=True)
    ]


def _ours(bench: Bench) -> list[Answer]:
    return answers(bench.ours)


def _untied(bench: Bench) -> list[Answer]:
    """The network's own surface over the same holes, tied neither to the bone nor to reference points."""
    made = bench.ours
    return [replace(patch_on(p, made.tied.predicted, bench), sigma_mm=p.sigma_mm) for p in made.patches]


def patch_on(made: Patch, shell: Shell, bench: Bench) -> Answer:
    """A patch, vertex by vertex, on other tables, whose standard error is not known."""
    rays = patch.Rays.through(made.outer.vertices, shell.level, bench.seen.pose)
    surface = Mesh(rays.at(shell.outer), made.outer.faces)
    return Answer(surface, patch.mesh_area_cm2(surface), np.zeros((0, 3)))


def _paper(bench: Bench) -> list[Answer]:
    return paper_system(bench.seen, _beside(bench.settings, "paper.safetensors"))


def _predicted(predict: Predictor) -> Method:
    return lambda bench: answers(bench.reconstruct(predict))


METHODS: dict[str, Method] = {
    "SkullRestore": _ours,
    "network without reference points": _untied,
    "the paper's system": _paper,
    "shape model": _predicted(rivals.shape_model),
    "mirroring": _predicted(rivals.mirroring),
    "thin plate": _predicted(rivals.thin_plate),
}
"""Name to method; the first is ours."""
OURS = "SkullRestore"


@dataclass(frozen=True)
class Options:
    """What may be chosen for a run over many cases."""

    methods: tuple[str, ...] = tuple(METHODS)
    settings: Settings = field(default_factory=Settings)
    seed: int = 0
    workers: int = 1
    scheduler: str | None = None  # address of a Dask scheduler, in place of processes on this computer
    floor: bool = True  # also what an oracle would reach


def check_methods(wanted: Sequence[str], known: Sequence[str]) -> None:
    """Raise InputError if a method is not known."""
    unknown = [m for m in wanted if m not in known]
    if unknown or not wanted:
        raise InputError(f"{', '.join(unknown) or 'Nothing'} is no method that can be measured here; there are: {', '.join(known)}.")


def weights_in_use(settings: Settings) -> dict[str, str]:
    """Checksums of network and shape statistics."""
    return {"network": resources.sha256(knowledge(settings)[0]), "shape": resources.sha256(atlas_path(settings))}
