"""Write the files of a result: a restoration in, a complete folder out.

Files hold LPS millimetres, as DICOM, ITK and 3D Slicer write them, and say so where the format allows it (decision
0005).
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from SkullRestoreLib._system import atomic_write, resources
from SkullRestoreLib._system.nrrd_writer import write_nrrd
from SkullRestoreLib.affine import RAS_TO_LPS, flip_ras_lps
from SkullRestoreLib.errors import OutputError
from SkullRestoreLib.geometry.working_grid import labels_on_input_grid
from SkullRestoreLib.io import mesh_files, output_folder
from SkullRestoreLib.io.markups import write_curve, write_reference_points
from SkullRestoreLib.records import Mesh, Restoration, WrittenFile

MARKER_FILE = "restoration.json"
"""Every result holds this file."""
EXTRA_FORMATS = ("ply", "obj", "3mf")
"""Formats in which implants can be written in addition to STL."""

RESULT_FILES = {
    MARKER_FILE,
    "case.npz",
    "report.html",
    "report.pdf",
    "skull.stl",
    "restored_surface.stl",
    "restored_bone.nrrd",
    "restored_skull.nrrd",
    "implant.nrrd",
    "implants.3mf",
    "implants_seg.dcm",
    "reference_points.mrk.json",
    "scene.mrb",
}
_IMPLANT_FILE_PATTERN = re.compile(
    r"implant_\d+(_part_\d|_mould_(outer|inner)|_ring)?(_NOT_PASSED)?\.(stl|ply|obj|dcm)"
    r"|implant_\d+_trim_line_\d+\.mrk\.json"
    r"|guide_(template|frame|ring)(_part_\d)?(_NOT_PASSED)?\.(stl|dcm)"
    r"|plan\.(json|html|pdf)|resection_line\.(mrk\.json|stl|dcm)"
    r"|planned_surface\.dcm"
)
REVISION_NAME = re.compile(r"revision_([1-9]\d{0,5})")
"""Names of the folders in a result that hold later designs of it."""
REPORT_BYTES = 4_000_000
"""The reports with their pictures, and ``restoration.json``, are about as large as this."""
_TRIANGLE_BYTES = 50
"""Of a binary STL."""


def swap_ras_lps(points: ArrayLike) -> NDArray[np.float64]:
    """Turn RAS into LPS, and LPS into RAS, without negative zeros.

    A reader that joins vertices by their bytes would see a slit between 0 and -0.

    Parameters
    ----------
    points
        (..., 3) float, positions or directions.

    Returns
    -------
    ndarray
        (..., 3) float64.

    Examples
    --------
    >>> swap_ras_lps([0.0, 20.0, 30.0]).tolist()
    [0.0, -20.0, 30.0]
    """
    return flip_ras_lps(points) + 0.0


def is_result_file(name: str) -> bool:
    """Tell whether a result may hold a file of this name.

    Parameters
    ----------
    name
        Without its folder.

    Examples
    --------
    >>> is_result_file("implant_1_part_2.stl"), is_result_file("holiday.jpg")
    (True, False)
    """
    return name in RESULT_FILES or _IMPLANT_FILE_PATTERN.fullmatch(name) is not None


def check_output(folder: str | Path, *, force: bool = False) -> Path:
    """Check before any computing that the result can be written.

    Parameters
    ----------
    folder
        Output folder: new, empty, or with ``force`` one that holds an earlier result and nothing else.
    force
        Whether an earlier result may be replaced.

    Returns
    -------
    Path
        The folder, with ``~`` resolved.

    Raises
    ------
    OutputError
        If the folder is a file, holds something that must not be lost such as revisions of a design, or cannot be
        written.
    """
    _refuse_revisions(Path(folder).expanduser())
    return output_folder.check_folder(folder, marker=MARKER_FILE, is_result_file=is_result_file, force=force)


def write(
    restoration: Restoration,
    folder: str | Path,
    *,
    make_reports: Callable[[Sequence[WrittenFile]], Mapping[str, bytes]],
    summarise: Callable[[Sequence[WrittenFile]], dict[str, Any]],
    force: bool = False,
    extra_formats: Sequence[str] = (),
    extra_files: Mapping[str, bytes] | None = None,
    keep_failed: bool = False,
) -> Path:
    """Write the files of a restoration; the folder appears complete or not at all (decision 0004).

    An implant that did not pass its checks is withheld, with its parts and its mould; everything else is written.

    Parameters
    ----------
    restoration
        What the pipeline returned.
    folder
        Output folder, see :func:`check_output`.
    make_reports
        Makes the reports, name -> content, of the list of all other files with their checksums.
    summarise
        Makes the content of ``restoration.json`` of the list of all other files, the reports among them.
    force
        Whether an earlier result may be replaced; it is removed only once the new one is complete.
    extra_formats
        Formats of the implants in addition to STL, out of :data:`EXTRA_FORMATS`; a 3MF holds all implants by name.
    extra_files
        Further files, name -> content, such as DICOM objects.
    keep_failed
        Write implants that did not pass their checks as ``implant_1_NOT_PASSED.stl`` and so on; 3MF and voxels never
        hold them.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    OutputError
        If the folder cannot be used, the disk is full or writing fails.
    """
    extra_files = extra_files or {}

    def fill_folder(stage: Path) -> None:
        _write_contents(stage, extra_files)
        _write_meshes(restoration, stage, extra_formats=extra_formats, keep_failed=keep_failed)
        _write_points_and_volumes(restoration, stage)
        _write_contents(stage, make_reports(_list_files(stage)))
        text = json.dumps(summarise(_list_files(stage)), indent=2, ensure_ascii=False, allow_nan=False)
        (stage / MARKER_FILE).write_text(text + "\n", encoding="utf-8")

    mesh_bytes = _estimate_bytes(restoration, implant_meshes(restoration, keep_failed=keep_failed))
    needed_bytes = mesh_bytes * (1 + len(extra_formats)) + REPORT_BYTES
    needed_bytes += sum(len(content) for content in extra_files.values())
    return _publish_result(folder, fill_folder, force=force, needed_bytes=needed_bytes)


def _write_contents(folder: Path, contents: Mapping[str, bytes]) -> None:
    """Write files, name -> content."""
    for name, content in contents.items():
        (folder / name).write_bytes(content)


def _list_files(folder: Path) -> list[WrittenFile]:
    """The files of a folder with their checksums."""
    return [
        WrittenFile(path.name, path.stat().st_size, resources.file_sha256(path)) for path in sorted(folder.iterdir())
    ]


def _refuse_revisions(folder: Path) -> None:
    """Raise OutputError where a folder holds revisions of a design: they are results of their own."""
    try:
        is_result = (folder / MARKER_FILE).is_file()
        found = [path.name for path in folder.iterdir() if REVISION_NAME.fullmatch(path.name)] if is_result else []
    except OSError:
        return  # what is wrong with the folder itself is said elsewhere
    if found:
        names = ", ".join(sorted(found, key=lambda name: int(name.removeprefix("revision_"))))
        raise OutputError(
            f"{folder} holds later designs ({names}), which would be lost with the result; "
            "move them to another place, or choose another folder."
        )


def _publish_result(folder: str | Path, fill: Callable[[Path], None], *, force: bool, needed_bytes: int) -> Path:
    """Let a result folder appear when it is filled."""
    _refuse_revisions(Path(folder).expanduser())
    return output_folder.publish_folder(
        folder,
        fill,
        marker=MARKER_FILE,
        is_result_file=is_result_file,
        force=force,
        needed_bytes=needed_bytes,
    )


def _write_meshes(restoration: Restoration, folder: Path, *, extra_formats: Sequence[str], keep_failed: bool) -> None:
    """Write the skull, the patches as one mesh, and the implants in every format."""
    write_mesh(restoration.skull, folder / "skull.stl")
    if restoration.patches:
        write_mesh(merge_meshes(patch.outer for patch in restoration.patches), folder / "restored_surface.stl")
    for name, mesh in implant_meshes(restoration, keep_failed=keep_failed).items():
        for suffix in ("stl", *(kind for kind in extra_formats if kind != "3mf")):
            write_mesh(mesh, folder / f"{name}.{suffix}")
    passed = implant_meshes(restoration)
    if "3mf" in extra_formats and passed:  # printed in one go: never with an implant that did not pass
        (folder / "implants.3mf").write_bytes(mesh_files.encode_3mf(_lps_bodies(passed)))


def _write_points_and_volumes(restoration: Restoration, folder: Path) -> None:
    """Write reference points and label volumes; nothing without a defect."""
    if restoration.defects:
        write_reference_points(restoration.points, folder / "reference_points.mrk.json")
        for implant in restoration.implants:
            for number, line in enumerate(implant.trim_lines, 1):
                name = f"Trim line {number} of implant {implant.defect}"
                write_curve(line, name, folder / f"implant_{implant.defect}_trim_line_{number}.mrk.json")
        for name, labels in _label_volumes(restoration):
            placed = labels_on_input_grid(labels, restoration.bone.ijk_to_ras, restoration.source)
            write_labels(*placed, folder / f"{name}.nrrd")


def _lps_bodies(meshes: Mapping[str, Mesh]) -> mesh_files.NamedBodies:
    """Vertices in LPS and faces of each mesh."""
    return {name: (swap_ras_lps(mesh.vertices), np.asarray(mesh.faces)) for name, mesh in meshes.items()}


def implant_meshes(restoration: Restoration, *, keep_failed: bool = False) -> dict[str, Mesh]:
    """Collect the meshes of the implants that are delivered, of their parts, their moulds and their margin rings.

    Parameters
    ----------
    restoration
        With its implants.
    keep_failed
        With the implants that did not pass their checks, under names that say so.

    Returns
    -------
    dict of str to Mesh
        Name of the file without its ending -> mesh, mm RAS.
    """
    meshes: dict[str, Mesh] = {}
    for implant in restoration.implants:
        pieces = {"": implant.mesh} | {f"part_{k}": part for k, part in enumerate(implant.parts, 1)}
        pieces |= {f"mould_{half}": mesh for half, mesh in zip(("outer", "inner"), implant.mould, strict=False)}
        pieces |= dict(zip(("ring",), implant.ring, strict=False))
        named = {implant.file_stem(piece, keep_failed=keep_failed): mesh for piece, mesh in pieces.items()}
        meshes |= {name: mesh for name, mesh in named.items() if name is not None}
    return meshes


def _label_volumes(restoration: Restoration) -> Iterator[tuple[str, NDArray[np.uint8]]]:
    """Names and labels (nk, nj, ni) uint8 on the input's grid, one after the other; nothing for a model."""
    if restoration.restored_bone is None:
        return
    yield "restored_bone", restoration.restored_bone
    restored_skull = restoration.bone.mask.astype(np.uint8)
    # slice by slice: no second volume, and Ctrl-C is noticed
    for plane, missing in zip(restored_skull, restoration.restored_bone, strict=True):
        plane[missing > 0] = 1
    yield "restored_skull", restored_skull
    del restored_skull  # before the next volume is made
    if (passed := restoration.passed_mask) is not None:
        yield "implant", passed


def _estimate_bytes(restoration: Restoration, implants: Mapping[str, Mesh]) -> int:
    """Estimate the size of a result: label volumes compress to less than a hundredth."""
    meshes = [restoration.skull, *(p.outer for p in restoration.patches), *implants.values()]
    voxels = 3 * restoration.bone.mask.size if restoration.restored_bone is not None else 0
    return sum(_TRIANGLE_BYTES * len(m.faces) + 84 for m in meshes) + voxels // 100 + 1_000_000


def merge_meshes(meshes: Iterable[Mesh]) -> Mesh:
    """Put several meshes into one without joining their vertices.

    Parameters
    ----------
    meshes
        At least one.

    Returns
    -------
    Mesh
        All vertices and faces, in order.
    """
    meshes = list(meshes)
    first = np.cumsum([0, *(len(m.vertices) for m in meshes)])
    faces = [m.faces + start for m, start in zip(meshes, first, strict=False)]
    return Mesh(np.concatenate([m.vertices for m in meshes]), np.concatenate(faces))


def write_mesh(mesh: Mesh, path: str | Path) -> None:
    """Write a mesh as binary STL, binary PLY, OBJ or 3MF, in LPS millimetres.

    Parameters
    ----------
    mesh
        mm RAS.
    path
        Its ending chooses the format: ``.stl``, ``.ply``, ``.obj`` or ``.3mf``. The header says ``SPACE=LPS``, so that
        3D Slicer shows the mesh at the same place.

    Raises
    ------
    OutputError
        If the ending is another one.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix not in mesh_files.ENCODERS:
        raise OutputError(
            f"{path.name}: meshes can be written as {', '.join(mesh_files.ENCODERS)}; choose one of these endings."
        )
    content = mesh_files.ENCODERS[suffix](_lps_bodies({path.stem: mesh}))
    atomic_write.write_atomically(path, lambda part: part.write_bytes(content))


def encode_stl(mesh: Mesh, name: str) -> bytes:
    """Give a mesh as the content of a binary STL, in LPS millimetres.

    Parameters
    ----------
    mesh
        mm RAS.
    name
        Of the body.
    """
    content: bytes = mesh_files.ENCODERS[".stl"](_lps_bodies({name: mesh}))
    return content


def write_labels(labels: NDArray[np.uint8], ijk_to_ras: NDArray[np.float64], path: str | Path) -> None:
    """Write a label volume as compressed NRRD on exactly the grid of the input image.

    Parameters
    ----------
    labels
        (nk, nj, ni) uint8.
    ijk_to_ras
        (4, 4) float64, mm.
    path
        File to write.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    voxels, ijk_to_lps = np.asarray(labels, np.uint8), np.diag([*RAS_TO_LPS, 1.0]) @ ijk_to_ras
    atomic_write.write_atomically(Path(path), lambda part: write_nrrd(part, voxels, ijk_to_lps))
