"""What each chapter of the corridor hands to the next, and what is said of it. Frozen records of the program's own; those of a case are in ``case``."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from SkullRestoreLib import defect, patch, surface
from SkullRestoreLib.case import Bone, Defect, Implant, Patch, Pose, RadialMap, ReferencePoint, Settings, Shell
from SkullRestoreLib.grid import grid


@dataclass(frozen=True)
class Examined:
    """What is seen of a head before anything is predicted."""

    bone: Bone
    pose: Pose
    radial: RadialMap  # at the settings' level or the network's, whichever is finer
    findings: tuple[str, ...]


@dataclass(frozen=True)
class Opening:
    """One hole of the vault, at voxel precision."""

    hole: defect.Hole
    patch: Patch  # the surface over it, tied to the bone; its number is the defect's
    border: patch.Border
    rays: tuple[patch.Rays, patch.Rays]  # of the patch


@dataclass(frozen=True)
class Found:
    """The holes of one skull, and a surface over them that only its points are still to be added to."""

    seen: Examined
    radial: RadialMap  # at the settings' level
    tied: surface.Tied  # to the bone, not yet to the reference points; holds the prediction
    openings: tuple[Opening, ...]  # to be restored, largest first
    small: tuple[Opening, ...]  # below the area limit
    points: tuple[ReferencePoint, ...]  # as placed by the program


@dataclass(frozen=True)
class Reconstruction:
    """The restored surface, and what was found on the way to it."""

    tied: surface.Tied
    shell: Shell  # final
    defects: tuple[Defect, ...]
    small_holes: tuple[Defect, ...]
    points: tuple[ReferencePoint, ...]
    patches: tuple[Patch, ...]


@dataclass(frozen=True)
class Bodies:
    """The implants, and everything as voxels on the input's grid."""

    implants: tuple[Implant, ...]
    refused: tuple[str, ...]  # why a defect has none
    restored_bone: np.ndarray | None  # see Restoration
    implant_mask: np.ndarray | None


def describe(opening: Opening, made: Patch, head: Pose, shell: Shell) -> Defect:
    """What is said of a hole."""
    hole, border = opening.hole, opening.border
    on_surface = made.outer.vertices @ head.ras_to_head[:3, :3].T + head.ras_to_head[:3, 3]
    middle = on_surface.mean(axis=0)
    nearest = int(np.linalg.norm(on_surface - middle, axis=1).argmin())
    open_part = border.open_part
    g = grid(shell.level)
    low = open_part > 0.03 or float(g.directions[hole.vertices, 2].min()) < -0.3
    side, region = defect.place_in_words(g.directions[hole.vertices], g.areas[hole.vertices], low=low)
    return Defect(
        number=made.defect,
        vertices=hole.vertices,
        area_cm2=patch.mesh_area_cm2(made.outer),
        centre=made.outer.vertices[nearest],
        extent_mm=np.ptp(on_surface, axis=0),
        side=side,
        region=region,
        open_margin=open_part > 0.03,
        margin=border.loops,
    )


def doubts(defects: Sequence[Defect], points: Sequence[ReferencePoint], settings: Settings) -> list[str]:
    """What the clinician should look at."""
    said = []
    for one in defects:
        count = sum(p.defect == one.number for p in points)
        if one.open_margin:
            said.append(
                f"Defect {one.number} runs to the skull base or the edge of the scan; its margin is open there and has no reference points."
            )
        if count < settings.points / 2:
            said.append(f"Defect {one.number} has only {count} of {settings.points} reference points on sound bone; check its border.")
    return said
