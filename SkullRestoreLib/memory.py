"""How much memory there is, and a sentence before the work begins where a volume needs more.

Without it a system that runs out of memory ends the process without a word, or swaps for an hour.
"""

import os
import sys
from contextlib import suppress
from pathlib import Path

import numpy as np

from SkullRestoreLib.case import NotEnoughMemoryError

# A restoration's peak is nearly a straight line in the number of voxels: `make bench` measures it, docs/performance.md shows it.
FIXED_BYTES = 1.1e9
BYTES_A_VOXEL = 8.5
_RAN_OUT = ("bad_alloc", "bad allocation", "Failed to allocate memory", "not enough memory", "out of memory")  # C++, ITK, torch
_SMALLEST = 2e6  # voxels: a head in fewer is no head


def check(voxels: int, spacing: np.ndarray, *, held_bytes: float = 0.0, reading_bytes: float = 0.0, there: float | None = None) -> None:
    """Say before the work begins that a volume is too large for the memory that is free.

    Parameters
    ----------
    voxels
        How many the volume has.
    spacing
        (3,) float, mm, between them.
    held_bytes
        Part of the need that is taken already.
    reading_bytes
        What it takes to read the file, where that may be more than to restore.
    there
        Bytes that are free; found out where it is None.

    Raises
    ------
    NotEnoughMemoryError
        With how much is needed, how much there is, and the voxel size at which it would fit.
    """
    there = available_bytes() if there is None else there
    need = max(FIXED_BYTES + BYTES_A_VOXEL * voxels - held_bytes, reading_bytes)
    if need <= there:
        return
    fits = (there - FIXED_BYTES) / BYTES_A_VOXEL
    coarser = (
        f"resample it to voxels of {_edge(spacing, voxels / fits)} mm (in 3D Slicer: Resample Scalar Volume), " if fits > _SMALLEST else ""
    )
    raise NotEnoughMemoryError(
        f"The volume has {voxels / 1e6:.0f} million voxels; to restore it takes about {need / 1e9:.1f} GB of memory, and {there / 1e9:.1f} GB are free."
        f" Crop it to the head, {coarser}or close other programs."
    )


def ran_out(error: BaseException) -> bool:
    """Whether an error says that an allocation failed; the libraries in C++ have words of their own for it."""
    return isinstance(error, MemoryError) or any(word in str(error) for word in _RAN_OUT)


def _edge(spacing: np.ndarray, times: float) -> str:
    """The edge of a cube of ``times`` a voxel's volume, mm, to the next tenth."""
    edge = (float(np.prod(spacing)) * times) ** (1 / 3)
    return f"{np.ceil(10 * edge) / 10:.1f}"


def available_bytes() -> float:
    """Bytes that this process can still take without others being swapped out; infinite where the system does not tell."""
    return min(_free(), _cgroup(), _own_limit())


def _free() -> float:
    if sys.platform == "win32":
        return _windows()
    with suppress(OSError, ValueError, IndexError):
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        return 1024.0 * next(int(line.split()[1]) for line in lines if line.startswith("MemAvailable:"))
    with suppress(OSError, ValueError, AttributeError):  # macOS tells only what is built in
        return float(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    return np.inf


def _windows() -> float:
    import ctypes

    class Status(ctypes.Structure):
        _fields_ = [("length", ctypes.c_ulong), ("load", ctypes.c_ulong)] + [(f"n{k}", ctypes.c_ulonglong) for k in range(7)]

    status = Status(length=ctypes.sizeof(Status))
    done = ctypes.windll.kernel32.GlobalMemoryStatusEx(ctypes.byref(status))
    return float(status.n1) if done else np.inf


def _cgroup(root: Path = Path("/sys/fs/cgroup")) -> float:
    """What a container may still take: of the second or the first version of Linux's control groups."""
    for home, limit, used, cache in (
        (root, "memory.max", "memory.current", "inactive_file"),
        (root / "memory", "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
    ):
        with suppress(OSError, ValueError):  # the limit is "max" where there is none
            stat = dict(line.split() for line in (home / "memory.stat").read_text().splitlines())
            return float(int((home / limit).read_text()) - int((home / used).read_text()) + int(stat.get(cache, 0)))
    return np.inf


def _own_limit() -> float:
    """What a limit on the process (``ulimit -v``) leaves."""
    try:
        import resource

        limit = resource.getrlimit(resource.RLIMIT_AS)[0]
        if limit == resource.RLIM_INFINITY:
            return np.inf
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        return float(limit - pages * os.sysconf("SC_PAGE_SIZE"))
    except (ImportError, OSError, ValueError):
        return np.inf
