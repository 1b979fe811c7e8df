"""Where the head is: bone and template in, head frame out.

Two stages. The *search* turns and shifts a few hundred bone points in the template's distance field from many starting rotations at once
(Gauss-Newton on trimmed distances), so that heads lying on their side, tilted, or with mixed-up axes are found. The *refinement* fits the vault's
outermost points to the template's outer table by iteratively reweighted least squares with Tukey's biweight, so that a missing third of
the vault, the face, the arches and the neck do not pull.
"""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
from scipy.spatial import cKDTree
from scipy.spatial.transform import Rotation

from SkullRestoreLib.atlas import Template
from SkullRestoreLib.case import Bone, InputError, Pose
from SkullRestoreLib.grid import grid, interpolate, to_level, vertex_count

_SURE_MM, TRUSTED_MM, USABLE_MM = 2.9, 3.5, 6.0
"""Below the first no better pose is looked for, above the second the user is warned, above the third it is no head."""
_UNLIKE_MM = 8.0
"""Residual over coverage above which it is no head: heads have 2 to 3, with a third of the vault lost up to 4; a cube of that size has 10."""
_HOLLOW = 0.3
"""More bone than this in the cranial cavity is no skull."""
_SEARCH_POINTS = 500
_REFINED, _AT_ONCE = 6, 2
"""How many of the most promising poses are refined, and how many of them side by side."""
_BASE_MM = -30.0
"""Bone below this plane of the head frame (neck, mandible, table) may lie anywhere."""
_SURPRISE = 4.0
"""How many mm of residual one unit of surprise is worth; a head that is turned by 70 degrees has 0.5 more than one that is upright."""
_USUAL = 0.75
"""Surprise of most upright heads is 0.4 to 0.7; where it is more, all orientations are tried."""


def find_pose(bone: Bone, template: Template) -> Pose:
    """Find the head frame.

    Parameters
    ----------
    bone
        Segmented bone, in any orientation.
    template
        The mean head.

    Returns
    -------
    Pose
        ``residual_mm`` is the mean distance of the closest 70 % of the template's vault to the outer table; ``findings`` says when it is doubtful.

    Raises
    ------
    InputError
        If no pose brings the vault near the template: not a skull, or too little of it.
    """
    points = surface_points(bone.mask, bone.ijk_to_ras)
    if len(points) < _SEARCH_POINTS:
        raise InputError(
            "The head could not be recognised: there is hardly any bone. Check that the input is one whole head and that the bone threshold is right."
        )
    pose, least = None, np.inf
    for starts in (_small_tilts(), _all_rotations()):
        found, surprise = _best_of(points, template, starts)
        doubt = _badness(found) + _SURPRISE * surprise
        if pose is None or doubt < least:
            pose, least = found, doubt
        if pose.residual_mm <= _SURE_MM and pose.coverage >= 0.6 and surprise < _USUAL:
            break
    if pose.residual_mm > USABLE_MM or pose.coverage < 0.35 or _badness(pose) > _UNLIKE_MM:
        away = f", {pose.residual_mm:.1f} mm from where it should be on average" if np.isfinite(pose.residual_mm) else ""
        raise InputError(
            f"The head could not be recognised: only {pose.coverage:.0%} of the skull's vault was found{away}. "
            "Check that the input is one whole head in millimetres and that the bone threshold is right."
        )
    if _filled(bone, pose, template) > _HOLLOW:
        raise InputError(
            "Where the brain should be there is bone: the head is filled. Give the bone alone, not the whole head, or raise the bone threshold."
        )
    return pose


def _filled(bone: Bone, pose: Pose, template: Template) -> float:
    """How much of the cranial cavity is bone, 0..1, looked up half-way to the mean vault and nearer to the centre."""
    half = _vault_points(template, level=3) / 2
    inside = np.concatenate([half, half / 2]) @ pose.head_to_ras[:3, :3].T + pose.head_to_ras[:3, 3]
    to_ijk = np.linalg.inv(bone.ijk_to_ras)
    at = np.rint(inside @ to_ijk[:3, :3].T + to_ijk[:3, 3]).astype(int)[:, ::-1]
    at = at[((at >= 0) & (at < bone.mask.shape)).all(axis=1)]
    return float(bone.mask[tuple(at.T)].mean()) if len(at) else 0.0


def surface_points(mask: np.ndarray, ijk_to_ras: np.ndarray, *, spacing_mm: float = 2.0) -> np.ndarray:
    """Voxels at the bone's surface, thinned to about one every ``spacing_mm``: (p, 3) float, mm RAS."""
    spacing = np.linalg.norm(ijk_to_ras[:3, :3], axis=0)
    si, sj, sk = (max(1, int(spacing_mm / s)) for s in spacing)
    thin = mask[::sk, ::sj, ::si]
    core = np.zeros_like(thin)
    inner = thin[1:-1, 1:-1, 1:-1].copy()
    for axis in range(3):
        for side in (slice(None, -2), slice(2, None)):
            at = [slice(1, -1)] * 3
            at[axis] = side
            inner &= thin[tuple(at)]
    core[1:-1, 1:-1, 1:-1] = inner
    k, j, i = np.nonzero(thin & ~core)
    return np.stack([i * si, j * sj, k * sk], axis=1) @ ijk_to_ras[:3, :3].T + ijk_to_ras[:3, 3]


def _small_tilts() -> np.ndarray:
    """(19, 3, 3) rotations about the scanner's own axes, up to 45 degrees."""
    turns = [np.zeros(3)]
    for angle in (22.0, 45.0):
        for axis in np.eye(3):
            turns += [angle * axis, -angle * axis]
    turns += [np.array([a, 0.0, b]) for a in (-32.0, 32.0) for b in (-32.0, 32.0)]
    turns += [np.array([a, 0.0, 0.0]) for a in (-10.0, 10.0)]
    return Rotation.from_rotvec(np.array(turns), degrees=True).as_matrix()


def _all_rotations() -> np.ndarray:
    """(240, 3, 3) rotations that leave no orientation further than about 30 degrees away: the cube's 24 times ten tilts."""
    cube = Rotation.create_group("O")
    tilts = Rotation.from_rotvec(np.concatenate([[np.zeros(3)], 40 * np.array(_unit_axes())]), degrees=True)
    return np.concatenate([(t * cube).as_matrix() for t in tilts])


def _unit_axes() -> list[np.ndarray]:
    diagonals = [np.array([a, b, c]) / np.sqrt(3) for a in (-1, 1) for b in (-1, 1) for c in (-1, 1)]
    return [*diagonals, np.array([0.0, 0.0, 1.0])]


def _best_of(points: np.ndarray, template: Template, starts: np.ndarray) -> tuple[Pose, float]:
    """Search from every start, refine the most promising, keep the one that explains the bone best; and its surprise.

    The vault alone does not decide: with a third of one side missing it fits as well when the hole is turned to where the base should be.
    """
    picked = points[np.random.default_rng(0).permutation(len(points))[: 8 * _SEARCH_POINTS]]
    rotations, shifts, score = _search(picked[:_SEARCH_POINTS], template, starts)
    distinct: list[int] = []
    for k in np.argsort(score):
        if len(distinct) < _REFINED and all(np.trace(rotations[k] @ rotations[d].T) <= 2.9 for d in distinct):  # 18 degrees apart
            distinct.append(k)
    best, least, of_best = None, np.inf, np.inf
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for first in range(0, len(distinct), _AT_ONCE):
            for pose in pool.map(lambda k: refine(points, template, rotations[k], shifts[k]), distinct[first : first + _AT_ONCE]):
                surprise = _surprise(picked, pose, template)
                doubt = _badness(pose) + _SURPRISE * surprise
                if best is None or doubt < least:
                    best, least, of_best = pose, doubt, surprise
                if best.residual_mm < _SURE_MM and best.coverage > 0.85 and of_best < _USUAL:
                    return best, of_best
    return best, of_best


def _surprise(points: np.ndarray, pose: Pose, template: Template) -> float:
    """How rarely heads have bone where this one has it, above the base: mean of -log of how often they do."""
    head = points @ pose.ras_to_head[:3, :3].T + pose.ras_to_head[:3, 3]
    head = head[head[:, 2] > _BASE_MM]
    index = np.rint((head - template.origin_mm) / template.spacing_mm).astype(int)
    size = np.array(template.occupancy.shape[::-1])
    inside = ((index >= 0) & (index < size)).all(axis=1)
    often = np.zeros(len(head))
    often[inside] = template.occupancy[tuple(index[inside].T[::-1])]
    return float(-np.log(often + 0.01).mean()) if len(head) else np.inf


def _badness(pose: Pose) -> float:
    return pose.residual_mm / max(pose.coverage, 0.05)


def _search(points: np.ndarray, template: Template, starts: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Slide the points into the template's bone from every start: rotations (s, 3, 3), shifts (s, 3), scores (s,), lower is better."""
    # the highest bone is the vault whatever is cut off below, so start with the centre one head radius beneath the far side of the cloud
    rotation = starts.copy()
    turned = np.einsum("sij,pj->spi", rotation, points)
    low, high = np.percentile(turned, [2, 98], axis=1)
    shift = -np.stack([(low[:, 0] + high[:, 0]) / 2, (low[:, 1] + high[:, 1]) / 2, high[:, 2] - 78.0], axis=1)
    for round_ in range(24):
        moved = np.einsum("sij,pj->spi", rotation, points) + shift[:, None]
        distance, slope = template.look_up(moved)
        # trim: neck, mandible and table have no counterpart in the template
        weight = distance <= np.maximum(np.percentile(distance, 75, axis=1), 2.0)[:, None]
        weight = weight / (1.0 + distance / 6.0)
        jacobian = np.concatenate([np.cross(moved, slope), slope], axis=2)  # d distance / d (rotation vector, shift)
        weighted = (jacobian * weight[..., None]).swapaxes(1, 2)
        normal = weighted @ jacobian
        normal += np.diag([1e4, 1e4, 1e4, 1.0, 1.0, 1.0]) * (4.0 if round_ < 8 else 1.0)
        move = -np.linalg.solve(normal, weighted @ distance[..., None])[..., 0]
        turn = Rotation.from_rotvec(np.clip(move[:, :3], -0.3, 0.3)).as_matrix()
        rotation = np.einsum("sij,sjk->sik", turn, rotation)
        shift = np.einsum("sij,sj->si", turn, shift) + np.clip(move[:, 3:], -25, 25)
    moved = np.einsum("sij,pj->spi", rotation, points) + shift[:, None]
    distance = np.sort(template.look_up(moved)[0], axis=1)[:, : int(0.8 * len(points))].mean(axis=1)
    return rotation, shift, distance + _uncovered(moved, template)


def _uncovered(moved: np.ndarray, template: Template) -> np.ndarray:
    """Mean distance (capped) of the template's vault from each of the moved point clouds: (s,) float, mm. Keeps the vault from hiding in the face."""
    shell = _vault_points(template, level=3)
    gaps = [np.minimum(cKDTree(cloud).query(shell)[0], 25.0) for cloud in moved]
    return np.array([np.sort(g)[: int(0.75 * len(g))].mean() for g in gaps])


def _vault_points(template: Template, *, level: int) -> np.ndarray:
    directions = grid(level).directions
    vault = to_level(template.vault.astype(float), level) > 0.5
    return (directions * to_level(template.outer, level)[:, None])[vault]


def refine(points: np.ndarray, template: Template, rotation: np.ndarray, shift: np.ndarray) -> Pose:
    """Fit the vault's outermost points to the template's outer table; size is fitted along and thrown away, so that it does not shift the centre.

    Parameters
    ----------
    points
        (p, 3) float, mm RAS, on the bone's surface.
    template
        The mean head.
    rotation, shift
        Where to start: head = rotation @ RAS + shift.
    """
    scale = 1.0
    for width in (25.0, 20.0, 16.0, 12.0, 10.0, 8.0, 8.0, 8.0):
        head = outermost(points @ rotation.T + shift)
        radius = np.linalg.norm(head, axis=1)
        model, slope, on_vault = _expected(head / radius[:, None], template)
        gap = radius - scale * model
        weight = on_vault * np.clip(1 - (gap / width) ** 2, 0, None) ** 2
        if weight.sum() < 30:
            return Pose(_rigid(rotation, shift), np.inf, 0.0)
        # moving the point by m changes the gap by m . (unit - slope of the model across the ray), turning it by w changes it by w x p . that
        toward = head / radius[:, None] - scale * slope / radius[:, None]
        jacobian = np.concatenate([np.cross(head, toward), toward, -model[:, None]], axis=1)
        normal = jacobian.T @ (weight[:, None] * jacobian) + np.diag([1e3] * 3 + [0.1] * 3 + [1e3])
        move = -np.linalg.solve(normal, jacobian.T @ (weight * gap))
        turn = Rotation.from_rotvec(move[:3]).as_matrix()
        rotation, shift, scale = turn @ rotation, turn @ shift + move[3:6], float(np.clip(scale + move[6], 0.75, 1.25))
    head = outermost(points @ rotation.T + shift)
    radius = np.linalg.norm(head, axis=1)
    shell = _vault_points(template, level=4) * scale
    near = cKDTree(head).query(shell)[0]
    residual = float(np.sort(near)[: int(0.7 * len(near))].mean())
    coverage = float((near < 8.0).mean())
    findings = ()
    if residual > TRUSTED_MM:
        findings = (f"The head fits the average head poorly ({residual:.1f} mm): check the orientation before trusting the result.",)
    return Pose(_rigid(rotation, shift), residual, coverage, findings)


def outermost(head: np.ndarray) -> np.ndarray:
    """Of all points (p, 3) in the head frame, the outermost in each of 2 562 directions."""
    radius = np.linalg.norm(head, axis=1)
    keep = (radius > 30) & (radius < 150)
    head, radius = head[keep], radius[keep]
    cell = grid(4).nearest(head / radius[:, None])
    outwards = np.argsort(-radius, kind="stable")[::-1]
    last = np.full(vertex_count(4), -1)
    last[cell[outwards]] = outwards  # what is written last stays
    return head[last[last >= 0]]


def _expected(directions: np.ndarray, template: Template) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Template radius (p,), its change across the ray per radian (p, 3), and whether the direction is vault (p,)."""
    level4 = to_level(template.outer, 4)
    vault = to_level(template.vault.astype(float), 4)
    base = interpolate(np.stack([level4, vault], axis=1), directions)
    slope = np.zeros_like(directions)
    step = 0.05
    for axis in np.eye(3):
        across = axis - directions * (directions @ axis)[:, None]
        slope += across * ((interpolate(level4, directions + step * across) - base[:, 0]) / step)[:, None]
    return base[:, 0], slope, base[:, 1] > 0.5


def _rigid(rotation: np.ndarray, shift: np.ndarray) -> np.ndarray:
    pose = np.eye(4)
    u, _, vt = np.linalg.svd(rotation)  # rounding of many small turns is swept out here
    pose[:3, :3], pose[:3, 3] = u @ vt, shift
    return pose
