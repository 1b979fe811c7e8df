"""The clinical steps in their order, from an input to a restoration, as generators for front ends.

Progress and cancelling are one generator: it yields ``(step, fraction)`` when a step starts; a front end that stops
iterating cancels. :func:`restore_steps` runs everything. Its stages can be run alone: by an evaluation, which gives one
head to several predictors, and by a session, which keeps what each stage returned and runs only the rest after an edit.

Input -> :class:`HeadAnalysis` -> predicted :class:`VaultTables` -> :class:`DetectedDefects` -> :class:`Reconstruction`
-> :class:`ImplantSet` -> :class:`Restoration`.
"""

from collections.abc import Generator, Mapping
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from SkullRestoreLib._system import memory, resources
from SkullRestoreLib._system.progress import Progress, StepTimer, peak_memory_mb
from SkullRestoreLib.defects import detect, patch, reference_points, thin_plate
from SkullRestoreLib.geometry import surface_mesh
from SkullRestoreLib.geometry.icosphere import values_at_level
from SkullRestoreLib.method_parameters import METHOD, MethodParameters
from SkullRestoreLib.pipeline.blurred_bone import find_blurred_bone, meet_same_bone, rays_with_blurred_bone
from SkullRestoreLib.pipeline.case_codes import with_case_code
from SkullRestoreLib.pipeline.editable import EditableRestoration
from SkullRestoreLib.pipeline.implants import check_fixation_points, design_each, implant_labels, label_texts
from SkullRestoreLib.pipeline.object_removal import check_object_numbers, clear_objects
from SkullRestoreLib.pipeline.results import (
    DOUBTFUL_BONE,
    DefectOpening,
    DetectedDefects,
    HeadAnalysis,
    ImplantSet,
    Reconstruction,
    describe_doubtful_bone,
    review_notes,
)
from SkullRestoreLib.pipeline.surface import missing_bone_labels, restore_surface
from SkullRestoreLib.pose import head_frame, refine
from SkullRestoreLib.prediction import models, ray_tracing, true_size
from SkullRestoreLib.prediction.features import NETWORK_LEVEL
from SkullRestoreLib.prediction.models import Predictor
from SkullRestoreLib.prediction.tables_on_grid import tables_at_level
from SkullRestoreLib.records import (
    Bone,
    Mesh,
    Pose,
    RayMap,
    ReferencePoint,
    Settings,
    VaultTables,
    Volume,
)
from SkullRestoreLib.segmentation import bone_segmentation
from SkullRestoreLib.settings import FOUND_POSE, Direction
from SkullRestoreLib.skull_model.atlas import Atlas
from SkullRestoreLib.skull_model.shape_model import ShapeModel

MAX_DISPLAY_FACES = 250_000
"""Triangles of the skull that is shown: a screen turns as many without jerking."""


def restore_steps(
    source: Volume | Mesh,
    settings: Settings,
    *,
    predict: Predictor | None = None,
    with_implants: bool = True,
    parameters: MethodParameters = METHOD,
) -> Generator[Progress, None, EditableRestoration]:
    """Restore the skull and design its implants.

    Parameters
    ----------
    source
        A CT, a bone mask, or a skull model.
    settings
        What the user chose.
    predict
        Predicts the tables in place of the network, as the baselines of an evaluation do.
    with_implants
        Whether implants are designed.
    parameters
        The numbers of the method, which an experiment may change.

    Yields
    ------
    tuple of str and float
        Name of the step that starts, and the part of the work that is done (0..1).

    Returns
    -------
    EditableRestoration
        Without defects when the vault is intact.

    Raises
    ------
    SkullRestoreError
        With a message that says what is wrong with the input and what to do.
    """
    clock, settings = StepTimer(), with_case_code(settings)
    yield clock.start_step("load the weights", 0.0)
    weights, atlas = models.find_weights_and_atlas(settings)
    if predict is None:
        predict = models.load_predictor_in_background(weights, settings, atlas.model, parameters=parameters)
    analysis = yield from segment_and_analyse(source, settings, atlas, clock, parameters=parameters)
    reconstruction = yield from reconstruct_vault(analysis, predict, atlas.model, settings, clock)
    analysis = reconstruction.detected.analysis  # without the objects that were in the holes
    if with_implants:
        implants = yield from design_implants(source, analysis, reconstruction, settings, clock)
    else:
        implants = yield from _without_implants(source, analysis, reconstruction, clock)
    yield clock.start_step("make the display model", 0.9)
    skull = display_model(analysis.bone)
    clock.stop_step()
    return assemble_restoration(
        source,
        reconstruction.detected.analysis,
        reconstruction,
        implants,
        skull,
        settings=settings,
        weights_sha256=resources.file_sha256(weights),
        seconds=clock.seconds,
    )


def segment_and_analyse(
    source: Volume | Mesh,
    settings: Settings,
    atlas: Atlas,
    clock: StepTimer,
    *,
    parameters: MethodParameters = METHOD,
) -> Generator[Progress, None, HeadAnalysis]:
    """Segment the bone, find the head frame, and trace the rays.

    Parameters
    ----------
    source, settings
        As for :func:`restore_steps`.
    atlas
        Its mean head finds the pose.
    clock
        Takes the seconds of each step.
    parameters
        As for :func:`restore_steps`.

    Yields
    ------
    tuple of str and float
        As :func:`restore_steps`.

    Returns
    -------
    HeadAnalysis

    Raises
    ------
    InputError
        If the input has no skull, or more voxels than fit into memory.
    """
    yield clock.start_step("segment the bone", 0.05)
    if isinstance(source, Volume):
        memory.check_memory(source.array.size, source.spacing, held_bytes=source.array.nbytes)
    volume, bone = segment_input(source, settings, parameters=parameters)
    findings = volume.findings
    return (yield from analyse_head(bone, settings, atlas, clock, input_findings=findings, parameters=parameters))


def segment_input(
    source: Volume | Mesh, settings: Settings, *, parameters: MethodParameters = METHOD
) -> tuple[Volume, Bone]:
    """Segment the bone of an input.

    Parameters
    ----------
    source, settings, parameters
        As for :func:`restore_steps`.

    Returns
    -------
    volume : Volume
        The input as voxels.
    bone : Bone

    Raises
    ------
    InputError
        If it has no skull.
    """
    volume = surface_mesh.voxelise_model(source) if isinstance(source, Mesh) else source
    return volume, bone_segmentation.segment(volume, threshold_hu=settings.threshold_hu, parameters=parameters)


def analyse_head(
    bone: Bone,
    settings: Settings,
    atlas: Atlas | None,
    clock: StepTimer,
    *,
    input_findings: tuple[str, ...] = (),
    pose: Pose | None = None,
    parameters: MethodParameters = METHOD,
) -> Generator[Progress, None, HeadAnalysis]:
    """Find the head frame of segmented bone, and trace the rays.

    Parameters
    ----------
    bone
        Segmented bone.
    settings, clock
        As for :func:`segment_and_analyse`.
    atlas
        Its mean head finds the pose; None where ``pose`` is given.
    input_findings
        What was noticed when the input was read.
    pose
        A pose that is known already; it is not searched for again.
    parameters
        As for :func:`restore_steps`.

    Yields
    ------
    tuple of str and float
        As :func:`restore_steps`.

    Returns
    -------
    HeadAnalysis
        Its rays are at the settings' level or the network's, whichever is finer.
    """
    if pose is None:
        yield clock.start_step("find the head", 0.2)
    trace_rays = partial(ray_tracing.trace_rays, bone, bricks=ray_tracing.build_bricks(bone))
    if pose is None:
        if atlas is None:
            raise ValueError("Without an atlas the pose must be given.")
        pose = find_pose(bone, atlas, position=settings.pose, trace_rays=trace_rays, parameters=parameters)
    yield clock.start_step("trace the rays", 0.35)
    rays = trace_rays(pose, level=max(settings.level, NETWORK_LEVEL))
    return HeadAnalysis(bone, pose, rays, (*input_findings, *bone.findings, *pose.findings), parameters)


def find_pose(
    bone: Bone,
    atlas: Atlas,
    *,
    position: str = FOUND_POSE,
    trace_rays: partial[RayMap] | None = None,
    parameters: MethodParameters = METHOD,
) -> Pose:
    """Find the head frame: the mean head laid over the bone, then refined on the shape model.

    Parameters
    ----------
    bone
        Segmented bone.
    atlas
        The mean head and the shape model.
    position
        How the head is placed in the scan, one of ``HEAD_POSITIONS``; ``"found"`` finds it.
    trace_rays
        Traces the rays of this bone for a pose; None prepares it.
    parameters
        As for :func:`restore_steps`.

    Returns
    -------
    Pose

    Raises
    ------
    InputError
        If no head is found.
    """
    trace_rays = trace_rays or partial(ray_tracing.trace_rays, bone, bricks=ray_tracing.build_bricks(bone))
    pose = head_frame.find_pose(bone, atlas.template, position=position, parameters=parameters.pose)
    trace = partial(trace_rays, level=atlas.model.level)
    return refine.refine_pose(pose, trace, atlas.model, parameters=parameters)


def reconstruct_vault(
    analysis: HeadAnalysis, predict: Predictor, model: ShapeModel, settings: Settings, clock: StepTimer
) -> Generator[Progress, None, Reconstruction]:
    """Predict the vault, find its defects, and restore the surface over them.

    Parameters
    ----------
    analysis
        From :func:`segment_and_analyse`.
    predict
        Predicts the tables from rays and shape model.
    model
        The shape model.
    settings, clock
        As for :func:`segment_and_analyse`.

    Yields
    ------
    tuple of str and float
        As :func:`restore_steps`.

    Returns
    -------
    Reconstruction
    """
    yield clock.start_step("predict the intact vault", 0.45)
    predicted = predict_vault(analysis, predict, model)
    analysis, predicted = yield from clear_objects(
        analysis, predicted, settings, clock, predict_from=lambda cleared: predict_vault(cleared, predict, model)
    )
    check_object_numbers(analysis.objects, settings)
    detected = yield from detect_defects(analysis, predicted, settings, clock)
    yield clock.start_step("restore the surface", 0.65)
    return restore_surface(detected, detected.points)


def predict_vault(analysis: HeadAnalysis, predict: Predictor, model: ShapeModel) -> VaultTables:
    """Predict the tables that the vault had before it was damaged, continued where a defect runs beyond its end.

    Parameters
    ----------
    analysis, predict, model
        As for :func:`reconstruct_vault`.

    Returns
    -------
    VaultTables
        At the level of the rays.
    """
    rays, parameters = analysis.rays, analysis.parameters
    weighing = parameters.bone_mass
    predicted = true_size.predict_complete_vault(predict, rays, model, parameters=parameters)
    for _ in range(weighing.prediction_rounds - 1):
        completed = rays_with_blurred_bone(analysis, predicted)
        if completed is None or meet_same_bone(rays, completed, within_mm=weighing.settled_mm):
            break
        rays = completed
        predicted = true_size.predict_complete_vault(predict, rays, model, parameters=parameters)
    return predicted


def detect_defects(
    analysis: HeadAnalysis, predicted: VaultTables, settings: Settings, clock: StepTimer
) -> Generator[Progress, None, DetectedDefects]:
    """Find the defects, fit the surface to the bone around them, cut each at voxel precision, and place its points.

    Parameters
    ----------
    analysis
        Bone, pose and rays.
    predicted
        From :func:`predict_vault`.
    settings, clock
        As for :func:`segment_and_analyse`.

    Yields
    ------
    tuple of str and float
        As :func:`restore_steps`.

    Returns
    -------
    DetectedDefects
        Numbered from 1, largest first.
    """
    rays = ray_tracing.rays_at_level(analysis.rays, settings.level)
    predicted = tables_at_level(predicted, settings.level)
    yield clock.start_step("find the defects", 0.5)
    parameters = analysis.parameters
    unseen = None if analysis.unseen is None else values_at_level(analysis.unseen, settings.level)
    if unseen is not None:
        rays = detect.hide_tables(rays, predicted, unseen)
    regions = detect.find_defect_regions(predicted, rays, parameters=parameters.detection)
    blurred = find_blurred_bone(analysis, predicted, rays) if regions and unseen is None else None
    doubtful: list[detect.DefectRegion] = []
    if blurred is not None:
        regions = detect.find_defect_regions(predicted, rays, blurred=blurred, parameters=parameters.detection)
        doubtful = detect.find_doubtful_regions(
            predicted, rays, regions, blurred, min_area_cm2=settings.min_area_cm2, parameters=parameters.detection
        )
    if unseen is not None:
        regions = detect.with_known_region(regions, predicted, rays, unseen, parameters=parameters.detection)
    analysis = _with_doubtful_bone(analysis, doubtful, predicted)
    yield clock.start_step("fit the surface to the bone", 0.52)
    holes = [region.vertices for region in regions]
    surface = thin_plate.fit_to_bone(predicted, rays, holes, parameters=parameters.fit)
    cuts = (cut_opening(analysis, rays, surface, region, blurred=blurred) for region in regions)
    openings = [o for o in cuts if o is not None]
    openings = [o for o in openings if not _is_natural(o, parameters)]
    openings.sort(key=lambda o: -o.border.area_cm2)
    openings = [replace(o, patch=patch.with_number(o.patch, n)) for n, o in enumerate(openings, 1)]
    large = tuple(o for o in openings if o.border.area_cm2 >= settings.min_area_cm2)
    small = tuple(o for o in openings if o.border.area_cm2 < settings.min_area_cm2)
    yield clock.start_step("place the reference points", 0.6)
    points = tuple(p for o in large for p in place_opening_points(analysis, surface, o, settings))
    return DetectedDefects(analysis, rays, surface, large, small, points)


def _with_doubtful_bone(
    analysis: HeadAnalysis, doubtful: list[detect.DefectRegion], predicted: VaultTables
) -> HeadAnalysis:
    """The same with a finding where thin bone cannot be distinguished from a gap, in place of an earlier one."""
    earlier = tuple(note for note in analysis.findings if not note.startswith(DOUBTFUL_BONE))
    side_known, parameters = analysis.bone.side_known, analysis.parameters.detection
    notes = describe_doubtful_bone(doubtful, predicted, side_known=side_known, parameters=parameters)
    return replace(analysis, findings=(*earlier, *notes))


def _is_natural(opening: DefectOpening, parameters: MethodParameters) -> bool:
    at_edge = opening.defect_region.touches_vault_edge
    return opening.border.is_natural_opening(at_edge=at_edge, parameters=parameters.border)


def cut_opening(
    analysis: HeadAnalysis,
    rays: RayMap,
    surface: thin_plate.FittedSurface,
    region: detect.DefectRegion,
    *,
    number: int = 0,
    blurred: detect.BlurredBone | None = None,
) -> DefectOpening | None:
    """Cut the fitted surface to one defect.

    Parameters
    ----------
    analysis
        Bone and pose.
    rays
        At the surface's level.
    surface
        Fitted to the bone around the defect.
    region
        The defect on the grid.
    number
        Of the defect; 0 where it is not known yet.
    blurred
        Bone that the threshold does not show.

    Returns
    -------
    DefectOpening or None
        None when nothing is missing at voxel precision.
    """
    tables = surface.vault_tables
    bone, pose, parameters = analysis.bone, analysis.pose, analysis.parameters
    hidden = None if blurred is None else detect.blurred_beyond(region, blurred, level=tables.level)
    cut = patch.cut_patch(number, region.vertices, tables, rays, bone, pose, blurred_bone=hidden, parameters=parameters)
    if cut is None:
        return None
    defect_patch, border = cut
    vertex_rays = patch.patch_rays(defect_patch, tables.level, analysis.pose)
    return DefectOpening(region, defect_patch, border, vertex_rays)


def place_opening_points(
    analysis: HeadAnalysis, surface: thin_plate.FittedSurface, opening: DefectOpening, settings: Settings
) -> list[ReferencePoint]:
    """Place the reference points of one defect on its margin.

    Parameters
    ----------
    analysis, surface
        As for :func:`cut_opening`.
    opening
        The defect.
    settings
        For the number of points.

    Returns
    -------
    list of ReferencePoint
        Fewer than wanted where the margin is open.
    """
    return reference_points.place_reference_points(
        opening.border,
        surface.vault_tables,
        analysis.bone,
        analysis.pose,
        defect=opening.patch.defect,
        count=settings.points,
        parameters=analysis.parameters.points,
    )


def design_implants(
    source: Volume | Mesh,
    analysis: HeadAnalysis,
    reconstruction: Reconstruction,
    settings: Settings,
    clock: StepTimer,
    *,
    insertion_directions: Mapping[int, Direction] | None = None,
) -> Generator[Progress, None, ImplantSet]:
    """Design the implants, and label missing bone and implants on the input's grid.

    Parameters
    ----------
    source, settings, clock
        As for :func:`restore_steps`; a model has no grid and gets no labels.
    analysis, reconstruction
        From the stages before.
    insertion_directions
        Insertion direction of single defects, by number.

    Yields
    ------
    tuple of str and float
        As :func:`restore_steps`.

    Returns
    -------
    ImplantSet

    Raises
    ------
    InputError
        If a fixation is wanted at a reference point that does not exist.
    """
    bone, pose = analysis.bone, analysis.pose
    check_fixation_points(settings.implant, reconstruction.points)
    yield clock.start_step("design the implants", 0.7)
    implants, not_made = design_each(
        reconstruction.patches,
        bone,
        settings.implant,
        pose=pose,
        points=reconstruction.points,
        insertion_directions=insertion_directions,
        labels=label_texts(settings.case_code, reconstruction.defects),
    )
    yield clock.start_step("fill the missing bone", 0.8)
    if not isinstance(source, Volume):
        return ImplantSet(implants, not_made, None, None)
    restored_bone = _label_missing_bone(analysis, reconstruction)
    return ImplantSet(implants, not_made, restored_bone, implant_labels(implants, bone))


def _label_missing_bone(analysis: HeadAnalysis, reconstruction: Reconstruction) -> NDArray[np.uint8]:
    patches, tables, parameters = reconstruction.patches, reconstruction.vault_tables, analysis.parameters
    return missing_bone_labels(patches, tables, analysis.bone, analysis.pose, parameters=parameters.missing_bone)


def _without_implants(
    source: Volume | Mesh, analysis: HeadAnalysis, reconstruction: Reconstruction, clock: StepTimer
) -> Generator[Progress, None, ImplantSet]:
    """No implants; only the missing bone is labelled."""
    yield clock.start_step("fill the missing bone", 0.8)
    if not isinstance(source, Volume):
        return ImplantSet((), (), None, None)
    return ImplantSet((), (), _label_missing_bone(analysis, reconstruction), None)


def reference_surface(source: Volume | Mesh, settings: Settings) -> Mesh:
    """Extract the bone's surface of a skull that a restoration is compared with.

    Parameters
    ----------
    source, settings
        As for :func:`restore_steps`.

    Returns
    -------
    Mesh
        mm RAS, every triangle.

    Raises
    ------
    InputError
        If it has no skull.
    """
    _, bone = segment_input(source, settings)
    return surface_mesh.extract_surface(bone.field, bone.iso, bone.ijk_to_ras)


def display_model(bone: Bone) -> Mesh:
    """Extract the skull's surface with no more triangles than a screen turns with ease."""
    surface = surface_mesh.extract_surface(bone.field, bone.iso, bone.ijk_to_ras)
    return surface_mesh.decimate(surface, max_faces=MAX_DISPLAY_FACES)


def assemble_restoration(
    source: Volume | Mesh,
    analysis: HeadAnalysis,
    reconstruction: Reconstruction,
    implants: ImplantSet,
    skull: Mesh,
    *,
    settings: Settings,
    weights_sha256: str,
    seconds: dict[str, float],
) -> EditableRestoration:
    """Put the results of all stages into one record.

    Parameters
    ----------
    source
        The input.
    analysis, reconstruction, implants
        From the stages.
    skull
        For display.
    settings
        With which everything was made.
    weights_sha256
        Of the network's file.
    seconds
        Step name to seconds.

    Returns
    -------
    EditableRestoration
        Its points can be moved: it keeps ``reconstruction.detected``.
    """
    notes = review_notes(reconstruction.defects, reconstruction.points, settings)
    return EditableRestoration(
        bone=analysis.bone,
        source=source,
        pose=analysis.pose,
        vault_tables=reconstruction.vault_tables,
        skull=skull,
        defects=reconstruction.defects,
        small_defects=reconstruction.small_defects,
        points=reconstruction.points,
        patches=reconstruction.patches,
        implants=implants.implants,
        restored_bone=implants.restored_bone,
        implant_mask=implants.implant_mask,
        settings=settings,
        weights_sha256=weights_sha256,
        findings=tuple(dict.fromkeys((*analysis.findings, *notes, *implants.findings))),
        seconds=seconds,
        peak_memory_mb=peak_memory_mb(),
        not_made=implants.not_made,
        objects=analysis.objects,
        detected=reconstruction.detected,
    )
