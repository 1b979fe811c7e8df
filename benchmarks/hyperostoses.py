"""Plan on thickened bone of real skulls: ``python benchmarks/hyperostoses.py --out hyperostoses.csv``.

A tumour makes bone 5 to 20 mm thicker and of another density, in a simulated CT of a skull that training never saw. It
is planned with a margin around its mask, and the restored surface is measured on the skull before the tumour. Then the
same line is planned on the CT without the tumour: a plain hole at the same place. Printed is a Markdown table. The file
is added to: the same command continues where it stopped. The exit code is 1 if fewer than 95 % are good.
"""

import argparse
import csv
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from plans import read_rows  # the file next to this one

from SkullRestoreLib._system import resources
from SkullRestoreLib._system.progress import StepTimer, run_to_end
from SkullRestoreLib.affine import apply_affine, voxel_spacing
from SkullRestoreLib.errors import SkullRestoreError
from SkullRestoreLib.evaluation.cases.ground_truth import GroundTruth, measure_ground_truth
from SkullRestoreLib.evaluation.cases.intact_skull import LEVEL, IntactSkull, analyse_intact_skull
from SkullRestoreLib.evaluation.cases.synthetic_ct import simulate_ct
from SkullRestoreLib.evaluation.measures.reported_defect import ReportedDefect
from SkullRestoreLib.evaluation.measures.scoring import DefectScore, score_defect
from SkullRestoreLib.geometry.icosphere import spherical_grid
from SkullRestoreLib.io import read
from SkullRestoreLib.pipeline import head_steps, steps
from SkullRestoreLib.planning.plan import HeadBasis, ResectionPlan, ResectionRequest, plan_on_head
from SkullRestoreLib.prediction import models
from SkullRestoreLib.records import Volume
from SkullRestoreLib.settings import PlanSettings, Settings

CASES_PER_SKULL = 5
THICKENED_MM = (5.0, 20.0)
OUTWARDS = 0.7  # part of the thickening that is over the outer table
RADIUS_MM = (12.0, 35.0)  # of the tumour
TUMOUR_HU = (350.0, 2200.0)  # fibrous to sclerotic
MOTTLED_HU = 150.0  # standard deviation of its density
REFUSED_PLACES = 8  # a place that cannot be cut, such as over the orbit, is drawn again so many times
WANTED_GOOD = 0.95


@dataclass
class Row:
    """One tumour, and the plain hole at the same place."""

    number: int
    skull: str
    thickened_mm: float
    tumour_hu: float
    region: str = ""
    area_cm2: float = float("nan")
    refused: int = 0  # places drawn before one that can be cut
    grade: str = ""
    rms_mm: float = float("nan")  # the larger of both directions
    largest_mm: float = float("nan")
    plain_grade: str = ""
    plain_rms_mm: float = float("nan")
    plain_largest_mm: float = float("nan")
    implant_passed: bool = False
    failed: str = ""


@dataclass(frozen=True, eq=False)
class Tumour:
    """Thickened bone."""

    mask: NDArray[np.bool_]  # (nk, nj, ni), bone of the table included
    hu: float


def grow_tumour(skull: IntactSkull, row: Row, rng: np.random.Generator) -> Tumour:
    """Thicken the bone about a random place of the vault, most in the middle."""
    grid = spherical_grid(LEVEL)
    outer, inner = skull.tables.T
    usable = skull.vault & (grid.directions[:, 2] > 0.05)
    area = np.where(usable, grid.vertex_areas, 0.0)
    direction = grid.directions[rng.choice(len(area), p=area / area.sum())]
    radius_mm = float(rng.uniform(*RADIUS_MM))
    middle = skull.pose.to_ras(direction[None] * outer[grid.nearest_vertices(direction[None])[0]])[0]
    centre = np.rint(apply_affine(np.linalg.inv(skull.ijk_to_ras), middle[None])[0]).astype(int)
    reach = np.ceil((radius_mm + THICKENED_MM[1] + 10) / voxel_spacing(skull.ijk_to_ras)).astype(int)
    axes = [
        np.arange(max(c - r, 0), min(c + r + 1, n))
        for c, r, n in zip(centre, reach, skull.bone.shape[::-1], strict=True)
    ]
    ijk = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
    points = apply_affine(skull.pose.ras_to_head, apply_affine(skull.ijk_to_ras, ijk.astype(np.float64)))
    distance = np.linalg.norm(points, axis=1)
    corners, weights = grid.locate_triangles(points / distance[:, None])
    at_outer, at_inner = (np.einsum("nk,nk->n", table[corners], weights) for table in (outer, inner))
    across = at_outer * np.arccos(np.clip(points @ direction / distance, -1, 1))
    bump = row.thickened_mm * np.clip(1 - (across / radius_mm) ** 2, 0, None)
    inside = (distance < at_outer + OUTWARDS * bump) & (distance > at_inner - (1 - OUTWARDS) * bump) & (bump > 0.3)
    mask = np.zeros(skull.bone.shape, dtype=bool)
    mask[tuple(ijk[inside].T[::-1])] = True
    return Tumour(mask, row.tumour_hu)


def scan(skull: IntactSkull, seed: int, tumour: Tumour | None = None) -> Volume:
    """Simulate the CT, with the tumour in its own density or without one."""
    bone = Volume(skull.bone if tumour is None else skull.bone | tumour.mask, skull.ijk_to_ras, "mask")
    if tumour is None:
        return simulate_ct(bone, seed=seed)

    def mottle(hu: NDArray[np.float32]) -> None:
        noise = np.random.default_rng(seed).standard_normal(int(tumour.mask.sum()))
        hu[tumour.mask] = tumour.hu + MOTTLED_HU * noise

    return simulate_ct(bone, seed=seed, add_bodies=mottle)


def analyse(source: Volume, settings: Settings) -> HeadBasis:
    """Segment a CT, find its head frame, and predict its vault."""
    weights, atlas = models.find_weights_and_atlas(settings)
    predict = models.load_predictor(weights, settings)
    analysis = run_to_end(steps.segment_and_analyse(source, settings, atlas, StepTimer()))

    def predict_head(each: Any) -> Any:
        return head_steps.predict_vault(each, predict, atlas.model)

    return HeadBasis(source, analysis, predict_head(analysis), predict_head, resources.file_sha256(weights))


def plan(basis: HeadBasis, request: ResectionRequest) -> ResectionPlan:
    """Plan without guides."""
    return run_to_end(plan_on_head(basis, request, Settings(), PlanSettings(), (), StepTimer()))


def measure(made: ResectionPlan, truth: GroundTruth) -> DefectScore:
    """Score the restored surface of the opening on the skull without tumour."""
    patch = next(patch for patch in made.restoration.patches if patch.defect == made.defect)
    return score_defect(truth, [ReportedDefect(patch.outer, made.line.area_cm2, np.zeros((0, 3)))])


def run_case(row: Row, skull: IntactSkull, plain: HeadBasis, pictures: Path | None) -> Row:
    """Draw tumours until one can be cut; plan it, and the plain hole."""
    rng = np.random.default_rng([261, row.number])
    row.thickened_mm, row.tumour_hu = float(rng.uniform(*THICKENED_MM)), float(rng.uniform(*TUMOUR_HU))
    for _ in range(REFUSED_PLACES):
        tumour = grow_tumour(skull, row, rng)
        try:
            ill = analyse(scan(skull, row.number, tumour), Settings())
            made = plan(ill, ResectionRequest(tumour=Volume(tumour.mask, skull.ijk_to_ras, "mask")))
            hole = plan(plain, ResectionRequest(curve=made.line.points, curve_is_closed=True))
        except SkullRestoreError as error:
            row.refused, row.failed = row.refused + 1, str(error)
            continue
        break
    else:
        return row
    row.failed = ""
    truth = measure_ground_truth(skull, skull.bone & hole.uncut.mask & ~hole.restoration.bone.mask)
    defect = next(d for d in made.restoration.defects if d.number == made.defect)
    row.region, row.area_cm2 = f"{defect.side} {defect.region}", made.line.area_cm2
    row.implant_passed = any(body.passed for body in made.restoration.implants if body.defect == made.defect)
    score, plain_score = measure(made, truth), measure(hole, truth)
    row.grade, row.plain_grade = score.grade, plain_score.grade
    row.rms_mm, row.largest_mm = max(score.rms_mm, score.missed_rms_mm), max(score.largest_mm, score.missed_largest_mm)
    row.plain_rms_mm = max(plain_score.rms_mm, plain_score.missed_rms_mm)
    row.plain_largest_mm = max(plain_score.largest_mm, plain_score.missed_largest_mm)
    if pictures is not None:
        draw(made, hole, truth, pictures / f"hyperostosis_{row.number}.png")
    return row


def draw(made: ResectionPlan, hole: ResectionPlan, truth: GroundTruth, path: Path) -> None:
    """Draw three sections through the middle of the line: bone with the tumour, and the surfaces.

    Blue is the true one, green restored over the plain hole, red over the tumour's.
    """
    from PIL import Image

    bone = made.uncut
    surfaces = [
        (truth.table_points[truth.defect_mask], (90, 150, 255)),
        *(
            (next(p for p in each.restoration.patches if p.defect == each.defect).outer.vertices, colour)
            for each, colour in ((hole, (60, 220, 90)), (made, (255, 60, 60)))
        ),
    ]
    middle = np.rint(bone.to_ijk(made.line.points).mean(axis=0)).astype(int)[::-1]
    middle = np.clip(middle, 0, np.array(bone.field.shape) - 1)
    panels = []
    for axis in range(3):
        plane = np.clip(np.take(bone.field, middle[axis], axis=axis).astype(float) / 2000 * 160, 0, 160)
        image = np.repeat(np.flipud(plane)[..., None], 3, axis=2).astype(np.uint8).repeat(2, 0).repeat(2, 1)
        for points, colour in surfaces:
            kji = bone.to_ijk(points)[:, ::-1]
            near = kji[np.abs(kji[:, axis] - middle[axis]) < 0.7]
            rows, columns = np.delete(near, axis, axis=1).T
            rows = plane.shape[0] - 1 - rows
            at = np.rint(2 * np.stack([rows, columns])).astype(int)
            at = at[:, ((at >= 0) & (at < np.array(image.shape[:2])[:, None])).all(axis=0)]
            image[at[0], at[1]] = colour
        panels.append(image)
    height = max(len(panel) for panel in panels)
    panels = [np.pad(panel, ((0, height - len(panel)), (0, 6), (0, 0))) for panel in panels]
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.concatenate(panels, axis=1)).save(path)


def run_cases(options: argparse.Namespace, done: set[int]) -> Iterator[Row]:
    """The rows that are not there yet."""
    named = json.loads(options.split.read_text())[options.part]
    names = [name for name in named if (options.skulls / f"{name}.nrrd").is_file()]
    if not names:
        sys.exit(f"There are no skulls of the part '{options.part}' in {options.skulls}.")
    _, atlas = models.find_weights_and_atlas(Settings())
    for first in range(0, options.count, CASES_PER_SKULL):
        wanted = [n for n in range(first, min(first + CASES_PER_SKULL, options.count)) if n not in done]
        if not wanted:
            continue
        name = names[first // CASES_PER_SKULL % len(names)]
        skull = analyse_intact_skull(name, read.read(options.skulls / f"{name}.nrrd"), atlas)
        plain = analyse(scan(skull, first), Settings())
        for number in wanted:
            yield run_case(Row(number, name, 0.0, 0.0), skull, plain, options.pictures)


def print_table(rows: list[Row]) -> float:
    """The table of all cases; the part that is good."""
    made = [row for row in rows if row.grade]
    print(f"{len(rows)} tumours, {len(made)} planned, {sum(row.refused for row in rows)} places refused before\n")
    print("| | good | RMS median | RMS 95 % | largest median | largest 95 % |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    for title, prefix in (("thickened bone", ""), ("plain hole, same place", "plain_")):
        good = sum(getattr(row, f"{prefix}grade") == "good" for row in made)
        columns = [np.array([getattr(row, f"{prefix}{name}") for row in made]) for name in ("rms_mm", "largest_mm")]
        cells = [f"{np.percentile(values, p):.2f} mm" if made else "-" for values in columns for p in (50, 95)]
        print(f"| {title} | {good} of {len(made)} | {' | '.join(cells)} |")
    print(f"\nimplant passed {sum(row.implant_passed for row in made)} of {len(made)}")
    return sum(row.grade == "good" for row in made) / max(len(rows), 1)


def main() -> None:
    """Run what is missing and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--skulls", type=Path, default=Path("../shared/data/skullfix/complete"), help="intact skulls")
    parser.add_argument("--split", type=Path, default=Path("Resources/split.json"), help="which skulls are held out")
    parser.add_argument("--part", choices=("valid", "test"), default="test", help="part of the split")
    parser.add_argument("--count", type=int, default=30)
    parser.add_argument("--out", type=Path, default=Path("out/hyperostoses.csv"))
    parser.add_argument("--pictures", type=Path, help="folder for a picture of each")
    options = parser.parse_args()
    options.out.parent.mkdir(parents=True, exist_ok=True)
    rows = read_rows(options.out, Row)
    with options.out.open("a", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [spec.name for spec in fields(Row)])
        if not rows:
            writer.writeheader()
        for row in run_cases(options, {row.number for row in rows}):
            rows.append(row)
            writer.writerow(asdict(row))
            file.flush()
            print(f"{row.number}: {row.skull} {row.region} {row.area_cm2:.0f} cm² {row.grade} {row.failed}", flush=True)
    sys.exit(print_table(rows) < WANTED_GOOD)


if __name__ == "__main__":
    main()
