"""The arrows along which the implants of a case are put in: shown after a design, taken into the next one where a hand has turned them."""

from collections.abc import Sequence

from SkullRestoreLib.case import Implant
from SkullRestoreLib.scene import case_node, ways
from SkullRestoreLib.settings import Direction


class Ways:
    """The arrows of one case. What a hand has turned is told by the nodes themselves, so that it is saved with the scene."""

    def __init__(self, case):
        self._case = case
        self._watched: list[tuple] = []
        self.wanted = True  # whether they are shown beside the implants
        self._in_front = False
        for number, line in case_node.parts(case, "way").items():
            self._watch(number, line)

    @property
    def any(self) -> bool:
        """Whether there are arrows."""
        return bool(case_node.parts(self._case, "way"))

    def by_hand(self) -> dict[int, Direction]:
        """Directions that a hand has given, by defect: from outside inwards, unit, RAS."""
        turned = {number: ways.turned_by_hand(line) for number, line in case_node.parts(self._case, "way").items()}
        return {number: tuple(float(x) for x in way) for number, way in turned.items() if way is not None}

    def show(self, implants: Sequence[Implant]) -> None:
        """An arrow for each implant; those that a hand has turned stay where they are."""
        turned = self.by_hand()
        for one in implants:
            if one.insertion is None or one.defect in turned:
                continue
            line = case_node.part(self._case, f"way{one.defect}", "vtkMRMLMarkupsLineNode", f"Way in {one.defect}")
            ways.show_way(line, one)
            self._watch(one.defect, line)
        self.foreground("implant")

    def forget(self) -> None:
        """Take the arrows away; the next design finds the ways in again."""
        self.close()
        case_node.drop_all(self._case, ("way", "arrow"))

    def foreground(self, what: str) -> None:
        """Show the arrows with the implants, hide them with the surfaces."""
        self._in_front = what == "implant"
        for prefix in ("way", "arrow"):
            for node in case_node.parts(self._case, prefix).values():
                if node.GetDisplayNode() is not None:
                    node.GetDisplayNode().SetVisibility(self._in_front and self.wanted)

    def set_wanted(self, wanted: bool) -> None:
        """Whether arrows are shown at all."""
        self.wanted = wanted
        self.foreground("implant" if self._in_front else "surface")

    def close(self) -> None:
        """Stop listening."""
        for line, tag in self._watched:
            line.RemoveObserver(tag)
        self._watched = []

    def _watch(self, number: int, line) -> None:
        arrow = case_node.part(self._case, f"arrow{number}", "vtkMRMLModelNode", f"Arrow {number}")
        ways.show_arrow(arrow, line)
        if all(line is not known for known, _ in self._watched):
            tag = line.AddObserver(line.PointModifiedEvent, lambda *_: ways.show_arrow(arrow, line))
            self._watched.append((line, tag))
