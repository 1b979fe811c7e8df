"""Read a NIfTI-1 or NIfTI-2 file, or the two files of a pair: its values and the geometry of its header out.

The header has two geometries: the sform, a matrix, and the qform, a rotation with the voxel sizes of ``pixdim``. Where
the two differ in size or handedness one of them is wrong, and the file does not say which (decision 0073): it is
refused, unless the user chooses.
"""

import gzip
import math
import os
import struct
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from SkullRestoreLib.affine import degrees_between
from SkullRestoreLib.errors import InputError
from SkullRestoreLib.findings import Note
from SkullRestoreLib.input_faults import fault_error
from SkullRestoreLib.io.image_data import (
    DAMAGED_FILE_ERRORS,
    check_promised_size,
    check_single_volume,
    damaged_file_error,
    open_data_file,
    read_values,
)
from SkullRestoreLib.io.image_header import SAME_SPACING, ImageGeometry, geometry_from_columns

_DTYPES = {2: "u1", 4: "i2", 8: "i4", 16: "f4", 64: "f8", 256: "i1", 512: "u2", 768: "u4", 1024: "i8", 1280: "u8"}
_OTHER_TYPES = {
    1: "single bits",
    32: "complex numbers",
    1536: "128-bit numbers",
    1792: "complex numbers",
    2048: "complex numbers",
}
"""Types of values that the format allows and no CT needs."""
_MOST_HEADER_BYTES = 544
_GZIP_MAGIC = b"\x1f\x8b"
_MAX_HEADER_BYTES = 100e6
"""Extensions included."""
_UNITS_MM = {1: 1000.0, 3: 0.001}
_SAME_DIRECTION_DEG, _SAME_POSITION_MM = 0.5, 0.5
"""Smaller differences between sform and qform are rounding."""
_MIN_DETERMINANT = 0.05
"""Determinant of the unit vectors of an sform below which its axes are too nearly in one plane for voxels."""


class _NiftiHeader(NamedTuple):
    """The fields of a header that matter here, of either version."""

    byte_order: str
    """``"<"`` or ``">"``."""
    dimensions: tuple[int, ...]
    """Eight: their number, and the size along each."""
    datatype: int
    pixdim: tuple[float, ...]
    """Eight: the sign of the third axis, and the voxel sizes."""
    data_offset: float
    slope: float
    intercept: float
    qform_code: int
    sform_code: int
    quaternion: tuple[float, ...]
    """b, c, d."""
    quaternion_offset: tuple[float, ...]
    sform: tuple[float, ...]
    """Twelve, row by row."""
    units: int
    is_pair: bool
    """Whether the values are in a file of their own, next to the header."""

    @property
    def unit_mm(self) -> float:
        """Millimetres of the unit of length."""
        return _UNITS_MM.get(self.units & 7, 1.0)


class _Layout(NamedTuple):
    """Codes of the module struct and places of the fields of :class:`_NiftiHeader`, after the byte order."""

    size: int
    """Bytes of the header, with the four that say whether extensions follow."""
    fields: tuple[tuple[str, int], ...]


_LAYOUTS = {
    348: _Layout(
        352,
        (
            ("8h", 40),
            ("h", 70),
            ("8f", 76),
            ("f", 108),
            ("f", 112),
            ("f", 116),
            ("h", 252),
            ("h", 254),
            ("3f", 256),
            ("3f", 268),
            ("12f", 280),
            ("b", 123),
        ),
    ),
    540: _Layout(
        544,
        (
            ("8q", 16),
            ("h", 12),
            ("8d", 104),
            ("q", 168),
            ("d", 176),
            ("d", 184),
            ("i", 344),
            ("i", 348),
            ("3d", 352),
            ("3d", 376),
            ("12d", 400),
            ("i", 500),
        ),
    ),
}
"""By the size of the header without extensions, which is its first number: NIfTI-1 (nifti1.h), NIfTI-2 (nifti2.h)."""
_SINGLE_VALUES = frozenset({"h", "f", "b", "q", "d", "i"})


def _parse_header(content: bytes) -> tuple[_NiftiHeader, int] | None:
    """Header and its size in bytes; None where this is none."""
    for byte_order in "<>":
        size = struct.unpack_from(byte_order + "i", content)[0]
        if size not in _LAYOUTS or len(content) < _LAYOUTS[size].size:
            continue
        magic = content[344:347] if size == 348 else content[4:7]
        if magic not in (b"n+1", b"ni1", b"n+2", b"ni2"):
            return None
        values: list[Any] = [byte_order]
        for code, place in _LAYOUTS[size].fields:
            numbers = struct.unpack_from(byte_order + code, content, place)
            values.append(numbers[0] if code in _SINGLE_VALUES else numbers)
        values.append(magic[:2] == b"ni")
        return _NiftiHeader(*values), _LAYOUTS[size].size
    return None


def load_nifti(path: Path, *, trusted_affine: str | None = None) -> tuple[NDArray[Any], ImageGeometry]:
    """Read one file.

    Parameters
    ----------
    path
        ``.nii`` or ``.nii.gz``; the first bytes decide whether it is compressed. Of a pair the header, ``.hdr``.
    trusted_affine
        ``"sform"`` or ``"qform"``, where the two contradict each other.

    Returns
    -------
    values : (nk, nj, ni)
        With slope and intercept applied; not to be written to.
    geometry : ImageGeometry
        In RAS.

    Raises
    ------
    InputError
        For a damaged file, or one whose header contradicts itself.
    """
    try:
        with path.open("rb") as file:
            is_packed = file.read(len(_GZIP_MAGIC)) == _GZIP_MAGIC  # whatever the name says
            file.seek(0)
            if not is_packed:
                return _read_image(file, path, trusted_affine, encoding="raw")
            with gzip.GzipFile(fileobj=file) as unpacked:
                return _read_image(cast(BinaryIO, unpacked), path, trusted_affine, encoding="gzip")
    except DAMAGED_FILE_ERRORS as error:
        raise damaged_file_error(path) from error


def _read_image(
    file: BinaryIO, path: Path, trusted_affine: str | None, *, encoding: str
) -> tuple[NDArray[Any], ImageGeometry]:
    parsed = _parse_header(file.read(_MOST_HEADER_BYTES))
    if parsed is None:
        raise damaged_file_error(path)
    header, header_bytes = parsed
    size = header.dimensions[1 : header.dimensions[0] + 1]
    if header.datatype in _OTHER_TYPES:
        raise fault_error("unknown values", name=f"'{path.name}'", form=_OTHER_TYPES[header.datatype])
    check_single_volume(path, size, 1 if header.datatype in _DTYPES else 3)
    offset = header.data_offset if math.isfinite(header.data_offset) else 0
    if not 0 <= offset <= _MAX_HEADER_BYTES:
        raise damaged_file_error(path)
    geometry = _read_geometry(header, path, trusted_affine)
    if header.is_pair:
        with open_data_file(path, f"{path.stem}.img") as data:
            return _read_scaled(header, data, path, geometry, start=int(offset), encoding="raw"), geometry
    return _read_scaled(header, file, path, geometry, start=max(int(offset), header_bytes), encoding=encoding), geometry


def _read_scaled(
    header: _NiftiHeader, file: BinaryIO, path: Path, geometry: ImageGeometry, *, start: int, encoding: str
) -> NDArray[Any]:
    """Values (nk, nj, ni) with slope and intercept applied, from their start in a file."""
    size = header.dimensions[1 : header.dimensions[0] + 1]
    dtype = np.dtype(header.byte_order + _DTYPES[header.datatype])
    check_promised_size(
        path,
        size,
        geometry.spacing,
        voxel_bytes=dtype.itemsize,
        file_bytes=os.fstat(file.fileno()).st_size,
        encoding=encoding,
    )
    file.seek(start)
    values = read_values(file, dtype, size[:3], "raw")
    # values that are no numbers mean "no scaling" to every reader; some writers fill what they leave out with them
    slope = header.slope if math.isfinite(header.slope) else 0.0
    intercept = header.intercept if math.isfinite(header.intercept) else 0.0
    if slope not in (0, 1) or (slope and intercept):
        values = values * np.float32(slope) + np.float32(intercept)
    return values


def _read_geometry(header: _NiftiHeader, path: Path, trusted_affine: str | None) -> ImageGeometry:
    """Geometry in RAS, from the sform where there is one and the user did not choose the qform."""
    pixdim = np.abs(np.array(header.pixdim[1:4])) * header.unit_mm  # the sign is ignored, as in nibabel
    spacing = pixdim if np.isfinite(pixdim).all() and (pixdim > 0).all() else None
    rotation, sform = _read_qform_rotation(header), _read_sform(header)
    if sform is None:
        return _geometry_without_sform(header, rotation, spacing)
    findings = _compare_spacings(sform, spacing, path, trusted_affine)
    chosen = sform
    if rotation is not None and spacing is not None:
        qform = np.column_stack([rotation[:, :3] * spacing, rotation[:, 3]])
        findings += _compare_positions(sform, qform, path, trusted_affine)
        chosen = qform if trusted_affine == "qform" else sform
    elif trusted_affine == "qform" and spacing is not None:  # a qform without directions still has voxel sizes
        chosen = np.column_stack([sform[:, :3] / np.linalg.norm(sform[:, :3], axis=0) * spacing, sform[:, 3]])
    return geometry_from_columns(chosen[:, :3], chosen[:, 3], "RAS", side_known=True, findings=findings)


def _geometry_without_sform(
    header: _NiftiHeader, rotation: NDArray[np.float64] | None, spacing: NDArray[np.float64] | None
) -> ImageGeometry:
    """Geometry from the qform, or from the voxel size alone."""
    if rotation is None:
        return ImageGeometry(np.eye(3), spacing, np.zeros(3), "RAS", side_known=False)
    findings: tuple[str, ...] = ()
    if header.sform_code > 0:
        findings = (Note("The header's sform is empty or not valid; its qform was used."),)
    return ImageGeometry(rotation[:, :3], spacing, rotation[:, 3], "RAS", side_known=True, findings=findings)


def _read_sform(header: _NiftiHeader) -> NDArray[np.float64] | None:
    """The sform (3, 4), mm; None where there is none, or it is no matrix that voxels can have."""
    if header.sform_code <= 0:
        return None
    matrix = np.reshape(header.sform, (3, 4)).astype(np.float64) * header.unit_mm
    length = np.linalg.norm(matrix[:, :3], axis=0)
    if not np.isfinite(matrix).all() or not length.all():
        return None
    return matrix if abs(np.linalg.det(matrix[:, :3] / length)) >= _MIN_DETERMINANT else None


def _read_qform_rotation(header: _NiftiHeader) -> NDArray[np.float64] | None:
    """Directions and origin (3, 4) of the qform's quaternion; None where there is none, or it is no rotation."""
    if header.qform_code <= 0:
        return None
    from scipy.spatial.transform import Rotation

    b, c, d, *origin = (*header.quaternion, *header.quaternion_offset)
    a_squared = 1 - b * b - c * c - d * d
    if not np.isfinite([b, c, d, *origin]).all() or a_squared < -0.01:
        return None
    # a quaternion that was rounded is made a unit one
    rotation = Rotation.from_quat([b, c, d, np.sqrt(max(0.0, a_squared))]).as_matrix()
    rotation[:, 2] *= -1.0 if header.pixdim[0] < 0 else 1.0
    return np.column_stack([rotation, np.multiply(origin, header.unit_mm)])


def _compare_positions(
    sform: NDArray[np.float64], qform: NDArray[np.float64], path: Path, trusted_affine: str | None
) -> list[str]:
    """Raise InputError where sform and qform (3, 4) differ in handedness; a finding where they differ in place."""
    right_handed = [bool(np.linalg.det(form[:, :3]) > 0) for form in (sform, qform)]
    used, other = ("qform", "sform") if trusted_affine == "qform" else ("sform", "qform")
    if right_handed[0] != right_handed[1]:
        if trusted_affine is not None:
            return [
                f"The header's sform and qform differ in handedness; the {used} was used, as chosen. "
                "Compare left and right with the patient."
            ]
        hands = ["right-handed" if right else "left-handed" for right in right_handed]
        raise InputError(
            f"The header of '{path.name}' contradicts itself: its sform says {hands[0]} axes, its qform {hands[1]} "
            "ones, so left and right are not certain. Find out which is right, and say so with --nifti-affine sform or "
            "--nifti-affine qform."
        )
    angle = degrees_between(_nearest_rotation(sform[:, :3]), _nearest_rotation(qform[:, :3]))
    distance = float(np.linalg.norm(sform[:, 3] - qform[:, 3]))
    if angle < _SAME_DIRECTION_DEG and distance < _SAME_POSITION_MM:
        return []
    return [
        f"The header's sform and qform place the head differently, rotated by {angle:.0f} degrees and its first voxel "
        f"moved by {distance:.0f} mm; the {used} was used, and results may not be in place on images that are shown by "
        f"the {other}."
    ]


def _compare_spacings(
    sform: NDArray[np.float64], spacing: NDArray[np.float64] | None, path: Path, trusted_affine: str | None
) -> list[str]:
    """Raise InputError where sform and qform differ in voxel size; a finding where the user chose one.

    For sheared axes (a gantry tilt) some writers give the distance along the axis and some that between the slices.
    """
    if spacing is None:
        return []
    columns = sform[:, :3]
    along = np.linalg.norm(columns, axis=0)
    faces = np.linalg.norm(np.cross(columns[:, [1, 2, 0]], columns[:, [2, 0, 1]], axis=0), axis=0)
    between = abs(np.linalg.det(columns)) / faces
    if (np.minimum(np.abs(spacing - along), np.abs(spacing - between)) <= SAME_SPACING * along).all():
        return []
    sizes = [" × ".join(f"{s:.2f}" for s in size) for size in (along, spacing)]
    contradiction = f"its sform says voxels of {sizes[0]} mm, its qform (pixdim) {sizes[1]} mm"
    if trusted_affine is not None:
        return [f"The header contradicts itself: {contradiction}. The {trusted_affine} was used, as chosen."]
    raise InputError(
        f"The header of '{path.name}' contradicts itself: {contradiction}. "
        "Find out which is right, and say so with --nifti-affine sform or --nifti-affine qform."
    )


def _nearest_rotation(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    u, _, vt = np.linalg.svd(matrix / np.linalg.norm(matrix, axis=0))
    return u @ vt
