"""Read 3MF and GLB files: models that are scenes of several bodies with a unit. Triangles in millimetres out."""

import xml.etree.ElementTree as ElementTree
import zipfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

_UNITS_MM = {"micron": 0.001, "millimeter": 1.0, "centimeter": 10.0, "inch": 25.4, "foot": 304.8, "meter": 1000.0}
"""Units of 3MF (3MF Core Specification 1.3, section 3.4)."""
_MAX_MODEL_BYTES = 2048 << 20
_MAX_DEPTH = 8
"""Components within components."""
_METRES_BELOW = 2.0
"""A GLB file whose largest side is below this is in metres, as its specification says; others are in millimetres."""

Triangles = tuple[NDArray[np.float64], NDArray[np.int64]]
"""Vertices (n, 3), mm, and faces (m, 3)."""
_NOTHING: Triangles = (np.zeros((0, 3)), np.zeros((0, 3), np.int64))


def read_3mf(path: Path) -> Triangles:
    """Read the bodies of a 3MF file that are to be built.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    vertices : (n, 3) float64
        mm, in the file's coordinates.
    faces : (m, 3) int64

    Raises
    ------
    ValueError
        If it is not what the specification says. Other errors of zip and XML readers where it is damaged.
    """
    with zipfile.ZipFile(path) as archive:
        name = _model_part(archive)
        if archive.getinfo(name).file_size > _MAX_MODEL_BYTES:
            raise ValueError("too large")
        with archive.open(name) as part:
            root = ElementTree.fromstring(part.read(_MAX_MODEL_BYTES))
    unit_mm = _UNITS_MM[root.get("unit", "millimeter")]
    objects = {each.get("id", ""): each for each in root.iterfind("{*}resources/{*}object")}
    items = root.findall("{*}build/{*}item")
    bodies = [
        _object_triangles(objects, item.get("objectid", ""), _read_transform(item), _MAX_DEPTH)
        for item in items
        if item.get("printable", "1") != "0"
    ]
    vertices, faces = _join_bodies(bodies)
    return vertices * unit_mm, faces


def _model_part(archive: zipfile.ZipFile) -> str:
    """Name of the model in the package: the one that the relations name, or else the only one."""
    names = {name.lower(): name for name in archive.namelist()}
    if "_rels/.rels" in names:
        relations = ElementTree.fromstring(archive.read(names["_rels/.rels"]))
        for relation in relations:
            target = relation.get("Target", "").lstrip("/").lower()
            if relation.get("Type", "").endswith("/3dmodel") and target in names:
                return names[target]
    models = [name for name in names.values() if name.lower().endswith(".model")]
    if len(models) != 1:
        raise ValueError("no single model")
    return models[0]


def _object_triangles(
    objects: dict[str, ElementTree.Element], name: str, matrix: NDArray[np.float64], depth: int
) -> Triangles:
    """Triangles of an object and its components, by a matrix (4, 4) for row vectors."""
    if depth == 0:
        raise ValueError("components are nested too deeply")
    element = objects[name]
    if element.get("type", "model") not in ("model", "solidsupport", "surface"):
        return _NOTHING
    mesh = element.find("{*}mesh")
    if mesh is None:
        parts = element.findall("{*}components/{*}component")
        return _join_bodies(
            [_object_triangles(objects, p.get("objectid", ""), _read_transform(p) @ matrix, depth - 1) for p in parts]
        )
    points = [[float(v.attrib[axis]) for axis in "xyz"] for v in mesh.iterfind("{*}vertices/{*}vertex")]
    corners = [
        [int(t.attrib[corner]) for corner in ("v1", "v2", "v3")] for t in mesh.iterfind("{*}triangles/{*}triangle")
    ]
    faces = np.array(corners, np.int64).reshape(-1, 3)
    if len(faces) and (faces.min() < 0 or faces.max() >= len(points)):
        raise ValueError("a triangle without its vertex")
    if np.linalg.det(matrix[:3, :3]) < 0:  # a mirrored part keeps its outside outside
        faces = faces[:, ::-1]
    return np.array(points, float).reshape(-1, 3) @ matrix[:3, :3] + matrix[3, :3], faces


def _read_transform(element: ElementTree.Element) -> NDArray[np.float64]:
    """Matrix (4, 4) for row vectors of an item or component."""
    matrix = np.eye(4)
    text = element.get("transform")
    if text is not None:
        matrix[:, :3] = np.array([float(n) for n in text.split()]).reshape(4, 3)
    return matrix


def read_glb(path: Path) -> tuple[Triangles, bool]:
    """Read the bodies of a GLB file.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    triangles : tuple of ndarray
        Vertices (n, 3) float64 in mm and faces (m, 3) int64, in the file's coordinates.
    follows_specification : bool
        Whether the file is in metres, as the specification says; its axes are then those of the specification too.

    Raises
    ------
    Exception
        Whatever trimesh raises for a damaged file.
    """
    import trimesh

    with path.open("rb") as file:
        scene = trimesh.load_scene(file, file_type="glb", skip_materials=True, process=False)
    bodies = []
    for node in scene.graph.nodes_geometry:
        matrix, name = scene.graph[node]
        body = scene.geometry[name]
        if isinstance(body, trimesh.Trimesh):
            faces = np.asarray(body.faces, np.int64)
            if np.linalg.det(matrix[:3, :3]) < 0:
                faces = faces[:, ::-1]
            bodies.append((np.asarray(body.vertices, float) @ matrix[:3, :3].T + matrix[:3, 3], faces))
    vertices, faces = _join_bodies(bodies)
    is_metric = bool(len(vertices)) and float(np.ptp(vertices, axis=0).max()) < _METRES_BELOW
    return (vertices * (1000.0 if is_metric else 1.0), faces), is_metric


def _join_bodies(bodies: list[Triangles]) -> Triangles:
    bodies = [body for body in bodies if len(body[1])]
    if not bodies:
        return _NOTHING
    first = np.cumsum([0, *(len(vertices) for vertices, _ in bodies[:-1])])
    faces = [faces + start for (_, faces), start in zip(bodies, first, strict=True)]
    return np.concatenate([vertices for vertices, _ in bodies]), np.concatenate(faces)
