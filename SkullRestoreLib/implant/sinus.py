"""Find where an implant enters an air cell of the skull: the frontal sinus, or cells of the mastoid."""

import numpy as np
from numpy.typing import NDArray

from SkullRestoreLib.geometry.triangles import face_normals
from SkullRestoreLib.implant.bone_surface import sample_field
from SkullRestoreLib.records import Bone, Mesh

AIR_HU = -400.0
"""Below this a voxel is air, also where its wall blurs it."""
BACK_WALL_MM = 30.0
"""Behind an air cell bone follows within this; behind a sunken scalp the brain does."""
SEARCH_STEP_MM = 0.75
MIN_INWARD_COSINE = 0.5
"""Faces turned more than this from the insertion direction are the rim."""
MIN_ENTERED_CM2 = 0.3
"""Less area than this is not worth a warning: a few voxels at the rim."""
FRONT_CONE = 0.5
"""Forward part (cosine) of the direction from the head's centre from which on an air cell is the frontal sinus."""


def entered_air_cells(
    mesh: Mesh, bone: Bone, outward_axis: NDArray[np.float64], ras_to_head: NDArray[np.float64]
) -> tuple[float, bool]:
    """Measure the area of the inner face that is in an air cell.

    Air counts where bone follows behind it: air before a sunken scalp, or of an opened skull, is no air cell.

    Parameters
    ----------
    mesh
        Finished body, mm RAS.
    bone
        Of a CT; in a mask or a model nobody can tell air from brain.
    outward_axis
        (3,) float64, unit, against the insertion direction.
    ras_to_head
        (4, 4).

    Returns
    -------
    area_cm2 : float
        0 where the input is no CT.
    is_frontal : bool
        Whether most of it is in the front of the head.
    """
    if bone.threshold_hu is None:
        return 0.0, False
    normals = face_normals(mesh.vertices, mesh.faces)
    twice_area = np.linalg.norm(normals, axis=1)
    inwards = normals / np.maximum(twice_area, 1e-30)[:, None]
    middles = mesh.vertices[mesh.faces].mean(axis=1)
    is_inner = inwards @ outward_axis < -MIN_INWARD_COSINE
    middles, inwards, area_mm2 = middles[is_inner], inwards[is_inner], twice_area[is_inner] / 2
    in_air = sample_field(bone, middles) < AIR_HU
    middles, inwards, area_mm2 = middles[in_air], inwards[in_air], area_mm2[in_air]
    has_wall = np.zeros(len(middles), dtype=bool)
    for depth in np.arange(SEARCH_STEP_MM, BACK_WALL_MM, SEARCH_STEP_MM):
        has_wall |= sample_field(bone, middles + depth * inwards) > bone.iso
    area_cm2 = float(area_mm2[has_wall].sum()) / 100
    if not has_wall.any():
        return 0.0, False
    in_head = middles[has_wall] @ ras_to_head[:3, :3].T + ras_to_head[:3, 3]
    forward = in_head[:, 1] / np.maximum(np.linalg.norm(in_head, axis=1), 1e-9)
    return area_cm2, bool(np.average(forward, weights=area_mm2[has_wall]) > FRONT_CONE)
