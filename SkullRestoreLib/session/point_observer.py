"""Observe the reference points in the scene: MRML events in, four kinds of edit out."""

from collections.abc import Callable
from types import TracebackType
from typing import Any

from SkullRestoreLib.scene import points
from SkullRestoreLib.scene.mrml_types import MrmlNode

Schedule = Callable[[Callable[[], None]], None]
"""Runs a call soon on the main thread, such as a timer of 0 ms."""


def run_at_once(call: Callable[[], None]) -> None:
    """Run a call now: the schedule of a program without an event loop.

    Parameters
    ----------
    call
        What to run.
    """
    call()


class PointObserver:
    """Turns the events of a markups node into four calls.

    Within ``with observer:`` nothing is reported, because the session itself changes the node.

    Parameters
    ----------
    node
        ``vtkMRMLMarkupsFiducialNode``.
    on_drag_start
        The user takes hold of a point.
    on_drag
        Called while a point is dragged.
    on_point_moved
        Called when a point was released, or moved by a program.
    on_point_count_changed
        Called when points were added or removed.
    schedule
        Several events before it runs a call make one call. At once by default.
    """

    def __init__(
        self,
        node: MrmlNode,
        *,
        on_drag_start: Callable[[], None],
        on_drag: Callable[[], None],
        on_point_moved: Callable[[], None],
        on_point_count_changed: Callable[[], None],
        schedule: Schedule | None = None,
    ) -> None:
        self.schedule: Schedule = schedule or run_at_once
        self._node: MrmlNode | None = node
        self._report_drag_start, self._report_drag = on_drag_start, on_drag
        self._report_point_moved, self._report_point_count = on_point_moved, on_point_count_changed
        self._mute_depth = 0
        self._is_dragging = False
        self._pending_calls: list[Callable[[], None]] = []
        self._known_ids = points.identifiers(node)
        events = {
            "PointStartInteractionEvent": self._on_drag_start,
            "PointModifiedEvent": self._on_point_modified,
            "PointEndInteractionEvent": self._on_drag_end,
            "PointAddedEvent": self._on_point_count_changed,
            "PointRemovedEvent": self._on_point_count_changed,
            "PointPositionDefinedEvent": self._on_point_count_changed,
        }
        self._tags = [node.AddObserver(getattr(node, name), call) for name, call in events.items()]

    def close(self) -> None:
        """Stop observing."""
        if self._node is not None:
            for tag in self._tags:
                self._node.RemoveObserver(tag)
        self._tags, self._pending_calls, self._node = [], [], None

    def __enter__(self) -> "PointObserver":
        self._mute_depth += 1
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._mute_depth -= 1
        if self._node is not None:
            self._known_ids = points.identifiers(self._node)

    def _on_drag_start(self, *_: Any) -> None:
        if not self._mute_depth:
            self._is_dragging = True
            self._report_drag_start()

    def _on_point_modified(self, *_: Any) -> None:
        if self._mute_depth or self._node is None or points.identifiers(self._node) != self._known_ids:
            return
        self._schedule_call(self._report_drag if self._is_dragging else self._report_point_moved)

    def _on_drag_end(self, *_: Any) -> None:
        if self._mute_depth:
            return
        self._is_dragging = False
        self._pending_calls = [call for call in self._pending_calls if call is not self._report_drag]
        self._report_point_moved()

    def _on_point_count_changed(self, *_: Any) -> None:
        if self._mute_depth or self._node is None or points.identifiers(self._node) == self._known_ids:
            return
        self._known_ids = points.identifiers(self._node)
        self._schedule_call(self._report_point_count)

    def _schedule_call(self, call: Callable[[], None]) -> None:
        if call in self._pending_calls:
            return
        self._pending_calls.append(call)
        if len(self._pending_calls) == 1:
            self.schedule(self._run_pending_calls)

    def report_now(self) -> None:
        """Report at once what waits for the schedule."""
        if self._pending_calls:
            self._run_pending_calls()

    def report_drag_now(self) -> None:
        """Report a drag at once that waits for the schedule; what ends an edit waits still."""
        if self._report_drag in self._pending_calls and self._node is not None:
            self._pending_calls = [call for call in self._pending_calls if call != self._report_drag]
            self._report_drag()

    def _run_pending_calls(self) -> None:
        calls, self._pending_calls = self._pending_calls, []
        for call in calls:
            if self._node is not None:
                call()
