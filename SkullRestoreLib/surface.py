"""The restored surface: predicted shell, bone and reference points in, a surface tied to the bone out.

The network's shell is right in the large and a few tenths of a millimetre off at the rim. A correction, smooth as a thin plate, is added on each
hole and a ring of sound bone round it::

    minimise  sum over sound bone (d - r)^2 / s^2  +  sum over the hole d^2 / sigma^2  +  stiffness |Laplacian d|^2

with ``r`` the bone's distance from the shell and ``sigma`` the network's own standard error: at the rim the bone's height and slope win, in the
middle of a large hole the network does. The matrix is factorised once; reference points moved by hand are added as constraints through
a small dense system (Woodbury's identity), so an edit costs a back-substitution and no new inference.
"""

from dataclasses import dataclass, field, replace

import numpy as np
from scipy import sparse

from SkullRestoreLib.case import RadialMap, ReferencePoint, Shell
from SkullRestoreLib.factor import Factor
from SkullRestoreLib.grid import grid
from SkullRestoreLib.shape import match

RING = 9
"""Rings of sound bone that the surface is tied to (about 15 mm at level 6)."""
_STIFF_MM = 16.0
"""Length over which the correction dies away where the network is sure to 1 mm."""
_BONE_MM = 0.06
"""Small against the network's error, so that the correction follows the bone; large enough to smooth voxel steps."""
_NEAR_MM = 3.0
_WALL_RINGS = (1, 6)
"""Rings round a hole in which a ray may end on the cut's wall in place of the outer or the inner table: there bone counts only if it agrees with
what lies further out. A wall that is oblique to the rays hides the inner table over a centimetre."""
_AGREES_MM = 0.6
_POINT_MM = 0.02
_SURE_MM = 8.0
"""Over this length the error grows from the rim into the hole. Measured on validation skulls, like the half at the rim: nine tenths of the errors lie
within the 90 % band at every distance from the rim."""


@dataclass(frozen=True)
class Tie:
    """A factorised correction of one table over one region of the grid."""

    region: np.ndarray  # (r,) int64, grid vertices
    factor: Factor  # of the normal matrix
    base: np.ndarray  # (r,) float, mm, correction without reference points
    spreads: dict[bytes, np.ndarray] = field(default_factory=dict, repr=False, compare=False)  # of the points of the last call

    def through(self, rows: sparse.csr_matrix, target: np.ndarray, moved: np.ndarray) -> np.ndarray:
        """The correction (r,), mm, that also takes the values ``target`` (p,) at the points whose weights on the region are ``rows`` (p, r).

        Exactly where a point was ``moved`` (p,) bool by hand: there the bone, which is tied far more tightly than any point, must give way.
        """
        if not len(target):
            return self.base
        spread = self._spread(rows)
        small = rows @ spread
        slack = np.where(moved, 1e-6 * small.diagonal(), _POINT_MM**2)
        small = small + np.diag(slack)
        return self.base + spread @ np.linalg.solve(small, target - rows @ self.base)

    def _spread(self, rows: sparse.csr_matrix) -> np.ndarray:
        """How far the pull of each point reaches: (r, p).

        While one point is dragged the others stay: their columns are kept, and the edit costs one back-substitution. SuperLU takes
        many right-hand sides several times slower than one after the other.
        """
        keys = [row.indices.tobytes() + row.data.tobytes() for row in rows]
        kept = {
            k: self.spreads[k] if k in self.spreads else self.factor.solve(r.toarray().ravel()) for k, r in zip(keys, rows, strict=True)
        }
        self.spreads.clear()
        self.spreads.update(kept)
        return np.stack([kept[k] for k in keys], axis=1)


@dataclass(frozen=True)
class Tied:
    """The restored tables, and what is needed to solve them again after an edit."""

    shell: Shell  # restored: equal to the bone on the ring, smooth over the hole
    predicted: Shell  # the network's, before tying
    ties: tuple[Tie, Tie]  # outer and inner table

    def through(self, points: list[ReferencePoint], ras_to_head: np.ndarray) -> Shell:
        """Tables whose outer one passes through the reference points.

        Parameters
        ----------
        points
            Of all holes.
        ras_to_head
            (4, 4) float.

        Returns
        -------
        Shell
            The inner table follows the outer one by half of the points' pull, so that the thickness stays plausible.
        """
        tie = self.ties[0]
        head = np.array([p.position for p in points]).reshape(-1, 3) @ ras_to_head[:3, :3].T + ras_to_head[:3, 3]
        g = grid(self.shell.level)
        place = np.full(len(g), -1)
        place[tie.region] = np.arange(len(tie.region))
        corners, weights = g.locate(head) if len(head) else (np.zeros((0, 3), dtype=int), np.zeros((0, 3)))
        inside = (place[corners] >= 0).all(axis=1)
        moved = np.array([p.moved for p in points], dtype=bool)[inside]
        corners, weights, head = corners[inside], weights[inside], head[inside]
        row = np.repeat(np.arange(len(head)), 3)
        rows = sparse.csr_matrix((weights.ravel(), (row, place[corners].ravel())), shape=(len(head), len(tie.region)))
        target = np.linalg.norm(head, axis=1) - (self.predicted.outer[corners] * weights).sum(axis=1)
        correction = tie.through(rows, target, moved)
        outer, inner = self.shell.outer.copy(), self.shell.inner.copy()
        outer[tie.region] = self.predicted.outer[tie.region] + correction
        inner[tie.region] += (correction - tie.base) / 2
        return replace(self.shell, outer=outer, inner=np.minimum(inner, outer - 1.0))


def tie_to_bone(shell: Shell, radial: RadialMap, holes: list[np.ndarray]) -> Tied:
    """Tie the predicted tables to the sound bone round the holes.

    Parameters
    ----------
    shell
        Predicted tables.
    radial
        Bone intervals on the same grid.
    holes
        Grid vertices of each hole.

    Returns
    -------
    Tied
        Away from the holes and their rings the shell is unchanged.
    """
    g = grid(shell.level)
    missing = np.zeros(len(g), dtype=bool)
    missing[np.concatenate([np.zeros(0, dtype=int), *holes])] = True
    region = np.flatnonzero(g.grow(missing, RING))
    seen = match(radial.intervals, np.stack([shell.outer, shell.inner], axis=1), _NEAR_MM)
    # next to the hole's edge the ray may end on a broken or bevelled rim; one ring is left to the smooth correction
    sound = ~g.grow(missing, 1) & shell.vault
    ties, values = [], []
    for table, (predicted, sigma) in enumerate(((shell.outer, shell.outer_sigma), (shell.inner, shell.inner_sigma))):
        gap = np.where(sound, seen[:, table] - predicted, np.nan)
        doubtful = g.grow(missing, _WALL_RINGS[table])
        tie = _factorise(shell.level, region, gap[region], doubtful[region], sigma[region], float(np.median(shell.outer)))
        ties.append(tie)
        made = predicted.copy()
        made[region] += tie.base
        values.append(made)
    surer = _beside_bone(shell, missing)
    tied = replace(
        shell,
        outer=values[0],
        inner=np.minimum(values[1], values[0] - 1.0),
        outer_sigma=shell.outer_sigma * surer,
        inner_sigma=shell.inner_sigma * surer,
    )
    return Tied(tied, shell, tuple(ties))


def _beside_bone(shell: Shell, missing: np.ndarray) -> np.ndarray:
    """What part of the predicted standard error is left after the tie: (n,) float, half at the rim, all of it far inside a hole."""
    g = grid(shell.level)
    ring_mm = float(np.sqrt(np.median(g.areas)) * np.median(shell.outer[shell.vault]))
    depth, left = np.zeros(len(g)), missing
    for _ in range(round(4 * _SURE_MM / ring_mm)):
        depth += ring_mm * left
        left = g.grow(left, -1)
    return 0.5 + 0.5 * (1 - np.exp(-depth / _SURE_MM))


def _factorise(level: int, region: np.ndarray, gap: np.ndarray, doubtful: np.ndarray, sigma: np.ndarray, radius_mm: float) -> Tie:
    """Set up and solve the thin-plate correction on a region: ``gap`` (r,) mm is NaN where there is no sound bone, ``doubtful`` (r,) bool."""
    g = grid(level)
    area = g.areas[region] * radius_mm**2
    laplacian = g.laplacian[region][:, region]
    laplacian = laplacian - sparse.diags(np.asarray(laplacian.sum(axis=1)).ravel())  # free border
    bend = laplacian.T @ sparse.diags(1 / area) @ laplacian
    seen = np.isfinite(gap)
    known = seen & ~doubtful if (seen & ~doubtful).any() else seen
    # outliers (a suture, a vessel, the wall of the cut) are found against their neighbourhood once and then left out
    for turn in range(2):
        weight = np.where(known, 1 / _BONE_MM**2, 1 / np.maximum(sigma, 0.3) ** 2)
        matrix = (sparse.diags(weight * area) + _STIFF_MM**4 * bend).tocsc()
        factor = Factor(matrix)
        base = factor.solve(weight * area * np.where(known, np.nan_to_num(gap), 0.0))
        left = np.where(seen, np.abs(np.nan_to_num(gap) - base), np.inf)
        limit = max(0.5, 4 * float(np.median(left[known]))) if known.any() else np.inf
        better = seen & (left <= np.where(doubtful, _AGREES_MM, limit))
        if turn or (better == known).all():
            break
        known = better
    return Tie(region, factor, base)
