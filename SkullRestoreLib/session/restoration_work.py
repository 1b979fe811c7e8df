"""Segment, restore, resume, add a missed defect: start the task, and take its result over."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from SkullRestoreLib.errors import SkullRestoreError
from SkullRestoreLib.planning.guides import GUIDE_KINDS
from SkullRestoreLib.records import Mesh, Volume
from SkullRestoreLib.scene import bone_nodes, case_node, inputs, points
from SkullRestoreLib.scene.mrml_types import MrmlNode
from SkullRestoreLib.segmentation.bone_segmentation import BoneIsland
from SkullRestoreLib.session import missed_defects, persistence, plan_tasks, stale_results, tasks
from SkullRestoreLib.session.context import SessionContext
from SkullRestoreLib.session.edit_controller import EditController
from SkullRestoreLib.session.edit_state import EditState
from SkullRestoreLib.session.object_choices import without_object_choices
from SkullRestoreLib.session.open_case import CurrentResults, OpenCase
from SkullRestoreLib.session.states import SessionAction
from SkullRestoreLib.session.task_records import (
    DesignChoices,
    DisplaySurface,
    EditableRestoration,
    PlannedResection,
    SegmentedSkull,
)
from SkullRestoreLib.settings import Direction, Settings


class RestorationWork:
    """Makes the restored surface of a case.

    Parameters
    ----------
    context
        Shared by the parts of the session.

    Attributes
    ----------
    on_plan_resumed : list of callable
        Called with the plan that was taken up with its restoration.
    """

    def __init__(self, context: SessionContext) -> None:
        self._context = context
        self.on_plan_resumed: list[Callable[[PlannedResection], None]] = []

    def start_segmentation(self, threshold_hu: float | None = None) -> None:
        """Segment the bone. See ``Session``."""
        case = self._context.require(SessionAction.SEGMENT)
        case.bone.hide_preview()
        self._context.settings = settings = self._context.settings.with_changes(threshold_hu=threshold_hu)
        task = tasks.segment(case.bone.reload_source(), settings, self._context.predict, self._context.display)
        self._context.start_job("Segment", task, lambda segmented: self._on_segmented(segmented, settings))

    def start_restoration(self, settings: Settings | None = None, *, then: Callable[[], None] = lambda: None) -> None:
        """Restore the skull from its bone, edited or not. See ``Session``.

        Parameters
        ----------
        settings
            As for ``Session``.
        then
            Called when the restoration is shown; it may start other work.
        """
        case = self._context.require(SessionAction.RESTORE)
        case.bone.hide_preview()
        self._context.settings = settings or self._context.settings
        self._begin_restoration(case, self._context.settings, then)

    def _begin_restoration(self, case: OpenCase, settings: Settings, then: Callable[[], None] = lambda: None) -> None:
        predict, display = self._context.predict, self._context.display
        source, segmented, mask = self.bone_to_use(case, settings)
        is_other_bone = segmented is None or (mask is not None and not np.array_equal(mask, segmented.bone.mask))
        if case.edits is not None and is_other_bone:
            self._context.settings = settings = without_object_choices(settings)
        task = tasks.restore(source, segmented, mask, settings, predict, display)

        def on_restored(restoration: EditableRestoration) -> None:
            self._on_restored(restoration)
            then()

        self._context.start_job("Restore", task, on_restored)

    def bone_to_use(
        self, case: OpenCase, settings: Settings
    ) -> tuple[Volume | Mesh, SegmentedSkull | None, NDArray[np.bool_] | None]:
        """Find the bone to start from: the one before a planned cut, edited by the user or not.

        Parameters
        ----------
        case
            The open case.
        settings
            With their threshold.

        Returns
        -------
        source : Volume or Mesh
            The input.
        segmented : SegmentedSkull or None
            None where the bone has to be segmented.
        mask : ndarray or None
            (nk, nj, ni) bool, as the bone segment is now.

        Raises
        ------
        SkullRestoreError
            If that would lose what the user edited in the bone.
        """
        segmented, mask = case.bone.segmented, case.bone.mask_from_scene()
        if segmented is not None and case.planned is not None:
            if mask is not None and not np.array_equal(mask, segmented.bone.mask):
                raise SkullRestoreError(
                    "The bone was edited after the resection was planned. Undo that in Segment Editor, "
                    "or segment the bone again, which drops it."
                )
            segmented, mask = case.uncut_bone, None
        if segmented is not None and (why := self._outdated_bone(case, segmented, settings)) is not None:
            if segmented.is_edited or (mask is not None and not np.array_equal(mask, segmented.bone.mask)):
                raise SkullRestoreError(
                    f"{why} It was also edited by hand. "
                    "Segment the bone again, which drops the edits, or change it back; then restore."
                )
            segmented = mask = None
        return (case.bone.reload_source() if segmented is None else case.bone.source), segmented, mask

    def _outdated_bone(self, case: OpenCase, segmented: SegmentedSkull, settings: Settings) -> str | None:
        """Say why segmented bone does not belong to input and threshold; None where it does."""
        threshold = stale_results.threshold_difference(settings.threshold_hu, segmented)
        if threshold is not None:
            return f"The bone was segmented with {threshold}."
        changed = case.monitor.input_change() is not None
        return "The input was moved or changed since the bone was segmented." if changed else None

    def start_resume(self) -> None:
        """Make a restoration that was saved with the scene editable again. See ``Session``."""
        case = self._context.require(SessionAction.RESUME)
        if not self._context.can_resume:
            raise SkullRestoreError("The scene holds no saved restoration of this input. Restore the skull.")
        values, points_node = case.saved_values, case.presenter.points_node
        positions = dict(zip(points.identifiers(points_node), points.positions(points_node), strict=True))
        vault_node = case_node.find_role_node(case.presenter.case_node, "vault")
        uncut_vault = case_node.find_role_node(case.presenter.case_node, "uncut_vault")
        saved = persistence.saved_restoration_from(values, vault_node, positions, uncut_vault)
        source = inputs.source_from_node(case.bone.source_node, case.bone.segment_id)
        if not persistence.same_source(values, source):
            raise SkullRestoreError(
                "The input was moved or changed since this restoration was saved. "
                "Put it back and open it again, or restore the skull again."
            )
        mask = bone_nodes.bone_mask_from_node(case.presenter.bone_node, *persistence.bone_grid_from(values["grid"]))
        current = persistence.current_results_from(values, positions)
        directions = persistence.insertion_directions_from(values)
        if saved.plan is None:
            self._context.start_job(
                "Take up the saved restoration",
                tasks.resume_restoration(source, mask, saved, self._context.display),
                lambda restoration: self._on_resumed(restoration, current, directions),
            )
        else:
            self._context.start_job(
                "Take up the saved plan",
                plan_tasks.resume_plan(source, mask, saved, self._context.display),
                lambda planned: self._on_plan_resumed(planned, current, directions),
            )

    def show_saved_case(self, restoration: EditableRestoration) -> None:
        """Show the restoration of a case file, whose input this session was opened on. See ``Session``."""
        self._context.require(SessionAction.RESTORE)
        self._context.settings = restoration.settings
        self._on_restored(restoration)

    def start_island_removal(self, islands: list[BoneIsland]) -> None:
        """Remove bone islands. A restoration that exists is then made again with the same settings. See ``Session``."""
        case = self._context.require(SessionAction.REMOVE_ISLANDS)
        settings, segmented = self._context.used or self._context.settings, case.uncut_bone
        assert segmented is not None  # the table says so
        mask = case.bone.mask_from_scene() if case.planned is None else None
        task = tasks.remove_islands(segmented, mask, islands)
        self._context.start_job("Remove bone islands", task, lambda made: self._on_segmented(made, settings))

    def start_adding_missed_defect(self, source: MrmlNode | None = None, segment_id: str | None = None) -> None:
        """Add a defect that was not found. See ``Session``."""
        case, edits = self._context.require_edits(SessionAction.ADD_DEFECT)
        source, state = source or self.outline_node(), edits.state
        if source.IsA("vtkMRMLMarkupsNode"):
            vertices = missed_defects.grid_vertices_within(points.positions(source), state.detected)
        else:
            positions = inputs.painted_positions(source, segment_id or inputs.likely_bone_segment(source))
            vertices = missed_defects.grid_vertices_at(positions, state.detected)
        task = missed_defects.add_missed_defect(state, vertices, self._context.require_used(), self._context.display)
        self._context.start_job("Add a missed defect", task, lambda made: self._on_defect_added(case, made, state))

    def outline_node(self) -> MrmlNode:
        """Return the list for points around a missed defect; it is made where there is none."""
        case = self._context.require(SessionAction.OUTLINE).presenter.case_node
        node = case_node.find_role_node(case, "outline")
        if node is None:  # an application may give a new list a display of its own, with a label at every point
            node = case_node.node_for_role(case, "outline", "vtkMRMLMarkupsFiducialNode", "Outline of a missed defect")
            points.style_points_list(node)
        return node

    # --- results

    def _on_segmented(self, segmented: SegmentedSkull, settings: Settings) -> None:
        case = self._context.case
        if case is None:
            return
        self._forget_plan(case)
        case.bone.show(segmented)
        case.monitor.observe()
        if case.edits is not None:
            self._context.settings = without_object_choices(self._context.settings)
            self._begin_restoration(case, without_object_choices(settings))

    def show_planned_opening(self, planned: PlannedResection) -> None:
        """Go on with the restoration of a planned opening.

        Parameters
        ----------
        planned
            From ``plan_tasks.plan_resection``.
        """
        self._on_restored(planned.restoration, planned)

    def _forget_plan(self, case: OpenCase) -> None:
        """Remove the guides of a plan whose opening is not restored any more; its line stays."""
        case.planned = None
        node = case.presenter.case_node
        for role in ("uncut_vault", *(f"guide_{kind}" for kind in GUIDE_KINDS)):
            case_node.remove_role_node(node, role)
        case_node.remove_prefix_nodes(node, tuple(f"guide_{kind}_part_" for kind in GUIDE_KINDS))

    def _on_restored(self, restoration: EditableRestoration, planned: PlannedResection | None = None) -> None:
        case = self._context.case
        if case is None:
            return
        self._forget_plan(case)
        case.planned = planned
        segmented = restoration.segmentation
        if segmented is not case.bone.segmented or case.bone.mask_from_scene() is None:
            case.bone.show(segmented)
        case.monitor.observe()
        if case.edits is not None:
            case.edits.close()
        case.edits, case.results = None, CurrentResults()
        case.arrows.remove_arrows()
        case.presenter.show_restoration(restoration)
        if planned is not None:
            case.presenter.store_uncut_vault(planned.prepared)
        self._start_editing(case, restoration)

    def _on_plan_resumed(
        self, planned: PlannedResection, current: frozenset[str], directions: dict[int, Direction]
    ) -> None:
        case = self._context.case
        if case is None:
            return
        case.planned = planned
        self._on_resumed(planned.restoration, current, directions)
        for call in list(self.on_plan_resumed):
            call(planned)

    def _on_resumed(
        self, restoration: EditableRestoration, current: frozenset[str], directions: dict[int, Direction]
    ) -> None:
        case = self._context.case
        if case is None:
            return
        case.bone.segmented = restoration.segmentation
        case.presenter.show_voxels(restoration.segmentation)
        case.monitor.observe()
        tables = restoration.initial_state.detected.fitted_surface.vault_tables
        directions_now = case.arrows.user_directions()
        restoration = replace(
            restoration, initial_state=replace(restoration.initial_state, insertion_directions=directions_now)
        )
        unchanged = case.presenter.redraw_changed_surfaces(restoration.display_surfaces, tables)
        self._start_editing(case, restoration)
        if "implants" in current:
            case.results.design = DesignChoices(restoration.settings.implant, directions)
        for result in current if unchanged else current - {"comparison"}:
            self._context.add_current_result(case, result)
        self._context.notify_listeners()

    def _start_editing(self, case: OpenCase, restoration: EditableRestoration) -> None:
        case.edits = EditController(
            case.presenter,
            restoration,
            snapping=self._context.snapping,
            schedule=self._context.schedule,
            on_replaced=self._on_state_replaced,
            on_shown=self._on_state_shown,
            on_message=self._on_message,
        )
        case.edits.show_state(restoration.initial_state)

    def _on_message(self, sentence: str) -> None:
        self._context.say("edit", sentence)

    def _on_state_replaced(self, old: EditState, new: EditState) -> None:
        """Drop the results of the surface that is replaced; number of points and fullness follow undo and redo."""
        case = self._context.case
        if case is None:
            return
        self._context.last_edited = "points"
        if new.insertion_directions != old.insertion_directions:
            case.arrows.show_directions(new.insertion_directions)
        if new.has_same_surface(old):
            return
        if new.count != old.count:
            self._context.settings = self._context.settings.with_changes(points=new.count)
        if new.fullness != old.fullness:
            self._context.settings = self._context.settings.with_changes(fullness=new.fullness)
        self._context.drop_comparison(case)
        case.results = CurrentResults()

    def _on_state_shown(self) -> None:
        case = self._context.case
        if case is None:
            return
        self._context.bring_to_front("implant" if case.has_implants else "surface")
        self._context.save_to_scene(case)
        self._context.notify_listeners()

    def _on_defect_added(self, case: OpenCase, made: tuple[EditState, DisplaySurface], state: EditState) -> None:
        if self._context.is_current(state, "the defect was added", "missed") and case.edits is not None:
            case.edits.add_defect(*made)
            outline = case_node.find_role_node(case.presenter.case_node, "outline")
            if outline is not None:
                outline.RemoveAllControlPoints()
