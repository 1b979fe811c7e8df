"""Loss and errors of a training run, epoch by epoch, as CSV and picture."""

import csv
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import lightning

from SkullRestoreLib._system.atomic_write import write_atomically


class LossCurveWriter(lightning.Callback):
    """Write every epoch's numbers into ``curves.csv`` and ``curves.png``.

    Parameters
    ----------
    folder
        Of the run.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def on_train_epoch_end(self, trainer: lightning.Trainer, _: lightning.LightningModule) -> None:
        """Write the numbers of all epochs so far."""
        if not trainer.is_global_zero:
            return
        row: dict[str, Any] = {
            "epoch": trainer.current_epoch,
            "step": trainer.global_step,
            **{k: float(v) for k, v in trainer.callback_metrics.items()},
        }
        path = self.folder / "curves.csv"
        rows: list[dict[str, Any]] = list(csv.DictReader(path.read_text().splitlines())) if path.exists() else []
        rows = [r for r in rows if int(r["epoch"]) < row["epoch"]] + [row]
        names = list(dict.fromkeys(k for r in rows for k in r))
        write_atomically(path, partial(_write_rows, rows, names))
        write_atomically(self.folder / "curves.png", partial(plot_curves, rows))


def _write_rows(rows: Sequence[Mapping[str, Any]], names: Sequence[str], path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, names)
        writer.writeheader()
        writer.writerows(rows)


def plot_curves(rows: Sequence[Mapping[str, Any]], path: Path) -> None:
    """Draw loss and error in the defect over the steps.

    Parameters
    ----------
    rows
        One per validated epoch, with ``step`` and the logged values.
    path
        The picture.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 3.5), layout="constrained")
    for axes, names, label in zip(
        figure.subplots(1, 2),
        (
            ("train_loss", "valid_loss"),
            ("train_outer_mm", "valid_outer_mm", "start_outer_mm", "valid_inner_mm", "start_inner_mm"),
        ),
        ("loss", "mean error in the defect, mm"),
        strict=True,
    ):
        for name in names:
            logged = [r for r in rows if r.get(name) not in (None, "")]
            if logged:
                axes.plot([int(r["step"]) for r in logged], [float(r[name]) for r in logged], label=name)
        axes.set(xlabel="step", ylabel=label)
        axes.legend(fontsize=7)
    figure.savefig(path, dpi=110)
