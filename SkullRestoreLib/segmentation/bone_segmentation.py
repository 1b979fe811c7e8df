"""Segment the bone of the skull: a CT in HU or a ready bone mask in, bone out.

The threshold is half-way between soft tissue and bone. At that value the surface of a table that the scanner has
blurred stays where it is in the patient. What is above the threshold and not skull is removed
(:mod:`SkullRestoreLib.segmentation.bone_cleaning`).
"""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from SkullRestoreLib._system.alongside import start_alongside
from SkullRestoreLib.affine import voxel_volume_ml
from SkullRestoreLib.errors import InputError
from SkullRestoreLib.findings import Note
from SkullRestoreLib.method_parameters import METHOD, MethodParameters, SegmentationParameters
from SkullRestoreLib.records import BELOW_ISO_HU, Bone, Volume
from SkullRestoreLib.segmentation.bone_cleaning import (
    HeadRegion,
    find_head,
    remove_foreign_objects,
    remove_metal,
    remove_neck,
)
from SkullRestoreLib.segmentation.plausibility import (
    check_amount,
    check_not_inverted,
    check_single_skull,
    check_skull,
    check_thickness,
    connected_components,
    find_pieces,
)
from SkullRestoreLib.segmentation.value_range import ValueCheck, check_values, find_peaks


@dataclass(frozen=True, eq=False)
class BoneIsland:
    """A small piece of bone without connection to the skull, such as new bone on the dura."""

    label: int
    """Number of the component in the bone that it was found in."""
    voxels: int
    volume_ml: float
    centre: NDArray[np.float64]
    """(3,) float64, mm RAS."""


def segment(
    volume: Volume,
    *,
    threshold_hu: float | None = None,
    parameters: MethodParameters = METHOD,
    may_change: bool = False,
) -> Bone:
    """Segment the bone of the skull.

    Parameters
    ----------
    volume
        CT in HU, or a bone mask, ``[k, j, i]``.
    threshold_hu
        Bone is at or above this; None finds it from the histogram (:func:`find_threshold`). Not used for a mask.
    parameters
        Of the method.
    may_change
        Whether the array of a CT may become the field of its bone: nobody needs it afterwards. Otherwise it is copied.

    Returns
    -------
    Bone
        For a CT ``field`` is HU, with everything that is not skull below ``iso``; for a mask 0 or 1.

    Raises
    ------
    InputError
        Without bone, with values that are not HU, with a volume or a size that is no skull's, or with the vertex or a
        side of the head cut off.
    DependencyError
        If connected-components-3d is not installed.
    """
    if volume.array.ndim != 3:
        raise InputError(f"The image has {volume.array.ndim} dimensions; a volume of 3 is needed.")
    if volume.kind == "mask":
        return _segment_mask(volume, parameters)
    values = check_values(volume)
    try:
        return _segment_ct(volume, threshold_hu, parameters, values, may_change=may_change)
    except InputError as error:
        if not values.findings:
            raise
        # what is odd about the values is often the reason
        raise InputError(" ".join([str(error), *values.findings])) from error


def _segment_ct(
    volume: Volume,
    threshold_hu: float | None,
    parameters: MethodParameters,
    values: ValueCheck,
    *,
    may_change: bool,
) -> Bone:
    """Segment the bone of a CT whose values can be HU."""
    cleaning = parameters.segmentation
    # the copy takes its time where the system has to give memory first
    take_field = start_alongside(volume.array.view if may_change else volume.array.copy)
    head = find_head(volume, parameters=cleaning)
    least, most = cleaning.accepted_threshold_hu
    if threshold_hu is not None and not least <= threshold_hu <= most:
        raise InputError(
            f"A bone threshold of {threshold_hu:g} HU is outside {least} to {most} HU. "
            "Leave it out to have it found, or try 300."
        )
    iso = float(threshold_hu or _midpoint_threshold(volume, head, cleaning, soft_hu=values.soft_hu))
    below_iso = np.int16(np.ceil(iso) - BELOW_ISO_HU)
    mask = volume.array >= math.ceil(iso)  # compared as short integers
    metal: NDArray[np.bool_] | None = None
    findings: list[str] = []
    if values.highest_hu > cleaning.metal_hu:
        metal, findings = remove_metal(volume, take_field(), mask, below_iso, parameters=cleaning)
    check_amount(mask, volume, iso, highest_hu=values.highest_hu)
    pieces = find_pieces(mask)
    check_single_skull(pieces, volume, parameters=parameters.plausibility)
    field, spacing = take_field(), volume.spacing[::-1]
    findings += remove_foreign_objects(field, mask, below_iso, spacing, head, pieces=pieces, parameters=cleaning)
    findings += remove_neck(field, mask, below_iso, volume.ijk_to_ras, parameters=cleaning)
    findings += check_skull(mask, volume, iso, parameters=parameters.plausibility)
    threshold = Note(f"Bone threshold {iso:.0f} HU{'' if threshold_hu is None else ', as set'}.")
    return Bone(
        field,
        iso,
        mask,
        volume.ijk_to_ras,
        metal=metal,
        threshold_hu=iso,
        findings=(*volume.findings, threshold, *values.findings, *findings),
        side_known=volume.side_known,
    )


def find_threshold(volume: Volume, *, parameters: SegmentationParameters = METHOD.segmentation) -> float:
    """Find the bone threshold of a CT: half-way between soft tissue and bone.

    Soft tissue is the mode between -30 and 120 HU; bone is the median of what is more than 150 HU denser, without
    metal. The result is kept within 150 to 500 HU.

    Parameters
    ----------
    volume
        CT in HU.
    parameters
        Of this step.

    Returns
    -------
    float
        HU. Without soft tissue, as for a dry skull, the air around the bone takes its place.
    """
    peaks = find_peaks(volume).values
    soft_hu = peaks[-1] if len(peaks) > 1 else None
    return _midpoint_threshold(volume, find_head(volume, parameters=parameters), parameters, soft_hu=soft_hu)


def find_bone_islands(bone: Bone, *, max_ml: float = 5.0) -> list[BoneIsland]:
    """List the small pieces of bone without connection to the skull, largest first.

    Parameters
    ----------
    bone
        Segmented bone.
    max_ml
        A larger piece is part of the skull, such as a mandible or the bone below a saw line.
    """
    box, labels = connected_components(bone.mask)
    voxels = np.flatnonzero(labels)
    label = labels.ravel()[voxels]
    count = np.bincount(label)
    main = int(np.argmax(count))
    ml = count * abs(np.linalg.det(bone.ijk_to_ras[:3, :3])) / 1000
    small = (ml <= max_ml) & (count > 0) & (np.arange(len(count)) != main)
    keep = small[label]
    label, kji = label[keep], np.array(np.unravel_index(voxels[keep], labels.shape)) + [[s.start] for s in box]
    islands = []
    for n in np.flatnonzero(small):
        centre = bone.ijk_to_ras @ [*kji[::-1, label == n].mean(axis=1), 1]
        islands.append(BoneIsland(int(n), int(count[n]), float(ml[n]), centre[:3]))
    return sorted(islands, key=lambda island: -island.voxels)


def remove_islands(bone: Bone, islands: list[BoneIsland]) -> Bone:
    """Return the bone without these islands.

    Parameters
    ----------
    bone
        The bone in which they were found.
    islands
        From :func:`find_bone_islands`.

    Returns
    -------
    Bone
        ``bone`` itself without any islands.

    Raises
    ------
    ValueError
        If the islands were found in another bone.
    """
    if not islands:
        return bone
    box, labels = connected_components(bone.mask)
    is_island = np.zeros(int(labels.max()) + 1, bool)
    is_island[[island.label for island in islands if island.label < len(is_island)]] = True
    removed = is_island[labels]
    if int(removed.sum()) != sum(island.voxels for island in islands):
        raise ValueError("These islands were not found in this bone; list them again with find_bone_islands.")
    field, mask = bone.field.copy(), bone.mask.copy()
    field[box][removed] = bone.erased_value
    mask[box][removed] = False
    count = len(islands)
    finding = Note(f"{count} bone island{'' if count == 1 else 's'} removed.")
    return replace(bone, field=field, mask=mask, findings=(*bone.findings, finding))


def with_edited_mask(bone: Bone, mask: NDArray[np.bool_]) -> Bone:
    """Return the bone with a mask that the user edited.

    Parameters
    ----------
    bone
        Segmented bone.
    mask
        (nk, nj, ni) bool on the bone's grid. Where it agrees with the bone's own mask the surface stays as fine as it
        was.

    Returns
    -------
    Bone
        ``bone`` itself where nothing was edited.

    Raises
    ------
    InputError
        If nothing is left.
    """
    added, removed = mask & ~bone.mask, bone.mask & ~mask
    if not added.any() and not removed.any():
        return bone
    if not mask.any():
        raise InputError("The edited bone segment is empty. Undo the edit, or segment the bone again.")
    field = bone.field.copy()
    field[added] = 1 if field.dtype == np.uint8 else np.ceil(bone.iso) + BELOW_ISO_HU
    field[removed] = bone.erased_value
    ml = voxel_volume_ml(bone.ijk_to_ras)
    finding = Note(f"Bone edited by hand: {added.sum() * ml:.1f} mL added, {removed.sum() * ml:.1f} mL removed.")
    return replace(bone, field=field, mask=mask, findings=(*bone.findings, finding))


def _segment_mask(volume: Volume, parameters: MethodParameters) -> Bone:
    """Clean a ready bone mask."""
    cleaning = parameters.segmentation
    mask = volume.array.astype(bool)
    if mask.all():
        raise InputError("Every voxel of the mask is bone. Give a mask that is 1 in bone and 0 elsewhere.")
    check_amount(mask, volume, None)
    check_not_inverted(mask, volume, parameters=parameters.plausibility)
    pieces = find_pieces(mask)
    check_single_skull(pieces, volume, parameters=parameters.plausibility)
    field, spacing = mask.astype(np.uint8), volume.spacing[::-1]
    findings = remove_foreign_objects(field, mask, 0, spacing, None, pieces=pieces, parameters=cleaning)
    findings += remove_neck(field, mask, 0, volume.ijk_to_ras, parameters=cleaning)
    findings += check_skull(mask, volume, None, parameters=parameters.plausibility)
    findings += check_thickness(mask, volume, parameters=parameters.plausibility)
    return Bone(
        field, 0.5, mask, volume.ijk_to_ras, findings=(*volume.findings, *findings), side_known=volume.side_known
    )


def _midpoint_threshold(
    volume: Volume, head: HeadRegion, parameters: SegmentationParameters, *, soft_hu: int | None = None
) -> float:
    """Threshold from the voxels of the head alone: a table or a head rest would pull it down.

    ``soft_hu`` is where soft tissue was found in the complete image; a CT that is not calibrated has it anywhere.
    """
    metal_hu = parameters.metal_hu
    coarse = volume.array[tuple(slice(None, None, n) for n in head.step)]
    sample = coarse[head.region]
    if np.count_nonzero(sample > 300) < 0.5 * np.count_nonzero(coarse > 300):
        sample = _sample_voxels(volume.array)
    least, most = parameters.soft_tissue_range_hu
    shift = 0  # of a CT that is not calibrated
    if soft_hu is not None and not least <= soft_hu <= most:
        shift = soft_hu - (least + most) // 2
    least, most = least + shift, most + shift
    lowest = least - 70
    values = np.clip(sample, lowest, metal_hu).astype(np.int32) - lowest  # bin n is n + lowest HU
    histogram = np.bincount(values, minlength=metal_hu - lowest + 1).astype(float)
    smooth = ndimage.uniform_filter1d(histogram, 15)
    soft = float(np.argmax(smooth[least - lowest : most - lowest + 1]) + least)
    start = int(soft + 150)
    bone = histogram[start - lowest : -1]
    if bone.sum() < 1:
        return 300.0 + shift
    if histogram[least - 40 - lowest : most + 30 - lowest + 1].sum() < 0.3 * bone.sum():
        soft = -1000.0
    median = start + float(np.searchsorted(np.cumsum(bone), 0.5 * bone.sum()))
    lowest_iso, highest_iso = parameters.threshold_range_hu
    return float(np.clip(round((soft + median) / 2), lowest_iso + shift, highest_iso + shift))


def _sample_voxels(array: NDArray[np.integer]) -> NDArray[np.int32]:
    """Every n-th voxel along each axis, about three million at most: (p,) int32."""
    step = max(1, int((array.size / 3e6) ** (1 / 3)))
    return array[::step, ::step, ::step].ravel().astype(np.int32)
