"""Measure reference points and area in thick slices: ``python benchmarks/thick_slices.py SKULLFIX [--thickness 5]``.

Holes in the validation skulls, each as a CT in slices of one thickness, are restored twice: compared with the intact
vault (``defects/partial_volume.py``), as the product does with thick slices, and by two layers beneath the surface, as
it does with thin ones. Deterministic; about eight seconds per case.
"""

import argparse
import sys
from pathlib import Path
from unittest import mock

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
SEED = 101
LIMITS_MM = {"compared with the intact vault": 0.0, "two layers": np.inf}
REGIONS = ("frontal", "parietal", "low temporal", "occipital", "temporal", "bilateral")


def main() -> None:
    """Measure and print."""
    from SkullRestoreLib.evaluation.cases import disturbances, random_cases
    from SkullRestoreLib.evaluation.measures.scoring import DefectScore, score_defect
    from SkullRestoreLib.evaluation.methods import compared_methods
    from SkullRestoreLib.method_parameters import METHOD
    from SkullRestoreLib.settings import Settings

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("skulls", type=Path)
    parser.add_argument("--thickness", type=float, default=5.0, help="mm")
    parser.add_argument("--cases", type=int, default=18)
    options = parser.parse_args()

    settings = Settings()
    skulls = random_cases.list_skulls(options.skulls, split=ROOT / "Resources" / "split.json", part="valid")
    sliced = disturbances.average_slices
    rows: dict[str, list[tuple[DefectScore, float]]] = {name: [] for name in LIMITS_MM}
    for k in range(options.cases):
        path, turn = skulls[k % len(skulls)], k // len(skulls)
        plan = random_cases.CasePlan(f"{k}", path, REGIONS[(k + 2 * turn) % len(REGIONS)], (SEED, k), "thick slices")
        with mock.patch.object(disturbances, "average_slices", lambda ct, _: sliced(ct, options.thickness)):
            case = random_cases.build_case(plan, compared_methods.atlas_path(settings))
        context = compared_methods.build_context(case.source, settings)
        tables = context.predicted_tables
        for name, limit in LIMITS_MM.items():
            changed = context.with_parameters(METHOD.with_changes(thick_slices={"thick_slice_mm": limit}))
            reported = compared_methods.reported_defects(changed.reconstruct_with(lambda *_, tables=tables: tables))
            rows[name] += [(score_defect(truth, reported), truth.area_cm2) for truth in case.truths]
    print(
        f"| slices of {options.thickness:g} mm | holes | found | points right, holes | points right, % "
        "| worst point, mm | area error, cm², median (max) |"
    )
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    for name, scored in rows.items():
        error = np.array([abs(score.area_cm2 - area) for score, area in scored])
        scores = [score for score, _ in scored]
        good = 100 * np.average([s.points_right for s in scores], weights=[s.points for s in scores])
        right, worst = sum(s.right for s in scores), max(s.worst_point_mm for s in scores)
        print(
            f"| {name} | {len(scores)} | {sum(s.found for s in scores)} | {right} | {good:.1f} | {worst:.1f} "
            f"| {np.median(error):.2f} ({error.max():.2f}) |"
        )


if __name__ == "__main__":
    main()
