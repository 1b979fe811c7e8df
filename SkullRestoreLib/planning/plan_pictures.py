"""Draw a plan: the line on the skull, each guide on its bone, and cuts through guides and implant."""

import numpy as np
from numpy.typing import NDArray

from SkullRestoreLib.implant.finish_mesh import merge_meshes
from SkullRestoreLib.planning.guides import GUIDE_NAMES
from SkullRestoreLib.planning.mirrored_side import SHOWN_MM
from SkullRestoreLib.planning.plan import ResectionPlan
from SkullRestoreLib.planning.resection import line_sample
from SkullRestoreLib.report.cross_section import draw_body_section
from SkullRestoreLib.report.figures import (
    DEVIATION_COLOURS,
    ColourScale,
    draw_colour_map,
    draw_layers,
    sharp_edged_layer,
    skull_around,
)
from SkullRestoreLib.report.layers import IVORY, RED, MeshLayer, ball_layers, make_layer
from SkullRestoreLib.report.render import Camera, camera_facing

GUIDE_COLOURS = {
    "template": np.array([0.93, 0.62, 0.20]),
    "frame": np.array([0.42, 0.56, 0.86]),
    "ring": np.array([0.55, 0.74, 0.40]),
}
IMPLANT_COLOUR = np.array([0.30, 0.68, 0.72])
PART_SHADE = 0.72
"""Every other part of a guide is darker."""
LINE_RADIUS_MM = 0.7
"""Of the balls that make the line."""
TILT = 0.55
"""How far the view from outside leans, so that heights are seen."""


def draw_plan(plan: ResectionPlan, *, size: tuple[int, int] = (520, 440)) -> dict[str, NDArray[np.uint8]]:
    """Draw a plan.

    Parameters
    ----------
    plan
        With its guides.
    size
        Width and height of a picture, pixels.

    Returns
    -------
    dict of str to ndarray
        Title -> (height, width, 3) uint8.
    """
    restoration, table = plan.restoration, plan.line.table
    to_head = restoration.pose.ras_to_head
    outward = to_head[:3, :3] @ table.outward_axis
    straight = camera_facing(outward, "straight")
    tilted = camera_facing(outward + TILT * straight.axes[1] - TILT / 2 * straight.axes[0], "tilted")
    inside = camera_facing(-outward, "inside")
    uncut = [make_layer(plan.line.table.bone_mesh, to_head, IVORY)]
    balls = ball_layers(line_sample(plan.line, LINE_RADIUS_MM), to_head, LINE_RADIUS_MM, RED, subdivisions=1)
    head = [make_layer(restoration.skull, to_head, IVORY)]
    pictures = {"The line on the skull": draw_layers([*head, *balls], straight, size)}
    for planned in plan.guides:
        name = planned.name
        body = sharp_edged_layer(planned.mesh, to_head, GUIDE_COLOURS[planned.kind])
        # the ring takes the place of bone, and would be hidden by it
        under = [] if planned.kind == "ring" else [*uncut, *balls]
        pictures[f"The {name}"] = draw_layers([*under, body], tilted, size)
        pictures[f"The {name}, cut"] = draw_body_section(
            restoration.bone if planned.kind == "ring" else plan.uncut, planned.mesh, planned.guide.outward_axis, size
        )
    pictures |= _together_pictures(plan, [*uncut, *balls], (tilted, inside), size)
    pictures |= _implant_pictures(plan, (tilted, inside), size)
    return pictures | _mirrored_picture(plan, straight, size)


def _together_pictures(
    plan: ResectionPlan, under: list[MeshLayer], cameras: tuple[Camera, Camera], size: tuple[int, int]
) -> dict[str, NDArray[np.uint8]]:
    """All parts of each guide that is divided, on the bone from outside and without it from inside."""
    pictures, to_head = {}, plan.restoration.pose.ras_to_head
    for kind in dict.fromkeys(planned.kind for planned in plan.guides if planned.guide.parts > 1):
        colour = GUIDE_COLOURS[kind]
        parts = [
            sharp_edged_layer(planned.mesh, to_head, colour * (1.0 if planned.guide.part % 2 else PART_SHADE))
            for planned in plan.guides
            if planned.kind == kind
        ]
        pictures[f"The {GUIDE_NAMES[kind]}, all parts"] = draw_layers([*under, *parts], cameras[0], size)
        pictures[f"The {GUIDE_NAMES[kind]}, all parts from inside"] = draw_layers(parts, cameras[1], size)
    return pictures


def _mirrored_picture(plan: ResectionPlan, camera: Camera, size: tuple[int, int]) -> dict[str, NDArray[np.uint8]]:
    """The restored surface, coloured by its distance to the mirrored other side; none where nothing can be compared."""
    if plan.mirrored.median_mm is None:
        return {}
    restored = next(patch for patch in plan.restoration.patches if patch.defect == plan.defect)
    scale = ColourScale(-SHOWN_MM, SHOWN_MM, DEVIATION_COLOURS, "mm")
    colours = scale.map_colours(plan.mirrored.difference_mm)
    title = "The restored surface against the mirrored other side (red: farther out; grey: no sound other side)"
    picture = draw_colour_map(restored.outer, colours, scale, plan.restoration.pose.ras_to_head, camera, size=size)
    return {title: picture}


def _implant_pictures(
    plan: ResectionPlan, cameras: tuple[Camera, Camera], size: tuple[int, int]
) -> dict[str, NDArray[np.uint8]]:
    """The implant in the opening from outside and inside, and a cut through it with the cutting guide's place."""
    restoration = plan.restoration
    implant = next((body for body in restoration.implants if body.defect == plan.defect), None)
    if implant is None:
        return {}
    to_head = restoration.pose.ras_to_head
    layers = [
        *skull_around(restoration.skull, implant.mesh, to_head),
        sharp_edged_layer(implant.mesh, to_head, IMPLANT_COLOUR),
    ]
    frame = [planned.mesh for planned in plan.guides if planned.kind == "frame"]
    return {
        "The implant in the opening": draw_layers(layers, cameras[0], size),
        "The implant from inside": draw_layers(layers, cameras[1], size),
        "Cut through implant and cutting guide": draw_body_section(
            restoration.bone, merge_meshes([implant.mesh, *frame]), plan.line.table.outward_axis, size
        ),
    }
