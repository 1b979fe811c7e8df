"""What is compared: every method looks at the same examined head and says which holes it found and how it would restore them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property, lru_cache, partial
from pathlib import Path

import numpy as np

from SkullRestoreLib import network, patch, pipeline, resources, sample
from SkullRestoreLib.atlas import Atlas
from SkullRestoreLib.case import Bone, Mesh, Patch, RadialMap, Shell, Volume
from SkullRestoreLib.clock import Clock, finish
from SkullRestoreLib.evaluation import rivals
from SkullRestoreLib.evaluation.whole import WholeSkull
from SkullRestoreLib.pipeline import Examined, Predictor, Reconstruction
from SkullRestoreLib.settings import Settings


@dataclass(frozen=True)
class Answer:
    """One hole, as a method sees it."""

    surface: Mesh  # restored outer surface
    area_cm2: float
    points: np.ndarray  # (p, 3) float64, mm RAS, reference points; none where the method knows none
    sigma_mm: np.ndarray | None = None  # (n,) float64, the method's own standard error at the surface's vertices


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

    @cached_property
    def ours(self) -> Reconstruction:
        """By the network."""
        return self.reconstruct(partial(network.predict, _network(knowledge(self.settings)[0], self.settings.device)))

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
    return pipeline.knowledge(settings)


def atlas_path(settings: Settings) -> Path:
    """Where the shape statistics lie that belong to the weights in use."""
    beside = knowledge(settings)[0].with_name("shape.safetensors")
    return beside if beside.is_file() else resources.weights("shape.safetensors")


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
    return [_on(p, made.tied.predicted, bench) for p in made.patches]


def _on(made: Patch, shell: Shell, bench: Bench) -> Answer:
    """A patch, moved onto other tables."""
    rays = patch.Rays.through(made.outer.vertices, shell.level, bench.seen.pose)
    surface = Mesh(rays.at(shell.outer), made.outer.faces)
    return Answer(surface, patch.mesh_area_cm2(surface), np.zeros((0, 3)), made.sigma_mm)


def _predicted(predict: Predictor) -> Method:
    return lambda bench: answers(bench.reconstruct(predict))


METHODS: dict[str, Method] = {
    "SkullRestore": _ours,
    "network without reference points": _untied,
    "shape model": _predicted(rivals.shape_model),
    "mirroring": _predicted(rivals.mirroring),
    "thin plate": _predicted(rivals.thin_plate),
}
"""Name to method; the first is ours."""
OURS = "SkullRestore"
