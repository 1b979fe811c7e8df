"""Build a mould in which a body can be cast: two printable blocks that open along the insertion direction.

The body has no undercut along that direction, so a parting surface through its rim lets both halves come off. Inside
the outline it runs just below the rounding of the outer face, and through the middle of the rim where the rim is thin;
outside it continues level with the rim.
"""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from SkullRestoreLib.geometry.ray_caster import RayCaster
from SkullRestoreLib.implant.chart import CHART_STEP_MM, fill_nearest
from SkullRestoreLib.implant.layout import ImplantLayout
from SkullRestoreLib.implant.solids import height_field_solid
from SkullRestoreLib.records import Mesh

if TYPE_CHECKING:
    from manifold3d import Manifold

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


def build_mould(mesh: Mesh, body: "Manifold", layout: ImplantLayout) -> "tuple[Manifold, Manifold]":
    """Build the outer and the inner half of a mould.

    Parameters
    ----------
    mesh, body
        The finished body without holes: pins for them would break off.
    layout
        Its chart gives the direction in which the mould opens.

    Returns
    -------
    tuple of Manifold
        The outer and the inner half.
    """
    from manifold3d import Manifold

    chart = layout.chart
    parting = _parting_height(mesh, layout)
    uvz = (mesh.vertices - chart.origin) @ chart.axes.T
    low, high = uvz.min(axis=0) - MOULD_WALL_MM, uvz.max(axis=0) + MOULD_WALL_MM
    count = np.ceil((high - low)[:2] / PARTING_CELL_MM).astype(int) + 1
    uv = np.stack(np.meshgrid(*(np.linspace(low[a], high[a], count[a]) for a in (0, 1)), indexing="ij"), axis=-1)
    height = chart.sample_at(parting, uv.reshape(-1, 2)).reshape(count)
    lower, upper = (
        height_field_solid(uv, height, end, "the block of the mould").transform(chart.to_ras_matrix)
        for end in (low[2], high[2])
    )
    pins, sockets = [], []
    for i, j in ((0, 0), (0, -1), (-1, 0), (-1, -1)):
        key_uv = uv[i, j] + np.sign(uv.mean(axis=(0, 1)) - uv[i, j]) * (KEY_RADIUS_MM + KEY_INSET_MM)
        centre = chart.origin + np.append(key_uv, chart.sample_at(parting, key_uv[None])[0]) @ chart.axes
        pins.append(Manifold.sphere(KEY_RADIUS_MM, 32).translate(centre.tolist()))
        sockets.append(Manifold.sphere(KEY_RADIUS_MM + KEY_PLAY_MM, 32).translate(centre.tolist()))
    for pin, socket in zip(pins, sockets, strict=True):
        lower, upper = lower + pin, upper - socket
    return upper - body, lower - body


def _parting_height(mesh: Mesh, layout: ImplantLayout) -> NDArray[np.float64]:
    """Height of the parting surface on the chart's nodes: (nu, nv), mm."""
    chart, ray_caster = layout.chart, RayCaster(mesh)
    top, bottom = (chart.project_mesh(ray_caster, from_outside=outside) for outside in (True, False))
    on_body = np.isfinite(top) & np.isfinite(bottom)
    below_rim = layout.settings.rim_radius_mm + PARTING_BELOW_RIM_MM
    parting = fill_nearest(top - np.minimum(below_rim, (top - bottom) / 2))
    smooth = ndimage.gaussian_filter(parting, PARTING_SMOOTHING_MM / CHART_STEP_MM)
    away = ndimage.distance_transform_edt(~on_body, sampling=CHART_STEP_MM)
    parting += np.clip(away / PARTING_SMOOTHING_MM, 0, 1) * (smooth - parting)
    return parting
