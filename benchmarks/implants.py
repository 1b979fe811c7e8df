"""Design 200 random implants and measure each: ``python benchmarks/implants.py``.

Every case is a part of a synthetic skull (voxels as CT or mask), a hole, the surface that fills it with a smooth error
as a prediction has, and random settings. The kinds cover what makes implants fail: ragged edges, two holes in one
skull, a margin that ends at the scan's edge, paper-thin bone, noisy surfaces, thick slices, bridges and islands of
bone. A Markdown table is printed; the exit code is 1 if a check fails.
"""

import argparse
import csv
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path

import numpy as np
from scipy import ndimage
from scipy.spatial.transform import Rotation

from SkullRestoreLib.errors import ImplantError
from SkullRestoreLib.implant import build_implant
from SkullRestoreLib.records import Bone, DefectPatch, Implant, ImplantSettings, Mesh, Pose, Settings

RADIUS_MM = 86.0
KINDS = (
    "plain",
    "ragged",
    "slanted",
    "bilateral",
    "open at the scan's edge",
    "paper-thin bone",
    "noisy surface",
    "thick slices",
    "islands",
    "onlay",
)
STEP_MM = 1.2  # between the patch's vertices


@dataclass(frozen=True)
class SyntheticSkull:
    """A synthetic skull about the origin; the hole is around its z axis."""

    shape: np.ndarray  # (4,) how the radius changes with the direction
    thick_mm: float
    edge: Callable[[np.ndarray], np.ndarray]  # opening of the hole, radians, at each angle around it
    slope: Callable[[np.ndarray], np.ndarray]  # how much the hole narrows inwards, mm per mm of depth

    def outer(self, ray: np.ndarray) -> np.ndarray:
        """Radius of the outer table, mm, in directions (..., 3)."""
        x, y, z = np.moveaxis(ray, -1, 0)
        a, b, c, d = self.shape
        return RADIUS_MM * (1 + a * x * x + b * y * y + c * x * y + d * np.sin(3 * x) * z)

    def depth(self, points: np.ndarray) -> np.ndarray:
        """Depth of points (..., 3) in bone, mm; negative outside. Exact near the surface only."""
        radius = np.linalg.norm(points, axis=-1)
        ray = points / np.maximum(radius, 1e-6)[..., None]
        table = self.outer(ray)
        angle = np.arctan2(ray[..., 1], ray[..., 0])
        hole = radius * (self.edge(angle) - np.arccos(np.clip(ray[..., 2], -1, 1))) - self.slope(angle) * (
            table - radius
        )
        return np.minimum(np.minimum(table - radius, radius - table + self.thick_mm), -hole)


@dataclass(frozen=True)
class ImplantCase:
    """One skull with one or two holes."""

    number: int
    kind: str
    bone: Bone
    patches: tuple[DefectPatch, ...]
    pose: Pose
    settings: ImplantSettings


@dataclass
class ImplantRow:
    """Measurements on one implant."""

    case: int
    kind: str
    area_cm2: float = 0.0
    passed: bool = False
    clean: bool = False  # closed, manifold, outward, no triangles that cut each other
    overlaps: int = 0
    clearance_off_mm: float = float("nan")  # at the body's edge, median minus wanted
    clearance_least_mm: float = float("nan")  # least minus wanted
    clearance_most_mm: float = float("nan")  # most at the body's edge minus wanted
    notch_mm: float = float("nan")  # widest gap from the bone minus wanted: a notch cannot be filled
    clearance_within: float = float("nan")
    thickness_off_mm: float = float("nan")
    thickness_worst_mm: float = float("nan")
    covered: float = 0.0
    covered_in_all: float = 0.0
    triangles: int = 0
    seconds: float = float("nan")  # without parts and mould
    cpu_seconds: float = float("nan")
    pieces: int = 0  # parts and halves of moulds
    pieces_passed: int = 0
    joint_off_mm: float = float("nan")  # play between parts minus wanted, the worst
    mould_off_mm: float = float("nan")  # largest distance of the mould from the body
    notes: str = ""
    settings: str = field(default="", repr=False)


def make_case(number: int, *, size: float | None = None) -> ImplantCase:
    """Make the case of a number.

    Parameters
    ----------
    number
        The same number gives the same case.
    size
        Opening of the hole, radians; random if None.
    """
    rng = np.random.default_rng(number)
    kind = KINDS[number % len(KINDS)]
    random_size = np.exp(rng.uniform(np.log(0.13), np.log(0.6 if kind != "bilateral" else 0.35)))
    size = random_size if size is None else size
    edge = _outline(rng, size, ragged=kind == "ragged")
    lean, turn = (rng.uniform(0, 0.5), rng.uniform(0, 2 * np.pi)) if kind == "slanted" else (0.0, 0.0)
    mean = rng.uniform(-0.25, 0.6)
    thick = rng.uniform(0.7, 1.8) if kind == "paper-thin bone" else rng.uniform(3.5, 9.0)
    if kind == "paper-thin bone":
        mean = min(mean, 0.3)
    skull = SyntheticSkull(
        rng.uniform(-0.08, 0.08, 4) * (1, 1, 1, 0.15), thick, edge, lambda a: mean + lean * np.cos(a - turn)
    )
    spacing = (
        np.array([0.45, 0.45, rng.uniform(1.5, 2.5)]) if kind == "thick slices" else np.full(3, rng.uniform(0.5, 0.85))
    )
    bone, turned, scan_edge = _scan(rng, kind, skull, size, spacing)
    shift = rng.uniform(-150, 150, 3)
    bone = _moved(bone, turned, shift)
    lift = _wave(rng, 0.5)
    frames = [np.eye(3)] + ([Rotation.from_euler("x", np.pi / 2).as_matrix()] if kind == "bilateral" else [])
    patches = tuple(_patch(k + 1, skull, lift, frame, turned, shift, scan_edge) for k, frame in enumerate(frames))
    head = np.eye(4)
    head[:3, :3], head[:3, 3] = turned @ Rotation.random(rng=rng).as_matrix(), shift
    return ImplantCase(
        number,
        kind,
        bone,
        patches,
        Pose(np.linalg.inv(head), 0.5, 1.0),
        _settings(rng, kind, choose_pieces(number, size)),
    )


def _outline(rng: np.random.Generator, size: float, *, ragged: bool) -> Callable[[np.ndarray], np.ndarray]:
    waves = [(k, rng.uniform(-0.22, 0.22) / k, rng.uniform(0, 2 * np.pi)) for k in (2, 3, 4)]
    teeth = (rng.integers(15, 40), rng.uniform(0.3, 1.0) / RADIUS_MM) if ragged else (1, 0.0)

    def edge(angle: np.ndarray) -> np.ndarray:
        smooth = size * (1 + sum(a * np.cos(k * angle + p) for k, a, p in waves))
        return smooth + teeth[1] * np.sin(teeth[0] * angle)

    return edge


def _wave(rng: np.random.Generator, most: float) -> Callable[[np.ndarray], np.ndarray]:
    """Smooth error of the restored surface: none at the margin, where it is fitted, up to ``most`` mm inside."""
    direction, phase, size = rng.normal(size=3), rng.uniform(0, 2 * np.pi), rng.uniform(-most, most)
    return lambda ray: size * np.cos(3 * ray @ direction / np.linalg.norm(direction) + phase)


def _scan(
    rng: np.random.Generator, kind: str, skull: SyntheticSkull, size: float, spacing: np.ndarray
) -> tuple[Bone, np.ndarray, float]:
    """Voxels of the part of the skull around its holes, its rotation, and where the scan ends (x, mm)."""
    wide = size * 1.5 + 0.25
    turned = Rotation.random(rng=rng).as_matrix()
    reach = RADIUS_MM * 1.12 * np.sin(min(wide, np.pi / 2))
    low, high = (
        np.array([-reach, -reach, RADIUS_MM * np.cos(min(wide, 1.4)) - 22]),
        np.array([reach, reach, RADIUS_MM * 1.14]),
    )
    scan_edge = np.inf
    if kind == "open at the scan's edge":
        scan_edge = high[0] = 0.55 * RADIUS_MM * np.sin(size)
    if kind == "bilateral":
        low[1] = -RADIUS_MM * 1.14
        low[2] = -reach
    count = np.ceil((high - low) / spacing).astype(int) + 1
    k, j, i = np.meshgrid(*(low[a] + spacing[a] * np.arange(count[a]) for a in (2, 1, 0)), indexing="ij", sparse=True)
    points = np.stack(np.broadcast_arrays(i, j, k), axis=-1).astype(np.float32)
    depth = skull.depth(points)
    if kind == "bilateral":  # a second hole, a quarter turn away
        depth = np.minimum(
            depth, skull.depth(points @ Rotation.from_euler("x", np.pi / 2).as_matrix().astype(np.float32))
        )
    if kind == "noisy surface":
        depth += 0.45 * ndimage.gaussian_filter(rng.normal(size=depth.shape).astype(np.float32), 1.0) / 0.11
    if kind == "islands":
        for at in rng.uniform(-0.5, 0.5, (4, 2)) * size:
            ray = np.array([np.sin(at[0]), np.sin(at[1]), 1.0])
            ray /= np.linalg.norm(ray)
            middle = ray * (skull.outer(ray) - rng.uniform(0, 4))
            depth = np.maximum(depth, rng.uniform(0.8, 1.8) - np.linalg.norm(points - middle, axis=-1))
    ct = rng.random() < 0.6 and kind != "noisy surface"
    values = np.clip(300 + 500 * depth + (rng.normal(0, 20, depth.shape) if ct else 0), -1000, 1500)
    voxels = values.astype(np.int16) if ct else (depth >= 0).astype(np.uint8)
    iso = 300.0 if ct else 0.5
    ijk_to_ras = np.eye(4)
    ijk_to_ras[:3, :3], ijk_to_ras[:3, 3] = np.diag(spacing), low
    return Bone(field=voxels, iso=iso, mask=voxels >= iso, ijk_to_ras=ijk_to_ras), turned, scan_edge


def _moved(bone: Bone, turned: np.ndarray, shift: np.ndarray) -> Bone:
    matrix = np.eye(4)
    matrix[:3, :3], matrix[:3, 3] = turned, shift
    return Bone(field=bone.field, iso=bone.iso, mask=bone.mask, ijk_to_ras=matrix @ bone.ijk_to_ras)


def _patch(
    number: int,
    skull: SyntheticSkull,
    lift: Callable[[np.ndarray], np.ndarray],
    frame: np.ndarray,
    turned: np.ndarray,
    shift: np.ndarray,
    scan_edge: float,
) -> DefectPatch:
    """The restored surface over a hole, bordered by bone or by the scan's edge, and continued over sound bone."""
    widest = float(skull.edge(np.linspace(0, 2 * np.pi, 90)).max())
    around = np.linspace(0, 2 * np.pi, int(2 * np.pi * RADIUS_MM * np.sin(min(widest, 1.5)) / STEP_MM), endpoint=False)
    limit = skull.edge(around)
    if np.isfinite(scan_edge):  # the patch ends half a millimetre before the scan does
        opening = np.linspace(0, 1.5, 800)[:, None]
        ray = np.stack(
            [
                np.sin(opening) * np.cos(around),
                np.sin(opening) * np.sin(around),
                np.cos(opening) * np.ones_like(around),
            ],
            axis=-1,
        )
        outside = (ray * skull.outer(ray)[..., None])[..., 0] > scan_edge - 0.5
        limit = np.minimum(limit, np.where(outside.any(axis=0), opening[outside.argmax(axis=0), 0], np.inf))
    rings = max(int(widest * RADIUS_MM / STEP_MM), 4)
    parts = np.linspace(0, 1, rings + 1)[1:]
    openings = [limit * part for part in parts]
    beyond = [limit + mm / RADIUS_MM for mm in np.arange(STEP_MM, 14, STEP_MM)]

    def surface(rows: list[np.ndarray]) -> tuple[Mesh, np.ndarray]:
        opening = np.concatenate([[0.0], *rows])
        angle = np.concatenate([[0.0], *[around] * len(rows)])
        ray = np.column_stack([np.sin(opening) * np.cos(angle), np.sin(opening) * np.sin(angle), np.cos(opening)])
        part = np.concatenate([[0.0], *[np.full(len(around), min((k + 1) / rings, 1.0)) for k in range(len(rows))]])
        outer = skull.outer(ray) + lift(ray) * (1 - part**4)
        a, b = np.arange(len(around)), np.roll(np.arange(len(around)), -1)
        faces = [np.column_stack([0 * a, 1 + a, 1 + b])]
        for ring in range(len(rows) - 1):
            near, far = 1 + ring * len(a), 1 + (ring + 1) * len(a)
            faces += [np.column_stack([near + a, far + a, far + b]), np.column_stack([near + a, far + b, near + b])]
        place = (turned @ frame).T
        inner = outer - max(skull.thick_mm, 0.7)
        return Mesh((outer[:, None] * ray) @ place + shift, np.concatenate(faces)), (
            inner[:, None] * ray
        ) @ place + shift

    (outer, inner), (wide, wide_inner) = surface(openings), surface(openings + beyond)
    return DefectPatch(number, outer, inner, np.ones(len(inner)), wide, wide_inner)


def choose_pieces(number: int, size: float) -> dict[str, object]:
    """Choose parts for every fourth case whose hole is large enough to be split, a mould for every fifth."""
    turn = number // len(KINDS) + number % len(KINDS)  # different cases of every kind
    return {"parts": 2 + turn // 4 % 2 if turn % 4 == 1 and size > 0.3 else 1, "mould": turn % 5 == 2}


def _settings(rng: np.random.Generator, kind: str, pieces: dict[str, object]) -> ImplantSettings:
    """The defaults in every third case, otherwise random settings."""
    if rng.random() < 1 / 3 and kind != "onlay":
        return ImplantSettings(**pieces)
    follow = rng.random() < 0.2
    return ImplantSettings(
        thickness_mm=float(rng.uniform(2.5, 7.0)),
        follow_inner_table=follow,
        clearance_mm=float(rng.choice([0.3, 0.5, 1.0, 1.5, 2.0])),
        bevel_deg=float(rng.choice([0.0, 0.0, 15.0, 30.0])),
        rim_radius_mm=float(rng.choice([0.0, 0.3, 0.5, 1.0])),
        # an onlay rim is 1.2 mm thick
        min_edge_mm=min(float(rng.choice([0.8, 1.0, 1.5])), 1.2 if kind == "onlay" else 1.5),
        sink_mm=float(rng.choice([0.0, 0.0, 0.5, 1.0])),
        onlay_mm=float(rng.uniform(3, 7)) if kind == "onlay" else 0.0,
        perforations=bool(rng.random() < 0.3),
        suture_holes=int(rng.choice([0, 0, 0, 8])),
        **pieces,
    )


def measure_case(case: ImplantCase) -> list[ImplantRow]:
    """Build and measure the implants of one case."""
    rows = []
    for patch in case.patches:
        a, b, c = patch.outer.vertices[patch.outer.faces].transpose(1, 0, 2)
        area = float(np.linalg.norm(np.cross(b - a, c - a), axis=1).sum() / 200)
        row = ImplantRow(case.number, case.kind, area, settings=_changed_settings(case.settings))
        wall, cpu = time.perf_counter(), time.process_time()
        try:
            implant = build_implant(patch, case.bone, case.settings, pose=case.pose)
        except ImplantError as error:
            row.notes = str(error)
            rows.append(row)
            continue
        if not implant.part_checks and not implant.mould_checks:
            row.seconds, row.cpu_seconds = time.perf_counter() - wall, time.process_time() - cpu
        _fill(row, implant, case.settings)
        rows.append(row)
    return rows


def _fill(row: ImplantRow, implant: Implant, wanted: ImplantSettings) -> None:
    """Write the measurements on a body and its pieces into its row."""
    checks, pieces = implant.checks, (*implant.part_checks, *implant.mould_checks)
    row.notes, row.passed = " ".join(implant.failed), implant.passed
    row.clean = (
        checks.watertight
        and checks.manifold
        and checks.outward
        and not checks.self_intersections
        and all(p.clean for p in pieces)
    )
    row.overlaps, row.triangles = checks.bone_overlaps, checks.triangles
    row.covered, row.covered_in_all = checks.covered, checks.covered_in_all
    if checks.rim_gap_mm is not None and not wanted.onlay_mm:
        row.clearance_off_mm = checks.rim_gap_mm.median - wanted.clearance_mm
        row.clearance_least_mm = checks.clearance_mm.least - wanted.clearance_mm
        row.clearance_most_mm = checks.rim_gap_mm.most - wanted.clearance_mm
        row.notch_mm = checks.clearance_mm.most - wanted.clearance_mm
        row.clearance_within = checks.clearance_within
    if checks.thickness_mm is not None and not wanted.follow_inner_table and not wanted.onlay_mm:
        row.thickness_off_mm = checks.thickness_mm.median - wanted.thickness_mm
        row.thickness_worst_mm = max(
            checks.thickness_mm.most - wanted.thickness_mm, wanted.thickness_mm - checks.thickness_mm.least
        )
    row.pieces, row.pieces_passed = len(pieces), sum(not piece.failed for piece in pieces)
    if implant.part_checks:
        row.joint_off_mm = max((p.gap_mm - wanted.joint_gap_mm for p in implant.part_checks), key=abs)
    if implant.mould_checks:
        row.mould_off_mm = max(p.off_mm for p in implant.mould_checks)


def _changed_settings(settings: ImplantSettings) -> str:
    plain = ImplantSettings()
    changed = {
        f.name: getattr(settings, f.name)
        for f in fields(settings)
        if getattr(settings, f.name) != getattr(plain, f.name)
    }
    return ", ".join(
        f"{name}={value:.2f}" if isinstance(value, float) else f"{name}={value}" for name, value in changed.items()
    )


def summary_table(rows: list[ImplantRow]) -> str:
    """Summarise the implants by kind, as Markdown."""
    head = [
        "kind", "implants", "area, cm²", "clean", "in bone", "clearance off, median (worst), mm", "least, most",
        "within 0.3 mm", "thickness off, median (worst), mm", "covered, least", "parts and halves passed",
        "CPU seconds, median (most)", "all checks passed",
    ]  # fmt: skip
    lines = [f"| {' | '.join(head)} |", "|" + "---|" * len(head)]
    for kind in (*KINDS, "all"):
        of_kind = [r for r in rows if kind in (r.kind, "all")]
        if not of_kind:
            continue

        def finite_values(name: str, rows: list[ImplantRow] = of_kind) -> np.ndarray:
            """Values of the rows that have one."""
            values = np.array([getattr(r, name) for r in rows], dtype=float)
            return values[np.isfinite(values)]

        off, least, most, within = (
            finite_values(f"clearance_{name}") for name in ("off_mm", "least_mm", "most_mm", "within")
        )
        thick, worst, seconds, area = (
            finite_values("thickness_off_mm"),
            finite_values("thickness_worst_mm"),
            finite_values("cpu_seconds"),
            finite_values("area_cm2"),
        )
        took = f"{np.median(seconds):.1f} ({seconds.max():.1f})" if len(seconds) else "-"
        gap = "rests on the bone | - | -"
        if len(off):
            worst_off = off[np.abs(off).argmax()]
            gap = (
                f"{np.median(off):+.2f} ({worst_off:+.2f}) | {least.min():+.2f}, {most.max():+.2f} "
                f"| {100 * within.mean():.1f} %"
            )
        thickness = f"{np.median(thick):+.2f} ({worst.max():.2f})" if len(thick) else "-"
        clean, in_bone, passed = (
            sum(r.clean for r in of_kind),
            sum(r.overlaps > 0 for r in of_kind),
            sum(r.passed for r in of_kind),
        )
        pieces = f"{sum(r.pieces_passed for r in of_kind)} of {sum(r.pieces for r in of_kind)}"
        lines.append(
            f"| {kind} | {len(of_kind)} | {area.min():.0f} to {area.max():.0f} | {clean} | {in_bone} | {gap} "
            f"| {thickness} | "
            f"{100 * min(r.covered for r in of_kind):.1f} % | {pieces} | {took} | {passed} |"
        )
    return "\n".join(lines)


def load_rows(paths: list[Path]) -> list[ImplantRow]:
    """Read rows that earlier runs wrote; of a case in several files the last counts."""
    cases: dict[int, list[ImplantRow]] = {}
    kinds = {f.name: f.type for f in fields(ImplantRow)}
    for path in paths:
        own: dict[int, list[ImplantRow]] = {}
        with path.open(newline="", encoding="utf-8") as file:
            for cells in csv.DictReader(file):
                row = ImplantRow(**{k: v == "True" if kinds[k] is bool else kinds[k](v) for k, v in cells.items()})
                own.setdefault(row.case, []).append(row)
        cases |= own
    return [row for number in sorted(cases) for row in cases[number]]


def main() -> int:
    """Run from the command line; return 1 if a check failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=200)
    parser.add_argument("--first", type=int, default=0, help="number of the first case")
    parser.add_argument("--numbers", type=int, nargs="+", help="only these cases")
    parser.add_argument("--out", type=Path, help="write every implant's figures to this CSV file as they come")
    parser.add_argument(
        "--read", type=Path, nargs="+", help="no new cases: the table of CSV files that parallel runs wrote"
    )
    parser.add_argument(
        "--draw",
        type=int,
        nargs="+",
        help="no table: a picture of these cases, from outside, from inside, in section, thickness",
    )
    parser.add_argument(
        "--large", action="store_true", help="no table: the seconds for a body of some 100 cm², as inlay and as onlay"
    )
    options = parser.parse_args()
    if options.large:
        time_large_body()
        return 0
    if options.draw:
        draw_cases(options.draw, options.out or Path("implants.png"))
        return 0
    numbers = options.numbers or range(options.first, options.first + options.cases)
    rows = load_rows(options.read) if options.read else run_cases(numbers, options.out)
    print(summary_table(rows))
    wrong = [r for r in rows if not r.passed]
    for row in wrong:
        print(f"- case {row.case} ({row.kind}, {row.area_cm2:.0f} cm²; {row.settings or 'defaults'}): {row.notes}")
    return int(bool(wrong))


def time_large_body() -> None:
    """Time a large body with all checks, as inlay with the defaults and as onlay with perforations."""
    case = make_case(20, size=0.67)
    for name, settings in (
        ("inlay", ImplantSettings()),
        ("onlay, perforated", ImplantSettings(onlay_mm=5.0, perforations=True)),
    ):
        row = measure_case(replace(case, settings=settings))[0]
        result = row.notes or "all checks passed"
        print(
            f"{name}: {row.area_cm2:.0f} cm², {row.triangles} triangles, {row.cpu_seconds:.1f} s of processor, "
            f"{row.seconds:.1f} s wall time; {result}"
        )


def draw_cases(numbers: list[int], path: Path) -> None:
    """Draw the first implant of some cases, one per row."""
    from types import SimpleNamespace

    from PIL import Image

    from SkullRestoreLib.pipeline import head_steps
    from SkullRestoreLib.report import figures

    rows = []
    for number in numbers:
        case = make_case(number)
        patch = case.patches[0]
        body = build_implant(patch, case.bone, case.settings, pose=case.pose)
        made = SimpleNamespace(
            implants=(body,),
            patches=(patch,),
            pose=case.pose,
            bone=case.bone,
            skull=head_steps.display_model(case.bone),
            side_known=True,
            settings=Settings(),
        )
        close = figures.draw_closeups(made, size=(300, 260))[patch.defect]
        rows.append(np.concatenate([close[name] for name in ("outside", "inside", "section", "thickness")], axis=1))
        print(
            f"case {number} ({case.kind}; {_changed_settings(case.settings) or 'defaults'}): "
            f"{' '.join(body.failed) or 'all checks passed'}"
        )
    Image.fromarray(np.concatenate(rows)).quantize(96).save(path, optimize=True)


def run_cases(numbers: Sequence[int], out: Path | None) -> list[ImplantRow]:
    """Build and measure the implants of some cases."""
    rows: list[ImplantRow] = []
    if out is not None:
        out.write_text(",".join(f.name for f in fields(ImplantRow)) + "\n", encoding="utf-8")
    for count, number in enumerate(numbers, 1):
        case_rows = measure_case(make_case(number))
        rows += case_rows
        if out is not None:
            with out.open("a", newline="", encoding="utf-8") as file:
                csv.writer(file).writerows([getattr(r, f.name) for f in fields(ImplantRow)] for r in case_rows)
        print(f"\r{count} of {len(numbers)}", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return rows


if __name__ == "__main__":
    sys.exit(main())
