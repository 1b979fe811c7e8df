"""Kriging in torch, for a batch of heads: as :class:`SkullRestoreLib.prediction.kriging.GaussianProcessPrior` does it.

Every head takes back the bone that it has lost and adds the bone around its hole (decision 0175), in matrices as large
as the largest of the batch needs. Factors and means are in double precision and errors in single precision, as on
processors: in single precision the factors of large holes would be wrong by more than 0.001 mm.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from SkullRestoreLib.geometry.icosphere import level_from_count, vertex_count
from SkullRestoreLib.method_parameters import METHOD, KrigingParameters, ShapeParameters
from SkullRestoreLib.prediction.conditioning import UpdatedConditioning
from SkullRestoreLib.prediction.kriging import GaussianProcessPrior
from SkullRestoreLib.training.torch_grid import coarser_vertices, convert_level, grow_region, neighbour_table
from SkullRestoreLib.training.torch_shape import find_sound_bone, match_tables

_MIN_VARIANCE_MM2 = 1e-4


@dataclass(frozen=True, eq=False)
class PriorStack:
    """Priors of one run on one device.

    Their variables are the tables of all vertices that are in the vault of at least one of them: outer ones, then inner
    ones. Outside its own vault a prior has a covariance of zero.
    """

    level: int  # of the priors' grid
    vertices: Tensor  # (v,) int64 of that grid
    measured: Tensor  # (q,) int64, the variables that are usually measured in at least one prior
    mean: Tensor  # (f, 2, n) float64, mm, mean tables on the models' level
    sigma: Tensor  # (f, 2, n) float64, mm, their error outside the vault
    vault: Tensor  # (f, n) bool
    own: Tensor  # (f, 2v) bool, variables of the prior
    usual: Tensor  # (f, 2v) bool, variables that are usually measured
    gain: Tensor  # (f, 2v, q) float32, from the usual measurements to the means
    covariance: Tensor  # (f, 2v, 2v) float32, after the usual measurements
    intact_error: Tensor  # (f, 2v) float64, mm
    failed: Tensor  # () bool, whether a factor was asked for that does not exist

    @classmethod
    def from_priors(cls, priors: Sequence[GaussianProcessPrior], device: torch.device) -> "PriorStack":
        """Copy priors to a device.

        Parameters
        ----------
        priors
            Of one grid level, made for many heads (``exact=False``).
        device
            Where they are used.

        Raises
        ------
        ValueError
            If a prior was made for a single head.
        """
        updates, models, count = [_updates(prior) for prior in priors], [prior.model for prior in priors], len(priors)
        vertices = np.unique(np.concatenate([prior.vault_vertices for prior in priors]))
        size = 2 * len(vertices)
        both_tables = np.array([[0], [len(vertices)]])
        places = [(np.searchsorted(vertices, prior.vault_vertices) + both_tables).ravel() for prior in priors]
        own, usual, error = np.zeros((count, size), bool), np.zeros((count, size), bool), np.zeros((count, size))
        for row, (place, prior, update) in enumerate(zip(places, priors, updates, strict=True)):
            own[row, place], usual[row, place], error[row, place] = True, update.usual, prior.intact_error
        measured = np.flatnonzero(usual.any(axis=0))
        gain = torch.zeros((count, size, len(measured)), device=device)
        covariance = torch.zeros((count, size, size), device=device)
        for row, (place, update) in enumerate(zip(places, updates, strict=True)):  # one after the other: they are large
            rows = torch.from_numpy(place).to(device)
            columns = torch.from_numpy(np.searchsorted(measured, place[update.usual])).to(device)
            gain[row][rows[:, None], columns] = torch.from_numpy(update.gain).to(device)
            covariance[row][rows[:, None], rows] = torch.from_numpy(update.covariance).to(device)
        arrays = {
            "vertices": vertices, "measured": measured, "own": own, "usual": usual, "intact_error": error,
            "mean": np.stack([m.mean.T for m in models]), "sigma": np.stack([m.sigma.T for m in models]),
            "vault": np.stack([m.vault for m in models]), "failed": np.array(False),
        }  # fmt: skip
        tensors = {name: torch.from_numpy(values).to(device) for name, values in arrays.items()}
        return cls(level=priors[0].level, gain=gain, covariance=covariance, **tensors)

    def predict_tables(
        self,
        ends: Tensor,
        tables: Tensor,
        prior: Tensor,
        *,
        kriging: KrigingParameters = METHOD.kriging,
        shape: ShapeParameters = METHOD.shape,
    ) -> tuple[Tensor, Tensor]:
        """Predict the complete vaults from their sound part.

        Parameters
        ----------
        ends
            (b, m, 2, n), mm, inner and outer end of each bone interval on the models' level.
        tables
            (b, 2, n), mm, the fitted shape models.
        prior
            (b,) int64, which prior each head has.
        kriging, shape
            Of the method.

        Returns
        -------
        tables, sigma : Tensor
            (b, 2, n) float64, mm, the most likely tables and their standard error.

        Raises
        ------
        torch.linalg.LinAlgError
            If matrices of an earlier call were not positive definite: of this one it is known only later.
        """
        vault, mean = self.vault[prior], self.mean[prior]
        observed = match_tables(ends, tables, kriging.match_tolerance_mm)
        sound = find_sound_bone(observed, tables, vault, parameters=shape)
        gap = torch.where((sound & vault)[:, None], observed.double() - mean, torch.nan)
        hole = grow_region(grow_region(vault & gap[:, 0].isnan(), -1), 1)
        sure, likely = self._trusted_gaps(gap, hole, prior, kriging)
        near_hole = grow_region(convert_level(hole, self.level), 2 * kriging.dense_rings)
        near = (near_hole | convert_level(gap.isnan().any(dim=1), self.level))[:, self.vertices].repeat(1, 2)

        usual, doubtful = self.usual[prior], likely.isfinite() & sure.isnan()
        most = self._largest_matrices(usual & sure.isnan(), ~usual & likely.isfinite())
        predicted, error = self._condition(sure, prior, most, kriging)
        largest = kriging.max_disagreement_sigmas * torch.hypot(error, torch.full_like(error, kriging.noise_mm))
        disagrees = doubtful & ~((likely - predicted).abs() < largest)
        values = torch.where(disagrees, torch.nan, likely)
        change, error = self._condition(values, prior, most, kriging)
        error = torch.where(near, error, self.intact_error[prior])
        change, error = (self._on_grid(v, prior, level_from_count(vault.shape[1])) for v in (change, error))
        outside = ~vault[:, None]
        return torch.where(outside, tables, mean + change), torch.where(outside, self.sigma[prior], error)

    def _largest_matrices(self, lost: Tensor, added: Tensor) -> tuple[int, int]:
        """Most lost and most added variables of a head, the same for both times that the heads are conditioned.

        These are the only numbers that the processor waits for.
        """
        numbers = torch.stack([lost.sum(dim=1).amax(), added.sum(dim=1).amax(), self.failed.long()])
        most_lost, most_added, failed = numbers.tolist()
        if failed:
            raise torch.linalg.LinAlgError("Kriging failed in training: a covariance was not positive definite.")
        return max(most_lost, 1), max(most_added, 1)

    def _trusted_gaps(
        self, gap: Tensor, hole: Tensor, prior: Tensor, kriging: KrigingParameters
    ) -> tuple[Tensor, Tensor]:
        """Distance of the variables from the mean, (b, 2v) float64, NaN where it does not count.

        The first is without walls and doubtful bone, the second without walls.
        """
        uncertain = torch.stack(
            [grow_region(hole, rings) for pair in (kriging.doubtful_rings, kriging.wall_rings) for rings in pair], dim=1
        )
        pooled = _pool_means(torch.where(uncertain, torch.nan, gap.repeat(1, 2, 1)), self.level)
        counted = grow_region(convert_level(hole, self.level), kriging.dense_rings)
        counted = counted.index_fill(1, coarser_vertices(self.level, max(self.level - 1, 0), gap.device), 1)
        variables = torch.where(counted[:, None], pooled, torch.nan)[..., self.vertices]
        sure, likely = (torch.where(self.own[prior], v.flatten(1), torch.nan) for v in variables.split(2, dim=1))
        return sure, likely

    def _condition(
        self, values: Tensor, prior: Tensor, most: tuple[int, int], kriging: KrigingParameters
    ) -> tuple[Tensor, Tensor]:
        """Condition on measurements (b, 2v), NaN where there is none: means and their standard errors, (b, 2v) float64.

        Most lists of what is lost and added are shorter than ``most``: what is over is measured as zero, of a variable
        that has nothing to do with the others.
        """
        known, usual, noise = values.isfinite(), self.usual[prior], kriging.noise_mm**2
        values, split = torch.where(known, values, 0), most[0]
        lists = _list_true(usual & ~known, most[0]), _list_true(known & ~usual, most[1])
        index, listed = (torch.cat(both, dim=1) for both in zip(*lists, strict=True))
        rows = self.covariance[prior[:, None], index] * listed[..., None]
        cross = (rows.gather(2, index[:, None].expand(-1, len(index[0]), -1)) * listed[:, None]).double()
        identity = torch.eye(len(index[0]), dtype=torch.float64, device=values.device) * noise
        lost_factor = self._factorise(identity[:split, :split] - cross[:, :split, :split])
        between = _solve(lost_factor, cross[:, :split, split:])
        added_factor = self._factorise(cross[:, split:, split:] + between.mT @ between + identity[split:, split:])

        means = self.gain @ values[:, self.measured].float().T  # of all priors, which takes less than to copy the gains
        mean = means[prior, :, torch.arange(len(prior), device=prior.device)].double()
        news = ((values - mean).gather(1, index) * listed)[..., None]
        taken_back = _solve(lost_factor, news[:, :split])
        added = _solve(added_factor, news[:, split:] + between.mT @ taken_back)
        added = torch.linalg.solve_triangular(added_factor.mT, added, upper=True)
        lost = torch.linalg.solve_triangular(lost_factor.mT, between @ added - taken_back, upper=True)
        mean = mean + (torch.cat([lost, added], dim=1).float().mT @ rows)[:, 0]

        increase = _solve(lost_factor.float(), rows[:, :split])
        decrease = _solve(added_factor.float(), rows[:, split:] + between.mT.float() @ increase)
        variance = self.covariance.diagonal(dim1=1, dim2=2)[prior] + increase.square().sum(dim=1)
        variance = variance - decrease.square().sum(dim=1)
        return mean, variance.clamp(min=_MIN_VARIANCE_MM2).double().sqrt()

    def _factorise(self, matrices: Tensor) -> Tensor:
        """Lower Cholesky factors; whether they exist is kept on the device, for the processor would wait to know."""
        factors, fault = torch.linalg.cholesky_ex(matrices)
        self.failed.logical_or_(fault.any())
        return factors

    def _on_grid(self, variables: Tensor, prior: Tensor, level: int) -> Tensor:
        """Variables (b, 2v) as values of a grid (b, 2, n), zero outside the prior's vault."""
        inside = torch.where(self.own[prior], variables, 0)
        values = variables.new_zeros(len(variables), 2, vertex_count(self.level))
        values[..., self.vertices] = inside.reshape(len(variables), 2, -1)
        return convert_level(values, level)


def _updates(prior: GaussianProcessPrior) -> UpdatedConditioning:
    if not isinstance(prior.conditioning, UpdatedConditioning):
        raise ValueError("The priors of a training run must be made with exact=False.")
    return prior.conditioning


def _list_true(mask: Tensor, length: int) -> tuple[Tensor, Tensor]:
    """Places of the true values of each row, (b, length) int64, ascending; and which of them are true."""
    order = torch.argsort((~mask).to(torch.uint8), dim=1, stable=True)[:, :length]
    return order, mask.gather(1, order)


def _solve(factors: Tensor, right: Tensor) -> Tensor:
    return torch.linalg.solve_triangular(factors, right, upper=False)


def _pool_means(gap: Tensor, level: int) -> Tensor:
    """Means over a vertex and its neighbours (half weight) on a coarser level, NaN where most are not known."""
    known = gap.isfinite()
    gap = torch.where(known, gap, 0)
    for finer in range(level_from_count(gap.shape[-1]), level, -1):
        kept = coarser_vertices(finer, finer - 1, gap.device)
        neighbours = neighbour_table(finer, gap.device)[:, kept]
        weight = known[..., kept] + known[..., neighbours].sum(dim=-2) / 2
        gap = (gap[..., kept] + gap[..., neighbours].sum(dim=-2) / 2) / weight.clamp(min=1)
        known = weight >= 2
        gap = torch.where(known, gap, 0)
    return torch.where(known, gap, torch.nan)
