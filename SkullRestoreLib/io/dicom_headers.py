"""Read the headers of DICOM slices: one file in, its slices with their geometry out."""

import os
import re
import unicodedata
import warnings
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from SkullRestoreLib.io.dicom_pixels import NATIVE_SYNTAXES, frame_groups, use_decimal_points
from SkullRestoreLib.records import ScanInfo

if TYPE_CHECKING:
    from pydicom import Dataset

_HEADER_TAGS = [
    "SOPClassUID", "SOPInstanceUID", "SeriesInstanceUID", "Modality", "ImageType", "InstanceNumber", "Rows", "Columns",
    "BitsAllocated", "SamplesPerPixel", "NumberOfFrames", "PixelSpacing", "ImagePositionPatient",
    "ImageOrientationPatient", "SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence",
    "SpacingBetweenSlices", "SliceThickness", "GridFrameOffsetVector", "ConvolutionKernel", "SeriesDescription",
    "StudyDate", "SeriesDate", "KVP", "AcquisitionNumber", "TemporalPositionIdentifier", "StudyInstanceUID",
    "FrameOfReferenceUID", "PatientName", "PatientID", "LossyImageCompression", "LossyImageCompressionRatio",
    "SeriesNumber", "FilterType", "ReconstructionAlgorithm", "BodyPartExamined",
]  # fmt: skip
_FRAME_GEOMETRY = (
    ("PlanePositionSequence", "ImagePositionPatient"),
    ("PlaneOrientationSequence", "ImageOrientationPatient"),
    ("PixelMeasuresSequence", "PixelSpacing"),
)
"""Where a multi-frame file has the geometry of a frame."""
_GEOMETRY_TAGS = ("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing")
_LOSSY_SYNTAXES = frozenset({"1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.51", "1.2.840.10008.1.2.4.81"})
"""JPEG baseline, JPEG extended, and JPEG-LS near-lossless."""
_MAX_TEXT_CHARACTERS = 64
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe", "æ": "ae"})
_IMPLICIT_LITTLE_ENDIAN = "1.2.840.10008.1.2"
_DIRECTORY_CLASS = "1.2.840.10008.1.3.10"
_CT_CLASSES = frozenset({"1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.2.1", "1.2.840.10008.5.1.4.1.1.2.2"})
"""CT image, enhanced CT, and CT that was converted to it."""
_OTHER_MODALITY = "OT"
"""What DICOM calls a modality that is none of its list."""
_MAX_FRAMES = 65536
_DEFLATED = "1.2.840.10008.1.2.1.99"


class SliceGeometry(NamedTuple):
    """Where a slice is. LPS, mm."""

    position: tuple[float, ...]
    """(3,) centre of the first pixel."""
    cosines: tuple[float, ...]
    """(6,) directions along a row and along a column."""
    spacing: tuple[float, float]
    """Between rows, between columns."""


class ScanLabels(NamedTuple):
    """What a header says of how an image was made. Nothing here names the patient."""

    description: str = ""
    """Of the series, without words of the patient's name or ID."""
    kernel: str = ""
    """Convolution kernel."""
    thickness_mm: float = 0.0
    """Of the slice; 0 where it is not given."""
    date: str = ""
    """YYYY-MM-DD, of the series or the study."""
    tube_kv: str = ""
    image_type: str = ""
    acquisition: str = ""
    """Number of the acquisition."""
    phase: str = ""
    """Number of the position in time."""
    scan_uid: str = ""
    """Study and frame of reference."""
    reconstruction: str = ""
    """Number of the series, filter and algorithm of the reconstruction."""
    lossy: str = ""
    """How much was lost in compression: a ratio such as "10:1", or "unknown"; empty without loss."""
    body_part: str = ""
    """Such as HEAD; empty where it is not given."""

    @property
    def scan_info(self) -> ScanInfo:
        """What a report says of the scan."""
        return ScanInfo(self.date, self.thickness_mm or None, self.kernel)


class SliceHeader(NamedTuple):
    """One slice, as its header describes it."""

    path: str
    frame: int | None
    """Number of the frame in a multi-frame file, from 0."""
    instance_uid: str
    series_uid: str
    modality: str
    number: int
    shape: tuple[int, int]
    """Rows, columns."""
    geometry: SliceGeometry | None
    """None where the header has none, as in a screen shot."""
    is_complete: bool
    """Whether the file is as long as its header says."""
    labels: ScanLabels = ScanLabels()
    is_order_certain: bool = True
    """Whether the file says where each of its frames is, not only in which distance they follow each other."""
    patient: tuple[int, int] = (0, 0)
    """Numbers that stand for ID and name of the patient during one run of the program, 0 for none. They differ between
    patients and name nobody."""


def count_patients(headers: Iterable[SliceHeader]) -> int:
    """Count the patients to whom images belong: by their IDs, or by their names where no image has an ID.

    Parameters
    ----------
    headers
        Of any series.

    Returns
    -------
    int
        0 where no image names one.
    """
    patients = {header.patient for header in headers}
    ids, names = ({patient[part] for patient in patients} - {0} for part in (0, 1))
    return len(ids or names)


def read_slice_headers(path: str) -> list[SliceHeader]:
    """Read the slices that one file describes.

    Parameters
    ----------
    path
        Any file.

    Returns
    -------
    list of SliceHeader
        Empty for scouts and files that are no DICOM image; several for a multi-frame file.
    """
    from pydicom import dcmread

    if not os.path.isfile(path):  # reading from a pipe would wait for ever
        return []
    try:
        with open(path, "rb") as file:
            start = file.read(132)
        # some archives leave the preamble of 128 bytes out; such a file starts with an element of group 0002 or 0008
        if start[128:] != b"DICM" and start[:2] not in (b"\x08\x00", b"\x02\x00"):
            return []
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # most faults of a header do not matter here; those that do are reported
            header = dcmread(path, stop_before_pixels=True, specific_tags=_HEADER_TAGS, force=True)
        use_decimal_points(header)
        # a scout, a dose page or a report is no slice of the head
        image_type = [str(value).upper() for value in header.get("ImageType", [])]
        if "LOCALIZER" in image_type or "Rows" not in header or header.get("SamplesPerPixel", 1) != 1:
            return []
        return _frame_headers(path, header)
    except Exception:  # whatever pydicom raises: the file is no slice
        return []


def is_directory_file(path: Path) -> bool:
    """Tell whether a file is a DICOMDIR, the table of contents of a disc.

    Parameters
    ----------
    path
        Any file.
    """
    from pydicom import dcmread

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            header = dcmread(path, stop_before_pixels=True, specific_tags=["DirectoryRecordSequence"], force=True)
        kind = str(header.file_meta.get("MediaStorageSOPClassUID", ""))
    except Exception:  # whatever pydicom raises: a damaged file is no table of contents
        return False
    return kind == _DIRECTORY_CLASS or "DirectoryRecordSequence" in header


def _frame_headers(path: str, header: "Dataset") -> list[SliceHeader]:
    """Slices of one header, of the classic (one slice a file) or the enhanced (multi-frame) kind."""
    frame_count = int(header.get("NumberOfFrames", 1) or 1)
    if not 0 < frame_count <= _MAX_FRAMES:
        return []
    first = SliceHeader(
        path=path,
        frame=None,
        instance_uid=str(header.get("SOPInstanceUID", path)),
        series_uid=_text_of(header, "SeriesInstanceUID"),
        modality=_modality_of(header),
        number=_number_of(header),
        shape=(int(header.Rows), int(header.Columns)),
        geometry=None,
        is_complete=os.path.getsize(path) >= _min_file_bytes(header),
        labels=_read_labels(header),
        patient=(_stand_in(header, "PatientID"), _stand_in(header, "PatientName")),
    )
    if "PerFrameFunctionalGroupsSequence" not in header:
        geometry = None
        if all(header.get(tag) for tag in _GEOMETRY_TAGS):
            geometry = _slice_geometry(header.ImagePositionPatient, header.ImageOrientationPatient, header.PixelSpacing)
        first = first._replace(geometry=geometry)
        return [first] if frame_count == 1 else _plain_frame_headers(first, header, frame_count)
    headers = []
    for n, groups in enumerate(frame_groups(header)):
        values = [_group_value(groups, sequence, tag) for sequence, tag in _FRAME_GEOMETRY]
        geometry = None if any(value is None for value in values) else _slice_geometry(*values)
        headers.append(first._replace(frame=n, instance_uid=f"{first.instance_uid}#{n}", number=n, geometry=geometry))
    return headers


def _group_value(groups: "Sequence[Dataset]", sequence: str, tag: str) -> Any:
    """A value of a frame from the first group that has it; None where none has."""
    for group in groups:
        if group.get(sequence):
            return group[sequence].value[0].get(tag)
    return None


def _plain_frame_headers(first: SliceHeader, header: "Dataset", frame_count: int) -> list[SliceHeader]:
    """Frames of a file that gives the place of the first one only, and at most the distance between them.

    As in nuclear medicine (DICOM PS3.3 C.8.4.15), where such files come from, they follow each other along the normal.
    """
    offsets = [float(offset) for offset in header.get("GridFrameOffsetVector", None) or ()]
    step = float(header.get("SpacingBetweenSlices", 0) or 0)
    if len(offsets) != frame_count:
        offsets = [n * step for n in range(frame_count)] if step else []
    headers = []
    for n in range(frame_count):
        geometry = None
        if first.geometry is not None and offsets:
            cosines = first.geometry.cosines
            place = np.add(first.geometry.position, np.cross(cosines[:3], cosines[3:]) * offsets[n])
            geometry = first.geometry._replace(position=tuple(map(float, place)))
        headers.append(
            first._replace(
                frame=n,
                instance_uid=f"{first.instance_uid}#{n}",
                number=n,
                geometry=geometry,
                is_order_certain=False,
            )
        )
    return headers


def _number_of(header: "Dataset") -> int:
    """Instance number; 0 where it is missing or no number. The order of slices follows from their positions."""
    text = _text_of(header, "InstanceNumber")
    return int(text) if re.fullmatch(r"[-+]?\d+", text) else 0


def _modality_of(header: "Dataset") -> str:
    """Modality; CT by the class of the image where the modality is missing or says "other"."""
    modality = _text_of(header, "Modality").upper() or _OTHER_MODALITY
    is_ct = modality == _OTHER_MODALITY and _text_of(header, "SOPClassUID") in _CT_CLASSES
    return "CT" if is_ct else modality


def _stand_in(header: "Dataset", tag: str) -> int:
    """A number that stands for a text; 0 for none."""
    text = " ".join(_text_of(header, tag).casefold().replace("^", " ").split())
    return hash(text) if text else 0


def _read_labels(header: "Dataset") -> ScanLabels:
    """Read what helps to tell series apart; whatever cannot be read is left out."""
    patient = f"{_text_of(header, 'PatientName')} {_text_of(header, 'PatientID')}"
    date = _text_of(header, "SeriesDate") or _text_of(header, "StudyDate")
    thickness = _text_of(header, "SliceThickness")
    is_number = re.fullmatch(r"[0-9.]+(e[-+]?\d+)?", thickness, re.IGNORECASE) is not None
    syntax = str(header.file_meta.get("TransferSyntaxUID", ""))
    ratio = re.split(r"[\\,]", _text_of(header, "LossyImageCompressionRatio").strip("[]"))[-1].strip(" '")
    is_lossy = _text_of(header, "LossyImageCompression") == "01" or syntax in _LOSSY_SYNTAXES
    return ScanLabels(
        description=without_names(_text_of(header, "SeriesDescription"), patient),
        kernel=without_names(_text_of(header, "ConvolutionKernel"), patient),
        thickness_mm=float(thickness) if is_number and thickness.count(".") <= 1 else 0.0,
        date=f"{date[:4]}-{date[4:6]}-{date[6:]}" if re.fullmatch(r"\d{8}", date) else "",
        tube_kv=_text_of(header, "KVP"),
        image_type=_text_of(header, "ImageType"),
        acquisition=_text_of(header, "AcquisitionNumber"),
        phase=_text_of(header, "TemporalPositionIdentifier"),
        scan_uid=f"{_text_of(header, 'StudyInstanceUID')} {_text_of(header, 'FrameOfReferenceUID')}".strip(),
        reconstruction=" ".join(
            _text_of(header, tag) for tag in ("SeriesNumber", "FilterType", "ReconstructionAlgorithm")
        ).strip(),
        lossy=(f"{float(ratio):.3g}:1" if re.fullmatch(r"\d+(\.\d+)?", ratio) else "unknown") if is_lossy else "",
        body_part=without_names(_text_of(header, "BodyPartExamined"), patient).upper(),
    )


def _text_of(header: "Dataset", tag: str) -> str:
    try:
        value = header.get(tag, "")
        return "" if value is None else re.sub(r"[\x00-\x1f]", " ", str(value)).strip()
    except Exception:  # whatever pydicom cannot parse helps nobody to choose
        return ""


def without_names(text: str, names: str) -> str:
    """Remove words from a text that name the patient.

    Parameters
    ----------
    text
        Which an operator may have typed.
    names
        The patient's name and ID, as in a DICOM header.

    Returns
    -------
    str
        Without each word of two letters, or three digits, or more that is in ``names``, with or without accents and
        umlauts, and at most 64 characters.

    Examples
    --------
    >>> without_names("Head thin DOE", "Doe^Jane 4711")
    'Head thin'
    """
    words = re.findall(r"[^\W\d_]{2,}|[^\W_]{3,}", names)
    spellings = {spelling for word in words for spelling in _spellings(word)}
    text = re.sub(r"[^\W_]+", lambda word: " " if _spellings(word[0]) & spellings else word[0], text)
    return " ".join(text.split())[:_MAX_TEXT_CHARACTERS]


def _spellings(word: str) -> set[str]:
    """A word in small letters, without accents, and with umlauts as two letters or one: Müller, Muller, Mueller."""
    small = unicodedata.normalize("NFC", word.casefold())
    plain = "".join(letter for letter in unicodedata.normalize("NFKD", small) if not unicodedata.combining(letter))
    return {small, plain, small.translate(_UMLAUTS), re.sub("(?<=[aou])e", "", plain)}


def _slice_geometry(
    position: Sequence[float], cosines: Sequence[float], spacing: Sequence[float]
) -> SliceGeometry | None:
    """Geometry of a slice; None where a value has too few or too many numbers."""
    numbers = [tuple(map(float, values)) for values in (position, cosines, spacing)]
    if tuple(map(len, numbers)) != (3, 6, 2):
        return None
    return SliceGeometry(numbers[0], numbers[1], (numbers[2][0], numbers[2][1]))


def _min_file_bytes(header: "Dataset") -> int:
    """Bytes that the file must at least have; 0 where it is compressed."""
    syntax = str(header.file_meta.get("TransferSyntaxUID", _IMPLICIT_LITTLE_ENDIAN))
    if syntax not in NATIVE_SYNTAXES - {_DEFLATED}:
        return 0
    frames = int(header.get("NumberOfFrames", 1) or 1)
    return int(header.Rows) * int(header.Columns) * int(header.get("BitsAllocated", 16)) // 8 * frames
