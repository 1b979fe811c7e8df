"""Measure how often a head is recognised wrongly: ``python benchmarks/head_frames.py SKULLS... [--skulls 20]``.

Holes of up to 200 cm² are cut into intact skulls: forehead with brow, hemicraniectomy, low temporal, occipital and
others. Each head is then turned anywhere, or tilted as patients lie, and its head frame is found again. That frame is
compared with the one of the intact head. Printed by region: how many frames are more than 3 degrees off, how many of
these without a doubt being said, and how many right frames are doubted. Nothing is restored, so that a case takes a
second or two.

``--scale 0.65 1.25`` changes the size of the heads. A part of the scans ends just below the orbits (``--cut``). With
``--out`` rows are kept as they come, and a run that was stopped goes on where it ended.
"""

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from SkullRestoreLib._system import resources  # noqa: E402
from SkullRestoreLib._system.run_log import Rows  # noqa: E402
from SkullRestoreLib.affine import voxel_spacing  # noqa: E402
from SkullRestoreLib.errors import SkullRestoreError  # noqa: E402
from SkullRestoreLib.evaluation.cases import random_cases  # noqa: E402
from SkullRestoreLib.evaluation.cases.craniectomies import (  # noqa: E402
    CUT_INSIDE_MM,
    CUT_OUTSIDE_MM,
    cuttable_region,
)
from SkullRestoreLib.evaluation.cases.intact_skull import IntactSkull, analyse_intact_skull  # noqa: E402
from SkullRestoreLib.evaluation.resumable_jobs import log_for_output, run_jobs  # noqa: E402
from SkullRestoreLib.geometry.icosphere import direction_from_angles, interpolate, spherical_grid  # noqa: E402
from SkullRestoreLib.geometry.surface_mesh import voxelise_model  # noqa: E402
from SkullRestoreLib.io import read  # noqa: E402
from SkullRestoreLib.pipeline import head_steps  # noqa: E402
from SkullRestoreLib.records import Bone, Mesh, Volume  # noqa: E402
from SkullRestoreLib.segmentation import bone_segmentation  # noqa: E402
from SkullRestoreLib.skull_model.atlas import load_atlas  # noqa: E402
from SkullRestoreLib.training.synthetic_defects import local_axes  # noqa: E402

MAX_AREA_CM2 = 200.0
WRONG_DEG = 3.0
"""A frame further than this from that of the intact head is wrong."""
VOXEL_MM = 0.8
"""Voxels are thinned out to about this before anything is done."""
UPRIGHT_SHARE = 0.5
"""Share of the heads that lie as patients do, up to 30 degrees askew; the others are turned anywhere."""
LOWER_EDGE_MM = (-75.0, -45.0)
"""Height in the head frame at which a cut scan ends."""
BROW_DEPTH_MM = 28.0
"""A forehead is lost with the roofs of the orbits to this depth."""

ABOUT_BONE = "ends in a plane"
"""A finding with these words is about the bone that is left, and no doubt of its frame."""


class HoleKind(NamedTuple):
    """Where holes of one kind are, and how large."""

    azimuth_deg: tuple[float, float]
    elevation_deg: tuple[float, float]
    length_mm: tuple[float, float]  # half axes along the horizontal
    width_mm: tuple[float, float]  # half axes across
    through_base: bool = False  # cuts everything outermost, not only what belongs to the vault


HOLE_KINDS = {
    "forehead with brow": HoleKind((-12, 12), (4, 24), (40, 78), (26, 50), through_base=True),
    "frontal": HoleKind((-45, 45), (22, 50), (25, 65), (20, 45)),
    "hemicraniectomy": HoleKind((70, 98), (22, 40), (50, 76), (42, 58)),
    "hemicraniectomy to the base": HoleKind((70, 98), (6, 22), (45, 70), (42, 58), through_base=True),
    "low temporal": HoleKind((70, 100), (-8, 12), (22, 40), (20, 34), through_base=True),
    "occipital": HoleKind((140, 180), (-10, 24), (25, 70), (22, 50)),
    "vertex": HoleKind((0, 180), (60, 88), (35, 76), (30, 60)),
    "bifrontal": HoleKind((-8, 8), (32, 48), (50, 80), (28, 46)),
}


@dataclass(frozen=True)
class FrameJob:
    """One skull and what is done with it."""

    path: Path
    number: int
    holes: int
    seed: int
    scale: tuple[float, float]
    cut_share: float


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sources", type=Path, nargs="+", help="folders of intact skulls, or single CT files or folders")
    parser.add_argument("--skulls", type=int, default=20, help="how many of them, evenly chosen")
    parser.add_argument("--holes", type=int, default=8, help="holes per skull")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--scale", type=float, nargs=2, default=(1.0, 1.0), metavar=("LOW", "HIGH"))
    parser.add_argument("--cut", type=float, default=0.3, help="share of the scans that end just below the orbits")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--out", type=Path, help="table of all cases (csv)")
    options = parser.parse_args()
    paths = _list_skulls(options.sources)
    chosen = [paths[k] for k in np.unique(np.linspace(0, len(paths) - 1, min(options.skulls, len(paths))).astype(int))]
    jobs = {
        f"{path.name}-{k}": FrameJob(path, k, options.holes, options.seed, tuple(options.scale), options.cut)
        for k, path in enumerate(chosen)
    }
    key = {"holes": options.holes, "seed": options.seed, "scale": list(options.scale), "cut": options.cut}
    running = run_jobs(
        jobs, measure_skull, what="skulls", workers=options.workers, log=log_for_output(options.out, key)
    )
    rows = [row for rows in _follow(running).values() for row in rows]
    if options.out is not None:
        _write_table(options.out, rows)
    print_table(rows)


def _list_skulls(sources: list[Path]) -> list[Path]:
    paths: list[Path] = []
    for source in sources:
        try:
            paths += random_cases.list_skulls(source)
        except SkullRestoreError:
            paths.append(source)  # a single scan
    return paths


def _follow(running: Any) -> dict[str, Rows]:
    while True:
        try:
            what, share = next(running)
        except StopIteration as finished:
            result: dict[str, Rows] = finished.value
            return result
        print(f"\r{what}: {share:.0%}", end="", file=sys.stderr, flush=True)


def load_skull(path: Path) -> IntactSkull:
    """Read a skull, thinned out to voxels of about 0.8 mm, and find its head frame."""
    source = read.read(path)
    volume = voxelise_model(source) if isinstance(source, Mesh) else source
    bone = bone_segmentation.segment(volume)
    step_i, step_j, step_k = (max(1, round(VOXEL_MM / side)) for side in voxel_spacing(bone.ijk_to_ras))
    ijk_to_ras = bone.ijk_to_ras @ np.diag([step_i, step_j, step_k, 1.0])
    thinned = Volume(np.ascontiguousarray(bone.mask[::step_k, ::step_j, ::step_i]), ijk_to_ras, "mask")
    return analyse_intact_skull(path.name.split(".")[0], thinned, _atlas())


def _atlas() -> Any:
    return load_atlas(resources.weights_path("shape.safetensors"))


def measure_skull(job: FrameJob) -> Rows:
    """Find the frames of one skull with its holes."""
    try:
        skull = load_skull(job.path)
    except SkullRestoreError as error:
        return [{"skull": job.path.name, "kind": "not read", "error": str(error)}]
    atlas = _atlas()
    intact = _as_bone(skull.bone, skull.ijk_to_ras)
    truth = head_steps.find_pose(intact, atlas).ras_to_head
    kinds = list(HOLE_KINDS)
    rows: Rows = []
    for hole in range(job.holes):
        rng = np.random.default_rng([job.seed, job.number, hole])
        kind = kinds[(hole + job.number) % len(kinds)]
        piece, area_cm2 = cut_hole(skull, HOLE_KINDS[kind], rng)
        row = {"skull": skull.name, "hole": hole, "kind": kind, "area_cm2": round(area_cm2, 1)}
        rows.append({**row, **_measure_case(skull, piece, truth, rng, job)})
    return rows


def cut_hole(skull: IntactSkull, kind: HoleKind, rng: np.random.Generator) -> tuple[NDArray[np.bool_], float]:
    """Cut one hole of a kind: the voxels that it removes, and its area on the outer table in cm²."""
    side = rng.choice([-1.0, 1.0])
    direction = direction_from_angles(side * rng.uniform(*kind.azimuth_deg), rng.uniform(*kind.elevation_deg))
    half_axes = np.array([rng.uniform(*kind.length_mm), rng.uniform(*kind.width_mm)])
    power, turn = rng.uniform(2.0, 3.4), rng.uniform(-0.25, 0.25)
    axes = local_axes(direction, turn)
    grid = spherical_grid(skull.rays.level)
    across = _surface_positions(grid.directions, axes, skull)
    while True:
        lost = (np.abs(across / half_axes) ** power).sum(axis=1) < 1
        if not kind.through_base:
            lost &= cuttable_region(skull) > 0.5
        area_cm2 = float(grid.areas_mm2(skull.tables[:, 0])[lost].sum()) / 100
        if area_cm2 <= MAX_AREA_CM2:
            return _cut_directions(skull, lost, through_base=kind.through_base), area_cm2
        half_axes *= np.sqrt(0.99 * MAX_AREA_CM2 / area_cm2)


def _surface_positions(
    directions: NDArray[np.float64], axes: NDArray[np.float64], skull: IntactSkull
) -> NDArray[np.float64]:
    """Places on the surface, mm along and across from the hole's middle: (n, 2)."""
    a, b, c = axes @ directions.T
    middle_mm = float(interpolate(skull.tables[:, :1], axes[2][None])[0, 0])
    sine = np.hypot(a, b)
    arc = middle_mm * np.arctan2(sine, c) / np.maximum(sine, 1e-9)
    return np.stack([arc * a, arc * b], axis=1)


def _cut_directions(skull: IntactSkull, lost: NDArray[np.bool_], *, through_base: bool) -> NDArray[np.bool_]:
    """Remove the bone in these directions (n,) of the grid: that of the vault, or all down to the depth of a brow."""
    vertex = spherical_grid(skull.rays.level).nearest_vertices(skull.voxel_points / skull.voxel_radii[:, None])
    outer, inner = skull.tables[vertex].T
    inside = lost[vertex] & (skull.voxel_radii > (outer - BROW_DEPTH_MM if through_base else inner - CUT_INSIDE_MM))
    if not through_base:
        inside &= skull.voxel_radii < outer + CUT_OUTSIDE_MM
    return skull.piece_mask(np.flatnonzero(inside))


def _as_bone(mask: NDArray[np.bool_], ijk_to_ras: NDArray[np.float64]) -> Bone:
    return Bone(mask.astype(np.uint8), 0.5, mask, ijk_to_ras)


def turn_head(rng: np.random.Generator) -> NDArray[np.float64]:
    """Draw a rotation (4, 4): a few degrees, as patients lie, or anything."""
    matrix = np.eye(4)
    upright = rng.random() < UPRIGHT_SHARE
    drawn = Rotation.from_euler("xyz", rng.uniform(-30, 30, 3), degrees=True)
    anywhere = Rotation.random(random_state=rng)
    matrix[:3, :3] = (drawn if upright else anywhere).as_matrix()
    matrix[:3, 3] = rng.uniform(-100, 100, 3)
    return matrix


def _measure_case(
    skull: IntactSkull, piece: NDArray[np.bool_], truth: NDArray[np.float64], rng: np.random.Generator, job: FrameJob
) -> dict[str, Any]:
    bone, motion, scale = move_head(skull, piece, truth, rng, job)
    row: dict[str, Any] = {"scale": round(scale, 3), "upright": bool(np.trace(motion[:3, :3]) > 2.0)}
    try:
        pose = head_steps.find_pose(bone, _atlas())
    except SkullRestoreError as error:
        return {**row, "refused": str(error)}
    expected = truth @ np.linalg.inv(motion)
    turned = pose.ras_to_head[:3, :3] @ expected[:3, :3].T
    centres = np.linalg.inv(pose.ras_to_head)[:3, 3] - scaled_centre(truth, motion, scale)
    return {
        **row,
        "degrees": round(float(np.degrees(Rotation.from_matrix(turned).magnitude())), 2),
        "mm": round(float(np.linalg.norm(centres)), 2),
        "residual_mm": round(pose.residual_mm, 2),
        "coverage": round(pose.coverage, 3),
        "doubted": any(ABOUT_BONE not in finding for finding in pose.findings),
        "finding": " ".join(pose.findings),
    }


def move_head(
    skull: IntactSkull, piece: NDArray[np.bool_], truth: NDArray[np.float64], rng: np.random.Generator, job: FrameJob
) -> tuple[Bone, NDArray[np.float64], float]:
    """Take the piece out, cut the scan off below, change the head's size and turn it."""
    mask = skull.bone & ~piece
    if rng.random() < job.cut_share:
        lowest_mm = rng.uniform(*LOWER_EDGE_MM)
        k, j, i = np.indices(mask.shape, sparse=True)
        to_head = (truth @ skull.ijk_to_ras)[2]
        mask &= to_head[0] * i + to_head[1] * j + to_head[2] * k + to_head[3] > lowest_mm
    scale, motion = float(rng.uniform(*job.scale)), turn_head(rng)
    sized = np.diag([scale, scale, scale, 1.0])
    return _as_bone(mask, motion @ sized @ skull.ijk_to_ras), motion, scale


def scaled_centre(truth: NDArray[np.float64], motion: NDArray[np.float64], scale: float) -> NDArray[np.float64]:
    """Where the head's centre is after the head was resized and moved: (3,) mm."""
    centre: NDArray[np.float64] = np.linalg.inv(truth)[:3, 3] * scale
    moved: NDArray[np.float64] = motion[:3, :3] @ centre + motion[:3, 3]
    return moved


def _write_table(path: Path, rows: Rows) -> None:
    import csv

    names = list(dict.fromkeys(name for row in rows for name in row))
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, names)
        writer.writeheader()
        writer.writerows(rows)


def print_table(rows: Rows) -> None:
    """Print a Markdown table by kind of hole."""
    print(
        "\n| hole | heads | off > 3° | of these without a doubt | right, doubted | refused | error, °, median (95 %) |"
    )
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    kinds = [kind for kind in (*HOLE_KINDS, "not read") if any(row["kind"] == kind for row in rows)]
    for kind in [*kinds, "all"]:
        chosen = [row for row in rows if kind in (row["kind"], "all")]
        found = [row for row in chosen if "degrees" in row]
        error = np.array([row["degrees"] for row in found] or [np.nan])
        doubted = np.array([row["doubted"] for row in found] or [False])
        wrong = error > WRONG_DEG
        print(
            f"| {kind} | {len(chosen)} | {wrong.sum()} | {(wrong & ~doubted).sum()} | {(~wrong & doubted).sum()} "
            f"| {len(chosen) - len(found)} | {np.median(error):.2f} ({np.percentile(error, 95):.2f}) |"
        )


if __name__ == "__main__":
    main()
