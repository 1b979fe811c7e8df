"""Build a mould in which a body can be cast: two printable blocks that open along the insertion direction.

The body has no undercut along that direction, so a parting surface through its rim lets both halves come off. Inside
the outline it runs just below the rounding of the outer face, and through the middle of the rim where the rim is thin;
outside it continues level with the rim. Where that is asked, the outer half has a sprue and vents, the inner half a
groove for what overflows, and both are hollow (decision 0134).
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from SkullRestoreLib.geometry.ray_caster import RayCaster
from SkullRestoreLib.implant.chart import CHART_STEP_MM, fill_nearest
from SkullRestoreLib.implant.layout import ImplantLayout
from SkullRestoreLib.implant.mould_channels import MouldChannel, build_channels, place_channels
from SkullRestoreLib.implant.outline import zero_contour
from SkullRestoreLib.implant.solids import height_field_solid
from SkullRestoreLib.implant.thicken import offset_height
from SkullRestoreLib.records import Mesh

if TYPE_CHECKING:
    from manifold3d import CrossSection, Manifold

MOULD_WALL_MM = 10.0
"""Wall around, above and below the body."""
KEY_RADIUS_MM = 3.0
"""Radius of the keys that hold the halves in place."""
KEY_PLAY_MM = 0.2
"""By this much the socket of a key is wider than the key."""
KEY_INSET_MM = 1.5
"""Distance from a key to the corner of the mould."""
PARTING_CELL_MM = 0.8
"""Cell of the parting surface."""
PARTING_BELOW_RIM_MM = 0.2
"""The parting surface runs this far below the rounding of the outer face."""
PARTING_SMOOTHING_MM = 3.0
"""Outside the body the parting surface becomes smooth over this length."""
GROOVE_MM = (2.0, 4.5)
"""The groove for what overflows begins and ends this far outside the body."""
GROOVE_DEPTH_MM = 1.5
"""Its depth."""
RIB_SPACING_MM = 25.0
"""Distance between the ribs of a hollow half."""
MIN_POCKET_MM2 = 30.0
"""Smaller pockets are not made."""


@dataclass(frozen=True, eq=False)
class MouldHalves:
    """A mould before its triangles are finished."""

    outer: "Manifold"
    inner: "Manifold"
    channels: tuple[MouldChannel, ...]


def build_mould(mesh: Mesh, body: "Manifold", layout: ImplantLayout) -> MouldHalves:
    """Build the outer and the inner half of a mould.

    Parameters
    ----------
    mesh, body
        The finished body without holes: pins for them would break off.
    layout
        Its chart gives the direction in which the mould opens.

    Returns
    -------
    MouldHalves
        Without channels where none are asked for, or the body is too narrow for them.
    """
    return _MouldMaker(mesh, body, layout).build()


class _MouldMaker:
    """What the steps of making a mould share."""

    def __init__(self, mesh: Mesh, body: "Manifold", layout: ImplantLayout) -> None:
        self.body, self.layout, self.chart = body, layout, layout.chart
        ray_caster = RayCaster(mesh)
        self.top, self.bottom = (self.chart.project_mesh(ray_caster, from_outside=outside) for outside in (True, False))
        self.on_body = np.isfinite(self.top) & np.isfinite(self.bottom)
        uvz = (mesh.vertices - self.chart.origin) @ self.chart.axes.T
        self.low, self.high = uvz.min(axis=0) - MOULD_WALL_MM, uvz.max(axis=0) + MOULD_WALL_MM
        count = np.ceil((self.high - self.low)[:2] / PARTING_CELL_MM).astype(int) + 1
        ends = zip(self.low[:2], self.high[:2], count, strict=True)
        self.uv = np.stack(np.meshgrid(*(np.linspace(a, b, n) for a, b, n in ends), indexing="ij"), axis=-1)
        self.parting_nodes = _parting_height(self.top, self.bottom, layout)
        self.parting = self._sample(self.parting_nodes)

    def build(self) -> MouldHalves:
        """Both halves with everything that is asked for."""
        settings = self.layout.settings
        lower, upper = (self._block(self.parting, end) for end in (self.low[2], self.high[2]))
        channels = place_channels(self.chart, self.top) if settings.mould_channels else ()
        if settings.mould_wall_mm:
            lower, upper = lower - self._pockets(channels, outer=False), upper - self._pockets(channels, outer=True)
        lower, upper = self._with_keys(lower, upper)
        if settings.mould_channels:
            lower = lower - self._groove()
        if channels:
            upper = upper - build_channels(channels, self.chart, float(self.high[2]))
        return MouldHalves(upper - self.body, lower - self.body, channels)

    def _sample(self, picture: NDArray[np.float64]) -> NDArray[np.float64]:
        """A picture (nu, nv) of the chart on the nodes of the block."""
        return self.chart.sample_at(picture, self.uv.reshape(-1, 2)).reshape(self.uv.shape[:2])

    def _block(self, height: NDArray[np.float64], end: float | NDArray[np.float64]) -> "Manifold":
        """What is between heights on the nodes and a plane, or other heights, mm RAS."""
        return height_field_solid(self.uv, height, end, "the block of the mould").transform(self.chart.to_ras_matrix)

    def _key_places(self) -> NDArray[np.float64]:
        """(4, 2) mm: the keys, in u and v."""
        corners = self.uv[[0, 0, -1, -1], [0, -1, 0, -1]]
        return corners + np.sign(self.uv.mean(axis=(0, 1)) - corners) * (KEY_RADIUS_MM + KEY_INSET_MM)

    def _with_keys(self, lower: "Manifold", upper: "Manifold") -> "tuple[Manifold, Manifold]":
        """The halves with pins in the inner one and sockets in the outer one."""
        from manifold3d import Manifold

        chart = self.chart
        for key_uv in self._key_places():
            height = chart.sample_at(self.parting_nodes, key_uv[None])[0]
            centre = (chart.origin + np.append(key_uv, height) @ chart.axes).tolist()
            lower = lower + Manifold.sphere(KEY_RADIUS_MM, 32).translate(centre)
            upper = upper - Manifold.sphere(KEY_RADIUS_MM + KEY_PLAY_MM, 32).translate(centre)
        return lower, upper

    def _groove(self) -> "Manifold":
        """The groove round the body in the parting surface, for what overflows."""
        slab = self._block(self.parting + 1.0, self.parting - GROOVE_DEPTH_MM)
        begin, end = (self._drawing_around(mm) for mm in GROOVE_MM)
        return slab ^ self.chart.extrude_drawing(end - begin, self.low[2] - 1, self.high[2] + 1)

    def _drawing_around(self, reach_mm: float) -> "CrossSection":
        """Everything within a distance of the body, seen along the insertion direction, in u and v."""
        from manifold3d import CrossSection, FillRule

        border = int(np.ceil(2 * GROOVE_MM[1] / CHART_STEP_MM))
        away = ndimage.distance_transform_edt(~np.pad(self.on_body, border), sampling=CHART_STEP_MM)
        field = reach_mm - ndimage.gaussian_filter(away, 2.0)
        return CrossSection(zero_contour(field, self.chart.corner - border * CHART_STEP_MM), FillRule.EvenOdd).simplify(
            0.05
        )

    def _pockets(self, channels: tuple[MouldChannel, ...], *, outer: bool) -> "Manifold":
        """What is taken out of a half from its flat side, so that a wall, ribs and bosses are left."""
        from manifold3d import CrossSection

        wall_mm, sign = self.layout.settings.mould_wall_mm, 1.0 if outer else -1.0
        face = np.where(self.on_body, self.top if outer else self.bottom, np.nan)
        parting = sign * self.parting + (0.0 if outer else GROOVE_DEPTH_MM * self.layout.settings.mould_channels)
        highest = np.maximum(parting, self._sample(fill_nearest(sign * face)))
        wall = -offset_height(-highest, wall_mm, PARTING_CELL_MM)
        plane = sign * (self.high[2] if outer else self.low[2])
        # where the wall reaches the plane there is nothing to take out; a block cannot end where it begins
        pocket = self._block(sign * np.minimum(wall, plane + 0.5), sign * (plane + 1.0))
        size = self.high[:2] - self.low[:2] - 2 * wall_mm
        count = np.maximum(np.rint(size / RIB_SPACING_MM), 1).astype(int)
        cell = (size - (count - 1) * wall_mm) / count
        corners = self.low[:2] + wall_mm + np.argwhere(np.ones(count)) * (cell + wall_mm)
        drawing = CrossSection.compose([CrossSection.square(cell.tolist()).translate(c.tolist()) for c in corners])
        kept = [(place, KEY_RADIUS_MM + KEY_PLAY_MM + wall_mm) for place in self._key_places()]
        kept += [(channel.uv, channel.top_radius_mm + wall_mm) for channel in channels if outer]
        for place, radius_mm in kept:
            drawing = drawing - CrossSection.circle(radius_mm, 48).translate(place.tolist())
        drawing = CrossSection.compose([part for part in drawing.decompose() if part.area() > MIN_POCKET_MM2])
        return pocket ^ self.chart.extrude_drawing(drawing, self.low[2] - 2, self.high[2] + 2)


def _parting_height(
    top: NDArray[np.float64], bottom: NDArray[np.float64], layout: ImplantLayout
) -> NDArray[np.float64]:
    """Height of the parting surface on the chart's nodes, from those of the body's faces: (nu, nv), mm."""
    on_body = np.isfinite(top) & np.isfinite(bottom)
    below_rim = layout.settings.rim_radius_mm + PARTING_BELOW_RIM_MM
    parting = fill_nearest(top - np.minimum(below_rim, (top - bottom) / 2))
    smooth = ndimage.gaussian_filter(parting, PARTING_SMOOTHING_MM / CHART_STEP_MM)
    away = ndimage.distance_transform_edt(~on_body, sampling=CHART_STEP_MM)
    parting += np.clip(away / PARTING_SMOOTHING_MM, 0, 1) * (smooth - parting)
    return parting
