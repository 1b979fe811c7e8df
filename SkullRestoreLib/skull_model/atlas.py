"""The shape model and the mean head, kept in one file.

The file is safetensors: numbers only, no code. It is learnt from SkullFix and has that data's licence.
"""

import json
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt

from SkullRestoreLib.errors import DependencyError, WeightsError
from SkullRestoreLib.geometry.icosphere import vertex_count
from SkullRestoreLib.skull_model.shape_model import ShapeModel
from SkullRestoreLib.skull_model.vault_end import VaultEndModel

COMMON_BONE_SHARE = 0.3
"""Bone is common where at least this share of the skulls has it."""


@dataclass(frozen=True, eq=False)
class HeadTemplate:
    """The mean head to which a patient's head is fitted.

    Attributes
    ----------
    outer
        (n,) float64, mm, mean outer table on some grid level.
    vault
        (n,) bool, where ``outer`` is the vault.
    occupancy
        (z, y, x) float64 0..1, share of the skulls that have bone there.
    origin_mm
        Head-frame coordinate of voxel 0 on every axis.
    spacing_mm
        Side of a voxel.
    """

    outer: NDArray[np.float64]
    vault: NDArray[np.bool_]
    occupancy: NDArray[np.float64]
    origin_mm: float
    spacing_mm: float

    def __repr__(self) -> str:
        return f"HeadTemplate({len(self.outer)} directions, {self.occupancy.shape} voxels of {self.spacing_mm:g} mm)"

    @cached_property
    def distance_field(self) -> NDArray[np.float32]:
        """(z, y, x) float32, mm to the nearest voxel where bone is common."""
        rare = self.occupancy < COMMON_BONE_SHARE
        return distance_transform_edt(rare, sampling=self.spacing_mm).astype(np.float32)

    @cached_property
    def distance_gradient(self) -> NDArray[np.float32]:
        """(3, z, y, x) float32, derivative of ``distance_field`` along x, y, z."""
        dz, dy, dx = np.gradient(self.distance_field, self.spacing_mm)
        return np.stack([dx, dy, dz]).astype(np.float32)

    def sample_distance(self, points: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Look up the distance to common bone, and its gradient.

        Parameters
        ----------
        points
            (..., 3) float64, mm, head frame.

        Returns
        -------
        distance : ndarray
            (...) float64, mm; outside the field's box, the distance to the box is added.
        gradient : ndarray
            (..., 3) float64, mm per mm.
        """
        index = (points - self.origin_mm) / self.spacing_mm
        inside = np.clip(np.rint(index), 0, np.array(self.distance_field.shape[::-1]) - 1).astype(int)
        beyond = (index - np.clip(index, 0, np.array(self.distance_field.shape[::-1]) - 1)) * self.spacing_mm
        voxel = (inside[..., 2], inside[..., 1], inside[..., 0])
        length = np.linalg.norm(beyond, axis=-1)
        gradient = (
            np.moveaxis(self.distance_gradient[(slice(None), *voxel)], 0, -1)
            + beyond / np.maximum(length, 1e-9)[..., None]
        )
        return self.distance_field[voxel] + length, gradient


@dataclass(frozen=True, eq=False)
class Atlas:
    """The shape model, and the template in whose head frame it was learnt.

    Attributes
    ----------
    model
        The shape model of the vault.
    template
        The mean head.
    """

    model: ShapeModel
    template: HeadTemplate

    def save(self, path: Path, *, facts: dict[str, str] | None = None) -> None:
        """Write a safetensors file; the modes are kept as float16 and on the vault only.

        Parameters
        ----------
        path
            The file.
        facts
            Entries of the file's header: data, licence, date.
        """
        from safetensors.numpy import save_file

        m, t = self.model, self.template
        arrays: dict[str, NDArray[Any]] = {
            "mean": m.mean.astype(np.float32),
            "modes": m.modes[:, m.vault].astype(np.float16),
            "sigma": m.sigma.astype(np.float16),
            "vault": m.vault.astype(np.uint8),
            "template_outer": t.outer.astype(np.float32),
            "template_vault": t.vault.astype(np.uint8),
            "occupancy": np.rint(255 * t.occupancy).astype(np.uint8),
        }
        if m.end is not None:
            arrays |= {
                "end_vertices": m.end.vertices.astype(np.uint16),
                "end_mean": m.end.mean.astype(np.float32),
                "end_modes": m.end.modes.astype(np.float16),
                "end_sigma": m.end.sigma.astype(np.float16),
            }
        header = {"level": m.level, "origin_mm": t.origin_mm, "spacing_mm": t.spacing_mm}
        # save_file writes the memory in its order, so an array that is not contiguous would be read back scrambled
        arrays = {name: np.ascontiguousarray(a) for name, a in arrays.items()}
        save_file(arrays, str(path), metadata={"atlas": json.dumps(header), **(facts or {})})


def load_atlas(path: Path) -> Atlas:
    """Read an atlas; a file that has not changed is read once, since what is derived from an atlas is kept with it.

    Parameters
    ----------
    path
        File from :meth:`Atlas.save`.

    Returns
    -------
    Atlas
        In float64; not to be changed.

    Raises
    ------
    DependencyError
        If safetensors is not installed.
    WeightsError
        If the file is missing or damaged.
    """
    try:
        state = path.stat()
    except OSError:
        raise WeightsError(
            f"The shape statistics are missing: {path} does not exist. Reinstall SkullRestore."
        ) from None
    return _read_atlas(path, state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=2)
def _read_atlas(path: Path, _changed_ns: int, _size: int) -> Atlas:
    """Read a file as it is at one time."""
    try:
        from safetensors import SafetensorError, safe_open
    except ImportError:
        raise DependencyError(
            "The shape statistics are a safetensors file, and that package is not installed. "
            "Install it with `pip install safetensors`."
        ) from None
    try:
        with safe_open(str(path), "np") as file:
            header = json.loads(file.metadata()["atlas"])
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a dict
        vault = arrays["vault"].astype(bool)
        modes = np.zeros((len(arrays["modes"]), vertex_count(header["level"]), 2))
        modes[:, vault] = arrays["modes"]
        mean, sigma, end = arrays["mean"].astype(float), arrays["sigma"].astype(float), None
        if "end_vertices" in arrays:
            learnt = (arrays[f"end_{name}"].astype(float) for name in ("mean", "modes", "sigma"))
            end = VaultEndModel(header["level"], arrays["end_vertices"].astype(np.int64), *learnt)
        model = ShapeModel(header["level"], mean, modes, sigma, vault, end)
        template = HeadTemplate(
            arrays["template_outer"].astype(float),
            arrays["template_vault"].astype(bool),
            arrays["occupancy"] / 255.0,
            header["origin_mm"],
            header["spacing_mm"],
        )
        return Atlas(model, template)
    except (SafetensorError, KeyError, TypeError, ValueError, IndexError) as error:
        raise WeightsError(
            f"The shape statistics in {path} cannot be read ({error}). Reinstall SkullRestore."
        ) from None
