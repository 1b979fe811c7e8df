"""A folder of DICOM files in, its CT series and their voxels in HU out. Part of the room ``read``.

The affine is built from each slice's own position, never from a nominal spacing: a gantry tilt then is
a shear of the k axis, exactly as the patient was scanned, and nothing is resampled.
"""

import os
import warnings
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np

from SkullRestoreLib import memory
from SkullRestoreLib.case import InputError, Volume
from SkullRestoreLib.dicom_pixels import PLAIN, read_hu

MIN_SLICES = 20
MAX_SPACING_MM = 5.0
WIDE_SPACING_MM = 2.5

_TAGS = [
    "SOPClassUID", "SOPInstanceUID", "SeriesInstanceUID", "Modality", "ImageType", "InstanceNumber", "Rows", "Columns", "BitsAllocated", "SamplesPerPixel",
    "NumberOfFrames", "PixelSpacing", "ImagePositionPatient", "ImageOrientationPatient", "SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence",
]  # fmt: skip
_PLACE = ("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing")


@dataclass(frozen=True)
class Series:
    """One series of images in a folder. Holds nothing that names the patient."""

    index: int  # from 1, as shown to the user
    uid: str  # series instance UID
    modality: str  # "CT", "MR", ...
    slices: int
    spacing: tuple[float, float, float]  # mm along i, j, k; the last is 0 for a single slice
    planes: tuple = field(repr=False, default=())  # the slices in order, for ``load``
    left_out: int = field(repr=False, default=0)  # images of the series with another size or direction

    @property
    def summary(self) -> str:
        """One line for a list from which the user chooses."""
        size = " x ".join(f"{s:.2f}" for s in self.spacing)
        return f"[{self.index}] {self.modality}, {self.slices} slices, {size} mm, UID {self.uid}"


class _Plane(NamedTuple):
    """One slice, as its header describes it. LPS, mm."""

    path: str
    frame: int | None  # number of the frame in a multi-frame file, from 0
    sop: str
    series: str
    modality: str
    number: int
    shape: tuple[int, int]
    position: tuple[float, ...] | None
    cosines: tuple[float, ...] | None
    spacing: tuple[float, float]  # between rows, between columns
    pixels: bool


def scan(folder: Path) -> list[Series]:
    """List the series in a folder and below it; scouts and files that are no images are passed over.

    Parameters
    ----------
    folder
        Folder with DICOM files, nested and mixed with others as it may be.

    Returns
    -------
    list of Series
        CT first, then the most slices first; numbered from 1.

    Raises
    ------
    DependencyError
        If pydicom is not installed.
    """
    groups: dict[str, dict[str, _Plane]] = {}
    for root, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            for plane in _planes(os.path.join(root, name)):
                groups.setdefault(plane.series, {}).setdefault(plane.sop, plane)  # a folder copied into itself counts once
    # screen shots of a workstation have no place; they count only where there is nothing else
    placed = {uid: kept for uid, planes in groups.items() if (kept := [p for p in planes.values() if p.position is not None])}
    lost = {uid: list(planes.values()) for uid, planes in groups.items()} if not placed else {}
    stacks = [_stack(uid, planes) for uid, planes in placed.items()] + [_without_place(uid, planes) for uid, planes in lost.items()]
    found = sorted(stacks, key=lambda s: (s.modality != "CT", -s.slices, s.uid))
    return [Series(n, s.uid, s.modality, s.slices, s.spacing, s.planes, s.left_out) for n, s in enumerate(found, 1)]


def choose(found: list[Series], series: str | int | None, folder: Path) -> Series:
    """Pick the series to read, or say why none can be picked.

    Parameters
    ----------
    found
        As ``scan`` gave them.
    series
        Number shown in the list or series instance UID; None takes the only usable CT.

    Raises
    ------
    InputError
        Without DICOM, without CT, with several CT series and no choice, or with a choice that is not there.
    """
    listing = "\n".join(s.summary for s in found)
    if not found:
        others = sorted(
            p.name
            for p in folder.iterdir()
            if p.name.lower().endswith((".nrrd", ".nhdr", ".nii", ".nii.gz", ".mha", ".mhd", ".stl", ".ply", ".obj", ".vtp"))
        )
        hint = (
            f" It holds {others[0]}: give that file instead of the folder."
            if others
            else " Choose the folder that holds the CT's image files."
        )
        raise InputError(f"There are no DICOM images in '{folder}'.{hint}")
    if series is not None:
        match = [s for s in found if str(series).strip() in (str(s.index), s.uid)]
        if not match:
            raise InputError(f"Series '{series}' is not in this folder. Choose one of these by number or UID:\n{listing}")
        if match[0].modality != "CT":
            raise InputError(f"Series {match[0].index} is {match[0].modality}, not CT. SkullRestore needs a CT of the head.")
        return match[0]
    ct = [s for s in found if s.modality == "CT"]
    if not ct:
        kinds = ", ".join(sorted({s.modality for s in found}))
        raise InputError(f"The folder holds {kinds} images but no CT. SkullRestore needs a CT of the head.")
    usable = [s for s in ct if s.slices >= MIN_SLICES] or ct
    if len(usable) > 1:
        raise InputError(
            f"The folder holds {len(usable)} CT series. Choose the head series with the thinnest slices by its number or UID (--series):\n{listing}"
        )
    return usable[0]


def load(series: Series) -> Volume:
    """Read the voxels of one CT series.

    Returns
    -------
    Volume
        int16 HU ``[k, j, i]`` with the true affine, tilt included.

    Raises
    ------
    InputError
        For too few, missing, unequally spaced or too widely spaced slices, several images at one place, and damaged files.
    """
    if not series.planes:
        raise InputError(
            f"The {series.slices} images of the CT series do not say where they lie (position, orientation or pixel spacing is missing), as screen shots do."
            " Export the original CT series."
        )
    if series.slices < MIN_SLICES:
        count = "a single slice" if series.slices == 1 else f"only {series.slices} slices"
        raise InputError(
            f"The CT series has {count}; at least {MIN_SLICES} slices that cover the skull are needed. Was the whole series exported?"
        )
    affine, tilt = _affine(series.planes)
    step = float(series.spacing[2])
    if step > MAX_SPACING_MM + 0.01:
        raise InputError(f"The slices are {step:.1f} mm apart; at most {MAX_SPACING_MM:.0f} mm can be used. Export the thin-slice series.")
    findings = [f"{series.slices} slices, {' x '.join(f'{s:.2f}' for s in series.spacing)} mm."]
    if step > WIDE_SPACING_MM:
        findings.append(f"The slices are {step:.1f} mm apart: the result is coarser than with slices of {WIDE_SPACING_MM} mm or less.")
    if tilt > 0.5:
        findings.append(f"Gantry tilt of {tilt:.1f} degrees taken into account.")
    if series.left_out:
        findings.append(f"{series.left_out} images of the series with another size or direction were left out.")
    memory.check(series.slices * series.planes[0].shape[0] * series.planes[0].shape[1], np.array(series.spacing))
    return Volume(_voxels(series.planes), affine, "ct", series.uid, tuple(findings))


def _planes(path: str) -> list[_Plane]:
    """Slices described by one file: none for other files and scouts, several for a multi-frame file."""
    from pydicom import dcmread

    try:
        with open(path, "rb") as f:
            start = f.read(132)
        # Some archives leave out the 128 byte preamble; such a file starts with an element of group 0002 or 0008.
        if start[128:] != b"DICM" and start[:2] not in (b"\x08\x00", b"\x02\x00"):
            return []
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what is wrong with a header, only what matters here shall be said
            header = dcmread(path, stop_before_pixels=True, specific_tags=_TAGS, force=True)
        if "SeriesInstanceUID" not in header or "Modality" not in header:
            return []
        # A scout, a dose page or a report is no slice of the head.
        kind = [str(k).upper() for k in header.get("ImageType", [])]
        if "LOCALIZER" in kind or "Rows" not in header or header.get("SamplesPerPixel", 1) != 1:
            return []
        return _frames(path, header)
    except Exception:  # a file that pydicom stumbles over, in whatever way, is no slice
        return []


def _frames(path: str, header) -> list[_Plane]:
    """Slices of one header, of the classic (one slice a file) or the enhanced (multi-frame) kind."""
    common = (str(header.SeriesInstanceUID), str(header.Modality))
    sop, number, shape = (
        str(header.get("SOPInstanceUID", path)),
        int(header.get("InstanceNumber", 0) or 0),
        (int(header.Rows), int(header.Columns)),
    )
    complete = os.path.getsize(path) >= _bytes(header)
    if "PerFrameFunctionalGroupsSequence" not in header:
        if not all(header.get(tag) for tag in _PLACE):
            return [_Plane(path, None, sop, *common, number, shape, None, None, (0.0, 0.0), complete)]
        place = _lies(header.ImagePositionPatient, header.ImageOrientationPatient, header.PixelSpacing)
        return [_Plane(path, None, sop, *common, number, shape, *place, complete)]
    shared = header.SharedFunctionalGroupsSequence[0]
    planes = []
    for n, own in enumerate(header.PerFrameFunctionalGroupsSequence):
        place = _lies(
            own.PlanePositionSequence[0].ImagePositionPatient,
            (own if "PlaneOrientationSequence" in own else shared).PlaneOrientationSequence[0].ImageOrientationPatient,
            (own if "PixelMeasuresSequence" in own else shared).PixelMeasuresSequence[0].PixelSpacing,
        )
        planes.append(_Plane(path, n, f"{sop}#{n}", *common, n, shape, *place, complete))
    return planes


def _lies(position, cosines, spacing) -> tuple[tuple[float, ...] | None, tuple[float, ...] | None, tuple[float, float]]:
    """Where a slice lies; nowhere, when one of the three has too few or too many numbers."""
    place = tuple(tuple(map(float, values)) for values in (position, cosines, spacing))
    return place if tuple(map(len, place)) == (3, 6, 2) else (None, None, (0.0, 0.0))


def _bytes(header) -> int:
    """Bytes that the file must at least have; 0 where it is compressed."""
    if str(header.file_meta.get("TransferSyntaxUID", "1.2.840.10008.1.2")) not in PLAIN - {"1.2.840.10008.1.2.1.99"}:
        return 0
    return int(header.Rows) * int(header.Columns) * int(header.get("BitsAllocated", 16)) // 8 * int(header.get("NumberOfFrames", 1) or 1)


def _stack(uid: str, planes: list[_Plane]) -> Series:
    """Order the slices of one series; of several directions or sizes in it, the most frequent is kept."""
    alike: dict[tuple, list[_Plane]] = {}
    for p in planes:
        alike.setdefault((p.shape, tuple(np.round(p.cosines, 3) + 0.0), tuple(np.round(p.spacing, 4))), []).append(p)
    most = max(alike.values(), key=len)
    normal = np.cross(most[0].cosines[:3], most[0].cosines[3:])
    most.sort(key=lambda p: (float(np.dot(normal, p.position)), p.number))
    gap = float(np.median([np.linalg.norm(np.subtract(b.position, a.position)) for a, b in pairwise(most)])) if len(most) > 1 else 0.0
    rows, columns = most[0].spacing
    return Series(0, uid, most[0].modality, len(most), (columns, rows, gap), tuple(most), len(planes) - len(most))


def _without_place(uid: str, planes: list[_Plane]) -> Series:
    return Series(0, uid, planes[0].modality, len(planes), (0.0, 0.0, 0.0))


def _affine(planes: tuple[_Plane, ...]) -> tuple[np.ndarray, float]:
    """Affine of equally spaced slices, ``ijk_to_ras`` (4, 4) mm, and the gantry tilt in degrees."""
    position = np.array([p.position for p in planes])
    row, column = np.array(planes[0].cosines[:3]), np.array(planes[0].cosines[3:])
    normal = np.cross(row, column)
    if (
        min(planes[0].spacing) <= 0
        or not np.isfinite(position).all()
        or np.abs([row @ row - 1, column @ column - 1, row @ column]).max() > 0.01
    ):
        raise InputError("The images' pixel spacing or orientation is not valid. Export the original CT series.")
    height = (position - position[0]) @ normal
    _check_spacing(height, planes, "lowest" if normal[2] > 0.5 else "first")
    step = (position[-1] - position[0]) / (len(planes) - 1)
    drift = np.linalg.norm(position - (position[0] + np.arange(len(planes))[:, None] * step), axis=1).max()
    if drift > 1.0:
        raise InputError(
            f"The slices do not lie in one straight stack (off by {drift:.1f} mm): the table or the head moved between scans. Export one continuous scan."
        )
    lps = np.eye(4)
    lps[:3] = np.column_stack([row * planes[0].spacing[1], column * planes[0].spacing[0], step, position[0]])
    tilt = np.degrees(np.arccos(np.clip(step @ normal / np.linalg.norm(step), -1, 1)))
    return np.diag([-1.0, -1.0, 1.0, 1.0]) @ lps, float(tilt)


def _check_spacing(height: np.ndarray, planes: tuple[_Plane, ...], end: str) -> None:
    """Raise InputError unless the slice heights (n,), mm, are equally spaced."""
    gap = np.diff(height)
    same = int((gap < 0.01).sum())
    if same:
        raise InputError(
            f"{same} of the {len(planes)} slices lie at the same place as another: several scans are mixed. Export one of them alone."
        )
    usual = float(np.median(gap))
    bad = np.flatnonzero(np.abs(gap - usual) > max(0.1, 0.1 * usual))  # positions may be rounded to 0.1 mm
    if not len(bad):
        return
    at = int(bad[0])
    where = f"between {height[at]:.1f} and {height[at + 1]:.1f} mm from the {end} slice (images {planes[at].number} and {planes[at + 1].number})"
    times = gap[at] / usual
    if round(times) >= 2 and abs(times - round(times)) < 0.2 and len(bad) < 0.2 * len(gap):
        lost = "1 slice is" if round(times) == 2 else f"{round(times) - 1} slices are"
        more = "" if len(bad) == 1 else f", and there are {len(bad) - 1} more such gaps"
        raise InputError(f"{lost} missing {where}{more}. Export the complete series again.")
    raise InputError(
        f"The slices are unequally spaced: usually {usual:.2f} mm apart, but {gap[at]:.2f} mm {where}. Choose a series with equal spacing."
    )


def _voxels(planes: tuple[_Plane, ...]) -> np.ndarray:
    """Voxels of the slices in order, (n, rows, columns) int16 HU."""
    out = np.zeros((len(planes), *planes[0].shape), np.int16)
    opened: dict[str, np.ndarray] = {}
    for k, plane in enumerate(planes):
        if plane.path not in opened:
            opened = {plane.path: _pixels(plane)}  # only the last file is kept: a multi-frame file is opened once, memory stays small
        frames = opened[plane.path]
        out[k] = frames[plane.frame or 0]
    return out


def _pixels(plane: _Plane) -> np.ndarray:
    """All frames of one file in HU, (n, rows, columns) int16; InputError for a file that is damaged or has vanished."""
    name = f"The file '{os.path.basename(plane.path)}' (image {plane.number})"
    if not plane.pixels:
        raise InputError(f"{name} is damaged or was not copied completely. Export the series again.")
    return read_hu(plane.path, plane.shape, name=name)


def series_of(path: Path) -> str | None:
    """Return the series instance UID of one file, or None where it is no DICOM slice."""
    planes = _planes(str(path))
    return planes[0].series if planes else None
