"""Training data: skulls on the grid, and endless damaged samples of them.

Every skull is traced in several slightly wrong poses, so that the network learns with the error that the head frame
will have. The shape model behind a sample never contains the sample's own patient (folds), because a model fits the
skulls it was made of far better than a new one.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation
from torch.utils.data import Dataset

from SkullRestoreLib.affine import compose_affine
from SkullRestoreLib.geometry.icosphere import level_from_count, spherical_grid, values_at_level, vertex_count
from SkullRestoreLib.method_parameters import METHOD
from SkullRestoreLib.prediction.features import NETWORK_LEVEL, compute_features
from SkullRestoreLib.prediction.kriging import GaussianProcessPrior
from SkullRestoreLib.prediction.ray_tracing import MAX_INTERVALS, trace_rays
from SkullRestoreLib.records import Bone, Pose
from SkullRestoreLib.skull_model.shape_model import ShapeModel, match_tables
from SkullRestoreLib.training.shape_blending import ShapeBlender, apply_shape_change
from SkullRestoreLib.training.synthetic_defects import DamagedRays, SkullRays, damage_skull, mirror_skull, warp_skull

JITTER_DEG, JITTER_MM = 0.6, 0.4
"""Standard deviation of the pose error in training. A defect turns the head frame by half a degree and shifts it by a
few tenths of a millimetre; larger errors in training drown what can be learnt."""
_MAX_JITTER_SIGMAS = 3
_TABLE_MATCH_MM = 8.0
"""Bone this close to the fitted shape model is its table."""
_DEFECT_ROUGH_RINGS, _DEFECT_SAFETY_RINGS = 2, 5
"""A skull's own defect: gaps of one vertex are closed by eroding this many rings; then the region is grown by a safety
margin."""
TRAINING_SHAPE = replace(METHOD.shape, fit_widths_mm=(20.0, 10.0, 6.0, 5.0))
"""The shape model's fit in training: fewer rounds than for a patient."""


def jitter_pose(pose: Pose, rng: np.random.Generator) -> Pose:
    """Turn and shift a pose by normal errors, as a found pose may be wrong.

    Parameters
    ----------
    pose
        The pose as found.
    rng
        Source of all randomness.

    Returns
    -------
    Pose
        Turned by up to 1.8 degrees about each axis and shifted by up to 1.2 mm along each.
    """
    limit_deg, limit_mm = _MAX_JITTER_SIGMAS * JITTER_DEG, _MAX_JITTER_SIGMAS * JITTER_MM
    turn = np.clip(rng.normal(0, JITTER_DEG, 3), -limit_deg, limit_deg)
    shift = np.clip(rng.normal(0, JITTER_MM, 3), -limit_mm, limit_mm)
    error = compose_affine(Rotation.from_rotvec(turn, degrees=True).as_matrix(), shift)
    return Pose(error @ pose.ras_to_head, pose.residual_mm, pose.coverage)


def trace_jittered_poses(
    bone: Bone, pose: Pose, *, count: int, rng: np.random.Generator
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Trace a skull at the network's level in its pose and in jittered ones.

    Parameters
    ----------
    bone
        The skull.
    pose
        As found; the first of the poses.
    count
        Number of poses.
    rng
        Source of all randomness.

    Returns
    -------
    intervals : ndarray
        (count, n, m, 2) float32, mm.
    reach : ndarray
        (count, n) float32, mm.
    """
    poses = [pose if k == 0 else jitter_pose(pose, rng) for k in range(count)]
    maps = [trace_rays(bone, p, level=NETWORK_LEVEL) for p in poses]
    return np.stack([m.intervals for m in maps]), np.stack([m.reach for m in maps])


def true_tables(
    intervals: NDArray[np.floating], model: ShapeModel, known: NDArray[np.bool_] | None = None
) -> NDArray[np.float32]:
    """Measure outer and inner table of an intact skull: the bone near the fitted shape model.

    Parameters
    ----------
    intervals
        (n, m, 2) bone intervals, mm.
    model
        The shape model.
    known
        (n,) bool: False where the skull has a defect of its own.

    Returns
    -------
    ndarray
        (n, 2) float32, mm; NaN where there is no bone near the model, outside the vault, and where not ``known``.
    """
    level = level_from_count(len(intervals))
    coarse = values_at_level(intervals, model.level)
    if known is not None:
        coarse = np.where(values_at_level(known.astype(float), model.level)[:, None, None] > 0.5, coarse, np.nan)
    coefficients, _, _ = model.fit(coarse)
    tables = match_tables(intervals, values_at_level(model.reconstruct_tables(coefficients), level), _TABLE_MATCH_MM)
    tables[~(values_at_level(model.vault.astype(float), level) > 0.5)] = np.nan
    if known is not None:
        tables[~known] = np.nan
    return tables.astype(np.float32)


def find_defect_region(intervals: NDArray[np.floating], model: ShapeModel) -> NDArray[np.bool_]:
    """Find the defect of a skull that has one, with a safety margin.

    Parameters
    ----------
    intervals
        (n, m, 2) bone intervals on the model's level, mm.
    model
        The shape model.

    Returns
    -------
    ndarray
        (n,) bool.
    """
    grid = spherical_grid(model.level)
    _, observed, _ = model.fit(intervals)
    missing = ~np.isfinite(observed[:, 0]) & model.vault
    return grid.grow_region(grid.grow_region(missing, -_DEFECT_ROUGH_RINGS), _DEFECT_SAFETY_RINGS)


@dataclass(frozen=True)
class PreparedSkulls:
    """A folder with every skull on the grid: ``intervals.npy``, ``reach.npy``, ``tables.npy`` and ``skulls.json``."""

    folder: Path

    @cached_property
    def row_names(self) -> list[str]:
        """Name of the skull in each row; a skull traced in several poses has several rows."""
        names: list[str] = json.loads((self.folder / "skulls.json").read_text())["rows"]
        return names

    @cached_property
    def arrays(self) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
        """Intervals (r, n, m, 2), reach (r, n) and tables (r, n, 2), mm, mapped from disk."""
        intervals, reach, tables = (
            np.load(self.folder / f"{name}.npy", mmap_mode="r") for name in ("intervals", "reach", "tables")
        )
        return intervals, reach, tables

    def read_row(self, row: int) -> SkullRays:
        """Copy one row out of the files.

        Parameters
        ----------
        row
            Its number.
        """
        intervals, reach, tables = self.arrays
        return SkullRays(NETWORK_LEVEL, np.array(intervals[row]), np.array(tables[row]), np.array(reach[row]))


@dataclass(frozen=True)
class FoldPriors:
    """Kriging for each row of the prepared skulls, with the shape model of a fold that has not seen the row's patient.

    The priors are large: the data sets of one run share them.
    """

    priors: Sequence[GaussianProcessPrior | None]  # one per fold; None for a fold that no used row belongs to
    row_folds: Sequence[int]  # fold of each row

    @classmethod
    def from_models(cls, models: Sequence[ShapeModel], row_folds: Sequence[int]) -> "FoldPriors":
        """Set up kriging in single precision for each fold's shape model.

        Parameters
        ----------
        models
            One per fold.
        row_folds
            Fold of each row.
        """
        return cls([GaussianProcessPrior(model, exact=False) for model in models], row_folds)

    @cached_property
    def _single_models(self) -> list[ShapeModel | None]:
        """Shape model of each fold in single precision."""
        return [None if prior is None else prior.model.in_single_precision() for prior in self.priors]

    def for_row(self, row: int) -> GaussianProcessPrior:
        """Kriging for one row.

        Parameters
        ----------
        row
            Its number.

        Raises
        ------
        ValueError
            If its fold has no prior.
        """
        prior = self.priors[self.row_folds[row]]
        if prior is None:
            raise ValueError(f"Row {row} belongs to fold {self.row_folds[row]}, for which no prior was made.")
        return prior

    def single_model(self, row: int) -> ShapeModel:
        """Shape model for one row, in single precision.

        Parameters
        ----------
        row
            Its number.

        Raises
        ------
        ValueError
            If its fold has no prior.
        """
        self.for_row(row)
        model = self._single_models[self.row_folds[row]]
        assert model is not None
        return model


@lru_cache(maxsize=16)
def _vault_at_level(model: ShapeModel, level: int) -> NDArray[np.bool_]:
    """Where the model is valid, on a finer level: (n,) bool."""
    return values_at_level(model.vault.astype(float), level) > 0.5


class DamagedSkulls(Dataset[dict[str, torch.Tensor]]):
    """Damaged skulls with their truth. Sample ``k`` of epoch ``e`` is always the same for the same seed.

    Parameters
    ----------
    prepared
        The skulls.
    rows
        Which rows to draw from.
    priors
        Kriging for each row.
    length
        Samples in an epoch.
    seed
        Start of all randomness.
    augment
        Draw rows at random and change their shapes; without it rows are taken in turn, unchanged.
    blender
        Blends each skull's shape with another's; without it shapes are only mirrored and warped.

    Attributes
    ----------
    epoch
        Of the samples that are drawn.
    unfinished
        Samples end with the damage, and the device that learns them computes the rest
        (:class:`SkullRestoreLib.training.sample_finisher.SampleFinisher`).
    """

    def __init__(
        self,
        prepared: PreparedSkulls,
        rows: Sequence[int],
        priors: FoldPriors,
        *,
        length: int,
        seed: int,
        augment: bool = True,
        blender: ShapeBlender | None = None,
    ) -> None:
        self.prepared, self.rows, self.priors, self.blender = prepared, list(rows), priors, blender
        self.length, self.seed, self.augment, self.epoch = length, seed, augment, 0
        self.unfinished = False

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, index: int) -> dict[str, torch.Tensor]:
        """Draw one sample.

        Parameters
        ----------
        index
            Its number in the epoch.

        Returns
        -------
        dict
            Features ``x`` (c, n), kriging's tables ``start`` (2, n) and true tables ``truth`` (2, n) in mm, where the
            truth is known ``valid`` (2, n) bool, where the outer table was taken away ``missing`` (n,) bool.
            Unfinished: ``intervals`` (n, m, 2), ``reach`` (n,) and true ``tables`` (n, 2) in mm, ``missing`` (n,) and
            the row's ``fold`` ().
        """
        rng = np.random.default_rng([self.seed, self.epoch, index])
        row = self.rows[rng.integers(len(self.rows))] if self.augment else self.rows[index % len(self.rows)]
        skull = self.prepared.read_row(row)
        if self.augment:
            skull = self._augment_skull(skull, self.prepared.row_names[row], rng)
        damaged, prior = damage_skull(skull, rng), self.priors.for_row(row)
        if not self.unfinished:
            return self._finish(skull, damaged, prior, self.priors.single_model(row))
        arrays = {"intervals": damaged.intervals, "reach": damaged.reach, "tables": skull.tables}
        return {
            **{name: torch.from_numpy(values.astype(np.float32, copy=False)) for name, values in arrays.items()},
            "missing": torch.from_numpy(damaged.missing),
            "fold": torch.tensor(self.priors.row_folds[row]),
        }

    @staticmethod
    def _finish(
        skull: SkullRays, damaged: DamagedRays, prior: GaussianProcessPrior, model: ShapeModel
    ) -> dict[str, torch.Tensor]:
        """What the network is given, of one sample."""
        coarse = values_at_level(damaged.intervals, model.level)
        coefficients, _, _ = model.fit(coarse, parameters=TRAINING_SHAPE)
        tables, sigma = (
            values_at_level(a.astype(np.float32), NETWORK_LEVEL)
            for a in prior.predict_tables(coarse, model.reconstruct_tables(coefficients))
        )
        vault = _vault_at_level(model, NETWORK_LEVEL)
        x = compute_features(damaged.intervals, tables, sigma, vault, damaged.reach, NETWORK_LEVEL)
        valid = np.isfinite(skull.tables) & vault[:, None]
        truth = np.where(valid, skull.tables, 0)
        return {
            "x": torch.from_numpy(x),
            "start": torch.from_numpy(tables.T.copy()),
            "truth": torch.from_numpy(truth.T.astype(np.float32)),
            "valid": torch.from_numpy(valid.T.copy()),
            "missing": torch.from_numpy(damaged.missing),
        }

    def _augment_skull(self, skull: SkullRays, name: str, rng: np.random.Generator) -> SkullRays:
        """Augment one skull: blend it towards another, mirror it or not, and warp it."""
        if self.blender is not None:
            skull = apply_shape_change(skull, self.blender.draw_shape_change(name, rng))
        return warp_skull(mirror_skull(skull) if rng.random() < 0.5 else skull, rng)


RowFile = np.memmap[Any, np.dtype[np.float32]]


def create_row_files(count: int, folder: Path) -> tuple[RowFile, RowFile, RowFile]:
    """Create the files of :class:`PreparedSkulls`, mapped for writing.

    Parameters
    ----------
    count
        Number of rows.
    folder
        An existing folder.

    Returns
    -------
    intervals, reach, tables : memmap
        (count, n, m, 2), (count, n) and (count, n, 2) float32, mm.
    """
    n = vertex_count(NETWORK_LEVEL)
    shapes = {"intervals": (count, n, MAX_INTERVALS, 2), "reach": (count, n), "tables": (count, n, 2)}
    intervals, reach, tables = (
        np.lib.format.open_memmap(folder / f"{name}.npy", mode="w+", dtype=np.float32, shape=shape)
        for name, shape in shapes.items()
    )
    return intervals, reach, tables
