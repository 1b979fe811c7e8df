"""The training loop that both networks share: device, precision, steps, checkpoint and saved weights.

The loop is Lightning's, so the same command runs on two cores, one GPU or many nodes, and takes the same steps through
the same samples on all.
"""

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Literal, Protocol

import lightning
import torch
from torch.utils.data import DataLoader, Dataset

from SkullRestoreLib.errors import InputError
from SkullRestoreLib.training.loss_curves import LossCurveWriter
from SkullRestoreLib.training.options import TrainingOptions

Precision = Literal["bf16-mixed", "32-true"]
# half of a training step is bound by memory: bfloat16 must multiply faster by more than a little
WORTH_LESS_PRECISION = 1.5


class EpochDataset(Protocol):
    """A data set whose samples depend on the epoch."""

    epoch: int


class EpochCallback(lightning.Callback):
    """Set the epoch of the data set, so that a resumed run draws the samples that the first run would have drawn.

    Parameters
    ----------
    data
        The training data set.
    """

    def __init__(self, data: EpochDataset) -> None:
        self.data = data

    def on_load_checkpoint(
        self, _trainer: lightning.Trainer, _module: lightning.LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        """Continue with the samples of the epoch after the checkpoint's."""
        # the first workers of a resumed run start before its first epoch does
        self.data.epoch = checkpoint["epoch"] + 1

    def on_train_epoch_start(self, trainer: lightning.Trainer, _: lightning.LightningModule) -> None:
        """Set the epoch of the data set."""
        self.data.epoch = trainer.current_epoch


def steps_per_epoch(options: TrainingOptions) -> int:
    """Count the optimiser steps of one epoch; at least one.

    Parameters
    ----------
    options
        ``samples``, ``epochs`` and ``batch`` count.

    Examples
    --------
    >>> steps_per_epoch(TrainingOptions(samples=1600, epochs=10, batch=8))
    20
    """
    return max(1, options.samples // options.epochs // options.batch)


def batch_per_process(batch: int, processes: int) -> int:
    """Share a batch among processes: together they take the steps that one process would take, with the same samples.

    Parameters
    ----------
    batch
        Samples per optimiser step.
    processes
        How many processes train together.

    Returns
    -------
    int
        Samples per step of each process.

    Raises
    ------
    InputError
        If they cannot be shared evenly.

    Examples
    --------
    >>> batch_per_process(8, 2)
    4
    """
    if batch % processes:
        raise InputError(
            f"A batch of {batch} cannot be shared evenly by {processes} processes. "
            f"Give --batch {-(-batch // processes) * processes}."
        )
    return batch // processes


def check_device(device: str) -> None:
    """Check that PyTorch can use a device on this computer.

    Parameters
    ----------
    device
        "auto", "cpu", "gpu", "cuda" or "mps".

    Raises
    ------
    InputError
        If it cannot.
    """
    available: dict[str, Callable[[], bool]] = {
        "cuda": torch.cuda.is_available,
        "gpu": torch.cuda.is_available,
        "mps": torch.backends.mps.is_available,
    }
    if device in available and not available[device]():
        raise InputError(
            f"PyTorch finds no device '{device}' on this computer. "
            "Leave --device out to take what there is, or use cpu."
        )


def operations_per_second(kind: torch.dtype, *, size: int = 512) -> float:
    """Measure how many multiplications and additions a second one thread makes in a matrix product; the best of five.

    Parameters
    ----------
    kind
        Number format of the matrices.
    size
        Their rows and columns.

    Returns
    -------
    float
        Operations per second of processor time.

    Examples
    --------
    >>> operations_per_second(torch.float32, size=64) > 1e6
    True
    """
    matrix = torch.ones(size, size, dtype=kind)
    took = []
    for _ in range(5):
        start = time.process_time()
        _ = matrix @ matrix
        took.append(time.process_time() - start)
    return 2 * size**3 / max(min(took), 1e-9)


def choose_precision(device: str) -> Precision:
    """Choose the number format in which a device multiplies fastest.

    A GPU is asked whether it has bfloat16. A processor is measured: some have instructions for it that are slower than
    those for single precision, and where it is emulated it is ten times slower.

    Parameters
    ----------
    device
        "auto", "cpu", "gpu", "cuda" or "mps".

    Returns
    -------
    str
        "bf16-mixed" or "32-true".
    """
    if device != "cpu" and torch.cuda.is_available():
        faster = torch.cuda.is_bf16_supported(including_emulation=False)
    elif device != "cpu" and torch.backends.mps.is_available():
        faster = False
    else:
        faster = operations_per_second(torch.bfloat16) > WORTH_LESS_PRECISION * operations_per_second(torch.float32)
    return "bf16-mixed" if faster else "32-true"


def build_trainer(
    options: TrainingOptions,
    data: EpochDataset,
    folder: Path,
    *,
    checkpoint: str,
    precision: Precision = "32-true",
    validate_every: int = 1,
) -> lightning.Trainer:
    """Configure Lightning for a run.

    Parameters
    ----------
    options
        Epochs and hardware.
    data
        The training data set.
    folder
        Gets ``checkpoints/``, ``curves.csv`` and ``curves.png``.
    checkpoint
        Name of the checkpoint file, without suffix.
    precision
        Number format.
    validate_every
        Epochs between two validations.
    """
    checkpoints = lightning.pytorch.callbacks.ModelCheckpoint(
        folder / "checkpoints", filename=checkpoint, enable_version_counter=False
    )
    return lightning.Trainer(
        accelerator=options.device,
        devices=options.devices,
        num_nodes=options.nodes,
        max_epochs=options.epochs,
        precision=precision,
        callbacks=[EpochCallback(data), LossCurveWriter(folder), checkpoints],
        logger=False,
        enable_model_summary=False,
        enable_progress_bar=True,
        check_val_every_n_epoch=validate_every,
        gradient_clip_val=1.0,
    )


def trains_on_graphics_card(trainer: lightning.Trainer) -> bool:
    """Whether a trainer has chosen graphics cards that make training samples faster than a processor does.

    Apple's have no double precision, which the making needs.

    Parameters
    ----------
    trainer
        From :func:`build_trainer`.
    """
    return trainer.strategy.root_device.type == "cuda"


def fit_module(
    trainer: lightning.Trainer,
    module: lightning.LightningModule,
    data: tuple[Dataset[Any], Dataset[Any]],
    options: TrainingOptions,
    *,
    checkpoint: Path,
) -> None:
    """Train a module, continuing from its checkpoint if there is one.

    Parameters
    ----------
    trainer
        From :func:`build_trainer`.
    module
        What is trained.
    data
        Training and validation data.
    options
        Batch and workers.
    checkpoint
        The checkpoint of an earlier, stopped run.

    Raises
    ------
    InputError
        If the processes cannot share a batch evenly.
    """
    batch = batch_per_process(options.batch, trainer.world_size)
    train, valid = data
    # memory that is never swapped out is copied to a graphics card while it computes
    load = partial(
        DataLoader, batch_size=batch, num_workers=options.workers, pin_memory=trains_on_graphics_card(trainer)
    )
    trainer.fit(
        module,
        load(train, drop_last=True),
        load(valid),
        ckpt_path=checkpoint if checkpoint.exists() else None,
    )


def save_half_precision(network: torch.nn.Module, path: Path, *, metadata: dict[str, str] | None = None) -> Path:
    """Write a network's weights as float16 safetensors: half the size, and the rounding is far below a network's error.

    Parameters
    ----------
    network
        The network.
    path
        The file.
    metadata
        Stored in the file's header.

    Returns
    -------
    Path
        The file.
    """
    from safetensors.torch import save_file

    state = {k: v.half().contiguous() for k, v in network.state_dict().items() if not k.endswith("num_batches_tracked")}
    save_file(state, str(path), metadata=metadata)
    return path
