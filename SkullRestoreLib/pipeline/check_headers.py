"""Say of DICOM series whether they can be restored, by their headers alone: what a list of series shows before loading.

This is the part of :mod:`SkullRestoreLib.pipeline.check_input` that needs no image: slices, gaps, extent, direction,
kernel. Whether the values are HU, and whether there is a skull with its bone, only the images show.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from SkullRestoreLib.errors import InputError
from SkullRestoreLib.findings import Note, split_findings
from SkullRestoreLib.io import dicom_series
from SkullRestoreLib.io.dicom_series import DicomSeries, SeriesGeometry

HEADERS_ONLY = "Only the headers were read: values and bone are checked when the series is opened."
_OTHER_BODY_PARTS = frozenset(
    {
        "ABDOMEN", "ANKLE", "ARM", "BREAST", "CHEST", "COLON", "ELBOW", "EXTREMITY", "FOOT", "FOREARM", "HAND",
        "HEART", "HIP", "KIDNEY", "KNEE", "LEG", "LIVER", "LSPINE", "LSSPINE", "LUNG", "PELVIS", "PROSTATE",
        "SHOULDER", "SSPINE", "THIGH", "THORAX", "TLSPINE", "TSPINE", "WRIST",
    }
)  # fmt: skip
"""Body parts of DICOM (PS3.16 annex L) that are no part of a head; a header may name several."""
_DIRECTIONS = ("sagittal", "coronal", "axial")


@dataclass(frozen=True, eq=False)
class HeaderVerdict:
    """Whether a series can be restored, by its headers.

    Attributes
    ----------
    series
        What was checked.
    reason
        Why it cannot be used, as a restoration would say it; None where nothing speaks against it.
    warnings
        What the user has to look at.
    notes
        What is good to know.
    """

    series: DicomSeries
    reason: str | None
    warnings: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def is_usable(self) -> bool:
        """Whether nothing in the headers speaks against a restoration."""
        return self.reason is None

    @property
    def files(self) -> tuple[str, ...]:
        """Paths of the files, in the order of the slices, each once."""
        return tuple(dict.fromkeys(header.path for header in self.series.slice_headers))


def check_headers(files: Iterable[str]) -> list[HeaderVerdict]:
    """Check the series of some files by their headers: within a second for a usual scan.

    Parameters
    ----------
    files
        Paths of DICOM files.

    Returns
    -------
    list of HeaderVerdict
        One for each CT series that may be of a head: scouts, single images and series whose header names another part
        of the body are left out.

    Examples
    --------
    >>> check_headers([])
    []
    """
    found = dicom_series.group_series(files)
    return [_verdict(series) for series in found if _may_be_head(series)]


def _may_be_head(series: DicomSeries) -> bool:
    parts = set(series.labels.body_part.replace("^", " ").replace("\\", " ").split())
    is_elsewhere = bool(parts) and parts <= _OTHER_BODY_PARTS
    return series.modality == "CT" and series.slice_count >= dicom_series.MIN_SLICES and not is_elsewhere


def _verdict(series: DicomSeries) -> HeaderVerdict:
    try:
        geometry = dicom_series.check_series(series)
    except InputError as error:
        return HeaderVerdict(series, str(error), (), ())
    findings = (*dicom_series.series_findings(series, geometry), *_scan_findings(series, geometry))
    return HeaderVerdict(series, None, *split_findings(findings))


def _scan_findings(series: DicomSeries, geometry: SeriesGeometry) -> list[str]:
    """What the headers say of extent, direction and kernel."""
    findings: list[str] = []
    rows, columns = series.slice_headers[0].shape
    sides_mm = np.abs(geometry.ijk_to_ras[:3, :3]) @ np.array([columns, rows, series.slice_count])
    if sides_mm[2] < dicom_series.HEAD_HEIGHT_MM:
        findings.append(
            f"The scan covers {sides_mm[2]:.0f} mm from bottom to top, and a vault needs about "
            f"{dicom_series.HEAD_HEIGHT_MM:.0f} mm: a part of the head may be missing."
        )
    direction = _DIRECTIONS[int(np.argmax(np.abs(np.cross(*geometry.ijk_to_ras[:3, :2].T))))]
    if direction != "axial":
        findings.append(
            Note(f"The slices are {direction}: where the axial series of this scan is there too, use that one.")
        )
    kernel = series.labels.kernel
    if kernel and not dicom_series.is_bone_kernel(kernel):
        findings.append(
            Note(f"The kernel {kernel} is a soft one: thin bone is seen better in a series with a bone kernel.")
        )
    return findings
