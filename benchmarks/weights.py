"""Compare weights on heads that training validates on.

``python benchmarks/weights.py RUN WEIGHTS [WEIGHTS ...] [--variants 300]``. ``RUN`` is the folder of a ``skullrestore
train``, ``WEIGHTS`` a file, or several joined by ``+``, whose mean is measured. The weights that ship are chosen by
this table, before the held-out skulls are measured. Deterministic; takes some minutes.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from SkullRestoreLib.prediction.spherical_unet import SphericalUNet
    from SkullRestoreLib.training.dataset import DamagedSkulls

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
SEED = 4242
"""Not that of the training's own validation samples."""
MIN_VERTICES = 200
"""Holes of fewer vertices (4 cm²) are not counted."""
MEAN_RADIUS_CM = 8.5
SIZES = {"all": (0, 1e9), "under 40 cm²": (0, 40), "40 to 100 cm²": (40, 100), "over 100 cm²": (100, 1e9)}


def damaged_skulls(run: Path, part: str) -> "DamagedSkulls":
    """Damaged variants of the run's intact heads of a part, their shapes unchanged, without end."""
    from SkullRestoreLib.prediction.kriging import GaussianProcessPrior
    from SkullRestoreLib.training.dataset import DamagedSkulls, FoldPriors, PreparedSkulls
    from SkullRestoreLib.training.run import fold_models, load_completed_tables

    ready = json.loads((run / "ready.json").read_text())
    models = fold_models(*load_completed_tables(run), ready["fold"])
    prepared = PreparedSkulls(run / "prepared")
    names = set(ready["split"][part])
    rows = [k for k, name in enumerate(prepared.row_names) if name in names and not name.startswith("holed/")]
    used = {ready["row_fold"][k] for k in rows}
    priors = [GaussianProcessPrior(model, exact=False) if fold in used else None for fold, model in enumerate(models)]
    fold_priors = FoldPriors(priors, ready["row_fold"])
    return DamagedSkulls(prepared, rows, fold_priors, length=sys.maxsize, seed=SEED, augment=False)


def load_mean_network(paths: str) -> "SphericalUNet":
    """Load the network of a file, or the mean of several joined by ``+``."""
    from SkullRestoreLib.prediction.spherical_unet import load_unet

    networks = [load_unet(Path(path)) for path in paths.split("+")]
    states = [network.state_dict() for network in networks]
    networks[0].load_state_dict(
        {k: sum(s[k] for s in states) / len(states) if v.is_floating_point() else v for k, v in states[0].items()}
    )
    return networks[0].eval()


def measure_networks(
    data: "DamagedSkulls", networks: dict[str, "SphericalUNet"], count: int
) -> Iterator[tuple[float, dict[str, list[float]]]]:
    """Measure networks on damaged heads.

    Parameters
    ----------
    data
        The heads.
    networks
        By name.
    count
        Number of heads.

    Yields
    ------
    tuple of float and dict
        Size of each hole in cm²; and by name the :func:`defect_errors`, and how many of 1000 vertices are classified
        wrongly as missing or not.
    """
    from functools import partial

    from SkullRestoreLib.prediction.network import run_network
    from SkullRestoreLib.prediction.spherical_unet import run_unet

    for sample in map(data.__getitem__, range(count)):
        valid, missing = sample["valid"][0].numpy(), sample["missing"].numpy()
        hole = valid & missing
        if hole.sum() < MIN_VERTICES:
            continue
        start = (sample["start"] - sample["truth"]).numpy()
        rows = {"kriging alone": [*defect_errors(start[:, hole]), np.nan]}
        for name, network in networks.items():
            output = run_network(partial(run_unet, network), sample["x"].numpy())
            wrong = 1e3 * ((output[4] > 0) != missing)[valid].mean()
            rows[name] = [*defect_errors((start + output[:2])[:, hole]), wrong]
        yield hole.sum() * 4 * np.pi * MEAN_RADIUS_CM**2 / len(hole), rows


def defect_errors(error: np.ndarray) -> list[float]:
    """Summarise the errors of both tables in a hole.

    Parameters
    ----------
    error
        (2, v), mm, outer and inner.

    Returns
    -------
    list of float
        Both mean absolute errors, the 99th percentile of the outer table's, and both mean errors, mm.

    Examples
    --------
    >>> [float(x) for x in defect_errors(np.array([[1.0, -1.0], [2.0, 2.0]]))]
    [1.0, 2.0, 1.0, 0.0, 2.0]
    """
    return [*np.abs(error).mean(axis=1), np.percentile(np.abs(error[0]), 99), *error.mean(axis=1)]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path)
    parser.add_argument("weights", nargs="+")
    parser.add_argument("--variants", type=int, default=300)
    parser.add_argument(
        "--part",
        choices=("valid", "train"),
        default="valid",
        help="train: what the network memorises of heads that it was trained on",
    )
    options = parser.parse_args()
    import torch

    torch.set_num_threads(1)
    found = list(
        measure_networks(
            damaged_skulls(options.run, options.part),
            {paths: load_mean_network(paths) for paths in options.weights},
            options.variants,
        )
    )
    size = np.array([s for s, _ in found])
    print(
        "| holes | weights | outer mm | inner mm | largest outer mm | too high by, outer mm | inner mm "
        "| classified wrongly, in 1000 |"
    )
    print("| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    for label, (low, high) in SIZES.items():
        pick = [rows for s, rows in found if low <= s < high]
        for name in pick[0] if pick else ():
            outer, inner, largest, up, up_inner, wrong = np.mean([rows[name] for rows in pick], axis=0)
            classified = "–" if np.isnan(wrong) else f"{wrong:.2f}"
            print(
                f"| {label} ({len(pick)}) | {name} | {outer:.3f} | {inner:.3f} | {largest:.2f} "
                f"| {up:+.3f} | {up_inner:+.3f} | {classified} |"
            )
    print(f"\n{len(size)} holes of {np.median(size):.0f} cm² (median).")


if __name__ == "__main__":
    main()
