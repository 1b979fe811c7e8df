"""What a surgeon may change after a restoration, as one frozen record, and a history of it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from SkullRestoreLib.case import ReferencePoint
from SkullRestoreLib.chapters import Found

MOVED_MM = 0.05
"""A shift smaller than this is rounding, not a move."""


@dataclass(frozen=True)
class Knot:
    """One reference point, and where it came from."""

    point: ReferencePoint
    home: ReferencePoint | None  # as the program placed it; None for a point placed by hand

    @property
    def moved_mm(self) -> float | None:
        """How far from its home it is; None for a point placed by hand."""
        return None if self.home is None else float(np.linalg.norm(self.point.position - self.home.position))


@dataclass(frozen=True)
class Design:
    """Everything that undo brings back."""

    found: Found  # a missed hole that was added is in here
    knots: tuple[Knot, ...]
    off: frozenset[int] = frozenset()  # numbers of the defects that are switched off

    @classmethod
    def of(cls, found: Found) -> "Design":
        """As the program made it."""
        return cls(found, tuple(Knot(p, p) for p in found.points))

    @property
    def points(self) -> tuple[ReferencePoint, ...]:
        """All reference points."""
        return tuple(k.point for k in self.knots)

    @property
    def active(self) -> Found:
        """What is found without the defects that are switched off."""
        return replace(self.found, openings=tuple(o for o in self.found.openings if o.patch.defect not in self.off))

    @property
    def active_points(self) -> tuple[ReferencePoint, ...]:
        """The points of the defects that are not switched off."""
        return tuple(p for p in self.points if p.defect not in self.off)

    @property
    def numbers(self) -> tuple[int, ...]:
        """All defects."""
        return tuple(o.patch.defect for o in self.found.openings)

    def with_points(self, changed: dict[int, ReferencePoint]) -> "Design":
        """Some points replaced, by index."""
        return replace(self, knots=tuple(replace(k, point=changed.get(n, k.point)) for n, k in enumerate(self.knots)))

    def with_added(self, points: Sequence[ReferencePoint]) -> "Design":
        """More points, placed by hand."""
        return replace(self, knots=(*self.knots, *(Knot(p, None) for p in points)))

    def without(self, indices: Sequence[int]) -> "Design":
        """Some points less."""
        gone = set(indices)
        return replace(self, knots=tuple(k for n, k in enumerate(self.knots) if n not in gone))

    def reset(self, indices: Sequence[int]) -> "Design":
        """Points back where the program placed them; those placed by hand go."""
        chosen = set(indices)
        kept = (k if n not in chosen else Knot(k.home, k.home) for n, k in enumerate(self.knots) if n not in chosen or k.home is not None)
        return replace(self, knots=tuple(kept))

    def reset_all(self) -> "Design":
        """Every point as the program placed it, deleted ones too."""
        return replace(self, knots=tuple(Knot(p, p) for p in self.found.points))

    def switched(self, number: int, on: bool) -> "Design":
        """One defect switched on or off."""
        return replace(self, off=self.off - {number} if on else self.off | {number})

    def placed_again(self, found: Found) -> "Design":
        """Other automatic points; those touched by hand stay, and no automatic point stands next to one."""
        touched = [k for k in self.knots if k.home is None or k.point.moved]
        near = 4.0
        fresh = [p for p in found.points if all(np.linalg.norm(p.position - k.point.position) > near for k in touched)]
        return replace(self, found=found, knots=(*(Knot(p, p) for p in fresh), *touched))


def moved_to(
    point: ReferencePoint, home: ReferencePoint | None, position: np.ndarray, normal: np.ndarray, confidence: float
) -> ReferencePoint:
    """The point at another place. Brought back to within rounding of its home it counts as not moved."""
    if home is not None and np.linalg.norm(position - home.position) < MOVED_MM:
        return home
    return replace(point, position=position, normal=normal, confidence=float(confidence), moved=True)


class History:
    """Undo and redo."""

    LIMIT = 200

    def __init__(self) -> None:
        self._past: list[Design] = []
        self._future: list[Design] = []

    def record(self, before: Design) -> None:
        """Remember what was before an edit; what was undone before is forgotten."""
        self._past = [*self._past, before][-self.LIMIT :]
        self._future = []

    @property
    def can_undo(self) -> bool:
        """Whether there is something to take back."""
        return bool(self._past)

    @property
    def can_redo(self) -> bool:
        """Whether there is something to do again."""
        return bool(self._future)

    def undo(self, now: Design) -> Design:
        """What was before the last edit."""
        self._future.append(now)
        return self._past.pop()

    def redo(self, now: Design) -> Design:
        """What was before the last undo."""
        self._past.append(now)
        return self._future.pop()

    def clear(self) -> None:
        """Forget everything."""
        self._past, self._future = [], []
