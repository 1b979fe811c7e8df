"""The tools of a viewer of medical images: marks on the slices, window, layers, standard views, measuring."""

from collections.abc import Callable
from typing import Any

import numpy as np
import slicer
from numpy.typing import NDArray
from vtkmodules.util.numpy_support import vtk_to_numpy

from SkullRestoreLib.errors import SkullRestoreError
from SkullRestoreLib.geometry.curve_area import curved_area_cm2, planar_area_cm2
from SkullRestoreLib.records import Mesh, Volume
from SkullRestoreLib.scene import case_node, models, views
from SkullRestoreLib.scene.geometry import matrix_from_vtk, node_ijk_to_ras
from SkullRestoreLib.scene.points import POINT_SIZE_MM
from SkullRestoreLib.scene.volumes import BONE_LEVEL_HU, BONE_WINDOW_HU
from SkullRestoreLib.session import Session
from SkullRestoreLib.web import slice_marks
from SkullRestoreLib.web.page_state import NOTHING_PLACED
from SkullRestoreLib.web.section_tool import SectionTool

WINDOWS_HU = {"Bone": (BONE_WINDOW_HU, BONE_LEVEL_HU), "Brain": (80, 40), "Soft tissue": (400, 50)}
"""Width and level of the brightness windows that are offered."""
_OWN_WINDOW = "Own"
_MEASURES = {
    "distance": ("vtkMRMLMarkupsLineNode", "Distance", "length", "mm"),
    "angle": ("vtkMRMLMarkupsAngleNode", "Angle", "angle", "°"),
    "area": ("vtkMRMLMarkupsClosedCurveNode", "Area", "", "cm²"),
}
"""Markups class, name, measurement and unit of what can be measured; an area is measured by our own code."""
TOUCHED_POINT_SIZE_MM = 6.0
"""Diameter of a reference point where fingers are used: a point is taken hold of within about its radius."""
_MIN_CORNERS = 3
_SAME_PLANE_MM = 1e-3
"""Corners of an area that were clicked in one slice are this near to one plane."""
HELP_ROWS = (
    ("3D", "Drag", "Turn the skull"),
    ("3D", "Right drag, or wheel", "Closer, further away"),
    ("3D", "Shift and drag, or middle drag", "Move the picture"),
    ("3D", "Arrow keys, + and - (click first)", "Turn, closer, further away"),
    ("Slice", "Wheel", "Go through the slices"),
    ("Slice", "Right drag, or Ctrl and wheel", "Closer, further away"),
    ("Slice", "Shift and drag, or middle drag", "Move the picture"),
    ("Slice", "Shift and move the pointer", "All slices go to the place under the pointer"),
    ("Slice", "Drag, with the contrast button on", "Change brightness and contrast"),
    ("Any", "Drag a point", "Move it; the surface follows"),
    ("Any", "One finger, two fingers", "As the mouse; closer, further away, move the picture"),
    ("Any", "Ctrl+Z, Ctrl+Y", "Undo, redo"),
    ("Any", "Drop files", "Open a new case; on Compare: the skull before the operation"),
)
"""What mouse and keys do: view, action, and what happens."""
FIRST_LAYERS: dict[str, dict[str, Any]] = {
    "skull": {"on": True, "opacity": 100},
    "surface": {"on": True, "opacity": 100},
    "implant": {"on": True, "opacity": 100},
    "objects": {"on": True, "opacity": 100},
    "points": {"on": True, "opacity": 100},
}
"""What is shown of a new case: whether, and how opaque in per cent of what it is otherwise."""
FIRST_STATE: dict[str, Any] = {
    "marks": {},
    "probe": None,
    "has_window": False,
    "window": "Bone",
    "window_text": "",
    "window_names": list(WINDOWS_HU),
    "window_by_mouse": False,
    "crosshair": False,
    "layers": FIRST_LAYERS,
    "measuring": "",
    "measures": [],
    "side_known": True,
}
"""What the page shows without a case."""


class ViewTools:
    """The tools of one page.

    Parameters
    ----------
    state
        trame's state.
    viewer
        Scene and views.
    session
        Gives the session; None where there is no case.
    """

    def __init__(self, state: Any, viewer: Any, session: Callable[[], Session | None]) -> None:
        self._state, self._viewer, self._session = state, viewer, session
        self._unit = ""
        self._point_size_mm = POINT_SIZE_MM
        self._measured: list[tuple[str, str]] = []  # identifier of the node, kind
        self._interaction_tag: int | None = None
        state.update(FIRST_STATE)
        self.section = SectionTool(state, viewer, session)
        for name, view in self._slices():
            view.modified.connect(lambda *_: self._on_slice_modified())
            observer = self._pointer_observer(name, view)
            view.interactor().AddObserver("MouseMoveEvent", observer, 100.0)
        for view in viewer.views.values():
            view.render_window().AddObserver("StartEvent", self._follow_drag)

    def _follow_drag(self, *_: Any) -> None:
        """Let the surface follow a dragged point before the view is drawn: else it is drawn once without that."""
        session = self._session()
        if session is not None and not session.is_closed:
            session.follow_drag()

    def _slices(self) -> list[tuple[str, Any]]:
        return [(name, view) for name, view in self._viewer.views.items() if hasattr(view, "get_slice_value")]

    def _on_slice_modified(self) -> None:
        self.section.show_offset()
        self.update_marks()

    # --- a case

    def open_case(self, record: Volume | Mesh) -> None:
        """Show a new case with the first settings of every tool.

        Parameters
        ----------
        record
            Its input.
        """
        self._unit = "HU" if isinstance(record, Volume) and record.kind == "ct" else ""
        self._measured = []
        self.section.end()
        self._state.update(FIRST_STATE | {"side_known": record.side_known, "has_window": self._unit == "HU"})
        self._viewer.set_slice_lines(False)
        self._watch_interaction()
        self.update()

    def update(self) -> None:
        """Show marks, window and layers as they are now."""
        self.update_marks()
        self._show_window()
        self.apply_layers()
        self.section.update()

    # --- marks on the slices

    def update_marks(self) -> None:
        """Show letters and scale bars of the slices as they are now."""
        marks = {}
        for name, view in self._slices():
            node = view.get_view_node()
            if node is None:
                continue
            letters = slice_marks.edge_letters(matrix_from_vtk(node.GetSliceToRAS()), side_known=self._state.side_known)
            length, per_cent = slice_marks.scale_bar(node.GetFieldOfView()[0])
            marks[name] = letters | {"bar_mm": length, "bar_percent": round(per_cent, 2)}
        if marks != self._state.marks:
            self._state.marks = marks
            self._state.flush()

    def _pointer_observer(self, name: str, view: Any) -> Callable[..., None]:
        def show_what_is_under_the_pointer(*_: Any) -> None:
            x, y = view.interactor().GetEventPosition()
            ras = np.array(view.get_view_node().GetXYToRAS().MultiplyPoint((x, y, 0.0, 1.0))[:3])
            self._state.probe = self._probe(name, ras)
            self._show_window()

        return show_what_is_under_the_pointer

    def _probe(self, name: str, position: Any) -> dict[str, str] | None:
        node = self._volume_node()
        if node is None:
            return None
        image = node.GetImageData()
        voxels = vtk_to_numpy(image.GetPointData().GetScalars()).reshape(image.GetDimensions()[::-1])
        value = slice_marks.voxel_value(voxels, node_ijk_to_ras(node), position)
        text = "" if value is None else f"{value:.0f} HU" if self._unit else "bone" if value else "no bone"
        return {
            "view": name,
            "value": text,
            "position": slice_marks.position_text(position, side_known=self._state.side_known),
        }

    def _volume_node(self) -> Any:
        """The image in the slices; None where there is none."""
        for _, view in self._slices():
            node = self._viewer.scene.GetNodeByID(view.get_background_volume_id() or "")
            if node is not None and node.GetImageData() is not None:
                return node
        return None

    # --- window

    def set_window(self, name: str) -> None:
        """Use one of the windows that are offered.

        Parameters
        ----------
        name
            Of :data:`WINDOWS_HU`.

        Raises
        ------
        SkullRestoreError
            If there is no CT.
        """
        node = self._volume_node()
        if node is None or not self._unit:
            raise SkullRestoreError("There is no CT whose brightness could be changed.")
        node.GetDisplayNode().SetWindowLevel(*WINDOWS_HU[name])
        self._show_window()

    def set_window_by_mouse(self, on: bool) -> None:
        """Let dragging in a slice change the window, or end that.

        Parameters
        ----------
        on
            Whether it does.
        """
        interaction = self._interaction_node()
        if interaction is not None:
            interaction.SetCurrentInteractionMode(interaction.AdjustWindowLevel if on else interaction.ViewTransform)

    def _show_window(self) -> None:
        node = self._volume_node()
        if node is None or not self._unit:
            return
        display = node.GetDisplayNode()
        shown = (round(display.GetWindow()), round(display.GetLevel()))
        names = [name for name, values in WINDOWS_HU.items() if values == shown]
        self._state.window = names[0] if names else _OWN_WINDOW
        self._state.window_text = f"W {shown[0]} L {shown[1]} HU"

    # --- layers

    def apply_layers(self) -> None:
        """Show or hide each layer as it is chosen, and as opaque as it is chosen."""
        session, layers = self._session(), self._state.layers
        if session is None or session.is_closed:
            return
        bone, points = session.bone_node, session.points_node
        if bone is not None:
            bone.GetDisplayNode().SetVisibility(layers["skull"]["on"])
            bone.GetDisplayNode().SetOpacity3D(layers["skull"]["opacity"] / 100)
            self._viewer.set_depth_peeling(layers["skull"]["opacity"] < 100)
        if points is not None:
            points.GetDisplayNode().SetVisibility(layers["points"]["on"])
            points.GetDisplayNode().SetGlyphSize(self._point_size_mm)
        if not session.is_restored:
            return
        for node in case_node.nodes_for_prefix(session.case_node, "object").values():
            node.GetDisplayNode().SetVisibility(layers["objects"]["on"])
            node.GetDisplayNode().SetOpacity(layers["objects"]["opacity"] / 100)
        session.bring_to_front(session.front)  # what is seen where nothing is hidden
        stale = session.stale
        for layer in ("surface", "implant"):
            for node in case_node.nodes_for_prefix(session.case_node, layer).values():
                display = node.GetDisplayNode()
                if layer == "surface":
                    models.fade_surface(node, bool(stale.surface))
                else:
                    models.style_as_implant(node, stale=stale.files)
                display.SetOpacity(display.GetOpacity() * layers[layer]["opacity"] / 100)
                if not layers[layer]["on"]:
                    display.SetVisibility(False)

    def enlarge_points(self) -> None:
        """Draw points larger, so that fingers hit them: this page is used by touch."""
        self._point_size_mm = TOUCHED_POINT_SIZE_MM
        self.apply_layers()

    # --- looking

    def set_crosshair(self, on: bool) -> None:
        """Show in each view where the other slices are, or end that.

        Parameters
        ----------
        on
            Whether they are shown.
        """
        self._state.crosshair = on
        self._viewer.set_slice_lines(on)

    # --- measuring

    def start_measuring(self, kind: str) -> None:
        """Let clicks in the views measure something, once.

        Parameters
        ----------
        kind
            Of ``distance``, ``angle`` and ``area``; empty ends it.
        """
        self._drop_unfinished()
        if not kind:
            self._end_placing()
            return
        class_name, name, *_ = _MEASURES[kind]
        number = sum(known == kind for _, known in self._measured) + 1
        node = self._viewer.scene.AddNewNodeByClass(class_name, f"{name} {number}")
        node.CreateDefaultDisplayNodes()
        node.SetSaveWithScene(False)
        if kind == "area":
            node.SetCurveTypeToLinear()
            node.GetMeasurement("length").SetEnabled(False)
            node.GetDisplayNode().SetPointLabelsVisibility(False)
            node.GetDisplayNode().SetPropertiesLabelVisibility(True)
        node.AddObserver(slicer.vtkMRMLMarkupsNode.PointModifiedEvent, lambda *_: self._show_measures())
        self._measured.append((node.GetID(), kind))
        views.set_placing_points(self._viewer.scene, node, True, persistent=False)
        # an area has as many corners as are wanted: pressing the button again, or a double click, ends it
        self._state.update(NOTHING_PLACED | {"measuring": kind})

    def clear_measures(self) -> None:
        """Remove everything that was measured."""
        self._end_placing()
        for node_id, _ in self._measured:
            node = self._viewer.scene.GetNodeByID(node_id)
            if node is not None:
                self._viewer.scene.RemoveNode(node)
        self._measured = []
        self._show_measures()

    def _end_placing(self) -> None:
        interaction = self._interaction_node()
        if interaction is not None:
            interaction.SetCurrentInteractionMode(interaction.ViewTransform)
        self._state.measuring = ""

    def _drop_unfinished(self) -> None:
        kept = []
        for node_id, kind in self._measured:
            node = self._viewer.scene.GetNodeByID(node_id)
            if node is not None and _is_finished(node, kind):
                kept.append((node_id, kind))
            elif node is not None:
                self._viewer.scene.RemoveNode(node)
        self._measured = kept

    def _show_measures(self) -> None:
        texts = []
        for node_id, kind in self._measured:
            node = self._viewer.scene.GetNodeByID(node_id)
            if node is not None and _is_finished(node, kind):
                texts.append(self._measured_text(node, kind))
        if texts != self._state.measures:
            self._state.measures = texts
            self._state.flush()

    def _measured_text(self, node: Any, kind: str) -> str:
        _, _, measurement, unit = _MEASURES[kind]
        title = node.GetName().partition(":")[0]
        if kind != "area":
            return f"{title}: {node.GetMeasurement(measurement).GetValue():.1f} {unit}"
        area = self._area_cm2(node)
        text = f"{title}: {area:.1f} {unit}" if area is not None else f"{title}: too far around the head"
        if text != node.GetName():
            node.SetName(text)  # which is written next to it in the views
        return text

    def _area_cm2(self, node: Any) -> float | None:
        """Area in a slice, or on the head in 3D; None where the line runs too far around the head."""
        corners = np.array(
            [
                node.GetNthControlPointPositionWorld(n)
                for n in range(node.GetNumberOfControlPoints())
                if node.GetNthControlPointPositionStatus(n) == slicer.vtkMRMLMarkupsNode.PositionDefined
            ]
        )
        centre = self._head_centre()
        if centre is None or self._in_one_slice(corners):
            return planar_area_cm2(corners)
        return curved_area_cm2(corners, centre)

    def _in_one_slice(self, corners: NDArray[np.float64]) -> bool:
        normals = [matrix_from_vtk(view.get_view_node().GetSliceToRAS())[:3, 2] for _, view in self._slices()]
        return any(np.ptp(corners @ normal) < _SAME_PLANE_MM for normal in normals)

    def _head_centre(self) -> NDArray[np.float64] | None:
        session = self._session()
        if session is None or session.is_closed:
            return None
        if session.pose is not None:
            return session.pose.to_ras(np.zeros((1, 3)))[0]
        if session.skull_surface is None:
            return None
        vertices = session.skull_surface.vertices
        return (vertices.min(axis=0) + vertices.max(axis=0)) / 2

    def _interaction_node(self) -> Any:
        return self._viewer.scene.GetNodeByID("vtkMRMLInteractionNodeSingleton")

    def _watch_interaction(self) -> None:
        interaction = self._interaction_node()
        if interaction is not None and self._interaction_tag is None:
            self._interaction_tag = interaction.AddObserver(
                interaction.InteractionModeChangedEvent, lambda *_: self._on_interaction_mode()
            )

    def _on_interaction_mode(self) -> None:
        """Show the mode that the views are in, whoever ended it: a finished measurement, or the Escape key."""
        interaction = self._interaction_node()
        mode = interaction.GetCurrentInteractionMode()
        self._state.window_by_mouse = mode == interaction.AdjustWindowLevel
        if mode != interaction.Place:
            self._state.update(NOTHING_PLACED)
            self._show_measures()


def _is_finished(node: Any, kind: str) -> bool:
    if kind == "area":
        return node.GetNumberOfDefinedControlPoints() >= _MIN_CORNERS
    return node.GetNumberOfDefinedControlPoints() >= node.GetRequiredNumberOfControlPoints()
