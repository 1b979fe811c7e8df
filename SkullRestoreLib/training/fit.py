"""Fitting the network: prepared skulls in, weights, curves and split out.

The loop is Lightning's, so the same command runs on two cores, one GPU, or many nodes, and takes the same
steps through the same samples on all of them. Every choice that decides the result is written next
to the weights: ``split.json`` (by patient), ``curves.csv``, ``curves.png``, ``settings.json``.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import lightning
import torch
from torch import Tensor
from torch.nn import functional
from torch.utils.data import DataLoader

from SkullRestoreLib.case import InputError
from SkullRestoreLib.grid import grid
from SkullRestoreLib.krige import Prior
from SkullRestoreLib.network import FEATURES, LEVEL, SphericalUNet, load, mirror_image
from SkullRestoreLib.shape import ShapeModel
from SkullRestoreLib.staging import write
from SkullRestoreLib.training.curves import Curves
from SkullRestoreLib.training.dataset import DamagedSkulls, Prepared
from SkullRestoreLib.training.heads import Heads


def loss_terms(y: Tensor, batch: dict[str, Tensor]) -> dict[str, Tensor]:
    """Loss of a batch.

    Parameters
    ----------
    y
        (b, 5, n) network output.
    batch
        Samples of :class:`DamagedSkulls`.

    Returns
    -------
    dict
        ``loss`` to minimise: Laplace negative log-likelihood of both tables, in which the vertices of the hole together weigh as much as all
        sound ones together, plus cross-entropy of *missing*; and for the eye ``outer_mm`` and ``inner_mm``, mean absolute error in the hole.
    """
    y = y.float()
    error = (batch["start"] + y[:, :2] - batch["truth"]).abs()
    scale = y[:, 2:4].clamp(-4, 3)
    likelihood = error.clamp(max=15) * torch.exp(-scale) + scale
    valid, hole = batch["valid"], batch["missing"][:, None]
    in_hole, sound = (valid & hole).float(), (valid & ~hole).float()

    def mean(values: Tensor, weight: Tensor) -> Tensor:
        # holes of one sample count alike, whatever their size; tiny ones a little less
        return ((values * weight).sum(dim=(1, 2)) / (weight.sum(dim=(1, 2)) + 60)).mean()

    known = valid[:, 0]
    cross = functional.binary_cross_entropy_with_logits(y[:, 4], batch["missing"].float(), reduction="none")
    cross = (cross * known).sum() / known.sum().clamp(min=1)
    with torch.no_grad():
        per_table = (error * in_hole).sum(dim=(0, 2)) / in_hole.sum(dim=(0, 2)).clamp(min=1)
    loss = mean(likelihood, in_hole) + 0.5 * mean(likelihood, sound) + 0.25 * mean(error.clamp(max=15), in_hole) + 4 * cross
    return {"loss": loss, "outer_mm": per_table[0], "inner_mm": per_table[1], "missing": cross}


def with_mirror_images(batch: dict[str, Tensor]) -> dict[str, Tensor]:
    """Every variant and its mirror image, as the network is asked of both (:func:`SkullRestoreLib.network.predict`): a second variant that costs no making."""
    flip = grid(LEVEL).mirror
    return {name: torch.cat([values, mirror_image(values) if name == "x" else values[..., flip]]) for name, values in batch.items()}


class Fit(lightning.LightningModule):
    """Adam with one cycle of the learning rate, and a running mean of the weights.

    Parameters
    ----------
    steps
        Optimiser steps of the whole run.
    rate
        Largest learning rate.
    start
        What it starts from; from nothing, when not given.
    """

    def __init__(self, *, steps: int, rate: float = 2e-3, start: SphericalUNet | None = None) -> None:
        super().__init__()
        self.network = SphericalUNet() if start is None else start.train()
        self.mean = torch.optim.swa_utils.AveragedModel(
            self.network, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(0.995), use_buffers=True
        )
        self.mean.requires_grad_(False)  # it follows, it does not learn; several GPUs would wait for its gradients
        self.steps, self.rate = steps, rate

    def training_step(self, batch: dict[str, Tensor], _: int) -> Tensor:
        """Loss of one batch."""
        batch = with_mirror_images(batch)
        terms = loss_terms(self.network(batch["x"]), batch)
        self.log_dict({f"train_{k}": v for k, v in terms.items()}, on_step=False, on_epoch=True, prog_bar=True, sync_dist=True)
        return terms["loss"]

    def on_train_batch_end(self, *_: object) -> None:
        """Follow the weights."""
        self.mean.update_parameters(self.network)

    def validation_step(self, batch: dict[str, Tensor], _: int) -> None:
        """Errors of the averaged network, and of the starting point, on skulls that training never sees."""
        terms = loss_terms(self.mean(batch["x"]), batch)
        start = loss_terms(torch.zeros_like(batch["x"][:, :5]), batch)
        self.log_dict({f"valid_{k}": v for k, v in terms.items()}, prog_bar=True, sync_dist=True)
        self.log_dict({"start_outer_mm": start["outer_mm"], "start_inner_mm": start["inner_mm"]}, sync_dist=True)

    def configure_optimizers(self) -> dict:
        """AdamW, one cycle."""
        optimizer = torch.optim.AdamW(self.network.parameters(), lr=self.rate, weight_decay=1e-3)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, self.rate, total_steps=self.steps + 1, pct_start=0.1)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}


class Epoch(lightning.Callback):
    """Tells the data which epoch it is, so that a resumed run draws the samples that the first would have drawn."""

    def __init__(self, data: DamagedSkulls) -> None:
        self.data = data

    def on_load_checkpoint(self, _trainer: lightning.Trainer, _module: lightning.LightningModule, checkpoint: dict) -> None:
        """Go on with the samples of the epoch after the checkpoint's."""
        self.data.epoch = checkpoint["epoch"] + 1  # the first workers of a resumed run start before its first epoch does

    def on_train_epoch_start(self, trainer: lightning.Trainer, _: lightning.LightningModule) -> None:
        """Tell the data."""
        self.data.epoch = trainer.current_epoch


def steps_of(samples: int, epochs: int, batch: int) -> int:
    """Optimiser steps in an epoch."""
    return max(1, samples // epochs // batch)


def share_of(batch: int, processes: int) -> int:
    """How many of a step's samples each of several processes takes: together they do the steps that one process would do, with the same samples.

    Raises
    ------
    InputError
        If they cannot be shared evenly.
    """
    if batch % processes:
        raise InputError(
            f"A batch of {batch} cannot be shared evenly by {processes} processes. Give --batch {-(-batch // processes) * processes}."
        )
    return batch // processes


def fit_network(
    prepared: Prepared,
    models: Sequence[ShapeModel],
    fold: Sequence[int],
    split: dict[str, list[str]],
    folder: Path,
    *,
    heads: Heads | None = None,
    samples: int = 78_000,
    batch: int = 8,
    epochs: int = 60,
    workers: int = 1,
    seed: int = 0,
    device: str = "auto",
    devices: int | str = "auto",
    nodes: int = 1,
    resume: bool = True,
    start: Path | None = None,
) -> Path:
    """Train, and write ``network.safetensors`` (float16) into ``folder``.

    Parameters
    ----------
    prepared, fold
        See :class:`DamagedSkulls`.
    models
        Shape models, one a fold.
    split
        Names under ``train``, ``valid`` and ``test``; by patient.
    folder
        Where checkpoints, curves and weights go; a run that was stopped there goes on.
    heads
        Whose shapes the skulls are blended with.
    samples
        Damaged variants in all, each learnt with its mirror image; the paper used 78 000.
    batch
        Variants in a step, those of all processes together.
    start
        Weights to go on from, at half the learning rate.

    Returns
    -------
    Path
        The weights.

    Raises
    ------
    InputError
        If the processes cannot share a batch evenly.
    """
    lightning.seed_everything(seed, verbose=False)
    rows = {part: [k for k, name in enumerate(prepared.names) if name in set(split[part])] for part in ("train", "valid")}
    per_epoch = steps_of(samples, epochs, batch)
    priors = [Prior(model, exact=False) for model in models]
    train = DamagedSkulls(prepared, rows["train"], priors, fold, length=per_epoch * batch, seed=seed, heads=heads)
    valid = DamagedSkulls(prepared, rows["valid"], priors, fold, length=min(64, 4 * len(rows["valid"])), seed=seed + 1, augment=False)
    keeper = lightning.pytorch.callbacks.ModelCheckpoint(folder / "checkpoints", filename="last", enable_version_counter=False)
    trainer = lightning.Trainer(
        accelerator=device, devices=devices, num_nodes=nodes, max_epochs=epochs, precision=precision_on(device),
        callbacks=[Epoch(train), Curves(folder), keeper], logger=False, enable_model_summary=False, enable_progress_bar=True,
        check_val_every_n_epoch=max(1, epochs // 20), gradient_clip_val=1.0,
    )  # fmt: skip
    if trainer.is_global_zero:
        chosen = {"samples": samples, "batch": batch, "epochs": epochs, "seed": seed}
        for name, facts in (("settings.json", chosen), ("split.json", split)):
            text = json.dumps(facts, indent=1)
            write(folder / name, lambda part, text=text: part.write_text(text))
    steps = epochs * per_epoch
    module = Fit(steps=steps) if start is None else Fit(steps=steps, rate=1e-3, start=load(start))
    common = {"batch_size": share_of(batch, trainer.world_size), "num_workers": workers, "persistent_workers": False}
    last = folder / "checkpoints" / "last.ckpt"
    trainer.fit(
        module,
        DataLoader(train, drop_last=True, **common),
        DataLoader(valid, **common),
        ckpt_path=last if resume and last.exists() else None,
    )
    weights = folder / "network.safetensors"
    if trainer.is_global_zero:
        write(weights, lambda part: save_weights(module.mean.module, part))
    return weights


def check_device(device: str) -> None:
    """Raise InputError if PyTorch has no such device here."""
    there = {"cuda": torch.cuda.is_available, "gpu": torch.cuda.is_available, "mps": torch.backends.mps.is_available}
    if device in there and not there[device]():
        raise InputError(f"PyTorch finds no device '{device}' on this computer. Leave --device out to take what there is, or use cpu.")


def precision_on(device: str) -> Literal["bf16-mixed", "32-true"]:
    """How a device multiplies fastest: bfloat16 where its hardware does, single precision where bfloat16 would be imitated, ten times slower."""
    if device != "cpu" and torch.cuda.is_available():
        quick = torch.cuda.is_bf16_supported(including_emulation=False)
    elif device != "cpu" and torch.backends.mps.is_available():
        quick = False
    else:
        can = torch.cpu.get_capabilities()
        quick = any(can.get(name) for name in ("amx_bf16", "avx512_bf16", "bf16", "sve_bf16"))
    return "bf16-mixed" if quick else "32-true"


def save_weights(network: SphericalUNet, path: Path) -> Path:
    """Write the network, with what its features mean."""
    return save_half(network, path, metadata={"features": FEATURES})


def save_half(network: torch.nn.Module, path: Path, *, metadata: dict[str, str] | None = None) -> Path:
    """Float16 safetensors: half the size, and the rounding is far below a network's error."""
    from safetensors.torch import save_file

    state = {k: v.half().contiguous() for k, v in network.state_dict().items() if not k.endswith("num_batches_tracked")}
    save_file(state, str(path), metadata=metadata)
    return path
