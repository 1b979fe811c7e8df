"""Can this be the bone of a skull, and is its vault in the scan? Part of the room ``mask``.

Each check raises InputError with what was found, what was expected, and what to try.
"""

import numpy as np

from SkullRestoreLib.case import InputError, Volume

BONE_RANGE_ML = (150.0, 1500.0)  # 96 scans of adults hold 304 to 885 mL; a third of the vault may be lost, jaw and neck may be there
CUT_CM2 = {"top": 25.0, "left": 30.0, "right": 30.0, "back": 30.0, "front": 50.0}  # so much takes away vault, not a nose or a chin
_VAULT_MM = 80.0  # radius of a sphere as round as the vault


def check_units(sample: np.ndarray) -> None:
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


def check_amount(mask: np.ndarray, volume: Volume, iso: float | None) -> None:
    """Raise InputError where there is hardly any bone at all."""
    ml = float(np.count_nonzero(mask)) * voxel_ml(volume)
    if ml >= 1:
        return
    if iso is None:
        raise InputError(f"The mask holds {ml:.1f} mL of bone: it is empty. Give a mask that is 1 in bone and 0 elsewhere.")
    raise InputError(
        f"There is no bone in the CT: {ml:.1f} mL reach {iso:.0f} HU, the highest value is {int(volume.array.max())} HU. "
        "Is it a head CT in HU? A lower threshold (such as 150) may help."
    )


def voxel_ml(volume: Volume) -> float:
    """Volume of one voxel, mL."""
    return float(abs(np.linalg.det(volume.ijk_to_ras[:3, :3]))) / 1000


def box_of(mask: np.ndarray) -> tuple[slice, slice, slice]:
    """Smallest box around what is true."""
    lines = [np.flatnonzero(mask.any(axis=other)) for other in ((1, 2), (0, 2), (0, 1))]
    return tuple(slice(int(n[0]), int(n[-1]) + 1) for n in lines)


def up(ijk_to_ras: np.ndarray) -> tuple[int, int]:
    """Array axis that runs most nearly head to foot, and +1 where it runs upwards, -1 where downwards."""
    direction = ijk_to_ras[:3, :3] / np.linalg.norm(ijk_to_ras[:3, :3], axis=0)
    column = int(np.argmax(np.abs(direction[2])))
    return 2 - column, int(np.sign(direction[2, column]))


def check_skull(mask: np.ndarray, volume: Volume, iso: float | None) -> list[str]:
    """Raise InputError unless the bone can be a head's and its vault is in the scan; return findings."""
    ml = float(np.count_nonzero(mask)) * voxel_ml(volume)
    hint = (
        "Is it a bone mask of a whole skull, and are its voxels in mm?"
        if iso is None
        else f"Threshold {iso:.0f} HU: {'a lower' if ml < 500 else 'a higher'} one may help. Is it a head CT in HU?"
    )
    if not BONE_RANGE_ML[0] <= ml <= BONE_RANGE_ML[1]:
        raise InputError(f"{ml:.0f} mL of bone found; a skull has {BONE_RANGE_ML[0]:.0f} to {BONE_RANGE_ML[1]:.0f} mL. {hint}")
    findings = _check_edges(mask, volume.ijk_to_ras)
    if volume.kind == "ct":
        findings += _check_field_of_view(mask, volume)
    corners = np.array(np.meshgrid(*[(s.start - 0.5, s.stop - 0.5) for s in box_of(mask)])).reshape(3, -1)[::-1]
    width, length, height = np.ptp(volume.ijk_to_ras[:3, :3] @ corners, axis=1)
    if not (90 <= width <= 320 and 105 <= length <= 320 and 55 <= height <= 320):
        raise InputError(
            f"The bone measures {width:.0f} x {length:.0f} x {height:.0f} mm (side to side, front to back, up); that is no whole head. {hint}"
        )
    return findings


def _check_edges(mask: np.ndarray, ijk_to_ras: np.ndarray) -> list[str]:
    """Raise InputError where the scan's edge cuts away vault; a finding where bone only touches the edge. The lower edge may cut."""
    from scipy.spatial import ConvexHull, QhullError

    spacing = np.linalg.norm(ijk_to_ras[:3, :3], axis=0)[::-1]
    direction = ijk_to_ras[:3, :3] / spacing[::-1]
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
            try:
                area = ConvexHull(points * np.delete(spacing, axis)).volume / 100 if len(points) > 3 else 0.0
            except QhullError:
                area = 0.0  # all on one line
            # the scan ends half a voxel beyond these centres: so much of a round vault's section is not beyond its end
            area -= np.pi * _VAULT_MM * spacing[axis] / 100
            if area > CUT_CM2[name]:
                part = "The top of the head is cut off" if name == "top" else f"The head is cut off at the {name}"
                raise InputError(f"{part}: bone meets the scan's edge over {area:.0f} cm2. A scan that holds the whole vault is needed.")
            findings.append(f"Bone touches the {name} edge of the scan.")
    return findings


def _check_field_of_view(mask: np.ndarray, volume: Volume) -> list[str]:
    """Say where bone meets the filling outside a round field of view. Seen along the slices only: a tilt leaves filling below the head."""
    step = np.maximum(1, np.round(2.5 / volume.spacing[::-1])).astype(int)
    coarse = tuple(slice(None, None, n) for n in step)
    bone, filled = mask[coarse], volume.array[coarse] < -1500  # air is -1000 HU; scanners fill with -2000 or less
    if not filled.any():
        return []
    cell = volume.spacing[::-1] * step
    area = 0.0
    for axis in range(3):
        if axis != up(volume.ijk_to_ras)[0]:
            a, b = (np.take(filled, n, axis) for n in (range(bone.shape[axis] - 1), range(1, bone.shape[axis])))
            c, d = (np.take(bone, n, axis) for n in (range(bone.shape[axis] - 1), range(1, bone.shape[axis])))
            area += float(np.count_nonzero(a & d) + np.count_nonzero(b & c)) * np.prod(np.delete(cell, axis)) / 100
    return [f"Bone meets the edge of the field of view over {area:.0f} cm2: part of the head may be cut off there."] if area > 3 else []
