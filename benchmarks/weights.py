"""Weights beside each other on heads that training only watches: ``python benchmarks/weights.py RUN WEIGHTS [WEIGHTS ...] [--variants 300]``.

``RUN`` is the folder of a ``skullrestore train``, ``WEIGHTS`` a file, or several joined by ``+``, whose mean is taken. What ships is chosen by this table,
before the held-out skulls are looked at. Deterministic; some minutes.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
SEED = 4242  # not the training's own watching samples
LEAST = 200  # vertices of a hole that is counted, 4 cm2
SIZES = {"all": (0, 1e9), "under 40 cm²": (0, 40), "40 to 100 cm²": (40, 100), "over 100 cm²": (100, 1e9)}


def damaged(run: Path, part: str) -> object:
    """Damaged variants of the run's intact heads of a part, as they are, without end."""
    from SkullRestoreLib.krige import Prior
    from SkullRestoreLib.training import run as training
    from SkullRestoreLib.training.dataset import DamagedSkulls, Prepared

    ready = json.loads((run / "ready.json").read_text())
    models = training._models(training._completed(run), ready["fold"])
    prepared = Prepared(run / "prepared")
    rows = [k for k, name in enumerate(prepared.names) if name in set(ready["split"][part]) and not name.startswith("holed/")]
    used = sorted({ready["row_fold"][k] for k in rows})
    priors = {fold: Prior(models[fold], exact=False) for fold in used}
    every = [priors.get(fold) for fold in range(len(models))]
    return DamagedSkulls(prepared, rows, every, ready["row_fold"], length=sys.maxsize, seed=SEED, augment=False)


def mean_of(paths: str) -> object:
    """The network of a file, or the mean of several joined by ``+``."""
    from SkullRestoreLib.network import load

    networks = [load(Path(path)) for path in paths.split("+")]
    states = [network.state_dict() for network in networks]
    networks[0].load_state_dict({k: sum(s[k] for s in states) / len(states) if v.is_floating_point() else v for k, v in states[0].items()})
    return networks[0].eval()


def measured(data: object, networks: dict[str, object], count: int) -> Iterator[tuple[float, dict[str, list[float]]]]:
    """For each hole its size in cm2, and for each name what :func:`of_hole` tells and how many of a thousand vertices are wrongly told to be missing or not."""
    from SkullRestoreLib.network import answer

    for sample in map(data.__getitem__, range(count)):
        valid, missing = sample["valid"][0].numpy(), sample["missing"].numpy()
        hole = valid & missing
        if hole.sum() < LEAST:
            continue
        start = (sample["start"] - sample["truth"]).numpy()
        rows = {"kriging alone": [*of_hole(start[:, hole]), np.nan]}
        for name, network in networks.items():
            y = answer(network, sample["x"].numpy())
            rows[name] = [*of_hole((start + y[:2])[:, hole]), 1e3 * ((y[4] > 0) != missing)[valid].mean()]
        yield hole.sum() * 4 * np.pi * 8.5**2 / len(hole), rows


def of_hole(error: np.ndarray) -> list[float]:
    """Of the errors (2, v) of both tables in a hole, mm: both mean absolute errors, the 99th percentile of the outer table's, and both mean errors."""
    return [*np.abs(error).mean(axis=1), np.percentile(np.abs(error[0]), 99), *error.mean(axis=1)]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path)
    parser.add_argument("weights", nargs="+")
    parser.add_argument("--variants", type=int, default=300)
    parser.add_argument(
        "--part", choices=("valid", "train"), default="valid", help="train: what is known by heart of heads that were learnt from"
    )
    asked = parser.parse_args()
    import torch

    torch.set_num_threads(1)
    found = list(measured(damaged(asked.run, asked.part), {paths: mean_of(paths) for paths in asked.weights}, asked.variants))
    size = np.array([s for s, _ in found])
    print("| holes | weights | outer mm | inner mm | largest outer mm | lies too high by, outer mm | inner mm | wrongly told, in 1000 |")
    print("| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    for label, (low, high) in SIZES.items():
        pick = [rows for s, rows in found if low <= s < high]
        for name in pick[0] if pick else ():
            outer, inner, largest, up, up_inner, wrong = np.mean([rows[name] for rows in pick], axis=0)
            told = "–" if np.isnan(wrong) else f"{wrong:.2f}"
            print(f"| {label} ({len(pick)}) | {name} | {outer:.3f} | {inner:.3f} | {largest:.2f} | {up:+.3f} | {up_inner:+.3f} | {told} |")
    print(f"\n{len(size)} holes of {np.median(size):.0f} cm² (median).")


if __name__ == "__main__":
    main()
