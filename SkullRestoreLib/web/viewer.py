"""The scene and its four views, drawn off the screen and sent to the browser as pictures."""

import slicer
from trame.widgets import html
from trame_slicer.app.logic.slice_view_logic import connect_slice_view_slider_to_state
from trame_slicer.core import SlicerApp
from trame_slicer.rca_view import register_rca_factories
from trame_slicer.views import ViewLayoutDefinition
from vtkmodules.vtkCommonCore import vtkLogger, vtkOutputWindow

SOLID, AXIAL, CORONAL, SAGITTAL = "solid", "axial", "coronal", "sagittal"
TITLES = {SOLID: "3D", AXIAL: "Axial", CORONAL: "Coronal", SAGITTAL: "Sagittal"}
_BAR = "vtkMRMLColorLegendDisplayNode"
_DEFINITIONS = (
    ViewLayoutDefinition.threed_view(name=SOLID, background_color=("#16191d", "#2a2f36")),
    ViewLayoutDefinition.axial_view(AXIAL),
    ViewLayoutDefinition.coronal_view(CORONAL),
    ViewLayoutDefinition.sagittal_view(SAGITTAL),
)


class Viewer:
    """The application's scene, a 3D view and three slices.

    Parameters
    ----------
    server
        trame's server.
    """

    def __init__(self, server):
        self._server = server
        self.app = SlicerApp()
        vtkOutputWindow.GetInstance().SetDisplayModeToNever()  # what VTK has to say goes to its log, and is not said twice
        vtkLogger.SetStderrVerbosity(vtkLogger.VERBOSITY_OFF)
        self.scene = self.app.scene
        self.scene.RegisterNodeClass(slicer.vtkMRMLColorLegendDisplayNode())
        server.state.setdefault("large", "")
        register_rca_factories(self.app.view_manager, server, self._slice_tools, self._solid_tools, target_fps=30, blur_fps=30)
        self.views = {one.singleton_tag: self.app.view_manager.create_view(one) for one in _DEFINITIONS}
        for one in self.views.values():
            one.render_window().SetMultiSamples(0)  # edges are smoothed by FXAA: eight samples cost a software renderer eight times
        self.solid.renderer().SetUseFXAA(True)
        # one half-transparent layer needs no peeling, which draws everything several times
        self.solid.get_view_node().SetUseDepthPeeling(False)
        self.app.view_manager.set_current_view_ids(list(self.views))
        # the page writes the colour bar itself: sharper, and readable at any size
        slicer.vtkMRMLThreeDViewDisplayableManagerFactory.GetInstance().UnRegisterDisplayableManager("vtkMRMLColorLegendDisplayableManager")

    @property
    def solid(self):
        """The 3D view."""
        return self.views[SOLID]

    @property
    def slices(self) -> list:
        """The slice views."""
        return [one for name, one in self.views.items() if name != SOLID]

    def show_input(self, node) -> None:
        """Show what is worked on: a volume in the slices."""
        for one in self.slices:
            one.set_background_volume_id(node.GetID() if node.IsA("vtkMRMLVolumeNode") else None)
        self.fit()

    def look_at(self, place) -> None:
        """Move the slices to a place (3,), mm RAS."""
        for one in self.slices:
            one.get_view_node().JumpSliceByCentering(*map(float, place))

    def hide(self, node) -> None:
        """Take a node out of the views."""
        display = node.GetDisplayNode()
        if display is not None:
            display.SetVisibility(False)

    def clear(self) -> None:
        """Empty the scene; the views stay."""
        for one in self.slices:
            one.set_background_volume_id(None)
        self.scene.Clear(False)
        self.draw()

    def fit(self) -> None:
        """Show everything in every view."""
        for one in self.views.values():
            one.fit_view_to_content()
            one.schedule_render()

    def draw(self) -> None:
        """Draw every view soon."""
        for one in self.views.values():
            one.schedule_render()

    def legend(self) -> dict | None:
        """Title, marks and colours, from low to high, of the colour bar that the scene shows; None without one."""
        bars = [self.scene.GetNthNodeByClass(n, _BAR) for n in range(self.scene.GetNumberOfNodesByClass(_BAR))]
        bar = next((one for one in bars if one.GetVisibility() and one.GetPrimaryDisplayNode() is not None), None)
        if bar is None or not bar.GetPrimaryDisplayNode().GetVisibility3D():
            return None
        shown = bar.GetPrimaryDisplayNode()
        table, (low, high) = shown.GetColorNode(), shown.GetScalarRange()
        parts = [n / 4 for n in range(5)]
        colours = []
        for part in parts:
            rgba = [0.0] * 4
            table.GetColor(round(part * (table.GetNumberOfColors() - 1)), rgba)
            colours.append(f"rgb({', '.join(str(round(255 * c)) for c in rgba[:3])})")
        return {"title": bar.GetTitleText(), "marks": [f"{low + part * (high - low):.1f}" for part in parts], "colours": colours}

    # --- what stands over each picture

    def _solid_tools(self, _server, name: str, _view) -> None:
        html.Div(classes="sr-over").add_child(_TOOLS.format(name=name, title=TITLES[name], lower="3D"))

    def _slice_tools(self, server, name: str, view) -> None:
        names = connect_slice_view_slider_to_state(server, view).name
        text = _TOOLS.format(name=name, title=TITLES[name], lower=TITLES[name].lower())
        text += _SLIDER.format(lower=TITLES[name].lower(), value=names.value, low=names.min_value, high=names.max_value, step=names.step)
        html.Div(classes="sr-over").add_child(text)


_TOOLS = """
<span class="sr-title sr-{name}">{title}</span>
<div class="sr-tools">
  <v-btn icon="mdi-image-filter-center-focus" variant="text" size="small" density="comfortable"
    aria-label="Show all of the {lower} view" title="Show all" @click="trigger('fit', ['{name}'])"></v-btn>
  <v-btn :icon="large === '{name}' ? 'mdi-arrow-collapse' : 'mdi-arrow-expand'" variant="text" size="small" density="comfortable"
    :aria-label="large === '{name}' ? 'Show all four views' : 'Enlarge the {lower} view'"
    :title="large === '{name}' ? 'Show all four views' : 'Enlarge'" @click="large = large === '{name}' ? '' : '{name}'"></v-btn>
</div>
"""

_SLIDER = """
<div class="sr-slider">
  <v-slider v-model="{value}" :min="{low}" :max="{high}" :step="{step}" density="compact" hide-details :thumb-size="12" :track-size="2"
    aria-label="Position of the {lower} slice in mm"></v-slider>
  <span class="sr-mm">{{{{ {value}.toFixed(1) }}}} mm</span>
</div>
"""
