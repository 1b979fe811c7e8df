"""Design the implants of a restoration: patches, bone and settings in, checked bodies out."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from SkullRestoreLib import implant
from SkullRestoreLib._system.page_zeros import zeros_by_page
from SkullRestoreLib.errors import ImplantError, InputError
from SkullRestoreLib.geometry import voxelize
from SkullRestoreLib.implant.insertion import hold_in_cone, mean_outward_normal
from SkullRestoreLib.implant.patch_geometry import KeptGeometry, PatchGeometry
from SkullRestoreLib.implant.skin_contour import (
    NO_SOFT_TISSUE,
    DesignInputs,
    SkinContour,
    SoftTissue,
    plan_contour,
)
from SkullRestoreLib.pipeline.alternatives import describe_changes, find_passing_changes
from SkullRestoreLib.pipeline.editable import EditableRestoration
from SkullRestoreLib.pipeline.results import DetectedDefects
from SkullRestoreLib.records import (
    Bone,
    Defect,
    DefectPatch,
    Implant,
    ImplantSettings,
    NoImplant,
    Pose,
    ReferencePoint,
    Restoration,
    VaultTables,
    Volume,
)
from SkullRestoreLib.settings import Direction

SIDE_LETTERS = {"left": "L", "right": "R"}
"""How a label names a side."""
MAX_LINE_DISTANCE_MM = 10.0
"""A trim line that is nowhere this near to a restored surface belongs to none."""


@dataclass(frozen=True, eq=False)
class DesignedImplant(Implant):
    """An implant, and the restored surface that it was designed on."""

    patch: DefectPatch | None = field(default=None, repr=False)
    given_lines: tuple[NDArray[np.float64], ...] = field(default=(), repr=False)
    """Lines drawn by the user at which it ends, each (k, 3) mm RAS."""

    def fits(self, restoration: Restoration) -> bool:
        """Tell whether it was designed on the surface that a restoration has for its defect."""
        now = next((p for p in restoration.patches if p.defect == self.defect), None)
        return (
            now is not None
            and self.patch is not None
            and np.array_equal(now.outer.vertices, self.patch.outer.vertices)
            and np.array_equal(now.inner, self.patch.inner)
        )


def design_on_patch(
    patch: DefectPatch,
    bone: Bone,
    settings: ImplantSettings,
    *,
    pose: Pose,
    points: Sequence[ReferencePoint],
    trim_lines: Sequence[NDArray[np.float64]] = (),
    inputs: DesignInputs | None = None,
    geometry: PatchGeometry | None = None,
) -> DesignedImplant:
    """Design the implant of one defect.

    Parameters
    ----------
    patch
        The restored surface of the defect.
    bone, pose
        Segmented bone and head frame.
    settings
        How it is designed.
    points
        Reference points of all defects; fixations may be at them.
    trim_lines
        Lines drawn by the user at which the body ends, each (k, 3) mm RAS; without any the program draws them where the
        margin is open.
    inputs
        What a label says, and by how much the outer face is raised for the skin: from :func:`design_inputs`.
    geometry
        Of the patch, kept from an earlier design.

    Returns
    -------
    DesignedImplant
        With its checks, passed or not.

    Raises
    ------
    ImplantError
        If no closed body can be made.
    InputError
        If a trim line does not cross the body.
    """
    own_points = [p for p in points if p.defect == patch.defect]
    given: dict[str, Any] = {"trim_lines": trim_lines} if len(trim_lines) else {}
    given |= {"inputs": inputs} if inputs is not None else {}
    given |= {"geometry": geometry} if geometry is not None else {}
    body = implant.build_implant(patch, bone, settings, pose=pose, points=own_points, **given)
    values = {f.name: getattr(body, f.name) for f in fields(Implant)}
    return DesignedImplant(**values, patch=patch, given_lines=tuple(trim_lines))


def design_inputs(
    patch: DefectPatch, soft_tissue: SoftTissue | None, label_text: str, settings: ImplantSettings
) -> DesignInputs:
    """Find what a design takes from the patient besides surface, bone and points.

    Parameters
    ----------
    patch
        The restored surface.
    soft_tissue
        Of the head; None where it is not known.
    label_text
        What a label says.
    settings
        Whether the outer face is to be raised for the skin.

    Returns
    -------
    DesignInputs
        With a sentence where the outer face is to be raised and is not.
    """
    if settings.skin_contour == "none":
        return DesignInputs(label_text)
    planned = NO_SOFT_TISSUE if soft_tissue is None else plan_contour(patch, soft_tissue, settings)
    if isinstance(planned, SkinContour):
        return DesignInputs(label_text, planned)
    return DesignInputs(
        label_text,
        findings=(f"Implant {patch.defect}: the outer face was not raised for the skin, because {planned}.",),
    )


def soft_tissue_of(restoration: Restoration) -> SoftTissue | None:
    """Collect what is known of a head's soft tissue; None for a restoration that is not editable.

    Parameters
    ----------
    restoration
        Of any class.
    """
    if not isinstance(restoration, EditableRestoration):
        return None
    return collect_soft_tissue(restoration.detected, restoration.vault_tables)


def collect_soft_tissue(detected: DetectedDefects, tables: VaultTables) -> SoftTissue:
    """Collect what is known of a head's soft tissue.

    Parameters
    ----------
    detected
        The defects.
    tables
        Restored.

    Returns
    -------
    SoftTissue
    """
    lost = np.zeros(len(tables.outer), dtype=bool)
    for opening in (*detected.openings, *detected.small_openings):
        lost[opening.defect_region.vertices] = True
    analysis = detected.analysis
    return SoftTissue(analysis.skin, tables, detected.rays, lost, analysis.pose)


@dataclass(frozen=True, eq=False)
class DefectOptions:
    """What belongs to single defects when the implants of all are designed, by the number of the defect."""

    insertion_directions: Mapping[int, Direction] = field(default_factory=dict)
    """Insertion directions that override the one of the settings."""
    trim_lines: Mapping[int, Sequence[NDArray[np.float64]]] = field(default_factory=dict)
    """Lines drawn by the user, each (k, 3) mm RAS."""
    labels: Mapping[int, str] = field(default_factory=dict)
    """What labels say."""
    soft_tissue: SoftTissue | None = None
    """Of the head, where the outer face may be raised for the skin."""
    kept: KeptGeometry = field(default_factory=KeptGeometry)
    """What earlier designs found on the same surfaces: a design with it is the same, in less time."""


def design_each(
    patches: Sequence[DefectPatch],
    bone: Bone,
    settings: ImplantSettings,
    *,
    pose: Pose,
    points: Sequence[ReferencePoint],
    options: DefectOptions | None = None,
) -> tuple[tuple[Implant, ...], tuple[NoImplant, ...]]:
    """Design an implant for each patch.

    Parameters
    ----------
    patches, bone, settings, pose, points
        As for :func:`design_on_patch`.
    options
        What belongs to single defects.

    Returns
    -------
    implants : tuple of Implant
        In the order of the patches.
    not_made : tuple of NoImplant
        Why some defects have none.
    """
    implants: list[Implant] = []
    not_made: list[NoImplant] = []
    options = options or DefectOptions()
    directions = options.insertion_directions
    for patch in patches:
        changed = {"insertion": directions[patch.defect]} if patch.defect in directions else {}
        own_settings = settings.with_changes(**changed) if changed else settings
        design = partial(
            _design_with,
            patch=patch,
            bone=bone,
            pose=pose,
            points=points,
            lines=options.trim_lines.get(patch.defect, ()),
            inputs_with=partial(design_inputs, patch, options.soft_tissue, options.labels.get(patch.defect, "")),
            geometry=options.kept.geometry_of(patch),
        )
        try:
            body = design(own_settings)
        except ImplantError as error:
            offer = _passing_design_sentence(patch.defect, design, own_settings)
            not_made.append(NoImplant(patch.defect, f"{error} {offer}".strip()))
            continue
        if not body.passed and (offer := _passing_design_sentence(patch.defect, design, own_settings)):
            body = replace(body, findings=(offer, *body.findings))
        implants.append(body)
    return tuple(implants), tuple(not_made)


def _design_with(
    settings: ImplantSettings,
    *,
    patch: DefectPatch,
    bone: Bone,
    pose: Pose,
    points: Sequence[ReferencePoint],
    lines: Sequence[NDArray[np.float64]],
    inputs_with: Callable[[ImplantSettings], DesignInputs],
    geometry: PatchGeometry,
) -> DesignedImplant:
    """Design the implant of one defect with given settings."""
    return design_on_patch(
        patch,
        bone,
        settings,
        pose=pose,
        points=points,
        trim_lines=lines,
        inputs=inputs_with(settings),
        geometry=geometry,
    )


def _passing_design_sentence(
    defect: int, design: Callable[[ImplantSettings], Implant], settings: ImplantSettings
) -> str:
    """Name the nearest design that passes, where there is one: a sentence, or nothing."""
    changes = find_passing_changes(design, settings)
    return f"Implant {defect} would pass all checks with: {describe_changes(changes, settings)}." if changes else ""


def assign_trim_lines(
    lines: Sequence[NDArray[np.float64]], patches: Sequence[DefectPatch]
) -> dict[int, list[NDArray[np.float64]]]:
    """Find out which defect each trim line belongs to: the nearest.

    Parameters
    ----------
    lines
        Each (k, 3) mm RAS.
    patches
        Of all defects.

    Returns
    -------
    dict of int to list of ndarray
        By the number of the defect.

    Raises
    ------
    InputError
        If a line is at none of the defects, or there is no defect.
    """
    trees = {patch.defect: cKDTree(patch.outer.vertices) for patch in patches}
    assigned: dict[int, list[NDArray[np.float64]]] = {}
    for line in lines:
        away = {defect: float(tree.query(line)[0].min()) for defect, tree in trees.items()}
        nearest = min(away, key=lambda defect: away[defect], default=None)
        if nearest is None or away[nearest] > MAX_LINE_DISTANCE_MM:
            raise InputError(
                "The trim line is not at a defect; draw it on the restored surface, across the defect. Positions in a "
                "Python program are mm RAS."
            )
        assigned.setdefault(nearest, []).append(line)
    return assigned


def label_texts(case_code: str | None, defects: Sequence[Defect]) -> dict[int, str]:
    """Say what the labels of implants are.

    Parameters
    ----------
    case_code
        Of the case.
    defects
        With their sides.

    Returns
    -------
    dict of int to str
        Number of the defect -> case code and side, such as ``"Elm 27 L"``; without a side where it is not known.

    Examples
    --------
    >>> label_texts("Elm 27", [])
    {}
    """
    return {defect.number: " ".join(filter(None, (case_code, SIDE_LETTERS.get(defect.side, "")))) for defect in defects}


def implant_labels(implants: Sequence[Implant], bone: Bone) -> NDArray[np.uint8]:
    """Label the implants that passed their checks on the input's grid: (nk, nj, ni) uint8, number of the defect."""
    labels = zeros_by_page(bone.mask.shape, np.uint8)
    for body in implants:
        if body.passed:
            voxelize.write_body_label(body.mesh, labels, bone.ijk_to_ras, body.defect)
    return labels


def with_implants(restoration: Restoration, implants: Sequence[Implant]) -> Restoration:
    """Return the restoration with given implants, in the place of those that it has for the same defects.

    Parameters
    ----------
    restoration
        Its surface is not changed.
    implants
        At most one for each defect.

    Returns
    -------
    Restoration
        Of the same class. Its settings are those of the implants, where all have the same.

    Raises
    ------
    InputError
        If an implant was designed on another surface, such as before a point was moved; or two are for one defect.
    """
    if not implants:
        return restoration
    for number, count in Counter(body.defect for body in implants).items():
        if count > 1:
            raise InputError(f"There are {count} implants for defect {number}; give one for each defect.")
    for body in implants:
        if not (isinstance(body, DesignedImplant) and body.fits(restoration)):
            raise InputError(
                f"The implant for defect {body.defect} was designed on another surface. Design it again on this one."
            )
    given = {body.defect for body in implants}
    kept = [body for body in restoration.implants if body.defect not in given]
    not_made = tuple(none for none in restoration.not_made if none.defect not in given)
    if isinstance(restoration, EditableRestoration):
        others = assign_trim_lines(restoration.trim_lines, restoration.patches)
        lines = [line for defect, drawn in others.items() if defect not in given for line in drawn]
        lines += [line for body in implants if isinstance(body, DesignedImplant) for line in body.given_lines]
        restoration = replace(restoration, trim_lines=tuple(lines))
    return _with_all_implants(restoration, (*kept, *implants), not_made)


def kept_directions(restoration: Restoration, settings: ImplantSettings) -> dict[int, Direction]:
    """Find the insertion directions of an earlier design, for the next one.

    Parameters
    ----------
    restoration
        Of any class.
    settings
        Of the next design; an insertion direction in them counts more.

    Returns
    -------
    dict of int to tuple
        By the number of the defect; turned as far as needed to lead into the hole.
    """
    if settings.insertion is not None or not isinstance(restoration, EditableRestoration):
        return {}
    centre = restoration.pose.head_to_ras[:3, 3]
    held: dict[int, Direction] = {}
    for patch in restoration.patches:
        if (direction := restoration.insertion_directions.get(patch.defect)) is not None:
            right, front, up = hold_in_cone(np.array(direction), mean_outward_normal(patch, centre)).tolist()
            held[patch.defect] = (right, front, up)
    return held


def complete_implants(restoration: Restoration) -> Restoration:
    """Return the restoration with an implant for each defect that has none yet, designed with its settings.

    Parameters
    ----------
    restoration
        It is not changed.

    Returns
    -------
    Restoration
        Of the same class; defects without an implant are in ``not_made`` with the reason.

    Raises
    ------
    InputError
        If a fixation is wanted at a reference point that does not exist.
    """
    treated = {body.defect for body in restoration.implants} | {none.defect for none in restoration.not_made}
    patches = [p for p in restoration.patches if p.defect not in treated]
    if not patches:
        return restoration
    settings = restoration.settings.implant
    check_fixation_points(settings, restoration.points)
    bone, pose = restoration.bone, restoration.pose
    drawn = restoration.trim_lines if isinstance(restoration, EditableRestoration) else ()
    lines = assign_trim_lines(drawn, restoration.patches)
    implants, not_made = design_each(
        patches,
        bone,
        settings,
        pose=pose,
        points=restoration.points,
        options=DefectOptions(
            insertion_directions=kept_directions(restoration, settings),
            trim_lines=lines,
            labels=label_texts(restoration.settings.case_code, restoration.defects),
            soft_tissue=soft_tissue_of(restoration),
            kept=restoration.kept_geometry if isinstance(restoration, EditableRestoration) else KeptGeometry(),
        ),
    )
    # A direction that was kept is no setting: nobody asked for it.
    implants = tuple(
        replace(body, settings=body.settings.with_changes(insertion=settings.insertion)) for body in implants
    )
    return _with_all_implants(restoration, (*restoration.implants, *implants), (*restoration.not_made, *not_made))


def _with_all_implants(
    restoration: Restoration, implants: Sequence[Implant], not_made: Sequence[NoImplant]
) -> Restoration:
    """The restoration with exactly these implants, their labels and their notes."""
    implants = sorted(implants, key=lambda body: body.defect)
    earlier = {finding for body in restoration.implants for finding in body.findings}
    others = [finding for finding in restoration.findings if finding not in earlier]
    same = all(body.settings == implants[0].settings for body in implants) if implants else False
    settings = restoration.settings
    return replace(
        restoration,
        implants=tuple(implants),
        not_made=tuple(sorted(not_made, key=lambda none: none.defect)),
        implant_mask=implant_labels(implants, restoration.bone) if isinstance(restoration.source, Volume) else None,
        settings=settings.with_changes(implant=implants[0].settings) if same else settings,
        findings=tuple(dict.fromkeys((*others, *(finding for body in implants for finding in body.findings)))),
    )


def check_fixation_points(settings: ImplantSettings, points: Sequence[ReferencePoint]) -> None:
    """Check that the reference points named for fixations exist, before anything is designed.

    Parameters
    ----------
    settings
        Of the implants.
    points
        Reference points of all defects.

    Raises
    ------
    InputError
        If one does not; the message lists those that do.
    """
    if settings.fixation == "none" or not points:
        return
    counts = Counter(p.defect for p in points)
    for label in settings.fixation_points:
        defect, number = (int(part) for part in label.split("-"))
        if number > counts[defect]:
            existing = ", ".join(f"{d}-01 to {d}-{n:02d}" for d, n in sorted(counts.items())) or "none"
            raise InputError(
                f"There is no reference point {label} for a fixation; choose among those that there are ({existing})."
            )
