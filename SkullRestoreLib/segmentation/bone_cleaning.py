"""Remove from segmented bone what is not skull: specks, metal, table, head rest, neck.

Position decides: the head is the largest body of soft tissue, and a table, a head rest or a drain is outside it. Fields
and masks are changed in place, since a copy of a CT takes half a gigabyte.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from SkullRestoreLib._system.page_zeros import zeros_by_page
from SkullRestoreLib.affine import voxel_volume_ml
from SkullRestoreLib.findings import Note
from SkullRestoreLib.geometry.ball_reach import within_reach
from SkullRestoreLib.method_parameters import METHOD, SegmentationParameters
from SkullRestoreLib.records import Volume
from SkullRestoreLib.segmentation.bone_pieces import BonePieces, connected_components
from SkullRestoreLib.segmentation.plausibility import vertical_axis

COARSE_GRID_MM = 2.5
"""Grid on which head and neighbourhood are judged."""

_CORNER_VOXELS = 3
"""So many voxels along each axis are a corner of a scan."""


class HeadRegion(NamedTuple):
    """Where the head is, on a coarse grid."""

    region: NDArray[np.bool_]
    """(ck, cj, ci) bool."""
    step: NDArray[np.int_]
    """(3,) int, voxels of one cell along k, j, i."""


def find_head(volume: Volume, *, parameters: SegmentationParameters = METHOD.segmentation) -> HeadRegion:
    """Find the head as the largest body of soft tissue.

    Parameters
    ----------
    volume
        CT in HU.
    parameters
        Of this step.

    Returns
    -------
    HeadRegion
        Empty where there is no soft tissue, or little of it, as in the CT of a dry skull.
    """
    spacing = volume.spacing[::-1]
    step = np.maximum(1, np.round(COARSE_GRID_MM / spacing)).astype(int)
    coarse = volume.array[:: step[0], :: step[1], :: step[2]]
    body = coarse > parameters.soft_tissue_hu
    filling = _corner_filling(volume.array, parameters)
    if filling is not None:  # single voxels of this value may be anything
        body &= ~ndimage.binary_erosion(coarse == filling, np.ones((3, 3, 3)), border_value=1)
    padded = np.pad(body, 4, mode="edge")  # the scan's edge is no surface of the head
    opening = parameters.head_opening_mm
    core, count = ndimage.label(~within_reach(~padded, opening, spacing * step))
    if count == 0:
        return HeadRegion(np.zeros_like(body), step)
    core = core == np.argmax(np.bincount(core.ravel())[1:]) + 1
    region = padded & within_reach(core, opening + 2, spacing * step)
    region = region[4:-4, 4:-4, 4:-4]
    if np.count_nonzero(region) * np.prod(step) * voxel_volume_ml(volume.ijk_to_ras) < parameters.least_head_ml:
        region = np.zeros_like(body)
    return HeadRegion(region, step)


def _corner_filling(array: NDArray[np.integer], parameters: SegmentationParameters) -> int | None:
    """Value that fills at least half of the eight corners of a scan; None where it is air, or noise."""
    ends = (slice(0, _CORNER_VOXELS), slice(-_CORNER_VOXELS, None))
    corners = [array[k, j, i] for k in ends for j in ends for i in ends]
    values = [int(corner.flat[0]) for corner in corners if (corner == corner.flat[0]).all()]
    usual = max(values, key=values.count, default=None)
    if usual is None or usual <= parameters.least_filling_hu or values.count(usual) < len(corners) / 2:
        return None
    return usual


def remove_metal(
    volume: Volume,
    field: NDArray[np.int16],
    mask: NDArray[np.bool_],
    below_iso: np.int16,
    *,
    parameters: SegmentationParameters = METHOD.segmentation,
) -> tuple[NDArray[np.bool_] | None, list[str]]:
    """Remove metal and the blurred rim around it from ``field`` and ``mask``, in place.

    Next to bone the rim is bone: under a mesh that rests on it, the outer table would be lost otherwise.

    Parameters
    ----------
    volume
        CT in HU.
    field
        (nk, nj, ni) int16, HU.
    mask
        (nk, nj, ni) bool, bone.
    below_iso
        Value that the field gets where bone is removed, HU.
    parameters
        Of this step.

    Returns
    -------
    metal : (nk, nj, ni) bool or None
        None where there is none.
    findings : list of str
        For the user.
    """
    layers = [k for k, layer in enumerate(volume.array) if layer.max() > parameters.metal_hu]
    if not layers:
        return None, []
    dense = zeros_by_page(volume.array.shape, bool)
    for k in layers:
        np.greater(volume.array[k], parameters.metal_hu, out=dense[k])
    box, labels = connected_components(dense)
    is_metal = np.bincount(labels[labels > 0]) * voxel_volume_ml(volume.ijk_to_ras) * 1000 >= parameters.min_piece_mm3
    if not is_metal.any():
        return None, []
    dense[box] = is_metal[labels]
    _grow_into_blurred_metal(dense, volume, box, parameters)
    take_off_metal(dense, volume.spacing, field, mask, below_iso, parameters=parameters)
    ml = float(np.count_nonzero(dense)) * voxel_volume_ml(volume.ijk_to_ras)
    return dense, [
        f"{ml:.1f} mL of metal (over {parameters.metal_hu} HU) set apart; "
        "its streaks may blur the bone near it: check there."
    ]


def take_off_metal(
    metal: NDArray[np.bool_],
    spacing: NDArray[np.float64],
    field: NDArray[np.int16],
    mask: NDArray[np.bool_],
    below_iso: int | np.int16,
    *,
    parameters: SegmentationParameters = METHOD.segmentation,
) -> None:
    """Take metal and its blurred rim off the bone, in place. Next to thick bone the rim is bone.

    Parameters
    ----------
    metal
        (nk, nj, ni) bool, not empty.
    spacing
        (3,) float64, mm along i, j, k.
    field
        (nk, nj, ni) int16, HU.
    mask
        (nk, nj, ni) bool, bone.
    below_iso
        Value that the field gets where bone is removed, HU.
    parameters
        How far metal is blurred.
    """
    box, labels = connected_components(metal)
    spacing = spacing[::-1]
    margin = np.ceil(4 * parameters.metal_rim_mm / spacing).astype(int)  # as far as thick bone is looked at
    bone = mask & ~metal
    for part in ndimage.find_objects(labels.astype(np.int32)):
        around = tuple(
            slice(max(0, s.start + b.start - m), s.stop + b.start + m)
            for s, b, m in zip(part, box, margin, strict=True)
        )
        halo = within_reach(metal[around], parameters.metal_rim_mm, spacing)
        beyond = ndimage.distance_transform_edt(halo, sampling=spacing, return_distances=False, return_indices=True)
        halo &= metal[around] | ~_thick_part(bone[around], spacing, parameters.metal_rim_mm)[tuple(beyond)]
        mask[around][halo] = False
        field[around][halo] = np.minimum(field[around][halo], below_iso)


def _grow_into_blurred_metal(
    dense: NDArray[np.bool_], volume: Volume, box: tuple[slice, ...], parameters: SegmentationParameters
) -> None:
    """Add to ``dense``, in place, what hangs together with it and is nearly as bright.

    A thin mesh that the scan has blurred is. ``box`` holds all of ``dense``.
    """
    steps = np.ceil(parameters.blurred_metal_mm / volume.spacing[::-1]).astype(int)
    near = tuple(slice(max(0, part.start - step), part.stop + step) for part, step in zip(box, steps, strict=True))
    bright = volume.array[near] > parameters.blurred_metal_hu
    dense[near] = ndimage.binary_dilation(
        dense[near], np.ones((3, 3, 3)), iterations=int(steps.max()), mask=bright | dense[near]
    )


def _thick_part(bone: NDArray[np.bool_], spacing: NDArray[np.float64], radius_mm: float) -> NDArray[np.bool_]:
    """Bone in which a ball of this radius has room, and not the thin sheets of a blurred mesh: (nk, nj, ni) bool."""
    has_room = ~within_reach(~bone, radius_mm, spacing)
    return bone & within_reach(has_room, radius_mm, spacing)


def remove_foreign_objects(
    field: NDArray[np.generic],
    mask: NDArray[np.bool_],
    below_iso: int | np.int16,
    spacing: NDArray[np.float64],
    head: HeadRegion | None,
    *,
    pieces: BonePieces,
    parameters: SegmentationParameters = METHOD.segmentation,
) -> list[str]:
    """Remove specks and everything outside the head from ``field`` and ``mask``, in place.

    Parameters
    ----------
    field
        (nk, nj, ni) int16 or uint8.
    mask
        (nk, nj, ni) bool, bone.
    below_iso
        Value that the field gets where bone is removed.
    spacing
        (3,) float64, mm along k, j, i.
    head
        Where the head is; None for a mask, in which nothing shows it.
    pieces
        Of ``mask``.
    parameters
        Of this step.

    Returns
    -------
    list of str
        Findings for the user.
    """
    _, voxels, label, count = pieces
    mm3 = count * np.prod(spacing)
    share = np.zeros(len(count))
    if head is not None:
        share = _share_in_head(pieces.positions(voxels[::7]), label[::7], head, size=len(count))
    main = int(np.argmax(count * share)) if (count * share).any() else 0
    if share[main] >= 0.5:
        inside = share >= 0.5
    else:  # a mask, or a dry skull: nothing shows the head
        main = int(np.argmax(count))
        rest = (label != main) & (mm3 >= parameters.min_piece_mm3)[label]
        inside = _belongs_to_skull(pieces, main, rest=rest, spacing=spacing, mm3=mm3, parameters=parameters)
    keep = (mm3 >= parameters.min_piece_mm3) & inside
    keep[main] = True
    if keep[1:].all():
        return []
    index = tuple(pieces.positions(voxels[~keep[label]]))
    mask[index] = False
    field[index] = below_iso
    outside = float(mm3[~keep & (mm3 >= parameters.min_reported_mm3)].sum()) / 1000
    if not outside:
        return []
    return [Note(f"{outside:.1f} mL outside the head (table, head rest or the like) removed.")]


def _share_in_head(
    kji: list[NDArray[np.signedinteger]], label: NDArray[np.integer], head: HeadRegion, *, size: int
) -> NDArray[np.float64]:
    """Share of each component that is in the head, 0..1, from some of its voxels (n,); 0 without any of them."""
    cells = zip(kji, head.step.tolist(), head.region.shape, strict=True)
    cell = tuple(np.minimum(index // step, count - 1) for index, step, count in cells)
    return np.bincount(label, head.region[cell], size) / np.maximum(np.bincount(label, minlength=size), 1)


def _belongs_to_skull(
    pieces: BonePieces,
    main: int,
    *,
    rest: NDArray[np.bool_],
    spacing: NDArray[np.float64],
    mm3: NDArray[np.float64],
    parameters: SegmentationParameters,
) -> NDArray[np.bool_]:
    """Which components belong to the skull: those in its convex hull, and large ones within 5 mm of it.

    For scans without soft tissue to judge by. The skull is component ``main``; ``rest`` (p,) says which voxels of the
    pieces may belong to it, ``mm3`` is the volume of each component. The hull is the space between the
    skull's tangent planes in 100 directions: exact to a millimetre or two, and a hundred times faster than the facets
    of the hull.
    """
    step = np.maximum(1, np.round(COARSE_GRID_MM / spacing)).astype(int)
    start = np.array([[part.start] for part in pieces.box])
    coarse = np.zeros([-(-(part.stop - part.start) // n) for part, n in zip(pieces.box, step, strict=True)], bool)
    on_grid = pieces.voxels[pieces.label == main]
    for axis in (2, 1, 0):  # each leaves a part to the next
        on_grid = on_grid[(pieces.positions(on_grid)[axis] - pieces.box[axis].start) % int(step[axis]) == 0]
    coarse[tuple((np.stack(pieces.positions(on_grid)) - start) // step[:, None])] = True
    label, kji = pieces.label[rest], np.stack(pieces.positions(pieces.voxels[rest])) - start
    if not label.size or not coarse.any():
        return np.zeros(len(mm3), bool)
    near = within_reach(coarse, parameters.touching_mm, spacing * step)
    cell = tuple(np.minimum(kji // step[:, None], np.array(coarse.shape)[:, None] - 1))
    touches = np.bincount(label, near[cell], len(mm3)) > 0
    some = slice(None, None, max(1, label.size // 200_000))
    azimuth = np.arange(50) * np.pi * (3 - np.sqrt(5))
    z = (np.arange(50) + 0.5) / 50
    directions = np.stack([z, np.sqrt(1 - z * z) * np.cos(azimuth), np.sqrt(1 - z * z) * np.sin(azimuth)])
    directions = directions * spacing[:, None]
    planes = (np.argwhere(coarse) * step) @ directions
    along = kji.T[some] @ directions
    within = ((along >= planes.min(axis=0) - 1) & (along <= planes.max(axis=0) + 1)).all(axis=1)
    share = np.bincount(label[some], within, len(mm3)) / np.maximum(np.bincount(label[some], minlength=len(mm3)), 1)
    return (share > 0.5) | (touches & (mm3 >= parameters.min_touching_piece_mm3))


def remove_neck(
    field: NDArray[np.generic],
    mask: NDArray[np.bool_],
    below_iso: int | np.int16,
    ijk_to_ras: NDArray[np.float64],
    *,
    parameters: SegmentationParameters = METHOD.segmentation,
) -> list[str]:
    """Remove everything far below the vertex from ``field`` and ``mask``, in place.

    Parameters
    ----------
    field
        (nk, nj, ni) int16 or uint8.
    mask
        (nk, nj, ni) bool, bone, not empty.
    below_iso
        Value that the field gets where bone is removed.
    ijk_to_ras
        (4, 4) float64, mm.
    parameters
        Of this step.

    Returns
    -------
    list of str
        Findings for the user.
    """
    axis, sign = vertical_axis(ijk_to_ras)
    slices = np.flatnonzero(mask.any(axis=tuple(a for a in range(3) if a != axis)))
    height = int(parameters.max_head_height_mm / np.linalg.norm(ijk_to_ras[:3, 2 - axis]))
    if slices[-1] - slices[0] <= height:
        return []
    window = [slice(None)] * 3
    window[axis] = slice(0, slices[-1] - height) if sign > 0 else slice(slices[0] + height + 1, None)
    below = tuple(window)
    field[below][mask[below]] = below_iso
    mask[below] = False
    height_cm = parameters.max_head_height_mm / 10
    return [Note(f"Bone more than {height_cm:.0f} cm below the vertex (neck, shoulders) left out.")]
