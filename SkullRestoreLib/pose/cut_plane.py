"""Find where a head is cut off by a plane: half a skull, a slab, a head without its vertex. Bone and pose in.

A defect is missing vault in a complete head. Where bone ends in a plane, and the mean head has more than vault beyond
it, a part of the scan or of the model is missing, and a restoration of it would be invented (decision 0153).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from SkullRestoreLib.affine import apply_affine, voxel_spacing
from SkullRestoreLib.geometry.icosphere import spherical_grid, values_at_level
from SkullRestoreLib.geometry.mask_rows import find_row_ends
from SkullRestoreLib.input_faults import fault_error, fault_sentence
from SkullRestoreLib.method_parameters import METHOD, CutParameters
from SkullRestoreLib.records import Bone, Pose
from SkullRestoreLib.skull_model.atlas import HeadTemplate

_MEAN_HEAD_LEVEL = 4
"""Of the mean head's tables here: 7 mm between vertices."""
_OUTLINE_STEP_MM = 2.0
"""Distance of the points on an outline that are looked at."""


class CutPlane(NamedTuple):
    """A plane in which bone ends."""

    normal: NDArray[np.float64]
    """(3,) float64, away from the bone, RAS."""
    offset_mm: float
    """Position along the normal."""
    area_cm2: float
    """Of the hull of the bone in the plane."""
    outline: float
    """Share of its outline along which there is bone."""


class _Missing(NamedTuple):
    """What the mean head has beyond a plane."""

    depth_mm: float
    vault_cm2: float
    base_ml: float


def check_not_cut_off(
    bone: Bone, pose: Pose, template: HeadTemplate, *, parameters: CutParameters = METHOD.cut
) -> tuple[str, ...]:
    """Check that no part of the head is cut off by a plane, except below.

    Parameters
    ----------
    bone
        Segmented bone.
    pose
        Its head frame.
    template
        The mean head.
    parameters
        Of this step.

    Returns
    -------
    tuple of str
        A finding where vault alone ends in a plane: it may be a defect, and it may be the end of a scan.

    Raises
    ------
    InputError
        If the head is cut off.
    """
    findings: list[str] = []
    for plane in find_cut_planes(bone, parameters=parameters):
        towards = pose.ras_to_head[:3, :3] @ plane.normal
        is_below = towards[2] < parameters.below_z and (not pose.findings or plane.normal[2] < parameters.below_z)
        missing = _missing_beyond(plane, pose, template, parameters)
        if is_below or missing.depth_mm < parameters.least_depth_mm * pose.size:
            continue
        side = _side_in_words(plane.normal, side_known=bone.side_known)
        seen = {"side": side, "area": f"{plane.area_cm2:.0f}", "depth": f"{missing.depth_mm:.0f}"}
        most_ml, most_cm2 = parameters.max_base_ml * pose.size**3, parameters.max_vault_cm2 * pose.size**2
        if missing.base_ml > most_ml or missing.vault_cm2 > most_cm2:
            raise fault_error("cut off", **seen)
        if plane.area_cm2 >= parameters.flat_end_cm2 and plane.outline >= parameters.flat_end_outline:
            findings.append(fault_sentence("ends in a plane", **seen))
    return tuple(findings)


def describe_flat_end(bone: Bone, *, parameters: CutParameters = METHOD.cut) -> str:
    """Say where bone ends in a plane, other than below, as the likely reason why no head was recognised.

    Parameters
    ----------
    bone
        Segmented bone.
    parameters
        Of this step.

    Returns
    -------
    str
        A sentence, with the sides of the scan; empty where bone ends in no plane.
    """
    for plane in find_cut_planes(bone, parameters=parameters):
        if plane.area_cm2 >= parameters.flat_end_cm2 and plane.normal[2] >= parameters.below_z:
            side, area = _side_in_words(plane.normal, side_known=bone.side_known), f"{plane.area_cm2:.0f}"
            return f"The bone ends in a plane over {area} cm² at the {side} of the scan, as a part of a skull does."
    return ""


def find_cut_planes(bone: Bone, *, parameters: CutParameters = METHOD.cut) -> list[CutPlane]:
    """Find the planes in which bone ends: flat parts of its convex hull with bone along their outline, and in them.

    Parameters
    ----------
    bone
        Segmented bone.
    parameters
        Of this step.

    Returns
    -------
    list of CutPlane
        Largest first. That of the lower end of a scan is among them.
    """
    from scipy.spatial import ConvexHull

    step = np.maximum(1, (parameters.sampling_mm / voxel_spacing(bone.ijk_to_ras)).astype(int))
    tolerance = max(parameters.flat_within_mm, float((step * voxel_spacing(bone.ijk_to_ras)).max()))
    layer_mm = max(parameters.layer_mm, float((step * voxel_spacing(bone.ijk_to_ras)).max()))
    points = apply_affine(bone.ijk_to_ras, find_row_ends(bone.mask).hull_points().astype(float))
    hull = ConvexHull(points)
    corners = points[hull.simplices]
    areas = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1) / 200
    normals, offsets = hull.equations[:, :3], -hull.equations[:, 3]
    inside = np.stack(np.nonzero(bone.mask[:: step[2], :: step[1], :: step[0]])[::-1], axis=1) * step
    least_cosine = np.cos(np.radians(parameters.flat_within_deg))
    is_free = np.ones(len(areas), bool)
    planes = []
    for first in np.argsort(-areas)[: parameters.tried_facets]:
        if not is_free[first]:
            continue
        same = np.flatnonzero((normals @ normals[first] > least_cosine) & is_free)
        same = same[(np.abs(corners[same] @ normals[first] - offsets[first]) < tolerance).all(axis=1)]
        is_free[same] = False
        if areas[same].sum() < parameters.least_area_cm2 / 2:
            continue
        normal = np.average(normals[same], axis=0, weights=areas[same])
        normal /= np.linalg.norm(normal)
        offset = float((points @ normal).max())
        height = inside @ (bone.ijk_to_ras[:3, :3].T @ normal) + bone.ijk_to_ras[:3, 3] @ normal
        if _bone_in_plane(offset - height, layer_mm, parameters) < parameters.least_bone_in_plane:
            continue
        near = apply_affine(bone.ijk_to_ras, inside[height > offset - 2 * tolerance])
        area, outline = _contact(near[near @ normal > offset - tolerance], normal, parameters)
        if area >= parameters.least_area_cm2 and outline >= parameters.least_outline:
            planes.append(CutPlane(normal, offset, area, outline))
    return sorted(planes, key=lambda plane: -plane.area_cm2)


def _bone_in_plane(depth_mm: NDArray[np.float64], layer_mm: float, parameters: CutParameters) -> float:
    """Bone in the layer at a plane, as a part of that in a layer further in; from the depths (n,) of bone voxels.

    A cut goes through the thickness of the bone. The margin of a hole runs towards the middle of the head, and only the
    edge of its outer table meets the plane over it (decision 0203).
    """
    first_mm = parameters.compared_layer * layer_mm
    in_plane = int((depth_mm < layer_mm).sum())
    further_in = int(((depth_mm >= first_mm) & (depth_mm < first_mm + layer_mm)).sum())
    return in_plane / max(further_in, 1)


def _contact(
    points: NDArray[np.float64], normal: NDArray[np.float64], parameters: CutParameters
) -> tuple[float, float]:
    """Area of the hull of the points (p, 3) near a plane, cm², and the share of its outline along which there is bone.

    Three bony points that carry a plane have only corners of an outline; a cut has bone all around.
    """
    from scipy.spatial import ConvexHull, QhullError, cKDTree

    across = np.linalg.svd(normal[None])[2][1:]
    flat = points @ across.T
    try:
        hull = ConvexHull(flat)
    except (QhullError, ValueError):
        return 0.0, 0.0
    corners = flat[hull.vertices]
    sides = np.roll(corners, -1, axis=0) - corners
    counts = np.maximum(1, np.ceil(np.linalg.norm(sides, axis=1) / _OUTLINE_STEP_MM).astype(int))
    of_side = np.repeat(np.arange(len(corners)), counts)
    part = (np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)) / counts[of_side]
    gaps = cKDTree(flat).query(corners[of_side] + part[:, None] * sides[of_side])[0]
    return float(hull.volume) / 100, float((gaps < parameters.outline_within_mm).mean())


def _missing_beyond(plane: CutPlane, pose: Pose, template: HeadTemplate, parameters: CutParameters) -> _Missing:
    """What the mean head, in this pose and size, has beyond a plane."""
    grid = spherical_grid(_MEAN_HEAD_LEVEL)
    outer = values_at_level(template.outer, _MEAN_HEAD_LEVEL)
    vault = values_at_level(template.vault.astype(float), _MEAN_HEAD_LEVEL) > 0.5
    surface = (grid.directions * outer[:, None])[vault] * pose.size
    beyond = apply_affine(pose.head_to_ras, surface) @ plane.normal - plane.offset_mm
    cell_cm2 = 4 * np.pi * (pose.size * outer[vault]) ** 2 / len(outer) / 100
    z, y, x = np.nonzero(template.occupancy >= parameters.common_bone_share)
    common = np.stack([x, y, z], axis=1) * template.spacing_mm + template.origin_mm
    radius = np.linalg.norm(common, axis=1)
    nearest = grid.nearest_vertices(common / np.maximum(radius, 1e-6)[:, None])
    is_base = (radius < outer[nearest] - parameters.vault_depth_mm) | ~vault[nearest]
    is_base &= common[:, 2] > parameters.lowest_base_mm
    base = apply_affine(pose.head_to_ras, common[is_base] * pose.size) @ plane.normal - plane.offset_mm
    ml = np.count_nonzero(base > parameters.beyond_mm) * (template.spacing_mm * pose.size) ** 3 / 1000
    return _Missing(float(beyond.max()), float(cell_cm2[beyond > parameters.beyond_mm].sum()), float(ml))


def _side_in_words(towards: NDArray[np.float64], *, side_known: bool) -> str:
    """Name the side of the scan to which a direction (3,) points, RAS: of half a head the frame may be wrong."""
    axis = int(np.argmax(np.abs(towards)))
    if axis == 0 and not side_known:
        return "left or right"
    return (("left", "right"), ("back", "front"), ("bottom", "top"))[axis][int(towards[axis] > 0)]
