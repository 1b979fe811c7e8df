"""The insertion arrows of a case: a design shows them, and the next design uses those that the user turned."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from SkullRestoreLib.implant.insertion import hold_in_cone
from SkullRestoreLib.records import Implant
from SkullRestoreLib.scene import case_node, insertion_lines
from SkullRestoreLib.scene.mrml_types import MrmlNode
from SkullRestoreLib.session.point_observer import PointObserver, Schedule
from SkullRestoreLib.settings import Direction


class InsertionArrows:
    """The arrows of one case. The nodes themselves keep the user's directions, so that a scene file keeps them too.

    While the user turns an arrow, it stays within the directions along which an implant can be put in.

    Parameters
    ----------
    case
        The case node.
    schedule
        Runs a call soon on the main thread; at once by default.

    Attributes
    ----------
    is_visible : bool
        Whether arrows are shown with the implants.
    cone_axis : callable
        Gives the mean outward normal of a defect by its number, (3,) unit, RAS; None where it is not known.
    on_turn : callable
        Called whenever a line is changed, also while it is dragged.
    on_turned : callable
        Called when the user has turned an arrow: whether it was held back at the last directions that are possible.
    """

    def __init__(self, case: MrmlNode, schedule: Schedule | None = None) -> None:
        self.is_visible = True
        self.cone_axis: Callable[[int], NDArray[np.float64] | None] = lambda _number: None
        self.on_turn: Callable[[], None] = lambda: None
        self.on_turned: Callable[[bool], None] = lambda _held_back: None
        self._case_node = case
        self._schedule = schedule
        self._observers: dict[int, tuple[MrmlNode, PointObserver]] = {}
        self._held_back: set[int] = set()
        self._implant_in_front = False
        for number, line in case_node.nodes_for_prefix(case, "way").items():
            self._observe_line(number, line)

    @property
    def has_arrows(self) -> bool:
        """Whether there are arrows."""
        return bool(case_node.nodes_for_prefix(self._case_node, "way"))

    def user_directions(self) -> dict[int, Direction]:
        """Read the directions that the user gave.

        Returns
        -------
        dict
            Number of the defect to unit vector from outside inwards, RAS.
        """
        directions = {
            number: insertion_lines.user_direction(line)
            for number, line in case_node.nodes_for_prefix(self._case_node, "way").items()
        }
        return {n: (float(d[0]), float(d[1]), float(d[2])) for n, d in directions.items() if d is not None}

    def show_directions(self, directions: Mapping[int, Direction]) -> None:
        """Turn the arrows to these directions, as undo and redo do.

        Parameters
        ----------
        directions
            By defect; an arrow without one gets the direction of its design back.
        """
        for number, line in case_node.nodes_for_prefix(self._case_node, "way").items():
            direction = directions.get(number)
            with self._observe_line(number, line):
                insertion_lines.turn_line(line, None if direction is None else np.array(direction))
            self._draw_arrow(number, line)

    def show_arrows(self, implants: Sequence[Implant]) -> None:
        """Show an arrow for each implant; those that the user turned stay as they are.

        Parameters
        ----------
        implants
            One without an insertion direction gets no arrow.
        """
        turned = self.user_directions()
        for implant in implants:
            number = implant.defect
            if implant.insertion_direction is None or number in turned:
                continue
            line = case_node.node_for_role(
                self._case_node, f"way{number}", "vtkMRMLMarkupsLineNode", f"Insertion direction {number}"
            )
            with self._observe_line(number, line):
                insertion_lines.show_insertion_line(line, implant)
            self._draw_arrow(number, line)
        self.bring_to_front("implant")

    def remove_arrows(self) -> None:
        """Remove the arrows; the next design finds the insertion directions itself."""
        self.stop_observing()
        case_node.remove_prefix_nodes(self._case_node, ("way", "arrow"))

    def bring_to_front(self, layer: str) -> None:
        """Show the arrows with the implants, hide them with the surfaces.

        Parameters
        ----------
        layer
            ``"implant"`` or ``"surface"``.
        """
        self._implant_in_front = layer == "implant"
        for prefix in ("way", "arrow"):
            for node in case_node.nodes_for_prefix(self._case_node, prefix).values():
                if node.GetDisplayNode() is not None:
                    node.GetDisplayNode().SetVisibility(self._implant_in_front and self.is_visible)

    def set_visible(self, visible: bool) -> None:
        """Choose whether arrows are shown at all.

        Parameters
        ----------
        visible
            False hides them also with the implants.
        """
        self.is_visible = visible
        self.bring_to_front("implant" if self._implant_in_front else "surface")

    def report_now(self) -> None:
        """Report at once what was done with the lines and waits for the schedule."""
        for _, observer in list(self._observers.values()):
            observer.report_now()

    def stop_observing(self) -> None:
        """Stop observing the lines."""
        for _, observer in self._observers.values():
            observer.close()
        self._observers = {}

    # --- what the user does in the scene

    def _on_dragged(self, number: int, line: MrmlNode) -> None:
        self._hold_in_cone(number, line)
        self._draw_arrow(number, line)
        self.on_turn()

    def _on_released(self, number: int, line: MrmlNode) -> None:
        """Put a line that was dragged, moved by a program, or lost an end, where its direction has it."""
        self._hold_in_cone(number, line)
        with self._observe_line(number, line):
            insertion_lines.turn_line(line, insertion_lines.user_direction(line))
        self._draw_arrow(number, line)
        held_back = number in self._held_back
        self._held_back.discard(number)
        self.on_turned(held_back)
        self.on_turn()

    def _hold_in_cone(self, number: int, line: MrmlNode) -> None:
        """Turn a line back to the nearest direction along which an implant can be put in."""
        direction, axis = insertion_lines.line_direction(line), self.cone_axis(number)
        if direction is None or axis is None:
            return
        held = hold_in_cone(direction, axis)
        if held is not direction:
            self._held_back.add(number)
            with self._observe_line(number, line):
                insertion_lines.turn_line(line, held)

    def _draw_arrow(self, number: int, line: MrmlNode) -> None:
        arrow = case_node.node_for_role(self._case_node, f"arrow{number}", "vtkMRMLModelNode", f"Arrow {number}")
        insertion_lines.show_insertion_arrow(arrow, line)

    def _observe_line(self, number: int, line: MrmlNode) -> PointObserver:
        """Return the observer of a line; within ``with`` it reports nothing."""
        known = self._observers.get(number)
        if known is not None and known[0] is line:
            return known[1]
        if known is not None:
            known[1].close()
        self._draw_arrow(number, line)
        observer = PointObserver(
            line,
            on_drag_start=lambda: None,
            on_drag=lambda: self._on_dragged(number, line),
            on_point_moved=lambda: self._on_released(number, line),
            on_point_count_changed=lambda: self._on_released(number, line),
            schedule=self._schedule,
        )
        self._observers[number] = (line, observer)
        return observer
