"""CT in HU, or a ready bone mask, in; the bone of the skull out.

The threshold is half-way between soft tissue and bone: there the surface of a table that is blurred by the scanner stays where it is in the patient.
What is not skull is told apart by where it lies: the head is the largest body of soft tissue, and a table, a head rest or a drain lies outside it.
"""

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from scipy import ndimage

from SkullRestoreLib.case import Bone, DependencyError, InputError, Volume
from SkullRestoreLib.plausible import box_of, check_amount, check_skull, check_units, up, voxel_ml

METAL_HU = 2500
THRESHOLD_RANGE_HU = (150.0, 500.0)
SPECK_MM3 = 20.0
COARSE_MM = 2.5  # grid on which head and neighbourhood are judged
NECK_MM = 260.0  # bone further than this below the vertex is neck and shoulders


@dataclass(frozen=True)
class Island:
    """A small piece of bone apart from the skull, such as new bone on the dura."""

    label: int  # number of the component in the bone that it was found in
    voxels: int
    volume_ml: float
    centre: np.ndarray  # (3,) float64, mm RAS


class _Head(NamedTuple):
    """Where the head is, on a coarse grid."""

    region: np.ndarray  # (ck, cj, ci) bool
    step: np.ndarray  # (3,) int, voxels that one cell spans along k, j, i


def segment(volume: Volume, *, threshold_hu: float | None = None) -> Bone:
    """Find the bone of the skull.

    Parameters
    ----------
    volume
        CT in HU, or a bone mask, ``[k, j, i]``. It is not changed.
    threshold_hu
        Bone is at or above this; None finds it from the histogram (``find_threshold``). Of no meaning for a mask.

    Returns
    -------
    Bone
        For a CT ``field`` is HU with everything that is not skull pushed below ``iso``; for a mask 0 or 1.

    Raises
    ------
    InputError
        Without bone, with values that are not HU, with an amount or a size of bone that is no skull's, with the vertex or a side of the head cut off.
    DependencyError
        If connected-components-3d is not installed.
    """
    if volume.array.ndim != 3:
        raise InputError(f"The image has {volume.array.ndim} dimensions; a volume of 3 is needed.")
    if volume.kind == "mask":
        return _segment_mask(volume)
    head = _head(volume)
    check_units(volume.array[tuple(slice(None, None, n) for n in head.step)])
    if threshold_hu is not None and not 50 <= threshold_hu <= 1500:
        raise InputError(f"A bone threshold of {threshold_hu:g} HU is outside 50 to 1500 HU. Leave it out to have it found, or try 300.")
    iso = _half_way(volume, head) if threshold_hu is None else float(threshold_hu)
    low = np.int16(np.ceil(iso) - 150)
    mask = volume.array >= iso
    findings = [*volume.findings, f"Bone threshold {iso:.0f} HU{'' if threshold_hu is None else ', as set'}."]
    field = volume.array.copy()
    metal, found = _take_out_metal(volume, field, mask, low)
    findings += found
    check_amount(mask, volume, iso)
    findings += _take_out_foreign(field, mask, low, volume.spacing[::-1], head)
    findings += _take_off_neck(field, mask, low, volume.ijk_to_ras)
    findings += check_skull(mask, volume, iso)
    return Bone(field, iso, mask, volume.ijk_to_ras, metal, iso, tuple(findings))


def find_threshold(volume: Volume) -> float:
    """Find the bone threshold of a CT: half-way between soft tissue and bone.

    Soft tissue is the mode between -30 and 120 HU; bone is the median of what is more than 150 HU denser, metal left out.
    The result is kept within 150 to 500 HU: above 500 HU thin temporal bone and orbital roofs get holes.

    Returns
    -------
    float
        HU. Without soft tissue, as for a dry skull, the air around the bone takes its place.
    """
    return _half_way(volume, _head(volume))


def bone_islands(bone: Bone, *, max_ml: float = 5.0) -> list[Island]:
    """List the small pieces of bone that are apart from the skull, largest first.

    Parameters
    ----------
    max_ml
        A larger piece is part of the skull, such as a mandible or what lies below a saw line.
    """
    box, labels = _components(bone.mask)
    where = np.flatnonzero(labels)
    label = labels.ravel()[where]
    count = np.bincount(label)
    main = int(np.argmax(count))
    ml = count * abs(np.linalg.det(bone.ijk_to_ras[:3, :3])) / 1000
    small = (ml <= max_ml) & (count > 0) & (np.arange(len(count)) != main)
    keep = small[label]
    label, kji = label[keep], np.array(np.unravel_index(where[keep], labels.shape)) + [[s.start] for s in box]
    islands = []
    for n in np.flatnonzero(small):
        centre = bone.ijk_to_ras @ [*kji[::-1, label == n].mean(1), 1]
        islands.append(Island(int(n), int(count[n]), float(ml[n]), centre[:3]))
    return sorted(islands, key=lambda island: -island.voxels)


def without_islands(bone: Bone, islands: list[Island]) -> Bone:
    """Return the bone without these islands.

    Raises
    ------
    ValueError
        If the islands were found in another bone.
    """
    if not islands:
        return bone
    box, labels = _components(bone.mask)
    drop = np.zeros(int(labels.max()) + 1, bool)
    drop[[island.label for island in islands if island.label < len(drop)]] = True
    gone = drop[labels]
    if int(gone.sum()) != sum(island.voxels for island in islands):
        raise ValueError("These islands were not found in this bone; list them again with bone_islands.")
    field, mask = bone.field.copy(), bone.mask.copy()
    field[box][gone] = 0 if field.dtype == np.uint8 else np.ceil(bone.iso) - 150
    mask[box][gone] = False
    count = len(islands)
    return replace(bone, field=field, mask=mask, findings=(*bone.findings, f"{count} bone island{'' if count == 1 else 's'} removed."))


def with_mask(bone: Bone, mask: np.ndarray) -> Bone:
    """The same bone after somebody edited its mask by hand.

    Parameters
    ----------
    mask
        (nk, nj, ni) bool on the bone's grid. Where it agrees with the bone's own mask the surface stays as fine as it was.

    Returns
    -------
    Bone
        The same object where nothing was edited.

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
    whole = field.dtype == np.uint8
    field[added] = 1 if whole else np.ceil(bone.iso) + 150
    field[removed] = 0 if whole else np.ceil(bone.iso) - 150
    ml = abs(np.linalg.det(bone.ijk_to_ras[:3, :3])) / 1000
    said = f"Bone edited by hand: {added.sum() * ml:.1f} mL added, {removed.sum() * ml:.1f} mL removed."
    return replace(bone, field=field, mask=mask, findings=(*bone.findings, said))


def _segment_mask(volume: Volume) -> Bone:
    """Clean a bone mask that somebody else made."""
    mask = volume.array.astype(bool)
    if mask.all():
        raise InputError("Every voxel of the mask is bone. Give a mask that is 1 in bone and 0 elsewhere.")
    check_amount(mask, volume, None)
    field = mask.astype(np.uint8)
    findings = _take_out_foreign(field, mask, 0, volume.spacing[::-1], None)
    findings += _take_off_neck(field, mask, 0, volume.ijk_to_ras)
    findings += check_skull(mask, volume, None)
    return Bone(field, 0.5, mask, volume.ijk_to_ras, findings=(*volume.findings, *findings))


def _half_way(volume: Volume, head: _Head) -> float:
    """Threshold for ``find_threshold``, from what lies in the head: a table or a holder would pull it down."""
    coarse = volume.array[tuple(slice(None, None, n) for n in head.step)]
    sample = coarse[head.region]
    if np.count_nonzero(sample > 300) < 0.5 * np.count_nonzero(coarse > 300):
        sample = _sample(volume.array)
    histogram = np.bincount(np.clip(sample, -100, METAL_HU).astype(np.int32) + 100, minlength=METAL_HU + 101).astype(float)
    smooth = ndimage.uniform_filter1d(histogram, 15)
    soft = float(np.argmax(smooth[70:221]) - 30)
    start = int(soft + 150)
    bone = histogram[start + 100 : -1]
    if bone.sum() < 1:
        return 300.0
    if histogram[30:251].sum() < 0.3 * bone.sum():
        soft = -1000.0
    median = start + float(np.searchsorted(np.cumsum(bone), 0.5 * bone.sum()))
    return float(np.clip(round((soft + median) / 2), *THRESHOLD_RANGE_HU))


def _sample(array: np.ndarray) -> np.ndarray:
    """Every n-th voxel along each axis, flat int, some million at most."""
    step = max(1, int((array.size / 3e6) ** (1 / 3)))
    return array[::step, ::step, ::step].ravel().astype(np.int32)


def _components(mask: np.ndarray) -> tuple[tuple[slice, slice, slice], np.ndarray]:
    """Connected components (26 neighbours) within the mask's box."""
    try:
        import cc3d
    except ModuleNotFoundError as error:
        raise DependencyError(
            "The package 'connected-components-3d' is needed to segment bone and is not installed. Install it with pip."
        ) from error
    box = box_of(mask)
    return box, cc3d.connected_components(np.ascontiguousarray(mask[box]), connectivity=26)


def _take_out_metal(volume: Volume, field: np.ndarray, mask: np.ndarray, low: np.int16) -> tuple[np.ndarray | None, list[str]]:
    """Take metal and the blurred rim around it out of ``field`` and ``mask``, in place; return the metal (bool) or None."""
    dense = volume.array > METAL_HU
    if not dense.any():
        return None, []
    box, labels = _components(dense)
    real = np.bincount(labels[labels > 0]) * voxel_ml(volume) * 1000 >= SPECK_MM3  # noise and the densest petrous bone are no metal
    if not real.any():
        return None, []
    labels = np.where(real, np.cumsum(real), 0).astype(np.uint32)[labels]
    dense[box] = labels > 0
    spacing = volume.spacing[::-1]
    margin = np.ceil(1.0 / spacing).astype(int) + 1
    for part in ndimage.find_objects(labels.astype(np.int32)):
        around = tuple(slice(max(0, s.start + b.start - m), s.stop + b.start + m) for s, b, m in zip(part, box, margin, strict=True))
        halo = ndimage.distance_transform_edt(~dense[around], sampling=spacing) <= 1.0
        mask[around][halo] = False
        field[around][halo] = np.minimum(field[around][halo], low)
    ml = float(np.count_nonzero(dense)) * voxel_ml(volume)
    return dense, [f"{ml:.1f} mL of metal (over {METAL_HU} HU) set apart; its streaks may blur the bone near it: check there."]


def _head(volume: Volume) -> _Head:
    """Find the head as the largest body of soft tissue. An opening by 6 mm parts it from a thin head rest or blanket that touches it."""
    spacing = volume.spacing[::-1]
    step = np.maximum(1, np.round(COARSE_MM / spacing)).astype(int)
    body = volume.array[:: step[0], :: step[1], :: step[2]] > -300
    pad = np.pad(body, 4, mode="edge")  # the scan's edge is no surface of the head
    core, n = ndimage.label(ndimage.distance_transform_edt(pad, sampling=spacing * step) > 6)
    if n == 0:
        return _Head(np.zeros_like(body), step)
    core = core == np.argmax(np.bincount(core.ravel())[1:]) + 1
    region = pad & (ndimage.distance_transform_edt(~core, sampling=spacing * step) <= 8)
    return _Head(region[4:-4, 4:-4, 4:-4], step)


def _take_out_foreign(field: np.ndarray, mask: np.ndarray, low: int, spacing: np.ndarray, head: _Head | None) -> list[str]:
    """Take specks and everything outside the head out of ``field`` and ``mask``, in place."""
    box, labels = _components(mask)
    start = np.array([[s.start] for s in box])
    where = np.flatnonzero(labels)
    label = labels.ravel()[where]
    count = np.bincount(label)
    mm3 = count * np.prod(spacing)
    share = (
        np.zeros(len(count))
        if head is None
        else _share_in_head(start + np.unravel_index(where[::7], labels.shape), label[::7], head, len(count))
    )
    main = int(np.argmax(count * share)) if (count * share).any() else 0
    if share[main] >= 0.5:
        inside = share >= 0.5
    else:  # a mask, or a dry skull: nothing shows the head
        main = int(np.argmax(count))
        rest = (label != main) & (mm3 >= SPECK_MM3)[label]
        inside = _near_skull(labels, main, np.array(np.unravel_index(where[rest], labels.shape)), label[rest], spacing, mm3)
    keep = (mm3 >= SPECK_MM3) & inside
    keep[main] = True
    gone = where[~keep[label]]
    if not len(gone):
        return []
    place = tuple(start + np.unravel_index(gone, labels.shape))
    mask[place] = False
    field[place] = low
    outside = float(mm3[~keep & (mm3 >= 1000)].sum()) / 1000
    return [f"{outside:.1f} mL outside the head (table, head rest or the like) taken out."] if outside else []


def _share_in_head(kji: np.ndarray, label: np.ndarray, head: _Head, size: int) -> np.ndarray:
    """How much of each component, 0..1, lies in the head, from some of its voxels (3, n); without any it counts as outside."""
    cell = tuple(np.minimum(kji // head.step[:, None], np.array(head.region.shape)[:, None] - 1))
    return np.bincount(label, head.region[cell], size) / np.maximum(np.bincount(label, minlength=size), 1)


def _near_skull(labels: np.ndarray, main: int, kji: np.ndarray, label: np.ndarray, spacing: np.ndarray, mm3: np.ndarray) -> np.ndarray:
    """Which components belong to the skull, judged without soft tissue: what lies in its convex hull, and large pieces within 5 mm of it.

    A head rest is further away, for the scalp is between. The hull is taken as what lies between the skull's
    tangent planes in 100 directions: exact to a millimetre or two, and a hundred times faster than the facets of the hull.
    """
    step = np.maximum(1, np.round(COARSE_MM / spacing)).astype(int)
    skull = labels[:: step[0], :: step[1], :: step[2]] == main
    if not label.size or not skull.any():
        return np.zeros(len(mm3), bool)
    distance = ndimage.distance_transform_edt(~skull, sampling=spacing * step)
    close = distance[tuple(np.minimum(kji // step[:, None], np.array(skull.shape)[:, None] - 1))] <= 5
    touches = np.bincount(label, close, len(mm3)) > 0
    some = slice(None, None, max(1, label.size // 200_000))
    turn = np.arange(50) * np.pi * (3 - np.sqrt(5))
    z = (np.arange(50) + 0.5) / 50
    directions = np.stack([z, np.sqrt(1 - z * z) * np.cos(turn), np.sqrt(1 - z * z) * np.sin(turn)]) * spacing[:, None]
    edge = (np.argwhere(skull) * step) @ directions
    along = kji.T[some] @ directions
    within = ((along >= edge.min(axis=0) - 1) & (along <= edge.max(axis=0) + 1)).all(axis=1)
    share = np.bincount(label[some], within, len(mm3)) / np.maximum(np.bincount(label[some], minlength=len(mm3)), 1)
    return (share > 0.5) | (touches & (mm3 >= 3000))


def _take_off_neck(field: np.ndarray, mask: np.ndarray, low: int, ijk_to_ras: np.ndarray) -> list[str]:
    """Take everything far below the vertex out of ``field`` and ``mask``, in place."""
    axis, sign = up(ijk_to_ras)
    step = np.linalg.norm(ijk_to_ras[:3, 2 - axis])
    lines = np.flatnonzero(mask.any(axis=tuple(a for a in range(3) if a != axis)))
    reach = int(NECK_MM / step)
    if lines[-1] - lines[0] <= reach:
        return []
    below = [slice(None)] * 3
    below[axis] = slice(0, lines[-1] - reach) if sign > 0 else slice(lines[0] + reach + 1, None)
    field[tuple(below)][mask[tuple(below)]] = low
    mask[tuple(below)] = False
    return [f"Bone more than {NECK_MM / 10:.0f} cm below the vertex (neck, shoulders) left out."]
