"""What a variant costs in training: ``python benchmarks/train_speed.py [--variants 40]``.

Processor time of one thread for making a damaged variant (the shipped mean skull, every variant damaged otherwise), and for learning one with each number
format of the network. Says which format training takes on this computer.
"""

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
BATCH = 2


def prepared_mean(folder: Path, model: object) -> object:
    """The mean skull, prepared as training prepares a skull."""
    from SkullRestoreLib.grid import to_level
    from SkullRestoreLib.network import LEVEL
    from SkullRestoreLib.training.dataset import Prepared, empty_rows

    tables = to_level(np.where(model.vault[:, None], model.mean, np.nan), LEVEL)
    intervals, reach, true = empty_rows(1, folder)
    intervals[:] = np.nan
    intervals[0, :, 0] = tables[:, ::-1]
    reach[:], true[0] = 132.0, tables
    (folder / "skulls.json").write_text(json.dumps({"rows": ["mean"]}))
    return Prepared(folder)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--variants", type=int, default=40)
    count = parser.parse_args().variants
    import torch
    from torch.utils.data import default_collate

    from SkullRestoreLib import resources
    from SkullRestoreLib.atlas import load_atlas
    from SkullRestoreLib.krige import Prior
    from SkullRestoreLib.network import load
    from SkullRestoreLib.training import fit
    from SkullRestoreLib.training.dataset import DamagedSkulls

    torch.set_num_threads(1)
    model = load_atlas(resources.weights("shape.safetensors")).model
    print("| what | processor time a variant, ms |\n| --- | ---: |")
    with tempfile.TemporaryDirectory() as home:
        prepared = prepared_mean(Path(home), model)
        for exact in (True, False):
            data = DamagedSkulls(prepared, [0], [Prior(model, exact=exact)], [0], length=count, seed=0)
            batch = [data[k] for k in range(BATCH)]
            start = time.process_time()
            for k in range(count):
                data[k]
            print(
                f"| making it, kriging in {'double' if exact else 'single'} precision | {1e3 * (time.process_time() - start) / count:.0f} |"
            )
    batch = fit.with_mirror_images(default_collate(batch))
    network = load(resources.weights("network.safetensors")).train()
    for kind in (torch.float32, torch.bfloat16):
        took = []
        for _ in range(2):  # the first choice of kernels is not counted
            start = time.process_time()
            with torch.autocast("cpu", dtype=kind, enabled=kind is torch.bfloat16):
                made = network(batch["x"])
            fit.loss_terms(made, batch)["loss"].backward()
            took.append(time.process_time() - start)
        print(f"| learning it, {str(kind).removeprefix('torch.')} | {1e3 * took[-1] / len(batch['x']):.0f} |")
    print(f"\nTraining takes {fit.precision_on('cpu')} on this processor.")


if __name__ == "__main__":
    main()
