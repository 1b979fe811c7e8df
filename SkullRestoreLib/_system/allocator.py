"""Give memory back to the system: glibc keeps what threads and closed scenes have freed.

Each thread that allocates gets an arena of its own, and what is free in an arena stays with the process. An application
that opens one case after the other would grow to several times of what it holds.
"""

import ctypes
import gc
import sys
from contextlib import suppress
from functools import cache
from typing import Any

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8
"""Parameters of ``mallopt``."""
_MAX_ARENAS = 2
"""One for the main thread, one for the threads that work."""
_MIB = 1024 * 1024
_SESSION_MMAP_BYTES, _MMAP_BYTES = 4 * _MIB, 12 * _MIB
"""Larger blocks are mapped one by one and go back when they are freed. Unless it is set, glibc raises it to 32 MiB."""
_TRIM_BYTES = 64 * _MIB
"""So much may be free at the end of an arena. With the usual 128 KiB, memory is given back and asked for all the time
once the threshold for mapping is set: four times as many pages have to be made."""


@cache
def limit_arenas(*, is_session: bool) -> bool:
    """Keep the number of arenas, and what is free in them, small from now on; call it before the first working thread.

    Parameters
    ----------
    is_session
        Whether blocks above 4 MB go back to the system when they are freed, at a cost of a tenth of a restoration.
        Otherwise those above 12 MB do, which costs nothing that could be measured.

    Returns
    -------
    bool
        False where the C library is not glibc.
    """
    library = _glibc()
    if library is None:
        return False
    are_limited = bool(library.mallopt(_M_ARENA_MAX, _MAX_ARENAS))
    are_mapped = bool(library.mallopt(_M_MMAP_THRESHOLD, _SESSION_MMAP_BYTES if is_session else _MMAP_BYTES))
    return bool(library.mallopt(_M_TRIM_THRESHOLD, _TRIM_BYTES)) and are_limited and are_mapped


def return_free_memory() -> bool:
    """Free what nothing refers to any more, and give it back to the system.

    Returns
    -------
    bool
        Whether the system got anything back.
    """
    gc.collect()
    library = _glibc()
    return bool(library.malloc_trim(0)) if library is not None else False


@cache
def _glibc() -> Any:
    """Open the C library; None where it is not glibc."""
    if not sys.platform.startswith("linux"):
        return None
    with suppress(OSError, AttributeError):
        library = ctypes.CDLL("libc.so.6")
        _ = library.mallopt, library.malloc_trim
        return library
    return None
