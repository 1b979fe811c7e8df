"""The corridor: runs the rooms in order. It reads from top to bottom as the clinical story.

Progress and cancelling are one generator: it yields ``(step, fraction)`` when a step starts, and a door that stops iterating cancels.
:func:`restore` is the whole story. Its chapters can be told alone: to an evaluation that shows one head to several predictors, or to a session
that keeps what each chapter returned and, after an edit, tells only the rest again.
"""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from SkullRestoreLib import (
    apron,
    defect,
    implant,
    knowledge,
    margin,
    mask,
    memory,
    mesh,
    patch,
    pose,
    resources,
    rigid,
    sample,
    solid,
    surface,
    voxels,
)
from SkullRestoreLib.atlas import Atlas
from SkullRestoreLib.case import (
    Bone,
    Implant,
    ImplantError,
    ImplantSettings,
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
from SkullRestoreLib.chapters import Bodies, Examined, Found, Opening, Reconstruction, describe, doubts
from SkullRestoreLib.clock import Clock, Progress, peak_memory_mb
from SkullRestoreLib.knowledge import Predictor
from SkullRestoreLib.settings import Direction
from SkullRestoreLib.shape import ShapeModel

DISPLAY_FACES = 250_000


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
    path, atlas = knowledge.load(settings)
    predict = predict or knowledge.network_meanwhile(path, settings, atlas.model)
    seen = yield from examine(source, settings, atlas, clock)
    made = yield from reconstruct(seen, predict, atlas.model, settings, clock)
    bodies = yield from make_bodies(source, seen, made, settings, clock)
    yield clock.starts("make the display model", 0.9)
    skull = display_model(seen.bone)
    clock.stops()
    return summed_up(source, seen, made, bodies, skull, settings, weights_sha256=resources.sha256(path), seconds=clock.seconds)


def examine(source: Volume | Mesh, settings: Settings, atlas: Atlas, clock: Clock) -> Generator[Progress, None, Examined]:
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
    if isinstance(source, Volume):
        memory.check(source.array.size, source.spacing, held_bytes=source.array.nbytes)
    volume, bone = segment(source, settings)
    return (yield from look_at(bone, settings, atlas, clock, noticed=volume.findings))


def segment(source: Volume | Mesh, settings: Settings) -> tuple[Volume, Bone]:
    """The input as voxels, and the bone of the skull in it."""
    volume = mesh.voxelise(source) if isinstance(source, Mesh) else source
    return volume, mask.segment(volume, threshold_hu=settings.threshold_hu)


def look_at(
    bone: Bone, settings: Settings, atlas: Atlas | None, clock: Clock, *, noticed: tuple[str, ...] = (), head: Pose | None = None
) -> Generator[Progress, None, Examined]:
    """The rest of the first chapter, for bone that is segmented already.

    Parameters
    ----------
    atlas
        Its mean head finds the pose; not needed where that is known.
    noticed
        What the intake found.
    head
        A pose that is known already is not sought again.
    """
    yield clock.starts("find the head", 0.2)
    # Not sooner: torch may still be coming on another thread. Not later: where it is half loaded, rotations of scipy take it for whole and fail.
    from SkullRestoreLib.network import LEVEL

    rays = partial(sample.trace, bone, bricks=sample.bricks_of(bone))
    if head is None:
        head = pose.find_pose(bone, atlas.template)
        head = rigid.settle(head, partial(rays, level=atlas.model.level), atlas.model)
    yield clock.starts("trace the rays", 0.35)
    radial = rays(head, level=max(settings.level, LEVEL))
    return Examined(bone, head, radial, (*noticed, *bone.findings, *head.findings))


def reconstruct(
    seen: Examined, predict: Predictor, model: ShapeModel, settings: Settings, clock: Clock
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
    yield clock.starts("predict the whole vault", 0.45)
    predicted = predict_vault(seen, predict, model)
    found = yield from find_defects(seen, predicted, settings, clock)
    yield clock.starts("restore the surface", 0.65)
    return restore_surface(found, found.points)


def predict_vault(seen: Examined, predict: Predictor, model: ShapeModel) -> Shell:
    """The whole vault, continued where a hole runs beyond its end."""
    return apron.extended(predict(seen.radial, model), seen.radial, model)


def find_defects(seen: Examined, predicted: Shell, settings: Settings, clock: Clock) -> Generator[Progress, None, Found]:
    """Find the holes, tie a surface to the bone round them, cut it to each, and place the reference points."""
    from SkullRestoreLib.network import to_level_of

    radial, predicted = sample.to_level(seen.radial, settings.level), to_level_of(predicted, settings.level)
    yield clock.starts("find the defects", 0.5)
    holes = defect.find_holes(predicted, radial)
    yield clock.starts("tie the surface to the bone", 0.52)
    tied = surface.tie_to_bone(predicted, radial, [h.vertices for h in holes])
    openings = [o for h in holes if (o := cut_opening(seen, radial, tied, h)) is not None]
    openings = [o for o in openings if not o.border.is_natural_opening(at_edge=o.hole.touches_edge)]
    openings.sort(key=lambda o: -o.border.area_cm2)
    openings = [replace(o, patch=patch.numbered(o.patch, n)) for n, o in enumerate(openings, 1)]
    large = tuple(o for o in openings if o.border.area_cm2 >= settings.min_area_cm2)
    small = tuple(o for o in openings if o.border.area_cm2 < settings.min_area_cm2)
    yield clock.starts("place the reference points", 0.6)
    points = tuple(p for o in large for p in place_points(seen, tied, o, settings))
    return Found(seen, radial, tied, large, small, points)


def cut_opening(seen: Examined, radial: RadialMap, tied: surface.Tied, hole: defect.Hole, *, number: int = 0) -> Opening | None:
    """Cut the tied surface to one hole; None when at voxel precision nothing is missing."""
    made = patch.cut_patch(number, hole.vertices, tied.shell, radial, seen.bone, seen.pose)
    return None if made is None else Opening(hole, *made, patch.rays_of(made[0], tied.shell.level, seen.pose))


def place_points(seen: Examined, tied: surface.Tied, opening: Opening, settings: Settings) -> list[ReferencePoint]:
    """Reference points on the margin of one hole."""
    border = opening.border
    return margin.reference_points(opening.patch.defect, border.loops, border.open, tied.shell, seen.bone, seen.pose, count=settings.points)


def restore_surface(found: Found, points: Sequence[ReferencePoint]) -> Reconstruction:
    """The surface through these points, a patch for each opening: a back-substitution, and no new inference."""
    head = found.seen.pose
    shell = found.tied.through(list(points), head.ras_to_head)
    patches = tuple(patch.follow(o.patch, shell, o.rays) for o in found.openings)
    defects = tuple(describe(o, made, head, shell) for o, made in zip(found.openings, patches, strict=True))
    small = tuple(describe(o, o.patch, head, shell) for o in found.small)
    return Reconstruction(found.tied, shell, defects, small, tuple(points), patches)


def make_bodies(
    source: Volume | Mesh,
    seen: Examined,
    made: Reconstruction,
    settings: Settings,
    clock: Clock,
    *,
    ways: Mapping[int, Direction] | None = None,
) -> Generator[Progress, None, Bodies]:
    """The third chapter: design the implants, and fill the missing bone in voxels where the input has some.

    ``ways`` gives the insertion direction of single defects, by number.
    """
    yield clock.starts("design the implants", 0.7)
    implants, refused = _implants(made, seen, settings.implant, ways or {})
    yield clock.starts("fill the missing bone", 0.8)
    volumes = _volumes(made.patches, implants, made.shell, seen.bone, seen.pose) if isinstance(source, Volume) else (None, None)
    return Bodies(tuple(implants), tuple(refused), *volumes)


def surface_of(source: Volume | Mesh, settings: Settings) -> Mesh:
    """The bone's surface of a skull that is only to be compared with."""
    _, bone = segment(source, settings)
    return mesh.surface(bone.field, bone.iso, bone.ijk_to_ras)


def display_model(bone: Bone) -> Mesh:
    """The skull as a surface that a screen can turn."""
    return mesh.decimate(mesh.surface(bone.field, bone.iso, bone.ijk_to_ras), max_faces=DISPLAY_FACES)


def summed_up(
    source: Volume | Mesh,
    seen: Examined,
    made: Reconstruction,
    bodies: Bodies,
    skull: Mesh,
    settings: Settings,
    *,
    weights_sha256: str,
    seconds: dict[str, float],
) -> Restoration:
    """Everything in one record."""
    return Restoration(
        bone=seen.bone,
        source=source,
        pose=seen.pose,
        shell=made.shell,
        skull=skull,
        defects=made.defects,
        small_holes=made.small_holes,
        points=made.points,
        patches=made.patches,
        implants=bodies.implants,
        restored_bone=bodies.restored_bone,
        implant_mask=bodies.implant_mask,
        settings=settings,
        weights_sha256=weights_sha256,
        warnings=tuple(dict.fromkeys((*seen.findings, *doubts(made.defects, made.points, settings), *bodies.refused))),
        seconds=seconds,
        peak_memory_mb=peak_memory_mb(),
    )


def _implants(
    made: Reconstruction, seen: Examined, settings: ImplantSettings, ways: Mapping[int, Direction]
) -> tuple[list[Implant], list[str]]:
    """A body for each patch, and what was noticed: faults, undercuts, and why some have none."""
    bodies, noticed = [], []
    for one in made.patches:
        points = [p for p in made.points if p.defect == one.defect]
        own = settings.with_(insertion=ways[one.defect]) if one.defect in ways else settings
        try:
            bodies.append(implant.make_implant(one, seen.bone, own, pose=seen.pose, points=points))
            noticed += bodies[-1].findings
        except ImplantError as error:
            noticed.append(str(error))
    return bodies, noticed


def _volumes(patches: Sequence[Patch], implants: Sequence[Implant], shell: Shell, bone: Bone, head: Pose) -> tuple[np.ndarray, np.ndarray]:
    """Missing bone and implants as labels on the input's grid."""
    restored, bodies = np.zeros(bone.mask.shape, dtype=np.uint8), np.zeros(bone.mask.shape, dtype=np.uint8)
    for one in patches:
        solid.missing_bone(restored, one, shell, bone, head)
    for body in implants:
        voxels.stamp(body.mesh, bodies, bone.ijk_to_ras, body.defect)
    return restored, bodies
