"""The spherical U-Net: what the rays saw and the shape model's first answer in, predicted shells out. The only room that imports torch.

A convolution on the icosahedral grid is a planar 3 x 3 convolution with two dead corners on five padded charts (Cohen et al. 2019, arXiv 1902.04615).
The pose is canonical, so the kernels need not be equivariant: like every place on the head, every direction has its own meaning.
"""

from pathlib import Path

import numpy as np

from SkullRestoreLib.case import DependencyError, RadialMap, Shell, WeightsError
from SkullRestoreLib.grid import grid, level_of, to_level
from SkullRestoreLib.shape import ShapeModel, fit_shape, match, smooth_fill

try:
    import torch
    from torch import Tensor, nn
    from torch.nn import functional
except ImportError:  # the doors load without torch; `predict` says what is missing
    torch = None

LEVEL = 6
CHANNELS = 18
MATCH_MM = 6.0
"""Bone this close to the shape model's table is taken for that table."""
_MM = 4.0  # millimetre channels are divided by this
_DOUBT = np.array([1.0, 2.0])
"""By how much the network's standard error of outer and inner table is too small beside the shape model's, on the validation skulls."""
_RIGHT = 12  # the channel that says how far to the right a direction points
"""Widths of the U-Net at grid levels 5, 4, 3, 2, 1."""
WIDTHS = (32, 48, 64, 96, 128)


def features(
    intervals: np.ndarray, tables: np.ndarray, sigma: np.ndarray, vault: np.ndarray, reach: np.ndarray, level: int
) -> tuple[np.ndarray, np.ndarray]:
    """What the network sees.

    Parameters
    ----------
    intervals
        (n, m, 2) float, mm, bone intervals along each ray, outermost first.
    tables, sigma
        (n, 2) float, mm, the shape model's outer and inner table and their standard error.
    vault
        (n,) bool.
    reach
        (n,) float, mm, how far out the scan covers each ray.
    level
        Grid level.

    Returns
    -------
    channels : (CHANNELS, n) float32
    start : (n, 2) float64
        The tables that the network corrects, mm: the shape model's, moved by the sound bone's residual, smoothed and carried into the gaps.
    """
    g = grid(level)
    gap = match(intervals, tables, MATCH_MM) - tables
    known = np.isfinite(gap) & vault[:, None]
    gap = np.where(known, gap, 0.0)
    filled = to_level(smooth_fill(*_coarser(gap, _away_from_edges(known, level)), level - 1), level)
    with np.errstate(invalid="ignore"):
        first = np.nan_to_num(intervals[:, 0, 1] - tables[:, 0], nan=-40.0)
        low, high = np.maximum(intervals[..., 0], tables[:, 1:2] - 2), np.minimum(intervals[..., 1], tables[:, 0:1] + 2)
        bone = np.nan_to_num(np.clip(high - low, 0, None)).sum(axis=1) / np.maximum(tables[:, 0] - tables[:, 1] + 2, 2)
    channels = [
        *(gap / _MM).T, *known.T, *(filled / _MM).T,
        gap[g.mirror, 0] / _MM, known[g.mirror, 0],
        np.clip(first / 20, -2, 2), bone,
        *(sigma / _MM).T, *g.directions.T, vault,
        reach > tables[:, 0] + 1, (tables[:, 0] - tables[:, 1]) / 10,
    ]  # fmt: skip
    return np.stack(channels).astype(np.float32), tables + filled


def _away_from_edges(known: np.ndarray, level: int) -> np.ndarray:
    """Known vertices more than two rings from a larger gap: at a cut edge a ray ends on the wall, and would pass the wall on as the table."""
    g = grid(level)
    whole = known.all(axis=1)
    gaps = g.grow(g.grow(~whole, -1), 1)
    return known & ~g.grow(gaps, 2)[:, None]


def _coarser(gap: np.ndarray, known: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Gaps and weights one level down; the smooth filling needs no finer grid."""
    level = level_of(len(gap))
    ring = grid(level).neighbours
    weight = known + known[ring].sum(axis=1) / 2
    gap = np.where(known, gap, 0.0)
    mean = (gap + gap[ring].sum(axis=1) / 2) / np.maximum(weight, 1e-9)
    return to_level(mean, level - 1), np.minimum(to_level(weight, level - 1), 1.0)


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

    def pad_charts(x: Tensor) -> Tensor:
        """Charts with one more row and column on each side, filled from their neighbours as in :func:`SkullRestoreLib.grid.padding_table`.

        Slices are several times faster here than one gather through the table.
        """
        n = x.shape[-2]
        after, before = torch.roll(x, -1, dims=1), torch.roll(x, 1, dims=1)
        north = x[..., 0, 0].mean(dim=1, keepdim=True).expand(-1, 5, -1)
        south = x[..., n - 1, 2 * n - 1].mean(dim=1, keepdim=True).expand(-1, 5, -1)
        out = x.new_zeros((*x.shape[:-2], n + 2, 2 * n + 2))
        out[..., 1 : n + 1, 1 : 2 * n + 1] = x
        out[..., 0, 0] = out[..., 1, 0] = north
        out[..., 2 : n + 2, 0] = after[..., 0, :n]
        out[..., n + 1, 1 : n + 1] = after[..., 0, n:]
        out[..., n + 1, n + 1 : 2 * n] = after[..., 1:n, 2 * n - 1]
        out[..., n + 1, 2 * n] = out[..., n + 1, 2 * n + 1] = south
        out[..., 0, 1 : n + 1] = before[..., :, 0]
        out[..., 0, n + 1 : 2 * n + 1] = before[..., n - 1, :n]
        out[..., 0, 2 * n + 1] = before[..., n - 1, n - 1]
        out[..., 1 : n + 1, 2 * n + 1] = before[..., n - 1, n:]
        return out

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
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        state = load_file(str(path))
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
    The head and its mirror image are both asked, and the answers averaged.
    """
    tables, sigma = fit_shape(radial, model)
    at = [to_level(a, LEVEL) for a in (radial.intervals, tables, sigma, to_level(model.vault.astype(float), radial.level), radial.reach)]
    vault = at[3] > 0.5
    x, start = features(at[0], at[1], at[2], vault, at[4], LEVEL)
    device = next(network.parameters()).device
    flip = grid(LEVEL).mirror
    mirrored = x[:, flip]
    mirrored[_RIGHT] *= -1
    with torch.inference_mode():
        answers = network(torch.from_numpy(np.stack([x, mirrored])).to(device)).double().cpu().numpy()
    y = (answers[0] + answers[1][:, flip]) / 2
    laplace = np.sqrt(2) * np.exp(np.clip(y[2:4], -4, 3))
    # two opinions of different precision: the correction counts as far as the shape model is less sure than the network
    trust = at[2].T ** 2 / (at[2].T ** 2 + (_DOUBT[:, None] * laplace) ** 2)
    y[:2] *= trust
    made = np.stack([start[:, 0] + y[0], start[:, 1] + y[1], *laplace, 1 / (1 + np.exp(-y[4]))], axis=1)
    made = to_level(made, radial.level)
    return Shell(radial.level, *np.ascontiguousarray(made.T), vault=to_level(vault.astype(float), radial.level) > 0.5)


def to_level_of(shell: Shell, level: int) -> Shell:
    """The same shell on another level of the grid."""
    if level == shell.level:
        return shell
    fields = np.stack([shell.outer, shell.inner, shell.outer_sigma, shell.inner_sigma, shell.missing, shell.vault], axis=1)
    *numbers, vault = np.ascontiguousarray(to_level(fields, level).T)
    return Shell(level, *numbers, vault=vault > 0.5)
