"""One interactive restoration: a case of a scene, its results, and the user's changes.

A session is composed of parts, each with one task: ``CasePresenter`` shows records in the scene, ``BoneController``
owns input and bone, ``EditController`` the points and their history, ``InsertionArrows`` the arrows, ``StaleMonitor``
marks what is out of date, ``TaskRunner`` runs work in the background; ``RestorationWork`` and ``ResultWork`` start the
tasks and take their results over. What is allowed when is a table, ``states.ACTIONS``; what a button needs beyond that
is another one, ``offers.OFFERS``.

It knows no Qt: a front end calls it, polls the background work (:meth:`Session.poll`), and is called when something
changed (``on_change``). Everything runs on the main thread, except the generators of the tasks, which see records only.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from numpy.typing import ArrayLike

from SkullRestoreLib.errors import InputError
from SkullRestoreLib.findings import split_findings
from SkullRestoreLib.pipeline import results
from SkullRestoreLib.prediction.models import Predictor
from SkullRestoreLib.records import Implant, Mesh, Pose, ReferencePoint
from SkullRestoreLib.scene import case_node, points, views
from SkullRestoreLib.scene.mrml_types import MrmlNode, MrmlScene
from SkullRestoreLib.segmentation.bone_segmentation import BoneIsland
from SkullRestoreLib.session import table_rows
from SkullRestoreLib.session.background import BackgroundJob
from SkullRestoreLib.session.comparison import SkullComparison
from SkullRestoreLib.session.context import SessionContext
from SkullRestoreLib.session.edit_controller import EditController
from SkullRestoreLib.session.edit_state import EditHistory, EditState
from SkullRestoreLib.session.export_task import ExportOptions
from SkullRestoreLib.session.object_choices import ObjectRow, object_rows, with_object_switched
from SkullRestoreLib.session.offers import available_offers
from SkullRestoreLib.session.open_case import CurrentResults, OpenCase
from SkullRestoreLib.session.painted_defect import PaintedDefect
from SkullRestoreLib.session.point_observer import Schedule
from SkullRestoreLib.session.resection_planner import ResectionPlanner
from SkullRestoreLib.session.restoration_work import RestorationWork
from SkullRestoreLib.session.result_work import OnWritten, ResultWork
from SkullRestoreLib.session.stale_results import StaleResults
from SkullRestoreLib.session.states import SessionAction, SessionState, is_allowed
from SkullRestoreLib.session.task_records import FULL_DISPLAY, DisplayOptions, EditableRestoration, SegmentedSkull
from SkullRestoreLib.session.view_aids import ViewAids
from SkullRestoreLib.settings import Direction, ImplantSettings, Language, Settings

if TYPE_CHECKING:
    from SkullRestoreLib.io.dicom_source import DicomSource

_MAX_ISLAND_DISTANCE_MM = 25.0
"""An island this near to a restored surface is in its defect."""
_POLL_INTERVAL_S = 0.03


class Session:
    """One restoration on a scene.

    Parameters
    ----------
    scene
        ``vtkMRMLScene``.
    source
        Input node: a head CT, a bone mask, a segmentation or a skull model. If the scene has a case for it already,
        that one is opened.
    segment_id
        Which segment of a segmentation is bone.
    schedule
        Runs a call soon on the main thread, such as a timer of 0 ms; at once by default.
    predict
        In place of the network, for tests.
    display
        How the bone is shown.

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
        segment_id: str | None = None,
        schedule: Schedule | None = None,
        predict: Predictor | None = None,
        display: DisplayOptions = FULL_DISPLAY,
    ) -> None:
        self._context = SessionContext(
            scene, source, segment_id=segment_id, schedule=schedule, predict=predict, display=display
        )
        self._restoration_work = RestorationWork(self._context)
        self._result_work = ResultWork(self._context)
        self._planner = ResectionPlanner(self._context, self._restoration_work, self._result_work)
        self._painted = PaintedDefect(self._context, self._restoration_work)
        self._aids = ViewAids(self._context)

    # --- what the front end sets or reads

    @property
    def settings(self) -> Settings:
        """What the controls show."""
        return self._context.settings

    @settings.setter
    def settings(self, settings: Settings) -> None:
        # A front end that does not show the case code keeps it.
        code = settings.case_code or self._context.settings.case_code
        self._context.settings = settings.with_changes(case_code=code)

    @property
    def planner(self) -> ResectionPlanner:
        """The resection that is planned before the bone is cut."""
        return self._planner

    @property
    def aids(self) -> ViewAids:
        """Section, box, mirrored side and fade, and pictures for the report."""
        return self._aids

    @property
    def painted(self) -> PaintedDefect:
        """The defect that is painted on the bone in an editor of segments."""
        return self._painted

    @property
    def findings(self) -> tuple[str, ...]:
        """What was noticed when the input was read."""
        return self._context.findings

    @findings.setter
    def findings(self, findings: tuple[str, ...]) -> None:
        self._context.findings = findings

    @property
    def dicom_source(self) -> "DicomSource | None":
        """What DICOM objects take over from the CT; a scene does not hold it, so whoever read the CT sets it."""
        return self._context.dicom_source

    @dicom_source.setter
    def dicom_source(self, source: "DicomSource | None") -> None:
        self._context.dicom_source = source

    @property
    def on_change(self) -> list[Callable[[], None]]:
        """Called when anything changed."""
        return self._context.on_change

    @on_change.setter
    def on_change(self, listeners: list[Callable[[], None]]) -> None:
        self._context.on_change = listeners

    @property
    def front(self) -> str:
        """``"surface"`` or ``"implant"``: which of the two is shown."""
        return self._context.front

    @property
    def message(self) -> str:
        """Sentence for the user about the last edit or export; empty where there is nothing to say."""
        return self._context.message

    @property
    def message_topic(self) -> str:
        """What the sentence is about: ``"missed"``, ``"edit"``, ``"implant"``, ``"compare"``, ``"export"``."""
        return self._context.message_topic

    def clear_message(self) -> None:
        """Forget the sentence: a front end has shown it in its own words."""
        self._context.say("", "")

    @property
    def withheld(self) -> str:
        """Which implants the last export did not write, and why, in a sentence."""
        return self._context.withheld

    # --- state

    @property
    def state(self) -> SessionState:
        """How far the case is."""
        return self._context.state

    def can(self, action: SessionAction | str) -> bool:
        """Look up whether an action is allowed now.

        Parameters
        ----------
        action
            A row of ``states.ACTIONS``, or its name.

        Returns
        -------
        bool
            False also while work runs that the action has to wait for.
        """
        return is_allowed(action, self._context.state, is_busy=self.is_busy)

    @property
    def offers(self) -> dict[str, bool]:
        """Which buttons can be pressed now, by the names of ``offers.OFFERS``."""
        return available_offers(self)

    @property
    def is_closed(self) -> bool:
        """Whether the scene was closed, or the session was."""
        return self._case is None

    @property
    def is_segmented(self) -> bool:
        """Whether there is bone."""
        return self._case is not None and self._case.bone.segmented is not None

    @property
    def is_restored(self) -> bool:
        """Whether there is a restoration that can be edited."""
        return self._edits is not None

    @property
    def is_busy(self) -> bool:
        """Whether work runs in the background."""
        return self._context.is_busy

    @property
    def job(self) -> BackgroundJob | None:
        """The work that runs in the background."""
        return self._context.runner.job

    @property
    def can_resume(self) -> bool:
        """Whether the scene holds a saved restoration that must be computed again before it can be edited."""
        return self._context.can_resume

    # --- nodes and records

    @property
    def case_node(self) -> MrmlNode | None:
        """The case node; None after the session was closed."""
        return None if self._case is None else self._case.presenter.case_node

    @property
    def source_node(self) -> MrmlNode | None:
        """The input node; None after it was deleted."""
        return None if self._case is None else self._case.bone.source_node

    @property
    def points_node(self) -> MrmlNode | None:
        """The reference points in the scene."""
        return None if self._case is None else self._case.presenter.points_node

    @property
    def bone_node(self) -> MrmlNode | None:
        """The segmentation in the scene."""
        return None if self._case is None else self._case.presenter.bone_node

    @property
    def segmented(self) -> SegmentedSkull | None:
        """The bone as it was segmented last; None before."""
        return None if self._case is None else self._case.bone.segmented

    @property
    def skull_surface(self) -> Mesh | None:
        """The bone as it is drawn; None before it is segmented."""
        return None if self.segmented is None else self.segmented.surface

    @property
    def restoration(self) -> EditableRestoration | None:
        """The restoration as it was made, before any edit."""
        return None if self._edits is None else self._edits.restoration

    @property
    def edits(self) -> EditController | None:
        """The restoration as it is edited; None before there is one."""
        return self._edits

    @property
    def pose(self) -> Pose | None:
        """The head frame; None before a restoration."""
        return None if self._edits is None else self._edits.state.detected.analysis.pose

    @property
    def _case(self) -> OpenCase | None:
        return self._context.case

    @property
    def _edits(self) -> EditController | None:
        return self._context.edits

    @property
    def _results(self) -> CurrentResults:
        return self._context.results

    @property
    def islands(self) -> tuple[tuple[BoneIsland, int | None], ...]:
        """Bone islands, each with the number of the defect in which it is; those in a defect first, then by size."""
        if self.segmented is None:
            return ()
        edits = self._edits
        located = [
            (
                island,
                None if edits is None else edits.nearest_defect(island.centre, max_distance_mm=_MAX_ISLAND_DISTANCE_MM),
            )
            for island in self.segmented.islands
        ]
        return tuple(sorted(located, key=lambda pair: (pair[1] is None, -pair[0].voxels)))

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the clinician has to look at; checks that were not passed are in :attr:`failures`."""
        return split_findings(self._all_findings())[0]

    @property
    def notes(self) -> tuple[str, ...]:
        """What is good to know and asks for nothing."""
        return split_findings(self._all_findings())[1]

    @property
    def implant_warnings(self) -> tuple[str, ...]:
        """Those of the warnings that are about the implants."""
        return split_findings(self._implant_findings())[0]

    @property
    def implant_notes(self) -> tuple[str, ...]:
        """Those of the notes that are about the implants."""
        return split_findings(self._implant_findings())[1]

    def _implant_findings(self) -> tuple[str, ...]:
        implant_set = self._results.implant_set
        return implant_set.findings if implant_set is not None else ()

    def _all_findings(self) -> tuple[str, ...]:
        """Return what was found on input, bone, surface and implants."""
        edits, used = self._edits, self.used
        if edits is None or used is None:
            return self.segmented.bone.findings if self.segmented is not None else self.findings
        notes = results.review_notes(edits.reconstruction.defects, edits.state.active_points, used)
        return tuple(dict.fromkeys((*edits.state.detected.analysis.findings, *notes, *self._implant_findings())))

    @property
    def failures(self) -> tuple[str, ...]:
        """A line for each check that an implant did not pass, and for each defect for which none could be made.

        Such implants are not exported.
        """
        from SkullRestoreLib.report import failures_in_words

        implant_set = self._results.implant_set
        rows = self._case.presenter.implant_rows() if self._case is not None and self._case.has_implants else []
        if implant_set is None:
            failed = [row["Implant"] for row in rows if row.get("Checks") == "NOT PASSED"]
            return tuple(f"Implant {n}: it did not pass its checks; design it again to see which." for n in failed)
        kept = [row["Implant"] for row in rows if row.get("Checks") == table_rows.EARLIER_DESIGN]
        return (
            *failures_in_words(implant_set.not_passed, {i.defect for i in implant_set.implants}),
            *(f"Implant {n}: the one that is shown is of an earlier design, and is not exported." for n in kept),
        )

    # --- choices, and what is stale

    def choose(self, settings: Settings) -> None:
        """Report what the controls show, so that results that were made with other settings can be marked.

        Parameters
        ----------
        settings
            All of them.
        """
        if settings != self.settings:
            self.settings = settings
            self._context.check_stale()

    @property
    def used(self) -> Settings | None:
        """Settings with which the results were made; None before a restoration.

        Before there are implants, the implant settings are those that are chosen.
        """
        return self._context.used

    @property
    def point_count(self) -> int | None:
        """How many points per defect the program was asked for; None before a restoration."""
        return None if self._edits is None else self._edits.state.count

    @property
    def fullness(self) -> float | None:
        """How full the surface is among those that the sound bone allows; None before a restoration."""
        return None if self._edits is None else self._edits.state.fullness

    @property
    def stale(self) -> StaleResults:
        """Which results do not belong to what is shown, and why."""
        return self._context.find_stale()

    # --- work in the background

    def start_segmentation(self, threshold_hu: float | None = None) -> None:
        """Segment the bone.

        Parameters
        ----------
        threshold_hu
            HU; None finds it from the histogram.

        Raises
        ------
        SkullRestoreError
            If the table does not allow it, or the input cannot be used any more.
        """
        self._restoration_work.start_segmentation(threshold_hu)

    def start_restoration(self, settings: Settings | None = None) -> None:
        """Restore the skull from its bone, edited or not.

        The bone is segmented first where there is none, and again where it was made with another threshold, or from an
        input that was moved or changed since.

        Parameters
        ----------
        settings
            Those that the controls show by default.

        Raises
        ------
        SkullRestoreError
            If that would lose what the user edited in the bone.
        """
        self._restoration_work.start_restoration(settings)

    def start_resume(self) -> None:
        """Make a restoration that was saved with the scene editable again.

        Raises
        ------
        SkullRestoreError
            If what it needs is not in the scene any more.
        """
        self._restoration_work.start_resume()

    def show_saved_case(self, restoration: EditableRestoration) -> None:
        """Show the restoration of a case file, ready for editing.

        Parameters
        ----------
        restoration
            From ``tasks.open_saved_case``; the session must have been opened on its input.

        Raises
        ------
        SkullRestoreError
            If something is running.
        """
        self._restoration_work.show_saved_case(restoration)

    def start_island_removal(self, islands: list[BoneIsland]) -> None:
        """Remove bone islands. A restoration that exists is then made again with the same settings.

        Parameters
        ----------
        islands
            From :attr:`islands`.

        Raises
        ------
        SkullRestoreError
            If there is no bone.
        """
        self._restoration_work.start_island_removal(islands)

    def start_defect_island_removal(self) -> None:
        """Remove every bone island that is in a defect; see :meth:`start_island_removal`."""
        self.start_island_removal([island for island, defect in self.islands if defect is not None])

    def start_adding_missed_defect(self, source: MrmlNode | None = None, segment_id: str | None = None) -> None:
        """Add a defect that was not found.

        Parameters
        ----------
        source
            A markups node whose points are around the hole, or a segmentation in which the hole is painted; the
            outline of the session by default.
        segment_id
            Which segment.

        Raises
        ------
        InputError
            For fewer than three points, or an empty segment.
        """
        self._restoration_work.start_adding_missed_defect(source, segment_id)

    def start_implant_design(self, settings: ImplantSettings | None = None) -> None:
        """Design the implants of the defects that are switched on.

        Parameters
        ----------
        settings
            Those that the controls show by default.

        Raises
        ------
        SkullRestoreError
            If there is no restoration.
        """
        self._result_work.start_implant_design(settings)

    def doubt_about(self, before_node: MrmlNode | None) -> str | None:
        """Say why a skull before the operation seems to be another patient's, or the same scan.

        Parameters
        ----------
        before_node
            Volume, segmentation or model.

        Returns
        -------
        str or None
            A sentence; None where nothing speaks against it.
        """
        return self._result_work.doubt_about(before_node)

    def start_comparison(
        self, before_node: MrmlNode, segment_id: str | None = None, *, confirmed: bool = False
    ) -> None:
        """Compare with the skull before the operation.

        Parameters
        ----------
        before_node
            Volume, segmentation or model.
        segment_id
            Which segment is bone.
        confirmed
            Whether the user has said that it is the same patient's, although DICOM headers say otherwise.

        Raises
        ------
        InputError
            If it seems to be another patient's, or cannot be used.
        """
        self._result_work.start_comparison(before_node, segment_id, confirmed=confirmed)

    def start_export(
        self,
        folder: str | Path,
        *,
        force: bool = False,
        scene_file: bool = False,
        also: tuple[str, ...] = (),
        keep_failed: bool = False,
        dicom_files: tuple[str, ...] = (),
        language: Language | None = None,
        on_written: OnWritten = lambda _exported: "",
    ) -> None:
        """Write what is shown into a folder; see :func:`SkullRestoreLib.io.write.write`.

        Implants that are not made yet, or that were made with other choices, are designed first, and shown as well.
        Those that did not pass their checks are withheld.

        Parameters
        ----------
        folder
            Where to write.
        force
            Whether an earlier result there may be replaced.
        scene_file
            Whether the complete scene is written as well, as ``scene.mrb``.
        also
            Formats in addition to STL and HTML: ``"ply"``, ``"obj"``, ``"3mf"``, ``"pdf"``, and ``"dicom"`` where
            :attr:`dicom_source` or the CT's files are known.
        keep_failed
            Write implants that did not pass their checks too, under names that say so.
        dicom_files
            Paths of the files from which the CT was loaded, for ``"dicom"``: the scene does not hold its headers.
        language
            Of the reports, that of the front end: ``"en"``, ``"de"`` or ``"ru"``; None takes that of :attr:`settings`.
        on_written
            Called with the :class:`ExportResult` when it is there; returns a sentence for the user, or an empty text.

        Raises
        ------
        InputError
            For a format that does not exist, and for ``"dicom"`` without :attr:`dicom_source` and files.
        OutputError
            If the folder cannot be used.
        SkullRestoreError
            If the surface was restored with other choices than those that are shown.
        """
        pictures = tuple(self._aids.own_pictures)
        options = ExportOptions(also, force, keep_failed, tuple(dicom_files), own_pictures=pictures, language=language)
        self._result_work.start_export(Path(folder), options, scene_file=scene_file, on_written=on_written)

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
        return self._context.poll(wait_s)

    def wait_until_done(self, pump: Callable[[], None] = lambda: None) -> None:
        """Wait for the background.

        Parameters
        ----------
        pump
            Called every 30 ms, such as ``processEvents`` of an application.

        Raises
        ------
        SkullRestoreError
            As :meth:`poll`.
        """
        while self.poll(_POLL_INTERVAL_S):
            pump()

    def cancel(self) -> None:
        """Stop the background work at once; what was there before stays."""
        self._context.cancel()

    # --- the bone

    def show_threshold_preview(self, threshold_hu: float) -> None:
        """Colour in the slices what a threshold takes.

        Parameters
        ----------
        threshold_hu
            HU.
        """
        if self._case is not None:
            self._case.bone.show_preview(threshold_hu)

    def hide_threshold_preview(self) -> None:
        """Remove the preview."""
        if self._case is not None:
            self._case.bone.hide_preview()

    def suggested_threshold(self) -> float | None:
        """Return the threshold that was used, or that the histogram suggests, HU; None where the input has no HU."""
        return None if self._case is None else self._case.bone.suggested_threshold()

    def automatic_threshold(self) -> float | None:
        """Return the threshold that the histogram suggests, HU, whatever was used; None where the input has no HU."""
        return None if self._case is None else self._case.bone.automatic_threshold()

    def centre_on_island(self, island: BoneIsland) -> None:
        """Centre every view on a bone island.

        Parameters
        ----------
        island
            From :attr:`islands`.
        """
        if self._case is not None:
            self._case.bone.centre_on_island(island)

    # --- edits

    @property
    def history(self) -> EditHistory[EditState]:
        """Undo and redo of the points; empty before a restoration."""
        return EditHistory() if self._edits is None else self._edits.history

    @property
    def points(self) -> tuple[ReferencePoint, ...]:
        """All reference points, in the order of the list in the scene."""
        return () if self._edits is None else self._edits.state.points

    @property
    def has_edited_points(self) -> bool:
        """Whether a point was moved, placed or deleted."""
        return self._edits is not None and self._edits.state.has_edited_points

    @property
    def moved_point_count(self) -> int:
        """How many points the user moved or placed."""
        return sum(p.moved for p in self.points)

    @property
    def defect_rows(self) -> list[table_rows.DefectRow]:
        """The table of defects."""
        return [] if self._edits is None else self._edits.defect_rows

    @property
    def object_rows(self) -> list[ObjectRow]:
        """The table of what was found in the holes, with the choices as they are now."""
        if self._edits is None:
            return []
        return object_rows(self._edits.state.detected.analysis, self.settings)

    @property
    def selected_point_index(self) -> int | None:
        """Index of the point that the user touched last."""
        return None if self._edits is None else self._edits.selected_point_index

    @selected_point_index.setter
    def selected_point_index(self, index: int | None) -> None:
        if self._edits is not None:
            self._edits.select_point(index)

    @property
    def snapping(self) -> bool:
        """Whether points that the user moves go to the outer table."""
        return self._context.snapping

    @snapping.setter
    def snapping(self, enabled: bool) -> None:
        self._context.snapping = enabled
        if self._edits is not None:
            self._edits.snapping = enabled

    def set_snapping(self, enabled: bool) -> None:
        """Choose whether points that the user moves go to the outer table, also while they are dragged.

        Parameters
        ----------
        enabled
            False lets them move freely.
        """
        self.snapping = enabled
        if self.points_node is not None:
            points.set_surface_snapping(self.points_node, enabled)

    def follow_drag(self) -> None:
        """Let the surface follow a point that is dragged, before it is drawn."""
        case = self._context.case
        if case is not None and case.edits is not None:
            case.edits.observer.report_drag_now()

    def _report_edits_now(self) -> None:
        """Take over edits in the scene that still wait for the application's next free moment."""
        case = self._context.case
        self.planner.report_now()
        if case is not None and case.edits is not None:
            case.edits.observer.report_now()
            case.arrows.report_now()

    @property
    def can_undo(self) -> bool:
        """Whether there is an edit of the points or of the resection line to undo."""
        return self.history.can_undo or self.planner.history.can_undo

    @property
    def can_redo(self) -> bool:
        """Whether there is an edit of the points or of the resection line to redo."""
        return self.history.can_redo or self.planner.history.can_redo

    def undo(self) -> None:
        """Undo the last edit: of the resection line where that was changed last, else of the points."""
        self._report_edits_now()
        line_first = self._context.last_edited == "line" or not self.history.can_undo
        if line_first and self.planner.history.can_undo:
            self.planner.undo()
        elif self.history.can_undo:
            self._context.require_edits()[1].undo()

    def redo(self) -> None:
        """Redo what was undone."""
        self._report_edits_now()
        line_first = self._context.last_edited == "line" or not self.history.can_redo
        if line_first and self.planner.history.can_redo:
            self.planner.redo()
        elif self.history.can_redo:
            self._context.require_edits()[1].redo()

    def move_point(self, index: int, position: ArrayLike) -> None:
        """Move a point; with snapping on it goes to the outer table.

        Parameters
        ----------
        index
            Of the point.
        position
            (3,) mm RAS.
        """
        self._context.require_edits()[1].move_point(index, position)

    def add_point(self, position: ArrayLike) -> None:
        """Place a point; it belongs to the nearest defect that is switched on.

        Parameters
        ----------
        position
            (3,) mm RAS.
        """
        self._context.require_edits()[1].add_point(position)

    def remove_point(self, index: int) -> None:
        """Delete a point.

        Parameters
        ----------
        index
            Of the point.
        """
        self._context.require_edits()[1].remove_point(index)

    def reset_points(self, indices: list[int] | None = None) -> None:
        """Put points back where the program placed them.

        Parameters
        ----------
        indices
            All points by default, deleted ones too.
        """
        _, edits = self._context.require_edits()
        state = edits.state
        edits.apply_edit(state.with_all_points_reset() if indices is None else state.with_reset_points(indices))

    def set_defect_enabled(self, number: int, enabled: bool) -> None:
        """Switch a defect on or off.

        Parameters
        ----------
        number
            Of the defect.
        enabled
            Whether it is restored.
        """
        _, edits = self._context.require_edits()
        edits.apply_edit(edits.state.with_defect_enabled(number, enabled))

    def set_object_removed(self, number: int, removed: bool) -> None:
        """Choose whether an object in a hole goes; the surface is out of date until the skull is restored again.

        Parameters
        ----------
        number
            Of the object.
        removed
            Whether it goes; else it stays, and only gaps around it are restored.

        Raises
        ------
        InputError
            If there is no such object.
        """
        _, edits = self._context.require_edits()
        analysis = edits.state.detected.analysis
        found = next((each for each in analysis.objects if each.number == number), None)
        if found is None:
            raise InputError(f"There is no object {number} in the holes.")
        self.settings = with_object_switched(self.settings, found, removed, analysis.parameters.objects)
        self._context.notify_listeners()

    def set_point_count(self, count: int) -> None:
        """Place another number of automatic points per defect; points that the user touched stay.

        Parameters
        ----------
        count
            Points per defect.
        """
        self._context.require_edits()[1].set_point_count(count, self._context.require_used())

    def set_fullness(self, fullness: float) -> None:
        """Make the restored surface fuller or flatter; it passes through the same reference points.

        Parameters
        ----------
        fullness
            0 for the most likely surface; at 1, 84 of 100 heads are flatter, at -1, 84 of 100 are fuller.

        Raises
        ------
        InputError
            If it is out of range.
        """
        _, edits = self._context.require_edits()
        try:
            chosen = self._context.require_used().with_changes(fullness=fullness).fullness
        except ValueError as error:
            raise InputError(str(error)) from error
        edits.set_fullness(chosen)

    def set_placing_points(self, enabled: bool) -> None:
        """Let clicks in the views add reference points, or end that.

        Parameters
        ----------
        enabled
            Whether clicks place points.
        """
        self._context.require_edits()
        views.set_placing_points(self._context.scene, self.points_node, enabled)

    def outline_node(self) -> MrmlNode:
        """Return the list for points around a missed defect; it is made where there is none."""
        return self._restoration_work.outline_node()

    def set_placing_outline(self, enabled: bool) -> None:
        """Let clicks in the views place points around a missed defect, or end that.

        Parameters
        ----------
        enabled
            Whether clicks place points.
        """
        self._context.require_edits()
        views.set_placing_points(self._context.scene, self.outline_node(), enabled)

    # --- implants, comparison, views

    @property
    def implants(self) -> tuple[Implant, ...]:
        """The implants that belong to the surface as it is; empty before a design and after an edit."""
        implant_set = self._results.implant_set
        return () if implant_set is None else implant_set.implants

    @property
    def has_implants(self) -> bool:
        """Whether the implants in the scene belong to the surface as it is."""
        return self._case is not None and self._case.has_implants

    @property
    def implant_rows(self) -> list[tuple[Any, ...]]:
        """For each implant: number, volume (mL), mass (g) of three materials, thickness (mm), watertight, checks."""
        if self._case is None or not self._case.has_implants:
            return []
        return [table_rows.implant_cells(row) for row in self._case.presenter.implant_rows()]

    @property
    def comparison(self) -> SkullComparison | None:
        """The comparison with the skull before the operation; None where there is none of the surface as it is."""
        return self._results.comparison

    @property
    def has_comparison(self) -> bool:
        """Whether the distances in the scene belong to the surface as it is."""
        return self._results.has_comparison

    @property
    def comparison_rows(self) -> list[dict[str, Any]]:
        """For each defect the numbers of the comparison, under titles with their units."""
        return self._case.presenter.comparison_rows() if self._case is not None and self.has_comparison else []

    @property
    def compared_with(self) -> MrmlNode | None:
        """The node with which the surface was compared; None where there is no comparison of the surface as it is."""
        node = self.case_node
        return node.GetNodeReference("compared") if node is not None and self.has_comparison else None

    @property
    def has_insertion_arrows(self) -> bool:
        """Whether there are insertion arrows."""
        return self._case is not None and self._case.arrows.has_arrows

    @property
    def insertion_directions(self) -> dict[int, Direction]:
        """Insertion directions that the user gave, by defect: from outside inwards, unit, RAS."""
        return {} if self._case is None else self._case.arrows.user_directions()

    def show_insertion_arrows(self, visible: bool) -> None:
        """Choose whether an arrow shows the insertion direction of each implant; the next design uses a turned one.

        Parameters
        ----------
        visible
            Whether arrows are shown with the implants.
        """
        if self._case is not None:
            self._case.arrows.set_visible(visible)

    def reset_insertion_arrows(self) -> None:
        """Drop the directions that the user gave; the next design finds the insertion directions itself."""
        self._context.require_edits()[1].set_insertion_directions({})

    def show_alone(self) -> None:
        """Show this case, and hide the other cases of the scene: each keeps what was visible."""
        if self.case_node is not None:
            case_node.show_only_case(self.case_node)
            self._context.notify_shown()

    @property
    def placing(self) -> str | None:
        """What clicks in the views place: ``"points"``, ``"outline"``, ``"line"``, ``"circle"``; None for nothing."""
        if self._case is None:
            return None
        node = views.placed_node(self._context.scene)
        roles = (("outline", "outline"), ("line", "resection_curve"), ("circle", "resection_centre"))
        nodes = [(name, case_node.find_role_node(self._case.presenter.case_node, role)) for name, role in roles]
        for name, own in (("points", self.points_node), *nodes):
            if node is not None and own is not None and node.GetID() == own.GetID():
                return name
        return None

    def stop_placing(self) -> None:
        """End the placing of points with the mouse, of whichever list of this case."""
        if self.placing is not None:
            views.set_placing_points(self._context.scene, self.points_node, False)

    def centre_on_defect(self, number: int) -> None:
        """Centre every view on a defect.

        Parameters
        ----------
        number
            Of the defect.
        """
        if self._edits is not None:
            self._edits.centre_on_defect(number)

    def centre_on_object(self, number: int) -> None:
        """Centre every view on an object in a hole.

        Parameters
        ----------
        number
            Of the object.
        """
        if self._edits is not None:
            self._edits.centre_on_object(number)

    def bring_to_front(self, layer: str) -> None:
        """Show the restored surfaces or the implants: their outer faces coincide.

        Parameters
        ----------
        layer
            ``"surface"`` or ``"implant"``.
        """
        self._context.bring_to_front(layer)

    def colour_by_standard_error(self) -> None:
        """Colour the surfaces by their standard error again, after a comparison."""
        if self._case is not None:
            self._case.presenter.colour_by_standard_error()
            self._context.notify_shown()
            self._case.monitor.check_soon()

    def forget_comparison(self) -> None:
        """Drop the comparison, because the skull before the operation is another one now."""
        case = self._case
        if case is not None and (case.results.comparison is not None or case.results.has_comparison):
            self._context.drop_comparison(case)
            self._context.save_to_scene(case)
            self._context.notify_listeners()

    # --- the end

    def close(self) -> None:
        """Stop the work, stop observing, and release every record; the nodes stay in the scene."""
        self._context.close()
