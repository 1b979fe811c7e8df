"""The grid on which a CT is worked on: voxels finer than the answer needs are averaged."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from SkullRestoreLib.affine import voxel_spacing, voxels_within
from SkullRestoreLib.findings import Note
from SkullRestoreLib.geometry.block_sums import sum_blocks
from SkullRestoreLib.method_parameters import METHOD, SegmentationParameters
from SkullRestoreLib.records import Mesh, Volume


def averaged_voxels(
    ijk_to_ras: ArrayLike, *, parameters: SegmentationParameters = METHOD.segmentation
) -> tuple[int, ...]:
    """Find how many voxels along i, j and k are averaged.

    Parameters
    ----------
    ijk_to_ras
        (4, 4) float, mm.
    parameters
        Of the segmentation.

    Returns
    -------
    tuple of int
        Three numbers, 1 or more.

    Examples
    --------
    >>> averaged_voxels(np.diag([0.2, 0.25, 0.4, 1.0]))
    (2, 2, 1)
    """
    spacing = voxel_spacing(np.asarray(ijk_to_ras, dtype=float))
    return tuple(voxels_within(spacing, parameters.working_voxel_mm).tolist())


def average_fine_voxels(volume: Volume, *, parameters: SegmentationParameters = METHOD.segmentation) -> Volume:
    """Average the voxels of a CT that is finer than the answer needs.

    Parameters
    ----------
    volume
        A CT, or a mask, which stays as it is.
    parameters
        Of the segmentation.

    Returns
    -------
    Volume
        ``volume`` itself where its voxels are no finer. Otherwise a finding says it. Voxels at the end of an axis that
        do not fill a block are left out.

    Examples
    --------
    >>> fine = Volume(np.zeros((5, 8, 8), np.int16), np.diag([0.25, 0.25, 0.5, 1.0]), "ct")
    >>> average_fine_voxels(fine).array.shape
    (5, 4, 4)
    """
    count = averaged_voxels(volume.ijk_to_ras, parameters=parameters)
    if volume.kind != "ct" or max(count) == 1:
        return volume
    block = np.array(count[::-1])
    shape = np.array(volume.array.shape) // block
    averaged = np.zeros(shape, np.int16)

    def average_layer(k: int) -> None:
        layer = volume.array[k * block[0] : (k + 1) * block[0], : shape[1] * block[1], : shape[2] * block[2]]
        largest = max(-int(layer.min(initial=0)), int(layer.max(initial=0)))
        averaged[k] = np.rint(sum_blocks(layer, block, largest=largest).astype(np.float32) / np.float32(block.prod()))

    with ThreadPoolExecutor() as pool:  # layer by layer: no second volume; numpy releases the interpreter lock
        list(pool.map(average_layer, range(shape[0])))
    ijk_to_ras = volume.ijk_to_ras @ np.diag([*count, 1.0])
    ijk_to_ras[:3, 3] = (volume.ijk_to_ras @ [*((np.array(count) - 1) / 2), 1.0])[:3]
    sizes = [" × ".join(f"{mm:.2f}" for mm in voxel_spacing(grid)) for grid in (volume.ijk_to_ras, ijk_to_ras)]
    finding = Note(f"Voxels of {sizes[0]} mm are averaged to {sizes[1]} mm: the restored surface needs no finer ones.")
    return replace(volume, array=averaged, ijk_to_ras=ijk_to_ras, findings=(*volume.findings, finding))


def labels_on_input_grid(
    labels: NDArray[np.uint8],
    ijk_to_ras: NDArray[np.float64],
    source: Volume | Mesh,
    *,
    parameters: SegmentationParameters = METHOD.segmentation,
) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """Put labels on the grid of the CT whose voxels were averaged.

    Parameters
    ----------
    labels
        (nk, nj, ni) on the working grid.
    ijk_to_ras
        (4, 4) float, mm, of the working grid.
    source
        The CT, or another input: a model, or that of a case file, which holds the bone alone, have no such grid.
    parameters
        Of the segmentation.

    Returns
    -------
    labels : ndarray
        On the grid of ``source``; those that were given where that is the working grid, or there is none.
    ijk_to_ras : ndarray
        Of this grid.
    """
    if not isinstance(source, Volume) or not source.array.size:
        return labels, ijk_to_ras
    if np.allclose(ijk_to_ras, source.ijk_to_ras) and labels.shape == source.array.shape:
        return labels, source.ijk_to_ras
    count = averaged_voxels(source.ijk_to_ras, parameters=parameters)
    full = np.zeros(source.array.shape, labels.dtype)
    for axis, times in enumerate(count[::-1]):
        labels = np.repeat(labels, times, axis=axis)
    full[tuple(slice(n) for n in labels.shape)] = labels
    return full, source.ijk_to_ras
