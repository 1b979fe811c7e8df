"""Connects the page with a session: one case at a time, its work in the background, its errors in a sentence."""

import asyncio
import logging
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from SkullRestoreLib import mesh, phantom
from SkullRestoreLib.case import Mesh, SkullRestoreError, Volume
from SkullRestoreLib.scene import skull
from SkullRestoreLib.session import Session
from SkullRestoreLib.session.job import Job
from SkullRestoreLib.settings import ImplantSettings, Settings
from SkullRestoreLib.web import choices, intake, results, shown
from SkullRestoreLib.web.upload import Limits, Received
from SkullRestoreLib.web.viewer import Viewer

_PAUSE_S = 0.03
"""How often the page is told of progress, and a result is taken over."""
_SKULL_FACES = 40_000
"""Triangles of the skull that is drawn: what a software renderer takes for a picture goes with them; the exported skull has all."""

log = logging.getLogger(__name__)


class Door:
    """One user's page.

    Parameters
    ----------
    state
        trame's state: what the page shows.
    viewer
        Scene and views.
    audit
        Told what was done and how it went, both in a word or two; never told anything of the patient.
    folder
        A folder of one's own, for uploads and results.
    """

    def __init__(self, state, viewer: Viewer, audit: Callable[[str, str], None], folder: Path, limits: Limits):
        self.state, self.viewer, self.audit, self.folder, self.limits = state, viewer, audit, folder, limits
        self.session: Session | None = None
        self.results = results.Results(folder)
        self._job: Job | None = None  # what is worked on before there is a session
        self._landed: Callable[[Any], None] | None = None
        self._before = None  # node of the skull before the operation
        self._choice: intake.Choice | None = None
        self._upload: Path | None = None  # folder of what was uploaded, until it is read
        self._drawn: Mesh | None = None  # skull whose lighter copy is drawn
        self._lightening: asyncio.Task | None = None
        self._points: tuple = ()  # as they were when the page was last told
        self.acting = False  # whether a control of the page is obeyed, or a result taken over
        self._watch: asyncio.Task | None = None
        self._ends: tuple[str, Callable[[], None]] = ("", lambda: None)  # the action that is going on, and what follows it
        state.update(
            shown.NOTHING
            | {
                "busy": False,
                "step": "",
                "percent": 0,
                "error": "",
                "case_title": "",
                "series": [],
                "before": "",
                "files": [],
                "legend": None,
                "threshold_auto": True,
                "threshold": 300,
                "preview": False,
                "snapping": True,
                "placing": False,
                "outlining": False,
                "implant_shown": False,
                "run": choices.defaults(Settings),
                "run_controls": choices.controls(Settings),
                "implant": choices.defaults(ImplantSettings),
                "implant_controls": choices.controls(ImplantSettings),
                "formats": [],
                "upload_limit_mb": limits.megabytes,
                "uploading": False,
                "upload_percent": 0,
                "leaving": 0,
                "open": ["input"],
            }
        )

    # --- input

    def make_sample(self) -> None:
        """Make the sample head; nothing is downloaded."""
        self._require_idle()
        steps = phantom.in_memory(seed=3, size_cm=9.0, matrix=256, slice_mm=1.0)
        self._begin("sample", Job("Make a sample head", steps), self._sample_made)

    def take(self, received: Received, *, before: bool = False) -> None:
        """Read what was uploaded: the case, or the same skull before the operation."""
        landed = self._before_read if before else self._read
        self._require_idle()
        self._drop_upload()
        self._upload = received.folder
        self._begin("read upload", Job("Read the upload", intake.steps(received, self.limits)), landed)

    def choose_series(self, number: int) -> None:
        """Read one of several series."""
        choice = self._choice
        if choice is None or not 0 <= number < len(choice.series):
            raise SkullRestoreError("The upload is gone. Send it again.")
        self._require_idle()
        steps = intake.read_steps(choice.path, choice.series[number])
        self._begin("choose series", Job("Read the series", steps), self._read)

    def close(self) -> None:
        """Let go of the case and everything that was made of it."""
        self.cancel()
        if self.session is not None:
            self.session.close()
        self._drop_upload()
        self.session = self._before = None
        self.results.clear()
        self.viewer.clear()
        self.state.update(
            {"case_title": "", "before": "", "series": [], "preview": False, "placing": False, "outlining": False, "implant_shown": False}
        )
        self.show()

    def _sample_made(self, made: tuple[Volume, Volume]) -> None:
        self._open(made[0], "Sample head")
        self._before = intake.add(self.viewer.scene, made[1], "Sample head before the operation")
        self.state.before = "Sample head before the operation"

    def _read(self, made: Volume | Mesh | intake.Choice) -> None:
        if isinstance(made, intake.Choice):
            self._choice = made
            self.state.series = [intake.series_text(one) for one in made.series]
            return
        self._drop_upload()
        self._open(made, intake.describe(made))

    def _before_read(self, made: Volume | Mesh | intake.Choice) -> None:
        if isinstance(made, intake.Choice):
            raise SkullRestoreError("The upload holds several CT series. Send the folder of one series for the comparison.")
        self._drop_upload()
        if self._before is not None:
            self.viewer.scene.RemoveNode(self._before)
        self._before = intake.add(self.viewer.scene, made, "Skull before the operation")
        self.viewer.hide(self._before)
        self.state.before = intake.describe(made)

    def _open(self, record: Volume | Mesh, title: str) -> None:
        self.close()
        node = intake.add(self.viewer.scene, record, "Head")
        self.session = Session(self.viewer.scene, node, schedule=asyncio.get_running_loop().call_soon)
        self.session.findings = tuple(dict.fromkeys((*record.findings, *self.session.findings)))
        self.session.on_change = [self.show]
        self.session.set_snapping(self.state.snapping)
        self.viewer.show_input(node)
        self.state.case_title = title
        suggested = self.session.suggested_threshold()
        self.state.update({"threshold": None if suggested is None else round(suggested), "open": ["input", "restore"]})
        self.show()

    def _drop_upload(self) -> None:
        """Delete what was uploaded: it is read, or given up."""
        folder, self._upload, self._choice = self._upload, None, None
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)

    # --- work

    def start(self, action: str, begin: Callable[[Session], None], ends: Callable[[], None] = lambda: None) -> None:
        """Let the session begin something that takes its time.

        Parameters
        ----------
        action
            For the audit.
        begin
            Called with the session.
        ends
            Called on the main thread when it is done and its result is taken over.
        """
        session = self.require()
        begin(session)
        self._ends = (action, ends)
        self._follow()

    def require(self) -> Session:
        """The session.

        Raises
        ------
        SkullRestoreError
            If there is no case.
        """
        if self.session is None or self.session.closed:
            raise SkullRestoreError("There is no case yet. Upload a head CT, or make the sample, first.")
        return self.session

    def settings(self) -> Settings:
        """What is chosen on the page."""
        try:
            threshold = None if self.state.threshold_auto or self.state.threshold is None else float(self.state.threshold)
            return choices.settings(self.state.run, self.state.implant, threshold)
        except ValueError as error:
            raise SkullRestoreError(str(error)) from error

    def compare(self) -> None:
        """Compare with the skull before the operation."""
        if self._before is None:
            raise SkullRestoreError("Upload the skull before the operation first.")
        self.start("compare", lambda session: session.start_comparison(self._before))

    def cancel(self) -> None:
        """Stop what is going on; what was there before stays."""
        running = self._job is not None or (self.session is not None and self.session.busy)
        if self._job is not None:
            self._job.cancel()
            self._job = self._landed = None
            self._drop_upload()
        if self.session is not None:
            self.session.cancel()
        if running:
            self.audit(self._ends[0], "cancelled")
        self._tell_progress()

    def _require_idle(self) -> None:
        if self._job is not None or (self.session is not None and self.session.busy):
            raise SkullRestoreError("Something is still running. Wait for it, or cancel it first.")

    def _begin(self, action: str, job: Job, landed: Callable[[Any], None]) -> None:
        self._job, self._landed, self._ends = job, landed, (action, lambda: None)
        self._follow()

    def _follow(self) -> None:
        self.state.error = ""
        self._tell_progress()
        if self._watch is None or self._watch.done():
            self._watch = asyncio.create_task(self._until_done())

    async def _until_done(self) -> None:
        """Tell the page how far the work is, and take over its result."""
        while True:
            await asyncio.sleep(_PAUSE_S)
            action, ends = self._ends
            try:
                if self._job is None and (self.session is None or not self.session.busy):
                    break
                self.acting = True
                if self._is_working():
                    continue
                if self._job is None and (self.session is None or not self.session.busy):
                    ends()
                    self.audit(action, "done")
            except Exception as error:
                self.tell_error(action, error)
            finally:
                self.acting = False
                self._tell_progress()

    def _is_working(self) -> bool:
        if self._job is None:
            return self.session.poll()
        if not self._job.done:
            return True
        job, landed, self._job, self._landed = self._job, self._landed, None, None
        if job.error is not None:
            self._drop_upload()
            raise job.error
        if job.result is not None:
            landed(job.result)
        return False

    # --- what is shown

    def show(self) -> None:
        """Show everything that the session tells."""
        self._note_edit()
        self._lighten()
        self.state.update(shown.state_of(self.session))
        if self.session is not None and not self.session.implants:
            self.state.implant_shown = False  # after an edit the surfaces are shown again
        if self.session is not None and not self.results.belong_to(self.session):
            self.results.clear()
        self.state.update({"files": self.results.listed, "legend": self.viewer.legend()})
        self.state.flush()

    def _lighten(self) -> None:
        """Draw the skull with fewer triangles, as soon as they are worked out: a server draws without a graphics card."""
        surface = None if self.session is None else self.session.skull_surface
        if surface is self._drawn:
            return
        self._drawn = surface
        if surface is not None:
            self._lightening = asyncio.create_task(self._draw_lighter(surface))

    async def _draw_lighter(self, surface: Mesh) -> None:
        light = await asyncio.to_thread(mesh.decimate, surface, max_faces=_SKULL_FACES)
        if self.session is not None and self.session.skull_surface is surface and self.session.bone_node is not None:
            skull.show_surface(self.session.bone_node, light)
            self.viewer.draw()

    def _note_edit(self) -> None:
        """Note an edit that a hand made in a view; what a control did is noted by the control."""
        points = () if self.session is None else self.session.points
        before, self._points = self._points, points
        changed = len(before) != len(points) or any(a is not b for a, b in zip(before, points, strict=False))
        if changed and points and not self.acting:
            self.audit("edit points", "done")

    def tell_error(self, action: str, error: BaseException) -> None:
        """Show what went wrong, and note it."""
        if isinstance(error, SkullRestoreError):
            self.state.error = str(error)
            self.audit(action, f"refused ({type(error).__name__})")
        else:
            log.error("Unexpected fault in '%s'", action, exc_info=error)
            self.state.error = "Something went wrong that should not. The server's log tells more; the case is as it was before."
            self.audit(action, f"failed ({type(error).__name__})")
        self.state.flush()

    def _tell_progress(self) -> None:
        job = self._job or (self.session.job if self.session is not None else None)
        self.state.update(
            {"busy": job is not None, "step": "" if job is None else job.step, "percent": 0 if job is None else round(100 * job.fraction)}
        )
        self.state.flush()
