"""A volume record as a volume node."""

import numpy as np
from vtkmodules.util.numpy_support import numpy_to_vtk
from vtkmodules.vtkCommonDataModel import vtkImageData

from SkullRestoreLib.case import Volume
from SkullRestoreLib.scene.geometry import vtk_matrix


def add_volume(scene, volume: Volume, name: str):
    """Add a CT or a mask to a scene.

    Returns
    -------
    vtkMRMLScalarVolumeNode
        Shown with a window for bone.
    """
    values = np.ascontiguousarray(volume.array if volume.kind == "ct" else volume.array.astype(np.uint8))
    image = vtkImageData()
    image.SetDimensions(*values.shape[::-1])
    image.GetPointData().SetScalars(numpy_to_vtk(values.ravel(), deep=True))
    node = scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", scene.GenerateUniqueName(name))
    node.SetIJKToRASMatrix(vtk_matrix(volume.ijk_to_ras))
    node.SetAndObserveImageData(image)
    node.CreateDefaultDisplayNodes()
    if volume.kind == "ct":
        node.GetDisplayNode().SetAutoWindowLevel(False)
        node.GetDisplayNode().SetWindowLevel(1800, 450)
    return node
