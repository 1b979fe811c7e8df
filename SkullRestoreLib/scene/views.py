"""Centre the views on a position, and preview the bone threshold over the slices. Layouts are left alone."""

import numpy as np
from numpy.typing import NDArray

from SkullRestoreLib._system.translation import translate
from SkullRestoreLib.scene.mrml_types import MrmlNode, MrmlScene

_CAMERA_DISTANCE_MM = 380.0
"""Distance of a 3D camera from the position on which it is centred."""
_CAMERA_ANGLE_DEGREES = 25.0
"""Its angle from the lower to the upper edge of the view: 168 mm at that distance, a large hemicraniectomy's defect.

It is set each time, because *Show all* narrows it to what is shown then.
"""
_MAX_HU = 32767.0
"""Upper end of the preview: the largest value of a 16-bit image."""
_PREVIEW_OPACITY = 0.5


def centre_views_on(scene: MrmlScene, position: NDArray[np.float64], outwards: NDArray[np.float64]) -> None:
    """Centre every view on a position; the 3D views show it at the same size each time.

    Parameters
    ----------
    scene
        ``vtkMRMLScene``.
    position
        (3,) mm RAS: slices are moved to go through it.
    outwards
        (3,) direction from the position to the 3D cameras; any length.
    """
    for node in _nodes_of_class(scene, "vtkMRMLSliceNode"):
        node.JumpSliceByCentering(*map(float, position))
    outwards = outwards / np.linalg.norm(outwards)
    up = np.array([0.0, 0.0, 1.0]) if abs(outwards[2]) < 0.9 else np.array([0.0, 1.0, 0.0])
    for node in _nodes_of_class(scene, "vtkMRMLCameraNode"):
        changed = node.StartModify()
        node.SetFocalPoint(*map(float, position))
        node.SetPosition(*map(float, position + _CAMERA_DISTANCE_MM * outwards))
        node.SetViewUp(*map(float, up))
        node.SetViewAngle(_CAMERA_ANGLE_DEGREES)
        node.EndModify(changed)
        node.ResetClippingRange()


def show_in_empty_slices(scene: MrmlScene, volume: MrmlNode) -> None:
    """Show a volume in the slices that show none.

    Parameters
    ----------
    scene
        ``vtkMRMLScene``.
    volume
        ``vtkMRMLScalarVolumeNode`` of the scene.
    """
    for composite in _nodes_of_class(scene, "vtkMRMLSliceCompositeNode"):
        if composite.GetBackgroundVolumeID() is None:
            composite.SetBackgroundVolumeID(volume.GetID())


def set_placing_points(scene: MrmlScene, node: MrmlNode, enabled: bool, *, persistent: bool = True) -> None:
    """Let clicks in the views place points in a list, one after the other, or end that.

    Parameters
    ----------
    scene
        ``vtkMRMLScene``. One without a mouse mode (no application) is left as it is.
    node
        ``vtkMRMLMarkupsNode`` that gets the points.
    enabled
        Whether clicks place points.
    persistent
        Whether that goes on when the node has all its points.
    """
    selection = scene.GetNodeByID("vtkMRMLSelectionNodeSingleton")
    interaction = scene.GetNodeByID("vtkMRMLInteractionNodeSingleton")
    if selection is None or interaction is None:
        return
    if enabled:
        selection.SetReferenceActivePlaceNodeClassName(node.GetClassName())
        selection.SetActivePlaceNodeID(node.GetID())
        interaction.SetPlaceModePersistence(int(persistent))
        interaction.SetCurrentInteractionMode(interaction.Place)
    else:
        interaction.SetCurrentInteractionMode(interaction.ViewTransform)


def placed_node(scene: MrmlScene) -> MrmlNode | None:
    """Find the list in which clicks in the views place points now.

    Parameters
    ----------
    scene
        ``vtkMRMLScene``.

    Returns
    -------
    vtkMRMLMarkupsNode or None
        None while clicks do not place points: the application ends placement by itself, as by a right click.
    """
    selection = scene.GetNodeByID("vtkMRMLSelectionNodeSingleton")
    interaction = scene.GetNodeByID("vtkMRMLInteractionNodeSingleton")
    if selection is None or interaction is None or interaction.GetCurrentInteractionMode() != interaction.Place:
        return None
    return scene.GetNodeByID(selection.GetActivePlaceNodeID() or "")


class ThresholdPreview:
    """Colour everything at or above a threshold, over the slices.

    No voxel is copied: a second display of the same image cuts off what is below.

    Parameters
    ----------
    scene
        ``vtkMRMLScene``.
    """

    COLOUR_TABLE_ID = "vtkMRMLColorTableNodeYellow"

    def __init__(self, scene: MrmlScene) -> None:
        self._scene = scene
        self._node: MrmlNode | None = None
        self._previous_foregrounds: list[tuple[str, str | None, float]] = []

    @property
    def is_shown(self) -> bool:
        """Whether the preview is on."""
        return self._node is not None and self._scene.GetNodeByID(self._node.GetID() or "") is not None

    def show(self, volume: MrmlNode, threshold_hu: float) -> None:
        """Show the preview, or change its threshold.

        Parameters
        ----------
        volume
            ``vtkMRMLScalarVolumeNode``, the CT.
        threshold_hu
            Everything at or above it is coloured, HU.
        """
        if self._node is None or not self.is_shown:
            self._node = self._add_preview_node(volume)
        display = self._node.GetDisplayNode()
        changed = display.StartModify()
        display.SetThreshold(float(threshold_hu), _MAX_HU)
        display.SetApplyThreshold(True)
        display.EndModify(changed)

    def _add_preview_node(self, volume: MrmlNode) -> MrmlNode:
        node = self._scene.CreateNodeByClass("vtkMRMLScalarVolumeNode")
        node.UnRegister(None)
        node.SetName(translate("Bone threshold preview"))
        node.SetHideFromEditors(True)
        node.SetSaveWithScene(False)
        node.CopyOrientation(volume)
        node.SetAndObserveImageData(volume.GetImageData())
        node.SetAndObserveTransformNodeID(volume.GetTransformNodeID())
        self._scene.AddNode(node)
        node.CreateDefaultDisplayNodes()
        display = node.GetDisplayNode()
        display.SetSaveWithScene(False)
        display.SetAutoWindowLevel(False)
        display.SetWindowLevel(1.0, -2000.0)  # everything that is left is full colour
        display.SetInterpolate(False)
        if self._scene.GetNodeByID(self.COLOUR_TABLE_ID):
            display.SetAndObserveColorNodeID(self.COLOUR_TABLE_ID)
        composites = _nodes_of_class(self._scene, "vtkMRMLSliceCompositeNode")
        self._previous_foregrounds = [
            (c.GetID(), c.GetForegroundVolumeID(), c.GetForegroundOpacity()) for c in composites
        ]
        for composite in composites:
            composite.SetForegroundVolumeID(node.GetID())
            composite.SetForegroundOpacity(_PREVIEW_OPACITY)
        return node

    def hide(self) -> None:
        """Remove the preview, and show again what was shown before."""
        node, self._node = self._node, None
        for composite_id, volume_id, opacity in self._previous_foregrounds:
            composite = self._scene.GetNodeByID(composite_id)
            if composite is not None and node is not None and composite.GetForegroundVolumeID() == node.GetID():
                composite.SetForegroundVolumeID(volume_id)
                composite.SetForegroundOpacity(opacity)
        self._previous_foregrounds = []
        if node is not None and node.GetScene() is not None:
            display = node.GetDisplayNode()
            self._scene.RemoveNode(node)
            if display is not None:
                self._scene.RemoveNode(display)


def _nodes_of_class(scene: MrmlScene, class_name: str) -> list[MrmlNode]:
    return [scene.GetNthNodeByClass(n, class_name) for n in range(scene.GetNumberOfNodesByClass(class_name))]
