"""The steps from the bone of a head to its defects: head frame, rays, predicted vault, defects, display model.

They know nothing of restorations, so that a restoration can run them again on edited bone. The complete order is in
:mod:`SkullRestoreLib.pipeline.steps`.
"""

from collections.abc import Callable, Generator
from dataclasses import replace
from functools import partial
from math import sqrt

import numpy as np

from SkullRestoreLib._system.alongside import start_alongside
from SkullRestoreLib._system.progress import Progress, StepTimer
from SkullRestoreLib.defects import detect, patch, reference_points, thin_plate
from SkullRestoreLib.errors import InputError
from SkullRestoreLib.geometry import surface_mesh
from SkullRestoreLib.geometry.coarse_field import average_field
from SkullRestoreLib.geometry.decimation import decimate
from SkullRestoreLib.geometry.icosphere import spherical_grid, values_at_level
from SkullRestoreLib.method_parameters import METHOD, MethodParameters
from SkullRestoreLib.pipeline.blurred_bone import find_blurred_bone, meet_same_bone, rays_with_blurred_bone
from SkullRestoreLib.pipeline.decimate_alongside import start_to_decimate
from SkullRestoreLib.pipeline.object_removal import (
    check_object_numbers,
    clear_objects,
    describe_unrestored_objects,
)
from SkullRestoreLib.pipeline.results import (
    DOUBTFUL_BONE,
    DefectOpening,
    DetectedDefects,
    HeadAnalysis,
    Reconstruction,
    describe_doubtful_bone,
)
from SkullRestoreLib.pipeline.surface import restore_surface
from SkullRestoreLib.pose import cut_plane, head_frame, refine
from SkullRestoreLib.prediction import ray_tracing, skin_tracing, true_size
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
)
from SkullRestoreLib.settings import FOUND_POSE
from SkullRestoreLib.skull_model.atlas import Atlas
from SkullRestoreLib.skull_model.shape_model import ShapeModel

MAX_DISPLAY_FACES = 250_000
"""Triangles of the skull that is shown: a screen turns as many without jerking."""
DISPLAY_BLOCK_MM, MAX_DISPLAY_BLOCK_MM = 1.0, 1.5
"""Side of a block of voxels in the skull that is shown with so many triangles, and at most with fewer."""
BETWEEN_AVERAGES = -1e-3
"""The surface of averages is drawn at this value: at 0, which averages of a mask have, it would be folded."""


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
        As for :func:`~SkullRestoreLib.pipeline.steps.restore_steps`.

    Yields
    ------
    tuple of str and float
        As :func:`~SkullRestoreLib.pipeline.steps.restore_steps`.

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
    findings = (*input_findings, *bone.findings, *pose.findings)
    skin = skin_tracing.trace_skin(bone, pose, rays, parameters=parameters.soft_tissue)
    return HeadAnalysis(bone, pose, rays, findings, parameters, skin=skin)


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
        As for :func:`~SkullRestoreLib.pipeline.steps.restore_steps`.

    Returns
    -------
    Pose

    Raises
    ------
    InputError
        If no head is found, or a part of it is cut off.
    """
    trace_rays = trace_rays or partial(ray_tracing.trace_rays, bone, bricks=ray_tracing.build_bricks(bone))
    try:
        pose = head_frame.find_pose(bone, atlas.template, position=position, parameters=parameters.pose)
    except InputError as error:
        flat_end = cut_plane.describe_flat_end(bone, parameters=parameters.cut)
        raise InputError(f"{error} {flat_end}".strip()) from error
    take_findings = start_alongside(
        partial(cut_plane.check_not_cut_off, bone, pose, atlas.template, parameters=parameters.cut)
    )
    refined = refine.refine_pose(pose, trace_rays, atlas.model, parameters=parameters)
    found, doubts = pose.findings, refined.findings[len(pose.findings) :]
    return replace(refined, findings=(*found, *take_findings(), *doubts))


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
        As :func:`~SkullRestoreLib.pipeline.steps.restore_steps`.

    Returns
    -------
    Reconstruction
    """
    yield clock.start_step("predict the intact vault", 0.45)
    predicted = predict_vault(analysis, predict, model)
    analysis, predicted = yield from clear_objects(
        analysis,
        predicted,
        settings,
        clock,
        predict_from=lambda cleared: predict_vault(cleared, predict, model),
        find_frame=lambda bone, pose: _refine_frame(bone, pose, model, analysis.parameters),
    )
    check_object_numbers(analysis.objects, settings)
    detected = yield from detect_defects(analysis, predicted, settings, clock)
    yield clock.start_step("restore the surface", 0.65)
    return restore_surface(detected, detected.points, fullness=settings.fullness)


def _refine_frame(bone: Bone, pose: Pose, model: ShapeModel, parameters: MethodParameters) -> Pose:
    trace_rays = partial(ray_tracing.trace_rays, bone, bricks=ray_tracing.build_bricks(bone))
    return refine.refine_pose(pose, trace_rays, model, parameters=parameters)


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
        As :func:`~SkullRestoreLib.pipeline.steps.restore_steps`.

    Returns
    -------
    DetectedDefects
        Numbered from 1, largest first.
    """
    rays, vault_before = ray_tracing.rays_at_level(analysis.rays, settings.level), predicted
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
    analysis = _with_unrestored_objects(analysis, vault_before, openings, settings)
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


def _with_unrestored_objects(
    analysis: HeadAnalysis, predicted: VaultTables, openings: list[DefectOpening], settings: Settings
) -> HeadAnalysis:
    """The same with a finding where an object was taken out and nothing is restored."""
    if not any(found.removed for found in analysis.objects):
        return analysis
    restored = np.zeros(len(spherical_grid(settings.level)), dtype=bool)
    for opening in openings:
        restored[opening.defect_region.vertices] = True
    notes = describe_unrestored_objects(
        analysis.objects,
        ray_tracing.rays_at_level(analysis.rays, predicted.level),
        predicted,
        values_at_level(restored, predicted.level),
        min_area_cm2=settings.min_area_cm2,
    )
    return replace(analysis, findings=(*(f for f in analysis.findings if f not in notes), *notes))


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
    vertex_rays = patch.patch_rays(defect_patch, tables, pose, parameters=parameters.border)
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
        cut=analysis.cut,
        parameters=analysis.parameters.points,
    )


def display_model(bone: Bone, *, max_faces: int = MAX_DISPLAY_FACES) -> Mesh:
    """Make the skull's surface for drawing, with no more triangles than a screen turns with ease.

    The bone is averaged over blocks of voxels first: the sheets of bone that is thinner than a block are then so far
    apart that they do not cut each other when triangles are taken away.

    Parameters
    ----------
    bone
        Segmented bone.
    max_faces
        About this many triangles are left; more where fewer would cut each other.

    Returns
    -------
    Mesh
        Closed, mm RAS, within some tenths of a millimetre of the bone's surface.

    Raises
    ------
    InputError
        If there is no bone.
    """
    return decimate(_averaged_surface(bone, max_faces), max_faces=max_faces)


def start_display_model(bone: Bone, *, max_faces: int = MAX_DISPLAY_FACES) -> Callable[[], Mesh]:
    """Start making the skull's surface for drawing on a thread and in a process of its own, and go on meanwhile.

    Parameters
    ----------
    bone, max_faces
        As for :func:`display_model`.

    Returns
    -------
    callable
        Waits for what :func:`display_model` returns, and raises what it raises.
    """
    take = start_alongside(lambda: start_to_decimate(_averaged_surface(bone, max_faces), max_faces=max_faces))
    return lambda: take()()


def _averaged_surface(bone: Bone, max_faces: int) -> Mesh:
    """The surface of bone that is averaged over larger blocks of voxels the fewer triangles are wanted of it."""
    block_mm = min(DISPLAY_BLOCK_MM * sqrt(MAX_DISPLAY_FACES / max_faces), MAX_DISPLAY_BLOCK_MM)
    coarse = average_field(bone.field, bone.iso, bone.ijk_to_ras, block_mm=block_mm)
    return surface_mesh.extract_surface(coarse.field, BETWEEN_AVERAGES, coarse.ijk_to_ras)
