"""Read a folder of DICOM files: its CT series in, their voxels in HU out.

The affine is built from each slice's own position, never from a nominal spacing. A gantry tilt is then a shear of the k
axis, exactly as the patient was scanned, and nothing is resampled.
"""

import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from SkullRestoreLib._system import memory
from SkullRestoreLib.affine import RAS_TO_LPS
from SkullRestoreLib.errors import InputError
from SkullRestoreLib.findings import Note
from SkullRestoreLib.input_faults import fault_error, fault_sentence
from SkullRestoreLib.io.dicom_headers import ScanLabels, SliceHeader, count_patients, read_slice_headers
from SkullRestoreLib.io.dicom_pixels import read_hu
from SkullRestoreLib.io.dicom_stacks import most_frequent_stack, separate_reconstructions, slice_geometry
from SkullRestoreLib.io.head_size import check_head_size
from SkullRestoreLib.io.mixed_kernels import without_second_kernel
from SkullRestoreLib.method_parameters import METHOD
from SkullRestoreLib.records import Volume, without_side

MIN_SLICES = 20
"""Fewer slices do not cover a skull."""
MAX_SPACING_MM = 5.0
"""Slices further apart than this are refused."""
COARSE_SPACING_MM = 2.5
"""The user is warned where slices are further apart than this."""
HEAD_HEIGHT_MM = 110.0
"""A series that is shorter does not hold a vault from its base to the vertex."""
_LEAST_BONE_KERNEL = 50
"""Number in the names of kernels such as B60s, H60s, J70h, Hr59: higher is sharper."""
_MAX_DRIFT_MM = 1.0
"""A slice further than this from the straight stack was scanned after the table or the head had moved."""
_MAX_SPACING_TOLERANCE = 0.02
"""Relative: positions that were rounded make slices of 5 mm 5.02 or 5.05 mm apart."""
_SAME_THICKNESS_MM = 0.05
"""A thickness that differs by less from the distance of the slices is not mentioned."""
_SAME_HEIGHT_MM = 0.01
"""Slices closer than this are at the same place."""
_ORDER_NOT_KNOWN = "the file does not say in which direction its frames follow each other"
_REPORTED_TILT_DEG = 0.5
"""A gantry tilt is reported from here on."""


@dataclass(frozen=True)
class DicomSeries:
    """One series of images in a folder. Holds nothing that names the patient."""

    index: int
    """From 1, as shown to the user."""
    uid: str
    """Series instance UID."""
    modality: str
    """``"CT"``, ``"MR"`` and so on."""
    slice_count: int
    spacing: tuple[float, float, float]
    """mm along i, j, k; the last is 0 for a single slice."""
    slice_headers: tuple[SliceHeader, ...] = field(repr=False, default=())
    """The slices in order; empty where they have no geometry."""
    skipped_count: int = field(repr=False, default=0)
    """Images of the series with another size or direction."""
    is_part: bool = field(repr=False, default=False)
    """Whether other reconstructions have the same UID."""
    was_joined: bool = field(repr=False, default=False)
    """Whether its images have a UID each."""
    has_frames: bool = field(repr=False, default=False)
    """Whether it is a multi-frame file without geometry."""
    repeated_count: int = field(repr=False, default=0)
    """Images that were left out because the same one is there under another UID."""

    @property
    def labels(self) -> ScanLabels:
        """What the header of the first slice says of how it was made."""
        return self.slice_headers[0].labels if self.slice_headers else ScanLabels()

    @property
    def summary_line(self) -> str:
        """One line for messages, which may be logged: without the description, which a person typed, and the date."""
        return f"[{self.index}] {self.modality}, {self._measures_text}, UID {self.uid}"

    @property
    def description_text(self) -> str:
        """One line for a list on the screen: description, slices, voxel size, kernel, thickness and date."""
        labels = self.labels
        return ", ".join(part for part in (labels.description, self._measures_text, labels.date) if part)

    @property
    def _measures_text(self) -> str:
        labels = self.labels
        parts = [f"{self.slice_count} slices, {' × '.join(f'{s:.2f}' for s in self.spacing)} mm"]
        if labels.thickness_mm and abs(labels.thickness_mm - self.spacing[2]) > _SAME_THICKNESS_MM:
            parts.append(f"{labels.thickness_mm:g} mm thick")
        if labels.kernel:
            parts.append(f"kernel {labels.kernel}")
        if labels.lossy:
            parts.append("compressed with loss")
        return ", ".join(parts)


def find_series(folder: Path) -> list[DicomSeries]:
    """List the series in a folder and below it, without scouts and files that are no images.

    Parameters
    ----------
    folder
        Folder with DICOM files, nested and mixed with others in any way.

    Returns
    -------
    list of DicomSeries
        CT first, then the most slices first; numbered from 1.

    Raises
    ------
    DependencyError
        If pydicom is not installed.
    """
    paths = (os.path.join(root, name) for root, folders, names in os.walk(folder) for name in _in_order(folders, names))
    return group_series(paths)


def _in_order(folders: list[str], names: list[str]) -> list[str]:
    """Names of one folder in order; the folders in it are looked at in order too."""
    folders.sort()
    return sorted(names)


def group_series(paths: Iterable[str]) -> list[DicomSeries]:
    """List the series of some files, without scouts and files that are no images.

    Only headers are read, and the values of images at the same place, which may be the same image twice.

    Parameters
    ----------
    paths
        Of the files.

    Returns
    -------
    list of DicomSeries
        CT first, then the most slices first; numbered from 1.

    Raises
    ------
    DependencyError
        If pydicom is not installed.

    Examples
    --------
    >>> group_series([])
    []
    """
    groups: dict[str, dict[object, SliceHeader]] = {}
    for path in paths:
        for header in read_slice_headers(path):
            # a folder that was copied into itself counts once; some anonymisers give all slices one UID, or none
            identity = (header.instance_uid, header.geometry)
            groups.setdefault(header.series_uid, {}).setdefault(identity, header)
    # screen shots of a workstation have no geometry; they count only where there is nothing else
    placed = {
        uid: kept
        for uid, headers in groups.items()
        if (kept := [h for h in headers.values() if h.geometry is not None])
    }
    placed, joined = _join_single_images(placed)
    stacks = [stack for uid, headers in placed.items() for stack in _series_stacks(uid, headers)]
    stacks = [replace(stack, was_joined=stack.uid in joined) for stack in stacks]
    if not placed:
        stacks = [_series_without_geometry(uid, list(headers.values())) for uid, headers in groups.items()]
    ordered = sorted(stacks, key=lambda s: (s.modality != "CT", -s.slice_count, s.uid))
    return [replace(stack, index=n) for n, stack in enumerate(ordered, 1)]


def series_uid_of(path: Path) -> str | None:
    """Read the series instance UID of one file.

    Parameters
    ----------
    path
        Any file.

    Returns
    -------
    str or None
        None where the file is no DICOM slice.
    """
    headers = read_slice_headers(str(path))
    return headers[0].series_uid if headers else None


def choose_series(candidates: list[DicomSeries], series: str | int | None, folder: Path) -> DicomSeries:
    """Pick the series to read, or say why none can be picked.

    Parameters
    ----------
    candidates
        From :func:`find_series`.
    series
        Number shown in the list or series instance UID; None takes the only usable CT.
    folder
        In which they were found.

    Returns
    -------
    DicomSeries
        A CT.

    Raises
    ------
    InputError
        Without DICOM, without CT, with several CT series and no choice, or with a choice that does not exist.
    """
    if not candidates:
        raise InputError(f"There are no DICOM images in '{folder}'. Choose the folder with the CT's files.")
    if series is not None:
        return _chosen_series(candidates, str(series).strip())
    ct = [s for s in candidates if s.modality == "CT"]
    if not ct:
        kinds = ", ".join(sorted({s.modality for s in candidates}))
        raise InputError(f"The folder holds {kinds} images but no CT. SkullRestore needs a CT of the head.")
    usable = [s for s in ct if s.slice_count >= MIN_SLICES] or ct
    if len(usable) >= MIN_SLICES and all(s.slice_count == 1 for s in usable):
        raise fault_error("one series per image", count=len(usable))
    if len(usable) > 1:
        proposed, reason = propose_series(usable)
        raise InputError(
            f"The folder holds {len(usable)} CT series. Choose one by its number or UID (--series), most likely "
            f"[{proposed.index}] ({reason}); `skullrestore check` shows their descriptions and dates:\n"
            f"{_list_of(candidates)}"
        )
    return usable[0]


def _list_of(candidates: list[DicomSeries]) -> str:
    return "\n".join(s.summary_line for s in candidates)


def _chosen_series(candidates: list[DicomSeries], choice: str) -> DicomSeries:
    """The CT that the user names by number or UID."""
    match = [s for s in candidates if choice in (str(s.index), s.uid)]
    if not match:
        raise InputError(
            f"Series '{choice}' is not in this folder. Choose one of these by number or UID:\n{_list_of(candidates)}"
        )
    if len(match) > 1:
        raise InputError(
            f"{len(match)} reconstructions have the UID {choice}. Choose one of these by number:\n{_list_of(match)}"
        )
    if match[0].modality != "CT":
        raise InputError(
            f"Series {match[0].index} is {match[0].modality}, not CT. SkullRestore needs a CT of the head."
        )
    return match[0]


def propose_series(candidates: Sequence[DicomSeries]) -> tuple[DicomSeries, str]:
    """Propose the series from which a skull is best restored.

    Parameters
    ----------
    candidates
        CT series, at least one.

    Returns
    -------
    series : DicomSeries
        One that covers a head, from the original axial images, with thin slices and a bone kernel, in this order.
    reason : str
        Why, as part of a sentence.
    """

    def suitability(series: DicomSeries) -> tuple[bool, bool, bool, bool, bool, float]:
        step = series.spacing[2]
        return (
            series.slice_count >= MIN_SLICES and 0 < step <= MAX_SPACING_MM * (1 + _MAX_SPACING_TOLERANCE),
            series.slice_count * step >= HEAD_HEIGHT_MM,
            not series.labels.lossy,
            "DERIVED" not in series.labels.image_type.upper(),
            is_bone_kernel(series.labels.kernel) and step <= COARSE_SPACING_MM,
            -step,
        )

    best = max(candidates, key=suitability)
    reasons = [f"slices {best.spacing[2]:.2g} mm apart over {best.slice_count * best.spacing[2]:.0f} mm"]
    if is_bone_kernel(best.labels.kernel):
        reasons.append("bone kernel")
    if best.labels.image_type and "DERIVED" not in best.labels.image_type.upper():
        reasons.append("original images")
    return best, ", ".join(reasons)


def is_bone_kernel(kernel: str) -> bool:
    """Tell whether a convolution kernel is a sharp one, by the names that manufacturers use.

    Parameters
    ----------
    kernel
        As in the header.

    Examples
    --------
    >>> is_bone_kernel("H60s"), is_bone_kernel("BONEPLUS"), is_bone_kernel("Hr40f")
    (True, True, False)
    """
    if re.search(r"(?i)bone|edge|ultra|sharp|FC[38]\d|^Y[CDE]$", kernel):
        return True
    number = re.match(r"(?i)['\[ ]*(?:[A-Z]{1,2})(\d{2})", kernel)
    return number is not None and _LEAST_BONE_KERNEL <= int(number[1]) < 100 and not kernel.upper().startswith("FC")


class SeriesGeometry(NamedTuple):
    """Where the voxels of a series are."""

    ijk_to_ras: NDArray[np.float64]
    """(4, 4) mm, the gantry tilt included."""
    tilt_deg: float
    """Gantry tilt."""


def check_series(series: DicomSeries) -> SeriesGeometry:
    """Check by its headers alone whether a CT series can be read; no value of an image is looked at.

    Parameters
    ----------
    series
        From :func:`find_series`.

    Returns
    -------
    SeriesGeometry

    Raises
    ------
    InputError
        For images of several patients, too few, missing, unequally spaced or too widely spaced slices, and images
        without a place.
    """
    patients = count_patients(series.slice_headers)
    if patients > 1:
        raise fault_error("several patients", count=patients)
    if series.has_frames:
        raise fault_error("frames without distance", count=series.slice_count)
    if not series.slice_headers:
        raise InputError(
            f"The {series.slice_count} images of the CT series have no place in the patient "
            "(position, orientation or pixel spacing is missing), like screen shots. Export the original CT series."
        )
    if series.slice_count < MIN_SLICES:
        count = "a single slice" if series.slice_count == 1 else f"only {series.slice_count} slices"
        raise InputError(
            f"The CT series has {count}; at least {MIN_SLICES} slices that cover the skull are needed. "
            + " ".join(["Was the complete series exported?", *_left_out(series)])
        )
    if len({slice_geometry(header).position for header in series.slice_headers}) == 1:
        raise InputError(
            f"All {series.slice_count} images have the same place in the patient: their positions were lost, as some "
            "converters and anonymisers do. Export the original CT series."
        )
    rows, columns = series.slice_headers[0].shape
    check_head_size("The CT series", (columns, rows, series.slice_count), series.spacing)
    try:
        geometry = SeriesGeometry(*_stack_affine(series.slice_headers))
    except InputError as error:
        raise InputError(" ".join([str(error), *_left_out(series)])) from error
    check_slice_distance("the CT series", float(series.spacing[2]))
    for header in series.slice_headers:
        _refuse_incomplete(header)
    return geometry


def _refuse_incomplete(header: SliceHeader) -> None:
    if not header.is_complete:
        raise InputError(f"{_file_name(header)} is damaged or was not copied completely. Export the series again.")


def _file_name(header: SliceHeader) -> str:
    """Name of a file in messages."""
    return f"The file '{os.path.basename(header.path)}' (image {header.number})"


def load_series(series: DicomSeries) -> Volume:
    """Read the voxels of one CT series.

    Parameters
    ----------
    series
        From :func:`find_series`.

    Returns
    -------
    Volume
        int16 HU ``[k, j, i]`` with the true affine, tilt included.

    Raises
    ------
    InputError
        For too few, missing, unequally spaced or too widely spaced slices, several images at one place, and damaged
        files.
    """
    geometry = check_series(series)
    rows, columns = series.slice_headers[0].shape
    averaged_to_mm = METHOD.segmentation.working_voxel_mm
    voxels = series.slice_count * rows * columns
    memory.check_memory(voxels, np.array(series.spacing), averaged_to_mm=averaged_to_mm)
    findings = series_findings(series, geometry)
    volume = Volume(
        _read_voxels(series.slice_headers),
        geometry.ijk_to_ras,
        "ct",
        series.uid,
        findings,
        scan=series.labels.scan_info,
    )
    volume = without_second_kernel(volume)
    return volume if all(h.is_order_certain for h in series.slice_headers) else without_side(volume, _ORDER_NOT_KNOWN)


def series_findings(series: DicomSeries, geometry: SeriesGeometry) -> tuple[str, ...]:
    """Say what the user should know about a series, by its headers.

    Parameters
    ----------
    series
        From :func:`find_series`.
    geometry
        From :func:`check_series`.

    Returns
    -------
    tuple of str
        A sentence each; those that ask for nothing are notes.
    """
    findings: list[str] = [slices_note(series.slice_count, series.spacing)]
    findings += coarse_slices_finding(float(series.spacing[2]))
    if geometry.tilt_deg > _REPORTED_TILT_DEG:
        findings.append(Note(f"Gantry tilt of {geometry.tilt_deg:.1f} degrees taken into account."))
    findings += _left_out(series)
    if series.repeated_count:
        findings.append(
            Note(f"{series.repeated_count} images are there a second time under another UID; each was used once.")
        )
    if series.is_part:
        kernel = f" (kernel {series.labels.kernel})" if series.labels.kernel else ""
        findings.append(
            f"Several reconstructions share one series UID; this one{kernel} was separated from the others."
        )
    if series.was_joined:
        findings.append(Note("Each image has a series UID of its own; they were put together by study and place."))
    ratios = {header.labels.lossy for header in series.slice_headers if header.labels.lossy}
    if ratios:
        known = sorted(ratios - {"unknown"})
        findings.append(fault_sentence("lossy", ratio=f" ({known[-1]})" if known else ""))
    return tuple(findings)


def _left_out(series: DicomSeries) -> list[str]:
    """Say how many images do not fit the others; empty for none."""
    if not series.skipped_count:
        return []
    return [f"{series.skipped_count} images of the series with another size or direction were left out."]


def check_slice_distance(name: str, step_mm: float) -> None:
    """Check that slices are near enough to each other.

    Parameters
    ----------
    name
        Of the image, in messages.
    step_mm
        Distance between slices.

    Raises
    ------
    InputError
        Where they are further apart than 5 mm and the rounding of positions.
    """
    if step_mm > MAX_SPACING_MM * (1 + _MAX_SPACING_TOLERANCE):
        digits = 1 if step_mm > MAX_SPACING_MM + 0.5 else 2
        raise fault_error("slices far apart", name=name, step=f"{step_mm:.{digits}f}", limit=f"{MAX_SPACING_MM:.0f}")


def slices_note(count: int, spacing_mm: Iterable[float]) -> Note:
    """Say how many slices there are, and how large a voxel is.

    Parameters
    ----------
    count
        Number of slices.
    spacing_mm
        Size of a voxel along the three axes, mm.

    Returns
    -------
    Note

    Examples
    --------
    >>> slices_note(157, (0.45, 0.45, 1.0))
    '157 slices, voxels of 0.45 × 0.45 × 1.00 mm.'
    """
    return Note(f"{count} slices, voxels of {' × '.join(f'{size:.2f}' for size in spacing_mm)} mm.")


def coarse_slices_finding(spacing_mm: float) -> list[str]:
    """Warn of slices that are far apart.

    Parameters
    ----------
    spacing_mm
        Distance between slices.

    Returns
    -------
    list of str
        Empty where they are near enough.

    Examples
    --------
    >>> coarse_slices_finding(1.0)
    []
    """
    if spacing_mm <= COARSE_SPACING_MM:
        return []
    return [
        f"The slices are {spacing_mm:.1f} mm apart: "
        f"the result is coarser than with slices of {COARSE_SPACING_MM} mm or less."
    ]


def _series_stacks(uid: str, headers: list[SliceHeader]) -> list[DicomSeries]:
    """The stacks of one series UID: of several directions or sizes in it, the most frequent is kept."""
    kept = most_frequent_stack(headers)
    stacks = separate_reconstructions(kept)
    found = []
    for stack in stacks:
        single = _without_repeats(stack)
        series = DicomSeries(
            index=0,
            uid=uid,
            modality=stack[0].modality,
            slice_count=len(single),
            spacing=_stack_spacing(single),
            slice_headers=tuple(single),
            skipped_count=len(headers) - len(kept),
            is_part=len(stacks) > 1,
            repeated_count=len(stack) - len(single),
        )
        found.append(series)
    return found


def _without_repeats(stack: list[SliceHeader]) -> list[SliceHeader]:
    """The slices without those that have place and values of another one: the same image, stored under a second UID.

    Where slices at one place differ in their values, all are kept: these are several scans, and are refused as such.
    """
    kept: list[SliceHeader] = []
    for header in stack:
        if kept and header.frame is None and slice_geometry(header).position == slice_geometry(kept[-1]).position:
            if not _have_same_values(kept[-1], header):
                return stack
        else:
            kept.append(header)
    return kept


def _have_same_values(one: SliceHeader, other: SliceHeader) -> bool:
    try:
        first, second = (read_hu(header.path, header.shape, name="") for header in (one, other))
    except InputError:  # a damaged file is reported when the series is read
        return False
    return np.array_equal(first, second)


def _stack_spacing(stack: Sequence[SliceHeader]) -> tuple[float, float, float]:
    """Distance along i, j, k, mm."""
    distances = [
        float(np.linalg.norm(np.subtract(slice_geometry(b).position, slice_geometry(a).position)))
        for a, b in pairwise(stack)
    ]
    rows, columns = slice_geometry(stack[0]).spacing
    return columns, rows, float(np.median(distances)) if distances else 0.0


def _join_single_images(groups: dict[str, list[SliceHeader]]) -> tuple[dict[str, list[SliceHeader]], set[str]]:
    """Join images of one scan that have a series UID each; the groups, and the UIDs of those that were joined."""
    singles: dict[object, list[str]] = {}
    for uid, headers in groups.items():
        header = headers[0]
        if len(headers) == 1 and header.modality == "CT" and header.labels.scan_uid:
            singles.setdefault((header.labels.scan_uid, header.labels.kernel, header.shape), []).append(uid)
    joined: dict[str, list[SliceHeader]] = {}
    left = dict(groups)
    for uids in singles.values():
        stack = most_frequent_stack([groups[uid][0] for uid in uids])
        if len(stack) < MIN_SLICES or len(stack) < len(uids):
            continue
        joined[stack[0].series_uid] = stack
        for uid in uids:
            del left[uid]
    return left | joined, set(joined)


def _series_without_geometry(uid: str, headers: list[SliceHeader]) -> DicomSeries:
    has_frames = headers[0].frame is not None and headers[0].geometry is None
    return DicomSeries(0, uid, headers[0].modality, len(headers), (0.0, 0.0, 0.0), has_frames=has_frames)


def _stack_affine(headers: tuple[SliceHeader, ...]) -> tuple[NDArray[np.float64], float]:
    """``ijk_to_ras`` (4, 4), mm, of equally spaced slices, and the gantry tilt in degrees."""
    first = slice_geometry(headers[0])
    positions = np.array([slice_geometry(header).position for header in headers])
    cosines = np.mean([slice_geometry(header).cosines for header in headers], axis=0)
    row, column = cosines[:3], cosines[3:]
    if (
        min(first.spacing) <= 0
        or not np.isfinite(positions).all()
        or np.abs([row @ row - 1, column @ column - 1, row @ column]).max() > 0.01
    ):
        raise InputError(
            "The images' position, pixel spacing or orientation is not valid. Export the original CT series."
        )
    row, column = row / np.linalg.norm(row), column / np.linalg.norm(column)
    normal = np.cross(row, column)
    heights = (positions - positions[0]) @ normal
    _check_spacing(heights, headers, "lowest" if normal[2] > 0.5 else "first")
    step = (positions[-1] - positions[0]) / (len(headers) - 1)
    straight = positions[0] + np.arange(len(headers))[:, None] * step
    drift = np.linalg.norm(positions - straight, axis=1).max()
    if drift > _MAX_DRIFT_MM:
        raise InputError(
            f"The slices are not in one straight stack (off by {drift:.1f} mm): "
            "the table or the head moved between scans. Export one continuous scan."
        )
    ijk_to_lps = np.eye(4)
    ijk_to_lps[:3] = np.column_stack([row * first.spacing[1], column * first.spacing[0], step, positions[0]])
    tilt = np.degrees(np.arccos(np.clip(step @ normal / np.linalg.norm(step), -1, 1)))
    return np.diag([*RAS_TO_LPS, 1.0]) @ ijk_to_lps, float(tilt)


def _check_spacing(heights: NDArray[np.float64], headers: tuple[SliceHeader, ...], end: str) -> None:
    """Raise InputError unless the slice heights (n,), mm from the slice at ``end``, are equally spaced."""
    gaps = np.diff(heights)
    same = int((gaps < _SAME_HEIGHT_MM).sum())
    if same:
        raise InputError(
            f"{same} of the {len(headers)} slices are at the same place as another: several scans are mixed. "
            "Export one of them alone."
        )
    usual = float(np.median(gaps))
    unequal = np.flatnonzero(np.abs(gaps - usual) > max(0.1, 0.1 * usual))  # positions may be rounded to 0.1 mm
    if not len(unequal):
        return
    n = int(unequal[0])
    where = (
        f"between {heights[n]:.1f} and {heights[n + 1]:.1f} mm from the {end} slice "
        f"(images {headers[n].number} and {headers[n + 1].number})"
    )
    steps = gaps[n] / usual
    if round(steps) >= 2 and abs(steps - round(steps)) < 0.2 and len(unequal) < 0.2 * len(gaps):
        missing = "1 slice is" if round(steps) == 2 else f"{round(steps) - 1} slices are"
        more = "" if len(unequal) == 1 else f"; there are {len(unequal) - 1} more such gaps"
        raise InputError(f"{missing} missing {where}{more}. Export the complete series again.")
    raise InputError(
        f"The slices are unequally spaced: usually {usual:.2f} mm apart, but {gaps[n]:.2f} mm {where}. "
        "Choose a series with equal spacing."
    )


def _read_voxels(headers: tuple[SliceHeader, ...]) -> NDArray[np.int16]:
    """Voxels of the slices in order, (n, rows, columns) int16 HU."""
    voxels = np.zeros((len(headers), *headers[0].shape), np.int16)
    opened: dict[str, NDArray[np.int16]] = {}
    for k, header in enumerate(headers):
        if header.path not in opened:
            # only the last file is kept: a multi-frame file is opened once, and memory stays small
            opened = {header.path: _read_frames(header)}
        voxels[k] = opened[header.path][header.frame or 0]
    return voxels


def _read_frames(header: SliceHeader) -> NDArray[np.int16]:
    """All frames of one file in HU, (n, rows, columns) int16; InputError for a damaged or missing file."""
    _refuse_incomplete(header)
    return read_hu(header.path, header.shape, name=_file_name(header))
