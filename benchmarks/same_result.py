"""Check that one CT gives one result: restored twice, on one thread and on two, and with another Python.

``python benchmarks/same_result.py [--python PATH ...]``. Every restoration of the phantom is a process of its own. The
restored surfaces are compared vertex by vertex if there are as many, and otherwise by the largest distance between
them; the aim is 0.01 mm. The exit code is 1 if it is missed.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from SkullRestoreLib.records import Volume

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
AIM_MM = 0.01
"""Largest distance between two results that counts as the same."""
PROGRAM = """
import platform, sys
import numpy as np
from SkullRestoreLib.pipeline import head_steps, steps
from SkullRestoreLib.prediction import models
from SkullRestoreLib.records import Volume
from SkullRestoreLib._system.progress import StepTimer, run_to_end
from SkullRestoreLib.settings import Settings

with np.load(sys.argv[1]) as saved:
    ct = Volume(saved["array"], saved["ijk_to_ras"], "ct")
settings, timer = Settings(), StepTimer()
path, atlas = models.find_weights_and_atlas(settings)
analysis = run_to_end(steps.segment_and_analyse(ct, settings, atlas, timer))
predict = models.load_predictor(path, settings)
reconstruction = run_to_end(head_steps.reconstruct_vault(analysis, predict, atlas.model, settings, timer))
surfaces = {}
for p in reconstruction.patches:
    surfaces |= {f"vertices{p.defect}": p.outer.vertices, f"inner{p.defect}": p.inner}
np.savez(sys.argv[2], areas=[d.area_cm2 for d in reconstruction.defects], **surfaces)
print(platform.python_version(), np.__version__)
"""


def restore_in_process(python: str, threads: int, ct: Path, out: Path) -> tuple[str, dict[str, np.ndarray]]:
    """Restore in a process of its own: versions of Python and numpy, and the surfaces."""
    limits = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), str(threads))
    result = subprocess.run(
        [python, "-c", PROGRAM, str(ct), str(out)],
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


def largest_distance(one: dict[str, np.ndarray], other: dict[str, np.ndarray]) -> float:
    """Measure how far two results are apart.

    Parameters
    ----------
    one, other
        Arrays (v, 3), mm, by name: ``vertices1`` and ``inner1`` of the first defect, and so on.

    Returns
    -------
    float
        The largest distance, mm; infinite if the numbers of defects differ.
    """
    from scipy.spatial import cKDTree

    if one.keys() != other.keys() or not any(k.startswith("vertices") for k in one):
        return float("inf")
    worst = 0.0
    for key in (k for k in one if k.startswith(("vertices", "inner"))):
        a, b = one[key], other[key]
        distances = (
            [np.linalg.norm(a - b, axis=1)] if a.shape == b.shape else [cKDTree(a).query(b)[0], cKDTree(b).query(a)[0]]
        )
        worst = max(worst, *(float(d.max()) for d in distances))
    return worst


def compare_runs(runs: list[tuple[str, int]], ct: "Volume") -> list[tuple[str, int, float, float]]:
    """Restore a CT several times, and compare with the first result.

    Parameters
    ----------
    runs
        Interpreter and number of threads of each.
    ct
        The CT.

    Returns
    -------
    list of tuple
        Versions, threads, mm between the surfaces and cm² between the areas, of each run.
    """
    rows: list[tuple[str, int, float, float]] = []
    first: dict[str, np.ndarray] = {}
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "ct.npz"
        np.savez(source, array=ct.array, ijk_to_ras=ct.ijk_to_ras)
        for python, threads in runs:
            versions, result = restore_in_process(python, threads, source, Path(folder) / "result.npz")
            first = first or result
            same = len(result["areas"]) == len(first["areas"])
            area = float(np.abs(result["areas"] - first["areas"]).max(initial=0)) if same else float("inf")
            rows.append((versions, threads, largest_distance(first, result), area))
    return rows


def main() -> None:
    """Compare and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--python", nargs="+", default=[], help="further interpreters that have the packages of requirements.txt"
    )
    parser.add_argument("--matrix", type=int, default=512)
    parser.add_argument("--slice", type=float, default=1.0, help="mm")
    options = parser.parse_args()
    runs = [
        (sys.executable, 1),
        (sys.executable, 1),
        (sys.executable, 2),
        *((python, n) for python in options.python for n in (1, 2)),
    ]
    from SkullRestoreLib import phantom
    from SkullRestoreLib._system.progress import run_to_end

    rows = compare_runs(
        runs, run_to_end(phantom.make_phantom(seed=3, size_cm=9.0, matrix=options.matrix, slice_mm=options.slice))[0]
    )
    print("| Python, numpy | threads | surface off the first run, mm | area off, cm² |\n| --- | ---: | ---: | ---: |")
    for versions, threads, distance, area in rows:
        print(f"| {versions} | {threads} | {distance:.2g} | {area:.2g} |")
    sys.exit(max(row[2] for row in rows) > AIM_MM)


if __name__ == "__main__":
    main()
