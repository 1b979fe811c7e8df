"""Compare the memory that a volume needs with what is free, before the work begins.

Without this check a system that runs out of memory ends the process without a message, or swaps for an hour.
"""

import os
import sys
from contextlib import suppress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from SkullRestoreLib.affine import voxels_within
from SkullRestoreLib.errors import NotEnoughMemoryError

# The peak of a restoration is nearly linear in the number of voxels: `make bench` measures it, the page on performance
# in docs shows it.
BASE_BYTES = 1.1e9
"""Memory that a restoration needs whatever the number of voxels."""
BYTES_PER_VOXEL = 8.5
"""Memory that each voxel of the volume adds."""
BYTES_PER_INPUT_VOXEL = 2.0
"""Memory of a voxel of a CT itself."""
_OUT_OF_MEMORY_TEXTS = (
    "bad_alloc",
    "bad allocation",
    "Failed to allocate memory",
    "not enough memory",
    "out of memory",
)
"""How C++, ITK and torch report a failed allocation."""
_MIN_HEAD_VOXELS = 2e6
"""Coarser sampling is suggested only where a head keeps more voxels than this."""


def check_memory(
    voxels: int,
    spacing: NDArray[np.float64],
    *,
    held_bytes: float = 0.0,
    reading_bytes: float = 0.0,
    free_bytes: float | None = None,
    averaged_to_mm: float | None = None,
) -> None:
    """Refuse a volume that is too large for the free memory, before the work begins.

    Parameters
    ----------
    voxels
        Number of voxels of the volume.
    spacing
        (3,) float, mm between voxel centres.
    held_bytes
        Part of the need that is taken already.
    reading_bytes
        Need of reading the file, where that may be more than the need of restoring.
    free_bytes
        Free memory; measured where it is None.
    averaged_to_mm
        Voxels are averaged before the work as long as they do not get larger than this; None where they are not.

    Raises
    ------
    NotEnoughMemoryError
        With how much is needed, how much is free, and the voxel size that would fit.
    """
    free = available_bytes() if free_bytes is None else free_bytes
    averaged = 1 if averaged_to_mm is None else int(voxels_within(spacing, averaged_to_mm).prod())
    bytes_per_voxel = BYTES_PER_VOXEL / averaged + (BYTES_PER_INPUT_VOXEL if averaged > 1 else 0)
    need = max(BASE_BYTES + bytes_per_voxel * voxels - held_bytes, reading_bytes)
    if need <= free:
        return
    fitting_voxels = (free - BASE_BYTES) / bytes_per_voxel
    coarser = (
        f"resample it to voxels of {_voxel_edge_text(spacing, voxels / fitting_voxels)} mm "
        "(in 3D Slicer: Resample Scalar Volume), "
        if fitting_voxels > _MIN_HEAD_VOXELS
        else ""
    )
    raise NotEnoughMemoryError(
        f"The volume has {voxels / 1e6:.0f} million voxels; to restore it takes about {need / 1e9:.1f} GB of memory, "
        f"and {free / 1e9:.1f} GB are free. Crop it to the head, {coarser}or close other programs."
    )


def is_out_of_memory(error: BaseException) -> bool:
    """Check whether an error reports a failed allocation.

    Parameters
    ----------
    error
        Any error; those of C++ libraries are recognised by their text.

    Returns
    -------
    bool
        True where memory was short.

    Examples
    --------
    >>> is_out_of_memory(RuntimeError("std::bad_alloc")), is_out_of_memory(ValueError("shape"))
    (True, False)
    """
    return isinstance(error, MemoryError) or any(text in str(error) for text in _OUT_OF_MEMORY_TEXTS)


def _voxel_edge_text(spacing: NDArray[np.float64], factor: float) -> str:
    """Edge of a cube with ``factor`` times a voxel's volume, mm, rounded up to a tenth."""
    edge = (float(np.prod(spacing)) * factor) ** (1 / 3)
    return f"{np.ceil(10 * edge) / 10:.1f}"


def available_bytes() -> float:
    """Bytes that this process can still take without swapping; infinite where the system does not report it."""
    return min(_system_free_bytes(), cgroup_free_bytes(), _process_free_bytes())


def _system_free_bytes() -> float:
    if sys.platform == "win32":
        return _windows_free_bytes()
    with suppress(OSError, ValueError, IndexError):
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        return 1024.0 * next(int(line.split()[1]) for line in lines if line.startswith("MemAvailable:"))
    with suppress(OSError, ValueError, AttributeError):  # macOS reports only what is installed
        return float(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    return np.inf


def _windows_free_bytes() -> float:
    if sys.platform != "win32":
        return np.inf
    import ctypes

    class MemoryStatus(ctypes.Structure):
        _fields_ = [("length", ctypes.c_ulong), ("load", ctypes.c_ulong)] + [
            (f"n{k}", ctypes.c_ulonglong) for k in range(7)
        ]

    status = MemoryStatus(length=ctypes.sizeof(MemoryStatus))
    done = ctypes.windll.kernel32.GlobalMemoryStatusEx(ctypes.byref(status))
    return float(status.n1) if done else np.inf


def cgroup_free_bytes(root: Path = Path("/sys/fs/cgroup")) -> float:
    """Read how much a container may still take, from version 2 or version 1 of Linux's control groups.

    Parameters
    ----------
    root
        Where the control groups are mounted.

    Returns
    -------
    float
        Bytes; infinite where there is no limit.
    """
    for directory, limit, used, cache in (
        (root, "memory.max", "memory.current", "inactive_file"),
        (root / "memory", "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
    ):
        with suppress(OSError, ValueError):  # the limit is "max" where there is none
            stat = dict(line.split() for line in (directory / "memory.stat").read_text().splitlines())
            allowed, taken = (int((directory / name).read_text()) for name in (limit, used))
            return float(allowed - taken + int(stat.get(cache, 0)))
    return np.inf


def _process_free_bytes() -> float:
    """Bytes that a limit on the process (``ulimit -v``) leaves."""
    try:
        import resource

        limit = resource.getrlimit(resource.RLIMIT_AS)[0]
        if limit == resource.RLIM_INFINITY:
            return np.inf
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        return float(limit - pages * os.sysconf("SC_PAGE_SIZE"))
    except (ImportError, OSError, ValueError):
        return np.inf
