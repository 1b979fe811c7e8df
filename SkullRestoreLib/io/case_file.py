"""Write and read the file of a case: named arrays and a few plain values, checked before any of them is used.

The file is a NumPy archive (``.npz``) that holds no Python objects: nothing in it is executed. It may come from
anywhere, so every size is checked against what the file really holds before memory is taken for it (decision 0096).
"""

import json
import zipfile
import zlib
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from SkullRestoreLib._system import memory
from SkullRestoreLib.errors import InputError, NotEnoughMemoryError

FORMAT = "SkullRestore case"
"""Every case file says that it is one."""
VERSION = 2
"""Number of the format; it changes with every change of what an array or a value means."""
MAX_CONTENT_BYTES = 8 * 2**30
"""Largest size of everything in a file, unpacked: far more than the largest head CT needs."""
_VALUES = "values"
_MAX_VALUES_BYTES = 16 * 2**20
_KINDS = "biuf"
"""Kinds of numbers that an array may hold: truth values, whole numbers and floating-point numbers."""
_UNREADABLE = (OSError, zipfile.BadZipFile, zlib.error, EOFError, ValueError, KeyError, RuntimeError)
"""What Python raises for an archive or an array that is damaged, cut off, encrypted, or packed in an unknown way."""
_ZIP64_BYTES = 2**30
"""A larger member is announced as one that may pass two gigabytes."""
_COMPRESSION_LEVEL = 1
"""Higher levels take several times as long, for a few per cent."""


def encode_case(values: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """Pack values and arrays.

    Parameters
    ----------
    values
        What JSON can hold.
    arrays
        Numbers, by names that are Python identifiers.

    Returns
    -------
    bytes
        Content of the file.

    Examples
    --------
    >>> content = encode_case({"points": 24}, {"outer": np.zeros(3)})
    >>> content[:2]
    b'PK'
    """
    text = json.dumps({"format": FORMAT, "version": VERSION, **values}, allow_nan=False).encode()
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=_COMPRESSION_LEVEL) as archive:
        for name, array in {_VALUES: np.frombuffer(text, np.uint8), **arrays}.items():
            # Opened by name a member has a fixed time, so that the same case gives the same bytes. It is packed piece
            # by piece: a copy of a volume may be more memory than is free.
            with archive.open(f"{name}.npy", "w", force_zip64=array.nbytes >= _ZIP64_BYTES) as member:
                np.lib.format.write_array(member, np.ascontiguousarray(array), allow_pickle=False)
    return packed.getvalue()


def read_case(path: Path) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Unpack a case file.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    values : dict
        As they were written.
    arrays : dict of str to ndarray
        With finite numbers only.

    Raises
    ------
    InputError
        If there is no such file, it is none of ours, of another version, or damaged.
    NotEnoughMemoryError
        If its content is larger than the free memory.
    """
    if not path.is_file():
        raise InputError(
            f"'{path.parent}' holds no {path.name}, so it cannot be redesigned; give a folder that this version of "
            "`skullrestore restore` has written, or restore again."
        )
    try:
        with zipfile.ZipFile(path) as archive:
            arrays = _read_arrays(archive)
        values = json.loads(arrays.pop(_VALUES).tobytes())
        is_ours = isinstance(values, dict) and values.get("format") == FORMAT
    except _UNREADABLE as error:
        raise damaged_case(path) from error
    if not is_ours:
        raise damaged_case(path)
    if values.get("version") != VERSION:
        raise InputError(
            f"'{path.name}' was written by another version of SkullRestore; use that version, or restore again."
        )
    return values, arrays


def damaged_case(path: Path) -> InputError:
    """Make the error for a file that cannot be used.

    Parameters
    ----------
    path
        The file.
    """
    return InputError(f"'{path.name}' is damaged or was not written by SkullRestore; restore the skull again.")


def _read_arrays(archive: zipfile.ZipFile) -> dict[str, NDArray[Any]]:
    """All arrays of an archive; ValueError where one is not what it says."""
    members = archive.infolist()
    total_bytes = sum(member.file_size for member in members)
    if total_bytes > MAX_CONTENT_BYTES:
        raise ValueError("too large")
    if total_bytes > (free_bytes := memory.available_bytes()):
        raise NotEnoughMemoryError(
            f"The case needs {total_bytes / 1e9:.1f} GB of memory, and {free_bytes / 1e9:.1f} GB are free; "
            "close other programs."
        )
    arrays = {}
    for member in members:
        name, ending, _ = member.filename.rpartition(".npy")
        if not ending or not name.isidentifier() or name in arrays:
            raise ValueError("not a name of ours")
        if name == _VALUES and member.file_size > _MAX_VALUES_BYTES:
            raise ValueError("too large")
        with archive.open(member) as stream:
            arrays[name] = _read_array(stream, member.file_size)
    return arrays


def _read_array(stream: Any, size_bytes: int) -> NDArray[Any]:
    """One array; its header is compared with the size of the member before memory is taken."""
    version = np.lib.format.read_magic(stream)
    if version != (1, 0):
        raise ValueError("another format")
    shape, fortran_order, dtype = np.lib.format.read_array_header_1_0(stream)
    count = 1
    for length in shape:
        count *= length  # Python's integers do not overflow
    if dtype.kind not in _KINDS or fortran_order or count * dtype.itemsize != size_bytes - stream.tell():
        raise ValueError("not an array of ours")
    content = bytearray(count * dtype.itemsize)
    filled, view = 0, memoryview(content)
    while filled < len(content) and (more := stream.readinto(view[filled:])):
        filled += more
    if filled < len(content) or stream.read(1):
        raise ValueError("cut off")
    array: NDArray[Any] = np.frombuffer(content, dtype).reshape(shape)
    if dtype.kind == "f" and not np.isfinite(array).all():
        raise ValueError("not finite")
    if dtype.kind == "b" and np.frombuffer(content, np.uint8).max(initial=0) > 1:
        raise ValueError("not true or false")
    return array
