"""Find two kernels in one stack by its images: every second slice is sharper than both of its neighbours.

Two reconstructions half a slice apart, without any label that differs, are one stack by their headers. A kernel shows
in the noise of a slice: sharp ones have two to four times that of soft ones.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from SkullRestoreLib.input_faults import fault_sentence
from SkullRestoreLib.records import Volume

_MIN_SLICES = 40
"""Half of the slices must be a scan of their own."""
_ROW_STEP = 8
"""Every eighth row is enough."""
_MOST_HU = 300
"""Larger differences are edges of bone and metal, not noise."""
_LEAST_RATIO_LOG = 0.15
"""Natural logarithm of the ratio of the differences between pixels in neighbouring slices."""
_LEAST_SHARE = 0.9
"""Share of the slices that follow the pattern."""
_INTERPOLATED = 0.35
"""Slices that were interpolated between their neighbours are smoother too, but differ from the neighbours' mean by a
fifth at most of what these differ from each other; another kernel, by a half and more."""


def without_second_kernel(volume: Volume) -> Volume:
    """Take the sharper slices alone where every second slice is of another kernel.

    Parameters
    ----------
    volume
        As it was read; a mask is returned as it is.

    Returns
    -------
    Volume
        Half of the slices with a finding, or ``volume`` itself.
    """
    if volume.kind != "ct" or len(volume.array) < _MIN_SLICES:
        return volume
    rows = volume.array[:, _ROW_STEP // 2 :: _ROW_STEP]
    sharpness = np.array([_sharpness(plane) for plane in rows])
    middle = sharpness[1:-1] - (sharpness[:-2] + sharpness[2:]) / 2
    signed = middle * np.where(np.arange(len(middle)) % 2, 1, -1)  # positive where slices 0, 2, 4 are sharper
    first = 0 if signed.mean() > 0 else 1
    follows = (signed > 0) == (first == 0)
    if abs(signed.mean()) < _LEAST_RATIO_LOG or follows.mean() < _LEAST_SHARE or _are_interpolated(rows, 1 - first):
        return volume
    ijk_to_ras = volume.ijk_to_ras.copy()
    ijk_to_ras[:3, 3] += first * ijk_to_ras[:3, 2]
    ijk_to_ras[:3, 2] *= 2
    kept = np.ascontiguousarray(volume.array[first::2])
    finding = fault_sentence("mixed kernels", count=len(kept))
    return replace(volume, array=kept, ijk_to_ras=ijk_to_ras, findings=(*volume.findings, finding))


def _sharpness(plane: NDArray[np.integer]) -> float:
    """Logarithm of the mean second difference along the rows of a slice, HU."""
    values = np.clip(plane, -1024, 3071).astype(np.int16)
    bends = np.abs(2 * values[:, 1:-1] - values[:, :-2] - values[:, 2:])
    return float(np.log(np.minimum(bends, _MOST_HU).mean() + 0.1))


def _are_interpolated(rows: NDArray[np.integer], start: int) -> bool:
    """Whether every second slice, from this one on, is a mean of its neighbours."""
    inner = np.arange(start or 2, len(rows) - 1, 2)
    apart, from_mean = [], []
    for k in inner[:: max(1, len(inner) // 20)]:
        before, plane, after = (rows[n].astype(np.float32) for n in (k - 1, k, k + 1))
        apart.append(np.minimum(np.abs(after - before), _MOST_HU).mean())
        from_mean.append(np.minimum(np.abs(plane - (before + after) / 2), _MOST_HU).mean())
    return float(np.mean(from_mean)) <= _INTERPOLATED * float(np.mean(apart))
