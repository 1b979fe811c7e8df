"""Weigh the bone along each ray: tables, rays and bone in, the bone that blur hides from the threshold out.

A threshold crossing depends on how the scanner blurs; the amount of bone does not. Blur only spreads a table of 1 mm
over more voxels, each of them fainter. What a ray crosses is therefore summed, HU above what is there without bone
times mm, and divided by the density of this patient's sound vault: that gives millimetres of *this* patient's bone
(decision 0104). A hole has none, however the scan is made.
"""

from dataclasses import dataclass, replace
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import erf

from SkullRestoreLib.affine import apply_affine, invert_affine, rotate, voxel_spacing
from SkullRestoreLib.defects.detect import BlurredBone, distance_to_outer_table
from SkullRestoreLib.geometry.icosphere import SphericalGrid, spherical_grid, values_at_level
from SkullRestoreLib.geometry.line_samples import Lines, sample_linear, sample_lines, sample_nearest
from SkullRestoreLib.method_parameters import METHOD, BoneMassParameters
from SkullRestoreLib.records import Bone, Pose, RayMap, VaultTables

_STEP_MM = 0.5
"""Between the samples of a ray."""
_MIN_SOUND_RAYS = 200
"""Fewer rays through sound bone than this say nothing about a patient's bone."""
_LEVELS_BETWEEN_REFERENCES = 3
"""Of the rays through sound bone one in 64 is compared with: those at the vertices of a grid so much coarser."""
_MIN_ERASED_SAMPLES = 2
"""A ray with fewer voxels that the user erased only passes next to them, or meets one of that value by chance."""
_ROWS_PER_BLOCK = 512
"""Rays that are averaged at a time: they fit into the processor's cache."""
_EDGE_FACTOR = float(np.sqrt(2 * np.pi))
"""Steepest slope of an edge that a Gaussian blurs: its height over this and the standard deviation."""


@dataclass(frozen=True, eq=False)
class BoneMass:
    """How much bone each ray crosses at the vault, and what the scan's blur leaves of it."""

    bone_mm: NDArray[np.float64]
    """(n,) mm of this patient's solid bone; NaN where that is not known."""
    peak_hu: NDArray[np.float64]
    """(n,) most HU above what is there without bone."""
    middle_mm: NDArray[np.float64]
    """(n,) depth of the middle of that bone below the predicted outer table, mm."""
    blur_mm: NDArray[np.float64]
    """(n,) standard deviation of the scan's blur along the ray."""
    density_hu: float
    """Of solid bone, HU above what is there without bone."""
    background_hu: float
    """What the scan shows there without bone."""


def weigh_bone(
    vault_tables: VaultTables,
    rays: RayMap,
    bone: Bone,
    pose: Pose,
    *,
    parameters: BoneMassParameters = METHOD.bone_mass,
) -> BoneMass | None:
    """Weigh the bone along the rays of the vault.

    Parameters
    ----------
    vault_tables
        Predicted tables.
    rays
        On the same grid.
    bone, pose
        Segmented bone and head frame.
    parameters
        Of this step.

    Returns
    -------
    BoneMass or None
        None where nothing can be weighed: a mask has no HU, and too little of the vault may be sound.
    """
    looked_at = _choose_rays(vault_tables, rays, bone, parameters)
    if looked_at is None:
        return None
    grid, vertices, sound = spherical_grid(vault_tables.level), looked_at.vertices, looked_at.reference
    thickness = (vault_tables.outer - vault_tables.inner)[vertices]
    depths = np.arange(-parameters.above_mm, thickness.max() + parameters.background_mm[1], _STEP_MM)
    # new bone on the dura is at the inner table and deeper
    unsure_mm = parameters.depth_sigmas * np.maximum(vault_tables.outer_sigma[vertices] - parameters.sure_mm, 0.0)
    deepest = np.maximum(parameters.depth_share * thickness + 1.0, parameters.min_depth_mm) + unsure_mm
    needed = np.maximum(np.maximum(thickness + parameters.background_mm[1], deepest), parameters.edge_mm)
    hu, metal, erased = _sample_rays(
        vault_tables.outer[vertices],
        grid.directions[vertices],
        depths,
        bone,
        pose,
        needed=_largest_near(needed, vertices, grid),
    )
    below = depths - thickness[:, None]
    deep = (below >= parameters.background_mm[0]) & (below <= parameters.background_mm[1]) & sound[:, None]
    unknown = erased | _with_neighbours(metal, vertices, grid)  # metal is blurred
    background = float(np.median(hu[deep]))
    raised = _neighbourhood_means(np.where(unknown[:, None], 0.0, hu - background), vertices, grid)
    beneath = raised[deep]
    noise = float(np.median(np.abs(beneath - np.median(beneath))) * 1.4826)
    raised[raised <= max(parameters.gate_hu, parameters.gate_sigmas * noise)] = 0.0
    thick = sound & (thickness >= np.median(thickness[sound]))
    all_bone = np.where(below[thick] <= parameters.below_mm, raised[thick], 0.0).sum(axis=1) * _STEP_MM
    density = float(np.median(all_bone / thickness[thick]))
    raised[depths > deepest[:, None]] = 0.0  # only what is left is counted
    total = raised.sum(axis=1)
    edge = hu[sound][:, np.abs(depths) <= parameters.edge_mm]
    unknown |= ~looked_at.weighed

    on_grid = partial(_on_grid, vertices=vertices, size=len(rays.reach))
    return BoneMass(
        bone_mm=on_grid(np.where(unknown, np.nan, total * _STEP_MM / density)),
        peak_hu=on_grid(np.where(looked_at.weighed, raised.max(axis=1), np.nan)),
        middle_mm=on_grid(np.where(looked_at.weighed, (raised @ depths) / np.maximum(total, 1e-6), np.nan)),
        blur_mm=_blur_along_rays(edge, vertices[sound], looked_at.vault, grid, bone, pose),
        density_hu=density,
        background_hu=background,
    )


def measure_blur(
    vault_tables: VaultTables,
    rays: RayMap,
    bone: Bone,
    pose: Pose,
    *,
    parameters: BoneMassParameters = METHOD.bone_mass,
) -> NDArray[np.float64] | None:
    """Measure how the scan blurs along each ray, without weighing anything.

    Parameters
    ----------
    vault_tables, rays, bone, pose, parameters
        As for :func:`weigh_bone`.

    Returns
    -------
    ndarray or None
        (n,) mm, standard deviation, NaN where there is no vault: :attr:`BoneMass.blur_mm`; None where nothing can be
        weighed.
    """
    looked_at = _choose_rays(vault_tables, rays, bone, parameters)
    if looked_at is None:
        return None
    grid, sound = spherical_grid(vault_tables.level), looked_at.vertices[looked_at.reference]
    # the depths at which bone is weighed, so that the same blur is measured
    depths = np.arange(-parameters.above_mm, parameters.edge_mm + _STEP_MM / 2, _STEP_MM)
    depths = depths[np.abs(depths) <= parameters.edge_mm]
    lines = _lines_along_rays(vault_tables.outer[sound], grid.directions[sound], depths, bone, pose)
    hu = sample_linear(bone.field, lines, outside=bone.outside_value)
    return _blur_along_rays(hu, sound, looked_at.vault, grid, bone, pose)


class _LookedAt(NamedTuple):
    """The rays that are sampled: those that are weighed, those to which they are compared, and their neighbours."""

    vertices: NDArray[np.int64]  # (v,)
    weighed: NDArray[np.bool_]  # (v,) bone does not end at the outer table there, or the network doubts it
    reference: NDArray[np.bool_]  # (v,) sound bone: it gives the background, the density and the blur
    vault: NDArray[np.int64]  # all vertices of the vault that the scan shows


def _choose_rays(
    vault_tables: VaultTables, rays: RayMap, bone: Bone, parameters: BoneMassParameters
) -> _LookedAt | None:
    """Choose what is sampled; None where nothing can be weighed.

    Where bone ends at the predicted outer table nothing is hidden, and a few hundred of these rays show what bone is
    like in this scan. All of them are taken where there are few.
    """
    if bone.threshold_hu is None:
        return None
    grid = spherical_grid(vault_tables.level)
    shown = vault_tables.vault & (rays.reach > vault_tables.outer + parameters.above_mm)
    distance = distance_to_outer_table(vault_tables, rays)
    reference = shown & (distance < parameters.sound_mm)
    if np.count_nonzero(reference) < _MIN_SOUND_RAYS:
        return None
    spread = np.zeros(len(grid), dtype=bool)
    spread[values_at_level(np.arange(len(grid)), max(grid.level - _LEVELS_BETWEEN_REFERENCES, 0))] = True
    if np.count_nonzero(reference & spread) >= _MIN_SOUND_RAYS:
        reference &= spread
    weighed = shown & ((distance >= parameters.present_mm[0]) | (vault_tables.missing > parameters.doubted_probability))
    vertices = np.flatnonzero(shown & grid.grow_region(weighed | reference, 1))
    return _LookedAt(vertices, weighed[vertices], reference[vertices], np.flatnonzero(shown))


def _on_grid(values: NDArray[np.float64], vertices: NDArray[np.int64], size: int) -> NDArray[np.float64]:
    """Values (v,) at their vertices of the grid, NaN at the others: (n,)."""
    everywhere = np.full(size, np.nan)
    everywhere[vertices] = values
    return everywhere


def find_blurred_bone(
    mass: BoneMass, vault_tables: VaultTables, bone: Bone, *, parameters: BoneMassParameters = METHOD.bone_mass
) -> BlurredBone:
    """Find the bone that is there although the threshold does not show it, or not in its place.

    Parameters
    ----------
    mass
        From :func:`weigh_bone`.
    vault_tables
        Predicted tables.
    bone
        For its threshold.
    parameters
        Of this step.

    Returns
    -------
    BlurredBone
        Only where blur explains it: bone that the scan shows sharply, but elsewhere, is not the vault's.
    """
    thickness = vault_tables.outer - vault_tables.inner
    enough = np.clip(parameters.present_share * thickness, *parameters.present_mm)
    little = np.clip(parameters.absent_share * thickness, *parameters.absent_mm)
    with np.errstate(invalid="ignore"):
        faint = mass.peak_hu < bone.iso - mass.background_hu
        # A layer of this mass, blurred by so much, has this peak. In a sharp scan, a wide layer that is fainter is no
        # bone; in a blurred one, bone that runs obliquely through slices is such a layer too.
        expected_hu = mass.density_hu * erf(mass.bone_mm / (np.sqrt(8) * np.maximum(mass.blur_mm, _STEP_MM)))
        is_sharp = np.nanmax(mass.blur_mm, initial=0.0) < parameters.sharp_blur_mm
        is_bone = (mass.peak_hu >= parameters.peak_share * expected_hu) | (not is_sharp)
        explained = is_bone & (faint | (mass.blur_mm >= parameters.shifting_blur_mm))
        present = explained & (mass.bone_mm >= enough)
        doubtful = explained & (mass.bone_mm >= little) & ~present
    reach = parameters.reach_mm + parameters.reach_blurs * np.nan_to_num(mass.blur_mm)
    return BlurredBone(present, doubtful, reach)


def add_blurred_bone(rays: RayMap, mass: BoneMass, blurred: BlurredBone, vault_tables: VaultTables) -> RayMap | None:
    """Add the bone that the threshold does not show to the rays, so that the vault is predicted from it too.

    Parameters
    ----------
    rays
        Bone intervals.
    mass, blurred
        From :func:`weigh_bone` and :func:`find_blurred_bone`.
    vault_tables
        Predicted tables, on the same grid.

    Returns
    -------
    RayMap or None
        Each added interval is as thick as its bone would be if it were solid; None where nothing is added.
    """
    hidden = blurred.present & ~(distance_to_outer_table(vault_tables, rays) < mass.bone_mm)
    if not hidden.any():
        return None
    middle = (vault_tables.outer - mass.middle_mm)[hidden, None]
    added = middle + mass.bone_mm[hidden, None] * np.array([-0.5, 0.5])
    intervals = rays.intervals.copy()
    # what the threshold shows of the same bone is replaced
    with np.errstate(invalid="ignore"):
        same = (intervals[hidden][..., 0] < added[:, None, 1]) & (intervals[hidden][..., 1] > added[:, None, 0])
    kept = np.where(same[..., None], np.nan, intervals[hidden])
    every = np.concatenate([kept, added[:, None].astype(intervals.dtype)], axis=1)
    order = np.argsort(-every[..., 1], axis=1)  # outermost first, NaN last
    intervals[hidden] = np.take_along_axis(every, order[..., None], axis=1)[:, : intervals.shape[1]]
    return replace(rays, intervals=intervals)


def _sample_rays(
    outer: NDArray[np.float64],
    directions: NDArray[np.float64],
    depths: NDArray[np.float64],
    bone: Bone,
    pose: Pose,
    *,
    needed: NDArray[np.float64],
) -> tuple[NDArray[np.float32], NDArray[np.bool_], NDArray[np.bool_]]:
    """HU at depths (d,) below the outer table (v,) along directions (v, 3), (v, d), and rays that tell nothing.

    HU is sampled down to the depth that is needed (v,) of each ray, and 0 below. Metal (v,) hides what is there; bone
    that the user erased (v,) leaves its blurred rim behind.
    """
    lines = _lines_along_rays(outer, directions, depths, bone, pose)
    count = np.searchsorted(depths, needed, side="right")
    # lines of about the same length are sampled together; within them neighbours stay together
    order = np.argsort(count // 4, kind="stable")
    sorted_lines = lines._replace(starts=lines.starts[order], steps=lines.steps[order])
    sampled, nearest = sample_lines(bone.field, sorted_lines, outside=bone.outside_value, count=count[order])
    hu, erased = np.zeros_like(sampled), np.zeros(len(outer), dtype=bool)
    hu[order] = sampled
    erased[order] = np.count_nonzero(nearest == bone.erased_value, axis=1) >= _MIN_ERASED_SAMPLES
    if bone.metal is None:
        return hu, np.zeros(len(outer), dtype=bool), erased
    metal: NDArray[np.bool_] = np.asarray(sample_nearest(bone.metal, lines, outside=0).any(axis=1))
    return hu, metal, erased


def _lines_along_rays(
    outer: NDArray[np.float64], directions: NDArray[np.float64], depths: NDArray[np.float64], bone: Bone, pose: Pose
) -> Lines:
    """The rays as lines through the voxels, from the outer table inwards."""
    to_voxels = invert_affine(bone.ijk_to_ras) @ pose.head_to_ras
    starts = apply_affine(to_voxels, directions * outer[:, None])
    return Lines(starts[:, ::-1], -rotate(to_voxels, directions)[:, ::-1], depths)


def _largest_near(values: NDArray[np.float64], vertices: NDArray[np.int64], grid: SphericalGrid) -> NDArray[np.float64]:
    """Largest of a vertex's value (v,) and those of its neighbours among ``vertices`` (v,)."""
    everywhere = np.full(len(grid), -np.inf)
    everywhere[vertices] = values
    return np.maximum(values, everywhere[grid.neighbours[vertices]].max(axis=1))


def _with_neighbours(marked: NDArray[np.bool_], vertices: NDArray[np.int64], grid: SphericalGrid) -> NDArray[np.bool_]:
    """Marked ones among ``vertices`` (v,), and their neighbours: (v,)."""
    everywhere = np.zeros(len(grid.directions), dtype=bool)
    everywhere[vertices] = marked
    return grid.grow_region(everywhere, 1)[vertices]


def _neighbourhood_means(
    values: NDArray[np.floating], vertices: NDArray[np.int64], grid: SphericalGrid
) -> NDArray[np.float64]:
    """Mean of each vertex's row (v, d) and those of its neighbours that are among ``vertices`` (v,)."""
    row = np.full(len(grid.directions) + 1, len(vertices))
    row[vertices] = np.arange(len(vertices))
    padded = np.concatenate([values, np.zeros((1, values.shape[1]), dtype=values.dtype)])
    means = values.astype(np.float64)
    neighbours = row[grid.neighbours[vertices]]
    for first in range(0, len(vertices), _ROWS_PER_BLOCK):
        part = slice(first, first + _ROWS_PER_BLOCK)
        total, there = means[part], neighbours[part]
        for column in there.T:
            total += np.take(padded, column, axis=0)
        total /= 1 + (there < len(vertices)).sum(axis=1, keepdims=True)
    return means


def _blur_along_rays(
    edge: NDArray[np.float32],
    sound: NDArray[np.int64],
    vertices: NDArray[np.int64],
    grid: SphericalGrid,
    bone: Bone,
    pose: Pose,
) -> NDArray[np.float64]:
    """Standard deviation of the scan's blur along the rays ``vertices`` (v,): (n,) mm, NaN at the others.

    ``edge`` (s, d) is the HU across the outer table on the rays ``sound`` (s,); how steep it is shows the blur.
    """
    slice_axis = int(voxel_spacing(bone.ijk_to_ras).argmax())
    step = bone.ijk_to_ras[:3, slice_axis]
    slice_mm = float(np.linalg.norm(step))
    across = np.abs(grid.directions @ (pose.ras_to_head[:3, :3] @ (step / slice_mm))) ** 2
    steepest = np.diff(edge, axis=1).max(axis=1) / _STEP_MM
    height = edge.max(axis=1) - edge.min(axis=1)
    variance = (height / np.maximum(_EDGE_FACTOR * steepest, 1e-3)) ** 2
    upright, level = across[sound] < 0.15, across[sound] > 0.6
    in_plane = float(np.median(variance[upright])) if upright.any() else 0.25
    # a slice's own width, and the interpolation between two slices
    least = slice_mm**2 / 4
    along = max(float(np.median(variance[level])), least) if level.any() else least
    blur = np.sqrt(in_plane + across[vertices] * max(along - in_plane, 0.0))
    return _on_grid(blur, vertices, len(grid))
