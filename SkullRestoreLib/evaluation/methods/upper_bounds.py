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
from SkullRestoreLib.prediction.bone_beyond import blend_at_end, predict_bone_beyond
from SkullRestoreLib.records import Bone, Pose, RayMap, VaultTables
from SkullRestoreLib.skull_model.shape_model import ShapeModel, fill_smoothly, fit_shape, match_tables
from SkullRestoreLib.skull_model.vault_end import OUTER
from SkullRestoreLib.training.fit_vault_end import measure_end_fields

OWN_WITH_KNOWN_RIM, KNOWN_RIM, BEST_SHAPE_FIT, BEST_SMOOTH_PATCH = (
    "floor: own prediction with the rim known",
    "floor: rim known",
    "floor: best shape coefficients",
    "floor: best smooth patch",
)
UPPER_BOUND_NAMES = (OWN_WITH_KNOWN_RIM, KNOWN_RIM, BEST_SHAPE_FIT, BEST_SMOOTH_PATCH)
_SMOOTHING_MM = 6.0
"""Details of the true surface narrower than this are left out by the smooth bound."""
_SIGMA_MM = 2.0
_TABLES_WITHIN_MM, _LEAST_THICKNESS_MM = 8.0, 1.0
_MARGIN_RINGS = 3
_MAX_DISTANCE_MM = 12.0
_MIN_SLOPE = 0.3
Floats = NDArray[np.float64]


def compute_upper_bounds(case: EvaluationCase, context: MethodContext) -> dict[str, list[ReportedDefect]]:
    """Compute the upper bounds, each over our own patches.

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

        - "own prediction with the rim known": our own prediction fitted to the true table all round. What it is
          better by, a better margin can gain; the rest only a better prediction.
        - "rim known": a thin plate fitted to the true table all round, up to the very border, over what the shape model
          predicts from the bone that is left.
        - "best shape coefficients": the shape model fitted to the intact skull, and then to the bone round the hole.
        - "best smooth patch": the true table itself, smoothed as much as the fit to the bone smooths.
    """
    own, level, model = context.own_reconstruction, context.settings.level, context.atlas.model
    pose = context.analysis.pose
    intact_rays = context.trace_intact_skull(case.skull)
    left, intact = context.analysis.rays, ray_tracing.rays_at_level(intact_rays, level)
    left_at_level, shaped_end = ray_tracing.rays_at_level(left, level), _fit_vault_end(intact, model)
    from_left = _extend_tables(fit_shape(left, model)[0], own.vault_tables, left_at_level, model)
    from_intact = _extend_tables(
        fit_shape(intact_rays, model)[0], own.vault_tables, left_at_level, model, outer_beyond=shaped_end
    )
    holes = [_defect_vertices(truth, pose, level, from_intact.outer) for truth in case.truths]
    true_outer = from_intact.outer.copy()
    grid = spherical_grid(level)
    for hole, truth in zip(holes, case.truths, strict=True):
        near = grid.grow_region(_vertex_mask(hole, level), _MARGIN_RINGS)
        true_outer[near] = _true_radius(truth, pose, grid.directions[near], true_outer[near])
    outer_tables = {
        OWN_WITH_KNOWN_RIM: _fit_to_bone(own.fitted_surface.predicted_tables, intact, holes),
        KNOWN_RIM: _fit_to_bone(from_left, intact, holes),
        BEST_SHAPE_FIT: _fit_to_bone(from_intact, intact, holes),
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


def _extend_tables(
    tables: Floats, own: VaultTables, rays: RayMap, model: ShapeModel, *, outer_beyond: Floats | None = None
) -> VaultTables:
    """Tables (n, 2) of the model's vault, continued beyond it as far as ours, and faded into its last rings as ours.

    ``outer_beyond`` (n,), mm, is the outer table beyond the vault, where it is not predicted from what is left.
    """
    level = own.level
    fitted = values_at_level(tables, level)
    vault = values_at_level(model.vault.astype(float), level) > 0.5
    n = len(spherical_grid(level))
    sigma, missing = np.full(n, _SIGMA_MM), own.missing
    predicted = VaultTables(
        level, fitted[:, 0], fitted[:, 1], outer_sigma=sigma, inner_sigma=sigma.copy(), missing=missing, vault=vault
    )
    beyond = predict_bone_beyond(predicted, rays, vault_extension.find_vault_hole(predicted, rays), model)
    if beyond is not None:
        if outer_beyond is not None:
            known = np.isfinite(beyond.outer) & np.isfinite(outer_beyond)
            beyond = replace(beyond, outer=np.where(known, outer_beyond, beyond.outer))
        predicted = blend_at_end(predicted, beyond)
    outer, inner, _ = vault_extension.continue_tables(predicted, rays, model, beyond=beyond)
    return replace(predicted, outer=outer, inner=inner, vault=vault | own.vault)


def _fit_vault_end(intact: RayMap, model: ShapeModel) -> Floats | None:
    """Fit the modes of the bone beyond the vault to an intact skull: its outer table (n,), mm, NaN where not known."""
    end = model.end
    if end is None:
        return None
    fields = measure_end_fields(intact.intervals, intact.reach, model)[end.vertices]
    known = np.isfinite(fields)
    change = (fields - end.mean)[known] / end.sigma[known]
    modes = end.modes[:, known] / end.sigma[known]
    coefficients = np.linalg.solve(modes @ modes.T + np.eye(len(modes)), modes @ change)
    outer, here = np.zeros((2, len(model.vault)))
    outer[end.vertices] = end.mean[:, OUTER] + coefficients @ end.modes[:, :, OUTER]
    here[end.vertices] = 1.0
    finer, share = values_at_level(outer, intact.level), values_at_level(here, intact.level)
    return np.where(share > 1 - 1e-9, finer, np.nan)


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
