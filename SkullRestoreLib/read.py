"""A file or folder in, a CT, a bone mask or a skull model out, or one clear sentence why not.

DICOM folders are read by ``dicom.py``, image files by ``image.py``; this file opens models, and decides what an image is.
"""

from pathlib import Path

import numpy as np

from SkullRestoreLib import dicom, image
from SkullRestoreLib.case import DependencyError, InputError, Mesh, Volume
from SkullRestoreLib.dicom import Series

MODELS = (".stl", ".ply", ".obj", ".vtp")

__all__ = ["Series", "list_series", "read", "volume_from_values"]


def list_series(path: str | Path) -> list[Series]:
    """List the image series in a DICOM folder and below it, CT first.

    Parameters
    ----------
    path
        A folder, or one DICOM file of it.

    Returns
    -------
    list of Series
        Numbered from 1; empty where there is no DICOM image. Scouts are passed over, nothing in it names the patient.

    Raises
    ------
    InputError
        If the path does not exist.
    """
    path = _existing(path)
    return dicom.scan(path if path.is_dir() else path.parent)


def read(path: str | Path, *, series: str | int | None = None) -> Volume | Mesh:
    """Read a head CT, a bone mask or a skull model.

    Parameters
    ----------
    path
        A DICOM folder (nested and mixed as it may be) or a file of it; a CT or a bone mask as NRRD, NIfTI or MetaImage; a model as STL, PLY, OBJ or VTP.
    series
        Which DICOM series: its number in ``list_series`` or its UID. Needed only where a folder holds several.

    Returns
    -------
    Volume or Mesh
        CT int16 HU or mask bool ``[k, j, i]`` with ``ijk_to_ras``; or triangles in mm RAS. ``findings`` say in plain words what was noticed.

    Raises
    ------
    InputError
        If the input cannot be used; the message says what is wrong and what to do.
    DependencyError
        If a package to read it is missing.
    """
    path = _existing(path)
    name = path.name.lower()
    try:
        if path.is_dir():
            found = dicom.scan(path)
            chosen = dicom.choose(found, series, path)
            return _with_neighbours(dicom.load(chosen), found, chosen)
        if name.endswith(image.NAMES):
            values, affine, findings = image.load(path)
            return volume_from_values(values, affine, name=f"'{path.name}'", findings=tuple(findings))
        if name.endswith(MODELS):
            return _read_model(path)
        if own := dicom.series_of(path):
            return dicom.load(dicom.choose(dicom.scan(path.parent), series or own, path.parent))
    except ModuleNotFoundError as error:
        raise DependencyError(
            f"The package '{error.name}' is needed to read '{path.name}' and is not installed. Install it with pip."
        ) from error
    raise InputError(
        f"'{path.name}' is of a kind that cannot be read. Give a DICOM folder, an image ({', '.join(image.NAMES)}) or a skull model ({', '.join(MODELS)})."
    )


def lps_to_ras(points: np.ndarray) -> np.ndarray:
    """Turn points (n, 3) from LPS, in which files are written, to RAS; the same step turns them back."""
    return points * np.array([-1.0, -1.0, 1.0])


def _existing(path: str | Path) -> Path:
    """Return the path, or raise InputError if there is nothing."""
    if not str(path).strip():
        raise InputError("No file or folder was given. Choose a CT, a bone mask or a skull model.")
    path = Path(path).expanduser()
    if not path.exists():
        raise InputError(f"There is no file or folder '{path}'. Check the path.")
    if path.is_file() and path.stat().st_size == 0:
        raise InputError(f"The file '{path.name}' is empty. Copy or export it again.")
    return path


def _with_neighbours(volume: Volume, found: list[Series], chosen: Series) -> Volume:
    """Check the voxels, and add a finding about the other series in the folder."""
    if volume.array.min() == volume.array.max():
        raise InputError("All voxels of the CT series have the same value: the images are empty. Export the series again.")
    others = len(found) - 1
    if not others:
        return volume
    finding = f"Series {chosen.index} was read; {others} other series in the folder {'was' if others == 1 else 'were'} not used."
    return Volume(volume.array, volume.ijk_to_ras, volume.kind, volume.uid, (*volume.findings, finding))


def volume_from_values(values: np.ndarray, ijk_to_ras: np.ndarray, *, name: str = "The volume", findings: tuple[str, ...] = ()) -> Volume:
    """Make a checked record of voxels that are already in memory, such as those of an open scene.

    Parameters
    ----------
    values
        (nk, nj, ni), any number type. Two different values make a mask (the higher is bone), others a CT in HU.
    ijk_to_ras
        (4, 4) float, mm.
    name
        How messages call the image.

    Raises
    ------
    InputError
        If the grid is too coarse or not in mm, or the values are neither HU nor a mask.
    """
    affine = np.array(ijk_to_ras, np.float64)
    size, spacing = values.shape[::-1], np.linalg.norm(affine[:3, :3], axis=0)
    wide = _check_grid(name, size, spacing)
    array, kind = _values(name, values)
    return Volume(array, affine, kind, None, (f"{size[2]} slices, {' x '.join(f'{s:.2f}' for s in spacing)} mm.", *wide, *findings))


def _check_grid(name: str, size, spacing) -> list[str]:
    """Raise InputError for a grid that is too coarse or not in mm; return findings."""
    if min(size) < dicom.MIN_SLICES:
        raise InputError(f"{name} has only {min(size)} slices along one axis; at least {dicom.MIN_SLICES} that cover the skull are needed.")
    if max(spacing) > dicom.MAX_SPACING_MM + 0.01:
        raise InputError(
            f"{name} has slices {max(spacing):.1f} mm apart; at most {dicom.MAX_SPACING_MM:.0f} mm can be used. Export the thin-slice series."
        )
    if max(spacing) < 0.05:
        raise InputError(
            f"{name} has voxels of {max(spacing):.5f} mm, too small for a head: its header seems to be in metres. Export it in millimetres."
        )
    if max(spacing) > dicom.WIDE_SPACING_MM:
        return [
            f"The slices are {max(spacing):.1f} mm apart: the result is coarser than with slices of {dicom.WIDE_SPACING_MM} mm or less."
        ]
    return []


def _values(name: str, view: np.ndarray) -> tuple[np.ndarray, str]:
    """Decide whether voxels are HU or a mask; return int16 or bool voxels and the kind."""
    if view.dtype.kind == "f" and not all(np.isfinite(slab).all() for slab in view):
        raise InputError(f"{name} holds values that are no numbers (NaN or infinite). Export it again.")
    low, high = view.min(), view.max()
    if low == high:
        raise InputError(f"All voxels of {name} have the same value ({low:g}): the image is empty. Export it again.")
    if all(((slab == low) | (slab == high)).all() for slab in view):
        return view == high, "mask"
    if view.dtype.kind == "f" and low >= 0 and high <= 1:
        raise InputError(f"{name} holds values between 0 and 1, such as a probability map. Give a mask of 0 and 1, or the CT in HU.")
    if low >= 0 and high <= 255 and view.dtype.kind != "f":
        labels = np.unique(view[:: max(1, len(view) // 40)])
        if len(labels) <= 20:
            raise InputError(f"{name} holds {len(labels) - 1} or more labels. Export the bone segment alone, as a mask of 0 and 1.")
    if view.dtype == np.int16:
        return view.copy(), "ct"
    array = np.zeros(view.shape, np.int16)
    for k, slab in enumerate(view):
        array[k] = np.clip(np.rint(slab) if slab.dtype.kind == "f" else slab, -32768, 32767)
    return array, "ct"


def _read_model(path: Path) -> Mesh:
    """Read STL, PLY, OBJ or VTP; coordinates are LPS, as 3D Slicer writes them, unless the header says RAS."""
    damaged = InputError(f"'{path.name}' cannot be read: it is damaged or cut off. Export it again.")
    # VTK's reader of PLY files crashes on one that was cut off.
    vertices, faces, ras = _read_ply(path, damaged) if path.suffix.lower() == ".ply" else _read_with_vtk(path, damaged)
    if not len(faces):
        raise InputError(f"'{path.name}' has no faces. Export the skull as a surface of triangles, not as points.")
    if not np.isfinite(vertices).all() or faces.min() < 0 or faces.max() >= len(vertices):
        raise damaged
    ras = ras or _says_ras(path)
    finding = f"{len(faces):,} triangles, coordinates read as {'RAS, as the file says' if ras else 'LPS'}."
    return Mesh(vertices if ras else lps_to_ras(vertices), faces, (finding,))


def _read_ply(path: Path, damaged: InputError) -> tuple[np.ndarray, np.ndarray, bool]:
    """Vertices and triangles of a PLY file; False, as its header is read elsewhere."""
    from trimesh.exchange.ply import load_ply

    try:
        with path.open("rb") as f:
            data = load_ply(f, skip_materials=True)
        faces = data.get("faces")
        faces = np.zeros((0, 3)) if faces is None else np.asarray(faces)
        if faces.ndim == 2 and faces.shape[1] == 4:  # quads are cut along a diagonal
            faces = np.vstack([faces[:, :3], faces[:, [0, 2, 3]]])
        return np.asarray(data["vertices"], np.float64).reshape(-1, 3), faces.astype(np.int64).reshape(-1, 3), False
    except Exception as error:  # numbers that are none, rows of different length, more elements than there is memory for
        raise damaged from error


def _read_with_vtk(path: Path, damaged: InputError) -> tuple[np.ndarray, np.ndarray, bool]:
    """Vertices and triangles of an STL, OBJ or VTP file, and whether its field data say RAS."""
    from vtkmodules.util.numpy_support import vtk_to_numpy
    from vtkmodules.vtkFiltersCore import vtkTriangleFilter

    if path.suffix.lower() == ".stl":
        _check_stl(path, damaged)
    reader, errors = _model_reader(path)
    triangles = vtkTriangleFilter()
    triangles.SetInputConnection(reader.GetOutputPort())
    triangles.PassVertsOff()
    triangles.PassLinesOff()
    triangles.Update()
    if errors:
        raise damaged
    data = triangles.GetOutput()
    if data.GetNumberOfPolys() == 0:
        return np.zeros((0, 3)), np.zeros((0, 3), np.int64), False
    space = reader.GetOutput().GetFieldData().GetAbstractArray("SPACE")
    ras = bool(space and space.GetNumberOfValues() and space.GetVariantValue(0).ToString().upper().endswith("RAS"))
    vertices = vtk_to_numpy(data.GetPoints().GetData()).astype(np.float64)
    return vertices, vtk_to_numpy(data.GetPolys().GetConnectivityArray()).astype(np.int64).reshape(-1, 3), ras


def _check_stl(path: Path, damaged: InputError) -> None:
    """Raise unless the length of a binary STL fits its number of triangles: VTK would read on without a word."""
    with path.open("rb") as f:
        start = f.read(84)
        text = start[:5].lower() == b"solid" and b"facet" in (start + f.read(1000)).lower()
    if not text and (len(start) < 84 or path.stat().st_size < 84 + 50 * int.from_bytes(start[80:84], "little")):
        raise damaged


def _model_reader(path: Path):
    """Return the VTK reader for a model file, and the list to which it adds its errors."""
    from vtkmodules.vtkIOGeometry import vtkOBJReader, vtkSTLReader
    from vtkmodules.vtkIOXML import vtkXMLPolyDataReader

    reader = {".stl": vtkSTLReader, ".obj": vtkOBJReader, ".vtp": vtkXMLPolyDataReader}[path.suffix.lower()]()
    reader.SetFileName(str(path))
    errors: list[str] = []
    for source in (reader, reader.GetExecutive()):
        source.AddObserver("ErrorEvent", lambda *_: errors.append("error"))
    return reader, errors


def _says_ras(path: Path) -> bool:
    """Whether the first lines of a file state that its coordinates are RAS."""
    with path.open("rb") as f:
        return b"SPACE=RAS" in f.read(2000).upper().replace(b" ", b"")
