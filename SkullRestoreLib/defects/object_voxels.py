"""Objects in a hole as voxels: the shell of the vault around them, their voxels, and bone without them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple
from weakref import WeakKeyDictionary, ref

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial import cKDTree

from SkullRestoreLib.affine import apply_affine, invert_affine, voxel_spacing
from SkullRestoreLib.geometry.icosphere import SphericalGrid, spherical_grid
from SkullRestoreLib.geometry.metrics import widened_box
from SkullRestoreLib.method_parameters import METHOD, ObjectParameters
from SkullRestoreLib.records import Bone, Pose, VaultObject, VaultTables


@dataclass(frozen=True, eq=False)
class FoundObject:
    """An object, and where it is.

    Attributes
    ----------
    facts
        What it is, in numbers and words.
    place
        (n,) bool, grid directions of the object and of its kerf.
    box
        Slices of the bone's grid.
    voxels
        bool, in the box: the object's voxels.
    cut
        (n,) bool, directions along its edge where bone goes on into the skull and no kerf shows; None where that does
        not matter.
    """

    facts: VaultObject
    place: NDArray[np.bool_]
    box: tuple[slice, ...]
    voxels: NDArray[np.bool_]
    cut: NDArray[np.bool_] | None = None


def remove_objects(
    bone: Bone, objects: Sequence[FoundObject], *, parameters: ObjectParameters = METHOD.objects
) -> Bone:
    """Take objects out of the bone.

    Parameters
    ----------
    bone
        Segmented bone.
    objects
        From :func:`SkullRestoreLib.defects.vault_objects.find_vault_objects`.
    parameters
        How near to bone metal hides some of it.

    Returns
    -------
    Bone
        Its field has ``erased_value`` there, so that nothing is taken for blurred bone, and their metal is gone where
        it hides no bone that is left; ``bone`` itself where there are no objects.
    """
    if not objects:
        return bone
    field, mask = bone.field.copy(), bone.mask.copy()
    metal = None if bone.metal is None else bone.metal.copy()
    spacing = voxel_spacing(bone.ijk_to_ras)[::-1]
    rim = ndimage.generate_binary_structure(3, 1)
    for each in objects:
        # the blurred rim of an object is brighter than tissue, and no bone either
        halo = ndimage.binary_dilation(each.voxels, rim, iterations=max(1, round(1.0 / float(spacing.min()))))
        halo &= each.voxels | ~mask[each.box]
        mask[each.box][halo] = False
        field[each.box][halo & (each.voxels | (field[each.box] > bone.erased_value))] = bone.erased_value
        if metal is not None:
            _take_metal_off_hole(metal, mask, each, round(parameters.metal_hides_mm / float(spacing.min())))
    return replace(bone, field=field, mask=mask, metal=metal)


def _take_metal_off_hole(metal: NDArray[np.bool_], mask: NDArray[np.bool_], found: FoundObject, steps: int) -> None:
    """Take off an object's metal further than some steps of voxels from bone: in the hole it is no screw in bone."""
    around = tuple(slice(max(part.start - steps, 0), part.stop + steps) for part in found.box)
    near_bone = ndimage.binary_dilation(mask[around], iterations=steps)[slices_within(around, found.box)]
    metal[found.box] &= ~found.voxels | near_bone


def count_as_bone(bone: Bone, objects: Sequence[FoundObject]) -> Bone:
    """Let objects that are no bone, such as a plate of titanium or plastic, count as the bone in whose place they are.

    Parameters
    ----------
    bone
        Segmented bone.
    objects
        That stay in their holes.

    Returns
    -------
    Bone
        What is outside of them and of their voxels is as before; ``bone`` itself where there are no objects.

    Examples
    --------
    >>> from SkullRestoreLib.records import VaultObject
    >>> bone = Bone(np.zeros((1, 2, 3), np.int16), 300.0, np.zeros((1, 2, 3), bool), np.eye(4), threshold_hu=300.0)
    >>> facts = VaultObject(1, "plate", 5.0, 2.0, 150.0, 0.0, 0.0, 1.0, np.zeros(0, int), removed=True)
    >>> box, voxels = voxels_in_box(np.array([0]), np.array([1]), np.array([2]))
    >>> count_as_bone(bone, [FoundObject(facts, np.zeros(0, bool), box, voxels)]).field.tolist()
    [[[0, 0, 0], [0, 0, 600]]]
    """
    if not objects:
        return bone
    field, mask = bone.field.copy(), bone.mask.copy()
    metal = None if bone.metal is None else bone.metal.copy()
    full = 1 if field.dtype == np.uint8 else np.ceil(2 * bone.iso)  # the surface is halfway to tissue of 0 HU
    for each in objects:
        field[each.box][each.voxels] = np.maximum(field[each.box][each.voxels], full)
        mask[each.box] |= each.voxels
        if metal is not None:
            metal[each.box] &= ~each.voxels
    return replace(bone, field=field, mask=mask, metal=metal)


def slices_within(box: tuple[slice, ...], inner: tuple[slice, ...]) -> tuple[slice, ...]:
    """Return a box as slices of the array of a box around it.

    Parameters
    ----------
    box
        Slices of a grid.
    inner
        Slices of the same grid, within the box.

    Returns
    -------
    tuple of slice

    Examples
    --------
    >>> slices_within((slice(4, 9),), (slice(5, 7),))
    (slice(1, 3, None),)
    """
    return tuple(slice(a.start - b.start, a.stop - b.start) for a, b in zip(inner, box, strict=True))


def slices_around(voxels: NDArray[np.bool_], margin: int) -> tuple[slice, ...]:
    """Find the smallest box around some voxels of a box.

    Parameters
    ----------
    voxels
        (k, j, i) bool, with one voxel at least.
    margin
        Voxels that are added on each side, where the array has them.

    Returns
    -------
    tuple of slice
        Of the array.

    Examples
    --------
    >>> slices_around(np.arange(12).reshape(1, 3, 4) == 5, 1)
    (slice(0, 1, None), slice(0, 3, None), slice(0, 3, None))
    """
    box = widened_box(voxels, np.full(3, margin))
    return tuple(slice(int(one.start), int(min(one.stop, size))) for one, size in zip(box, voxels.shape, strict=True))


def voxels_in_box(*kji: NDArray[np.int64]) -> tuple[tuple[slice, ...], NDArray[np.bool_]]:
    """Find the box of some voxels.

    Parameters
    ----------
    *kji
        (v,) int, their index along each axis.

    Returns
    -------
    box : tuple of slice
        Smallest one with all of them.
    voxels : ndarray
        bool, in the box: where they are.

    Examples
    --------
    >>> box, voxels = voxels_in_box(np.array([4, 5]), np.array([2, 2]), np.array([7, 8]))
    >>> box[0], voxels.shape, int(voxels.sum())
    (slice(4, 6, None), (2, 1, 2), 2)
    """
    box = tuple(slice(int(each.min()), int(each.max()) + 1) for each in kji)
    voxels = np.zeros(tuple(part.stop - part.start for part in box), dtype=bool)
    voxels[tuple(each - part.start for each, part in zip(kji, box, strict=True))] = True
    return box, voxels


def points_of_voxels(voxels: NDArray[np.bool_], box: tuple[slice, ...], bone: Bone, pose: Pose) -> NDArray[np.float64]:
    """Find where some voxels are.

    Parameters
    ----------
    voxels
        bool, in a box.
    box
        The box, of the bone's grid.
    bone, pose
        Segmented bone and head frame.

    Returns
    -------
    ndarray
        (v, 3) float64, mm in the head frame, in the order of ``numpy.nonzero(voxels)``.
    """
    return _points_at(np.flatnonzero(voxels), box, bone, pose)


def _points_at(where: NDArray[np.int64], box: tuple[slice, ...], bone: Bone, pose: Pose) -> NDArray[np.float64]:
    """Places (v, 3) of the voxels of a box with flat numbers ``where`` (v,), mm in the head frame."""
    kji = np.unravel_index(where, [part.stop - part.start for part in box])
    ijk = np.stack([each + part.start for each, part in zip(kji[::-1], box[::-1], strict=True)], axis=1)
    return apply_affine(pose.ras_to_head @ bone.ijk_to_ras, ijk)


def box_around_shell(
    wide: NDArray[np.bool_], bone: Bone, pose: Pose, tables: VaultTables, parameters: ObjectParameters
) -> tuple[slice, ...]:
    """Find the voxels that hold the shell of the vault over some directions.

    Parameters
    ----------
    wide
        (n,) bool, the directions.
    bone, pose, tables
        Segmented bone, head frame and predicted vault.
    parameters
        How far the shell reaches inside and outside the tables.

    Returns
    -------
    tuple of slice
        Of the bone's grid.
    """
    directions = spherical_grid(tables.level).directions[wide]
    ends = [
        directions * (radius[wide] + beyond)[:, None]
        for radius, beyond in ((tables.inner, -parameters.depth_mm), (tables.outer, parameters.height_mm))
    ]
    kji = apply_affine(invert_affine(bone.ijk_to_ras) @ pose.head_to_ras, np.concatenate(ends))[:, ::-1]
    low = np.maximum(np.floor(kji.min(axis=0)).astype(int) - 1, 0)
    high = np.minimum(np.ceil(kji.max(axis=0)).astype(int) + 2, bone.mask.shape)
    return tuple(slice(a, b) for a, b in zip(low.tolist(), high.tolist(), strict=True))


@dataclass(frozen=True, eq=False)
class ShellInBox:
    """The bone in the shell of the vault over some directions, in a box of the bone's grid."""

    wide: NDArray[np.bool_]  # (n,), the directions
    box: tuple[slice, ...]
    vertex: NDArray[np.int32]  # in the box, from vertices_of_voxels
    solid: NDArray[np.bool_]  # in the box: where the bone is
    where: NDArray[np.int64]  # (v,), the same as flat numbers

    def over(self, region: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Mark its voxels over some directions.

        Parameters
        ----------
        region
            (n,) bool, the directions.

        Returns
        -------
        ndarray
            bool, in the box.
        """
        voxels = np.zeros(self.vertex.shape, dtype=bool)
        voxels.reshape(-1)[self.where] = region[self.vertex.reshape(-1)[self.where]]
        return voxels


def shell_in_box(
    wide: NDArray[np.bool_], bone: Bone, pose: Pose, tables: VaultTables, parameters: ObjectParameters
) -> ShellInBox:
    """Find the bone in the shell of the vault over some directions, and the direction of each voxel.

    Parameters
    ----------
    wide, bone, pose, tables, parameters
        As for :func:`box_around_shell`.

    Returns
    -------
    ShellInBox
    """
    box = box_around_shell(wide, bone, pose, tables, parameters)
    vertex = vertices_of_voxels(box, wide, bone, pose, tables, parameters)
    solid = vertex >= 0
    return ShellInBox(wide, box, vertex, solid, np.flatnonzero(solid))


def vertices_of_voxels(
    box: tuple[slice, ...],
    wide: NDArray[np.bool_],
    bone: Bone,
    pose: Pose,
    tables: VaultTables,
    parameters: ObjectParameters,
) -> NDArray[np.int32]:
    """Find the grid direction of each voxel of bone in the shell of the vault.

    Parameters
    ----------
    box
        From :func:`box_around_shell`.
    wide, bone, pose, tables, parameters
        As for it.

    Returns
    -------
    ndarray
        Of the box, int32: the nearest direction; -1 outside the shell, the directions, or the bone.
    """
    solid, grid = bone.mask[box], spherical_grid(tables.level)
    where = np.flatnonzero(solid)
    points = _points_at(where, box, bone, pose)
    radius = np.maximum(np.linalg.norm(points, axis=1), 1e-6)
    # most bone of the box is far from the shell: its direction need not be looked up
    middle, angle = _cone_around(grid, wide)
    near = points @ middle >= np.cos(angle) * radius
    near &= radius > tables.inner[wide].min() - parameters.depth_mm
    near &= radius < tables.outer[wide].max() + parameters.height_mm
    points, radius, where = points[near], radius[near], where[near]
    vertex = _nearest_vertices(where, points / radius[:, None], box, bone, pose, grid)
    in_shell = (radius > tables.inner[vertex] - parameters.depth_mm) & (
        radius < tables.outer[vertex] + parameters.height_mm
    )
    picture = np.full(solid.shape, -1, dtype=np.int32)
    picture.reshape(-1)[where] = np.where(in_shell & wide[vertex], vertex, -1)
    return picture


class _LookedUp(NamedTuple):
    """The nearest directions of a bone's voxels that are known already."""

    pose: "ref[Pose]"
    level: int
    where: NDArray[np.int64]  # (v,), flat numbers in the bone's grid, ascending
    vertex: NDArray[np.int32]  # (v,)


_LOOKED_UP: "WeakKeyDictionary[Bone, _LookedUp]" = WeakKeyDictionary()
"""By the bone: an object is measured with several predictions, and where its voxels are does not change."""


def _nearest_vertices(
    where: NDArray[np.int64],
    directions: NDArray[np.float64],
    box: tuple[slice, ...],
    bone: Bone,
    pose: Pose,
    grid: SphericalGrid,
) -> NDArray[np.int32]:
    """Find the grid direction nearest to each ``direction`` (v, 3) of the voxels ``where`` (v,) of a box, once each."""
    kji = np.unravel_index(where, [part.stop - part.start for part in box])
    where = np.ravel_multi_index([each + part.start for each, part in zip(kji, box, strict=True)], bone.mask.shape)
    known = _LOOKED_UP.get(bone)
    if known is None or known.pose() is not pose or known.level != grid.level:
        known = _LookedUp(ref(pose), grid.level, np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int32))
    place = np.searchsorted(known.where, where)
    is_known = place < len(known.where)
    is_known[is_known] = known.where[place[is_known]] == where[is_known]
    vertex = np.zeros(len(where), dtype=np.int32)
    vertex[is_known] = known.vertex[place[is_known]]
    if not is_known.all():
        vertex[~is_known] = grid.nearest_vertices(directions[~is_known])
        every = np.concatenate([known.where, where[~is_known]])
        order = np.argsort(every, kind="stable")  # of two sorted runs
        looked_up = np.concatenate([known.vertex, vertex[~is_known]])
        _LOOKED_UP[bone] = known._replace(where=every[order], vertex=looked_up[order])
    return vertex


def _cone_around(grid: SphericalGrid, wide: NDArray[np.bool_]) -> tuple[NDArray[np.float64], float]:
    """Axis (3,) and half angle, radians, of a cone with every place that is nearest to one of the vertices."""
    directions = grid.directions[wide]
    middle = directions.mean(axis=0)
    middle /= max(float(np.linalg.norm(middle)), 1e-9)
    vertex_angle = float(np.sqrt(grid.vertex_areas.max()))
    angle = float(np.arccos(np.clip(directions @ middle, -1, 1)).max()) + vertex_angle
    return middle, min(angle, float(np.pi))


def with_strips(
    voxels: NDArray[np.bool_], solid: NDArray[np.bool_], in_kerf: NDArray[np.bool_], outside: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Add the strips and crumbs to an object that a kerf parts from the skull.

    Parameters
    ----------
    voxels
        bool, in a box: the object as it is known.
    solid
        All bone in the box.
    in_kerf
        Bone in a kerf that the scan has blurred over.
    outside
        Where bone is the skull: farther from the object than its strips are wide.

    Returns
    -------
    ndarray
        bool, the object with what else of it does not reach the skull. Of the kerf, what is nearer to a strip than to
        other bone goes with it.
    """
    rest = solid & ~voxels & ~in_kerf
    strips = _apart_from(outside, rest)
    taken = voxels | strips
    if strips.any():
        taken |= _nearer_to(strips, voxels | rest & ~strips, in_kerf)
    return taken | _apart_from(outside, solid & ~taken)


def _nearer_to(one: NDArray[np.bool_], other: NDArray[np.bool_], voxels: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which of some ``voxels`` of a box are nearer to ``one`` part than to the ``other``.

    Both parts have a voxel at least. What is nearest is at their surfaces, so only these are searched. What shares a
    face with the other part is not nearer to the one.
    """
    nearer = voxels & ~with_next_voxels(other)
    places = _places(nearer)
    to_one, to_other = (cKDTree(_places(part & with_next_voxels(~part))).query(places)[0] for part in (one, other))
    nearer[nearer] = to_one < to_other
    return nearer


def _places(voxels: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Index (v, 3) of some voxels of a box; many times faster than ``numpy.argwhere``."""
    return np.stack(np.unravel_index(np.flatnonzero(voxels), voxels.shape), axis=1)


def with_next_voxels(voxels: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Add the voxels that share a face with some voxels of a box.

    Parameters
    ----------
    voxels
        bool, in a box.

    Returns
    -------
    ndarray
        bool: as ``scipy.ndimage.binary_dilation``, in a fifth of its time.

    Examples
    --------
    >>> with_next_voxels(np.array([[[True, False, False], [False, False, False]]])).astype(int).tolist()
    [[[1, 1, 0], [1, 0, 0]]]
    """
    grown = voxels.copy()
    for axis in range(voxels.ndim):
        from_along, to_along = np.moveaxis(voxels, axis, 0), np.moveaxis(grown, axis, 0)
        to_along[1:] |= from_along[:-1]
        to_along[:-1] |= from_along[1:]
    return grown


def _apart_from(outside: NDArray[np.bool_], rest: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Parts of the ``rest`` of the bone that do not reach ``outside``."""
    labels, count = ndimage.label(rest, ndimage.generate_binary_structure(3, 3))
    is_apart = np.ones(count + 1, dtype=bool)
    is_apart[0] = False
    is_apart[labels[rest & outside]] = False
    return is_apart[labels]
