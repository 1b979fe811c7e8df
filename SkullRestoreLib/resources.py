"""Where the files that ship with SkullRestore are: weights, shape statistics, report template, icons.

In a source checkout and in a Slicer build ``Resources/`` stands beside the library; in a wheel it is inside the library.
"""

import hashlib
import json
from pathlib import Path

from SkullRestoreLib.case import SkullRestoreError, WeightsError

_HERE = Path(__file__).resolve().parent
_PLACES = (_HERE.parent / "Resources", _HERE / "Resources")


class ResourceError(SkullRestoreError):
    """A file that ships with SkullRestore is not where it should be."""


def resource(name: str) -> Path:
    """Find a file that ships with SkullRestore.

    Parameters
    ----------
    name
        Path below ``Resources/`` with forward slashes, such as ``"Icons/SkullRestore.png"``.

    Returns
    -------
    Path
        The file; it exists.

    Raises
    ------
    ResourceError
        If the installation lacks the file, or the name leaves ``Resources/``.
    """
    for place in _PLACES:
        path = (place / name).resolve()
        if path.is_relative_to(place) and path.is_file():
            return path
    raise ResourceError(f"The file Resources/{name} is missing from this installation of SkullRestore; install SkullRestore again.")


def weights(name: str) -> Path:
    """Find learnt numbers that ship with SkullRestore, and prove that they are whole.

    Parameters
    ----------
    name
        File below ``Resources/`` whose SHA-256 stands in ``Resources/weights.json``.

    Raises
    ------
    WeightsError
        If the file is missing, or is not the one that was shipped.
    """
    try:
        path, known = resource(name), json.loads(resource("weights.json").read_text(encoding="utf-8"))
    except ResourceError as error:
        raise WeightsError(str(error)) from None
    if sha256(path) != known.get(name):
        raise WeightsError(f"The file {path} is damaged: its checksum is not the one that was shipped. Install SkullRestore again.")
    return path


def sha256(path: Path) -> str:
    """SHA-256 of a file, as 64 hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
