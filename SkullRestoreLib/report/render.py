"""Draw meshes without OpenGL, so that reports can be made on a server, in a container, or over ssh.

Every pixel is one ray traced with Embree, or four where the picture changes from pixel to pixel. The skull is opaque,
the restored surface a half-transparent layer over it, reference points and margins are small balls among the bone.
Pictures are seen in the head frame (x right, y front, z up): "front" is the front of the head however the patient lay
in the scanner.
"""

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, maximum_filter, minimum_filter

from SkullRestoreLib._system.resources import resource_path
from SkullRestoreLib._system.translation import say, speaking
from SkullRestoreLib.affine import apply_affine
from SkullRestoreLib.records import LOW_CONFIDENCE, Restoration
from SkullRestoreLib.report.layers import (
    AMBER,
    COLOURS,
    DARK_TEAL,
    IVORY,
    RED,
    TEAL,
    VIOLET,
    MeshLayer,
    ball_layers,
    make_layer,
    merge_layers,
)

VIEWS = {
    "front": ((0, 1, 0), (0, 0, 1)),
    "left": ((-1, 0, 0), (0, 0, 1)),
    "right": ((1, 0, 0), (0, 0, 1)),
    "back": ((0, -1, 0), (0, 0, 1)),
    "top": ((0, 0, 1), (0, 1, 0)),
}
"""Unit vectors in the head frame: from the head to the viewer, and up in the picture."""
INK = (60, 70, 80)
"""Colour of letters and bars."""
PATCH_OPACITY = 0.78
PATCH_DEPTH_TOLERANCE_MM = 0.3
"""The restored surface is drawn over bone up to this far behind it; without that both flicker where they touch."""
OBJECT_DEPTH_TOLERANCE_MM = 0.8
"""And an object that stays in its hole over the bone, of which it is a part."""
POINT_RADIUS_MM = 1.9
LINE_RADIUS_MM = 0.55
EXTRA_RAYS = np.array([[-0.25, -0.25], [0.25, -0.25], [-0.25, 0.25], [0.25, 0.25]], dtype=np.float32)
"""Where rays are in a pixel that one ray is not enough for: (4, 2) pixels from its middle."""
GREY_PARTS = np.array([0.5, 0.3, 0.2], dtype=np.float32)
"""Parts of red, green and blue in a grey in which no two colours of a picture are the same."""
MAX_EVEN_STEP = 0.06
"""A pixel that differs from its neighbours by more than this part of full brightness gets more rays."""
PICTURE_BORDER = 1.16
"""The picture is this many times as large as the skull, for the letters at its edges."""
BAR_MM = 50
RING_RADIUS_MM = 5.0
RING_COLOUR = (165, 0, 150)
"""Of the rings around places where a check of an implant did not pass."""


@dataclass(frozen=True, eq=False)
class Camera:
    """A parallel projection."""

    name: str
    view_direction: NDArray[np.float64]  # (3,), unit, from the head to the viewer, head frame
    up: NDArray[np.float64]  # (3,), unit, head frame
    shows_restored: bool = True  # whether the restored surface is over what it hides

    @cached_property
    def axes(self) -> NDArray[np.float64]:
        """Picture's right, picture's up, towards the viewer: (3, 3) float64, one axis a row."""
        right = np.cross(self.up, self.view_direction)
        right /= np.linalg.norm(right)
        return np.stack([right, np.cross(self.view_direction, right), self.view_direction])

    def edge_letters(self, *, side_known: bool = True) -> dict[str, str]:
        """Letters of the patient's sides at the edges of the picture.

        Parameters
        ----------
        side_known
            Whether left and right are known; otherwise a question mark stands for both.

        Returns
        -------
        dict of str to str
            "right", "left", "top", "bottom" -> "R", "L", "A", "P", "S", "I" or "?".

        Examples
        --------
        >>> Camera("front", np.array([0.0, 1, 0]), np.array([0.0, 0, 1])).edge_letters()
        {'right': 'L', 'left': 'R', 'top': 'S', 'bottom': 'I'}
        """
        right, up = self.axes[0], self.axes[1]
        edges = {"right": right, "left": -right, "top": up, "bottom": -up}
        return {edge: side_letter(direction, side_known) for edge, direction in edges.items()}


@dataclass(frozen=True, eq=False)
class RenderScene:
    """What pictures of one restoration show."""

    bone: MeshLayer  # skull, reference points and margins
    restored_surface: MeshLayer | None
    cameras: tuple[Camera, ...]
    side_known: bool = True  # where not, no picture says left or right
    objects: MeshLayer | None = None  # that were in the holes
    fault_marks: NDArray[np.float64] = field(default_factory=lambda: np.zeros((0, 3)))  # (k, 3), mm, ringed


def build_scene(restoration: Restoration) -> RenderScene:
    """Prepare the pictures of a restoration.

    Parameters
    ----------
    restoration
        Skull, patches, reference points, margins and pose are used.

    Returns
    -------
    RenderScene
        With the five standard views, one straight at each defect, and one at each object that was in a hole, in which
        nothing is over it.
    """
    to_head = restoration.pose.ras_to_head
    layers = [make_layer(restoration.skull, to_head, IVORY)]
    for colour, is_low in ((RED, False), (AMBER, True)):
        positions = [p.position for p in restoration.points if (p.confidence < LOW_CONFIDENCE) == is_low]
        layers += ball_layers(positions, to_head, POINT_RADIUS_MM, colour, subdivisions=2)
    loops = [
        _resample_loop(loop, LINE_RADIUS_MM)
        for defect in restoration.defects
        for loop in defect.margin
        if len(loop) > 1
    ]
    layers += ball_layers(np.concatenate(loops) if loops else [], to_head, LINE_RADIUS_MM, DARK_TEAL, subdivisions=0)
    patches = [make_layer(patch.outer, to_head, TEAL) for patch in restoration.patches if len(patch.outer.faces)]
    cameras = [Camera(name, np.array(towards, float), np.array(up, float)) for name, (towards, up) in VIEWS.items()]
    cameras += [_camera_at_defect(to_head, d.centre, f"defect {d.number}") for d in restoration.defects]
    seen = [found for found in restoration.objects if len(found.model.faces)]
    cameras += [
        replace(
            _camera_at_defect(to_head, found.model.vertices.mean(axis=0), f"object {found.number}"),
            shows_restored=False,
        )
        for found in seen
    ]
    objects = [make_layer(found.model, to_head, VIOLET) for found in seen]
    places = [
        where.positions for implant in restoration.implants if implant.checks for where in implant.checks.fault_places
    ]
    return RenderScene(
        merge_layers(layers),
        merge_layers(patches) if patches else None,
        tuple(cameras),
        restoration.side_known,
        merge_layers(objects) if objects else None,
        apply_affine(to_head, np.concatenate(places)) if places else np.zeros((0, 3)),
    )


def with_marker_dots(scene: RenderScene, points: NDArray[np.float64], ras_to_head: NDArray[np.float64]) -> RenderScene:
    """Add a line of small dark balls among the bone.

    Parameters
    ----------
    scene
        From :func:`build_scene`.
    points
        (p, 3), mm RAS.
    ras_to_head
        (4, 4).
    """
    dots = ball_layers(points, ras_to_head, LINE_RADIUS_MM, DARK_TEAL, subdivisions=0)
    return replace(scene, bone=merge_layers([scene.bone, *dots]))


def camera_facing(point: NDArray[np.float64], name: str) -> Camera:
    """Make a camera that looks from outside straight at a point.

    Parameters
    ----------
    point
        (3,), mm in the head frame.
    name
        Of the view.
    """
    towards = point / max(float(np.linalg.norm(point)), 1e-9)
    up = np.array([0.0, 0.0, 1.0]) if abs(towards[2]) < 0.9 else np.array([0.0, 1.0, 0.0])
    up = up - (up @ towards) * towards
    return Camera(name, towards, up / np.linalg.norm(up))


def _camera_at_defect(ras_to_head: NDArray[np.float64], centre: NDArray[np.float64], name: str) -> Camera:
    """A camera that looks straight at a point (3,), mm RAS."""
    return camera_facing(apply_affine(ras_to_head, centre), name)


def _resample_loop(loop: NDArray[np.float64], step_mm: float) -> NDArray[np.float64]:
    """Points (n, 3) at even steps along a closed line (k, 3)."""
    closed = np.concatenate([loop, loop[:1]])
    along = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(closed, axis=0), axis=1))])
    distances = np.arange(0, along[-1], step_mm)
    return np.stack([np.interp(distances, along, closed[:, k]) for k in range(3)], axis=1)


@dataclass(frozen=True, eq=False)
class PictureFrame:
    """Which part of the space a picture shows."""

    axes: NDArray[np.float64]  # (3, 3), of the camera
    middle: NDArray[np.float64]  # (2,), mm along the first two axes, in the middle of the picture
    mm_per_pixel: float
    size: tuple[int, int]  # width and height, pixels
    start_mm: float  # rays start here, along the third axis

    def to_pixels(self, points: NDArray[np.floating]) -> NDArray[np.float64]:
        """Find points in the picture.

        Parameters
        ----------
        points
            (n, 3), mm in the head frame.

        Returns
        -------
        ndarray
            (n, 2), pixels to the right and down.
        """
        offset = (points @ self.axes.T)[:, :2] - self.middle
        return np.array(self.size) / 2 + offset * [1, -1] / self.mm_per_pixel


def frame_picture(scene: RenderScene, camera: Camera, *, size: tuple[int, int]) -> PictureFrame:
    """Lay out a picture so that it shows a scene from edge to edge.

    Parameters
    ----------
    scene, camera, size
        As for :func:`draw_scene`.

    Returns
    -------
    PictureFrame
    """
    layers = [layer for layer in (scene.bone, scene.restored_surface, scene.objects) if layer is not None]
    vertices = np.concatenate([layer.vertices @ camera.axes.T.astype(np.float32) for layer in layers])
    low, high = vertices.min(axis=0), vertices.max(axis=0)
    extent = high - low
    mm_per_pixel = max(extent[0] / size[0], extent[1] / size[1]) * PICTURE_BORDER
    return PictureFrame(camera.axes, ((low + high) / 2)[:2], float(mm_per_pixel), size, float(high[2] + 1))


def draw_scene(scene: RenderScene, camera: Camera, *, size: tuple[int, int] = (600, 600)) -> NDArray[np.uint8]:
    """Draw one picture.

    Parameters
    ----------
    scene
        From :func:`build_scene`.
    camera
        One of ``scene.cameras``.
    size
        Width and height, pixels.

    Returns
    -------
    ndarray
        (height, width, 3) uint8, with letters for the head's sides and a bar of 50 mm.
    """
    frame = frame_picture(scene, camera, size=size)
    rows, columns = np.indices(size[::-1], dtype=np.float32) + np.float32(0.5)
    ray_places = np.stack([columns, rows], axis=-1).reshape(-1, 2)
    bone = _trace_rays(scene.bone, frame, ray_places)
    depth = bone.depth.reshape(size[::-1])
    light = _crevice_darkening(depth, frame.mm_per_pixel).reshape(-1)
    rgb = _add_overlays(scene, camera, frame, ray_places, bone, light)
    uneven = np.flatnonzero(_are_uneven(rgb.reshape(*depth.shape, 3), np.isfinite(depth)))
    if len(uneven):
        finer = np.concatenate([ray_places[uneven] + offset for offset in EXTRA_RAYS])
        drawn = _trace_rays(scene.bone, frame, finer)
        finer_rgb = _add_overlays(scene, camera, frame, finer, drawn, np.tile(light[uneven], len(EXTRA_RAYS)))
        rgb[uneven] = finer_rgb.reshape(len(EXTRA_RAYS), len(uneven), 3).mean(axis=0)
    picture = (255 * np.clip(rgb.reshape(*depth.shape, 3), 0, 1) + 0.5).astype(np.uint8)
    facing = scene.fault_marks[scene.fault_marks @ camera.view_direction > 0]
    return _draw_labels(
        _draw_rings(picture, frame.to_pixels(facing), frame.mm_per_pixel),
        camera,
        frame.mm_per_pixel,
        side_known=scene.side_known,
    )


def _are_uneven(rgb: NDArray[np.float32], hit: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which pixels (h, w) need more rays: at outlines, and where colours (h, w, 3) change from pixel to pixel."""
    grey = rgb @ GREY_PARTS
    return (maximum_filter(grey, 3) - minimum_filter(grey, 3) > MAX_EVEN_STEP) & maximum_filter(hit, 3)


def _add_overlays(
    scene: RenderScene,
    camera: Camera,
    frame: PictureFrame,
    ray_places: NDArray[np.float32],
    bone: "_TracedRays",
    light: NDArray[np.float32],
) -> NDArray[np.float32]:
    """Colours (n, 3) of rays that met the bone, which ``light`` (n,) darkens, with what is drawn over it."""
    rgb, depth = bone.rgb * light[:, None], bone.depth.copy()
    rgb[np.isinf(depth)] = 1.0
    if scene.objects is not None:
        found = _trace_rays(scene.objects, frame, ray_places)
        over = found.depth < depth + OBJECT_DEPTH_TOLERANCE_MM
        rgb[over], depth[over] = found.rgb[over], found.depth[over]
    if scene.restored_surface is not None and camera.shows_restored:
        patch = _trace_rays(scene.restored_surface, frame, ray_places)
        over = patch.depth < depth + PATCH_DEPTH_TOLERANCE_MM
        rgb[over] += PATCH_OPACITY * (patch.rgb[over] - rgb[over])
    return rgb


def _draw_rings(picture: NDArray[np.uint8], centres: NDArray[np.float64], mm_per_pixel: float) -> NDArray[np.uint8]:
    """Ring places (k, 2), pixels, over everything that is in front of them."""
    if not len(centres):
        return picture
    from PIL import Image, ImageDraw

    image = Image.fromarray(picture)
    pen, radius, line = ImageDraw.Draw(image), RING_RADIUS_MM / mm_per_pixel, max(2, image.height // 200)
    for colour, wider in (((255, 255, 255), line), (RING_COLOUR, 0)):
        for x, y in centres:
            box = (x - radius - wider / 2, y - radius - wider / 2, x + radius + wider / 2, y + radius + wider / 2)
            pen.ellipse(box, outline=colour, width=line + wider)
    return np.asarray(image)


@dataclass(frozen=True, eq=False)
class _TracedRays:
    """What rays met first."""

    rgb: NDArray[np.float32]  # (n, 3), black where nothing was met
    depth: NDArray[np.float32]  # (n,), mm from the start plane, infinite where nothing was met


def _trace_rays(layer: MeshLayer, frame: PictureFrame, ray_places: NDArray[np.float32]) -> _TracedRays:
    """Trace rays through places (n, 2), pixels to the right and down."""
    axes = frame.axes.astype(np.float32)
    depth = np.full(len(ray_places), np.inf, dtype=np.float32)
    rgb = np.zeros((len(ray_places), 3), dtype=np.float32)
    pixels = frame.to_pixels(layer.vertices)
    (left, top), (right, bottom) = pixels.min(axis=0), pixels.max(axis=0)
    x, y = ray_places.T
    near = np.flatnonzero((x >= left) & (x <= right) & (y >= top) & (y <= bottom))
    if not len(near):
        return _TracedRays(rgb, depth)
    offset = (ray_places[near] - np.array(frame.size, np.float32) / 2) * np.array(
        [frame.mm_per_pixel, -frame.mm_per_pixel], np.float32
    ) + frame.middle.astype(np.float32)
    origin = np.ascontiguousarray(offset @ axes[:2] + np.float32(frame.start_mm) * axes[2])
    hit = layer.search_tree.run(origin, np.repeat(-axes[2:], len(origin), axis=0), output=True)
    met = np.flatnonzero(hit["primID"] >= 0)
    depth[near[met]] = hit["tfar"][met]
    rgb[near[met]] = _hit_colours(layer, axes, hit["primID"][met], hit["u"][met], hit["v"][met])
    return _TracedRays(rgb, depth)


def _hit_colours(
    layer: MeshLayer,
    axes: NDArray[np.float32],
    triangle: NDArray[np.integer],
    u: NDArray[np.float32],
    v: NDArray[np.float32],
) -> NDArray[np.float32]:
    """Shaded colours (n, 3) at the places u, v (n,) of triangles (n,)."""
    corners = layer.faces[triangle]
    # Light is computed at the vertices and interpolated: triangles are small, and far fewer than rays.
    light = _shade_normals(layer.normals @ axes.T)
    bright = (1 - u - v) * light[corners[:, 0]] + u * light[corners[:, 1]] + v * light[corners[:, 2]]
    if layer.vertex_colours is None:
        return COLOURS[layer.colour_index[triangle]] * bright[:, None]
    tint = layer.vertex_colours[corners]
    return ((1 - u - v)[:, None] * tint[:, 0] + u[:, None] * tint[:, 1] + v[:, None] * tint[:, 2]) * bright[:, None]


def _shade_normals(normals: NDArray[np.float32]) -> NDArray[np.floating]:
    """Brightness (n,) of normals (n, 3) in picture axes: main light from the upper left, fill light from the right."""
    normals = normals * np.where(normals[:, 2:] < 0, -1, 1).astype(np.float32)  # an open surface has two faces
    main = normals @ np.array([-0.42, 0.56, 0.71], dtype=np.float32)
    fill = normals @ np.array([0.70, -0.10, 0.70], dtype=np.float32)
    return 0.30 + 0.66 * np.maximum(main, 0) + 0.18 * np.maximum(fill, 0)


def _crevice_darkening(depth: NDArray[np.float32], mm_per_pixel: float) -> NDArray[np.float32]:
    """Factor (h, w) that darkens what is deeper than its surroundings; a cheap substitute for ambient occlusion."""
    step = 2
    coarse = depth[::step, ::step]
    hit = np.isfinite(coarse).astype(np.float32)
    filled = np.where(hit > 0, coarse, 0)
    dark = np.zeros_like(coarse)
    for radius_mm, strength in ((4.0, 0.055), (14.0, 0.022)):
        sigma = radius_mm / (mm_per_pixel * step)
        around = gaussian_filter(filled, sigma, truncate=2.5) / np.maximum(
            gaussian_filter(hit, sigma, truncate=2.5), 1e-3
        )
        dark += strength * np.clip(filled - around, 0, 12)
    return 1 - np.clip(
        np.repeat(np.repeat(dark, step, axis=0), step, axis=1)[: depth.shape[0], : depth.shape[1]], 0, 0.6
    )


def picture_font(size: int) -> Any:
    """Load the font of letters and numbers in pictures, that of the PDF report: it holds Cyrillic too.

    Parameters
    ----------
    size
        Pixels.

    Returns
    -------
    PIL.ImageFont.FreeTypeFont
    """
    from PIL import ImageFont

    return ImageFont.truetype(resource_path("Fonts/DejaVuSansCondensed.ttf"), size)


def _draw_labels(
    picture: NDArray[np.uint8], camera: Camera, mm_per_pixel: float, *, side_known: bool
) -> NDArray[np.uint8]:
    """Write the sides of the head at the edges, and a bar of 50 mm at the foot."""
    from PIL import Image, ImageDraw

    image = Image.fromarray(picture)
    pen, (width, height) = ImageDraw.Draw(image), image.size
    font = picture_font(max(12, height // 28))
    inset = max(8, height // 40)
    letters = camera.edge_letters(side_known=side_known)
    pen.text((width - inset, height / 2), letters["right"], INK, font, anchor="rm")
    pen.text((inset, height / 2), letters["left"], INK, font, anchor="lm")
    pen.text((width / 2, inset), letters["top"], INK, font, anchor="mt")
    pen.text((width / 2, height - inset), letters["bottom"], INK, font, anchor="mb")
    bar, foot = BAR_MM / mm_per_pixel, height - inset
    pen.line([(inset, foot), (inset + bar, foot)], INK, width=max(2, height // 200))
    small_font = picture_font(max(10, height // 40))
    pen.text((inset, foot - inset / 2), say("{1} mm", BAR_MM), INK, small_font, anchor="lb")
    return np.asarray(image)


def side_letter(direction: NDArray[np.float64], side_known: bool) -> str:
    """Give the letter of the side of the head to which a direction points most.

    Parameters
    ----------
    direction
        (3,), in the head frame.
    side_known
        Whether left and right are known; otherwise a question mark stands for both.
    """
    axis = int(np.argmax(np.abs(direction)))
    if axis == 0 and not side_known:
        return "?"
    return ("R", "A", "S")[axis] if direction[axis] > 0 else ("L", "P", "I")[axis]


def draw_views(restoration: Restoration, *, size: tuple[int, int] = (600, 600)) -> dict[str, NDArray[np.uint8]]:
    """Draw every view of a restoration.

    Parameters
    ----------
    restoration
        See :func:`build_scene`.
    size
        Width and height, pixels.

    Returns
    -------
    dict of str to ndarray
        Name of the view ("front", "left", "right", "back", "top", "defect 1", ...) -> (height, width, 3) uint8.
    """
    scene = build_scene(restoration)
    with speaking(restoration.settings.language):
        return {camera.name: draw_scene(scene, camera, size=size) for camera in scene.cameras}
