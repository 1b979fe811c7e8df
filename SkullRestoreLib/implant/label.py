"""Engrave a label into the inner face: the case's code, the side, and an arrow that points up when it is worn.

The drawing is in the chart's u and v. Seen from inside, where it is read, it is upright and not mirrored.
"""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from SkullRestoreLib.implant.chart import CHART_STEP_MM, MIN_CHART_COSINE
from SkullRestoreLib.implant.layout import ImplantLayout
from SkullRestoreLib.settings import LABEL_DEPTH_MM

if TYPE_CHECKING:
    from manifold3d import CrossSection, Manifold

LETTER_HEIGHTS_MM = (6.0, 5.0, 4.0, 3.0)
"""Heights of capital letters that are tried, the largest first; smaller ones cannot be read on a rough surface."""
LETTER_BOLDER_MM = 0.12
"""Letters are drawn this much bolder: a printer does not resolve thinner strokes."""
TO_RIM_MM = 3.0
"""Least distance from the label to the rim."""
ABOVE_FACE_MM = 1.0
"""What is engraved reaches this far out of the inner face."""
MIN_UPRIGHT = 0.3
"""Where less than this of the way up is in the face, at the vertex, the arrow points to the front."""


def label_axes(layout: ImplantLayout, ras_to_head: NDArray[np.float64]) -> tuple[NDArray[np.float64], str]:
    """Choose which way is up in the drawing.

    Parameters
    ----------
    layout
        Of the implant.
    ras_to_head
        (4, 4).

    Returns
    -------
    axes
        (2, 2): the reading direction and up, in u and v, one a row.
    end
        To which side of the patient the arrow points: ``""`` up, ``"A"`` to the front.
    """
    up, end = layout.chart.axes[:2] @ ras_to_head[2, :3], ""
    if np.linalg.norm(up) < MIN_UPRIGHT:
        up, end = layout.chart.axes[:2] @ ras_to_head[1, :3], "A"
    up = up / np.linalg.norm(up)
    # Who looks from inside sees u to the left of where it is seen from outside.
    return np.array([[-up[1], up[0]], up]), end


def draw_label(layout: ImplantLayout, text: str, ras_to_head: NDArray[np.float64]) -> "CrossSection | None":
    """Draw a label where it fits: farthest from the rim, as large as possible.

    Parameters
    ----------
    layout
        Of the implant.
    text
        Case code and side.
    ras_to_head
        (4, 4).

    Returns
    -------
    CrossSection or None
        In u and v, mm; None where it does not fit, and where there is nothing to write.
    """
    axes, end = label_axes(layout, ras_to_head)
    words = f"{text} {end}".strip()
    if not words:
        return None
    word, width, height = _draw_text(words)
    inside = layout.outline.inside_mm
    for letter_mm in LETTER_HEIGHTS_MM:
        half = letter_mm / 2 * np.array([width, height])
        centre = _free_centre(layout, inside, half, axes)
        if centre is not None:
            matrix = np.column_stack([letter_mm * axes.T, centre])
            return word.transform(matrix).offset(LETTER_BOLDER_MM, circular_segments=8)
    return None


def build_label(layout: ImplantLayout, drawing: "CrossSection") -> "Manifold":
    """Make the solid that is taken out of the inner face.

    Parameters
    ----------
    layout
        Of the implant.
    drawing
        From :func:`draw_label`.
    """
    deep = layout.inner_height + LABEL_DEPTH_MM / np.maximum(layout.chart.normals[..., 2], MIN_CHART_COSINE)
    low = layout.inner_height - ABOVE_FACE_MM
    bed = layout.solid_between(low, deep, drawing, "the label")
    return bed ^ layout.chart.extrude_drawing(drawing, float(low.min()) - 1, float(deep.max()) + 1)


def label_circles(layout: ImplantLayout, drawing: "CrossSection") -> list[tuple[NDArray[np.float64], float]]:
    """Cover a label by circles, so that no perforation meets it.

    Parameters
    ----------
    layout
        Of the implant.
    drawing
        From :func:`draw_label`.

    Returns
    -------
    list of tuple of ndarray and float
        Centre (2,) and diameter, mm, along every outline of the letters.
    """
    points = np.concatenate(drawing.to_polygons())
    cells = np.unique(np.rint(points / CHART_STEP_MM / 2), axis=0) * CHART_STEP_MM * 2
    return [(cell, 2 * CHART_STEP_MM) for cell in cells]


def _free_centre(
    layout: ImplantLayout, inside: NDArray[np.float64], half: NDArray[np.float64], axes: NDArray[np.float64]
) -> NDArray[np.float64] | None:
    """The middle (2,) of a box of half sides (2,) along the axes that stays away from the rim; None without any."""
    around = [a * half[0] * axes[0] + b * half[1] * axes[1] for a in np.linspace(-1, 1, 9) for b in (-1, 0, 1)]
    room = inside.copy()
    for offset in around:
        shift = offset / CHART_STEP_MM
        room = np.minimum(room, ndimage.shift(inside, -shift, order=1, mode="constant", cval=-1.0))
    best = np.unravel_index(room.argmax(), room.shape)
    return layout.chart.corner + CHART_STEP_MM * np.array(best) if room[best] >= TO_RIM_MM else None


def _draw_text(text: str) -> "tuple[CrossSection, float, float]":
    """A text with an arrow after it, centred, capitals one high; its width and height."""
    from manifold3d import CrossSection, OpType
    from vtkmodules.util.numpy_support import vtk_to_numpy
    from vtkmodules.vtkRenderingFreeType import vtkVectorText

    source = vtkVectorText()
    source.SetText(text)
    source.Update()
    output = source.GetOutput()
    points = vtk_to_numpy(output.GetPoints().GetData())[:, :2].astype(np.float64)
    triangles = points[vtk_to_numpy(output.GetPolys().GetConnectivityArray()).reshape(-1, 3)]
    side = np.linalg.det(triangles[:, 1:] - triangles[:, :1])
    triangles = np.where((side < 0)[:, None, None], triangles[:, ::-1], triangles)[np.abs(side) > 0]
    letters = [CrossSection([triangle]) for triangle in triangles]
    right = float(points[:, 0].max())
    arrow = np.array([[0.62, 0], [0.62, 0.6], [0.9, 0.6], [0.5, 1.05], [0.1, 0.6], [0.38, 0.6], [0.38, 0]])
    letters.append(CrossSection([arrow + np.array([right, 0.0])]))
    drawing = CrossSection.batch_boolean(letters, OpType.Add)
    low, high = np.array(drawing.bounds()).reshape(2, 2)
    return drawing.translate((-(low + high) / 2).tolist()), *(high - low).tolist()
