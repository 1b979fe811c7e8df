"""Whether one CT gives one result: twice, on one thread and on two, and with another Python. ``python benchmarks/same_result.py [--python PATH ...]``.

Every restoration of the phantom is a process of its own. Compared are the restored surfaces, vertex by vertex where there are as many, and
otherwise by the largest distance between them; the aim is 0.01 mm. Exits with 1 where it is missed.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
AIM_MM = 0.01
PROGRAM = """
import platform, sys
import numpy as np
import torch
from SkullRestoreLib import knowledge, pipeline
from SkullRestoreLib.case import Volume
from SkullRestoreLib.clock import Clock, finish
from SkullRestoreLib.settings import Settings

torch.set_num_threads(int(sys.argv[3]))
with np.load(sys.argv[1]) as saved:
    ct = Volume(saved["array"], saved["ijk_to_ras"], "ct")
settings, clock = Settings(), Clock()
path, atlas = knowledge.load(settings)
seen = finish(pipeline.examine(ct, settings, atlas, clock))
made = finish(pipeline.reconstruct(seen, knowledge.network_from(path, settings), atlas.model, settings, clock))
surfaces = {}
for p in made.patches:
    surfaces |= {f"vertices{p.defect}": p.outer.vertices, f"inner{p.defect}": p.inner}
np.savez(sys.argv[2], areas=[d.area_cm2 for d in made.defects], **surfaces)
print(platform.python_version(), torch.__version__)
"""


def restored(python: str, threads: int, ct: Path, out: Path) -> tuple[str, dict[str, np.ndarray]]:
    """The versions that made it, and the surfaces."""
    limits = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), str(threads))
    result = subprocess.run(
        [python, "-c", PROGRAM, str(ct), str(out), str(threads)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), **limits},
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode:
        raise RuntimeError(result.stderr.strip().splitlines()[-1])
    with np.load(out) as saved:
        return result.stdout.strip(), dict(saved)


def apart(one: dict[str, np.ndarray], other: dict[str, np.ndarray]) -> float:
    """The largest distance between two results, mm; infinite where they have another number of defects."""
    from scipy.spatial import cKDTree

    if one.keys() != other.keys() or not any(k.startswith("vertices") for k in one):
        return float("inf")
    worst = 0.0
    for key in (k for k in one if k.startswith(("vertices", "inner"))):
        a, b = one[key], other[key]
        distances = [np.linalg.norm(a - b, axis=1)] if a.shape == b.shape else [cKDTree(a).query(b)[0], cKDTree(b).query(a)[0]]
        worst = max(worst, *(float(d.max()) for d in distances))
    return worst


def compare(runs: list[tuple[str, int]], ct) -> list[tuple[str, int, float, float]]:
    """Restore a volume once for each (python, threads), and compare with the first: versions, threads, mm between surfaces, cm2 between areas."""
    rows, first = [], {}
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "ct.npz"
        np.savez(source, array=ct.array, ijk_to_ras=ct.ijk_to_ras)
        for python, threads in runs:
            versions, made = restored(python, threads, source, Path(folder) / "made.npz")
            first = first or made
            same = len(made["areas"]) == len(first["areas"])
            area = float(np.abs(made["areas"] - first["areas"]).max(initial=0)) if same else float("inf")
            rows.append((versions, threads, apart(first, made), area))
    return rows


def main() -> None:
    """Compare and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--python", nargs="+", default=[], help="further interpreters that have the packages of requirements.txt")
    parser.add_argument("--matrix", type=int, default=512)
    parser.add_argument("--slice", type=float, default=1.0, help="mm")
    options = parser.parse_args()
    runs = [(sys.executable, 1), (sys.executable, 1), (sys.executable, 2), *((python, n) for python in options.python for n in (1, 2))]
    from SkullRestoreLib import phantom
    from SkullRestoreLib.clock import finish

    rows = compare(runs, finish(phantom.in_memory(seed=3, size_cm=9.0, matrix=options.matrix, slice_mm=options.slice))[0])
    print("| Python, torch | threads | surface off the first run, mm | area off, cm2 |\n| --- | ---: | ---: | ---: |")
    for versions, threads, distance, area in rows:
        print(f"| {versions} | {threads} | {distance:.2g} | {area:.2g} |")
    sys.exit(max(row[2] for row in rows) > AIM_MM)


if __name__ == "__main__":
    main()
