"""A section through a defect along its insertion direction: a slice is turned into it, and models are cut there.

Panel and browser page show the same section (decision 0112).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from vtkmodules.vtkCommonMath import vtkMatrix4x4

from SkullRestoreLib.affine import compose_affine
from SkullRestoreLib.scene.geometry import matrix_from_vtk, matrix_to_vtk
from SkullRestoreLib.scene.mrml_types import MrmlNode, MrmlScene

SECTIONS = {"lengthwise": 0.0, "crosswise": 90.0}
"""Along the longest extent of a defect, and across it: turn about the insertion direction in degrees."""
_SEEN_FROM = np.array([-1.0, 1.0, -1.0])
"""Sagittal slices are seen from the left, coronal ones from the front, axial ones from below: signs in RAS."""
_CLIP_NODE_NAME = "Cut of the section"


@dataclass(frozen=True, eq=False)
class SectionPlane:
    """Where skull, surface and implant are cut.

    Attributes
    ----------
    slice_to_ras
        (4, 4): to the right, upwards, and towards the viewer on the screen. Upwards is out of the head, against the
        insertion direction; its origin is the middle of the defect.
    low_mm, high_mm
        How far surface or implant reach on both sides of the middle, along the plane's normal.
    """

    slice_to_ras: NDArray[np.float64]
    low_mm: float
    high_mm: float

    @property
    def normal(self) -> NDArray[np.float64]:
        """Towards the viewer, (3,) unit, RAS."""
        return self.slice_to_ras[:3, 2]

    @property
    def up(self) -> NDArray[np.float64]:
        """Upwards on the screen, (3,) unit, RAS."""
        return self.slice_to_ras[:3, 1]

    @property
    def middle(self) -> NDArray[np.float64]:
        """Middle of the defect, (3,) mm RAS."""
        return self.slice_to_ras[:3, 3]


def find_section(
    vertices: NDArray[np.float64],
    inwards: NDArray[np.float64],
    middle: NDArray[np.float64],
    *,
    turn_deg: float = 0.0,
) -> SectionPlane:
    """Find the plane of a section.

    Parameters
    ----------
    vertices
        (n, 3) mm RAS of the implant, or of the restored surface before there is one.
    inwards
        (3,) insertion direction, from outside into the head, RAS; of any length but 0.
    middle
        (3,) mm RAS, through which the plane goes.
    turn_deg
        Turn of the plane about the direction: 0 is along the longest extent of the vertices, 90 across it. Both are
        seen from where the nearest of the axial, coronal and sagittal slices is seen.

    Returns
    -------
    SectionPlane

    Examples
    --------
    >>> corners = np.array([[x, y, z] for x in (0.0, 60.0) for y in (0.0, 30.0) for z in (0.0, 4.0)])
    >>> plane = find_section(corners, np.array([0.0, 0.0, -1.0]), corners.mean(axis=0))
    >>> (plane.normal.round(6) + 0.0).tolist(), (plane.up.round(6) + 0.0).tolist(), round(plane.high_mm, 6)
    ([0.0, 1.0, 0.0], [0.0, 0.0, 1.0], 15.0)
    """
    inwards = inwards / np.linalg.norm(inwards)
    from_mean = vertices - vertices.mean(axis=0)
    flat = from_mean - (from_mean @ inwards)[:, None] * inwards
    longest = np.linalg.svd(flat, full_matrices=False)[2][0]
    lengthwise, crosswise = (_towards_viewer(normal) for normal in (np.cross(inwards, longest), longest))
    turn = np.radians(turn_deg)
    normal = np.cos(turn) * lengthwise + np.sin(turn) * crosswise
    along = (vertices - middle) @ normal
    axes = np.column_stack([np.cross(-inwards, normal), -inwards, normal])
    return SectionPlane(compose_affine(axes, middle), float(along.min()), float(along.max()))


def _towards_viewer(normal: NDArray[np.float64]) -> NDArray[np.float64]:
    """The normal or its opposite: towards the viewer of the slice that is nearest to the plane."""
    normal = normal / np.linalg.norm(normal)
    axis = int(np.abs(normal).argmax())
    return normal * np.sign(normal[axis]) * _SEEN_FROM[axis] + 0.0


class Section:
    """Shows a section in one slice view, and what the view showed before when it ends.

    Parameters
    ----------
    scene
        ``vtkMRMLScene``.
    """

    def __init__(self, scene: MrmlScene) -> None:
        self._scene = scene
        self._plane: SectionPlane | None = None
        self._before: tuple[str, vtkMatrix4x4, str] | None = None

    @property
    def node(self) -> MrmlNode | None:
        """``vtkMRMLSliceNode`` that shows the section; None while none is shown."""
        return None if self._before is None else self._scene.GetNodeByID(self._before[0])

    @property
    def plane(self) -> SectionPlane | None:
        """The section that is shown, before it was moved."""
        return None if self.node is None else self._plane

    @property
    def offset_mm(self) -> float:
        """How far the slice was moved from the middle towards the viewer, also by the user in its view; mm."""
        node, plane = self.node, self.plane
        if node is None or plane is None:
            return 0.0
        return float((matrix_from_vtk(node.GetSliceToRAS())[:3, 3] - plane.middle) @ plane.normal)

    def show(self, plane: SectionPlane, *, offset_mm: float = 0.0) -> None:
        """Turn a slice into a plane: at first the nearest one, which is kept until the section ends.

        Parameters
        ----------
        plane
            The section. Where there are no slice views, nothing happens.
        offset_mm
            From the middle towards the viewer.
        """
        node = self.node
        if node is None:
            node = self._nearest_slice(plane.normal)
            if node is None:
                return
            matrix = vtkMatrix4x4()
            matrix.DeepCopy(node.GetSliceToRAS())
            self._before = (node.GetID(), matrix, node.GetOrientation())
        self._plane = plane
        moved = plane.slice_to_ras.copy()
        moved[:3, 3] += offset_mm * plane.normal
        node.GetSliceToRAS().DeepCopy(matrix_to_vtk(moved))
        node.UpdateMatrices()

    def hide(self) -> None:
        """Show again what the slice showed before."""
        node, before = self.node, self._before
        self._plane = self._before = None
        if node is None or before is None:
            return
        node.GetSliceToRAS().DeepCopy(before[1])
        node.UpdateMatrices()
        if node.HasSliceOrientationPreset(before[2]):
            node.SetOrientation(before[2])

    def _nearest_slice(self, normal: NDArray[np.float64]) -> MrmlNode | None:
        """The slice that has to be turned least; of those that the layout shows, where it shows any."""
        count = self._scene.GetNumberOfNodesByClass("vtkMRMLSliceNode")
        nodes = [self._scene.GetNthNodeByClass(n, "vtkMRMLSliceNode") for n in range(count)]
        nodes = [node for node in nodes if node.IsMappedInLayout()] or nodes
        return max(nodes, key=lambda node: _cosine(matrix_from_vtk(node.GetSliceToRAS())[:3, 2], normal), default=None)


def _cosine(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    """Of the smaller angle between two lines; as many digits as let slices of one kind count as equal."""
    return round(abs(float(first @ second)) / float(np.linalg.norm(first) * np.linalg.norm(second)), 6)


def cut_models(displays: list[MrmlNode], clip: MrmlNode | None) -> None:
    """Leave out of models in 3D what a node cuts off; cut faces are drawn filled.

    Parameters
    ----------
    displays
        Display nodes of the models.
    clip
        ``vtkMRMLClipNode``; None shows the models complete again.
    """
    for display in displays:
        changed = display.StartModify()
        display.SetAndObserveClipNodeID(None if clip is None else clip.GetID())
        display.SetClippingCapSurface(clip is not None)
        display.SetClippingCapOpacity(1.0)
        display.SetClipping(clip is not None)
        display.EndModify(changed)


def section_clip_node(scene: MrmlScene, slice_node: MrmlNode, box: MrmlNode | None = None) -> MrmlNode:
    """Return the node that cuts off what is between a slice and the viewer.

    It is not saved with the scene: a scene that is opened again shows no section.

    Parameters
    ----------
    scene
        ``vtkMRMLScene``.
    slice_node
        ``vtkMRMLSliceNode``.
    box
        ``vtkMRMLMarkupsROINode``: what is outside of it is cut off too.

    Returns
    -------
    vtkMRMLClipNode
        One for all sections.
    """
    clip = scene.GetFirstNodeByName(_CLIP_NODE_NAME)
    if clip is None:
        clip = scene.AddNewNodeByClass("vtkMRMLClipNode", _CLIP_NODE_NAME)
        clip.SetSaveWithScene(False)
        clip.SetHideFromEditors(True)
    wanted = [node.GetID() for node in (slice_node, box) if node is not None]
    if [clip.GetNthClippingNodeID(n) for n in range(clip.GetNumberOfClippingNodes())] != wanted:
        clip.RemoveAllClippingNodeIDs()
        for node_id in wanted:
            clip.AddAndObserveClippingNodeID(node_id)
            clip.SetClippingNodeState(node_id, clip.ClipNegativeSpace)
    return clip
