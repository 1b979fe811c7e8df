"""The clinical steps as pure functions of records, for programs that want to see or replace a step.

``segment -> find_pose -> trace_rays -> predict -> find_defects``. Each gives what :func:`restore` finds inside.
"""

from functools import lru_cache
from pathlib import Path

from SkullRestoreLib._system import resources
from SkullRestoreLib._system.progress import StepTimer, run_to_end
from SkullRestoreLib.errors import InputError
from SkullRestoreLib.pipeline import head_steps, steps
from SkullRestoreLib.pipeline.results import HeadAnalysis
from SkullRestoreLib.pipeline.surface import restore_surface
from SkullRestoreLib.prediction import models, ray_tracing, true_size
from SkullRestoreLib.prediction.features import NETWORK_LEVEL
from SkullRestoreLib.records import Bone, Defect, Mesh, Pose, RayMap, VaultTables, Volume
from SkullRestoreLib.settings import FOUND_POSE, Settings
from SkullRestoreLib.skull_model.atlas import Atlas, load_atlas


def segment(volume: Volume | Mesh, *, threshold_hu: float | None = None) -> Bone:
    """Segment the bone of the skull.

    Parameters
    ----------
    volume
        A CT in HU, a bone mask, or a skull model. It is not changed.
    threshold_hu
        Bone is at or above this; None finds it from the histogram. Not used for a mask or a model.

    Returns
    -------
    Bone
        Without table, head rest, and what else is not skull.

    Raises
    ------
    InputError
        If there is no skull in it; the message says what is wrong and what to do.

    Examples
    --------
    >>> bone = sr.segment(ct)
    >>> bone.mask.shape == ct.array.shape
    True
    """
    _, bone = steps.segment_input(volume, Settings(threshold_hu=threshold_hu))
    return bone


def find_pose(bone: Bone, *, position: str = FOUND_POSE) -> Pose:
    """Find the head frame: x to the patient's right, y to the front, z up, origin inside the cranial cavity.

    Parameters
    ----------
    bone
        Segmented bone.
    position
        Where in the scan the face looks and where the vertex is, such as ``"AS"`` (front and top: the usual way) or
        ``"PS"``; ``"found"`` finds it from the bone.

    Returns
    -------
    Pose
        Rigid, with how well the mean head fits.

    Raises
    ------
    InputError
        If no head is found.

    Examples
    --------
    >>> pose = sr.find_pose(bone)
    >>> pose.ras_to_head.shape
    (4, 4)
    """
    return head_steps.find_pose(bone, _standard_atlas(), position=position)


def trace_rays(bone: Bone, pose: Pose, *, level: int = 6) -> RayMap:
    """Trace a ray from every direction of the spherical grid to the head's centre, and keep each interval of bone.

    Parameters
    ----------
    bone
        Segmented bone.
    pose
        Its head frame.
    level
        Of the grid: 5 has 10,242 directions, 6 has 40,962, 7 has 163,842. :func:`predict` needs at least 6.

    Returns
    -------
    RayMap
        Inner and outer end of each interval, mm from the centre.

    Examples
    --------
    >>> rays = sr.trace_rays(bone, pose)
    >>> len(rays.reach)
    40962
    """
    return ray_tracing.trace_rays(bone, pose, level=level)


def predict(rays: RayMap, *, weights: str | Path | None = None, device: str = "cpu") -> VaultTables:
    """Predict the outer and inner table that the vault had before it was damaged.

    Parameters
    ----------
    rays
        From :func:`trace_rays`.
    weights
        Other network weights (safetensors); None takes those that ship with SkullRestore.
    device
        Where the network runs: ``cpu``, ``cuda``, ``cuda:1`` or ``mps``.

    Returns
    -------
    VaultTables
        Radii in mm from the head's centre, with standard errors, on the grid of the rays.

    Raises
    ------
    WeightsError
        If the weights are missing or damaged.
    InputError
        If the rays are on a coarser grid than the network's.

    Examples
    --------
    >>> tables = sr.predict(rays)
    >>> bool((tables.outer > tables.inner).all())
    True
    """
    if rays.level < NETWORK_LEVEL:
        raise InputError(
            f"The network needs rays at level {NETWORK_LEVEL} or finer; these are at level {rays.level}. "
            f"Trace them with level={NETWORK_LEVEL}."
        )
    settings = Settings(weights=None if weights is None else str(weights), device=device)
    path, atlas = models.find_weights_and_atlas(settings)
    predictor = models.load_predictor(path, settings)
    return true_size.predict_complete_vault(predictor, rays, atlas.model)


def find_defects(
    tables: VaultTables, rays: RayMap, bone: Bone, pose: Pose, *, min_area_cm2: float = 1.0
) -> list[Defect]:
    """Find the defects of the vault, largest first.

    Parameters
    ----------
    tables
        From :func:`predict`.
    rays
        From :func:`trace_rays`, on the same grid.
    bone, pose
        Segmented bone and head frame.
    min_area_cm2
        Smaller ones, such as burr holes, are left out.

    Returns
    -------
    list of Defect
        Empty when the vault is intact. Areas are measured on the restored surface.

    Raises
    ------
    InputError
        If tables and rays are on different grids.

    Examples
    --------
    >>> defects = sr.find_defects(tables, rays, bone, pose)
    >>> [defect.number for defect in defects]
    [1]
    """
    if tables.level != rays.level:
        raise InputError(f"The tables are at level {tables.level} and the rays at level {rays.level}; use one level.")
    settings = Settings(min_area_cm2=min_area_cm2, level=tables.level)
    analysis = HeadAnalysis(bone, pose, rays, ())
    detected = run_to_end(head_steps.detect_defects(analysis, tables, settings, StepTimer()))
    return list(restore_surface(detected, detected.points).defects)


@lru_cache(maxsize=1)
def _standard_atlas() -> Atlas:
    """The shape statistics that ship with SkullRestore."""
    return load_atlas(resources.weights_path("shape.safetensors"))
