"""From distances to HU: every border is a ramp as wide as the scanner blurs, which is partial volume for a flat border (a Gaussian point spread)."""

import numpy as np

AIR_HU, SKIN_HU, FAT_HU = -1000.0, 45.0, -75.0
CORTEX_HU, DIPLOE_HU, GRAIN_HU = 1350.0, 680.0, 130.0
SPONGE_HU, PETROUS_HU = 760.0, 1750.0
OUTER_CORTEX_MM, INNER_CORTEX_MM, BASE_CORTEX_MM, SKIN_MM, FAT_MM = 1.8, 1.4, 1.6, 1.6, 2.2


def inside(distance: np.ndarray, blur_mm: float) -> np.ndarray:
    """How much of a voxel lies inside a surface, 0..1.

    Parameters
    ----------
    distance
        Any shape, mm, negative inside.
    blur_mm
        Standard deviation of the point spread. The ramp is the cubic step of the same standard deviation, much cheaper than the error function.
    """
    t = distance * np.float32(-0.5 / (np.sqrt(5) * blur_mm))
    t += np.float32(0.5)
    np.clip(t, 0, 1, out=t)
    return t * t * (3 - 2 * t)


def vault_bone(f: dict[str, np.ndarray], blur_mm: float) -> tuple[np.ndarray, np.ndarray]:
    """Amount 0..1 and HU of the vault's bone: diploe between two cortical tables."""
    amount = inside(f["outer"], blur_mm) - inside(f["inner"], blur_mm)
    diploe = inside(f["outer"] + OUTER_CORTEX_MM, blur_mm) - inside(f["inner"] - INNER_CORTEX_MM, blur_mm)
    np.clip(diploe, 0, 1, out=diploe)
    hu = CORTEX_HU - diploe * (CORTEX_HU - DIPLOE_HU - GRAIN_HU * f["texture"])
    return np.clip(amount, 0, 1) * inside(f["off_vault"], 2.0), hu


def base_bone(f: dict[str, np.ndarray], blur_mm: float) -> tuple[np.ndarray, np.ndarray]:
    """Amount 0..1 and HU of skull base and face: a cortex round spongy bone, the petrous pyramids dense throughout."""
    sponge = inside(f["base"] + BASE_CORTEX_MM, blur_mm)
    hu = 1150.0 - sponge * (1150.0 - SPONGE_HU - GRAIN_HU * f["texture"])
    hu += (PETROUS_HU - hu) * 0.8 * f["petrous"]
    return inside(f["base"], blur_mm), hu


def bone(f: dict[str, np.ndarray], blur_mm: float, *, cut: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Amount 0..1 and HU of all bone.

    Parameters
    ----------
    f
        The head's functions at the voxels, each of the same shape.
    cut
        Distance to the bone that was taken away, negative inside; arches are never cut.
    """
    vault, vault_hu = vault_bone(f, blur_mm)
    base, base_hu = base_bone(f, blur_mm)
    hu = (vault * vault_hu + base * base_hu) / (vault + base + np.float32(1e-3))
    amount = np.maximum(vault, base)
    if cut is not None:
        amount *= 1 - inside(cut, blur_mm)
    arch = inside(f["arch"], blur_mm)
    hu = np.where(arch > amount, 1150, np.maximum(hu, DIPLOE_HU - GRAIN_HU))
    return np.maximum(amount, arch) * (1 - inside(f["air"], blur_mm)), hu


def to_hu(f: dict[str, np.ndarray], blur_mm: float, bone: tuple[np.ndarray, np.ndarray], *, sink: np.ndarray | float = 0.0) -> np.ndarray:
    """HU of everything.

    Parameters
    ----------
    bone
        Amount and HU from :func:`bone`.
    sink
        How far the skin has sunk, mm.
    """
    skin = f["skin"] + sink
    fat = inside(skin + SKIN_MM, blur_mm) - inside(skin + (SKIN_MM + FAT_MM), blur_mm)
    soft = f["soft"] + fat * (FAT_HU - f["soft"])
    body = inside(skin, blur_mm) * (1 - inside(f["air"], blur_mm))
    hu = AIR_HU + body * (soft - AIR_HU)
    amount, bone_hu = bone
    return hu + amount * (bone_hu - hu)
