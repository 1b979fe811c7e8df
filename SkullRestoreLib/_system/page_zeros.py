"""Large arrays of zeros that take memory only where something is written, and there as little as the system allows.

numpy asks for huge pages of 2 MB. A label volume in which a piece of the vault is written gets nearly all of them,
because each holds some rows of every layer; of ordinary pages of 4 KB it needs a fifth.
"""

import mmap
from math import prod
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

_LEAST_BYTES = 4 * 1024 * 1024
"""numpy takes ordinary pages for smaller arrays."""


def zeros_by_page(shape: tuple[int, ...], dtype: DTypeLike) -> NDArray[Any]:
    """Make an array of zeros in which little is going to be written.

    Parameters
    ----------
    shape, dtype
        As for ``numpy.zeros``.

    Returns
    -------
    ndarray
        Writable. Where the system has no such mappings, that of ``numpy.zeros``.

    Examples
    --------
    >>> labels = zeros_by_page((300, 512, 512), np.uint8)
    >>> labels[100, 200:210, 200:210] = 1
    >>> int(labels[100].sum())
    100
    """
    size = prod(shape) * np.dtype(dtype).itemsize
    if size < _LEAST_BYTES or not hasattr(mmap, "MAP_PRIVATE"):
        return np.zeros(shape, dtype)
    pages = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    if hasattr(mmap, "MADV_NOHUGEPAGE"):
        pages.madvise(mmap.MADV_NOHUGEPAGE)
    return np.frombuffer(pages, dtype).reshape(shape)
