"""Find the bone of a head that its scan blurs below the threshold: analysis and predicted vault in, rays out."""

import numpy as np

from SkullRestoreLib.defects import bone_mass, detect
from SkullRestoreLib.pipeline.results import HeadAnalysis
from SkullRestoreLib.records import RayMap, VaultTables


def rays_with_blurred_bone(
    analysis: HeadAnalysis, predicted: VaultTables, *, only_over_defects: bool = True
) -> RayMap | None:
    """Complete the rays by the bone that the threshold does not show.

    Parameters
    ----------
    analysis
        Bone, pose and rays.
    predicted
        The predicted vault, at the level of the rays.
    only_over_defects
        Whether nothing is looked for where the vault has no defect; otherwise, where the scan is sharp.

    Returns
    -------
    RayMap or None
        None where the threshold shows all of it.
    """
    rays, bone, parameters = analysis.rays, analysis.bone, analysis.parameters
    if only_over_defects and not detect.find_defect_regions(predicted, rays, parameters=parameters.detection):
        return None
    weighing = parameters.bone_mass
    if not only_over_defects:
        blur_mm = bone_mass.measure_blur(predicted, rays, bone, analysis.pose, parameters=weighing)
        if blur_mm is None or np.nanmax(blur_mm, initial=0.0) < weighing.sharp_blur_mm:
            return None  # a sharp scan shows every gap
    mass = bone_mass.weigh_bone(predicted, rays, bone, analysis.pose, parameters=weighing)
    if mass is None:
        return None
    blurred = bone_mass.find_blurred_bone(mass, predicted, bone, parameters=weighing)
    return bone_mass.add_blurred_bone(rays, mass, blurred, predicted)


def find_blurred_bone(analysis: HeadAnalysis, predicted: VaultTables, rays: RayMap) -> detect.BlurredBone | None:
    """Find the bone that is there although the threshold does not show it.

    Parameters
    ----------
    analysis
        Bone and pose.
    predicted
        From :func:`predict_vault`, on the grid of the rays.
    rays
        Bone intervals.

    Returns
    -------
    BlurredBone or None
        None where nothing can be weighed, as in a mask.
    """
    bone, pose, parameters = analysis.bone, analysis.pose, analysis.parameters.bone_mass
    mass = bone_mass.weigh_bone(predicted, rays, bone, pose, parameters=parameters)
    return None if mass is None else bone_mass.find_blurred_bone(mass, predicted, bone, parameters=parameters)


def meet_same_bone(one: RayMap, other: RayMap, *, within_mm: float) -> bool:
    """Check whether two maps of the same rays show the same bone.

    Parameters
    ----------
    one, other
        On one grid.
    within_mm
        By how much an end of a bone interval may differ.

    Returns
    -------
    bool
    """
    if one.intervals.shape != other.intervals.shape:
        return False
    known = np.isfinite(one.intervals)
    if not np.array_equal(known, np.isfinite(other.intervals)):
        return False
    return float(np.abs(one.intervals - other.intervals).max(initial=0.0, where=known)) <= within_mm
