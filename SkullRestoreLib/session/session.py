"""One interactive restoration.

The session owns one case of a scene: the records of the work, the nodes that show them, and the surgeon's changes. It knows no Qt: a door calls it, asks it
how far the work in the background is (:meth:`Session.poll`), and is told when something changed. Everything here runs on the main thread, except the
generators of ``work.py``, which see records only.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from SkullRestoreLib import chapters
from SkullRestoreLib.case import Mesh, SkullRestoreError, Volume
from SkullRestoreLib.chapters import Bodies
from SkullRestoreLib.knowledge import Predictor
from SkullRestoreLib.mask import Island
from SkullRestoreLib.scene import case_node, inputs, points, skull, views
from SkullRestoreLib.session import compare, memory, work
from SkullRestoreLib.session.compare import Comparison
from SkullRestoreLib.session.design import Design
from SkullRestoreLib.session.editing import Editing
from SkullRestoreLib.session.job import Job
from SkullRestoreLib.session.stage import Stage
from SkullRestoreLib.session.work import Drawn, Restored, Segmented
from SkullRestoreLib.settings import ImplantSettings, Settings

Landed = Callable[[Any], None]
_ISLAND_MM = 25.0
"""An island this near to a restored surface lies in its defect."""


class Session(Editing):
    """One restoration on a scene.

    Parameters
    ----------
    scene
        ``vtkMRMLScene``.
    source
        Input node: a head CT, a bone mask, a segmentation or a skull model. A case that the scene has for it already is taken up.
    segment_id
        Which segment of a segmentation is bone.
    schedule
        Runs a call soon on the main thread, such as a timer of 0 ms; at once by default.
    predict
        In place of the network, for tests.

    Raises
    ------
    InputError
        If the input cannot be used.
    """

    def __init__(
        self,
        scene,
        source,
        *,
        segment_id: str | None = None,
        schedule: Callable[[Callable[[], None]], None] | None = None,
        predict: Predictor | None = None,
    ):
        self._scene, self._predict, self._segment_id = scene, predict, segment_id
        self._source: Volume | Mesh | None = inputs.source_from_node(source, segment_id)
        self.findings: tuple[str, ...] = self._source.findings
        case = case_node.case_of(scene, source)
        super().__init__(Stage(case if case is not None else case_node.new_case(scene, source)), Settings(), schedule)
        if "settings" in self._memory:
            self.settings = memory.settings_from(self._memory["settings"])
        self.job: Job | None = None
        self._land: Landed | None = None
        self._segmented: Segmented | None = None
        self._suggested: float | None = None
        self._preview = views.ThresholdPreview(scene)
        self._tags = [scene.AddObserver(scene.StartCloseEvent, lambda *_: self.close())]

    # --- state

    @property
    def source_node(self):
        """The input node."""
        return None if self._stage is None else self._stage.case.GetNodeReference("input")

    @property
    def is_segmented(self) -> bool:
        """Whether there is bone to look at."""
        return self._segmented is not None

    @property
    def can_resume(self) -> bool:
        """Whether the scene holds a restoration that was saved, and must be worked out again before it can be edited."""
        return self._design is None and "pose" in self._memory and self._stage is not None and self._stage.points_node is not None

    @property
    def busy(self) -> bool:
        """Whether work is going on in the background."""
        return self.job is not None

    @property
    def bone_node(self):
        """The segmentation in the scene."""
        return None if self._stage is None else self._stage.bone_node

    @property
    def skull_surface(self) -> Mesh | None:
        """The bone as it is drawn; None before it is segmented."""
        return None if self._segmented is None else self._segmented.surface

    @property
    def islands(self) -> tuple[tuple[Island, int | None], ...]:
        """Small pieces of bone apart from the skull, each with the number of the defect it lies in; those inside a defect first."""
        if self._segmented is None:
            return ()
        listed = [(one, self._defect_at(one.centre, reach_mm=_ISLAND_MM)) for one in self._segmented.islands]
        return tuple(sorted(listed, key=lambda pair: (pair[1] is None, -pair[0].voxels)))

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the clinician should look at, intake included."""
        if self._design is None or self._made is None:
            return self._segmented.bone.findings if self._segmented is not None else self.findings
        doubts = chapters.doubts(self._made.defects, self._design.active_points, self.settings)
        refused = self._bodies.refused if self._bodies is not None else ()
        return tuple(dict.fromkeys((*self._design.found.seen.findings, *doubts, *refused)))

    # --- work in the background

    def start_segmentation(self, threshold_hu: float | None = None) -> None:
        """Segment the bone; None finds the threshold from the histogram."""
        self._require_open()
        self.hide_threshold()
        self.settings = self.settings.with_(threshold_hu=threshold_hu)
        self._source = inputs.source_from_node(self.source_node, self._segment_id)
        self._start("Segment", work.segment(self._source, self.settings), self._segmented_landed)

    def start_restoration(self, settings: Settings | None = None) -> None:
        """From the bone, edited or not, to the restored surface. Without bone it is segmented first."""
        self._require_open()
        self.hide_threshold()
        self.settings = settings or self.settings
        before, mask = self._segmented, self._edited_mask()
        if before is None:
            self._source = inputs.source_from_node(self.source_node, self._segment_id)
        self._start("Restore", work.restore(self._source, before, mask, self.settings, self._predict), self._restored_landed)

    def start_resume(self) -> None:
        """Take up a restoration that was saved with the scene.

        Raises
        ------
        SkullRestoreError
            If what it needs is not in the scene any more.
        """
        saved, pose = self._memory, memory.pose_from(self._memory["pose"])
        predicted = memory.prediction(self._stage.case.GetNodeReference("vault"), pose)
        source = inputs.source_from_node(self.source_node, self._segment_id)
        shape, affine = memory.grid_from(saved["grid"])
        mask = skull.bone_mask(self.bone_node, shape, affine)
        now = dict(zip(points.identifiers(self.points_node), points.positions(self.points_node), strict=True))
        steps = work.resume(
            source,
            mask,
            pose,
            predicted,
            self.settings.with_(threshold_hu=saved["threshold_hu"]),
            memory.holes_from(saved),
            memory.design_from(saved, now),
            saved["weights_sha256"],
        )
        results = memory.results_from(saved, now)
        self._start("Take up the saved restoration", steps, lambda made: self._resumed_landed(made, results))

    def start_removal_of(self, islands: list[Island]) -> None:
        """Remove bone islands; a restoration is then done again with the same settings."""
        self._start("Remove bone islands", work.without_islands(self._segmented, self._edited_mask(), islands), self._segmented_landed)

    def start_removal_from_defects(self) -> None:
        """Remove every bone island that lies in a defect; see :meth:`start_removal_of`."""
        self.start_removal_of([one for one, defect in self.islands if defect is not None])

    def centre_on_island(self, island: Island) -> None:
        """Centre every view on a bone island."""
        middle = self._segmented.surface.vertices.mean(axis=0)
        self._stage.centre_on(island.centre, island.centre - middle)

    def start_missed_defect(self, source=None, segment_id: str | None = None) -> None:
        """Add a defect that was not found.

        Parameters
        ----------
        source
            A markups node whose points lie round the hole, or a segmentation in which the hole is painted; the session's own outline by default.
        segment_id
            Which segment.
        """
        design = self._require_design()
        source = source or self.outline_node()
        if source.IsA("vtkMRMLMarkupsNode"):
            vertices = work.vertices_within(points.positions(source), design.found)
        else:
            places = inputs.painted_places(source, segment_id or inputs.first_segment(source))
            vertices = work.vertices_at(places, design.found)
        self._start("Add a missed defect", work.missed(design, vertices, self.settings), self._missed_landed)

    def outline_node(self):
        """A list for points round a missed defect; made where there is none."""
        node = case_node.part(self.case, "outline")
        if node is None:  # an application may give a new list a display of its own, with a label at every point
            node = case_node.part(self.case, "outline", "vtkMRMLMarkupsFiducialNode", "Outline of a missed defect")
            points.prepare(node)
        return node

    def place_outline(self, wanted: bool) -> None:
        """Let clicks in the views place points round a missed defect, or end that."""
        self._require_design()
        views.place_points(self._scene, self.outline_node(), wanted)

    def start_implants(self, settings: ImplantSettings | None = None) -> None:
        """Design the implants of the defects that are switched on."""
        design = self._require_design()
        self.settings = replace(self.settings, implant=settings or self.settings.implant)
        steps = work.implants(self._restored.segmented.source, design, self.settings, self._ways.by_hand())
        self._start("Design the implants", steps, self._bodies_landed)

    def show_ways(self, wanted: bool) -> None:
        """Whether an arrow shows the way in of each implant; a hand may turn it, which the next design takes over."""
        self._ways.set_wanted(wanted)

    @property
    def has_ways(self) -> bool:
        """Whether there are arrows."""
        return not self.closed and self._ways.any

    def find_ways(self) -> None:
        """Forget the arrows that a hand has turned; the next design finds the ways in again."""
        self._ways.forget()
        self._tell()

    def start_comparison(self, before_node, segment_id: str | None = None) -> None:
        """Compare with the skull before the operation: a volume, a segmentation or a model."""
        design = self._require_design()
        before = inputs.source_from_node(before_node, segment_id)
        self._start("Compare", compare.compare(before, design, self._drawn, self.settings), self._comparison_landed)

    def start_export(self, folder: str | Path, *, force: bool = False, scene_file: bool = False, also: tuple[str, ...] = ()) -> None:
        """Write everything into a folder; see :func:`SkullRestoreLib.export.write`. Implants that are not made yet are made.

        Parameters
        ----------
        force
            Whether an earlier result there may be replaced.
        scene_file
            Whether the whole scene is written as well, as ``scene.mrb``.
        also
            Further formats beside STL and HTML: ``"ply"``, ``"obj"``, ``"3mf"``, ``"pdf"``.

        Raises
        ------
        OutputError
            If the folder cannot be used.
        """
        from SkullRestoreLib import export

        design = self._require_design()
        folder = export.check_output(folder, force=force)
        steps = work.export(self._restored, self._bodies, design, self.settings, folder, ways=self._ways.by_hand(), also=also, force=force)
        self._start("Export", steps, lambda written: self._exported_landed(written, scene_file))

    def poll(self, wait_s: float = 0.0) -> bool:
        """Let the background work for a while, and take over its result when it is done.

        Parameters
        ----------
        wait_s
            How long to wait. In an application call this from a timer with about 0.03: it is what gives the other thread its turn.

        Returns
        -------
        bool
            Whether it still works.

        Raises
        ------
        SkullRestoreError
            What went wrong, in a sentence for the user; other exceptions are faults of the program.
        """
        job, land = self.job, self._land
        if job is None:
            return False
        if not job.wait(wait_s):
            return True
        self.job = self._land = None
        try:
            if job.error is not None:
                raise job.error
            if job.result is not None and not self.closed:
                land(job.result)
        finally:
            self._tell()
        return False

    def finish(self, pump: Callable[[], None] = lambda: None) -> None:
        """Wait for the background; ``pump`` is called every 30 ms, such as an application's ``processEvents``."""
        while self.poll(0.03):
            pump()

    def cancel(self) -> None:
        """Stop the background work at once; what was there before stays."""
        if self.job is not None:
            self.job.cancel()
            self.job = self._land = None
            self._tell()

    def _start(self, name: str, steps, land: Landed) -> None:
        self._require_open()
        self.message = ""
        self.job, self._land = Job(name, steps), land
        self._tell()

    def _require_open(self) -> None:
        if self.closed:
            raise SkullRestoreError("The scene was closed. Choose an input again.")
        if self.job is not None:
            raise SkullRestoreError(f"'{self.job.name}' is still running. Wait for it, or cancel it first.")

    # --- the bone

    def show_threshold(self, threshold_hu: float) -> None:
        """Show in the slices what a threshold takes."""
        node = self.source_node
        if node is not None and node.IsA("vtkMRMLScalarVolumeNode"):
            self._preview.show(node, threshold_hu)

    def hide_threshold(self) -> None:
        """Take the preview away."""
        self._preview.hide()

    def suggested_threshold(self) -> float | None:
        """The threshold that was used, or that the histogram suggests, HU; None where the input has no HU."""
        from SkullRestoreLib import mask

        if self._segmented is not None:
            return self._segmented.bone.threshold_hu
        if self._suggested is None and isinstance(self._source, Volume) and self._source.kind == "ct":
            self._suggested = mask.find_threshold(self._source)
        return self._suggested

    def _edited_mask(self) -> np.ndarray | None:
        """The bone segment as it is in the scene now."""
        if self._segmented is None:
            return None
        bone = self._segmented.bone
        return skull.bone_mask(self.bone_node, bone.mask.shape, bone.ijk_to_ras)

    def _segmented_landed(self, made: Segmented) -> None:
        again = self._design is not None
        self._segmented = made
        self._stage.show_bone(made)
        if again:
            self.start_restoration()

    # --- results

    def _restored_landed(self, made: Restored) -> None:
        if made.segmented is not self._segmented:
            self._segmented = made.segmented
            self._stage.show_bone(made.segmented)
        self._stop_editing()
        self._restored, self._drawn, self._known, self._design = made, made.drawn, {}, None
        self.history.clear()
        self._ways.forget()
        self._stage.show_restored(made)
        self._take_up(made.design)

    def _resumed_landed(self, made: Restored, results: frozenset[str]) -> None:
        self._segmented, self._restored, self._drawn = made.segmented, made, made.drawn
        same = self._stage.surfaces_again(made.drawn, made.design.found.tied.shell)
        self._take_up(made.design)
        for result in results if same else results - {"comparison"}:
            self._keep(result)
        self._tell()

    def _take_up(self, design: Design) -> None:
        self._listen()
        self._show(design)

    def _missed_landed(self, made: tuple[Design, Drawn]) -> None:
        design, drawn = made
        # one that was taken back before may have had this number; it cannot come back any more
        self._drawn = (*(d for d in self._drawn if d.defect != drawn.defect), drawn)
        self._stage.add_surface(drawn, design.found.tied.shell)
        self._edit(design)
        if (outline := self.case.GetNodeReference("outline")) is not None:
            outline.RemoveAllControlPoints()

    def _bodies_landed(self, made: Bodies) -> None:
        self._bodies = made
        self._stage.show_implants(made)
        self._ways.show(made.implants)
        self._keep("implants")
        self.foreground("implant")

    def _comparison_landed(self, made: Comparison) -> None:
        self.comparison = made
        self._stage.show_comparison(made, self._drawn)
        self._keep("comparison")
        self.foreground("surface")

    def _exported_landed(self, written: Path, scene_file: bool) -> None:
        if scene_file and not self._scene.WriteToMRB(str(written / "scene.mrb")):
            raise SkullRestoreError(f"The scene could not be written to {written}; the other files are there.")
        self.message = f"Written to {written}."

    # --- the end

    def close(self) -> None:
        """Stop the work, stop listening, and let go of every record; the nodes stay in the scene."""
        if self.job is not None:
            self.job.cancel()
        if not self.closed and not self._scene.IsClosing():
            self._preview.hide()
        for tag in self._tags:
            self._scene.RemoveObserver(tag)
        self._tags, self.job, self._land = [], None, None
        self._ways.close()
        self._source = self._segmented = None
        self._forget()
        self._tell()
        self.on_change = []
