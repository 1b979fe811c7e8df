"""Prepare a head for planning, and plan a resection on it: what a session runs in the background for it."""

from collections.abc import Generator
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from SkullRestoreLib._system import resources
from SkullRestoreLib._system.progress import Progress, StepTimer
from SkullRestoreLib.io import case_file
from SkullRestoreLib.pipeline import head_steps, plain_values, saved_case
from SkullRestoreLib.pipeline.added_defect import add_defect
from SkullRestoreLib.pipeline.editable import EditableRestoration as EditableCase
from SkullRestoreLib.pipeline.results import HeadAnalysis, ImplantSet
from SkullRestoreLib.planning.cut_model import model_after_cut
from SkullRestoreLib.planning.drawing import DrawnCurve, LineDrawing
from SkullRestoreLib.planning.guides import GuideKind
from SkullRestoreLib.planning.plan import (
    HeadBasis,
    ResectionPlan,
    ResectionRequest,
    complete_plan,
    detect_opening,
    open_head,
    plan_on_head,
    wall_of_plan,
)
from SkullRestoreLib.planning.resection import Head
from SkullRestoreLib.planning.saved_plan import SavedPlan
from SkullRestoreLib.planning.wall import CutWall
from SkullRestoreLib.prediction import models
from SkullRestoreLib.records import Bone, Mesh, VaultTables, Volume
from SkullRestoreLib.session import tasks
from SkullRestoreLib.session.display_surfaces import make_display_surfaces
from SkullRestoreLib.session.edit_state import EditState
from SkullRestoreLib.session.export_task import design_implants
from SkullRestoreLib.session.task_records import (
    FULL_DISPLAY,
    DisplayOptions,
    EditableRestoration,
    PlannedResection,
    PreparedHead,
    SavedRestoration,
    SegmentedSkull,
)
from SkullRestoreLib.settings import PlanSettings, Settings


def prepare_head(
    source: Volume | Mesh,
    before: SegmentedSkull | None,
    bone_mask: NDArray[np.bool_] | None,
    settings: Settings,
    predict: models.Predictor | None = None,
    display: DisplayOptions = FULL_DISPLAY,
) -> Generator[Progress, None, PreparedHead]:
    """Find the head and its vault, so that lines can be laid onto it.

    Parameters
    ----------
    source, before, bone_mask, settings, predict, display
        As for :func:`SkullRestoreLib.session.tasks.restore`.

    Yields
    ------
    tuple of str and float
        Step and fraction.

    Returns
    -------
    PreparedHead
    """
    clock = StepTimer()
    segmented, (analysis, tables, weights) = yield from tasks.predict_head(
        source, before, bone_mask, settings, predict, clock, display
    )
    yield clock.start_step("prepare the drawing of lines", 0.9)
    clock.stop_step()
    return _prepared(segmented, analysis, tables, settings, resources.file_sha256(weights))


def draw_around_tumour(
    prepared: PreparedHead, positions: NDArray[np.float64], settings: PlanSettings
) -> Generator[Progress, None, DrawnCurve]:
    """Draw a line around a tumour.

    Parameters
    ----------
    prepared
        The head.
    positions
        (n, 3) mm RAS: voxels of the tumour.
    settings
        Margin and least radius.

    Yields
    ------
    tuple of str and float
        Step and fraction.

    Returns
    -------
    DrawnCurve
        Control points.
    """
    yield "draw the line around the tumour", 0.1
    return prepared.drawing.around_tumour(positions, settings)


def plan_resection(
    prepared: PreparedHead,
    curve: DrawnCurve,
    settings: Settings,
    plan_settings: PlanSettings,
    guides: tuple[GuideKind, ...],
    predict: models.Predictor | None = None,
) -> Generator[Progress, None, PlannedResection]:
    """Plan a resection: the opening, its restored surface, the implant, and the guides.

    Parameters
    ----------
    prepared
        The head as it is.
    curve
        Control points of the line.
    settings
        How the skull is restored and the implant is designed.
    plan_settings
        How bone is cut and guides are made.
    guides
        Which guides are made.
    predict
        In place of the network, for tests.

    Yields
    ------
    tuple of str and float
        Step and fraction.

    Returns
    -------
    PlannedResection
    """
    clock = StepTimer()
    yield clock.start_step("load the weights", 0.0)
    path, atlas = models.find_weights_and_atlas(settings)
    predict = predict or models.load_predictor_in_background(path, settings, atlas.model)
    segmented = prepared.segmentation
    basis = HeadBasis(
        segmented.source,
        prepared.analysis,
        prepared.tables,
        partial(head_steps.predict_vault, predict=predict, model=atlas.model),
        prepared.weights_sha256,
        _shown_skull(prepared),
    )
    request = ResectionRequest(curve=curve.points, curve_is_closed=True, curve_of=curve.origin)
    plan = yield from plan_on_head(basis, request, settings, plan_settings, guides, clock)
    yield clock.start_step("draw the surface", 0.95)
    plan = _with_curve(plan, SavedPlan(curve, plan_settings, guides))
    made = plan.restoration
    state = EditState.from_detected(made.detected, settings.points, fullness=settings.fullness)
    restoration = _ready_for_editing(plan, segmented, state)
    clock.stop_step()
    implant_set = ImplantSet(made.implants, made.not_made, made.restored_bone, made.implant_mask)
    piece = np.flatnonzero(segmented.bone.mask & ~made.bone.mask) if segmented.is_edited else ()
    return PlannedResection(
        plan, restoration, implant_set, prepared, curve, plan_settings, guides, plain_values.pack_numbers(piece)
    )


def resume_plan(
    source: Volume | Mesh,
    bone_mask: NDArray[np.bool_] | None,
    saved: SavedRestoration,
    display: DisplayOptions = FULL_DISPLAY,
) -> Generator[Progress, None, PlannedResection]:
    """Take up a plan that was saved with its scene: neither pose nor prediction is computed again.

    Parameters
    ----------
    source
        The input.
    bone_mask
        (nk, nj, ni) bool: the bone after the cut, as its segment is now; None where it was deleted.
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
    PlannedResection
        With the edits that were saved; its implants are those that the scene holds.
    """
    plan, clock = saved.plan, StepTimer()
    if plan is None:
        raise ValueError("no plan")
    if bone_mask is not None:
        bone_mask = bone_mask.copy() if len(plan.cut_piece) else None
    if bone_mask is not None:
        bone_mask.reshape(-1)[plan.cut_piece] = True
    segmented, analysis = yield from tasks.analyse_saved_bone(
        source, bone_mask, saved, plan.uncut_tables, clock, display
    )
    yield clock.start_step("cut the bone", 0.5)
    head = Head(analysis.bone, analysis.pose, plan.uncut_tables)
    prepared = _prepared(segmented, analysis, plan.uncut_tables, saved.settings, saved.weights_sha256)
    wall = wall_of_plan(plan.plan, head)
    opened = open_head(analysis, head, wall, deep=plan.plan.curve.origin == "tumour")
    detected = yield from detect_opening(opened, plan.uncut_tables, lambda _: saved.predicted, saved.settings, clock)
    for vertices in saved.added_regions:
        detected, _ = yield from add_defect(detected, vertices, saved.settings)
    state = saved.edit_state_for(detected)
    restoration = EditableCase.from_parts(
        source,
        detected,
        detected.points,
        skull=_skull_after_cut(prepared, opened.bone),
        settings=saved.settings,
        weights_sha256=saved.weights_sha256,
        seconds=clock.seconds,
    )
    planned = yield from _take_up(restoration, prepared, wall, plan.plan, state, clock)
    return replace(planned, cut_piece=plain_values.pack_numbers(plan.cut_piece))


def open_saved_case(
    folder: Path, display: DisplayOptions = FULL_DISPLAY
) -> Generator[Progress, None, EditableRestoration | PlannedResection]:
    """Open the case file of a result; with its plan, where it has one.

    Parameters
    ----------
    folder
        Of the result.
    display
        How the bone is shown.

    Yields
    ------
    tuple of str and float
        Step and fraction.

    Returns
    -------
    EditableRestoration or PlannedResection
        With the points as they were written; the implants of a plan are designed again.

    Raises
    ------
    InputError
        If the folder holds no case, or one that is damaged or of another version.
    """
    saved = yield from saved_case.load_steps(folder)
    before, clock = saved.before_cut, StepTimer()
    if before is None:
        return (yield from tasks.edit_saved_case(saved, display))
    try:
        plan = SavedPlan.from_values(before.plan)
    except (KeyError, TypeError, ValueError) as error:
        raise case_file.damaged_case(folder / saved_case.CASE_FILE) from error
    settings = saved.settings
    analysis = yield from saved_case.analyse_stored_bone(
        before.bone, saved.pose, saved.detected.analysis.findings, settings, clock
    )
    analysis = replace(analysis, objects=saved.objects)
    segmented = yield from tasks.show_saved_bone(saved.source, before.bone, None, settings, display)
    prepared = _prepared(segmented, analysis, before.tables, settings, saved.weights_sha256)
    wall = wall_of_plan(plan, prepared.drawing.head)
    state = tasks.saved_edit_state(saved)
    planned = yield from _take_up(saved, prepared, wall, plan, state, clock)
    implants = yield from design_implants(saved.source, state, settings, {})
    return replace(planned, implant_set=implants)


def _take_up(
    made: EditableCase,
    prepared: PreparedHead,
    wall: CutWall,
    saved: SavedPlan,
    state: EditState,
    clock: StepTimer,
) -> Generator[Progress, None, PlannedResection]:
    """A plan around a restoration that there is already."""
    plan = yield from complete_plan(prepared.analysis, wall, saved, made, prepared.tables, clock)
    yield clock.start_step("draw the surface", 0.95)
    restoration = _ready_for_editing(plan, prepared.segmentation, state)
    clock.stop_step()
    return PlannedResection(plan, restoration, None, prepared, saved.curve, saved.settings, saved.guides)


def _with_curve(plan: ResectionPlan, saved: SavedPlan) -> ResectionPlan:
    """A plan that keeps the curve as it is dragged: a circle knows its middle."""
    made = plan.restoration
    if made.before_cut is None:
        return plan
    before = replace(made.before_cut, plan=saved.to_values())
    return replace(plan, restoration=replace(made, before_cut=before))


def _shown_skull(prepared: PreparedHead) -> Mesh | None:
    """The display model of the bone on which is planned; None where an object was taken out of it since."""
    segmented = prepared.segmentation
    return segmented.surface if prepared.analysis.bone is segmented.bone else None


def _skull_after_cut(prepared: PreparedHead, cut: Bone) -> Mesh:
    """The display model of the bone after the cut."""
    shown = _shown_skull(prepared)
    changed = None if shown is None else model_after_cut(shown, prepared.segmentation.bone, cut)
    return changed or head_steps.display_model(cut, max_faces=prepared.segmentation.display.max_skull_faces)


def _prepared(
    segmented: SegmentedSkull, analysis: HeadAnalysis, tables: VaultTables, settings: Settings, weights_sha256: str
) -> PreparedHead:
    """The head on which a plan was made, with its drawing of lines."""
    drawing = LineDrawing(Head(analysis.bone, analysis.pose, tables), analysis.rays)
    return PreparedHead(segmented, analysis, tables, drawing, settings, weights_sha256)


def _ready_for_editing(plan: ResectionPlan, uncut: SegmentedSkull, state: EditState) -> EditableRestoration:
    """The restoration of the planned opening as the session edits it: its bone is the bone after the cut."""
    made = plan.restoration
    return EditableRestoration(
        segmentation=replace(uncut, bone=made.bone, surface=made.skull, is_edited=False, head_start=None),
        initial_state=state,
        display_surfaces=make_display_surfaces(made.detected, uncut.display),
        settings=made.settings,
        weights_sha256=made.weights_sha256,
        seconds=made.seconds,
    )
