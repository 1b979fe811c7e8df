"""Prepare a head for planning, and plan a resection on it: what a session runs in the background for it."""

from collections.abc import Generator
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from SkullRestoreLib._system import resources
from SkullRestoreLib._system.progress import Progress, StepTimer
from SkullRestoreLib.pipeline import head_steps
from SkullRestoreLib.pipeline.results import ImplantSet
from SkullRestoreLib.planning.drawing import DrawnCurve, LineDrawing
from SkullRestoreLib.planning.guides import GuideKind
from SkullRestoreLib.planning.plan import HeadBasis, ResectionPlan, ResectionRequest, plan_on_head
from SkullRestoreLib.planning.resection import Head
from SkullRestoreLib.prediction import models
from SkullRestoreLib.records import Mesh, Volume
from SkullRestoreLib.session import tasks
from SkullRestoreLib.session.display_surfaces import make_display_surfaces
from SkullRestoreLib.session.edit_state import EditState
from SkullRestoreLib.session.task_records import EditableRestoration, PlannedResection, PreparedHead, SegmentedSkull
from SkullRestoreLib.settings import PlanSettings, Settings


def prepare_head(
    source: Volume | Mesh,
    before: SegmentedSkull | None,
    bone_mask: NDArray[np.bool_] | None,
    settings: Settings,
    predict: models.Predictor | None = None,
) -> Generator[Progress, None, PreparedHead]:
    """Find the head and its vault, so that lines can be laid onto it.

    Parameters
    ----------
    source, before, bone_mask, settings, predict
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
    segmented, analysis, tables, weights = yield from tasks.predict_head(
        source, before, bone_mask, settings, predict, clock
    )
    yield clock.start_step("prepare the drawing of lines", 0.9)
    clock.stop_step()
    drawing = LineDrawing(Head(analysis.bone, analysis.pose, tables), analysis.rays)
    return PreparedHead(segmented, analysis, tables, drawing, settings, resources.file_sha256(weights))


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
    )
    request = ResectionRequest(curve=curve.points, curve_is_closed=True, curve_of=curve.origin)
    plan = yield from plan_on_head(basis, request, settings, plan_settings, guides, clock)
    yield clock.start_step("draw the surface", 0.95)
    restoration = _ready_for_editing(plan, segmented, settings)
    clock.stop_step()
    made = plan.restoration
    implant_set = ImplantSet(made.implants, made.not_made, made.restored_bone, made.implant_mask)
    return PlannedResection(plan, restoration, implant_set, prepared, curve, plan_settings, guides)


def _ready_for_editing(plan: ResectionPlan, uncut: SegmentedSkull, settings: Settings) -> EditableRestoration:
    """The restoration of the planned opening as the session edits it: its bone is the bone after the cut."""
    made = plan.restoration
    detected = made.detected
    return EditableRestoration(
        segmentation=replace(uncut, bone=made.bone, surface=made.skull, is_edited=False),
        initial_state=EditState.from_detected(detected, settings.points),
        display_surfaces=make_display_surfaces(detected),
        settings=settings,
        weights_sha256=made.weights_sha256,
        seconds=made.seconds,
    )
