"""Reference points: a hole's border and the bone in, points on sound bone along the margin out.

The paper's accuracy was decided by these points, and they failed where the border runs low: they landed on the zygomatic arch or the petrous
pyramid. Here a point must lie on bone that ends at the restored surface itself, on the vault, with more such bone behind it. Where
there is none the margin is open, and says so by having no points.
"""

import numpy as np
from scipy.ndimage import map_coordinates
from scipy.spatial import cKDTree

from SkullRestoreLib.case import Bone, Pose, ReferencePoint, Shell
from SkullRestoreLib.grid import grid, interpolate

INSET_MM = 0.8
"""A point stands this far from the edge, where the outer table is whole."""
_OFF_MM = 1.1
"""No point lies further than this from the border: bone that stands so far over or under the surface, which was not tied to it, is the wall of an
orbit or a cleft that the hole runs into, and no margin."""
_BEHIND_MM = (1.5, 2.5, 4.0, 6.0)
_SEARCH_MM, _STEP_MM = 4.0, 0.2
_LEAST = 0.35
_END_RINGS = 2
"""No point this near (about 3.5 mm) to where the vault ends: there a natural opening is easily taken for the hole's border."""
_AHEAD_MM = (2.0, 3.5, 5.0)
_LOST = 0.8
"""So sure, measured by the hole's whole border, the network is that bone is lost beside a point; beside a cleft or an orbit that the hole runs
into it is not."""
_FLAP_PART = 0.5
"""An island in a hole is a flap that was put back when it fills this part of it, and has points; a smaller one is new bone or a loose piece."""
REACH_MM = 8.0
"""So far a point that was placed by hand is drawn to the outer table; further off it, a point is not on the vault."""
_SIDEWAYS = (0.0, 0.12, -0.12, 0.24, -0.24, 0.36, -0.36)
"""Where a place is no good, its neighbourhood is tried: parts of the spacing between points."""


def reference_points(
    number: int, loops: tuple[np.ndarray, ...], open_: tuple[np.ndarray, ...], shell: Shell, bone: Bone, pose: Pose, *, count: int = 24
) -> list[ReferencePoint]:
    """Place points evenly along a margin.

    Parameters
    ----------
    number
        Of the defect.
    loops
        Its border: closed lines (k, 3), mm RAS.
    open_
        (k,) bool for each: not bone, but the end of the vault or the scan.
    shell
        Restored tables.
    bone, pose
        Segmented bone and head frame.
    count
        Points wanted on the whole margin, if all of it were sound.

    Returns
    -------
    list of ReferencePoint
        In order along the margin; fewer than ``count`` where it is open or nothing sound is near; none round an island of bone in the hole, unless
        it is a flap that was put back.

    Raises
    ------
    ValueError
        If ``count`` is less than 3.
    """
    if count < 3:
        raise ValueError(f"A surface needs at least 3 reference points; {count} were asked for.")
    enclosed = np.array([_enclosed(loop) for loop in loops])
    margins = [(loops[k], open_[k]) for k in np.flatnonzero(enclosed > _FLAP_PART * enclosed.max())]
    lengths = [_length(loop) for loop, _ in margins]
    border = cKDTree(np.concatenate(loops))
    points: list[ReferencePoint] = []
    for (loop, closed), length in zip(margins, lengths, strict=True):
        share = round(count * length / sum(lengths))
        if share < 3:  # a sliver of the border needs no points of its own
            continue
        points += _along(number, loop, closed, length, share, shell, bone, pose, border)
    return points


def by_hand(positions: np.ndarray, shell: Shell, bone: Bone, pose: Pose, *, snap: bool = True) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Points that somebody placed: where they come to lie, their normals, and how far they can be trusted.

    Parameters
    ----------
    positions
        (p, 3) float, mm RAS.
    shell
        Tied tables.
    bone, pose
        Segmented bone and head frame.
    snap
        Whether a point goes to the skull's outer table where there is one within ``REACH_MM``; over the hole it stays where it was put.

    Returns
    -------
    positions : (p, 3) float64, mm RAS
    normals : (p, 3) float64, unit, outwards
    confidence : (p,) float64
        Low for a point off the vault: on the zygomatic arch, the petrous bone, the face.
    """
    positions = np.asarray(positions, dtype=np.float64).reshape(-1, 3)
    on_bone, miss = _on_bone(positions, shell, bone, pose)
    near = np.isfinite(miss) & (np.linalg.norm(on_bone - positions, axis=1) <= REACH_MM)
    placed = np.where((near & snap)[:, None], on_bone, positions)
    head = placed @ pose.ras_to_head[:3, :3].T + pose.ras_to_head[:3, 3]
    off = np.abs(np.linalg.norm(head, axis=1) - interpolate(shell.outer, head))
    vault = np.clip(interpolate(shell.vault.astype(float), head), 0, 1)
    return placed, _outward(placed, shell, pose), np.where(off > REACH_MM, 0.2, 1.0) * np.maximum(vault, 0.2)


def _enclosed(loop: np.ndarray) -> float:
    """Area within a closed line (k, 3), seen from where it is largest, mm2."""
    around = loop - loop.mean(axis=0)
    return float(np.linalg.norm(np.cross(around, np.roll(around, -1, axis=0)).sum(axis=0)) / 2)


def _length(loop: np.ndarray) -> float:
    return float(np.linalg.norm(np.diff(loop, axis=0, append=loop[:1]), axis=1).sum())


def _along(number, loop, closed, length, share, shell, bone, pose, border) -> list[ReferencePoint]:
    """Points of one loop: all places and their neighbourhoods are judged at once, the best of each neighbourhood is kept."""
    spacing = length / share
    wanted = (np.arange(share)[:, None] + np.array(_SIDEWAYS)[None, :]) * spacing
    at, tangent, is_open = _walk(loop, closed, wanted.ravel() % length)
    centre = pose.head_to_ras[:3, 3]
    normal = _outward(at, shell, pose)
    aside = np.cross(tangent, normal)
    aside /= np.maximum(np.linalg.norm(aside, axis=1, keepdims=True), 1e-9)
    # the bone is on one side of the whole line, and for an island in a hole that is the inside; ask where it is, do not rely on how the line is walked
    if _support(at, -aside, shell, bone, pose).sum() > _support(at, aside, shell, bone, pose).sum():
        aside = -aside
    position, miss = _on_bone(at + INSET_MM * aside, shell, bone, pose)
    support = _support(at, aside, shell, bone, pose)
    sigma = interpolate(shell.outer_sigma, (position - centre) @ pose.ras_to_head[:3, :3].T)
    well_inside = grid(shell.level).grow(shell.vault, -_END_RINGS)
    vault = interpolate(well_inside.astype(float), (position - centre) @ pose.ras_to_head[:3, :3].T)
    confidence = np.exp(-((miss / 1.5) ** 2)) * (0.25 + 0.75 * support) * np.clip(vault, 0, 1) / np.sqrt(1 + (sigma / 3) ** 2)
    confidence = np.where(is_open | ~np.isfinite(miss), 0.0, confidence)
    lost = _lost(at, -aside, shell, pose)
    confidence = np.where(lost < _LOST * np.median(lost), 0.0, confidence)
    near = border.query(np.nan_to_num(position))[0] <= _OFF_MM
    confidence = np.where(near, confidence, 0.0) * (1 - 0.1 * np.abs(np.tile(_SIDEWAYS, share)))
    best = confidence.reshape(share, -1).argmax(axis=1) + np.arange(share) * len(_SIDEWAYS)
    return [ReferencePoint(position[k], normal[k], float(confidence[k]), number) for k in best if confidence[k] >= _LEAST]


def _lost(at: np.ndarray, ahead: np.ndarray, shell: Shell, pose: Pose) -> np.ndarray:
    """How surely bone is lost beside points (p, 3) RAS in directions (p, 3), as the network sees it: (p,) float 0..1."""
    beside = at[None] + np.array(_AHEAD_MM)[:, None, None] * ahead - pose.head_to_ras[:3, 3]
    missing = interpolate(shell.missing, beside.reshape(-1, 3) @ pose.ras_to_head[:3, :3].T)
    return missing.reshape(len(_AHEAD_MM), -1).mean(axis=0)


def _support(at: np.ndarray, aside: np.ndarray, shell: Shell, bone: Bone, pose: Pose) -> np.ndarray:
    """How much sound bone lies beside points (p, 3) RAS in directions (p, 3): (p,) float 0..1."""
    return np.mean([_on_bone(at + behind * aside, shell, bone, pose)[1] < 1.5 for behind in _BEHIND_MM], axis=0)


def _walk(loop: np.ndarray, closed: np.ndarray, distance: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Position, tangent (smoothed over 3 mm) and openness at distances along a closed line."""
    ring = np.concatenate([loop, loop[:1]])
    along = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(ring, axis=0), axis=1))])
    total = along[-1]

    def point(s: np.ndarray) -> np.ndarray:
        return np.stack([np.interp(s % total, along, ring[:, k]) for k in range(3)], axis=1)

    tangent = point(distance + 1.5) - point(distance - 1.5)
    tangent /= np.maximum(np.linalg.norm(tangent, axis=1, keepdims=True), 1e-9)
    is_open = np.interp(distance, along, np.append(closed, closed[0]).astype(float)) > 0.5
    return point(distance), tangent, is_open


def _outward(at: np.ndarray, shell: Shell, pose: Pose) -> np.ndarray:
    """Normal of the restored surface near points (p, 3) RAS: (p, 3) unit vectors, by differences of the shell."""
    head = at @ pose.ras_to_head[:3, :3].T + pose.ras_to_head[:3, 3]
    direction = head / np.linalg.norm(head, axis=1, keepdims=True)
    one = np.cross(direction, [0.0, 0.0, 1.0])
    one /= np.maximum(np.linalg.norm(one, axis=1, keepdims=True), 1e-9)
    two = np.cross(direction, one)
    step = 0.03

    def surface(d: np.ndarray) -> np.ndarray:
        d = d / np.linalg.norm(d, axis=1, keepdims=True)
        return d * interpolate(shell.outer, d)[:, None]

    normal = np.cross(
        surface(direction + step * one) - surface(direction - step * one), surface(direction + step * two) - surface(direction - step * two)
    )
    normal *= np.sign((normal * direction).sum(axis=1, keepdims=True))
    return (normal / np.linalg.norm(normal, axis=1, keepdims=True)) @ pose.ras_to_head[:3, :3]


def _on_bone(at: np.ndarray, shell: Shell, bone: Bone, pose: Pose) -> tuple[np.ndarray, np.ndarray]:
    """Points (p, 3) RAS moved along their rays to the bone's outer surface nearest to the shell.

    Also how far that is from the shell: (p,) mm, infinite where none is near.
    """
    head = at @ pose.ras_to_head[:3, :3].T + pose.ras_to_head[:3, 3]
    direction = head / np.linalg.norm(head, axis=1, keepdims=True)
    expected = interpolate(shell.outer, direction)
    offset = np.arange(-_SEARCH_MM, _SEARCH_MM + _STEP_MM, _STEP_MM)
    line = direction[:, None] * (expected[:, None] + offset)[..., None]  # (p, s, 3) head
    to_ras = pose.head_to_ras
    to_ijk = np.linalg.inv(bone.ijk_to_ras)
    ijk = (line @ to_ras[:3, :3].T + to_ras[:3, 3]) @ to_ijk[:3, :3].T + to_ijk[:3, 3]
    value = (
        map_coordinates(bone.field, np.moveaxis(ijk, -1, 0)[::-1], order=1, output=np.float32, mode="constant", cval=bone.outside)
        - bone.iso
    )
    leaves = (value[:, :-1] >= 0) & (value[:, 1:] < 0)
    jump = value[:, :-1] - value[:, 1:]
    crossing = offset[:-1] + _STEP_MM * value[:, :-1] / np.where(leaves, jump, 1.0)
    distance = np.where(leaves, np.abs(crossing), np.inf)
    best = distance.argmin(axis=1)
    row = np.arange(len(at))
    miss = distance[row, best]
    radius = expected + np.where(np.isfinite(miss), crossing[row, best], 0.0)
    return (direction * radius[:, None]) @ to_ras[:3, :3].T + to_ras[:3, 3], miss
