"""What a user may change after a restoration, as one frozen record, and the history of these records."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from SkullRestoreLib.pipeline.results import DetectedDefects
from SkullRestoreLib.records import ReferencePoint
from SkullRestoreLib.settings import Direction

State = TypeVar("State")

MIN_MOVE_MM = 0.05
"""A point that moved by less than this has not moved: it is rounding, as of a scene file."""
_MIN_AUTOMATIC_DISTANCE_MM = 4.0
"""No automatic point is placed nearer than this to a point that the user touched."""


@dataclass(frozen=True, eq=False)
class EditablePoint:
    """One reference point, and where it came from.

    Attributes
    ----------
    point
        As it is.
    original
        As the program placed it; None for a point that the user placed.
    """

    point: ReferencePoint
    original: ReferencePoint | None

    @property
    def is_touched(self) -> bool:
        """Whether the user placed or moved it."""
        return self.original is None or self.point.moved

    @property
    def displacement_mm(self) -> float | None:
        """Distance from where the program placed it, mm; None for a point that the user placed."""
        return None if self.original is None else float(np.linalg.norm(self.point.position - self.original.position))


@dataclass(frozen=True, eq=False)
class EditState:
    """Everything that undo brings back.

    Attributes
    ----------
    detected
        The defects, also those that the user added.
    editable_points
        In the order of the list in the scene.
    disabled_defects
        Numbers of the defects that are switched off.
    count
        How many points per defect the program was asked for.
    insertion_directions
        Directions that the user gave by turning an arrow, by defect. They decide nothing about the surface.
    fullness
        Of the surface, among those that the sound bone allows; 0 is the most likely.
    """

    detected: DetectedDefects
    editable_points: tuple[EditablePoint, ...]
    disabled_defects: frozenset[int] = frozenset()
    count: int = 24
    insertion_directions: Mapping[int, Direction] = field(default_factory=dict)
    fullness: float = 0.0

    @classmethod
    def from_detected(cls, detected: DetectedDefects, count: int = 24, *, fullness: float = 0.0) -> "EditState":
        """Return the state as the program made it.

        Parameters
        ----------
        detected
            Defects with their automatic points.
        count
            How many points per defect were asked for.
        fullness
            Of the surface.

        Returns
        -------
        EditState
            With every defect switched on and no point moved.
        """
        points = tuple(EditablePoint(p, p) for p in detected.points)
        return cls(detected, points, count=count, fullness=fullness)

    @property
    def points(self) -> tuple[ReferencePoint, ...]:
        """All reference points."""
        return tuple(editable.point for editable in self.editable_points)

    def has_same_surface(self, other: "EditState") -> bool:
        """Find out whether another state has the same surface: at most its insertion directions differ.

        Parameters
        ----------
        other
            Of the same restoration.

        Returns
        -------
        bool
            False also where points differ that change nothing.
        """
        return (
            self.detected is other.detected
            and self.editable_points is other.editable_points
            and (self.disabled_defects, self.count, self.fullness)
            == (other.disabled_defects, other.count, other.fullness)
        )

    @property
    def has_edited_points(self) -> bool:
        """Whether a point was moved, placed or deleted, so that there is something to reset."""
        placed = self.detected.points
        return len(self.points) != len(placed) or any(a is not b for a, b in zip(self.points, placed, strict=True))

    @property
    def active_defects(self) -> DetectedDefects:
        """The defects that are switched on."""
        return replace(
            self.detected,
            openings=tuple(o for o in self.detected.openings if o.patch.defect not in self.disabled_defects),
        )

    @property
    def detected_as_placed(self) -> DetectedDefects:
        """The defects that are switched on, with a place by the program for each of their points as they are.

        A point that the user placed has no other place than its own.
        """
        active = [each for each in self.editable_points if each.point.defect not in self.disabled_defects]
        return replace(self.active_defects, points=tuple(each.original or each.point for each in active))

    @property
    def active_points(self) -> tuple[ReferencePoint, ...]:
        """The points of the defects that are switched on."""
        return tuple(p for p in self.points if p.defect not in self.disabled_defects)

    @property
    def defect_numbers(self) -> tuple[int, ...]:
        """Numbers of all defects, switched on or off."""
        return tuple(o.patch.defect for o in self.detected.openings)

    def with_replaced_points(self, replacements: dict[int, ReferencePoint]) -> "EditState":
        """Return a copy in which some points are replaced.

        Parameters
        ----------
        replacements
            Index to new point.

        Returns
        -------
        EditState
            Each replaced point keeps its original.
        """
        return replace(
            self,
            editable_points=tuple(
                replace(editable, point=replacements.get(n, editable.point))
                for n, editable in enumerate(self.editable_points)
            ),
        )

    def with_added_points(self, points: Sequence[ReferencePoint]) -> "EditState":
        """Return a copy with more points, placed by the user.

        Parameters
        ----------
        points
            Go to the end of the list.

        Returns
        -------
        EditState
            A copy.
        """
        return replace(self, editable_points=(*self.editable_points, *(EditablePoint(p, None) for p in points)))

    def without_points(self, indices: Sequence[int]) -> "EditState":
        """Return a copy without the points at these indices.

        Parameters
        ----------
        indices
            Of the points that go.

        Returns
        -------
        EditState
            A copy.
        """
        removed = set(indices)
        return replace(self, editable_points=tuple(k for n, k in enumerate(self.editable_points) if n not in removed))

    def with_reset_points(self, indices: Sequence[int]) -> "EditState":
        """Return a copy in which these points are back where the program placed them.

        Parameters
        ----------
        indices
            Of the points; those that the user placed are removed.

        Returns
        -------
        EditState
            A copy.
        """
        chosen = set(indices)
        kept = []
        for n, editable in enumerate(self.editable_points):
            if n not in chosen:
                kept.append(editable)
            elif editable.original is not None:
                kept.append(EditablePoint(editable.original, editable.original))
        return replace(self, editable_points=tuple(kept))

    def with_all_points_reset(self) -> "EditState":
        """Return a copy with every point as the program placed it, deleted ones too."""
        return replace(self, editable_points=tuple(EditablePoint(p, p) for p in self.detected.points))

    def with_defect_enabled(self, number: int, enabled: bool) -> "EditState":
        """Return a copy with one defect switched on or off.

        Parameters
        ----------
        number
            Of the defect.
        enabled
            Whether it is restored.

        Returns
        -------
        EditState
            A copy.
        """
        return replace(
            self, disabled_defects=self.disabled_defects - {number} if enabled else self.disabled_defects | {number}
        )

    def with_new_automatic_points(self, detected: DetectedDefects, count: int) -> "EditState":
        """Return a copy with other automatic points; those that the user touched stay.

        Parameters
        ----------
        detected
            The same defects with their new points. A new point within 4 mm of a touched one is left out.
        count
            How many points per defect were asked for.

        Returns
        -------
        EditState
            The new points first, then the touched ones.
        """
        touched = [editable for editable in self.editable_points if editable.is_touched]
        automatic = [
            p
            for p in detected.points
            if all(np.linalg.norm(p.position - k.point.position) > _MIN_AUTOMATIC_DISTANCE_MM for k in touched)
        ]
        return replace(
            self,
            detected=detected,
            editable_points=(*(EditablePoint(p, p) for p in automatic), *touched),
            count=count,
        )


def move_reference_point(
    point: ReferencePoint,
    original: ReferencePoint | None,
    *,
    position: NDArray[np.float64],
    normal: NDArray[np.float64],
    confidence: float,
) -> ReferencePoint:
    """Return a point at another position. Back where the program placed it, it counts as not moved.

    Parameters
    ----------
    point
        As it is.
    original
        As the program placed it; None for a point that the user placed.
    position
        (3,) mm RAS.
    normal
        (3,) unit, outwards.
    confidence
        0 to 1.

    Returns
    -------
    ReferencePoint
        Marked as moved, or the original.
    """
    if original is not None and np.linalg.norm(position - original.position) < MIN_MOVE_MM:
        return original
    return replace(point, position=position, normal=normal, confidence=float(confidence), moved=True)


class EditHistory(Generic[State]):
    """Undo and redo of states, which are never changed."""

    MAX_STEPS = 200

    def __init__(self) -> None:
        self._past: list[State] = []
        self._future: list[State] = []

    def record_edit(self, before: State) -> None:
        """Remember the state before an edit; what was undone before cannot be redone any more.

        Parameters
        ----------
        before
            The state that undo brings back.
        """
        self._past = [*self._past, before][-self.MAX_STEPS :]
        self._future = []

    @property
    def can_undo(self) -> bool:
        """Whether there is an edit to undo."""
        return bool(self._past)

    @property
    def can_redo(self) -> bool:
        """Whether there is an edit to redo."""
        return bool(self._future)

    def undo(self, current: State) -> State:
        """Step back.

        Parameters
        ----------
        current
            Kept for redo.

        Returns
        -------
        State
            The state before the last edit.

        Raises
        ------
        IndexError
            If there is nothing to undo.
        """
        self._future.append(current)
        return self._past.pop()

    def redo(self, current: State) -> State:
        """Step forward again.

        Parameters
        ----------
        current
            Kept for undo.

        Returns
        -------
        State
            The state before the last undo.

        Raises
        ------
        IndexError
            If there is nothing to redo.
        """
        self._past.append(current)
        return self._future.pop()

    def clear(self) -> None:
        """Forget everything."""
        self._past, self._future = [], []
