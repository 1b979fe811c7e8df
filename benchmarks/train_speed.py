"""Time one variant in training: ``python benchmarks/train_speed.py [--variants 40]``.

Processor time of one thread for making a damaged variant (the shipped mean skull, damaged differently each time), and
for learning one with each number format of the network, next to its floor: the network's multiplications and additions
at the speed of a large matrix product on the same core. Each variant is learnt with its mirror image, which counts as a
variant and is not made: a variant costs half of the making, and the learning. Prints which format training takes on
this computer.

On a graphics card, workers draw the damage and the card makes the rest (decision 0188). Both parts are timed: on the
card where there is one, and on this processor otherwise, where it is only shown that the samples are the same. Prints
from how many workers on a card waits for none of them: one that takes ``--card-ms`` for each variant that is made
(finishing it, and learning it and its image), and the one of this computer.
"""

import argparse
import json
import math
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import torch

    from SkullRestoreLib.prediction.spherical_unet import SphericalUNet
    from SkullRestoreLib.skull_model.shape_model import ShapeModel
    from SkullRestoreLib.training.dataset import DamagedSkulls, PreparedSkulls

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
BATCH = 2
CARD_BATCH = 8


def prepare_mean_skull(folder: Path, model: "ShapeModel") -> "PreparedSkulls":
    """Prepare the mean skull as training prepares a skull."""
    from SkullRestoreLib.geometry.icosphere import values_at_level
    from SkullRestoreLib.prediction.features import NETWORK_LEVEL
    from SkullRestoreLib.training.dataset import PreparedSkulls, create_row_files

    tables = values_at_level(np.where(model.vault[:, None], model.mean, np.nan), NETWORK_LEVEL)
    intervals, reach, true = create_row_files(1, folder)
    intervals[:] = np.nan
    intervals[0, :, 0] = tables[:, ::-1]
    reach[:], true[0] = 132.0, tables
    (folder / "skulls.json").write_text(json.dumps({"rows": ["mean"]}))
    return PreparedSkulls(folder)


def measure_learning(network: "SphericalUNet", batch: "dict[str, torch.Tensor]", kind: "torch.dtype") -> float:
    """Measure the seconds of one variant, forwards and backwards; the best of four after one that chooses kernels."""
    import torch

    from SkullRestoreLib.training import train_network

    took = []
    for _ in range(5):
        start = time.process_time()
        with torch.autocast("cpu", dtype=kind, enabled=kind is torch.bfloat16):
            output = network(batch["x"])
        train_network.loss_terms(output, batch)["loss"].backward()
        took.append(time.process_time() - start)
    return min(took[1:]) / len(batch["x"])


def measure_card(data: "DamagedSkulls", network: "SphericalUNet") -> tuple[float, float | None, float]:
    """Measure how variants are made for a graphics card, print it, and compare them with the processor's.

    Returns
    -------
    left_ms : float
        What is left to a worker, of a variant.
    card_ms : float or None
        What the card takes for a variant: to finish it, and to learn it and its image; None where there is no card.
    same_mm : float
        Largest difference of the tables that the network is given.
    """
    import torch
    from torch.utils.data import default_collate

    from SkullRestoreLib.training import train_network
    from SkullRestoreLib.training.sample_finisher import SampleFinisher

    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    finisher = SampleFinisher(data.priors.priors, device)
    parts = [range(k, k + CARD_BATCH) for k in range(0, len(data) - CARD_BATCH + 1, CARD_BATCH)]
    made = torch.stack([data[k]["start"] for part in parts for k in part])
    data.unfinished = True
    start = time.process_time()
    batches = [default_collate([data[k] for k in part]) for part in parts]
    left_ms = 1e3 * (time.process_time() - start) / len(made)
    print(f"| making it for a graphics card: drawing the damage, in a worker | {left_ms:.0f} |")
    batches = [{name: values.to(device) for name, values in batch.items()} for batch in batches]
    finisher.finish(batches[0])  # makes tables of the grid

    def measure(step: "Callable[[dict[str, torch.Tensor]], object]") -> float:
        clock = time.process_time if device.type == "cpu" else time.perf_counter
        start = clock()
        for batch in batches:
            step(batch)
        if device.type == "cuda":
            torch.cuda.synchronize()
        return 1e3 * (clock() - start) / len(made)

    finish_ms, state_mb = measure(finisher.finish), finisher.bytes_on_device() / 1e6
    place = "this processor" if device.type == "cpu" else "the card, elapsed"
    print(f"| the rest, batched in torch on {place} ({state_mb:.0f} MB of models) | {finish_ms:.0f} |")
    finished = [finisher.finish(batch) for batch in batches]
    same_mm = float((torch.cat([batch["start"] for batch in finished]).cpu() - made).abs().max())
    if device.type == "cpu":
        return left_ms, None, same_mm

    network = network.to(device)

    def learn(batch: "dict[str, torch.Tensor]") -> None:
        both = train_network.add_mirror_images(finisher.finish(batch))
        with torch.autocast("cuda", dtype=torch.bfloat16):
            output = network(both["x"])
        train_network.loss_terms(output, both)["loss"].backward()

    learn(batches[0])
    card_ms = measure(learn)
    print(f"| finishing it, and learning it and its image, on the card, elapsed | {card_ms:.1f} |")
    print(f"| most memory on the card, batches of {CARD_BATCH}: {torch.cuda.max_memory_allocated() / 1e6:.0f} MB | |")
    network.to("cpu")
    return left_ms, card_ms, same_mm


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--variants", type=int, default=40)
    parser.add_argument("--card-ms", type=float, default=5.0)
    chosen = parser.parse_args()
    count = max(chosen.variants, CARD_BATCH)
    import torch
    from torch.utils.data import default_collate
    from torch.utils.flop_counter import FlopCounterMode

    from SkullRestoreLib._system import resources
    from SkullRestoreLib.prediction.kriging import GaussianProcessPrior
    from SkullRestoreLib.prediction.spherical_unet import load_unet
    from SkullRestoreLib.skull_model.atlas import load_atlas
    from SkullRestoreLib.training import train_network
    from SkullRestoreLib.training.dataset import DamagedSkulls, FoldPriors
    from SkullRestoreLib.training.trainer import choose_precision, operations_per_second

    torch.set_num_threads(1)
    model = load_atlas(resources.weights_path("shape.safetensors")).model
    print("| what | processor time a variant, ms |\n| --- | ---: |")
    with tempfile.TemporaryDirectory() as home:
        prepared = prepare_mean_skull(Path(home), model)
        starts = []
        for exact in (True, False):
            priors = FoldPriors([GaussianProcessPrior(model, exact=exact)], [0])
            data = DamagedSkulls(prepared, [0], priors, length=count, seed=0)
            batch = [data[k] for k in range(BATCH)]
            start = time.process_time()
            made = [data[k]["start"] for k in range(count)]
            each_ms = 1e3 * (time.process_time() - start) / count
            print(f"| making it, kriging {'as in a restoration' if exact else 'by updates'} | {each_ms:.0f} |")
            starts.append(made)
        network = load_unet(resources.weights_path("network.safetensors")).train()
        left_ms, card_ms, same_mm = measure_card(data, network)
    apart_mm = max(float((a - b).abs().max()) for a, b in zip(*starts, strict=True))
    batch = train_network.add_mirror_images(default_collate(batch))
    with FlopCounterMode(display=False) as counted:
        network(batch["x"]).sum().backward()
    operations = counted.get_total_flops() / len(batch["x"])
    for kind in (torch.float32, torch.bfloat16):
        name, speed = str(kind).removeprefix("torch."), operations_per_second(kind, size=2048)
        learning_ms = 1e3 * measure_learning(network, batch, kind)
        print(f"| learning it, {name} | {learning_ms:.0f} |")
        floor_ms = 1e3 * operations / speed
        print(f"| floor of learning it: {operations / 1e9:.2f} GFLOP at {speed / 1e9:.0f} a second | {floor_ms:.0f} |")
        print(f"| **a variant**, {name}: half of making one, and learning it | {each_ms / 2 + learning_ms:.0f} |")
    print(
        f"\nTraining takes {choose_precision('cpu')} on this processor. The tables that the network is given by the two"
    )
    print(f"ways of kriging differ by at most {apart_mm:.5f} mm, and by {same_mm:.5f} mm where torch makes a batch.")
    for each_ms in [chosen.card_ms] + ([] if card_ms is None else [card_ms]):
        workers = math.ceil(left_ms / each_ms)
        print(f"A graphics card that takes {each_ms:.1f} ms a variant waits for none of {workers} workers or more.")


if __name__ == "__main__":
    main()
