"""Where the files that ship with SkullRestore are: weights, shape statistics, report template, icons.

In a source checkout and in a Slicer build ``Resources/`` stands beside the library; in a wheel it is inside the library.
"""

from pathlib import Path

from SkullRestoreLib.case import SkullRestoreError

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
