"""Find the head frame: bone and template in, pose out.

Two stages. The *search* rotates and shifts a few hundred bone points in the template's distance field from many
starting rotations at once (Gauss-Newton on trimmed distances), so that heads on their side, tilted heads and heads with
mixed-up axes are found. The *fit* moves the vault's outermost points to the template's outer table by iteratively
reweighted least squares with Tukey's biweight, so that a missing third of the vault, the face, the arches and the neck
have no influence.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from scipy.spatial.transform import Rotation

from SkullRestoreLib.affine import apply_affine, compose_affine, invert_affine, voxel_spacing
from SkullRestoreLib.errors import InputError
from SkullRestoreLib.geometry.icosphere import interpolate, spherical_grid, values_at_level, vertex_count
from SkullRestoreLib.method_parameters import METHOD, PoseParameters
from SkullRestoreLib.pose.bone_fit import weigh_with_all_bone
from SkullRestoreLib.pose.evidence import (
    Candidate,
    Start,
    find_doubts,
    is_usual,
    mean_surprisal,
    pose_misfit,
    weigh_pose,
)
from SkullRestoreLib.pose.head_size import counted_size
from SkullRestoreLib.pose.position import position_in_words, position_rotation
from SkullRestoreLib.records import Bone, Pose
from SkullRestoreLib.settings import FOUND_POSE
from SkullRestoreLib.skull_model.atlas import HeadTemplate

_SEARCH_POINTS = 500
"""Bone points that the search moves."""
_REFINED_POSES = 6
"""Poses of the search that are fitted, the most promising first."""
_PARALLEL_FITS = 2
"""Poses that are fitted at the same time."""
_SAME_ROTATION_TRACE = 2.9
"""Trace of the rotation between two poses above which they count as one: 18 degrees."""
_SAME_POSITION_TRACE = 2.0
"""The same above which a pose is in the position that was given: 60 degrees."""
_ROUNDS = 24
"""Steps of the search."""
_RANKED_WITH_EVERY = 4
"""Every fourth point is enough to rank the poses; the best is then fitted with all."""
_MOST_FOLLOWED = 30
"""Poses of the search that are followed to the end with all points, the most promising first."""
_VAULT_LEVEL = 4
"""Grid level on which the fit compares with the template's vault."""
_NEAREST_MM, _FURTHEST_MM = 30.0, 150.0
"""Points nearer to the head's centre, or further away, are not looked at."""
_BINS_ACROSS = 22
"""Bins of directions across each face of a cube: as many in all as the grid level has vertices."""
_ROUNDS_WITH_ALL = 6
"""Rounds with all points that the most likely of the ranked poses is fitted further."""


class _Search(NamedTuple):
    """Orientations that are tried with one size of the head."""

    rotations: NDArray[np.float64]
    size: float


def find_pose(
    bone: Bone, template: HeadTemplate, *, position: str = FOUND_POSE, parameters: PoseParameters = METHOD.pose
) -> Pose:
    """Find the head frame.

    Parameters
    ----------
    bone
        Segmented bone, in any orientation.
    template
        The mean head.
    position
        Where in the scan the face looks and where the vertex is, one of ``HEAD_POSITIONS``; ``"found"`` finds it.
    parameters
        Of this step.

    Returns
    -------
    Pose
        ``residual_mm`` is the mean distance of the closest 70 % of the template's vault to the outer table;
        ``findings`` says when it is doubtful.

    Raises
    ------
    InputError
        If no pose brings the vault near the template: the bone is not a skull, or too little of it; if the head is
        filled; or if it is too small.
    """
    points = surface_points(bone.mask, bone.ijk_to_ras)
    if len(points) < _SEARCH_POINTS:
        raise InputError(
            "The head could not be recognised: there is hardly any bone. "
            "Check that the input is one complete head and that the bone threshold is right."
        )
    sample = points[np.random.default_rng(0).permutation(len(points))[: 8 * _SEARCH_POINTS]]
    ranked = _ranked_candidates(points[::_RANKED_WITH_EVERY], sample, template, position, parameters)
    ranked = weigh_with_all_bone(ranked, sample, template, parameters=parameters)
    best = ranked[0].pose
    rotation, shift = best.ras_to_head[:3, :3], best.ras_to_head[:3, 3]
    pose = fit_to_template(
        points, template, rotation, shift, size=best.size, rounds=_ROUNDS_WITH_ALL, parameters=parameters
    )
    _check_recognised(pose, ranked[0].surprisal, parameters)
    if _cavity_bone_share(bone, pose, template) > parameters.max_cavity_bone_share:
        raise InputError(
            "There is bone where the brain should be: the head is filled. "
            "Give the bone alone, not the head as a solid, or raise the bone threshold."
        )
    ranked[0] = ranked[0]._replace(pose=pose)
    given = position != FOUND_POSE
    return replace(pose, findings=find_doubts(ranked, position_given=given, parameters=parameters))


def _check_recognised(pose: Pose, surprisal: float, parameters: PoseParameters) -> None:
    """Raise InputError if the bone is no head's, or that of a head outside the sizes that are supported."""
    least, most = parameters.size_range
    supported = least <= pose.size <= most
    fits_well = pose.residual_mm <= pose.size * parameters.good_fit_mm and pose.coverage >= parameters.enough_coverage
    if (
        pose.residual_mm > pose.size * parameters.max_residual_mm
        or pose.coverage < parameters.min_coverage
        or pose_misfit(pose) > parameters.max_misfit_mm
        or (not supported and not fits_well and surprisal > parameters.usual_surprisal)
    ):
        distance = (
            f", {pose.residual_mm:.1f} mm from where it should be on average" if np.isfinite(pose.residual_mm) else ""
        )
        raise InputError(
            f"The head could not be recognised: only {pose.coverage:.0%} of the skull's vault was found{distance}. "
            "Check that the input is one complete head in millimetres and that the bone threshold is right."
        )
    if not supported:
        length_mm = pose.size * parameters.mean_length_mm
        too = "small: heads of children shorter than" if pose.size < least else "large: heads longer than"
        limit_mm = parameters.mean_length_mm * (least if pose.size < least else most)
        raise InputError(
            f"The head is about {length_mm:.0f} mm long, which is too {too} about {limit_mm:.0f} mm are not supported."
        )


def _ranked_candidates(
    points: NDArray[np.float64],
    sample: NDArray[np.float64],
    template: HeadTemplate,
    position: str,
    parameters: PoseParameters,
) -> list[Candidate]:
    """Fitted poses, the most likely first: searched from the usual orientations, and from all if none of these fits."""
    found: list[Candidate] = []
    few = sample[:_SEARCH_POINTS]
    for searches in _search_plan(position, parameters):
        starts = _promising_starts(few, template, searches, parameters)
        found += _fitted_candidates(points, sample, template, starts, parameters)
        found = _allowed(sorted(found, key=lambda one: one.doubt_mm), position)
        if found and is_usual(found[0], parameters):
            break
    if not found and position == FOUND_POSE:
        raise InputError(
            "The head could not be recognised: nothing is shaped like the vault of a skull. "
            "Check that the input is one complete head in millimetres and that the bone threshold is right."
        )
    if not found:
        raise InputError(
            f"No head was found with {position_in_words(position)}. "
            "Give another position, or leave it out to have it found."
        )
    # the rivals that a vault alone cannot exclude, whether the search met them or not
    best = found[0].pose
    around = [_Search(_with_rivals(best.ras_to_head[:3, :3]), best.size)]
    turned = [
        start
        for start in _promising_starts(few, template, around, parameters)
        if np.trace(start.rotation @ best.ras_to_head[:3, :3].T) <= _SAME_ROTATION_TRACE
    ]
    rivals = _fitted_candidates(points, sample, template, turned, parameters)
    return sorted(_allowed([*found, *rivals], position), key=lambda one: one.doubt_mm)


def _cavity_bone_share(bone: Bone, pose: Pose, template: HeadTemplate) -> float:
    """Share of the cranial cavity that is bone, 0..1, at a half and a quarter of the way to the mean vault."""
    half_way = pose.size * _vault_points(template, level=3) / 2
    positions = apply_affine(pose.head_to_ras, np.concatenate([half_way, half_way / 2]))
    voxels = np.rint(apply_affine(invert_affine(bone.ijk_to_ras), positions)).astype(int)[:, ::-1]
    voxels = voxels[((voxels >= 0) & (voxels < bone.mask.shape)).all(axis=1)]
    return float(bone.mask[tuple(voxels.T)].mean()) if len(voxels) else 0.0


def surface_points(
    mask: NDArray[np.bool_], ijk_to_ras: NDArray[np.float64], *, spacing_mm: float = 2.0
) -> NDArray[np.float64]:
    """List the voxels at the bone's surface.

    Parameters
    ----------
    mask
        (nk, nj, ni) bool.
    ijk_to_ras
        (4, 4) float64, mm.
    spacing_mm
        Voxels are thinned out to about one in this distance.

    Returns
    -------
    (p, 3) float64
        Voxel centres, mm RAS.
    """
    step_i, step_j, step_k = (max(1, int(spacing_mm / s)) for s in voxel_spacing(ijk_to_ras))
    thinned = mask[::step_k, ::step_j, ::step_i]
    core = np.zeros_like(thinned)
    inner = thinned[1:-1, 1:-1, 1:-1].copy()
    for axis in range(3):
        for neighbour in (slice(None, -2), slice(2, None)):
            window = [slice(1, -1)] * 3
            window[axis] = neighbour
            inner &= thinned[tuple(window)]
    core[1:-1, 1:-1, 1:-1] = inner
    k, j, i = np.nonzero(thinned & ~core)
    return apply_affine(ijk_to_ras, np.stack([i * step_i, j * step_j, k * step_k], axis=1))


def _small_tilts() -> NDArray[np.float64]:
    """(19, 3, 3) rotations about the scanner's own axes, up to 45 degrees."""
    vectors = [np.zeros(3)]
    for angle in (22.0, 45.0):
        for axis in np.eye(3):
            vectors += [angle * axis, -angle * axis]
    vectors += [np.array([a, 0.0, b]) for a in (-32.0, 32.0) for b in (-32.0, 32.0)]
    vectors += [np.array([a, 0.0, 0.0]) for a in (-10.0, 10.0)]
    return Rotation.from_rotvec(np.array(vectors), degrees=True).as_matrix()


def _all_rotations() -> NDArray[np.float64]:
    """(240, 3, 3) rotations, the cube's 24 times ten tilts: each orientation is within about 30 degrees of one."""
    cube = Rotation.create_group("O")
    tilts = Rotation.from_rotvec(np.concatenate([[np.zeros(3)], 40 * np.array(_tilt_axes())]), degrees=True)
    return np.concatenate([(tilt * cube).as_matrix() for tilt in tilts])


def _tilt_axes() -> list[NDArray[np.float64]]:
    diagonals = [np.array([a, b, c]) / np.sqrt(3) for a in (-1, 1) for b in (-1, 1) for c in (-1, 1)]
    return [*diagonals, np.array([0.0, 0.0, 1.0])]


def _with_rivals(rotation: NDArray[np.float64]) -> NDArray[np.float64]:
    """A rotation and turns of it that leave the vault nearly where it is: (4, 3, 3), back to front among them."""
    turns = Rotation.from_rotvec(np.array([[0, 0, 0], [0, 0, 180], [70, 0, 0], [-70, 0, 0]]), degrees=True)
    rotations: NDArray[np.float64] = turns.as_matrix() @ rotation
    return rotations


def _allowed(candidates: list[Candidate], position: str) -> list[Candidate]:
    """Candidates in a position that was given: no more than 60 degrees from it."""
    if position == FOUND_POSE:
        return candidates
    wanted = position_rotation(position)
    return [c for c in candidates if np.trace(wanted @ c.pose.ras_to_head[:3, :3].T) >= _SAME_POSITION_TRACE]


def _search_plan(position: str, parameters: PoseParameters) -> Iterator[list[_Search]]:
    """What is searched, until a pose fits: the usual orientations first, then other sizes, then all orientations."""
    upright = np.eye(3) if position == FOUND_POSE else position_rotation(position)
    tilts = _small_tilts() @ upright
    yield [_Search(tilts, 1.0)]
    yield [_Search(tilts, size) for size in parameters.searched_sizes]
    if position != FOUND_POSE:
        return
    yield [_Search(_all_rotations(), 1.0)]
    yield [_Search(_all_rotations(), size) for size in parameters.searched_sizes]


def _promising_starts(
    points: NDArray[np.float64], template: HeadTemplate, searches: list[_Search], parameters: PoseParameters
) -> list[Start]:
    """Search from every orientation; the best poses, at least 18 degrees from each other and nearly as good."""
    scored: list[tuple[float, Start]] = []
    for rotations, size in searches:
        searched = _search_poses(points / size, template, rotations, parameters)
        scored += [(score, Start(turn, size * shift, size)) for turn, shift, score in zip(*searched, strict=True)]
    scored.sort(key=lambda one: one[0])
    distinct: list[Start] = []
    for score, start in scored:
        nearly_as_good = score - scored[0][0] < parameters.fitted_margin_mm
        if (
            nearly_as_good
            and len(distinct) < _REFINED_POSES
            and all(np.trace(start.rotation @ other.rotation.T) <= _SAME_ROTATION_TRACE for other in distinct)
        ):
            distinct.append(start)
    return distinct


def _fitted_candidates(
    points: NDArray[np.float64],
    sample: NDArray[np.float64],
    template: HeadTemplate,
    starts: list[Start],
    parameters: PoseParameters,
) -> list[Candidate]:
    """Fit poses and weigh each by what the bone says for it."""

    def fit(start: Start) -> Candidate:
        rotation, shift, size = start
        pose = fit_to_template(points, template, rotation, shift, size=size, parameters=parameters)
        return weigh_pose(pose, sample, template, parameters=parameters)

    with ThreadPoolExecutor(_PARALLEL_FITS) as pool:
        return [one for one in pool.map(fit, starts) if np.isfinite(one.doubt_mm)]


def _search_poses(
    points: NDArray[np.float64],
    template: HeadTemplate,
    start_rotations: NDArray[np.float64],
    parameters: PoseParameters,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Move the points onto the template's bone from every start.

    Returns rotations (s, 3, 3), shifts (s, 3) and scores (s,), lower is better. Of many starts only the best are
    followed to the end.
    """
    # whatever is cut off below, the highest bone is the vault: start with the centre one head radius below the top of
    # the points
    rotation = start_rotations.copy()
    turned = np.einsum("sij,pj->spi", rotation, points)
    low, high = np.percentile(turned, [2, 98], axis=1)
    top = high[:, 2] - parameters.start_head_radius_mm
    shift = -np.stack([(low[:, 0] + high[:, 0]) / 2, (low[:, 1] + high[:, 1]) / 2, top], axis=1)
    first = 0
    if len(rotation) > _MOST_FOLLOWED:
        few, first = points[::4], _ROUNDS // 3
        rotation, shift = _move_onto_bone(few, template, rotation, shift, range(first))
        best = np.argsort(_search_scores(few, template, rotation, shift, parameters))[:_MOST_FOLLOWED]
        rotation, shift = rotation[best], shift[best]
    rotation, shift = _move_onto_bone(points, template, rotation, shift, range(first, _ROUNDS))
    moved = np.einsum("sij,pj->spi", rotation, points) + shift[:, None]
    scores = _search_scores(points, template, rotation, shift, parameters)
    return rotation, shift, scores + _uncovered_distance(moved, template)


def _move_onto_bone(
    points: NDArray[np.float64],
    template: HeadTemplate,
    rotation: NDArray[np.float64],
    shift: NDArray[np.float64],
    rounds: range,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Gauss-Newton steps on trimmed distances from common bone: rotations (s, 3, 3) and shifts (s, 3) after them."""
    for round_number in rounds:
        moved = np.einsum("sij,pj->spi", rotation, points) + shift[:, None]
        distance, slope = template.sample_distance(moved)
        # trim: neck, mandible and table have no counterpart in the template
        is_near = distance <= np.maximum(np.percentile(distance, 75, axis=1), 2.0)[:, None]
        weight = is_near / (1.0 + distance / 6.0)
        jacobian = np.concatenate([np.cross(moved, slope), slope], axis=2)  # d distance / d (rotation vector, shift)
        weighted = (jacobian * weight[..., None]).swapaxes(1, 2)
        normal = weighted @ jacobian
        normal += np.diag([1e4, 1e4, 1e4, 1.0, 1.0, 1.0]) * (4.0 if round_number < 8 else 1.0)
        step = -np.linalg.solve(normal, weighted @ distance[..., None])[..., 0]
        turn = Rotation.from_rotvec(np.clip(step[:, :3], -0.3, 0.3)).as_matrix()
        rotation = np.einsum("sij,sjk->sik", turn, rotation)
        shift = np.einsum("sij,sj->si", turn, shift) + np.clip(step[:, 3:], -25, 25)
    return rotation, shift


def _search_scores(
    points: NDArray[np.float64],
    template: HeadTemplate,
    rotation: NDArray[np.float64],
    shift: NDArray[np.float64],
    parameters: PoseParameters,
) -> NDArray[np.float64]:
    """How badly poses explain the points, mm: (s,) float64. What is near the mean head may still be the wrong bone."""
    moved = np.einsum("sij,pj->spi", rotation, points) + shift[:, None]
    distance = np.sort(template.sample_distance(moved)[0], axis=1)[:, : int(0.8 * len(points))].mean(axis=1)
    surprisal = np.minimum(mean_surprisal(moved, template, parameters), 5.0)
    scores: NDArray[np.float64] = distance + parameters.mm_per_surprisal * surprisal
    return scores


def _uncovered_distance(moved: NDArray[np.float64], template: HeadTemplate) -> NDArray[np.float64]:
    """Mean capped distance of the template's vault from each of the moved point clouds (s, p, 3): (s,) float64, mm.

    It excludes poses in which the points are all near the template because the vault is inside its face.
    """
    vault = _vault_points(template, level=3)
    gaps = [np.minimum(cKDTree(cloud).query(vault)[0], 25.0) for cloud in moved]
    return np.array([np.sort(gap)[: int(0.75 * len(gap))].mean() for gap in gaps])


def _vault_points(template: HeadTemplate, *, level: int) -> NDArray[np.float64]:
    """Points of the template's outer table over its vault: (v, 3) float64, mm in the head frame."""
    directions = spherical_grid(level).directions
    vault = values_at_level(template.vault.astype(float), level) > 0.5
    return (directions * values_at_level(template.outer, level)[:, None])[vault]


def fit_to_template(
    points: NDArray[np.float64],
    template: HeadTemplate,
    rotation: NDArray[np.float64],
    shift: NDArray[np.float64],
    *,
    size: float = 1.0,
    rounds: int | None = None,
    parameters: PoseParameters = METHOD.pose,
) -> Pose:
    """Fit the vault's outermost points to the template's outer table.

    The size of the head is fitted too, so that it does not shift the centre. That of an ordinary head is then dropped.

    Parameters
    ----------
    points
        (p, 3) float64, mm RAS, on the bone's surface.
    template
        The mean head.
    rotation, shift
        Start, (3, 3) and (3,) float64: head = rotation @ RAS + shift.
    size
        Start: size of the head as a multiple of the template's.
    rounds
        Only so many, the narrowest, where the start is fitted already; all where not given.
    parameters
        Of this step.

    Returns
    -------
    Pose
        Infinite residual and no coverage where too few points are on the vault.
    """
    scale, (least, most) = size, parameters.fitted_size_range
    surface = _vault_surface(template)
    for width in parameters.fit_widths_mm[-rounds:] if rounds else parameters.fit_widths_mm:
        counted = counted_size(scale, parameters=parameters)
        head = counted * _outermost_in_bins((points @ rotation.T + shift) / counted)
        radius = np.linalg.norm(head, axis=1)
        unit = head / radius[:, None]
        vertex = spherical_grid(_VAULT_LEVEL).nearest_vertices(unit)
        slope = surface.slope[vertex]
        model = surface.radius[vertex] + (slope * (unit - spherical_grid(_VAULT_LEVEL).directions[vertex])).sum(axis=1)
        gap = radius - scale * model
        weight = surface.on_vault[vertex] * np.clip(1 - (gap / (counted * width)) ** 2, 0, None) ** 2
        if weight.sum() < parameters.min_fit_weight:
            return Pose(_rigid_matrix(rotation, shift), np.inf, 0.0)
        # moving a point p by m changes its gap by m . t, rotating it by w changes it by w x p . t,
        # where t is the ray's direction less the slope of the model across the ray
        toward = unit - scale * slope / radius[:, None]
        jacobian = np.concatenate([np.cross(head, toward), toward, -model[:, None]], axis=1)
        normal = jacobian.T @ (weight[:, None] * jacobian) + np.diag([1e3] * 3 + [0.1] * 3 + [1e3])
        step = -np.linalg.solve(normal, jacobian.T @ (weight * gap))
        turn = Rotation.from_rotvec(step[:3]).as_matrix()
        rotation, shift = turn @ rotation, turn @ shift + step[3:6]
        scale = float(np.clip(scale + step[6], max(least, 0.75 * size), min(most, 1.25 * size)))
    counted = counted_size(scale, parameters=parameters)
    head = counted * outermost_points((points @ rotation.T + shift) / counted)
    distance = cKDTree(head).query(_vault_points(template, level=_VAULT_LEVEL) * scale)[0]
    residual = float(np.sort(distance)[: int(0.7 * len(distance))].mean())
    coverage = float((distance < counted * parameters.covered_mm).mean())
    return Pose(_rigid_matrix(rotation, shift), residual, coverage, size=counted)


class _VaultSurface(NamedTuple):
    """The template's outer table at the vertices of the grid."""

    radius: NDArray[np.float64]  # (n,) mm
    slope: NDArray[np.float64]  # (n, 3), change of the radius across the ray, mm per radian
    on_vault: NDArray[np.bool_]  # (n,)


@lru_cache(maxsize=2)
def _vault_surface(template: HeadTemplate) -> _VaultSurface:
    """The outer table and its slope; between the vertices it is within 0.1 mm of the plane through the nearest one."""
    directions = spherical_grid(_VAULT_LEVEL).directions
    radius = values_at_level(template.outer, _VAULT_LEVEL)
    slope, step = np.zeros_like(directions), 0.05
    for axis in np.eye(3):
        across = axis - directions * (directions @ axis)[:, None]
        slope += across * ((interpolate(radius, directions + step * across) - radius) / step)[:, None]
    return _VaultSurface(radius, slope, values_at_level(template.vault.astype(float), _VAULT_LEVEL) > 0.5)


def _outermost_in_bins(head: NDArray[np.float64]) -> NDArray[np.float64]:
    """The outermost point (q, 3) in each bin of directions, of points (p, 3) as for :func:`outermost_points`.

    Bins of equal angles on the faces of a cube are found without a search; each is about 4 degrees wide.
    """
    radius = np.linalg.norm(head, axis=1)
    keep = (radius > _NEAREST_MM) & (radius < _FURTHEST_MM)
    head, radius = head[keep], radius[keep]
    each = np.arange(len(head))
    axis = np.abs(head).argmax(axis=1)
    main = head[each, axis]
    bins = 2 * axis + (main > 0)
    for other in (1, 2):
        angle = np.arctan(head[each, (axis + other) % 3] / main) / (np.pi / 2) + 0.5  # 0..1 over the face
        bins = bins * _BINS_ACROSS + np.minimum((angle * _BINS_ACROSS).astype(int), _BINS_ACROSS - 1)
    outwards = np.argsort(radius)
    outermost = np.full(6 * _BINS_ACROSS**2, -1)
    outermost[bins[outwards]] = outwards  # the last one written to a bin stays
    return head[outermost[outermost >= 0]]


def outermost_points(head: NDArray[np.float64]) -> NDArray[np.float64]:
    """Pick the outermost point in each direction of grid level 4.

    Parameters
    ----------
    head
        (p, 3) float64, mm in the head frame; points nearer than 30 mm or further than 150 mm from the centre are
        ignored.

    Returns
    -------
    (q, 3) float64
        At most one point for each of 2,562 directions.

    Examples
    --------
    >>> outermost_points(np.array([[0.0, 0.0, 80.0], [0.0, 0.0, 85.0], [0.0, 0.0, 200.0]])).tolist()
    [[0.0, 0.0, 85.0]]
    """
    radius = np.linalg.norm(head, axis=1)
    keep = (radius > _NEAREST_MM) & (radius < _FURTHEST_MM)
    head, radius = head[keep], radius[keep]
    cell = spherical_grid(4).nearest_vertices(head / radius[:, None])
    outwards = np.argsort(-radius, kind="stable")[::-1]
    outermost = np.full(vertex_count(4), -1)
    outermost[cell[outwards]] = outwards  # the last one written to a cell stays
    return head[outermost[outermost >= 0]]


def _rigid_matrix(rotation: NDArray[np.float64], shift: NDArray[np.float64]) -> NDArray[np.float64]:
    """(4, 4) float64, with the rounding of many small rotations removed."""
    u, _, vt = np.linalg.svd(rotation)
    return compose_affine(u @ vt, shift)
