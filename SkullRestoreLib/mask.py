"""CT in HU, or a ready bone mask, in; the bone of the skull out.

The threshold is half-way between soft tissue and bone: there the surface of a table that is blurred by the scanner stays where it is in the patient.
What is not skull is told apart by where it lies: the head is the largest body of soft tissue, and a table, a head rest or a drain lies outside it.
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy import ndimage

from SkullRestoreLib.case import Bone, DependencyError, InputError, Volume

METAL_HU = 2500
THRESHOLD_RANGE_HU = (150.0, 500.0)
BONE_RANGE_ML = (
    150.0,
    1500.0,
)  # 96 scans of adults hold 304 to 885 mL; a third of the vault may be lost, a mandible and a neck may be there
SPECK_MM3 = 20.0
COARSE_MM = 2.5  # grid on which head and neighbourhood are judged
NECK_MM = 260.0  # bone further than this below the vertex is neck and shoulders
CUT_CM2 = {
    "top": 25.0,
    "left": 30.0,
    "right": 30.0,
    "back": 30.0,
    "front": 50.0,
}  # a cut this wide takes away vault (a nose or a chin may be cut)


@dataclass(frozen=True)
class Island:
    """A small piece of bone apart from the skull, such as new bone on the dura."""

    label: int  # number of the component in the bone that it was found in
    voxels: int
    volume_ml: float
    centre: np.ndarray  # (3,) float64, mm RAS


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
    sample = _sample(volume.array)
    _check_units(sample)
    if threshold_hu is not None and not 50 <= threshold_hu <= 1500:
        raise InputError(f"A bone threshold of {threshold_hu:g} HU is outside 50 to 1500 HU. Leave it out to have it found, or try 300.")
    iso = find_threshold(volume) if threshold_hu is None else float(threshold_hu)
    low = np.int16(np.ceil(iso) - 150)
    mask = volume.array >= iso
    findings = [*volume.findings, f"Bone threshold {iso:.0f} HU{'' if threshold_hu is None else ', as set'}."]
    field = volume.array.copy()
    metal, found = _take_out_metal(volume, field, mask, low)
    findings += found
    _check_amount(mask, volume, iso)
    box = _box(mask)
    head = _head(volume.array[box], volume.spacing[::-1])
    findings += _take_out_foreign(field[box], mask[box], low, volume.spacing[::-1], head)
    findings += _take_off_neck(field, mask, low, volume.ijk_to_ras)
    findings += _check_skull(mask, volume, iso)
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
    sample = _sample(volume.array)
    histogram = np.bincount(np.clip(sample, -100, METAL_HU) + 100, minlength=METAL_HU + 101).astype(float)
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


def _segment_mask(volume: Volume) -> Bone:
    """Clean a bone mask that somebody else made."""
    mask = volume.array.astype(bool)
    if mask.all():
        raise InputError("Every voxel of the mask is bone. Give a mask that is 1 in bone and 0 elsewhere.")
    _check_amount(mask, volume, None)
    field = mask.astype(np.uint8)
    box = _box(mask)
    findings = _take_out_foreign(field[box], mask[box], 0, volume.spacing[::-1], None)
    findings += _take_off_neck(field, mask, 0, volume.ijk_to_ras)
    findings += _check_skull(mask, volume, None)
    return Bone(field, 0.5, mask, volume.ijk_to_ras, findings=(*volume.findings, *findings))


def _sample(array: np.ndarray) -> np.ndarray:
    """Every n-th voxel along each axis, flat int, some million at most."""
    step = max(1, int((array.size / 3e6) ** (1 / 3)))
    return array[::step, ::step, ::step].ravel().astype(np.int32)


def _check_units(sample: np.ndarray) -> None:
    """Raise InputError if voxels (n,) are plainly not HU."""
    low, high = int(sample.min()), int(sample.max())
    if low >= 0 and high <= 255:
        raise InputError(
            f"The values run from {low} to {high}: this is a grey image, not a CT in Hounsfield units (HU). Export the original CT."
        )
    counts = [int(((sample >= a) & (sample < a + 140)).sum()) for a in (700, 980, 1260)]
    if low >= -10 and counts[1] > 3 * max(counts[0], counts[2]):
        raise InputError(
            "The values look like HU + 1024 (soft tissue near 1050, air at 0). Export the CT in Hounsfield units, with the rescale intercept applied."
        )


def _check_amount(mask: np.ndarray, volume: Volume, iso: float | None) -> None:
    """Raise InputError where there is hardly any bone at all."""
    ml = float(np.count_nonzero(mask)) * _voxel_ml(volume)
    if ml >= 1:
        return
    if iso is None:
        raise InputError(f"The mask holds {ml:.1f} mL of bone: it is empty. Give a mask that is 1 in bone and 0 elsewhere.")
    raise InputError(
        f"There is no bone in the CT: {ml:.1f} mL reach {iso:.0f} HU, the highest value is {int(volume.array.max())} HU. "
        "Is it a head CT in HU? A lower threshold (such as 150) may help."
    )


def _voxel_ml(volume: Volume) -> float:
    return float(abs(np.linalg.det(volume.ijk_to_ras[:3, :3]))) / 1000


def _box(mask: np.ndarray) -> tuple[slice, slice, slice]:
    """Smallest box around what is true."""
    lines = [np.flatnonzero(mask.any(axis=other)) for other in ((1, 2), (0, 2), (0, 1))]
    return tuple(slice(int(n[0]), int(n[-1]) + 1) for n in lines)


def _components(mask: np.ndarray) -> tuple[tuple[slice, slice, slice], np.ndarray]:
    """Connected components (26 neighbours) within the mask's box."""
    try:
        import cc3d
    except ModuleNotFoundError as error:
        raise DependencyError(
            "The package 'connected-components-3d' is needed to segment bone and is not installed. Install it with pip."
        ) from error
    box = _box(mask)
    return box, cc3d.connected_components(np.ascontiguousarray(mask[box]), connectivity=26)


def _take_out_metal(volume: Volume, field: np.ndarray, mask: np.ndarray, low: np.int16) -> tuple[np.ndarray | None, list[str]]:
    """Take metal and the blurred rim around it out of ``field`` and ``mask``, in place; return the metal (bool) or None."""
    dense = volume.array > METAL_HU
    if not dense.any():
        return None, []
    box, labels = _components(dense)
    real = np.bincount(labels[labels > 0]) * _voxel_ml(volume) * 1000 >= SPECK_MM3  # noise and the densest petrous bone are no metal
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
    ml = float(np.count_nonzero(dense)) * _voxel_ml(volume)
    return dense, [f"{ml:.1f} mL of metal (over {METAL_HU} HU) set apart; its streaks may blur the bone near it: check there."]


def _head(array: np.ndarray, spacing: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """The head on a coarse grid, and how many voxels one of its cells spans; None where soft tissue shows none.

    An opening by 6 mm parts the head from a thin head rest or blanket that touches it.
    """
    step = np.maximum(1, np.round(COARSE_MM / spacing)).astype(int)
    body = array[:: step[0], :: step[1], :: step[2]] > -300
    pad = np.pad(body, 4, mode="edge")  # the scan's edge is no surface of the head
    core, n = ndimage.label(ndimage.distance_transform_edt(pad, sampling=spacing * step) > 6)
    if n == 0:
        return None
    core = core == np.argmax(np.bincount(core.ravel())[1:]) + 1
    head = pad & (ndimage.distance_transform_edt(~core, sampling=spacing * step) <= 8)
    return head[4:-4, 4:-4, 4:-4], step


def _take_out_foreign(field: np.ndarray, mask: np.ndarray, low: int, spacing: np.ndarray, head: tuple | None) -> list[str]:
    """Take specks and everything outside the head out of ``field`` and ``mask`` (cropped views), in place."""
    _, labels = _components(mask)
    where = np.flatnonzero(labels)
    label = labels.ravel()[where]
    count = np.bincount(label)
    mm3 = count * np.prod(spacing)
    share = _share_in_head(labels, where[::7], label[::7], head) if head else None
    main = int(np.argmax(count if share is None else count * share))
    if share is None or share[main] < 0.5:
        main = int(np.argmax(count))
        rest = label != main
        inside = _near_skull(labels, main, where[rest], label[rest], spacing, mm3)
    else:
        inside = share >= 0.5
    keep = (mm3 >= SPECK_MM3) & inside
    keep[main] = True
    gone = where[~keep[label]]
    if not len(gone):
        return []
    place = np.unravel_index(gone, mask.shape)
    mask[place] = False
    field[place] = low
    outside = float(mm3[~inside & (mm3 >= 1000) & (np.arange(len(mm3)) != main)].sum()) / 1000
    return [f"{outside:.1f} mL outside the head (table, head rest or the like) taken out."] if outside else []


def _share_in_head(labels: np.ndarray, where: np.ndarray, label: np.ndarray, head: tuple) -> np.ndarray:
    """How much of each component, 0..1, lies in the head; a component of which no voxel was asked for counts as outside."""
    region, step = head
    cell = tuple(
        np.minimum(index // s, n - 1) for index, s, n in zip(np.unravel_index(where, labels.shape), step, region.shape, strict=True)
    )
    size = int(labels.max()) + 1
    return np.bincount(label, region[cell], size) / np.maximum(np.bincount(label, minlength=size), 1)


def _near_skull(labels: np.ndarray, main: int, where: np.ndarray, label: np.ndarray, spacing: np.ndarray, mm3: np.ndarray) -> np.ndarray:
    """Which components belong to the skull, judged without soft tissue: what lies in its convex hull, and large pieces within 4 mm of it.

    A head rest is further away, for the scalp is between.
    """
    from scipy.spatial import ConvexHull, Delaunay

    out = np.zeros(len(mm3), bool)
    if not len(where):
        return out
    step = np.maximum(1, np.round(COARSE_MM / spacing)).astype(int)
    skull = labels[:: step[0], :: step[1], :: step[2]] == main
    distance = ndimage.distance_transform_edt(~skull, sampling=spacing * step)
    kji = np.array(np.unravel_index(where, labels.shape))
    close = distance[tuple(np.minimum(kji // step[:, None], np.array(skull.shape)[:, None] - 1))] <= 4
    size = len(mm3)
    touches = np.bincount(label, close, size) > 0
    if skull.sum() > 50:
        points = np.argwhere(skull)
        hull = Delaunay(points[ConvexHull(points).vertices])
        inside = hull.find_simplex((kji / step[:, None]).T) >= 0
        out = np.bincount(label, inside, size) > 0.5 * np.maximum(np.bincount(label, minlength=size), 1)
    return out | (touches & (mm3 >= 3000))


def _up(ijk_to_ras: np.ndarray) -> tuple[int, int]:
    """Array axis that runs most nearly head to foot, and +1 where it runs upwards, -1 where downwards."""
    direction = ijk_to_ras[:3, :3] / np.linalg.norm(ijk_to_ras[:3, :3], axis=0)
    column = int(np.argmax(np.abs(direction[2])))
    return 2 - column, int(np.sign(direction[2, column]))


def _take_off_neck(field: np.ndarray, mask: np.ndarray, low: int, ijk_to_ras: np.ndarray) -> list[str]:
    """Take everything far below the vertex out of ``field`` and ``mask``, in place."""
    axis, sign = _up(ijk_to_ras)
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


def _check_skull(mask: np.ndarray, volume: Volume, iso: float | None) -> list[str]:
    """Raise InputError unless the bone can be a head's and its vault is in the scan; return findings."""
    ml = float(np.count_nonzero(mask)) * _voxel_ml(volume)
    hint = (
        "Is it a bone mask of a whole skull, and are its voxels in mm?"
        if iso is None
        else f"Threshold {iso:.0f} HU: {'a lower' if ml < 500 else 'a higher'} one may help. Is it a head CT in HU?"
    )
    if not BONE_RANGE_ML[0] <= ml <= BONE_RANGE_ML[1]:
        raise InputError(f"{ml:.0f} mL of bone found; a skull has {BONE_RANGE_ML[0]:.0f} to {BONE_RANGE_ML[1]:.0f} mL. {hint}")
    findings = _check_edges(mask, volume.ijk_to_ras)
    corners = np.array(np.meshgrid(*[(s.start - 0.5, s.stop - 0.5) for s in _box(mask)])).reshape(3, -1)[::-1]
    width, length, height = np.ptp(volume.ijk_to_ras[:3, :3] @ corners, axis=1)
    if not (90 <= width <= 320 and 105 <= length <= 320 and 55 <= height <= 320):
        raise InputError(
            f"The bone measures {width:.0f} x {length:.0f} x {height:.0f} mm (side to side, front to back, up); that is no whole head. {hint}"
        )
    return findings


def _check_edges(mask: np.ndarray, ijk_to_ras: np.ndarray) -> list[str]:
    """Raise InputError where the scan's edge cuts away vault; a finding where bone only touches the edge. The lower edge may cut."""
    from scipy.spatial import ConvexHull, QhullError

    direction = ijk_to_ras[:3, :3] / np.linalg.norm(ijk_to_ras[:3, :3], axis=0)
    names = [("right", "left"), ("front", "back"), ("top", "bottom")]
    findings = []
    for axis in range(3):
        way = direction[:, 2 - axis]
        x = int(np.argmax(np.abs(way)))
        for end, sign in ((0, -1), (-1, 1)):
            name = names[x][0 if way[x] * sign > 0 else 1]
            points = np.argwhere(np.take(mask, end, axis=axis))
            if name == "bottom" or not len(points):
                continue
            spacing = np.delete(np.linalg.norm(ijk_to_ras[:3, :3], axis=0)[::-1], axis)
            try:
                area = ConvexHull(points * spacing).volume / 100 if len(points) > 3 else 0.0
            except QhullError:
                area = 0.0  # all on one line
            if area > CUT_CM2[name]:
                part = "The top of the head is cut off" if name == "top" else f"The head is cut off at the {name}"
                raise InputError(f"{part}: bone meets the scan's edge over {area:.0f} cm2. A scan that holds the whole vault is needed.")
            findings.append(f"Bone touches the {name} edge of the scan.")
    return findings
