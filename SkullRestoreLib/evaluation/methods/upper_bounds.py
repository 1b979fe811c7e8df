"""Upper bounds: what our patch could reach if the truth were known.

There are two kinds: with a surface as smooth as ours, and with one of the shape model's form. The distance of a method
from its bound is what better prediction can gain; the bound itself only another kind of surface can pass. Every bound
is our own restoration of the same case, vertex by vertex, on tables that were made with the truth: it is measured over
the part of the hole that ours covers, and continued beyond the learnt vault as ours is. Its area is that of these
tables within our border; on the true table it shows what border and cover alone contribute to the error.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from SkullRestoreLib.affine import apply_affine, rotate
from SkullRestoreLib.defects import thin_plate
from SkullRestoreLib.evaluation.cases.ground_truth import GroundTruth
from SkullRestoreLib.evaluation.cases.random_cases import EvaluationCase
from SkullRestoreLib.evaluation.measures.reported_defect import ReportedDefect
from SkullRestoreLib.evaluation.methods.compared_methods import MethodContext, patch_on_tables
from SkullRestoreLib.geometry.icosphere import spherical_grid, values_at_level
from SkullRestoreLib.prediction import ray_tracing, vault_extension
from SkullRestoreLib.prediction.bone_beyond import predict_bone_beyond
from SkullRestoreLib.records import Bone, Pose, RayMap, VaultTables
from SkullRestoreLib.skull_model.shape_model import ShapeModel, fill_smoothly, fit_shape, match_tables

KNOWN_RIM, BEST_SHAPE_FIT, BEST_SMOOTH_PATCH = (
    "floor: rim known",
    "floor: best shape coefficients",
    "floor: best smooth patch",
)
UPPER_BOUND_NAMES = (KNOWN_RIM, BEST_SHAPE_FIT, BEST_SMOOTH_PATCH)
_SMOOTHING_MM = 6.0
"""Details of the true surface narrower than this are left out by the smooth bound."""
_SIGMA_MM = 2.0
_TABLES_WITHIN_MM, _LEAST_THICKNESS_MM = 8.0, 1.0
_MARGIN_RINGS = 3
_MAX_DISTANCE_MM = 12.0
_MIN_SLOPE = 0.3
Floats = NDArray[np.float64]


def compute_upper_bounds(case: EvaluationCase, context: MethodContext) -> dict[str, list[ReportedDefect]]:
    """Compute the three upper bounds, each over our own patches.

    Parameters
    ----------
    case
        The case with its truth.
    context
        Our own restoration of it.

    Returns
    -------
    dict
        Name to the reported defects; none where we found nothing.

        - "rim known": a thin plate fitted to the true table all round, up to the very border, over what the shape model
          predicts from the bone that is left.
        - "best shape coefficients": the shape model fitted to the intact skull, and then to the bone round the hole.
        - "best smooth patch": the true table itself, smoothed as much as the fit to the bone smooths.
    """
    own, level, model = context.own_reconstruction, context.settings.level, context.atlas.model
    pose = context.analysis.pose
    intact_rays = context.trace_intact_skull(case.skull)
    from_left, from_intact = (
        _extend_tables(fit_shape(rays, model)[0], own.vault_tables, ray_tracing.rays_at_level(rays, level), model)
        for rays in (context.analysis.rays, intact_rays)
    )
    intact_rays = ray_tracing.rays_at_level(intact_rays, level)
    holes = [_defect_vertices(truth, pose, level, from_intact.outer) for truth in case.truths]
    true_outer = from_intact.outer.copy()
    grid = spherical_grid(level)
    for hole, truth in zip(holes, case.truths, strict=True):
        near = grid.grow_region(_vertex_mask(hole, level), _MARGIN_RINGS)
        true_outer[near] = _true_radius(truth, pose, grid.directions[near], true_outer[near])
    outer_tables = {
        KNOWN_RIM: _fit_to_bone(from_left, intact_rays, holes),
        BEST_SHAPE_FIT: _fit_to_bone(from_intact, intact_rays, holes),
        BEST_SMOOTH_PATCH: _smooth_table(true_outer, level),
    }
    tables = {name: replace(own.vault_tables, outer=outer) for name, outer in outer_tables.items()}
    return {name: [patch_on_tables(p, t, context) for p in own.patches] for name, t in tables.items()}


def smooth_true_tables(intact: Bone, context: MethodContext) -> VaultTables:
    """Find both true tables of an intact skull, as smooth as our own are: what is left of its piece's overlap then.

    Parameters
    ----------
    intact
        Bone of the skull before its hole.
    context
        Our own restoration, which gives head frame, vault and the tables' places to within 8 mm.

    Returns
    -------
    VaultTables
    """
    own = context.own_reconstruction.vault_tables
    rays = ray_tracing.trace_rays(intact, context.analysis.pose, level=own.level)
    near = np.stack([own.outer, own.inner], axis=1)
    gap = match_tables(rays.intervals, near, _TABLES_WITHIN_MM) - near
    true = near + fill_smoothly(np.nan_to_num(gap), np.isfinite(gap), own.level)
    outer, inner = (_smooth_table(table, own.level) for table in true.T)
    return replace(own, outer=outer, inner=np.minimum(inner, outer - _LEAST_THICKNESS_MM))


def _extend_tables(tables: Floats, own: VaultTables, rays: RayMap, model: ShapeModel) -> VaultTables:
    """Tables (n, 2) of the model's vault, continued beyond it as far as ours are."""
    level = own.level
    fitted = values_at_level(tables, level)
    vault = values_at_level(model.vault.astype(float), level) > 0.5
    n = len(spherical_grid(level))
    sigma, missing = np.full(n, _SIGMA_MM), own.missing
    predicted = VaultTables(
        level, fitted[:, 0], fitted[:, 1], outer_sigma=sigma, inner_sigma=sigma.copy(), missing=missing, vault=vault
    )
    beyond = predict_bone_beyond(predicted, rays, vault_extension.find_vault_hole(predicted, rays), model)
    outer, inner, _ = vault_extension.continue_tables(predicted, rays, model, beyond=beyond)
    return replace(predicted, outer=outer, inner=inner, vault=vault | own.vault)


def _vertex_mask(vertices: NDArray[np.int64], level: int) -> NDArray[np.bool_]:
    mask = np.zeros(len(spherical_grid(level)), dtype=bool)
    mask[vertices] = True
    return mask


def _defect_vertices(truth: GroundTruth, pose: Pose, level: int, outer: Floats) -> NDArray[np.int64]:
    """Grid vertices over the true hole, in the head frame that was found."""
    points = apply_affine(pose.head_to_ras, spherical_grid(level).directions * outer[:, None])
    return np.flatnonzero(truth.over_defect(points))


def _true_radius(truth: GroundTruth, pose: Pose, directions: Floats, start: Floats) -> Floats:
    """Where rays (v, 3) of the head frame that was found meet the true outer table, mm; ``start`` where they do not."""
    tree, normals = truth.outer_table_tree
    radius = start.copy()
    for _ in range(4):
        points = apply_affine(pose.head_to_ras, directions * radius[:, None])
        distance, nearest = tree.query(points)
        slope = (normals[nearest] * rotate(pose.head_to_ras, directions)).sum(axis=1)
        height = ((points - tree.data[nearest]) * normals[nearest]).sum(axis=1)
        radius = np.where(distance < _MAX_DISTANCE_MM, radius - height / np.maximum(slope, _MIN_SLOPE), radius)
    return radius


def _fit_to_bone(predicted: VaultTables, intact_rays: RayMap, holes: list[NDArray[np.int64]]) -> Floats:
    """Outer table (n,) fitted to the true bone round the true holes."""
    return thin_plate.fit_to_bone(predicted, intact_rays, holes).vault_tables.outer


def _smooth_table(outer: Floats, level: int) -> Floats:
    """Local means of an outer table (n,) over about 6 mm."""
    grid = spherical_grid(level)
    edge_mm = float(np.median(outer)) * np.sqrt(4 * np.pi / len(grid))
    for _ in range(max(1, round((_SMOOTHING_MM / edge_mm / 2) ** 2))):
        outer = (outer + outer[grid.neighbours].sum(axis=1)) / 7
    return outer
