"""Read the values of image files: where a header may point, how much it may promise, how values are unpacked.

No library reads a file whose header names other files (decision 0072): a second parser may see a name that ours has
overlooked.
"""

import bz2
import errno
import math
import os
import re
import stat
import struct
import warnings
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from SkullRestoreLib._system import memory
from SkullRestoreLib.errors import InputError

DAMAGED_FILE_ERRORS = (OSError, EOFError, ValueError, LookupError, OverflowError, struct.error, zlib.error)
"""What reading a damaged file raises."""
_DEFLATE_FACTOR = 1032
"""Bytes that one byte of a deflate stream can stand for (zlib's technical details)."""
_BYTES_PER_FILE_BYTE = {
    "raw": 1,
    "gzip": _DEFLATE_FACTOR,
    "zlib": _DEFLATE_FACTOR,
    "ascii": 1,
    "hex": 1,
    "bzip2": math.inf,
}
"""Bytes of values that one byte of the file can hold, by encoding."""
_CHUNK_BYTES = 4 << 20
"""Bytes that are read and inflated at a time."""


def damaged_file_error(path: Path) -> InputError:
    """Make the error for a file that cannot be read.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    InputError
        To be raised; it says so where the file no longer exists.
    """
    if not path.exists():
        return InputError(
            f"'{path.name}' is no longer there: its drive was lost, or it was moved. Restore again from a copy."
        )
    return InputError(
        f"'{path.name}' cannot be read: it is damaged, cut off, or its data file is missing. Export it again."
    )


def plain_file_name(header: Path, name: str) -> str:
    """Return the plain name of the data file that a header names.

    Parameters
    ----------
    header
        The header's file.
    name
        As the header writes it.

    Raises
    ------
    InputError
        Where it is a list, a pattern or leads out of the header's folder.
    """
    plain = name.removeprefix("./")  # teem writes names like this
    if plain in ("", ".", "..") or re.search(r"[\x00-\x1f/\\:%]", plain) or re.match(r"(?i)list(\s|$)", plain):
        raise _elsewhere_error(header)
    return plain


def _elsewhere_error(header: Path) -> InputError:
    return InputError(
        f"'{header.name}' names a list, a pattern, a link or a place elsewhere for its values; "
        "only one file in the same folder is read, by its plain name. Export it as one file, such as .nrrd or .nii.gz."
    )


def open_data_file(header: Path, name: str) -> BinaryIO:
    """Open the data file that a header names.

    Parameters
    ----------
    header
        The header's file.
    name
        As the header writes it.

    Returns
    -------
    BinaryIO
        Open for reading.

    Raises
    ------
    InputError
        If it is anything but the plain name of a file in the header's folder, or that is a link or no file.
    """
    path, elsewhere = header.parent / plain_file_name(header, name), _elsewhere_error(header)
    try:
        if path.is_symlink():
            raise elsewhere
        # not through a link that was put there in the meantime, and without waiting for a pipe
        flags = sum(getattr(os, flag, 0) for flag in ("O_RDONLY", "O_NOFOLLOW", "O_NONBLOCK", "O_BINARY", "O_CLOEXEC"))
        descriptor = os.open(path, flags)
    except (OSError, ValueError) as error:
        is_link = getattr(error, "errno", None) == errno.ELOOP
        raise elsewhere if is_link else damaged_file_error(header) from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise damaged_file_error(header)
    return os.fdopen(descriptor, "rb")


def check_single_volume(path: Path, size: Sequence[int], components: int) -> None:
    """Check that a file holds one value for each voxel of one volume.

    Parameters
    ----------
    path
        The file.
    size
        Voxels along i, j, k and further axes.
    components
        Values of one voxel.

    Raises
    ------
    InputError
        For a flat image, several volumes, or colours.
    """
    if len(size) >= 3 and min(size[:3]) > 1 and set(size[3:]) <= {1} and components == 1:
        return
    shape = " × ".join(str(n) for n in size)
    raise InputError(
        f"'{path.name}' is no single 3-D image of one value per voxel (size {shape}, values {components}). "
        "Export one CT volume or one bone mask."
    )


def check_promised_size(
    path: Path,
    size: Sequence[int],
    spacing: NDArray[np.float64] | None,
    *,
    voxel_bytes: int,
    file_bytes: int,
    encoding: str,
) -> None:
    """Check that a file can hold what its header promises, and that there is memory for it, before any memory is taken.

    Parameters
    ----------
    path
        The file.
    size
        Voxels along i, j and k.
    spacing
        (3,) float64, mm, where it is known.
    voxel_bytes, file_bytes
        Bytes of one value and of the file that holds them.
    encoding
        As for :func:`read_values`.

    Raises
    ------
    InputError
        If the file is too short.
    NotEnoughMemoryError
        If there is not enough memory.
    """
    voxels = math.prod(size[:3])
    least_bytes = voxels * (voxel_bytes if encoding not in ("ascii", "hex") else 1)
    if least_bytes > _BYTES_PER_FILE_BYTE[encoding] * file_bytes:
        raise damaged_file_error(path)
    # the file's values, a copy of them, and HU
    reading_bytes = voxels * (2 * voxel_bytes + 2)
    memory.check_memory(voxels, np.ones(3) if spacing is None else spacing, reading_bytes=reading_bytes)


def read_values(
    file: BinaryIO, dtype: np.dtype[Any], size: Sequence[int], encoding: str, *, skip: int = 0
) -> NDArray[Any]:
    """Read values from the current position of a file.

    Parameters
    ----------
    file
        Open for reading bytes.
    dtype
        With its byte order.
    size
        Along i, j and k.
    encoding
        ``"raw"``, ``"gzip"``, ``"zlib"``, ``"bzip2"``, ``"ascii"`` or ``"hex"``.
    skip
        Bytes before the values, packed with them (not for ``"ascii"``); -1 for raw values that are the last of the
        file.

    Returns
    -------
    (nk, nj, ni)
        As stored; not to be written to.

    Raises
    ------
    ValueError
        If there are too few. Others of :data:`DAMAGED_FILE_ERRORS` where they cannot be unpacked.
    """
    count = math.prod(size)
    need = count * dtype.itemsize
    shape = tuple(size[::-1])
    if encoding == "ascii":
        return _parse_numbers(file.read(), count).astype(dtype).reshape(shape)
    data: bytes | memoryview
    if encoding == "raw":
        if skip < 0:
            file.seek(-need, os.SEEK_END)
        else:
            file.seek(skip, os.SEEK_CUR)
        data = file.read(need)
    elif encoding in ("zlib", "gzip"):
        data = _inflate(file, skip + need)[skip:]
    elif encoding == "hex":
        data = bytes.fromhex(file.read().decode("ascii"))[skip : skip + need]
    else:
        with bz2.open(file) as packed:
            if len(packed.read(skip)) != skip:
                raise ValueError("cut off")
            data = packed.read(need)
    if len(data) != need:
        raise ValueError("cut off")
    return np.frombuffer(data, dtype).reshape(shape)


def _inflate(file: BinaryIO, most: int) -> memoryview:
    """The first ``most`` bytes of a stream in zlib's or gzip's format, of several members too.

    In pieces, into memory that is taken once: half the time of the module gzip.
    """
    out, filled = np.zeros(most, np.uint8).data, 0
    inflater, packed = zlib.decompressobj(47), b""
    while filled < most and (packed := packed or file.read(_CHUNK_BYTES)):
        piece = inflater.decompress(packed, min(_CHUNK_BYTES, most - filled))
        out[filled : filled + len(piece)] = piece
        filled += len(piece)
        packed = inflater.unconsumed_tail
        if inflater.eof:  # another member may follow
            packed, inflater = inflater.unused_data, zlib.decompressobj(47)
    return out[:filled]


def _parse_numbers(text: bytes, count: int) -> NDArray[np.float64]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # numpy only warns of words that are no numbers; then too few are found
        # without its argument count: with fewer numbers than that, the rest of its result is uninitialised memory
        values = np.fromstring(text.replace(b",", b" "), np.float64, sep=" ")[:count]
    if len(values) != count or not np.isfinite(values).all():
        raise ValueError("no numbers, or too few")
    return values
