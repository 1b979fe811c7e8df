"""Plan a resection: a line in; the virtual opening, its restored surface and implant, and the guides out.

The opening is cut into the segmented bone, and the pipeline restores it as it restores any defect, so that implant,
checks, report and redesign are those of every other defect (decision 0120).
"""

from collections.abc import Callable, Generator
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from SkullRestoreLib._system import resources
from SkullRestoreLib._system.progress import Progress, StepTimer
from SkullRestoreLib.defects import detect
from SkullRestoreLib.errors import ImplantError, InputError
from SkullRestoreLib.geometry.polygon import points_in_polygon
from SkullRestoreLib.pipeline import head_steps, steps
from SkullRestoreLib.pipeline.editable import EditableRestoration, HeadBeforeCut
from SkullRestoreLib.pipeline.object_removal import clear_objects
from SkullRestoreLib.pipeline.results import DetectedDefects, HeadAnalysis
from SkullRestoreLib.pipeline.surface import restore_surface
from SkullRestoreLib.planning import resection
from SkullRestoreLib.planning.cut_model import model_after_cut
from SkullRestoreLib.planning.drawing import DrawnCurve, draw_control_points, sharp_bend
from SkullRestoreLib.planning.feet import widen_map
from SkullRestoreLib.planning.guide_checks import GuideChecks, check_guide, with_joints_checked
from SkullRestoreLib.planning.guide_parts import MAX_PARTS, divide_wall
from SkullRestoreLib.planning.guides import GUIDE_NAMES, GuideBody, GuideKind, build_guide
from SkullRestoreLib.planning.landmarks import LandmarkDistance, measure_landmarks
from SkullRestoreLib.planning.mirrored_side import MirroredSide, compare_with_mirrored_side
from SkullRestoreLib.planning.resection import Head, ResectionLine
from SkullRestoreLib.planning.saved_plan import SavedPlan
from SkullRestoreLib.planning.wall import CutWall, open_bone, smallest_radius_mm, unseen_directions
from SkullRestoreLib.prediction import models, ray_tracing
from SkullRestoreLib.prediction.models import Predictor
from SkullRestoreLib.records import Bone, Mesh, Restoration, Settings, VaultTables, Volume
from SkullRestoreLib.settings import PlanSettings

PART_COUNTS = {"two": 2, "three": 3, "four": 4}
"""How many parts a guide has, by the setting."""


@dataclass(frozen=True, eq=False)
class ResectionRequest:
    """What is to be removed: exactly one of the three."""

    curve: NDArray[np.float64] | None = None  # (k, 3) mm RAS
    curve_is_closed: bool = False  # whether the file says so
    curve_of: Literal["curve", "tumour", "circle"] = "curve"  # how a drawn curve was made at first
    tumour: Volume | None = None  # mask on any grid
    centre: NDArray[np.float64] | None = None  # (3,) mm RAS, of a circle or an ellipse
    diameters_mm: tuple[float, float] = (50.0, 50.0)
    turn_deg: float = 0.0

    @property
    def way(self) -> Literal["curve", "tumour", "circle"]:
        """How the line is given.

        Raises
        ------
        InputError
            If it is given in no way, or in several.
        """
        given: list[Literal["curve", "tumour", "circle"]] = []
        if self.curve is not None:
            given.append("curve")
        if self.tumour is not None:
            given.append("tumour")
        if self.centre is not None:
            given.append("circle")
        if len(given) != 1:
            raise InputError("Say what is to be removed in one way: a line, a tumour with a margin, or a circle.")
        return self.curve_of if given[0] == "curve" else given[0]


@dataclass(frozen=True, eq=False)
class PlannedGuide:
    """A guide with its checks."""

    guide: GuideBody
    checks: GuideChecks

    @property
    def kind(self) -> GuideKind:
        """Template, frame or ring."""
        return self.guide.kind

    @property
    def name(self) -> str:
        """What it is called: "cutting guide", or "cutting guide, part 1 of 2"."""
        return self.guide.name

    @property
    def stem(self) -> str:
        """Its name in files and scenes: "frame", or "frame_part_1"."""
        return self.guide.stem

    @property
    def mesh(self) -> Mesh:
        """The closed body, mm RAS."""
        return self.guide.body.mesh


@dataclass(frozen=True, eq=False)
class ResectionPlan:
    """A plan."""

    restoration: EditableRestoration  # of the virtual opening, with its implant
    uncut: Bone  # the bone before the cut
    wall: CutWall
    way: str  # how the line was given
    defect: int  # number of the planned defect in the restoration
    landmarks: tuple[LandmarkDistance, ...]
    mirrored: MirroredSide  # of the restored surface, with the other side of the head
    guides: tuple[PlannedGuide, ...]
    not_made: dict[GuideKind, str]  # guides that could not be made, with the reason
    warnings: tuple[str, ...]

    @property
    def line(self) -> ResectionLine:
        """The resection line."""
        return self.wall.line

    @property
    def withheld_guides(self) -> dict[GuideKind, tuple[str, ...]]:
        """Guides that did not pass or could not be made, with a sentence for each reason."""
        failed: dict[GuideKind, tuple[str, ...]] = {}
        for planned in self.guides:
            if not planned.checks.passed:
                failed[planned.kind] = failed.get(planned.kind, ()) + planned.checks.failed
        return failed | {kind: (reason,) for kind, reason in self.not_made.items()}


def plan_steps(
    source: Volume | Mesh,
    request: ResectionRequest,
    settings: Settings,
    plan_settings: PlanSettings,
    guides: tuple[GuideKind, ...] = (),
    *,
    predict: Predictor | None = None,
) -> Generator[Progress, None, ResectionPlan]:
    """Plan a resection with its implant and guides.

    Parameters
    ----------
    source
        A CT, a bone mask, or a skull model, before the operation.
    request
        What is to be removed.
    settings
        How the skull is restored and the implant is designed.
    plan_settings
        How the bone is cut and the guides are made.
    guides
        Which guides are made.
    predict
        Predicts the tables in place of the network.

    Yields
    ------
    tuple of str and float
        Name of the step that starts, and the part of the work that is done (0..1).

    Returns
    -------
    ResectionPlan

    Raises
    ------
    SkullRestoreError
        If the input has no skull, or the line cannot be cut; one sentence.
    """
    _ = request.way  # refuses before any computing what is given in no way, or in several
    clock = StepTimer()
    yield clock.start_step("load the weights", 0.0)
    weights, atlas = models.find_weights_and_atlas(settings)
    if predict is None:
        predict = models.load_predictor_in_background(weights, settings, atlas.model)
    analysis = yield from steps.segment_and_analyse(source, settings, atlas, clock)
    predict_head = partial(head_steps.predict_vault, predict=predict, model=atlas.model)
    yield clock.start_step("predict the intact vault", 0.4)
    tables = predict_head(analysis)
    analysis, tables = yield from clear_objects(analysis, tables, settings, clock, predict_from=predict_head)
    basis = HeadBasis(source, analysis, tables, predict_head, resources.file_sha256(weights))
    return (yield from plan_on_head(basis, request, settings, plan_settings, guides, clock))


@dataclass(frozen=True, eq=False)
class HeadBasis:
    """An analysed head on which several plans can be made, as a session keeps it."""

    source: Volume | Mesh
    analysis: HeadAnalysis
    """Without the objects in its holes that are taken out."""
    tables: VaultTables
    """Predicted for it."""
    predict_head: Callable[[HeadAnalysis], VaultTables]
    """Predicts the tables of a head."""
    weights_sha256: str
    skull: Mesh | None = None
    """Display model of its bone, where there is one."""


def plan_on_head(
    basis: HeadBasis,
    request: ResectionRequest,
    settings: Settings,
    plan_settings: PlanSettings,
    guides: tuple[GuideKind, ...],
    clock: StepTimer,
) -> Generator[Progress, None, ResectionPlan]:
    """Plan a resection on a head that is analysed already.

    Parameters
    ----------
    basis
        The head as it is.
    request, settings, plan_settings, guides
        As for :func:`plan_steps`.
    clock
        Takes the seconds of each step.

    Yields
    ------
    tuple of str and float
        As :func:`plan_steps`.

    Returns
    -------
    ResectionPlan

    Raises
    ------
    InputError
        If the line cannot be cut.
    """
    analysis, tables = basis.analysis, basis.tables
    yield clock.start_step("lay the line on the skull", 0.42)
    head = Head(analysis.bone, analysis.pose, tables)
    line = lay_line(request, head, plan_settings)
    wall = CutWall(line, plan_settings)
    yield clock.start_step("cut the bone", 0.46)
    opened = open_head(analysis, head, wall, deep=request.way == "tumour")
    detected = yield from detect_opening(opened, tables, basis.predict_head, settings, clock)
    restoration = yield from _restore_opening(basis, opened, detected, settings, clock)
    saved = save_request(request, line, plan_settings, guides)
    return (yield from complete_plan(analysis, wall, saved, replace(restoration, seconds=clock.seconds), tables, clock))


def complete_plan(
    analysis: HeadAnalysis,
    wall: CutWall,
    saved: SavedPlan,
    restoration: EditableRestoration,
    tables: VaultTables,
    clock: StepTimer,
) -> Generator[Progress, None, ResectionPlan]:
    """Make what belongs to the restoration of an opening: guides, distances to landmarks, the other side of the head.

    Parameters
    ----------
    analysis
        Of the head before the cut.
    wall
        Of the cut.
    saved
        How the line was given, and which guides are made.
    restoration
        Of the opening.
    tables
        Predicted for the head before the cut.
    clock
        Takes the seconds of each step.

    Yields
    ------
    tuple of str and float
        As :func:`plan_steps`.

    Returns
    -------
    ResectionPlan

    Raises
    ------
    InputError
        If none of the restored defects is inside the line.
    """
    number = planned_defect(restoration, wall.line)
    head = Head(analysis.bone, analysis.pose, tables)
    landmarks = measure_landmarks(wall.line, head, analysis.rays)
    made, not_made = yield from _make_guides(wall, head, saved.guides, clock)
    restored = next(patch for patch in restoration.patches if patch.defect == number)
    unseen = restoration.detected.analysis.unseen
    if unseen is None:
        raise ValueError("no planned opening")
    warnings = tuple(_plan_warnings(wall, landmarks, made))
    return ResectionPlan(
        replace(
            restoration,
            findings=tuple(dict.fromkeys((*restoration.findings, *warnings))),
            before_cut=HeadBeforeCut(analysis.bone, tables, saved.to_values()),
        ),
        analysis.bone,
        wall,
        saved.curve.origin,
        number,
        landmarks=landmarks,
        mirrored=compare_with_mirrored_side(restored, analysis.pose, analysis.rays, tables, unseen),
        guides=made,
        not_made=not_made,
        warnings=warnings,
    )


def _restore_opening(
    basis: HeadBasis, opened: HeadAnalysis, detected: DetectedDefects, settings: Settings, clock: StepTimer
) -> Generator[Progress, None, EditableRestoration]:
    """Restore the surface over the opening and design its implant."""
    yield clock.start_step("restore the surface", 0.65)
    reconstruction = restore_surface(detected, detected.points, fullness=settings.fullness)
    implants = yield from steps.design_implants(basis.source, opened, reconstruction, settings, clock)
    yield clock.start_step("make the display model", 0.84)
    skull = None if basis.skull is None else model_after_cut(basis.skull, basis.analysis.bone, opened.bone)
    skull = skull or head_steps.display_model(opened.bone)
    clock.stop_step()
    return steps.assemble_restoration(
        basis.source,
        opened,
        reconstruction,
        implants,
        skull,
        settings=settings,
        weights_sha256=basis.weights_sha256,
        seconds=clock.seconds,
    )


def save_request(
    request: ResectionRequest, line: ResectionLine, settings: PlanSettings, guides: tuple[GuideKind, ...]
) -> SavedPlan:
    """Put a request into control points of a line that can be dragged, as a plan is kept.

    Parameters
    ----------
    request
        What is to be removed.
    line
        Laid onto the outer table for it.
    settings, guides
        As for :func:`plan_steps`.

    Returns
    -------
    SavedPlan
    """
    if request.curve is not None:
        curve, points = DrawnCurve(np.asarray(request.curve, dtype=float), request.curve_of), None
    else:
        curve = draw_control_points(line, request.way, request.centre)
        points = line.points  # the spline through control points is some hundredths of a millimetre off
    return SavedPlan(curve, settings, tuple(dict.fromkeys(guides)), points)


def lay_line(request: ResectionRequest, head: Head, settings: PlanSettings) -> ResectionLine:
    """Lay the line of a request onto the outer table.

    Parameters
    ----------
    request
        What is to be removed.
    head
        On which it is planned.
    settings
        For the margin around a tumour and the least radius of its line.

    Returns
    -------
    ResectionLine

    Raises
    ------
    InputError
        If it cannot be cut.
    """
    if request.curve is not None:
        return resection.line_from_curve(request.curve, head, is_closed=request.curve_is_closed)
    if request.tumour is not None:
        return resection.line_around_tumour(request.tumour, settings.margin_mm, settings.line_radius_mm, head)
    if request.centre is None:
        raise InputError("Say what is to be removed: a line, a tumour with a margin, or a circle.")
    return resection.line_around_point(request.centre, request.diameters_mm, request.turn_deg, head)


def wall_of_plan(saved: SavedPlan, head: Head) -> CutWall:
    """Lay the line of a plan that was kept onto its head again.

    Parameters
    ----------
    saved
        The plan.
    head
        On which it was planned.

    Returns
    -------
    CutWall

    Raises
    ------
    InputError
        If it cannot be cut on this head.
    """
    points = saved.curve.points if saved.line is None else saved.line
    return CutWall(resection.line_from_curve(points, head, is_closed=True), saved.settings)


def open_head(analysis: HeadAnalysis, head: Head, wall: CutWall, *, deep: bool = False) -> HeadAnalysis:
    """Cut the bone, and trace the rays of what stays.

    Parameters
    ----------
    analysis
        Of the head as it is.
    head
        With the tables that were predicted for it.
    wall
        Of the cut.
    deep
        Whether a tumour may reach far below the inner table.

    Returns
    -------
    HeadAnalysis
        Of the head with the virtual opening; the bone in and around it is marked as unseen.
    """
    bone = open_bone(analysis.bone, wall, analysis.pose, head.tables, deep=deep)
    level = analysis.rays.level
    unseen = unseen_directions(wall, analysis.pose, head.tables, level, wall.settings.unseen_mm)
    rays = ray_tracing.trace_rays(bone, analysis.pose, level=level)
    return replace(analysis, bone=bone, rays=rays, unseen=unseen)


def detect_opening(
    opened: HeadAnalysis,
    tables: VaultTables,
    predict_head: Callable[[HeadAnalysis], VaultTables],
    settings: Settings,
    clock: StepTimer,
) -> Generator[Progress, None, DetectedDefects]:
    """Predict the vault from the bone that is trusted, and cut its surface to the opening.

    Parameters
    ----------
    opened
        From :func:`open_head`.
    tables
        Predicted for the head as it is: they tell which bone is vault.
    predict_head
        Predicts the tables of a head.
    settings, clock
        As for :func:`SkullRestoreLib.pipeline.head_steps.detect_defects`.

    Yields
    ------
    tuple of str and float
        Step, and part of the work that is done.

    Returns
    -------
    DetectedDefects
    """
    yield clock.start_step("predict the intact vault", 0.48)
    if opened.unseen is None:
        raise ValueError("The head has no planned opening.")
    hidden = detect.hide_tables(opened.rays, tables, opened.unseen)
    predicted = predict_head(replace(opened, rays=hidden))
    return (yield from head_steps.detect_defects(opened, predicted, settings, clock))


def planned_defect(restoration: Restoration, line: ResectionLine) -> int:
    """Find the number of the defect that a line makes.

    Parameters
    ----------
    restoration
        Of the opened skull.
    line
        The resection line.

    Returns
    -------
    int

    Raises
    ------
    InputError
        If none of the defects is inside the line.
    """
    for defect in restoration.defects:
        uv = line.table.to_uv(defect.centre[None])
        near = abs(float(line.table.smooth_chart.to_uvw(defect.centre[None])[0, 2])) < 40.0
        if near and points_in_polygon(uv, line.uv)[0]:
            return defect.number
    raise InputError(
        "No bone is removed by the line: the vault is missing there already, or the piece is smaller than the "
        "smallest defect that is restored."
    )


def _make_guides(
    wall: CutWall, head: Head, kinds: tuple[GuideKind, ...], clock: StepTimer
) -> Generator[Progress, None, tuple[tuple[PlannedGuide, ...], dict[GuideKind, str]]]:
    """Build and check the guides; those that cannot be made with the reason."""
    made: list[PlannedGuide] = []
    not_made: dict[GuideKind, str] = {}
    for kind in dict.fromkeys(kinds):
        yield clock.start_step(f"make the {GUIDE_NAMES[kind]}", 0.87)
        try:
            made.extend(make_guide(kind, wall, head))
        except ImplantError as error:
            not_made[kind] = str(error)
    clock.stop_step()
    return tuple(made), not_made


def make_guide(kind: GuideKind, wall: CutWall, head: Head) -> tuple[PlannedGuide, ...]:
    """Build and check a guide: in one part, or in as few more as pass the checks where one does not (decision 0170).

    Parameters
    ----------
    kind
        Of the guide; a margin ring, which is tried on no bone, is never divided.
    wall
        Of the cut. Its settings say in how many parts the guide is made.
    head
        On which it is planned.

    Returns
    -------
    tuple of PlannedGuide
        Its parts. Where no number of parts passes, the guide in one part with its faults.

    Raises
    ------
    ImplantError
        If there is no room for it, or it does not close.
    """
    wanted = wall.settings.guide_parts
    if kind == "ring" or wanted == "one":
        return (make_in_one_part(kind, wall, head),)
    if wanted != "automatic":
        return make_in_parts(kind, wall, head, PART_COUNTS[wanted])
    fault: ImplantError | None = None
    single: tuple[PlannedGuide, ...] = ()
    try:
        single = (make_in_one_part(kind, wall, head),)
    except ImplantError as error:
        fault = error
    if single and single[0].checks.passed:
        return single
    for count in range(2, MAX_PARTS + 1):
        with suppress(ImplantError):
            parts = make_in_parts(kind, wall, head, count)
            if all(part.checks.passed for part in parts):
                return parts
    if fault is not None:
        raise fault
    return single


def make_in_one_part(kind: GuideKind, wall: CutWall, head: Head) -> PlannedGuide:
    """Build and check a guide in one part; without feet where it passes its checks only so.

    Parameters
    ----------
    kind, wall, head
        As for :func:`make_guide`.

    Returns
    -------
    PlannedGuide

    Raises
    ------
    ImplantError
        If there is no room for it, or it does not close.
    """
    seen = widen_map(wall, head) if kind == "frame" else wall
    body = build_guide(kind, seen)
    made = PlannedGuide(body, check_guide(body, seen))
    if made.checks.passed or not len(body.feet):
        return made
    plain = CutWall(wall.line, replace(wall.settings, guide_feet=0))
    body = build_guide(kind, plain)
    without = PlannedGuide(body, check_guide(body, plain))
    return without if without.checks.passed else made


def make_in_parts(kind: GuideKind, wall: CutWall, head: Head, count: int) -> tuple[PlannedGuide, ...]:
    """Build and check the parts of a guide; none of them passes without the others.

    Parameters
    ----------
    kind, wall, head
        As for :func:`make_guide`.
    count
        How many parts.

    Returns
    -------
    tuple of PlannedGuide

    Raises
    ------
    ImplantError
        If there is no room for one of them, or it does not close.
    """
    walls = divide_wall(wall, head, kind, count)
    bodies = [build_guide(kind, part) for part in walls]
    checks = [check_guide(body, part) for body, part in zip(bodies, walls, strict=True)]
    together = with_joints_checked(checks, bodies, walls)
    return tuple(PlannedGuide(body, each) for body, each in zip(bodies, together, strict=True))


def _plan_warnings(
    wall: CutWall, landmarks: tuple[LandmarkDistance, ...], guides: tuple[PlannedGuide, ...]
) -> list[str]:
    """Sentences for the user."""
    warnings = [landmark.sentence for landmark in landmarks if landmark.warned]
    bend = sharp_bend(smallest_radius_mm(wall.line), wall.settings)
    if bend is not None:
        warnings.append(bend)
    for kind, count in {planned.kind: planned.guide.parts for planned in guides if planned.guide.parts > 1}.items():
        warnings.append(
            f"The {GUIDE_NAMES[kind]} is in {count} parts, each of which goes on along a direction of its own. Fix "
            "each part before the next one is placed; which one is first does not matter."
        )
    for planned in guides:
        if planned.kind == "frame" and wall.settings.guide_feet and not len(planned.guide.feet):
            warnings.append(
                f"The {planned.name} has no feet: there is no place for them, or it would not pass with them."
            )
        play = planned.checks.play
        if play is not None and not play.is_firm:
            warnings.append(
                f"The {planned.name} has no seat of its own: held down, it slides by "
                f"{max(play.sideways_mm):.1f} mm and turns by {max(play.turn_deg):.1f}°. Fix it "
                "by its screws, where it was placed by other means such as navigation."
            )
    return warnings
