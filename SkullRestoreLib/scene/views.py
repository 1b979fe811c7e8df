"""What the views show: centred on a place, and a live preview of the bone threshold. Layouts are left alone."""

import numpy as np

_DISTANCE_MM = 380.0


def centre_on(scene, place: np.ndarray, outwards: np.ndarray) -> None:
    """Centre every view on a place.

    Parameters
    ----------
    place
        (3,) float, mm RAS: slices are moved to go through it.
    outwards
        (3,) float: 3D cameras look at the place from there.
    """
    for node in _all(scene, "vtkMRMLSliceNode"):
        node.JumpSliceByCentering(*map(float, place))
    outwards = outwards / np.linalg.norm(outwards)
    up = np.array([0.0, 0.0, 1.0]) if abs(outwards[2]) < 0.9 else np.array([0.0, 1.0, 0.0])
    for node in _all(scene, "vtkMRMLCameraNode"):
        changed = node.StartModify()
        node.SetFocalPoint(*map(float, place))
        node.SetPosition(*map(float, place + _DISTANCE_MM * outwards))
        node.SetViewUp(*map(float, up))
        node.EndModify(changed)
        node.ResetClippingRange()


def place_points(scene, node, wanted: bool) -> None:
    """Let clicks in the views place points in a list, one after the other, or end that."""
    selection, interaction = scene.GetNodeByID("vtkMRMLSelectionNodeSingleton"), scene.GetNodeByID("vtkMRMLInteractionNodeSingleton")
    if selection is None or interaction is None:
        return
    if wanted:
        selection.SetReferenceActivePlaceNodeClassName(node.GetClassName())
        selection.SetActivePlaceNodeID(node.GetID())
        interaction.SetPlaceModePersistence(1)
        interaction.SetCurrentInteractionMode(interaction.Place)
    else:
        interaction.SetCurrentInteractionMode(interaction.ViewTransform)


class ThresholdPreview:
    """What is at or above a threshold, in colour over the slices. No voxel is copied: a second display of the same image cuts off what is below."""

    COLOUR = "vtkMRMLColorTableNodeYellow"

    def __init__(self, scene):
        self._scene = scene
        self._node = None
        self._before: list[tuple[str, str | None, float]] = []

    @property
    def shown(self) -> bool:
        """Whether the preview is on."""
        return self._node is not None and self._scene.GetNodeByID(self._node.GetID() or "") is not None

    def show(self, volume, threshold_hu: float) -> None:
        """Show what a threshold takes, or change the threshold."""
        if not self.shown:
            self._start(volume)
        display = self._node.GetDisplayNode()
        changed = display.StartModify()
        display.SetThreshold(float(threshold_hu), 32767.0)
        display.SetApplyThreshold(True)
        display.EndModify(changed)

    def _start(self, volume) -> None:
        node = self._scene.CreateNodeByClass("vtkMRMLScalarVolumeNode")
        node.UnRegister(None)
        node.SetName("Bone threshold preview")
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
        if self._scene.GetNodeByID(self.COLOUR):
            display.SetAndObserveColorNodeID(self.COLOUR)
        self._node = node
        self._before = [
            (c.GetID(), c.GetForegroundVolumeID(), c.GetForegroundOpacity()) for c in _all(self._scene, "vtkMRMLSliceCompositeNode")
        ]
        for composite in _all(self._scene, "vtkMRMLSliceCompositeNode"):
            composite.SetForegroundVolumeID(node.GetID())
            composite.SetForegroundOpacity(0.5)

    def hide(self) -> None:
        """Take the preview away and show what was shown before."""
        node, self._node = self._node, None
        for name, volume, opacity in self._before:
            composite = self._scene.GetNodeByID(name)
            if composite is not None and node is not None and composite.GetForegroundVolumeID() == node.GetID():
                composite.SetForegroundVolumeID(volume)
                composite.SetForegroundOpacity(opacity)
        self._before = []
        if node is not None and node.GetScene() is not None:
            display = node.GetDisplayNode()
            self._scene.RemoveNode(node)
            if display is not None:
                self._scene.RemoveNode(display)


def _all(scene, kind: str) -> list:
    return [scene.GetNthNodeByClass(n, kind) for n in range(scene.GetNumberOfNodesByClass(kind))]
