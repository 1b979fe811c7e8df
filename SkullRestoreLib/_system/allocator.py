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

_M_ARENA_MAX, _M_MMAP_THRESHOLD = -8, -3
"""Parameters of ``mallopt``."""
_MAX_ARENAS = 2
"""One for the main thread, one for the threads that work."""
_MMAP_BYTES = 4 * 1024 * 1024
"""Larger blocks are mapped one by one and go back when they are freed. Unless it is set, glibc raises it to 32 MiB."""


@cache
def limit_arenas(*, map_large_blocks: bool = True) -> bool:
    """Keep the number of arenas small, from now on; call it before the first thread that works.

    Parameters
    ----------
    map_large_blocks
        Whether blocks above 4 MB go back to the system when they are freed, at a cost of a tenth of a restoration.

    Returns
    -------
    bool
        False where the C library is not glibc.
    """
    library = _glibc()
    if library is None:
        return False
    is_limited = bool(library.mallopt(_M_ARENA_MAX, _MAX_ARENAS))
    return is_limited and (not map_large_blocks or bool(library.mallopt(_M_MMAP_THRESHOLD, _MMAP_BYTES)))


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
