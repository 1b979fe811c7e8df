"""Restoration in, files out; the only place where RAS becomes LPS.

Files hold LPS millimetres as DICOM, ITK and 3D Slicer write them, and say so where the format lets them:
LPS means +x left, +y posterior, +z superior, so that x and y change sign.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from SkullRestoreLib import folder as output
from SkullRestoreLib import meshfile, staging
from SkullRestoreLib.case import Mesh, OutputError, ReferencePoint, Restoration

LPS = np.array([-1.0, -1.0, 1.0])
MARK = "restoration.json"

_NAMES = {
    MARK, "report.html", "report.pdf", "skull.stl", "restored_surface.stl", "restored_bone.nrrd", "restored_skull.nrrd", "implant.nrrd",
    "implants.3mf", "implants_seg.dcm", "reference_points.mrk.json", "scene.mrb",
}  # fmt: skip
_BODIES = re.compile(r"implant_\d+(_part_\d|_mould_(outer|inner))?\.(stl|ply|obj|dcm)")
ALSO = ("ply", "obj", "3mf")
_MARKUPS_SCHEMA = (
    "https://raw.githubusercontent.com/slicer/slicer/master/Modules/Loadable/Markups/Resources/Schema/markups-schema-v1.0.3.json#"
)


def flip(points: np.ndarray) -> np.ndarray:
    """Turn RAS into LPS, and LPS into RAS.

    Parameters
    ----------
    points
        (..., 3) float, positions or directions.

    Returns
    -------
    np.ndarray
        (..., 3) float64.
    """
    return np.asarray(points, dtype=np.float64) * LPS


def is_ours(name: str) -> bool:
    """Tell whether a result may hold a file of this name."""
    return name in _NAMES or _BODIES.fullmatch(name) is not None


def check_output(folder: str | Path, *, force: bool = False) -> Path:
    """Say before any computing whether the result can be written.

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
        If the folder is a file, holds something that must not be lost, or cannot be written.
    """
    return output.check(folder, mark=MARK, ours=is_ours, force=force)


def write(
    restoration: Restoration,
    folder: str | Path,
    *,
    summary: dict[str, Any],
    report_html: str,
    force: bool = False,
    also: Sequence[str] = (),
    more: Mapping[str, bytes] | None = None,
) -> Path:
    """Write everything that a restoration found and made; the folder appears whole or not at all.

    Parameters
    ----------
    restoration
        What the pipeline returned.
    folder
        Output folder, see :func:`check_output`.
    summary
        Content of ``restoration.json``.
    report_html
        Content of ``report.html``.
    force
        Whether an earlier result may be replaced; it is lost only once the new one is complete.
    also
        Further formats of the implants beside STL, of :data:`ALSO`; a 3MF holds all of them, each under its name.
    more
        Further files, name -> content: the report as PDF, DICOM objects.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    OutputError
        If the folder cannot be used, the disk is full or writing fails.
    """
    text = json.dumps(summary, indent=2, ensure_ascii=False, allow_nan=False)
    bodies = implant_meshes(restoration)

    def fill(stage: Path) -> None:
        (stage / MARK).write_text(text + "\n", encoding="utf-8")
        (stage / "report.html").write_text(report_html, encoding="utf-8")
        for name, content in (more or {}).items():
            (stage / name).write_bytes(content)
        write_mesh(restoration.skull, stage / "skull.stl")
        if restoration.patches:
            write_mesh(merged(patch.outer for patch in restoration.patches), stage / "restored_surface.stl")
        for name, mesh in bodies.items():
            for ending in ("stl", *(kind for kind in also if kind != "3mf")):
                write_mesh(mesh, stage / f"{name}.{ending}")
        if "3mf" in also and bodies:
            content = meshfile.WRITERS[".3mf"]({name: (flip(mesh.vertices), np.asarray(mesh.faces)) for name, mesh in bodies.items()})
            (stage / "implants.3mf").write_bytes(content)
        if restoration.defects:
            write_reference_points(restoration.points, stage / "reference_points.mrk.json")
            for name, labels in _volumes(restoration).items():
                write_labels(labels, restoration.bone.ijk_to_ras, stage / f"{name}.nrrd")

    need = _size(restoration) * (1 + len(also)) + len(text) + len(report_html) + sum(len(content) for content in (more or {}).values())
    return output.publish(folder, fill, mark=MARK, ours=is_ours, force=force, need_bytes=need)


def implant_meshes(restoration: Restoration) -> dict[str, Mesh]:
    """Name -> mesh of every implant, of its parts and of its mould, mm RAS."""
    found = {}
    for implant in restoration.implants:
        name = f"implant_{implant.defect}"
        found[name] = implant.mesh
        found |= {f"{name}_part_{k}": part for k, part in enumerate(implant.parts, 1)}
        found |= {f"{name}_mould_{half}": mesh for half, mesh in zip(("outer", "inner"), implant.mould, strict=False)}
    return found


def _volumes(restoration: Restoration) -> dict[str, np.ndarray]:
    """Name -> labels (nk, nj, ni) uint8 on the input's grid; empty for a model."""
    if restoration.restored_bone is None:
        return {}
    whole = restoration.bone.mask.astype(np.uint8)
    for slab, missing in zip(whole, restoration.restored_bone, strict=True):  # slab by slab: no second volume, and Ctrl-C is heard
        slab[missing > 0] = 1
    found = {"restored_bone": restoration.restored_bone, "restored_skull": whole}
    return found if restoration.implant_mask is None else found | {"implant": restoration.implant_mask}


def _size(restoration: Restoration) -> int:
    """Estimate the bytes that a result takes: 50 a triangle; label volumes compress to less than a hundredth."""
    meshes = [restoration.skull, *(p.outer for p in restoration.patches), *implant_meshes(restoration).values()]
    volumes = _volumes(restoration).values()
    return sum(50 * len(m.faces) + 84 for m in meshes) + sum(v.size // 100 for v in volumes) + 1_000_000


def merged(meshes: Iterable[Mesh]) -> Mesh:
    """Put several meshes into one without joining them.

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
        Its ending chooses the format: ``.stl``, ``.ply``, ``.obj`` or ``.3mf``. The header says ``SPACE=LPS`` as 3D Slicer does,
        which is what makes Slicer read the file back to the same place.

    Raises
    ------
    OutputError
        If the ending is another one.
    """
    path = Path(path)
    ending = path.suffix.lower()
    if ending not in meshfile.WRITERS:
        raise OutputError(f"{path.name}: meshes can be written as {', '.join(meshfile.WRITERS)}; choose one of these endings.")
    content = meshfile.WRITERS[ending]({path.stem: (flip(mesh.vertices), np.asarray(mesh.faces))})
    staging.write(path, lambda part: part.write_bytes(content))


def write_labels(labels: np.ndarray, ijk_to_ras: np.ndarray, path: str | Path) -> None:
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
    OutputError
        If the file cannot be written.
    """
    import SimpleITK as sitk

    to_lps = np.diag([*LPS, 1.0]) @ ijk_to_ras
    spacing = np.linalg.norm(to_lps[:3, :3], axis=0)
    image = sitk.GetImageFromArray(np.ascontiguousarray(labels, dtype=np.uint8))
    image.SetSpacing(spacing.tolist())
    image.SetDirection((to_lps[:3, :3] / spacing).ravel().tolist())
    image.SetOrigin(to_lps[:3, 3].tolist())
    try:
        # level 1: labels shrink to almost nothing at any level, and higher ones take seconds longer
        staging.write(Path(path), lambda part: sitk.WriteImage(image, str(part), useCompression=True, compressionLevel=1))
    except RuntimeError as error:
        raise OutputError(f"{Path(path).name} could not be written; is the disk full?") from error


def write_reference_points(points: Iterable[ReferencePoint], path: str | Path) -> None:
    """Write reference points as a 3D Slicer markups list.

    Labels are ``1-07``: seventh point of defect 1. The normal is the z axis of a point's orientation; the confidence stands in its
    description and, for reading by program, in the measurement ``confidence``.

    Parameters
    ----------
    points
        In the order in which they run along the margins.
    path
        File to write; 3D Slicer wants the ending ``.mrk.json``.
    """
    points = list(points)
    count: dict[int, int] = {}
    controls = []
    for point in points:
        count[point.defect] = count.get(point.defect, 0) + 1
        controls.append(
            {
                "id": str(len(controls) + 1),
                "label": f"{point.defect}-{count[point.defect]:02d}",
                "description": f"confidence {point.confidence:.2f}{', moved by hand' if point.moved else ''}",
                "position": flip(point.position).round(5).tolist(),
                "orientation": _frame(flip(point.normal)).round(9).ravel().tolist(),
                "selected": True,
                "locked": False,
                "visibility": True,
                "positionStatus": "defined",
            }
        )
    confidence = {
        "name": "confidence",
        "enabled": True,
        "units": "1",
        "controlPointValues": [round(float(p.confidence), 4) for p in points],
    }
    markup = {
        "type": "Fiducial",
        "name": "Reference points",
        "coordinateSystem": "LPS",
        "coordinateUnits": "mm",
        "locked": False,
        "fixedNumberOfControlPoints": False,
        "labelFormat": "%N-%d",
        "lastUsedControlPointNumber": len(points),
        "controlPoints": controls,
        "measurements": [confidence] if points else [],
    }
    text = json.dumps({"@schema": _MARKUPS_SCHEMA, "markups": [markup]}, indent=1, allow_nan=False)
    staging.write(Path(path), lambda part: part.write_text(text + "\n", encoding="utf-8"))


def _frame(normal: np.ndarray) -> np.ndarray:
    """Right-handed axes with the normal as z: (3, 3) float64, one axis a column."""
    z = normal / np.linalg.norm(normal)
    x = np.cross(np.eye(3)[np.argmin(np.abs(z))], z)
    x /= np.linalg.norm(x)
    return np.stack([x, np.cross(z, x), z], axis=1)
