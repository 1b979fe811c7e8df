"""Grow an intact head from the shape statistics: smooth functions of place on a coarse lattice.

Every surface is an implicit function, mm, negative inside; the scanner turns them into HU. The vault's tables are a
random sample of the shape model. Base and face are the mean head's occupancy, bent radially so that it meets the
sampled vault, and sharpened; zygomatic arches, which averaging blurs, are added as curved bars, and the scalp is laid
over everything.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial.transform import Rotation

from SkullRestoreLib._system.resources import resource_path
from SkullRestoreLib.geometry.ball_reach import within_reach
from SkullRestoreLib.geometry.icosphere import SphericalGrid, interpolate, spherical_grid, values_at_level, vertex_count
from SkullRestoreLib.skull_model.atlas import HeadTemplate, load_atlas
from SkullRestoreLib.skull_model.shape_model import ShapeModel, fill_smoothly

LATTICE_STEP_MM = 2.5
"""Step of the lattice on which the functions are kept."""
LATTICE_BOX_MM = ((-105.0, 105.0), (-125.0, 125.0), (-95.0, 120.0))
"""What the lattice spans along x, y and z."""
TABLE_LEVEL = 5
"""Grid level of the tables: that of the shape model."""
MODE_SPREAD = 0.7
"""Standard deviation of the shape model's modes."""
MIN_VAULT_MM = 3.0
"""Least thickness of the vault."""
SCAN_BOTTOM_MM = -64.0
"""Height in the head frame at which the scan ends."""
SCALP_MM = 6.0
EYE_CENTRE_MM = (32, 63, -29)
"""Middle of the right eye in the mean head."""


@dataclass(frozen=True, eq=False)
class SyntheticHead:
    """An intact head.

    Its functions are (m, m, m) on a lattice along the scanner's axes, mm and negative inside unless said otherwise.
    """

    head_to_scanner: NDArray[np.float64]  # (3, 3), rotation from the head frame to the scanner's axes
    tables: NDArray[np.float64]  # (n, 2), mm, outer and inner table on grid level 5, continued below the vault
    vault: NDArray[np.bool_]  # (n,), where the tables are the skull
    outer: NDArray[np.float32]
    inner: NDArray[np.float32]
    off_vault: NDArray[np.float32]  # positive below the vault
    base: NDArray[np.float32]  # skull base and face
    petrous: NDArray[np.float32]  # 0 to 1, how dense the base is
    arch: NDArray[np.float32]  # zygomatic arches
    air: NDArray[np.float32]  # sinuses, nose, throat
    skin: NDArray[np.float32]
    soft: NDArray[np.float32]  # HU of what is not bone
    texture: NDArray[np.float32]  # about -1 to 1, the grain of the diploe

    @property
    def table_grid(self) -> SphericalGrid:
        """The grid of the tables."""
        return spherical_grid(TABLE_LEVEL)


def lattice_axes() -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Coordinates of the lattice along x, y and z of the scanner, mm from the head's centre."""
    x, y, z = (np.arange(low, high + LATTICE_STEP_MM / 2, LATTICE_STEP_MM) for low, high in LATTICE_BOX_MM)
    return x, y, z


def lattice_points(head_to_scanner: NDArray[np.float64]) -> NDArray[np.float64]:
    """Points of the lattice in the head frame.

    Parameters
    ----------
    head_to_scanner
        (3, 3) rotation.

    Returns
    -------
    ndarray
        (m, m, m, 3), mm, indexed ``[z, y, x]`` along the scanner's axes.
    """
    x, y, z = lattice_axes()
    z, y, x = np.meshgrid(z, y, x, indexing="ij")
    return np.stack([x, y, z], axis=-1) @ head_to_scanner


def grow_head(rng: np.random.Generator) -> SyntheticHead:
    """Grow a head.

    Parameters
    ----------
    rng
        Decides which head it is, and how it is turned in the scanner.
    """
    atlas = load_atlas(resource_path("shape.safetensors"))
    model = atlas.model
    head_to_scanner = Rotation.from_euler("xyz", rng.uniform([-7, -4, -5], [7, 4, 5]), degrees=True).as_matrix()
    points = lattice_points(head_to_scanner)
    vault = _find_vault(model.mean, model.level)
    tables = _sample_tables(model, vault, rng)
    mean = fill_smoothly(model.mean[:, :1], vault[:, None], model.level)[:, 0]
    vault_share = _smooth_on_grid(vault[:, None].astype(float), spherical_grid(model.level), 12)
    maps = np.column_stack([tables, vault_share, mean / tables[:, 0]])
    radius = np.linalg.norm(points, axis=-1)
    outer, inner, on_vault, bend = _grid_at_points(maps, points, radius)
    outer, inner = _approximate_distance(radius - outer), _approximate_distance(radius - inner)
    off_vault = _approximate_distance(0.5 - on_vault, min_slope=0.03).clip(-12, 12)
    # Base, face and hollows are placed in the mean head and bent with it.
    in_mean_head = points * bend[..., None]
    xyz = np.ascontiguousarray(np.moveaxis(in_mean_head, -1, 0), np.float32)
    base, petrous = _base_distance(atlas.template, xyz, rng)
    # Towards the vault the base turns smoothly into it; within the vault only the sampled tables count.
    blend = np.clip(1.9 * on_vault, 0, 1) ** 2
    base = np.maximum(base + blend * (np.maximum(outer, -inner).clip(-8, 8) - base), -off_vault - 5)
    arch = _arch_distance(in_mean_head, rng)
    skin = _skin_distance(outer, np.minimum(base, arch), off_vault, xyz)
    functions = (
        outer,
        inner,
        off_vault,
        base,
        petrous,
        arch,
        _air_distance(xyz, outer, inner, base, rng),
        skin,
        _soft_tissue_hu(xyz, inner, rng),
        _smooth_noise(rng, radius.shape),
    )
    return SyntheticHead(head_to_scanner, tables, vault, *(np.asarray(f, np.float32) for f in functions))


def _find_vault(mean: NDArray[np.float64], level: int) -> NDArray[np.bool_]:
    """The part of the mean skull (n, 2) that is one smooth plate around the vertex: (n,).

    Orbits and petrous bone are not in it.
    """
    grid = spherical_grid(level)
    steep = np.abs(mean[grid.neighbours, 0] - mean[:, None, 0]).max(axis=1) > 4.0
    plate = (grid.directions[:, 2] > -0.5) & (mean[:, 0] - mean[:, 1] < 17.0) & ~steep
    vertices, label = grid.connected_parts(grid.grow_region(plate, -1))
    vault = np.zeros(len(grid), dtype=bool)
    vault[vertices[label == np.argmax(np.bincount(label))]] = True
    return vault


def _sample_tables(model: ShapeModel, vault: NDArray[np.bool_], rng: np.random.Generator) -> NDArray[np.float64]:
    """Outer and inner table (n, 2), mm, of a random and nearly symmetric head, continued smoothly beyond the vault."""
    grid = spherical_grid(model.level)
    change = model.reconstruct_tables(MODE_SPREAD * rng.standard_normal(len(model.modes))) - model.mean
    change = 0.75 * change + 0.25 * change[grid.mirror_vertices]
    change = fill_smoothly(change, np.repeat(model.vault[:, None], 2, axis=1), model.level)
    bumps = values_at_level(rng.standard_normal((vertex_count(3), 2)), model.level)
    tables = model.mean + _smooth_on_grid(change, grid, 4) + np.array([0.35, 0.5]) * _smooth_on_grid(bumps, grid, 2)
    tables[:, 1] = np.minimum(tables[:, 1], tables[:, 0] - MIN_VAULT_MM)
    outer = fill_smoothly(tables[:, :1], vault[:, None], model.level)[:, 0]
    return np.stack([outer, np.minimum(tables[:, 1], outer - MIN_VAULT_MM)], axis=1)


def _smooth_on_grid(values: NDArray[np.float64], grid: SphericalGrid, rounds: int) -> NDArray[np.float64]:
    """Grid function (n, c), each vertex replaced by the mean of itself and its neighbours, several times."""
    for _ in range(rounds):
        values = (values + values[grid.neighbours].sum(axis=1)) / 7
    return values


def _grid_at_points(
    maps: NDArray[np.float64], points: NDArray[np.float64], radius: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Grid functions (n, c) at lattice points: (c, m, m, m).

    Far from any head, and at its centre, one value is taken for all directions.
    """
    flat = points.reshape(-1, 3)
    values = np.tile(maps[-2], (len(flat), 1))
    near = np.flatnonzero((radius > 1) & (radius < 128))
    for batch in np.array_split(near, 8):
        values[batch] = interpolate(maps, flat[batch])
    return values.T.reshape(-1, *radius.shape)


def _approximate_distance(values: NDArray[np.floating], *, min_slope: float = 0.3) -> NDArray[np.float32]:
    """Turn an implicit function into about a distance, mm, by its own slope; beyond 25 it is left as it is."""
    values = np.asarray(values, np.float32)
    slope = np.sqrt(sum(g * g for g in np.gradient(values, LATTICE_STEP_MM)))
    return np.where(np.abs(values) < 25, values / np.maximum(slope, min_slope), values)


def _smooth_noise(rng: np.random.Generator, shape: tuple[int, ...], *, sigma: float = 0.6) -> NDArray[np.float32]:
    """Smooth noise with standard deviation one half, within -1 to 1."""
    noise = ndimage.gaussian_filter(rng.standard_normal(shape, np.float32), sigma)
    return np.clip(noise / (2 * noise.std()), -1, 1)


def _base_distance(
    template: HeadTemplate, xyz: NDArray[np.float32], rng: np.random.Generator
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Distance to skull base and face, and their density 0 to 1, at points (3, m, m, m) of the mean head.

    Both follow from how often heads have bone there.
    """
    index = (xyz[::-1] - template.origin_mm) / template.spacing_mm
    frequency = template.occupancy.astype(np.float32)
    # Averaging over heads blurs by some millimetres; what is left of walls and canals is brought out again.
    sharp = frequency + 1.6 * (frequency - ndimage.gaussian_filter(frequency, 1.6))
    surroundings = ndimage.gaussian_filter(ndimage.maximum_filter(frequency, 5), 1.5)
    dense = np.clip((ndimage.map_coordinates(frequency, index, order=1, mode="nearest") - 0.72) / 0.2, 0, 1)
    level = ndimage.map_coordinates(sharp - 0.5 * np.maximum(surroundings, 0.2), index, order=3, mode="nearest")
    x, y, z = xyz
    in_blurred_arch = (np.abs(x) > 51) & (y > 4) & (y < 44) & (z < -28)  # real arches are added
    level = np.where(in_blurred_arch, np.minimum(level, -0.1), level)
    return np.clip(
        _approximate_distance(-level, min_slope=0.03) + 0.5 * _smooth_noise(rng, level.shape, sigma=1.8), -8, 8
    ), dense


def _arch_distance(points: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    """Distance to the zygomatic arches: bars from the temporal bone to the cheek, oval in section."""
    from scipy.spatial import cKDTree

    squash = np.array([1.0, 1.0, 0.7])  # higher than wide
    across, up = rng.normal(0, 1.0, 2)
    line = np.array(
        [[57, -6, -37], [61, 4, -40], [63.5, 14, -42.5], [63.5, 25, -44], [61, 36, -45], [56, 46, -46], [50, 55, -47]]
    )
    along = ndimage.zoom(line + np.array([across, 0, up]), (5, 1), order=3) * squash
    folded = points * squash
    folded[..., 0] = np.abs(folded[..., 0])  # both sides at once
    distance = np.full(points.shape[:-1], 12.0)
    near = (folded >= along.min(axis=0) - 15).all(axis=-1) & (folded <= along.max(axis=0) + 15).all(axis=-1)
    distance[near] = np.minimum(cKDTree(along).query(folded[near])[0] - 2.9, 12.0)
    return distance


def _ellipsoid_distance(
    xyz: NDArray[np.float32], centre: tuple[float, ...], radii: tuple[float, ...]
) -> NDArray[np.float32]:
    """Approximate distance of points (3, m, m, m) to an ellipsoid and its mirror image."""
    x, y, z = xyz
    a, b, c = ((v - m) / r for v, m, r in zip((np.abs(x), y, z), centre, radii, strict=True))
    return (np.sqrt(a * a + b * b + c * c) - 1) * min(radii)


def _air_distance(
    xyz: NDArray[np.float32],
    outer: NDArray[np.float32],
    inner: NDArray[np.float32],
    base: NDArray[np.float32],
    rng: np.random.Generator,
) -> NDArray[np.float32]:
    """Distance to hollows filled with air: the frontal sinus between the tables, others outside the cranial cavity."""
    frontal = np.maximum.reduce([_ellipsoid_distance(xyz, (9, 82, -8), (11, 14, 11)), outer + 2.5, 2.5 - inner])
    mastoid_cells = np.maximum.reduce(
        [
            _ellipsoid_distance(xyz, (52, -19, -45), (11, 14, 13)),
            base + 2.0,
            8 * (0.2 - _smooth_noise(rng, base.shape, sigma=0.8)),
        ]
    )
    hollows = [
        mastoid_cells,
        _ellipsoid_distance(xyz, (6, 58, -46), (4, 22, 16)),  # nose
        _ellipsoid_distance(xyz, (5, 30, -40), (7, 10, 7)),  # sphenoid sinus
        _ellipsoid_distance(xyz, (9, 52, -33), (5, 16, 7)),  # ethmoid cells
        _ellipsoid_distance(xyz, (27, 52, -56), (11, 12, 11)),  # maxillary sinus
        _ellipsoid_distance(xyz, (0, 12, -66), (11, 8, 12)),  # throat
        _ellipsoid_distance(xyz, (60, -8, -46), (9, 2.5, 2.5)),  # ear canal
    ]
    return np.minimum(frontal, np.maximum(np.minimum.reduce(hollows), 2.0 - inner))


def _skin_distance(
    outer: NDArray[np.float32], base: NDArray[np.float32], off_vault: NDArray[np.float32], xyz: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Distance to the skin: bones with their hollows closed, and the scalp on top."""
    solid = (base < 0) & (xyz[2] > SCAN_BOTTOM_MM - 25)
    solid |= (outer < 0) & (off_vault < 0)
    solid |= (outer < -4) & (xyz[2] > -45)
    solid |= _ellipsoid_distance(xyz, (0, -18, -110), (58, 60, 70)) < 0  # neck
    padded = np.pad(solid, 10)
    step = np.full(3, LATTICE_STEP_MM)
    filled = within_reach(padded, 20, step, with_limit=False)
    closed = ~within_reach(~filled, 20, step)
    distance = ndimage.distance_transform_edt(~closed, sampling=step) - ndimage.distance_transform_edt(
        closed, sampling=step
    )
    skin = ndimage.gaussian_filter(distance, 1.4)[10:-10, 10:-10, 10:-10] - SCALP_MM
    lids = _ellipsoid_distance(xyz, EYE_CENTRE_MM, (14.5, 14.5, 14.5))
    ears = _ellipsoid_distance(xyz, (71, -17, -34), (7, 13, 24))
    return np.minimum(np.minimum(skin, lids), ears)


def _soft_tissue_hu(
    xyz: NDArray[np.float32], inner: NDArray[np.float32], rng: np.random.Generator
) -> NDArray[np.float32]:
    """HU of soft tissue: brain, ventricles and fluid inside the inner table; muscle, eyes and fat outside."""
    fold = _smooth_noise(rng, inner.shape, sigma=1.5)
    white = np.clip((-inner - 9) / 8 + 1.5 * fold, 0, 1)
    brain = 38 - 9 * white
    ventricle = np.minimum(
        _ellipsoid_distance(xyz, (11, 8, 14), (5, 30, 8)), _ellipsoid_distance(xyz, (22, -30, 4), (6, 16, 8))
    )
    fluid = np.maximum(np.clip(0.5 - ventricle / 2, 0, 1), 0.7 * np.clip((inner + 3.5) / 2.5, 0, 1))
    brain += (8 - brain) * fluid
    flesh = 55 + 12 * fold
    fat = np.clip(0.5 - _ellipsoid_distance(xyz, (28, 50, -29), (15, 22, 15)) / 2, 0, 1)
    eye = np.clip(0.5 - _ellipsoid_distance(xyz, EYE_CENTRE_MM, (12, 12, 12)) / 2, 0, 1)
    flesh += (-80 - flesh) * fat
    flesh += (10 - flesh) * eye
    return brain + (flesh - brain) * np.clip(inner / LATTICE_STEP_MM, 0, 1)
