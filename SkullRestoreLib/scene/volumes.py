"""A volume record as a volume node."""

import numpy as np
from vtkmodules.util.numpy_support import numpy_to_vtk
from vtkmodules.vtkCommonDataModel import vtkImageData

from SkullRestoreLib.records import Volume
from SkullRestoreLib.scene.geometry import mark_scan, mark_side, matrix_to_vtk
from SkullRestoreLib.scene.mrml_types import MrmlNode, MrmlScene

BONE_WINDOW_HU, BONE_LEVEL_HU = 1800, 450
"""Width and level of the brightness window for bone, HU."""
_MASK_WINDOW, _MASK_LEVEL = 1.6, 0.6
"""Width and level of the window for a mask of 0 and 1: bone is light, and points and outlines stay visible on it."""


def add_volume_node(scene: MrmlScene, volume: Volume, name: str) -> MrmlNode:
    """Add a CT or a mask to a scene.

    Parameters
    ----------
    scene
        ``vtkMRMLScene``.
    volume
        Voxels ``[k, j, i]`` with their place.
    name
        Name of the node; made unique in the scene.

    Returns
    -------
    vtkMRMLScalarVolumeNode
        As :func:`show_volume` shows it.
    """
    node = scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", scene.GenerateUniqueName(name))
    show_volume(node, volume)
    return node


def show_volume(node: MrmlNode, volume: Volume) -> None:
    """Put a volume into a node; its former content is replaced.

    Parameters
    ----------
    node
        ``vtkMRMLScalarVolumeNode``.
    volume
        Voxels ``[k, j, i]`` with their place. A CT gets a brightness window for bone.
    """
    voxels = np.ascontiguousarray(volume.array if volume.kind == "ct" else volume.array.astype(np.uint8))
    image = vtkImageData()
    image.SetDimensions(*voxels.shape[::-1])
    image.GetPointData().SetScalars(numpy_to_vtk(voxels.ravel(), deep=True))
    mark_side(node, volume)
    mark_scan(node, volume)
    node.SetIJKToRASMatrix(matrix_to_vtk(volume.ijk_to_ras))
    node.SetAndObserveImageData(image)
    node.CreateDefaultDisplayNodes()
    display = node.GetDisplayNode()
    display.SetAutoWindowLevel(False)
    window, level = (BONE_WINDOW_HU, BONE_LEVEL_HU) if volume.kind == "ct" else (_MASK_WINDOW, _MASK_LEVEL)
    display.SetWindowLevel(window, level)
