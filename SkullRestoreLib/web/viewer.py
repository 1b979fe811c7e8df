"""The scene and its four views, rendered off screen and sent to the browser as pictures."""

import asyncio
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import slicer
from trame.widgets import html
from trame_slicer.app.logic.slice_view_logic import connect_slice_view_slider_to_state
from trame_slicer.core import SlicerApp
from trame_slicer.rca_view import register_rca_factories
from trame_slicer.views import ViewLayoutDefinition
from trame_slicer.views.threed_view import ViewDirection
from vtkmodules.vtkCommonCore import vtkCommand, vtkLogger, vtkOutputWindow
from vtkmodules.vtkCommonMath import vtkMatrix4x4

VIEW_3D, AXIAL, CORONAL, SAGITTAL = "solid", "axial", "coronal", "sagittal"
VIEW_TITLES = {VIEW_3D: "3D", AXIAL: "Axial", CORONAL: "Coronal", SAGITTAL: "Sagittal"}
STANDARD_VIEWS = {
    "front": ViewDirection.ANTERIOR,
    "back": ViewDirection.POSTERIOR,
    "left": ViewDirection.LEFT,
    "right": ViewDirection.RIGHT,
    "top": ViewDirection.SUPERIOR,
    "bottom": ViewDirection.INFERIOR,
}
"""Where the 3D view can be looked at from."""
_LEGEND_NODE_CLASS = "vtkMRMLColorLegendDisplayNode"
_LEGEND_COLOURS = 9
_VIEW_DEFINITIONS = (
    ViewLayoutDefinition.threed_view(name=VIEW_3D, background_color=("#16191d", "#2a2f36")),
    ViewLayoutDefinition.axial_view(AXIAL),
    ViewLayoutDefinition.coronal_view(CORONAL),
    ViewLayoutDefinition.sagittal_view(SAGITTAL),
)
_BEFORE_ALL_OTHERS = 100.0
"""Priority of an observer."""
_LONGEST_WAIT_FOR_RELEASE_S = 3.0
"""What waits for the end of a drag does not wait longer: a page that was closed in a drag never ends it."""
_SMALLEST_VIEW = 16
"""A view of fewer pixels is hidden behind a large one."""


class SceneViewer:
    """The application's scene, a 3D view and three slices.

    Parameters
    ----------
    server
        trame's server.
    """

    def __init__(self, server: Any) -> None:
        self._server = server
        self.app = SlicerApp()
        # VTK's messages go to its log, and are not shown a second time
        vtkOutputWindow.GetInstance().SetDisplayModeToNever()
        vtkLogger.SetStderrVerbosity(vtkLogger.VERBOSITY_OFF)
        self.scene = self.app.scene
        self.scene.RegisterNodeClass(slicer.vtkMRMLColorLegendDisplayNode())
        server.state.setdefault("large", "")
        register_rca_factories(
            self.app.view_manager,
            server,
            self._add_slice_view_tools,
            self._add_3d_view_tools,
            target_fps=30,
            blur_fps=5,
        )
        self.views = {
            definition.singleton_tag: self.app.view_manager.create_view(definition) for definition in _VIEW_DEFINITIONS
        }
        for view in self.views.values():
            # FXAA smooths the edges instead: eight samples take a software renderer eight times as long
            view.render_window().SetMultiSamples(0)
        self.view_3d.renderer().SetUseFXAA(True)
        self._draw_roughly_while_a_button_is_pressed()
        self._pressed: set[tuple[str, str]] = set()
        self._waiting: list[Callable[[], None]] = []
        self._longest_wait: asyncio.TimerHandle | None = None
        self._note_pressed_buttons()
        for view in self.slice_views:
            _keep_content_when_resized(view, self.app.app_logic)
        self.app.view_manager.set_current_view_ids(list(self.views))
        self._set_up_3d_view()
        # the page draws the colour bar itself: sharper, and readable at any size
        slicer.vtkMRMLThreeDViewDisplayableManagerFactory.GetInstance().UnRegisterDisplayableManager(
            "vtkMRMLColorLegendDisplayableManager"
        )

    def _set_up_3d_view(self) -> None:
        """Set what the scene forgets when it is emptied."""
        node = self.view_3d.get_view_node()
        # a single half-transparent layer does not need depth peeling, which draws everything several times
        self.set_depth_peeling(False)
        self.view_3d.set_orientation_marker(node.OrientationMarkerTypeCube, node.OrientationMarkerSizeSmall)

    def _draw_roughly_while_a_button_is_pressed(self) -> None:
        """Leave edges unsmoothed while the head is turned or a point is dragged: a picture takes a third less time."""

        def smooth(on: bool) -> None:
            self.view_3d.renderer().SetUseFXAA(on)
            if on:
                self.view_3d.schedule_render()

        for button in ("Left", "Middle", "Right"):
            interactor = self.view_3d.interactor()
            interactor.AddObserver(f"{button}ButtonPressEvent", lambda *_: smooth(False), _BEFORE_ALL_OTHERS)
            interactor.AddObserver(f"{button}ButtonReleaseEvent", lambda *_: smooth(True), _BEFORE_ALL_OTHERS)

    def _note_pressed_buttons(self) -> None:
        def note(key: tuple[str, str], pressed: bool) -> None:
            self._pressed = self._pressed | {key} if pressed else self._pressed - {key}
            if not self._pressed and self._waiting:
                asyncio.get_running_loop().call_soon(self._run_waiting)  # when the views have ended the drag

        for name, view in self.views.items():
            for button in ("Left", "Middle", "Right"):
                for event, pressed in (("ButtonPressEvent", True), ("ButtonReleaseEvent", False)):
                    view.interactor().AddObserver(
                        button + event,
                        lambda *_, key=(name, button), pressed=pressed: note(key, pressed),
                        _BEFORE_ALL_OTHERS,
                    )

    def run_after_drag(self, call: Callable[[], None]) -> None:
        """Run a call when no mouse button is pressed in a view; at once where none is.

        A browser sends the events of a view one after the other, each when the one before it was answered, and what is
        done with a button of the page at once. So *Undo* arrives before the release of a drag that ended before it.

        Parameters
        ----------
        call
            What to run.
        """
        if not self._pressed:
            call()
            return
        self._waiting.append(call)
        if self._longest_wait is None:
            loop = asyncio.get_running_loop()
            self._longest_wait = loop.call_later(_LONGEST_WAIT_FOR_RELEASE_S, self._run_waiting)

    def _run_waiting(self) -> None:
        if self._longest_wait is not None:
            self._longest_wait.cancel()
        self._longest_wait, self._pressed = None, set()
        calls, self._waiting = self._waiting, []
        for call in calls:
            call()

    @property
    def view_3d(self) -> Any:
        """The 3D view."""
        return self.views[VIEW_3D]

    @property
    def slice_views(self) -> list[Any]:
        """The slice views."""
        return [view for name, view in self.views.items() if name != VIEW_3D]

    def show_input(self, node: Any) -> None:
        """Show the input: a volume in the slices, a model in 3D.

        Parameters
        ----------
        node
            Volume or model node of the scene.
        """
        for view in self.slice_views:
            view.set_background_volume_id(node.GetID() if node.IsA("vtkMRMLVolumeNode") else None)
        self.fit_views()

    def centre_slices_on(self, position: Iterable[float]) -> None:
        """Move the slices to a position.

        Parameters
        ----------
        position
            (3,), mm RAS.
        """
        for view in self.slice_views:
            view.get_view_node().JumpSliceByCentering(*map(float, position))

    def look_from(self, direction: str) -> None:
        """Turn the 3D view to a standard view.

        Parameters
        ----------
        direction
            Of :data:`STANDARD_VIEWS`.
        """
        self.view_3d.rotate_to_view_direction(STANDARD_VIEWS[direction])
        self.view_3d.schedule_render()

    def look_at(self, position: Iterable[float], outwards: Iterable[float], up: Iterable[float]) -> None:
        """Look at a position in 3D; how far away the viewer is, stays.

        Parameters
        ----------
        position
            (3,) mm RAS.
        outwards
            (3,) direction from the position to the viewer.
        up
            (3,) direction that is up on the screen.
        """
        camera = self.view_3d.renderer().GetActiveCamera()
        distance_mm, position, outwards = camera.GetDistance(), tuple(position), tuple(outwards)
        camera.SetFocalPoint(*position)
        camera.SetPosition(*(p + distance_mm * n for p, n in zip(position, outwards, strict=True)))
        camera.SetViewUp(*up)
        self.view_3d.renderer().ResetCameraClippingRange()
        self.view_3d.renderer().UpdateLightsGeometryToFollowCamera()
        self.view_3d.schedule_render()

    def turn(self, right_degrees: float, up_degrees: float) -> None:
        """Turn the 3D view around what it looks at.

        Parameters
        ----------
        right_degrees, up_degrees
            By how much the viewer moves.
        """
        camera = self.view_3d.renderer().GetActiveCamera()
        camera.Azimuth(right_degrees)
        camera.Elevation(up_degrees)
        camera.OrthogonalizeViewUp()
        self.view_3d.renderer().ResetCameraClippingRange()
        self.view_3d.renderer().UpdateLightsGeometryToFollowCamera()
        self.view_3d.schedule_render()

    def zoom(self, name: str, *, closer: bool) -> None:
        """Make what a view shows larger or smaller.

        Parameters
        ----------
        name
            Of the view.
        closer
            Whether it becomes larger.
        """
        view = self.views[name]
        view.zoom_in() if closer else view.zoom_out()
        view.schedule_render()

    def pinch(self, name: str, factor: float, right: float, down: float) -> None:
        """Enlarge and move what a view shows, as two fingers do.

        Parameters
        ----------
        name
            Of the view.
        factor
            By how much it becomes larger.
        right, down
            By how much it moves, as parts of the view's height.
        """
        factor = min(max(factor, 0.2), 5.0)
        if name == VIEW_3D:
            camera = self.view_3d.renderer().GetActiveCamera()
            camera.Dolly(factor)
            height_mm = 2 * camera.GetDistance() * np.tan(np.radians(camera.GetViewAngle() / 2))
            up, towards = np.array(camera.GetViewUp()), np.array(camera.GetViewPlaneNormal())
            shift = height_mm * (down * up - right * np.cross(up, towards))
            camera.SetFocalPoint(*(np.array(camera.GetFocalPoint()) + shift))
            camera.SetPosition(*(np.array(camera.GetPosition()) + shift))
            self.view_3d.renderer().ResetCameraClippingRange()
            self.view_3d.renderer().UpdateLightsGeometryToFollowCamera()
        else:
            node = self.views[name].get_view_node()
            width_mm, height_mm, depth_mm = node.GetFieldOfView()
            x, y, z = node.GetXYZOrigin()
            node.SetFieldOfView(width_mm / factor, height_mm / factor, depth_mm)
            node.SetXYZOrigin(x - right * height_mm / factor, y + down * height_mm / factor, z)
            node.UpdateMatrices()
        self.views[name].schedule_render()

    def set_slice_lines(self, on: bool) -> None:
        """Show in each slice where the others are, or end that.

        Parameters
        ----------
        on
            Whether they are shown.
        """
        logic = self.app.app_logic
        logic.SetIntersectingSlicesEnabled(logic.IntersectingSlicesVisibility, on)
        self.redraw_views()

    def set_depth_peeling(self, on: bool) -> None:
        """Draw several half-transparent layers in the right order, which takes a software renderer longer.

        Parameters
        ----------
        on
            Whether it is needed.
        """
        self.view_3d.renderer().SetUseDepthPeeling(on)

    def fit_narrow_view(self) -> None:
        """Move the 3D camera back where the view is higher than wide: a camera's angle is that of the height."""
        width, height = self.view_3d.render_window().GetSize()
        camera = self.view_3d.renderer().GetActiveCamera()
        if 0 < width < height:
            camera.Dolly(width / height)
            self.view_3d.renderer().ResetCameraClippingRange()

    def hide(self, node: Any) -> None:
        """Hide a node in all views.

        Parameters
        ----------
        node
            Displayable node of the scene.
        """
        display = node.GetDisplayNode()
        if display is not None:
            display.SetVisibility(False)

    def clear(self) -> None:
        """Empty the scene; the views stay."""
        for view in self.slice_views:
            view.set_background_volume_id(None)
        self.scene.Clear(False)
        self._set_up_3d_view()
        self.redraw_views()

    def fit_views(self) -> None:
        """Show everything in every view."""
        for view in self.views.values():
            view.fit_view_to_content()
            view.schedule_render()

    def fit_slice(self, name: str) -> None:
        """Show all of a slice without moving its plane, as fitting does otherwise.

        Parameters
        ----------
        name
            Of the slice view.
        """
        node = self.views[name].get_view_node()
        matrix = vtkMatrix4x4()
        matrix.DeepCopy(node.GetSliceToRAS())
        self.views[name].fit_view_to_content()
        node.GetSliceToRAS().DeepCopy(matrix)
        node.UpdateMatrices()

    def redraw_views(self) -> None:
        """Draw every view soon."""
        for view in self.views.values():
            view.schedule_render()

    def visible_legend(self) -> dict[str, Any] | None:
        """Describe the colour bar that the scene shows.

        Returns
        -------
        dict or None
            Title, marks and colours, from low to high; None where no colour bar is shown.
        """
        legends = [
            self.scene.GetNthNodeByClass(n, _LEGEND_NODE_CLASS)
            for n in range(self.scene.GetNumberOfNodesByClass(_LEGEND_NODE_CLASS))
        ]
        legend = next((node for node in legends if node.GetVisibility() and node.GetPrimaryDisplayNode()), None)
        if legend is None or not legend.GetPrimaryDisplayNode().GetVisibility3D():
            return None
        display = legend.GetPrimaryDisplayNode()
        colour_table, (low, high) = display.GetColorNode(), display.GetScalarRange()
        intervals = legend.GetNumberOfLabels() - 1
        colours = []
        for n in range(_LEGEND_COLOURS):
            rgba = [0.0] * 4
            colour_table.GetColor(round(n / (_LEGEND_COLOURS - 1) * (colour_table.GetNumberOfColors() - 1)), rgba)
            colours.append(f"rgb({', '.join(str(round(255 * c)) for c in rgba[:3])})")
        return {
            "title": legend.GetTitleText(),
            "marks": [f"{low + n / intervals * (high - low):.0f}" for n in range(intervals + 1)],
            "colours": colours,
        }

    # --- controls over each picture

    def _add_3d_view_tools(self, _server: Any, name: str, _view: Any) -> None:
        html.Div(classes="sr-over").add_child(_VIEW_TOOLS_HTML.format(name=name, title=VIEW_TITLES[name], lower="3D"))

    def _add_slice_view_tools(self, server: Any, name: str, view: Any) -> None:
        names = connect_slice_view_slider_to_state(server, view).name
        text = _VIEW_TOOLS_HTML.format(name=name, title=VIEW_TITLES[name], lower=VIEW_TITLES[name].lower())
        text += _SLICE_MARKS_HTML.format(name=name)
        text += _SLICE_SLIDER_HTML.format(
            lower=VIEW_TITLES[name].lower(),
            value=names.value,
            low=names.min_value,
            high=names.max_value,
            step=names.step,
        )
        html.Div(classes="sr-over").add_child(text)


def _keep_content_when_resized(view: Any, app_logic: Any) -> None:
    """Let a slice view show the same part of its image in a window of another size.

    The application keeps the millimetres of a pixel: in a narrower window the head was cut off. Here a slice that
    showed the complete image does so again, and one that was enlarged stays as much enlarged.
    """
    before: dict[str, tuple[float, float]] = {}

    def keep_size(*_: Any) -> None:
        node = view.get_view_node()
        fitting_mm = _fitting_height_mm(node, app_logic)
        if fitting_mm is not None:
            before["height"] = (node.GetFieldOfView()[1], fitting_mm)

    def fit_again(*_: Any) -> None:
        node = view.get_view_node()
        fitting_mm = _fitting_height_mm(node, app_logic)
        if fitting_mm is None or "height" not in before:
            return
        height_mm, fitted_mm = before["height"]
        width, height, _depth = node.GetDimensions()
        new_height_mm = height_mm * fitting_mm / fitted_mm
        node.SetFieldOfView(new_height_mm * width / height, new_height_mm, node.GetFieldOfView()[2])
        node.UpdateMatrices()
        view.schedule_render()

    view.interactor().AddObserver(vtkCommand.WindowResizeEvent, keep_size, _BEFORE_ALL_OTHERS)
    view.interactor().AddObserver(vtkCommand.WindowResizeEvent, fit_again, -_BEFORE_ALL_OTHERS)


def _fitting_height_mm(node: Any, app_logic: Any) -> float | None:
    """Height of a slice view that shows all of its image; None where there is no image, or the view is folded away."""
    logic = app_logic.GetSliceLogic(node) if node is not None else None
    if logic is None or min(node.GetDimensions()[:2]) < _SMALLEST_VIEW:
        return None
    size_mm, centre = [0.0] * 3, [0.0] * 3
    logic.GetBackgroundSliceDimensions(size_mm, centre)
    if min(size_mm[:2]) <= 0:
        return None
    width, height, _depth = node.GetDimensions()
    return max(size_mm[1], size_mm[0] * height / width)


_VIEW_TOOLS_HTML = """
<span class="sr-title sr-{name}">{{{{ section_view === '{name}' ? 'Section' : '{title}' }}}}</span>
<div class="sr-tools">
  <v-btn icon="mdi-image-filter-center-focus" variant="text" size="small" density="comfortable"
    aria-label="Show all of the {lower} view" title="Show all" @click="trigger('fit', ['{name}'])"></v-btn>
  <v-btn :icon="large === '{name}' ? 'mdi-arrow-collapse' : 'mdi-arrow-expand'" variant="text" size="small"
    density="comfortable" :aria-label="large === '{name}' ? 'Show all four views' : 'Enlarge the {lower} view'"
    :title="large === '{name}' ? 'Show all four views' : 'Enlarge'"
    @click="large = large === '{name}' ? '' : '{name}'"></v-btn>
</div>
"""

_SLICE_MARKS_HTML = """
<template v-if="marks.{name} && case_title">
  <span v-for="edge in ['left', 'right', 'top', 'bottom']" :key="edge" :class="'sr-letter sr-letter-' + edge"
    aria-hidden="true">{{{{ marks.{name}[edge] }}}}</span>
  <span class="sr-scale" :style="{{ width: marks.{name}.bar_percent + '%' }}"
    :aria-label="'Scale: the bar is ' + marks.{name}.bar_mm + ' mm long'"
    role="img">{{{{ marks.{name}.bar_mm }}}} mm</span>
  <span v-if="probe && probe.view === '{name}'" class="sr-probe">{{{{ probe.value }}}}
    <i>{{{{ probe.position }}}}</i></span>
</template>
"""

_SLICE_SLIDER_HTML = """
<div class="sr-slider">
  <v-slider v-model="{value}" :min="{low}" :max="{high}" :step="{step}" density="compact" hide-details
    :thumb-size="24" :track-size="2" aria-label="Position of the {lower} slice in mm"></v-slider>
  <span class="sr-mm">{{{{ {value}.toFixed(1) }}}} mm</span>
</div>
"""
