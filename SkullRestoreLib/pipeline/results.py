"""The records that one stage of the pipeline passes to the next, and how a defect is described.

The records that leave the pipeline are in :mod:`SkullRestoreLib.records`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from SkullRestoreLib.affine import apply_affine
from SkullRestoreLib.defects import detect, thin_plate
from SkullRestoreLib.defects.patch import PatchBorder, VertexRays, mesh_area_cm2
from SkullRestoreLib.geometry.icosphere import spherical_grid
from SkullRestoreLib.method_parameters import METHOD, DetectionParameters, MethodParameters
from SkullRestoreLib.records import (
    SIDE_NOT_KNOWN,
    Bone,
    Defect,
    DefectPatch,
    Implant,
    NoImplant,
    Pose,
    RayMap,
    ReferencePoint,
    Settings,
    SkinMap,
    VaultObject,
    VaultTables,
    why_not_passed,
)
from SkullRestoreLib.settings import describe_fullness


@dataclass(frozen=True, eq=False)
class HeadAnalysis:
    """A head before anything is predicted: its bone, its frame, and what its rays meet."""

    bone: Bone
    pose: Pose
    rays: RayMap  # at the settings' level or the network's, whichever is finer
    findings: tuple[str, ...]
    parameters: MethodParameters = METHOD  # of the steps before and after
    objects: tuple[VaultObject, ...] = ()  # in the holes; those that were removed are in neither bone nor rays
    unseen: NDArray[np.bool_] | None = None
    """(n,), directions of the rays' grid in which the bone has no say in the restored surface, because it is to be
    resected or may be ill; the defect there is known and not searched for. None where all bone counts."""
    cut: NDArray[np.bool_] | None = None
    """(n,), directions of a grid in which removed flaps had grown together with the skull and no kerf shows. None where
    none had."""
    skin: SkinMap | None = None  # as traced in the CT, before anything was edited; None for a mask or a model


@dataclass(frozen=True)
class DefectOpening:
    """One defect, cut at voxel precision."""

    defect_region: detect.DefectRegion
    patch: DefectPatch  # fitted to the bone; its number is the defect's
    border: PatchBorder
    vertex_rays: tuple[VertexRays, VertexRays]  # of the patch's own surface and of its wide one


@dataclass(frozen=True)
class DetectedDefects:
    """The defects of one skull, and the surface fitted to the bone around them, not yet to reference points."""

    analysis: HeadAnalysis
    rays: RayMap  # at the settings' level
    fitted_surface: thin_plate.FittedSurface  # holds the prediction too
    openings: tuple[DefectOpening, ...]  # to be restored, largest first
    small_openings: tuple[DefectOpening, ...]  # below the area limit
    points: tuple[ReferencePoint, ...]  # as placed by the program


@dataclass(frozen=True)
class Reconstruction:
    """The restored surface, and the defects that it was made from."""

    detected: DetectedDefects
    vault_tables: VaultTables  # final
    defects: tuple[Defect, ...]
    small_defects: tuple[Defect, ...]
    points: tuple[ReferencePoint, ...]
    patches: tuple[DefectPatch, ...]

    @property
    def fitted_surface(self) -> thin_plate.FittedSurface:
        """The surface fitted to the bone, not yet to the reference points."""
        return self.detected.fitted_surface


@dataclass(frozen=True, eq=False)
class ImplantSet:
    """The implants, and missing bone and implants as voxels on the input's grid."""

    implants: tuple[Implant, ...]
    not_made: tuple[NoImplant, ...]  # defects for which no body could be made
    restored_bone: NDArray[np.uint8] | None  # see Restoration
    implant_mask: NDArray[np.uint8] | None

    @property
    def not_passed(self) -> dict[int, tuple[str, ...]]:
        """Defects without an implant that passed its checks, with a sentence for each reason."""
        return why_not_passed((), self.implants, self.not_made)

    @property
    def findings(self) -> tuple[str, ...]:
        """Notes on the designs; failed checks are in the implants themselves."""
        return tuple(note for body in self.implants for note in body.findings)


def describe_defect(
    opening: DefectOpening,
    defect_patch: DefectPatch,
    *,
    pose: Pose,
    vault_tables: VaultTables,
    side_known: bool = True,
    parameters: MethodParameters = METHOD,
) -> Defect:
    """Measure one defect on its restored surface, and put its location into words.

    Parameters
    ----------
    opening
        The defect as it was cut.
    defect_patch
        Its restored surface.
    pose
        The head frame.
    vault_tables
        The restored tables.
    side_known
        Whether left and right may be named.
    parameters
        Of the method.

    Returns
    -------
    Defect
        Area and extent are those of ``defect_patch``.
    """
    region, border = opening.defect_region, opening.border
    in_head = apply_affine(pose.ras_to_head, defect_patch.outer.vertices)
    middle = in_head.mean(axis=0)
    nearest = int(np.linalg.norm(in_head - middle, axis=1).argmin())
    grid = spherical_grid(vault_tables.level)
    directions = grid.directions[region.vertices]
    is_open = border.open_fraction > parameters.border.min_open_fraction
    low = is_open or float(directions[:, 2].min()) < parameters.detection.low_direction_z
    side, words = detect.describe_location(
        directions, grid.vertex_areas[region.vertices], low=low, parameters=parameters.detection
    )
    return Defect(
        number=defect_patch.defect,
        vertices=region.vertices,
        area_cm2=mesh_area_cm2(defect_patch.outer),
        centre=defect_patch.outer.vertices[nearest],
        extent_mm=np.ptp(in_head, axis=0),
        side=side if side_known or side not in ("left", "right") else SIDE_NOT_KNOWN,
        region=words,
        open_margin=is_open,
        margin=border.loops,
    )


DOUBTFUL_BONE = "Thin bone or a gap"
"""How the finding on bone that cannot be distinguished from a gap begins."""


def describe_doubtful_bone(
    regions: Sequence[detect.DefectRegion],
    vault_tables: VaultTables,
    *,
    side_known: bool = True,
    parameters: DetectionParameters = METHOD.detection,
) -> tuple[str, ...]:
    """Say where thin bone cannot be distinguished from a gap, so that nothing was restored.

    Parameters
    ----------
    regions
        From :func:`SkullRestoreLib.defects.detect.find_doubtful_regions`.
    vault_tables
        Their grid.
    side_known
        Whether left and right may be named.
    parameters
        Of the detection.

    Returns
    -------
    tuple of str
        One sentence for the user, or none.
    """
    if not regions:
        return ()
    grid = spherical_grid(vault_tables.level)
    places = []
    for region in regions:
        side, words = detect.describe_location(
            grid.directions[region.vertices], grid.vertex_areas[region.vertices], low=False, parameters=parameters
        )
        where = words if side in ("left", "right") and not side_known else f"{side}, {words}"
        places.append(f"{where}, {region.area_cm2:.1f} cm²")
    return (
        f"{DOUBTFUL_BONE}: this scan does not show which ({'; '.join(places)}). Nothing was restored there; "
        "look at it in thinner slices or with a sharper kernel.",
    )


def review_notes(defects: Sequence[Defect], points: Sequence[ReferencePoint], settings: Settings) -> list[str]:
    """List what the clinician should look at: a chosen fullness, open margins, defects with few reference points.

    Parameters
    ----------
    defects, points
        Of one restoration.
    settings
        For how many points were wanted, and the fullness of the surface.

    Returns
    -------
    list of str
        Sentences for the user.
    """
    notes = [describe_fullness(settings.fullness)] if defects and settings.fullness != 0 else []
    for defect in defects:
        count = sum(p.defect == defect.number for p in points)
        if defect.open_margin:
            notes.append(
                f"Defect {defect.number} runs to the skull base or the edge of the scan; "
                "its margin is open there and has no reference points."
            )
        if count < settings.points / 2:
            notes.append(
                f"Defect {defect.number} has only {count} of {settings.points} reference points on sound bone; "
                "check its border."
            )
    return notes
