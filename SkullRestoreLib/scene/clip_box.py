"""A box outside of which nothing of a case is drawn in 3D, and what else cuts its models there."""

import numpy as np
from numpy.typing import NDArray

from SkullRestoreLib.scene import case_node
from SkullRestoreLib.scene.mrml_types import MrmlNode
from SkullRestoreLib.scene.section import cut_models, section_clip_node

_FRAME_COLOUR = (0.20, 0.55, 0.95)
_CUT_ROLES = ("surface", "implant", "piece", "mirror")


def show_clip_box(case: MrmlNode, centre: NDArray[np.float64], size_mm: float) -> None:
    """Show the box of a case, which the user drags by its handles; :func:`cut_case` lets it cut.

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


def cut_case(case: MrmlNode, slice_node: MrmlNode | None) -> None:
    """Cut all that is drawn of a case, also what was made since: by its box where that is shown, and by a section.

    Parameters
    ----------
    case
        The case node.
    slice_node
        ``vtkMRMLSliceNode`` that shows a section; None where none does.
    """
    box = case_node.find_role_node(case, "clip_box") if is_clip_box_shown(case) else None
    clip = _box_clip_node(case, box) if box is not None else None
    if slice_node is not None:
        clip = section_clip_node(case.GetScene(), slice_node, box)
    cut_models(_cut_displays(case), clip)


def _box_clip_node(case: MrmlNode, box: MrmlNode) -> MrmlNode:
    """Node that cuts by the box alone; it is saved with the scene."""
    clip = case_node.node_for_role(case, "clip", "vtkMRMLClipNode", "Clip")
    if not clip.HasClippingNodeID(box.GetID()):
        clip.AddAndObserveClippingNodeID(box.GetID())
    clip.SetClippingNodeState(box.GetID(), clip.ClipNegativeSpace)
    return clip


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
    """Hide the box of a case; it stays for the next time.

    Parameters
    ----------
    case
        The case node.
    """
    if is_clip_box_shown(case):
        case_node.find_role_node(case, "clip_box").GetDisplayNode().SetVisibility(False)


def _cut_displays(case: MrmlNode) -> list[MrmlNode]:
    """Display nodes of what a box or a section cuts; a colour bar is no part of it."""
    nodes = [case_node.find_role_node(case, "bone")]
    nodes += [node for prefix in _CUT_ROLES for node in case_node.nodes_for_prefix(case, prefix).values()]
    return [node.GetDisplayNode() for node in nodes if node is not None and node.GetDisplayNode() is not None]
