"""A section through an implant: one slice is turned into its plane, and the models in 3D are cut there."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from SkullRestoreLib.records import Implant
from SkullRestoreLib.scene.geometry import matrix_to_vtk
from SkullRestoreLib.scene.mrml_types import MrmlNode, MrmlScene

SECTIONS = ("lengthwise", "crosswise")
"""Along the longest extent of an implant, and across it; both contain the insertion direction."""
_STANDARD_SLICES = {
    "axial": ((-1.0, 0.0, 0.0), (0.0, 1.0, 0.0)),
    "coronal": ((-1.0, 0.0, 0.0), (0.0, 0.0, 1.0)),
    "sagittal": ((0.0, -1.0, 0.0), (0.0, 0.0, 1.0)),
}
"""Directions to the right and upwards on the screen, RAS."""
_CLIP_NODE_NAME = "Section through the implant"


@dataclass(frozen=True, eq=False)
class SectionPlane:
    """Where an implant is cut.

    Attributes
    ----------
    slice_name
        The slice that is nearest to it: ``"axial"``, ``"coronal"`` or ``"sagittal"``.
    slice_to_ras
        (4, 4): to the right, upwards, and towards the viewer on the screen; its origin is the implant's middle.
    low_mm, high_mm
        How far the implant reaches on both sides of its middle, along the plane's normal.
    """

    slice_name: str
    slice_to_ras: NDArray[np.float64]
    low_mm: float
    high_mm: float

    @property
    def normal(self) -> NDArray[np.float64]:
        """Towards the viewer, (3,) unit, RAS."""
        return self.slice_to_ras[:3, 2]

    @property
    def middle(self) -> NDArray[np.float64]:
        """Middle of the implant, (3,) mm RAS."""
        return self.slice_to_ras[:3, 3]


def find_section(implant: Implant, section: str) -> SectionPlane:
    """Find the plane of a section through an implant.

    Parameters
    ----------
    implant
        Where it has no insertion direction, that of its least extent is used.
    section
        Of :data:`SECTIONS`.

    Returns
    -------
    SectionPlane
        Turned as the nearest slice is: what is up, and from where it is looked at.

    Examples
    --------
    >>> from SkullRestoreLib.records import Mesh
    >>> corners = np.array([[x, y, z] for x in (0.0, 60.0) for y in (0.0, 30.0) for z in (0.0, 4.0)])
    >>> plate = Implant(1, Mesh(corners, np.zeros((0, 3), int)), 7.2, 4.0, True, 1.0, np.array([0.0, 0.0, -1.0]))
    >>> find_section(plate, "lengthwise").slice_name, find_section(plate, "crosswise").slice_name
    ('coronal', 'sagittal')
    """
    vertices = implant.mesh.vertices
    middle = (vertices.min(axis=0) + vertices.max(axis=0)) / 2
    from_middle = vertices - vertices.mean(axis=0)
    inwards = implant.insertion_direction
    if inwards is None:
        inwards = np.linalg.svd(from_middle, full_matrices=False)[2][2]
    flat = from_middle - (from_middle @ inwards)[:, None] * inwards
    longest = np.linalg.svd(flat, full_matrices=False)[2][0]
    normal = np.cross(inwards, longest) if section == "lengthwise" else longest
    normal /= np.linalg.norm(normal)
    name = max(_STANDARD_SLICES, key=lambda one: abs(normal @ np.cross(*_STANDARD_SLICES[one])))
    right, up = (np.array(axis) for axis in _STANDARD_SLICES[name])
    towards_viewer = normal * np.sign(normal @ np.cross(right, up))
    up = up - (up @ towards_viewer) * towards_viewer
    up /= np.linalg.norm(up)
    slice_to_ras = np.eye(4)
    slice_to_ras[:3] = np.column_stack([np.cross(up, towards_viewer), up, towards_viewer, middle])
    along = (vertices - middle) @ towards_viewer
    return SectionPlane(name, slice_to_ras, float(along.min()), float(along.max()))


def turn_slice(slice_node: MrmlNode, plane: SectionPlane, *, offset_mm: float = 0.0) -> None:
    """Turn a slice into the plane of a section.

    Parameters
    ----------
    slice_node
        ``vtkMRMLSliceNode``.
    plane
        The section.
    offset_mm
        From the implant's middle towards the viewer.
    """
    matrix = plane.slice_to_ras.copy()
    matrix[:3, 3] += offset_mm * plane.normal
    slice_node.GetSliceToRAS().DeepCopy(matrix_to_vtk(matrix))
    slice_node.UpdateMatrices()


def section_offset_mm(slice_node: MrmlNode, plane: SectionPlane) -> float:
    """Measure how far a slice has been moved from an implant's middle.

    Parameters
    ----------
    slice_node
        ``vtkMRMLSliceNode`` that was turned into the plane.
    plane
        The section.

    Returns
    -------
    float
        Towards the viewer, mm.
    """
    to_ras = slice_node.GetSliceToRAS()
    origin = np.array([to_ras.GetElement(k, 3) for k in range(3)])
    return float((origin - plane.middle) @ plane.normal)


def cut_models(scene: MrmlScene, displays: list[MrmlNode], slice_node: MrmlNode | None) -> None:
    """Leave out of models in 3D what is between a slice and the viewer; their cut faces are drawn filled.

    Parameters
    ----------
    scene
        ``vtkMRMLScene``.
    displays
        Display nodes of the models.
    slice_node
        ``vtkMRMLSliceNode``; None shows the models complete again.
    """
    clip = scene.GetFirstNodeByName(_CLIP_NODE_NAME)
    if slice_node is not None and clip is None:
        clip = scene.AddNewNodeByClass("vtkMRMLClipNode", _CLIP_NODE_NAME)
        clip.SetSaveWithScene(False)
        clip.SetHideFromEditors(True)
    if slice_node is not None and clip.GetClippingNodeID() != slice_node.GetID():
        clip.RemoveAllClippingNodeIDs()
        clip.AddAndObserveClippingNodeID(slice_node.GetID())
        clip.SetNthClippingNodeState(0, clip.ClipNegativeSpace)
    for display in displays:
        changed = display.StartModify()
        if clip is not None:
            display.SetAndObserveClipNodeID(clip.GetID())
        display.SetClippingCapSurface(True)
        display.SetClippingCapOpacity(1.0)
        display.SetClipping(slice_node is not None)
        display.EndModify(changed)
