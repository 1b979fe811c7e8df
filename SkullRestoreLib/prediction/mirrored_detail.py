"""Give a hole the detail of the other side: predicted tables and rays in, tables that follow this head's brow out.

The prediction is smooth: what is narrower than about a centimetre is left to the fit to the bone (decisions 0009 and
0013). In the middle of a hole there is no bone to fit to, and near the margin of the orbit, at the brow and behind the
zygomatic process the outer table bends within a few millimetres, in each head elsewhere. The sound side shows where:
there the distance of the bone from the *same* prediction is that detail. Part of it is added, mirrored, over the hole
and around it (decision 0157). How the two sides differ at large is known to the prediction already, and not repeated.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from SkullRestoreLib.geometry.icosphere import spherical_grid
from SkullRestoreLib.method_parameters import METHOD, DetailParameters, ExtensionParameters
from SkullRestoreLib.prediction.vault_extension import find_vault_hole
from SkullRestoreLib.records import RayMap, VaultTables
from SkullRestoreLib.skull_model.shape_model import fill_smoothly, match_tables


def add_mirrored_detail(
    tables: VaultTables,
    rays: RayMap,
    *,
    parameters: DetailParameters = METHOD.detail,
    extension: ExtensionParameters = METHOD.extension,
) -> VaultTables:
    """Add to the outer table over a hole what the bone of the other side shows finer than the prediction.

    Parameters
    ----------
    tables
        Predicted tables, continued beyond the vault where a hole runs to its end.
    rays
        Bone intervals on the same grid.
    parameters
        Of this step.
    extension
        What a hole is.

    Returns
    -------
    VaultTables
        Changed over the holes and around them; ``tables`` itself where the vault has no hole.
    """
    hole = find_vault_hole(tables, rays, parameters=extension)
    if parameters.share == 0 or not hole.any():
        return tables
    grid = spherical_grid(tables.level)
    near = grid.grow_region(hole, parameters.rings)
    expected = np.stack([tables.outer, tables.inner], axis=1)
    gap = match_tables(rays.intervals, expected, parameters.max_detail_mm)[:, 0] - tables.outer
    gap[grid.grow_region(hole, parameters.wall_rings)] = np.nan
    detail = parameters.share * _fill_gaps(gap[grid.mirror_vertices], tables.level)
    restored = tables.outer + np.where(near, detail, 0.0)
    return replace(tables, outer=restored, inner=np.minimum(tables.inner, restored - parameters.min_thickness_mm))


def _fill_gaps(gap: NDArray[np.float64], level: int) -> NDArray[np.float64]:
    """The gap (n,), mm, interpolated where it is NaN."""
    known = np.isfinite(gap)[:, None]
    return fill_smoothly(np.where(known, gap[:, None], 0.0), known, level)[:, 0]
