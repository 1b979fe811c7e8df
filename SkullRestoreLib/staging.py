"""Written aside, then renamed: how a file or a folder appears whole or not at all, even where the process is killed or the power fails.

A file is filled under another name beside its own. A folder is filled as a hidden one (the *stage*) and then renamed or, where the folder exists,
emptied into it in two phases with a point between them from which on the new content counts. The stage is locked while its process lives;
whoever comes next finds a lock that nobody holds, and finishes or takes back what was left.
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
    fcntl = None

PART = "part_"
_OLD, _AGREED = ".replaced", ".agreed"  # in a stage: what was there before, until and from the point at which the new content counts
_UNLOCKED_S = 3600.0  # where there are no locks, as on Windows, a stage of this age is nobody's: filling takes seconds
_NEW_S = 60.0  # an empty one may be about to be locked


def write(path: Path, fill: Callable[[Path], Any]) -> None:
    """Write a file under another name and give it its own when it is complete.

    Parameters
    ----------
    path
        The file; one that is there is replaced only by a complete one.
    fill
        Writes the file that it is given, which has the same ending.
    """
    part = path.with_name(f"{PART}{path.name}")
    remove(part)
    try:
        fill(part)
        part.replace(path)
    except BaseException:
        with suppress(OSError):
            remove(part)
        raise


def remove(path: Path) -> None:
    """Remove a file or a folder with what is in it, if it is there."""
    shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)


def prefix(folder: Path) -> str:
    """How the names of a folder's stages begin."""
    return f".{folder.resolve().name}.partial-"


@contextmanager
def staged(folder: Path, home: Path) -> Iterator[Path]:
    """An empty, hidden, locked folder in ``home`` whose content shall become that of ``folder``; gone afterwards."""
    stage = Path(tempfile.mkdtemp(prefix=prefix(folder), dir=home))
    lock = _hold(stage)
    try:
        yield stage
    finally:
        shutil.rmtree(stage, ignore_errors=True)
        if lock is not None:
            os.close(lock)


def flush(stage: Path) -> None:
    """Have everything in a stage on the disk: a rename may get there before the content of a file."""
    for path in [*(p for p in stage.rglob("*") if p.is_file()), stage]:
        with suppress(OSError):  # Windows cannot do it for a folder
            file = os.open(path, os.O_RDONLY)
            try:
                os.fsync(file)
            finally:
                os.close(file)


def swap(stage: Path, folder: Path, there: Iterable[str], mark: str) -> None:
    """Move what is in a folder out of it and what is staged into it; all or nothing.

    Parameters
    ----------
    stage
        Lies inside ``folder``, so that both are on one disk.
    folder
        The folder.
    there
        Names in ``folder`` that are to go.
    mark
        The file that says that the rest is complete: the first to go, the last to come.
    """
    new = [p.name for p in stage.iterdir()]
    old = stage / _OLD
    old.mkdir()
    out = [(folder / name, old / name) for name in _ordered(there, mark)[::-1]]
    agree = (old, stage / _AGREED)
    into = [(stage / name, folder / name) for name in _ordered(new, mark)]
    done = []
    try:
        for source, target in (*out, agree, *into):
            source.rename(target)
            done.append((source, target))
    except BaseException:
        for source, target in reversed(done):
            target.rename(source)
        raise


def _ordered(names: Iterable[str], mark: str) -> list[str]:
    """Names with the mark last."""
    return sorted(names, key=lambda name: (name == mark, name))


def leftovers(folder: Path) -> list[Path]:
    """Stages that lie in a folder or beside it, whether somebody is filling them or not."""
    start, homes = prefix(folder), [home for home in (folder, folder.parent) if home.is_dir()]
    return sorted(path for home in homes for path in home.iterdir() if path.name.startswith(start) and path.is_dir())


def is_interrupted(folder: Path) -> bool:
    """Whether a process was killed while it moved files into this folder."""
    return any((stage / name).is_dir() for stage in leftovers(folder) for name in (_OLD, _AGREED))


def tidy(folder: Path, mark: str) -> None:
    """Finish or take back what killed processes left in a folder or beside it."""
    for stage in leftovers(folder):
        lock = _hold(stage)
        try:
            if _is_dead(stage, locked=lock is not None):
                if stage.parent == folder:
                    _settle(stage, folder, mark)
                shutil.rmtree(stage, ignore_errors=True)
        finally:
            if lock is not None:
                os.close(lock)


def _settle(stage: Path, folder: Path, mark: str) -> None:
    """Go on where moving was interrupted: back before the point at which the new content counts, forth after it."""
    agreed = (stage / _AGREED).is_dir()
    source = stage if agreed else stage / _OLD
    if source.is_dir():
        for name in _ordered((p.name for p in source.iterdir() if p.name != _AGREED), mark):
            (source / name).replace(folder / name)


def _hold(stage: Path) -> int | None:
    """Lock a stage: the open file that holds the lock, or None where another process holds it or the system has no such locks."""
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


def _is_dead(stage: Path, *, locked: bool) -> bool:
    """Whether nobody fills a stage any more."""
    with suppress(OSError):  # it has gone meanwhile
        age = time.time() - stage.stat().st_mtime
        return age > _UNLOCKED_S if not locked else age > _NEW_S or any(stage.iterdir())
    return False
