"""A whole skull from which holes with a known truth are cut."""

from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np

from SkullRestoreLib import mask, mesh, pose, read, sample
from SkullRestoreLib.atlas import Atlas
from SkullRestoreLib.case import Mesh, Pose, RadialMap, Volume
from SkullRestoreLib.grid import grid, to_level
from SkullRestoreLib.plausible import box_of
from SkullRestoreLib.shape import fit_shape, match, smooth_fill

LEVEL = 6
_TABLE_MM = 8.0
_AROUND_MM = 9.0
_LOWEST = -0.5
"""Sine of the elevation (30 degrees down) below which no hole is cut: the floor of the middle fossa; the shape model reaches further down."""


@dataclass(frozen=True)
class WholeSkull:
    """One intact skull: its bone as a mask, and roughly where its tables are.

    The tables only tell the vault from what lies over and under it (arch, petrous bone), to some millimetres; nothing is measured on them.
    """

    name: str
    bone: np.ndarray  # (nk, nj, ni) bool, cropped to the bone with some air round it
    ijk_to_ras: np.ndarray  # (4, 4) float64
    box: tuple[slice, slice, slice]  # where ``bone`` lies in the file's own grid
    pose: Pose
    radial: RadialMap  # level 6
    tables: np.ndarray  # (n, 2) float64, mm from the head's centre: outer and inner table, continued smoothly where there is none
    vault: np.ndarray  # (n,) bool, where holes may be cut

    @property
    def spacing(self) -> np.ndarray:
        """(3,) float64, mm along k, j, i."""
        return np.linalg.norm(self.ijk_to_ras[:3, :3], axis=0)[::-1]

    @cached_property
    def voxels(self) -> np.ndarray:
        """(b,) int64, flat indices of all bone voxels."""
        return np.flatnonzero(self.bone)

    @cached_property
    def places(self) -> np.ndarray:
        """(b, 3) float32, mm in the head frame, of all bone voxels."""
        k, j, i = np.unravel_index(self.voxels, self.bone.shape)
        m = (self.pose.ras_to_head @ self.ijk_to_ras).astype(np.float32)
        return np.stack([m[r, 0] * i.astype(np.float32) + m[r, 1] * j + m[r, 2] * k + m[r, 3] for r in range(3)], axis=1)

    @cached_property
    def radii(self) -> np.ndarray:
        """(b,) float32, mm from the head's centre, of all bone voxels."""
        return np.linalg.norm(self.places, axis=1)

    def on_grid(self, path: Path) -> np.ndarray:
        """A missing piece from a file on the skull's own grid, (nk, nj, ni) bool; only what is bone of this skull."""
        return read.read(path).array[self.box].astype(bool) & self.bone

    def piece(self, which: np.ndarray) -> np.ndarray:
        """Some of the bone's voxels, by their numbers (p,) int in ``voxels``, as a mask: (nk, nj, ni) bool."""
        made = np.zeros(self.bone.shape, dtype=bool)
        made.ravel()[self.voxels[which]] = True
        return made

    def without(self, piece: np.ndarray) -> Volume:
        """The skull as a mask, with a piece (nk, nj, ni) bool taken out."""
        return Volume(self.bone & ~piece, self.ijk_to_ras, "mask")


def examine_whole(name: str, source: Volume | Mesh, atlas: Atlas) -> WholeSkull:
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
    made = mask.segment(mesh.voxelise(source) if isinstance(source, Mesh) else source)
    head = pose.find_pose(made, atlas.template)
    radial = sample.trace(made, head, level=LEVEL)
    fitted, _ = fit_shape(radial, atlas.model)
    gap = match(radial.intervals, fitted, _TABLE_MM) - fitted
    known = np.isfinite(gap)
    tables = fitted + smooth_fill(np.nan_to_num(gap), known, LEVEL)
    tables[:, 1] = np.minimum(tables[:, 1], tables[:, 0] - 1.0)
    vault = (to_level(atlas.model.vault.astype(float), LEVEL) > 0.5) & (grid(LEVEL).directions[:, 2] > _LOWEST)
    return WholeSkull(name, *_cropped(made.mask, made.ijk_to_ras), head, radial, tables, vault)


@lru_cache(maxsize=2)
def load_whole(path: Path, atlas_path: Path) -> WholeSkull:
    """Read and examine a skull; the last two are kept."""
    return examine_whole(path.name.split(".")[0], read.read(path), _atlas(atlas_path))


@lru_cache(maxsize=1)
def _atlas(path: Path) -> Atlas:
    from SkullRestoreLib.atlas import load_atlas

    return load_atlas(path)


def _cropped(bone: np.ndarray, ijk_to_ras: np.ndarray) -> tuple[np.ndarray, np.ndarray, tuple]:
    """The bone's box with some air round it, where the scan has any: what is cut at the scan's edge stays at the edge."""
    spacing = np.linalg.norm(ijk_to_ras[:3, :3], axis=0)[::-1]
    box = [
        slice(max(0, s.start - more), s.stop + more)
        for s, more in zip(box_of(bone), np.ceil(_AROUND_MM / spacing).astype(int).tolist(), strict=True)
    ]
    moved = ijk_to_ras.copy()
    moved[:3, 3] += ijk_to_ras[:3, :3] @ [s.start for s in box[::-1]]
    return np.ascontiguousarray(bone[tuple(box)]), moved, tuple(box)
