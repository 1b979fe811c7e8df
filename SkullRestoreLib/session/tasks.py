"""Segment, restore, resume: what a session runs in the background, from records to records.

Each task is a generator that yields its steps and returns its result. Nothing here touches the scene, so that a thread
may run it. The missed defects are in ``missed_defects``, the export is in ``export_task``.
"""

from collections.abc import Callable, Generator
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from SkullRestoreLib._system import resources
from SkullRestoreLib._system.progress import Progress, StepTimer
from SkullRestoreLib.errors import InputError
from SkullRestoreLib.geometry import surface_mesh
from SkullRestoreLib.pipeline import head_steps, steps
from SkullRestoreLib.pipeline.added_defect import add_defect
from SkullRestoreLib.pipeline.editable import EditableRestoration as EditableCase
from SkullRestoreLib.pipeline.object_removal import check_object_numbers, clear_objects
from SkullRestoreLib.pipeline.results import HeadAnalysis
from SkullRestoreLib.prediction import models
from SkullRestoreLib.records import Bone, Mesh, VaultTables, Volume
from SkullRestoreLib.segmentation import bone_segmentation
from SkullRestoreLib.segmentation.bone_segmentation import BoneIsland
from SkullRestoreLib.session.display_surfaces import make_display_surfaces
from SkullRestoreLib.session.edit_state import EditablePoint, EditState
from SkullRestoreLib.session.head_start import HeadStart, PredictedHead, PredictionSteps
from SkullRestoreLib.session.task_records import (
    FULL_DISPLAY,
    DisplayOptions,
    EditableRestoration,
    SavedRestoration,
    SegmentedSkull,
)
from SkullRestoreLib.settings import Settings

SegmentationSteps = Generator[Progress, None, SegmentedSkull]
RestorationSteps = Generator[Progress, None, EditableRestoration]


def segment(
    source: Volume | Mesh,
    settings: Settings,
    predict: models.Predictor | None = None,
    display: DisplayOptions = FULL_DISPLAY,
) -> SegmentationSteps:
    """Segment the bone, and make the surface that is drawn.

    Parameters
    ----------
    source
        The input.
    settings
        Holds the threshold, HU; None finds it from the histogram.
    predict
        In place of the network, for tests.
    display
        How it is shown.

    Yields
    ------
    tuple of str and float
        Step and fraction.

    Returns
    -------
    SegmentedSkull
        Not edited.
    """
    clock = StepTimer()
    yield clock.start_step("segment the bone", 0.0)

    def look_ahead(volume: Volume, bone: Bone) -> HeadStart:
        return HeadStart(partial(predict_from_bone, bone, volume, predict=predict), settings)

    return (yield from _segment_source(source, settings, clock, display, look_ahead if display.look_ahead else None))


def _segment_source(
    source: Volume | Mesh,
    settings: Settings,
    clock: StepTimer,
    display: DisplayOptions,
    begin_head_start: Callable[[Volume, Bone], HeadStart] | None = None,
) -> SegmentationSteps:
    volume, bone = steps.segment_input(source, settings)
    head_start = None if begin_head_start is None else begin_head_start(volume, bone)
    segmented = yield from _prepare_segmented_skull(source, volume, bone, clock, display)
    return replace(segmented, chosen_hu=settings.threshold_hu, head_start=head_start)


def _prepare_segmented_skull(
    source: Volume | Mesh, volume: Volume, bone: Bone, clock: StepTimer, display: DisplayOptions
) -> SegmentationSteps:
    yield clock.start_step("list the bone islands", 0.6)
    take_surface = head_steps.start_display_model(bone, max_faces=display.max_skull_faces)
    islands = bone_segmentation.find_bone_islands(bone)
    yield clock.start_step("make the display model", 0.7)
    return SegmentedSkull(
        source=source,
        volume=volume,
        bone=bone,
        surface=take_surface(),
        metal=_metal_surface(bone),
        islands=tuple(islands),
        display=display,
    )


def _metal_surface(bone: Bone) -> Mesh | None:
    if bone.metal is None or not bone.metal.any():
        return None
    return surface_mesh.extract_surface(bone.metal.astype(np.uint8), 0.5, bone.ijk_to_ras)


def apply_bone_edit(before: SegmentedSkull, bone_mask: NDArray[np.bool_], clock: StepTimer) -> SegmentationSteps:
    """Take over what the user changed in the bone segment.

    Parameters
    ----------
    before
        As it was segmented.
    bone_mask
        (nk, nj, ni) bool, as the segment is now.
    clock
        Takes the seconds.

    Yields
    ------
    tuple of str and float
        Step and fraction.

    Returns
    -------
    SegmentedSkull
        ``before`` itself where nothing was changed.
    """
    yield clock.start_step("take over the edited bone", 0.02)
    bone = bone_segmentation.with_edited_mask(before.bone, bone_mask)
    return before if bone is before.bone else (yield from _with_other_bone(before, bone, clock))


def _with_other_bone(before: SegmentedSkull, bone: Bone, clock: StepTimer) -> SegmentationSteps:
    segmented = yield from _prepare_segmented_skull(before.source, before.volume, bone, clock, before.display)
    return replace(segmented, chosen_hu=before.chosen_hu, is_edited=True)


def remove_islands(
    before: SegmentedSkull, bone_mask: NDArray[np.bool_] | None, chosen: list[BoneIsland]
) -> SegmentationSteps:
    """Remove bone islands.

    Parameters
    ----------
    before
        As it was segmented.
    bone_mask
        (nk, nj, ni) bool, as the segment is now; None where it was deleted.
    chosen
        The islands that go.

    Yields
    ------
    tuple of str and float
        Step and fraction.

    Returns
    -------
    SegmentedSkull
        Without them.

    Raises
    ------
    InputError
        If the bone was edited since its islands were listed.
    """
    clock = StepTimer()
    if bone_mask is not None and not np.array_equal(bone_mask, before.bone.mask):
        raise InputError(
            "The bone was edited since its islands were listed. "
            "Restore again to list them anew, or erase the island in Segment Editor."
        )
    yield clock.start_step("remove the bone islands", 0.0)
    bone = bone_segmentation.remove_islands(before.bone, chosen)
    return (yield from _with_other_bone(before, bone, clock))


def restore(
    source: Volume | Mesh,
    before: SegmentedSkull | None,
    bone_mask: NDArray[np.bool_] | None,
    settings: Settings,
    predict: models.Predictor | None = None,
    display: DisplayOptions = FULL_DISPLAY,
) -> RestorationSteps:
    """Restore the skull, from the input or from bone that is segmented already.

    Parameters
    ----------
    source
        The input; segmented where there is no bone yet.
    before
        The segmented bone, if there is some.
    bone_mask
        (nk, nj, ni) bool, as its segment is now; None where it was deleted.
    settings
        For every step.
    predict
        In place of the network, for tests.
    display
        How bone is shown that is segmented here.

    Yields
    ------
    tuple of str and float
        Step and fraction.

    Returns
    -------
    EditableRestoration
        With the points as the program placed them.
    """
    clock = StepTimer()
    before, (analysis, predicted, path) = yield from predict_head(
        source, before, bone_mask, settings, predict, clock, display
    )
    detected = yield from head_steps.detect_defects(analysis, predicted, settings, clock)
    yield clock.start_step("draw the surface", 0.9)
    surfaces = make_display_surfaces(detected, before.display)
    clock.stop_step()
    return EditableRestoration(
        segmentation=before,
        initial_state=EditState.from_detected(detected, settings.points, fullness=settings.fullness),
        display_surfaces=surfaces,
        settings=settings,
        weights_sha256=resources.file_sha256(path),
        seconds=clock.seconds,
    )


def predict_head(
    source: Volume | Mesh,
    before: SegmentedSkull | None,
    bone_mask: NDArray[np.bool_] | None,
    settings: Settings,
    predict: models.Predictor | None,
    clock: StepTimer,
    display: DisplayOptions = FULL_DISPLAY,
) -> Generator[Progress, None, tuple[SegmentedSkull, PredictedHead]]:
    """Segment the bone where there is none yet, find the head, and predict its vault.

    Parameters
    ----------
    source, before, bone_mask, settings, predict, display
        As for :func:`restore`.
    clock
        Takes the seconds.

    Yields
    ------
    tuple of str and float
        Step and fraction.

    Returns
    -------
    segmented : SegmentedSkull
        The bone.
    predicted : PredictedHead
        Head, vault and the file of the network's weights. What was computed ahead is waited for, and taken.
    """
    if before is not None:
        if bone_mask is not None:
            before = yield from apply_bone_edit(before, bone_mask, clock)
        if before.head_start is not None and before.head_start.serves(settings):
            return before, (yield from before.head_start.take_steps(clock))
    yield clock.start_step("load the weights", 0.0)
    path, atlas = models.find_weights_and_atlas(settings)
    predict = predict or models.load_predictor_in_background(path, settings, atlas.model)
    if before is None:
        yield clock.start_step("segment the bone", 0.05)
        before = yield from _segment_source(source, settings, clock, display)
    return before, (yield from predict_from_bone(before.bone, before.volume, settings, clock, predict=predict))


def predict_from_bone(
    bone: Bone, volume: Volume, settings: Settings, clock: StepTimer, *, predict: models.Predictor | None
) -> PredictionSteps:
    """Find the head, and predict its vault.

    Parameters
    ----------
    bone
        Segmented bone.
    volume
        From which it was segmented: its findings stay with the head.
    settings, predict
        As for :func:`restore`.
    clock
        Takes the seconds.

    Yields
    ------
    tuple of str and float
        Step and fraction.

    Returns
    -------
    PredictedHead
        Without the objects in its holes that are taken out.
    """
    path, atlas = models.find_weights_and_atlas(settings)
    predict = predict or models.load_predictor_in_background(path, settings, atlas.model)
    analysis = yield from head_steps.analyse_head(bone, settings, atlas, clock, input_findings=volume.findings)
    yield clock.start_step("predict the intact vault", 0.45)
    predicted = head_steps.predict_vault(analysis, predict, atlas.model)
    analysis, predicted = yield from clear_objects(
        analysis,
        predicted,
        settings,
        clock,
        predict_from=lambda cleared: head_steps.predict_vault(cleared, predict, atlas.model),
    )
    check_object_numbers(analysis.objects, settings)
    clock.stop_step()
    return analysis, predicted, path


def resume_restoration(
    source: Volume | Mesh,
    bone_mask: NDArray[np.bool_] | None,
    saved: SavedRestoration,
    display: DisplayOptions = FULL_DISPLAY,
) -> RestorationSteps:
    """Make a restoration that was saved with its scene editable again. Neither pose nor prediction is computed again.

    Parameters
    ----------
    source
        The input.
    bone_mask
        (nk, nj, ni) bool, as the bone segment is now; None where it was deleted.
    saved
        What the scene keeps.
    display
        How the bone is shown.

    Yields
    ------
    tuple of str and float
        Step and fraction.

    Returns
    -------
    EditableRestoration
        With the edits that were saved.
    """
    clock, settings = StepTimer(), saved.settings
    before, analysis = yield from analyse_saved_bone(source, bone_mask, saved, saved.predicted, clock, display)
    detected = yield from head_steps.detect_defects(analysis, saved.predicted, settings, clock)
    for vertices in saved.added_regions:
        detected, _ = yield from add_defect(detected, vertices, settings)
    yield clock.start_step("draw the surface", 0.9)
    surfaces = make_display_surfaces(detected, before.display)
    clock.stop_step()
    return EditableRestoration(
        segmentation=before,
        initial_state=saved.edit_state_for(detected),
        display_surfaces=surfaces,
        settings=settings,
        weights_sha256=saved.weights_sha256,
        seconds=clock.seconds,
    )


def analyse_saved_bone(
    source: Volume | Mesh,
    bone_mask: NDArray[np.bool_] | None,
    saved: SavedRestoration,
    predicted: VaultTables,
    clock: StepTimer,
    display: DisplayOptions,
) -> Generator[Progress, None, tuple[SegmentedSkull, HeadAnalysis]]:
    """Segment the bone of a saved restoration again, and trace its rays in the saved head frame.

    Parameters
    ----------
    source, bone_mask, saved, display
        As for :func:`resume_restoration`.
    predicted
        For this bone.
    clock
        Takes the seconds.

    Yields
    ------
    tuple of str and float
        Step and fraction.

    Returns
    -------
    segmented : SegmentedSkull
        The bone.
    analysis : HeadAnalysis
        Without objects in the holes that are taken out.
    """
    settings = saved.settings
    yield clock.start_step("segment the bone", 0.05)
    given = settings.with_changes(threshold_hu=saved.threshold_hu)
    before = yield from _segment_source(source, given, clock, display)
    before = replace(before, chosen_hu=settings.threshold_hu)
    if bone_mask is not None:
        before = yield from apply_bone_edit(before, bone_mask, clock)
    analysis = yield from head_steps.analyse_head(
        before.bone, settings, None, clock, input_findings=before.volume.findings, pose=saved.pose
    )
    analysis, _ = yield from clear_objects(analysis, predicted, settings, clock)
    return before, analysis


def edit_saved_case(saved: EditableCase, display: DisplayOptions = FULL_DISPLAY) -> RestorationSteps:
    """Make the restoration of a result editable again, from its case file.

    Parameters
    ----------
    saved
        From :func:`SkullRestoreLib.pipeline.saved_case.load_steps`.
    display
        How the bone is shown.

    Yields
    ------
    tuple of str and float
        Step and fraction.

    Returns
    -------
    EditableRestoration
        With the points as they were written; its input has the voxels that the file keeps.
    """
    segmented = yield from show_saved_bone(saved.source, saved.bone, saved.skull, saved.settings, display)
    yield "draw the surface", 0.9
    return EditableRestoration(
        segmentation=segmented,
        initial_state=saved_edit_state(saved),
        display_surfaces=make_display_surfaces(saved.detected, display),
        settings=saved.settings,
        weights_sha256=saved.weights_sha256,
        seconds=saved.seconds,
    )


def show_saved_bone(
    source: Volume | Mesh, bone: Bone, skull: Mesh | None, settings: Settings, display: DisplayOptions
) -> SegmentationSteps:
    """Make the bone of a case file ready to be shown and edited.

    Parameters
    ----------
    source
        The input, with the voxels that the file keeps.
    bone, skull
        The bone, and its surface for display where the file has one.
    settings
        With the threshold that was chosen.
    display
        How it is shown: a file's surface with more triangles is made anew.

    Yields
    ------
    tuple of str and float
        Step and fraction.

    Returns
    -------
    SegmentedSkull
    """
    yield "list the bone islands", 0.85
    if skull is None or len(skull.faces) > display.max_skull_faces:
        skull = head_steps.display_model(bone, max_faces=display.max_skull_faces)
    return SegmentedSkull(
        source=source,
        volume=source if isinstance(source, Volume) else Volume(bone.mask, bone.ijk_to_ras, "mask"),
        bone=bone,
        surface=skull,
        metal=_metal_surface(bone),
        islands=tuple(bone_segmentation.find_bone_islands(bone)),
        chosen_hu=settings.threshold_hu,
        display=display,
    )


def saved_edit_state(saved: EditableCase) -> EditState:
    """Return the edit state of a case file: its points, and where the program had placed them.

    Parameters
    ----------
    saved
        As it was written.
    """
    points = tuple(
        EditablePoint(point if point.moved else placed, placed)
        for point, placed in zip(saved.points, saved.detected.points, strict=True)
    )
    return EditState(saved.detected, points, count=saved.settings.points, fullness=saved.settings.fullness)
