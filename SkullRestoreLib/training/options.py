"""What may be chosen for a training run."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal


@dataclass(frozen=True)
class TrainingOptions:
    """Choices of a training run; all but those of the hardware decide its result."""

    samples: int = 78_000  # damaged variants in all; the paper used as many
    batch: int = 8  # variants per optimiser step, all processes together
    epochs: int = 60
    poses: int = 4  # slightly different head frames in which each skull is traced
    workers: int = 1  # processes of this computer that make the variants
    scheduler: str | None = None  # address of a Dask scheduler whose workers read, align and trace the skulls
    seed: int = 0
    device: str = "auto"
    devices: int | str = "auto"  # GPUs or processes per node
    nodes: int = 1
    held_out: tuple[str, ...] = ()  # names kept for testing; every fifth intact skull when empty
    same_patient: tuple[tuple[str, ...], ...] = ()  # groups of names that belong to one patient
    recipe: Literal["ours", "paper"] = "ours"  # "paper" is Mishinov 2023, for comparison
    start: Path | None = None  # weights to continue from; random ones if None


HARDWARE_OPTIONS = frozenset({"workers", "scheduler", "device", "devices", "nodes"})
"""Options that may change when a run continues, because they do not decide its result."""
