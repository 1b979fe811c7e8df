"""The corridor: runs the rooms in order. It reads from top to bottom as the clinical story.

Progress and cancelling are one generator: it yields ``(step, fraction)`` when a step starts, and a door that stops iterating cancels.
:func:`restore` is the whole story; its first two chapters, :func:`examine` and :func:`reconstruct`, can be told alone: to an evaluation that
shows one head to several predictors, or to a door that lets the user change something in between.
"""

import sys
import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from SkullRestoreLib import defect, implant, margin, mask, mesh, network, patch, pose, resources, sample, solid, surface, voxels
from SkullRestoreLib.atlas import Atlas, load_atlas
from SkullRestoreLib.case import (
    Bone,
    Defect,
    Implant,
    ImplantError,
    Mesh,
    Patch,
    Pose,
    RadialMap,
    ReferencePoint,
    Restoration,
    Settings,
    Shell,
    Volume,
)
from SkullRestoreLib.grid import grid
from SkullRestoreLib.shape import ShapeModel

Progress = tuple[str, float]
Predictor = Callable[[RadialMap, ShapeModel], Shell]
DISPLAY_FACES = 250_000


@dataclass(frozen=True)
class Examined:
    """What is seen of a head before anything is predicted."""

    bone: Bone
    pose: Pose
    radial: RadialMap  # at the settings' level or the network's, whichever is finer
    findings: tuple[str, ...]


@dataclass(frozen=True)
class Reconstruction:
    """The restored surface, and what was found on the way to it."""

    tied: surface.Tied  # tied to the bone, not yet to the reference points; holds the prediction
    shell: Shell  # final
    defects: tuple[Defect, ...]
    small_holes: tuple[Defect, ...]
    points: tuple[ReferencePoint, ...]
    patches: tuple[Patch, ...]


def restore(source: Volume | Mesh, settings: Settings, *, predict: Predictor | None = None) -> Generator[Progress, None, Restoration]:
    """Restore the skull and design its implants.

    Parameters
    ----------
    source
        A CT, a bone mask, or a skull model.
    settings
        What the user chose.
    predict
        Predicts the shell in place of the network, as rivals do in an evaluation.

    Yields
    ------
    tuple of str and float
        Name of the step that starts, and how much of the work is behind (0..1).

    Returns
    -------
    Restoration
        Without defects when the vault is whole.

    Raises
    ------
    SkullRestoreError
        With a message that says what is wrong with the input and what to do.
    """
    clock = Clock()
    yield clock.starts("load the weights", 0.0)
    path, atlas = knowledge(settings)
    if predict is None:
        net = network.load(path, device=settings.device)
        predict = partial(network.predict, net)

    seen = yield from examine(source, settings, atlas, clock)
    bone, head = seen.bone, seen.pose
    made = yield from reconstruct(seen, predict, atlas.model, settings, clock)
    defects, points, patches, shell = made.defects, made.points, made.patches, made.shell

    yield clock.starts("design the implants", 0.7)
    implants, refused = _implants(patches, bone, head, settings)

    yield clock.starts("fill the missing bone", 0.8)
    restored = bodies = None
    if isinstance(source, Volume):
        restored, bodies = _volumes(patches, implants, shell, bone, head)

    yield clock.starts("make the display model", 0.9)
    skull = mesh.decimate(mesh.surface(bone.field, bone.iso, bone.ijk_to_ras), max_faces=DISPLAY_FACES)
    clock.stops()
    return Restoration(
        bone=bone,
        source=source,
        pose=head,
        shell=shell,
        skull=skull,
        defects=defects,
        small_holes=made.small_holes,
        points=points,
        patches=patches,
        implants=tuple(implants),
        restored_bone=restored,
        implant_mask=bodies,
        settings=settings,
        weights_sha256=resources.sha256(path),
        warnings=tuple(dict.fromkeys((*seen.findings, *_doubts(defects, points, settings), *refused))),
        seconds=clock.seconds,
        peak_memory_mb=peak_memory_mb(),
    )


def knowledge(settings: Settings) -> tuple[Path, Atlas]:
    """Where the network's weights lie, and the shape statistics that belong to them.

    Raises
    ------
    WeightsError
        If a file is missing or damaged.
    """
    path = Path(settings.weights) if settings.weights else resources.weights("network.safetensors")
    beside = path.with_name("shape.safetensors")  # a network corrects the shape model that it was trained with, and no other
    return path, load_atlas(beside if settings.weights and beside.is_file() else resources.weights("shape.safetensors"))


def examine(source: Volume | Mesh, settings: Settings, atlas: Atlas, clock: "Clock") -> Generator[Progress, None, Examined]:
    """The first chapter: find the bone and the head, and look at it along the rays.

    Parameters
    ----------
    source, settings
        As for :func:`restore`.
    atlas
        Its mean head finds the pose.
    clock
        Takes the seconds.
    """
    yield clock.starts("segment the bone", 0.05)
    volume = mesh.voxelise(source) if isinstance(source, Mesh) else source
    bone = mask.segment(volume, threshold_hu=settings.threshold_hu)

    yield clock.starts("find the head", 0.2)
    head = pose.find_pose(bone, atlas.template)

    yield clock.starts("trace the rays", 0.35)
    radial = sample.trace(bone, head, level=max(settings.level, network.LEVEL))
    return Examined(bone, head, radial, (*volume.findings, *bone.findings, *head.findings))


def reconstruct(
    seen: Examined, predict: Predictor, model: ShapeModel, settings: Settings, clock: "Clock"
) -> Generator[Progress, None, Reconstruction]:
    """The second chapter: predict the vault, find its holes, and restore the surface over them.

    Parameters
    ----------
    seen
        From :func:`examine`.
    predict
        Gives the shell for the rays and the shape model.
    model
        The shape model.
    settings, clock
        As for :func:`examine`.
    """
    bone, head = seen.bone, seen.pose
    yield clock.starts("predict the whole vault", 0.45)
    predicted = predict(seen.radial, model)
    radial, predicted = sample.to_level(seen.radial, settings.level), network.to_level_of(predicted, settings.level)

    yield clock.starts("find the defects", 0.5)
    holes = defect.find_holes(predicted, radial)

    yield clock.starts("tie the surface to the bone", 0.52)
    tied = surface.tie_to_bone(predicted, radial, [h.vertices for h in holes])
    cut = [(h, patch.cut_patch(0, h.vertices, tied.shell, radial, bone, head)) for h in holes]
    cut = sorted(
        ((h, *made) for h, made in cut if made is not None and not made[1].is_natural_opening(at_edge=h.touches_edge)),
        key=lambda c: -c[2].area_cm2,
    )
    large = [c for c in cut if c[2].area_cm2 >= settings.min_area_cm2]
    small = [c for c in cut if c[2].area_cm2 < settings.min_area_cm2]

    yield clock.starts("place the reference points", 0.6)
    points = [
        p
        for n, (_, _, b) in enumerate(large, 1)
        for p in margin.reference_points(n, b.loops, b.open, tied.shell, bone, head, count=settings.points)
    ]

    yield clock.starts("restore the surface", 0.65)
    shell = tied.through(points, head.ras_to_head)
    patches = [patch.numbered(patch.follow(made, shell, head), n) for n, (_, made, _) in enumerate(large, 1)]
    defects = [_describe(n, *c, head, shell) for n, c in enumerate(large, 1)]
    clock.stops()
    return Reconstruction(
        tied=tied,
        shell=shell,
        defects=tuple(defects),
        small_holes=tuple(_describe(n, *c, head, shell) for n, c in enumerate(small, len(large) + 1)),
        points=tuple(points),
        patches=tuple(patches),
    )


class Clock:
    """Seconds of each step."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._step, self._since = "", time.perf_counter()

    def starts(self, step: str, fraction: float) -> Progress:
        """End the step before and begin this one."""
        self.stops()
        self._step, self._since = step, time.perf_counter()
        return step, fraction

    def stops(self) -> None:
        """End the step."""
        if self._step:
            self.seconds[self._step] = time.perf_counter() - self._since
            self._step = ""


def peak_memory_mb() -> float:
    """The most memory this process has held, MB; 0 where the system does not tell (Windows)."""
    try:
        import resource as system
    except ImportError:
        return 0.0
    peak = system.getrusage(system.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak / 1e3


def _describe(number: int, hole: defect.Hole, made: Patch, border: patch.Border, head: Pose, shell: Shell) -> Defect:
    """What is said of a hole."""
    on_surface = made.outer.vertices @ head.ras_to_head[:3, :3].T + head.ras_to_head[:3, 3]
    middle = on_surface.mean(axis=0)
    nearest = int(np.linalg.norm(on_surface - middle, axis=1).argmin())
    open_part = border.open_part
    g = grid(shell.level)
    low = open_part > 0.03 or float(g.directions[hole.vertices, 2].min()) < -0.3
    side, region = defect.place_in_words(g.directions[hole.vertices], g.areas[hole.vertices], low=low)
    return Defect(
        number=number,
        vertices=hole.vertices,
        area_cm2=border.area_cm2,
        centre=made.outer.vertices[nearest],
        extent_mm=np.ptp(on_surface, axis=0),
        side=side,
        region=region,
        open_margin=open_part > 0.03,
        margin=border.loops,
    )


def _implants(patches: Sequence[Patch], bone: Bone, head: Pose, settings: Settings) -> tuple[list[Implant], list[str]]:
    """A body for each patch, and why some have none."""
    made, refused = [], []
    for one in patches:
        try:
            made.append(
                implant.make_implant(
                    one,
                    bone,
                    thickness_mm=settings.thickness_mm,
                    follow_inner_table=settings.follow_inner_table,
                    clearance_mm=settings.clearance_mm,
                    centre=head.head_to_ras[:3, 3],
                )
            )
        except ImplantError as error:
            refused.append(str(error))
    return made, refused


def _volumes(patches: Sequence[Patch], implants: list[Implant], shell: Shell, bone: Bone, head: Pose) -> tuple[np.ndarray, np.ndarray]:
    """Missing bone and implants as labels on the input's grid."""
    restored, bodies = np.zeros(bone.mask.shape, dtype=np.uint8), np.zeros(bone.mask.shape, dtype=np.uint8)
    for one in patches:
        solid.missing_bone(restored, one, shell, bone, head)
    for body in implants:
        voxels.stamp(body.mesh, bodies, bone.ijk_to_ras, body.defect)
    return restored, bodies


def _doubts(defects: Sequence[Defect], points: Sequence[ReferencePoint], settings: Settings) -> list[str]:
    """What the clinician should look at."""
    said = []
    for one in defects:
        count = sum(p.defect == one.number for p in points)
        if one.open_margin:
            said.append(
                f"Defect {one.number} runs to the skull base or the edge of the scan; its margin is open there and has no reference points."
            )
        if count < settings.points / 2:
            said.append(f"Defect {one.number} has only {count} of {settings.points} reference points on sound bone; check its border.")
    return said
