"""Compare the patients of two scans without keeping who they are.

What a DICOM header says about the patient is kept as keyed hashes, in memory only: never written, shown or logged.
"""

import hashlib
import hmac
import secrets
import warnings
from dataclasses import dataclass, field
from pathlib import Path

_KEY = secrets.token_bytes(32)
"""Key of this process: its hashes mean nothing anywhere else, so that nobody can try out names against them."""
_TAGS = ["PatientID", "PatientBirthDate", "StudyDate", "SeriesInstanceUID", "SeriesNumber"]


@dataclass(frozen=True)
class Identity:
    """Keyed hashes that identify one patient and scan; empty where the header says nothing.

    Attributes
    ----------
    patient, birth, series
        Hashes of patient ID, date of birth and series instance UID.
    date
        Date of the study, YYYY-MM-DD, as it is: it names nobody.
    series_number
        Number of the series within the study, as it is: digits; it names nobody.
    """

    patient: str = field(default="", repr=False)
    birth: str = field(default="", repr=False)
    series: str = field(default="", repr=False)
    date: str = ""
    series_number: str = ""


def mark(text: str) -> str:
    """Hash a text with this process's key.

    Parameters
    ----------
    text
        Case and the number of blanks do not matter.

    Returns
    -------
    str
        Equal for equal texts; empty for an empty one. The text cannot be found from it.

    Examples
    --------
    >>> mark("DOE^JANE ") == mark("Doe^Jane"), mark(" ")
    (True, '')
    """
    text = " ".join(text.split()).casefold()
    return hmac.new(_KEY, text.encode(), hashlib.sha256).hexdigest() if text else ""


def of_file(path: str | Path) -> Identity | None:
    """Read the identity from a DICOM file's header.

    Parameters
    ----------
    path
        One file of the series.

    Returns
    -------
    Identity or None
        None where the header cannot be read.
    """
    from pydicom import dcmread

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            header = dcmread(path, stop_before_pixels=True, specific_tags=_TAGS, force=True)
        values = {name: str(header.get(name, "") or "") for name in _TAGS}
    except Exception:  # whatever pydicom cannot parse: the images have been read already
        return None
    return from_values(
        values["PatientID"],
        values["PatientBirthDate"],
        values["SeriesInstanceUID"],
        values["StudyDate"],
        values["SeriesNumber"],
    )


def from_values(patient: str, birth: str, series: str = "", date: str = "", series_number: str = "") -> Identity:
    """Make an identity from the values of a header.

    Parameters
    ----------
    patient
        Patient ID.
    birth
        Date of birth.
    series
        Series instance UID.
    date
        Date of the study, YYYYMMDD.
    series_number
        Whole number; anything else is left out.

    Returns
    -------
    Identity
        Hashes of the first three, and date and number of the series as they are.

    Examples
    --------
    >>> from_values("4711", "19700101", date="20240131")
    Identity(date='2024-01-31', series_number='')
    """
    study_date = f"{date[:4]}-{date[4:6]}-{date[6:8]}" if len(date) == 8 and date.isdecimal() else ""
    number = series_number.strip()
    return Identity(mark(patient), mark(birth), mark(series), study_date, number if number.isdecimal() else "")


def difference(current: Identity | None, other: Identity | None) -> str | None:
    """Say why a second scan cannot be the patient's scan from before the operation.

    Parameters
    ----------
    current
        Identity of the scan of the open case.
    other
        Identity of the scan to be compared with it.

    Returns
    -------
    str or None
        A sentence for the user; None where nothing speaks against it, or too little is known.
    """
    if current is None or other is None:
        return None
    if current.series and current.series == other.series:
        return "This is the same scan as the case that is open, not one from before the operation."
    if current.patient and other.patient and current.patient != other.patient:
        return (
            "By its DICOM header this scan is another patient's: the patient's ID is not that of the case that is open."
        )
    if current.birth and other.birth and current.birth != other.birth:
        return (
            "By its DICOM header this scan is another patient's: "
            "the date of birth is not that of the case that is open."
        )
    return None
