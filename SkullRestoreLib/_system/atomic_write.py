"""Write files and folders so that they appear complete or not at all, even if the process is killed or the power fails.

A file is written under another name in the same folder and then renamed. A folder is written as a hidden one (the
*stage*) and then renamed. Where the folder exists already, its content is exchanged in two phases with a commit marker
between them: the old content moves into the stage, the marker is set, the new content moves into the folder. The stage
is locked while its process lives; the next process finds the lock free, and rolls back before the commit marker or
forward after it.
"""

import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment] # a module that is missing has no type of its own

PART_PREFIX = "part_"
"""Start of the name under which a file is written until it is complete."""
_REPLACED_DIR = ".replaced"
"""Folder in a stage that holds the old content; renamed to ``_COMMITTED_DIR`` once the new content counts."""
_COMMITTED_DIR = ".agreed"
"""The commit marker: the same folder after the renaming."""
_ABANDONED_AFTER_S = 3600.0
"""Where there are no locks, as on Windows, a stage of this age is abandoned: writing takes seconds."""
_NEW_STAGE_S = 60.0
"""An empty stage that is younger than this may be about to be locked."""


def write_atomically(path: Path, fill: Callable[[Path], Any]) -> None:
    """Write a file under another name, and rename it when it is complete.

    Parameters
    ----------
    path
        The file; an existing one is replaced only by a complete one.
    fill
        Writes the file whose path it receives; that path has the same ending.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "numbers.txt"
    ...     write_atomically(path, lambda part: part.write_text("1 2 3"))
    ...     path.read_text()
    '1 2 3'
    """
    part = path.with_name(f"{PART_PREFIX}{path.name}")
    remove_path(part)
    try:
        fill(part)
        part.replace(path)
    except BaseException:
        with suppress(OSError):
            remove_path(part)
        raise


def remove_path(path: Path) -> None:
    """Remove a file, or a folder with its content, if it exists."""
    shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)


def staging_prefix(folder: Path) -> str:
    """Start of the names of a folder's stages."""
    return f".{folder.resolve().name}.partial-"


@contextmanager
def staging_folder(folder: Path, parent: Path) -> Iterator[Path]:
    """Create a stage: an empty, hidden, locked folder that is removed on leaving the context.

    Parameters
    ----------
    folder
        The folder that shall receive the content.
    parent
        Where the stage is created.

    Yields
    ------
    Path
        The stage.
    """
    stage = Path(tempfile.mkdtemp(prefix=staging_prefix(folder), dir=parent))
    lock = _lock_stage(stage)
    try:
        yield stage
    finally:
        shutil.rmtree(stage, ignore_errors=True)
        if lock is not None:
            os.close(lock)


def flush_to_disk(stage: Path) -> None:
    """Flush every file of a stage to the disk: otherwise a rename may get there before a file's content."""
    for path in [*(p for p in stage.rglob("*") if p.is_file()), stage]:
        with suppress(OSError):  # Windows cannot do it for a folder
            file = os.open(path, os.O_RDONLY)
            try:
                os.fsync(file)
            finally:
                os.close(file)


def swap_contents(stage: Path, folder: Path, old_names: Iterable[str], marker: str) -> None:
    """Move the old content of a folder out of it and the staged content into it; all or nothing.

    Parameters
    ----------
    stage
        Inside ``folder``, so that both are on one disk.
    folder
        The folder.
    old_names
        Names in ``folder`` that are to be removed.
    marker
        The file whose presence says that the rest is complete: removed first, added last.
    """
    new_names = [path.name for path in stage.iterdir()]
    replaced = stage / _REPLACED_DIR
    replaced.mkdir()
    removals = [(folder / name, replaced / name) for name in _sort_marker_last(old_names, marker)[::-1]]
    commit = (replaced, stage / _COMMITTED_DIR)
    additions = [(stage / name, folder / name) for name in _sort_marker_last(new_names, marker)]
    done: list[tuple[Path, Path]] = []
    try:
        for source, target in (*removals, commit, *additions):
            source.rename(target)
            done.append((source, target))
    except BaseException:
        for source, target in reversed(done):
            target.rename(source)
        raise


def _sort_marker_last(names: Iterable[str], marker: str) -> list[str]:
    """Sort names, with the marker last."""
    return sorted(names, key=lambda name: (name == marker, name))


def find_leftovers(folder: Path) -> list[Path]:
    """Find the stages of a folder, in it and next to it, whether they are in use or not."""
    prefix, parents = staging_prefix(folder), [parent for parent in (folder, folder.parent) if parent.is_dir()]
    candidates = (path for parent in parents for path in parent.iterdir())
    return sorted(path for path in candidates if path.name.startswith(prefix) and path.is_dir())


def was_interrupted(folder: Path) -> bool:
    """Check whether a process was killed while it moved files into this folder."""
    return any((stage / name).is_dir() for stage in find_leftovers(folder) for name in (_REPLACED_DIR, _COMMITTED_DIR))


def recover_leftovers(folder: Path, marker: str) -> None:
    """Finish or roll back the exchanges that killed processes left unfinished, and remove their stages.

    Parameters
    ----------
    folder
        The folder that they wrote.
    marker
        As for :func:`swap_contents`.
    """
    for stage in find_leftovers(folder):
        lock = _lock_stage(stage)
        try:
            if _is_abandoned(stage, locked=lock is not None):
                if stage.parent == folder:
                    _finish_or_roll_back(stage, folder, marker)
                shutil.rmtree(stage, ignore_errors=True)
        finally:
            if lock is not None:
                os.close(lock)


def _finish_or_roll_back(stage: Path, folder: Path, marker: str) -> None:
    """Complete an interrupted exchange: roll back before the commit marker, roll forward after it."""
    committed = (stage / _COMMITTED_DIR).is_dir()
    source = stage if committed else stage / _REPLACED_DIR
    if source.is_dir():
        names = (path.name for path in source.iterdir() if path.name != _COMMITTED_DIR)
        for name in _sort_marker_last(names, marker):
            (source / name).replace(folder / name)


def _lock_stage(stage: Path) -> int | None:
    """Lock a stage; None where another process holds the lock or the system has no such locks, else the open file."""
    if fcntl is None:
        return None
    try:
        file = os.open(stage, os.O_RDONLY)
    except OSError:
        return None
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(file)
        return None
    return file


def _is_abandoned(stage: Path, *, locked: bool) -> bool:
    """Whether no process writes to a stage any more."""
    with suppress(OSError):  # it was removed in the meantime
        age = time.time() - stage.stat().st_mtime
        return age > _ABANDONED_AFTER_S if not locked else age > _NEW_STAGE_S or any(stage.iterdir())
    return False
