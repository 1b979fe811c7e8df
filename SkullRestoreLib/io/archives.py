"""Unpack a zip or gzip file into a folder: names that leave the folder, floods, links and zip bombs are refused here.

Command line, library and browser unpack by the same functions and to the same limits.
"""

import gzip
import re
import shutil
import stat
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from SkullRestoreLib._system.full_disk import is_full_disk
from SkullRestoreLib.errors import InputError, OutputError, SkullRestoreError
from SkullRestoreLib.io.file_kinds import find_kind, is_clutter

_CHUNK_BYTES = 1 << 20
_MAX_FILES = 20_000
_MAX_COMPRESSION_RATIO = 200
"""A head CT shrinks to a half, a mask to a thousandth. An archive that shrinks more than this *and* unpacks to more
than half of the limit is refused as a zip bomb."""
_MAX_NAME_BYTES, _MAX_NAME_PARTS = 200, 30
"""Longest part of a file's name, and most folders in it."""
_NOT_IN_NAMES = re.compile(r'[:*?"<>|]')
"""Characters that a Mac allows in a name and other systems do not."""


@dataclass(frozen=True)
class ArchiveLimits:
    """How much one archive may hold.

    Examples
    --------
    >>> ArchiveLimits(megabytes=2).max_bytes
    2097152
    """

    megabytes: int = 2048
    files: int = _MAX_FILES
    subject: str = "The archive"
    """What is limited, as the first words of a message."""
    remedy: str = "Pack the head series alone, or unpack it and give the folder."
    """What to do about more than is allowed."""

    @property
    def max_bytes(self) -> int:
        """The limit in bytes."""
        return self.megabytes << 20


USUAL_LIMITS = ArchiveLimits()
"""The limits of an archive that is on the user's own disk."""


def path_inside(folder: Path, name: str, subject: str = "The archive") -> Path:
    """Return the path below a folder for a file that a browser or an archive names.

    Parameters
    ----------
    folder
        Which the path must not leave.
    name
        With slashes or backslashes between its parts. Characters that not every system allows become ``_``.
    subject
        What holds the file, as the first words of a message.

    Returns
    -------
    Path

    Raises
    ------
    InputError
        If the name leaves the folder, or is not a file's name.

    Examples
    --------
    >>> path_inside(Path("upload"), "study/CT: head/1.dcm").as_posix()
    'upload/study/CT_ head/1.dcm'
    """
    parts = PurePosixPath(name.replace("\\", "/")).parts
    leaves_folder = InputError(
        f"{subject} was refused: it holds a file whose name leads out of its folder. None of it was kept."
    )
    if not parts or ".." in parts or "/" in parts or re.fullmatch(r"[A-Za-z]:", parts[0]):
        raise leaves_folder
    if len(parts) > _MAX_NAME_PARTS or any(
        re.search(r"[\x00-\x1f]", part) or len(part.encode()) > _MAX_NAME_BYTES for part in parts
    ):
        raise InputError(
            f"{subject} was refused: it holds a file whose name is too long, or has characters that no file name "
            "should have. Rename it. None of it was kept."
        )
    path = folder.joinpath(*(_NOT_IN_NAMES.sub("_", part) for part in parts))
    if not path.resolve().is_relative_to(folder.resolve()):
        raise leaves_folder
    return path


class ReceivedFiles:
    """Files that arrive one after the other, from a browser or out of an archive.

    Parameters
    ----------
    folder
        An empty folder for them.
    limits
        How much they may hold together.
    """

    def __init__(self, folder: Path, limits: ArchiveLimits) -> None:
        self.folder, self._limits = folder, limits
        self.size = 0
        self.files: list[Path] = []

    def start_file(self, name: str) -> Path:
        """Make the folder of the next file.

        Parameters
        ----------
        name
            As the browser or the archive gives it.

        Returns
        -------
        Path
            Where the file is to be written.

        Raises
        ------
        InputError
            For a name that leaves the folder or was used already, and for too many files.
        """
        subject = self._limits.subject
        path = path_inside(self.folder, name, subject)
        if len(self.files) >= self._limits.files:
            raise InputError(f"{subject} holds more than {self._limits.files} files. {self._limits.remedy}")
        if path.exists():
            raise InputError(
                f"{subject} holds two files of the same name, '{path.name}'. "
                "Pack each series into a folder of its own, or the files as one zip file."
            )
        path.parent.mkdir(parents=True, exist_ok=True)
        self.files.append(path)
        return path

    def count_bytes(self, arrived: int) -> None:
        """Count bytes that arrived.

        Parameters
        ----------
        arrived
            Bytes since the last call.

        Raises
        ------
        InputError
            If all files together are larger than allowed.
        """
        self.size += arrived
        if self.size > self._limits.max_bytes:
            raise InputError(
                f"{self._limits.subject} is larger than the {self._limits.megabytes} MB that are accepted. "
                f"{self._limits.remedy}"
            )


@contextmanager
def unpacked(path: Path, limits: ArchiveLimits | None = None) -> Iterator[Path]:
    """Give the content of an archive as a path, for as long as the context is open.

    Parameters
    ----------
    path
        A zip or gzip file, or anything else.
    limits
        How much it may unpack to; None for :data:`USUAL_LIMITS`.

    Yields
    ------
    Path
        A temporary folder with the content of a zip; a temporary file with that of a gzip; ``path`` itself for
        anything else.

    Raises
    ------
    InputError
        As :func:`unpack_zip`.
    """
    limits = limits or USUAL_LIMITS
    kind = find_kind(path) if path.is_file() else None  # what is wrong with another file is said when it is read
    if kind not in ("zip", "gzip"):
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="skullrestore_") as scratch:
        if kind == "gzip":
            place = _unpack_gzip(path, Path(scratch), limits)
        else:
            place = Path(scratch) / path.stem
            unpack_zip(path, place, limits)
        try:
            yield place
        except InputError as error:  # the place of what was unpacked is nothing to the user
            error.args = (str(error).replace(str(place), path.name).replace(scratch, path.name),)
            raise


def unpack_zip(archive: Path, target: Path, limits: ArchiveLimits) -> None:
    """Unpack a zip file. Sizes are counted while it is unpacked: what the archive claims is not trusted.

    Parameters
    ----------
    archive
        The zip file.
    target
        A folder that does not exist yet; deleted where this fails.
    limits
        How much it may unpack to.

    Raises
    ------
    InputError
        If it is damaged, locked, leaves its folder, holds links, or unpacks to more than is allowed.
    OutputError
        If the disk is full.
    """
    try:
        with zipfile.ZipFile(archive) as packed:
            entries = [e for e in packed.infolist() if not e.is_dir() and not is_clutter(e.filename)]
            _check_entries(entries, archive, limits)
            received = ReceivedFiles(target, limits)
            target.mkdir()
            for entry in entries:
                with packed.open(entry) as source, received.start_file(entry.filename).open("wb") as file:
                    while chunk := source.read(_CHUNK_BYTES):
                        received.count_bytes(len(chunk))
                        file.write(chunk)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, ValueError) as error:
        shutil.rmtree(target, ignore_errors=True)
        _refuse_full_disk(error)
        raise InputError(
            "The zip file is damaged or of a kind that cannot be unpacked. Pack the folder again, as a plain zip."
        ) from error
    except SkullRestoreError:
        shutil.rmtree(target, ignore_errors=True)
        raise


def _refuse_full_disk(error: Exception) -> None:
    """Say that the disk is full: an archive is not damaged because there is no room for what is in it."""
    if is_full_disk(error):
        raise OutputError(
            "The disk is full: there is no room to unpack the file. Free some space for temporary files, and try again."
        ) from error


def _check_entries(entries: list[zipfile.ZipInfo], archive: Path, limits: ArchiveLimits) -> None:
    if not entries:
        raise InputError("The zip file is empty.")
    if any(e.flag_bits & 1 for e in entries):
        raise InputError("The zip file is locked with a password. Pack the folder again without one.")
    if any(stat.S_ISLNK(e.external_attr >> 16) for e in entries):
        raise InputError(f"{limits.subject} was refused: the zip file holds links. Pack the files themselves.")
    total_bytes = sum(e.file_size for e in entries)
    if _is_bomb(total_bytes, archive.stat().st_size, limits) or len(entries) > limits.files:
        raise InputError(
            f"The zip file unpacks to {total_bytes / 2**20:.0f} MB in {len(entries)} files; "
            f"{limits.megabytes} MB are accepted. Pack the head series alone."
        )


def _is_bomb(unpacked_bytes: int, packed_bytes: int, limits: ArchiveLimits) -> bool:
    return unpacked_bytes > limits.max_bytes or (
        unpacked_bytes > limits.max_bytes // 2 and unpacked_bytes > _MAX_COMPRESSION_RATIO * packed_bytes
    )


def _unpack_gzip(archive: Path, folder: Path, limits: ArchiveLimits) -> Path:
    """Unpack a gzip file into a folder; its path there, without the ending ``.gz``."""
    name = archive.name[:-3] if archive.name.lower().endswith(".gz") else archive.name
    received = ReceivedFiles(folder, limits)
    target = received.start_file(name)
    try:
        with gzip.open(archive) as source, target.open("wb") as file:
            while chunk := source.read(_CHUNK_BYTES):
                received.count_bytes(len(chunk))
                if _is_bomb(received.size, archive.stat().st_size, limits):
                    received.count_bytes(limits.max_bytes)
                file.write(chunk)
    except (zlib.error, EOFError, OSError) as error:
        _refuse_full_disk(error)
        raise InputError(f"'{archive.name}' is a gzip file that is damaged or cut off. Export it again.") from error
    return target
