"""The network's input: rays and the tables predicted from the sound bone in, channels on the spherical grid out."""

from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from SkullRestoreLib.geometry.icosphere import spherical_grid
from SkullRestoreLib.method_parameters import METHOD
from SkullRestoreLib.skull_model.shape_model import ends_by_interval, match_tables

NETWORK_LEVEL = 6
"""Grid level of the features and of the corrections."""
CHANNEL_COUNT = 18
"""Channels of the features."""
FEATURE_VERSION = "krige 1"
"""What :func:`compute_features` means by its channels.

Every file of weights holds it: weights for other channels would fit in size, and the prediction would be wrong without
an error.
"""
MM_SCALE = 4.0
"""Channels in millimetres are divided by this."""
RIGHT_CHANNEL = 12
"""The channel that holds the x coordinate (to the right) of each direction."""

_Features = TypeVar("_Features", bound=Any)  # an array, or a tensor of torch, which is not loaded for its name


def compute_features(
    intervals: NDArray[np.floating],
    tables: NDArray[np.float64],
    sigma: NDArray[np.float64],
    vault: NDArray[np.bool_],
    reach: NDArray[np.floating],
    level: int,
) -> NDArray[np.float32]:
    """Compute the network's input.

    Parameters
    ----------
    intervals
        (n, m, 2) float, mm, bone intervals along each ray, outermost first.
    tables, sigma
        (n, 2) float64, mm, the tables predicted from the sound bone (:mod:`SkullRestoreLib.prediction.kriging`) and
        their standard error; float32 in training.
    vault
        (n,) bool.
    reach
        (n,) float, mm, how far out the scan covers each ray.
    level
        Grid level.

    Returns
    -------
    (CHANNEL_COUNT, n) float32
        Millimetres are divided by 4; never NaN.
    """
    grid = spherical_grid(level)
    ends = ends_by_interval(intervals)
    gap = match_tables(np.moveaxis(ends, -1, 0), tables, METHOD.kriging.match_tolerance_mm) - tables
    known = np.isfinite(gap) & vault[:, None]
    gap = np.where(known, gap, 0.0)
    with np.errstate(invalid="ignore"):
        outermost = np.nan_to_num(ends[0, 1] - tables[:, 0], nan=-40.0)
        low, high = np.maximum(ends[:, 0], tables[:, 1] - 2), np.minimum(ends[:, 1], tables[:, 0] + 2)
    bone = np.fmax(high - low, 0).sum(axis=0) / np.maximum(tables[:, 0] - tables[:, 1] + 2, 2)  # NaN is no bone
    channels = [
        *(gap / MM_SCALE).T, *known.T, *((tables[grid.mirror_vertices] - tables) / MM_SCALE).T,
        gap[grid.mirror_vertices, 0] / MM_SCALE, known[grid.mirror_vertices, 0],
        np.clip(outermost / 20, -2, 2), bone,
        *(sigma / MM_SCALE).T, *grid.directions.T, vault,
        reach > tables[:, 0] + 1, (tables[:, 0] - tables[:, 1]) / 10,
    ]  # fmt: skip
    features = np.zeros((CHANNEL_COUNT, len(tables)), dtype=np.float32)
    for row, channel in zip(features, channels, strict=True):
        row[:] = channel
    return features


def mirror_features(features: _Features) -> _Features:
    """Mirror features left to right.

    Parameters
    ----------
    features
        (..., CHANNEL_COUNT, n), array or tensor, of a head.

    Returns
    -------
    ndarray or Tensor
        (..., CHANNEL_COUNT, n), of the head's mirror image.
    """
    mirrored = features[..., spherical_grid(NETWORK_LEVEL).mirror_vertices]
    mirrored[..., RIGHT_CHANNEL, :] *= -1
    return mirrored
