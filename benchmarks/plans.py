"""Plan random resections on real skulls that training never saw: ``python benchmarks/plans.py --out plans.csv``.

Lines are given in all three ways, of 5 to 150 cm², anywhere on the vault. A tumour makes the bone 5 to 20 mm thicker
first. Every plan is a row: what the bodies' own checks say, what another library says of them, how far line, kerf and
clearance are from what was asked, the guides' play, and how far the restored surface is from the intact skull. The file
is added to: the same command continues where it stopped, and ``--only 3,17`` plans those again without it. A Markdown
table is printed at the end; the exit code is 1 if a plan failed. Triangles that cut each other are counted by PyMeshLab
where it is installed: ``pip install pymeshlab``.
"""

import argparse
import csv
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, fields, replace
from functools import partial
from pathlib import Path
from typing import Literal, TypeVar

import numpy as np
from scipy.spatial import cKDTree

from SkullRestoreLib._system import resources
from SkullRestoreLib._system.progress import StepTimer, run_to_end
from SkullRestoreLib.errors import SkullRestoreError
from SkullRestoreLib.geometry.icosphere import spherical_grid
from SkullRestoreLib.io import read
from SkullRestoreLib.pipeline import head_steps, steps
from SkullRestoreLib.planning.guides import GUIDE_KINDS
from SkullRestoreLib.planning.plan import HeadBasis, PlannedGuide, ResectionPlan, ResectionRequest, plan_on_head
from SkullRestoreLib.planning.resection import Head, trace_line
from SkullRestoreLib.prediction import models, ray_tracing
from SkullRestoreLib.records import Mesh, Settings, Volume
from SkullRestoreLib.settings import PlanSettings

WAYS = ("circle", "curve", "tumour")
KERF_SIDES: tuple[Literal["outside", "middle", "inside"], ...] = ("outside", "middle", "inside")
PLANS_PER_SKULL = 6
AREAS_CM2 = (5.0, 150.0)
THICKENED_MM = (5.0, 20.0)
GOOD_MM = (3.9, 1.3)  # largest (99 %) and root mean square, as everywhere in the evaluation
SHOWN_TOO = ("area_cm2", "thickened_mm", "surface_rms_mm", "surface_largest_mm", "seconds")
LIMITS = {
    "template_line_mm": 0.1,
    "frame_line_mm": 0.1,
    "ring_line_mm": 0.1,
    "gap_off_mm": 0.1,
    "play_mm": 0.3,
    "play_deg": 0.5,
    "undercut_mm2": 0.0,
    "cut_elsewhere": 0,
    "preview_ms": 50.0,
    "cpu_seconds": 20.0,  # 10 s on two cores
}
"""What a plan must not exceed."""
REFUSED_PLACES = 8  # a place that cannot be cut, such as over the orbit, is drawn again so many times
RowKind = TypeVar("RowKind")


@dataclass
class PlanRow:
    """Measurements on one plan."""

    number: int
    skull: str
    way: str
    asked_cm2: float
    region: str = ""
    area_cm2: float = float("nan")
    kerf_mm: float = 0.0
    bevel_deg: float = 0.0
    thickened_mm: float = 0.0
    refused: int = 0  # places drawn before one that can be cut
    implant_passed: bool = False
    guides_passed: int = 0  # of three kinds; one in parts passes when all of them do
    guide_parts: int = 0  # parts of those guides that are in more than one
    bodies: int = 0  # implant and guides, each part of a guide apart
    closed_elsewhere: int = 0  # of these, those that trimesh calls closed volumes
    cut_elsewhere: int = -1  # triangles that cut another one, by PyMeshLab; -1 where it is not installed
    template_line_mm: float = float("nan")  # 95 %
    frame_line_mm: float = float("nan")
    ring_line_mm: float = float("nan")
    gap_off_mm: float = float("nan")  # implant to the planned wall, median less asked
    play_mm: float = float("nan")  # of the frame
    play_deg: float = float("nan")
    undercut_mm2: float = float("nan")
    surface_rms_mm: float = float("nan")  # of the restored surface from the intact one
    surface_largest_mm: float = float("nan")
    preview_ms: float = float("nan")
    seconds: float = float("nan")
    cpu_seconds: float = float("nan")
    failed: str = field(default="")

    @property
    def good(self) -> bool:
        """Whether the restored surface is good."""
        return self.surface_largest_mm <= GOOD_MM[0] and self.surface_rms_mm <= GOOD_MM[1]


def analyse(path: Path, settings: Settings) -> tuple[HeadBasis, Head]:
    """Analyse one intact skull."""
    weights, atlas = models.find_weights_and_atlas(settings)
    predict = models.load_predictor(weights, settings)
    source = read.read(path)
    analysis = run_to_end(steps.segment_and_analyse(source, settings, atlas, StepTimer()))
    predict_head = partial(head_steps.predict_vault, predict=predict, model=atlas.model)
    skull = head_steps.display_model(analysis.bone)
    basis = HeadBasis(source, analysis, predict_head(analysis), predict_head, resources.file_sha256(weights), skull)
    return basis, Head(analysis.bone, analysis.pose, basis.tables)


def point_at(head: Head, direction: np.ndarray) -> np.ndarray:
    """The place (3,) mm RAS of the outer table in a direction of the head frame."""
    nearest = int((spherical_grid(head.tables.level).directions @ direction).argmax())
    return head.pose.to_ras(direction * head.tables.outer[nearest])


def random_direction(rng: np.random.Generator) -> np.ndarray:
    """A direction to somewhere on the vault, evenly over its area."""
    while True:
        direction = rng.normal(size=3)
        direction /= np.linalg.norm(direction)
        azimuth = np.degrees(np.arctan2(abs(direction[0]), direction[1]))
        if direction[2] > (0.25 if azimuth < 60 else 0.02 if azimuth < 110 else -0.05):
            return direction


def random_curve(head: Head, direction: np.ndarray, radius_mm: float, rng: np.random.Generator) -> np.ndarray:
    """Control points (k, 3) mm RAS of a wavy line, as somebody draws it: up to some mm off the bone."""
    angle = np.linspace(0, 2 * np.pi, 12, endpoint=False)
    wave = 1 + 0.12 * np.sin(2 * angle + rng.uniform(0, 6.28)) + 0.08 * np.sin(3 * angle + rng.uniform(0, 6.28))
    side = np.cross(direction, np.eye(3)[np.abs(direction).argmin()])
    side /= np.linalg.norm(side)
    up = np.cross(direction, side)
    opening = radius_mm * wave / 85.0
    rays = np.cos(opening)[:, None] * direction + np.sin(opening)[:, None] * (
        np.cos(angle)[:, None] * side + np.sin(angle)[:, None] * up
    )
    return np.array([point_at(head, ray) for ray in rays]) + rng.normal(0, 0.7, (12, 3))


def thicken(basis: HeadBasis, head: Head, direction: np.ndarray, radius_mm: float, height_mm: float) -> tuple:
    """A head with a bump of bone, as a meningioma in bone makes it, outwards and half as far inwards; and its mask."""
    bone = basis.analysis.bone
    matrix = head.pose.ras_to_head @ bone.ijk_to_ras
    k, j, i = np.indices(bone.mask.shape, sparse=True)
    x, y, z = (matrix[r, 0] * i + matrix[r, 1] * j + matrix[r, 2] * k + matrix[r, 3] for r in range(3))
    radius = np.sqrt(x**2 + y**2 + z**2)
    along = (x * direction[0] + y * direction[1] + z * direction[2]) / np.maximum(radius, 1.0)
    near = along > np.cos(radius_mm / 75.0)
    kji = np.argwhere(near & (radius > 40))
    points = head.pose.to_head(bone.to_ras(kji[:, ::-1]))
    distance = np.linalg.norm(points, axis=1)
    corners, weights = spherical_grid(head.tables.level).locate_triangles(points / distance[:, None])
    outer, inner = (np.einsum("nk,nk->n", t[corners], weights) for t in (head.tables.outer, head.tables.inner))
    across = outer * np.arccos(np.clip(points @ direction / distance, -1, 1))
    bump = height_mm * np.clip(1 - (across / radius_mm) ** 2, 0, None)
    added = (distance < outer + bump) & (distance > inner - bump / 2) & (bump > 0.3)
    tumour = np.zeros(bone.mask.shape, dtype=bool)
    tumour[tuple(kji[added].T)] = True
    field_with = bone.field.copy()
    field_with[tumour] = max(int(bone.field.max()), int(np.ceil(bone.iso)))
    ill = replace(bone, field=field_with, mask=field_with >= bone.iso)
    rays = ray_tracing.trace_rays(ill, head.pose, level=basis.analysis.rays.level)
    analysis = replace(basis.analysis, bone=ill, rays=rays)
    return replace(basis, analysis=analysis), Volume(tumour, bone.ijk_to_ras, "mask")


def draw_plan(number: int, basis: HeadBasis, head: Head, name: str) -> tuple[ResectionPlan | None, PlanRow]:
    """Draw places until one can be cut, and plan there."""
    rng = np.random.default_rng([26, number])
    area = float(np.exp(rng.uniform(*np.log(AREAS_CM2))))
    way = WAYS[number % len(WAYS)]
    row = PlanRow(number, name, way, area)
    chosen = PlanSettings(
        kerf_mm=float(rng.choice([0.5, 1.0, 1.5, 2.5])),
        kerf_side=KERF_SIDES[rng.integers(len(KERF_SIDES))],
        wall_bevel_deg=float(rng.choice([0.0, 0.0, 10.0, 20.0])),
    )
    row.kerf_mm, row.bevel_deg = chosen.kerf_mm, chosen.wall_bevel_deg
    radius = np.sqrt(area * 100 / np.pi)
    for _ in range(REFUSED_PLACES):
        direction, ground, request = random_direction(rng), basis, None
        if way == "circle":
            ratio, turn = rng.uniform(0.7, 1.0), rng.uniform(0, 180)
            diameters = (2 * radius / np.sqrt(ratio), 2 * radius * np.sqrt(ratio))
            request = ResectionRequest(centre=point_at(head, direction), diameters_mm=diameters, turn_deg=turn)
        elif way == "curve":
            request = ResectionRequest(curve=random_curve(head, direction, radius, rng), curve_is_closed=True)
        else:
            row.thickened_mm = float(rng.uniform(*THICKENED_MM))
            ground, mask = thicken(basis, head, direction, max(radius - chosen.margin_mm, 8.0), row.thickened_mm)
            request = ResectionRequest(tumour=mask)
        started, cpu = time.perf_counter(), time.process_time()
        try:
            plan = run_to_end(plan_on_head(ground, request, Settings(), chosen, GUIDE_KINDS, StepTimer()))
        except SkullRestoreError as error:
            row.refused, row.failed = row.refused + 1, str(error)
            continue
        row.seconds, row.cpu_seconds = time.perf_counter() - started, time.process_time() - cpu
        row.failed = ""
        return plan, row
    return None, row


def measure(plan: ResectionPlan, row: PlanRow, head: Head, intact: cKDTree) -> PlanRow:
    """Fill the row."""
    import trimesh

    restoration = plan.restoration
    defect = next(d for d in restoration.defects if d.number == plan.defect)
    patch = next(p for p in restoration.patches if p.defect == plan.defect)
    implant = next((body for body in restoration.implants if body.defect == plan.defect), None)
    row.region, row.area_cm2 = f"{defect.side} {defect.region}", plan.line.area_cm2
    guides: dict[str, list[PlannedGuide]] = {}
    for guide in plan.guides:
        guides.setdefault(guide.kind, []).append(guide)
    row.guides_passed = sum(all(part.checks.passed for part in parts) for parts in guides.values())
    row.guide_parts = sum(len(parts) for parts in guides.values() if len(parts) > 1)
    bodies: list[Mesh] = [g.mesh for g in plan.guides] + ([implant.mesh] if implant else [])
    row.bodies = len(bodies)
    row.closed_elsewhere = sum(trimesh.Trimesh(b.vertices, b.faces, process=False).is_volume for b in bodies)
    row.cut_elsewhere = count_cuts_elsewhere(bodies)
    for kind, parts in guides.items():
        errors = [part.checks.line_error_95_mm for part in parts]
        known = [error for error in errors if error is not None]
        setattr(row, f"{kind}_line_mm", max(known, default=float("nan")))
    plays = [part.checks.play for part in guides.get("frame", ()) if part.checks.play]
    if plays:
        row.play_mm = max(max(play.sideways_mm) for play in plays)
        row.play_deg = max(max(play.turn_deg) for play in plays)
    row.undercut_mm2 = max((g.checks.undercut_mm2 for g in plan.guides), default=float("nan"))
    reasons = [reason for each in plan.withheld_guides.values() for reason in each]
    if implant is not None:
        row.implant_passed = implant.passed
        row.gap_off_mm = gap_to_wall(plan, implant.mesh) - implant.settings.clearance_mm
        reasons += implant.failed
    reasons += [none.reason for none in restoration.not_made]
    away = intact.query(patch.outer.vertices)[0]
    row.surface_rms_mm, row.surface_largest_mm = float(np.sqrt((away**2).mean())), float(np.percentile(away, 99))
    row.failed = " | ".join([*reasons, *broken_limits(row)])
    curve = plan.line.points[:: max(len(plan.line.points) // 24, 1)]
    times = []
    for _ in range(5):
        started = time.process_time()  # other programs may be busy
        line = trace_line(curve, plan.line.table, head)
        _ = line.area_cm2, line.circumference_mm
        times.append(1000 * (time.process_time() - started))
    row.preview_ms = min(times)
    return row


def count_cuts_elsewhere(bodies: list[Mesh]) -> int:
    """Triangles of these bodies that cut another one, as another library counts them; -1 where it is not installed."""
    try:
        import pymeshlab
    except ModuleNotFoundError:
        return -1
    total = 0
    for body in bodies:
        meshes = pymeshlab.MeshSet()
        meshes.add_mesh(pymeshlab.Mesh(body.vertices, body.faces))
        meshes.compute_selection_by_self_intersections_per_face()
        total += meshes.current_mesh().selected_face_number()
    return total


def broken_limits(row: PlanRow) -> list[str]:
    """What is farther from what was asked than it may be, except the play, which decides nothing (decision 122)."""
    return [
        f"{name} is {abs(getattr(row, name)):.2f}, more than {limit:g}"
        for name, limit in LIMITS.items()
        if name not in ("play_mm", "play_deg", "preview_ms", "cpu_seconds") and abs(getattr(row, name)) > limit
    ]


def gap_to_wall(plan: ResectionPlan, body: Mesh) -> float:
    """Median distance of an implant's rim from the planned wall, mm, once a millimetre along the line."""
    from SkullRestoreLib.implant.bone_surface import scatter_points

    points, _ = scatter_points(body.vertices, body.faces)
    inside, depth = plan.wall.inside_mm(points)
    inside = (inside + plan.wall.settings.outward_kerf_mm) * np.cos(np.radians(plan.wall.settings.wall_bevel_deg))
    rim = (inside < 4.0) & (depth > 0.5) & (depth < 3.0)
    station = cKDTree(plan.line.points[::2]).query(points[rim])[1]
    nearest = np.full(len(plan.line.points[::2]), np.inf)
    np.minimum.at(nearest, station, inside[rim])
    found = nearest[np.isfinite(nearest)]
    return float(np.median(found)) if len(found) else float("nan")


def run_plans(options: argparse.Namespace, done: set[int]) -> Iterator[PlanRow]:
    """The rows that are not there yet."""
    held_out = json.loads(options.split.read_text())["test"]
    names = [name for name in held_out if (options.skulls / f"{name}.nrrd").is_file()]
    if not names:
        sys.exit(f"There are no held-out skulls in {options.skulls}.")
    for first in range(0, options.count, PLANS_PER_SKULL):
        wanted = [n for n in range(first, min(first + PLANS_PER_SKULL, options.count)) if n not in done]
        if not wanted:
            continue
        name = names[first // PLANS_PER_SKULL % len(names)]
        basis, head = analyse(options.skulls / f"{name}.nrrd", Settings())
        intact = cKDTree(steps.reference_surface(basis.source, Settings()).vertices)
        for number in wanted:
            plan, row = draw_plan(number, basis, head, name)
            if plan is not None:
                measure(plan, row, head, intact)
                if options.pictures is not None:
                    write_pictures(plan, options.pictures, number)
            yield row


def write_pictures(plan: ResectionPlan, folder: Path, number: int) -> None:
    """The pictures of the plan's page side by side."""
    from PIL import Image

    from SkullRestoreLib.planning.plan_pictures import draw_plan

    folder.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.concatenate(list(draw_plan(plan).values()), axis=1)).save(folder / f"plan_{number}.png")


def print_table(rows: list[PlanRow]) -> None:
    """The table of all plans."""
    made = [row for row in rows if np.isfinite(row.area_cm2)]

    def spread(name: str) -> str:
        values = np.array([getattr(row, name) for row in made], dtype=float)
        values = values[np.isfinite(values)]
        if not len(values):
            return "- | - | -"
        return f"{np.median(values):.3g} | {np.percentile(values, 95):.3g} | {values.max():.3g}"

    print(f"{len(rows)} plans, {len(made)} made, {sum(row.refused for row in rows)} places refused before\n")
    print(
        f"implant passed {sum(r.implant_passed for r in made)}, all guides {sum(r.guides_passed == 3 for r in made)}, "
    )
    print(f"all bodies closed by trimesh {sum(r.closed_elsewhere == r.bodies for r in made)}, ")
    print(f"plans with a guide in parts {sum(r.guide_parts > 0 for r in made)}, ")
    print(f"restored surface good {sum(r.good for r in made)} of {len(made)}\n")
    print("| | asked | reached by | median | 95 % | largest |\n| --- | ---: | ---: | ---: | ---: | ---: |")
    for spec in fields(PlanRow):
        if spec.name not in LIMITS and spec.name not in SHOWN_TOO:
            continue
        limit = LIMITS.get(spec.name)
        values = np.array([getattr(row, spec.name) for row in made], dtype=float)
        reached = "" if limit is None else f"{np.count_nonzero(np.abs(values) <= limit)} of {len(made)}"
        print(f"| {spec.name} | {'' if limit is None else f'<= {limit:g}'} | {reached} | {spread(spec.name)} |")
    for way in WAYS:
        mine = [row for row in rows if row.way == way]
        print(f"\n{way}: {sum(not row.failed for row in mine)} of {len(mine)} without a fault", end="")
    print()


def main() -> None:
    """Run what is missing and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--skulls", type=Path, default=Path("../shared/data/skullfix/complete"), help="intact skulls")
    parser.add_argument("--split", type=Path, default=Path("Resources/split.json"), help="skulls training never saw")
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--only", help="numbers of plans, with commas: planned and printed, and not added to the file")
    parser.add_argument("--out", type=Path, default=Path("out/plans.csv"))
    parser.add_argument("--pictures", type=Path, help="folder for pictures of each plan")
    options = parser.parse_args()
    options.out.parent.mkdir(parents=True, exist_ok=True)
    rows = read_rows(options.out, PlanRow)
    if options.only:
        others = set(range(options.count)) - {int(number) for number in options.only.split(",")}
        print_table(list(run_plans(options, others)))
        return
    with options.out.open("a", newline="") as file:
        writer = csv.DictWriter(file, [spec.name for spec in fields(PlanRow)])
        if not rows:
            writer.writeheader()
        for row in run_plans(options, {row.number for row in rows}):
            rows.append(row)
            writer.writerow(asdict(row))
            file.flush()
            print(f"{row.number}: {row.skull} {row.way} {row.region} {row.area_cm2:.0f} cm² {row.failed}", flush=True)
    print_table(rows)
    sys.exit(any(row.failed for row in rows))


def read_rows(path: Path, kind: type[RowKind]) -> list[RowKind]:
    """The rows of an earlier run, as records of a kind."""
    if not path.is_file():
        return []
    types = {"int": int, "float": float, "str": str, "bool": lambda text: text == "True"}
    with path.open(encoding="utf-8", newline="") as file:
        return [
            kind(**{s.name: types[getattr(s.type, "__name__", s.type)](line[s.name]) for s in fields(kind)})
            for line in csv.DictReader(file)
        ]


if __name__ == "__main__":
    main()
