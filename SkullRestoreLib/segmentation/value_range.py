"""Question the values of a CT: air is near -1000 HU and soft tissue near 40 HU, or they are no Hounsfield units.

Air and soft tissue are the two peaks that every CT of a head has. Where they are says how the values were changed on
their way here, and so what to do about it.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from SkullRestoreLib.geometry.ball_reach import within_reach
from SkullRestoreLib.geometry.block_sums import sum_blocks
from SkullRestoreLib.input_faults import fault_error, fault_sentence
from SkullRestoreLib.records import Volume

AIR_RANGE_HU, SOFT_RANGE_HU = (-1400, -600), (-300, 500)
"""Where the peaks of air and of soft tissue may be: cone-beam scanners are far from calibrated."""
TISSUE_CONTRAST_HU = (700, 1500)
"""Distance between the two in a CT whose slope is right."""
_MIN_SPAN = 300
"""A CT holds more values than these between its least and its greatest."""
_SAMPLE_VOXELS = 2e6
_BLOCK_MM = 4.0
"""Blocks over which values are averaged: noise disappears, and no bone is thick enough to fill many."""
_MASSIVE_MM = 14.0
"""Brain and the air around a head hold spheres of this radius; bone does not."""
_PEAK_PART = 1 / 40
"""Values on both sides of a peak that belong to it, as a part of the range of most values: 70 HU in a CT."""
_PEAK_DISTANCE = 4.0
"""Peaks are further from each other than this many such half widths: fat is a shoulder of soft tissue, not a peak."""
_MIN_PEAK_SHARE = 0.02
"""Part of all voxels that a peak holds."""
_NEAR = 150
_WRAP_12_BITS = 4096
_BONE_HU = 150
_CLIPPED_SHARE = 0.02
"""More of the bone than this has the greatest value only where values were clipped."""
_FULL_SCALE_HU = 2900
"""Scanners of twelve bits clip metal above this themselves."""
_EMPTY_HU, _EMPTY_SHARE = -900, 0.05
"""With more than this part of voxels at a least value above this, air was cut away."""
_CUT_AIR_SHARE = 0.5
"""Where air was cut away, more of it than this has exactly the least value; a scanner's air has noise."""
_LIMIT_HU = np.iinfo(np.int16).max
"""Values above this became this when they were read."""
_NEAR_LIMIT_HU = 32_000
"""Mean values of blocks from here on are those of voxels at the limit."""
_MOST_OF_IMAGE = (0.1, 98.0)
"""Percentiles between which most values are, without some that metal or a wrong filling has."""
_CALIBRATED_AIR_HU, _CALIBRATED_SOFT_HU = (-1150, -850), (-60, 140)
"""Where air and soft tissue are in a CT that is calibrated."""


class ValuePeaks(NamedTuple):
    """Values of the massive parts of an image: air, soft tissue, and what fills the space outside the field of view."""

    values: tuple[int, ...]
    """In ascending order."""
    border: int
    """The most frequent value on the sides of the scan."""
    half_width: int
    """Values this much on both sides belong to a peak."""


class ValueCheck(NamedTuple):
    """What the values of a CT are like."""

    findings: list[str]
    """For the user: where values were clipped, and where they are not calibrated."""
    soft_hu: int | None
    """Where soft tissue is; None where air and soft tissue were not both found."""
    highest_hu: int
    """The greatest value of the image."""


class _ValueBlocks(NamedTuple):
    """Mean values of blocks of an image, and the range of its voxels."""

    means: NDArray[np.int32]
    """(bk, bj, bi)"""
    size_mm: NDArray[np.float64]
    """(3,) of a block."""
    low: int
    high: int


def check_values(volume: Volume) -> ValueCheck:
    """Check that the values of a CT can be HU.

    Parameters
    ----------
    volume
        A CT.

    Returns
    -------
    ValueCheck

    Raises
    ------
    InputError
        If they cannot be HU; it says what they most likely are.
    """
    step = max(1, int((volume.array.size / _SAMPLE_VOXELS) ** (1 / 3)))
    sample = np.ascontiguousarray(volume.array[::step, ::step, ::step])
    blocks = _average_blocks(volume)
    low, high = blocks.low, blocks.high
    if high - low < _MIN_SPAN and low > AIR_RANGE_HU[1]:
        raise fault_error("grey image", low=low, high=high)
    # with a highest value that many voxels have, signed numbers that were read as unsigned ones were clipped there
    if high == _LIMIT_HU and np.mean(sample == high) > _MIN_PEAK_SHARE:
        raise fault_error("unsigned", air=f"{high} or more")
    peaks = _peaks_of_blocks(blocks)
    _check_peaks(peaks, sample, low, high)
    findings = _find_clipping(sample, low, high)
    if len(peaks.values) < 2:
        return ValueCheck(findings, None, high)
    air, soft = peaks.values[-2:]
    is_cut = bool(findings) and abs(air - low) <= peaks.half_width
    ends = _CALIBRATED_AIR_HU, _CALIBRATED_SOFT_HU
    if not all(least <= value <= most for value, (least, most) in zip((air, soft), ends, strict=True)) and not is_cut:
        findings.append(fault_sentence("not calibrated", air=air, soft=soft))
    return ValueCheck(findings, soft, high)


def find_peaks(volume: Volume) -> ValuePeaks:
    """Find the values of the massive parts of an image.

    Parameters
    ----------
    volume
        A CT.

    Returns
    -------
    ValuePeaks
        Values around which at least 2 % of the image are, in a part that holds a sphere of 14 mm.
    """
    return _peaks_of_blocks(_average_blocks(volume))


def _peaks_of_blocks(averaged: _ValueBlocks) -> ValuePeaks:
    """The values of the massive parts of an image, from the mean values of its blocks."""
    blocks = averaged.means
    # without what fills the space outside a round field of view
    filled = blocks[(blocks > blocks.min()) & (blocks < _NEAR_LIMIT_HU)]
    least, most = np.percentile(filled, _MOST_OF_IMAGE) if filled.size else (0, 0)
    half_width = max(2, round((most - least) * _PEAK_PART))
    low, count = int(blocks.min()), int(blocks.max()) - int(blocks.min()) + 1
    histogram = np.bincount((blocks.ravel() - low), minlength=count)
    near = _sum_around(histogram, half_width)
    peaks = []
    while near.max() >= _MIN_PEAK_SHARE * blocks.size:
        top = int(np.argmax(near))
        peak = _centre_of(histogram, top, half_width) + low
        if _is_massive(np.abs(blocks - peak) <= half_width, averaged.size_mm):
            peaks.append(peak)
        reach = round(_PEAK_DISTANCE * half_width)
        near[max(0, top - reach) : top + reach + 1] = 0
    sides = np.concatenate([blocks[:, :, [0, -1]].ravel(), blocks[:, [0, -1], :].ravel()]) - low
    on_sides = np.bincount(sides, minlength=count)
    border = _centre_of(on_sides, int(np.argmax(_sum_around(on_sides, half_width))), half_width) + low
    return ValuePeaks(tuple(sorted(peaks)), border, half_width)


def _average_blocks(volume: Volume) -> _ValueBlocks:
    """Average blocks of some millimetres, and find the least and the greatest value: the image is read once."""
    spacing = volume.spacing[::-1]
    step = np.clip(np.round(_BLOCK_MM / spacing), 1, volume.array.shape).astype(int)
    count = np.array(volume.array.shape) // step
    means = np.zeros(count, np.int32)
    low, high = [], []
    for k, start in enumerate(range(0, len(volume.array), step[0])):  # slab by slab, in the processor's cache
        slab = volume.array[start : start + step[0]]
        low.append(int(slab.min()))
        high.append(int(slab.max()))
        if k < count[0]:  # voxels at the end of an axis that fill no block are left out
            used = slab[:, : count[1] * step[1], : count[2] * step[2]]
            sums = sum_blocks(used, step, largest=max(-low[-1], high[-1]))
            means[k] = np.rint(sums.astype(np.float32) / np.float32(np.prod(step)))
    return _ValueBlocks(means, spacing * step, min(low), max(high))


def _is_massive(part: NDArray[np.bool_], block_mm: NDArray[np.float64]) -> bool:
    """Whether a part of the image holds a large sphere; beyond the edge of the scan it goes on."""
    around = ~np.pad(part, 1, mode="edge")
    return not within_reach(around, _MASSIVE_MM, block_mm, with_limit=False).all()


def _sum_around(histogram: NDArray[np.int_], half_width: int) -> NDArray[np.int_]:
    """Blocks within the half width of each value, (n,)."""
    total = np.cumsum(np.pad(histogram, (half_width + 1, half_width)))
    return total[2 * half_width + 1 :] - total[: -2 * half_width - 1]


def _centre_of(histogram: NDArray[np.int_], top: int, half_width: int) -> int:
    """Mean of the values that belong to a peak: around a constant one there is a plateau without a highest point."""
    part = slice(max(0, top - half_width), top + half_width + 1)
    return round(float(np.average(np.arange(len(histogram))[part], weights=histogram[part])))


def _check_peaks(peaks: ValuePeaks, sample: NDArray[np.int16], low: int, high: int) -> None:
    """Raise InputError unless the peaks are those of air and soft tissue in HU."""
    is_wrapped = low >= 0 and high < _WRAP_12_BITS and abs(peaks.border - (_WRAP_12_BITS - 1000)) <= _NEAR
    if is_wrapped:  # negative numbers of twelve bits, read as large ones
        raise fault_error("unsigned", air=peaks.border)
    if not peaks.values:
        return
    soft = peaks.values[-1]
    air = peaks.values[-2] if len(peaks.values) > 1 else None
    if air is None:
        # a dry skull has no soft tissue, and where the background was taken out there is no air
        if not AIR_RANGE_HU[0] <= soft <= SOFT_RANGE_HU[1]:
            raise fault_error("wrong level", soft=soft)
        return
    if SOFT_RANGE_HU[0] <= soft <= SOFT_RANGE_HU[1] and AIR_RANGE_HU[0] <= air <= AIR_RANGE_HU[1]:
        return
    if abs(peaks.border - soft) <= peaks.half_width:  # what is brightest is around the head
        raise fault_error("inverted", air=soft, soft=air)
    near_air = sample[np.abs(sample.astype(np.int32) - air) <= peaks.half_width]
    is_emptied = low > AIR_RANGE_HU[1] and np.count_nonzero(near_air == low) > _CUT_AIR_SHARE * near_air.size
    if is_emptied and SOFT_RANGE_HU[0] <= soft <= SOFT_RANGE_HU[1]:
        return
    contrast = soft - air
    if not TISSUE_CONTRAST_HU[0] <= contrast <= TISSUE_CONTRAST_HU[1]:
        raise fault_error("wrong slope", distance=contrast)
    raise fault_error("HU + 1024" if abs(air) <= _NEAR else "wrong offset", air=air, soft=soft)


def _find_clipping(sample: NDArray[np.int16], low: int, high: int) -> list[str]:
    """Findings where the greatest or the least value stands for all that was beyond it."""
    findings = []
    bone = int(np.count_nonzero(sample >= _BONE_HU))
    share = float(np.count_nonzero(sample == high)) / max(bone, 1)
    if high < _FULL_SCALE_HU and high >= _BONE_HU and share > _CLIPPED_SHARE:
        findings.append(fault_sentence("clipped high", percent=f"{share:.0%}", high=high))
    share = float(np.mean(sample == low))
    if low > _EMPTY_HU and share > _EMPTY_SHARE:
        findings.append(fault_sentence("clipped low", percent=f"{share:.0%}", low=low))
    return findings
