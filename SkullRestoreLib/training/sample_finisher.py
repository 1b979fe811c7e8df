"""Finish training samples on the device that learns them: damaged bone in, what the network is given out.

A graphics card learns a variant in a few milliseconds, and a processor needs ten times that to make one. Where there is
a card, processors only draw the damage; the shape model, kriging and the features are computed on the card, for a batch
at once (decision 0188).
"""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from SkullRestoreLib.geometry.icosphere import level_from_count
from SkullRestoreLib.method_parameters import METHOD
from SkullRestoreLib.prediction.features import MM_SCALE
from SkullRestoreLib.prediction.kriging import GaussianProcessPrior
from SkullRestoreLib.training.dataset import TRAINING_SHAPE
from SkullRestoreLib.training.torch_grid import convert_level, direction_table, mirror_table
from SkullRestoreLib.training.torch_kriging import PriorStack
from SkullRestoreLib.training.torch_shape import ShapeModelStack, match_tables


class SampleFinisher:
    """Finishes batches of samples that :class:`SkullRestoreLib.training.dataset.DamagedSkulls` left unfinished.

    Parameters
    ----------
    priors
        One per fold; None for a fold that no row belongs to.
    device
        Where the batches are.
    """

    @torch.inference_mode(False)  # a run begins with a validation, and what is kept is used to learn too
    def __init__(self, priors: Sequence[GaussianProcessPrior | None], device: torch.device) -> None:
        used = [prior for prior in priors if prior is not None]
        places = np.cumsum([prior is not None for prior in priors]) - 1
        self._place_of_fold = torch.from_numpy(places).to(device)
        self._models = ShapeModelStack.from_models([prior.model for prior in used], device)
        self._priors = PriorStack.from_priors(used, device)

    def bytes_on_device(self) -> int:
        """Count the bytes that models and priors take there."""
        parts = [*vars(self._models).values(), *vars(self._priors).values()]
        return sum(part.nbytes for part in parts if isinstance(part, Tensor))

    @torch.no_grad()
    def finish(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Compute what the network is given.

        Parameters
        ----------
        batch
            Unfinished samples, on the finisher's device.

        Returns
        -------
        dict
            The arrays of finished samples, within 0.001 mm of those that a processor makes.

        Raises
        ------
        torch.linalg.LinAlgError
            If kriging failed in an earlier batch: covariances were not positive definite.
        """
        with torch.autocast(batch["reach"].device.type, enabled=False):
            place = self._place_of_fold[batch["fold"]]
            level = level_from_count(batch["reach"].shape[1])
            ends = batch["intervals"].permute(0, 2, 3, 1).contiguous()
            coarse = convert_level(ends, level_from_count(self._models.vault.shape[1]))
            fitted = self._models.fit(coarse, place, parameters=TRAINING_SHAPE)
            tables, sigma = (
                convert_level(v.float(), level) for v in self._priors.predict_tables(coarse, fitted, place)
            )
            vault = convert_level(self._models.vault.float(), level)[place] > 0.5
            valid = batch["tables"].mT.isfinite() & vault[:, None]
            return {
                "x": compute_features(ends, tables, sigma, vault, batch["reach"]),
                "start": tables,
                "truth": torch.where(valid, batch["tables"].mT, 0),
                "valid": valid,
                "missing": batch["missing"],
            }


def compute_features(ends: Tensor, tables: Tensor, sigma: Tensor, vault: Tensor, reach: Tensor) -> Tensor:
    """Compute the network's input for a batch, as :func:`SkullRestoreLib.prediction.features.compute_features` does.

    Parameters
    ----------
    ends
        (b, m, 2, n), mm, inner and outer end of each bone interval, outermost first.
    tables, sigma
        (b, 2, n), mm, the tables predicted from the sound bone and their standard error.
    vault
        (b, n) bool.
    reach
        (b, n), mm, how far out the scan covers each ray.

    Returns
    -------
    Tensor
        (b, CHANNEL_COUNT, n) float32; millimetres are divided by 4; never NaN.
    """
    level = level_from_count(reach.shape[1])
    mirror, directions = mirror_table(level, reach.device), direction_table(level, reach.device)
    outer, inner = tables.unbind(dim=1)
    gap = match_tables(ends, tables, METHOD.kriging.match_tolerance_mm) - tables
    known = gap.isfinite() & vault[:, None]
    gap = torch.where(known, gap, 0)
    outermost = (ends[:, 0, 1] - outer).nan_to_num(nan=-40.0)
    low, high = torch.maximum(ends[:, :, 0], inner[:, None] - 2), torch.minimum(ends[:, :, 1], outer[:, None] + 2)
    bone = (high - low).nan_to_num(nan=0.0).clamp(min=0).sum(dim=1) / (outer - inner + 2).clamp(min=2)  # NaN is no bone
    channels = [
        gap / MM_SCALE, known, (tables[..., mirror] - tables) / MM_SCALE,
        gap[:, :1, mirror] / MM_SCALE, known[:, :1, mirror],
        (outermost / 20).clamp(-2, 2)[:, None], bone[:, None],
        sigma / MM_SCALE, directions.expand(len(reach), -1, -1), vault[:, None],
        (reach > outer + 1)[:, None], ((outer - inner) / 10)[:, None],
    ]  # fmt: skip
    return torch.cat([channel.float() for channel in channels], dim=1)
