"""Put back the free margins of a bone mask that was cropped to its content, as 3D Slicer saves a segmentation.

Beyond the edge of a scan nothing is known, and a margin of a defect there is open. A cropped mask ends with its bone:
the scan went on, and there was no bone.
"""

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from SkullRestoreLib.affine import axis_directions, invert_affine
from SkullRestoreLib.findings import Note
from SkullRestoreLib.records import Volume

_MARGIN_MM = 25.0
"""A restored surface bulges less than this beyond the bone that is left."""
_MAX_GAP_MM = 4.0
"""A mask whose six gaps to the array's faces are no wider was cropped: in a scan there is scalp and air around it."""
_FLATTEST_VAULT_RADIUS_MM = 150.0
"""Radius of a sphere as flat as the flattest part of a vault."""
_MAX_CONTACT_CM2 = 25.0
_SAME_GRID_VOXELS = 0.1
"""Two grids are the same where no voxel is further off."""


class ScanGrid(NamedTuple):
    """The grid of the scan from which a mask was made, as the header of a segmentation states it."""

    ijk_to_ras: NDArray[np.float64]
    """(4, 4) float64, mm."""
    first: NDArray[np.int_]
    """(3,) int, least i, j, k of its voxels."""
    last: NDArray[np.int_]
    """(3,) int, greatest i, j, k."""


def parse_scan_grid(text: str) -> ScanGrid | None:
    """Read the reference geometry from the conversion parameters of a segmentation of 3D Slicer.

    Parameters
    ----------
    text
        Parameters with ``&`` between them; name, value and description of each with ``|``. The geometry's value is a
        matrix in RAS, row by row, and the extent, with ``;``.

    Returns
    -------
    ScanGrid or None
        None where it is not there or not valid.
    """
    values = [part.split("|")[1] for part in text.split("&") if part.startswith("Reference image geometry|")]
    try:
        numbers = np.array([float(n) for n in values[0].strip("; ").split(";")]) if values else np.zeros(0)
    except ValueError:
        return None
    if numbers.shape != (22,) or not np.isfinite(numbers).all() or abs(np.linalg.det(numbers[:9].reshape(3, 3))) == 0:
        return None
    extent = numbers[16:].astype(int)
    return ScanGrid(numbers[:16].reshape(4, 4), extent[::2], extent[1::2])


def with_free_margins(volume: Volume, scan: ScanGrid | None = None) -> Volume:
    """Put free margins around a mask that was cropped to its content.

    Parameters
    ----------
    volume
        A mask.
    scan
        Where the scan was, as far as the header says it: margins then go no further.

    Returns
    -------
    Volume
        With empty voxels on the sides where the mask was cropped, and a finding; ``volume`` itself without any. On a
        side where bone is cut off, as at the edge of a scan, nothing is added.
    """
    if volume.kind != "mask" or not volume.array.any():
        return volume
    voxels = np.ceil(_MARGIN_MM / volume.spacing[::-1]).astype(int)
    room = None if scan is None else _room_in_scan(volume, scan)
    if room is not None:
        padding = np.minimum(room, voxels[:, None])
        finding = Note("The mask is a part of a scan: free margins were added up to the edges of the scan.")
    elif _is_cropped(volume):
        padding = np.where(_ends_with_bone(volume), voxels[:, None], 0)
        finding = Note("The mask ends with its bone, as a cropped one does: it was taken for complete there.")
    else:
        return volume
    if not padding.any():
        return volume
    ijk_to_ras = volume.ijk_to_ras.copy()
    ijk_to_ras[:3, 3] -= ijk_to_ras[:3, :3] @ padding[::-1, 0]
    return replace(
        volume,
        array=np.pad(volume.array, padding.tolist()),
        ijk_to_ras=ijk_to_ras,
        findings=(*volume.findings, finding),
    )


def _room_in_scan(volume: Volume, scan: ScanGrid) -> NDArray[np.int_] | None:
    """Voxels of the scan before and after the mask (3, 2) along k, j, i; None where the two grids differ."""
    to_scan = invert_affine(scan.ijk_to_ras) @ volume.ijk_to_ras
    size = np.array(volume.array.shape[::-1])
    if not np.allclose(to_scan[:3, :3] * size, np.eye(3) * size, atol=_SAME_GRID_VOXELS):
        return None
    start = np.rint(to_scan[:3, 3])
    if np.abs(to_scan[:3, 3] - start).max() > _SAME_GRID_VOXELS:
        return None
    room = np.column_stack([start - scan.first, scan.last - (start + size - 1)])
    return None if (room < 0).any() else room[::-1].astype(int)


def _is_cropped(volume: Volume) -> bool:
    """Whether bone is near each of the six faces of the array."""
    for axis in range(3):
        layers = np.flatnonzero(volume.array.any(axis=tuple(a for a in range(3) if a != axis)))
        gap = max(layers[0], volume.array.shape[axis] - 1 - layers[-1]) * volume.spacing[2 - axis]
        if gap > _MAX_GAP_MM:
            return False
    return True


def _ends_with_bone(volume: Volume) -> NDArray[np.bool_]:
    """For the first and last layer along k, j, i (3, 2): whether bone only touches it, and it is not the lower one.

    In the layer in which a round surface ends its section is at most that of a sphere one layer below its top. Where a
    scan is cut off, there is a ring as wide as the bone is thick.
    """
    spacing = volume.spacing[::-1]
    directions = axis_directions(volume.ijk_to_ras)
    down_axis = 2 - int(np.argmax(np.abs(directions[2])))
    down_end = 0 if directions[2, 2 - down_axis] > 0 else 1
    ends = np.zeros((3, 2), bool)
    for axis in range(3):
        most = min(_MAX_CONTACT_CM2, 2 * np.pi * _FLATTEST_VAULT_RADIUS_MM * spacing[axis] / 100)
        pixel_cm2 = float(np.prod(np.delete(spacing, axis))) / 100
        for end, layer in ((0, 0), (1, -1)):
            contact = float(np.count_nonzero(np.take(volume.array, layer, axis=axis))) * pixel_cm2
            ends[axis, end] = contact <= most and (axis, end) != (down_axis, down_end)
    return ends
