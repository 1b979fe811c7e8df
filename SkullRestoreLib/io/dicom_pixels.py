"""Read the values of one DICOM file: the file in, HU out, however they are stored."""

import os
import struct
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from SkullRestoreLib.errors import InputError

if TYPE_CHECKING:
    from pydicom import Dataset

NATIVE_SYNTAXES = frozenset(
    {
        "1.2.840.10008.1.2",
        "1.2.840.10008.1.2.1",
        "1.2.840.10008.1.2.2",
        "1.2.840.10008.1.2.1.99",
    }
)
"""Transfer syntaxes without compression of the pixels, which pydicom decodes alone."""
_PADDING_HU, _MAX_CT_HU = -1024, 3071
"""Least and largest value of a CT's usual twelve bits."""
_TISSUE_HU = -900
"""A padding value between this and the largest value is one that tissue has: nothing was padded with it."""

_DECIMAL_TAGS = (0x00200032, 0x00200037, 0x00280030, 0x00180088, 0x00281052, 0x00281053)
"""Position, orientation, pixel spacing, distance of slices, intercept and slope."""
_RESCALE_GROUP = "PixelValueTransformationSequence"
Rescale = tuple[float, float]
"""Slope and intercept."""


def read_hu(path: str, shape: tuple[int, int], *, name: str) -> NDArray[np.int16]:
    """Read all frames of one file.

    Parameters
    ----------
    path
        The file.
    shape
        Rows and columns, as its header says.
    name
        The file's name in messages.

    Returns
    -------
    (n, rows, columns) int16
        HU.

    Raises
    ------
    InputError
        For a file that is damaged, no longer exists, or is compressed in a way that cannot be decoded.
    """
    from pydicom import dcmread
    from pydicom.uid import UID, ImplicitVRLittleEndian

    syntax = UID(ImplicitVRLittleEndian)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # faults that matter raise an error
            data = dcmread(path, force=True)
            use_decimal_points(data)
            data.file_meta.setdefault("TransferSyntaxUID", syntax)
            # a damaged header may hold several: what an error says of it must not fail in its turn
            syntax = UID(str(data.file_meta.TransferSyntaxUID))
            hu = _decode_hu(data)
        if hu.shape[-2:] != shape:
            raise ValueError("the image has another size than its header says")
    except InputError:
        raise
    except Exception as error:  # decoders fail in many ways
        fault = f"{name} is damaged or was not copied completely. Export the series again."
        if not os.path.exists(path):
            fault = f"{name} is no longer there: its drive was lost, or it was moved. Restore again from a copy."
        elif str(syntax) not in NATIVE_SYNTAXES:
            fault = (
                f"{name} is compressed as {syntax.name} and cannot be decoded: it is damaged, or that is not "
                "supported. Export it without compression."
            )
        raise InputError(fault) from error
    if hu.dtype != np.int16:
        whole = hu if hu.dtype.kind in "iu" else np.rint(hu)
        hu = np.clip(whole, -32768, 32767).astype(np.int16)
    return hu.reshape(-1, *shape)


def _decode_hu(data: "Dataset") -> NDArray[Any]:
    """HU of all frames in any number type; what is outside the field of view is air."""
    if "ModalityLUTSequence" in data:
        raise InputError(
            "The CT's values go through a lookup table (Modality LUT) instead of a rescale. "
            "Export it in Hounsfield units (HU)."
        )
    rescales = _frame_rescales(data)
    if str(data.file_meta.TransferSyntaxUID) not in NATIVE_SYNTAXES:
        _check_stream_size(data)
    hu = _apply_rescale(data.pixel_array, rescales)  # pydicom decodes the JPEG family by GDCM
    padding = data.get("PixelPaddingValue")
    if padding is None:
        return hu
    slope, intercept = rescales[0]
    limits = [float(value) * slope + intercept for value in (padding, data.get("PixelPaddingRangeLimit", padding))]
    if min(limits) > _TISSUE_HU and max(limits) < _MAX_CT_HU:
        return hu
    return np.where((hu >= min(limits)) & (hu <= max(limits)), np.array(_PADDING_HU, hu.dtype), hu)


def use_decimal_points(data: "Dataset") -> None:
    """Write decimal commas as points, as DICOM has them: programs of some countries write "0,45" (PS3.5 6.2).

    Parameters
    ----------
    data
        As it was read; numbers that hold no comma stay as they are.
    """
    from pydicom.dataelem import RawDataElement

    for tag in _DECIMAL_TAGS:
        element = data.get_item(tag) if tag in data else None
        # a number that was not looked at yet is kept as it is in the file
        if isinstance(element, RawDataElement) and element.value is not None and b"," in element.value:
            data[tag] = element._replace(value=element.value.replace(b",", b"."))


def _check_stream_size(data: "Dataset") -> None:
    """Raise ValueError where a JPEG stream has another size than its header.

    GDCM takes the memory that the stream asks for: 3 GB for one damaged byte.
    """
    # items of the pixel data (DICOM PS3.5 A.4): a table of offsets, then the first fragment
    table_bytes = struct.unpack_from("<I", data.PixelData, 4)[0]
    size = _jpeg_size(data.PixelData[8 + table_bytes + 8 :])
    if size is not None and size != (int(data.Rows), int(data.Columns)):
        raise ValueError("the compressed image has another size than its header says")


def _jpeg_size(stream: bytes) -> tuple[int, int] | None:
    """Rows and columns that a JPEG, JPEG-LS or JPEG 2000 stream states; None where it states none."""
    if stream[:4] == b"\xff\x4f\xff\x51":  # JPEG 2000: size and offset of the image, 15444-1 A.5.1
        right, lower, left, upper = struct.unpack_from(">4I", stream, 8)
        return lower - upper, right - left
    place = 2
    while stream[:2] == b"\xff\xd8" and place + 9 <= len(stream) and stream[place] == 0xFF:
        marker = stream[place + 1]
        if marker == 0xFF:  # a byte of filling
            place += 1
            continue
        is_frame = 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC)
        if is_frame or marker == 0xF7:
            rows, columns = struct.unpack_from(">2H", stream, place + 5)
            return rows, columns
        place += 2 + struct.unpack_from(">H", stream, place + 2)[0]
    return None


def _frame_rescales(data: "Dataset") -> list[Rescale]:
    """Rescale of every frame; a single one where all frames have the same."""
    if "PerFrameFunctionalGroupsSequence" not in data:
        return [_slope_and_intercept(data)]
    rescales = []
    for groups in frame_groups(data):
        found = [group.PixelValueTransformationSequence[0] for group in groups if _RESCALE_GROUP in group]
        rescales.append(_slope_and_intercept(found[0] if found else data))
    return rescales if len(set(rescales)) > 1 else rescales[:1]


def frame_groups(data: "Dataset") -> "list[list[Dataset]]":
    """List where the values of each frame of an enhanced multi-frame file are.

    Parameters
    ----------
    data
        With functional groups of each frame.

    Returns
    -------
    list of list of Dataset
        For each frame its own groups and those that all frames share, which some writers leave out.
    """
    shared = list(data.get("SharedFunctionalGroupsSequence") or ())[:1]
    return [[frame, *shared] for frame in data.PerFrameFunctionalGroupsSequence]


def _slope_and_intercept(source: "Dataset") -> Rescale:
    """Slope and intercept; 1 and 0 where they are missing or empty."""
    return float(source.get("RescaleSlope", 1) or 1), float(source.get("RescaleIntercept", 0) or 0)


def _apply_rescale(pixels: NDArray[Any], rescales: list[Rescale]) -> NDArray[Any]:
    """Stored values times slope plus intercept: integers where slope is 1 and intercept an integer, else float32."""
    slope, intercept = (
        np.array(part).reshape(-1, 1, 1) if len(rescales) > 1 else np.array(part[0])
        for part in zip(*rescales, strict=True)
    )
    if np.all(slope == 1) and np.all(intercept == np.trunc(intercept)):
        least, most = int(pixels.min()) + intercept.min(), int(pixels.max()) + intercept.max()
        if pixels.dtype.itemsize == 2 and intercept.ndim == 0 and least >= -32768 and most <= 32767:
            # as 16 bits overflow twice or not at all, and there is half as much memory to pass through
            return np.asarray(pixels.astype(np.int16) + np.int64(intercept).astype(np.int16))
        return pixels.astype(np.int32) + np.asarray(intercept, np.int32)
    return pixels.astype(np.float32) * np.asarray(slope, np.float32) + np.asarray(intercept, np.float32)
