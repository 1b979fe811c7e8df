"""Read STL files, binary and text: triangles out, with corners at one place joined.

VTK refuses a text in capital letters and bytes behind the last triangle, both of which other programs write.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from SkullRestoreLib.input_faults import fault_error

_HEADER_BYTES, _TRIANGLE_BYTES = 84, 50
_TRIANGLE = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("attribute", "<u2")])
_START_BYTES = 1084
"""Within these a text names its first facet."""
_PIECE_BYTES = 16 << 20
"""So much text is read at a time."""
_UNKNOWN_COUNTS = (0, 0xFFFFFFFF)
"""Numbers of triangles of writers that did not go back to fill the number in."""


def read_stl(path: Path) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Read the triangles of one file.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    vertices : (n, 3) float64
        In the file's coordinates, in the order in which they come first.
    faces : (m, 3) int64
        Without those that have a corner twice.

    Raises
    ------
    ValueError
        If it is damaged or cut off.
    InputError
        If its numbers have a decimal comma.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        start = file.read(_START_BYTES)
        file.seek(0)
        count = int.from_bytes(start[80:84], "little")
        is_exact = size == _HEADER_BYTES + _TRIANGLE_BYTES * count
        is_text = re.match(rb"(?i)\s*solid", start) is not None and b"facet" in start.lower() and not is_exact
        corners = _read_text(file, path) if is_text else _read_binary(file, count, size)
    return _join_corners(corners)


def _read_binary(file: BinaryIO, count: int, size: int) -> NDArray[np.float32]:
    """Corners (m, 3, 3)."""
    room, rest = divmod(size - _HEADER_BYTES, _TRIANGLE_BYTES)
    if count in _UNKNOWN_COUNTS and rest == 0:
        count = room
    if count > room:
        raise ValueError("cut off")
    file.seek(_HEADER_BYTES)
    triangles = np.frombuffer(file.read(count * _TRIANGLE_BYTES), _TRIANGLE)
    if len(triangles) != count:
        raise ValueError("cut off")
    return triangles["corners"]


def _read_text(file: BinaryIO, path: Path) -> NDArray[np.float32]:
    """Corners (m, 3, 3)."""
    pieces, closed = [np.zeros(0, np.float32)], 0
    for text in _pieces_of_lines(file):
        lines = re.findall(rb"vertex\s+([^\r\n]*)", text)
        closed += text.count(b"endfacet")
        if any(b"," in line for line in lines[:1]):
            raise fault_error("unknown values", name=f"'{path.name}'", form="numbers with a decimal comma")
        numbers = np.array(b" ".join(lines).split(), np.float32)
        if len(numbers) != 3 * len(lines):
            raise ValueError("a corner without its three numbers")
        pieces.append(numbers)
    numbers = np.concatenate(pieces)
    if len(numbers) != 9 * closed:
        raise ValueError("cut off")
    return numbers.reshape(-1, 3, 3)


def _pieces_of_lines(file: BinaryIO) -> Iterator[bytes]:
    """The text in small letters, in pieces that end with a line."""
    rest = b""
    while piece := file.read(_PIECE_BYTES):
        rest += piece.lower()
        end = max(rest.rfind(b"\n"), rest.rfind(b"\r")) + 1
        yield rest[:end]
        rest = rest[end:]
    yield rest


def _join_corners(corners: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Vertices (n, 3) and faces (m, 3) of corners (m, 3, 3): those with the same coordinates become one vertex."""
    points = corners.reshape(-1, 3) + np.float32(0)  # -0 and 0 are the same place
    if not len(points):
        return np.zeros((0, 3)), np.zeros((0, 3), np.int64)
    bits = np.ascontiguousarray(points).view(np.uint32)
    order = np.lexsort(bits.T)
    is_first = np.concatenate([[True], (np.diff(bits[order].astype(np.int64), axis=0) != 0).any(axis=1)])
    place = np.zeros(len(points), np.int64)
    place[order] = np.cumsum(is_first) - 1
    first = np.minimum.reduceat(order, np.flatnonzero(is_first))
    number = np.zeros(len(first), np.int64)
    number[np.argsort(first)] = np.arange(len(first))
    faces = number[place].reshape(-1, 3)
    sound = (faces[:, 0] != faces[:, 1]) & (faces[:, 1] != faces[:, 2]) & (faces[:, 2] != faces[:, 0])
    return points[np.sort(first)].astype(np.float64), faces[sound]
