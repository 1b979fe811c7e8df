"""Train the network: prepared skulls in, weights, curves and split out.

Every choice that decides the result is written next to the weights: ``split.json`` (by patient), ``curves.csv``,
``curves.png`` and ``settings.json``.
"""

import json
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import lightning
import torch
from torch import Tensor
from torch.nn import functional

from SkullRestoreLib._system.atomic_write import write_atomically
from SkullRestoreLib.prediction.features import FEATURE_VERSION, NETWORK_LEVEL, mirror_features
from SkullRestoreLib.prediction.spherical_unet import SphericalUNet, load_unet
from SkullRestoreLib.training.dataset import DamagedSkulls, FoldPriors, PreparedSkulls
from SkullRestoreLib.training.options import TrainingOptions
from SkullRestoreLib.training.sample_finisher import SampleFinisher
from SkullRestoreLib.training.shape_blending import ShapeBlender
from SkullRestoreLib.training.torch_grid import mirror_table
from SkullRestoreLib.training.trainer import (
    build_trainer,
    choose_precision,
    fit_module,
    save_half_precision,
    steps_per_epoch,
    trains_on_graphics_card,
)

LEARNING_RATE, CONTINUED_LEARNING_RATE = 2e-3, 1e-3
"""Largest learning rate of a run from random weights, and of one that continues from trained weights."""
MAX_ERROR_MM = 15.0
"""Errors of a table count up to this; beyond it the truth is more likely wrong than the network."""
MAX_VALIDATION_SAMPLES = 64


def loss_terms(output: Tensor, batch: dict[str, Tensor]) -> dict[str, Tensor]:
    """Compute the loss of a batch.

    Parameters
    ----------
    output
        (b, 5, n) network output: correction of outer and inner table in mm, logarithm of the scale of both, logit of
        *missing*.
    batch
        Samples of :class:`SkullRestoreLib.training.dataset.DamagedSkulls`.

    Returns
    -------
    dict
        ``loss`` to minimise: Laplace negative log-likelihood of both tables, in which the vertices of the defect
        together weigh as much as all sound ones together, plus cross-entropy of *missing*. To watch: ``outer_mm`` and
        ``inner_mm``, the mean absolute error in the defect, and ``missing``, the cross-entropy.
    """
    output = output.float()
    error = (batch["start"] + output[:, :2] - batch["truth"]).abs()
    scale = output[:, 2:4].clamp(-4, 3)
    likelihood = error.clamp(max=MAX_ERROR_MM) * torch.exp(-scale) + scale
    valid, missing = batch["valid"], batch["missing"][:, None]
    in_defect, sound = (valid & missing).float(), (valid & ~missing).float()

    def weighted_mean(values: Tensor, weight: Tensor) -> Tensor:
        # every sample's defect weighs the same, whatever its size; tiny ones a little less
        return ((values * weight).sum(dim=(1, 2)) / (weight.sum(dim=(1, 2)) + 60)).mean()

    known = valid[:, 0]
    cross = functional.binary_cross_entropy_with_logits(output[:, 4], batch["missing"].float(), reduction="none")
    cross = (cross * known).sum() / known.sum().clamp(min=1)
    with torch.no_grad():
        per_table = (error * in_defect).sum(dim=(0, 2)) / in_defect.sum(dim=(0, 2)).clamp(min=1)
    loss = (
        weighted_mean(likelihood, in_defect)
        + 0.5 * weighted_mean(likelihood, sound)
        + 0.25 * weighted_mean(error.clamp(max=MAX_ERROR_MM), in_defect)
        + 4 * cross
    )
    return {"loss": loss, "outer_mm": per_table[0], "inner_mm": per_table[1], "missing": cross}


def add_mirror_images(batch: dict[str, Tensor]) -> dict[str, Tensor]:
    """Append the mirror image of every sample: a second variant at no cost.

    The network is evaluated on both in use as well (:func:`SkullRestoreLib.prediction.network.predict`).

    Parameters
    ----------
    batch
        Arrays (b, ..., n) by name; ``x`` holds the features.

    Returns
    -------
    dict
        Arrays (2 b, ..., n).
    """
    mirror = mirror_table(NETWORK_LEVEL, batch["x"].device)
    return {
        name: torch.cat([values, mirror_features(values) if name == "x" else values[..., mirror]])
        for name, values in batch.items()
    }


class NetworkTrainingModule(lightning.LightningModule):
    """AdamW with one cycle of the learning rate, and a running mean of the weights.

    Parameters
    ----------
    steps
        Optimiser steps of the run.
    rate
        Largest learning rate.
    start
        The network to continue from; random weights if None.
    priors
        With which samples that come unfinished are finished on the module's device; not needed for finished ones.
    """

    def __init__(
        self,
        *,
        steps: int,
        rate: float = LEARNING_RATE,
        start: SphericalUNet | None = None,
        priors: FoldPriors | None = None,
    ) -> None:
        super().__init__()
        self.network = SphericalUNet() if start is None else start.train()
        self.mean = torch.optim.swa_utils.AveragedModel(
            self.network, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(0.995), use_buffers=True
        )
        # the mean is not trained; several GPUs would wait for its gradients
        self.mean.requires_grad_(False)
        self.steps, self.rate, self.priors = steps, rate, priors
        # no part of the module: it is not learnt, and several GPUs would send it to each other at every step
        self._finisher: SampleFinisher | None = None

    def on_after_batch_transfer(self, batch: dict[str, Tensor], dataloader_idx: int) -> dict[str, Tensor]:
        """Finish the samples of a batch that came unfinished."""
        if "x" in batch:
            return batch
        if self._finisher is None:
            assert self.priors is not None, "unfinished samples need priors"
            self._finisher = SampleFinisher(self.priors.priors, batch["reach"].device)
        return self._finisher.finish(batch)

    def training_step(self, batch: dict[str, Tensor], _: int) -> Tensor:
        """Compute the loss of one batch."""
        batch = add_mirror_images(batch)
        terms = loss_terms(self.network(batch["x"]), batch)
        self.log_dict(
            {f"train_{k}": v for k, v in terms.items()}, on_step=False, on_epoch=True, prog_bar=True, sync_dist=True
        )
        return terms["loss"]

    def on_train_batch_end(self, *_: object) -> None:
        """Update the running mean of the weights."""
        self.mean.update_parameters(self.network)

    def validation_step(self, batch: dict[str, Tensor], _: int) -> None:
        """Log the errors of the averaged network and of kriging alone on skulls that are not trained on."""
        terms = loss_terms(self.mean(batch["x"]), batch)
        start = loss_terms(torch.zeros_like(batch["x"][:, :5]), batch)
        self.log_dict({f"valid_{k}": v for k, v in terms.items()}, prog_bar=True, sync_dist=True)
        self.log_dict({"start_outer_mm": start["outer_mm"], "start_inner_mm": start["inner_mm"]}, sync_dist=True)

    def configure_optimizers(self) -> Any:
        """Set up AdamW and the cycle of its learning rate."""
        optimizer = torch.optim.AdamW(self.network.parameters(), lr=self.rate, weight_decay=1e-3)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, self.rate, total_steps=self.steps + 1, pct_start=0.1)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}


def fit_network(
    prepared: PreparedSkulls,
    priors: FoldPriors,
    split: Mapping[str, list[str]],
    folder: Path,
    options: TrainingOptions,
    *,
    blender: ShapeBlender | None = None,
) -> Path:
    """Train the network, and write ``network.safetensors`` (float16) into a folder.

    Parameters
    ----------
    prepared
        The skulls.
    priors
        For each row of ``prepared``, kriging with a shape model that does not contain its patient.
    split
        Names under ``train``, ``valid`` and ``test``; by patient.
    folder
        Gets checkpoints, curves and weights; a run that was stopped there continues.
    options
        Samples, batch, epochs, hardware, seed and the weights to start from.
    blender
        Blends each skull's shape with another's; without it shapes stay as they are.

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
    train, valid = _make_data(prepared, priors, split, options, blender=blender)
    trainer = build_trainer(
        options,
        train,
        folder,
        checkpoint="last",
        precision=choose_precision(options.device),
        validate_every=max(1, options.epochs // 20),
    )
    if trainer.is_global_zero:
        chosen = {name: getattr(options, name) for name in ("samples", "batch", "epochs", "seed")}
        for name, content in (("settings.json", chosen), ("split.json", split)):
            write_atomically(folder / name, partial(_write_json, content))
    train.unfinished = valid.unfinished = trains_on_graphics_card(trainer)
    steps = options.epochs * steps_per_epoch(options)
    if options.start is None:
        module = NetworkTrainingModule(steps=steps, priors=priors)
    else:
        start = load_unet(options.start)
        module = NetworkTrainingModule(steps=steps, rate=CONTINUED_LEARNING_RATE, start=start, priors=priors)
    fit_module(trainer, module, (train, valid), options, checkpoint=folder / "checkpoints" / "last.ckpt")
    weights = folder / "network.safetensors"
    if trainer.is_global_zero:
        write_atomically(weights, partial(save_weights, module.mean.module))
    return weights


def _make_data(
    prepared: PreparedSkulls,
    priors: FoldPriors,
    split: Mapping[str, list[str]],
    options: TrainingOptions,
    *,
    blender: ShapeBlender | None,
) -> tuple[DamagedSkulls, DamagedSkulls]:
    """Training and validation data."""
    names = [set(split[part]) for part in ("train", "valid")]
    train_rows, valid_rows = ([k for k, name in enumerate(prepared.row_names) if name in part] for part in names)
    length = steps_per_epoch(options) * options.batch
    train = DamagedSkulls(prepared, train_rows, priors, length=length, seed=options.seed, blender=blender)
    length = min(MAX_VALIDATION_SAMPLES, 4 * len(valid_rows))
    valid = DamagedSkulls(prepared, valid_rows, priors, length=length, seed=options.seed + 1, augment=False)
    return train, valid


def _write_json(content: Any, path: Path) -> None:
    path.write_text(json.dumps(content, indent=1), encoding="utf-8")


def save_weights(network: torch.nn.Module, path: Path) -> Path:
    """Write the network's weights, with the version of its features.

    Parameters
    ----------
    network
        A :class:`SkullRestoreLib.prediction.spherical_unet.SphericalUNet`.
    path
        The file.

    Returns
    -------
    Path
        The file.
    """
    return save_half_precision(network, path, metadata={"features": FEATURE_VERSION})
