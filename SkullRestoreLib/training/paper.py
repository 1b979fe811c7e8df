"""The paper's own recipe (Mishinov 2023), to be measured on the same cases as ours: its input, its damage, its number of variants.

What the network sees is one number a ray, the distance from the grid to the first bone on the way to the centre, in units of the grid's radius; it is
greater than one where the ray passes the centre before it meets bone. It learns to give back the whole skull's distances after a sphere of random
size and place has taken bone away. The paper tells neither level, widths nor loss; they are chosen here so that 78 000 variants take under an hour on
one core, and the distances are read at level 6 all the same.
"""

from collections.abc import Mapping, Sequence
from functools import cached_property, lru_cache
from pathlib import Path

import lightning
import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from SkullRestoreLib.case import WeightsError
from SkullRestoreLib.grid import grid, level_of, to_level
from SkullRestoreLib.network import Block, SphereConv, from_charts, to_charts, upsample_charts
from SkullRestoreLib.staging import write
from SkullRestoreLib.training.curves import Curves
from SkullRestoreLib.training.damage import KINDS, Skull, cut
from SkullRestoreLib.training.dataset import Prepared
from SkullRestoreLib.training.fit import Epoch, save_half, share_of, steps_of

LEVEL = 5
GRID_MM = 132.0
"""Radius of the grid: it encloses every head."""
WIDTHS = (16, 24, 32, 48)
_TYPICAL = 0.35  # a head's outer table lies about this far from the grid
_NAME = "paper.safetensors"


def first_hit(intervals: np.ndarray) -> np.ndarray:
    """Distance to the first bone along each ray, in units of the grid's radius.

    Parameters
    ----------
    intervals
        (n, m, 2) float, mm from the centre, outermost first.

    Returns
    -------
    (n,) float32
        Up to 1 where bone lies before the centre; beyond it the ray goes on to the inner side of the opposite wall, or out of the head (2).
    """
    outermost = np.nan_to_num(intervals[..., 1], nan=-1.0).max(axis=1)  # damage may have taken the first interval and left the second
    distance = 1 - outermost / GRID_MM
    none = np.flatnonzero(outermost < 0)
    ends = intervals[_opposite(level_of(len(intervals)))[none], :, 0]
    distance[none] = 1 + np.where(np.isfinite(ends), ends, GRID_MM).min(axis=1) / GRID_MM
    return distance.astype(np.float32)


@lru_cache(maxsize=3)
def _opposite(level: int) -> np.ndarray:
    """(n,) int64, the vertex opposite each vertex."""
    return grid(level).nearest(-grid(level).directions)


class PaperNet(nn.Module):
    """A U-Net on the grid with the distance as its only input and output; the finest level has one convolution only, for speed."""

    def __init__(self, widths: tuple[int, ...] = WIDTHS) -> None:
        super().__init__()
        self.down = nn.ModuleList(Block(a, b, stride=2) for a, b in zip((1, *widths[:-1]), widths, strict=True))
        self.up = nn.ModuleList(Block(a + b, b) for a, b in zip(widths[:0:-1], widths[-2::-1], strict=True))
        self.coarse = SphereConv(widths[0], 8)
        self.fine = SphereConv(9, 1)

    def forward(self, distance: Tensor) -> Tensor:
        """Distances (b, n) of a damaged skull to those of the whole one."""
        charts = to_charts(distance[:, None] - _TYPICAL)
        skips, y = [], charts
        for block in self.down:
            y = block(y)
            skips.append(y)
        y = skips.pop()
        for block in self.up:
            y = block(torch.cat([upsample_charts(y), skips.pop()], dim=2))
        return from_charts(self.fine(torch.cat([upsample_charts(self.coarse(y)), charts], dim=2)))[:, 0] + _TYPICAL


class Spheres(Dataset):
    """Whole skulls with a sphere taken out; sample ``k`` of epoch ``e`` is always the same for the same seed."""

    def __init__(self, prepared: Prepared, rows: Sequence[int], *, length: int, seed: int) -> None:
        self.prepared, self.rows, self.length, self.seed, self.epoch = prepared, list(rows), length, seed, 0

    def __len__(self) -> int:
        return self.length

    @cached_property
    def skulls(self) -> list[Skull]:
        """All rows on the recipe's level."""
        intervals, reach, tables = self.prepared.arrays
        return [Skull(LEVEL, *(to_level(a[r], LEVEL) for a in (intervals, tables, reach))) for r in self.rows]

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        """Distances ``x`` (n,) of the damaged and ``truth`` (n,) of the whole skull."""
        rng = np.random.default_rng([self.seed, self.epoch, index])
        skull = self.skulls[rng.integers(len(self.rows))]
        damaged = cut(skull, KINDS["sphere"][0](rng))
        return {"x": torch.from_numpy(first_hit(damaged)), "truth": torch.from_numpy(first_hit(skull.intervals))}


class FitPaper(lightning.LightningModule):
    """Adam with one cycle of the learning rate on the mean absolute error; the damaged part weighs as much as all the rest."""

    def __init__(self, *, steps: int, rate: float = 3e-3) -> None:
        super().__init__()
        self.network = PaperNet()
        self.steps, self.rate = steps, rate

    def _terms(self, batch: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
        bone = batch["truth"] <= 1
        lost = bone & ((batch["x"] - batch["truth"]).abs() > 0.01)
        error = (self.network(batch["x"]) - batch["truth"]).abs()
        hole = (error * lost).sum() / lost.sum().clamp(min=1)
        return hole + (error * bone).sum() / bone.sum(), GRID_MM * hole.detach()

    def training_step(self, batch: dict[str, Tensor], _: int) -> Tensor:
        """Loss of one batch."""
        loss, hole_mm = self._terms(batch)
        self.log_dict({"train_loss": loss, "train_outer_mm": hole_mm}, on_step=False, on_epoch=True, prog_bar=True, sync_dist=True)
        return loss

    def validation_step(self, batch: dict[str, Tensor], _: int) -> None:
        """The same on skulls that training never sees."""
        loss, hole_mm = self._terms(batch)
        self.log_dict({"valid_loss": loss, "valid_outer_mm": hole_mm}, prog_bar=True, sync_dist=True)

    def configure_optimizers(self) -> dict:
        """Adam, one cycle."""
        optimizer = torch.optim.Adam(self.network.parameters(), lr=self.rate)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, self.rate, total_steps=self.steps + 1, pct_start=0.1)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}


def fit_paper(
    prepared: Prepared,
    split: Mapping[str, Sequence[str]],
    folder: Path,
    *,
    samples: int = 78_000,
    batch: int = 8,
    epochs: int = 60,
    workers: int = 1,
    seed: int = 0,
    device: str = "auto",
    devices: int | str = "auto",
    nodes: int = 1,
) -> Path:
    """Train the paper's network on the intact skulls, and write ``paper.safetensors`` (float16) into ``folder``; a stopped run goes on.

    Parameters
    ----------
    prepared, split, folder, samples, batch, epochs, workers, seed, device, devices, nodes
        As for :func:`SkullRestoreLib.training.fit.fit_network`.

    Returns
    -------
    Path
        The weights.
    """
    lightning.seed_everything(seed, verbose=False)
    rows = {
        part: [k for k, name in enumerate(prepared.names) if name in set(split[part]) and not name.startswith("holed/")]
        for part in ("train", "valid")
    }
    per_epoch = steps_of(samples, epochs, batch)
    train = Spheres(prepared, rows["train"], length=per_epoch * batch, seed=seed)
    valid = Spheres(prepared, rows["valid"], length=64, seed=seed + 1)
    keeper = lightning.pytorch.callbacks.ModelCheckpoint(folder / "checkpoints", filename="paper", enable_version_counter=False)
    trainer = lightning.Trainer(
        accelerator=device, devices=devices, num_nodes=nodes, max_epochs=epochs, callbacks=[Epoch(train), Curves(folder), keeper],
        logger=False, enable_model_summary=False, enable_progress_bar=True, gradient_clip_val=1.0,
    )  # fmt: skip
    module = FitPaper(steps=epochs * per_epoch)
    common = {"batch_size": share_of(batch, trainer.world_size), "num_workers": workers, "persistent_workers": False}
    last = folder / "checkpoints" / "paper.ckpt"
    trainer.fit(module, DataLoader(train, drop_last=True, **common), DataLoader(valid, **common), ckpt_path=last if last.exists() else None)
    weights = folder / _NAME
    if trainer.is_global_zero:
        write(weights, lambda part: save_half(module.network, part))
    return weights


def load_paper(path: Path) -> PaperNet:
    """Read the paper's network.

    Raises
    ------
    WeightsError
        If the file is missing or damaged.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    network = PaperNet()
    try:
        network.load_state_dict({k: v.float() for k, v in load_file(str(path)).items()}, strict=False)
    except (FileNotFoundError, SafetensorError, RuntimeError, KeyError) as error:
        raise WeightsError(
            f"The weights of the paper's network in {path} cannot be used ({str(error).splitlines()[0]}). Train them: skullrestore train --recipe paper."
        ) from None
    return network.eval()


def whole_distance(network: PaperNet, intervals: np.ndarray) -> np.ndarray:
    """What the network makes of a damaged skull.

    Parameters
    ----------
    network
        From :func:`load_paper`.
    intervals
        (n, m, 2) float, mm, at level 5 or finer.

    Returns
    -------
    (n,) float64
        Distances of the whole skull on the same level.
    """
    level = level_of(len(intervals))
    seen = torch.from_numpy(first_hit(to_level(intervals, LEVEL)))[None]
    with torch.inference_mode():
        made = network(seen)[0].double().numpy()
    return to_level(made, level)
