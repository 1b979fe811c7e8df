"""New heads between those that are there: one patient's bone on a vault that is part of the way to another patient's.

Some hundred and fifty heads are few. Swelling a head at random (:func:`SkullRestoreLib.training.damage.resize`) makes shapes that no patient has, and
whose lost part nothing foretells; between two patients everything still belongs together.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from SkullRestoreLib.grid import grid, level_of, to_level
from SkullRestoreLib.shape import smooth_fill
from SkullRestoreLib.training.damage import Skull

SHARE = (-0.4, 0.5)
"""How far a head goes towards another, drawn evenly. Going a share s makes the spread of independent heads (1 - s)^2 + s^2 of what it was;
on average over this range it stays the same."""
_THINNEST = 0.5
"""Bone keeps at least this part of its thickness."""


class Heads:
    """The vaults of all skulls that are learnt from.

    Parameters
    ----------
    tables
        (s, n, 2) float, mm, outer and inner table of each skull at any grid level, gaps filled, NaN outside the vault.
    names
        Name of each.
    fold
        Fold of each name. A skull is blended with skulls of its own fold only: what kriging expects of a sample must know neither of the two.
    """

    def __init__(self, tables: np.ndarray, names: Sequence[str], fold: Mapping[str, int]) -> None:
        level = level_of(tables.shape[1])
        known, self._mirror = np.isfinite(tables), grid(level).mirror
        total, count = np.where(known, tables, 0).sum(axis=0), known.sum(axis=0)
        # a mean that is its own mirror image, since heads are mirrored about it
        mean = (total + total[self._mirror]) / np.maximum(count + count[self._mirror], 1)
        self._own = np.stack([smooth_fill(t - mean, k, level) for t, k in zip(tables, known, strict=True)]).astype(np.float32)
        self._at = {name: k for k, name in enumerate(names)}
        self._others = {name: [k for k, other in enumerate(names) if other != name and fold[other] == fold[name]] for name in names}

    def change(self, name: str, rng: np.random.Generator) -> np.ndarray:
        """A draw of how the tables of a skull change on its way to another, mirrored or not: (n, 2) float32, mm, on the level of the vaults.

        All zero for a skull that is alone in its fold.
        """
        own = self._own[self._at[name]]
        others, turn, share = self._others[name], rng.random() < 0.5, rng.uniform(*SHARE)
        if not others:
            return np.zeros_like(own)
        other = self._own[others[rng.integers(len(others))]]
        return np.float32(share) * ((other[self._mirror] if turn else other) - own)


def moved(skull: Skull, change: np.ndarray) -> Skull:
    """The same skull on changed tables: its bone goes along, between the tables by the share of the way from one to the other.

    Parameters
    ----------
    skull
        The skull; its tables may be NaN where they are unknown.
    change
        (n, 2) float, mm, what to add to outer and inner table; any grid level.
    """
    outer, inner = to_level(change, skull.level).astype(np.float32).T
    thickness = skull.tables[:, 0] - skull.tables[:, 1]
    inner = np.fmin(inner, outer + np.float32(1 - _THINNEST) * thickness)  # NaN thickness bounds nothing
    with np.errstate(invalid="ignore"):
        depth = np.nan_to_num(np.clip((skull.tables[:, 0, None, None] - skull.intervals) / thickness[:, None, None], 0, 1))
    ends = skull.intervals + outer[:, None, None] + depth * (inner - outer)[:, None, None]
    return Skull(skull.level, ends.astype(np.float32), skull.tables + np.stack([outer, inner], axis=1), skull.reach + outer)
