"""Reference points and area in thick slices: ``python benchmarks/thick_slices.py SKULLFIX [--thickness 5] [--cases 18]``.

Holes in the skulls that training only watches, each shown as a CT in slices of one thickness, restored twice: held against the whole vault (``thick.py``), as
the product does with thick slices, and by two layers beneath the surface, as it does with thin ones. Deterministic; about eight seconds a case.
"""

import argparse
import sys
from pathlib import Path
from unittest import mock

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
SEED = 101
LIMITS_MM = {"held against the whole vault": 0.0, "two layers": np.inf}
REGIONS = ("frontal", "parietal", "low temporal", "occipital", "temporal", "bilateral")


def main() -> None:
    """Measure and print."""
    from SkullRestoreLib import thick
    from SkullRestoreLib.evaluation import cases, disturb, methods
    from SkullRestoreLib.evaluation.judge import Judgement, judge
    from SkullRestoreLib.settings import Settings

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("skulls", type=Path)
    parser.add_argument("--thickness", type=float, default=5.0, help="mm")
    parser.add_argument("--cases", type=int, default=18)
    asked = parser.parse_args()

    settings = Settings()
    skulls = cases.list_skulls(asked.skulls, split=ROOT / "Resources" / "split.json", part="valid")
    sliced = disturb.thick_slices
    rows: dict[str, list[tuple[Judgement, float]]] = {name: [] for name in LIMITS_MM}
    for k in range(asked.cases):
        path, turn = skulls[k % len(skulls)], k // len(skulls)
        case = cases.Case(f"{k}", path, REGIONS[(k + 2 * turn) % len(REGIONS)], (SEED, k), "thick slices")
        with mock.patch.object(disturb, "thick_slices", lambda ct, _: sliced(ct, asked.thickness)):
            made = cases.make(case, methods.atlas_path(settings))
        bench = methods.examine(made.source, settings)
        for name, limit in LIMITS_MM.items():
            with mock.patch.object(thick, "THICK_MM", limit):
                found = methods.answers(bench.reconstruct(lambda *_, shell=bench.shell: shell))
            rows[name] += [(judge(truth, found), truth.area_cm2) for truth in made.truths]
    print(
        f"| slices of {asked.thickness:g} mm | holes | found | points right, holes | points right, % | worst point, mm | area error, cm², median (max) |"
    )
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    for name, judged in rows.items():
        off = np.array([abs(j.area_cm2 - area) for j, area in judged])
        good = 100 * np.average([j.points_right for j, _ in judged], weights=[j.points for j, _ in judged])
        right, worst = sum(j.right for j, _ in judged), max(j.worst_point_mm for j, _ in judged)
        print(
            f"| {name} | {len(judged)} | {sum(j.found for j, _ in judged)} | {right} | {good:.1f} | {worst:.1f} | {np.median(off):.2f} ({off.max():.2f}) |"
        )


if __name__ == "__main__":
    main()
