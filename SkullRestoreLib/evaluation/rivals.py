"""Plain methods that the network must beat, each in place of it in the same corridor."""

import numpy as np

from SkullRestoreLib.case import RadialMap, Shell
from SkullRestoreLib.grid import grid, to_level
from SkullRestoreLib.shape import ShapeModel, fit_shape, match, smooth_fill

_NEAR_MM = 6.0


def shape_model(radial: RadialMap, model: ShapeModel) -> Shell:
    """The PCA shape model fitted to the sound bone, its rim error carried smoothly into the hole.

    Parameters
    ----------
    radial
        Bone intervals.
    model
        The shape model.

    Returns
    -------
    Shell
        ``missing`` is 1 where no bone ends near the fitted outer table.
    """
    g = grid(radial.level)
    tables, sigma = fit_shape(radial, model)
    vault = to_level(model.vault.astype(float), radial.level) > 0.5
    gap = match(radial.intervals, tables, _NEAR_MM) - tables
    lost = ~np.isfinite(gap).all(axis=1) & vault
    # the rim's own rays end on the wall of the cut; they must not be carried inwards
    sound = vault & ~g.grow(g.grow(g.grow(lost, -1), 1), 2) & ~lost
    made = tables + smooth_fill(np.nan_to_num(gap), np.repeat(sound[:, None], 2, axis=1), radial.level)
    outer, inner = made.T
    return Shell(
        radial.level, outer, np.minimum(inner, outer - 1), *np.minimum(sigma.T, 2.0), (~np.isfinite(gap[:, 0])).astype(float), vault
    )


METHODS = {"SkullRestore": None, "shape model": shape_model}
"""Name of a method to what predicts the shell in it; None is the network."""
