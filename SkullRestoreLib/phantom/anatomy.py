"""An intact head out of the shape statistics: smooth functions of place on a coarse lattice.

Every surface is an implicit function, mm, negative inside; the scanner turns them into HU. The vault's tables are a random sample of the shape model.
Base and face are the mean head's occupancy, bent radially so that it meets the sampled vault, and sharpened; zygomatic arches, which
averaging blurs, are added as curved bars, and the scalp is laid over everything.
"""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage
from scipy.spatial.transform import Rotation

from SkullRestoreLib.atlas import Template, load_atlas
from SkullRestoreLib.grid import Grid, grid, interpolate, to_level, vertex_count
from SkullRestoreLib.resources import resource
from SkullRestoreLib.shape import ShapeModel, smooth_fill

STEP_MM = 2.5  # of the lattice on which the functions are kept
BOX_MM = ((-105.0, 105.0), (-125.0, 125.0), (-95.0, 120.0))  # what the lattice spans along x, y and z
SPREAD = 0.7  # standard deviations of the shape model's modes
FLOOR_MM = -64.0  # head-frame height where the scan ends
SCALP_MM = 6.0
EYE = (32, 63, -29)  # middle of the right eye in the mean head, mm


@dataclass(frozen=True)
class Head:
    """An intact head. Its functions are (m, m, m) float32 on a lattice along the scanner's axes, mm and negative inside unless said otherwise."""

    turn: np.ndarray  # (3, 3) float64, rotation from the head frame to the scanner's axes
    tables: np.ndarray  # (n, 2) float64, mm, outer and inner table on grid level 5, smoothly continued below the vault
    vault: np.ndarray  # (n,) bool, where they are the skull
    outer: np.ndarray
    inner: np.ndarray
    off_vault: np.ndarray  # positive below the vault
    base: np.ndarray  # skull base and face
    petrous: np.ndarray  # 0..1, how dense the base is
    arch: np.ndarray  # zygomatic arches
    air: np.ndarray  # sinuses, nose, throat
    skin: np.ndarray
    soft: np.ndarray  # HU of what is not bone
    texture: np.ndarray  # about -1..1, the grain of the diploe

    @property
    def grid(self) -> Grid:
        """The grid that the tables are on."""
        return grid(5)


def axes() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Coordinates of the lattice along x, y and z, mm from the head's centre, along the scanner's axes."""
    return tuple(np.arange(low, high + STEP_MM / 2, STEP_MM) for low, high in BOX_MM)


def lattice(turn: np.ndarray) -> np.ndarray:
    """Points of the lattice ``[z, y, x]`` in the head frame: (m, m, m, 3) float64, mm. ``turn`` takes the head frame to the scanner's axes."""
    x, y, z = axes()
    z, y, x = np.meshgrid(z, y, x, indexing="ij")
    return np.stack([x, y, z], axis=-1) @ turn


def grow(rng: np.random.Generator) -> Head:
    """Grow a head.

    Parameters
    ----------
    rng
        Decides which head, and how it lies.
    """
    atlas = load_atlas(resource("shape.safetensors"))
    model = atlas.model
    turn = Rotation.from_euler("xyz", rng.uniform([-7, -4, -5], [7, 4, 5]), degrees=True).as_matrix()
    points = lattice(turn)
    vault = _vault(model.mean, model.level)
    tables = _sample(model, vault, rng)
    mean = smooth_fill(model.mean[:, :1], vault[:, None], model.level)[:, 0]
    maps = np.column_stack([tables, _smooth(vault[:, None].astype(float), grid(model.level), 12), mean / tables[:, 0]])
    radius = np.linalg.norm(points, axis=-1)
    outer, inner, on_vault, bend = _along_rays(maps, points, radius)
    outer, inner = _distance(radius - outer), _distance(radius - inner)
    off_vault = _distance(0.5 - on_vault, floor=0.03).clip(-12, 12)
    # base, face and hollows are placed in the mean head and bent with it
    straight = points * bend[..., None]
    xyz = np.ascontiguousarray(np.moveaxis(straight, -1, 0), np.float32)
    base, petrous = _base(atlas.template, xyz, rng)
    # towards the vault the base turns smoothly into it; within the vault the sampled tables alone count
    blend = np.clip(1.9 * on_vault, 0, 1) ** 2
    base = np.maximum(base + blend * (np.maximum(outer, -inner).clip(-8, 8) - base), -off_vault - 5)
    arch = _arches(straight, rng)
    skin = _skin(outer, np.minimum(base, arch), off_vault, xyz)
    functions = (
        outer,
        inner,
        off_vault,
        base,
        petrous,
        arch,
        _air(xyz, outer, inner, base, rng),
        skin,
        _soft(xyz, inner, rng),
        _grain(rng, radius.shape),
    )
    return Head(turn, tables, vault, *(np.asarray(f, np.float32) for f in functions))


def _vault(mean: np.ndarray, level: int) -> np.ndarray:
    """The part of the mean skull (n, 2) that is one smooth plate, (n,) bool: without orbits and petrous bone, in one piece round the vertex."""
    g = grid(level)
    steep = np.abs(mean[g.neighbours, 0] - mean[:, None, 0]).max(axis=1) > 4.0
    plate = (g.directions[:, 2] > -0.5) & (mean[:, 0] - mean[:, 1] < 17.0) & ~steep
    where, label = g.parts(g.grow(plate, -1))
    vault = np.zeros(len(g), dtype=bool)
    vault[where[label == np.argmax(np.bincount(label))]] = True
    return vault


def _sample(model: ShapeModel, vault: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Outer and inner table (n, 2), mm, of a random and nearly symmetric head; the outer one goes on smoothly beyond the vault."""
    g = grid(model.level)
    change = model.tables(SPREAD * rng.standard_normal(len(model.modes))) - model.mean
    change = 0.75 * change + 0.25 * change[g.mirror]
    change = smooth_fill(change, np.repeat(model.vault[:, None], 2, axis=1), model.level)
    bumps = to_level(rng.standard_normal((vertex_count(3), 2)), model.level)
    tables = model.mean + _smooth(change, g, 4) + np.array([0.35, 0.5]) * _smooth(bumps, g, 2)
    tables[:, 1] = np.minimum(tables[:, 1], tables[:, 0] - 3.0)
    outer = smooth_fill(tables[:, :1], vault[:, None], model.level)[:, 0]
    return np.stack([outer, np.minimum(tables[:, 1], outer - 3.0)], axis=1)


def _smooth(values: np.ndarray, g: Grid, rounds: int) -> np.ndarray:
    """Grid function (n, c), each vertex replaced by the mean of itself and its neighbours, some times."""
    for _ in range(rounds):
        values = (values + values[g.neighbours].sum(axis=1)) / 7
    return values


def _along_rays(maps: np.ndarray, points: np.ndarray, radius: np.ndarray) -> np.ndarray:
    """Grid functions (n, c) at lattice points: (c, m, m, m). Far from any head, and at its centre, the value straight above is taken."""
    flat = points.reshape(-1, 3)
    values = np.tile(maps[-2], (len(flat), 1))
    near = np.flatnonzero((radius > 1) & (radius < 128))
    for some in np.array_split(near, 8):
        values[some] = interpolate(maps, flat[some])
    return values.T.reshape(-1, *radius.shape)


def _distance(f: np.ndarray, *, floor: float = 0.3) -> np.ndarray:
    """Turn an implicit function into about a distance, mm, by its own slope; more than 25 from the surface it is left as it is."""
    f = np.asarray(f, np.float32)
    slope = np.sqrt(sum(g * g for g in np.gradient(f, STEP_MM)))
    return np.where(np.abs(f) < 25, f / np.maximum(slope, floor), f)


def _grain(rng: np.random.Generator, shape: tuple[int, ...], *, sigma: float = 0.6) -> np.ndarray:
    """Smooth noise of standard deviation one half, within -1..1."""
    noise = ndimage.gaussian_filter(rng.standard_normal(shape, np.float32), sigma)
    return np.clip(noise / (2 * noise.std()), -1, 1)


def _base(template: Template, xyz: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Distance to skull base and face, and their density 0..1, from how often there is bone at points (3, m, m, m) of the mean head."""
    index = (xyz[::-1] - template.origin_mm) / template.spacing_mm
    often = template.occupancy.astype(np.float32)
    # averaging over heads blurs by some millimetres; what is left of walls and canals is brought out again
    sharp = often + 1.6 * (often - ndimage.gaussian_filter(often, 1.6))
    usual = ndimage.gaussian_filter(ndimage.maximum_filter(often, 5), 1.5)
    dense = np.clip((ndimage.map_coordinates(often, index, order=1, mode="nearest") - 0.72) / 0.2, 0, 1)
    level = ndimage.map_coordinates(sharp - 0.5 * np.maximum(usual, 0.2), index, order=3, mode="nearest")
    x, y, z = xyz
    beside = (np.abs(x) > 51) & (y > 4) & (y < 44) & (z < -28)  # the blurred arches: real ones are added
    level = np.where(beside, np.minimum(level, -0.1), level)
    return np.clip(_distance(-level, floor=0.03) + 0.5 * _grain(rng, level.shape, sigma=1.8), -8, 8), dense


def _arches(points: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Distance to the zygomatic arches: bars from the temporal bone's root to the cheek, oval in section."""
    from scipy.spatial import cKDTree

    squash = np.array([1.0, 1.0, 0.7])  # higher than wide
    across, up = rng.normal(0, 1.0, 2)
    line = np.array([[57, -6, -37], [61, 4, -40], [63.5, 14, -42.5], [63.5, 25, -44], [61, 36, -45], [56, 46, -46], [50, 55, -47]])
    along = ndimage.zoom(line + np.array([across, 0, up]), (5, 1), order=3) * squash
    folded = points * squash
    folded[..., 0] = np.abs(folded[..., 0])  # both sides at once
    distance = np.full(points.shape[:-1], 12.0)
    near = (folded >= along.min(axis=0) - 15).all(axis=-1) & (folded <= along.max(axis=0) + 15).all(axis=-1)
    distance[near] = np.minimum(cKDTree(along).query(folded[near])[0] - 2.9, 12.0)
    return distance


def _ellipsoid(xyz: np.ndarray, centre: tuple[float, ...], radii: tuple[float, ...]) -> np.ndarray:
    """About the distance of points (3, m, m, m) to an ellipsoid and its mirror image."""
    x, y, z = xyz
    a, b, c = ((v - m) / r for v, m, r in zip((np.abs(x), y, z), centre, radii, strict=True))
    return (np.sqrt(a * a + b * b + c * c) - 1) * min(radii)


def _air(xyz: np.ndarray, outer: np.ndarray, inner: np.ndarray, base: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Distance to hollows filled with air; the frontal sinus lies between the tables, the others outside the cranial cavity."""
    frontal = np.maximum.reduce([_ellipsoid(xyz, (9, 82, -8), (11, 14, 11)), outer + 2.5, 2.5 - inner])
    mastoid_cells = np.maximum.reduce(
        [_ellipsoid(xyz, (52, -19, -45), (11, 14, 13)), base + 2.0, 8 * (0.2 - _grain(rng, base.shape, sigma=0.8))]
    )
    hollows = [
        mastoid_cells,
        _ellipsoid(xyz, (6, 58, -46), (4, 22, 16)),  # nose
        _ellipsoid(xyz, (5, 30, -40), (7, 10, 7)),  # sphenoid sinus
        _ellipsoid(xyz, (9, 52, -33), (5, 16, 7)),  # ethmoid cells
        _ellipsoid(xyz, (27, 52, -56), (11, 12, 11)),  # maxillary sinus
        _ellipsoid(xyz, (0, 12, -66), (11, 8, 12)),  # throat
        _ellipsoid(xyz, (60, -8, -46), (9, 2.5, 2.5)),  # ear canal
    ]
    return np.minimum(frontal, np.maximum(np.minimum.reduce(hollows), 2.0 - inner))


def _skin(outer: np.ndarray, base: np.ndarray, off_vault: np.ndarray, xyz: np.ndarray) -> np.ndarray:
    """Distance to the skin: bones with their hollows closed, and the scalp on top."""
    solid = (base < 0) & (xyz[2] > FLOOR_MM - 25)
    solid |= (outer < 0) & (off_vault < 0)
    solid |= (outer < -4) & (xyz[2] > -45)
    solid |= _ellipsoid(xyz, (0, -18, -110), (58, 60, 70)) < 0  # neck
    wide = np.pad(solid, 10)
    filled = ndimage.distance_transform_edt(~wide, sampling=STEP_MM) < 20
    closed = ndimage.distance_transform_edt(filled, sampling=STEP_MM) > 20
    distance = ndimage.distance_transform_edt(~closed, sampling=STEP_MM) - ndimage.distance_transform_edt(closed, sampling=STEP_MM)
    skin = ndimage.gaussian_filter(distance, 1.4)[10:-10, 10:-10, 10:-10] - SCALP_MM
    return np.minimum(
        np.minimum(skin, _ellipsoid(xyz, EYE, (14.5, 14.5, 14.5))), _ellipsoid(xyz, (71, -17, -34), (7, 13, 24))
    )  # lids, ears


def _soft(xyz: np.ndarray, inner: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """HU of soft tissue: brain with grey and white matter, ventricles and fluid inside the inner table, muscle, eyes and fat outside."""
    fold = _grain(rng, inner.shape, sigma=1.5)
    white = np.clip((-inner - 9) / 8 + 1.5 * fold, 0, 1)
    brain = 38 - 9 * white
    ventricle = np.minimum(_ellipsoid(xyz, (11, 8, 14), (5, 30, 8)), _ellipsoid(xyz, (22, -30, 4), (6, 16, 8)))
    fluid = np.maximum(np.clip(0.5 - ventricle / 2, 0, 1), 0.7 * np.clip((inner + 3.5) / 2.5, 0, 1))
    brain += (8 - brain) * fluid
    # outside: muscle, the eyes, and fat behind them
    flesh = 55 + 12 * fold
    fat = np.clip(0.5 - _ellipsoid(xyz, (28, 50, -29), (15, 22, 15)) / 2, 0, 1)
    eye = np.clip(0.5 - _ellipsoid(xyz, EYE, (12, 12, 12)) / 2, 0, 1)
    flesh += (-80 - flesh) * fat
    flesh += (10 - flesh) * eye
    return brain + (flesh - brain) * np.clip(inner / STEP_MM, 0, 1)
