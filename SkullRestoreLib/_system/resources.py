"""Find the files that ship with SkullRestore: weights, shape statistics, report template, icons.

In a source checkout and in a Slicer build ``Resources/`` is next to the library; in a wheel it is inside the library.
"""

import hashlib
import json
from pathlib import Path

from SkullRestoreLib.errors import SkullRestoreError, WeightsError

_LIBRARY_DIR = Path(__file__).resolve().parents[1]
RESOURCE_DIRS = (_LIBRARY_DIR.parent / "Resources", _LIBRARY_DIR / "Resources")


class ResourceError(SkullRestoreError):
    """A file that ships with SkullRestore is not where it should be."""


def resource_path(name: str) -> Path:
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
    for directory in RESOURCE_DIRS:
        path = (directory / name).resolve()
        if path.is_relative_to(directory) and path.is_file():
            return path
    raise ResourceError(
        f"The file Resources/{name} is missing from this installation of SkullRestore; install SkullRestore again."
    )


def weights_path(name: str) -> Path:
    """Find a file of weights that ships with SkullRestore, and verify its checksum.

    Parameters
    ----------
    name
        File below ``Resources/`` whose SHA-256 is in ``Resources/weights.json``.

    Returns
    -------
    Path
        The file, unchanged since it was shipped.

    Raises
    ------
    WeightsError
        If the file is missing, or is not the one that was shipped.
    """
    try:
        path, known = resource_path(name), json.loads(resource_path("weights.json").read_text(encoding="utf-8"))
    except ResourceError as error:
        raise WeightsError(str(error)) from None
    if file_sha256(path) != known.get(name):
        raise WeightsError(
            f"The file {path} is damaged: its checksum is not the one that was shipped. Install SkullRestore again."
        )
    return path


def file_sha256(path: Path) -> str:
    """Compute the SHA-256 of a file.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    str
        64 hexadecimal digits.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
