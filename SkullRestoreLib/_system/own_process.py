"""Run a function of this library in a process of its own, where what it calls may abort, or holds up all threads.

Some readers of VTK end the process on a damaged file; only the process that reads it must end then. Simplifying a
surface holds Python's lock for seconds, in which nothing else is computed and no window answers. Arrays travel through
pipes: nothing of a patient is left in a folder when a process is killed.
"""

import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_ROOT = Path(__file__).resolve().parents[2]
_PROGRAM = (
    "import sys; sys.path.insert(0, sys.argv[1]); "
    "from SkullRestoreLib._system import own_process; own_process.answer_call(*sys.argv[2:])"
)


class CallFailedError(Exception):
    """The process ended before it had an answer, or was ended because it took too long."""


def call_in_own_process(
    module: str,
    function: str,
    arguments: Sequence[str],
    *,
    seconds: float,
    memory_bytes: float,
    arrays: Mapping[str, NDArray[Any]] | None = None,
) -> dict[str, Any]:
    """Call a function in a new Python process.

    Parameters
    ----------
    module, function
        Such as ``"SkullRestoreLib.io.vtk_models"`` and ``"read_triangles"``. It takes texts, and arrays by name, and
        returns arrays by name.
    arguments
        For the function.
    seconds
        How long it may take.
    memory_bytes
        How much memory it may take, where the system can limit it.
    arrays
        For the function, by name.

    Returns
    -------
    dict of str to ndarray
        What it returns.

    Raises
    ------
    CallFailedError
        If the process crashes, raises an error, or takes too long.
    """
    if not sys.executable:  # Python inside another program, which cannot be started a second time
        return dict(_call_here(module, function, arguments, arrays or {}))
    command = [sys.executable, "-c", _PROGRAM, str(_ROOT), f"{memory_bytes:.0f}", module, function, *arguments]
    # every thread reserves memory
    environment = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    with tempfile.TemporaryDirectory(prefix="skullrestore_") as scratch:
        try:
            done = subprocess.run(
                command,
                input=_pack(arrays or {}),
                capture_output=True,
                timeout=seconds,
                check=False,
                cwd=scratch,
                env=environment,
            )
        except subprocess.TimeoutExpired as error:
            raise CallFailedError(f"{function} took more than {seconds:.0f} s") from error
    if done.returncode != 0 or not done.stdout:
        raise CallFailedError(f"{function} ended with {done.returncode}")
    return _unpack(done.stdout)


def start_in_own_process(
    module: str,
    function: str,
    *,
    seconds: float,
    memory_bytes: float,
    arrays: Mapping[str, NDArray[Any]],
) -> Callable[[], dict[str, Any]]:
    """Start a call in a new Python process, and go on meanwhile.

    Parameters
    ----------
    module, function, seconds, memory_bytes, arrays
        As for :func:`call_in_own_process`.

    Returns
    -------
    callable
        Waits for the answer and returns it; raises :class:`CallFailedError` as that function does.
    """
    answer: dict[str, Any] = {}
    failed: list[Exception] = []

    def call() -> None:
        try:
            answer.update(
                call_in_own_process(module, function, (), seconds=seconds, memory_bytes=memory_bytes, arrays=arrays)
            )
        except Exception as error:  # raised where the answer is wanted
            failed.append(error)

    # a daemon: a program that is stopped does not wait for it
    thread = threading.Thread(target=call, name=function, daemon=True)
    thread.start()

    def wait() -> dict[str, Any]:
        thread.join()
        if failed:
            raise CallFailedError(f"{function} failed") from failed[0]
        return answer

    return wait


def answer_call(memory_bytes: str, module: str, function: str, *arguments: str) -> None:
    """Call a function with the arrays of the standard input, and write those that it returns to the standard output.

    Runs in the new process.

    Parameters
    ----------
    memory_bytes
        Limit, as a number.
    module, function, arguments
        As for :func:`call_in_own_process`.
    """
    with suppress(ImportError, ValueError, OSError):  # Windows has no such limit
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (int(memory_bytes), int(memory_bytes)))
    with os.fdopen(os.dup(1), "wb") as output:
        os.dup2(2, 1)  # what a library prints is no part of the answer
        arrays = _call_here(module, function, arguments, _unpack(sys.stdin.buffer.read()))
        output.write(_pack(arrays))


def _pack(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    packed = BytesIO()
    np.savez(packed, **arrays)  # type: ignore[arg-type]  # any name may be an option of its own
    return packed.getvalue()


def _unpack(packed: bytes) -> dict[str, NDArray[Any]]:
    with np.load(BytesIO(packed)) as arrays:
        return {name: arrays[name] for name in arrays.files}


def _call_here(
    module: str, function: str, arguments: Sequence[str], arrays: Mapping[str, NDArray[Any]]
) -> Mapping[str, NDArray[Any]]:
    import importlib

    result: Mapping[str, NDArray[Any]] = getattr(importlib.import_module(module), function)(*arguments, **arrays)
    return result
