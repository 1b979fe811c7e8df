"""Draw the close-ups of one implant.

From outside with the insertion direction, from inside, a cut through it, its thickness, and the deviation of the
restored surface from a reference. Like the pictures of :mod:`SkullRestoreLib.report.render` they need no OpenGL.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from SkullRestoreLib._system.translation import say, speaking
from SkullRestoreLib.affine import apply_affine
from SkullRestoreLib.records import DefectPatch, Implant, ImplantChecks, Mesh, Restoration
from SkullRestoreLib.report.cross_section import (
    SectionPlane,
    draw_labelled_section,
    draw_section,
    plan_sections,
    section_letters,
)
from SkullRestoreLib.report.deviation import median_reference_distance, signed_deviation
from SkullRestoreLib.report.layers import IVORY, MeshLayer, make_layer, merge_layers, sum_over_corners
from SkullRestoreLib.report.render import (
    INK,
    Camera,
    RenderScene,
    camera_facing,
    draw_scene,
    frame_picture,
    picture_font,
)

__all__ = ["draw_closeups", "draw_section", "median_reference_distance", "signed_deviation"]

SKULL_AROUND_MM = 16.0
"""Of the skull shown around the implant."""
SHARP_EDGE_DEG = 35.0
"""Edges sharper than this are shown sharp."""
MAX_DEVIATION_MM = 4.0
"""Ends of the colour scale of the deviation."""
MAX_STEP_MM = 2.0
"""Ends of the colour scale of the step."""
MIN_CLEARANCE_SCALE_MM = 0.25
"""The colour scale of the clearance reaches to twice the clearance, and at least to twice this."""
PLAN_OVERHANG_MM, PLAN_LETTER_PLACE = 2.0, 0.2
"""In the plan, the lines of the sections reach this far beyond the body; their letters are at this part of them."""
PLAN_LINE_COLOUR = (150, 30, 20)
SECTION_HEIGHT_PARTS = (3, 5)
"""Height of a labelled section in parts of that of another picture: it is wide and low."""
THICKNESS_SPAN_MM = 2.0
"""The colour scale of the thickness reaches this far above and below its median."""
SAFETY_SPAN = 4.0
"""The colour scale of the safety factor reaches to this many times the least one."""
MIN_DEFLECTION_SCALE_MM = 0.002
"""The colour scale of the deflection reaches at least to this."""
MIN_RAISE_SCALE_MM = 1.0
"""The colour scale of the height by which the outer face is raised reaches at least to this."""
FINE_SPAN, FINEST_SPAN = 0.5, 0.1
"""A scale over less than this has numbers with two digits, and with three."""
ARROW_PROFILE = np.array(
    [[0, 0], [4.5, 12], [4.5, 12], [1.6, 12], [1.6, 12], [1.6, 37], [1.6, 37], [0, 37]], dtype=np.float64
)
"""Half of an arrow's outline: (k, 2), mm from its axis and from its tip; a corner that stays sharp stands twice."""
ARROW_SECTIONS = 24
ARROW_GAP_MM = 4.0
"""The arrow's tip is this far above the outer face."""
BODY_COLOUR, ARROW_COLOUR, NO_VALUE_COLOUR = (
    np.array([0.30, 0.68, 0.72]),
    np.array([0.82, 0.20, 0.10]),
    np.array([0.78, 0.78, 0.76]),
)
THICKNESS_COLOURS = np.array(
    [[0.27, 0.00, 0.33], [0.23, 0.32, 0.55], [0.13, 0.57, 0.55], [0.37, 0.79, 0.38], [0.99, 0.91, 0.14]]
)
"""Colours from thin to thick, even in brightness and safe for the colour-blind (after viridis)."""
DEVIATION_COLOURS = np.array(
    [[0.13, 0.40, 0.67], [0.57, 0.77, 0.87], [0.97, 0.97, 0.97], [0.96, 0.65, 0.51], [0.70, 0.09, 0.17]]
)
"""Colours from too low over right to too high (after ColorBrewer's RdBu)."""


@dataclass(frozen=True, eq=False)
class ColourScale:
    """Colours for values from ``low`` to ``high``."""

    low: float
    high: float
    colours: NDArray[np.float64]  # (c, 3), 0 to 1, evenly from low to high
    unit: str

    def map_colours(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Colour values.

        Parameters
        ----------
        values
            (n,); beyond the scale they take the colour of its end.

        Returns
        -------
        ndarray
            (n, 3), grey where there is no value.

        Examples
        --------
        >>> grey = ColourScale(0.0, 2.0, np.array([[0.0, 0, 0], [1, 1, 1]]), "mm")
        >>> grey.map_colours(np.array([1.0, 9.0]))[:, 0].tolist()
        [0.5, 1.0]
        """
        position = np.clip((values - self.low) / (self.high - self.low), 0, 1) * (len(self.colours) - 1)
        steps = np.arange(len(self.colours))
        rgb = np.stack([np.interp(np.nan_to_num(position), steps, self.colours[:, k]) for k in range(3)], axis=1)
        return np.where(np.isfinite(values)[:, None], rgb, NO_VALUE_COLOUR)


def draw_closeups(
    restoration: Restoration, *, reference: Mesh | None = None, size: tuple[int, int] = (460, 400)
) -> dict[int, dict[str, NDArray[np.uint8]]]:
    """Draw the close-ups of every implant.

    Parameters
    ----------
    restoration
        Skull, implants and patches are used.
    reference
        The complete skull, mm RAS, where it is known.
    size
        Width and height of a picture, pixels.

    Returns
    -------
    dict of int to dict of str to ndarray
        Number of the defect -> name ("outside", "inside", "section", "plan", "section A" and so on, "thickness",
        "clearance", "step", "raise", "safety", "deflection", "deviation") -> (height, width, 3) uint8.
    """
    closeups = {}
    with speaking(restoration.settings.language):
        for implant in restoration.implants:
            patch = next((p for p in restoration.patches if p.defect == implant.defect), None)
            if patch is not None and len(implant.mesh.faces):
                closeups[implant.defect] = _draw_implant_closeups(restoration, implant, patch, reference, size)
    return closeups


def _draw_implant_closeups(
    restoration: Restoration,
    implant: Implant,
    patch: DefectPatch,
    reference: Mesh | None,
    size: tuple[int, int],
) -> dict[str, NDArray[np.uint8]]:
    """The close-ups of one implant by name."""
    to_head = restoration.pose.ras_to_head
    rotation = to_head[:3, :3]
    outward = rotation @ (
        -implant.insertion_direction
        if implant.insertion_direction is not None
        else patch.outer.vertices.mean(axis=0) - restoration.pose.head_to_ras[:3, 3]
    )
    outward = outward / np.linalg.norm(outward)
    straight = camera_facing(outward, "straight")
    tilted = outward + 0.75 * straight.axes[1] - 0.4 * straight.axes[0]
    outside, inside = camera_facing(tilted, "outside"), camera_facing(-outward, "inside")
    layers = [
        *skull_around(restoration.skull, implant.mesh, to_head),
        sharp_edged_layer(implant.mesh, to_head, BODY_COLOUR),
    ]
    has_direction = implant.insertion_direction is not None
    arrow = [_insertion_arrow(implant, to_head, outward)] if has_direction else []
    pictures = {
        "outside": draw_layers([*layers, *arrow], outside, size, side_known=restoration.side_known),
        "inside": draw_layers(layers, inside, size, side_known=restoration.side_known),
        "section": draw_section(restoration.bone, implant, outward @ rotation, size),
    }
    side_known, head_axes = restoration.side_known, to_head[:3, :3]
    planes = plan_sections(implant.mesh, outward @ rotation)
    scene = RenderScene(sharp_edged_layer(implant.mesh, to_head, BODY_COLOUR), None, (), side_known)
    pictures["plan"] = _draw_plan(scene, implant, planes, straight, to_head, size=size)
    for letter, plane in planes.items():
        pictures[f"section {letter}"] = draw_labelled_section(
            restoration.bone,
            implant,
            plane,
            letters=section_letters(plane, head_axes, side_known=side_known),
            size=(size[0], SECTION_HEIGHT_PARTS[0] * size[1] // SECTION_HEIGHT_PARTS[1]),
        )
    for name, values, scale, camera in _maps_of_checks(implant, straight, inside):
        pictures[name] = draw_colour_map(
            implant.mesh, scale.map_colours(values), scale, to_head, camera, size=size, side_known=side_known
        )
    if reference is not None:
        scale = ColourScale(-MAX_DEVIATION_MM, MAX_DEVIATION_MM, DEVIATION_COLOURS, "mm off")
        colours = scale.map_colours(signed_deviation(patch.outer.vertices, reference))
        pictures["deviation"] = draw_colour_map(
            patch.outer, colours, scale, to_head, straight, size=size, side_known=side_known
        )
    return pictures


def _maps_of_checks(
    implant: Implant, outside: Camera, inside: Camera
) -> list[tuple[str, NDArray[np.float64], ColourScale, Camera]]:
    """Name, (n,) values, colours and view of each map of what was measured; without maps that have no value."""
    checks = implant.checks
    if checks is None:
        return []
    asked_mm = max(implant.clearance_mm, MIN_CLEARANCE_SCALE_MM)
    maps = [
        ("thickness", checks.thickness_map, _thickness_scale(implant, checks), outside),
        ("clearance", checks.clearance_map, ColourScale(0.0, 2 * asked_mm, THICKNESS_COLOURS, "mm gap"), inside),
        ("step", checks.step_map, ColourScale(-MAX_STEP_MM, MAX_STEP_MM, DEVIATION_COLOURS, "mm step"), outside),
    ]
    if checks.raised_mm is not None:
        scale = ColourScale(0.0, max(checks.raised_mm.most, MIN_RAISE_SCALE_MM), THICKNESS_COLOURS, "mm raised")
        maps.append(("raise", checks.raised_map, scale, outside))
    if (strength := checks.strength) is not None:
        safety, bent = strength.safety_map, strength.deflection_map
        least = strength.by_material[implant.settings.material].push_safety
        scale = ColourScale(0.0, SAFETY_SPAN * least, THICKNESS_COLOURS, "safety")
        maps.append(("safety", safety, scale, outside))
        high = float(np.nanmax(bent, initial=MIN_DEFLECTION_SCALE_MM))
        maps.append(("deflection", bent, ColourScale(0.0, high, THICKNESS_COLOURS, "mm bent"), outside))
    return [one for one in maps if np.isfinite(one[1]).any()]


def _draw_plan(
    scene: RenderScene,
    implant: Implant,
    planes: dict[str, SectionPlane],
    camera: Camera,
    ras_to_head: NDArray[np.float64],
    *,
    size: tuple[int, int],
) -> NDArray[np.uint8]:
    """The body from outside with a line and a letter where each section is."""
    from PIL import Image, ImageDraw

    image = Image.fromarray(draw_scene(scene, camera, size=size))
    frame = frame_picture(scene, camera, size=size)
    pen, font_size = ImageDraw.Draw(image), max(10, size[1] // 26)
    font = picture_font(font_size)
    for letter, plane in planes.items():
        reach = (implant.mesh.vertices - plane.middle) @ plane.across
        ends = plane.to_ras(np.array([reach.min() - PLAN_OVERHANG_MM, reach.max() + PLAN_OVERHANG_MM]), np.zeros(2))
        start, end = frame.to_pixels(apply_affine(ras_to_head, ends))
        pen.line([tuple(start), tuple(end)], PLAN_LINE_COLOUR, width=max(1, size[1] // 200))
        x, y = start + PLAN_LETTER_PLACE * (end - start)
        radius = 0.75 * font_size
        pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill="white", outline=PLAN_LINE_COLOUR)
        pen.text((x, y), letter, PLAN_LINE_COLOUR, font, anchor="mm")
    return np.asarray(image)


def _thickness_scale(implant: Implant, checks: ImplantChecks) -> ColourScale:
    """A colour scale around the median of the measured thickness; over all of it where it is graded or raised."""
    is_graded = checks.thickness_off_mm is not None or checks.raised_mm is not None
    if checks.thickness_mm is not None and is_graded:
        return ColourScale(checks.thickness_mm.least, checks.thickness_mm.most, THICKNESS_COLOURS, "mm thick")
    median = checks.thickness_mm.median if checks.thickness_mm is not None else implant.thickness_mm
    low, high = max(median - THICKNESS_SPAN_MM, 0.0), median + THICKNESS_SPAN_MM
    return ColourScale(low, high, THICKNESS_COLOURS, "mm thick")


def draw_layers(
    layers: list[MeshLayer], camera: Camera, size: tuple[int, int], *, side_known: bool = True
) -> NDArray[np.uint8]:
    """Draw opaque layers.

    Parameters
    ----------
    layers
        At least one.
    camera
        From where they are seen.
    size
        Width and height, pixels.
    side_known
        Whether left and right may be named.

    Returns
    -------
    ndarray
        (height, width, 3) uint8.
    """
    return draw_scene(RenderScene(merge_layers(layers), None, (), side_known), camera, size=size)


def skull_around(skull: Mesh, body: Mesh, ras_to_head: NDArray[np.float64]) -> list[MeshLayer]:
    """Cut out the skull around a body.

    Parameters
    ----------
    skull, body
        mm RAS.
    ras_to_head
        (4, 4).

    Returns
    -------
    list of MeshLayer
        One, or none where there is no skull.
    """
    low, high = body.vertices.min(axis=0) - SKULL_AROUND_MM, body.vertices.max(axis=0) + SKULL_AROUND_MM
    in_box = np.flatnonzero(((skull.vertices > low) & (skull.vertices < high)).all(axis=1))
    near = np.zeros(len(skull.vertices), dtype=bool)
    near[in_box] = (
        cKDTree(body.vertices).query(skull.vertices[in_box], distance_upper_bound=SKULL_AROUND_MM)[0] < SKULL_AROUND_MM
    )
    # Without the vertices that nothing uses: the picture is laid out around all vertices.
    kept = skull.faces[near[skull.faces].all(axis=1)]
    if not len(kept):
        return []
    used, faces = np.unique(kept, return_inverse=True)
    return [make_layer(Mesh(skull.vertices[used], faces.reshape(-1, 3)), ras_to_head, IVORY)]


def sharp_edged_layer(mesh: Mesh, ras_to_head: NDArray[np.float64], rgb: NDArray[np.float64]) -> MeshLayer:
    """Make a layer of a body with its sharp edges.

    Each corner of a triangle takes the mean normal of the triangles at that vertex that face about the same way.

    Parameters
    ----------
    mesh
        mm RAS.
    ras_to_head
        (4, 4).
    rgb
        (3,) 0 to 1, its colour.

    Returns
    -------
    MeshLayer
    """
    corners = mesh.vertices[mesh.faces]
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    unit = normal / np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-30)
    # One class of triangles for each main direction: cheap, and good enough to keep walls and faces apart.
    side = np.argmax(np.concatenate([unit, -unit], axis=1), axis=1)
    key = mesh.faces * 6 + side[:, None]
    used, number = np.unique(key, return_inverse=True)
    faces = number.reshape(-1, 3)
    of_side = _unit_rows(sum_over_corners(normal, faces, len(used)))
    of_vertex = _unit_rows(sum_over_corners(normal, mesh.faces, len(mesh.vertices))[used // 6])
    is_smooth = (of_side * of_vertex).sum(axis=1) > np.cos(np.radians(SHARP_EDGE_DEG))
    split = Mesh(mesh.vertices[used // 6], faces)
    layer = _coloured_layer(split, np.tile(rgb, (len(used), 1)), ras_to_head)
    normals = np.where(is_smooth[:, None], of_vertex, of_side) @ ras_to_head[:3, :3].T
    return replace(layer, normals=normals.astype(np.float32))


def _unit_rows(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Vectors (n, 3) scaled to unit length."""
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-30)


def _coloured_layer(mesh: Mesh, rgb: NDArray[np.float64], ras_to_head: NDArray[np.float64]) -> MeshLayer:
    """A mesh with a colour (n, 3) at each vertex."""
    return replace(make_layer(mesh, ras_to_head, IVORY), vertex_colours=rgb.astype(np.float32))


def _insertion_arrow(implant: Implant, ras_to_head: NDArray[np.float64], outward: NDArray[np.float64]) -> MeshLayer:
    """An arrow along the insertion direction, its tip a little above the outer face; ``outward`` in the head frame."""
    points = apply_affine(ras_to_head, implant.mesh.vertices)
    middle = points.mean(axis=0)
    from_axis = np.linalg.norm(points - middle - ((points - middle) @ outward)[:, None] * outward, axis=1)
    near_axis = from_axis < max(np.percentile(from_axis, 10), 3.0)
    top = (points[near_axis] @ outward).max() - middle @ outward + ARROW_GAP_MM
    axes = np.linalg.qr(
        np.column_stack([outward, np.eye(3)[np.argmin(np.abs(outward))], np.eye(3)[np.argmax(np.abs(outward))]])
    )[0]
    axes = np.column_stack([axes[:, 1], axes[:, 2], outward])
    arrow = _revolve(ARROW_PROFILE, sections=ARROW_SECTIONS)
    placed = Mesh(middle + top * outward + arrow.vertices @ axes.T, arrow.faces)
    return _coloured_layer(placed, np.tile(ARROW_COLOUR, (len(placed.vertices), 1)), np.eye(4))


def _revolve(profile: NDArray[np.float64], *, sections: int) -> Mesh:
    """The surface that a line (k, 2), mm from the z axis and along it, makes when it is turned about that axis."""
    angles = 2 * np.pi * np.arange(sections) / sections
    vertices = np.stack(
        [
            np.outer(profile[:, 0], np.cos(angles)),
            np.outer(profile[:, 0], np.sin(angles)),
            np.zeros((len(profile), sections)) + profile[:, 1:],
        ],
        axis=-1,
    )
    ring, here = np.indices((len(profile) - 1, sections)).reshape(2, -1)
    following = (here + 1) % sections
    a, b = ring * sections + here, ring * sections + following
    faces = np.concatenate([np.stack([a, b, b + sections], axis=1), np.stack([a, b + sections, a + sections], axis=1)])
    return Mesh(vertices.reshape(-1, 3), faces)


def draw_colour_map(
    mesh: Mesh,
    colours: NDArray[np.float64],
    scale: ColourScale,
    ras_to_head: NDArray[np.float64],
    camera: Camera,
    *,
    size: tuple[int, int],
    side_known: bool = True,
) -> NDArray[np.uint8]:
    """Draw a surface with a colour at each vertex, and a bar with the colours next to it.

    Parameters
    ----------
    mesh
        mm RAS.
    colours
        (n, 3), 0 to 1.
    scale
        Of the bar.
    ras_to_head
        (4, 4).
    camera
        In the head frame.
    size
        Width and height, pixels.
    side_known
        Whether sides are marked.

    Returns
    -------
    ndarray
        (height, width, 3) uint8.
    """
    from PIL import Image, ImageDraw

    (width, height), font_size = size, max(10, size[1] // 32)
    bar_space = 34 + int(2.4 * font_size)  # the bar and its numbers
    image = Image.new("RGB", size, "white")
    layer = _coloured_layer(mesh, colours, ras_to_head)
    image.paste(Image.fromarray(draw_layers([layer], camera, (width - bar_space, height), side_known=side_known)))
    pen, font = ImageDraw.Draw(image), picture_font(font_size)
    left, top, bar_height, bar_width = width - 26, int(0.62 * height), int(0.26 * height), 12
    span = scale.high - scale.low
    digits = 1 if span >= FINE_SPAN else 2 if span >= FINEST_SPAN else 3
    for row in range(bar_height):
        rgb = scale.map_colours(np.array([scale.high - span * row / (bar_height - 1)]))[0]
        red, green, blue = (255 * rgb).astype(int).tolist()
        pen.line([(left, top + row), (left + bar_width, top + row)], (red, green, blue))
    for fraction in (0.0, 0.5, 1.0):
        position = (left - 4, top + fraction * (bar_height - 1))
        pen.text(position, f"{scale.high - fraction * span:.{digits}f}", INK, font, anchor="rm")
    pen.text((left + bar_width, top + bar_height + 10), say(scale.unit), INK, font, anchor="rm")
    return np.asarray(image)
