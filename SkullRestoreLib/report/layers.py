"""Layers of triangles in the head frame, ready to be traced with Embree."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from SkullRestoreLib.affine import apply_affine
from SkullRestoreLib.geometry.icosphere import spherical_grid
from SkullRestoreLib.records import Mesh

IVORY, TEAL, RED, AMBER, DARK_TEAL, VIOLET = range(6)
"""Numbers of the colours of :data:`COLOURS`."""
COLOURS: NDArray[np.float32] = np.array(
    [
        [0.99, 0.95, 0.86],
        [0.08, 0.66, 0.70],
        [0.80, 0.12, 0.14],
        [1.00, 0.66, 0.05],
        [0.03, 0.27, 0.33],
        [0.60, 0.42, 0.74],
    ],
    dtype=np.float32,
)


@dataclass(frozen=True, eq=False)
class MeshLayer:
    """Triangles that are traced together."""

    vertices: NDArray[np.float32]  # (n, 3), mm, head frame
    normals: NDArray[np.float32]  # (n, 3), unit
    faces: NDArray[np.int32]  # (m, 3)
    colour_index: NDArray[np.int8]  # (m,), number of the colour
    vertex_colours: NDArray[np.float32] | None = None  # (n, 3), colours of the vertices, instead of ``colour_index``

    @cached_property
    def search_tree(self) -> Any:
        """Embree's search tree over the triangles."""
        from embreex.mesh_construction import TriangleMesh
        from embreex.rtcore_scene import EmbreeScene

        scene = EmbreeScene()
        TriangleMesh(scene, self.vertices, self.faces)
        return scene


def make_layer(mesh: Mesh, ras_to_head: NDArray[np.float64], colour: int) -> MeshLayer:
    """Turn a mesh into a layer of one colour.

    Parameters
    ----------
    mesh
        mm RAS.
    ras_to_head
        (4, 4).
    colour
        Number of the colour, such as :data:`IVORY`.

    Returns
    -------
    MeshLayer
        In the head frame; each vertex's normal is the area-weighted mean over its triangles.
    """
    vertices = apply_affine(ras_to_head, mesh.vertices)
    corners = vertices[mesh.faces]
    cross = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals = sum_over_corners(cross, mesh.faces, len(vertices))
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    return MeshLayer(
        vertices.astype(np.float32),
        normals.astype(np.float32),
        mesh.faces.astype(np.int32),
        np.full(len(corners), colour, np.int8),
    )


def sum_over_corners(vectors: NDArray[np.float64], faces: NDArray[np.integer], count: int) -> NDArray[np.float64]:
    """Add each triangle's vector to its three vertices.

    Parameters
    ----------
    vectors
        (m, 3), one for each triangle.
    faces
        (m, 3) vertex numbers.
    count
        Number of vertices.

    Returns
    -------
    ndarray
        (count, 3).

    Examples
    --------
    >>> sum_over_corners(np.array([[0.0, 0, 2]]), np.array([[0, 1, 3]]), 4)[:, 2].tolist()
    [2.0, 2.0, 0.0, 2.0]
    """
    return np.stack([np.bincount(faces.ravel(), np.repeat(vectors[:, k], 3), count) for k in range(3)], axis=1)


def ball_layers(
    centres: Iterable[NDArray[np.float64]],
    ras_to_head: NDArray[np.float64],
    radius_mm: float,
    colour: int,
    *,
    subdivisions: int,
) -> list[MeshLayer]:
    """Make small balls, all in one layer.

    Parameters
    ----------
    centres
        (3,) each, mm RAS.
    ras_to_head
        (4, 4).
    radius_mm
        Of a ball.
    colour
        Number of the colour.
    subdivisions
        Of the icosahedron; 0 is the coarsest.

    Returns
    -------
    list of MeshLayer
        One layer, or none where there are no centres.
    """
    in_head = apply_affine(ras_to_head, np.asarray(list(centres), dtype=np.float64).reshape(-1, 3))
    if not len(in_head):
        return []
    ball = spherical_grid(subdivisions)
    vertices = (in_head[:, None] + radius_mm * ball.directions).reshape(-1, 3)
    faces = (np.arange(len(in_head))[:, None, None] * len(ball) + ball.faces).reshape(-1, 3)
    normals = np.tile(ball.directions, (len(in_head), 1))
    return [
        MeshLayer(
            vertices.astype(np.float32),
            normals.astype(np.float32),
            faces.astype(np.int32),
            np.full(len(faces), colour, np.int8),
        )
    ]


def merge_layers(layers: list[MeshLayer]) -> MeshLayer:
    """Put several layers into one; where one of them has colours at its vertices, all get them.

    Parameters
    ----------
    layers
        At least one.
    """
    first = np.cumsum([0, *(len(layer.vertices) for layer in layers)])
    faces = [layer.faces + start for layer, start in zip(layers, first, strict=False)]
    tinted = any(layer.vertex_colours is not None for layer in layers)
    return MeshLayer(
        np.concatenate([layer.vertices for layer in layers]),
        np.concatenate([layer.normals for layer in layers]),
        np.concatenate(faces).astype(np.int32),
        np.concatenate([layer.colour_index for layer in layers]),
        np.concatenate([_vertex_colours(layer) for layer in layers]) if tinted else None,
    )


def _vertex_colours(layer: MeshLayer) -> NDArray[np.float32]:
    """Colours of a layer's vertices: (n, 3)."""
    if layer.vertex_colours is not None:
        return layer.vertex_colours
    colours = np.zeros((len(layer.vertices), 3), dtype=np.float32)
    colours[layer.faces] = COLOURS[layer.colour_index][:, None]
    return colours
