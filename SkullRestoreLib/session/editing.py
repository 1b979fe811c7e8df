"""What a surgeon changes after a restoration: points, defects, and the way back. Everything is shown in the scene at once."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from SkullRestoreLib import chapters, margin, pipeline
from SkullRestoreLib.case import Defect, ReferencePoint, SkullRestoreError
from SkullRestoreLib.chapters import Bodies
from SkullRestoreLib.scene import case_node, points, views
from SkullRestoreLib.session import figures, memory
from SkullRestoreLib.session.compare import Comparison
from SkullRestoreLib.session.design import MOVED_MM, Design, History, Knot, moved_to
from SkullRestoreLib.session.editor import Editor
from SkullRestoreLib.session.stage import Stage
from SkullRestoreLib.session.ways import Ways
from SkullRestoreLib.session.work import Drawn, Restored
from SkullRestoreLib.settings import Settings

_NEAR_DEFECT_MM = 30.0
"""A point placed further than this from every defect belongs to none."""


class Editing:
    """A design on a stage, and its history.

    Parameters
    ----------
    stage
        The nodes of the case.
    settings
        What the user chose.
    schedule
        Runs a call soon on the main thread; at once by default.
    """

    def __init__(self, stage: Stage, settings: Settings, schedule: Callable[[Callable[[], None]], None] | None):
        self.settings, self.snapping = settings, True
        self.history = History()
        self.comparison: Comparison | None = None
        self.touched: int | None = None  # index of the point that a hand had last
        self.message = ""  # what went otherwise than a hand meant it, in a sentence
        self.on_change: list[Callable[[], None]] = []
        self._stage: Stage | None = stage
        self._ways = Ways(stage.case)
        self._memory = case_node.recall(stage.case)
        self._schedule = schedule
        self._editor: Editor | None = None
        self._restored: Restored | None = None
        self._design: Design | None = None
        self._before: Design | None = None  # what was when a drag began
        self._made: chapters.Reconstruction | None = None
        self._bodies: Bodies | None = None
        self._kept: frozenset[str] = frozenset()  # results of the scene that belong to the design as it is
        self._drawn: tuple[Drawn, ...] = ()
        self._known: dict[int, Defect] = {}
        self._ids: list[str] = []

    # --- state

    @property
    def closed(self) -> bool:
        """Whether the scene was closed, or the session was."""
        return self._stage is None

    @property
    def case(self):
        """The case node."""
        return None if self._stage is None else self._stage.case

    @property
    def points_node(self):
        """The reference points in the scene."""
        return None if self._stage is None else self._stage.points_node

    @property
    def is_restored(self) -> bool:
        """Whether there is a restoration that can be edited."""
        return self._design is not None

    @property
    def points(self) -> tuple[ReferencePoint, ...]:
        """All reference points, in the order of the list in the scene."""
        return () if self._design is None else self._design.points

    @property
    def moved_points(self) -> int:
        """How many points were moved or placed by hand."""
        return sum(p.moved for p in self.points)

    @property
    def rows(self) -> list[figures.Row]:
        """The table of defects."""
        return [] if self._design is None or self._made is None else figures.rows(self._design, self._made.defects, self._known)

    @property
    def implants(self):
        """The bodies that belong to the surface as it is; empty before they are made and after an edit."""
        return () if self._bodies is None else self._bodies.implants

    @property
    def has_implants(self) -> bool:
        """Whether the implants in the scene belong to the surface as it is."""
        return "implants" in self._kept and bool(case_node.parts(self.case, "implant"))

    @property
    def has_comparison(self) -> bool:
        """Whether the distances in the scene belong to the surface as it is."""
        return "comparison" in self._kept

    @property
    def implant_rows(self) -> list[tuple]:
        """Of each implant: number, volume in mL, mass in g as PEEK, titanium and PMMA, thickness in mm, watertight."""
        return [figures.implant_row(row) for row in self._stage.implant_rows()] if self.has_implants else []

    @property
    def comparison_rows(self) -> list[dict]:
        """Of each defect the numbers of the comparison, under titles with their units."""
        return self._stage.comparison_rows() if self.has_comparison else []

    # --- edits

    def undo(self) -> None:
        """Take the last edit back."""
        if self.history.can_undo:
            self._show(self.history.undo(self._require_design()))

    def redo(self) -> None:
        """Do again what was taken back."""
        if self.history.can_redo:
            self._show(self.history.redo(self._require_design()))

    def move_point(self, index: int, position: np.ndarray) -> None:
        """Move a point to a place, mm RAS; with snapping on it goes to the outer table."""
        self._edit(self._moved(self._require_design(), {index: np.asarray(position, dtype=float)}))

    def add_point(self, position: np.ndarray) -> None:
        """Place a point by hand; it belongs to the nearest defect that is switched on."""
        design = self._require_design()
        self._edit(design.with_added(self._by_hand(design, np.asarray(position, dtype=float).reshape(1, 3))))

    def remove_point(self, index: int) -> None:
        """Delete a point."""
        self._edit(self._require_design().without([index]))
        self.touched = None

    def reset_points(self, indices: list[int] | None = None) -> None:
        """Put points back where the program placed them; all of them by default, deleted ones too."""
        design = self._require_design()
        self._edit(design.reset_all() if indices is None else design.reset(indices))

    def switch(self, number: int, on: bool) -> None:
        """Switch a defect on or off."""
        self._edit(self._require_design().switched(number, on))

    def set_point_count(self, count: int) -> None:
        """Place another number of automatic points per defect; points touched by hand stay."""
        design = self._require_design()
        self.settings = self.settings.with_(points=count)
        found = design.found
        fresh = tuple(p for o in found.openings for p in pipeline.place_points(found.seen, found.tied, o, self.settings))
        self._edit(design.placed_again(replace(found, points=fresh)))

    def set_snapping(self, wanted: bool) -> None:
        """Whether points that a hand moves go to the outer table."""
        self.snapping = wanted
        if self.points_node is not None:
            points.snap_to_surface(self.points_node, wanted)

    def place_points(self, wanted: bool) -> None:
        """Let clicks in the views add reference points, or end that."""
        self._require_design()
        views.place_points(self.case.GetScene(), self.points_node, wanted)

    def nearest_point(self, place: np.ndarray) -> int | None:
        """Index of the point next to a place, mm RAS; None without points."""
        if not self.points:
            return None
        return int(np.linalg.norm(np.array([p.position for p in self.points]) - place, axis=1).argmin())

    # --- views

    def centre_on(self, number: int) -> None:
        """Centre every view on a defect."""
        now = self._known.get(number)
        if now is not None:
            self._stage.centre_on(now.centre, now.centre - self._design.found.seen.pose.head_to_ras[:3, 3])

    def foreground(self, what: str) -> None:
        """Show the restored ``"surface"`` or the ``"implant"``, whose outer faces lie in the same place."""
        if self._design is not None:
            self._stage.foreground(what, self._design)
            self._ways.foreground(what)

    def colour_by_sigma(self) -> None:
        """Colour the surfaces by how sure they are again, after a comparison."""
        self._stage.colour_by_sigma()

    # --- inside

    def _require_design(self) -> Design:
        if self._design is None or self.closed:
            raise SkullRestoreError("There is no restoration yet. Restore the skull first.")
        if self.points_node is None:
            raise SkullRestoreError("The reference points were deleted from the scene. Restore the skull again.")
        return self._design

    def _edit(self, design: Design) -> None:
        if design is not self._design:
            self.history.record(self._design)
            self._show(design)

    def _show(self, design: Design) -> None:
        """Make a design the one that is shown: exactly, everywhere."""
        if design is not self._design:
            self._bodies = self.comparison = None
            self._kept = frozenset()
        self._design = design
        self._made = pipeline.restore_surface(design.active, design.active_points)
        self._know(design)
        with self._editor:
            self._ids = self._stage.show_points(design)
        self._stage.move_surfaces(self._drawn, self._made.shell, exactly=True)
        self.foreground("implant" if self.has_implants else "surface")
        self._stage.show_table(self.rows)
        self._remember()
        self._tell()

    def _know(self, design: Design) -> None:
        """Keep what is known of every defect, also of those that are switched off from the start, as after a scene was loaded."""
        if not design.off <= set(self._known):
            self._known = {d.number: d for d in pipeline.restore_surface(design.found, design.points).defects}
        self._known |= {d.number: d for d in self._made.defects}

    def _listen(self) -> None:
        self._stop_editing()
        self._editor = Editor(
            self.points_node,
            began=self._drag_began,
            follows=self._drag_follows,
            settled=self._settled,
            changed=self._number_changed,
            schedule=self._schedule,
        )

    def _stop_editing(self) -> None:
        if self._editor is not None:
            self._editor.close()
            self._editor = None

    def _drag_began(self) -> None:
        self._before = self._design
        active = self.points_node.GetAttribute("Markups.MovingMarkupIndex") or ""
        self.touched = int(active) if active.isdecimal() and int(active) < len(self.points) else self.touched

    def _drag_follows(self) -> None:
        """The surface follows while a point is dragged; nothing else is worked out."""
        design = self._dragged()
        if design is self._design:
            return
        shell = design.found.tied.through(list(design.active_points), design.found.seen.pose.ras_to_head)
        near = frozenset(a.point.defect for a, b in zip(design.knots, self._design.knots, strict=True) if a.point is not b.point)
        self._stage.move_surfaces(self._drawn, shell, exactly=False, only=near)

    def _settled(self) -> None:
        design = self._dragged()
        if design is not self._design:
            self.touched = next(n for n, (a, b) in enumerate(zip(design.knots, self._design.knots, strict=True)) if a.point is not b.point)
            self._edit(design)
        elif self._before is not None:  # let go where it was: what followed goes back
            self._show(design)
        self._before = None

    def _dragged(self) -> Design:
        """The design with the points where the scene has them now."""
        now = points.positions(self.points_node)
        if len(now) != len(self._design.knots):
            return self._design
        away = [float(np.linalg.norm(place - knot.point.position)) for place, knot in zip(now, self._design.knots, strict=True)]
        return self._moved(self._design, {n: now[n] for n, mm in enumerate(away) if mm > MOVED_MM / 10})

    def _moved(self, design: Design, places: dict[int, np.ndarray]) -> Design:
        if not places:
            return design
        seen, at = design.found.seen, list(places)
        made = margin.by_hand(np.array([places[n] for n in at]), design.found.tied.shell, seen.bone, seen.pose, snap=self.snapping)
        knots = [design.knots[n] for n in at]
        return design.with_points({n: moved_to(k.point, k.home, *one) for n, k, *one in zip(at, knots, *made, strict=True)})

    def _by_hand(self, design: Design, places: np.ndarray) -> list[ReferencePoint]:
        """New points; a place far from every defect makes none, and is told."""
        seen = design.found.seen
        made = margin.by_hand(places, design.found.tied.shell, seen.bone, seen.pose, snap=self.snapping)
        out = []
        for position, normal, confidence in zip(*made, strict=True):
            number = self._defect_at(position, reach_mm=_NEAR_DEFECT_MM)
            if number is None:
                self.message = "A point was placed far from every defect, and was left out."
            else:
                out.append(ReferencePoint(position, normal, float(confidence), number, moved=True))
        return out

    def _number_changed(self) -> None:
        """Points were placed or deleted in the scene."""
        node, design = self.points_node, self._design
        old = dict(zip(self._ids, design.knots, strict=True))
        names, places = points.identifiers(node), points.positions(node)
        fresh = [n for n, name in enumerate(names) if name not in old]
        made = self._by_hand(design, places[fresh]) if fresh else []
        kept = tuple(old[name] for name in names if name in old)
        self._edit(replace(design, knots=(*kept, *(Knot(p, None) for p in made))))

    def _defect_at(self, place: np.ndarray, *, reach_mm: float) -> int | None:
        """The defect under or next to a place, mm RAS."""
        if self._made is None or not self._made.patches:
            return None
        away = {p.defect: float(np.linalg.norm(p.outer.vertices - place, axis=1).min()) for p in self._made.patches}
        number = min(away, key=away.get)
        return number if away[number] <= reach_mm else None

    def _remember(self) -> None:
        """Store with the scene what it needs to be taken up again."""
        self._memory = memory.of(self._restored, self._design, self.settings, self._ids, self._kept)
        case_node.remember(self.case, self._memory)

    def _keep(self, result: str) -> None:
        """A result of the design as it is was put into the scene."""
        self._kept |= {result}
        self._remember()

    def _tell(self) -> None:
        for call in list(self.on_change):
            call()

    def _forget(self) -> None:
        """Let go of every record."""
        self._stop_editing()
        self._stage = self._restored = self._design = self._before = self._made = self._bodies = self.comparison = None
        self._drawn, self._known, self._ids, self._memory, self._kept = (), {}, [], {}, frozenset()
        self.history.clear()
