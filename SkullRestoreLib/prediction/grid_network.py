"""The spherical U-Net in numpy: what restoring needs of it, without torch.

The network has a million parameters and runs once for each head, so gathers and matrix products are as fast as torch
(decision 0117). A grid value is a row, with its channels side by side: a vertex and its six neighbours are seven rows,
and a convolution is a gather of rows and one matrix product. Training has the same network in torch
(:mod:`SkullRestoreLib.prediction.spherical_unet`); both read the same file.
"""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from SkullRestoreLib._system.blas_threads import single_blas_thread
from SkullRestoreLib.errors import DependencyError, WeightsError
from SkullRestoreLib.geometry.icosphere import LATTICE_STEPS, level_from_count, padding_table, pole_neighbours
from SkullRestoreLib.prediction.features import CHANNEL_COUNT, FEATURE_VERSION

UNET_WIDTHS = (32, 48, 64, 96, 128)
"""Channels of the U-Net at grid levels 5, 4, 3, 2, 1."""
OUTPUT_COUNT = 5
"""Channels of the output: correction of both tables, logarithm of both scales, logit of ``missing``."""
HIDDEN_COUNT = 8
"""Channels that level 5 hands to the last convolution besides its part of the output."""
NORM_EPSILON = 1e-5
"""What torch's normalisation adds to the variance."""

Weights = Mapping[str, NDArray[Any]]
"""Name of a weight, as torch names it, to its values."""


def read_weights(path: Path) -> dict[str, NDArray[Any]]:
    """Read the network's weights from a safetensors file, and check that they belong to this network.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    dict
        Name, as torch names it, to float32 values.

    Raises
    ------
    DependencyError
        If safetensors is not installed.
    WeightsError
        If the file is missing, damaged, or of another network.
    """
    try:
        from safetensors import SafetensorError, safe_open
    except ImportError:
        raise DependencyError(
            "The network's weights are a safetensors file, and that package is not installed. "
            "Install it with `pip install safetensors`."
        ) from None
    try:
        with safe_open(str(path), "np") as file:
            version = (file.metadata() or {}).get("features")
            weights = {name: np.asarray(file.get_tensor(name), np.float32) for name in file.keys()}  # noqa: SIM118
    except (FileNotFoundError, IsADirectoryError, PermissionError):
        raise WeightsError(
            f"The network weights are missing: {path} does not exist. "
            "Reinstall SkullRestore or give a file with --weights."
        ) from None
    except (SafetensorError, TypeError, ValueError) as error:
        raise _unusable(path, str(error).splitlines()[0]) from None
    if version != FEATURE_VERSION:
        raise _unusable(path, "it was trained with another version of SkullRestore, on other features")
    expected = weight_shapes()
    for name in sorted({*expected, *weights}):
        found = weights[name].shape if name in weights else "no such weight"
        if found != expected.get(name):
            raise _unusable(path, f"it is of another network: {name} is {found}, not {expected.get(name, 'known')}")
    return weights


def _unusable(path: Path, reason: str) -> WeightsError:
    return WeightsError(
        f"The network weights in {path} cannot be used ({reason}). "
        "Reinstall SkullRestore or give another file with --weights."
    )


def weight_shapes(widths: tuple[int, ...] = UNET_WIDTHS) -> dict[str, tuple[int, ...]]:
    """List the weights of the network.

    Parameters
    ----------
    widths
        Channels at levels 5, 4, 3, 2, 1.

    Returns
    -------
    dict
        Name, as torch names it, to shape.

    Examples
    --------
    >>> weight_shapes()["coarse.weight"]
    (13, 32, 3, 3)
    """
    shapes: dict[str, tuple[int, ...]] = {}
    down = [(a, b) for a, b in zip((CHANNEL_COUNT, *widths[:-1]), widths, strict=True)]
    up = [(a + b, b) for a, b in zip(widths[:0:-1], widths[-2::-1], strict=True)]
    for side, blocks in (("down", down), ("up", up)):
        for number, (inputs, outputs) in enumerate(blocks):
            shapes[f"{side}.{number}.first.weight"] = (outputs, inputs, 3, 3)
            shapes[f"{side}.{number}.second.weight"] = (outputs, outputs, 3, 3)
            for norm in (0, 1):
                for value in ("weight", "bias", "running_mean", "running_var"):
                    shapes[f"{side}.{number}.norms.{norm}.{value}"] = (outputs,)
    last = {"coarse": (OUTPUT_COUNT + HIDDEN_COUNT, widths[0]), "fine": (OUTPUT_COUNT, HIDDEN_COUNT + CHANNEL_COUNT)}
    for name, (outputs, inputs) in last.items():
        shapes |= {f"{name}.weight": (outputs, inputs, 3, 3), f"{name}.bias": (outputs,)}
    return shapes


# --- on the grid


@lru_cache(maxsize=16)
def _neighbour_rows(level: int, stride: int) -> NDArray[np.intp]:
    """(7, n) each vertex but the poles, and its six neighbours; with stride 2 those of the next coarser level only."""
    n = 2**level
    padded = padding_table(level)
    rows = np.stack([padded[:, 1 + i : 1 + i + n, 1 + j : 1 + j + 2 * n] for i, j in LATTICE_STEPS])
    if stride == 2:
        rows = rows[:, :, 0::2, 1::2]  # a coarse vertex is the second column of its pair
    return np.ascontiguousarray(rows.reshape(len(LATTICE_STEPS), -1), np.intp)


def _append_poles(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """(n - 2, c) to (n, c): a pole is the mean of its five neighbours."""
    level = level_from_count(len(values) + 2)
    return np.concatenate([values, values[pole_neighbours(level)].mean(axis=1)])


def _upsample(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """(n, c) to (4 n - 8, c), without poles: a new vertex is the mean of the two ends of its edge."""
    n = 2 ** level_from_count(len(values))
    padded = values[padding_table(level_from_count(len(values)))]
    centre = padded[:, 1:-1, 1:-1]
    left, below, below_left = padded[:, 1:-1, :-2], padded[:, 2:, 1:-1], padded[:, 2:, :-2]
    fine = np.zeros((5, 2 * n, 4 * n, values.shape[1]), np.float32)
    fine[:, 0::2, 1::2] = centre
    fine[:, 0::2, 0::2] = (left + centre) / 2
    fine[:, 1::2, 1::2] = (centre + below) / 2
    fine[:, 1::2, 0::2] = (centre + below_left) / 2
    return fine.reshape(-1, values.shape[1])


@dataclass(frozen=True, eq=False)
class GridConvolution:
    """A convolution over a vertex and its six neighbours; stride 2 goes one grid level down.

    Attributes
    ----------
    kernel
        (7, inputs, outputs) float32, for the vertex and its neighbours in the order of the lattice steps.
    bias
        (outputs,) float32.
    stride
        1 or 2.
    """

    kernel: NDArray[np.float32]
    bias: NDArray[np.float32]
    stride: int = 1

    @classmethod
    def from_weights(
        cls,
        weight: NDArray[Any],
        bias: NDArray[Any],
        *,
        scale: NDArray[Any] | float = 1.0,
        stride: int = 1,
    ) -> "GridConvolution":
        """Take over torch's weights.

        Parameters
        ----------
        weight
            (outputs, inputs, 3, 3), of which two corners are dead.
        bias
            (outputs,), added after scaling.
        scale
            (outputs,), or one number: by what the outputs are multiplied.
        stride
            1 or 2.
        """
        scaled = np.asarray(weight, float) * np.reshape(scale, (-1, 1, 1, 1))
        taps = [scaled[:, :, 1 + i, 1 + j].T for i, j in LATTICE_STEPS]
        return cls(np.stack(taps).astype(np.float32), np.asarray(bias, np.float32), stride)

    def __call__(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """Apply the convolution.

        Parameters
        ----------
        values
            (n, inputs) float32 on a grid level, poles last.

        Returns
        -------
        (m - 2, outputs) float32
            Without the poles; on the same level, or the next coarser one with stride 2.
        """
        rows = _neighbour_rows(level_from_count(len(values)), self.stride)
        taps, inputs, outputs = self.kernel.shape
        if outputs < inputs and self.stride == 1:  # fewer numbers are gathered after the product than before
            total = np.tile(self.bias, (rows.shape[1], 1))
            for tap, at in zip(self.kernel, rows, strict=True):
                total += np.take(values @ tap, at, axis=0)
            return total
        gathered = np.take(values, rows.T, axis=0).reshape(-1, taps * inputs)
        product = gathered @ self.kernel.reshape(taps * inputs, outputs)
        product += self.bias
        return product


@dataclass(frozen=True, eq=False)
class GridNetwork:
    """The network, ready to compute on arrays.

    Attributes
    ----------
    down, up
        The two convolutions of each block, in the order of the computation.
    coarse, fine
        The last convolutions at levels 5 and 6.
    """

    down: tuple[tuple[GridConvolution, GridConvolution], ...]
    up: tuple[tuple[GridConvolution, GridConvolution], ...]
    coarse: GridConvolution
    fine: GridConvolution

    @classmethod
    def from_weights(cls, weights: Weights) -> "GridNetwork":
        """Make the network from its weights; each normalisation becomes a part of the convolution before it.

        Parameters
        ----------
        weights
            From :func:`read_weights`.
        """
        count = len({name.split(".")[1] for name in weights if name.startswith("down.")})
        return cls(
            tuple(_block_from_weights(weights, f"down.{number}", stride=2) for number in range(count)),
            tuple(_block_from_weights(weights, f"up.{number}", stride=1) for number in range(count - 1)),
            GridConvolution.from_weights(weights["coarse.weight"], weights["coarse.bias"]),
            GridConvolution.from_weights(weights["fine.weight"], weights["fine.bias"]),
        )

    def __call__(self, features: NDArray[np.float32]) -> NDArray[np.float64]:
        """Compute corrections from features.

        Parameters
        ----------
        features
            (b, CHANNEL_COUNT, n) float32.

        Returns
        -------
        (b, 5, n) float64
            Correction of the outer and the inner table in mm, logarithm of their Laplace scales in mm, logit of
            ``missing``.
        """
        # a thread for each head: those of BLAS would wait for each other in every small product
        with single_blas_thread(), ThreadPoolExecutor(max(len(features), 1)) as pool:
            return np.stack(list(pool.map(self._compute_head, features))).astype(float)

    def _compute_head(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """(CHANNEL_COUNT, n) to (5, n)."""
        whole = _append_poles(np.ascontiguousarray(features.T[:-2], np.float32))
        values, skips = whole, []
        for block in self.down:
            values = _apply_block(block, values)
            skips.append(values)
        values = skips.pop()
        for block in self.up:
            values = _apply_block(block, _append_poles(np.concatenate([_upsample(values), skips.pop()[:-2]], axis=1)))
        wide = _append_poles(_upsample(_append_poles(self.coarse(values))))
        last = self.fine(np.concatenate([wide[:, OUTPUT_COUNT:], whole], axis=1))
        return _append_poles(wide[:-2, :OUTPUT_COUNT] + last).T


def _block_from_weights(weights: Weights, name: str, *, stride: int) -> tuple[GridConvolution, GridConvolution]:
    """Two convolutions of a block, each with its normalisation."""
    convolutions = []
    for number, (part, step) in enumerate((("first", stride), ("second", 1))):
        norm, bias, mean, variance = (
            np.asarray(weights[f"{name}.norms.{number}.{value}"], float)
            for value in ("weight", "bias", "running_mean", "running_var")
        )
        scale = norm / np.sqrt(variance + NORM_EPSILON)
        weight = weights[f"{name}.{part}.weight"]
        convolutions.append(GridConvolution.from_weights(weight, bias - mean * scale, scale=scale, stride=step))
    return convolutions[0], convolutions[1]


def _apply_block(block: tuple[GridConvolution, GridConvolution], values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Both convolutions with their rectifiers, on values with poles."""
    for convolution in block:
        values = convolution(values)
        np.maximum(values, 0, out=values)
        values = _append_poles(values)
    return values
