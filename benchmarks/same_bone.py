"""Segment CTs and masks, and print checksums: versions of the code that print the same find the same bone.

``python benchmarks/same_bone.py > before.md``, and again with the other version. Seven skulls of SkullFix with a hole
are made into CTs with more and less noise, two of them with a table and metal; four skulls stay masks; the phantom of
the benchmark and the other heads of the data folder follow. Each input is segmented in a process of its own; time of
the processor and memory on top of the input, which differ from run to run, are printed to the error stream (Linux).
"""

import argparse
import hashlib
import os
import resource
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from bench import load_ct

if TYPE_CHECKING:
    from SkullRestoreLib.records import Volume

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
NOISE_HU = {"003": 20, "009": 60, "021": 20, "044": 40, "054": 30, "066": 20, "030": 90}
"""Skulls that become CTs, and their noise."""
WITH_METAL, MASKS = ("021", "066"), ("000", "009", "044", "054")
TABLE_HU, METAL_HU, METAL_HALF_VOXELS = 600, 8000, 3
INPUTS = (
    *(f"ct {name}" for name in NOISE_HU),
    *(f"mask {name}" for name in MASKS),
    *(f"phantom {size}" for size in ("256", "512", "1024")),
    "external/vhf_head.nrrd",
    "philips_phantom",
)


def load_input(name: str, data: Path) -> "Volume":
    """Load one of the inputs."""
    from SkullRestoreLib.io import read

    kind, _, which = name.partition(" ")
    if kind == "phantom":
        return load_ct(which)
    if kind == "mask":
        return read.read(data / "skullfix" / "complete" / f"{which}.nrrd")
    return _make_ct(which, data) if kind == "ct" else read.read(data / name)


def _make_ct(name: str, data: Path) -> "Volume":
    """Make a CT of a skull with its hole."""
    from dataclasses import replace

    from SkullRestoreLib.evaluation.cases.synthetic_ct import simulate_ct
    from SkullRestoreLib.io import read

    complete, hole = (read.read(data / "skullfix" / part / f"{name}.nrrd") for part in ("complete", "implant"))
    intact = complete.array.astype(bool)

    def add_table_and_metal(hu: np.ndarray) -> None:
        if name in WITH_METAL:
            hu[:, -30:-20, 40:-40] = TABLE_HU
            k, j, i = len(hu) // 2, hu.shape[1] // 4, hu.shape[2] // 2
            hu[tuple(slice(n - METAL_HALF_VOXELS, n + METAL_HALF_VOXELS) for n in (k, j, i))] = METAL_HU

    left = replace(complete, array=intact & ~hole.array.astype(bool))
    return simulate_ct(left, intact=intact, noise_hu=NOISE_HU[name], add_bodies=add_table_and_metal)


def describe_bone(name: str, data: Path) -> str:
    """Segment an input, and give a row of checksums."""
    from SkullRestoreLib.pipeline import steps
    from SkullRestoreLib.settings import Settings

    volume = load_input(name, data)
    held_kb = _memory_kb("VmRSS")
    Path("/proc/self/clear_refs").write_text("5", encoding="utf-8")  # forget the most memory so far
    before = resource.getrusage(resource.RUSAGE_SELF)
    _, bone = steps.segment_input(volume, Settings())
    after = resource.getrusage(resource.RUSAGE_SELF)
    user, system = after.ru_utime - before.ru_utime, after.ru_stime - before.ru_stime
    more_mb = (_memory_kb("VmHWM") - held_kb) / 1000
    print(f"{name}: {user:.2f} s of user, {system:.2f} s of system, {more_mb:.0f} MB", file=sys.stderr)
    sums = [
        "none" if array is None else hashlib.md5(np.ascontiguousarray(array)).hexdigest()[:12]
        for array in (bone.field, bone.mask, bone.metal)
    ]
    return f"| {name} | {bone.iso:g} | {' | '.join(sums)} | {' '.join(bone.findings)} |"


def _memory_kb(row: str) -> int:
    """Memory of this process, kB: ``VmRSS`` now, ``VmHWM`` the most."""
    return int(Path("/proc/self/status").read_text(encoding="utf-8").split(f"{row}:")[1].split()[0])


def main() -> None:
    """Segment all inputs, one process after the other, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("SKULLRESTORE_DATA", ROOT / "data")))
    parser.add_argument("--inputs", nargs="+", choices=INPUTS, default=INPUTS)
    parser.add_argument("--one", choices=INPUTS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(describe_bone(options.one, options.data))
        return
    print("| input | threshold | field | mask | metal | findings |\n| --- | ---: | --- | --- | --- | --- |", flush=True)
    for name in options.inputs:
        program = [sys.executable, __file__, "--data", str(options.data), "--one", name]
        subprocess.run(program, check=True, env={**os.environ, "PYTHONPATH": str(ROOT)})


if __name__ == "__main__":
    main()
