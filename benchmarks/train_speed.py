"""Time one variant in training: ``python benchmarks/train_speed.py [--variants 40]``.

Processor time of one thread for making a damaged variant (the shipped mean skull, damaged differently each time), and
for learning one with each number format of the network, next to its floor: the network's multiplications and additions
at the speed of a large matrix product on the same core. Each variant is learnt with its mirror image, which counts as a
variant and is not made: a variant costs half of the making, and the learning. Prints which format training takes on
this computer.
"""

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import torch

    from SkullRestoreLib.prediction.spherical_unet import SphericalUNet
    from SkullRestoreLib.skull_model.shape_model import ShapeModel
    from SkullRestoreLib.training.dataset import PreparedSkulls

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
BATCH = 2


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


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--variants", type=int, default=40)
    count = parser.parse_args().variants
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
    apart_mm = max(float((a - b).abs().max()) for a, b in zip(*starts, strict=True))
    batch = train_network.add_mirror_images(default_collate(batch))
    network = load_unet(resources.weights_path("network.safetensors")).train()
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
    print(f"ways of kriging differ by at most {apart_mm:.5f} mm.")


if __name__ == "__main__":
    main()
