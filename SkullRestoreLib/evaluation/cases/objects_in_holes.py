"""Put something into a hole as surgeons and patients do: flaps, plates, titanium meshes, new bone on the dura.

A flap may be level, sunk, tilted, moved sideways, broken, resorbed, healed on one side, or fixed with plates and wires.
The truth stays the intact skull; what is put in is known to the voxel, and whether it belongs there.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from SkullRestoreLib.affine import apply_affine, invert_affine, voxel_spacing
from SkullRestoreLib.evaluation.cases.disturbances import stamp_balls
from SkullRestoreLib.evaluation.cases.intact_skull import IntactSkull
from SkullRestoreLib.evaluation.cases.synthetic_ct import BONE_HU, simulate_ct
from SkullRestoreLib.geometry.icosphere import interpolate
from SkullRestoreLib.geometry.metrics import widened_box
from SkullRestoreLib.records import Volume

FLAP_KINDS = (
    "sunk flap",
    "tilted flap",
    "resorbed flap",
    "level flap",
    "displaced flap",
    "fractured flap",
    "flap with a healed side",
    "flap with plates and wires",
)
PLATE_HU = {"plate": (1400.0, 1900.0), "PMMA plate": (110.0, 180.0), "PEEK plate": (180.0, 300.0)}
"""Plates, and what they measure: hydroxyapatite or cement with barium, plain cement, PEEK."""
CLOSED_PLATE_HU = {"hydroxyapatite plate": (1400.0, 1900.0)}
"""Plates without a gap around them, level and as dense as the tables of a skull."""
CLOSED_PLATE_MM, CLOSED_PLATE_SMOOTH_MM = (3.0, 6.0), 0.7
"""Their thickness, the same everywhere, and how smooth their faces are."""
MESH_HU = {"mesh": 6000.0, "mesh at the edge": 6000.0, "faint mesh": 3000.0, "titanium plate": 6000.0}
"""Shells of titanium. A faint one is hardly denser than bone, once the scan has blurred it."""
OBJECT_KINDS = (*FLAP_KINDS, *PLATE_HU, *CLOSED_PLATE_HU, *MESH_HU, "bone on the dura")
LEVEL_KINDS = ("level flap", "flap with a healed side", "flap with plates and wires")
"""Flaps that are where they were cut: they stay unless they are asked to go."""
KERF_MM = (1.0, 2.5)
"""Width of the saw cut around a flap."""
MIN_GAP_MM = 0.7
"""Between a moved flap and the edge of its hole."""
CLOSED_KERF = (0.0, 0.25)
"""Part of the kerf that bone has bridged."""
BURR_HOLE_MM = (5.5, 7.5)
"""Radius of the burr holes at a flap's corners."""
SUNK_MM, TILT_DEG = (2.5, 5.0), (4.0, 9.0)
SIDEWAYS_MM = (3.0, 6.0)
HEALED_KERF = (0.2, 0.35)
"""Part of the kerf, on one side, that bone has bridged."""
CRACK_MM, PIECE_SUNK_MM = 1.5, ((2.0, 3.0), (4.0, 6.0))
"""Of a broken flap: the crack's width, and how far its two pieces are sunk."""
RESORBED_PART = (0.3, 0.5)
MESH_MM, TITANIUM_PLATE_MM = 0.8, 1.5
MESH_OVERLAP_MM = 8.0
MINIPLATE_HU, MINIPLATES, WIRES = 9000.0, 4, 2
DURAL_BONE_MM, DURAL_BONE_BELOW_MM, DURAL_BONE_HU = (1.0, 3.0), (0.0, 4.0), (500.0, 900.0)
"""Thickness of new bone on the dura, how far it is below the inner table, and what it measures."""
DURAL_BONE_PART = (0.25, 0.5)
"""Part of the hole that it covers."""


@dataclass(frozen=True, eq=False)
class ObjectInHole:
    """A hole with something in it."""

    kind: str  # one of OBJECT_KINDS
    ct: Volume  # simulated
    object_mask: NDArray[np.bool_]  # (nk, nj, ni), what was put in
    depth_mm: float = 0.0  # how far it is below where the piece was, on average
    tilt_deg: float = 0.0


def put_object(
    skull: IntactSkull,
    piece: NDArray[np.bool_],
    kind: str,
    rng: np.random.Generator,
    *,
    texture: NDArray[np.float32] | None = None,
    blur_mm: float = 0.5,
    kerf_mm: float | None = None,
) -> ObjectInHole:
    """Put an object into the hole that a piece leaves.

    Parameters
    ----------
    skull
        The intact skull.
    piece
        (nk, nj, ni) bool, what was taken out.
    kind
        One of :data:`OBJECT_KINDS`.
    rng
        Source of all randomness.
    texture
        (nk, nj, ni), HU of the intact skull's bone, from
        :func:`SkullRestoreLib.evaluation.cases.bone_texture.draw_bone_texture`; flaps keep that of the place they were
        cut from. All bone has one density if None.
    blur_mm
        Standard deviation of the scanner's blur: 0.5 mm of a sharp kernel, 1 mm of a soft one.
    kerf_mm
        Width of the saw cut around a flap; one of :data:`KERF_MM` is drawn if None.

    Returns
    -------
    ObjectInHole

    Raises
    ------
    ValueError
        If the kind is not known.
    """
    if kind not in OBJECT_KINDS:
        raise ValueError(f"{kind} is no object; use one of {', '.join(OBJECT_KINDS)}.")
    rest, seed = skull.bone & ~piece, int(rng.integers(2**31))
    if kind in FLAP_KINDS:
        return _put_flap(skull, piece, kind, rng, seed, texture, (blur_mm, kerf_mm))
    if kind in MESH_HU:
        mask, hu = _mesh_shell(skull, piece, rng, kind), MESH_HU[kind]
    elif kind in PLATE_HU:
        mask, hu = _away_from(rest, piece, skull, float(rng.uniform(0.5, 1.5))), float(rng.uniform(*PLATE_HU[kind]))
    elif kind in CLOSED_PLATE_HU:
        thickness_mm, hu = float(rng.uniform(*CLOSED_PLATE_MM)), float(rng.uniform(*CLOSED_PLATE_HU[kind]))
        mask = _closed_plate(skull, piece, thickness_mm)
    else:
        mask, hu = _dural_bone(skull, piece, rng), float(rng.uniform(*DURAL_BONE_HU))

    def write_hu(values: NDArray[np.float32]) -> None:
        values[mask] = hu

    mask_of_rest, bone_hu = Volume(rest, skull.ijk_to_ras, "mask"), BONE_HU if texture is None else texture
    ct = simulate_ct(mask_of_rest, seed=seed, intact=skull.bone, bone_hu=bone_hu, blur_mm=blur_mm, add_bodies=write_hu)
    return ObjectInHole(kind, ct, mask)


def _put_flap(
    skull: IntactSkull,
    piece: NDArray[np.bool_],
    kind: str,
    rng: np.random.Generator,
    seed: int,
    texture: NDArray[np.float32] | None,
    blur_and_kerf_mm: tuple[float, float | None],
) -> ObjectInHole:
    """A flap of the patient's own bone, with its kerf and burr holes."""
    rest, (blur_mm, kerf_mm) = skull.bone & ~piece, blur_and_kerf_mm
    centre, outwards = _place_of(skull, piece)
    drawn_mm = float(rng.uniform(*KERF_MM))  # drawn in any case: what comes after it is the same
    flap = _away_from(rest, piece, skull, drawn_mm if kerf_mm is None else kerf_mm)
    if kind == "flap with a healed side":
        closed = _sector(skull, centre, outwards, rng, float(rng.uniform(*HEALED_KERF)), count=1)
    else:
        closed = _sector(skull, centre, outwards, rng, float(rng.uniform(*CLOSED_KERF)), count=int(rng.integers(2, 5)))
    flap |= piece & closed
    for hole in _burr_holes(skull, piece, centre, outwards, rng):
        flap &= ~hole
    sunk = float(rng.uniform(*SUNK_MM)) if kind in ("sunk flap", "displaced flap") else 0.0
    tilt = float(rng.uniform(*TILT_DEG)) if kind == "tilted flap" else 0.0
    sideways = float(rng.uniform(*SIDEWAYS_MM)) if kind == "displaced flap" else 0.0
    bone_hu = texture
    if kind == "fractured flap":
        (flap, bone_hu), sunk = _break(flap, texture, skull, centre, outwards, rng), float("nan")
    elif sunk or tilt:
        motion = _motion(flap, skull, centre, outwards, sunk, tilt, rng, sideways_mm=sideways)
        flap, bone_hu = _move(flap, texture, motion)
    if sunk or tilt:
        # what would be pressed against the edge of the hole is worn away
        gap = ndimage.distance_transform_edt(~rest, sampling=voxel_spacing(skull.ijk_to_ras)[::-1]) > MIN_GAP_MM
        flap &= gap if kind in ("displaced flap", "fractured flap") else gap | closed
    if kind == "resorbed flap":
        flap = _resorb(flap, skull, rng)
    flap &= ~rest

    def add_metal(values: NDArray[np.float32]) -> None:
        if kind == "flap with plates and wires":
            _add_fixation(values, skull, piece, centre, outwards, rng)

    ct = simulate_ct(
        Volume(rest | flap, skull.ijk_to_ras, "mask"),
        seed=seed,
        intact=skull.bone,
        bone_hu=BONE_HU if bone_hu is None else bone_hu,
        blur_mm=blur_mm,
        add_bodies=add_metal,
    )
    return ObjectInHole(kind, ct, flap, sunk, tilt)


def _place_of(skull: IntactSkull, piece: NDArray[np.bool_]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Middle of a piece (3,), mm RAS, and the way outwards (3,), unit."""
    voxels = np.argwhere(piece)[:: max(1, int(piece.sum()) // 20_000), ::-1]
    points = apply_affine(skull.ijk_to_ras, voxels)
    centre = points.mean(axis=0)
    outwards = centre - skull.pose.head_to_ras[:3, 3]
    return centre, outwards / np.linalg.norm(outwards)


def _away_from(
    rest: NDArray[np.bool_], piece: NDArray[np.bool_], skull: IntactSkull, distance_mm: float
) -> NDArray[np.bool_]:
    """The part of a piece that is farther than this from the rest of the skull."""
    away = ndimage.distance_transform_edt(~rest, sampling=voxel_spacing(skull.ijk_to_ras)[::-1])
    return piece & (away > distance_mm)


def _closed_plate(skull: IntactSkull, piece: NDArray[np.bool_], thickness_mm: float) -> NDArray[np.bool_]:
    """A level plate that is the same thickness everywhere and touches the bone around the hole.

    Below thin bone it goes on inwards.
    """
    spacing = voxel_spacing(skull.ijk_to_ras)[::-1]
    box = widened_box(piece, np.ceil(2 * thickness_mm / spacing).astype(int))
    k, j, i = np.nonzero(~skull.bone[box])
    places = np.stack([i + box[2].start, j + box[1].start, k + box[0].start], axis=1)
    points = apply_affine(skull.pose.ras_to_head @ skull.ijk_to_ras, places)
    radius = np.linalg.norm(points, axis=1)
    is_outside = radius > interpolate(skull.tables.mean(axis=1)[:, None], points / radius[:, None])[:, 0]
    outside = np.zeros_like(piece[box])
    outside[k[is_outside], j[is_outside], i[is_outside]] = True
    depth = ndimage.distance_transform_edt(~outside, sampling=spacing)
    _, nearest = ndimage.distance_transform_edt(~skull.bone[box], sampling=spacing, return_indices=True)
    column = piece[box][tuple(nearest)] & ~outside
    rest = skull.bone[box] & ~piece[box]
    solid = (column & (depth <= thickness_mm) | rest).astype(np.float32)
    smooth = ndimage.gaussian_filter(solid, CLOSED_PLATE_SMOOTH_MM / spacing) > 0.5
    plate = np.zeros_like(piece)
    plate[box] = smooth & column & ~rest
    return plate


def _offsets(
    skull: IntactSkull, centre: NDArray[np.float64], outwards: NDArray[np.float64]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Of each voxel: place around the hole's middle, as two lengths across the way outwards, (nk, nj, ni) each, mm."""
    first = np.cross(outwards, np.eye(3)[np.argmin(np.abs(outwards))])
    first /= np.linalg.norm(first)
    second = np.cross(outwards, first)
    k, j, i = np.ogrid[tuple(slice(n) for n in skull.bone.shape)]
    m = skull.ijk_to_ras
    offset = [(m[r, 0] * i + m[r, 1] * j + m[r, 2] * k + (m[r, 3] - centre[r])).astype(np.float32) for r in range(3)]
    x, y = (sum(np.float32(axis[r]) * offset[r] for r in range(3)) for axis in (first, second))
    return x, y


def _sector(
    skull: IntactSkull,
    centre: NDArray[np.float64],
    outwards: NDArray[np.float64],
    rng: np.random.Generator,
    part: float,
    *,
    count: int,
) -> NDArray[np.bool_]:
    """Some sectors about the hole's middle, this part of the full turn in all."""
    x, y = _offsets(skull, centre, outwards)
    turn = (np.arctan2(y, x) + np.float32(rng.uniform(0, 2 * np.pi))) % np.float32(2 * np.pi) / np.float32(2 * np.pi)
    return (turn * count) % 1 < part


def _burr_holes(
    skull: IntactSkull,
    piece: NDArray[np.bool_],
    centre: NDArray[np.float64],
    outwards: NDArray[np.float64],
    rng: np.random.Generator,
) -> list[NDArray[np.bool_]]:
    """Four burr holes at the piece's edge; each reaches to half its width into the piece."""
    x, y = _offsets(skull, centre, outwards)
    inside = piece.nonzero()
    px, py = x[inside], y[inside]
    holes = []
    for turn in rng.uniform(0, 2 * np.pi) + np.arange(4) * np.pi / 2 + rng.uniform(-0.3, 0.3, 4):
        ray = np.array([np.cos(turn), np.sin(turn)])
        reach = float(np.percentile(px * ray[0] + py * ray[1], 99.5))
        radius = float(rng.uniform(*BURR_HOLE_MM))
        at = (reach - radius) * ray
        holes.append((x - np.float32(at[0])) ** 2 + (y - np.float32(at[1])) ** 2 < radius**2)
    return holes


def _motion(
    flap: NDArray[np.bool_],
    skull: IntactSkull,
    centre: NDArray[np.float64],
    outwards: NDArray[np.float64],
    sunk_mm: float,
    tilt_deg: float,
    rng: np.random.Generator,
    *,
    sideways_mm: float = 0.0,
) -> NDArray[np.float64]:
    """From where a voxel of a moved flap comes, (3, 4) in k, j, i.

    The flap is sunk along the way inwards, moved sideways, or tilted so that one side is sunk and the other level.
    """
    from scipy.spatial.transform import Rotation

    across = np.cross(outwards, rng.normal(size=3))
    across /= np.linalg.norm(across)
    motion = np.eye(4)
    motion[:3, :3] = Rotation.from_rotvec(np.radians(tilt_deg) * across).as_matrix()
    points = apply_affine(skull.ijk_to_ras, np.argwhere(flap)[::50, ::-1])
    raised = ((points - centre) @ motion[:3, :3].T - (points - centre)) @ outwards
    sunk = sunk_mm + (float(np.percentile(raised, 95)) if tilt_deg else 0.0)
    motion[:3, 3] = centre - motion[:3, :3] @ centre - sunk * outwards + sideways_mm * across
    to_source = invert_affine(skull.ijk_to_ras) @ invert_affine(motion) @ skull.ijk_to_ras  # in i, j, k
    kji: NDArray[np.float64] = to_source[[2, 1, 0]][:, [2, 1, 0, 3]]
    return kji


def _move(
    flap: NDArray[np.bool_], texture: NDArray[np.float32] | None, motion: NDArray[np.float64]
) -> tuple[NDArray[np.bool_], NDArray[np.float32] | None]:
    """A moved flap, and the density of the bone with that of the flap where it is now."""
    moved = ndimage.affine_transform(flap.astype(np.float32), motion[:, :3], motion[:, 3], order=1) > 0.5
    if texture is None:
        return moved, None
    there = np.nonzero(moved)
    source = motion[:, :3] @ np.stack(there) + motion[:, 3:]
    carried = texture.copy()
    carried[there] = ndimage.map_coordinates(texture, source, order=1, mode="nearest")
    return moved, carried


def _resorb(flap: NDArray[np.bool_], skull: IntactSkull, rng: np.random.Generator) -> NDArray[np.bool_]:
    """A flap of which a third to a half is gone: eaten from its edge, with pores of some millimetres."""
    spacing = voxel_spacing(skull.ijk_to_ras)[::-1]
    noise = ndimage.gaussian_filter(rng.standard_normal(flap.shape, dtype=np.float32), 3.0 / spacing)
    inside = ndimage.distance_transform_edt(flap, sampling=spacing)
    score = noise / noise[flap].std() + 0.35 * inside
    return flap & (score > np.quantile(score[flap], rng.uniform(*RESORBED_PART)))


def _break(
    flap: NDArray[np.bool_],
    texture: NDArray[np.float32] | None,
    skull: IntactSkull,
    centre: NDArray[np.float64],
    outwards: NDArray[np.float64],
    rng: np.random.Generator,
) -> tuple[NDArray[np.bool_], NDArray[np.float32] | None]:
    """A flap broken in two along a line near its middle; both pieces are sunk, one of them farther.

    Also the density of the bone, as of :func:`_move`.
    """
    x, y = _offsets(skull, centre, outwards)
    turn = float(rng.uniform(0, 2 * np.pi))
    beside = x * np.float32(np.cos(turn)) + y * np.float32(np.sin(turn)) - np.float32(rng.uniform(-4, 4))
    broken, bone_hu = np.zeros_like(flap), texture
    for side, sunk_mm in zip((1, -1), PIECE_SUNK_MM, strict=True):
        piece = flap & (side * beside > CRACK_MM / 2)
        motion = _motion(piece, skull, centre, outwards, float(rng.uniform(*sunk_mm)), 0.0, rng)
        moved, carried = _move(piece, texture, motion)
        broken |= moved
        bone_hu = None if carried is None else np.where(moved, carried, bone_hu)
    return broken, bone_hu


def _add_fixation(
    hu: NDArray[np.float32],
    skull: IntactSkull,
    piece: NDArray[np.bool_],
    centre: NDArray[np.float64],
    outwards: NDArray[np.float64],
    rng: np.random.Generator,
) -> None:
    """Add miniplates with screws over the kerf of a flap, and loops of wire through its edge."""
    rest = skull.bone & ~piece
    near = ndimage.distance_transform_edt(~rest, sampling=voxel_spacing(skull.ijk_to_ras)[::-1])
    k, j, i = np.nonzero(piece & (near < 1.0))
    points = apply_affine(skull.ijk_to_ras, np.stack([i, j, k], axis=1))
    head = apply_affine(skull.pose.ras_to_head, points)
    radius = np.linalg.norm(head, axis=1)
    outer = interpolate(skull.tables[:, :1], head / radius[:, None])[:, 0]
    points = points[outer - radius < 1.0]
    x, y = (_offsets(skull, centre, outwards)[axis][k, j, i][outer - radius < 1.0] for axis in (0, 1))
    turns = float(rng.uniform(0, 2 * np.pi)) + np.arange(MINIPLATES + WIRES) * 2 * np.pi / (MINIPLATES + WIRES)
    for number, turn in enumerate(turns):
        spot = points[np.argmax(np.cos(np.arctan2(y, x) - turn))]
        normal = spot - skull.pose.head_to_ras[:3, 3]
        normal /= np.linalg.norm(normal)
        away = spot - centre
        away -= (away @ normal) * normal
        away /= np.linalg.norm(away)
        if number < MINIPLATES:
            plate = [spot + normal + s * away for s in np.arange(-8, 8.5, 0.5)]
            screws = [spot + s * away - t * normal for s in (-6.0, 6.0) for t in np.arange(-1, 4, 0.5)]
            stamp_balls(hu, skull.ijk_to_ras, np.array(plate), radius_mm=0.7, value=MINIPLATE_HU)
            stamp_balls(hu, skull.ijk_to_ras, np.array(screws), radius_mm=0.9, value=MINIPLATE_HU)
        else:
            turn_of_loop = np.arange(0, 2 * np.pi, 0.1)[:, None]
            loop = spot - 2.5 * normal + 3.5 * np.sin(turn_of_loop) * normal + 4 * np.cos(turn_of_loop) * away
            stamp_balls(hu, skull.ijk_to_ras, loop, radius_mm=0.4, value=MINIPLATE_HU)


def _dural_bone(skull: IntactSkull, piece: NDArray[np.bool_], rng: np.random.Generator) -> NDArray[np.bool_]:
    """A plate of new bone in the depth of a hole, apart from its edge."""
    spacing = voxel_spacing(skull.ijk_to_ras)[::-1]
    near = ndimage.distance_transform_edt(~piece, sampling=spacing) < DURAL_BONE_BELOW_MM[1] + DURAL_BONE_MM[1] + 2
    k, j, i = np.nonzero(near & ~skull.bone | piece)
    head = apply_affine(skull.pose.ras_to_head @ skull.ijk_to_ras, np.stack([i, j, k], axis=1))
    radius = np.linalg.norm(head, axis=1)
    direction = head / radius[:, None]
    below = interpolate(skull.tables[:, 1:], direction)[:, 0] - radius
    top = float(rng.uniform(*DURAL_BONE_BELOW_MM))
    beneath = (below > top) & (below < top + float(rng.uniform(*DURAL_BONE_MM)))
    edge = apply_affine(skull.pose.ras_to_head @ skull.ijk_to_ras, np.argwhere(piece)[::20, ::-1])
    middle = edge.mean(axis=0) / np.linalg.norm(edge.mean(axis=0))
    centre = middle + 0.08 * rng.normal(size=3)
    centre /= np.linalg.norm(centre)
    angle = np.arccos(np.clip(direction @ centre, -1, 1))
    reach = np.arccos(np.clip(edge @ middle / np.linalg.norm(edge, axis=1), -1, 1))
    covered = np.sqrt(float(rng.uniform(*DURAL_BONE_PART))) * float(np.percentile(reach, 70))
    chosen = beneath & (angle < covered)
    plate = np.zeros(skull.bone.shape, dtype=bool)
    plate[k[chosen], j[chosen], i[chosen]] = True
    return plate & ~(skull.bone & ~piece)


def _mesh_shell(skull: IntactSkull, piece: NDArray[np.bool_], rng: np.random.Generator, kind: str) -> NDArray[np.bool_]:
    """A titanium shell on the outer table, over the piece and around it, or over a part of its edge.

    A mesh is perforated, a plate is thicker and not.
    """
    thickness_mm = TITANIUM_PLATE_MM if kind == "titanium plate" else MESH_MM
    spacing = voxel_spacing(skull.ijk_to_ras)[::-1]
    above = ndimage.distance_transform_edt(~skull.bone, sampling=spacing)
    k, j, i = np.nonzero((above > 0) & (above <= thickness_mm))
    points = apply_affine(skull.pose.ras_to_head @ skull.ijk_to_ras, np.stack([i, j, k], axis=1))
    radius = np.linalg.norm(points, axis=1)
    middle = interpolate(skull.tables.mean(axis=1)[:, None], points / radius[:, None])[:, 0]
    beside = ndimage.distance_transform_edt(~piece, sampling=spacing)[k, j, i] < MESH_OVERLAP_MM
    centre, outwards = _place_of(skull, piece)
    x, y = (values[k, j, i] for values in _offsets(skull, centre, outwards))
    is_solid = np.hypot((x + 500) % 5 - 2.5, (y + 500) % 5 - 2.5) > 1.4  # round openings, 5 mm apart
    chosen = (radius > middle) & beside & (is_solid | (kind == "titanium plate"))
    if kind == "mesh at the edge":
        turn = rng.uniform(0, 2 * np.pi)
        along = x * np.cos(turn) + y * np.sin(turn)
        rim = float(np.percentile(along[chosen], 98)) - MESH_OVERLAP_MM
        chosen &= (along > rim - 14) & (np.abs(-x * np.sin(turn) + y * np.cos(turn)) < 22)
    shell = np.zeros(skull.bone.shape, dtype=bool)
    shell[k[chosen], j[chosen], i[chosen]] = True
    return shell & ~(skull.bone & ~piece)
