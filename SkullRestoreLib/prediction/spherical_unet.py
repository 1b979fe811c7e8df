"""The spherical U-Net and its building blocks, in torch: for training, and for graphics cards.

A convolution on the icosahedral grid is a planar 3 × 3 convolution with two dead corners on five padded charts (Cohen
et al. 2019, arXiv 1902.04615). The head frame is canonical, so the kernels need not be equivariant: every direction has
its own meaning, as every place on the head has.
"""

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from SkullRestoreLib.errors import WeightsError
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


class _PadCharts(torch.autograd.Function):
    """Pad charts by slices: several times faster than one gather through the table.

    The gradient is written out, since that of many slices is slow.
    """

    @staticmethod
    def forward(_context: object, x: Tensor) -> Tensor:
        n = x.shape[-2]
        north = x[..., 0, 0].mean(dim=1, keepdim=True)
        south = x[..., n - 1, 2 * n - 1].mean(dim=1, keepdim=True)
        out = x.new_zeros((*x.shape[:-2], n + 2, 2 * n + 2))
        out[..., 1 : n + 1, 1 : 2 * n + 1] = x
        out[..., 0, 0] = out[..., 1, 0] = north
        out[..., n + 1, 2 * n] = out[..., n + 1, 2 * n + 1] = south
        for padded_cells, source_cells, chart in _seam_slices(n):
            out[(..., *padded_cells)] = torch.roll(x[(..., *source_cells)], -chart, dims=1)
        return out

    @staticmethod
    def backward(_context: object, grad: Tensor) -> Tensor:
        n = grad.shape[-2] - 2
        out = grad[..., 1 : n + 1, 1 : 2 * n + 1].clone()
        out[..., 0, 0] += (grad[..., 0, 0] + grad[..., 1, 0]).mean(dim=1, keepdim=True)
        out[..., n - 1, 2 * n - 1] += (grad[..., n + 1, 2 * n] + grad[..., n + 1, 2 * n + 1]).mean(dim=1, keepdim=True)
        for padded_cells, source_cells, chart in _seam_slices(n):
            out[(..., *source_cells)] += torch.roll(grad[(..., *padded_cells)], chart, dims=1)
        return out


def _seam_slices(n: int) -> list[tuple]:
    """Source of the padding of charts with ``n`` rows: padded cells, source cells, neighbouring chart (1 or -1)."""
    s = slice
    return [
        ((s(2, n + 2), 0), (0, s(0, n)), 1),
        ((n + 1, s(1, n + 1)), (0, s(n, 2 * n)), 1),
        ((n + 1, s(n + 1, 2 * n)), (s(1, n), 2 * n - 1), 1),
        ((0, s(1, n + 1)), (s(0, n), 0), -1),
        ((0, s(n + 1, 2 * n + 1)), (n - 1, s(0, n)), -1),
        ((0, 2 * n + 1), (n - 1, n - 1), -1),
        ((s(1, n + 1), 2 * n + 1), (n - 1, s(n, 2 * n)), -1),
    ]


def pad_charts(x: Tensor) -> Tensor:
    """Add one row and column on each side, filled from the neighbouring charts.

    Parameters
    ----------
    x
        Charts (..., 5, c, h, w).

    Returns
    -------
    Tensor
        (..., 5, c, h + 2, w + 2), as :func:`SkullRestoreLib.geometry.icosphere.padding_table` says.
    """
    return _PadCharts.apply(x)


def upsample_charts(x: Tensor) -> Tensor:
    """Interpolate charts on the next finer level, as :func:`SkullRestoreLib.geometry.icosphere.upsample` does.

    Parameters
    ----------
    x
        Charts (..., 5, c, h, w).

    Returns
    -------
    Tensor
        (..., 5, c, 2 h, 2 w); a new vertex is the mean of the ends of its edge.
    """
    n = x.shape[-2]
    padded = pad_charts(x)
    left, below, below_left = padded[..., 1:-1, :-2], padded[..., 2:, 1:-1], padded[..., 2:, :-2]
    out = x.new_zeros((*x.shape[:-2], 2 * n, 4 * n))
    out[..., 0::2, 1::2] = x
    out[..., 0::2, 0::2] = (left[..., :n, : 2 * n] + x) / 2
    out[..., 1::2, 1::2] = (x + below) / 2
    out[..., 1::2, 0::2] = (x + below_left) / 2
    return out


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

    def forward(self, x: Tensor) -> Tensor:
        """Apply the convolution to charts.

        Parameters
        ----------
        x
            (b, 5, inputs, h, w).

        Returns
        -------
        Tensor
            (b, 5, outputs, h / stride, w / stride).
        """
        padded = pad_charts(x)
        if self.stride == 2:
            padded = padded[..., 1:]  # a coarse vertex is the second column of its pair
        y = functional.conv2d(padded.flatten(0, 1), self.weight * self.live, self.bias, self.stride)
        return y.unflatten(0, x.shape[:2])


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

    def forward(self, x: Tensor) -> Tensor:
        """Apply the block to charts.

        Parameters
        ----------
        x
            (b, 5, inputs, h, w).

        Returns
        -------
        Tensor
            (b, 5, outputs, h / stride, w / stride).
        """
        for conv, norm in zip((self.first, self.second), self.norms, strict=True):
            y = conv(x)
            x = functional.relu(norm(y.flatten(0, 1)), inplace=True).unflatten(0, y.shape[:2])
        return x


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
            y = block(torch.cat([upsample_charts(y), skips.pop()], dim=2))
        wide = upsample_charts(self.coarse(y))
        return from_charts(wide[:, :, :OUTPUT_COUNT] + self.fine(torch.cat([wide[:, :, OUTPUT_COUNT:], charts], dim=2)))


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
