"""Write volumes as NRRD: ten lines of text, then the voxels."""

import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_COMPRESSION_LEVEL = 1
"""Labels shrink to almost nothing at any level, and higher ones take seconds longer."""


def write_nrrd(path: Path, voxels: NDArray[Any], ijk_to_lps: NDArray[np.float64], *, compress: bool = True) -> None:
    """Write a volume; the same volume gives the same bytes.

    Parameters
    ----------
    path
        The file.
    voxels
        (nk, nj, ni) uint8 or int16.
    ijk_to_lps
        (4, 4) float64, mm; kept to the last digit, sheared grids too.
    compress
        Whether the voxels are compressed with gzip.

    Raises
    ------
    OSError
        If the file cannot be written completely.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "labels.nrrd"
    ...     write_nrrd(path, np.zeros((2, 3, 4), np.uint8), np.eye(4))
    ...     path.read_bytes().splitlines()[4]
    b'sizes: 4 3 2'
    """
    axes = " ".join(_vector(axis) for axis in ijk_to_lps[:3, :3].T)
    header = [
        "NRRD0004",
        f"type: {voxels.dtype.name}",
        "dimension: 3",
        "space: left-posterior-superior",
        f"sizes: {' '.join(map(str, voxels.shape[::-1]))}",
        f"space directions: {axes}",
        "kinds: domain domain domain",
        "endian: little",
        f"encoding: {'gzip' if compress else 'raw'}",
        f"space origin: {_vector(ijk_to_lps[:3, 3])}",
    ]
    content = np.ascontiguousarray(voxels, voxels.dtype.newbyteorder("<")).reshape(-1).view(np.uint8).data
    with path.open("wb") as file:
        file.write("\n".join([*header, "", ""]).encode("ascii"))
        if compress:
            # the header of gzip without a time: the same volume is the same file
            packer = zlib.compressobj(_COMPRESSION_LEVEL, wbits=31)
            file.write(packer.compress(content))
            file.write(packer.flush())
        else:
            file.write(content)


def _vector(values: NDArray[np.float64]) -> str:
    """In the notation of NRRD, with every digit, and without negative zeros."""
    return f"({','.join(repr(float(value) + 0.0) for value in values)})"
