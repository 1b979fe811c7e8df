"""How a training goes: its numbers, epoch by epoch, as CSV and picture."""

import csv
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import lightning

from SkullRestoreLib.staging import write


class Curves(lightning.Callback):
    """Writes every epoch's numbers as CSV and picture."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def on_train_epoch_end(self, trainer: lightning.Trainer, _: lightning.LightningModule) -> None:
        """Write what is known so far."""
        if not trainer.is_global_zero:
            return
        row = {"epoch": trainer.current_epoch, "step": trainer.global_step, **{k: float(v) for k, v in trainer.callback_metrics.items()}}
        path = self.folder / "curves.csv"
        rows = list(csv.DictReader(path.read_text().splitlines())) if path.exists() else []
        rows = [r for r in rows if int(r["epoch"]) < row["epoch"]] + [row]
        names = list(dict.fromkeys(k for r in rows for k in r))
        write(path, partial(_write_rows, rows, names))
        write(self.folder / "curves.png", partial(plot_curves, rows))


def _write_rows(rows: Sequence[dict], names: Sequence[str], path: Path) -> None:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, names)
        writer.writeheader()
        writer.writerows(rows)


def plot_curves(rows: Sequence[dict], path: Path) -> None:
    """Loss and error in the hole over the steps, as a picture."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 3.5), layout="constrained")
    for axes, names, label in zip(
        figure.subplots(1, 2),
        (("train_loss", "valid_loss"), ("train_outer_mm", "valid_outer_mm", "start_outer_mm", "valid_inner_mm", "start_inner_mm")),
        ("loss", "mean error in the hole, mm"),
        strict=True,
    ):
        for name in names:
            points = [(int(r["step"]), float(r[name])) for r in rows if r.get(name) not in (None, "")]
            if points:
                axes.plot(*zip(*points, strict=True), label=name)
        axes.set(xlabel="step", ylabel=label)
        axes.legend(fontsize=7)
    figure.savefig(path, dpi=110)
