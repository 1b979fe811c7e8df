"""What a browser sends, on its way to the disk: names that climb out, floods and bombs stop here."""

import re
import shutil
import stat
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from SkullRestoreLib.case import InputError

_CHUNK = 1 << 20
_MOST_FILES = 20_000
_RATIO = 200
"""Head CTs shrink to a half, masks to a thousandth; what shrinks more than this *and* fills half of what is allowed is no image."""


@dataclass(frozen=True)
class Limits:
    """How much one upload may hold."""

    megabytes: int = 2048
    files: int = _MOST_FILES

    @property
    def bytes(self) -> int:
        """The same in bytes."""
        return self.megabytes << 20


def inside(folder: Path, name: str) -> Path:
    """The place below a folder for a file of this name, as a browser or an archive gives it.

    Raises
    ------
    InputError
        If the name leaves the folder, or is no name.
    """
    parts = PurePosixPath(name.replace("\\", "/")).parts
    odd = any(p in ("..", "/") or ":" in p or re.search(r"[\x00-\x1f]", p) or len(p.encode()) > 200 for p in parts)
    if not parts or odd or len(parts) > 30:
        raise InputError("The upload was refused: it holds a file whose name leads out of its folder. Nothing of it was kept.")
    place = folder.joinpath(*parts)
    if not place.resolve().is_relative_to(folder.resolve()):
        raise InputError("The upload was refused: it holds a file whose name leads out of its folder. Nothing of it was kept.")
    return place


class Received:
    """Files that come in one after the other.

    Parameters
    ----------
    folder
        An empty folder of its own.
    """

    def __init__(self, folder: Path, limits: Limits):
        self.folder, self._limits = folder, limits
        self.size = 0
        self.files: list[Path] = []

    def start(self, name: str) -> Path:
        """Make the place of the next file.

        Raises
        ------
        InputError
            For a name that leads out, one that came already, or too many files.
        """
        place = inside(self.folder, name)
        if len(self.files) >= self._limits.files:
            raise InputError(f"The upload holds more than {self._limits.files} files. Send the folder of the head CT alone.")
        if place.exists():
            raise InputError(f"The upload holds two files of the same name, '{place.name}'. Send them as one zip file.")
        place.parent.mkdir(parents=True, exist_ok=True)
        self.files.append(place)
        return place

    def count(self, arrived: int) -> None:
        """Count bytes that arrived.

        Raises
        ------
        InputError
            If they are more than what is allowed.
        """
        self.size += arrived
        if self.size > self._limits.bytes:
            raise InputError(
                f"The upload is larger than the {self._limits.megabytes} MB that this server takes. "
                "Send the head series alone, or ask whoever runs the server for a higher limit."
            )


async def receive(request, folder: Path, limits: Limits) -> Received:
    """Write the parts of a multipart request below a folder: before each file a part *path* with its name.

    Raises
    ------
    InputError
        If it is not taken; the folder is then to be deleted.
    """
    made, name = Received(folder, limits), ""
    reader = await request.multipart()
    async for part in reader:
        if part.name == "path":
            name = (await part.read(decode=False))[:4096].decode("utf-8", "replace")
            continue
        with made.start(name or part.filename or "").open("wb") as file:
            while chunk := await part.read_chunk(_CHUNK):
                made.count(len(chunk))
                file.write(chunk)
    if not made.files:
        raise InputError("Nothing arrived. Choose a DICOM folder, a zip of it, an image file or a skull model.")
    return made


def what_to_read(received: Received, limits: Limits) -> Path:
    """What of an upload is to be read: one file, or the folder; archives are unpacked beside.

    Raises
    ------
    InputError
        If an archive is damaged, climbs out or is a bomb.
    """
    archives = [p for p in received.files if p.suffix.lower() == ".zip"]
    if archives and len(received.files) > 1:
        raise InputError("Send one zip file alone, or the files without it.")
    if archives:
        target = received.folder / "unpacked"
        unpack(archives[0], target, limits)
        archives[0].unlink()
        files = [p for p in target.rglob("*") if p.is_file()]
        return files[0] if len(files) == 1 else target
    return received.files[0] if len(received.files) == 1 else received.folder


def unpack(archive: Path, target: Path, limits: Limits) -> None:
    """Unpack a zip file; sizes are counted as they come out, not as the archive claims.

    Raises
    ------
    InputError
        If it is damaged, locked, climbs out, holds links, or unpacks to more than is allowed.
    """
    try:
        with zipfile.ZipFile(archive) as packed:
            entries = [e for e in packed.infolist() if not e.is_dir()]
            _check(entries, archive, limits)
            made = Received(target, limits)
            target.mkdir()
            for entry in entries:
                with packed.open(entry) as source, made.start(entry.filename).open("wb") as file:
                    while chunk := source.read(_CHUNK):
                        made.count(len(chunk))
                        file.write(chunk)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, ValueError) as error:
        shutil.rmtree(target, ignore_errors=True)
        raise InputError("The zip file is damaged or of a kind that cannot be unpacked. Pack the folder again, as a plain zip.") from error
    except InputError:
        shutil.rmtree(target, ignore_errors=True)
        raise


def _check(entries: list[zipfile.ZipInfo], archive: Path, limits: Limits) -> None:
    if not entries:
        raise InputError("The zip file is empty.")
    if any(e.flag_bits & 1 for e in entries):
        raise InputError("The zip file is locked with a password. Pack the folder again without one.")
    if any(stat.S_ISLNK(e.external_attr >> 16) for e in entries):
        raise InputError("The upload was refused: the zip file holds links. Pack the files themselves.")
    whole = sum(e.file_size for e in entries)
    bomb = whole > limits.bytes or (whole > limits.bytes // 2 and whole > _RATIO * archive.stat().st_size)
    if bomb or len(entries) > limits.files:
        raise InputError(
            f"The zip file unpacks to {whole / 2**20:.0f} MB in {len(entries)} files; this server takes {limits.megabytes} MB. Pack the head series alone."
        )
