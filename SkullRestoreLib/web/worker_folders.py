"""Folders for the workers' files: one per gateway, and in it one per worker, deleted when the worker ends.

A running gateway holds a system lock on its folder. A gateway that was killed leaves its folder behind; the next
gateway can lock it, and therefore knows that it may delete it.
"""

import contextlib
import errno
import os
import secrets
import shutil
import stat
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from SkullRestoreLib._system.full_disk import is_full_disk
from SkullRestoreLib.errors import OutputError

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

FOLDER_PREFIX = "skullrestore_gate_"
"""First part of the name of each gateway's folder."""
_LOCK_NAME = "skullrestore-gate"
"""A file in each gateway's folder, locked while the gateway runs."""
_MIN_FREE_BYTES = 64 << 20
"""With less free space on the disk no workspace is opened."""
_PROBE_BYTES = 1 << 16
"""Written once to check that files can be written: a full disk may still accept new names."""
FULL_DISK = (
    "The server's disk is full. Nothing of this step was kept; ask the server's administrator to free some space."
)
_DELETE_PAUSES_S = (0.0, 0.05, 0.2, 0.5)
"""Pauses before each try to delete a folder: a process that is ending may still write into it."""


class GatewayFolder:
    """One gateway's folder.

    Parameters
    ----------
    home
        Temporary folder. Default: the one that the environment names, else the system's. No other folder is used
        where this one cannot be.

    Raises
    ------
    OutputError
        If the temporary folder is missing, cannot be written or is full.
    """

    def __init__(self, home: Path | None = None) -> None:
        home = temporary_folder() if home is None else home
        delete_abandoned_folders(home)
        try:
            self.root = Path(tempfile.mkdtemp(prefix=FOLDER_PREFIX, dir=home))  # mode 0700
            self._lock = _lock_file(self.root / "new", create=True)
            (self.root / "new").rename(self.root / _LOCK_NAME)  # locked before another gateway can find it
            (self.root / "probe").write_bytes(secrets.token_bytes(_PROBE_BYTES))
            (self.root / "probe").unlink()
            _check_free_space(self.root)
        except OSError as error:
            if hasattr(self, "root"):
                shutil.rmtree(self.root, ignore_errors=True)
            raise OutputError(
                f"The temporary folder {home} cannot be used: {(error.strerror or str(error)).lower()}. "
                "Free some space, allow writing there, or name another folder in the environment variable TMPDIR."
            ) from None

    def new_worker_folder(self) -> Path:
        """Make a folder for one worker.

        Returns
        -------
        Path

        Raises
        ------
        OutputError
            If the disk is full or cannot be written.
        """
        with explain_disk_errors():
            _check_free_space(self.root)
            return Path(tempfile.mkdtemp(prefix="worker_", dir=self.root))

    def close(self) -> None:
        """Delete everything."""
        delete_folder(self.root)
        self.release_lock()

    def release_lock(self) -> None:
        """Release the lock, as the system does when the process ends: the next gateway deletes the folder."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


def temporary_folder() -> Path:
    """Return the temporary folder that the environment names.

    Python's own :func:`tempfile.gettempdir` falls back to other folders, the current one among them, where this one
    cannot be written.

    Returns
    -------
    Path
        Absolute; it may not exist.
    """
    named = next((os.environ[name] for name in ("TMPDIR", "TEMP", "TMP") if os.environ.get(name)), None)
    if named is None:
        named = "/tmp" if os.name == "posix" else tempfile.gettempdir()
    return Path(named).absolute()


def delete_abandoned_folders(home: Path) -> None:
    """Delete the folders of gateways that do not run any more.

    Parameters
    ----------
    home
        Temporary folder in which they are.
    """
    for root in home.glob(f"{FOLDER_PREFIX}*") if home.is_dir() else ():
        with contextlib.suppress(OSError):
            if _is_own_gateway_folder(root) and (lock := _lock_file(root / _LOCK_NAME, create=False)) is not None:
                try:
                    delete_folder(root)
                finally:
                    os.close(lock)


def delete_folder(folder: Path) -> None:
    """Delete a folder with everything in it, even while a process that is ending still writes into it.

    Parameters
    ----------
    folder
        It may be gone already.
    """
    for pause_s in _DELETE_PAUSES_S:
        time.sleep(pause_s)
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return


@contextlib.contextmanager
def explain_disk_errors() -> Iterator[None]:
    """Turn the system's errors about the disk into a sentence without a path, since users of the page read it.

    Raises
    ------
    OutputError
        If the disk is full or cannot be written.
    """
    try:
        yield
    except OSError as error:
        if is_full_disk(error):
            raise OutputError(FULL_DISK) from error
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOENT):
            raise OutputError("The server cannot write its temporary files. Ask the server's administrator.") from error
        raise


def _check_free_space(folder: Path) -> None:
    if shutil.disk_usage(folder).free < _MIN_FREE_BYTES:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _is_own_gateway_folder(root: Path) -> bool:
    """Check by owner and mode that a folder was made by a gateway of this account, and by nobody else."""
    info = root.lstat()
    private = os.name != "posix" or (info.st_uid == os.getuid() and stat.S_IMODE(info.st_mode) == 0o700)
    return stat.S_ISDIR(info.st_mode) and private and (root / _LOCK_NAME).is_file()


def _lock_file(path: Path, *, create: bool) -> int | None:
    """Lock a file; return the open file descriptor that holds the lock, or None where another process holds it."""
    file = os.open(path, os.O_RDWR | (os.O_CREAT | os.O_EXCL if create else 0), 0o600)
    try:
        if sys.platform == "win32":
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(file)
        return None
    return file
