"""Read a skull model: an STL, PLY, OBJ, VTP, 3MF or GLB file in, triangles in RAS out."""

from pathlib import Path

import numpy as np

from SkullRestoreLib._system.own_process import call_in_own_process
from SkullRestoreLib.errors import InputError
from SkullRestoreLib.findings import Note
from SkullRestoreLib.io import scene_models
from SkullRestoreLib.io.image_header import axes_to_ras
from SkullRestoreLib.io.scene_models import Triangles
from SkullRestoreLib.io.stl import read_stl
from SkullRestoreLib.records import INSIDE_OUT, NO_SPACE, Mesh, without_side

_GLB_AXES = "LSA"
"""Axes of a GLB file that follows its specification, for a head that looks along z with y upwards."""
_SPACE_ASSUMED = (
    "The file does not say in which coordinates the model is; LPS was taken, as 3D Slicer writes models. "
    "Compare left and right with the patient before the result is used."
)
SECONDS_BASE, _SECONDS_PER_BYTE = 30.0, 4e-6
"""How long VTK may take for a file: four seconds a megabyte, many times what it takes."""
_MEMORY_BASE, _MEMORY_PER_BYTE = 2e9, 200.0
"""How much memory VTK may take for a file."""


def load_model(path: Path, kind: str, space: str | None) -> Mesh:
    """Read a skull model.

    Parameters
    ----------
    path
        The file; its name does not matter.
    kind
        One of :data:`SkullRestoreLib.io.file_kinds.MODEL_KINDS`.
    space
        Sides of the patient to which the file's coordinates increase, such as ``"LPS"``, as the user said. None for
        what the header says: RAS, or else LPS, as 3D Slicer writes models.

    Returns
    -------
    Mesh
        mm RAS. ``side_known`` is False where the faces are inside out, or the format has no patient coordinates, and
        the user did not name the space.

    Raises
    ------
    InputError
        For a damaged file, or one without faces.
    """
    damaged = InputError(f"'{path.name}' cannot be read: it is damaged or cut off. Export it again.")
    (vertices, faces), stated_space = _read_triangles(path, kind, damaged)
    if not len(faces):
        raise InputError(f"'{path.name}' has no faces. Export the skull as a surface of triangles, not as points.")
    if not np.isfinite(vertices).all() or faces.min() < 0 or faces.max() >= len(vertices):
        raise damaged
    used = space or stated_space or "LPS"
    findings: list[str] = [Note(f"{len(faces):,} triangles.")]
    if space or stated_space or kind == "glb":
        read_as = f"Coordinates read as {used}."
        if space:
            read_as = f"Coordinates read as {used}, as set with --space."
        elif stated_space in ("LPS", "RAS"):
            read_as = f"Coordinates read as {used}, as the file says."
        findings.append(Note(read_as))
    else:
        findings.append(_SPACE_ASSUMED)
    mesh = Mesh(vertices @ axes_to_ras(used).T, faces, tuple(findings))
    if space is None and kind == "glb":
        return without_side(mesh, NO_SPACE)
    if space is None and mesh.is_inside_out:
        return without_side(mesh, INSIDE_OUT)
    return mesh


def _read_triangles(path: Path, kind: str, damaged: InputError) -> tuple[Triangles, str | None]:
    """Triangles of a file, mm, and the space that it states."""
    try:
        if kind == "ply":  # VTK's reader of PLY files crashes on one that was cut off
            triangles, space = _read_ply(path), None
        elif kind == "stl":
            triangles, space = read_stl(path), None
        elif kind == "3mf":
            triangles, space = scene_models.read_3mf(path), None
        elif kind == "glb":
            triangles, is_metric = scene_models.read_glb(path)
            space = _GLB_AXES if is_metric else None
        else:
            triangles, space = _read_with_vtk(path, kind)
    except (ModuleNotFoundError, InputError):
        raise
    except Exception as error:  # invalid numbers, rows of different length, more elements than there is memory for
        raise damaged from error
    return triangles, space or _header_space(path)


def _read_ply(path: Path) -> Triangles:
    from trimesh.exchange.ply import load_ply

    with path.open("rb") as file:
        data = load_ply(file, skip_materials=True)
    faces = data.get("faces")
    faces = np.zeros((0, 3)) if faces is None else np.asarray(faces)
    if faces.ndim == 2 and faces.shape[1] == 4:  # quads are cut along a diagonal
        faces = np.vstack([faces[:, :3], faces[:, [0, 2, 3]]])
    return np.asarray(data["vertices"], np.float64).reshape(-1, 3), faces.astype(np.int64).reshape(-1, 3)


def _read_with_vtk(path: Path, kind: str) -> tuple[Triangles, str | None]:
    """Triangles of an OBJ or VTP file, and RAS where its field data say so; ValueError where it is damaged."""
    size = path.stat().st_size
    arrays = call_in_own_process(
        "SkullRestoreLib.io.vtk_models",
        "read_triangles",
        [str(path.absolute()), kind],
        seconds=SECONDS_BASE + _SECONDS_PER_BYTE * size,
        memory_bytes=_MEMORY_BASE + _MEMORY_PER_BYTE * size,
    )
    if arrays["is_damaged"]:
        raise ValueError("VTK reports an error")
    return (arrays["vertices"], arrays["faces"]), "RAS" if arrays["says_ras"] else None


def _header_space(path: Path) -> str | None:
    """The space that the first lines of a file state; None where they state none."""
    with path.open("rb") as file:
        start = file.read(2000).upper().replace(b" ", b"")
    return next((space for space in ("RAS", "LPS") if b"SPACE=" + space.encode() in start), None)
