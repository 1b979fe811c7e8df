"""What the slab is cut with: the outline in the chart, the prism over it, and the bone with its clearance."""

from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from SkullRestoreLib.case import Patch
from SkullRestoreLib.implant.chart import STEP_MM, Chart
from SkullRestoreLib.implant.gap import BAND_MM, OVERHANG_MM, Space, isosurface
from SkullRestoreLib.implant.slab import border_edges, solid

if TYPE_CHECKING:
    from manifold3d import CrossSection, Manifold

EDGE_MM = 0.8  # the rim is at least this thick: a feather edge breaks
NECK_MM = 2.0  # tongues of the outline narrower than this are cut off
LEAST_AREA_MM2 = 20.0  # a spot of the outline smaller than this is no implant
SPARE_MM = 0.03  # the outline keeps this much more room than the tool, so that two nearly equal walls do not cut each other to crumbs


def outline(chart: Chart, patch: Patch, space: Space) -> "CrossSection":
    """Draw the outline in u and v: where the bone leaves the rim room, and the patch reaches."""
    from manifold3d import CrossSection, FillRule

    rim = (space.w > -EDGE_MM - 1e-6) & (space.w < 1e-6)
    margin = space.free[..., rim].min(axis=2)
    # Smoothing by one cell takes the voxels' steps out of the outline; it may cost next to nothing of the clearance.
    margin = np.minimum(ndimage.gaussian_filter(margin, 1.0), margin + SPARE_MM) - SPARE_MM
    room = CrossSection(_contour(margin, space.corner[:2]), FillRule.EvenOdd)
    border = [chart.flatten(patch.outer.vertices[loop])[:, :2] for loop in chains(border_edges(patch.outer.faces))]
    reach = CrossSection(border, FillRule.EvenOdd)
    wider = reach.offset(OVERHANG_MM, circular_segments=16)
    # The patch's border is known to about a voxel: let the outline pass it to meet the bone, but only where there is bone to meet.
    beside_bone = (reach.offset(4 * OVERHANG_MM, circular_segments=16) - room).offset(3 * OVERHANG_MM, circular_segments=16)
    plan = room ^ (reach + (wider ^ beside_bone))
    plan = plan.offset(-NECK_MM / 2, circular_segments=48).offset(NECK_MM / 2, circular_segments=48) ^ plan
    parts = [part for part in plan.simplify(0.01).decompose() if part.area() > LEAST_AREA_MM2]
    return CrossSection.compose(parts) if parts else CrossSection()


def prism(chart: Chart, plan: "CrossSection", depth: float) -> "Manifold":
    """Draw the outline in along the rays, from well above the slab to well below it."""
    from manifold3d import Manifold

    straight = Manifold.extrude(plan, depth + 5).translate([0, 0, -depth - 2])
    # Caps are only bent at their vertices: short edges keep them clear of the slab.
    return straight.refine_to_length(5.0).warp_batch(chart.unflatten)


def tool(chart: Chart, space: Space) -> "Manifold":
    """Make a solid of the bone, its clearance, and all that lies behind them seen from outside."""
    from manifold3d import Manifold

    free = space.free.copy()
    top = int(np.rint(-space.corner[2] / STEP_MM))  # the layer at w = 0
    free[..., : top + 1] = np.minimum.accumulate(free[..., top::-1], axis=2)[..., ::-1]
    free[free == 0] = 1e-6  # a value on the surface would give triangles without area
    padded = np.pad(free, 1, constant_values=BAND_MM)
    vertices, faces = isosurface(padded.transpose(2, 1, 0), 0.0)
    if not len(faces):
        return Manifold()
    return solid(chart.unflatten(space.corner + (vertices - 1) * STEP_MM), faces, "the bone around the defect")


def _contour(field: np.ndarray, corner: np.ndarray) -> list[np.ndarray]:
    """Closed lines (k, 2), mm, around where a field (nu, nv) of the chart is above 0."""
    from vtkmodules.util.numpy_support import numpy_to_vtk, vtk_to_numpy
    from vtkmodules.vtkCommonDataModel import vtkImageData
    from vtkmodules.vtkFiltersCore import vtkFlyingEdges2D

    padded = np.pad(np.where(field == 0, 1e-6, field), 1, constant_values=-BAND_MM)
    image = vtkImageData()
    image.SetDimensions(*padded.shape, 1)
    image.GetPointData().SetScalars(numpy_to_vtk(padded.ravel(order="F")))
    lines = vtkFlyingEdges2D()
    lines.SetInputData(image)
    lines.SetValue(0, 0.0)
    lines.Update()
    found = lines.GetOutput()
    if not found.GetNumberOfLines():
        return []
    points = vtk_to_numpy(found.GetPoints().GetData())[:, :2].astype(np.float64)
    segments = vtk_to_numpy(found.GetLines().GetConnectivityArray()).reshape(-1, 2)
    return [corner + (points[loop] - 1) * STEP_MM for loop in chains(segments)]


def chains(segments: np.ndarray) -> list[np.ndarray]:
    """Join segments (k, 2) of vertex numbers, in whatever direction, to closed loops of vertex numbers."""
    ends: dict[int, list[int]] = {}
    for number, (a, b) in enumerate(segments.tolist()):
        ends.setdefault(a, []).append(number)
        ends.setdefault(b, []).append(number)
    used = np.zeros(len(segments), dtype=bool)
    loops = []
    for first in range(len(segments)):
        loop, number, at = [], first, int(segments[first, 0])
        while number is not None and not used[number]:
            used[number] = True
            loop.append(at)
            a, b = segments[number].tolist()
            at = b if at == a else a
            number = next((n for n in ends[at] if not used[n]), None)
        if len(loop) > 2:
            loops.append(np.array(loop))
    return loops
