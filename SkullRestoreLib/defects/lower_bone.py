"""Follow sound bone that is lower than the restored surface: surface, presence and bone in, depth of such bone out.

A few millimetres next to a defect bone may sink below the surface that was predicted there: at the root of the nose, in
the groove of a muscle, round the ear canal, at the foramen magnum. Just below the surface there is no bone then, but
none is missing: the bone goes on from the sound vault without a step (decision 0209).
"""

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from SkullRestoreLib.defects.bone_presence import lines_inwards
from SkullRestoreLib.defects.surface_columns import Column
from SkullRestoreLib.geometry.line_samples import sample_linear
from SkullRestoreLib.geometry.refined_mesh import RefinedMesh, grow_region, parts_touching
from SkullRestoreLib.method_parameters import METHOD, LowerBoneParameters
from SkullRestoreLib.records import Bone, Pose

_SEARCH_STEP_MM = 0.3
"""Steps in which the bone's surface is searched for along the ray."""


def find_lower_bone(
    surface: RefinedMesh,
    presence: NDArray[np.float64],
    bone: Bone,
    pose: Pose,
    *,
    parameters: LowerBoneParameters = METHOD.lower_bone,
) -> NDArray[np.float64]:
    """Find how far below the restored surface sound bone goes on.

    Parameters
    ----------
    surface
        Piece of the restored surface, with the values of
        :class:`SkullRestoreLib.defects.surface_columns.Column`.
    presence
        (v,) bone just below it, -1 none to 1 all.
    bone, pose
        Segmented bone and head frame.
    parameters
        How far, and how steeply.

    Returns
    -------
    ndarray
        (v,) mm, and a little beyond where such bone ends; 0 where there is none.
    """
    neighbours, edge_mm = surface.adjacency_matrix, surface.median_edge_mm
    sound = presence > 0
    below = grow_region(sound, neighbours, round(parameters.reach_mm / edge_mm)) & ~sound
    below &= surface.values[:, Column.INSIDE] > 0
    depth = np.full(len(presence), np.nan)
    searched = np.flatnonzero(grow_region(below, neighbours, 1))
    depth[searched] = _depth_of_bone(surface, searched, bone, pose, parameters)
    reached = _follow(depth, sound, below, neighbours, parameters.max_slope * edge_mm, parameters.min_neighbours)
    far = reached & ~grow_region(sound, neighbours, round(parameters.min_width_mm / edge_mm))
    followed = parts_touching(reached, far, neighbours)
    return _spread(np.where(followed, depth, np.nan), ~sound, neighbours, round(parameters.edge_mm / edge_mm))


def _depth_of_bone(
    surface: RefinedMesh, vertices: NDArray[np.int64], bone: Bone, pose: Pose, parameters: LowerBoneParameters
) -> NDArray[np.float64]:
    """Depth (n,), mm, of the bone's outer surface that is nearest to the restored one at some vertices (n,), or NaN."""
    depths = np.arange(-parameters.max_higher_mm, parameters.max_lower_mm + _SEARCH_STEP_MM, _SEARCH_STEP_MM)
    searched = RefinedMesh(surface.faces[:0], surface.directions[vertices], surface.values[vertices])
    lines = lines_inwards(searched, depths, bone, pose)
    value = sample_linear(bone.field, lines, outside=bone.outside_value) - bone.iso
    enters = (value[:, :-1] < 0) & (value[:, 1:] >= 0)
    rise = np.where(enters, value[:, 1:] - value[:, :-1], 1.0)
    crossing = depths[:-1] - _SEARCH_STEP_MM * value[:, :-1] / rise
    nearest = np.where(enters, np.abs(crossing), np.inf).argmin(axis=1)
    found: NDArray[np.float64] = np.take_along_axis(crossing, nearest[:, None], axis=1)[:, 0]
    return np.where(enters.any(axis=1), found, np.nan)


def _follow(
    depth: NDArray[np.float64],
    sound: NDArray[np.bool_],
    below: NDArray[np.bool_],
    neighbours: sparse.csr_matrix,
    step_mm: float,
    min_neighbours: int,
) -> NDArray[np.bool_]:
    """Which vertices ``below`` (v,) are reached from ``sound`` ones (v,), ``depth`` (v,) changing by little."""
    reached, free = sound & np.isfinite(depth), below & np.isfinite(depth)
    while True:
        front = np.flatnonzero(free & grow_region(reached, neighbours, 1))
        around = neighbours[front].tocoo()
        is_next = reached[around.col] & (np.abs(depth[around.col] - depth[front][around.row]) <= step_mm)
        found = front[np.bincount(around.row, weights=is_next, minlength=len(front)) >= min_neighbours]
        if not len(found):
            return reached & below
        reached[found], free[found] = True, False


def _spread(
    values: NDArray[np.float64], within: NDArray[np.bool_], neighbours: sparse.csr_matrix, rings: int
) -> NDArray[np.float64]:
    """Continue values (v,), NaN where not known, by some rings of neighbours ``within`` (v,); 0 elsewhere."""
    values = values.copy()
    for _ in range(rings if np.isfinite(values).any() else 0):
        known = np.isfinite(values)
        count = neighbours @ known.astype(float)
        new = within & ~known & (count > 0)
        values[new] = (neighbours @ np.where(known, values, 0.0))[new] / count[new]
    return np.nan_to_num(values)
