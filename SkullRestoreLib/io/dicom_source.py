"""Decide what DICOM objects take over from a CT: a series in, checked values out, before the work on it begins.

Nothing of the CT's headers is read again afterwards, so that no header can make a result fail (decision 0088).
"""

import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from SkullRestoreLib.errors import InputError
from SkullRestoreLib.findings import Note
from SkullRestoreLib.io import dicom_series, dicom_values, file_kinds
from SkullRestoreLib.io.dicom_headers import SliceGeometry, SliceHeader
from SkullRestoreLib.io.dicom_values import NormalisedValue
from SkullRestoreLib.records import Mesh, Volume

if TYPE_CHECKING:
    from pydicom import Dataset

_NO_DICOM_INPUT = (
    "DICOM objects can only be made from a DICOM input: patient and study come from there. Leave --also dicom out."
)
_UIDS_OF_SLICES = ("SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "FrameOfReferenceUID", "SeriesInstanceUID")
_MAX_SHIFT_MM = 0.05
"""A CT in a scene whose corners are this near to those of its images has their place: programs round it."""


class _Attribute(NamedTuple):
    """An attribute that is taken over."""

    keyword: str
    label: str  # for the user
    normalise: Any  # raw value and encodings -> NormalisedValue
    required: bool = False  # written empty where there is no value


def _text(limit: int) -> Any:
    return partial(dicom_values.normalise_text, limit=limit)


def _identifier(limit: int) -> Any:
    return partial(dicom_values.normalise_identifier, limit=limit)


def _without_encodings(normalise: Any) -> Any:
    """For values that are always in ASCII."""
    return lambda raw, _encodings: normalise(raw)


_ATTRIBUTES = (
    _Attribute("PatientName", "patient's name", dicom_values.normalise_name, required=True),
    _Attribute("PatientID", "patient ID", _identifier(64), required=True),
    _Attribute("IssuerOfPatientID", "issuer of the patient ID", _identifier(64)),
    _Attribute("PatientBirthDate", "date of birth", _without_encodings(dicom_values.normalise_date), required=True),
    _Attribute("PatientSex", "patient's sex", _without_encodings(dicom_values.normalise_sex), required=True),
    _Attribute("PatientAge", "patient's age", _without_encodings(dicom_values.normalise_age)),
    _Attribute("StudyDate", "study date", _without_encodings(dicom_values.normalise_date), required=True),
    _Attribute("StudyTime", "study time", _without_encodings(dicom_values.normalise_time), required=True),
    _Attribute("StudyID", "study ID", _identifier(16), required=True),
    _Attribute("AccessionNumber", "accession number", _identifier(16), required=True),
    _Attribute(
        "ReferringPhysicianName", "referring physician", partial(dicom_values.normalise_name, limit=64), required=True
    ),
    _Attribute("StudyDescription", "study description", _text(64)),
    _Attribute("PositionReferenceIndicator", "position reference", _text(64), required=True),
)
_DEIDENTIFIED = ("PatientIdentityRemoved", "DeidentificationMethod")


class SourceSlice(NamedTuple):
    """One image of the CT, to which the objects refer."""

    class_uid: str
    instance_uid: str
    frame: int | None  # from 1, in a multi-frame file
    geometry: SliceGeometry


@dataclass(frozen=True)
class DicomSource:
    """What the DICOM objects of one result take over from the CT: only values that may be written.

    Attributes
    ----------
    values
        Keyword -> text, of patient and study.
    study_uid, frame_of_reference_uid
        Of the CT, or new ones where the CT has none that is valid.
    series_uid
        Of the CT; empty where the objects cannot refer to its images.
    slices
        In the order of the volume.
    shape
        Rows, columns.
    slice_spacing_mm
        Between slices.
    is_lossy
        Whether the CT was compressed with loss.
    findings
        What is changed, left out or new, a sentence each, without any of the values.
    """

    values: Mapping[str, str] = field(repr=False)
    study_uid: str = field(repr=False)
    frame_of_reference_uid: str = field(repr=False)
    series_uid: str = field(repr=False)
    slices: tuple[SourceSlice, ...] = field(repr=False)
    shape: tuple[int, int]
    slice_spacing_mm: float
    is_lossy: bool
    findings: tuple[str, ...]


def check_input_kind(path: str | Path) -> None:
    """Refuse an input that cannot be DICOM, before it is read.

    Parameters
    ----------
    path
        Of the input, as for :func:`SkullRestoreLib.io.read.read`.

    Raises
    ------
    InputError
        For an image or model file.

    Examples
    --------
    >>> check_input_kind("sample")
    """
    name = Path(path).name.lower()
    if name.endswith((*file_kinds.IMAGE_SUFFIXES, *file_kinds.MODEL_SUFFIXES)) and not Path(path).is_dir():
        raise InputError(_NO_DICOM_INPUT)


def read_source(path: str | Path, volume: Volume | Mesh) -> DicomSource:
    """Read and check everything that DICOM objects take over from a CT.

    Parameters
    ----------
    path
        Of the DICOM folder, or of a file of it.
    volume
        What was read from there.

    Returns
    -------
    DicomSource
        Complete: the files are not needed afterwards.

    Raises
    ------
    InputError
        If the input is no DICOM, the folder does not hold the series, or its images are of several patients.
    """
    volume = _with_series(volume)
    folder = Path(path).expanduser()
    folder = folder.parent if folder.is_file() else folder
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what is not valid, the user reads in the findings
        found = dicom_series.find_series(folder) if folder.is_dir() else []
    return source_of_series(found, volume, folder)


def source_of_series(found: Sequence[dicom_series.DicomSeries], volume: Volume | Mesh, folder: Path) -> DicomSource:
    """Read and check what DICOM objects take over from one of several series that were found already.

    Parameters
    ----------
    found
        From :func:`SkullRestoreLib.io.read.list_series`.
    volume
        What was read from one of them.
    folder
        Of the files, for messages.

    Returns
    -------
    DicomSource
        As :func:`read_source`.

    Raises
    ------
    InputError
        As :func:`read_source`.
    """
    return _take_over(_series_of(_with_series(volume), found, f"'{folder.name}' does not hold"))


def read_source_of_files(files: Iterable[str], volume: Volume | Mesh) -> DicomSource:
    """Read and check what DICOM objects take over from the files of a CT that is open in a scene.

    Parameters
    ----------
    files
        Paths of the files from which it was loaded.
    volume
        The CT or a mask on its grid, as it is in the scene.

    Returns
    -------
    DicomSource
        Complete: the files are not needed afterwards.

    Raises
    ------
    InputError
        As :func:`read_source`; also where the volume is not where the images are: the objects would not be either.
    """
    volume = _with_series(volume)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        series = _series_of(volume, dicom_series.group_series(files), "The DICOM database does not hold")
    placed = dicom_series.check_series(series).ijk_to_ras
    corners = np.array([[i, j, k, 1] for i in (0, 1) for j in (0, 1) for k in (0, 1)], dtype=float)
    corners[:, :3] *= np.array(volume.array.shape[::-1]) - 1
    if np.abs(corners @ (placed - volume.ijk_to_ras).T).max() > _MAX_SHIFT_MM:
        raise InputError(
            "The CT in the scene is not where its images are: it was moved by a transform, turned or resampled, or its "
            "gantry tilt was left out. DICOM objects would be in another place than the patient's head. "
            "Load the series again as 'head CT for restoration'."
        )
    return _take_over(series)


def _with_series(volume: Volume | Mesh) -> Volume:
    """The volume, if it is of a DICOM series; InputError if not."""
    if not isinstance(volume, Volume) or volume.uid is None:
        raise InputError(_NO_DICOM_INPUT)
    return volume


def _series_of(volume: Volume, found: Sequence[dicom_series.DicomSeries], missing: str) -> dicom_series.DicomSeries:
    """The series from which a volume was read; several reconstructions may have its UID."""
    series = next((s for s in found if s.uid == volume.uid and len(s.slice_headers) == len(volume.array)), None)
    if series is None:
        raise InputError(
            f"{missing} the DICOM series that was restored; DICOM objects can only be made from a DICOM input."
        )
    return series


def _take_over(series: dicom_series.DicomSeries) -> DicomSource:
    """Read the headers of a series, and keep what may be written."""
    headers = [_read_header(header.path) for header in _first_of_each_file(series.slice_headers)]
    _refuse_several_patients(headers)
    values, findings = _normalise_attributes(headers[0])
    uids, more = _choose_uids(headers, series)
    slices, series_uid, unreferred = _refer_to_slices(headers, series)
    return DicomSource(
        values=values | _deidentification(headers[0]),
        study_uid=uids["study"],
        frame_of_reference_uid=uids["frame of reference"],
        series_uid=series_uid,
        slices=slices,
        shape=series.slice_headers[0].shape,
        slice_spacing_mm=float(series.spacing[2]),
        is_lossy=_raw_value(headers[0], "LossyImageCompression").strip(b" \0") == b"01",
        findings=(*findings, *more, *unreferred),
    )


def _first_of_each_file(headers: Iterable[SliceHeader]) -> list[SliceHeader]:
    """One slice of each file: a multi-frame file is opened once."""
    return list({header.path: header for header in headers}.values())


def _read_header(path: str) -> "Dataset":
    """The attributes of one file that matter here; their values stay raw."""
    from pydicom import dcmread

    keywords = [each.keyword for each in _ATTRIBUTES]
    tags = [*keywords, *_UIDS_OF_SLICES, *_DEIDENTIFIED, "LossyImageCompression", "SpecificCharacterSet"]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # faults are dealt with value by value
            return dcmread(path, stop_before_pixels=True, specific_tags=list(tags), force=True)
    except Exception as error:  # whatever pydicom raises
        raise InputError(
            "The headers of the CT cannot be read well enough to make DICOM objects. Leave --also dicom out."
        ) from error


def _raw_value(header: "Dataset", keyword: str) -> bytes:
    """A value as it is in the file; empty where there is none, or something that is no text."""
    try:
        value = header.get_item(keyword).value
    except (KeyError, AttributeError):
        return b""
    if isinstance(value, bytes):
        return value
    if isinstance(value, str):
        return value.encode("latin_1", "replace")
    if isinstance(value, Sequence):  # pydicom has converted it already
        return b"\\".join(str(each).encode("latin_1", "replace") for each in value)
    return b""


def _encodings(header: "Dataset") -> list[str] | None:
    raw = _raw_value(header, "SpecificCharacterSet")
    return dicom_values.find_encodings(raw.decode("latin_1").replace("\0", "").split("\\"))


def _refuse_several_patients(headers: Sequence["Dataset"]) -> None:
    """Raise InputError where the images of the series belong to several patients or studies."""
    for keyword, name in (("PatientID", "patients"), ("StudyInstanceUID", "studies")):
        if len({_raw_value(header, keyword).strip(b" \0") for header in headers}) > 1:
            raise InputError(
                f"The images of the series are of several {name}, by their headers: DICOM objects would be filed "
                "under one of them. Export the series again, or leave --also dicom out."
            )


def _normalise_attributes(header: "Dataset") -> tuple[dict[str, str], list[str]]:
    """Values of patient and study by keyword, and a sentence for each kind of change."""
    encodings = _encodings(header)
    values: dict[str, str] = {}
    rewritten, left_out, changed = [], [], []
    for each in _ATTRIBUTES:
        normal: NormalisedValue = each.normalise(_raw_value(header, each.keyword), encodings)
        if normal.value or each.required:
            values[each.keyword] = normal.value
        if normal.is_left_out:
            left_out.append(f"{each.label} ({normal.note})")
        elif normal.note:
            changed.append(f"{each.label} ({normal.note})")
        elif normal.rewritten:
            rewritten.append(each.label)
    if not values["PatientID"] and values.pop("IssuerOfPatientID", ""):
        left_out.append("issuer of the patient ID (there is no ID)")
    findings: list[str] = []
    if rewritten:
        findings.append(
            Note(f"In the DICOM objects, values of the CT are in the form of the standard: {_join(rewritten)}.")
        )
    if changed:
        findings.append(f"In the DICOM objects, values of the CT are not complete: {_join(changed)}.")
    if left_out:
        findings.append(f"Left out of the DICOM objects, as the CT's header has it: {_join(left_out)}.")
    return values, findings


def _join(parts: Sequence[str]) -> str:
    return ", ".join(parts)


def _deidentification(header: "Dataset") -> dict[str, str]:
    """That the CT was made anonymous, and how; empty where it does not say so."""
    if _raw_value(header, "PatientIdentityRemoved").strip(b" \0").upper() != b"YES":
        return {}
    method = dicom_values.normalise_text(_raw_value(header, "DeidentificationMethod"), _encodings(header), limit=64)
    return {"PatientIdentityRemoved": "YES", "DeidentificationMethod": method.value or "Not stated in the CT"}


def _choose_uids(headers: Sequence["Dataset"], series: dicom_series.DicomSeries) -> tuple[dict[str, str], list[str]]:
    """UIDs of study and frame of reference: the CT's, or new ones made from the series' UID, and a sentence for these.

    Those made from the series' UID are the same in every result of it.
    """
    from pydicom.uid import generate_uid

    uids, findings = {}, []
    for name, keyword, consequence in (
        ("study", "StudyInstanceUID", "are filed in a study of their own"),
        ("frame of reference", "FrameOfReferenceUID", "may not be shown in one view with it"),
    ):
        found = {_raw_value(header, keyword) for header in headers}
        normal = dicom_values.normalise_uid(found.pop()) if len(found) == 1 else NormalisedValue("", "not unique")
        uids[name] = normal.value or generate_uid(entropy_srcs=[series.uid, keyword])
        if not normal.value:
            reason = f"a {name} UID that is {normal.note}" if normal.note else f"no {name} UID"
            findings.append(f"The CT's header has {reason}: the DICOM objects have a new one, and {consequence}.")
    return uids, findings


def _refer_to_slices(
    headers: Sequence["Dataset"], series: dicom_series.DicomSeries
) -> tuple[tuple[SourceSlice, ...], str, list[str]]:
    """The slices, the series' UID, and a sentence where the objects cannot refer to them; the UIDs are empty then."""
    files = [header.path for header in _first_of_each_file(series.slice_headers)]
    normal = {
        path: [dicom_values.normalise_uid(_raw_value(header, name)).value for name in ("SOPClassUID", "SOPInstanceUID")]
        for path, header in zip(files, headers, strict=True)
    }
    series_uid = dicom_values.normalise_uid(series.uid.encode("latin_1", "replace")).value
    can_refer = bool(series_uid) and all(all(uids) for uids in normal.values())
    slices = []
    for header in series.slice_headers:
        assert header.geometry is not None  # of a stack
        class_uid, instance_uid = normal[header.path] if can_refer else ("", "")
        frame = None if header.frame is None else header.frame + 1
        slices.append(SourceSlice(class_uid, instance_uid, frame, header.geometry))
    if can_refer:
        return tuple(slices), series_uid, []
    return (
        tuple(slices),
        "",
        ["The DICOM objects do not refer to the CT's images: their UIDs are missing or not valid."],
    )
