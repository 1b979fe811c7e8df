"""Write an output folder that appears complete or not at all (decisions 0004 and 0038).

Everything is first written into a hidden folder on the same disk and moved into place at the end. A run that fails or
is stopped leaves nothing half-written and loses nothing that was there before.
"""

import errno
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from SkullRestoreLib._system import atomic_write
from SkullRestoreLib.errors import OutputError

_IGNORED_NAMES = {".DS_Store", "Thumbs.db", "desktop.ini"}
"""Files that file browsers leave in the folders they show: nobody's work."""


def check_folder(
    folder: str | Path, *, marker: str, is_result_file: Callable[[str], bool], force: bool = False
) -> Path:
    """Check early that a result can be written into a folder; writes nothing.

    Parameters
    ----------
    folder
        Place of the result: a new folder, an empty one, or with ``force`` one that holds an earlier result and nothing
        else.
    marker
        Name of the file that every result holds.
    is_result_file
        Whether a result may hold a file of this name.
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
    with _explain_os_errors(folder):  # a name may be too long for the system
        while not nearest.exists():
            nearest = nearest.parent
    if not nearest.is_dir():
        raise OutputError(f"{nearest} is a file, so no folder can be made there; choose another output folder.")
    if not os.access(nearest, os.W_OK | os.X_OK):
        raise OutputError(
            f"There is no permission to write in {nearest}; choose another output folder or ask for the permission."
        )
    if nearest == folder:
        _check_contents(folder, marker, is_result_file, force=force)
    return folder


def _check_contents(folder: Path, marker: str, is_result_file: Callable[[str], bool], *, force: bool) -> None:
    """Raise OutputError where a folder holds anything that must not be lost."""
    names = _content_names(folder)
    if not names:
        return
    foreign = names
    if marker in names or atomic_write.was_interrupted(folder):
        foreign = [name for name in names if not is_result_file(name)]
    if foreign:
        some = ", ".join(foreign[:3]) + (", ..." if len(foreign) > 3 else "")
        raise OutputError(
            f"{folder} holds files that SkullRestore did not write ({some}); choose an empty or a new folder."
        )
    if not force:
        raise OutputError(
            f"{folder} already holds a result; choose another folder, or replace the result with --force."
        )


def _content_names(folder: Path) -> list[str]:
    """Names in a folder, without what a killed run left behind."""
    return sorted(
        p.name
        for p in folder.iterdir()
        if p.name not in _IGNORED_NAMES and not p.name.startswith(atomic_write.staging_prefix(folder))
    )


def publish_folder(
    folder: str | Path,
    fill: Callable[[Path], None],
    *,
    marker: str,
    is_result_file: Callable[[str], bool],
    force: bool = False,
    needed_bytes: int = 0,
) -> Path:
    """Fill a folder and let it appear only when it is complete.

    Parameters
    ----------
    folder, marker, is_result_file, force
        As for :func:`check_folder`.
    fill
        Called with a folder, into which it writes every file.
    needed_bytes
        Estimated size of the result.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    OutputError
        If the folder cannot be used (see :func:`check_folder`), the disk is full or writing fails.
    """
    folder = Path(folder).expanduser()
    with _explain_os_errors(folder):
        atomic_write.recover_leftovers(folder, marker)
    check_folder(folder, marker=marker, is_result_file=is_result_file, force=force)
    exists = folder.is_dir()
    # inside a folder that exists: it may be a mount point, whose parent is another disk or may not be written to
    parent = folder if exists else folder.parent
    created = _make_folder(parent)
    try:
        with _explain_os_errors(folder):
            _check_space(parent, needed_bytes)
            with atomic_write.staging_folder(folder, parent) as stage:
                fill(stage)
                atomic_write.flush_to_disk(stage)
                if exists:
                    atomic_write.swap_contents(stage, folder, _content_names(folder), marker)
                else:
                    stage.chmod(0o777 & ~_current_umask())  # the staging folder is private, a result is not
                    stage.rename(folder)
    except BaseException:
        _remove_empty_folders(created)
        raise
    return folder


def probe(folder: Path) -> None:
    """Check that a folder can be made and written to, by doing so; nothing remains.

    Parameters
    ----------
    folder
        With or without parents that exist.

    Raises
    ------
    OutputError
        If it cannot.
    """
    created = _make_folder(folder)
    try:
        with _explain_os_errors(folder), atomic_write.staging_folder(folder, folder):
            pass
    finally:
        _remove_empty_folders(created)


def _make_folder(folder: Path) -> list[Path]:
    """Make a folder with its parents; returns those that did not exist, outermost first."""
    with _explain_os_errors(folder):
        missing = [path for path in (folder, *folder.parents) if not path.exists()][::-1]
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except BaseException:
            _remove_empty_folders(missing)
            raise
    return missing


def _remove_empty_folders(folders: list[Path]) -> None:
    """Remove folders that are empty; given outermost first."""
    for path in reversed(folders):
        with suppress(OSError):  # another program has put a file there, or the folder was never made
            path.rmdir()


def _check_space(folder: Path, needed_bytes: int) -> None:
    """Raise OutputError where the disk of a folder has less than this free."""
    free_bytes = shutil.disk_usage(folder).free
    if free_bytes < needed_bytes:
        raise OutputError(
            f"The disk of {folder} has {free_bytes / 1e6:.0f} MB free, the result needs about "
            f"{needed_bytes / 1e6:.0f} MB; make room or choose another output folder."
        )


@contextmanager
def _explain_os_errors(folder: Path) -> Iterator[None]:
    """Turn the system's errors into a sentence."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise OutputError(
                f"The disk of {folder} is full; make room or choose another output folder. Nothing was written."
            ) from error
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            raise OutputError(
                f"There is no permission to write {folder}; choose another output folder or ask for the permission."
            ) from error
        raise OutputError(f"{folder} could not be written: {error.strerror or error}. Nothing was written.") from error


def _current_umask() -> int:
    """Permissions that new files do not get; they can only be read by setting them."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
