"""Meshes in, pictures out, without OpenGL: reports can be made on a server, in a container, over ssh.

Every pixel is a few parallel rays traced with Embree. The skull is opaque, the restored surface a half-transparent layer over it,
reference points and margins are small balls among the bone. Pictures are looked at in the head frame (x right, y front, z up), so
that "front" is the front of the head however the patient lay in the scanner.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from scipy.ndimage import gaussian_filter

from SkullRestoreLib.case import LOW_CONFIDENCE, Mesh, Restoration

# Unit vectors from the head to the viewer, and what is up in the picture: head frame.
VIEWS = {
    "front": ((0, 1, 0), (0, 0, 1)),
    "left": ((-1, 0, 0), (0, 0, 1)),
    "right": ((1, 0, 0), (0, 0, 1)),
    "back": ((0, -1, 0), (0, 0, 1)),
    "top": ((0, 0, 1), (0, 1, 0)),
}

IVORY, TEAL, RED, AMBER, LINE = range(5)
_COLOURS = np.array([[0.99, 0.95, 0.86], [0.08, 0.66, 0.70], [0.80, 0.12, 0.14], [1.00, 0.66, 0.05], [0.03, 0.27, 0.33]], dtype=np.float32)
_OPACITY = 0.78
_POINT_RADIUS_MM = 1.9
_LINE_RADIUS_MM = 0.55
_SAMPLES = 2  # rays a pixel, along each side


@dataclass(frozen=True)
class Camera:
    """A parallel projection."""

    name: str
    towards: np.ndarray  # (3,) float64, unit, from the head to the viewer, head frame
    up: np.ndarray  # (3,) float64, unit, head frame

    @cached_property
    def axes(self) -> np.ndarray:
        """Picture's right, picture's up, towards the viewer: (3, 3) float64, one axis a row."""
        right = np.cross(self.up, self.towards)
        right /= np.linalg.norm(right)
        return np.stack([right, np.cross(self.towards, right), self.towards])


@dataclass(frozen=True)
class Layer:
    """Triangles that are traced together."""

    vertices: np.ndarray  # (n, 3) float32, mm, head frame
    normals: np.ndarray  # (n, 3) float32, unit
    faces: np.ndarray  # (m, 3) int32
    colour: np.ndarray  # (m,) int8, index of the colour
    tint: np.ndarray | None = None  # (n, 3) float32, colours of the vertices in its place

    @cached_property
    def tracer(self) -> Any:
        """Embree's search tree over the triangles."""
        from embreex.mesh_construction import TriangleMesh
        from embreex.rtcore_scene import EmbreeScene

        scene = EmbreeScene()
        TriangleMesh(scene, self.vertices, self.faces)
        return scene


@dataclass(frozen=True)
class Scene:
    """What is to be seen."""

    bone: Layer  # skull, reference points and margins
    restored: Layer | None
    cameras: tuple[Camera, ...]


def scene(restoration: Restoration) -> Scene:
    """Prepare the pictures of a restoration.

    Parameters
    ----------
    restoration
        Skull, patches, reference points, margins and pose are used.

    Returns
    -------
    Scene
        With the five standard views and one straight at each defect.
    """
    to_head = restoration.pose.ras_to_head
    turn, shift = to_head[:3, :3], to_head[:3, 3]
    layers = [surface(restoration.skull, to_head, IVORY)]
    for colour, low in ((RED, False), (AMBER, True)):
        at = [p.position for p in restoration.points if (p.confidence < LOW_CONFIDENCE) == low]
        layers += _balls(at, to_head, _POINT_RADIUS_MM, colour, subdivisions=2)
    loops = [_evenly(loop, _LINE_RADIUS_MM) for defect in restoration.defects for loop in defect.margin if len(loop) > 1]
    layers += _balls(np.concatenate(loops) if loops else [], to_head, _LINE_RADIUS_MM, LINE, subdivisions=0)
    patches = [surface(patch.outer, to_head, TEAL) for patch in restoration.patches if len(patch.outer.faces)]
    cameras = [Camera(name, np.array(towards, float), np.array(up, float)) for name, (towards, up) in VIEWS.items()]
    cameras += [facing(turn @ d.centre + shift, f"defect {d.number}") for d in restoration.defects]
    return Scene(joined(layers), joined(patches) if patches else None, tuple(cameras))


def with_dots(prepared: Scene, points: np.ndarray, ras_to_head: np.ndarray) -> Scene:
    """The same scene with a line of small dark balls at points (p, 3), mm RAS, among the bone."""
    return replace(prepared, bone=joined([prepared.bone, *_balls(points, ras_to_head, _LINE_RADIUS_MM, LINE, subdivisions=0)]))


def facing(point: np.ndarray, name: str) -> Camera:
    """A camera that looks from outside straight at a point (3,), mm in the head frame."""
    towards = point / max(np.linalg.norm(point), 1e-9)
    up = np.array([0.0, 0.0, 1.0]) if abs(towards[2]) < 0.9 else np.array([0.0, 1.0, 0.0])
    up = up - (up @ towards) * towards
    return Camera(name, towards, up / np.linalg.norm(up))


def surface(mesh: Mesh, to_head: np.ndarray, colour: int) -> Layer:
    """A mesh, mm RAS, as a layer of one colour in the head frame."""
    vertices = mesh.vertices @ to_head[:3, :3].T + to_head[:3, 3]
    corners = vertices[mesh.faces]
    across = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    # each vertex's normal is the area-weighted mean of its triangles'
    normals = np.stack([np.bincount(mesh.faces.ravel(), np.repeat(across[:, k], 3), len(vertices)) for k in range(3)], axis=1)
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    return Layer(
        vertices.astype(np.float32), normals.astype(np.float32), mesh.faces.astype(np.int32), np.full(len(corners), colour, np.int8)
    )


def _balls(at: Iterable[np.ndarray], to_head: np.ndarray, radius: float, colour: int, *, subdivisions: int) -> list[Layer]:
    from trimesh.creation import icosphere

    at = np.asarray(list(at), dtype=np.float64).reshape(-1, 3) @ to_head[:3, :3].T + to_head[:3, 3]
    if not len(at):
        return []
    ball = icosphere(subdivisions=subdivisions)
    vertices = (at[:, None] + radius * ball.vertices).reshape(-1, 3)
    faces = (np.arange(len(at))[:, None, None] * len(ball.vertices) + ball.faces).reshape(-1, 3)
    normals = np.tile(ball.vertices, (len(at), 1))
    return [Layer(vertices.astype(np.float32), normals.astype(np.float32), faces.astype(np.int32), np.full(len(faces), colour, np.int8))]


def _evenly(loop: np.ndarray, step: float) -> np.ndarray:
    """Points at even steps along a closed line: (k, 3) float64."""
    closed = np.concatenate([loop, loop[:1]])
    along = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(closed, axis=0), axis=1))])
    at = np.arange(0, along[-1], step)
    return np.stack([np.interp(at, along, closed[:, k]) for k in range(3)], axis=1)


def joined(layers: list[Layer]) -> Layer:
    """Several layers as one; where one of them is tinted, all are."""
    first = np.cumsum([0, *(len(layer.vertices) for layer in layers)])
    faces = [layer.faces + start for layer, start in zip(layers, first, strict=False)]
    tinted = any(layer.tint is not None for layer in layers)
    return Layer(
        np.concatenate([layer.vertices for layer in layers]),
        np.concatenate([layer.normals for layer in layers]),
        np.concatenate(faces).astype(np.int32),
        np.concatenate([layer.colour for layer in layers]),
        np.concatenate([_tint(layer) for layer in layers]) if tinted else None,
    )


def _tint(layer: Layer) -> np.ndarray:
    """(n, 3) float32, the colours of a layer's vertices."""
    if layer.tint is not None:
        return layer.tint
    tint = np.zeros((len(layer.vertices), 3), dtype=np.float32)
    tint[layer.faces] = _COLOURS[layer.colour][:, None]
    return tint


def draw(scene: Scene, camera: Camera, *, size: tuple[int, int] = (600, 600)) -> np.ndarray:
    """Draw one picture.

    Parameters
    ----------
    scene
        From :func:`scene`.
    camera
        One of ``scene.cameras``.
    size
        Width and height, pixels.

    Returns
    -------
    np.ndarray
        (height, width, 3) uint8, with letters for the head's sides and a bar of 50 mm.
    """
    width, height = size
    shown = scene.bone.vertices @ camera.axes.T.astype(np.float32)
    if scene.restored is not None:
        shown = np.concatenate([shown, scene.restored.vertices @ camera.axes.T.astype(np.float32)])
    low, high = shown.min(axis=0), shown.max(axis=0)
    middle, extent = (low + high) / 2, high - low
    mm = max(extent[0] / width, extent[1] / height) * 1.16  # one pixel, with a border for the letters
    across = middle[0] + (np.arange(width * _SAMPLES) + 0.5 - width * _SAMPLES / 2) * mm / _SAMPLES
    down = middle[1] - (np.arange(height * _SAMPLES) + 0.5 - height * _SAMPLES / 2) * mm / _SAMPLES

    rgb, depth = _trace(scene.bone, camera, across, down, high[2] + 1)
    rgb *= _crevices(depth, mm / _SAMPLES)[..., None]
    rgb[np.isinf(depth)] = 1.0
    if scene.restored is not None:
        film, film_depth = _trace(scene.restored, camera, across, down, high[2] + 1)
        # a hair of tolerance, or bone and film flicker where they touch
        over = film_depth < depth + 0.3
        rgb[over] += _OPACITY * (film[over] - rgb[over])
    smooth = sum(rgb[i::_SAMPLES, j::_SAMPLES] for i in range(_SAMPLES) for j in range(_SAMPLES)) / _SAMPLES**2
    return _labelled((255 * np.clip(smooth, 0, 1) + 0.5).astype(np.uint8), camera, mm)


def _trace(layer: Layer, camera: Camera, across: np.ndarray, down: np.ndarray, start: float) -> tuple[np.ndarray, np.ndarray]:
    """Colour (h, w, 3) float32 and distance from the start plane (h, w) float32 mm, inf where nothing was hit."""
    axes = camera.axes.astype(np.float32)
    depth = np.full((len(down), len(across)), np.inf, dtype=np.float32)
    rgb = np.zeros((*depth.shape, 3), dtype=np.float32)
    flat = layer.vertices @ axes[:2].T
    (left, bottom), (right, top) = flat.min(axis=0), flat.max(axis=0)
    columns = slice(*np.searchsorted(across, [left, right]))
    rows = slice(*np.searchsorted(-down, [-top, -bottom]))
    window = depth[rows, columns]
    if not window.size:
        return rgb, depth
    origin = across[columns, None].astype(np.float32) * axes[0] + (down[rows, None, None].astype(np.float32) * axes[1] + start * axes[2])
    origin = np.ascontiguousarray(origin.reshape(-1, 3), dtype=np.float32)
    ray = np.repeat(-axes[2:], len(origin), axis=0)
    hit = layer.tracer.run(origin, ray, output=True)
    met = np.flatnonzero(hit["primID"] >= 0)
    triangle = hit["primID"][met]
    corners = layer.faces[triangle]
    u, v = hit["u"][met], hit["v"][met]
    # light is reckoned at the vertices and carried over the triangles: they are small, and there are far fewer of them than rays
    light = _light(layer.normals @ axes.T)
    bright = (1 - u - v) * light[corners[:, 0]] + u * light[corners[:, 1]] + v * light[corners[:, 2]]
    distance = np.full(window.size, np.inf, dtype=np.float32)
    distance[met] = hit["tfar"][met]
    colour = np.zeros((window.size, 3), dtype=np.float32)
    if layer.tint is None:
        colour[met] = _COLOURS[layer.colour[triangle]] * bright[:, None]
    else:
        tint = layer.tint[corners]
        colour[met] = ((1 - u - v)[:, None] * tint[:, 0] + u[:, None] * tint[:, 1] + v[:, None] * tint[:, 2]) * bright[:, None]
    depth[rows, columns] = distance.reshape(window.shape)
    rgb[rows, columns] = colour.reshape(*window.shape, 3)
    return rgb, depth


def _light(normals: np.ndarray) -> np.ndarray:
    """Brightness (n,) float32 under a main light from the upper left and a fill light from the right; normals in picture axes."""
    normals = normals * np.where(normals[:, 2:] < 0, -1, 1).astype(np.float32)  # an open surface has two faces
    main = normals @ np.array([-0.42, 0.56, 0.71], dtype=np.float32)
    fill = normals @ np.array([0.70, -0.10, 0.70], dtype=np.float32)
    return 0.30 + 0.66 * np.maximum(main, 0) + 0.18 * np.maximum(fill, 0)


def _crevices(depth: np.ndarray, mm: float) -> np.ndarray:
    """Darkening (h, w) float32 of what lies deeper than its surroundings; a cheap stand-in for ambient occlusion."""
    step = 4
    coarse = depth[::step, ::step]
    seen = np.isfinite(coarse).astype(np.float32)
    filled = np.where(seen > 0, coarse, 0)
    dark = np.zeros_like(coarse)
    for radius_mm, strength in ((4.0, 0.055), (14.0, 0.022)):
        sigma = radius_mm / (mm * step)
        around = gaussian_filter(filled, sigma, truncate=2.5) / np.maximum(gaussian_filter(seen, sigma, truncate=2.5), 1e-3)
        dark += strength * np.clip(filled - around, 0, 12)
    return 1 - np.clip(np.repeat(np.repeat(dark, step, axis=0), step, axis=1)[: depth.shape[0], : depth.shape[1]], 0, 0.6)


def _labelled(picture: np.ndarray, camera: Camera, mm: float) -> np.ndarray:
    """Write the sides of the head at the edges and a bar of 50 mm at the foot."""
    from PIL import Image, ImageDraw, ImageFont

    image = Image.fromarray(picture)
    pen, (width, height) = ImageDraw.Draw(image), image.size
    ink, font = (60, 70, 80), ImageFont.load_default(size=max(12, height // 28))
    right, up = camera.axes[0], camera.axes[1]
    edge = max(8, height // 40)
    pen.text((width - edge, height / 2), _side(right), ink, font, anchor="rm")
    pen.text((edge, height / 2), _side(-right), ink, font, anchor="lm")
    pen.text((width / 2, edge), _side(up), ink, font, anchor="mt")
    pen.text((width / 2, height - edge), _side(-up), ink, font, anchor="mb")
    bar, foot = 50 / mm, height - edge
    pen.line([(edge, foot), (edge + bar, foot)], ink, width=max(2, height // 200))
    pen.text((edge, foot - edge / 2), "50 mm", ink, ImageFont.load_default(size=max(10, height // 40)), anchor="lb")
    return np.asarray(image)


def _side(direction: np.ndarray) -> str:
    """Letter of the side of the head that a direction points to most."""
    axis = int(np.argmax(np.abs(direction)))
    return ("R", "A", "S")[axis] if direction[axis] > 0 else ("L", "P", "I")[axis]


def pictures(restoration: Restoration, *, size: tuple[int, int] = (600, 600)) -> dict[str, np.ndarray]:
    """Draw every view of a restoration.

    Parameters
    ----------
    restoration
        See :func:`scene`.
    size
        Width and height, pixels.

    Returns
    -------
    dict of str to np.ndarray
        Name of the view ("front", "left", "right", "back", "top", "defect 1", ...) -> (height, width, 3) uint8.
    """
    prepared = scene(restoration)
    return {camera.name: draw(prepared, camera, size=size) for camera in prepared.cameras}
