"""Place reference points: a defect's border and the bone in, points on sound bone along the margin out.

The accuracy of Mishinov 2023 was decided by these points. They failed where the border runs low: they were put on the
zygomatic arch or the petrous pyramid. Here a point must be on bone that ends at the restored surface itself, on the
vault, with more such bone behind it. Where there is none the margin is open, and has no points (decision 0015).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.ndimage import map_coordinates
from scipy.spatial import cKDTree

from SkullRestoreLib.affine import apply_affine, invert_affine, rotate
from SkullRestoreLib.defects.patch import PatchBorder
from SkullRestoreLib.geometry.icosphere import interpolate, level_from_count, spherical_grid
from SkullRestoreLib.method_parameters import METHOD, PointParameters
from SkullRestoreLib.records import Bone, Pose, ReferencePoint, VaultTables

_SEARCH_STEP_MM = 0.2
"""Steps in which the bone's surface is searched for along the ray."""
_ALTERNATIVE_OFFSETS = (0.0, 0.12, -0.12, 0.24, -0.24, 0.36, -0.36)
"""Places that are tried for each point, as parts of the spacing between points."""
_OFFSET_PENALTY = 0.1
"""By how much of the spacing an alternative place is less preferred, relative to its confidence."""
_TANGENT_HALF_LENGTH_MM = 1.5
"""The border's tangent is taken over twice this."""
_NORMAL_STEP = 0.03
"""Angle in radians over which the surface's normal is taken."""


@dataclass(frozen=True, eq=False)
class _Skull:
    """What points are placed on."""

    vault_tables: VaultTables
    bone: Bone
    pose: Pose
    parameters: PointParameters
    cut: NDArray[np.bool_] | None = None  # (n,) of any grid


def place_reference_points(
    border: PatchBorder,
    vault_tables: VaultTables,
    bone: Bone,
    pose: Pose,
    *,
    defect: int,
    count: int = 24,
    cut: NDArray[np.bool_] | None = None,
    parameters: PointParameters = METHOD.points,
) -> list[ReferencePoint]:
    """Place points evenly along a margin.

    Parameters
    ----------
    border
        Of the defect's patch.
    vault_tables
        Tables fitted to the bone.
    bone, pose
        Segmented bone and head frame.
    defect
        Its number.
    count
        Points wanted on the complete margin, if all of it were sound.
    cut
        (n,) bool, directions of a grid in which an object was cut out of bone that goes on: where the margin was, no
        scan shows, so there are no points.
    parameters
        Of this step.

    Returns
    -------
    list of ReferencePoint
        In order along the margin; fewer than ``count`` where it is open or nothing sound is near; none around an island
        of bone in the defect, unless it is a flap that was put back.

    Raises
    ------
    ValueError
        If ``count`` is less than 3.
    """
    fewest = parameters.min_points_per_loop
    if count < fewest:
        raise ValueError(f"A surface needs at least {fewest} reference points; {count} were asked for.")
    skull = _Skull(vault_tables, bone, pose, parameters, cut)
    enclosed = np.array([_enclosed_area(loop) for loop in border.loops])
    margins = [int(k) for k in np.flatnonzero(enclosed > parameters.min_flap_fraction * enclosed.max())]
    lengths = [_loop_length(border.loops[k]) for k in margins]
    border_tree = cKDTree(np.concatenate(border.loops))
    points: list[ReferencePoint] = []
    margin_mm = sum(lengths) if border.step_flags is None else sum(_margin_lengths(border, margins))
    for k, length in zip(margins, lengths, strict=True):
        loop_count = round(count * length / margin_mm)
        if loop_count >= fewest:  # a sliver of the border needs no points of its own
            places = _best_places(border.loops[k], border.open_flags[k], loop_count, skull, border_tree)
            points += [ReferencePoint(*place, defect) for place in places]
    return points


def snap_user_points(
    positions: ArrayLike,
    vault_tables: VaultTables,
    bone: Bone,
    pose: Pose,
    *,
    snap: bool = True,
    parameters: PointParameters = METHOD.points,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Prepare points that the user placed: where they go, their normals, and how far they can be trusted.

    Parameters
    ----------
    positions
        (p, 3) mm RAS.
    vault_tables
        Tables fitted to the bone.
    bone, pose
        Segmented bone and head frame.
    snap
        Whether a point goes to the skull's outer table where there is one within 8 mm (``snap_distance_mm``); over the
        defect it stays where it was put.
    parameters
        Of this step.

    Returns
    -------
    positions : ndarray
        (p, 3) mm RAS.
    normals : ndarray
        (p, 3) unit, outwards.
    confidence : ndarray
        (p,) low for a point off the vault: on the zygomatic arch, the petrous bone, the face.
    """
    wanted = np.asarray(positions, dtype=np.float64).reshape(-1, 3)
    skull = _Skull(vault_tables, bone, pose, parameters)
    on_bone, miss = _snap_to_bone(wanted, skull)
    near = np.isfinite(miss) & (np.linalg.norm(on_bone - wanted, axis=1) <= parameters.snap_distance_mm)
    placed = np.where((near & snap)[:, None], on_bone, wanted)
    in_head = apply_affine(pose.ras_to_head, placed)
    off_surface = np.abs(np.linalg.norm(in_head, axis=1) - interpolate(vault_tables.outer, in_head))
    on_vault = np.clip(interpolate(vault_tables.vault.astype(float), in_head), 0, 1)
    confidence = np.where(
        off_surface > parameters.snap_distance_mm, parameters.off_surface_confidence, 1.0
    ) * np.maximum(on_vault, parameters.off_surface_confidence)
    return placed, _surface_normals(placed, skull), confidence


def _enclosed_area(loop: NDArray[np.float64]) -> float:
    """Area within a closed line (k, 3), seen from where it is largest, mm²."""
    from_middle = loop - loop.mean(axis=0)
    return float(np.linalg.norm(np.cross(from_middle, np.roll(from_middle, -1, axis=0)).sum(axis=0)) / 2)


def _edge_lengths(loop: NDArray[np.float64]) -> NDArray[np.float64]:
    """Length (k,), mm, from each point of a closed line (k, 3) to the next."""
    lengths: NDArray[np.float64] = np.linalg.norm(np.diff(loop, axis=0, append=loop[:1]), axis=1)
    return lengths


def _loop_length(loop: NDArray[np.float64]) -> float:
    return float(_edge_lengths(loop).sum())


def _margin_lengths(border: PatchBorder, loops: list[int]) -> list[float]:
    """Lengths of some of a border's lines, mm, without what is along a step within the defect."""
    flags = border.step_flags or ()
    edges = [_edge_lengths(border.loops[k]) for k in loops]
    return [float(edge[~(flags[k] | np.roll(flags[k], -1))].sum()) for k, edge in zip(loops, edges, strict=True)]


def _best_places(
    loop: NDArray[np.float64], open_flags: NDArray[np.bool_], count: int, skull: _Skull, border_tree: cKDTree
) -> list[tuple[NDArray[np.float64], NDArray[np.float64], float]]:
    """Position, normal and confidence of the points of one loop.

    All places and their alternatives are rated at once; the best of each place and its alternatives is kept.
    """
    length, parameters = _loop_length(loop), skull.parameters
    distances = (np.arange(count)[:, None] + np.array(_ALTERNATIVE_OFFSETS)[None, :]) * (length / count)
    on_edge, tangent, is_open = _walk_loop(loop, open_flags, distances.ravel() % length)
    normal = _surface_normals(on_edge, skull)
    behind = np.cross(tangent, normal)
    behind /= np.maximum(np.linalg.norm(behind, axis=1, keepdims=True), 1e-9)
    # Bone is on one side of the complete loop; for an island that is the inside. Measure it: loops run either way.
    if _bone_support(on_edge, -behind, skull).sum() > _bone_support(on_edge, behind, skull).sum():
        behind = -behind
    position, miss = _snap_to_bone(on_edge + parameters.edge_inset_mm * behind, skull)
    confidence = _confidence(position, miss, _bone_support(on_edge, behind, skull), skull)
    confidence = np.where(is_open | ~np.isfinite(miss) | _are_cut(on_edge, skull), 0.0, confidence)
    missing = _missing_probability(on_edge, -behind, skull)
    confidence = np.where(missing < parameters.min_missing_ratio * np.median(missing), 0.0, confidence)
    near_border = border_tree.query(np.nan_to_num(position))[0] <= parameters.max_border_distance_mm
    preference = 1 - _OFFSET_PENALTY * np.abs(np.tile(_ALTERNATIVE_OFFSETS, count))
    confidence = np.where(near_border, confidence, 0.0) * preference
    best = confidence.reshape(count, -1).argmax(axis=1) + np.arange(count) * len(_ALTERNATIVE_OFFSETS)
    return [(position[k], normal[k], float(confidence[k])) for k in best if confidence[k] >= parameters.min_confidence]


def _are_cut(on_edge: NDArray[np.float64], skull: _Skull) -> NDArray[np.bool_]:
    """Where (p,) the border at points (p, 3) RAS is a cut through bone that goes on."""
    if skull.cut is None:
        return np.zeros(len(on_edge), dtype=bool)
    in_head = apply_affine(skull.pose.ras_to_head, on_edge)
    grid = spherical_grid(level_from_count(len(skull.cut)))
    are_cut: NDArray[np.bool_] = skull.cut[grid.nearest_vertices(in_head / np.linalg.norm(in_head, axis=1)[:, None])]
    return are_cut


def _confidence(
    position: NDArray[np.float64], miss: NDArray[np.float64], support: NDArray[np.float64], skull: _Skull
) -> NDArray[np.float64]:
    """Confidence (p,) of points (p, 3) RAS: ``miss`` (p,) mm off the surface, bone behind them (p,) 0..1."""
    tables, pose, parameters = skull.vault_tables, skull.pose, skull.parameters
    in_head = rotate(pose.ras_to_head, position - pose.head_to_ras[:3, 3])
    sigma = interpolate(tables.outer_sigma, in_head)
    well_inside = spherical_grid(tables.level).grow_region(tables.vault, -parameters.vault_end_rings)
    on_vault = interpolate(well_inside.astype(float), in_head)
    supported = parameters.min_supported_confidence + (1 - parameters.min_supported_confidence) * support
    return (
        np.exp(-((miss / parameters.miss_scale_mm) ** 2))
        * supported
        * np.clip(on_vault, 0, 1)
        / np.sqrt(1 + (sigma / parameters.sigma_scale_mm) ** 2)
    )


def _missing_probability(
    on_edge: NDArray[np.float64], ahead: NDArray[np.float64], skull: _Skull
) -> NDArray[np.float64]:
    """The network's missing-bone probability in front of points (p, 3) RAS, in directions (p, 3): (p,) 0..1."""
    pose, probe_mm = skull.pose, skull.parameters.missing_probe_mm
    probes = on_edge[None] + np.array(probe_mm)[:, None, None] * ahead - pose.head_to_ras[:3, 3]
    missing = interpolate(skull.vault_tables.missing, rotate(pose.ras_to_head, probes.reshape(-1, 3)))
    return missing.reshape(len(probe_mm), -1).mean(axis=0)


def _bone_support(on_edge: NDArray[np.float64], behind: NDArray[np.float64], skull: _Skull) -> NDArray[np.float64]:
    """How much sound bone is behind points (p, 3) RAS, in directions (p, 3): (p,) 0..1."""
    parameters = skull.parameters
    supported = [
        _snap_to_bone(on_edge + distance * behind, skull)[1] < parameters.max_support_miss_mm
        for distance in parameters.support_distances_mm
    ]
    return np.mean(supported, axis=0)


def _walk_loop(
    loop: NDArray[np.float64], open_flags: NDArray[np.bool_], distance: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]:
    """Position (p, 3), tangent (p, 3) and openness (p,) at distances (p,) mm along a closed line."""
    closed_line = np.concatenate([loop, loop[:1]])
    along = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(closed_line, axis=0), axis=1))])
    total = along[-1]

    def point_at(s: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.stack([np.interp(s % total, along, closed_line[:, k]) for k in range(3)], axis=1)

    tangent = point_at(distance + _TANGENT_HALF_LENGTH_MM) - point_at(distance - _TANGENT_HALF_LENGTH_MM)
    tangent /= np.maximum(np.linalg.norm(tangent, axis=1, keepdims=True), 1e-9)
    is_open = np.interp(distance, along, np.append(open_flags, open_flags[0]).astype(float)) > 0.5
    return point_at(distance), tangent, is_open


def _surface_normals(positions: NDArray[np.float64], skull: _Skull) -> NDArray[np.float64]:
    """Normals (p, 3), RAS, outwards, of the restored surface near points (p, 3) RAS, by differences of the tables."""
    ras_to_head, outer = skull.pose.ras_to_head, skull.vault_tables.outer
    in_head = apply_affine(ras_to_head, positions)
    direction = in_head / np.linalg.norm(in_head, axis=1, keepdims=True)
    first = np.cross(direction, [0.0, 0.0, 1.0])
    first /= np.maximum(np.linalg.norm(first, axis=1, keepdims=True), 1e-9)
    second = np.cross(direction, first)

    def surface_points(directions: NDArray[np.float64]) -> NDArray[np.float64]:
        unit = directions / np.linalg.norm(directions, axis=1, keepdims=True)
        return unit * interpolate(outer, unit)[:, None]

    normal = np.cross(
        surface_points(direction + _NORMAL_STEP * first) - surface_points(direction - _NORMAL_STEP * first),
        surface_points(direction + _NORMAL_STEP * second) - surface_points(direction - _NORMAL_STEP * second),
    )
    normal *= np.sign((normal * direction).sum(axis=1, keepdims=True))
    return (normal / np.linalg.norm(normal, axis=1, keepdims=True)) @ ras_to_head[:3, :3]


def _snap_to_bone(positions: NDArray[np.float64], skull: _Skull) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Move points (p, 3) RAS along their rays to the bone's outer surface nearest to the restored one.

    Also gives how far that is from the restored surface: (p,) mm, infinite where none is near.
    """
    bone, pose = skull.bone, skull.pose
    in_head = apply_affine(pose.ras_to_head, positions)
    direction = in_head / np.linalg.norm(in_head, axis=1, keepdims=True)
    expected = interpolate(skull.vault_tables.outer, direction)
    search_mm = skull.parameters.search_mm
    offset = np.arange(-search_mm, search_mm + _SEARCH_STEP_MM, _SEARCH_STEP_MM)
    line = direction[:, None] * (expected[:, None] + offset)[..., None]  # (p, s, 3) head
    voxels = apply_affine(invert_affine(bone.ijk_to_ras), apply_affine(pose.head_to_ras, line))
    kji = np.moveaxis(voxels, -1, 0)[::-1]
    field = map_coordinates(bone.field, kji, order=1, output=np.float32, mode="constant", cval=bone.outside_value)
    value = field - bone.iso
    leaves = (value[:, :-1] >= 0) & (value[:, 1:] < 0)
    jump = value[:, :-1] - value[:, 1:]
    crossing = offset[:-1] + _SEARCH_STEP_MM * value[:, :-1] / np.where(leaves, jump, 1.0)
    distance = np.where(leaves, np.abs(crossing), np.inf)
    best = distance.argmin(axis=1)
    row = np.arange(len(positions))
    miss = distance[row, best]
    radius = expected + np.where(np.isfinite(miss), crossing[row, best], 0.0)
    return apply_affine(pose.head_to_ras, direction * radius[:, None]), miss
