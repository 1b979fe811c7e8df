"""Draw the bone after a planned cut: the model before it, made again only where bone was cut.

Simplifying the surface of a complete head for display takes as long as everything else in a plan (decision 0162).
"""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from SkullRestoreLib.affine import voxel_spacing
from SkullRestoreLib.errors import InputError
from SkullRestoreLib.geometry import surface_mesh
from SkullRestoreLib.geometry.decimation import decimate
from SkullRestoreLib.geometry.metrics import triangle_areas
from SkullRestoreLib.geometry.self_intersection import is_manifold
from SkullRestoreLib.records import Bone, Mesh

if TYPE_CHECKING:
    from manifold3d import Manifold

MARGIN_MM = 4.0
"""The box that is made again reaches this far beyond the voxels that were cut."""
OVERLAP_MM = 0.4
"""The new part reaches this far into the old one, so that they join although both are simplified."""
MIN_FACES = 2000
"""The new part has at least so many triangles."""


def model_after_cut(model: Mesh, before: Bone, after: Bone) -> Mesh | None:
    """Change a display model where bone was cut.

    Parameters
    ----------
    model
        Of the bone before the cut.
    before, after
        The bone, on one grid.

    Returns
    -------
    Mesh or None
        Closed, mm RAS; None where it cannot be changed, and has to be made of all bone.
    """
    from manifold3d import Error, Manifold, Mesh64

    cut = np.argwhere(before.mask != after.mask)
    if not len(cut):
        return model
    margin = np.ceil(MARGIN_MM / voxel_spacing(after.ijk_to_ras)[::-1]).astype(int)
    first = np.maximum(cut.min(axis=0) - margin, 0)
    last = np.minimum(cut.max(axis=0) + margin, np.array(after.field.shape) - 1)
    try:
        part = _surface_in_box(after, first, last)
    except InputError:  # no bone is left there
        part = Mesh(np.zeros((0, 3)), np.zeros((0, 3), dtype=np.int64))
    new_mm2, all_mm2 = (float(triangle_areas(mesh.vertices, mesh.faces).sum()) for mesh in (part, model))
    share = new_mm2 / max(all_mm2, 1.0)
    part = decimate(part, max_faces=max(int(share * len(model.faces)), MIN_FACES))
    solids = [
        Manifold(Mesh64(np.ascontiguousarray(mesh.vertices), np.ascontiguousarray(mesh.faces, dtype=np.uint64)))
        for mesh in (model, part)
    ]
    if any(solid.status() != Error.NoError for solid in solids):
        return None
    # the surface in the box is closed half a voxel from its ends; at the end of the scan that of the model is too
    low = np.where(first == 0, -2.0, first + 1.5)
    high = np.where(last == np.array(after.field.shape) - 1, last + 2.0, last - 1.5)
    inner, outer = (_box(after, low, high, wider) for wider in (0.0, OVERLAP_MM))
    joined = ((solids[0] - inner) + (solids[1] ^ outer)).to_mesh64()
    faces = np.array(joined.tri_verts).astype(np.int64)
    if not is_manifold(faces):
        return None
    return Mesh(np.array(joined.vert_properties)[:, :3], faces, model.findings, model.side_known)


def _surface_in_box(bone: Bone, first: NDArray[np.int64], last: NDArray[np.int64]) -> Mesh:
    """The closed surface of the bone in a box of voxels, k j i, both ends included."""
    to_ras = bone.ijk_to_ras.copy()
    to_ras[:3, 3] = bone.to_ras(first[None, ::-1].astype(np.float64))[0]
    crop = bone.field[tuple(slice(a, b + 1) for a, b in zip(first.tolist(), last.tolist(), strict=True))]
    return surface_mesh.extract_surface(crop, bone.iso, to_ras)


def _box(bone: Bone, first: NDArray[np.float64], last: NDArray[np.float64], wider_mm: float) -> "Manifold":
    """A box between voxels, k j i, mm RAS."""
    from manifold3d import Manifold

    wider = wider_mm / voxel_spacing(bone.ijk_to_ras)
    low, high = first[::-1] - wider, last[::-1] + wider
    return Manifold.cube((high - low).tolist()).translate(low.tolist()).transform(bone.ijk_to_ras[:3])
