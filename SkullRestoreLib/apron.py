"""Beyond the end of the learnt vault: a predicted shell, the bone and the shape model in, a shell that reaches a little further out.

The learnt vault ends where one head in five has no outer table any more: over the orbits, the nose, the base. A hole does not stop there. How far
*this* head's bone went is seen on its other side: over the margin of the sound orbit the shell is continued, and what the damaged side lacks there is missing.
"""

from dataclasses import replace

import numpy as np
from scipy.sparse.csgraph import connected_components

from SkullRestoreLib.case import RadialMap, Shell
from SkullRestoreLib.grid import grid, to_level
from SkullRestoreLib.shape import ShapeModel, smooth_fill

REACH_MM = 9.0
"""The shell is continued this far, along the surface. What differs between two heads is smooth enough for that, and no more."""
_SAME_MM = 3.0
"""Bone ending this near to the continued shell is its outer table."""
_SPUR_RINGS = 2
_LIKELY = 0.5
_LEAST_CM2 = 0.5
_SIGMA_MM = 1.2
"""Standard error of the continued tables, at least."""


def extended(shell: Shell, radial: RadialMap, model: ShapeModel) -> Shell:
    """Continue a predicted shell beyond the learnt vault, where a hole runs on there.

    Parameters
    ----------
    shell
        Predicted tables; what they hold outside the vault is not looked at.
    radial
        Bone intervals on the same grid.
    model
        The shape model: the mean head is continued, not the sphere.

    Returns
    -------
    Shell
        With a larger vault beside a hole that reaches its end, and the same everywhere else.

    Raises
    ------
    ValueError
        If bone and shell are on different grids.
    """
    if radial.level != shell.level:
        raise ValueError(f"Bone was sampled at level {radial.level}, the shell predicted at level {shell.level}; sample both on one grid.")
    g = grid(shell.level)
    rings = round(REACH_MM / (float(np.median(shell.outer)) * np.sqrt(float(np.median(g.areas)))))
    outer, inner, sigma = _continued(shell, model)
    with np.errstate(invalid="ignore"):
        own = (np.abs(radial.intervals[..., 1] - outer[:, None]) < _SAME_MM).any(axis=1)
    beyond = g.grow(shell.vault, rings) & ~shell.vault
    lost = beyond & ~own & own[g.mirror] & (radial.reach > outer + 1)
    hole = shell.vault & ~own & (shell.missing > _LIKELY)
    lost &= _joined(lost, hole, shell)
    if not lost.any():
        return shell
    more = lost | (beyond & own & g.grow(lost, rings))
    more &= g.grow(g.grow(shell.vault | more, -_SPUR_RINGS), _SPUR_RINGS)  # no spurs: they have more rim than bone
    lost &= more
    return replace(
        shell,
        outer=np.where(more, outer, shell.outer),
        inner=np.where(more, inner, shell.inner),
        outer_sigma=np.where(more, sigma, shell.outer_sigma),
        inner_sigma=np.where(more, sigma, shell.inner_sigma),
        missing=np.where(more, lost, shell.missing),
        vault=shell.vault | more,
    )


def _continued(shell: Shell, model: ShapeModel) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Outer table, inner table, and standard error with the distance from the mean head carried smoothly beyond the vault: (n,) float64, mm."""
    mean = to_level(model.mean, shell.level)
    known = np.repeat(shell.vault[:, None], 3, axis=1)
    apart = np.stack([shell.outer - mean[:, 0], shell.inner - mean[:, 1], np.maximum(shell.outer_sigma, _SIGMA_MM)], axis=1)
    outer, inner, sigma = smooth_fill(np.where(known, apart, 0.0), known, shell.level).T
    outer = outer + mean[:, 0]
    return outer, np.minimum(inner + mean[:, 1], outer - 1.0), sigma


def _joined(lost: np.ndarray, hole: np.ndarray, shell: Shell) -> np.ndarray:
    """Which of the places beyond the vault hang together with a hole of the vault of some size: (n,) bool."""
    g = grid(shell.level)
    open_ = lost | hole
    _, label = connected_components(g.adjacency[open_][:, open_], directed=False)
    at = np.flatnonzero(open_)
    size = np.bincount(label, weights=(g.areas * shell.outer**2 / 100 * hole)[at], minlength=1)
    out = np.zeros(len(g), dtype=bool)
    out[at] = size[label] >= _LEAST_CM2
    return out
