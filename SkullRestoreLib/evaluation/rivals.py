"""Plain methods that the network must beat, each in place of it in the same corridor."""

from dataclasses import dataclass

import numpy as np
from scipy.interpolate import RBFInterpolator

from SkullRestoreLib import krige
from SkullRestoreLib.case import RadialMap, Shell
from SkullRestoreLib.grid import grid, interpolate, to_level
from SkullRestoreLib.shape import ShapeModel, fit_shape, match, smooth_fill

_NEAR_MM = 6.0
_RIM_RINGS = 8
_RIM_POINTS = 500


@dataclass(frozen=True)
class Sound:
    """The sound bone, told from the rest by the shape model fitted to it."""

    level: int
    fitted: np.ndarray  # (n, 2) float64, mm
    sigma: np.ndarray  # (n, 2) float64, mm
    tables: np.ndarray  # (n, 2) float64, mm, observed; NaN where there is none
    vault: np.ndarray  # (n,) bool
    lost: np.ndarray  # (n,) bool, vault without bone near the fitted tables
    sound: np.ndarray  # (n,) bool, vault away from the rims of larger holes: there a ray ends on the wall of the cut, which is no table

    def shell(self, outer: np.ndarray, inner: np.ndarray, sigma: np.ndarray) -> Shell:
        """The shell for tables (n,) and their standard error (n, 2); ``missing`` is 1 where no bone ends near the fitted outer table."""
        missing = (~np.isfinite(self.tables[:, 0])).astype(float)
        return Shell(self.level, outer, np.minimum(inner, outer - 1), *np.minimum(sigma.T, 2.0), missing, self.vault)


def find_sound(radial: RadialMap, model: ShapeModel) -> Sound:
    """Fit the shape model and see where it finds bone."""
    g = grid(radial.level)
    fitted, sigma = fit_shape(radial, model)
    vault = to_level(model.vault.astype(float), radial.level) > 0.5
    tables = match(radial.intervals, fitted, _NEAR_MM)
    lost = ~np.isfinite(tables).all(axis=1) & vault
    sound = vault & ~g.grow(g.grow(g.grow(lost, -1), 1), 2) & ~lost
    return Sound(radial.level, fitted, sigma, tables, vault, lost, sound)


def shape_model(radial: RadialMap, model: ShapeModel) -> Shell:
    """The PCA shape model fitted to the sound bone, its rim error carried smoothly into the hole.

    Parameters
    ----------
    radial
        Bone intervals.
    model
        The shape model.
    """
    seen = find_sound(radial, model)
    gap = np.nan_to_num(seen.tables - seen.fitted)
    made = seen.fitted + smooth_fill(gap, np.repeat(seen.sound[:, None], 2, axis=1), radial.level)
    return seen.shell(*made.T, seen.sigma)


def kriging(radial: RadialMap, model: ShapeModel) -> Shell:
    """What the sound bone foretells (:mod:`SkullRestoreLib.krige`): the network's own start, without the network.

    Parameters
    ----------
    radial, model
        As for :func:`shape_model`.
    """
    tables, sigma = (to_level(a, radial.level) for a in krige.foretell(radial, model))
    there = np.isfinite(match(radial.intervals, tables, _NEAR_MM)[:, 0])
    vault = to_level(model.vault.astype(float), radial.level) > 0.5
    outer, inner = tables.T
    return Shell(radial.level, outer, np.minimum(inner, outer - 1), *sigma.T, (~there).astype(float), vault)


def mirroring(radial: RadialMap, model: ShapeModel) -> Shell:
    """The other side of the head mirrored across its mid-plane, which is found on the sound bone itself.

    Where the other side is missing as well, there is nothing to mirror, and the rim is carried in smoothly, as it is over the seam.

    Parameters
    ----------
    radial, model
        As for :func:`shape_model`; the model only tells the sound bone.
    """
    seen = find_sound(radial, model)
    known = np.where(seen.sound[:, None], seen.tables, np.nan)
    mirrored = _mirrored(known, radial.level)
    gap = known - mirrored
    usable = np.isfinite(gap)
    # the seam: what the mirror image is off at the rim is carried in; without an image, the rim itself
    base = np.where(np.isfinite(mirrored), mirrored, seen.fitted)
    gap = np.where(usable, gap, np.nan_to_num(known - base))
    made = base + smooth_fill(np.nan_to_num(gap), np.isfinite(known), radial.level)
    return seen.shell(*made.T, np.full_like(seen.sigma, 2.0))


def _mirrored(tables: np.ndarray, level: int) -> np.ndarray:
    """Tables (n, 2) as seen in a mirror laid by least squares through the head: NaN where the other side has none.

    The mirror image is turned and shifted until it lies on the head (Gauss-Newton on radial distances with Tukey weights), which moves the mirror's plane.
    """
    g = grid(level)
    image = tables[g.mirror]
    there = np.flatnonzero(np.isfinite(image).all(axis=1))
    start = there[:: max(1, len(there) // 4000)]
    points = g.directions[start] * image[start, :1]
    filled = smooth_fill(np.nan_to_num(tables), np.isfinite(tables), level)
    sound = np.isfinite(tables[:, 0]).astype(float)
    turn, shift = np.eye(3), np.zeros(3)
    for width in (12.0, 8.0, 6.0, 5.0, 5.0, 5.0):
        moved = points @ turn.T + shift
        radius = np.linalg.norm(moved, axis=1)
        unit = moved / radius[:, None]
        gap = radius - interpolate(filled[:, 0], unit)
        weight = np.clip(1 - (gap / width) ** 2, 0, None) ** 2 * (interpolate(sound, unit) > 0.9)
        # turning a point by w changes its radius not at all and what it is compared with by the table's slope; that slope by differences
        jacobian = np.stack([_change(filled[:, 0], unit, radius, np.cross(axis, moved)) for axis in np.eye(3)]
                            + [_change(filled[:, 0], unit, radius, np.tile(axis, (len(moved), 1))) for axis in np.eye(3)], axis=1)  # fmt: skip
        normal = jacobian.T @ (weight[:, None] * jacobian) + np.diag([1e2] * 3 + [1e-2] * 3)
        move = -np.linalg.solve(normal, jacobian.T @ (weight * gap))
        small = _rotation(move[:3])
        turn, shift = small @ turn, small @ shift + move[3:]
    return _resampled(image, turn, shift, level)


def _change(table: np.ndarray, unit: np.ndarray, radius: np.ndarray, velocity: np.ndarray) -> np.ndarray:
    """Derivative of (radius - table) at points ``unit * radius`` moving with ``velocity`` (p, 3)."""
    step = 1e-2
    ahead, behind = (unit * radius[:, None] + s * step * velocity for s in (1, -1))
    return (_off(table, ahead) - _off(table, behind)) / (2 * step)


def _off(table: np.ndarray, points: np.ndarray) -> np.ndarray:
    return np.linalg.norm(points, axis=1) - interpolate(table, points)


def _rotation(vector: np.ndarray) -> np.ndarray:
    from scipy.spatial.transform import Rotation

    return Rotation.from_rotvec(vector).as_matrix()


def _resampled(tables: np.ndarray, turn: np.ndarray, shift: np.ndarray, level: int) -> np.ndarray:
    """Tables (n, 2) of a head turned and shifted, on the grid again: by two rounds of asking where each new ray meets the old table."""
    g = grid(level)
    out = np.full_like(tables, np.nan)
    for c in (0, 1):
        known = np.isfinite(tables[:, c]).astype(float)
        filled = smooth_fill(np.nan_to_num(tables[:, c : c + 1]), known[:, None], level)[:, 0]
        radius = filled.copy()
        for _ in range(4):
            back = (g.directions * radius[:, None] - shift) @ turn
            radius = radius - (np.linalg.norm(back, axis=1) - interpolate(filled, back))
        out[:, c] = np.where(interpolate(known, (g.directions * radius[:, None] - shift) @ turn) > 0.99, radius, np.nan)
    return out


def thin_plate(radial: RadialMap, model: ShapeModel) -> Shell:
    """A thin plate through the rim of each hole (radial basis functions; Bookstein 1989).

    The plate is spanned over the directions round the hole, so that it bends like a sphere where nothing bends it otherwise.

    Parameters
    ----------
    radial, model
        As for :func:`shape_model`; the model only tells the sound bone.
    """
    seen = find_sound(radial, model)
    g = grid(radial.level)
    made = np.where(seen.sound[:, None], seen.tables, seen.fitted)
    open_ = ~seen.sound & seen.vault
    at, label = g.parts(open_)
    for k in np.flatnonzero(np.bincount(label) > 6):
        hole = np.zeros(len(g), dtype=bool)
        hole[at[label == k]] = True
        rim = np.flatnonzero(g.grow(hole, _RIM_RINGS) & seen.sound)
        rim = rim[:: max(1, len(rim) // _RIM_POINTS)]
        if len(rim) < 10:
            continue
        middle = g.directions[hole].mean(axis=0)
        flat = _flattened(g.directions, middle / np.linalg.norm(middle))
        plate = RBFInterpolator(flat[rim], seen.tables[rim], kernel="thin_plate_spline", smoothing=1e-3)
        made[hole] = plate(flat[hole])
    return seen.shell(*made.T, np.full_like(seen.sigma, 2.0))


def _flattened(directions: np.ndarray, middle: np.ndarray) -> np.ndarray:
    """Directions (n, 3) on a plane, (n, 2), true in distance and direction from the middle."""
    side = np.cross(middle, np.eye(3)[np.abs(middle).argmin()])
    side /= np.linalg.norm(side)
    across = directions @ np.stack([side, np.cross(middle, side)], axis=1)
    length = np.linalg.norm(across, axis=1)
    return across * (np.arctan2(length, directions @ middle) / np.maximum(length, 1e-9))[:, None]


PREDICTORS = {"SkullRestore": None, "shape model": shape_model, "mirroring": mirroring, "thin plate": thin_plate}
"""Name of a method to what predicts the shell in it; None is the network."""
