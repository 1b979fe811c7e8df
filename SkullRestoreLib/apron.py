"""Round the end of the learnt vault: a predicted shell, the bone and the shape model in, a shell whose vault ends where this head's does.

The learnt vault ends where one head in five has no outer table any more: over the orbits, the nose, the base. A hole does not stop there, and an orbit may
reach higher. Where *this* head's bone ended is seen on its other side: over the margin of the sound orbit the shell is continued, and what the damaged
side lacks there is missing; what lies opposite the sound orbit's own opening is no vault, and is not missing.
"""

from dataclasses import replace

import numpy as np

from SkullRestoreLib.case import RadialMap, Shell
from SkullRestoreLib.grid import grid, to_level
from SkullRestoreLib.shape import ShapeModel, smooth_fill

REACH_MM = 9.0
"""The shell is continued this far, along the surface. What differs between two heads is smooth enough for that, and no more."""
_SAME_MM = 3.0
"""Bone ending this near to the continued shell is its outer table."""
_NO_BONE_MM = 5.0
"""Where no bone ends this near to the continued shell, there is an opening."""
_SHALLOW_MM = 18.0
"""A natural opening reaches no deeper into the learnt vault than this; a hole that runs to the vault's end does."""
_SPUR_RINGS = 2
_LIKELY = 0.5
_LEAST_CM2 = 0.5
_SIGMA_MM = 1.2
"""Standard error of the continued tables, at least."""


def extended(shell: Shell, radial: RadialMap, model: ShapeModel) -> Shell:
    """End the vault where this head's ends: beyond the learnt vault where a hole runs on there, within it where an orbit reaches higher.

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
        With a larger or a smaller vault beside a hole that reaches its end, and the same everywhere else.

    Raises
    ------
    ValueError
        If bone and shell are on different grids.
    """
    if radial.level != shell.level:
        raise ValueError(f"Bone was sampled at level {radial.level}, the shell predicted at level {shell.level}; sample both on one grid.")
    g = grid(shell.level)
    ring_mm = float(np.median(shell.outer)) * float(np.sqrt(np.median(g.areas)))
    rings = round(REACH_MM / ring_mm)
    outer, inner, sigma = continued(shell, model)
    scanned = radial.reach > outer + 1
    with np.errstate(invalid="ignore"):
        apart = np.abs(radial.intervals[..., 1] - outer[:, None])
        own, some = (apart < _SAME_MM).any(axis=1), (apart < _NO_BONE_MM).any(axis=1)
    open_ = shell.vault & ~some & scanned
    orbit = open_ & _natural(open_, shell, ring_mm)[g.mirror]
    if orbit.any():
        shell = replace(shell, vault=shell.vault & ~orbit)
    beyond = g.grow(shell.vault, rings) & ~shell.vault
    lost = beyond & ~own & own[g.mirror] & scanned
    hole = shell.vault & ~own & (shell.missing > _LIKELY)
    lost &= _joined(lost, hole, shell) & g.grow(hole, rings)
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


def _natural(open_: np.ndarray, shell: Shell, ring_mm: float) -> np.ndarray:
    """Openings (n,) bool at the end of the vault that are too shallow for lost bone, without their slivers: (n,) bool."""
    g = grid(shell.level)
    at, label = g.parts(open_)
    deep = g.grow(shell.vault, -round(_SHALLOW_MM / ring_mm))
    end = ~g.grow(shell.vault, -2)
    natural = np.zeros(len(g), dtype=bool)
    natural[at] = ~np.isin(label, label[deep[at]]) & np.isin(label, label[end[at]])
    return g.grow(g.grow(natural, -1), 1) & natural


def continued(shell: Shell, model: ShapeModel) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Carry a shell beyond its vault: its distance from the mean head goes on smoothly.

    Parameters
    ----------
    shell
        Tables; what they hold outside the vault is not looked at.
    model
        The shape model.

    Returns
    -------
    outer, inner, sigma : (n,) float64, mm
        Equal to the shell's over the vault, but for the least standard error.
    """
    mean = to_level(model.mean, shell.level)
    known = np.repeat(shell.vault[:, None], 3, axis=1)
    apart = np.stack([shell.outer - mean[:, 0], shell.inner - mean[:, 1], np.maximum(shell.outer_sigma, _SIGMA_MM)], axis=1)
    outer, inner, sigma = smooth_fill(np.where(known, apart, 0.0), known, shell.level).T
    outer = outer + mean[:, 0]
    return outer, np.minimum(inner + mean[:, 1], outer - 1.0), sigma


def _joined(lost: np.ndarray, hole: np.ndarray, shell: Shell) -> np.ndarray:
    """Which of the places beyond the vault hang together with a hole of the vault of some size: (n,) bool."""
    g = grid(shell.level)
    at, label = g.parts(lost | hole)
    size = np.bincount(label, weights=(g.areas * shell.outer**2 / 100 * hole)[at], minlength=1)
    out = np.zeros(len(g), dtype=bool)
    out[at] = size[label] >= _LEAST_CM2
    return out
