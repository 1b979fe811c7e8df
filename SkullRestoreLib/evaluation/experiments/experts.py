"""The experiment with experts' implants: compare restored surfaces with implants that people designed for real holes.

MUG500+ (Li et al., *Data in Brief* 39:107524, 2021) has 29 such skulls. Nobody knows the true surface there: what is
measured is how far two designs of the same hole are apart.
"""

import re
import time
from collections.abc import Generator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from SkullRestoreLib._system.progress import Progress
from SkullRestoreLib._system.run_log import Rows
from SkullRestoreLib.errors import InputError, SkullRestoreError
from SkullRestoreLib.evaluation.experiments.runner import Experiment, ExperimentReport, run_experiment
from SkullRestoreLib.evaluation.measures.scoring import sample_evenly
from SkullRestoreLib.evaluation.methods.compared_methods import OWN_METHOD, EvaluationOptions, build_context
from SkullRestoreLib.evaluation.tables import plots
from SkullRestoreLib.evaluation.tables.summary import format_median, markdown_table
from SkullRestoreLib.geometry.metrics import distances_to_surface
from SkullRestoreLib.geometry.surface_mesh import extract_surface, voxelise_model
from SkullRestoreLib.io.file_kinds import IMAGE_SUFFIXES, MODEL_SUFFIXES
from SkullRestoreLib.pipeline.results import Reconstruction
from SkullRestoreLib.records import Mesh, Volume
from SkullRestoreLib.settings import Settings

EXPERIMENT_NAME = "experts"
IMPLANT_WORD = "implant"
"""Word in the names of files that hold an expert's implant."""
MIN_OUTWARDS = 0.5
"""Cosine between the outward direction and the normal of an outer face; the rim and the inner face have less."""
RIM_MM = 5.0
"""Width of the rim, along the edge of the expert's outer face."""
MAX_APART_MM = 60.0
"""An implant that is farther from every restored surface was made in other coordinates, or for another hole."""


@dataclass(frozen=True)
class ExpertCase:
    """A skull with a hole, and the implants that an expert made for it."""

    name: str
    skull: Path
    implants: tuple[Path, ...]


@dataclass(frozen=True)
class ExpertRow:
    """How far our surface and one expert's implant are apart. Distances in mm, NaN where no hole was found."""

    case: str
    implant: str
    method: str
    found: bool
    covered: float  # 0..1, share of the expert's outer face over our restored surface
    area_cm2: float
    expert_area_cm2: float  # of the outer face: it may overlap the bone
    mean_mm: float  # from the expert's outer face to ours
    p95_mm: float
    back_mean_mm: float  # from ours to the expert's
    back_p95_mm: float
    height_mm: float  # median of the expert's height over ours, in the middle
    rim_mm: float  # mean distance along the rim of the expert's outer face
    thickness_mm: float  # of the expert's implant, median
    seconds: float
    note: str = ""


def find_expert_cases(folder: Path) -> list[ExpertCase]:
    """Find skulls and the implants that were made for them.

    Parameters
    ----------
    folder
        Each folder in it, at any depth, holds one skull and, in files with "implant" in their names, its implants, as
        MUG500+ does. Of several files of one skull an image is taken before a model. A folder of many skulls is read
        too, where an implant has the name of its skull: ``B0001.nrrd`` and ``B0001_implant.stl``.

    Returns
    -------
    list of ExpertCase
        Sorted by name.

    Raises
    ------
    InputError
        If there is no such pair.
    """
    cases: list[ExpertCase] = []
    for inside in sorted({path.parent for path in folder.rglob("*") if _suffix(path)}):
        files = sorted(path for path in inside.iterdir() if path.is_file() and _suffix(path))
        implants = [path for path in files if IMPLANT_WORD in path.name.lower()]
        skulls = sorted((path for path in files if path not in implants), key=_image_first)
        stems = {_stem(path) for path in skulls}
        name = str(inside.relative_to(folder)) if inside != folder else folder.name
        if implants and len(stems) == 1:
            cases.append(ExpertCase(name, skulls[0], tuple(implants)))
            continue
        for stem in sorted(stems):
            own = tuple(path for path in implants if _stem(path) == stem)
            if own:
                first = next(path for path in skulls if _stem(path) == stem)
                cases.append(ExpertCase(f"{name}/{first.name.split('.')[0]}", first, own))
    if not cases:
        raise InputError(
            f"{folder} holds no skull with an implant next to it; give a folder with one folder for each skull, "
            'in which the files of implants have "implant" in their names, as in MUG500+.'
        )
    return cases


def _suffix(path: Path) -> str:
    """Suffix of a file that can be read; empty for others."""
    return next((each for each in (*IMAGE_SUFFIXES, *MODEL_SUFFIXES) if path.name.lower().endswith(each)), "")


def _image_first(path: Path) -> tuple[bool, str]:
    return _suffix(path) in MODEL_SUFFIXES, path.name


def _stem(path: Path) -> str:
    """Name of the skull that a file belongs to: without suffix, "implant" and what stands around it."""
    stem = path.name.lower().removesuffix(_suffix(path))
    return re.sub(rf"[-_ .]*{IMPLANT_WORD}s?[-_ .]*\d*|[-_ .]*clear$", "", stem)


@dataclass(frozen=True)
class ExpertJob:
    """One case, for a process."""

    case: ExpertCase
    settings: Settings


def measure_expert_case(job: ExpertJob) -> Rows:
    """Restore one skull and compare with the expert's implants.

    Parameters
    ----------
    job
        The case and the settings.

    Returns
    -------
    list of dict
        A row for each implant, with the fields of :class:`ExpertRow`.
    """
    start = time.perf_counter()
    try:
        source = _read(job.case.skull)
        volume = voxelise_model(source) if isinstance(source, Mesh) else source
        context = build_context(volume, job.settings)
        reconstruction = context.own_reconstruction
    except SkullRestoreError as error:
        return [asdict(_failed_row(job.case, path, str(error))) for path in job.case.implants]
    seconds = time.perf_counter() - start
    rows = []
    for path in job.case.implants:
        try:
            rows.append(asdict(_compare(job.case, path, _read_model(path), reconstruction, seconds)))
        except SkullRestoreError as error:
            rows.append(asdict(_failed_row(job.case, path, str(error))))
    return rows


def _read(path: Path) -> Volume | Mesh:
    from SkullRestoreLib.io import read

    return read.read(path)


def _read_model(path: Path) -> Mesh:
    source = _read(path)
    return (
        source if isinstance(source, Mesh) else extract_surface(source.array.astype(np.uint8), 0.5, source.ijk_to_ras)
    )


def _failed_row(case: ExpertCase, path: Path, note: str) -> ExpertRow:
    nothing = dict.fromkeys(
        ("mean_mm", "p95_mm", "back_mean_mm", "back_p95_mm", "height_mm", "rim_mm", "thickness_mm", "expert_area_cm2"),
        np.nan,
    )
    return ExpertRow(
        case.name, path.name, OWN_METHOD, found=False, covered=0.0, area_cm2=0.0, seconds=np.nan, note=note, **nothing
    )


def _compare(case: ExpertCase, path: Path, implant: Mesh, reconstruction: Reconstruction, seconds: float) -> ExpertRow:
    """Compare one implant with the restored surface next to it."""
    centre = reconstruction.detected.analysis.pose.head_to_ras[:3, 3]
    ours = [patch.outer for patch in reconstruction.patches if len(patch.outer.faces)]
    if not ours:
        return _failed_row(case, path, "no hole was found")
    implant, note = _in_same_coordinates(implant, ours)
    near = min(ours, key=lambda surface: _gap(implant, surface))
    if _gap(implant, near) > MAX_APART_MM:
        return _failed_row(case, path, "the implant is far from every hole that was found")
    outer, normals, inner, area_cm2 = _faces_of_implant(implant, centre)
    if not len(outer) or not len(inner):
        return _failed_row(case, path, "the implant has no outer or no inner face")
    own_points, own_normals, _, own_area_cm2 = sample_evenly(near)
    own_tree, expert_tree = cKDTree(own_points), cKDTree(outer)
    distance = distances_to_surface(outer, own_tree, own_normals)
    back = distances_to_surface(own_points, expert_tree, normals)
    nearest = own_tree.query(outer)[1]
    offset = outer - own_points[nearest]
    height = (offset * own_normals[nearest]).sum(axis=1)
    over = np.linalg.norm(offset - height[:, None] * own_normals[nearest], axis=1) < 1.0
    at_edge = _edge_distance(outer, normals) < RIM_MM
    rim, middle = over & at_edge, over & ~at_edge
    return ExpertRow(
        case=case.name,
        implant=path.name,
        method=OWN_METHOD,
        found=True,
        covered=float(over.mean()),
        area_cm2=own_area_cm2,
        expert_area_cm2=area_cm2,
        mean_mm=float(distance[over].mean()) if over.any() else np.nan,
        p95_mm=float(np.percentile(distance[over], 95)) if over.any() else np.nan,
        back_mean_mm=float(back.mean()),
        back_p95_mm=float(np.percentile(back, 95)),
        height_mm=float(np.median(height[middle])) if middle.any() else np.nan,
        rim_mm=float(distance[rim].mean()) if rim.any() else np.nan,
        thickness_mm=float(np.median(distances_to_surface(outer, cKDTree(inner)))),
        seconds=seconds,
        note=note,
    )


def _gap(implant: Mesh, surface: Mesh) -> float:
    """Distance between the middles of two surfaces, mm."""
    return float(np.linalg.norm(implant.vertices.mean(axis=0) - surface.vertices.mean(axis=0)))


def _in_same_coordinates(implant: Mesh, ours: Sequence[Mesh]) -> tuple[Mesh, str]:
    """The implant in the coordinates of the skull: a model may have been written in RAS or in LPS."""
    turned = Mesh(implant.vertices * [-1.0, -1.0, 1.0], implant.faces)
    gaps = [min(_gap(each, surface) for surface in ours) for each in (implant, turned)]
    if gaps[1] < gaps[0] / 2 and gaps[0] > MAX_APART_MM / 2:
        return turned, "the implant's x and y were reversed"
    return implant, ""


def _faces_of_implant(
    implant: Mesh, centre: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], float]:
    """Samples (p, 3) of the outer face with their normals, samples of the inner face, and the outer face's area."""
    points, normals, _, area_cm2 = sample_evenly(implant)
    outwards = points - centre
    outwards /= np.maximum(np.linalg.norm(outwards, axis=1, keepdims=True), 1e-9)
    cosine = (normals * outwards).sum(axis=1)
    outer, inner = cosine > MIN_OUTWARDS, cosine < -MIN_OUTWARDS
    # a model whose faces are inside out has its outer face nearer to the centre
    radius = np.linalg.norm(points - centre, axis=1)
    if outer.any() and inner.any() and np.median(radius[outer]) < np.median(radius[inner]):
        outer, inner, normals = inner, outer, -normals
    return points[outer], normals[outer], points[inner], area_cm2 * float(outer.mean())


def _edge_distance(points: NDArray[np.float64], normals: NDArray[np.float64]) -> NDArray[np.float64]:
    """Distance (p,), mm, of samples of a face from its edge, seen along its mean normal."""
    from scipy import ndimage

    towards = normals.mean(axis=0)
    towards /= np.linalg.norm(towards)
    flat = points @ np.linalg.svd(towards[None])[2][1:].T
    pixel = np.floor(flat - flat.min(axis=0)).astype(int) + 3
    covered = np.zeros(pixel.max(axis=0) + 4, dtype=bool)
    covered[tuple(pixel.T)] = True
    filled = ndimage.binary_fill_holes(ndimage.binary_closing(covered, iterations=2))
    distance: NDArray[np.float64] = ndimage.distance_transform_edt(filled)[tuple(pixel.T)]
    return distance


def run_experts(
    folder: Path, options: EvaluationOptions, *, out: Path | None = None, force: bool = False
) -> Generator[Progress, None, str]:
    """Compare with the implants of experts.

    Parameters
    ----------
    folder
        See :func:`find_expert_cases`.
    options
        Settings, processes.
    out
        Folder for ``experts.md``, ``experts.csv`` and ``experts.png``.
    force
        Replace an earlier result there.

    Yields
    ------
    tuple of str and float
        Name of the step, and the share that is done.

    Returns
    -------
    str
        Markdown.

    Raises
    ------
    SkullRestoreError
        If there is no case, or the result cannot be written.
    """
    cases = find_expert_cases(folder)
    jobs = {case.name: ExpertJob(case, options.settings) for case in cases}
    what = f"compare with {len(cases)} experts' designs"
    experiment = Experiment(EXPERIMENT_NAME, jobs, measure_expert_case, what, {"cases": [case.name for case in cases]})
    return (yield from run_experiment(experiment, options, _make_report, out=out, force=force))


def _make_report(rows: Rows) -> ExperimentReport:
    keys = [("mean_mm", "mean distance, mm"), ("p95_mm", "95th percentile, mm"), ("rim_mm", "along the rim, mm")]
    return ExperimentReport(expert_tables(rows), partial(plots.plot_boxes, rows, keys))


def expert_tables(rows: Rows) -> str:
    """Format the medians, then every implant, as Markdown tables.

    Parameters
    ----------
    rows
        One for each implant.

    Returns
    -------
    str
        Markdown.
    """
    measured = (
        ("expert's outer face to ours, mean, mm", "mean_mm"),
        ("the same, 95th percentile, mm", "p95_mm"),
        ("ours to the expert's, mean, mm", "back_mean_mm"),
        ("the same, 95th percentile, mm", "back_p95_mm"),
        ("expert's height over ours in the middle, mm", "height_mm"),
        ("distance along the rim, mm", "rim_mm"),
        ("thickness of the expert's implant, mm", "thickness_mm"),
    )
    head = f"{len(rows)} implants, {sum(row['found'] for row in rows)} of them over a hole that was found."
    medians = [[title, format_median(row[key] for row in rows)] for title, key in measured]
    columns = ("covered", "area_cm2", "expert_area_cm2", *(key for _, key in measured))
    lines = [[row["case"], row["implant"], *(f"{row[key]:.2f}" for key in columns), row["note"]] for row in rows]
    titles = ["case", "implant", "share of the expert's face over ours", "area, cm²", "expert's, cm²"]
    titles += [title for title, _ in measured]
    return "\n\n".join(
        [
            head,
            markdown_table(["median (largest)", "all implants"], medians),
            markdown_table([*titles, "note"], lines),
        ]
    )
