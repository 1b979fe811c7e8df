"""Place and build the channels of a mould: a sprue into which the material is poured, and vents for the air.

The outer half is up when it is poured. The cavity fills from the sprue at a low place, and air leaves where it
collects: at the highest places of the cavity.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from SkullRestoreLib.implant.chart import CHART_STEP_MM, InsertionChart

if TYPE_CHECKING:
    from manifold3d import Manifold

CHANNEL_RADII_MM = {"sprue": (2.5, 5.0), "vent": (0.75, 1.5)}
"""Radius of each kind of channel at the cavity and at the outside: what sets in it comes off with the half."""
CHANNEL_TO_RIM_MM = 5.0
"""Distance of channels from the rim, where the body is wide enough."""
MIN_CHANNEL_TO_RIM_MM = 3.5
"""Nearer to the rim there is no space for a sprue."""
VENT_WINDOW_MM = 12.0
"""A vent is higher than everything within this of it."""
MAX_VENTS = 3
"""More highest places than these do not occur on a vault; the highest are vented."""
CHANNEL_DISTANCE_MM = (18.0, 8.0)
"""Least distance between channels; and where the body is small."""
BELOW_FACE_MM = 4.0
"""A channel begins this far below the outer face, in the cavity: the face may slope across it."""
ABOVE_BLOCK_MM = 1.0
"""It ends this far above the block."""


@dataclass(frozen=True, eq=False)
class MouldChannel:
    """A sprue or a vent."""

    kind: Literal["sprue", "vent"]
    uv: NDArray[np.float64]  # (2,), mm, in the chart
    height: float  # of the cavity there, mm along the outward axis

    @property
    def radius_mm(self) -> float:
        """Radius at the cavity."""
        return CHANNEL_RADII_MM[self.kind][0]

    @property
    def top_radius_mm(self) -> float:
        """Radius at the outside."""
        return CHANNEL_RADII_MM[self.kind][1]


def place_channels(chart: InsertionChart, top: NDArray[np.float64]) -> tuple[MouldChannel, ...]:
    """Choose the places of vents and of one sprue.

    Parameters
    ----------
    chart
        Of the body.
    top
        (nu, nv), mm along the outward axis: the cavity's upper side on the chart's nodes, NaN outside it.

    Returns
    -------
    tuple of MouldChannel
        The vents, the highest first, and the sprue; none where the body is too narrow.
    """
    on_body = np.isfinite(top)
    inside = ndimage.distance_transform_edt(on_body, sampling=CHART_STEP_MM)
    to_rim = min(CHANNEL_TO_RIM_MM, 0.6 * float(inside.max()))
    if to_rim < MIN_CHANNEL_TO_RIM_MM:
        return ()
    allowed = inside >= to_rim
    height = np.where(allowed, top, -np.inf)
    window = 2 * round(VENT_WINDOW_MM / CHART_STEP_MM) + 1
    peaks = np.argwhere(allowed & (height >= ndimage.maximum_filter(height, window)))
    chosen: list[NDArray[np.int64]] = []
    for node in peaks[np.argsort(-height[tuple(peaks.T)], kind="stable")]:
        apart = [np.linalg.norm(node - other) * CHART_STEP_MM for other in chosen]
        if len(chosen) < MAX_VENTS and min(apart, default=np.inf) >= CHANNEL_DISTANCE_MM[0]:
            chosen.append(node)
    no_vent = np.ones(top.shape, dtype=bool)
    no_vent[tuple(np.array(chosen).T)] = False
    away = np.where(allowed, ndimage.distance_transform_edt(no_vent, sampling=CHART_STEP_MM), 0.0)
    if away.max() < CHANNEL_DISTANCE_MM[1]:
        return ()
    low = np.where(away >= min(CHANNEL_DISTANCE_MM[0], 0.9 * away.max(initial=0.0)), top, np.inf)
    sprue = np.array(np.unravel_index(low.argmin(), low.shape))

    def channel(kind: Literal["sprue", "vent"], node: NDArray[np.int64]) -> MouldChannel:
        return MouldChannel(kind, chart.corner + CHART_STEP_MM * node, float(top[tuple(node)]))

    return (*(channel("vent", node) for node in chosen), channel("sprue", sprue))


def build_channels(channels: tuple[MouldChannel, ...], chart: InsertionChart, block_top: float) -> "Manifold":
    """Build the solids that are taken out of the outer half.

    Parameters
    ----------
    channels
        At least one.
    chart
        Of the body.
    block_top
        Upper side of the block, mm along the outward axis.

    Returns
    -------
    Manifold
        Cones that widen outwards, mm RAS.
    """
    from manifold3d import Manifold, OpType

    cones = []
    for channel in channels:
        low, high = channel.height - BELOW_FACE_MM, block_top + ABOVE_BLOCK_MM
        slope = (channel.top_radius_mm - channel.radius_mm) / (high - channel.height)
        # as wide as stated at the face: below it the cone is only in the cavity
        cone = Manifold.cylinder(high - low, channel.radius_mm - slope * BELOW_FACE_MM, channel.top_radius_mm, 32)
        cones.append(cone.translate([*channel.uv.tolist(), low]).transform(chart.to_ras_matrix))
    return Manifold.batch_boolean(cones, OpType.Add)
