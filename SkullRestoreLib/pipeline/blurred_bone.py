"""Find the bone of a head that its scan blurs below the threshold: analysis and predicted vault in, rays out."""

from typing import NamedTuple
from weakref import WeakKeyDictionary, ref

import numpy as np

from SkullRestoreLib.defects import bone_mass, detect
from SkullRestoreLib.method_parameters import BoneMassParameters
from SkullRestoreLib.pipeline.results import HeadAnalysis
from SkullRestoreLib.records import Bone, Pose, RayMap, VaultTables


class _Weighed(NamedTuple):
    """What was weighed with a prediction, and of what; nothing is kept alive by it."""

    rays: "ref[RayMap]"
    bone: "ref[Bone]"
    pose: "ref[Pose]"
    parameters: BoneMassParameters
    mass: bone_mass.BoneMass | None


_WEIGHED: "WeakKeyDictionary[VaultTables, _Weighed]" = WeakKeyDictionary()
"""By the predicted tables: the last step of the prediction and the search for defects weigh the same bone."""


def _weigh_once(analysis: HeadAnalysis, predicted: VaultTables, rays: RayMap) -> bone_mass.BoneMass | None:
    """Weigh the bone with a prediction, or return what was weighed with it already."""
    bone, pose, parameters = analysis.bone, analysis.pose, analysis.parameters.bone_mass
    kept = _WEIGHED.get(predicted)
    same = kept is not None and kept.rays() is rays and kept.bone() is bone and kept.pose() is pose
    if kept is not None and same and kept.parameters == parameters:
        return kept.mass
    mass = bone_mass.weigh_bone(predicted, rays, bone, pose, parameters=parameters)
    _WEIGHED[predicted] = _Weighed(ref(rays), ref(bone), ref(pose), parameters, mass)
    return mass


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
    mass = _weigh_once(analysis, predicted, rays)
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
    mass, parameters = _weigh_once(analysis, predicted, rays), analysis.parameters.bone_mass
    return None if mass is None else bone_mass.find_blurred_bone(mass, predicted, analysis.bone, parameters=parameters)


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
