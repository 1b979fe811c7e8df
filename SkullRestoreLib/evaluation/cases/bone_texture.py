"""Give the bone of a mask the density of real skulls: compact tables, and diploe between them where there is room.

Decision 0207.
"""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from SkullRestoreLib.affine import voxel_spacing
from SkullRestoreLib.records import Volume

TABLE_HU, DIPLOE_HU = (1200.0, 1800.0), (600.0, 1000.0)
"""What compact bone and diploe measure before the scan blurs them: of each patient, a value between these."""
COMPACT_MM = (1.5, 2.0)
"""Bone this near to a surface is compact, so thin squamae are so throughout."""
COMPACT_VARIES_MM = 0.2
"""Standard deviation of that depth from place to place of a skull,"""
TABLE_VARIES_HU, DIPLOE_VARIES_HU = 60.0, 80.0
"""and those of the density of the tables and of the diploe,"""
VARIES_OVER_MM = 8.0
"""over this distance (standard deviation of a Gaussian)."""
TRABECULAE_HU, TRABECULAE_MM = 150.0, (0.5, 0.9)
"""Standard deviation of the density of trabeculae, and how fine they are: that of a Gaussian, which falls to 1/e of
itself over twice as much, 1 to 2 mm."""
_COARSE_MM = 4.0
"""Voxels on which what varies slowly is drawn."""


def draw_bone_texture(bone: Volume, *, seed: int) -> NDArray[np.float32]:
    """Draw the density of a patient's bone.

    Parameters
    ----------
    bone
        Mask of the intact skull: the edges of a hole that is cut later show the diploe.
    seed
        Of the patient's levels and of the trabeculae.

    Returns
    -------
    ndarray
        (nk, nj, ni) float32, HU before the scan's blur; outside the bone it is that of the tables.

    Examples
    --------
    >>> block = Volume(np.ones((9, 20, 20), dtype=bool), np.eye(4), "mask")
    >>> block.array[[0, -1]] = False
    >>> texture = draw_bone_texture(block, seed=0)
    >>> bool(texture[1].mean() > texture[4].mean() + 200)
    True
    """
    rng = np.random.default_rng([seed, 7])
    table_hu, diploe_hu, compact_mm, fine_mm = (
        float(rng.uniform(*limits)) for limits in (TABLE_HU, DIPLOE_HU, COMPACT_MM, TRABECULAE_MM)
    )
    spacing = voxel_spacing(bone.ijk_to_ras)[::-1]
    texture = np.full(bone.array.shape, table_hu, dtype=np.float32)
    depth = ndimage.distance_transform_edt(bone.array, sampling=spacing)
    where = np.nonzero(bone.array)
    compact, table, diploe = (
        usual + varies * _slow_noise(where, bone, rng)
        for usual, varies in (
            (compact_mm, COMPACT_VARIES_MM),
            (table_hu, TABLE_VARIES_HU),
            (diploe_hu, DIPLOE_VARIES_HU),
        )
    )
    noise = ndimage.gaussian_filter(rng.standard_normal(texture.shape, dtype=np.float32), fine_mm / spacing)[where]
    trabeculae = TRABECULAE_HU * noise / noise.std()
    texture[where] = np.where(depth[where] > compact, np.minimum(diploe + trabeculae, table), table)
    return texture


def _slow_noise(where: tuple[NDArray[np.int64], ...], bone: Volume, rng: np.random.Generator) -> NDArray[np.float64]:
    """Smooth noise at some voxels, (v,): standard deviation 1 over the volume."""
    step = _COARSE_MM / voxel_spacing(bone.ijk_to_ras)[::-1]
    shape = np.ceil(np.array(bone.array.shape) / step).astype(int) + 2
    noise = ndimage.gaussian_filter(rng.standard_normal(shape), VARIES_OVER_MM / _COARSE_MM)
    places = np.stack([each / size for each, size in zip(where, step, strict=True)])
    smooth: NDArray[np.float64] = ndimage.map_coordinates(noise / noise.std(), places, order=1)
    return smooth
