"""Draw a cut through an implant and the bone around it, read from the voxels themselves."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from SkullRestoreLib._system.translation import say
from SkullRestoreLib.affine import apply_affine, invert_affine
from SkullRestoreLib.records import Bone, Implant, Mesh
from SkullRestoreLib.report.render import INK, picture_font, side_letter

SIDE_BORDER_MM = 16.0
"""Of the skull shown to each side of the implant."""
HEIGHT_BORDER_MM = 16
"""Of the surroundings shown above and below the implant together."""
SECTION_SPACING_MM = 25.0
"""About the distance between labelled sections."""
CLOSEUP_WIDTH_MM = 14.0
"""Width of the enlarged ends."""
BONE_COLOUR, IMPLANT_COLOUR, OUTLINE_COLOUR = np.array([0.87, 0.81, 0.67]), (90, 180, 190), (10, 70, 85)
NO_CT_GREY = 0.97
"""Brightness of what is not bone, where the input was not a CT."""


@dataclass(frozen=True, eq=False)
class SectionPlane:
    """A plane that cuts an implant: a point and two directions in it."""

    middle: NDArray[np.float64]  # (3,), mm RAS
    across: NDArray[np.float64]  # (3,), unit, right in the picture
    outward: NDArray[np.float64]  # (3,), unit, up in the picture

    def to_ras(self, x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
        """Places in the patient of points in the plane.

        Parameters
        ----------
        x, y
            Arrays of n elements, mm to the right and up.

        Returns
        -------
        ndarray
            (n, 3), mm RAS.
        """
        return self.middle + x.reshape(-1, 1) * self.across + y.reshape(-1, 1) * self.outward


def draw_section(
    bone: Bone, implant: Implant, outward: NDArray[np.float64], size: tuple[int, int]
) -> NDArray[np.uint8]:
    """Draw a cut through the middle of an implant along the insertion direction, and its two ends enlarged below.

    Parameters
    ----------
    bone
        Its voxels are shown: grey values of a CT, the bone's border in any case.
    implant
        Its outline is shown.
    outward
        (3,), unit, RAS: up in the picture.
    size
        Width and height, pixels.

    Returns
    -------
    ndarray
        (height, width, 3) uint8.
    """
    return draw_body_section(bone, implant.mesh, outward, size)


def draw_body_section(bone: Bone, mesh: Mesh, outward: NDArray[np.float64], size: tuple[int, int]) -> NDArray[np.uint8]:
    """Draw a cut through the middle of any closed body, as :func:`draw_section` does of an implant.

    Parameters
    ----------
    bone, outward, size
        As for :func:`draw_section`.
    mesh
        mm RAS; several bodies may be in it.

    Returns
    -------
    ndarray
        (height, width, 3) uint8.
    """
    from PIL import Image

    middle = mesh.vertices.mean(axis=0)
    flat = mesh.vertices - middle
    flat = flat - (flat @ outward)[:, None] * outward
    across = np.linalg.eigh(np.cov(flat.T))[1][:, -1]
    loops = _section_loops(mesh, middle, np.cross(across, outward))
    lines = [np.column_stack([(loop - middle) @ across, (loop - middle) @ outward]) for loop in loops]
    if not lines:
        return np.full((size[1], size[0], 3), 255, dtype=np.uint8)
    plane = SectionPlane(middle, across, outward)
    points = np.concatenate(lines)
    (left, low), (right, high) = points.min(axis=0), points.max(axis=0)
    width, height = size
    upper = int(0.5 * height)
    mm_per_pixel = max((right - left + 2 * SIDE_BORDER_MM) / width, (high - low + HEIGHT_BORDER_MM) / upper)
    overview = _draw_window(
        bone,
        lines,
        plane,
        centre=((left + right) / 2, (low + high) / 2),
        mm_per_pixel=mm_per_pixel,
        size=(width, upper),
    )
    ends = [points[points[:, 0].argmin()], points[points[:, 0].argmax()]]
    half = (width // 2 - 2, height - upper - 4)
    closeups = [
        _draw_window(bone, lines, plane, centre=end, mm_per_pixel=CLOSEUP_WIDTH_MM / half[0], size=half, bar_mm=2.0)
        for end in ends
    ]
    sheet = Image.new("RGB", size, "white")
    sheet.paste(Image.fromarray(overview), (0, 0))
    sheet.paste(Image.fromarray(closeups[0]), (0, upper + 4))
    sheet.paste(Image.fromarray(closeups[1]), (width - half[0], upper + 4))
    return np.asarray(sheet)


def _draw_window(
    bone: Bone,
    lines: list[NDArray[np.float64]],
    plane: SectionPlane,
    *,
    centre: tuple[float, float] | NDArray[np.float64],
    mm_per_pixel: float,
    size: tuple[int, int],
    bar_mm: float = 20.0,
) -> NDArray[np.uint8]:
    """A window of the cut around a place in its plane, (2,) mm, with the implant's lines: (height, width, 3)."""
    from PIL import Image, ImageDraw

    width, height = size
    image = Image.fromarray(_voxel_picture(bone, plane, centre, mm_per_pixel, size))
    fill = Image.new("L", size, 0)
    for line in lines:
        pixels = [
            ((x - centre[0]) / mm_per_pixel + width / 2, height / 2 - (y - centre[1]) / mm_per_pixel)
            for x, y in line.tolist()
        ]
        inside = Image.new("L", size, 0)
        ImageDraw.Draw(inside).polygon(pixels, fill=255)
        fill = Image.fromarray(np.asarray(fill) ^ np.asarray(inside))
        ImageDraw.Draw(image).line([*pixels, pixels[0]], OUTLINE_COLOUR, width=1)
    image.paste(Image.new("RGB", size, IMPLANT_COLOUR), mask=Image.fromarray((np.asarray(fill) * 0.8).astype(np.uint8)))
    pen, font = ImageDraw.Draw(image), picture_font(11)
    pen.line([(8, height - 8), (8 + bar_mm / mm_per_pixel, height - 8)], INK, width=2)
    pen.text((8, height - 11), say("{1} mm", f"{bar_mm:g}"), INK, font, anchor="lb")
    return np.asarray(image)


def _voxel_picture(
    bone: Bone,
    plane: SectionPlane,
    centre: tuple[float, float] | NDArray[np.float64],
    mm_per_pixel: float,
    size: tuple[int, int],
) -> NDArray[np.uint8]:
    """Bone, and soft tissue where the input was a CT, in a window of the plane: (height, width, 3)."""
    width, height = size
    x, y = np.meshgrid(
        (np.arange(width) - width / 2) * mm_per_pixel + centre[0],
        (height / 2 - np.arange(height)) * mm_per_pixel + centre[1],
    )
    kji = apply_affine(invert_affine(bone.ijk_to_ras), plane.to_ras(x, y))[:, ::-1].T
    value = ndimage.map_coordinates(
        bone.field, kji, order=1, output=np.float32, mode="constant", cval=float(bone.outside_value)
    ).reshape(height, width)
    grey = (
        0.93 - 0.35 * np.clip((value + 150) / 450, 0, 1)
        if bone.threshold_hu is not None
        else np.full(value.shape, NO_CT_GREY)
    )
    rgb = np.where((value >= bone.iso)[..., None], BONE_COLOUR, grey[..., None] * np.ones(3))
    return (255 * rgb).astype(np.uint8)


def plan_sections(mesh: Mesh, outward: NDArray[np.float64]) -> dict[str, SectionPlane]:
    """Choose three to five planes across the longest side of a body, at even distances.

    Parameters
    ----------
    mesh
        The body, mm RAS.
    outward
        (3,), unit, RAS: up in the pictures.

    Returns
    -------
    dict of str to SectionPlane
        Letter -> plane.
    """
    middle = mesh.vertices.mean(axis=0)
    flat = mesh.vertices - middle
    flat = flat - (flat @ outward)[:, None] * outward
    along = np.linalg.eigh(np.cov(flat.T))[1][:, -1]
    low, high = (flat @ along).min(), (flat @ along).max()
    count = int(np.clip(np.rint((high - low) / SECTION_SPACING_MM), 3, 5))
    places = low + (high - low) * (np.arange(count) + 1) / (count + 1)
    return {
        letter: SectionPlane(middle + place * along, np.cross(outward, along), outward)
        for letter, place in zip("ABCDE", places, strict=False)
    }


def section_letters(plane: SectionPlane, head_axes: NDArray[np.float64], *, side_known: bool) -> dict[str, str]:
    """Letters of the patient's sides at the edges of a section.

    Parameters
    ----------
    plane
        Of the section.
    head_axes
        (3, 3): takes directions from RAS to the head frame.
    side_known
        Whether left and right are known; otherwise a question mark stands for both.

    Returns
    -------
    dict of str to str
        "right", "left", "top", "bottom" -> letter.

    Examples
    --------
    >>> plane = SectionPlane(np.zeros(3), np.array([0.0, 1, 0]), np.array([1.0, 0, 0]))
    >>> section_letters(plane, np.eye(3), side_known=True)
    {'right': 'A', 'left': 'P', 'top': 'R', 'bottom': 'L'}
    """
    across, outward = head_axes @ plane.across, head_axes @ plane.outward
    edges = {"right": across, "left": -across, "top": outward, "bottom": -outward}
    return {edge: side_letter(direction, side_known) for edge, direction in edges.items()}


def draw_labelled_section(
    bone: Bone, implant: Implant, plane: SectionPlane, *, letters: Mapping[str, str], size: tuple[int, int]
) -> NDArray[np.uint8]:
    """Draw the cut through an implant and the bone around it in one plane, with the letters of the patient's sides.

    Parameters
    ----------
    bone
        Its voxels are shown.
    implant
        Its outline is shown.
    plane
        From :func:`plan_sections`.
    letters
        From :func:`section_letters`.
    size
        Width and height, pixels.

    Returns
    -------
    ndarray
        (height, width, 3) uint8.
    """
    from PIL import Image, ImageDraw

    loops = _section_loops(implant.mesh, plane.middle, np.cross(plane.across, plane.outward))
    lines = [
        np.column_stack([(loop - plane.middle) @ plane.across, (loop - plane.middle) @ plane.outward]) for loop in loops
    ]
    if not lines:
        return np.full((size[1], size[0], 3), 255, dtype=np.uint8)
    points = np.concatenate(lines)
    low, high = points.min(axis=0), points.max(axis=0)
    borders = np.array([2 * SIDE_BORDER_MM, HEIGHT_BORDER_MM])
    mm_per_pixel = float(((high - low + borders) / size).max())
    image = Image.fromarray(
        _draw_window(bone, lines, plane, centre=(low + high) / 2, mm_per_pixel=mm_per_pixel, size=size)
    )
    pen, (width, height) = ImageDraw.Draw(image), size
    font = picture_font(max(11, height // 18))
    for edge, position, anchor in (
        ("right", (width - 5, height / 2), "rm"),
        ("left", (5, height / 2), "lm"),
        ("top", (width / 2, 5), "mt"),
        ("bottom", (width / 2, height - 5), "mb"),
    ):
        pen.text(position, letters[edge], INK, font, anchor=anchor)
    return np.asarray(image)


def _section_loops(mesh: Mesh, origin: NDArray[np.float64], normal: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    """Closed lines, each (k, 3), in which a plane cuts a closed mesh."""
    height = (mesh.vertices - origin) @ normal
    height = np.where(np.abs(height) < 1e-9, 1e-9, height)
    faces = mesh.faces[np.isin((height[mesh.faces] > 0).sum(axis=1), (1, 2))]
    neighbours: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for a, b, c in faces.tolist():
        crossed = [(min(e), max(e)) for e in ((a, b), (b, c), (c, a)) if (height[e[0]] > 0) != (height[e[1]] > 0)]
        neighbours.setdefault(crossed[0], []).append(crossed[1])
        neighbours.setdefault(crossed[1], []).append(crossed[0])

    def crossing_point(edge: tuple[int, int]) -> NDArray[np.float64]:
        p, q = edge
        fraction = height[p] / (height[p] - height[q])
        return mesh.vertices[p] + fraction * (mesh.vertices[q] - mesh.vertices[p])

    loops = []
    while neighbours:
        start = edge = next(iter(neighbours))
        loop = []
        while neighbours.get(edge):
            loop.append(crossing_point(edge))
            following = neighbours[edge].pop()
            neighbours[following].remove(edge)
            if not neighbours[edge]:
                del neighbours[edge]
            edge = following
            if edge == start:
                break
        neighbours = {edge: following for edge, following in neighbours.items() if following}
        if len(loop) > 2:
            loops.append(np.array(loop))
    return loops
