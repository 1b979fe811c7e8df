"""Separate vertebrae from an intact skull: holes at the foramen magnum are neither cut into them nor measured on them.

Many scans show the first vertebra. In front it touches the condyles of the occiput, so that a label of connected bone
holds both. Behind the condyles its arch is free, or touches the occiput in one place where the head is bent back. An
erosion by 1 to 2 mm leaves it as a component of its own that crosses the midline, and most sections through it along
the head show air between it and the occiput. The rim of the foramen may come loose by erosion too, but all along it
bone goes on. How far forward an arch is free differs; so planes across the head are tried from front to back. An arch
that touches the occiput all along, in the scan or in the patient, stays (decision 0199).
"""

from dataclasses import replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from SkullRestoreLib.affine import voxel_spacing
from SkullRestoreLib.evaluation.cases.intact_skull import IntactSkull
from SkullRestoreLib.segmentation.bone_pieces import bounding_box

_HALF_WIDTH_MM, _TOP_MM = 40.0, -30.0
"""Vertebrae are looked for this near to the midline and below this height (x and z of the head frame). The mastoids are
further out."""
_PLANES_MM = (-16.0, -20.0, -24.0, -28.0, -33.0, -38.0, -44.0)
"""Bone behind each of these planes (y of the head frame) is looked at; the basion is in front of them."""
_EROSIONS_MM = (1.0, 1.5, 2.0)
_ACROSS_MM = 3.0
"""An arch goes on at least this far on both sides of the midline; what is left of a condyle does not."""
_MIN_CORE_CM3 = 0.1
_COARSE_MM = 0.9
"""Arches are looked for on every few voxels, about this far apart."""
_SECTION_MM, _MIDDLE_MM = 1.0, 15.0
"""Width of the sections along the head that are counted, this near to the midline. Further out it touches condyles."""
_MAX_TOUCHING_SHARE = 0.5
"""Share of the sections through an arch in which it may touch other bone."""
_GROWN_MM = 2.0
"""An arch goes on at most this far beyond its core grown by the erosion: its edges are sharp."""
Mask = NDArray[np.bool_]
Floats = NDArray[np.floating]


def find_vertebrae(skull: IntactSkull) -> Mask:
    """Find the arches of vertebrae below an occiput.

    Parameters
    ----------
    skull
        The intact skull.

    Returns
    -------
    ndarray
        (nk, nj, ni) bool, part of the skull's bone; nothing where the scan ends above them.
    """
    vertebrae = np.zeros_like(skull.bone)
    points = skull.voxel_points
    low = (np.abs(points[:, 0]) < _HALF_WIDTH_MM) & (points[:, 1] < _PLANES_MM[0]) & (points[:, 2] < _TOP_MM)
    if not low.any():
        return vertebrae
    region = skull.piece_mask(np.flatnonzero(low))
    box = bounding_box(region)
    spacing = voxel_spacing(skull.ijk_to_ras)[::-1]
    steps = np.maximum(1, np.rint(_COARSE_MM / spacing)).astype(int)
    every = tuple(slice(None, None, step) for step in steps.tolist())
    # bone that the scan's edge cuts is not eroded there
    coarse = np.pad(skull.bone[box][every], 1, mode="edge")
    depth = ndimage.distance_transform_edt(coarse, sampling=spacing * steps)[1:-1, 1:-1, 1:-1]
    head = _head_frame(skull, box, steps)
    arches = _find_arches(region[box][every], depth, head, spacing * steps)
    if arches.any():
        kind = np.zeros(region[box].shape, dtype=np.uint8)
        kind[every] = np.where(arches, 2, skull.bone[box][every])
        vertebrae[box] = skull.bone[box] & (_nearest_value(kind, _padded_box(kind == 2, 4 / spacing)) == 2)
    return vertebrae


def _find_arches(region: Mask, depth: Floats, head: tuple[Floats, Floats, Floats], spacing: Floats) -> Mask:
    """The arches in a part of the bone (nk, nj, ni) that is ``depth`` mm deep."""
    found = np.zeros_like(region)
    for plane_mm in _PLANES_MM:
        for erosion_mm in _EROSIONS_MM:
            behind = region & (head[1] < plane_mm)
            for core in _free_cores(behind & (depth > erosion_mm), head, float(np.prod(spacing)) / 1000):
                found |= _grow_arch(core, behind, depth, erosion_mm, head[0], spacing)
    return found


def _nearest_value(values: NDArray[np.uint8], box: tuple[slice, ...]) -> NDArray[np.uint8]:
    """Fill the zeros of a box with the nearest other value; zero outside of it."""
    filled = np.zeros_like(values)
    part = values[box]
    nearest = ndimage.distance_transform_edt(part == 0, return_distances=False, return_indices=True)
    filled[box] = part[tuple(nearest)]
    return filled


@lru_cache(maxsize=2)
def without_vertebrae(skull: IntactSkull) -> IntactSkull:
    """Take vertebrae out of an intact skull; the last two are kept in memory.

    Parameters
    ----------
    skull
        The intact skull.

    Returns
    -------
    IntactSkull
        On the same grid; ``skull`` itself where it has none.
    """
    vertebrae = find_vertebrae(skull)
    return replace(skull, bone=skull.bone & ~vertebrae) if vertebrae.any() else skull


def _head_frame(skull: IntactSkull, box: tuple[slice, ...], steps: NDArray[np.int_]) -> tuple[Floats, Floats, Floats]:
    """x, y, z, mm, of every few voxels of a box, each (nk, nj, ni)."""
    to_head = (skull.pose.ras_to_head @ skull.ijk_to_ras).astype(np.float32)
    k, j, i = (
        np.arange(side.start, side.stop, step, dtype=np.float32) for side, step in zip(box, steps.tolist(), strict=True)
    )
    k, j, i = k[:, None, None], j[None, :, None], i[None, None, :]
    x, y, z = (row[0] * i + row[1] * j + row[2] * k + row[3] for row in to_head[:3])
    return x, y, z


def _free_cores(core: Mask, head: tuple[Floats, Floats, Floats], voxel_cm3: float) -> list[Mask]:
    """Components of eroded bone (nk, nj, ni) that cross the midline but not the top, each a mask."""
    label, count = ndimage.label(core)
    if count < 2:
        return []
    numbers = np.arange(1, count + 1)
    size_cm3 = np.bincount(label.ravel(), minlength=count + 1)[1:] * voxel_cm3
    large = numbers[size_cm3 >= _MIN_CORE_CM3]
    left, right = (ndimage.maximum(sign * head[0], label, large) for sign in (-1, 1))
    below = ndimage.maximum(head[2], label, large) < _TOP_MM - 2 * _EROSIONS_MM[-1]
    return [label == number for number in large[(np.minimum(left, right) > _ACROSS_MM) & below]]


def _grow_arch(core: Mask, bone: Mask, depth: Floats, erosion_mm: float, x: Floats, spacing: Floats) -> Mask:
    """The arch (nk, nj, ni) that a core of it belongs to; nothing where other bone goes on from it all along."""
    near = _padded_box(core, (2 * erosion_mm + _GROWN_MM + 2.0) / spacing)
    from_core = ndimage.distance_transform_edt(~core[near], sampling=spacing)
    other = bone[near] & (depth[near] > erosion_mm) & ~core[near]
    from_other = ndimage.distance_transform_edt(~other, sampling=spacing) if other.any() else np.full(other.shape, 99.0)
    grown = bone[near] & (from_core < erosion_mm + _GROWN_MM) & (from_core <= from_other)
    touching = ndimage.binary_dilation(grown) & bone[near] & ~grown
    middle = np.abs(x[near]) < _MIDDLE_MM
    sections, joined = (np.unique(np.floor(x[near][part & middle] / _SECTION_MM)) for part in (grown, touching))
    arch = np.zeros_like(core)
    if len(joined) <= _MAX_TOUCHING_SHARE * len(sections):
        arch[near] = grown
    return arch


def _padded_box(mask: Mask, padding: Floats) -> tuple[slice, ...]:
    """The box of a mask with some voxels round it."""
    return tuple(
        slice(max(0, side.start - pad), side.stop + pad)
        for side, pad in zip(bounding_box(mask), np.ceil(padding).astype(int).tolist(), strict=True)
    )
