"""Decide what to do with objects in the holes of a vault, and restore as if those that are to go were not there."""

from collections.abc import Callable, Generator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from SkullRestoreLib._system.progress import Progress, StepTimer
from SkullRestoreLib.affine import voxel_spacing
from SkullRestoreLib.defects import detect, vault_objects
from SkullRestoreLib.defects.closed_plates import find_closed_plates, join_closed_plates
from SkullRestoreLib.defects.faint_plates import find_faint_plates, join_faint_plates
from SkullRestoreLib.defects.kerfs import place_between_burr_holes
from SkullRestoreLib.defects.metal_over_hole import METAL, find_blurred_metal, find_metal, join_metal
from SkullRestoreLib.defects.object_voxels import FoundObject, count_as_bone, remove_objects
from SkullRestoreLib.defects.plastic_plates import find_plastic_plates
from SkullRestoreLib.errors import InputError
from SkullRestoreLib.findings import Note
from SkullRestoreLib.geometry.icosphere import spherical_grid
from SkullRestoreLib.geometry.surface_mesh import extract_surface
from SkullRestoreLib.method_parameters import ObjectParameters
from SkullRestoreLib.pipeline.blurred_bone import rays_with_blurred_bone
from SkullRestoreLib.pipeline.results import HeadAnalysis
from SkullRestoreLib.prediction import ray_tracing, skin_tracing
from SkullRestoreLib.prediction.ray_tracing import rays_at_level
from SkullRestoreLib.records import EMPTY_MESH, SIDE_NOT_KNOWN, Bone, Mesh, Pose, RayMap, VaultObject, VaultTables
from SkullRestoreLib.segmentation.bone_cleaning import take_off_metal
from SkullRestoreLib.settings import Settings

MAX_ROUNDS = 3
"""An object pulls the prediction towards itself: at most so often it is looked for again in one without it."""


def clear_objects(
    analysis: HeadAnalysis,
    predicted: VaultTables,
    settings: Settings,
    clock: StepTimer,
    *,
    predict_from: Callable[[HeadAnalysis], VaultTables] | None = None,
    find_frame: Callable[[Bone, Pose], Pose] | None = None,
) -> Generator[Progress, None, tuple[HeadAnalysis, VaultTables]]:
    """Find what is in the holes, and take out what is not to stay.

    Parameters
    ----------
    analysis
        Bone, pose and rays.
    predicted
        The predicted vault, at the level of the rays.
    settings
        ``objects`` says what stays.
    clock
        Takes the seconds of the step.
    predict_from
        Predicts the vault again; None where ``predicted`` is the last prediction of an earlier run.
    find_frame
        Corrects the head frame on bone without the objects; None where the frame is to stay.

    Yields
    ------
    tuple of str and float
        Step, and part of the work that is done.

    Returns
    -------
    analysis : HeadAnalysis
        With ``objects`` and a finding for each; its bone and rays are without those that were removed. Its pose is that
        of the sound bone, where large objects had moved it.
    predicted : VaultTables
        From the sound bone and what stays.
    """
    yield clock.start_step("look for objects in the holes", 0.47)
    parameters = analysis.parameters.objects
    if analysis.unseen is not None:  # of a planned opening everything is known
        return analysis, predicted
    analysis = _with_note_on_slices(analysis)
    if voxel_spacing(analysis.bone.ijk_to_ras).max() > parameters.widest_slice_mm:
        return analysis, predicted  # neither kerfs nor the height of a flap can be seen
    analysis, predicted = _set_blurred_metal_apart(analysis, predicted, predict_from)
    as_found, (analysis, without, found) = analysis, _find_in_rounds(analysis, predicted, predict_from, find_frame)
    if not found:
        return as_found, predicted
    foreign = [each.facts.removed for each in found]  # no bone already, as it is metal or plastic
    found = [replace(each, facts=_decide(each.facts, analysis, without, settings)) for each in found]
    gone = [each for each in found if each.facts.removed]
    stays = [each for each, is_foreign in zip(found, foreign, strict=True) if is_foreign and not each.facts.removed]
    facts = tuple(replace(each.facts, model=_object_model(each, analysis.bone)) for each in found)
    findings = (*analysis.findings, *(describe_object(each, analysis.bone.side_known, parameters) for each in facts))
    if not gone and not stays:
        kept = replace(analysis, objects=facts, findings=findings)
        return kept, predicted if analysis.pose is as_found.pose or predict_from is None else predict_from(kept)
    yield clock.start_step("take the objects out", 0.48)
    bone = count_as_bone(remove_objects(analysis.bone, gone, parameters=parameters), stays)
    rays = ray_tracing.trace_rays(bone, analysis.pose, level=analysis.rays.level)
    cuts = [each.cut for each in gone if each.cut is not None]
    cut = np.logical_or.reduce(cuts) if cuts else None
    cleared = replace(analysis, bone=bone, rays=rays, objects=facts, findings=findings, cut=cut)
    if predict_from is None:
        return cleared, predicted
    yield clock.start_step("predict the intact vault", 0.49)
    return cleared, predict_from(cleared)


def _find_in_rounds(
    analysis: HeadAnalysis,
    predicted: VaultTables,
    predict_from: Callable[[HeadAnalysis], VaultTables] | None,
    find_frame: Callable[[Bone, Pose], Pose] | None,
) -> tuple[HeadAnalysis, VaultTables, list[FoundObject]]:
    """Look for objects, with predictions and in a head frame that they have not pulled to where they are."""
    parameters = analysis.parameters.objects
    seen = replace(analysis, rays=rays_at_level(analysis.rays, predicted.level))  # a scene keeps coarser tables
    found = _find(seen, predicted, parameters)
    metal = find_metal(seen.bone, seen.pose, seen.rays, predicted, parameters=parameters)
    without, without_cm2 = predicted, 0.0
    if not found and predict_from is not None:
        without, found = _look_between_burr_holes(seen, predicted, predict_from)
    for _ in range(MAX_ROUNDS if predict_from is not None and (found or metal) else 0):
        emptied = remove_objects(seen.bone, found, parameters=parameters)
        area_cm2 = sum(each.facts.area_cm2 for each in (*found, *metal))
        if find_frame is not None and area_cm2 >= without_cm2 + parameters.moves_frame_cm2:
            pose, without_cm2 = analysis.pose, area_cm2
            analysis = _with_frame(analysis, find_frame(emptied, pose))
            found, metal = (_in_frame(each, pose, analysis.pose, without) for each in (found, metal))
            seen = replace(analysis, rays=rays_at_level(analysis.rays, predicted.level))
        hidden = vault_objects.hide_objects(seen.rays, without, [*found, *metal])
        without = predict_from(replace(seen, bone=emptied, rays=hidden)) if predict_from is not None else without
        metal = find_metal(seen.bone, seen.pose, seen.rays, without, parameters=parameters)
        again = _find(seen, without, parameters, known=found)
        settled = len(again) == len(found) and all(
            (a.place & b.place).sum() > 0.9 * max(a.place.sum(), b.place.sum())
            for a, b in zip(again, found, strict=True)
        )
        found = again
        if settled or not found:
            break
    plastic = find_plastic_plates(seen.bone, seen.pose, seen.rays, without, parameters=parameters)
    closed = find_closed_plates(seen.bone, seen.pose, seen.rays, without, parameters=parameters)
    faint = find_faint_plates(seen.bone, seen.pose, seen.rays, without, parameters=parameters)
    found = join_metal(join_faint_plates(join_closed_plates([*found, *metal, *plastic], closed), faint))
    return analysis, without, found


def _in_frame(objects: Sequence[FoundObject], old: Pose, new: Pose, tables: VaultTables) -> list[FoundObject]:
    """The same objects with their directions in another head frame: those that see the same place of the vault."""
    grid = spherical_grid(tables.level)
    seen = old.to_head(new.to_ras(grid.directions * tables.outer[:, None]))
    nearest = grid.nearest_vertices(seen / np.linalg.norm(seen, axis=1, keepdims=True))
    moved = []
    for each in objects:
        cut = None if each.cut is None else each.cut[nearest]
        facts = replace(each.facts, vertices=np.flatnonzero(np.isin(nearest, each.facts.vertices)))
        moved.append(replace(each, facts=facts, place=each.place[nearest], cut=cut))
    return moved


def _with_frame(analysis: HeadAnalysis, pose: Pose) -> HeadAnalysis:
    """The same head in another frame, with what was noticed when this was found."""
    bone, level = analysis.bone, analysis.rays.level
    rays = ray_tracing.trace_rays(bone, pose, level=level)
    skin = None
    if analysis.skin is not None:
        skin = skin_tracing.trace_skin(bone, pose, rays, parameters=analysis.parameters.soft_tissue)
    findings = (*analysis.findings, *(each for each in pose.findings if each not in analysis.findings))
    return replace(analysis, pose=pose, rays=rays, skin=skin, findings=findings)


def _with_note_on_slices(analysis: HeadAnalysis) -> HeadAnalysis:
    """The same with a note where the slices of a CT are too thick to show all objects."""
    thickness_mm = float(voxel_spacing(analysis.bone.ijk_to_ras).max())
    if thickness_mm <= analysis.parameters.objects.sure_slice_mm or analysis.bone.threshold_hu is None:
        return analysis
    note = Note(
        f"Slices of {thickness_mm:.1f} mm show old flaps, plates and meshes in the holes only in part: "
        "look for them yourself."
    )
    return replace(analysis, findings=(*analysis.findings, note))


def _set_blurred_metal_apart(
    analysis: HeadAnalysis, predicted: VaultTables, predict_from: Callable[[HeadAnalysis], VaultTables] | None
) -> tuple[HeadAnalysis, VaultTables]:
    """Take thin metal off the bone that is less bright than metal, but denser than this patient's bone."""
    bone, parameters = analysis.bone, analysis.parameters
    rays = rays_at_level(analysis.rays, predicted.level)
    metal = find_blurred_metal(bone, analysis.pose, rays, predicted, parameters=parameters.objects)
    if metal is not None:  # the middle of a plate of bone cement or ceramic is as bright, and thinner than the plate
        for plate in find_closed_plates(bone, analysis.pose, rays, predicted, parameters=parameters.objects):
            metal[plate.box] &= ~plate.voxels
    if metal is None or not metal.any():
        return analysis, predicted
    field, mask = bone.field.copy(), bone.mask.copy()
    take_off_metal(
        metal, voxel_spacing(bone.ijk_to_ras), field, mask, bone.erased_value, parameters=parameters.segmentation
    )
    bone = replace(bone, field=field, mask=mask, metal=metal if bone.metal is None else metal | bone.metal)
    rays = ray_tracing.trace_rays(bone, analysis.pose, level=analysis.rays.level)
    analysis = replace(analysis, bone=bone, rays=rays)
    return analysis, predicted if predict_from is None else predict_from(analysis)


def _look_between_burr_holes(
    analysis: HeadAnalysis, predicted: VaultTables, predict_from: Callable[[HeadAnalysis], VaultTables]
) -> tuple[VaultTables, list[FoundObject]]:
    """Look for a flap without a kerf: the prediction without what is between the burr holes, and what is off it."""
    parameters, rays = analysis.parameters.objects, analysis.rays
    place = place_between_burr_holes(rays, predicted, parameters=parameters)
    if place is None:
        return predicted, []
    hidden = vault_objects.hide_place(rays, predicted, place, parameters=parameters)
    without = predict_from(replace(analysis, rays=hidden))
    return without, _find(analysis, without, parameters)


def _find(
    analysis: HeadAnalysis, tables: VaultTables, parameters: ObjectParameters, *, known: Sequence[FoundObject] = ()
) -> list[FoundObject]:
    # What the scan blurs below the threshold is no gap.
    rays = rays_with_blurred_bone(analysis, tables, only_over_defects=False)
    rays = analysis.rays if rays is None else rays
    return vault_objects.find_vault_objects(
        analysis.bone, analysis.pose, rays, tables, known=known, parameters=parameters
    )


def _decide(facts: VaultObject, analysis: HeadAnalysis, tables: VaultTables, settings: Settings) -> VaultObject:
    """Say where an object is, and whether it goes: by the settings, or because it is no sound bone in its place."""
    parameters = analysis.parameters
    grid = spherical_grid(tables.level)
    side, region = detect.describe_location(
        grid.directions[facts.vertices], grid.vertex_areas[facts.vertices], low=False, parameters=parameters.detection
    )
    known = analysis.bone.side_known or side not in ("left", "right")
    removed = is_removed(facts, settings, parameters.objects)
    return replace(facts, removed=removed, side=side if known else SIDE_NOT_KNOWN, region=region)


def _object_model(found: FoundObject, bone: Bone) -> Mesh:
    """The surface of an object's voxels, smoothed by less than a voxel."""
    padded = ndimage.gaussian_filter(np.pad(found.voxels, 2).astype(np.float32), 0.7)
    ijk_to_ras = bone.ijk_to_ras.copy()
    start = [part.start - 2 for part in reversed(found.box)]
    ijk_to_ras[:3, 3] += bone.ijk_to_ras[:3, :3] @ start
    return extract_surface(padded, 0.4, ijk_to_ras) if padded.max() >= 0.4 else EMPTY_MESH


def check_object_numbers(objects: Sequence[VaultObject], settings: Settings) -> None:
    """Refuse numbers of objects that were not found.

    Parameters
    ----------
    objects
        That were found.
    settings
        Which of them stay and go.

    Raises
    ------
    InputError
        With the objects that there are.
    """
    unknown = sorted({*settings.keep_objects, *settings.remove_objects} - {each.number for each in objects})
    if unknown:
        known = ", ".join(f"{each.number} ({each.kind})" for each in objects) or "none"
        raise InputError(f"There is no object {unknown[0]} in the holes. Objects that were found: {known}.")


def is_removed(found: VaultObject, settings: Settings, parameters: ObjectParameters) -> bool:
    """Decide whether an object goes.

    Parameters
    ----------
    found
        The object.
    settings
        What is chosen for all objects, and for those that are named by their number.
    parameters
        What counts as sunk and as tilted.

    Returns
    -------
    bool
        With ``"auto"`` everything goes that is no level flap of bone.

    Examples
    --------
    >>> from SkullRestoreLib.method_parameters import METHOD
    >>> sunk = VaultObject(1, "bone flap", 40.0, 20.0, 900.0, 3.0, 0.5, 0.8, np.zeros(0, int))
    >>> [is_removed(sunk, Settings(keep_objects=keep), METHOD.objects) for keep in ((), (1,))]
    [True, False]
    """
    removed = settings.objects == "remove" or (settings.objects == "auto" and not is_in_place(found, parameters))
    return found.number in settings.remove_objects or (removed and found.number not in settings.keep_objects)


def is_in_place(found: VaultObject, parameters: ObjectParameters) -> bool:
    """Check whether an object is a flap of bone that is level with the vault.

    Parameters
    ----------
    found
        The object.
    parameters
        What counts as sunk and as tilted.

    Returns
    -------
    bool
    """
    return (
        found.kind == "bone flap"
        and abs(found.depth_mm) < parameters.sunk_mm
        and found.tilt_deg < parameters.tilted_deg
    )


def describe_unrestored_objects(
    objects: Sequence[VaultObject],
    rays: RayMap,
    tables: VaultTables,
    restored: NDArray[np.bool_],
    *,
    min_area_cm2: float,
) -> tuple[str, ...]:
    """Say where an object was taken out, no bone is left, and no defect was found.

    Parameters
    ----------
    objects
        That were found; their vertices are those of the tables' grid.
    rays, tables
        What the rays meet without them, and the predicted vault, on one grid.
    restored
        (n,) bool, directions of the defects.
    min_area_cm2
        A smaller place is not worth a sentence.

    Returns
    -------
    tuple of str
        A warning for each such object.
    """
    grid, area_cm2 = spherical_grid(tables.level), spherical_grid(tables.level).areas_mm2(tables.outer) / 100
    open_there = tables.vault & np.isnan(rays.intervals[:, 0, 0]) & ~grid.grow_region(restored, 2)
    sentences = []
    for found in objects:
        missing_cm2 = float(area_cm2[found.vertices][open_there[found.vertices]].sum())
        if found.removed and missing_cm2 > max(min_area_cm2, found.area_cm2 / 2):
            sentences.append(
                f"Where object {found.number} was taken out, {missing_cm2:.0f} cm² of bone are missing, and no defect "
                "was found: outline it as a missed defect, or let the object stay."
            )
    return tuple(sentences)


def describe_object(found: VaultObject, side_known: bool, parameters: ObjectParameters) -> str:
    """Put an object, and what was done with it, into a sentence.

    Parameters
    ----------
    found
        The object.
    side_known
        Whether left and right may be named.
    parameters
        What counts as sunk and as tilted.

    Returns
    -------
    str
        A note where a level flap stays; otherwise a warning.
    """
    state = []
    if found.depth_mm >= parameters.sunk_mm:
        state.append(f"sunk {found.depth_mm:.1f} mm")
    elif found.depth_mm <= -parameters.sunk_mm:
        state.append(f"standing out {-found.depth_mm:.1f} mm")
    if found.tilt_deg >= parameters.tilted_deg:
        state.append(f"tilted {found.tilt_deg:.0f}°")
    if not state and found.kind == "bone flap":
        state.append("level with the vault")
    if found.kind != METAL:  # which rests on the bone around it
        state.append(f"{100 * found.open_edge:.0f} % of its edge free")
    if found.mean_hu is not None:
        state.append(f"{found.mean_hu:.0f} HU on average")
    side = f"{found.side}, " if side_known and found.side else ""
    size = f"{found.area_cm2:.0f} cm², {found.volume_ml:.0f} mL"
    what = f"Object {found.number}, {found.kind} in the hole ({side}{found.region}): {', '.join([size, *state])}."
    if found.removed:
        return (
            f"{what} The skull was restored as if it were not there; choose to keep objects in the holes if it stays."
        )
    kept = f"{what} It stays, and only gaps around it are restored; choose to remove objects from the holes if it goes."
    return Note(kept) if is_in_place(found, parameters) else kept
