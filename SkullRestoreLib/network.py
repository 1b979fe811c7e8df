"""The spherical U-Net: what the rays saw and what the sound bone foretells in, predicted shells out. The only room that imports torch.

A convolution on the icosahedral grid is a planar 3 x 3 convolution with two dead corners on five padded charts (Cohen et al. 2019, arXiv 1902.04615).
The pose is canonical, so the kernels need not be equivariant: like every place on the head, every direction has its own meaning.
"""

from pathlib import Path

import numpy as np

from SkullRestoreLib.case import DependencyError, RadialMap, Shell, WeightsError
from SkullRestoreLib.grid import grid, to_level
from SkullRestoreLib.krige import MATCH_MM, foretell
from SkullRestoreLib.shape import ShapeModel, match

try:
    import torch
    from torch import Tensor, nn
    from torch.nn import functional
except ImportError:  # the doors load without torch; `predict` says what is missing
    torch = None

LEVEL = 6
CHANNELS = 18
FEATURES = "krige 1"
"""What :func:`features` means by its channels. It stands in every file of weights, since weights for other channels would fit in size and fail in silence."""
_SMOOTHING = 8  # passes over the correction; 4 to 30 do equally well
_MM = 4.0  # millimetre channels are divided by this
_RIGHT = 12  # the channel that says how far to the right a direction points
"""Widths of the U-Net at grid levels 5, 4, 3, 2, 1."""
WIDTHS = (32, 48, 64, 96, 128)


def features(intervals: np.ndarray, tables: np.ndarray, sigma: np.ndarray, vault: np.ndarray, reach: np.ndarray, level: int) -> np.ndarray:
    """What the network sees.

    Parameters
    ----------
    intervals
        (n, m, 2) float, mm, bone intervals along each ray, outermost first.
    tables, sigma
        (n, 2) float, mm, the tables foretold from the sound bone (:mod:`SkullRestoreLib.krige`) and their standard error.
    vault
        (n,) bool.
    reach
        (n,) float, mm, how far out the scan covers each ray.
    level
        Grid level.

    Returns
    -------
    (CHANNELS, n) float32
    """
    g = grid(level)
    gap = match(intervals, tables, MATCH_MM) - tables
    known = np.isfinite(gap) & vault[:, None]
    gap = np.where(known, gap, 0.0)
    with np.errstate(invalid="ignore"):
        first = np.nan_to_num(intervals[:, 0, 1] - tables[:, 0], nan=-40.0)
        low, high = np.maximum(intervals[..., 0].T, tables[:, 1] - 2), np.minimum(intervals[..., 1].T, tables[:, 0] + 2)
        bone = np.nan_to_num(np.clip(high - low, 0, None)).sum(axis=0) / np.maximum(tables[:, 0] - tables[:, 1] + 2, 2)
    channels = [
        *(gap / _MM).T, *known.T, *((tables[g.mirror] - tables) / _MM).T,
        gap[g.mirror, 0] / _MM, known[g.mirror, 0],
        np.clip(first / 20, -2, 2), bone,
        *(sigma / _MM).T, *g.directions.T, vault,
        reach > tables[:, 0] + 1, (tables[:, 0] - tables[:, 1]) / 10,
    ]  # fmt: skip
    return np.stack(channels).astype(np.float32)


def mirror_image(x: "np.ndarray | Tensor") -> "np.ndarray | Tensor":
    """Features (..., CHANNELS, n), array or tensor, of the head seen in a mirror."""
    image = x[..., grid(LEVEL).mirror]
    image[..., _RIGHT, :] *= -1
    return image


if torch is not None:

    def to_charts(values: Tensor) -> Tensor:
        """Grid values (..., c, n) as charts (..., 5, c, 2^L, 2^(L+1)); the poles are left behind."""
        side = round(((values.shape[-1] - 2) / 10) ** 0.5)
        return values[..., :-2].unflatten(-1, (5, side, 2 * side)).movedim(-3, -4)

    def from_charts(charts: Tensor) -> Tensor:
        """Charts (..., 5, c, 2^L, 2^(L+1)) as grid values (..., c, n); a pole is the mean of its five neighbours."""
        own = charts.movedim(-4, -3).flatten(-3)
        north = charts[..., 0, 0].mean(dim=-2)
        south = charts[..., -1, -1].mean(dim=-2)
        return torch.cat([own, north[..., None], south[..., None]], dim=-1)

    class _PadCharts(torch.autograd.Function):
        """Slices are several times faster here than one gather through the table; and the gradient, written out, than that of many slices."""

        @staticmethod
        def forward(_context: object, x: Tensor) -> Tensor:
            n = x.shape[-2]
            north = x[..., 0, 0].mean(dim=1, keepdim=True)
            south = x[..., n - 1, 2 * n - 1].mean(dim=1, keepdim=True)
            out = x.new_zeros((*x.shape[:-2], n + 2, 2 * n + 2))
            out[..., 1 : n + 1, 1 : 2 * n + 1] = x
            out[..., 0, 0] = out[..., 1, 0] = north
            out[..., n + 1, 2 * n] = out[..., n + 1, 2 * n + 1] = south
            for there, here, chart in _seams(n):
                out[(..., *there)] = torch.roll(x[(..., *here)], -chart, dims=1)
            return out

        @staticmethod
        def backward(_context: object, grad: Tensor) -> Tensor:
            n = grad.shape[-2] - 2
            out = grad[..., 1 : n + 1, 1 : 2 * n + 1].clone()
            out[..., 0, 0] += (grad[..., 0, 0] + grad[..., 1, 0]).mean(dim=1, keepdim=True)
            out[..., n - 1, 2 * n - 1] += (grad[..., n + 1, 2 * n] + grad[..., n + 1, 2 * n + 1]).mean(dim=1, keepdim=True)
            for there, here, chart in _seams(n):
                out[(..., *here)] += torch.roll(grad[(..., *there)], chart, dims=1)
            return out

    def _seams(n: int) -> list[tuple]:
        """Where the padding of charts with ``n`` rows comes from: padded cells, a neighbour's cells, and which neighbour (1 next, -1 previous)."""
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
        """Charts with one more row and column on each side, filled from their neighbours as in :func:`SkullRestoreLib.grid.padding_table`."""
        return _PadCharts.apply(x)

    def upsample_charts(x: Tensor) -> Tensor:
        """Charts on the next finer level, new vertices half-way between their edge's ends (see :func:`SkullRestoreLib.grid.upsample`)."""
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
        """Convolution over a vertex and its six neighbours; stride 2 goes one grid level down."""

        def __init__(self, inputs: int, outputs: int, *, stride: int = 1, bias: bool = True) -> None:
            super().__init__()
            self.weight = nn.Parameter(torch.randn(outputs, inputs, 3, 3) * (2 / (7 * inputs)) ** 0.5)
            self.bias = nn.Parameter(torch.zeros(outputs)) if bias else None
            live = torch.ones(3, 3)
            live[0, 0] = live[2, 2] = 0
            self.register_buffer("live", live, persistent=False)
            self.stride = stride

        def forward(self, x: Tensor) -> Tensor:
            """Charts (b, 5, inputs, h, w) to charts (b, 5, outputs, h / stride, w / stride)."""
            padded = pad_charts(x)
            if self.stride == 2:
                padded = padded[..., 1:]  # a coarse vertex is the second column of its pair
            y = functional.conv2d(padded.flatten(0, 1), self.weight * self.live, self.bias, self.stride)
            return y.unflatten(0, x.shape[:2])

    class Block(nn.Module):
        """Two convolutions with normalisation and rectifier."""

        def __init__(self, inputs: int, outputs: int, *, stride: int = 1) -> None:
            super().__init__()
            self.first = SphereConv(inputs, outputs, stride=stride, bias=False)
            self.second = SphereConv(outputs, outputs, bias=False)
            self.norms = nn.ModuleList([nn.BatchNorm2d(outputs), nn.BatchNorm2d(outputs)])

        def forward(self, x: Tensor) -> Tensor:
            """Charts to charts."""
            for conv, norm in zip((self.first, self.second), self.norms, strict=True):
                y = conv(x)
                x = functional.relu(norm(y.flatten(0, 1)), inplace=True).unflatten(0, y.shape[:2])
            return x

    class SphericalUNet(nn.Module):
        """U-Net from level 6 down to level 1 and back.

        Level 6 itself is only entered and left: the tables are smooth at 3 mm, so full width there would cost four times the rest and gain nothing.

        Parameters
        ----------
        widths
            Channels at levels 5, 4, 3, 2, 1.
        """

        def __init__(self, widths: tuple[int, ...] = WIDTHS) -> None:
            super().__init__()
            self.widths = widths
            self.down = nn.ModuleList(Block(a, b, stride=2) for a, b in zip((CHANNELS, *widths[:-1]), widths, strict=True))
            self.up = nn.ModuleList(Block(a + b, b) for a, b in zip(widths[:0:-1], widths[-2::-1], strict=True))
            self.coarse = SphereConv(widths[0], 13)
            self.fine = SphereConv(8 + CHANNELS, 5)
            for layer in (self.coarse, self.fine):
                nn.init.zeros_(layer.bias)
            nn.init.zeros_(self.fine.weight)
            with torch.no_grad():
                self.coarse.weight[:5] = 0  # training starts from the shape model's own answer

        def forward(self, x: Tensor) -> Tensor:
            """Features (b, CHANNELS, n) to (b, 5, n): outer and inner correction in mm, log of their Laplace scale in mm, logit of `missing`."""
            charts = to_charts(x)
            skips, y = [], charts
            for block in self.down:
                y = block(y)
                skips.append(y)
            y = skips.pop()
            for block in self.up:
                y = block(torch.cat([upsample_charts(y), skips.pop()], dim=2))
            wide = upsample_charts(self.coarse(y))
            return from_charts(wide[:, :, :5] + self.fine(torch.cat([wide[:, :, 5:], charts], dim=2)))


def load(path: Path, *, device: str = "cpu") -> "SphericalUNet":
    """Read the network from a safetensors file.

    Raises
    ------
    DependencyError
        If torch or safetensors is not installed.
    WeightsError
        If the file is missing, damaged, or of another network, or the device does not exist.
    """
    if torch is None:
        raise DependencyError(
            "The network needs PyTorch, which is not installed. Install it with `pip install torch` (in 3D Slicer: the PyTorch extension)."
        )
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(str(path), "pt") as file:
            sees = (file.metadata() or {}).get("features")
            state = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a dict
        if sees != FEATURES:
            raise RuntimeError("it was trained with another version of SkullRestore, on other features")
        network = SphericalUNet()
        network.load_state_dict({k: v.float() for k, v in state.items()})
    except (FileNotFoundError, IsADirectoryError, PermissionError):
        raise WeightsError(
            f"The network weights are missing: {path} does not exist. Reinstall SkullRestore or give a file with --weights."
        ) from None
    except (SafetensorError, RuntimeError, KeyError) as error:
        reason = str(error).splitlines()[0]
        raise WeightsError(
            f"The network weights in {path} cannot be used ({reason}). Reinstall SkullRestore or give another file with --weights."
        ) from None
    try:
        return network.to(device).eval()
    except (AssertionError, RuntimeError) as error:  # torch's own words for a GPU that is not there
        reason = str(error).splitlines()[0].rstrip(".")
        raise WeightsError(f"The device '{device}' cannot be used here ({reason}). Use --device cpu.") from None


def predict(network: "SphericalUNet", radial: RadialMap, model: ShapeModel) -> Shell:
    """Predict the tables of the whole vault.

    Parameters
    ----------
    network
        From :func:`load`.
    radial
        Bone intervals at level 6 or finer.
    model
        The shape model that the network was trained with.

    Returns
    -------
    Shell
        On the radial map's level. The standard errors are those of a Laplace distribution.

    Notes
    -----
    See :func:`answer`.
    """
    tables, sigma = foretell(radial, model)
    intervals, tables, sigma, inside, reach = (
        to_level(a, LEVEL) for a in (radial.intervals, tables, sigma, model.vault.astype(float), radial.reach)
    )
    vault = inside > 0.5
    x = features(intervals, tables, sigma, vault, reach, LEVEL)
    y = answer(network, x)
    laplace = np.sqrt(2) * np.exp(np.clip(y[2:4], -4, 3))
    made = np.column_stack([tables + y[:2].T, laplace.T, 1 / (1 + np.exp(-y[4]))])
    made = to_level(made, radial.level)
    return Shell(radial.level, *np.ascontiguousarray(made.T), vault=to_level(vault.astype(float), radial.level) > 0.5)


def answer(network: "SphericalUNet", x: np.ndarray) -> np.ndarray:
    """What the network says of features (CHANNELS, n): (5, n) float64, as :meth:`SphericalUNet.forward`, the corrections smoothed.

    The head and its mirror image are both asked, and the answers averaged.
    """
    device = next(network.parameters()).device
    with torch.inference_mode():
        answers = network(torch.from_numpy(np.stack([x, mirror_image(x)])).to(device)).double().cpu().numpy()
    y = (answers[0] + answers[1][:, grid(LEVEL).mirror]) / 2
    y[:2] = _smoothed(y[:2].T).T
    return y


def _smoothed(correction: np.ndarray) -> np.ndarray:
    """A correction (n, 2) of the foretold tables without what is narrower than about a centimetre.

    At a hole's rim the network follows the wall of the cut by some tenths of a millimetre, up outside and down inside; tied to the bone, that ripple
    grows into the hole. What it knows better than kriging is wider than that.
    """
    coarse = to_level(correction, LEVEL - 1)
    ring = grid(LEVEL - 1).neighbours
    for _ in range(_SMOOTHING):
        coarse = (coarse + coarse[ring].sum(axis=1)) / 7
    return to_level(coarse, LEVEL)


def to_level_of(shell: Shell, level: int) -> Shell:
    """The same shell on another level of the grid."""
    if level == shell.level:
        return shell
    fields = np.stack([shell.outer, shell.inner, shell.outer_sigma, shell.inner_sigma, shell.missing, shell.vault], axis=1)
    *numbers, vault = np.ascontiguousarray(to_level(fields, level).T)
    return Shell(level, *numbers, vault=vault > 0.5)
