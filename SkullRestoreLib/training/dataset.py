"""Skulls on the grid, and endless damaged samples of them.

Preparation reads every skull once, finds its pose, and traces it in several slightly wrong poses, so that the network has seen the error that
the head frame will have. The shape model that a training sample starts from never contains that sample's own patient (folds), because a
model fits the skulls it was made of far better than it will fit a new one.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from scipy.spatial.transform import Rotation
from torch.utils.data import Dataset

from SkullRestoreLib.case import Bone, Pose
from SkullRestoreLib.grid import grid, level_of, to_level, vertex_count
from SkullRestoreLib.krige import Prior
from SkullRestoreLib.network import LEVEL, features
from SkullRestoreLib.sample import MAX_INTERVALS, trace
from SkullRestoreLib.shape import ShapeModel, match
from SkullRestoreLib.training.damage import Skull, damage, mirrored, resize
from SkullRestoreLib.training.heads import Heads, moved

JITTER_DEG, JITTER_MM = 0.6, 0.4
"""A hole turns the head frame by half a degree and shifts it by a few tenths of a millimetre; larger errors in training drown what can be learnt."""
_TRUTH_MM = 8.0


def jittered(pose: Pose, rng: np.random.Generator) -> Pose:
    """A pose as wrong as a found pose may be: turned and shifted by normal errors."""
    error = np.eye(4)
    error[:3, :3] = Rotation.from_rotvec(np.clip(rng.normal(0, JITTER_DEG, 3), -3 * JITTER_DEG, 3 * JITTER_DEG), degrees=True).as_matrix()
    error[:3, 3] = np.clip(rng.normal(0, JITTER_MM, 3), -3 * JITTER_MM, 3 * JITTER_MM)
    return Pose(error @ pose.ras_to_head, pose.residual_mm, pose.coverage)


def trace_poses(bone: Bone, pose: Pose, *, count: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Bone intervals (count, n, m, 2) and reach (count, n) at the network's level: the first in the pose as found, the others jittered."""
    maps = [trace(bone, pose if k == 0 else jittered(pose, rng), level=LEVEL) for k in range(count)]
    return np.stack([m.intervals for m in maps]), np.stack([m.reach for m in maps])


def true_tables(intervals: np.ndarray, model: ShapeModel, known: np.ndarray | None = None) -> np.ndarray:
    """Outer and inner table of a whole skull, (n, 2) float32, mm: bone near the fitted model; NaN elsewhere and where not ``known``."""
    level = level_of(len(intervals))
    coarse = to_level(intervals, model.level)
    if known is not None:
        coarse = np.where(to_level(known.astype(float), model.level)[:, None, None] > 0.5, coarse, np.nan)
    coefficients, _, _ = model.fit(coarse)
    tables = match(intervals, to_level(model.tables(coefficients), level), _TRUTH_MM)
    tables[~(to_level(model.vault.astype(float), level) > 0.5)] = np.nan
    if known is not None:
        tables[~known] = np.nan
    return tables.astype(np.float32)


def hole_of(intervals: np.ndarray, model: ShapeModel) -> np.ndarray:
    """Where a one-holed skull has its hole, with a safety ring: (n,) bool on the model's level."""
    g = grid(model.level)
    _, observed, _ = model.fit(intervals)
    gone = ~np.isfinite(observed[:, 0]) & model.vault
    return g.grow(g.grow(gone, -2), 5)


@dataclass(frozen=True)
class Prepared:
    """A folder with every skull on the grid: ``intervals.npy``, ``reach.npy``, ``tables.npy`` and ``skulls.json``."""

    folder: Path

    @cached_property
    def names(self) -> list[str]:
        """One name for each row; the same skull in several poses has several rows."""
        return json.loads((self.folder / "skulls.json").read_text())["rows"]

    @cached_property
    def arrays(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Intervals (r, n, m, 2), reach (r, n) and tables (r, n, 2), mapped from disk."""
        return tuple(np.load(self.folder / f"{name}.npy", mmap_mode="r") for name in ("intervals", "reach", "tables"))

    def skull(self, row: int) -> Skull:
        """One row as a record of its own."""
        intervals, reach, tables = self.arrays
        return Skull(LEVEL, np.array(intervals[row]), np.array(tables[row]), np.array(reach[row]))


class DamagedSkulls(Dataset):
    """Sample ``k`` of epoch ``e`` is always the same for the same seed.

    Parameters
    ----------
    prepared
        The skulls.
    rows
        Which rows to draw from.
    priors
        What kriging expects by the shape model of each fold. They are large: data sets of one run share them.
    fold
        For each row of ``prepared``, which of the models has not seen its patient.
    length
        Samples in an epoch.
    seed
        Start of all randomness.
    augment
        Draw rows at random and change their shapes; in turn and as they are, when not.
    heads
        Whose shapes a skull goes part of the way to; its own shape is kept, when not given.
    """

    def __init__(
        self,
        prepared: Prepared,
        rows: Sequence[int],
        priors: Sequence[Prior],
        fold: Sequence[int],
        *,
        length: int,
        seed: int,
        augment: bool = True,
        heads: Heads | None = None,
    ) -> None:
        self.prepared, self.rows, self.fold = prepared, list(rows), list(fold)
        self.priors, self.heads = list(priors), heads
        self.length, self.seed, self.augment, self.epoch = length, seed, augment, 0

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, index: int) -> dict[str, torch.Tensor]:
        """Features (c, n), start (2, n), truth (2, n), valid (2, n), missing (n,)."""
        rng = np.random.default_rng([self.seed, self.epoch, index])
        row = self.rows[rng.integers(len(self.rows))] if self.augment else self.rows[index % len(self.rows)]
        skull = self.prepared.skull(row)
        if self.augment:
            skull = self._another(skull, self.prepared.names[row], rng)
        made = damage(skull, rng)
        prior = self.priors[self.fold[row]]
        model, coarse = prior.model, to_level(made.intervals, prior.model.level)
        coefficients, _, _ = model.fit(coarse, widths=(20.0, 10.0, 6.0, 5.0))
        tables, sigma = (to_level(a, LEVEL) for a in prior.foretell(coarse, model.tables(coefficients)))
        vault = to_level(model.vault.astype(float), LEVEL) > 0.5
        x = features(made.intervals, tables, sigma, vault, made.reach, LEVEL)
        valid = np.isfinite(skull.tables) & vault[:, None]
        truth = np.where(valid, skull.tables, 0)
        return {
            "x": torch.from_numpy(x),
            "start": torch.from_numpy(tables.T.astype(np.float32)),
            "truth": torch.from_numpy(truth.T.astype(np.float32)),
            "valid": torch.from_numpy(valid.T.copy()),
            "missing": torch.from_numpy(made.missing),
        }

    def _another(self, skull: Skull, name: str, rng: np.random.Generator) -> Skull:
        """A head that no patient has, out of one that somebody has."""
        if self.heads is not None:
            skull = moved(skull, self.heads.change(name, rng))
        return resize(mirrored(skull) if rng.random() < 0.5 else skull, rng)


def empty_rows(count: int, folder: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Files for ``count`` rows, mapped for writing."""
    n = vertex_count(LEVEL)
    shapes = {"intervals": (count, n, MAX_INTERVALS, 2), "reach": (count, n), "tables": (count, n, 2)}
    return tuple(
        np.lib.format.open_memmap(folder / f"{name}.npy", mode="w+", dtype=np.float32, shape=shape) for name, shape in shapes.items()
    )
