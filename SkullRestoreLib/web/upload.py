"""Writes what a browser sends to the disk, and finds what to read in it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp.http_exceptions import HttpProcessingError

from SkullRestoreLib.errors import InputError
from SkullRestoreLib.io.archives import ArchiveLimits, ReceivedFiles, path_inside, unpack_zip
from SkullRestoreLib.io.file_kinds import find_kind, is_clutter

__all__ = ["ReceivedFiles", "UploadLimits", "path_inside", "receive", "uploaded_input_path"]

CASE_ENDING = ".npz"
"""A case file is a zip too, but is read as it is."""
_CHUNK_BYTES = 1 << 20
_MAX_PATH_FIELD_BYTES = 4096
"""Bytes of a file's name that are read."""
_NO_UPLOAD = "The upload was interrupted, or is not an upload. Send it again."
_LONG_NAME = "The upload was refused: it holds a file whose name is too long. Rename it. None of the upload was kept."


@dataclass(frozen=True)
class UploadLimits(ArchiveLimits):
    """How much one upload may hold."""

    subject: str = "The upload"
    remedy: str = "Send the head series alone, or ask the server's administrator for a higher limit."


async def receive(request: Any, folder: Path, limits: UploadLimits) -> ReceivedFiles:
    """Write the files of a multipart request below a folder.

    Parameters
    ----------
    request
        aiohttp's request: before each file a part *path* with its name.
    folder
        An empty folder; the caller deletes it where this fails.
    limits
        How much the upload may hold.

    Returns
    -------
    ReceivedFiles

    Raises
    ------
    InputError
        If the upload is empty, too large, or has a name that is refused.
    """
    received, name = ReceivedFiles(folder, limits), ""
    try:
        reader = await request.multipart()
        async for part in reader:
            if not hasattr(part, "read_chunk"):
                raise InputError(_NO_UPLOAD)  # a multipart within the multipart
            if part.name == "path":
                name = await _read_name(part)
                continue
            with received.start_file(name or part.filename or "").open("wb") as file:
                while chunk := await part.read_chunk(_CHUNK_BYTES):
                    received.count_bytes(len(chunk))
                    file.write(chunk)
            name = ""
    except (ValueError, AssertionError, EOFError, RuntimeError, HttpProcessingError, ConnectionError) as error:
        raise InputError(_NO_UPLOAD) from error
    if not received.files:
        raise InputError("Nothing arrived. Choose a DICOM folder, a zip of it, an image file or a skull model.")
    return received


async def _read_name(part: Any) -> str:
    content = b""
    while chunk := await part.read_chunk(_CHUNK_BYTES):
        content += chunk
        if len(content) > _MAX_PATH_FIELD_BYTES:
            raise InputError(_LONG_NAME)
    return content.decode("utf-8", "replace")


def uploaded_input_path(received: ReceivedFiles, limits: UploadLimits) -> Path:
    """Find what to read from an upload: one file, or the folder. An archive is unpacked first.

    Parameters
    ----------
    received
        The upload.
    limits
        How much an archive may unpack to.

    Returns
    -------
    Path
        Of a file or a folder.

    Raises
    ------
    InputError
        If an archive is damaged, leaves its folder or is a zip bomb, or the upload holds links.
    """
    if any(p.is_symlink() for p in received.folder.rglob("*")):
        raise InputError("The upload was refused: it holds links. Send the files themselves.")
    files = [p for p in received.files if not is_clutter(p.relative_to(received.folder))]
    archives = [
        p for p in files if p.suffix.lower() == ".zip" or (find_kind(p) == "zip" and p.suffix.lower() != CASE_ENDING)
    ]
    if archives and sum(find_kind(p) is not None for p in files) > 1:
        raise InputError("Send one zip file alone, or the files without it.")
    folder = received.folder
    if archives:
        folder = received.folder / "unpacked"
        unpack_zip(archives[0], folder, limits)
        archives[0].unlink()
        files = [p for p in folder.rglob("*") if p.is_file()]
    return files[0] if len(files) == 1 else folder
