"""One DICOM file in, its values in HU out, however they are stored. Part of the room ``read``."""

import os
import warnings

import numpy as np

from SkullRestoreLib.case import InputError

PLAIN = frozenset(
    {
        "1.2.840.10008.1.2",
        "1.2.840.10008.1.2.1",
        "1.2.840.10008.1.2.2",
        "1.2.840.10008.1.2.1.99",
    }
)  # transfer syntaxes that pydicom decodes alone
_AIR_HU, _DENSEST_HU = -1024, 3071  # the ends of a CT's usual twelve bits


def read_hu(path: str, shape: tuple[int, int], *, name: str) -> np.ndarray:
    """Read all frames of one file.

    Parameters
    ----------
    path
        The file.
    shape
        Rows and columns, as its header tells.
    name
        How messages call it.

    Returns
    -------
    (n, rows, columns) int16 HU

    Raises
    ------
    InputError
        For a file that is damaged, has vanished, or is compressed in a way that cannot be decoded.
    """
    from pydicom import dcmread
    from pydicom.uid import ImplicitVRLittleEndian

    syntax = ImplicitVRLittleEndian
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what matters of it raises
            data = dcmread(path, force=True)
            data.file_meta.setdefault("TransferSyntaxUID", syntax)
            syntax = data.file_meta.TransferSyntaxUID
            hu = _hu(data, path)
        if hu.shape[-2:] != shape:
            raise ValueError("the image has another size than its header tells")
    except InputError:
        raise
    except Exception as error:  # decoders fail in many ways
        what = "is damaged or was not copied completely. Export the series again."
        if not os.path.exists(path):
            what = "is no longer there: its drive was lost, or it was moved. Restore again from a copy."
        elif str(syntax) not in PLAIN:
            what = f"is compressed as {syntax.name} and cannot be decoded: it is damaged, or that is not supported. Export it without compression."
        raise InputError(f"{name} {what}") from error
    if hu.dtype != np.int16:
        hu = np.clip(np.rint(hu), -32768, 32767).astype(np.int16)
    return hu.reshape(-1, *shape)


def _hu(data, path: str) -> np.ndarray:
    """HU of all frames, of whatever type holds them; what lies beyond the field of view is air."""
    if "ModalityLUTSequence" in data:
        raise InputError(
            "The CT's values go through a lookup table (Modality LUT) instead of a rescale. Export it in Hounsfield units (HU)."
        )
    rescales = _rescales(data)
    plain = str(data.file_meta.TransferSyntaxUID) in PLAIN
    hu = _rescaled(data.pixel_array, rescales) if plain else _decompressed(data, path, rescales)
    padding = data.get("PixelPaddingValue")
    if padding is None:
        return hu
    ends = [float(value) * rescales[0][0] + rescales[0][1] for value in (padding, data.get("PixelPaddingRangeLimit", padding))]
    if min(ends) > -900 and max(ends) < _DENSEST_HU:  # a value that tissue has: nothing was padded with it
        return hu
    return np.where((hu >= min(ends)) & (hu <= max(ends)), np.array(_AIR_HU, hu.dtype), hu)


def _decompressed(data, path: str, rescales: list[tuple[float, float]]) -> np.ndarray:
    """HU of a compressed file. GDCM decodes JPEG and friends and rescales, pydicom what GDCM cannot, and frames with a rescale of their own."""
    import SimpleITK

    if len(set(rescales)) > 1:
        return _rescaled(data.pixel_array, rescales)
    try:
        return SimpleITK.GetArrayFromImage(SimpleITK.ReadImage(path))
    except RuntimeError:
        return _rescaled(data.pixel_array, rescales)


def _rescales(data) -> list[tuple[float, float]]:
    """Slope and intercept of every frame, or of all of them."""
    if "PerFrameFunctionalGroupsSequence" not in data:
        return [_rescale(data)]
    shared = data.SharedFunctionalGroupsSequence[0]
    groups = [own if "PixelValueTransformationSequence" in own else shared for own in data.PerFrameFunctionalGroupsSequence]
    found = [_rescale(g.PixelValueTransformationSequence[0] if "PixelValueTransformationSequence" in g else data) for g in groups]
    return found if len(set(found)) > 1 else found[:1]


def _rescale(source) -> tuple[float, float]:
    return float(source.get("RescaleSlope", 1) or 1), float(source.get("RescaleIntercept", 0) or 0)


def _rescaled(pixels: np.ndarray, rescales: list[tuple[float, float]]) -> np.ndarray:
    """Stored values times slope plus intercept; int32 where both are whole, else float32."""
    slope, intercept = (np.array(part).reshape(-1, 1, 1) if len(rescales) > 1 else part[0] for part in zip(*rescales, strict=True))
    if np.all(slope == 1) and np.all(intercept == np.trunc(intercept)):
        return pixels.astype(np.int32) + np.asarray(intercept, np.int32)
    return pixels.astype(np.float32) * np.asarray(slope, np.float32) + np.asarray(intercept, np.float32)
