"""Design implants for clinical flaps on real skulls: ``python benchmarks/clinical_implants.py --skulls FOLDER``.

Half of the flaps end at the base or the brow, where no bone bounds them below. Each is cut out of an intact skull that
training never saw, restored by the product itself, and gets an implant with random settings. A Markdown table is
printed. With ``--out`` every row is written as it comes, and a run that was stopped goes on where it ended.
"""

import argparse
import csv
import io
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from pathlib import Path

import numpy as np
import trimesh
from implants import ImplantRow, _changed_settings, _fill
from scipy import ndimage
from scipy.spatial import cKDTree

from SkullRestoreLib import restore
from SkullRestoreLib._system import resources
from SkullRestoreLib.affine import apply_affine
from SkullRestoreLib.errors import ImplantError, SkullRestoreError
from SkullRestoreLib.evaluation.cases import craniectomies, random_cases
from SkullRestoreLib.evaluation.cases.base_defects import cut_outermost
from SkullRestoreLib.evaluation.cases.intact_skull import IntactSkull, load_intact_skull
from SkullRestoreLib.geometry.isosurface import isosurface
from SkullRestoreLib.geometry.mesh_distance import DistanceQuery
from SkullRestoreLib.implant import build_implant
from SkullRestoreLib.implant.loops import border_edges
from SkullRestoreLib.pipeline.editable import EditableRestoration
from SkullRestoreLib.records import DefectPatch, ImplantSettings, Mesh, Volume

KINDS = ("convexity", "to the base", "convexity", "brow")
CONVEXITY_REGIONS = ("frontal", "parietal", "temporal", "occipital")
CUT_DEPTH_MM = 25.0
"""Bone this far below the outermost bone of its direction is removed with a flap to the base."""
FLAPS_PER_SKULL = 12
STEP_REACH_MM = 2.5
"""The step to the true table is measured this far in from the margin."""


@dataclass
class ClinicalRow(ImplantRow):
    """Measurements on one implant for a clinical flap."""

    skull: str = ""
    defect: int = 0
    trim_lines: int = 0
    uncovered_cm2: float = 0.0
    step_median_mm: float = float("nan")  # from the restored surface to the true outer table, along the margin at bone
    step_95_mm: float = float("nan")
    step_most_mm: float = float("nan")
    read_back: bool = False  # a second library finds the body in the written STL closed and manifold


def cut_in_directions(skull: IntactSkull, kind: str, rng: np.random.Generator) -> np.ndarray:
    """A flap as a wavy box of directions round the head's centre, down to the base or over the brow: (nk, nj, ni)."""
    if kind == "brow":
        middle = (rng.uniform(-40, 40), rng.uniform(12, 22))
        half = (rng.uniform(22, 38), rng.uniform(18, 26))
    else:
        middle = (rng.choice([-1, 1]) * rng.uniform(60, 85), rng.uniform(12, 24))
        half = (rng.uniform(35, 52), rng.uniform(26, 36))
    return cut_outermost(skull, middle, half, CUT_DEPTH_MM, rng)


def make_flap(number: int, skull: IntactSkull) -> tuple[str, Volume, np.random.Generator]:
    """Cut the flap of a number: its kind, what is left of the skull, and the generator for its settings."""
    rng = np.random.default_rng([number, 20])
    kind = KINDS[number % len(KINDS)]
    if kind == "convexity":
        plans = craniectomies.plan_craniectomies(str(rng.choice(CONVEXITY_REGIONS)), rng, skull)
        piece = np.logical_or.reduce([craniectomies.cut_voxels(skull, plan) for plan in plans])
    else:
        piece = cut_in_directions(skull, kind, rng)
    left = skull.remove_piece(piece)
    label, _ = ndimage.label(left.array, np.ones((3, 3, 3)))
    size = np.bincount(label.ravel())
    size[0] = 0
    return kind, replace(left, array=label == size.argmax()), rng


def draw_settings(rng: np.random.Generator) -> ImplantSettings:
    """The defaults in every third case, otherwise random settings."""
    if rng.random() < 1 / 3:
        return ImplantSettings()
    fixation = str(rng.choice(["none", "none", "tabs", "recesses"]))
    return ImplantSettings(
        thickness_mm=float(rng.uniform(2.5, 6.0)),
        follow_inner_table=bool(rng.random() < 0.2),
        # with recesses less is refused beforehand
        min_thickness_mm=max(float(rng.uniform(1.5, 4.0)), 2.0 if fixation == "recesses" else 0.0),
        clearance_mm=float(rng.choice([0.5, 1.0, 1.5, 2.0])),
        bevel_deg=float(rng.choice([0.0, 0.0, 15.0])),
        rim_radius_mm=float(rng.choice([0.0, 0.5, 1.0])),
        sink_mm=float(rng.choice([0.0, 0.0, 0.5])),
        onlay_mm=float(rng.choice([0.0, 0.0, 0.0, 4.0])) if fixation == "none" else 0.0,
        perforations=bool(rng.random() < 0.3),
        suture_holes=int(rng.choice([0, 0, 8])),
        fixation=fixation,
    )


def measure_flap(number: int, skull: IntactSkull) -> Iterator[ClinicalRow]:
    """Restore the flap of a number, design the implants of its defects, and measure them."""
    kind, volume, rng = make_flap(number, skull)
    settings = draw_settings(rng)
    try:
        result = restore(volume)
    except SkullRestoreError as error:
        yield ClinicalRow(number, kind, notes=f"not restored: {error}", skull=skull.name)
        return
    surface = DistanceQuery(_true_surface(skull))
    for patch in result.patches:
        yield _measure_implant(ClinicalRow(number, kind, skull=skull.name), result, patch, settings, surface)
    if not result.patches:
        yield ClinicalRow(number, kind, notes="no defect was found", skull=skull.name)


def _true_surface(skull: IntactSkull) -> Mesh:
    """The surface of the intact skull."""
    vertices, faces = isosurface(skull.bone.astype(np.uint8), 0.5)
    return Mesh(apply_affine(skull.ijk_to_ras, vertices), faces)


def _measure_implant(
    row: ClinicalRow, result: EditableRestoration, patch: DefectPatch, settings: ImplantSettings, true: DistanceQuery
) -> ClinicalRow:
    """Design the implant of one defect and fill in its row."""
    a, b, c = patch.outer.vertices[patch.outer.faces].transpose(1, 0, 2)
    row.area_cm2 = float(np.linalg.norm(np.cross(b - a, c - a), axis=1).sum() / 200)
    row.defect, row.settings = patch.defect, _changed_settings(settings)
    wall, cpu = time.perf_counter(), time.process_time()
    points = [point for point in result.points if point.defect == patch.defect]
    try:
        implant = build_implant(patch, result.bone, settings, pose=result.pose, points=points)
    except ImplantError as error:
        row.notes = str(error)
        return row
    row.seconds, row.cpu_seconds = time.perf_counter() - wall, time.process_time() - cpu
    _fill(row, implant, settings)
    row.trim_lines, row.uncovered_cm2 = len(implant.trim_lines), implant.checks.uncovered_cm2
    written = trimesh.Trimesh(implant.mesh.vertices, implant.mesh.faces, process=False).export(file_type="stl")
    row.read_back = bool(trimesh.load(io.BytesIO(written), file_type="stl").is_volume)
    steps = _margin_steps(patch, result, true)
    if len(steps):
        row.step_median_mm, row.step_95_mm = (float(np.percentile(steps, p)) for p in (50, 95))
        row.step_most_mm = float(steps.max())
    return row


def _margin_steps(patch: DefectPatch, result: EditableRestoration, true: DistanceQuery) -> np.ndarray:
    """Distances, mm, from the restored surface to the true one, close to the margin where bone ends the hole."""
    border = patch.outer.vertices[np.unique(border_edges(patch.outer.faces))]
    bone = result.bone
    vertices, _ = isosurface(bone.field, bone.iso)
    beside_bone = border[cKDTree(apply_affine(bone.ijk_to_ras, vertices)).query(border)[0] < 1.5]
    if not len(beside_bone):
        return np.zeros(0)
    near = cKDTree(beside_bone).query(patch.outer.vertices)[0] < STEP_REACH_MM
    return np.abs(true.signed_distances(patch.outer.vertices[near]))


def summary_table(rows: list[ClinicalRow]) -> str:
    """Summarise the implants by kind, as Markdown."""
    head = [
        "kind", "implants", "area, cm²", "clean, read back clean", "in bone", "clearance off, median (worst), mm",
        "thickness off, median (worst), mm", "covered with the gap, median (least)", "uncovered beside trim lines, cm²",
        "step to the true table, median of medians, of 95 %, most, mm", "CPU seconds, median (most)",
        "all checks passed",
    ]  # fmt: skip
    lines = [f"| {' | '.join(head)} |", "|" + "---|" * len(head)]
    for kind in (*dict.fromkeys(KINDS), "all"):
        chosen = [row for row in rows if kind in (row.kind, "all")]
        if not chosen:
            continue

        def values(name: str, rows: list[ClinicalRow] = chosen) -> np.ndarray:
            """Values that a row has; one 0 where no row has any."""
            found = np.array([getattr(row, name) for row in rows], dtype=float)
            return found[np.isfinite(found)] if np.isfinite(found).any() else np.zeros(1)

        off, thick, area = values("clearance_off_mm"), values("thickness_off_mm"), values("area_cm2")
        covered, uncovered, seconds = values("covered_in_all"), values("uncovered_cm2"), values("cpu_seconds")
        lines.append(
            f"| {kind} | {len(chosen)} | {area.min():.0f} to {area.max():.0f} | {sum(r.clean for r in chosen)}, "
            f"{sum(r.read_back for r in chosen)} | {sum(r.overlaps > 0 for r in chosen)} "
            f"| {np.median(off):+.2f} ({off[np.abs(off).argmax()]:+.2f}) "
            f"| {np.median(thick):+.2f} ({values('thickness_worst_mm').max():.2f}) "
            f"| {100 * np.median(covered):.1f} % ({100 * covered.min():.1f} %) "
            f"| {np.median(uncovered):.1f} ({uncovered.max():.1f}) "
            f"| {np.median(values('step_median_mm')):.2f}, {np.median(values('step_95_mm')):.2f}, "
            f"{values('step_most_mm').max():.1f} "
            f"| {np.median(seconds):.1f} ({seconds.max():.1f}) | {sum(r.passed for r in chosen)} |"
        )
    return "\n".join(lines)


def load_rows(path: Path) -> list[ClinicalRow]:
    """Read the rows that an earlier run wrote."""
    kinds = {field.name: field.type for field in fields(ClinicalRow)}
    with path.open(newline="", encoding="utf-8") as file:
        return [
            ClinicalRow(**{k: v == "True" if kinds[k] is bool else kinds[k](v) for k, v in cells.items()})
            for cells in csv.DictReader(file)
        ]


def run_flaps(skulls: list[Path], numbers: list[int], out: Path | None) -> list[ClinicalRow]:
    """Measure flaps, each skull's one after another; those that ``out`` holds already are not measured again."""
    rows = load_rows(out) if out is not None and out.exists() else []
    done = {row.case for row in rows}
    names = [field.name for field in fields(ClinicalRow)]
    if out is not None and not out.exists():
        out.write_text(",".join(names) + "\n", encoding="utf-8")
    atlas = resources.weights_path("shape.safetensors")
    skull: IntactSkull | None = None
    # Twelve flaps of one skull, then of the next: part of a run holds every kind, and a skull is read once.
    for number in sorted(set(numbers) - done, key=lambda n: (n // FLAPS_PER_SKULL, n)):
        path = skulls[number // FLAPS_PER_SKULL % len(skulls)]
        if skull is None or skull.name != path.name.split(".")[0]:
            skull = load_intact_skull(path, atlas)
        measured = list(measure_flap(number, skull))
        rows += measured
        if out is not None:
            with out.open("a", newline="", encoding="utf-8") as file:
                csv.writer(file).writerows([getattr(row, name) for name in names] for row in measured)
        print(f"\rflap {number}", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return [row for row in rows if row.case in set(numbers)]


def main() -> int:
    """Run from the command line; return 1 if an implant did not pass."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--skulls", type=Path, required=True, help="folder of intact skulls, such as SkullFix")
    parser.add_argument("--split", type=Path, default=Path("Resources/split.json"), help="skulls training never saw")
    parser.add_argument("--cases", type=int, default=200)
    parser.add_argument("--first", type=int, default=0, help="number of the first case")
    parser.add_argument("--out", type=Path, help="CSV file of the rows, also to go on from")
    options = parser.parse_args()
    skulls = random_cases.list_skulls(options.skulls, split=options.split)
    rows = run_flaps(skulls, list(range(options.first, options.first + options.cases)), options.out)
    print(summary_table(rows))
    for row in rows:
        if not row.passed:
            case = f"flap {row.case}, skull {row.skull} ({row.kind}, {row.area_cm2:.0f} cm²"
            print(f"- {case}; {row.settings or 'defaults'}): {row.notes}")
    return int(not all(row.passed for row in rows))


if __name__ == "__main__":
    sys.exit(main())
