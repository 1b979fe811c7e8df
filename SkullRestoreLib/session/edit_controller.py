"""Edit a restoration: points and defects in, the surface through them shown at once; with undo and redo.

A controller exists only while there is a restoration. What the scene shows follows :class:`EditState`; a drag in the
scene becomes a new state when the point is released.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from SkullRestoreLib._system.blas_threads import single_blas_thread
from SkullRestoreLib.defects import reference_points
from SkullRestoreLib.implant.insertion import mean_outward_normal
from SkullRestoreLib.implant.patch_geometry import KeptGeometry
from SkullRestoreLib.pipeline import head_steps
from SkullRestoreLib.pipeline.results import Reconstruction
from SkullRestoreLib.pipeline.surface import restore_surface
from SkullRestoreLib.records import Defect, DefectPatch, ReferencePoint
from SkullRestoreLib.scene import points
from SkullRestoreLib.scene.mrml_types import MrmlNode
from SkullRestoreLib.session import table_rows
from SkullRestoreLib.session.edit_state import MIN_MOVE_MM, EditablePoint, EditHistory, EditState, move_reference_point
from SkullRestoreLib.session.point_observer import PointObserver, Schedule
from SkullRestoreLib.session.presenter import CasePresenter
from SkullRestoreLib.session.task_records import DisplaySurface, EditableRestoration
from SkullRestoreLib.settings import Direction, Settings

_MAX_DEFECT_DISTANCE_MM = 30.0
"""A point that is placed further than this from every restored surface belongs to no defect."""

SAME_DIRECTION = 1e-4
"""Directions that differ by less are the same: a line of a scene holds its ends in rounded numbers."""


class EditController:
    """The edit state of one restoration, its history, and the surfaces that show it.

    Parameters
    ----------
    presenter
        The nodes of the case; the points of the restoration are in the scene already.
    restoration
        As it was made.
    snapping
        Whether points that the user moves go to the outer table.
    schedule
        Runs a call soon on the main thread; at once by default.
    on_replaced
        Called with the old and the new state before the new one is shown: results of the old one are dropped.
    on_shown
        Called when a state is shown.
    on_message
        Called with a sentence for the user about the last edit.

    Attributes
    ----------
    state : EditState
        What is shown.
    history : EditHistory
        Undo and redo.
    reconstruction : Reconstruction
        The surface through the points of the state.
    known_defects : dict
        Every defect as it was last, by number, also those that are switched off.
    kept_geometry : KeptGeometry
        What designs of implants found on the surfaces of this restoration.
    point_ids : list of str
        Identifiers of the control points, in the order of the points.
    selected_point_index : int or None
        The point that the user touched last.
    observer : PointObserver
        Reports what the user does in the scene.
    """

    def __init__(
        self,
        presenter: CasePresenter,
        restoration: EditableRestoration,
        *,
        snapping: bool,
        schedule: Schedule | None,
        on_replaced: Callable[[EditState, EditState], None],
        on_shown: Callable[[], None],
        on_message: Callable[[str], None],
    ) -> None:
        self.restoration = restoration
        self.state = restoration.initial_state
        self.history: EditHistory[EditState] = EditHistory()
        self.reconstruction: Reconstruction = _reconstruct(self.state)
        self.display_surfaces: tuple[DisplaySurface, ...] = restoration.display_surfaces
        self.known_defects: dict[int, Defect] = {}
        self.point_ids: list[str] = []
        self.selected_point_index: int | None = None
        self.snapping = snapping
        self.kept_geometry = KeptGeometry()
        self._presenter = presenter
        self._state_before_drag: EditState | None = None
        self._known_axis: tuple[DefectPatch, NDArray[np.float64]] | None = None
        self._on_replaced, self._on_shown, self._on_message = on_replaced, on_shown, on_message
        self.observer = PointObserver(
            presenter.points_node,
            on_drag_start=self._on_drag_start,
            on_drag=self._on_drag,
            on_point_moved=self._on_point_moved,
            on_point_count_changed=self._on_point_count_changed,
            schedule=schedule,
        )

    @property
    def points_node(self) -> MrmlNode | None:
        """The reference points in the scene; None after they were deleted."""
        return self._presenter.points_node

    @property
    def defect_rows(self) -> list[table_rows.DefectRow]:
        """The table of defects."""
        return table_rows.defect_rows(self.state, self.reconstruction.defects, self.known_defects)

    def close(self) -> None:
        """Stop observing the points."""
        self.observer.close()

    # --- edits

    def show_state(self, state: EditState) -> None:
        """Make a state the one that is shown, with exact surfaces.

        Parameters
        ----------
        state
            From the history, or made by an edit.
        """
        old, selected = self.state, self.selected_point
        if state is not old:
            self._on_replaced(old, state)
            self.state = state
            self.selected_point_index = _follow_selection(selected, old, state)
            if state.has_same_surface(old):  # an arrow was turned
                self._on_shown()
                return
            self.reconstruction = _reconstruct(state)
        self._update_known_defects()
        with self.observer:
            self.point_ids = self._presenter.show_points(state)
        self._presenter.show_selected_point(self.selected_point)
        self._presenter.update_surfaces(self.display_surfaces, self.reconstruction.vault_tables, with_normals=True)
        self._presenter.show_defect_table(self.defect_rows)
        self._on_shown()

    @property
    def selected_point(self) -> EditablePoint | None:
        """The point that the user touched last; it is marked in the views."""
        index = self.selected_point_index
        return self.state.editable_points[index] if index is not None and index < len(self.state.points) else None

    def select_point(self, index: int | None) -> None:
        """Choose the point that *Delete* and *Reset* apply to, and mark it in the views.

        Parameters
        ----------
        index
            Of the point; None marks none.
        """
        self.selected_point_index = index
        self._presenter.show_selected_point(self.selected_point)

    def apply_edit(self, state: EditState) -> None:
        """Show a state as one step of the history; the same state again is no edit.

        Parameters
        ----------
        state
            The edited state.
        """
        if state is not self.state:
            self.history.record_edit(self.state)
            self.show_state(state)

    def undo(self) -> None:
        """Undo the last edit."""
        if self.history.can_undo:
            self.show_state(self.history.undo(self.state))

    def redo(self) -> None:
        """Redo what was undone."""
        if self.history.can_redo:
            self.show_state(self.history.redo(self.state))

    def move_point(self, index: int, position: ArrayLike) -> None:
        """Move a point; with snapping on it goes to the outer table.

        Parameters
        ----------
        index
            Of the point.
        position
            (3,) mm RAS.
        """
        self.apply_edit(self._with_moved_points({index: np.asarray(position, dtype=float)}))

    def add_point(self, position: ArrayLike) -> None:
        """Place a point; it belongs to the nearest defect that is switched on.

        Parameters
        ----------
        position
            (3,) mm RAS. Further than 30 mm from every defect no point is placed, and a message says so.
        """
        new_points = self._new_user_points(np.asarray(position, dtype=float).reshape(1, 3))
        self.apply_edit(self.state.with_added_points(new_points))

    def remove_point(self, index: int) -> None:
        """Delete a point.

        Parameters
        ----------
        index
            Of the point.
        """
        self.apply_edit(self.state.without_points([index]))

    def set_point_count(self, count: int, settings: Settings) -> None:
        """Place another number of automatic points; those that the user touched stay.

        Parameters
        ----------
        count
            Points per defect.
        settings
            With which the restoration was made.
        """
        detected, settings = self.state.detected, settings.with_changes(points=count)
        automatic = tuple(
            point
            for opening in detected.openings
            for point in head_steps.place_opening_points(detected.analysis, detected.fitted_surface, opening, settings)
        )
        self.apply_edit(self.state.with_new_automatic_points(replace(detected, points=automatic), count))

    def set_fullness(self, fullness: float) -> None:
        """Make the surface fuller or flatter, as one step of the history.

        Parameters
        ----------
        fullness
            0 for the most likely surface.
        """
        if fullness != self.state.fullness:
            self.apply_edit(replace(self.state, fullness=fullness))

    def set_insertion_directions(self, directions: Mapping[int, Direction]) -> None:
        """Take over the insertion directions that the user gave, as one step of the history.

        Parameters
        ----------
        directions
            By defect: from outside inwards, unit, RAS.
        """
        known = self.state.insertion_directions
        same = directions.keys() == known.keys() and all(
            np.allclose(directions[number], known[number], rtol=0, atol=SAME_DIRECTION) for number in directions
        )
        if not same:
            self.apply_edit(replace(self.state, insertion_directions=dict(directions)))

    def outward_axis(self, number: int) -> NDArray[np.float64] | None:
        """Find the mean outward normal of a defect, the axis of the cone of its insertion directions.

        Parameters
        ----------
        number
            Of the defect.

        Returns
        -------
        ndarray or None
            (3,) unit, RAS; None where it is switched off.
        """
        patch = next((p for p in self.reconstruction.patches if p.defect == number), None)
        if patch is None:
            return None
        if self._known_axis is None or self._known_axis[0] is not patch:
            centre = self.state.detected.analysis.pose.head_to_ras[:3, 3]
            self._known_axis = (patch, mean_outward_normal(patch, centre))
        return self._known_axis[1]

    def add_defect(self, state: EditState, surface: DisplaySurface) -> None:
        """Show a state with one more defect.

        Parameters
        ----------
        state
            With the new defect and its points.
        surface
            Of the new defect. It replaces that of an undone defect with the same number, which cannot be redone any
            more.
        """
        others = (one for one in self.display_surfaces if one.defect != surface.defect)
        self.display_surfaces = (*others, surface)
        self._presenter.add_restored_surface(surface, state.detected.fitted_surface.vault_tables)
        self.apply_edit(state)

    def nearest_defect(self, position: NDArray[np.float64], *, max_distance_mm: float) -> int | None:
        """Find the defect under or next to a position.

        Parameters
        ----------
        position
            (3,) mm RAS.
        max_distance_mm
            To the nearest vertex of its restored surface.

        Returns
        -------
        int or None
            Number of the defect; None where all are further away.
        """
        distances = {
            patch.defect: float(np.linalg.norm(patch.outer.vertices - position, axis=1).min())
            for patch in self.reconstruction.patches
        }
        nearest = min(distances, key=lambda number: distances[number], default=None)
        return nearest if nearest is not None and distances[nearest] <= max_distance_mm else None

    def centre_on_defect(self, number: int) -> None:
        """Centre every view on a defect.

        Parameters
        ----------
        number
            Of the defect; an unknown one changes nothing.
        """
        defect = self.known_defects.get(number)
        if defect is not None:
            head_centre = self.state.detected.analysis.pose.head_to_ras[:3, 3]
            self._presenter.centre_on_position(defect.centre, defect.centre - head_centre)

    def centre_on_object(self, number: int) -> None:
        """Centre every view on an object in a hole.

        Parameters
        ----------
        number
            Of the object; an unknown one, and one without a surface, changes nothing.
        """
        analysis = self.state.detected.analysis
        found = next((each for each in analysis.objects if each.number == number), None)
        if found is not None and len(found.model.vertices):
            centre = found.model.vertices.mean(axis=0)
            self._presenter.centre_on_position(centre, centre - analysis.pose.head_to_ras[:3, 3])

    # --- inside

    def _update_known_defects(self) -> None:
        """Keep what is known of every defect, also of those that were off from the start, as after loading a scene."""
        state = self.state
        if not state.disabled_defects <= set(self.known_defects):
            every_defect = restore_surface(state.detected, state.points, fullness=state.fullness).defects
            self.known_defects = {d.number: d for d in every_defect}
        self.known_defects |= {d.number: d for d in self.reconstruction.defects}

    def _on_drag_start(self) -> None:
        self._state_before_drag = self.state
        node = self.points_node
        index = (node.GetAttribute("Markups.MovingMarkupIndex") or "") if node is not None else ""
        if index.isdecimal() and int(index) < len(self.state.points):
            self.select_point(int(index))

    @single_blas_thread()
    def _on_drag(self) -> None:
        """Let the surface follow a point that is dragged; nothing else is computed."""
        state = self._state_from_scene()
        if state is self.state:
            return
        vault_tables = state.detected.fitted_surface.tables_through(
            list(state.active_points), state.detected.analysis.pose.ras_to_head, fullness=state.fullness
        )
        if self.selected_point_index is not None:
            self._presenter.show_selected_point(state.editable_points[self.selected_point_index])
        moved_defects = frozenset(self.state.points[n].defect for n in self._changed_indices(state))
        self._presenter.update_surfaces(self.display_surfaces, vault_tables, with_normals=False, only=moved_defects)

    def _on_point_moved(self) -> None:
        state = self._state_from_scene()
        if state is not self.state:
            self.selected_point_index = self._changed_indices(state)[0]
            self.apply_edit(state)
        elif self._state_before_drag is not None:  # released where it was: the surface that followed it goes back
            self.show_state(state)
        self._state_before_drag = None

    def _changed_indices(self, state: EditState) -> list[int]:
        """List the points that differ from those of the state that is shown."""
        pairs = zip(state.editable_points, self.state.editable_points, strict=True)
        return [n for n, (new, old) in enumerate(pairs) if new.point is not old.point]

    def _state_from_scene(self) -> EditState:
        """Return the state with the points where the scene has them now."""
        positions = points.positions(self.points_node)
        if len(positions) != len(self.state.editable_points):
            return self.state
        shifts_mm = [
            float(np.linalg.norm(position - editable.point.position))
            for position, editable in zip(positions, self.state.editable_points, strict=True)
        ]
        return self._with_moved_points({n: positions[n] for n, mm in enumerate(shifts_mm) if mm > MIN_MOVE_MM / 10})

    def _with_moved_points(self, positions: dict[int, NDArray[np.float64]]) -> EditState:
        """Return the state with some points, by index, at other positions, (3,) mm RAS."""
        if not positions:
            return self.state
        snapped = self._snap(np.array(list(positions.values())))
        replacements = {}
        for index, position, normal, confidence in zip(positions, *snapped, strict=True):
            editable = self.state.editable_points[index]
            replacements[index] = move_reference_point(
                editable.point, editable.original, position=position, normal=normal, confidence=confidence
            )
        return self.state.with_replaced_points(replacements)

    def _new_user_points(self, positions: NDArray[np.float64]) -> list[ReferencePoint]:
        """Make points at (n, 3) mm RAS; one far from every defect is left out, and a message says so."""
        new_points = []
        for position, normal, confidence in zip(*self._snap(positions), strict=True):
            number = self.nearest_defect(position, max_distance_mm=_MAX_DEFECT_DISTANCE_MM)
            if number is None:
                self._on_message("A point was placed far from every defect, and was left out.")
            else:
                new_points.append(ReferencePoint(position, normal, float(confidence), number, moved=True))
        return new_points

    def _snap(
        self, positions: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Positions, normals (n, 3) and confidence (n,) of points that the user put at these (n, 3) positions."""
        detected = self.state.detected
        return reference_points.snap_user_points(
            positions,
            detected.fitted_surface.vault_tables,
            detected.analysis.bone,
            detected.analysis.pose,
            snap=self.snapping,
            parameters=detected.analysis.parameters.points,
        )

    def _on_point_count_changed(self) -> None:
        """Take over points that were placed or deleted in the scene."""
        node, state = self.points_node, self.state
        known = dict(zip(self.point_ids, state.editable_points, strict=True))
        ids, positions = points.identifiers(node), points.positions(node)
        new_indices = [n for n, point_id in enumerate(ids) if point_id not in known]
        new_points = self._new_user_points(positions[new_indices]) if new_indices else []
        kept = tuple(known[point_id] for point_id in ids if point_id in known)
        added = tuple(EditablePoint(p, None) for p in new_points)
        self.apply_edit(replace(state, editable_points=(*kept, *added)))


def _follow_selection(selected: EditablePoint | None, old: EditState, new: EditState) -> int | None:
    """Find the index of the point that the user touched last in a new state.

    A point that is new, as one that was placed now or that undo brings back, is the one; else the same point as before,
    wherever it is in the list now; where it is gone, the one that the user placed last.
    """
    known = {id(editable.point) for editable in old.editable_points}
    new_indices = [n for n, editable in enumerate(new.editable_points) if id(editable.point) not in known]
    if len(new_indices) == 1:
        return new_indices[0]
    if selected is None:
        return None
    same = [
        n
        for n, editable in enumerate(new.editable_points)
        if editable.point is selected.point
        or (editable.original is not None and editable.original is selected.original)
    ]
    placed = [n for n, editable in enumerate(new.editable_points) if editable.original is None]
    return next(iter([*same, *reversed(placed)]), None)


def _reconstruct(state: EditState) -> Reconstruction:
    """Compute the surface through the points of the defects that are switched on."""
    return restore_surface(state.active_defects, state.active_points, fullness=state.fullness)
