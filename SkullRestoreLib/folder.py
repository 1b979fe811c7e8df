"""An output folder that appears whole or not at all.

Everything is written into a hidden folder on the same disk first and moved into place at the end, so that a run that fails or is
stopped leaves nothing half-written and loses nothing that was there before.
"""

import errno
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from SkullRestoreLib import staging
from SkullRestoreLib.case import OutputError

# Left by file browsers in every folder that somebody looked into: neither ours nor anybody's work.
_LITTER = {".DS_Store", "Thumbs.db", "desktop.ini"}


def check(folder: str | Path, *, mark: str, ours: Callable[[str], bool], force: bool = False) -> Path:
    """Say early whether a result can be written into a folder; writes nothing.

    Parameters
    ----------
    folder
        Where the result shall be; a new folder, an empty one, or with ``force`` one that holds an earlier result and nothing else.
    mark
        Name of the file that every result holds.
    ours
        Tells from a file's name whether a result may hold it.
    force
        Whether an earlier result may be replaced.

    Returns
    -------
    Path
        The folder, with ``~`` resolved.

    Raises
    ------
    OutputError
        If the folder is a file, holds something that must not be lost, or cannot be written.
    """
    folder = Path(folder).expanduser()
    nearest = folder
    while not nearest.exists():
        nearest = nearest.parent
    if not nearest.is_dir():
        raise OutputError(f"{nearest} is a file, so no folder can be made there; choose another output folder.")
    if not os.access(nearest, os.W_OK | os.X_OK):
        raise OutputError(f"There is no permission to write in {nearest}; choose another output folder or ask for the permission.")
    if nearest == folder:
        _check_contents(folder, mark, ours, force)
    return folder


def _check_contents(folder: Path, mark: str, ours: Callable[[str], bool], force: bool) -> None:
    names = _names(folder)
    if not names:
        return
    foreign = [name for name in names if not ours(name)] if mark in names or staging.is_interrupted(folder) else names
    if foreign:
        some = ", ".join(foreign[:3]) + (", ..." if len(foreign) > 3 else "")
        raise OutputError(f"{folder} holds files that SkullRestore did not write ({some}); choose an empty or a new folder.")
    if not force:
        raise OutputError(f"{folder} already holds a result; choose another folder, or replace the result with --force.")


def _names(folder: Path) -> list[str]:
    """List what counts in a folder; what a killed run left behind does not."""
    return sorted(p.name for p in folder.iterdir() if p.name not in _LITTER and not p.name.startswith(staging.prefix(folder)))


def publish(
    folder: str | Path,
    fill: Callable[[Path], None],
    *,
    mark: str,
    ours: Callable[[str], bool],
    force: bool = False,
    need_bytes: int = 0,
) -> Path:
    """Fill a folder and let it appear only when it is complete.

    Parameters
    ----------
    folder, mark, ours, force
        As for :func:`check`.
    fill
        Writes every file into the folder it is given.
    need_bytes
        Estimated size of the result; refused at once when the disk has less.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    OutputError
        If the folder cannot be used (see :func:`check`), the disk is full or writing fails.
    """
    folder = Path(folder).expanduser()
    with _said_clearly(folder):
        staging.tidy(folder, mark)
    check(folder, mark=mark, ours=ours, force=force)
    exists = folder.is_dir()
    # Inside a folder that exists: it may be a mount point, whose parent is another disk or not ours to write in.
    home = folder if exists else folder.parent
    made = _make(home)
    try:
        with _said_clearly(folder):
            _check_space(home, need_bytes)
            with staging.staged(folder, home) as stage:
                fill(stage)
                staging.flush(stage)
                if exists:
                    staging.swap(stage, folder, _names(folder), mark)
                else:
                    stage.chmod(0o777 & ~_umask())  # a stage is private, a result is not
                    stage.rename(folder)
    except BaseException:
        for path in reversed(made):
            with suppress(OSError):  # somebody else's file came in meanwhile
                path.rmdir()
        raise
    return folder


def _make(folder: Path) -> list[Path]:
    """Make a folder with its parents; returns those that were not there, outermost first."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()][::-1]
    with _said_clearly(folder):
        folder.mkdir(parents=True, exist_ok=True)
    return missing


def _check_space(home: Path, need_bytes: int) -> None:
    free = shutil.disk_usage(home).free
    if free < need_bytes:
        raise OutputError(
            f"The disk of {home} has {free / 1e6:.0f} MB free, the result needs about {need_bytes / 1e6:.0f} MB;"
            " make room or choose another output folder."
        )


@contextmanager
def _said_clearly(folder: Path) -> Iterator[None]:
    """Turn the system's errors into a sentence."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise OutputError(f"The disk of {folder} is full; make room or choose another output folder. Nothing was written.") from error
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            raise OutputError(
                f"There is no permission to write {folder}; choose another output folder or ask for the permission."
            ) from error
        raise OutputError(f"{folder} could not be written: {error.strerror or error}. Nothing was written.") from error


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
