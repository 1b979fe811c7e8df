"""Train the same small network in one process and in two: ``python benchmarks/train_processes.py [--epochs 8]``.

Eleven synthetic heads. The steps, the samples of each step and the seed are the same, so the curves must be the same
too, except for batch normalisation, which sees eight variants of a step, or two times four. Prints both; the exit code
is 1 if they differ by more than 5 %.
"""

import argparse
import csv
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "Testing")]
STEPS, BATCH, MAX_DIFFERENCE = 8, 8, 0.05


def make_heads(folder: Path) -> None:
    """Write intact heads that differ in shape and size."""
    from helpers_head import phantom_head
    from helpers_intake import write_image

    for seed in range(11):
        head = phantom_head(seed=seed, spacing=3.0)
        write_image(folder / f"{seed:03d}.nrrd", head.mask(intact=True).array.astype(np.uint8), head.ijk_to_ras)


def run_training(skulls: Path, out: Path, epochs: int, processes: int) -> None:
    """Train; Lightning starts the other processes by this command line."""
    import torch

    from SkullRestoreLib.training.run import TrainingOptions, train

    torch.set_num_threads(1)
    train(
        skulls,
        out,
        TrainingOptions(
            samples=epochs * STEPS * BATCH,
            batch=BATCH,
            epochs=epochs,
            poses=1,
            workers=0,
            device="cpu",
            devices=processes,
        ),
    )


def read_curve(folder: Path) -> list[dict[str, float]]:
    """Read the numbers of each epoch."""
    return [
        {k: float(v) for k, v in row.items()}
        for row in csv.DictReader((folder / "curves.csv").read_text().splitlines())
    ]


def main() -> None:
    """Run both, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--run", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.run:
        skulls, out, processes = options.run
        run_training(Path(skulls), Path(out), options.epochs, int(processes))
        return
    with tempfile.TemporaryDirectory() as home:
        skulls = Path(home) / "skulls"
        skulls.mkdir()
        make_heads(skulls)
        for processes in (1, 2):
            command = [
                sys.executable,
                __file__,
                "--epochs",
                str(options.epochs),
                "--run",
                str(skulls),
                f"{home}/{processes}",
                str(processes),
            ]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                raise RuntimeError(done.stderr[-3000:])
        one, two = read_curve(Path(home) / "1"), read_curve(Path(home) / "2")
    print(
        "| epoch | step | train loss: one process | two | validation loss: one process | two |\n"
        "| ---: | ---: | ---: | ---: | ---: | ---: |"
    )
    for a, b in zip(one, two, strict=True):
        print(
            f"| {a['epoch']:.0f} | {a['step']:.0f} | {a['train_loss']:.3f} | {b['train_loss']:.3f} "
            f"| {a['valid_loss']:.3f} | {b['valid_loss']:.3f} |"
        )
    difference = {
        k: max(abs(b[k] / a[k] - 1) for a, b in zip(one, two, strict=True)) for k in ("valid_loss", "train_loss")
    }
    print(
        f"\nValidation losses at most {difference['valid_loss']:.1%} apart, "
        f"training losses {difference['train_loss']:.1%}."
    )
    sys.exit(max(difference.values()) > MAX_DIFFERENCE or [r["step"] for r in one] != [r["step"] for r in two])


if __name__ == "__main__":
    main()
