"""Restoration in, files out; the only place where RAS becomes LPS.

Files hold LPS millimetres as DICOM, ITK and 3D Slicer write them, and say so where the format lets them:
LPS means +x left, +y posterior, +z superior, so that x and y change sign.
"""

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from SkullRestoreLib import folder as output
from SkullRestoreLib.case import Mesh, OutputError, ReferencePoint, Restoration

LPS = np.array([-1.0, -1.0, 1.0])
MARK = "restoration.json"

_NAMES = {MARK, "report.html", "skull.stl", "restored_surface.stl", "restored_bone.nrrd", "implant.nrrd", "reference_points.mrk.json", "scene.mrb"}
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
    return name in _NAMES or re.fullmatch(r"implant_\d+\.stl", name) is not None


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


def write(restoration: Restoration, folder: str | Path, *, summary: dict[str, Any], report_html: str, force: bool = False) -> Path:
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

    def fill(stage: Path) -> None:
        (stage / MARK).write_text(text + "\n", encoding="utf-8")
        (stage / "report.html").write_text(report_html, encoding="utf-8")
        write_mesh(restoration.skull, stage / "skull.stl")
        if restoration.patches:
            write_mesh(merged(patch.outer for patch in restoration.patches), stage / "restored_surface.stl")
        for implant in restoration.implants:
            write_mesh(implant.mesh, stage / f"implant_{implant.defect}.stl")
        if restoration.defects:
            write_reference_points(restoration.points, stage / "reference_points.mrk.json")
            for name, labels in (("restored_bone", restoration.restored_bone), ("implant", restoration.implant_mask)):
                if labels is not None:
                    write_labels(labels, restoration.bone.ijk_to_ras, stage / f"{name}.nrrd")

    need = _size(restoration) + len(text) + len(report_html)
    return output.publish(folder, fill, mark=MARK, ours=is_ours, force=force, need_bytes=need)


def _size(restoration: Restoration) -> int:
    """Estimate the bytes that a result takes: 50 a triangle; label volumes compress to less than a hundredth."""
    meshes = [restoration.skull, *(p.outer for p in restoration.patches), *(i.mesh for i in restoration.implants)]
    volumes = [v for v in (restoration.restored_bone, restoration.implant_mask) if v is not None]
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
    """Write a mesh as binary STL, binary PLY or OBJ, in LPS millimetres.

    Parameters
    ----------
    mesh
        mm RAS.
    path
        Its ending chooses the format: ``.stl``, ``.ply`` or ``.obj``. The header says ``SPACE=LPS`` as 3D Slicer does,
        which is what makes Slicer read the file back to the same place.

    Raises
    ------
    OutputError
        If the ending is another one.
    """
    path = Path(path)
    writers = {".stl": _stl, ".ply": _ply, ".obj": _obj}
    if path.suffix.lower() not in writers:
        raise OutputError(f"{path.name}: meshes can be written as {', '.join(writers)}; choose one of these endings.")
    path.write_bytes(writers[path.suffix.lower()](flip(mesh.vertices), np.asarray(mesh.faces)))


def _stl(vertices: np.ndarray, faces: np.ndarray) -> bytes:
    record = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("attribute", "<u2")])
    triangles = np.zeros(len(faces), dtype=record)
    corners = vertices[faces]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    length = np.linalg.norm(normals, axis=1, keepdims=True)
    triangles["normal"] = np.divide(normals, length, out=np.zeros_like(normals), where=length > 0)
    triangles["corners"] = corners
    header = b"SkullRestore. UNIT=mm. SPACE=LPS".ljust(80, b"\0")
    return header + np.uint32(len(faces)).astype("<u4").tobytes() + triangles.tobytes()


def _ply(vertices: np.ndarray, faces: np.ndarray) -> bytes:
    header = "\n".join(
        [
            "ply",
            "format binary_little_endian 1.0",
            "comment SkullRestore, mm",
            "comment SPACE=LPS",
            f"element vertex {len(vertices)}",
            *(f"property float {axis}" for axis in "xyz"),
            f"element face {len(faces)}",
            "property list uchar int vertex_indices",
            "end_header\n",
        ]
    )
    polygons = np.zeros(len(faces), dtype=[("count", "u1"), ("corner", "<i4", 3)])
    polygons["count"] = 3
    polygons["corner"] = faces
    return header.encode() + vertices.astype("<f4").tobytes() + polygons.tobytes()


def _obj(vertices: np.ndarray, faces: np.ndarray) -> bytes:
    lines = ["# SkullRestore, mm. SPACE=LPS"]
    lines += [f"v {x:.5f} {y:.5f} {z:.5f}" for x, y, z in vertices.tolist()]
    lines += [f"f {a} {b} {c}" for a, b, c in (faces + 1).tolist()]
    return ("\n".join(lines) + "\n").encode()


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
        sitk.WriteImage(image, str(path), useCompression=True, compressionLevel=1)
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
    Path(path).write_text(text + "\n", encoding="utf-8")


def _frame(normal: np.ndarray) -> np.ndarray:
    """Right-handed axes with the normal as z: (3, 3) float64, one axis a column."""
    z = normal / np.linalg.norm(normal)
    x = np.cross(np.eye(3)[np.argmin(np.abs(z))], z)
    x /= np.linalg.norm(x)
    return np.stack([x, np.cross(z, x), z], axis=1)
