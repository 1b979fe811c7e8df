"""Triangles as the bytes of a mesh file: STL, PLY, OBJ, 3MF. Coordinates are written as they are given; headers say that they are LPS millimetres."""

import io
import zipfile
from collections.abc import Mapping
from xml.sax.saxutils import escape

import numpy as np

Bodies = Mapping[str, tuple[np.ndarray, np.ndarray]]
"""Name -> vertices (n, 3) float, mm LPS, and faces (m, 3) int."""


def stl(bodies: Bodies) -> bytes:
    """Binary STL; all bodies in one, for the format knows no names."""
    vertices, faces = _joined(bodies)
    record = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("attribute", "<u2")])
    triangles = np.zeros(len(faces), dtype=record)
    corners = vertices[faces]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    length = np.linalg.norm(normals, axis=1, keepdims=True)
    triangles["normal"] = np.divide(normals, length, out=np.zeros_like(normals), where=length > 0)
    triangles["corners"] = corners
    header = b"SkullRestore. UNIT=mm. SPACE=LPS".ljust(80, b"\0")
    return header + np.uint32(len(faces)).astype("<u4").tobytes() + triangles.tobytes()


def ply(bodies: Bodies) -> bytes:
    """Binary PLY, all bodies in one."""
    vertices, faces = _joined(bodies)
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


def obj(bodies: Bodies) -> bytes:
    """OBJ, an object for each body."""
    lines, first = ["# SkullRestore, mm. SPACE=LPS"], 1
    for name, (vertices, faces) in bodies.items():
        lines.append(f"o {name}")
        lines += [f"v {x:.5f} {y:.5f} {z:.5f}" for x, y, z in vertices.tolist()]
        lines += [f"f {a} {b} {c}" for a, b, c in (faces + first).tolist()]
        first += len(vertices)
    return ("\n".join(lines) + "\n").encode()


def threemf(bodies: Bodies) -> bytes:
    """3MF: an object with name and unit for each body (3MF Core Specification 1.3)."""
    objects, items = [], []
    for number, (name, (vertices, faces)) in enumerate(bodies.items(), 1):
        points = "".join(f'<vertex x="{x:.5f}" y="{y:.5f}" z="{z:.5f}"/>' for x, y, z in vertices.tolist())
        triangles = "".join(f'<triangle v1="{a}" v2="{b}" v3="{c}"/>' for a, b, c in faces.tolist())
        mesh = f"<mesh><vertices>{points}</vertices><triangles>{triangles}</triangles></mesh>"
        objects.append(f'<object id="{number}" type="model" name="{escape(name)}">{mesh}</object>')
        items.append(f'<item objectid="{number}"/>')
    model = (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<model unit="millimeter" xml:lang="en" xmlns="http://schemas.microsoft.com/3dmanufacturing/core/2015/02">'
        '<metadata name="Application">SkullRestore</metadata><metadata name="Description">SPACE=LPS</metadata>'
        f"<resources>{''.join(objects)}</resources><build>{''.join(items)}</build></model>"
    )
    types = (
        '<?xml version="1.0" encoding="UTF-8"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="model" ContentType="application/vnd.ms-package.3dmanufacturing-3dmodel+xml"/></Types>'
    )
    relations = (
        '<?xml version="1.0" encoding="UTF-8"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        '<Relationship Target="/3D/3dmodel.model" Id="rel0" Type="http://schemas.microsoft.com/3dmanufacturing/2013/01/3dmodel"/></Relationships>'
    )
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=4) as archive:
        for name, text in (("[Content_Types].xml", types), ("_rels/.rels", relations), ("3D/3dmodel.model", model)):
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), text, zipfile.ZIP_DEFLATED)  # the same bodies make the same file
    return buffer.getvalue()


def _joined(bodies: Bodies) -> tuple[np.ndarray, np.ndarray]:
    """All bodies as one."""
    first = np.cumsum([0, *(len(vertices) for vertices, _ in bodies.values())])
    faces = [faces + start for (_, faces), start in zip(bodies.values(), first[:-1], strict=True)]
    return np.concatenate([vertices for vertices, _ in bodies.values()]), np.concatenate(faces)


WRITERS = {".stl": stl, ".ply": ply, ".obj": obj, ".3mf": threemf}
