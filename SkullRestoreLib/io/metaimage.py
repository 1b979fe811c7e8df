"""Read a MetaImage file (MHA, or MHD with its data file): its values and the geometry of its header out."""

import os
import re
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
    read_values,
)
from SkullRestoreLib.io.image_header import SAME_SPACING, ImageGeometry

_MAX_HEADER_BYTES = 4 << 20
_MAX_DIMENSIONS = 10
_MAX_COORDINATE_MM = 1e6
_DTYPES = {
    "met_char": "i1",
    "met_uchar": "u1",
    "met_short": "i2",
    "met_ushort": "u2",
    "met_int": "i4",
    "met_uint": "u4",
    "met_long": "i4",  # four bytes on every machine, as in MetaIO
    "met_ulong": "u4",
    "met_long_long": "i8",
    "met_ulong_long": "u8",
    "met_float": "f4",
    "met_double": "f8",
}
_SYNONYMS = {
    "rotation": "transformmatrix",
    "orientation": "transformmatrix",
    "position": "offset",
    "origin": "offset",
    "elementbyteordermsb": "binarydatabyteordermsb",
}
_UNITS_MM = {"um": 0.001, "mm": 1.0, "cm": 10.0}
"""Values of the tag DistanceUnits."""
_OPPOSITE_SIDES = str.maketrans("LRAPSI", "RLPAIS")


def load_metaimage(path: Path) -> tuple[NDArray[Any], ImageGeometry]:
    """Read one file, or a header and the data file next to it.

    Parameters
    ----------
    path
        ``.mha`` or ``.mhd``.

    Returns
    -------
    values : (nk, nj, ni)
        As stored; not to be written to.
    geometry : ImageGeometry
        In LPS.

    Raises
    ------
    InputError
        For a header that is not understood, names data elsewhere, or promises more than there is.
    """
    try:
        with path.open("rb") as file:
            header = _read_header(file, path)
            if header["elementdatafile"].upper() == "LOCAL":
                return _read_image(header, file, path)
            with open_data_file(path, header["elementdatafile"]) as data:
                return _read_image(header, data, path)
    except DAMAGED_FILE_ERRORS as error:
        raise damaged_file_error(path) from error


def _read_header(file: BinaryIO, path: Path) -> dict[str, str]:
    """Tags by their names in lower case, up to that of the data file; the file is then at the values."""
    header: dict[str, str] = {}
    while "elementdatafile" not in header:
        line = file.readline(_MAX_HEADER_BYTES)
        if (not line.endswith(b"\n") and b"=" not in line) or file.tell() > _MAX_HEADER_BYTES:
            raise damaged_file_error(path)
        if not line.strip():
            continue
        text = line.decode("utf-8", "surrogateescape")
        sign = re.search(r"[=:]", text)
        name = (text[: sign.start()] if sign else text).strip().lower()
        name = _SYNONYMS.get(name, name)
        if sign is None or (not header and name not in ("objecttype", "comment", "ndims")):
            raise damaged_file_error(path)
        if name in header:
            raise InputError(
                f"The header of '{path.name}' has a line that is not understood, or the same line twice. "
                "Export the image again."
            )
        header[name] = text[sign.end() :].strip()
    return header


def _read_image(header: dict[str, str], file: BinaryIO, path: Path) -> tuple[NDArray[Any], ImageGeometry]:
    """Values and geometry, from a file that is at its values."""
    size = [int(n) for n in header.get("dimsize", "").split()]
    code = _DTYPES.get(header.get("elementtype", "").lower())
    channels = int(header.get("elementnumberofchannels", "1"))
    is_valid = len(size) == int(header.get("ndims", "0")) and min(size, default=0) >= 1 and len(size) <= _MAX_DIMENSIONS
    if code is None and header.get("elementtype", "").lower().startswith("met_"):
        raise fault_error("unknown values", name=f"'{path.name}'", form=f"'{header['elementtype'][:40]}'")
    if code is None or not is_valid:
        raise damaged_file_error(path)
    check_single_volume(path, size, channels)
    geometry = _read_geometry(header, len(size), path)
    dtype = np.dtype((">" if _is_true(header, "binarydatabyteordermsb") else "<") + code)
    encoding = _encoding(header)
    check_promised_size(
        path,
        size,
        geometry.spacing,
        voxel_bytes=dtype.itemsize,
        file_bytes=os.fstat(file.fileno()).st_size,
        encoding=encoding,
    )
    skip = int(header.get("headersize", "0"))
    if skip < (-1 if encoding == "raw" else 0):
        raise damaged_file_error(path)
    if encoding != "raw":
        file.seek(skip, os.SEEK_CUR)
        skip = 0
    return read_values(file, dtype, size[:3], encoding, skip=skip), geometry


def _encoding(header: dict[str, str]) -> str:
    if _is_true(header, "compresseddata"):
        return "zlib"
    return "raw" if _is_true(header, "binarydata", default=True) else "ascii"


def _is_true(header: dict[str, str], name: str, *, default: bool = False) -> bool:
    return header[name][:1].lower() in ("t", "y", "1") if name in header else default


def _read_geometry(header: dict[str, str], dimensions: int, path: Path) -> ImageGeometry:
    """Geometry in LPS, the coordinates that ITK writes."""
    step = _read_numbers(header, "elementspacing", dimensions)
    origin = _read_numbers(header, "offset", dimensions)
    matrix = _read_numbers(header, "transformmatrix", dimensions * dimensions)
    directions = np.eye(3) if matrix is None else matrix.reshape(dimensions, dimensions)[:3, :3].T
    unit_mm = _UNITS_MM.get(header.get("distanceunits", "").lower(), 1.0)
    length = np.linalg.norm(directions, axis=0)
    if (np.abs(length - 1) > SAME_SPACING).any():
        raise InputError(
            f"The header of '{path.name}' contradicts itself: the directions in its TransformMatrix have lengths of "
            f"{', '.join(f'{s:.2f}' for s in length)} instead of 1, so its voxel size is not certain. "
            "Export the image again."
        )
    # whether a negative size reverses its axis, or is a mistake, nothing says
    is_reversed = step is not None and bool((step[:3] < 0).any())
    names_side = matrix is not None and not is_reversed
    return ImageGeometry(
        axes=directions / length,
        spacing=None if step is None or not step[:3].all() else np.abs(step[:3]) * unit_mm,
        origin=np.zeros(3) if origin is None else origin[:3] * unit_mm,
        space="LPS",
        side_known=names_side and _orientation_agrees(header.get("anatomicalorientation", ""), directions),
    )


def _orientation_agrees(orientation: str, directions: NDArray[np.float64]) -> bool:
    """Whether the letters of an orientation fit the matrix.

    Some writers name where an axis comes from, others where it goes to.
    """
    if not orientation:
        return True
    rows = np.abs(directions).argmax(axis=0)
    sides = "".join(("LPS" if directions[row, axis] > 0 else "RAI")[row] for axis, row in enumerate(rows))
    return orientation.upper() in (sides, sides.translate(_OPPOSITE_SIDES))


def _read_numbers(header: dict[str, str], name: str, count: int) -> NDArray[np.float64] | None:
    """Numbers of a tag; None where it is missing, ValueError where they cannot be."""
    if name not in header:
        return None
    values = np.array([float(n) for n in header[name].split()])
    if len(values) != count or not np.isfinite(values).all() or np.abs(values).max() > _MAX_COORDINATE_MM:
        raise ValueError(f"{name} is not valid")
    return values
