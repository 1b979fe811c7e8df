"""Put flaps, plates and meshes into holes of real skulls: ``python benchmarks/objects_in_holes.py --skulls FOLDER``.

Each hole is restored with something in it and empty. Printed is a Markdown table: how often the object was found and
named right, how often the surface is good and the reference points are right (as `skullrestore evaluate` grades them),
and how good the surface is against the same hole without it. With ``--out`` every row is written as it comes, and a run
that was stopped goes on where it ended. Each ``--seed`` has other holes in other regions. With
``--diploe`` the bone has compact tables and diploe between them, as real skulls have; with ``--blur`` and ``--kerf``
another scanner's kernel and another saw, with ``--slices`` thicker slices. ``--regions`` names other regions, also
holes to the base.
"""

import argparse
import csv
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from SkullRestoreLib._system import resources
from SkullRestoreLib._system.progress import run_to_end
from SkullRestoreLib.evaluation.cases import base_defects, craniectomies, objects_in_holes, random_cases
from SkullRestoreLib.evaluation.cases.bone_texture import draw_bone_texture
from SkullRestoreLib.evaluation.cases.disturbances import average_slices
from SkullRestoreLib.evaluation.cases.ground_truth import GroundTruth, measure_ground_truth
from SkullRestoreLib.evaluation.cases.intact_skull import IntactSkull, load_intact_skull
from SkullRestoreLib.evaluation.cases.synthetic_ct import BONE_HU, simulate_ct
from SkullRestoreLib.evaluation.measures.reported_defect import ReportedDefect
from SkullRestoreLib.evaluation.measures.scoring import score_defect
from SkullRestoreLib.pipeline import steps
from SkullRestoreLib.records import Restoration, Volume
from SkullRestoreLib.settings import Settings

REGIONS = ("parietal", "frontal", "temporal", "occipital")
ALL_REGIONS = (*craniectomies.REGIONS, *base_defects.BASE_DEFECT_NAMES)
RIGHT_NAMES = {
    "sunk flap": ("bone flap",),
    "tilted flap": ("bone flap",),
    "level flap": ("bone flap",),
    "resorbed flap": ("resorbed bone flap",),
    "displaced flap": ("bone flap",),
    "fractured flap": ("bone flap",),
    "flap with a healed side": ("bone flap",),
    "flap with plates and wires": ("bone flap",),
    "plate": ("plate",),
    "PMMA plate": ("plate",),
    "PEEK plate": ("plate",),
    "hydroxyapatite plate": ("plate",),
    "mesh": ("metal mesh or plate",),
    "mesh at the edge": ("metal mesh or plate",),
    "faint mesh": ("metal mesh or plate",),
    "titanium plate": ("metal mesh or plate",),
    "bone on the dura": ("bone on the dura",),
}
PIECES = {"fractured flap": 2}
"""Objects of more than one piece: as many may be named."""
COVERED_MM = 3.0


@dataclass
class Row:
    """One object in one hole."""

    skull: str
    region: str
    kind: str
    area_cm2: float
    named: str  # what was found, joined; empty where nothing was
    is_right: bool
    depth_error_mm: float
    rms_mm: float  # of the restored surface against the true outer table
    covered: float  # part of the true outer table that the surface covers
    rms_empty_mm: float  # the same for the hole with nothing in it
    covered_empty: float
    grade: str
    grade_empty: str
    points_right: bool
    points_right_empty: bool


@dataclass
class Surface:
    """How good a restored surface is."""

    rms_mm: float
    covered: float
    grade: str
    points_right: bool


def measure_surface(restoration: Restoration, truth: GroundTruth) -> Surface:
    """Measure the restored surfaces against the true outer table, and grade them as an evaluation does."""
    reported = [
        ReportedDefect(
            patch.outer,
            defect.area_cm2,
            np.array([p.position for p in restoration.points if p.defect == defect.number]).reshape(-1, 3),
        )
        for defect, patch in zip(restoration.defects, restoration.patches, strict=True)
    ]
    score = score_defect(truth, reported)
    if not reported:
        return Surface(float("nan"), 0.0, score.grade, score.right)
    table = truth.table_points.reshape(-1, 3)
    table = table[np.isfinite(table).all(axis=1)]
    table = table[truth.over_defect(table)]
    everywhere = np.concatenate([each.surface.vertices for each in reported])
    over = everywhere[truth.over_defect(everywhere)]
    covered = float((cKDTree(everywhere).query(table)[0] < COVERED_MM).mean())
    if not len(over):
        return Surface(float("nan"), covered, score.grade, score.right)
    tree, normals = truth.outer_table_tree
    _, nearest = tree.query(over)
    off = ((over - tree.data[nearest]) * normals[nearest]).sum(axis=1)
    return Surface(float(np.sqrt((off**2).mean())), covered, score.grade, score.right)


def cut_piece(region: str, rng: np.random.Generator, skull: IntactSkull) -> NDArray[np.bool_]:
    """Draw a hole in a region; of both sides the first."""
    if region in base_defects.BASE_DEFECT_NAMES:
        return base_defects.cut_base_defect(region, rng, skull)
    return craniectomies.cut_voxels(skull, craniectomies.plan_craniectomies(region, rng, skull)[0])


def run_skull(
    path: Path,
    number: int,
    done: set[tuple[str, str]],
    kinds: list[str],
    *,
    seed: int = 0,
    diploe: bool = False,
    regions: Sequence[str] = REGIONS,
    slices_mm: float = 0.0,
    scan: Mapping[str, float] = MappingProxyType({}),
):
    """Yield a row for each kind of object in one hole of a skull; ``scan`` has options of ``put_object``."""
    skull = load_intact_skull(path, resources.resource_path("shape.safetensors"))
    region = regions[(number + seed) % len(regions)]
    more = [seed] if seed else []
    wanted = [kind for kind in kinds if (skull.name, kind) not in done]
    if not wanted:
        return
    rng = np.random.default_rng([number, 5, *more])
    piece = cut_piece(region, rng, skull)
    truth = measure_ground_truth(skull, piece)
    texture = draw_bone_texture(Volume(skull.bone, skull.ijk_to_ras, "mask"), seed=number) if diploe else None
    bone_hu = BONE_HU if texture is None else texture
    blur_mm = scan.get("blur_mm", 0.5)
    empty = simulate_ct(skull.remove_piece(piece), intact=skull.bone, seed=number, bone_hu=bone_hu, blur_mm=blur_mm)
    empty = average_slices(empty, slices_mm)
    without = measure_surface(run_to_end(steps.restore_steps(empty, Settings(), with_implants=False)), truth)
    for kind in wanted:
        rng = np.random.default_rng([number, len(kind), *more])
        put = objects_in_holes.put_object(skull, piece, kind, rng, texture=texture, **scan)
        # a level flap stays unless it is asked to go: its surface is measured as if it went
        settings = Settings(objects="remove" if kind in objects_in_holes.LEVEL_KINDS else "auto")
        ct = average_slices(put.ct, slices_mm)
        made = run_to_end(steps.restore_steps(ct, settings, with_implants=False))
        names = [each.kind for each in made.objects]
        largest = max(made.objects, key=lambda each: each.area_cm2, default=None)
        surface = measure_surface(made, truth)
        yield Row(
            skull=skull.name,
            region=region,
            kind=kind,
            area_cm2=truth.area_cm2,
            named=", ".join(names),
            is_right=0 < len(names) <= PIECES.get(kind, 1) and set(names) <= set(RIGHT_NAMES[kind]),
            depth_error_mm=float("nan") if largest is None or put.tilt_deg else largest.depth_mm - put.depth_mm,
            rms_mm=surface.rms_mm,
            covered=surface.covered,
            rms_empty_mm=without.rms_mm,
            covered_empty=without.covered,
            grade=surface.grade,
            grade_empty=without.grade,
            points_right=surface.points_right,
            points_right_empty=without.points_right,
        )


def print_table(rows: list[Row]) -> None:
    """Print a row for each kind."""
    print(
        "| object | holes | named right | surface good | points right | RMS, mm: median (largest) "
        "| covered: median (least) | the same holes empty: good | points right | RMS, mm |"
    )
    print("| --- |" + " ---: |" * 9)
    for kind in dict.fromkeys(row.kind for row in rows):
        of_kind = [row for row in rows if row.kind == kind]
        rms, covered, empty = (
            np.array([getattr(row, name) for row in of_kind]) for name in ("rms_mm", "covered", "rms_empty_mm")
        )
        cells = [
            kind,
            len(of_kind),
            sum(row.is_right for row in of_kind),
            sum(row.grade == "good" for row in of_kind),
            sum(row.points_right for row in of_kind),
            f"{np.nanmedian(rms):.2f} ({np.nanmax(rms):.2f})",
            f"{np.median(covered):.0%} ({covered.min():.0%})".replace("%", " %"),
            sum(row.grade_empty == "good" for row in of_kind),
            sum(row.points_right_empty for row in of_kind),
            f"{np.nanmedian(empty):.2f}",
        ]
        print("| " + " | ".join(str(cell) for cell in cells) + " |")


def read_rows(path: Path) -> list[Row]:
    """Rows of an earlier run."""
    types = {f.name: f.type for f in fields(Row)}
    convert = {str: str, float: float, bool: lambda text: text == "True"}
    with path.open(encoding="utf-8", newline="") as file:
        return [Row(**{name: convert[types[name]](text) for name, text in row.items()}) for row in csv.DictReader(file)]


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--skulls", type=Path, required=True, help="folder of intact skulls")
    parser.add_argument("--part", default="test", help="part of the split that the skulls are of")
    parser.add_argument("--count", type=int, default=5, help="number of skulls")
    parser.add_argument("--seed", type=int, default=0, help="of the holes and of what is in them")
    parser.add_argument("--diploe", action="store_true", help="bone with tables and diploe, not of one density")
    parser.add_argument("--blur", type=float, help="of the scan, mm; 0.5 where not given")
    parser.add_argument("--kerf", type=float, help="width of the saw cut around a flap, mm; drawn where not given")
    parser.add_argument("--slices", type=float, default=0.0, help="their thickness, mm; as the skull's where not given")
    parser.add_argument("--regions", nargs="+", default=REGIONS, choices=ALL_REGIONS, help="of the holes, in turn")
    parser.add_argument("--kinds", nargs="*", help="all of them where not given")
    parser.add_argument("--out", type=Path, help="CSV file with a row for each object")
    options = parser.parse_args()
    of_one_density = [k for k in objects_in_holes.OBJECT_KINDS if k not in objects_in_holes.CLOSED_PLATE_HU]
    kinds = options.kinds or (list(objects_in_holes.OBJECT_KINDS) if options.diploe else of_one_density)
    rows = read_rows(options.out) if options.out and options.out.exists() else []
    paths = random_cases.list_skulls(options.skulls, split=resources.resource_path("split.json"), part=options.part)[
        : options.count
    ]
    scan = {"blur_mm": options.blur, "kerf_mm": options.kerf}
    scan = {name: value for name, value in scan.items() if value is not None}
    for number, path in enumerate(paths):
        done = {(r.skull, r.kind) for r in rows}
        for row in run_skull(
            path,
            number,
            done,
            kinds,
            seed=options.seed,
            diploe=options.diploe,
            regions=options.regions,
            slices_mm=options.slices,
            scan=scan,
        ):
            rows.append(row)
            print(row, file=sys.stderr, flush=True)
            if options.out:
                with options.out.open("a", encoding="utf-8", newline="") as file:
                    writer = csv.DictWriter(file, [f.name for f in fields(Row)])
                    if file.tell() == 0:
                        writer.writeheader()
                    writer.writerow(asdict(row))
    print_table(rows)


if __name__ == "__main__":
    main()
