"""Follow what the user paints with the effect *Skull defect*: strokes in, area and restored surface out.

The restoration runs in the background, as in the panel; the effect's own timer takes its result over, because the panel
may never have been opened.
"""

import slicer
from slicer.i18n import tr as _

from SkullRestorePanelLib import language
from SkullRestorePanelLib.logic import POLL_INTERVAL_S, SkullRestoreLogic
from SkullRestorePanelLib.messages import panel_words

PAUSE_MS = 400
"""Strokes that follow each other faster are restored together."""
_EVENTS = ("SegmentModified", "SourceRepresentationModified", "SegmentAdded", "SegmentRemoved")


def session_of(segmentationNode):
    """Find the session whose bone a segmentation is; where its case was not opened yet, open it.

    Parameters
    ----------
    segmentationNode : vtkMRMLSegmentationNode or None

    Returns
    -------
    SkullRestoreLib.session.Session or None
        None where it is no case's bone, or the input of the case is gone.
    """
    from SkullRestoreLib.errors import SkullRestoreError
    from SkullRestoreLib.scene.case_node import case_nodes

    for case in case_nodes(slicer.mrmlScene):
        bone, source = case.GetNodeReference("bone"), case.GetNodeReference("input")
        if None not in (segmentationNode, bone, source) and bone.GetID() == segmentationNode.GetID():
            try:
                return SkullRestoreLogic().sessionForNode(source)
            except SkullRestoreError:
                return None
    return None


class DefectPainter:
    """What happens between the first stroke and the last one.

    Parameters
    ----------
    editorNode : vtkMRMLSegmentEditorNode
        Says which segment is painted, and what that overwrites.
    show : callable
        Shows a text to the user.
    follows : callable
        Whether the skull is restored after each stroke.
    """

    def __init__(self, editorNode, show, follows):
        import qt

        self._editorNode, self._show, self._follows = editorNode, show, follows
        self._session = self._job = self._segmentation = self._seen = self._modeBefore = None
        self._tags = []
        self._pause, self._poll = qt.QTimer(), qt.QTimer()
        self._pause.setInterval(PAUSE_MS)
        self._poll.setInterval(1)
        self._pause.connect("timeout()", self._onPause)
        self._poll.connect("timeout()", self._onPoll)

    def begin(self):
        """Choose the segment of the paint, let it overwrite the bone, and follow its strokes."""
        from SkullRestoreLib.errors import SkullRestoreError

        node = self._editorNode.GetSegmentationNode()
        session = session_of(node)
        if session is None or session.is_closed:
            self._show(
                _(
                    "This is not the bone of a case. In the module SkullRestore choose the head, press 'Segment', "
                    "and then 'Open in Segment Editor'."
                )
            )
            return
        if not session.is_segmented:
            self._show(_("This case was not opened yet. Open it in the module SkullRestore first."))
            return
        try:
            segment = session.painted.segment_id()
        except SkullRestoreError as error:
            self._show(panel_words(str(error)))
            return
        self._session, self._segmentation = session, node.GetSegmentation()
        self._modeBefore = self._editorNode.GetOverwriteMode()
        self._editorNode.SetOverwriteMode(self._editorNode.OverwriteAllSegments)
        self._editorNode.SetSelectedSegmentID(segment)
        self._seen = session.painted.fingerprint()
        self._tags = [
            self._segmentation.AddObserver(getattr(self._segmentation, name), self._onChanged) for name in _EVENTS
        ]
        self.showState()

    def end(self):
        """Stop following; what the editor did before it does again."""
        self._pause.stop()
        self._poll.stop()
        for tag in self._tags:
            self._segmentation.RemoveObserver(tag)
        if self._modeBefore is not None:
            self._editorNode.SetOverwriteMode(self._modeBefore)
        self._tags, self._session, self._segmentation, self._modeBefore = [], None, None, None

    def restore(self, *, even_if_points_are_lost=False):
        """Restore the skull without the painted bone, in the background.

        Parameters
        ----------
        even_if_points_are_lost : bool
            Whether that is done although points were moved.
        """
        from SkullRestoreLib.errors import SkullRestoreError

        self._pause.stop()
        if self._session is None:
            return
        if self._session.job is not None and self._session.job is self._job:
            self._session.cancel()  # of an earlier stroke
        try:
            SkullRestoreLogic().requirePackages("segment", "restore")
            self._session.painted.start(even_if_points_are_lost=even_if_points_are_lost)
        except SkullRestoreError as error:
            self._show(panel_words(str(error)))
            return
        self._job = self._session.job
        self._poll.start()
        self.showState()

    def clear(self):
        """Remove the paint, and begin anew."""
        if self._session is not None:
            session = self._session
            session.painted.clear()
            self._editorNode.SetSelectedSegmentID(session.painted.segment_id())
            self._onChanged()

    def showState(self):
        """Show the area of what is painted, and what is restored there."""
        session = self._session
        area, row = session.painted.area_cm2(), session.painted.defect()
        lines = []
        if self._seen is None:
            lines.append(_("Nothing is painted yet."))
        elif area is not None:
            lines.append(_("Painted: {area} cm² of the vault.").format(area=f"{area:.1f}"))
        if session.job is not None and session.job is self._job:
            lines.append(_("Restoring: {step} …").format(step=language.translate(session.job.step)))
        elif row is not None:
            lines.append(
                _("Defect {number}: {area} cm², {side}, {region}. Its restored surface is shown.").format(
                    number=row.number,
                    area=f"{row.area_cm2:.1f}",
                    side=language.translate(row.side),
                    region=language.translate(row.region),
                )
            )
        self._show("\n".join(lines))

    def _onChanged(self, _caller=None, _event=None):
        """Look whether the paint is another one; the editor reports every change of every segment."""
        if self._session is None or self._session.is_closed:
            return
        painted = self._session.painted.fingerprint()
        if painted == self._seen:
            return
        self._seen = painted
        self.showState()
        if painted is not None and self._follows():
            self._pause.start()

    def _onPause(self):
        self._pause.stop()
        self.restore()

    def _onPoll(self):
        """Let the background work for a moment, and take over its result when it is done."""
        from SkullRestoreLib.errors import SkullRestoreError

        session = self._session
        if session is None or session.is_closed:
            self._poll.stop()
            return
        try:
            with slicer.util.tryWithErrorDisplay(_("The skull could not be restored.")):
                try:
                    busy = session.poll(POLL_INTERVAL_S)
                except SkullRestoreError as error:
                    self._poll.stop()
                    self._show(panel_words(str(error)))
                    return
        except BaseException:
            self._poll.stop()
            raise
        if not busy and session.is_busy:  # a missed defect is added now
            self._job = session.job
        elif not busy:
            self._poll.stop()
        self.showState()
