"""A slice view along the insertion direction, and a box outside of which nothing is drawn in 3D."""

import numpy as np
from numpy.typing import NDArray
from vtkmodules.vtkCommonMath import vtkMatrix4x4

from SkullRestoreLib.scene import case_node
from SkullRestoreLib.scene.mrml_types import MrmlNode, MrmlScene

SECTION_SLICE = "Yellow"
"""The slice view that shows the section: that of sagittal slices in Slicer's layouts."""
_FRAME_COLOUR = (0.20, 0.55, 0.95)
_CLIPPED_ROLES = ("surface", "implant", "piece", "mirror")


def section_axes(
    inwards: NDArray[np.float64], head_to_ras: NDArray[np.float64], turn_deg: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Find the plane along a direction.

    Parameters
    ----------
    inwards
        (3,) from outside into the head, RAS.
    head_to_ras
        (4, 4) head frame: at 0 degrees the plane is as upright as the direction allows.
    turn_deg
        Turn of the plane about the direction.

    Returns
    -------
    normal : ndarray
        (3,) unit.
    along : ndarray
        (3,) unit, to the right in the picture; the direction goes down in it.

    Examples
    --------
    >>> normal, along = section_axes(np.array([0.0, 0.0, -1.0]), np.eye(4), 0.0)
    >>> float(normal @ [0, 0, 1]), float(along @ [0, 0, 1])
    (0.0, 0.0)
    """
    inwards = inwards / np.linalg.norm(inwards)
    axes = head_to_ras[:3, :3].T
    upright = axes[2] if abs(inwards @ axes[2]) < np.cos(np.radians(30)) else axes[1]
    across = np.cross(inwards, upright)
    across /= np.linalg.norm(across)
    turn = np.radians(turn_deg)
    normal = np.cos(turn) * across + np.sin(turn) * np.cross(inwards, across)
    return normal, np.cross(-inwards, normal)


class SectionView:
    """Shows one plane in a slice view, and what the view showed before when it ends.

    Parameters
    ----------
    scene
        ``vtkMRMLScene``.
    """

    def __init__(self, scene: MrmlScene) -> None:
        self._scene = scene
        self._before: tuple[str, vtkMatrix4x4, str, bool] | None = None

    @property
    def node(self) -> MrmlNode | None:
        """``vtkMRMLSliceNode`` of the view; None where there are no slice views."""
        count = self._scene.GetNumberOfNodesByClass("vtkMRMLSliceNode")
        nodes = [self._scene.GetNthNodeByClass(n, "vtkMRMLSliceNode") for n in range(count)]
        return next((node for node in nodes if node.GetLayoutName() == SECTION_SLICE), nodes[-1] if nodes else None)

    @property
    def is_shown(self) -> bool:
        """Whether a section is shown."""
        return self._before is not None

    def show(self, position: NDArray[np.float64], normal: NDArray[np.float64], along: NDArray[np.float64]) -> None:
        """Show a plane, in the slice view and as a frame in 3D.

        Parameters
        ----------
        position
            (3,) mm RAS, in the middle of the view.
        normal, along
            From :func:`section_axes`.
        """
        node = self.node
        if node is None:
            return
        if self._before is None:
            matrix = vtkMatrix4x4()
            matrix.DeepCopy(node.GetSliceToRAS())
            self._before = (node.GetID(), matrix, node.GetOrientation(), bool(node.GetSliceVisible()))
        node.SetSliceToRASByNTP(*map(float, (*normal, *along, *position)), 0)
        node.SetSliceVisible(True)

    def hide(self) -> None:
        """Show again what the view showed before."""
        before, self._before = self._before, None
        node = self._scene.GetNodeByID(before[0]) if before is not None else None
        if before is None or node is None:
            return
        node.GetSliceToRAS().DeepCopy(before[1])
        node.UpdateMatrices()
        if node.HasSliceOrientationPreset(before[2]):
            node.SetOrientation(before[2])
        node.SetSliceVisible(before[3])


def show_clip_box(case: MrmlNode, centre: NDArray[np.float64], size_mm: float) -> None:
    """Draw bone, surfaces and implants of a case only inside of a box, which the user drags by its handles.

    Parameters
    ----------
    case
        The case node.
    centre
        (3,) mm RAS, of a new box; one that is there is shown as it is.
    size_mm
        Its edges.
    """
    is_new = case_node.find_role_node(case, "clip_box") is None
    box = case_node.node_for_role(case, "clip_box", "vtkMRMLMarkupsROINode", "Clip box")
    if is_new:
        box.CreateDefaultDisplayNodes()
        box.SetCenterWorld(*map(float, centre))
        box.SetSizeWorld(size_mm, size_mm, size_mm)
        display = box.GetDisplayNode()
        display.SetFillVisibility(False)
        display.SetPropertiesLabelVisibility(False)
        display.SetColor(*_FRAME_COLOUR)
        display.SetSelectedColor(*_FRAME_COLOUR)
        display.SetHandlesInteractive(True)
        display.SetGlyphScale(1.5)
    box.GetDisplayNode().SetVisibility(True)
    clip_by_box(case)


def clip_by_box(case: MrmlNode) -> None:
    """Let the box of a case clip all that is drawn of it, also what was made since.

    Parameters
    ----------
    case
        The case node, with its box.
    """
    box = case_node.find_role_node(case, "clip_box")
    if box is None:
        return
    clip = case_node.node_for_role(case, "clip", "vtkMRMLClipNode", "Clip")
    if not clip.HasClippingNodeID(box.GetID()):
        clip.AddAndObserveClippingNodeID(box.GetID())
    clip.SetClippingNodeState(box.GetID(), clip.ClipNegativeSpace)
    for display in _clipped_displays(case):
        display.SetAndObserveClipNodeID(clip.GetID())
        display.SetClipping(True)


def is_clip_box_shown(case: MrmlNode) -> bool:
    """Find out whether a case is drawn only inside of its box.

    Parameters
    ----------
    case
        The case node.

    Returns
    -------
    bool
        False before a box was made.
    """
    box = case_node.find_role_node(case, "clip_box")
    return box is not None and box.GetDisplayNode() is not None and bool(box.GetDisplayNode().GetVisibility())


def hide_clip_box(case: MrmlNode) -> None:
    """Draw everything of a case again; the box stays for the next time.

    Parameters
    ----------
    case
        The case node.
    """
    box = case_node.find_role_node(case, "clip_box")
    if box is not None and box.GetDisplayNode() is not None:
        box.GetDisplayNode().SetVisibility(False)
    for display in _clipped_displays(case):
        display.SetClipping(False)
        display.SetAndObserveClipNodeID(None)


def _clipped_displays(case: MrmlNode) -> list[MrmlNode]:
    """Display nodes of what a box clips; a colour bar is no part of it."""
    nodes = [case_node.find_role_node(case, "bone")]
    nodes += [node for prefix in _CLIPPED_ROLES for node in case_node.nodes_for_prefix(case, prefix).values()]
    return [node.GetDisplayNode() for node in nodes if node is not None and node.GetDisplayNode() is not None]
