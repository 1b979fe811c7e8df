"""A mould for casting the body, as two printable blocks that open along the insertion direction.

The body has no undercut along that direction, so a parting surface through its rim lets both halves come off: inside the outline it runs just
below the outer face's rounding and where the rim is thin in its middle, outside it goes on level with the rim.
"""

from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from SkullRestoreLib.case import Mesh
from SkullRestoreLib.implant.chart import STEP_MM
from SkullRestoreLib.implant.design import Design
from SkullRestoreLib.implant.rays import Rays
from SkullRestoreLib.implant.slab import block

if TYPE_CHECKING:
    from manifold3d import Manifold

WALL_MM = 10.0  # around, above and below the body
KEY_MM = 3.0  # radius of the keys that hold the halves in place
PLAY_MM = 0.2
CELL_MM = 0.8  # of the parting surface


def mould(mesh: Mesh, body: "Manifold", design: Design) -> "tuple[Manifold, Manifold]":
    """Make the outer and the inner half.

    Parameters
    ----------
    mesh, body
        The finished body without holes: pins for them would break off.
    design
        Its chart gives the direction in which the mould opens.
    """
    from manifold3d import Manifold

    chart, settings = design.chart, design.settings
    rays = Rays(mesh)
    top, bottom = (chart.look(rays, from_outside=outside) for outside in (True, False))
    known = np.isfinite(top) & np.isfinite(bottom)
    nearest = ndimage.distance_transform_edt(~known, return_distances=False, return_indices=True)
    parting = (top - np.minimum(settings.rim_radius_mm + 0.2, (top - bottom) / 2))[tuple(nearest)]
    smooth = ndimage.gaussian_filter(parting, 3.0 / STEP_MM)
    away = ndimage.distance_transform_edt(~known, sampling=STEP_MM)
    parting += np.clip(away / 3.0, 0, 1) * (smooth - parting)

    uvz = (mesh.vertices - chart.origin) @ chart.axes.T
    low, high = uvz.min(axis=0) - WALL_MM, uvz.max(axis=0) + WALL_MM
    count = np.ceil((high - low)[:2] / CELL_MM).astype(int) + 1
    uv = np.stack(np.meshgrid(*(np.linspace(low[a], high[a], count[a]) for a in (0, 1)), indexing="ij"), axis=-1)
    height = chart.at(parting, uv.reshape(-1, 2)).reshape(count)
    matrix = np.column_stack([chart.axes.T, chart.origin])
    lower, upper = (block(uv, height, end, "the block of the mould").transform(matrix) for end in (low[2], high[2]))
    pins, sockets = [], []
    for i, j in ((0, 0), (0, -1), (-1, 0), (-1, -1)):
        corner = uv[i, j] + np.sign(uv.mean(axis=(0, 1)) - uv[i, j]) * (KEY_MM + 1.5)
        at = chart.origin + np.append(corner, chart.at(parting, corner[None])[0]) @ chart.axes
        pins.append(Manifold.sphere(KEY_MM, 32).translate(at.tolist()))
        sockets.append(Manifold.sphere(KEY_MM + PLAY_MM, 32).translate(at.tolist()))
    for pin, socket in zip(pins, sockets, strict=True):
        lower, upper = lower + pin, upper - socket
    return upper - body, lower - body
