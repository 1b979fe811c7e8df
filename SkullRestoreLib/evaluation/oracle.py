"""The floor: what a patch could reach at best that is as smooth as ours, or that has the shape model's form, if the truth were known.

How far a method is from its floor is what better prediction can gain; the floor itself only another kind of surface can pass.
"""

import numpy as np

from SkullRestoreLib import sample, surface
from SkullRestoreLib.case import Mesh, Shell
from SkullRestoreLib.evaluation.answer import Answer
from SkullRestoreLib.evaluation.cases import Made
from SkullRestoreLib.evaluation.methods import Bench
from SkullRestoreLib.evaluation.truth import Truth
from SkullRestoreLib.grid import grid, to_level
from SkullRestoreLib.patch import piece_of_grid
from SkullRestoreLib.shape import fit_shape

RIM, PCA, SMOOTH = "floor: rim known", "floor: best shape coefficients", "floor: best smooth patch"
NAMES = (RIM, PCA, SMOOTH)
_BEND_MM = 6.0
"""Details of the true surface narrower than this are left out by the smooth floor."""


def floors(made: Made, bench: Bench) -> dict[str, list[Answer]]:
    """Answers of the three oracles.

    Returns
    -------
    dict
        "rim known": a thin plate tied to the true table all round, up to the very border, over what the shape model says without having seen the hole.
        "best shape coefficients": the shape model fitted to the whole intact skull, tied to the rim. "best smooth patch": the true table itself,
        as smooth as the tie makes it.
    """
    level = bench.settings.level
    whole = bench.whole_rays(made.skull)
    model = bench.atlas.model
    fitted_whole, _ = fit_shape(whole, model)
    fitted_holed, _ = fit_shape(bench.seen.radial, model)
    whole = sample.to_level(whole, level)
    holes = [_hole_vertices(truth, bench, level, to_level(fitted_whole, level)[:, 0]) for truth in made.truths]
    true = to_level(fitted_whole, level).copy()
    for hole, truth in zip(holes, made.truths, strict=True):
        near = grid(level).grow(_mask(hole, level), 3)
        true[near, 0] = _true_radius(truth, bench, grid(level).directions[near], true[near, 0])
    made_of = {
        RIM: _tied(to_level(fitted_holed, level), whole, holes, level),
        PCA: _tied(to_level(fitted_whole, level), whole, holes, level),
        SMOOTH: _smoothed(true[:, 0], level),
    }
    return {name: [_answer(outer, hole, level, bench) for hole in holes if len(hole)] for name, outer in made_of.items()}


def _mask(vertices: np.ndarray, level: int) -> np.ndarray:
    out = np.zeros(len(grid(level)), dtype=bool)
    out[vertices] = True
    return out


def _hole_vertices(truth: Truth, bench: Bench, level: int, outer: np.ndarray) -> np.ndarray:
    """Grid vertices over the true hole, in the found head frame."""
    to_ras = bench.seen.pose.head_to_ras
    points = (grid(level).directions * outer[:, None]) @ to_ras[:3, :3].T + to_ras[:3, 3]
    return np.flatnonzero(truth.holds(points))


def _true_radius(truth: Truth, bench: Bench, directions: np.ndarray, start: np.ndarray) -> np.ndarray:
    """Where rays (v, 3) of the found head frame meet the true outer table, mm; ``start`` where they do not."""
    to_ras = bench.seen.pose.head_to_ras
    tree, normals = truth.surface
    radius = start.copy()
    for _ in range(4):
        points = (directions * radius[:, None]) @ to_ras[:3, :3].T + to_ras[:3, 3]
        off, nearest = tree.query(points)
        slope = (normals[nearest] * (directions @ to_ras[:3, :3].T)).sum(axis=1)
        height = ((points - tree.data[nearest]) * normals[nearest]).sum(axis=1)
        radius = np.where(off < 12, radius - height / np.maximum(slope, 0.3), radius)
    return radius


def _tied(tables: np.ndarray, whole, holes: list[np.ndarray], level: int) -> np.ndarray:
    """Tables tied to the true bone round the true holes: (n,) outer table."""
    n = len(grid(level))
    vault = np.ones(n, dtype=bool)
    shell = Shell(level, tables[:, 0], tables[:, 1], np.full(n, 2.0), np.full(n, 2.0), np.zeros(n), vault)
    return surface.tie_to_bone(shell, whole, holes).shell.outer


def _smoothed(outer: np.ndarray, level: int) -> np.ndarray:
    """Local means over about ``_BEND_MM``."""
    g = grid(level)
    edge = float(np.median(outer)) * np.sqrt(4 * np.pi / len(g))
    for _ in range(max(1, round((_BEND_MM / edge / 2) ** 2))):
        outer = (outer + outer[g.neighbours].sum(axis=1)) / 7
    return outer


def _answer(outer: np.ndarray, hole: np.ndarray, level: int, bench: Bench) -> Answer:
    piece = piece_of_grid(level, grid(level).grow(_mask(hole, level), 2), outer[:, None]).divided()
    to_ras = bench.seen.pose.head_to_ras
    points = (piece.directions * piece.values) @ to_ras[:3, :3].T + to_ras[:3, 3]
    return Answer(Mesh(points, piece.faces), np.nan, np.zeros((0, 3)))
