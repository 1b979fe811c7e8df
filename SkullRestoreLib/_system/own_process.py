"""Run a function of this library in a process of its own, where what it calls may abort.

Some readers of VTK end the process on a damaged file; only the process that reads it must end then.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
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
    module: str, function: str, arguments: Sequence[str], *, seconds: float, memory_bytes: float
) -> dict[str, Any]:
    """Call a function in a new Python process.

    Parameters
    ----------
    module, function
        Such as ``"SkullRestoreLib.io.vtk_models"`` and ``"read_triangles"``. It takes texts and returns arrays by name.
    arguments
        For the function.
    seconds
        How long it may take.
    memory_bytes
        How much memory it may take, where the system can limit it.

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
        return dict(_call_here(module, function, arguments))
    with tempfile.TemporaryDirectory(prefix="skullrestore_") as scratch:
        answer = Path(scratch) / "answer.npz"
        limits = f"{memory_bytes:.0f}"
        command = [sys.executable, "-c", _PROGRAM, str(_ROOT), str(answer), limits, module, function, *arguments]
        # every thread reserves memory
        environment = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        try:
            done = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=seconds,
                check=False,
                cwd=scratch,
                env=environment,
            )
        except subprocess.TimeoutExpired as error:
            raise CallFailedError(f"{function} took more than {seconds:.0f} s") from error
        if done.returncode != 0 or not answer.exists():
            raise CallFailedError(f"{function} ended with {done.returncode}")
        with np.load(answer) as arrays:
            return {name: arrays[name] for name in arrays.files}


def answer_call(answer: str, memory_bytes: str, module: str, function: str, *arguments: str) -> None:
    """Call a function and save the arrays that it returns; runs in the new process.

    Parameters
    ----------
    answer
        File for the arrays.
    memory_bytes
        Limit, as a number.
    module, function, arguments
        As for :func:`call_in_own_process`.
    """
    with suppress(ImportError, ValueError, OSError):  # Windows has no such limit
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (int(memory_bytes), int(memory_bytes)))
    arrays = _call_here(module, function, arguments)
    with open(answer, "wb") as file:
        np.savez(file, **arrays)  # type: ignore[arg-type]  # any name may be an option of its own


def _call_here(module: str, function: str, arguments: Sequence[str]) -> Mapping[str, NDArray[Any]]:
    import importlib

    result: Mapping[str, NDArray[Any]] = getattr(importlib.import_module(module), function)(*arguments)
    return result
