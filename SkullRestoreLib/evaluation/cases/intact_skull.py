"""An intact skull, into which defects with a known truth are cut."""

from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from SkullRestoreLib.affine import voxel_spacing
from SkullRestoreLib.errors import InputError
from SkullRestoreLib.geometry import surface_mesh
from SkullRestoreLib.geometry.icosphere import spherical_grid, values_at_level
from SkullRestoreLib.io import read
from SkullRestoreLib.pose import head_frame
from SkullRestoreLib.prediction import ray_tracing
from SkullRestoreLib.records import Mesh, Pose, RayMap, Volume
from SkullRestoreLib.segmentation import bone_segmentation
from SkullRestoreLib.segmentation.bone_pieces import bounding_box
from SkullRestoreLib.skull_model.atlas import Atlas
from SkullRestoreLib.skull_model.shape_model import fill_smoothly, fit_shape, match_tables

LEVEL = 6
_TABLE_MATCH_MM = 8.0
"""Bone this close to the fitted shape model is its table."""
_MIN_THICKNESS_MM = 1.0
_CROP_PADDING_MM = 9.0
_MIN_DIRECTION_Z = -0.5
"""Sine of the elevation (30 degrees down) below which no defect is cut: the floor of the middle fossa.
The shape model reaches further down."""
VoxelBox = tuple[slice, slice, slice]


@dataclass(frozen=True, eq=False)
class IntactSkull:
    """One intact skull: its bone as a mask, and roughly where its tables are.

    The tables only separate the vault from what is outside and inside it (zygomatic arch, petrous bone), to some
    millimetres; nothing is measured on them.
    """

    name: str
    bone: NDArray[np.bool_]  # (nk, nj, ni), cropped to the bone with some air round it
    ijk_to_ras: NDArray[np.float64]  # (4, 4)
    box: VoxelBox  # of ``bone`` in the file's own grid
    pose: Pose
    rays: RayMap  # level 6
    tables: NDArray[np.float64]  # (n, 2), mm from the head's centre: outer and inner, continued smoothly over gaps
    vault: NDArray[np.bool_]  # (n,), where defects may be cut

    @cached_property
    def voxel_indices(self) -> NDArray[np.int64]:
        """Flat indices of all bone voxels, (b,) int64."""
        return np.flatnonzero(self.bone)

    @cached_property
    def voxel_points(self) -> NDArray[np.float32]:
        """All bone voxels in the head frame, (b, 3) float32, mm."""
        k, j, i = np.unravel_index(self.voxel_indices, self.bone.shape)
        m = (self.pose.ras_to_head @ self.ijk_to_ras).astype(np.float32)
        return np.stack(
            [m[r, 0] * i.astype(np.float32) + m[r, 1] * j + m[r, 2] * k + m[r, 3] for r in range(3)], axis=1
        )

    @cached_property
    def voxel_radii(self) -> NDArray[np.float32]:
        """Distance of all bone voxels from the head's centre, (b,) float32, mm."""
        radii: NDArray[np.float32] = np.linalg.norm(self.voxel_points, axis=1)
        return radii

    def read_piece(self, path: Path) -> NDArray[np.bool_]:
        """Read a missing piece on the skull's own grid.

        Parameters
        ----------
        path
            Image file.

        Returns
        -------
        ndarray
            (nk, nj, ni) bool; only what is bone of this skull.

        Raises
        ------
        InputError
            If the file cannot be read, or holds no image.
        """
        piece = read.read(path)
        if isinstance(piece, Mesh):
            raise InputError(f"{path} is a model; give the missing piece as an image on the skull's own grid.")
        mask: NDArray[np.bool_] = piece.array[self.box].astype(bool) & self.bone
        return mask

    def piece_mask(self, selected: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Mark some of the bone's voxels.

        Parameters
        ----------
        selected
            (p,) int64, positions in ``voxel_indices``.

        Returns
        -------
        ndarray
            (nk, nj, ni) bool.
        """
        mask = np.zeros(self.bone.shape, dtype=bool)
        mask.ravel()[self.voxel_indices[selected]] = True
        return mask

    def remove_piece(self, piece: NDArray[np.bool_]) -> Volume:
        """Take a piece out.

        Parameters
        ----------
        piece
            (nk, nj, ni) bool.

        Returns
        -------
        Volume
            The rest of the skull as a mask.
        """
        return Volume(self.bone & ~piece, self.ijk_to_ras, "mask")


def analyse_intact_skull(name: str, source: Volume | Mesh, atlas: Atlas) -> IntactSkull:
    """Find the head frame and the tables of an intact skull.

    Parameters
    ----------
    name
        Of the skull.
    source
        Mask, CT or model.
    atlas
        Mean head and shape model.

    Raises
    ------
    InputError
        If it is no skull.
    """
    bone = bone_segmentation.segment(surface_mesh.voxelise_model(source) if isinstance(source, Mesh) else source)
    pose = head_frame.find_pose(bone, atlas.template)
    rays = ray_tracing.trace_rays(bone, pose, level=LEVEL)
    fitted, _ = fit_shape(rays, atlas.model)
    gap = match_tables(rays.intervals, fitted, _TABLE_MATCH_MM) - fitted
    known = np.isfinite(gap)
    tables = fitted + fill_smoothly(np.nan_to_num(gap), known, LEVEL)
    tables[:, 1] = np.minimum(tables[:, 1], tables[:, 0] - _MIN_THICKNESS_MM)
    vault = (values_at_level(atlas.model.vault.astype(float), LEVEL) > 0.5) & (
        spherical_grid(LEVEL).directions[:, 2] > _MIN_DIRECTION_Z
    )
    cropped, ijk_to_ras, box = _crop_to_bone(bone.mask, bone.ijk_to_ras)
    return IntactSkull(name, cropped, ijk_to_ras, box, pose=pose, rays=rays, tables=tables, vault=vault)


@lru_cache(maxsize=2)
def load_intact_skull(path: Path, atlas_path: Path) -> IntactSkull:
    """Read and analyse a skull; the last two are kept in memory.

    Parameters
    ----------
    path
        Mask, CT or model.
    atlas_path
        Mean head and shape model.

    Raises
    ------
    InputError
        If it is no skull.
    """
    return analyse_intact_skull(path.name.split(".")[0], read.read(path), _cached_atlas(atlas_path))


@lru_cache(maxsize=1)
def _cached_atlas(path: Path) -> Atlas:
    from SkullRestoreLib.skull_model.atlas import load_atlas

    return load_atlas(path)


def _crop_to_bone(
    bone: NDArray[np.bool_], ijk_to_ras: NDArray[np.float64]
) -> tuple[NDArray[np.bool_], NDArray[np.float64], VoxelBox]:
    """Crop to the bone with some air round it, where the scan has any; bone at the scan's edge stays at the edge."""
    padding = np.ceil(_CROP_PADDING_MM / voxel_spacing(ijk_to_ras)[::-1]).astype(int).tolist()
    k, j, i = (
        slice(max(0, side.start - pad), side.stop + pad) for side, pad in zip(bounding_box(bone), padding, strict=True)
    )
    cropped_to_ras = ijk_to_ras.copy()
    cropped_to_ras[:3, 3] += ijk_to_ras[:3, :3] @ [i.start, j.start, k.start]
    return np.ascontiguousarray(bone[k, j, i]), cropped_to_ras, (k, j, i)
