"""Where an implant is fixed, chosen by hand: reference points are clicked on, and can be clicked on again."""

from collections.abc import Callable
from typing import Any

import numpy as np
import slicer
from numpy.typing import ArrayLike

from SkullRestoreLib.errors import SkullRestoreError
from SkullRestoreLib.pipeline.editable import point_labels
from SkullRestoreLib.scene import views
from SkullRestoreLib.session import Session
from SkullRestoreLib.web.page_state import NOTHING_PLACED

NO_FIXATIONS: dict[str, Any] = {"fixation_points": [], "choosing_fixations": False, "fixation_choices": []}
"""What the page shows where no points are chosen."""
REACH_MM = 20.0
"""A click chooses the nearest reference point, if it is this near: between two points along a rim are about 10 mm."""
TOO_FAR = "There is no reference point near that place. Click on the rim, next to one of the points."
_COLOUR = (0.85, 0.45, 0.95)
_GLYPH_SIZE_MM = 8.0


class FixationPoints:
    """The reference points at which the implants of one page are fixed.

    They are a setting of the implants (``fixation_points``); a step here can be undone as long as nothing was edited
    since.

    Parameters
    ----------
    state
        trame's state.
    scene
        MRML scene of the page.
    session
        Gives the session; None where there is no case.
    after_event
        Runs a call when the event in progress is over.
    on_change
        Called when points were chosen.
    report_error
        Called with what is wrong with a click.
    """

    def __init__(
        self,
        state: Any,
        scene: Any,
        session: Callable[[], Session | None],
        *,
        after_event: Callable[[Callable[[], None]], None],
        on_change: Callable[[], None],
        report_error: Callable[[SkullRestoreError], None],
    ) -> None:
        self._state, self._scene, self._session = state, scene, session
        self._after_event, self._on_change, self._report_error = after_event, on_change, report_error
        self._undone: list[tuple[Any, tuple[str, ...]]] = []
        self._done: list[tuple[Any, tuple[str, ...]]] = []
        self._clicks: Any = None
        self._marks: Any = None
        state.update(NO_FIXATIONS)

    @property
    def chosen(self) -> tuple[str, ...]:
        """Labels of the chosen points, such as ``1-03``."""
        session = self._open_session()
        return () if session is None else session.settings.implant.fixation_points

    @property
    def can_undo(self) -> bool:
        """Whether the last thing that was done is a choice of a point."""
        return bool(self._done) and self._done[-1][0] is self._edit_state()

    @property
    def can_redo(self) -> bool:
        """Whether the last thing that was undone is a choice of a point."""
        return bool(self._undone) and self._undone[-1][0] is self._edit_state()

    def undo(self) -> None:
        """Take the last choice back."""
        self._step(self._done, self._undone)

    def redo(self) -> None:
        """Choose again what was taken back."""
        self._step(self._undone, self._done)

    def _step(self, source: list[tuple[Any, tuple[str, ...]]], target: list[tuple[Any, tuple[str, ...]]]) -> None:
        state, labels = source.pop()
        target.append((state, self.chosen))
        self._set(labels)

    def let_clicks_choose(self, on: bool) -> None:
        """Let clicks in the views choose points, or end that.

        Parameters
        ----------
        on
            Whether they do.
        """
        if on:
            node = self._click_node()
            views.set_placing_points(self._scene, node, True)
        elif self._clicks is not None:
            views.set_placing_points(self._scene, self._clicks, False)
        self._state.update(NOTHING_PLACED | {"choosing_fixations": on} if on else {"choosing_fixations": False})

    def choose_nearest(self, position: ArrayLike) -> None:
        """Choose the reference point that is nearest to a place; one that is chosen already is dropped.

        Parameters
        ----------
        position
            (3,) mm RAS.

        Raises
        ------
        SkullRestoreError
            If there is none near.
        """
        session = self._open_session()
        points = () if session is None else session.points
        if not points:
            raise SkullRestoreError(TOO_FAR)
        away = np.linalg.norm(np.array([point.position for point in points]) - np.asarray(position, float), axis=1)
        if away.min() > REACH_MM:
            raise SkullRestoreError(TOO_FAR)
        self.toggle(point_labels(points)[int(away.argmin())])

    def toggle(self, label: str) -> None:
        """Choose a point, or drop it.

        Parameters
        ----------
        label
            Of the point, such as ``1-03``.
        """
        labels = self.chosen
        kept = tuple(one for one in labels if one != label)
        self._change(kept if label in labels else tuple(sorted((*labels, label))))

    def clear(self) -> None:
        """Drop all points: fixations are spread evenly along the rim again."""
        if self.chosen:
            self._change(())

    def _change(self, labels: tuple[str, ...]) -> None:
        self._done.append((self._edit_state(), self.chosen))
        self._undone.clear()
        self._set(labels)

    def _set(self, labels: tuple[str, ...]) -> None:
        session = self._open_session()
        if session is None:
            return
        implant = session.settings.implant.with_changes(fixation_points=labels)
        session.choose(session.settings.with_changes(implant=implant))
        if self._state.error == TOO_FAR:
            self._state.error = ""
        self._on_change()

    def update(self) -> None:
        """Show which points are chosen, in the page and in the views."""
        session = self._open_session()
        restored = session is not None and session.is_restored
        labels = point_labels(session.points) if session is not None and restored else []
        chosen = [label for label in self.chosen if restored]
        self._state.update(
            {"fixation_points": chosen, "fixation_choices": [one for one in labels if one not in chosen]}
        )
        wanted = session is not None and restored and session.settings.implant.fixation != "none"
        if not wanted and self._state.choosing_fixations:
            self.let_clicks_choose(False)
        self._show_marks([session.points[labels.index(one)] for one in chosen if one in labels] if wanted else [])

    def forget(self) -> None:
        """Forget what belongs to a case: it is closed, and its scene is emptied."""
        self._done, self._undone = [], []
        self._clicks = self._marks = None
        self._state.update(NO_FIXATIONS)

    def _open_session(self) -> Session | None:
        session = self._session()
        return None if session is None or session.is_closed else session

    def _edit_state(self) -> Any:
        session = self._open_session()
        return None if session is None or session.edits is None else session.edits.state

    # --- nodes of the scene

    def _click_node(self) -> Any:
        if self._clicks is None or self._clicks.GetScene() is None:
            self._clicks = self._add_list("Fixation")
            event = slicer.vtkMRMLMarkupsNode.PointPositionDefinedEvent
            self._clicks.AddObserver(event, lambda *_: self._after_event(self._take_click))
        return self._clicks

    def _take_click(self) -> None:
        """Use a place that was clicked on; the point itself goes."""
        node = self._clicks
        if node is None or node.GetScene() is None:
            return
        defined = [n for n in range(node.GetNumberOfControlPoints()) if node.GetNthControlPointPositionStatus(n) == 2]
        places = [np.array(node.GetNthControlPointPositionWorld(n)) for n in defined]
        for n in reversed(defined):
            node.RemoveNthControlPoint(n)
        for place in places:
            try:
                self.choose_nearest(place)
            except SkullRestoreError as error:
                self._report_error(error)

    def _show_marks(self, points: list[Any]) -> None:
        if self._marks is None or self._marks.GetScene() is None:
            if not points:
                return
            self._marks = self._add_list("Fixations")
            self._marks.SetLocked(True)
        known = [self._marks.GetNthControlPointPositionWorld(n) for n in range(self._marks.GetNumberOfControlPoints())]
        if len(known) == len(points) and all(
            np.allclose(a, b.position, atol=1e-6) for a, b in zip(known, points, strict=True)
        ):
            return
        self._marks.RemoveAllControlPoints()
        for point in points:
            self._marks.AddControlPointWorld(*map(float, point.position))

    def _add_list(self, name: str) -> Any:
        selection = self._scene.GetNodeByID("vtkMRMLSelectionNodeSingleton")
        placed = None if selection is None else selection.GetActivePlaceNodeID()
        node = self._scene.AddNewNodeByClass("vtkMRMLMarkupsFiducialNode", name)
        if selection is not None:
            selection.SetActivePlaceNodeID(placed)  # a new list would take the clicks that are meant for another one
        node.CreateDefaultDisplayNodes()
        node.SetSaveWithScene(False)
        node.SetControlPointLabelFormat("")
        display = node.GetDisplayNode()
        display.SetSaveWithScene(False)
        for set_colour in (display.SetSelectedColor, display.SetColor, display.SetActiveColor):
            set_colour(*_COLOUR)
        display.SetGlyphTypeFromString("ThickCross2D")
        display.SetUseGlyphScale(False)
        display.SetGlyphSize(_GLYPH_SIZE_MM)
        display.SetPointLabelsVisibility(False)
        display.SetPropertiesLabelVisibility(False)
        return node
