"""Read a file or folder: a CT, a bone mask or a skull model out, or one plain sentence why not.

DICOM folders are read by ``dicom_series``, image files by ``image_files``, models by ``model_files``. This module finds
out which it is, and whether the values of an image are HU or a mask.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from SkullRestoreLib.affine import voxel_spacing
from SkullRestoreLib.errors import DependencyError, InputError
from SkullRestoreLib.input_faults import fault_error
from SkullRestoreLib.io import archives, dicom_series, file_kinds, image_files, model_files
from SkullRestoreLib.io.dicom_headers import count_patients, is_directory_file
from SkullRestoreLib.io.dicom_series import DicomSeries
from SkullRestoreLib.io.head_size import check_head_size
from SkullRestoreLib.io.image_header import NO_OPTIONS, HeaderOptions
from SkullRestoreLib.io.mask_margins import with_free_margins
from SkullRestoreLib.io.mixed_kernels import without_second_kernel
from SkullRestoreLib.records import NO_SPACE, Mesh, Volume, without_side

__all__ = ["DicomSeries", "list_series", "read", "volume_from_values"]

_MAX_NAMED_FILES = 8
"""So many files of a folder are named in a message."""
_SCALED_TO = 1.5
"""Fractions between this and its negative are no HU."""
_LIMIT_16_BITS = 32767
"""Greatest signed number of 16 bits."""
_WIDEST_HU = 4096
"""No tissue has a greater value."""
_MIN_GREY_SHARE = 0.02
"""An image with more of its voxels than this between the values of tissue and negative numbers read as unsigned ones
is no CT."""
_MAX_LABELS = 20
"""Integers from 0 to 255 with at most this many different values are labels."""


def list_series(path: str | Path) -> list[DicomSeries]:
    """List the image series in a DICOM folder and below it, CT first.

    Parameters
    ----------
    path
        A folder, or one DICOM file of it.

    Returns
    -------
    list of DicomSeries
        Numbered from 1; empty where there is no DICOM image. Without scouts, and without anything that names the
        patient.

    Raises
    ------
    InputError
        If the path does not exist.

    Examples
    --------
    >>> [series.index for series in list_series("sample")]
    [1]
    """
    with archives.unpacked(_existing_path(path)) as place:
        return dicom_series.find_series(place if place.is_dir() else place.parent)


def read(
    path: str | Path,
    *,
    series: str | int | None = None,
    spacing: Sequence[float] | None = None,
    space: str | None = None,
    nifti_affine: str | None = None,
) -> Volume | Mesh:
    """Read a head CT, a bone mask or a skull model.

    Parameters
    ----------
    path
        A DICOM folder (nested and mixed in any way) or a file of it; a CT or a bone mask as NRRD, NIfTI or MetaImage; a
        model as STL, PLY, OBJ or VTP.
    series
        Which DICOM series: its number in :func:`list_series` or its UID. Needed only where a folder holds several.
    spacing
        Voxel size along i, j and k, mm, of an image whose header gives none or a wrong one.
    space
        Sides of the patient to which coordinates increase, such as ``"LPS"``, where the header does not say it: without
        it ``side_known`` is then False.
    nifti_affine
        ``"sform"`` or ``"qform"``: which is right, where those of a NIfTI header differ in size or handedness.

    Returns
    -------
    Volume or Mesh
        CT int16 HU or mask bool ``[k, j, i]`` with ``ijk_to_ras``; or triangles in mm RAS. ``findings`` are for the
        user, in plain words.

    Raises
    ------
    InputError
        If the input cannot be used; the message says what is wrong and what to do.
    DependencyError
        If a package to read it is missing.

    Examples
    --------
    >>> read("sample").kind
    'ct'
    """
    path = _existing_path(path)
    options = HeaderOptions(
        None if spacing is None else tuple(spacing), None if space is None else space.strip().upper(), nifti_affine
    )
    try:
        with archives.unpacked(path) as place:
            return _read_folder(place, series, options) if place.is_dir() else _read_file(place, series, options)
    except ModuleNotFoundError as error:
        raise DependencyError(
            f"The package '{error.name}' is needed to read '{path.name}' and is not installed. Install it with pip."
        ) from error


def _read_folder(folder: Path, series: str | int | None, options: HeaderOptions) -> Volume | Mesh:
    """Read the CT of a folder, or else its only image or model."""
    candidates = dicom_series.find_series(folder)
    if candidates:
        _refuse_dicom_options(options)
        chosen = dicom_series.choose_series(candidates, series, folder)
        return load_listed_series(candidates, chosen)
    return _read_file(_only_file(folder), series, options)


def _only_file(folder: Path) -> Path:
    """Return the only image or model of a folder; InputError for none, or several."""
    files = file_kinds.list_files(folder)
    kinds = {path: file_kinds.find_kind(path) or file_kinds.kind_of_name(path) for path in files}
    readable = [p for p, kind in kinds.items() if kind in (*file_kinds.IMAGE_KINDS, *file_kinds.MODEL_KINDS)]
    if len(readable) == 1:
        return readable[0]
    if len(readable) > 1:
        names = ", ".join(path.name for path in readable[:_MAX_NAMED_FILES])
        more = "" if len(readable) <= _MAX_NAMED_FILES else ", and more"
        raise InputError(
            f"There are no DICOM images in '{folder}', but {len(readable)} images or models: {names}{more}. "
            "Give one of these files instead of the folder."
        )
    dicom = [path.name.upper() for path, kind in kinds.items() if kind == "dicom"]
    if dicom == ["DICOMDIR"]:
        raise fault_error("DICOMDIR alone")
    if dicom:
        raise fault_error("DICOM without slices", name=f"'{folder.name}'", count=len(dicom))
    packed = [path.name for path, kind in kinds.items() if kind in file_kinds.ARCHIVE_KINDS]
    hint = "Choose the folder with the CT's files."
    if packed:
        hint = f"It holds {packed[0]}: give that file instead."
    if len(packed) > 1:
        hint = f"It holds {len(packed)} packed files such as {packed[0]}: unpack them first."
    raise InputError(f"There are no DICOM images in '{folder}'. {hint}")


def _read_file(path: Path, series: str | int | None, options: HeaderOptions) -> Volume | Mesh:
    """Read a file by its content."""
    kind = file_kinds.detect_kind(path)
    header = path.with_suffix(".hdr")
    if kind is None and path.suffix.lower() == ".img" and header.is_file():  # the values of a pair
        return _read_file(header, series, options)
    if kind == "dicom":
        return _read_dicom_file(path, series, options)
    if kind in file_kinds.IMAGE_KINDS:
        image = image_files.load_image(path, kind, options)
        volume = volume_from_values(image.values, image.ijk_to_ras, name=f"'{path.name}'", findings=image.findings)
        volume = with_free_margins(volume, image.scan_grid)
        return volume if image.side_known else without_side(volume, NO_SPACE)
    if kind in file_kinds.MODEL_KINDS:
        _refuse_options(options, "A model has no voxels", "spacing", "nifti_affine")
        return model_files.load_model(path, kind, options.space)
    if kind in file_kinds.ARCHIVE_KINDS:
        raise InputError(f"'{path.name}' is packed a second time. Unpack it first, and give what is in it.")
    raise InputError(
        f"'{path.name}' is of a kind that cannot be read. "
        f"Give a DICOM folder or a zip of it, an image ({', '.join(file_kinds.IMAGE_SUFFIXES)}) "
        f"or a skull model ({', '.join(file_kinds.MODEL_SUFFIXES)})."
    )


def read_part_mask(path: str | Path) -> Volume:
    """Read a mask of a part of the head, such as a tumour: on any grid, however small.

    Parameters
    ----------
    path
        NRRD, NIfTI or MHA; what is not 0 is marked.

    Returns
    -------
    Volume
        A mask.

    Raises
    ------
    InputError
        If it is no such image, marks nothing, or does not say where in the patient it is.
    """
    path = _existing_path(path)
    kind = file_kinds.detect_kind(path) if path.is_file() else ""
    if kind not in file_kinds.IMAGE_KINDS:
        raise InputError(f"'{path.name}' is no mask; give an image (NRRD, NIfTI or MHA) that is not 0 where it marks.")
    image = image_files.load_image(path, kind, NO_OPTIONS)
    marked = image.values != 0
    if not marked.any() or marked.all():
        raise InputError(f"'{path.name}' marks {'everything' if marked.any() else 'nothing'}; save the segment again.")
    if not image.side_known:
        raise InputError(f"'{path.name}' does not say which side of the patient is left; save it as NRRD or NIfTI.")
    return Volume(marked, image.ijk_to_ras, "mask")


def _read_dicom_file(path: Path, series: str | int | None, options: HeaderOptions) -> Volume | Mesh:
    """Read the series of one DICOM file from its folder; for a DICOMDIR, all that is in its folder."""
    _refuse_dicom_options(options)
    if is_directory_file(path):
        return _read_folder(path.parent, series, options)
    if dicom_series.series_uid_of(path) is None:
        raise fault_error("DICOM without image", name=f"'{path.name}'")
    candidates = dicom_series.find_series(path.parent)
    own = next((s.index for s in candidates if any(Path(h.path) == path for h in s.slice_headers)), None)
    return dicom_series.load_series(dicom_series.choose_series(candidates, series or own, path.parent))


def _existing_path(path: str | Path) -> Path:
    """Return the path, or raise InputError if there is nothing."""
    if not str(path).strip():
        raise InputError("No file or folder was given. Choose a CT, a bone mask or a skull model.")
    path = Path(path).expanduser()
    if not path.exists():
        raise InputError(f"There is no file or folder '{path}'. Check the path.")
    if path.is_file() and path.stat().st_size == 0:
        raise InputError(f"The file '{path.name}' is empty. Copy or export it again.")
    return path


def load_listed_series(candidates: Sequence[DicomSeries], chosen: DicomSeries) -> Volume:
    """Read one of several series.

    Parameters
    ----------
    candidates
        From :func:`list_series`.
    chosen
        One of them.

    Returns
    -------
    Volume
        With a finding about the others.

    Raises
    ------
    InputError
        If it cannot be used, or is empty.
    """
    volume = dicom_series.load_series(chosen)
    if volume.array.min() == volume.array.max():
        raise InputError(
            "All voxels of the CT series have the same value: the images are empty. Export the series again."
        )
    others = len(candidates) - 1
    if not others:
        return volume
    patients = count_patients(header for series in candidates for header in series.slice_headers)
    if patients > 1:
        finding = (
            f"The folder holds images of {patients} patients: make sure that series {chosen.index} is the right one."
        )
        volume = replace(volume, findings=(*volume.findings, finding))
    finding = (
        f"Series {chosen.index} was read; "
        f"{others} other series in the folder {'was' if others == 1 else 'were'} not used."
    )
    return replace(volume, findings=(*volume.findings, finding))


def _refuse_dicom_options(options: HeaderOptions) -> None:
    """Raise InputError if the user describes the header of a DICOM image."""
    reason = "The size and the place of DICOM images are in their headers"
    _refuse_options(options, reason, "spacing", "space", "nifti_affine")


def _refuse_options(options: HeaderOptions, reason: str, *names: str) -> None:
    """Raise InputError if one of these options is set for a kind of file that does not need it."""
    for name in names:
        if name in options.read_arguments:
            raise InputError(f"{reason}. Leave --{name.replace('_', '-')} out.")


def volume_from_values(
    values: NDArray[Any], ijk_to_ras: ArrayLike, *, name: str = "The volume", findings: tuple[str, ...] = ()
) -> Volume:
    """Make a checked record of voxels that are already in memory, such as those of an open scene.

    Parameters
    ----------
    values
        (nk, nj, ni), any number type. Two different values make a mask (the higher is bone), others a CT in HU.
    ijk_to_ras
        (4, 4) float, mm.
    name
        The image's name in messages.
    findings
        What is known of it already, for the user.

    Returns
    -------
    Volume
        int16 HU or bool, without a reference to ``values``.

    Raises
    ------
    InputError
        If the grid is too coarse or not in mm, or the values are neither HU nor a mask.
    """
    matrix = np.array(ijk_to_ras, np.float64)
    size, spacing = values.shape[::-1], voxel_spacing(matrix)
    grid_findings = _check_grid(name, size, spacing)
    array, kind = _classify_values(name, values)
    summary = dicom_series.slices_note(size[2], spacing)
    return without_second_kernel(Volume(array, matrix, kind, None, (summary, *grid_findings, *findings)))


def _fills_range(values: NDArray[np.integer]) -> bool:
    """Whether values beyond 16 bits are grey levels: signed numbers that were read as unsigned leave a wide gap."""
    step = max(1, len(values) // 40)
    between = [np.mean((plane > _WIDEST_HU) & (plane < 2 * _LIMIT_16_BITS - _WIDEST_HU)) for plane in values[::step]]
    return bool(np.mean(between) > _MIN_GREY_SHARE)


def _check_grid(name: str, size: tuple[int, ...], spacing: NDArray[np.float64]) -> list[str]:
    """Raise InputError for a grid that is too coarse or not in mm; return findings."""
    widest = max(spacing)
    if min(size) < dicom_series.MIN_SLICES:
        raise InputError(
            f"{name} has only {min(size)} slices along one axis; "
            f"at least {dicom_series.MIN_SLICES} that cover the skull are needed."
        )
    check_head_size(name, size, spacing.tolist(), or_option=", or give the voxel size with --spacing")
    dicom_series.check_slice_distance(name, widest)
    return dicom_series.coarse_slices_finding(widest)


def _classify_values(name: str, values: NDArray[Any]) -> tuple[NDArray[Any], Literal["ct", "mask"]]:
    """Decide whether voxels are HU or a mask: int16 or bool voxels, and the kind. Slice by slice, to save memory."""
    if values.dtype.kind == "f" and not all(np.isfinite(plane).all() for plane in values):
        raise InputError(f"{name} holds values that are no numbers (NaN or infinite). Export it again.")
    low, high = values.min(), values.max()
    if low == high:
        raise InputError(f"All voxels of {name} have the same value ({low:g}): the image is empty. Export it again.")
    if all(((plane == low) | (plane == high)).all() for plane in values):
        return values == high, "mask"
    if values.dtype.kind == "f" and high <= _SCALED_TO and low >= -_SCALED_TO:
        raise fault_error("scaled to one", low=f"{low:.2g}", high=f"{high:.2g}")
    if low >= 0 and high <= 255:
        labels = np.unique(values[:: max(1, len(values) // 40)])
        if len(labels) <= _MAX_LABELS and not (labels % 1).any():
            raise InputError(
                f"{name} holds {len(labels) - 1} or more labels. Export the bone segment alone, as a mask of 0 and 1."
            )
    if values.dtype == np.int16:
        return values.copy(), "ct"
    if high > _LIMIT_16_BITS and _fills_range(values):
        raise fault_error("grey image", low=f"{low:g}", high=f"{high:g}")
    array = np.zeros(values.shape, np.int16)
    for k, plane in enumerate(values):
        array[k] = np.clip(np.rint(plane) if plane.dtype.kind == "f" else plane, -32768, 32767)
    return array, "ct"
