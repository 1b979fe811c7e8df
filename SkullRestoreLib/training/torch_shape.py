"""The fit of the shape model in torch, for a batch of heads: as :mod:`SkullRestoreLib.skull_model.shape_model` does it.

Measurements and modes are in single precision, as in training on processors; the small systems of equations are solved
in double precision, which costs nothing next to the rest.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from SkullRestoreLib.geometry.icosphere import level_from_count, spherical_grid
from SkullRestoreLib.method_parameters import METHOD, ShapeParameters
from SkullRestoreLib.skull_model.shape_model import ShapeModel
from SkullRestoreLib.training.torch_grid import neighbour_table, number_parts


def match_tables(ends: Tensor, tables: Tensor, tolerance_mm: float) -> Tensor:
    """Find the measured tables close to the expected ones.

    Parameters
    ----------
    ends
        (b, m, 2, n), mm, inner and outer end of each bone interval.
    tables
        (b, 2, n), mm, expected outer and inner table.
    tolerance_mm
        Ends further away than this are something else.

    Returns
    -------
    Tensor
        (b, 2, n), mm, as :func:`SkullRestoreLib.skull_model.shape_model.match_tables`.
    """
    low, high = ends.unbind(dim=2)
    outer = torch.where((high - tables[:, :1]).abs() <= tolerance_mm, high, -torch.inf).amax(dim=1)
    inner = torch.where((low - tables[:, 1:]).abs() <= tolerance_mm, low, torch.inf).amin(dim=1)
    found = torch.stack([outer, inner], dim=1)
    found = torch.where(found.isfinite(), found, torch.nan)
    return torch.where(found[:, 1:] >= found[:, :1], torch.nan, found)


def find_sound_bone(observed: Tensor, tables: Tensor, vault: Tensor, *, parameters: ShapeParameters) -> Tensor:
    """Find the sound vault among the bone near the expected tables.

    Parameters
    ----------
    observed
        (b, 2, n), mm, from :func:`match_tables`.
    tables
        (b, 2, n), mm, expected outer and inner table.
    vault
        (b, n) bool.
    parameters
        How large a step and a part are.

    Returns
    -------
    Tensor
        (b, n) bool, as :func:`SkullRestoreLib.skull_model.shape_model.find_sound_bone`.
    """
    if parameters.min_sound_share == 0:
        return observed.isfinite().any(dim=1)
    level = level_from_count(vault.shape[-1])
    gap = torch.where(vault, observed[:, 0] - tables[:, 0], torch.nan)
    present = gap.isfinite()
    count = present.sum(dim=1, keepdim=True)
    slope = parameters.max_table_slope * spherical_grid(level).edge_length
    largest_step = _median(tables[:, 0], present, count) * slope
    near = gap[:, neighbour_table(level, gap.device)]
    joined = (gap[:, None] - near).abs() < largest_step[:, None]  # no number is near NaN
    part = number_parts(joined)
    size = torch.zeros_like(part).scatter_add(1, part, present.long()).gather(1, part)
    enough = torch.minimum(size.amax(dim=1, keepdim=True).double(), parameters.min_sound_share * count.double())
    return present & (size >= enough)


def _median(values: Tensor, wanted: Tensor, count: Tensor) -> Tensor:
    """Median of the wanted values of each row, (b, 1); of an even number the mean of the two in the middle."""
    ordered = torch.where(wanted, values, torch.inf).sort(dim=1).values
    middle = torch.cat([(count - 1).clamp(min=0) // 2, count // 2], dim=1)
    return ordered.gather(1, middle).mean(dim=1, keepdim=True)


@dataclass(frozen=True, eq=False)
class ShapeModelStack:
    """Shape models of one run in single precision, on one device; models of fewer modes have modes of zero."""

    mean: Tensor  # (f, 2, n), mm
    modes: Tensor  # (f, k, 2, n), mm per standard deviation
    sigma: Tensor  # (f, 2, n), mm
    vault: Tensor  # (f, n) bool

    @classmethod
    def from_models(cls, models: Sequence[ShapeModel], device: torch.device) -> "ShapeModelStack":
        """Copy models to a device.

        Parameters
        ----------
        models
            All of one grid level.
        device
            Where they are used.
        """
        modes = np.zeros((len(models), max(len(m.modes) for m in models), 2, len(models[0].vault)), dtype=np.float32)
        for padded, model in zip(modes, models, strict=True):
            padded[: len(model.modes)] = np.swapaxes(model.modes, 1, 2)
        mean, sigma = (
            np.stack([np.ascontiguousarray(values.T, dtype=np.float32) for values in each])
            for each in ([m.mean for m in models], [m.sigma for m in models])
        )
        vault = np.stack([m.vault for m in models])
        return cls(*(torch.from_numpy(values).to(device) for values in (mean, modes, sigma, vault)))

    def fit(self, ends: Tensor, model: Tensor, *, parameters: ShapeParameters = METHOD.shape) -> Tensor:
        """Fit the modes to the bone that is present.

        Parameters
        ----------
        ends
            (b, m, 2, n), mm, inner and outer end of each bone interval on the models' level.
        model
            (b,) int64, which model each head has.
        parameters
            Of this step.

        Returns
        -------
        Tensor
            (b, 2, n) float32, mm, the tables of the fitted models.
        """
        mean, vault = self.mean[model], self.vault[model]
        modes = self.modes[model].flatten(2)  # (b, k, 2n)
        variance = parameters.rays_per_measurement * (self.sigma[model] ** 2 + parameters.table_variance_mm2)
        identity = torch.eye(modes.shape[1], dtype=torch.float64, device=modes.device)
        tables = mean
        for width in parameters.fit_widths_mm:
            observed = match_tables(ends, tables, width)
            if width <= parameters.sound_bone_width_mm:
                sound = find_sound_bone(observed, tables, vault, parameters=parameters)
                observed = torch.where(sound[:, None], observed, torch.nan)
            gap = observed - tables
            known = gap.isfinite() & vault[:, None]
            tukey = torch.where(known, (1 - (gap / width) ** 2).clamp(min=0) ** 2, 0)
            target = torch.where(known, observed - mean, 0).flatten(1)
            weighted = modes * (tukey / variance).flatten(1)[:, None]
            precision = (weighted @ modes.mT).double() + identity
            # without a check, for which the processor would wait: with the identity added the factor exists
            factor, _ = torch.linalg.cholesky_ex(precision)
            coefficients = torch.cholesky_solve((weighted @ target[..., None]).double(), factor).float()
            tables = mean + (coefficients.mT @ modes).reshape(mean.shape)
        return tables
