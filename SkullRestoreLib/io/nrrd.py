"""Read an NRRD file: its values and the geometry of its header out (teem.sourceforge.net/nrrd/format.html)."""

import math
import os
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from SkullRestoreLib.errors import InputError
from SkullRestoreLib.input_faults import fault_error
from SkullRestoreLib.io.image_data import (
    DAMAGED_FILE_ERRORS,
    check_promised_size,
    check_single_volume,
    damaged_file_error,
    open_data_file,
    plain_file_name,
    read_values,
)
from SkullRestoreLib.io.image_header import SAME_SPACING, ImageGeometry, geometry_from_columns, is_space
from SkullRestoreLib.io.mask_margins import parse_scan_grid

_MAX_HEADER_BYTES = 16 << 20
"""The headers of segmentations hold complete terminologies."""
_MAX_LINE_BYTES = 1 << 20
_MAX_DIMENSIONS = 16
_NEWEST_VERSION = 5
_SCAN_KEY = "Segmentation_ConversionParameters"
"""Key under which 3D Slicer says from which scan a segmentation was made."""
_FIELDS = """
    content number type blocksize dimension space spacedimension sizes spacings thicknesses axismins axismaxs
    spacedirections centers centerings kinds labels units min max oldmin oldmax datafile endian encoding
    lineskip byteskip sampleunits spaceunits spaceorigin measurementframe
"""
_FIELD_NAMES = frozenset(re.findall(r"\w+", _FIELDS))
_TYPE_NAMES = {
    "i1": ("signed char", "int8", "int8_t"),
    "u1": ("uchar", "unsigned char", "uint8", "uint8_t"),
    "i2": ("short", "short int", "signed short", "signed short int", "int16", "int16_t"),
    "u2": ("ushort", "unsigned short", "unsigned short int", "uint16", "uint16_t"),
    "i4": ("int", "signed int", "int32", "int32_t"),
    "u4": ("uint", "unsigned int", "uint32", "uint32_t"),
    "i8": ("longlong", "long long", "long long int", "signed long long", "signed long long int", "int64", "int64_t"),
    "u8": ("ulonglong", "unsigned long long", "unsigned long long int", "uint64", "uint64_t"),
    "f4": ("float",),
    "f8": ("double",),
}
_DTYPES = {name: code for code, names in _TYPE_NAMES.items() for name in names}
_ENCODINGS = {
    "raw": "raw",
    "gzip": "gzip",
    "gz": "gzip",
    "bzip2": "bzip2",
    "bz2": "bzip2",
    "hex": "hex",
} | dict.fromkeys(("txt", "text", "ascii"), "ascii")
_UNITS_MM = (
    dict.fromkeys(("m", "meter", "meters", "metre", "metres"), 1000.0)
    | dict.fromkeys(("cm", "centimeter", "centimeters", "centimetre", "centimetres"), 10.0)
    | dict.fromkeys(("um", "µm", "micron", "microns", "micrometer", "micrometers", "micrometre", "micrometres"), 1e-3)
    | dict.fromkeys(("in", "inch", "inches"), 25.4)
)
_SPACES_WITHOUT_SIDE = {
    "": "LPS",
    "scanner-xyz": "LPS",
    "3d-right-handed": "LPS",
    "3d-left-handed": "LAS",  # any left-handed space: the head is at least not mirrored
}
"""Spaces that name no side of the patient, and the space that is assumed instead."""


AxisVectors = list[NDArray[np.float64] | None]
"""Vector (3,) from voxel to voxel along each axis of the array, in the file's unit; None for an axis not in space."""


def load_nrrd(path: Path) -> tuple[NDArray[Any], ImageGeometry]:
    """Read one file, or a header and the data file next to it.

    Parameters
    ----------
    path
        ``.nrrd`` or ``.nhdr``.

    Returns
    -------
    values : (nk, nj, ni)
        As stored; not to be written to.
    geometry : ImageGeometry
        In the space that the header names.

    Raises
    ------
    InputError
        For a header that is not understood, names data elsewhere, or promises more than there is.
    """
    try:
        with path.open("rb") as file:
            header = _read_header(file, path)
            if "datafile" in header:
                with open_data_file(path, header["datafile"]) as data:
                    return _read_image(header, data, path)
            return _read_image(header, file, path)
    except DAMAGED_FILE_ERRORS as error:
        raise damaged_file_error(path) from error


def _read_header(file: BinaryIO, path: Path) -> dict[str, str]:
    """Fields by their names in lower case, without spaces; the file is then at the values."""
    first_line = file.readline(80)
    newer = re.fullmatch(rb"NRRD(\d{4})\r?\n", first_line)
    if newer is not None and int(newer[1]) > _NEWEST_VERSION:
        raise fault_error("unknown version", name=f"'{path.name}'", form=str(int(newer[1])))
    if re.fullmatch(rb"NRRD00(\.01|0[1-5])\r?\n", first_line) is None:
        raise damaged_file_error(path)
    header: dict[str, str] = {}
    while (line := file.readline(_MAX_HEADER_BYTES)).strip(b"\r\n"):
        if file.tell() > _MAX_HEADER_BYTES:
            raise damaged_file_error(path)
        if line.startswith(b"#"):
            continue
        name, colon, value = line.decode("utf-8", "surrogateescape").strip().partition(":")
        if value.startswith("="):  # a key of the writer's own
            if name == _SCAN_KEY:
                header.setdefault(_SCAN_KEY, value[1:].strip())
            continue
        name = re.sub(r"[\s_-]", "", name).lower()
        if not colon or name not in _FIELD_NAMES or name in header:
            raise InputError(
                f"The header of '{path.name}' has a line that is not understood, or the same line twice. "
                "Export the image again."
            )
        header[name] = value.strip()
        if name == "datafile":
            plain_file_name(path, header[name])
    if not line and "datafile" not in header:  # no empty line, and so no values
        raise damaged_file_error(path)
    return header


def _read_image(header: dict[str, str], file: BinaryIO, path: Path) -> tuple[NDArray[Any], ImageGeometry]:
    """Values and geometry, from a file that is at its values."""
    code = _DTYPES.get(header.get("type", "").lower())
    encoding = _ENCODINGS.get(header.get("encoding", "").lower())
    byte_order = {"little": "<", "big": ">"}.get(header.get("endian", "").lower(), "")
    size = [int(n) for n in header.get("sizes", "").split()]
    if code is None and re.search("[a-z]", header.get("type", "")):
        raise fault_error("unknown values", name=f"'{path.name}'", form=f"'{header['type'][:40]}'")
    if encoding is None and header.get("encoding"):
        raise fault_error("unknown encoding", name=f"'{path.name}'", form=f"'{header['encoding'][:40]}'")
    if code is None or encoding is None or (not byte_order and code[1] != "1" and encoding != "ascii"):
        raise damaged_file_error(path)
    if len(size) != int(header.get("dimension", "0")) or min(size, default=0) < 1 or len(size) > _MAX_DIMENSIONS:
        raise damaged_file_error(path)
    vectors = _read_axis_vectors(header, len(size))
    spatial = _spatial_axes(header, vectors, size)
    components = math.prod(n for axis, n in enumerate(size) if axis not in spatial)
    size = [size[axis] for axis in spatial]
    check_single_volume(path, size, components)
    geometry = _read_geometry(header, vectors, spatial, path)
    dtype = np.dtype(byte_order + code)
    check_promised_size(
        path,
        size,
        geometry.spacing,
        voxel_bytes=dtype.itemsize,
        file_bytes=os.fstat(file.fileno()).st_size,
        encoding=encoding,
    )
    for _ in range(int(header.get("lineskip", "0"))):
        if not file.readline(_MAX_LINE_BYTES):
            raise damaged_file_error(path)
    skip = int(header.get("byteskip", "0"))
    if skip < (-1 if encoding == "raw" else 0) or (encoding != "raw" and skip > _MAX_HEADER_BYTES):
        raise damaged_file_error(path)
    geometry = replace(geometry, scan_grid=parse_scan_grid(header.get(_SCAN_KEY, "")))
    return read_values(file, dtype, size, encoding, skip=skip), geometry


def _read_axis_vectors(header: dict[str, str], dimensions: int) -> AxisVectors | None:
    """Vector of each axis; None without any."""
    if "spacedirections" not in header:
        return None
    vectors = [_parse_vector(text) for text in re.findall(r"none|\([^)]*\)", header["spacedirections"].lower())]
    if len(vectors) != dimensions:
        raise ValueError("as many directions as axes are needed")
    return None if all(vector is None for vector in vectors) else vectors


def _parse_vector(text: str) -> NDArray[np.float64] | None:
    """The first three numbers of a vector, since a fourth is time; None where the axis is not in space."""
    if text == "none":
        return None
    numbers = np.array([float(n) for n in text.strip("() ").split(",")])
    has_time = len(numbers) == 4 and bool(numbers[3])
    if len(numbers) not in (2, 3, 4) or (has_time and numbers[:3].any()):
        raise ValueError("no vector in space")
    return None if np.isnan(numbers).all() or has_time else numbers[:3]


def _spatial_axes(header: dict[str, str], vectors: AxisVectors | None, size: Sequence[int]) -> list[int]:
    """The axes in space; of more than three, the last ones with a single value are left out."""
    kinds = header.get("kinds", "").lower().split()
    if vectors is not None:
        axes = [n for n, vector in enumerate(vectors) if vector is not None]
    else:
        axes = [
            n for n in range(len(size)) if len(kinds) != len(size) or kinds[n] in ("domain", "space", "none", "???")
        ]
    while len(axes) > 3 and size[axes[-1]] == 1:
        axes.pop()
    return axes


def _read_geometry(
    header: dict[str, str], vectors: AxisVectors | None, spatial: list[int], path: Path
) -> ImageGeometry:
    """Geometry in the space that the header names, or in the assumed one."""
    name = re.sub(r"-time$", "", header.get("space", "").strip('" ').lower())
    space = _SPACES_WITHOUT_SIDE.get(name) or _space_letters(name)
    if space is None:
        raise InputError(
            f"The header of '{path.name}' names a space that is not known. "
            "Export the image again, in space left-posterior-superior."
        )
    spacings = [float(n) for n in header.get("spacings", "").split()]
    step = np.array([spacings[axis] for axis in spatial]) if spacings else np.full(3, np.nan)
    unit_mm = _read_unit_mm(header, "spaceunits" if vectors is not None else "units", spatial)
    origin = _read_origin(header) * unit_mm
    if vectors is None:
        # a space without directions does not say along which of its sides the axes run
        return geometry_from_columns(np.diag(step) * unit_mm, origin, space, side_known=False)
    columns = np.column_stack([vector for axis in spatial if (vector := vectors[axis]) is not None])
    if columns.shape != (3, 3):
        raise ValueError("no directions in space")
    length = np.linalg.norm(columns, axis=0)
    if np.isfinite(step).all() and (np.abs(np.abs(step) - length) > SAME_SPACING * length).any():
        sizes = [" × ".join(f"{s:.2f}" for s in size * unit_mm) for size in (length, np.abs(step))]
        raise InputError(
            f"The header of '{path.name}' contradicts itself: its directions say voxels of {sizes[0]} mm, "
            f"its spacings {sizes[1]} mm. Export the image again."
        )
    return geometry_from_columns(columns * unit_mm, origin, space, side_known=name not in _SPACES_WITHOUT_SIDE)


def _read_origin(header: dict[str, str]) -> NDArray[np.float64]:
    """Centre of the first voxel (3,) in the file's unit; 0 where it is missing or not valid."""
    if "spaceorigin" not in header:
        return np.zeros(3)
    origin = np.array([float(n) for n in header["spaceorigin"].strip("() ").split(",")][:3])
    return origin if origin.shape == (3,) and np.isfinite(origin).all() else np.zeros(3)


def _space_letters(name: str) -> str | None:
    """The letters "LPS" of "left-posterior-superior" or "lps"; None where it is no space."""
    words = name.split("-")
    if len(words) == 3 and set(words) <= {"left", "right", "anterior", "posterior", "superior", "inferior"}:
        name = "".join(word[0] for word in words)
    letters = re.sub(r"(?<=^...)t$", "", name).upper()  # without the letter for time, as in LPST
    return letters if is_space(letters) else None


def _read_unit_mm(header: dict[str, str], name: str, spatial: list[int]) -> float:
    """Millimetres of the unit of length; 1 where none is named."""
    names = [quoted.strip().lower() for quoted in re.findall(r'"([^"]*)"', header.get(name, ""))]
    if name == "units":
        names = [names[axis] for axis in spatial if axis < len(names)]
    units = {_UNITS_MM.get(unit, 1.0) for unit in names[:3]}
    if len(units) > 1:
        raise ValueError("units differ")
    return units.pop() if units else 1.0
