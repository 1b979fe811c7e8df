"""Encode triangles as STL, PLY, OBJ or 3MF: bodies in, bytes out.

Coordinates are written as they are; headers say that they are LPS millimetres. All formats hold coordinates to the
precision of float32, so that two vertices that differ in STL differ in every format.
"""

import io
import zipfile
from collections.abc import Mapping
from xml.sax.saxutils import escape

import numpy as np
from numpy.typing import NDArray

NamedBodies = Mapping[str, tuple[NDArray[np.float64], NDArray[np.integer]]]
"""Name -> vertices (n, 3) float, mm LPS, and faces (m, 3) int."""


def encode_stl(bodies: NamedBodies) -> bytes:
    """Encode bodies as binary STL.

    Parameters
    ----------
    bodies
        Name -> vertices and faces.

    Returns
    -------
    bytes
        All bodies in one: the format has no names.
    """
    vertices, faces = _join_bodies(bodies)
    triangle = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("attribute", "<u2")])
    triangles = np.zeros(len(faces), dtype=triangle)
    corners = vertices[faces]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    length = np.linalg.norm(normals, axis=1, keepdims=True)
    triangles["normal"] = np.divide(normals, length, out=np.zeros_like(normals), where=length > 0)
    triangles["corners"] = corners
    header = b"SkullRestore. UNIT=mm. SPACE=LPS".ljust(80, b"\0")
    return header + np.uint32(len(faces)).astype("<u4").tobytes() + triangles.tobytes()


def encode_ply(bodies: NamedBodies) -> bytes:
    """Encode bodies as binary PLY.

    Parameters
    ----------
    bodies
        Name -> vertices and faces.

    Returns
    -------
    bytes
        All bodies in one.
    """
    vertices, faces = _join_bodies(bodies)
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


def encode_obj(bodies: NamedBodies) -> bytes:
    """Encode bodies as OBJ.

    Parameters
    ----------
    bodies
        Name -> vertices and faces.

    Returns
    -------
    bytes
        One object for each body.
    """
    lines, first = ["# SkullRestore, mm. SPACE=LPS"], 1
    for name, (vertices, faces) in bodies.items():
        lines.append(f"o {name}")
        lines += [f"v {x:.9g} {y:.9g} {z:.9g}" for x, y, z in vertices.tolist()]
        lines += [f"f {a} {b} {c}" for a, b, c in (faces + first).tolist()]
        first += len(vertices)
    return ("\n".join(lines) + "\n").encode()


def encode_3mf(bodies: NamedBodies) -> bytes:
    """Encode bodies as 3MF (3MF Core Specification 1.3).

    Parameters
    ----------
    bodies
        Name -> vertices and faces.

    Returns
    -------
    bytes
        One object for each body, with name and unit. The same bodies give the same bytes.
    """
    objects, items = [], []
    for number, (name, (vertices, faces)) in enumerate(bodies.items(), 1):
        points = "".join(f'<vertex x="{x:.9g}" y="{y:.9g}" z="{z:.9g}"/>' for x, y, z in vertices.tolist())
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
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="model" ContentType="application/vnd.ms-package.3dmanufacturing-3dmodel+xml"/></Types>'
    )
    relations = (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        '<Relationship Target="/3D/3dmodel.model" Id="rel0" '
        'Type="http://schemas.microsoft.com/3dmanufacturing/2013/01/3dmodel"/></Relationships>'
    )
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=4) as archive:
        for name, text in (("[Content_Types].xml", types), ("_rels/.rels", relations), ("3D/3dmodel.model", model)):
            # with a fixed date, so that the same bodies give the same bytes
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), text, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def _join_bodies(bodies: NamedBodies) -> tuple[NDArray[np.float64], NDArray[np.integer]]:
    """Vertices and faces of all bodies as one."""
    first = np.cumsum([0, *(len(vertices) for vertices, _ in bodies.values())])
    faces = [faces + start for (_, faces), start in zip(bodies.values(), first[:-1], strict=True)]
    return np.concatenate([vertices for vertices, _ in bodies.values()]), np.concatenate(faces)


ENCODERS = {".stl": encode_stl, ".ply": encode_ply, ".obj": encode_obj, ".3mf": encode_3mf}
"""Ending of a file -> encoder."""
