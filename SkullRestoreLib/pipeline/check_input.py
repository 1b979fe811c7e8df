"""Check whether an input will do, without restoring: what it is, what was noticed, and its bone."""

import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from SkullRestoreLib.affine import voxel_volume_ml
from SkullRestoreLib.errors import InputError
from SkullRestoreLib.geometry import surface_mesh, working_grid
from SkullRestoreLib.io import archives, dicom_series, read
from SkullRestoreLib.io.dicom_series import DicomSeries
from SkullRestoreLib.io.image_header import NO_OPTIONS, HeaderOptions
from SkullRestoreLib.pipeline.plain_values import finding_values
from SkullRestoreLib.records import Mesh, Volume
from SkullRestoreLib.segmentation import bone_segmentation


@dataclass(frozen=True)
class SeriesFacts:
    """What helps a person to choose a DICOM series; nothing that names the patient."""

    number: int
    modality: str
    description: str
    slices: int
    spacing_mm: tuple[float, float, float]
    """Along i, j, k; the last is the distance of the slices."""
    thickness_mm: float | None
    kernel: str
    date: str
    """YYYY-MM-DD; empty where it is not known."""
    lossy: str
    """Ratio of a compression with loss, or "unknown"; empty without loss."""
    uid: str

    @classmethod
    def from_series(cls, series: DicomSeries) -> "SeriesFacts":
        """Take the facts from a series."""
        labels = series.labels
        return cls(
            series.index,
            series.modality,
            labels.description,
            series.slice_count,
            series.spacing,
            labels.thickness_mm or None,
            labels.kernel,
            labels.date,
            labels.lossy,
            series.uid,
        )


@dataclass(frozen=True)
class InputCheck:
    """Whether an input can be restored, and what was noticed."""

    is_usable: bool
    name: str
    """Of the input, without its folder."""
    reason: str | None
    """Why it cannot be used; None where it can."""
    kind: str | None
    """``"ct"``, ``"mask"`` or ``"model"``; None where it could not be read."""
    size: tuple[int, ...] | None
    """Voxels along i, j, k; None for a model."""
    spacing_mm: tuple[float, ...] | None
    side_known: bool | None
    bone_ml: float | None
    threshold_hu: float | None
    warnings: tuple[str, ...]
    """What the user has to look at."""
    notes: tuple[str, ...]
    """What is good to know and asks for nothing."""
    series: tuple[SeriesFacts, ...]
    series_number: int | None
    """The series that was checked."""
    series_reason: str
    """Why it was proposed; empty where the user chose it, or it is the only one."""
    seconds: float

    def as_dict(self) -> dict[str, Any]:
        """Return everything as plain values, for JSON."""
        return asdict(self)


def check_input(
    source: Path,
    *,
    series: str | int | None = None,
    header: HeaderOptions = NO_OPTIONS,
    threshold_hu: float | None = None,
) -> InputCheck:
    """Read an input and segment its bone, without restoring.

    Parameters
    ----------
    source
        What :func:`SkullRestoreLib.io.read.read` reads.
    series
        Number or UID of the DICOM series; None takes the one that is most likely the best, where there are several.
    header
        What the user says of the input's header.
    threshold_hu
        Of the segmentation; None finds it.

    Returns
    -------
    InputCheck
        Also for an input that cannot be used: its reason is the message that a restoration would give.

    Raises
    ------
    SkullRestoreError
        Where a package or memory is missing: nothing was found out about the input then.

    Examples
    --------
    >>> check_input(Path("sample")).is_usable
    True
    """
    started = time.perf_counter()
    facts: dict[str, Any] = dict.fromkeys(
        ("kind", "size", "spacing_mm", "side_known", "bone_ml", "threshold_hu", "series_number")
    )
    facts |= {"name": source.name, "warnings": (), "notes": (), "series": (), "series_reason": ""}
    reason = None
    try:
        with archives.unpacked(source) as place:
            record = _read_listed(place, series, header, facts)
        _add_facts(record, threshold_hu, facts)
    except InputError as error:
        reason = str(error)
    return InputCheck(is_usable=reason is None, reason=reason, seconds=time.perf_counter() - started, **facts)


def _read_listed(place: Path, series: str | int | None, header: HeaderOptions, facts: dict[str, Any]) -> Volume | Mesh:
    """Read an input; the series of a DICOM folder, and the choice among them, are added to the facts."""
    candidates = dicom_series.find_series(place) if place.is_dir() and not header.read_arguments else []
    if not candidates:
        return read.read(place, series=series, **header.read_arguments)
    facts["series"] = tuple(SeriesFacts.from_series(each) for each in candidates)
    usable = [s for s in candidates if s.modality == "CT" and s.slice_count >= dicom_series.MIN_SLICES]
    if series is None and len(usable) > 1:
        proposed, facts["series_reason"] = dicom_series.propose_series(usable)
        series = proposed.index
    chosen = dicom_series.choose_series(candidates, series, place)
    facts["series_number"] = chosen.index
    return read.load_listed_series(candidates, chosen)


def _add_facts(record: Volume | Mesh, threshold_hu: float | None, facts: dict[str, Any]) -> None:
    """Add what is known of the input and its bone to the facts, step by step: an error keeps what was found before."""
    facts |= {**finding_values(record.findings), "side_known": record.side_known, "kind": "model"}
    if isinstance(record, Volume):
        spacing = tuple(round(float(s), 4) for s in record.spacing)
        facts |= {"kind": record.kind, "size": record.array.shape[::-1], "spacing_mm": spacing}
    # as steps.segment_input, whose module loads what only a restoration needs: a second more
    volume = surface_mesh.voxelise_model(record) if isinstance(record, Mesh) else record
    bone = bone_segmentation.segment(working_grid.average_fine_voxels(volume), threshold_hu=threshold_hu)
    ml = float(bone.mask.sum()) * voxel_volume_ml(bone.ijk_to_ras)
    facts |= {"bone_ml": round(ml, 1), "threshold_hu": bone.threshold_hu}
    facts |= finding_values((*record.findings, *bone.findings))
