"""Surfaces as model nodes: restored surfaces coloured by a number, implants, and the predicted vault."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from vtkmodules.util.numpy_support import vtk_to_numpy

from SkullRestoreLib._system.translation import say, translate
from SkullRestoreLib.affine import apply_affine, rotate
from SkullRestoreLib.geometry.icosphere import level_from_count, spherical_grid
from SkullRestoreLib.records import Mesh, Pose, VaultTables
from SkullRestoreLib.scene.case_folder import find_colour_bar, show_colour_bar
from SkullRestoreLib.scene.geometry import mesh_to_poly_data, set_vertex_scalars, with_vertex_normals
from SkullRestoreLib.scene.mrml_types import MrmlNode, MrmlScene

STANDARD_ERROR_SCALARS = "Standard error (mm)"
DISTANCE_SCALARS = "Distance (mm)"
SURFACE_COLOUR = (0.10, 0.62, 0.62)
IMPLANT_COLOUR = (0.36, 0.55, 0.85)
OBJECT_COLOUR = (0.60, 0.42, 0.74)
OBJECT_LIFT_MM = 0.3
NOT_PASSED_COLOUR = (0.85, 0.20, 0.18)
_NOT_PASSED = "SkullRestore.notPassed"
"""Attribute of the node of an implant that did not pass its checks; it is saved with the scene."""
_EARLIER_DESIGN = "SkullRestore.earlierDesign"
"""Attribute of the node of an implant that is kept because its next design was refused."""
ABSENT_COLOUR = (0.35, 0.35, 0.37)
"""Where there is no number. It is in neither colour scale, also as a colour-blind person sees them."""
STALE_COLOUR = (0.95, 0.65, 0.26)
MIRROR_SCALARS = "Restored minus other side (mm)"
_SHOWN_PART = "SkullRestore.shownPart"
"""Attribute of a node that the user lets fade: the part of its usual opacity."""
_LEAST_PART = 0.001
"""Nothing is seen of it, and the usual opacity is known still."""
SURFACE_OPACITY, STALE_OPACITY = 0.75, 0.35
_Colour = tuple[float, float, float]
_SEQUENTIAL_COLOURS = (
    "SkullRestore one-sided",
    ((0.20, 0.55, 0.75), (0.35, 0.75, 0.60), (0.98, 0.88, 0.35), (0.93, 0.45, 0.20), (0.70, 0.10, 0.15)),
)
_DIVERGING_COLOURS = (
    "SkullRestore two-sided",
    ((0.13, 0.28, 0.65), (0.45, 0.66, 0.86), (0.93, 0.93, 0.92), (0.95, 0.62, 0.46), (0.70, 0.09, 0.14)),
)
"""Name and stops of each colour scale. Small and large, below and above, also look different to colour-blind people."""
_LEGEND_SIZE, _LEGEND_FONT_SIZE = (0.11, 0.32), 9
"""Of a colour bar, as a fraction of the view and in points."""
_MAX_LABELS = 7
"""More labels than this stand over each other on a colour bar of a third of the view."""


def show_mesh(node: MrmlNode, mesh: Mesh, scalars: Mapping[str, NDArray[np.float64]] | None = None) -> None:
    """Put a mesh with numbers at its vertices into a model node; its former content is replaced.

    Parameters
    ----------
    node
        ``vtkMRMLModelNode``.
    mesh
        mm RAS.
    scalars
        Name to (n,) values, one for each vertex.
    """
    data = with_vertex_normals(mesh_to_poly_data(mesh))
    for name, values in (scalars or {}).items():
        set_vertex_scalars(data, name, values)
    node.SetAndObservePolyData(data)
    node.CreateDefaultDisplayNodes()


def move_vertices(node: MrmlNode, vertices: NDArray[np.float64]) -> None:
    """Move the vertices of a model that keeps its triangles, in place: fast enough to follow a dragged point.

    Parameters
    ----------
    node
        ``vtkMRMLModelNode``.
    vertices
        (n, 3) mm RAS, as many as it has.
    """
    data = node.GetPolyData()
    vtk_to_numpy(data.GetPoints().GetData())[:] = vertices
    data.GetPoints().GetData().Modified()
    data.GetPoints().Modified()
    data.Modified()


def recompute_normals(node: MrmlNode) -> None:
    """Compute the normals of moved vertices.

    Parameters
    ----------
    node
        ``vtkMRMLModelNode``.
    """
    node.SetAndObservePolyData(with_vertex_normals(node.GetPolyData()))


def has_faces(node: MrmlNode | None, faces: NDArray[np.int64]) -> bool:
    """Find out whether a model consists of exactly these triangles.

    Parameters
    ----------
    node
        ``vtkMRMLModelNode``.
    faces
        (m, 3) vertex indices.

    Returns
    -------
    bool
        False also where there is no node, or where its vertices are of another number.
    """
    data = node.GetPolyData() if node is not None else None
    if (
        data is None
        or data.GetNumberOfPolys() != len(faces)
        or data.GetNumberOfPoints() != int(faces.max(initial=-1)) + 1
    ):
        return False
    return bool(np.array_equal(vtk_to_numpy(data.GetPolys().GetConnectivityArray()).reshape(-1, 3), faces))


def model_vertices(node: MrmlNode) -> NDArray[np.float64]:
    """Read the vertices of a model.

    Parameters
    ----------
    node
        ``vtkMRMLModelNode``.

    Returns
    -------
    ndarray
        (n, 3) float64, mm in the node's own coordinates.
    """
    return vtk_to_numpy(node.GetPolyData().GetPoints().GetData()).astype(np.float64)


def style_as_restored_surface(node: MrmlNode) -> None:
    """Draw a restored surface half-transparent, with its outline in the slices.

    Parameters
    ----------
    node
        ``vtkMRMLModelNode``.
    """
    display = node.GetDisplayNode()
    display.SetColor(*SURFACE_COLOUR)
    display.SetOpacity(SURFACE_OPACITY)
    display.SetBackfaceCulling(False)
    display.SetVisibility2D(True)
    display.SetSliceIntersectionThickness(2)


def style_as_object(node: MrmlNode) -> None:
    """Draw what was found in a hole, with its outline in the slices.

    It is drawn a little further out than it is, because the bone around it has the same surface there.

    Parameters
    ----------
    node
        ``vtkMRMLModelNode``.
    """
    data = node.GetPolyData()
    normals = vtk_to_numpy(data.GetPointData().GetNormals())
    move_vertices(node, model_vertices(node) + OBJECT_LIFT_MM * normals)
    display = node.GetDisplayNode()
    display.SetColor(*OBJECT_COLOUR)
    display.SetVisibility2D(True)
    display.SetSliceIntersectionThickness(2)


def fade_surface(node: MrmlNode, stale: bool) -> None:
    """Set the opacity of a restored surface.

    Parameters
    ----------
    node
        ``vtkMRMLModelNode``.
    stale
        Whether it was made with other choices than those that are shown now: faded.
    """
    display = node.GetDisplayNode()
    current_opacity = 1.0 if display.GetActiveScalarName() == DISTANCE_SCALARS else SURFACE_OPACITY
    display.SetOpacity((STALE_OPACITY if stale else current_opacity) * _shown_part(node))


def style_as_implant(node: MrmlNode, *, passed: bool | None = None, stale: bool = False) -> None:
    """Draw an implant opaque, with its outline in the slices.

    Parameters
    ----------
    node
        ``vtkMRMLModelNode``.
    passed
        Whether it passed its checks: red where it did not. None keeps what was set before.
    stale
        Whether it was made with other choices than those that are shown now: faded, and in amber.
    """
    if passed is not None:
        node.SetAttribute(_NOT_PASSED, None if passed else "true")
    failed = node.GetAttribute(_NOT_PASSED) is not None
    stale = stale or node.GetAttribute(_EARLIER_DESIGN) is not None
    display = node.GetDisplayNode()
    display.SetColor(*(NOT_PASSED_COLOUR if failed else STALE_COLOUR if stale else IMPLANT_COLOUR))
    display.SetOpacity((STALE_OPACITY if stale else 1.0) * _shown_part(node))
    display.SetVisibility2D(True)
    display.SetSliceIntersectionThickness(2)


def show_part(node: MrmlNode, part: float) -> None:
    """Let a surface or an implant fade, to see what is behind it.

    Parameters
    ----------
    node
        ``vtkMRMLModelNode``.
    part
        Of its usual opacity, 0 to 1.
    """
    display = node.GetDisplayNode()
    usual = display.GetOpacity() / _shown_part(node)
    part = max(part, _LEAST_PART)
    node.SetAttribute(_SHOWN_PART, None if part == 1 else str(part))
    display.SetOpacity(usual * part)


def _shown_part(node: MrmlNode) -> float:
    return float(node.GetAttribute(_SHOWN_PART) or 1)


def style_as_mirrored_side(node: MrmlNode, reach_mm: float, title: str | None) -> None:
    """Draw the mirrored other side of a restored surface, coloured by its distance from it.

    Parameters
    ----------
    node
        ``vtkMRMLModelNode`` with :data:`MIRROR_SCALARS`.
    reach_mm
        The colours reach this far to both sides.
    title
        Of the colour bar; None for none.
    """
    colour_by_scalars(node, MIRROR_SCALARS, -reach_mm, reach_mm, two_sided=True, legend=title)
    display = node.GetDisplayNode()
    display.SetOpacity(1.0)
    display.SetBackfaceCulling(False)
    display.SetVisibility2D(True)
    display.SetSliceIntersectionThickness(2)
    for one in (node, *(node.GetNthDisplayNode(n) for n in range(node.GetNumberOfDisplayNodes()))):
        one.SetSaveWithScene(False)  # an open scene has no session that could take it away


def mark_earlier_design(node: MrmlNode) -> None:
    """Draw an implant as out of date for good, because its next design was refused.

    Parameters
    ----------
    node
        ``vtkMRMLModelNode``.
    """
    if node.GetAttribute(_EARLIER_DESIGN) is None:
        node.SetAttribute(_EARLIER_DESIGN, "true")
        node.SetName(say("{1} (earlier design)", node.GetName()))
    style_as_implant(node, stale=True)


def colour_by_scalars(
    node: MrmlNode, name: str, low: float, high: float, *, two_sided: bool = False, legend: str | None = None
) -> None:
    """Colour a model by the numbers of this name.

    Parameters
    ----------
    node
        ``vtkMRMLModelNode``.
    name
        Of the array, as given to :func:`show_mesh`.
    low, high
        Range of the colours.
    two_sided
        Whether the numbers are below and above zero, with zero in the middle of the range.
    legend
        Title of a colour bar; None shows none.
    """
    scene, display = node.GetScene(), node.GetDisplayNode()
    colours = _colour_table(scene, *(_DIVERGING_COLOURS if two_sided else _SEQUENTIAL_COLOURS))
    colours.GetLookupTable().SetNanColor(*ABSENT_COLOUR, 1.0)  # a scene file does not keep it
    display.SetAndObserveColorNodeID(colours.GetID())
    display.SetActiveScalar(name, 0)  # vtkAssignAttribute::POINT_DATA
    display.SetScalarRangeFlag(0)  # manual range
    display.SetScalarRange(low, high)
    display.SetScalarVisibility(True)
    bar = find_colour_bar(node)
    if legend is None:
        if bar is not None:
            show_colour_bar(node, bar, False)
        return
    if bar is None:
        bar = _create_colour_legend(scene, say("{1} colour bar", node.GetName()), display)
        node.AddAndObserveDisplayNodeID(bar.GetID())
    bar.SetTitleText(translate(legend))
    bar.SetLabelFormat("%.0f")
    bar.SetNumberOfLabels(_count_labels(low, high))
    bar.SetVisibility2D(False)
    bar.SetVisibility3D(True)
    show_colour_bar(node, bar, True)


def _count_labels(low: float, high: float) -> int:
    """Count the labels of a colour bar so that all of them are whole numbers, evenly spaced and few.

    Examples
    --------
    >>> _count_labels(0, 3), _count_labels(-2, 2), _count_labels(-7, 7)
    (4, 5, 3)
    """
    span = round(high - low)
    divisors = [step for step in range(1, span + 1) if span % step == 0 and round(low) % step == 0]
    return next((span // step + 1 for step in divisors if span // step + 1 <= _MAX_LABELS), 2)


def _colour_table(scene: MrmlScene, name: str, stops: tuple[_Colour, ...]) -> MrmlNode:
    """Return the table of 256 colours that all models of the scene share."""
    node = scene.GetFirstNodeByName(name)
    if node is not None:
        return node
    node = scene.AddNewNodeByClass("vtkMRMLColorTableNode", name)
    node.SetTypeToUser()
    node.SetNumberOfColors(256)
    stop_numbers = np.linspace(0, len(stops) - 1, 256)
    channels = [np.interp(stop_numbers, range(len(stops)), channel) for channel in zip(*stops, strict=True)]
    for n, colour in enumerate(np.stack(channels, axis=1)):
        node.SetColor(n, str(n), *map(float, colour), 1.0)
    return node


def _create_colour_legend(scene: MrmlScene, name: str, display: MrmlNode) -> MrmlNode:
    legend = scene.CreateNodeByClass("vtkMRMLColorLegendDisplayNode")
    if legend is None:  # outside the application the class is not registered
        import slicer

        scene.RegisterNodeClass(slicer.vtkMRMLColorLegendDisplayNode())
        legend = scene.CreateNodeByClass("vtkMRMLColorLegendDisplayNode")
    legend.UnRegister(None)
    legend.SetName(name)
    legend.SetVisibility(False)  # until it has its colours: a view draws it as soon as it is in the scene
    scene.AddNode(legend)
    legend.SetAndObservePrimaryDisplayNode(display)
    legend.SetSize(*_LEGEND_SIZE)
    legend.SetPosition(0.97, 0.06)
    for text in (legend.GetTitleTextProperty(), legend.GetLabelTextProperty()):
        text.SetFontFamilyToArial()
        text.SetFontSize(_LEGEND_FONT_SIZE)
        text.SetBold(False)
        text.SetItalic(False)
    return legend


# --- the predicted vault: shown to the user, and stored with the scene so that the network need not run again

_STORED_ARRAYS = ("inner", "outer_sigma", "inner_sigma", "missing", "vault")


def show_predicted_vault(node: MrmlNode, predicted: VaultTables, pose: Pose) -> None:
    """Show the complete predicted vault as a model, hidden at first; every number of the prediction is stored with it.

    Parameters
    ----------
    node
        ``vtkMRMLModelNode``.
    predicted
        Radii in mm from the head's centre.
    pose
        Head frame of the tables.
    """
    grid = spherical_grid(predicted.level)
    vertices = apply_affine(pose.head_to_ras, grid.directions * predicted.outer[:, None])
    show_mesh(node, Mesh(vertices, grid.faces))
    for name in _STORED_ARRAYS:
        set_vertex_scalars(node.GetPolyData(), name, getattr(predicted, name))
    display = node.GetDisplayNode()
    display.SetColor(0.8, 0.8, 0.85)
    display.SetOpacity(0.3)
    display.SetVisibility(False)


def vault_tables_from_model(node: MrmlNode, pose: Pose) -> VaultTables:
    """Read the prediction that :func:`show_predicted_vault` stored.

    Parameters
    ----------
    node
        ``vtkMRMLModelNode``.
    pose
        Head frame of the tables.

    Returns
    -------
    VaultTables
        As precise as float32.

    Raises
    ------
    ValueError
        If the model was changed, so that it is no prediction any more.
    """
    data = node.GetPolyData()
    arrays: dict[str, Any] = (
        {name: data.GetPointData().GetArray(name) for name in _STORED_ARRAYS} if data is not None else {}
    )
    if not arrays or any(a is None for a in arrays.values()):
        raise ValueError(f"The model '{node.GetName()}' holds no prediction any more.")
    from_centre = rotate(pose.ras_to_head, model_vertices(node) - pose.head_to_ras[:3, 3])
    values = {name: vtk_to_numpy(a).astype(np.float64) for name, a in arrays.items()}
    vault = values.pop("vault") > 0.5
    return VaultTables(level_from_count(len(from_centre)), np.linalg.norm(from_centre, axis=1), vault=vault, **values)
