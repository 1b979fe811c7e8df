"""From an upload to a record that can be worked on, in the background: unpack, look for CT series, read."""

import re
import zipfile
from collections.abc import Generator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from SkullRestoreLib import patient_identity
from SkullRestoreLib._system.progress import Progress
from SkullRestoreLib.errors import InputError
from SkullRestoreLib.io import dicom_source, read
from SkullRestoreLib.io.dicom_series import MIN_SLICES, DicomSeries
from SkullRestoreLib.io.dicom_source import DicomSource
from SkullRestoreLib.pipeline.saved_case import CASE_FILE
from SkullRestoreLib.records import Mesh, Volume
from SkullRestoreLib.scene import models
from SkullRestoreLib.scene.geometry import mark_side
from SkullRestoreLib.scene.volumes import add_volume_node
from SkullRestoreLib.session import plan_tasks
from SkullRestoreLib.session.task_records import DisplayOptions, EditableRestoration, PlannedResection
from SkullRestoreLib.web.upload import CASE_ENDING, ReceivedFiles, UploadLimits, uploaded_input_path

PAGE_DISPLAY = DisplayOptions(max_skull_faces=60_000, surface_faces_per_cm2=100, look_ahead=True)
"""A software renderer's time per picture grows with the triangles; the files hold all of them."""


@dataclass(frozen=True)
class SeriesChoice:
    """An upload with several CT series, one of which the user has to choose."""

    path: Path
    series: tuple[DicomSeries, ...]
    found: tuple[DicomSeries, ...]
    """Everything in the upload, what cannot be restored included."""


@dataclass(frozen=True)
class UploadedSeries:
    """A DICOM series, and what DICOM objects of a result take over from it."""

    volume: Volume
    dicom: DicomSource | None
    why_no_dicom: str = ""


UploadedInput = Volume | Mesh | SeriesChoice | EditableRestoration | PlannedResection
_FoundInput = tuple[UploadedInput, tuple[DicomSeries, ...]]
"""What was read, and the series that its folder holds."""


def import_steps(received: ReceivedFiles, limits: UploadLimits) -> Generator[Progress, None, UploadedInput]:
    """Unpack and read an upload.

    Parameters
    ----------
    received
        The upload.
    limits
        How much an archive may unpack to.

    Yields
    ------
    tuple of str and float
        Step, and the fraction done.

    Returns
    -------
    Volume, Mesh, SeriesChoice, EditableRestoration or PlannedResection
        The last two where the upload holds a case file: alone, or among the files of a result.

    Raises
    ------
    InputError
        If it cannot be used; the message has no path of this computer.
    """
    yield "unpack the upload", 0.1
    return (yield from _find_input(received, limits))[0]


def import_case_steps(
    received: ReceivedFiles, limits: UploadLimits
) -> Generator[Progress, None, "UploadedInput | UploadedSeries"]:
    """Unpack and read an upload, and what DICOM objects of a result need of it: the upload is deleted afterwards.

    Parameters
    ----------
    received, limits
        As for :func:`import_steps`.

    Yields
    ------
    tuple of str and float
        Step, and the fraction done.

    Returns
    -------
    UploadedSeries, or as :func:`import_steps`
        The former for a DICOM series.

    Raises
    ------
    InputError
        As :func:`import_steps`.
    """
    record, found = yield from _find_input(received, limits)
    return (yield from _with_dicom_source(record, found, received.folder))


def read_series_steps(choice: SeriesChoice, number: int) -> Generator[Progress, None, UploadedSeries]:
    """Read one of several series, and what DICOM objects of a result need of it.

    Parameters
    ----------
    choice
        From :func:`import_case_steps`.
    number
        Position in its ``series``, from 0.

    Yields
    ------
    tuple of str and float
        Step, and the fraction done.

    Returns
    -------
    UploadedSeries

    Raises
    ------
    InputError
        If the series cannot be read.
    """
    volume = yield from _read_series_steps(choice.found, choice.series[number])
    return (yield from _with_dicom_source(volume, choice.found, choice.path))


def _find_input(received: ReceivedFiles, limits: UploadLimits) -> Generator[Progress, None, _FoundInput]:
    path = uploaded_input_path(received, limits)
    try:
        if (case := _find_case_file(path)) is not None:
            _check_case_size(case, limits)
            saved = case.rename(case.with_name(CASE_FILE)).parent
            return (yield from plan_tasks.open_saved_case(saved, PAGE_DISPLAY)), ()
        if path.is_dir():
            yield "look for the CT series", 0.3
            found = tuple(read.list_series(path))
            usable = [s for s in found if s.modality == "CT" and s.slice_count >= MIN_SLICES]
            if len(usable) > 1:
                return SeriesChoice(path, tuple(usable), found), ()
            if usable:
                return (yield from _read_series_steps(found, usable[0])), found
        return (yield from _read_file_steps(path)), ()
    except InputError as error:
        raise InputError(without_path(str(error), received.folder)) from error


def _with_dicom_source(
    result: UploadedInput, found: tuple[DicomSeries, ...], folder: Path
) -> Generator[Progress, None, Any]:
    """What was read, with what DICOM objects take over from it where it is a DICOM series."""
    if not isinstance(result, Volume) or result.uid is None:
        return result
    yield "check the headers", 0.9
    try:
        source = (
            dicom_source.source_of_series(found, result, folder) if found else dicom_source.read_source(folder, result)
        )
        return UploadedSeries(result, source)
    except InputError as error:
        reason = without_path(str(error), folder)
        return UploadedSeries(result, None, re.sub(r"[Ll]eave --also dicom out", "choose no DICOM objects", reason))


def mask_steps(received: ReceivedFiles, limits: UploadLimits) -> Generator[Progress, None, Volume]:
    """Unpack and read the mask of a part of the head.

    Parameters
    ----------
    received
        The upload.
    limits
        How much an archive may unpack to.

    Yields
    ------
    tuple of str and float
        Step, and the fraction done.

    Returns
    -------
    Volume
        A mask.

    Raises
    ------
    InputError
        If it is no mask; the message has no path of this computer.
    """
    yield "unpack the upload", 0.1
    path = uploaded_input_path(received, limits)
    yield "read the images", 0.5
    try:
        return read.read_part_mask(path)
    except InputError as error:
        raise InputError(without_path(str(error), received.folder)) from error


def _find_case_file(path: Path) -> Path | None:
    """The case file of an upload: a file that was sent alone may have been renamed."""
    if path.is_file():
        return path if path.suffix.lower() == CASE_ENDING else None
    return next(iter(sorted(path.rglob(CASE_FILE))), None)


def _check_case_size(case: Path, limits: UploadLimits) -> None:
    try:
        with zipfile.ZipFile(case) as archive:
            total_bytes = sum(member.file_size for member in archive.infolist())
    except zipfile.BadZipFile:
        return  # reading it says so
    if total_bytes > limits.max_bytes:
        raise InputError(
            f"The case is larger than the {limits.megabytes} MB that this server accepts. "
            "Ask the server's administrator for a higher limit."
        )


def _read_series_steps(found: tuple[DicomSeries, ...], series: DicomSeries) -> Generator[Progress, None, Volume]:
    yield "read the images", 0.5
    volume = read.load_listed_series(found, series)
    return _with_identity(volume, series.slice_headers[0].path) if series.slice_headers else volume


def _read_file_steps(path: Path) -> Generator[Progress, None, Volume | Mesh]:
    yield "read the images", 0.5
    record = read.read(path)
    return _with_identity(record, path) if isinstance(record, Volume) and path.is_file() else record


def _with_identity(volume: Volume, file: Path) -> Volume:
    """A DICOM series with the marks of its patient."""
    return volume if volume.uid is None else replace(volume, whose=patient_identity.of_file(file))


def series_description(series: DicomSeries) -> str:
    """Describe a series in one line, for the list of series.

    Parameters
    ----------
    series
        One of the upload.

    Returns
    -------
    str
        Description, slices, voxel size, kernel, thickness and date; nothing that identifies the patient.
    """
    return series.description_text


def add_input_node(scene: Any, record: Volume | Mesh, name: str) -> Any:
    """Add a record to a scene.

    Parameters
    ----------
    scene
        MRML scene.
    record
        The input.
    name
        For the node.

    Returns
    -------
    vtkMRMLNode
        A volume or a model.
    """
    if isinstance(record, Volume):
        return add_volume_node(scene, record, name)
    node = scene.AddNewNodeByClass("vtkMRMLModelNode", scene.GenerateUniqueName(name))
    models.show_mesh(node, record)
    mark_side(node, record)
    return node


def input_description(record: Volume | Mesh) -> str:
    """Describe the input in one line, for the head of the page.

    Parameters
    ----------
    record
        The input.

    Returns
    -------
    str
        Kind and size; nothing that identifies the patient.
    """
    if isinstance(record, Mesh):
        return f"Skull model, {len(record.faces):,} triangles"
    slices, rows, columns = record.array.shape
    return f"{'Head CT' if record.kind == 'ct' else 'Bone mask'}, {slices} slices of {columns} × {rows}"


def without_path(text: str, folder: Path) -> str:
    """Remove the paths of this computer from a message.

    Parameters
    ----------
    text
        The message.
    folder
        Of the upload.

    Returns
    -------
    str

    Examples
    --------
    >>> without_path("'/tmp/up' holds no image; /tmp/up/1.dcm is damaged.", Path("/tmp/up"))
    'the upload holds no image; 1.dcm is damaged.'
    """
    for path in (folder / "unpacked", folder):
        text = text.replace(f"'{path}'", "the upload").replace(f"{path}/", "").replace(str(path), "the upload")
    return text
