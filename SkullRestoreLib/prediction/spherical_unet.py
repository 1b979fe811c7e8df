"""The spherical U-Net and its building blocks, in torch: for training, and for graphics cards.

A convolution on the icosahedral grid is a planar 3 × 3 convolution with two dead corners on five padded charts (Cohen
et al. 2019, arXiv 1902.04615). The head frame is canonical, so the kernels need not be equivariant: every direction has
its own meaning, as every place on the head has.
"""

from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from SkullRestoreLib.errors import WeightsError
from SkullRestoreLib.geometry.icosphere import padding_table
from SkullRestoreLib.prediction.features import CHANNEL_COUNT
from SkullRestoreLib.prediction.grid_network import HIDDEN_COUNT, OUTPUT_COUNT, UNET_WIDTHS, read_weights


def to_charts(values: Tensor) -> Tensor:
    """Arrange grid values as charts.

    Parameters
    ----------
    values
        (..., c, n).

    Returns
    -------
    Tensor
        (..., 5, c, 2^L, 2^(L+1)), without the two poles.
    """
    side = round(((values.shape[-1] - 2) / 10) ** 0.5)
    return values[..., :-2].unflatten(-1, (5, side, 2 * side)).movedim(-3, -4)


def from_charts(charts: Tensor) -> Tensor:
    """Arrange charts as grid values.

    Parameters
    ----------
    charts
        (..., 5, c, 2^L, 2^(L+1)).

    Returns
    -------
    Tensor
        (..., c, n); a pole is the mean of its five neighbours.
    """
    values = charts.movedim(-4, -3).flatten(-3)
    north = charts[..., 0, 0].mean(dim=-2)
    south = charts[..., -1, -1].mean(dim=-2)
    return torch.cat([values, north[..., None], south[..., None]], dim=-1)


def _new_charts(like: Tensor, channels: int, rows: int, columns: int) -> Tensor:
    """Charts (b, 5, channels, rows, columns) that are not filled yet, all channels of a cell together in memory.

    Convolutions are faster than on charts that have all cells of a channel together (decision 0174).
    """
    return like.new_empty((like.shape[0], 5, rows, columns, channels)).movedim(-1, 2)


def _cells(charts: Tensor) -> Tensor:
    """Cells of charts: (b, 5 h w, c), the same memory where it has all channels of a cell together."""
    return charts.movedim(2, -1).contiguous().flatten(1, 3)


class _PadCharts(torch.autograd.Function):
    """Join charts by their channels and pad them, in one copy.

    The seams go through a table, the inside through slices. The gradient is written out, since that of many slices is
    slow.
    """

    @staticmethod
    def forward(context: Any, *parts: Tensor) -> Tensor:
        n = parts[0].shape[-2]
        context.channels = [x.shape[2] for x in parts]
        out = _new_charts(parts[0], sum(context.channels), n + 2, 2 * n + 2)
        inside, cells = out[..., 1 : n + 1, 1 : 2 * n + 1], _cells(out)
        for x, channels in zip(parts, inside.split(context.channels, dim=2), strict=True):
            channels.copy_(x)
        padded, source = _seam_cells(n, out.device)
        cells[:, padded] = cells[:, _padded_cells(n, out.device)[source]]
        out[..., 0, 0] = out[..., 1, 0] = inside[..., 0, 0].mean(dim=1, keepdim=True)
        out[..., n + 1, 2 * n] = out[..., n + 1, 2 * n + 1] = inside[..., -1, -1].mean(dim=1, keepdim=True)
        return out

    @staticmethod
    def backward(context: Any, *grads: Tensor) -> tuple[Tensor, ...]:
        grad = grads[0]
        n = grad.shape[-2] - 2
        inside = _new_charts(grad, grad.shape[2], n, 2 * n).copy_(grad[..., 1 : n + 1, 1 : 2 * n + 1])
        padded, source = _seam_cells(n, grad.device)
        _cells(inside).index_add_(1, source, _cells(grad)[:, padded])
        inside[..., 0, 0] += (grad[..., 0, 0] + grad[..., 1, 0]).mean(dim=1, keepdim=True)
        inside[..., -1, -1] += (grad[..., n + 1, 2 * n] + grad[..., n + 1, 2 * n + 1]).mean(dim=1, keepdim=True)
        return inside.split(context.channels, dim=2)


@lru_cache(maxsize=32)
def _seam_cells(n: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """Padding of charts with ``n`` rows, except the poles: padded cells, and the charts' own cells that they repeat.

    Both are (s,) int64.
    """
    table = padding_table(n.bit_length() - 1)
    seam = table < 10 * n * n  # the rest are poles
    seam[:, 1 : n + 1, 1 : 2 * n + 1] = False
    return torch.from_numpy(np.flatnonzero(seam)).to(device), torch.from_numpy(table[seam]).to(device)


@lru_cache(maxsize=32)
def _padded_cells(n: int, device: torch.device) -> Tensor:
    """Number of each of the charts' own cells among those of the padded charts: (10 n²,) int64."""
    numbers = torch.arange(5 * (n + 2) * (2 * n + 2), device=device).view(5, n + 2, 2 * n + 2)
    return numbers[:, 1 : n + 1, 1 : 2 * n + 1].flatten()


def pad_charts(*parts: Tensor) -> Tensor:
    """Add one row and column on each side, filled from the neighbouring charts.

    Parameters
    ----------
    parts
        Charts (b, 5, c, h, w); several are joined by their channels.

    Returns
    -------
    Tensor
        (b, 5, c, h + 2, w + 2), as :func:`SkullRestoreLib.geometry.icosphere.padding_table` says.
    """
    return _PadCharts.apply(*parts)


class _UpsampleCharts(torch.autograd.Function):
    """The means along the edges; the gradient is written out, since that of many slices is slow."""

    @staticmethod
    def forward(_context: Any, padded: Tensor) -> Tensor:
        n = padded.shape[-2] - 2
        half = padded / 2
        centre, left, below, below_left = _edge_ends(half)
        out = _new_charts(padded, padded.shape[2], 2 * n, 4 * n)
        out[..., 0::2, 1::2] = padded[..., 1:-1, 1:-1]
        torch.add(left, centre, out=out[..., 0::2, 0::2])
        torch.add(centre, below, out=out[..., 1::2, 1::2])
        torch.add(centre, below_left, out=out[..., 1::2, 0::2])
        return out

    @staticmethod
    def backward(_context: Any, *grads: Tensor) -> Tensor:
        grad = grads[0]
        n = grad.shape[-2] // 2
        out = _new_charts(grad, grad.shape[2], n + 2, 2 * n + 2).zero_()
        centre, left, below, below_left = _edge_ends(out)
        for fine, end in (
            (grad[..., 0::2, 0::2], left),
            (grad[..., 1::2, 1::2], below),
            (grad[..., 1::2, 0::2], below_left),
        ):
            centre += fine
            end += fine
        out /= 2
        centre += grad[..., 0::2, 1::2]
        return out


def _edge_ends(padded: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Views of padded charts: each own cell, and the three other ends of the edges that begin there."""
    return padded[..., 1:-1, 1:-1], padded[..., 1:-1, :-2], padded[..., 2:, 1:-1], padded[..., 2:, :-2]


def upsample_charts(x: Tensor) -> Tensor:
    """Interpolate charts on the next finer level, as :func:`SkullRestoreLib.geometry.icosphere.upsample` does.

    Parameters
    ----------
    x
        Charts (b, 5, c, h, w).

    Returns
    -------
    Tensor
        (b, 5, c, 2 h, 2 w); a new vertex is the mean of the ends of its edge.
    """
    return _UpsampleCharts.apply(pad_charts(x))


class SphereConv(nn.Module):
    """Convolution over a vertex and its six neighbours; stride 2 goes one grid level down.

    Parameters
    ----------
    inputs, outputs
        Channels.
    stride
        1 or 2.
    bias
        Whether each output has a bias.
    """

    def __init__(self, inputs: int, outputs: int, *, stride: int = 1, bias: bool = True) -> None:
        super().__init__()
        self.live: Tensor
        self.weight = nn.Parameter(torch.randn(outputs, inputs, 3, 3) * (2 / (7 * inputs)) ** 0.5)
        self.bias = nn.Parameter(torch.zeros(outputs)) if bias else None
        live = torch.ones(3, 3)
        live[0, 0] = live[2, 2] = 0
        self.register_buffer("live", live, persistent=False)
        self.stride = stride

    def forward(self, *parts: Tensor) -> Tensor:
        """Apply the convolution to charts.

        Parameters
        ----------
        parts
            (b, 5, inputs, h, w); several are joined by their channels.

        Returns
        -------
        Tensor
            (b, 5, outputs, h / stride, w / stride).
        """
        padded = pad_charts(*parts)
        if self.stride == 2:
            padded = padded[..., 1:]  # a coarse vertex is the second column of its pair
        y = functional.conv2d(padded.flatten(0, 1), self.weight * self.live, self.bias, self.stride)
        return y.unflatten(0, padded.shape[:2])


class ConvBlock(nn.Module):
    """Two convolutions, each with normalisation and rectifier.

    Parameters
    ----------
    inputs, outputs
        Channels.
    stride
        Of the first convolution, 1 or 2.
    """

    def __init__(self, inputs: int, outputs: int, *, stride: int = 1) -> None:
        super().__init__()
        self.first = SphereConv(inputs, outputs, stride=stride, bias=False)
        self.second = SphereConv(outputs, outputs, bias=False)
        self.norms = nn.ModuleList([nn.BatchNorm2d(outputs), nn.BatchNorm2d(outputs)])

    def forward(self, *parts: Tensor) -> Tensor:
        """Apply the block to charts.

        Parameters
        ----------
        parts
            (b, 5, inputs, h, w); several are joined by their channels.

        Returns
        -------
        Tensor
            (b, 5, outputs, h / stride, w / stride).
        """
        for conv, norm in zip((self.first, self.second), self.norms, strict=True):
            y = conv(*parts)
            parts = (functional.relu(norm(y.flatten(0, 1)), inplace=True).unflatten(0, y.shape[:2]),)
        return parts[0]


class SphericalUNet(nn.Module):
    """U-Net from level 6 down to level 1 and back.

    Level 6 has only the first and the last convolution: the tables are smooth at 3 mm, so full width there would
    cost four times the rest and gain nothing.

    Parameters
    ----------
    widths
        Channels at levels 5, 4, 3, 2, 1.
    """

    def __init__(self, widths: tuple[int, ...] = UNET_WIDTHS) -> None:
        super().__init__()
        self.widths = widths
        self.down = nn.ModuleList(
            ConvBlock(a, b, stride=2) for a, b in zip((CHANNEL_COUNT, *widths[:-1]), widths, strict=True)
        )
        self.up = nn.ModuleList(ConvBlock(a + b, b) for a, b in zip(widths[:0:-1], widths[-2::-1], strict=True))
        self.coarse = SphereConv(widths[0], OUTPUT_COUNT + HIDDEN_COUNT)
        self.fine = SphereConv(HIDDEN_COUNT + CHANNEL_COUNT, OUTPUT_COUNT)
        nn.init.zeros_(self.fine.weight)
        with torch.no_grad():
            self.coarse.weight[:OUTPUT_COUNT] = 0  # training starts from the tables as they were before the network

    def forward(self, x: Tensor) -> Tensor:
        """Compute corrections from features.

        Parameters
        ----------
        x
            (b, CHANNEL_COUNT, n).

        Returns
        -------
        Tensor
            (b, 5, n): correction of the outer and the inner table in mm, logarithm of their Laplace scales in mm,
            logit of ``missing``.
        """
        charts = to_charts(x)
        skips, y = [], charts
        for block in self.down:
            y = block(y)
            skips.append(y)
        y = skips.pop()
        for block in self.up:
            y = block(upsample_charts(y), skips.pop())
        wide = upsample_charts(self.coarse(y))
        return from_charts(wide[:, :, :OUTPUT_COUNT] + self.fine(wide[:, :, OUTPUT_COUNT:], charts))


def load_unet(path: Path, *, device: str = "cpu") -> SphericalUNet:
    """Read the network from a safetensors file, to continue its training or to run it on a graphics card.

    Parameters
    ----------
    path
        The file.
    device
        Where the network computes, as torch names it: ``"cpu"``, ``"cuda"``.

    Returns
    -------
    SphericalUNet
        In evaluation mode.

    Raises
    ------
    WeightsError
        If the file is missing, damaged, or of another network, or the device does not exist.
    """
    unet = SphericalUNet()
    # the count of batches seen is in no file
    unet.load_state_dict({name: torch.from_numpy(value) for name, value in read_weights(path).items()}, strict=False)
    try:
        return unet.to(device).eval()
    except (AssertionError, RuntimeError) as error:  # what torch raises for a GPU that does not exist
        reason = str(error).splitlines()[0].rstrip(".")
        raise WeightsError(f"The device '{device}' cannot be used here ({reason}). Use --device cpu.") from None


def run_unet(unet: nn.Module, features: NDArray[np.float32]) -> NDArray[np.float64]:
    """Run the network on arrays.

    Parameters
    ----------
    unet
        From :func:`load_unet`.
    features
        (b, CHANNEL_COUNT, n) float32.

    Returns
    -------
    (b, 5, n) float64
        As :meth:`SphericalUNet.forward`.
    """
    device = next(unet.parameters()).device
    with torch.inference_mode():
        return unet(torch.from_numpy(features).to(device)).double().cpu().numpy()
