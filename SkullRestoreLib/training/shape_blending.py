"""Augment the training heads: one patient's bone on a vault that is part of the way to another patient's.

About 150 heads are few. Scaling a head at random (:func:`SkullRestoreLib.training.synthetic_defects.warp_skull`) makes
shapes that no patient has, and whose lost part cannot be predicted from the rest; between two patients all parts still
belong together.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from SkullRestoreLib.geometry.icosphere import level_from_count, spherical_grid, values_at_level
from SkullRestoreLib.skull_model.shape_model import fill_smoothly
from SkullRestoreLib.training.synthetic_defects import SkullRays

BLEND_RANGE = (-0.4, 0.5)
"""Share of the way to another head, drawn uniformly; a negative share moves away from it. Going a share s changes the
variance between independent heads by (1 - s)^2 + s^2; on average over this range it stays the same."""
_MIN_THICKNESS_SHARE = 0.5
"""Bone keeps at least this share of its thickness."""


class ShapeBlender:
    """Draws shape changes from one training skull towards another.

    Parameters
    ----------
    tables
        (s, n, 2), mm, outer and inner table of each skull at any grid level, gaps filled, NaN outside the vault.
    names
        Name of each skull.
    folds
        Fold of each name. A skull is blended only with skulls of its own fold: the shape model behind a sample must
        contain neither of the two.
    """

    def __init__(self, tables: NDArray[np.floating], names: Sequence[str], folds: Mapping[str, int]) -> None:
        level = level_from_count(tables.shape[1])
        known, self._mirror_vertices = np.isfinite(tables), spherical_grid(level).mirror_vertices
        total, count = np.where(known, tables, 0).sum(axis=0), known.sum(axis=0)
        # the mean is symmetric because heads are mirrored about it
        mean = (total + total[self._mirror_vertices]) / np.maximum(count + count[self._mirror_vertices], 1)
        self._deviations = np.stack(
            [fill_smoothly(t - mean, k, level) for t, k in zip(tables, known, strict=True)]
        ).astype(np.float32)
        self._row_of_name = {name: k for k, name in enumerate(names)}
        self._partners = {
            name: [k for k, other in enumerate(names) if other != name and folds[other] == folds[name]]
            for name in names
        }

    def draw_shape_change(self, name: str, rng: np.random.Generator) -> NDArray[np.float32]:
        """Draw how the tables of a skull change on its way to another one, mirrored or not.

        Parameters
        ----------
        name
            Of the skull.
        rng
            Source of all randomness.

        Returns
        -------
        ndarray
            (n, 2) float32, mm, on the level of the tables; zero for a skull that is alone in its fold.
        """
        own = self._deviations[self._row_of_name[name]]
        partners, mirrored, share = self._partners[name], rng.random() < 0.5, rng.uniform(*BLEND_RANGE)
        if not partners:
            return np.zeros_like(own)
        other = self._deviations[partners[rng.integers(len(partners))]]
        change: NDArray[np.float32] = np.float32(share) * ((other[self._mirror_vertices] if mirrored else other) - own)
        return change


def apply_shape_change(skull: SkullRays, change: NDArray[np.floating]) -> SkullRays:
    """Move a skull's tables, and its bone with them: bone between the tables in proportion to its depth.

    Parameters
    ----------
    skull
        The skull; its tables may be NaN where they are unknown. It is not changed.
    change
        (n, 2), mm, what to add to outer and inner table; any grid level.

    Returns
    -------
    SkullRays
        The changed skull.
    """
    outer, inner = values_at_level(change, skull.level).astype(np.float32).T
    thickness = skull.tables[:, 0] - skull.tables[:, 1]
    inner = np.fmin(
        inner, outer + np.float32(1 - _MIN_THICKNESS_SHARE) * thickness
    )  # an unknown thickness (NaN) is no limit
    with np.errstate(invalid="ignore"):
        # NaN becomes 0
        depth = np.fmin(np.fmax((skull.tables[:, 0, None, None] - skull.intervals) / thickness[:, None, None], 0), 1)
    ends = skull.intervals + outer[:, None, None] + depth * (inner - outer)[:, None, None]
    tables = skull.tables + np.stack([outer, inner], axis=1)
    return SkullRays(skull.level, ends.astype(np.float32, copy=False), tables, skull.reach + outer)
