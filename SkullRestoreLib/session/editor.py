"""Listens to the reference points in the scene and tells what a hand did to them: dragged, let go, placed, removed."""

from collections.abc import Callable

from SkullRestoreLib.scene import points


class Editor:
    """Turns the events of a markups node into four calls.

    Parameters
    ----------
    node
        ``vtkMRMLMarkupsFiducialNode``.
    began
        A drag begins.
    follows
        Called while a point is dragged.
    settled
        Called when a point was let go, or moved by a program.
    changed
        Called when points were added or removed.
    schedule
        Runs a call soon, on the main thread; several events before it runs make one call. At once by default.
    """

    def __init__(
        self,
        node,
        *,
        began: Callable[[], None],
        follows: Callable[[], None],
        settled: Callable[[], None],
        changed: Callable[[], None],
        schedule: Callable[[Callable[[], None]], None] | None = None,
    ):
        self._node, self._began, self._follows, self._settled, self._changed = node, began, follows, settled, changed
        self._schedule = schedule or (lambda call: call())
        self._quiet = 0
        self._dragging = False
        self._waiting: list[Callable[[], None]] = []
        self._known = points.identifiers(node)
        events = {
            "PointStartInteractionEvent": self._on_start,
            "PointModifiedEvent": self._on_modified,
            "PointEndInteractionEvent": self._on_end,
            "PointAddedEvent": self._on_number,
            "PointRemovedEvent": self._on_number,
            "PointPositionDefinedEvent": self._on_number,
        }
        self._tags = [node.AddObserver(getattr(node, name), call) for name, call in events.items()]

    @property
    def dragging(self) -> bool:
        """Whether a point is being dragged."""
        return self._dragging

    def close(self) -> None:
        """Stop listening."""
        for tag in self._tags:
            self._node.RemoveObserver(tag)
        self._tags, self._waiting, self._node = [], [], None

    def __enter__(self):
        """Within ``with editor:`` the session itself writes, and nothing is told."""
        self._quiet += 1
        return self

    def __exit__(self, *_):
        self._quiet -= 1
        if self._node is not None:
            self._known = points.identifiers(self._node)

    def _on_start(self, *_):
        if not self._quiet:
            self._dragging = True
            self._began()

    def _on_modified(self, *_):
        if self._quiet or self._node is None or points.identifiers(self._node) != self._known:
            return
        self._soon(self._follows if self._dragging else self._settled)

    def _on_end(self, *_):
        if self._quiet:
            return
        self._dragging = False
        self._waiting = [call for call in self._waiting if call is not self._follows]
        self._settled()

    def _on_number(self, *_):
        if self._quiet or self._node is None or points.identifiers(self._node) == self._known:
            return
        self._known = points.identifiers(self._node)
        self._soon(self._changed)

    def _soon(self, call: Callable[[], None]) -> None:
        if call in self._waiting:
            return
        self._waiting.append(call)
        if len(self._waiting) == 1:
            self._schedule(self._run)

    def _run(self) -> None:
        calls, self._waiting = self._waiting, []
        for call in calls:
            if self._node is not None:
                call()
