"""The floor: what our own patch could reach at best that is as smooth as it is, or that has the shape model's form, if the truth were known.

How far a method is from its floor is what better prediction can gain; the floor itself only another kind of surface can pass. Every floor is our own
restoration of the same case, vertex by vertex, on the tables of somebody who knows the truth: so it is measured over the part of the hole that ours
covers, and continued beyond the learnt vault as ours is. Its area is that of those tables within our border: on the true table it tells what border and
cover alone leave.
"""

from dataclasses import replace

import numpy as np

from SkullRestoreLib import apron, sample, surface
from SkullRestoreLib.case import RadialMap, Shell
from SkullRestoreLib.evaluation.answer import Answer
from SkullRestoreLib.evaluation.cases import Made
from SkullRestoreLib.evaluation.methods import Bench, patch_on
from SkullRestoreLib.evaluation.truth import Truth
from SkullRestoreLib.grid import grid, to_level
from SkullRestoreLib.shape import ShapeModel, fit_shape

RIM, PCA, SMOOTH = "floor: rim known", "floor: best shape coefficients", "floor: best smooth patch"
NAMES = (RIM, PCA, SMOOTH)
_BEND_MM = 6.0
"""Details of the true surface narrower than this are left out by the smooth floor."""


def floors(made: Made, bench: Bench) -> dict[str, list[Answer]]:
    """Answers of the three oracles, each over our own patches; none where we found nothing.

    Returns
    -------
    dict
        "rim known": a thin plate tied to the true table all round, up to the very border, over what the shape model says without having seen the hole.
        "best shape coefficients": the shape model fitted to the whole intact skull, tied to the rim. "best smooth patch": the true table itself,
        as smooth as the tie makes it.
    """
    ours, level, model = bench.ours, bench.settings.level, bench.atlas.model
    whole = bench.whole_rays(made.skull)
    holed, known = (_continued(fit_shape(rays, model)[0], ours.shell, model) for rays in (bench.seen.radial, whole))
    whole = sample.to_level(whole, level)
    holes = [_hole_vertices(truth, bench, level, known.outer) for truth in made.truths]
    true = known.outer.copy()
    for hole, truth in zip(holes, made.truths, strict=True):
        near = grid(level).grow(_mask(hole, level), 3)
        true[near] = _true_radius(truth, bench, grid(level).directions[near], true[near])
    made_of = {RIM: _tied(holed, whole, holes), PCA: _tied(known, whole, holes), SMOOTH: _smoothed(true, level)}
    shells = {name: replace(ours.shell, outer=outer) for name, outer in made_of.items()}
    return {name: [patch_on(p, shell, bench) for p in ours.patches] for name, shell in shells.items()}


def _continued(tables: np.ndarray, ours: Shell, model: ShapeModel) -> Shell:
    """Tables (n, 2) of the model's vault, carried beyond it as far as ours are."""
    level = ours.level
    fitted = to_level(tables, level)
    vault = to_level(model.vault.astype(float), level) > 0.5
    n = len(grid(level))
    shell = Shell(level, fitted[:, 0], fitted[:, 1], np.full(n, 2.0), np.full(n, 2.0), np.zeros(n), vault)
    outer, inner, _ = apron.continued(shell, model)
    return replace(shell, outer=outer, inner=inner, vault=vault | ours.vault)


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


def _tied(shell: Shell, whole: RadialMap, holes: list[np.ndarray]) -> np.ndarray:
    """A shell tied to the true bone round the true holes: (n,) outer table."""
    return surface.tie_to_bone(shell, whole, holes).shell.outer


def _smoothed(outer: np.ndarray, level: int) -> np.ndarray:
    """Local means over about ``_BEND_MM``."""
    g = grid(level)
    edge = float(np.median(outer)) * np.sqrt(4 * np.pi / len(g))
    for _ in range(max(1, round((_BEND_MM / edge / 2) ** 2))):
        outer = (outer + outer[g.neighbours].sum(axis=1)) / 7
    return outer
