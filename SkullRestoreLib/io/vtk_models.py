"""Read OBJ and VTP files with VTK. To be called in a process of its own: VTK ends it on some damaged files."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray


def read_triangles(path: str, kind: str) -> dict[str, NDArray[Any]]:
    """Read the triangles of a file.

    Parameters
    ----------
    path
        The file.
    kind
        ``"obj"`` or ``"vtp"``.

    Returns
    -------
    dict of str to ndarray
        ``vertices`` (n, 3) float64 and ``faces`` (m, 3) int64 in the file's coordinates; ``says_ras``, whether its
        field data say RAS; ``is_damaged``, whether VTK reported an error.
    """
    from vtkmodules.util.numpy_support import vtk_to_numpy
    from vtkmodules.vtkFiltersCore import vtkTriangleFilter

    reader, errors = _open_reader(path, kind)
    triangles = vtkTriangleFilter()
    triangles.SetInputConnection(reader.GetOutputPort())
    triangles.PassVertsOff()
    triangles.PassLinesOff()
    triangles.Update()
    data = triangles.GetOutput()
    vertices, faces = np.zeros((0, 3)), np.zeros((0, 3), np.int64)
    if data.GetNumberOfPolys():
        vertices = vtk_to_numpy(data.GetPoints().GetData()).astype(np.float64)
        faces = vtk_to_numpy(data.GetPolys().GetConnectivityArray()).astype(np.int64).reshape(-1, 3)
    space = reader.GetOutput().GetFieldData().GetAbstractArray("SPACE")
    says_ras = bool(space and space.GetNumberOfValues() and space.GetVariantValue(0).ToString().upper().endswith("RAS"))
    return {
        "vertices": vertices,
        "faces": faces,
        "says_ras": np.array(says_ras),
        "is_damaged": np.array(bool(errors)),
    }


def _open_reader(path: str, kind: str) -> tuple[Any, list[str]]:
    """VTK's reader for a model file, and the list to which it adds its errors."""
    from vtkmodules.vtkIOGeometry import vtkOBJReader
    from vtkmodules.vtkIOXML import vtkXMLPolyDataReader

    readers: dict[str, Any] = {"obj": vtkOBJReader, "vtp": vtkXMLPolyDataReader}
    reader = readers[kind]()
    reader.SetFileName(str(Path(path)))
    errors: list[str] = []
    for source in (reader, reader.GetExecutive()):
        source.AddObserver("ErrorEvent", lambda *_: errors.append("error"))
    return reader, errors
