"""What is known of skulls in general: the shape model and the mean head, in one file.

The file is safetensors (numbers only, nothing in it can run). It is learnt from SkullFix and carries that data's licence.
"""

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from scipy.ndimage import distance_transform_edt

from SkullRestoreLib.case import DependencyError, WeightsError
from SkullRestoreLib.grid import vertex_count
from SkullRestoreLib.shape import ShapeModel


@dataclass(frozen=True)
class Template:
    """The mean head that poses are measured against."""

    outer: np.ndarray  # (n,) float, mm, mean outer table on some grid level
    vault: np.ndarray  # (n,) bool, where ``outer`` is the vault
    occupancy: np.ndarray  # (z, y, x) float 0..1, how often there is bone
    origin_mm: float  # head-frame coordinate of voxel 0 on every axis
    spacing_mm: float

    @cached_property
    def distance(self) -> np.ndarray:
        """(z, y, x) float32, mm to where bone is common."""
        return distance_transform_edt(self.occupancy < 0.3, sampling=self.spacing_mm).astype(np.float32)

    @cached_property
    def slope(self) -> np.ndarray:
        """(3, z, y, x) float32, derivative of ``distance`` along x, y, z."""
        dz, dy, dx = np.gradient(self.distance, self.spacing_mm)
        return np.stack([dx, dy, dz]).astype(np.float32)

    def look_up(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Distance (...) and its slope (..., 3) at head-frame points (..., 3); beyond the box, distance to the box is added."""
        index = (points - self.origin_mm) / self.spacing_mm
        inside = np.clip(np.rint(index), 0, np.array(self.distance.shape[::-1]) - 1).astype(int)
        beyond = (index - np.clip(index, 0, np.array(self.distance.shape[::-1]) - 1)) * self.spacing_mm
        at = (inside[..., 2], inside[..., 1], inside[..., 0])
        length = np.linalg.norm(beyond, axis=-1)
        slope = np.moveaxis(self.slope[(slice(None), *at)], 0, -1) + beyond / np.maximum(length, 1e-9)[..., None]
        return self.distance[at] + length, slope


@dataclass(frozen=True)
class Atlas:
    """The shape model and the template that its poses refer to."""

    model: ShapeModel
    template: Template

    def save(self, path: Path, *, facts: dict[str, str] | None = None) -> None:
        """Write a safetensors file; modes are kept as float16 on the vault alone.

        Parameters
        ----------
        path
            Where to.
        facts
            Said in the file's header: data, licence, date.
        """
        from safetensors.numpy import save_file

        m, t = self.model, self.template
        arrays = {
            "mean": m.mean.astype(np.float32),
            "modes": m.modes[:, m.vault].astype(np.float16),
            "sigma": m.sigma.astype(np.float16),
            "vault": m.vault.astype(np.uint8),
            "template_outer": t.outer.astype(np.float32),
            "template_vault": t.vault.astype(np.uint8),
            "occupancy": np.rint(255 * t.occupancy).astype(np.uint8),
        }
        header = {"level": m.level, "origin_mm": t.origin_mm, "spacing_mm": t.spacing_mm}
        # save_file writes memory as it lies, so an array that is not contiguous would come back scrambled
        arrays = {name: np.ascontiguousarray(a) for name, a in arrays.items()}
        save_file(arrays, str(path), metadata={"atlas": json.dumps(header), **(facts or {})})


def load_atlas(path: Path) -> Atlas:
    """Read an atlas.

    Raises
    ------
    DependencyError
        If safetensors is not installed.
    WeightsError
        If the file is missing or damaged.
    """
    try:
        from safetensors import SafetensorError, safe_open
    except ImportError:
        raise DependencyError(
            "The shape statistics are a safetensors file, and that package is not installed. Install it with `pip install safetensors`."
        ) from None
    try:
        with safe_open(str(path), "np") as file:
            header = json.loads(file.metadata()["atlas"])
            a = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a dict
        vault = a["vault"].astype(bool)
        modes = np.zeros((len(a["modes"]), vertex_count(header["level"]), 2))
        modes[:, vault] = a["modes"]
        model = ShapeModel(header["level"], a["mean"].astype(float), modes, a["sigma"].astype(float), vault)
        template = Template(
            a["template_outer"].astype(float),
            a["template_vault"].astype(bool),
            a["occupancy"] / 255.0,
            header["origin_mm"],
            header["spacing_mm"],
        )
        return Atlas(model, template)
    except FileNotFoundError:
        raise WeightsError(f"The shape statistics are missing: {path} does not exist. Reinstall SkullRestore.") from None
    except (SafetensorError, KeyError, TypeError, ValueError, IndexError) as error:
        raise WeightsError(f"The shape statistics in {path} cannot be read ({error}). Reinstall SkullRestore.") from None
