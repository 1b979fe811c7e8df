"""What the parts of a session share: the open case, the user's choices, the background work, and the listeners."""

from collections.abc import Callable, Generator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from SkullRestoreLib._system.allocator import return_free_memory
from SkullRestoreLib._system.progress import Progress
from SkullRestoreLib.errors import SkullRestoreError
from SkullRestoreLib.pipeline.case_codes import with_case_code
from SkullRestoreLib.planning.drawing import EMPTY_CURVE
from SkullRestoreLib.prediction import models
from SkullRestoreLib.prediction.models import Predictor
from SkullRestoreLib.scene import case_node, inputs
from SkullRestoreLib.scene.mrml_types import MrmlNode, MrmlScene
from SkullRestoreLib.session import persistence, stale_results
from SkullRestoreLib.session.background import ResultHandler, TaskRunner
from SkullRestoreLib.session.bone_controller import BoneController
from SkullRestoreLib.session.edit_controller import EditController
from SkullRestoreLib.session.edit_state import EditState
from SkullRestoreLib.session.insertion_arrows import InsertionArrows
from SkullRestoreLib.session.open_case import CurrentResults, OpenCase
from SkullRestoreLib.session.point_observer import Schedule, run_at_once
from SkullRestoreLib.session.presenter import CasePresenter
from SkullRestoreLib.session.stale_monitor import ShownResults, StaleMonitor
from SkullRestoreLib.session.stale_results import StaleResults
from SkullRestoreLib.session.states import SessionAction, SessionState, find_state, refusal
from SkullRestoreLib.session.task_records import DisplayOptions
from SkullRestoreLib.settings import PlanSettings, ResectionChoices, Settings

if TYPE_CHECKING:
    from SkullRestoreLib.io.dicom_source import DicomSource


class SessionContext:
    """The shared state of a session.

    Parameters
    ----------
    scene
        ``vtkMRMLScene``.
    source
        Input node.
    segment_id
        Which segment of a segmentation is bone.
    schedule
        Runs a call soon on the main thread; at once by default.
    predict
        In place of the network, for tests.
    display
        How the bone is shown.

    Attributes
    ----------
    case : OpenCase or None
        None after the session was closed.
    runner : TaskRunner
        The background work.
    settings, snapping, plan_settings, resection_choices
        What the user chose.
    drawn_curve : DrawnCurve
        Control points of the resection line.
    last_edited : str
        What the user changed last, and undo applies to: ``"points"`` or ``"line"``.
    on_close : list of callable
        Called when the case is closed.
    on_shown : list of callable
        Called when surfaces or implants were shown, which may be other ones.
    findings, front, message, message_topic, withheld, on_change
        As documented for ``Session``.

    Raises
    ------
    InputError
        If the input cannot be used.
    """

    def __init__(
        self,
        scene: MrmlScene,
        source: MrmlNode,
        *,
        segment_id: str | None,
        schedule: Schedule | None,
        predict: Predictor | None,
        display: DisplayOptions,
    ) -> None:
        record = inputs.source_from_node(source, segment_id)
        self.scene, self.schedule, self.predict, self.display = scene, schedule, predict, display
        self.findings: tuple[str, ...] = record.findings
        self.front, self.message, self.message_topic, self.withheld = "surface", "", "", ""
        self.snapping = True
        self.dicom_source: DicomSource | None = None
        self.plan_settings, self.resection_choices = PlanSettings(), ResectionChoices()
        self.drawn_curve, self.last_edited = EMPTY_CURVE, "points"
        self.on_change: list[Callable[[], None]] = []
        self.on_close: list[Callable[[], None]] = []
        self.on_shown: list[Callable[[], None]] = []
        self.runner = TaskRunner()
        case = case_node.case_for_input(scene, source)
        presenter = CasePresenter(case if case is not None else case_node.create_case_node(scene, source))
        bone = BoneController(scene, presenter, record, segment_id)
        arrows = InsertionArrows(presenter.case_node, schedule)
        monitor = StaleMonitor(presenter, bone, arrows, schedule=schedule or run_at_once, on_due=self.check_stale)
        arrows.on_turn, arrows.on_turned, arrows.cone_axis = monitor.check_soon, self._on_arrow_turned, self._cone_axis
        saved_values = case_node.load_values(presenter.case_node)
        self.settings = with_case_code(persistence.settings_from(saved_values.get("settings", {})))
        saved_plan = persistence.saved_plan_settings(saved_values)
        if saved_plan is not None:
            self.plan_settings = saved_plan.settings
            self.resection_choices = self.resection_choices.with_guides(saved_plan.guides)
        self.case: OpenCase | None = OpenCase(presenter, bone, arrows, monitor, saved_values=saved_values)
        self._tags = [
            scene.AddObserver(scene.StartCloseEvent, lambda *_: self.close()),
            scene.AddObserver(scene.NodeRemovedEvent, lambda *_: monitor.check_soon()),
        ]

    @property
    def state(self) -> SessionState:
        """How far the case is."""
        case = self.case
        if case is None:
            return SessionState.CLOSED
        edits = case.edits
        return find_state(
            is_closed=False,
            is_segmented=case.bone.segmented is not None,
            is_restored=edits is not None,
            has_implants=case.has_implants,
            is_exported=edits is not None and case.results.exported_state is edits.state,
        )

    @property
    def is_busy(self) -> bool:
        """Whether work runs in the background."""
        return self.runner.job is not None

    @property
    def can_resume(self) -> bool:
        """Whether the scene holds a saved restoration that must be computed again before it can be edited."""
        case = self.case
        return (
            case is not None
            and case.edits is None
            and "pose" in case.saved_values
            # scenes of earlier versions keep no plan; its bone would have to be cut anew
            and (not case.saved_values.get("planned") or persistence.saved_plan_settings(case.saved_values) is not None)
            and case.presenter.points_node is not None
        )

    @property
    def edits(self) -> EditController | None:
        """The restoration as it is edited; None before there is one."""
        return None if self.case is None else self.case.edits

    @property
    def results(self) -> CurrentResults:
        """What was made from the surface as it is."""
        return CurrentResults() if self.case is None else self.case.results

    @property
    def used(self) -> Settings | None:
        """Settings with which the results were made; None before a restoration.

        Before there are implants, the implant settings are those that are chosen.
        """
        edits = self.edits
        if edits is None:
            return None
        design = self.results.design
        implant = self.settings.implant if design is None else design.settings
        state = edits.state
        return replace(edits.restoration.settings, points=state.count, fullness=state.fullness, implant=implant)

    @property
    def source_node(self) -> MrmlNode | None:
        """The input node; None after it was deleted."""
        return None if self.case is None else self.case.bone.source_node

    # --- what is allowed

    def require(self, action: SessionAction) -> OpenCase:
        """Return the open case, or refuse what the table does not allow now.

        Parameters
        ----------
        action
            A row of the table.

        Returns
        -------
        OpenCase
            The case.

        Raises
        ------
        SkullRestoreError
            With the refusal of the table.
        """
        why = refusal(action, self.state, running=self.runner.running)
        if why is not None:
            raise SkullRestoreError(why)
        assert self.case is not None  # else the state is CLOSED, which allows nothing
        return self.case

    def require_edits(self, action: SessionAction = SessionAction.EDIT) -> tuple[OpenCase, EditController]:
        """Return the open case and its edits, or refuse what the table does not allow now.

        Parameters
        ----------
        action
            A row of the table that needs a restoration.

        Returns
        -------
        case : OpenCase
            The case.
        edits : EditController
            Its restoration.

        Raises
        ------
        SkullRestoreError
            With the refusal of the table, or if the reference points were deleted from the scene.
        """
        case = self.require(action)
        if case.presenter.points_node is None:
            raise SkullRestoreError("The reference points were deleted from the scene. Restore the skull again.")
        assert case.edits is not None  # the table says so
        return case, case.edits

    def require_used(self) -> Settings:
        """Return the settings of the results, where there is a restoration."""
        used = self.used
        assert used is not None  # there is a restoration
        return used

    def require_current(self) -> None:
        """Refuse to write a surface that was made with other choices than those that are shown.

        Raises
        ------
        SkullRestoreError
            With the first reason.
        """
        stale = self.find_stale(thorough=True)
        if stale.surface:
            raise SkullRestoreError(
                f"The restored surface is not that of what is shown now. {stale.surface[0]} "
                "Restore again, or change it back; then export."
            )
        if differences := self.plan_differences():
            raise SkullRestoreError(
                f"The plan is not that of what is shown now. {differences[0]} "
                "Plan again, or change it back; then export."
            )

    def plan_differences(self) -> tuple[str, ...]:
        """Compare the planned resection with the line and the choices as they are now.

        Returns
        -------
        tuple of str
            A sentence for each difference; empty where nothing is planned.
        """
        planned = None if self.case is None else self.case.planned
        if planned is None:
            return ()
        return (
            *(() if planned.curve is self.drawn_curve else ("The line was changed since it was planned.",)),
            *stale_results.plan_differences(self.plan_settings, planned.settings),
            *(
                ()
                if set(self.resection_choices.guides) <= set(planned.guides)
                else ("Another guide was chosen since it was planned.",)
            ),
        )

    # --- background work

    def start_job(self, name: str, task: Generator[Progress, None, Any], on_result: ResultHandler) -> None:
        """Start background work.

        Parameters
        ----------
        name
            What runs, for the user.
        task
            Yields step and fraction; returns the result.
        on_result
            Takes the result over on the main thread.
        """
        self.message = self.message_topic = ""
        self.runner.start(name, task, on_result)
        self.notify_listeners()

    def poll(self, wait_s: float = 0.0) -> bool:
        """Let the background work for a while, and take over its result when it is done.

        Parameters
        ----------
        wait_s
            How long to wait. An application calls this from a timer with about 0.03 s: the other thread gets its turn
            only while the main thread waits.

        Returns
        -------
        bool
            Whether it still works.

        Raises
        ------
        SkullRestoreError
            What went wrong, in a sentence for the user; other exceptions are faults of the program.
        """
        job, case = self.runner.job, self.case
        if job is None:
            return False
        if not job.wait(wait_s):
            return True
        try:
            if case is None:
                self.runner.take_result(deliver=False)
            else:
                with case.monitor.paused():
                    self.runner.take_result()
        finally:
            self.notify_listeners()
        return False

    def cancel(self) -> None:
        """Stop the background work at once; what was there before stays."""
        if self.runner.cancel():
            self.notify_listeners()

    # --- what is stale

    def find_stale(self, *, thorough: bool = False) -> StaleResults:
        """Find out which results do not belong to what is shown, and why.

        Parameters
        ----------
        thorough
            Compare voxels even where VTK's times say that nothing was touched.

        Returns
        -------
        StaleResults
            Sentences for the user.
        """
        if self.case is None:
            return StaleResults()
        return self.case.monitor.find(self._shown_results(self.case), thorough=thorough)

    def _shown_results(self, case: OpenCase) -> ShownResults | None:
        used = self.used
        if case.edits is None or used is None:
            return None
        implant_set = case.results.implant_set
        numbers = frozenset() if implant_set is None else frozenset(i.defect for i in implant_set.implants)
        return ShownResults(self.settings, used, case.edits.restoration.segmentation, case.results.design, numbers)

    def check_stale(self) -> None:
        """Mark what is stale, and notify the listeners if anything is different from before."""
        if self.mark_stale():
            self.call_listeners()

    def mark_stale(self) -> bool:
        """Mark in the scene what is stale; return whether anything is different from before."""
        case = self.case
        if case is None:
            return False
        return case.monitor.mark(self.find_stale(), case.results.comparison, case.results.implant_set)

    def notify_listeners(self) -> None:
        """Mark what is stale, and notify the listeners."""
        self.mark_stale()
        self.call_listeners()

    def call_listeners(self) -> None:
        """Notify the listeners."""
        for call in list(self.on_change):
            call()

    # --- results of the surface as it is

    def bring_to_front(self, layer: str) -> None:
        """Show the restored surfaces or the implants: their outer faces coincide.

        Parameters
        ----------
        layer
            ``"surface"`` or ``"implant"``.
        """
        case = self.case
        if case is not None and case.edits is not None:
            self.front = layer
            case.presenter.bring_to_front(layer, case.edits.state)
            case.arrows.bring_to_front(layer)
            self.notify_shown()

    def notify_shown(self) -> None:
        """Say that surfaces or implants were shown."""
        for call in list(self.on_shown):
            call()

    def say(self, topic: str, sentence: str) -> None:
        """Keep a sentence for the user.

        Parameters
        ----------
        topic
            What it is about, so that a front end shows it where the user acted: ``"missed"``, ``"edit"``,
            ``"plan"``, ``"implant"``, ``"compare"`` or ``"export"``.
        sentence
            In place of the last one.
        """
        self.message, self.message_topic = sentence, topic

    def _cone_axis(self, number: int) -> NDArray[np.float64] | None:
        return None if self.edits is None else self.edits.outward_axis(number)

    def _on_arrow_turned(self, held_back: bool) -> None:
        """Make a turned arrow one step of the history."""
        case = self.case
        if case is None or case.edits is None:
            return
        if held_back:
            self.say("implant", "The arrow was held back: along a flatter direction no implant can be put in.")
        case.edits.set_insertion_directions(case.arrows.user_directions())

    def drop_comparison(self, case: OpenCase) -> None:
        """Drop distances, and their colours, with the surface of which they were measured.

        Parameters
        ----------
        case
            The open case.
        """
        current = case.results
        if current.comparison is not None or current.has_comparison:
            current.comparison = None
            current.in_scene -= {"comparison"}
            case.presenter.colour_by_standard_error()

    def is_current(self, state: EditState, work: str, topic: str) -> bool:
        """Find out whether a state is still shown, because points can be dragged while work runs; if not, say so.

        Parameters
        ----------
        state
            With which the work was started.
        work
            For the message: "the implants were designed".
        topic
            Of the message.

        Returns
        -------
        bool
            Whether the result of the work may be used.
        """
        current = self.edits is not None and state.has_same_surface(self.edits.state)
        if not current:
            self.say(topic, f"The surface was changed while {work}, so that the result was dropped. Do it again.")
        return current

    def add_current_result(self, case: OpenCase, result: str) -> None:
        """Note that a result of the surface as it is was put into the scene.

        Parameters
        ----------
        case
            The open case.
        result
            ``"implants"`` or ``"comparison"``.
        """
        case.results.in_scene |= {result}
        self.save_to_scene(case)

    def save_to_scene(self, case: OpenCase) -> None:
        """Store with the scene what is needed to resume the restoration.

        Parameters
        ----------
        case
            The open case; without a restoration nothing is stored.
        """
        edits, design = case.edits, case.results.design
        if edits is None:
            return
        case.saved_values = persistence.values_to_save(
            edits.restoration,
            edits.state,
            self.require_used(),
            point_ids=edits.point_ids,
            results=case.results.in_scene,
            insertion_directions={} if design is None else design.insertion_directions,
        )
        case.saved_values["planned"] = persistence.plan_values(case.planned)
        case_node.save_values(case.presenter.case_node, case.saved_values)

    def close(self) -> None:
        """Stop the work, stop observing, and release every record; the nodes stay in the scene."""
        self.runner.cancel()
        case, self.case = self.case, None
        for tag in self._tags:
            self.scene.RemoveObserver(tag)
        self._tags = []
        if case is not None:
            for call in self.on_close:
                call()
            if not self.scene.IsClosing():
                case.bone.hide_preview()
            case.close()
        self.call_listeners()
        self.on_change = []
        models.release_prior()
        if self.scene.IsClosing():  # its nodes are freed last
            return_memory_after_closing(self.scene)
        elif case is not None:
            return_free_memory()


def return_memory_after_closing(scene: MrmlScene) -> None:
    """Give memory back to the system once a scene has let go of its nodes.

    Parameters
    ----------
    scene
        ``vtkMRMLScene`` that is being closed.
    """
    tags: list[int] = []

    def on_closed(*_: Any) -> None:
        scene.RemoveObserver(tags.pop())
        return_free_memory()

    tags.append(scene.AddObserver(scene.EndCloseEvent, on_closed))
