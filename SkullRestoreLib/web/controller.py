"""Connects the page with a session: one case at a time, with its work in the background.

What the user presses on the page (``page.py``) arrives here; what the session has goes to the page (``page_state.py``).
Errors become one sentence on the page and a line in the audit log.
"""

import asyncio
import logging
import shutil
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

from SkullRestoreLib import patient_identity, phantom
from SkullRestoreLib._system.full_disk import is_full_disk
from SkullRestoreLib._system.progress import Progress
from SkullRestoreLib.errors import DependencyError, SkullRestoreError
from SkullRestoreLib.patient_identity import Identity
from SkullRestoreLib.pipeline.write_result import check_formats
from SkullRestoreLib.planning.resection import tumour_points
from SkullRestoreLib.prediction import models
from SkullRestoreLib.records import Mesh, ReferencePoint, Volume
from SkullRestoreLib.session import Session
from SkullRestoreLib.session.background import BackgroundJob
from SkullRestoreLib.session.task_records import EditableRestoration, PlannedResection
from SkullRestoreLib.settings import ImplantSettings, PlanSettings, ResectionChoices, Settings
from SkullRestoreLib.web import import_upload, page_state, result_files, settings_form, worker_folders
from SkullRestoreLib.web.fixation_points import FixationPoints
from SkullRestoreLib.web.import_upload import SeriesChoice, UploadedInput, UploadedSeries
from SkullRestoreLib.web.upload import ReceivedFiles, UploadLimits
from SkullRestoreLib.web.view_tools import HELP_ROWS, ViewTools
from SkullRestoreLib.web.viewer import SceneViewer

_POLL_INTERVAL_S = 0.03
"""How often progress is shown and finished work is taken over."""

log = logging.getLogger(__name__)


class PageController:
    """One user's page.

    Parameters
    ----------
    state
        trame's state: the values that the page shows.
    viewer
        Scene and views.
    audit
        Called with action and outcome, each in a word or two; never with anything about the patient.
    folder
        A folder of this user's own, for uploads and results.
    limits
        How much one upload may hold.
    """

    def __init__(
        self,
        state: Any,
        viewer: SceneViewer,
        audit: Callable[[str, str], None],
        folder: Path,
        limits: UploadLimits,
    ) -> None:
        self.state, self.viewer, self.audit, self.folder, self.limits = state, viewer, audit, folder, limits
        self.session: Session | None = None
        self.results = result_files.ResultFiles(folder)
        self.is_handling_action = False  # a control of the page is being obeyed, or a result taken over
        # work before there is a session
        self._job: BackgroundJob | None = None
        self._result_handler: Callable[[Any], None] | None = None
        self._poll_task: asyncio.Task[None] | None = None
        self._pending_action = ""  # for the audit
        self._on_done: Callable[[], None] = _do_nothing
        # input
        self._series_choice: SeriesChoice | None = None
        self._upload: Path | None = None  # folder of the upload, until it is read
        self._identity: Identity | None = None  # of the case's patient
        self._case_code = ""
        self._preoperative_node: Any = None
        self._doubtful_scan: Volume | Mesh | None = (
            None  # preoperative scan, perhaps of another patient: the user decides
        )
        # as shown last
        self._threshold_shown: float | None = None  # set by the program, HU
        self._automatic_shown = True
        self._run_shown: dict[str, float | None] = {}  # values that undo restores, by their names on the page
        self._points_last_shown: tuple[ReferencePoint, ...] = ()
        self._settings_error = ""  # why the values on the page cannot be used
        state.update(page_state.EMPTY_STATE | _first_state(limits))
        self.tools = ViewTools(state, viewer, lambda: self.session)
        self.fixations = FixationPoints(
            state,
            viewer.scene,
            lambda: self.session,
            after_event=lambda call: _scheduler(asyncio.get_running_loop())(call),
            on_change=self.update_page,
            report_error=lambda error: self.report_error("choose fixation", error),
        )

    # --- input

    def start_sample(self) -> None:
        """Make the sample head; nothing is downloaded.

        Raises
        ------
        SkullRestoreError
            If something is running.
        """
        self.require_idle()
        steps = phantom.make_phantom(seed=3, size_cm=9.0, matrix=256, slice_mm=1.0)
        self._start_job("sample", BackgroundJob("Make a sample head", steps), self._on_sample_made, self._draw_skull)

    def start_reading_upload(self, received: ReceivedFiles) -> None:
        """Read a new case.

        Parameters
        ----------
        received
            The upload; deleted once it is read.

        Raises
        ------
        SkullRestoreError
            If something is running.
        """
        if self.session is None:  # closing a case releases what was warmed up; looking ahead makes it again
            models.warm_up_in_background()
        self._read_upload(received, self._on_input_read, self._draw_skull)

    def start_reading_preoperative(self, received: ReceivedFiles, case_code: str) -> None:
        """Read the same patient's skull before the operation.

        Parameters
        ----------
        received
            The upload; deleted once it is read.
        case_code
            Code of the case for which it was sent: another case may have been opened meanwhile.

        Raises
        ------
        SkullRestoreError
            If that case is not open, or something is running.
        """
        self._require_case(case_code)
        steps = import_upload.import_steps(received, self.limits)
        self._read_upload(received, self._on_preoperative_read, steps=steps)

    def start_reading_tumour(self, received: ReceivedFiles, case_code: str) -> None:
        """Read the mask of a tumour, and draw the resection line around it.

        Parameters
        ----------
        received
            The upload; deleted once it is read.
        case_code
            Code of the case for which it was sent.

        Raises
        ------
        SkullRestoreError
            If that case is not open, or something is running.
        """
        self._require_case(case_code)
        self.apply_plan_choices()
        self._read_upload(received, self._on_tumour_read, steps=import_upload.mask_steps(received, self.limits))

    def _require_case(self, case_code: str) -> None:
        """Refuse what was sent for another case than the open one."""
        if not case_code or case_code != self._case_code or self.session is None:
            raise SkullRestoreError(
                "The case for which this scan was sent is not open any more. Open it, and send the scan again."
            )

    def _read_upload(
        self,
        received: ReceivedFiles,
        on_result: Callable[[Any], None],
        on_done: Callable[[], None] | None = None,
        *,
        steps: Generator[Progress, None, Any] | None = None,
    ) -> None:
        self.require_idle()
        self._delete_upload()
        self._upload = received.folder
        steps = steps or import_upload.import_case_steps(received, self.limits)
        self._start_job("read upload", BackgroundJob("Read the upload", steps), on_result, on_done)

    def _on_tumour_read(self, mask: Volume) -> None:
        self._delete_upload()
        self.start_task("draw line", lambda session: session.planner.start_line_around(tumour_points(mask)))

    def start_reading_series(self, number: int) -> None:
        """Read one of several series.

        Parameters
        ----------
        number
            Its position in the list that the page shows, from 0.

        Raises
        ------
        SkullRestoreError
            If the upload was deleted, or something is running.
        """
        choice = self._series_choice
        if choice is None or not 0 <= number < len(choice.series):
            raise SkullRestoreError("The upload was deleted. Send it again.")
        self.require_idle()
        steps = import_upload.read_series_steps(choice, number)
        self._start_job("choose series", BackgroundJob("Read the series", steps), self._on_input_read, self._draw_skull)

    def close_case(self) -> None:
        """Close the case and delete everything that was made from it."""
        self.cancel()
        self.tools.section.end()
        if self.session is not None:
            self.session.close()
        self._delete_upload()
        self.session = self._preoperative_node = self._identity = self._doubtful_scan = None
        self._threshold_shown, self._run_shown = None, {}
        self.state.run = self.state.run | {"fullness": 0.0}  # of this patient alone
        self._case_code = self._settings_error = ""
        self.results.clear()
        self.fixations.forget()
        self.viewer.clear()
        texts = dict.fromkeys(("case_title", "case_code", "before", "unsure"), "")
        switches = dict.fromkeys(("preview", "placing", "outlining"), False)
        self.state.update(texts | switches | {"series": []})
        self.update_page()

    def _on_sample_made(self, volumes: tuple[Volume, Volume]) -> None:
        ct, intact = volumes
        self.open_case(ct, "Sample head", is_drawn_next=True)
        title = "Sample head before the operation"
        self._preoperative_node = import_upload.add_input_node(self.viewer.scene, intact, title)
        self.viewer.hide(self._preoperative_node)
        self.state.before = title

    def _on_input_read(self, result: UploadedInput | UploadedSeries) -> None:
        if isinstance(result, SeriesChoice):
            self._series_choice = result
            self.state.series = [import_upload.series_description(series) for series in result.series]
            return
        self._delete_upload()
        if isinstance(result, EditableRestoration | PlannedResection):
            self._open_saved_case(result)
        elif isinstance(result, UploadedSeries):
            title = import_upload.input_description(result.volume)
            self.open_case(result.volume, title, result, is_drawn_next=True)
        else:
            self.open_case(result, import_upload.input_description(result), is_drawn_next=True)

    def _open_saved_case(self, result: EditableRestoration | PlannedResection) -> None:
        """Open the case of a result, with the settings with which it was made."""
        saved = result.restoration if isinstance(result, PlannedResection) else result
        self.open_case(saved.segmentation.source, "Case of an earlier result")
        threshold_hu = saved.settings.threshold_hu
        self.state.update(
            {
                "run": settings_form.shown_values(saved.settings),
                "implant": settings_form.shown_values(saved.settings.implant),
                "threshold_auto": threshold_hu is None,
                "open": ["restore", "points"],
            }
        )
        session = self.require_session()
        if isinstance(result, PlannedResection):
            session.planner.show_saved_plan(result)
            self.state.plan = settings_form.shown_values(session.planner.settings)
            self.state.choices = settings_form.shown_values(session.planner.choices)
            self.state.open = ["plan", "files"]
        else:
            session.show_saved_case(saved)
        self._show_threshold()
        self.apply_choices(update=False)
        self.update_page()

    def _on_preoperative_read(self, result: UploadedInput) -> None:
        if isinstance(result, EditableRestoration | PlannedResection):
            raise SkullRestoreError("This is a case file. Send the scan of the skull before the operation.")
        if isinstance(result, SeriesChoice):
            raise SkullRestoreError(
                "The upload holds several CT series. Send the folder of one series for the comparison."
            )
        self._delete_upload()
        self.discard_preoperative()
        doubt = patient_identity.difference(self._identity, result.whose if isinstance(result, Volume) else None)
        if doubt is not None:
            self._doubtful_scan, self.state.unsure = result, doubt
            return
        self.use_preoperative(result)

    def use_preoperative(self, scan: Volume | Mesh) -> None:
        """Use a scan as the skull before the operation, in the place of an earlier one.

        Parameters
        ----------
        scan
            Of the same patient.
        """
        if self.session is not None:
            self.session.forget_comparison()  # it was made with another scan
        if self._preoperative_node is not None:
            self.viewer.scene.RemoveNode(self._preoperative_node)
        self._preoperative_node = import_upload.add_input_node(self.viewer.scene, scan, "Skull before the operation")
        self.viewer.hide(self._preoperative_node)
        self.discard_preoperative()
        self.state.before = import_upload.input_description(scan)

    def confirm_preoperative(self) -> None:
        """Use a preoperative scan that seems to be another patient's: the user knows that it is not.

        Raises
        ------
        SkullRestoreError
            If there is no such scan.
        """
        if self._doubtful_scan is None:
            raise SkullRestoreError("There is no scan to decide about any more. Send it again.")
        self.use_preoperative(self._doubtful_scan)

    def discard_preoperative(self) -> None:
        """Discard a preoperative scan that is another patient's."""
        self._doubtful_scan, self.state.unsure = None, ""

    def open_case(
        self, record: Volume | Mesh, title: str, series: UploadedSeries | None = None, *, is_drawn_next: bool = False
    ) -> None:
        """Open a case in the place of the one that is open.

        Parameters
        ----------
        record
            The input.
        title
            For the head of the page; nothing that identifies the patient.
        series
            Where the input is a DICOM series: what DICOM objects take over from it.
        is_drawn_next
            Whether the bone is segmented at once: that finds the threshold, too.
        """
        self.close_case()
        node = import_upload.add_input_node(self.viewer.scene, record, "Head")
        schedule = _scheduler(asyncio.get_running_loop())
        self.session = Session(self.viewer.scene, node, schedule=schedule, display=import_upload.PAGE_DISPLAY)
        self.session.findings = tuple(dict.fromkeys((*record.findings, *self.session.findings)))
        self.session.dicom_source = None if series is None else series.dicom
        self.state.no_dicom = _why_no_dicom(series)
        if self.state.no_dicom:
            self.state.formats = [one for one in self.state.formats if one != "dicom"]
        self.session.on_change = [self.update_page]
        self.session.planner.on_measured = [self._show_line]
        self.session.set_snapping(self.state.snapping)
        self.viewer.show_input(node)
        self._identity = record.whose if isinstance(record, Volume) else None
        self._case_code = self.session.settings.case_code or ""
        # a threshold belongs to one patient: the next case starts with the automatic one
        self.state.update(
            {"case_title": title, "case_code": self._case_code, "threshold_auto": True, "open": ["input", "restore"]}
        )
        self.tools.open_case(record)
        self._threshold_shown = self.state.threshold = None
        if not is_drawn_next:
            self._show_threshold()
        self.apply_choices(update=False)
        self.update_page()

    def _delete_upload(self) -> None:
        """Delete the upload: it is read, or no longer wanted."""
        folder, self._upload, self._series_choice = self._upload, None, None
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)

    # --- work

    def start_task(
        self, action: str, begin: Callable[[Session], None], on_done: Callable[[], None] | None = None
    ) -> None:
        """Let the session start something that takes time.

        Parameters
        ----------
        action
            For the audit.
        begin
            Called with the session.
        on_done
            Called on the main thread when the work is done and its result is taken over.

        Raises
        ------
        SkullRestoreError
            If there is no case, or ``begin`` refuses.
        """
        begin(self.require_session())
        self._pending_action, self._on_done = action, on_done or _do_nothing
        self._start_polling()

    def _draw_skull(self) -> None:
        """Segment the bone of a case that was opened, so that 3D shows it; a new case has the automatic threshold."""
        if self.session is not None and not self.session.is_segmented and self.session.can("segment"):
            self.start_task("draw skull", lambda s: s.start_segmentation(), self.viewer.fit_views)

    def require_session(self) -> Session:
        """Return the session.

        Returns
        -------
        Session

        Raises
        ------
        SkullRestoreError
            If there is no case.
        """
        if self.session is None or self.session.is_closed:
            raise SkullRestoreError("There is no case yet. Upload a head CT, or make the sample, first.")
        return self.session

    def chosen_settings(self) -> Settings:
        """Return the settings that are chosen on the page; what the page does not show stays as it is.

        Returns
        -------
        Settings

        Raises
        ------
        SkullRestoreError
            If a value is missing or out of range.
        """
        base = self.session.settings if self.session is not None else None
        try:
            threshold_hu = settings_form.threshold(self.state.threshold, self.state.threshold_auto)
            return settings_form.settings_from_page(self.state.run, self.state.implant, threshold_hu, base)
        except ValueError as error:
            raise SkullRestoreError(str(error)) from error

    def chosen_plan(self) -> tuple[PlanSettings, ResectionChoices]:
        """Return how bone is cut, which circle is drawn and which guides are made, as chosen on the page.

        Returns
        -------
        settings : PlanSettings
        choices : ResectionChoices

        Raises
        ------
        SkullRestoreError
            If a value is missing or out of range.
        """
        try:
            return settings_form.plan_from_page(self.state.plan, self.state.choices)
        except ValueError as error:
            raise SkullRestoreError(str(error)) from error

    def apply_plan_choices(self) -> None:
        """Give the session the choices of a plan that the page shows.

        Raises
        ------
        SkullRestoreError
            If a value is missing or out of range.
        """
        if self.session is not None and not self.session.is_closed:
            self.session.planner.choose(*self.chosen_plan())

    def _show_line(self) -> None:
        """Show the numbers of a line while a point of it is dragged."""
        if self.session is not None and not self.session.is_closed:
            self.state.line = page_state.line_state(self.session)
            self.state.flush()

    def apply_choices(self, *, update: bool = True) -> None:
        """Give the session the settings that the page shows; values that cannot be used make the result out of date.

        Parameters
        ----------
        update
            Whether the page is updated where values became usable or unusable.
        """
        if self.session is None or self.session.is_closed:
            return
        try:
            self.session.choose(self.chosen_settings())
            message = ""
        except SkullRestoreError as error:
            message = str(error)
        self.state.other_bone = page_state.other_bone(self.session)
        if message != self._settings_error:
            if self._settings_error and self.state.error == self._settings_error:
                self.state.error = ""  # mended
            self._settings_error = message
            if update:
                self.update_page()

    def sync_threshold(self) -> None:
        """Use a threshold that the user moves; show the histogram's where the user goes back to automatic."""
        if self.state.threshold is None:
            return
        if self.state.threshold_auto and self._automatic_shown and self.state.threshold != self._threshold_shown:
            self.state.threshold_auto = False
        elif self.state.threshold_auto and not self._automatic_shown:
            self._automatic_shown = True
            self._show_threshold()
        self._automatic_shown = self.state.threshold_auto

    def _show_threshold(self) -> None:
        """Show the threshold that was used, or that would be found."""
        session = self.session
        if session is None or session.is_closed or session.is_busy:
            return
        try:
            found = session.automatic_threshold() if self.state.threshold_auto else session.suggested_threshold()
        except SkullRestoreError:
            return  # segmenting reports why there is none
        self._automatic_shown = self.state.threshold_auto
        self._threshold_shown = None if found is None else round(found)
        self.state.threshold = self._threshold_shown

    def start_comparison(self) -> None:
        """Compare with the skull before the operation.

        Raises
        ------
        SkullRestoreError
            If there is no such skull, or it is not decided whose it is.
        """
        if self._doubtful_scan is not None:
            raise SkullRestoreError("Say first whether the scan that was sent is this patient's.")
        if self._preoperative_node is None:
            raise SkullRestoreError("Upload the skull before the operation first.")
        self.start_task("compare", lambda session: session.start_comparison(self._preoperative_node))

    def cancel(self) -> None:
        """Stop the work in progress; what there was before stays."""
        was_running = self._is_working
        if self._job is not None:
            self._job.cancel()
            self._job = self._result_handler = None
            self._delete_upload()
        if self.session is not None:
            self.session.cancel()
        if was_running:
            self.audit(self._pending_action, "cancelled")
        self._report_progress()

    async def wait_until_done(self) -> None:
        """Wait until the work in progress is done, and its result is shown."""
        if self._poll_task is not None:
            await asyncio.wait([self._poll_task])

    @property
    def _is_working(self) -> bool:
        return self._job is not None or (self.session is not None and self.session.is_busy)

    def require_idle(self) -> None:
        """Refuse what has to wait.

        Raises
        ------
        SkullRestoreError
            If something is running.
        """
        if self._is_working:
            raise SkullRestoreError("Something is still running. Wait for it, or cancel it first.")

    def _start_job(
        self,
        action: str,
        job: BackgroundJob,
        on_result: Callable[[Any], None],
        on_done: Callable[[], None] | None = None,
    ) -> None:
        self._job, self._result_handler = job, on_result
        self._pending_action, self._on_done = action, on_done or _do_nothing
        self._start_polling()

    def _start_polling(self) -> None:
        self.state.error = ""
        self._report_progress()
        if self._poll_task is None or self._poll_task.done():
            self._poll_task = asyncio.create_task(self._poll_until_done())

    async def _poll_until_done(self) -> None:
        """Show progress, and take over the result."""
        while True:
            await asyncio.sleep(_POLL_INTERVAL_S)
            action, on_done = self._pending_action, self._on_done
            try:
                if not self._is_working:
                    break
                self.is_handling_action = True
                if self._poll_work():
                    continue
                if not self._is_working:
                    self._show_result(action)
                    on_done()
                    self.audit(action, "done")
            except Exception as error:
                self.report_error(action, error)
                if action == "draw skull":
                    self._show_threshold()  # to choose another one
            finally:
                self.is_handling_action = False
                self._report_progress()

    def _show_result(self, action: str) -> None:
        if action in ("segment", "restore", "remove island", "draw skull", "draw line", "plan"):
            self._show_threshold()
            self.apply_choices()
        self.update_page()

    def _poll_work(self) -> bool:
        """Take over a result that is there; return whether work continues."""
        if self._job is None:
            return self.session is not None and self.session.poll()
        if not self._job.is_done:
            return True
        job, handler, self._job, self._result_handler = self._job, self._result_handler, None, None
        if job.error is not None:
            self._delete_upload()
            raise job.error
        if job.result is not None and handler is not None:
            handler(job.result)
        return False

    # --- what is shown

    def update_page(self) -> None:
        """Show everything that the session has."""
        self._audit_view_edit()
        self.state.update(page_state.session_state(self.session))
        if self.session is not None and not self.session.is_closed:
            self._sync_run("points", self.session.point_count)
            self._sync_run("fullness", self.session.fullness)
            if self._settings_error and self.session.is_restored:
                self.state.stale = [self._settings_error, *self.state.stale]
            if not self.results.match_session(self.session):
                self.results.clear()
            stale = self.session.stale.files or self.session.planner.stale
            self.results.offered = not (self._settings_error or stale)
            self.state.case_facts = self._case_facts(self.session)
        self.tools.update()
        self.fixations.update()
        self.state.can = self.state.can | {
            "undo": not self._is_working and (self.state.can["undo"] or self.fixations.can_undo),
            "redo": not self._is_working and (self.state.can["redo"] or self.fixations.can_redo),
        }
        self.state.update({"files": self.results.file_list, "legend": self.viewer.visible_legend()})
        self.state.flush()

    def undo(self) -> None:
        """Take the last step back: a fixation that was chosen, or an edit."""
        self.fixations.undo() if self.fixations.can_undo else self.require_session().undo()

    def redo(self) -> None:
        """Do again what was undone last."""
        self.fixations.redo() if self.fixations.can_redo else self.require_session().redo()

    def _sync_run(self, name: str, value: float | None) -> None:
        """Show a value that undo or redo restored; one that the user is about to choose stays."""
        if value is not None and value not in (self._run_shown.get(name), self.state.run.get(name)):
            self.state.run = self.state.run | {name: value}
        self._run_shown[name] = value

    def _case_facts(self, session: Session) -> list[str]:
        """Series and date of the scan and sides of the defects: they distinguish cases without naming a patient."""
        whose = self._identity or Identity()
        series = f"series {whose.series_number}" if whose.series_number else ""
        sides = list(dict.fromkeys(row.side for row in session.defect_rows if row.side))
        return [fact for fact in (series, whose.date, " and ".join(sides)) if fact]

    def _audit_view_edit(self) -> None:
        """Note an edit that the user made in a view; edits by a control are noted by the control."""
        points = () if self.session is None else self.session.points
        before, self._points_last_shown = self._points_last_shown, points
        changed = len(before) != len(points) or any(a is not b for a, b in zip(before, points, strict=False))
        if changed and points and not self.is_handling_action:
            self.audit("edit points", "done")

    def report_error(self, action: str, error: BaseException) -> None:
        """Show an error on the page, and note it in the audit.

        Parameters
        ----------
        action
            What was tried, for the audit.
        error
            A SkullRestoreError is shown as it is; anything else goes to the server's log.
        """
        if isinstance(error, SkullRestoreError):
            self.state.error = str(error).replace(str(self.folder), "the server's folder")
            self.audit(action, f"refused ({type(error).__name__})")
        elif is_full_disk(error):  # wherever it was noticed: unpacking, reading, writing the files
            self.state.error = worker_folders.FULL_DISK
            self.audit(action, "failed (full disk)")
        else:
            log.error("Unexpected error in '%s'", action, exc_info=error)
            self.state.error = (
                "An unexpected error occurred; details are in the server's log. The case is as it was before."
            )
            self.audit(action, f"failed ({type(error).__name__})")
        self.state.flush()

    def _report_progress(self) -> None:
        job = self._job or (self.session.job if self.session is not None else None)
        self.state.update(
            {
                "busy": job is not None,
                "step": "" if job is None else job.step,
                "percent": 0 if job is None else round(100 * job.fraction),
            }
        )
        self.state.flush()


def _why_no_dicom(series: UploadedSeries | None) -> str:
    """Why no DICOM objects can be made of a case; empty where they can."""
    if series is None:
        return "DICOM objects need a DICOM series as input: patient and study come from there."
    if series.dicom is None:
        return series.why_no_dicom
    try:
        check_formats(("dicom",))
    except DependencyError:
        return "DICOM objects need the package highdicom, which this server does not have."
    return ""


def _do_nothing() -> None:
    pass


def _scheduler(loop: asyncio.AbstractEventLoop) -> Callable[[Callable[[], None]], None]:
    """Make a function that runs a call after the event in progress."""

    def schedule(call: Callable[[], None]) -> None:
        loop.call_soon(call)

    return schedule


def _first_state(limits: UploadLimits) -> dict[str, Any]:
    """What the page shows before there is a case, by the page's names."""
    return {
        "busy": False,
        "step": "",
        "percent": 0,
        "error": "",
        "case_title": "",
        "case_code": "",
        "case_facts": [],
        "series": [],
        "before": "",
        "unsure": "",
        "files": [],
        "legend": None,
        "threshold_auto": True,
        "threshold": 300,
        "preview": False,
        "snapping": True,
        "placing": False,
        "outlining": False,
        "run": settings_form.default_values(Settings),
        "run_controls": settings_form.settings_controls(Settings),
        "implant": settings_form.default_values(ImplantSettings),
        "implant_controls": settings_form.settings_controls(ImplantSettings),
        "plan": settings_form.default_values(PlanSettings),
        "plan_controls": settings_form.settings_controls(PlanSettings),
        "choices": settings_form.default_values(ResectionChoices),
        "choice_controls": settings_form.settings_controls(ResectionChoices),
        "formats": [],
        "no_dicom": "",
        "upload_limit_mb": limits.megabytes,
        "uploading": False,
        "upload_percent": 0,
        "leaving": 0,
        "equal_views": False,
        "help": False,
        "help_rows": HELP_ROWS,
        "open": ["input"],
    }
