"""From what arrived to what can be worked on, in the background: unpack, look for series, read."""

from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

from SkullRestoreLib import read
from SkullRestoreLib.case import InputError, Mesh, Volume
from SkullRestoreLib.clock import Progress
from SkullRestoreLib.dicom import MIN_SLICES, Series
from SkullRestoreLib.scene import models
from SkullRestoreLib.scene.volumes import add_volume
from SkullRestoreLib.web.upload import Limits, Received, what_to_read


@dataclass(frozen=True)
class Choice:
    """Several CT series arrived: one has to be chosen."""

    path: Path
    series: tuple[Series, ...]


def steps(received: Received, limits: Limits) -> Generator[Progress, None, Volume | Mesh | Choice]:
    """Unpack and read an upload.

    Returns
    -------
    Volume, Mesh or Choice

    Raises
    ------
    InputError
        If it cannot be used; no path of this computer is in the message.
    """
    yield "unpack the upload", 0.1
    path = what_to_read(received, limits)
    try:
        if path.is_dir():
            yield "look for the CT series", 0.3
            usable = [s for s in read.list_series(path) if s.modality == "CT" and s.slices >= MIN_SLICES]
            if len(usable) > 1:
                return Choice(path, tuple(usable))
        return (yield from read_steps(path))
    except InputError as error:
        raise InputError(_without(str(error), received.folder)) from error


def read_steps(path: Path, series: Series | None = None) -> Generator[Progress, None, Volume | Mesh]:
    """Read what was chosen."""
    yield "read the images", 0.5
    return read.read(path, series=None if series is None else series.uid)


def series_text(one: Series) -> str:
    """One line for the list of series."""
    return f"{one.slices} slices, {' x '.join(f'{s:.2f}' for s in one.spacing)} mm"


def add(scene, record: Volume | Mesh, name: str):
    """Put a record into a scene; returns its node."""
    if isinstance(record, Volume):
        return add_volume(scene, record, name)
    node = scene.AddNewNodeByClass("vtkMRMLModelNode", scene.GenerateUniqueName(name))
    models.show_mesh(node, record)
    return node


def describe(record: Volume | Mesh) -> str:
    """What is worked on, for the head of the page; nothing that names anybody."""
    if isinstance(record, Mesh):
        return f"Skull model, {len(record.faces):,} triangles"
    slices, rows, columns = record.array.shape
    return f"{'Head CT' if record.kind == 'ct' else 'Bone mask'}, {slices} slices of {columns} x {rows}"


def _without(text: str, folder: Path) -> str:
    """A message in which no path of this computer stands."""
    for place in (folder / "unpacked", folder):
        text = text.replace(f"'{place}'", "the upload").replace(f"{place}/", "").replace(str(place), "the upload")
    return text
