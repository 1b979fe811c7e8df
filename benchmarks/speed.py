"""Seconds and memory from a 512 x 512 x 300 CT in memory to the restored surface: ``python benchmarks/speed.py``.

The CT is the phantom with 0.6 mm slices, cut or padded to 300; nothing but this repository is needed. The clock starts with the CT in memory
and no library of the corridor loaded.
"""

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np

SURFACE = ("load the weights", "segment the bone", "find the head", "trace the rays", "predict the whole vault", "find the defects",
           "tie the surface to the bone", "place the reference points", "restore the surface")  # fmt: skip


def phantom_ct():
    """A phantom CT of 512 x 512 x 300 voxels."""
    from SkullRestoreLib import phantom, read
    from SkullRestoreLib.case import Volume

    with tempfile.TemporaryDirectory() as folder:
        phantom.write_case(Path(folder), seed=0, size_cm=10.0, place="frontotemporoparietal", bilateral=False, metal=False, slice_mm=0.6)
        ct = read.read(Path(folder) / "ct")
    short = max(0, 300 - len(ct.array))
    array = np.pad(ct.array, ((short, 0), (0, 0), (0, 0)), constant_values=-1000)[-300:]
    shifted = ct.ijk_to_ras.copy()
    shifted[:3, 3] += (len(ct.array) - len(array)) * shifted[:3, 2]
    return Volume(array, shifted, "ct")


def main() -> None:
    """Restore once and print the seconds of each step."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--ct",
        type=Path,
        help="a saved array instead of the phantom (made by this script on its first run)",
        default=Path("out/speed_ct.npz"),
    )
    options = parser.parse_args()
    if not options.ct.exists():
        ct = phantom_ct()
        options.ct.parent.mkdir(parents=True, exist_ok=True)
        np.savez(options.ct, array=ct.array, ijk_to_ras=ct.ijk_to_ras)
        print("The CT is made; run once more, in a fresh process, to measure.")
        return
    from SkullRestoreLib.case import Settings, Volume

    with np.load(options.ct) as saved:
        ct = Volume(saved["array"], saved["ijk_to_ras"], "ct")
    began = time.perf_counter()
    from SkullRestoreLib import pipeline

    loading = time.perf_counter() - began
    steps = pipeline.restore(ct, Settings())
    try:
        while True:
            next(steps)
    except StopIteration as end:
        made = end.value
    print(f"{'load the libraries':32}{loading:8.2f} s")
    for step, seconds in made.seconds.items():
        print(f"{step:32}{seconds:8.2f} s")
    print(f"{'CT in memory to surface':32}{loading + sum(made.seconds[s] for s in SURFACE):8.2f} s")
    print(f"{'all':32}{loading + sum(made.seconds.values()):8.2f} s   peak {made.peak_memory_mb:.0f} MB   {ct.array.shape}")
    print("; ".join(f"defect {d.number}: {d.area_cm2:.1f} cm2 {d.side} {d.region}" for d in made.defects))


if __name__ == "__main__":
    main()
