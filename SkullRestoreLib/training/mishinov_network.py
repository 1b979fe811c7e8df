"""The network of Mishinov 2023 and its training, so that it can be measured on the same cases as ours.

The network sees one number per ray: the distance from the grid to the first bone towards the centre, in units of the
grid's radius; it is greater than one where the ray passes the centre before it meets bone. It learns to restore the
distances of the intact skull after a sphere of random size and place has taken bone away. The paper states neither grid
level, channel widths nor loss. They are chosen here so that 78 000 variants take under an hour on one core; the
distances are evaluated at level 6 all the same.
"""

from collections.abc import Mapping, Sequence
from functools import cached_property, lru_cache, partial
from pathlib import Path
from typing import Any

import lightning
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.utils.data import Dataset

from SkullRestoreLib._system.atomic_write import write_atomically
from SkullRestoreLib.errors import WeightsError
from SkullRestoreLib.geometry.icosphere import level_from_count, spherical_grid, values_at_level
from SkullRestoreLib.prediction.spherical_unet import ConvBlock, SphereConv, from_charts, to_charts, upsample_charts
from SkullRestoreLib.training.dataset import PreparedSkulls
from SkullRestoreLib.training.options import TrainingOptions
from SkullRestoreLib.training.synthetic_defects import SkullRays, cut_intervals, draw_sphere
from SkullRestoreLib.training.trainer import build_trainer, fit_module, save_half_precision, steps_per_epoch

LEVEL = 5
GRID_RADIUS_MM = 132.0
"""Radius of the grid; it encloses every head."""
CHANNEL_WIDTHS = (16, 24, 32, 48)
LEARNING_RATE = 3e-3
_TYPICAL_DISTANCE = 0.35
"""Mean distance of a head's outer table from the grid, in units of its radius; subtracted so that inputs are
centred."""
_MIN_LOST_DISTANCE = 0.01
"""A change of the distance by more than this (1.3 mm) counts as lost bone in the loss."""
_VALIDATION_SAMPLES = 64
_WEIGHTS_FILE = "paper.safetensors"


def first_hit_distance(intervals: NDArray[np.floating]) -> NDArray[np.float32]:
    """Measure the distance to the first bone along each ray, in units of the grid's radius.

    Parameters
    ----------
    intervals
        (n, m, 2) bone intervals, mm from the centre, outermost first.

    Returns
    -------
    ndarray
        (n,) float32. Up to 1 where bone comes before the centre; otherwise the ray goes on to the inner side of the
        opposite wall, or out of the head (2).
    """
    # damage may have removed the first interval and left the second
    outermost = np.nan_to_num(intervals[..., 1], nan=-1.0).max(axis=1)
    distance = 1 - outermost / GRID_RADIUS_MM
    empty = np.flatnonzero(outermost < 0)
    ends = intervals[_opposite_vertices(level_from_count(len(intervals)))[empty], :, 0]
    distance[empty] = 1 + np.where(np.isfinite(ends), ends, GRID_RADIUS_MM).min(axis=1) / GRID_RADIUS_MM
    return distance.astype(np.float32)


@lru_cache(maxsize=3)
def _opposite_vertices(level: int) -> NDArray[np.int64]:
    """Find the vertex opposite each vertex: (n,) int64."""
    return spherical_grid(level).nearest_vertices(-spherical_grid(level).directions)


class MishinovNetwork(nn.Module):
    """U-Net on the grid with the distance as its only input and output.

    The finest level has a single convolution, for speed.

    Parameters
    ----------
    widths
        Channels per level, the finest first.
    """

    def __init__(self, widths: tuple[int, ...] = CHANNEL_WIDTHS) -> None:
        super().__init__()
        self.down = nn.ModuleList(ConvBlock(a, b, stride=2) for a, b in zip((1, *widths[:-1]), widths, strict=True))
        self.up = nn.ModuleList(ConvBlock(a + b, b) for a, b in zip(widths[:0:-1], widths[-2::-1], strict=True))
        self.coarse = SphereConv(widths[0], 8)
        self.fine = SphereConv(9, 1)

    def forward(self, distance: Tensor) -> Tensor:
        """Predict the intact skull.

        Parameters
        ----------
        distance
            (b, n) distances of the damaged skull.

        Returns
        -------
        Tensor
            (b, n) distances of the intact skull.
        """
        charts = to_charts(distance[:, None] - _TYPICAL_DISTANCE)
        skips, y = [], charts
        for block in self.down:
            y = block(y)
            skips.append(y)
        y = skips.pop()
        for block in self.up:
            y = block(upsample_charts(y), skips.pop())
        return from_charts(self.fine(upsample_charts(self.coarse(y)), charts))[:, 0] + _TYPICAL_DISTANCE


class SphereDefectSkulls(Dataset[dict[str, Tensor]]):
    """Intact skulls with a sphere taken out. Sample ``k`` of epoch ``e`` is always the same for the same seed.

    Parameters
    ----------
    prepared
        The skulls.
    rows
        Which rows to draw from.
    length
        Samples in an epoch.
    seed
        Start of all randomness.
    """

    def __init__(self, prepared: PreparedSkulls, rows: Sequence[int], *, length: int, seed: int) -> None:
        self.prepared, self.rows, self.length, self.seed, self.epoch = prepared, list(rows), length, seed, 0

    def __len__(self) -> int:
        return self.length

    @cached_property
    def skulls(self) -> list[SkullRays]:
        """All rows at level 5."""
        intervals, reach, tables = self.prepared.arrays
        return [
            SkullRays(LEVEL, *(values_at_level(a[r], LEVEL) for a in (intervals, tables, reach))) for r in self.rows
        ]

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        """Draw one sample.

        Parameters
        ----------
        index
            Its number in the epoch.

        Returns
        -------
        dict
            Distances ``x`` (n,) of the damaged and ``truth`` (n,) of the intact skull.
        """
        rng = np.random.default_rng([self.seed, self.epoch, index])
        skull = self.skulls[rng.integers(len(self.rows))]
        damaged = cut_intervals(skull, draw_sphere(rng))
        return {
            "x": torch.from_numpy(first_hit_distance(damaged)),
            "truth": torch.from_numpy(first_hit_distance(skull.intervals)),
        }


class MishinovTrainingModule(lightning.LightningModule):
    """Adam with one cycle of the learning rate on the mean absolute error.

    The damaged part weighs as much as all the rest.

    Parameters
    ----------
    steps
        Optimiser steps of the run.
    rate
        Largest learning rate.
    """

    def __init__(self, *, steps: int, rate: float = LEARNING_RATE) -> None:
        super().__init__()
        self.network = MishinovNetwork()
        self.steps, self.rate = steps, rate

    def _loss_terms(self, batch: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
        """Loss, and mean error in the defect in mm."""
        bone = batch["truth"] <= 1
        lost = bone & ((batch["x"] - batch["truth"]).abs() > _MIN_LOST_DISTANCE)
        error = (self.network(batch["x"]) - batch["truth"]).abs()
        in_defect = (error * lost).sum() / lost.sum().clamp(min=1)
        return in_defect + (error * bone).sum() / bone.sum(), GRID_RADIUS_MM * in_defect.detach()

    def training_step(self, batch: dict[str, Tensor], _: int) -> Tensor:
        """Compute the loss of one batch."""
        loss, error_mm = self._loss_terms(batch)
        self.log_dict(
            {"train_loss": loss, "train_outer_mm": error_mm},
            on_step=False,
            on_epoch=True,
            prog_bar=True,
            sync_dist=True,
        )
        return loss

    def validation_step(self, batch: dict[str, Tensor], _: int) -> None:
        """Log loss and error on skulls that are not trained on."""
        loss, error_mm = self._loss_terms(batch)
        self.log_dict({"valid_loss": loss, "valid_outer_mm": error_mm}, prog_bar=True, sync_dist=True)

    def configure_optimizers(self) -> Any:
        """Set up Adam and the cycle of its learning rate."""
        optimizer = torch.optim.Adam(self.network.parameters(), lr=self.rate)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, self.rate, total_steps=self.steps + 1, pct_start=0.1)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}


def fit_mishinov_network(
    prepared: PreparedSkulls, split: Mapping[str, Sequence[str]], folder: Path, options: TrainingOptions
) -> Path:
    """Train the paper's network on the intact skulls, and write ``paper.safetensors`` (float16) into a folder.

    Parameters
    ----------
    prepared
        The skulls; those with a defect of their own are left out.
    split
        Names under ``train`` and ``valid``.
    folder
        Gets checkpoints, curves and weights; a run that was stopped there continues.
    options
        Samples, batch, epochs, hardware and seed.

    Returns
    -------
    Path
        The weights.

    Raises
    ------
    InputError
        If the processes cannot share a batch evenly.
    """
    lightning.seed_everything(options.seed, verbose=False)
    rows = {
        part: [
            k for k, name in enumerate(prepared.row_names) if name in set(split[part]) and not name.startswith("holed/")
        ]
        for part in ("train", "valid")
    }
    per_epoch = steps_per_epoch(options)
    train = SphereDefectSkulls(prepared, rows["train"], length=per_epoch * options.batch, seed=options.seed)
    valid = SphereDefectSkulls(prepared, rows["valid"], length=_VALIDATION_SAMPLES, seed=options.seed + 1)
    trainer = build_trainer(options, train, folder, checkpoint="paper")
    module = MishinovTrainingModule(steps=options.epochs * per_epoch)
    fit_module(trainer, module, (train, valid), options, checkpoint=folder / "checkpoints" / "paper.ckpt")
    weights = folder / _WEIGHTS_FILE
    if trainer.is_global_zero:
        write_atomically(weights, partial(save_half_precision, module.network))
    return weights


def load_mishinov_network(path: Path) -> MishinovNetwork:
    """Read the paper's network.

    Parameters
    ----------
    path
        Written by :func:`fit_mishinov_network`.

    Raises
    ------
    WeightsError
        If the file is missing or damaged.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    network = MishinovNetwork()
    try:
        network.load_state_dict({k: v.float() for k, v in load_file(str(path)).items()}, strict=False)
    except (FileNotFoundError, SafetensorError, RuntimeError, KeyError) as error:
        raise WeightsError(
            f"The weights of the paper's network in {path} cannot be used ({str(error).splitlines()[0]}). "
            "Train them: skullrestore train --recipe paper."
        ) from None
    return network.eval()


def predict_intact_distance(network: MishinovNetwork, intervals: NDArray[np.floating]) -> NDArray[np.float64]:
    """Predict the intact skull from a damaged one.

    Parameters
    ----------
    network
        From :func:`load_mishinov_network`.
    intervals
        (n, m, 2) bone intervals, mm, at level 5 or finer.

    Returns
    -------
    ndarray
        (n,) float64, distances of the intact skull on the same level, in units of the grid's radius.
    """
    level = level_from_count(len(intervals))
    damaged = torch.from_numpy(first_hit_distance(values_at_level(intervals, LEVEL)))[None]
    with torch.inference_mode():
        intact = network(damaged)[0].double().numpy()
    return values_at_level(intact, level)
