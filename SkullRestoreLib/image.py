"""An NRRD, NIfTI or MetaImage file in, its values and its true affine out. Part of the room ``read``.

NIfTI is opened here, not by SimpleITK: ITK replaces a sheared affine (a gantry tilt) by the nearest rotation,
and fills what is missing of a file that was cut off with zeros, both without a word (ITK 5.4).
"""

import gzip
import math
import re
import struct
import zlib
from pathlib import Path

import numpy as np

from SkullRestoreLib import memory
from SkullRestoreLib.case import InputError

NAMES = (".nrrd", ".nhdr", ".nii", ".nii.gz", ".mha", ".mhd")
_NIFTI_TYPES = {2: "u1", 4: "i2", 8: "i4", 16: "f4", 64: "f8", 256: "i1", 512: "u2", 768: "u4", 1024: "i8", 1280: "u8"}
_ITK_BYTES = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 8: 4}  # pixel type of SimpleITK -> bytes; the others have 8
_MOST_DEFLATED = 1032  # bytes that one byte of a deflate stream can stand for (zlib's technical details)
_LONGEST_HEADER = 100e6  # bytes, extensions included
_PLACE_UNKNOWN = "The file does not say how the head lies: its axes were taken as {axes}. Compare left and right with the patient before the result is used."


def load(path: Path) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Read one image file.

    Returns
    -------
    values : (nk, nj, ni), as stored; do not write to it
    ijk_to_ras : (4, 4) float64, mm; sheared where the scan was
    findings : list of str

    Raises
    ------
    InputError
        For a damaged file, one that is not three-dimensional, or has axes that are not valid.
    """
    nifti = path.name.lower().endswith((".nii", ".nii.gz"))
    values, affine, findings = (_load_nifti if nifti else _load_with_itk)(path)
    if not np.isfinite(affine).all() or abs(np.linalg.det(affine[:3, :3])) < 1e-12:
        raise InputError(f"The axes in the header of '{path.name}' are not valid. Export it again.")
    return values, affine, findings


def _damaged(path: Path) -> InputError:
    if not path.exists():
        return InputError(f"'{path.name}' is no longer there: its drive was lost, or it was moved. Restore again from a copy.")
    return InputError(f"'{path.name}' cannot be read: it is damaged, cut off, or its data file is missing. Export it again.")


def _check_room(path: Path, size: tuple[int, ...], spacing: tuple[float, ...], voxel_bytes: int) -> None:
    """Raise InputError where a header promises more than its file can hold, or than there is memory for; nothing is taken for it before."""
    voxels = math.prod(size[:3])
    detached = path.name.lower().endswith((".nhdr", ".mhd"))
    if not detached and voxels * voxel_bytes > _MOST_DEFLATED * path.stat().st_size:
        raise _damaged(path)
    # the file's values, a copy of them, and HU
    memory.check(voxels, np.abs(spacing[:3]), reading_bytes=voxels * (2 * voxel_bytes + 2))


def _check_shape(path: Path, size: tuple[int, ...], components: int) -> None:
    """Raise InputError unless there is one value for each voxel of one volume; ``size`` is along i, j, k and on."""
    if len(size) >= 3 and min(size[:3]) > 1 and set(size[3:]) <= {1} and components == 1:
        return
    shape = " x ".join(str(n) for n in size)
    raise InputError(
        f"'{path.name}' is no single 3-D image of one value per voxel (size {shape}, values {components}). Export one CT volume or one bone mask."
    )


def _check_metaimage(path: Path) -> None:
    """Raise InputError for what ITK's reader does not survive (MetaIO of ITK 5.4).

    With more than 10 axes it writes beyond its memory; with directions that are no cosines it never comes to an end; a data file with
    a percent sign is a pattern of names, whose step of 0 it divides by.
    """
    try:
        with path.open("rb") as file:
            head, _, data = file.read(100_000).partition(b"ElementDataFile")
    except OSError as error:
        raise _damaged(path) from error
    name = data.partition(b"\n")[0].strip(b" \t\r=:")
    if name.upper() != b"LOCAL" if path.suffix.lower() == ".mha" else b"%" in name or name.upper().startswith(b"LIST"):
        raise _damaged(path)
    axes = re.findall(rb"NDims\s*[=:]?\s*(\S*)", head)
    cosines = [c for line in re.findall(rb"(?m)^\s*(?:TransformMatrix|Rotation|Orientation)\s*[=:]([^\r\n]*)", head) for c in line.split()]
    if not set(axes) <= {b"1", b"2", b"3", b"4", b"5"} or not all(_is_small(c) for c in cosines):
        raise _damaged(path)


def _is_small(number: bytes) -> bool:
    try:
        return abs(float(number)) < 1e6
    except ValueError:
        return False


def _load_with_itk(path: Path) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Read NRRD or MetaImage with SimpleITK."""
    import SimpleITK

    if path.suffix.lower() in (".mha", ".mhd"):
        _check_metaimage(path)
    reader = SimpleITK.ImageFileReader()
    reader.SetFileName(str(path))
    try:
        reader.ReadImageInformation()
        _check_shape(path, reader.GetSize(), reader.GetNumberOfComponents())
        _check_room(path, reader.GetSize(), reader.GetSpacing(), _ITK_BYTES.get(reader.GetPixelID(), 8))
        image = reader.Execute()
    except RuntimeError as error:
        raise _damaged(path) from error
    while image.GetDimension() > 3:
        image = image[..., 0]
    lps = np.eye(4)
    lps[:3, :3] = np.array(image.GetDirection()).reshape(3, 3) * image.GetSpacing()
    lps[:3, 3] = image.GetOrigin()
    unknown = path.suffix.lower() in (".nrrd", ".nhdr") and "NRRD_space" not in reader.GetMetaDataKeys()
    findings = [_PLACE_UNKNOWN.format(axes="right to left, front to back, upwards")] if unknown else []
    # A copy: a view is not valid beyond the life of its image.
    return SimpleITK.GetArrayFromImage(image), np.diag([-1.0, -1.0, 1.0, 1.0]) @ lps, findings


def _load_nifti(path: Path) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Read NIfTI-1; the layout is that of the official header, nifti1.h."""
    try:
        with (gzip.open if path.name.lower().endswith(".gz") else open)(path, "rb") as file:
            head = file.read(352)
            if len(head) < 352 or head[344:347] not in (b"n+1", b"ni1"):
                raise _damaged(path)
            order = "<" if struct.unpack("<i", head[:4])[0] == 348 else ">"

            def field(code: str, at: int) -> tuple:
                return struct.unpack_from(order + code, head, at)

            dim, (kind,), pixdim, (offset, slope, intercept) = field("8h", 40), field("h", 70), field("8f", 76), field("3f", 108)
            size = dim[1 : dim[0] + 1]
            _check_shape(path, size, 1 if kind in _NIFTI_TYPES else 3)
            dtype = np.dtype(order + _NIFTI_TYPES[kind])
            if not 0 <= offset <= _LONGEST_HEADER:
                raise _damaged(path)
            _check_room(path, size, pixdim[1:4], dtype.itemsize)
            file.read(max(0, int(offset) - 352))
            need = int(np.prod(size, dtype=np.int64)) * dtype.itemsize
            data = file.read(need)
    except (OSError, EOFError, struct.error, zlib.error, ValueError, OverflowError) as error:
        raise _damaged(path) from error
    if len(data) != need:
        raise _damaged(path)
    values = np.frombuffer(data, dtype).reshape(size[2::-1])
    if slope not in (0, 1) or (slope and intercept):
        values = values * np.float32(slope) + np.float32(intercept)
    affine = _nifti_affine(field, pixdim)
    unit = {1: 1000.0, 3: 0.001}.get(head[123] & 7, 1.0)
    affine[:3] *= unit
    unknown = field("2h", 252) == (0, 0)
    return values, affine, [_PLACE_UNKNOWN.format(axes="left to right, back to front, upwards")] if unknown else []


def _nifti_affine(field, pixdim: tuple[float, ...]) -> np.ndarray:
    """``ijk_to_ras`` (4, 4) from the sform, else from the quaternion of the qform, else from the voxel size alone."""
    affine = np.eye(4)
    qform, sform = field("2h", 252)
    if sform > 0:
        affine[:3] = np.reshape(field("12f", 280), (3, 4))
        return affine
    affine[:3, :3] = np.diag(pixdim[1:4])
    if qform > 0:
        from scipy.spatial.transform import Rotation

        b, c, d, *origin = field("6f", 256)
        a = np.sqrt(max(0.0, 1 - b * b - c * c - d * d))
        flip = -1.0 if pixdim[0] < 0 else 1.0
        affine[:3, :3] = Rotation.from_quat([b, c, d, a]).as_matrix() * [pixdim[1], pixdim[2], flip * pixdim[3]]
        affine[:3, 3] = origin
    return affine
