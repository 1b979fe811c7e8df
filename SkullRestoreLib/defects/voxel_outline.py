"""Find the outline of a flap by voxels: which bone next to it is the skull's, and which is its own.

On the grid, an outline is as wide as a ring. Between a flap and the rim of its hole the scan shows a gap, or bone of
less density where it has blurred the gap over. So a voxel belongs to the side from which it is reached through the
densest bone (decision 0206). Only ratios of densities along a way count: tables and diploe may differ, and so may both
sides.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph

from SkullRestoreLib.affine import voxel_spacing
from SkullRestoreLib.defects.object_voxels import ShellInBox, points_of_voxels, with_next_voxels
from SkullRestoreLib.defects.ray_surface import RaySurface
from SkullRestoreLib.geometry.icosphere import spherical_grid
from SkullRestoreLib.method_parameters import ObjectParameters
from SkullRestoreLib.records import Bone, Pose, VaultTables


@dataclass(frozen=True, eq=False)
class BoneInBox:
    """The bone around a flap, in a box of the bone's grid."""

    shell: ShellInBox
    bone: Bone
    pose: Pose
    tables: VaultTables
    surface: RaySurface  # what the rays meet


def separate_flap(
    around: BoneInBox,
    guess: NDArray[np.bool_],
    certain: NDArray[np.bool_],
    near: NDArray[np.bool_],
    *,
    parameters: ObjectParameters,
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Give bone back to the skull that hangs together with it, and not with the flap.

    Parameters
    ----------
    around
        The bone.
    guess
        bool, in the box: voxels that may be the flap's.
    certain
        bool, those of them that are certain to be.
    near
        (n,) bool, directions of the flap and around it. What is farther outside, and in the outer half of the bone that
        a ray meets first, is the skull's.
    parameters
        How much longer a way through less dense bone is.

    Returns
    -------
    voxels : ndarray
        bool, in the box: what of ``guess`` is the flap's.
    cut : ndarray
        (n,) bool, directions in which, or next to which, it was cut out of bone that goes on in the outer table.
    """
    shell, surface = around.shell, around.surface
    box, solid, vertex = shell.box, shell.solid, shell.vertex
    cut = np.zeros(len(near), dtype=bool)
    if not certain.any():
        return guess, cut
    at = vertex[solid]
    radius = np.linalg.norm(points_of_voxels(solid, box, around.bone, around.pose), axis=1)
    outer_half = np.zeros_like(solid)
    outer_half[solid] = radius > (surface.bottom_mm[at] + surface.top_mm[at]) / 2
    of_skull = shell.over(~near) & ~guess & outer_half
    density = around.bone.field[box].astype(np.float32)
    density /= max(float(np.median(density[certain])), 1e-6)
    between = solid & ~certain & ~of_skull
    spacing = voxel_spacing(around.bone.ijk_to_ras)[::-1]
    voxels = guess & split_bone(guess, between, (certain, of_skull), density, spacing, parameters=parameters)
    in_table = np.zeros_like(solid)
    in_table[solid] = radius > around.tables.outer[at] - parameters.cut_depth_mm
    goes_on = in_table & (density >= parameters.cut_density)
    cut[vertex[_next_to_each_other(voxels & goes_on, ~voxels & goes_on)]] = True
    return voxels, spherical_grid(around.tables.level).grow_region(cut, 1)


def split_bone(
    guess: NDArray[np.bool_],
    between: NDArray[np.bool_],
    sides: tuple[NDArray[np.bool_], NDArray[np.bool_]],
    density: NDArray[np.float32],
    spacing: NDArray[np.float64],
    *,
    parameters: ObjectParameters,
) -> NDArray[np.bool_]:
    """Split bone between an object and the skull around it.

    Parameters
    ----------
    guess
        bool, in a box: the object as it is known. It decides what is far from both sides.
    between
        bool, the bone that is split.
    sides
        bool each, other bone that is certain to be the object's, and the skull's.
    density
        Of the voxels, as parts of the object's.
    spacing
        (3,), of the voxels, mm, along the axes of the box.
    parameters
        How much longer a way through less dense bone is.

    Returns
    -------
    ndarray
        bool, the object's bone.
    """
    of_object, of_skull = sides
    sources = with_next_voxels(between) & (of_object | of_skull)
    nodes = between | sources
    taken = guess & between | of_object
    if not sources.any():
        return taken
    longer = np.maximum(density[nodes], parameters.least_density) ** -parameters.density_power
    way_mm, _, nearest = csgraph.dijkstra(
        _ways_between(nodes, longer, spacing),
        directed=False,
        indices=np.flatnonzero(sources[nodes]),
        return_predecessors=True,
        limit=parameters.longest_way_mm,
        min_only=True,
    )
    of_nearest = of_object[nodes][np.maximum(nearest, 0)]
    taken[nodes] = np.where(np.isfinite(way_mm), of_nearest, taken[nodes])
    return taken


def _next_to_each_other(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Voxels of either kind with a face next to one of the other kind."""
    return one & with_next_voxels(other) | other & with_next_voxels(one)


def _ways_between(
    nodes: NDArray[np.bool_], longer: NDArray[np.floating], spacing: NDArray[np.float64]
) -> sparse.csr_matrix:
    """Ways (v, v), mm, between the v ``nodes`` of a box that share a face; ``longer`` (v,) says by how much.

    Nodes are numbered in the order of ``numpy.nonzero(nodes)``.
    """
    count = len(longer)
    # a layer more at the end of each axis, so that no row is next to the row after it
    number = np.full([size + 1 for size in nodes.shape], -1, dtype=np.int32)
    number[tuple(slice(size) for size in nodes.shape)][nodes] = np.arange(count, dtype=np.int32)
    flat, strides = number.reshape(-1), [step // number.itemsize for step in number.strides]
    place = np.flatnonzero(flat >= 0)
    rows, columns, ways = [], [], []
    for stride, step_mm in zip(strides, spacing, strict=True):
        second = flat[place + stride]
        first = np.flatnonzero(second >= 0)
        second = second[first]
        rows.append(first)
        columns.append(second)
        ways.append(step_mm * np.maximum(longer[first], longer[second]))
    row, column, way = (np.concatenate(each) for each in (rows, columns, ways))
    return sparse.csr_matrix((way, (row, column)), shape=(count, count))
