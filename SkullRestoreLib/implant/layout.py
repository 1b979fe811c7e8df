"""Everything that is decided before a body is cut: the faces, the chart over them, the outline, and the bone around."""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from SkullRestoreLib.implant.bone_surface import BoneSurface
from SkullRestoreLib.implant.chart import CHART_STEP_MM, MIN_CHART_COSINE, InsertionChart
from SkullRestoreLib.implant.clearance import FreeSpace
from SkullRestoreLib.implant.loops import arc_lengths, points_at
from SkullRestoreLib.implant.outline import ImplantOutline
from SkullRestoreLib.implant.patch_geometry import PatchGeometry
from SkullRestoreLib.implant.skin_contour import SkinContour
from SkullRestoreLib.implant.solids import height_field_solid
from SkullRestoreLib.records import Bone, DefectPatch, ImplantSettings, Mesh, ReferencePoint

if TYPE_CHECKING:
    from manifold3d import CrossSection, Manifold

ON_RIM_MM = 0.3
"""What of a trim line is this close to the outline is its own, rounded corners and ends over the bone are not."""
FACE_NODE_STEP = 2
"""Faces are made of every so manieth node of the chart: between them a skull is flat to a few microns."""
FACE_RESERVE_NODES = 8
"""So many nodes farther than the drawing the faces reach: the prism over it is wider than it."""


@dataclass(frozen=True, eq=False)
class ImplantLayout:
    """The plan of one implant, shared by all steps that cut it."""

    geometry: PatchGeometry
    settings: ImplantSettings
    bone: Bone
    points: tuple[ReferencePoint, ...]  # of this defect
    outer: Mesh  # outer face, over all of the wide surface
    chart: InsertionChart
    inner_height: NDArray[np.float64]  # (nu, nv), mm along the outward axis to the inner face, on the chart's nodes
    outline: ImplantOutline
    free_space: FreeSpace  # at the clearance that is built
    label: "CrossSection | None" = None  # what is engraved into the inner face
    contour: SkinContour | None = None  # where the outer face is raised for the skin

    @property
    def patch(self) -> DefectPatch:
        """The restored surface."""
        return self.geometry.patch

    @property
    def bone_surface(self) -> BoneSurface:
        """The bone's surface around the patch."""
        return self.free_space.bone_surface

    @property
    def clearance_mm(self) -> float:
        """Distance between body and bone that is built, mm."""
        return self.free_space.clearance_mm

    @cached_property
    def trim_lines(self) -> tuple[NDArray[np.float64], ...]:
        """Where the margin is open: the lines on the outer face that end the body, each (k, 3) float64, mm RAS."""
        rims = [cKDTree(points_at(loop, np.arange(0, arc_lengths(loop)[-1], 0.2))) for loop in self.outline.loops]
        lines = []
        for line in self.outline.trim_lines:
            on_rim = np.min([rim.query(line)[0] for rim in rims], axis=0) < ON_RIM_MM
            kept = line[on_rim]  # both ends run on over the bone
            if len(kept) > 1:
                lines.append(self.chart.to_ras(np.column_stack([kept, np.zeros(len(kept))])))
        return tuple(lines)

    def height_above(self, offset_mm: NDArray[np.float64] | float) -> NDArray[np.float64]:
        """Heights of a face at a distance from the outer face.

        Parameters
        ----------
        offset_mm
            (nu, nv) or one value, along the outer face's normal, positive outwards.

        Returns
        -------
        ndarray
            (nu, nv), mm along the outward axis.
        """
        return self.chart.height + offset_mm / np.maximum(self.chart.normals[..., 2], MIN_CHART_COSINE)

    def solid_between(
        self, low: NDArray[np.float64], high: NDArray[np.float64], drawing: "CrossSection", source: str
    ) -> "Manifold":
        """Make a solid between two height fields, over a drawing and somewhat beyond it.

        Parameters
        ----------
        low, high
            (nu, nv), mm along the outward axis, on the chart's nodes; they do not cross.
        drawing
            In u and v, mm.
        source
            What the solid is, for the error.

        Raises
        ------
        ImplantError
            If the solid does not close.
        """
        chart = self.chart
        corners = np.array(drawing.bounds()).reshape(2, 2)
        nodes = np.rint((corners - chart.corner) / CHART_STEP_MM).astype(int)
        first, last = nodes[0] - FACE_RESERVE_NODES, nodes[1] + FACE_RESERVE_NODES
        kept = tuple(slice(max(a, 0), b + 1, FACE_NODE_STEP) for a, b in zip(first, last, strict=True))
        solid = height_field_solid(chart.node_uv()[kept], low[kept], high[kept], source)
        return solid.transform(chart.to_ras_matrix)
