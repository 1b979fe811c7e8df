"""Plan a resection in a scene: the curve that the user drags, its numbers, and the plan that is made of it.

The curve is a closed curve of the scene. It is drawn by clicks, as a circle about a click, or at a margin around a
tumour; its points can always be dragged, added and deleted. A plan opens the bone, and the case goes on with the
restoration of that opening: points, implants and export are those of every restoration.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from SkullRestoreLib.errors import InputError, SkullRestoreError
from SkullRestoreLib.planning.drawing import EMPTY_CURVE, DrawnCurve, LineMeasure, landmark_rows
from SkullRestoreLib.planning.guides import GUIDE_NAMES, GuideKind
from SkullRestoreLib.planning.plan import PlannedGuide
from SkullRestoreLib.report.plan_sheet import feet_in_words
from SkullRestoreLib.scene import case_node, inputs, points, resection_nodes, views
from SkullRestoreLib.scene.mrml_types import MrmlNode
from SkullRestoreLib.session import plan_tasks
from SkullRestoreLib.session.context import SessionContext
from SkullRestoreLib.session.edit_state import EditHistory
from SkullRestoreLib.session.open_case import OpenCase
from SkullRestoreLib.session.point_observer import PointObserver
from SkullRestoreLib.session.restoration_work import RestorationWork
from SkullRestoreLib.session.result_work import ResultWork
from SkullRestoreLib.session.states import SessionAction
from SkullRestoreLib.session.task_records import DesignChoices, PlannedResection, PreparedHead
from SkullRestoreLib.settings import PlanSettings, ResectionChoices, Settings

DRAW_FIRST = "Draw the line first: click around what is removed, or draw a circle or a line around a tumour."
_MIN_POINTS = 3
_LIFT_MM = 0.4
"""The line is drawn this far over the bone, else it would be half hidden."""
_SAVED_PLACE_MM = 1e-3
"""A control point of a loaded scene that is this near to where it was planned was not moved."""
_CURVE_NAME, _LINE_NAME = "Resection line", "Resection line on the bone"
_PREPARED_WITH = ("threshold_hu", "level", "pose", "device", "weights", "objects", "keep_objects", "remove_objects")
"""Settings with which a head is prepared."""


class ResectionPlanner:
    """The planned resection of one case.

    Parameters
    ----------
    context
        Shared by the parts of the session.
    restoration_work, result_work
        Take over restoration and implants of a plan.

    Attributes
    ----------
    on_measured : list of callable
        Called while a point of the curve is dragged, with the new numbers in :attr:`measure`.
    """

    def __init__(self, context: SessionContext, restoration_work: RestorationWork, result_work: ResultWork) -> None:
        self._context, self._restoration_work, self._result_work = context, restoration_work, result_work
        self._history: EditHistory[DrawnCurve] = EditHistory()
        self._curve, self._measure = EMPTY_CURVE, LineMeasure(None)
        self._observed: tuple[MrmlNode, PointObserver] | None = None
        self._centre_observer: tuple[MrmlNode, PointObserver] | None = None
        self.on_measured: list[Callable[[], None]] = []
        context.on_close.append(self.close)
        restoration_work.on_plan_resumed.append(self._on_resumed)
        self._adopt_curve()

    # --- what a front end reads

    @property
    def history(self) -> EditHistory[DrawnCurve]:
        """Undo and redo of the curve."""
        return self._history

    @property
    def settings(self) -> PlanSettings:
        """How bone is cut and guides are made, as chosen now."""
        return self._context.plan_settings

    @property
    def choices(self) -> ResectionChoices:
        """Circle and guides, as chosen now."""
        return self._context.resection_choices

    @property
    def prepared(self) -> PreparedHead | None:
        """The head on which lines are drawn; None before it was looked for."""
        case = self._context.case
        return None if case is None else case.prepared

    @property
    def is_prepared(self) -> bool:
        """Whether the head is known, so that a line can be measured."""
        return self.prepared is not None

    @property
    def curve_node(self) -> MrmlNode | None:
        """``vtkMRMLMarkupsClosedCurveNode`` that the user drags; None before one is drawn."""
        case = self._context.case
        return None if case is None else case_node.find_role_node(case.presenter.case_node, "resection_curve")

    @property
    def curve(self) -> DrawnCurve:
        """The control points of the line."""
        return self._curve

    @property
    def measure(self) -> LineMeasure:
        """The line on the bone with its numbers, or why it cannot be cut."""
        return self._measure

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is crossed or near, and bends that are too sharp; a sentence each."""
        return self._measure.warnings(self.settings)

    @property
    def refusal(self) -> str:
        """Why the line cannot be cut; empty where it can, and before there are three points."""
        return self._measure.refusal if len(self._curve.points) >= _MIN_POINTS else ""

    @property
    def landmark_rows(self) -> list[tuple[str, str]]:
        """Name and distance of what has to stay, nearest first."""
        return landmark_rows(self._measure.landmarks)

    @property
    def can_plan(self) -> bool:
        """Whether there is a line that can be cut, or may be once the head is known."""
        return len(self._curve.points) >= _MIN_POINTS and not self._measure.refusal

    @property
    def planned(self) -> PlannedResection | None:
        """The plan that was made; None before one, and after the skull was restored anew."""
        case = self._context.case
        return None if case is None else case.planned

    @property
    def guide_rows(self) -> list[dict[str, str | bool]]:
        """For each guide: kind, name, volume, edge, play, checks, why it is withheld, and whether it is shown."""
        planned = self.planned
        if planned is None:
            return []
        rows = []
        for kind in planned.guides:
            made = [guide for guide in planned.plan.guides if guide.kind == kind]
            reasons = planned.plan.withheld_guides.get(kind, ())
            rows += [_guide_row(guide, self._guide_node(guide.stem)) for guide in made]
            rows += [] if made else [_row_of_none(kind, reasons)]
        return rows

    @property
    def stale(self) -> tuple[str, ...]:
        """How the plan differs from what is chosen now, a sentence each."""
        return self._context.plan_differences()

    # --- choices

    def choose(self, settings: PlanSettings, choices: ResectionChoices) -> None:
        """Report what the controls show. A circle that was not dragged follows its diameters.

        Parameters
        ----------
        settings
            How bone is cut and guides are made.
        choices
            Circle and guides.
        """
        before, context = self.choices, self._context
        if (settings, choices) == (self.settings, before):
            return
        context.plan_settings, context.resection_choices = settings, choices
        drawn = (choices.diameters_mm, choices.ellipse_turn_deg)
        if self._curve.centre is not None and drawn != (before.diameters_mm, before.ellipse_turn_deg):
            self._try_circle(self._curve.centre)
        context.notify_listeners()

    # --- drawing

    def start_drawing(self, origin: str) -> None:
        """Let clicks on the skull draw a line or place a circle; the head is looked for first where it is not known.

        Parameters
        ----------
        origin
            ``"curve"`` or ``"circle"``.

        Raises
        ------
        SkullRestoreError
            If the table does not allow it, or the input cannot be used.
        """
        case = self._context.require(SessionAction.PLAN)
        if self._is_current(case):
            self._place(origin)
        else:
            self._prepare(case, lambda: self._place(origin))

    def start_tumour_line(self, node: MrmlNode | None, segment_id: str | None = None) -> None:
        """Draw a line at the margin around a tumour.

        Parameters
        ----------
        node
            ``vtkMRMLSegmentationNode`` or a mask as ``vtkMRMLScalarVolumeNode``.
        segment_id
            Which segment; its only or first one by default.

        Raises
        ------
        InputError
            If nothing is marked.
        """
        self._context.require(SessionAction.PLAN)
        if node is None:
            raise InputError("Choose the segmentation or the mask of the tumour first.")
        self.start_line_around(inputs.marked_positions(node, segment_id))

    def start_line_around(self, positions: NDArray[np.float64]) -> None:
        """Draw a line at the margin around positions in a tumour.

        Parameters
        ----------
        positions
            (n, 3) mm RAS.
        """
        case = self._context.require(SessionAction.PLAN)
        if self._is_current(case):
            self._draw_around(positions)
        else:
            self._prepare(case, lambda: self._draw_around(positions))

    def draw_circle(self, centre: NDArray[np.float64]) -> None:
        """Draw a circle or an ellipse about a point of the skull, of the chosen diameters.

        Parameters
        ----------
        centre
            (3,) mm RAS.

        Raises
        ------
        InputError
            If it cannot be cut there.
        SkullRestoreError
            If the head is not known yet.
        """
        self._context.require(SessionAction.DRAW_LINE)
        self._edit(self._require_prepared().drawing.circle(np.asarray(centre, dtype=float), self.choices))

    def draw_curve(self, positions: NDArray[np.float64]) -> None:
        """Draw a closed line through positions.

        Parameters
        ----------
        positions
            (k, 3) mm RAS, in their order.
        """
        self._context.require(SessionAction.DRAW_LINE)
        self._edit(DrawnCurve(np.asarray(positions, dtype=float).reshape(-1, 3)))

    def delete_line(self) -> None:
        """Delete the line; undo brings it back."""
        self._context.require(SessionAction.DRAW_LINE)
        self._edit(EMPTY_CURVE)

    def undo(self) -> None:
        """Undo the last change of the line."""
        if self._history.can_undo:
            self._show(self._history.undo(self._curve))

    def redo(self) -> None:
        """Redo what was undone."""
        if self._history.can_redo:
            self._show(self._history.redo(self._curve))

    def report_now(self) -> None:
        """Take over at once what was done in the scene and waits for the application's next free moment."""
        for observed in (self._centre_observer, self._observed):
            if observed is not None:
                observed[1].report_now()

    def show_guide(self, kind: str, visible: bool) -> None:
        """Show or hide a guide, or a part of one.

        Parameters
        ----------
        kind
            Of the guide, such as "frame", or of its part, such as "frame_part_1", as in :attr:`guide_rows`.
        visible
            Whether it is shown.
        """
        node = self._guide_node(kind)
        if node is not None and node.GetDisplayNode() is not None:
            node.GetDisplayNode().SetVisibility(visible)
            self._context.notify_listeners()

    # --- the plan

    def start_plan(self, settings: Settings | None = None) -> None:
        """Plan the resection along the line: opening, restored surface, implant and guides.

        Parameters
        ----------
        settings
            Those that the controls show by default.

        Raises
        ------
        InputError
            If there is no line that can be cut.
        SkullRestoreError
            If the bone was edited after the last plan.
        """
        case = self._context.require(SessionAction.PLAN)
        self._context.settings = settings or self._context.settings
        if len(self._curve.points) < _MIN_POINTS:
            raise InputError(DRAW_FIRST)
        views.set_placing_points(self._context.scene, self.curve_node, False)
        if not self._is_current(case):
            self._prepare(case, self._plan)
        elif self._measure.refusal:
            raise InputError(self._measure.refusal)
        else:
            self._plan()

    def close(self) -> None:
        """Stop observing the scene."""
        for observed in (self._observed, self._centre_observer):
            if observed is not None:
                observed[1].close()
        self._observed = self._centre_observer = None

    def _plan(self) -> None:
        prepared, choices, context = self._require_prepared(), self.choices, self._context
        if self._measure.refusal:
            raise InputError(self._measure.refusal)
        task = plan_tasks.plan_resection(
            prepared, self._curve, context.settings, self.settings, choices.guides, context.predict
        )
        context.start_job("Plan the resection", task, self._on_planned)

    def show_saved_plan(self, planned: PlannedResection) -> None:
        """Show the plan of a case file, whose input this session was opened on.

        Parameters
        ----------
        planned
            From ``plan_tasks.open_saved_case``.

        Raises
        ------
        SkullRestoreError
            If something is running.
        """
        context = self._context
        case = context.require(SessionAction.PLAN)
        context.settings = planned.restoration.settings
        context.plan_settings = planned.settings
        context.resection_choices = self.choices.with_guides(planned.guides)
        case.prepared = planned.prepared
        self._show(planned.curve)
        self._on_planned(planned)

    def _on_planned(self, planned: PlannedResection) -> None:
        case, context = self._context.case, self._context
        if case is None:
            return
        self._restoration_work.show_planned_opening(planned)
        if planned.implant_set is not None:
            design = DesignChoices(planned.restoration.settings.implant, {})
            self._result_work.show_implants(planned.implant_set, design)
        self._show_guides(planned)
        context.say("plan", "")
        context.notify_listeners()

    def _on_resumed(self, planned: PlannedResection) -> None:
        """Take over a plan that was saved with the scene: its line, settings and guides."""
        case, context = self._context.case, self._context
        if case is None:
            return
        case.prepared = planned.prepared
        node, saved = self.curve_node, planned.curve.points
        shown = points.positions(node) if node is not None else EMPTY_CURVE.points
        if shown.shape == saved.shape and np.allclose(shown, saved, atol=_SAVED_PLACE_MM):
            self._curve = planned.curve
        context.drawn_curve = self._curve
        self._show_guides(planned, only_missing=True)
        self._remeasure()
        context.notify_listeners()

    def _show_guides(self, planned: PlannedResection, *, only_missing: bool = False) -> None:
        """Show the guides of a plan as models."""
        for guide in planned.plan.guides:
            if only_missing and self._guide_node(guide.stem) is not None:
                continue
            node = self._own_node(f"guide_{guide.stem}", "vtkMRMLModelNode", guide.name.capitalize())
            resection_nodes.show_guide(node, guide.mesh, guide.kind, passed=guide.checks.passed)
            # the template covers the opening, and the ring takes the place of bone
            node.GetDisplayNode().SetVisibility(guide.kind == "frame")

    # --- the head on which is drawn

    def _require_prepared(self) -> PreparedHead:
        prepared = self.prepared
        if prepared is None:
            raise SkullRestoreError("The head is not known yet. Press 'Draw the line' first.")
        return prepared

    def _is_current(self, case: OpenCase) -> bool:
        """Whether the prepared head belongs to the input, bone and settings as they are now."""
        prepared, settings = case.prepared, self._context.settings
        if prepared is None or case.monitor.input_change() is not None:
            return False
        if any(getattr(prepared.settings, name) != getattr(settings, name) for name in _PREPARED_WITH):
            return False
        if case.uncut_bone is not prepared.segmentation:
            return False
        mask, shown = case.bone.mask_from_scene(), case.bone.segmented
        return mask is None or shown is None or np.array_equal(mask, shown.bone.mask)

    def _prepare(self, case: OpenCase, then: Callable[[], None]) -> None:
        """Find the head in the background, and go on."""
        source, segmented, mask = self._restoration_work.bone_to_use(case, self._context.settings)
        task = plan_tasks.prepare_head(
            source, segmented, mask, self._context.settings, self._context.predict, self._context.display
        )

        def go_on(prepared: PreparedHead) -> None:
            self._on_prepared(prepared)
            then()

        self._context.start_job("Find the head", task, go_on)

    def _on_prepared(self, prepared: PreparedHead) -> None:
        case = self._context.case
        if case is None:
            return
        case.prepared = prepared
        if case.uncut_bone is not prepared.segmentation:
            case.bone.show(prepared.segmentation)
            case.monitor.observe()
        self._remeasure()

    # --- the curve in the scene

    def _adopt_curve(self) -> None:
        """Take over the curve of a scene that was loaded."""
        node = self.curve_node
        if node is not None:
            self._curve = DrawnCurve(points.positions(node), node.GetAttribute("SkullRestore.origin") or "curve")
            self._observe(node)

    def _own_node(self, role: str, class_name: str, name: str) -> MrmlNode:
        case = self._context.case
        assert case is not None  # the table allows nothing else
        return case_node.node_for_role(case.presenter.case_node, role, class_name, name)

    def _guide_node(self, kind: str) -> MrmlNode | None:
        case = self._context.case
        return None if case is None else case_node.find_role_node(case.presenter.case_node, f"guide_{kind}")

    def _require_curve_node(self) -> MrmlNode:
        node = self.curve_node
        if node is None:
            node = self._own_node("resection_curve", "vtkMRMLMarkupsClosedCurveNode", _CURVE_NAME)
            resection_nodes.style_curve(node)
        self._observe(node)
        return node

    def _observe(self, node: MrmlNode) -> PointObserver:
        if self._observed is not None and self._observed[0] is node:
            return self._observed[1]
        if self._observed is not None:
            self._observed[1].close()
        observer = PointObserver(
            node,
            on_drag_start=lambda: None,
            on_drag=self._on_dragged,
            on_point_moved=self._on_edited_in_scene,
            on_point_count_changed=self._on_edited_in_scene,
            schedule=self._context.schedule,
        )
        self._observed = (node, observer)
        return observer

    def _place(self, origin: str) -> None:
        if origin == "circle":
            node = self._own_node("resection_centre", "vtkMRMLMarkupsFiducialNode", "Middle of the circle")
            if self._centre_observer is None or self._centre_observer[0] is not node:
                points.style_points_list(node)
                self._centre_observer = (node, self._observe_centre(node))
            views.set_placing_points(self._context.scene, node, True, persistent=False)
        else:
            views.set_placing_points(self._context.scene, self._require_curve_node(), True)
        self._context.notify_listeners()

    def _observe_centre(self, node: MrmlNode) -> PointObserver:
        def ignore() -> None:
            pass

        return PointObserver(
            node,
            on_drag_start=ignore,
            on_drag=ignore,
            on_point_moved=ignore,
            on_point_count_changed=self._on_centre_placed,
            schedule=self._context.schedule,
        )

    def _on_centre_placed(self) -> None:
        node, observer = self._centre_observer or (None, None)
        placed = points.positions(node) if node is not None else []
        if observer is None or not len(placed):
            return
        with observer:
            node.RemoveAllControlPoints()
        views.set_placing_points(self._context.scene, node, False)
        self._try_circle(placed[-1])

    def _try_circle(self, centre: NDArray[np.float64]) -> None:
        """Draw a circle; where it cannot be cut, say why."""
        try:
            self.draw_circle(centre)
        except SkullRestoreError as error:
            self._context.say("plan", str(error))
            self._context.notify_listeners()

    def _draw_around(self, positions: NDArray[np.float64]) -> None:
        task = plan_tasks.draw_around_tumour(self._require_prepared(), positions, self.settings)
        self._context.start_job("Draw around the tumour", task, self._edit)

    def _on_dragged(self) -> None:
        """Follow a point that is dragged: the numbers, and the line on the bone."""
        node = self.curve_node
        if node is not None:
            self._measure_curve(points.positions(node))
            for call in list(self.on_measured):
                call()

    def _on_edited_in_scene(self) -> None:
        """Take over a point that was dragged, placed or deleted in the scene."""
        node = self.curve_node
        positions = points.positions(node) if node is not None else EMPTY_CURVE.points
        known = self._curve.points
        if len(positions) == len(known) and np.allclose(positions, known, atol=1e-6):
            return
        origin = self._curve.origin if len(known) and len(positions) else "curve"
        self._edit(DrawnCurve(positions, origin))

    def _edit(self, curve: DrawnCurve) -> None:
        self._history.record_edit(self._curve)
        self._show(curve)

    def _show(self, curve: DrawnCurve) -> None:
        if self._context.case is None:
            return
        self._curve = curve
        self._context.last_edited = "line"
        self._context.drawn_curve = curve
        if self._context.message_topic == "plan":
            self._context.say("", "")
        if len(curve.points) or self.curve_node is not None:
            node = self._require_curve_node()
            node.SetAttribute("SkullRestore.origin", curve.origin)
            with self._observe(node):
                resection_nodes.show_curve(node, curve.points)
        self._remeasure()
        self._context.notify_listeners()

    def _remeasure(self) -> None:
        self._measure_curve(self._curve.points)

    def _measure_curve(self, positions: NDArray[np.float64]) -> None:
        prepared = self.prepared
        if prepared is None:
            self._measure = LineMeasure(None)
            return
        self._measure = prepared.drawing.measure(positions)
        line = self._measure.line
        drawn = EMPTY_CURVE.points
        if line is not None:
            table = line.table
            drawn = line.points + _LIFT_MM * (table.normals_at(line.uv) @ table.chart.axes)
        if line is not None or self._line_node is not None:
            resection_nodes.show_line(self._own_node("resection_line", "vtkMRMLModelNode", _LINE_NAME), drawn)

    @property
    def _line_node(self) -> MrmlNode | None:
        case = self._context.case
        return None if case is None else case_node.find_role_node(case.presenter.case_node, "resection_line")


def _row_of_none(kind: GuideKind, reasons: tuple[str, ...]) -> dict[str, str | bool]:
    """What people read of a guide that could not be made."""
    row: dict[str, str | bool] = {"kind": kind, "name": GUIDE_NAMES[kind], "reason": " ".join(reasons), "shown": False}
    return row | {"volume": "", "edge": "", "play": "", "feet": "", "checks": "NOT MADE"}


def _guide_row(made: PlannedGuide, node: MrmlNode | None) -> dict[str, str | bool]:
    """What people read of a guide, or of a part of one."""
    row: dict[str, str | bool] = {"kind": made.stem, "name": made.name, "reason": " ".join(made.checks.failed)}
    row["shown"] = bool(node is not None and node.GetDisplayNode() and node.GetDisplayNode().GetVisibility())
    checks, play = made.checks, made.checks.play
    edge = "" if checks.line_error_95_mm is None else f"{checks.line_error_95_mm:.2f}"
    slides = "" if play is None else f"{max(play.sideways_mm):.1f}, {max(play.turn_deg):.1f}°"
    return row | {
        "volume": f"{checks.volume_ml:.1f}",
        "edge": edge,
        "play": slides,
        "feet": feet_in_words(len(made.guide.feet), made.guide.reach_mm) if made.kind == "frame" else "",
        "checks": "passed" if checks.passed else "NOT PASSED",
    }
