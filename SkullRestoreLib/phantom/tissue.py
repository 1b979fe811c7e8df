"""Turn distances into HU: every border is a ramp as wide as the scanner blurs.

For a flat border and a Gaussian point spread that is the partial volume. ``functions`` are the head's functions at the
voxels, by the names of :class:`SkullRestoreLib.phantom.anatomy.SyntheticHead`, all of the same shape.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

Functions = Mapping[str, NDArray[np.float32]]
"""Name -> the head's function at the voxels."""

AIR_HU, SKIN_HU, FAT_HU = -1000.0, 45.0, -75.0
CORTEX_HU, DIPLOE_HU, GRAIN_HU = 1350.0, 680.0, 130.0
SPONGE_HU, PETROUS_HU, FACE_CORTEX_HU = 760.0, 1750.0, 1150.0
OUTER_CORTEX_MM, INNER_CORTEX_MM, BASE_CORTEX_MM, SKIN_MM, FAT_MM = 1.8, 1.4, 1.6, 1.6, 2.2
VAULT_BLEND_MM = 2.0
"""Blur of the border between vault and base."""
PETROUS_SHARE = 0.8
"""How far the HU of the base goes to that of petrous bone where the base is dense throughout."""


def fraction_inside(distance: NDArray[np.floating], blur_mm: float) -> NDArray[np.float32]:
    """Fraction of a voxel inside a surface.

    Parameters
    ----------
    distance
        Any shape, mm, negative inside.
    blur_mm
        Standard deviation of the point spread. The ramp is the cubic step with the same standard deviation, much
        cheaper than the error function.

    Returns
    -------
    ndarray
        0 to 1.

    Examples
    --------
    >>> fraction_inside(np.array([-9.0, 0.0, 9.0], np.float32), 1.0).tolist()
    [1.0, 0.5, 0.0]
    """
    t = distance * np.float32(-0.5 / (np.sqrt(5) * blur_mm))
    t += np.float32(0.5)
    np.clip(t, 0, 1, out=t)
    return t * t * (3 - 2 * t)


def box_of_head(functions: Functions, blur_mm: float) -> tuple[slice, slice]:
    """Find the box of a plane outside of which there is nothing but air.

    Parameters
    ----------
    functions
        Of the head, (y, x).
    blur_mm
        Standard deviation of the point spread.

    Returns
    -------
    tuple of slice
        Along y and x.
    """
    ramp_mm = np.sqrt(5) * blur_mm  # beyond it, no voxel has a part inside
    nearest = np.minimum(functions["skin"], functions["outer"])
    for name in ("base", "arch"):
        np.minimum(nearest, functions[name], out=nearest)
    near = nearest <= ramp_mm
    ends = (np.flatnonzero(near.any(axis=axis)) for axis in (1, 0))
    rows, columns = (slice(int(n[0]), int(n[-1]) + 1) if len(n) else slice(0, 0) for n in ends)
    return rows, columns


def vault_bone(functions: Functions, blur_mm: float) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    """Bone of the vault: diploe between two cortical tables.

    Parameters
    ----------
    functions
        Of the head.
    blur_mm
        Standard deviation of the point spread.

    Returns
    -------
    amount
        0 to 1.
    hu
        HU of the bone.
    """
    amount = fraction_inside(functions["outer"], blur_mm) - fraction_inside(functions["inner"], blur_mm)
    diploe = fraction_inside(functions["outer"] + OUTER_CORTEX_MM, blur_mm) - fraction_inside(
        functions["inner"] - INNER_CORTEX_MM, blur_mm
    )
    np.clip(diploe, 0, 1, out=diploe)
    hu = CORTEX_HU - diploe * (CORTEX_HU - DIPLOE_HU - GRAIN_HU * functions["texture"])
    return np.clip(amount, 0, 1) * fraction_inside(functions["off_vault"], VAULT_BLEND_MM), hu


def base_bone(functions: Functions, blur_mm: float) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    """Bone of skull base and face: a cortex around spongy bone, the petrous pyramids dense throughout.

    Parameters
    ----------
    functions
        Of the head.
    blur_mm
        Standard deviation of the point spread.

    Returns
    -------
    amount
        0 to 1.
    hu
        HU of the bone.
    """
    sponge = fraction_inside(functions["base"] + BASE_CORTEX_MM, blur_mm)
    hu = FACE_CORTEX_HU - sponge * (FACE_CORTEX_HU - SPONGE_HU - GRAIN_HU * functions["texture"])
    hu += (PETROUS_HU - hu) * PETROUS_SHARE * functions["petrous"]
    return fraction_inside(functions["base"], blur_mm), hu


def all_bone(
    functions: Functions, blur_mm: float, *, cut: NDArray[np.float32] | None = None
) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    """All bone of the head.

    Parameters
    ----------
    functions
        Of the head.
    blur_mm
        Standard deviation of the point spread.
    cut
        Distance to the bone that was taken away, mm, negative inside; zygomatic arches are never cut.

    Returns
    -------
    amount
        0 to 1.
    hu
        HU of the bone.
    """
    vault, vault_hu = vault_bone(functions, blur_mm)
    base, base_hu = base_bone(functions, blur_mm)
    hu = (vault * vault_hu + base * base_hu) / (vault + base + np.float32(1e-3))
    amount = np.maximum(vault, base)
    if cut is not None:
        amount *= 1 - fraction_inside(cut, blur_mm)
    arch = fraction_inside(functions["arch"], blur_mm)
    hu = np.where(arch > amount, FACE_CORTEX_HU, np.maximum(hu, DIPLOE_HU - GRAIN_HU))
    return np.maximum(amount, arch) * (1 - fraction_inside(functions["air"], blur_mm)), hu


def to_hu(
    functions: Functions,
    blur_mm: float,
    bone: tuple[NDArray[np.floating], NDArray[np.floating]],
    *,
    sink: NDArray[np.float32] | float = 0.0,
) -> NDArray[np.floating]:
    """HU of everything: air, skin, fat, soft tissue and bone.

    Parameters
    ----------
    functions
        Of the head.
    blur_mm
        Standard deviation of the point spread.
    bone
        Amount and HU from :func:`all_bone`.
    sink
        How far the skin has sunk, mm.
    """
    skin = functions["skin"] + sink
    fat = fraction_inside(skin + SKIN_MM, blur_mm) - fraction_inside(skin + (SKIN_MM + FAT_MM), blur_mm)
    soft = functions["soft"] + fat * (FAT_HU - functions["soft"])
    body = fraction_inside(skin, blur_mm) * (1 - fraction_inside(functions["air"], blur_mm))
    hu = AIR_HU + body * (soft - AIR_HU)
    amount, bone_hu = bone
    return hu + amount * (bone_hu - hu)
