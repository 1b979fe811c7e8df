"""The spherical grid in torch: values of many heads on any device, (..., n) with the vertices last.

The same steps as those of :mod:`SkullRestoreLib.geometry.icosphere`, for a batch at once. No step waits for the device.
"""

from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from SkullRestoreLib.geometry.icosphere import level_from_count, parent_vertices, spherical_grid, values_at_level


@lru_cache(maxsize=64)
def neighbour_table(level: int, device: torch.device) -> Tensor:
    """Neighbours of each vertex, (6, n) int64, on a device; made once.

    Parameters
    ----------
    level
        Grid level.
    device
        Where the table is kept.
    """
    return torch.from_numpy(np.ascontiguousarray(spherical_grid(level).neighbours.T)).to(device)


@lru_cache(maxsize=64)
def _parent_table(level: int, device: torch.device) -> Tensor:
    return torch.from_numpy(parent_vertices(level)).to(device)


@lru_cache(maxsize=16)
def mirror_table(level: int, device: torch.device) -> Tensor:
    """Mirror image of each vertex, (n,) int64, on a device; made once.

    Parameters
    ----------
    level
        Grid level.
    device
        Where the table is kept.
    """
    return torch.from_numpy(spherical_grid(level).mirror_vertices).to(device)


@lru_cache(maxsize=16)
def direction_table(level: int, device: torch.device) -> Tensor:
    """Directions of the vertices, (3, n) float32, on a device; made once.

    Parameters
    ----------
    level
        Grid level.
    device
        Where the table is kept.
    """
    return torch.from_numpy(np.ascontiguousarray(spherical_grid(level).directions.T)).to(device, torch.float32)


@lru_cache(maxsize=64)
def coarser_vertices(level: int, coarser: int, device: torch.device) -> Tensor:
    """Vertices that a coarser grid has too, (k,) int64, in its order, on a device; made once.

    Parameters
    ----------
    level
        Grid level.
    coarser
        The coarser level.
    device
        Where the table is kept.
    """
    return torch.from_numpy(values_at_level(np.arange(len(spherical_grid(level))), coarser)).to(device)


def convert_level(values: Tensor, level: int) -> Tensor:
    """Convert values to another level of the grid; finer ones are interpolated.

    Parameters
    ----------
    values
        (..., n), of some level.
    level
        The level wanted.

    Returns
    -------
    Tensor
        (..., 10 * 4^level + 2).
    """
    now = level_from_count(values.shape[-1])
    if now > level:
        return values[..., coarser_vertices(now, level, values.device)]
    for finer in range(now, level):
        first, second = _parent_table(finer, values.device)
        values = (values[..., first] + values[..., second]) / 2
    return values


def grow_region(region: Tensor, rings: int) -> Tensor:
    """Grow regions by rings of neighbours, or shrink them.

    Parameters
    ----------
    region
        (..., n) bool.
    rings
        Number of rings that are added; removed where negative.

    Returns
    -------
    Tensor
        (..., n) bool.
    """
    if rings < 0:
        return ~grow_region(~region, -rings)
    neighbours = neighbour_table(level_from_count(region.shape[-1]), region.device)
    for _ in range(rings):
        region = region | region[..., neighbours].any(dim=-2)
    return region


def number_parts(joined: Tensor) -> Tensor:
    """Divide grids into connected parts, with a fixed number of steps: nothing is read back from the device.

    Every part hooks onto the neighbouring part with the lowest number. Of two that hook onto each other the lower one
    stays; longer circles cannot be. So each round at least halves the parts that have neighbours.

    Parameters
    ----------
    joined
        (b, 6, n) bool, whether each vertex belongs together with its neighbours (:func:`neighbour_table`); the same
        from both ends.

    Returns
    -------
    Tensor
        (b, n) int64, a vertex of the part that each vertex belongs to, the same for the complete part.
    """
    batch, _, size = joined.shape
    neighbours = neighbour_table(level_from_count(size), joined.device)
    own = torch.arange(size, device=joined.device).expand(batch, size)
    root = own
    for bits in range(size.bit_length(), 1, -1):  # at the start of a round, less than 2^bits parts still have to join
        near = root[:, neighbours]
        lowest = torch.where(joined & (near != root[:, None]), near, size).amin(dim=1)
        hook = torch.full_like(root, size).scatter_reduce(1, root, lowest, "amin")
        hook = torch.where(hook < size, hook, own)
        hook = torch.where((hook.gather(1, hook) == own) & (own < hook), own, hook)
        for _ in range(bits):  # each step doubles how far a chain of hooks is followed
            hook = hook.gather(1, hook)
        root = hook.gather(1, root)
    return root
