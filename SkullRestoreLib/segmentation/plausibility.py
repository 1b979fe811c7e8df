"""Check that bone can be a skull's and that its vault is inside the scan: mask and volume in, findings out.

Each check that fails raises :class:`InputError` with what was found, what was expected, and what to try.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from SkullRestoreLib.affine import apply_affine, axis_directions, voxel_volume_ml
from SkullRestoreLib.errors import DependencyError, InputError
from SkullRestoreLib.geometry.mask_rows import find_row_ends
from SkullRestoreLib.input_faults import fault_error, fault_sentence
from SkullRestoreLib.method_parameters import METHOD, PlausibilityParameters
from SkullRestoreLib.records import Volume

_FIELD_OF_VIEW_GRID_MM = 2.5
"""Grid on which the edge of the field of view is looked at."""
_LAYER_STEP = 8
"""Every eighth layer of a mask says how thick its bone is."""
_VOXELS_AT_A_TIME = 1 << 18
"""Labels of so many voxels, and what is found of them, fit into a processor's cache."""


class BonePieces(NamedTuple):
    """The connected pieces of a mask."""

    box: tuple[slice, slice, slice]
    """The smallest box around the mask, along k, j, i."""
    labels: NDArray[np.unsignedinteger]
    """(bk, bj, bi) number of the piece of each voxel of the box, 0 where the mask is false."""
    voxels: NDArray[np.signedinteger]
    """(p,) flat index in the box of every voxel of the mask, ascending."""
    label: NDArray[np.unsignedinteger]
    """(p,) number of its piece."""
    sizes: NDArray[np.int64]
    """(c,) voxels of each piece; the first is 0."""


def find_pieces(mask: NDArray[np.bool_]) -> BonePieces:
    """Find the connected pieces of a mask, and how large they are.

    Parameters
    ----------
    mask
        (nk, nj, ni) bool, not empty.

    Returns
    -------
    BonePieces

    Raises
    ------
    DependencyError
        If connected-components-3d is not installed.
    """
    box, inside, labels, count = _label(mask)
    flat_mask, flat = inside.reshape(-1), labels.reshape(-1)
    index_type: type[np.signedinteger] = np.int32 if flat.size <= np.iinfo(np.int32).max else np.int64
    voxels: NDArray[np.signedinteger] = np.zeros(np.count_nonzero(inside), index_type)
    label, sizes = np.zeros(len(voxels), labels.dtype), np.zeros(count + 1, np.int64)
    used = 0
    for start in range(0, flat.size, _VOXELS_AT_A_TIME):
        part = slice(start, start + _VOXELS_AT_A_TIME)
        found = np.flatnonzero(flat_mask[part])
        here = slice(used, used + len(found))
        used += len(found)
        np.add(found, start, out=voxels[here], casting="same_kind")
        label[here] = flat[part][found]
        sizes += np.bincount(label[here], minlength=count + 1)
    return BonePieces(box, labels, voxels, label, sizes)


def check_single_skull(
    pieces: BonePieces, volume: Volume, *, parameters: PlausibilityParameters = METHOD.plausibility
) -> None:
    """Check that there are not several skulls.

    Parameters
    ----------
    pieces
        Of the bone.
    volume
        The scan that it was found in.
    parameters
        Numbers of the method.

    Raises
    ------
    InputError
        If two bodies have the bone and the size of a skull each, next to each other. A vault that was sawn off is above
        its base, and shares its place from side to side and from front to back.
    """
    ml = pieces.sizes[1:] * voxel_volume_ml(volume.ijk_to_ras)
    large = np.flatnonzero(ml >= parameters.bone_volume_range_ml[0]) + 1
    if len(large) < 2:
        return
    start = np.array([s.start for s in pieces.box])
    boxes = [found for found in ndimage.find_objects(pieces.labels.astype(np.int32)) if found is not None]
    ends = []
    for label in large:
        corners = np.array(
            np.meshgrid(*[(s.start + n - 0.5, s.stop + n - 0.5) for s, n in zip(boxes[label - 1], start, strict=True)])
        )
        ras = apply_affine(volume.ijk_to_ras, corners.reshape(3, -1)[::-1].T)
        ends.append((ras.min(axis=0), ras.max(axis=0)))
    least = np.array(parameters.second_skull_mm)
    centres = np.array([(low + high) / 2 for low, high in ends if (high - low >= least).all()])
    if len(centres) < 2:
        return
    across = np.linalg.norm((centres - centres[0])[:, :2], axis=1).max()
    apart = np.linalg.norm(centres - centres[0], axis=1).max()
    if across >= parameters.skulls_apart_mm or apart >= parameters.skulls_above_mm:
        raise fault_error("two skulls", count=len(centres), distance=f"{apart:.0f}")


def check_amount(mask: NDArray[np.bool_], volume: Volume, iso: float | None, *, highest_hu: int | None = None) -> None:
    """Check that there is any bone at all.

    Parameters
    ----------
    mask
        (nk, nj, ni) bool, bone.
    volume
        The scan that it was found in.
    iso
        Threshold in HU, None where the input was a mask.
    highest_hu
        The greatest value of a CT.

    Raises
    ------
    InputError
        With less than 1 mL of bone.
    """
    ml = float(np.count_nonzero(mask)) * voxel_volume_ml(volume.ijk_to_ras)
    if ml >= 1:
        return
    if iso is None:
        raise InputError(
            f"The mask holds {ml:.1f} mL of bone: it is empty. Give a mask that is 1 in bone and 0 elsewhere."
        )
    raise InputError(
        f"There is no bone in the CT: {ml:.1f} mL reach {iso:.0f} HU, "
        f"the highest value is {highest_hu} HU. "
        "Is it a head CT in HU? A lower threshold (such as 150) may help."
    )


def check_thickness(
    mask: NDArray[np.bool_], volume: Volume, *, parameters: PlausibilityParameters = METHOD.plausibility
) -> list[str]:
    """Check that the voxels of a mask are fine enough for its bone.

    A voxel of a mask is bone or not. A wall that is no thicker than a voxel has gaps wherever it passes between the
    centres of two voxels, and these gaps look like defects; in a CT such bone is fainter and can be weighed.

    Parameters
    ----------
    mask
        (nk, nj, ni) bool, bone.
    volume
        The mask, or the model as voxels.
    parameters
        Numbers of the method.

    Returns
    -------
    list of str
        A finding where much of the bone is that thin.

    Raises
    ------
    InputError
        If most of it is.
    """
    share = _thin_share(mask[bounding_box(mask)])
    seen = {"percent": f"{100 * share:.0f} %", "voxel": f"{max(volume.spacing):.1f}"}
    if share > parameters.max_thin_share:
        raise fault_error("coarse mask", **seen)
    return [fault_sentence("thin mask", **seen)] if share > parameters.reported_thin_share else []


def _thin_share(mask: NDArray[np.bool_]) -> float:
    """Share of the bone that is in no cube of 2 × 2 × 2 voxels of bone, in every eighth layer."""
    count, thick = 0, 0
    padded = np.pad(mask, 1)
    for k in range(1, len(padded) - 1, _LAYER_STEP):
        is_thick = np.zeros(padded.shape[1:], bool)
        for other in (k - 1, k + 1):
            both = padded[k] & padded[other]
            square = both[:-1, :-1] & both[1:, :-1] & both[:-1, 1:] & both[1:, 1:]
            for rows in (slice(None, -1), slice(1, None)):
                for columns in (slice(None, -1), slice(1, None)):
                    is_thick[rows, columns] |= square
        count += int(np.count_nonzero(padded[k]))
        thick += int(np.count_nonzero(is_thick))
    return 1.0 - thick / max(count, 1)


def check_not_inverted(
    mask: NDArray[np.bool_], volume: Volume, *, parameters: PlausibilityParameters = METHOD.plausibility
) -> None:
    """Check that a mask is not 0 in bone and 1 elsewhere.

    Parameters
    ----------
    mask
        (nk, nj, ni) bool, as it was read.
    volume
        The mask.
    parameters
        Numbers of the method.

    Raises
    ------
    InputError
        If the mask is set on the array's faces, and what is not set has the volume of a skull.
    """
    faces = [np.take(mask, end, axis=axis) for axis in range(3) for end in (0, -1)]
    if sum(map(np.count_nonzero, faces)) < parameters.set_around_share * sum(face.size for face in faces):
        return
    least_ml, most_ml = parameters.bone_volume_range_ml
    ml = float(np.count_nonzero(~mask)) * voxel_volume_ml(volume.ijk_to_ras)
    if least_ml <= ml <= most_ml:
        raise fault_error("inverted mask", volume=f"{ml:.0f}")


def bounding_box(mask: NDArray[np.bool_]) -> tuple[slice, slice, slice]:
    """Find the smallest box around what is true.

    Parameters
    ----------
    mask
        (nk, nj, ni) bool, not empty.

    Returns
    -------
    tuple of slice
        Along k, j and i.

    Examples
    --------
    >>> mask = np.zeros((4, 4, 4), dtype=bool)
    >>> mask[1, 2, 3] = True
    >>> bounding_box(mask)
    (slice(1, 2, None), slice(2, 3, None), slice(3, 4, None))
    """
    has_any = np.zeros(len(mask), bool)
    shadow = np.zeros(mask.shape[1:], bool)
    for n, layer in enumerate(mask):
        has_any[n] = layer.any()
        if has_any[n]:
            shadow |= layer
    k, j, i = np.flatnonzero(has_any), np.flatnonzero(shadow.any(axis=1)), np.flatnonzero(shadow.any(axis=0))
    return slice(int(k[0]), int(k[-1]) + 1), slice(int(j[0]), int(j[-1]) + 1), slice(int(i[0]), int(i[-1]) + 1)


def connected_components(mask: NDArray[np.bool_]) -> tuple[tuple[slice, slice, slice], NDArray[np.unsignedinteger]]:
    """Label the connected components (26 neighbours) inside the mask's bounding box.

    Parameters
    ----------
    mask
        (nk, nj, ni) bool, not empty.

    Returns
    -------
    box : tuple of slice
        Along k, j, i.
    labels : (bk, bj, bi) unsigned int
        Number of the component of each voxel of the box, 0 where the mask is false.

    Raises
    ------
    DependencyError
        If connected-components-3d is not installed.
    """
    box, _, labels, _ = _label(mask)
    return box, labels


def _label(
    mask: NDArray[np.bool_],
) -> tuple[tuple[slice, slice, slice], NDArray[np.bool_], NDArray[np.unsignedinteger], int]:
    """Box of a mask, what is in it, its components, and how many there are."""
    try:
        import cc3d
    except ModuleNotFoundError as error:
        raise DependencyError(
            "The package 'connected-components-3d' is needed to segment bone and is not installed. Install it with pip."
        ) from error
    box = bounding_box(mask)
    inside = np.ascontiguousarray(mask[box])
    return box, inside, *cc3d.connected_components(inside, connectivity=26, return_N=True)


def vertical_axis(ijk_to_ras: NDArray[np.float64]) -> tuple[int, int]:
    """Find the array axis that runs most nearly from foot to head.

    Parameters
    ----------
    ijk_to_ras
        (4, 4) float64, mm.

    Returns
    -------
    axis : int
        Axis of an array ``[k, j, i]``.
    sign : int
        1 where it runs upwards, -1 where downwards.

    Examples
    --------
    >>> vertical_axis(np.diag([-0.5, -0.5, 1.25, 1.0]))
    (0, 1)
    """
    directions = axis_directions(ijk_to_ras)
    column = int(np.argmax(np.abs(directions[2])))
    return 2 - column, int(np.sign(directions[2, column]))


def check_skull(
    mask: NDArray[np.bool_],
    volume: Volume,
    iso: float | None,
    *,
    parameters: PlausibilityParameters = METHOD.plausibility,
) -> list[str]:
    """Check that the bone can be a head's and that its vault is inside the scan.

    Parameters
    ----------
    mask
        (nk, nj, ni) bool, bone.
    volume
        The scan that it was found in.
    iso
        Threshold in HU, None where the input was a mask.
    parameters
        Of this step.

    Returns
    -------
    list of str
        Findings for the user: edges of the scan that bone touches.

    Raises
    ------
    InputError
        If volume or size are no skull's, or if the vertex or a side of the head is cut off.
    """
    ml = float(np.count_nonzero(mask)) * voxel_volume_ml(volume.ijk_to_ras)
    hint = (
        "Is it a bone mask of a complete skull, and are its voxels in mm?"
        if iso is None
        else f"Threshold {iso:.0f} HU: {'a lower' if ml < 500 else 'a higher'} one may help. Is it a head CT in HU?"
    )
    sizes = _extents_mm(mask, volume.ijk_to_ras)
    least_ml, most_ml = parameters.bone_volume_range_ml
    least_ml *= min(1.0, float(np.median(sizes)) / parameters.full_volume_size_mm) ** 3
    if not least_ml <= ml <= most_ml:
        raise InputError(f"{ml:.0f} mL of bone found; a skull has {least_ml:.0f} to {most_ml:.0f} mL. {hint}")
    findings = _check_edges(mask, volume, parameters)
    if volume.kind == "ct":
        findings += _check_field_of_view(mask, volume, parameters)
    ranges = (parameters.width_range_mm, parameters.length_range_mm, parameters.height_range_mm)
    narrowness = min(sizes[:2]) / max(sizes[:2])
    in_range = all(low <= size <= high for size, (low, high) in zip(sizes, ranges, strict=True))
    measured = f"{' × '.join(f'{size:.0f}' for size in sizes)} mm (side to side, front to back, up)"
    if not in_range:
        raise InputError(f"The bone measures {measured}; that is no complete head. {hint}")
    if narrowness < parameters.least_narrowness:
        raise fault_error("half a skull", size=measured)
    return findings


def _extents_mm(mask: NDArray[np.bool_], ijk_to_ras: NDArray[np.float64]) -> NDArray[np.float64]:
    """Size of a mask to the right, to the front and upwards: (3,) mm.

    Of its voxels, not of its box in the grid: where slices are tilted or oblique, the box is larger by half a head.
    """
    box = bounding_box(mask)
    corners = find_row_ends(mask[box]).hull_points() + [part.start for part in box[::-1]]
    ras = apply_affine(ijk_to_ras, corners.astype(float))
    sizes: NDArray[np.float64] = np.ptp(ras, axis=0) + np.abs(ijk_to_ras[:3, :3]).max(axis=1)
    return sizes


def _check_edges(mask: NDArray[np.bool_], volume: Volume, parameters: PlausibilityParameters) -> list[str]:
    """Raise InputError where the scan's edge cuts vault off; findings where bone only touches the edge.

    The lower edge may cut.
    """
    spacing = volume.spacing[::-1]
    directions = axis_directions(volume.ijk_to_ras)
    names = [("right", "left"), ("front", "back"), ("top", "bottom")]
    max_cut_area_cm2 = {
        "top": parameters.max_cut_top_cm2,
        "left": parameters.max_cut_side_cm2,
        "right": parameters.max_cut_side_cm2,
        "back": parameters.max_cut_back_cm2,
        "front": parameters.max_cut_front_cm2,
    }
    findings = []
    for axis in range(3):
        direction = directions[:, 2 - axis]
        ras_axis = int(np.argmax(np.abs(direction)))
        for end, sign in ((0, -1), (-1, 1)):
            name = names[ras_axis][0 if direction[ras_axis] * sign > 0 else 1]
            pixels = np.argwhere(np.take(mask, end, axis=axis))
            if name == "bottom" or not len(pixels):
                continue
            area = _hull_area_cm2(pixels, np.delete(spacing, axis))
            # the scan ends half a voxel beyond these centres, and a round vault's section there is smaller by this much
            area -= np.pi * parameters.vault_radius_mm * spacing[axis] / 100
            side = name if volume.side_known or ras_axis else "left or right"
            if area > max_cut_area_cm2[name]:
                part = "The top of the head is cut off" if name == "top" else f"The head is cut off at the {side}"
                raise InputError(
                    f"{part}: bone meets the scan's edge over {area:.0f} cm². "
                    "A scan that holds the complete vault is needed."
                )
            findings.append(f"Bone touches the {side} edge of the scan.")
    return findings


def _hull_area_cm2(pixels: NDArray[np.integer], spacing: NDArray[np.float64]) -> float:
    """Area of the convex hull of pixels (n, 2); 0 where they are on one line."""
    from scipy.spatial import ConvexHull, QhullError

    if len(pixels) <= 3:
        return 0.0
    try:
        return float(ConvexHull(pixels * spacing).volume / 100)
    except QhullError:
        return 0.0


def _check_field_of_view(mask: NDArray[np.bool_], volume: Volume, parameters: PlausibilityParameters) -> list[str]:
    """Findings where bone meets the filling outside a round field of view.

    Only borders along the slices count: with a tilt there is filling below the head too.
    """
    step = np.maximum(1, np.round(_FIELD_OF_VIEW_GRID_MM / volume.spacing[::-1])).astype(int)
    coarse = tuple(slice(None, None, n) for n in step)
    bone, filled = mask[coarse], volume.array[coarse] < parameters.filling_hu
    if not filled.any():
        return []
    cell_mm = volume.spacing[::-1] * step
    area = 0.0
    for axis in range(3):
        if axis == vertical_axis(volume.ijk_to_ras)[0]:
            continue
        first, second = range(bone.shape[axis] - 1), range(1, bone.shape[axis])
        borders = np.count_nonzero(np.take(filled, first, axis) & np.take(bone, second, axis))
        borders += np.count_nonzero(np.take(filled, second, axis) & np.take(bone, first, axis))
        area += float(borders) * np.prod(np.delete(cell_mm, axis)) / 100
    if area <= parameters.max_field_of_view_area_cm2:
        return []
    return [f"Bone meets the edge of the field of view over {area:.0f} cm²: part of the head may be cut off there."]
